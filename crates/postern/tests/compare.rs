//! `postern compare` as another program uses it.

use postern::{compare, eval};
use serde_json::{Value, json};

fn verdict(pair: &Value) -> Value {
    serde_json::from_str(&compare::answer_line(pair.to_string().as_bytes())).expect("a verdict is JSON")
}

fn policy(effect: &str, action: &str, resource: &str, condition: Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        { "Effect": effect, "Action": action, "Resource": resource, "Condition": condition },
    ] })
}

#[test]
fn both_directions_are_answered_with_requests_that_the_evaluator_confirms() {
    let strict = policy("Deny", "bedrock:InvokeModel*", "arn:aws:bedrock:*::foundation-model/*", json!({}));
    let loose = policy(
        "Deny",
        "bedrock:InvokeModel*",
        "arn:aws:bedrock:*::foundation-model/*",
        json!({ "StringNotEquals": { "aws:PrincipalTag/team": "ml" } }),
    );
    let pair = json!({ "id": "a", "type": "scp", "reference": strict, "candidate": loose });
    let verdict = verdict(&pair);
    assert_eq!(verdict["id"], "a");
    assert_eq!(verdict["reference_minus_candidate"], "empty");
    assert_eq!(verdict["candidate_minus_reference"], "nonempty");
    let witness = &verdict["witness"];
    assert_eq!(witness["context"]["aws:PrincipalTag/team"], "ml");
    for (document, expected) in [(&loose, "allowed"), (&strict, "explicit_deny")] {
        let all = json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } });
        let layers = json!({ "identity": [all], "scp": [{ "target": "r-a", "policies": [document] }] });
        let case = json!({ "id": 1, "request": witness, "layers": layers });
        let answer: Value = serde_json::from_str(&eval::answer_line(case.to_string().as_bytes())).unwrap();
        assert_eq!(answer["decision"], expected, "{answer}");
    }
}

#[test]
fn what_says_the_same_in_other_words_is_equal() {
    let one = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::a*" } });
    let two = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "s3:Get*", "Resource": ["arn:aws:s3:::a", "arn:aws:s3:::a?*"] },
        { "Effect": "Deny", "Action": "s3:Put*", "Resource": "*" },
    ] });
    let pair = json!({ "id": 2, "type": "identity", "reference": one, "candidate": two });
    let found = verdict(&pair);
    assert_eq!(
        (&found["candidate_minus_reference"], &found["reference_minus_candidate"]),
        (&json!("empty"), &json!("empty"))
    );
    let mut open = pair;
    open["universe"] = json!("open");
    assert_eq!(verdict(&open)["candidate_minus_reference"], "empty");
    // Whether `?` stands for a colon too is unsettled, and what is to come may be named with one.
    assert_eq!(verdict(&open)["reference_minus_candidate"], "unknown");
}

#[test]
fn what_is_not_understood_is_unknown_and_never_equal() {
    let of = |value: &str| {
        policy("Deny", "s3:GetObject", "*", json!({ "StringEquals": { "aws:PrincipalTag/team": value } }))
    };
    let pair =
        json!({ "id": 3, "type": "identity", "reference": of("x"), "candidate": of("${aws:username}") });
    let found = verdict(&pair);
    assert_ne!(found["reference_minus_candidate"], "empty", "{found}");
    assert_ne!(found["candidate_minus_reference"], "empty", "{found}");
}

#[test]
fn actions_that_aws_may_add_count_where_the_universe_is_open() {
    let of = |actions: Value| json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": actions, "Resource": "*" } });
    let listed: Vec<String> =
        reference::actions("ecr-public").map(|action| format!("ecr-public:{}", action.name)).collect();
    for (universe, expected) in [("catalogue", "empty"), ("open", "nonempty")] {
        let pair = json!({ "id": universe, "type": "scp", "universe": universe,
            "reference": of(json!(listed)), "candidate": of(json!("ecr-public:*")) });
        let found = verdict(&pair);
        assert_eq!(found["candidate_minus_reference"], expected, "{found}");
        assert_eq!(found["reference_minus_candidate"], "empty", "{found}");
    }
    let pair = json!({ "id": 1, "type": "scp", "universe": "open",
        "reference": of(json!(["s3:Get*", "s3:?et*"])), "candidate": of(json!(["s3:?et*"])) });
    let found = verdict(&pair);
    assert_eq!(found["candidate_minus_reference"], "empty", "{found}");
    assert_eq!(found["reference_minus_candidate"], "empty", "{found}");
    let pair = json!({ "id": 1, "type": "scp", "universe": "open",
        "reference": of(json!(["s3:Get*"])), "candidate": of(json!(["s3:?et*", "new-service:*"])) });
    let found = verdict(&pair);
    assert_eq!(found["candidate_minus_reference"], "nonempty", "{found}");
}

#[test]
fn all_that_is_wrong_with_a_pair_is_told() {
    let found = verdict(&json!({ "id": 4, "type": "role", "reference": 1, "universe": "all" }));
    assert_eq!(found["candidate_minus_reference"], "error");
    let reasons = found["reasons"].as_array().unwrap();
    assert_eq!(reasons.len(), 4, "{found}");
    let broken: Value = serde_json::from_str(&compare::answer_line(b"{")).unwrap();
    assert_eq!(broken["candidate_minus_reference"], "error");
}

#[test]
fn variables_that_both_policies_have_alike_are_no_difference() {
    let of = |actions: Value| {
        json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": actions,
        "Resource": "arn:aws:s3:::home/${aws:username}/*",
        "Condition": { "StringEquals": { "aws:ResourceTag/owner": "${aws:username}" } } } })
    };
    let (two, one) = (of(json!(["s3:GetObject", "s3:PutObject"])), of(json!("s3:GetObject")));
    let same = verdict(&json!({ "id": 5, "type": "identity", "reference": two, "candidate": one }));
    assert_eq!(same["candidate_minus_reference"], "empty", "{same}");
    // What is more has a name in the place of the variable.
    let witness = &same["witness_back"];
    let name = witness["context"]["aws:username"].as_str().unwrap();
    assert_eq!(witness["principal"], format!("arn:aws:iam::111122223333:user/{name}"), "{same}");
    assert!(
        witness["resource"].as_str().unwrap().starts_with(&format!("arn:aws:s3:::home/{name}/")),
        "{same}"
    );

    // Whatever the name is, this is part of that.
    let on = |resource: &str| json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "s3:GetObject", "Resource": resource } });
    let of = |reference: &str, candidate: &str| {
        verdict(
            &json!({ "id": 6, "type": "identity", "reference": on(reference), "candidate": on(candidate) }),
        )
    };
    let found = of("arn:aws:s3:::home/*", "arn:aws:s3:::home/${aws:username}/*");
    assert_eq!(found["candidate_minus_reference"], "empty", "{found}");
    assert_eq!(found["reference_minus_candidate"], "nonempty", "{found}");
    let found = of("arn:aws:s3:::home/${aws:username}*", "arn:aws:s3:::home/${aws:username}/*");
    assert_eq!(found["candidate_minus_reference"], "empty", "{found}");
    assert_eq!(found["reference_minus_candidate"], "nonempty", "{found}");
}

#[test]
fn policies_of_things_tell_who_asks_and_resource_control_policies_only_deny() {
    let bucket = |account: &str| {
        json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow",
        "Principal": { "AWS": account }, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::weights/*" } })
    };
    let pair =
        json!({ "id": 6, "type": "resource", "reference": bucket("444455556666"), "candidate": bucket("*") });
    let found = verdict(&pair);
    assert_eq!(found["reference_minus_candidate"], "empty", "{found}");
    assert_eq!(found["candidate_minus_reference"], "nonempty", "{found}");
    let control = |key: &str| {
        json!({ "Version": "2012-10-17", "Statement": { "Effect": "Deny", "Principal": "*",
        "Action": ["s3:*", "ec2:*"], "Resource": "*", "Condition": { "StringNotEqualsIfExists": { key: "o-abc1234567" } } } })
    };
    let same = json!({ "id": 7, "type": "rcp", "reference": control("aws:PrincipalOrgID"), "candidate": control("aws:PrincipalOrgID") });
    assert_eq!(verdict(&same)["candidate_minus_reference"], "empty");
    let other = json!({ "id": 8, "type": "rcp", "reference": control("aws:PrincipalOrgID"), "candidate": control("aws:SourceOrgID") });
    let found = verdict(&other);
    assert_eq!(found["candidate_minus_reference"], "nonempty", "{found}");
    assert!(found["witness"]["action"].as_str().unwrap().starts_with("s3:"), "{found}");
    // What the first says nothing of is allowed by it.
    let of = |actions: &str| json!({ "Version": "2012-10-17", "Statement": { "Effect": "Deny", "Principal": "*", "Action": actions, "Resource": "*" } });
    let apart = json!({ "id": 8, "type": "rcp", "reference": of("sqs:*"), "candidate": of("s3:*") });
    let found = verdict(&apart);
    assert!(found["witness"]["action"].as_str().unwrap().starts_with("sqs:"), "{found}");
    assert!(found["witness_back"]["action"].as_str().unwrap().starts_with("s3:"), "{found}");
}

#[test]
fn keys_that_follow_from_who_asks_are_those_of_somebody() {
    let allow = |operator: &str, key: &str, value: &str| {
        json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": { operator: { key: value } } } })
    };
    let nothing =
        json!({ "Version": "2012-10-17", "Statement": { "Effect": "Deny", "Action": "*", "Resource": "*" } });
    for (key, value, expected) in [
        ("aws:PrincipalType", "Account", "nonempty"),
        ("aws:username", "ann", "nonempty"),
        // Services are not in an account.
        ("aws:PrincipalServiceName", "bedrock.amazonaws.com", "empty"),
        ("aws:PrincipalIsAWSService", "true", "empty"),
        ("aws:PrincipalType", "Anonymous", "empty"),
    ] {
        let pair = json!({ "id": key, "type": "scp", "reference": nothing, "candidate": allow("StringEquals", key, value) });
        assert_eq!(verdict(&pair)["candidate_minus_reference"], expected, "{key}");
    }
    // A root user has no identity-based policies.
    let pair = json!({ "id": 8, "type": "identity", "reference": nothing, "candidate": allow("StringEquals", "aws:PrincipalType", "Account") });
    assert_eq!(verdict(&pair)["candidate_minus_reference"], "empty");
    let of = |value: &str| json!({ "id": 9, "type": "scp", "reference": nothing, "candidate": allow("StringEquals", "aws:PrincipalAccount", value) });
    assert_eq!(verdict(&of("111122223333"))["candidate_minus_reference"], "nonempty");
    assert_eq!(verdict(&of("444455556666"))["candidate_minus_reference"], "nonempty");

    let bucket = |condition: Value| {
        json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Principal": "*",
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::weights/*", "Condition": condition } })
    };
    let empty = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*" } });
    for condition in [
        json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/app-*" } }),
        json!({ "StringEquals": { "aws:PrincipalAccount": "444455556666" } }),
    ] {
        let pair =
            json!({ "id": 10, "type": "resource", "reference": empty, "candidate": bucket(condition) });
        assert_eq!(verdict(&pair)["candidate_minus_reference"], "nonempty", "{pair}");
    }
}

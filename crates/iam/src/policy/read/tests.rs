//! What is refused, in which words and where; what real documents are read as.

use super::{DOCUMENT_BYTES_MAX, read};
use crate::json::Place;
use crate::policy::{Effect, PolicyType, Severity, Version};

/// Every problem of a document, in order: code, underlined text, message.
#[track_caller]
fn check(policy_type: PolicyType, document: &str, expected: &[(&str, &str, &str)]) {
    let read = read(document.as_bytes(), policy_type);
    let found: Vec<(&str, &str, String)> = read
        .problems
        .iter()
        .map(|problem| (problem.kind.code(), &document[problem.start..problem.end], problem.kind.to_string()))
        .collect();
    let found: Vec<(&str, &str, &str)> =
        found.iter().map(|(code, text, message)| (*code, *text, message.as_str())).collect();
    assert_eq!(found, expected, "{policy_type}: {document}");
    let unreadable = read.problems.iter().any(|problem| problem.kind.severity() == Severity::Unreadable);
    assert_eq!(read.policy.is_none(), unreadable, "{policy_type}: {document}");
}

fn statement(policy_type: PolicyType, statement: &str, expected: &[(&str, &str, &str)]) {
    check(policy_type, &document(statement), expected);
}

fn document(statement: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{{{statement}}}]}}"#)
}

const ALLOW: &str = r#""Effect":"Allow","Action":"s3:GetObject","Resource":"*""#;

#[test]
fn a_document_is_an_object_of_known_elements() {
    use PolicyType::Identity;
    check(Identity, "[]", &[("wrong-type", "[]", "`policy document` takes an object, found a list")]);
    check(
        Identity,
        "{}",
        &[("missing-statement", "{}", "a policy needs at least one statement in `Statement`")],
    );
    check(
        Identity,
        &document(ALLOW).replace("\"Version\"", "\"version\""),
        &[(
            "unknown-element",
            r#""version":"2012-10-17""#,
            "the policy language has no element `version` here; it has `Version`, `Id` and `Statement`",
        )],
    );
    statement(
        Identity,
        &format!(r#"{ALLOW},"Conditions":{{}}"#),
        &[(
            "unknown-element",
            r#""Conditions":{}"#,
            "the policy language has no element `Conditions` here; it has `Sid`, `Effect`, `Principal`, `NotPrincipal`, `Action`, `NotAction`, `Resource`, `NotResource` and `Condition`",
        )],
    );
    check(Identity, &format!(r#"{{"Statement":{{{ALLOW}}},"Id":"x"}}"#), &[]);
    check(Identity, r#"{"Statement":[]}"#, &[("empty-list", "[]", "`Statement` is an empty list")]);
    check(
        Identity,
        r#"{"Statement":["x"]}"#,
        &[("wrong-type", r#""x""#, "`Statement` takes an object or a list of objects, found a string")],
    );
}

#[test]
fn what_is_no_json_has_a_place() {
    let place = |text: &str| {
        let read = read(text.as_bytes(), PolicyType::Identity);
        let [problem] = read.problems.as_slice() else { panic!("{text}: {:?}", read.problems) };
        let place = Place::of(text, problem.start);
        (problem.kind.to_string(), (place.line, place.column))
    };
    assert_eq!(place("{\n  // why\n}"), ("JSON has no comments, and IAM accepts none".to_owned(), (2, 3)));
    assert_eq!(
        place("{\"Version\": \"2012-10-17\",\n \"Version\": \"2012-10-17\"}"),
        ("`Version` is given twice in one object".to_owned(), (2, 2))
    );
    let long = " ".repeat(DOCUMENT_BYTES_MAX + 1);
    assert_eq!(place(&long).0, "the document has 1048577 bytes; documents of up to 1048576 bytes are read");
}

#[test]
fn a_version_is_one_of_two_and_organizations_takes_one() {
    use PolicyType::{Identity, ResourceControl, ServiceControl};
    let with = |version: &str| document(ALLOW).replace("2012-10-17", version);
    check(Identity, &with("2008-10-17"), &[]);
    check(
        Identity,
        &with("2012-10-18"),
        &[("version", r#""2012-10-18""#, "`2012-10-18` is no version of the policy language")],
    );
    check(
        ServiceControl,
        &with("2008-10-17"),
        &[("version", r#""2008-10-17""#, "`2008-10-17` is no version of the policy language")],
    );
    let without = format!(r#"{{"Statement":{{{ALLOW}}}}}"#);
    check(Identity, &without, &[]);
    check(
        ServiceControl,
        &without,
        &[("missing-version", &without, "a service control policy needs a `Version`")],
    );
    let rcp = r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}"#;
    check(ResourceControl, rcp, &[("missing-version", rcp, "a resource control policy needs a `Version`")]);
}

#[test]
fn a_missing_version_is_the_old_one_and_so_is_one_that_is_none() {
    let version = |text: &str| read(text.as_bytes(), PolicyType::Identity).policy.unwrap().version;
    assert_eq!(version(&document(ALLOW)), Version::V2012);
    assert_eq!(version(&document(ALLOW).replace("2012-10-17", "2008-10-17")), Version::V2008);
    assert_eq!(version(&document(ALLOW).replace("2012-10-17", "2026-10-17")), Version::V2008);
    assert_eq!(version(&format!(r#"{{"Statement":{{{ALLOW}}}}}"#)), Version::V2008);
}

#[test]
fn an_effect_is_spelled_letter_for_letter() {
    use PolicyType::Identity;
    statement(
        Identity,
        &ALLOW.replace("Allow", "allow"),
        &[("effect", r#""allow""#, "`allow` is neither `Allow` nor `Deny`")],
    );
    let without = r#""Action":"s3:GetObject","Resource":"*""#;
    let underlined = format!("{{{without}}}");
    statement(Identity, without, &[("missing-effect", &underlined, "a statement needs an `Effect`")]);
    let effect = |text: &str| {
        let read = read(document(&ALLOW.replace("Allow", text)).as_bytes(), PolicyType::Identity);
        read.policy.unwrap().statements[0].effect.clone()
    };
    assert_eq!(effect("Deny"), Ok(Effect::Deny));
    assert_eq!(effect("deny"), Ok(Effect::Deny));
    assert_eq!(effect("Denied"), Err("Denied".to_owned()));
}

#[test]
fn actions_have_a_prefix() {
    use PolicyType::Identity;
    let with = |action: &str| ALLOW.replace("s3:GetObject", action);
    statement(
        Identity,
        &with("GetObject"),
        &[("action-without-prefix", r#""GetObject""#, "`GetObject` is not prefaced by a service prefix")],
    );
    statement(
        Identity,
        &with("s3:Get:Object"),
        &[("action-colons", r#""s3:Get:Object""#, "`s3:Get:Object` has more than one colon")],
    );
    statement(
        Identity,
        &with("s3*:GetObject"),
        &[("action-prefix", r#""s3*:GetObject""#, "the service prefix of `s3*:GetObject` is not valid")],
    );
    for fine in ["*", "*:*", "s3:*", "s3:Get?bject", "execute-api:Invoke"] {
        statement(Identity, &with(fine), &[]);
    }
    statement(
        Identity,
        r#""Effect":"Allow","Action":["s3:GetObject",1],"Resource":"*""#,
        &[("wrong-type", "1", "`Action` takes a string or a list of strings, found a number")],
    );
    statement(
        Identity,
        r#""Effect":"Allow","Action":[],"Resource":"*""#,
        &[("empty-list", "[]", "`Action` is an empty list")],
    );
}

#[test]
fn elements_that_exclude_each_other_do_not_stand_together() {
    use PolicyType::Identity;
    statement(
        Identity,
        &format!(r#"{ALLOW},"NotAction":"s3:PutObject""#),
        &[("both-elements", r#""s3:PutObject""#, "a statement takes `Action` or `NotAction`, not both")],
    );
    statement(
        Identity,
        &format!(r#"{ALLOW},"NotResource":"*""#),
        &[("both-elements", r#""*""#, "a statement takes `Resource` or `NotResource`, not both")],
    );
    let bare = r#"{"Effect":"Deny"}"#;
    statement(
        Identity,
        r#""Effect":"Deny""#,
        &[
            ("missing-action", bare, "policy statement must contain actions"),
            ("missing-resource", bare, "policy statement must contain resources"),
        ],
    );
}

#[test]
fn resources_are_arns_or_a_star() {
    use PolicyType::Identity;
    let with = |resource: &str| ALLOW.replace("\"*\"", &format!("\"{resource}\""));
    statement(
        Identity,
        &with("bucket/*"),
        &[("resource-form", r#""bucket/*""#, "resource `bucket/*` must be in ARN format or `*`")],
    );
    statement(
        Identity,
        &with("arn:aws:*:::x"),
        &[(
            "resource-service",
            r#""arn:aws:*:::x""#,
            "the service of resource `arn:aws:*:::x` must be spelled out, without wildcards",
        )],
    );
    for fine in ["*", "arn:aws:s3:::b/*", "arn:aws:bedrock:*", "arn:*:s3:::b", "arn:aws:s3:::${aws:username}"]
    {
        statement(Identity, &with(fine), &[]);
    }
}

#[test]
fn principals_stand_where_a_policy_names_them() {
    use PolicyType::{Identity, Resource, Trust};
    let with = |principal: &str| format!(r#"{ALLOW},"Principal":{principal}"#);
    statement(
        Identity,
        &with(r#""*""#),
        &[("prohibited-element", r#""*""#, "an identity-based policy takes no `Principal`")],
    );
    let bare = format!("{{{ALLOW}}}");
    statement(
        Resource,
        ALLOW,
        &[("missing-principal", &bare, "a statement of a resource-based policy needs a `Principal`")],
    );
    statement(
        Resource,
        &with(r#"{"AWS":"arn:aws:iam::111122223333:role/app-*"}"#),
        &[(
            "principal-wildcard",
            r#""arn:aws:iam::111122223333:role/app-*""#,
            "principal `arn:aws:iam::111122223333:role/app-*` has a wildcard, which only the whole `*` may be",
        )],
    );
    statement(
        Resource,
        &with(r#"{"Aws":"*"}"#),
        &[(
            "principal-kind",
            r#""Aws":"*""#,
            "`Aws` is no kind of principal; there are `AWS`, `Service`, `Federated` and `CanonicalUser`",
        )],
    );
    for fine in [r#""*""#, r#"{"AWS":["*","111122223333"],"Service":"s3.amazonaws.com"}"#] {
        statement(Resource, &with(fine), &[]);
    }
    statement(
        Trust,
        r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*""#,
        &[
            (
                "trust-action",
                r#""s3:GetObject""#,
                "`s3:GetObject` cannot be in a role trust policy, which takes actions of `sts` only",
            ),
            ("prohibited-element", r#""*""#, "a role trust policy takes no `Resource`"),
        ],
    );
    statement(Trust, r#""Effect":"Allow","Principal":"*","Action":"STS:AssumeRole""#, &[]);
}

#[test]
fn statement_ids_are_alphanumeric_in_iam_and_unique_everywhere() {
    let with = |sid: &str| format!(r#""Sid":"{sid}",{ALLOW}"#);
    let not_so = [("sid", r#""a b""#, "`a b` is not alphanumeric, as a statement id must be")];
    statement(PolicyType::Identity, &with("a b"), &not_so);
    statement(PolicyType::PermissionsBoundary, &with("a b"), &not_so);
    statement(PolicyType::ServiceControl, &with("a b"), &[]);
    let twice = format!(r#"{{"Version":"2012-10-17","Statement":[{{{0}}},{{{0}}}]}}"#, with("x"));
    let found = read(twice.as_bytes(), PolicyType::ServiceControl).problems;
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].kind.to_string(),
        "statement ids in a single policy must be unique; `x` is given twice"
    );
    assert!(found[0].start > twice.find("},{").unwrap(), "the second one is underlined");
    let empty = format!(r#"{{"Version":"2012-10-17","Statement":[{{{0}}},{{{0}}}]}}"#, with(""));
    check(PolicyType::Identity, &empty, &[]);
}

#[test]
fn conditions_are_operators_over_keys_over_values() {
    use PolicyType::Identity;
    let with = |condition: &str| format!(r#"{ALLOW},"Condition":{condition}"#);
    statement(
        Identity,
        &with(r#"{"StringMatches":{"aws:username":"x"}}"#),
        &[(
            "operator",
            r#""StringMatches":{"aws:username":"x"}"#,
            "IAM has no condition operator `StringMatches`",
        )],
    );
    statement(
        Identity,
        &with(r#"{"NullIfExists":{"aws:username":"true"}}"#),
        &[(
            "operator",
            r#""NullIfExists":{"aws:username":"true"}"#,
            "IAM has no condition operator `NullIfExists`",
        )],
    );
    statement(
        Identity,
        &with(r#"{"NumericLessThan":{"aws:MultiFactorAuthAge":["300","soon"]}}"#),
        &[("condition-value", r#""soon""#, "`soon` is not a value that `NumericLessThan` can compare")],
    );
    statement(
        Identity,
        &with(r#"{"StringEquals":{"aws:username":[null]}}"#),
        &[("wrong-type", "null", "`aws:username` takes a string or a list of strings, found null")],
    );
    statement(
        Identity,
        &with(r#"{"StringEquals":"x"}"#),
        &[("wrong-type", r#""x""#, "`StringEquals` takes an object, found a string")],
    );
    for fine in [
        r#"{"Bool":{"aws:SecureTransport":true},"NumericLessThan":{"aws:MultiFactorAuthAge":300}}"#,
        r#"{"Null":{"aws:username":"TRUE"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]}}"#,
        r#"{"DateLessThan":{"aws:CurrentTime":"2027-01-31T00:00:00Z"}}"#,
        "{}",
    ] {
        statement(Identity, &with(fine), &[]);
    }
}

#[test]
fn a_resource_control_policy_denies_everyone_and_names_its_actions() {
    use PolicyType::ResourceControl;
    let fine = r#""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*""#;
    statement(ResourceControl, fine, &[]);
    statement(
        ResourceControl,
        &fine.replace("Deny", "Allow"),
        &[("rcp-effect", r#""Allow""#, "a resource control policy can only deny")],
    );
    statement(
        ResourceControl,
        &fine.replace("s3:*", "*"),
        &[("rcp-action", r#""*""#, "a resource control policy cannot name the action `*`")],
    );
    statement(
        ResourceControl,
        &fine.replace(r#""*","Action""#, r#"{"AWS":"*"},"Action""#),
        &[("rcp-principal", r#"{"AWS":"*"}"#, "the principal of a resource control policy is always `*`")],
    );
    statement(
        ResourceControl,
        &fine.replace("\"Action\"", "\"NotAction\""),
        &[("prohibited-element", r#""s3:*""#, "a resource control policy takes no `NotAction`")],
    );
}

#[test]
fn characters_beyond_latin_are_refused() {
    check(
        PolicyType::Identity,
        &document(ALLOW).replace("s3:GetObject", "s3:Get\u{2019}"),
        &[(
            "character",
            "\u{2019}",
            "the character U+2019 is not one of those a policy may hold (tab, line ends, U+0020 to U+00FF)",
        )],
    );
    check(PolicyType::Identity, &format!(r#"{{"Id":"ÿ","Statement":{{{ALLOW}}}}}"#), &[]);
}

#[test]
fn every_aws_managed_policy_is_read_without_a_problem() {
    let mut count = 0;
    for policy in reference::managed_policies() {
        let found = read(policy.document.as_bytes(), PolicyType::Identity);
        let messages: Vec<String> = found.problems.iter().map(|problem| problem.kind.to_string()).collect();
        assert!(messages.is_empty(), "{}: {messages:?}", policy.path_and_name);
        assert!(!found.policy.unwrap().statements.is_empty(), "{}", policy.path_and_name);
        count += 1;
    }
    assert!(count > 1_000, "{count}");
}

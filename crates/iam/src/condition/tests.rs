//! When a condition holds.
//!
//! Expectations read `true`, `false` or `open`; where an assumption decides, the values under its readings in
//! order, and its id: `true/false several-values`.

use super::Condition;
use crate::action::Action;
use crate::assumption::Readings;
use crate::context::Context;
use crate::principal::Principal;
use crate::request::{Completeness, Request, RequestParts};
use crate::truth::{Ledger, Truth};

const ROLE: &str = "arn:aws:iam::111122223333:role/app";

fn request(context: &[(&str, &[&str])], completeness: Completeness) -> Request {
    let mut given = Context::new();
    for (key, values) in context {
        given.insert(key, values.iter().map(|value| (*value).to_owned()).collect()).unwrap();
    }
    Request::new(RequestParts {
        principal: Principal::parse(ROLE).unwrap(),
        action: Action::parse("s3:GetObject").unwrap(),
        resource: "arn:aws:s3:::b/x".to_owned(),
        resource_account: None,
        context: given,
        completeness,
    })
}

fn outcome(condition: &Condition, request: &Request) -> String {
    let name = |truth: Truth| match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Open => "open",
    };
    let mut ledger = Ledger::default();
    let value = condition.matches(request, &mut ledger);
    let touched: Vec<_> = ledger.touched().iter().collect();
    let [assumption] = touched.as_slice() else {
        assert!(touched.is_empty(), "{touched:?}");
        return name(value).to_owned();
    };
    let under = |reading: usize| {
        let readings = Readings::default().with(*assumption, reading as u8);
        name(condition.matches(request, &mut Ledger::new(readings)))
    };
    let values: Vec<_> = (0..assumption.readings().len()).map(under).collect();
    format!("{} {assumption}", values.join("/"))
}

/// One operator on `aws:x`, the request carrying these values.
#[track_caller]
fn check(operator: &str, policy: &[&str], carried: &[&str], expected: &str) {
    let condition = Condition::new(operator, "AWS:x", policy.iter().copied(), true);
    let request = request(&[("aws:X", carried), ("aws:who", &["a*"])], Completeness::Complete);
    assert_eq!(outcome(&condition, &request), expected, "{operator} {policy:?} on {carried:?}");
}

#[test]
fn texts_are_equal_letter_for_letter_unless_case_is_ignored() {
    check("StringEquals", &["a", "b"], &["b"], "true");
    check("StringEquals", &["a", "b"], &["B"], "false");
    check("StringEquals", &["a*"], &["ab"], "false");
    check("StringEqualsIgnoreCase", &["B"], &["b"], "true");
    check("StringNotEquals", &["a", "b"], &["b"], "false");
    check("StringNotEquals", &["a", "b"], &["c"], "true");
    check("StringNotEqualsIgnoreCase", &["B"], &["b"], "false");
    check("StringLike", &["a*", "b?"], &["bc"], "true");
    check("StringLike", &["a*", "b?"], &["bcd"], "false");
    check("StringNotLike", &["a*"], &["ab"], "false");
    check("StringEquals", &[], &["a"], "false");
    check("StringNotEquals", &[], &["a"], "true");
}

#[test]
fn a_missing_key_fails_what_is_positive_and_passes_what_is_negated() {
    check("StringEquals", &["a"], &[], "false");
    check("StringEqualsIfExists", &["a"], &[], "true");
    check("StringNotEquals", &["a"], &[], "true");
    check("StringNotEqualsIfExists", &["a"], &[], "true");
    check("Bool", &["false"], &[], "false");
    check("NotIpAddress", &["10.0.0.0/8"], &[], "true");
    check("ForAllValues:StringEquals", &["a"], &[], "true");
    check("ForAnyValue:StringEquals", &["a"], &[], "false");
    check("ForAnyValue:StringNotEquals", &["a"], &[], "false");
    check("ForAnyValue:StringEqualsIfExists", &["a"], &[], "true/false for-any-value-if-exists");
}

#[test]
fn null_true_asks_that_the_key_be_absent() {
    check("Null", &["true"], &[], "true");
    check("Null", &["true"], &["a"], "false");
    check("Null", &["false"], &[], "false");
    check("Null", &["False"], &["a"], "true");
    check("Null", &["true", "false"], &["a"], "true");
    check("Null", &["perhaps"], &["a"], "false");
}

#[test]
fn set_operators_judge_every_value_or_some_value() {
    check("ForAllValues:StringEquals", &["a", "b"], &["a", "b"], "true");
    check("ForAllValues:StringEquals", &["a"], &["a", "b"], "false");
    check("ForAllValues:StringNotEquals", &["a"], &["b", "c"], "true");
    check("ForAnyValue:StringEquals", &["b"], &["a", "b"], "true");
    check("ForAnyValue:StringEquals", &["c"], &["a", "b"], "false");
    check("ForAnyValue:StringNotEquals", &["a"], &["a", "b"], "true");
    check("ForAnyValue:StringNotEquals", &["a", "b"], &["a", "b"], "false");
    check("ForAllValues:StringEquals", &["a"], &[""], "false/true empty-string");
    check("ForAllValues:StringEquals", &[""], &[""], "true");
}

#[test]
fn several_values_without_set_operator_are_unsettled() {
    check("StringEquals", &["a"], &["a", "b"], "true/false several-values");
    check("StringNotEquals", &["c"], &["a", "b"], "true/false several-values");
    check("StringNotEquals", &["a"], &["a", "b"], "false");
    check("StringEquals", &["c"], &["a", "b"], "false");
}

#[test]
fn numbers_and_dates_are_ordered_by_what_they_mean() {
    check("NumericEquals", &["1.50"], &["1.5"], "true");
    check("NumericLessThan", &["10"], &["9"], "true");
    check("NumericLessThan", &["10"], &["10"], "false");
    check("NumericLessThanEquals", &["10"], &["10"], "true");
    check("NumericGreaterThan", &["9"], &["10"], "true");
    check("NumericGreaterThanEquals", &["10"], &["9"], "false");
    check("NumericNotEquals", &["10"], &["10.0"], "false");
    check("NumericNotEquals", &["10"], &["ten"], "true/false malformed-negated");
    check("NumericEquals", &["10"], &["ten"], "false");
    check("DateLessThan", &["2027-01-31"], &["2027-01-30T23:59:59Z"], "true");
    check("DateLessThan", &["2027-01-31"], &["2027-01-31T00:00:00Z"], "false");
    check("DateEquals", &["2027-01-31T02:00:00+02:00"], &["2027-01-31T00:00:00Z"], "true");
    check("DateEquals", &["0"], &["1970-01-01T00:00:00Z"], "true");
}

#[test]
fn booleans_and_bytes_are_texts_of_a_kind() {
    check("Bool", &["true"], &["TRUE"], "true");
    check("Bool", &["true"], &["false"], "false");
    check("Bool", &["true"], &["1"], "false");
    check("Bool", &["yes"], &["yes"], "false");
    check("BinaryEquals", &["QmluYXJ5"], &["QmluYXJ5"], "true");
    check("BinaryEquals", &["QmluYXJ5"], &["qmluYXJ5"], "false");
}

#[test]
fn addresses_stand_in_networks_of_their_own_family() {
    check("IpAddress", &["10.0.0.0/8"], &["10.255.255.255"], "true");
    check("IpAddress", &["10.0.0.0/8"], &["11.0.0.0"], "false");
    check("IpAddress", &["10.0.0.1"], &["10.0.0.1"], "true");
    check("IpAddress", &["2001:db8::/32"], &["2001:db8:ffff::1"], "true");
    check("IpAddress", &["::/0"], &["10.0.0.1"], "false");
    check("NotIpAddress", &["10.0.0.0/8"], &["11.0.0.0"], "true");
    check("NotIpAddress", &["10.0.0.0/8"], &["home"], "true/false malformed-negated");
}

#[test]
fn arns_are_compared_part_by_part() {
    let profile = "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.x:0";
    for operator in ["ArnEquals", "ArnLike"] {
        check(operator, &["arn:aws:bedrock:*:*:inference-profile/us.*"], &[profile], "true");
        check(operator, &["arn:aws:bedrock:us-*:inference-profile/us.*:*"], &[profile], "false");
        check(operator, &["arn:aws:bedrock:*:*:inference-profile/US.*"], &[profile], "false");
        check(operator, &["arn:aws:bedrock:*"], &[profile], "false/true short-arn-pattern");
        check(operator, &["arn:aws:bedrock*"], &[profile], "false/true short-arn-pattern");
        check(operator, &["arn:aws:bedrock"], &[profile], "false");
        check(operator, &["arn:aws:s3:*"], &[profile], "false");
    }
    check("ArnNotLike", &["arn:aws:bedrock:*:*:inference-profile/us.*"], &[profile], "false");
    check("ArnNotLike", &["arn:aws:bedrock:*:*:inference-profile/eu.*"], &[profile], "true");
    check("ArnLike", &["*:*:*:*:*:*"], &["no arn"], "false");
}

#[test]
fn the_star_of_a_value_is_no_wildcard_in_a_short_arn_either() {
    check("ArnLike", &["${aws:who}"], &["arn:aws:s3:::b"], "false");
    check("ArnLike", &["${aws:who}*"], &["a*n:aws:s3:::b"], "false/true short-arn-pattern");
    check("ArnLike", &["${aws:who}*"], &["arn:aws:s3:::b"], "false");
}

#[test]
fn without_values_nothing_is_compared_and_so_nothing_is_malformed() {
    check("DateNotEquals", &[], &["tomorrow"], "true");
    check("NumericNotEquals", &[], &["ten"], "true");
    check("ForAllValues:DateNotEqualsIfExists", &[], &["444455556666:ann"], "true");
    check("NumericEquals", &[], &["ten"], "false");
}

#[test]
fn variables_take_the_value_of_their_key_letter_for_letter() {
    check("StringEquals", &["${aws:who}"], &["a*"], "true");
    check("StringLike", &["${aws:who}"], &["ab"], "false");
    check("StringLike", &["${aws:who}*"], &["a*b"], "true");
    check("StringEquals", &["${aws:nobody}"], &[""], "false");
    check("StringNotEquals", &["${aws:nobody}"], &["x"], "true");
    check("StringEquals", &["${aws:nobody, 'x'}"], &["x"], "true");
    check("Bool", &["${aws:who}"], &["true"], "false");
    let plain = Condition::new("StringEquals", "aws:x", ["${aws:who}"], false);
    let request = request(&[("aws:x", &["${aws:who}"]), ("aws:who", &["b"])], Completeness::Complete);
    assert_eq!(outcome(&plain, &request), "true");
}

#[test]
fn an_operator_that_iam_does_not_have_settles_nothing() {
    check("StringMatches", &["a"], &["a"], "open");
    check("StringMatches", &["a"], &[], "open");
}

#[test]
fn a_partial_request_leaves_keys_open_that_it_could_carry() {
    let asked = |operator: &str, key: &str, value: &str| {
        let condition = Condition::new(operator, key, [value], true);
        outcome(&condition, &request(&[("aws:x", &["a"])], Completeness::Partial))
    };
    assert_eq!(asked("StringEquals", "aws:SourceVpce", "v"), "open");
    assert_eq!(asked("Null", "aws:SourceVpce", "true"), "open");
    assert_eq!(asked("StringEquals", "s3:authType", "a"), "open");
    assert_eq!(asked("StringEquals", "s3:prefix", "a"), "false", "only lists of objects carry it");
    assert_eq!(asked("StringEquals", "aws:x", "a"), "true");
    assert_eq!(asked("StringNotEquals", "aws:username", "a"), "true", "a role has no user name");
    assert_eq!(asked("ArnLike", "aws:PrincipalArn", ROLE), "true", "the principal fixes it");
}

#[test]
fn whether_a_role_carries_the_mark_of_a_service_is_unsettled() {
    let asked = |operator: &str| {
        let condition = Condition::new(operator, "aws:PrincipalIsAWSService", ["false"], true);
        outcome(&condition, &request(&[], Completeness::Complete))
    };
    assert_eq!(asked("Bool"), "false/true principal-is-aws-service");
    assert_eq!(asked("BoolIfExists"), "true");
}

#[test]
fn a_condition_shows_its_key_as_spelled_and_the_values_that_are_spelled_out() {
    let shown = |operator: &str, values: &[&str]| {
        let condition = Condition::new(operator, "AWS:x", values.iter().copied(), true);
        assert_eq!((condition.key_name(), condition.key().as_str()), ("AWS:x", "aws:x"));
        condition.examples()
    };
    assert_eq!(shown("StringEquals", &["a*", "b"]), ["a*", "b"]);
    assert_eq!(shown("StringEqualsIgnoreCase", &["B"]), ["b"]);
    assert_eq!(shown("StringLike", &["a*", "b"]), ["b"]);
    assert_eq!(shown("ArnLike", &["arn:aws:s3:::b", "arn:aws:s3:::*", "arn:aws:s3"]), ["arn:aws:s3:::b"]);
    assert_eq!(shown("Bool", &["TRUE", "perhaps"]), ["true"]);
    assert_eq!(shown("StringEquals", &["${aws:who}"]), [""; 0]);
    assert_eq!(shown("NumericEquals", &["1"]), [""; 0]);
    assert_eq!(shown("IpAddress", &["10.0.0.0/8"]), [""; 0]);
}

#[test]
fn a_condition_is_shown_as_the_policy_spells_it() {
    let condition = |value: &str| Condition::new("stringLIKE", "AWS:PrincipalTag/Team", [value, "b"], true);
    let plain = condition("a*");
    assert_eq!((plain.operator_name(), plain.key_name()), ("stringLIKE", "AWS:PrincipalTag/Team"));
    assert_eq!(plain.values(), ["a*", "b"]);
    assert!(!plain.has_variables());
    assert!(condition("${aws:username}").has_variables());
    assert!(Condition::new("Bool", "aws:SecureTransport", ["${aws:username}"], true).has_variables());
}

//! Which resources a pattern covers.
//!
//! Expectations read `true`, `false` or `open`; where an assumption decides, the values under its readings in
//! order, and its id: `false/true/true star-across-colons`.

use super::{ResourceElement, ResourcePattern};
use crate::action::Action;
use crate::assumption::{Assumption, Readings};
use crate::context::Context;
use crate::principal::Principal;
use crate::request::{Completeness, Request, RequestParts};
use crate::truth::{Ledger, Truth};

fn request(resource: &str, completeness: Completeness) -> Request {
    let mut context = Context::new();
    context.insert("aws:PrincipalTag/team", vec!["r*d".to_owned()]).unwrap();
    context.insert("aws:PrincipalTag/path", vec!["a:b".to_owned()]).unwrap();
    context.insert("aws:PrincipalTag/region", vec!["EU".to_owned()]).unwrap();
    context.insert("aws:TagKeys", vec!["a".to_owned(), "b".to_owned()]).unwrap();
    Request::new(RequestParts {
        principal: Principal::parse("arn:aws:iam::111122223333:user/ann").unwrap(),
        action: Action::parse("example:DoIt").unwrap(),
        resource: resource.to_owned(),
        resource_account: None,
        context,
        completeness,
    })
}

fn outcome(element: &ResourceElement, request: &Request) -> String {
    let name = |truth: Truth| match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Open => "open",
    };
    let mut ledger = Ledger::default();
    let value = element.matches(request, &mut ledger);
    let touched: Vec<_> = ledger.touched().iter().collect();
    let [assumption] = touched.as_slice() else {
        assert!(touched.is_empty(), "{touched:?}");
        return name(value).to_owned();
    };
    let under = |reading: usize| {
        let readings = Readings::default().with(*assumption, reading as u8);
        name(element.matches(request, &mut Ledger::new(readings)))
    };
    let values: Vec<_> = (0..assumption.readings().len()).map(under).collect();
    format!("{} {assumption}", values.join("/"))
}

fn element(patterns: &[&str], negated: bool) -> ResourceElement {
    ResourceElement::new(patterns.iter().map(|text| ResourcePattern::new(text, true)).collect(), negated)
}

#[track_caller]
fn check(pattern: &str, resource: &str, expected: &str) {
    let found = outcome(&element(&[pattern], false), &request(resource, Completeness::Complete));
    assert_eq!(found, expected, "{pattern} on {resource}");
}

#[test]
fn a_star_runs_over_slashes_and_over_nothing() {
    check("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y", "true");
    check("arn:aws:s3:::b/*", "arn:aws:s3:::b/", "true");
    check("arn:aws:s3:::b/*", "arn:aws:s3:::b", "false");
    check("arn:aws:s3:::b*", "arn:aws:s3:::b", "true");
    check("arn:aws:s3:::b/?", "arn:aws:s3:::b/x", "true");
    check("arn:aws:s3:::b/?", "arn:aws:s3:::b/", "false");
    check("arn:aws:s3:::b/?", "arn:aws:s3:::b/xy", "false");
}

#[test]
fn the_request_for_no_resource_is_met_by_stars_alone() {
    check("*", "*", "true");
    check("**", "*", "true");
    check("arn:aws:s3:::*", "*", "false");
    check("arn:*", "*", "false");
    check("*:*", "*", "false");
    check("?", "*", "false");
    check("*", "arn:aws:s3:::b", "true");
}

#[test]
fn letters_count_in_the_resource_and_are_unsettled_before_it() {
    check("arn:aws:S3:*:*:b", "arn:aws:s3:::b", "false/true arn-prefix-case");
    check("arn:aws:S3:*:*:B", "arn:aws:s3:::b", "false");
    check("arn:aws:s3:::B", "arn:aws:s3:::b", "false");
    check("arn:aws:s3:::b", "arn:aws:s3:::b", "true");
    check("arn:aws:sqs:US-EAST-1::q", "arn:aws:sqs:us-east-1::q", "false/true arn-prefix-case");
    check("arn:aws:sqs:US-EAST-1::q", "arn:aws:sqs:us-east-1::Q", "false");
}

#[test]
fn how_far_a_star_runs_over_colons_is_unsettled() {
    let model = "arn:aws:bedrock:us-east-1::foundation-model/x.y-v1:0";
    check("arn:aws:bedrock:*::foundation-model/*", model, "true");
    check("arn:aws:bedrock:*::foundation-model/x.y*", model, "true");
    check("arn:aws:bedrock:us-east-1:*:foundation-model/*", model, "true");
    check("arn:aws:bedrock:*:foundation-model/*", model, "false/true/true star-across-colons");
    check("arn:aws:bedrock*model/x.y-v1:0", model, "false/false/true star-across-colons");
    check("arn:aws:bedrock:*", model, "true");
    check("arn:aws:bedrock:*:????????????:*", model, "false");
    check(
        "arn:aws:bedrock:*:????????????:*",
        "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.x.y-v1:0",
        "true",
    );
    check("arn:aws:s3:*", model, "false");
    let (inside, across) = ("arn:aws:s3:::a-b", "arn:aws:s3:::a:b");
    for pattern in ["arn:aws:s3:::*b", "arn:aws:s3:::a?b", "arn:aws:s3:*:*:a?b"] {
        check(pattern, inside, "true");
        check(pattern, across, "true/false/true star-across-colons");
    }
    check("arn:aws:*:*:*:b", "arn:aws:s3:x:y:z:b", "false/true/true star-across-colons");
    check("arn:aws:*:*:*:b", "arn:aws:s3:x:y:z:c", "false");
}

#[test]
fn variables_take_their_value_letter_for_letter() {
    check("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/ann/x", "true");
    check("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/bob/x", "false");
    check("arn:aws:s3:::b/${aws:PrincipalTag/team}", "arn:aws:s3:::b/r*d", "true");
    check("arn:aws:s3:::b/${aws:PrincipalTag/team}", "arn:aws:s3:::b/red", "false");
    check("arn:aws:s3:::b/${aws:PrincipalTag/path}", "arn:aws:s3:::b/a:b", "true");
    check("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/*", "true");
    check("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", "false");
    check(
        "arn:aws:sqs:*:${aws:PrincipalAccount}:q",
        "arn:aws:sqs:x:111122223333:q",
        "false/true variable-before-fifth-colon",
    );
}

#[test]
fn an_unset_variable_matches_nothing_and_so_ends_an_exemption() {
    let unset = "arn:aws:s3:::b/${aws:PrincipalTag/none}";
    check(unset, "arn:aws:s3:::b/", "false");
    check("arn:aws:s3:::b/${aws:PrincipalTag/none, 'x'}", "arn:aws:s3:::b/x", "true");
    check("arn:aws:s3:::b/${aws:TagKeys}", "arn:aws:s3:::b/a", "false");
    let exempt = |patterns: &[&str], resource: &str| {
        outcome(&element(patterns, true), &request(resource, Completeness::Complete))
    };
    assert_eq!(exempt(&[unset], "arn:aws:s3:::b/x"), "true");
    assert_eq!(exempt(&[unset, "arn:aws:s3:::b/*"], "arn:aws:s3:::b/x"), "false");
    assert_eq!(exempt(&["arn:aws:s3:::c"], "arn:aws:s3:::b/x"), "true");
    assert_eq!(exempt(&["arn:aws:s3:::c"], "*"), "true");
    assert_eq!(exempt(&["*"], "*"), "false");
}

#[test]
fn an_open_variable_needs_its_key_only_where_the_text_around_it_fits() {
    let asked = |resource: &str| {
        let pattern = element(&["arn:aws:s3:::b/${aws:SourceVpce}/*"], false);
        outcome(&pattern, &request(resource, Completeness::Partial))
    };
    assert_eq!(asked("arn:aws:s3:::b/v/x"), "open");
    assert_eq!(asked("arn:aws:s3:::c/v/x"), "false");
}

#[test]
fn without_variables_the_text_stands_for_itself() {
    let pattern = ResourcePattern::new("arn:aws:s3:::b/${aws:username}", false);
    let literal = ResourceElement::new(vec![pattern], false);
    let asked = |resource: &str| outcome(&literal, &request(resource, Completeness::Complete));
    assert_eq!(asked("arn:aws:s3:::b/${aws:username}"), "true");
    assert_eq!(asked("arn:aws:s3:::b/ann"), "false");
}

#[test]
fn an_element_keeps_its_values_as_spelled() {
    let element = element(&["arn:aws:s3:::b", "arn:aws:s3:::${aws:username}"], true);
    assert!(element.is_negated());
    assert!(!element.with(ResourcePattern::new("*", true)).covers_everything());
    let spelled: Vec<&str> = element.patterns().iter().map(ResourcePattern::as_str).collect();
    assert_eq!(spelled, ["arn:aws:s3:::b", "arn:aws:s3:::${aws:username}"]);
    assert!(!self::element(&["*"], false).is_negated());
}

#[test]
fn a_variable_changes_nothing_about_what_is_unsettled_around_it() {
    check("arn:aws:S3:::${aws:principaltag/team}", "arn:aws:s3:::r*d", "false/true arn-prefix-case");
    check("arn:aws:s3:::${aws:principaltag/team}", "arn:aws:S3:::r*d", "false/true arn-prefix-case");
    check("arn:aws:S3:::${aws:principaltag/region}", "arn:aws:s3:::eu", "false");
    check(
        "arn:aws:s3:::*-${aws:principaltag/team}",
        "arn:aws:s3:::x:y-r*d",
        "true/false/true star-across-colons",
    );
    // Where parts are missing anything may follow, if the variable stands for its value.
    let short = element(&["arn:aws:${aws:principaltag/team}x"], false);
    let substituted = Readings::default().with(Assumption::VariableBeforeFifthColon, 1);
    let request = request("arn:aws:r*dx:::b", Completeness::Complete);
    assert_eq!(short.matches(&request, &mut Ledger::new(substituted)), Truth::True);
    // It matches only when both the variable stands for its value there and case does not count.
    check("arn:aws:s3:${aws:principaltag/region}::b", "arn:aws:s3:eu::b", "false/false arn-prefix-case");
}

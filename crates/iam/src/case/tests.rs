//! What a case is read as, and everything that is wrong with it at once.

use super::{Warning, parse};
use crate::json::Place;
use crate::layers::{Layer, ResourceSide, StatementRef};
use crate::request::Completeness;

const POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

/// A request for an object, with more fields.
fn request(more: &str) -> String {
    format!(
        r#""request":{{"principal":"arn:aws:sts::111122223333:assumed-role/app/job-7","action":"s3:GetObject","resource":"arn:aws:s3:::b/x"{more}}}"#
    )
}

fn layers(inside: &str) -> String {
    format!(r#""layers":{{{inside}}}"#)
}

/// All that is wrong with a case, in order, with the text that stands there.
#[track_caller]
fn refused(text: &str, expected: &[(&str, &str)]) {
    let errors = parse(text.as_bytes()).unwrap_err();
    let found: Vec<(String, &str)> =
        errors.iter().map(|error| (error.kind.to_string(), &text[error.offset..])).collect();
    assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
    for ((message, rest), (expected, at)) in found.iter().zip(expected) {
        assert_eq!((message.as_str(), &rest[..at.len().min(rest.len())]), (*expected, *at), "{text}");
    }
}

#[track_caller]
fn read(request_more: &str, layers_inside: &str) -> super::Case {
    let text = format!("{{{},{}}}", request(request_more), layers(layers_inside));
    parse(text.as_bytes()).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

#[test]
fn absent_layers_are_empty_and_null_is_absent() {
    for inside in ["", r#""identity":null,"resource":null,"scp":null,"management_account":null"#] {
        let layers = read("", inside).layers;
        assert!(layers.identity.is_empty() && layers.scp.is_empty() && layers.rcp.is_empty());
        assert!(matches!(layers.resource, ResourceSide::None) && !layers.management_account);
    }
    assert!(read("", r#""management_account":true"#).layers.management_account);
}

#[test]
fn requests_are_complete_unless_they_say_otherwise() {
    assert_eq!(read("", "").request.completeness(), Completeness::Complete);
    assert_eq!(read(r#","context_complete":true"#, "").request.completeness(), Completeness::Complete);
    assert_eq!(read(r#","context_complete":false"#, "").request.completeness(), Completeness::Partial);
}

#[test]
fn context_values_are_texts_booleans_numbers_or_lists() {
    let case =
        read(r#","context":{"aws:a":"x","aws:b":true,"aws:c":1.50,"aws:d":["y",false,2],"aws:e":[]}"#, "");
    let found: Vec<(String, String)> = case
        .request
        .context()
        .iter()
        .filter(|(name, _)| name.len() == 5)
        .map(|(name, values)| (name.to_owned(), values.to_vec().join(",")))
        .collect();
    let expected =
        [("aws:a", "x"), ("aws:b", "true"), ("aws:c", "1.50"), ("aws:d", "y,false,2"), ("aws:e", "")];
    assert_eq!(found, expected.map(|(name, values)| (name.to_owned(), values.to_owned())));
}

#[test]
fn documents_may_have_names() {
    let named = format!(r#""identity":[{POLICY},{{"name":"wide","policy":{POLICY}}}]"#);
    let levels = format!(
        r#""scp":[{{"target":"r-ab12","policies":[]}},{{"target":"111122223333","policies":[{{"name":"top","policy":{POLICY}}}]}}]"#
    );
    let case = read("", &format!("{named},{levels}"));
    assert_eq!((case.layers.identity.len(), case.layers.scp.len()), (2, 2));
    assert_eq!(case.layers.scp[1].target, "111122223333");
    let at = |layer, level, policy| StatementRef { layer, level, policy, statement: 0 };
    assert_eq!(case.name(at(Layer::Identity, 0, 1)), Some("wide"));
    assert_eq!(case.name(at(Layer::Identity, 0, 0)), None);
    assert_eq!(case.name(at(Layer::Scp, 1, 0)), Some("top"));
    assert_eq!(case.name(at(Layer::Scp, 0, 0)), None);
}

#[test]
fn what_aws_would_refuse_is_a_warning_and_what_has_no_meaning_an_error() {
    let refused_sid = POLICY.replace("\"Effect\"", "\"Sid\":\"a b\",\"Effect\"");
    let case = read("", &format!(r#""identity":[{POLICY},{refused_sid}]"#));
    let warnings: Vec<String> = case.warnings.iter().map(Warning::to_string).collect();
    assert_eq!(
        warnings,
        [
            "AWS would refuse policy 1 of layer `identity`: `a b` is not alphanumeric, as a statement id must be"
        ]
    );
    refused(
        &format!(r#"{{{},{}}}"#, request(""), layers(r#""identity":[{"Statement":[{}]}]"#)),
        &[("policy in `identity`: a statement needs an `Effect`", "{}]}")],
    );
}

#[test]
fn an_action_without_resources_is_asked_of_a_star() {
    let text = format!(r#"{{{},"layers":{{}}}}"#, request("").replace("s3:GetObject", "s3:ListAllMyBuckets"));
    let case = parse(text.as_bytes()).unwrap();
    assert_eq!(case.request.resource().as_str(), "*");
    assert_eq!(
        case.warnings.iter().map(Warning::to_string).collect::<Vec<_>>(),
        [
            "`s3:ListAllMyBuckets` takes no resources; AWS authorises it on `*`, and so does this answer, not on `arn:aws:s3:::b/x`"
        ]
    );
}

#[test]
fn principals_are_arns_or_objects() {
    let kind = |principal: &str| {
        let text = format!(
            r#"{{"request":{{"principal":{principal},"action":"s3:GetObject","resource":"*"}},"layers":{{}}}}"#
        );
        parse(text.as_bytes()).map(|case| case.request.principal().to_string())
    };
    let shown = |principal: &str| kind(principal).unwrap();
    assert_eq!(shown(r#""arn:aws:iam::111122223333:root""#), "arn:aws:iam::111122223333:root");
    assert_eq!(shown(r#"{"type":"anonymous"}"#), "anonymous");
    assert_eq!(shown(r#"{"type":"service","name":"s3.amazonaws.com"}"#), "s3.amazonaws.com");
    assert_eq!(shown(r#"{"type":"federated","provider":"accounts.google.com"}"#), "accounts.google.com");
    let message = |principal: &str| kind(principal).unwrap_err()[0].kind.to_string();
    assert_eq!(message(r#"{"type":"service"}"#), "`name` is missing");
    assert_eq!(message(r#"{"type":"federated"}"#), "`provider` is missing");
    assert_eq!(
        message(r#"{"type":"robot"}"#),
        "`principal`: `robot` is none of `anonymous`, `service` and `federated`"
    );
    assert_eq!(message("1"), "`principal` takes an ARN or an object, found a number");
}

#[test]
fn unknown_fields_are_errors_inside_and_notes_beside() {
    let ok = format!(r#"{{"id":"c1","title":"x",{},{}}}"#, request(""), layers(""));
    assert!(parse(ok.as_bytes()).is_ok());
    refused(
        &format!("{{{},{}}}", request(r#","Context":{}"#), layers(r#""identities":[]"#)),
        &[
            ("`request` has no field `Context`", r#""Context""#),
            ("`layers` has no field `identities`", r#""identities""#),
        ],
    );
    refused(
        &format!("{{{},{}}}", request(""), layers(r#""scp":[{"target":"r-ab12","policies":[],"policy":1}]"#)),
        &[("`scp` has no field `policy`", r#""policy""#)],
    );
}

#[test]
fn everything_wrong_is_said_at_once_in_the_order_of_the_text() {
    refused(
        r#"{"request":{"principal":"x","action":"s3:*","context":{"a":{},"b":"1","B":"2"}},"layers":{"identity":{},"scp":[{}],"management_account":1}}"#,
        &[
            ("`resource` is missing", r#"{"principal""#),
            ("`principal`: `x` is not a principal: an ARN has 6 parts separated by `:`, found 1", r#""x""#),
            ("`action`: `s3:*` is a pattern; a request is for one action", r#""s3:*""#),
            ("`a` takes a string, number, boolean, or a list of them, found an object", "{}"),
            ("`context`: context key `B` is given twice; key names do not depend on case", r#""B""#),
            ("`identity` takes a list of policies, found an object", "{}"),
            ("`target` is missing", "{}]"),
            ("`policies` is missing", "{}]"),
            ("`management_account` takes true or false, found a number", "1}"),
        ],
    );
}

#[test]
fn a_case_has_a_request_and_layers() {
    refused("{}", &[("`request` is missing", "{}"), ("`layers` is missing", "{}")]);
    refused("[]", &[("`case` takes an object, found a list", "[]")]);
    refused(&format!("{{{}}}", request("")), &[("`layers` is missing", "{")]);
    refused(
        &format!("{{{},{}}}", request(""), layers(&format!(r#""resource":{POLICY},"trust":{POLICY}"#))),
        &[(
            "a request meets one policy of the resource: give `resource` or `trust`, not both",
            "{\"Version\"",
        )],
    );
}

#[test]
fn what_is_no_json_has_a_place() {
    let text = "{\"request\": {},\n /* layers */ }";
    let errors = parse(text.as_bytes()).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].kind.to_string(), "JSON has no comments, and IAM accepts none");
    assert_eq!(Place::of(text, errors[0].offset), Place { line: 2, column: 2 });
}

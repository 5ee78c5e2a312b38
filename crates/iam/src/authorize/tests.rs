//! What an answer tells besides the decision: what would settle it, what denied, and where.
//!
//! The rule itself is compared with another evaluator in `tests/evaluators_agree.rs`, and with the documentation
//! in the corpus.

use super::*;
use crate::case::{self, Case};

/// A request of a role for an object in its own account, with more fields, under these layers.
fn case(request: &str, layers: &str) -> Case {
    let text = format!(
        r#"{{"request":{{"principal":"arn:aws:iam::111122223333:role/app","action":"s3:GetObject","resource":"arn:aws:s3:::b/x"{request}}},"layers":{{{layers}}}}}"#
    );
    case::parse(text.as_bytes()).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

/// One policy, its statements spelled `EFFECT ELEMENTS`, about every object.
fn policy(statements: &[(&str, &str)]) -> String {
    let statements: Vec<String> = statements
        .iter()
        .map(|(effect, more)| format!(r#"{{"Effect":"{effect}","Action":"s3:*","Resource":"*"{more}}}"#))
        .collect();
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

/// The element that asks for one value of a key.
fn asks(key: &str) -> String {
    format!(r#","Condition":{{"StringEquals":{{"{key}":"yes"}}}}"#)
}

fn outcome(request: &str, layers: &str) -> String {
    let case = case(request, layers);
    match authorize(&case.request, &case.layers).outcome {
        Outcome::Decided(Decision::Allow) => "allow".to_owned(),
        Outcome::Decided(Decision::ExplicitDeny) => "explicit deny".to_owned(),
        Outcome::Decided(Decision::ImplicitDeny) => "implicit deny".to_owned(),
        Outcome::NeedsContext(keys) => {
            format!("needs {}", keys.iter().map(Key::as_str).collect::<Vec<_>>().join(" "))
        }
        Outcome::Unknown(doubts) => {
            format!("unknown {}", doubts.iter().map(Doubt::to_string).collect::<Vec<_>>().join(", "))
        }
    }
}

const PARTIAL: &str = r#","context_complete":false"#;

#[test]
fn only_keys_that_can_turn_the_answer_are_asked_for() {
    let allow = policy(&[("Allow", "")]);
    let allow_if = |key: &str| policy(&[("Allow", &asks(key))]);
    let deny_if = |key: &str| policy(&[("Deny", &asks(key))]);
    let check = |layers: String, expected: &str| assert_eq!(outcome(PARTIAL, &layers), expected, "{layers}");

    let (one, two) = (allow_if("aws:one"), allow_if("aws:two"));
    check(format!(r#""identity":[{one}]"#), "needs aws:one");
    check(format!(r#""identity":[{one},{two}]"#), "needs aws:one aws:two");
    check(format!(r#""identity":[{one},{allow}]"#), "allow");
    // The identity policies allow already: only what is left open of the boundary counts.
    check(format!(r#""identity":[{one},{allow}],"boundary":[{two}]"#), "needs aws:two");
    check(format!(r#""identity":[{allow}],"session":[{two}],"boundary":[{allow},{one}]"#), "needs aws:two");
    check(format!(r#""identity":[{one},{allow}],"vpc_endpoint":[]"#), "allow");
    // Nothing can allow: what is open of the boundary does not matter, what is open of a Deny does.
    let deny = deny_if("aws:two");
    check(format!(r#""identity":[{deny}],"boundary":[{one}]"#), "needs aws:two");
    check(format!(r#""identity":[],"boundary":[{one}]"#), "implicit deny");
    // A level of the organisation that allows already, and one that leaves it open.
    let levels = format!(
        r#""identity":[{allow}],"scp":[{{"target":"r-1","policies":[{one},{allow}]}},{{"target":"ou-1","policies":[{two}]}}]"#
    );
    check(levels, "needs aws:two");
}

#[test]
fn an_unknown_answer_names_the_assumptions_that_turn_it_and_no_others() {
    let several = r#","context":{"aws:TagKeys":["a","b"],"aws:n":"ten"}"#;
    let turns = policy(&[("Allow", r#","Condition":{"StringEquals":{"aws:TagKeys":"a"}}"#)]);
    let touched = policy(&[("Allow", r#","Condition":{"NumericNotEquals":{"aws:n":"10"}}"#)]);
    let allow = policy(&[("Allow", "")]);
    let check = |layers: String, expected: &str| assert_eq!(outcome(several, &layers), expected, "{layers}");
    check(format!(r#""identity":[{turns}]"#), "unknown several-values");
    check(format!(r#""identity":[{turns},{allow}]"#), "allow");
    check(format!(r#""identity":[{touched},{allow}],"boundary":[{turns}]"#), "unknown several-values");
    check(
        format!(r#""identity":[{touched}],"boundary":[{turns}]"#),
        "unknown malformed-negated, several-values",
    );
}

#[test]
fn what_is_unsettled_in_a_statement_that_matches_under_no_reading_is_not_named() {
    let several = r#","context":{"aws:TagKeys":["a","b"]}"#;
    let check = |also: &str, expected: &[Assumption]| {
        let unsettled = format!(r#","Condition":{{"StringEquals":{{"aws:TagKeys":"a"{also}}}}}"#);
        let identity = policy(&[("Allow", ""), ("Allow", &unsettled)]);
        let case = case(several, &format!(r#""identity":[{identity}]"#));
        let answer = authorize(&case.request, &case.layers);
        assert_eq!(answer.assumptions.iter().collect::<Vec<_>>(), expected, "{also}");
    };
    check("", &[Assumption::SeveralValues]);
    check(r#","aws:absent":"yes""#, &[]);
}

/// Walks are made under every combination of readings: with twelve assumptions of two readings each they just come
/// to the limit.
#[test]
fn beyond_the_limit_of_walks_every_assumption_is_named() {
    let case = case("", &format!(r#""identity":[{}]"#, policy(&[("Allow", "")])));
    let after_touching = |touched: AssumptionSet| {
        let first = walk(&case.request, &case.layers, Readings::default(), &mut ());
        under_every_reading(&case.request, &case.layers, Walk { touched, ..first }).outcome
    };
    let of_two_readings = Assumption::ALL.into_iter().filter(|one| one.readings().len() == 2);
    let touched: AssumptionSet = of_two_readings.take(12).collect();
    assert_eq!(combinations(touched).len(), WALKS_MAX);
    assert_eq!(after_touching(touched), Outcome::Decided(Decision::Allow));
    let all = Assumption::ALL.map(Doubt::Assumption).to_vec();
    assert_eq!(after_touching(Assumption::ALL.into_iter().collect()), Outcome::Unknown(all));
    // What one reading says lacks is not said of all that were not tried.
    let first = walk(&case.request, &case.layers, Readings::default(), &mut ());
    let lacking = Some(SmallVec::from_slice(&[Layer::Identity]));
    let first = Walk { touched: Assumption::ALL.into_iter().collect(), lacking, ..first };
    assert_eq!(under_every_reading(&case.request, &case.layers, first).lacking, None);
}

/// Whether a Deny reaches the object depends on how far `*` runs; whether anything allows it does not.
#[test]
fn what_no_reading_allows_is_refused_although_how_is_not_settled() {
    let object = r#","resource":"arn:aws:bedrock:us-east-1::foundation-model/a.b:abcdefghijkl:c","action":"bedrock:InvokeModel""#;
    let ask = |layers: &str, more: &str| {
        let text = format!(
            r#"{{"request":{{"principal":"arn:aws:iam::111122223333:role/app"{object}{more}}},"layers":{{{layers}}}}}"#
        );
        let case = case::parse(text.as_bytes()).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
        authorize(&case.request, &case.layers)
    };
    let statement = |effect: &str, more: &str| {
        format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Action":"*"{more}}}]}}"#)
    };
    let deny = statement("Deny", r#","Resource":"arn:aws:bedrock:*:????????????:*""#);
    let allow = statement("Allow", r#","Resource":"*""#);
    let allow_if = statement("Allow", &format!(r#","Resource":"*"{}"#, asks("aws:one")));
    let deny_if =
        statement("Deny", &format!(r#","Resource":"arn:aws:bedrock:*:????????????:*"{}"#, asks("aws:one")));
    for (layers, more, expected) in [
        (format!(r#""identity":[{deny}]"#), "", true),
        (format!(r#""identity":[{deny},{allow}]"#), "", false),
        (format!(r#""identity":[{deny_if}]"#), PARTIAL, true),
        (format!(r#""identity":[{deny_if},{allow_if}]"#), PARTIAL, false),
    ] {
        let answer = ask(&layers, more);
        assert!(!matches!(answer.outcome, Outcome::Decided(_)), "{layers}: {:?}", answer.outcome);
        let lacking = expected.then(|| SmallVec::from_slice(&[Layer::Identity]));
        assert_eq!((answer.is_refused(), answer.lacking), (expected, lacking), "{layers}");
    }
}

#[test]
fn the_levels_that_lack_an_allow_are_named_when_nothing_denies() {
    let (allow, deny) = (policy(&[("Allow", "")]), policy(&[("Deny", "")]));
    let check = |inner: &str, denied_by: &[Layer], lacking: &[u16]| {
        let level = |policies: &str| format!(r#"{{"target":"ou-1","policies":[{policies}]}}"#);
        let levels = [level(&allow), level(inner), level("")].join(",");
        let case = case("", &format!(r#""identity":[{allow}],"scp":[{levels}]"#));
        let answer = authorize(&case.request, &case.layers);
        assert_eq!((&*answer.denied_by, &*answer.lacking_levels), (denied_by, lacking), "{inner}");
    };
    check("", &[Layer::Scp], &[1, 2]);
    check(&allow, &[Layer::Scp], &[2]);
    check(&deny, &[Layer::Scp], &[]);
}

#[test]
fn a_refusal_explains_an_implicit_denial_and_no_explicit_one() {
    let check = |effect: &str, refused: bool| {
        let text = format!(
            r#"{{"request":{{"principal":"arn:aws:iam::111122223333:role/app","action":"iam:DeletePolicy","resource":"arn:aws:iam::aws:policy/ReadOnlyAccess"}},"layers":{{"identity":[{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Action":"*","Resource":"*"}}]}}]}}}}"#
        );
        let case = case::parse(text.as_bytes()).unwrap();
        let answer = authorize(&case.request, &case.layers);
        assert_eq!(answer.refusal.is_some(), refused, "{effect}");
        assert_eq!(answer.denied_by.is_empty(), refused, "{effect}: no layer is to blame for a refusal");
    };
    check("Allow", true);
    check("Deny", false);
}

/// Organizations User Guide, "RCP syntax", has everyone in an RCP; everywhere else a statement that has to name
/// principals and does not is about nobody.
#[test]
fn a_statement_without_principal_is_about_nobody_except_in_an_rcp() {
    let (allow, deny) = (policy(&[("Allow", "")]), policy(&[("Deny", "")]));
    assert_eq!(outcome("", &format!(r#""resource":{allow}"#)), "implicit deny");
    assert_eq!(outcome("", &format!(r#""identity":[{allow}],"resource":{deny}"#)), "allow");
    assert_eq!(outcome("", &format!(r#""identity":[{allow}],"vpc_endpoint":[{deny}]"#)), "implicit deny");
    let level = format!(r#"{{"target":"r-1","policies":[{deny}]}}"#);
    assert_eq!(outcome("", &format!(r#""identity":[{allow}],"rcp":[{level}]"#)), "explicit deny");
}

#[test]
fn an_open_deny_does_not_open_what_nothing_allows() {
    let open_deny = policy(&[("Allow", ""), ("Deny", &asks("aws:one"))]);
    let scp = format!(r#""scp":[{{"target":"r-1","policies":[{open_deny}]}}]"#);
    let check = |more: &str, account: &str, expected: &[Layer]| {
        let request = format!(r#"{PARTIAL},"resource_account":"{account}""#);
        let case = case(&request, &format!("{scp},{more}"));
        let answer = authorize(&case.request, &case.layers);
        assert_eq!(outcome(&request, &format!("{scp},{more}")), "needs aws:one", "{more}");
        assert_eq!(answer.lacking.as_deref().unwrap_or_default(), expected, "{more}");
        assert_eq!(answer.is_refused(), !expected.is_empty(), "{more}");
    };
    let (allow, allow_if) = (policy(&[("Allow", "")]), policy(&[("Allow", &asks("aws:one"))]));
    let (here, there) = ("111122223333", "444455556666");
    check(&format!(r#""identity":[{allow}]"#), here, &[]);
    check(&format!(r#""identity":[{allow_if}]"#), here, &[]);
    check(r#""identity":[]"#, here, &[Layer::Identity]);
    check(&format!(r#""identity":[{allow}],"boundary":[{}]"#, policy(&[])), here, &[Layer::Boundary]);
    check(&format!(r#""identity":[{allow}]"#), there, &[Layer::Resource]);
    check(r#""identity":[]"#, there, &[Layer::Resource, Layer::Identity]);
}

#[test]
fn a_value_that_no_request_can_have_is_not_asked_for() {
    let own = |operator: &str, value: &str| {
        let condition = format!(r#","Condition":{{"{operator}":{{"aws:ResourceOrgID":"{value}"}}}}"#);
        format!(r#""identity":[{}]"#, policy(&[("Allow", &condition)]))
    };
    let check = |operator: &str, value: &str, expected: &str| {
        let without = format!(r#"{PARTIAL},"context":{{"aws:PrincipalOrgID":[]}}"#);
        assert_eq!(outcome(&without, &own(operator, value)), expected, "{operator} {value}");
    };
    check("StringEquals", "${aws:PrincipalOrgID}", "implicit deny");
    check("StringEquals", "${aws:PrincipalOrgID, 'none'}", "needs aws:resourceorgid");
    check("StringEqualsIfExists", "${aws:PrincipalOrgID}", "needs aws:resourceorgid");
    check("StringEquals", "${aws:PrincipalTag/org}", "needs aws:resourceorgid");
    check("ForAnyValue:StringEquals", "${aws:PrincipalOrgID}", "implicit deny");
    check("ForAllValues:StringEquals", "${aws:PrincipalOrgID}", "needs aws:resourceorgid");
}

#[test]
fn statements_behind_the_first_64_count_by_their_numbers() {
    let other = r#"{"Effect":"Allow","Action":"ec2:RunInstances","Resource":"*"}"#;
    let mut statements = vec![other.to_owned(); 130];
    for place in [63, 64, 129] {
        statements[place] = other.replace("ec2:RunInstances", "s3:GetObject");
    }
    let policy = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    let case = case("", &format!(r#""identity":[{policy}]"#));
    let answer = authorize(&case.request, &case.layers);
    assert_eq!(answer.determining.iter().map(|at| at.statement).collect::<Vec<_>>(), [63, 64, 129]);
    for at in &answer.determining {
        let statement = case.layers.statement(*at).expect("it determines the answer");
        assert!(statement.action.matches(case.request.action()), "{at:?}");
    }
}

#[test]
fn a_session_named_like_that_of_a_service_linked_role_is_unknown_under_scps_alone() {
    let outcome_under = |layers: &str| {
        let text = format!(
            r#"{{"request":{{"principal":"arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForX/s","action":"s3:GetObject","resource":"arn:aws:s3:::b/x"}},"layers":{{"identity":[{}],{layers}}}}}"#,
            policy(&[("Allow", "")])
        );
        let case = case::parse(text.as_bytes()).unwrap();
        authorize(&case.request, &case.layers).decision()
    };
    assert_eq!(outcome_under(r#""scp":[{"target":"r-1","policies":[]}]"#), None);
    assert_eq!(outcome_under(r#""rcp":[]"#), Some(Decision::Allow));
}

#[test]
fn only_a_role_that_is_assumed_must_allow_by_its_own_policy() {
    let decision = |action: &str, resource: &str| {
        let text = format!(
            r#"{{"request":{{"principal":"arn:aws:iam::111122223333:user/ann","action":"{action}","resource":"{resource}"}},"layers":{{"identity":[{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}}]}}]}}}}"#
        );
        let case = case::parse(text.as_bytes()).unwrap();
        authorize(&case.request, &case.layers).decision()
    };
    let account = "arn:aws:iam::111122223333";
    assert_eq!(decision("sts:AssumeRole", &format!("{account}:role/x")), Some(Decision::ImplicitDeny));
    let session = "arn:aws:sts::111122223333:federated-user/x";
    assert_eq!(decision("sts:GetFederationToken", session), Some(Decision::Allow));
}

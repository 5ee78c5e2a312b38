//! Random policies over a small closed world, beside requests from all over it.
//!
//! The world has a few actions, things, people, and values of keys; the policies are drawn from patterns over it, so that
//! many pairs differ in one corner only. Of identities every request of a part of the world is asked about, of resources
//! and resource control policies some thousand drawn ones. `POSTERN_CASES` sets how many pairs are drawn; the long run
//! has 100,000.

#[path = "common/dice.rs"]
mod dice;

use std::collections::BTreeMap;
use std::sync::Arc;

use dice::Dice;
use iam::action::Action;
use iam::answer::{Decision, Outcome};
use iam::arn::AccountId;
use iam::assumption::{Assumption, Readings};
use iam::authorize::{authorize, decide_under};
use iam::context::Context;
use iam::layers::{Layers, Level, ResourceSide};
use iam::policy::{Policy, PolicyType, read};
use iam::principal::Principal;
use iam::request::{Completeness, Request, RequestParts};
use prover::difference::{Difference, Side, allows, difference};
use prover::domain::Kinds;
use prover::question::{Meant, Question, Whose, everything};
use prover::search::Verdict;
use prover::who::{Shape, Who};

fn one(dice: &mut Dice, of: &[&'static str]) -> &'static str {
    of[dice.roll(of.len())]
}

fn some(dice: &mut Dice, of: &[&'static str]) -> String {
    let count = 1 + dice.roll(2);
    let texts: Vec<String> = (0..count).map(|_| format!("\"{}\"", one(dice, of))).collect();
    format!("[{}]", texts.join(","))
}

const ACTIONS: [&str; 6] =
    ["s3:GetObject", "s3:GetObject*", "s3:*Object", "S3:getobjecttagging", "s3:List*", "*"];
const RESOURCES: [&str; 14] = [
    "*",
    "arn:aws:s3:::a*",
    "arn:aws:s3:::*/b",
    "arn:aws:s3:::aaa/*",
    "arn:aws:s3:::aa?/b*",
    "arn:aws:s3:::aab/b",
    "arn:aws:s3:::*b/*",
    "arn:aws:s3:::aaa",
    "arn:aws:s3:*:*:aaa/b",
    "arn:aws:s3:::aaa/*:*",
    "arn:aws:s3:::${aws:username}*",
    "arn:aws:s3:::aaa/${aws:username}",
    "arn:aws:s3:::aaa/${aws:PrincipalTag/team}*",
    "arn:aws:s3:::aaa/a${*}*",
];
const CONDITIONS: [(&str, &str, &[&str]); 31] = [
    ("ForAnyValue:StringEqualsIfExists", "aws:CalledVia", &["p.amazonaws.com", "q.amazonaws.com"]),
    ("StringEquals", "aws:CalledVia", &["p.amazonaws.com", "q.amazonaws.com"]),
    ("StringNotEquals", "aws:CalledVia", &["p.amazonaws.com"]),
    ("ForAllValues:StringLike", "aws:PrincipalTag/team", &["x*", "*y"]),
    ("StringEquals", "aws:PrincipalTag/team", &["x", "y"]),
    ("StringNotEquals", "aws:PrincipalTag/team", &["x", "y"]),
    ("StringLike", "aws:PrincipalTag/team", &["x*", "*y", "?"]),
    ("StringLikeIfExists", "aws:PrincipalTag/team", &["x*", "*y"]),
    ("StringEqualsIgnoreCase", "aws:PrincipalTag/team", &["X", "Y"]),
    ("Null", "aws:PrincipalTag/team", &["true", "false"]),
    ("NumericLessThan", "s3:max-keys", &["5", "10"]),
    ("NumericGreaterThanEquals", "s3:max-keys", &["5", "10"]),
    ("NumericNotEquals", "s3:max-keys", &["5"]),
    ("Bool", "aws:SecureTransport", &["true", "false"]),
    ("IpAddress", "aws:SourceIp", &["10.0.0.0/8", "10.1.0.0/16"]),
    ("NotIpAddress", "aws:SourceIp", &["10.1.0.0/16"]),
    ("DateLessThan", "aws:CurrentTime", &["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"]),
    ("ForAllValues:StringEquals", "aws:CalledVia", &["p.amazonaws.com", "q.amazonaws.com"]),
    ("ForAnyValue:StringLike", "aws:CalledVia", &["p*", "q*"]),
    ("ForAnyValue:StringNotEquals", "aws:CalledVia", &["p.amazonaws.com"]),
    (
        "ArnLike",
        "aws:PrincipalArn",
        &["arn:aws:iam::*:role/app-*", "arn:aws:iam::111122223333:*", "arn:aws:iam::*:user/b"],
    ),
    ("ArnNotLike", "aws:PrincipalArn", &["arn:aws:iam::*:role/app-*", "arn:aws:iam::444455556666:role/any"]),
    ("StringEquals", "aws:PrincipalAccount", &["111122223333", "444455556666"]),
    ("StringNotEqualsIfExists", "aws:PrincipalAccount", &["111122223333"]),
    ("StringLike", "aws:username", &["b*", "*", "c"]),
    ("StringNotEquals", "aws:username", &["b"]),
    ("Null", "aws:username", &["true", "false"]),
    ("StringEquals", "aws:PrincipalType", &["User", "AssumedRole"]),
    ("StringEquals", "aws:PrincipalTag/team", &["${aws:username}", ""]),
    ("StringLike", "aws:PrincipalTag/owner", &["${aws:PrincipalTag/team}", "${aws:username}*"]),
    ("StringNotEquals", "aws:PrincipalTag/owner", &["${aws:PrincipalTag/team}"]),
];

const PRINCIPALS: [&str; 8] = [
    "\"*\"",
    "{\"AWS\":\"*\"}",
    "{\"AWS\":\"111122223333\"}",
    "{\"AWS\":\"arn:aws:iam::444455556666:root\"}",
    "{\"AWS\":[\"arn:aws:iam::111122223333:role/app-1\",\"arn:aws:iam::111122223333:user/b\"]}",
    "{\"AWS\":\"arn:aws:sts::111122223333:assumed-role/app-1/s\"}",
    "{\"Service\":\"p.amazonaws.com\"}",
    "{\"AWS\":\"444455556666\",\"Service\":\"q.amazonaws.com\"}",
];

/// A statement with conditions among these.
fn statement(dice: &mut Dice, side: Side, conditions_of: &[usize]) -> String {
    let effect = match (side, dice.roll(3)) {
        (Side::ResourceControl, _) | (_, 0) => "Deny",
        _ => "Allow",
    };
    let principal = match side {
        Side::Resource => format!(",\"Principal\":{}", one(dice, &PRINCIPALS)),
        Side::ResourceControl => ",\"Principal\":\"*\"".to_owned(),
        Side::Identity | Side::ServiceControl | Side::Trust => String::new(),
    };
    let action = if dice.roll(6) == 0 { "NotAction" } else { "Action" };
    let resource = if dice.roll(4) == 0 { "NotResource" } else { "Resource" };
    let (actions, resources) = (some(dice, &ACTIONS), some(dice, &RESOURCES));
    let mut conditions: Vec<String> = Vec::new();
    for _ in 0..dice.roll(3) {
        let (operator, key, values) = CONDITIONS[conditions_of[dice.roll(conditions_of.len())]];
        // An operator stands once.
        if !conditions.iter().any(|each| each.starts_with(&format!("\"{operator}\""))) {
            conditions.push(format!("\"{operator}\":{{\"{key}\":{}}}", some(dice, values)));
        }
    }
    let conditions = match conditions.is_empty() {
        true => String::new(),
        false => format!(",\"Condition\":{{{}}}", conditions.join(",")),
    };
    format!(
        "{{\"Effect\":\"{effect}\"{principal},\"{action}\":{actions},\"{resource}\":{resources}{conditions}}}"
    )
}

fn policy(text: &str, side: Side) -> Arc<Policy> {
    let policy_type = match side {
        Side::Resource => PolicyType::Resource,
        Side::ResourceControl => PolicyType::ResourceControl,
        Side::Trust => PolicyType::Trust,
        Side::Identity | Side::ServiceControl => PolicyType::Identity,
    };
    let read = read(text.as_bytes(), policy_type);
    Arc::new(read.policy.unwrap_or_else(|| panic!("no policy: {text} {:?}", read.problems)))
}

fn text(statements: &[String]) -> String {
    format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}", statements.join(","))
}

const THINGS: [(&str, &[&str]); 5] = [
    (
        "s3:GetObject",
        &[
            "aaa/b", "aaa/c", "aab/b", "aab/bb", "baa/b", "aba/b", "aab/b/c", "ccc/d", "aaa/x:y", "aaa/a*",
            "aaa/x",
        ],
    ),
    ("s3:GetObjectTagging", &["aaa/b", "aab/b", "ccc/d"]),
    ("s3:PutObject", &["aaa/b", "aab/c", "ccc/d"]),
    ("s3:ListBucket", &["aaa", "aab", "baa", "ccc", "bob"]),
    ("s3:ListAllMyBuckets", &["*"]),
];

const SAID: [(&str, &[&[&str]]); 7] = [
    ("aws:PrincipalTag/team", &[&[], &["x"], &["X"], &["xy"], &["z"], &[""], &["b"]]),
    ("aws:PrincipalTag/owner", &[&[], &["x"], &["b"], &["z"]]),
    ("s3:max-keys", &[&[], &["4"], &["5"], &["7"], &["11"]]),
    ("aws:SecureTransport", &[&[], &["true"], &["false"]]),
    ("aws:SourceIp", &[&[], &["10.1.2.3"], &["10.2.0.1"], &["192.0.2.1"]]),
    ("aws:CurrentTime", &[&[], &["2025-06-01T00:00:00Z"], &["2028-06-01T00:00:00Z"]]),
    (
        "aws:CalledVia",
        &[&[], &["p.amazonaws.com"], &["q.amazonaws.com", "p.amazonaws.com"], &["r.amazonaws.com"]],
    ),
];

const PEOPLE: [&str; 7] = [
    "arn:aws:iam::111122223333:role/any",
    "arn:aws:iam::111122223333:role/app-1",
    "arn:aws:iam::444455556666:role/path/app-2",
    "arn:aws:iam::111122223333:user/b",
    "arn:aws:iam::444455556666:user/team/cc",
    "arn:aws:iam::444455556666:role/any",
    "arn:aws:iam::111122223333:user/x",
];

/// A request of the world.
fn request(dice: &mut Dice, side: Side) -> Request {
    let (action, names) = THINGS[dice.roll(THINGS.len())];
    let name = names[dice.roll(names.len())];
    let mut context = Context::new();
    for (key, values) in SAID {
        // Most keys are absent from most requests.
        let values = values[dice.roll(values.len())];
        if !values.is_empty() && dice.roll(2) == 0 && (key != "s3:max-keys" || action == "s3:ListBucket") {
            context.replace(key, values.iter().map(|value| (*value).to_owned()).collect());
        }
    }
    let has_others = matches!(side, Side::Resource | Side::ResourceControl | Side::Trust);
    let principal = match dice.roll(if has_others { 12 } else { 7 }) {
        7 => Principal::Anonymous,
        8 => Principal::Service { name: "p.amazonaws.com".to_owned() },
        9 => Principal::Service { name: "r.amazonaws.com".to_owned() },
        10 => Principal::parse("arn:aws:iam::444455556666:root").expect("a root user"),
        11 => Principal::parse("arn:aws:sts::111122223333:assumed-role/app-1/s").expect("a session"),
        number => Principal::parse(PEOPLE[number]).expect("a principal"),
    };
    Request::new(RequestParts {
        resource_account: AccountId::new("999999999999").ok().filter(|_| has_others),
        principal,
        action: Action::parse(action).expect("an action"),
        resource: if name == "*" { "*".to_owned() } else { format!("arn:aws:s3:::{name}") },
        context,
        completeness: Completeness::Complete,
    })
}

/// A policy of some statements.
fn some_statements(dice: &mut Dice, side: Side, few: &[usize]) -> Arc<Policy> {
    let statements: Vec<String> = (0..1 + dice.roll(3)).map(|_| statement(dice, side, few)).collect();
    policy(&text(&statements), side)
}

/// Layers as one account has them: now and then with a boundary, levels of control policies, a policy of the thing.
fn layers(dice: &mut Dice, few: &[usize]) -> Layers {
    let mut layers = Layers::default();
    for _ in 0..dice.roll(3) {
        layers.identity.push(some_statements(dice, Side::Identity, few));
    }
    if dice.roll(3) == 0 {
        layers.boundary.push(some_statements(dice, Side::Identity, few));
    }
    if dice.roll(4) == 0 {
        layers.session.push(some_statements(dice, Side::Identity, few));
    }
    for level in 0..dice.roll(3) {
        let mut policies = vec![some_statements(dice, Side::ServiceControl, few)];
        if dice.roll(2) == 0 {
            policies.push(everything());
        }
        layers.scp.push(Level { target: format!("level {level}"), policies });
    }
    if dice.roll(3) == 0 {
        layers.rcp.push(Level {
            target: "root".to_owned(),
            policies: vec![some_statements(dice, Side::ResourceControl, few)],
        });
    }
    if dice.roll(2) == 0 {
        layers.resource = ResourceSide::Resource(some_statements(dice, Side::Resource, few));
    }
    layers.management_account = dice.roll(8) == 0;
    layers
}

#[test]
fn what_layers_never_allow_they_allow_to_nobody() {
    let cases: usize = std::env::var("POSTERN_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let kinds = Kinds::default();
    let all = policy(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
        Side::Identity,
    );
    let (mut never, mut some, mut unknown) = (0, 0, 0);
    for seed in 0..cases as u64 {
        let mut dice = Dice(seed.wrapping_mul(0xD1B5_4A32_D192_ED03) | 1);
        let few: Vec<usize> = (0..3).map(|_| dice.roll(CONDITIONS.len())).collect();
        let layers = layers(&mut dice, &few);
        // What is asked about is small, so that it may well be that nobody may.
        let document = match dice.roll(3) {
            0 => all.clone(),
            _ => some_statements(&mut dice, Side::Identity, &few),
        };
        let meant = Meant::new(document);
        let who = match dice.roll(4) {
            0 => Who::This(Principal::parse(PEOPLE[dice.roll(2)]).expect("a role")),
            1 => Who::This(Principal::parse(PEOPLE[3]).expect("a user")),
            2 => Who::Any {
                shape: Shape::User,
                account: AccountId::new("111122223333").ok(),
                partition: "aws".into(),
            },
            _ => Who::Any {
                shape: Shape::Role,
                account: AccountId::new("111122223333").ok(),
                partition: "aws".into(),
            },
        };
        let given = Context::new();
        let question = Question {
            meant: &meant,
            layers: &layers,
            who: who.clone(),
            given: &given,
            resource: None,
            whose: Whose::Any,
            resource_account: AccountId::new("111122223333").ok(),
        };
        let is_allowed = |request: &Request| {
            authorize(request, &layers).outcome == Outcome::Decided(Decision::Allow)
                && meant.includes(request) == Some(true)
        };
        match question.find(&kinds) {
            Verdict::Never => {
                never += 1;
                for _ in 0..REQUESTS {
                    let each = request(&mut dice, Side::Identity);
                    let is_asked = match &who {
                        Who::This(principal) => each.principal() == principal,
                        Who::Any { shape, .. } => {
                            each.principal().account().is_some_and(|id| id.as_str() == "111122223333")
                                && (*shape == Shape::User)
                                    == matches!(each.principal(), Principal::User { .. })
                        }
                    };
                    assert!(!is_asked || !is_allowed(&each), "seed {seed} {who:?}\n{layers:#?}\n{each:?}");
                }
            }
            Verdict::Request(request) => {
                some += 1;
                assert!(is_allowed(&request), "seed {seed}");
            }
            Verdict::Unknown(_) => unknown += 1,
        }
    }
    println!("{never} never, {some} some, {unknown} unknown");
    assert!(
        never * 5 > cases && some * 5 > cases && unknown * 20 < cases,
        "{never} never, {some} some, {unknown} unknown"
    );
}

/// Requests that are asked about for each pair.
const REQUESTS: usize = 1_000;

/// Whether one policy allows a request that another does not, under some reading of one unsettled point.
fn may_differ([first, second]: [&Arc<Policy>; 2], request: &Request, side: Side) -> bool {
    let outcomes = [allows(first, request, side), allows(second, request, side)];
    if let [Outcome::Decided(one), Outcome::Decided(other)] = outcomes {
        return one == Decision::Allow && other != Decision::Allow;
    }
    let layers = [first, second].map(|policy| side.layers(policy, request.action().service()));
    let readings = Assumption::ALL.into_iter().flat_map(|assumption| {
        (0..assumption.readings().len() as u8).map(move |number| Readings::default().with(assumption, number))
    });
    readings.into_iter().any(|readings| {
        let [one, other] = [&layers[0], &layers[1]].map(|layers| decide_under(request, layers, readings));
        one == Some(Decision::Allow) && other.is_some_and(|other| other != Decision::Allow)
    })
}

#[test]
fn what_is_said_to_differ_does_and_what_is_said_not_to_does_not() {
    let cases: usize =
        std::env::var("POSTERN_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000);
    let (mut empty, mut differ, mut unknown) = (0, 0, 0);
    let mut why_unknown: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..cases as u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let sides =
            [Side::Identity, Side::Identity, Side::ServiceControl, Side::Resource, Side::ResourceControl];
        let side = sides[dice.roll(sides.len())];
        // A few that meet again, rather than all of them once.
        let few: Vec<usize> = (0..3).map(|_| dice.roll(CONDITIONS.len())).collect();
        let statements: Vec<String> =
            (0..1 + dice.roll(4)).map(|_| statement(&mut dice, side, &few)).collect();
        let mut other = statements.clone();
        match dice.roll(4) {
            0 => other = (0..1 + dice.roll(3)).map(|_| statement(&mut dice, side, &few)).collect(),
            1 => other.push(statement(&mut dice, side, &few)),
            2 => other.rotate_left(1),
            _ => {
                let at = dice.roll(other.len());
                other[at] = statement(&mut dice, side, &few);
            }
        }
        let (one, two) = (text(&statements), text(&other));
        let (first, second) = (policy(&one, side), policy(&two, side));
        let is_allowed = |policy: &Arc<Policy>, request: &Request| {
            allows(policy, request, side) == Outcome::Decided(Decision::Allow)
        };
        let is_denied = |policy: &Arc<Policy>, request: &Request| matches!(allows(policy, request, side), Outcome::Decided(decision) if decision != Decision::Allow);
        match difference(&first, &second, side) {
            Difference::Empty => {
                empty += 1;
                for _ in 0..REQUESTS {
                    let each = request(&mut dice, side);
                    assert!(
                        !may_differ([&first, &second], &each, side),
                        "seed {seed} {side:?}\n{one}\n{two}\n{each:?}"
                    );
                }
            }
            Difference::Request(request) => {
                differ += 1;
                assert!(is_allowed(&first, &request) && is_denied(&second, &request), "seed {seed}");
            }
            Difference::Unknown(why) => {
                unknown += 1;
                why.into_iter().for_each(|why| *why_unknown.entry(why).or_default() += 1);
            }
        }
    }
    println!("{empty} empty, {differ} differ, {unknown} unknown: {why_unknown:#?}");
    assert!(
        empty * 5 > cases && differ * 5 > cases && unknown * 20 < cases,
        "{empty} empty, {differ} differ, {unknown} unknown: {why_unknown:#?}"
    );
}

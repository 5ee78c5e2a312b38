//! Random policies over a small closed world, beside every request that there is in it.
//!
//! The world has a few actions, things, and values of keys; the policies are drawn from patterns over it, so that many
//! pairs differ in one corner only. `POSTERN_CASES` sets how many pairs are drawn; the long run has 100,000.

use std::sync::Arc;

use iam::action::Action;
use iam::answer::{Decision, Outcome};
use iam::arn::AccountId;
use iam::context::Context;
use iam::policy::{Policy, PolicyType, read};
use iam::principal::Principal;
use iam::request::{Completeness, Request, RequestParts};
use prover::difference::{Difference, Side, allows, difference};

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides
    }

    fn one(&mut self, of: &[&'static str]) -> &'static str {
        of[self.roll(of.len())]
    }

    fn some(&mut self, of: &[&'static str]) -> String {
        let count = 1 + self.roll(2);
        let texts: Vec<String> = (0..count).map(|_| format!("\"{}\"", self.one(of))).collect();
        format!("[{}]", texts.join(","))
    }
}

const ACTIONS: [&str; 6] =
    ["s3:GetObject", "s3:GetObject*", "s3:*Object", "S3:getobjecttagging", "s3:List*", "*"];
const RESOURCES: [&str; 9] = [
    "*",
    "arn:aws:s3:::a*",
    "arn:aws:s3:::*/b",
    "arn:aws:s3:::aaa/*",
    "arn:aws:s3:::aa?/b*",
    "arn:aws:s3:::aab/b",
    "arn:aws:s3:::*b/*",
    "arn:aws:s3:::aaa",
    "arn:aws:s3:*:*:aaa/b",
];
const CONDITIONS: [(&str, &str, &[&str]); 16] = [
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
];

/// A statement with conditions among these.
fn statement(dice: &mut Dice, conditions_of: &[usize]) -> String {
    let effect = if dice.roll(3) == 0 { "Deny" } else { "Allow" };
    let action = if dice.roll(6) == 0 { "NotAction" } else { "Action" };
    let resource = if dice.roll(4) == 0 { "NotResource" } else { "Resource" };
    let (actions, resources) = (dice.some(&ACTIONS), dice.some(&RESOURCES));
    let mut conditions: Vec<String> = Vec::new();
    for _ in 0..dice.roll(3) {
        let (operator, key, values) = CONDITIONS[conditions_of[dice.roll(conditions_of.len())]];
        // An operator stands once.
        if !conditions.iter().any(|each| each.starts_with(&format!("\"{operator}\""))) {
            conditions.push(format!("\"{operator}\":{{\"{key}\":{}}}", dice.some(values)));
        }
    }
    let conditions = match conditions.is_empty() {
        true => String::new(),
        false => format!(",\"Condition\":{{{}}}", conditions.join(",")),
    };
    format!("{{\"Effect\":\"{effect}\",\"{action}\":{actions},\"{resource}\":{resources}{conditions}}}")
}

fn policy(text: &str) -> Arc<Policy> {
    let read = read(text.as_bytes(), PolicyType::Identity);
    Arc::new(read.policy.expect("it is a policy"))
}

fn text(statements: &[String]) -> String {
    format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}", statements.join(","))
}

/// Every request of the world.
fn requests() -> Vec<Request> {
    let things = [
        ("s3:GetObject", &["aaa/b", "aaa/c", "aab/b", "aab/bb", "baa/b", "aba/b", "aab/b/c", "ccc/d"][..]),
        ("s3:GetObjectTagging", &["aaa/b", "aab/b", "ccc/d"][..]),
        ("s3:PutObject", &["aaa/b", "aab/c", "ccc/d"][..]),
        ("s3:ListBucket", &["aaa", "aab", "baa", "ccc"][..]),
        ("s3:ListAllMyBuckets", &["*"][..]),
    ];
    let said: [(&str, &[&[&str]]); 6] = [
        ("aws:PrincipalTag/team", &[&[], &["x"], &["X"], &["xy"], &["z"]]),
        ("s3:max-keys", &[&[], &["4"], &["5"], &["7"], &["11"]]),
        ("aws:SecureTransport", &[&[], &["true"], &["false"]]),
        ("aws:SourceIp", &[&[], &["10.1.2.3"], &["10.2.0.1"], &["192.0.2.1"]]),
        ("aws:CurrentTime", &[&[], &["2025-06-01T00:00:00Z"], &["2028-06-01T00:00:00Z"]]),
        (
            "aws:CalledVia",
            &[&[], &["p.amazonaws.com"], &["q.amazonaws.com", "p.amazonaws.com"], &["r.amazonaws.com"]],
        ),
    ];
    let mut contexts = vec![Context::new()];
    for (key, values) in said {
        contexts = contexts
            .iter()
            .flat_map(|known| {
                values.iter().map(move |values| {
                    let mut more = known.clone();
                    if !values.is_empty() {
                        more.replace(key, values.iter().map(|value| (*value).to_owned()).collect());
                    }
                    more
                })
            })
            .collect();
    }
    let mut all = Vec::new();
    for (action, names) in things {
        for name in names {
            let resource = if *name == "*" { "*".to_owned() } else { format!("arn:aws:s3:::{name}") };
            for (number, context) in contexts.iter().enumerate() {
                // Every value meets every other, a part of the combinations at each thing.
                if number % 23 != name.len() % 23
                    || action != "s3:ListBucket"
                        && context.get(&iam::context::Key::new("s3:max-keys")).is_some()
                {
                    continue;
                }
                all.push(Request::new(RequestParts {
                    principal: Principal::parse("arn:aws:iam::111122223333:role/any").expect("a role"),
                    action: Action::parse(action).expect("an action"),
                    resource: resource.clone(),
                    resource_account: AccountId::new("111122223333").ok(),
                    context: context.clone(),
                    completeness: Completeness::Complete,
                }));
            }
        }
    }
    all
}

#[test]
fn what_is_said_to_differ_does_and_what_is_said_not_to_does_not() {
    let cases: usize =
        std::env::var("POSTERN_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000);
    let requests = requests();
    let (mut empty, mut differ, mut unknown) = (0, 0, 0);
    for seed in 0..cases as u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        // A few that meet again, rather than all of them once.
        let few: Vec<usize> = (0..3).map(|_| dice.roll(CONDITIONS.len())).collect();
        let statements: Vec<String> = (0..1 + dice.roll(4)).map(|_| statement(&mut dice, &few)).collect();
        let mut other = statements.clone();
        match dice.roll(4) {
            0 => other = (0..1 + dice.roll(3)).map(|_| statement(&mut dice, &few)).collect(),
            1 => other.push(statement(&mut dice, &few)),
            2 => other.rotate_left(1),
            _ => {
                let at = dice.roll(other.len());
                other[at] = statement(&mut dice, &few);
            }
        }
        let (one, two) = (text(&statements), text(&other));
        let (first, second) = (policy(&one), policy(&two));
        let is_allowed = |policy: &Arc<Policy>, request: &Request| {
            allows(policy, request, Side::Identity) == Outcome::Decided(Decision::Allow)
        };
        match difference(&first, &second, Side::Identity) {
            Difference::Empty => {
                empty += 1;
                let missed =
                    requests.iter().find(|each| is_allowed(&first, each) && !is_allowed(&second, each));
                assert!(missed.is_none(), "seed {seed}\n{one}\n{two}\n{missed:#?}");
            }
            Difference::Request(request) => {
                differ += 1;
                assert!(is_allowed(&first, &request) && !is_allowed(&second, &request), "seed {seed}");
            }
            Difference::Unknown(why) => {
                unknown += 1;
                assert!(unknown * 50 <= cases, "seed {seed}: {why:?}\n{one}\n{two}");
            }
        }
    }
    assert!(empty * 5 > cases && differ * 5 > cases, "{empty} empty, {differ} differ, {unknown} unknown");
}

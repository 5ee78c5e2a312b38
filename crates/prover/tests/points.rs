//! Single requests, beside the formulas that are made of what applies to them.
//!
//! Random layers over services whose ARNs have all there is, with every operator of conditions in every form. The formula
//! of each case is worked out at requests near the patterns of its policies, and has to say what the evaluator says,
//! wherever both say something. The gate at the end counts what the requests have met. `POSTERN_CASES` sets how many
//! requests are compared; the long run has 10,000,000.

#[path = "common/dice.rs"]
mod dice;

use std::collections::BTreeMap;
use std::sync::Arc;

use dice::Dice;
use iam::action::Action;
use iam::answer::{Decision, Outcome};
use iam::arn::AccountId;
use iam::authorize::authorize;
use iam::context::{Context, Key, Values};
use iam::layers::{Layers, Level, ResourceSide};
use iam::policy::{Policy, PolicyType, read};
use iam::principal::Principal;
use iam::request::{Completeness, Request, RequestParts};
use prover::domain::{Domain, Kinds};
use prover::formula::Formula;
use prover::language::Pattern;
use prover::question::everything;
use prover::resource::Reading;
use prover::space::{Space, SpaceParts};
use prover::who::{Shape, Who};

const OWN: &str = "111122223333";

/// Actions, the type they are on, and ARNs near which they are asked about.
const CASES: [(&str, Option<&str>, &[&str]); 9] = [
    (
        "s3:GetObject",
        Some("object"),
        &["arn:aws:s3:::weights/prod/a.bin", "arn:aws:s3:::weights-2/x", "arn:aws:s3:::other/a:b"],
    ),
    (
        "s3:ListBucket",
        Some("bucket"),
        &["arn:aws:s3:::weights", "arn:aws:s3:::weights-2", "arn:aws:s3:::other"],
    ),
    ("s3:ListAllMyBuckets", None, &["*"]),
    (
        "bedrock:InvokeModel",
        Some("foundation-model"),
        &[
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-20250514-v1:0",
            "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-pro-v1:0",
            "arn:aws:bedrock:::foundation-model/anthropic.claude-opus-4-20250514-v1:0",
        ],
    ),
    (
        "bedrock:InvokeModel",
        Some("inference-profile"),
        &[
            "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0",
            "arn:aws:bedrock:eu-central-1:444455556666:inference-profile/eu.amazon.nova-pro-v1:0",
        ],
    ),
    (
        "kms:Decrypt",
        Some("key"),
        &[
            "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:eu-central-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        ],
    ),
    (
        "sagemaker:InvokeEndpoint",
        Some("endpoint"),
        &[
            "arn:aws:sagemaker:us-east-1:111122223333:endpoint/risk-a",
            "arn:aws:sagemaker:us-west-2:444455556666:endpoint/b",
        ],
    ),
    (
        "iam:PassRole",
        Some("role"),
        &["arn:aws:iam::111122223333:role/app-1", "arn:aws:iam::111122223333:role/path/app-2"],
    ),
    ("bedrock:ListFoundationModels", None, &["*"]),
];

const ACTIONS: [&str; 14] = [
    "*",
    "s3:*",
    "S3:GETOBJECT",
    "s3:Get*",
    "s3:List*",
    "bedrock:*",
    "bedrock:invokemodel",
    "Bedrock:Invoke*",
    "*:*Model*",
    "kms:De?rypt",
    "sagemaker:Invoke*",
    "iam:PassRole",
    "iam:Pass*",
    "lambda:*",
];

const RESOURCES: [&str; 25] = [
    "*",
    "arn:aws:s3",
    "arn:aws:*",
    "arn:aws:kms:us-east-1",
    "arn:aws:s3:::weights*",
    "arn:aws:s3:::weights/*",
    "arn:aws:s3:::weights/*.bin",
    "arn:aws:s3:::${aws:PrincipalTag/team}/*",
    "arn:*:s3:*:*:other*",
    "arn:aws:bedrock:*::foundation-model/anthropic.*",
    "arn:aws:bedrock:*::foundation-model/*claude*",
    "arn:aws:bedrock:us-*::foundation-model/*",
    "arn:aws:bedrock:::foundation-model/*",
    "arn:aws:bedrock:*:*:inference-profile/*",
    "arn:aws:bedrock:*:111122223333:*",
    "arn:aws:bedrock:*",
    "arn:aws:bedrock:*/anthropic*",
    "arn:aws:kms:*:111122223333:key/*",
    "arn:aws:kms:*:*:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "arn:aws:sagemaker:*:*:endpoint/risk-*",
    "arn:aws:sagemaker:us-??st-?:*:endpoint/*",
    "arn:aws:iam::*:role/app-*",
    "arn:aws:iam::111122223333:role/*",
    "arn:aws:*:*:*:*",
    "*:444455556666:*",
];

/// Operators without what may stand around them, and whether they compare what may have several values.
const OPERATORS: [&str; 26] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnNotEquals",
    "ArnLike",
    "ArnNotLike",
];

const TEXTS: [(&str, &[&str]); 11] = [
    (
        "aws:PrincipalTag/team",
        &["x", "X", "x*", "*y", "", "weights", "${aws:username}", "${aws:PrincipalTag/owner}"],
    ),
    ("aws:PrincipalTag/owner", &["x", "${aws:PrincipalTag/team}", "*"]),
    ("aws:TagKeys", &["team", "owner", "t*"]),
    ("aws:CalledVia", &["p.amazonaws.com", "q*"]),
    ("aws:username", &["b", "*", "app*"]),
    ("aws:PrincipalAccount", &["111122223333", "4444*"]),
    ("aws:RequestedRegion", &["us-east-1", "us-*", "unspecified", "eu-central-1"]),
    ("aws:ResourceAccount", &["111122223333", "*6666"]),
    ("aws:PrincipalType", &["User", "AssumedRole", "Account"]),
    ("aws:PrincipalArn", &["arn:aws:iam::111122223333:role/app-1", "arn:aws:iam::*:role/app*", "*user*"]),
    ("kms:CallerAccount", &["111122223333", "444455556666"]),
];

const ARNS: [(&str, &[&str]); 2] = [
    (
        "aws:PrincipalArn",
        &[
            "arn:aws:iam::*:role/app-*",
            "arn:aws:iam::111122223333:*",
            "arn:aws:iam::*:user/b",
            "arn:aws:iam::444455556666:role/path/*",
            "arn:*:iam::*:root",
        ],
    ),
    ("aws:SourceArn", &["arn:aws:s3:::weights*", "arn:aws:lambda:*:111122223333:function:*"]),
];

const PRINCIPALS: [&str; 6] = [
    "\"*\"",
    "{\"AWS\":\"*\"}",
    "{\"AWS\":\"111122223333\"}",
    "{\"AWS\":[\"arn:aws:iam::111122223333:role/app-1\",\"arn:aws:iam::444455556666:user/b\"]}",
    "{\"AWS\":\"444455556666\",\"Service\":\"q.amazonaws.com\"}",
    "{\"AWS\":\"arn:aws:iam::111122223333:root\"}",
];

/// What requests say of the keys.
const SAID: [(&str, &[&[&str]]); 10] = [
    ("aws:PrincipalTag/team", &[&["x"], &["X"], &["xy"], &["weights"], &[""], &["x", "y"]]),
    ("aws:PrincipalTag/owner", &[&["x"], &["b"], &["weights"]]),
    ("aws:TagKeys", &[&["team"], &["team", "owner"], &["cost"], &[""]]),
    ("aws:CalledVia", &[&["p.amazonaws.com"], &["q.amazonaws.com", "r.amazonaws.com"]]),
    ("aws:SecureTransport", &[&["true"], &["false"]]),
    ("aws:MultiFactorAuthAge", &[&["10"], &["300"], &["299.5"], &["none"]]),
    ("aws:SourceIp", &[&["10.1.2.3"], &["10.2.0.1"], &["192.0.2.1"], &["2001:db8::1"]]),
    ("aws:CurrentTime", &[&["2025-06-01T00:00:00Z"], &["2026-01-01T00:00:00Z"], &["2028-06-01T00:00:00Z"]]),
    ("aws:SourceArn", &[&["arn:aws:s3:::weights"], &["arn:aws:lambda:us-east-1:111122223333:function:f"]]),
    ("aws:ResourceTag/blob", &[&["QQ=="], &["Qg=="], &["no"]]),
];

fn one<'a, T: ?Sized>(dice: &mut Dice, of: &[&'a T]) -> &'a T {
    of[dice.roll(of.len())]
}

fn list(dice: &mut Dice, of: &[&str]) -> String {
    let texts: Vec<String> = (0..1 + dice.roll(2)).map(|_| format!("\"{}\"", one(dice, of))).collect();
    format!("[{}]", texts.join(","))
}

/// A condition as policies spell it: its operator, and the rest.
fn condition(dice: &mut Dice) -> (String, String) {
    if dice.roll(12) == 0 {
        let (key, _) = TEXTS[dice.roll(TEXTS.len())];
        return ("Null".to_owned(), format!("{{\"{key}\":{}}}", list(dice, &["true", "false"])));
    }
    let base = OPERATORS[dice.roll(OPERATORS.len())];
    let (key, values): (&str, &[&str]) = match base {
        _ if base.starts_with("String") => TEXTS[dice.roll(TEXTS.len())],
        _ if base.starts_with("Numeric") => ("aws:MultiFactorAuthAge", &["10", "300", "1e1"]),
        _ if base.starts_with("Date") => ("aws:CurrentTime", &["2026-01-01T00:00:00Z", "2027-01-01"]),
        "Bool" => ("aws:SecureTransport", &["true", "false"]),
        "BinaryEquals" => ("aws:ResourceTag/blob", &["QQ==", "Qg=="]),
        _ if base.contains("Ip") => ("aws:SourceIp", &["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32"]),
        _ => ARNS[dice.roll(ARNS.len())],
    };
    let quantifier = match dice.roll(5) {
        0 => "ForAllValues:",
        1 => "ForAnyValue:",
        _ => "",
    };
    let if_exists = if dice.roll(4) == 0 { "IfExists" } else { "" };
    (format!("{quantifier}{base}{if_exists}"), format!("{{\"{key}\":{}}}", list(dice, values)))
}

fn statement(dice: &mut Dice, policy_type: PolicyType) -> String {
    let effect = match dice.roll(5) {
        _ if policy_type == PolicyType::ResourceControl => "Deny",
        0 | 1 => "Deny",
        _ => "Allow",
    };
    let principal = match policy_type {
        PolicyType::Resource => {
            let name = if effect == "Deny" && dice.roll(5) == 0 { "NotPrincipal" } else { "Principal" };
            format!(",\"{name}\":{}", PRINCIPALS[dice.roll(PRINCIPALS.len())])
        }
        PolicyType::ResourceControl => ",\"Principal\":\"*\"".to_owned(),
        _ => String::new(),
    };
    let action = if dice.roll(7) == 0 { "NotAction" } else { "Action" };
    let resource = if dice.roll(5) == 0 { "NotResource" } else { "Resource" };
    let (actions, resources) = (list(dice, &ACTIONS), list(dice, &RESOURCES));
    let mut conditions: BTreeMap<String, String> = BTreeMap::new();
    for _ in 0..dice.roll(4) {
        conditions.extend([condition(dice)]);
    }
    let conditions: Vec<String> =
        conditions.iter().map(|(name, rest)| format!("\"{name}\":{rest}")).collect();
    let conditions = match conditions.is_empty() {
        true => String::new(),
        false => format!(",\"Condition\":{{{}}}", conditions.join(",")),
    };
    format!(
        "{{\"Effect\":\"{effect}\"{principal},\"{action}\":{actions},\"{resource}\":{resources}{conditions}}}"
    )
}

fn policy(dice: &mut Dice, policy_type: PolicyType, texts: &mut Vec<String>) -> Arc<Policy> {
    let statements: Vec<String> = (0..1 + dice.roll(3)).map(|_| statement(dice, policy_type)).collect();
    let text = format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}", statements.join(","));
    let read = read(text.as_bytes(), policy_type);
    let policy = read.policy.unwrap_or_else(|| panic!("no policy: {text} {:?}", read.problems));
    texts.push(format!("{policy_type:?}: {text}"));
    Arc::new(policy)
}

/// Layers, and what they were read from.
fn layers(dice: &mut Dice) -> (Layers, Vec<String>) {
    let texts = &mut Vec::new();
    let mut layers = Layers::default();
    let control = |dice: &mut Dice, policy_type, texts: &mut Vec<String>| {
        let mut policies = vec![policy(dice, policy_type, texts)];
        if dice.roll(3) > 0 {
            policies.push(everything());
        }
        policies
    };
    for _ in 0..1 + dice.roll(2) {
        let one = if dice.roll(4) == 0 { everything() } else { policy(dice, PolicyType::Identity, texts) };
        layers.identity.push(one);
    }
    if dice.roll(4) == 0 {
        layers.boundary.push(policy(dice, PolicyType::PermissionsBoundary, texts));
    }
    if dice.roll(6) == 0 {
        layers.session.push(policy(dice, PolicyType::Session, texts));
    }
    for level in 0..dice.roll(3) {
        let policies = control(dice, PolicyType::ServiceControl, texts);
        layers.scp.push(Level { target: format!("level {level}"), policies });
    }
    if dice.roll(3) == 0 {
        let policies = vec![policy(dice, PolicyType::ResourceControl, texts)];
        layers.rcp.push(Level { target: "root".to_owned(), policies });
    }
    if dice.roll(2) == 0 {
        layers.resource = ResourceSide::Resource(policy(dice, PolicyType::Resource, texts));
    }
    layers.management_account = dice.roll(10) == 0;
    (layers, std::mem::take(texts))
}

const PEOPLE: [&str; 9] = [
    "arn:aws:iam::111122223333:role/any",
    "arn:aws:iam::111122223333:role/app-1",
    "arn:aws:iam::444455556666:role/path/app-2",
    "arn:aws:iam::444455556666:role/any",
    "arn:aws:iam::111122223333:user/b",
    "arn:aws:iam::111122223333:user/team/app",
    "arn:aws:iam::444455556666:user/b",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::444455556666:root",
];

/// Somebody, anybody of an account, or anybody of others than the one that has the thing.
fn who(dice: &mut Dice, owner: Option<AccountId>) -> Who {
    let principal = |text: &str| Principal::parse(text).expect("a principal");
    if dice.roll(4) == 0 {
        return Who::This(principal(PEOPLE[dice.roll(PEOPLE.len())]));
    }
    let shape = Shape::ALL[dice.roll(3)];
    let own = AccountId::new(OWN).ok();
    let account = if owner.is_some() && dice.roll(2) == 0 { None } else { own };
    Who::Any { shape, account, partition: "aws".into() }
}

/// Somebody of these.
fn somebody(dice: &mut Dice, of: &Who, owner: Option<AccountId>) -> Principal {
    let Who::Any { shape, account, .. } = of else { return of.example() };
    let kind = match shape {
        Shape::Role => ":role/",
        Shape::User => ":user/",
        Shape::Root => ":root",
    };
    let of_account = |text: &str| match (account, owner) {
        (Some(account), _) => text.contains(account.as_str()),
        (None, Some(owner)) => !text.contains(owner.as_str()),
        (None, None) => true,
    };
    let fits = |text: &&&str| text.contains(kind) && of_account(text);
    let all: Vec<&&str> = PEOPLE.iter().filter(fits).collect();
    Principal::parse(all[dice.roll(all.len())]).expect("a principal")
}

/// What a request may be on, near an ARN: itself, with letters taken or put in.
fn near(dice: &mut Dice, arn: &str, domain: &Domain, kinds: &Kinds) -> String {
    let mut letters: Vec<char> = arn.chars().collect();
    for _ in 0..dice.roll(3) {
        let at = dice.roll(letters.len());
        match dice.roll(3) {
            0 => drop(letters.remove(at)),
            1 => letters[at] = ['a', '1', '-', 'A', ':'][dice.roll(5)],
            _ => letters.insert(at, ['a', '1', '-', '/', ':'][dice.roll(5)]),
        }
    }
    let text: String = letters.into_iter().collect();
    if domain.has(&Pattern::exact(&text), &kinds.memo) { text } else { arn.to_owned() }
}

#[derive(Default)]
struct Met {
    requests: usize,
    allowed: usize,
    open: usize,
    /// By operator, and whether the key was there with no, one or several values.
    operators: BTreeMap<(String, usize), usize>,
}

/// One set of layers, one case, and requests of it.
fn compare(dice: &mut Dice, kinds: &Kinds, met: &mut Met) {
    let (layers, texts) = layers(dice);
    let (action_name, kind, arns) = CASES[dice.roll(CASES.len())];
    let action = Action::parse(action_name).expect("an action");
    let service = action.service();
    let near_to = arns[dice.roll(arns.len())];
    let domains = kind.map(|name| kinds.get(service, name).domains("aws", OWN));
    let fits = |domain: &&std::rc::Rc<Domain>| domain.has(&Pattern::exact(near_to), &kinds.memo);
    let on = domains.as_ref().map(|all| all.iter().find(fits).expect("the ARN is one of the type").clone());
    let resource_account = match near_to {
        _ if near_to.contains(OWN) => AccountId::new(OWN).ok(),
        _ if near_to.contains("444455556666") => AccountId::new("444455556666").ok(),
        _ if near_to.starts_with("arn:aws:s3") => AccountId::new([OWN, "444455556666"][dice.roll(2)]).ok(),
        _ => None,
    };
    let who = who(dice, resource_account);
    let reading = Reading::ALL[dice.roll(3)];
    let parts = SpaceParts {
        action: &action,
        on: on.clone(),
        who: who.clone(),
        resource_account,
        given: Context::new(),
        is_tied: true,
        reading,
    };
    let mut space = Space::new(parts, &kinds.memo);
    let formula: Formula = space.allowed(&layers);
    for _ in 0..POINTS {
        let resource =
            on.as_ref().map_or_else(|| "*".to_owned(), |domain| near(dice, near_to, domain, kinds));
        let arn = iam::arn::Arn::parse(&resource).ok();
        // The account is not what is varied.
        if arn.is_some_and(|arn| iam::arn::Arn::parse(near_to).is_ok_and(|own| own.account != arn.account)) {
            continue;
        }
        let principal = somebody(dice, &who, resource_account);
        let mut context = Context::new();
        for (key, values) in SAID {
            if dice.roll(3) > 0
                && reference::action_carries(service, action.name(), &key.to_ascii_lowercase())
            {
                context.replace(
                    key,
                    values[dice.roll(values.len())].iter().map(|value| (*value).to_owned()).collect(),
                );
            }
        }
        if let (Some(domain), Some(arn)) = (&on, arn) {
            if domain.has_region {
                context.derive(
                    "aws:RequestedRegion",
                    if arn.region.is_empty() { "unspecified" } else { arn.region },
                );
            }
            if domain.has_account {
                context.derive("aws:ResourceAccount", arn.account);
            }
        }
        if service == "kms"
            && let Some(account) = principal.account()
        {
            context.derive("kms:CallerAccount", account.as_str());
        }
        let request = Request::new(RequestParts {
            resource_account,
            principal,
            action: action.clone(),
            resource,
            context,
            completeness: Completeness::Complete,
        });
        met.requests += 1;
        let Outcome::Decided(decision) = authorize(&request, &layers).outcome else {
            met.open += 1;
            continue;
        };
        let Some(said) = space.says(formula, &request) else {
            met.open += 1;
            continue;
        };
        let is_allowed = decision == Decision::Allow;
        assert_eq!(
            said,
            is_allowed,
            "{who:?} {reading:?}\n{} {} {} {:?}\n{}",
            request.principal(),
            request.action(),
            request.resource().as_str(),
            request.context(),
            texts.join("\n")
        );
        met.allowed += usize::from(is_allowed);
        let policies = iam::layers::Layer::ALL.into_iter().flat_map(|layer| layers.levels(layer)).flatten();
        for condition in
            policies.flat_map(|policy| policy.statements.iter()).flat_map(|statement| &statement.conditions)
        {
            let there = match request.values(&Key::new(condition.key().as_str())) {
                Values::Present(values) => values.iter().count().min(2),
                Values::Absent | Values::Unknown => 0,
            };
            *met.operators.entry((condition.operator_name().to_owned(), there)).or_default() += 1;
        }
    }
}

/// Requests that are asked about for each set of layers.
const POINTS: usize = 40;

#[test]
fn formulas_say_of_each_request_what_the_evaluator_says() {
    let wanted: usize =
        std::env::var("POSTERN_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(120_000);
    let kinds = Kinds::default();
    let mut met = Met::default();
    let mut seed = 0_u64;
    while met.requests < wanted {
        seed += 1;
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        compare(&mut dice, &kinds, &mut met);
    }
    println!("{} requests, {} allowed, {} open", met.requests, met.allowed, met.open);
    assert!(met.allowed * 20 > met.requests, "{} of {} allowed", met.allowed, met.requests);
    assert!(met.open * 5 < met.requests, "{} of {} open", met.open, met.requests);
    let mut missing = Vec::new();
    for base in OPERATORS {
        for quantifier in ["", "ForAllValues:", "ForAnyValue:"] {
            for if_exists in ["", "IfExists"] {
                let name = format!("{quantifier}{base}{if_exists}");
                let has = |there| met.operators.contains_key(&(name.clone(), there));
                if !has(0) || !has(1) {
                    missing.push(name);
                }
            }
        }
    }
    assert!(missing.is_empty(), "never met with a key and without one: {missing:?}");
}

//! Whoever is taken for alike is answered alike: the maps of doors and models beside asking everybody one by one.
//!
//! On the example organisation, and on made-up ones whose policies are such that accounts and people can be told apart
//! only with care: ids of accounts in whole and in part, of the own account and of others, conditions on who asks and on
//! whose the resource is, exemptions, boundaries, policies whose text nobody has.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use iam::arn::AccountId;
use iam::estate::{
    Account, Attached, Document, Estate, Identity, Known, Missing, Node, NodeKind, Organization,
    OrganizationPolicy, OrganizationPolicyKind, Origin, Region, Role, Tag, Via,
};
use iam::policy::{Policy, PolicyType, read};
use postern::doors::{self, State};
use postern::reach::{Level, Reach, door_asks};
use postern::snapshot;

const MODELS: [&str; 5] = [
    "anthropic.claude-opus-5-5",
    "anthropic.claude-sonnet-5-5",
    "amazon.nova-pro-v1:0",
    "amazon.nova-2-lite-v1:0",
    "cohere.embed-v4:0",
];

/// What the verbs say of an estate is what asking everybody one by one says.
#[track_caller]
fn check(estate: &Estate) {
    let reach = Reach::new(estate);
    let map = doors::map(&reach, 2);
    let doors = door_asks();
    let levels = reach.models(&MODELS, 2);
    for (account, cells) in map.cells.iter().enumerate() {
        let people = &reach.people[reach.of_account(account)];
        for (cell, door) in cells.iter().zip(&doors) {
            let own: Vec<Level> = people.iter().map(|person| reach.own(person, door).level).collect();
            let count = |level: Level| own.iter().filter(|own| **own == level).count();
            let expected = (count(Level::Open), count(Level::Depends), count(Level::Unknown));
            let at = format!("{} in {}", door.door.id, estate.accounts()[account].id);
            assert_eq!((cell.open, cell.depends, cell.unknown), expected, "{at}");
            if own.iter().all(|level| *level == Level::Closed) && cell.missing.is_none() {
                let expected = match people.iter().map(|person| reach.lists(person, door)).max() {
                    Some(Level::Open | Level::Depends) => State::ListOnly,
                    Some(Level::Unknown) => State::Unknown,
                    Some(Level::Closed) | None => State::Closed,
                };
                assert_eq!(cell.state, expected, "{at}");
            }
        }
        for (number, model) in MODELS.iter().enumerate() {
            let forms = reach.forms(account, model);
            for person in people {
                let expected = reach.runs(person, &forms).level;
                assert_eq!(levels.of(person)[number], expected, "{model} by {}", person.identity.arn);
            }
        }
    }
}

#[test]
fn the_example_is_answered_as_one_by_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme");
    check(&snapshot::open(&path).unwrap_or_else(|complaints| panic!("{complaints:?}")));
}

#[test]
fn made_up_organisations_are_answered_as_one_by_one() {
    for seed in 0..3 {
        check(&organisation(seed));
    }
}

/// Otherwise the tests above would say little.
#[test]
fn people_of_different_accounts_are_asked_once() {
    let (mut people, mut classes) = (0, 0);
    for seed in 0..3 {
        let estate = organisation(seed);
        let reach = Reach::new(&estate);
        people += reach.people.len();
        classes += reach.of_classes(1, |_| ()).len();
    }
    assert!(classes * 4 < people * 3, "{classes} classes of {people} people");
}

const ACCOUNTS: usize = 10;
const ROLES: usize = 14;

/// Some begin alike, some are pairs that differ in one digit, and one stands in the reference for another reason.
fn id(account: usize) -> String {
    match account {
        9 => "111111111111".to_owned(),
        other => format!("{}0000{:04}", 1000 + other % 2, 2003 + 10 * other),
    }
}

/// A document in which `OWN` stands for the id of the account, and `OTHER` for that of another.
fn document(text: &str, account: usize, policy_type: PolicyType) -> Document {
    let text = text.replace("OWN", &id(account)).replace("OTHER", &id((account + 2) % ACCOUNTS));
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#);
    let policy: Policy = read(text.as_bytes(), policy_type).policy.unwrap_or_else(|| panic!("{text}"));
    Document { policy: Arc::new(policy), origin: Origin::Aws }
}

const ALLOWS: [&str; 22] = [
    r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
    r#"{"Effect":"Allow","Action":"bedrock:*","Resource":"*"}"#,
    r#"{"Effect":"Allow","Action":["bedrock:Get*","bedrock:List*"],"Resource":"*"}"#,
    r#"{"Effect":"Allow","Action":"bedrock:InvokeModel*","Resource":"arn:aws:bedrock:*::foundation-model/amazon.*"}"#,
    r#"{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":["arn:aws:bedrock:*:OWN:inference-profile/*","arn:aws:bedrock:*::foundation-model/anthropic.*"]}"#,
    r#"{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":["arn:aws:bedrock:*:OTHER:inference-profile/*","arn:aws:bedrock:*::foundation-model/anthropic.*"]}"#,
    r#"{"Effect":"Allow","Action":"bedrock:*","Resource":"arn:aws:bedrock:*:1000*:*"}"#,
    r#"{"Effect":"Allow","Action":"bedrock:*","Resource":"arn:aws:bedrock:*:*3:*"}"#,
    r#"{"Effect":"Allow","Action":"sagemaker:*","Resource":"arn:aws:sagemaker:us-east-1:????????????:endpoint/*"}"#,
    r#"{"Effect":"Allow","Action":"sagemaker:*","Resource":"arn:aws:sagemaker:us-east-1:OWN:endpoint/data-OWN-*"}"#,
    r#"{"Effect":"Allow","Action":"bedrock:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceAccount":"OWN"}}}"#,
    r#"{"Effect":"Allow","Action":"bedrock:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceAccount":"OTHER"}}}"#,
    r#"{"Effect":"Allow","Action":"bedrock:*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalAccount":"1001*"}}}"#,
    r#"{"Effect":"Allow","Action":"bedrock:*","Resource":"*","Condition":{"NumericLessThan":{"aws:PrincipalAccount":"100000002033"}}}"#,
    r#"{"Effect":"Allow","Action":"bedrock:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}}"#,
    r#"{"Effect":"Allow","Action":"bedrock:*","Resource":"arn:aws:bedrock:*:OWN:*/${aws:PrincipalTag/team}"}"#,
    r#"{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":"*","Condition":{"StringEquals":{"bedrock:InferenceProfileArn":"arn:aws:bedrock:us-east-1:OWN:inference-profile/us.anthropic.claude-sonnet-5-5"}}}"#,
    r#"{"Effect":"Allow","Action":"bedrock:*","Resource":"*","Condition":{"ForAnyValue:StringLike":{"aws:ResourceOrgPaths":"o-madeup0001/r-made/ou-made-00000001/*"}}}"#,
    r#"{"Effect":"Allow","Action":["iam:CreateServiceSpecificCredential","sts:AssumeRole","iam:PassRole"],"Resource":"arn:aws:iam::OWN:*"}"#,
    r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::data-OWN/*","Condition":{"StringEquals":{"bedrock:GuardrailIdentifier":"arn:aws:bedrock:us-east-1:OWN:guardrail/g1"}}}"#,
    r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::data-OWN/*"}"#,
    r#"{"Effect":"Deny","Action":"bedrock:*","Resource":"arn:aws:bedrock:*:OWN:*"}"#,
];

const BOUNDARIES: [&str; 3] = [
    r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#,
    r#"{"Effect":"Allow","Action":"bedrock:*","Resource":"arn:aws:bedrock:*:OWN:*"}"#,
    r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#,
];

const SCPS: [&str; 6] = [
    r#"{"Effect":"Deny","Action":"bedrock:*","Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/people/*","arn:aws:iam::*:role/app-1*"]}}}"#,
    r#"{"Effect":"Deny","NotAction":"iam:*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["us-east-1","us-west-2"]}}}"#,
    r#"{"Effect":"Deny","Action":"bedrock:InvokeModel*","NotResource":["arn:aws:bedrock:*::foundation-model/anthropic.*","arn:aws:bedrock:*:????????????:*"]}"#,
    r#"{"Effect":"Deny","Action":"bedrock:InvokeModel","Resource":"*","Condition":{"StringNotLike":{"bedrock:GuardrailIdentifier":"arn:aws:bedrock:us-east-1:*:guardrail/g*"}}}"#,
    r#"{"Effect":"Deny","Action":"sagemaker:*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalAccount":"1000*"}}}"#,
    r#"{"Effect":"Deny","Action":"bedrock:*","Resource":"*","Condition":{"StringNotEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}}}"#,
];

/// Numbers that look random and are not: splitmix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % end as u64) as usize
    }
}

fn attached(text: &str, account: usize) -> Attached {
    let document = Known::Known(document(text, account, PolicyType::Identity));
    Attached { name: "own".into(), arn: None, via: Via::Own, document }
}

fn untold() -> Attached {
    let missing = Missing::never_asked(None, None, "a policy");
    Attached { name: "untold".into(), arn: None, via: Via::Own, document: Known::Unknown(Arc::new(missing)) }
}

fn role(account: usize, number: usize, allows: &[&str], dice: &mut Dice) -> Role {
    let path = ["/", "/people/"][dice.below(2)];
    let count = if dice.below(6) == 0 { 2 } else { 1 };
    let mut policies: Vec<Attached> =
        (0..count).map(|_| attached(allows[dice.below(allows.len())], account)).collect();
    if dice.below(40) == 0 {
        policies.push(untold());
    }
    let boundary = match dice.below(16) {
        0 => Some(attached(BOUNDARIES[dice.below(BOUNDARIES.len())], account)),
        1 if dice.below(4) == 0 => Some(untold()),
        _ => None,
    };
    let tag = Tag { key: "team".into(), value: ["red", "blue"][dice.below(2)].into() };
    let trust =
        r#"{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}"#;
    Role {
        identity: Identity {
            arn: format!("arn:aws:iam::{}:role{path}app-{number:02}", id(account)).into(),
            unique_id: None,
            tags: Known::Known([tag].into()),
            policies: Known::Known(policies.into()),
            boundary: Known::Known(boundary),
            created: None,
        },
        trust: Known::Known(document(trust, account, PolicyType::Trust)),
        session_s_max: None,
        instance_profiles: Vec::new(),
        last_used: None,
    }
}

fn account(account: usize, allows: &[&str], dice: &mut Dice) -> Account {
    let mut one = Account::unread(AccountId::new(&id(account)).unwrap(), "aws".into());
    let mut roles: Vec<Role> = (0..ROLES).map(|number| role(account, number, allows, dice)).collect();
    roles.sort_by(|a, b| a.identity.arn.cmp(&b.identity.arn));
    one.roles = Known::Known(roles);
    one.users = Known::Known(Vec::new());
    let regions: &[&str] = if account % 5 == 4 { &["us-east-1", "eu-central-1"] } else { &["us-east-1"] };
    one.regions = regions.iter().map(|name| ((*name).into(), Region::unread(&one.id, name))).collect();
    one
}

/// Two units below the root; the first account manages, one belongs to no unit.
fn organisation(seed: u64) -> Estate {
    let mut dice = Dice(seed);
    let mut policies = vec![(
        "p-full".to_owned(),
        r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#.to_owned(),
        OrganizationPolicyKind::ServiceControl,
    )];
    for (number, text) in SCPS.iter().enumerate() {
        policies.push((format!("p-{number}"), (*text).to_owned(), OrganizationPolicyKind::ServiceControl));
    }
    policies.push((
        "p-rcp".to_owned(),
        r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceAccount":"100100002013"}}}"#.to_owned(),
        OrganizationPolicyKind::ResourceControl,
    ));
    let node = |id: String, kind: NodeKind, parent: Option<&str>, dice: &mut Dice| {
        let mut own: Vec<Arc<str>> = vec!["p-full".into()];
        // No more than one at a node, and mostly none, so that many stacks are alike; variables at accounts only.
        let is_account = matches!(kind, NodeKind::Account(_));
        let scps = if is_account { SCPS.len() } else { SCPS.len() - 1 };
        if dice.below(if is_account { 6 } else { 2 }) == 0 {
            own.push(format!("p-{}", dice.below(scps)).into());
        }
        let rcps: Vec<Arc<str>> = if dice.below(10) == 0 { vec!["p-rcp".into()] } else { Vec::new() };
        Node {
            arn: format!("arn:aws:organizations::{}:node/o-madeup0001/{id}", self::id(0)).into(),
            id: id.into(),
            name: None,
            kind,
            parent: Known::Known(parent.map(Arc::from)),
            path: Known::Known("".into()),
            state: None,
            attached: BTreeMap::from([
                (OrganizationPolicyKind::ServiceControl, Known::Known(own)),
                (OrganizationPolicyKind::ResourceControl, Known::Known(rcps)),
            ]),
        }
    };
    let units = ["ou-made-00000001", "ou-made-00000002"];
    let mut nodes = vec![node("r-made".to_owned(), NodeKind::Root, None, &mut dice)];
    for unit in units {
        nodes.push(node(unit.to_owned(), NodeKind::Unit, Some("r-made"), &mut dice));
    }
    for account in 0..ACCOUNTS {
        let parent = if account == 0 { "r-made" } else { units[account % 2] };
        let kind = NodeKind::Account(AccountId::new(&id(account)).unwrap());
        nodes.push(node(id(account), kind, Some(parent), &mut dice));
    }
    let policies = policies.into_iter().map(|(id, text, kind)| OrganizationPolicy {
        arn: format!("arn:aws:organizations::{}:policy/{id}", self::id(0)).into(),
        name: id.as_str().into(),
        id: id.into(),
        aws_managed: false,
        text: Known::Known(text.as_str().into()),
        document: Some(Known::Known(document(
            &text,
            0,
            match kind {
                OrganizationPolicyKind::ResourceControl => PolicyType::ResourceControl,
                OrganizationPolicyKind::ServiceControl
                | OrganizationPolicyKind::Bedrock
                | OrganizationPolicyKind::Other(_) => PolicyType::ServiceControl,
            },
        ))),
        kind,
    });
    let organization = Organization::new(
        "o-madeup0001".into(),
        AccountId::new(&id(0)).unwrap(),
        Known::Known(vec![OrganizationPolicyKind::ServiceControl, OrganizationPolicyKind::ResourceControl]),
        nodes,
        policies.collect(),
        Known::Known(None),
    );
    // A third of them each, so that many people have the same.
    let allows: Vec<&str> = ALLOWS.iter().skip(seed as usize % 3).step_by(3).copied().collect();
    let accounts = (0..ACCOUNTS).map(|number| account(number, &allows, &mut dice)).collect();
    Estate::new(vec![organization.unwrap_or_else(|problem| panic!("{problem}"))], accounts, Vec::new())
}

//! Which guardrails calls of models meet in an account, and what is known of things that it does not list.

use serde_json::{Value as Json, json};

use super::*;
use crate::layers::Layer;

const OURS: &str = "444455556666";
const MANAGEMENT: &str = "111122223333";
const REGION: &str = "eu-west-1";
const LISTED: &str = "anthropic.claude-sonnet-4-5-20250929-v1:0";
const OTHER: &str = "amazon.nova-lite-v1:0";

fn id(text: &str) -> AccountId {
    AccountId::new(text).unwrap()
}

fn guardrail(included: Option<&[&str]>, excluded: &[&str]) -> EnforcedGuardrail {
    let ids = |list: &[&str]| list.iter().map(|id| Arc::from(*id)).collect();
    EnforcedGuardrail {
        config_id: None,
        arn: format!("arn:aws:bedrock:{REGION}:{OURS}:guardrail/abcdefgh1234").into(),
        version: Some("1".into()),
        owner: None,
        included_models: included.map(ids),
        excluded_models: ids(excluded),
    }
}

/// An organisation of a management account and ours, with Bedrock policies at the root; the account enforces `own`
/// itself in one Region.
fn estate(policies: &[Json], own: Vec<EnforcedGuardrail>) -> Estate {
    let kind = OrganizationPolicyKind::Bedrock;
    let policy = |(number, text): (usize, &Json)| {
        let id: Arc<str> = format!("p-{number}").into();
        OrganizationPolicy {
            arn: id.clone(),
            name: id.clone(),
            id,
            kind: kind.clone(),
            aws_managed: false,
            text: Known::Known(text.to_string().into()),
            document: None,
        }
    };
    let policies: Vec<OrganizationPolicy> = policies.iter().enumerate().map(policy).collect();
    let node = |id: &str, what: NodeKind, parent: Option<&str>, attached: Vec<Arc<str>>| {
        Node::new(id, what, parent, [(kind.clone(), attached)].into())
    };
    let account = |text: &str| node(text, NodeKind::Account(id(text)), Some("r-root"), Vec::new());
    let at_root = policies.iter().map(|policy| policy.id.clone()).collect();
    let nodes = vec![node("r-root", NodeKind::Root, None, at_root), account(MANAGEMENT), account(OURS)];
    let enabled = Known::Known(vec![kind.clone()]);
    let organization =
        Organization::new("o-own".into(), id(MANAGEMENT), enabled, nodes, policies, Known::Known(None))
            .unwrap();
    let accounts = [MANAGEMENT, OURS].map(|text| {
        let mut account = Account::unread(id(text), "aws".into());
        let mut region = Region::unread(&account.id, REGION);
        region.enforced_guardrails = Known::Known(own.clone());
        account.regions.insert(REGION.into(), region);
        account
    });
    Estate::new(vec![organization], accounts.into(), Vec::new())
}

/// A Bedrock policy with one configuration.
fn bedrock_policy(slot: &str, identifier: &str, lists: Json) -> Json {
    let config = json!({ "identifier": { "@@assign": identifier }, "model_enforcement": lists });
    json!({ "bedrock": { "guardrail_inference": { REGION: { slot: config } } } })
}

const ABOVE: &str = "arn:aws:bedrock:eu-west-1:111122223333:guardrail/wxyz5678abcd";

/// How many guardrails a call meets, and how many things are not known about it.
fn met(estate: &Estate, account: &str, region: &str, model: Option<&str>) -> (usize, usize) {
    let enforcement = estate.enforcement(estate.account(&id(account)).unwrap());
    let (met, missing) = enforcement.of(region, model);
    (met.len(), missing.len())
}

#[test]
fn a_guardrail_covers_what_its_lists_say() {
    let covers =
        |included: Option<&[&str]>, excluded: &[&str], model| guardrail(included, excluded).covers(model);
    for every in [None, Some(&[][..]), Some(&["ALL"][..]), Some(&["ALL", OTHER][..])] {
        assert_eq!(covers(every, &[], Some(LISTED)), Some(true), "{every:?}");
        assert_eq!(covers(every, &[], None), Some(true), "{every:?}");
        assert_eq!(covers(every, &[LISTED], Some(LISTED)), Some(false), "{every:?}");
        assert_eq!(covers(every, &[LISTED], Some(OTHER)), Some(true), "{every:?}");
        assert_eq!(covers(every, &[LISTED], None), None, "{every:?}");
    }
    let listed = Some(&[LISTED][..]);
    assert_eq!(covers(listed, &[], Some(LISTED)), Some(true));
    assert_eq!(covers(listed, &[], Some(OTHER)), Some(false));
    assert_eq!(covers(listed, &[], None), None);
    assert_eq!(
        covers(listed, &[LISTED], Some(LISTED)),
        Some(false),
        "what is excluded is so though included"
    );
}

#[test]
fn the_account_and_the_organisation_enforce_in_their_regions() {
    let own = estate(&[], vec![guardrail(None, &[])]);
    assert_eq!(met(&own, OURS, REGION, Some(LISTED)), (1, 0));
    assert_eq!(met(&own, OURS, "eu-north-1", Some(LISTED)), (0, 1), "nobody asked there");

    let above = estate(&[bedrock_policy("config_1", &format!("{ABOVE}:3"), json!({}))], Vec::new());
    assert_eq!(met(&above, OURS, REGION, Some(LISTED)), (1, 0));
    let enforcement = above.enforcement(above.account(&id(OURS)).unwrap());
    let (guardrails, _) = enforcement.of(REGION, Some(LISTED));
    assert_eq!((guardrails[0].arn.as_ref(), guardrails[0].version.as_deref()), (ABOVE, Some("3")));
    assert!(enforcement.has_any());
    let none = estate(&[], Vec::new());
    assert!(!none.enforcement(none.account(&id(OURS)).unwrap()).has_any());

    let both = [bedrock_policy("config_1", &format!("{ABOVE}:3"), json!({}))];
    assert_eq!(met(&estate(&both, vec![guardrail(None, &[])]), OURS, REGION, Some(LISTED)), (2, 0));
}

#[test]
fn what_no_page_settles_about_enforcement_is_unknown() {
    let policy = |identifier: &str| bedrock_policy("config_1", identifier, json!({}));
    let version = format!("{ABOVE}:3");
    // The management account.
    assert_eq!(met(&estate(&[policy(&version)], Vec::new()), MANAGEMENT, REGION, Some(LISTED)), (0, 1));
    // Two configurations for one Region.
    let second = bedrock_policy("config_2", &version, json!({}));
    assert_eq!(met(&estate(&[policy(&version), second], Vec::new()), OURS, REGION, Some(LISTED)), (0, 1));
    // No version, no guardrail, none named.
    assert_eq!(met(&estate(&[policy(ABOVE)], Vec::new()), OURS, REGION, Some(LISTED)), (0, 1));
    assert_eq!(met(&estate(&[policy("mine:1")], Vec::new()), OURS, REGION, Some(LISTED)), (0, 1));
    let lists = json!({ "included_models": { "@@assign": [LISTED] } });
    let unnamed = json!({ "bedrock": { "guardrail_inference": { REGION: { "config_1":
        { "model_enforcement": lists } } } } });
    assert_eq!(met(&estate(&[unnamed], Vec::new()), OURS, REGION, Some(LISTED)), (0, 1));
    // A list that is none.
    let text = bedrock_policy("config_1", &version, json!({ "excluded_models": { "@@assign": "all" } }));
    assert_eq!(met(&estate(&[text], Vec::new()), OURS, REGION, Some(LISTED)), (0, 1));
    // A model without an id under a list of models.
    let listed = bedrock_policy("config_1", &version, lists);
    let listed = estate(&[listed], Vec::new());
    assert_eq!(met(&listed, OURS, REGION, None), (0, 1));
    assert_eq!(met(&listed, OURS, REGION, Some(LISTED)), (1, 0));
    assert_eq!(met(&listed, OURS, REGION, Some(OTHER)), (0, 0));
}

#[test]
fn a_thing_that_a_whole_list_does_not_name_has_no_policy_but_a_key_has_one_that_is_not_known() {
    let mut account = Account::unread(id(OURS), "aws".into());
    let mut region = Region::unread(&account.id, REGION);
    for kind in [ResourceKind::Key, ResourceKind::Guardrail] {
        region.listed.insert(kind, Known::Known(()));
    }
    account.regions.insert(REGION.into(), region);
    let estate = Estate::new(Vec::new(), vec![account], Vec::new());
    let unread = |resource: &str| {
        let own = estate.resource_side(&format!("arn:aws:{resource}")).unwrap();
        let nobody = estate.principal_side(&Principal::Anonymous).unwrap();
        let known = KnownLayers::new(nobody, own);
        known.missing().iter().filter(|(layer, _)| *layer == Layer::Resource).count()
    };
    assert_eq!(unread("bedrock:eu-west-1:444455556666:guardrail/abcdefgh1234"), 0);
    assert_eq!(unread("kms:eu-west-1:444455556666:key/11112222-3333-4444-5555-666677778888"), 1);
    assert_eq!(unread("bedrock:eu-north-1:444455556666:guardrail/abcdefgh1234"), 1, "nobody listed there");
}

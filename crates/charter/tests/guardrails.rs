//! Bedrock policies of random charters, merged by the rules of AWS Organizations, beside what the charters mean.
//!
//! Other policies may be attached below: where a compiled one is locked they change nothing of it.

#[path = "common/organization.rs"]
mod common;

use std::sync::Arc;

use charter::guardrail::policies;
use common::{model, organization};
use iam::estate::{Known, NodeKind, Organization, OrganizationPolicy, OrganizationPolicyKind, Value, Values};
use proptest::prelude::*;

const AREAS: [&str; 5] = ["/", "/workloads", "/workloads/prod", "ou-ab12-devdev11", "333333333333"];
const REGIONS: [&str; 3] = ["us-east-1", "us-west-2", "eu-central-1"];

/// Which guardrail an area enforces, if any, with what runs without it.
type Said = Option<(usize, bool, bool)>;

/// By guardrail, the Regions in which it has a version.
fn charter(said: &[Said], regions: &[Vec<bool>]) -> String {
    let mut text = String::from("charter: 1\nguardrails:\n");
    for (number, has) in regions.iter().enumerate() {
        text.push_str(&format!("  g{number}:\n    existing:\n"));
        for (region, _) in REGIONS.iter().zip(has).filter(|(_, has)| **has) {
            text.push_str(&format!(
                "      {region}: 'arn:aws:bedrock:{region}:111111111111:guardrail/g{number}:{}'\n",
                number + 1
            ));
        }
    }
    text.push_str("areas:\n");
    for (area, said) in AREAS.iter().zip(said) {
        text.push_str(&format!("  - at: '{area}'\n"));
        if let Some((guardrail, except, selective)) = said {
            text.push_str(&format!("    guardrail:\n      enforce: g{guardrail}\n"));
            if *except {
                text.push_str("      except: ['amazon.titan-embed-text-v2:0']\n");
            }
            if *selective {
                text.push_str("      messages: selective\n");
            }
        }
    }
    text
}

fn with(organization: Organization, attached: &[(String, Vec<Arc<str>>)]) -> Organization {
    let kind = OrganizationPolicyKind::Bedrock;
    let stored = |(number, (text, nodes)): (usize, &(String, Vec<Arc<str>>))| {
        let id: Arc<str> = format!("p-{number:08}").into();
        let policy = OrganizationPolicy {
            arn: format!("arn:aws:organizations::111111111111:policy/o-abc1234567/bedrock_policy/{id}")
                .into(),
            name: id.clone(),
            id,
            kind: kind.clone(),
            aws_managed: false,
            text: Known::Known(text.as_str().into()),
            document: None,
        };
        (policy, nodes.clone())
    };
    let mut organization = organization;
    // What is attached is known everywhere.
    let all = organization.nodes().iter().map(|node| node.id.clone()).collect();
    let nothing = ("{}".to_owned(), all);
    organization.enabled = Known::Known(vec![kind.clone()]);
    let attached = std::iter::once(&nothing).chain(attached).enumerate();
    organization.with_policies(attached.map(stored).collect(), &Default::default())
}

fn value<'v>(values: &'v Values, region: &str, path: &[&str]) -> Option<&'v Value> {
    let whole: Vec<Box<str>> = ["bedrock", "guardrail_inference", region, "config_1"]
        .iter()
        .chain(path)
        .map(|name| Box::from(*name))
        .collect();
    values.get(&whole).map(|value| value.as_ref().expect("policies of one charter leave no doubt"))
}

/// A policy of somebody else, who would like to have another guardrail and no model under it.
fn other(region: &str) -> String {
    serde_json::json!({ "bedrock": { "guardrail_inference": { region: { "config_1": {
        "identifier": { "@@assign": format!("arn:aws:bedrock:{region}:111111111111:guardrail/other:9") },
        "model_enforcement": {
            "included_models": { "@@assign": ["amazon.nova-lite-v1:0"] },
            "excluded_models": { "@@append": ["anthropic.claude-opus-5-5"] },
        },
        "selective_content_guarding": { "system": { "@@assign": "selective" } },
    } } } } })
    .to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_merged_is_what_is_meant(
        said in prop::collection::vec(prop::option::weighted(0.6, (0..3_usize, any::<bool>(), any::<bool>())), 5),
        regions in prop::collection::vec(
            prop::collection::vec(any::<bool>(), 3).prop_filter("none", |has| has.contains(&true)), 3),
        foreign in 0..REGIONS.len(),
    ) {
        let text = charter(&said, &regions);
        let model = model(&text).unwrap_or_else(|wrong| panic!("{wrong:?}\n{text}"));
        let compiled = policies(&model);
        let own: Vec<(String, Vec<Arc<str>>)> =
            compiled.iter().map(|policy| (policy.text.clone(), vec![policy.node.clone()])).collect();
        let organization = with(organization(true), &own);
        let mut is_foreign_everywhere = own.clone();
        let accounts = organization.nodes().iter().filter(|node| matches!(node.kind, NodeKind::Account(_)));
        is_foreign_everywhere.push((other(REGIONS[foreign]), accounts.map(|node| node.id.clone()).collect()));
        let foreign_below = with(common::organization(true), &is_foreign_everywhere);
        for node in organization.nodes() {
            let Known::Known(chain) = organization.chain(node) else { panic!() };
            let chain: Vec<&str> = chain.iter().map(|each| each.id.as_ref()).collect();
            let Known::Known(values) = organization.effective(node, &OrganizationPolicyKind::Bedrock) else { panic!() };
            for region in REGIONS {
                let identifier = value(&values, region, &["identifier"]);
                let excluded = value(&values, region, &["model_enforcement", "excluded_models"]);
                let messages = value(&values, region, &["selective_content_guarding", "messages"]);
                let Some((version, guardrail)) = model.guarding(&chain, region) else {
                    prop_assert_eq!(identifier, None, "{}\n{} {}", text, node.id, region);
                    continue;
                };
                prop_assert_eq!(identifier, Some(&Value::One(version.into())), "{}\n{} {}", text, node.id, region);
                let except = guardrail.except.iter().map(|id| Box::from(id.as_str())).collect();
                prop_assert_eq!(excluded, Some(&Value::List(except)), "{}\n{} {}", text, node.id, region);
                prop_assert_eq!(messages, Some(&Value::One(guardrail.messages.word().into())));
            }
            // What is attached to an account itself is beside what a charter attaches there.
            if own.iter().any(|(_, nodes)| nodes.contains(&node.id)) {
                continue;
            }
            let foreign_node = foreign_below.node(&node.id).unwrap();
            let Known::Known(after) = foreign_below.effective(foreign_node, &OrganizationPolicyKind::Bedrock) else { panic!() };
            for region in REGIONS {
                let Some((version, _)) = model.guarding(&chain, region) else { continue };
                let holds = |policy: &charter::guardrail::BedrockPolicy| {
                    policy.is_locked && policy.text.contains(version) && chain.contains(&policy.node.as_ref())
                };
                if compiled.iter().any(holds) {
                    let under = |values: &Values| -> Values {
                        values.clone().into_iter().filter(|(path, _)| path[2].as_ref() == region).collect()
                    };
                    prop_assert_eq!(under(&after), under(&values), "{}\n{}", text, node.id);
                }
            }
        }
    }
}

/// The Bedrock policy of an article, and a charter that says what it means to.
#[test]
fn the_printed_policy_leaves_open_what_the_charter_does_not() {
    let printed = include_str!("../../postern/tests/data/printed/organizations-2-bedrock-policy.json");
    let text = "charter: 1\nguardrails:\n  all:\n    existing:\n\
        \x20     us-east-1: 'arn:aws:bedrock:us-east-1:111111111111:guardrail/abcdefghijkl:1'\n\
        \x20     us-west-2: 'arn:aws:bedrock:us-west-2:111111111111:guardrail/abcdefghijkm:1'\n\
        areas:\n  - at: /\n    guardrail: { enforce: all, except: ['amazon.titan-embed-text-v2:0'] }\n";
    let own = policies(&model(text).unwrap()).remove(0).text;
    let payments: Arc<str> = "333333333333".into();
    let merged = |policy: &str| {
        let attached =
            [(policy.to_owned(), vec!["r-ab12".into()]), (other("us-east-1"), vec![payments.clone()])];
        let organization = with(organization(false), &attached);
        let node = organization.node(&payments).unwrap();
        let Known::Known(values) = organization.effective(node, &OrganizationPolicyKind::Bedrock) else {
            panic!()
        };
        values
    };
    let (theirs, ours) = (merged(printed), merged(&own));
    let is = |values: &Values, region: &str, of: &str| {
        value(values, region, &["identifier"]).is_some_and(|value| *value == Value::One(of.into()))
    };
    // An account below chooses another guardrail, for nearly no model; other Regions have none; callers are told obsolete words.
    assert!(is(&theirs, "us-east-1", "arn:aws:bedrock:us-east-1:111111111111:guardrail/other:9"));
    assert!(is(&ours, "us-east-1", "arn:aws:bedrock:us-east-1:111111111111:guardrail/abcdefghijkl:1"));
    assert_eq!(value(&theirs, "us-west-2", &["identifier"]), None);
    assert!(is(&ours, "us-west-2", "arn:aws:bedrock:us-west-2:111111111111:guardrail/abcdefghijkm:1"));
    assert!(value(&theirs, "us-east-1", &["input_tags"]).is_some());
    assert_eq!(value(&ours, "us-east-1", &["input_tags"]), None);
}

#[test]
fn a_policy_is_locked_unless_an_area_below_says_something_else() {
    let both = charter(
        &[Some((0, false, false)), None, Some((1, true, false)), None, None],
        &[vec![true; 3], vec![true; 3]],
    );
    let locked: Vec<bool> = policies(&model(&both).unwrap()).iter().map(|policy| policy.is_locked).collect();
    assert_eq!(locked, [false, true]);
}

/// Every word of a definition is in what AWS is asked for, as its API has it.
#[test]
fn what_is_asked_for_is_what_the_charter_says() {
    let text = "charter: 1\nguardrails:\n  g:\n    regions: [us-east-1]\n    profile: us\n    prompt-attack: medium\n    hate: high\n    words: \
                [kestrel]\n    profanity: true\n    pii: { EMAIL: anonymize }\n    patterns: { ticket: 'KES-[0-9]+' }\n    topics: { \
                advice: What to buy }\n    grounding: 0.05\n    relevance: 0.9\n    message: No\nareas:\n  - at: /\n    doors: { others: \
                unmanaged }\n";
    let model = model(text).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let expected = serde_json::json!({
        "contentPolicyConfig": { "filtersConfig": [
            { "type": "HATE", "inputStrength": "HIGH", "outputStrength": "HIGH" },
            { "type": "PROMPT_ATTACK", "inputStrength": "MEDIUM", "outputStrength": "NONE" },
        ] },
        "wordPolicyConfig": {
            "wordsConfig": [{ "text": "kestrel" }], "managedWordListsConfig": [{ "type": "PROFANITY" }],
        },
        "sensitiveInformationPolicyConfig": {
            "piiEntitiesConfig": [{ "type": "EMAIL", "action": "ANONYMIZE" }],
            "regexesConfig": [{ "name": "ticket", "pattern": "KES-[0-9]+", "action": "BLOCK" }],
        },
        "topicPolicyConfig": { "topicsConfig": [{ "name": "advice", "definition": "What to buy", "type": "DENY" }] },
        "contextualGroundingPolicyConfig": { "filtersConfig": [
            { "type": "GROUNDING", "threshold": 0.05 }, { "type": "RELEVANCE", "threshold": 0.9 },
        ] },
        "crossRegionConfig": { "guardrailProfileIdentifier": "us.guardrail.v1:0" },
        "blockedInputMessaging": "No", "blockedOutputsMessaging": "No",
    });
    assert_eq!(charter::guardrail::creation(&model.guardrails[0]), expected);
}

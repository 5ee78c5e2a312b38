//! AWS managed policies that let a role run a model: the page, the ones that AWS's own names hide, and a plain reading.

use std::collections::BTreeSet;

use serde_json::Value;
use xtask::managed::{managed, page};

/// Policies whose name does not say that they grant inference (aws-facts §1.14).
const SILENT: [&str; 9] = [
    "AIDevOpsAgentActionsPolicy",
    "AWSElasticBeanstalkMulticontainerDocker",
    "AWSElasticBeanstalkWebTier",
    "AWSElasticBeanstalkWorkerTier",
    "AmazonSageMakerCanvasAIServicesAccess",
    "BedrockAgentCoreFullAccess",
    "CloudWatchOmniModelInferencePolicy",
    "PowerUserAccess",
    "SageMakerStudioUserIAMDefaultExecutionPolicy",
];

/// The authorisation of a call, by endpoint.
const RUNS: [&str; 3] =
    ["bedrock:invokemodel", "bedrock-mantle:createinference", "aws-external-anthropic:createinference"];

#[test]
fn the_page_is_what_the_program_says_and_a_plain_reading_agrees() {
    let found = managed().expect("the account can be read");
    let written =
        std::fs::read_to_string(xtask::tidy::root().join("docs/managed-policies.md")).expect("it is there");
    assert_eq!(page(&found), written, "run `cargo xtask managed`");
    for policy in SILENT {
        assert!(found.contains_key(policy), "{policy} grants inference");
    }
    let named: BTreeSet<&str> = found.keys().copied().collect();
    let read: BTreeSet<&str> = reference::managed_policies()
        .filter(|policy| may_allow(&serde_json::from_str(policy.document).expect("it is JSON")))
        .map(|policy| policy.path_and_name)
        .collect();
    assert!(named.is_subset(&read), "{:?}", named.difference(&read).collect::<Vec<_>>());
    // What the plain reading finds besides names the action on things that are no models.
    let besides: Vec<&str> = read.difference(&named).copied().collect();
    assert_eq!(besides, BESIDES);
}

/// Policies that allow the action, and on no model: application profiles alone run nothing.
const BESIDES: [&str; 1] = ["service-role/AmazonDataZoneBedrockModelConsumptionPolicy"];

/// Whether an Allow names an action that runs models; resources and conditions are not looked at.
fn may_allow(document: &Value) -> bool {
    let list = |value: &Value| match value {
        Value::Array(all) => all.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let is_any = |patterns: &Value| {
        list(patterns).iter().filter_map(Value::as_str).any(|pattern| {
            RUNS.iter().any(|action| matches(pattern.to_lowercase().as_bytes(), action.as_bytes()))
        })
    };
    list(&document["Statement"]).iter().any(|statement| {
        let named = is_any(&statement["Action"]);
        let is_all_but = !statement["NotAction"].is_null() && !is_any(&statement["NotAction"]);
        statement["Effect"] == "Allow" && (named || is_all_but)
    })
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|from| matches(rest, &text[from..])),
        Some((b'?', rest)) => text.split_first().is_some_and(|(_, text)| matches(rest, text)),
        Some((one, rest)) => text.split_first().is_some_and(|(two, text)| one == two && matches(rest, text)),
    }
}

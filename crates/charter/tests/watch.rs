//! Rules and selectors at events of doors and of their neighbours, by a matcher of their own.

#[path = "common/organization.rs"]
mod common;

use charter::watch::{EventRule, Watch, watch};
use common::model;
use serde_json::{Value, json};

const CHARTER: &str = "\
charter: 1
models: { claude: { runtime: ['anthropic.claude-*'] } }
areas:
  - at: /
    doors: { claude-platform: closed, agents: closed, bearer-keys: short-term, import: closed, mantle: closed, knowledge-bases: closed, async: closed, others: unmanaged }
  - at: /workloads/prod
    allow:
      - { models: [claude], through: [runtime] }
    doors: { import: { only: [role/importer] } }
watch: { trail: all }
";

fn watched() -> Watch {
    watch(&model(CHARTER).unwrap_or_else(|wrong| panic!("{wrong:?}")))
}

/// Whether an event has one of the values of each field of a pattern.
fn matches(pattern: &Value, event: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields.iter().all(|(name, pattern)| matches(pattern, &event[name])),
        Value::Array(values) => values.contains(event),
        _ => panic!("{pattern}"),
    }
}

/// Whether an event is selected: by some selector in every field of which it has one of the values.
fn is_selected(selectors: &Value, category: &str, kind: Option<&str>) -> bool {
    let has = |field: &Value| {
        let value = match field["Field"].as_str().unwrap() {
            "eventCategory" => Some(category),
            "resources.type" => kind,
            other => panic!("{other}"),
        };
        field["Equals"].as_array().unwrap().iter().any(|one| one.as_str() == value)
    };
    let all = selectors.as_array().unwrap();
    all.iter().any(|one| one["FieldSelectors"].as_array().unwrap().iter().all(has))
}

fn event(source: &str, name: &str) -> Value {
    json!({
        "version": "0", "source": "aws.anything", "detail-type": "AWS API Call via CloudTrail",
        "detail": { "eventSource": source, "eventName": name, "errorCode": "AccessDenied" },
    })
}

fn told<'w>(watch: &'w Watch, event: &Value) -> Vec<&'w str> {
    let is_one = |rule: &&EventRule| matches(&serde_json::from_str(&rule.pattern).unwrap(), event);
    watch.rules.iter().filter(is_one).map(|rule| rule.name.as_str()).collect()
}

#[test]
fn rules_tell_of_closed_doors_and_not_of_their_neighbours() {
    let watch = watched();
    for (source, name, rules) in [
        (
            "aws-external-anthropic.amazonaws.com",
            "CreateInference",
            &["postern-closed-aws-external-anthropic"][..],
        ),
        ("bedrock-mantle.amazonaws.com", "CreateInference", &["postern-closed-bedrock-mantle"]),
        ("bedrock.amazonaws.com", "InvokeAgent", &["postern-closed-bedrock"]),
        ("bedrock.amazonaws.com", "CreateAgent", &["postern-closed-bedrock"]),
        ("bedrock.amazonaws.com", "StartAsyncInvoke", &["postern-closed-bedrock"]),
        ("bedrock.amazonaws.com", "Retrieve", &["postern-closed-bedrock"]),
        // Open in one area, nobody's business, or of an open door too.
        ("bedrock.amazonaws.com", "RetrieveAndGenerate", &[]),
        ("bedrock.amazonaws.com", "CreateModelImportJob", &[]),
        ("bedrock.amazonaws.com", "InvokeModel", &[]),
        ("bedrock.amazonaws.com", "Converse", &[]),
        ("bedrock.amazonaws.com", "InvokeFlow", &[]),
        ("sagemaker.amazonaws.com", "CreateInference", &[]),
        ("bedrock-mantle.amazonaws.com", "CreateFineTuningJob", &[]),
        // What limits models.
        ("bedrock.amazonaws.com", "DeleteGuardrail", &["postern-controls-bedrock"]),
        ("bedrock.amazonaws.com", "GetGuardrail", &[]),
        ("organizations.amazonaws.com", "DetachPolicy", &["postern-controls-organizations"]),
        ("organizations.amazonaws.com", "DescribePolicy", &[]),
        ("cloudtrail.amazonaws.com", "StopLogging", &["postern-controls-cloudtrail"]),
    ] {
        assert_eq!(told(&watch, &event(source, name)), rules, "{source} {name}");
    }
    // The record that ends a stream is no call.
    let mut end = event("bedrock.amazonaws.com", "InvokeAgent");
    end["detail-type"] = "AWS Service Event via CloudTrail".into();
    assert_eq!(told(&watch, &end), [""; 0]);
    // Runs of models are marked read-only, which rules see in one state only.
    for rule in watch.rules.iter().filter(|rule| rule.name.starts_with("postern-closed-")) {
        assert_eq!(rule.state, "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "{}", rule.name);
    }
}

#[test]
fn selectors_have_what_doors_log_and_nothing_of_others() {
    let selectors: Value = serde_json::from_str(&watched().selectors).unwrap();
    assert!(is_selected(&selectors, "Management", None));
    for kind in [
        "AWS::Bedrock::AgentAlias",
        "AWS::Bedrock::AsyncInvoke",
        "AWS::Bedrock::FlowAlias",
        "AWS::Bedrock::Guardrail",
        "AWS::Bedrock::InlineAgent",
        "AWS::Bedrock::KnowledgeBase",
        "AWS::Bedrock::Model",
        "AWS::Bedrock::Prompt",
        "AWS::BedrockMantle::Project",
        "AWS::AWSExternalAnthropic::Workspace",
        "AWS::SageMaker::Endpoint",
    ] {
        assert!(is_selected(&selectors, "Data", Some(kind)), "{kind}");
    }
    for kind in ["AWS::S3::Object", "AWS::Lambda::Function", "AWS::SageMaker::FeatureGroup"] {
        assert!(!is_selected(&selectors, "Data", Some(kind)), "{kind}");
    }
    assert!(!is_selected(&selectors, "NetworkActivity", None));
}

#[test]
fn what_nothing_shows_is_said() {
    let watch = watched();
    let why = |door: &str| watch.unseen.iter().find(|(id, _)| *id == door).map(|(_, why)| *why);
    assert!(why("web-search").is_some_and(|why| why.contains("data")));
    assert!(why("mcp").is_some_and(|why| why.contains("event source")));
    assert_eq!(why("runtime"), None);
    assert_eq!(why("agents"), None);
}

#[test]
fn long_patterns_are_divided() {
    let everything: String = reference::doors().iter().map(|door| format!("{}: closed, ", door.id)).collect();
    let text = format!(
        "charter: 1\nareas:\n  - at: /\n    doors: {{ {} }}\nwatch: {{ trail: all }}\n",
        everything.trim_end_matches(", ")
    );
    let watch = watch(&model(&text).unwrap_or_else(|wrong| panic!("{wrong:?}")));
    assert!(watch.rules.iter().all(|rule| rule.pattern.chars().count() <= 4_096));
    for name in ["InvokeModel", "Converse", "CreateModelImportJob", "ApplyGuardrail"] {
        assert_eq!(told(&watch, &event("bedrock.amazonaws.com", name)).len(), 1, "{name}");
    }
}

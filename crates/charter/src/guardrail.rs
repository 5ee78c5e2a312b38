//! Guardrails as AWS is asked for them, Bedrock policies that enforce them, and what the charter means by that.
//!
//! One policy for each area that enforces a guardrail, with every value said, so that nothing of a policy above shows
//! through, and locked where no area below says something else. Whoever calls a model needs `bedrock:ApplyGuardrail` on
//! the guardrail, across accounts also by its own policy: [`sharing`] writes that. Follows aws-facts §3.1, §3.2, §3.5.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::model::{Area, Definition, Guardrail, Model, Origin};

/// A Bedrock policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BedrockPolicy {
    /// Where it is attached.
    pub node: Arc<str>,
    /// What the charter calls the area.
    pub title: String,
    pub text: String,
    pub origin: Origin,
    /// Whether policies below can change nothing of it; not where an area below says something else.
    pub is_locked: bool,
}

impl Model {
    /// The version that guards calls in a Region, in an account given by the ids from the root down to it.
    ///
    /// The nearest area with a version in the Region decides.
    pub fn guarding(&self, chain: &[&str], region: &str) -> Option<(&str, &Guardrail)> {
        chain.iter().rev().find_map(|id| {
            let area = self.areas.iter().find(|area| area.node.as_ref() == *id)?;
            let guardrail = area.guardrail.as_ref()?;
            Some((guardrail.versions.get(region)?.as_str(), guardrail))
        })
    }

    /// Whether it says anything of guardrails.
    pub fn has_guardrails(&self) -> bool {
        self.areas.iter().any(|area| area.guardrail.is_some())
    }
}

/// The Bedrock policies of a charter, areas above before those below.
pub fn policies(model: &Model) -> Vec<BedrockPolicy> {
    let policy = |area: &Area| {
        // One that is not made yet is named by no policy: a wrong ARN would stop every call.
        let guardrail = area.guardrail.as_ref().filter(|guardrail| !guardrail.versions.is_empty())?;
        let is_inner = |other: &&Area| other.node != area.node && area.contains(other);
        let enforces = |inner: &Area| inner.guardrail.as_ref().is_some_and(|each| !each.versions.is_empty());
        let is_locked = !model.areas.iter().filter(is_inner).any(enforces);
        Some(BedrockPolicy {
            node: area.node.clone(),
            title: area.name.clone(),
            text: document(guardrail, is_locked).to_string(),
            origin: guardrail.origin.clone(),
            is_locked,
        })
    };
    model.areas.iter().filter_map(policy).collect()
}

fn document(guardrail: &Guardrail, is_locked: bool) -> Value {
    let lock = |mut members: Map<String, Value>| {
        if is_locked {
            members.insert("@@operators_allowed_for_child_policies".to_owned(), json!(["@@none"]));
        }
        Value::Object(members)
    };
    let assign = |value: Value| lock(Map::from_iter([("@@assign".to_owned(), value)]));
    let group = |members: Vec<(&str, Value)>| {
        lock(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    };
    let regions = guardrail.versions.iter().map(|(region, version)| {
        let configuration = group(vec![
            ("identifier", assign(json!(version))),
            (
                "model_enforcement",
                group(vec![
                    ("excluded_models", assign(json!(guardrail.except))),
                    ("included_models", assign(json!(["ALL"]))),
                ]),
            ),
            (
                "selective_content_guarding",
                group(vec![
                    ("messages", assign(json!(guardrail.messages.word()))),
                    ("system", assign(json!(guardrail.system.word()))),
                ]),
            ),
        ]);
        (region.clone(), group(vec![("config_1", configuration)]))
    });
    json!({ "bedrock": { "guardrail_inference": lock(regions.collect()) } })
}

/// The request that makes a guardrail, but for its name.
///
/// Source: Amazon Bedrock API, CreateGuardrail.
pub fn creation(definition: &Definition) -> Value {
    let mut request = Map::new();
    let strength = |word: &str| Value::from(word.to_ascii_uppercase());
    let filters = definition.filters.iter().map(|(filter, word)| {
        let answers = if filter.answers { strength(word) } else { Value::from("NONE") };
        json!({ "type": filter.kind, "inputStrength": strength(word), "outputStrength": answers })
    });
    let filters: Vec<Value> = filters.collect();
    if !filters.is_empty() {
        request.insert("contentPolicyConfig".to_owned(), json!({ "filtersConfig": filters }));
    }
    let mut words = Map::new();
    if !definition.words.is_empty() {
        let each: Vec<Value> = definition.words.iter().map(|word| json!({ "text": word })).collect();
        words.insert("wordsConfig".to_owned(), each.into());
    }
    if definition.profanity {
        words.insert("managedWordListsConfig".to_owned(), json!([{ "type": "PROFANITY" }]));
    }
    if !words.is_empty() {
        request.insert("wordPolicyConfig".to_owned(), words.into());
    }
    let mut sensitive = Map::new();
    if !definition.pii.is_empty() {
        let each = definition.pii.iter();
        let each = each.map(|(kind, what)| json!({ "type": kind, "action": what.to_ascii_uppercase() }));
        sensitive.insert("piiEntitiesConfig".to_owned(), each.collect::<Vec<Value>>().into());
    }
    if !definition.patterns.is_empty() {
        let each = definition.patterns.iter();
        let each = each.map(|(name, pattern)| json!({ "name": name, "pattern": pattern, "action": "BLOCK" }));
        sensitive.insert("regexesConfig".to_owned(), each.collect::<Vec<Value>>().into());
    }
    if !sensitive.is_empty() {
        request.insert("sensitiveInformationPolicyConfig".to_owned(), sensitive.into());
    }
    if !definition.topics.is_empty() {
        let each = definition.topics.iter();
        let each = each.map(|(name, said)| json!({ "name": name, "definition": said, "type": "DENY" }));
        let each: Vec<Value> = each.collect();
        request.insert("topicPolicyConfig".to_owned(), json!({ "topicsConfig": each }));
    }
    let scores = [("GROUNDING", definition.grounding), ("RELEVANCE", definition.relevance)];
    let scores: Vec<Value> = scores
        .into_iter()
        .filter_map(|(kind, score)| Some(json!({ "type": kind, "threshold": f64::from(score?) / 100.0 })))
        .collect();
    if !scores.is_empty() {
        request.insert("contextualGroundingPolicyConfig".to_owned(), json!({ "filtersConfig": scores }));
    }
    if let Some(geography) = &definition.profile {
        let profile = format!("{geography}.guardrail.v1:0");
        request.insert("crossRegionConfig".to_owned(), json!({ "guardrailProfileIdentifier": profile }));
    }
    let message = definition.message.as_deref().unwrap_or("Blocked by a guardrail of the organisation.");
    request.insert("blockedInputMessaging".to_owned(), message.into());
    request.insert("blockedOutputsMessaging".to_owned(), message.into());
    request.into()
}

/// The policy of a guardrail, or of a guardrail profile, that lets the whole organisation apply it.
///
/// Source: Amazon Bedrock User Guide, "Using resource-based policies for guardrails": profiles can only be applied.
pub fn sharing(guardrail: &str, organization: &str) -> String {
    let actions: &[&str] = match guardrail.contains(":guardrail-profile/") {
        true => &["bedrock:ApplyGuardrail"],
        false => &["bedrock:ApplyGuardrail", "bedrock:GetGuardrail"],
    };
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Action": actions,
            "Condition": { "StringEquals": { "aws:PrincipalOrgID": organization } },
            "Effect": "Allow",
            "Principal": "*",
            "Resource": guardrail,
        }],
    })
    .to_string()
}

/// The guardrails that are enforced somewhere, without their versions.
pub fn guardrails(model: &Model) -> BTreeSet<String> {
    let enforced = model.areas.iter().filter_map(|area| area.guardrail.as_ref());
    let versions = enforced.flat_map(|each| each.versions.values());
    versions.filter_map(|version| version.rsplit_once(':')).map(|(arn, _)| arn.to_owned()).collect()
}

//! Bedrock policies that enforce guardrails, and what the charter means by them.
//!
//! One policy for each area that enforces a guardrail, with every value said, so that nothing of a policy above shows
//! through, and locked where no area below says something else. Whoever calls a model needs `bedrock:ApplyGuardrail` on
//! the guardrail, across accounts also by its own policy: [`sharing`] writes that. Follows aws-facts §3.1, §3.2, §3.5.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::model::{Area, Guardrail, Model, Origin};

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
        let guardrail = area.guardrail.as_ref()?;
        let is_inner = |other: &&Area| other.node != area.node && area.contains(other);
        let is_locked = !model.areas.iter().filter(is_inner).any(|inner| inner.guardrail.is_some());
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

/// The policy of a guardrail that lets the whole organisation apply it.
///
/// Source: Amazon Bedrock User Guide, "Using resource-based policies for guardrails".
pub fn sharing(guardrail: &str, organization: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Action": ["bedrock:ApplyGuardrail", "bedrock:GetGuardrail"],
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

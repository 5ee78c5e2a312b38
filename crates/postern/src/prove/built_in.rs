//! The properties that come with the program, each a file of its own.

use std::collections::BTreeMap;

use super::property::{Property, parse};
use crate::input::Complaint;

/// The files: their names and texts.
pub const FILES: [(&str, &str); 34] = [
    ("agentcore-doors-closed.yaml", include_str!("../../properties/agentcore-doors-closed.yaml")),
    ("agentcore-service-roles.yaml", include_str!("../../properties/agentcore-service-roles.yaml")),
    ("approved-mantle-models.yaml", include_str!("../../properties/approved-mantle-models.yaml")),
    ("approved-models.yaml", include_str!("../../properties/approved-models.yaml")),
    ("approved-profiles-usable.yaml", include_str!("../../properties/approved-profiles-usable.yaml")),
    ("bedrock-service-roles.yaml", include_str!("../../properties/bedrock-service-roles.yaml")),
    ("claude-platform-closed.yaml", include_str!("../../properties/claude-platform-closed.yaml")),
    ("derived-models.yaml", include_str!("../../properties/derived-models.yaml")),
    ("duties-by-steps.yaml", include_str!("../../properties/duties-by-steps.yaml")),
    ("every-action-of-a-door.yaml", include_str!("../../properties/every-action-of-a-door.yaml")),
    ("exemption-tight.yaml", include_str!("../../properties/exemption-tight.yaml")),
    ("guardrail-coverage.yaml", include_str!("../../properties/guardrail-coverage.yaml")),
    ("guardrail-tamper.yaml", include_str!("../../properties/guardrail-tamper.yaml")),
    ("invokers-by-steps.yaml", include_str!("../../properties/invokers-by-steps.yaml")),
    ("keys-expire.yaml", include_str!("../../properties/keys-expire.yaml")),
    ("logging-tamper.yaml", include_str!("../../properties/logging-tamper.yaml")),
    ("marketplace-models.yaml", include_str!("../../properties/marketplace-models.yaml")),
    ("mcp-changes-nothing.yaml", include_str!("../../properties/mcp-changes-nothing.yaml")),
    ("models-by-steps.yaml", include_str!("../../properties/models-by-steps.yaml")),
    ("network-perimeter.yaml", include_str!("../../properties/network-perimeter.yaml")),
    ("no-imports.yaml", include_str!("../../properties/no-imports.yaml")),
    ("no-lock-out.yaml", include_str!("../../properties/no-lock-out.yaml")),
    ("no-long-term-keys.yaml", include_str!("../../properties/no-long-term-keys.yaml")),
    ("no-model-keys.yaml", include_str!("../../properties/no-model-keys.yaml")),
    ("organisation-perimeter.yaml", include_str!("../../properties/organisation-perimeter.yaml")),
    ("organisation-tamper.yaml", include_str!("../../properties/organisation-tamper.yaml")),
    ("profile-only.yaml", include_str!("../../properties/profile-only.yaml")),
    ("public-hub-closed.yaml", include_str!("../../properties/public-hub-closed.yaml")),
    ("region-residency.yaml", include_str!("../../properties/region-residency.yaml")),
    ("sagemaker-service-roles.yaml", include_str!("../../properties/sagemaker-service-roles.yaml")),
    ("separation-of-duties.yaml", include_str!("../../properties/separation-of-duties.yaml")),
    ("tag-integrity.yaml", include_str!("../../properties/tag-integrity.yaml")),
    ("tenant-isolation.yaml", include_str!("../../properties/tenant-isolation.yaml")),
    ("web-search-closed.yaml", include_str!("../../properties/web-search-closed.yaml")),
];

/// How their origins begin.
pub const ORIGIN: &str = "built in: ";

/// All of them, with these values in place of parameters.
///
/// # Errors
/// What is wrong with the values.
pub fn all(values: &BTreeMap<String, Vec<String>>) -> Result<Vec<Property>, Vec<Complaint>> {
    let mut wrong = Vec::new();
    let mut found = Vec::new();
    for (name, text) in FILES {
        match parse(&format!("{ORIGIN}{name}"), text, values) {
            Ok(property) => found.push(property),
            Err(complaints) => wrong.extend(complaints),
        }
    }
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

//! What concerns a document as a whole: its version, and statements that say the same.

use std::collections::HashMap;

use super::statement::{Document, items};
use super::{Description, Findings, Level};
use crate::json::{Node, Value};
use crate::policy::PolicyType;
use crate::print;

enum DocumentFinding {
    /// No version, which means 2008-10-17. Source: Access Analyzer policy check reference, MISSING_VERSION.
    MissingVersion,
    /// A statement that says what another says. Source: Access Analyzer policy check reference,
    /// REDUNDANT_STATEMENT.
    SameStatement { number: usize },
}

pub(super) fn check(document: &Document, findings: &mut Findings) {
    // For SCPs and RCPs the version is required, which reading the policy says.
    let required = matches!(document.policy_type, PolicyType::ServiceControl | PolicyType::ResourceControl);
    if document.node.get("Version").is_none() && !required && !document.statements.is_empty() {
        findings.add(document.node, DocumentFinding::MissingVersion.describe());
    }
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (number, statement) in document.statements.iter().enumerate() {
        let said = what_is_said(statement.node);
        match seen.get(&said) {
            Some(first) => {
                findings.add(statement.node, DocumentFinding::SameStatement { number: *first }.describe());
            }
            None => {
                seen.insert(said, number);
            }
        }
    }
}

/// The statement without its id, its elements and their values in one order.
fn what_is_said(statement: &Node) -> String {
    let mut elements: Vec<String> = Vec::new();
    for member in statement.as_object().unwrap_or_default().iter().filter(|member| member.name != "Sid") {
        elements.push(format!("{}={}", member.name, sorted(&member.node)));
    }
    elements.sort_unstable();
    elements.join("\n")
}

/// A value as text; of lists and objects the order does not count, and a list of one is its item.
fn sorted(node: &Node) -> String {
    match &node.value {
        Value::Object(members) => {
            let mut parts: Vec<String> =
                members.iter().map(|member| format!("{:?}:{}", member.name, sorted(&member.node))).collect();
            parts.sort_unstable();
            format!("{{{}}}", parts.join(","))
        }
        Value::List(_) => {
            let mut parts: Vec<String> = items(node).iter().map(sorted).collect();
            parts.sort_unstable();
            parts.dedup();
            parts.join(",")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => print::minified(node),
    }
}

impl DocumentFinding {
    fn describe(&self) -> Description {
        match self {
            Self::MissingVersion => Description {
                code: "MISSING_VERSION",
                level: Level::Warning,
                message: "without `Version` the policy is one of 2008-10-17, which has no variables"
                    .to_owned(),
                hint: Some("write \"Version\": \"2012-10-17\"".to_owned()),
            },
            Self::SameStatement { number } => Description {
                code: "REDUNDANT_STATEMENT",
                level: Level::Suggestion,
                message: format!("this statement says the same as statement {}", number + 1),
                hint: Some("take it out".to_owned()),
            },
        }
    }
}

//! Policy variables: where they stand, and what they can never be.
//!
//! Follows IAM User Guide, "IAM policy elements: Variables and tags" (aws-facts §4.3). What is not a variable is
//! plain text to IAM, brackets and all.

use super::statement::{Condition, Document, Statement, items};
use super::{Description, Findings, Level};
use crate::condition::Comparison;
use crate::context::Key;
use crate::json::{Node, Value};
use crate::policy::{Effect, PolicyType};
use crate::variable::{Piece, Template};

enum VariableFinding {
    /// `${…}` in a document of version 2008-10-17. Source: Access Analyzer policy check reference,
    /// VARIABLE_UNSUPPORTED_IN_VERSION (aws-facts §10, 53).
    WithoutVersion { text: String },
    /// `${…}` in an element without variables. Source: Access Analyzer policy check reference,
    /// VARIABLE_UNSUPPORTED_IN_ELEMENT.
    InElement { element: &'static str },
    /// `${…}` in a value of an operator that takes none. Source: IAM User Guide, "IAM policy elements: Variables
    /// and tags", where variables can be used.
    InOperator { operator: String },
    /// `${…}` in a Boolean, on which two pages disagree. Source: as [`Self::InOperator`], and "IAM JSON policy
    /// elements: Condition operators".
    InBool { operator: String },
    /// `${…}` in the partition, service, Region or account of an ARN. Source: IAM User Guide, "IAM JSON policy
    /// elements: Resource": variables after the fifth colon.
    BeforeFifthColon { text: String },
    /// `${` that is never closed. Source: Access Analyzer policy check reference, MISSING_BRACE_IN_VARIABLE.
    MissingBrace { text: String },
    /// `${}`. Source: Access Analyzer policy check reference, EMPTY_VARIABLE.
    Empty,
    /// Something else between the braces. Source: as [`Self::InOperator`].
    NotAVariable { inside: String },
    /// A key with several values, which leaves the variable unset. Source: as [`Self::InOperator`]: multivalued
    /// keys cannot be variables.
    MultiValued { key: String },
    /// No global key has the name. Source: IAM User Guide, "AWS global condition context keys".
    UnknownKey { key: String },
    /// The resource of a Deny, which an unset variable takes away. Source: as [`Self::InOperator`], on keys
    /// without value (aws-facts §10, 52).
    UnsetOpensDeny { key: String },
}

pub(super) fn check(document: &Document, statement: &Statement, findings: &mut Findings) {
    check_elements_without(statement, findings);
    for value in statement.resource.iter().flat_map(|resource| &resource.values) {
        if !check_text(document, value.text, value.node, findings) {
            continue;
        }
        let template = Template::parse(value.text, true);
        if before_fifth_colon(&template) {
            let text = value.text.to_owned();
            findings.add(value.node, VariableFinding::BeforeFifthColon { text }.describe());
        }
        let negated = statement.resource.as_ref().is_some_and(|resource| resource.negated);
        if statement.effect == Effect::Deny
            && !negated
            && let Some(key) = without_default(&template)
        {
            findings.add(value.node, VariableFinding::UnsetOpensDeny { key: key.to_string() }.describe());
        }
    }
    for condition in &statement.conditions {
        for (text, node) in &condition.values {
            if !text.contains("${") {
                continue;
            }
            match no_variables_in(condition) {
                Some(finding) => findings.add(*node, finding.describe()),
                None => {
                    check_text(document, text, node, findings);
                }
            }
        }
    }
}

fn check_elements_without(statement: &Statement, findings: &mut Findings) {
    for element in ["Action", "NotAction", "Principal", "NotPrincipal"] {
        let Some(node) = statement.node.get(element) else { continue };
        let groups: Vec<&Node> = match &node.value {
            Value::Object(members) => members.iter().map(|member| &member.node).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => vec![node],
        };
        for value in groups.into_iter().flat_map(items) {
            if value.as_text().is_some_and(|text| text.contains("${")) {
                findings.add(value, VariableFinding::InElement { element }.describe());
            }
        }
    }
}

/// What keeps the values of this condition from having variables.
fn no_variables_in(condition: &Condition) -> Option<VariableFinding> {
    let operator = condition.operator_name.to_owned();
    match condition.operator?.comparison {
        Comparison::StringEquals
        | Comparison::StringEqualsIgnoreCase
        | Comparison::StringLike
        | Comparison::Arn => None,
        Comparison::Bool => Some(VariableFinding::InBool { operator }),
        Comparison::Number(_)
        | Comparison::Date(_)
        | Comparison::Binary
        | Comparison::Ip
        | Comparison::Null => Some(VariableFinding::InOperator { operator }),
    }
}

/// Checks a text that may hold variables; false where it holds none that counts.
fn check_text(document: &Document, text: &str, node: &Node, findings: &mut Findings) -> bool {
    if !text.contains("${") {
        return false;
    }
    let template = Template::parse(text, true);
    if !document.with_variables {
        let is_piece = |piece: &Piece| matches!(piece, Piece::Variable { .. } | Piece::Literal(_));
        // SCPs and RCPs without this version are refused, which reading the policy says.
        let refused =
            matches!(document.policy_type, PolicyType::ServiceControl | PolicyType::ResourceControl);
        if template.pieces().iter().any(is_piece) && !refused {
            findings.add(node, VariableFinding::WithoutVersion { text: text.to_owned() }.describe());
        }
        return false;
    }
    for piece in template.pieces() {
        match piece {
            Piece::Literal(_) => {}
            Piece::Text(text) => {
                for finding in leftovers(text) {
                    findings.add(node, finding.describe());
                }
            }
            Piece::Variable { key, default: _ } => {
                if let Some(finding) = check_key(key) {
                    findings.add(node, finding.describe());
                }
            }
        }
    }
    template.has_variables()
}

fn check_key(key: &Key) -> Option<VariableFinding> {
    match reference::key_anywhere(key.as_str()) {
        Some(known) if known.multi_valued => {
            Some(VariableFinding::MultiValued { key: known.name.to_owned() })
        }
        Some(_) => None,
        // Services have variables that are no condition keys.
        None => key
            .as_str()
            .starts_with("aws:")
            .then(|| VariableFinding::UnknownKey { key: key.as_str().to_owned() }),
    }
}

/// What stands in plain text and looks like a variable.
fn leftovers(text: &str) -> impl Iterator<Item = VariableFinding> + '_ {
    text.match_indices("${").map(|(at, _)| {
        let rest = &text[at + 2..];
        match rest.split_once('}') {
            None => VariableFinding::MissingBrace { text: text[at..].to_owned() },
            Some((inside, _)) if inside.trim().is_empty() => VariableFinding::Empty,
            Some((inside, _)) => VariableFinding::NotAVariable { inside: inside.to_owned() },
        }
    })
}

fn before_fifth_colon(template: &Template) -> bool {
    let mut colons = 0;
    template.pieces().iter().any(|piece| match piece {
        Piece::Text(text) => {
            colons += text.matches(':').count();
            false
        }
        Piece::Literal(_) => false,
        Piece::Variable { .. } => colons < 5,
    })
}

/// The first variable that may be unset: no default, and not a key that every request carries.
fn without_default(template: &Template) -> Option<&Key> {
    template.pieces().iter().find_map(|piece| match piece {
        Piece::Variable { key, default: None } if key.as_str() != "aws:principalaccount" => Some(key),
        Piece::Variable { .. } | Piece::Text(_) | Piece::Literal(_) => None,
    })
}

impl VariableFinding {
    fn describe(&self) -> Description {
        let error = |code, message: String, hint: Option<&str>| Description {
            code,
            level: Level::Error,
            message,
            hint: hint.map(str::to_owned),
        };
        match self {
            Self::WithoutVersion { text } => error(
                "VARIABLE_UNSUPPORTED_IN_VERSION",
                format!("`{text}` is plain text in this version of the policy language, `${{` and all"),
                Some("write \"Version\": \"2012-10-17\" at the top of the policy"),
            ),
            Self::InElement { element } => error(
                "VARIABLE_UNSUPPORTED_IN_ELEMENT",
                format!("`{element}` takes no variables; `${{` is plain text here"),
                None,
            ),
            Self::InOperator { operator } => {
                error("variable-in-operator", format!("values of `{operator}` take no variables"), None)
            }
            Self::InBool { operator } => Description {
                code: "variable-in-boolean",
                level: Level::Warning,
                message: format!("whether values of `{operator}` take variables is not settled"),
                hint: Some("write `true` or `false`".to_owned()),
            },
            Self::BeforeFifthColon { text } => error(
                "variable-before-fifth-colon",
                format!("`{text}` has a variable before the fifth colon, where none is taken"),
                Some("write `*` there and compare the key in a condition"),
            ),
            Self::MissingBrace { text } => error(
                "MISSING_BRACE_IN_VARIABLE",
                format!("`{text}` has no closing brace and is plain text"),
                None,
            ),
            Self::Empty => error("EMPTY_VARIABLE", "`${}` names no key and is plain text".to_owned(), None),
            Self::NotAVariable { inside } => error(
                "not-a-variable",
                format!("`${{{inside}}}` is not a variable and is plain text"),
                Some("a variable is `${key}` or `${key, 'default'}`, and the key has a colon"),
            ),
            Self::MultiValued { key } => error(
                "multi-valued-variable",
                format!("`{key}` may have several values and cannot be a variable"),
                None,
            ),
            Self::UnknownKey { key } => error(
                "unknown-variable",
                format!(
                    "the IAM User Guide lists no global condition key `{key}`, so the variable is never set"
                ),
                None,
            ),
            Self::UnsetOpensDeny { key } => Description {
                code: "unset-variable-opens-deny",
                level: Level::Suggestion,
                message: format!("where a request carries no `{key}`, this Deny has no such resource"),
                hint: Some(format!("deny requests without it as well, or give a default: `${{{key}, '…'}}`")),
            },
        }
    }
}

//! Whether a statement's Action or NotAction covers the requested action.
//!
//! It does not know which actions exist. Follows IAM User Guide, "IAM JSON policy elements: Action" and
//! "IAM JSON policy elements: NotAction".

use serde_json::Value;

use super::context::scalars;
use super::glob;
use super::truth::Truth;

/// "IAM JSON policy elements: Action": a statement has either Action or NotAction.
pub fn covered(statement: &Value, action: &str) -> Truth {
    let matches_some = |values: &Value| {
        scalars(values).map(|patterns| patterns.iter().any(|pattern| matches(pattern, action)))
    };
    match (statement.get("Action"), statement.get("NotAction")) {
        (Some(values), None) => match matches_some(values) {
            Some(found) => Truth::of(found),
            None => Truth::Unsupported(format!("the Action {values}")),
        },
        // "NotAction": everything except the listed actions, in every service.
        (None, Some(values)) => match matches_some(values) {
            Some(found) => Truth::of(!found),
            None => Truth::Unsupported(format!("the NotAction {values}")),
        },
        (Some(_), Some(_)) => Truth::Unsupported("a statement with both Action and NotAction".to_string()),
        (None, None) => Truth::Unsupported("a statement with neither Action nor NotAction".to_string()),
    }
}

/// "Action": `service:name`, both without regard to case, `*` and `?` as wildcards; `*` alone is every action.
pub fn matches(pattern: &str, action: &str) -> bool {
    if only_stars(pattern) {
        return true;
    }
    let (pattern, action) = (pattern.to_lowercase(), action.to_lowercase());
    match (pattern.split_once(':'), action.split_once(':')) {
        (Some((service_pattern, name_pattern)), Some((service, name))) => {
            glob::matches(&glob::pieces(service_pattern), service)
                && glob::matches(&glob::pieces(name_pattern), name)
        }
        (_, _) => false,
    }
}

fn only_stars(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.chars().all(|character| character == '*')
}

//! The rules whose findings `iam::lint` makes: what each means, and an example of it.
//!
//! Grouped as the lint is. Several of its codes may be one rule here, where one page explains them all. Does not
//! look at policies itself.

mod action;
mod bedrock;
mod breadth;
mod document;
mod key;
mod operator;
mod organization;
mod resource;
mod variable;

use iam::lint::Level;

use super::finding::Severity;
use super::rule::Rule;

/// Every group.
pub const RULES: &[&[Rule]] = &[
    action::RULES,
    bedrock::RULES,
    breadth::RULES,
    document::RULES,
    key::RULES,
    operator::RULES,
    organization::RULES,
    resource::RULES,
    variable::RULES,
];

/// How bad a finding of the lint is.
pub fn severity(level: Level) -> Severity {
    match level {
        Level::Suggestion => Severity::Low,
        Level::Warning => Severity::Medium,
        Level::SecurityWarning | Level::Error => Severity::High,
    }
}

//! What a policy document says that its author hardly meant.
//!
//! IAM stores a statement about an action that does not exist, a key that no request carries or a pattern that
//! is compared literally, and it then decides nothing or everything. Each group of findings has a file; every
//! kind has its source. Codes in capitals are those of IAM User Guide, "Access Analyzer policy check
//! reference"; the others are ours, as are the levels.
//!
//! Deliberately absent: what IAM refuses when a policy is written, which is [`crate::policy::read()`]'s business,
//! sizes ([`crate::size`]), and what an organisation wants. What exists is what the reference knows; a name
//! that AWS added since is reported as unknown.

mod action;
mod bedrock;
mod breadth;
mod document;
mod key;
pub mod nearest;
mod operator;
mod organization;
mod resource;
pub mod statement;
mod template;
mod variable;

use crate::json::Node;
use crate::policy::PolicyType;
use statement::Document;

pub use resource::takes;

/// One thing to tell the author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A stable name for machines.
    pub code: &'static str,
    pub level: Level,
    /// Where it begins and ends in the text, in bytes.
    pub start: usize,
    pub end: usize,
    pub message: String,
    /// What to do about it, where that is not said by the message.
    pub hint: Option<String>,
}

/// How much it matters, in the terms of IAM Access Analyzer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Says nothing wrong, and could be said better.
    Suggestion,
    /// Probably not what is meant.
    Warning,
    /// Allows, or fails to deny, more than is probably meant.
    SecurityWarning,
    /// Cannot mean what it says.
    Error,
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Suggestion => "suggestion",
            Self::Warning => "warning",
            Self::SecurityWarning => "security warning",
            Self::Error => "error",
        })
    }
}

/// Everything there is to tell about a document, in the order of its text.
///
/// The tree is the one that [`crate::policy::from_node`] takes. A document that is no policy gives no findings.
pub fn lint(document: &Node, policy_type: PolicyType) -> Vec<Finding> {
    let mut findings = Findings::default();
    if let Some(document) = Document::new(document, policy_type) {
        document::check(&document, &mut findings);
        bedrock::check(&document, &mut findings);
        for statement in &document.statements {
            action::check(statement, &mut findings);
            resource::check(statement, &mut findings);
            key::check(statement, &mut findings);
            operator::check(statement, &mut findings);
            variable::check(&document, statement, &mut findings);
            breadth::check(&document, statement, &mut findings);
            organization::check(&document, statement, &mut findings);
        }
    }
    let mut found = findings.found;
    found.sort_by(|a, b| (a.start, a.end, a.code, &a.message).cmp(&(b.start, b.end, b.code, &b.message)));
    found.dedup();
    found
}

/// What a kind of finding says.
struct Description {
    code: &'static str,
    level: Level,
    message: String,
    hint: Option<String>,
}

/// A place in the text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl From<&Node> for Span {
    fn from(node: &Node) -> Self {
        Self { start: node.start, end: node.end }
    }
}

#[derive(Default)]
struct Findings {
    found: Vec<Finding>,
}

impl Findings {
    fn add(&mut self, span: impl Into<Span>, description: Description) {
        let Description { code, level, message, hint } = description;
        let Span { start, end } = span.into();
        self.found.push(Finding { code, level, start, end, message, hint });
    }
}

/// Names in a message: the first few, and how many more there are.
fn listed(names: &[String]) -> String {
    const SHOWN_MAX: usize = 3;
    let shown: Vec<String> = names.iter().take(SHOWN_MAX).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(SHOWN_MAX) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests;

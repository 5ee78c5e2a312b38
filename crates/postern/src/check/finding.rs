//! One thing to tell, and how much it matters.
//!
//! Severity says how bad it is if it is true, confidence how sure it is that it is true, audience who wants to hear
//! of it. They are three answers and none is derived from another.

use serde::Serialize;

use super::rule::Rule;

/// How bad it is, if it is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is wrong with it; it is worth knowing.
    Info,
    /// Says less, or something else, than it seems to, without harm.
    Low,
    /// Breaks something for somebody, or leaves something open that is reached with effort.
    Medium,
    /// Opens what is meant to be closed, or denies what is meant to work.
    High,
}

/// How sure it is that it is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// It depends on what this document does not say, or on behaviour that AWS does not describe.
    Low,
    /// It follows from AWS's pages, if the document stands as it seems to stand.
    Medium,
    /// It follows from the document and AWS's pages alone.
    High,
}

/// Who wants to hear of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Whoever wrote the policy.
    Author,
    /// Somebody who reviews access, and asks of each thing whether it is meant.
    Auditor,
    /// Somebody who also wants to hear what could be said better.
    Pedant,
}

impl Severity {
    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl Confidence {
    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl Audience {
    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Auditor => "auditor",
            Self::Pedant => "pedant",
        }
    }
}

/// One thing to tell about one place.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that says it.
    pub rule: &'static Rule,
    pub severity: Severity,
    pub confidence: Confidence,
    /// What is so, as a clause without full stop.
    pub message: String,
    /// What to write instead, as a clause without full stop.
    pub instead: String,
    /// Number of the source it stands in.
    pub source: usize,
    /// Where it begins and ends in that source, in bytes.
    pub start: usize,
    pub end: usize,
    /// Which of the documents in that source, where it holds several.
    pub document: Option<String>,
    /// How exactly the place is known.
    pub exactness: Exactness,
}

/// How exactly the place of a finding is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Exactness {
    /// To the character.
    Exact,
    /// Only where its document begins: the text is folded or escaped in a way that is not followed.
    Document,
}

//! What guardrails can be told to look for.
//!
//! Kept by hand; the table names its sources. Automated reasoning is not in it: guardrails that are enforced cannot have it.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::hand_kept::parse;

/// The table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardrailParts {
    /// By their words.
    #[serde(rename = "filter")]
    pub filters: Vec<ContentFilter>,
    pub pii: PiiTypes,
    pub limits: GuardrailLimits,
}

/// A filter of content, which has a strength.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentFilter {
    /// As charters say it.
    pub word: String,
    /// As the API says it.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it looks at what models answer, too.
    pub answers: bool,
    pub source: String,
}

/// Kinds of personal information that are found in texts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PiiTypes {
    /// By name, as the API says them.
    pub types: Vec<String>,
    pub source: String,
}

/// How much of each a guardrail takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardrailLimits {
    pub name_characters: usize,
    pub words: usize,
    pub word_characters: usize,
    pub patterns: usize,
    pub pattern_characters: usize,
    pub topics: usize,
    /// Of a definition.
    pub topic_characters: usize,
    pub message_characters: usize,
    pub source: String,
}

/// What guardrails can be told to look for.
pub fn guardrail_parts() -> &'static GuardrailParts {
    static PARTS: OnceLock<GuardrailParts> = OnceLock::new();
    PARTS.get_or_init(|| parse("guardrails.toml", include_str!("../data/guardrails.toml")))
}

#[cfg(test)]
mod tests {
    //! What every row holds to.

    use super::*;

    #[test]
    fn rows_are_sorted_and_have_sources() {
        let parts = guardrail_parts();
        assert!(parts.filters.is_sorted_by(|a, b| a.word < b.word));
        assert!(parts.pii.types.is_sorted_by(|a, b| a < b), "{:?}", parts.pii.types);
        assert!(parts.filters.iter().all(|each| !each.source.is_empty()));
        assert!(!parts.pii.source.is_empty() && !parts.limits.source.is_empty());
    }
}

//! What is wrong, or doubtful, in a charter, with its place and what to do.
//!
//! A diagnostic knows byte offsets; drawing lines and underlines is the work of whoever shows it.

use std::ops::Range;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing is compiled while it stands.
    Error,
    /// The charter has a meaning, though hardly the one that is wanted.
    Warning,
}

/// One thing to tell the author of a charter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub level: Level,
    /// What it is about, in bytes of the text.
    pub at: Range<usize>,
    pub message: String,
    pub hint: Option<String>,
    /// The other place of a contradiction, and what is there.
    pub also: Option<(Range<usize>, String)>,
}

impl Diagnostic {
    /// Something that keeps the charter from having a meaning.
    pub fn error(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { level: Level::Error, at, message: message.into(), hint: None, also: None }
    }

    /// Something that is hardly meant.
    pub fn warning(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::error(at, message) }
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with the other place.
    #[must_use]
    pub fn also(mut self, at: Range<usize>, message: impl Into<String>) -> Self {
        self.also = Some((at, message.into()));
        self
    }
}

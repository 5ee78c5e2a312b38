//! Policies as they are attached: name, document, and the place where the document stands.
//!
//! Documents of the same text are one [`Policy`], so that equal stacks can be told by comparing pointers; the text
//! itself is not kept, the place is, so that a line can be found again.

use std::sync::Arc;

use super::known::{Known, Missing};
use crate::policy::Policy;

/// A policy document and where it stands.
#[derive(Clone, Debug)]
pub struct Document {
    pub policy: Arc<Policy>,
    pub origin: Origin,
}

/// Where a document stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In a file of the data set.
    File {
        /// As its reader names it, mostly the path within the data set.
        file: Arc<str>,
        /// Where the document begins, in bytes: its brace, or the quote of the string that holds it.
        offset: u32,
        /// Whether the document is a JSON string in the file; statements then count from the beginning of the
        /// decoded text, and otherwise from `offset`.
        quoted: bool,
    },
    /// The text of an AWS managed policy that the reference has; the ARN.
    Reference { arn: Arc<str> },
    /// What AWS attaches by itself, such as `FullAWSAccess`.
    Aws,
}

/// A policy attached to somebody or something.
#[derive(Clone, Debug)]
pub struct Attached {
    /// Its name; of an inline policy the name within its owner.
    pub name: Arc<str>,
    /// None for inline policies.
    pub arn: Option<Arc<str>>,
    pub via: Via,
    pub document: Known<Document>,
}

/// How a policy comes to whom it applies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// Its own.
    Own,
    /// Through a group of this name.
    Group(Arc<str>),
}

impl Attached {
    /// Its document's statements.
    pub fn policy(&self) -> Known<&Arc<Policy>> {
        self.document.as_ref().map(|document| &document.policy)
    }

    /// Equal for documents of the same text; of unknown ones for the same reason.
    pub(super) fn token(&self) -> usize {
        match &self.document {
            Known::Known(document) => Arc::as_ptr(&document.policy) as usize,
            Known::Unknown(why) => Arc::as_ptr(why) as usize,
        }
    }

    /// Why its document is not known.
    pub fn missing(&self) -> Option<&Arc<Missing>> {
        self.document.missing()
    }
}

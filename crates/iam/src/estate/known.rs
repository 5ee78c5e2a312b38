//! What is known, and why something is not.
//!
//! A list that nobody could read is not an empty list, and a policy that AWS would not show is not an absent one.
//! AWS's own "there is none" (`NoSuchBucketPolicy`, `NoSuchPublicAccessBlockConfiguration`) is knowledge:
//! `Known(None)`.

use std::fmt;
use std::sync::Arc;

use crate::arn::AccountId;

/// A value, or the reason why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known<T> {
    Known(T),
    Unknown(Arc<Missing>),
}

impl<T> Known<T> {
    /// The value, or the reason; for the `?` operator.
    ///
    /// # Errors
    /// The reason why it is not known.
    pub fn result(self) -> Result<T, Arc<Missing>> {
        match self {
            Self::Known(value) => Ok(value),
            Self::Unknown(why) => Err(why),
        }
    }

    /// The same, borrowed.
    pub fn as_ref(&self) -> Known<&T> {
        match self {
            Self::Known(value) => Known::Known(value),
            Self::Unknown(why) => Known::Unknown(why.clone()),
        }
    }

    /// What follows from the value; nothing follows from a reason but the reason.
    pub fn map<U>(self, of: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Self::Known(value) => Known::Known(of(value)),
            Self::Unknown(why) => Known::Unknown(why),
        }
    }

    /// What may follow from the value.
    pub fn and_then<U>(self, of: impl FnOnce(T) -> Known<U>) -> Known<U> {
        match self {
            Self::Known(value) => of(value),
            Self::Unknown(why) => Known::Unknown(why),
        }
    }

    /// Why it is not known.
    pub fn missing(&self) -> Option<&Arc<Missing>> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(why) => Some(why),
        }
    }
}

impl<T> From<Result<T, Arc<Missing>>> for Known<T> {
    fn from(result: Result<T, Arc<Missing>>) -> Self {
        match result {
            Ok(value) => Self::Known(value),
            Err(why) => Self::Unknown(why),
        }
    }
}

/// Something that is not known, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Missing {
    pub account: Option<AccountId>,
    /// `global` for services without Regions.
    pub region: Option<Arc<str>>,
    /// The call that would tell, as the AWS CLI names it (`iam get-account-authorization-details`), or what is
    /// missing in words.
    pub what: Arc<str>,
    /// What the call was asked about: an id, a name, an ARN.
    pub item: Option<Arc<str>>,
    /// The file in which the answer should stand, as the reader of the data set names it.
    pub file: Option<Arc<str>>,
    pub reason: Reason,
}

/// Why something is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// No source says that it was ever asked.
    NeverAsked,
    /// It may be there; it was left unread because the question did not need it.
    NotRead,
    /// AWS refused to say.
    Denied { code: String },
    /// The call failed for another reason, such as throttling.
    Failed { code: String },
    /// It was answered, and the file with the answer is not there.
    FileAbsent,
    /// The file cannot be opened or read.
    FileUnreadable { problem: String },
    /// The file is not JSON from beginning to end.
    Damaged { line: usize, column: usize, problem: String },
    /// The file is JSON, and not of the shape that the call answers with.
    Shape { problem: String },
    /// The file holds one page of an answer that has more.
    OnePage,
    /// What it holds belongs to another account or organisation than the place where it stands.
    Foreign { found: String },
    /// A policy is attached whose text no source has.
    NoText,
    /// It is all there, and what comes of it no page of AWS says.
    Unsettled { why: String },
    /// A policy document that is not one; the first thing that is wrong with it.
    NoMeaning { line: usize, column: usize, problem: String },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverAsked => f.write_str("was never asked"),
            Self::NotRead => f.write_str("was not read for this question"),
            Self::Denied { code } => write!(f, "was denied (`{code}`)"),
            Self::Failed { code } => write!(f, "failed (`{code}`)"),
            Self::FileAbsent => f.write_str("was answered, and the file is not there"),
            Self::FileUnreadable { problem } => write!(f, "cannot be read: {problem}"),
            Self::Damaged { line, column, problem } => write!(f, "is damaged at {line}:{column}: {problem}"),
            Self::Shape { problem } => write!(f, "has another shape than AWS answers: {problem}"),
            Self::OnePage => f.write_str("holds one page of several"),
            Self::Foreign { found } => write!(f, "belongs elsewhere: {found}"),
            Self::NoText => f.write_str("is attached, and no source has its text"),
            Self::Unsettled { why } => write!(f, "is not settled: {why}"),
            Self::NoMeaning { line, column, problem } => {
                write!(f, "is no policy document ({line}:{column}: {problem})")
            }
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.account, &self.region) {
            (Some(account), Some(region)) if region.as_ref() != "global" => {
                write!(f, "{account}/{region}: ")?
            }
            (Some(account), _) => write!(f, "{account}: ")?,
            (None, Some(region)) => write!(f, "{region}: ")?,
            (None, None) => {}
        }
        write!(f, "`{}`", self.what)?;
        if let Some(item) = &self.item {
            write!(f, " of `{item}`")?;
        }
        write!(f, " {}", self.reason)?;
        match &self.file {
            Some(file) => write!(f, " ({file})"),
            None => Ok(()),
        }
    }
}

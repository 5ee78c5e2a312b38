//! What is there: data sets on disk, read into an [`iam::estate::Estate`].
//!
//! A data set is a snapshot (a folder of AWS's own answers, described in `docs/snapshot.md`), the output of one `aws iam
//! get-account-authorization-details`, or the file store of iam-collect; [`open`] tells them apart. What cannot be read
//! is unknown for its reason and never empty. Deliberately absent: calls of AWS, decisions, findings.

pub mod calls;
pub mod names;
pub mod snapshot;

mod account;
mod details;
mod details_file;
mod digest;
mod documents;
mod folder;
mod iam_collect;
mod inventory;
mod organization;
mod parallel;
mod region;
mod select;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use iam::estate::Estate;

pub use digest::digest;
pub use snapshot::Snapshot;

/// How much of a data set is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Organisations and principals; everything else is unknown because it was not read.
    Principals,
    /// Everything there is.
    Everything,
}

/// What kind of data set a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataSet {
    Snapshot,
    /// The output of `aws iam get-account-authorization-details`.
    AccountDetails,
    /// The file store of iam-collect.
    IamCollect,
}

/// Reads whatever data set a path is.
///
/// # Errors
/// [`OpenError`] when it is none. What is wrong inside a data set is unknown, not an error.
pub fn open(path: &Path, depth: Depth) -> Result<Estate, OpenError> {
    match data_set(path)? {
        DataSet::Snapshot => Ok(Snapshot::open(path)?.estate(depth)),
        DataSet::AccountDetails => details_file::estate(path),
        DataSet::IamCollect => iam_collect::estate(path),
    }
}

/// What kind of data set a path is, by what stands there.
///
/// # Errors
/// [`OpenError`] when it is none.
pub fn data_set(path: &Path) -> Result<DataSet, OpenError> {
    let unreadable =
        |error: std::io::Error| OpenError::Unreadable { path: path.to_owned(), problem: error.to_string() };
    if fs::metadata(path).map_err(unreadable)?.is_file() {
        return Ok(DataSet::AccountDetails);
    }
    if iam_collect::store(path).is_some() {
        return Ok(DataSet::IamCollect);
    }
    if path.join("accounts").is_dir() {
        return Ok(DataSet::Snapshot);
    }
    Err(OpenError::NoDataSet { path: path.to_owned() })
}

/// Why a path is no data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// It cannot be read.
    Unreadable { path: PathBuf, problem: String },
    /// A folder in which no account has a folder of its own.
    NoAccount { path: PathBuf },
    /// A folder that is none of the data sets.
    NoDataSet { path: PathBuf },
    /// A file that is not what `aws iam get-account-authorization-details` prints.
    NotDetails { path: PathBuf, why: String },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, problem } => write!(f, "`{}` cannot be read: {problem}", path.display()),
            Self::NoAccount { path } => {
                write!(f, "`{}` holds no folder that is named by an account id", path.display())
            }
            Self::NoDataSet { path } => {
                write!(f, "`{}` is neither a snapshot nor a store of iam-collect", path.display())
            }
            Self::NotDetails { path, why } => {
                write!(
                    f,
                    "`{}` is not the output of `aws iam get-account-authorization-details`: {why}",
                    path.display()
                )
            }
        }
    }
}

impl std::error::Error for OpenError {}

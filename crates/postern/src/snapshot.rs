//! Data sets from disk, for the verbs; and the script that makes a snapshot, with the permissions it needs.

pub mod commands;
pub mod permissions;

use std::path::Path;

pub use iam::estate::Estate;
use observe::Depth;

use crate::input::Complaint;

/// Reads a snapshot, an account's authorization details or a store of iam-collect.
///
/// # Errors
/// A complaint when it is none of these.
pub fn open(path: &Path) -> Result<Estate, Vec<Complaint>> {
    let estate = observe::open(path, Depth::Everything).map_err(|error| {
        let complaint = Complaint::new(path.display().to_string(), error.to_string());
        vec![complaint.hint("`docs/snapshot.md` says what a snapshot is; `postern demo` has one")]
    })?;
    Ok(far_enough(path, estate))
}

/// The digest that names the exact content of a data set.
///
/// # Errors
/// Why part of it cannot be read; what the answers do not know for that reason they say themselves.
pub fn digest(path: &Path) -> Result<String, String> {
    observe::digest(path).map_err(|error| error.to_string())
}

/// What is said with every answer about an account of which only IAM was asked.
pub const AS_FAR_AS_IAM_DECIDES: &str = "as far as IAM decides: service control policies, resource control policies and \
policies of resources were not asked, and may deny or allow more";

/// Details of an account hold nothing but IAM: they are answered as far as that decides.
pub(crate) fn far_enough(path: &Path, estate: Estate) -> Estate {
    match observe::data_set(path) {
        Ok(observe::DataSet::AccountDetails) => estate.as_far_as_iam_decides(),
        Ok(observe::DataSet::Snapshot | observe::DataSet::IamCollect) | Err(_) => estate,
    }
}

/// Whether a path is a snapshot: a folder with AWS's own answers.
pub fn is_one(path: &Path) -> bool {
    observe::data_set(path) == Ok(observe::DataSet::Snapshot)
}

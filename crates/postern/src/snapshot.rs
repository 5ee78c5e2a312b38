//! Data sets from disk, for the verbs; and the script that makes a snapshot, with the permissions it needs.

pub mod commands;
pub mod permissions;

use std::path::Path;

use iam::estate::Estate;
use observe::Depth;

use crate::input::Complaint;

/// Reads a snapshot, an account's authorization details or a store of iam-collect.
///
/// # Errors
/// A complaint when it is none of these.
pub fn open(path: &Path) -> Result<Estate, Vec<Complaint>> {
    observe::open(path, Depth::Everything).map_err(|error| {
        let complaint = Complaint::new(path.display().to_string(), error.to_string());
        vec![complaint.hint("`docs/snapshot.md` says what a snapshot is; `postern demo` has one")]
    })
}

/// Whether a path is a snapshot: a folder with AWS's own answers.
pub fn is_one(path: &Path) -> bool {
    observe::data_set(path) == Ok(observe::DataSet::Snapshot)
}

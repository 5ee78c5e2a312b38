//! What is there: data sets on disk, read into an [`iam::estate::Estate`].
//!
//! A data set is a snapshot (a folder of AWS's own answers, described in `docs/snapshot.md`), the output of one `aws iam
//! get-account-authorization-details`, or the file store of iam-collect; [`open`] tells them apart. What cannot be read
//! is unknown for its reason and never empty. Deliberately absent: calls of AWS, decisions, findings.

pub mod calls;

//! Writes AWS refuses whatever the policies say.
//!
//! Does not match patterns; `*` in a pattern is any run of characters, as in a policy. Kept by hand from the IAM User
//! Guide and the AWS KMS API Reference.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::hand_kept::{Basis, parse};

/// One kind of refused write.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Stable id, e.g. `aws-managed-policy`.
    pub id: String,
    /// Actions that are refused, as `service:Name`.
    pub actions: Vec<String>,
    /// Writing actions on the same resources that are not refused, as `service:Name`.
    pub not_refused: Vec<String>,
    /// ARN pattern of the resources.
    pub resource: String,
    /// The reason, as a sentence without full stop.
    pub sentence: String,
    /// How well it is known.
    pub basis: Basis,
    /// Where it comes from.
    pub source: String,
}

/// All refusals, by id.
pub fn refusals() -> &'static [Refusal] {
    static REFUSALS: OnceLock<Vec<Refusal>> = OnceLock::new();
    REFUSALS.get_or_init(|| {
        let table: RefusalTable = parse("refusals.toml", include_str!("../data/refusals.toml"));
        table.refusal
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusalTable {
    refusal: Vec<Refusal>,
}

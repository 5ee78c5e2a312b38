//! Quotas on policies: how large, how many, and how each is counted.
//!
//! Does not count. Kept by hand from the AWS Organizations User Guide, "Quotas and service limits", and the IAM User
//! Guide, "IAM and AWS STS quotas".

use std::sync::OnceLock;

use serde::Deserialize;

use crate::hand_kept::{Basis, parse};

/// One quota.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Stable id, e.g. `scp-characters-api`.
    pub id: String,
    /// What it limits, in words.
    pub what: String,
    /// The largest value that is accepted.
    pub limit: u64,
    /// The smallest value that is accepted, where there is one.
    pub least: Option<u64>,
    /// What AWS may raise it to; nothing means it cannot be raised or that is not said.
    pub adjustable_to: Option<u64>,
    /// The way the policy is handed in that this row is about.
    pub submission: Submission,
    /// How it is counted.
    pub counting: Counting,
    /// How well it is known.
    pub basis: Basis,
    /// Where it comes from.
    pub source: String,
}

/// How a policy reaches AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Submission {
    /// Either way.
    Any,
    /// Through the AWS CLI, an SDK or infrastructure as code: stored as sent.
    Api,
    /// Through the console, which strips white space.
    Console,
}

/// How a quota is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counting {
    /// Every character, white space included.
    Characters,
    /// Characters without white space.
    CharactersWithoutWhiteSpace,
    /// Characters of all documents of one identity together, without white space.
    SumOfCharactersWithoutWhiteSpace,
    /// Things.
    Items,
    /// Seconds.
    Seconds,
}

/// All quotas, by id.
pub fn quotas() -> &'static [Quota] {
    static QUOTAS: OnceLock<Vec<Quota>> = OnceLock::new();
    QUOTAS.get_or_init(|| {
        let table: QuotaTable = parse("quotas.toml", include_str!("../data/quotas.toml"));
        table.quota
    })
}

/// The quota of this id.
pub fn quota(id: &str) -> Option<&'static Quota> {
    quotas().iter().find(|each| each.id == id)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuotaTable {
    quota: Vec<Quota>,
}

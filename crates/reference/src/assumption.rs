//! Points where AWS's behaviour is inferred or unsettled: what each may mean, where that is known from, and how to
//! find out.
//!
//! Computes nothing: who computes a point says [`Concern`]. Kept by hand; where AWS's pages disagree or are silent
//! the row says so.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::hand_kept::parse;

/// One unsettled point.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumption {
    /// Its id, e.g. `star-across-colons`.
    pub id: String,
    /// Who computes its readings.
    pub concern: Concern,
    /// What is unsettled, in one sentence.
    pub title: String,
    /// What is known about it, and where from.
    pub source: String,
    /// How somebody with an AWS account can find out.
    pub settle: String,
    /// What AWS may do; the first is the default. At least two.
    pub readings: Vec<Reading>,
    /// The reading that evidence decides, where there is one.
    pub settled: Option<Settled>,
}

/// One thing AWS may do.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Its name within the assumption.
    pub name: String,
    /// What it means.
    pub means: String,
}

/// Evidence that decides a point although no page of AWS does.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settled {
    /// Name of the reading.
    pub reading: String,
    /// The evidence.
    pub by: String,
}

/// Who computes the readings of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Concern {
    /// The evaluator: how one authorisation is answered.
    Evaluation,
    /// The fan-out of operations: which authorisations a call makes, and with which keys.
    Operation,
    /// Nobody; it is stated beside the answers it could touch.
    None,
}

impl Assumption {
    /// The reading that is shown when all agree.
    pub fn default_reading(&self) -> &Reading {
        &self.readings[0]
    }
}

/// The assumption of this id.
pub fn assumption(id: &str) -> Option<&'static Assumption> {
    assumptions().iter().find(|each| each.id == id)
}

/// All assumptions, by id.
pub fn assumptions() -> &'static [Assumption] {
    static ASSUMPTIONS: OnceLock<Vec<Assumption>> = OnceLock::new();
    ASSUMPTIONS.get_or_init(|| {
        let table: AssumptionTable = parse("assumptions.toml", include_str!("../data/assumptions.toml"));
        let mut all = table.assumption;
        all.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        all
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssumptionTable {
    assumption: Vec<Assumption>,
}

//! Steps by which a principal comes to act with the rights of another one.
//!
//! Does not decide who may take a step. Kept by hand from the service guides; every row names its source. Rewriting
//! policies is no step: it is caught as administration, not as reach.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::hand_kept::parse;

/// One kind of step.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReachStep {
    /// Stable id in kebab case, e.g. `pass-lambda`.
    pub id: String,
    pub kind: ReachKind,
    /// What is done, after "it" and before whom: `assumes the role`.
    pub title: String,
    /// Actions as `service:Name`; one of them is enough.
    pub actions: Vec<String>,
    /// Of a thing that is used: its kind, as snapshots name it.
    pub on: Option<String>,
    /// Of a role that is passed: the service principal that must be trusted.
    pub service: Option<String>,
    /// Where it comes from.
    pub source: String,
}

/// How a step works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReachKind {
    /// A role is assumed.
    Assume,
    /// A thing is called that acts with its service role.
    Use,
    /// A role is handed to a service.
    Pass,
    /// A credential of a user is made.
    Mint,
}

/// All steps, in the order of the table.
pub fn reach_steps() -> &'static [ReachStep] {
    static STEPS: OnceLock<Vec<ReachStep>> = OnceLock::new();
    STEPS.get_or_init(|| {
        let table: StepTable = parse("steps.toml", include_str!("../data/steps.toml"));
        table.step
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepTable {
    step: Vec<ReachStep>,
}

#[cfg(test)]
mod tests {
    //! What every row holds to.

    use super::*;

    #[test]
    fn actions_exist_and_each_kind_says_what_it_needs() {
        for step in reach_steps() {
            for name in &step.actions {
                let (service, action) = name.split_once(':').unwrap();
                assert!(crate::action(service, action).is_some(), "{}: {name}", step.id);
            }
            assert_eq!(step.on.is_some(), step.kind == ReachKind::Use, "{}", step.id);
            assert_eq!(step.service.is_some(), step.kind == ReachKind::Pass, "{}", step.id);
            assert!(!step.source.is_empty());
        }
    }

    #[test]
    fn ids_are_unique() {
        let mut ids: Vec<_> = reach_steps().iter().map(|step| &step.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), reach_steps().len());
    }
}

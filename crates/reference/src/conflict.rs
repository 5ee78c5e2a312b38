//! Duties that should not be in one hand.
//!
//! Kept by hand; every row names its source. What no row says may still be kept apart by whoever governs an organisation.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::duty::DutyKind;
use crate::hand_kept::parse;

/// Two duties that should not be in one hand.
#[derive(Debug, PartialEq, Eq)]
pub struct Conflict {
    /// By name.
    pub duties: [DutyKind; 2],
    /// As a clause without full stop.
    pub why: String,
    /// Where it comes from.
    pub source: String,
}

impl Conflict {
    /// The other duty, where one of the two is this.
    pub fn other(&self, duty: DutyKind) -> Option<DutyKind> {
        match self.duties {
            [one, other] if one == duty => Some(other),
            [other, one] if one == duty => Some(other),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConflictTable {
    conflict: Vec<ConflictRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConflictRow {
    duties: [String; 2],
    why: String,
    source: String,
}

/// All conflicts, in the order of the table.
pub fn conflicts() -> &'static [Conflict] {
    static CONFLICTS: OnceLock<Vec<Conflict>> = OnceLock::new();
    CONFLICTS.get_or_init(|| {
        let table: ConflictTable = parse("conflicts.toml", include_str!("../data/conflicts.toml"));
        let complete = |row: ConflictRow| {
            let duties = row.duties.map(|name| {
                DutyKind::named(&name).unwrap_or_else(|| panic!("conflicts.toml: no duty is called `{name}`"))
            });
            Conflict { duties, why: row.why, source: row.source }
        };
        table.conflict.into_iter().map(complete).collect()
    })
}

#[cfg(test)]
mod tests {
    //! What every row holds to.

    use super::*;

    #[test]
    fn rows_are_sorted_and_each_pair_stands_once() {
        let names: Vec<[&str; 2]> = conflicts().iter().map(|each| each.duties.map(DutyKind::name)).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        assert!(names.iter().all(|[one, other]| one < other), "{names:?}");
        assert!(conflicts().iter().all(|each| !each.why.is_empty() && !each.source.is_empty()));
        assert_eq!(conflicts()[0].other(DutyKind::Invoke), Some(DutyKind::GuardrailAdmin));
        assert_eq!(conflicts()[0].other(DutyKind::LogAdmin), None);
    }
}

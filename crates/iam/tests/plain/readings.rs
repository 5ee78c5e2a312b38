//! The points where AWS's behaviour is inferred or its pages disagree, each with its two readings.
//!
//! It holds no rule of its own: the rule that meets such a point computes both readings and asks here which one
//! counts. A point is asked about only where the two readings differ, so that the list of points asked about is the
//! list of points that can change the answer.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Assumption id to the name of the reading; a missing id means its first reading.
pub type Readings = BTreeMap<String, String>;

/// Every assumption with its readings, the default first.
pub const ASSUMPTIONS: [(&str, [&str; 2]); 13] = [
    ("star-across-colons", ["segments", "documented"]),
    ("arn-prefix-case", ["exact", "folded"]),
    ("variable-before-fifth-colon", ["literal", "substituted"]),
    ("short-arn-pattern", ["no-match", "wildcard"]),
    ("several-values", ["any", "no-match"]),
    ("for-any-value-if-exists", ["true", "false"]),
    ("empty-string", ["value", "missing"]),
    ("malformed-negated", ["true", "false"]),
    ("bool-variables", ["literal", "substituted"]),
    ("not-principal", ["specific", "all"]),
    ("not-principal-allow", ["everyone", "account"]),
    ("principal-is-aws-service", ["absent", "false"]),
    ("service-linked-role-name", ["service-linked", "ordinary"]),
];

/// The readings of one evaluation, and the points it asked about.
pub struct Choices<'a> {
    readings: &'a Readings,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Choices<'a> {
    /// # Panics
    /// When an id or a reading is misspelt: a test that sets one must not silently run with the default.
    pub fn new(readings: &'a Readings) -> Choices<'a> {
        for (id, reading) in readings {
            let known =
                ASSUMPTIONS.iter().any(|(known, names)| known == id && names.contains(&reading.as_str()));
            assert!(known, "no reading `{reading}` of assumption `{id}`");
        }
        Choices { readings, asked: RefCell::default() }
    }

    /// Of the results under the first and under the second reading, the one that counts.
    pub fn choose<T: PartialEq>(&self, id: &'static str, first: T, second: T) -> T {
        let Some((_, names)) = ASSUMPTIONS.iter().find(|(known, _)| *known == id) else {
            panic!("no assumption `{id}`");
        };
        if first == second {
            return first;
        }
        self.asked.borrow_mut().insert(id);
        match self.readings.get(id) {
            Some(reading) if reading == names[1] => second,
            Some(_) | None => first,
        }
    }

    /// The points where the readings differed somewhere in the evaluation.
    pub fn asked(&self) -> BTreeSet<&'static str> {
        self.asked.borrow().clone()
    }
}

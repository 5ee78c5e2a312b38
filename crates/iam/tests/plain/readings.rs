//! The points where AWS's behaviour is inferred or its pages disagree, each with its readings.
//!
//! It holds no rule of its own: the rule that meets such a point computes every reading and asks here which one
//! counts. A point is asked about only where the readings differ, so that the list of points asked about is the
//! list of points that can change the answer.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Assumption id to the name of the reading; a missing id means its first reading.
pub type Readings = BTreeMap<String, String>;

/// Every assumption with its readings, the default first.
pub const ASSUMPTIONS: [(&str, &[&str]); 13] = [
    ("star-across-colons", &["segments", "documented", "free"]),
    ("arn-prefix-case", &["exact", "folded"]),
    ("variable-before-fifth-colon", &["literal", "substituted"]),
    ("short-arn-pattern", &["no-match", "wildcard"]),
    ("several-values", &["any", "no-match"]),
    ("for-any-value-if-exists", &["true", "false"]),
    ("empty-string", &["value", "missing"]),
    ("malformed-negated", &["true", "false"]),
    ("bool-variables", &["literal", "substituted"]),
    ("not-principal", &["specific", "all"]),
    ("not-principal-allow", &["everyone", "account"]),
    ("principal-is-aws-service", &["absent", "false"]),
    ("service-linked-role-name", &["service-linked", "ordinary"]),
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
        self.choose_among(id, vec![first, second])
    }

    /// Of the results under each reading, in order, the one that counts.
    pub fn choose_among<T: PartialEq>(&self, id: &'static str, mut results: Vec<T>) -> T {
        let Some((_, names)) = ASSUMPTIONS.iter().find(|(known, _)| *known == id) else {
            panic!("no assumption `{id}`");
        };
        assert_eq!(names.len(), results.len(), "`{id}` has {} readings", names.len());
        if results.iter().all(|result| *result == results[0]) {
            return results.swap_remove(0);
        }
        self.asked.borrow_mut().insert(id);
        let counts = names.iter().position(|name| self.readings.get(id).is_some_and(|chosen| chosen == name));
        results.swap_remove(counts.unwrap_or(0))
    }

    /// The points where the readings differed somewhere in the evaluation.
    pub fn asked(&self) -> BTreeSet<&'static str> {
        self.asked.borrow().clone()
    }
}

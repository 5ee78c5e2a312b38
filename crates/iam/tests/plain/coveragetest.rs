//! That the generator always makes the same cases, and completions of what it hides.
//!
//! It compares nothing with the evaluator under test.

use super::generate::Generator;
use super::generate::completion::{complete, hide, missing_keys};
use super::plain::{Readings, evaluate};
use super::selftest::lookups;

#[test]
fn the_same_seed_gives_the_same_cases() {
    let run = |seed: u64| {
        let mut generator = Generator::new(seed, lookups());
        (0..50).map(|_| generator.next_case().to_string()).collect::<Vec<String>>()
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

#[test]
fn a_hidden_case_is_among_or_beside_its_completions() {
    let mut generator = Generator::new(3, lookups());
    let mut open = 0;
    for seed in 0..300 {
        let partial = hide(&generator.next_case(), seed);
        let missing = missing_keys(&partial);
        let completions = complete(&partial, &missing, 200);
        assert!(!completions.is_empty());
        let decisions: std::collections::BTreeSet<_> =
            completions.iter().map(|case| evaluate(case, &Readings::new(), lookups()).decision).collect();
        open += usize::from(decisions.len() > 1);
        assert!(!missing.is_empty() || decisions.len() == 1, "{partial}");
    }
    assert!(open > 30, "only {open} of 300 partial requests depend on what is hidden");
}

//! That the generated cases test every rule, in every outcome, and always the same cases.
//!
//! It compares nothing with the evaluator under test.

use super::generate::Generator;
use super::generate::completion::{complete, hide, missing_keys};
use super::generate::coverage::Coverage;
use super::plain::{Readings, evaluate};
use super::selftest::lookups;

#[test]
fn twenty_thousand_cases_leave_no_gap_and_fall_in_thirds() {
    let mut generator = Generator::new(1, lookups());
    let mut coverage = Coverage::new();
    for _ in 0..20_000 {
        coverage.record(&generator.next_case(), lookups());
    }
    println!(
        "{:?} {:?}, {} cases missed their aim",
        coverage.counts(),
        coverage.decisions(),
        generator.missed()
    );
    assert_eq!(coverage.missing(), [], "rules that no case tested");
    for decision in ["allowed", "explicit_deny", "implicit_deny"] {
        let count = coverage.decisions()[decision];
        assert!((5_000..=8_500).contains(&count), "{count} cases of 20,000 are {decision}");
    }
}

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

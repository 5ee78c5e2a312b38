//! The evaluator and the plain one answer alike, over generated cases that leave no combination untried.
//!
//! `POSTERN_CASES` sets how many cases are compared; 20,000 are what the generator needs to test every rule.

#[path = "plain/evaluator.rs"]
mod plain;

#[path = "plain/generate.rs"]
mod generate;

use std::collections::BTreeMap;

use generate::Generator;
use generate::completion::{complete, hide, missing_keys};
use generate::coverage::Coverage;
use iam::answer::{Decision, Doubt, Outcome};
use iam::assumption::{Assumption, Readings};
use iam::authorize::{authorize, decide_under};
use iam::case::{self, Case};
use plain::Lookups;
use serde_json::Value;

const LOOKUPS: Lookups<'static> = Lookups {
    resource_less: &|action| {
        let (service, name) = action.split_once(':').unwrap_or((action, ""));
        reference::action(service, name).is_some_and(|known| !known.takes_resources())
    },
    rcp_supported: &|service| reference::supports_rcp(service),
};

fn cases_wanted(default: usize) -> usize {
    std::env::var("POSTERN_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn read(value: &Value) -> Case {
    let text = value.to_string();
    case::parse(text.as_bytes()).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"))
}

/// Whether AWS could send the key with the action: its own keys are listed for it.
fn can_carry(case: &Value, key: &str) -> bool {
    let action = case["request"]["action"].as_str().unwrap().to_lowercase();
    let (service, name) = action.split_once(':').unwrap();
    let is_own = key.split(':').next() == Some(service);
    !is_own || reference::action(service, name).is_none_or(|known| known.lists_key(key))
}

fn plainly(decision: Decision) -> plain::Decision {
    match decision {
        Decision::Allow => plain::Decision::Allowed,
        Decision::ExplicitDeny => plain::Decision::ExplicitDeny,
        Decision::ImplicitDeny => plain::Decision::ImplicitDeny,
    }
}

fn decided(decision: &plain::Decision) -> Option<Decision> {
    match decision {
        plain::Decision::Allowed => Some(Decision::Allow),
        plain::Decision::ExplicitDeny => Some(Decision::ExplicitDeny),
        plain::Decision::ImplicitDeny => Some(Decision::ImplicitDeny),
        plain::Decision::Unsupported(_) => None,
    }
}

/// Our readings for theirs; what theirs leave out stays at its default.
fn readings(theirs: &plain::Readings) -> Readings {
    theirs.iter().fold(Readings::default(), |readings, (id, name)| {
        let assumption = Assumption::ALL.into_iter().find(|one| one.id() == id).unwrap();
        let number = assumption.readings().iter().position(|reading| reading == name).unwrap();
        readings.with(assumption, number as u8)
    })
}

#[test]
fn complete_requests_are_answered_alike_under_every_reading() {
    let mut generator = Generator::new(11, LOOKUPS);
    let mut coverage = Coverage::new();
    let wanted = cases_wanted(20_000);
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..wanted {
        let value = generator.next_case();
        coverage.record(&value, LOOKUPS);
        let case = read(&value);
        let answer = authorize(&case.request, &case.layers);
        let everywhere = plain::evaluate_all_readings(&value, LOOKUPS);
        // Each decision that some reading gives, we give under that reading.
        for (decision, theirs) in &everywhere {
            let ours = decide_under(&case.request, &case.layers, readings(theirs));
            assert_eq!(ours, decided(decision), "under {theirs:?}\n{value}");
        }
        let mut decisions = everywhere.keys().map(decided);
        match &answer.outcome {
            Outcome::Decided(decision) => {
                assert!(everywhere.keys().eq([&plainly(*decision)]), "{everywhere:?}\n{value}");
                let verdict = plain::evaluate(&value, &plain::Readings::new(), LOOKUPS);
                let denied_by = answer.denied_by.iter().map(|layer| layer.name().to_owned()).collect();
                assert_eq!(verdict.denied_by, denied_by, "{answer:?}\n{value}");
                *outcomes.entry("decided").or_default() += 1;
            }
            Outcome::Unknown(doubts) => {
                let by_reading = doubts.iter().all(|doubt| matches!(doubt, Doubt::Assumption(_)));
                let expected =
                    if by_reading { everywhere.len() > 1 } else { decisions.any(|one| one.is_none()) };
                assert!(expected, "{doubts:?} but {everywhere:?}\n{value}");
                *outcomes.entry("unknown").or_default() += 1;
            }
            Outcome::NeedsContext(keys) => panic!("a complete request needs {keys:?}\n{value}"),
        }
    }
    assert!(outcomes.values().all(|count| count * 50 > wanted), "{outcomes:?}");
    if wanted >= 20_000 {
        assert_eq!(coverage.missing(), [], "rules that no case tested");
    }
}

#[test]
fn partial_requests_are_decided_only_as_every_completion_is() {
    let mut generator = Generator::new(12, LOOKUPS);
    let (mut decided_though_partial, mut open, mut open_in_vain) = (0, 0, 0);
    let wanted = cases_wanted(20_000) / 10;
    for seed in 0..wanted as u64 {
        let value = hide(&generator.next_case(), seed);
        let mut missing = missing_keys(&value);
        missing.retain(|key| can_carry(&value, key));
        let case = read(&value);
        let outcome = authorize(&case.request, &case.layers).outcome;
        let completions = complete(&value, &missing, 100);
        let answers: Vec<Outcome> = completions
            .iter()
            .map(|completion| {
                let case = read(completion);
                authorize(&case.request, &case.layers).outcome
            })
            .collect();
        match outcome {
            Outcome::Decided(decision) => {
                decided_though_partial += usize::from(!missing.is_empty());
                for (answer, completion) in answers.iter().zip(&completions) {
                    assert_eq!(*answer, Outcome::Decided(decision), "{value}\n{completion}");
                }
            }
            Outcome::NeedsContext(keys) => {
                assert!(!keys.is_empty(), "{value}");
                for key in &keys {
                    assert!(missing.iter().any(|one| one == key.as_str()), "{key} is not missing\n{value}");
                }
                open += 1;
                open_in_vain += usize::from(answers.iter().all(|answer| *answer == answers[0]));
            }
            Outcome::Unknown(_) => {}
        }
    }
    assert!(
        decided_though_partial * 20 > wanted,
        "only {decided_though_partial} partial requests were decided"
    );
    assert!(open * 10 > wanted, "only {open} partial requests were left open");
    assert!(
        open_in_vain * 3 < open,
        "{open_in_vain} of {open} were left open though all completions tried agree"
    );
}

//! The evaluator and the plain one of the tests decide every case alike, under every reading of what is unsettled.
//!
//! The tests generate cases that aim at rules; here bytes become cases, and coverage decides which bytes come next.
//! Complete requests only, since the plain evaluator answers no others.

#![no_main]

#[path = "evaluator_vs_plain/cases.rs"]
mod cases;
#[path = "../../crates/iam/tests/plain/evaluator.rs"]
mod plain;

use iam::answer::{Decision, Doubt, Outcome};
use iam::assumption::{Assumption, Readings};
use iam::authorize::{authorize, decide_under};
use iam::case;
use libfuzzer_sys::arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use plain::Lookups;

const LOOKUPS: Lookups<'static> = Lookups {
    resource_less: &|action| {
        let (service, name) = action.split_once(':').unwrap_or((action, ""));
        reference::action(service, name).is_some_and(|known| !known.takes_resources())
    },
    rcp_supported: &|service| reference::supports_rcp(service),
};

/// Most assumptions that may meet in one case: every combination of their readings is tried.
const ASSUMPTIONS_MAX: usize = 6;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = cases::from_bytes(&mut Unstructured::new(bytes)) else { return };
    let Ok(case) = case::parse(value.to_string().as_bytes()) else { return };
    let answer = authorize(&case.request, &case.layers);
    let met = match &answer.outcome {
        Outcome::Unknown(doubts) => doubts.len(),
        Outcome::Decided(_) | Outcome::NeedsContext(_) => answer.assumptions.iter().count(),
    };
    if met > ASSUMPTIONS_MAX {
        return;
    }
    let everywhere = plain::evaluate_all_readings(&value, LOOKUPS);
    for (decision, theirs) in &everywhere {
        let ours = decide_under(&case.request, &case.layers, readings(theirs));
        assert_eq!(ours, decided(decision), "under {theirs:?}\n{value}");
    }
    match &answer.outcome {
        Outcome::Decided(decision) => {
            let theirs: Vec<_> = everywhere.keys().map(decided).collect();
            assert_eq!(theirs, [Some(*decision)], "{value}");
            let verdict = plain::evaluate(&value, &plain::Readings::new(), LOOKUPS);
            let denied_by = answer.denied_by.iter().map(|layer| layer.name().to_owned()).collect();
            assert_eq!(verdict.denied_by, denied_by, "{value}");
        }
        Outcome::Unknown(doubts) => {
            let by_reading = doubts.iter().all(|doubt| matches!(doubt, Doubt::Assumption(_)));
            let undecided = everywhere.keys().any(|decision| decided(decision).is_none());
            assert!(if by_reading { everywhere.len() > 1 } else { undecided }, "{doubts:?}\n{value}");
        }
        Outcome::NeedsContext(keys) => panic!("a complete request needs {keys:?}\n{value}"),
    }
});

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
        let assumption = Assumption::ALL.into_iter().find(|one| one.id() == id).expect(id);
        let number = assumption.readings().iter().position(|reading| reading == name).expect(name);
        readings.with(assumption, number as u8)
    })
}

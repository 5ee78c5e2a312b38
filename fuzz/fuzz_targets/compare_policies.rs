//! Two policies, compared: nothing panics, what is found is so by the evaluator, and a policy allows nothing that itself
//! does not.
//!
//! The first byte says what kind of policies they are; the rest is one text up to a line that is `---`, and another.

#![no_main]

use std::sync::Arc;

use iam::answer::{Decision, Outcome};
use iam::policy::{Policy, PolicyType, read};
use libfuzzer_sys::fuzz_target;
use prover::difference::{Difference, Side, allows, difference};

const KINDS: [(Side, PolicyType); 5] = [
    (Side::Identity, PolicyType::Identity),
    (Side::ServiceControl, PolicyType::ServiceControl),
    (Side::Resource, PolicyType::Resource),
    (Side::Trust, PolicyType::Trust),
    (Side::ResourceControl, PolicyType::ResourceControl),
];

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, texts)) = bytes.split_first() else { return };
    let (side, policy_type) = KINDS[usize::from(*kind) % KINDS.len()];
    let Some(at) = texts.windows(5).position(|five| five == b"\n---\n") else { return };
    let policy = |text: &[u8]| read(text, policy_type).policy.map(Arc::new);
    let (Some(first), Some(second)) = (policy(&texts[..at]), policy(&texts[at + 5..])) else { return };
    for (one, other) in [(&first, &second), (&second, &first)] {
        if let Difference::Request(request) = difference(one, other, side) {
            assert_eq!(allows(one, &request, side), Outcome::Decided(Decision::Allow), "{request:?}");
            let by_other = allows(other, &request, side);
            assert!(
                matches!(by_other, Outcome::Decided(decision) if decision != Decision::Allow),
                "{request:?}"
            );
        }
    }
    let mut turned = first.statements.clone().into_vec();
    turned.reverse();
    let turned = Arc::new(Policy { statements: turned.into(), ..(*first).clone() });
    let same = difference(&first, &turned, side);
    assert!(matches!(same, Difference::Empty), "{same:?}");
});

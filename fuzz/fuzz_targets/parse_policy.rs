//! Reading, checking, measuring and printing a policy of any type never panics, and printing keeps what was read.
//!
//! Follows the promise of `iam::print`: parsing what is printed gives the same policy, and printing that gives the
//! same text.

#![no_main]

use iam::policy::{self, PolicyType};
use iam::size::Submission;
use iam::{json, lint, print, size};
use libfuzzer_sys::fuzz_target;

const TYPES: [PolicyType; 8] = [
    PolicyType::Identity,
    PolicyType::Resource,
    PolicyType::Trust,
    PolicyType::PermissionsBoundary,
    PolicyType::Session,
    PolicyType::ServiceControl,
    PolicyType::ResourceControl,
    PolicyType::VpcEndpoint,
];

fuzz_target!(|bytes: &[u8]| {
    let parsed = json::parse(bytes);
    let printed = parsed.as_ref().ok().map(|node| (print::minified(node), print::pretty(node)));
    if let Some((minified, pretty)) = &printed {
        for text in [minified, pretty] {
            let again = json::parse(text.as_bytes()).expect(text);
            assert_eq!(print::minified(&again), *minified);
            assert_eq!(print::pretty(&again), *pretty);
        }
    }
    for policy_type in TYPES {
        let read = policy::read(bytes, policy_type);
        let places = read.problems.iter().map(|problem| (problem.start, problem.end));
        assert!(places.clone().all(|(start, end)| start <= end && end <= bytes.len()), "{:?}", read.problems);
        assert!(places.map(|(start, _)| start).is_sorted(), "{:?}", read.problems);
        assert!(read.policy.is_some() || !read.problems.is_empty(), "refused without a reason");
        for problem in &read.problems {
            assert!(!problem.kind.to_string().is_empty());
        }
        let Ok(node) = &parsed else { continue };
        lint::lint(node, policy_type);
        let text = String::from_utf8_lossy(bytes);
        for submission in [Submission::Console, Submission::Api] {
            size::measure(&text, policy_type, submission);
        }
        let Some((minified, _)) = &printed else { continue };
        let again = policy::read(minified.as_bytes(), policy_type);
        assert_eq!(without_places(read.policy), without_places(again.policy), "{minified}");
    }
});

/// The policy as if every statement began at the start.
fn without_places(policy: Option<iam::Policy>) -> Option<iam::Policy> {
    policy.map(|policy| {
        let mut statements = policy.statements.into_vec();
        statements.iter_mut().for_each(|statement| statement.start = 0);
        iam::Policy { statements: statements.into(), ..policy }
    })
}

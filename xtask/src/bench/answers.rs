//! Our answers: compared with the peer's, then timed.
//!
//! Nothing is kept from one request to the next.

use std::hint::black_box;
use std::time::Duration;

use iam::answer::{Decision, Outcome};
use iam::{Answer, authorize};

use super::peer::{Given, Peer};
use super::program::processor_time;
use super::workload::Workload;

/// How many differing answers are printed.
const SHOWN_MAX: usize = 20;

/// Answers everything with both.
///
/// # Errors
/// Any answer that differs; each is printed with its case.
pub fn compare(workload: &Workload, peer: &mut Peer) -> Result<(), String> {
    let theirs = peer.answers()?;
    let mut differing = 0;
    let mut tally = [0_usize; 3];
    for (number, (request, theirs)) in workload.requests.iter().zip(&theirs).enumerate() {
        let ours = given(&authorize(request, &workload.layers));
        for (at, decision) in DECISIONS.iter().enumerate() {
            tally[at] += usize::from(ours.decision == *decision);
        }
        if ours != *theirs {
            differing += 1;
            if differing <= SHOWN_MAX {
                println!("differs: {}\n  ours:   {ours}\n  theirs: {theirs}", workload.asked[number]);
            }
        }
    }
    for (decision, count) in DECISIONS.iter().zip(tally) {
        println!("  {count} {decision}");
    }
    match (differing, theirs.len()) {
        (0, answered) if answered == workload.requests.len() => Ok(()),
        (0, answered) => Err(format!("the peer answered {answered} of {}", workload.requests.len())),
        (differing, _) => Err(format!("{differing} answers differ; nothing was timed")),
    }
}

const DECISIONS: [&str; 3] = ["allowed", "explicit_deny", "implicit_deny"];

/// Our answer in the words of the comparison.
fn given(answer: &Answer) -> Given {
    let decision = match &answer.outcome {
        Outcome::Decided(Decision::Allow) => "allowed",
        Outcome::Decided(Decision::ExplicitDeny) => "explicit_deny",
        Outcome::Decided(Decision::ImplicitDeny) => "implicit_deny",
        Outcome::NeedsContext(_) => "needs_context",
        Outcome::Unknown(_) => "unknown",
    };
    let mut determining: Vec<String> = answer
        .determining
        .iter()
        .map(|at| format!("{}/{}/{}/{}", at.layer, at.level, at.policy, at.statement))
        .collect();
    determining.sort();
    Given { decision: decision.to_owned(), determining }
}

/// Authorisations per second of processor time in one thread, measured over all requests again and again.
pub fn per_second(workload: &Workload, at_least: Duration) -> Result<f64, String> {
    let start = processor_time("thread-self")?;
    let mut made = 0_usize;
    loop {
        for request in &workload.requests {
            black_box(authorize(black_box(request), black_box(&workload.layers)));
        }
        made += workload.requests.len();
        let took = processor_time("thread-self")?.saturating_sub(start);
        if took >= at_least {
            return Ok(made as f64 / took.as_secs_f64());
        }
    }
}

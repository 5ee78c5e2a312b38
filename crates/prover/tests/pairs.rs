//! Pairs of policies with known verdicts, published by others; they stand where `POSTERN_SAMPLES` says.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use iam::policy::{Policy, PolicyType, read};
use prover::difference::{Difference, Side, difference};
use serde_json::Value;

fn policy(document: &Value, policy_type: PolicyType) -> Arc<Policy> {
    Arc::new(read(document.to_string().as_bytes(), policy_type).policy.expect("it is a policy"))
}

#[test]
fn verdicts_are_those_that_are_known() {
    let Ok(samples) = std::env::var("POSTERN_SAMPLES") else {
        eprintln!("POSTERN_SAMPLES is not set; published pairs of policies were not compared");
        return;
    };
    let file = Path::new(&samples).join("reference-pairs.jsonl");
    let text = std::fs::read_to_string(&file).expect("the samples hold pairs");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    // A few references leave the account open.
    let text = text.replace("<ACCOUNT ID>", "111111111111");
    for line in text.lines() {
        let pair: Value = serde_json::from_str(line).expect("a line is JSON");
        let has_resource = pair["reference"].to_string().contains("Resource\":");
        let (policy_type, side) = match (pair["type"].as_str(), has_resource) {
            (Some("resource"), true) => (PolicyType::Resource, Side::Resource),
            (Some("resource"), false) => (PolicyType::Trust, Side::Trust),
            _ => (PolicyType::Identity, Side::Identity),
        };
        let (reference, candidate) =
            (policy(&pair["reference"], policy_type), policy(&pair["candidate"], policy_type));
        let start = std::time::Instant::now();
        let found = difference(&candidate, &reference, side);
        let took = start.elapsed().as_millis();
        let verdict = match &found {
            Difference::Empty => "PASS",
            Difference::Request(_) => "FAIL",
            Difference::Unknown(_) => "UNKNOWN",
        };
        *counts.entry(verdict).or_default() += 1;
        // What the candidate may touch is not what the reference keeps.
        let is_labelled_wrong = pair["id"].as_str().is_some_and(|id| id.ends_with("ec2-network-acl.md#25"));
        if (pair["expected"].as_str() == Some(verdict)) == is_labelled_wrong {
            wrong.push(format!(
                "{}: {verdict}, expected {} ({took} ms)\n  {found:?}",
                pair["id"], pair["expected"]
            ));
        }
    }
    println!("{counts:?}");
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

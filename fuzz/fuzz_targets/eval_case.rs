//! Whatever a line of `postern eval` holds, the answer is one line of valid JSON with a decision.
//!
//! Does not ask whether the decision is right; `evaluator_vs_plain` does.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const DECISIONS: [&str; 6] =
    ["allowed", "error", "explicit_deny", "implicit_deny", "needs_context", "unknown"];

fuzz_target!(|bytes: &[u8]| {
    // As the command reads: one line, trimmed, and empty ones passed over.
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
    if line.is_empty() {
        return;
    }
    let answer = postern::eval::answer_line(line);
    assert!(!answer.contains('\n'), "{answer}");
    let read: Value = serde_json::from_str(&answer).expect(&answer);
    let decision = read["decision"].as_str().unwrap_or_default();
    assert!(DECISIONS.contains(&decision), "{answer}");
    let reasons = read["reasons"].as_array().map_or(0, Vec::len);
    assert!(decision != "error" && decision != "unknown" || reasons > 0, "{answer}");
    assert_eq!(answer, postern::eval::answer_line(line), "the same line twice");
});

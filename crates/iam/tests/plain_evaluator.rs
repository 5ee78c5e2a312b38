//! The plain evaluator answers AWS's documented examples, and its generator is deterministic.
//!
//! Nothing of the evaluator under test is used here: this is what the comparison of the two leans on.

#[path = "plain/evaluator.rs"]
mod plain;

#[path = "plain/generate.rs"]
mod generate;

#[path = "plain/selftest.rs"]
mod selftest;

#[path = "plain/coveragetest.rs"]
mod coveragetest;

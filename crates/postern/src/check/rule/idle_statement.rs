//! Statements without which a policy says the same.
//!
//! Proved over every request of the reference, with everything else allowing; where the prover does not know, nothing is
//! said. Long documents and those with values that are not known are left out.

use std::sync::Arc;

use iam::policy::{Effect, Policy, PolicyType, Statement};
use prover::difference::{Difference, Side, difference};
use prover::question::everything;

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

/// Most statements of a document that is looked at.
const STATEMENTS_MAX: usize = 40;

pub const RULE: Rule = Rule {
    id: "idle-statement",
    title: "a statement without which the policy says the same",
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    audience: Audience::Author,
    why: "Either other statements of the document say all that it says, or no request is what it speaks of. Whoever \
          changes one of them later believes that the other still holds, or that something is closed that never was.",
    instead: "Leave it out, or write what it was meant to say.",
    sources: &["IAM User Guide, \"Policy evaluation logic\""],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": "bedrock:CreateModel*", "Resource": "*" },
    { "Effect": "Deny", "Action": "bedrock:CreateModelImportJob", "Resource": "*" }
  ]
}"#,
    ),
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": "bedrock:CreateModel*", "Resource": "*" },
    { "Effect": "Deny", "Action": "bedrock:CreateCustomModel", "Resource": "*" }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

fn look(view: &View<'_>, found: &mut Found) {
    let side = match view.policy_type {
        PolicyType::ServiceControl => Side::ServiceControl,
        PolicyType::ResourceControl => Side::ResourceControl,
        PolicyType::Identity | PolicyType::PermissionsBoundary | PolicyType::Session => Side::Identity,
        PolicyType::Resource | PolicyType::Trust | PolicyType::VpcEndpoint => return,
    };
    let statements = &view.policy.statements;
    if statements.len() < 2 || statements.len() > STATEMENTS_MAX || !view.document.holes.is_empty() {
        return;
    }
    for number in 0..statements.len() {
        let whole = Arc::new(with_what_it_could_matter_to(&view.policy, number, None));
        let without = Arc::new(with_what_it_could_matter_to(&view.policy, number, Some(number)));
        let says_the_same = |one: &Arc<Policy>, other: &Arc<Policy>| {
            matches!(difference(one, other, side), Difference::Empty)
        };
        if !says_the_same(&whole, &without) || !says_the_same(&without, &whole) {
            continue;
        }
        let start = statements[number].start;
        if let Some(statement) = view.outline.statements.iter().find(|each| each.node.start == start) {
            found.add(place(statement.node), "nothing is answered differently without this statement");
        }
    }
}

/// What shows whether the statement matters, with or without a statement.
///
/// For an `Allow` that is the policy itself. A `Deny` also takes away what other policies allow, so it stands with the
/// other `Deny` statements beside one that allows everything.
fn with_what_it_could_matter_to(policy: &Policy, number: usize, but: Option<usize>) -> Policy {
    let denies = |each: &Statement| each.effect == Ok(Effect::Deny);
    let only_denies = denies(&policy.statements[number]);
    let kept = policy.statements.iter().enumerate();
    let kept = kept.filter(|(other, each)| Some(*other) != but && (!only_denies || denies(each)));
    let mut statements: Vec<Statement> = kept.map(|(_, statement)| statement.clone()).collect();
    if only_denies {
        statements.extend(everything().statements.iter().cloned());
    }
    Policy { statements: statements.into(), ..policy.clone() }
}

//! The JSON envelope in which every verb answers with `--format json`.
//!
//! Its shape has a version of its own and changes only with it.

use iam::answer::{Doubt, Outcome};
use iam::estate::Missing;
use iam::explain::{self, Check, CheckEffect};
use iam::layers::StatementRef;
use iam::policy::Effect;
use iam::truth::Truth;
use serde::Serialize;
use serde_json::{Value, json};

use crate::changes::Change;
use crate::input::Complaint;
use crate::policies::{Policies, Shown};
use crate::question::{Answered, Step};
use crate::render;

/// Version of the envelope.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Envelope {
    postern: &'static str,
    verb: &'static str,
    version: u32,
    result: Value,
    findings: Vec<Value>,
    unknowns: Vec<Value>,
}

/// Wraps the result of a verb; the text ends with a line end.
pub fn wrap(verb: &'static str, result: Value, findings: Vec<Value>, unknowns: Vec<Value>) -> String {
    let envelope =
        Envelope { postern: env!("CARGO_PKG_VERSION"), verb, version: VERSION, result, findings, unknowns };
    let mut text = serde_json::to_string_pretty(&envelope).unwrap_or_default();
    text.push('\n');
    text
}

/// The answer of `can` or `why`.
pub fn asked(verb: &'static str, answered: &Answered, warnings: &[Complaint]) -> String {
    let steps: Vec<Value> = answered.steps.iter().map(|step| self::step(verb, step)).collect();
    let changes: Vec<Value> = answered.changes.iter().map(|change| self::change(answered, change)).collect();
    let result = json!({
        "question": answered.question,
        "principal": answered.principal.to_string(),
        "decision": crate::eval::decision(&answered.outcome),
        "needs": needs(&answered.outcome),
        "steps": steps,
        "changes": changes,
        "holds_under_every_reading_of": answered.assumptions,
        "notes": answered.notes,
    });
    let findings = warnings
        .iter()
        .map(|warning| {
            json!({
                "code": "refused-by-aws",
                "file": warning.origin,
                "line": warning.place.map(|place| place.line),
                "column": warning.place.map(|place| place.column),
                "message": warning.message,
                "hint": warning.hint,
            })
        })
        .collect();
    wrap(verb, result, findings, unknowns(answered))
}

fn needs(outcome: &Outcome) -> Vec<String> {
    match outcome {
        Outcome::NeedsContext(keys) => keys.iter().map(crate::eval::spelling).collect(),
        Outcome::Decided(_) | Outcome::Unknown(_) => Vec::new(),
    }
}

fn unknowns(answered: &Answered) -> Vec<Value> {
    let assumption = |id: &str| {
        let row = reference::assumption(id);
        json!({ "assumption": id, "title": row.map(|row| row.title.as_str()), "settle": row.map(|row| row.settle.as_str()) })
    };
    let mut unknowns: Vec<Value> = match &answered.outcome {
        Outcome::Unknown(doubts) => doubts
            .iter()
            .map(|doubt| match doubt {
                Doubt::Assumption(one) => assumption(one.id()),
                Doubt::Unsupported(what) => json!({ "unsupported": what.to_string() }),
                Doubt::Resource => json!({ "resource": doubt.to_string() }),
            })
            .collect(),
        Outcome::Decided(_) | Outcome::NeedsContext(_) => Vec::new(),
    };
    unknowns.extend(answered.operation_doubts.iter().map(|id| assumption(id)));
    unknowns.extend(answered.missing.iter().map(|why| missing(why)));
    unknowns
}

/// Something that is missing in a data set.
pub(crate) fn missing(why: &Missing) -> Value {
    json!({
        "missing": why.what.as_ref(),
        "item": why.item.as_deref(),
        "account": why.account.as_ref().map(|id| id.as_str()),
        "region": why.region.as_deref(),
        "file": why.file.as_deref(),
        "reason": why.reason.to_string(),
    })
}

fn step(verb: &str, step: &Step) -> Value {
    let statement = |at: &StatementRef| statement(&step.policies.statement(*at));
    let context: serde_json::Map<String, Value> =
        step.request.context().iter().map(|(key, values)| (key.to_owned(), json!(values.to_vec()))).collect();
    let mut value = json!({
        "action": step.request.action().as_str(),
        "resource": step.request.resource().as_str(),
        "context": context,
        "detail": step.detail,
        "decision": crate::eval::decision(&step.answer.outcome),
        "denied_by": step.answer.denied_by.iter().map(|layer| layer.name()).collect::<Vec<_>>(),
        "determining": step.answer.determining.iter().map(statement).collect::<Vec<_>>(),
        "message": iam::denial::sentence(&step.request, &step.answer, None),
    });
    if verb == "why" {
        let checks = explain::checks(&step.request, &step.policies.layers);
        value["checks"] = checks.iter().map(|check| self::check(&step.policies, check)).collect();
    }
    value
}

fn check(policies: &Policies, check: &Check) -> Value {
    let first = StatementRef { layer: check.layer, level: check.level, policy: 0, statement: 0 };
    let effect = match check.effect {
        CheckEffect::Allow => "ALLOW",
        CheckEffect::ExplicitDeny => "EXPLICIT_DENY",
        CheckEffect::ImplicitDeny => "IMPLICIT_DENY",
        CheckEffect::NoImpact => "NO_IMPACT",
        CheckEffect::Open => "OPEN",
    };
    let statements: Vec<Value> = check
        .statements
        .iter()
        .map(|looked| {
            let mut value = statement(&policies.statement(looked.at));
            value["effect"] = match &looked.effect {
                Ok(Effect::Allow) => json!("Allow"),
                Ok(Effect::Deny) => json!("Deny"),
                Err(text) => json!(text),
            };
            value["matches"] = match looked.matches {
                Truth::True => json!(true),
                Truth::False => json!(false),
                Truth::Open => Value::Null,
            };
            value
        })
        .collect();
    json!({
        "layer": check.layer.name(),
        "target": policies.layers.target(first),
        "effect": effect,
        "statements": statements,
    })
}

/// A statement with where it stands.
pub(crate) fn statement(shown: &Shown) -> Value {
    json!({
        "layer": shown.layer.name(),
        "target": shown.target,
        "name": shown.policy,
        "policy": shown.numbers.0,
        "statement": shown.numbers.1,
        "sid": shown.sid,
        "place": shown.place,
    })
}

fn change(answered: &Answered, change: &Change) -> Value {
    let policies = &answered.policies;
    let words = render::change_in_words(policies, change);
    match change {
        Change::Remove(at) => {
            json!({ "change": "remove", "statement": statement(&policies.statement(*at)), "words": words })
        }
        Change::Exempt { at, pattern } => {
            json!({ "change": "exempt", "statement": statement(&policies.statement(*at)), "pattern": pattern, "words": words })
        }
        Change::Allow { layer, level, actions, resources } => {
            let first = StatementRef { layer: *layer, level: *level, policy: 0, statement: 0 };
            let target = policies.layers.target(first);
            json!({
                "change": "allow", "layer": layer.name(), "target": target, "actions": actions,
                "resources": resources, "words": words,
            })
        }
        Change::Key { name, value } => {
            json!({ "change": "key", "key": name, "value": value, "words": words })
        }
    }
}

//! `postern eval`: one JSON case in, one JSON answer out.
//!
//! The shapes are the stable machine interface; other tools and conformance suites write the one and read the
//! other. A malformed case is answered with `error` and its reasons.

use iam::answer::{Answer, Decision, Outcome};
use iam::case::{self, Case, CaseError};
use iam::context::Key;
use iam::json::Place;
use iam::layers::{Layer, StatementRef};
use iam::{authorize, denial};
use serde::Serialize;

/// The answer to one case, as one line of JSON without its line end.
pub fn answer_line(line: &[u8]) -> String {
    let (id, answer) = match iam::json::parse(line) {
        Ok(node) => {
            let id = node.get("id").map(|id| String::from_utf8_lossy(&line[id.start..id.end]).into_owned());
            let answer = match case::from_node(&node) {
                Ok(case) => EvalAnswer::decided(&case),
                Err(errors) => EvalAnswer::malformed(line, &errors),
            };
            (id, answer)
        }
        Err(error) => {
            let offset = error.offset;
            let kind = case::CaseErrorKind::Json(error);
            (None, EvalAnswer::malformed(line, &[CaseError { kind, offset }]))
        }
    };
    let id = id.unwrap_or_else(|| "null".to_owned());
    let body = serde_json::to_string(&answer).unwrap_or_default();
    // The id is echoed as it was spelled, so the line is put together from two halves.
    format!("{{\"id\":{id},{}", body.strip_prefix('{').unwrap_or(&body))
}

/// The answer to a line that is too long to be read.
pub fn line_too_long(bytes_max: u64) -> String {
    let reason = format!("the line has more than {bytes_max} bytes, the most that is read");
    let answer = EvalAnswer { reasons: vec![reason], ..EvalAnswer::malformed(&[], &[]) };
    let body = serde_json::to_string(&answer).unwrap_or_default();
    format!("{{\"id\":null,{}", body.strip_prefix('{').unwrap_or(&body))
}

/// One answer of the machine interface.
#[derive(Debug, Serialize)]
pub struct EvalAnswer {
    decision: &'static str,
    denied_by: Vec<&'static str>,
    determining: Vec<Determining>,
    needs: Vec<String>,
    reasons: Vec<String>,
    warnings: Vec<String>,
    message: String,
}

/// One statement that determines an answer.
#[derive(Debug, Serialize)]
struct Determining {
    layer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    policy: u32,
    statement: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
}

impl EvalAnswer {
    fn decided(case: &Case) -> Self {
        let answer = authorize(&case.request, &case.layers);
        let policy_arn = answer.determining.first().and_then(|first| case.name(*first));
        let policy_arn = policy_arn.filter(|name| name.starts_with("arn:"));
        let message = denial::sentence(&case.request, &answer, policy_arn).unwrap_or_default();
        Self {
            decision: decision(&answer.outcome),
            denied_by: answer.denied_by.iter().map(|layer| layer.name()).collect(),
            determining: answer.determining.iter().map(|at| determining(case, *at)).collect(),
            needs: needs(&answer.outcome),
            reasons: reasons(case, &answer),
            warnings: case.warnings.iter().map(ToString::to_string).collect(),
            message,
        }
    }

    fn malformed(line: &[u8], errors: &[CaseError]) -> Self {
        let text = String::from_utf8_lossy(line);
        let reason = |error: &CaseError| {
            let place = Place::of(&text, error.offset);
            format!("column {}: {}", place.column, error.kind)
        };
        Self {
            decision: "error",
            denied_by: Vec::new(),
            determining: Vec::new(),
            needs: Vec::new(),
            reasons: errors.iter().map(reason).collect(),
            warnings: Vec::new(),
            message: String::new(),
        }
    }
}

/// An outcome as the machine interface spells it.
pub fn decision(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Decided(Decision::Allow) => "allowed",
        Outcome::Decided(Decision::ExplicitDeny) => "explicit_deny",
        Outcome::Decided(Decision::ImplicitDeny) => "implicit_deny",
        Outcome::NeedsContext(_) => "needs_context",
        Outcome::Unknown(_) => "unknown",
    }
}

fn determining(case: &Case, at: StatementRef) -> Determining {
    Determining {
        layer: at.layer.name(),
        target: case.layers.target(at).map(str::to_owned),
        policy: at.policy,
        statement: at.statement,
        sid: case.layers.statement(at).and_then(|statement| statement.sid.clone()),
    }
}

/// The deciding keys, spelled as AWS spells them where that is known.
fn needs(outcome: &Outcome) -> Vec<String> {
    match outcome {
        Outcome::NeedsContext(keys) => keys.iter().map(spelling).collect(),
        Outcome::Decided(_) | Outcome::Unknown(_) => Vec::new(),
    }
}

/// A key as AWS spells it, where that is known.
pub fn spelling(key: &Key) -> String {
    match reference::key_anywhere(key.as_str()) {
        Some(known) if !known.name.contains(['$', '<']) => known.name.to_owned(),
        Some(known) => match (known.name.split_once('/'), key.as_str().split_once('/')) {
            (Some((template, _)), Some((_, tag))) => format!("{template}/{tag}"),
            (Some(_), None) | (None, Some(_)) | (None, None) => key.to_string(),
        },
        None => key.to_string(),
    }
}

/// Why it is unknown, which layers do not allow, and what was leaned on.
fn reasons(case: &Case, answer: &Answer) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Outcome::Unknown(doubts) = &answer.outcome {
        reasons.extend(doubts.iter().map(ToString::to_string));
    }
    if let Some(refusal) = answer.refusal {
        reasons.push(refusal.sentence.clone());
    }
    if answer.outcome == Outcome::Decided(Decision::ImplicitDeny) {
        for layer in &answer.denied_by {
            if *layer == Layer::Scp {
                let target = |level: &u16| case.layers.scp[usize::from(*level)].target.as_str();
                let at = answer.lacking_levels.iter().map(target);
                reasons.extend(at.map(|target| format!("no service control policy at `{target}` allows it")));
            } else {
                reasons.push(format!("nothing in layer `{layer}` allows it"));
            }
        }
    }
    reasons.extend(
        answer.assumptions.iter().map(|assumption| format!("holds under every reading of `{assumption}`")),
    );
    reasons
}

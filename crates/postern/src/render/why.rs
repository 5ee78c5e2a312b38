//! The chain of an answer: question, requests, layers, the statement that decides with its place, and what
//! would turn it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use iam::answer::{Decision, Doubt, Outcome};
use iam::condition::{Operator, Quantifier};
use iam::context::Values;
use iam::explain::{self, Check, CheckEffect, ConditionMet};
use iam::layers::{Layer, StatementRef};
use iam::policy::Effect;
use iam::truth::Truth;

use super::{BAD, DIM, GOOD, OPEN, STRONG, in_words, mark, outcome_style, outcome_word, styled};
use crate::changes::Change;
use crate::policies::Policies;
use crate::question::{Answered, Step};

/// Everything `why` says about an answered question.
pub fn why(answered: &Answered) -> String {
    let mut out = String::new();
    headline(&mut out, answered);
    notes(&mut out, answered);
    for (number, step) in answered.steps.iter().enumerate() {
        out.push('\n');
        self::step(&mut out, answered, number, step);
    }
    doubts(&mut out, answered);
    turning(&mut out, answered);
    sentence(&mut out, answered);
    out
}

/// The question, the answer, and in a few words the first reason.
pub(super) fn headline(out: &mut String, answered: &Answered) {
    let verdict = styled(outcome_style(&answered.outcome), outcome_word(&answered.outcome).to_uppercase());
    let _ = writeln!(out, "{}", styled(STRONG, &answered.question));
    let _ = writeln!(out, "by {}", answered.principal);
    let _ = writeln!(out, "\n{verdict}{}", because(answered));
    if answered.steps.len() > 1 {
        let count = answered.steps.len();
        let _ =
            writeln!(out, "\nAWS makes {count} authorisations for this call, and every one must be allowed:");
    }
}

/// What to know about the question itself.
pub(super) fn notes(out: &mut String, answered: &Answered) {
    for note in &answered.notes {
        let _ = writeln!(out, "{}", styled(DIM, format!("note: {note}")));
    }
}

/// One line for each authorisation of a call that takes several.
pub(super) fn steps_at_a_glance(out: &mut String, answered: &Answered) {
    for step in answered.steps.iter().filter(|_| answered.steps.len() > 1) {
        let (action, resource) = (step.request.action(), step.request.resource().as_str());
        let _ = writeln!(out, "  {} {action} on {resource}", mark(&step.answer.outcome));
    }
}

/// The first reason, in a few words.
fn because(answered: &Answered) -> String {
    let Some(step) = answered.first_denied() else { return String::new() };
    match &answered.outcome {
        Outcome::Decided(Decision::ExplicitDeny) => match step.answer.determining.first() {
            Some(at) => format!(" by {}", step.policies.statement(*at)),
            None => String::new(),
        },
        Outcome::Decided(Decision::ImplicitDeny) => {
            match (step.answer.refusal, step.answer.denied_by.first()) {
                (Some(refusal), _) => format!(": {}", refusal.sentence),
                (None, Some(layer)) => format!(": nothing in {} allows it", in_words(*layer)),
                (None, None) => String::new(),
            }
        }
        Outcome::Decided(Decision::Allow) | Outcome::NeedsContext(_) | Outcome::Unknown(_) => String::new(),
    }
}

fn step(out: &mut String, answered: &Answered, number: usize, step: &Step) {
    let count = if answered.steps.len() > 1 { format!("{} ", number + 1) } else { String::new() };
    let action = styled(STRONG, step.request.action());
    let resource = step.request.resource().as_str();
    let is_known = !step.answer.determining.iter().any(|at| step.policies.is_stand_in(*at));
    let mark = if is_known { mark(&step.answer.outcome) } else { mark(&Outcome::Unknown(Vec::new())) };
    let _ = writeln!(out, "{mark} {count}{action} on {resource}");
    if let Some(detail) = &step.detail {
        let _ = writeln!(out, "    {}", styled(DIM, detail));
    }
    let is_one_of_several = answered.steps.len() > 1;
    let is_allowed = step.answer.decision() == Some(Decision::Allow);
    let checks = explain::checks(&step.request, &step.policies.layers);
    let has_say: Vec<&Check> = checks.iter().filter(|check| check.effect != CheckEffect::NoImpact).collect();
    for check in &has_say {
        if !(is_allowed && is_one_of_several) {
            layer(out, &step.policies, check);
        }
    }
    let has_no_say = |layer: &Layer| !has_say.iter().any(|check| check.layer == *layer);
    let silent: Vec<&str> = Layer::ALL.into_iter().filter(has_no_say).map(Layer::name).collect();
    if !is_one_of_several && !silent.is_empty() {
        let _ =
            writeln!(out, "    {}", styled(DIM, format!("not set or without a say: {}", silent.join(", "))));
    }
    if step.answer.decision() == Some(Decision::ExplicitDeny) {
        for at in &step.answer.determining {
            statement(out, step, *at);
        }
    }
}

/// One line for a layer, or for a node of the organisation.
fn layer(out: &mut String, policies: &Policies, check: &Check) {
    let word = match check.effect {
        CheckEffect::Allow => styled(GOOD, "allows"),
        CheckEffect::ExplicitDeny => styled(BAD, "denies"),
        CheckEffect::ImplicitDeny => styled(BAD, "does not allow"),
        CheckEffect::Open => styled(OPEN, "is open"),
        CheckEffect::NoImpact => return,
    };
    let first = StatementRef { layer: check.layer, level: check.level, policy: 0, statement: 0 };
    let target = policies.layers.target(first).map(|target| format!(" {target}")).unwrap_or_default();
    let decides = |looked: &&explain::Looked| {
        looked.matches != Truth::False
            && match check.effect {
                CheckEffect::ExplicitDeny => looked.effect == Ok(Effect::Deny),
                CheckEffect::Allow => looked.effect == Ok(Effect::Allow),
                CheckEffect::Open => true,
                CheckEffect::ImplicitDeny | CheckEffect::NoImpact => false,
            }
    };
    let deciding: Vec<StatementRef> =
        check.statements.iter().filter(decides).map(|looked| looked.at).collect();
    let is_known = !deciding.iter().any(|at| policies.is_stand_in(*at));
    let (word, deciding) = match is_known {
        true => (word, deciding.iter().map(|at| policies.statement(*at).to_string()).collect::<Vec<_>>()),
        false => (styled(OPEN, "is not known"), Vec::new()),
    };
    let line = format!("    {:<24} {word}  {}", format!("{}{target}", check.layer), deciding.join(", "));
    let _ = writeln!(out, "{}", line.trim_end());
    if check.effect == CheckEffect::ImplicitDeny {
        for looked in check.statements.iter().filter(|looked| looked.effect == Ok(Effect::Allow)) {
            let line =
                format!("{} names the action, but does not match otherwise", policies.statement(looked.at));
            let _ = writeln!(out, "        {}", styled(DIM, line));
        }
    }
}

/// Why one statement matches, element by element.
fn statement(out: &mut String, step: &Step, at: StatementRef) {
    let Some(body) = step.policies.layers.statement(at) else { return };
    let action = if body.action.is_negated() { "is not in NotAction" } else { "is in Action" };
    let mut reasons = vec![format!("the action {action}")];
    if let Some(resource) = &body.resource {
        reasons.push(match (resource.is_negated(), resource.patterns()) {
            (true, [only]) => {
                format!("the resource is not `{}`, all that NotResource exempts", only.as_str())
            }
            (true, several) => {
                format!("the resource is none of the {} that NotResource exempts", several.len())
            }
            (false, _) => "the resource is in Resource".to_owned(),
        });
    }
    if let Some(principal) = &body.principal {
        let listed = if principal.is_negated() { "is not in NotPrincipal" } else { "is in Principal" };
        reasons.push(format!("the caller {listed}"));
    }
    let elements = explain::elements(&step.request, body);
    reasons.extend(elements.conditions.iter().map(condition));
    let _ = writeln!(out, "    {} matches, because", step.policies.statement(at));
    for reason in reasons {
        let _ = writeln!(out, "      – {reason}");
    }
}

fn condition(met: &ConditionMet<'_>) -> String {
    let key = met.condition.key_name();
    let found = match met.found {
        Values::Present(values) => format!("`{key}` is `{}`", values.to_vec().join("`, `")),
        Values::Absent => format!("`{key}` is absent"),
        Values::Unknown => format!("`{key}` is not known"),
    };
    let rule = match (met.condition.operator(), met.found) {
        (Ok(Operator { quantifier: Quantifier::All, .. }), Values::Absent) => {
            ", and ForAllValues holds for a key that is absent"
        }
        (Ok(Operator { if_exists: true, .. }), Values::Absent) => {
            ", and IfExists holds for a key that is absent"
        }
        (Ok(Operator { negated: true, .. }), Values::Absent) => {
            ", and a negated operator holds for a key that is absent"
        }
        (Ok(_) | Err(_), Values::Absent | Values::Present(_) | Values::Unknown) => "",
    };
    format!("{found}{rule}")
}

/// What would settle an answer that is not decided, or what a decided one leaned on.
pub(super) fn doubts(out: &mut String, answered: &Answered) {
    let mut points: Vec<String> = match &answered.outcome {
        Outcome::NeedsContext(keys) => keys
            .iter()
            .map(|key| format!("{}: give it with --context KEY=VALUE", crate::eval::spelling(key)))
            .collect(),
        Outcome::Unknown(doubts) => doubts.iter().map(doubt_in_words).collect(),
        Outcome::Decided(_) => Vec::new(),
    };
    points.extend(answered.operation_doubts.iter().map(|id| assumption_in_words(id)));
    points.extend(answered.missing.iter().map(|why| format!("missing: {why}")));
    if !points.is_empty() {
        let _ = writeln!(out, "\n{}", styled(STRONG, "What decides"));
    }
    for point in points {
        let _ = writeln!(out, "  – {point}");
    }
    if !answered.assumptions.is_empty() && matches!(answered.outcome, Outcome::Decided(_)) {
        let ids = answered.assumptions.join(", ");
        let _ = writeln!(out, "\n{}", styled(DIM, format!("holds under every reading of {ids}")));
    }
}

fn doubt_in_words(doubt: &Doubt) -> String {
    match doubt {
        Doubt::Assumption(assumption) => assumption_in_words(assumption.id()),
        Doubt::Unsupported(_) | Doubt::Resource => doubt.to_string(),
    }
}

fn assumption_in_words(id: &str) -> String {
    reference::assumption(id).map_or_else(|| id.to_owned(), |row| format!("{id}: {}", row.title))
}

fn turning(out: &mut String, answered: &Answered) {
    let Outcome::Decided(decision) = &answered.outcome else { return };
    let opposite = if *decision == Decision::Allow { "denied" } else { "allowed" };
    let _ = writeln!(out, "\n{}", styled(STRONG, format!("What alone would turn it to {opposite}")));
    if answered.changes.is_empty() {
        let _ = writeln!(out, "  nothing does: {}", why_no_change(answered));
    }
    for change in &answered.changes {
        let _ = writeln!(out, "  – {}", change_in_words(&answered.policies, change));
    }
}

fn why_no_change(answered: &Answered) -> String {
    let denied: Vec<&Step> =
        answered.steps.iter().filter(|step| step.answer.decision() != Some(Decision::Allow)).collect();
    if let Some(refusal) = denied.iter().find_map(|step| step.answer.refusal) {
        return refusal.sentence.clone();
    }
    let layers: BTreeSet<Layer> =
        denied.iter().flat_map(|step| step.answer.denied_by.iter().copied()).collect();
    let layers: Vec<&str> = layers.into_iter().map(in_words).collect();
    match layers.as_slice() {
        [] => "several statements allow it".to_owned(),
        [one] => format!("more than one thing stands against it in {one}"),
        several => format!("{} each stand against it", several.join(" and ")),
    }
}

/// A change in words, its statement by id and place.
pub fn change_in_words(policies: &Policies, change: &Change) -> String {
    match change {
        Change::Remove(at) => format!("take out {}", policies.statement(*at)),
        Change::Exempt { at, pattern } => {
            format!("add `{pattern}` to NotResource of {}", policies.statement(*at))
        }
        Change::Allow { layer, level, actions, resources } => {
            let first = StatementRef { layer: *layer, level: *level, policy: 0, statement: 0 };
            let target =
                policies.layers.target(first).map(|target| format!(" at {target}")).unwrap_or_default();
            let (actions, resources) = (actions.join(" and "), resources.join(" and "));
            format!("allow {actions} on {resources} in {}{target}", in_words(*layer))
        }
        Change::Key { .. } => change.to_string(),
    }
}

/// The sentence AWS prints for the first denied authorisation.
fn sentence(out: &mut String, answered: &Answered) {
    let Some(step) = answered.first_denied() else { return };
    let arn = step.answer.determining.first().and_then(|at| step.policies.arn(*at));
    if let Some(sentence) = iam::denial::sentence(&step.request, &step.answer, arn) {
        let _ = writeln!(out, "\n{}\n  {sentence}", styled(STRONG, "What AWS would say"));
    }
}

//! One grant that runs models and administers them.
//!
//! Looks at one policy; what an identity has from several is the business of whoever knows them all.

use std::collections::BTreeMap;

use iam::lint::statement::{Reach, Text, matched};
use iam::policy::{Effect, PolicyType};
use reference::DutyKind;

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::models::{and, listed};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const RULE: Rule = Rule {
    id: "invoke-and-administer",
    title: "running models and administering them in one hand",
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    audience: Audience::Author,
    why: "Who runs models in production should not also choose which models there are, write the guardrails that \
          watch them or switch off the log: the two together leave nobody to notice.",
    instead: "Give the administration to a role of its own, and to this one only what runs models.",
    sources: &["IAM User Guide, \"Security best practices in IAM\"; Service Authorization Reference"],
    bad: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["bedrock:InvokeModel", "bedrock:CreateModelCustomizationJob", "bedrock:DeleteGuardrail"],
      "Resource": "*"
    }
  ]
}"#,
    ),
    good: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": ["bedrock:InvokeModel", "bedrock:ListFoundationModels"], "Resource": "*" }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

/// Services whose models this is about.
const SERVICES: [&str; 2] = ["bedrock", "bedrock-mantle"];

/// The administration that running models does not need, in words.
const ADMINISTRATION: [(DutyKind, &str); 3] = [
    (DutyKind::GuardrailAdmin, "guardrails"),
    (DutyKind::LogAdmin, "the log"),
    (DutyKind::ModelAdmin, "models"),
];

fn look(view: &View<'_>, found: &mut Found) {
    if view.policy_type != PolicyType::Identity {
        return;
    }
    let allowing = view.outline.statements.iter().filter(|statement| statement.effect == Effect::Allow);
    let elements =
        allowing.filter_map(|statement| statement.action.as_ref()).filter(|action| !action.negated);
    let mut running: Vec<String> = Vec::new();
    let mut administering: BTreeMap<DutyKind, Vec<String>> = BTreeMap::new();
    let mut first: Option<&Text<'_>> = None;
    for value in elements.flat_map(|element| &element.values) {
        // A whole service is more than one hand should have, and another rule says so.
        let Reach::Actions(actions) = matched(value.text) else { return };
        if value.text.ends_with(":*") && SERVICES.iter().any(|service| value.text.starts_with(service)) {
            return;
        }
        for action in actions.iter().filter(|action| SERVICES.contains(&action.service)) {
            let Some(duty) = reference::duty(action.service, action.name) else { continue };
            let spelled = format!("{}:{}", action.service, action.name);
            if is_model_call(&spelled) {
                running.push(spelled);
            } else if ADMINISTRATION.iter().any(|(kind, _)| *kind == duty.kind) {
                administering.entry(duty.kind).or_default().push(spelled);
                first.get_or_insert(value);
            }
        }
    }
    let Some(at) = first.filter(|_| !running.is_empty()) else { return };
    let of: Vec<String> = ADMINISTRATION
        .iter()
        .filter_map(|(kind, words)| Some((words, administering.get(kind)?)))
        .map(|(words, actions)| format!("{words} ({})", listed(actions, 2)))
        .collect();
    let message = format!("this runs models ({}) and administers {}", listed(&running, 2), and(&of));
    let finding = found.add(place(at.node), message);
    if administering.keys().all(|kind| *kind == DutyKind::ModelAdmin) {
        // Who tunes models often runs them too, outside production.
        finding.severity(Severity::Low).confidence(Confidence::Low);
    }
}

/// What calls a model by name, rather than a feature that uses one.
fn is_model_call(action: &str) -> bool {
    matches!(
        action,
        "bedrock:InvokeModel"
            | "bedrock:InvokeModelWithResponseStream"
            | "bedrock:CreateModelInvocationJob"
            | "bedrock-mantle:CreateInference"
    )
}

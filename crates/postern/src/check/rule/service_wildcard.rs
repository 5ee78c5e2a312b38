//! Allows of a whole service that runs models.

use iam::policy::{Effect, PolicyType};
use reference::DutyKind;

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::models::and;
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const RULE: Rule = Rule {
    id: "service-wildcard",
    title: "an Allow of every action of a service that runs models",
    severity: Severity::Medium,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "The whole service is more than running models: bringing others in, deleting guardrails and the log of \
          prompts, minting keys, sharing with other accounts, and whatever AWS adds next.",
    instead: "List the actions that the role needs; to run models these are `bedrock:InvokeModel` and \
              `bedrock:InvokeModelWithResponseStream` on the approved models and profiles.",
    sources: &[
        "Service Authorization Reference, actions of each service; IAM User Guide, \"Security best practices\"",
    ],
    bad: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "bedrock:*", "Resource": "*" }
  ]
}"#,
    ),
    good: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "arn:aws:bedrock:*::foundation-model/amazon.nova-*" }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

/// Services whose actions run models of somebody's choice.
const SERVICES: [&str; 6] =
    ["aws-external-anthropic", "bedrock", "bedrock-agentcore", "bedrock-mantle", "nova-act", "sagemaker"];

fn look(view: &View<'_>, found: &mut Found) {
    if view.policy_type != PolicyType::Identity {
        return;
    }
    let allowing = view.outline.statements.iter().filter(|statement| statement.effect == Effect::Allow);
    let elements =
        allowing.filter_map(|statement| statement.action.as_ref()).filter(|action| !action.negated);
    for value in elements.flat_map(|element| &element.values) {
        let Some((service, name)) = value.text.split_once(':') else { continue };
        let Some(known) = SERVICES.iter().find(|known| known.eq_ignore_ascii_case(service)) else { continue };
        if !name.is_empty() && name.bytes().all(|byte| byte == b'*') {
            let message = format!("`{}` allows {}", value.text, and(&takes_in(known)));
            found.add(place(value.node), message);
        }
    }
}

/// What the actions of a service are for, in words with numbers.
fn takes_in(service: &str) -> Vec<String> {
    const TOLD: [(DutyKind, &str); 6] = [
        (DutyKind::Invoke, "that use models"),
        (DutyKind::ModelAdmin, "that bring in, deploy or remove them"),
        (DutyKind::GuardrailAdmin, "that write guardrails"),
        (DutyKind::LogAdmin, "that write what is logged"),
        (DutyKind::KeyAdmin, "that make or destroy keys"),
        (DutyKind::PolicyAdmin, "that write policies or tags"),
    ];
    let count =
        |kind| reference::duties().filter(|duty| duty.service == service && duty.kind == kind).count();
    let told = TOLD.iter().map(|(kind, words)| (count(*kind), words)).filter(|(count, _)| *count > 0);
    let mut words: Vec<String> = told.map(|(count, words)| format!("{count} {words}")).collect();
    if let Some(first) = words.first_mut() {
        *first = first.replacen(' ', " actions ", 1);
    }
    words
}

#[cfg(test)]
mod tests {
    //! Rows stay true to the reference.

    use super::{SERVICES, takes_in};

    #[test]
    fn every_service_has_actions_that_use_models() {
        for service in SERVICES {
            assert!(
                takes_in(service)[0].contains("actions that use models"),
                "{service}: {:?}",
                takes_in(service)
            );
        }
    }
}

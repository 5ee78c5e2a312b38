//! Resource-based policies on guardrails and other Bedrock resources that AWS does not take.

use iam::lint::statement::items;
use iam::policy::{Effect, PolicyType};

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const NONE: Rule = Rule {
    id: "resource-takes-no-policy",
    title: "a resource-based policy on something of Bedrock that takes none",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "Of Bedrock's resources only custom models, guardrails, guardrail profiles and knowledge bases take a \
          resource-based policy. Foundation models and profiles belong to no account that could attach one: they \
          cannot be shared, and no policy of theirs lets another account run them.",
    instead: "Let the other account run the model itself, or let its principals assume a role in yours.",
    sources: &["Service Authorization Reference, bedrock:PutResourcePolicy, resource types"],
    bad: Example::resource(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": { "AWS": "arn:aws:iam::444455556666:root" },
      "Action": "bedrock:InvokeModel",
      "Resource": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"
    }
  ]
}"#,
    ),
    good: Example::resource(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
      "Action": "bedrock:ApplyGuardrail",
      "Resource": "arn:aws:bedrock:us-east-1:111122223333:guardrail/abcdefghijkl"
    }
  ]
}"#,
    ),
    look: Look::Policy(look_for_none),
};

pub const GUARDRAIL: Rule = Rule {
    id: "guardrail-policy-form",
    title: "a policy of a guardrail with an action that such policies do not take",
    severity: Severity::Medium,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "Policies of guardrails take `bedrock:ApplyGuardrail` and `bedrock:GetGuardrail`, those of guardrail profiles \
          the first alone. AWS refuses others.",
    instead: "Keep to these two actions.",
    sources: &["Amazon Bedrock User Guide, \"Using resource-based policies for guardrails\""],
    bad: Example::resource(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
      "Action": ["bedrock:ApplyGuardrail", "bedrock:UpdateGuardrail"],
      "Resource": "arn:aws:bedrock:us-east-1:111122223333:guardrail/abcdefghijkl"
    }
  ]
}"#,
    ),
    good: Example::resource(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": "*",
      "Action": ["bedrock:ApplyGuardrail", "bedrock:GetGuardrail"],
      "Resource": "arn:aws:bedrock:us-east-1:111122223333:guardrail/abcdefghijkl",
      "Condition": { "StringEquals": { "aws:PrincipalOrgID": "o-a1b2c3d4e5" } }
    }
  ]
}"#,
    ),
    look: Look::Policy(look_at_guardrails),
};

/// What takes a policy.
fn takes_policy(kind: &str) -> bool {
    reference::action("bedrock", "PutResourcePolicy").is_none_or(|action| action.resource(kind).is_some())
}

/// The kind of a Bedrock resource that an ARN names.
fn kind(text: &str) -> Option<&str> {
    let [scheme, _, service, _, _, rest] = iam::arn::split(text)?;
    (scheme == "arn" && service == "bedrock").then(|| rest.split_once('/').map(|(kind, _)| kind)).flatten()
}

fn look_for_none(view: &View<'_>, found: &mut Found) {
    if view.policy_type != PolicyType::Resource {
        return;
    }
    for statement in &view.outline.statements {
        for value in statement.resource.iter().flat_map(|resource| &resource.values) {
            let Some(kind) = kind(value.text).filter(|kind| !kind.contains(['*', '$'])) else { continue };
            if reference::resource_type("bedrock", kind).is_some() && !takes_policy(kind) {
                found.add(place(value.node), format!("a {kind} takes no resource-based policy"));
            }
        }
    }
}

fn look_at_guardrails(view: &View<'_>, found: &mut Found) {
    if view.policy_type != PolicyType::Resource {
        return;
    }
    for statement in view.outline.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
        let of_guardrails = |text: &str| kind(text).is_some_and(|kind| kind.starts_with("guardrail"));
        let resources = statement.resource.iter().flat_map(|resource| &resource.values);
        let mut resources = resources.peekable();
        if resources.peek().is_none() || !resources.all(|value| of_guardrails(value.text)) {
            continue;
        }
        let Some(node) = statement.node.get("Action") else { continue };
        for node in items(node) {
            let text = node.as_text().unwrap_or_default();
            let is_taken = ["bedrock:ApplyGuardrail", "bedrock:GetGuardrail"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(text));
            if !is_taken {
                found.add(place(node), format!("policies of guardrails do not take `{text}`"));
            }
        }
    }
}

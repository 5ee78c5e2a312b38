//! Trust in a service that acts for whoever asks it.
//!
//! Asks the evaluator: the service assumes the role on behalf of another account.

use std::sync::Arc;

use iam::action::Action;
use iam::answer::Decision;
use iam::authorize;
use iam::context::Context;
use iam::json::Node;
use iam::layers::{Layers, ResourceSide};
use iam::lint::statement::{Statement, items};
use iam::policy::{Effect, PolicyType};
use iam::principal::Principal;
use iam::request::{Completeness, Request, RequestParts};

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const RULE: Rule = Rule {
    id: "confused-deputy",
    title: "a role that a service assumes for whoever asks it to",
    severity: Severity::Medium,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "A trust policy that names only the service lets it act with the role on behalf of any account's agent, job \
          or knowledge base that is given the ARN. AWS asks for a condition on whom the service acts for.",
    instead: "Add `\"StringEquals\": { \"aws:SourceAccount\": \"YOUR ACCOUNT\" }`, and \
              `\"ArnLike\": { \"aws:SourceArn\": … }` where the resource is known.",
    sources: &[
        "Amazon Bedrock User Guide, \"Cross-service confused deputy prevention\"",
        "IAM User Guide, \"The confused deputy problem\"",
    ],
    bad: Example::trust(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": { "Service": "bedrock.amazonaws.com" },
      "Action": "sts:AssumeRole"
    }
  ]
}"#,
    ),
    good: Example::trust(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": { "Service": "bedrock.amazonaws.com" },
      "Action": "sts:AssumeRole",
      "Condition": { "StringEquals": { "aws:SourceAccount": "111122223333" } }
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

/// Services that work with models by a role of the customer, and say for whom.
const SERVICES: [&str; 3] =
    ["bedrock-agentcore.amazonaws.com", "bedrock.amazonaws.com", "datazone.amazonaws.com"];

/// An account that no trust policy means.
const STRANGER: &str = "999988887777";

fn look(view: &View<'_>, found: &mut Found) {
    if view.policy_type != PolicyType::Trust {
        return;
    }
    for service in SERVICES {
        if !assumes_for_a_stranger(view, service) {
            continue;
        }
        let trusting = view.outline.statements.iter().find_map(|statement| named(statement, service));
        if let Some(node) = trusting {
            let message = format!("`{service}` may assume this role on behalf of any account");
            found.add(place(node), message);
        }
    }
}

fn assumes_for_a_stranger(view: &View<'_>, service: &str) -> bool {
    let mut context = Context::new();
    let arn = format!("arn:aws:bedrock:us-east-1:{STRANGER}:agent/ABCDEFGHIJ");
    let keys = [
        ("aws:SourceAccount", STRANGER),
        ("aws:SourceArn", arn.as_str()),
        ("aws:SourceOrgID", "o-9999999999"),
        ("aws:SourceOrgPaths", "o-9999999999/r-9999/"),
        ("aws:SourceOwner", STRANGER),
    ];
    for (key, value) in keys {
        context.replace(key, vec![value.to_owned()]);
    }
    let Ok(action) = Action::parse("sts:AssumeRole") else { return false };
    let request = Request::new(RequestParts {
        principal: Principal::Service { name: service.to_owned() },
        action,
        resource: "arn:aws:iam::111122223333:role/something".to_owned(),
        resource_account: None,
        context,
        completeness: Completeness::Partial,
    });
    let layers = Layers { resource: ResourceSide::Trust(Arc::clone(&view.policy)), ..Layers::default() };
    authorize(&request, &layers).decision() == Some(Decision::Allow)
}

/// Where a statement names the service as a principal.
fn named<'a>(statement: &Statement<'a>, service: &str) -> Option<&'a Node> {
    let (principal, negated) = statement.principal?;
    if statement.effect != Effect::Allow || negated {
        return None;
    }
    let names = principal.get("Service")?;
    items(names).iter().find(|node| node.as_text() == Some(service))
}

//! Closures of a whole service that leave its siblings.
//!
//! Asks the evaluator whether the siblings are open. They are rows: services that do the same, or part of it.

use iam::policy::Effect;

use crate::check::alone::Alone;
use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::models::and;
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const RULE: Rule = Rule {
    id: "closes-one-service",
    title: "a closure of one service that leaves its siblings open",
    severity: Severity::Low,
    confidence: Confidence::Medium,
    audience: Audience::Author,
    why: "What people take for one service has several prefixes in IAM. `bedrock:*` does not hold `bedrock-mantle` or \
          Claude Platform on AWS, which run the same models; `bedrock-agentcore:*` does not hold the registries of \
          agents and tools.",
    instead: "Deny the siblings as well, or say why they are left. If another policy closes them, nothing is wrong.",
    sources: &["Service Authorization Reference, service prefixes"],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": "bedrock:*", "Resource": "*" }
  ]
}"#,
    ),
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": ["aws-external-anthropic:*", "bedrock*:*"], "Resource": "*" }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

/// A service, and actions of its siblings with a resource to ask for.
const SIBLINGS: [(&str, &[(&str, &str)]); 3] = [
    (
        "bedrock",
        &[
            (
                "aws-external-anthropic:CreateInference",
                "arn:aws:aws-external-anthropic:us-east-1:111122223333:workspace/wrkspc_x",
            ),
            (
                "bedrock-mantle:CreateInference",
                "arn:aws:bedrock-mantle:us-east-1:111122223333:project/default",
            ),
        ],
    ),
    (
        "bedrock-mantle",
        &[("bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0")],
    ),
    ("bedrock-agentcore", &[("agent-registry:CreateRegistry", "*"), ("agentaccess-mcp:InvokeMcp", "*")]),
];

fn look(view: &View<'_>, found: &mut Found) {
    let Some(alone) = view.alone().filter(|_| view.limits()) else { return };
    for statement in view.outline.statements.iter().filter(|statement| statement.effect == Effect::Deny) {
        let whole = statement
            .resource
            .as_ref()
            .is_some_and(|resource| !resource.negated && resource.has_everything());
        // With a condition the closure is one of Regions or principals, and other rules speak of it.
        let Some(action) = statement.action.as_ref().filter(|action| !action.negated && whole) else {
            continue;
        };
        if statement.conditions.iter().any(|one| !one.key.to_ascii_lowercase().starts_with("aws:principal")) {
            continue;
        }
        for value in &action.values {
            let service = value.text.strip_suffix(":*").unwrap_or_default();
            let Some((_, siblings)) = SIBLINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(service))
            else {
                continue;
            };
            let open = open(alone, siblings);
            if !open.is_empty() {
                let message = format!("`{}` is closed and {} open", value.text, verb(&open));
                let denied: Vec<String> = open.iter().map(|prefix| format!("`{prefix}:*`")).collect();
                found.add(place(value.node), message).instead(format!("deny {} as well", and(&denied)));
            }
        }
    }
}

fn verb(open: &[String]) -> String {
    let quoted: Vec<String> = open.iter().map(|prefix| format!("`{prefix}`")).collect();
    format!("{} {}", and(&quoted), if quoted.len() == 1 { "is" } else { "are" })
}

/// The prefixes of which an action is allowed.
fn open(alone: &Alone, siblings: &[(&str, &str)]) -> Vec<String> {
    let is_open = |(action, resource): &&(&str, &str)| alone.allows(action, resource, &[]) == Some(true);
    let prefix = |(action, _): &(&str, &str)| action.split(':').next().unwrap_or_default().to_owned();
    siblings.iter().filter(is_open).map(prefix).collect()
}

#[cfg(test)]
mod tests {
    //! Rows stay true to the reference.

    use super::SIBLINGS;

    #[test]
    fn siblings_have_the_actions_that_are_asked_for() {
        for (action, resource) in SIBLINGS.iter().flat_map(|(_, siblings)| *siblings) {
            let (service, name) = action.split_once(':').unwrap();
            let known = reference::action(service, name).unwrap_or_else(|| panic!("{action}"));
            assert_eq!(known.takes_resources(), *resource != "*", "{action}");
        }
    }
}

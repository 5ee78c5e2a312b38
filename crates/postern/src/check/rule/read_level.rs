//! Grants of reading that run models.

use iam::lint::statement::{Reach, matched};
use iam::policy::{Effect, PolicyType};
use reference::{AccessLevel, Action, Opens};

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::models::listed;
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const RULE: Rule = Rule {
    id: "read-level-runs-models",
    title: "a grant that is called read-only and runs models",
    severity: Severity::High,
    confidence: Confidence::Medium,
    audience: Audience::Author,
    why: "The Service Authorization Reference gives InvokeModel, InvokeAgent, InvokeFlow and Retrieve the access level \
          Read. A read-only policy that was made by access level, or by a pattern that takes them in, lets its holder \
          run models and spend money.",
    instead: "List the actions by name: `bedrock:Get*` and `bedrock:List*` read configuration and run nothing.",
    sources: &["Service Authorization Reference, access levels of Amazon Bedrock"],
    bad: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ReadOnly",
      "Effect": "Allow",
      "Action": ["bedrock:Get*", "bedrock:Invoke*", "bedrock:List*", "bedrock:Retrieve*"],
      "Resource": "*"
    }
  ]
}"#,
    ),
    good: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "ReadOnly", "Effect": "Allow", "Action": ["bedrock:Get*", "bedrock:List*"], "Resource": "*" }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

/// Words by which people call what only looks.
const READING: [&str; 5] = ["audit", "readonly", "read-only", "read_only", "viewonly"];

fn look(view: &View<'_>, found: &mut Found) {
    if view.policy_type != PolicyType::Identity {
        return;
    }
    let name = view.document.name.as_deref().unwrap_or_default();
    for statement in view.outline.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
        let sid = statement.node.get("Sid").and_then(iam::json::Node::as_text).unwrap_or_default();
        let Some(element) = statement.action.as_ref().filter(|action| !action.negated) else { continue };
        let called = is_called_reading(sid) || is_called_reading(name);
        let reads = || element.values.iter().all(|value| of(value.text).iter().all(only_reads));
        // A list of every reading action of a service was made by its access level.
        let made_by_level = !called && element.values.len() >= MADE_BY_LEVEL_MIN && reads();
        if !called && !made_by_level {
            continue;
        }
        for value in &element.values {
            let running: Vec<String> = of(value.text)
                .iter()
                .filter(|action| only_reads(action) && runs(action))
                .map(|action| format!("{}:{}", action.service, action.name))
                .collect();
            if !running.is_empty() {
                let message = format!("this is called reading, and {} run models", listed(&running, 4));
                let finding = found.add(place(value.node), message);
                if made_by_level {
                    finding.confidence(Confidence::Low);
                }
            }
        }
    }
}

/// Values from which a statement that only reads is taken for one made by access level.
const MADE_BY_LEVEL_MIN: usize = 10;

fn is_called_reading(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    READING.iter().any(|word| name.contains(word)) || name.ends_with("read") || name.ends_with("view")
}

fn of(pattern: &str) -> Vec<Action> {
    match matched(pattern) {
        Reach::Everything => Vec::new(),
        Reach::Actions(actions) => actions,
    }
}

fn only_reads(action: &Action) -> bool {
    action.access.iter().all(|level| matches!(level, AccessLevel::Read | AccessLevel::List))
}

fn runs(action: &Action) -> bool {
    reference::duty(action.service, action.name).is_some_and(|duty| duty.opens.contains(&Opens::Run))
}

//! Conditions on `bedrock:GuardrailIdentifier` that name the draft of a guardrail and none of its versions.
//!
//! Asks nothing: whether a value can equal an ARN with a version follows from its text.

use iam::condition::Comparison;
use iam::glob::Glob;
use iam::lint::statement::Condition;
use iam::policy::Effect;

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const RULE: Rule = Rule {
    id: "guardrail-draft-only",
    title: "a condition on a guardrail that holds for its draft and for none of its versions",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "`bedrock:GuardrailIdentifier` is the ARN of the guardrail when the draft is used, and the ARN with a colon \
          and the number when a version is. A value without version equals neither version 1 nor any other: an \
          Allow then grants calls with the draft only, a Deny with a negated operator denies every versioned call.",
    instead: "Write the version, `…:guardrail/ID:1`, or a pattern for all of them, `…:guardrail/ID:*`, under an \
              operator that takes patterns.",
    sources: &[
        "Amazon Bedrock User Guide, \"Set up permissions to use Amazon Bedrock Guardrails\", enforcing the use of a guardrail",
    ],
    bad: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": "arn:aws:bedrock:*::foundation-model/*",
      "Condition": {
        "ArnEquals": { "bedrock:GuardrailIdentifier": "arn:aws:bedrock:us-east-1:111122223333:guardrail/abcdefghijkl" }
      }
    }
  ]
}"#,
    ),
    good: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": "arn:aws:bedrock:*::foundation-model/*",
      "Condition": {
        "ArnLike": { "bedrock:GuardrailIdentifier": "arn:aws:bedrock:us-east-1:111122223333:guardrail/abcdefghijkl:*" }
      }
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

fn look(view: &View<'_>, found: &mut Found) {
    for statement in &view.outline.statements {
        for condition in statement.conditions_on("bedrock:GuardrailIdentifier") {
            let Some(operator) = condition.operator else { continue };
            // Where it lets calls through: an Allow that it holds for, a Deny that it keeps off.
            let lets_through = (statement.effect == Effect::Allow) != operator.negated;
            if operator.comparison == Comparison::Null || !lets_through || any_version(condition) {
                continue;
            }
            for (text, node) in &condition.values {
                if is_guardrail(text) {
                    let message = format!(
                        "`{text}` is the draft of the guardrail; calls with a version of it are denied"
                    );
                    found
                        .add(place(node), message)
                        .instead(format!("write `{text}:1`, or `{text}:*` for every version"));
                }
            }
        }
    }
}

/// Whether some value of the condition may be a guardrail with a version.
fn any_version(condition: &Condition<'_>) -> bool {
    let takes_patterns = condition
        .operator
        .is_some_and(|operator| matches!(operator.comparison, Comparison::StringLike | Comparison::Arn));
    condition.values.iter().any(|(text, _)| {
        let last = text.rsplit('/').next().unwrap_or_default();
        last.contains([':', '$']) || (takes_patterns && Glob::new(last).matches("abcdefghijkl:1"))
    })
}

fn is_guardrail(text: &str) -> bool {
    let rest = iam::arn::split(text).map(|[.., rest]| rest);
    rest.and_then(|rest| rest.strip_prefix("guardrail/"))
        .is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

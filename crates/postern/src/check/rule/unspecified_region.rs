//! Limits on Regions that let global profiles through.

use iam::policy::Effect;

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const RULE: Rule = Rule {
    id: "unspecified-region",
    title: "a limit on Regions that lets models run in every commercial Region",
    severity: Severity::Info,
    confidence: Confidence::High,
    audience: Audience::Auditor,
    why: "`unspecified` is the value of `aws:RequestedRegion` on the Region-less model behind a global inference \
          profile. A list of Regions that has it lets global profiles through, and with them prompts go wherever AWS \
          has capacity; the list of destinations grows without notice.",
    instead: "Keep it if global profiles are approved. Otherwise take it out.",
    sources: &["Amazon Bedrock User Guide, \"Global cross-Region inference\""],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "*",
      "Condition": { "StringNotEquals": { "aws:RequestedRegion": ["eu-central-1", "unspecified"] } }
    }
  ]
}"#,
    ),
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "*",
      "Condition": { "StringNotEquals": { "aws:RequestedRegion": ["eu-central-1"] } }
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

fn look(view: &View<'_>, found: &mut Found) {
    for statement in &view.outline.statements {
        for condition in statement.conditions_on("aws:RequestedRegion") {
            let negated = condition.operator.is_some_and(|operator| operator.negated);
            let lets_through = (statement.effect == Effect::Deny) == negated;
            let value = condition.values.iter().find(|(text, _)| text == "unspecified");
            if let Some((_, node)) = value.filter(|_| lets_through) {
                let message =
                    "this lets global inference profiles through, which run in every commercial Region";
                found.add(place(node), message);
            }
        }
    }
}

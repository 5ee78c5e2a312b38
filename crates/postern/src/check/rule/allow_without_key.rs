//! Allows that hold for requests without the key they compare.
//!
//! Keys of services are `iam::lint`'s business, which knows the actions that carry them; here are the global keys.

use iam::condition::{Comparison, Quantifier};
use iam::policy::Effect;

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::View;

pub const RULE: Rule = Rule {
    id: "allow-holds-without-key",
    title: "an Allow with a negated operator on a key that may be absent",
    severity: Severity::Medium,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "A negated operator holds where the key is absent. In an Allow that grants requests of which nothing is \
          known, such as those of principals without the tag, or that come through no VPC endpoint.",
    instead: "Add `\"Null\": { KEY: \"false\" }`, or say with a positive operator what is allowed.",
    sources: &["IAM User Guide, \"IAM JSON policy elements: Condition operators\", on keys that are missing"],
    bad: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": "*",
      "Condition": { "StringNotEquals": { "aws:PrincipalTag/data-class": "secret" } }
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
      "Resource": "*",
      "Condition": {
        "StringNotEquals": { "aws:PrincipalTag/data-class": "secret" },
        "Null": { "aws:PrincipalTag/data-class": "false" }
      }
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

/// Keys that every signed request carries. Source: IAM User Guide, "AWS global condition context keys".
const ALWAYS_PRESENT: [&str; 9] = [
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalType",
    "aws:RequestedRegion",
    "aws:SecureTransport",
    "aws:ViaAWSService",
    "aws:userid",
];

fn look(view: &View<'_>, found: &mut Found) {
    for statement in view.outline.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
        for condition in &statement.conditions {
            let Some(operator) = condition.operator else { continue };
            let plain = operator.negated
                && operator.quantifier == Quantifier::One
                && operator.comparison != Comparison::Null;
            let is_always = ALWAYS_PRESENT.iter().any(|key| key.eq_ignore_ascii_case(condition.key));
            if !plain || is_always || reference::global_key(condition.key).is_none() {
                continue;
            }
            let must_be_there =
                statement.conditions_on(condition.key).any(|other| other.holds_when_absent() == Some(false));
            if !must_be_there {
                let at = condition.key_span.start..condition.key_span.end;
                let key = condition.key;
                found
                    .add(at, format!("this also allows requests that carry no `{key}`"))
                    .instead(format!("add \"Null\": {{\"{key}\": \"false\"}}"));
            }
        }
    }
}

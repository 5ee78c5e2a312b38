//! Values of `aws:PrincipalArn` that no request carries.

use iam::condition::Comparison;

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const RULE: Rule = Rule {
    id: "principal-arn-never-so",
    title: "a value of `aws:PrincipalArn` that no request carries",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "For a role session the key holds the ARN of the role, with its path, never that of the session. A value \
          with `assumed-role` compares with nothing, and so does a role of IAM Identity Center without its path \
          `aws-reserved/sso.amazonaws.com/`: the exemption exempts nobody, or the condition never holds.",
    instead: "Write the ARN of the role with its path: `arn:aws:iam::*:role/PATH/NAME`, and for Identity Center \
              `arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_NAME_*`, under `ArnLike` or \
              `ArnNotLike`.",
    sources: &[
        "IAM User Guide, \"AWS global condition context keys\", aws:PrincipalArn",
        "IAM Identity Center User Guide, \"Referencing permission sets in resource policies\"",
    ],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "*",
      "Condition": { "ArnNotLike": { "aws:PrincipalArn": "arn:aws:sts::*:assumed-role/ml-admin/*" } }
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
      "Condition": { "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/ml-admin" } }
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

fn look(view: &View<'_>, found: &mut Found) {
    for statement in &view.outline.statements {
        for condition in statement.conditions_on("aws:PrincipalArn") {
            if condition.operator.is_none_or(|operator| operator.comparison == Comparison::Null) {
                continue;
            }
            for (text, node) in &condition.values {
                if let Some((message, instead)) = never(text) {
                    found.add(place(node), message).instead(instead);
                }
            }
        }
    }
}

fn never(text: &str) -> Option<(String, String)> {
    let [_, partition, service, _, account, rest] = iam::arn::split(text)?;
    if service == "sts" && rest.starts_with("assumed-role/") {
        let role = rest.split('/').nth(1).unwrap_or_default();
        let instead =
            format!("write `arn:{partition}:iam::{account}:role/{role}`, with the role's path if it has one");
        return Some((format!("`{text}` is a session; the key holds the ARN of its role"), instead));
    }
    let name = rest.strip_prefix("role/")?;
    if service == "iam" && name.starts_with("AWSReservedSSO_") {
        let instead =
            format!("write `arn:{partition}:iam::{account}:role/aws-reserved/sso.amazonaws.com/*{name}`");
        let message = format!("`{text}` lacks the path that roles of IAM Identity Center have");
        return Some((message, instead));
    }
    None
}

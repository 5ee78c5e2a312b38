//! Denies of what comes through an MCP server of AWS.

use iam::policy::Effect;

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::View;

pub const RULE: Rule = Rule {
    id: "mcp-deny-is-partial",
    title: "a Deny of calls through AWS's MCP servers, which agents need not take",
    severity: Severity::Info,
    confidence: Confidence::High,
    audience: Audience::Auditor,
    why: "The keys mark calls that an MCP server of AWS makes for somebody. An agent with a shell and the same \
          credentials makes them with the AWS CLI, and no key marks those; tools of an MCP server that call no AWS \
          API are not seen either.",
    instead: "Keep it, and limit what the identity may do, whoever acts with it.",
    sources: &[
        "IAM User Guide, \"AWS global condition context keys\", aws:ViaAWSMCPService, aws:CalledViaAWSMCP",
    ],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "*",
      "Resource": "*",
      "Condition": { "Bool": { "aws:ViaAWSMCPService": "true" } }
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
      "Action": "iam:*",
      "Resource": "*",
      "Condition": { "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/admin" } }
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

fn look(view: &View<'_>, found: &mut Found) {
    for statement in view.outline.statements.iter().filter(|statement| statement.effect == Effect::Deny) {
        for key in ["aws:ViaAWSMCPService", "aws:CalledViaAWSMCP"] {
            for condition in statement.conditions_on(key) {
                if condition.operator.is_some_and(|operator| !operator.negated) {
                    let at = condition.key_span.start..condition.key_span.end;
                    let message = format!("calls that an agent makes without an MCP server carry no `{key}`");
                    found.add(at, message);
                }
            }
        }
    }
}

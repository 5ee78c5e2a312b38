//! Conditions on who owns a resource that hit foundation models, which nobody owns.
//!
//! Asks the evaluator what the policy does to a model whose request carries no owner.

use iam::Decision;
use iam::policy::Effect;

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::View;

pub const RULE: Rule = Rule {
    id: "owner-condition-on-models",
    title: "a condition on who owns a resource that may deny every foundation model",
    severity: Severity::Medium,
    confidence: Confidence::Low,
    audience: Audience::Author,
    why: "Foundation models belong to no account of yours. AWS's pages disagree on what `aws:ResourceAccount` and \
          `aws:ResourceOrgID` are for them: managed policies compare the one with the caller's account, and the page \
          on batch inference says that conditions on ownership deny it. A negated operator on an absent key denies.",
    instead: "Exempt `arn:aws:bedrock:*::foundation-model/*` from the statement.",
    sources: &[
        "Amazon Bedrock User Guide, \"Required permissions for batch inference\"; AWS Managed Policy Reference",
    ],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "*",
      "Condition": { "StringNotEquals": { "aws:ResourceOrgID": "${aws:PrincipalOrgID}" } }
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
      "NotResource": "arn:aws:bedrock:*::foundation-model/*",
      "Condition": { "StringNotEquals": { "aws:ResourceOrgID": "${aws:PrincipalOrgID}" } }
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

const KEYS: [&str; 3] = ["aws:ResourceAccount", "aws:ResourceOrgID", "aws:ResourceOrgPaths"];

fn look(view: &View<'_>, found: &mut Found) {
    let Some(alone) = view.alone().filter(|_| view.limits()) else { return };
    for statement in view.outline.statements.iter().filter(|statement| statement.effect == Effect::Deny) {
        let condition = KEYS
            .iter()
            .flat_map(|key| statement.conditions_on(key))
            .find(|condition| condition.holds_when_absent() == Some(true));
        let Some(condition) = condition.filter(|_| statement.names("bedrock:InvokeModel")) else { continue };
        let model = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0";
        let keys = [
            ("aws:RequestedRegion", "us-east-1"),
            ("aws:ResourceAccount", ""),
            ("aws:ResourceOrgID", ""),
            ("aws:ResourceOrgPaths", ""),
            ("aws:PrincipalOrgID", "o-a1b2c3d4e5"),
            ("aws:ViaAWSService", "false"),
            ("aws:PrincipalIsAWSService", "false"),
        ];
        let answer = alone.ask("bedrock:InvokeModel", model, &keys);
        if answer.and_then(|answer| answer.decision()) == Some(Decision::ExplicitDeny) {
            let at = condition.key_span.start..condition.key_span.end;
            let message =
                format!("this denies every foundation model whose request carries no `{}`", condition.key);
            found.add(at, message);
        }
    }
}

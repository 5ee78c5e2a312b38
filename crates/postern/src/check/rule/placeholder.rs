//! Words that somebody is to replace, and did not.

use crate::check::document::Document;
use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};

pub const RULE: Rule = Rule {
    id: "placeholder",
    title: "a word that is to be replaced before the policy is used",
    severity: Severity::Low,
    confidence: Confidence::Medium,
    audience: Audience::Author,
    why: "Text such as `<account-id>` is compared letter by letter: the statement matches nothing, or its exemption \
          exempts nothing. Other rules take the part for unknown and say only what holds whatever stands there.",
    instead: "Put the value in.",
    sources: &["IAM User Guide, \"IAM JSON policy element reference\""],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "*",
      "Condition": { "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/[PRIVILEGED_ROLE]" } }
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
    look: Look::Document(look),
};

fn look(document: &Document, found: &mut Found) {
    let Some(first) = document.placeholders.first() else { return };
    let message = match document.placeholders.len() {
        1 => "a value holds a word to be replaced".to_owned(),
        count => format!("{count} values hold a word to be replaced, this one first"),
    };
    found.add(first.clone(), message);
}

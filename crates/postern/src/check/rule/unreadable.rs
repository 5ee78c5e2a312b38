//! Texts that are neither JSON nor YAML, or too much of it. The judgement is that of the readers.

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Look, Rule};

pub const RULE: Rule = Rule {
    id: "unreadable",
    title: "a text that is not valid JSON or YAML",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "AWS refuses it, and nothing else in it can be checked. Comments, trailing commas and names that are given \
          twice are the usual reasons: JSON has no comments, and readers differ on which of two names counts.",
    instead: "Mend the text at the place.",
    sources: &["RFC 8259; IAM User Guide, \"Grammar of the IAM JSON policy language\""],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    // models are closed
    { "Effect": "Deny", "Action": "bedrock:*", "Resource": "*" }
  ]
}"#,
    ),
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "ModelsAreClosed", "Effect": "Deny", "Action": "bedrock:*", "Resource": "*" }
  ]
}"#,
    ),
    look: Look::Unreadable,
};

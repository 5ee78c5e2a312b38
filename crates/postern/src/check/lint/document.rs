//! What concerns a document as a whole. The findings are those of `iam::lint`, its file `document`.

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Look, Rule};

pub const RULES: &[Rule] = &[
    Rule {
        id: "missing-version",
        title: "a policy without `Version`",
        severity: Severity::Medium,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "A missing version means 2008-10-17, which has no policy variables: `${aws:username}` is then plain \
              text.",
        instead: "Write `\"Version\": \"2012-10-17\"`.",
        sources: &["IAM User Guide, Access Analyzer policy check reference, MISSING_VERSION"],
        bad: Example::identity(
            r#"{
  "Statement": [
    { "Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "*" }
  ]
}"#,
        ),
        good: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "*" }
  ]
}"#,
        ),
        look: Look::Lint(&["MISSING_VERSION"]),
    },
    Rule {
        id: "redundant-statement",
        title: "a statement that says what another one says",
        severity: Severity::Low,
        confidence: Confidence::High,
        audience: Audience::Pedant,
        why: "It decides nothing and takes part of the quota.",
        instead: "Take it out.",
        sources: &["IAM User Guide, Access Analyzer policy check reference, REDUNDANT_STATEMENT"],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "A", "Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "*" },
    { "Sid": "B", "Effect": "Allow", "Action": ["bedrock:InvokeModel"], "Resource": "*" }
  ]
}"#,
        ),
        good: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "A", "Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "*" },
    { "Sid": "B", "Effect": "Allow", "Action": "bedrock:ListGuardrails", "Resource": "*" }
  ]
}"#,
        ),
        look: Look::Lint(&["REDUNDANT_STATEMENT"]),
    },
];

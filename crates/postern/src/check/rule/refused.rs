//! What AWS refuses when a policy is written. The judgement is that of `iam::policy`; a document that is refused is
//! evaluated elsewhere as far as it has a meaning, and this is the place that says so.

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Look, Rule};

pub const RULE: Rule = Rule {
    id: "refused-by-aws",
    title: "something that AWS refuses when the policy is written",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "IAM and AWS Organizations answer MalformedPolicyDocument, and the policy is not there. In a pipeline that \
          is the deployment that fails; in a review it is a control that nobody has.",
    instead: "Write the document as the grammar asks; the finding says what is wrong in it.",
    sources: &[
        "IAM User Guide, \"Grammar of the IAM JSON policy language\"",
        "Organizations User Guide, \"SCP syntax\" and \"RCP syntax\"",
    ],
    bad: Example::scp(
        r#"{
  "Statement": [
    { "Effect": "Deny", "Principal": "*", "Action": "bedrock:*", "Resource": "*" }
  ]
}"#,
    ),
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": "bedrock:*", "Resource": "*" }
  ]
}"#,
    ),
    look: Look::Refused,
};

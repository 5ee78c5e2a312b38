//! Actions that name nothing, or nothing new. The findings are those of `iam::lint`, its file `action`.

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Look, Rule};

pub const RULES: &[Rule] = &[
    Rule {
        id: "unknown-service",
        title: "an action of a service that does not exist",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "IAM stores a statement about a service prefix that no service has and never matches it. An Allow \
              grants nothing; a Deny leaves open what its author thinks is closed.",
        instead: "Write the prefix that the Service Authorization Reference lists. If the service is newer than \
                  this reference, nothing is wrong.",
        sources: &["IAM User Guide, Access Analyzer policy check reference, INVALID_SERVICE_IN_ACTION"],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "bedrock-runtime:InvokeModel", "Resource": "*" }
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
        look: Look::Lint(&["INVALID_SERVICE_IN_ACTION"]),
    },
    Rule {
        id: "unknown-action",
        title: "an action that does not exist",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "IAM stores a statement about an action that no request is for, and then the statement decides \
              nothing. The names of API operations are often not those of actions: Converse is authorised as \
              `bedrock:InvokeModel`.",
        instead: "Write the action that the operation is authorised as. If AWS added the action after this \
                  reference was made, nothing is wrong.",
        sources: &[
            "Service Authorization Reference",
            "IAM User Guide, Access Analyzer policy check reference, INVALID_ACTION",
        ],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": "bedrock:Converse", "Resource": "*" }
  ]
}"#,
        ),
        good: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": "bedrock:InvokeModel*", "Resource": "*" }
  ]
}"#,
        ),
        look: Look::Lint(&["INVALID_ACTION"]),
    },
    Rule {
        id: "unsettled-action",
        title: "an action of which AWS does not say whether any request is for it",
        severity: Severity::Medium,
        confidence: Confidence::Low,
        audience: Audience::Author,
        why: "The Service Authorization Reference does not list the action, and AWS documents no other that \
              authorises the operation of its name. Whether the statement decides anything is not known.",
        instead: "In a Deny write a pattern that covers every reading, such as `bedrock:InvokeModel*`. An Allow \
                  of it has to be tried.",
        sources: &["Service Authorization Reference; Amazon Bedrock API Reference"],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "bedrock:InvokeModelWithBidirectionalStream", "Resource": "*" }
  ]
}"#,
        ),
        good: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "bedrock:InvokeModel*", "Resource": "*" }
  ]
}"#,
        ),
        look: Look::Lint(&["unsettled-action"]),
    },
    Rule {
        id: "action-without-effect",
        title: "an action on which statements decide nothing",
        severity: Severity::Medium,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "AWS says itself that statements about this action have no effect. A policy that relies on one to \
              keep models closed keeps nothing closed.",
        instead: "Name the actions that run models, or that bring them in.",
        sources: &[
            "Service Authorization Reference, notes on the action; the row of the reference names the page",
        ],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": "bedrock:PutFoundationModelEntitlement", "Resource": "*" }
  ]
}"#,
        ),
        good: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": "bedrock:InvokeModel*", "Resource": "*" }
  ]
}"#,
        ),
        look: Look::Lint(&["action-without-effect"]),
    },
    Rule {
        id: "redundant-value",
        title: "an action or a resource that another one in the same list covers",
        severity: Severity::Low,
        confidence: Confidence::High,
        audience: Audience::Pedant,
        why: "It decides nothing and takes part of the quota. It may also hide that the wider value was a mistake.",
        instead: "Take it out, or narrow the value that covers it.",
        sources: &[
            "IAM User Guide, Access Analyzer policy check reference, REDUNDANT_ACTION, REDUNDANT_RESOURCE",
        ],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": ["bedrock:List*", "bedrock:ListGuardrails"], "Resource": "*" }
  ]
}"#,
        ),
        good: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "bedrock:List*", "Resource": "*" }
  ]
}"#,
        ),
        look: Look::Lint(&["REDUNDANT_ACTION", "REDUNDANT_RESOURCE"]),
    },
];

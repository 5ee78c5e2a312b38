//! What SCPs and RCPs do not reach. The findings are those of `iam::lint`, its file `organization`.

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Look, Rule};

pub const RULES: &[Rule] = &[
    Rule {
        id: "rcp-out-of-reach",
        title: "a resource control policy about a service that it does not reach",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "Resource control policies reach a list of services. `bedrock`, `bedrock-mantle`, `bedrock-agentcore`, \
              `sagemaker` and `aws-external-anthropic` are not on it, so the statement denies nothing there.",
        instead: "Deny it to the principals, in a service control policy. A resource control policy protects what \
                  surrounds models: S3, KMS, STS, Secrets Manager, ECR, logs.",
        sources: &[
            "Organizations User Guide, \"Resource control policies (RCPs)\", services that support RCPs",
        ],
        bad: Example::rcp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Principal": "*", "Action": "bedrock:InvokeModel", "Resource": "*" }
  ]
}"#,
        ),
        good: Example::rcp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::model-weights/*" }
  ]
}"#,
        ),
        look: Look::Lint(&["rcp-service-out-of-reach"]),
    },
    Rule {
        id: "scp-narrow-allow",
        title: "an Allow in a service control policy that limits nothing beside FullAWSAccess",
        severity: Severity::Low,
        confidence: Confidence::Medium,
        audience: Audience::Author,
        why: "Policies at one root, organisational unit or account unite. While FullAWSAccess, or anything else \
              that allows more, is attached at the same node, this Allow takes nothing away; and at every other \
              level something has to allow as well.",
        instead: "Detach FullAWSAccess at that node, or write a Deny.",
        sources: &["Organizations User Guide, \"SCP evaluation\""],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "*", "NotResource": "arn:aws:bedrock:*::foundation-model/deepseek*" }
  ]
}"#,
        ),
        good: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "*", "Resource": "*" },
    { "Effect": "Deny", "Action": "bedrock:InvokeModel*", "Resource": "arn:aws:bedrock:*::foundation-model/deepseek*" }
  ]
}"#,
        ),
        look: Look::Lint(&["scp-narrow-allow"]),
    },
    Rule {
        id: "service-linked-role-out-of-reach",
        title: "a Deny about service-linked roles, which neither SCPs nor RCPs reach",
        severity: Severity::Medium,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "Service-linked roles act whatever the organisation's policies say; the statement denies nothing.",
        instead: "Keep the service from being set up: deny the actions that create what the role works for.",
        sources: &[
            "Organizations User Guide, \"Service control policies (SCPs)\", tasks and entities not restricted by SCPs",
        ],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "*",
      "Condition": { "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/aws-service-role/*" } }
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
      "Condition": { "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/service-role/*" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["service-linked-role-out-of-reach"]),
    },
];

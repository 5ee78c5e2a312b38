//! Resources and actions that do not meet. The findings are those of `iam::lint`, its file `resource`.

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Look, Rule};

pub const RULES: &[Rule] = &[
    Rule {
        id: "resource-fits-no-action",
        title: "a resource that no action of its statement takes",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "No request for these actions is about such a resource, so the value never matches. Foundation \
              models have an empty account in their ARN: one with an account is never matched.",
        instead: "Write the ARN as the Service Authorization Reference prints it.",
        sources: &["Service Authorization Reference, resource types of each action"],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": "arn:aws:bedrock:us-east-1:111122223333:foundation-model/amazon.nova-pro-v1:0"
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
      "Resource": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"
    }
  ]
}"#,
        ),
        look: Look::Lint(&["resource-fits-no-action"]),
    },
    Rule {
        id: "action-fits-no-resource",
        title: "an action that takes none of the resources of its statement",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "Actions without resource types are authorised on `*` only, and a statement that names ARNs never \
              matches them: an Allow does not grant them, a Deny does not stop them. `bedrock:RetrieveAndGenerate` \
              is one.",
        instead: "Put the action into a statement with `\"Resource\": \"*\"`, or name a resource that it takes.",
        sources: &["Service Authorization Reference, resource types of each action"],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:RetrieveAndGenerate",
      "Resource": "arn:aws:bedrock:us-east-1:111122223333:knowledge-base/ABCDEFGHIJ"
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
      "Action": "bedrock:Retrieve",
      "Resource": "arn:aws:bedrock:us-east-1:111122223333:knowledge-base/ABCDEFGHIJ"
    }
  ]
}"#,
        ),
        look: Look::Lint(&["action-takes-no-resource", "action-fits-no-resource"]),
    },
    Rule {
        id: "deny-passes-by-resourceless-actions",
        title: "a Deny by wildcard that its resources keep from some of the actions",
        severity: Severity::Low,
        confidence: Confidence::High,
        audience: Audience::Auditor,
        why: "`bedrock:*` on foundation models reads like everything; actions that are authorised on `*`, such as \
              `bedrock:CreateModelImportJob` and `bedrock:RetrieveAndGenerate`, are not touched.",
        instead: "Deny those actions in a statement with `\"Resource\": \"*\"` if that is meant.",
        sources: &["Service Authorization Reference, resource types of each action"],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": "bedrock:*", "Resource": "arn:aws:bedrock:*::foundation-model/deepseek*" }
  ]
}"#,
        ),
        good: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:InvokeModel*",
      "Resource": "arn:aws:bedrock:*::foundation-model/deepseek*"
    }
  ]
}"#,
        ),
        look: Look::Lint(&["deny-passes-by-resourceless-actions"]),
    },
    Rule {
        id: "malformed-account",
        title: "an account in an ARN that is not twelve digits",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "No account has such an id, so the value matches nothing.",
        instead: "Write the twelve digits of the account, with leading zeros.",
        sources: &["IAM User Guide, Access Analyzer policy check reference, INVALID_ARN_ACCOUNT"],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": "arn:aws:bedrock:*:11112222333:inference-profile/*"
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
      "Resource": "arn:aws:bedrock:*:111122223333:inference-profile/*"
    }
  ]
}"#,
        ),
        look: Look::Lint(&["INVALID_ARN_ACCOUNT"]),
    },
];

//! Condition keys that no request carries. The findings are those of `iam::lint`, its file `key`.

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Look, Rule};

pub const RULES: &[Rule] = &[
    Rule {
        id: "unknown-condition-key",
        title: "a condition key that does not exist",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "IAM stores the condition, and no request carries the key. A positive operator then never holds, so \
              an Allow grants nothing and a Deny denies nothing; a negated operator always holds, so a Deny hits \
              every request.",
        instead: "Write the key that exists, or express the limit by the resource: in `bedrock` a model is a \
                  resource, in `bedrock-mantle` it is the key `bedrock-mantle:Model`.",
        sources: &[
            "Service Authorization Reference, condition keys of each service",
            "IAM User Guide, Access Analyzer policy check reference, INVALID_SERVICE_CONDITION_KEY, \
             INVALID_GLOBAL_CONDITION_KEY",
        ],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": "*",
      "Condition": { "StringLike": { "bedrock:ModelId": "amazon.nova-*" } }
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
      "Resource": "arn:aws:bedrock:*::foundation-model/amazon.nova-*"
    }
  ]
}"#,
        ),
        look: Look::Lint(&[
            "INVALID_GLOBAL_CONDITION_KEY",
            "INVALID_SERVICE_CONDITION_KEY",
            "unknown-condition-key",
        ]),
    },
    Rule {
        id: "key-not-carried",
        title: "a condition key that no action of the statement carries",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "A key that the Service Authorization Reference does not list for an action is absent from its \
              requests. The condition then never holds, or, with a negated operator, always.",
        instead: "Name actions that carry the key, or limit these by something that they do carry.",
        sources: &["Service Authorization Reference, condition keys of each action"],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:CreateModelInvocationJob",
      "Resource": "*",
      "Condition": { "StringEquals": { "bedrock:ServiceTier": "priority" } }
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
      "Action": "bedrock:InvokeModel",
      "Resource": "*",
      "Condition": { "StringEquals": { "bedrock:ServiceTier": "priority" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["key-not-carried"]),
    },
    Rule {
        id: "key-carried-by-some",
        title: "a condition key that only some actions of the statement carry",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "For the actions without the key a negated operator always holds and a positive one never does: a \
              Deny then hits actions that are not meant, or leaves out actions that are.",
        instead: "Put the actions that carry the key into a statement of their own.",
        sources: &[
            "Service Authorization Reference, condition keys of each action",
            "IAM User Guide, \"IAM JSON policy elements: Condition operators\", on keys that are missing",
        ],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock-mantle:*",
      "Resource": "*",
      "Condition": { "StringNotLike": { "bedrock-mantle:Model": "openai.gpt-oss-*" } }
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
      "Action": ["bedrock-mantle:CreateInference", "bedrock-mantle:CountTokens", "bedrock-mantle:CreateFineTuningJob"],
      "Resource": "*",
      "Condition": { "StringNotLike": { "bedrock-mantle:Model": "openai.gpt-oss-*" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["key-carried-by-some"]),
    },
    Rule {
        id: "tag-key-not-listed",
        title: "a tag condition on actions that are not listed with that tag key",
        severity: Severity::Medium,
        confidence: Confidence::Low,
        audience: Audience::Auditor,
        why: "Foundation models, system inference profiles and the marketplace ARN carry no tags, and a request \
              without the tag fails a positive condition. The Service Authorization Reference is not complete \
              about tags, so this is a question rather than an answer.",
        instead: "Compare tags on resources that carry them: application inference profiles, projects, agents.",
        sources: &["Service Authorization Reference, resource types and condition keys of each action"],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:GetFoundationModel",
      "Resource": "*",
      "Condition": { "StringEquals": { "aws:ResourceTag/team": "red" } }
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
      "Resource": "arn:aws:bedrock:*:*:application-inference-profile/*",
      "Condition": { "StringEquals": { "aws:ResourceTag/team": "red" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["tag-key-not-listed"]),
    },
];

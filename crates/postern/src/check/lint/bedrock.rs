//! Mistakes that are made with models. The findings are those of `iam::lint`, its file `bedrock`.

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Look, Rule};

pub const RULES: &[Rule] = &[
    Rule {
        id: "profile-without-model",
        title: "an Allow of inference profiles without the models behind them",
        severity: Severity::Medium,
        confidence: Confidence::Low,
        audience: Audience::Author,
        why: "Running through a profile is authorised on the profile and on the foundation model in every Region \
              the profile may reach. Without the models every call is denied.",
        instead: "Allow `arn:aws:bedrock:*::foundation-model/MODEL` as well, with a condition on \
                  `bedrock:InferenceProfileArn` if direct calls are not wanted.",
        sources: &["Amazon Bedrock User Guide, \"Prerequisites for inference profiles\""],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-opus-5-5"
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
      "Resource": [
        "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-opus-5-5",
        "arn:aws:bedrock:*::foundation-model/anthropic.claude-opus-5-5"
      ]
    }
  ]
}"#,
        ),
        look: Look::Lint(&["profile-without-model"]),
    },
    Rule {
        id: "deny-may-leave-bidirectional-streams",
        title: "a Deny of both invoke actions by name, which may leave a third way open",
        severity: Severity::Low,
        confidence: Confidence::Low,
        audience: Audience::Author,
        why: "AWS does not say which action authorises InvokeModelWithBidirectionalStream, through which speech \
              models run. A Deny of exactly `bedrock:InvokeModel` and `bedrock:InvokeModelWithResponseStream` may \
              leave it open.",
        instead: "Write `bedrock:InvokeModel*`.",
        sources: &["Service Authorization Reference; Amazon Bedrock API Reference"],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
      "Resource": "*"
    }
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
        look: Look::Lint(&["deny-may-leave-bidirectional-streams"]),
    },
    Rule {
        id: "never-expiring-keys-pass",
        title: "a limit on the age of API keys that keys without an end pass",
        severity: Severity::High,
        confidence: Confidence::Medium,
        audience: Audience::Author,
        why: "A credential that is made without an end carries no `iam:ServiceSpecificCredentialAgeDays`, and a \
              comparison with an absent key does not hold: the keys that live longest are not denied. That the key \
              is absent then is inferred, not documented.",
        instead: "Add a second Deny with `\"Null\": { \"iam:ServiceSpecificCredentialAgeDays\": \"true\" }`.",
        sources: &["Service Authorization Reference, iam:CreateServiceSpecificCredential"],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "iam:CreateServiceSpecificCredential",
      "Resource": "*",
      "Condition": { "NumericGreaterThan": { "iam:ServiceSpecificCredentialAgeDays": "30" } }
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
      "Action": "iam:CreateServiceSpecificCredential",
      "Resource": "*",
      "Condition": { "NumericGreaterThan": { "iam:ServiceSpecificCredentialAgeDays": "30" } }
    },
    {
      "Effect": "Deny",
      "Action": "iam:CreateServiceSpecificCredential",
      "Resource": "*",
      "Condition": { "Null": { "iam:ServiceSpecificCredentialAgeDays": "true" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["never-expiring-keys-pass"]),
    },
];

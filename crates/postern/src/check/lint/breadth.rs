//! Statements that allow more than they seem to. The findings are those of `iam::lint`, its file `breadth`.

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Look, Rule};

pub const RULES: &[Rule] = &[
    Rule {
        id: "allow-with-not-action",
        title: "an Allow of every action that is not listed",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "Allow with `NotAction` grants all other actions of all services, those that AWS adds later \
              included: each new way to run a model is open the day it appears.",
        instead: "List what is allowed in `Action`, or allow everything and deny what is not wanted.",
        sources: &["IAM User Guide, \"IAM JSON policy elements: NotAction\", NotAction with Allow"],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" }
  ]
}"#,
        ),
        good: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": ["ec2:*", "s3:*"], "Resource": "*" }
  ]
}"#,
        ),
        look: Look::Lint(&["allow-with-not-action"]),
    },
    Rule {
        id: "allow-with-not-resource",
        title: "an Allow on every resource that is not listed",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "Allow with `NotResource` grants the actions on everything else, resources that are made later \
              included.",
        instead: "List what is allowed in `Resource`, or deny what is not.",
        sources: &["IAM User Guide, \"IAM JSON policy elements: NotResource\", NotResource with Allow"],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "NotResource": "arn:aws:bedrock:*::foundation-model/deepseek*"
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
        look: Look::Lint(&["allow-with-not-resource"]),
    },
    Rule {
        id: "allow-with-not-principal",
        title: "an Allow to everyone who is not listed",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "Allow with `NotPrincipal` grants to everyone else, callers without credentials included.",
        instead: "List who is allowed in `Principal`.",
        sources: &["IAM User Guide, Access Analyzer policy check reference, ALLOW_WITH_NOT_PRINCIPAL"],
        bad: Example::resource(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "NotPrincipal": { "AWS": "arn:aws:iam::111122223333:user/ann" },
      "Action": "bedrock:ApplyGuardrail",
      "Resource": "arn:aws:bedrock:us-east-1:111122223333:guardrail/abcdefghijkl"
    }
  ]
}"#,
        ),
        good: Example::resource(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
      "Action": "bedrock:ApplyGuardrail",
      "Resource": "arn:aws:bedrock:us-east-1:111122223333:guardrail/abcdefghijkl"
    }
  ]
}"#,
        ),
        look: Look::Lint(&["ALLOW_WITH_NOT_PRINCIPAL"]),
    },
    Rule {
        id: "deny-with-not-principal",
        title: "a Deny to everyone who is not listed, which hits more than it says",
        severity: Severity::Medium,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "Deny with `NotPrincipal` spares a role only if its account, the role and the session are all listed, \
              and it always hits principals that have a permissions boundary.",
        instead: "Write `\"Principal\": \"*\"` and compare `aws:PrincipalArn` with `ArnNotLike` in a condition.",
        sources: &["IAM User Guide, \"AWS JSON policy elements: NotPrincipal\", NotPrincipal with Deny"],
        bad: Example::resource(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "NotPrincipal": { "AWS": "arn:aws:iam::111122223333:role/ml-admin" },
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::model-weights/*"
    }
  ]
}"#,
        ),
        good: Example::resource(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Principal": "*",
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::model-weights/*",
      "Condition": { "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::111122223333:role/ml-admin" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["deny-with-not-principal"]),
    },
    Rule {
        id: "pass-any-role",
        title: "`iam:PassRole` on every role",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "Whoever may pass any role can hand a richer one to a service that runs models, agents or jobs, and \
              go around the limits of their own identity.",
        instead: "Name the roles, and compare `iam:PassedToService`.",
        sources: &[
            "IAM User Guide, Access Analyzer policy check reference, PASS_ROLE_WITH_STAR_IN_RESOURCE, \
             PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
        ],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*" }
  ]
}"#,
        ),
        good: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "iam:PassRole",
      "Resource": "arn:aws:iam::111122223333:role/batch-inference",
      "Condition": { "StringEquals": { "iam:PassedToService": "bedrock.amazonaws.com" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["PASS_ROLE_WITH_STAR_IN_RESOURCE", "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE"]),
    },
];

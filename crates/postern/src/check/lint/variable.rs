//! Policy variables that are none. The findings are those of `iam::lint`, its file `variable`.

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Look, Rule};

pub const RULES: &[Rule] = &[
    Rule {
        id: "variables-need-version",
        title: "policy variables in a document that has none of them",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "Without `Version`, or with 2008-10-17, `${…}` is plain text. A resource with it matches nothing, a \
              condition with it holds for nothing.",
        instead: "Write `\"Version\": \"2012-10-17\"` at the top of the policy.",
        sources: &["IAM User Guide, Access Analyzer policy check reference, VARIABLE_UNSUPPORTED_IN_VERSION"],
        bad: Example::identity(
            r#"{
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": "arn:aws:bedrock:*:*:application-inference-profile/*",
      "Condition": { "StringEquals": { "aws:ResourceTag/team": "${aws:PrincipalTag/team}" } }
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
      "Condition": { "StringEquals": { "aws:ResourceTag/team": "${aws:PrincipalTag/team}" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["VARIABLE_UNSUPPORTED_IN_VERSION"]),
    },
    Rule {
        id: "not-a-variable",
        title: "`${…}` that is no policy variable and stays plain text",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "What looks like a variable is compared letter by letter: the braces hold no condition key, a key that \
              can be no variable, or stand where none is taken. Often it is a parameter of a template that was \
              never filled in.",
        instead: "Write `${key}` with a condition key that has one value, in the part of a resource after the fifth \
                  colon or in the value of a `String…` or `Arn…` operator; or fill the parameter in.",
        sources: &["IAM User Guide, \"IAM policy elements: Variables and tags\""],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "*",
      "Condition": { "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::${Account}:role/ml-admin" } }
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
      "Condition": { "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/ml-admin" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&[
            "EMPTY_VARIABLE",
            "MISSING_BRACE_IN_VARIABLE",
            "VARIABLE_UNSUPPORTED_IN_ELEMENT",
            "multi-valued-variable",
            "not-a-variable",
            "unknown-variable",
            "variable-before-fifth-colon",
            "variable-in-operator",
        ]),
    },
    Rule {
        id: "variable-in-boolean",
        title: "a policy variable in the value of a `Bool` condition",
        severity: Severity::Medium,
        confidence: Confidence::Low,
        audience: Audience::Author,
        why: "Two pages of the IAM User Guide disagree on whether `Bool` takes variables, so what the condition \
              does is not known.",
        instead: "Write `true` or `false`.",
        sources: &[
            "IAM User Guide, \"IAM policy elements: Variables and tags\" and \"IAM JSON policy elements: Condition \
             operators\"",
        ],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": "*",
      "Condition": { "Bool": { "aws:ViaAWSService": "${aws:PrincipalTag/via}" } }
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
      "Resource": "*",
      "Condition": { "Bool": { "aws:ViaAWSService": "true" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["variable-in-boolean"]),
    },
    Rule {
        id: "unset-variable-opens-deny",
        title: "a Deny whose resource goes away where a variable is not set",
        severity: Severity::Low,
        confidence: Confidence::High,
        audience: Audience::Auditor,
        why: "A resource pattern with a variable that the request does not set matches nothing, so the Deny does \
              not hit requests without that key.",
        instead: "Deny requests without the key as well, or give a default: `${key, '…'}`.",
        sources: &["IAM User Guide, \"IAM policy elements: Variables and tags\", keys without value"],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:DeleteGuardrail",
      "Resource": "arn:aws:bedrock:*:*:guardrail/${aws:PrincipalTag/guardrail}"
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
      "Action": "bedrock:DeleteGuardrail",
      "Resource": "arn:aws:bedrock:*:${aws:PrincipalAccount}:guardrail/*"
    }
  ]
}"#,
        ),
        look: Look::Lint(&["unset-variable-opens-deny"]),
    },
];

//! Operators that do not fit. The findings are those of `iam::lint`, its file `operator`.

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Look, Rule};

pub const RULES: &[Rule] = &[
    Rule {
        id: "type-mismatch",
        title: "a condition operator that does not fit the values of its key",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "The operator reads the value as something it is not. Most such conditions never hold, or hold \
              always when negated.",
        instead: "Use an operator for the type of the key: `ArnLike` for ARNs, `String…` for texts, `Bool`, \
                  `Numeric…`, `Date…`, `IpAddress`.",
        sources: &["IAM User Guide, Access Analyzer policy check reference, TYPE_MISMATCH"],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock-mantle:CreateInference",
      "Resource": "*",
      "Condition": { "ArnNotLike": { "bedrock-mantle:Model": "openai.gpt-oss-*" } }
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
      "Action": "bedrock-mantle:CreateInference",
      "Resource": "*",
      "Condition": { "StringNotLike": { "bedrock-mantle:Model": "openai.gpt-oss-*" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["TYPE_MISMATCH"]),
    },
    Rule {
        id: "literal-wildcard",
        title: "a wildcard under an operator that takes it for a plain character",
        severity: Severity::Medium,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "`StringEquals` and its kin compare letter by letter; a `*` in the value equals only a `*`. The \
              condition holds for nothing, or, negated, for everything.",
        instead: "Use `StringLike` or `StringNotLike`, or `ArnLike` for ARNs.",
        sources: &["IAM User Guide, Access Analyzer policy check reference, WILDCARD_WITHOUT_LIKE_OPERATOR"],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock-mantle:CreateInference",
      "Resource": "*",
      "Condition": { "StringEquals": { "bedrock-mantle:Model": "deepseek*" } }
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
      "Action": "bedrock-mantle:CreateInference",
      "Resource": "*",
      "Condition": { "StringLike": { "bedrock-mantle:Model": "deepseek*" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["WILDCARD_WITHOUT_LIKE_OPERATOR"]),
    },
    Rule {
        id: "for-all-values-in-allow",
        title: "`ForAllValues` in an Allow, which requests without the key pass",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "`ForAllValues` holds where the key is absent or empty. In an Allow that grants what the condition \
              was to keep out.",
        instead: "Add `\"Null\": { KEY: \"false\" }` beside it, or take `ForAllValues:` out where the key has one \
                  value.",
        sources: &[
            "IAM User Guide, \"Single-valued vs. multivalued context keys\"",
            "IAM User Guide, Access Analyzer policy check reference, FORALLVALUES_WITH_SINGLE_VALUED_KEY",
        ],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:CreateInferenceProfile",
      "Resource": "*",
      "Condition": { "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] } }
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
      "Action": "bedrock:CreateInferenceProfile",
      "Resource": "*",
      "Condition": {
        "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] },
        "Null": { "aws:TagKeys": "false" }
      }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["FORALLVALUES_WITH_SINGLE_VALUED_KEY", "for-all-values-without-null"]),
    },
    Rule {
        id: "set-operator-on-single-value",
        title: "a set operator on a key that has one value at most",
        severity: Severity::Low,
        confidence: Confidence::High,
        audience: Audience::Pedant,
        why: "`ForAnyValue` and `ForAllValues` are for keys with several values. On others they only change what \
              happens where the key is absent, which is seldom meant.",
        instead: "Take the set operator out.",
        sources: &["IAM User Guide, \"Single-valued vs. multivalued context keys\""],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "*",
      "Condition": { "ForAnyValue:StringEquals": { "aws:RequestedRegion": "us-east-1" } }
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
      "Condition": { "StringEquals": { "aws:RequestedRegion": "us-east-1" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["set-operator-on-single-valued-key"]),
    },
    Rule {
        id: "missing-set-operator",
        title: "a key with several values under an operator for one",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "AWS does not define how an operator without `ForAnyValue` or `ForAllValues` compares several values; \
              the statement may match less or more than it says.",
        instead: "Put `ForAnyValue:` or `ForAllValues:` in front of the operator.",
        sources: &["IAM User Guide, Access Analyzer policy check reference, MISSING_QUALIFIER"],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:InvokeModel*",
      "Resource": "*",
      "Condition": { "StringNotLike": { "aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*" } }
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
      "Action": "bedrock:InvokeModel*",
      "Resource": "*",
      "Condition": {
        "ForAllValues:StringNotLike": { "aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*" }
      }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["MISSING_QUALIFIER"]),
    },
    Rule {
        id: "if-exists-on-negated",
        title: "`IfExists` behind a negated operator, where it changes nothing",
        severity: Severity::Low,
        confidence: Confidence::High,
        audience: Audience::Pedant,
        why: "A negated operator holds where the key is absent, with or without `IfExists`. Who reads it as \
              \"only if the key is there\" reads the opposite of what it does.",
        instead: "Take `IfExists` out; add `\"Null\": { KEY: \"false\" }` if requests without the key are not meant.",
        sources: &["IAM User Guide, \"IAM JSON policy elements: Condition operators\", …IfExists"],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "*",
      "Condition": { "StringNotEqualsIfExists": { "aws:PrincipalTag/team": "ml" } }
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
      "Condition": { "StringNotEquals": { "aws:PrincipalTag/team": "ml" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["if-exists-changes-nothing"]),
    },
    Rule {
        id: "both-booleans",
        title: "`true` and `false` for one Boolean key",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "The condition holds for either value, so it asks nothing but that the key be there.",
        instead: "Write the one value that is meant.",
        sources: &[
            "IAM User Guide, Access Analyzer policy check reference, INVALID_CONDITION_MULTIPLE_BOOLEAN",
        ],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": "*",
      "Condition": { "Bool": { "aws:SecureTransport": ["true", "false"] } }
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
      "Condition": { "Bool": { "aws:SecureTransport": "true" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["INVALID_CONDITION_MULTIPLE_BOOLEAN"]),
    },
    Rule {
        id: "null-contradicts",
        title: "a key that has to be absent and to have a value",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "`\"Null\": { KEY: \"true\" }` holds where the key is absent. Together with a condition on its value \
              the statement never matches.",
        instead: "Write `\"Null\": { KEY: \"false\" }` if the key has to be there.",
        sources: &["IAM User Guide, \"IAM JSON policy elements: Condition operators\", Null"],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": "*",
      "Condition": {
        "StringEquals": { "aws:PrincipalTag/team": "ml" },
        "Null": { "aws:PrincipalTag/team": "true" }
      }
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
      "Condition": { "StringEquals": { "aws:PrincipalTag/team": "ml" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["null-contradicts"]),
    },
    Rule {
        id: "null-says-nothing",
        title: "a `Null` condition that another one makes needless",
        severity: Severity::Low,
        confidence: Confidence::High,
        audience: Audience::Pedant,
        why: "A positive operator on the same key already fails where the key is absent.",
        instead: "Take `Null` out.",
        sources: &["IAM User Guide, \"IAM JSON policy elements: Condition operators\", Null"],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": "*",
      "Condition": {
        "StringEquals": { "aws:PrincipalTag/team": "ml" },
        "Null": { "aws:PrincipalTag/team": "false" }
      }
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
      "Condition": { "StringEquals": { "aws:PrincipalTag/team": "ml" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["null-says-nothing"]),
    },
    Rule {
        id: "null-true-means-absent",
        title: "an Allow of what has no tag, which is easily read as a tag with the value `true`",
        severity: Severity::Low,
        confidence: Confidence::Medium,
        audience: Audience::Author,
        why: "`\"Null\": { KEY: \"true\" }` means that the tag is absent. It says nothing about a tag whose value is \
              the word `true`, and it does not match resources that carry the tag with any value.",
        instead: "Keep it if untagged resources are meant. Write `\"Null\": { KEY: \"false\" }` if the tag has to be \
                  there, and `StringEquals` if it has to have a value.",
        sources: &["IAM User Guide, \"IAM JSON policy elements: Condition operators\", Null"],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": "arn:aws:bedrock:*:*:application-inference-profile/*",
      "Condition": { "Null": { "aws:ResourceTag/AmazonDataZoneProject": "true" } }
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
      "Condition": { "Null": { "aws:ResourceTag/AmazonDataZoneProject": "false" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["null-true-means-absent"]),
    },
    Rule {
        id: "null-on-present-key",
        title: "a `Null` condition on a key that every request carries",
        severity: Severity::Medium,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "The key is never absent, so the condition always holds or never does.",
        instead: "Take it out, or compare the value of the key.",
        sources: &["IAM User Guide, \"AWS global condition context keys\", availability of each key"],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "*",
      "Condition": { "Null": { "aws:RequestedRegion": "true" } }
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
      "Condition": { "Null": { "aws:PrincipalTag/team": "true" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["null-on-present-key"]),
    },
    Rule {
        id: "empty-condition",
        title: "a condition with nothing in it",
        severity: Severity::Medium,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "An empty condition asks nothing; a key compared with no value never holds, or, negated, always.",
        instead: "Write the condition that is meant, or take it out.",
        sources: &[
            "IAM User Guide, Access Analyzer policy check reference, EMPTY_OBJECT_CONDITION, EMPTY_ARRAY_CONDITION",
        ],
        bad: Example::scp(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "*",
      "Condition": { "StringEquals": { "aws:RequestedRegion": [] } }
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
      "Condition": { "StringEquals": { "aws:RequestedRegion": ["us-east-1"] } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["EMPTY_OBJECT_CONDITION", "EMPTY_ARRAY_CONDITION"]),
    },
    Rule {
        id: "mfa-and-long-term-keys",
        title: "a condition on MFA that long-term access keys pass",
        severity: Severity::High,
        confidence: Confidence::High,
        audience: Audience::Author,
        why: "Requests signed with long-term access keys carry no `aws:MultiFactorAuthPresent`. A Deny with `Bool` \
              misses them, and an Allow with `BoolIfExists` admits them.",
        instead: "Use `BoolIfExists` in a Deny and `Bool` in an Allow.",
        sources: &["IAM User Guide, \"AWS global condition context keys\", aws:MultiFactorAuthPresent"],
        bad: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "*",
      "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "false" } }
    }
  ]
}"#,
        ),
        good: Example::identity(
            r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "*",
      "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } }
    }
  ]
}"#,
        ),
        look: Look::Lint(&["mfa-deny-passes-by-long-term-keys", "mfa-allow-admits-long-term-keys"]),
    },
];

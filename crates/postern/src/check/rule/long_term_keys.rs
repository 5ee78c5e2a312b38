//! Long-term keys for models: grants of making them, and keys that are made.

use iam::lint::statement::{Reach, matched};
use iam::policy::{Effect, PolicyType};

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::read::Credential;
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const GRANT: Rule = Rule {
    id: "grants-long-term-keys",
    title: "a grant of making long-term API keys for models",
    severity: Severity::Medium,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "A service-specific credential for `bedrock.amazonaws.com` is a long-term API key: a secret of an IAM user \
          that works from anywhere, for as long as 36,600 days or without an end, with whatever that user may do. \
          AWS recommends it for trying things out only.",
    instead: "Use roles and short-term tokens. If keys have to be made, hold the grant to \
              `iam:ServiceSpecificCredentialAgeDays` with `NumericLessThanEquals`, which keys without an end fail, \
              and to the users they are for.",
    sources: &["Amazon Bedrock User Guide, \"API keys\"; Service Authorization Reference, \
         iam:CreateServiceSpecificCredential"],
    bad: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "iam:CreateServiceSpecificCredential", "Resource": "*" }
  ]
}"#,
    ),
    good: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "iam:CreateServiceSpecificCredential",
      "Resource": "*",
      "Condition": {
        "StringEquals": { "iam:ServiceSpecificCredentialServiceName": "bedrock.amazonaws.com" },
        "NumericLessThanEquals": { "iam:ServiceSpecificCredentialAgeDays": "30" }
      }
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

fn look(view: &View<'_>, found: &mut Found) {
    let Some(alone) = view.alone().filter(|_| view.policy_type == PolicyType::Identity) else { return };
    let user = "arn:aws:iam::111122223333:user/somebody";
    let keys = [
        ("iam:ServiceSpecificCredentialServiceName", "bedrock.amazonaws.com"),
        ("iam:ServiceSpecificCredentialAgeDays", ""),
    ];
    if alone.allows("iam:CreateServiceSpecificCredential", user, &keys) != Some(true) {
        return;
    }
    let allowing = view.outline.statements.iter().filter(|statement| statement.effect == Effect::Allow);
    let elements =
        allowing.filter_map(|statement| statement.action.as_ref()).filter(|action| !action.negated);
    for value in elements.flat_map(|element| &element.values) {
        // Who may do all of IAM, or everything, may do this too; that is not news.
        let Reach::Actions(actions) = matched(value.text) else { continue };
        let is_it = |action: &reference::Action| action.name == "CreateServiceSpecificCredential";
        if actions.iter().any(is_it) && !value.text.ends_with(":*") {
            let message = "this makes API keys for Bedrock, also such that never expire".to_owned();
            found.add(place(value.node), message);
        }
    }
}

pub const KEY: Rule = Rule {
    id: "long-term-key",
    title: "a long-term API key for models",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "The key is a secret of an IAM user that works from anywhere until it expires, if it does. Whoever finds it \
          runs models with whatever that user may do.",
    instead: "Use roles and short-term tokens, and delete the key.",
    sources: &["Amazon Bedrock User Guide, \"API keys\""],
    bad: Example::identity(
        r#"{
  "ServiceSpecificCredentials": [
    {
      "UserName": "BedrockAPIKey-abcd",
      "Status": "Active",
      "CreateDate": "2026-02-01T00:00:00Z",
      "ServiceSpecificCredentialId": "ACCAEXAMPLE",
      "ServiceName": "bedrock.amazonaws.com"
    }
  ]
}"#,
    ),
    good: Example::identity(
        r#"{
  "ServiceSpecificCredentials": [
    {
      "UserName": "ann",
      "Status": "Active",
      "CreateDate": "2026-02-01T00:00:00Z",
      "ServiceSpecificCredentialId": "ACCAEXAMPLE",
      "ServiceName": "codecommit.amazonaws.com"
    }
  ]
}"#,
    ),
    look: Look::Credential(look_at_key),
};

/// Services whose keys run models.
const SERVICES: [&str; 4] = [
    "aws-external-anthropic.amazonaws.com",
    "bedrock-mantle.amazonaws.com",
    "bedrock.amazonaws.com",
    "sagemaker.amazonaws.com",
];

fn look_at_key(credential: &Credential, found: &mut Found) {
    if SERVICES.contains(&credential.service.as_str()) {
        let of =
            if credential.name.is_empty() { String::new() } else { format!(" of `{}`", credential.name) };
        found.add(credential.at.clone(), format!("a long-term key{of} for {}", credential.service));
    }
}

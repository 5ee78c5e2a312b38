//! AWS managed policies that grant running models by the way.
//!
//! Asks the evaluator with the text of the policy that the reference has.

use iam::policy::{self, PolicyType};

use crate::check::alone::{Alone, Call, Verdict};
use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::models;
use crate::check::models::and;
use crate::check::read::Attachment;
use crate::check::rule::{Example, Found, Look, Rule};

pub const RULE: Rule = Rule {
    id: "managed-policy-runs-models",
    title: "an AWS managed policy that lets its holder run models by the way",
    severity: Severity::Medium,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "Policies that AWS writes for other services grant running models as well, and AWS widens them without \
          asking. Who governs models by identity policies alone does not see it.",
    instead: "Write a policy of your own with what the role needs, or keep models from such roles by an SCP.",
    sources: &["AWS Managed Policy Reference, text of the policy"],
    bad: Example::identity(
        r#"{
  "AttachedManagedPolicies": [
    { "PolicyName": "AWSElasticBeanstalkWebTier", "PolicyArn": "arn:aws:iam::aws:policy/AWSElasticBeanstalkWebTier" }
  ]
}"#,
    ),
    good: Example::identity(
        r#"{
  "AttachedManagedPolicies": [
    { "PolicyName": "AmazonS3ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" }
  ]
}"#,
    ),
    look: Look::Attachment(look),
};

/// Policies whose names say it.
const SAY_SO: [&str; 4] = ["AdministratorAccess", "AmazonBedrock", "Anthropic", "ModelInference"];

fn look(attachment: &Attachment, found: &mut Found) {
    let Some(known) = reference::managed_policy(&attachment.arn) else { return };
    if SAY_SO.iter().any(|word| known.name().contains(word)) {
        return;
    }
    let read = policy::read(known.document.as_bytes(), PolicyType::Identity);
    let Some(policy) = read.policy.map(std::sync::Arc::new) else { return };
    let Some(alone) = Alone::new(&policy, PolicyType::Identity, "aws", known.document) else { return };
    let ways = runs(&alone);
    if !ways.is_empty() {
        found.add(
            attachment.at.clone(),
            format!("`{}` lets its holder run models at {}", known.name(), and(&ways)),
        );
    }
}

/// Where models can be run under a policy.
fn runs(alone: &Alone) -> Vec<String> {
    let call = |endpoint: &str, name: &str, target: &str| {
        let api = reference::api(endpoint, name)?;
        alone.call(&Call { api, target: target.to_owned(), region: "us-east-1", behind: None })
    };
    let mut ways = Vec::new();
    let current = models::all().iter().copied().filter(|model| {
        model.endpoint == reference::Endpoint::Runtime && model.mode == "chat" && model.ends.is_none()
    });
    let allows = |model: reference::Model| {
        matches!(call("bedrock-runtime", "InvokeModel", model.id), Some(Verdict::Allowed))
    };
    if let Some(model) = current.clone().find(|model| allows(*model)) {
        ways.push(format!("the Bedrock runtime, such as `{}`", model.id));
    }
    if matches!(call("bedrock-mantle", "ChatCompletions", "openai.gpt-oss-120b"), Some(Verdict::Allowed)) {
        ways.push("Bedrock Mantle".to_owned());
    }
    if matches!(call("aws-external-anthropic", "Messages", "claude-opus-5-5"), Some(Verdict::Allowed)) {
        ways.push("Claude Platform".to_owned());
    }
    ways
}

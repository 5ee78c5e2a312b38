//! Denies of a catalogue that do not deny the models in it.
//!
//! Asks the evaluator for the ways to deploy a model that the catalogue's ARNs and tags do not mark.

use iam::json::Node;
use iam::lint::statement::Statement;
use iam::policy::Effect;

use crate::check::alone::Alone;
use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::models::listed;
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const RULE: Rule = Rule {
    id: "catalogue-deny-is-no-model-deny",
    title: "a Deny of a catalogue of models that leaves the models to be deployed",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "The public SageMaker hub and the tags that Bedrock Marketplace puts on its resources say where a model was \
          taken from, not what it is. `sagemaker:CreateModel` takes weights from any bucket and a container from any \
          registry and carries neither tag nor hub; `bedrock:RegisterMarketplaceModelEndpoint` makes no SageMaker \
          call; `UpdateEndpoint` and `CreateInferenceComponent` put another model behind what runs.",
    instead: "Deny the deploying actions to all but the role that deploys approved models: `sagemaker:CreateModel`, \
              `sagemaker:CreateEndpointConfig`, `sagemaker:UpdateEndpoint`, `sagemaker:CreateInferenceComponent`, \
              `bedrock:CreateMarketplaceModelEndpoint`, `bedrock:RegisterMarketplaceModelEndpoint`, and \
              `bedrock:InvokeModel*` on `…:marketplace/model-endpoint/all-access`.",
    sources: &[
        "Service Authorization Reference, actions of Amazon SageMaker: CreateModel carries no key for image, weights or hub",
        "Amazon Bedrock User Guide, \"Amazon Bedrock Marketplace\"",
        "Amazon SageMaker AI Developer Guide, \"Admin guide for private curated hubs\"",
    ],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": ["sagemaker:CreateModel", "sagemaker:CreateEndpoint"],
      "Resource": "*",
      "Condition": {
        "StringLike": {
          "aws:ResourceTag/sagemaker-studio:hub-content-arn": "arn:aws:sagemaker:*:aws:hub-content/SageMakerPublicHub/Model/deepseek*"
        }
      }
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
      "Action": [
        "bedrock:CreateMarketplaceModelEndpoint",
        "bedrock:RegisterMarketplaceModelEndpoint",
        "sagemaker:CreateEndpointConfig",
        "sagemaker:CreateInferenceComponent",
        "sagemaker:CreateModel",
        "sagemaker:UpdateEndpoint"
      ],
      "Resource": "*",
      "Condition": { "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/model-deployer" } }
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

/// The tags by which Bedrock Marketplace marks what it makes.
const TAGS: [&str; 2] = ["sagemaker-studio:hub-content-arn", "sagemaker-sdk:bedrock"];

/// Ways to deploy a model, as they are asked for.
const WAYS: [(&str, &str); 5] = [
    (
        "bedrock:RegisterMarketplaceModelEndpoint",
        "arn:aws:bedrock:us-east-1:111122223333:marketplace/model-endpoint/all-access",
    ),
    ("sagemaker:CreateEndpointConfig", "arn:aws:sagemaker:us-east-1:111122223333:endpoint-config/x"),
    ("sagemaker:CreateInferenceComponent", "arn:aws:sagemaker:us-east-1:111122223333:inference-component/x"),
    ("sagemaker:CreateModel", "arn:aws:sagemaker:us-east-1:111122223333:model/x"),
    ("sagemaker:UpdateEndpoint", "arn:aws:sagemaker:us-east-1:111122223333:endpoint/x"),
];

fn look(view: &View<'_>, found: &mut Found) {
    let Some(alone) = view.alone().filter(|_| view.limits()) else { return };
    for statement in view.outline.statements.iter().filter(|statement| statement.effect == Effect::Deny) {
        let Some((at, what)) = by_tag(statement).or_else(|| by_hub(statement)) else { continue };
        let open = open(alone);
        if !open.is_empty() {
            let mut message = format!(
                "{what} is denied, and a model that comes by another way is not: {}",
                listed(&open, 5)
            );
            if let Some(tag) = names_some(statement)
                && alone.allows("sagemaker:CreateModel", MODEL, &[(tag, OTHER)]) == Some(true)
            {
                message.push_str("; models of the catalogue that the list does not name stay open as well");
            }
            found.add(at, message);
            // Once says it for the document.
            return;
        }
    }
}

const MODEL: &str = "arn:aws:sagemaker:us-east-1:111122223333:model/x";

/// A model of the catalogue that nobody lists.
const OTHER: &str = "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/somebody-else/1";

/// The tag by which a statement names models that are not wanted.
fn names_some<'a>(statement: &Statement<'a>) -> Option<&'a str> {
    let is_tag = |key: &str| key.split_once('/').is_some_and(|(_, tag)| tag == TAGS[0]);
    statement.conditions.iter().map(|condition| condition.key).find(|key| is_tag(key))
}

fn by_tag(statement: &Statement<'_>) -> Option<(std::ops::Range<usize>, &'static str)> {
    let is_tag = |key: &str| key.split_once('/').is_some_and(|(_, tag)| TAGS.contains(&tag));
    let condition = statement.conditions.iter().find(|condition| is_tag(condition.key))?;
    let at = condition.key_span.start..condition.key_span.end;
    Some((at, "what Bedrock Marketplace marks with this tag"))
}

fn by_hub(statement: &Statement<'_>) -> Option<(std::ops::Range<usize>, &'static str)> {
    let resource = statement.resource.as_ref().filter(|resource| !resource.negated)?;
    let is_hub = |text: &str| text.contains(":aws:hub") && text.contains("SageMakerPublicHub");
    let node: &Node = resource.values.iter().find(|value| is_hub(value.text))?.node;
    Some((place(node), "the public hub of SageMaker"))
}

/// The ways that are open where nothing carries the tags.
fn open(alone: &Alone) -> Vec<String> {
    let keys: Vec<(String, &str)> = ["aws:ResourceTag", "aws:RequestTag"]
        .iter()
        .flat_map(|kind| TAGS.iter().map(move |tag| (format!("{kind}/{tag}"), "")))
        .collect();
    let keys: Vec<(&str, &str)> = keys.iter().map(|(key, value)| (key.as_str(), *value)).collect();
    let is_open = |(action, resource): &&(&str, &str)| alone.allows(action, resource, &keys) == Some(true);
    WAYS.iter().filter(is_open).map(|(action, _)| (*action).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    //! Rows stay true to the reference.

    use super::WAYS;

    #[test]
    fn every_way_is_an_action_that_exists() {
        for (action, _) in WAYS {
            let (service, name) = action.split_once(':').unwrap();
            assert!(
                reference::action(service, name).is_some_and(|known| known.takes_resources()),
                "{action}"
            );
        }
    }
}

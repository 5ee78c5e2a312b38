//! Names that say one model while another stands behind them.
//!
//! Needs the data set: what an alias, a deployment, a profile or provisioned throughput leads to. Only what it shows is
//! said: a name, a tag or a description that names a line of models, and a target of another line. What was there
//! before, and who changed it, is in CloudTrail and not here.

use std::collections::BTreeSet;

use iam::estate::{Account, FactKind, Known, Resource, ResourceKind};
use iam::json::Node;

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::models;
use crate::check::rule::{Example, Look, Rule};
use crate::check::whole::{Entry, Told, Whole, account_name, in_words};

pub const RULE: Rule = Rule {
    id: "target-moved",
    title: "an alias, profile or capacity that names one model and leads to another",
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    audience: Audience::Author,
    why: "Whoever may call an alias runs what it leads to. An approval by name is not one of what stands behind it: \
          aliases of agents and flows are routed to other versions, and provisioned throughput and deployments are \
          given other models, while ARN and name stay.",
    instead: "Route it back, or approve the model that stands there now and name it so; and say in an SCP which role \
              alone may call `bedrock:UpdateAgentAlias`, `UpdateFlowAlias`, `UpdateProvisionedModelThroughput` and \
              `UpdateCustomModelDeployment`.",
    sources: &[
        "Amazon Bedrock API Reference, UpdateAgentAlias, UpdateFlowAlias, UpdateProvisionedModelThroughput, \
         UpdateCustomModelDeployment",
    ],
    bad: Example::snapshot(
        r#"{
  "accounts/222222222222/us-east-1/bedrock-agent.ListAgents.json": { "agentSummaries": [{ "agentId": "AGENT00001", "agentName": "search", "agentStatus": "PREPARED", "updatedAt": "2026-03-02T09:00:00+00:00" }] },
  "accounts/222222222222/us-east-1/bedrock-agent.GetAgent/AGENT00001.json": { "agent": { "agentId": "AGENT00001", "agentName": "search", "agentArn": "arn:aws:bedrock:us-east-1:222222222222:agent/AGENT00001", "agentVersion": "DRAFT", "foundationModel": "deepseek.v3.2" } },
  "accounts/222222222222/us-east-1/bedrock-agent.ListAgentAliases/AGENT00001.json": { "agentAliasSummaries": [{ "agentAliasId": "ALIAS00001", "agentAliasName": "live-claude", "agentAliasStatus": "PREPARED", "routingConfiguration": [{ "agentVersion": "2" }] }] },
  "accounts/222222222222/us-east-1/bedrock-agent.GetAgentVersion/AGENT00001/2.json": { "agentVersion": { "agentId": "AGENT00001", "agentName": "search", "agentArn": "arn:aws:bedrock:us-east-1:222222222222:agent/AGENT00001", "version": "2", "foundationModel": "deepseek.v3.2" } }
}"#,
    ),
    good: Example::snapshot(
        r#"{
  "accounts/222222222222/us-east-1/bedrock-agent.ListAgents.json": { "agentSummaries": [{ "agentId": "AGENT00001", "agentName": "search", "agentStatus": "PREPARED", "updatedAt": "2026-03-02T09:00:00+00:00" }] },
  "accounts/222222222222/us-east-1/bedrock-agent.GetAgent/AGENT00001.json": { "agent": { "agentId": "AGENT00001", "agentName": "search", "agentArn": "arn:aws:bedrock:us-east-1:222222222222:agent/AGENT00001", "agentVersion": "DRAFT", "foundationModel": "deepseek.v3.2" } },
  "accounts/222222222222/us-east-1/bedrock-agent.ListAgentAliases/AGENT00001.json": { "agentAliasSummaries": [{ "agentAliasId": "ALIAS00001", "agentAliasName": "live-claude", "agentAliasStatus": "PREPARED", "routingConfiguration": [{ "agentVersion": "1" }] }] },
  "accounts/222222222222/us-east-1/bedrock-agent.GetAgentVersion/AGENT00001/1.json": { "agentVersion": { "agentId": "AGENT00001", "agentName": "search", "agentArn": "arn:aws:bedrock:us-east-1:222222222222:agent/AGENT00001", "version": "1", "foundationModel": "us.anthropic.claude-opus-5-5" } }
}"#,
    ),
    look: Look::Estate(look),
};

/// What has a name of its own and a model behind it, with the call that lists it.
const KINDS: [(ResourceKind, &str); 5] = [
    (ResourceKind::AgentAlias, "bedrock-agent.ListAgentAliases"),
    (ResourceKind::FlowAlias, "bedrock-agent.ListFlowAliases"),
    (ResourceKind::ApplicationInferenceProfile, "bedrock.ListInferenceProfiles"),
    (ResourceKind::CustomModelDeployment, "bedrock.ListCustomModelDeployments"),
    (ResourceKind::ProvisionedModel, "bedrock.ListProvisionedModelThroughputs"),
];

fn look(whole: &Whole<'_>, told: &mut Told) {
    for account in whole.estate.accounts() {
        for resource in &account.resources {
            let Some((_, call)) = KINDS.iter().find(|(kind, _)| *kind == resource.kind) else { continue };
            let Some(entry) = whole.entry(&account.id, resource, call) else { continue };
            names_another(told, account, resource, &entry);
            is_to_change(told, account, resource, &entry);
        }
    }
}

/// What it is called says one line of models, and what stands behind it is another.
fn names_another(told: &mut Told, account: &Account, resource: &Resource, entry: &Entry) {
    let said = said(resource, entry);
    let named: BTreeSet<&str> = said.iter().flat_map(|(_, text)| lines_in(text)).collect();
    if named.is_empty() {
        return;
    }
    let behind = match resource.facts(FactKind::Model) {
        Known::Known(behind) => behind,
        Known::Unknown(why) => {
            let what = format!("what stands behind `{}`", resource.arn);
            return told.unknown(&entry.place, what, why.to_string());
        }
    };
    let others: Vec<String> = behind
        .iter()
        .filter(|model| line_of(model).is_some_and(|line| !named.contains(line)))
        .map(|model| format!("`{}`", id_of(model)))
        .collect();
    if others.is_empty() {
        return;
    }
    let (where_said, text) =
        said.iter().find(|(_, text)| !lines_in(text).is_empty()).expect("a line is named somewhere");
    let message = format!(
        "the {where_said} of the {} `{}` in {} says `{text}`, and it leads to {}",
        resource.kind,
        resource.name.as_deref().unwrap_or(&resource.arn),
        account_name(account),
        in_words(&others)
    );
    told.add(&entry.place, message);
}

/// Provisioned throughput that is on its way to another model.
fn is_to_change(told: &mut Told, account: &Account, resource: &Resource, entry: &Entry) {
    let text = |name: &str| entry.node.get(name).and_then(Node::as_text);
    let (Some(has), Some(wants)) = (text("modelArn"), text("desiredModelArn")) else { return };
    if has != wants {
        let message = format!(
            "the {} `{}` in {} runs `{}` and is being changed to `{}`",
            resource.kind,
            resource.name.as_deref().unwrap_or(&resource.arn),
            account_name(account),
            id_of(has),
            id_of(wants)
        );
        told.add(&entry.place, message).confidence(Confidence::High);
    }
}

/// Everything that is said of it, and where.
fn said(resource: &Resource, entry: &Entry) -> Vec<(String, String)> {
    let mut said = Vec::new();
    if let Some(name) = &resource.name {
        said.push(("name".to_owned(), name.as_ref().to_owned()));
    }
    if let Known::Known(tags) = &resource.tags {
        said.extend(tags.iter().map(|tag| (format!("tag `{}`", tag.key), tag.value.as_ref().to_owned())));
    }
    if let Some(text) = entry.node.get("description").and_then(Node::as_text) {
        said.push(("description".to_owned(), text.to_owned()));
    }
    said
}

/// The part of an ARN or id that names a model: for a custom model the one it was made from.
fn id_of(model: &str) -> &str {
    let last = model.rsplit(':').next().filter(|_| !model.starts_with("arn:")).map(|_| model);
    let resource = last.unwrap_or_else(|| model.splitn(6, ':').nth(5).unwrap_or(model));
    let mut parts = resource.split('/');
    match (parts.next(), parts.next()) {
        (Some("custom-model" | "foundation-model" | "inference-profile"), Some(id)) => id,
        (Some(_), _) | (None, _) => resource,
    }
}

/// The line of models that an id belongs to, such as `claude`; none where the catalogue does not say.
fn line_of(model: &str) -> Option<&'static str> {
    let id = id_of(model);
    let id = reference::split_profile_id(id).map_or(id, |(_, id)| id);
    let known =
        models::all().iter().find(|known| known.id == id || id.starts_with(&format!("{}:", known.id)));
    known.and_then(|known| line(known.id)).or_else(|| {
        let (maker, _) = id.split_once('.')?;
        let of_maker: BTreeSet<&str> = models::all()
            .iter()
            .filter(|known| known.provider == maker)
            .filter_map(|known| line(known.id))
            .collect();
        let mut words = id.split(|letter: char| !letter.is_ascii_alphabetic());
        words.find_map(|word| of_maker.get(word).copied())
    })
}

/// The line that an id of the catalogue says: the first word behind its maker, or the maker where that is no name.
fn line(id: &'static str) -> Option<&'static str> {
    /// Shorter words are no names: `v3`, `gpt`.
    const LETTERS_MIN: usize = 4;
    /// Words that people use for other things, and a maker of several lines.
    const PLAIN: [&str; 5] = ["amazon", "command", "embed", "rerank", "stable"];
    let (maker, rest) = id.split_once('.')?;
    let end = rest.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(rest.len());
    [&rest[..end], maker].into_iter().find(|word| word.len() >= LETTERS_MIN && !PLAIN.contains(word))
}

/// The lines of models that a text names, as whole words.
fn lines_in(text: &str) -> BTreeSet<&'static str> {
    let lines: BTreeSet<&'static str> = models::all().iter().filter_map(|model| line(model.id)).collect();
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split(|letter: char| !letter.is_ascii_alphabetic()).collect();
    lines.into_iter().filter(|line| words.contains(line)).collect()
}

#[cfg(test)]
mod tests {
    //! Which line of models a word means.

    use super::{id_of, line_of, lines_in};

    #[track_caller]
    fn check(model: &str, expected: Option<&str>) {
        assert_eq!(line_of(model), expected, "{model}");
    }

    #[test]
    fn a_model_belongs_to_the_line_that_its_id_says() {
        check("us.anthropic.claude-opus-5-5", Some("claude"));
        check("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", Some("nova"));
        check(
            "arn:aws:bedrock:us-east-1:1:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl",
            Some("nova"),
        );
        check("deepseek.v3.2", Some("deepseek"));
        check("arn:aws:bedrock:us-east-1:1:imported-model/abcdefghijkl", None);
    }

    #[test]
    fn only_whole_words_name_a_line() {
        let lines = |text: &str| lines_in(text).into_iter().collect::<Vec<_>>();
        assert_eq!(lines("Approved with Claude Opus 5.5"), ["claude"]);
        assert_eq!(lines("claude-or-nova"), ["claude", "nova"]);
        assert!(lines("innovation, stable").is_empty());
        assert_eq!(id_of("deepseek.v3.2"), "deepseek.v3.2");
    }
}

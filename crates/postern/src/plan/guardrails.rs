//! The part of a plan that enforces guardrails: Bedrock policies, and the policies by which guardrails let the
//! organisation apply them.
//!
//! A fourth promise is checked here: what is in force in every account, by all Bedrock policies from the root down, is
//! what the charter says. Policies of others are left as they are, and where they say something else it is told. Follows
//! aws-facts §3.

use std::collections::BTreeSet;
use std::sync::Arc;

use charter::guardrail::{BedrockPolicy, creation, guardrails, policies, sharing};
use charter::model::{Definition, Guardrail, Rule};
use iam::estate::{
    Document as Stored, Estate, Known, NodeKind, Organization, OrganizationPolicy, OrganizationPolicyKind,
    Origin, Value as InForceValue, Values,
};
use iam::json::Place;
use iam::policy::{PolicyType, read};
use prover::difference::{Difference, Side, difference};
use reference::digest::sha256_hex;
use serde_json::Value;

use super::script::DESCRIPTION;
use super::{Attachments, Model, NAME, node_name, slug};
use crate::input::Complaint;

/// A Bedrock policy with its name.
#[derive(Clone, Debug)]
pub struct Declared {
    pub name: String,
    pub policy: BedrockPolicy,
    /// Whether the organisation has it already.
    pub is_there: bool,
    /// The line of the charter it comes from.
    pub line: usize,
}

/// The policy of a guardrail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Its ARN.
    pub guardrail: String,
    pub text: String,
    pub state: Sharing,
}

/// What is to be done about the policy of a guardrail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// It lets the organisation apply the guardrail already, as is proved.
    Done,
    /// There is none: it is written.
    Written,
    /// Another one is there, does not surely let the whole organisation in, and stays.
    Foreign,
    /// Whether there is one is not known, and so it is left alone: why.
    Unknown(String),
}

/// What a charter enforces.
#[derive(Clone, Debug, Default)]
pub struct Enforced {
    pub policies: Vec<Declared>,
    pub shared: Vec<Shared>,
}

/// The Bedrock policies and policies of guardrails of a charter.
///
/// # Errors
/// A policy is longer than AWS takes.
pub fn enforced(
    origin: &str,
    text: &str,
    model: &Model,
    estate: &Estate,
    organization: &Organization,
    there: &Attachments,
) -> Result<Enforced, Vec<Complaint>> {
    let quota = |id: &str| reference::quota(id).and_then(|quota| usize::try_from(quota.limit).ok());
    let characters_max = quota("bedrock-policy-characters").unwrap_or(10_000);
    let mut wrong = Vec::new();
    let mut declared = Vec::new();
    for policy in policies(model) {
        let length = policy.text.chars().count();
        if length > characters_max {
            let message = format!(
                "the Bedrock policy of `{}` has {length} characters, and {characters_max} are the most",
                policy.title
            );
            let hint = "name fewer Regions or fewer models that run without it";
            wrong.push(Complaint::at(origin, text, policy.origin.start, message).hint(hint));
        }
        declared.push(named(policy, text, there));
    }
    let documents_max = quota("bedrock-policy-per-node").unwrap_or(10);
    for each in &declared {
        let foreign = there.foreign_at(&each.policy.node);
        if foreign >= documents_max {
            let message = format!(
                "`{}` has {foreign} Bedrock policies of others, and {documents_max} are the most",
                each.policy.title
            );
            let hint = "detach one of them, or say it at the node above";
            wrong.push(Complaint::at(origin, text, each.policy.origin.start, message).hint(hint));
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let share = |guardrail: String| {
        let text = sharing(&guardrail, &organization.id);
        let state = sharing_state(estate, &guardrail, &text);
        Shared { guardrail, text, state }
    };
    Ok(Enforced { policies: declared, shared: guardrails(model).into_iter().map(share).collect() })
}

fn named(policy: BedrockPolicy, charter: &str, there: &Attachments) -> Declared {
    let hash = sha256_hex(policy.text.as_bytes());
    let name = format!("{NAME}guardrail-{}-{}", slug(&policy.title), &hash[..8]);
    let is_there = there.has(&name, &policy.text);
    Declared { name, is_there, line: Place::of(charter, policy.origin.start).line, policy }
}

fn sharing_state(estate: &Estate, guardrail: &str, text: &str) -> Sharing {
    let unknown = || Sharing::Unknown("the snapshot does not list the guardrail".to_owned());
    let account = guardrail.split(':').nth(4).and_then(|id| iam::arn::AccountId::new(id).ok());
    let Some(account) = account.and_then(|id| estate.account(&id)) else { return unknown() };
    let Some(resource) = account.resources.iter().find(|each| each.arn.as_ref() == guardrail) else {
        return unknown();
    };
    match &resource.policy {
        Known::Unknown(why) => Sharing::Unknown(why.to_string()),
        Known::Known(None) => Sharing::Written,
        Known::Known(Some(stored)) => {
            // It has to allow all that ours would.
            let own = read(text.as_bytes(), PolicyType::Resource).policy.map(Arc::new);
            match own.map(|own| difference(&own, &stored.policy, Side::Resource)) {
                Some(Difference::Empty) => Sharing::Done,
                Some(Difference::Request(_) | Difference::Unknown(_)) | None => Sharing::Foreign,
            }
        }
    }
}

impl Declared {
    /// The policy as the organisation has it.
    pub fn stored(&self, organization: &Organization, partition: &str) -> OrganizationPolicy {
        let id: Arc<str> = format!("p-{}", self.name).into();
        OrganizationPolicy {
            arn: format!(
                "arn:{partition}:organizations::{}:policy/{}/bedrock_policy/{id}",
                organization.management_account, organization.id
            )
            .into(),
            id,
            name: self.name.as_str().into(),
            kind: OrganizationPolicyKind::Bedrock,
            aws_managed: false,
            text: Known::Known(self.policy.text.as_str().into()),
            document: None,
        }
    }
}

impl Enforced {
    /// Puts the policies of guardrails in place that are to be written.
    pub fn share(&self, estate: &mut Estate) {
        for shared in self.shared.iter().filter(|shared| shared.state == Sharing::Written) {
            let Some(policy) = read(shared.text.as_bytes(), PolicyType::Resource).policy else { continue };
            let origin = Origin::File { file: "policy.json".into(), offset: 0, quoted: false };
            estate.replace_resource_policy(&shared.guardrail, Stored { policy: Arc::new(policy), origin });
        }
    }
}

/// A guardrail that a script makes, or whose profiles it lets the organisation use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// What the charter calls it.
    pub name: String,
    /// What AWS calls it.
    pub called: String,
    /// Where it is made, with the version that is there.
    pub regions: Vec<(String, Option<String>)>,
    /// What AWS is asked for; its description tells what is asked for from everything else.
    pub request: Value,
    /// ARNs of its profile, where it has one.
    pub profiles: BTreeSet<String>,
}

/// The guardrails of a charter that a script has something to do for.
pub fn made(model: &Model) -> Vec<Made> {
    let made = |definition: &Definition| {
        let profiles = definition.profiles(&model.partition, &model.management_account);
        if definition.regions.is_empty() && profiles.is_empty() {
            return None;
        }
        let called = format!("{NAME}{}", definition.name);
        let mut request = creation(definition);
        let hash = sha256_hex(request.to_string().as_bytes());
        request["name"] = called.as_str().into();
        request["description"] = format!("{DESCRIPTION}: {}", &hash[..8]).into();
        let version = |region: &String| (region.clone(), definition.versions.get(region).cloned());
        Some(Made {
            name: definition.name.clone(),
            called,
            regions: definition.regions.iter().map(version).collect(),
            request,
            profiles,
        })
    };
    model.guardrails.iter().filter_map(made).collect()
}

/// Doors that are open to somebody in an area under a guardrail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unguarded {
    pub area: String,
    /// On which no guardrail acts.
    pub without: Vec<&'static str>,
    /// Of which AWS does not say whether one acts.
    pub unknown: Vec<&'static str>,
}

/// By area under a guardrail, the doors that are open to somebody and on which it does not surely act.
pub fn doors_without(model: &Model) -> Vec<Unguarded> {
    let mut found = Vec::new();
    for (number, area) in model.areas.iter().enumerate() {
        let mut above = std::iter::successors(Some(number), |at| model.areas[*at].above);
        if !above.any(|at| model.areas[at].guardrail.is_some()) {
            continue;
        }
        let is_open = |door: &&reference::Door| match area.rules.get(door.id.as_str()) {
            Some(Rule::Unmanaged) => true,
            Some(Rule::Managed { permits, .. }) => !permits.is_empty(),
            None => false,
        };
        let doors = |guardrails: Option<bool>| -> Vec<&'static str> {
            let doors = reference::doors().iter().filter(|door| door.guardrails == guardrails);
            doors.filter(is_open).map(|door| door.id.as_str()).collect()
        };
        found.push(Unguarded { area: area.name.clone(), without: doors(Some(false)), unknown: doors(None) });
    }
    found
}

/// What became of the promise that guardrails are in force as the charter says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InForce {
    /// Accounts and Regions that were looked at.
    pub places: usize,
    /// Where something else is in force, and what.
    pub wrong: Vec<String>,
    pub unknown: Vec<String>,
}

/// Compares what is in force in every account, by the merge of all Bedrock policies, with what the charter says.
///
/// Of Regions of which the charter says nothing nothing is said.
pub fn in_force(model: &Model, organization: &Organization) -> InForce {
    let mut found = InForce::default();
    let regions: BTreeSet<&str> = model
        .areas
        .iter()
        .filter_map(|area| area.guardrail.as_ref())
        .flat_map(|guardrail| guardrail.versions.keys().map(String::as_str))
        .collect();
    for node in organization.nodes() {
        if !matches!(&node.kind, NodeKind::Account(id) if *id != organization.management_account) {
            continue;
        }
        let name = node_name(organization, &node.id);
        let Known::Known(chain) = organization.chain(node) else {
            found.unknown.push(format!("where {name} stands in the organisation"));
            continue;
        };
        let chain: Vec<&str> = chain.iter().map(|each| each.id.as_ref()).collect();
        let wanted: Vec<(&str, &str, &Guardrail)> = regions
            .iter()
            .filter_map(|region| {
                model.guarding(&chain, region).map(|(version, guardrail)| (*region, version, guardrail))
            })
            .collect();
        if wanted.is_empty() {
            continue;
        }
        let values = match organization.effective(node, &OrganizationPolicyKind::Bedrock) {
            Known::Known(values) => values,
            Known::Unknown(why) => {
                found.unknown.push(format!("what is in force in {name}: {why}"));
                continue;
            }
        };
        for (region, version, guardrail) in wanted {
            found.places += 1;
            let expected = expected(version, guardrail);
            for (path, expected) in &expected {
                compare(&mut found, &values, &name, region, path, expected);
            }
            beside(&mut found, &values, &name, region, expected.map(|(path, _)| path));
        }
    }
    found
}

fn expected<'a>(version: &'a str, guardrail: &'a Guardrail) -> [(&'static [&'static str], InForceValue); 5] {
    let list = |all: Vec<&str>| InForceValue::List(all.into_iter().map(Box::from).collect());
    let except = list(guardrail.except.iter().map(String::as_str).collect());
    [
        (&["identifier"], InForceValue::One(version.into())),
        (&["model_enforcement", "excluded_models"], except),
        (&["model_enforcement", "included_models"], list(vec!["ALL"])),
        (&["selective_content_guarding", "messages"], InForceValue::One(guardrail.messages.word().into())),
        (&["selective_content_guarding", "system"], InForceValue::One(guardrail.system.word().into())),
    ]
}

fn compare(
    found: &mut InForce,
    values: &Values,
    account: &str,
    region: &str,
    path: &[&str],
    expected: &InForceValue,
) {
    let above = ["bedrock", "guardrail_inference", region, "config_1"];
    let whole: Vec<Box<str>> = above.iter().chain(path).map(|name| Box::from(*name)).collect();
    let what = path.join(".");
    match values.get(&whole) {
        Some(Ok(value)) if value == expected => {}
        Some(Ok(value)) => found.wrong.push(format!("{account}, {region}: {what} is {}", words(value))),
        None => found.wrong.push(format!("{account}, {region}: {what} is not said")),
        Some(Err(doubt)) => found.unknown.push(format!("{account}, {region}: {what}: {doubt}")),
    }
}

/// What else is in force in a Region, such as `input_tags`, of which the charter knows nothing.
fn beside(found: &mut InForce, values: &Values, account: &str, region: &str, known: [&[&str]; 5]) {
    let top = ["bedrock", "guardrail_inference", region];
    for (path, value) in values {
        let path: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
        let Some(rest) = path.strip_prefix(top.as_slice()) else { continue };
        if rest.strip_prefix(["config_1"].as_slice()).is_some_and(|rest| known.contains(&rest)) {
            continue;
        }
        let what = rest.join(".");
        match value {
            Ok(value) => {
                found.wrong.push(format!("{account}, {region}: others say {what} too: {}", words(value)));
            }
            Err(doubt) => found.unknown.push(format!("{account}, {region}: {what}: {doubt}")),
        }
    }
}

fn words(value: &InForceValue) -> String {
    match value {
        InForceValue::One(text) => text.to_string(),
        InForceValue::List(all) if all.is_empty() => "an empty list".to_owned(),
        InForceValue::List(all) => all.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", "),
    }
}

//! Which doors a policy alone leaves open to a model.
//!
//! A door is asked through the calls that go through it, each filled in as a client would make it, so that a feature
//! whose role runs the model is open only if that role may run it too. Doors without such calls are asked by their
//! actions. Only doors that run a model, bring one in or deploy one are asked. Decides nothing itself.

use reference::{Api, Door, Endpoint, Opens, TargetKind};

use super::alone::{ACCOUNT, Alone, Call, Verdict};
use super::models;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The model as the runtime names it.
    pub model: &'a str,
    /// The same, or one of its kind, as the mantle names it.
    pub mantle: String,
    /// The Region that is called.
    pub region: &'a str,
}

impl<'a> Wanted<'a> {
    /// A model, and one of its maker at the mantle.
    pub fn new(model: &'a str, region: &'a str) -> Self {
        let provider = model.split('.').next().unwrap_or_default();
        let of_maker = models::all()
            .iter()
            .copied()
            .filter(|each| each.endpoint == Endpoint::Mantle && each.provider == provider)
            .map(|each| each.id.to_owned());
        let same = reference::model_at(Endpoint::Mantle, model).map(|each| each.id.to_owned());
        let mantle = same.or(of_maker.into_iter().next()).unwrap_or_else(|| model.to_owned());
        Self { model, mantle, region }
    }
}

/// Doors that run models of AWS's choosing: whoever uses them names none.
const CHOSEN_BY_AWS: [&str; 10] = [
    "ai-services",
    "assistants",
    "builder",
    "contact-centre",
    "data-automation",
    "nova-act",
    "operations-agents",
    "retrieve-and-generate",
    "system-tools",
    "agentcore-memory",
];

/// Doors that bring in nothing that could be run without another one.
const NOT_BY_ITSELF: [&str; 2] = ["model-access", "sharing"];

/// The doors that are open, in the order of the table.
#[derive(Debug)]
pub struct Open {
    /// Those through which the model, or one of the caller's choice, can be run or brought in.
    pub of_choice: Vec<&'static Door>,
    /// Those that run models of AWS's choosing.
    pub chosen_by_aws: Vec<&'static Door>,
}

/// The doors through which a model can be run or brought in.
pub fn open(alone: &Alone, wanted: &Wanted<'_>) -> Open {
    let matters = |door: &&Door| {
        let opens = door.does.iter().any(|does| matches!(does, Opens::Run | Opens::BringIn));
        opens && !NOT_BY_ITSELF.contains(&door.id.as_str())
    };
    let all = reference::doors().iter().filter(matters).filter(|door| is_open(alone, door, wanted));
    let (chosen_by_aws, of_choice) = all.partition(|door| CHOSEN_BY_AWS.contains(&door.id.as_str()));
    Open { of_choice, chosen_by_aws }
}

fn is_open(alone: &Alone, door: &Door, wanted: &Wanted<'_>) -> bool {
    if door.operations.is_empty() {
        return door.actions.iter().any(|action| {
            let opens = reference::duty(&action.service, &action.name)
                .is_some_and(|duty| duty.runs_a_model() || duty.brings_a_model_in());
            opens && is_allowed(alone, &action.service, &action.name, wanted)
        });
    }
    // What nobody can run has not been opened by deploying it.
    let runs_or_brings_in = |api: &&'static Api| {
        api.action
            .split_once(':')
            .and_then(|(service, name)| reference::duty(service, name))
            .is_some_and(|duty| duty.runs_a_model() || duty.opens.contains(&Opens::BringIn))
    };
    let mut through: Vec<&'static Api> =
        door.operations.iter().filter_map(|name| api(name)).filter(|api| opens(api)).collect();
    if door.does.contains(&Opens::Run) && through.iter().any(runs_or_brings_in) {
        through.retain(runs_or_brings_in);
    }
    // Several operations are authorised alike.
    let mut asked: Vec<(&str, &str, &[TargetKind])> = Vec::new();
    through.retain(|api| {
        let alike = (api.endpoint.as_str(), api.action.as_str(), api.targets.as_slice());
        let is_new = !asked.contains(&alike);
        asked.push(alike);
        is_new
    });
    through.into_iter().any(|api| {
        let kinds = api.targets.iter().filter(|kind| goes_through(door, api, **kind));
        kinds.into_iter().any(|kind| {
            let (target, behind) = target(*kind, wanted);
            let call = Call { api, target, region: wanted.region, behind };
            matches!(alone.call(&call), Some(Verdict::Allowed))
        })
    })
}

fn api(name: &str) -> Option<&'static Api> {
    let (endpoint, name) = name.split_once(':')?;
    reference::api(endpoint, name)
}

/// Whether the call runs a model, brings one in or deploys one, rather than reading what came of it.
fn opens(api: &Api) -> bool {
    let Some((service, action)) = api.action.split_once(':') else { return false };
    api.unlisted
        || reference::duty(service, action)
            .is_some_and(|duty| duty.runs_a_model() || duty.brings_a_model_in())
}

/// Whether the call on something of this kind is one through this door.
fn goes_through(door: &Door, api: &Api, kind: TargetKind) -> bool {
    let Some((service, name)) = api.action.split_once(':') else { return false };
    let mut through =
        door.actions.iter().filter(|each| each.service == service && each.name == name).peekable();
    through.peek().is_none()
        || through.any(|action| action.on.is_empty() || action.on.iter().any(|on| on == resource_type(kind)))
}

/// Whether one action is allowed on some resource that it takes, or on everything.
fn is_allowed(alone: &Alone, service: &str, name: &str, wanted: &Wanted<'_>) -> bool {
    let action = format!("{service}:{name}");
    let keys = [("aws:RequestedRegion", wanted.region)];
    let Some(known) = reference::action(service, name) else { return false };
    let mut resources: Vec<String> =
        known.resource_types().filter_map(|each| example(service, each.name, wanted.region)).collect();
    if resources.is_empty() {
        resources.push("*".to_owned());
    }
    resources.iter().any(|resource| alone.allows(&action, resource, &keys) == Some(true))
}

/// An ARN of a resource type, in the caller's account.
fn example(service: &str, name: &str, region: &str) -> Option<String> {
    let template = reference::resource_type(service, name)?.templates().next()?;
    let pieces = template.pieces().map(|piece| match piece {
        reference::Piece::Literal(text) => text.to_owned(),
        reference::Piece::Placeholder { name: "Partition", .. } => "aws".to_owned(),
        reference::Piece::Placeholder { name: "Region", .. } => region.to_owned(),
        reference::Piece::Placeholder { name: "Account", .. } => ACCOUNT.to_owned(),
        reference::Piece::Placeholder { ids, .. } => ids.example.clone(),
    });
    Some(pieces.collect())
}

/// The resource type of what a call names.
fn resource_type(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Nothing | TargetKind::MantleModel | TargetKind::ClaudeModel => "",
        TargetKind::FoundationModel => "foundation-model",
        TargetKind::GeographicProfile | TargetKind::GlobalProfile => "inference-profile",
        TargetKind::ApplicationProfile => "application-inference-profile",
        TargetKind::PromptRouter => "prompt-router",
        TargetKind::DefaultPromptRouter => "default-prompt-router",
        TargetKind::ProvisionedModel => "provisioned-model",
        TargetKind::ImportedModel => "imported-model",
        TargetKind::CustomModel => "custom-model",
        TargetKind::CustomModelDeployment => "custom-model-deployment",
        TargetKind::SagemakerEndpoint => "bedrock-marketplace-model-endpoint",
        TargetKind::Prompt => "prompt",
        TargetKind::PromptVersion => "prompt-version",
        TargetKind::CustomizedModel => "customized-model",
        TargetKind::AgentAlias => "agent-alias",
        TargetKind::Flow => "flow",
        TargetKind::FlowAlias => "flow-alias",
        TargetKind::KnowledgeBase => "knowledge-base",
        TargetKind::DataAutomationProfile => "data-automation-profile",
        TargetKind::DataAutomationProject => "data-automation-project",
        TargetKind::Blueprint => "blueprint",
        TargetKind::Guardrail => "guardrail",
        TargetKind::Harness => "harness",
        TargetKind::User => "user",
    }
}

/// What a client would name, and the model behind it where the name does not say.
fn target(kind: TargetKind, wanted: &Wanted<'_>) -> (String, Option<Vec<String>>) {
    let behind = Some(vec![wanted.model.to_owned(), wanted.model.to_owned()]);
    let own = |service: &str, rest: &str| format!("arn:aws:{service}:{}:{ACCOUNT}:{rest}", wanted.region);
    match kind {
        TargetKind::Nothing => ("*".to_owned(), behind),
        TargetKind::FoundationModel => (wanted.model.to_owned(), None),
        TargetKind::GeographicProfile => {
            let of_model = |profile: &reference::Profile| profile.model_id == wanted.model;
            let listed =
                models::profiles().iter().copied().find(|each| of_model(each) && each.geography != "global");
            (listed.map_or_else(|| format!("us.{}", wanted.model), |each| each.id.to_owned()), None)
        }
        TargetKind::GlobalProfile => (format!("global.{}", wanted.model), None),
        TargetKind::MantleModel => (wanted.mantle.clone(), None),
        TargetKind::ClaudeModel => ("claude-opus-5-5".to_owned(), None),
        TargetKind::SagemakerEndpoint => (own("sagemaker", "endpoint/abcdefghijkl"), behind),
        TargetKind::CustomizedModel => (own("bedrock-mantle", "customized-model/abcdefghijkl"), None),
        // A harness may call any provider over the network, and then no model of AWS stands behind it.
        TargetKind::Harness => (own("bedrock-agentcore", "harness/abcdefghijkl"), Some(Vec::new())),
        TargetKind::CustomModel => (own("bedrock", "custom-model/imported/abcdefghijkl"), None),
        TargetKind::PromptVersion => (own("bedrock", "prompt/ABCDEFGHIJ:1"), behind),
        TargetKind::AgentAlias => (own("bedrock", "agent-alias/ABCDEFGHIJ/KLMNOPQRST"), behind),
        TargetKind::FlowAlias => (own("bedrock", "flow/ABCDEFGHIJ/alias/KLMNOPQRST"), behind),
        TargetKind::User => (format!("arn:aws:iam::{ACCOUNT}:user/somebody"), None),
        TargetKind::ApplicationProfile
        | TargetKind::PromptRouter
        | TargetKind::DefaultPromptRouter
        | TargetKind::ProvisionedModel
        | TargetKind::ImportedModel
        | TargetKind::CustomModelDeployment
        | TargetKind::Prompt
        | TargetKind::Flow
        | TargetKind::KnowledgeBase
        | TargetKind::DataAutomationProfile
        | TargetKind::DataAutomationProject
        | TargetKind::Blueprint
        | TargetKind::Guardrail => (own("bedrock", &format!("{}/abcdefghijkl", resource_type(kind))), behind),
    }
}

#[cfg(test)]
mod tests {
    //! Rows stay true to the table of doors.

    use super::CHOSEN_BY_AWS;

    #[test]
    fn doors_of_models_that_aws_chooses_are_doors() {
        for id in CHOSEN_BY_AWS.into_iter().chain(super::NOT_BY_ITSELF) {
            assert!(reference::door(id).is_some(), "{id}");
        }
    }
}

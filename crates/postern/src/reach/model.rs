//! Who can run a model: every form in which a client can name it, at every endpoint that has it.
//!
//! Forms are the model itself, its system profiles, the account's own things that run it (application profiles,
//! provisioned throughput, deployments …), and its ids at the other endpoints. A form is open when every authorisation
//! of the call is allowed. Batch, agents, flows and jobs are doors of their own or steps; they are not asked here.

use iam::answer::Decision;
use iam::estate::{Account, Estate, Fact, FactKind, Known, ResourceKind};
use iam::operation::{
    Facts, Guardrail, Operation, OperationLayers, OperationOutcome, Organization, Place, authorize_operation,
};
use iam::policy::Policy;
use iam::request::Completeness;
use reference::{Api, Endpoint};

use super::Reach;
use super::person::Person;
use super::standing::{self, Level, Standing, Why};
use iam::context::Key;
use iam::layers::Layer;

/// Most guardrails that are tried for one caller.
pub(super) const GUARDRAILS_MAX: usize = 8;

/// The key that names the guardrail of a call.
pub(super) const GUARDRAIL: &str = "bedrock:GuardrailIdentifier";

/// One form in which a model can be called.
#[derive(Clone, Debug)]
pub struct Form {
    api: &'static Api,
    /// What the client names.
    pub target: String,
    /// The model behind something of the account's own.
    behind: Option<Vec<String>>,
    region: String,
    /// The number of its action among those that are asked about.
    action: usize,
}

impl Form {
    /// Whether a client can name a thing of this kind to call the model behind it.
    pub(super) fn can_name(kind: ResourceKind) -> bool {
        matches!(
            kind,
            ResourceKind::ApplicationInferenceProfile
                | ResourceKind::ProvisionedModel
                | ResourceKind::CustomModelDeployment
                | ResourceKind::CustomModel
        )
    }
}

impl Reach<'_> {
    /// The forms of a model in an account.
    pub fn forms(&self, account: usize, model: &str) -> Vec<Form> {
        let account = &self.estate.accounts()[account];
        let mut regions: Vec<&str> =
            account.regions.keys().map(AsRef::as_ref).filter(|each| *each != "global").collect();
        if regions.is_empty() {
            regions.push("us-east-1");
        }
        let mut forms = Vec::new();
        let mut add =
            |endpoint: &str, name: &str, target: &str, behind: Option<Vec<String>>, region: &str| {
                let (Some(api), target) = (reference::api(endpoint, name), target.to_owned()) else { return };
                let Some(action) = self.asks.number(&api.action) else { return };
                forms.push(Form { api, target, behind, region: region.to_owned(), action });
            };
        for region in &regions {
            if reference::model_at(Endpoint::Runtime, model).is_some() || reference::model(model).is_none() {
                add("bedrock-runtime", "Converse", model, None, region);
            }
            for profile in reference::profiles().filter(|each| each.model_id == model) {
                add("bedrock-runtime", "Converse", profile.id, None, region);
            }
            if reference::model_at(Endpoint::Mantle, model).is_some() {
                add("bedrock-mantle", "ChatCompletions", model, None, region);
            }
            if reference::model_at(Endpoint::ClaudePlatform, model).is_some() {
                add("aws-external-anthropic", "Messages", model, None, region);
            }
        }
        for thing in &account.resources {
            let runs = Form::can_name(thing.kind);
            let facts: &[Fact] = match &thing.facts {
                Known::Known(facts) => facts,
                Known::Unknown(_) => &[],
            };
            let of = |fact: &&Fact| matches!(fact.kind, FactKind::Model | FactKind::BaseModel);
            let behind: Vec<String> = facts.iter().filter(of).map(|fact| fact.value.to_string()).collect();
            if runs && behind.iter().any(|text| names_model(text, model)) {
                add("bedrock-runtime", "Converse", &thing.arn, Some(behind), &thing.region);
            }
        }
        forms
    }

    /// How open a model is to a person, in the most open of its forms.
    pub fn runs(&self, person: &Person<'_>, forms: &[Form]) -> Standing {
        standing::best(forms.iter().filter(|form| person.named.contains(form.action)).map(|form| {
            let plainly = self.call(person, form, None);
            if plainly.level != Level::Closed {
                return plainly;
            }
            // A policy may ask for a guardrail.
            let with =
                guardrails(person).into_iter().map(|guardrail| self.call(person, form, Some(guardrail)));
            let guarded = standing::best(with);
            if guarded.level > Level::Closed { guarded } else { plainly }
        }))
    }

    /// Whether a thing that is used runs the model, itself or through what it uses: open if it says so, unknown if it
    /// says nothing of models.
    pub fn thing_runs(&self, arn: &str, model: &str) -> Level {
        let mut to_see = vec![arn.to_owned()];
        let mut seen: Vec<String> = Vec::new();
        let mut says_any = false;
        while let Some(arn) = to_see.pop() {
            let Some((_, thing)) = self.estate.resource(&arn).filter(|_| !seen.contains(&arn)) else {
                continue;
            };
            seen.push(arn);
            let Known::Known(facts) = &thing.facts else { return Level::Unknown };
            for fact in facts.iter() {
                if fact.kind == FactKind::Model && names_model(&fact.value, model) {
                    return Level::Open;
                }
                says_any |= fact.kind == FactKind::Model;
                if fact.kind == FactKind::Uses {
                    to_see.push(fact.value.to_string());
                }
            }
        }
        if says_any { Level::Closed } else { Level::Unknown }
    }

    fn call(&self, person: &Person<'_>, form: &Form, guardrail: Option<String>) -> Standing {
        let account = &self.estate.accounts()[person.account];
        let place = Place {
            partition: account.partition.to_string(),
            region: form.region.clone(),
            account: account.id.clone(),
        };
        let mut operation = Operation::new(form.api, &form.target, place, person.principal.clone());
        operation.context = person.context().clone();
        operation.completeness = Completeness::Partial;
        operation.facts = Facts {
            behind: form.behind.clone(),
            organization: organization(self.estate, account),
            ..Facts::default()
        };
        let with = guardrail.as_ref().map(|arn| ("guardrail".to_owned(), arn.clone()));
        if let Some(arn) = guardrail {
            let (identifier, version) = match arn.rsplit_once(':') {
                Some((identifier, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) => {
                    (identifier, Some(version))
                }
                Some(_) | None => (arn.as_str(), None),
            };
            operation.options.guardrails.push(Guardrail::requested(identifier, version));
        }
        let layers =
            OperationLayers { caller: person.layers().at_most(), service_role: None, resources: &[] };
        let answer = match authorize_operation(&operation, layers) {
            Ok(answer) => answer,
            // It cannot be called like this from here.
            Err(_) => return standing::NOT_NAMED,
        };
        let last_allowed = || {
            let steps = answer.steps().filter_map(|step| step.answer);
            steps.last().map(|answer| answer.determining.to_vec()).unwrap_or_default()
        };
        let (level, why) = match &answer.outcome {
            OperationOutcome::Decided(Decision::Allow) => match person.layers().missing().first() {
                Some((_, missing)) => (Level::Unknown, Why::Missing(missing.clone())),
                None => (Level::Open, Why::Allowed(last_allowed())),
            },
            OperationOutcome::Decided(decision) => {
                let denied = answer.steps().filter_map(|step| step.answer);
                let denied = denied.filter(|each| each.decision() == Some(*decision)).last();
                let by = denied.map(|each| each.denied_by.to_vec()).unwrap_or_default();
                let statements = denied.map(|each| each.determining.to_vec()).unwrap_or_default();
                (Level::Closed, Why::Denied { decision: *decision, by, statements })
            }
            OperationOutcome::NeedsContext(keys) => (Level::Depends, Why::Keys(keys.clone())),
            OperationOutcome::Unknown(doubts) => {
                (Level::Unknown, Why::Unsettled(doubts.iter().map(ToString::to_string).collect()))
            }
        };
        let resource = Some(format!("{} from {}", form.target, form.region));
        Standing { level, action: Some(form.api.name.clone()), resource, with, why }
    }
}

fn organization(estate: &Estate, account: &Account) -> Option<Organization> {
    match estate.organization_of(account) {
        Known::Known(Some((organization, node))) => {
            let paths = match &node.path {
                Known::Known(path) => vec![path.to_string()],
                Known::Unknown(_) => Vec::new(),
            };
            Some(Organization { id: organization.id.to_string(), paths })
        }
        Known::Known(None) | Known::Unknown(_) => None,
    }
}

fn names_model(text: &str, model: &str) -> bool {
    text == model || text.ends_with(&format!("/{model}")) || text.ends_with(&format!(".{model}"))
}

/// The guardrails that the policies of a person name.
fn guardrails(person: &Person<'_>) -> Vec<String> {
    let key = Key::new(GUARDRAIL);
    let all = person.layers().at_most();
    let policies = Layer::ALL.into_iter().flat_map(|layer| all.levels(layer)).flatten();
    let of_policy = |policy: &Policy| -> Vec<String> {
        let conditions = policy.statements.iter().flat_map(|each| &each.conditions);
        conditions.filter(|each| *each.key() == key).flat_map(|each| each.examples()).collect()
    };
    let mut found: Vec<String> = policies.flat_map(|policy| of_policy(policy)).collect();
    found.sort_unstable();
    found.dedup();
    found.truncate(GUARDRAILS_MAX);
    found
}

//! A call of a client, answered: every authorisation it takes, under the policies that apply to each.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use iam::answer::Outcome;
use iam::estate::Missing;
use iam::layers::Layers;
use iam::operation::{
    Guardrail, Operation, OperationAnswer, OperationDoubt, OperationError, OperationLayers, OperationOutcome,
    Place, authorize_operation,
};
use iam::policy::Policy;
use iam::request::Request;
use reference::{Api, By};

use super::{Answered, Call, Step, completeness, data, unless_missing};
use crate::changes::{self, Asked};
use crate::enforced::policy_of;
use crate::input::Complaint;
use crate::policies::Policies;
use crate::stack::{Data, Extent, Subject};

/// The policies that apply to the steps of a call.
struct Applied {
    caller: Rc<Policies>,
    service_role: Option<Rc<Policies>>,
    resources: Vec<(String, Arc<Policy>)>,
    /// Resource-based policies that are not known, by the ARN they are attached to.
    unread: Vec<(String, Arc<Missing>)>,
}

pub(super) fn answer(subject: &Subject, call: &Call) -> Result<Answered, Vec<Complaint>> {
    let mut operation = operation(subject, call)?;
    let complain = |error: OperationError| {
        let complaint = Complaint::new("--model", error.to_string());
        vec![match error.hint() {
            Some(hint) => complaint.hint(hint),
            None => complaint,
        }]
    };
    let mut missing = match &subject.data {
        Some(data) => data::complete(data, &mut operation),
        None => Vec::new(),
    };
    let applied = Applied::new(subject, &operation)?;
    let mut answer =
        authorize_operation(&operation, applied.layers(&applied.caller.layers)).map_err(complain)?;
    if let Some(data) = &subject.data {
        while settle(data, &mut operation, &answer, &applied.caller.layers) {
            answer =
                authorize_operation(&operation, applied.layers(&applied.caller.layers)).map_err(complain)?;
        }
    }
    missing.extend(applied.missing(&answer));
    missing.sort();
    missing.dedup();
    let (outcome, operation_doubts) = outcome(&answer.outcome);
    let (outcome, missing) = unless_missing(outcome, missing);
    let steps: Vec<Step> = answer
        .steps()
        .filter_map(|step| {
            let detail = format!("{}, made in {}", step.step.why.title, step.step.region);
            let (request, answer) = (step.step.request.clone(), step.answer?.clone());
            let policies = applied.of(step.step.by)?.clone();
            Some(Step { request, answer, detail: Some(detail), policies })
        })
        .collect();
    let ask = |layers: &Layers, key: Option<(&str, Vec<String>)>| {
        let mut operation = operation.clone();
        if let Some((name, values)) = key {
            operation.context.replace(name, values);
        }
        match authorize_operation(&operation, applied.layers(layers)) {
            Ok(answer) => self::outcome(&answer.outcome).0,
            Err(_) => Outcome::Unknown(Vec::new()),
        }
    };
    let asked: Vec<Asked<'_>> =
        steps.iter().map(|step| Asked { request: &step.request, answer: &step.answer }).collect();
    let changes = changes::changes(&asked, &applied.caller.layers, &outcome, &ask);
    let mut assumptions: Vec<String> = answer.assumptions.iter().map(|one| one.id().to_owned()).collect();
    assumptions
        .extend(steps.iter().flat_map(|step| step.answer.assumptions.iter()).map(|one| one.id().to_owned()));
    assumptions.sort_unstable();
    assumptions.dedup();
    let mut notes: Vec<String> = answer.notes.iter().map(ToString::to_string).collect();
    let gaps = answer.ways.first().into_iter().flat_map(|way| &way.way.gaps);
    notes.extend(gaps.map(ToString::to_string));
    Ok(Answered {
        question: format!("{} on {} from {}", operation.api.name, call.model, call.region),
        principal: subject.principal.clone(),
        policies: applied.caller.clone(),
        outcome,
        missing,
        assumptions,
        operation_doubts,
        changes,
        notes,
        steps,
    })
}

impl Applied {
    fn new(subject: &Subject, operation: &Operation) -> Result<Self, Vec<Complaint>> {
        let Some(data) = &subject.data else {
            let caller = Rc::new(subject.policies.clone());
            return Ok(Self { caller, service_role: None, resources: Vec::new(), unread: Vec::new() });
        };
        let mut caller = data::own_policies(data, &operation.caller)?;
        caller.add(&subject.policies);
        let role = operation.options.service_role.as_ref();
        let service_role =
            role.map(|role| data::own_policies(data, &role.principal)).transpose()?.map(Rc::new);
        let mut applied =
            Self { caller: Rc::new(caller), service_role, resources: Vec::new(), unread: Vec::new() };
        if data.extent == Extent::Everything {
            applied.read_resources(data, operation);
        }
        Ok(applied)
    }

    /// The policies of everything that the call is authorised on.
    fn read_resources(&mut self, data: &Data, operation: &Operation) {
        let ways = operation.ways().unwrap_or_default();
        let requests = ways.iter().flat_map(|way| way.steps.iter()).map(|step| &step.request);
        let arns: BTreeSet<&str> = requests.map(|request| request.resource().as_str()).collect();
        for arn in arns {
            let (policy, unread) = policy_of(&data.estate, arn);
            self.resources.extend(policy.map(|policy| (arn.to_owned(), policy)));
            self.unread.extend(unread.into_iter().map(|why| (arn.to_owned(), why)));
        }
    }

    fn layers<'a>(&'a self, caller: &'a Layers) -> OperationLayers<'a> {
        let service_role = self.service_role.as_ref().map(|policies| &policies.layers);
        OperationLayers { caller, service_role, resources: &self.resources }
    }

    fn of(&self, by: By) -> Option<&Rc<Policies>> {
        match by {
            By::Caller | By::Forwarded => Some(&self.caller),
            By::ServiceRole => self.service_role.as_ref(),
        }
    }

    /// What is missing and has a say in a step.
    fn missing(&self, answer: &OperationAnswer) -> Vec<Arc<Missing>> {
        let steps = answer.ways.iter().flat_map(|way| way.way.steps.iter());
        let mut missing = Vec::new();
        for step in steps {
            missing.extend(self.of(step.by).map(|own| own.missing(&step.request)).unwrap_or_default());
            let arn = step.request.resource().as_str();
            missing.extend(self.unread.iter().filter(|(own, _)| own == arn).map(|(_, why)| why.clone()));
        }
        missing
    }
}

/// Says of keys that decide what the data set knows of the caller; whether there was any.
fn settle(data: &Data, operation: &mut Operation, answer: &OperationAnswer, layers: &Layers) -> bool {
    let OperationOutcome::NeedsContext(keys) = &answer.outcome else { return false };
    let by_caller = |request: &&Request| request.principal() == &operation.caller;
    let request = answer.steps().map(|step| &step.step.request).find(by_caller);
    let Some(request) = request else { return false };
    let known: Vec<_> = keys
        .iter()
        .filter(|key| operation.context.get(key).is_none())
        .filter_map(|key| Some((key, data.estate.value_for_caller(key, request, layers)?)))
        .collect();
    for (key, values) in &known {
        operation.context.replace(key.as_str(), values.clone());
    }
    !known.is_empty()
}

/// The outcome of a call as that of one authorisation, with the points that only a call has.
fn outcome(of_call: &OperationOutcome) -> (Outcome, Vec<String>) {
    match of_call {
        OperationOutcome::Decided(decision) => (Outcome::Decided(*decision), Vec::new()),
        OperationOutcome::NeedsContext(keys) => (Outcome::NeedsContext(keys.clone()), Vec::new()),
        OperationOutcome::Unknown(doubts) => {
            let mut of_evaluation = Vec::new();
            let mut of_operation = Vec::new();
            for doubt in doubts {
                match doubt {
                    OperationDoubt::Evaluation(doubt) => of_evaluation.push(doubt.clone()),
                    OperationDoubt::Assumption(_) | OperationDoubt::Gap(_) => {
                        of_operation.push(doubt.to_string())
                    }
                }
            }
            (Outcome::Unknown(of_evaluation), of_operation)
        }
    }
}

fn operation(subject: &Subject, call: &Call) -> Result<Operation, Vec<Complaint>> {
    let api = api(&call.api)?;
    let Some(account) = subject.principal.account() else {
        return Err(vec![Complaint::new("principal", "somebody without an account calls no model")]);
    };
    let Some(partition) = reference::partition_of_region(&call.region) else {
        let complaint = Complaint::new("--region", format!("no Region is called `{}`", call.region));
        return Err(vec![complaint.hint("for example us-east-1")]);
    };
    let place = Place { partition: partition.to_owned(), region: call.region.clone(), account: *account };
    let mut operation = Operation::new(api, &call.model, place, subject.principal.clone());
    operation.context = subject.context.clone();
    operation.completeness = completeness(subject);
    operation.facts.behind = call.behind.clone();
    if let Some(guardrail) = &call.guardrail {
        let is_version =
            |version: &str| version == "DRAFT" || version.bytes().all(|byte| byte.is_ascii_digit());
        let (identifier, version) = match guardrail.rsplit_once(':') {
            Some((identifier, version)) if is_version(version) => (identifier, Some(version)),
            Some(_) | None => (guardrail.as_str(), None),
        };
        operation.options.guardrails.push(Guardrail::requested(identifier, version));
    }
    Ok(operation)
}

/// The API of this name, with or without its endpoint.
fn api(name: &str) -> Result<&'static Api, Vec<Complaint>> {
    let spelled = |api: &Api| format!("{}:{}", api.endpoint, api.name);
    let matches = |api: &&Api| api.name.eq_ignore_ascii_case(name) || spelled(api).eq_ignore_ascii_case(name);
    let found: Vec<&Api> = reference::apis().iter().filter(matches).collect();
    match found.as_slice() {
        [only] => Ok(only),
        [] => {
            let known: BTreeSet<&str> = reference::apis().iter().map(|api| api.name.as_str()).collect();
            let known: Vec<&str> = known.into_iter().collect();
            let complaint = Complaint::new("--via", format!("no API is called `{name}`"));
            Err(vec![complaint.hint(format!("there are {}", known.join(", ")))])
        }
        several => {
            let known: Vec<String> = several.iter().map(|api| spelled(api)).collect();
            let complaint = Complaint::new("--via", format!("`{name}` exists at several endpoints"));
            Err(vec![complaint.hint(format!("say which: {}", known.join(", ")))])
        }
    }
}

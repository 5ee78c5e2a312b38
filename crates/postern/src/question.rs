//! May this identity do this, and why: one question about one subject, answered.
//!
//! A question is either one authorisation (an action on a resource) or a call as a client makes it, which
//! takes several. What is not said about the request stays open: the answer then names the keys that decide.

use std::collections::BTreeSet;

use iam::action::Action;
use iam::answer::{Answer, Decision, Outcome};
use iam::arn::Arn;
use iam::authorize;
use iam::layers::{Layer, Layers};
use iam::operation::{
    Guardrail, Operation, OperationDoubt, OperationError, OperationLayers, OperationOutcome, Place,
    authorize_operation,
};
use iam::request::{Completeness, Request, RequestParts};

use reference::Api;

use crate::changes::{self, Asked, Change};
use crate::input::Complaint;
use crate::stack::Subject;

/// What is asked.
#[derive(Clone, Debug)]
pub enum Question {
    /// One authorisation.
    Authorization { action: String, resource: String },
    /// A call of a client.
    Call(Call),
}

/// A call as a client makes it.
#[derive(Clone, Debug)]
pub struct Call {
    /// Name of the API, with `endpoint:` in front where several endpoints have one of that name.
    pub api: String,
    /// What the client names: a model id, a profile id, or an ARN.
    pub model: String,
    /// The Region that is called.
    pub region: String,
    /// ARN or id of a guardrail, with the version after a colon.
    pub guardrail: Option<String>,
    /// What stands behind an application profile or a router, as ids or ARNs, where it is known.
    pub behind: Option<Vec<String>>,
}

/// What an answer comes to for somebody who asked yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Yes,
    No,
    /// Keys of the request or unsettled behaviour decide.
    Open,
}

/// One authorisation with its answer.
#[derive(Clone, Debug)]
pub struct Step {
    pub request: Request,
    pub answer: Answer,
    /// Where it is made and why, in words.
    pub detail: Option<String>,
}

/// An answered question.
#[derive(Debug)]
pub struct Answered<'a> {
    pub question: String,
    pub subject: &'a Subject,
    pub steps: Vec<Step>,
    pub outcome: Outcome,
    /// Unsettled points of the evaluation that were met and did not matter.
    pub assumptions: Vec<String>,
    /// Unsettled points of the operation that decide.
    pub operation_doubts: Vec<String>,
    pub changes: Vec<Change>,
    pub notes: Vec<String>,
}

impl Answered<'_> {
    /// Yes, no, or open.
    pub fn verdict(&self) -> Verdict {
        match self.outcome {
            Outcome::Decided(Decision::Allow) => Verdict::Yes,
            Outcome::Decided(Decision::ExplicitDeny | Decision::ImplicitDeny) => Verdict::No,
            Outcome::NeedsContext(_) | Outcome::Unknown(_) => Verdict::Open,
        }
    }

    /// The first authorisation that is not allowed.
    pub fn first_denied(&self) -> Option<&Step> {
        self.steps.iter().find(|step| step.answer.decision() != Some(Decision::Allow))
    }
}

/// Answers a question about a subject. For `sts:AssumeRole…` on a role that the subject's dump knows, the
/// role's trust policy is taken from there.
///
/// # Errors
/// What is wrong with the question.
pub fn answer<'a>(subject: &'a mut Subject, question: &Question) -> Result<Answered<'a>, Vec<Complaint>> {
    match question {
        Question::Authorization { action, resource } => authorization(subject, action, resource),
        Question::Call(call) => self::call(subject, call),
    }
}

fn call<'a>(subject: &'a Subject, call: &Call) -> Result<Answered<'a>, Vec<Complaint>> {
    let operation = operation(subject, call)?;
    let complain = |error: OperationError| {
        let complaint = Complaint::new("--model", error.to_string());
        vec![match error.hint() {
            Some(hint) => complaint.hint(hint),
            None => complaint,
        }]
    };
    let answer = authorize_operation(&operation, layers_of(&subject.layers)).map_err(complain)?;
    let (outcome, operation_doubts) = outcome(&answer.outcome);
    let steps: Vec<Step> = answer
        .steps()
        .filter_map(|step| {
            let detail = format!("{}, made in {}", step.step.why.title, step.step.region);
            let (request, answer) = (step.step.request.clone(), step.answer?.clone());
            Some(Step { request, answer, detail: Some(detail) })
        })
        .collect();
    let ask = |layers: &Layers, key: Option<(&str, Vec<String>)>| {
        let mut operation = operation.clone();
        if let Some((name, values)) = key {
            operation.context.replace(name, values);
        }
        match authorize_operation(&operation, layers_of(layers)) {
            Ok(answer) => self::outcome(&answer.outcome).0,
            Err(_) => Outcome::Unknown(Vec::new()),
        }
    };
    let asked: Vec<Asked<'_>> =
        steps.iter().map(|step| Asked { request: &step.request, answer: &step.answer }).collect();
    let changes = changes::changes(&asked, &subject.layers, &outcome, &ask);
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
        subject,
        outcome,
        assumptions,
        operation_doubts,
        changes,
        notes,
        steps,
    })
}

fn layers_of(layers: &Layers) -> OperationLayers<'_> {
    OperationLayers { caller: layers, service_role: None, resources: &[] }
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
    let place =
        Place { partition: partition.to_owned(), region: call.region.clone(), account: account.clone() };
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

fn authorization<'a>(
    subject: &'a mut Subject,
    action: &str,
    resource: &str,
) -> Result<Answered<'a>, Vec<Complaint>> {
    let complain = |flag: &str, message: String| vec![Complaint::new(flag, message)];
    let action = Action::parse(action).map_err(|error| complain("--action", error.to_string()))?;
    if resource != "*" {
        Arn::parse(resource).map_err(|error| complain("--resource", error.to_string()))?;
    }
    trust_from_dump(subject, &action, resource)?;
    let request = Request::new(RequestParts {
        principal: subject.principal.clone(),
        action,
        resource: resource.to_owned(),
        resource_account: subject.resource_account.clone(),
        context: subject.context.clone(),
        completeness: completeness(subject),
    });
    let answer = authorize(&request, &subject.layers);
    let outcome = answer.outcome.clone();
    let ask = |layers: &Layers, key: Option<(&str, Vec<String>)>| match key {
        Some((name, values)) => authorize(&request.with_key(name, values), layers).outcome,
        None => authorize(&request, layers).outcome,
    };
    let asked = [Asked { request: &request, answer: &answer }];
    let changes = changes::changes(&asked, &subject.layers, &outcome, &ask);
    Ok(Answered {
        question: format!("{} on {}", request.action(), request.resource().as_str()),
        assumptions: answer.assumptions.iter().map(|assumption| assumption.id().to_owned()).collect(),
        operation_doubts: Vec::new(),
        changes,
        notes: request.notes().iter().map(ToString::to_string).collect(),
        outcome,
        steps: vec![Step { request, answer, detail: None }],
        subject,
    })
}

fn trust_from_dump(subject: &mut Subject, action: &Action, resource: &str) -> Result<(), Vec<Complaint>> {
    let wanted = action.service() == "sts" && subject.layers.resource.policy().is_none();
    let found = subject.dump.as_ref().filter(|_| wanted).and_then(|dump| dump.trust(resource));
    if let Some(document) = found {
        subject.set_resource_policy(Layer::Trust, document?);
    }
    Ok(())
}

/// Keys that are not given stay open, unless the stack says that it gives all.
fn completeness(subject: &Subject) -> Completeness {
    if subject.context_complete == Some(true) { Completeness::Complete } else { Completeness::Partial }
}

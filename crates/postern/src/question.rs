//! May this identity do this, and why: one question about one subject, answered.
//!
//! A question is either one authorisation (an action on a resource) or a call as a client makes it, which
//! takes several. What is not said about the request stays open: the answer then names the keys that decide. Where a
//! policy that plays a part is missing in the data set, only a denial is an answer.

mod call;
mod data;

use std::rc::Rc;
use std::sync::Arc;

use iam::action::Action;
use iam::answer::{Answer, Decision, Outcome};
use iam::arn::Arn;
use iam::authorize;
use iam::estate::Missing;
use iam::layers::Layers;
use iam::principal::Principal;
use iam::request::{Completeness, Request, RequestParts};

pub(crate) use data::{listed_destinations, tags};

use crate::changes::{self, Asked, Change};
use crate::input::Complaint;
use crate::policies::Policies;
use crate::snapshot::AS_FAR_AS_IAM_DECIDES;
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
    pub policies: Rc<Policies>,
}

/// An answered question.
#[derive(Debug)]
pub struct Answered {
    pub question: String,
    pub principal: Principal,
    /// Those that apply to the principal's own requests.
    pub policies: Rc<Policies>,
    pub steps: Vec<Step>,
    /// Unknown without a doubt where something is missing.
    pub outcome: Outcome,
    /// What is missing and plays a part; nothing where it is denied whatever that says.
    pub missing: Vec<Arc<Missing>>,
    /// Unsettled points of the evaluation that were met and did not matter.
    pub assumptions: Vec<String>,
    /// Unsettled points of the operation that decide.
    pub operation_doubts: Vec<String>,
    pub changes: Vec<Change>,
    pub notes: Vec<String>,
}

impl Answered {
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

/// Answers a question about a subject.
///
/// # Errors
/// What is wrong with the question.
pub fn answer(subject: &Subject, question: &Question) -> Result<Answered, Vec<Complaint>> {
    let mut answered = match question {
        Question::Authorization { action, resource } => authorization(subject, action, resource)?,
        Question::Call(call) => call::answer(subject, call)?,
    };
    if subject.data.as_ref().is_some_and(|data| data.estate.is_iam_only()) {
        answered.notes.insert(0, AS_FAR_AS_IAM_DECIDES.to_owned());
    }
    Ok(answered)
}

/// What is said of an action that the reference does not have: policies answer for it, and AWS may never ask them.
fn unknown_action(action: &Action) -> Option<String> {
    let (service, name) = (action.service(), action.name());
    if reference::action(service, name).is_some()
        || reference::doors_of_action(service, name).next().is_some()
    {
        return None;
    }
    let mut message =
        format!("the reference knows no action `{action}`, so that AWS hardly ever asks for it");
    let near = iam::lint::nearest::nearest(name, reference::actions(service).map(|known| known.name));
    match (reference::fictional_action(&action.to_string()), near) {
        (Some(row), _) => message.push_str(&format!("; {}", row.note)),
        (None, Some(near)) => message.push_str(&format!("; did you mean `{service}:{near}`?")),
        (None, None) => {}
    }
    Some(message)
}

fn authorization(subject: &Subject, action: &str, resource: &str) -> Result<Answered, Vec<Complaint>> {
    let complain = |flag: &str, message: String| vec![Complaint::new(flag, message)];
    let action = Action::parse(action).map_err(|error| complain("--action", error.to_string()))?;
    if resource != "*" {
        Arn::parse(resource).map_err(|error| complain("--resource", error.to_string()))?;
    }
    let mut notes: Vec<String> = unknown_action(&action).into_iter().collect();
    let (request, policies) = match &subject.data {
        Some(data) => data::authorization(data, subject, &action, resource, &mut notes)?,
        None => {
            let request = Request::new(RequestParts {
                principal: subject.principal.clone(),
                action,
                resource: resource.to_owned(),
                resource_account: subject.resource_account,
                context: subject.context.clone(),
                completeness: completeness(subject),
            });
            (request, subject.policies.clone())
        }
    };
    let (request, answer) = match &subject.data {
        Some(data) => data.estate.answer(request, &policies.layers),
        None => {
            let answer = authorize(&request, &policies.layers);
            (request, answer)
        }
    };
    let missing = policies.missing(&request);
    let (outcome, missing) = unless_missing(answer.outcome.clone(), missing);
    let ask = |layers: &Layers, key: Option<(&str, Vec<String>)>| match key {
        Some((name, values)) => authorize(&request.with_key(name, values), layers).outcome,
        None => authorize(&request, layers).outcome,
    };
    let asked = [Asked { request: &request, answer: &answer }];
    let changes = changes::changes(&asked, &policies.layers, &outcome, &ask);
    notes.extend(request.notes().iter().map(ToString::to_string));
    let policies = Rc::new(policies);
    Ok(Answered {
        question: format!("{} on {}", request.action(), request.resource().as_str()),
        principal: subject.principal.clone(),
        assumptions: answer.assumptions.iter().map(|assumption| assumption.id().to_owned()).collect(),
        operation_doubts: Vec::new(),
        changes,
        notes,
        outcome,
        missing,
        steps: vec![Step { request, answer, detail: None, policies: policies.clone() }],
        policies,
    })
}

/// What is denied with everything that is missing allowed is denied; anything else is not known.
fn unless_missing(outcome: Outcome, missing: Vec<Arc<Missing>>) -> (Outcome, Vec<Arc<Missing>>) {
    let is_denied = matches!(outcome, Outcome::Decided(Decision::ExplicitDeny | Decision::ImplicitDeny));
    match outcome {
        _ if missing.is_empty() || is_denied => (outcome, Vec::new()),
        Outcome::Unknown(doubts) => (Outcome::Unknown(doubts), missing),
        Outcome::Decided(_) | Outcome::NeedsContext(_) => (Outcome::Unknown(Vec::new()), missing),
    }
}

/// Keys that are not given stay open, unless the stack says that it gives all.
fn completeness(subject: &Subject) -> Completeness {
    if subject.context_complete == Some(true) { Completeness::Complete } else { Completeness::Partial }
}

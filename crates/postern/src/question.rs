//! May this identity do this, and why: one question about one subject, answered.
//!
//! A question is either one authorisation (an action on a resource) or a call as a client makes it, which
//! takes several. What is not said about the request stays open: the answer then names the keys that decide.

use iam::action::Action;
use iam::answer::{Answer, Decision, Outcome};
use iam::arn::Arn;
use iam::authorize;
use iam::layers::{Layer, Layers};
use iam::request::{Completeness, Request, RequestParts};

use crate::changes::{self, Asked, Change};
use crate::input::Complaint;
use crate::stack::Subject;

/// What is asked.
#[derive(Clone, Debug)]
pub enum Question {
    /// One authorisation.
    Authorization { action: String, resource: String },
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

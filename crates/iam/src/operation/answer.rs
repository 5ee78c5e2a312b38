//! What comes of a whole call: every authorisation has to be allowed, and one denial ends it.
//!
//! Decided only when every way of filling in the call agrees. An unknown names the points that decide: two ways that
//! differ in one reading and come to different answers. A destination set that is known only at most is such a
//! point: more destinations can only deny more, so when the largest set is allowed all are, and when the smallest is
//! denied all are.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use reference::By;

use crate::answer::{Answer, Decision, Doubt, Outcome};
use crate::authorize::authorize;
use crate::context::Key;
use crate::layers::{Layers, ResourceSide};
use crate::operation::assumption::{OperationAssumption, OperationReadings};
use crate::operation::target::TargetNote;
use crate::operation::{Gap, Operation, OperationError, Step, Way};
use crate::policy::Policy;
use crate::request::Request;

/// The policies that apply to the steps of a call.
#[derive(Clone, Copy, Debug)]
pub struct OperationLayers<'a> {
    /// To the caller's; the resource side is taken from `resources`.
    pub caller: &'a Layers,
    /// To those of the role a feature acts with, where it is known.
    pub service_role: Option<&'a Layers>,
    /// Resource-based policies by the ARN they are attached to.
    pub resources: &'a [(String, Arc<Policy>)],
}

/// What is known of AWS's answer to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperationOutcome {
    /// AWS answers this under every reading. A denial is explicit when some step is explicitly denied under each.
    Decided(Decision),
    /// The requests are partial; the values of these keys decide.
    NeedsContext(Vec<Key>),
    /// These points decide, and they are not settled.
    Unknown(Vec<OperationDoubt>),
}

/// Why the answer to a call is unknown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OperationDoubt {
    /// It is unsettled what AWS asks.
    Assumption(OperationAssumption),
    /// It is unsettled how AWS answers one of the requests.
    Evaluation(Doubt),
    /// Something about the call is not known.
    Gap(Gap),
}

impl fmt::Display for OperationDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assumption(assumption) => assumption.fmt(f),
            Self::Evaluation(doubt) => doubt.fmt(f),
            Self::Gap(gap) => gap.fmt(f),
        }
    }
}

/// The answer to a call.
#[derive(Clone, Debug)]
pub struct OperationAnswer {
    pub outcome: OperationOutcome,
    /// What each way of filling in the call comes to; the first has the default readings.
    pub ways: Vec<WayAnswer>,
    /// Unsettled points that were met and whose readings agree.
    pub assumptions: Vec<OperationAssumption>,
    /// What the author of the call may want to know about its target.
    pub notes: Vec<TargetNote>,
}

/// One way of filling in the call, answered.
#[derive(Clone, Debug)]
pub struct WayAnswer {
    pub way: Way,
    /// One for each step; none where the layers of its principal are not known.
    pub answers: Vec<Option<Answer>>,
    pub outcome: WayOutcome,
}

/// What one way of filling in the call comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WayOutcome {
    /// Every step that counts is allowed, or one is denied.
    Decided(Decision),
    /// No step is denied, and these keep it from being allowed.
    Open { keys: Vec<Key>, doubts: Vec<OperationDoubt> },
}

/// A step with its answer.
#[derive(Clone, Copy, Debug)]
pub struct StepAnswer<'a> {
    pub step: &'a Step,
    /// None where the layers of its principal are not known.
    pub answer: Option<&'a Answer>,
}

impl OperationAnswer {
    /// The decision, when there is one.
    pub fn decision(&self) -> Option<Decision> {
        match self.outcome {
            OperationOutcome::Decided(decision) => Some(decision),
            OperationOutcome::NeedsContext(_) | OperationOutcome::Unknown(_) => None,
        }
    }

    /// The steps under the default readings, with their answers.
    pub fn steps(&self) -> impl Iterator<Item = StepAnswer<'_>> {
        self.ways.iter().take(1).flat_map(WayAnswer::steps)
    }
}

impl WayAnswer {
    /// Its steps with their answers.
    pub fn steps(&self) -> impl Iterator<Item = StepAnswer<'_>> {
        self.way
            .steps
            .iter()
            .zip(&self.answers)
            .map(|(step, answer)| StepAnswer { step, answer: answer.as_ref() })
    }
}

/// What AWS answers to a call, and what each of its authorisations comes to.
///
/// # Errors
/// [`OperationError`] when the call cannot be made like this.
pub fn authorize_operation(
    operation: &Operation,
    layers: OperationLayers<'_>,
) -> Result<OperationAnswer, OperationError> {
    let notes = operation.resolve()?.notes;
    let mut answered = Answered { layers, answers: Vec::new() };
    let ways: Vec<WayAnswer> = operation.ways()?.into_iter().map(|way| answered.way(way)).collect();
    let deciding = deciding(&ways);
    let outcome = outcome(&ways, &deciding);
    let mut assumptions = differing(&ways);
    assumptions.retain(|each| !deciding.contains(each));
    Ok(OperationAnswer { outcome, ways, assumptions, notes })
}

/// Requests answered so far: ways share most of their steps.
struct Answered<'a> {
    layers: OperationLayers<'a>,
    answers: Vec<(By, Request, Answer)>,
}

impl Answered<'_> {
    fn way(&mut self, way: Way) -> WayAnswer {
        let answers: Vec<Option<Answer>> = way.steps.iter().map(|step| self.step(step)).collect();
        let outcome = way_outcome(&way, &answers);
        WayAnswer { way, answers, outcome }
    }

    fn step(&mut self, step: &Step) -> Option<Answer> {
        let known = self.answers.iter().find(|(by, request, _)| *by == step.by && *request == step.request);
        if let Some((_, _, answer)) = known {
            return Some(answer.clone());
        }
        let layers = self.layers_of(step)?;
        let answer = authorize(&step.request, &layers);
        self.answers.push((step.by, step.request.clone(), answer.clone()));
        Some(answer)
    }

    /// The layers of the step's principal, with the policy of its own resource. A call that a service goes on with
    /// does not come through the endpoint that the client used.
    fn layers_of(&self, step: &Step) -> Option<Cow<'_, Layers>> {
        let base = match step.by {
            By::Caller | By::Forwarded => self.layers.caller,
            By::ServiceRole => self.layers.service_role?,
        };
        let arn = step.request.resource().as_str();
        let own = self.layers.resources.iter().find(|(attached, _)| attached == arn);
        let side = own.map_or(ResourceSide::None, |(_, policy)| ResourceSide::Resource(Arc::clone(policy)));
        let through_endpoint = step.by == By::Caller || base.vpc_endpoint.is_empty();
        if through_endpoint && matches!((&side, &base.resource), (ResourceSide::None, ResourceSide::None)) {
            return Some(Cow::Borrowed(base));
        }
        let mut layers = Layers { resource: side, ..base.clone() };
        if step.by != By::Caller {
            layers.vpc_endpoint.clear();
        }
        Some(Cow::Owned(layers))
    }
}

/// One explicit denial denies, then one implicit; otherwise what is open keeps it open.
fn way_outcome(way: &Way, answers: &[Option<Answer>]) -> WayOutcome {
    let required =
        || way.steps.iter().zip(answers).filter(|(step, _)| !step.optional).map(|(_, answer)| answer);
    let denied_as = |decision| required().flatten().any(|answer| answer.decision() == Some(decision));
    for denial in [Decision::ExplicitDeny, Decision::ImplicitDeny] {
        if denied_as(denial) {
            return WayOutcome::Decided(denial);
        }
    }
    let mut keys = Vec::new();
    let mut doubts: Vec<OperationDoubt> = way.gaps.iter().cloned().map(OperationDoubt::Gap).collect();
    for answer in required() {
        match answer.as_ref().map(|answer| &answer.outcome) {
            Some(Outcome::Decided(_)) => {}
            Some(Outcome::NeedsContext(missing)) => keys.extend(missing.iter().cloned()),
            Some(Outcome::Unknown(why)) => doubts.extend(why.iter().cloned().map(OperationDoubt::Evaluation)),
            None => doubts.push(OperationDoubt::Gap(Gap::ServiceRole)),
        }
    }
    if keys.is_empty() && doubts.is_empty() {
        return WayOutcome::Decided(Decision::Allow);
    }
    keys.sort();
    keys.dedup();
    doubts.sort();
    doubts.dedup();
    WayOutcome::Open { keys, doubts }
}

fn outcome(ways: &[WayAnswer], deciding: &[OperationAssumption]) -> OperationOutcome {
    let decisions: Vec<Decision> = ways.iter().filter_map(WayAnswer::decision).collect();
    let all_decided = decisions.len() == ways.len();
    let denies = |decision: &Decision| *decision != Decision::Allow;
    if all_decided && !decisions.iter().any(denies) {
        return OperationOutcome::Decided(Decision::Allow);
    }
    if all_decided && decisions.iter().all(denies) {
        let explicit = decisions.iter().all(|decision| *decision == Decision::ExplicitDeny);
        let denial = if explicit { Decision::ExplicitDeny } else { Decision::ImplicitDeny };
        return OperationOutcome::Decided(denial);
    }
    let mut needed = Vec::new();
    let mut all_doubts: Vec<OperationDoubt> =
        deciding.iter().copied().map(OperationDoubt::Assumption).collect();
    for way in ways {
        match &way.outcome {
            WayOutcome::Decided(_) => {}
            WayOutcome::Open { keys, doubts } => {
                needed.extend(keys.iter().cloned());
                all_doubts.extend(doubts.iter().cloned());
            }
        }
    }
    needed.sort();
    needed.dedup();
    all_doubts.sort();
    all_doubts.dedup();
    // A key that the caller can give may settle it; without one, nothing can but the doubts.
    if all_doubts.is_empty() {
        OperationOutcome::NeedsContext(needed)
    } else {
        OperationOutcome::Unknown(all_doubts)
    }
}

impl WayAnswer {
    fn decision(&self) -> Option<Decision> {
        match self.outcome {
            WayOutcome::Decided(decision) => Some(decision),
            WayOutcome::Open { .. } => None,
        }
    }

    /// Allowed, denied or open; how it is denied does not matter for whether ways agree.
    fn is_allowed(&self) -> Option<bool> {
        self.decision().map(|decision| decision == Decision::Allow)
    }
}

/// The points of which two ways differ in that alone and come to different answers.
fn deciding(ways: &[WayAnswer]) -> Vec<OperationAssumption> {
    let results: HashMap<OperationReadings, Option<bool>> =
        ways.iter().map(|way| (way.way.readings, way.is_allowed())).collect();
    let differs_elsewhere = |way: &WayAnswer, each: OperationAssumption| {
        (0..each.row().readings.len() as u8)
            .filter_map(|reading| results.get(&way.way.readings.with(each, reading)))
            .any(|other| *other != way.is_allowed())
    };
    let mut found = differing(ways);
    found.retain(|each| ways.iter().any(|way| differs_elsewhere(way, *each)));
    found
}

/// The points in which the ways differ at all.
fn differing(ways: &[WayAnswer]) -> Vec<OperationAssumption> {
    let Some(first) = ways.first() else { return Vec::new() };
    let differs = |each: &OperationAssumption| {
        ways.iter().any(|way| way.way.readings.of(*each) != first.way.readings.of(*each))
    };
    OperationAssumption::ALL.into_iter().filter(differs).collect()
}

//! The trace of an answer, layer by layer, and element by element for one statement.
//!
//! The shape follows what AWS itself returns from `GetRequestAuthorizationDetails`: one check for each layer,
//! for SCPs and RCPs one for each node of the organisation, each with an effect and the statements that
//! matched. It is built on demand, from the same walk that decides ([`crate::authorize`]), under the default
//! reading of every assumption; the answer says whether other readings agree.

use crate::answer::{Answer, Decision, Outcome};
use crate::assumption::Readings;
use crate::authorize::{self, Recorder};
use crate::condition::Condition;
use crate::context::Values;
use crate::layers::{Layer, Layers, StatementRef};
use crate::policy::{Effect, Statement};
use crate::request::Request;
use crate::truth::{Cause, Ledger, Truth};

/// The denial of a request that nothing can allow: whatever the open keys, the unsettled points and the Denies come to,
/// AWS denies it, and only which kind of denial it is can be open. `None` where something may allow it.
pub fn nothing_allows(request: &Request, layers: &Layers) -> Option<Answer> {
    let at_most = authorize::authorize(request, &layers.without_denies(request.action()));
    matches!(at_most.outcome, Outcome::Decided(Decision::ExplicitDeny | Decision::ImplicitDeny))
        .then_some(at_most)
}

/// What one layer, or one node of it, says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub layer: Layer,
    /// Number of the SCP or RCP level; zero elsewhere.
    pub level: u16,
    pub effect: CheckEffect,
    /// Statements whose action matches, with what came of the rest.
    pub statements: Vec<Looked>,
}

/// What a check comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckEffect {
    Allow,
    ExplicitDeny,
    ImplicitDeny,
    /// The layer is not set, or has no say in this request.
    NoImpact,
    /// What is known does not settle it.
    Open,
}

/// A statement that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    pub at: StatementRef,
    /// An error is an effect that is neither.
    pub effect: Result<Effect, String>,
    pub matches: Truth,
}

/// Every layer in turn.
pub fn checks(request: &Request, layers: &Layers) -> Vec<Check> {
    let mut notes = Notes::default();
    let applies = authorize::applies(request, layers);
    authorize::walk(request, layers, Readings::default(), &mut notes);
    let mut checks = Vec::new();
    for layer in Layer::ALL {
        let levels = layers.levels(layer).count().max(1);
        for level in 0..levels as u16 {
            let here = |looked: &&Looked| looked.at.layer == layer && looked.at.level == level;
            let statements: Vec<Looked> = notes.0.iter().filter(here).cloned().collect();
            let is_set = layers.levels(layer).next().is_some();
            let effect = if !applies(layer) || !(is_set || layer == Layer::Identity) {
                CheckEffect::NoImpact
            } else {
                effect(layer, &statements)
            };
            checks.push(Check { layer, level, effect, statements });
        }
    }
    checks
}

fn effect(layer: Layer, statements: &[Looked]) -> CheckEffect {
    let any = |effect: Effect| {
        let of = |looked: &&Looked| looked.effect == Ok(effect) || looked.effect.is_err();
        statements.iter().filter(of).fold(Truth::False, |any, looked| any.or(looked.matches))
    };
    match (any(Effect::Deny), any(Effect::Allow)) {
        (Truth::True, _) => CheckEffect::ExplicitDeny,
        (Truth::Open, _) => CheckEffect::Open,
        (Truth::False, Truth::True) => CheckEffect::Allow,
        (Truth::False, Truth::Open) => CheckEffect::Open,
        // Full access is attached beside every RCP.
        (Truth::False, Truth::False) if layer == Layer::Rcp => CheckEffect::Allow,
        (Truth::False, Truth::False) => CheckEffect::ImplicitDeny,
    }
}

#[derive(Default)]
struct Notes(Vec<Looked>);

impl Recorder for Notes {
    fn statement(&mut self, at: StatementRef, effect: &Result<Effect, String>, matches: Truth) {
        self.0.push(Looked { at, effect: effect.clone(), matches });
    }
}

/// How each element of one statement meets a request.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    pub action: bool,
    /// `None` where the statement names no principal.
    pub principal: Option<Truth>,
    /// `None` where the statement names no resource.
    pub resource: Option<Truth>,
    pub conditions: Vec<ConditionMet<'a>>,
}

/// How one condition meets a request.
#[derive(Clone, Debug)]
pub struct ConditionMet<'a> {
    pub condition: &'a Condition,
    pub found: Values<'a>,
    pub met: Truth,
    /// Why it is open, if it is.
    pub causes: Vec<Cause>,
}

/// Each element of a statement by itself.
pub fn elements<'a>(request: &'a Request, statement: &'a Statement) -> Elements<'a> {
    let fresh = || Ledger::new(Readings::default());
    let principal = statement.principal.as_ref();
    let resource = statement.resource.as_ref();
    let conditions = statement.conditions.iter().map(|condition| {
        let mut ledger = fresh();
        let mark = ledger.mark();
        let met = condition.matches(request, &mut ledger);
        ConditionMet {
            condition,
            found: request.values(condition.key()),
            met,
            causes: ledger.take_causes(mark),
        }
    });
    Elements {
        action: statement.action.matches(request.action()),
        principal: principal.map(|element| element.matches(request, &mut fresh()).any()),
        resource: resource.map(|element| element.matches(request, &mut fresh())),
        conditions: conditions.collect(),
    }
}

//! The rule: what AWS answers to one authorisation under these layers.
//!
//! Follows IAM User Guide, "Policy evaluation logic" (within a single account and across accounts), and
//! Organizations User Guide, "SCP evaluation" and "RCP evaluation" (aws-facts §4.1, §2.2, §2.3):
//!
//! 1. one matching Deny in any layer that applies is an explicit deny;
//! 2. every SCP level, and the VPC endpoint policy if there is one, must allow;
//! 3. within one account a resource-based policy may allow alone, by whom it names; otherwise identity
//!    policies, boundary and session policies must all allow;
//! 4. across accounts both sides must allow.
//!
//! One walk finds the decision, the statements that determine it, and what it leaned on. Where AWS's behaviour
//! is unsettled the walk is made under every reading that matters: if they agree the answer is decided, if
//! not it is unknown and names what decides. No clock, no network, no files, no randomness.

use smallvec::SmallVec;

use crate::answer::{Answer, Decision, Doubt, Outcome};
use crate::assumption::{Assumption, AssumptionSet, Readings};
use crate::context::Key;
use crate::layers::{Layer, LayerSet, Layers, StatementRef};
use crate::policy::{Effect, Statement};
use crate::principal::{Principal, PrincipalMatch, ServiceLinked};
use crate::request::Request;
use crate::truth::{Cause, Ledger, Mark, Truth, Unsupported};

/// Most walks made over combinations of readings; beyond it the answer is unknown.
const WALKS_MAX: usize = 4_096;

/// What AWS answers, with the statements that determine it.
pub fn authorize(request: &Request, layers: &Layers) -> Answer {
    let first = walk(request, layers, Readings::default(), &mut ());
    if first.touched.is_empty() {
        first.into_answer(AssumptionSet::default())
    } else {
        under_every_reading(request, layers, first)
    }
}

/// What AWS answers under one choice of readings; `None` when what is known does not settle it.
pub fn decide_under(request: &Request, layers: &Layers, readings: Readings) -> Option<Decision> {
    walk(request, layers, readings, &mut ()).settled
}

/// Hears of every statement that is looked at, and what came of it.
pub trait Recorder {
    /// A statement, its effect, and whether it matches.
    fn statement(&mut self, at: StatementRef, effect: &Result<Effect, String>, matches: Truth);
}

impl Recorder for () {
    fn statement(&mut self, _: StatementRef, _: &Result<Effect, String>, _: Truth) {}
}

/// What one walk under one choice of readings found.
#[derive(Debug)]
pub(crate) struct Walk {
    pub touched: AssumptionSet,
    settled: Option<Decision>,
    denied_by: SmallVec<[Layer; 4]>,
    /// What keeps it from being allowed although it is not settled.
    lacking: Option<SmallVec<[Layer; 4]>>,
    lacking_levels: SmallVec<[u16; 4]>,
    determining: SmallVec<[StatementRef; 8]>,
    causes: Vec<Cause>,
    refusal: Option<&'static reference::Refusal>,
}

impl Walk {
    fn into_answer(self, assumptions: AssumptionSet) -> Answer {
        let outcome = match self.settled {
            Some(decision) => Outcome::Decided(decision),
            None => open_outcome(&self.causes),
        };
        Answer {
            outcome,
            denied_by: self.denied_by,
            lacking: self.lacking,
            lacking_levels: self.lacking_levels,
            determining: self.determining,
            assumptions,
            refusal: self.refusal,
        }
    }
}

/// Needs context if some key would help, unknown if none would.
fn open_outcome(causes: &[Cause]) -> Outcome {
    let mut keys: Vec<Key> = Vec::new();
    let mut doubts: Vec<Doubt> = Vec::new();
    for cause in causes {
        match cause {
            Cause::Key(key) => keys.push(key.clone()),
            Cause::Resource => doubts.push(Doubt::Resource),
            Cause::Unsupported(what) => doubts.push(Doubt::Unsupported(what.clone())),
        }
    }
    keys.sort();
    keys.dedup();
    doubts.sort();
    doubts.dedup();
    if doubts.is_empty() { Outcome::NeedsContext(keys) } else { Outcome::Unknown(doubts) }
}

/// Walks again under every combination of the assumptions that some walk leaned on.
fn under_every_reading(request: &Request, layers: &Layers, first: Walk) -> Answer {
    let mut involved = first.touched;
    let walks = loop {
        let combinations = combinations(involved);
        if combinations.len() > WALKS_MAX {
            let doubts = involved.iter().map(Doubt::Assumption).collect();
            return Answer {
                outcome: Outcome::Unknown(doubts),
                lacking: None,
                ..first.into_answer(AssumptionSet::default())
            };
        }
        let walks: Vec<(Readings, Walk)> = combinations
            .into_iter()
            .map(|readings| (readings, walk(request, layers, readings, &mut ())))
            .collect();
        let touched = walks.iter().fold(involved, |all, (_, walk)| all.union(walk.touched));
        if touched == involved {
            break walks;
        }
        involved = touched;
    };
    if walks.iter().any(|(_, walk)| walk.settled.is_none()) {
        let causes: Vec<Cause> = walks.iter().flat_map(|(_, walk)| walk.causes.clone()).collect();
        let lacking = lacking_in_all(&walks);
        return Answer { outcome: open_outcome(&causes), lacking, ..first.into_answer(involved) };
    }
    if walks.iter().all(|(_, walk)| walk.settled == first.settled) {
        return first.into_answer(involved);
    }
    let decides = |assumption: &Assumption| {
        walks.iter().any(|(readings, walk)| {
            walks.iter().any(|(other, there)| {
                walk.settled != there.settled && *other == readings.with(*assumption, other.of(*assumption))
            })
        })
    };
    let doubts = involved.iter().filter(decides).map(Doubt::Assumption).collect();
    let lacking = lacking_in_all(&walks);
    Answer { outcome: Outcome::Unknown(doubts), lacking, ..first.into_answer(AssumptionSet::default()) }
}

/// The layers that keep it from being allowed, if it is so under no reading.
fn lacking_in_all(walks: &[(Readings, Walk)]) -> Option<SmallVec<[Layer; 4]>> {
    let mut all = SmallVec::new();
    for (_, walk) in walks {
        match walk.settled {
            Some(Decision::Allow) => return None,
            Some(Decision::ExplicitDeny) => {}
            Some(Decision::ImplicitDeny) => all.extend_from_slice(&walk.denied_by),
            None => all.extend_from_slice(walk.lacking.as_deref()?),
        }
    }
    all.sort_unstable();
    all.dedup();
    Some(all)
}

/// Every combination of the readings of these assumptions, the defaults first.
fn combinations(involved: AssumptionSet) -> Vec<Readings> {
    involved.iter().fold(vec![Readings::default()], |combinations, assumption| {
        (0..assumption.readings().len() as u8)
            .flat_map(|reading| combinations.iter().map(move |before| before.with(assumption, reading)))
            .collect()
    })
}

/// What the policies of one layer, or one level of it, come to.
#[derive(Clone, Copy, Debug)]
struct Tally {
    allow: PrincipalMatch,
    deny: Truth,
}

impl Tally {
    const NOTHING: Self = Self { allow: PrincipalMatch::NONE, deny: Truth::False };

    fn allows(self) -> Truth {
        self.allow.any()
    }
}

/// A statement that what is known does not settle.
struct OpenStatement {
    layer: Layer,
    level: u16,
    may_allow: bool,
    may_deny: bool,
    causes: Vec<Cause>,
}

struct Walker<'a, R> {
    request: &'a Request,
    layers: &'a Layers,
    ledger: Ledger,
    recorder: &'a mut R,
    allows: SmallVec<[StatementRef; 8]>,
    denies: SmallVec<[StatementRef; 8]>,
    open: Vec<OpenStatement>,
}

/// One walk over all layers that apply.
pub(crate) fn walk<R: Recorder>(
    request: &Request,
    layers: &Layers,
    readings: Readings,
    recorder: &mut R,
) -> Walk {
    let mut walker = Walker {
        request,
        layers,
        ledger: Ledger::new(readings),
        recorder,
        allows: SmallVec::new(),
        denies: SmallVec::new(),
        open: Vec::new(),
    };
    let applies = that_apply(request, layers, &mut walker.ledger);
    let mut tallies = Tallies::default();
    for layer in applies.and(layers.present()).iter() {
        let tally = walker.layer(layer, &mut tallies.scp_lacking, &mut tallies.scp_open);
        tallies.set(layer, tally);
    }
    walker.conclude(applies, tallies)
}

/// Whether a layer has a say in the request, under the default readings.
pub fn applies(request: &Request, layers: &Layers) -> impl Fn(Layer) -> bool {
    let applies = that_apply(request, layers, &mut Ledger::default());
    move |layer| applies.contains(layer)
}

/// The layers that have a say.
///
/// SCPs follow the principal's account, RCPs the resource's; neither reaches the management account or a
/// service-linked role. Root users have no identity policies and no boundary.
fn that_apply(request: &Request, layers: &Layers, ledger: &mut Ledger) -> LayerSet {
    let principal = request.principal();
    let has_account = principal.account().is_some();
    let is_root = matches!(principal, Principal::Root { .. });
    let organisation = !layers.scp.is_empty() || !layers.rcp.is_empty();
    let is_service_linked = organisation
        && match request.service_linked() {
            ServiceLinked::Yes => true,
            ServiceLinked::No => false,
            ServiceLinked::ByName => ledger.reading(Assumption::ServiceLinkedRoleName) == 0,
        };
    let in_management_account = layers.management_account && request.is_same_account();
    LayerSet::default()
        .with(Layer::Scp, has_account && !layers.management_account && !is_service_linked)
        .with(Layer::Rcp, request.reaches_rcp() && !is_service_linked && !in_management_account)
        .with(Layer::Identity, has_account && !is_root)
        .with(Layer::Boundary, has_account && !is_root)
        .with(Layer::Session, has_account)
        .with(Layer::VpcEndpoint, true)
        .with(Layer::Resource, true)
        .with(Layer::Trust, true)
}

/// What every layer comes to.
#[derive(Debug)]
struct Tallies {
    of: [Tally; 8],
    /// SCP levels at which nothing allows.
    scp_lacking: SmallVec<[u16; 4]>,
    /// SCP levels at which it is open whether anything allows.
    scp_open: SmallVec<[u16; 4]>,
}

impl Default for Tallies {
    fn default() -> Self {
        Self { of: [Tally::NOTHING; 8], scp_lacking: SmallVec::new(), scp_open: SmallVec::new() }
    }
}

impl Tallies {
    fn set(&mut self, layer: Layer, tally: Tally) {
        self.of[layer as usize] = tally;
    }

    fn of(&self, layer: Layer) -> Tally {
        self.of[layer as usize]
    }
}

impl<R: Recorder> Walker<'_, R> {
    /// One layer: levels intersect for SCPs, everything else unites.
    fn layer(
        &mut self,
        layer: Layer,
        lacking: &mut SmallVec<[u16; 4]>,
        open: &mut SmallVec<[u16; 4]>,
    ) -> Tally {
        let mut tally = Tally::NOTHING;
        let layers = self.layers;
        for (level, policies) in layers.levels(layer).enumerate() {
            let level = level as u16;
            let found = self.level(layer, level, policies);
            tally.deny = tally.deny.or(found.deny);
            tally.allow = tally.allow.or(found.allow);
            if layer == Layer::Scp {
                match found.allows() {
                    Truth::True => {}
                    Truth::False => lacking.push(level),
                    Truth::Open => open.push(level),
                }
            }
        }
        tally
    }

    fn level(
        &mut self,
        layer: Layer,
        level: u16,
        policies: &[std::sync::Arc<crate::policy::Policy>],
    ) -> Tally {
        let mut tally = Tally::NOTHING;
        for (policy, document) in policies.iter().enumerate() {
            let policy = policy as u32;
            for (statement, body) in document.statements.about(self.request.action()) {
                if body.action.matches(self.request.action()) {
                    self.statement(StatementRef { layer, level, policy, statement }, body, &mut tally);
                }
            }
        }
        tally
    }

    /// Adds a statement whose action matches to the tally.
    fn statement(&mut self, at: StatementRef, statement: &Statement, tally: &mut Tally) {
        if at.layer.ignores_principals() && statement.is_unconditional() {
            return self.unconditional(at, statement, tally);
        }
        let mark = self.ledger.mark();
        let found = self.matches(at.layer, statement, mark);
        self.recorder.statement(at, &statement.effect, found.any());
        if found == PrincipalMatch::NONE {
            return;
        }
        let (may_allow, may_deny) = match &statement.effect {
            Ok(Effect::Allow) => {
                let allow = self.worth(statement, found);
                tally.allow = tally.allow.or(allow);
                if found.any().is_true() {
                    self.allows.push(at);
                }
                (true, false)
            }
            Ok(Effect::Deny) => {
                tally.deny = tally.deny.or(found.any());
                if found.any().is_true() {
                    self.denies.push(at);
                }
                (false, true)
            }
            Err(text) => {
                let open = self.ledger.unsupported(Unsupported::Effect { text: text.clone() });
                tally.allow = tally.allow.or(PrincipalMatch::of_direct(open));
                tally.deny = tally.deny.or(open);
                (true, true)
            }
        };
        if self.ledger.has_causes_since(mark) {
            let StatementRef { layer, level, .. } = at;
            let causes = self.ledger.take_causes(mark);
            self.open.push(OpenStatement { layer, level, may_allow, may_deny, causes });
        }
    }

    /// Adds a statement that matches whatever else the request says.
    #[inline]
    fn unconditional(&mut self, at: StatementRef, statement: &Statement, tally: &mut Tally) {
        self.recorder.statement(at, &statement.effect, Truth::True);
        if statement.effect == Ok(Effect::Allow) {
            tally.allow = PrincipalMatch::of_direct(Truth::True);
            self.allows.push(at);
        } else {
            tally.deny = Truth::True;
            self.denies.push(at);
        }
    }

    /// What an Allow is worth within one account; with `NotPrincipal` that is unsettled.
    fn worth(&mut self, statement: &Statement, found: PrincipalMatch) -> PrincipalMatch {
        let negated = statement.principal.as_ref().is_some_and(|element| element.is_negated());
        if negated && self.ledger.reading(Assumption::NotPrincipalAllow) == 1 {
            PrincipalMatch::of_account(found.any())
        } else {
            found
        }
    }

    /// Whether a statement whose action matches also matches in all else. An element that is false under every
    /// reading settles it, so that the assumptions of the elements before it do not matter.
    fn matches(&mut self, layer: Layer, statement: &Statement, mark: Mark) -> PrincipalMatch {
        let principal = self.principal(layer, statement);
        if principal.any() == Truth::False {
            return principal;
        }
        let mut rest = Truth::True;
        if statement.resource.as_ref().is_some_and(|element| element.covers_everything()) {
            // The common `*`.
        } else if let Some(resource) = &statement.resource {
            let here = self.ledger.mark();
            rest = resource.matches(self.request, &mut self.ledger);
            if rest == Truth::False {
                return self.settled_false(here, mark);
            }
        } else if !matches!(layer, Layer::Resource | Layer::Trust) {
            return PrincipalMatch::NONE;
        }
        for condition in &statement.conditions {
            let here = self.ledger.mark();
            rest = rest.and(condition.matches(self.request, &mut self.ledger));
            if rest == Truth::False {
                return self.settled_false(here, mark);
            }
        }
        principal.and(rest)
    }

    fn settled_false(&mut self, here: Mark, start: Mark) -> PrincipalMatch {
        if !self.ledger.turned_since(here) {
            self.ledger.forget_assumptions(start);
        }
        PrincipalMatch::NONE
    }

    fn principal(&mut self, layer: Layer, statement: &Statement) -> PrincipalMatch {
        let element = match (layer.ignores_principals(), &statement.principal) {
            (true, _) => return PrincipalMatch::of_direct(Truth::True),
            (false, None) if layer == Layer::Rcp => return PrincipalMatch::of_direct(Truth::True),
            (false, None) => return PrincipalMatch::NONE,
            (false, Some(element)) => element,
        };
        let has_boundary = !self.layers.boundary.is_empty() && self.request.principal().account().is_some();
        if element.is_negated() && statement.effect == Ok(Effect::Deny) && has_boundary {
            // IAM User Guide, "NotPrincipal": such a Deny always hits a principal that has a boundary.
            return PrincipalMatch::of_direct(Truth::True);
        }
        element.matches(self.request, &mut self.ledger)
    }

    /// Puts the layers together.
    fn conclude(self, applies: LayerSet, tallies: Tallies) -> Walk {
        let deny = tallies.of.iter().fold(Truth::False, |any, tally| any.or(tally.deny));
        let sides = Sides::new(self.request, self.layers, applies, &tallies);
        let allow = if self.request.refusal().is_some() { Truth::False } else { sides.allow() };
        let settled = match (deny, allow) {
            (Truth::True, _) => Some(Decision::ExplicitDeny),
            (Truth::False, Truth::True) => Some(Decision::Allow),
            (Truth::False, Truth::False) => Some(Decision::ImplicitDeny),
            (Truth::Open, _) | (Truth::False, Truth::Open) => None,
        };
        let denied_by = match settled {
            Some(Decision::ExplicitDeny) => {
                Layer::ALL.into_iter().filter(|layer| tallies.of(*layer).deny.is_true()).collect()
            }
            Some(Decision::ImplicitDeny) if self.request.refusal().is_none() => sides.lacking(),
            Some(Decision::ImplicitDeny | Decision::Allow) | None => SmallVec::new(),
        };
        let lacking = match (settled, allow) {
            (None, Truth::False) => Some(sides.lacking()),
            (None | Some(_), _) => None,
        };
        let lacking_levels = if settled == Some(Decision::ImplicitDeny) && denied_by.contains(&Layer::Scp) {
            tallies.scp_lacking.clone()
        } else {
            SmallVec::new()
        };
        let causes = match settled {
            Some(_) => Vec::new(),
            None => self
                .open
                .iter()
                .filter(|one| sides.matters(one, allow, &tallies))
                .flat_map(|one| one.causes.clone())
                .collect(),
        };
        // In the order of the walk, which is that of `StatementRef`.
        let determining = match settled {
            Some(Decision::Allow) => self.allows,
            Some(Decision::ExplicitDeny) => self.denies,
            Some(Decision::ImplicitDeny) | None => SmallVec::new(),
        };
        debug_assert!(determining.is_sorted());
        let refusal = self.request.refusal().filter(|_| settled == Some(Decision::ImplicitDeny));
        Walk {
            touched: self.ledger.touched(),
            settled,
            denied_by,
            lacking,
            lacking_levels,
            determining,
            causes,
            refusal,
        }
    }
}

/// The allowing halves of the rule.
struct Sides {
    scp: Truth,
    vpc_endpoint: Truth,
    identity: Truth,
    boundary: Truth,
    session: Truth,
    resource: PrincipalMatch,
    /// The layer that speaks for the resource.
    resource_layer: Layer,
    /// The resource's own policy must allow; identity policies alone do not.
    resource_must_allow: bool,
    relation: Relation,
}

/// Whose policies have to allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    SameAccount,
    CrossAccount,
    /// The principal has no account: the resource's policy alone decides.
    ResourceOnly,
}

impl Sides {
    fn new(request: &Request, layers: &Layers, applies: LayerSet, tallies: &Tallies) -> Self {
        let unless_unset = |layer: Layer, is_unset: bool| {
            if is_unset || !applies.contains(layer) { Truth::True } else { tallies.of(layer).allows() }
        };
        let scp = if !applies.contains(Layer::Scp)
            || tallies.scp_lacking.is_empty() && tallies.scp_open.is_empty()
        {
            Truth::True
        } else if tallies.scp_lacking.is_empty() {
            Truth::Open
        } else {
            Truth::False
        };
        let own_policy = request.own_policy();
        let resource_layer = layers.resource.policy().map_or(own_policy.layer, |(layer, _)| layer);
        let relation = if request.principal().account().is_none() {
            Relation::ResourceOnly
        } else if request.is_same_account() {
            Relation::SameAccount
        } else {
            Relation::CrossAccount
        };
        Self {
            scp,
            vpc_endpoint: unless_unset(Layer::VpcEndpoint, layers.vpc_endpoint.is_empty()),
            identity: unless_unset(Layer::Identity, false),
            boundary: unless_unset(Layer::Boundary, layers.boundary.is_empty()),
            session: unless_unset(
                Layer::Session,
                layers.session.is_empty() && !needs_session_policy(request),
            ),
            resource: tallies.of(resource_layer).allow,
            resource_layer,
            resource_must_allow: own_policy.must_allow,
            relation,
        }
    }

    /// Whether everything that has to allow does.
    fn allow(&self) -> Truth {
        let limits = self.boundary.and(self.session);
        let own_side = self.identity.and(limits);
        let sides = match self.relation {
            Relation::ResourceOnly => self.resource.any(),
            Relation::CrossAccount => own_side.and(self.resource.any()),
            Relation::SameAccount => {
                let delegated = if self.resource_must_allow { self.resource.any() } else { Truth::True };
                self.resource.direct().or(self.resource.limited().and(limits)).or(own_side.and(delegated))
            }
        };
        self.scp.and(self.vpc_endpoint).and(sides)
    }

    /// The layers that had to allow and do not.
    fn lacking(&self) -> SmallVec<[Layer; 4]> {
        // What may yet suffice is taken to, so that only what surely lacks is named.
        let by_resource = self.relation == Relation::SameAccount && self.resource.limited() != Truth::False;
        let direct = self.relation == Relation::SameAccount && self.resource.direct() != Truth::False;
        let has_own_side = self.relation != Relation::ResourceOnly && !direct;
        let needs_resource = match self.relation {
            Relation::SameAccount => self.resource_must_allow,
            Relation::CrossAccount | Relation::ResourceOnly => true,
        };
        let lacks = |layer: Layer| match layer {
            Layer::Scp => self.scp == Truth::False,
            Layer::VpcEndpoint => self.vpc_endpoint == Truth::False,
            Layer::Identity => has_own_side && !by_resource && self.identity == Truth::False,
            Layer::Boundary => has_own_side && self.boundary == Truth::False,
            Layer::Session => has_own_side && self.session == Truth::False,
            Layer::Resource | Layer::Trust => {
                layer == self.resource_layer && needs_resource && self.resource.any() == Truth::False
            }
            Layer::Rcp => false,
        };
        Layer::ALL.into_iter().filter(|layer| lacks(*layer)).collect()
    }

    /// Whether settling an open statement could change the answer.
    fn matters(&self, open: &OpenStatement, allow: Truth, tallies: &Tallies) -> bool {
        let as_deny = open.may_deny;
        let as_allow = open.may_allow
            && allow == Truth::Open
            && match open.layer {
                Layer::Scp => tallies.scp_open.contains(&open.level),
                Layer::Rcp => false,
                Layer::VpcEndpoint => self.vpc_endpoint == Truth::Open,
                Layer::Boundary => self.boundary == Truth::Open,
                Layer::Session => self.session == Truth::Open,
                Layer::Identity => self.identity == Truth::Open,
                Layer::Resource | Layer::Trust => true,
            };
        as_deny || as_allow
    }
}

/// Whether a session without session policies has no permissions of its own.
///
/// Source: STS API Reference, `GetFederationToken`, parameter `Policy`: a federated-user session to which no
/// session policy was passed gets nothing from the user's identity policies.
fn needs_session_policy(request: &Request) -> bool {
    matches!(request.principal(), Principal::FederatedUser { .. })
}

#[cfg(test)]
mod tests;

//! Steps from a principal to others whose rights it comes to have, and the paths that steps make.
//!
//! Which steps there are is data of the reference. Each is evaluated: AssumeRole under both sides, PassRole with the
//! service that must be trusted and an action that starts it, minting on the user. A path is as open as its least open
//! step; of several paths the most open one counts, and among equals the shortest.

use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use iam::action::Action;
use iam::answer::{Decision, Outcome};
use iam::authorize;
use iam::context::Context;
use iam::estate::{Fact, FactKind, Known, KnownLayers, ResourceKind};
use iam::principal::{Principal, PrincipalValue};
use iam::request::{Completeness, Request, RequestParts};
use reference::{ReachKind, ReachStep};

use super::Reach;
use super::ask::Ask;
use super::person::{Person, PersonKind};
use super::standing::{self, Level};
use crate::parallel;

/// One step somebody can take.
#[derive(Clone, Debug)]
pub struct Step {
    /// Numbers of [`Reach::people`].
    pub from: usize,
    pub to: usize,
    pub row: &'static ReachStep,
    pub level: Level,
    /// ARN of the thing that is used.
    pub through: Option<String>,
}

/// Steps one after another, each from where the one before leads.
#[derive(Clone, Debug)]
pub struct Path {
    pub steps: Vec<Step>,
    pub level: Level,
}

impl Path {
    /// Of two paths the one of the higher rank counts.
    fn rank(&self) -> (Level, Reverse<usize>) {
        (self.level, Reverse(self.steps.len()))
    }
}

/// Whether the last step is the use of a thing, which acts with its role only as far as the thing does.
fn ends_in_use(path: &Path) -> bool {
    path.steps.last().is_some_and(|step| step.row.kind == ReachKind::Use)
}

impl Reach<'_> {
    /// Every step that is not closed, by who takes it.
    pub fn steps(&self) -> Vec<Step> {
        let numbers: HashMap<&str, usize> = self
            .people
            .iter()
            .enumerate()
            .map(|(number, person)| (person.identity.arn.as_ref(), number))
            .collect();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let share = self.people.len().div_ceil(threads).max(1);
        let starts = (0..self.people.len()).step_by(share);
        let shares: Vec<Range<usize>> =
            starts.map(|start| start..self.people.len().min(start + share)).collect();
        let found = parallel::map(&shares, threads, |share| self.steps_to(share.clone(), &numbers));
        let mut steps: Vec<Step> = found.into_iter().flatten().collect();
        for row in reference::reach_steps().iter().filter(|row| row.kind == ReachKind::Use) {
            self.use_things(row, &numbers, &mut steps);
        }
        steps.sort_by(|a, b| (a.from, b.level, a.to, &a.row.id).cmp(&(b.from, a.level, b.to, &b.row.id)));
        steps
    }

    /// The steps that lead to some of the people without a thing between.
    fn steps_to(&self, share: Range<usize>, numbers: &HashMap<&str, usize>) -> Vec<Step> {
        let mut steps = Vec::new();
        for row in reference::reach_steps() {
            match row.kind {
                ReachKind::Assume => self.assume(row, share.clone(), numbers, &mut steps),
                ReachKind::Pass => self.pass(row, share.clone(), &mut steps),
                ReachKind::Mint => self.mint(row, share.clone(), &mut steps),
                ReachKind::Use => {}
            }
        }
        steps
    }

    /// Whom a person comes to act for, with the best way there; itself left out.
    ///
    /// A thing that is used acts with its role only as far as the thing does: such a step ends its path.
    pub fn paths(&self, from: usize, steps: &[Step]) -> Vec<(usize, Path)> {
        // By whom they lead to, and whether they end there: a longer way that does not end may lead on.
        let mut best: HashMap<(usize, bool), Path> = HashMap::new();
        let mut queue = VecDeque::from([(from, Path { steps: Vec::new(), level: Level::Open })]);
        while let Some((at, path)) = queue.pop_front() {
            let start = steps.partition_point(|step| step.from < at);
            for step in steps[start..].iter().take_while(|step| step.from == at) {
                if step.to == from {
                    continue;
                }
                let level = path.level.min(step.level);
                let length = path.steps.len() + 1;
                let ends = step.row.kind == ReachKind::Use;
                let known = best.get(&(step.to, ends));
                if known.is_none_or(|known| known.rank() < (level, Reverse(length))) {
                    let mut longer = path.clone();
                    longer.steps.push(step.clone());
                    longer.level = level;
                    best.insert((step.to, ends), longer.clone());
                    if !ends {
                        queue.push_back((step.to, longer));
                    }
                }
            }
        }
        let mut found: Vec<(usize, Path)> = best.into_iter().map(|((to, _), path)| (to, path)).collect();
        found.sort_by_key(|(to, path)| (*to, Reverse(path.rank()), ends_in_use(path)));
        found.dedup_by_key(|(to, _)| *to);
        found
    }

    fn assume(
        &self,
        row: &'static ReachStep,
        share: Range<usize>,
        numbers: &HashMap<&str, usize>,
        steps: &mut Vec<Step>,
    ) {
        let Some(ask) = self.asks.ask(&row.actions[0]) else { return };
        for to in share {
            let role = &self.people[to];
            let PersonKind::Role(role_value) = role.kind else { continue };
            let trusted = Trusted::of(role_value);
            if matches!(trusted, Trusted::Nobody) {
                continue;
            }
            let Some(side) = self.estate.resource_side(&role.identity.arn) else { continue };
            let keys = standing::owner_keys(self.estate, &role.identity.arn);
            for from in self.trusted(&trusted, numbers) {
                let person = &self.people[from];
                let may_name = person.named.contains(ask.number) || trusted.names(&person.identity.arn);
                if from == to || !may_name {
                    continue;
                }
                let layers = KnownLayers::new(person.side(), side.clone());
                let asked = standing::asked_with(person, &ask, &role.identity.arn, &layers, None, &keys);
                push(steps, Step { from, to, row, level: asked.level, through: None });
            }
        }
    }

    /// Numbers of those whom a trust policy can let in.
    fn trusted(&self, trusted: &Trusted, numbers: &HashMap<&str, usize>) -> Vec<usize> {
        let named = match trusted {
            Trusted::Nobody => return Vec::new(),
            Trusted::Anybody => return (0..self.people.len()).collect(),
            Trusted::These(named) => named,
        };
        let accounts = self.estate.accounts();
        let of = |text: &String| match accounts.binary_search_by(|account| account.id.as_str().cmp(text)) {
            Ok(account) => self.of_account(account),
            Err(_) => numbers.get(text.as_str()).map_or(0..0, |number| *number..number + 1),
        };
        let mut found: Vec<usize> = named.iter().flat_map(of).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn use_things(&self, row: &'static ReachStep, numbers: &HashMap<&str, usize>, steps: &mut Vec<Step>) {
        let Some(kind) = row.on.as_deref().and_then(ResourceKind::from_name) else { return };
        let asks: Vec<Ask> = row.actions.iter().filter_map(|action| self.asks.ask(action)).collect();
        for (number, account) in self.estate.accounts().iter().enumerate() {
            for thing in account.resources.iter().filter(|each| each.kind == kind) {
                let Some(&to) = service_role(self, &thing.arn, 0).and_then(|role| numbers.get(role.as_str()))
                else {
                    continue;
                };
                let Some(side) = self.estate.resource_side(&thing.arn) else { continue };
                let keys = standing::owner_keys(self.estate, &thing.arn);
                // Its own policy may let in other accounts, whose people need an Allow of their own besides.
                let may_be_shared = !matches!(thing.policy, Known::Known(None));
                let own = self.of_account(number);
                for (from, person) in self.people.iter().enumerate() {
                    let is_own = own.contains(&from);
                    if !is_own && !may_be_shared {
                        continue;
                    }
                    let layers = KnownLayers::new(person.side(), side.clone());
                    let of_action = |ask: &Ask| {
                        if !is_own && !person.named.contains(ask.number) {
                            return None;
                        }
                        Some(standing::asked_with(person, ask, &thing.arn, &layers, None, &keys).level)
                    };
                    let level = asks.iter().filter_map(of_action).max().unwrap_or(Level::Closed);
                    push(steps, Step { from, to, row, level, through: Some(thing.arn.to_string()) });
                }
            }
        }
    }

    fn pass(&self, row: &'static ReachStep, share: Range<usize>, steps: &mut Vec<Step>) {
        let (Some(service), Some(pass)) = (&row.service, self.asks.ask("iam:PassRole")) else { return };
        let Some(assume) = self.asks.ask("sts:AssumeRole") else { return };
        let starts: Vec<_> = row.actions.iter().filter_map(|action| self.asks.ask(action)).collect();
        let mut starting: HashMap<usize, Level> = HashMap::new();
        for to in share {
            let role = &self.people[to];
            let PersonKind::Role(value) = role.kind else { continue };
            if !may_trust(value, service) {
                continue;
            }
            let trusts = self.trusts_service(role, service, &assume.action);
            if trusts == Level::Closed {
                continue;
            }
            // Those alike may pass the role alike, and start the service alike.
            let mut passing: HashMap<usize, Level> = HashMap::new();
            for from in self.of_account(role.account) {
                let person = &self.people[from];
                if from == to || !person.named.contains(pass.number) {
                    continue;
                }
                let passing = *passing.entry(person.class).or_insert_with(|| {
                    let mut context = person.context().clone();
                    context.replace("iam:PassedToService", vec![service.clone()]);
                    standing::standing(person, &pass, &role.identity.arn, person.layers(), None, context)
                        .level
                });
                if passing == Level::Closed {
                    continue;
                }
                let start = *starting.entry(person.class).or_insert_with(|| {
                    starts
                        .iter()
                        .map(|ask| standing::of_ask(self, person, ask).level)
                        .max()
                        .unwrap_or(Level::Closed)
                });
                push(steps, Step { from, to, row, level: trusts.min(passing).min(start), through: None });
            }
        }
    }

    fn mint(&self, row: &'static ReachStep, share: Range<usize>, steps: &mut Vec<Step>) {
        let asks: Vec<Ask> = row.actions.iter().filter_map(|action| self.asks.ask(action)).collect();
        for to in share {
            let user = &self.people[to];
            if !matches!(user.kind, PersonKind::User) {
                continue;
            }
            for from in self.of_account(user.account).filter(|from| *from != to) {
                let person = &self.people[from];
                let of_action = |ask: &Ask| {
                    let named = person.named.contains(ask.number);
                    named.then(|| {
                        standing::asked(person, ask, &user.identity.arn, person.layers(), None).level
                    })
                };
                let level = asks.iter().filter_map(of_action).max().unwrap_or(Level::Closed);
                push(steps, Step { from, to, row, level, through: None });
            }
        }
    }

    /// Whether a service of AWS, acting for the role's own account, may assume it.
    fn trusts_service(&self, role: &Person<'_>, service: &str, assume: &Action) -> Level {
        let principal = Principal::Service { name: service.to_owned() };
        let sides = (self.estate.principal_side(&principal), self.estate.resource_side(&role.identity.arn));
        let (Some(own), Some(side)) = sides else { return Level::Closed };
        let layers = KnownLayers::new(own, side);
        let mut context = Context::new();
        context.derive("aws:SourceAccount", self.estate.accounts()[role.account].id.as_str());
        let request = Request::new(RequestParts {
            principal,
            action: assume.clone(),
            resource: role.identity.arn.to_string(),
            resource_account: None,
            context,
            completeness: Completeness::Partial,
        });
        match authorize(&request, layers.at_most()).outcome {
            Outcome::Decided(Decision::Allow) if layers.missing().is_empty() => Level::Open,
            Outcome::Decided(Decision::Allow) => Level::Unknown,
            Outcome::Decided(Decision::ExplicitDeny | Decision::ImplicitDeny) => Level::Closed,
            // The service says which thing it acts for; there can be one that the trust policy asks for.
            Outcome::NeedsContext(_) => Level::Open,
            Outcome::Unknown(_) => Level::Unknown,
        }
    }
}

/// Whether a trust policy can let in a service of AWS, as far as principals say; one in a Region has the same first part.
fn may_trust(role: &iam::estate::Role, service: &str) -> bool {
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let Known::Known(trust) = &role.trust else { return true };
    let mut elements = trust.policy.statements.iter().filter_map(|statement| statement.principal.as_ref());
    elements.any(|element| {
        element.is_negated()
            || element.values().iter().any(|value| match value {
                PrincipalValue::Service(named) => {
                    first(named) == first(service) || named.contains(['*', '$'])
                }
                PrincipalValue::Everyone => true,
                PrincipalValue::Account(_)
                | PrincipalValue::Arn(_)
                | PrincipalValue::UniqueId(_)
                | PrincipalValue::CanonicalUser(_)
                | PrincipalValue::Federated(_) => false,
            })
    })
}

fn push(steps: &mut Vec<Step>, step: Step) {
    if step.level != Level::Closed && step.from != step.to {
        steps.push(step);
    }
}

/// The role a thing acts with, its own or that of what it uses.
fn service_role(reach: &Reach<'_>, arn: &str, depth: usize) -> Option<String> {
    const DEPTH_MAX: usize = 4;
    let (_, thing) = reach.estate.resource(arn)?;
    let facts: &[Fact] = match &thing.facts {
        Known::Known(facts) => facts,
        Known::Unknown(_) => &[],
    };
    let of = |kind: FactKind| facts.iter().filter(move |fact| fact.kind == kind);
    if let Some(role) = of(FactKind::ServiceRole).next() {
        return Some(role.value.to_string());
    }
    of(FactKind::Uses)
        .filter(|_| depth < DEPTH_MAX)
        .find_map(|fact| service_role(reach, &fact.value, depth + 1))
}

/// Whom a trust policy can let in, as far as principals say.
enum Trusted {
    Nobody,
    Anybody,
    /// ARNs and account ids.
    These(Vec<String>),
}

impl Trusted {
    fn of(role: &iam::estate::Role) -> Self {
        let Known::Known(trust) = &role.trust else { return Self::Anybody };
        let mut named = Vec::new();
        for statement in trust.policy.statements.iter() {
            let Some(element) = &statement.principal else { continue };
            if element.is_negated() {
                return Self::Anybody;
            }
            for value in element.values() {
                match value {
                    PrincipalValue::Everyone
                    | PrincipalValue::UniqueId(_)
                    | PrincipalValue::CanonicalUser(_) => {
                        return Self::Anybody;
                    }
                    PrincipalValue::Account(text) | PrincipalValue::Arn(text) => named.push(text.clone()),
                    PrincipalValue::Service(_) | PrincipalValue::Federated(_) => {}
                }
            }
        }
        if named.is_empty() { Self::Nobody } else { Self::These(named) }
    }

    /// Whether it names a principal by its own ARN or as everybody, so that its own policies need not speak.
    fn names(&self, arn: &str) -> bool {
        match self {
            Self::Nobody => false,
            Self::Anybody => true,
            Self::These(named) => named.iter().any(|each| each == arn),
        }
    }
}

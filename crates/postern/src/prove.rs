//! Properties over every possible request, each proved, refuted with a request, or unknown and why.
//!
//! What is asked of whom stands in [`ground`]; what a property says in [`property`]; the search for a request in the
//! crate `prover`, which puts every request to the one evaluator before anybody sees it. Deliberately absent: requests
//! of service-linked roles and, unless a property names them, of AWS services; sessions narrowed by session policies.

mod asker;
pub mod built_in;
mod by_steps;
mod call;
mod charter;
mod command;
mod documents;
mod ground;
mod nicer;
mod people;
pub mod property;
mod things;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use iam::context::Context;
use iam::estate::{Estate, Missing, Organization};
use iam::layers::{Layers, ResourceSide};
use iam::policy::{Effect, Policy, PolicyType, read};
use iam::principal::Principal;
use iam::request::Request;
use prover::domain::Kinds;
use prover::question::{Meant, Question, Whose, everything};
use prover::search::Verdict;
use prover::who::{Shape, Who as Asking};

use crate::parallel;
use by_steps::BySteps;
use call::whole_call;
pub use charter::lists_of_charter;
pub use command::command;
pub use documents::{documents, files, prove_documents};
use ground::{Above, Place};
pub(crate) use ground::{Ground, Standing, account_patterns};
pub(crate) use nicer::nicer;
use people::{Asked, Cache, Found};
use property::{Demand, Property, Who};

thread_local! {
    /// Resource types, read once a thread.
    static KINDS: Kinds = Kinds::default();
}

/// What became of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    Holds,
    /// It holds because it speaks of nobody or nothing.
    Vacuous,
    Unknown,
    Refuted,
    /// Parameters are missing.
    NotAsked,
}

impl Status {
    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Vacuous => "vacuous",
            Self::Unknown => "unknown",
            Self::Refuted => "refuted",
            Self::NotAsked => "not asked",
        }
    }
}

/// A request for which a property does not hold, or somebody who cannot do what they must.
#[derive(Clone, Debug)]
pub struct Counterexample {
    pub request: Request,
    pub layers: Layers,
    /// A second request of the same principal, of a property about two.
    pub second: Option<Request>,
    /// Of somebody who cannot: the request is refused.
    pub is_refused: bool,
    /// Whose policy lets it through, where that is not one of who asks.
    pub through: Option<String>,
    /// How somebody comes to act for who asks, step by step.
    pub steps: Vec<Taken>,
    /// How many more there are alike, and how many accounts they are in.
    pub more: usize,
}

impl Counterexample {
    fn new(request: Request, layers: Layers) -> Self {
        Self { request, layers, second: None, is_refused: false, through: None, steps: Vec::new(), more: 0 }
    }
}

/// A step that somebody takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// ARNs.
    pub from: String,
    pub to: String,
    /// How, as a verb and its object.
    pub how: &'static str,
}

/// What was found of a property.
pub struct Proof<'a> {
    pub property: &'a Property,
    pub status: Status,
    pub refuted: Vec<Counterexample>,
    /// What is not known, and in how many accounts.
    pub unknown: BTreeMap<String, usize>,
    /// Accounts it is about, and those in which nobody at all may, whoever comes.
    pub accounts: usize,
    pub by_ceiling: usize,
    /// People who were asked about.
    pub people: usize,
    /// Accounts that were not looked at, because enough was found in others.
    pub left_out: usize,
    /// Steps were not looked at for the same reason.
    pub steps_left_out: bool,
    /// Why it speaks of nothing.
    pub vacuous: Option<String>,
    /// The statements of one account without which it would not hold there for whoever comes.
    pub rests_on: Vec<String>,
    /// For whom it does not hold, of a property that keeps them.
    pub who: Vec<Principal>,
}

impl Proof<'_> {
    /// What became of a property that was asked.
    fn found(&self) -> Status {
        match (&self.vacuous, self.refuted.is_empty(), self.unknown.is_empty()) {
            (_, false, _) => Status::Refuted,
            (_, true, false) => Status::Unknown,
            (Some(_), true, true) => Status::Vacuous,
            (None, true, true) => Status::Holds,
        }
    }
}

/// Most counterexamples that are kept of a property; the rest is counted.
const KEPT_MAX: usize = 20;

/// How many accounts are looked at before it is asked whether enough was found: a few at first, then more.
const ACCOUNTS_AT_A_TIME: [usize; 2] = [4, 64];

/// Proves properties of all that an estate has.
///
/// Of a property that many break enough are shown: no more accounts are looked at after those in which twenty were
/// found, unless all are asked for.
pub fn prove<'a>(estate: &Estate, properties: &'a [Property], all: bool, threads: usize) -> Vec<Proof<'a>> {
    prove_with(estate, properties, all, threads, &mut Before::default())
}

/// An estate whose organisations change, and what is proved of it: after a change only that is asked which it may have
/// changed.
pub struct Changing<'p> {
    estate: Estate,
    properties: &'p [Property],
    before: Before,
}

impl<'p> Changing<'p> {
    pub fn new(estate: Estate, properties: &'p [Property]) -> Self {
        Self { estate, properties, before: Before::default() }
    }

    pub fn estate(&self) -> &Estate {
        &self.estate
    }

    /// Puts another state of an organisation in its place: the same nodes, other policies.
    pub fn replace_organization(&mut self, organization: Organization) {
        self.estate.replace_organization(organization);
    }

    /// The same as [`prove`].
    pub fn prove(&mut self, all: bool, threads: usize) -> Vec<Proof<'p>> {
        prove_with(&self.estate, self.properties, all, threads, &mut self.before)
    }
}

/// What was found before of the same accounts and properties, under policies of an organisation that may have changed.
#[derive(Default)]
struct Before {
    /// By property and what stands above an account.
    ceilings: HashMap<(usize, Above), Verdict>,
    /// By number of the account; of properties that were asked there.
    places: HashMap<(usize, Above), Vec<Option<Found>>>,
    /// What was named by its address, kept so that nothing else comes to stand there.
    kept: Vec<(Layers, Vec<iam::layers::Level>, Vec<Arc<Missing>>)>,
}

fn prove_with<'a>(
    estate: &Estate,
    properties: &'a [Property],
    all: bool,
    threads: usize,
    before: &mut Before,
) -> Vec<Proof<'a>> {
    let ground = Ground::new(estate);
    let ceilings = ceilings(&ground, properties, threads, before);
    let asked = Asked { ground: &ground, properties, ceilings: &ceilings, cache: Cache::default() };
    let mut found: Vec<Vec<Found>> = Vec::new();
    let mut counts = vec![0; properties.len()];
    let mut at_a_time = ACCOUNTS_AT_A_TIME[0];
    while found.len() < ground.accounts.len() {
        let start = found.len();
        let some: Vec<usize> = (start..ground.accounts.len()).take(at_a_time).collect();
        at_a_time = (at_a_time * 2).min(ACCOUNTS_AT_A_TIME[1]);
        let is_open: Vec<bool> = counts.iter().map(|count| all || *count < KEPT_MAX).collect();
        let places = &before.places;
        let of_some = parallel::map(&some, threads, |number| {
            let place = &ground.accounts[*number];
            let known = places.get(&(*number, place.above.clone()));
            KINDS.with(|kinds| asked.place(kinds, place, &is_open, known.map_or(&[], Vec::as_slice)))
        });
        for (number, found) in some.iter().zip(&of_some) {
            let place = &ground.accounts[*number];
            let known = before.places.entry((*number, place.above.clone())).or_insert_with(|| {
                before.kept.push((place.ceiling.clone(), place.rcp.clone(), place.missing()));
                vec![None; properties.len()]
            });
            for ((count, known), one) in counts.iter_mut().zip(known).zip(found) {
                *count += one.refuted.len();
                if !one.left_out {
                    *known = Some(one.clone());
                }
            }
        }
        found.extend(of_some);
    }
    let steps = BySteps::new(&ground, threads);
    let by_property = properties.iter().enumerate();
    by_property
        .map(|(number, property)| {
            let of = ground.accounts.iter().zip(&found).filter(|(place, _)| is_at(&property.at, place));
            let mut proof = proof(property, of.map(|(_, found)| &found[number]));
            if proof.property.by_steps.is_some() {
                steps.add(&mut proof);
                proof.status = proof.found();
            }
            if proof.status == Status::Holds {
                proof.rests_on = rests_on(&ground, property, &ceilings[number]);
            }
            proof
        })
        .collect()
}

/// What is missing, the same for every account and Region in which it is.
fn told(missing: &Missing) -> String {
    format!("`{}` {}", missing.what, missing.reason)
}

/// A policy with which a thing leaves everything to its account.
fn everything_of(account: &str) -> Arc<Policy> {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{account}"}},"Action":"*","Resource":"*"}}}}"#
    );
    read(text.as_bytes(), PolicyType::Resource).policy.map_or_else(everything, Arc::new)
}

/// The statements on which it rests that nobody in an account may: without one of them it would not be so.
///
/// Of an account in which it holds whoever comes, the first of them.
fn rests_on(ground: &Ground<'_>, property: &Property, ceilings: &Ceilings) -> Vec<String> {
    let (Some(Demand::Never(meant) | Demand::NeverBoth(meant, _)), Who::Insiders) =
        (&property.demand, &property.who)
    else {
        return Vec::new();
    };
    let is_closed = |place: &&Place<'_>| {
        is_at(&property.at, place) && matches!(ceilings.get(&place.class), Some(Verdict::Never))
    };
    let Some(place) = ground.accounts.iter().find(is_closed) else { return Vec::new() };
    let names = ground.names(place);
    let mut left = place.ceiling.clone();
    let mut needed = Vec::new();
    for level in 0..left.scp.len() {
        for policy in 0..left.scp[level].policies.len() {
            let mut at = left.scp[level].policies[policy].statements.len();
            while at > 0 {
                at -= 1;
                let whole = left.scp[level].policies[policy].clone();
                let statement = &whole.statements[at];
                let is_about = meant.actions.iter().any(|action| statement.action.matches(action));
                if statement.effect != Ok(Effect::Deny) || !is_about {
                    continue;
                }
                let mut fewer = whole.statements.clone().into_vec();
                let taken = fewer.remove(at);
                left.scp[level].policies[policy] =
                    Arc::new(Policy { statements: fewer.into(), ..(*whole).clone() });
                let one = Place { ceiling: left.clone(), ..place.again() };
                if !KINDS.with(|kinds| matches!(at_ceiling(kinds, meant, &one), Verdict::Never)) {
                    left.scp[level].policies[policy] = whole;
                    let name =
                        names.get(level).and_then(|names| names.get(policy)).cloned().unwrap_or_default();
                    let sid = taken.sid.clone().unwrap_or_else(|| format!("statement {}", at + 1));
                    needed.push(format!("{sid} of {name} at {}", left.scp[level].target));
                }
            }
        }
    }
    needed.sort();
    needed
}

/// Puts together what the accounts gave.
fn proof<'p, 'f>(property: &'p Property, found: impl Iterator<Item = &'f Found>) -> Proof<'p> {
    let mut proof = Proof {
        property,
        status: Status::NotAsked,
        refuted: Vec::new(),
        unknown: BTreeMap::new(),
        accounts: 0,
        by_ceiling: 0,
        people: 0,
        left_out: 0,
        steps_left_out: false,
        vacuous: None,
        rests_on: Vec::new(),
        who: Vec::new(),
    };
    let Some(demand) = &property.demand else { return proof };
    for one in found {
        proof.accounts += 1;
        proof.by_ceiling += usize::from(one.by_ceiling);
        proof.people += one.people;
        proof.who.extend(one.who.iter().cloned());
        proof.left_out += usize::from(one.left_out);
        one.unknown.iter().for_each(|why| *proof.unknown.entry(why.clone()).or_default() += 1);
        for counterexample in &one.refuted {
            let is_full = proof.refuted.len() >= KEPT_MAX;
            match proof.refuted.last_mut().filter(|_| is_full) {
                Some(last) => last.more += 1 + counterexample.more,
                None => proof.refuted.push(counterexample.clone()),
            }
        }
    }
    proof.vacuous = vacuous(property, demand, &proof);
    proof.status = proof.found();
    proof
}

/// Why a property speaks of nothing.
fn vacuous(property: &Property, demand: &Demand, proof: &Proof<'_>) -> Option<String> {
    if proof.accounts == 0 {
        return Some("no account stands where it speaks of".to_owned());
    }
    let who = match &property.who {
        Who::Service(name) => vec![Asking::This(Principal::Service { name: name.clone() })],
        Who::Insiders | Who::Outsiders => {
            Shape::ALL.map(|shape| Asking::Any { shape, account: None, partition: "aws".into() }).into()
        }
    };
    let layers = Layers {
        identity: vec![everything()],
        resource: ResourceSide::Resource(everything()),
        ..Layers::default()
    };
    let is_possible = |meant: &Meant| {
        who.iter().any(|who| {
            let question = Question {
                meant,
                layers: &layers,
                who: who.clone(),
                given: &Context::new(),
                resource: None,
                whose: Whose::Any,
                resource_account: None,
            };
            KINDS.with(|kinds| !matches!(question.find(kinds), Verdict::Never))
        })
    };
    let speaks_of_nothing = match demand {
        Demand::Never(meant) => !is_possible(meant),
        Demand::NeverBoth(first, second) => !is_possible(first) || !is_possible(second),
        Demand::May(_) if proof.people == 0 => {
            return Some("nobody is there who must be able to".to_owned());
        }
        Demand::May(all) => all.is_empty(),
    };
    speaks_of_nothing.then(|| "no request is one that it speaks of".to_owned())
}

/// What was found at the ceilings, by class of account; none where it was not asked.
type Ceilings = HashMap<usize, Verdict>;

/// Asks of each class of accounts whether anybody at all may.
fn ceilings(
    ground: &Ground<'_>,
    properties: &[Property],
    threads: usize,
    before: &mut Before,
) -> Vec<Ceilings> {
    let mut first_of: BTreeMap<usize, &Place<'_>> = BTreeMap::new();
    for place in &ground.accounts {
        first_of.entry(place.class).or_insert(place);
    }
    let mut all: Vec<Ceilings> = properties.iter().map(|_| Ceilings::new()).collect();
    let mut work: Vec<(usize, &Meant, &Place<'_>)> = Vec::new();
    for (number, property) in properties.iter().enumerate() {
        let (Some(Demand::Never(meant) | Demand::NeverBoth(meant, _)), Who::Insiders) =
            (&property.demand, &property.who)
        else {
            continue;
        };
        for (class, place) in &first_of {
            match before.ceilings.get(&(number, place.above.clone())) {
                Some(known) => drop(all[number].insert(*class, known.clone())),
                None => work.push((number, meant, *place)),
            }
        }
    }
    let found = parallel::map(&work, threads, |(_, meant, place)| {
        KINDS.with(|kinds| at_ceiling(kinds, meant, place))
    });
    for ((number, _, place), verdict) in work.iter().zip(found) {
        before.ceilings.insert((*number, place.above.clone()), verdict.clone());
        all[*number].insert(place.class, verdict);
    }
    before
        .kept
        .extend(first_of.values().map(|place| (place.ceiling.clone(), place.rcp.clone(), place.missing())));
    all
}

fn at_ceiling(kinds: &Kinds, meant: &Meant, place: &Place<'_>) -> Verdict {
    let mut unknown = BTreeSet::new();
    for shape in Shape::ALL {
        let question = Question {
            meant,
            layers: &place.ceiling,
            who: Asking::Any {
                shape,
                account: Some(place.account.id),
                partition: place.account.partition.clone(),
            },
            given: &place.given,
            resource: None,
            whose: Whose::Any,
            resource_account: None,
        };
        match whole_call(&question, kinds) {
            Verdict::Never => {}
            Verdict::Unknown(why) => unknown.extend(why),
            found @ Verdict::Request(_) => return found,
        }
    }
    if unknown.is_empty() { Verdict::Never } else { Verdict::Unknown(unknown) }
}

/// Whether an account is one of some, or stands at or under one of some places.
fn is_at(at: &[String], place: &Place<'_>) -> bool {
    at.is_empty()
        || at.iter().any(|one| {
            let one = one.trim_end_matches('/');
            one == place.account.id.as_str()
                || one.is_empty()
                || place.path == one
                || place.path.strip_prefix(one).is_some_and(|rest| rest.starts_with('/'))
        })
}

//! Properties over every possible request, each proved, refuted with a request, or unknown and why.
//!
//! What is asked of whom stands in [`ground`]; what a property says in [`property`]; the search for a request in the
//! crate `prover`, which puts every request to the one evaluator before anybody sees it. Deliberately absent: requests
//! of service-linked roles and, unless a property names them, of AWS services; sessions narrowed by session policies.

pub mod built_in;
mod command;
mod ground;
pub mod property;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use iam::arn::{AccountId, Arn};
use iam::authorize;
use iam::context::{Context, Key};
use iam::estate::{Estate, LayersKey, Resource};
use iam::layers::{Layers, Level, ResourceSide};
use iam::policy::{Effect, Policy, PolicyType, read};
use iam::principal::{Principal, PrincipalValue};
use iam::request::{Completeness, Request, RequestParts};
use prover::domain::Kinds;
use prover::question::{Meant, Question, everything};
use prover::search::Verdict;
use prover::space::{Shape, Who as Asking};

use crate::input::{self, Complaint, Document};
use crate::parallel;
pub use command::command;
pub(crate) use ground::Ground;
use ground::{Place, Standing};
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
    /// How many more there are alike, and how many accounts they are in.
    pub more: usize,
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
    /// Why it speaks of nothing.
    pub vacuous: Option<String>,
}

/// Most counterexamples that are kept of a property; the rest is counted.
const KEPT_MAX: usize = 20;

/// How many accounts are looked at before it is asked whether enough was found.
const ACCOUNTS_AT_A_TIME: usize = 32;

/// Proves properties of all that an estate has.
///
/// Of a property that many break enough are shown: no more accounts are looked at after those in which twenty were
/// found, unless all are asked for.
pub fn prove<'a>(estate: &Estate, properties: &'a [Property], all: bool, threads: usize) -> Vec<Proof<'a>> {
    let ground = Ground::new(estate);
    let ceilings = ceilings(&ground, properties, threads);
    let asked = Asked { ground: &ground, properties, ceilings: &ceilings, cache: Cache::default() };
    let mut found: Vec<Vec<Found>> = Vec::new();
    let mut counts = vec![0; properties.len()];
    for some in ground.accounts.chunks(ACCOUNTS_AT_A_TIME) {
        let is_open: Vec<bool> = counts.iter().map(|count| all || *count < KEPT_MAX).collect();
        let of_some =
            parallel::map(some, threads, |place| KINDS.with(|kinds| asked.place(kinds, place, &is_open)));
        for place in &of_some {
            for (count, one) in counts.iter_mut().zip(place) {
                *count += one.refuted.len();
            }
        }
        found.extend(of_some);
    }
    let by_property = properties.iter().enumerate();
    by_property
        .map(|(number, property)| {
            let of = ground.accounts.iter().zip(&found).filter(|(place, _)| is_at(&property.at, place));
            proof(property, of.map(|(_, found)| &found[number]))
        })
        .collect()
}

/// Proves properties of one account in which these service control policies apply beside `FullAWSAccess`, and in which
/// identities have these policies or, where none are given, every right.
///
/// Demands on what somebody must be able to do are asked of a role.
pub fn prove_documents<'a>(
    scps: &[Document],
    identities: &[Document],
    properties: &'a [Property],
    threads: usize,
) -> Vec<Proof<'a>> {
    let of = |documents: &[Document]| documents.iter().map(|document| document.policy.clone()).collect();
    let full: Vec<Arc<Policy>> = match scps.is_empty() {
        true => Vec::new(),
        false => std::iter::once(everything()).chain(of(scps)).collect(),
    };
    let identity = if identities.is_empty() { vec![everything()] } else { of(identities) };
    let scp: Vec<Level> = (!full.is_empty())
        .then(|| Level { target: "the account".to_owned(), policies: full })
        .into_iter()
        .collect();
    let resource = ResourceSide::Resource(everything_of(ACCOUNT));
    let layers = Layers { identity, scp, resource, ..Layers::default() };
    parallel::map(properties, threads, |property| KINDS.with(|kinds| of_documents(kinds, property, &layers)))
        .iter()
        .zip(properties)
        .map(|(found, property)| proof(property, std::iter::once(found)))
        .collect()
}

/// The lists of properties that a charter has: approved models and Regions, who is exempt, who keeps the fence.
///
/// # Errors
/// What is wrong with the charter.
pub fn lists_of_charter(origin: &str, text: &str) -> Result<BTreeMap<String, Vec<String>>, Vec<Complaint>> {
    let syntax = charter::syntax::read(text).map_err(|wrong| {
        let complaint = |one: &charter::Diagnostic| {
            let at = Complaint::at(origin, text, one.at.start, one.message.clone());
            match &one.hint {
                Some(hint) => at.hint(hint.clone()),
                None => at,
            }
        };
        wrong.iter().map(complaint).collect::<Vec<_>>()
    })?;
    let values = |all: &[charter::syntax::At<String>]| -> Vec<String> {
        all.iter().map(|one| one.value.clone()).collect()
    };
    let mut lists: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for model in &syntax.models {
        if model.runtime.is_empty() && model.mantle.is_empty() {
            let at = Complaint::at(
                origin,
                text,
                model.name.at.start,
                format!("which models `{}` stands for is not a list of ids", model.name.value),
            );
            wrong.push(at.hint("give the list itself: --set approved-models=…"));
        }
        let arn = |id: &String| format!("arn:aws:bedrock:*::foundation-model/{id}");
        lists.entry("approved-models").or_default().extend(values(&model.runtime).iter().map(arn));
        lists.entry("approved-mantle-models").or_default().extend(values(&model.mantle));
    }
    for exception in &syntax.exceptions {
        lists.entry("exempt").or_default().extend(values(&exception.who));
    }
    if let Some(fence) = &syntax.fence {
        lists.entry("organisation-admins").or_default().extend(values(&fence.keepers));
    }
    if wrong.is_empty() {
        Ok(lists.into_iter().map(|(name, list)| (name.to_owned(), list.into_iter().collect())).collect())
    } else {
        Err(wrong)
    }
}

/// The JSON files of a folder, by name, or the file itself.
pub fn files(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else { return vec![path.to_owned()] };
    let mut found: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    found.sort();
    found
}

/// Service control policies and identity-based policies from files.
///
/// # Errors
/// Everything that is wrong with them.
pub fn documents(
    scps: &[PathBuf],
    identities: &[PathBuf],
) -> Result<(Vec<Document>, Vec<Document>), Vec<Complaint>> {
    let mut wrong = Vec::new();
    let mut read = |paths: &[PathBuf], policy_type| {
        let mut found = Vec::new();
        for path in paths {
            match input::document(&path.display().to_string(), None, policy_type) {
                Ok(one) => found.push(one),
                Err(complaints) => wrong.extend(complaints),
            }
        }
        found
    };
    let found = (read(scps, PolicyType::ServiceControl), read(identities, PolicyType::Identity));
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

/// The account in which policies from files are asked about.
const ACCOUNT: &str = "111122223333";

fn of_documents(kinds: &Kinds, property: &Property, layers: &Layers) -> Found {
    let mut found = Found::default();
    let (Some(demand), Who::Insiders) = (&property.demand, &property.who) else {
        found.unknown.insert("policies of identities say nothing of those outside".to_owned());
        return found;
    };
    let account = AccountId::new(ACCOUNT).ok();
    let given = Context::new();
    let ask = |meant: &Meant| {
        let mut unknown = BTreeSet::new();
        for shape in [Shape::Role, Shape::User] {
            let who = Asking::Any { shape, account };
            let question =
                Question { meant, layers, who, given: &given, resource: None, resource_account: None };
            match whole_call(&question, kinds) {
                Verdict::Never => {}
                Verdict::Unknown(why) => unknown.extend(why),
                Verdict::Request(request) => {
                    return Verdict::Request(Box::new(nicer(&[], meant, layers, *request)));
                }
            }
        }
        if unknown.is_empty() { Verdict::Never } else { Verdict::Unknown(unknown) }
    };
    found.people = 1;
    let counterexample = |request: Request, second: Option<Request>, is_refused: bool| Counterexample {
        request,
        layers: layers.clone(),
        second,
        is_refused,
        through: None,
        more: 0,
    };
    match demand {
        Demand::Never(meant) => match ask(meant) {
            Verdict::Never => found.by_ceiling = true,
            Verdict::Unknown(why) => found.unknown.extend(why),
            Verdict::Request(request) => found.refuted.push(counterexample(*request, None, false)),
        },
        Demand::NeverBoth(first, second) => match (ask(first), ask(second)) {
            (Verdict::Never, _) | (_, Verdict::Never) => found.by_ceiling = true,
            (Verdict::Request(one), Verdict::Request(other)) => {
                found.refuted.push(counterexample(*one, Some(*other), false));
            }
            (Verdict::Unknown(why), _) | (_, Verdict::Unknown(why)) => found.unknown.extend(why),
        },
        Demand::May(all) => {
            for meant in all {
                match ask(meant) {
                    Verdict::Request(_) => {}
                    Verdict::Unknown(why) => found.unknown.extend(why),
                    Verdict::Never => {
                        let who = Asking::Any { shape: Shape::Role, account };
                        let question = Question {
                            meant,
                            layers,
                            who,
                            given: &given,
                            resource: None,
                            resource_account: None,
                        };
                        if let Verdict::Request(request) = question.find_denied(kinds) {
                            found.refuted.push(counterexample(*request, None, true));
                        } else {
                            found.unknown.insert("no request is one that it speaks of".to_owned());
                        }
                    }
                }
            }
        }
    }
    found
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
pub fn rests_on(estate: &Estate, property: &Property) -> Vec<String> {
    let ground = Ground::new(estate);
    let (Some(Demand::Never(meant) | Demand::NeverBoth(meant, _)), Who::Insiders) =
        (&property.demand, &property.who)
    else {
        return Vec::new();
    };
    let place = ground.accounts.iter().find(|place| {
        is_at(&property.at, place)
            && KINDS.with(|kinds| matches!(at_ceiling(kinds, meant, place), Verdict::Never))
    });
    let Some(place) = place else { return Vec::new() };
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
        vacuous: None,
    };
    let Some(demand) = &property.demand else { return proof };
    for one in found {
        proof.accounts += 1;
        proof.by_ceiling += usize::from(one.by_ceiling);
        proof.people += one.people;
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
    proof.status = match (&proof.vacuous, proof.refuted.is_empty(), proof.unknown.is_empty()) {
        (_, false, _) => Status::Refuted,
        (_, true, false) => Status::Unknown,
        (Some(_), true, true) => Status::Vacuous,
        (None, true, true) => Status::Holds,
    };
    proof
}

/// Why a property speaks of nothing.
fn vacuous(property: &Property, demand: &Demand, proof: &Proof<'_>) -> Option<String> {
    if proof.accounts == 0 {
        return Some("no account stands where it speaks of".to_owned());
    }
    let who = match &property.who {
        Who::Service(name) => vec![Asking::This(Principal::Service { name: name.clone() })],
        Who::Insiders | Who::Outsiders => Shape::ALL.map(|shape| Asking::Any { shape, account: None }).into(),
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
fn ceilings(ground: &Ground<'_>, properties: &[Property], threads: usize) -> Vec<Ceilings> {
    let mut first_of: BTreeMap<usize, &Place<'_>> = BTreeMap::new();
    for place in &ground.accounts {
        first_of.entry(place.class).or_insert(place);
    }
    let mut work: Vec<(usize, usize, &Meant, &Place<'_>)> = Vec::new();
    for (number, property) in properties.iter().enumerate() {
        if let (Some(Demand::Never(meant) | Demand::NeverBoth(meant, _)), Who::Insiders) =
            (&property.demand, &property.who)
        {
            work.extend(first_of.iter().map(|(class, place)| (number, *class, meant, *place)));
        }
    }
    let found = parallel::map(&work, threads, |(_, _, meant, place)| {
        KINDS.with(|kinds| at_ceiling(kinds, meant, place))
    });
    let mut all: Vec<Ceilings> = properties.iter().map(|_| Ceilings::new()).collect();
    for ((number, class, _, _), verdict) in work.iter().zip(found) {
        all[*number].insert(*class, verdict);
    }
    all
}

fn at_ceiling(kinds: &Kinds, meant: &Meant, place: &Place<'_>) -> Verdict {
    let mut unknown = BTreeSet::new();
    for shape in Shape::ALL {
        let question = Question {
            meant,
            layers: &place.ceiling,
            who: Asking::Any { shape, account: Some(place.account.id) },
            given: &place.given,
            resource: None,
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

/// The key that says through which profile a model is run.
const PROFILE: &str = "bedrock:InferenceProfileArn";

/// Asks for a call that is allowed as a whole: where a model is run through a profile, the profile has to be allowed too
/// (Amazon Bedrock User Guide, "Prerequisites for inference profiles").
fn whole_call(question: &Question<'_>, kinds: &Kinds) -> Verdict {
    let takes_profiles = question
        .meant
        .actions
        .iter()
        .any(|action| reference::action_carries(action.service(), action.name(), PROFILE));
    if !takes_profiles || question.given.get(&Key::new(PROFILE)).is_some() {
        return question.find(kinds);
    }
    let with = |values: Vec<String>| {
        let mut given = question.given.clone();
        given.replace(PROFILE, values);
        given
    };
    let ask = |given: &Context, meant: &Meant| {
        let one = Question { given, meant, who: question.who.clone(), ..*question };
        one.find(kinds)
    };
    let direct = ask(&with(Vec::new()), question.meant);
    let through = match (&direct, question.find(kinds)) {
        (Verdict::Request(_), _) | (_, Verdict::Never) => return direct,
        (_, Verdict::Unknown(why)) => return Verdict::Unknown(why),
        (_, Verdict::Request(request)) => request,
    };
    // Some profile that may be used, first the one that was named.
    let own = through.context().get(&Key::new(PROFILE)).and_then(|values| values.only()).unwrap_or_default();
    for profile in [own, "*"] {
        let Some(meant) = of_profiles(profile) else { continue };
        match ask(&with(Vec::new()), &meant) {
            Verdict::Never => {}
            Verdict::Unknown(why) => return Verdict::Unknown(why),
            Verdict::Request(used) => {
                if let found @ Verdict::Request(_) =
                    ask(&with(vec![used.resource().as_str().to_owned()]), question.meant)
                {
                    return found;
                }
                return Verdict::Unknown(BTreeSet::from([
                    "which inference profile would go with the model".to_owned()
                ]));
            }
        }
    }
    direct
}

/// What runs an inference profile.
fn of_profiles(arn: &str) -> Option<Meant> {
    let resources = match arn {
        "*" => r#"["arn:aws:bedrock:*:*:inference-profile/*","arn:aws:bedrock:*:*:application-inference-profile/*"]"#.to_owned(),
        arn => serde_json::to_string(arn).ok()?,
    };
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"bedrock:InvokeModel*","Resource":{resources}}}}}"#
    );
    Some(Meant::new(Arc::new(read(document.as_bytes(), PolicyType::Identity).policy?)))
}

/// Properties, being asked.
struct Asked<'a> {
    ground: &'a Ground<'a>,
    properties: &'a [Property],
    ceilings: &'a [Ceilings],
    cache: Cache,
}

/// What one account gave for one property.
#[derive(Clone, Default)]
struct Found {
    refuted: Vec<Counterexample>,
    unknown: BTreeSet<String>,
    by_ceiling: bool,
    people: usize,
    /// It was not looked at, because enough was found elsewhere.
    left_out: bool,
}

impl Asked<'_> {
    /// Everything about one account.
    fn place(&self, kinds: &Kinds, place: &Place<'_>, is_open: &[bool]) -> Vec<Found> {
        let mut found: Vec<Found> = vec![Found::default(); self.properties.len()];
        // What is left to ask people about.
        let mut open: Vec<usize> = Vec::new();
        for (number, property) in self.properties.iter().enumerate() {
            let Some(demand) = property.demand.as_ref().filter(|_| is_at(&property.at, place)) else {
                continue;
            };
            let own = &mut found[number];
            let ceiling = self.ceilings[number].get(&place.class);
            let is_closed = matches!(ceiling, Some(Verdict::Never)) && property.who == Who::Insiders;
            if !is_open[number] && !is_closed {
                own.left_out = true;
                continue;
            }
            if &*place.account.partition != "aws" {
                own.unknown.insert(format!("the partition `{}` is not searched", place.account.partition));
                continue;
            }
            match &property.who {
                Who::Outsiders => *own = self.on_things(kinds, demand, place, None),
                Who::Service(name) => *own = self.on_things(kinds, demand, place, Some(name)),
                Who::Insiders if is_closed => own.by_ceiling = true,
                Who::Insiders => {
                    open.push(number);
                    if let Demand::Never(meant) = demand {
                        *own = self.on_own_things(kinds, meant, place);
                        // Nothing is above the root user of the management account.
                        if !place.is_management {
                            self.root(kinds, meant, place, own);
                        }
                    }
                }
            }
        }
        if open.is_empty() {
            return found;
        }
        let meant: Vec<Vec<&Meant>> = open
            .iter()
            .map(|number| match &self.properties[*number].demand {
                Some(Demand::Never(meant)) => vec![meant],
                Some(Demand::NeverBoth(first, second)) => vec![first, second],
                Some(Demand::May(all)) => all.iter().collect(),
                None => Vec::new(),
            })
            .collect();
        let (people, missing) = self.ground.people(place);
        for number in &open {
            found[*number].unknown.extend(missing.iter().map(|why| why.to_string()));
        }
        let mut standings: HashMap<LayersKey, Option<Standing>> = HashMap::new();
        let mut kept: HashMap<(usize, LayersKey, Vec<u8>), usize> = HashMap::new();
        for principal in &people {
            let Some(side) = self.ground.estate.principal_side(principal) else { continue };
            let key = side.key();
            let standing = standings
                .entry(key.clone())
                .or_insert_with(|| self.ground.standing(place, principal, &meant));
            let Some(standing) = standing else { continue };
            let mut somebody: Option<Somebody<'_>> = None;
            for (at, number) in open.iter().enumerate() {
                let property = &self.properties[*number];
                let Some(demand) = &property.demand else { continue };
                let is_far = match demand {
                    Demand::Never(_) => !standing.may[at][0],
                    Demand::NeverBoth(_, _) => standing.may[at].contains(&false),
                    Demand::May(_) => false,
                };
                if matches!(demand, Demand::May(_)) && !is_named(&property.named, principal) {
                    continue;
                }
                let own = &mut found[*number];
                own.people += 1;
                if is_far {
                    continue;
                }
                let somebody = somebody.get_or_insert_with(|| {
                    let given = self.ground.given(principal, standing);
                    let signature = standing.signature(principal, &given);
                    Somebody { principal, standing, given, signature }
                });
                let class = (*number, key.clone(), somebody.signature.clone());
                match self.cache.find(&class, || of_person(kinds, demand, place, somebody)) {
                    Answer::Fine => {}
                    Answer::Unknown(why) => own.unknown.extend(why),
                    Answer::Refuted(counterexample)
                        if standing.missing.is_empty() || counterexample.is_refused =>
                    {
                        if let Some(first) = kept.get(&class) {
                            if let Some(first) = own.refuted.get_mut(*first) {
                                first.more += 1;
                            }
                            continue;
                        }
                        kept.insert(class, own.refuted.len());
                        // What is shown is the request of somebody of this account.
                        match counterexample.request.principal() == principal {
                            true => own.refuted.push(*counterexample),
                            false => match of_person(kinds, demand, place, somebody) {
                                Answer::Refuted(own_one) => own.refuted.push(*own_one),
                                Answer::Unknown(why) => own.unknown.extend(why),
                                Answer::Fine => {
                                    own.unknown
                                        .insert(format!("{principal} is not like others of its class"));
                                }
                            },
                        }
                    }
                    Answer::Refuted(_) => {
                        own.unknown.extend(standing.missing.iter().map(|why| why.to_string()));
                    }
                }
            }
        }
        for own in &mut found {
            // People before root users.
            own.refuted.sort_by_key(|each| matches!(each.request.principal(), Principal::Root { .. }));
        }
        found
    }

    /// The root user of an account has every right that nothing above takes.
    fn root(&self, kinds: &Kinds, meant: &Meant, place: &Place<'_>, found: &mut Found) {
        let question = Question {
            meant,
            layers: &place.ceiling,
            who: Asking::Any { shape: Shape::Root, account: Some(place.account.id) },
            given: &place.given,
            resource: None,
            resource_account: None,
        };
        match whole_call(&question, kinds) {
            Verdict::Never => {}
            Verdict::Unknown(why) => found.unknown.extend(why),
            Verdict::Request(_) if !place.ceiling_missing.is_empty() => {
                found.unknown.extend(place.ceiling_missing.iter().map(|why| why.to_string()));
            }
            Verdict::Request(request) => found.refuted.push(Counterexample {
                request: nicer(&place.account.resources, meant, &place.ceiling, *request),
                layers: place.ceiling.clone(),
                second: None,
                is_refused: false,
                through: None,
                more: 0,
            }),
        }
    }

    /// What the policies of an account's things give to people of the account, whatever their own policies say.
    fn on_own_things(&self, kinds: &Kinds, meant: &Meant, place: &Place<'_>) -> Found {
        let mut found = Found::default();
        for (arn, policy) in self.things_for(meant, place) {
            if !lets_in(&policy, |value| match value {
                PrincipalValue::Arn(arn) => {
                    Arn::parse(arn).is_ok_and(|arn| arn.account == place.account.id.as_str())
                }
                // Naming the account leaves it to policies of its people.
                PrincipalValue::Account(_) | PrincipalValue::Service(_) | PrincipalValue::Federated(_) => {
                    false
                }
                PrincipalValue::Everyone | PrincipalValue::UniqueId(_) | PrincipalValue::CanonicalUser(_) => {
                    true
                }
            }) {
                continue;
            }
            let layers = Layers {
                identity: Vec::new(),
                resource: side_of(arn, &policy),
                rcp: self.ground.around(arn).rcp,
                ..place.ceiling.clone()
            };
            for shape in [Shape::Role, Shape::User] {
                let question = Question {
                    meant,
                    layers: &layers,
                    who: Asking::Any { shape, account: Some(place.account.id) },
                    given: &place.given,
                    resource: Some(arn),
                    resource_account: Some(place.account.id),
                };
                self.keep(question.find(kinds), arn, &layers, &mut found);
            }
        }
        found
    }

    /// What the policies of an account's things let outsiders or a service do.
    fn on_things(&self, kinds: &Kinds, demand: &Demand, place: &Place<'_>, service: Option<&str>) -> Found {
        let mut found = Found::default();
        let (Demand::Never(meant) | Demand::NeverBoth(meant, _)) = demand else {
            found.unknown.insert("what those outside must be able to is not asked".to_owned());
            return found;
        };
        let meant = match service {
            Some(_) => None,
            None => self.without_insiders(meant, place),
        };
        let meant = match (&meant, demand) {
            (Some(meant), _) => meant,
            (None, Demand::Never(meant) | Demand::NeverBoth(meant, _)) => meant,
            (None, Demand::May(_)) => return found,
        };
        let who: Vec<Asking> = match service {
            Some(name) => vec![Asking::This(Principal::Service { name: name.to_owned() })],
            None => Shape::ALL
                .map(|shape| Asking::Any { shape, account: None })
                .into_iter()
                .chain([Asking::This(Principal::Anonymous)])
                .collect(),
        };
        let is_own = |account: &str| self.ground.ids.contains(account);
        for (arn, policy) in self.things_for(meant, place) {
            if !lets_in(&policy, |value| match (value, service) {
                (PrincipalValue::Everyone, _) => true,
                (PrincipalValue::Service(named), Some(name)) => named == name,
                (_, Some(_)) | (PrincipalValue::Service(_) | PrincipalValue::Federated(_), None) => false,
                (PrincipalValue::Account(account), None) => !is_own(account),
                (PrincipalValue::Arn(arn), None) => !Arn::parse(arn).is_ok_and(|arn| is_own(arn.account)),
                (PrincipalValue::UniqueId(_) | PrincipalValue::CanonicalUser(_), None) => true,
            }) {
                continue;
            }
            let layers = Layers {
                identity: vec![everything()],
                resource: side_of(arn, &policy),
                rcp: self.ground.around(arn).rcp,
                ..Layers::default()
            };
            for who in &who {
                found.people += 1;
                let question = Question {
                    meant,
                    layers: &layers,
                    who: who.clone(),
                    given: &Context::new(),
                    resource: Some(arn),
                    resource_account: Some(place.account.id),
                };
                self.keep(question.find(kinds), arn, &layers, &mut found);
            }
        }
        found
    }

    /// The same requests, those of accounts and of the organisation that are known left out.
    fn without_insiders(&self, meant: &Meant, place: &Place<'_>) -> Option<Meant> {
        let ids: Vec<&str> = self.ground.ids.iter().map(AsRef::as_ref).collect();
        let organization = place.given.get(&Key::new("aws:PrincipalOrgID")).and_then(|values| values.only());
        let mut statements = vec![serde_json::json!({ "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": { "StringEquals": { "aws:PrincipalAccount": ids } } })];
        statements.extend(organization.map(|id| {
            serde_json::json!({ "Effect": "Deny", "Action": "*", "Resource": "*",
                "Condition": { "StringEquals": { "aws:PrincipalOrgID": id } } })
        }));
        let document = serde_json::json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        let more = read(document.as_bytes(), PolicyType::Identity).policy?;
        let mut all = meant.policy.statements.clone().into_vec();
        all.extend(more.statements.into_vec());
        Some(Meant::new(Arc::new(Policy { statements: all.into(), ..(*meant.policy).clone() })))
    }

    /// The things of an account that the property may speak of.
    fn things_for<'g>(&'g self, meant: &Meant, place: &'g Place<'_>) -> Vec<(&'g str, Arc<Policy>)> {
        let services: BTreeSet<&str> = meant.actions.iter().map(iam::Action::service).collect();
        let things = self.ground.things(place).into_iter().filter(|(arn, _)| {
            Arn::parse(arn).is_ok_and(|arn| match arn.service {
                "iam" => services.contains("sts"),
                service => services.contains(service),
            })
        });
        things.collect()
    }

    fn keep(&self, verdict: Verdict, arn: &str, layers: &Layers, found: &mut Found) {
        match verdict {
            Verdict::Never => {}
            Verdict::Unknown(why) => {
                found.unknown.extend(why.into_iter().map(|why| format!("{why} (the policy of {arn})")));
            }
            Verdict::Request(request) => found.refuted.push(Counterexample {
                request: *request,
                layers: layers.clone(),
                second: None,
                is_refused: false,
                through: Some(arn.to_owned()),
                more: 0,
            }),
        }
    }
}

/// Whether an Allow names some whom the question is about, or everybody but a few.
fn lets_in(policy: &Policy, is_one: impl Fn(&PrincipalValue) -> bool) -> bool {
    policy.statements.iter().any(|statement| {
        statement.effect != Ok(Effect::Deny)
            && statement
                .principal
                .as_ref()
                .is_some_and(|element| element.is_negated() || element.values().iter().any(&is_one))
    })
}

fn side_of(arn: &str, policy: &Arc<Policy>) -> ResourceSide {
    match Arn::parse(arn).is_ok_and(|arn| arn.service == "iam") {
        true => ResourceSide::Trust(policy.clone()),
        false => ResourceSide::Resource(policy.clone()),
    }
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

/// Keys that follow from who asks.
const DERIVED: [&str; 4] = ["aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalType", "aws:username"];

/// The same request on something that there is, and without keys that it does not need.
fn nicer(there: &[Resource], meant: &Meant, layers: &Layers, request: Request) -> Request {
    let is_one = |request: &Request| {
        meant.includes(request) == Some(true)
            && matches!(
                authorize(request, layers).outcome,
                iam::answer::Outcome::Decided(iam::answer::Decision::Allow)
            )
    };
    let with = |resource: &str, context: Context| {
        Request::new(RequestParts {
            principal: request.principal().clone(),
            action: request.action().clone(),
            resource: resource.to_owned(),
            resource_account: request.resource_account().copied(),
            context,
            completeness: Completeness::Complete,
        })
    };
    let mut best = request.clone();
    let own = request.resource().as_str();
    let kind = |arn: &str| {
        let arn = Arn::parse(arn).ok()?;
        let name = arn.resource.split(['/', ':']).next().unwrap_or_default();
        Some((arn.service.to_owned(), name.to_owned()))
    };
    let wanted = kind(own);
    let there = there.iter().map(|resource| resource.arn.to_string());
    let region = Arn::parse(own).map(|arn| arn.region.to_owned()).unwrap_or_default();
    // What people know comes first.
    let mut models: Vec<reference::Model> =
        reference::models().filter(|model| model.endpoint == reference::Endpoint::Runtime).collect();
    models.sort_by_key(|model| (model.ends.is_some(), !model.id.starts_with("anthropic.")));
    let models =
        models.iter().map(|model| format!("arn:aws:bedrock:{region}::foundation-model/{}", model.id));
    for arn in there.chain(models).filter(|arn| wanted.is_some() && kind(arn) == wanted) {
        let mut context = request.context().clone();
        if let (Ok(parts), Some(_)) = (Arn::parse(&arn), context.get(&Key::new("aws:RequestedRegion")))
            && !parts.region.is_empty()
        {
            context.replace("aws:RequestedRegion", vec![parts.region.to_owned()]);
        }
        let other = with(&arn, context);
        if is_one(&other) {
            best = other;
            break;
        }
    }
    // Keys that nothing needs.
    let names: Vec<String> = best.context().iter().map(|(name, _)| name.to_owned()).collect();
    for name in names {
        if DERIVED.iter().any(|known| known.eq_ignore_ascii_case(&name)) || name == "aws:RequestedRegion" {
            continue;
        }
        let mut context = Context::new();
        for (other, values) in best.context().iter().filter(|(other, _)| *other != name) {
            context.replace(other, values.to_vec());
        }
        let resource = best.resource().as_str().to_owned();
        let other = with(&resource, context);
        if is_one(&other) {
            best = other;
        }
    }
    best
}

/// A user or role.
struct Somebody<'a> {
    principal: &'a Principal,
    standing: &'a Standing,
    /// Keys that their requests carry.
    given: Context,
    /// What policies say of who they are.
    signature: Vec<u8>,
}

fn of_person(kinds: &Kinds, demand: &Demand, place: &Place<'_>, somebody: &Somebody<'_>) -> Answer {
    let layers = &somebody.standing.layers;
    let question = |meant| Question {
        meant,
        layers,
        who: Asking::This(somebody.principal.clone()),
        given: &somebody.given,
        resource: None,
        resource_account: None,
    };
    let counterexample = |request: Request, second: Option<Request>, is_refused: bool| {
        let layers = layers.clone();
        Box::new(Counterexample { request, layers, second, is_refused, through: None, more: 0 })
    };
    let ask = |meant| whole_call(&question(meant), kinds);
    let of = |meant: &Meant, request: Request| nicer(&place.account.resources, meant, layers, request);
    match demand {
        Demand::Never(meant) => match ask(meant) {
            Verdict::Never => Answer::Fine,
            Verdict::Unknown(why) => Answer::Unknown(why),
            Verdict::Request(request) => Answer::Refuted(counterexample(of(meant, *request), None, false)),
        },
        Demand::NeverBoth(first, second) => match (ask(first), ask(second)) {
            (Verdict::Never, _) | (_, Verdict::Never) => Answer::Fine,
            (Verdict::Request(one), Verdict::Request(other)) => {
                Answer::Refuted(counterexample(of(first, *one), Some(of(second, *other)), false))
            }
            (Verdict::Unknown(why), _) | (_, Verdict::Unknown(why)) => Answer::Unknown(why),
        },
        Demand::May(all) => {
            for meant in all {
                match ask(meant) {
                    Verdict::Request(_) if somebody.standing.missing.is_empty() => {}
                    Verdict::Request(_) => {
                        let missing = &somebody.standing.missing;
                        return Answer::Unknown(missing.iter().map(|why| why.to_string()).collect());
                    }
                    Verdict::Unknown(why) => return Answer::Unknown(why),
                    // What is missing could only take more.
                    Verdict::Never => {
                        return match question(meant).find_denied(kinds) {
                            Verdict::Request(request) => {
                                Answer::Refuted(counterexample(*request, None, true))
                            }
                            Verdict::Never | Verdict::Unknown(_) => Answer::Unknown(BTreeSet::from([
                                "no request is one that it speaks of".to_owned(),
                            ])),
                        };
                    }
                }
            }
            Answer::Fine
        }
    }
}

/// Whether a principal is one of those whom patterns name.
fn is_named(named: &[String], principal: &Principal) -> bool {
    let arn = principal.to_string();
    named.is_empty()
        || named.iter().any(|named| {
            let is_whole = named.starts_with("arn:") || named == "*";
            let whole = if is_whole { named.clone() } else { format!("arn:*:iam::*:{named}") };
            iam::glob::Glob::new(&whole).matches(&arn)
        })
}

/// What came of asking about somebody.
#[derive(Clone)]
enum Answer {
    Fine,
    Unknown(BTreeSet<String>),
    Refuted(Box<Counterexample>),
}

/// Of whom an answer is: the number of the property, the policies, and what these say of who it is.
type Class = (usize, LayersKey, Vec<u8>);

/// Answers that are known already.
#[derive(Default)]
struct Cache {
    answers: Mutex<HashMap<Class, Answer>>,
}

impl Cache {
    fn find(&self, class: &Class, ask: impl FnOnce() -> Answer) -> Answer {
        let known = |answers: &Mutex<HashMap<Class, Answer>>| {
            answers.lock().unwrap_or_else(PoisonError::into_inner).get(class).cloned()
        };
        if let Some(known) = known(&self.answers) {
            return known;
        }
        let answer = ask();
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.insert(class.clone(), answer.clone());
        answer
    }
}

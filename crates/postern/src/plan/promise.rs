//! The three promises of a plan, checked.
//!
//! The fence holds: what the charter refuses is denied to everybody in the governed accounts. Nothing approved breaks:
//! what it admits is not denied by the fence. Nothing else changes: what goes through no managed door is not denied by
//! it. Statements of the fence deny and do nothing else, so that what they deny is all they change.
//!
//! Checked are classes of requests. Principals that the same patterns of the charter match are alike to it, and so are
//! models, Regions and days; every action of every door is asked, on every type of resource it takes, and every action
//! that a pattern of the fence matches. One of each class is evaluated, with the readings of every unsettled point. This
//! is no proof: conditions that nobody thought of here are not varied.

mod classes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use charter::compile::AreaFence;
use charter::{Model, Verdict, meaning};
use iam::answer::{Decision, Outcome};
use iam::estate::{Estate, Known};
use iam::glob::Glob;
use iam::layers::{Layers, Level};
use iam::policy::{Policy, PolicyType, read};
use iam::principal::Principal;
use iam::{Request, authorize};

use self::classes::{Shape, caller_patterns, callers_of, like, shapes, sources, unattended};
use super::{Named, Places, Reached, reached};
use crate::parallel;

/// One promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    Holds,
    BreaksNothing,
    ChangesNothingElse,
}

impl Promise {
    /// All, in order.
    pub const ALL: [Self; 3] = [Self::Holds, Self::BreaksNothing, Self::ChangesNothingElse];

    /// The sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Holds => "The fence holds",
            Self::BreaksNothing => "Nothing approved breaks",
            Self::ChangesNothingElse => "Nothing else changes",
        }
    }
}

/// What was found of a promise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// How many requests were evaluated.
    pub requests: usize,
    /// Requests that the promise is broken for.
    pub refuted: Vec<Broken>,
    /// Requests of which the evaluator cannot say, and why.
    pub unknown: Vec<(Broken, String)>,
}

/// A request, for telling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Broken {
    pub principal: String,
    pub action: String,
    pub resource: String,
    pub context: Vec<(String, String)>,
}

/// How many principals and places the classes stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    pub principals: usize,
    pub principal_classes: usize,
    pub accounts: usize,
    pub places: usize,
    /// Accounts that were not looked at, because it is not known where they stand.
    pub nowhere: usize,
}

/// Checks the promises of documents for a charter.
pub fn check(
    model: &Model,
    fences: &[AreaFence],
    documents: &[Named],
    estate: &Estate,
    now: &str,
    threads: usize,
) -> (BTreeMap<Promise, Checked>, Extent) {
    let mut results: BTreeMap<Promise, Checked> =
        Promise::ALL.into_iter().map(|promise| (promise, Checked::default())).collect();
    let Some(organization) = estate.organizations().first() else { return (results, Extent::default()) };
    let fence = Fence::new(documents);
    let asked = shapes(model, fences, documents, now, threads);
    let (reached, nowhere) = reached(organization);
    let mut extent = Extent { nowhere, ..Extent::default() };
    let mut patterns = caller_patterns(model);
    let statements = documents.iter().flat_map(|each| &each.document.statements);
    patterns.extend(statements.flat_map(callers_of).cloned());
    let patterns: Vec<String> = patterns.into_iter().collect();
    let unattended = unattended(model);
    let sources: Vec<Option<String>> =
        std::iter::once(None).chain(sources(model).into_iter().map(Some)).collect();
    for ((_, path), (accounts, chain)) in &places(model, reached) {
        let account = chain.last().copied().unwrap_or_default();
        let (principals, people) = principals(estate, model, accounts, &patterns, account);
        extent.places += 1;
        extent.accounts += accounts.len();
        extent.principals += people;
        extent.principal_classes += principals.len();
        let layers = fence.layers(chain);
        let identity = model.area(chain).and_then(|area| model.identity(area));
        let known = identity.and_then(|identity| identity.source.first()).map(|pattern| like(pattern));
        let place = &Place { model, chain, path, organization: &organization.id, layers: &layers };
        for (told_by, shapes) in &asked {
            // Everything, with somebody behind it.
            let own = told_apart(&principals, &patterns, told_by);
            let shares: Vec<(&Principal, &[Shape])> =
                own.iter().flat_map(|who| shapes.chunks(SHARE).map(move |share| (*who, share))).collect();
            let found = parallel::map(&shares, threads, |(principal, shapes)| {
                place.ask(
                    principal,
                    shapes.iter().map(|shape| (shape, known.as_deref().filter(|_| shape.runs))),
                )
            });
            let mut admitted: BTreeMap<(String, &str), &Shape> = BTreeMap::new();
            for Answers { of_promise, admitted: shapes } in found {
                note(&mut results, of_promise);
                let shapes = shapes.into_iter().filter(|shape| shape.runs && identity.is_some());
                shapes.for_each(|shape| _ = admitted.entry(shape.kind()).or_insert(shape));
            }
            // What passes like that, with nobody behind it and with everybody whom some area takes.
            let own = told_apart(&principals, &patterns, &told_by.union(&unattended).cloned().collect());
            let behind = admitted
                .values()
                .flat_map(|shape| sources.iter().map(move |source| (*shape, source.as_deref())));
            let behind: Vec<(&Shape, Option<&str>)> = behind.collect();
            let found =
                parallel::map(&own, threads, |principal| place.ask(principal, behind.iter().copied()));
            found.into_iter().for_each(|answers| note(&mut results, answers.of_promise));
        }
    }
    (results, extent)
}

/// How many shapes a thread takes at a time.
const SHARE: usize = 256;

fn note(results: &mut BTreeMap<Promise, Checked>, found: BTreeMap<Promise, Checked>) {
    for (promise, checked) in found {
        let known = results.entry(promise).or_default();
        known.requests += checked.requests;
        known.refuted.extend(checked.refuted);
        known.unknown.extend(checked.unknown);
    }
}

/// Where requests are made.
struct Place<'a> {
    model: &'a Model,
    chain: &'a [&'a str],
    path: &'a str,
    organization: &'a str,
    layers: &'a Layers,
}

/// What came of requests.
#[derive(Default)]
struct Answers<'a> {
    of_promise: BTreeMap<Promise, Checked>,
    /// Those that the charter admits.
    admitted: Vec<&'a Shape>,
}

impl Place<'_> {
    /// Asks requests of a principal with the source identities that they have.
    fn ask<'s>(
        &self,
        principal: &Principal,
        shapes: impl Iterator<Item = (&'s Shape, Option<&'s str>)>,
    ) -> Answers<'s> {
        let mut answers = Answers::default();
        for (shape, source) in shapes {
            let Some(request) = shape.request(principal, self.organization, self.path, source) else {
                continue;
            };
            let promise = match meaning(self.model, self.chain, &request) {
                Verdict::Refused(_) => Promise::Holds,
                Verdict::Admitted => {
                    answers.admitted.push(shape);
                    Promise::BreaksNothing
                }
                Verdict::NotGoverned => Promise::ChangesNothingElse,
            };
            let checked = answers.of_promise.entry(promise).or_default();
            checked.requests += 1;
            match (authorize(&request, self.layers).outcome, promise) {
                (Outcome::Decided(Decision::ExplicitDeny), Promise::Holds)
                | (Outcome::Decided(Decision::Allow), Promise::BreaksNothing | Promise::ChangesNothingElse) =>
                    {}
                (Outcome::Decided(_), _) => checked.refuted.push(broken(&request)),
                (other, _) => checked.unknown.push((broken(&request), format!("{other:?}"))),
            }
        }
        answers
    }
}

pub fn broken(request: &Request) -> Broken {
    let context =
        request.context().iter().map(|(name, values)| (name.to_owned(), values.to_vec().join(", ")));
    Broken {
        principal: request.principal().to_string(),
        action: request.action().to_string(),
        resource: request.resource().as_str().to_owned(),
        context: context.collect(),
    }
}

/// The documents by node, with somebody whom all else allows everything.
pub struct Fence {
    by_node: BTreeMap<Arc<str>, Vec<Arc<Policy>>>,
    everything: Arc<Policy>,
}

impl Fence {
    pub fn new(documents: &[Named]) -> Self {
        let mut by_node: BTreeMap<Arc<str>, Vec<Arc<Policy>>> = BTreeMap::new();
        for document in documents {
            for node in &document.document.nodes {
                by_node.entry(node.clone()).or_default().push(document.policy.clone());
            }
        }
        let everything =
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let everything = read(everything.as_bytes(), PolicyType::ServiceControl).policy;
        Self { by_node, everything: Arc::new(everything.expect("the text is a policy")) }
    }

    pub fn layers(&self, chain: &[&str]) -> Layers {
        let level = |id: &&str| {
            let own = self.by_node.get(*id).into_iter().flatten();
            let policies = std::iter::once(&self.everything).chain(own).cloned().collect();
            Level { target: (*id).to_owned(), policies }
        };
        Layers {
            identity: vec![self.everything.clone()],
            scp: chain.iter().map(level).collect(),
            ..Layers::default()
        }
    }
}

/// Accounts below the same area and in the same unit are one place.
fn places<'a>(model: &Model, reached: Vec<Reached<'a>>) -> Places<'a, Arc<str>> {
    let mut places = Places::new();
    for Reached { account, chain, path } in reached {
        let Some(area) = model.area(&chain) else { continue };
        places.entry((area.node.clone(), path)).or_insert_with(|| (Vec::new(), chain)).0.push(account);
    }
    places
}

/// One principal for each set of patterns that some principal of these accounts matches, and one that each pattern is
/// made for, each with what it matches; and how many there are in all.
fn principals(
    estate: &Estate,
    model: &Model,
    accounts: &[&str],
    patterns: &[String],
    account: &str,
) -> (BTreeMap<Vec<bool>, Principal>, usize) {
    let globs: Vec<Glob> = patterns.iter().map(|pattern| Glob::new(pattern)).collect();
    let mut classes: BTreeMap<Vec<bool>, Principal> = BTreeMap::new();
    let mut add = |arn: &str| {
        let matched: Vec<bool> = globs.iter().map(|glob| glob.matches(arn)).collect();
        if let Ok(principal) = Principal::parse(arn) {
            classes.entry(matched).or_insert(principal);
        }
    };
    let mut people = 0;
    for id in accounts {
        let Some(own) = iam::arn::AccountId::new(id).ok().and_then(|id| estate.account(&id)) else {
            continue;
        };
        if let Known::Known(users) = &own.users {
            people += users.len();
            users.iter().for_each(|user| add(&user.identity.arn));
        }
        if let Known::Known(roles) = &own.roles {
            people += roles.len();
            roles.iter().for_each(|role| add(&role.identity.arn));
        }
    }
    for pattern in patterns {
        if let Some(parts) = iam::arn::split(pattern) {
            add(&format!(
                "arn:{}:iam::{account}:{}",
                parts[1].replace('*', &model.partition),
                like(parts[5])
            ));
        }
    }
    add(&format!("arn:{}:iam::{account}:role/nobody-in-particular", model.partition));
    (classes, people)
}

/// Of these principals, one for each set of some of the patterns.
fn told_apart<'p>(
    principals: &'p BTreeMap<Vec<bool>, Principal>,
    patterns: &[String],
    told_by: &BTreeSet<String>,
) -> Vec<&'p Principal> {
    let mut classes: BTreeMap<Vec<bool>, &Principal> = BTreeMap::new();
    for (matched, principal) in principals {
        let of = patterns.iter().zip(matched).filter(|(pattern, _)| told_by.contains(*pattern));
        classes.entry(of.map(|(_, matched)| *matched).collect()).or_insert(principal);
    }
    classes.into_values().collect()
}

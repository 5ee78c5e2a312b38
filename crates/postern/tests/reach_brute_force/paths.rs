//! Every pair of people × every row of `steps.toml`, and what follows from them.

use std::collections::BTreeMap;

use iam::action::Action;
use iam::answer::Outcome;
use iam::authorize;
use iam::context::Context;
use iam::estate::{FactKind, Known, KnownLayers, Resource, ResourceKind};
use iam::principal::Principal;
use iam::request::{Completeness, Request, RequestParts};
use postern::reach::{Level, PersonKind, Reach};
use reference::{ReachKind, ReachStep};

use super::universe::{Asking, Question, Universe, level};

/// Steps that are not closed: from, to, and the row.
pub type Steps = BTreeMap<(usize, usize, &'static str), Level>;

/// Every step, each asked by itself.
pub fn steps(universe: &Universe<'_>, reach: &Reach<'_>) -> Steps {
    let mut found = Steps::new();
    for (from, person) in reach.people.iter().enumerate() {
        let asking = universe.asking(person.account, person.identity);
        let mut starts: BTreeMap<&str, Level> = BTreeMap::new();
        for row in reference::reach_steps() {
            for (to, other) in reach.people.iter().enumerate() {
                if from == to {
                    continue;
                }
                let is_role = matches!(other.kind, PersonKind::Role(_));
                let arn = other.identity.arn.as_ref();
                let most = |levels: Vec<Level>| levels.into_iter().max().unwrap_or(Level::Closed);
                let each = |resource: &str| {
                    most(row.actions.iter().map(|name| asking.on(name, resource, None)).collect())
                };
                let level = match (row.kind, is_role) {
                    (ReachKind::Assume, true) => each(arn),
                    (ReachKind::Mint, false) => each(arn),
                    (ReachKind::Use, true) => {
                        most(used(universe, row, arn).iter().map(|thing| each(&thing.arn)).collect())
                    }
                    (ReachKind::Pass, true) if person.account == other.account => {
                        let service = row.service.as_deref().expect("it names a service");
                        let passed = ("iam:PassedToService".to_owned(), service.to_owned());
                        let pass = asking.on("iam:PassRole", arn, Some(&passed));
                        let start = match pass {
                            Level::Closed => Level::Closed,
                            _ => *starts.entry(row.id.as_str()).or_insert_with(|| start(&asking, row)),
                        };
                        pass.min(start).min(trusts(universe, arn, service))
                    }
                    (ReachKind::Assume | ReachKind::Use | ReachKind::Pass | ReachKind::Mint, _) => {
                        Level::Closed
                    }
                };
                if level > Level::Closed {
                    found.insert((from, to, row.id.as_str()), level);
                }
            }
        }
    }
    found
}

fn start(asking: &Asking<'_, '_>, row: &ReachStep) -> Level {
    let levels = row.actions.iter().map(|name| asking.most_open(&Question::on_everything(name)).0);
    levels.max().unwrap_or(Level::Closed)
}

/// The things of a kind that act with a role.
fn used<'a>(universe: &Universe<'a>, row: &ReachStep, role: &str) -> Vec<&'a Resource> {
    let kind = ResourceKind::from_name(row.on.as_deref().expect("it names a kind")).expect("a kind");
    let all = universe.estate.accounts().iter().flat_map(|account| &account.resources);
    all.filter(|each| each.kind == kind && acts_with(universe, each, role, 0)).collect()
}

fn acts_with(universe: &Universe<'_>, thing: &Resource, role: &str, depth: usize) -> bool {
    let values = |kind| match thing.facts(kind) {
        Known::Known(values) => values,
        Known::Unknown(_) => Vec::new(),
    };
    let own = values(FactKind::ServiceRole);
    if !own.is_empty() {
        return own.iter().any(|value| value.as_ref() == role);
    }
    let uses = values(FactKind::Uses);
    let mut behind = uses.iter().filter_map(|arn| universe.estate.resource(arn));
    depth < 3 && behind.any(|(_, thing)| acts_with(universe, thing, role, depth + 1))
}

/// Whether a service, acting for the role's own account, may assume the role.
fn trusts(universe: &Universe<'_>, role: &str, service: &str) -> Level {
    let account = universe.estate.owner(role).expect("a role has an account");
    let principal = Principal::parse(service).expect("a service");
    let side = universe.estate.principal_side(&principal).expect("a service has no list");
    let Some(own) = universe.estate.resource_side(role) else { return Level::Closed };
    let layers = KnownLayers::new(side, own);
    let mut context = Context::new();
    context.replace("aws:SourceAccount", vec![account.as_str().to_owned()]);
    context.replace("aws:SecureTransport", vec!["true".to_owned()]);
    let request = Request::new(RequestParts {
        principal,
        action: Action::parse("sts:AssumeRole").expect("an action"),
        resource: role.to_owned(),
        resource_account: Some(account),
        context,
        completeness: Completeness::Partial,
    });
    match authorize(&request, layers.at_most()).outcome {
        // The service says which thing it acts for, and the account can make one as the policy asks for.
        Outcome::NeedsContext(keys) if keys.iter().all(|key| key.as_str() == "aws:sourcearn") => Level::Open,
        outcome => level(&outcome, layers.missing().is_empty()),
    }
}

/// Who is reached, by relaxation: a thing that is used ends its path.
pub fn fixed_point(steps: &Steps, people: usize) -> BTreeMap<(usize, usize), Level> {
    let ends: BTreeMap<&str, bool> =
        reference::reach_steps().iter().map(|row| (row.id.as_str(), row.kind == ReachKind::Use)).collect();
    // How surely somebody acts with all the rights of another one.
    let mut whole: BTreeMap<(usize, usize), Level> =
        (0..people).map(|each| ((each, each), Level::Open)).collect();
    let mut reached = whole.clone();
    loop {
        let mut is_changed = false;
        for ((from, to, row), level) in steps {
            for start in 0..people {
                let Some(before) = whole.get(&(start, *from)).copied() else { continue };
                let level = before.min(*level);
                let mut raise = |all: &mut BTreeMap<(usize, usize), Level>| {
                    let known = all.entry((start, *to)).or_insert(Level::Closed);
                    if level > *known {
                        *known = level;
                        is_changed = true;
                    }
                };
                raise(&mut reached);
                if !ends[row] {
                    raise(&mut whole);
                }
            }
        }
        if !is_changed {
            reached.retain(|(from, to), level| from != to && *level > Level::Closed);
            return reached;
        }
    }
}

//! Every pair of people × every row of `steps.toml`, and what follows from them.

use std::collections::BTreeMap;

use iam::estate::{FactKind, Known, Resource, ResourceKind};
use postern::reach::{Level, PersonKind, Reach};
use reference::{ReachKind, ReachStep};

use super::universe::{Asking, Question, Universe, trusts};

/// Steps that are not closed: from, to, and the row.
pub type Steps = BTreeMap<(usize, usize, &'static str), Level>;

/// Every step, each asked by itself.
pub fn steps(universe: &Universe<'_>, reach: &Reach<'_>) -> Steps {
    let trusted: BTreeMap<(usize, &str), Level> = trusted(universe, reach);
    super::of_everybody(reach, |from| steps_from(universe, reach, &trusted, from))
        .into_iter()
        .flatten()
        .collect()
}

/// How surely a service that roles are passed to may assume each role.
fn trusted<'r>(universe: &Universe<'_>, reach: &'r Reach<'_>) -> BTreeMap<(usize, &'r str), Level> {
    let roles =
        reach.people.iter().enumerate().filter(|(_, person)| matches!(person.kind, PersonKind::Role(_)));
    let services = reference::reach_steps().iter().filter_map(|row| row.service.as_deref());
    roles
        .flat_map(|(number, role)| services.clone().map(move |service| (number, role, service)))
        .map(|(number, role, service)| ((number, service), trusts(universe, &role.identity.arn, service)))
        .collect()
}

fn steps_from(
    universe: &Universe<'_>,
    reach: &Reach<'_>,
    trusted: &BTreeMap<(usize, &str), Level>,
    from: usize,
) -> Steps {
    let mut found = Steps::new();
    {
        let person = &reach.people[from];
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
                    most(row.actions.iter().map(|name| asking.on(name, resource, None).level).collect())
                };
                let level = match (row.kind, is_role) {
                    (ReachKind::Assume, true) => each(arn),
                    (ReachKind::Mint, false) => each(arn),
                    (ReachKind::Use, true) => {
                        most(used(universe, row, arn).iter().map(|thing| each(&thing.arn)).collect())
                    }
                    (ReachKind::Pass, true) if person.account == other.account => {
                        let service = row.service.as_deref().expect("it names a service");
                        let passed = ("iam:PassedToService", service);
                        let pass = asking.on("iam:PassRole", arn, Some(passed)).level;
                        let start = match pass {
                            Level::Closed => Level::Closed,
                            _ => *starts.entry(row.id.as_str()).or_insert_with(|| start(&asking, row)),
                        };
                        pass.min(start).min(trusted[&(to, service)])
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
    let levels = row.actions.iter().map(|name| asking.most_open(&Question::on_everything(name)).level);
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

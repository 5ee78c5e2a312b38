//! `doors`: every door × every account, and for one door everybody who gets through it.
//!
//! A cell is open when somebody of the account may go through the door, by steps when somebody comes through it only by
//! acting with the rights of others, unknown when what is known does not exclude either, list-only when somebody may read
//! what is behind it and no more, and closed otherwise. A door that is open to someone says nothing of whether there is
//! anything behind it. Follows [`crate::reach`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use iam::estate::{Account, Estate, Known, Membership, Missing};
use reference::Door;

use crate::reach::{DoorAsks, Level, Path, Person, Reach, Standing, Step, door_asks};

/// How a door stands in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    Closed,
    ListOnly,
    Unknown,
    /// Nobody gets in with rights of their own, somebody with those of others.
    BySteps,
    Open,
}

impl State {
    /// Its name for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::ListOnly => "list-only",
            Self::Unknown => "unknown",
            Self::BySteps => "by-steps",
            Self::Open => "open",
        }
    }
}

/// One door in one account.
#[derive(Clone, Debug)]
pub struct Cell {
    pub state: State,
    /// How many users and roles it is open to.
    pub open: usize,
    /// For how many the context decides.
    pub depends: usize,
    /// For how many it is not known.
    pub unknown: usize,
    /// How many to whom it is not open themselves get in by acting with the rights of others.
    pub by_steps: usize,
    /// For how many to whom it is closed themselves the context decides whether they do, or it is not known.
    pub perhaps_by_steps: usize,
    /// What would have to be known of the account to call it closed.
    pub missing: Option<Arc<Missing>>,
}

/// Every door × every account.
pub struct Map<'a> {
    pub estate: &'a Estate,
    pub doors: Vec<&'static Door>,
    /// By account, then by door.
    pub cells: Vec<Vec<Cell>>,
    /// How many users and roles each account has, where that is known.
    pub people: Vec<Option<usize>>,
}

/// The map of an estate, worked out on `threads` threads.
pub fn map<'a>(reach: &Reach<'a>, threads: usize) -> Map<'a> {
    let doors = door_asks();
    let accounts = reach.estate.accounts();
    let levels: Vec<Vec<Level>> =
        reach.of_classes(threads, |person| doors.iter().map(|door| reach.own(person, door).level).collect());
    let with_others = by_steps(reach, &reach.steps(), |person| &levels[reach.class(&reach.people[person])]);
    let cell = |account: usize, door: usize| {
        let of_person = |person: usize| {
            let by_steps = with_others.get(&person).map_or(Level::Closed, |levels| levels[door]);
            (levels[reach.class(&reach.people[person])][door], by_steps)
        };
        let levels = reach.of_account(account).map(of_person);
        cell(levels, || reach.unread(account, doors[door].door))
    };
    let mut cells: Vec<Vec<Cell>> = (0..accounts.len())
        .map(|account| (0..doors.len()).map(|door| cell(account, door)).collect())
        .collect();
    list_only(reach, &doors, threads, &mut cells);
    let people = accounts.iter().enumerate().map(|(number, account)| {
        let is_known = account.users.missing().is_none() && account.roles.missing().is_none();
        is_known.then(|| reach.of_account(number).len())
    });
    Map {
        estate: reach.estate,
        doors: doors.iter().map(|door| door.door).collect(),
        people: people.collect(),
        cells,
    }
}

/// How open every door is, in the order of `own`, to those who come to act for others, by what these may do; only people
/// whom some step leads to somebody are in it.
fn by_steps<'l>(
    reach: &Reach<'_>,
    steps: &[Step],
    own: impl Fn(usize) -> &'l Vec<Level>,
) -> HashMap<usize, Vec<Level>> {
    let mut found = HashMap::new();
    for steps_of_one in steps.chunk_by(|one, other| one.from == other.from) {
        let from = steps_of_one[0].from;
        let mut levels = vec![Level::Closed; own(from).len()];
        for (to, path) in reach.paths(from, steps) {
            for (level, theirs) in levels.iter_mut().zip(own(to)) {
                *level = (*level).max(path.level.min(*theirs));
            }
        }
        found.insert(from, levels);
    }
    found
}

/// A cell by how the door stands to everybody of the account: by what each may do, and by what those may for whom it can
/// come to act.
fn cell(levels: impl Iterator<Item = (Level, Level)>, unread: impl FnOnce() -> Option<Arc<Missing>>) -> Cell {
    let mut cell = Cell {
        state: State::Closed,
        open: 0,
        depends: 0,
        unknown: 0,
        by_steps: 0,
        perhaps_by_steps: 0,
        missing: None,
    };
    for (own, by_steps) in levels {
        match own {
            Level::Open => cell.open += 1,
            Level::Depends => cell.depends += 1,
            Level::Unknown => cell.unknown += 1,
            Level::Closed => {}
        }
        match by_steps {
            Level::Open if own < Level::Open => cell.by_steps += 1,
            Level::Depends | Level::Unknown if own == Level::Closed => cell.perhaps_by_steps += 1,
            Level::Open | Level::Depends | Level::Unknown | Level::Closed => {}
        }
    }
    cell.missing = if cell.open == 0 { unread() } else { None };
    cell.state = if cell.open > 0 {
        State::Open
    } else if cell.by_steps > 0 {
        State::BySteps
    } else if cell.depends + cell.unknown + cell.perhaps_by_steps > 0 || cell.missing.is_some() {
        State::Unknown
    } else {
        State::Closed
    };
    cell
}

/// Finds the closed doors behind which somebody of the account can list.
fn list_only(reach: &Reach<'_>, doors: &[DoorAsks], threads: usize, cells: &mut [Vec<Cell>]) {
    let is_shut = |account: usize, door: usize| cells[account][door].state == State::Closed;
    let shut: Vec<(usize, usize)> = (0..cells.len())
        .flat_map(|account| (0..doors.len()).map(move |door| (account, door)))
        .filter(|(account, door)| is_shut(*account, *door))
        .collect();
    let mut wanted: Vec<BTreeSet<usize>> = Vec::new();
    for (account, door) in &shut {
        for person in &reach.people[reach.of_account(*account)] {
            let class = reach.class(person);
            wanted.resize_with(wanted.len().max(class + 1), BTreeSet::new);
            wanted[class].insert(*door);
        }
    }
    let lists: Vec<BTreeMap<usize, Level>> = reach.of_classes(threads, |person| {
        let wanted = wanted.get(reach.class(person)).into_iter().flatten();
        wanted.map(|door| (*door, reach.lists(person, &doors[*door]))).collect()
    });
    for (account, door) in shut {
        let people = &reach.people[reach.of_account(account)];
        let level = people.iter().filter_map(|person| lists[reach.class(person)].get(&door)).max();
        match level {
            Some(Level::Open | Level::Depends) => cells[account][door].state = State::ListOnly,
            // Closed, and whether it may be listed is not known.
            Some(Level::Unknown) => cells[account][door].state = State::Unknown,
            Some(Level::Closed) | None => {}
        }
    }
}

/// What to do about a model that no catalogue has; none for one that is listed.
pub fn unlisted(model: &str) -> Option<String> {
    let ids = || reference::models().map(|known| known.id).chain(reference::profiles().map(|known| known.id));
    if ids().any(|id| id == model) || model.starts_with("arn:") {
        return None;
    }
    Some(match iam::lint::nearest::nearest(model, ids()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "models newer than the reference can be asked; check the spelling".to_owned(),
    })
}

/// One model in one account: how many users and roles may run it, by what each may do itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Runners {
    /// How many may.
    pub open: usize,
    /// For how many the context decides.
    pub depends: usize,
    /// For how many it is not known.
    pub unknown: usize,
}

/// Every model × every account.
pub struct Models<'a> {
    pub estate: &'a Estate,
    pub models: Vec<&'static str>,
    /// By account, then by model.
    pub cells: Vec<Vec<Runners>>,
}

/// Who may run each model of the catalogue, counted by account, worked out on `threads` threads.
pub fn models<'a>(reach: &Reach<'a>, threads: usize) -> Models<'a> {
    let mut models: Vec<&'static str> = reference::models().map(|model| model.id).collect();
    models.sort_unstable();
    models.dedup();
    let levels = reach.models(&models, threads);
    let of_account = |account: usize| {
        let mut cells = vec![Runners::default(); models.len()];
        for person in &reach.people[reach.of_account(account)] {
            for (cell, level) in cells.iter_mut().zip(levels.of(person)) {
                match level {
                    Level::Open => cell.open += 1,
                    Level::Depends => cell.depends += 1,
                    Level::Unknown => cell.unknown += 1,
                    Level::Closed => {}
                }
            }
        }
        cells
    };
    let cells = (0..reach.estate.accounts().len()).map(of_account).collect();
    Models { estate: reach.estate, models, cells }
}

/// Somebody to whom a door is not closed.
pub struct Through {
    /// Number of [`Reach::people`].
    pub person: usize,
    /// What it may do itself.
    pub own: Standing,
    /// Of those it can come to act for, the one to whom the door is most open.
    pub other: Option<(usize, Path, Standing)>,
}

impl Through {
    /// As open as the better of both ways.
    pub fn level(&self) -> Level {
        let by_other =
            self.other.as_ref().map_or(Level::Closed, |(_, path, standing)| path.level.min(standing.level));
        self.own.level.max(by_other)
    }
}

/// Everybody to whom a door is not closed, directly or by acting with the rights of others; by account and ARN.
pub fn through(reach: &Reach<'_>, steps: &[Step], door: &DoorAsks) -> Vec<Through> {
    with_others(reach, steps, of_everybody(reach, |person| reach.own(person, door)), |_| Level::Open)
}

/// Everybody who may run a model, directly or by acting with the rights of others; by account and ARN.
pub fn who_runs(reach: &Reach<'_>, steps: &[Step], model: &str) -> Vec<Through> {
    let accounts = 0..reach.estate.accounts().len();
    let forms: Vec<_> = accounts.map(|account| reach.forms(account, model)).collect();
    let own = of_everybody(reach, |person| reach.runs(person, &forms[person.account]));
    with_others(reach, steps, own, |thing| reach.thing_runs(thing, model))
}

/// What is so of everybody; of those to whom everything stands alike only the first is asked.
fn of_everybody(reach: &Reach<'_>, of: impl Fn(&Person<'_>) -> Standing) -> Vec<Standing> {
    let mut own: Vec<Standing> = Vec::with_capacity(reach.people.len());
    for (number, person) in reach.people.iter().enumerate() {
        let known = own.get(reach.alike(number)).cloned();
        own.push(known.unwrap_or_else(|| of(person)));
    }
    own
}

/// `of_thing` says how far a thing that acts with a role goes through with what is asked.
fn with_others(
    reach: &Reach<'_>,
    steps: &[Step],
    own: Vec<Standing>,
    of_thing: impl Fn(&str) -> Level,
) -> Vec<Through> {
    let mut found = Vec::new();
    for person in 0..reach.people.len() {
        let mut other: Option<(usize, Path, Standing)> = None;
        for (to, mut path) in reach.paths(person, steps) {
            if let Some(thing) = path.steps.last().and_then(|step| step.through.as_deref()) {
                path.level = path.level.min(of_thing(thing));
            }
            let level = path.level.min(own[to].level);
            let known = other.as_ref().map(|(_, path, standing)| {
                (path.level.min(standing.level), std::cmp::Reverse(path.steps.len()))
            });
            let is_better = known.is_none_or(|known| known < (level, std::cmp::Reverse(path.steps.len())));
            if level > Level::Closed && is_better {
                other = Some((to, path, own[to].clone()));
            }
        }
        let other = other.filter(|(_, path, standing)| path.level.min(standing.level) > own[person].level);
        let through = Through { person, own: own[person].clone(), other };
        if through.level() > Level::Closed {
            found.push(through);
        }
    }
    found
}

/// Whether an account is the management account of its organisation.
pub fn is_management(estate: &Estate, account: &Account) -> bool {
    match account.membership {
        Known::Known(Membership::Member { organization, .. }) => {
            estate.organizations()[organization].management_account == account.id
        }
        Known::Known(Membership::StandAlone) | Known::Unknown(_) => false,
    }
}

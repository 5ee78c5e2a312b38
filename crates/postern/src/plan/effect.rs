//! What a plan changes for whom: everybody at every door and model, before and after.
//!
//! Only what people may do themselves is compared; steps to others end at the same doors. Somebody loses a door that
//! was open or not known to be closed and is closed after; nobody gains by a fence unless an earlier one was stricter.

use std::collections::BTreeMap;

use iam::action::Action;
use iam::estate::Estate;
use iam::policy;
use reference::Door;

use super::{Changed, Plan};
use crate::reach::{DoorAsks, Level, Person, Reach, door_asks};

/// How everybody stands to every door and model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standings {
    /// Account and name of everybody, by account and ARN.
    pub people: Vec<(String, String)>,
    pub doors: Vec<&'static Door>,
    pub models: Vec<&'static str>,
    /// By person, then by door.
    pub to_doors: Vec<Vec<Level>>,
    /// By person, then by model.
    pub to_models: Vec<Vec<Level>>,
}

/// What changes at a door or for a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub kept: usize,
    /// Numbers of people.
    pub lost: Vec<usize>,
    pub gained: Vec<usize>,
    /// For whom it is not known before or after.
    pub unknown: usize,
}

/// Before and after.
pub struct Effect {
    pub people: Vec<(String, String)>,
    pub doors: Vec<(&'static Door, Change)>,
    pub models: Vec<(&'static str, Change)>,
}

/// Everybody's standings, worked out on `threads` threads.
pub fn standings(estate: &Estate, threads: usize) -> Standings {
    let doors: Vec<DoorAsks> = door_asks();
    asked(estate, &doors.iter().collect::<Vec<_>>(), None, threads)
}

/// The same after policies came or went: doors of which none of these names an action stand as they did, and where all
/// that came can only deny and nothing went, what was closed is closed.
pub fn standings_after(before: &Standings, estate: &Estate, changed: &Changed, threads: usize) -> Standings {
    let doors = door_asks();
    let is_named = |door: &&DoorAsks| {
        if changed.guardrails {
            return true;
        }
        let actions = door.asks.iter().map(|ask| &ask.action);
        let policies = changed.came.iter().chain(&changed.went);
        let mut statements = policies.flat_map(|policy| policy.statements.iter());
        let actions: Vec<&Action> = actions.collect();
        statements.any(|statement| actions.iter().any(|action| statement.action.matches(action)))
    };
    let touched: Vec<&DoorAsks> = doors.iter().filter(is_named).collect();
    let only_denies = changed.went.is_empty()
        && changed
            .came
            .iter()
            .flat_map(|policy| policy.statements.iter())
            .all(|each| each.effect == Ok(policy::Effect::Deny));
    let mut after = asked(estate, &touched, only_denies.then_some(before), threads);
    let place = |door: &Door| touched.iter().position(|each| each.door.id == door.id);
    let places: Vec<Option<usize>> = before.doors.iter().map(|door| place(door)).collect();
    let people = before.to_doors.iter().zip(&after.to_doors);
    after.to_doors = people
        .map(|(before, after)| {
            let levels = places.iter().zip(before);
            levels.map(|(place, before)| place.map_or(*before, |place| after[place])).collect()
        })
        .collect();
    after.doors.clone_from(&before.doors);
    after
}

/// Asks; of what was closed, only where something may have opened it.
fn asked(estate: &Estate, doors: &[&DoorAsks], closed: Option<&Standings>, threads: usize) -> Standings {
    let reach = Reach::new(estate);
    let places: Vec<Option<usize>> =
        doors.iter().map(|door| closed?.doors.iter().position(|each| each.id == door.door.id)).collect();
    let was_closed = |person: &Person<'_>, place: Option<usize>| {
        let levels = closed.and_then(|before| before.to_doors.get(reach.number(person)?));
        levels.zip(place).is_some_and(|(levels, place)| levels[place] == Level::Closed)
    };
    let to_door = |person: &Person<'_>, (door, place): (&&DoorAsks, &Option<usize>)| {
        if was_closed(person, *place) { Level::Closed } else { reach.own(person, door).level }
    };
    let by_class: Vec<Vec<Level>> = reach
        .of_classes(threads, |person| doors.iter().zip(&places).map(|each| to_door(person, each)).collect());
    let mut models: Vec<&'static str> = reference::models().map(|model| model.id).collect();
    models.sort_unstable();
    models.dedup();
    let to_models = reach.of_classes(threads, |person| {
        let before = closed.and_then(|before| before.to_models.get(reach.number(person)?));
        let is_open = |at: usize| before.is_none_or(|before| before[at] != Level::Closed);
        let open: Vec<usize> = (0..models.len()).filter(|at| is_open(*at)).collect();
        let asked: Vec<&str> = open.iter().map(|at| models[*at]).collect();
        let mut levels = vec![Level::Closed; models.len()];
        for (at, level) in open.into_iter().zip(reach.authorised(person, &asked)) {
            levels[at] = level;
        }
        levels
    });
    let name = |person: &crate::reach::Person<'_>| {
        (estate.accounts()[person.account].id.to_string(), person.short().to_owned())
    };
    Standings {
        people: reach.people.iter().map(name).collect(),
        to_doors: reach.people.iter().map(|person| by_class[reach.class(person)].clone()).collect(),
        to_models: reach.people.iter().map(|person| to_models[reach.class(person)].clone()).collect(),
        doors: doors.iter().map(|door| door.door).collect(),
        models,
    }
}

/// Everybody's standings before and after a plan; the estate is then as it is when the plan has been carried out.
pub fn before_and_after(plan: &Plan, estate: &mut Estate, threads: usize) -> (Standings, Standings) {
    let before = standings(estate, threads);
    let Some(organization) = estate.organizations().first() else { return (before.clone(), before) };
    let changed = plan.changed(organization);
    let after = plan.organization_after(organization);
    estate.replace_organization(after);
    plan.enforced.share(estate);
    let after = match changed {
        Some(changed) => standings_after(&before, estate, &changed, threads),
        None => standings(estate, threads),
    };
    (before, after)
}

/// What a plan changes; the estate is then as it is when the plan has been carried out.
pub fn of_plan(plan: &Plan, estate: &mut Estate, threads: usize) -> Effect {
    let (before, after) = before_and_after(plan, estate, threads);
    effect(before, &after)
}

/// What changes from one to the other; both are about the same people.
pub fn effect(before: Standings, after: &Standings) -> Effect {
    let change = |number: usize, before: &[Vec<Level>], after: &[Vec<Level>]| {
        let mut change = Change::default();
        for (person, (before, after)) in before.iter().zip(after).enumerate() {
            match (before[number], after[number]) {
                (Level::Closed, Level::Closed) => {}
                (_, Level::Closed) => change.lost.push(person),
                (Level::Unknown, _) | (_, Level::Unknown) => change.unknown += 1,
                (Level::Closed, Level::Open | Level::Depends) => change.gained.push(person),
                (Level::Open | Level::Depends, Level::Open | Level::Depends) => change.kept += 1,
            }
        }
        change
    };
    let doors = before.doors.iter().enumerate();
    let models = before.models.iter().enumerate();
    Effect {
        doors: doors.map(|(at, door)| (*door, change(at, &before.to_doors, &after.to_doors))).collect(),
        models: models.map(|(at, model)| (*model, change(at, &before.to_models, &after.to_models))).collect(),
        people: before.people,
    }
}

impl Effect {
    /// How many doors each person loses, the most first; people of the same name in several accounts together.
    pub fn losers(&self) -> Vec<(String, usize, usize)> {
        let mut by_name: BTreeMap<&str, (std::collections::BTreeSet<&str>, usize)> = BTreeMap::new();
        for person in self.doors.iter().flat_map(|(_, change)| &change.lost) {
            let (account, name) = &self.people[*person];
            let entry = by_name.entry(name).or_default();
            entry.0.insert(account);
            entry.1 += 1;
        }
        let mut losers: Vec<(String, usize, usize)> = by_name
            .into_iter()
            .map(|(name, (accounts, doors))| (name.to_owned(), accounts.len(), doors))
            .collect();
        losers.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
        losers
    }
}

//! Reach on acme equals brute force over every (principal, operation) and every path up to the fixed point.
//!
//! The second implementation is slow and obvious and shares only the estate and [`iam::authorize()`] with the first: it
//! asks one request for each concrete resource there is or could be ([`universe`]), and follows steps until nothing
//! changes ([`paths`]). What both mean is said by the comments of `postern::reach`, `doors.toml` and `steps.toml`.

#[path = "reach_brute_force/paths.rs"]
mod paths;
#[path = "reach_brute_force/universe.rs"]
mod universe;

use std::collections::BTreeMap;
use std::path::Path;

use iam::estate::Estate;
use postern::reach::{Level, Person, Reach, Standing, door_asks};

use universe::{Question, Universe};

fn acme() -> Estate {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme");
    observe::open(&path, observe::Depth::Everything).expect("the example can be read")
}

/// Works on everybody, on as many threads as there are, and puts the complaints together.
fn of_everybody(reach: &Reach<'_>, complain: impl Fn(&Person<'_>) -> Vec<String> + Sync) -> Vec<String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = reach.people.len().div_ceil(threads);
    std::thread::scope(|scope| {
        let complain = &complain;
        let workers: Vec<_> = reach
            .people
            .chunks(share)
            .map(|people| scope.spawn(move || people.iter().flat_map(complain).collect::<Vec<_>>()))
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    })
}

#[track_caller]
fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn a_door_is_as_open_as_the_most_open_request_through_it() {
    let estate = acme();
    let reach = Reach::new(&estate);
    let doors = door_asks();
    let universe = Universe::new(&estate);
    none(&of_everybody(&reach, |person| {
        let asking = universe.asking(person.account, person.identity);
        // Several doors take the same action on the same types.
        let mut known = BTreeMap::new();
        let mut complaints = Vec::new();
        for door in &doors {
            let mut found: (Level, Option<String>) = (Level::Closed, None);
            for action in &door.door.actions {
                let question = Question::of_door(door.door, action);
                let level =
                    known.entry(question.clone()).or_insert_with(|| asking.most_open(&question)).clone();
                if level.0 > found.0 {
                    found = level;
                }
            }
            let said = reach.own(person, door);
            // Of things that anybody may make only some were tried: to have found none open proves nothing.
            let is_left_open = said.level == Level::Unknown && found.0 == Level::Closed;
            if said.level != found.0 && !is_left_open {
                complaints.push(format!(
                    "{} through `{}`: reach says {:?} ({:?} on {:?} with {:?}, {:?}), the most open request is {:?} ({:?})",
                    person.identity.arn,
                    door.door.id,
                    said.level,
                    said.action,
                    said.resource,
                    said.with,
                    said.why,
                    found.0,
                    found.1,
                ));
            }
        }
        complaints
    }));
}

#[test]
fn people_of_one_class_stand_alike() {
    let estate = acme();
    let reach = Reach::new(&estate);
    let doors = door_asks();
    let mut shared = 0;
    let mut complaints = Vec::new();
    for (number, person) in reach.people.iter().enumerate() {
        let other = &reach.people[reach.alike(number)];
        shared += usize::from(reach.alike(number) != number);
        assert_eq!(person.account, other.account);
        for door in &doors {
            let stand = |one: &Person<'_>| (reach.own(one, door).level, reach.lists(one, door));
            if stand(person) != stand(other) {
                let (one, other) = (&person.identity.arn, &other.identity.arn);
                complaints.push(format!("{one} and {other} through `{}`", door.door.id));
            }
        }
    }
    none(&complaints);
    assert!(shared > 0, "the example has people alike");
}

#[test]
fn what_opens_a_door_is_allowed_when_it_is_asked_again() {
    let estate = acme();
    let reach = Reach::new(&estate);
    let doors = door_asks();
    let universe = Universe::new(&estate);
    none(&of_everybody(&reach, |person| {
        let asking = universe.asking(person.account, person.identity);
        let mut complaints = Vec::new();
        for door in &doors {
            let said: Standing = reach.own(person, door);
            if said.level != Level::Open {
                continue;
            }
            let action = said.action.clone().expect("an open door has an action");
            let taken = door
                .door
                .actions
                .iter()
                .find(|each| action.eq_ignore_ascii_case(&format!("{}:{}", each.service, each.name)));
            let Some(taken) = taken else {
                complaints
                    .push(format!("`{}` is open by `{action}`, which is none of its actions", door.door.id));
                continue;
            };
            let question = Question::of_door(door.door, taken);
            for wrong in asking.not_allowed(&question, said.resource.as_deref(), said.with.as_ref()) {
                complaints.push(format!("{} through `{}`: {wrong}", person.identity.arn, door.door.id));
            }
        }
        complaints
    }));
}

#[test]
fn who_is_reached_and_how_surely_is_the_fixed_point_of_all_steps() {
    let estate = acme();
    let reach = Reach::new(&estate);
    let universe = Universe::new(&estate);
    let steps = reach.steps();
    let slow = paths::steps(&universe, &reach);
    let people = reach.people.len();
    let name = |number: usize| reach.people[number].identity.arn.as_ref();
    let mut complaints = Vec::new();
    let said: BTreeMap<(usize, usize, &str), Level> = steps.iter().fold(BTreeMap::new(), |mut all, step| {
        let level = all.entry((step.from, step.to, step.row.id.as_str())).or_insert(Level::Closed);
        *level = step.level.max(*level);
        all
    });
    let keys: std::collections::BTreeSet<_> = said.keys().chain(slow.keys()).copied().collect();
    for key in keys {
        let level = |all: &BTreeMap<_, Level>| all.get(&key).copied().unwrap_or(Level::Closed);
        if level(&said) != level(&slow) {
            let (from, to, row) = (name(key.0), name(key.1), key.2);
            complaints.push(format!(
                "{from} → {to} by `{row}`: reach says {:?}, one by one it is {:?}",
                level(&said),
                level(&slow)
            ));
        }
    }
    none(&complaints);
    let fixed_point = paths::fixed_point(&slow, people);
    for from in 0..people {
        let said: BTreeMap<usize, Level> =
            reach.paths(from, &steps).into_iter().map(|(to, path)| (to, path.level)).collect();
        for to in 0..people {
            let expected = fixed_point.get(&(from, to)).copied().unwrap_or(Level::Closed);
            let found = said.get(&to).copied().unwrap_or(Level::Closed);
            if expected != found {
                let (from, to) = (name(from), name(to));
                complaints.push(format!("{from} reaches {to}: {found:?}, by relaxation {expected:?}"));
            }
        }
    }
    none(&complaints);
    assert!(fixed_point.len() > people, "the example has paths");
}

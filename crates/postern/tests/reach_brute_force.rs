//! Reach on acme equals brute force: every person × every door, every step, and the fixed point of all steps.
//!
//! The second implementation is slow and obvious. It reads the policy documents from their files, asks the plain
//! evaluator (`iam/tests/plain`) one complete request at a time for each concrete resource ([`universe`]) in each context
//! that could matter ([`contexts`]), and follows steps until nothing changes ([`paths`]). With the first it shares who is
//! in the estate and which documents are attached to whom. What both mean is said by `postern::reach`, `doors.toml` and
//! `steps.toml`: open is a request that is allowed whatever the keys are that its sender does not choose, under every
//! reading of what is unsettled; depends, one that is allowed for some values of these; unknown, one that some reading
//! allows, or that something missing could; and closed is none of these.

#[path = "reach_brute_force/contexts.rs"]
mod contexts;
#[path = "reach_brute_force/paths.rs"]
mod paths;
#[path = "../../iam/tests/plain/evaluator.rs"]
mod plain;
#[path = "reach_brute_force/universe.rs"]
mod universe;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use iam::estate::Estate;
use postern::reach::{Level, Reach, Step, door_asks};

use universe::{Found, Question, Universe};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme")
}

fn acme() -> Estate {
    observe::open(&root(), observe::Depth::Everything).expect("the example can be read")
}

/// Works on the number of everybody, on as many threads as there are.
fn of_everybody<T: Send>(reach: &Reach<'_>, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let done = std::sync::Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if number >= reach.people.len() {
                        break;
                    }
                    let result = work(number);
                    done.lock().expect("no panic").insert(number, result);
                }
            });
        }
    });
    done.into_inner().expect("no panic").into_values().collect()
}

#[track_caller]
fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// By person, then by door.
fn own(reach: &Reach<'_>, universe: &Universe<'_>) -> Vec<Vec<Found>> {
    of_everybody(reach, |number| {
        let person = &reach.people[number];
        let asking = universe.asking(person.account, person.identity);
        // Several doors take the same action on the same types.
        let mut known: BTreeMap<Question, Found> = BTreeMap::new();
        let mut of_door = |door: &reference::Door| {
            door.actions.iter().fold(Found::NONE, |best, action| {
                let question = Question::of_door(door, action);
                if !door.besides.is_empty() {
                    return best.or(asking.most_open_call(&question, &Question::besides(door, action)));
                }
                let found = known.entry(question).or_insert_with_key(|question| asking.most_open(question));
                best.or(found.clone())
            })
        };
        reference::doors().iter().map(&mut of_door).collect()
    })
}

/// Compares steps and whom they lead to; gives both.
fn same_steps_and_paths(
    reach: &Reach<'_>,
    universe: &Universe<'_>,
) -> (Vec<Step>, BTreeMap<(usize, usize), Level>) {
    let mut complaints = Vec::new();
    let steps = reach.steps();
    let slow = paths::steps(universe, reach);
    let name = |number: usize| reach.people[number].identity.arn.as_ref();
    let said: BTreeMap<(usize, usize, &str), Level> = steps.iter().fold(BTreeMap::new(), |mut all, step| {
        let level = all.entry((step.from, step.to, step.row.id.as_str())).or_insert(Level::Closed);
        *level = step.level.max(*level);
        all
    });
    let keys: std::collections::BTreeSet<_> = said.keys().chain(slow.keys()).copied().collect();
    for key in keys {
        let level = |all: &BTreeMap<_, Level>| all.get(&key).copied().unwrap_or(Level::Closed);
        if level(&said) != level(&slow) {
            complaints.push(format!(
                "{} → {} by `{}`: reach says {:?}, one by one it is {:?}",
                name(key.0),
                name(key.1),
                key.2,
                level(&said),
                level(&slow)
            ));
        }
    }
    none(&complaints);
    let fixed_point = paths::fixed_point(&slow, reach.people.len());
    for from in 0..reach.people.len() {
        let said: BTreeMap<usize, Level> =
            reach.paths(from, &steps).into_iter().map(|(to, path)| (to, path.level)).collect();
        for to in 0..reach.people.len() {
            let expected = fixed_point.get(&(from, to)).copied().unwrap_or(Level::Closed);
            let found = said.get(&to).copied().unwrap_or(Level::Closed);
            if expected != found {
                let (from, to) = (name(from), name(to));
                complaints.push(format!("{from} reaches {to}: {found:?}, by relaxation {expected:?}"));
            }
        }
    }
    none(&complaints);
    assert!(fixed_point.len() > reach.people.len(), "the example has paths");
    (steps, fixed_point)
}

#[test]
fn a_door_is_as_open_as_the_most_open_request_through_it_and_the_most_open_path() {
    let estate = acme();
    let reach = Reach::new(&estate);
    let doors = door_asks();
    let universe = Universe::new(&estate, &root());
    let found = own(&reach, &universe);
    let mut complaints = Vec::new();
    let mut counts: BTreeMap<Level, usize> = BTreeMap::new();
    for (person, found) in reach.people.iter().zip(&found) {
        for (door, found) in doors.iter().zip(found) {
            let said = reach.own(person, door);
            *counts.entry(said.level).or_default() += 1;
            if said.level != found.level {
                complaints.push(format!(
                    "{} through `{}`: reach says {:?} ({:?} on {:?} with {:?}, {:?}), the most open request is {:?} ({})",
                    person.identity.arn,
                    door.door.id,
                    said.level,
                    said.action,
                    said.resource,
                    said.with,
                    said.why,
                    found.level,
                    found.request,
                ));
            }
        }
    }
    none(&complaints);
    println!("{counts:?}");
    let (steps, fixed_point) = same_steps_and_paths(&reach, &universe);
    let name = |number: usize| reach.people[number].identity.arn.as_ref();
    let mut complaints = Vec::new();
    for (door_number, door) in doors.iter().enumerate() {
        let through = postern::doors::through(&reach, &steps, door);
        let said: BTreeMap<usize, Level> = through.iter().map(|one| (one.person, one.level())).collect();
        for person in 0..reach.people.len() {
            let by_others = fixed_point
                .range((person, 0)..=(person, usize::MAX))
                .map(|((_, to), level)| (*level).min(found[*to][door_number].level));
            let expected = by_others.fold(found[person][door_number].level, Level::max);
            let level = said.get(&person).copied().unwrap_or(Level::Closed);
            if level != expected {
                complaints.push(format!(
                    "{} gets through `{}`: {level:?}, by brute force {expected:?}",
                    name(person),
                    door.door.id
                ));
            }
        }
    }
    none(&complaints);
}

#[test]
fn steps_go_no_further_than_scps_let_them() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("acme-with-fewer-steps");
    let _ = fs::remove_dir_all(&folder);
    copy_folder(&root(), &folder);
    let with_all = acme();
    let before = Reach::new(&with_all).steps().len();
    // SCPs of platform, of production and of development, each with one statement more.
    for (policy, statement) in [
        (
            "p-keyage0000",
            r#"{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"arn:aws:iam::666666666666:role/*"}"#,
        ),
        ("p-otherdoorsclosed", r#"{"Effect":"Deny","Action":"iam:PassRole","Resource":"*"}"#),
        (
            "p-regionsfirsttry",
            r#"{"Effect":"Deny","Action":["bedrock:InvokeAgent","iam:Create*"],"Resource":"*"}"#,
        ),
    ] {
        let file =
            folder.join(format!("accounts/111122223333/global/organizations.DescribePolicy/{policy}.json"));
        let text = fs::read_to_string(&file).expect("the policy is there");
        let mut value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let content = value["Policy"]["Content"].as_str().expect("a text");
        let mut document: serde_json::Value = serde_json::from_str(content).expect("JSON");
        let statement = serde_json::from_str(statement).expect("JSON");
        document["Statement"].as_array_mut().expect("a list").push(statement);
        value["Policy"]["Content"] = document.to_string().into();
        fs::write(&file, value.to_string()).expect("it can be written");
    }
    let estate = observe::open(&folder, observe::Depth::Everything).expect("the copy can be read");
    let reach = Reach::new(&estate);
    let universe = Universe::new(&estate, &folder);
    let (steps, _) = same_steps_and_paths(&reach, &universe);
    assert!(steps.len() < before, "the statements take steps away");
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder of tests");
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("a file");
        }
    }
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
            let stand = |one: &postern::reach::Person<'_>| {
                (reach.own(one, door).level, reach.lists(one, door) == Level::Open)
            };
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
    let universe = Universe::new(&estate, &root());
    let complaints = of_everybody(&reach, |number| {
        let person = &reach.people[number];
        let asking = universe.asking(person.account, person.identity);
        let mut complaints = Vec::new();
        for door in &doors {
            let said = reach.own(person, door);
            if said.level != Level::Open {
                continue;
            }
            let action = said.action.clone().expect("an open door has an action");
            let taken = door
                .door
                .actions
                .iter()
                .filter(|each| action.eq_ignore_ascii_case(&format!("{}:{}", each.service, each.name)));
            let wrong: Vec<String> = taken
                .map(|taken| Question::of_door(door.door, taken))
                .map(|question| {
                    asking.is_open_as_said(&question, said.resource.as_deref(), said.with.as_ref())
                })
                .filter_map(Result::err)
                .collect();
            let ways = door
                .door
                .actions
                .iter()
                .filter(|each| action.eq_ignore_ascii_case(&format!("{}:{}", each.service, each.name)))
                .count();
            if ways == wrong.len() {
                complaints.push(format!("{} through `{}`: {wrong:?}", person.identity.arn, door.door.id));
            }
        }
        complaints
    });
    none(&complaints.concat());
}

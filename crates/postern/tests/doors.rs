//! The map of doors and who gets through them, on the example organisation and on damaged copies of it.

use std::fs;
use std::path::{Path, PathBuf};

use iam::estate::Estate;
use postern::doors::{self, State, who_runs};
use postern::reach::{Level, Reach, door_asks};
use postern::snapshot;

const SHOP_PROD: &str = "555555555555";
const SEARCH_PROD: &str = "666666666666";
const SHOP_DEV: &str = "888888888888";

fn acme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme")
}

fn open(path: &Path) -> Estate {
    snapshot::open(path).unwrap_or_else(|complaints| panic!("{complaints:?}"))
}

fn state(estate: &Estate, door: &str, account: &str) -> State {
    let reach = Reach::new(estate);
    let map = doors::map(&reach, 2);
    let account = estate.accounts().iter().position(|each| each.id.as_str() == account).unwrap();
    let door = map.doors.iter().position(|each| each.id == door).unwrap();
    map.cells[account][door].state
}

/// A copy of the example that a test may damage.
fn copy(name: &str) -> PathBuf {
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&to);
    copy_folder(&acme(), &to);
    to
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)
        } else {
            fs::copy(entry.path(), &target).map(|_| ()).unwrap()
        }
    }
}

#[test]
fn what_the_scps_of_prod_close_is_closed_there_and_open_in_dev() {
    let estate = open(&acme());
    let check = |door: &str, account: &str, expected: &[State]| {
        let found = state(&estate, door, account);
        assert!(expected.contains(&found), "{door} in {account}: {found:?}");
    };
    let shut = [State::Closed, State::ListOnly];
    for door in
        ["claude-platform", "web-search", "import", "provisioned", "sagemaker-endpoints", "agentcore-harness"]
    {
        check(door, SHOP_PROD, &shut);
    }
    for door in [
        "claude-platform",
        "web-search",
        "provisioned",
        "sagemaker-endpoints",
        "agentcore-harness",
        "runtime",
    ] {
        check(door, SHOP_DEV, &[State::Open]);
    }
    check("import", SHOP_DEV, &shut);
    check("runtime", SHOP_PROD, &[State::Open]);
}

#[test]
fn paths_lead_through_agents_passed_roles_and_trust() {
    let estate = open(&acme());
    let reach = Reach::new(&estate);
    let found = who_runs(&reach, &reach.steps(), "anthropic.claude-opus-5-5");
    let check = |name: &str, account: &str, expected: Option<&[&str]>| {
        let one = found.iter().find(|one| {
            let person = &reach.people[one.person];
            person.name() == name && estate.accounts()[person.account].id.as_str() == account
        });
        let steps = one.and_then(|one| one.other.as_ref()).map(|(_, path, _)| path);
        let ids: Option<Vec<&str>> =
            steps.map(|path| path.steps.iter().map(|step| step.row.id.as_str()).collect());
        assert_eq!(ids.as_deref(), expected, "{name}");
        assert!(
            expected.is_none() || one.is_some_and(|one| one.own.level == Level::Closed),
            "{name} has it itself"
        );
    };
    check("app-search", SEARCH_PROD, Some(&["agent"]));
    check("deployer", SEARCH_PROD, Some(&["pass-bedrock"]));
    check("app-nightly", SHOP_PROD, Some(&["pass-bedrock"]));
    check("pipeline", "444455556666", Some(&["assume-role", "pass-ecs"]));
    check("app-triage", SEARCH_PROD, None);
}

#[test]
fn a_thing_is_a_way_only_to_the_models_it_runs() {
    let estate = open(&acme());
    let reach = Reach::new(&estate);
    let agent = "arn:aws:bedrock:us-east-1:666666666666:agent-alias/SEARCHAGT1/STABLEAL01";
    assert_eq!(reach.thing_runs(agent, "anthropic.claude-opus-5-5"), Level::Open);
    assert_eq!(reach.thing_runs(agent, "amazon.nova-pro-v1:0"), Level::Closed);
    assert_eq!(
        reach.thing_runs("arn:aws:bedrock:us-east-1:666666666666:agent-alias/NONE/NONE", "x.y"),
        Level::Unknown
    );
}

#[test]
fn without_the_scps_nothing_that_they_close_is_called_open_or_closed() {
    let folder = copy("without-scps");
    fs::remove_dir_all(folder.join("accounts/111122223333/global/organizations.DescribePolicy")).unwrap();
    assert_eq!(state(&open(&folder), "claude-platform", SHOP_PROD), State::Unknown);
}

#[test]
fn an_account_whose_principals_cannot_be_read_is_unknown() {
    let folder = copy("truncated");
    let file = folder.join("accounts/555555555555/global/iam.GetAccountAuthorizationDetails.json");
    let text = fs::read(&file).unwrap();
    fs::write(&file, &text[..text.len() / 2]).unwrap();
    let estate = open(&folder);
    assert_eq!(state(&estate, "runtime", SHOP_PROD), State::Unknown);
    assert_eq!(state(&estate, "claude-platform", SHOP_PROD), State::Unknown, "nobody knows who is in it");
    assert_eq!(state(&estate, "runtime", SEARCH_PROD), State::Open, "other accounts are as they were");
    let told =
        estate.missing().iter().any(|missing| missing.to_string().contains("GetAccountAuthorizationDetails"));
    assert!(told, "{:?}", estate.missing());
}

#[test]
fn every_door_has_a_question() {
    for door in door_asks() {
        assert!(!door.asks.is_empty(), "{}", door.door.id);
    }
}

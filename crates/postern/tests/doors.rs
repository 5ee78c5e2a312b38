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
    check("pipeline", "444455556666", Some(&["assume-role", "pass-bedrock"]));
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

/// Somebody of one account who may do nothing but assume a role of another one that may do everything in Bedrock.
#[test]
fn a_door_that_somebody_comes_through_by_steps_is_not_called_closed() {
    let folder = copy("by-steps");
    let details = |account: &str, user: &str, roles: &str| {
        let file = folder.join(format!("accounts/{account}/global/iam.GetAccountAuthorizationDetails.json"));
        let text = format!(
            r#"{{"UserDetailList":[{user}],"GroupDetailList":[],"RoleDetailList":[{roles}],"Policies":[]}}"#
        );
        fs::write(file, text).unwrap();
    };
    let policy = |action: &str, resource: &str| {
        format!(
            r#"[{{"PolicyName":"p","PolicyDocument":{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}]}}}}]"#
        )
    };
    let user = format!(
        r#"{{"Path":"/","UserName":"kim","UserId":"AIDAEXAMPLE","Arn":"arn:aws:iam::888888888888:user/kim","CreateDate":"2026-01-01T00:00:00+00:00","UserPolicyList":{},"GroupList":[],"AttachedManagedPolicies":[],"Tags":[]}}"#,
        policy("sts:AssumeRole", "arn:aws:iam::999999999999:role/models")
    );
    let role = format!(
        r#"{{"Path":"/","RoleName":"models","RoleId":"AROAEXAMPLE","Arn":"arn:aws:iam::999999999999:role/models","CreateDate":"2026-01-01T00:00:00+00:00","AssumeRolePolicyDocument":{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::888888888888:root"}},"Action":"sts:AssumeRole"}}]}},"RolePolicyList":{},"AttachedManagedPolicies":[],"InstanceProfileList":[],"Tags":[]}}"#,
        policy("bedrock:*", "*")
    );
    details(SHOP_DEV, &user, "");
    details("999999999999", "", &role);
    let estate = open(&folder);
    let reach = Reach::new(&estate);
    let map = doors::map(&reach, 1);
    let account = estate.accounts().iter().position(|each| each.id.as_str() == SHOP_DEV).unwrap();
    let door = map.doors.iter().position(|each| each.id == "runtime").unwrap();
    let cell = &map.cells[account][door];
    assert_eq!((cell.state, cell.open, cell.by_steps), (State::BySteps, 0, 1), "{cell:?}");
    let text = postern::render::doors::map(&map);
    assert!(text.contains("→1") && text.contains("come to act with those of others"), "{text}");
    let csv = postern::render::doors::map_csv(&map);
    assert!(csv.contains("runtime,888888888888,by-steps,0,0,0,1\n"), "{csv}");
    let json: serde_json::Value = serde_json::from_str(&postern::render::doors::map_json(&map)).unwrap();
    assert_eq!(json["result"]["accounts"][account]["doors"]["runtime"]["by_steps"], 1);
}

/// Everybody to whom a door is open by `who --door` is counted by the map, directly or by steps.
#[test]
fn the_map_and_one_door_say_the_same_of_everybody() {
    let estate = open(&acme());
    let reach = Reach::new(&estate);
    let map = doors::map(&reach, 1);
    let steps = reach.steps();
    for (number, door) in door_asks().iter().enumerate() {
        let found = doors::through(&reach, &steps, door);
        for (account, cells) in map.cells.iter().enumerate() {
            let of_account = found.iter().filter(|one| reach.people[one.person].account == account);
            let open = of_account.filter(|one| one.level() == Level::Open).count();
            let cell = &cells[number];
            assert_eq!(open, cell.open + cell.by_steps, "{} in {account}", door.door.id);
        }
    }
}

/// The files of the example, those first of which something was found.
fn files(root: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![root.join("accounts")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.path().is_dir() {
                true => folders.push(entry.path()),
                false => all.push(entry.path()),
            }
        }
    }
    all.sort();
    all
}

/// What is taken from a snapshot makes nothing more closed: one file of thirty in the ordinary run, each deleted and each
/// cut in half.
#[test]
fn what_is_missing_or_cut_off_closes_nothing() {
    let whole = open(&acme());
    let states = |estate: &Estate| -> Vec<Vec<State>> {
        let map = doors::map(&Reach::new(estate), 2);
        map.cells.iter().map(|cells| cells.iter().map(|cell| cell.state).collect()).collect()
    };
    let before = states(&whole);
    let every = if std::env::var("POSTERN_CASES").is_ok() { 1 } else { 30 };
    let root = copy("doors-damaged");
    for (number, file) in files(&root).iter().enumerate() {
        let named = ["p-bearerkeysclosed.json", "sagemaker.ListHubs.json"];
        if number % every != 0 && !named.iter().any(|name| file.ends_with(name)) {
            continue;
        }
        let text = fs::read(file).unwrap();
        for damage in ["deleted", "cut"] {
            match damage {
                "deleted" => fs::remove_file(file).unwrap(),
                _ => fs::write(file, &text[..text.len() / 2]).unwrap(),
            }
            // A snapshot that is none any more is refused, which closes nothing either.
            let Ok(estate) = snapshot::open(&root) else {
                fs::write(file, &text).unwrap();
                continue;
            };
            for (account, (before, after)) in before.iter().zip(states(&estate)).enumerate() {
                for (door, (before, after)) in before.iter().zip(after).enumerate() {
                    let worse = match after {
                        State::Closed => *before != State::Closed,
                        State::ListOnly => !matches!(before, State::Closed | State::ListOnly),
                        State::Open | State::Unknown | State::BySteps => false,
                    };
                    let id = &whole.accounts()[account].id;
                    assert!(
                        !worse,
                        "{} {damage}: {} in {id} was {before:?} and is {after:?}",
                        file.display(),
                        door_asks()[door].door.id
                    );
                }
            }
            fs::write(file, &text).unwrap();
        }
    }
}

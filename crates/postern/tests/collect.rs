//! The script that makes a snapshot, run with a stand-in for the AWS CLI that answers out of `examples/acme`.
//!
//! What the script writes must be read as the example itself is. Does not call AWS.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use observe::calls::{call, command};
use observe::{Depth, open};
use postern::doors::map;
use postern::reach::Reach;
use postern::render::doors::map_json;
use postern::snapshot::commands::{Wanted, script};
use serde_json::Value;

/// The management account, one with agents and aliases, and one in which calls are denied.
const ACCOUNTS: [&str; 3] = [MANAGEMENT, "666666666666", "888888888888"];

const MANAGEMENT: &str = "111122223333";

/// A folder that is gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("postern-collect-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn acme(account: &str) -> PathBuf {
    root().join("examples/acme/accounts").join(account)
}

fn manifest(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&text).unwrap();
    manifest["calls"].as_array().unwrap().clone()
}

fn items(entry: &Value) -> Vec<&str> {
    entry["items"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// What the stand-in answers: every call that the example's manifests speak of.
fn table(accounts: &[&str]) -> String {
    let mut table = String::new();
    for account in accounts {
        for entry in manifest(&acme(account)) {
            let (region, name) = (entry["region"].as_str().unwrap(), entry["call"].as_str().unwrap());
            let items = items(&entry);
            let line = [&[*account, region, &command(name)][..], &items].concat().join(" ");
            let file = items.iter().fold(PathBuf::from(name), |path, item| path.join(encoded(item)));
            let file = acme(account).join(region).join(format!("{}.json", file.display()));
            let answer = match entry["code"].as_str() {
                Some(code) => format!("error {code}"),
                None => file.canonicalize().unwrap().display().to_string(),
            };
            writeln!(table, "{line}\t{answer}").unwrap();
        }
    }
    table
}

/// An item as the name of its file: `docs/snapshot.md` once more, apart from the script and the reader.
fn encoded(item: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+=,@".contains(&byte);
    item.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Runs the script as an account; a role of `closed` cannot be assumed.
fn run(folder: &Folder, wanted: &Wanted, table: &str, caller: &str, closed: &str) -> Output {
    let write = |name: &str, text: &str| {
        let path = folder.0.join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let (script, table) = (write("collect.sh", &script(wanted)), write("table", table));
    let stand_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/collect");
    let path = std::env::var("PATH").unwrap();
    Command::new("bash")
        .arg(script)
        .arg("a snapshot")
        .current_dir(&folder.0)
        .env("PATH", format!("{}:{path}", stand_in.display()))
        .env_remove("AWS_ACCESS_KEY_ID")
        .env("FAKE_AWS", table)
        .env("FAKE_CALLER", caller)
        .env("FAKE_CLOSED", closed)
        .output()
        .unwrap()
}

fn told(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

fn wanted(regions: &[&str], role: Option<&str>, accounts: &[&str]) -> Wanted {
    let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    Wanted::new(&owned(regions), role, &owned(accounts)).unwrap()
}

/// The Regions in which the example was asked.
fn regions(account: &str) -> Vec<String> {
    let mut regions: Vec<String> = manifest(&acme(account))
        .iter()
        .filter_map(|entry| entry["region"].as_str().map(str::to_owned))
        .filter(|region| region != "global")
        .collect();
    regions.sort();
    regions.dedup();
    regions
}

fn doors(path: &Path) -> Value {
    let estate = open(path, Depth::Everything).unwrap();
    serde_json::from_str(&map_json(&map(&Reach::new(&estate), 1))).unwrap()
}

/// Copies the accounts of the example.
fn copy(accounts: &[&str], to: &Path) {
    fn folder(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let to = to.join(entry.file_name());
            match entry.path().is_dir() {
                true => folder(&entry.path(), &to),
                false => drop(fs::copy(entry.path(), to).unwrap()),
            }
        }
    }
    for account in accounts {
        folder(&acme(account), &to.join("accounts").join(account));
    }
}

#[test]
fn what_the_script_writes_is_read_as_the_example_is() {
    let made = Folder::new("made");
    for account in ACCOUNTS {
        let regions = regions(account);
        let regions: Vec<&str> = regions.iter().map(String::as_str).collect();
        let output = run(&made, &wanted(&regions, None, &[]), &table(&ACCOUNTS), account, "");
        let told = told(&output);
        assert_eq!(account != MANAGEMENT, told.contains("neither the management account"), "{told}");
    }
    let snapshot = made.0.join("a snapshot");
    for account in ACCOUNTS {
        let folder = snapshot.join("accounts").join(account);
        let (theirs, ours) = (manifest(&acme(account)), manifest(&folder));
        for entry in &theirs {
            let same = |other: &&Value| {
                ["region", "call", "items"].iter().all(|member| other[*member] == entry[*member])
            };
            let found: Vec<&Value> = ours.iter().filter(same).collect();
            let [found] = found.as_slice() else { panic!("{account}: {} entries for {entry}", found.len()) };
            assert_eq!((&found["status"], &found["code"]), (&entry["status"], &entry["code"]), "{entry}");
            let name = items(entry).iter().fold(
                PathBuf::from(entry["region"].as_str().unwrap()).join(entry["call"].as_str().unwrap()),
                |path, item| path.join(encoded(item)),
            );
            let file = |folder: &Path| {
                let text = fs::read_to_string(folder.join(format!("{}.json", name.display()))).ok();
                text.map(|text| serde_json::from_str::<Value>(&text).unwrap())
            };
            assert_eq!(file(&folder), file(&acme(account)), "{entry}");
        }
        // Whatever else was asked stands in the table of calls, and was refused.
        for entry in ours.iter().filter(|entry| entry["status"] == "ok" || entry["status"] == "absent") {
            assert!(call(entry["call"].as_str().unwrap()).is_some(), "{entry}");
        }
    }
    let example = Folder::new("example");
    copy(&ACCOUNTS, &example.0);
    let (made, example) = (doors(&snapshot), doors(&example.0));
    assert_eq!(made["result"], example["result"]);
}

#[test]
fn a_role_leads_to_the_other_accounts() {
    let made = Folder::new("role");
    let wanted = wanted(&["us-east-1"], Some("audit/reader"), &["666666666666", "888888888888"]);
    let told = told(&run(&made, &wanted, &table(&ACCOUNTS), MANAGEMENT, "888888888888"));
    assert!(
        told.contains("arn:aws:iam::888888888888:role/audit/reader cannot be assumed (AccessDenied)"),
        "{told}"
    );
    let folder = |account: &str| made.0.join("a snapshot/accounts").join(account);
    let text = fs::read_to_string(folder("666666666666").join("manifest.json")).unwrap();
    assert!(text.contains(r#""as": "arn:aws:iam::666666666666:role/audit/reader""#), "{text}");
    assert!(folder("666666666666").join("us-east-1/bedrock-agent.ListAgents.json").is_file());
    let [refused] = manifest(&folder("888888888888")).try_into().unwrap();
    assert_eq!((&refused["call"], &refused["status"]), (&"sts.AssumeRole".into(), &"denied".into()));
    assert!(!made.0.join("a snapshot/.part").exists(), "nothing is left half made");
    let text = walk(&made.0.join("a snapshot"));
    assert!(!text.contains("secret\""), "no credentials are written");
}

/// Every text in a folder, one behind the other.
fn walk(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        text.push_str(&if path.is_dir() { walk(&path) } else { fs::read_to_string(&path).unwrap() });
    }
    text
}

#[test]
fn a_second_run_replaces_the_first() {
    let made = Folder::new("again");
    let all = table(&ACCOUNTS);
    let wanted = wanted(&["us-east-1"], None, &[]);
    told(&run(&made, &wanted, &all, "666666666666", ""));
    let folder = made.0.join("a snapshot/accounts/666666666666");
    let file = folder.join("us-east-1/bedrock-agent.ListAgents.json");
    assert!(file.is_file());
    let fewer: Vec<&str> = all.lines().filter(|line| !line.contains(" bedrock-agent list-agents")).collect();
    told(&run(&made, &wanted, &fewer.join("\n"), "666666666666", ""));
    assert!(!file.exists(), "what AWS no longer says is not left behind");
    let entries = manifest(&folder);
    let entry = entries.iter().find(|entry| entry["call"] == "bedrock-agent.ListAgents").unwrap();
    assert_eq!(entry["status"], "denied");
    assert!(!entries.iter().any(|entry| entry["call"] == "bedrock-agent.GetAgent"));
}

#[test]
fn what_is_no_plain_letter_is_written_as_bytes() {
    let made = Folder::new("names");
    let answer = made.0.join("buckets.json");
    fs::write(&answer, r#"{"Buckets": [{"Name": ".é \\b"}]}"#.replace("\\\\b", "50%")).unwrap();
    let table = format!("666666666666 global s3api list-buckets\t{}", answer.display());
    told(&run(&made, &wanted(&["us-east-1"], None, &[]), &table, "666666666666", ""));
    let folder = made.0.join("a snapshot/accounts/666666666666");
    let entries = manifest(&folder);
    let asked: Vec<Vec<&str>> =
        entries.iter().filter(|entry| entry["call"] == "s3api.GetBucketPolicy").map(items).collect();
    assert_eq!(asked, [[".é 50%"]]);
    fs::write(made.0.join("policy.json"), "{}").unwrap();
    let table = format!(
        "{table}\n666666666666 global s3api get-bucket-policy .é 50%\t{}",
        made.0.join("policy.json").display()
    );
    told(&run(&made, &wanted(&["us-east-1"], None, &[]), &table, "666666666666", ""));
    let file = folder.join("global/s3api.GetBucketPolicy/%2E%C3%A9%2050%25.json");
    assert_eq!(fs::read_to_string(file).unwrap().trim(), "{}", "an empty answer is an empty object");
}

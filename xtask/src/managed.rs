//! `cargo xtask managed`: which AWS managed policies let a role run a model, and through which doors.
//!
//! Every AWS managed policy alone on a role of its own, in an account of which nothing else is known, answered by the
//! product as it would answer a dump of such an account. The page says it; a test compares it, and looks for the same
//! policies in a plain reading of their texts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use postern::reach::{Level, Reach, door_asks};
use serde_json::{Value, json};

use crate::tidy;

/// The account that the roles are in.
const ACCOUNT: &str = "111122223333";

/// What one AWS managed policy opens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opens {
    /// Models that may be run, of the catalogue.
    pub models: Vec<&'static str>,
    /// Models for which keys of the request decide.
    pub depends: Vec<&'static str>,
    /// Models of which it is not known.
    pub unknown: Vec<&'static str>,
    /// Doors through which something may be done, open or as keys of the request say.
    pub doors: Vec<&'static str>,
}

/// What each of the AWS managed policies opens, by name; those that open no model are left out.
///
/// # Errors
/// When the dump of such an account cannot be written or read.
pub fn managed() -> Result<BTreeMap<&'static str, Opens>, String> {
    let policies: Vec<reference::ManagedPolicy> = reference::managed_policies().collect();
    let estate = account(&policies)?;
    let reach = Reach::new(&estate);
    let mut models: Vec<&'static str> = reference::models().map(|model| model.id).collect();
    models.sort_unstable();
    models.dedup();
    let doors = door_asks();
    let mut found: BTreeMap<&'static str, Opens> = BTreeMap::new();
    for person in &reach.people {
        let number: usize =
            person.name().parse().map_err(|_| format!("{} is no role of ours", person.name()))?;
        let mut opens = Opens::default();
        for (model, level) in models.iter().zip(reach.authorised(person, &models)) {
            match level {
                Level::Open => opens.models.push(*model),
                Level::Depends => opens.depends.push(*model),
                Level::Unknown => opens.unknown.push(*model),
                Level::Closed => {}
            }
        }
        if opens == Opens::default() {
            continue;
        }
        let passed = doors.iter().filter(|door| reach.own(person, door).level > Level::Unknown);
        opens.doors = passed.map(|door| door.door.id.as_str()).collect();
        found.insert(policies[number].path_and_name, opens);
    }
    Ok(found)
}

/// An account with a role for each policy, called by its number.
fn account(policies: &[reference::ManagedPolicy]) -> Result<iam::estate::Estate, String> {
    let trust = json!({ "Version": "2012-10-17", "Statement": [] });
    let role = |(number, policy): (usize, &reference::ManagedPolicy)| -> Result<Value, String> {
        let document: Value = serde_json::from_str(policy.document).map_err(|error| error.to_string())?;
        Ok(json!({
            "Path": "/", "RoleName": number.to_string(), "RoleId": format!("AROA{number}"),
            "Arn": format!("arn:aws:iam::{ACCOUNT}:role/{number}"),
            "AssumeRolePolicyDocument": trust, "InstanceProfileList": [], "AttachedManagedPolicies": [], "Tags": [],
            "RolePolicyList": [{ "PolicyName": policy.name(), "PolicyDocument": document }],
        }))
    };
    let roles = policies.iter().enumerate().map(role).collect::<Result<Vec<_>, _>>()?;
    let dump =
        json!({ "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": [] });
    let folder = tidy::root().join("target/managed");
    let path = folder.join(format!("{}.json", std::process::id()));
    let complain = |error: std::io::Error| format!("{}: {error}", path.display());
    std::fs::create_dir_all(&folder).map_err(complain)?;
    std::fs::write(&path, dump.to_string()).map_err(complain)?;
    let estate = postern::snapshot::open(&path).map_err(|complaints| format!("{complaints:?}"));
    std::fs::remove_file(&path).map_err(complain)?;
    estate
}

/// The page.
pub fn page(found: &BTreeMap<&'static str, Opens>) -> String {
    let mut out = String::from(
        "# AWS managed policies that let a role run a model\n\nWritten by `cargo xtask managed`, checked by \
         `cargo test -p xtask --test managed`. Each policy stands alone on a role; service control policies may close \
         what it opens. Counted are models of the catalogue that it authorises the role to run, at whichever endpoint; \"as keys say\" means that a condition on the request \
         decides.\n\n| policy | models | as keys say | not known | doors |\n| --- | --- | --- | --- | --- |\n",
    );
    for (policy, opens) in found {
        let doors = if opens.doors.len() > 12 {
            format!("{} of {}", opens.doors.len(), reference::doors().len())
        } else {
            opens.doors.join(", ")
        };
        let _ = writeln!(
            out,
            "| {policy} | {} | {} | {} | {doors} |",
            in_words(&opens.models),
            in_words(&opens.depends),
            in_words(&opens.unknown)
        );
    }
    out
}

/// How many models, and whose where it is few makers.
fn in_words(models: &[&str]) -> String {
    const MAKERS_MAX: usize = 3;
    if models.is_empty() {
        return "–".to_owned();
    }
    let maker = |model: &&str| model.split_once('.').map_or("Claude Platform", |(maker, _)| maker).to_owned();
    let makers: std::collections::BTreeSet<String> = models.iter().map(maker).collect();
    match makers.len() {
        ..=MAKERS_MAX => {
            let makers: Vec<String> = makers.into_iter().collect();
            format!("{} of {}", models.len(), makers.join(", "))
        }
        several => format!("{} of {several} makers", models.len()),
    }
}

/// Runs the task with the arguments after its name.
pub fn run(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("`managed` takes no options".to_owned());
    }
    let path = tidy::root().join("docs/managed-policies.md");
    let page = page(&managed()?);
    std::fs::write(&path, page).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("docs/managed-policies.md");
    Ok(())
}

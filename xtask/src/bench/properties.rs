//! Properties of a large organisation, as it is and behind the fence of a charter.
//!
//! A process of its own, so that its memory is that of this work alone: reading the snapshot, then every built-in
//! property with all lists given.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use iam::estate::{Known, Organization, OrganizationPolicyKind};
use iam::policy::Policy;
use postern::plan::{day, plan};
use postern::prove::property::Property;
use postern::prove::{Changing, Proof, Status, built_in, lists_of_charter, prove};

use super::organisation;
use super::plan::{CHARTER, DAY};
use super::report::Row;

/// Makes the program prove what there is to prove of a data set and print the figures; for its own use.
pub const OPTION: &str = "--properties";

/// How often it is measured.
const ROUNDS: usize = 3;

/// The lists that the charter does not give.
const LISTS: [(&str, &str); 12] = [
    ("approved-guardrails", "arn:aws:bedrock:*:*:guardrail/approved*"),
    ("approved-hub-content", "arn:aws:sagemaker:*:aws:hub-content/SageMakerPublicHub/Model/approved-*"),
    ("approved-profiles", "arn:aws:bedrock:*:*:inference-profile/us.*"),
    ("approved-regions", "us-east-1,eu-central-1"),
    ("emergency", "role/break-glass"),
    ("exempt-names", "arn:aws:iam::*:role/break-glass"),
    ("invokers", "role/people/*"),
    ("model-users", "role/people/*"),
    ("needed-models", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"),
    ("organisation-admins", "role/break-glass"),
    ("own-accounts", "111122223333"),
    ("trusted-tags", "team"),
];

/// What was measured; times in seconds.
#[derive(Default)]
struct Measured {
    load: f64,
    /// Reading it and asking every property.
    whole: f64,
    /// The proof of one, behind the fence.
    one: f64,
    /// The refutation of the same, before the fence is there.
    first: f64,
    /// The proof of the same after one policy was edited, the longest of them.
    again: f64,
    peak_kib: f64,
    properties: f64,
    held: f64,
    refuted: f64,
}

impl Measured {
    fn values(&mut self) -> [&mut f64; 9] {
        let Self { load, whole, one, first, again, peak_kib, properties, held, refuted } = self;
        [load, whole, one, first, again, peak_kib, properties, held, refuted]
    }
}

/// The rows; the large organisation is there already.
pub fn rows(scratch: &Path) -> Result<Vec<Row>, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut all: Vec<Vec<f64>> = Vec::new();
    for round in 1..=ROUNDS {
        println!("properties of the large organisation, round {round} of {ROUNDS}");
        let output = Command::new(&own)
            .args(["bench", OPTION])
            .arg(scratch.join("organisation"))
            .output()
            .map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        all.push(text.split_whitespace().filter_map(|value| value.parse().ok()).collect());
    }
    let mut found = Measured::default();
    for (at, value) in found.values().into_iter().enumerate() {
        let mut of: Vec<f64> = all.iter().filter_map(|round| round.get(at).copied()).collect();
        *value = if of.len() == ROUNDS {
            super::median(&mut of)
        } else {
            return Err("figures are missing".to_owned());
        };
    }
    let row = |work: String, ours: String, reach: &str, met: bool| Row {
        work,
        ours,
        peer: "–".to_owned(),
        ratio: None,
        reach: reach.to_owned(),
        met: Some(met),
    };
    let megabytes = found.peak_kib / 1024.0;
    let milliseconds = |seconds: f64| format!("{:.0} ms", seconds * 1e3);
    Ok(vec![
        row(
            format!(
                "the generated organisation of 1000 accounts × 200 roles read and all {} properties asked ({} hold, {} refuted)",
                found.properties, found.held, found.refuted
            ),
            format!("{:.1} s, of which {:.1} s to load; {megabytes:.0} MB", found.whole, found.load),
            "≤ 10 s and ≤ 1 GB",
            found.whole <= 10.0 && megabytes <= 1_024.0,
        ),
        row(
            "after that: only approved models run, proved of 999 accounts behind a charter's fence"
                .to_owned(),
            milliseconds(found.one),
            "≤ 1 s",
            found.one <= 1.0,
        ),
        row(
            "the same refuted before the fence is there, with the first twenty requests".to_owned(),
            milliseconds(found.first),
            "≤ 200 ms for the first",
            found.first <= 0.2,
        ),
        row(
            "proved again after a service control policy lost a statement, the slowest of them".to_owned(),
            milliseconds(found.again),
            "≤ 50 ms",
            found.again <= 0.05,
        ),
    ])
}

/// Measures and prints.
pub fn print(path: &str) -> Result<(), String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let told = |wrong: Vec<postern::input::Complaint>| {
        wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    let mut lists = lists_of_charter("charter", CHARTER).map_err(told)?;
    for (name, values) in LISTS {
        lists.insert(name.to_owned(), values.split(',').map(str::to_owned).collect());
    }
    lists.insert("vpc-endpoints".to_owned(), vec!["vpce-0a1b2c3d".to_owned()]);
    let properties = built_in::all(&lists).map_err(told)?;
    if let Some(left) = properties.iter().find(|property| !property.not_given.is_empty()) {
        return Err(format!("{} lacks a list", left.id));
    }
    let start = Instant::now();
    let seconds = |start: Instant| start.elapsed().as_secs_f64();
    let estate = postern::snapshot::open(Path::new(path)).map_err(told)?;
    let mut found = Measured { load: seconds(start), ..Measured::default() };
    let proofs = prove(&estate, &properties, false, threads);
    found.whole = seconds(start);
    found.peak_kib = super::program::peak_kib(std::process::id())? as f64;
    let count = |status: Status| proofs.iter().filter(|proof| proof.status == status).count() as f64;
    (found.properties, found.held, found.refuted) =
        (proofs.len() as f64, count(Status::Holds), count(Status::Refuted));
    let approved = only(&properties, "approved-models")?;
    let start = Instant::now();
    let proofs = prove(&estate, approved, false, threads);
    found.first = seconds(start);
    is_status(&proofs, Status::Refuted)?;
    let today = day(DAY);
    let fence = plan("charter", CHARTER, &estate, today.as_ref()).map_err(told)?;
    let organization = estate.organizations().first().ok_or("no organisation")?.clone();
    let fenced = fence.organization_after(&organization);
    let mut changing = Changing::new(estate, approved);
    changing.replace_organization(fenced.clone());
    let start = Instant::now();
    let proofs = changing.prove(false, threads);
    found.one = seconds(start);
    held(&proofs)?;
    for policy in 0..fenced.policies.len() {
        let Some(edited) = edited(&fenced, policy) else { continue };
        changing.replace_organization(edited);
        let start = Instant::now();
        let proofs = changing.prove(false, threads);
        found.again = f64::max(found.again, seconds(start));
        if proofs[0].by_ceiling == 0 {
            return Err(format!(
                "{} of one statement less leaves no account closed",
                fenced.policies[policy].name
            ));
        }
    }
    let values: Vec<String> = found.values().map(|value| value.to_string()).into();
    println!("{}", values.join("\t"));
    Ok(())
}

fn only<'a>(properties: &'a [Property], id: &str) -> Result<&'a [Property], String> {
    let at = properties.iter().position(|property| property.id == id).ok_or("no such property")?;
    Ok(&properties[at..=at])
}

/// A policy of the organisation with one statement less.
fn edited(organization: &Organization, at: usize) -> Option<Organization> {
    let mut organization = organization.clone();
    let policy = &mut organization.policies[at];
    let Some(Known::Known(document)) = &mut policy.document else { return None };
    let mut statements = document.policy.statements.clone().into_vec();
    statements.pop();
    document.policy = Arc::new(Policy { statements: statements.into(), ..(*document.policy).clone() });
    (policy.kind == OrganizationPolicyKind::ServiceControl).then_some(organization)
}

/// That nobody may, outside of the management account, which no control policy reaches.
fn held(proofs: &[Proof<'_>]) -> Result<(), String> {
    let management = organisation::id(organisation::MANAGEMENT);
    let is_elsewhere = |proof: &&Proof<'_>| {
        let mut people = proof.refuted.iter().map(|one| one.request.principal().account());
        people.any(|account| account.is_none_or(|account| account.as_str() != management))
            || proof.by_ceiling + 1 != proof.accounts
    };
    match proofs.iter().find(is_elsewhere) {
        Some(proof) => Err(format!("{} {}: {:?}", proof.property.id, proof.status.name(), proof.unknown)),
        None => Ok(()),
    }
}

fn is_status(proofs: &[Proof<'_>], wanted: Status) -> Result<(), String> {
    match proofs.iter().find(|proof| proof.status != wanted) {
        Some(other) => Err(format!("{} {}: {:?}", other.property.id, other.status.name(), other.unknown)),
        None => Ok(()),
    }
}

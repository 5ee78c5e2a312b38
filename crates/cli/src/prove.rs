//! `postern prove`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use postern::input::{Complaint, read_file};
use postern::prove::property::{self, Property};
use postern::prove::{self, Proof, Status, built_in};
use postern::render::prove as render;
use postern::snapshot;

use crate::arguments::{ProveArguments, ProveFormat};
use crate::doors::threads;
use crate::exit::{Ended, Failure, complained, written};
use crate::plan::CHARTER_BYTES_MAX;

/// Proves, and shows what was proved.
pub fn run(arguments: &ProveArguments) -> Result<Ended, Failure> {
    let values = values(arguments).map_err(complained)?;
    let properties = properties(arguments, &values).map_err(complained)?;
    if !arguments.list {
        let named =
            |one: &&Property| arguments.only.contains(&one.id) || !one.origin.starts_with(built_in::ORIGIN);
        let lacking = properties.iter().filter(named).flat_map(|one| {
            one.not_given.iter().map(move |(name, lists)| {
                let complaint = Complaint::new(&one.id, format!("needs a list: {lists}"));
                complaint.hint(format!("give it: --set {name}=…"))
            })
        });
        let lacking: Vec<Complaint> = lacking.collect();
        if !lacking.is_empty() {
            return Err(complained(lacking));
        }
    }
    if arguments.list {
        written(write!(anstream::stdout(), "{}", list(&properties)))?;
        return Ok(Ended::Fine);
    }
    let (scps, identities) = prove::documents(&arguments.scp, &arguments.identity).map_err(complained)?;
    match &arguments.snapshot {
        Some(path) => {
            let estate = snapshot::open(path).map_err(complained)?;
            let proofs = prove::prove(&estate, &properties, arguments.all, threads());
            let of = format!("the snapshot {}", path.display());
            let sha256 = Some(snapshot::digest(path));
            show(arguments, &proofs, &render::Ground { of, sha256, scps: &[], identities: &[] })
        }
        None => {
            let proofs = prove::prove_documents(&scps, &identities, &properties, threads());
            let names: Vec<&str> = scps.iter().chain(&identities).map(|one| one.origin.as_str()).collect();
            let ground =
                render::Ground { of: names.join(", "), sha256: None, scps: &scps, identities: &identities };
            show(arguments, &proofs, &ground)
        }
    }
}

fn show(
    arguments: &ProveArguments,
    proofs: &[Proof<'_>],
    ground: &render::Ground<'_>,
) -> Result<Ended, Failure> {
    let shown = match arguments.format {
        ProveFormat::Text => render::text(proofs, ground),
        ProveFormat::Json => render::json(proofs, ground),
        ProveFormat::Sarif => render::sarif(proofs, ground),
    };
    written(write!(anstream::stdout(), "{shown}"))?;
    let has = |status: Status| proofs.iter().any(|proof| proof.status == status);
    Ok(match (has(Status::Refuted), has(Status::Unknown)) {
        (true, _) => Ended::Findings,
        (false, true) => Ended::Unknown,
        (false, false) => Ended::Fine,
    })
}

fn properties(
    arguments: &ProveArguments,
    values: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<Property>, Vec<Complaint>> {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    for path in &arguments.property {
        match property::from_file(path, values) {
            Ok(one) => found.push(one),
            Err(complaints) => wrong.extend(complaints),
        }
    }
    // A file is asked alone unless built-in ones are named too.
    if arguments.property.is_empty() || !arguments.only.is_empty() {
        let all = built_in::all(values)?;
        for id in &arguments.only {
            if !all.iter().any(|one| one.id == *id) {
                let complaint = Complaint::new("--only", format!("there is no property `{id}`"));
                wrong.push(complaint.hint("`postern prove --list` shows all"));
            }
        }
        let is_asked = |one: &Property| arguments.only.is_empty() || arguments.only.contains(&one.id);
        found.extend(all.into_iter().filter(is_asked));
    }
    let known: Vec<&String> = found
        .iter()
        .flat_map(|one| one.given.keys().chain(one.not_given.iter().map(|(name, _)| name)))
        .collect();
    for given in &arguments.set {
        let name = given.split('=').next().unwrap_or_default();
        if !known.iter().any(|known| *known == name) {
            let complaint = Complaint::new("--set", format!("no property asks for `{name}`"));
            wrong.push(complaint.hint("`postern prove --list` shows what they ask for"));
        }
    }
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

/// The lists that properties ask for: those of a charter, and over them those that are given.
fn values(arguments: &ProveArguments) -> Result<BTreeMap<String, Vec<String>>, Vec<Complaint>> {
    let mut values = BTreeMap::new();
    if let Some(path) = &arguments.charter {
        let origin = path.display().to_string();
        let bytes = read_file(path, CHARTER_BYTES_MAX).map_err(|complaint| vec![complaint])?;
        let text = String::from_utf8(bytes).map_err(|_| {
            vec![Complaint::new(&origin, "is not valid UTF-8").hint("save the file as UTF-8")]
        })?;
        values = prove::lists_of_charter(&origin, &text)?;
    }
    let mut wrong = Vec::new();
    for given in &arguments.set {
        match given.split_once('=') {
            Some((name, list)) => {
                let list = list.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned);
                values.insert(name.to_owned(), list.collect());
            }
            None => wrong.push(
                Complaint::new("--set", format!("`{given}` has no `=`"))
                    .hint("for example --set approved-regions=eu-central-1,eu-west-1"),
            ),
        }
    }
    if wrong.is_empty() { Ok(values) } else { Err(wrong) }
}

fn list(properties: &[Property]) -> String {
    let mut out = String::new();
    for property in properties {
        let _ = writeln!(out, "{}\n    {}", property.id, property.sentence);
        for (name, lists) in &property.not_given {
            let _ = writeln!(out, "    --set {name}=…   {lists}");
        }
        for (name, values) in &property.given {
            let shown = if values.is_empty() { "nothing".to_owned() } else { values.join(",") };
            let _ = writeln!(out, "    --set {name}=…   {shown} unless given");
        }
        if !property.source.is_empty() {
            let _ = writeln!(out, "    {}", property.source);
        }
    }
    out
}

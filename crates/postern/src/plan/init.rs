//! A first charter, written from what is open now.
//!
//! It allows every listed model that somebody may run, through every door at which models are told apart and that
//! somebody passes, leaves other open doors open, and closes what is closed to everybody already: planned as it is, it
//! takes nothing from anybody who is known. What to take out of it is for people to decide.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use charter::format::format;
use charter::model::{RUN_AT_RUNTIME, takes_models};
use iam::estate::Estate;
use reference::{Door, Endpoint};

use super::effect::{Standings, standings};
use crate::reach::Level;

/// Doors of bedrock-mantle, which has ids of its own.
const MANTLE: [&str; 2] = ["mantle", "mantle-customization"];

/// The charter, as YAML, laid out as all are.
pub fn charter(estate: &Estate, threads: usize) -> String {
    let text = first(&standings(estate, threads));
    format(&text).unwrap_or(text)
}

fn first(standings: &Standings) -> String {
    let count =
        |levels: &[Vec<Level>], at: usize| levels.iter().filter(|each| each[at] != Level::Closed).count();
    let passed: BTreeMap<&str, usize> = standings
        .doors
        .iter()
        .enumerate()
        .map(|(at, door)| (door.id.as_str(), count(&standings.to_doors, at)))
        .collect();
    let open: BTreeSet<&str> = standings
        .models
        .iter()
        .enumerate()
        .filter(|(at, _)| count(&standings.to_models, *at) > 0)
        .map(|(_, model)| *model)
        .collect();
    let runtime = by_provider(Endpoint::Runtime, &open);
    // Ids of an endpoint that nobody gets to are of no use.
    let is_passed = |door: &str| passed.get(door).is_some_and(|people| *people > 0);
    let mantle = match MANTLE.iter().any(|door| is_passed(door)) {
        true => by_provider(Endpoint::Mantle, &open),
        false => BTreeMap::new(),
    };
    let mut out = String::from(
        "# A first charter: what is open now. Take out what nobody should have, then\n\
         # postern plan --charter THIS --snapshot SNAPSHOT\n\
         charter: 1\n",
    );
    let providers: BTreeSet<&String> = runtime.keys().chain(mantle.keys()).collect();
    if !providers.is_empty() {
        out.push_str("models:\n");
    }
    for provider in &providers {
        let _ = writeln!(out, "  {provider}:");
        for (name, ids) in [("runtime", runtime.get(*provider)), ("mantle", mantle.get(*provider))] {
            if let Some(ids) = ids {
                let ids: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
                let _ = writeln!(out, "    {name}: [{}]", ids.join(", "));
            }
        }
    }
    let by_model: Vec<&&Door> =
        standings.doors.iter().filter(|door| takes_models(door) && is_passed(&door.id)).collect();
    out.push_str("areas:\n  - at: /\n");
    let mut rows = String::new();
    for (ids, is_mantle) in [(&runtime, false), (&mantle, true)] {
        let mut through: BTreeSet<&str> = by_model
            .iter()
            .filter(|door| MANTLE.contains(&door.id.as_str()) == is_mantle)
            .map(|door| door.id.as_str())
            .collect();
        // What runs a model as a direct call does takes the direct call along.
        if through.iter().any(|door| RUN_AT_RUNTIME.contains(door)) {
            through.insert("runtime");
        }
        if ids.is_empty() || through.is_empty() {
            continue;
        }
        let names: Vec<&str> = ids.keys().map(String::as_str).collect();
        let through: Vec<&str> = through.into_iter().collect();
        let _ = writeln!(rows, "      - models: [{}]", names.join(", "));
        let _ = writeln!(rows, "        through: [{}]", through.join(", "));
        if !is_mantle {
            rows.push_str("        scope: global\n");
        }
    }
    if !rows.is_empty() {
        let _ = write!(out, "    allow:\n{rows}");
    }
    out.push_str("    doors:\n");
    for door in standings.doors.iter().filter(|door| !takes_models(door)) {
        let people = passed.get(door.id.as_str()).copied().unwrap_or_default();
        let state = if people == 0 { "list-only" } else { "open" };
        let _ = writeln!(out, "      {}: {state}  # {people} users and roles; {}", door.id, door.title);
    }
    out
}

/// Models that are open, by provider; all of a provider in one pattern.
fn by_provider(endpoint: Endpoint, open: &BTreeSet<&str>) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, (Vec<String>, bool)> = BTreeMap::new();
    for model in reference::models().filter(|model| model.endpoint == endpoint) {
        let Some((provider, _)) = model.id.split_once('.') else { continue };
        let entry = all.entry(provider.to_owned()).or_insert((Vec::new(), true));
        match open.contains(model.id) {
            true => entry.0.push(model.id.to_owned()),
            false => entry.1 = false,
        }
    }
    all.into_iter()
        .filter(|(_, (ids, _))| !ids.is_empty())
        .map(|(provider, (ids, is_whole))| {
            let pattern = format!("{provider}.*");
            (provider, if is_whole { vec![pattern] } else { ids })
        })
        .collect()
}

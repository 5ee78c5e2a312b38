//! Which changes of a newer package may open a door, why, and which doors and controls miss them.
//!
//! A change is told when its service has doors, or when its name or description speaks of models. Nothing is decided:
//! a person reads the lines, classifies the action in `duties.tsv` and finds it a door in `doors.toml`.

use std::collections::{BTreeMap, BTreeSet};

use iam::glob::Glob;
use reference::{Door, doors, doors_of_action};

use super::Files;

/// What the package says of services, actions and keys in words, by file and identifying columns.
pub type Descriptions = BTreeMap<(&'static str, String), String>;

/// Beginnings of words that speak of models, their credentials and their tools.
const WORDS: [&str; 24] = [
    "agent",
    "assist",
    "bearer",
    "chat",
    "completion",
    "converse",
    "conversation",
    "copilot",
    "embedding",
    "foundation",
    "generat",
    "guardrail",
    "harness",
    "infer",
    "invocation",
    "invoke",
    "jumpstart",
    "llm",
    "mcp",
    "model",
    "prompt",
    "retriev",
    "synthesi",
    "websearch",
];

/// The lines about everything in `newest` that may open a door or take one away from its control, sorted.
pub fn suspects(committed: &Files, newest: &Files, descriptions: &Descriptions) -> Vec<String> {
    let rows = |files, name, keys| Rows {
        before: records(committed, name, keys),
        after: records(files, name, keys),
    };
    let services = rows(newest, "services.tsv", 1);
    let actions = rows(newest, "actions.tsv", 2);
    let types = rows(newest, "resource_types.tsv", 2);
    let keys = rows(newest, "condition_keys.tsv", 2);
    let mut found = Vec::new();

    for (name, line) in services.added() {
        let title = line.split('\t').nth(1).unwrap_or("");
        match speaks(&[("prefix", name), ("name", title)]) {
            Some(why) if !has_doors(name) => {
                found.push(format!("service {name}: {why}; no door takes its actions"));
            }
            Some(_) | None => {}
        }
    }
    for (name, _) in actions.added() {
        let (service, action) = pair(name);
        if let Some(why) = reason(service, action, descriptions.get(&("actions.tsv", name.to_owned()))) {
            found.push(format!("action {service}:{action}: {why}; {}", controls(service, action)));
        }
    }
    for (name, before, after) in actions.changed() {
        let (service, action) = pair(name);
        for (kind, column) in [("resource type", 3), ("condition key", 4)] {
            let (old, new) = (listed(before, column), listed(after, column));
            for one in new.difference(&old) {
                if has_doors(service) {
                    let coverage = match kind {
                        "resource type" => takers(service, action, one),
                        _ => users(service, one),
                    };
                    found.push(format!("action {service}:{action} now takes the {kind} {one}: {coverage}"));
                }
            }
            for one in old.difference(&new) {
                let losers = losers(service, action, kind, one);
                if !losers.is_empty() {
                    found.push(format!(
                        "action {service}:{action} no longer takes the {kind} {one}: used by {losers}"
                    ));
                }
            }
        }
    }
    for (name, _) in actions.removed() {
        let (service, action) = pair(name);
        let losers = ids(doors_of_action(service, action));
        if !losers.is_empty() {
            found.push(format!("action {service}:{action} is gone: taken by {losers}"));
        }
    }
    for (name, _) in types.added() {
        let (service, one) = pair(name);
        if let Some(why) = reason(service, one, None) {
            let takers = ids(doors().iter().filter(|door| {
                door.actions.iter().any(|each| each.service == service && each.on.iter().any(|on| on == one))
            }));
            found.push(format!("resource type {service} {one}: {why}; {}", or_none("taken by", &takers)));
        }
    }
    for (name, _) in keys.added() {
        let (service, key) = pair(name);
        let own = key.split_once(':').is_some_and(|(prefix, _)| prefix == service);
        let text = descriptions.get(&("condition_keys.tsv", name.to_owned()));
        if own && let Some(why) = reason(service, key, text) {
            found.push(format!("condition key {key}: {why}; {}", users(service, key)));
        }
    }
    found.sort();
    found
}

/// Why a name of a service may open a door, where it may.
fn reason(service: &str, name: &str, description: Option<&String>) -> Option<String> {
    if has_doors(service) {
        return Some(format!("`{service}` has doors"));
    }
    speaks(&[("name", name), ("description", description.map_or("", String::as_str))])
}

fn speaks(texts: &[(&str, &str)]) -> Option<String> {
    texts.iter().find_map(|(what, text)| {
        let words = words(text);
        let found = words.iter().find(|word| WORDS.iter().any(|start| word.starts_with(start)))?;
        Some(format!("its {what} speaks of `{found}`"))
    })
}

/// The words of a text or of a name in camel or kebab case, in lower case.
fn words(text: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut last = ' ';
    for each in text.chars() {
        if each.is_uppercase() && last.is_lowercase() {
            spaced.push(' ');
        }
        spaced.extend(each.to_lowercase());
        last = each;
    }
    let words = spaced.split(|each: char| !each.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn has_doors(service: &str) -> bool {
    doors().iter().any(|door| door.actions.iter().any(|each| each.service == service))
}

/// The controls whose deny reaches an action that no door takes yet.
fn controls(service: &str, action: &str) -> String {
    let name = format!("{service}:{action}").to_ascii_lowercase();
    let reaching: Vec<String> = doors()
        .iter()
        .flat_map(|door| door.deny.iter().map(move |pattern| (door, pattern)))
        .filter(|(_, pattern)| Glob::new(&pattern.to_ascii_lowercase()).matches(&name))
        .map(|(door, pattern)| format!("{} (`{pattern}`)", door.id))
        .collect();
    format!("no door takes it; {}", or_none("denied by", &reaching.join(", ")))
}

/// The doors that take an action on a resource type.
fn takers(service: &str, action: &str, resource_type: &str) -> String {
    let takers = doors_of_action(service, action).filter(|door| takes_on(door, action, resource_type));
    or_none("taken by", &ids(takers))
}

fn takes_on(door: &Door, action: &str, resource_type: &str) -> bool {
    door.actions
        .iter()
        .filter(|each| each.name == action)
        .any(|each| each.on.is_empty() || each.on.iter().any(|one| one == resource_type))
}

/// The doors of a service that use a condition key.
fn users(service: &str, key: &str) -> String {
    let users = doors().iter().filter(|door| {
        door.actions.iter().any(|each| each.service == service) && door.keys.iter().any(|one| one == key)
    });
    or_none("used by", &ids(users))
}

/// The doors of an action that rely on a resource type or key it takes.
fn losers(service: &str, action: &str, kind: &str, one: &str) -> String {
    ids(doors_of_action(service, action).filter(|door| match kind {
        "resource type" => {
            door.actions.iter().any(|each| each.name == action && each.on.iter().any(|on| on == one))
        }
        _ => door.keys.iter().any(|key| key == one),
    }))
}

fn or_none(what: &str, names: &str) -> String {
    match names {
        "" => format!("{what} no door"),
        names => format!("{what} {names}"),
    }
}

fn ids<'a>(doors: impl Iterator<Item = &'a Door>) -> String {
    doors.map(|door| door.id.as_str()).collect::<Vec<_>>().join(", ")
}

/// Names in a column of an action: entries end at `;` or `,`, a type may carry `!` and what follows `|`.
fn listed(line: &str, column: usize) -> BTreeSet<&str> {
    let separator = if column == 3 { ';' } else { ',' };
    let entries = line.split('\t').nth(column).unwrap_or("").split(separator);
    let name = |entry: &'_ str| entry.split('|').next().map_or(0, |name| name.trim_end_matches('!').len());
    entries.filter(|entry| !entry.is_empty()).map(|entry| &entry[..name(entry)]).collect()
}

fn pair(name: &str) -> (&str, &str) {
    name.split_once(' ').unwrap_or((name, ""))
}

/// Records of one file, before and after, by the columns that identify them.
struct Rows<'a> {
    before: BTreeMap<String, &'a str>,
    after: BTreeMap<String, &'a str>,
}

impl<'a> Rows<'a> {
    fn added(&self) -> impl Iterator<Item = (&str, &'a str)> {
        only_in(&self.after, &self.before)
    }

    fn removed(&self) -> impl Iterator<Item = (&str, &'a str)> {
        only_in(&self.before, &self.after)
    }

    fn changed(&self) -> impl Iterator<Item = (&str, &'a str, &'a str)> {
        self.after.iter().filter_map(|(name, line)| {
            let old = self.before.get(name)?;
            (old != line).then_some((name.as_str(), *old, *line))
        })
    }
}

fn only_in<'r, 'a>(
    these: &'r BTreeMap<String, &'a str>,
    others: &'r BTreeMap<String, &'a str>,
) -> impl Iterator<Item = (&'r str, &'a str)> {
    these.iter().filter(|(name, _)| !others.contains_key(*name)).map(|(name, line)| (name.as_str(), *line))
}

/// Records of one file by their leading columns, joined by a space.
pub fn records<'a>(files: &'a Files, name: &str, key_columns: usize) -> BTreeMap<String, &'a str> {
    let text = files.get(name).map_or("", String::as_str);
    text.lines()
        .map(|line| (line.split('\t').take(key_columns).collect::<Vec<_>>().join(" "), line))
        .collect()
}

#[cfg(test)]
mod tests;

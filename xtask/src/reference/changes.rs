//! What a newer package would change, as text.
//!
//! Compares records by the columns that identify them; writes nothing.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Files;
use super::pins::Pins;

/// A file, what one of its records is called, and how many leading columns identify it.
const KINDS: [(&str, &str, usize); 9] = [
    ("services.tsv", "service", 1),
    ("actions.tsv", "action", 2),
    ("resource_types.tsv", "resource type", 2),
    ("condition_keys.tsv", "condition key", 2),
    ("global_keys.tsv", "global condition key", 1),
    ("models.tsv", "model", 2),
    ("profiles.tsv", "inference profile", 1),
    ("managed_policies.tsv", "managed policy", 1),
    ("regions.tsv", "Region", 1),
];

/// Beginnings of the prefixes of services through which a model can be run, brought in, bought, or reached by a tool.
const CONCERN_MODELS: [&str; 11] = [
    "agent",
    "aiops",
    "aidevops",
    "aws-external-anthropic",
    "aws-marketplace",
    "aws-mcp",
    "bedrock",
    "codewhisperer",
    "nova-act",
    "q",
    "sagemaker",
];

/// The report: pins that move, records added, removed and changed, and the records that may open a door.
pub fn report(pins: &Pins, newest_pins: &Pins, committed: &Files, newest: &Files) -> String {
    let mut text = String::new();
    for (old, new) in pins.package.iter().zip(&newest_pins.package) {
        let moved = if old.version == new.version { "is the newest" } else { "is pinned" };
        let _ = writeln!(text, "{} {} {moved}", old.name, old.version);
        if old.version != new.version {
            let _ = writeln!(text, "{} {} is the newest ({})", new.name, new.version, new.date);
        }
    }
    let mut doors = Vec::new();
    for (file, kind, key_columns) in KINDS {
        let before = records(committed, file, key_columns);
        let after = records(newest, file, key_columns);
        let added: Vec<_> = after.keys().filter(|key| !before.contains_key(*key)).collect();
        let removed: Vec<_> = before.keys().filter(|key| !after.contains_key(*key)).collect();
        let changed: Vec<_> = after
            .iter()
            .filter(|(key, line)| before.get(*key).is_some_and(|old| old != *line))
            .map(|(key, _)| key)
            .collect();
        for (sign, keys) in [("+", &added), ("-", &removed), ("~", &changed)] {
            for key in keys {
                let _ = writeln!(text, "{sign} {kind} {key}");
            }
        }
        if matches!(kind, "service" | "action" | "resource type" | "condition key") {
            doors.extend(added.iter().filter(|key| concerns_models(key)).map(|key| format!("{kind} {key}")));
            // An action that takes a new resource type or key may open a door as well as a new one.
            if kind == "action" {
                doors.extend(
                    changed
                        .iter()
                        .filter(|key| concerns_models(key))
                        .map(|key| format!("changed action {key}")),
                );
            }
        }
    }
    doors.sort();
    for door in &doors {
        let _ = writeln!(text, "! may open a door: {door}");
    }
    if committed == newest {
        text.push_str("nothing would change\n");
    }
    text
}

fn records<'a>(files: &'a Files, name: &str, key_columns: usize) -> BTreeMap<String, &'a str> {
    let text = files.get(name).map_or("", String::as_str);
    text.lines()
        .map(|line| (line.split('\t').take(key_columns).collect::<Vec<_>>().join(" "), line))
        .collect()
}

fn concerns_models(key: &str) -> bool {
    CONCERN_MODELS.iter().any(|beginning| key.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::super::pins::Package;
    use super::*;

    fn pins(version: &str) -> Pins {
        let package = Package {
            name: "p".to_owned(),
            client: "npm".to_owned(),
            version: version.to_owned(),
            date: "2026-10-01".to_owned(),
            licence: "MIT".to_owned(),
            provides: "data".to_owned(),
        };
        Pins { package: vec![package], file: Vec::new() }
    }

    fn files(actions: &str) -> Files {
        Files::from([("actions.tsv", actions.to_owned())])
    }

    #[test]
    fn a_report_names_every_change_and_singles_out_what_may_open_a_door() {
        let before = files("bedrock\tInvokeModel\tRead\na\tGone\tRead\nec2\tRun\tRead\n");
        let after =
            files("bedrock\tInvokeModel\tWrite\nbedrock\tSing\tRead\nec2\tFly\tRead\nec2\tRun\tRead\n");
        assert_eq!(
            report(&pins("1"), &pins("2"), &before, &after),
            "p 1 is pinned\n\
             p 2 is the newest (2026-10-01)\n\
             + action bedrock Sing\n\
             + action ec2 Fly\n\
             - action a Gone\n\
             ~ action bedrock InvokeModel\n\
             ! may open a door: action bedrock Sing\n\
             ! may open a door: changed action bedrock InvokeModel\n"
        );
    }

    #[test]
    fn equal_data_changes_nothing() {
        let same = files("ec2\tRun\tRead\n");
        assert_eq!(report(&pins("1"), &pins("1"), &same, &same), "p 1 is the newest\nnothing would change\n");
    }
}

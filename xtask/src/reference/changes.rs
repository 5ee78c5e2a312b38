//! What a newer package would change, as text.
//!
//! Compares records by the columns that identify them; writes nothing.

use std::fmt::Write;

use super::Files;
use super::new_doors::{Descriptions, records, suspects};
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

/// The report: pins that move, records added, removed and changed, and what may open a door.
pub fn report(
    pins: &Pins,
    newest_pins: &Pins,
    committed: &Files,
    newest: &Files,
    descriptions: &Descriptions,
) -> String {
    let mut text = String::new();
    for (old, new) in pins.package.iter().zip(&newest_pins.package) {
        let moved = if old.version == new.version { "is the newest" } else { "is pinned" };
        let _ = writeln!(text, "{} {} {moved}", old.name, old.version);
        if old.version != new.version {
            let _ = writeln!(text, "{} {} is the newest ({})", new.name, new.version, new.date);
        }
    }
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
    }
    for line in suspects(committed, newest, descriptions) {
        let _ = writeln!(text, "! may open a door: {line}");
    }
    if committed == newest {
        text.push_str("nothing would change\n");
    }
    text
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
            report(&pins("1"), &pins("2"), &before, &after, &Descriptions::new()),
            "p 1 is pinned\n\
             p 2 is the newest (2026-10-01)\n\
             + action bedrock Sing\n\
             + action ec2 Fly\n\
             - action a Gone\n\
             ~ action bedrock InvokeModel\n\
             ! may open a door: action bedrock:Sing: `bedrock` has doors; no door takes it; denied by no door\n"
        );
    }

    #[test]
    fn equal_data_changes_nothing() {
        let same = files("ec2\tRun\tRead\n");
        assert_eq!(
            report(&pins("1"), &pins("1"), &same, &same, &Descriptions::new()),
            "p 1 is the newest\nnothing would change\n"
        );
    }
}

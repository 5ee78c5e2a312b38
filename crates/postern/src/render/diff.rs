//! What changed, as text and JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{BAD, DIM, GOOD, OPEN, STRONG, styled};
use crate::compare::as_json;
use crate::diff::{Change, Diff};
use crate::envelope;
use crate::prove::command;

/// Most principals of a change that are named.
const NAMED_MAX: usize = 4;

/// Most actions of a change that are named.
const ACTIONS_MAX: usize = 6;

/// Text for people.
pub fn text(diff: &Diff) -> String {
    let mut out = String::new();
    for (title, style, changes) in
        [("became possible", BAD, &diff.possible), ("is no longer possible", GOOD, &diff.impossible)]
    {
        let _ = writeln!(out, "{} {}", styled(style, changes.len()), styled(STRONG, title));
        for change in changes {
            one(&mut out, change);
        }
    }
    for (title, names) in [("new", &diff.new), ("gone", &diff.gone)] {
        if !names.is_empty() {
            let _ = writeln!(out, "{title}: {}", few(names, NAMED_MAX));
        }
    }
    for (why, count) in &diff.unknown {
        let _ = writeln!(out, "{} {why} ({count})", styled(OPEN, "unknown:"));
    }
    out
}

fn one(out: &mut String, change: &Change) {
    let on = change.kind.map(|kind| format!(" on {kind}")).unwrap_or_default();
    let _ = writeln!(out, "  {}{on}", few(&change.actions, ACTIONS_MAX));
    let who = match change.is_ceiling {
        true => format!("for whoever may be there: {}", few(&change.who, NAMED_MAX)),
        false => format!("for {}", few(&change.who, NAMED_MAX)),
    };
    let _ = writeln!(out, "      {who}");
    if change.triples > 0 {
        let _ = writeln!(out, "      {} of principal, model and way to it", change.triples);
    }
    let example = &change.example;
    let _ = writeln!(
        out,
        "      {}",
        styled(
            DIM,
            format!("{} {} on {}", example.principal(), example.action(), example.resource().as_str())
        )
    );
    let _ = writeln!(out, "      {}", styled(DIM, command(example)));
}

fn few(names: &[String], most: usize) -> String {
    let shown: Vec<&str> = names.iter().take(most).map(String::as_str).collect();
    match names.len().saturating_sub(most) {
        0 => shown.join(", "),
        rest => format!("{} and {rest} more", shown.join(", ")),
    }
}

/// The envelope.
pub fn json(diff: &Diff) -> String {
    let of = |changes: &[Change]| -> Vec<Value> {
        let one = |change: &Change| {
            json!({
                "who": change.who,
                "whoever_is_there": change.is_ceiling,
                "actions": change.actions,
                "resource_type": change.kind,
                "triples": change.triples,
                "example": as_json(&change.example),
                "command": command(&change.example),
            })
        };
        changes.iter().map(one).collect()
    };
    let result = json!({
        "possible": of(&diff.possible),
        "impossible": of(&diff.impossible),
        "new": diff.new,
        "gone": diff.gone,
    });
    let unknowns = diff.unknown.iter().map(|(why, count)| json!({ "reason": why, "count": count })).collect();
    envelope::wrap("diff", result, Vec::new(), unknowns)
}

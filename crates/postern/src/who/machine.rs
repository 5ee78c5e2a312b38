//! The answers to `who` for machines: JSON in the envelope, and CSV.
//!
//! `allowed` and `allowed_if` are pairs of principal and action with the resource; whoever belongs to no account of the data
//! set stands in `outside`, since its own account has to allow it too.

use std::fmt::Write as _;

use iam::layers::Layer;
use serde_json::{Value, json};

use super::{Answered, Caller, Condition, Entry, Found, Standing};
use crate::envelope;
use crate::eval::spelling;

/// The answer in the envelope.
pub fn json(found: &Found) -> String {
    let of = |pick: &dyn Fn(&Entry) -> bool| -> Vec<Value> {
        let picked = found.topics.iter().flat_map(|topic| {
            topic.entries.iter().filter(|entry| pick(entry)).map(move |entry| self::entry(topic, entry))
        });
        picked.collect()
    };
    let inside =
        |name: &'static str| move |entry: &Entry| !entry.caller.is_outside() && entry.standing.name() == name;
    let result = json!({
        "topics": found.topics.iter().map(topic).collect::<Vec<_>>(),
        "allowed": of(&inside("allowed")),
        "allowed_if": of(&inside("allowed_if")),
        "unknown": of(&inside("unknown")),
        "outside": of(&|entry| entry.caller.is_outside()),
        "notes": found.notes,
    });
    let unknowns = found.unread.iter().map(|why| envelope::missing(why)).collect();
    envelope::wrap("who", result, Vec::new(), unknowns)
}

/// One line for each entry, and for each kind of denial with how many.
pub fn csv(found: &Found) -> String {
    let mut out = "standing,principal,kind,outside,action,resource,how,needs,because,by\n".to_owned();
    for topic in &found.topics {
        for entry in &topic.entries {
            let (needs, because) = reasons(&entry.standing);
            let by: Vec<String> = entry.by.iter().map(ToString::to_string).collect();
            let cells = [
                entry.standing.name().to_owned(),
                entry.caller.name(),
                entry.caller.kind().to_owned(),
                entry.caller.is_outside().to_string(),
                topic.action.clone(),
                entry.example.clone().unwrap_or_else(|| topic.resource.clone()),
                entry.how.name().to_owned(),
                needs.join("; "),
                because.join("; "),
                by.join("; "),
            ];
            line(&mut out, &cells);
        }
        for (denial, count) in &topic.denied {
            let kind = if denial.explicit { "explicit_deny" } else { "implicit_deny" };
            let by: Vec<&str> = denial.by.iter().map(|layer| layer.name()).collect();
            let because = format!("{count} principals: {kind} by {}", by.join(", "));
            let mut cells: [String; 10] = Default::default();
            cells[0] = "denied".to_owned();
            cells[4].clone_from(&topic.action);
            cells[5].clone_from(&topic.resource);
            cells[8] = because;
            line(&mut out, &cells);
        }
    }
    out
}

/// Cells after RFC 4180.
fn line(out: &mut String, cells: &[String]) {
    let quoted = |cell: &String| {
        if cell.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    };
    let cells: Vec<String> = cells.iter().map(quoted).collect();
    let _ = writeln!(out, "{}", cells.join(","));
}

fn topic(topic: &Answered) -> Value {
    let denied: Vec<Value> = topic
        .denied
        .iter()
        .map(|(denial, count)| {
            json!({
                "decision": if denial.explicit { "explicit_deny" } else { "implicit_deny" },
                "by": denial.by.iter().map(|layer: &Layer| layer.name()).collect::<Vec<_>>(),
                "count": count,
            })
        })
        .collect();
    json!({
        "action": topic.action,
        "resource": topic.resource,
        "resource_account": topic.resource_account.as_ref().map(|id| id.as_str()),
        "root_user": topic.root_user.as_ref().map(Standing::name),
        "denied": denied,
        "gone": topic.gone,
        "unread_policy": topic.unread_policy.as_ref().map(|why| envelope::missing(why)),
        "notes": topic.notes,
    })
}

fn entry(topic: &Answered, entry: &Entry) -> Value {
    let mut value = json!({
        "principal": entry.caller.name(),
        "kind": entry.caller.kind(),
        "action": topic.action,
        "resource": topic.resource,
        "how": entry.how.name(),
        "by": entry.by.iter().map(envelope::statement).collect::<Vec<_>>(),
    });
    if let Some(example) = &entry.example {
        value["example"] = json!(example);
    }
    if entry.caller.is_outside() || matches!(entry.caller, Caller::CanonicalUser(_)) {
        value["standing"] = json!(entry.standing.name());
    }
    match &entry.standing {
        Standing::Allowed | Standing::Denied(_) => {}
        Standing::AllowedIf(decides) => {
            value["needs"] = decides.keys.iter().map(spelling).collect();
            value["conditions"] = decides.conditions.iter().map(condition).collect();
            if !decides.sessions.is_empty() {
                value["sessions"] = json!(decides.sessions);
            }
        }
        Standing::Unknown { missing, doubts, keys } => {
            value["needs"] = keys.iter().map(spelling).collect();
            value["missing"] = missing.iter().map(|why| envelope::missing(why)).collect();
            value["doubts"] = json!(doubts);
        }
    }
    value
}

fn condition(condition: &Condition) -> Value {
    json!({
        "effect": if condition.allows { "Allow" } else { "Deny" },
        "operator": condition.operator,
        "key": condition.key,
        "values": condition.values,
        "statement": envelope::statement(&condition.statement),
    })
}

/// The keys that decide, and what else does, in words.
pub(super) fn reasons(standing: &Standing) -> (Vec<String>, Vec<String>) {
    match standing {
        Standing::Allowed | Standing::Denied(_) => (Vec::new(), Vec::new()),
        Standing::AllowedIf(decides) => {
            let sessions = decides.sessions.iter().map(|session| format!("only as {session}"));
            (decides.keys.iter().map(spelling).collect(), sessions.collect())
        }
        Standing::Unknown { missing, doubts, keys } => {
            let because = missing.iter().map(|why| format!("missing: {why}")).chain(doubts.iter().cloned());
            (keys.iter().map(spelling).collect(), because.collect())
        }
    }
}

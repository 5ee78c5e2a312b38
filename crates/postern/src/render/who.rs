//! The answers to `who` for people: those who may, what decides for others, and how many may not.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{BAD, DIM, GOOD, OPEN, STRONG, in_words, styled};
use crate::eval::spelling;
use crate::who::{Answered, Denial, Entry, Found, How, Standing};

/// Most of one group that are shown; the machine formats have all.
const SHOWN_MAX: usize = 200;

/// Everything that `who` says.
pub fn who(found: &Found) -> String {
    let mut out = String::new();
    for (number, topic) in found.topics.iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        self::topic(&mut out, topic);
    }
    for note in &found.notes {
        let _ = writeln!(out, "{}", styled(DIM, format!("note: {note}")));
    }
    if !found.unread.is_empty() {
        let _ = writeln!(out, "\n{}", styled(OPEN, "Accounts whose principals are not known"));
    }
    for why in &found.unread {
        let _ = writeln!(out, "  – {why}");
    }
    out
}

fn topic(out: &mut String, topic: &Answered) {
    let account = topic.resource_account.as_ref().map(|id| format!(" in {id}")).unwrap_or_default();
    let question = format!("Who may {} on {}{account}", topic.action, topic.resource);
    let _ = writeln!(out, "{}", styled(STRONG, question));
    for note in &topic.notes {
        let _ = writeln!(out, "{}", styled(DIM, format!("note: {note}")));
    }
    let inside = |name: &str| -> Vec<&Entry> {
        let entries = topic.entries.iter().filter(|entry| !entry.caller.is_outside());
        entries.filter(|entry| entry.standing.name() == name).collect()
    };
    group(out, &styled(GOOD, "allowed"), &inside("allowed"));
    group(out, &styled(OPEN, "allowed if"), &inside("allowed_if"));
    group(out, &styled(OPEN, "unknown"), &inside("unknown"));
    let outside: Vec<&Entry> = topic.entries.iter().filter(|entry| entry.caller.is_outside()).collect();
    group(out, &styled(OPEN, "from outside, as far as its own policies let"), &outside);
    denied(out, &topic.denied);
    match &topic.root_user {
        Some(Standing::Allowed) => {
            let _ = writeln!(out, "  {}", styled(DIM, "the root user of the account may too"));
        }
        Some(Standing::AllowedIf(_) | Standing::Unknown { .. } | Standing::Denied(_)) | None => {}
    }
    for gone in &topic.gone {
        let line = format!("the policy names `{gone}`, which is not there");
        let _ = writeln!(out, "  {}", styled(DIM, line));
    }
    if let Some(why) = &topic.unread_policy {
        let _ = writeln!(out, "  whom it lets in from outside is not known: {why}");
    }
}

fn group(out: &mut String, title: &str, entries: &[&Entry]) {
    if entries.is_empty() {
        return;
    }
    let _ = writeln!(out, "  {title}: {}", entries.len());
    for entry in entries.iter().take(SHOWN_MAX) {
        self::entry(out, entry);
    }
    if entries.len() > SHOWN_MAX {
        let more = format!("    and {} more; --format csv has all", entries.len() - SHOWN_MAX);
        let _ = writeln!(out, "{}", styled(DIM, more));
    }
}

fn entry(out: &mut String, entry: &Entry) {
    let name = match entry.caller.kind() {
        "account" => format!("any principal of account {}", entry.caller.name()),
        "everyone" => "any principal of any account".to_owned(),
        "anonymous" => "anybody, unsigned".to_owned(),
        _ => entry.caller.name(),
    };
    let example = entry.example.as_ref().map(|example| format!("  on {example}")).unwrap_or_default();
    let _ = writeln!(out, "    {name}  {}{example}", styled(DIM, how(entry.how)));
    match &entry.standing {
        Standing::Allowed | Standing::Denied(_) => {}
        Standing::AllowedIf(decides) => {
            let mut shown: Vec<String> = decides
                .conditions
                .iter()
                .map(|one| {
                    let unless = if one.allows { "if" } else { "unless" };
                    format!("{unless} {} {} {}", one.operator, one.key, one.values.join(" or "))
                })
                .collect();
            shown.extend(decides.sessions.iter().map(|session| format!("only as {session}")));
            if shown.is_empty() {
                shown.extend(decides.keys.iter().map(|key| format!("it depends on {}", spelling(key))));
            }
            shown.dedup();
            for line in shown {
                let _ = writeln!(out, "      {line}");
            }
        }
        Standing::Unknown { missing, doubts, .. } => {
            for why in missing {
                let _ = writeln!(out, "      missing: {why}");
            }
            for doubt in doubts {
                let _ = writeln!(out, "      {doubt}");
            }
        }
    }
    for at in &entry.by {
        let _ = writeln!(out, "      {}", styled(DIM, format!("by {at}")));
    }
}

fn how(how: How) -> &'static str {
    match how {
        How::Identity => "by its own policies",
        How::Resource => "by the policy of the resource",
        How::Both => "by its own policies and that of the resource",
        How::Either => "by its own policies, and by that of the resource",
    }
}

fn denied(out: &mut String, denied: &BTreeMap<Denial, usize>) {
    let all: usize = denied.values().sum();
    if all == 0 {
        return;
    }
    let _ = writeln!(out, "  {}: {all}", styled(BAD, "denied"));
    for (denial, count) in denied {
        let by: Vec<&str> = denial.by.iter().map(|layer| in_words(*layer)).collect();
        let by = match (by.is_empty(), denial.explicit) {
            (true, _) => "AWS refuses it to everybody".to_owned(),
            (false, true) => format!("a Deny in {}", by.join(" and ")),
            (false, false) => format!("nothing allows it in {}", by.join(" and ")),
        };
        let _ = writeln!(out, "    {count:>6}  {by}");
    }
}

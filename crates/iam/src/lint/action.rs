//! Values of `Action` and `NotAction` that name nothing, or nothing new.
//!
//! An action that the reference does not list may be newer than the reference; the messages say whose list it is.

use std::collections::HashMap;

use reference::{FictionalAction, FictionalKind};

use super::nearest::nearest;
use super::statement::{Reach, Statement, Text, is_everything, matched};
use super::{Description, Findings, Level};
use crate::glob::Glob;

enum ActionFinding {
    /// No service has the prefix. Source: Access Analyzer policy check reference, INVALID_SERVICE_IN_ACTION.
    UnknownService { prefix: String, instead: Option<String>, note: Option<&'static str> },
    /// No action has the name. Source: Access Analyzer policy check reference, INVALID_ACTION.
    UnknownAction { text: String, service: String, nearest: Option<String> },
    /// An API operation, a misprint or an invention; known by name because it is seen in print. Source: as
    /// [`Self::UnknownAction`], and the row of the reference (aws-facts §1.2).
    Fictional { text: String, row: &'static FictionalAction },
    /// AWS does not say what authorises the operation of that name. Source: the row of the reference
    /// (aws-facts §1.3).
    Unsettled { text: String, row: &'static FictionalAction },
    /// Statements that name it decide nothing. Source: the row of the reference (aws-facts §1.2).
    WithoutEffect { text: String, note: &'static str, instead: &'static [String] },
    /// Another value covers it. Source: Access Analyzer policy check reference, REDUNDANT_ACTION.
    Redundant { text: String, by: String },
}

pub(super) fn check(statement: &Statement, findings: &mut Findings) {
    let Some(element) = &statement.action else { return };
    for value in &element.values {
        if let Some(finding) = unknown(value.text) {
            findings.add(value.node, finding.describe());
        }
    }
    for (value, by) in covered(&element.values) {
        let (text, by) = (value.text.to_owned(), by.to_owned());
        findings.add(value.node, ActionFinding::Redundant { text, by }.describe());
    }
}

fn unknown(text: &str) -> Option<ActionFinding> {
    let (prefix, name) = text.split_once(':')?;
    if prefix.is_empty() || name.contains(':') {
        // Not an action at all, which reading the policy says.
        return None;
    }
    if let Some(row) = reference::fictional_action(text) {
        return Some(fictional(text, row));
    }
    match matched(text) {
        Reach::Everything => return None,
        Reach::Actions(actions) if !actions.is_empty() => return None,
        Reach::Actions(_) => {}
    }
    if let Some(row) = reference::fictional_prefix(prefix) {
        return Some(match &row.instead {
            Some(instead) => ActionFinding::UnknownService {
                prefix: prefix.to_owned(),
                instead: Some(instead.clone()),
                note: Some(&row.note),
            },
            None => ActionFinding::WithoutEffect { text: text.to_owned(), note: &row.note, instead: &[] },
        });
    }
    let service_glob = Glob::new(&prefix.to_lowercase());
    if !reference::services().any(|service| service_glob.matches(service.prefix)) {
        let prefixes = reference::services().map(|service| service.prefix);
        let instead = nearest(prefix, prefixes).map(str::to_owned);
        return Some(ActionFinding::UnknownService { prefix: prefix.to_owned(), instead, note: None });
    }
    let glob = Glob::new(&text.to_lowercase());
    let mut rows = reference::fictional_actions().iter();
    if let Some(row) = rows.find(|row| glob.matches(&row.action.to_lowercase())) {
        return Some(fictional(text, row));
    }
    let nearest = if name.contains(['*', '?']) {
        None
    } else {
        nearest(name, reference::actions(prefix).map(|action| action.name))
            .map(|name| format!("{}:{name}", prefix.to_lowercase()))
    };
    Some(ActionFinding::UnknownAction { text: text.to_owned(), service: prefix.to_owned(), nearest })
}

fn fictional(text: &str, row: &'static FictionalAction) -> ActionFinding {
    let text = text.to_owned();
    match row.kind {
        FictionalKind::Operation | FictionalKind::Misprint | FictionalKind::Invented => {
            ActionFinding::Fictional { text, row }
        }
        FictionalKind::Unsettled => ActionFinding::Unsettled { text, row },
        FictionalKind::WithoutEffect => {
            ActionFinding::WithoutEffect { text, note: &row.note, instead: &row.instead }
        }
    }
}

/// Each value that another value of the list covers, with that other; of two that are the same the later is
/// covered.
fn covered<'a>(values: &[Text<'a>]) -> Vec<(Text<'a>, &'a str)> {
    let folded: Vec<String> = values.iter().map(|value| value.text.to_lowercase()).collect();
    let patterns: Vec<(usize, Pattern)> = folded
        .iter()
        .enumerate()
        .filter(|(_, text)| text.contains(['*', '?']))
        .filter_map(|(number, text)| Some((number, Pattern::new(text)?)))
        .collect();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut covered = Vec::new();
    for (number, (value, text)) in values.iter().zip(&folded).enumerate() {
        let by = seen.get(text.as_str()).copied().or_else(|| {
            let covers =
                |(other, pattern): &&(usize, Pattern)| folded[*other] != *text && pattern.covers(text);
            patterns.iter().find(covers).map(|(other, _)| *other)
        });
        match by {
            Some(by) => covered.push((*value, values[by].text)),
            None => {
                seen.insert(text, number);
            }
        }
    }
    covered
}

/// An action pattern in lower case, to be compared with other patterns.
struct Pattern {
    /// Of the prefix and of the name; none for stars alone.
    globs: Option<(Glob, Glob)>,
    has_question_mark: bool,
}

impl Pattern {
    /// None where `text` is no action pattern.
    fn new(text: &str) -> Option<Self> {
        let globs = text.split_once(':').map(|(prefix, name)| (Glob::new(prefix), Glob::new(name)));
        let is_pattern = globs.is_some() || is_everything(text);
        is_pattern.then(|| Self { globs, has_question_mark: text.contains('?') })
    }

    /// Whether it matches every action that `text` matches.
    fn covers(&self, text: &str) -> bool {
        let Some((prefix, name)) = &self.globs else { return true };
        // A `?` would take the other pattern's `*` for one character.
        !(self.has_question_mark && text.contains('*'))
            && text.split_once(':').is_some_and(|(of, action)| prefix.matches(of) && name.matches(action))
    }
}

impl ActionFinding {
    fn describe(&self) -> Description {
        match self {
            Self::UnknownService { prefix, instead, note } => Description {
                code: "INVALID_SERVICE_IN_ACTION",
                level: Level::Error,
                message: match note {
                    Some(note) => format!("no service has the prefix `{prefix}`: {note}"),
                    None => {
                        format!(
                            "the Service Authorization Reference lists no service with the prefix `{prefix}`"
                        )
                    }
                },
                hint: instead.as_ref().map(|instead| format!("write `{instead}:…` if that is meant")),
            },
            Self::UnknownAction { text, service, nearest } => Description {
                code: "INVALID_ACTION",
                level: Level::Error,
                message: if text.contains(['*', '?']) {
                    format!("`{text}` matches no action that the Service Authorization Reference lists")
                } else {
                    format!("the Service Authorization Reference lists no action `{text}` of `{service}`")
                },
                hint: nearest.as_ref().map(|nearest| format!("did you mean `{nearest}`?")),
            },
            Self::Fictional { text, row } => Description {
                code: "INVALID_ACTION",
                level: Level::Error,
                message: format!("no request is for the action `{text}`: {}", row.note),
                hint: write_instead(&row.instead),
            },
            Self::Unsettled { text, row } => Description {
                code: "unsettled-action",
                level: Level::Warning,
                message: format!("whether any request is for the action `{text}` is not known: {}", row.note),
                hint: match row.instead.as_slice() {
                    [] => None,
                    instead => {
                        Some(format!("in a Deny write {}, which covers every reading", names(instead)))
                    }
                },
            },
            Self::WithoutEffect { text, note, instead } => Description {
                code: "action-without-effect",
                level: Level::Warning,
                message: format!("`{text}` decides nothing: {note}"),
                hint: write_instead(instead),
            },
            Self::Redundant { text, by } => Description {
                code: "REDUNDANT_ACTION",
                level: Level::Suggestion,
                message: if text.eq_ignore_ascii_case(by) {
                    format!("`{text}` is listed twice")
                } else {
                    format!("`{text}` is covered by `{by}` in the same list")
                },
                hint: Some("take it out".to_owned()),
            },
        }
    }
}

fn write_instead(instead: &[String]) -> Option<String> {
    (!instead.is_empty()).then(|| format!("write {}", names(instead)))
}

fn names(all: &[String]) -> String {
    let quoted: Vec<String> = all.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(" and ")
}

//! Condition keys that do not exist, or that the requests in question never carry.
//!
//! A key that the Service Authorization Reference lists for a service but not for an action is absent from the
//! requests for that action (aws-facts §1.1), and an absent key fails positive operators and passes negated
//! ones. Keys of identity providers outside AWS, which have a host name in front, are taken as they stand.

use super::nearest::nearest;
use super::statement::{Condition, Reach, Statement, spelled};
use super::{Description, Findings, Level, listed};
use crate::policy::Effect;

enum KeyFinding {
    /// No global key has the name. Source: Access Analyzer policy check reference, INVALID_GLOBAL_CONDITION_KEY.
    UnknownGlobal { key: String, note: Option<&'static str>, instead: Option<String> },
    /// The service has no such key. Source: Access Analyzer policy check reference,
    /// INVALID_SERVICE_CONDITION_KEY.
    UnknownOfService { key: String, service: String, note: Option<&'static str>, instead: Option<String> },
    /// Neither a global key nor one of a service. Source: IAM User Guide, "IAM JSON policy elements: Condition".
    Unknown { key: String },
    /// No action of the statement carries the key. Source: Service Authorization Reference, actions table.
    NotCarried { key: String, effect: Effect, holds: bool },
    /// Actions without the key meet the condition all the same. Source: IAM User Guide, "IAM JSON policy
    /// elements: Condition operators", on keys that are missing (aws-facts §10, 43 and 44).
    HoldsWithout { key: String, effect: Effect, without: Option<Vec<String>> },
    /// Actions that the statement names one by one never meet the condition, lacking the key. Source: as
    /// [`Self::NotCarried`].
    FailsWithout { key: String, effect: Effect, without: Vec<String> },
    /// None of the actions is listed with this tag key, so no tag is compared. Source: Service Authorization
    /// Reference; for foundation models aws-facts §10, 10.
    TagNotListed { key: String },
}

pub(super) fn check(statement: &Statement, findings: &mut Findings) {
    for condition in &statement.conditions {
        if let Some(finding) = finding(statement, condition) {
            findings.add(condition.key_span, finding.describe());
        }
    }
}

fn finding(statement: &Statement, condition: &Condition) -> Option<KeyFinding> {
    let key = condition.key;
    let Some(known) = reference::key_anywhere(key) else { return unknown(key) };
    let holds = condition.holds_when_absent()?;
    if reference::global_key(key).is_some() {
        return is_listed_tag(known.name).then(|| tag_not_listed(statement, key)).flatten();
    }
    let named = || key.to_owned();
    let effect = statement.effect;
    let Reach::Actions(actions) = statement.reach() else {
        // Every action of every service: most lack the key.
        return (holds && !opted_out(condition, effect)).then(|| KeyFinding::HoldsWithout {
            key: named(),
            effect,
            without: None,
        });
    };
    if actions.is_empty() {
        return None;
    }
    let (carrying, without): (Vec<_>, Vec<_>) = actions.iter().partition(|action| action.lists_key(key));
    if without.is_empty() {
        return None;
    }
    if carrying.is_empty() {
        return Some(KeyFinding::NotCarried { key: named(), effect, holds });
    }
    if holds {
        let without = Some(without.into_iter().map(spelled).collect());
        return (!opted_out(condition, effect)).then(|| KeyFinding::HoldsWithout {
            key: named(),
            effect,
            without,
        });
    }
    // Those that a wildcard takes in may well be meant to be left alone.
    let element = statement.action.as_ref()?;
    let by_name = |name: &String| element.values.iter().any(|value| value.text.eq_ignore_ascii_case(name));
    let without: Vec<String> = without.into_iter().map(spelled).filter(by_name).collect();
    (!without.is_empty()).then(|| KeyFinding::FailsWithout { key: named(), effect, without })
}

/// `…IfExists` with a positive operator in an Allow says that requests without the key are meant.
fn opted_out(condition: &Condition, effect: Effect) -> bool {
    let if_exists = condition.operator.is_some_and(|operator| operator.if_exists && !operator.negated);
    effect == Effect::Allow && if_exists
}

/// The tag keys that the Service Authorization Reference lists action by action.
fn is_listed_tag(name: &str) -> bool {
    matches!(name, "aws:RequestTag/${TagKey}" | "aws:ResourceTag/${TagKey}" | "aws:TagKeys")
}

fn tag_not_listed(statement: &Statement, key: &str) -> Option<KeyFinding> {
    let Reach::Actions(actions) = statement.reach() else { return None };
    let none = !actions.is_empty() && !actions.iter().any(|action| action.lists_key(key));
    none.then(|| KeyFinding::TagNotListed { key: key.to_owned() })
}

fn unknown(key: &str) -> Option<KeyFinding> {
    let row = reference::fictional_key(key);
    let note = row.map(|row| row.note.as_str());
    let named = key.to_owned();
    let Some((prefix, _)) = key.split_once(':') else { return Some(KeyFinding::Unknown { key: named }) };
    if prefix.eq_ignore_ascii_case("aws") {
        let meant = || nearest(key, reference::global_keys().map(|known| known.name)).map(str::to_owned);
        let instead = row.and_then(|row| row.instead.first().cloned()).or_else(meant);
        return Some(KeyFinding::UnknownGlobal { key: named, note, instead });
    }
    if let Some(service) = reference::service(prefix) {
        if is_printed_tag(key, service.prefix) {
            return None;
        }
        let meant =
            || nearest(key, reference::condition_keys(prefix).map(|known| known.name)).map(str::to_owned);
        let instead = if note.is_some() { None } else { meant() };
        let service = service.prefix.to_owned();
        return Some(KeyFinding::UnknownOfService { key: named, service, note, instead });
    }
    // A host name in front: an identity provider that AWS cannot list.
    (!prefix.contains('.')).then_some(KeyFinding::Unknown { key: named })
}

/// Some services' tag keys are listed with the words `tag-key` for the name that the author chooses.
fn is_printed_tag(key: &str, service: &str) -> bool {
    key.split_once('/').is_some_and(|(head, name)| {
        let printed = format!("{head}/tag-key");
        !name.is_empty()
            && reference::condition_keys(service).any(|known| known.name.eq_ignore_ascii_case(&printed))
    })
}

impl KeyFinding {
    fn describe(&self) -> Description {
        match self {
            Self::UnknownGlobal { key, note, instead } => Description {
                code: "INVALID_GLOBAL_CONDITION_KEY",
                level: Level::Error,
                message: with_note(
                    format!("the IAM User Guide lists no global condition key `{key}`"),
                    *note,
                ),
                hint: instead.as_ref().map(|instead| format!("did you mean `{instead}`?")),
            },
            Self::UnknownOfService { key, service, note, instead } => Description {
                code: "INVALID_SERVICE_CONDITION_KEY",
                level: Level::Error,
                message: with_note(
                    format!(
                        "the Service Authorization Reference lists no condition key `{key}` of `{service}`"
                    ),
                    *note,
                ),
                hint: instead.as_ref().map(|instead| format!("did you mean `{instead}`?")),
            },
            Self::Unknown { key } => Description {
                code: "unknown-condition-key",
                level: Level::Error,
                message: format!("`{key}` is neither a global condition key nor one of a service"),
                hint: None,
            },
            Self::NotCarried { key, effect, holds } => Description {
                code: "key-not-carried",
                level: match (effect, holds) {
                    (Effect::Allow, true) | (Effect::Deny, false) => Level::SecurityWarning,
                    (Effect::Allow, false) | (Effect::Deny, true) => Level::Warning,
                },
                message: format!(
                    "requests for the actions of this statement never carry `{key}`, so the condition {} and the statement {}",
                    if *holds { "always holds" } else { "never holds" },
                    match (effect, holds) {
                        (Effect::Allow, true) => "allows as if it were not there",
                        (Effect::Allow, false) => "never allows",
                        (Effect::Deny, true) => "denies as if it were not there",
                        (Effect::Deny, false) => "never denies",
                    }
                ),
                hint: None,
            },
            Self::HoldsWithout { key, effect, without } => Description {
                code: "key-carried-by-some",
                level: match effect {
                    Effect::Allow => Level::SecurityWarning,
                    Effect::Deny => Level::Warning,
                },
                message: {
                    let verb = match effect {
                        Effect::Allow => "allows",
                        Effect::Deny => "denies",
                    };
                    match without {
                        Some(without) => format!(
                            "the condition holds where `{key}` is absent, so the statement {verb} every request for {}, which never carry it",
                            listed(without)
                        ),
                        None => format!(
                            "the condition holds where `{key}` is absent, so the statement {verb} every action that does not carry it, of all services"
                        ),
                    }
                },
                hint: Some("name only actions that carry the key".to_owned()),
            },
            Self::FailsWithout { key, effect, without } => Description {
                code: "key-carried-by-some",
                level: match effect {
                    Effect::Allow => Level::Warning,
                    Effect::Deny => Level::SecurityWarning,
                },
                message: format!(
                    "requests for {} never carry `{key}`, so this statement never {} them",
                    listed(without),
                    match effect {
                        Effect::Allow => "allows",
                        Effect::Deny => "denies",
                    }
                ),
                hint: Some("put them into a statement without this condition".to_owned()),
            },
            Self::TagNotListed { key } => Description {
                code: "tag-key-not-listed",
                level: Level::Warning,
                message: format!(
                    "the Service Authorization Reference lists `{key}` for no action of this statement; it may be absent from every request"
                ),
                hint: None,
            },
        }
    }
}

fn with_note(message: String, note: Option<&str>) -> String {
    match note {
        Some(note) => format!("{message}: {note}"),
        None => message,
    }
}

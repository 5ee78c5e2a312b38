//! What has to be logged, and which events somebody has to be told of, so that a charter is seen to be held.
//!
//! A trail selects the data events of every door that has some, since these are off by default: an open door is used
//! unseen without them, a closed one tried unseen. Rules of EventBridge tell of the use of doors that are closed in
//! every area, denied or not, and of changes to what limits models. What nothing shows is said. Follows aws-facts §6.

use std::collections::{BTreeMap, BTreeSet};

use reference::{CloudTrailEvent, Seen, events};
use serde_json::{Value, json};

use crate::model::{Model, Rule};

/// What is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The advanced event selectors of the trail, as `aws cloudtrail put-event-selectors` takes them.
    pub selectors: String,
    pub rules: Vec<EventRule>,
    /// Doors of which nothing is surely seen, with why.
    pub unseen: Vec<(&'static str, &'static str)>,
}

/// A rule of EventBridge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRule {
    pub name: String,
    pub title: String,
    pub pattern: String,
    /// As `aws events put-rule` takes it.
    pub state: &'static str,
}

/// Longest pattern, in characters. Source: Amazon EventBridge API, `PutRule`.
const PATTERN_MAX: usize = 4_096;

/// The state in which a rule sees read-only management events too, as runs of models are marked. Source: Amazon
/// EventBridge User Guide, "Service events delivered via AWS CloudTrail".
const WITH_READ_ONLY: &str = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";

/// What has to be watched for a charter.
pub fn watch(model: &Model) -> Watch {
    let events = events();
    let closed: Vec<&'static reference::Door> =
        reference::doors().iter().filter(|door| is_closed_everywhere(model, &door.id)).collect();
    let mut rules = Vec::new();
    let mut by_source: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for door in &closed {
        for action in &door.actions {
            // An action that an open door takes too does not tell that this door was used.
            let is_shared = reference::doors()
                .iter()
                .filter(|other| !closed.iter().any(|closed| closed.id == other.id))
                .any(|other| {
                    other
                        .actions
                        .iter()
                        .any(|one| (&one.service, &one.name) == (&action.service, &action.name))
                });
            if is_shared {
                continue;
            }
            if let Seen::As { event_source, names } = events.of_action(&action.service, &action.name) {
                by_source.entry(event_source).or_default().extend(names);
            }
        }
        for row in events.data.iter().filter(|row| row.doors.contains(&door.id)) {
            let is_of_closed = |id: &String| closed.iter().any(|closed| closed.id == *id);
            if let Some(source) =
                events.event_source(&row.prefix).filter(|_| row.doors.iter().all(is_of_closed))
            {
                by_source.entry(source).or_default().extend(row.events.iter().map(String::as_str));
            }
        }
    }
    for (source, names) in by_source {
        let of = |names: &[&str]| json!({ "detail-type": DETAIL_TYPE, "detail": { "eventName": names, "eventSource": [source] } });
        let names: Vec<&str> = names.into_iter().collect();
        rules.extend(split(&names, &of).into_iter().enumerate().map(|(part, pattern)| EventRule {
            name: numbered(&format!("postern-closed-{}", short(source)), part),
            title: format!("doors that are closed everywhere: {source}"),
            pattern,
            state: WITH_READ_ONLY,
        }));
    }
    let mut controls: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in &events.control {
        if let Some(source) = events.event_source(&row.prefix) {
            controls.entry(source).or_default().extend(row.events.iter().map(String::as_str));
        }
    }
    for (source, names) in controls {
        let pattern =
            json!({ "detail-type": DETAIL_TYPE, "detail": { "eventName": names, "eventSource": [source] } });
        rules.push(EventRule {
            name: format!("postern-controls-{}", short(source)),
            title: format!("what limits models is changed: {source}"),
            pattern: pattern.to_string(),
            state: "ENABLED",
        });
    }
    rules.sort_by(|one, other| one.name.cmp(&other.name));
    Watch { selectors: selectors().to_string(), rules, unseen: unseen(model) }
}

/// Of what EventBridge hears from CloudTrail, calls; the second record of a stream is none.
const DETAIL_TYPE: [&str; 1] = ["AWS API Call via CloudTrail"];

fn is_closed_everywhere(model: &Model, door: &str) -> bool {
    !model.areas.is_empty()
        && model.areas.iter().all(|area| match area.rules.get(door) {
            Some(Rule::Managed { permits, .. }) => permits.is_empty(),
            Some(Rule::Unmanaged) | None => false,
        })
}

/// Management events, read-only ones too, and the data events of doors.
fn selectors() -> Value {
    let field = |field: &str, values: &[&str]| json!({ "Field": field, "Equals": values });
    let mut all =
        vec![json!({ "Name": "management", "FieldSelectors": [field("eventCategory", &["Management"])] })];
    let types: BTreeSet<&str> = events().data.iter().map(|row| row.resource_type.as_str()).collect();
    all.extend(types.into_iter().map(|kind| {
        json!({
            "Name": kind,
            "FieldSelectors": [field("eventCategory", &["Data"]), field("resources.type", &[kind])],
        })
    }));
    Value::Array(all)
}

/// Doors of which no event is known.
fn unseen(model: &Model) -> Vec<(&'static str, &'static str)> {
    let of = |door: &'static reference::Door| {
        let has_row = events().data.iter().any(|row| row.doors.contains(&door.id));
        let unknown = door.actions.iter().all(|action| {
            matches!(events().of_action(&action.service, &action.name), Seen::Unknown | Seen::Silent)
        });
        match (has_row, door.cloudtrail) {
            (false, _) if unknown => Some((door.id.as_str(), "no page says under which event source")),
            (false, Some(CloudTrailEvent::Data)) => {
                Some((door.id.as_str(), "its use is data, and no page names the type that selects it"))
            }
            (_, None) if !is_closed_everywhere(model, &door.id) => {
                Some((door.id.as_str(), "no page says whether its use is logged by default"))
            }
            (_, _) => None,
        }
    };
    reference::doors().iter().filter_map(of).collect()
}

/// Patterns over a list of names, none longer than AWS takes.
fn split(names: &[&str], of: &impl Fn(&[&str]) -> Value) -> Vec<String> {
    let whole = of(names).to_string();
    if whole.chars().count() <= PATTERN_MAX || names.len() < 2 {
        return vec![whole];
    }
    let (first, second) = names.split_at(names.len() / 2);
    [split(first, of), split(second, of)].concat()
}

fn numbered(name: &str, part: usize) -> String {
    if part == 0 { name.to_owned() } else { format!("{name}-{}", part + 1) }
}

/// The service in an `eventSource`.
fn short(source: &str) -> &str {
    source.split('.').next().unwrap_or(source)
}

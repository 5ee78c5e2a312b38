//! What CloudTrail and EventBridge see of doors and of what limits models.
//!
//! Kept by hand; every row names its source. What a page does not say is not here, and who watches has to say so.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::hand_kept::parse;

/// What is known of events.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    service: Vec<EventService>,
    renamed: Vec<Renamed>,
    /// Events that are logged only where a trail selects them.
    pub data: Vec<DataEvents>,
    silent: Vec<Silent>,
    /// Events that change what limits models.
    pub control: Vec<ControlEvents>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventService {
    prefix: String,
    event_source: String,
    source: String,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Renamed {
    action: String,
    events: Vec<String>,
    source: String,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Silent {
    actions: Vec<String>,
    source: String,
}

/// Events of data.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataEvents {
    /// Ids of the doors whose use they show.
    pub doors: Vec<String>,
    /// The IAM prefix of the service.
    pub prefix: String,
    /// Values of `eventName`.
    pub events: Vec<String>,
    /// The value of `resources.type` that selects them.
    pub resource_type: String,
    /// Where it comes from.
    pub source: String,
}

/// Events that change what limits models.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlEvents {
    /// What they change.
    pub title: String,
    /// The IAM prefix of the service.
    pub prefix: String,
    /// Values of `eventName`.
    pub events: Vec<String>,
    /// Where it comes from.
    pub source: String,
}

/// The events by which an action is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen<'a> {
    /// Under these names.
    As { event_source: &'a str, names: Vec<&'a str> },
    /// It has no event of its own.
    Silent,
    /// No page says under which source its service logs.
    Unknown,
}

impl Events {
    /// The `eventSource` of an IAM prefix; none where no page shows it.
    pub fn event_source(&self, prefix: &str) -> Option<&str> {
        self.service.iter().find(|row| row.prefix == prefix).map(|row| row.event_source.as_str())
    }

    /// How the use of an action is seen: by an event of its name, unless a row says otherwise.
    pub fn of_action<'a>(&'a self, service: &str, name: &'a str) -> Seen<'a> {
        let spelled = format!("{service}:{name}");
        if self.silent.iter().any(|row| row.actions.contains(&spelled)) {
            return Seen::Silent;
        }
        let Some(event_source) = self.event_source(service) else { return Seen::Unknown };
        let renamed = self.renamed.iter().find(|row| row.action == spelled);
        let names = renamed.map_or_else(|| vec![name], |row| row.events.iter().map(String::as_str).collect());
        Seen::As { event_source, names }
    }
}

/// What is known of events.
pub fn events() -> &'static Events {
    static EVENTS: OnceLock<Events> = OnceLock::new();
    EVENTS.get_or_init(|| parse("events.toml", include_str!("../data/events.toml")))
}

#[cfg(test)]
mod tests {
    //! What every row holds to.

    use super::*;

    #[test]
    fn rows_name_what_there_is() {
        let events = events();
        let sources =
            events.service.iter().map(|row| &row.source).chain(events.data.iter().map(|row| &row.source));
        let sources = sources.chain(events.renamed.iter().map(|row| &row.source));
        let sources = sources.chain(events.silent.iter().map(|row| &row.source));
        assert!(sources.chain(events.control.iter().map(|row| &row.source)).all(|source| !source.is_empty()));
        let exists = |spelled: &str| {
            let (service, name) = spelled.split_once(':').unwrap();
            assert!(crate::action(service, name).is_some(), "{spelled}");
        };
        events.renamed.iter().for_each(|row| exists(&row.action));
        events.silent.iter().flat_map(|row| &row.actions).for_each(|action| exists(action));
        for row in &events.data {
            for door in &row.doors {
                let door = crate::door(door).unwrap_or_else(|| panic!("{door}"));
                // InvokeModelWithBidirectionalStream is the one way to run a model at runtime that is data.
                let is_data = door.cloudtrail == Some(crate::CloudTrailEvent::Data) || door.id == "runtime";
                assert!(is_data, "{}", door.id);
            }
            assert!(events.event_source(&row.prefix).is_some(), "{}", row.prefix);
        }
        assert!(events.control.iter().all(|row| events.event_source(&row.prefix).is_some()));
        // A door whose use is data has its row, or its event source is not known.
        let is_told = |door: &crate::Door| events.data.iter().any(|row| row.doors.contains(&door.id));
        let data = crate::doors().iter().filter(|door| door.cloudtrail == Some(crate::CloudTrailEvent::Data));
        let missing: Vec<&str> = data.filter(|door| !is_told(door)).map(|door| door.id.as_str()).collect();
        assert_eq!(missing, ["web-search"]);
    }
}

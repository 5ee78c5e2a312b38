//! IAM actions: what they are called, what they act on, which keys they carry.
//!
//! Does not say which API operation needs which action. Follows the Service Authorization Reference, whose marks are
//! kept as printed: it calls every resource type of `bedrock:InvokeModel` required although they are alternatives.

use crate::condition_key;
use crate::names::Names;
use crate::resource_type::resource_type;
use crate::table::{Table, columns};

static ACTIONS: Table = Table::new(include_str!("../data/actions.tsv"));

/// One action of one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// Service prefix, e.g. `bedrock`.
    pub service: &'static str,
    /// Name as AWS spells it, e.g. `InvokeModel`.
    pub name: &'static str,
    /// Access levels; a tagging or permissions-management action is also a write.
    pub access: AccessLevels,
    /// Condition keys listed for the action whatever the resource type.
    pub condition_keys: Names,
    /// Other actions the caller needs as well, as `service:Name`, as far as the package has them. The pinned version
    /// has none for any action, so an empty list is no evidence that none is needed.
    pub dependent_actions: Names,
    resources: &'static str,
}

/// A resource type as one action accepts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionResource {
    /// Name of the resource type; see [`resource_type`](crate::resource_type()).
    pub name: &'static str,
    /// Whether the Service Authorization Reference marks it as required.
    pub required: bool,
    /// Condition keys listed for the action with this resource type only.
    pub condition_keys: Names,
    /// Other actions the caller needs as well with this resource type; see [`Action::dependent_actions`].
    pub dependent_actions: Names,
}

/// What an action does, in the terms of the Service Authorization Reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    /// Sees that resources exist.
    List,
    /// Reads contents; running a model is a read.
    Read,
    /// Creates, changes or deletes.
    Write,
    /// Changes who may do what.
    PermissionsManagement,
    /// Changes tags only.
    Tagging,
}

/// The access levels of one action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccessLevels(&'static str);

impl AccessLevels {
    /// The levels, in the order of the file.
    pub fn iter(self) -> impl Iterator<Item = AccessLevel> + Clone {
        self.0.split(',').map(|text| match text {
            "List" => AccessLevel::List,
            "Read" => AccessLevel::Read,
            "Write" => AccessLevel::Write,
            "Permissions management" => AccessLevel::PermissionsManagement,
            "Tagging" => AccessLevel::Tagging,
            other => panic!("an embedded line has the access level {other:?}"),
        })
    }

    /// Whether the action has this level.
    pub fn contains(self, level: AccessLevel) -> bool {
        self.iter().any(|each| each == level)
    }

    /// Whether the action changes anything.
    pub fn writes(self) -> bool {
        self.contains(AccessLevel::Write)
    }
}

impl Action {
    /// The resource types it accepts; none means only the resource `*` is ever matched.
    pub fn resource_types(self) -> impl Iterator<Item = ActionResource> + Clone {
        self.resources.split(';').filter(|entry| !entry.is_empty()).map(read_resource)
    }

    /// The resource type of this name as the action accepts it, letters compared without case.
    pub fn resource(self, name: &str) -> Option<ActionResource> {
        self.resource_types().find(|each| each.name.eq_ignore_ascii_case(name))
    }

    /// Whether the action accepts resources at all.
    pub fn takes_resources(self) -> bool {
        !self.resources.is_empty()
    }

    /// Whether the Service Authorization Reference lists `key` for the action, for a resource type as the action
    /// accepts it, or for that resource type itself. `aws:RequestTag/team` is listed by `aws:RequestTag/${TagKey}`.
    pub fn lists_key(self, key: &str) -> bool {
        let listed = |keys: Names| keys.iter().any(|each| condition_key::is_instance(each, key));
        listed(self.condition_keys)
            || self.resource_types().any(|each| {
                listed(each.condition_keys)
                    || resource_type(self.service, each.name)
                        .is_some_and(|known| listed(known.condition_keys))
            })
    }
}

/// The action of this service, letters compared without case as IAM does.
pub fn action(service: &str, name: &str) -> Option<Action> {
    ACTIONS.find(&[service, name]).map(read)
}

/// All actions of one service, by name; none for an unknown prefix.
pub fn actions(service: &str) -> impl Iterator<Item = Action> + Clone {
    crate::service::service(service)
        .into_iter()
        .flat_map(|known| ACTIONS.lines_under(known.prefix).iter().copied().map(read))
}

/// Whether a request for `action` may carry `key`: every global key, and keys the reference lists for it.
///
/// A service key that is not listed is absent from the request context of that action. An unknown action carries
/// global keys only.
///
/// Source: Service Authorization Reference, "Reference", condition keys table.
pub fn action_carries(service: &str, name: &str, key: &str) -> bool {
    condition_key::global_key(key).is_some()
        || action(service, name).is_some_and(|known| known.lists_key(key))
}

fn read(line: &'static str) -> Action {
    let [service, name, access, resources, keys, dependents] = columns(line);
    Action {
        service,
        name,
        access: AccessLevels(access),
        condition_keys: Names::new(keys),
        dependent_actions: Names::new(dependents),
        resources,
    }
}

/// An entry reads `name`, `!` when required, then `|` and its keys, then `|` and its dependent actions.
fn read_resource(entry: &'static str) -> ActionResource {
    let mut parts = entry.split('|');
    let name = parts.next().unwrap_or(entry);
    let keys = parts.next().unwrap_or("");
    let dependents = parts.next().unwrap_or("");
    ActionResource {
        name: name.trim_end_matches('!'),
        required: name.ends_with('!'),
        condition_keys: Names::new(keys),
        dependent_actions: Names::new(dependents),
    }
}

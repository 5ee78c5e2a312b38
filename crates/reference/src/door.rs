//! Doors: the ways in which a model can be run, brought in, deployed or shared, its credential minted, or a tool
//! reach out.
//!
//! Says which actions go through which door and what tells models apart there. Does not decide whether a door is open
//! to anyone. Kept by hand from the user guides and the Service Authorization Reference; every row names its source.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;

use crate::Opens;
use crate::hand_kept::parse;

/// One door.
#[derive(Debug, PartialEq, Eq)]
pub struct Door {
    /// Stable id in kebab case, e.g. `claude-platform`; a charter names doors by it.
    pub id: String,
    /// What it is, in words.
    pub title: String,
    /// What can be done through it.
    pub does: Vec<Opens>,
    /// The actions that go through it; one that goes through several doors stands in each.
    pub actions: Vec<DoorAction>,
    /// Resource types that are authorised besides what runs: an action that is allowed on these alone opens nothing.
    pub besides: Vec<String>,
    /// Actions as `service:Name` that read what is behind the door and do not open it.
    pub list_actions: Vec<String>,
    /// APIs that go through it, as `endpoint:Name`; see [`api`](crate::api).
    pub operations: Vec<String>,
    /// What tells one model, or one use, from another.
    pub gate: Gate,
    /// Condition keys that a statement about the door can use.
    pub keys: Vec<String>,
    /// How finely it can be controlled.
    pub scope: Scope,
    /// What closes it, as a sentence without full stop.
    pub control: String,
    /// Action patterns that a statement closing it names.
    pub deny: Vec<String>,
    /// What is easily overlooked, as clauses without full stop at the end.
    pub notes: Option<String>,
    /// Whether guardrails, asked for or enforced, act there; none where AWS does not say.
    pub guardrails: Option<bool>,
    /// Whether model invocation logging sees it; none where AWS does not say.
    pub invocation_logging: Option<bool>,
    /// The kind of CloudTrail event its use is; none where AWS does not say.
    pub cloudtrail: Option<CloudTrailEvent>,
    /// Where it comes from.
    pub source: String,
}

/// An action as one door takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorAction {
    /// Service prefix, e.g. `bedrock`.
    pub service: String,
    /// Name as AWS spells it, e.g. `InvokeModel`.
    pub name: String,
    /// The resource types on which the action goes through this door; none means whatever it is on.
    pub on: Vec<String>,
    /// Why the Service Authorization Reference lists no such action, or not with these types, where it does not.
    pub unlisted: Option<String>,
}

/// What tells one model, or one use of a door, from another in a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// The resource of the request.
    Resource,
    /// A condition key; see [`Door::keys`].
    ConditionKey,
    /// Whoever made the thing chose its model; callers name only the thing.
    Creation,
    /// Nothing.
    Nothing,
}

/// How finely a door can be controlled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Model by model.
    Model,
    /// Thing by thing, such as endpoint, workspace or agent; the model is not seen.
    Resource,
    /// Open or closed.
    Whole,
}

/// What kind of CloudTrail event something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloudTrailEvent {
    /// Logged by default.
    Management,
    /// Logged only where a trail selects it.
    Data,
}

/// A way to run a model that no door sees.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeyondDoors {
    /// Stable id in kebab case.
    pub id: String,
    /// What it is, in words.
    pub title: String,
    /// What helps against it.
    pub helps: String,
    /// Where it comes from.
    pub source: String,
}

impl Door {
    /// Whether this action goes through the door, on whatever resource; letters compared without case.
    pub fn takes(&self, service: &str, action: &str) -> bool {
        self.actions.iter().any(|each| each.is(service, action))
    }
}

impl DoorAction {
    fn is(&self, service: &str, action: &str) -> bool {
        self.service.eq_ignore_ascii_case(service) && self.name.eq_ignore_ascii_case(action)
    }
}

/// All doors, in the order of the table.
pub fn doors() -> &'static [Door] {
    &table().doors
}

/// The door of this id.
pub fn door(id: &str) -> Option<&'static Door> {
    doors().iter().find(|each| each.id == id)
}

/// The doors this action goes through, in the order of the table; letters compared without case.
pub fn doors_of_action(service: &str, action: &str) -> impl Iterator<Item = &'static Door> + Clone + use<> {
    static BY_ACTION: LazyLock<HashMap<String, Vec<&'static Door>>> = LazyLock::new(|| {
        let mut by_action: HashMap<String, Vec<&'static Door>> = HashMap::new();
        for door in doors() {
            for action in &door.actions {
                let of_action = by_action.entry(folded(&action.service, &action.name)).or_default();
                if of_action.last().is_none_or(|last| last.id != door.id) {
                    of_action.push(door);
                }
            }
        }
        by_action
    });
    BY_ACTION.get(&folded(service, action)).map(Vec::as_slice).unwrap_or_default().iter().copied()
}

fn folded(service: &str, action: &str) -> String {
    let mut folded = format!("{service}:{action}");
    folded.make_ascii_lowercase();
    folded
}

/// What no door sees.
pub fn beyond_doors() -> &'static [BeyondDoors] {
    &table().beyond
}

struct DoorTable {
    doors: Vec<Door>,
    beyond: Vec<BeyondDoors>,
}

fn table() -> &'static DoorTable {
    static TABLE: OnceLock<DoorTable> = OnceLock::new();
    TABLE.get_or_init(|| {
        let file: DoorFile = parse("doors.toml", include_str!("../data/doors.toml"));
        DoorTable { doors: file.door.into_iter().map(Door::from).collect(), beyond: file.beyond }
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DoorFile {
    door: Vec<DoorRow>,
    beyond: Vec<BeyondDoors>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DoorRow {
    id: String,
    title: String,
    does: Vec<Opens>,
    actions: Vec<ActionRow>,
    #[serde(default)]
    besides: Vec<String>,
    #[serde(default)]
    list_actions: Vec<String>,
    #[serde(default)]
    operations: Vec<String>,
    gate: Gate,
    #[serde(default)]
    keys: Vec<String>,
    scope: Scope,
    control: String,
    deny: Vec<String>,
    notes: Option<String>,
    guardrails: Option<bool>,
    invocation_logging: Option<bool>,
    cloudtrail: Option<CloudTrailEvent>,
    source: String,
}

/// Actions that a door takes alike.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActionRow {
    names: Vec<String>,
    #[serde(default)]
    on: Vec<String>,
    unlisted: Option<String>,
}

impl From<DoorRow> for Door {
    fn from(row: DoorRow) -> Self {
        Self {
            id: row.id,
            title: row.title,
            does: row.does,
            actions: row.actions.into_iter().flat_map(each_name).collect(),
            besides: row.besides,
            list_actions: row.list_actions,
            operations: row.operations,
            gate: row.gate,
            keys: row.keys,
            scope: row.scope,
            control: row.control,
            deny: row.deny,
            notes: row.notes,
            guardrails: row.guardrails,
            invocation_logging: row.invocation_logging,
            cloudtrail: row.cloudtrail,
            source: row.source,
        }
    }
}

/// # Panics
/// When an embedded name is no `service:Name`: a bug of ours that a test over the table finds.
fn each_name(row: ActionRow) -> impl Iterator<Item = DoorAction> {
    row.names.into_iter().map(move |name| {
        let (service, name) = name.split_once(':').expect("an action of a door is `service:Name`");
        DoorAction {
            service: service.to_owned(),
            name: name.to_owned(),
            on: row.on.clone(),
            unlisted: row.unlisted.clone(),
        }
    })
}

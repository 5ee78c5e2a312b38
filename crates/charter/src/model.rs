//! A charter that has been checked: for each area and door, who may do what.
//!
//! A door is unmanaged, or managed by permits: what passes it has to be admitted by one of them, and a closed door has
//! none. The nearest area that speaks about a door decides. It speaks about a door that it names; one with an `allow`
//! list speaks about every door at which models can be told apart. A door nobody speaks about is closed.
//!
//! A [`Model`] exists only where nothing is wrong with the charter. It knows its areas by the ids of the organisation's
//! nodes, and nothing of policies.

mod check;
mod compliance;
mod definition;
mod guardrail;
mod hub;
pub(crate) mod reach;
mod role;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use iam::arn::AccountId;
use iam::estate::{Known, Node, NodeKind, Organization};
use reference::Door;

use crate::day::Day;
use crate::diagnostic::{Diagnostic, Level};
use crate::passage::is_without_regions;
use crate::passage::type_pattern;
pub use crate::passage::{RUN_AT_RUNTIME, takes_models};
use crate::syntax::{AllowEntry, AreaEntry, At, ScopeWord, State, Syntax};

pub use check::check;
pub use definition::Definition;
pub use guardrail::Guardrail;
pub use hub::Hub;
pub use role::{Purpose, Role, Stored, Takers, Trust};

/// Where in the charter something comes from, in bytes.
pub type Origin = Range<usize>;

/// A checked charter on an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Parents before children.
    pub areas: Vec<Area>,
    /// Roles that areas make, by their names.
    pub roles: Vec<Role>,
    pub hubs: Vec<Hub>,
    pub guardrails: Vec<Definition>,
    /// The id of the organisation, and its management account.
    pub organization: Arc<str>,
    pub management_account: AccountId,
    /// The partition of the organisation.
    pub partition: String,
    /// The trail that logs, and what rules call, where it is to be watched.
    pub watch: Option<(String, Option<String>)>,
}

/// A node of the organisation about which the charter speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// The id of the root, unit or account.
    pub node: Arc<str>,
    pub kind: NodeKind,
    /// `o-…/r-…/ou-…/`; of an account that of its parent.
    pub path: Arc<str>,
    /// What the charter calls it.
    pub name: String,
    /// The nearest area above, by its place in the list.
    pub above: Option<usize>,
    /// What holds at every door.
    pub rules: BTreeMap<&'static str, Rule>,
    /// Services that are off, by their prefixes.
    pub off: BTreeMap<String, Off>,
    /// Data-retention modes that may be set, where that is limited.
    pub retention: Option<(BTreeSet<String>, Origin)>,
    /// Who may change policies of the organisation, at the root where that is limited.
    pub keepers: Option<(BTreeSet<String>, Origin)>,
    /// The guardrail that is enforced here and below, in its Regions.
    pub guardrail: Option<Guardrail>,
    /// Roles that are made in every account here and below, by their names.
    pub roles: Vec<String>,
    /// Who has to stand behind whoever runs models, where that is said.
    pub identity: Option<Identity>,
    /// Buckets that only some may read and write.
    pub buckets: Vec<Bucket>,
    /// What it should cost, where that is said.
    pub budget: Option<Budget>,
}

/// What an area should cost a month, and who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Whole US dollars.
    pub usd: u32,
    /// Addresses of mail, or the ARN of a topic.
    pub notify: BTreeSet<String>,
}

/// Buckets that only some may read and write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Patterns of names.
    pub names: BTreeSet<String>,
    /// Patterns of the ARNs of who may read.
    pub readers: BTreeSet<String>,
    /// And of who may write too.
    pub writers: BTreeSet<String>,
    pub origin: Origin,
}

/// Who has to stand behind whoever runs models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Patterns of source identities.
    pub source: BTreeSet<String>,
    /// Patterns of the ARNs of who needs none.
    pub callers: BTreeSet<String>,
    pub origin: Origin,
}

/// A service that is off, but for some people and some things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Off {
    /// Patterns of the ARNs of who may use it still.
    pub callers: BTreeSet<String>,
    /// Patterns of the ARNs of what may be used still.
    pub resources: BTreeSet<String>,
    /// Patterns of the ARNs of the only things it is off on; all if there are none.
    pub on: BTreeSet<String>,
    pub origin: Origin,
}

/// What holds at a door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The charter does not govern it; policies decide alone.
    Unmanaged,
    /// What passes has to be admitted by a permit.
    Managed {
        permits: Vec<Permit>,
        /// Whether reading what is behind it is closed too, where a whole service belongs to the door.
        closes_listing: bool,
        origin: Origin,
    },
}

impl Rule {
    /// What it admits by name.
    pub fn permits(&self) -> &[Permit] {
        match self {
            Self::Managed { permits, .. } => permits,
            Self::Unmanaged => &[],
        }
    }
}

/// Somebody, something, somewhere, until some day: all of it has to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    /// The models; any if none is given.
    pub models: Option<Models>,
    /// Patterns of ARNs; anything if none is given.
    pub resources: Option<BTreeSet<String>>,
    /// Patterns of the ARNs of principals; everybody if none is given.
    pub callers: Option<BTreeSet<String>>,
    /// The first day on which it no longer admits.
    pub ends: Option<Day>,
    /// Where calls are made and where they may run; anywhere if none is given.
    pub regions: Option<Regions>,
    pub scope: ScopeWord,
    /// What API keys may be used and made.
    pub keys: KeyRule,
    /// Whether things are shared within the organisation only.
    pub inside: bool,
    pub origin: Origin,
}

/// Patterns of model ids at either endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Models {
    pub runtime: BTreeSet<String>,
    pub mantle: BTreeSet<String>,
}

/// Regions of calls and of what they cause.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Regions {
    /// Where calls are made.
    pub called: BTreeSet<String>,
    /// Where the model may run, in the values of `aws:RequestedRegion`: those of `called`, destinations of geographic
    /// profiles, and [`NOWHERE`] where global ones are meant.
    pub reached: BTreeSet<String>,
}

/// Which API keys a permit admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyRule {
    /// Of any kind and age.
    Any,
    /// Only those of a session.
    ShortTerm,
    /// Long-term ones too, made for so many days at most.
    MaxAgeDays(u32),
}

/// The value of `aws:RequestedRegion` on the Region-less model of a global profile.
///
/// Source: Amazon Bedrock User Guide, "Global cross-Region inference".
///
/// The policies of that page say `unspecified`, one of its sentences `global`; both are meant wherever one is.
pub const NOWHERE: [&str; 2] = ["global", "unspecified"];

impl Permit {
    /// One that admits everything.
    pub fn open(origin: Origin) -> Self {
        Self {
            models: None,
            resources: None,
            callers: None,
            ends: None,
            regions: None,
            scope: ScopeWord::Global,
            keys: KeyRule::Any,
            inside: false,
            origin,
        }
    }
}

impl Model {
    /// Puts a charter on an organisation.
    ///
    /// # Errors
    /// Everything that is wrong with it; warnings are among them. Warnings alone come with the model.
    pub fn new(
        syntax: &Syntax,
        organization: &Organization,
        today: Option<&Day>,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let mut found = check(syntax, today);
        let partition = organization.nodes().first().and_then(|root| root.arn.split(':').nth(1));
        let partition = partition.unwrap_or("aws").to_owned();
        let model = Lower { syntax, organization, partition, found: &mut found }.model();
        found.sort_by(|a, b| (a.at.start, a.at.end, &a.message).cmp(&(b.at.start, b.at.end, &b.message)));
        match model {
            Some(model) if found.iter().all(|each| each.level == Level::Warning) => Ok((model, found)),
            _ => Err(found),
        }
    }

    /// What holds of source identities in an area.
    pub fn identity<'m>(&'m self, area: &'m Area) -> Option<&'m Identity> {
        let above = |each: &&'m Area| each.above.map(|above| &self.areas[above]);
        std::iter::successors(Some(area), above).find_map(|each| each.identity.as_ref())
    }

    /// The nearest area to a node, given by the ids from the root down to it.
    pub fn area(&self, chain: &[&str]) -> Option<&Area> {
        chain.iter().rev().find_map(|id| self.areas.iter().find(|area| area.node.as_ref() == *id))
    }
}

impl Area {
    /// Whether `other` lies below this area or is it.
    pub fn contains(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (NodeKind::Account(_), _) => self.node == other.node,
            (NodeKind::Root | NodeKind::Unit, _) => other.path.starts_with(self.path.as_ref()),
        }
    }
}

struct Lower<'a> {
    syntax: &'a Syntax,
    organization: &'a Organization,
    partition: String,
    found: &'a mut Vec<Diagnostic>,
}

/// A node with the area that speaks about it.
type Named<'a> = (&'a Node, &'a AreaEntry, &'a At<String>);

impl<'a> Lower<'a> {
    fn model(mut self) -> Option<Model> {
        let mut named: Vec<Named<'a>> = Vec::new();
        for entry in &self.syntax.areas {
            for at in &entry.at {
                let Some(node) = self.node(at) else { continue };
                if let Some((_, _, earlier)) = named.iter().find(|(known, _, _)| known.id == node.id) {
                    self.found.push(
                        Diagnostic::error(at.at.clone(), format!("`{}` is an area already", at.value))
                            .also(earlier.at.clone(), "here first")
                            .hint("put both into one area"),
                    );
                    continue;
                }
                named.push((node, entry, at));
            }
        }
        let mut areas: Vec<Area> = Vec::new();
        // Nodes stand parents first.
        for node in self.organization.nodes() {
            let Some(&(_, entry, at)) = named.iter().find(|(known, _, _)| known.id == node.id) else {
                continue;
            };
            let Known::Known(path) = &node.path else {
                let message = format!("where `{}` stands in the organisation is not known", at.value);
                self.found.push(Diagnostic::error(at.at.clone(), message));
                continue;
            };
            let above = self.above(node, &areas);
            areas.push(Area {
                node: node.id.clone(),
                kind: node.kind.clone(),
                path: path.clone(),
                name: at.value.clone(),
                above,
                rules: self.rules(entry, at, above.map(|above| &areas[above])),
                off: self.off(entry),
                retention: entry.retention.as_ref().map(|modes| {
                    (modes.value.iter().map(|mode| mode.value.clone()).collect(), modes.at.clone())
                }),
                keepers: None,
                guardrail: entry.guardrail.as_ref().and_then(|enforced| self.guardrail(enforced)),
                roles: self.placed(&entry.roles),
                budget: entry.budget.as_ref().map(|budget| Budget {
                    usd: budget.usd,
                    notify: budget.notify.iter().map(|each| each.value.clone()).collect(),
                }),
                buckets: entry
                    .buckets
                    .iter()
                    .map(|bucket| Bucket {
                        names: bucket.names.iter().map(|name| name.value.clone()).collect(),
                        readers: self.callers(&bucket.readers).unwrap_or_default(),
                        writers: self.callers(&bucket.writers).unwrap_or_default(),
                        origin: bucket.at.clone(),
                    })
                    .collect(),
                identity: entry.identity.as_ref().map(|identity| Identity {
                    source: identity.source.iter().map(|each| each.value.clone()).collect(),
                    callers: self.callers(&identity.except).unwrap_or_default(),
                    origin: identity.at.clone(),
                }),
            });
        }
        self.exceptions(&mut areas);
        self.fence(&mut areas);
        self.inherited(&named);
        let guardrails = self.definitions();
        self.guarded(&areas, &guardrails);
        self.in_scope(&areas, &named);
        self.made_once(&areas, &named);
        let roles = self.roles();
        let hubs = self.hubs(&areas);
        let watch = self.syntax.watch.as_ref().map(|watch| {
            (watch.trail.value.clone(), watch.target.as_ref().map(|target| target.value.clone()))
        });
        Some(Model {
            areas,
            roles,
            hubs,
            guardrails,
            organization: self.organization.id.clone(),
            management_account: self.organization.management_account,
            partition: self.partition,
            watch,
        })
    }

    /// The node that an area names: `/`, a path of names, or an id.
    fn node(&mut self, at: &At<String>) -> Option<&'a Node> {
        let found = match at.value.strip_prefix('/') {
            Some(path) => {
                self.organization.nodes().iter().find(|node| self.names(node).as_deref() == Some(path))
            }
            None => self.organization.node(&at.value),
        };
        if found.is_none() {
            let paths: Vec<String> = self
                .organization
                .nodes()
                .iter()
                .filter_map(|node| self.names(node))
                .map(|path| format!("/{path}"))
                .collect();
            let hint = match iam::lint::nearest::nearest(&at.value, paths.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "a path of names such as /workloads/prod, or the id of a unit or account".to_owned(),
            };
            let message = format!("the organisation has no `{}`", at.value);
            self.found.push(Diagnostic::error(at.at.clone(), message).hint(hint));
        }
        found
    }

    /// The names from below the root down to a node; none where one is not known.
    fn names(&self, node: &Node) -> Option<String> {
        match self.organization.chain(node) {
            Known::Known(chain) => {
                let names: Option<Vec<&str>> =
                    chain.iter().skip(1).map(|each| each.name.as_deref()).collect();
                names.map(|names| names.join("/"))
            }
            Known::Unknown(_) => None,
        }
    }

    /// The nearest area above a node.
    fn above(&self, node: &Node, areas: &[Area]) -> Option<usize> {
        let Known::Known(chain) = self.organization.chain(node) else { return None };
        let mut above = chain.iter().rev().skip(1);
        above.find_map(|each| areas.iter().position(|area| area.node == each.id))
    }

    fn rules(
        &mut self,
        entry: &AreaEntry,
        at: &At<String>,
        above: Option<&Area>,
    ) -> BTreeMap<&'static str, Rule> {
        let mut rules = BTreeMap::new();
        for door in reference::doors() {
            let said = entry.doors.iter().find(|(name, _)| name.value == door.id);
            let others = || entry.doors.iter().find(|(name, _)| name.value == OTHERS);
            let inherited = || above.and_then(|above| above.rules.get(door.id.as_str())).cloned();
            let rule = match (said, &entry.allow) {
                (Some((_, state)), _) => self.state(door, state),
                (None, Some(rows)) if takes_models(door) => Rule::Managed {
                    permits: rows.value.iter().flat_map(|row| self.permits(door, row, &rows.value)).collect(),
                    closes_listing: false,
                    origin: rows.at.clone(),
                },
                (None, _) => match (others(), inherited()) {
                    (Some((_, state)), _) => self.state(door, state),
                    (None, Some(rule)) => rule,
                    (None, None) => closed(at.at.clone()),
                },
            };
            rules.insert(door.id.as_str(), rule);
        }
        rules
    }

    fn state(&mut self, door: &'static Door, state: &At<State>) -> Rule {
        let origin = state.at.clone();
        let open = Permit::open(origin.clone());
        let permits = match &state.value {
            State::Unmanaged => return Rule::Unmanaged,
            State::Closed => return closed(origin),
            State::ListOnly => Vec::new(),
            State::Open => vec![open],
            State::ShortTerm => vec![Permit { keys: KeyRule::ShortTerm, ..open }],
            State::MaxAgeDays(days) => vec![Permit { keys: KeyRule::MaxAgeDays(*days), ..open }],
            State::Limited { only, resources, regions, inside } => vec![Permit {
                inside: *inside,
                callers: self.callers(only),
                regions: (!regions.is_empty() && !is_without_regions(door)).then(|| {
                    let called: BTreeSet<String> =
                        regions.iter().map(|region| region.value.clone()).collect();
                    Regions { reached: called.clone(), called }
                }),
                resources: (!resources.is_empty())
                    .then(|| resources.iter().filter_map(|each| self.resource(door, each)).collect()),
                ..open
            }],
        };
        Rule::Managed { permits, closes_listing: false, origin }
    }

    /// The permits of one row of an allow-list at one door, one for each day on which some of its models end.
    fn permits(&self, door: &'static Door, row: &AllowEntry, rows: &[AllowEntry]) -> Vec<Permit> {
        let goes = |row: &AllowEntry, door: &str| row.through.iter().any(|name| name.value == door);
        // The model of a Responses call is authorised as that of any other; where all that run directly may respond,
        // that says enough.
        let is_told_elsewhere = door.id == "runtime-responses"
            && rows.iter().all(|row| !goes(row, "runtime") || goes(row, "runtime-responses"));
        if !row.through.iter().any(|name| name.value == door.id) {
            return Vec::new();
        }
        let mut by_end: BTreeMap<Option<Day>, Models> = BTreeMap::new();
        for name in &row.models {
            let Some(entry) = self.syntax.models.iter().find(|each| each.name.value == name.value) else {
                continue;
            };
            let ends = [&entry.ends, &row.ends].into_iter().flatten().map(|day| day.value.clone()).min();
            let models = by_end.entry(ends).or_default();
            models.runtime.extend(entry.runtime.iter().map(|id| id.value.clone()));
            models.mantle.extend(entry.mantle.iter().map(|id| id.value.clone()));
        }
        let scope = row.scope.as_ref().map_or(ScopeWord::InRegion, |scope| scope.value);
        let called: BTreeSet<String> = row.regions.iter().map(|region| region.value.clone()).collect();
        let permit = |(ends, models): (Option<Day>, Models)| Permit {
            regions: (!called.is_empty()).then(|| Regions {
                reached: reach::reached(&models, &called, scope),
                called: called.clone(),
            }),
            models: (!is_told_elsewhere).then_some(models),
            resources: None,
            callers: self.callers(&row.callers),
            ends,
            scope,
            keys: KeyRule::Any,
            inside: false,
            origin: row.at.clone(),
        };
        by_end.into_iter().map(permit).collect()
    }

    /// Callers as patterns of ARNs; none stands for everybody.
    fn callers(&self, given: &[At<String>]) -> Option<BTreeSet<String>> {
        let pattern = |each: &At<String>| match each.value.starts_with("arn:") {
            true => each.value.clone(),
            false => format!("arn:{}:iam::*:{}", self.partition, each.value),
        };
        (!given.is_empty()).then(|| given.iter().map(pattern).collect())
    }

    /// A thing as a pattern of ARNs: one, or `type/id` of a type that the door takes.
    fn resource(&mut self, door: &'static Door, given: &At<String>) -> Option<String> {
        let text = &given.value;
        if text.starts_with("arn:") {
            if iam::arn::split(text).is_none() {
                let message = format!("`{text}` has fewer than the six parts of an ARN");
                self.found.push(Diagnostic::error(given.at.clone(), message));
                return None;
            }
            return Some(text.clone());
        }
        let mut types: Vec<(&str, &str)> = Vec::new();
        for passage in crate::passage::passages().iter().filter(|each| each.door.id == door.id) {
            let known = reference::action(passage.service, passage.action);
            let takes = known.into_iter().flat_map(|known| known.resource_types().map(|each| each.name));
            let on = passage.on.iter().map(String::as_str);
            let kinds: Vec<&str> = if passage.on.is_empty() { takes.collect() } else { on.collect() };
            types.extend(kinds.into_iter().map(|kind| (passage.service, kind)));
        }
        types.sort_unstable();
        types.dedup();
        let head = text.split('/').next().unwrap_or_default();
        for (service, kind) in &types {
            let Some(pattern) = type_pattern(service, kind, &self.partition) else { continue };
            let Some(parts) = iam::arn::split(&pattern) else { continue };
            if parts[5].split('/').next() == Some(head) && text.len() > head.len() + 1 {
                let whole = &pattern[..pattern.len() - parts[5].len()];
                return Some(format!("{whole}{text}"));
            }
        }
        let known: Vec<&str> = types.iter().map(|(_, kind)| *kind).collect();
        let message = format!("`{}` takes no `{text}`", door.id);
        let hint = match known.is_empty() {
            true => "it takes no resources; it can be open, closed, or open to some principals".to_owned(),
            false => format!("write an ARN, or TYPE/ID with one of: {}", known.join(", ")),
        };
        self.found.push(Diagnostic::error(given.at.clone(), message).hint(hint));
        None
    }

    fn off(&self, entry: &AreaEntry) -> BTreeMap<String, Off> {
        let each = |off: &crate::syntax::OffEntry| {
            let said = Off {
                callers: self.callers(&off.except).unwrap_or_default(),
                resources: off.resources.iter().map(|each| each.value.clone()).collect(),
                on: off.on.iter().map(|each| each.value.clone()).collect(),
                origin: off.service.at.clone(),
            };
            (off.service.value.clone(), said)
        };
        entry.off.iter().map(each).collect()
    }

    /// Exceptions are permits that end, in their areas and all below.
    fn exceptions(&mut self, areas: &mut [Area]) {
        for exception in &self.syntax.exceptions {
            let nodes: Vec<&Node> = exception.areas.iter().filter_map(|at| self.node(at)).collect();
            let mut tops = Vec::new();
            for (node, at) in nodes.iter().zip(&exception.areas) {
                match areas.iter().position(|area| area.node == node.id) {
                    Some(area) => tops.push(areas[area].clone()),
                    None => self.found.push(
                        Diagnostic::error(
                            at.at.clone(),
                            format!("`{}` is no area of this charter", at.value),
                        )
                        .hint("make it one, even if it says nothing else"),
                    ),
                }
            }
            let permit = Permit {
                callers: self.callers(&exception.who),
                ends: Some(exception.expires.value.clone()),
                ..Permit::open(exception.at.clone())
            };
            for from in &exception.from {
                for area in areas.iter_mut() {
                    if !exception.areas.is_empty() && !tops.iter().any(|top| top.contains(area)) {
                        continue;
                    }
                    match area.rules.get_mut(from.value.as_str()) {
                        Some(Rule::Managed { permits, .. }) => permits.push(permit.clone()),
                        Some(Rule::Unmanaged) | None => {}
                    }
                }
            }
        }
    }

    fn fence(&mut self, areas: &mut [Area]) {
        let Some(fence) = &self.syntax.fence else { return };
        let keepers = self.callers(&fence.keepers).unwrap_or_default();
        match areas.iter_mut().find(|area| area.kind == NodeKind::Root) {
            Some(root) => root.keepers = Some((keepers, fence.at.clone())),
            None => self.found.push(
                Diagnostic::error(fence.at.clone(), "the fence is kept at the root, and no area is at `/`")
                    .hint("add an area with `at: /`"),
            ),
        }
    }

    /// What an area inherits and what its rows say: classes of data, and Regions that may not be left.
    fn inherited(&mut self, named: &[Named<'a>]) {
        for (node, entry, _) in named {
            let Known::Known(chain) = self.organization.chain(node) else { continue };
            let entries: Vec<&AreaEntry> = chain
                .iter()
                .rev()
                .filter_map(|each| named.iter().find(|(known, _, _)| known.id == each.id))
                .map(|(_, entry, _)| *entry)
                .collect();
            let data = entries.iter().find_map(|each| each.data.as_ref());
            let within = entries.iter().find_map(|each| each.within.as_ref());
            for row in entry.allow.iter().flat_map(|rows| &rows.value) {
                if let Some(data) = data {
                    self.cleared(row, data);
                }
                if let Some(within) = within {
                    self.stays(row, within);
                }
            }
        }
    }

    fn cleared(&mut self, row: &AllowEntry, data: &At<String>) {
        for name in &row.models {
            let entry = self.syntax.models.iter().find(|each| each.name.value == name.value);
            let cleared =
                |entry: &crate::syntax::ModelEntry| entry.data.iter().any(|each| each.value == data.value);
            if let Some(entry) = entry
                && !cleared(entry)
            {
                let message = format!("`{}` is not cleared for `{}` data", name.value, data.value);
                self.found.push(
                    Diagnostic::error(name.at.clone(), message)
                        .also(data.at.clone(), "the class of the data here")
                        .hint(format!("add `{}` to its `data`, or leave the model out", data.value)),
                );
            }
        }
    }

    fn stays(&mut self, row: &AllowEntry, within: &[At<String>]) {
        let place = within.first().map_or(0..0, |first| first.at.clone());
        if row.regions.is_empty() {
            self.found.push(
                Diagnostic::error(row.at.clone(), "the row admits every Region, and the area does not")
                    .also(place, "the Regions that may not be left")
                    .hint("give the row `regions`"),
            );
            return;
        }
        let inside = |region: &str| within.iter().any(|each| each.value == region);
        for region in row.regions.iter().filter(|each| !inside(&each.value)) {
            let message = format!("`{}` is outside the Regions of the area", region.value);
            let found = Diagnostic::error(region.at.clone(), message);
            self.found.push(found.also(place.clone(), "the Regions that may not be left"));
        }
        let mut left: BTreeSet<String> = BTreeSet::new();
        for permit in reference::doors().iter().flat_map(|door| self.permits(door, row, &[])) {
            let reached = permit.regions.into_iter().flat_map(|regions| regions.reached);
            left.extend(reached.filter(|region| !inside(region)));
        }
        for region in &row.regions {
            left.remove(&region.value);
        }
        if !left.is_empty() {
            let regions: Vec<String> = left.into_iter().collect();
            let message = format!("calls may run in {}, outside the Regions of the area", regions.join(", "));
            let at = row.scope.as_ref().map_or(row.at.clone(), |scope| scope.at.clone());
            self.found.push(
                Diagnostic::error(at, message)
                    .also(place, "the Regions that may not be left")
                    .hint("`scope: in-region`, other `regions`, or a wider `within`"),
            );
        }
    }
}

/// Stands for the doors of which an area says nothing else.
pub(crate) const OTHERS: &str = "others";

fn closed(origin: Origin) -> Rule {
    Rule::Managed { permits: Vec::new(), closes_listing: true, origin }
}

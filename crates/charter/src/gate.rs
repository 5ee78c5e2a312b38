//! What an area says, gathered by action: who passes, and how each of them may fail to.
//!
//! A gate is about requests for one action. It denies what no pass admits. The actions that several doors share, such
//! as running a model at the runtime, are one gate with the passes of all these doors.

use std::collections::{BTreeMap, BTreeSet};

use crate::actions::running;
use crate::day::Day;
use crate::meaning::{FENCE_ACTIONS, KEY_SERVICES, SOURCE_IDENTITY, outside_key};
use crate::model::{Area, KeyRule, Model, Origin, Permit, Rule};
use crate::passage::{
    FOUNDATION_MODEL, Passage, TellsModels, door_of_type, is_invoke, passages, type_pattern,
};
use crate::pattern;
use crate::syntax::ScopeWord;

/// Requests for one action, and what passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The action as a policy names it.
    pub action: String,
    /// The gate is about requests only that meet these.
    pub when: BTreeSet<Clause>,
    /// The things it is about; all if none is given.
    pub about: Option<Pattern>,
    pub told_by: ToldBy,
    pub passes: Vec<Pass>,
    /// Whether what is in no pass is denied. Otherwise another gate sees to it.
    pub denies_others: bool,
    /// What the action is on besides, of which this gate says nothing.
    pub besides: BTreeSet<Pattern>,
    /// What an empty gate comes from.
    pub origin: Origin,
}

/// What the patterns of passes are patterns of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ToldBy {
    /// The resource.
    Resource,
    /// The value of a condition key that holds a text.
    Text(&'static str),
    /// The value of a condition key that holds the ARN of a model or profile.
    Arn(&'static str),
}

/// What is admitted, and the ways in which it is not after all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// What it is about; everything if none is given.
    pub on: Option<BTreeSet<Pattern>>,
    /// Each alone keeps it from admitting.
    pub fails: Vec<Failing>,
    pub origins: Origins,
}

/// Places in the charter, as begin and end in bytes.
pub type Origins = BTreeSet<(usize, usize)>;

/// Something that passes name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// Ids of models.
    Model(String),
    /// Things of an account: type and ARNs.
    Thing { kind: String, arn: String },
}

impl Pattern {
    fn text(&self) -> &str {
        match self {
            Self::Model(text) | Self::Thing { arn: text, .. } => text,
        }
    }

    /// Whether something may be of both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.is_like(other) && pattern::overlap(self.text(), other.text())
    }

    /// Whether all that is of the other is surely of this one.
    pub fn covers(&self, other: &Self) -> bool {
        self.is_like(other) && pattern::covers(self.text(), other.text())
    }

    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Model(_), Self::Model(_)) => true,
            // What is of one type is of no other.
            (Self::Thing { kind, .. }, Self::Thing { kind: other, .. }) => kind == other,
            (Self::Model(_), Self::Thing { .. }) | (Self::Thing { .. }, Self::Model(_)) => false,
        }
    }
}

/// A conjunction under which a pass does not admit.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failing {
    /// None of these asks.
    pub callers_not: BTreeSet<String>,
    /// It is this day or later.
    pub since: Option<Day>,
    /// The requested Region is none of these.
    pub region_not: BTreeSet<String>,
    /// There is no inference profile, or it is in none of these Regions.
    pub profile_not_in: BTreeSet<String>,
    /// It runs behind a system-defined inference profile.
    pub system_profile: bool,
    /// It is the Region-less model of a global profile.
    pub unspecified: bool,
    /// Anything else.
    pub clauses: BTreeSet<Clause>,
}

/// One condition of a statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clause {
    pub operator: &'static str,
    pub key: String,
    pub values: BTreeSet<String>,
}

impl Clause {
    pub(crate) fn new(operator: &'static str, key: &str, values: impl IntoIterator<Item = String>) -> Self {
        Self { operator, key: key.to_owned(), values: values.into_iter().collect() }
    }
}

impl Failing {
    /// Both; none where both never hold together, or no statement says both.
    pub fn and(&self, other: &Self) -> Option<Self> {
        let mut both = self.clone();
        both.callers_not.extend(other.callers_not.iter().cloned());
        both.since = self.since.clone().max(other.since.clone());
        both.region_not.extend(other.region_not.iter().cloned());
        both.profile_not_in.extend(other.profile_not_in.iter().cloned());
        both.system_profile |= other.system_profile;
        both.unspecified |= other.unspecified;
        both.clauses.extend(other.clauses.iter().cloned());
        Some(both)
    }

    /// Whether it holds wherever the other does.
    pub fn is_weaker_than(&self, other: &Self) -> bool {
        self.callers_not.is_subset(&other.callers_not)
            && self.since <= other.since
            && self.region_not.is_subset(&other.region_not)
            && self.profile_not_in.is_subset(&other.profile_not_in)
            && self.system_profile <= other.system_profile
            && self.unspecified <= other.unspecified
            && self.clauses.is_subset(&other.clauses)
    }
}

impl Pass {
    /// Whether all it admits is admitted by the other too.
    pub fn is_within(&self, other: &Self) -> bool {
        let on = match (&self.on, &other.on) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(own), Some(theirs)) => own.iter().all(|each| theirs.iter().any(|wide| wide.covers(each))),
        };
        on && other.fails.iter().all(|theirs| self.fails.iter().any(|own| own.is_weaker_than(theirs)))
    }
}

impl Gate {
    /// Whether it denies all that the other denies.
    pub fn is_within(&self, other: &Self) -> bool {
        (&self.when, &self.about, self.told_by, self.denies_others)
            == (&other.when, &other.about, other.told_by, other.denies_others)
            && self.passes.iter().all(|own| other.passes.iter().any(|theirs| own.is_within(theirs)))
    }
}

/// The gates of an area, by what they are about.
pub fn gates(model: &Model, area: &Area) -> BTreeMap<String, Gate> {
    let mut builder = Builder { area, partition: &model.partition, gates: BTreeMap::new() };
    builder.off(model);
    builder.fence(model);
    builder.retention(model);
    builder.mcp();
    builder.identity(model);
    let mut shared: BTreeMap<String, Vec<&'static Passage>> = BTreeMap::new();
    for passage in passages() {
        if passage.service == "bedrock" && is_invoke(passage.action) {
            shared.entry("bedrock:InvokeModel*".to_owned()).or_default().push(passage);
        } else if !passage.on.is_empty() {
            shared.entry(passage.name()).or_default().push(passage);
        } else {
            builder.alone(passage);
        }
    }
    for (action, passages) in shared {
        builder.shared(action, &passages);
    }
    builder.whole_prefixes();
    builder.gates
}

struct Builder<'a> {
    area: &'a Area,
    partition: &'a str,
    gates: BTreeMap<String, Gate>,
}

/// What a pass is for, and so how a permit can fail.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// A foundation model is run at the runtime.
    Runs,
    /// A model is named by another action, in the called Region or where a profile leads.
    Names,
    /// Anything that is authorised in the called Region only.
    Called,
}

impl Builder<'_> {
    fn add(&mut self, name: String, gate: Gate) {
        self.gates.insert(name, gate);
    }

    /// This area and those above it, the nearest first.
    fn chain<'m>(&self, model: &'m Model) -> Vec<&'m Area> {
        let own = model.areas.iter().find(|area| area.node == self.area.node);
        std::iter::successors(own, |area| area.above.map(|above| &model.areas[above])).collect()
    }

    /// A service that an area above switched off stays off below, by the documents of that area.
    fn off(&mut self, model: &Model) {
        for (service, off) in self.chain(model).iter().flat_map(|area| &area.off) {
            let name = format!("{service}:* is off since {}", off.origin.start);
            let mut gate = limited(format!("{service}:*"), &off.callers, &off.origin);
            if !off.resources.is_empty() {
                let thing = |arn: &String| Pattern::Thing { kind: service.clone(), arn: arn.clone() };
                let on = Some(off.resources.iter().map(thing).collect());
                gate.passes.push(Pass { on, fails: Vec::new(), origins: places(&off.origin) });
            }
            if off.on.is_empty() {
                self.add(name, gate);
                continue;
            }
            for arn in &off.on {
                let about = Some(Pattern::Thing { kind: service.clone(), arn: arn.clone() });
                self.add(format!("{name}, on {arn}"), Gate { about, ..gate.clone() });
            }
        }
    }

    fn fence(&mut self, model: &Model) {
        for (keepers, origin) in self.chain(model).iter().filter_map(|area| area.keepers.as_ref()) {
            for action in FENCE_ACTIONS {
                self.add(format!("{action} changes the fence"), limited(action.to_owned(), keepers, origin));
            }
        }
    }

    fn retention(&mut self, model: &Model) {
        let chain = self.chain(model);
        let Some((modes, origin)) = chain.iter().find_map(|area| area.retention.as_ref()) else { return };
        for passage in passages().iter().filter(|each| each.door.id == "data-retention") {
            let key = match passage.service {
                "bedrock" => "bedrock:DataRetentionMode",
                _ => "bedrock-mantle:DataRetentionMode",
            };
            let modes = modes.iter().cloned().map(Pattern::Model).collect();
            let gate = Gate {
                action: passage.name(),
                when: [Clause::new("Null", key, ["false".to_owned()])].into(),
                about: None,
                told_by: ToldBy::Text(key),
                passes: vec![Pass { on: Some(modes), fails: Vec::new(), origins: places(origin) }],
                denies_others: true,
                besides: BTreeSet::new(),
                origin: origin.clone(),
            };
            self.add(format!("{} sets a mode", passage.name()), gate);
        }
    }

    /// What AWS's MCP servers do for somebody is marked on the requests they make.
    fn mcp(&mut self) {
        let Some(Rule::Managed { permits, origin, .. }) = self.area.rules.get("mcp") else { return };
        let gate = Gate {
            action: "*".to_owned(),
            when: [Clause::new("Bool", "aws:ViaAWSMCPService", ["true".to_owned()])].into(),
            about: None,
            told_by: ToldBy::Resource,
            passes: permits.iter().map(by_whom_and_when).collect(),
            denies_others: true,
            besides: BTreeSet::new(),
            origin: origin.clone(),
        };
        self.add("* through MCP".to_owned(), gate);
    }

    /// Whoever runs models says who stands behind them.
    fn identity(&mut self, model: &Model) {
        let Some(identity) = model.identity(self.area) else { return };
        for action in running() {
            let mut gate = limited(action.clone(), &identity.callers, &identity.origin);
            // Holds too where a session says nothing.
            gate.when.insert(Clause::new("StringNotLike", SOURCE_IDENTITY, identity.source.iter().cloned()));
            self.add(format!("{action} for nobody known"), gate);
        }
    }

    /// An action that goes through one door, whatever it is on.
    fn alone(&mut self, passage: &'static Passage) {
        let Some(Rule::Managed { permits, origin, .. }) = self.area.rules.get(passage.door.id.as_str())
        else {
            return;
        };
        let gate = |told_by, passes| Gate {
            action: passage.name(),
            when: BTreeSet::new(),
            about: None,
            told_by,
            passes,
            denies_others: true,
            besides: BTreeSet::new(),
            origin: origin.clone(),
        };
        match passage.tells_models {
            TellsModels::ByResource => self.by_model(passage, permits, &gate),
            TellsModels::ByKey(key) => {
                let on = |permit: &Permit| {
                    permit
                        .models
                        .as_ref()
                        .map(|models| models.mantle.iter().cloned().map(Pattern::Model).collect())
                };
                let passes = permits.iter().map(|permit| pass(permit, on(permit), Use::Called)).collect();
                self.add(passage.name(), gate(ToldBy::Text(key), passes));
            }
            TellsModels::Not => {
                let passes = permits.iter().filter_map(|permit| plain(passage, permit)).collect();
                let mut gate = gate(ToldBy::Resource, passes);
                if passage.door.id == "bearer-keys" && passage.service == "iam" {
                    let key = "iam:ServiceSpecificCredentialServiceName";
                    let services = KEY_SERVICES.iter().map(|each| (*each).to_owned());
                    gate.when.insert(Clause::new("StringEquals", key, services));
                }
                self.add(passage.name(), gate);
            }
        }
    }

    /// An action that takes foundation models: these by the permits, its own jobs and profiles, and other things as
    /// far as their door lets it.
    fn by_model(
        &mut self,
        passage: &'static Passage,
        permits: &[Permit],
        gate: &dyn Fn(ToldBy, Vec<Pass>) -> Gate,
    ) {
        let Some(action) = reference::action(passage.service, passage.action) else { return };
        let mut passes: Vec<Pass> =
            permits.iter().map(|permit| pass(permit, Some(models(permit)), Use::Names)).collect();
        let mut things: BTreeSet<Pattern> = BTreeSet::new();
        let mut elsewhere: BTreeMap<&str, Vec<Pass>> = BTreeMap::new();
        let mut taken: BTreeSet<Pattern> = [Pattern::Model("*".to_owned())].into();
        for kind in action.resource_types().map(|each| each.name).filter(|kind| *kind != FOUNDATION_MODEL) {
            taken.extend(self.thing(passage.service, kind));
            let door = door_of_type(kind).filter(|door| door.id != passage.door.id);
            let Some(door) = door else {
                things.extend(self.thing(passage.service, kind));
                continue;
            };
            match self.area.rules.get(door.id.as_str()) {
                Some(Rule::Managed { permits, .. }) if door.id == "runtime" => {
                    things.extend(self.thing(passage.service, kind).filter(|_| !permits.is_empty()));
                }
                Some(Rule::Managed { permits, .. }) => {
                    let named = self.of_type(passage.service, kind, permits);
                    things.extend(named.iter().filter_map(|pass| pass.on.clone()).flatten());
                    elsewhere.entry(door.id.as_str()).or_default().extend(named);
                }
                Some(Rule::Unmanaged) | None => things.extend(self.thing(passage.service, kind)),
            }
        }
        passes.extend(permits.iter().map(|permit| pass(permit, Some(things.clone()), Use::Names)));
        passes.retain(|pass| pass.on.as_ref().is_none_or(|on| !on.is_empty()));
        self.add(passage.name(), gate(ToldBy::Resource, passes));
        for (door, passes) in elsewhere {
            if passes.iter().any(|pass| !pass.fails.is_empty()) {
                let own: BTreeSet<&Pattern> =
                    passes.iter().filter_map(|pass| pass.on.as_ref()).flatten().collect();
                let besides =
                    taken.iter().filter(|each| !own.iter().any(|own| each.covers(own))).cloned().collect();
                let gate = Gate { denies_others: false, besides, ..gate(ToldBy::Resource, passes) };
                self.add(format!("{} on {door}", passage.name()), gate);
            }
        }
    }

    /// An action that goes through several doors, told by what it is on.
    fn shared(&mut self, action: String, passages: &[&'static Passage]) {
        let mut passes = Vec::new();
        let mut origin = 0..0;
        let mut managed = false;
        let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
        for passage in passages {
            let rule = self.area.rules.get(passage.door.id.as_str());
            if let Some(Rule::Managed { origin: from, .. }) = rule {
                managed = true;
                if origin.is_empty() || passage.door.id == "runtime" {
                    origin = from.clone();
                }
            }
            for kind in passage.on.iter().filter(|kind| seen.insert((&passage.door.id, kind))) {
                let whole: BTreeSet<Pattern> = match kind.as_str() {
                    FOUNDATION_MODEL => [Pattern::Model("*".to_owned())].into(),
                    _ => self.thing(passage.service, kind).into_iter().collect(),
                };
                match rule {
                    Some(Rule::Managed { permits, origin, .. }) => match kind.as_str() {
                        FOUNDATION_MODEL => passes.extend(
                            permits.iter().map(|permit| pass(permit, Some(models(permit)), Use::Runs)),
                        ),
                        "inference-profile" | "application-inference-profile" => {
                            if !permits.is_empty() {
                                passes.push(Pass {
                                    on: Some(whole),
                                    fails: Vec::new(),
                                    origins: places(origin),
                                });
                            }
                        }
                        "project" => {
                            passes.push(Pass { on: Some(whole), fails: Vec::new(), origins: places(origin) })
                        }
                        _ => passes.extend(self.of_type(passage.service, kind, permits)),
                    },
                    Some(Rule::Unmanaged) | None => {
                        passes.push(Pass { on: Some(whole), fails: Vec::new(), origins: Origins::new() });
                    }
                }
            }
        }
        if !managed {
            return;
        }
        if action == "bedrock:InvokeModel*" {
            self.projects(&action, &mut passes);
        }
        let gate = Gate {
            action: action.clone(),
            when: BTreeSet::new(),
            about: None,
            told_by: ToldBy::Resource,
            passes,
            denies_others: true,
            besides: BTreeSet::new(),
            origin,
        };
        self.add(action, gate);
    }

    /// The project of a Responses call says which model is called.
    fn projects(&mut self, action: &str, passes: &mut Vec<Pass>) {
        let door = "runtime-responses";
        let is_project = |pass: &Pass| {
            pass.on
                .iter()
                .flatten()
                .any(|each| matches!(each, Pattern::Thing { kind, .. } if kind == "project"))
        };
        let Some(Rule::Managed { permits, origin, .. }) = self.area.rules.get(door) else { return };
        if permits.is_empty() {
            passes.retain(|pass| !is_project(pass));
            return;
        }
        let on = |permit: &Permit| {
            permit.models.as_ref().map(|models| models.runtime.iter().cloned().map(Pattern::Model).collect())
        };
        let gate = Gate {
            action: action.to_owned(),
            when: BTreeSet::new(),
            // Nothing else carries the key.
            about: self.thing("bedrock", "project"),
            told_by: ToldBy::Arn(crate::passage::PROJECT_MODEL),
            passes: permits.iter().map(|permit| pass(permit, on(permit), Use::Called)).collect(),
            denies_others: true,
            besides: BTreeSet::new(),
            origin: origin.clone(),
        };
        self.add(format!("{action} on projects"), gate);
    }

    /// Whole services that are closed, with what AWS may add to them.
    fn whole_prefixes(&mut self) {
        for (door, rule) in &self.area.rules {
            let Rule::Managed { permits, closes_listing: true, origin } = rule else { continue };
            let Some(door) = reference::door(door) else { continue };
            for action in door.deny.iter().filter(|pattern| pattern.ends_with(":*")) {
                let gate = Gate {
                    action: action.clone(),
                    when: BTreeSet::new(),
                    about: None,
                    told_by: ToldBy::Resource,
                    passes: permits.iter().map(by_whom_and_when).collect(),
                    denies_others: true,
                    besides: BTreeSet::new(),
                    origin: origin.clone(),
                };
                // What is denied with the whole service need not be denied action by action.
                let service = action.trim_end_matches('*');
                let is_said = |known: &Gate| {
                    let admits = |own: &Pass| known.passes.iter().any(|theirs| own.is_within(theirs));
                    known.action.starts_with(service) && gate.passes.iter().all(admits)
                };
                self.gates.retain(|_, known| !is_said(known));
                self.gates.insert(action.clone(), gate);
            }
        }
    }

    fn thing(&self, service: &str, kind: &str) -> Option<Pattern> {
        let arn = type_pattern(service, kind, self.partition)?;
        Some(Pattern::Thing { kind: kind.to_owned(), arn })
    }

    /// What permits admit of the things of one type.
    fn of_type(&self, service: &str, kind: &str, permits: &[Permit]) -> Vec<Pass> {
        let Some(whole) = self.thing(service, kind) else { return Vec::new() };
        let on = |permit: &Permit| -> BTreeSet<Pattern> {
            match &permit.resources {
                None => [whole.clone()].into(),
                Some(patterns) => patterns
                    .iter()
                    .filter(|pattern| pattern::overlap(pattern, whole.text()))
                    .map(|arn| Pattern::Thing { kind: kind.to_owned(), arn: arn.clone() })
                    .collect(),
            }
        };
        let mut passes: Vec<Pass> =
            permits.iter().map(|permit| pass(permit, Some(on(permit)), Use::Called)).collect();
        passes.retain(|pass| pass.on.as_ref().is_none_or(|on| !on.is_empty()));
        passes
    }
}

/// A gate that some pass.
fn limited(action: String, callers: &BTreeSet<String>, origin: &Origin) -> Gate {
    let fails = vec![Failing { callers_not: callers.clone(), ..Failing::default() }];
    let pass = Pass { on: None, fails, origins: places(origin) };
    Gate {
        action,
        when: BTreeSet::new(),
        about: None,
        told_by: ToldBy::Resource,
        passes: if callers.is_empty() { Vec::new() } else { vec![pass] },
        denies_others: true,
        besides: BTreeSet::new(),
        origin: origin.clone(),
    }
}

fn places(origin: &Origin) -> Origins {
    [(origin.start, origin.end)].into()
}

fn by_whom_and_when(permit: &Permit) -> Pass {
    let mut pass = pass(permit, None, Use::Called);
    pass.fails.retain(|fails| fails.region_not.is_empty());
    pass
}

fn models(permit: &Permit) -> BTreeSet<Pattern> {
    match &permit.models {
        None => [Pattern::Model("*".to_owned())].into(),
        Some(models) => models.runtime.iter().cloned().map(Pattern::Model).collect(),
    }
}

/// A permit on an action that tells nothing apart but things.
fn plain(passage: &Passage, permit: &Permit) -> Option<Pass> {
    let on = permit.resources.as_ref().map(|patterns| {
        let thing = |arn: &String| Pattern::Thing { kind: String::new(), arn: arn.clone() };
        patterns.iter().map(thing).collect()
    });
    let mut pass = pass(permit, on, Use::Called);
    let fail = |clause| Failing { clauses: [clause].into(), ..Failing::default() };
    if permit.inside
        && let Some((key, is_needed)) = outside_key(passage)
    {
        pass.fails.push(fail(Clause::new("Bool", key, ["true".to_owned()])));
        if is_needed {
            pass.fails.push(fail(Clause::new("Null", key, ["true".to_owned()])));
        }
    }
    if passage.door.id != "bearer-keys" {
        return Some(pass);
    }
    match (permit.keys, passage.service, passage.action) {
        (KeyRule::Any, _, _) => {}
        (KeyRule::ShortTerm, "iam", _) => return None,
        (KeyRule::ShortTerm, service, _) => {
            let key = format!("{service}:BearerTokenType");
            pass.fails.push(fail(Clause::new("StringNotEquals", &key, ["SHORT_TERM".to_owned()])));
        }
        (KeyRule::MaxAgeDays(days), "iam", "CreateServiceSpecificCredential") => {
            let key = "iam:ServiceSpecificCredentialAgeDays";
            pass.fails.push(fail(Clause::new("NumericGreaterThan", key, [days.to_string()])));
            // A key that never expires carries no age.
            pass.fails.push(fail(Clause::new("Null", key, ["true".to_owned()])));
        }
        (KeyRule::MaxAgeDays(_), "iam", _) => return None,
        (KeyRule::MaxAgeDays(_), _, _) => {}
    }
    Some(pass)
}

/// A permit, with the ways in which a request of a use is not admitted by it.
fn pass(permit: &Permit, on: Option<BTreeSet<Pattern>>, use_: Use) -> Pass {
    let mut fails = Vec::new();
    if let Some(callers) = &permit.callers {
        fails.push(Failing { callers_not: callers.clone(), ..Failing::default() });
    }
    if let Some(day) = &permit.ends {
        fails.push(Failing { since: Some(day.clone()), ..Failing::default() });
    }
    match (&permit.regions, use_) {
        (Some(regions), Use::Called) => {
            fails.push(Failing { region_not: regions.called.clone(), ..Failing::default() });
        }
        (Some(regions), Use::Names | Use::Runs) => {
            fails.push(Failing { region_not: regions.reached.clone(), ..Failing::default() });
            // Where a profile leads, its ARN tells where it was called.
            if use_ == Use::Runs && regions.reached != regions.called {
                fails.push(Failing {
                    region_not: regions.called.clone(),
                    profile_not_in: regions.called.clone(),
                    ..Failing::default()
                });
            }
        }
        (None, Use::Names | Use::Runs) if permit.scope != ScopeWord::Global => {
            fails.push(Failing { unspecified: true, ..Failing::default() });
        }
        (None, Use::Names | Use::Runs | Use::Called) => {}
    }
    if use_ == Use::Runs && permit.scope == ScopeWord::InRegion {
        fails.push(Failing { system_profile: true, ..Failing::default() });
    }
    Pass { on, fails, origins: places(&permit.origin) }
}

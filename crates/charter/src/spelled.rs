//! What a charter wants, as policies that allow it: the other side of every proof about compiled documents.
//!
//! Follows [`meaning`](crate::meaning()) rule by rule and knows nothing of how documents are compiled. Each rule becomes a
//! level of its own, as service control policies are levels: what one does not allow is refused. A level allows what its
//! rule is not about, and what a permit admits. So a request that all levels allow is one that the charter does not
//! refuse. Of actions that the reference does not list it says nothing.

use std::collections::{BTreeMap, BTreeSet};

use reference::Piece;
use serde_json::{Map, Value, json};

use crate::bucket::{READS, WRITES};
use crate::meaning::{FENCE_ACTIONS, KEY_SERVICES, LIKE_AN_ACCOUNT, SOURCE_IDENTITY, outside_key};
use crate::model::{Area, Bucket, KeyRule, Model, NOWHERE, Permit, Rule};
use crate::passage::{
    ANY_ACCOUNT, FOUNDATION_MODEL, PROJECT_MODEL, Passage, TellsModels, door_of_type, doors_of_service,
    passages,
};
use crate::syntax::ScopeWord;

/// What runs something at the runtime; every reading of the action behind bidirectional streams begins so.
const INVOKE: &str = "bedrock:InvokeModel*";

/// The texts of the levels, none where the charter does not speak of the place: ids from the root down to the account.
pub fn levels(model: &Model, chain: &[&str]) -> Vec<String> {
    let Some(area) = model.area(chain) else { return Vec::new() };
    let mut levels = Vec::new();
    let mut above = Some(area);
    while let Some(each) = above {
        levels.extend(off(each));
        levels.extend(keepers(each));
        above = each.above.map(|above| &model.areas[above]);
    }
    levels.extend(retention(model, area));
    levels.extend(mcp(area));
    levels.extend(identity(model, area));
    levels.extend(like_an_account(area));
    for (door, rule) in &area.rules {
        if let Rule::Managed { permits, closes_listing, .. } = rule {
            levels.extend(at_door(area, door, permits, *closes_listing));
        }
    }
    levels.into_iter().map(|level| level.text()).collect()
}

/// The same of the buckets in a place, for principals of accounts.
pub fn bucket_levels(model: &Model, chain: &[&str]) -> Vec<String> {
    let area = model.area(chain);
    let areas = std::iter::successors(area, |area| area.above.map(|above| &model.areas[above]));
    areas.flat_map(|area| &area.buckets).map(|bucket| held(model, bucket).text()).collect()
}

/// Who reads and who writes a bucket.
fn held(model: &Model, bucket: &Bucket) -> Level {
    let arn = |name: &String| format!("arn:{}:s3:::{name}", model.partition);
    let on: Vec<String> =
        bucket.names.iter().flat_map(|name| [arn(name), format!("{}/*", arn(name))]).collect();
    let (reads, writes) = (READS.map(str::to_owned), WRITES.map(str::to_owned));
    let both = [&reads[..], &writes[..]].concat();
    let mut level = Level::default();
    level.allow_but(&both);
    level.allow_but_on(&both, &on);
    let readers: BTreeSet<String> = bucket.readers.union(&bucket.writers).cloned().collect();
    for (actions, callers) in [(&reads[..], &readers), (&writes[..], &bucket.writers)] {
        if !callers.is_empty() {
            level.allow(actions, &on, &vec![of_callers(callers)]);
        }
    }
    level
}

/// One level.
#[derive(Default)]
struct Level(Vec<Value>);

/// Operator, key and values of conditions that all have to hold.
type Conditions = Vec<Condition>;
type Condition = (&'static str, String, Vec<String>);

impl Level {
    fn text(self) -> String {
        json!({ "Version": "2012-10-17", "Statement": self.0 }).to_string()
    }

    fn say(&mut self, effect: &str, on: [(&str, &[String]); 2], conditions: &Conditions) {
        // What names nothing says nothing; what excludes nothing is everything.
        if on.iter().any(|(name, values)| values.is_empty() && !name.starts_with("Not")) {
            return;
        }
        let mut statement = Map::new();
        statement.insert("Effect".to_owned(), json!(effect));
        for (name, values) in on {
            match values.is_empty() {
                true => statement.insert(name.trim_start_matches("Not").to_owned(), json!("*")),
                false => statement.insert(name.to_owned(), json!(values)),
            };
        }
        let mut block: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for (operator, key, values) in conditions {
            block.entry(operator).or_default().insert(key.clone(), json!(values));
        }
        if !block.is_empty() {
            statement.insert("Condition".to_owned(), json!(block));
        }
        self.0.push(Value::Object(statement));
    }

    /// Allows some actions on some resources.
    fn allow(&mut self, actions: &[String], resources: &[String], conditions: &Conditions) {
        self.say("Allow", [("Action", actions), ("Resource", resources)], conditions);
    }

    /// Allows some actions on all but some resources.
    fn allow_but_on(&mut self, actions: &[String], resources: &[String]) {
        self.say("Allow", [("Action", actions), ("NotResource", resources)], &Vec::new());
    }

    /// Allows all but some actions.
    fn allow_but(&mut self, actions: &[String]) {
        self.say("Allow", [("NotAction", actions), ("Resource", &all())], &Vec::new());
    }
}

fn all() -> [String; 1] {
    ["*".to_owned()]
}

fn owned(values: &BTreeSet<String>) -> Vec<String> {
    values.iter().cloned().collect()
}

fn of_callers(callers: &BTreeSet<String>) -> (&'static str, String, Vec<String>) {
    ("StringLike", "aws:PrincipalArn".to_owned(), owned(callers))
}

/// The two ways in which a key is not true.
fn not_true(key: &str) -> [Condition; 2] {
    [("Bool", key.to_owned(), vec!["false".to_owned()]), ("Null", key.to_owned(), vec!["true".to_owned()])]
}

/// A service that is off.
fn off(area: &Area) -> Vec<Level> {
    let of = |(service, said): (&String, &crate::model::Off)| {
        let mut level = Level::default();
        let actions = [format!("{service}:*")];
        level.allow_but(&actions);
        if !said.callers.is_empty() {
            level.allow(&actions, &all(), &vec![of_callers(&said.callers)]);
        }
        level.allow(&actions, &owned(&said.resources), &Vec::new());
        if !said.on.is_empty() {
            level.allow_but_on(&actions, &owned(&said.on));
        }
        level
    };
    area.off.iter().map(of).collect()
}

/// Who may change the fence.
fn keepers(area: &Area) -> Option<Level> {
    let (keepers, _) = area.keepers.as_ref()?;
    let actions = FENCE_ACTIONS.map(str::to_owned);
    let mut level = Level::default();
    level.allow_but(&actions);
    if !keepers.is_empty() {
        level.allow(&actions, &all(), &vec![of_callers(keepers)]);
    }
    Some(level)
}

/// Data-retention modes.
fn retention(model: &Model, area: &Area) -> Option<Level> {
    let mut nearest = Some(area);
    let modes = loop {
        let each = nearest?;
        match &each.retention {
            Some((modes, _)) => break modes,
            None => nearest = each.above.map(|above| &model.areas[above]),
        }
    };
    let mut level = Level::default();
    let own = || passages().iter().filter(|each| each.door.id == "data-retention");
    level.allow_but(&own().map(Passage::name).collect::<Vec<_>>());
    for passage in own() {
        let key = format!("{}:DataRetentionMode", passage.service);
        level.allow(&[passage.name()], &all(), &vec![("Null", key.clone(), vec!["true".to_owned()])]);
        if !modes.is_empty() {
            level.allow(&[passage.name()], &all(), &vec![("StringEquals", key, owned(modes))]);
        }
    }
    Some(level)
}

/// What AWS's own MCP servers do for somebody.
fn mcp(area: &Area) -> Option<Level> {
    let Some(Rule::Managed { permits, .. }) = area.rules.get("mcp") else { return None };
    let mut level = Level::default();
    for not_true in not_true("aws:ViaAWSMCPService") {
        level.allow(&all(), &all(), &vec![not_true]);
    }
    for permit in permits {
        if let Some(conditions) = who_and_when(permit) {
            level.allow(&all(), &all(), &conditions);
        }
    }
    Some(level)
}

/// Who stands behind whoever runs models.
fn identity(model: &Model, area: &Area) -> Option<Level> {
    let identity = model.identity(area)?;
    let runs = reference::duties().filter(|duty| duty.runs_a_model());
    let actions = runs.map(|duty| format!("{}:{}", duty.service, duty.action));
    let actions: Vec<String> = actions.chain([INVOKE.to_owned()]).collect();
    let mut level = Level::default();
    level.allow_but(&actions);
    level.allow(&actions, &all(), &vec![("StringLike", SOURCE_IDENTITY.to_owned(), owned(&identity.source))]);
    if !identity.callers.is_empty() {
        level.allow(&actions, &all(), &vec![of_callers(&identity.callers)]);
    }
    Some(level)
}

/// A model whose id is like a thing of an account.
fn like_an_account(area: &Area) -> Option<Level> {
    let invoke = passages().iter().filter(|each| each.service == "bedrock" && each.action == "InvokeModel");
    let is_managed =
        |passage: &Passage| matches!(area.rules.get(passage.door.id.as_str()), Some(Rule::Managed { .. }));
    if !invoke.into_iter().any(is_managed) {
        return None;
    }
    let mut level = Level::default();
    level.allow(&all(), &all(), &Vec::new());
    deny_like_an_account(&mut level, &[INVOKE.to_owned()]);
    Some(level)
}

fn deny_like_an_account(level: &mut Level, actions: &[String]) {
    level.say("Deny", [("Action", actions), ("Resource", &models([LIKE_AN_ACCOUNT]))], &Vec::new());
}

fn models<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    patterns.into_iter().map(|pattern| format!("arn:*:bedrock:*::foundation-model/{pattern}")).collect()
}

/// All ARNs of a type, of any account. Where an account has twelve digits a mask of as many says so, that the pattern be as
/// far as can be from things of other types, however `*` is read.
fn of_type(service: &str, kind: &str) -> Vec<String> {
    let part = |piece| match piece {
        Piece::Literal(literal) => literal,
        Piece::Placeholder { name: "Account", ids }
            if ids.length_max == Some(12) && ids.literals.is_empty() =>
        {
            ANY_ACCOUNT
        }
        Piece::Placeholder { .. } => "*",
    };
    let templates = reference::resource_type(service, kind).into_iter().flat_map(|kind| kind.templates());
    templates.map(|template| template.pieces().map(part).collect()).collect()
}

/// By whom and when; none where it is nobody.
fn who_and_when(permit: &Permit) -> Option<Conditions> {
    let mut conditions = Conditions::new();
    if let Some(callers) = &permit.callers {
        if callers.is_empty() {
            return None;
        }
        conditions.push(of_callers(callers));
    }
    if let Some(ends) = &permit.ends {
        conditions.push(("DateLessThanIfExists", "aws:CurrentTime".to_owned(), vec![ends.midnight()]));
    }
    Some(conditions)
}

fn in_regions(regions: impl IntoIterator<Item = String>) -> (&'static str, String, Vec<String>) {
    ("StringEquals", "aws:RequestedRegion".to_owned(), regions.into_iter().collect())
}

/// The same, and from where.
fn from(permit: &Permit) -> Option<Conditions> {
    let mut conditions = who_and_when(permit)?;
    if let Some(regions) = &permit.regions {
        if regions.called.is_empty() {
            return None;
        }
        conditions.push(in_regions(regions.called.iter().cloned()));
    }
    Some(conditions)
}

/// The same, and where the model runs.
fn run_in(permit: &Permit) -> Option<Conditions> {
    let mut conditions = who_and_when(permit)?;
    match &permit.regions {
        Some(regions) if regions.reached.is_empty() => return None,
        Some(regions) => conditions.push(in_regions(regions.reached.iter().cloned())),
        None if permit.scope == ScopeWord::Global => {}
        None => {
            let nowhere = NOWHERE.map(str::to_owned).into();
            conditions.push(("StringNotEquals", "aws:RequestedRegion".to_owned(), nowhere));
        }
    }
    Some(conditions)
}

/// The ARNs of the foundation models of a permit.
fn models_of(permit: &Permit) -> Vec<String> {
    match &permit.models {
        None => models(["*"]),
        Some(of) => models(of.runtime.iter().map(String::as_str)),
    }
}

fn things_of(permit: &Permit) -> Vec<String> {
    permit.resources.as_ref().map_or_else(|| all().into(), owned)
}

const PROFILE: &str = "bedrock:InferenceProfileArn";

/// What passes a door: one level, and another where two things have to hold of one request.
fn at_door(area: &Area, door: &str, permits: &[Permit], whole_prefix: bool) -> Vec<Level> {
    let (mut level, mut takes) = (Level::default(), Level::default());
    let mut told: Vec<String> = Vec::new();
    let mut taken: Vec<String> = Vec::new();
    if runs_there(door) {
        told.push(INVOKE.to_owned());
        invoke(&mut level, door, permits);
    }
    for passage in passages().iter().filter(|each| each.door.id == door) {
        if passage.service == "bedrock" && crate::passage::is_invoke(passage.action) {
            continue;
        }
        let actions = [passage.name()];
        told.extend(actions.clone());
        let on: Vec<String> = passage.on.iter().flat_map(|kind| of_type(passage.service, kind)).collect();
        let is_whole = whole_prefix && doors_of_service(passage.service).contains(&door);
        if !on.is_empty() {
            match is_whole {
                false => level.allow_but_on(&actions, &on),
                true => permits.iter().filter_map(who_and_when).for_each(|conditions| {
                    let on = [("Action", actions.as_slice()), ("NotResource", on.as_slice())];
                    level.say("Allow", on, &conditions);
                }),
            }
        }
        match passage.tells_models {
            TellsModels::ByResource => {
                for (permit, conditions) in permits.iter().filter_map(|each| Some((each, run_in(each)?))) {
                    level.allow(&actions, &models_of(permit), &conditions);
                    let on = [("Action", actions.as_slice()), ("NotResource", &models(["*"]))];
                    level.say("Allow", on, &conditions);
                }
                deny_like_an_account(&mut level, &actions);
                taken.extend(actions.clone());
                takes_thing(&mut takes, area, passage, &on);
            }
            TellsModels::ByKey(key) => {
                for (permit, mut conditions) in permits.iter().filter_map(|each| Some((each, from(each)?))) {
                    match &permit.models {
                        None => {}
                        Some(of) if of.mantle.is_empty() => continue,
                        Some(of) => conditions.push(("StringLike", key.to_owned(), owned(&of.mantle))),
                    }
                    level.allow(&actions, &all(), &conditions);
                }
            }
            TellsModels::Not => plain(&mut level, passage, permits),
        }
    }
    if whole_prefix {
        let services = reference::services().filter(|each| doors_of_service(each.prefix).contains(&door));
        for service in services {
            let rest: Vec<String> = reference::actions(service.prefix)
                .map(|action| format!("{}:{}", action.service, action.name))
                .filter(|action| !told.contains(action))
                .collect();
            for conditions in permits.iter().filter_map(who_and_when) {
                level.allow(&rest, &all(), &conditions);
            }
            told.push(format!("{}:*", service.prefix));
        }
    }
    level.allow_but(&told);
    if taken.is_empty() {
        return vec![level];
    }
    takes.allow_but(&taken);
    vec![level, takes]
}

/// The types of things that are run at the runtime, with the door of each.
fn kinds_that_run() -> BTreeMap<&'static str, &'static str> {
    let invoke = passages().iter().filter(|each| each.service == "bedrock" && each.action == "InvokeModel");
    let kinds = invoke.flat_map(|each| each.on.iter().map(String::as_str));
    kinds.filter_map(|kind| Some((kind, door_of_type(kind)?.id.as_str()))).collect()
}

fn runs_there(door: &str) -> bool {
    door == "runtime" || kinds_that_run().values().any(|own| *own == door)
}

/// Running something: the kind of target says through which door that goes.
fn invoke(level: &mut Level, door: &str, permits: &[Permit]) {
    let actions = [INVOKE.to_owned()];
    let kinds = kinds_that_run();
    let is_model = |kind: &&str| *kind == FOUNDATION_MODEL;
    let here = || kinds.iter().filter(|(kind, own)| **own == door && !is_model(kind)).map(|(kind, _)| *kind);
    let of_here: Vec<String> = here().flat_map(|kind| of_type("bedrock", kind)).collect();
    if door == "runtime" {
        // Whatever is no thing of another door goes through this one.
        let elsewhere = kinds.iter().filter(|(kind, own)| **own != door && !is_model(kind));
        let elsewhere: Vec<String> = elsewhere.flat_map(|(kind, _)| of_type("bedrock", kind)).collect();
        level.allow(&actions, &elsewhere, &Vec::new());
        for (permit, conditions) in permits.iter().filter_map(|each| Some((each, run_in(each)?))) {
            run_model(level, permit, &conditions);
        }
        deny_like_an_account(level, &actions);
    } else {
        level.allow_but_on(&actions, &of_here);
    }
    for kind in here() {
        let own = of_type("bedrock", kind);
        match kind {
            "inference-profile" | "application-inference-profile" if !permits.is_empty() => {
                level.allow(&actions, &own, &Vec::new());
            }
            "inference-profile" | "application-inference-profile" => {}
            "project" => {
                for (permit, mut conditions) in permits.iter().filter_map(|each| Some((each, from(each)?))) {
                    if let Some(of) = &permit.models {
                        let named = of.runtime.iter().flat_map(|id| {
                            [
                                format!("arn:*:*:*:*:foundation-model/{id}"),
                                format!("arn:*:*:*:*:inference-profile/*.{id}"),
                            ]
                        });
                        let named: Vec<String> = named.collect();
                        if named.is_empty() {
                            continue;
                        }
                        conditions.push(("ArnLike", PROJECT_MODEL.to_owned(), named));
                    }
                    level.allow(&actions, &own, &conditions);
                }
            }
            _ => {
                for (permit, conditions) in permits.iter().filter_map(|each| Some((each, from(each)?))) {
                    let things = if permit.resources.is_some() { things_of(permit) } else { own.clone() };
                    level.allow(&actions, &things, &conditions);
                }
            }
        }
    }
}

/// A foundation model, directly or behind a profile.
fn run_model(level: &mut Level, permit: &Permit, conditions: &Conditions) {
    let actions = [INVOKE.to_owned()];
    let mut conditions = conditions.clone();
    if permit.scope == ScopeWord::InRegion {
        let system = vec!["arn:*:*:*:*:inference-profile/*".to_owned()];
        conditions.push(("ArnNotLike", PROFILE.to_owned(), system));
    }
    let Some(regions) = &permit.regions else {
        level.allow(&actions, &models_of(permit), &conditions);
        return;
    };
    // Called in one of the Regions, or through a profile that is.
    let mut called = conditions.clone();
    called.retain(|(_, key, _)| key != "aws:RequestedRegion");
    let both: Vec<String> = regions.called.intersection(&regions.reached).cloned().collect();
    if !both.is_empty() {
        called.push(in_regions(both));
        level.allow(&actions, &models_of(permit), &called);
    }
    let through: Vec<String> = regions.called.iter().map(|region| format!("arn:*:*:{region}:*:*")).collect();
    if !through.is_empty() {
        conditions.push(("ArnLike", PROFILE.to_owned(), through));
        level.allow(&actions, &models_of(permit), &conditions);
    }
}

/// An action that takes a model, on something else: what that is may be run, or is taken for itself.
fn takes_thing(level: &mut Level, area: &Area, passage: &Passage, on: &[String]) {
    let actions = [passage.name()];
    if !on.is_empty() {
        level.allow_but_on(&actions, on);
    }
    level.allow(&actions, &models(["*"]), &Vec::new());
    let kinds = kinds_that_run();
    let others = kinds.iter().filter(|(kind, own)| **own != passage.door.id && **kind != FOUNDATION_MODEL);
    for (kind, door) in others.clone() {
        let own = of_type("bedrock", kind);
        match area.rules.get(*door) {
            Some(Rule::Managed { permits, .. }) if *door == "runtime" => {
                if !permits.is_empty() {
                    level.allow(&actions, &own, &Vec::new());
                }
            }
            Some(Rule::Managed { permits, .. }) => {
                for (permit, conditions) in permits.iter().filter_map(|each| Some((each, from(each)?))) {
                    let things = if permit.resources.is_some() { things_of(permit) } else { own.clone() };
                    level.allow(&actions, &things, &conditions);
                }
            }
            Some(Rule::Unmanaged) | None => level.allow(&actions, &own, &Vec::new()),
        }
    }
    // Of no other door: what the action takes for itself.
    let known = reference::action(passage.service, passage.action);
    let taken = known.into_iter().flat_map(|known| known.resource_types().collect::<Vec<_>>());
    for kind in taken.filter(|kind| !others.clone().any(|(other, _)| *other == kind.name)) {
        level.allow(&actions, &of_type(passage.service, kind.name), &Vec::new());
    }
}

fn plain(level: &mut Level, passage: &Passage, permits: &[Permit]) {
    let actions = [passage.name()];
    let mut always = Conditions::new();
    if passage.door.id == "bearer-keys" && passage.service == "iam" {
        let key = "iam:ServiceSpecificCredentialServiceName".to_owned();
        let services = KEY_SERVICES.map(str::to_owned).to_vec();
        level.allow(&actions, &all(), &vec![("StringNotEquals", key, services)]);
    }
    for (permit, conditions) in permits.iter().filter_map(|each| Some((each, from(each)?))) {
        always.clear();
        always.extend(conditions);
        if permit.inside
            && let Some((key, is_needed)) = outside_key(passage)
        {
            let [is_false, is_absent] = not_true(key);
            if !is_needed {
                let conditions = always.iter().cloned().chain([is_absent]).collect();
                level.allow(&actions, &things_of(permit), &conditions);
            }
            always.push(is_false);
        }
        if let Some(fits) = keys_fit(passage, permit) {
            always.extend(fits);
            level.allow(&actions, &things_of(permit), &always);
        }
    }
}

/// What has to hold of the API key; none where none fits.
fn keys_fit(passage: &Passage, permit: &Permit) -> Option<Conditions> {
    if passage.door.id != "bearer-keys" {
        return Some(Vec::new());
    }
    let makes = passage.service == "iam";
    match permit.keys {
        KeyRule::Any => Some(Vec::new()),
        KeyRule::ShortTerm if makes => None,
        KeyRule::ShortTerm => {
            let key = format!("{}:BearerTokenType", passage.service);
            Some(vec![("StringEquals", key, vec!["SHORT_TERM".to_owned()])])
        }
        KeyRule::MaxAgeDays(_) if !makes => Some(Vec::new()),
        KeyRule::MaxAgeDays(days) if passage.action == "CreateServiceSpecificCredential" => {
            let key = "iam:ServiceSpecificCredentialAgeDays".to_owned();
            Some(vec![("NumericLessThanEquals", key, vec![days.to_string()])])
        }
        KeyRule::MaxAgeDays(_) => None,
    }
}

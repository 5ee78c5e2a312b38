//! The requests with which promises are checked: one of each class.
//!
//! Models, Regions, days, things and keys that the charter names alike are alike to it. Each request says by which patterns
//! of the charter principals can matter to it, so that principals that these do not tell apart need not all make it.

use std::collections::{BTreeMap, BTreeSet};

use charter::compile::{AreaFence, Statement};
use charter::meaning::{FENCE_ACTIONS, SOURCE_IDENTITY};
use charter::model::{KeyRule, NOWHERE, Permit, Regions, Rule};
use charter::{Area, Day, Model};
use iam::action::Action;
use iam::context::Context;
use iam::glob::Glob;
use iam::principal::Principal;
use iam::{Completeness, Request, RequestParts};
use reference::{Piece, doors};

use crate::parallel;
use crate::plan::Named;

/// Keys of a request and their values.
type Keys = Vec<(String, String)>;

/// Everything about a request but who makes it and who stands behind them.
pub struct Shape {
    action: Action,
    /// With `{account}` where an account stands.
    resource: String,
    context: Keys,
    /// Whether it runs a model, so that a charter can demand somebody behind it.
    pub runs: bool,
}

impl Shape {
    /// The request of a principal, with a source identity or without.
    pub fn request(
        &self,
        principal: &Principal,
        organization: &str,
        path: &str,
        source: Option<&str>,
    ) -> Option<Request> {
        let account = principal.account().map(ToString::to_string).unwrap_or_default();
        let mut context = Context::new();
        for (name, value) in &self.context {
            context.insert(name, vec![value.replace("{account}", &account)]).ok()?;
        }
        if let Some(source) = source {
            context.insert(SOURCE_IDENTITY, vec![source.to_owned()]).ok()?;
        }
        context.insert("aws:PrincipalOrgID", vec![organization.to_owned()]).ok()?;
        context.insert("aws:PrincipalOrgPaths", vec![path.to_owned()]).ok()?;
        Some(Request::new(RequestParts {
            principal: principal.clone(),
            action: self.action.clone(),
            resource: self.resource.replace("{account}", &account),
            resource_account: None,
            context,
            completeness: Completeness::Complete,
        }))
    }

    /// The action and the type of what it is on.
    pub fn kind(&self) -> (String, &str) {
        let name = self.resource.splitn(6, ':').nth(5).unwrap_or_default();
        (self.action.to_string(), name.split('/').next().unwrap_or_default())
    }
}

/// Keys by which statements of a fence tell requests apart, besides those that every request carries.
const TOLD_BY: [&str; 13] = [
    "aws-external-anthropic:BearerTokenType",
    "bedrock-mantle:BearerTokenType",
    "bedrock-mantle:DataRetentionMode",
    "bedrock-mantle:Model",
    "bedrock:BearerTokenType",
    "bedrock:DataRetentionMode",
    "bedrock:InferenceProfileArn",
    "bedrock:ModelArn",
    "iam:ServiceSpecificCredentialAgeDays",
    "iam:ServiceSpecificCredentialServiceName",
    "ram:AllowsExternalPrincipals",
    "ram:RequestedAllowsExternalPrincipals",
    "sagemaker:BearerTokenType",
];

/// Those of them that a call of a model carries by what it runs, whichever action it is.
const BY_TARGET: [&str; 2] = ["bedrock:InferenceProfileArn", "bedrock:ModelArn"];

/// Every pattern by which the charter knows principals.
pub fn caller_patterns(model: &Model) -> BTreeSet<String> {
    let mut patterns: BTreeSet<String> = BTreeSet::new();
    for area in &model.areas {
        patterns.extend(permits(area).flat_map(|permit| permit.callers.iter().flatten().cloned()));
        patterns.extend(area.off.values().flat_map(|off| off.callers.iter().cloned()));
        patterns.extend(area.identity.iter().flat_map(|identity| identity.callers.iter().cloned()));
        patterns.extend(area.keepers.iter().flat_map(|(keepers, _)| keepers.iter().cloned()));
    }
    patterns
}

/// Those by which it knows them where an action is asked, but for the source identities that it demands, and those by which
/// statements about the action know them; all of them where it goes through no door, so that nothing should matter to it.
fn told_by(service: &str, name: &str, model: &Model, documents: &[Named]) -> BTreeSet<String> {
    let whole = format!("{service}:{name}");
    let lists = |door: &&reference::Door| door.list_actions.contains(&whole);
    let mut through = charter::doors_about(service, name);
    through.extend(doors().iter().filter(lists).map(|door| door.id.as_str()));
    if through.is_empty() && !FENCE_ACTIONS.contains(&whole.as_str()) {
        return caller_patterns(model);
    }
    let mut patterns = BTreeSet::new();
    for area in &model.areas {
        patterns.extend(area.off.get(service).iter().flat_map(|off| off.callers.iter().cloned()));
        for (_, rule) in area.rules.iter().filter(|(door, _)| through.contains::<str>(door.as_ref())) {
            patterns
                .extend(rule.permits().iter().flat_map(|permit| permit.callers.iter().flatten().cloned()));
        }
        let keepers = area.keepers.iter().filter(|_| FENCE_ACTIONS.contains(&whole.as_str()));
        patterns.extend(keepers.flat_map(|(keepers, _)| keepers.iter().cloned()));
    }
    let folded = whole.to_ascii_lowercase();
    for statement in documents.iter().flat_map(|each| &each.document.statements) {
        if statement.actions.iter().any(|action| Glob::new(&action.to_ascii_lowercase()).matches(&folded)) {
            patterns.extend(callers_of(statement).cloned());
        }
    }
    patterns
}

/// The patterns by which a statement knows principals.
pub fn callers_of(statement: &Statement) -> impl Iterator<Item = &String> {
    let keys = statement.conditions.values().flatten();
    keys.filter(|(key, _)| key.eq_ignore_ascii_case("aws:PrincipalArn")).flat_map(|(_, values)| values)
}

/// Those of whoever needs nobody behind them.
pub fn unattended(model: &Model) -> BTreeSet<String> {
    let identities = model.areas.iter().filter_map(|area| area.identity.as_ref());
    identities.flat_map(|identity| identity.callers.iter().cloned()).collect()
}

fn permits(area: &Area) -> impl Iterator<Item = &Permit> {
    area.rules.values().flat_map(Rule::permits)
}

/// What the charter tells apart.
struct Classes {
    /// Ids, one for each set of patterns that matches it.
    runtime: Vec<String>,
    mantle: Vec<String>,
    regions: Vec<String>,
    /// Those that the same lists name as places to call.
    called: Vec<String>,
    /// Patterns of things.
    resources: BTreeSet<String>,
    /// Now, and every day on which something ends.
    times: Vec<String>,
    ages: BTreeSet<u32>,
    modes: BTreeSet<String>,
}

impl Classes {
    fn new(model: &Model, now: &str) -> Self {
        let (mut runtime, mut mantle) = (BTreeSet::new(), BTreeSet::new());
        let mut places: Vec<&Regions> = Vec::new();
        let (mut times, mut ages, mut resources) =
            (BTreeSet::from([now.to_owned()]), BTreeSet::new(), BTreeSet::new());
        for permit in model.areas.iter().flat_map(permits) {
            if let Some(models) = &permit.models {
                runtime.extend(models.runtime.iter().cloned());
                mantle.extend(models.mantle.iter().cloned());
            }
            places.extend(&permit.regions);
            times.extend(permit.ends.iter().map(Day::midnight));
            resources.extend(permit.resources.iter().flatten().cloned());
            if let KeyRule::MaxAgeDays(days) = permit.keys {
                ages.extend([days, days + 1]);
            }
        }
        let off = model.areas.iter().flat_map(|area| area.off.values());
        resources.extend(off.flat_map(|off| off.resources.iter().chain(&off.on).cloned()));
        // One Region of those that the same lists name, and one that none does.
        let mut regions: BTreeMap<Vec<(bool, bool)>, String> = BTreeMap::new();
        let mut called: BTreeMap<Vec<bool>, String> = BTreeMap::new();
        for region in reference::regions().filter(|region| region.partition == model.partition) {
            let named =
                |place: &&Regions| (place.called.contains(region.name), place.reached.contains(region.name));
            regions.entry(places.iter().map(named).collect()).or_insert_with(|| region.name.to_owned());
            let is_called = places.iter().map(|place| place.called.contains(region.name)).collect();
            called.entry(is_called).or_insert_with(|| region.name.to_owned());
        }
        let modes =
            model.areas.iter().flat_map(|area| area.retention.iter().flat_map(|(modes, _)| modes.clone()));
        Self {
            runtime: representatives(&runtime, reference::models().map(|model| model.id)),
            mantle: representatives(&mantle, reference::models().map(|model| model.id)),
            regions: regions.into_values().collect(),
            called: called.into_values().collect(),
            resources,
            times: times.into_iter().collect(),
            ages,
            modes: modes.chain(["postern-other".to_owned()]).collect(),
        }
    }
}

/// One id for each set of these patterns that some id matches, listed or made for the purpose.
fn representatives<'a>(patterns: &BTreeSet<String>, listed: impl Iterator<Item = &'a str>) -> Vec<String> {
    let globs: Vec<Glob> = patterns.iter().map(|pattern| Glob::new(pattern)).collect();
    let made = patterns.iter().map(|pattern| like(pattern));
    // No list has the third, which a pattern for things of an account may match.
    let shapes =
        ["unlisted.model", "unlisted.model-v1:0:24k", "unlisted.model:abcdefghijkl:inference-profile/x"];
    let shapes = shapes.map(str::to_owned);
    let mut classes: BTreeMap<Vec<bool>, String> = BTreeMap::new();
    let mut all: Vec<String> = Vec::new();
    for id in listed.map(str::to_owned).chain(made) {
        let matched: Vec<bool> = globs.iter().map(|glob| glob.matches(&id)).collect();
        classes.entry(matched).or_insert(id);
    }
    all.extend(classes.into_values());
    all.extend(shapes);
    all.sort();
    all.dedup();
    all
}

/// The requests, one of each class, by the patterns of the charter by which principals can matter to them.
pub fn shapes(
    model: &Model,
    fences: &[AreaFence],
    documents: &[Named],
    now: &str,
    threads: usize,
) -> BTreeMap<BTreeSet<String>, Vec<Shape>> {
    let classes = Classes::new(model, now);
    let mut actions: BTreeSet<(String, String)> = BTreeSet::new();
    for action in doors().iter().flat_map(|door| &door.actions) {
        actions.insert((action.service.clone(), action.name.clone()));
    }
    for door in doors() {
        actions.extend(door.list_actions.iter().filter_map(|each| split(each)));
    }
    for pattern in fences.iter().flat_map(|fence| &fence.statements).flat_map(|each| &each.actions) {
        let Some((service, name)) = split(pattern) else { continue };
        let glob = Glob::new(&name);
        let matched = reference::actions(&service).filter(|action| glob.matches(action.name));
        actions.extend(matched.map(|action| (action.service.to_owned(), action.name.to_owned())));
    }
    // Actions that the same patterns of the fence name, that go through the same doors, act on the same and carry
    // the same are alike.
    let patterns: BTreeSet<&String> =
        fences.iter().flat_map(|fence| &fence.statements).flat_map(|each| &each.actions).collect();
    let globs: Vec<Glob> = patterns.iter().map(|pattern| Glob::new(&pattern.to_ascii_lowercase())).collect();
    let mut alike: BTreeSet<Traits<'_>> = BTreeSet::new();
    let mut different: Vec<(&str, &str, Vec<&'static str>)> = Vec::new();
    for (service, name) in &actions {
        let whole = format!("{service}:{name}").to_ascii_lowercase();
        let matched: Vec<bool> = globs.iter().map(|glob| glob.matches(&whole)).collect();
        let through: Vec<&str> =
            reference::doors_of_action(service, name).map(|door| door.id.as_str()).collect();
        let known = reference::action(service, name);
        let mut keys: Vec<&str> =
            TOLD_BY.into_iter().filter(|key| known.is_some_and(|known| known.lists_key(key))).collect();
        if invokes(service, name) {
            // What is run says which of these it carries.
            keys.retain(|key| !BY_TARGET.contains(key));
        }
        let mut kinds = kinds(service, name);
        let mut is_new = |through: Vec<&'static str>, kinds: Vec<&'static str>| {
            alike.insert(Traits {
                service,
                matched: matched.clone(),
                through,
                kinds,
                keys: keys.clone(),
                runs: runs(service, name),
            })
        };
        // What runs a model at the runtime goes through the doors of what it runs, whatever it is called.
        match invokes(service, name) {
            true => kinds.retain(|kind| is_new(Vec::new(), vec![*kind])),
            false if is_new(through, kinds.clone()) => {}
            false => continue,
        }
        different.push((service, name, kinds));
    }
    let of_each = parallel::map(&different, threads, |(service, name, kinds)| {
        let shapes = shapes_of(service, name, kinds, model, &classes);
        (told_by(service, name, model, documents), shapes)
    });
    let mut shapes: BTreeMap<BTreeSet<String>, Vec<Shape>> = BTreeMap::new();
    for (told_by, each) in of_each {
        shapes.entry(told_by).or_default().extend(each);
    }
    // What AWS's MCP servers do for somebody.
    if let Ok(action) = Action::parse("s3:GetObject") {
        let context = vec![
            ("aws:ViaAWSMCPService".to_owned(), "true".to_owned()),
            ("aws:CurrentTime".to_owned(), now.to_owned()),
        ];
        let resource = format!("arn:{}:s3:::bucket/key", model.partition);
        let shape = Shape { action, resource, context, runs: false };
        shapes.entry(caller_patterns(model)).or_default().push(shape);
    }
    shapes
}

/// Source identities like those that areas demand, and one that is like none; nothing where no area demands any.
pub fn sources(model: &Model) -> BTreeSet<String> {
    let identities = model.areas.iter().filter_map(|area| area.identity.as_ref());
    let mut sources: BTreeSet<String> =
        identities.flat_map(|identity| &identity.source).map(|pattern| like(pattern)).collect();
    if !sources.is_empty() {
        sources.insert("postern-other".to_owned());
    }
    sources
}

/// A text that a pattern matches.
pub fn like(pattern: &str) -> String {
    pattern.replace(['*', '?'], "x")
}

/// What makes actions alike.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Traits<'a> {
    service: &'a str,
    /// Which patterns of the fence name them.
    matched: Vec<bool>,
    through: Vec<&'static str>,
    kinds: Vec<&'static str>,
    /// Of [`TOLD_BY`].
    keys: Vec<&'static str>,
    runs: bool,
}

/// Whether an action runs models at the runtime.
fn invokes(service: &str, name: &str) -> bool {
    service == "bedrock" && name.starts_with("InvokeModel")
}

/// The types of what an action is authorised on; none where it takes no resources.
fn kinds(service: &str, name: &str) -> Vec<&'static str> {
    let known = reference::action(service, name);
    let mut kinds: Vec<&str> =
        known.iter().flat_map(|known| known.resource_types().map(|each| each.name)).collect();
    if invokes(service, name) && known.is_none() {
        kinds.push("foundation-model");
    }
    // Types that the Service Authorization Reference does not list with the action.
    let doors = reference::doors().iter().flat_map(|door| &door.actions);
    for kind in doors.filter(|each| each.service == service && each.name == name).flat_map(|each| &each.on) {
        if !kinds.contains(&kind.as_str()) {
            kinds.push(kind);
        }
    }
    kinds
}

fn split(action: &str) -> Option<(String, String)> {
    action.split_once(':').map(|(service, name)| (service.to_owned(), name.to_owned()))
}

fn shapes_of(service: &str, name: &str, kinds: &[&str], model: &Model, classes: &Classes) -> Vec<Shape> {
    let Ok(action) = Action::parse(&format!("{service}:{name}")) else { return Vec::new() };
    let invokes = invokes(service, name);
    // An action that runs models and of which every type was asked already.
    if invokes && kinds.is_empty() {
        return Vec::new();
    }
    let mut shapes = Vec::new();
    let rules = model.areas.iter().flat_map(|area| &area.rules);
    let through: Vec<&Permit> = rules
        .filter(|(door, _)| reference::doors_of_action(service, name).any(|each| each.id == **door))
        .flat_map(|(_, rule)| rule.permits())
        .collect();
    // Where no permit of its doors names Regions or ends, one is as good as another.
    let by_region =
        invokes || kinds.contains(&"foundation-model") || through.iter().any(|each| each.regions.is_some());
    let by_time = invokes || through.iter().any(|each| each.ends.is_some());
    let runs = invokes || runs(service, name);
    let regions = if by_region { classes.regions.as_slice() } else { &classes.regions[..1] };
    let times = if by_time { classes.times.as_slice() } else { &classes.times[..1] };
    let all = kinds.iter().copied().chain(kinds.is_empty().then_some("*"));
    let carried: Vec<(&str, Vec<Keys>)> =
        all.map(|kind| (kind, contexts(service, name, kind, invokes, model, classes))).collect();
    for region in regions {
        for (kind, contexts) in &carried {
            for (resource, global) in resources(service, kind, region, model, classes) {
                // Without a Region one is as good as another.
                if global && *region != regions[0] {
                    continue;
                }
                let named = if global { NOWHERE.as_slice() } else { &[region.as_str()] };
                for region in named {
                    for more in contexts {
                        for time in times {
                            let mut context = vec![
                                ("aws:RequestedRegion".to_owned(), (*region).to_owned()),
                                ("aws:CurrentTime".to_owned(), time.clone()),
                            ];
                            context.extend(more.iter().cloned());
                            let (action, resource) = (action.clone(), resource.clone());
                            shapes.push(Shape { action, resource, context, runs });
                        }
                    }
                }
            }
        }
    }
    shapes
}

/// Resources of a type: one of each class, and whether it is the Region-less form of a model.
fn resources(
    service: &str,
    kind: &str,
    region: &str,
    model: &Model,
    classes: &Classes,
) -> Vec<(String, bool)> {
    if kind == "*" {
        return vec![("*".to_owned(), false)];
    }
    let partition = &model.partition;
    if kind == "foundation-model" {
        let arn =
            |region: &str, id: &String| format!("arn:{partition}:bedrock:{region}::foundation-model/{id}");
        return classes
            .runtime
            .iter()
            .flat_map(|id| [(arn(region, id), false), (arn("", id), true)])
            .collect();
    }
    let Some(template) = reference::resource_type(service, kind).and_then(|kind| kind.templates().next())
    else {
        return Vec::new();
    };
    let mut text = String::new();
    // What is the same in all of the type.
    let mut head: Option<usize> = None;
    for piece in template.pieces() {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Placeholder { name, ids } => match name {
                "Partition" => text.push_str(partition),
                "Region" => text.push_str(region),
                "Account" => text.push_str("{account}"),
                _ => {
                    head.get_or_insert(text.len());
                    text.push_str(&ids.example);
                }
            },
        }
    }
    let head = &text[..head.unwrap_or(text.len())];
    let named = classes.resources.iter().map(|pattern| {
        let parts = iam::arn::split(pattern).unwrap_or_default();
        let own = like(parts[5]);
        let region = if parts[3].is_empty() { "" } else { region };
        let account = if parts[4].is_empty() { "" } else { "{account}" };
        format!("arn:{partition}:{}:{region}:{account}:{own}", parts[2])
    });
    let mut all: Vec<(String, bool)> =
        named.filter(|arn| arn.starts_with(head)).map(|arn| (arn, false)).collect();
    all.push((text, false));
    all
}

/// What a request carries besides: one of each class of each key.
fn contexts(
    service: &str,
    name: &str,
    kind: &str,
    invokes: bool,
    model: &Model,
    classes: &Classes,
) -> Vec<Keys> {
    let partition = &model.partition;
    let mut all: Vec<Keys> = vec![Vec::new()];
    let mut vary = |key: &str, values: Vec<String>, may_lack: bool| {
        let mut longer: Vec<Keys> = if may_lack { all.clone() } else { Vec::new() };
        for value in values {
            longer.extend(all.iter().map(|known| {
                let mut known = known.clone();
                known.push((key.to_owned(), value.clone()));
                known
            }));
        }
        all = longer;
    };
    let carries = |key: &str| reference::action_carries(service, name, key);
    if invokes && kind == "foundation-model" {
        let arn =
            |region: &String, what: &str| format!("arn:{partition}:bedrock:{region}:{{account}}:{what}");
        let system = format!("inference-profile/{}.x.y", geography(partition));
        let profiles = classes.called.iter().flat_map(|region| {
            [arn(region, &system), arn(region, "application-inference-profile/abcdefghijkl")]
        });
        vary("bedrock:InferenceProfileArn", profiles.collect(), true);
    }
    if invokes && kind == "project" {
        let region = classes.called.first().map_or("", String::as_str);
        let of_region = format!("arn:{partition}:bedrock:{region}");
        let ids = classes.runtime.iter().flat_map(|id| {
            let profile = format!("{of_region}:{{account}}:inference-profile/{}.{id}", geography(partition));
            [format!("{of_region}::foundation-model/{id}"), profile]
        });
        vary("bedrock:ModelArn", ids.collect(), true);
    }
    if carries("bedrock-mantle:Model") {
        vary("bedrock-mantle:Model", classes.mantle.clone(), true);
    }
    for key in ["ram:AllowsExternalPrincipals", "ram:RequestedAllowsExternalPrincipals"] {
        if carries(key) {
            vary(key, vec!["false".to_owned(), "true".to_owned()], true);
        }
    }
    let token = format!("{service}:BearerTokenType");
    if carries(&token) {
        vary(&token, vec!["LONG_TERM".to_owned(), "SHORT_TERM".to_owned()], false);
    }
    let mode = format!("{service}:DataRetentionMode");
    if carries(&mode) {
        vary(&mode, classes.modes.iter().cloned().collect(), true);
    }
    if carries("iam:ServiceSpecificCredentialServiceName") {
        let services = vec!["bedrock.amazonaws.com".to_owned(), "codecommit.amazonaws.com".to_owned()];
        vary("iam:ServiceSpecificCredentialServiceName", services, false);
    }
    if carries("iam:ServiceSpecificCredentialAgeDays") {
        let ages = classes.ages.iter().map(u32::to_string).chain(["1".to_owned()]);
        vary("iam:ServiceSpecificCredentialAgeDays", ages.collect(), true);
    }
    all
}

/// Whether an action runs a model.
fn runs(service: &str, name: &str) -> bool {
    reference::duty(service, name).is_some_and(reference::Duty::runs_a_model)
}

/// The prefix of a geography of a partition.
fn geography(partition: &str) -> &'static str {
    let mut known = reference::geographies().iter().filter(|each| each.partition == partition);
    known.find(|each| !each.everywhere).map_or("us", |each| each.prefix.as_str())
}

//! The three promises of a plan, checked.
//!
//! The fence holds: what the charter refuses is denied to everybody in the governed accounts. Nothing approved breaks:
//! what it admits is not denied by the fence. Nothing else changes: what goes through no managed door is not denied by
//! it. Statements of the fence deny and do nothing else, so that what they deny is all they change.
//!
//! Checked are classes of requests. Principals that the same patterns of the charter match are alike to it, and so are
//! models, Regions and days; every action of every door is asked, on every type of resource it takes, and every action
//! that a pattern of the fence matches. One of each class is evaluated, with the readings of every unsettled point. This
//! is no proof: conditions that nobody thought of here are not varied.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use charter::compile::AreaFence;
use charter::meaning::SOURCE_IDENTITY;
use charter::model::{NOWHERE, Permit, Rule};
use charter::{Model, Verdict, meaning};
use iam::action::Action;
use iam::answer::{Decision, Outcome};
use iam::context::Context;
use iam::estate::{Estate, Known};
use iam::glob::Glob;
use iam::layers::{Layers, Level};
use iam::policy::{Policy, PolicyType, read};
use iam::principal::Principal;
use iam::{Completeness, Request, RequestParts, authorize};
use reference::{Piece, doors};

use super::{Named, Places, Reached, reached};
use crate::parallel;

/// One promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    Holds,
    BreaksNothing,
    ChangesNothingElse,
}

impl Promise {
    /// All, in order.
    pub const ALL: [Self; 3] = [Self::Holds, Self::BreaksNothing, Self::ChangesNothingElse];

    /// The sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Holds => "The fence holds",
            Self::BreaksNothing => "Nothing approved breaks",
            Self::ChangesNothingElse => "Nothing else changes",
        }
    }
}

/// What was found of a promise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// How many requests were evaluated.
    pub requests: usize,
    /// Requests that the promise is broken for.
    pub refuted: Vec<Broken>,
    /// Requests of which the evaluator cannot say, and why.
    pub unknown: Vec<(Broken, String)>,
}

/// A request, for telling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Broken {
    pub principal: String,
    pub action: String,
    pub resource: String,
    pub context: Vec<(String, String)>,
}

/// How many principals and places the classes stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    pub principals: usize,
    pub principal_classes: usize,
    pub accounts: usize,
    pub places: usize,
    /// Accounts that were not looked at, because it is not known where they stand.
    pub nowhere: usize,
}

/// Checks the promises of documents for a charter.
pub fn check(
    model: &Model,
    fences: &[AreaFence],
    documents: &[Named],
    estate: &Estate,
    now: &str,
    threads: usize,
) -> (BTreeMap<Promise, Checked>, Extent) {
    let mut results: BTreeMap<Promise, Checked> =
        Promise::ALL.into_iter().map(|promise| (promise, Checked::default())).collect();
    let Some(organization) = estate.organizations().first() else { return (results, Extent::default()) };
    let fence = Fence::new(documents);
    let asked = Asked::new(model, fences, now, threads);
    let (reached, nowhere) = reached(organization);
    let mut extent = Extent { nowhere, ..Extent::default() };
    let places = places(model, reached);
    let patterns = caller_patterns(model);
    for ((_, path), (accounts, chain)) in &places {
        extent.places += 1;
        extent.accounts += accounts.len();
        let layers = fence.layers(chain);
        let (principals, people) =
            principals(estate, model, accounts, &patterns, chain.last().copied().unwrap_or_default());
        extent.principals += people;
        extent.principal_classes += principals.len();
        let place = &Place { model, chain, path, organization: &organization.id, layers: &layers };
        for (number, principal) in principals.iter().enumerate() {
            let shares: Vec<&[Shape]> = asked.shapes.chunks(SHARE).collect();
            let found = parallel::map(&shares, threads, |shapes| place.ask(principal, number == 0, shapes));
            for (promise, checked) in found.into_iter().flatten() {
                let known = results.entry(promise).or_default();
                known.requests += checked.requests;
                known.refuted.extend(checked.refuted);
                known.unknown.extend(checked.unknown);
            }
        }
    }
    (results, extent)
}

/// How many shapes a thread takes at a time.
const SHARE: usize = 256;

/// Where requests are made.
struct Place<'a> {
    model: &'a Model,
    chain: &'a [&'a str],
    path: &'a str,
    organization: &'a str,
    layers: &'a Layers,
}

impl Place<'_> {
    /// Asks what tells principals apart, and of the first one everything.
    fn ask(&self, principal: &Principal, is_first: bool, shapes: &[Shape]) -> BTreeMap<Promise, Checked> {
        let mut results: BTreeMap<Promise, Checked> = BTreeMap::new();
        let account = principal.account().map(ToString::to_string).unwrap_or_default();
        for shape in shapes.iter().filter(|shape| is_first || shape.by_caller) {
            let Some(request) = shape.request(principal, &account, self.organization, self.path) else {
                continue;
            };
            let promise = match meaning(self.model, self.chain, &request) {
                Verdict::Refused(_) => Promise::Holds,
                Verdict::Admitted => Promise::BreaksNothing,
                Verdict::NotGoverned => Promise::ChangesNothingElse,
            };
            let checked = results.entry(promise).or_default();
            checked.requests += 1;
            match (authorize(&request, self.layers).outcome, promise) {
                (Outcome::Decided(Decision::ExplicitDeny), Promise::Holds)
                | (Outcome::Decided(Decision::Allow), Promise::BreaksNothing | Promise::ChangesNothingElse) =>
                    {}
                (Outcome::Decided(_), _) => checked.refuted.push(broken(&request)),
                (other, _) => checked.unknown.push((broken(&request), format!("{other:?}"))),
            }
        }
        results
    }
}

pub fn broken(request: &Request) -> Broken {
    let context =
        request.context().iter().map(|(name, values)| (name.to_owned(), values.to_vec().join(", ")));
    Broken {
        principal: request.principal().to_string(),
        action: request.action().to_string(),
        resource: request.resource().as_str().to_owned(),
        context: context.collect(),
    }
}

/// The documents by node, with somebody whom all else allows everything.
pub struct Fence {
    by_node: BTreeMap<Arc<str>, Vec<Arc<Policy>>>,
    everything: Arc<Policy>,
}

impl Fence {
    pub fn new(documents: &[Named]) -> Self {
        let mut by_node: BTreeMap<Arc<str>, Vec<Arc<Policy>>> = BTreeMap::new();
        for document in documents {
            for node in &document.document.nodes {
                by_node.entry(node.clone()).or_default().push(document.policy.clone());
            }
        }
        let everything =
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let everything = read(everything.as_bytes(), PolicyType::ServiceControl).policy;
        Self { by_node, everything: Arc::new(everything.expect("the text is a policy")) }
    }

    pub fn layers(&self, chain: &[&str]) -> Layers {
        let level = |id: &&str| {
            let own = self.by_node.get(*id).into_iter().flatten();
            let policies = std::iter::once(&self.everything).chain(own).cloned().collect();
            Level { target: (*id).to_owned(), policies }
        };
        Layers {
            identity: vec![self.everything.clone()],
            scp: chain.iter().map(level).collect(),
            ..Layers::default()
        }
    }
}

/// Accounts below the same area and in the same unit are one place.
fn places<'a>(model: &Model, reached: Vec<Reached<'a>>) -> Places<'a, Arc<str>> {
    let mut places = Places::new();
    for Reached { account, chain, path } in reached {
        let Some(area) = model.area(&chain) else { continue };
        places.entry((area.node.clone(), path)).or_insert_with(|| (Vec::new(), chain)).0.push(account);
    }
    places
}

/// Every pattern by which the charter knows principals.
fn caller_patterns(model: &Model) -> Vec<String> {
    let mut patterns: BTreeSet<String> = BTreeSet::new();
    for area in &model.areas {
        for permit in permits(area) {
            patterns.extend(permit.callers.iter().flatten().cloned());
        }
        patterns.extend(area.off.values().flat_map(|off| off.callers.iter().cloned()));
        patterns.extend(area.keepers.iter().flat_map(|(keepers, _)| keepers.iter().cloned()));
    }
    patterns.into_iter().collect()
}

fn permits(area: &charter::Area) -> impl Iterator<Item = &Permit> {
    area.rules.values().flat_map(|rule| match rule {
        Rule::Managed { permits, .. } => permits.as_slice(),
        Rule::Unmanaged => &[],
    })
}

/// One principal for each set of patterns that some principal of these accounts matches, and one that each pattern is
/// made for; and how many there are in all.
fn principals(
    estate: &Estate,
    model: &Model,
    accounts: &[&str],
    patterns: &[String],
    account: &str,
) -> (Vec<Principal>, usize) {
    let globs: Vec<Glob> = patterns.iter().map(|pattern| Glob::new(pattern)).collect();
    let mut classes: BTreeMap<Vec<bool>, Principal> = BTreeMap::new();
    let mut add = |arn: &str| {
        let matched: Vec<bool> = globs.iter().map(|glob| glob.matches(arn)).collect();
        if let Ok(principal) = Principal::parse(arn) {
            classes.entry(matched).or_insert(principal);
        }
    };
    let mut people = 0;
    for id in accounts {
        let Some(own) = iam::arn::AccountId::new(id).ok().and_then(|id| estate.account(&id)) else {
            continue;
        };
        if let Known::Known(users) = &own.users {
            people += users.len();
            users.iter().for_each(|user| add(&user.identity.arn));
        }
        if let Known::Known(roles) = &own.roles {
            people += roles.len();
            roles.iter().for_each(|role| add(&role.identity.arn));
        }
    }
    for pattern in patterns {
        if let Some(parts) = iam::arn::split(pattern) {
            let name = parts[5].replace(['*', '?'], "x");
            add(&format!("arn:{}:iam::{account}:{name}", parts[1].replace('*', &model.partition)));
        }
    }
    add(&format!("arn:{}:iam::{account}:role/nobody-in-particular", model.partition));
    (classes.into_values().collect(), people)
}

/// Keys of a request and their values.
type Keys = Vec<(String, String)>;

/// Everything about a request but who makes it.
struct Shape {
    action: Action,
    /// With `{account}` where an account stands.
    resource: String,
    context: Keys,
    /// Whether the charter says who may; otherwise one principal is as good as another.
    by_caller: bool,
}

impl Shape {
    fn request(
        &self,
        principal: &Principal,
        account: &str,
        organization: &str,
        path: &str,
    ) -> Option<Request> {
        let mut context = Context::new();
        for (name, value) in &self.context {
            context.insert(name, vec![value.replace("{account}", account)]).ok()?;
        }
        context.insert("aws:PrincipalOrgID", vec![organization.to_owned()]).ok()?;
        context.insert("aws:PrincipalOrgPaths", vec![path.to_owned()]).ok()?;
        Some(Request::new(RequestParts {
            principal: principal.clone(),
            action: self.action.clone(),
            resource: self.resource.replace("{account}", account),
            resource_account: None,
            context,
            completeness: Completeness::Complete,
        }))
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

/// The requests, one of each class.
struct Asked {
    shapes: Vec<Shape>,
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
    /// Source identities, like those that some area demands and like none; none where no area does.
    sources: Vec<String>,
}

impl Classes {
    fn new(model: &Model, now: &str) -> Self {
        let (mut runtime, mut mantle) = (BTreeSet::new(), BTreeSet::new());
        let mut places: Vec<&charter::model::Regions> = Vec::new();
        let (mut times, mut ages, mut resources) =
            (BTreeSet::from([now.to_owned()]), BTreeSet::new(), BTreeSet::new());
        for permit in model.areas.iter().flat_map(permits) {
            if let Some(models) = &permit.models {
                runtime.extend(models.runtime.iter().cloned());
                mantle.extend(models.mantle.iter().cloned());
            }
            places.extend(&permit.regions);
            times.extend(permit.ends.iter().map(charter::Day::midnight));
            resources.extend(permit.resources.iter().flatten().cloned());
            if let charter::model::KeyRule::MaxAgeDays(days) = permit.keys {
                ages.extend([days, days + 1]);
            }
        }
        let off = model.areas.iter().flat_map(|area| area.off.values());
        resources.extend(off.flat_map(|off| off.resources.iter().chain(&off.on).cloned()));
        let identities = model.areas.iter().filter_map(|area| area.identity.as_ref());
        let sources: BTreeSet<String> =
            identities.flat_map(|identity| identity.source.iter().cloned()).collect();
        let sources = match sources.is_empty() {
            true => Vec::new(),
            false => {
                let like = sources.iter().map(|pattern| pattern.replace(['*', '?'], "x"));
                like.chain(["postern-other".to_owned()]).collect()
            }
        };
        // One Region of those that the same lists name, and one that none does.
        let mut regions: BTreeMap<Vec<(bool, bool)>, String> = BTreeMap::new();
        let mut called: BTreeMap<Vec<bool>, String> = BTreeMap::new();
        for region in reference::regions().filter(|region| region.partition == model.partition) {
            let named = |place: &&charter::model::Regions| {
                (place.called.contains(region.name), place.reached.contains(region.name))
            };
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
            sources,
            modes: modes.chain(["postern-other".to_owned()]).collect(),
        }
    }
}

/// One id for each set of these patterns that some id matches, listed or made for the purpose.
fn representatives<'a>(patterns: &BTreeSet<String>, listed: impl Iterator<Item = &'a str>) -> Vec<String> {
    let globs: Vec<Glob> = patterns.iter().map(|pattern| Glob::new(pattern)).collect();
    let made = patterns.iter().map(|pattern| pattern.replace(['*', '?'], "x"));
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

impl Asked {
    fn new(model: &Model, fences: &[AreaFence], now: &str, threads: usize) -> Self {
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
        let globs: Vec<Glob> =
            patterns.iter().map(|pattern| Glob::new(&pattern.to_ascii_lowercase())).collect();
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
            if runs(service, name) && !classes.sources.is_empty() {
                keys.push(SOURCE_IDENTITY);
            }
            let mut kinds = kinds(service, name);
            let mut is_new = |through: Vec<&'static str>, kinds: Vec<&'static str>| {
                alike.insert(Traits { service, matched: matched.clone(), through, kinds, keys: keys.clone() })
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
            shapes_of(service, name, kinds, model, &classes)
        });
        let mut shapes: Vec<Shape> = of_each.into_iter().flatten().collect();
        // What AWS's MCP servers do for somebody.
        if let Ok(action) = Action::parse("s3:GetObject") {
            let context = vec![
                ("aws:ViaAWSMCPService".to_owned(), "true".to_owned()),
                ("aws:CurrentTime".to_owned(), now.to_owned()),
            ];
            shapes.push(Shape {
                action,
                resource: format!("arn:{}:s3:::bucket/key", model.partition),
                context,
                by_caller: true,
            });
        }
        Self { shapes }
    }
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
        .flat_map(|(_, rule)| match rule {
            Rule::Managed { permits, .. } => permits.as_slice(),
            Rule::Unmanaged => &[],
        })
        .collect();
    // Where no permit of its doors names Regions or ends, one is as good as another.
    let by_region =
        invokes || kinds.contains(&"foundation-model") || through.iter().any(|each| each.regions.is_some());
    let by_time = invokes || through.iter().any(|each| each.ends.is_some());
    let is_door = reference::doors_of_action(service, name).next().is_some();
    let is_off = model.areas.iter().any(|area| area.off.contains_key(service) || area.keepers.is_some());
    let by_caller = !is_door || is_off && !invokes || through.iter().any(|each| each.callers.is_some());
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
                            shapes.push(Shape { action, resource, context, by_caller });
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
        let own = parts[5].replace(['*', '?'], "x");
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
    if invokes || runs(service, name) {
        vary(SOURCE_IDENTITY, classes.sources.clone(), true);
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

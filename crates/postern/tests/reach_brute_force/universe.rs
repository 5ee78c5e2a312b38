//! Everybody's policies as JSON, every concrete resource there is or could be, and how open a question is on them.
//!
//! Documents are read from the files again, and the plain evaluator decides. What is asked: things of the estate, all
//! models and system profiles of the catalogue, ids that the policies name, and a made-up id of each type in the asker's
//! account; each in every Region that the account uses or a policy names, and one more. Resources that every statement
//! covers alike are one case. Contexts are in [`contexts`](super::contexts).
//!
//! A request is signed by whoever asks and sent over TLS, through no other service. A thing that an action makes does not
//! exist before, so that it has no policy.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use iam::arn::Arn;
use iam::context::Key;
use iam::estate::{
    Account, Attached, Document, Estate, Identity, Known, Origin, PolicyLevel, ResourcePolicy,
};
use iam::principal::Principal;
use postern::reach::Level;
use reference::{Door, DoorAction, Piece, Template};
use serde_json::{Value, json};

use super::contexts;
use super::plain::{self, Lookups, Readings, readings::Choices, truth::Truth};

/// An id that nothing has.
const MADE_UP: &str = "brute-force";

/// A Region that no policy of the example names and no account uses.
const ELSEWHERE: &str = "ap-southeast-4";

pub const LOOKUPS: Lookups<'static> = Lookups {
    resource_less: &|action| {
        let (service, name) = action.split_once(':').unwrap_or((action, ""));
        reference::action(service, name).is_some_and(|known| !known.takes_resources())
    },
    rcp_supported: &|service| reference::supports_rcp(service),
};

/// An action on the resources of some types.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    pub action: String,
    /// Templates of the types with the names of these; none where the action takes no resources.
    templates: Option<Vec<(&'static str, String)>>,
}

impl Question {
    /// One action of a door.
    pub fn of_door(door: &Door, action: &DoorAction) -> Self {
        let known = reference::action(&action.service, &action.name);
        let types = match (action.on.as_slice(), known) {
            // Actions that no page lists take what their neighbours in the door take.
            ([], None) => door.actions.iter().flat_map(|each| each.on.clone()).collect(),
            (on, _) => on.to_vec(),
        };
        // Allowed on these alone, every call fails.
        let types: Vec<String> = types.into_iter().filter(|kind| !door.besides.contains(kind)).collect();
        Self::on(&action.service, &action.name, &types)
    }

    /// The same on what is authorised besides what runs.
    pub fn besides(door: &Door, action: &DoorAction) -> Self {
        Self::on(&action.service, &action.name, &door.besides)
    }

    /// An action on everything it takes.
    pub fn on_everything(action: &str) -> Self {
        let (service, name) = action.split_once(':').expect("service:Name");
        Self::on(service, name, &[])
    }

    fn on(service: &str, name: &str, types: &[String]) -> Self {
        let known = reference::action(service, name);
        let types: Vec<String> = match (types, known) {
            ([], Some(known)) => known.resource_types().map(|each| each.name.to_owned()).collect(),
            // What it takes is not known: anything of its service.
            ([], None) => reference::resource_types(service).map(|each| each.name.to_owned()).collect(),
            (types, _) => types.to_vec(),
        };
        let templates: Vec<(&'static str, String)> = types
            .iter()
            .filter_map(|name| reference::resource_type(service, name))
            .flat_map(|each| each.templates().map(|template| (template.text, each.name.to_owned())))
            .collect();
        let takes = !templates.is_empty() || known.is_none();
        Self { action: format!("{service}:{name}"), templates: takes.then_some(templates) }
    }

    /// Whether the action makes what a type names: `CreateHub` a hub.
    fn makes(&self, kind: &str) -> bool {
        let name = self.action.split_once(':').map_or("", |(_, name)| name).to_lowercase();
        name.strip_prefix("create").is_some_and(|made| kind.replace('-', "").to_lowercase() == made)
    }
}

/// All there is.
pub struct Universe<'a> {
    pub estate: &'a Estate,
    root: PathBuf,
    templates: BTreeMap<&'static str, Template>,
    documents: Mutex<BTreeMap<Origin, Value>>,
    files: Mutex<HashMap<String, Vec<u8>>>,
}

/// The documents on the side of who asks, or on that of what is asked for.
#[derive(Clone, Debug, Default)]
struct Side {
    /// By layer and level.
    layers: BTreeMap<&'static str, Vec<Vec<Value>>>,
    /// Whether all of them are known; one that is not allows everything here.
    is_known: bool,
}

/// Somebody who asks.
pub struct Asking<'u, 'a> {
    universe: &'u Universe<'a>,
    account: &'a Account,
    /// As a case names it.
    principal: Value,
    side: Side,
    management_account: bool,
    /// Keys that are the same in all its requests; an empty list is an absent key.
    fixed: BTreeMap<String, Vec<String>>,
    masks: std::cell::RefCell<HashMap<(String, String), u32>>,
    sides: std::cell::RefCell<HashMap<(String, String), std::rc::Rc<Theirs>>>,
    owns: std::cell::RefCell<HashMap<String, std::rc::Rc<Side>>>,
}

/// The documents on the side of a resource, told from others by a number.
struct Theirs {
    number: usize,
    side: Side,
}

/// Equal for requests that every statement takes alike: under which readings it covers the resource, whose this is,
/// the Regions, its tags, and the documents on its side.
type Class = (Vec<u32>, String, Vec<String>, BTreeMap<String, Vec<String>>, usize);

/// How open something is, and the most open request.
#[derive(Clone, Debug)]
pub struct Found {
    pub level: Level,
    pub request: String,
}

impl Found {
    pub const NONE: Self = Self { level: Level::Closed, request: String::new() };

    pub fn or(self, other: Self) -> Self {
        if other.level > self.level { other } else { self }
    }
}

/// The readings under which a pattern covers a resource: all.
const FULL: u32 = (1 << 24) - 1;

/// What a request chooses decides whether a pattern covers a resource.
const OPEN: u32 = 1 << 24;

/// A policy that nobody has, for one that is not known.
fn everything() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }
    ]})
}

impl<'a> Universe<'a> {
    pub fn new(estate: &'a Estate, root: &Path) -> Self {
        let mut templates = BTreeMap::new();
        let actions = reference::doors().iter().flat_map(|door| &door.actions);
        let mut services: BTreeSet<&str> = actions.map(|action| action.service.as_str()).collect();
        let steps = reference::reach_steps().iter().flat_map(|step| &step.actions);
        services.extend(steps.filter_map(|name| Some(name.split_once(':')?.0)));
        services.extend(["iam", "sts"]);
        for service in services {
            let types = reference::resource_types(service);
            templates.extend(types.flat_map(|each| each.templates()).map(|each| (each.text, each)));
        }
        let (documents, files) = (Mutex::default(), Mutex::default());
        Self { estate, root: root.to_owned(), templates, documents, files }
    }

    /// A document as it stands in its file.
    fn document(&self, document: &Document) -> Value {
        let mut documents = self.documents.lock().expect("no panic");
        documents.entry(document.origin.clone()).or_insert_with(|| self.read(&document.origin)).clone()
    }

    fn read(&self, origin: &Origin) -> Value {
        match origin {
            Origin::File { file, offset, quoted } => {
                let mut files = self.files.lock().expect("no panic");
                let bytes = files.entry(file.to_string()).or_insert_with(|| {
                    std::fs::read(self.root.join(file.as_ref())).expect("the file of a document is there")
                });
                let text = &bytes[*offset as usize..];
                let mut stream = serde_json::Deserializer::from_slice(text).into_iter::<Value>();
                let value = stream.next().expect("a document").expect("JSON");
                match (quoted, value.as_str()) {
                    (true, Some(text)) => serde_json::from_str(text).expect("JSON in a string"),
                    (_, _) => value,
                }
            }
            Origin::Reference { arn } => {
                let policy = reference::managed_policy(arn).expect("the reference has it");
                serde_json::from_str(policy.document).expect("JSON")
            }
            Origin::Aws => everything(),
        }
    }

    fn attached(&self, attached: &Attached, is_known: &mut bool) -> Value {
        match &attached.document {
            Known::Known(document) => self.document(document),
            Known::Unknown(_) => {
                *is_known = false;
                everything()
            }
        }
    }

    /// None where the levels are not known: they may allow everything.
    fn levels(&self, levels: &Known<std::sync::Arc<[PolicyLevel]>>, is_known: &mut bool) -> Vec<Vec<Value>> {
        let Known::Known(levels) = levels else {
            *is_known = false;
            return Vec::new();
        };
        let of_level = |level: &PolicyLevel, is_known: &mut bool| match &level.policies {
            Known::Known(policies) => policies.iter().map(|each| self.attached(each, is_known)).collect(),
            Known::Unknown(_) => {
                *is_known = false;
                vec![everything()]
            }
        };
        levels.iter().map(|level| of_level(level, is_known)).collect()
    }

    pub fn asking(&self, account: usize, identity: &Identity) -> Asking<'_, 'a> {
        let principal = Principal::parse(&identity.arn).expect("an ARN of a user or role");
        let own = self.estate.principal_side(&principal).expect("it exists");
        let mut side = Side { is_known: true, ..Side::default() };
        let identity_policies = match &own.identity {
            Known::Known(policies) => {
                policies.iter().map(|each| self.attached(each, &mut side.is_known)).collect()
            }
            Known::Unknown(_) => {
                side.is_known = false;
                vec![everything()]
            }
        };
        side.layers.insert("identity", vec![identity_policies]);
        match &own.boundary {
            Known::Known(Some(boundary)) => {
                let boundary = self.attached(boundary, &mut side.is_known);
                side.layers.insert("boundary", vec![vec![boundary]]);
            }
            Known::Known(None) => {}
            Known::Unknown(_) => side.is_known = false,
        }
        let scp = match own.management_account {
            true => Vec::new(),
            false => self.levels(&own.scp, &mut side.is_known),
        };
        side.layers.insert("scp", scp);
        let mut fixed = self.fixed(&principal);
        for (key, value) in [("aws:securetransport", "true"), ("aws:viaawsservice", "false")] {
            fixed.insert(key.to_owned(), vec![value.to_owned()]);
        }
        for absent in ["aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:viaawsmcpservice"] {
            fixed.insert(absent.to_owned(), Vec::new());
        }
        Asking {
            universe: self,
            account: &self.estate.accounts()[account],
            principal: json!(identity.arn.as_ref()),
            side,
            management_account: own.management_account,
            fixed,
            masks: std::cell::RefCell::default(),
            sides: std::cell::RefCell::default(),
            owns: std::cell::RefCell::default(),
        }
    }

    /// What who asks fixes.
    fn fixed(&self, principal: &Principal) -> BTreeMap<String, Vec<String>> {
        let mut fixed = BTreeMap::new();
        let (context, _) = self.estate.principal_context(principal);
        let mut names = vec!["aws:PrincipalOrgID".to_owned(), "aws:PrincipalOrgPaths".to_owned()];
        if let Known::Known(Some(identity)) = self.estate.identity(principal)
            && let Known::Known(tags) = &identity.tags
        {
            names.extend(tags.iter().map(|tag| format!("aws:PrincipalTag/{}", tag.key)));
        }
        for name in names {
            if let Some(values) = context.get(&Key::new(&name)) {
                fixed.insert(name.to_lowercase(), values.to_vec());
            }
        }
        for derived in ["aws:principalarn", "aws:principalaccount", "aws:principaltype"] {
            // The plain evaluator fills them in.
            fixed.insert(derived.to_owned(), Vec::new());
        }
        // Roles have none.
        fixed.insert("aws:username".to_owned(), Vec::new());
        fixed
    }

    /// The side of what is asked for, and whether it exists.
    fn resource_side(&self, arn: &str, is_made: bool) -> Side {
        let mut side = Side { is_known: true, ..Side::default() };
        let is_role = arn.contains(":iam:") && arn.contains(":role/");
        let owner = self.estate.owner(arn);
        let Some(found) = owner.and_then(|_| self.estate.resource_side(arn)) else { return side };
        side.layers.insert("rcp", self.levels(&found.rcp, &mut side.is_known));
        let exists = is_role || self.estate.resource(arn).is_some();
        if !exists || is_made {
            return side;
        }
        let (layer, document) = match &found.policy {
            ResourcePolicy::Resource(Known::Known(Some(document))) => ("resource", self.document(document)),
            ResourcePolicy::Trust(Known::Known(document)) => ("trust", self.document(document)),
            ResourcePolicy::Resource(Known::Known(None)) => return side,
            ResourcePolicy::Resource(Known::Unknown(_)) => {
                side.is_known = false;
                ("resource", everything())
            }
            ResourcePolicy::Trust(Known::Unknown(_)) => {
                side.is_known = false;
                ("trust", everything())
            }
        };
        side.layers.insert(layer, vec![vec![document]]);
        side
    }
}

/// The statements of documents that speak of an action.
fn about(side: &Side, action: &str) -> Side {
    let document = |document: &Value| {
        let statements: Vec<Value> = statements(document)
            .into_iter()
            .filter(|statement| plain::action::covered(statement, action) != Truth::False)
            .cloned()
            .collect();
        let mut kept = json!({ "Statement": statements });
        if let Some(version) = document.get("Version") {
            kept["Version"] = version.clone();
        }
        kept
    };
    let levels = |levels: &Vec<Vec<Value>>| -> Vec<Vec<Value>> {
        levels.iter().map(|level| level.iter().map(document).collect()).collect()
    };
    let layers = side.layers.iter().map(|(layer, all)| (*layer, levels(all))).collect();
    Side { layers, is_known: side.is_known }
}

fn statements(document: &Value) -> Vec<&Value> {
    match &document["Statement"] {
        Value::Array(all) => all.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn all_statements(side: &Side) -> impl Iterator<Item = (&'static str, &Value, &Value)> {
    side.layers.iter().flat_map(|(layer, levels)| {
        let layer: &'static str = layer;
        let documents = levels.iter().flatten();
        documents.flat_map(move |document| {
            statements(document).into_iter().map(move |each| (layer, document, each))
        })
    })
}

fn allows(side: &Side, layers: &[&str]) -> bool {
    all_statements(side).any(|(layer, _, each)| layers.contains(&layer) && each["Effect"] == "Allow")
}

/// A resource that is asked about.
struct Asked {
    arn: String,
    is_made: bool,
}

impl Asking<'_, '_> {
    /// How open the most open request is.
    pub fn most_open(&self, question: &Question) -> Found {
        let own = self.own(&question.action);
        let mut best = Found::NONE;
        let mut classes: BTreeSet<Class> = BTreeSet::new();
        // Where the asker's own policies allow nothing, only things with policies of their own can let it in.
        let all =
            if allows(&own, &["identity"]) { self.resources(question) } else { self.existing(question) };
        for asked in all {
            let found = self.on_resource(&question.action, &asked, &own, None, &mut classes);
            best = best.or(found);
            if best.level == Level::Open {
                break;
            }
        }
        best
    }

    /// How open the most open call is that is authorised on a model, and on the profile it is made through.
    pub fn most_open_call(&self, question: &Question, profiles: &Question) -> Found {
        const THROUGH: &str = "bedrock:inferenceprofilearn";
        let own = self.own(&question.action);
        let documents = all_statements(&own).map(|(_, document, statement)| (document, statement));
        if !contexts::conditions(documents).iter().any(|each| each.key == THROUGH) {
            return self.most_open(question);
        }
        let models = self.resources(question);
        let through = |profile: &str| {
            let mut classes: BTreeSet<Class> = BTreeSet::new();
            models.iter().fold(Found::NONE, |best, model| {
                let with = Some((THROUGH, profile));
                best.or(self.on_resource(&question.action, model, &own, with, &mut classes))
            })
        };
        let mut best = through("");
        for profile in self.resources(profiles) {
            if best.level == Level::Open {
                break;
            }
            let with = Some((THROUGH, ""));
            let on = self.on_resource(&question.action, &profile, &own, with, &mut BTreeSet::new());
            if on.level > best.level {
                let of_models = through(&profile.arn);
                let level = on.level.min(of_models.level);
                best = best.or(Found { level, request: format!("{} and {}", of_models.request, on.request) });
            }
        }
        best
    }

    /// How open an action on one resource is.
    pub fn on(&self, action: &str, resource: &str, with: Option<(&str, &str)>) -> Found {
        let own = self.own(action);
        let asked = Asked { arn: resource.to_owned(), is_made: false };
        self.on_resource(action, &asked, &own, with, &mut BTreeSet::new())
    }

    /// Whether an allowed request is among those that a claim of openness stands for.
    pub fn is_open_as_said(
        &self,
        question: &Question,
        resource: Option<&str>,
        with: Option<&(String, String)>,
    ) -> Result<(), String> {
        let pattern = resource.unwrap_or("*");
        let own = self.own(&question.action);
        let pieces = plain::glob::pieces(pattern);
        let all = self.resources(question);
        let mut meant: Vec<Asked> = match pattern {
            "*" => all,
            _ => all.into_iter().filter(|each| plain::glob::matches(&pieces, &each.arn)).collect(),
        };
        if meant.is_empty() && !pattern.contains('*') {
            meant.push(Asked { arn: pattern.to_owned(), is_made: false });
        }
        let with = with.map(|(key, value)| (key.as_str(), value.as_str()));
        if meant.is_empty() {
            return Err(format!("`{pattern}` stands for no resource"));
        }
        let is_all = pattern.contains('*') && pattern != "*";
        for asked in &meant {
            let level = self.on_resource(&question.action, asked, &own, with, &mut BTreeSet::new()).level;
            if is_all && level != Level::Open {
                return Err(format!("`{}` on `{}` is {level:?}", question.action, asked.arn));
            }
            if level == Level::Open {
                return Ok(());
            }
        }
        Err(format!("`{}` on `{pattern}` is not open", question.action))
    }

    /// `classes` holds what was asked already and is alike.
    fn on_resource(
        &self,
        action: &str,
        asked: &Asked,
        own: &Side,
        with: Option<(&str, &str)>,
        classes: &mut BTreeSet<Class>,
    ) -> Found {
        let arn = asked.arn.as_str();
        let theirs = self.theirs(action, asked);
        // Nobody is allowed what no statement allows.
        let is_let_in = allows(&theirs.side, &["resource", "trust"]);
        if !allows(own, &["identity"]) && !is_let_in {
            return Found::NONE;
        }
        let owner = self.universe.estate.owner(arn);
        if owner.as_ref().is_some_and(|owner| *owner != self.account.id) && !is_let_in {
            return Found::NONE;
        }
        let sides = || all_statements(own).chain(all_statements(&theirs.side));
        let masks: Vec<u32> =
            sides().map(|(layer, document, statement)| self.mask(statement, document, layer, arn)).collect();
        let covering: Vec<_> = sides().zip(&masks).filter(|(_, mask)| **mask != 0).collect();
        let conditions = contexts::conditions(
            covering.iter().map(|((_, document, statement), _)| (*document, *statement)),
        );
        let depends_on = |start: &str| conditions.iter().any(|each| each.key.starts_with(start));
        let regions = if depends_on("aws:requestedregion") {
            self.regions_of(action, arn, &conditions)
        } else {
            vec!["us-east-1".to_owned()]
        };
        let mut tags: BTreeMap<String, Vec<String>> = BTreeMap::new();
        if depends_on("aws:resourcetag/")
            && !asked.is_made
            && let Some((_, resource)) = self.universe.estate.resource(arn)
            && let Known::Known(known) = &resource.tags
        {
            // A key of a thing that exists says what it is.
            for each in conditions.iter().filter(|each| each.key.starts_with("aws:resourcetag/")) {
                let of_key = |tag: &&iam::estate::Tag| {
                    each.key == format!("aws:resourcetag/{}", tag.key.to_lowercase())
                };
                let tag = known.iter().find(of_key);
                tags.insert(each.key.clone(), tag.map(|tag| tag.value.to_string()).into_iter().collect());
            }
        }
        let owner_name = owner.as_ref().map(ToString::to_string).unwrap_or_default();
        let of_its_own = masks.iter().any(|mask| mask & OPEN != 0);
        let name = if of_its_own { arn.to_owned() } else { owner_name };
        let class = (masks.clone(), name, regions.clone(), tags.clone(), theirs.number);
        if !classes.insert(class) {
            return Found::NONE;
        }
        let mut left = masks.iter();
        let mut layers: BTreeMap<&str, Vec<Vec<Value>>> = BTreeMap::new();
        for (layer, levels) in own.layers.iter().chain(&theirs.side.layers) {
            let layer: &str = layer;
            let mut of_document = |document: &Value| {
                let mut kept = document.clone();
                let covering = statements(document).into_iter().filter(|_| left.next() != Some(&0));
                kept["Statement"] = covering.cloned().collect();
                kept
            };
            let kept = levels.iter().map(|level| level.iter().map(&mut of_document).collect::<Vec<_>>());
            layers.insert(layer, kept.collect());
        }
        let case_layers = self.case_layers(&layers);
        let is_known = own.is_known && theirs.side.is_known;
        let mut best = Found::NONE;
        for region in regions {
            let mut fixed = self.fixed.clone();
            fixed.insert("aws:requestedregion".to_owned(), vec![region]);
            if !action.ends_with(":CallWithBearerToken") {
                let service = action.split(':').next().unwrap_or_default();
                fixed.insert(format!("{service}:bearertokentype"), Vec::new());
            }
            fixed.extend(tags.clone());
            self.resource_keys(arn, &mut fixed);
            if let Some((key, value)) = with {
                let values = if value.is_empty() { Vec::new() } else { vec![value.to_owned()] };
                fixed.insert(key.to_lowercase(), values);
            }
            let case = json!({
                "request": {
                    "principal": self.principal, "action": action, "resource": arn,
                    "resource_account": owner.as_ref().map(|id| id.as_str()),
                },
                "layers": case_layers,
            });
            let found = contexts::most_open(&case, action, &fixed, &conditions);
            let level = match found.level {
                Level::Open | Level::Depends if !is_known => Level::Unknown,
                level => level,
            };
            best = best.or(Found { level, request: format!("{action} on {arn} with {}", found.request) });
            if best.level == Level::Open {
                break;
            }
        }
        best
    }

    /// What speaks of an action on the asker's own side.
    fn own(&self, action: &str) -> std::rc::Rc<Side> {
        let mut owns = self.owns.borrow_mut();
        owns.entry(action.to_owned()).or_insert_with(|| std::rc::Rc::new(about(&self.side, action))).clone()
    }

    /// What speaks of an action on the side of a resource.
    fn theirs(&self, action: &str, asked: &Asked) -> std::rc::Rc<Theirs> {
        let estate = self.universe.estate;
        let arn = asked.arn.as_str();
        let owner = estate.owner(arn).map(|owner| owner.to_string()).unwrap_or_default();
        // Things without a policy of their own have the same side.
        let has_own = !asked.is_made && (arn.contains(":role/") || estate.resource(arn).is_some());
        let key = (action.to_owned(), if has_own { arn.to_owned() } else { owner });
        let number = self.sides.borrow().len();
        let mut sides = self.sides.borrow_mut();
        let side = || about(&self.universe.resource_side(arn, asked.is_made), action);
        let entry = sides.entry(key).or_insert_with(|| {
            let side = if arn == "*" { Side { is_known: true, ..Side::default() } } else { side() };
            std::rc::Rc::new(Theirs { number, side })
        });
        entry.clone()
    }

    /// The layers as a case holds them.
    fn case_layers(&self, layers: &BTreeMap<&str, Vec<Vec<Value>>>) -> Value {
        let levels = |name: &str| -> Vec<Value> {
            let all = layers.get(name).into_iter().flatten().enumerate();
            all.map(|(number, policies)| json!({ "target": number.to_string(), "policies": policies }))
                .collect()
        };
        let flat = |name: &str| -> Vec<&Value> { layers.get(name).into_iter().flatten().flatten().collect() };
        let mut value = json!({
            "identity": flat("identity"), "boundary": flat("boundary"),
            "scp": levels("scp"), "rcp": levels("rcp"), "management_account": self.management_account,
        });
        for name in ["resource", "trust"] {
            if let Some(document) = flat(name).first() {
                value[name] = (*document).clone();
            }
        }
        value
    }

    /// Whose a resource is follows from its ARN.
    fn resource_keys(&self, arn: &str, fixed: &mut BTreeMap<String, Vec<String>>) {
        let estate = self.universe.estate;
        let Some(owner) = estate.owner(arn).filter(|_| arn != "*") else { return };
        fixed.insert("aws:resourceaccount".to_owned(), vec![owner.as_str().to_owned()]);
        if let Some(Known::Known(Some((organization, node)))) =
            estate.account(&owner).map(|account| estate.organization_of(account))
        {
            fixed.insert("aws:resourceorgid".to_owned(), vec![organization.id.to_string()]);
            if let Known::Known(path) = &node.path {
                fixed.insert("aws:resourceorgpaths".to_owned(), vec![path.to_string()]);
            }
        }
    }

    /// Under which readings a statement covers a resource: one bit each.
    fn mask(&self, statement: &Value, document: &Value, layer: &str, arn: &str) -> u32 {
        let variables = document["Version"] == "2012-10-17";
        let (element, negated) = match (&statement["Resource"], &statement["NotResource"]) {
            (Value::Null, Value::Null) => {
                return if matches!(layer, "resource" | "trust") { FULL } else { 0 };
            }
            (Value::Null, not) => (not, true),
            (yes, _) => (yes, false),
        };
        let patterns = plain::context::scalars(element).expect("texts");
        let union =
            patterns.iter().fold(0, |mask, pattern| mask | self.pattern_mask(pattern, arn, variables));
        if negated { !union & FULL | union & OPEN } else { union }
    }

    /// Whether a key is the same in all requests of the asker.
    fn is_fixed(&self, key: &str) -> bool {
        matches!(key, "*" | "?" | "$" | "aws:userid")
            || self.fixed.contains_key(key)
            || key.starts_with("aws:principaltag/")
    }

    fn pattern_mask(&self, pattern: &str, arn: &str, variables: bool) -> u32 {
        let key = (format!("{pattern}{}", if variables { "" } else { " as it is" }), arn.to_owned());
        if let Some(known) = self.masks.borrow().get(&key) {
            return *known;
        }
        let context: serde_json::Map<String, Value> =
            self.fixed.iter().map(|(key, values)| (key.clone(), json!(values))).collect();
        let principal =
            plain::principal::Principal::read(&json!({ "principal": self.principal })).expect("one");
        let under = |readings: &Readings| {
            let choices = Choices::new(readings);
            let context = Value::Object(context.clone());
            let context = plain::context::Context::read(&context, &principal, &choices).expect("texts");
            let covers = plain::resource::matches(pattern, arn, variables, &context, &choices);
            (covers, choices.asked().is_empty())
        };
        if variables && contexts::variables(pattern).iter().any(|name| !self.is_fixed(name)) {
            let widest = contexts::without_variables(pattern);
            let may_cover = plain::glob::matches(&plain::glob::pieces(&widest), arn);
            return if may_cover { OPEN } else { 0 };
        }
        let mask = match under(&Readings::new()) {
            (covers, true) => {
                if covers {
                    FULL
                } else {
                    0
                }
            }
            (_, false) => {
                let mut mask = 0;
                for number in 0..24_usize {
                    let mut readings = Readings::new();
                    let mut rest = number;
                    for id in [
                        "star-across-colons",
                        "arn-prefix-case",
                        "variable-before-fifth-colon",
                        "short-arn-pattern",
                    ] {
                        let (_, names) =
                            plain::ASSUMPTIONS.iter().find(|(known, _)| *known == id).expect("known");
                        readings.insert(id.to_owned(), names[rest % names.len()].to_owned());
                        rest /= names.len();
                    }
                    mask |= u32::from(under(&readings).0) << number;
                }
                mask
            }
        };
        self.masks.borrow_mut().insert(key, mask);
        mask
    }

    fn regions(&self) -> Vec<String> {
        let regions = self.account.regions.keys().map(|region| region.to_string());
        regions.filter(|region| region != "global").collect()
    }

    /// The Region of an ARN; for what has none, the one where IAM and its like are, or every one that could matter.
    fn regions_of(&self, action: &str, arn: &str, conditions: &[contexts::Condition<'_>]) -> Vec<String> {
        match Arn::parse(arn) {
            Ok(parsed) if !parsed.region.is_empty() => vec![parsed.region.to_owned()],
            _ if action.starts_with("iam:") || arn != "*" => vec!["us-east-1".to_owned()],
            _ => {
                let named = conditions.iter().filter(|each| each.key == "aws:requestedregion");
                let named = named.flat_map(|each| each.values.clone());
                let all: BTreeSet<String> =
                    self.regions().into_iter().chain(named).chain([ELSEWHERE.to_owned()]).collect();
                all.into_iter().filter(|region| !region.contains(['*', '?'])).collect()
            }
        }
    }

    /// Every concrete resource of a question.
    fn resources(&self, question: &Question) -> Vec<Asked> {
        let Some(texts) = &question.templates else {
            return vec![Asked { arn: "*".to_owned(), is_made: false }];
        };
        let named = self.named(&question.action);
        let mut all: BTreeMap<String, bool> = BTreeMap::new();
        for (text, _) in texts {
            let template = self.universe.templates[text];
            let rest = text.split(':').nth(5).unwrap_or_default();
            let regions = self.regions_or_none(template, &named);
            if rest.starts_with("foundation-model/") {
                for region in &regions {
                    let ids = reference::models().map(|model| model.id);
                    all.extend(
                        ids.flat_map(|id| self.filled(template, region, Some(id))).map(|arn| (arn, false)),
                    );
                }
            } else if rest.starts_with("inference-profile/") {
                for region in &regions {
                    let ids = reference::profiles().map(|profile| profile.id);
                    all.extend(
                        ids.flat_map(|id| self.filled(template, region, Some(id))).map(|arn| (arn, false)),
                    );
                }
            } else {
                for region in &regions {
                    all.extend(self.filled(template, region, None).into_iter().map(|arn| (arn, true)));
                }
            }
            let pattern = as_pattern(template, &self.account.partition);
            let fits = |arn: &String| plain::glob::matches(&pattern, arn);
            if !rest.starts_with("foundation-model/") && !rest.starts_with("inference-profile/") {
                all.extend(named.iter().filter(|arn| fits(arn)).map(|arn| (arn.clone(), true)));
            }
        }
        all.extend(self.existing(question).into_iter().map(|asked| (asked.arn, asked.is_made)));
        all.into_iter().map(|(arn, is_made)| Asked { arn, is_made }).collect()
    }

    /// What there is of the types of a question, in every account.
    fn existing(&self, question: &Question) -> Vec<Asked> {
        let mut all = Vec::new();
        for (text, kind) in question.templates.iter().flatten() {
            let pattern = as_pattern(self.universe.templates[text], &self.account.partition);
            let is_made = question.makes(kind);
            for account in self.universe.estate.accounts() {
                let there = account.resources.iter().map(|each| each.arn.to_string());
                let fits = |arn: &String| plain::glob::matches(&pattern, arn);
                all.extend(there.chain(people(account)).filter(fits).map(|arn| Asked { arn, is_made }));
            }
        }
        all
    }

    fn regions_or_none(&self, template: Template, named: &[String]) -> Vec<String> {
        if !template.text.contains("${Region}") {
            return vec![String::new()];
        }
        let named = named.iter().filter_map(|arn| arn.split(':').nth(3)).filter(|region| !region.is_empty());
        let all: BTreeSet<String> = self
            .regions()
            .into_iter()
            .chain(named.map(str::to_owned))
            .chain([ELSEWHERE.to_owned()])
            .collect();
        all.into_iter().collect()
    }

    /// The template with this id, or with every text that the reference says may stand there, and a made-up one.
    fn filled(&self, template: Template, region: &str, id: Option<&str>) -> Vec<String> {
        let mut texts = vec![String::new()];
        for piece in template.pieces() {
            let choices: Vec<String> = match piece {
                Piece::Literal(text) => vec![text.to_owned()],
                Piece::Placeholder { name: "Partition", .. } => vec![self.account.partition.to_string()],
                Piece::Placeholder { name: "Region", .. } => vec![region.to_owned()],
                Piece::Placeholder { name: "Account", .. } => vec![self.account.id.as_str().to_owned()],
                Piece::Placeholder { ids, .. } => match id {
                    Some(id) => vec![id.to_owned()],
                    None => {
                        let made_up = if ids.admits(MADE_UP) { MADE_UP } else { &ids.example };
                        ids.literals.iter().cloned().chain([made_up.to_owned()]).collect()
                    }
                },
            };
            texts = texts
                .iter()
                .flat_map(|text| choices.iter().map(move |more| format!("{text}{more}")))
                .collect();
        }
        texts
    }

    /// What the statements about an action name, with something in place of every wildcard.
    fn named(&self, action: &str) -> Vec<String> {
        let own = self.own(action);
        let mut all = BTreeSet::new();
        for (_, _, statement) in all_statements(&own) {
            for element in ["Resource", "NotResource"] {
                for pattern in plain::context::scalars(&statement[element]).unwrap_or_default() {
                    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
                    let [_, _, service, region, account, rest] = parts.as_slice() else { continue };
                    let is_open = |part: &str| part.contains(['*', '?']);
                    let regions = if is_open(region) { self.regions() } else { vec![region.to_string()] };
                    let account = if is_open(account) { self.account.id.as_str() } else { account };
                    if pattern.contains("${") {
                        continue;
                    }
                    for region in regions {
                        for run in [MADE_UP, "", "x"] {
                            let rest = rest.replace('*', run).replace('?', "0");
                            all.insert(format!(
                                "arn:{}:{service}:{region}:{account}:{rest}",
                                self.account.partition
                            ));
                        }
                    }
                }
            }
        }
        all.into_iter().collect()
    }
}

/// Users and roles of an account.
fn people(account: &Account) -> Vec<String> {
    let mut all = Vec::new();
    if let Known::Known(users) = &account.users {
        all.extend(users.iter().map(|user| user.identity.arn.to_string()));
    }
    if let Known::Known(roles) = &account.roles {
        all.extend(roles.iter().map(|role| role.identity.arn.to_string()));
    }
    all
}

/// A template as a pattern in which every placeholder but the partition may be anything.
fn as_pattern(template: Template, partition: &str) -> Vec<plain::glob::Piece> {
    let text = |piece| match piece {
        Piece::Literal(text) => text.to_owned(),
        Piece::Placeholder { name: "Partition", .. } => partition.to_owned(),
        Piece::Placeholder { .. } => "*".to_owned(),
    };
    plain::glob::pieces(&template.pieces().map(text).collect::<String>())
}

/// Whether a service of AWS, acting for the role's own account, may assume it.
pub fn trusts(universe: &Universe<'_>, role: &str, service: &str) -> Level {
    let theirs = about(&universe.resource_side(role, false), "sts:AssumeRole");
    if !allows(&theirs, &["trust"]) {
        return Level::Closed;
    }
    let account = universe.estate.owner(role).expect("a role has an account");
    let conditions =
        contexts::conditions(all_statements(&theirs).map(|(_, document, statement)| (document, statement)));
    let mut fixed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut set = |key: &str, value: &str| fixed.insert(key.to_owned(), vec![value.to_owned()]);
    set("aws:sourceaccount", account.as_str());
    set("aws:resourceaccount", account.as_str());
    set("aws:securetransport", "true");
    if let Some(Known::Known(Some((organization, node)))) =
        universe.estate.account(&account).map(|account| universe.estate.organization_of(account))
    {
        set("aws:resourceorgid", &organization.id);
        set("aws:sourceorgid", &organization.id);
        if let Known::Known(path) = &node.path {
            set("aws:resourceorgpaths", path);
            set("aws:sourceorgpaths", path);
        }
    }
    fixed.insert("aws:principalservicename".to_owned(), Vec::new());
    fixed.insert("aws:principalisawsservice".to_owned(), Vec::new());
    for absent in [
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principaltype",
    ] {
        fixed.insert(absent.to_owned(), Vec::new());
    }
    let levels = |name: &str| -> Vec<Value> {
        let all = theirs.layers.get(name).into_iter().flatten().enumerate();
        all.map(|(number, policies)| json!({ "target": number.to_string(), "policies": policies })).collect()
    };
    let case = json!({
        "request": {
            "principal": { "type": "service", "name": service }, "action": "sts:AssumeRole", "resource": role,
            "resource_account": account.as_str(),
        },
        "layers": { "rcp": levels("rcp"), "trust": theirs.layers["trust"][0][0] },
    });
    match contexts::most_open(&case, "sts:AssumeRole", &fixed, &conditions).level {
        Level::Open | Level::Depends if !theirs.is_known => Level::Unknown,
        // The service says which thing it acts for, and the account can make one as the policy asks for.
        Level::Depends => Level::Open,
        level => level,
    }
}

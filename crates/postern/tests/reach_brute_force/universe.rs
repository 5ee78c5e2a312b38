//! Every concrete resource that an action could be asked on, and the answer for each.
//!
//! There are the resources of the estate, all models and system profiles of the catalogue, a made-up name for each
//! thing of the asker's own account, and what the asker's policies name. Each is asked in the Region of its ARN, or in
//! every Region of the account. The request is partial; where keys of the service decide, each value that a policy
//! spells out is tried, and the key's absence.

use std::collections::{BTreeMap, BTreeSet};

use iam::action::Action;
use iam::answer::{Decision, Outcome};
use iam::arn::Arn;
use iam::authorize;
use iam::context::{Context, Key};
use iam::estate::{
    Account, Estate, Identity, Known, KnownLayers, PrincipalSide, ResourcePolicy, ResourceSide,
};
use iam::principal::Principal;
use iam::request::{Completeness, Request, RequestParts};
use postern::reach::Level;
use reference::{Door, DoorAction, Piece, Template};

const MADE_UP: &str = "brute-force";

/// Most combinations of values of service keys that are tried for one request; acme needs fewer.
const COMBINATIONS_MAX: usize = 256;

/// An action on the resources of some types.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    pub action: String,
    /// Templates of the types; none where the action takes no resources.
    templates: Option<Vec<&'static str>>,
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
        Self::on(&action.service, &action.name, &types)
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
            (types, _) => types.to_vec(),
        };
        let templates: Vec<&'static str> = templates(service, &types).map(|template| template.text).collect();
        let takes = !templates.is_empty() || known.is_none();
        Self { action: format!("{service}:{name}"), templates: takes.then_some(templates) }
    }
}

fn templates<'a>(service: &'a str, types: &'a [String]) -> impl Iterator<Item = Template> + 'a {
    types
        .iter()
        .filter_map(move |name| reference::resource_type(service, name))
        .flat_map(|each| each.templates())
}

/// All there is.
pub struct Universe<'a> {
    pub estate: &'a Estate,
    /// Every template of the reference by its text.
    templates: BTreeMap<&'static str, Template>,
}

/// Somebody who asks.
pub struct Asking<'u, 'a> {
    universe: &'u Universe<'a>,
    account: &'a Account,
    principal: Principal,
    side: PrincipalSide,
    context: Context,
    /// What its policies name.
    patterns: Vec<String>,
}

impl<'a> Universe<'a> {
    pub fn new(estate: &'a Estate) -> Self {
        let mut all = BTreeMap::new();
        let actions = reference::doors().iter().flat_map(|door| &door.actions);
        let mut services: BTreeSet<&str> = actions.map(|action| action.service.as_str()).collect();
        let steps = reference::reach_steps().iter().flat_map(|step| &step.actions);
        services.extend(steps.filter_map(|name| Some(name.split_once(':')?.0)));
        for service in services {
            let types = reference::resource_types(service);
            all.extend(types.flat_map(|each| each.templates()).map(|template| (template.text, template)));
        }
        Self { estate, templates: all }
    }

    pub fn asking(&self, account: usize, identity: &Identity) -> Asking<'_, 'a> {
        let principal = Principal::parse(&identity.arn).expect("an ARN of a user or role");
        let side = self.estate.principal_side(&principal).expect("it exists");
        let mut patterns = BTreeSet::new();
        if let Known::Known(policies) = &side.identity {
            for policy in policies.iter().filter_map(|attached| match attached.policy() {
                Known::Known(policy) => Some(policy),
                Known::Unknown(_) => None,
            }) {
                let elements = policy.statements.iter().filter_map(|statement| statement.resource.as_ref());
                patterns
                    .extend(elements.flat_map(|each| each.patterns()).map(|each| each.as_str().to_owned()));
            }
        }
        let (mut context, _) = self.estate.principal_context(&principal);
        context.replace("aws:SecureTransport", vec!["true".to_owned()]);
        context.replace("aws:ViaAWSService", vec!["false".to_owned()]);
        for absent in ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:ViaAWSMCPService"] {
            context.replace(absent, Vec::new());
        }
        Asking {
            universe: self,
            account: &self.estate.accounts()[account],
            principal,
            side,
            context,
            patterns: patterns.into_iter().collect(),
        }
    }
}

/// What an answer says of how open a request is.
pub fn level(outcome: &Outcome, is_known: bool) -> Level {
    match outcome {
        Outcome::Decided(Decision::Allow) if is_known => Level::Open,
        Outcome::Decided(Decision::Allow) | Outcome::Unknown(_) => Level::Unknown,
        Outcome::NeedsContext(_) => {
            if is_known {
                Level::Depends
            } else {
                Level::Unknown
            }
        }
        Outcome::Decided(Decision::ExplicitDeny | Decision::ImplicitDeny) => Level::Closed,
    }
}

impl Asking<'_, '_> {
    /// How open the most open request is, and which one it is.
    pub fn most_open(&self, question: &Question) -> (Level, Option<String>) {
        let mut best = (Level::Closed, None);
        for resource in self.resources(question) {
            let level = self.on(&question.action, &resource, None);
            if level > best.0 {
                best = (level, Some(resource));
            }
            if best.0 == Level::Open {
                break;
            }
        }
        best
    }

    /// How open an action on one resource is, in the best Region.
    pub fn on(&self, action: &str, resource: &str, with: Option<&(String, String)>) -> Level {
        let layers = KnownLayers::new(self.side.clone(), self.resource_side(resource));
        let regions = self.regions_of(action, resource);
        let levels = regions.iter().map(|region| self.request(action, resource, region, with));
        levels.map(|request| self.with_service_keys(&request, &layers)).max().unwrap_or(Level::Closed)
    }

    /// Requests that a claim of openness stands for and that are not open.
    pub fn not_allowed(
        &self,
        question: &Question,
        resource: Option<&str>,
        with: Option<&(String, String)>,
    ) -> Vec<String> {
        let resource = resource.unwrap_or("*");
        let meant: Vec<String> = if resource.contains('*') && resource != "*" {
            let pattern: Vec<char> = resource.chars().collect();
            let matching = |text: &String| matches(&pattern, &text.chars().collect::<Vec<_>>());
            self.resources(question).into_iter().filter(matching).collect()
        } else {
            vec![resource.to_owned()]
        };
        if meant.is_empty() {
            return vec![format!("`{resource}` stands for no resource")];
        }
        let levels = meant.into_iter().map(|each| (self.on(&question.action, &each, with), each));
        let wrong = levels.filter(|(level, _)| *level != Level::Open);
        wrong.map(|(level, each)| format!("`{}` on `{each}` is {level:?}", question.action)).collect()
    }

    fn request(
        &self,
        action: &str,
        resource: &str,
        region: &str,
        with: Option<&(String, String)>,
    ) -> Request {
        let mut context = self.context.clone();
        context.replace("aws:RequestedRegion", vec![region.to_owned()]);
        // Whose a resource is and where its account stands follow from its ARN.
        if Arn::parse(resource).ok().and_then(|arn| arn.account_id()).as_ref() == Some(&self.account.id) {
            for (key, same) in [
                ("aws:ResourceAccount", "aws:PrincipalAccount"),
                ("aws:ResourceOrgID", "aws:PrincipalOrgID"),
                ("aws:ResourceOrgPaths", "aws:PrincipalOrgPaths"),
            ] {
                let values = self.context.get(&Key::new(same)).map(|values| values.to_vec());
                match values {
                    Some(values) => context.replace(key, values),
                    None if key == "aws:ResourceAccount" => {
                        context.replace(key, vec![self.account.id.as_str().to_owned()]);
                    }
                    None => {}
                }
            }
        }
        if let Some((key, value)) = with {
            context.replace(key, if value.is_empty() { Vec::new() } else { vec![value.clone()] });
        }
        Request::new(RequestParts {
            principal: self.principal.clone(),
            action: Action::parse(action).expect("an action"),
            resource: resource.to_owned(),
            resource_account: self.universe.estate.owner(resource),
            context,
            completeness: Completeness::Partial,
        })
    }

    /// A request as it is, and with every combination of what policies say of the service's own keys.
    fn with_service_keys(&self, request: &Request, layers: &KnownLayers) -> Level {
        let is_known = layers.missing().is_empty();
        let asked = |request: &Request| authorize(request, layers.at_most()).outcome;
        let outcome = asked(request);
        let mut best = level(&outcome, is_known);
        let Outcome::NeedsContext(_) = outcome else { return best };
        let service = format!("{}:", request.action().service());
        let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let own = layers.at_most().resource.policy().map(|(_, policy)| policy);
        let layer = |list: &[iam::layers::Level]| -> Vec<_> {
            list.iter().flat_map(|level| level.policies.iter().cloned()).collect()
        };
        let layers_of = layers.at_most();
        let mut policies: Vec<_> = layers_of.identity.iter().chain(&layers_of.boundary).cloned().collect();
        policies.extend(layer(&layers_of.scp));
        policies.extend(layer(&layers_of.rcp));
        policies.extend(own.cloned());
        for policy in policies {
            for condition in policy.statements.iter().flat_map(|statement| &statement.conditions) {
                if condition.key().as_str().starts_with(&service) {
                    values
                        .entry(condition.key().as_str().to_owned())
                        .or_default()
                        .extend(condition.examples());
                }
            }
        }
        let mut requests = vec![request.clone()];
        for (key, examples) in values {
            let choices: Vec<Vec<String>> =
                std::iter::once(Vec::new()).chain(examples.into_iter().map(|each| vec![each])).collect();
            let with = |request: &Request| -> Vec<Request> {
                let open = std::iter::once(request.clone());
                open.chain(choices.iter().map(|values| request.with_key(&key, values.clone()))).collect()
            };
            requests = requests.iter().flat_map(with).collect();
            assert!(requests.len() <= COMBINATIONS_MAX, "too many values to try all");
        }
        best = requests.iter().map(|request| level(&asked(request), is_known)).fold(best, Level::max);
        best
    }

    /// The policies on the side of a resource: a thing that could be made has none of its own.
    fn resource_side(&self, resource: &str) -> ResourceSide {
        let exists = self.universe.estate.resource(resource).is_some();
        let is_role = Arn::parse(resource).is_ok_and(|arn| {
            arn.service == "iam" && arn.resource.starts_with("role/") && self.person(resource)
        });
        let side = self.universe.estate.resource_side(resource);
        match side {
            Some(side) if exists || is_role => side,
            Some(side) => ResourceSide { policy: ResourcePolicy::Resource(Known::Known(None)), ..side },
            None => ResourceSide {
                policy: ResourcePolicy::Resource(Known::Known(None)),
                rcp: Known::Known(std::sync::Arc::new([])),
            },
        }
    }

    fn person(&self, arn: &str) -> bool {
        let estate = self.universe.estate;
        Principal::parse(arn)
            .is_ok_and(|principal| matches!(estate.identity(&principal), Known::Known(Some(_))))
    }

    fn regions(&self) -> Vec<&str> {
        self.account.regions.keys().map(AsRef::as_ref).filter(|region| *region != "global").collect()
    }

    /// The Region of an ARN; for what has none, the one where IAM and its like are, or every one of the account.
    fn regions_of(&self, action: &str, resource: &str) -> Vec<String> {
        match Arn::parse(resource) {
            Ok(arn) if !arn.region.is_empty() => vec![arn.region.to_owned()],
            _ if action.starts_with("iam:") => vec!["us-east-1".to_owned()],
            _ => self.regions().into_iter().map(str::to_owned).collect(),
        }
    }

    /// Every concrete resource of a question.
    fn resources(&self, question: &Question) -> BTreeSet<String> {
        let Some(texts) = &question.templates else { return BTreeSet::from(["*".to_owned()]) };
        let mut all = BTreeSet::new();
        for text in texts {
            let template = self.universe.templates[text];
            match text.split(':').nth(5) {
                Some(rest) if rest.starts_with("foundation-model/") => all.extend(self.models(template)),
                Some(rest) if rest.starts_with("inference-profile/") => all.extend(self.profiles(template)),
                _ => {
                    all.extend(
                        self.regions_or_none(template)
                            .iter()
                            .flat_map(|region| self.filled(template, region, None)),
                    );
                    let pattern = as_pattern(template, &self.account.partition);
                    let fits = |text: &str| matches(&pattern, &text.chars().collect::<Vec<_>>());
                    let there = self.account.resources.iter().map(|each| each.arn.to_string());
                    all.extend(there.filter(|arn| fits(arn)));
                    all.extend(self.people().into_iter().filter(|arn| fits(arn)));
                    all.extend(self.named().into_iter().filter(|arn| fits(arn)));
                }
            }
        }
        all
    }

    fn models(&self, template: Template) -> Vec<String> {
        let ids = reference::models().map(|model| model.id);
        ids.flat_map(|id| self.in_regions(template, id)).collect()
    }

    fn profiles(&self, template: Template) -> Vec<String> {
        let ids = reference::profiles().map(|profile| profile.id);
        ids.flat_map(|id| self.in_regions(template, id)).collect()
    }

    fn in_regions(&self, template: Template, id: &str) -> Vec<String> {
        let named = self.patterns.iter().filter_map(|pattern| pattern.split(':').nth(3));
        let named = named.filter(|region| !region.is_empty() && !region.contains(['*', '?', '$']));
        let regions: BTreeSet<&str> = self.regions().into_iter().chain(named).collect();
        regions.into_iter().flat_map(|region| self.filled(template, region, Some(id))).collect()
    }

    fn regions_or_none(&self, template: Template) -> Vec<&str> {
        if template.text.contains("${Region}") { self.regions() } else { vec![""] }
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

    /// Users and roles of the account.
    fn people(&self) -> Vec<String> {
        let mut all = Vec::new();
        if let Known::Known(users) = &self.account.users {
            all.extend(users.iter().map(|user| user.identity.arn.to_string()));
        }
        if let Known::Known(roles) = &self.account.roles {
            all.extend(roles.iter().map(|role| role.identity.arn.to_string()));
        }
        all
    }

    /// What the asker's policies name, with something in place of every wildcard.
    fn named(&self) -> Vec<String> {
        let mut all = Vec::new();
        for pattern in self.patterns.iter().filter(|pattern| !pattern.contains('$')) {
            let parts: Vec<&str> = pattern.splitn(6, ':').collect();
            let [_, _, service, region, account, rest] = parts.as_slice() else { continue };
            let is_open = |part: &str| part.contains(['*', '?']);
            let regions = if is_open(region) { self.regions() } else { vec![*region] };
            let account = if is_open(account) { self.account.id.as_str() } else { account };
            for region in regions {
                for run in [MADE_UP, "", "x"] {
                    let rest = rest.replace('*', run).replace('?', "0");
                    all.push(format!("arn:{}:{service}:{region}:{account}:{rest}", self.account.partition));
                }
            }
        }
        all
    }
}

/// A template as a pattern in which every placeholder but the partition may be anything.
fn as_pattern(template: Template, partition: &str) -> Vec<char> {
    let text = |piece| match piece {
        Piece::Literal(text) => text.to_owned(),
        Piece::Placeholder { name: "Partition", .. } => partition.to_owned(),
        Piece::Placeholder { .. } => "*".to_owned(),
    };
    template.pieces().map(text).collect::<String>().chars().collect()
}

/// Whether a text matches a pattern, by the definition.
fn matches(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        (['*', rest @ ..], _) => matches(rest, text) || !text.is_empty() && matches(pattern, &text[1..]),
        ([first, rest @ ..], [letter, more @ ..]) => first == letter && matches(rest, more),
        ([], _) | (_, []) => false,
    }
}

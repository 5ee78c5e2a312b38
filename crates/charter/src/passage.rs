//! Which authorisations go through which door.
//!
//! Follows the table of doors. A passage is one action, on resources of some types or on whatever it takes. Things
//! of an account (imported models, deployments, routers) belong to the door that runs them, so that an action of
//! another door on such a thing goes through both. Which actions of a door tell models apart follows from the Service
//! Authorization Reference: those that take foundation models, and those that carry the model of bedrock-mantle.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use iam::glob::Glob;
use reference::{Door, DoorAction, Scope, Template};

/// The resource type of models that AWS offers.
pub const FOUNDATION_MODEL: &str = "foundation-model";

/// The key that names the model of a call on bedrock-mantle.
pub const MANTLE_MODEL: &str = "bedrock-mantle:Model";

/// The key that names the model on the project of a Responses call.
pub const PROJECT_MODEL: &str = "bedrock:ModelArn";

/// Doors whose calls, or whose service role, are authorised on the model as a direct call is. No policy can tell them
/// from one, so that whoever opens them for a model has to open `runtime` for it.
///
/// Source: Amazon Bedrock User Guide, Prerequisites for running model inference; Batch inference permissions.
pub const RUN_AT_RUNTIME: [&str; 6] =
    ["async", "batch", "evaluation", "prompt-optimization", "prompt-routers", "runtime-responses"];

/// Services that have no Regions, or answer in one of them for all.
///
/// Source: IAM User Guide, "AWS global condition context keys", `aws:RequestedRegion`; AWS Marketplace and AWS STS answer
/// calls at their global endpoints in us-east-1.
const WITHOUT_REGIONS: [&str; 5] = ["account", "aws-marketplace", "iam", "organizations", "sts"];

/// Whether some action of a door is of a service without Regions, so that it cannot be limited to some.
pub fn is_without_regions(door: &Door) -> bool {
    door.actions.iter().any(|action| WITHOUT_REGIONS.contains(&action.service.as_str()))
}

/// One action as it goes through a door.
#[derive(Clone, Copy, Debug)]
pub struct Passage {
    pub door: &'static Door,
    pub service: &'static str,
    pub action: &'static str,
    /// The types it goes through the door on; all it takes if none is given.
    pub on: &'static [String],
    /// How its models are told apart.
    pub tells_models: TellsModels,
}

impl Passage {
    /// The action as a policy names it.
    pub fn name(&self) -> String {
        format!("{}:{}", self.service, self.action)
    }
}

/// How a statement tells one model from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TellsModels {
    /// By the ARN of the foundation model.
    ByResource,
    /// By this condition key.
    ByKey(&'static str),
    Not,
}

/// Every passage, in the order of the doors.
pub fn passages() -> &'static [Passage] {
    static PASSAGES: LazyLock<Vec<Passage>> = LazyLock::new(|| {
        let each = |door: &'static Door| {
            door.actions.iter().map(move |action| Passage {
                door,
                service: &action.service,
                action: &action.name,
                on: &action.on,
                tells_models: tells_models(door, action),
            })
        };
        reference::doors().iter().flat_map(each).collect()
    });
    &PASSAGES
}

/// The door that runs things of this type of `bedrock`, such as `imported-models`; none for jobs and the like.
pub fn door_of_type(kind: &str) -> Option<&'static Door> {
    static DOORS: LazyLock<BTreeMap<&'static str, &'static Door>> = LazyLock::new(|| {
        let invoke =
            passages().iter().filter(|each| each.service == "bedrock" && each.action == "InvokeModel");
        invoke.flat_map(|each| each.on.iter().map(move |kind| (kind.as_str(), each.door))).collect()
    });
    DOORS.get(kind).copied()
}

/// The doors to which a service belongs whole, sorted.
pub fn doors_of_service(service: &str) -> &'static [&'static str] {
    static DOORS: LazyLock<BTreeMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
        let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for door in reference::doors() {
            for service in door.deny.iter().filter_map(|pattern| pattern.strip_suffix(":*")) {
                all.entry(service).or_default().push(door.id.as_str());
            }
        }
        all.values_mut().for_each(|doors| doors.sort_unstable());
        all
    });
    DOORS.get(service).map(Vec::as_slice).unwrap_or_default()
}

/// Whether an allow-list can name models at this door.
pub fn takes_models(door: &Door) -> bool {
    RUN_AT_RUNTIME.contains(&door.id.as_str())
        || passages().iter().any(|each| each.door.id == door.id && each.tells_models != TellsModels::Not)
}

/// Any account in a pattern: twelve question marks keep it from foundation models, whose account is empty.
pub(crate) const ANY_ACCOUNT: &str = "????????????";

/// The pattern of all ARNs of a resource type in a partition, with a mask for the account where it has one.
pub fn type_pattern(service: &str, kind: &str, partition: &str) -> Option<String> {
    let template = reference::resource_type(service, kind)?.templates().next()?;
    Some(filled(template, partition))
}

fn filled(template: Template, partition: &str) -> String {
    let mut text = String::new();
    for piece in template.pieces() {
        match piece {
            reference::Piece::Literal(literal) => text.push_str(literal),
            reference::Piece::Placeholder { name, .. } => match name {
                "Partition" => text.push_str(partition),
                "Account" => text.push_str(ANY_ACCOUNT),
                _ => text.push('*'),
            },
        }
    }
    text
}

fn tells_models(door: &Door, action: &DoorAction) -> TellsModels {
    if door.scope != Scope::Model {
        return TellsModels::Not;
    }
    if action.on.iter().any(|kind| kind == "project") {
        return TellsModels::ByKey(PROJECT_MODEL);
    }
    if !action.on.is_empty() {
        let is_model = action.on.iter().any(|kind| kind == FOUNDATION_MODEL);
        return if is_model { TellsModels::ByResource } else { TellsModels::Not };
    }
    match reference::action(&action.service, &action.name) {
        Some(known) if action.service == "bedrock" && known.resource(FOUNDATION_MODEL).is_some() => {
            TellsModels::ByResource
        }
        Some(known) if known.lists_key(MANTLE_MODEL) => TellsModels::ByKey(MANTLE_MODEL),
        Some(_) | None => TellsModels::Not,
    }
}

/// The passages of an action; letters compared without case.
pub fn passages_of(service: &str, action: &str) -> &'static [&'static Passage] {
    type Passages = HashMap<String, HashMap<String, Vec<&'static Passage>>>;
    static PASSAGES: LazyLock<Passages> = LazyLock::new(|| {
        let mut all = Passages::new();
        for each in passages() {
            let of_service = all.entry(each.service.to_ascii_lowercase()).or_default();
            of_service.entry(each.action.to_ascii_lowercase()).or_default().push(each);
        }
        all
    });
    let (service, action) = (folded(service), folded(action));
    let of_service = PASSAGES.get(service.as_ref());
    of_service.and_then(|all| all.get(action.as_ref())).map(Vec::as_slice).unwrap_or_default()
}

fn folded(text: &str) -> Cow<'_, str> {
    match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => Cow::Borrowed(text),
    }
}

/// The resource types that an ARN may be of, of the services that have doors.
pub fn types_of(service: &str, arn: &str) -> Vec<&'static str> {
    /// By service and by what the resource part begins with, up to its slash; the empty text stands for any.
    type Types = HashMap<&'static str, HashMap<String, Vec<(&'static str, Glob)>>>;
    static TYPES: LazyLock<Types> = LazyLock::new(|| {
        let mut all = Types::new();
        let services: BTreeSet<&str> = passages().iter().map(|each| each.service).collect();
        for each in services.into_iter().flat_map(reference::resource_types) {
            for template in each.templates() {
                let text = loose(template);
                let begin = head(&text).filter(|begin| !begin.contains('*')).unwrap_or_default().to_owned();
                let of_service = all.entry(each.service).or_default();
                of_service.entry(begin).or_default().push((each.name, Glob::new(&text)));
            }
        }
        all
    });
    let (Some(begin), Some(of_service)) = (head(arn), TYPES.get(service)) else { return Vec::new() };
    let of = |begin: &str| of_service.get(begin).into_iter().flatten();
    let mut types: Vec<&str> =
        of(begin).chain(of("")).filter(|(_, glob)| glob.matches(arn)).map(|(name, _)| *name).collect();
    types.dedup();
    types
}

/// What the resource part of an ARN begins with, up to its first slash.
fn head(arn: &str) -> Option<&str> {
    let resource = iam::arn::split(arn).filter(|parts| parts[0] == "arn")?[5];
    resource.split('/').next()
}

/// The doors that have a say in an action: those that it goes through, those of things that it may be on, and those to which
/// its service belongs whole.
pub fn doors_about(service: &str, action: &str) -> BTreeSet<&'static str> {
    let own = passages_of(service, action).iter().map(|passage| passage.door.id.as_str());
    let known = reference::action(service, action).filter(|_| service == "bedrock");
    let kinds = known.into_iter().flat_map(|known| known.resource_types().map(|each| each.name));
    let of_things = kinds.filter_map(|kind| Some(door_of_type(kind)?.id.as_str()));
    own.chain(of_things).chain(doors_of_service(service).iter().copied()).collect()
}

/// All ARNs of a template, of any account.
fn loose(template: Template) -> String {
    template
        .pieces()
        .map(|piece| match piece {
            reference::Piece::Literal(literal) => literal,
            reference::Piece::Placeholder { .. } => "*",
        })
        .collect()
}

/// Whether an action of `bedrock` runs something at the runtime: what it runs, and so the door, is told by its resource.
///
/// The action behind bidirectional streams is not documented; every reading begins so.
pub fn is_invoke(action: &str) -> bool {
    action.get(.."InvokeModel".len()).is_some_and(|begin| begin.eq_ignore_ascii_case("InvokeModel"))
}

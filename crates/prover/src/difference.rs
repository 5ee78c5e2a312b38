//! A request that one policy allows and another does not.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use iam::answer::Outcome;
use iam::arn::AccountId;
use iam::authorize;
use iam::context::Context;
use iam::layers::{Layers, Level, ResourceSide};
use iam::policy::{Policy, Statement};
use iam::principal::{Principal, PrincipalValue};
use iam::request::Request;

use crate::case::{ACCOUNT, Actions, Universe, actions_to_come, cases, principals};
use crate::domain::{Domain, Kinds, Memo};
use crate::question::everything;
use crate::resource::Reading;
use crate::search::{Verdict, confirmed, under_readings};
use crate::space::{Space, SpaceParts};
use crate::who::{Shape, Who};
use rustc_hash::FxHashMap;

/// What kind of policies are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Of users and roles: identity-based policies, boundaries.
    Identity,
    /// Of all who are in an account, root users too.
    ServiceControl,
    /// Of things other than roles.
    Resource,
    /// Of roles; what they are about is the role.
    Trust,
    /// Resource control policies, beside the one that allows everything.
    ResourceControl,
}

impl Side {
    fn has_principals(self) -> bool {
        !matches!(self, Self::Identity | Self::ServiceControl)
    }

    /// The layers in which nothing but the policy limits, for what a service does.
    pub fn layers(self, policy: &Arc<Policy>, service: &str) -> Layers {
        let level = || vec![Level { target: "document".to_owned(), policies: vec![policy.clone()] }];
        let mut layers = Layers { identity: vec![everything()], ..Layers::default() };
        let of_resource = match self {
            Self::Identity | Self::ServiceControl => {
                layers.scp = level();
                everything()
            }
            Self::ResourceControl => {
                layers.rcp = level();
                everything()
            }
            Self::Resource | Self::Trust => policy.clone(),
        };
        layers.resource = match self == Self::Trust || service == "sts" {
            true => ResourceSide::Trust(of_resource),
            false => ResourceSide::Resource(of_resource),
        };
        layers
    }
}

/// Whether one policy allows what the other does not.
#[derive(Clone, Debug)]
pub enum Difference {
    /// Nothing.
    Empty,
    /// This, as the evaluator says too.
    Request(Box<Request>),
    /// Why it is not known.
    Unknown(BTreeSet<String>),
}

/// A request of the reference that `first` allows and `second` does not.
pub fn difference(first: &Arc<Policy>, second: &Arc<Policy>, side: Side) -> Difference {
    one_way(first, second, side, Universe::Catalogue, &Kinds::default())
}

/// A request that `first` allows and `second` does not, and one the other way round.
pub fn differences(
    first: &Arc<Policy>,
    second: &Arc<Policy>,
    side: Side,
    universe: Universe,
) -> [Difference; 2] {
    let kinds = Kinds::default();
    [[first, second], [second, first]].map(|[one, other]| one_way(one, other, side, universe, &kinds))
}

fn one_way(
    first: &Arc<Policy>,
    second: &Arc<Policy>,
    side: Side,
    universe: Universe,
    kinds: &Kinds,
) -> Difference {
    let everybody = everybody(first, second, side);
    let mut unknown = BTreeSet::new();
    let among = match side {
        // Others are beyond every resource control policy.
        Side::ResourceControl => Actions::seen_by_rcp(&[first, second]),
        Side::Identity | Side::ServiceControl | Side::Resource | Side::Trust => Actions::of(first, |_| true),
    };
    let mut cases = cases(&[first, second], &among);
    if universe == Universe::Open {
        match actions_to_come(&[first, second]) {
            Some(more) => cases.extend(more),
            None => {
                unknown.insert("patterns of actions match actions to come in too many ways".to_owned());
            }
        }
    }
    let layers = ["sts", "others"].map(|service| [first, second].map(|policy| side.layers(policy, service)));
    let numbers = numbered(first, second);
    for case in cases {
        let about = [0, 1].map(|of| {
            let policy = [first, second][of];
            let about = policy.statements.about(&case.action);
            let about = about.filter(|(_, statement)| statement.action.matches(&case.action));
            about.map(|(number, _)| numbers[of][number as usize]).collect::<BTreeSet<u32>>()
        });
        // What both say alike both allow alike.
        if about[0] == about[1] {
            continue;
        }
        let kind = case.kind.map(|name| kinds.get(case.action.service(), name));
        let layers = &layers[usize::from(case.action.service() != "sts")];
        let domains = |who: &Who| -> Vec<Option<Rc<Domain>>> {
            match &kind {
                None => vec![None],
                Some(kind) => kind.domains(&who.partition(), ACCOUNT).iter().cloned().map(Some).collect(),
            }
        };
        for (who, on) in everybody.iter().flat_map(|who| domains(who).into_iter().map(move |on| (who, on))) {
            let parts = SpaceParts {
                action: &case.action,
                on,
                who: who.clone(),
                // For policies of resources somebody from another account asks.
                resource_account: AccountId::new(OTHER_ACCOUNT).ok().filter(|_| side.has_principals()),
                given: Context::new(),
                is_tied: false,
                reading: Reading::Segments,
            };
            match in_case(layers, &parts, &kinds.memo) {
                Verdict::Never => {}
                Verdict::Unknown(why) => unknown.extend(why),
                Verdict::Request(request) => return Difference::Request(request),
            }
        }
    }
    if unknown.is_empty() { Difference::Empty } else { Difference::Unknown(unknown) }
}

/// A number for each statement of two policies, the same for those that say the same of actions that they match.
fn numbered(first: &Policy, second: &Policy) -> [Vec<u32>; 2] {
    let mut known: FxHashMap<String, u32> = FxHashMap::default();
    [first, second].map(|policy| {
        let numbered = policy.statements.iter().map(|statement| {
            let next = known.len() as u32;
            *known.entry(said(policy, statement)).or_insert(next)
        });
        numbered.collect()
    })
}

/// All that a statement says beside its actions.
fn said(policy: &Policy, statement: &Statement) -> String {
    let Statement { sid: _, effect, principal, action: _, resource, conditions, start: _ } = statement;
    let sorted = |values: Vec<&str>| {
        let mut values = values;
        values.sort_unstable();
        values.dedup();
        format!("{values:?}")
    };
    let resource = resource.as_ref().map(|element| {
        let patterns = element.patterns().iter().map(|pattern| pattern.as_str());
        format!("{} {}", element.is_negated(), sorted(patterns.collect()))
    });
    let mut each: Vec<String> = conditions
        .iter()
        .map(|condition| {
            let values = sorted(condition.values().iter().map(String::as_str).collect());
            format!("{} {} {values}", condition.operator_name(), condition.key_name())
        })
        .collect();
    each.sort_unstable();
    format!("{:?} {effect:?} {principal:?} {resource:?} {each:?}", policy.version)
}

/// A request that the first layers allow and the second do not.
fn in_case<'a>(layers: &'a [Layers; 2], parts: &SpaceParts<'a>, memo: &'a Memo) -> Verdict {
    let formula = |space: &mut Space<'a>| {
        let [allows, other] = [&layers[0], &layers[1]].map(|layers| space.allowed(layers));
        let denies = space.formulas.not(other);
        space.formulas.all([allows, denies])
    };
    let confirm = |request: &Request| confirmed(request, [(&layers[0], true), (&layers[1], false)]);
    under_readings(parts, memo, formula, &confirm)
}

/// The account of resources whose policies are compared.
const OTHER_ACCOUNT: &str = "999999999999";

/// Everybody who may ask: one of each kind that the policies tell apart.
fn everybody(first: &Policy, second: &Policy, side: Side) -> Vec<Who> {
    let statements = || [first, second].into_iter().flat_map(|policy| policy.statements.iter());
    let partitions = partitions(&[first, second]);
    let any = |shape: Shape| {
        let of = move |partition: &Arc<str>| Who::Any { shape, account: None, partition: partition.clone() };
        partitions.iter().map(of)
    };
    if !side.has_principals() {
        // Policies of identities are those of users and roles, which a few keys tell apart.
        let of_user = |text: &str| {
            ["aws:username", "aws:userid", "aws:principal"]
                .iter()
                .any(|key| text.to_ascii_lowercase().contains(key))
        };
        let tells_apart = statements().any(|statement| {
            let keys = statement.conditions.iter().map(|condition| condition.key().as_str());
            let values = statement.conditions.iter().flat_map(|condition| condition.values());
            let patterns = statement.resource.iter().flat_map(|element| element.patterns());
            let texts = values.map(String::as_str).chain(patterns.map(|pattern| pattern.as_str()));
            keys.into_iter().any(of_user) || texts.filter(|text| text.contains("${")).any(of_user)
        });
        let shapes: &[Shape] = match (tells_apart, side) {
            (true, Side::ServiceControl) => &Shape::ALL,
            (true, _) => &[Shape::Role, Shape::User],
            (false, _) => &[Shape::Role],
        };
        return shapes.iter().flat_map(|shape| any(*shape)).collect();
    }
    let mut all: Vec<Who> = Shape::ALL.into_iter().flat_map(any).collect();
    let named = principals(&[first, second]).into_iter().filter(|principal| match principal {
        // NotPrincipal tells apart whom it names.
        Principal::User { .. } | Principal::Role { .. } | Principal::Root { .. } => {
            statements().any(|each| each.principal.as_ref().is_some_and(|element| element.is_negated()))
        }
        Principal::RoleSession { .. }
        | Principal::FederatedUser { .. }
        | Principal::Anonymous
        | Principal::Service { .. }
        | Principal::Federated { .. } => true,
    });
    all.extend(named.map(Who::This));
    all
}

/// The partition `aws`, and others that policies name.
fn partitions(policies: &[&Policy]) -> Vec<Arc<str>> {
    let statements = || policies.iter().flat_map(|policy| policy.statements.iter());
    let on = statements().flat_map(|each| &each.resource).flat_map(|element| element.patterns());
    let values = statements().flat_map(|each| &each.conditions).flat_map(|condition| condition.values());
    let who = statements().flat_map(|each| &each.principal).flat_map(|element| element.values());
    let who = who.filter_map(|value| match value {
        PrincipalValue::Arn(arn) => Some(arn.as_str()),
        PrincipalValue::Everyone
        | PrincipalValue::Account(_)
        | PrincipalValue::UniqueId(_)
        | PrincipalValue::Service(_)
        | PrincipalValue::Federated(_)
        | PrincipalValue::CanonicalUser(_) => None,
    });
    let named: BTreeSet<&str> = on
        .map(|pattern| pattern.as_str())
        .chain(values.map(String::as_str))
        .chain(who)
        .filter_map(|text| text.strip_prefix("arn:")?.split(':').next())
        .collect();
    // Partitions that the same texts name are alike; of those that none names only the first counts.
    let mut seen = BTreeSet::new();
    let mut found = vec!["aws"];
    for partition in std::iter::once("aws").chain(reference::partitions()) {
        let names: Vec<bool> =
            named.iter().map(|named| iam::glob::Glob::new(named).matches(partition)).collect();
        if seen.insert(names.clone()) && names.contains(&true) && partition != "aws" {
            found.push(partition);
        }
    }
    found.into_iter().map(Arc::from).collect()
}

/// What a policy decides by itself: everything else allows everything.
pub fn allows(policy: &Arc<Policy>, request: &Request, side: Side) -> Outcome {
    authorize(request, &side.layers(policy, request.action().service())).outcome
}

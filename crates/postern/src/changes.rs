//! The smallest single changes that would turn an answer.
//!
//! Candidates are read off the statements that decide: take one out, let one resource through it, allow once
//! more in the layer that lacks it, give one condition key another value. Each is tried with the evaluator
//! before it is offered; what does not turn the answer by itself is not a single change and is not shown.
//! Changes to the organisation's shape or to the principal are not looked for.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use iam::answer::{Answer, Decision, Outcome};
use iam::arn::Arn;
use iam::condition::Comparison;
use iam::explain;
use iam::layers::{Layer, Layers, ResourceSide, StatementRef};
use iam::policy::{self, Effect, Policy, PolicyType, Statement};
use iam::request::Request;
use iam::resource::{ResourceElement, ResourcePattern};
use iam::truth::Truth;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Take this statement out.
    Remove(StatementRef),
    /// Add a value to the statement's `NotResource`.
    Exempt { at: StatementRef, pattern: String },
    /// Allow the actions on the resources in a layer; for SCPs at a level.
    Allow { layer: Layer, level: u16, actions: Vec<String>, resources: Vec<String> },
    /// Make the request with this key; no value means without it.
    Key { name: String, value: Option<String> },
}

/// An authorisation with its answer.
pub struct Asked<'a> {
    pub request: &'a Request,
    pub answer: &'a Answer,
}

/// The whole question under other layers, or with one more key in every request.
pub type Ask<'a> = dyn Fn(&Layers, Option<(&str, Vec<String>)>) -> Outcome + 'a;

/// Every single change after which `ask` says the opposite of what it says now.
pub fn changes(asked: &[Asked<'_>], layers: &Layers, now: &Outcome, ask: &Ask<'_>) -> Vec<Change> {
    let candidates = match now {
        Outcome::Decided(Decision::Allow) => allowing(asked),
        Outcome::Decided(Decision::ExplicitDeny | Decision::ImplicitDeny) => denying(asked, layers),
        Outcome::NeedsContext(_) | Outcome::Unknown(_) => return Vec::new(),
    };
    let is_allowed = |outcome: &Outcome| *outcome == Outcome::Decided(Decision::Allow);
    let turns = |change: &Change| {
        let outcome = match change {
            Change::Key { name, value } => ask(layers, Some((name, value.iter().cloned().collect()))),
            other => match apply(layers, other) {
                Some(changed) => ask(&changed, None),
                None => return false,
            },
        };
        matches!(outcome, Outcome::Decided(_)) && is_allowed(&outcome) != is_allowed(now)
    };
    candidates.into_iter().filter(turns).collect()
}

/// What could be taken from an allowed answer.
fn allowing(asked: &[Asked<'_>]) -> BTreeSet<Change> {
    asked.iter().flat_map(|one| one.answer.determining.iter().map(|at| Change::Remove(*at))).collect()
}

/// What could be changed about a denied one.
fn denying(asked: &[Asked<'_>], layers: &Layers) -> BTreeSet<Change> {
    let mut candidates = BTreeSet::new();
    let denied: Vec<&Asked<'_>> =
        asked.iter().filter(|one| one.answer.decision() != Some(Decision::Allow)).collect();
    for one in &denied {
        for at in &one.answer.determining {
            candidates.insert(Change::Remove(*at));
            if let Some(statement) = layers.statement(*at) {
                candidates.extend(exemptions(*at, statement, &denied));
                candidates.extend(keys(one.request, statement));
            }
        }
        candidates.extend(near_misses(one.request, layers));
    }
    candidates.extend(allowances(&denied));
    candidates
}

/// Values that `NotResource` of a denying statement could take in: a resource, or one form of it for every
/// Region.
fn exemptions(at: StatementRef, statement: &Statement, denied: &[&Asked<'_>]) -> Vec<Change> {
    if !statement.resource.as_ref().is_some_and(ResourceElement::is_negated) {
        return Vec::new();
    }
    let by_this = denied.iter().filter(|one| one.answer.determining.contains(&at));
    let resources: BTreeSet<&str> = by_this.map(|one| one.request.resource().as_str()).collect();
    let anywhere: BTreeSet<String> =
        resources.iter().filter_map(|resource| in_every_region(resource)).collect();
    let exact = (resources.len() == 1).then(|| resources.iter().map(|one| (*one).to_owned()).collect());
    let patterns: BTreeSet<String> = if anywhere.len() == 1 { anywhere } else { exact.unwrap_or_default() };
    patterns.into_iter().map(|pattern| Change::Exempt { at, pattern }).collect()
}

fn in_every_region(resource: &str) -> Option<String> {
    let arn = Arn::parse(resource).ok()?;
    Some(format!("arn:{}:{}:*:{}:{}", arn.partition, arn.service, arn.account, arn.resource))
}

/// Keys with which a denying statement would no longer match.
fn keys(request: &Request, statement: &Statement) -> Vec<Change> {
    let mut changes = Vec::new();
    for met in explain::elements(request, statement).conditions {
        if is_fixed(met.condition.key().as_str()) {
            continue;
        }
        let name = met.condition.key_name().to_owned();
        let is_null = met.condition.operator().is_ok_and(|operator| operator.comparison == Comparison::Null);
        if !is_null {
            changes.extend(
                met.condition
                    .examples()
                    .into_iter()
                    .map(|value| Change::Key { name: name.clone(), value: Some(value) }),
            );
        }
        changes.push(Change::Key { name, value: None });
    }
    changes
}

/// Keys with which an Allow that matches in all but its conditions would match.
fn near_misses(request: &Request, layers: &Layers) -> Vec<Change> {
    let mut changes = Vec::new();
    for check in explain::checks(request, layers) {
        for looked in check.statements {
            let Some(statement) = layers.statement(looked.at) else { continue };
            let elements = explain::elements(request, statement);
            let fits = elements.resource != Some(Truth::False) && elements.principal != Some(Truth::False);
            if looked.effect != Ok(Effect::Allow) || looked.matches != Truth::False || !fits {
                continue;
            }
            for met in elements.conditions.iter().filter(|met| met.met == Truth::False) {
                if is_fixed(met.condition.key().as_str()) {
                    continue;
                }
                let name = met.condition.key_name();
                changes.extend(
                    met.condition
                        .examples()
                        .into_iter()
                        .map(|value| Change::Key { name: name.to_owned(), value: Some(value) }),
                );
            }
        }
    }
    changes
}

/// One more Allow for everything that is denied for want of one in a single layer.
fn allowances(denied: &[&Asked<'_>]) -> Vec<Change> {
    let lacking: BTreeSet<(Layer, Vec<u16>)> = denied
        .iter()
        .flat_map(|one| {
            let levels = one.answer.lacking_levels.to_vec();
            one.answer
                .denied_by
                .iter()
                .map(move |layer| (*layer, if *layer == Layer::Scp { levels.clone() } else { vec![0] }))
        })
        .collect();
    let set = |text: fn(&Request) -> String| -> Vec<String> {
        denied.iter().map(|one| text(one.request)).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let actions = set(|request| request.action().to_string());
    let resources = set(|request| request.resource().as_str().to_owned());
    lacking
        .into_iter()
        .filter_map(|(layer, levels)| match levels.as_slice() {
            [level] => Some(Change::Allow {
                layer,
                level: *level,
                actions: actions.clone(),
                resources: resources.clone(),
            }),
            _ => None,
        })
        .collect()
}

/// Keys that the principal or the operation fixes: to change them is to ask something else.
fn is_fixed(key: &str) -> bool {
    const FIXED: &[&str] = &[
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principaltype",
        "aws:requestedregion",
        "aws:resourceaccount",
        "aws:resourceorgid",
        "aws:userid",
        "aws:username",
        "bedrock-mantle:model",
        "bedrock:inferenceprofilearn",
        "bedrock:modelarn",
        "bedrock:projectarn",
        "bedrock:promptrouterarn",
    ];
    FIXED.contains(&key)
}

/// The layers after a change to a policy.
fn apply(layers: &Layers, change: &Change) -> Option<Layers> {
    match change {
        Change::Remove(at) => {
            let mut policy = Policy::clone(layers.policy(*at)?);
            let mut statements = policy.statements.into_vec();
            statements.remove(at.statement as usize);
            policy.statements = statements.into();
            Some(layers.with_policy(*at, Arc::new(policy)))
        }
        Change::Exempt { at, pattern } => {
            let mut policy = Policy::clone(layers.policy(*at)?);
            let mut statements = policy.statements.into_vec();
            let statement = statements.get_mut(at.statement as usize)?;
            let wider = statement.resource.as_ref()?.with(ResourcePattern::new(pattern, false));
            statement.resource = Some(wider);
            policy.statements = statements.into();
            Some(layers.with_policy(*at, Arc::new(policy)))
        }
        Change::Allow { layer, level, actions, resources } => {
            let mut changed = layers.clone();
            let policy = Arc::new(allow(*layer, actions, resources)?);
            match layer {
                Layer::Scp => changed.scp.get_mut(usize::from(*level))?.policies.push(policy),
                Layer::Identity => changed.identity.push(policy),
                Layer::Boundary => changed.boundary.push(policy),
                Layer::Session => changed.session.push(policy),
                Layer::VpcEndpoint => changed.vpc_endpoint.push(policy),
                Layer::Resource | Layer::Trust => {
                    let merged = match &changed.resource {
                        ResourceSide::None => policy,
                        ResourceSide::Resource(own) | ResourceSide::Trust(own) => {
                            let mut own = Policy::clone(own);
                            let mut statements = own.statements.into_vec();
                            statements.extend(policy.statements.iter().cloned());
                            own.statements = statements.into();
                            Arc::new(own)
                        }
                    };
                    changed.resource = if *layer == Layer::Trust {
                        ResourceSide::Trust(merged)
                    } else {
                        ResourceSide::Resource(merged)
                    };
                }
                Layer::Rcp => return None,
            }
            Some(changed)
        }
        Change::Key { .. } => None,
    }
}

/// A policy that allows these actions on these resources and nothing else.
fn allow(layer: Layer, actions: &[String], resources: &[String]) -> Option<Policy> {
    let mut statement = serde_json::json!({ "Effect": "Allow", "Action": actions, "Resource": resources });
    let policy_type = match layer {
        Layer::Resource | Layer::Trust | Layer::VpcEndpoint => {
            statement["Principal"] = "*".into();
            PolicyType::Resource
        }
        Layer::Scp | Layer::Rcp | Layer::Boundary | Layer::Session | Layer::Identity => PolicyType::Identity,
    };
    let text = serde_json::json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    policy::read(text.as_bytes(), policy_type).policy
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Remove(at) => {
                write!(f, "take out statement {} of policy {} in {}", at.statement, at.policy, at.layer)
            }
            Self::Exempt { at, pattern } => {
                write!(f, "add `{pattern}` to `NotResource` of statement {} in {}", at.statement, at.layer)
            }
            Self::Allow { layer, actions, resources, .. } => {
                write!(f, "allow {} on {} in {layer}", actions.join(", "), resources.join(", "))
            }
            Self::Key { name, value: Some(value) } => write!(f, "make the request with `{name}` = `{value}`"),
            Self::Key { name, value: None } => write!(f, "make the request without `{name}`"),
        }
    }
}

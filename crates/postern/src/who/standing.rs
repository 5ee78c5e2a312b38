//! How one caller stands to one topic, by the one evaluator.

use iam::answer::{Decision, Doubt, Outcome};
use iam::context::{Context, Key, Values};
use iam::estate::{KnownLayers, Target};
use iam::explain::{self, Check};
use iam::glob::Glob;
use iam::layers::{Layer, Layers, ResourceSide, StatementRef};
use iam::policy::Effect;
use iam::principal::Principal;
use iam::request::{Completeness, Request};
use iam::truth::{Truth, Unsupported};
use iam::{Answer, authorize};

use super::{Caller, Condition, Denial, Entry, How, If, Standing, Topic};
use crate::policies::Policies;
use crate::stack::Data;

/// What came of asking one caller, with what it was asked under.
pub(super) struct Asked {
    pub standing: Standing,
    request: Request,
    layers: KnownLayers,
    example: Option<String>,
}

/// Layers whose statements can let somebody do something.
const GRANTING: [Layer; 3] = [Layer::Resource, Layer::Identity, Layer::Trust];

/// How a principal stands; `None` for one that its account does not have. Keys that are left open are those of
/// somebody for whom the principal stands.
pub(super) fn of(
    data: &Data,
    principal: &Principal,
    given: &Context,
    topic: &Topic,
    left_open: &[&str],
) -> Option<Asked> {
    let asked = |target: &Target| -> Option<(Asked, bool)> {
        let request = data.estate.request(principal, &topic.action, target, given, Completeness::Partial);
        let request = if left_open.is_empty() { request } else { request.leaving_open(left_open) };
        let request = match &topic.set {
            Some(set) if target.arn() == topic.target.arn() => request.on_any(set.clone()),
            Some(_) | None => request,
        };
        let layers = data.estate.layers(&request, target)?;
        let (request, answer) = data.estate.answer(request, layers.at_most());
        let depends =
            matches!(&answer.outcome, Outcome::Unknown(doubts) if doubts.contains(&Doubt::Resource));
        let standing = standing(&request, &layers, answer);
        Some((Asked { standing, request, layers, example: None }, depends))
    };
    let (of_all, depends_on_resource) = asked(&topic.target)?;
    if !depends_on_resource {
        return Some(of_all);
    }
    // Of the resources that Allows name, one that is allowed is an example.
    let examples = examples(&of_all, topic);
    let found = examples.iter().filter_map(|example| {
        let (found, _) = asked(&topic.target.at(example))?;
        Some(Asked { example: Some(example.clone()), ..found })
    });
    let best = found.min_by_key(|found| found.standing.rank());
    Some(best.filter(|best| best.standing.rank() < of_all.standing.rank()).unwrap_or(of_all))
}

fn standing(request: &Request, layers: &KnownLayers, answer: Answer) -> Standing {
    let missing = || {
        let mut missing: Vec<_> = layers.missing_for(request).map(|(_, why)| why.clone()).collect();
        missing.sort();
        missing.dedup();
        missing
    };
    if let Some(lacking) = &answer.lacking {
        // Only how it is denied is open.
        return Standing::Denied(Denial { explicit: false, by: lacking.to_vec() });
    }
    match answer.outcome {
        Outcome::Decided(decision @ (Decision::ExplicitDeny | Decision::ImplicitDeny)) => {
            let explicit = decision == Decision::ExplicitDeny;
            Standing::Denied(Denial { explicit, by: answer.denied_by.to_vec() })
        }
        Outcome::Decided(Decision::Allow) => unless(missing(), Vec::new(), Standing::Allowed),
        Outcome::NeedsContext(keys) => {
            unless(missing(), keys.clone(), Standing::AllowedIf(If { keys, ..If::default() }))
        }
        Outcome::Unknown(doubts) => {
            let session = |doubt: &Doubt| match doubt {
                Doubt::Unsupported(Unsupported::SessionNotNamed { session }) => Some(session.clone()),
                Doubt::Unsupported(_) | Doubt::Assumption(_) | Doubt::Resource => None,
            };
            match doubts.iter().map(session).collect::<Option<Vec<_>>>() {
                Some(sessions) => {
                    unless(missing(), Vec::new(), Standing::AllowedIf(If { sessions, ..If::default() }))
                }
                None => {
                    let doubts = doubts.iter().map(ToString::to_string).collect();
                    Standing::Unknown { missing: missing(), doubts, keys: Vec::new() }
                }
            }
        }
    }
}

fn unless(
    missing: Vec<std::sync::Arc<iam::estate::Missing>>,
    keys: Vec<Key>,
    standing: Standing,
) -> Standing {
    if missing.is_empty() { standing } else { Standing::Unknown { missing, doubts: Vec::new(), keys } }
}

/// The resources that Allows name for the action, within the pattern of the topic.
fn examples(of_all: &Asked, topic: &Topic) -> Vec<String> {
    let pattern = Glob::new(topic.target.arn());
    let layers = of_all.layers.at_most();
    let policies = GRANTING.into_iter().flat_map(|layer| layers.levels(layer)).flatten();
    let statements = policies.flat_map(|policy| policy.statements.iter());
    let allows =
        statements.filter(|each| each.effect == Ok(Effect::Allow) && each.action.matches(&topic.action));
    let elements = allows.filter_map(|each| each.resource.as_ref()).filter(|element| !element.is_negated());
    let texts = elements.flat_map(|element| element.patterns());
    let mut examples: Vec<String> = texts
        .filter_map(|text| filled(text.as_str(), &of_all.request))
        .filter(|text| pattern.matches(text))
        .collect();
    // The pattern itself is a name like any other.
    examples.push(topic.target.arn().to_owned() + "-");
    examples.sort_unstable();
    examples.dedup();
    examples
}

/// A pattern with the values of its variables; `None` where one has none.
fn filled(pattern: &str, request: &Request) -> Option<String> {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, behind) = after.split_once('}')?;
        text.push_str(before);
        match request.values(&Key::new(name)) {
            Values::Present(values) => text.push_str(values.only()?),
            Values::Absent | Values::Unknown => return None,
        }
        rest = behind;
    }
    text.push_str(rest);
    Some(text)
}

impl Asked {
    /// The entry of whoever was asked.
    pub(super) fn entry(self, data: &Data, topic: &Topic, caller: Caller) -> Entry {
        let Self { standing, request, layers, example } = self;
        let policies = Policies::known(layers, &data.places);
        let checks = explain::checks(&request, &policies.layers);
        let by = granting(&checks, &policies).into_iter().map(|at| policies.statement(at)).collect();
        let standing = match standing {
            Standing::AllowedIf(decides) => {
                let conditions = conditions(&request, &checks, &policies);
                Standing::AllowedIf(If { conditions, ..decides })
            }
            other => other,
        };
        let how = how(&request, &policies.layers);
        let example = example.filter(|example| example != topic.target.arn());
        Entry { caller, standing, example, how, by }
    }

    /// The same where what is missing on the caller's own side is not counted: it is known to be unknown.
    pub(super) fn of_resource_side(mut self) -> Self {
        if let Standing::Unknown { missing, doubts, keys } = &mut self.standing {
            let of_resource = self.layers.missing_for(&self.request).filter(|(layer, _)| match layer {
                Layer::Rcp | Layer::Resource | Layer::Trust => true,
                Layer::Scp | Layer::Identity | Layer::Boundary | Layer::Session | Layer::VpcEndpoint => false,
            });
            *missing = of_resource.map(|(_, why)| why.clone()).collect();
            if missing.is_empty() && doubts.is_empty() {
                let keys = std::mem::take(keys);
                self.standing = if keys.is_empty() {
                    Standing::Allowed
                } else {
                    Standing::AllowedIf(If { keys, ..If::default() })
                };
            }
        }
        self
    }
}

/// The Allows that let somebody in, certainly or perhaps.
fn granting(checks: &[Check], policies: &Policies) -> Vec<StatementRef> {
    let of_layers = checks.iter().filter(|check| GRANTING.contains(&check.layer));
    let looked = of_layers.flat_map(|check| &check.statements);
    let grants = looked.filter(|looked| looked.effect == Ok(Effect::Allow) && looked.matches != Truth::False);
    // What stands in for a missing policy is no statement of anybody.
    grants.map(|looked| looked.at).filter(|at| policies.statement(*at).place.is_some()).collect()
}

/// The open conditions of statements that could decide.
fn conditions(request: &Request, checks: &[Check], policies: &Policies) -> Vec<Condition> {
    let looked = checks.iter().flat_map(|check| &check.statements).filter(|each| each.matches == Truth::Open);
    let mut conditions = Vec::new();
    for each in looked {
        let Some(statement) = policies.layers.statement(each.at) else { continue };
        let met = explain::elements(request, statement).conditions;
        conditions.extend(met.iter().filter(|one| one.met == Truth::Open).map(|one| Condition {
            statement: policies.statement(each.at),
            allows: each.effect == Ok(Effect::Allow),
            operator: one.condition.operator_name().to_owned(),
            key: one.condition.key_name().to_owned(),
            values: one.condition.values().to_vec(),
        }));
    }
    conditions.sort();
    conditions.dedup();
    conditions
}

/// Which policies it takes: the request is asked again without the one and without the other.
fn how(request: &Request, layers: &Layers) -> How {
    if request.principal().account().is_none() {
        return How::Resource;
    }
    let may = |layers: &Layers| {
        !matches!(
            authorize(request, layers).outcome,
            Outcome::Decided(Decision::ExplicitDeny | Decision::ImplicitDeny)
        )
    };
    if layers.resource.policy().is_none() {
        return How::Identity;
    }
    let by_resource = may(&Layers { identity: Vec::new(), ..layers.clone() });
    let by_identity = may(&Layers { resource: ResourceSide::None, ..layers.clone() });
    match (by_identity, by_resource) {
        (true, true) => How::Either,
        (true, false) => How::Identity,
        (false, true) => How::Resource,
        (false, false) => How::Both,
    }
}

//! What becomes possible and what no longer is, between two snapshots, two sets of policies or two charters.
//!
//! Of every account what anybody may ever do there, and of everybody who is in both what they may do. Equal policies in
//! equal places are passed over. Changes come in classes: actions that no policy tells apart on one type of resources,
//! with one request that the evaluator answers differently. Deliberately absent: what somebody new may do beyond that
//! they are new, and policies of things.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use iam::answer::{Decision, Outcome};
use iam::arn::AccountId;
use iam::authorize;
use iam::context::Context;
use iam::estate::{Estate, LayersKey};
use iam::layers::{Layer, Layers, Level, ResourceSide};
use iam::policy::Policy;
use iam::principal::Principal;
use iam::request::{Completeness, Request, RequestParts};
use prover::change::{Changes, Class, changes};
use prover::domain::Kinds;
use prover::question::everything;
use prover::who::{Shape, Who};

use charter::Day;

use crate::input::{Complaint, Document};
use crate::parallel;
use crate::plan::{self, Reached, proof};
use crate::prove::{Ground, Standing, nicer};

/// Requests that one side allows and the other does not.
#[derive(Clone, Debug)]
pub struct Change {
    /// Principals, or accounts in which it is so of whoever may be there.
    pub who: Vec<String>,
    /// Whether it is about whoever may be there.
    pub is_ceiling: bool,
    pub actions: Vec<String>,
    /// The resource type; none for actions without resources.
    pub kind: Option<&'static str>,
    pub example: Request,
    /// How many triples of principal, model and way to it are in it; none of them where no door is.
    pub triples: usize,
}

/// What changed.
#[derive(Clone, Debug, Default)]
pub struct Diff {
    pub possible: Vec<Change>,
    pub impossible: Vec<Change>,
    /// Who is in one only.
    pub gone: Vec<String>,
    pub new: Vec<String>,
    /// What is not known.
    pub unknown: BTreeMap<String, usize>,
}

thread_local! {
    static KINDS: Kinds = Kinds::default();
}

/// Policies by what they say, wherever they stand.
#[derive(Default)]
struct Interned {
    by_text: HashMap<String, usize>,
    by_pointer: HashMap<usize, usize>,
}

impl Interned {
    fn number(&mut self, policy: &Arc<Policy>) -> usize {
        let pointer = Arc::as_ptr(policy) as usize;
        if let Some(known) = self.by_pointer.get(&pointer) {
            return *known;
        }
        let mut statements = policy.statements.clone().into_vec();
        statements.iter_mut().for_each(|statement| statement.start = 0);
        let text = format!("{:?} {statements:?}", policy.version);
        let next = self.by_text.len();
        let number = *self.by_text.entry(text).or_insert(next);
        self.by_pointer.insert(pointer, number);
        number
    }

    fn key(&mut self, layers: &Layers) -> Vec<usize> {
        let mut key = vec![usize::from(layers.management_account)];
        for layer in Layer::ALL {
            for policies in layers.levels(layer) {
                key.push(usize::MAX);
                // Policies of one level unite, in whatever order.
                let mut level: Vec<usize> = policies.iter().map(|policy| self.number(policy)).collect();
                level.sort_unstable();
                key.extend(level);
            }
            key.push(usize::MAX - 1);
        }
        key
    }
}

/// Two sides of somebody, or of an account.
struct Pair {
    who: Who,
    name: String,
    is_ceiling: bool,
    layers: [Layers; 2],
    given: Context,
}

/// The policies before and after, and who it is where that matters to them.
type Alike = (Vec<usize>, Vec<usize>, String);

/// Whether it is about whoever may be there, the actions, the resource type, and an example without its account.
type Same = (bool, Vec<String>, Option<&'static str>, String);

/// What changed from one snapshot to another.
pub fn snapshots(before: &Estate, after: &Estate, threads: usize) -> Diff {
    let grounds = [Ground::new(before), Ground::new(after)];
    let mut diff = Diff::default();
    let mut interned = Interned::default();
    let mut pairs: Vec<Pair> = Vec::new();
    let places: [BTreeMap<&str, usize>; 2] = [0, 1].map(|side: usize| {
        let places = grounds[side].accounts.iter().enumerate();
        places.map(|(number, place)| (place.account.id.as_str(), number)).collect()
    });
    diff.gone
        .extend(places[0].keys().filter(|id| !places[1].contains_key(*id)).map(|id| format!("account {id}")));
    diff.new
        .extend(places[1].keys().filter(|id| !places[0].contains_key(*id)).map(|id| format!("account {id}")));
    let unsure = |why: String, unknown: &mut BTreeMap<String, usize>| *unknown.entry(why).or_default() += 1;
    for (id, number) in &places[0] {
        let Some(other) = places[1].get(id) else { continue };
        let both = [&grounds[0].accounts[*number], &grounds[1].accounts[*other]];
        if both[0].given != both[1].given {
            unsure(
                "an account stands elsewhere, and what follows from that is not compared".to_owned(),
                &mut diff.unknown,
            );
        }
        let rcp = both.map(|place| interned.key(&Layers { rcp: place.rcp.clone(), ..Layers::default() }));
        if rcp[0] != rcp[1] {
            unsure("resource control policies changed, which is not compared".to_owned(), &mut diff.unknown);
        }
        let things = [0, 1].map(|side: usize| -> BTreeMap<&str, usize> {
            let things = grounds[side].things(both[side]).into_iter();
            things.map(|(arn, policy)| (arn, interned.number(&policy))).collect()
        });
        if things[0] != things[1] {
            let why = "policies of things, or whom roles trust, changed, which is not compared";
            unsure(why.to_owned(), &mut diff.unknown);
        }
        let layers = both.map(|place| place.ceiling.clone());
        if interned.key(&layers[0]) != interned.key(&layers[1]) {
            for place in both {
                for why in &place.ceiling_missing {
                    unsure(why.to_string(), &mut diff.unknown);
                }
            }
            let account = both[0].account;
            for shape in shapes(&layers, true) {
                pairs.push(Pair {
                    who: Who::Any {
                        shape: *shape,
                        account: Some(account.id),
                        partition: account.partition.clone(),
                    },
                    name: (*id).to_owned(),
                    is_ceiling: true,
                    layers: layers.clone(),
                    given: both[0].given.clone(),
                });
            }
        }
        let people: [BTreeSet<String>; 2] = [0, 1].map(|side: usize| {
            let (people, missing) = grounds[side].people(both[side]);
            for why in missing {
                unsure(why.to_string(), &mut diff.unknown);
            }
            people.iter().map(ToString::to_string).collect()
        });
        diff.gone.extend(people[0].difference(&people[1]).cloned());
        diff.new.extend(people[1].difference(&people[0]).cloned());
        let mut known: [HashMap<LayersKey, Option<Standing>>; 2] = Default::default();
        for arn in people[0].intersection(&people[1]) {
            let Ok(principal) = Principal::parse(arn) else { continue };
            let sides =
                [before, after].map(|estate| estate.principal_side(&principal).map(|side| side.key()));
            let [Some(first), Some(second)] = sides else { continue };
            for (side, key) in [&first, &second].into_iter().enumerate() {
                known[side]
                    .entry(key.clone())
                    .or_insert_with(|| grounds[side].standing(both[side], &principal, &[]));
            }
            let [Some(Some(first)), Some(Some(second))] = [known[0].get(&first), known[1].get(&second)]
            else {
                continue;
            };
            let given =
                [(0, first), (1, second)].map(|(side, standing)| grounds[side].given(&principal, standing));
            if interned.key(&first.layers) == interned.key(&second.layers) {
                if given[0] != given[1] {
                    unsure(
                        "tags of somebody changed, and what follows from that is not compared".to_owned(),
                        &mut diff.unknown,
                    );
                }
                continue;
            }
            for why in first.missing.iter().chain(&second.missing) {
                unsure(why.to_string(), &mut diff.unknown);
            }
            let [given, _] = given;
            pairs.push(Pair {
                who: Who::This(principal),
                name: arn.clone(),
                is_ceiling: false,
                layers: [first.layers.clone(), second.layers.clone()],
                given,
            });
        }
    }
    of_pairs(&pairs, &mut interned, &mut diff, threads);
    diff
}

/// What changed from some policies to others: service control policies beside `FullAWSAccess`, or what identities have.
pub fn documents(before: &[Document], after: &[Document], are_scps: bool, threads: usize) -> Diff {
    let layers = [before, after].map(|documents| {
        let policies: Vec<Arc<Policy>> = documents.iter().map(|document| document.policy.clone()).collect();
        let resource = ResourceSide::Resource(everything());
        match are_scps {
            true => {
                let policies = std::iter::once(everything()).chain(policies).collect();
                let scp = vec![Level { target: "the account".to_owned(), policies }];
                Layers { identity: vec![everything()], scp, resource, ..Layers::default() }
            }
            // Nothing but the identity's policies gives anything.
            false => Layers { identity: policies, ..Layers::default() },
        }
    });
    let mut diff = Diff::default();
    let account = iam::arn::AccountId::new("111122223333").ok();
    let pair = |shape: &Shape| Pair {
        who: Who::Any { shape: *shape, account, partition: "aws".into() },
        name: "whoever has the policies".to_owned(),
        is_ceiling: true,
        layers: layers.clone(),
        given: Context::new(),
    };
    let pairs: Vec<Pair> = shapes(&layers, are_scps).iter().map(pair).collect();
    of_pairs(&pairs, &mut Interned::default(), &mut diff, threads);
    diff
}

/// Accounts, with the chain of ids and the path of the first.
type Accounts<'a> = (Vec<&'a str>, Vec<&'a str>, &'a str);

/// What changed from one charter to another, on the organisation of a snapshot: what they want, whatever policies say.
///
/// # Errors
/// What is wrong with the charters.
pub fn charters(
    charters: [(&str, &str); 2],
    estate: &Estate,
    today: Option<&Day>,
    threads: usize,
) -> Result<Diff, Vec<Complaint>> {
    let mut models = Vec::new();
    let mut wrong = Vec::new();
    for (origin, text) in charters {
        match plan::model(origin, text, estate, today) {
            Ok((model, _)) => models.push(model),
            Err(complaints) => wrong.extend(complaints),
        }
    }
    let ([before, after], [organization, ..]) = (models.as_slice(), estate.organizations()) else {
        return Err(wrong);
    };
    let mut diff = Diff::default();
    // Accounts of which both charters want the same are one place.
    let mut places: BTreeMap<[Vec<String>; 2], Accounts<'_>> = BTreeMap::new();
    let (reached, nowhere) = plan::reached(organization);
    if nowhere > 0 {
        diff.unknown.insert("where an account stands in its organisation".to_owned(), nowhere);
    }
    for Reached { account, chain, path } in reached {
        let levels = [before, after].map(|model| charter::spelled::levels(model, &chain));
        places.entry(levels).or_insert_with(|| (Vec::new(), chain, path)).0.push(account);
    }
    let mut pairs = Vec::new();
    for (accounts, chain, path) in places.values() {
        let [Some(first), Some(second)] = [before, after].map(|model| proof::wanted(model, chain)) else {
            *diff.unknown.entry(proof::UNREAD.to_owned()).or_default() += 1;
            continue;
        };
        let mut given = Context::new();
        given.replace("aws:PrincipalOrgID", vec![organization.id.to_string()]);
        given.replace("aws:PrincipalOrgPaths", vec![(*path).to_owned()]);
        let layers = [first, second];
        let apart = proof::told_apart(&layers, accounts);
        for (at, account) in apart.iter().enumerate() {
            // The last stands for all that are alike.
            let alike = accounts.iter().filter(|other| *other == account || !apart.contains(other));
            let name = if at + 1 == apart.len() {
                alike.copied().collect::<Vec<_>>().join(", ")
            } else {
                (*account).to_owned()
            };
            for shape in shapes(&layers, true) {
                pairs.push(Pair {
                    who: Who::Any {
                        shape: *shape,
                        account: AccountId::new(account).ok(),
                        partition: before.partition.as_str().into(),
                    },
                    name: name.clone(),
                    is_ceiling: true,
                    layers: layers.clone(),
                    given: given.clone(),
                });
            }
        }
    }
    of_pairs(&pairs, &mut Interned::default(), &mut diff, threads);
    Ok(diff)
}

/// The kinds of principal that policies may tell apart; root users where the policies reach them.
fn shapes(layers: &[Layers; 2], reach_root: bool) -> &'static [Shape] {
    match (layers.iter().any(tells_people_apart), reach_root) {
        (false, _) => &[Shape::Role],
        (true, false) => &[Shape::Role, Shape::User],
        (true, true) => &Shape::ALL,
    }
}

fn of_pairs(pairs: &[Pair], interned: &mut Interned, diff: &mut Diff, threads: usize) {
    // Those to whom the same policies applied and apply are asked about once; who asks may matter to policies.
    let mut classes: BTreeMap<Alike, Vec<&Pair>> = BTreeMap::new();
    for pair in pairs {
        let tells = pair.layers.iter().any(tells_people_apart);
        let apart = if tells { format!("{} {:?}", pair.name, pair.who) } else { pair.is_ceiling.to_string() };
        let key = (interned.key(&pair.layers[0]), interned.key(&pair.layers[1]), apart);
        classes.entry(key).or_default().push(pair);
    }
    let work: Vec<&Vec<&Pair>> = classes.values().collect();
    let found = parallel::map(&work, threads, |pairs| {
        KINDS.with(|kinds| {
            let Pair { who, layers: [first, second], given, .. } = pairs[0];
            [changes(second, first, who, given, kinds), changes(first, second, who, given, kinds)]
        })
    });
    let mut merged: [BTreeMap<Same, Change>; 2] = Default::default();
    for (pairs, sides) in work.iter().zip(found) {
        for (side, Changes { classes, unknown }) in sides.into_iter().enumerate() {
            unknown.into_iter().for_each(|why| *diff.unknown.entry(why).or_default() += 1);
            let layers = [&pairs[0].layers[1 - side], &pairs[0].layers[side]];
            for class in classes {
                let triples = triples(&class, layers) * pairs.len();
                let who: Vec<String> = pairs.iter().map(|pair| pair.name.clone()).collect();
                let on = on_what(class.example.resource().as_str());
                let key = (pairs[0].is_ceiling, class.actions.clone(), class.kind, on);
                let is_one = |request: &Request| {
                    let [is, was] = layers.map(|layers| authorize(request, layers).outcome);
                    is == Outcome::Decided(Decision::Allow)
                        && matches!(was, Outcome::Decided(decision) if decision != Decision::Allow)
                };
                let change = merged[side].entry(key).or_insert_with(|| Change {
                    who: Vec::new(),
                    is_ceiling: pairs[0].is_ceiling,
                    actions: class.actions,
                    kind: class.kind,
                    example: nicer(class.example, &is_one),
                    triples: 0,
                });
                change.who.extend(who);
                change.triples += triples;
            }
        }
    }
    let [possible, impossible] = merged;
    diff.possible = ranked(possible.into_values());
    diff.impossible = ranked(impossible.into_values());
    diff.gone.sort();
    diff.new.sort();
}

fn ranked(changes: impl Iterator<Item = Change>) -> Vec<Change> {
    let mut all: Vec<Change> = changes.collect();
    for change in &mut all {
        change.who.sort();
        change.who.dedup();
    }
    all.sort_by(|one, other| {
        let of = |change: &Change| {
            let count = (change.triples, change.who.len(), change.actions.len());
            (std::cmp::Reverse(count), change.is_ceiling, change.actions.clone(), change.kind)
        };
        of(one).cmp(&of(other))
    });
    all
}

/// A resource without the account that it is of.
fn on_what(resource: &str) -> String {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    match parts.as_slice() {
        [arn, partition, service, region, _, rest] => format!("{arn}:{partition}:{service}:{region}::{rest}"),
        _ => resource.to_owned(),
    }
}

/// Whether policies may say different things of people who have them.
fn tells_people_apart(layers: &Layers) -> bool {
    let policies = Layer::ALL.into_iter().flat_map(|layer| layers.levels(layer)).flatten();
    policies.into_iter().any(|policy| {
        policy.statements.iter().any(|statement| {
            let on = statement.resource.iter().flat_map(|element| element.patterns());
            on.into_iter().any(|pattern| pattern.as_str().contains("${"))
                || statement.conditions.iter().any(|condition| {
                    let key = condition.key().as_str();
                    condition.has_variables()
                        || key.starts_with("aws:principal")
                        || matches!(key, "aws:username" | "aws:userid")
                })
        })
    })
}

/// How many pairs of a model and a way to it a class has for one principal.
fn triples(class: &Class, [first, second]: [&Layers; 2]) -> usize {
    let ways = class
        .actions
        .iter()
        .filter_map(|action| action.split_once(':'))
        .filter(|(service, name)| reference::doors_of_action(service, name).next().is_some())
        .count();
    if class.kind != Some("foundation-model") {
        return ways;
    }
    let example = &class.example;
    let region = example.resource().as_str().split(':').nth(3).unwrap_or_default();
    let decides = |request: &Request, layers: &Layers| {
        authorize(request, layers).outcome == Outcome::Decided(Decision::Allow)
    };
    let models = reference::models().filter(|model| model.endpoint == reference::Endpoint::Runtime);
    let is_in = |id: &str| {
        let request = Request::new(RequestParts {
            principal: example.principal().clone(),
            action: example.action().clone(),
            resource: format!("arn:aws:bedrock:{region}::foundation-model/{id}"),
            resource_account: None,
            context: example.context().clone(),
            completeness: Completeness::Complete,
        });
        decides(&request, first) && !decides(&request, second)
    };
    ways * models.filter(|model| is_in(model.id)).count()
}

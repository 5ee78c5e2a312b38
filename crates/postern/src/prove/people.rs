//! One account after another: what its ceiling leaves open is asked of the people who are there.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use iam::estate::LayersKey;
use iam::glob::Glob;
use iam::principal::Principal;
use prover::domain::Kinds;
use prover::question::Meant;
use prover::search::Verdict;

use super::asker::{Asker, Real};
use super::ground::{Ground, Place, Standing};
use super::property::{Demand, Property, Who, arn_of};
use super::things::Asking;
use super::{Ceilings, Counterexample, is_at, told};

/// Properties, being asked.
pub struct Asked<'a> {
    pub ground: &'a Ground<'a>,
    pub properties: &'a [Property],
    pub ceilings: &'a [Ceilings],
    pub cache: Cache,
}

/// What one account gave for one property.
#[derive(Clone, Default)]
pub struct Found {
    pub refuted: Vec<Counterexample>,
    pub unknown: BTreeSet<String>,
    pub by_ceiling: bool,
    pub people: usize,
    /// For whom it does not hold, of a property that keeps them.
    pub who: Vec<Principal>,
    /// It was not looked at, because enough was found elsewhere.
    pub left_out: bool,
}

/// A user or role.
struct Somebody<'a> {
    asker: Asker<'a>,
    standing: &'a Standing,
    /// What policies say of who they are.
    signature: Vec<u8>,
}

impl Asked<'_> {
    /// Everything about one account that is not known yet.
    pub fn place(
        &self,
        kinds: &Kinds,
        place: &Place<'_>,
        is_open: &[bool],
        known: &[Option<Found>],
    ) -> Vec<Found> {
        let mut found: Vec<Found> = vec![Found::default(); self.properties.len()];
        // What is left to ask people about.
        let mut open: Vec<usize> = Vec::new();
        for (number, property) in self.properties.iter().enumerate() {
            let Some(demand) = property.demand.as_ref().filter(|_| is_at(&property.at, place)) else {
                continue;
            };
            let own = &mut found[number];
            if let Some(Some(known)) = known.get(number) {
                *own = known.clone();
                continue;
            }
            let ceiling = self.ceilings[number].get(&place.class);
            let is_closed = matches!(ceiling, Some(Verdict::Never)) && property.who == Who::Insiders;
            match &property.who {
                Who::Insiders if is_closed => own.by_ceiling = true,
                _ if !is_open[number] => own.left_out = true,
                Who::Outsiders => *own = self.ground.on_things(kinds, demand, place, Asking::Outsiders),
                Who::Service(name) => {
                    *own = self.ground.on_things(kinds, demand, place, Asking::Service(name));
                }
                Who::Insiders => {
                    open.push(number);
                    if let Demand::Never(meant) = demand {
                        *own = self.ground.on_own_things(kinds, meant, place);
                    }
                    // Nothing is above the root user of the management account.
                    if !place.is_management {
                        self.root(kinds, demand, place, own);
                    }
                }
            }
        }
        if !open.is_empty() {
            self.people(kinds, place, &open, &mut found);
        }
        for own in &mut found {
            // People before root users.
            own.refuted.sort_by_key(|each| matches!(each.request.principal(), Principal::Root { .. }));
        }
        found
    }

    fn people(&self, kinds: &Kinds, place: &Place<'_>, open: &[usize], found: &mut [Found]) {
        let meant: Vec<Vec<&Meant>> = open
            .iter()
            .map(|number| self.properties[*number].demand.as_ref().map(Demand::meant).unwrap_or_default())
            .collect();
        let globs = |number: &usize| -> Vec<Glob> {
            self.properties[*number].named.iter().map(|named| Glob::new(&arn_of(named))).collect()
        };
        let named: Vec<Vec<Glob>> = open.iter().map(globs).collect();
        let (people, missing) = self.ground.people(place);
        for number in open {
            found[*number].unknown.extend(missing.iter().map(|why| told(why)));
        }
        let mut standings: HashMap<LayersKey, Option<Standing>> = HashMap::new();
        for principal in &people {
            let Some(side) = self.ground.estate.principal_side(principal) else { continue };
            standings.entry(side.key()).or_insert_with(|| self.ground.standing(place, principal, &meant));
        }
        // The first of each class whose request is shown.
        let mut answers: HashMap<Class, Kept> = HashMap::new();
        for principal in &people {
            let Some(side) = self.ground.estate.principal_side(principal) else { continue };
            let key = side.key();
            let Some(Some(standing)) = standings.get(&key) else { continue };
            let (mut given, mut arn) = (None, None);
            for (at, number) in open.iter().enumerate() {
                let Some(demand) = &self.properties[*number].demand else { continue };
                let is_far = match demand {
                    Demand::Never(_) => !standing.may[at][0],
                    Demand::NeverBoth(_, _) => standing.may[at].contains(&false),
                    Demand::May(_) => false,
                };
                if matches!(demand, Demand::May(_)) && !named[at].is_empty() {
                    let arn = arn.get_or_insert_with(|| principal.to_string());
                    if !named[at].iter().any(|named| named.matches(arn)) {
                        continue;
                    }
                }
                let own = &mut found[*number];
                own.people += 1;
                if is_far {
                    continue;
                }
                let (given, signature) = given.get_or_insert_with(|| {
                    let given = self.ground.given(principal, standing);
                    let signature = standing.signature(principal, &given);
                    (given, signature)
                });
                let class = (*number, key.clone(), signature.clone());
                let keep = |own: &mut Found| {
                    if self.properties[*number].keeps_people {
                        own.who.push(principal.clone());
                    }
                };
                match answers.get(&class) {
                    Some(Kept::Nothing) => continue,
                    Some(Kept::Refuted(at)) => {
                        own.refuted[*at].more += 1;
                        keep(own);
                        continue;
                    }
                    None => {}
                }
                let asker = Asker { ground: self.ground, place, principal, layers: &standing.layers, given };
                let somebody = Somebody { asker, standing, signature: signature.clone() };
                let kept = match self.ask(kinds, *number, demand, &key, &somebody) {
                    Answer::Fine => Kept::Nothing,
                    Answer::Unknown(why) => {
                        own.unknown.extend(why);
                        Kept::Nothing
                    }
                    Answer::Refuted(counterexample) => {
                        own.refuted.push(*counterexample);
                        keep(own);
                        Kept::Refuted(own.refuted.len() - 1)
                    }
                };
                answers.insert(class, kept);
            }
        }
    }

    /// What is so of somebody: of what they may never do, first whether it is known that nobody of their class may.
    fn ask(
        &self,
        kinds: &Kinds,
        number: usize,
        demand: &Demand,
        key: &LayersKey,
        somebody: &Somebody<'_>,
    ) -> Answer {
        let is_never = |at: usize, meant: &Meant| {
            let class = (number, at, key.clone(), somebody.signature.clone());
            self.cache.is_never(&class, || matches!(somebody.asker.at_most(meant, kinds), Verdict::Never))
        };
        match demand {
            Demand::Never(meant) if is_never(0, meant) => Answer::Fine,
            Demand::NeverBoth(first, second) if is_never(0, first) || is_never(1, second) => Answer::Fine,
            Demand::Never(_) | Demand::NeverBoth(_, _) | Demand::May(_) => {
                of_person(kinds, demand, &somebody.asker, somebody.standing)
            }
        }
    }

    /// The root user of an account has every right that nothing above takes.
    fn root(&self, kinds: &Kinds, demand: &Demand, place: &Place<'_>, found: &mut Found) {
        let arn = format!("arn:{}:iam::{}:root", place.account.partition, place.account.id);
        let Ok(principal) = Principal::parse(&arn) else { return };
        if matches!(demand, Demand::May(_)) {
            return;
        }
        let layers = self.ground.delegated(place, &place.ceiling);
        let asker =
            Asker { ground: self.ground, place, principal: &principal, layers: &layers, given: &place.given };
        let standing = Standing::of_root(place);
        match of_person(kinds, demand, &asker, &standing) {
            Answer::Fine => {}
            Answer::Unknown(why) => found.unknown.extend(why),
            Answer::Refuted(counterexample) => found.refuted.push(*counterexample),
        }
    }
}

/// What a class of people of an account came to.
enum Kept {
    Nothing,
    /// The counterexample of the first of them.
    Refuted(usize),
}

/// What came of asking about somebody.
enum Answer {
    Fine,
    Unknown(BTreeSet<String>),
    Refuted(Box<Counterexample>),
}

fn of_person(kinds: &Kinds, demand: &Demand, asker: &Asker<'_>, standing: &Standing) -> Answer {
    let missing = || standing.missing.iter().map(|why| told(why)).collect::<BTreeSet<String>>();
    let refuted = |counterexample: Counterexample| Answer::Refuted(Box::new(counterexample));
    match demand {
        Demand::Never(meant) => match asker.find(meant, kinds) {
            Real::Never => Answer::Fine,
            Real::Unknown(why) => Answer::Unknown(why),
            Real::Request(_, _) if !standing.missing.is_empty() => Answer::Unknown(missing()),
            Real::Request(request, layers) => refuted(Counterexample::new(*request, layers)),
        },
        Demand::NeverBoth(first, second) => match (asker.find(first, kinds), asker.find(second, kinds)) {
            (Real::Never, _) | (_, Real::Never) => Answer::Fine,
            (Real::Unknown(why), _) | (_, Real::Unknown(why)) => Answer::Unknown(why),
            (Real::Request(_, _), _) if !standing.missing.is_empty() => Answer::Unknown(missing()),
            (Real::Request(one, layers), Real::Request(other, _)) => {
                refuted(Counterexample { second: Some(*other), ..Counterexample::new(*one, layers) })
            }
        },
        Demand::May(all) => {
            for meant in all {
                match asker.find(meant, kinds) {
                    Real::Request(_, _) if standing.missing.is_empty() => {}
                    Real::Request(_, _) => return Answer::Unknown(missing()),
                    Real::Unknown(why) => return Answer::Unknown(why),
                    // What is missing could only take more.
                    Real::Never => {
                        return match asker.find_denied(meant, kinds) {
                            Verdict::Request(request) => refuted(Counterexample {
                                is_refused: true,
                                ..Counterexample::new(*request, asker.layers.clone())
                            }),
                            Verdict::Never | Verdict::Unknown(_) => Answer::Unknown(BTreeSet::from([
                                "no request is one that it speaks of".to_owned(),
                            ])),
                        };
                    }
                }
            }
            Answer::Fine
        }
    }
}

/// Of whom an answer is: the number of the property, the policies, and what these say of who it is.
type Class = (usize, LayersKey, Vec<u8>);

/// The same, of one set of requests of the property.
type SetClass = (usize, usize, LayersKey, Vec<u8>);

/// Of which classes it is known whether they may at all, whatever the account.
#[derive(Default)]
pub struct Cache {
    never: Mutex<HashMap<SetClass, bool>>,
}

impl Cache {
    fn is_never(&self, class: &SetClass, ask: impl FnOnce() -> bool) -> bool {
        let known = self.never.lock().unwrap_or_else(PoisonError::into_inner).get(class).copied();
        if let Some(known) = known {
            return known;
        }
        let answer = ask();
        self.never.lock().unwrap_or_else(PoisonError::into_inner).insert(class.clone(), answer);
        answer
    }
}

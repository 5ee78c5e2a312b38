//! What people come to do by acting for others: a property that counts steps does not hold for those whom steps lead to
//! somebody who may.
//!
//! Who may is proved; which steps there are is what the rows of the reference and the evaluator say, and a step that
//! hangs on keys of the request is put to the prover. Left out: things that are used, which act with their role only as
//! far as the thing does.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use iam::estate::KnownLayers;
use iam::glob::Glob;
use iam::policy::{PolicyType, read};
use iam::principal::Principal;
use prover::question::{Meant, Question, Whose};
use prover::search::Verdict;
use prover::who::Who as Asking;
use reference::ReachKind;
use serde_json::json;

use super::asker::{Asker, Real};
use super::ground::Ground;
use super::property::{self, Demand, Property, Who, arn_of};
use super::{Before, Counterexample, KEPT_MAX, KINDS, Proof, Taken, is_at, prove_with, told};
use crate::reach::{Level, Path, Person, Reach, Step};

/// The steps of an estate, found when a property first asks for them.
pub struct BySteps<'a> {
    ground: &'a Ground<'a>,
    threads: usize,
    found: OnceCell<(Reach<'a>, Vec<Step>)>,
}

/// Who may, of one set of requests, and what is not known of it.
struct May {
    who: HashSet<String>,
    unknown: BTreeMap<String, usize>,
}

/// What became of a step that hangs on something.
enum Settled {
    Taken,
    Never,
    Unknown(BTreeSet<String>),
}

impl<'a> BySteps<'a> {
    pub fn new(ground: &'a Ground<'a>, threads: usize) -> Self {
        Self { ground, threads, found: OnceCell::new() }
    }

    /// Adds to what was found of people themselves what they come to do by steps.
    pub fn add(&self, proof: &mut Proof<'_>) {
        let property = proof.property;
        let Some(by_steps) = &property.by_steps else { return };
        let is_everybody = property.named.is_empty() && property.at.is_empty() && by_steps.exempt.is_empty();
        if proof.left_out > 0 {
            proof.steps_left_out = true;
            return;
        }
        // Then those whom steps lead to were asked themselves.
        if is_everybody && by_steps.sets.len() == 1 {
            return;
        }
        let sets: Vec<May> = by_steps.sets.iter().map(|meant| self.who_may(property, meant)).collect();
        for (why, count) in sets.iter().flat_map(|may| &may.unknown) {
            *proof.unknown.entry(why.clone()).or_default() += count;
        }
        if sets.iter().any(|may| may.who.is_empty()) {
            return;
        }
        let (reach, steps) = self.found.get_or_init(|| {
            let reach = Reach::new(self.ground.estate);
            let steps = reach.steps();
            (reach, steps)
        });
        let meant: Vec<bool> = self.meant(property, by_steps, reach);
        let may =
            |set: usize, number: usize| sets[set].who.contains(reach.people[number].identity.arn.as_ref());
        let leads = leads(steps, |to| (0..sets.len()).any(|set| may(set, to)));
        let (steps, unsettled) = self.settled(reach, steps, &leads);
        let mut found: Vec<Way> = Vec::new();
        let mut is_open = false;
        for from in (0..reach.people.len()).filter(|from| leads.contains(from) && meant[*from]) {
            let mut paths = reach.paths(from, &steps);
            paths.sort_by_key(|(to, path)| (Reverse(path.level), path.steps.len(), *to));
            // For each set themselves, or the best way to somebody who may; of one set those who are meant were asked.
            let counts = |set: usize, to: usize| may(set, to) && (sets.len() > 1 || !meant[to]);
            let best: Option<Vec<Option<&(usize, Path)>>> = (0..sets.len())
                .map(|set| match may(set, from) {
                    true => Some(None),
                    false => paths.iter().find(|(to, _)| counts(set, *to)).map(Some),
                })
                .collect();
            match best {
                Some(best) if best.iter().flatten().any(|(_, path)| path.level < Level::Open) => {
                    is_open = true
                }
                Some(best) if best.iter().any(Option::is_some) => found.push(Way::new(reach, from, &best)),
                Some(_) | None => {}
            }
        }
        let mut shown = self.shown(reach, &by_steps.sets, found, &mut is_open);
        // What nobody sees at a glance comes first.
        shown.append(&mut proof.refuted);
        proof.refuted = shown;
        if is_open {
            for why in unsettled.into_iter().chain([WHETHER.to_owned()]) {
                *proof.unknown.entry(why).or_default() += 1;
            }
        }
    }

    /// To whom of all people a property applies.
    fn meant(&self, property: &Property, by_steps: &property::BySteps, reach: &Reach<'_>) -> Vec<bool> {
        let globs = |patterns: &[String]| -> Vec<Glob> {
            patterns.iter().map(|pattern| Glob::new(&arn_of(pattern))).collect()
        };
        let (named, exempt) = (globs(&property.named), globs(&by_steps.exempt));
        let places = self.ground.accounts.iter().filter(|place| is_at(&property.at, place));
        let accounts: HashSet<&str> = places.map(|place| place.account.id.as_str()).collect();
        let is_one = |person: &Person<'_>| {
            let arn = person.identity.arn.as_ref();
            person.principal.account().is_some_and(|account| accounts.contains(account.as_str()))
                && (named.is_empty() || named.iter().any(|glob| glob.matches(arn)))
                && !exempt.iter().any(|glob| glob.matches(arn))
        };
        reach.people.iter().map(is_one).collect()
    }

    /// Ways with the requests that those make to whom they lead.
    ///
    /// Of those whom steps lead to the same the one who is nearest stands for all.
    fn shown(
        &self,
        reach: &Reach<'_>,
        sets: &[Meant],
        mut found: Vec<Way>,
        is_open: &mut bool,
    ) -> Vec<Counterexample> {
        found.sort_by_key(|way| way.steps.len());
        let mut of_actors: HashMap<Vec<usize>, usize> = HashMap::new();
        let mut shown: Vec<Counterexample> = Vec::new();
        for Way { steps, actors } in found {
            let last = shown.len().checked_sub(1).filter(|last| last + 1 >= KEPT_MAX);
            if let Some(at) = of_actors.get(&actors).copied().or(last) {
                shown[at].more += 1;
                continue;
            }
            let asked = actors.iter().zip(sets);
            let mut requests = asked.map(|(actor, meant)| self.find(&reach.people[*actor].principal, meant));
            match (requests.next(), requests.next()) {
                (Some(Real::Request(request, layers)), second) => {
                    let second = match second {
                        Some(Real::Request(second, _)) => Some(*second),
                        Some(Real::Never | Real::Unknown(_)) | None => None,
                    };
                    of_actors.insert(actors, shown.len());
                    shown.push(Counterexample { second, steps, ..Counterexample::new(*request, layers) });
                }
                (Some(Real::Never | Real::Unknown(_)) | None, _) => *is_open = true,
            }
        }
        shown
    }

    /// Everybody in the estate who may make a request of a set.
    fn who_may(&self, property: &Property, meant: &Meant) -> May {
        let asked = [Property {
            id: property.id.clone(),
            title: String::new(),
            sentence: String::new(),
            source: String::new(),
            origin: String::new(),
            who: Who::Insiders,
            named: Vec::new(),
            at: Vec::new(),
            demand: Some(Demand::Never(Meant::new(meant.policy.clone()))),
            by_steps: None,
            keeps_people: true,
            not_given: Vec::new(),
            given: BTreeMap::new(),
        }];
        let found = prove_with(self.ground.estate, &asked, true, self.threads, &mut Before::default());
        let mut may = May { who: HashSet::new(), unknown: BTreeMap::new() };
        for proof in found {
            may.who.extend(proof.who.iter().map(Principal::to_string));
            may.unknown.extend(proof.unknown);
        }
        may
    }

    /// The steps that matter, as open as the prover finds them, and why some are not settled.
    fn settled(
        &self,
        reach: &Reach<'_>,
        steps: &[Step],
        leads: &HashSet<usize>,
    ) -> (Vec<Step>, BTreeSet<String>) {
        let (mut settled, mut unsettled) = (Vec::new(), BTreeSet::new());
        for step in steps.iter().filter(|step| leads.contains(&step.from) && step.row.kind != ReachKind::Use)
        {
            let mut step = step.clone();
            if step.level == Level::Depends && step.row.kind == ReachKind::Assume {
                let to = reach.people[step.to].identity.arn.as_ref();
                match self.assumes(&reach.people[step.from].principal, &step.row.actions, to) {
                    Settled::Taken => step.level = Level::Open,
                    Settled::Never => continue,
                    Settled::Unknown(why) => {
                        unsettled.extend(why);
                        step.level = Level::Unknown;
                    }
                }
            }
            settled.push(step);
        }
        (settled, unsettled)
    }

    /// Whether there is a request by which somebody assumes a role.
    fn assumes(&self, from: &Principal, actions: &[String], to: &str) -> Settled {
        let document = json!({ "Version": "2012-10-17",
            "Statement": { "Effect": "Allow", "Action": actions, "Resource": to } });
        let Some(policy) = read(document.to_string().as_bytes(), PolicyType::Identity).policy else {
            return Settled::Unknown(BTreeSet::from([WHETHER.to_owned()]));
        };
        let unknown = || Settled::Unknown(BTreeSet::from([WHETHER.to_owned()]));
        let meant = Meant::new(Arc::new(policy));
        let estate = self.ground.estate;
        let place = self.ground.accounts.iter().find(|place| Some(&place.account.id) == from.account());
        let standing = place.and_then(|place| self.ground.standing(place, from, &[vec![&meant]]));
        let (Some(standing), Some(own), Some(side)) =
            (standing, estate.principal_side(from), estate.resource_side(to))
        else {
            return unknown();
        };
        let known = KnownLayers::new(own, side);
        let question = Question {
            meant: &meant,
            layers: known.at_most(),
            who: Asking::This(from.clone()),
            given: &self.ground.given(from, &standing),
            resource: Some(to),
            whose: Whose::Any,
            resource_account: Principal::parse(to).ok().and_then(|role| role.account().copied()),
        };
        match KINDS.with(|kinds| question.find(kinds)) {
            Verdict::Request(_) if known.missing().is_empty() => Settled::Taken,
            Verdict::Request(_) => {
                Settled::Unknown(known.missing().iter().map(|(_, why)| told(why)).collect())
            }
            // What is missing could only take more.
            Verdict::Never => Settled::Never,
            Verdict::Unknown(why) => Settled::Unknown(why),
        }
    }

    /// A request of a set that somebody may make.
    fn find(&self, principal: &Principal, meant: &Meant) -> Real {
        let place = self.ground.accounts.iter().find(|place| Some(&place.account.id) == principal.account());
        let standing = place.and_then(|place| self.ground.standing(place, principal, &[vec![meant]]));
        let (Some(place), Some(standing)) = (place, standing) else {
            return Real::Unknown(BTreeSet::from([WHETHER.to_owned()]));
        };
        let given = self.ground.given(principal, &standing);
        let asker = Asker { ground: self.ground, place, principal, layers: &standing.layers, given: &given };
        match KINDS.with(|kinds| asker.find(meant, kinds)) {
            Real::Request(_, _) if !standing.missing.is_empty() => {
                Real::Unknown(standing.missing.iter().map(|why| told(why)).collect())
            }
            found => found,
        }
    }
}

/// What is said where a way to somebody is not known to be open.
const WHETHER: &str = "whether somebody can act for somebody else who may";

/// Everybody from whom steps lead to some, these included.
fn leads(steps: &[Step], is_end: impl Fn(usize) -> bool) -> HashSet<usize> {
    let mut by_end: HashMap<usize, Vec<usize>> = HashMap::new();
    for step in steps.iter().filter(|step| step.row.kind != ReachKind::Use) {
        by_end.entry(step.to).or_default().push(step.from);
    }
    let mut open: Vec<usize> = by_end.keys().copied().filter(|to| is_end(*to)).collect();
    let mut found: HashSet<usize> = open.iter().copied().collect();
    while let Some(to) = open.pop() {
        for from in by_end.get(&to).into_iter().flatten() {
            if found.insert(*from) {
                open.push(*from);
            }
        }
    }
    found
}

/// How somebody comes to act for those who may.
struct Way {
    steps: Vec<Taken>,
    /// For each set of requests who makes one.
    actors: Vec<usize>,
}

impl Way {
    /// Of somebody, with the best way for each set; none where they may themselves.
    fn new(reach: &Reach<'_>, from: usize, best: &[Option<&(usize, Path)>]) -> Self {
        let arn = |number: usize| reach.people[number].identity.arn.to_string();
        let taken = |step: &Step| Taken { from: arn(step.from), to: arn(step.to), how: &step.row.title };
        let mut steps: Vec<Taken> = Vec::new();
        for step in best.iter().flatten().flat_map(|(_, path)| &path.steps).map(taken) {
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
        Self { steps, actors: best.iter().map(|way| way.map_or(from, |(to, _)| *to)).collect() }
    }
}

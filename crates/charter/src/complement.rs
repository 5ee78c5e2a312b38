//! From what passes to what is denied.
//!
//! A gate denies what no pass admits: for every pass, either it is about something else or one of its ways to fail
//! holds. Multiplied out that is a list of terms, each of which one statement can say. Passes about different models need
//! no products with each other, since a request is about one of them at most; passes about the same models are
//! multiplied out.

use std::collections::BTreeSet;

use crate::gate::{Failing, Gate, Origins, Pass, Pattern, ToldBy};
use crate::meaning::LIKE_AN_ACCOUNT;
use crate::passage::FOUNDATION_MODEL;

/// Most terms of one gate.
pub const TERMS_MAX: usize = 512;

/// One conjunction that is denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub members: Members,
    pub fails: Failing,
    pub origins: Origins,
}

/// What a term is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Members {
    All,
    In(BTreeSet<Pattern>),
    NotIn(BTreeSet<Pattern>),
}

/// A gate whose terms are too many to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// The lines of the charter that are multiplied out.
    pub origins: Origins,
}

/// What a gate denies.
///
/// # Errors
/// When the terms are more than [`TERMS_MAX`].
pub fn complement(gate: &Gate) -> Result<Vec<Term>, TooMany> {
    let mut everybody: Vec<&Pass> = Vec::new();
    let mut any_model: Vec<&Pass> = Vec::new();
    let mut special: Vec<Pass> = Vec::new();
    for pass in &gate.passes {
        match &pass.on {
            None => everybody.push(pass),
            Some(on) if on.contains(&Pattern::Model("*".to_owned())) => any_model.push(pass),
            Some(_) => add(&mut special, pass),
        }
    }
    let outer = product(&everybody, gate)?;
    if outer.is_empty() {
        return Ok(Vec::new());
    }
    let mut named: BTreeSet<Pattern> = special.iter().filter_map(|pass| pass.on.clone()).flatten().collect();
    let beyond_models = product(&any_model, gate)?;
    if beyond_models.is_empty() {
        // Some pass admits every model.
        named.retain(|each| !matches!(each, Pattern::Model(_)));
        named.insert(Pattern::Model("*".to_owned()));
        special.retain(|pass| !pass.is_about_models());
    }
    named.extend(gate.besides.iter().cloned());
    let mut inner: Vec<(Term, bool)> = Vec::new();
    let mut origins: Origins = gate.passes.iter().flat_map(|pass| pass.origins.iter().copied()).collect();
    origins.insert((gate.origin.start, gate.origin.end));
    if gate.denies_others {
        let members = if named.is_empty() { Members::All } else { Members::NotIn(named.clone()) };
        inner.push((Term { members, fails: Failing::default(), origins: origins.clone() }, true));
        if !any_model.is_empty() && !beyond_models.is_empty() {
            // Who may run any model may not run whatever else there is.
            let models = Pattern::Model("*".to_owned());
            let members = Members::NotIn(named.iter().cloned().chain([models]).collect());
            inner.push((Term { members, fails: Failing::default(), origins: origins.clone() }, false));
        }
    }
    for cluster in clusters(&special) {
        for term in of_cluster(&cluster, &named, gate)? {
            inner.push((term, cluster[0].is_about_models()));
        }
    }
    // An id that looks like a thing of an account is refused to everybody, since how far `*` runs is not settled.
    let lists = gate.told_by == ToldBy::Resource && !gate.passes.is_empty() && takes_models(&gate.action);
    if gate.denies_others && lists {
        let members = Members::In([Pattern::Model(LIKE_AN_ACCOUNT.to_owned())].into());
        inner.push((Term { members, fails: Failing::default(), origins }, false));
    }
    let mut terms = Vec::new();
    for (term, about_models) in inner {
        let one = [(Failing::default(), BTreeSet::new())];
        let beyond: &[(Failing, _)] =
            if about_models && !beyond_models.is_empty() { &beyond_models } else { &one };
        for (fails, from) in beyond {
            for (also, from_also) in &outer {
                let Some(fails) = term.fails.and(fails).and_then(|both| both.and(also)) else { continue };
                let origins = term.origins.iter().chain(from).chain(from_also).copied().collect();
                terms.push(Term { members: term.members.clone(), fails, origins });
            }
        }
    }
    if terms.len() > TERMS_MAX {
        return Err(too_many(gate));
    }
    Ok(without_repetition(terms))
}

fn too_many(gate: &Gate) -> TooMany {
    TooMany { origins: gate.passes.iter().flat_map(|pass| pass.origins.iter().copied()).collect() }
}

/// Passes that fail alike are one about all they are about.
fn add(passes: &mut Vec<Pass>, pass: &Pass) {
    match passes.iter_mut().find(|known| known.fails == pass.fails && known.kinds() == pass.kinds()) {
        Some(known) => {
            if let (Some(on), Some(more)) = (&mut known.on, &pass.on) {
                on.extend(more.iter().cloned());
            }
            known.origins.extend(&pass.origins);
        }
        None => passes.push(pass.clone()),
    }
}

impl Pass {
    fn is_about_models(&self) -> bool {
        self.on.iter().flatten().any(|each| matches!(each, Pattern::Model(_)))
    }

    /// The types of the things it is about; none for models.
    fn kinds(&self) -> BTreeSet<&str> {
        let kind = |each| match each {
            &Pattern::Model(_) => "",
            Pattern::Thing { kind, .. } => kind.as_str(),
        };
        self.on.iter().flatten().map(kind).collect()
    }

    fn shares_with(&self, other: &Self) -> bool {
        let theirs = other.on.iter().flatten().collect::<Vec<_>>();
        self.on.iter().flatten().any(|own| theirs.iter().any(|each| own.overlaps(each)))
    }

    fn named(&self) -> BTreeSet<Pattern> {
        self.on.clone().unwrap_or_default()
    }
}

/// Every way in which all of these fail at once, with the lines it comes from.
fn product(passes: &[&Pass], gate: &Gate) -> Result<Vec<(Failing, Origins)>, TooMany> {
    let mut ways = vec![(Failing::default(), BTreeSet::new())];
    for pass in passes {
        let mut longer = Vec::new();
        for (way, origins) in &ways {
            for fails in &pass.fails {
                if let Some(both) = way.and(fails) {
                    let mut origins: Origins = origins.clone();
                    origins.extend(&pass.origins);
                    longer.push((both, origins));
                }
            }
        }
        ways = Vec::new();
        for (way, origins) in longer {
            if !ways.iter().any(|(known, _): &(Failing, Origins)| known.is_weaker_than(&way)) {
                ways.retain(|(known, _)| !way.is_weaker_than(known));
                ways.push((way, origins));
            }
        }
        if ways.len() > TERMS_MAX {
            return Err(too_many(gate));
        }
    }
    Ok(ways)
}

/// Passes that may be about the same thing, together.
fn clusters(passes: &[Pass]) -> Vec<Vec<&Pass>> {
    let mut clusters: Vec<Vec<&Pass>> = Vec::new();
    for pass in passes {
        let (mut joined, apart): (Vec<_>, Vec<_>) = clusters
            .into_iter()
            .partition(|cluster: &Vec<&Pass>| cluster.iter().any(|each| each.shares_with(pass)));
        let mut cluster: Vec<&Pass> = joined.drain(..).flatten().collect();
        cluster.push(pass);
        clusters = apart;
        clusters.push(cluster);
    }
    clusters
}

/// Passes that are about something else, passes that fail, and how.
type Choice<'a> = (Vec<&'a Pass>, Vec<&'a Pass>, Failing);

/// Without the ways of failing that another way of the same passes includes.
fn weakest(choices: Vec<Choice<'_>>) -> Vec<Choice<'_>> {
    let same =
        |a: &[&Pass], b: &[&Pass]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| std::ptr::eq(*a, *b));
    let mut kept: Vec<Choice<'_>> = Vec::new();
    for choice in choices {
        let says = |weak: &Choice<'_>, strong: &Choice<'_>| {
            same(&weak.1, &strong.1) && same(&weak.0, &strong.0) && weak.2.is_weaker_than(&strong.2)
        };
        if kept.iter().any(|known| says(known, &choice)) {
            continue;
        }
        kept.retain(|known| !says(&choice, known));
        kept.push(choice);
    }
    kept
}

/// What is denied of the things that some pass of a cluster is about.
fn of_cluster(cluster: &[&Pass], named: &BTreeSet<Pattern>, gate: &Gate) -> Result<Vec<Term>, TooMany> {
    // For every pass: it is about something else, or it fails in some way. A request that all of some passes are about
    // and that one of them is not about is denied by the choice that says so; choices about nothing are left out.
    let mut choices: Vec<Choice<'_>> = vec![(Vec::new(), Vec::new(), Failing::default())];
    for pass in cluster {
        let mut longer = Vec::new();
        for (other, failed, way) in &choices {
            if cluster.len() > 1 {
                let mut other = other.clone();
                other.push(*pass);
                longer.push((other, failed.clone(), way.clone()));
            }
            // Nothing is about all that fail unless each two of them may be about the same.
            if failed.iter().all(|each| each.shares_with(pass)) {
                for fails in &pass.fails {
                    if let Some(both) = way.and(fails) {
                        let mut failed = failed.clone();
                        failed.push(*pass);
                        longer.push((other.clone(), failed, both));
                    }
                }
            }
        }
        choices = longer;
        choices.retain(|(other, failed, _)| !failed.iter().any(|pass| is_within(pass, other)));
        choices = weakest(choices);
        if choices.len() > TERMS_MAX {
            return Err(too_many(gate));
        }
    }
    let mut terms = Vec::new();
    for (other, failed, fails) in choices {
        let excluded: BTreeSet<Pattern> = other.iter().flat_map(|pass| pass.named()).collect();
        // What no pass is about is denied already.
        if failed.is_empty() {
            continue;
        }
        let members = if other.is_empty() {
            Members::In(failed.iter().flat_map(|pass| pass.named()).collect())
        } else {
            let elsewhere =
                named.iter().filter(|each| !cluster.iter().any(|pass| pass.named().contains(*each)));
            // What is said of things is not said of models, whoever may run which.
            let of_things = !cluster[0].is_about_models();
            let models = of_things.then(|| Pattern::Model("*".to_owned()));
            let elsewhere =
                elsewhere.filter(|each| !(of_things && matches!(each, Pattern::Model(_)))).cloned();
            Members::NotIn(excluded.into_iter().chain(elsewhere).chain(models).collect())
        };
        let origins = failed.iter().chain(&other).flat_map(|pass| pass.origins.iter().copied()).collect();
        terms.push(Term { members, fails, origins });
    }
    Ok(terms)
}

/// Whether what a pass is about is surely among what others are about.
fn is_within(pass: &Pass, others: &[&Pass]) -> bool {
    let wide: BTreeSet<Pattern> = others.iter().flat_map(|other| other.named()).collect();
    pass.named().iter().all(|each| wide.iter().any(|wide| wide.covers(each)))
}

/// Terms that no other says as well.
fn without_repetition(terms: Vec<Term>) -> Vec<Term> {
    let mut kept: Vec<Term> = Vec::new();
    for (number, term) in terms.iter().enumerate() {
        let says = |other: &Term| {
            (other.members == Members::All || other.members == term.members)
                && other.fails.is_weaker_than(&term.fails)
        };
        let later = terms[number + 1..]
            .iter()
            .any(|other| says(other) && !(other.members == term.members && other.fails == term.fails));
        if !later && !kept.iter().any(says) {
            kept.push(term.clone());
        }
    }
    kept
}

/// Whether an action is authorised on foundation models.
fn takes_models(action: &str) -> bool {
    action.split_once(':').is_some_and(|(service, name)| {
        name == "InvokeModel*"
            || reference::action(service, name)
                .is_some_and(|known| known.resource(FOUNDATION_MODEL).is_some())
    })
}

//! Properties of policies from files: of whoever has them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use iam::answer::{Decision, Outcome};
use iam::arn::AccountId;
use iam::authorize;
use iam::context::Context;
use iam::layers::{Layers, Level, ResourceSide};
use iam::policy::{Policy, PolicyType};
use iam::request::Request;
use prover::domain::Kinds;
use prover::question::{Meant, Question, Whose, everything};
use prover::search::Verdict;
use prover::who::{Shape, Who as Asking};

use super::call::whole_call;
use super::nicer::nicer;
use super::people::Found;
use super::property::{Demand, Property, Who};
use super::{Counterexample, KINDS, Proof, everything_of, proof};
use crate::input::{self, Complaint, Document};
use crate::parallel;

/// The JSON files of a folder, by name, or the file itself.
pub fn files(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else { return vec![path.to_owned()] };
    let mut found: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    found.sort();
    found
}

/// Service control policies and identity-based policies from files.
///
/// # Errors
/// Everything that is wrong with them.
pub fn documents(
    scps: &[PathBuf],
    identities: &[PathBuf],
) -> Result<(Vec<Document>, Vec<Document>), Vec<Complaint>> {
    let mut wrong = Vec::new();
    let mut read = |paths: &[PathBuf], policy_type| {
        let mut found = Vec::new();
        for path in paths {
            match input::document(&path.display().to_string(), None, policy_type) {
                Ok(one) => found.push(one),
                Err(complaints) => wrong.extend(complaints),
            }
        }
        found
    };
    let found = (read(scps, PolicyType::ServiceControl), read(identities, PolicyType::Identity));
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

/// Proves properties of one account in which these service control policies apply beside `FullAWSAccess`, and in which
/// identities have these policies or, where none are given, every right.
///
/// Demands on what somebody must be able to do are asked of a role.
pub fn prove_documents<'a>(
    scps: &[Document],
    identities: &[Document],
    properties: &'a [Property],
    threads: usize,
) -> Vec<Proof<'a>> {
    let of = |documents: &[Document]| documents.iter().map(|document| document.policy.clone()).collect();
    let full: Vec<Arc<Policy>> = match scps.is_empty() {
        true => Vec::new(),
        false => std::iter::once(everything()).chain(of(scps)).collect(),
    };
    let identity = if identities.is_empty() { vec![everything()] } else { of(identities) };
    let scp: Vec<Level> = (!full.is_empty())
        .then(|| Level { target: "the account".to_owned(), policies: full })
        .into_iter()
        .collect();
    let resource = ResourceSide::Resource(everything_of(ACCOUNT));
    let layers = Layers { identity, scp, resource, ..Layers::default() };
    parallel::map(properties, threads, |property| KINDS.with(|kinds| of_documents(kinds, property, &layers)))
        .iter()
        .zip(properties)
        .map(|(found, property)| proof(property, std::iter::once(found)))
        .collect()
}

/// The account in which policies from files are asked about.
const ACCOUNT: &str = "111122223333";

fn of_documents(kinds: &Kinds, property: &Property, layers: &Layers) -> Found {
    let mut found = Found::default();
    let (Some(demand), Who::Insiders) = (&property.demand, &property.who) else {
        found.unknown.insert("policies of identities say nothing of those outside".to_owned());
        return found;
    };
    let account = AccountId::new(ACCOUNT).ok();
    let given = Context::new();
    let ask = |meant: &Meant| {
        let mut unknown = BTreeSet::new();
        // A root user has no policies of its own, and those of the organisation reach it.
        let is_of_root = layers.scp.is_empty();
        for shape in Shape::ALL.into_iter().filter(|shape| *shape != Shape::Root || !is_of_root) {
            let who = Asking::Any { shape, account, partition: "aws".into() };
            let question = Question {
                meant,
                layers,
                who,
                given: &given,
                resource: None,
                whose: Whose::Any,
                resource_account: None,
            };
            match whole_call(&question, kinds) {
                Verdict::Never => {}
                Verdict::Unknown(why) => unknown.extend(why),
                Verdict::Request(request) => {
                    return Verdict::Request(Box::new(nicer(*request, &|request| {
                        meant.includes(request) == Some(true)
                            && authorize(request, layers).outcome == Outcome::Decided(Decision::Allow)
                    })));
                }
            }
        }
        if unknown.is_empty() { Verdict::Never } else { Verdict::Unknown(unknown) }
    };
    found.people = 1;
    let counterexample = |request: Request, second: Option<Request>, is_refused: bool| Counterexample {
        second,
        is_refused,
        ..Counterexample::new(request, layers.clone())
    };
    if let Some(by_steps) = &property.by_steps
        && (by_steps.sets.len() > 1 || !by_steps.exempt.is_empty() || !property.named.is_empty())
    {
        found
            .unknown
            .insert("policies alone do not say who can come to act for whom; a snapshot does".to_owned());
    }
    match demand {
        Demand::Never(meant) => match ask(meant) {
            Verdict::Never => found.by_ceiling = true,
            Verdict::Unknown(why) => found.unknown.extend(why),
            Verdict::Request(request) => found.refuted.push(counterexample(*request, None, false)),
        },
        Demand::NeverBoth(first, second) => match (ask(first), ask(second)) {
            (Verdict::Never, _) | (_, Verdict::Never) => found.by_ceiling = true,
            (Verdict::Request(one), Verdict::Request(other)) => {
                found.refuted.push(counterexample(*one, Some(*other), false));
            }
            (Verdict::Unknown(why), _) | (_, Verdict::Unknown(why)) => found.unknown.extend(why),
        },
        Demand::May(all) => {
            for meant in all {
                match ask(meant) {
                    Verdict::Request(_) => {}
                    Verdict::Unknown(why) => found.unknown.extend(why),
                    Verdict::Never => {
                        let who = Asking::Any { shape: Shape::Role, account, partition: "aws".into() };
                        let question = Question {
                            meant,
                            layers,
                            who,
                            given: &given,
                            resource: None,
                            whose: Whose::Any,
                            resource_account: None,
                        };
                        if let Verdict::Request(request) = question.find_denied(kinds) {
                            found.refuted.push(counterexample(*request, None, true));
                        } else {
                            found.unknown.insert("no request is one that it speaks of".to_owned());
                        }
                    }
                }
            }
        }
    }
    found
}

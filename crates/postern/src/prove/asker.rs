//! Somebody who is there, and what they may do with what is there.
//!
//! The question that the prover answers is wider than what can be: it takes things for granted, leaves out resource
//! control policies, and takes the owner of a thing for willing. Nothing found there is nothing. What is found is looked
//! at again: on things that exist under their own policies, under the control policies of the account, and where it
//! hangs on what another account lets in, it is unknown.

use std::collections::BTreeSet;
use std::sync::Arc;

use iam::answer::{Decision, Outcome};
use iam::arn::Arn;
use iam::authorize;
use iam::context::Context;
use iam::estate::{Known, ResourceKind};
use iam::layers::Layers;
use iam::policy::{Policy, PolicyType, read};
use iam::principal::Principal;
use iam::request::{Completeness, Request};
use prover::domain::Kinds;
use prover::question::{Meant, Question};
use prover::search::Verdict;
use prover::space::Who;

use super::call::whole_call;
use super::ground::{Ground, Place};
use super::nicer::{nicer, without};
use super::things::side_of;

/// Most things of an account that a request is tried on.
const THINGS_MAX: usize = 500;

/// Somebody who asks.
pub struct Asker<'a> {
    pub ground: &'a Ground<'a>,
    pub place: &'a Place<'a>,
    pub principal: &'a Principal,
    pub layers: &'a Layers,
    /// Keys that their requests carry.
    pub given: &'a Context,
}

/// What somebody may do.
pub enum Real {
    Never,
    /// A request, with the layers under which it is allowed.
    Request(Box<Request>, Layers),
    Unknown(BTreeSet<String>),
}

impl Real {
    fn unknown(why: String) -> Self {
        Self::Unknown(BTreeSet::from([why]))
    }
}

impl Asker<'_> {
    fn question<'q>(&'q self, meant: &'q Meant, layers: &'q Layers) -> Question<'q> {
        Question {
            meant,
            layers,
            who: Who::This(self.principal.clone()),
            given: self.given,
            resource: None,
            only_own: false,
            resource_account: None,
        }
    }

    /// What may be, things taken for granted.
    pub fn at_most(&self, meant: &Meant, kinds: &Kinds) -> Verdict {
        whole_call(&self.question(meant, self.layers), kinds)
    }

    /// A request that is meant and that they may make.
    pub fn find(&self, meant: &Meant, kinds: &Kinds) -> Real {
        let found = match self.at_most(meant, kinds) {
            Verdict::Never => return Real::Never,
            Verdict::Unknown(why) => return Real::Unknown(why),
            Verdict::Request(found) => found,
        };
        if let Some((request, layers)) = self.on_what_is_there(meant, &found) {
            return Real::Request(Box::new(request), layers);
        }
        if !found.must_be_allowed_by_resource() {
            return self.elsewhere_and_controlled(meant, *found, kinds);
        }
        // Keys and roles let in whom their own policies let in.
        let on_things = self.on_keys_and_roles(meant, kinds);
        if matches!(on_things, Real::Request(_, _)) {
            return on_things;
        }
        let rest = without_services(meant, &["kms:*", "sts:*"]).map(|rest| self.find(&rest, kinds));
        match (on_things, rest) {
            (_, Some(found @ Real::Request(_, _))) => found,
            (Real::Never, Some(rest)) => rest,
            (unknown, _) => unknown,
        }
    }

    /// What was found on a thing that another account has, or under control policies of the account's things.
    fn elsewhere_and_controlled(&self, meant: &Meant, found: Request, kinds: &Kinds) -> Real {
        let own = Question { only_own: true, ..self.question(meant, self.layers) };
        let found = match self.is_elsewhere(&found) {
            false => found,
            true => match whole_call(&own, kinds) {
                Verdict::Request(found) => *found,
                Verdict::Unknown(why) => return Real::Unknown(why),
                Verdict::Never => return Real::unknown(BY_OTHERS.to_owned()),
            },
        };
        if self.place.rcp.is_empty() && self.place.rcp_missing.is_empty() || !found.reaches_rcp() {
            let layers = self.layers.clone();
            return Real::Request(Box::new(self.nicer(meant, &layers, found)), layers);
        }
        if let Some(why) = self.place.rcp_missing.first() {
            return Real::unknown(why.to_string());
        }
        let layers = Layers { rcp: self.place.rcp.clone(), ..self.layers.clone() };
        let own = Question {
            only_own: true,
            resource_account: Some(self.place.account.id),
            ..self.question(meant, &layers)
        };
        match whole_call(&own, kinds) {
            Verdict::Request(found) => {
                let found = self.nicer(meant, &layers, *found);
                Real::Request(Box::new(found), layers)
            }
            Verdict::Unknown(why) => Real::Unknown(why),
            Verdict::Never => Real::unknown(BY_OTHERS.to_owned()),
        }
    }

    /// Whether another account has what is asked for.
    fn is_elsewhere(&self, request: &Request) -> bool {
        let arn = Arn::parse(request.resource().as_str()).ok();
        let account = arn.and_then(|arn| arn.account_id());
        account.is_some_and(|account| account != self.place.account.id)
    }

    /// The same request on a thing of the account, as its own policy and tags have it.
    fn on_what_is_there(&self, meant: &Meant, found: &Request) -> Option<(Request, Layers)> {
        let wanted = kind(found.resource().as_str())?;
        // What a thing carries is not chosen.
        let given = without(found.context(), |name| {
            let name = name.to_ascii_lowercase();
            name.contains(":resourcetag/") || name == "aws:requestedregion" || name == "aws:resourceaccount"
        });
        let things = self.place.account.resources.iter().map(|resource| resource.arn.as_ref());
        let roles = match &self.place.account.roles {
            Known::Known(roles) if wanted.0 == "iam" => roles.as_slice(),
            Known::Known(_) | Known::Unknown(_) => &[],
        };
        let things = things.chain(roles.iter().map(|role| role.identity.arn.as_ref()));
        things.filter(|arn| kind(arn).as_ref() == Some(&wanted)).take(THINGS_MAX).find_map(|arn| {
            let request = self.ground.real(self.principal, found, arn, &given);
            let layers = self.ground.allowed(&request)?;
            (meant.includes(&request) == Some(true)).then_some((request, layers))
        })
    }

    /// Keys and roles of the account, each under its own policy.
    fn on_keys_and_roles(&self, meant: &Meant, kinds: &Kinds) -> Real {
        let mut unknown = BTreeSet::new();
        let services: BTreeSet<&str> = meant.actions.iter().map(iam::Action::service).collect();
        for (arn, policy) in self.ground.things(self.place) {
            let is_one = Arn::parse(arn).is_ok_and(|arn| match arn.service {
                "iam" => services.contains("sts"),
                "kms" => services.contains("kms"),
                _ => false,
            });
            if !is_one {
                continue;
            }
            let layers = Layers {
                resource: side_of(arn, &policy),
                rcp: self.place.rcp.clone(),
                ..self.layers.clone()
            };
            let question = Question {
                resource: Some(arn),
                resource_account: Some(self.place.account.id),
                ..self.question(meant, &layers)
            };
            match question.find(kinds) {
                Verdict::Never => {}
                Verdict::Unknown(why) => unknown.extend(why),
                Verdict::Request(request) => return Real::Request(request, layers),
            }
        }
        let account = self.place.account;
        if services.contains("sts") {
            if let Known::Unknown(why) = &account.roles {
                unknown.insert(why.to_string());
            }
            unknown.insert(
                "whether roles of other accounts trust who asks; `postern who` shows those that are there"
                    .to_owned(),
            );
        }
        if services.contains("kms") {
            unknown.extend(self.ground.unread(self.place, ResourceKind::Key));
            unknown.insert(BY_OTHERS.to_owned());
        }
        if unknown.is_empty() { Real::Never } else { Real::Unknown(unknown) }
    }

    fn nicer(&self, meant: &Meant, layers: &Layers, request: Request) -> Request {
        nicer(request, &|request| {
            meant.includes(request) == Some(true)
                && authorize(request, layers).outcome == Outcome::Decided(Decision::Allow)
        })
    }

    /// A request that is meant and that they may not make.
    pub fn find_denied(&self, meant: &Meant, kinds: &Kinds) -> Verdict {
        self.question(meant, self.layers).find_denied(kinds)
    }
}

/// Why a request on what is another account's is not known.
const BY_OTHERS: &str = "whether another account lets it be done with what it has";

/// The service and the first part of a name.
fn kind(arn: &str) -> Option<(String, String)> {
    let arn = Arn::parse(arn).ok()?;
    let name = arn.resource.split(['/', ':']).next().unwrap_or_default();
    let is_bucket = arn.service == "s3" && arn.account.is_empty();
    Some((arn.service.to_owned(), if is_bucket { String::new() } else { name.to_owned() }))
}

/// The same requests but those of some actions; none where nothing is left.
fn without_services(meant: &Meant, actions: &[&str]) -> Option<Meant> {
    let deny = serde_json::json!({ "Version": "2012-10-17",
        "Statement": [{ "Effect": "Deny", "Action": actions, "Resource": "*" }] });
    let less = with_statements(meant, &deny.to_string())?;
    let is_left = |action: &iam::Action| {
        !actions.iter().any(|one| one.trim_end_matches('*').trim_end_matches(':') == action.service())
    };
    let has_left = less.actions.iter().any(is_left);
    has_left.then_some(less)
}

/// The same requests, with more statements that say which are meant.
pub fn with_statements(meant: &Meant, document: &str) -> Option<Meant> {
    let more = read(document.as_bytes(), PolicyType::Identity).policy?;
    let mut all = meant.policy.statements.clone().into_vec();
    all.extend(more.statements.into_vec());
    Some(Meant::new(Arc::new(Policy { statements: all.into(), ..(*meant.policy).clone() })))
}

impl Ground<'_> {
    /// A request of somebody for a thing that is there.
    fn real(&self, principal: &Principal, like: &Request, arn: &str, given: &Context) -> Request {
        let arn = match like.resource().as_str().strip_prefix(arn) {
            // What is in a bucket.
            Some(rest) if rest.starts_with('/') => like.resource().as_str(),
            _ => arn,
        };
        let target = self.estate.target(arn, None);
        self.estate.request(principal, like.action(), &target, given, Completeness::Complete)
    }

    /// The layers under which a request for a thing that is there is allowed; none where it is not, or not surely.
    fn allowed(&self, request: &Request) -> Option<Layers> {
        let target = self.estate.target(request.resource().as_str(), None);
        let known = self.estate.layers(request, &target)?;
        let is_allowed = authorize(request, known.at_most()).outcome == Outcome::Decided(Decision::Allow);
        (is_allowed && known.missing_for(request).next().is_none()).then(|| known.at_most().clone())
    }
}

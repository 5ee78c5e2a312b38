//! Somebody who is there, and what they may do with what is there.
//!
//! The question that the prover answers is wider than what can be: it takes things for granted, leaves out resource
//! control policies, and takes the owner of a thing for willing. Nothing found there is nothing. What is found is looked
//! at again: on things that exist under their own policies, under the control policies of the account, and where it
//! hangs on what another account lets in, it is unknown.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use iam::answer::{Decision, Outcome};
use iam::arn::Arn;
use iam::authorize;
use iam::context::Context;
use iam::estate::{Known, ResourceKind};
use iam::layers::Layers;
use iam::policy::{Effect, Policy};
use iam::principal::Principal;
use iam::request::{Completeness, Request};
use prover::domain::Kinds;
use prover::question::{Meant, Question, Whose};
use prover::search::Verdict;
use prover::who::Who;

use super::call::{whole_call, with_statements};
use super::ground::{Ground, Place};
use super::nicer::{nicer, without};
use super::things::side_of;
use super::told;

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
            whose: Whose::Any,
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
        // Things that are there let in whom their own policies let in; things that are not may be made.
        let of_things = self.on_things(meant, kinds);
        if matches!(of_things, Real::Request(_, _)) {
            return of_things;
        }
        let of_others = match self.but_what_is_there(meant) {
            None => Real::Never,
            Some(rest) => match self.at_most(&rest, kinds) {
                Verdict::Never => Real::Never,
                Verdict::Unknown(why) => Real::Unknown(why),
                Verdict::Request(found) => self.elsewhere_and_controlled(&rest, *found, kinds),
            },
        };
        match (of_things, of_others) {
            (_, found @ Real::Request(_, _)) | (Real::Never, found) => found,
            (unknown, _) => unknown,
        }
    }

    /// What was found on a thing that another account has, or under control policies of the account's things.
    fn elsewhere_and_controlled(&self, meant: &Meant, found: Request, kinds: &Kinds) -> Real {
        let own = Question { whose: Whose::Own, ..self.question(meant, self.layers) };
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
            return Real::unknown(told(why));
        }
        let layers = Layers { rcp: self.place.rcp.clone(), ..self.layers.clone() };
        let own = Question {
            whose: Whose::Own,
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

    /// The things of the account that the question may be about and that have a policy, roles among them. Roles and keys
    /// whose own policies, which have to allow, allow none of the actions are left out.
    fn things(&self, meant: &Meant) -> Vec<(&str, Arc<Policy>)> {
        let services: BTreeSet<&str> = meant.actions.iter().map(iam::Action::service).collect();
        let is_of = |arn: &str| {
            Arn::parse(arn).is_ok_and(|arn| match arn.service {
                "iam" => services.contains("sts"),
                service => services.contains(service),
            })
        };
        let is_one = |arn: &str, policy: &Policy| is_of(arn) && may_let_in(meant, arn, policy);
        self.ground.things(self.place).into_iter().filter(|(arn, policy)| is_one(arn, policy)).collect()
    }

    /// The same requests but those for things that have a policy, and for keys and roles, which have to have one; none
    /// where nothing is left.
    fn but_what_is_there(&self, meant: &Meant) -> Option<Rc<Meant>> {
        let named = self.things(meant).into_iter().map(|(arn, _)| arn.to_owned());
        let named: Vec<String> = named.flat_map(|arn| [format!("{arn}/*"), arn]).collect();
        let mut statements = vec![deny(&["kms:*", "sts:*"], &["*".to_owned()])];
        if !named.is_empty() {
            statements.push(deny(&["*"], &named));
        }
        let document = serde_json::json!({ "Version": "2012-10-17", "Statement": statements });
        let rest = with_statements(meant, &document.to_string())?;
        let has_rest = rest.actions.iter().any(|action| !matches!(action.service(), "kms" | "sts"));
        has_rest.then_some(rest)
    }

    /// Each thing of the account under its own policy.
    fn on_things(&self, meant: &Meant, kinds: &Kinds) -> Real {
        let mut unknown = BTreeSet::new();
        for (arn, policy) in self.things(meant) {
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
        // Keys and roles that nobody read, and those of others.
        let services: BTreeSet<&str> = meant.actions.iter().map(iam::Action::service).collect();
        if !services.contains("kms") && !services.contains("sts") {
            return if unknown.is_empty() { Real::Never } else { Real::Unknown(unknown) };
        }
        if services.contains("sts") {
            unknown.extend(self.place.account.roles.missing().map(|why| told(why)));
        }
        if services.contains("kms") {
            unknown.extend(self.ground.unread(self.place, ResourceKind::Key));
        }
        for (arn, why) in self.ground.things_unread(self.place) {
            if Arn::parse(arn).is_ok_and(|arn| matches!(arn.service, "iam" | "kms")) {
                unknown.insert(format!("the policy of {arn}: {}", why.reason));
            }
        }
        let only = serde_json::json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny",
            "NotAction": ["kms:*", "sts:*"], "Resource": "*" }] });
        let Some(only) = with_statements(meant, &only.to_string()) else { return Real::Unknown(unknown) };
        let meant = &*only;
        let others = Question { whose: Whose::Others, ..self.question(meant, self.layers) };
        match others.find(kinds) {
            Verdict::Never => {}
            Verdict::Unknown(why) => unknown.extend(why),
            Verdict::Request(_) => {
                unknown.insert(BY_OTHERS.to_owned());
            }
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

/// Whether the policy of a role or a key allows anything that is meant; of other things others may allow it.
fn may_let_in(meant: &Meant, arn: &str, policy: &Policy) -> bool {
    let service = match Arn::parse(arn).map(|arn| arn.service) {
        Ok("iam") => "sts",
        Ok("kms") => "kms",
        Ok(_) | Err(_) => return true,
    };
    meant.actions.iter().filter(|action| action.service() == service).any(|action| {
        let mut about = policy.statements.about(action);
        about.any(|(_, statement)| statement.effect != Ok(Effect::Deny) && statement.action.matches(action))
    })
}

/// The service and the first part of a name.
fn kind(arn: &str) -> Option<(String, String)> {
    let arn = Arn::parse(arn).ok()?;
    let name = arn.resource.split(['/', ':']).next().unwrap_or_default();
    let is_bucket = arn.service == "s3" && arn.account.is_empty();
    Some((arn.service.to_owned(), if is_bucket { String::new() } else { name.to_owned() }))
}

fn deny(actions: &[&str], resources: &[String]) -> serde_json::Value {
    serde_json::json!({ "Effect": "Deny", "Action": actions, "Resource": resources })
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

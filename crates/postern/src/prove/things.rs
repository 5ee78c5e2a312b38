//! What the policies of things let somebody do: people of the account by themselves, outsiders, an AWS service.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use iam::answer::{Decision, Outcome};
use iam::arn::Arn;
use iam::authorize;
use iam::context::{Context, Key};
use iam::estate::{Known, ResourceKind};
use iam::layers::{Layer, Layers, ResourceSide};
use iam::policy::{Effect, Policy};
use iam::principal::{Principal, PrincipalValue};
use iam::request::Request;
use prover::case::principals;
use prover::domain::Kinds;
use prover::question::{Meant, Question, Whose, everything};
use prover::search::Verdict;
use prover::who::{Shape, Who};

use super::call::with_statements;
use super::ground::{Ground, Place, tells_accounts_apart};
use super::property::Demand;
use super::{Counterexample, Found, told};

/// Who is asked about, beside a thing's policy.
#[derive(Clone, Copy)]
pub enum Asking<'a> {
    /// People of the account, whatever their own policies say.
    Insiders,
    /// Everybody whom the estate does not know.
    Outsiders,
    Service(&'a str),
}

impl Ground<'_> {
    /// What the things of an account let people of the account do by themselves.
    pub fn on_own_things(&self, kinds: &Kinds, meant: &Meant, place: &Place<'_>) -> Found {
        self.asked_of_things(kinds, meant, place, Asking::Insiders)
    }

    /// What the things of an account let outsiders or a service do.
    pub fn on_things(&self, kinds: &Kinds, demand: &Demand, place: &Place<'_>, asking: Asking<'_>) -> Found {
        let Demand::Never(meant) = demand else {
            let why = "only what they may never do is asked of those outside";
            return Found { unknown: BTreeSet::from([why.to_owned()]), ..Found::default() };
        };
        match asking {
            Asking::Insiders | Asking::Service(_) => self.asked_of_things(kinds, meant, place, asking),
            Asking::Outsiders => match self.without_insiders(meant, place) {
                Some(others) => {
                    let mut found = self.asked_of_things(kinds, &others, place, asking);
                    found.unknown.extend(self.not_read(kinds, meant, place, asking));
                    found
                }
                None => Found::default(),
            },
        }
    }

    fn asked_of_things(&self, kinds: &Kinds, meant: &Meant, place: &Place<'_>, asking: Asking<'_>) -> Found {
        let mut found = Found::default();
        let services: BTreeSet<&str> = meant.actions.iter().map(iam::Action::service).collect();
        let is_of = |arn: &str| {
            Arn::parse(arn).is_ok_and(|arn| match arn.service {
                "iam" => services.contains("sts"),
                service => services.contains(service),
            })
        };
        if !matches!(asking, Asking::Outsiders) {
            found.unknown.extend(self.not_read(kinds, meant, place, asking));
        }
        for (arn, why) in self.things_unread(place).into_iter().filter(|(arn, _)| is_of(arn)) {
            found.unknown.insert(format!("the policy of {arn}: {}", why.reason));
        }
        let rcp = |arn: &str| match asking {
            Asking::Insiders => place.rcp.clone(),
            Asking::Outsiders | Asking::Service(_) => self.around(arn).rcp,
        };
        for (arn, policy) in self.things(place).into_iter().filter(|(arn, _)| is_of(arn)) {
            let layers = match asking {
                Asking::Insiders => Layers {
                    identity: Vec::new(),
                    resource: side_of(arn, &policy),
                    rcp: rcp(arn),
                    ..place.ceiling.clone()
                },
                Asking::Outsiders | Asking::Service(_) => Layers {
                    identity: vec![everything()],
                    resource: side_of(arn, &policy),
                    rcp: rcp(arn),
                    ..Layers::default()
                },
            };
            let given = match asking {
                Asking::Insiders => place.given.clone(),
                Asking::Outsiders | Asking::Service(_) => Context::new(),
            };
            for who in self.let_in(&policy, place, asking) {
                found.people += usize::from(!matches!(asking, Asking::Insiders));
                let question = Question {
                    meant,
                    layers: &layers,
                    who,
                    given: &given,
                    resource: Some(arn),
                    whose: Whose::Any,
                    resource_account: Some(place.account.id),
                };
                match question.find(kinds) {
                    Verdict::Never => {}
                    Verdict::Unknown(why) => {
                        found
                            .unknown
                            .extend(why.into_iter().map(|why| format!("{why} (the policy of {arn})")));
                    }
                    Verdict::Request(request) => self.keep(*request, arn, layers.clone(), &mut found),
                }
            }
        }
        found
    }

    /// Keeps what a policy lets through, unless S3 keeps it back.
    fn keep(&self, request: Request, arn: &str, layers: Layers, found: &mut Found) {
        let target = self.estate.target(request.resource().as_str(), None);
        let known = self.estate.layers(&request, &target);
        let real = known.as_ref().map(|known| Layers {
            resource: known.at_most().resource.clone(),
            rcp: known.at_most().rcp.clone(),
            ..layers.clone()
        });
        let is_allowed =
            |layers: &Layers| authorize(&request, layers).outcome == Outcome::Decided(Decision::Allow);
        let unsure = known.iter().flat_map(|known| known.missing());
        let unsure: Vec<String> = unsure
            .filter(|(layer, _)| matches!(layer, Layer::Resource | Layer::Trust | Layer::Rcp))
            .map(|(_, why)| format!("the policy of {arn}: {}", why.reason))
            .collect();
        match real {
            Some(real) if is_allowed(&real) && unsure.is_empty() => found
                .refuted
                .push(Counterexample { through: Some(arn.to_owned()), ..Counterexample::new(request, real) }),
            // The bucket is restricted because its policy is public.
            Some(real) if !is_allowed(&real) => {}
            Some(_) => found.unknown.extend(unsure),
            None => {
                found.unknown.insert(format!("what applies to {arn}"));
            }
        }
    }

    /// Those whom the Allows of a policy may let in, of those who are asked about.
    fn let_in(&self, policy: &Policy, place: &Place<'_>, asking: Asking<'_>) -> Vec<Who> {
        let own = place.account.id.as_str();
        let is_known = |account: &str| self.ids.contains(account);
        let is_one = |value: &PrincipalValue| match (value, asking) {
            (PrincipalValue::Everyone, _) => true,
            (PrincipalValue::Service(named), Asking::Service(name)) => named == name,
            (_, Asking::Service(_)) => false,
            (PrincipalValue::Service(_), _) => false,
            // Naming the account leaves it to policies of its people.
            (PrincipalValue::Account(_) | PrincipalValue::Federated(_), Asking::Insiders) => false,
            (PrincipalValue::Account(account), Asking::Outsiders) => !is_known(account),
            (PrincipalValue::Federated(_), Asking::Outsiders) => true,
            (PrincipalValue::Arn(arn), Asking::Insiders) => {
                Arn::parse(arn).is_ok_and(|arn| arn.account == own)
            }
            (PrincipalValue::Arn(arn), Asking::Outsiders) => {
                !Arn::parse(arn).is_ok_and(|arn| is_known(arn.account))
            }
            (PrincipalValue::UniqueId(_) | PrincipalValue::CanonicalUser(_), _) => true,
        };
        let lets_in = policy.statements.iter().any(|statement| {
            statement.effect != Ok(Effect::Deny)
                && statement
                    .principal
                    .as_ref()
                    .is_some_and(|element| element.is_negated() || element.values().iter().any(is_one))
        });
        if !lets_in {
            return Vec::new();
        }
        let partition: Arc<str> = place.account.partition.clone();
        let account = match asking {
            Asking::Insiders => Some(place.account.id),
            Asking::Outsiders | Asking::Service(_) => None,
        };
        let any = |shape: Shape| Who::Any { shape, account, partition: partition.clone() };
        // Sessions and providers are asked about by name.
        let named = principals(&[policy]).into_iter().filter(|principal| match principal {
            Principal::RoleSession { account, .. } | Principal::FederatedUser { account, .. } => match asking
            {
                Asking::Insiders => account.as_str() == own,
                Asking::Outsiders => !is_known(account.as_str()),
                Asking::Service(_) => false,
            },
            Principal::Anonymous => matches!(asking, Asking::Outsiders),
            // Providers let in those who take a role.
            Principal::Federated { .. } => {
                matches!(asking, Asking::Outsiders)
                    && policy.statements.iter().all(|statement| statement.resource.is_none())
            }
            Principal::User { .. }
            | Principal::Role { .. }
            | Principal::Root { .. }
            | Principal::Service { .. } => false,
        });
        let mut all: Vec<Who> = match asking {
            Asking::Service(name) => vec![Who::This(Principal::Service { name: name.to_owned() })],
            Asking::Insiders => vec![any(Shape::Role), any(Shape::User)],
            Asking::Outsiders => Shape::ALL.map(any).into(),
        };
        all.extend(named.map(Who::This));
        all
    }

    /// The same requests, those of accounts and of the organisation that are known left out.
    fn without_insiders(&self, meant: &Meant, place: &Place<'_>) -> Option<Rc<Meant>> {
        let ids: Vec<&str> = self.ids.iter().copied().collect();
        let organization = place.given.get(&Key::new("aws:PrincipalOrgID")).and_then(|values| values.only());
        let deny = |key: &str, values: serde_json::Value| {
            serde_json::json!({ "Effect": "Deny", "Action": "*", "Resource": "*",
                "Condition": { "StringEquals": { key: values } } })
        };
        let mut statements = vec![deny("aws:PrincipalAccount", serde_json::json!(ids))];
        statements.extend(organization.map(|id| deny("aws:PrincipalOrgID", serde_json::json!(id))));
        let document = serde_json::json!({ "Version": "2012-10-17", "Statement": statements });
        with_statements(meant, &document.to_string())
    }

    /// Kinds of things that may carry a policy and of which not all are known.
    fn not_read(
        &self,
        kinds: &Kinds,
        meant: &Meant,
        place: &Place<'_>,
        asking: Asking<'_>,
    ) -> BTreeSet<String> {
        let mut unknown = BTreeSet::new();
        let account = place.account;
        for (service, example) in own_types(kinds, meant, place).iter() {
            let (service, example) = (*service, example.as_str());
            if service == "sts" {
                if let Known::Unknown(why) = &account.roles {
                    unknown.insert(told(why));
                }
                continue;
            }
            match (ResourceKind::of(example), ResourceKind::takes_policy(example)) {
                (_, Some(false)) => {}
                (ResourceKind::Other, _) => {
                    unknown
                        .insert(format!("policies of things of `{service}`, which a snapshot does not list"));
                }
                (kind, Some(true)) => unknown.extend(self.unread(place, kind)),
                // Whether it takes one is not known, and people of the account are not let in by none.
                (kind, None) if !matches!(asking, Asking::Insiders) => {
                    unknown.insert(format!("whether a {kind} lets anybody in by a policy"));
                }
                (_, None) => {}
            }
        }
        unknown
    }

    /// Why not all things of a kind are known.
    pub fn unread(&self, place: &Place<'_>, kind: ResourceKind) -> BTreeSet<String> {
        let lists: Vec<_> =
            place.account.regions.values().filter_map(|region| region.listed.get(&kind)).collect();
        if lists.is_empty() {
            return BTreeSet::from([format!("which {kind}s there are: nobody asked")]);
        }
        lists.into_iter().filter_map(|list| list.missing()).map(|why| told(why)).collect()
    }
}

/// The types on which an account may have what is meant, each with an ARN; found once for all accounts that the property
/// does not tell apart.
fn own_types(kinds: &Kinds, meant: &Meant, place: &Place<'_>) -> OwnTypes {
    type Known = HashMap<(usize, String, String), (Arc<Policy>, OwnTypes)>;
    thread_local! {
        // The policy is kept, so that no other comes to stand where it stands.
        static KNOWN: RefCell<Known> = RefCell::default();
    }
    let account = match tells_accounts_apart(&meant.policy) {
        true => place.account.id.as_str(),
        false => "111122223333",
    };
    let partition = &*place.account.partition;
    let key = (Arc::as_ptr(&meant.policy) as usize, partition.to_owned(), account.to_owned());
    KNOWN.with_borrow_mut(|known| {
        if known.len() > KNOWN_MAX {
            known.clear();
        }
        let make = || (meant.policy.clone(), Rc::new(meant.own_types(partition, account, kinds)));
        known.entry(key).or_insert_with(make).1.clone()
    })
}

/// Services, each with the ARN of a type.
type OwnTypes = Rc<Vec<(&'static str, String)>>;

/// Most of them that are kept.
const KNOWN_MAX: usize = 1_000;

/// The policy of a thing, or whom a role trusts.
pub fn side_of(arn: &str, policy: &Arc<Policy>) -> ResourceSide {
    match Arn::parse(arn).is_ok_and(|arn| arn.service == "iam") {
        true => ResourceSide::Trust(policy.clone()),
        false => ResourceSide::Resource(policy.clone()),
    }
}

//! Whom the policy of a resource lets in besides the users and roles of the data set.
//!
//! Each value of its principal elements is somebody: a service, a provider, a session, a principal or all of an account
//! that the data set does not have, or everyone. Of somebody without a name, a stand-in is asked whose own keys are open.
//! Follows IAM User Guide, "AWS JSON policy elements: Principal".

use std::sync::Arc;

use iam::arn::AccountId;
use iam::context::{Context, Key};
use iam::estate::{Estate, Known, Missing, ResourcePolicy};
use iam::policy::{Effect, Policy};
use iam::principal::{Principal, PrincipalValue};

use super::standing::{self, Asked};
use super::{Caller, Entry, How, Standing, Topic};
use crate::stack::Data;

/// Keys that somebody without a name may have any value of.
const OWN_KEYS: [&str; 4] = ["aws:PrincipalArn", "aws:PrincipalType", "aws:userid", "aws:username"];
/// Those of somebody of any account.
const OWN_KEYS_OF_ANYONE: [&str; 5] =
    ["aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalType", "aws:userid", "aws:username"];

/// An account and an organisation that no policy names and that nobody has.
const ANY_ACCOUNT: &str = "000000000000";
const ANY_ORGANIZATION: &str = "o-0000000000";

/// Beginnings of the actions that services also take unsigned.
///
/// Sources: Amazon S3 User Guide, "Bucket policies and anonymous users"; Amazon SQS Developer Guide, "Amazon SQS policy
/// examples" (anonymous users); AWS Lambda Developer Guide, "Control access to Lambda function URLs"; Amazon API Gateway
/// Developer Guide, "Resource policies"; Amazon OpenSearch Service Developer Guide, "Identity and access management";
/// Amazon VPC Lattice User Guide, "Auth policies".
const UNSIGNED: [&str; 6] =
    ["es:es", "execute-api:", "lambda:invokefunctionurl", "s3:", "sqs:", "vpc-lattice-svcs:"];

/// Whom a resource may let in.
pub(super) struct Outsiders {
    pub callers: Vec<Caller>,
    /// Principals of known accounts that these do not have.
    pub gone: Vec<String>,
    /// Why the policy is not known.
    pub unread: Option<Arc<Missing>>,
}

/// Those whom the policy of the resource names and the lists of the data set do not hold.
pub(super) fn outsiders(estate: &Estate, topic: &Topic) -> Outsiders {
    let mut found = Outsiders { callers: Vec::new(), gone: Vec::new(), unread: None };
    match topic.target.side().map(|side| &side.policy) {
        Some(ResourcePolicy::Resource(Known::Known(Some(document)))) => {
            found.read(estate, topic, &document.policy);
        }
        Some(ResourcePolicy::Trust(Known::Known(document))) if topic.action.service() == "sts" => {
            found.read(estate, topic, &document.policy);
        }
        Some(ResourcePolicy::Resource(Known::Unknown(why))) => found.unread = Some(why.clone()),
        Some(ResourcePolicy::Trust(Known::Unknown(why))) if topic.action.service() == "sts" => {
            found.unread = Some(why.clone());
        }
        Some(ResourcePolicy::Resource(Known::Known(None)) | ResourcePolicy::Trust(_)) | None => {}
    }
    // Whoever is in an account that was not read may be allowed by policies that were not.
    let unread = estate
        .accounts()
        .iter()
        .filter(|account| account.users.missing().is_some() || account.roles.missing().is_some());
    for account in unread.filter(|account| topic.concerns_account(&account.id)) {
        found.add(Caller::SomeoneOf(account.id));
    }
    found.gone.sort();
    found.gone.dedup();
    found
}

impl Outsiders {
    fn add(&mut self, caller: Caller) {
        if !self.callers.contains(&caller) {
            self.callers.push(caller);
        }
    }

    fn read(&mut self, estate: &Estate, topic: &Topic, policy: &Policy) {
        let mut values: Vec<&PrincipalValue> = Vec::new();
        let mut names_everyone = false;
        for statement in policy.statements.iter() {
            let (Some(element), true) = (&statement.principal, statement.effect != Ok(Effect::Deny)) else {
                continue;
            };
            if !statement.action.matches(&topic.action) {
                continue;
            }
            if element.is_negated() {
                names_everyone = true;
            } else {
                values.extend(element.values());
            }
        }
        for value in values {
            match value {
                PrincipalValue::Everyone => names_everyone = true,
                PrincipalValue::Service(name) => {
                    self.add(Caller::Known(Principal::Service { name: name.clone() }));
                }
                PrincipalValue::Federated(provider) => {
                    self.add(Caller::Known(Principal::Federated { provider: provider.clone() }));
                }
                PrincipalValue::CanonicalUser(id) => self.add(Caller::CanonicalUser(id.clone())),
                PrincipalValue::Account(id) => match AccountId::new(id) {
                    Ok(id) if estate.account(&id).is_none() => self.add(Caller::SomeoneOf(id)),
                    Ok(_) | Err(_) => {}
                },
                PrincipalValue::Arn(arn) => self.named(estate, arn),
                PrincipalValue::UniqueId(id) => {
                    if !has_unique_id(estate, id) {
                        self.gone.push(id.clone());
                    }
                }
            }
        }
        if names_everyone {
            self.add(Caller::Anyone);
            let action = format!("{}:{}", topic.action.service(), topic.action.name());
            if UNSIGNED.iter().any(|start| action.starts_with(start)) {
                self.add(Caller::Known(Principal::Anonymous));
            }
        }
    }

    fn named(&mut self, estate: &Estate, arn: &str) {
        let Ok(principal) = Principal::parse(arn) else {
            self.gone.push(arn.to_owned());
            return;
        };
        let Some(account) = principal.account().and_then(|id| estate.account(id)) else {
            return self.add(Caller::Outside(principal));
        };
        let role = match &principal {
            Principal::RoleSession { role_name, .. } => account.role_named(role_name).result().ok().flatten(),
            Principal::User { .. }
            | Principal::Role { .. }
            | Principal::FederatedUser { .. }
            | Principal::Root { .. }
            | Principal::Anonymous
            | Principal::Service { .. }
            | Principal::Federated { .. } => None,
        };
        let principal = match role {
            Some(role) => principal.clone().with_role(&role.identity.arn).unwrap_or(principal),
            None => principal,
        };
        let is_listed = matches!(principal, Principal::User { .. } | Principal::Role { .. });
        match estate.principal_side(&principal) {
            None => self.gone.push(arn.to_owned()),
            Some(_) if is_listed => {}
            Some(_) => self.add(Caller::Known(principal)),
        }
    }
}

fn has_unique_id(estate: &Estate, id: &str) -> bool {
    estate.accounts().iter().any(|account| {
        let users = account
            .users
            .as_ref()
            .result()
            .is_ok_and(|users| users.iter().any(|user| user.identity.unique_id.as_deref() == Some(id)));
        users
            || account
                .roles
                .as_ref()
                .result()
                .is_ok_and(|roles| roles.iter().any(|role| role.identity.unique_id.as_deref() == Some(id)))
    })
}

/// How somebody besides the lists stands; nothing where it is denied.
pub(super) fn entry(data: &Data, given: &Context, topic: &Topic, caller: &Caller) -> Option<Entry> {
    let in_account = |id: &str, kind: &str| {
        Principal::parse(&format!("arn:{}:iam::{id}:{kind}/somebody", topic.partition())).ok()
    };
    let asked = match caller {
        Caller::Known(principal) => standing::of(data, principal, given, topic, &[])?,
        Caller::Outside(principal) => stranger(data, principal, given, topic, &[])?,
        Caller::SomeoneOf(id) => {
            let account = data.estate.account(id);
            // A list that is known has nobody of that name.
            let roles_are_known = account.is_some_and(|account| account.roles.missing().is_none());
            let kind = if roles_are_known { "user" } else { "role" };
            let stand_in = in_account(id.as_str(), kind)?;
            match account {
                Some(_) => standing::of(data, &stand_in, given, topic, &OWN_KEYS)?,
                None => stranger(data, &stand_in, given, topic, &OWN_KEYS)?,
            }
        }
        Caller::Anyone => {
            stranger(data, &in_account(ANY_ACCOUNT, "role")?, given, topic, &OWN_KEYS_OF_ANYONE)?
        }
        Caller::CanonicalUser(_) => {
            let doubts = vec!["a canonical user id does not say whose it is".to_owned()];
            let standing = Standing::Unknown { missing: Vec::new(), doubts, keys: Vec::<Key>::new() };
            let entry =
                Entry { caller: caller.clone(), standing, example: None, how: How::Resource, by: Vec::new() };
            return Some(entry);
        }
    };
    match asked.standing {
        Standing::Denied(_) => None,
        Standing::Allowed | Standing::AllowedIf(_) | Standing::Unknown { .. } => {
            Some(asked.entry(data, topic, caller.clone()))
        }
    }
}

/// How somebody of an account that the data set does not have stands, as far as the resource's side goes; nothing where
/// it is denied. It is in no organisation of the data set: in another, in none, or in one that a policy names.
fn stranger(
    data: &Data,
    principal: &Principal,
    given: &Context,
    topic: &Topic,
    left_open: &[&str],
) -> Option<Asked> {
    let in_another = {
        let mut context = given.clone();
        context.derive("aws:PrincipalOrgID", ANY_ORGANIZATION);
        context.derive("aws:PrincipalOrgPaths", &format!("{ANY_ORGANIZATION}/r-0000/"));
        context
    };
    let in_none = {
        let mut context = Context::new();
        context.replace("aws:PrincipalOrgID", Vec::new());
        context.replace("aws:PrincipalOrgPaths", Vec::new());
        let mut given = given.clone();
        given.fill(&context);
        given
    };
    let in_one_that_is_named = names_other_organization(&data.estate, topic).then(|| given.clone());
    [Some(in_another), Some(in_none), in_one_that_is_named].into_iter().flatten().find_map(|context| {
        let asked = standing::of(data, principal, &context, topic, left_open)?.of_resource_side();
        (!matches!(asked.standing, Standing::Denied(_))).then_some(asked)
    })
}

/// Whether a policy on the resource's side names an organisation that the data set does not have.
fn names_other_organization(estate: &Estate, topic: &Topic) -> bool {
    let Some(side) = topic.target.side() else { return false };
    let own = match &side.policy {
        ResourcePolicy::Resource(Known::Known(Some(document))) => Some(&document.policy),
        ResourcePolicy::Trust(Known::Known(document)) => Some(&document.policy),
        ResourcePolicy::Resource(_) | ResourcePolicy::Trust(_) => None,
    };
    let known = estate.organizations().iter().map(|organization| organization.id.as_ref());
    let known: Vec<&str> = known.collect();
    let is_other = |value: &String| {
        let id = value.split('/').next().unwrap_or_default();
        !id.contains(['*', '?', '$']) && !known.contains(&id)
    };
    let statements = own.into_iter().flat_map(|policy| policy.statements.iter());
    statements.flat_map(|statement| &statement.conditions).any(|condition| {
        let key = condition.key().as_str();
        matches!(key, "aws:principalorgid" | "aws:principalorgpaths")
            && condition.values().iter().any(is_other)
    })
}

//! What there is: organisations, accounts, principals, resources and the policies attached to them.
//!
//! Plain values; whoever fills them says for every part that is not known why ([`Known`]), so that an answer built
//! on them can be unknown and never wrong. Deliberately absent: files and where the values come from, what an
//! organisation wants, and decisions. Which policies apply to a request is [`KnownLayers`]; what they
//! decide is [`crate::authorize()`].
//!
//! Follows Organizations User Guide, "Terminology and concepts for AWS Organizations", and the shapes of AWS's own
//! answers (Organizations, IAM, Amazon Bedrock, Amazon SageMaker AI, Amazon Bedrock AgentCore API references).

mod account;
mod ask;
mod guardrail;
mod inheritance;
mod known;
mod layers;
mod organization;
mod policies;
mod public_access;
mod resource;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::arn::{AccountId, Arn};
use crate::context::Context;
use crate::principal::Principal;

pub use account::{
    AccessKey, Account, CredentialStatus, EnforcedGuardrail, Group, Identity, InvocationLogging, Membership,
    Region, Role, ServiceCredential, Share, Tag, Trail, User,
};
pub use ask::Target;
pub use guardrail::Enforcement;
pub use inheritance::{Doubt, Path, Value, Values};
pub use known::{Known, Missing, Reason};
pub use layers::{KnownLayers, LayersKey, PolicyLevel, PrincipalSide, ResourcePolicy, ResourceSide};
pub use organization::{
    Node, NodeKind, Organization, OrganizationPolicy, OrganizationPolicyKind, OrganizationProblem,
};
pub use policies::{Attached, Document, Origin, Via};
pub use resource::{Fact, FactKind, PublicAccessBlock, Resource, ResourceKind};

/// Everything that is known, and what is not.
///
/// A data set may hold several organisations, and accounts that belong to none.
#[derive(Clone, Debug, Default)]
pub struct Estate {
    organizations: Vec<Organization>,
    /// By id.
    accounts: Vec<Account>,
    missing: Vec<Arc<Missing>>,
    /// The account that holds a resource whose ARN names none, such as a bucket; numbers of `accounts`.
    owners: BTreeMap<Arc<str>, usize>,
    /// Whether only what IAM holds is looked at.
    iam_only: bool,
}

impl Estate {
    /// Puts the parts together: accounts are sorted by id, and an account that appears in an organisation but has no
    /// value of its own gets one in which everything is unknown because it was never asked. An account becomes a
    /// member of the organisation that lists it, unless its membership is unknown because sources contradict
    /// each other ([`Reason::Foreign`]).
    ///
    /// `missing` is everything that could not be learned, for telling; the parts carry their own reasons.
    pub fn new(
        mut organizations: Vec<Organization>,
        mut accounts: Vec<Account>,
        mut missing: Vec<Arc<Missing>>,
    ) -> Self {
        organizations.sort_by(|a, b| a.id.cmp(&b.id));
        accounts.sort_by_key(|a| a.id);
        for (number, organization) in organizations.iter().enumerate() {
            for (at, node) in organization.nodes().iter().enumerate() {
                let NodeKind::Account(id) = &node.kind else { continue };
                let place = match accounts.binary_search_by(|account| account.id.cmp(id)) {
                    Ok(place) => place,
                    Err(place) => {
                        let absent = Account::unread(*id, partition(&node.arn));
                        missing.extend(absent.roles.missing().cloned());
                        accounts.insert(place, absent);
                        place
                    }
                };
                let why = accounts[place].membership.missing();
                let is_disputed = why.is_some_and(|why| matches!(why.reason, Reason::Foreign { .. }));
                if !is_disputed {
                    let member = Membership::Member { organization: number, node: at };
                    accounts[place].membership = Known::Known(member);
                }
                if accounts[place].name.is_none() {
                    accounts[place].name = node.name.clone();
                }
            }
        }
        for account in &mut accounts {
            account.resources.sort_by(|a, b| a.arn.cmp(&b.arn));
        }
        missing.sort();
        missing.dedup();
        let owners = owners(&accounts);
        Self { organizations, accounts, missing, owners, iam_only: false }
    }

    /// The same, answered as far as IAM decides: policies of an organisation and of resources that nobody asked for are
    /// left out, as if there were none, for principals and resources of its accounts. Keys that follow from the
    /// organisation stay unknown. Whoever shows an answer says so.
    #[must_use]
    pub fn as_far_as_iam_decides(self) -> Self {
        Self { iam_only: true, ..self }
    }

    /// Whether answers are given as far as IAM decides.
    pub fn is_iam_only(&self) -> bool {
        self.iam_only
    }

    /// The organisations, by id.
    pub fn organizations(&self) -> &[Organization] {
        &self.organizations
    }

    /// Puts another state of an organisation in its place: the same nodes, other policies.
    pub fn replace_organization(&mut self, organization: Organization) {
        if let Some(place) = self.organizations.iter().position(|known| known.id == organization.id) {
            self.organizations[place] = organization;
        }
    }

    /// Gives a thing that is known another policy.
    pub fn replace_resource_policy(&mut self, arn: &str, policy: Document) {
        let resources = self.accounts.iter_mut().flat_map(|account| &mut account.resources);
        for resource in resources.filter(|resource| resource.arn.as_ref() == arn) {
            resource.policy = Known::Known(Some(policy.clone()));
        }
    }

    /// The accounts, by id; those of an organisation of which nothing else is known included.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// Everything that could not be learned, sorted.
    pub fn missing(&self) -> &[Arc<Missing>] {
        &self.missing
    }

    /// The account of this id; `None` means that no source speaks of it.
    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        let found = self.accounts.binary_search_by(|account| account.id.cmp(id));
        found.ok().map(|place| &self.accounts[place])
    }

    /// The organisation an account belongs to with its node there; known to be none for a stand-alone account.
    pub fn organization_of(&self, account: &Account) -> Known<Option<(&Organization, &Node)>> {
        account.membership.as_ref().map(|membership| match membership {
            Membership::StandAlone => None,
            Membership::Member { organization, node } => {
                let organization = &self.organizations[*organization];
                Some((organization, &organization.nodes()[*node]))
            }
        })
    }

    /// The account that owns what an ARN names: by the account in the ARN, or by who is known to hold it.
    ///
    /// `None` when the ARN names no account and nobody here is known to hold it, as with foundation models.
    pub fn owner(&self, arn: &str) -> Option<AccountId> {
        if let Some(id) = Arn::parse(arn).ok().and_then(|arn| arn.account_id()) {
            return Some(id);
        }
        self.holder(arn).map(|account| account.id)
    }

    /// A resource and its account; an object of a bucket is found as its bucket.
    pub fn resource(&self, arn: &str) -> Option<(&Account, &Resource)> {
        let account = match Arn::parse(arn).ok().and_then(|arn| arn.account_id()) {
            Some(id) => self.account(&id)?,
            None => self.holder(arn)?,
        };
        account.resource(container(arn)).map(|resource| (account, resource))
    }

    fn holder(&self, arn: &str) -> Option<&Account> {
        self.owners.get(container(arn)).map(|number| &self.accounts[*number])
    }

    /// What is known of the user, or of the role behind a session; `None` for a principal that has no identity of
    /// its own (root, service, anonymous) or that its account, whose list is known, does not have.
    pub fn identity(&self, principal: &Principal) -> Known<Option<&Identity>> {
        let Some(account) = principal.account().and_then(|id| self.account(id)) else {
            return Known::Known(None);
        };
        match principal {
            Principal::User { arn, .. } | Principal::FederatedUser { user_arn: Some(arn), .. } => {
                account.user(arn).map(|user| user.map(|user| &user.identity))
            }
            Principal::Role { arn, .. } | Principal::RoleSession { role_arn: Some(arn), .. } => {
                account.role(arn).map(|role| role.map(|role| &role.identity))
            }
            Principal::RoleSession { role_name, role_arn: None, .. } => {
                account.role_named(role_name).map(|role| role.map(|role| &role.identity))
            }
            Principal::FederatedUser { user_arn: None, .. }
            | Principal::Root { .. }
            | Principal::Anonymous
            | Principal::Service { .. }
            | Principal::Federated { .. } => Known::Known(None),
        }
    }

    /// The condition keys that who a principal is fixes, beyond its ARN: tags, organisation, unique id.
    ///
    /// With what could not be said because something is missing. Source: IAM User Guide, "AWS global condition
    /// context keys", properties of the principal (aws-facts §4.4). Session tags are not here; they win.
    pub fn principal_context(&self, principal: &Principal) -> (Context, Vec<Arc<Missing>>) {
        let mut context = Context::new();
        let mut missing = Vec::new();
        let account = principal.account().and_then(|id| self.account(id));
        match account.map(|account| self.organization_of(account)) {
            Some(Known::Known(Some((organization, node)))) => {
                context.derive("aws:PrincipalOrgID", &organization.id);
                match &node.path {
                    Known::Known(path) => context.derive("aws:PrincipalOrgPaths", path),
                    Known::Unknown(why) => missing.push(why.clone()),
                }
            }
            Some(Known::Known(None)) => {
                context.replace("aws:PrincipalOrgID", Vec::new());
                context.replace("aws:PrincipalOrgPaths", Vec::new());
            }
            Some(Known::Unknown(why)) => missing.push(why),
            None => {}
        }
        match self.identity(principal) {
            Known::Known(Some(identity)) => {
                match &identity.tags {
                    Known::Known(tags) => tags.iter().for_each(|tag| {
                        context.derive(&format!("aws:PrincipalTag/{}", tag.key), &tag.value);
                    }),
                    Known::Unknown(why) => missing.push(why.clone()),
                }
                if let (Principal::User { .. }, Some(id)) = (principal, &identity.unique_id) {
                    context.derive("aws:userid", id);
                }
                if let (Principal::RoleSession { arn, .. }, Some(id)) = (principal, &identity.unique_id) {
                    let session = arn.rsplit('/').next().unwrap_or_default();
                    context.derive("aws:userid", &format!("{id}:{session}"));
                }
            }
            Known::Known(None) => {}
            Known::Unknown(why) => missing.push(why),
        }
        (context, missing)
    }
}

/// The resource that carries the policy for what an ARN names: the bucket of an object, otherwise itself.
fn container(arn: &str) -> &str {
    match Arn::parse(arn) {
        Ok(parts) if parts.service == "s3" && parts.account.is_empty() => {
            let key_chars = parts.resource.split_once('/').map_or(0, |(_, key)| key.len() + 1);
            &arn[..arn.len() - key_chars]
        }
        Ok(_) | Err(_) => arn,
    }
}

fn owners(accounts: &[Account]) -> BTreeMap<Arc<str>, usize> {
    let without_account =
        |resource: &&Resource| Arn::parse(&resource.arn).is_ok_and(|arn| arn.account_id().is_none());
    let of = |(number, account): (usize, &Account)| {
        let own: Vec<_> =
            account.resources.iter().filter(without_account).map(|each| each.arn.clone()).collect();
        own.into_iter().map(move |arn| (arn, number))
    };
    accounts.iter().enumerate().flat_map(of).collect()
}

fn partition(arn: &str) -> Arc<str> {
    Arn::parse(arn).map_or("aws", |arn| arn.partition).into()
}

//! Which policies apply to a principal and to a resource, as far as that is known.
//!
//! Where something is missing, [`KnownLayers::at_most`] puts a policy in its place that allows everything: what is
//! denied under these layers is denied whatever the missing policy says, and what is allowed under them is allowed
//! only if nothing is missing. Session and VPC endpoint policies belong to a call and are the caller's to add.
//!
//! Follows aws-facts §2.2, §2.3 and §4.1.

use std::sync::{Arc, LazyLock};

use super::known::{Known, Missing, Reason};
use super::organization::OrganizationPolicyKind;
use super::policies::{Attached, Document};
use super::resource::ResourceKind;
use super::{Account, Estate};
use crate::arn::Arn;
use crate::authorize;
use crate::layers::{self, Layer, Layers, Level, StatementRef};
use crate::policy::{Policy, PolicyType, read};
use crate::principal::Principal;
use crate::request::Request;

/// The SCPs or RCPs of one node.
#[derive(Clone, Debug)]
pub struct PolicyLevel {
    /// Id of the node.
    pub target: Arc<str>,
    pub policies: Known<Arc<[Attached]>>,
}

/// The policies on the side of who asks.
#[derive(Clone, Debug)]
pub struct PrincipalSide {
    pub identity: Known<Arc<[Attached]>>,
    pub boundary: Known<Option<Attached>>,
    /// From the root down; none where no organisation or no SCP limits the account.
    pub scp: Known<Arc<[PolicyLevel]>>,
    /// Whether its account is the management account, which SCPs pass by. Where the organisation is not known it is
    /// false, and `scp` is unknown.
    pub management_account: bool,
}

/// The policies on the side of what is asked for.
#[derive(Clone, Debug)]
pub struct ResourceSide {
    pub policy: ResourcePolicy,
    /// From the root down; none where no organisation or no RCP limits the account, as in the management account.
    pub rcp: Known<Arc<[PolicyLevel]>>,
}

/// The policy of a resource.
#[derive(Clone, Debug)]
pub enum ResourcePolicy {
    /// A resource-based policy, or none.
    Resource(Known<Option<Document>>),
    /// The trust policy of a role.
    Trust(Known<Document>),
}

impl Estate {
    /// The policies that limit and empower a principal; `None` when its account's list is known and does not have it.
    ///
    /// Anonymous, service and federated principals have no policies of their own.
    pub fn principal_side(&self, principal: &Principal) -> Option<PrincipalSide> {
        let none: Arc<[Attached]> = Arc::new([]);
        let nothing = PrincipalSide {
            identity: Known::Known(none),
            boundary: Known::Known(None),
            scp: Known::Known(Arc::new([])),
            management_account: false,
        };
        let Some(id) = principal.account() else { return Some(nothing) };
        let Some(account) = self.account(id) else {
            let why = Arc::new(Missing::never_asked(Some(id), None, "anything about the account"));
            let (identity, boundary) = match principal {
                Principal::Root { .. } => (nothing.identity, nothing.boundary),
                Principal::User { .. }
                | Principal::Role { .. }
                | Principal::RoleSession { .. }
                | Principal::FederatedUser { .. }
                | Principal::Anonymous
                | Principal::Service { .. }
                | Principal::Federated { .. } => (Known::Unknown(why.clone()), Known::Unknown(why.clone())),
            };
            return Some(PrincipalSide {
                identity,
                boundary,
                scp: Known::Unknown(why),
                management_account: false,
            });
        };
        let (identity, boundary) = match (principal, self.identity(principal)) {
            (_, Known::Known(Some(found))) => (found.policies.clone(), found.boundary.clone()),
            (_, Known::Unknown(why)) => (Known::Unknown(why.clone()), Known::Unknown(why)),
            (Principal::Root { .. }, Known::Known(None)) => (nothing.identity, nothing.boundary),
            (Principal::FederatedUser { user_arn: None, .. }, Known::Known(None)) => {
                let why = Arc::new(Missing::never_asked(Some(id), None, "the user behind the session"));
                (Known::Unknown(why.clone()), Known::Unknown(why))
            }
            (
                Principal::User { .. }
                | Principal::Role { .. }
                | Principal::RoleSession { .. }
                | Principal::FederatedUser { user_arn: Some(_), .. }
                | Principal::Anonymous
                | Principal::Service { .. }
                | Principal::Federated { .. },
                Known::Known(None),
            ) => return None,
        };
        Some(PrincipalSide {
            identity,
            boundary,
            scp: self.levels(account, &OrganizationPolicyKind::ServiceControl),
            management_account: self.is_management_account(account),
        })
    }

    /// The policies of what an ARN names; `None` for a role that its account, whose list is known, does not have.
    ///
    /// A resource that is not known has no policy if its type takes none, and otherwise an unknown one. `*`, which
    /// stands for actions without resources, has none.
    pub fn resource_side(&self, arn: &str) -> Option<ResourceSide> {
        let account = self.owner(arn).and_then(|id| self.account(&id));
        let rcp = match account {
            Some(account) if !self.is_management_account(account) => {
                self.levels(account, &OrganizationPolicyKind::ResourceControl)
            }
            Some(_) => Known::Known(Arc::new([]) as Arc<[PolicyLevel]>),
            None => match self.owner(arn) {
                Some(id) => Known::Unknown(Arc::new(Missing::never_asked(
                    Some(&id),
                    None,
                    "anything about the account",
                ))),
                None => Known::Known(Arc::new([]) as Arc<[PolicyLevel]>),
            },
        };
        let is_role =
            Arn::parse(arn).is_ok_and(|arn| arn.service == "iam" && arn.resource.starts_with("role/"));
        let policy = match (is_role, account) {
            (true, Some(account)) => match account.role(arn) {
                Known::Known(Some(role)) => ResourcePolicy::Trust(role.trust.clone()),
                Known::Known(None) => return None,
                Known::Unknown(why) => ResourcePolicy::Trust(Known::Unknown(why)),
            },
            (true, None) => {
                let id = self.owner(arn);
                let missing =
                    Missing::never_asked(id.as_ref(), None, "iam get-account-authorization-details");
                ResourcePolicy::Trust(Known::Unknown(Arc::new(missing)))
            }
            (false, _) => ResourcePolicy::Resource(self.resource_policy(arn)),
        };
        Some(ResourceSide { policy, rcp })
    }

    fn resource_policy(&self, arn: &str) -> Known<Option<Document>> {
        if let Some((_, resource)) = self.resource(arn) {
            return resource.policy.clone();
        }
        let Ok(parts) = Arn::parse(arn) else { return Known::Known(None) };
        match ResourceKind::takes_policy(arn) {
            Some(false) => Known::Known(None),
            Some(true) | None => {
                let region = (!parts.region.is_empty()).then_some(parts.region);
                let owner = self.owner(arn);
                let list = (owner.as_ref().and_then(|id| self.account(id)), region);
                if self.iam_only && (owner.is_none() || list.0.is_some()) {
                    return Known::Known(None);
                }
                if let (Some(account), Some(region)) = list
                    && account.listed(ResourceKind::of(arn), region).missing().is_none()
                {
                    // All of them are known, and it is not among them. Every key has a policy.
                    if ResourceKind::of(arn) != ResourceKind::Key {
                        return Known::Known(None);
                    }
                    let reason = Reason::Unsettled { why: "the account lists no such key".to_owned() };
                    let missing = Missing::never_asked(owner.as_ref(), Some(region), "kms get-key-policy");
                    return Known::Unknown(Arc::new(Missing { item: Some(arn.into()), reason, ..missing }));
                }
                let missing = Missing::never_asked(owner.as_ref(), region, "resource-based policy");
                Known::Unknown(Arc::new(Missing { item: Some(arn.into()), ..missing }))
            }
        }
    }

    fn is_management_account(&self, account: &Account) -> bool {
        match self.organization_of(account) {
            Known::Known(Some((organization, _))) => organization.management_account == account.id,
            Known::Known(None) | Known::Unknown(_) => false,
        }
    }

    fn levels(&self, account: &Account, kind: &OrganizationPolicyKind) -> Known<Arc<[PolicyLevel]>> {
        let none = || Known::Known(Arc::new([]) as Arc<[PolicyLevel]>);
        if self.iam_only && self.organization_of(account).missing().is_some() {
            return none();
        }
        self.organization_of(account).and_then(|found| match found {
            Some((organization, node)) => organization.levels(node, kind),
            None => none(),
        })
    }
}

/// What is the same for two principals or resources that the same policies apply to.
///
/// Within one estate. Equal keys give equal answers to requests that are equal in every key, the principal's own keys
/// included; names of nodes and policies do not count.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LayersKey(Box<[usize]>);

/// Parts lists in a key; no pointer has this value.
const APART: usize = 1;

impl PrincipalSide {
    /// Equal for principals to whom the same policies apply.
    pub fn key(&self) -> LayersKey {
        let mut key = Vec::new();
        push_list(&mut key, &self.identity);
        push(&mut key, &self.boundary, |key, boundary| key.extend(boundary.iter().map(Attached::token)));
        if self.management_account {
            key.push(APART);
        } else {
            push_levels(&mut key, &self.scp);
        }
        LayersKey(key.into())
    }
}

impl ResourceSide {
    /// No policy of its own and none of an organisation.
    pub(super) fn nothing() -> Self {
        Self { policy: ResourcePolicy::Resource(Known::Known(None)), rcp: Known::Known(Arc::new([])) }
    }

    /// Equal for resources to which the same policies apply.
    pub fn key(&self) -> LayersKey {
        let mut key = Vec::new();
        let token = |document: &Document| Arc::as_ptr(&document.policy) as usize;
        match &self.policy {
            ResourcePolicy::Resource(policy) => {
                push(&mut key, policy, |key, policy| key.extend(policy.as_ref().map(token)));
            }
            ResourcePolicy::Trust(policy) => {
                key.push(APART);
                push(&mut key, policy, |key, policy| key.push(token(policy)));
            }
        }
        push_levels(&mut key, &self.rcp);
        LayersKey(key.into())
    }
}

fn push<T>(key: &mut Vec<usize>, known: &Known<T>, with: impl FnOnce(&mut Vec<usize>, &T)) {
    match known {
        Known::Known(value) => with(key, value),
        Known::Unknown(why) => key.push(Arc::as_ptr(why) as usize),
    }
    key.push(APART);
}

fn push_list(key: &mut Vec<usize>, list: &Known<Arc<[Attached]>>) {
    push(key, list, |key, list| key.extend(list.iter().map(Attached::token)));
}

fn push_levels(key: &mut Vec<usize>, levels: &Known<Arc<[PolicyLevel]>>) {
    push(key, levels, |key, levels| levels.iter().for_each(|level| push_list(key, &level.policies)));
}

/// The layers of one request, with what is missing in them.
#[derive(Clone, Debug)]
pub struct KnownLayers {
    layers: Layers,
    missing: Vec<(Layer, Arc<Missing>)>,
    principal: PrincipalSide,
    resource: ResourceSide,
}

impl KnownLayers {
    /// The layers of a request of this principal for this resource.
    pub fn new(principal: PrincipalSide, resource: ResourceSide) -> Self {
        let mut missing = Vec::new();
        let identity = policies(&principal.identity, Layer::Identity, &mut missing);
        let boundary = match &principal.boundary {
            Known::Known(None) => Vec::new(),
            Known::Known(Some(attached)) => vec![policy(attached.policy(), Layer::Boundary, &mut missing)],
            // That there is one would be a reason for denials by itself (IAM User Guide, "NotPrincipal").
            Known::Unknown(why) => {
                missing.push((Layer::Boundary, why.clone()));
                Vec::new()
            }
        };
        let scp = match principal.management_account {
            true => levels(&principal.scp, Layer::Scp, &mut Vec::new()),
            false => levels(&principal.scp, Layer::Scp, &mut missing),
        };
        let rcp = levels(&resource.rcp, Layer::Rcp, &mut missing);
        let own = match &resource.policy {
            ResourcePolicy::Resource(Known::Known(None)) => layers::ResourceSide::None,
            ResourcePolicy::Resource(Known::Known(Some(document))) => {
                layers::ResourceSide::Resource(document.policy.clone())
            }
            ResourcePolicy::Resource(Known::Unknown(why)) => {
                let own = policy(Known::Unknown(why.clone()), Layer::Resource, &mut missing);
                layers::ResourceSide::Resource(own)
            }
            ResourcePolicy::Trust(trust) => {
                let own = policy(trust.as_ref().map(|document| &document.policy), Layer::Trust, &mut missing);
                layers::ResourceSide::Trust(own)
            }
        };
        let layers = Layers {
            identity,
            boundary,
            scp,
            rcp,
            resource: own,
            management_account: principal.management_account,
            ..Layers::default()
        };
        Self { layers, missing, principal, resource }
    }

    /// The layers in which everything that is missing allows everything.
    pub fn at_most(&self) -> &Layers {
        &self.layers
    }

    /// What is missing, by layer; a layer that plays no part in a request does no harm.
    pub fn missing(&self) -> &[(Layer, Arc<Missing>)] {
        &self.missing
    }

    /// The same, and something else is missing.
    #[must_use]
    pub(super) fn lacking(mut self, layer: Layer, why: Arc<Missing>) -> Self {
        self.missing.push((layer, why));
        self
    }

    /// What is missing in the layers that have a say in a request.
    pub fn missing_for<'a>(&'a self, request: &Request) -> impl Iterator<Item = &'a (Layer, Arc<Missing>)> {
        let has_say = authorize::applies(request, &self.layers);
        self.missing.iter().filter(move |(layer, _)| has_say(*layer))
    }

    /// The policy in which a statement stands, where it is an attached one: all but resource-based policies.
    pub fn attached(&self, at: StatementRef) -> Option<&Attached> {
        let number = at.policy as usize;
        match at.layer {
            Layer::Identity => nth(&self.principal.identity, number),
            Layer::Boundary => match &self.principal.boundary {
                Known::Known(boundary) => boundary.as_ref(),
                Known::Unknown(_) => None,
            },
            Layer::Scp => nth_of_level(&self.principal.scp, at),
            Layer::Rcp => nth_of_level(&self.resource.rcp, at),
            Layer::Resource | Layer::Trust | Layer::Session | Layer::VpcEndpoint => None,
        }
    }

    /// The document in which a statement stands.
    pub fn document(&self, at: StatementRef) -> Option<&Document> {
        let own = match (&self.resource.policy, at.layer) {
            (ResourcePolicy::Resource(Known::Known(own)), Layer::Resource) => own.as_ref(),
            (ResourcePolicy::Trust(Known::Known(own)), Layer::Trust) => Some(own),
            (ResourcePolicy::Resource(_) | ResourcePolicy::Trust(_), _) => None,
        };
        own.or_else(|| match &self.attached(at)?.document {
            Known::Known(document) => Some(document),
            Known::Unknown(_) => None,
        })
    }
}

fn nth(list: &Known<Arc<[Attached]>>, number: usize) -> Option<&Attached> {
    match list {
        Known::Known(list) => list.get(number),
        Known::Unknown(_) => None,
    }
}

fn nth_of_level(levels: &Known<Arc<[PolicyLevel]>>, at: StatementRef) -> Option<&Attached> {
    match levels {
        Known::Known(levels) => nth(&levels.get(usize::from(at.level))?.policies, at.policy as usize),
        Known::Unknown(_) => None,
    }
}

/// What stands for a policy that is not known: everything is allowed to everybody.
static EVERYTHING: LazyLock<Arc<Policy>> = LazyLock::new(|| {
    let text = br#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#;
    Arc::new(read(text, PolicyType::Resource).policy.expect("a constant document can be read"))
});

type Missings = Vec<(Layer, Arc<Missing>)>;

fn policy(known: Known<&Arc<Policy>>, layer: Layer, missing: &mut Missings) -> Arc<Policy> {
    match known {
        Known::Known(policy) => policy.clone(),
        Known::Unknown(why) => {
            missing.push((layer, why));
            EVERYTHING.clone()
        }
    }
}

fn policies(list: &Known<Arc<[Attached]>>, layer: Layer, missing: &mut Missings) -> Vec<Arc<Policy>> {
    match list {
        Known::Known(list) => list.iter().map(|each| policy(each.policy(), layer, missing)).collect(),
        Known::Unknown(why) => vec![policy(Known::Unknown(why.clone()), layer, missing)],
    }
}

/// Levels that are not known do not limit: there are none.
fn levels(known: &Known<Arc<[PolicyLevel]>>, layer: Layer, missing: &mut Missings) -> Vec<Level> {
    match known {
        Known::Known(levels) => levels
            .iter()
            .map(|level| Level {
                target: level.target.as_ref().to_owned(),
                policies: policies(&level.policies, layer, missing),
            })
            .collect(),
        Known::Unknown(why) => {
            missing.push((layer, why.clone()));
            Vec::new()
        }
    }
}

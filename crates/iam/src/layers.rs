//! The policies that apply to a request, by layer.
//!
//! Which policies apply is the caller's knowledge (attachments, organisation); how the layers combine is
//! [`crate::authorize`]. Names and order are those of the machine interface.

use std::fmt;
use std::sync::Arc;

use crate::policy::Policy;

/// One policy type as it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Layer {
    Scp,
    Rcp,
    VpcEndpoint,
    Boundary,
    Session,
    Resource,
    Identity,
    Trust,
}

impl Layer {
    /// Every layer, in the order in which AWS lists them when it explains a denial
    /// (IAM User Guide, "Troubleshoot access denied error messages").
    pub const ALL: [Self; 8] = [
        Self::Scp,
        Self::Rcp,
        Self::VpcEndpoint,
        Self::Boundary,
        Self::Session,
        Self::Resource,
        Self::Identity,
        Self::Trust,
    ];

    /// Whether its statements are about whoever they are attached to, so that a principal element says nothing.
    pub(crate) fn ignores_principals(self) -> bool {
        match self {
            Self::Identity | Self::Boundary | Self::Session | Self::Scp => true,
            Self::Resource | Self::Trust | Self::VpcEndpoint | Self::Rcp => false,
        }
    }

    /// Its name in input and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scp => "scp",
            Self::Rcp => "rcp",
            Self::VpcEndpoint => "vpc_endpoint",
            Self::Boundary => "boundary",
            Self::Session => "session",
            Self::Resource => "resource",
            Self::Identity => "identity",
            Self::Trust => "trust",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One node of the organisation with the policies attached there.
#[derive(Clone, Debug, Default)]
pub struct Level {
    /// The root, organisational unit or account.
    pub target: String,
    pub policies: Vec<Arc<Policy>>,
}

/// All policies that apply to a request.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// Identity-based policies, those of groups included; none grants nothing.
    pub identity: Vec<Arc<Policy>>,
    /// Permissions boundary; none does not limit.
    pub boundary: Vec<Arc<Policy>>,
    /// Session policies; none do not limit.
    pub session: Vec<Arc<Policy>>,
    /// From the root down to the principal's account; none means no organisation.
    pub scp: Vec<Level>,
    /// From the root down to the resource's account; each has full access besides.
    pub rcp: Vec<Level>,
    /// The policy of the resource, or of a role its trust policy.
    pub resource: ResourceSide,
    /// The policy of the endpoint the call came through; none does not limit.
    pub vpc_endpoint: Vec<Arc<Policy>>,
    /// Whether the principal's account is the organisation's management account.
    pub management_account: bool,
}

/// The policy of a resource.
#[derive(Clone, Debug, Default)]
pub enum ResourceSide {
    #[default]
    None,
    /// A resource-based policy.
    Resource(Arc<Policy>),
    /// A role's trust policy.
    Trust(Arc<Policy>),
}

impl ResourceSide {
    /// The policy with its layer.
    pub fn policy(&self) -> Option<(Layer, &Arc<Policy>)> {
        match self {
            Self::None => None,
            Self::Resource(policy) => Some((Layer::Resource, policy)),
            Self::Trust(policy) => Some((Layer::Trust, policy)),
        }
    }
}

/// Where a statement stands among the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementRef {
    pub layer: Layer,
    /// Number of the SCP or RCP level; zero elsewhere.
    pub level: u16,
    /// Number of the policy within its layer or level.
    pub policy: u32,
    /// Number of the statement within its policy.
    pub statement: u32,
}

impl Layers {
    /// Whether a layer has any policies, or levels that could have some.
    #[inline]
    pub(crate) fn has(&self, layer: Layer) -> bool {
        match layer {
            Layer::Scp => !self.scp.is_empty(),
            Layer::Rcp => !self.rcp.is_empty(),
            Layer::VpcEndpoint => !self.vpc_endpoint.is_empty(),
            Layer::Boundary => !self.boundary.is_empty(),
            Layer::Session => !self.session.is_empty(),
            Layer::Identity => !self.identity.is_empty(),
            Layer::Resource => matches!(self.resource, ResourceSide::Resource(_)),
            Layer::Trust => matches!(self.resource, ResourceSide::Trust(_)),
        }
    }

    /// The policies of a layer, one list for each level.
    pub fn levels(&self, layer: Layer) -> impl Iterator<Item = &[Arc<Policy>]> {
        let (flat, levels): (&[Arc<Policy>], &[Level]) = match layer {
            Layer::Scp => (&[], &self.scp),
            Layer::Rcp => (&[], &self.rcp),
            Layer::VpcEndpoint => (&self.vpc_endpoint, &[]),
            Layer::Boundary => (&self.boundary, &[]),
            Layer::Session => (&self.session, &[]),
            Layer::Identity => (&self.identity, &[]),
            Layer::Resource | Layer::Trust => match self.resource.policy() {
                Some((own, policy)) if own == layer => (std::slice::from_ref(policy), &[]),
                Some(_) | None => (&[], &[]),
            },
        };
        let flat = (!flat.is_empty()).then_some(flat);
        flat.into_iter().chain(levels.iter().map(|level| level.policies.as_slice()))
    }

    /// The policy that a reference names.
    pub fn policy(&self, at: StatementRef) -> Option<&Arc<Policy>> {
        self.levels(at.layer).nth(usize::from(at.level))?.get(at.policy as usize)
    }

    /// The statement that a reference names.
    pub fn statement(&self, at: StatementRef) -> Option<&crate::policy::Statement> {
        self.policy(at)?.statements.get(at.statement as usize)
    }

    /// The same layers with another policy in place of the one a reference names.
    #[must_use]
    pub fn with_policy(&self, at: StatementRef, policy: Arc<Policy>) -> Self {
        let mut changed = self.clone();
        let level = usize::from(at.level);
        let place = match at.layer {
            Layer::Scp => changed.scp.get_mut(level).map(|level| &mut level.policies),
            Layer::Rcp => changed.rcp.get_mut(level).map(|level| &mut level.policies),
            Layer::VpcEndpoint => Some(&mut changed.vpc_endpoint),
            Layer::Boundary => Some(&mut changed.boundary),
            Layer::Session => Some(&mut changed.session),
            Layer::Identity => Some(&mut changed.identity),
            Layer::Resource | Layer::Trust => {
                match &mut changed.resource {
                    ResourceSide::Resource(own) | ResourceSide::Trust(own) => *own = policy,
                    ResourceSide::None => {}
                }
                return changed;
            }
        };
        if let Some(own) = place.and_then(|policies| policies.get_mut(at.policy as usize)) {
            *own = policy;
        }
        changed
    }

    /// The node at which a reference stands, for SCPs and RCPs.
    pub fn target(&self, at: StatementRef) -> Option<&str> {
        let levels = match at.layer {
            Layer::Scp => &self.scp,
            Layer::Rcp => &self.rcp,
            Layer::VpcEndpoint
            | Layer::Boundary
            | Layer::Session
            | Layer::Resource
            | Layer::Identity
            | Layer::Trust => return None,
        };
        levels.get(usize::from(at.level)).map(|level| level.target.as_str())
    }
}

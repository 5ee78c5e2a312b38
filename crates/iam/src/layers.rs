//! The policies that apply to a request, by layer.
//!
//! Which policies apply is the caller's knowledge (attachments, organisation); how the layers combine is
//! [`crate::authorize`]. Names and order are those of the machine interface.

use std::fmt;
use std::sync::Arc;

use crate::action::Action;
use crate::policy::{Effect, Policy};

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

    /// What they allow at most: the statements about an action that are no Deny, every level and policy in its place.
    #[must_use]
    pub fn without_denies(&self, action: &Action) -> Self {
        let policy = |policy: &Arc<Policy>| {
            let about = policy.statements.about(action).map(|(_, statement)| statement);
            let rest: Vec<_> = about.filter(|each| each.effect != Ok(Effect::Deny)).cloned().collect();
            Arc::new(Policy { version: policy.version, id: policy.id.clone(), statements: rest.into() })
        };
        let flat = |policies: &[Arc<Policy>]| policies.iter().map(policy).collect();
        let levels = |levels: &[Level]| {
            let of = |level: &Level| Level { target: level.target.clone(), policies: flat(&level.policies) };
            levels.iter().map(of).collect()
        };
        Self {
            scp: levels(&self.scp),
            rcp: levels(&self.rcp),
            vpc_endpoint: flat(&self.vpc_endpoint),
            boundary: flat(&self.boundary),
            session: flat(&self.session),
            identity: flat(&self.identity),
            resource: match &self.resource {
                ResourceSide::None => ResourceSide::None,
                ResourceSide::Resource(own) => ResourceSide::Resource(policy(own)),
                ResourceSide::Trust(own) => ResourceSide::Trust(policy(own)),
            },
            management_account: self.management_account,
        }
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

#[cfg(test)]
mod tests {
    //! Where a reference to a statement leads.

    use super::*;
    use crate::policy::Version;

    fn policy(id: &str) -> Arc<Policy> {
        Arc::new(Policy { version: Version::V2012, id: Some(id.to_owned()), statements: Vec::new().into() })
    }

    fn level(target: &str, ids: &[&str]) -> Level {
        Level { target: target.to_owned(), policies: ids.iter().map(|id| policy(id)).collect() }
    }

    /// Two policies wherever there can be two, each with an id of its own.
    fn full(resource: ResourceSide) -> Layers {
        Layers {
            identity: vec![policy("identity 0"), policy("identity 1")],
            boundary: vec![policy("boundary 0"), policy("boundary 1")],
            session: vec![policy("session 0"), policy("session 1")],
            scp: vec![level("r-1", &["scp 0"]), level("ou-1", &["scp 1", "scp 2"])],
            rcp: vec![level("r-2", &["rcp 0"]), level("ou-2", &["rcp 1", "rcp 2"])],
            resource,
            vpc_endpoint: vec![policy("endpoint 0"), policy("endpoint 1")],
            management_account: false,
        }
    }

    fn ids(layers: &Layers) -> Vec<String> {
        let every = Layer::ALL.into_iter().flat_map(|layer| layers.levels(layer));
        every.flatten().map(|policy| policy.id.clone().unwrap_or_default()).collect()
    }

    /// The reference leads to the policy `id` at the node `target`, and only that policy is replaced there.
    #[track_caller]
    fn check(layer: Layer, level: u16, number: u32, id: &str, target: Option<&str>) {
        let own = policy("own");
        let resource =
            if layer == Layer::Trust { ResourceSide::Trust(own) } else { ResourceSide::Resource(own) };
        let layers = full(resource);
        let at = StatementRef { layer, level, policy: number, statement: 0 };
        let found = layers.policy(at).and_then(|policy| policy.id.as_deref());
        assert_eq!(found, Some(id), "{at:?}");
        assert_eq!(layers.target(at), target, "{at:?}");
        let expected: Vec<String> =
            ids(&layers).into_iter().map(|one| if one == id { "another".to_owned() } else { one }).collect();
        assert_eq!(ids(&layers.with_policy(at, policy("another"))), expected, "{at:?}");
    }

    #[test]
    fn a_reference_leads_to_one_policy_of_one_layer() {
        check(Layer::Identity, 0, 1, "identity 1", None);
        check(Layer::Boundary, 0, 1, "boundary 1", None);
        check(Layer::Session, 0, 0, "session 0", None);
        check(Layer::VpcEndpoint, 0, 1, "endpoint 1", None);
        check(Layer::Resource, 0, 0, "own", None);
        check(Layer::Trust, 0, 0, "own", None);
        check(Layer::Scp, 0, 0, "scp 0", Some("r-1"));
        check(Layer::Scp, 1, 1, "scp 2", Some("ou-1"));
        check(Layer::Rcp, 0, 0, "rcp 0", Some("r-2"));
        check(Layer::Rcp, 1, 0, "rcp 1", Some("ou-2"));
    }

    #[test]
    fn the_policy_of_a_resource_is_of_one_layer() {
        let count = |layers: &Layers, layer: Layer| layers.levels(layer).count();
        let trust = full(ResourceSide::Trust(policy("own")));
        assert_eq!((count(&trust, Layer::Trust), count(&trust, Layer::Resource)), (1, 0));
        let resource = full(ResourceSide::Resource(policy("own")));
        assert_eq!((count(&resource, Layer::Trust), count(&resource, Layer::Resource)), (0, 1));
    }

    #[test]
    fn a_reference_to_nothing_leads_nowhere_and_replaces_nothing() {
        let layers = full(ResourceSide::None);
        for (layer, level, policy_number) in [
            (Layer::Identity, 0, 2),
            (Layer::Scp, 0, 1),
            (Layer::Rcp, 2, 0),
            (Layer::Resource, 0, 0),
            (Layer::Trust, 0, 0),
        ] {
            let at = StatementRef { layer, level, policy: policy_number, statement: 0 };
            assert_eq!(layers.policy(at), None, "{at:?}");
            assert_eq!(layers.statement(at), None, "{at:?}");
            assert_eq!(ids(&layers.with_policy(at, policy("another"))), ids(&layers), "{at:?}");
        }
        assert_eq!(
            layers.target(StatementRef { layer: Layer::Rcp, level: 2, policy: 0, statement: 0 }),
            None
        );
    }
}

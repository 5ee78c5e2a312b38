//! An organisation: its tree, its policies of every type, and where they are attached.
//!
//! Which levels apply to an account follows from here; what they decide does not. A node whose parent is not known
//! has no path and no levels, only the reason. Follows Organizations User Guide, "SCP evaluation" (aws-facts §2).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::known::{Known, Missing, Reason};
use super::layers::PolicyLevel;
use super::policies::{Attached, Document, Via};
use crate::arn::AccountId;

/// One organisation.
#[derive(Clone, Debug)]
pub struct Organization {
    /// `o-…`.
    pub id: Arc<str>,
    pub management_account: AccountId,
    /// The policy types that are enabled at the root; another type has no effect, whatever is attached.
    pub enabled: Known<Vec<OrganizationPolicyKind>>,
    /// By id.
    pub policies: Vec<OrganizationPolicy>,
    /// The delegation policy, which lets other accounts manage policies.
    pub resource_policy: Known<Option<Document>>,
    /// Parents before children.
    nodes: Vec<Node>,
    /// Where a node stands in `nodes`, by id.
    places: BTreeMap<Arc<str>, usize>,
}

/// The root, an organisational unit, or an account as the organisation sees it.
#[derive(Clone, Debug)]
pub struct Node {
    /// `r-…`, `ou-…` or the twelve digits.
    pub id: Arc<str>,
    pub arn: Arc<str>,
    pub name: Option<Arc<str>>,
    pub kind: NodeKind,
    /// Id of the parent; none for the root.
    pub parent: Known<Option<Arc<str>>>,
    /// The value of `aws:PrincipalOrgPaths`: `o-…/r-…/ou-…/`, of an account that of its parent.
    pub path: Known<Arc<str>>,
    /// Of an account: `ACTIVE`, `SUSPENDED` and so on, as AWS spells it.
    pub state: Option<Arc<str>>,
    /// The ids of the policies attached here, by type; a type without an entry was never asked about.
    pub attached: BTreeMap<OrganizationPolicyKind, Known<Vec<Arc<str>>>>,
}

impl Node {
    /// A node of which an ARN is known, the id its last part, and which policies are attached to it.
    pub fn new(
        arn: &str,
        kind: NodeKind,
        parent: Option<&str>,
        attached: BTreeMap<OrganizationPolicyKind, Vec<Arc<str>>>,
    ) -> Self {
        Self {
            id: arn.rsplit('/').next().unwrap_or(arn).into(),
            arn: arn.into(),
            name: None,
            kind,
            parent: Known::Known(parent.map(Arc::from)),
            // Said by the organisation once the node stands in it.
            path: Known::Known(Arc::from("")),
            state: None,
            attached: attached.into_iter().map(|(kind, ids)| (kind, Known::Known(ids))).collect(),
        }
    }
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    Root,
    Unit,
    Account(AccountId),
}

/// A policy type of Organizations.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrganizationPolicyKind {
    ServiceControl,
    ResourceControl,
    Bedrock,
    /// Any other, as the API spells it.
    Other(Arc<str>),
}

impl OrganizationPolicyKind {
    /// The type of this name in the API (`PolicyType`).
    pub fn new(name: &str) -> Self {
        match name {
            "SERVICE_CONTROL_POLICY" => Self::ServiceControl,
            "RESOURCE_CONTROL_POLICY" => Self::ResourceControl,
            "BEDROCK_POLICY" => Self::Bedrock,
            other => Self::Other(other.into()),
        }
    }

    /// Its name in the API.
    pub fn as_str(&self) -> &str {
        match self {
            Self::ServiceControl => "SERVICE_CONTROL_POLICY",
            Self::ResourceControl => "RESOURCE_CONTROL_POLICY",
            Self::Bedrock => "BEDROCK_POLICY",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for OrganizationPolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A policy of the organisation, attached somewhere or not.
#[derive(Clone, Debug)]
pub struct OrganizationPolicy {
    /// `p-…`.
    pub id: Arc<str>,
    pub arn: Arc<str>,
    pub name: Arc<str>,
    pub kind: OrganizationPolicyKind,
    pub aws_managed: bool,
    /// Its text as it was stored; declarative policies are in a language of their own.
    pub text: Known<Arc<str>>,
    /// The statements of an SCP or RCP; a declarative policy has none.
    pub document: Option<Known<Document>>,
}

/// Why a tree of nodes is not an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrganizationProblem {
    /// Two nodes have the same id.
    Twice { id: Arc<str> },
    /// A parent that is not there.
    Parent { id: Arc<str>, parent: Arc<str> },
    /// A node is its own ancestor.
    Circle { id: Arc<str> },
}

impl fmt::Display for OrganizationProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twice { id } => write!(f, "`{id}` stands in the organisation twice"),
            Self::Parent { id, parent } => {
                write!(f, "`{id}` stands below `{parent}`, which the organisation does not have")
            }
            Self::Circle { id } => write!(f, "`{id}` stands below itself"),
        }
    }
}

impl std::error::Error for OrganizationProblem {}

impl Organization {
    /// Puts an organisation together: sorts its nodes and policies and fills in the paths.
    ///
    /// # Errors
    /// [`OrganizationProblem`] when the nodes are not a tree.
    pub fn new(
        id: Arc<str>,
        management_account: AccountId,
        enabled: Known<Vec<OrganizationPolicyKind>>,
        nodes: Vec<Node>,
        mut policies: Vec<OrganizationPolicy>,
        resource_policy: Known<Option<Document>>,
    ) -> Result<Self, OrganizationProblem> {
        let nodes = in_order(&id, nodes)?;
        let places = nodes.iter().enumerate().map(|(place, node)| (node.id.clone(), place)).collect();
        policies.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self { id, management_account, enabled, policies, resource_policy, nodes, places })
    }

    /// The same organisation with policies taken off everywhere and others attached.
    ///
    /// `added` says where each is attached, by the ids of nodes; ids that no node has are left out.
    #[must_use]
    pub fn with_policies(
        mut self,
        added: Vec<(OrganizationPolicy, Vec<Arc<str>>)>,
        dropped: &BTreeSet<Arc<str>>,
    ) -> Self {
        self.policies.retain(|policy| !dropped.contains(&policy.id));
        for node in &mut self.nodes {
            for attached in node.attached.values_mut() {
                if let Known::Known(ids) = attached {
                    ids.retain(|id| !dropped.contains(id));
                }
            }
        }
        for (policy, nodes) in added {
            for id in nodes {
                let Some(place) = self.places.get(&id) else { continue };
                let attached = self.nodes[*place].attached.entry(policy.kind.clone());
                if let Known::Known(ids) = attached.or_insert_with(|| Known::Known(Vec::new())) {
                    ids.push(policy.id.clone());
                }
            }
            self.policies.push(policy);
        }
        self.policies.sort_by(|a, b| a.id.cmp(&b.id));
        self
    }

    /// The nodes, parents before children and otherwise by id.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node of this id.
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.places.get(id).map(|place| &self.nodes[*place])
    }

    /// The policy of this id.
    pub fn policy(&self, id: &str) -> Option<&OrganizationPolicy> {
        let found = self.policies.binary_search_by(|policy| policy.id.as_ref().cmp(id));
        found.ok().map(|at| &self.policies[at])
    }

    /// The nodes from the root down to this one.
    pub fn chain<'a>(&'a self, node: &'a Node) -> Known<Vec<&'a Node>> {
        let mut chain = vec![node];
        let mut parent = &node.parent;
        loop {
            match parent {
                Known::Known(None) => break,
                Known::Known(Some(id)) => {
                    let above = &self.nodes[self.places[id]];
                    chain.push(above);
                    parent = &above.parent;
                }
                Known::Unknown(why) => return Known::Unknown(why.clone()),
            }
        }
        chain.reverse();
        Known::Known(chain)
    }

    /// The policies of a type at one node, in the order in which the source names them.
    pub fn attached(&self, node: &Node, kind: &OrganizationPolicyKind) -> Known<Vec<&OrganizationPolicy>> {
        let unknown = |what: String, item: &Arc<str>, reason: Reason| {
            Known::Unknown(Arc::new(Missing {
                account: Some(self.management_account),
                region: None,
                what: what.into(),
                item: Some(item.clone()),
                file: None,
                reason,
            }))
        };
        let ids = match node.attached.get(kind) {
            Some(Known::Known(ids)) => ids,
            Some(Known::Unknown(why)) => return Known::Unknown(why.clone()),
            None => return unknown(format!("policies of type {kind}"), &node.id, Reason::NeverAsked),
        };
        let mut policies = Vec::with_capacity(ids.len());
        for id in ids {
            match self.policy(id) {
                Some(policy) => policies.push(policy),
                None => return unknown("policy".to_owned(), id, Reason::NoText),
            }
        }
        Known::Known(policies)
    }

    /// The levels of SCPs or RCPs from the root down to a node; none where the type is not enabled.
    pub fn levels(&self, node: &Node, kind: &OrganizationPolicyKind) -> Known<Arc<[PolicyLevel]>> {
        match &self.enabled {
            Known::Known(enabled) if !enabled.contains(kind) => return Known::Known(Arc::new([])),
            Known::Known(_) => {}
            Known::Unknown(why) => return Known::Unknown(why.clone()),
        }
        let level = |node: &&Node| {
            let attached = self.attached(node, kind);
            let policies = attached.map(|list| list.into_iter().map(OrganizationPolicy::attached).collect());
            PolicyLevel { target: node.id.clone(), policies }
        };
        self.chain(node).map(|chain| chain.iter().map(level).collect())
    }
}

impl OrganizationPolicy {
    fn attached(&self) -> Attached {
        Attached {
            name: self.name.clone(),
            arn: Some(self.arn.clone()),
            via: Via::Own,
            document: self.document.clone().unwrap_or_else(|| {
                let missing = Missing::never_asked(None, None, "statements of a declarative policy");
                Known::Unknown(Arc::new(Missing { item: Some(self.id.clone()), ..missing }))
            }),
        }
    }
}

/// The nodes with parents before children, and with their paths.
fn in_order(organization: &str, mut nodes: Vec<Node>) -> Result<Vec<Node>, OrganizationProblem> {
    nodes.sort_by(|a, b| a.id.cmp(&b.id));
    if let Some(pair) = nodes.windows(2).find(|pair| pair[0].id == pair[1].id) {
        return Err(OrganizationProblem::Twice { id: pair[0].id.clone() });
    }
    let by_id: BTreeMap<Arc<str>, usize> =
        nodes.iter().enumerate().map(|(number, node)| (node.id.clone(), number)).collect();
    // Depth and path of each node; a path that leads through an unknown parent is unknown for its reason.
    let mut paths: Vec<(usize, Known<Arc<str>>)> = Vec::with_capacity(nodes.len());
    for node in &nodes {
        let mut parts: Vec<&str> = Vec::new();
        let mut depth = 0;
        let mut at = node;
        let path = loop {
            if !matches!(at.kind, NodeKind::Account(_)) {
                parts.push(&at.id);
            }
            match &at.parent {
                Known::Known(None) => {
                    parts.push(organization);
                    parts.reverse();
                    break Known::Known(format!("{}/", parts.join("/")).into());
                }
                Known::Known(Some(parent)) => {
                    let Some(above) = by_id.get(parent) else {
                        return Err(OrganizationProblem::Parent {
                            id: at.id.clone(),
                            parent: parent.clone(),
                        });
                    };
                    at = &nodes[*above];
                }
                Known::Unknown(why) => break Known::Unknown(why.clone()),
            }
            depth += 1;
            if depth > nodes.len() {
                return Err(OrganizationProblem::Circle { id: node.id.clone() });
            }
        };
        paths.push((depth, path));
    }
    let mut placed: Vec<(usize, Node)> =
        nodes.into_iter().zip(paths).map(|(node, (depth, path))| (depth, Node { path, ..node })).collect();
    placed.sort_by(|(a, first), (b, second)| (a, &first.id).cmp(&(b, &second.id)));
    Ok(placed.into_iter().map(|(_, node)| node).collect())
}

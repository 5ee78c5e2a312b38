//! The policies that apply to one authorisation, and where each of them stands.
//!
//! Some are given by the user, file by file, others come from a data set. What is missing among them is kept beside them;
//! what the policies decide is not asked here.

use std::collections::BTreeMap;
use std::sync::Arc;

use iam::estate::{KnownLayers, Missing, Via};
use iam::layers::{Layer, Layers, ResourceSide, StatementRef};
use iam::request::Request;

use crate::input::Document;
use crate::place::Places;

/// Where a policy stands among the layers: its layer, level and number.
type Number = (Layer, u16, u32);

/// The policies of one authorisation.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    pub layers: Layers,
    given: BTreeMap<Number, Document>,
    known: Option<(KnownLayers, Places)>,
    /// Layers of which nothing is taken from the data set.
    replaced: Vec<Layer>,
}

/// A statement with what a person finds it by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    pub layer: Layer,
    /// The node of the organisation, for SCPs and RCPs.
    pub target: Option<String>,
    /// Name of its policy, where that has one of its own.
    pub policy: Option<String>,
    /// Number of the policy in its layer or level, and of the statement in the policy.
    pub numbers: (u32, u32),
    pub sid: Option<String>,
    /// `file:line:column`, where that is known.
    pub place: Option<String>,
}

impl Policies {
    /// Those that a data set knows.
    pub fn known(known: KnownLayers, places: &Places) -> Self {
        Self { layers: known.at_most().clone(), known: Some((known, places.clone())), ..Self::default() }
    }

    /// Adds what the user gives: more identity and session policies beside those that are known, and in place of what is
    /// known a boundary, the levels of an organisation, and the policy of the resource.
    pub fn add(&mut self, given: &Self) {
        let (mine, theirs) = (&mut self.layers, &given.layers);
        let mut replace = |layer: Layer, is_given: bool| {
            if is_given {
                self.replaced.push(layer);
            }
            is_given
        };
        if replace(Layer::Boundary, !theirs.boundary.is_empty()) {
            mine.boundary.clear();
        }
        if replace(Layer::Scp, !theirs.scp.is_empty()) {
            mine.scp.clone_from(&theirs.scp);
        }
        if replace(Layer::Rcp, !theirs.rcp.is_empty()) {
            mine.rcp.clone_from(&theirs.rcp);
        }
        if theirs.resource.policy().is_some() {
            self.replaced.extend([Layer::Resource, Layer::Trust]);
            mine.resource = theirs.resource.clone();
        }
        mine.management_account |= theirs.management_account;
        for ((layer, level, number), document) in &given.given {
            let number = match flat(mine, *layer) {
                Some(policies) => {
                    policies.push(document.policy.clone());
                    policies.len() as u32 - 1
                }
                None => *number,
            };
            self.given.insert((*layer, *level, number), document.clone());
        }
    }

    /// Takes nothing of these layers from the data set.
    pub fn without(&mut self, layers: &[Layer]) {
        for layer in layers {
            match layer {
                Layer::Scp => self.layers.scp.clear(),
                Layer::Rcp => self.layers.rcp.clear(),
                Layer::Resource | Layer::Trust => {
                    if self.layers.resource.policy().is_some_and(|(own, _)| own == *layer) {
                        self.layers.resource = ResourceSide::None;
                    }
                }
                Layer::Identity => self.layers.identity.clear(),
                Layer::Boundary => self.layers.boundary.clear(),
                Layer::Session => self.layers.session.clear(),
                Layer::VpcEndpoint => self.layers.vpc_endpoint.clear(),
            }
        }
        self.replaced.extend(layers);
    }

    /// Adds a document to a layer, for SCPs and RCPs at a level that exists.
    pub fn attach(&mut self, layer: Layer, level: u16, document: Document) {
        let policy = document.policy.clone();
        let levels = usize::from(level);
        let policies = match layer {
            Layer::Scp => &mut self.layers.scp[levels].policies,
            Layer::Rcp => &mut self.layers.rcp[levels].policies,
            Layer::Identity => &mut self.layers.identity,
            Layer::Boundary => &mut self.layers.boundary,
            Layer::Session => &mut self.layers.session,
            Layer::VpcEndpoint => &mut self.layers.vpc_endpoint,
            Layer::Resource | Layer::Trust => {
                let is_trust = layer == Layer::Trust;
                let side = if is_trust { ResourceSide::Trust } else { ResourceSide::Resource };
                self.layers.resource = side(policy);
                self.given.insert((layer, 0, 0), document);
                return;
            }
        };
        policies.push(policy);
        self.given.insert((layer, level, policies.len() as u32 - 1), document);
    }

    /// The documents that the user gave, in order.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.given.values()
    }

    /// What is missing in the layers that have a say in a request.
    pub fn missing(&self, request: &Request) -> Vec<Arc<Missing>> {
        let Some((known, _)) = &self.known else { return Vec::new() };
        let mut missing: Vec<_> = known
            .missing_for(request)
            .filter(|(layer, _)| !self.replaced.contains(layer))
            .map(|(_, why)| why.clone())
            .collect();
        missing.sort();
        missing.dedup();
        missing
    }

    /// A statement as it is shown.
    pub fn statement(&self, at: StatementRef) -> Shown {
        let body = self.layers.statement(at);
        Shown {
            layer: at.layer,
            target: self.layers.target(at).map(str::to_owned),
            policy: self.name(at),
            numbers: (at.policy, at.statement),
            sid: body.and_then(|statement| statement.sid.clone()),
            place: self.place(at),
        }
    }

    /// Whether a statement stands in for a policy that is not known.
    pub fn is_stand_in(&self, at: StatementRef) -> bool {
        let known = self.known.as_ref();
        self.given(at).is_none() && known.is_some_and(|(known, _)| known.document(at).is_none())
    }

    /// ARN of the policy in which a statement stands, where it has one.
    pub fn arn(&self, at: StatementRef) -> Option<&str> {
        match (self.given(at), &self.known) {
            (Some(document), _) => Some(document.origin.as_str()).filter(|origin| origin.starts_with("arn:")),
            (None, Some((known, _))) => known.attached(at)?.arn.as_deref(),
            (None, None) => None,
        }
    }

    fn given(&self, at: StatementRef) -> Option<&Document> {
        self.given.get(&(at.layer, at.level, at.policy))
    }

    fn name(&self, at: StatementRef) -> Option<String> {
        match (self.given(at), &self.known) {
            (Some(document), _) => document.name.clone(),
            (None, Some((known, _))) => {
                let attached = known.attached(at)?;
                Some(match &attached.via {
                    Via::Own => attached.name.as_ref().to_owned(),
                    Via::Group(group) => format!("{} of group {group}", attached.name),
                })
            }
            (None, None) => None,
        }
    }

    fn place(&self, at: StatementRef) -> Option<String> {
        match (self.given(at), &self.known) {
            (Some(document), _) => Some(document.place(at.statement as usize)),
            (None, Some((known, places))) => {
                Some(places.statement(known.document(at)?, at.statement as usize))
            }
            (None, None) => None,
        }
    }
}

/// The policies of a layer that unites those that are given with those that are known.
fn flat(layers: &mut Layers, layer: Layer) -> Option<&mut Vec<Arc<iam::Policy>>> {
    match layer {
        Layer::Identity => Some(&mut layers.identity),
        Layer::Boundary => Some(&mut layers.boundary),
        Layer::Session => Some(&mut layers.session),
        Layer::VpcEndpoint => Some(&mut layers.vpc_endpoint),
        Layer::Scp | Layer::Rcp | Layer::Resource | Layer::Trust => None,
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(sid) = &self.sid {
            write!(f, "\"{sid}\" ")?;
        }
        match (&self.policy, &self.place) {
            (Some(policy), Some(place)) => write!(f, "{policy} in {place}"),
            (Some(policy), None) => f.write_str(policy),
            (None, Some(place)) => f.write_str(place),
            (None, None) => write!(f, "statement {}", self.numbers.1),
        }
    }
}

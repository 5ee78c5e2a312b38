//! An organisation to try charters on, and the evaluator's answer under what was compiled.

#![allow(dead_code)]

use std::collections::BTreeMap;
use std::sync::Arc;

use charter::compile::AreaFence;
use charter::{Diagnostic, Model};
use iam::arn::AccountId;
use iam::estate::{Known, Node, NodeKind, Organization, OrganizationPolicyKind};
use iam::layers::{Layers, Level};
use iam::policy::{Policy, PolicyType, read};

/// Id, name, parent; accounts have twelve digits.
const NODES: [(&str, &str, &str); 13] = [
    ("r-ab12", "Root", ""),
    ("ou-ab12-workload1", "workloads", "r-ab12"),
    ("ou-ab12-prodprod", "prod", "ou-ab12-workload1"),
    ("ou-ab12-devdev11", "dev", "ou-ab12-workload1"),
    ("ou-ab12-research", "research", "r-ab12"),
    ("111111111111", "management", "r-ab12"),
    ("222222222222", "shop", "ou-ab12-prodprod"),
    ("333333333333", "payments", "ou-ab12-prodprod"),
    ("444444444444", "playground", "ou-ab12-devdev11"),
    ("555555555555", "lab", "ou-ab12-research"),
    ("666666666666", "tools", "ou-ab12-workload1"),
    // Made after the charter was compiled.
    ("ou-ab12-newnew11", "new", "ou-ab12-prodprod"),
    ("777777777777", "newcomer", "ou-ab12-newnew11"),
];

/// The organisation, as it is or as it is later: a unit more, and an account that was moved.
pub fn organization(later: bool) -> Organization {
    let known = if later { &NODES[..] } else { &NODES[..11] };
    let nodes = known.iter().map(|(id, name, parent)| {
        let parent = if later && *id == "444444444444" { "ou-ab12-prodprod" } else { parent };
        let kind = match AccountId::new(id) {
            Ok(account) => NodeKind::Account(account),
            Err(_) if id.starts_with("r-") => NodeKind::Root,
            Err(_) => NodeKind::Unit,
        };
        let arn = format!("arn:aws:organizations::111111111111:x/o-abc1234567/{id}");
        let parent = (!parent.is_empty()).then_some(parent);
        Node { name: Some((*name).into()), ..Node::new(&arn, kind, parent, BTreeMap::new()) }
    });
    let management = AccountId::new("111111111111").unwrap();
    let enabled = Known::Known(vec![OrganizationPolicyKind::ServiceControl]);
    let id = "o-abc1234567".into();
    Organization::new(id, management, enabled, nodes.collect(), Vec::new(), Known::Known(None)).unwrap()
}

/// A charter on the organisation as it is.
pub fn model(text: &str) -> Result<Model, Vec<Diagnostic>> {
    let syntax = charter::syntax::read(text)?;
    Model::new(&syntax, &organization(false), None).map(|(model, _)| model)
}

/// One document of a node's statements, to evaluate and not to attach: it may be longer than AWS takes.
pub fn document(fence: &AreaFence) -> String {
    let statements: Vec<String> = fence.statements.iter().map(charter::compile::Statement::text).collect();
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

pub fn policy(text: &str, policy_type: PolicyType) -> Arc<Policy> {
    let read = read(text.as_bytes(), policy_type);
    assert!(read.problems.is_empty(), "{:?} in {text}", read.problems);
    Arc::new(read.policy.unwrap())
}

const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

/// Somebody whom policies allow everything, under what the charter wants, a level for each rule.
pub fn by_levels(spelled: &[String]) -> Layers {
    let level = |text: &String| Level {
        target: "charter".to_owned(),
        policies: vec![policy(text, PolicyType::Identity)],
    };
    Layers {
        identity: vec![policy(EVERYTHING, PolicyType::Identity)],
        scp: spelled.iter().map(level).collect(),
        ..Layers::default()
    }
}

/// The fence, ready to be put on accounts.
pub struct Fence {
    by_node: BTreeMap<String, Vec<Arc<Policy>>>,
    full: Arc<Policy>,
    admin: Arc<Policy>,
}

impl Fence {
    pub fn new(fences: &[AreaFence]) -> Self {
        let by_node = fences
            .iter()
            .filter(|fence| !fence.statements.is_empty())
            .map(|fence| (fence.node.to_string(), vec![policy(&document(fence), PolicyType::ServiceControl)]))
            .collect();
        Self::of(by_node)
    }

    /// As it is attached.
    pub fn packed(documents: &[charter::pack::Document]) -> Self {
        let mut by_node: BTreeMap<String, Vec<Arc<Policy>>> = BTreeMap::new();
        for document in documents {
            let policy = policy(&document.text(), PolicyType::ServiceControl);
            for node in &document.nodes {
                by_node.entry(node.to_string()).or_default().push(policy.clone());
            }
        }
        Self::of(by_node)
    }

    fn of(by_node: BTreeMap<String, Vec<Arc<Policy>>>) -> Self {
        let full = policy(EVERYTHING, PolicyType::ServiceControl);
        Self { by_node, full, admin: policy(EVERYTHING, PolicyType::Identity) }
    }

    /// Somebody whom policies allow everything, under the fence.
    pub fn layers(&self, chain: &[&str]) -> Layers {
        let level = |id: &&str| {
            let own = self.by_node.get(*id).into_iter().flatten();
            Level {
                target: (*id).to_owned(),
                policies: std::iter::once(&self.full).chain(own).cloned().collect(),
            }
        };
        Layers {
            identity: vec![self.admin.clone()],
            scp: chain.iter().map(level).collect(),
            ..Layers::default()
        }
    }
}

/// The ids from the root down to an account, and the value of `aws:PrincipalOrgPaths`.
pub fn place<'a>(organization: &'a Organization, account: &str) -> (Vec<&'a str>, String) {
    let node = organization.node(account).unwrap();
    let (Known::Known(chain), Known::Known(path)) = (organization.chain(node), &node.path) else {
        panic!("the organisation is whole");
    };
    (chain.iter().map(|node| node.id.as_ref()).collect(), path.to_string())
}

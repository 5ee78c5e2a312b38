//! The dump of one account's IAM that `aws iam get-account-authorization-details` prints.
//!
//! From it come a principal's identity policies (its own, its groups', attached and inline), its boundary and
//! tags, and the trust policies of roles. An attached policy is taken from the dump; an AWS managed policy
//! that the dump leaves out, from the reference; one that neither has is an error, since an answer without it
//! would be a guess.

use std::path::Path;
use std::sync::Arc;

use iam::json::{self, Node};
use iam::policy::PolicyType;
use iam::principal::Principal;

use crate::input::{self, Complaint, Document};

/// Longest dump that is read, in bytes.
const DUMP_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// A dump that has been parsed.
#[derive(Clone, Debug)]
pub struct Dump {
    origin: String,
    text: Arc<str>,
    root: Arc<Node>,
}

/// What a dump knows of one user or role.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    pub policies: Vec<Document>,
    pub boundary: Option<Document>,
    pub tags: Vec<(String, String)>,
}

impl Dump {
    /// Reads a dump.
    ///
    /// # Errors
    /// A complaint when it is not JSON or not such a dump.
    pub fn read(path: &Path) -> Result<Self, Vec<Complaint>> {
        let bytes = input::read_file(path, DUMP_BYTES_MAX).map_err(|complaint| vec![complaint])?;
        Self::parse(&path.display().to_string(), &bytes)
    }

    /// Parses a dump.
    ///
    /// # Errors
    /// A complaint when it is not JSON or not such a dump.
    pub fn parse(origin: &str, bytes: &[u8]) -> Result<Self, Vec<Complaint>> {
        let text = String::from_utf8_lossy(bytes);
        let root = json::parse(bytes)
            .map_err(|error| vec![Complaint::at(origin, &text, error.offset, error.to_string())])?;
        let is_dump = ["UserDetailList", "RoleDetailList"].iter().any(|name| root.get(name).is_some());
        if !is_dump {
            let complaint =
                Complaint::new(origin, "is not the output of `aws iam get-account-authorization-details`");
            return Err(vec![
                complaint.hint("it has `UserDetailList`, `GroupDetailList`, `RoleDetailList` and `Policies`"),
            ]);
        }
        Ok(Self { origin: origin.to_owned(), text: text.into(), root: Arc::new(root) })
    }

    /// What it knows of the user, or of the role behind a session.
    ///
    /// # Errors
    /// Complaints when it does not know the principal or a policy attached to it.
    pub fn identity(&self, principal: &Principal) -> Result<Identity, Vec<Complaint>> {
        let (node, is_user) = match principal {
            Principal::User { arn, .. } => (self.find("UserDetailList", "Arn", arn), true),
            Principal::FederatedUser { user_arn: Some(user), .. } => {
                (self.find("UserDetailList", "Arn", user), true)
            }
            Principal::Role { arn, .. } | Principal::RoleSession { role_arn: Some(arn), .. } => {
                (self.find("RoleDetailList", "Arn", arn), false)
            }
            Principal::RoleSession { role_name, .. } => {
                (self.find("RoleDetailList", "RoleName", role_name), false)
            }
            Principal::Root { .. } => return Ok(Identity::default()),
            Principal::FederatedUser { user_arn: None, .. }
            | Principal::Anonymous
            | Principal::Service { .. }
            | Principal::Federated { .. } => return Ok(Identity::default()),
        };
        let Some(node) = node else {
            return Err(vec![Complaint::new(&self.origin, format!("knows no `{principal}`"))]);
        };
        let mut found = Identity { tags: tags(node), ..Identity::default() };
        let mut complaints = Vec::new();
        self.own_policies(node, &mut found, &mut complaints);
        if is_user {
            for group in list(node, "GroupList").iter().filter_map(Node::as_text) {
                match self.find("GroupDetailList", "GroupName", group) {
                    Some(group) => self.own_policies(group, &mut found, &mut complaints),
                    None => {
                        complaints.push(Complaint::new(&self.origin, format!("knows no group `{group}`")))
                    }
                }
            }
        }
        let boundary =
            node.get("PermissionsBoundary").and_then(|boundary| boundary.get("PermissionsBoundaryArn"));
        if let Some(arn) = boundary.and_then(Node::as_text) {
            match self.managed(arn, PolicyType::PermissionsBoundary) {
                Ok(document) => found.boundary = Some(document),
                Err(more) => complaints.extend(more),
            }
        }
        if complaints.is_empty() { Ok(found) } else { Err(complaints) }
    }

    /// The role with its path that a session belongs to, by the role's name.
    pub fn role_arn(&self, role_name: &str) -> Option<&str> {
        self.find("RoleDetailList", "RoleName", role_name)?.get("Arn")?.as_text()
    }

    /// The trust policy of a role.
    ///
    /// # Errors
    /// Complaints when the policy cannot be read.
    pub fn trust(&self, role_arn: &str) -> Option<Result<Document, Vec<Complaint>>> {
        let role = self.find("RoleDetailList", "Arn", role_arn)?;
        let document = role.get("AssumeRolePolicyDocument")?;
        Some(self.document(&format!("trust policy of {role_arn}"), document, PolicyType::Trust))
    }

    fn own_policies(&self, node: &Node, found: &mut Identity, complaints: &mut Vec<Complaint>) {
        for inline in
            ["UserPolicyList", "GroupPolicyList", "RolePolicyList"].iter().flat_map(|name| list(node, name))
        {
            let name = inline.get("PolicyName").and_then(Node::as_text).unwrap_or("inline policy");
            let Some(document) = inline.get("PolicyDocument") else { continue };
            match self.document(name, document, PolicyType::Identity) {
                Ok(document) => found.policies.push(document),
                Err(more) => complaints.extend(more),
            }
        }
        for attached in list(node, "AttachedManagedPolicies") {
            let Some(arn) = attached.get("PolicyArn").and_then(Node::as_text) else { continue };
            match self.managed(arn, PolicyType::Identity) {
                Ok(document) => found.policies.push(document),
                Err(more) => complaints.extend(more),
            }
        }
    }

    /// The default version of a managed policy.
    fn managed(&self, arn: &str, policy_type: PolicyType) -> Result<Document, Vec<Complaint>> {
        let Some(policy) = self.find("Policies", "Arn", arn) else {
            return input::managed(arn, policy_type).map_err(|_| {
                let message = format!("attaches `{arn}`, whose text neither the dump nor the reference has");
                let hint = "dump again without --filter, so that `Policies` is complete";
                vec![Complaint::new(&self.origin, message).hint(hint)]
            });
        };
        let is_default = |version: &&Node| {
            version.get("IsDefaultVersion").map(|node| &node.value) == Some(&json::Value::Bool(true))
        };
        let version = list(policy, "PolicyVersionList").iter().find(is_default);
        match version.and_then(|version| version.get("Document")) {
            Some(document) => self.document(arn, document, policy_type),
            None => Err(vec![Complaint::new(&self.origin, format!("has no default version of `{arn}`"))]),
        }
    }

    fn document(&self, name: &str, node: &Node, policy_type: PolicyType) -> Result<Document, Vec<Complaint>> {
        let mut document = input::from_node(&self.origin, &self.text, node, policy_type)?;
        document.name = Some(name.to_owned());
        Ok(document)
    }

    fn find(&self, list_name: &str, field: &str, wanted: &str) -> Option<&Node> {
        list(&self.root, list_name)
            .iter()
            .find(|node| node.get(field).and_then(Node::as_text) == Some(wanted))
    }
}

fn list<'a>(node: &'a Node, name: &str) -> &'a [Node] {
    node.get(name).and_then(Node::as_list).unwrap_or(&[])
}

fn tags(node: &Node) -> Vec<(String, String)> {
    let text = |tag: &Node, field: &str| tag.get(field).and_then(Node::as_text).map(str::to_owned);
    list(node, "Tags").iter().filter_map(|tag| Some((text(tag, "Key")?, text(tag, "Value")?))).collect()
}

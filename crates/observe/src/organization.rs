//! The organisation, from the folder of its management account.
//!
//! The tree comes level by level, attachments from the policies. What of it is not known stays unknown alone: an account
//! whose place nobody told has no levels, a policy type whose targets were denied has none known at any node.
//! Follows Organizations API Reference, the calls of `data/calls.toml`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use iam::arn::{AccountId, Arn};
use iam::estate::{
    Document, Known, Missing, Node, NodeKind, Organization, OrganizationPolicy, OrganizationPolicyKind,
    Reason,
};
use iam::json;
use iam::policy::PolicyType;

use crate::calls;
use crate::documents::{Documents, Raw};
use crate::folder::{Folder, GLOBAL, Tree};
use crate::select::{flag, member, shared, text};

const ROOTS: &str = "organizations.ListRoots";
const UNITS: &str = "organizations.ListOrganizationalUnitsForParent";
const ACCOUNTS: &str = "organizations.ListAccounts";
const PLACES: &str = "organizations.ListAccountsForParent";
const POLICIES: &str = "organizations.ListPolicies";
const POLICY: &str = "organizations.DescribePolicy";
const TARGETS: &str = "organizations.ListTargetsForPolicy";
const DELEGATION: &str = "organizations.DescribeResourcePolicy";

/// What AWS attaches to every node by itself, by id.
const AWS_POLICIES: [(&str, &str); 2] = [
    (
        "p-FullAWSAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    ),
    (
        "p-RCPFullAWSAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#,
    ),
];

/// What an account says of the organisation it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Own {
    pub id: Arc<str>,
    pub management_account: AccountId,
    pub partition: Arc<str>,
}

/// The organisation that an account says it is in; known to be none for one that is in none.
pub(crate) fn own(folder: &Folder<'_>) -> Known<Option<Own>> {
    const CALL: &str = "organizations.DescribeOrganization";
    folder.tree(GLOBAL, CALL, &[]).and_then(|tree| {
        let Some(tree) = tree else { return Known::Known(None) };
        let read = || {
            let organization = member(&tree.root, "Organization")?;
            let management = text(organization, "MasterAccountId")?;
            let arn = Arn::parse(text(organization, "Arn")?).ok()?;
            Some(Own {
                id: shared(organization, "Id")?,
                management_account: AccountId::new(management).ok()?,
                partition: arn.partition.into(),
            })
        };
        match read() {
            Some(own) => Known::Known(Some(own)),
            None => {
                let problem = "`Id`, `Arn` or `MasterAccountId` of `Organization` is missing".to_owned();
                let missing = folder.missing(GLOBAL, CALL, &[], Reason::Shape { problem });
                Known::Unknown(Arc::new(missing))
            }
        }
    })
}

/// Whether a folder speaks of an organisation's tree.
pub(crate) fn is_told(folder: &Folder<'_>) -> bool {
    folder.mentions(GLOBAL, ROOTS, &[])
}

/// Reads the organisation that a folder tells of; adds what could not be learned to `missing`.
///
/// # Errors
/// Why nothing of it can be used.
pub(crate) fn read(
    folder: &Folder<'_>,
    own: &Known<Option<Own>>,
    documents: &Documents,
    missing: &mut Vec<Arc<Missing>>,
) -> Result<Organization, Arc<Missing>> {
    let own = match own {
        Known::Known(Some(own)) => Some(own.clone()),
        Known::Known(None) | Known::Unknown(_) => None,
    };
    let reader = Reader { folder, documents, id: own.as_ref().map(|own| own.id.clone()) };
    reader.organization(own, missing)
}

struct Reader<'a> {
    folder: &'a Folder<'a>,
    documents: &'a Documents,
    /// The organisation that everything must belong to, once it is known.
    id: Option<Arc<str>>,
}

impl Reader<'_> {
    fn organization(
        mut self,
        own: Option<Own>,
        missing: &mut Vec<Arc<Missing>>,
    ) -> Result<Organization, Arc<Missing>> {
        let roots = self.list(ROOTS, &[], "Roots")?;
        let [root] = roots.items.as_slice() else {
            return Err(self.shape(ROOTS, &[], format!("{} roots instead of one", roots.items.len())));
        };
        let arn = self.field(root, "Arn", ROOTS, &[])?;
        let (organization, management) =
            owner(&arn).ok_or_else(|| self.shape(ROOTS, &[], format!("`{arn}` is not the ARN of a root")))?;
        if let Some(own) = &own
            && own.id != organization
        {
            let found = format!("`{arn}`");
            return Err(self.missing(ROOTS, &[], Reason::Foreign { found }));
        }
        self.id = Some(organization.clone());
        let management = own.map_or(management, |own| own.management_account);
        let enabled = match member(root, "PolicyTypes").and_then(json::Node::as_list) {
            Some(types) => {
                let is_enabled = |node: &&json::Node| text(node, "Status") == Some("ENABLED");
                let kind = |node: &json::Node| text(node, "Type").map(OrganizationPolicyKind::new);
                Known::Known(types.iter().filter(is_enabled).filter_map(kind).collect::<Vec<_>>())
            }
            None => Known::Unknown(self.shape(ROOTS, &[], "`PolicyTypes` is missing".to_owned())),
        };
        missing.extend(enabled.missing().cloned());
        let mut nodes = self.nodes(root, missing)?;
        let policies = self.policies(&mut nodes, missing);
        if let Known::Known(enabled) = &enabled
            && enabled.contains(&OrganizationPolicyKind::ServiceControl)
        {
            self.doubt_bare_nodes(&mut nodes, missing);
        }
        let resource_policy = self.delegation(missing);
        Organization::new(organization, management, enabled, nodes, policies, resource_policy)
            .map_err(|problem| self.shape(ROOTS, &[], problem.to_string()))
    }

    fn missing(&self, call: &str, items: &[&str], reason: Reason) -> Arc<Missing> {
        Arc::new(self.folder.missing(GLOBAL, call, items, reason))
    }

    fn shape(&self, call: &str, items: &[&str], problem: String) -> Arc<Missing> {
        self.missing(call, items, Reason::Shape { problem })
    }

    fn field(
        &self,
        node: &json::Node,
        name: &str,
        call: &str,
        items: &[&str],
    ) -> Result<Arc<str>, Arc<Missing>> {
        shared(node, name).ok_or_else(|| self.shape(call, items, format!("an entry without `{name}`")))
    }

    /// The tree of an answer that is always there.
    fn tree(&self, call: &str, items: &[&str]) -> Result<Tree, Arc<Missing>> {
        match self.folder.tree(GLOBAL, call, items).result()? {
            Some(tree) => Ok(tree),
            None => Err(self.shape(call, items, "it is said not to exist".to_owned())),
        }
    }

    /// The entries of a list, which all belong to this organisation.
    fn list(&self, call: &str, items: &[&str], name: &str) -> Result<List, Arc<Missing>> {
        let tree = self.tree(call, items)?;
        let Some(list) = member(&tree.root, name).and_then(json::Node::as_list) else {
            return Err(self.shape(call, items, format!("`{name}` is missing")));
        };
        for entry in list {
            let Some(arn) = text(entry, "Arn") else { continue };
            if let (Some(own), Some((found, _))) = (&self.id, owner(arn))
                && *own != found
            {
                return Err(self.missing(call, items, Reason::Foreign { found: format!("`{arn}`") }));
            }
        }
        Ok(List { items: list.to_vec() })
    }

    fn node(
        &self,
        entry: &json::Node,
        kind: NodeKind,
        parent: Known<Option<Arc<str>>>,
        call: &str,
        items: &[&str],
    ) -> Result<Node, Arc<Missing>> {
        Ok(Node {
            id: self.field(entry, "Id", call, items)?,
            arn: self.field(entry, "Arn", call, items)?,
            name: shared(entry, "Name"),
            kind,
            // Paths follow from the parents.
            path: parent.as_ref().map(|_| "".into()),
            parent,
            state: shared(entry, "State").or_else(|| shared(entry, "Status")),
            attached: BTreeMap::new(),
        })
    }

    fn account(
        &self,
        entry: &json::Node,
        parent: Known<Option<Arc<str>>>,
        call: &str,
        items: &[&str],
    ) -> Result<Node, Arc<Missing>> {
        let id = self.field(entry, "Id", call, items)?;
        let id = AccountId::new(&id).map_err(|error| self.shape(call, items, error.to_string()))?;
        self.node(entry, NodeKind::Account(id), parent, call, items)
    }

    /// The tree from the root down, then the accounts that nobody placed.
    fn nodes(&self, root: &json::Node, missing: &mut Vec<Arc<Missing>>) -> Result<Vec<Node>, Arc<Missing>> {
        let mut nodes = vec![self.node(root, NodeKind::Root, Known::Known(None), ROOTS, &[])?];
        let mut met: BTreeSet<Arc<str>> = nodes.iter().map(|node| node.id.clone()).collect();
        let mut gap = None;
        let mut waiting: VecDeque<Arc<str>> = met.iter().cloned().collect();
        while let Some(parent) = waiting.pop_front() {
            let below = || Known::Known(Some(parent.clone()));
            let items = [parent.as_ref()];
            let units = self.list(UNITS, &items, "OrganizationalUnits").and_then(|list| {
                let unit = |entry| self.node(entry, NodeKind::Unit, below(), UNITS, &items);
                list.items.iter().map(unit).collect::<Result<Vec<_>, _>>()
            });
            let accounts = self.list(PLACES, &items, "Accounts").and_then(|list| {
                let account = |entry| self.account(entry, below(), PLACES, &items);
                list.items.iter().map(account).collect::<Result<Vec<_>, _>>()
            });
            for found in [units, accounts] {
                match found {
                    Ok(found) => {
                        for node in found {
                            if !met.insert(node.id.clone()) {
                                let problem = format!("`{}` stands in the organisation twice", node.id);
                                return Err(self.shape(PLACES, &items, problem));
                            }
                            if node.kind == NodeKind::Unit {
                                waiting.push_back(node.id.clone());
                            }
                            nodes.push(node);
                        }
                    }
                    Err(why) => {
                        missing.push(why.clone());
                        gap = gap.or(Some(why));
                    }
                }
            }
        }
        match self.list(ACCOUNTS, &[], "Accounts") {
            Ok(list) => {
                for entry in &list.items {
                    let nowhere =
                        || self.shape(ACCOUNTS, &[], "no unit and no root lists the account".to_owned());
                    let parent = Known::Unknown(gap.clone().unwrap_or_else(nowhere));
                    let account = self.account(entry, parent, ACCOUNTS, &[])?;
                    if met.insert(account.id.clone()) {
                        missing.extend(account.parent.missing().cloned());
                        nodes.push(account);
                    }
                }
            }
            Err(why) => missing.push(why),
        }
        Ok(nodes)
    }

    /// The policies of every type; where they are attached is written to the nodes.
    fn policies(&self, nodes: &mut [Node], missing: &mut Vec<Arc<Missing>>) -> Vec<OrganizationPolicy> {
        let mut policies = Vec::new();
        let call = calls::call(POLICIES).expect("the table of calls lists the policies of an organisation");
        for name in call.each.iter().flat_map(|parameter| &parameter.values) {
            let kind = OrganizationPolicyKind::new(name);
            let attached = self.policies_of(name, &kind, &mut policies, missing);
            if let Err(why) = &attached {
                missing.push(why.clone());
            }
            for node in &mut *nodes {
                let own = match &attached {
                    Ok(attached) => Known::Known(attached.get(&node.id).cloned().unwrap_or_default()),
                    Err(why) => Known::Unknown(why.clone()),
                };
                node.attached.insert(kind.clone(), own);
            }
        }
        policies
    }

    /// The policies of one type, and the ids of those attached to each node, in the order of their ids.
    fn policies_of(
        &self,
        name: &str,
        kind: &OrganizationPolicyKind,
        policies: &mut Vec<OrganizationPolicy>,
        missing: &mut Vec<Arc<Missing>>,
    ) -> Result<Attachments, Arc<Missing>> {
        let list = self.list(POLICIES, &[name], "Policies")?;
        let mut attached = Attachments::new();
        let mut gap = None;
        for entry in &list.items {
            let policy = self.policy(entry, kind, name)?;
            let document = policy.document.as_ref().and_then(Known::missing);
            missing.extend(policy.text.missing().or(document).cloned());
            match self.list(TARGETS, &[&policy.id], "Targets") {
                Ok(targets) => {
                    for target in &targets.items {
                        let target = self.field(target, "TargetId", TARGETS, &[&policy.id])?;
                        attached.entry(target).or_default().push(policy.id.clone());
                    }
                }
                Err(why) => gap = gap.or(Some(why)),
            }
            policies.push(policy);
        }
        attached.values_mut().for_each(|ids| {
            ids.sort();
            ids.dedup();
        });
        gap.map_or(Ok(attached), Err)
    }

    fn policy(
        &self,
        entry: &json::Node,
        kind: &OrganizationPolicyKind,
        name: &str,
    ) -> Result<OrganizationPolicy, Arc<Missing>> {
        let id = self.field(entry, "Id", POLICIES, &[name])?;
        let policy_type = match kind {
            OrganizationPolicyKind::ServiceControl => Some(PolicyType::ServiceControl),
            OrganizationPolicyKind::ResourceControl => Some(PolicyType::ResourceControl),
            OrganizationPolicyKind::Bedrock | OrganizationPolicyKind::Other(_) => None,
        };
        let (text, document) = self.text(&id, policy_type);
        Ok(OrganizationPolicy {
            arn: self.field(entry, "Arn", POLICIES, &[name])?,
            name: self.field(entry, "Name", POLICIES, &[name])?,
            kind: kind.clone(),
            aws_managed: flag(entry, "AwsManaged") == Some(true),
            text,
            document,
            id,
        })
    }

    /// The text of a policy and, for a type in the language of IAM, its statements.
    fn text(&self, id: &str, policy_type: Option<PolicyType>) -> (Known<Arc<str>>, Option<Known<Document>>) {
        let read = || -> Result<_, Arc<Missing>> {
            let tree = self.tree(POLICY, &[id])?;
            if let Some(found) = self.of_another(&tree.root, id) {
                return Err(self.missing(POLICY, &[id], Reason::Foreign { found }));
            }
            let node = member(&tree.root, "Policy").and_then(|policy| member(policy, "Content"));
            let content = node.and_then(|node| Some((node.as_text()?.to_owned(), Raw::of(node)?)));
            let lacks = || self.shape(POLICY, &[id], "`Content` of `Policy` is missing".to_owned());
            let (content, raw) = content.ok_or_else(lacks)?;
            let document = policy_type.map(|policy_type| {
                let missing = || self.folder.missing(GLOBAL, POLICY, &[id], Reason::NoText);
                self.documents.read(&tree.file, &tree.bytes, &raw, policy_type, missing)
            });
            Ok((content, document))
        };
        match read() {
            Ok((content, document)) => (Known::Known(content.into()), document),
            Err(why) => {
                let of_aws = AWS_POLICIES.iter().find(|(aws, _)| *aws == id).map(|(_, text)| *text);
                let document = of_aws.zip(policy_type);
                let document = document.and_then(|(text, of_type)| self.documents.of_aws(text, of_type));
                match (of_aws, document) {
                    (Some(text), Some(document)) => (Known::Known(text.into()), Some(Known::Known(document))),
                    (_, _) => (Known::Unknown(why.clone()), policy_type.map(|_| Known::Unknown(why))),
                }
            }
        }
    }

    /// The policy that an answer is about, where that is another one or of another organisation.
    fn of_another(&self, root: &json::Node, id: &str) -> Option<String> {
        let summary = member(root, "Policy").and_then(|policy| member(policy, "PolicySummary"))?;
        let other_id = text(summary, "Id").filter(|found| *found != id);
        let is_elsewhere = |arn: &&str| match owner(arn) {
            Some((found, _)) => {
                self.id.as_ref().is_some_and(|own| *own != found) || arn.rsplit('/').next() != Some(id)
            }
            None => false,
        };
        let other_arn = text(summary, "Arn").filter(is_elsewhere);
        other_id.or(other_arn).map(|found| format!("`{found}`"))
    }

    /// A node without any SCP while SCPs are enabled is a node whose SCPs are not all here: AWS lets nobody detach the
    /// last one (Organizations API Reference, MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED).
    fn doubt_bare_nodes(&self, nodes: &mut [Node], missing: &mut Vec<Arc<Missing>>) {
        let kind = OrganizationPolicyKind::ServiceControl;
        for node in nodes {
            if matches!(node.attached.get(&kind), Some(Known::Known(ids)) if ids.is_empty()) {
                let problem = format!("no SCP is attached to `{}`, and AWS allows no such node", node.id);
                let why = self.shape(POLICIES, &[kind.as_str()], problem);
                missing.push(why.clone());
                node.attached.insert(kind.clone(), Known::Unknown(why));
            }
        }
    }

    fn delegation(&self, missing: &mut Vec<Arc<Missing>>) -> Known<Option<Document>> {
        let read = self.folder.tree(GLOBAL, DELEGATION, &[]).and_then(|tree| {
            let Some(tree) = tree else { return Known::Known(None) };
            let policy = member(&tree.root, "ResourcePolicy");
            let summary = policy.and_then(|policy| member(policy, "ResourcePolicySummary"));
            let arn = summary.and_then(|summary| text(summary, "Arn"));
            if let (Some(arn), Some(own)) = (arn, &self.id)
                && owner(arn).is_some_and(|(found, _)| found != *own)
            {
                let found = format!("`{arn}`");
                return Known::Unknown(self.missing(DELEGATION, &[], Reason::Foreign { found }));
            }
            let node = policy.and_then(|policy| member(policy, "Content"));
            match node.and_then(Raw::of) {
                Some(raw) => {
                    let missing = || self.folder.missing(GLOBAL, DELEGATION, &[], Reason::NoText);
                    let documents = self.documents;
                    documents.read(&tree.file, &tree.bytes, &raw, PolicyType::Resource, missing).map(Some)
                }
                None => {
                    let problem = "`Content` of `ResourcePolicy` is missing".to_owned();
                    Known::Unknown(self.shape(DELEGATION, &[], problem))
                }
            }
        });
        missing.extend(read.missing().cloned());
        read
    }
}

/// The ids of the policies attached to each node, by its id.
type Attachments = BTreeMap<Arc<str>, Vec<Arc<str>>>;

struct List {
    items: Vec<json::Node>,
}

/// The organisation and the management account that the ARN of a root, unit, account or policy names; `None` for a
/// policy of AWS.
fn owner(arn: &str) -> Option<(Arc<str>, AccountId)> {
    let arn = Arn::parse(arn).ok()?;
    let organization = arn.resource.split('/').nth(1).filter(|id| id.starts_with("o-"))?;
    Some((organization.into(), arn.account_id()?))
}

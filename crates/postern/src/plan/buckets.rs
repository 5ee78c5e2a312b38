//! The part of a plan that holds buckets: resource control policies, and the buckets' own.

use std::collections::BTreeSet;
use std::sync::Arc;

use charter::Model;
use charter::bucket::{ResourcePolicy, own_policies, policies};
use iam::estate::{
    Document as Stored, Known, Organization, OrganizationPolicy, OrganizationPolicyKind, Origin,
};
use iam::json::Place;
use iam::policy::{PolicyType, read};
use reference::digest::sha256_hex;

use super::{Attachments, NAME, slug};
use crate::input::Complaint;

/// A resource control policy with its name.
#[derive(Clone, Debug)]
pub struct Controlled {
    pub name: String,
    pub policy: ResourcePolicy,
    /// Whether the organisation has it already.
    pub is_there: bool,
    /// The line of the charter it comes from.
    pub line: usize,
}

/// What holds buckets.
#[derive(Clone, Debug, Default)]
pub struct Buckets {
    pub policies: Vec<Controlled>,
    /// The policies of buckets, by name; what is there they take the place of.
    pub own: Vec<(String, String)>,
}

/// Most characters of the policy of a bucket.
///
/// Source: Amazon S3 User Guide, "Bucket policies for Amazon S3": 20 KB.
const BUCKET_POLICY_MAX: usize = 20_480;

/// The policies that hold buckets.
///
/// # Errors
/// There is no room for them, or one is longer than AWS takes.
pub fn buckets(
    origin: &str,
    text: &str,
    model: &Model,
    there: &Attachments,
) -> Result<Buckets, Vec<Complaint>> {
    let quota = |id: &str, otherwise: usize| {
        reference::quota(id).and_then(|quota| usize::try_from(quota.limit).ok()).unwrap_or(otherwise)
    };
    let (characters_max, per_node) = (quota("rcp-characters-api", 5_120), quota("rcp-per-node", 5));
    let mut wrong = Vec::new();
    let policies: Vec<Controlled> =
        policies(model, characters_max).into_iter().map(|policy| named(policy, text, there)).collect();
    let mut nodes = BTreeSet::new();
    for each in &policies {
        let at = each.policy.origin.start;
        let length = each.policy.text.chars().count();
        if length > characters_max {
            let message = format!(
                "a resource control policy would have {length} characters, and AWS takes {characters_max}"
            );
            wrong.push(Complaint::at(origin, text, at, message).hint("name fewer buckets, or use patterns"));
        }
        if !nodes.insert(each.policy.node.clone()) {
            continue;
        }
        let own = policies.iter().filter(|other| other.policy.node == each.policy.node).count();
        let foreign = there.foreign_at(&each.policy.node);
        // One place stays free, so that something can be denied at once.
        if own + foreign + 1 > per_node {
            let message = format!(
                "`{}` needs {own} resource control policies, and has {foreign} of others of {per_node}; one stays free",
                each.policy.title
            );
            wrong.push(Complaint::at(origin, text, at, message).hint("speak of the buckets further down"));
        }
    }
    let own = own_policies(model);
    for (bucket, policy) in own.iter().filter(|(_, policy)| policy.len() > BUCKET_POLICY_MAX) {
        let message = format!(
            "the policy of `{bucket}` would have {} bytes, and S3 takes {BUCKET_POLICY_MAX}",
            policy.len()
        );
        wrong.push(Complaint::new(origin, message).hint("use patterns of readers"));
    }
    if wrong.is_empty() { Ok(Buckets { policies, own }) } else { Err(wrong) }
}

fn named(policy: ResourcePolicy, charter: &str, there: &Attachments) -> Controlled {
    let hash = sha256_hex(policy.text.as_bytes());
    let name = format!("{NAME}buckets-{}-{}", slug(&policy.title), &hash[..8]);
    let is_there = there.has(&name, &policy.text);
    Controlled { name, is_there, line: Place::of(charter, policy.origin.start).line, policy }
}

impl Controlled {
    /// The document as a policy of the organisation.
    pub fn stored(&self, organization: &Organization, partition: &str) -> OrganizationPolicy {
        let id: Arc<str> = format!("p-{}", self.name).into();
        let origin = Origin::File { file: format!("{}.json", self.name).into(), offset: 0, quoted: false };
        let read = read(self.policy.text.as_bytes(), PolicyType::ResourceControl);
        let document = read.policy.map(|policy| Stored { policy: Arc::new(policy), origin });
        OrganizationPolicy {
            arn: format!(
                "arn:{partition}:organizations::{}:policy/{}/resource_control_policy/{id}",
                organization.management_account, organization.id
            )
            .into(),
            id,
            name: self.name.as_str().into(),
            kind: OrganizationPolicyKind::ResourceControl,
            aws_managed: false,
            text: Known::Known(self.policy.text.as_str().into()),
            document: document.map(Known::Known),
        }
    }
}

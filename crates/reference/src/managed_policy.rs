//! The AWS managed policies: name, version, text.
//!
//! Does not read the documents. Follows a dump of ListPolicies and GetPolicyVersion; the order of members in a
//! document is not AWS's, its meaning is.

use crate::table::{Table, columns};

static MANAGED_POLICIES: Table = Table::new(include_str!("../data/managed_policies.tsv"));

/// One AWS managed policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// Path and name, e.g. `service-role/AmazonSageMakerServiceCatalogProductsUseRole`; the ARN's last part.
    pub path_and_name: &'static str,
    /// The default version, e.g. `v4`.
    pub version_id: &'static str,
    /// When it was first published, RFC 3339.
    pub created: &'static str,
    /// When this version was published, RFC 3339.
    pub updated: &'static str,
    /// Its text, minified JSON.
    pub document: &'static str,
    /// Length of the minified text, in characters.
    pub document_chars: usize,
}

impl ManagedPolicy {
    /// Its name without the path.
    pub fn name(self) -> &'static str {
        self.path_and_name.rsplit('/').next().unwrap_or(self.path_and_name)
    }

    /// Its ARN in a partition.
    pub fn arn(self, partition: &str) -> String {
        format!("arn:{partition}:iam::aws:policy/{}", self.path_and_name)
    }
}

/// The AWS managed policy of this ARN, whatever the partition: `arn:aws:iam::aws:policy/AdministratorAccess`.
///
/// Names are compared exactly. Nothing for a customer managed policy, whose ARN carries an account id.
pub fn managed_policy(arn: &str) -> Option<ManagedPolicy> {
    let (partition, rest) = arn.strip_prefix("arn:")?.split_once(':')?;
    let path_and_name = rest.strip_prefix("iam::aws:policy/")?;
    let is_partition = partition == "aws" || partition.starts_with("aws-");
    MANAGED_POLICIES
        .find(&[path_and_name])
        .map(read)
        .filter(|policy| is_partition && policy.path_and_name == path_and_name)
}

/// All AWS managed policies, by path and name.
pub fn managed_policies() -> impl Iterator<Item = ManagedPolicy> + Clone {
    MANAGED_POLICIES.lines().iter().copied().map(read)
}

fn read(line: &'static str) -> ManagedPolicy {
    let [path_and_name, version_id, created, updated, chars, document] = columns(line);
    ManagedPolicy {
        path_and_name,
        version_id,
        created,
        updated,
        document,
        document_chars: chars.parse().expect("an embedded line has a malformed length"),
    }
}

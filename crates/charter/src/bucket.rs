//! Buckets of weights and training data: resource control policies that hold who reads and writes them, and the bucket
//! policies that let readers of other accounts in.
//!
//! A resource control policy follows the bucket and holds for everybody, also from outside the organisation, whatever the
//! bucket's own policy says. What AWS services do on their own behalf is spared. It is attached where the charter speaks of
//! the bucket, which has to be the bucket's account or above it. Follows aws-facts §2.3, §4.1 step 5.

use std::collections::BTreeSet;
use std::sync::Arc;

use iam::policy::Effect;

use crate::compile::{Conditions, Principals, Resources, Statement};
use crate::model::{Area, Bucket, Model};
use crate::pack::{text, texts};

/// Reading what is in a bucket.
///
/// Source: Service Authorization Reference, Amazon S3.
pub const READS: [&str; 3] = ["s3:GetObject*", "s3:ListBucket", "s3:ListBucketVersions"];

/// Changing what is in a bucket.
///
/// Source: Service Authorization Reference, Amazon S3.
pub const WRITES: [&str; 6] = [
    "s3:BypassGovernanceRetention",
    "s3:DeleteObject*",
    "s3:PutObject*",
    "s3:ReplicateDelete",
    "s3:ReplicateObject",
    "s3:RestoreObject",
];

/// A resource control policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourcePolicy {
    /// Where it is attached.
    pub node: Arc<str>,
    /// What the charter calls the area.
    pub title: String,
    pub text: String,
    /// Where in the charter its buckets stand, the first of them first.
    pub origin: crate::model::Origin,
}

/// The resource control policies of a charter, each of at most so many characters, areas above before those below.
pub fn policies(model: &Model, characters_max: usize) -> Vec<ResourcePolicy> {
    let of_area = |area: &Area| -> Vec<ResourcePolicy> {
        let statements: Vec<Statement> =
            area.buckets.iter().flat_map(|bucket| denies(model, bucket)).collect();
        let Some(first) = area.buckets.first() else { return Vec::new() };
        let policy = |text| ResourcePolicy {
            node: area.node.clone(),
            title: area.name.clone(),
            text,
            origin: first.origin.clone(),
        };
        texts(&statements, characters_max).into_iter().map(policy).collect()
    };
    model.areas.iter().flat_map(of_area).collect()
}

/// By bucket, the policy that lets its readers and writers in other accounts of the organisation in, and keeps the rest
/// out. It takes the place of the one that is there.
pub fn own_policies(model: &Model) -> Vec<(String, String)> {
    let buckets = model.areas.iter().flat_map(|area| &area.buckets);
    let of = |bucket: &Bucket| -> Vec<(String, String)> {
        let alone = |name: &String| Bucket { names: [name.clone()].into(), ..bucket.clone() };
        let named = bucket.names.iter().filter(|name| !name.contains(['*', '?']));
        named
            .map(|name| {
                let alone = alone(name);
                let mut statements = lets_in(model, &alone);
                statements.extend(denies(model, &alone));
                (name.clone(), text(&statements))
            })
            .collect()
    };
    buckets.flat_map(of).collect()
}

fn objects(model: &Model, bucket: &Bucket) -> BTreeSet<String> {
    let arn = |name: &String| format!("arn:{}:s3:::{name}", model.partition);
    bucket.names.iter().flat_map(|name| [arn(name), format!("{}/*", arn(name))]).collect()
}

fn statement(
    model: &Model,
    bucket: &Bucket,
    effect: Effect,
    actions: &[&str],
    conditions: Conditions,
) -> Statement {
    Statement {
        effect,
        principals: Some(Principals::Everybody),
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        resources: Resources::In(objects(model, bucket)),
        conditions,
        origins: [(bucket.origin.start, bucket.origin.end)].into(),
    }
}

/// What nobody else may.
fn denies(model: &Model, bucket: &Bucket) -> Vec<Statement> {
    let not_by = |callers: BTreeSet<String>| -> Conditions {
        let mut conditions = Conditions::new();
        // A service on its own behalf has no such ARN, which alone would be none of these.
        let service = [("aws:PrincipalIsAWSService".to_owned(), ["false".to_owned()].into())];
        conditions.insert("BoolIfExists".to_owned(), service.into());
        if !callers.is_empty() {
            conditions.insert("ArnNotLike".to_owned(), [("aws:PrincipalArn".to_owned(), callers)].into());
        }
        conditions
    };
    let readers = bucket.readers.union(&bucket.writers).cloned().collect();
    vec![
        statement(model, bucket, Effect::Deny, &READS, not_by(readers)),
        statement(model, bucket, Effect::Deny, &WRITES, not_by(bucket.writers.clone())),
    ]
}

/// What readers and writers of other accounts may; those of the bucket's account have it from their own policies, which
/// a statement for everybody would outrun.
fn lets_in(model: &Model, bucket: &Bucket) -> Vec<Statement> {
    let by = |callers: &BTreeSet<String>| -> Conditions {
        let one = |key: &str, value: &str| (key.to_owned(), BTreeSet::from([value.to_owned()]));
        let organization = [one("aws:PrincipalOrgID", &model.organization)];
        let others = [one("aws:PrincipalAccount", "${aws:ResourceAccount}")];
        [
            ("ArnLike".to_owned(), [("aws:PrincipalArn".to_owned(), callers.clone())].into()),
            ("StringEquals".to_owned(), organization.into()),
            ("StringNotEquals".to_owned(), others.into()),
        ]
        .into()
    };
    let readers: BTreeSet<String> = bucket.readers.union(&bucket.writers).cloned().collect();
    let mut statements = Vec::new();
    if !readers.is_empty() {
        statements.push(statement(
            model,
            bucket,
            Effect::Allow,
            &["s3:GetObject", "s3:ListBucket"],
            by(&readers),
        ));
    }
    if !bucket.writers.is_empty() {
        statements.push(statement(model, bucket, Effect::Allow, &["s3:PutObject"], by(&bucket.writers)));
    }
    statements
}

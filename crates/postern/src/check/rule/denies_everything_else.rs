//! Denies with `NotResource` that hit more than their author lists.
//!
//! Lists of foundation models are another rule's business, which asks for every form of a call.

use std::collections::BTreeSet;

use iam::policy::Effect;

use crate::check::alone::Alone;
use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::models::{and, patterns};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const EVERYTHING: Rule = Rule {
    id: "denies-everything-else",
    title: "a Deny of a whole service on everything that is not listed",
    severity: Severity::Medium,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "A Deny with `NotResource` and no condition hits every resource that the list leaves out: each bucket that a \
          workload needs and nobody thought of, and all actions that name no resource.",
    instead: "List what is to be denied in `Resource`. If everything else is meant, say so with a statement id, and \
              keep the actions that name no resource out of it.",
    sources: &["IAM User Guide, \"IAM JSON policy elements: NotResource\", NotResource with Deny"],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::approved-models/*" }
  ]
}"#,
    ),
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::jumpstart-cache-prod-*/*" }
  ]
}"#,
    ),
    look: Look::Policy(look_at_services),
};

pub const BUCKET: Rule = Rule {
    id: "bucket-denied-with-objects-exempt",
    title: "a Deny that exempts the objects of a bucket and denies the bucket",
    severity: Severity::Medium,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "`arn:aws:s3:::BUCKET/*` is the objects; listing them, and the location and the settings of the bucket, are \
          authorised on `arn:aws:s3:::BUCKET`. With only the objects exempted, SDKs and consoles fail on the bucket.",
    instead: "List the bucket as well as its objects.",
    sources: &["Service Authorization Reference, resource types of Amazon S3"],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": "s3:*", "NotResource": ["arn:aws:s3:::approved-models/*"] }
  ]
}"#,
    ),
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "s3:*",
      "NotResource": ["arn:aws:s3:::approved-models", "arn:aws:s3:::approved-models/*"]
    }
  ]
}"#,
    ),
    look: Look::Policy(look_at_buckets),
};

fn look_at_services(view: &View<'_>, found: &mut Found) {
    for statement in view.outline.statements.iter().filter(|statement| statement.effect == Effect::Deny) {
        let Some(resource) = statement.resource.as_ref().filter(|resource| resource.negated) else {
            continue;
        };
        let Some(action) = statement.action.as_ref().filter(|action| !action.negated) else { continue };
        if !statement.conditions.is_empty() || patterns(resource).next().is_some() {
            continue;
        }
        let services: BTreeSet<&str> = action
            .values
            .iter()
            .filter_map(|value| value.text.split_once(':'))
            .filter(|(_, name)| *name == "*")
            .map(|(service, _)| service)
            .collect();
        if !services.is_empty() {
            let services: Vec<String> = services.iter().map(|service| format!("`{service}:*`")).collect();
            let message = format!("this denies {} on everything but what is listed", and(&services));
            found.add(place(resource.node), message);
        }
    }
}

fn look_at_buckets(view: &View<'_>, found: &mut Found) {
    let Some(alone) = view.alone() else { return };
    for statement in view.outline.statements.iter().filter(|statement| statement.effect == Effect::Deny) {
        let Some(resource) = statement.resource.as_ref().filter(|resource| resource.negated) else {
            continue;
        };
        for value in &resource.values {
            let Some(bucket) = bucket_of_objects(value.text) else { continue };
            if is_split(alone, bucket) {
                let message =
                    format!("the objects of `{bucket}` are exempted, and the bucket itself is denied");
                found.add(place(value.node), message).instead(format!("add `{bucket}` to the list"));
            }
        }
    }
}

/// The ARN of the bucket whose objects, all of them, a value names.
fn bucket_of_objects(text: &str) -> Option<&str> {
    let bucket = text.strip_suffix("/*")?;
    let is_bucket = bucket.starts_with("arn:aws:s3:::") && !bucket.contains(['*', '?', '$', '/']);
    is_bucket.then_some(bucket)
}

fn is_split(alone: &Alone, bucket: &str) -> bool {
    let object = format!("{bucket}/key");
    alone.allows("s3:GetObject", &object, &[]) == Some(true)
        && alone.allows("s3:ListBucket", bucket, &[]) == Some(false)
}

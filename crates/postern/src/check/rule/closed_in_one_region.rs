//! Denies of something that AWS owns, in one Region of many.
//!
//! Foundation models and the public hub of SageMaker are in every Region and belong to nobody's account. Asks the
//! evaluator whether the same thing is open elsewhere.

use iam::lint::statement::Statement;
use iam::policy::Effect;

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const CLOSED: Rule = Rule {
    id: "closed-in-one-region",
    title: "a Deny of something of AWS in some Regions that leaves it open in the others",
    severity: Severity::Medium,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "Foundation models and the public SageMaker hub are in every Region. A Deny whose ARN names one Region \
          closes it there, and the same model is a flag away in the next; global profiles are authorised on a model \
          without a Region, which such a pattern does not match either.",
    instead: "Write `*` for the Region.",
    sources: &[
        "Amazon Bedrock User Guide, \"Global cross-Region inference\"",
        "Service Authorization Reference, ARN formats of Amazon Bedrock and Amazon SageMaker",
    ],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "sagemaker:*",
      "Resource": "arn:aws:sagemaker:us-east-1:aws:hub/SageMakerPublicHub"
    }
  ]
}"#,
    ),
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "sagemaker:*",
      "Resource": "arn:aws:sagemaker:*:aws:hub/SageMakerPublicHub"
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

pub const EXEMPT: Rule = Rule {
    id: "exempt-in-one-region",
    title: "a Deny that exempts a bucket of AWS in one Region and denies it in the others",
    severity: Severity::Low,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "The buckets from which JumpStart is served carry the Region in their names. An exemption for one of them \
          leaves JumpStart, notebooks and licences included, broken in every other Region.",
    instead: "Write `*` for the Region: `arn:aws:s3:::jumpstart-cache-prod-*/…`.",
    sources: &["Amazon SageMaker AI Developer Guide, \"SageMaker JumpStart\", buckets by Region"],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::jumpstart-cache-prod-us-east-1/*eula*" }
  ]
}"#,
    ),
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::jumpstart-cache-prod-*/*eula*" }
  ]
}"#,
    ),
    look: Look::Policy(look_at_exemptions),
};

/// How the names of JumpStart's buckets begin.
const JUMPSTART: &str = "arn:aws:s3:::jumpstart-cache-prod-";

fn look_at_exemptions(view: &View<'_>, found: &mut Found) {
    let denying = view.outline.statements.iter().filter(|statement| statement.effect == Effect::Deny);
    for resource in denying.filter_map(|statement| statement.resource.as_ref()).filter(|list| list.negated) {
        for value in &resource.values {
            let rest = value.text.strip_prefix(JUMPSTART);
            let region =
                rest.and_then(|rest| rest.split('/').next()).filter(|name| reference::region(name).is_some());
            let Some(region) = region else { continue };
            let elsewhere =
                value.text.replacen(region, if region == "eu-west-1" { "us-east-1" } else { "eu-west-1" }, 1);
            let elsewhere = elsewhere.replace('*', "x");
            let is_denied =
                view.alone().and_then(|alone| alone.allows("s3:GetObject", &elsewhere, &[])) == Some(false);
            if is_denied {
                let message =
                    format!("this exempts JumpStart's bucket in {region}; in the other Regions it is denied");
                found
                    .add(place(value.node), message)
                    .instead(format!("write `{}`", value.text.replacen(region, "*", 1)));
            }
        }
    }
}

fn look(view: &View<'_>, found: &mut Found) {
    let denying = view.outline.statements.iter().filter(|statement| statement.effect == Effect::Deny);
    for statement in denying {
        let Some(resource) = statement.resource.as_ref().filter(|resource| !resource.negated) else {
            continue;
        };
        for value in &resource.values {
            let Some(open) = open_elsewhere(view, statement, value.text) else { continue };
            if open.is_empty() {
                continue;
            }
            let region = value.text.split(':').nth(3).unwrap_or_default();
            let message = format!(
                "this is closed in `{region}` and open in {} other Regions, among them {}",
                open.len(),
                open[..open.len().min(3)].join(", ")
            );
            let instead = value.text.replacen(&format!(":{region}:"), ":*:", 1);
            found.add(place(value.node), message).instead(format!("write `{instead}`"));
        }
    }
}

/// The Regions in which the same thing is allowed; none where the value names no Region or is an account's.
fn open_elsewhere(view: &View<'_>, statement: &Statement<'_>, pattern: &str) -> Option<Vec<&'static str>> {
    let [_, partition, service, region, account, rest] = iam::arn::split(pattern)?;
    let is_of_aws = account == "aws" || (account.is_empty() && service == "bedrock");
    let is_named = reference::region(region).is_some();
    if !is_of_aws || !is_named || pattern.contains('$') {
        return None;
    }
    let action = asked_for(statement, service, rest)?;
    let alone = view.alone()?;
    let resource = |region: &str| {
        let rest = rest.replace('*', "x").replace('?', "0");
        format!("arn:{partition}:{service}:{region}:{account}:{rest}")
    };
    let allows = |region: &str| alone.allows(&action, &resource(region), &[("aws:RequestedRegion", region)]);
    if allows(region) != Some(false) {
        return None;
    }
    let others = reference::regions().filter(|each| each.partition == partition && each.name != region);
    Some(others.map(|each| each.name).filter(|name| allows(name) == Some(true)).collect())
}

/// An action of the statement on the kind of resource that the pattern names.
fn asked_for(statement: &Statement<'_>, service: &str, rest: &str) -> Option<String> {
    let kind = rest.split('/').next()?;
    let takes = |action: &reference::Action| action.resource_types().any(|each| each.name == kind);
    let known = reference::actions(service)
        .find(|action| takes(action) && statement.names(&format!("{service}:{}", action.name)))?;
    Some(format!("{service}:{}", known.name))
}

//! Resource control policies that keep AWS services out with the strangers.
//!
//! Asks the evaluator: a service of AWS comes for the customer.

use std::sync::Arc;

use iam::action::Action;
use iam::answer::Decision;
use iam::authorize;
use iam::context::Context;
use iam::layers::{Layers, Level, ResourceSide, StatementRef};
use iam::policy::{self, PolicyType};
use iam::principal::Principal;
use iam::request::{Completeness, Request, RequestParts};

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::View;

pub const RULE: Rule = Rule {
    id: "rcp-stops-aws-services",
    title: "a resource control policy that keeps AWS services out",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "A service of AWS belongs to no organisation, so a negated condition on `aws:PrincipalOrgID` holds for it: \
          deliveries of logs to the bucket, reads of weights by jobs and calls of keys fail.",
    instead: "Add `\"BoolIfExists\": { \"aws:PrincipalIsAWSService\": \"false\" }` to the condition, and say in a \
              statement of its own for whom services may come, by `aws:SourceOrgID`.",
    sources: &[
        "Organizations User Guide, \"RCP examples\"",
        "IAM User Guide, \"AWS global condition context keys\", aws:PrincipalIsAWSService",
    ],
    bad: Example::rcp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Principal": "*",
      "Action": "s3:*",
      "Resource": "*",
      "Condition": { "StringNotEquals": { "aws:PrincipalOrgID": "o-a1b2c3d4e5" } }
    }
  ]
}"#,
    ),
    good: Example::rcp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Principal": "*",
      "Action": "s3:*",
      "Resource": "*",
      "Condition": {
        "StringNotEqualsIfExists": { "aws:PrincipalOrgID": "o-a1b2c3d4e5" },
        "BoolIfExists": { "aws:PrincipalIsAWSService": "false" }
      }
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

/// What services do for a customer, as it is asked for.
const WORK: [(&str, &str, &str); 4] = [
    ("cloudtrail.amazonaws.com", "s3:PutObject", "arn:aws:s3:::somebodys-bucket/key"),
    ("bedrock.amazonaws.com", "s3:GetObject", "arn:aws:s3:::somebodys-bucket/key"),
    ("bedrock.amazonaws.com", "sts:AssumeRole", "arn:aws:iam::111122223333:role/something"),
    (
        "logs.us-east-1.amazonaws.com",
        "kms:GenerateDataKey",
        "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555",
    ),
];

fn look(view: &View<'_>, found: &mut Found) {
    if view.policy_type != PolicyType::ResourceControl {
        return;
    }
    for statement in &view.outline.statements {
        let Some(condition) = statement.conditions_on("aws:PrincipalOrgID").next() else { continue };
        let stopped = WORK.iter().find(|(service, action, resource)| {
            statement.names(action) && stops(view, statement.node.start, service, action, resource)
        });
        if let Some((service, action, _)) = stopped {
            let at = condition.key_span.start..condition.key_span.end;
            let message =
                format!("services of AWS have no organisation: `{action}` by `{service}` is denied");
            found.add(at, message);
        }
    }
}

/// Whether this statement denies the service its work.
fn stops(view: &View<'_>, start: usize, service: &str, action: &str, resource: &str) -> bool {
    let Ok(action) = Action::parse(action) else { return false };
    let mut context = Context::new();
    context.replace("aws:PrincipalIsAWSService", vec!["true".to_owned()]);
    context.replace("aws:PrincipalOrgID", Vec::new());
    let request = Request::new(RequestParts {
        principal: Principal::Service { name: service.to_owned() },
        action,
        resource: resource.to_owned(),
        resource_account: iam::arn::AccountId::new(crate::check::alone::ACCOUNT).ok(),
        context,
        completeness: Completeness::Partial,
    });
    let open = br#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#;
    let Some(open) = policy::read(open, PolicyType::Resource).policy else { return false };
    let layers = Layers {
        rcp: vec![Level { target: "here".to_owned(), policies: vec![Arc::clone(&view.policy)] }],
        resource: ResourceSide::Resource(Arc::new(open)),
        ..Layers::default()
    };
    let answer = authorize(&request, &layers);
    let is_own = |at: &StatementRef| {
        view.policy.statements.get(at.statement as usize).is_some_and(|statement| statement.start == start)
    };
    answer.decision() == Some(Decision::ExplicitDeny) && answer.determining.iter().any(is_own)
}

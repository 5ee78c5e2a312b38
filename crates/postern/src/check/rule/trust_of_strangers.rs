//! Trust in federated users and other accounts that says too little about who they are.
//!
//! Asks the evaluator: a stranger comes with what the provider gives to everybody.

use std::sync::Arc;

use iam::action::Action;
use iam::answer::Decision;
use iam::authorize;
use iam::context::Context;
use iam::json::Node;
use iam::layers::{Layers, ResourceSide};
use iam::lint::statement::{Statement, items};
use iam::policy::{Effect, PolicyType};
use iam::principal::Principal;
use iam::request::{Completeness, Request, RequestParts};

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const FEDERATION: Rule = Rule {
    id: "federation-without-subject",
    title: "a role that anybody at a shared identity provider may assume",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "A provider such as GitHub signs tokens for everybody who has an account there. A trust policy that compares \
          only the audience lets every repository in the world assume the role, and run what the role may run.",
    instead: "Compare the subject as well: `\"StringLike\": { \"token.actions.githubusercontent.com:sub\": \
              \"repo:ORGANISATION/REPOSITORY:*\" }`.",
    sources: &[
        "IAM User Guide, \"Create a role for OpenID Connect federation\", GitHub OIDC identity provider",
    ],
    bad: Example::trust(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": { "Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": { "StringEquals": { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" } }
    }
  ]
}"#,
    ),
    good: Example::trust(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": { "Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" },
        "StringLike": { "token.actions.githubusercontent.com:sub": "repo:acme/models:*" }
      }
    }
  ]
}"#,
    ),
    look: Look::Policy(look_at_federation),
};

pub const ACCOUNT: Rule = Rule {
    id: "cross-account-without-external-id",
    title: "a role that a whole other account may assume, without an external id",
    severity: Severity::Medium,
    confidence: Confidence::Low,
    audience: Audience::Auditor,
    why: "If the other account is a vendor's, another customer of that vendor may have it assume this role by giving \
          the role's ARN as theirs. AWS asks for an external id that the vendor sets for each customer. For an \
          account of your own nothing is wrong.",
    instead: "Add `\"StringEquals\": { \"sts:ExternalId\": … }` for a vendor, or name the role of your own that is \
              meant.",
    sources: &["IAM User Guide, \"Access to AWS accounts owned by third parties\""],
    bad: Example::trust(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::444455556666:root" }, "Action": "sts:AssumeRole" }
  ]
}"#,
    ),
    good: Example::trust(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": { "AWS": "arn:aws:iam::444455556666:root" },
      "Action": "sts:AssumeRole",
      "Condition": { "StringEquals": { "sts:ExternalId": "7f3c1a52" } }
    }
  ]
}"#,
    ),
    look: Look::Policy(look_at_accounts),
};

/// Providers that sign tokens for everybody.
const SHARED: [&str; 4] =
    ["app.terraform.io", "gitlab.com", "oidc.circleci.com", "token.actions.githubusercontent.com"];

fn look_at_federation(view: &View<'_>, found: &mut Found) {
    if view.policy_type != PolicyType::Trust {
        return;
    }
    for statement in view.outline.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
        for node in principals(statement, "Federated") {
            let provider = node.as_text().unwrap_or_default();
            let host =
                provider.split_once("oidc-provider/").map(|(_, host)| host.split('/').next().unwrap_or(host));
            let Some(host) = host.filter(|host| SHARED.contains(host)) else { continue };
            if lets_in_a_stranger(view, provider, host) {
                found.add(place(node), format!("whoever has an account at `{host}` may assume this role"));
            }
        }
    }
}

fn lets_in_a_stranger(view: &View<'_>, provider: &str, host: &str) -> bool {
    let mut context = Context::new();
    context.replace(&format!("{host}:aud"), vec!["sts.amazonaws.com".to_owned()]);
    context.replace(&format!("{host}:sub"), vec!["repo:stranger/anything:ref:refs/heads/main".to_owned()]);
    let Ok(action) = Action::parse("sts:AssumeRoleWithWebIdentity") else { return false };
    let request = Request::new(RequestParts {
        principal: Principal::Federated { provider: provider.to_owned() },
        action,
        resource: "arn:aws:iam::111122223333:role/something".to_owned(),
        resource_account: None,
        context,
        completeness: Completeness::Partial,
    });
    let layers = Layers { resource: ResourceSide::Trust(Arc::clone(&view.policy)), ..Layers::default() };
    authorize(&request, &layers).decision() == Some(Decision::Allow)
}

fn look_at_accounts(view: &View<'_>, found: &mut Found) {
    if view.policy_type != PolicyType::Trust {
        return;
    }
    let allowing = view.outline.statements.iter().filter(|statement| statement.effect == Effect::Allow);
    for statement in allowing.filter(|statement| statement.conditions.is_empty()) {
        for node in principals(statement, "AWS") {
            let text = node.as_text().unwrap_or_default();
            let id = text.strip_suffix(":root").and_then(|start| start.rsplit(':').next()).unwrap_or(text);
            if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) {
                found.add(
                    place(node),
                    format!("whoever may assume roles in account {id} may assume this one"),
                );
            }
        }
    }
}

/// The principals of one kind that a statement names.
fn principals<'a>(statement: &Statement<'a>, kind: &str) -> &'a [Node] {
    match statement.principal {
        Some((node, false)) => node.get(kind).map(items).unwrap_or_default(),
        Some((_, true)) | None => &[],
    }
}

//! Denies of service-specific credentials for every service.
//!
//! Asks the evaluator for the credentials of services that have nothing to do with models.

use iam::policy::Effect;

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const RULE: Rule = Rule {
    id: "credential-deny-hits-other-services",
    title: "a Deny of API keys that denies the credentials of other services too",
    severity: Severity::Low,
    confidence: Confidence::High,
    audience: Audience::Auditor,
    why: "`iam:CreateServiceSpecificCredential` also makes the Git credentials of CodeCommit and those of Amazon \
          Keyspaces. A Deny without a condition takes them away as well.",
    instead: "Compare `iam:ServiceSpecificCredentialServiceName` with `bedrock.amazonaws.com`, unless all of them are \
              meant.",
    sources: &["Service Authorization Reference, iam:CreateServiceSpecificCredential"],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": "iam:CreateServiceSpecificCredential", "Resource": "*" }
  ]
}"#,
    ),
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "iam:CreateServiceSpecificCredential",
      "Resource": "*",
      "Condition": {
        "StringEquals": { "iam:ServiceSpecificCredentialServiceName": "bedrock.amazonaws.com" }
      }
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

fn look(view: &View<'_>, found: &mut Found) {
    let Some(alone) = view.alone().filter(|_| view.limits()) else { return };
    let user = "arn:aws:iam::111122223333:user/somebody";
    let keys = [("iam:ServiceSpecificCredentialServiceName", "codecommit.amazonaws.com")];
    if alone.allows("iam:CreateServiceSpecificCredential", user, &keys) != Some(false) {
        return;
    }
    let denying = view.outline.statements.iter().filter(|statement| statement.effect == Effect::Deny);
    let elements = denying.filter_map(|statement| statement.action.as_ref()).filter(|action| !action.negated);
    let named = |text: &str| text.eq_ignore_ascii_case("iam:CreateServiceSpecificCredential");
    if let Some(value) = elements.flat_map(|element| &element.values).find(|value| named(value.text)) {
        found.add(place(value.node), "this also denies the credentials of CodeCommit and Amazon Keyspaces");
    }
}

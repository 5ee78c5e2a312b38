//! One grant that runs what stands behind an approved name and may change what that is.
//!
//! Asks the evaluator for both on the same resource.

use iam::lint::statement::Statement;
use iam::policy::{Effect, PolicyType};

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const RULE: Rule = Rule {
    id: "swaps-the-model-it-runs",
    title: "running a deployment and changing the model behind it in one hand",
    severity: Severity::High,
    confidence: Confidence::Medium,
    audience: Audience::Author,
    why: "Provisioned throughput, deployments of custom models and endpoints are run by their own ARN, and no model is \
          authorised with them. Whoever may update what they run points the approved ARN at another model, and no \
          list of models sees it.",
    instead: "Give the update to the role that deploys, and to this one only what runs models.",
    sources: &["Service Authorization Reference, actions that update what stands behind an ARN"],
    bad: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["bedrock:InvokeModel", "bedrock:UpdateProvisionedModelThroughput"],
      "Resource": "arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abcdefghijkl"
    }
  ]
}"#,
    ),
    good: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["bedrock:GetProvisionedModelThroughput", "bedrock:InvokeModel"],
      "Resource": "arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abcdefghijkl"
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

/// What changes the model, what runs it, and how the resource is called.
const PAIRS: [(&str, &str, &str); 3] = [
    ("bedrock:UpdateCustomModelDeployment", "bedrock:InvokeModel", "custom-model-deployment/"),
    ("bedrock:UpdateProvisionedModelThroughput", "bedrock:InvokeModel", "provisioned-model/"),
    ("sagemaker:UpdateEndpoint", "sagemaker:InvokeEndpoint", "endpoint/"),
];

fn look(view: &View<'_>, found: &mut Found) {
    let Some(alone) = view.alone().filter(|_| view.policy_type == PolicyType::Identity) else { return };
    for (update, run, kind) in PAIRS {
        let by_name = |statement: &&Statement<'_>| {
            statement.effect == Effect::Allow && !names_all(statement) && statement.names(update)
        };
        for statement in view.outline.statements.iter().filter(by_name) {
            let Some(action) = &statement.action else { continue };
            let service = update.split(':').next().unwrap_or_default();
            let resource = example(statement, service, kind);
            if alone.allows(update, &resource, &[]) == Some(true)
                && alone.allows(run, &resource, &[]) == Some(true)
            {
                let named = action.values.iter().find(|value| {
                    iam::action::Action::parse(update)
                        .is_ok_and(|update| iam::action::ActionPattern::new(value.text).matches(&update))
                });
                let Some(value) = named else { continue };
                found.add(
                    place(value.node),
                    format!("this may run `{resource}` and change which model stands there"),
                );
            }
        }
    }
}

/// Whether a whole service or more is allowed, of which another rule speaks.
fn names_all(statement: &Statement<'_>) -> bool {
    let values = statement.action.iter().flat_map(|action| &action.values);
    values.into_iter().any(|value| value.text == "*" || value.text.ends_with(":*"))
}

/// A resource of the kind that the statement names, or one in the account.
fn example(statement: &Statement<'_>, service: &str, kind: &str) -> String {
    let values = statement.resource.iter().flat_map(|resource| &resource.values);
    let mut named = values.filter(|value| value.text.contains(&format!(":{kind}")));
    let text = named.next().map(|value| value.text.to_owned());
    let text = text.unwrap_or_else(|| {
        format!("arn:aws:{service}:us-east-1:{}:{kind}abcdefghijkl", crate::check::alone::ACCOUNT)
    });
    let mut parts: Vec<String> = text.splitn(6, ':').map(str::to_owned).collect();
    let fill = |part: &mut String, with: &str| *part = part.replace(['*', '?'], with);
    if let [_, _, _, region, account, rest] = parts.as_mut_slice() {
        fill(region, "us-east-1");
        if account.contains(['*', '?']) {
            *account = crate::check::alone::ACCOUNT.to_owned();
        }
        fill(rest, "a");
    }
    parts.join(":")
}

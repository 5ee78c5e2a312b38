//! Controls over models that close some doors and leave others.
//!
//! Asks the evaluator: a model that the policy denies at the Bedrock runtime is asked for through every other door,
//! and in a Region that it closes every door is asked for there. The policy is looked at alone; another one may close
//! what this one leaves.

use iam::lint::statement::Statement;
use iam::policy::Effect;
use reference::Door;

use crate::check::doors::{self, Wanted};
use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::models::{of_every_maker, patterns};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const MODELS: Rule = Rule {
    id: "leaves-doors-open",
    title: "a control over models that leaves other doors to them open",
    severity: Severity::High,
    confidence: Confidence::Medium,
    audience: Audience::Author,
    why: "The Bedrock runtime is one way of many to run a model. `bedrock-mantle`, Claude Platform on AWS, SageMaker \
          endpoints, AgentCore with providers of its own, imported, custom and provisioned models are authorised as \
          other actions on other resources, and a list of foundation models does not see them.",
    instead: "Close the doors that nobody needs, each with the actions of its service, or hold them to their own list. \
              `postern doors` says what closes each. If another policy at the same place does, nothing is wrong.",
    sources: &[
        "Service Authorization Reference, actions of each service",
        "Amazon Bedrock User Guide, \"Endpoints\"; Claude Platform on AWS User Guide",
    ],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "arn:aws:bedrock:*::foundation-model/deepseek*"
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
      "NotAction": ["bedrock:InvokeModel*", "ec2:*", "iam:*", "s3:*"],
      "Resource": "*"
    },
    {
      "Effect": "Deny",
      "Action": "bedrock:InvokeModel*",
      "NotResource": [
        "arn:aws:bedrock:*::foundation-model/amazon.nova-*",
        "arn:aws:bedrock:*:*:inference-profile/*"
      ]
    }
  ]
}"#,
    ),
    look: Look::Policy(look_at_models),
};

pub const REGIONS: Rule = Rule {
    id: "region-limit-leaves-doors-open",
    title: "a limit on Regions that leaves other doors to models open there",
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    audience: Audience::Author,
    why: "A limit on Regions that names the actions of one service closes that service there. Models are run by \
          others too, and those stay open in every Region.",
    instead: "Name the other services as well, or deny everything but global services with `NotAction`.",
    sources: &[
        "Organizations User Guide, \"General examples\", deny access to AWS based on the requested Region",
        "Service Authorization Reference, actions of each service",
    ],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": ["bedrock:*", "bedrock-mantle:*"],
      "Resource": "*",
      "Condition": { "StringNotEquals": { "aws:RequestedRegion": ["us-east-1", "us-east-2", "us-west-2"] } }
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
      "NotAction": ["iam:*", "organizations:*", "sts:*"],
      "Resource": "*",
      "Condition": { "StringNotEquals": { "aws:RequestedRegion": ["us-east-1", "us-east-2", "us-west-2"] } }
    }
  ]
}"#,
    ),
    look: Look::Policy(look_at_regions),
};

fn look_at_models(view: &View<'_>, found: &mut Found) {
    let Some(alone) = view.alone().filter(|_| view.limits()) else { return };
    let Some(statement) = view.outline.statements.iter().find(|one| names_models(one)) else { return };
    let Some(resource) = &statement.resource else { return };
    let region = "us-east-1";
    let models = of_every_maker(&view.outline.statements);
    let is_denied = |model: &&String| alone.runs_directly(model, region) == Some(false);
    let Some(model) = models.iter().find(is_denied) else { return };
    let mut open = doors::open(alone, &Wanted::new(model, region));
    if !resource.negated && !model.starts_with("anthropic.") {
        // A list of what is not wanted says nothing about the models of Claude Platform.
        open.of_choice.retain(|door| door.id != "claude-platform");
    }
    if open.of_choice.is_empty() {
        return;
    }
    let mut message = format!(
        "a model that this denies at the Bedrock runtime, such as `{model}`, or one like it, can still be run or \
         brought in through {}",
        doors_in_words(&open.of_choice)
    );
    // A list of what is not wanted says nothing about models that AWS chooses.
    if resource.negated && !open.chosen_by_aws.is_empty() {
        message
            .push_str(&format!("; models of AWS's choosing through {}", doors_in_words(&open.chosen_by_aws)));
    }
    let runs_the_same =
        open.of_choice.iter().any(|door| matches!(door.id.as_str(), "mantle" | "claude-platform"));
    found
        .add(place(resource.node), message)
        .severity(if runs_the_same { Severity::High } else { Severity::Medium })
        .instead(closing(&open.of_choice));
}

/// What closes the doors that are used most.
fn closing(open: &[&'static Door]) -> String {
    const FIRST: [&str; 4] = ["mantle", "claude-platform", "sagemaker-endpoints", "import"];
    let first: Vec<String> = FIRST
        .iter()
        .filter_map(|id| open.iter().find(|door| door.id == *id))
        .map(|door| format!("{}: {}", door.id, door.control))
        .collect();
    if first.is_empty() {
        return "close those that nobody needs, with the actions of their services".to_owned();
    }
    format!("close those that nobody needs. {}", first.join(". "))
}

fn doors_in_words(open: &[&'static Door]) -> String {
    let ids: Vec<String> = open.iter().map(|door| format!("`{}`", door.id)).collect();
    format!("{} other {}: {}", ids.len(), if ids.len() == 1 { "door" } else { "doors" }, ids.join(", "))
}

fn look_at_regions(view: &View<'_>, found: &mut Found) {
    let Some(alone) = view.alone().filter(|_| view.limits()) else { return };
    let limiting = view.outline.statements.iter().find(|statement| {
        statement.effect == Effect::Deny
            && statement.names("bedrock:InvokeModel")
            && statement.action.as_ref().is_some_and(|action| !action.negated && !action.has_everything())
            && statement.conditions_on("aws:RequestedRegion").next().is_some()
    });
    let Some((statement, condition)) = limiting
        .and_then(|statement| Some((statement, statement.conditions_on("aws:RequestedRegion").next()?)))
    else {
        return;
    };
    let model = "amazon.nova-pro-v1:0";
    let regions = reference::regions().filter(|region| region.partition == "aws").map(|region| region.name);
    let Some(region) = regions.into_iter().find(|region| alone.runs_directly(model, region) == Some(false))
    else {
        return;
    };
    let open = doors::open(alone, &Wanted::new(model, region));
    let Some(action) = statement.action.as_ref().filter(|_| !open.of_choice.is_empty()) else { return };
    let message = format!(
        "`{}` closes the Bedrock runtime in {region}, and models can be run or brought in there through {}",
        condition.key,
        doors_in_words(&open.of_choice)
    );
    found.add(place(action.node), message);
}

fn names_models(statement: &Statement<'_>) -> bool {
    let lists = statement.resource.as_ref().is_some_and(|resource| patterns(resource).next().is_some());
    let of_mantle = statement.conditions_on("bedrock-mantle:Model").next().is_some();
    lists || (of_mantle && statement.resource.is_some())
}

//! Denies of one way of several that lead to the same place.
//!
//! The groups are rows: actions that do the same to a model, or undo each other's closing. Asks the evaluator which of
//! a group are denied and which are open. Speaks only where a statement names an action of the group; one that denies
//! a whole service by wildcard is not about the group.

use iam::lint::statement::{Reach, Text, matched};
use iam::policy::Effect;

use crate::check::alone::Alone;
use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::models::listed;
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

/// Actions that lead to the same place.
struct Group {
    /// What they lead to, behind "still open for …".
    to: &'static str,
    /// What else there is to do, behind the advice; possibly nothing.
    besides: &'static str,
    /// Each with a resource and keys that its request carries; an empty value is an absent key.
    ways: &'static [Way],
}

/// One way, as it is asked for.
struct Way {
    action: &'static str,
    resource: &'static str,
    keys: &'static [(&'static str, &'static str)],
}

const fn way(action: &'static str) -> Way {
    Way { action, resource: "*", keys: &[] }
}

const fn way_on(action: &'static str, resource: &'static str) -> Way {
    Way { action, resource, keys: &[] }
}

/// With the age left open, so that a limit on the age is not taken for a closure.
const fn way_of_credential(action: &'static str) -> Way {
    const KEYS: &[(&str, &str)] = &[("iam:ServiceSpecificCredentialServiceName", "bedrock.amazonaws.com")];
    Way { action, resource: "arn:aws:iam::111122223333:user/somebody", keys: KEYS }
}

const LONG_TERM: &[(&str, &str)] = &[
    ("aws-external-anthropic:BearerTokenType", "LONG_TERM"),
    ("bedrock-mantle:BearerTokenType", "LONG_TERM"),
    ("bedrock:BearerTokenType", "LONG_TERM"),
    ("sagemaker:BearerTokenType", "LONG_TERM"),
];

const fn way_of_token(action: &'static str) -> Way {
    Way { action, resource: "*", keys: LONG_TERM }
}

pub const BEARER: Rule = Rule {
    id: "bearer-deny-misses-prefixes",
    title: "a Deny of API keys that leaves some of the four prefixes open",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "A call with an API key is authorised as `CallWithBearerToken` of the service that is called: `bedrock`, \
          `bedrock-mantle`, `aws-external-anthropic` or `sagemaker`. A Deny for one of them leaves the keys working \
          at the others.",
    instead: "Deny `CallWithBearerToken` of all four prefixes, each with its own `BearerTokenType` key if only \
              long-term keys are meant.",
    sources: &[
        "Service Authorization Reference, CallWithBearerToken",
        "Amazon Bedrock User Guide, \"Control permissions for generating and using API keys\"",
    ],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:CallWithBearerToken",
      "Resource": "*",
      "Condition": { "StringEquals": { "bedrock:BearerTokenType": "LONG_TERM" } }
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
      "Action": [
        "aws-external-anthropic:CallWithBearerToken",
        "bedrock-mantle:CallWithBearerToken",
        "bedrock:CallWithBearerToken",
        "sagemaker:CallWithBearerToken"
      ],
      "Resource": "*"
    }
  ]
}"#,
    ),
    look: Look::Policy(|view, found| look(view, found, &[BEARER_GROUP])),
};

const BEARER_GROUP: Group = Group {
    to: "calls with API keys",
    besides: "",
    ways: &[
        way_of_token("aws-external-anthropic:CallWithBearerToken"),
        way_of_token("bedrock-mantle:CallWithBearerToken"),
        way_of_token("bedrock:CallWithBearerToken"),
        way_of_token("sagemaker:CallWithBearerToken"),
    ],
};

pub const BRING_IN: Rule = Rule {
    id: "bring-in-half-closed",
    title: "a Deny of bringing models in that leaves other ways to do so",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "Weights get into Bedrock by more than one action, and each of them makes a model that no list of \
          foundation models sees: an import job, a custom model made from artefacts, a copy of a shared model, and \
          the same at `bedrock-mantle`. What is in already is not closed by any of these.",
    instead: "Deny the actions that are left open too, and the actions that serve such models if none is to run.",
    sources: &[
        "Service Authorization Reference, actions of Amazon Bedrock and Amazon Bedrock Mantle",
        "Amazon Bedrock User Guide, \"Import a customized model\", \"Copy a customized model\"",
    ],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": "bedrock:CreateModelImportJob", "Resource": "*" }
  ]
}"#,
    ),
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": [
        "bedrock-mantle:CreateCustomizedModel",
        "bedrock:CreateCustomModel",
        "bedrock:CreateModelCopyJob",
        "bedrock:CreateModelImportJob"
      ],
      "Resource": "*"
    }
  ]
}"#,
    ),
    look: Look::Policy(|view, found| look(view, found, &[IMPORT_GROUP, TUNE_GROUP])),
};

const IMPORT_GROUP: Group = Group {
    to: "bringing weights in",
    besides: "; what is in already is run by `bedrock:CreateCustomModelDeployment`, \
              `bedrock:CreateProvisionedModelThroughput` and `bedrock:InvokeModel*` on `imported-model/*`",
    ways: &[
        way_on(
            "bedrock-mantle:CreateCustomizedModel",
            "arn:aws:bedrock-mantle:us-east-1:111122223333:customized-model/x",
        ),
        way("bedrock:CreateCustomModel"),
        way_on(
            "bedrock:CreateModelCopyJob",
            "arn:aws:bedrock:us-east-1:111122223333:custom-model/imported/abcdefghijkl",
        ),
        way("bedrock:CreateModelImportJob"),
    ],
};

const TUNE_GROUP: Group = Group {
    to: "making a model by tuning another",
    besides: "",
    ways: &[
        Way {
            action: "bedrock-mantle:CreateFineTuningJob",
            resource: "arn:aws:bedrock-mantle:us-east-1:111122223333:project/default",
            keys: &[("bedrock-mantle:Model", "openai.gpt-oss-120b")],
        },
        way_on(
            "bedrock:CreateModelCustomizationJob",
            "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
        ),
    ],
};

pub const CREDENTIAL: Rule = Rule {
    id: "credential-deny-misses-reset",
    title: "a Deny of making API keys that leaves existing ones to be renewed",
    severity: Severity::Low,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "`iam:ResetServiceSpecificCredential` issues a new secret for a key that exists, and \
          `iam:UpdateServiceSpecificCredential` activates one that was switched off. A Deny of creation alone keeps \
          old keys alive for good.",
    instead: "Deny all three, for the service `bedrock.amazonaws.com` by the key \
              `iam:ServiceSpecificCredentialServiceName`.",
    sources: &["Service Authorization Reference, actions of AWS Identity and Access Management"],
    bad: Example::scp(
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
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": [
        "iam:CreateServiceSpecificCredential",
        "iam:ResetServiceSpecificCredential",
        "iam:UpdateServiceSpecificCredential"
      ],
      "Resource": "*",
      "Condition": {
        "StringEquals": { "iam:ServiceSpecificCredentialServiceName": "bedrock.amazonaws.com" }
      }
    }
  ]
}"#,
    ),
    look: Look::Policy(|view, found| look(view, found, &[CREDENTIAL_GROUP])),
};

const CREDENTIAL_GROUP: Group = Group {
    to: "renewing API keys",
    besides: "",
    ways: &[
        way_of_credential("iam:CreateServiceSpecificCredential"),
        way_of_credential("iam:ResetServiceSpecificCredential"),
        way_of_credential("iam:UpdateServiceSpecificCredential"),
    ],
};

pub const OTHER: Rule = Rule {
    id: "half-closed",
    title: "a Deny of one action that leaves another with the same effect open",
    severity: Severity::Medium,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "Several actions do the same to a model: a stream and a plain call, making and swapping what stands behind an \
          approved name, deleting a setting and overwriting it. A Deny of one of them is a detour for whoever wants \
          to get there.",
    instead: "Deny the actions that are left open too.",
    sources: &["Service Authorization Reference, actions of each service"],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": "bedrock:DeleteEnforcedGuardrailConfiguration", "Resource": "*" }
  ]
}"#,
    ),
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": ["bedrock:DeleteEnforcedGuardrailConfiguration", "bedrock:PutEnforcedGuardrailConfiguration"],
      "Resource": "*"
    }
  ]
}"#,
    ),
    look: Look::Policy(|view, found| look(view, found, OTHER_GROUPS)),
};

const MODEL: &str = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0";
const ENDPOINT: &str = "arn:aws:sagemaker:us-east-1:111122223333:endpoint/x";
const WORKSPACE: &str = "arn:aws:aws-external-anthropic:us-east-1:111122223333:workspace/wrkspc_x";

const OTHER_GROUPS: &[Group] = &[
    Group {
        to: "running models",
        besides: "",
        ways: &[way_on("bedrock:InvokeModel", MODEL), way_on("bedrock:InvokeModelWithResponseStream", MODEL)],
    },
    Group {
        to: "running models at Claude Platform",
        besides: "",
        ways: &[
            way_on("aws-external-anthropic:CreateBatchInference", WORKSPACE),
            way_on("aws-external-anthropic:CreateInference", WORKSPACE),
        ],
    },
    Group {
        to: "running models on endpoints",
        besides: "",
        ways: &[
            way_on("sagemaker:InvokeEndpoint", ENDPOINT),
            way_on("sagemaker:InvokeEndpointAsync", ENDPOINT),
            way_on("sagemaker:InvokeEndpointWithResponseStream", ENDPOINT),
        ],
    },
    Group {
        to: "getting a Marketplace model into Bedrock",
        besides: "",
        ways: &[
            way("bedrock:CreateMarketplaceModelEndpoint"),
            way_on(
                "bedrock:RegisterMarketplaceModelEndpoint",
                "arn:aws:bedrock:us-east-1:111122223333:marketplace/model-endpoint/all-access",
            ),
        ],
    },
    Group {
        to: "taking the enforced guardrail away",
        besides: "",
        ways: &[
            way("bedrock:DeleteEnforcedGuardrailConfiguration"),
            way("bedrock:PutEnforcedGuardrailConfiguration"),
        ],
    },
    Group {
        to: "switching the log of prompts off",
        besides: "",
        ways: &[
            way("bedrock:DeleteModelInvocationLoggingConfiguration"),
            way("bedrock:PutModelInvocationLoggingConfiguration"),
        ],
    },
];

fn look(view: &View<'_>, found: &mut Found, groups: &[Group]) {
    let Some(alone) = view.alone().filter(|_| view.limits()) else { return };
    for group in groups {
        let Some(value) = naming(view, group) else { continue };
        let answers: Vec<(&str, Option<bool>)> =
            group.ways.iter().map(|way| (way.action, asked(alone, way))).collect();
        let is_closed = answers.iter().any(|(_, allowed)| *allowed == Some(false));
        let open: Vec<String> = answers
            .iter()
            .filter(|(_, allowed)| *allowed == Some(true))
            .map(|(action, _)| (*action).to_owned())
            .collect();
        if is_closed && !open.is_empty() {
            let message = format!("still open for {}: {}", group.to, listed(&open, 4));
            found.add(place(value.node), message).instead(format!(
                "deny {} as well{}",
                listed(&open, 4),
                group.besides
            ));
        }
    }
}

fn asked(alone: &Alone, way: &Way) -> Option<bool> {
    alone.allows(way.action, way.resource, way.keys)
}

/// The first value in a Deny that names an action of the group, rather than a service.
fn naming<'v, 'a>(view: &'v View<'a>, group: &Group) -> Option<&'v Text<'a>> {
    let denying = view.outline.statements.iter().filter(|statement| statement.effect == Effect::Deny);
    let elements = denying.filter_map(|statement| statement.action.as_ref()).filter(|action| !action.negated);
    elements.flat_map(|element| &element.values).find(|value| match matched(value.text) {
        Reach::Everything => false,
        Reach::Actions(actions) => {
            let named = |action: &reference::Action| {
                let spelled = format!("{}:{}", action.service, action.name);
                group.ways.iter().any(|way| way.action == spelled)
            };
            !actions.is_empty() && actions.iter().all(named)
        }
    })
}

#[cfg(test)]
mod tests {
    //! Rows stay true to the reference.

    use super::{BEARER_GROUP, CREDENTIAL_GROUP, IMPORT_GROUP, OTHER_GROUPS, TUNE_GROUP};

    #[test]
    fn every_way_is_an_action_that_exists() {
        let groups = [&BEARER_GROUP, &CREDENTIAL_GROUP, &IMPORT_GROUP, &TUNE_GROUP];
        for way in groups.into_iter().chain(OTHER_GROUPS).flat_map(|group| group.ways) {
            let (service, name) = way.action.split_once(':').unwrap();
            let action = reference::action(service, name).unwrap_or_else(|| panic!("{}", way.action));
            assert_eq!(action.takes_resources(), way.resource != "*", "{}", way.action);
        }
    }
}

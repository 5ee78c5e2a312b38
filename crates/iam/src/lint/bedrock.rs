//! Mistakes that are made with models again and again.
//!
//! One call of a model is several authorisations, all of which have to be allowed: on the inference profile, and
//! on the foundation model in every Region it may run in (aws-facts §1.6). Follows Amazon Bedrock User Guide,
//! "Prerequisites for running model inference" and "Inference profiles", and the Service Authorization Reference.

use super::statement::{Document, Element, Statement};
use super::template::fits;
use super::{Description, Findings, Level, listed};
use crate::action::ActionPattern;
use crate::condition::{Comparison, Order};
use crate::policy::Effect;

enum BedrockFinding {
    /// A Deny whose `NotResource` exempts foundation models only, which denies every profile with them. Source:
    /// Service Authorization Reference, resource types of `bedrock:InvokeModel`; Amazon Bedrock User Guide,
    /// "Prerequisites for inference profiles" (aws-facts §10, 12).
    AllowListForgetsProfiles { denied: Vec<String> },
    /// An Allow of profiles without the models behind them. Source: Amazon Bedrock User Guide, "Prerequisites for
    /// inference profiles" (aws-facts §10, 14).
    ProfileWithoutModel,
    /// A Deny of both listed invoke actions by name, which may leave bidirectional streams. Source: Service
    /// Authorization Reference lists no action for them (aws-facts §10, 3).
    LeavesBidirectionalStreams,
    /// A Deny of long-lived keys by age that never-expiring keys pass, since they carry no age. Source: Service
    /// Authorization Reference, `iam:ServiceSpecificCredentialAgeDays`; absence inferred (aws-facts §10, 37).
    NeverExpiringKeysPass,
}

pub(super) fn check(document: &Document, findings: &mut Findings) {
    for statement in &document.statements {
        check_allow_list(statement, findings);
        check_bidirectional(statement, findings);
        check_key_age(document, statement, findings);
    }
    check_profiles(document, findings);
}

fn check_allow_list(statement: &Statement, findings: &mut Findings) {
    let Some(resource) = statement.resource.as_ref().filter(|resource| resource.negated) else { return };
    let invokes = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"];
    let Some(invoke) = invokes.into_iter().find(|action| statement.names(action)) else { return };
    let of_model =
        |text: &str| text.splitn(6, ':').nth(5).is_some_and(|rest| rest.starts_with("foundation-model/"));
    if statement.effect != Effect::Deny || !resource.values.iter().any(|value| of_model(value.text)) {
        return;
    }
    let Some(action) = reference::action("bedrock", &invoke["bedrock:".len()..]) else { return };
    let denied: Vec<String> = action
        .resource_types()
        .map(|each| each.name)
        .filter(|name| !exempts(statement, resource, name))
        .map(str::to_owned)
        .collect();
    // Routers, jobs and the rest may be left out on purpose; without profiles nearly no model can be run.
    if denied.iter().any(|name| name == "inference-profile") {
        findings.add(resource.node, BedrockFinding::AllowListForgetsProfiles { denied }.describe());
    }
}

/// Whether some resource of this type may be among the values.
fn exempts(statement: &Statement, resource: &Element, name: &str) -> bool {
    reference::resource_type("bedrock", name).is_none_or(|known| {
        known.templates().any(|template| {
            resource.values.iter().any(|value| fits(value.text, statement.with_variables, template))
        })
    })
}

fn check_bidirectional(statement: &Statement, findings: &mut Findings) {
    let both = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"];
    if statement.effect != Effect::Deny
        || statement.action.as_ref().is_none_or(|action| action.negated)
        || !both.into_iter().all(|action| statement.names(action))
        || statement.names("bedrock:InvokeModelWithBidirectionalStream")
    {
        return;
    }
    let invoke = crate::action::Action::parse("bedrock:InvokeModel").expect("this is an action");
    let values = statement.action.iter().flat_map(|action| &action.values);
    if let Some(value) = values.into_iter().find(|value| ActionPattern::new(value.text).matches(&invoke)) {
        findings.add(value.node, BedrockFinding::LeavesBidirectionalStreams.describe());
    }
}

fn check_key_age(document: &Document, statement: &Statement, findings: &mut Findings) {
    const KEY: &str = "iam:ServiceSpecificCredentialAgeDays";
    if statement.effect != Effect::Deny {
        return;
    }
    let denies_without_age = document.statements.iter().any(|other| {
        other.effect == Effect::Deny
            && other.names("iam:CreateServiceSpecificCredential")
            && other.conditions_on(KEY).all(|condition| condition.holds_when_absent() == Some(true))
    });
    for condition in statement.conditions_on(KEY) {
        let Some(operator) = condition.operator else { continue };
        let above = matches!(operator.comparison, Comparison::Number(Order::Greater | Order::GreaterOrEqual));
        if above && !operator.if_exists && !denies_without_age {
            findings.add(condition.key_span, BedrockFinding::NeverExpiringKeysPass.describe());
        }
    }
}

/// Profiles that the document allows to run while it allows no foundation model.
fn check_profiles(document: &Document, findings: &mut Findings) {
    let invoking: Vec<(&Statement, &Element)> = document
        .statements
        .iter()
        .filter(|statement| statement.effect == Effect::Allow && statement.names("bedrock:InvokeModel"))
        .filter_map(|statement| Some((statement, statement.resource.as_ref()?)))
        .collect();
    let admits_models = invoking.iter().any(|(statement, resource)| {
        resource.negated || resource.has_everything() || exempts(statement, resource, "foundation-model")
    });
    if admits_models {
        return;
    }
    for (_, resource) in invoking {
        let of_profile = |text: &str| {
            text.splitn(6, ':').nth(5).is_some_and(|rest| {
                rest.starts_with("inference-profile/") || rest.starts_with("application-inference-profile/")
            })
        };
        for value in resource.values.iter().filter(|value| of_profile(value.text)) {
            findings.add(value.node, BedrockFinding::ProfileWithoutModel.describe());
        }
    }
}

impl BedrockFinding {
    fn describe(&self) -> Description {
        match self {
            Self::AllowListForgetsProfiles { denied } => Description {
                code: "allow-list-forgets-profiles",
                level: Level::Error,
                message: format!(
                    "this allow-list exempts foundation models only and denies {}; most current models run through an inference profile only",
                    listed(denied)
                ),
                hint: Some(
                    "exempt what belongs to an account as well: `arn:aws:bedrock:*:????????????:*`".to_owned(),
                ),
            },
            Self::ProfileWithoutModel => Description {
                code: "profile-without-model",
                level: Level::Warning,
                message: "running this profile also needs the foundation model in every Region it may run in, which this policy does not allow"
                    .to_owned(),
                hint: Some(
                    "allow `arn:aws:bedrock:*::foundation-model/…` with a condition on `bedrock:InferenceProfileArn`"
                        .to_owned(),
                ),
            },
            Self::LeavesBidirectionalStreams => Description {
                code: "deny-may-leave-bidirectional-streams",
                level: Level::Suggestion,
                message: "AWS does not say which action authorises InvokeModelWithBidirectionalStream; this Deny may leave it open"
                    .to_owned(),
                hint: Some("write `bedrock:InvokeModel*`".to_owned()),
            },
            Self::NeverExpiringKeysPass => Description {
                code: "never-expiring-keys-pass",
                level: Level::SecurityWarning,
                message: "a credential that never expires carries no `iam:ServiceSpecificCredentialAgeDays`, so this Deny passes it by"
                    .to_owned(),
                hint: Some(
                    "add a Deny with \"Null\": {\"iam:ServiceSpecificCredentialAgeDays\": \"true\"}".to_owned(),
                ),
            },
        }
    }
}

//! The allow-list allows an approved model in every form in which a client can ask for it, and no other in any.
//!
//! Beside it stands AWS's sample for the same purpose ("deny everything except approved models", aws-samples
//! service-control-policy-examples), which denies an approved model as soon as a profile leads to it.

#[path = "common/organization.rs"]
mod common;

use common::{Fence, organization, place, policy};
use iam::answer::Decision;
use iam::layers::{Layers, Level};
use iam::operation::{Operation, OperationLayers, OperationOutcome, Place, ServiceRole, authorize_operation};
use iam::policy::PolicyType;
use iam::principal::Principal;
use reference::Api;

const CHARTER: &str = "
charter: 1
models:
  opus: { runtime: [anthropic.claude-opus-5-5], mantle: [anthropic.claude-opus-5-5] }
  nova: { runtime: ['amazon.nova-pro-*'] }
areas:
  - at: /
    allow:
      - models: [opus, nova]
        through: [runtime, runtime-responses, async, batch, count-tokens, inference-profiles]
        scope: global
        regions: [us-east-1, eu-central-1]
      - models: [opus]
        through: [mantle]
        regions: [us-east-1]
    doors: { others: unmanaged }
";

/// What a client asks: endpoint, API, what it names, where, and what stands behind that.
struct Form {
    api: (&'static str, &'static str),
    target: &'static str,
    region: &'static str,
    behind: Option<&'static str>,
}

const fn form(endpoint: &'static str, api: &'static str, target: &'static str, region: &'static str) -> Form {
    Form { api: (endpoint, api), target, region, behind: None }
}

const OWN_PROFILE: &str = "arn:aws:bedrock:us-east-1:222222222222:application-inference-profile/abcdefghijkl";

/// Approved, and its neighbour that is not, in the same form.
const FORMS: [(&str, Form, Form); 12] = [
    (
        "directly",
        form("bedrock-runtime", "Converse", "amazon.nova-pro-v1:0", "us-east-1"),
        form("bedrock-runtime", "Converse", "amazon.nova-lite-v1:0", "us-east-1"),
    ),
    (
        "through us.",
        form("bedrock-runtime", "Converse", "us.anthropic.claude-opus-5-5", "us-east-1"),
        form("bedrock-runtime", "Converse", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "us-east-1"),
    ),
    (
        "through eu.",
        form("bedrock-runtime", "Converse", "eu.anthropic.claude-opus-5-5", "eu-central-1"),
        form("bedrock-runtime", "Converse", "eu.anthropic.claude-haiku-4-5-20251001-v1:0", "eu-central-1"),
    ),
    (
        "through global.",
        form("bedrock-runtime", "Converse", "global.anthropic.claude-opus-5-5", "us-east-1"),
        form("bedrock-runtime", "Converse", "global.anthropic.claude-haiku-4-5-20251001-v1:0", "us-east-1"),
    ),
    (
        "through an application profile",
        Form {
            behind: Some("us.anthropic.claude-opus-5-5"),
            ..form("bedrock-runtime", "Converse", OWN_PROFILE, "us-east-1")
        },
        Form {
            behind: Some("us.anthropic.claude-haiku-4-5-20251001-v1:0"),
            ..form("bedrock-runtime", "Converse", OWN_PROFILE, "us-east-1")
        },
    ),
    (
        "streaming",
        form("bedrock-runtime", "ConverseStream", "us.anthropic.claude-opus-5-5", "us-east-1"),
        form("bedrock-runtime", "ConverseStream", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "us-east-1"),
    ),
    (
        "in both directions",
        form("bedrock-runtime", "InvokeModelWithBidirectionalStream", "amazon.nova-pro-v1:0", "us-east-1"),
        form("bedrock-runtime", "InvokeModelWithBidirectionalStream", "amazon.nova-sonic-v1:0", "us-east-1"),
    ),
    (
        "asynchronously",
        form("bedrock-runtime", "StartAsyncInvoke", "amazon.nova-pro-v1:0", "us-east-1"),
        form("bedrock-runtime", "StartAsyncInvoke", "amazon.nova-reel-v1:0", "us-east-1"),
    ),
    (
        "through Responses",
        form("bedrock-runtime", "Responses", "us.anthropic.claude-opus-5-5", "us-east-1"),
        form("bedrock-runtime", "Responses", "openai.gpt-oss-120b-1:0", "us-east-1"),
    ),
    (
        "in a batch",
        form("bedrock", "CreateModelInvocationJob", "us.anthropic.claude-opus-5-5", "us-east-1"),
        form(
            "bedrock",
            "CreateModelInvocationJob",
            "us.anthropic.claude-haiku-4-5-20251001-v1:0",
            "us-east-1",
        ),
    ),
    (
        "as a profile of one's own",
        form("bedrock", "CreateInferenceProfile", "amazon.nova-pro-v1:0", "us-east-1"),
        form("bedrock", "CreateInferenceProfile", "amazon.nova-lite-v1:0", "us-east-1"),
    ),
    (
        "on mantle",
        form("bedrock-mantle", "Responses", "anthropic.claude-opus-5-5", "us-east-1"),
        form("bedrock-mantle", "Responses", "openai.gpt-oss-120b", "us-east-1"),
    ),
];

fn ask(form: &Form, layers: &Layers) -> OperationOutcome {
    let api: &'static Api = reference::api(form.api.0, form.api.1).expect("the API is listed");
    let place = Place {
        partition: "aws".to_owned(),
        region: form.region.to_owned(),
        account: iam::arn::AccountId::new("222222222222").unwrap(),
    };
    let role = |name: &str| Principal::parse(&format!("arn:aws:iam::222222222222:role/{name}")).unwrap();
    let mut operation = Operation::new(api, form.target, place, role("app"));
    operation.facts.behind = form.behind.map(|behind| vec![behind.to_owned()]);
    operation.options.service_role =
        Some(ServiceRole { principal: role("batch"), context: iam::Context::new() });
    operation.facts.organization =
        Some(iam::operation::Organization { id: "o-abc1234567".to_owned(), paths: vec![place_path()] });
    let layers = OperationLayers { caller: layers, service_role: Some(layers), resources: &[] };
    authorize_operation(&operation, layers).expect("the call can be made").outcome
}

fn place_path() -> String {
    place(&organization(false), "222222222222").1
}

fn word(outcome: &OperationOutcome) -> &'static str {
    match outcome {
        OperationOutcome::Decided(Decision::Allow) => "allowed",
        OperationOutcome::Decided(Decision::ExplicitDeny | Decision::ImplicitDeny) => "denied",
        OperationOutcome::NeedsContext(_) => "needs context",
        OperationOutcome::Unknown(_) => "unknown",
    }
}

#[test]
fn an_approved_model_is_allowed_in_every_form_and_its_neighbour_in_none() {
    let model = common::model(CHARTER).unwrap();
    let fence = Fence::new(&charter::compile(&model).unwrap());
    let organization = organization(false);
    let (chain, _) = place(&organization, "222222222222");
    let layers = fence.layers(&chain);
    for (name, approved, other) in &FORMS {
        assert_eq!(word(&ask(approved, &layers)), "allowed", "{name}: {}", approved.target);
        assert_eq!(word(&ask(other, &layers)), "denied", "{name}: {}", other.target);
    }
}

#[test]
fn the_sample_of_aws_denies_approved_models_through_profiles() {
    // The shape of the sample: a Deny with NotResource that lists foundation models and nothing else.
    let sample = policy(
        r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Deny","Action":["bedrock:InvokeModel*","bedrock:CreateModelInvocationJob"],
             "NotResource":["arn:aws:bedrock:*::foundation-model/anthropic.claude-opus-5-5",
                            "arn:aws:bedrock:*::foundation-model/amazon.nova-pro-*"]}]}"#,
        PolicyType::ServiceControl,
    );
    let everything = policy(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        PolicyType::ServiceControl,
    );
    let layers = Layers {
        identity: vec![everything.clone()],
        scp: vec![Level { target: "r-ab12".to_owned(), policies: vec![everything, sample] }],
        ..Layers::default()
    };
    let allowed: Vec<&str> = FORMS
        .iter()
        .filter(|(_, approved, _)| word(&ask(approved, &layers)) == "allowed")
        .map(|(name, ..)| *name)
        .collect();
    // Mantle is not its subject; everything else but a direct call is broken.
    assert_eq!(allowed, ["directly", "in both directions", "as a profile of one's own", "on mantle"]);
}

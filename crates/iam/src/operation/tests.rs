//! Which authorisations a call makes, and what comes of them together.
//!
//! The tables follow aws-facts §1.3 and §1.6 row by row: action, resource, the value of `aws:RequestedRegion`, and
//! whether `bedrock:InferenceProfileArn` is there.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::answer::Decision;
use crate::arn::AccountId;
use crate::assumption::Assumption;
use crate::context::Key;
use crate::layers::{Layers, Level};
use crate::policy::{self, Policy, PolicyType};

const ACCOUNT: &str = "111122223333";
const OPUS: &str = "anthropic.claude-opus-5-5";

fn place(region: &str) -> Place {
    let partition = reference::partition_of_region(region).unwrap_or("aws").to_owned();
    Place { partition, region: region.to_owned(), account: AccountId::new(ACCOUNT).unwrap() }
}

fn call(endpoint: &str, api: &str, target: &str, region: &str) -> Operation {
    let api = reference::api(endpoint, api).unwrap_or_else(|| panic!("{endpoint} {api}"));
    let caller = Principal::parse("arn:aws:iam::111122223333:role/app").unwrap();
    Operation::new(api, target, place(region), caller)
}

fn run(api: &str, target: &str, region: &str) -> Operation {
    call("bedrock-runtime", api, target, region)
}

fn own(kind: &str) -> String {
    format!("arn:aws:bedrock:us-east-1:{ACCOUNT}:{kind}")
}

fn with_role(mut operation: Operation) -> Operation {
    let principal = Principal::parse("arn:aws:iam::111122223333:role/service/feature").unwrap();
    operation.options.service_role = Some(ServiceRole { principal, context: Context::new() });
    operation
}

fn with_behind(mut operation: Operation, behind: &[&str]) -> Operation {
    operation.facts.behind = Some(behind.iter().map(|&each| each.to_owned()).collect());
    operation
}

fn with_guardrail(mut operation: Operation, guardrail: Guardrail) -> Operation {
    operation.options.guardrails.push(guardrail);
    operation
}

fn value(step: &Step, key: &str) -> Option<String> {
    step.request
        .context()
        .get(&Key::new(key))
        .filter(|values| !values.is_empty())
        .map(|values| values.to_vec().join(","))
}

/// One step as a line: who (unless the caller), action, resource without what is the same everywhere, Region, and
/// `+profile` when the key is there.
fn line(step: &Step) -> String {
    let by = match step.by {
        By::Caller => "",
        By::Forwarded => "forwarded ",
        By::ServiceRole => "role ",
    };
    let resource = step.request.resource().as_str().replace("arn:aws:bedrock:", "~").replace(ACCOUNT, "A");
    let action = step.request.action().to_string();
    let action = action.strip_prefix("bedrock:").unwrap_or(&action);
    let profile = if value(step, "bedrock:InferenceProfileArn").is_some() { " +profile" } else { "" };
    format!("{by}{action} {resource} {}{profile}", value(step, "aws:RequestedRegion").unwrap_or_default())
}

fn first(operation: &Operation) -> Way {
    operation.ways().unwrap_or_else(|error| panic!("{error}")).remove(0)
}

#[track_caller]
fn check(operation: &Operation, expected: &[&str]) {
    let way = first(operation);
    let found: Vec<String> = way.steps.iter().map(line).collect();
    assert_eq!(found, expected, "{} {}", operation.api.name, operation.target);
    assert!(way.steps.iter().all(|step| !step.why.source.is_empty() && !step.why.title.is_empty()));
}

/// The steps under one reading, everything else at its default.
#[track_caller]
fn check_under(operation: &Operation, assumption: OperationAssumption, reading: &str, expected: &[&str]) {
    let mut settled = operation.clone();
    assert!(settled.fixed.settle(assumption, reading), "{assumption} {reading}");
    check(&settled, expected);
}

#[test]
fn a_model_in_its_region_is_one_authorisation() {
    let expected =
        ["InvokeModel ~us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0 us-east-1"];
    for api in ["InvokeModel", "Converse", "Messages", "ChatCompletions"] {
        check(&run(api, "anthropic.claude-3-haiku-20240307-v1:0", "us-east-1"), &expected);
        let arn = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0";
        check(&run(api, arn, "us-east-1"), &expected);
    }
    for api in ["InvokeModelWithResponseStream", "ConverseStream", "MessagesStream", "ChatCompletionsStream"]
    {
        check(
            &run(api, "amazon.nova-pro-v1:0", "us-east-1"),
            &["InvokeModelWithResponseStream ~us-east-1::foundation-model/amazon.nova-pro-v1:0 us-east-1"],
        );
    }
}

#[test]
fn an_asynchronous_invocation_is_an_invocation() {
    let operation = run("StartAsyncInvoke", "amazon.nova-pro-v1:0", "us-east-1");
    let model = "InvokeModel ~us-east-1::foundation-model/amazon.nova-pro-v1:0 us-east-1";
    check(&operation, &["InvokeModel ~us-east-1:A:async-invoke/new000000000 us-east-1", model]);
    check_under(&operation, OperationAssumption::AsyncInvokeResource, "not-authorised", &[model]);
}

#[test]
fn counting_tokens_has_an_action_of_its_own_and_no_keys() {
    let operation = run("CountTokens", "amazon.nova-pro-v1:0", "us-east-1");
    check(&operation, &["CountTokens ~us-east-1::foundation-model/amazon.nova-pro-v1:0 us-east-1"]);
    let step = &first(&operation).steps[0];
    let service_keys = step
        .request
        .context()
        .iter()
        .filter(|(name, values)| name.starts_with("bedrock:") && !values.is_empty());
    assert_eq!(service_keys.count(), 0);
}

#[test]
fn opus_through_the_us_profile_from_canada_goes_where_its_model_card_says() {
    check(
        &run("Converse", "us.anthropic.claude-opus-5-5", "ca-central-1"),
        &[
            "InvokeModel ~ca-central-1:A:inference-profile/us.anthropic.claude-opus-5-5 ca-central-1",
            "InvokeModel ~ca-central-1::foundation-model/anthropic.claude-opus-5-5 ca-central-1 +profile",
            "InvokeModel ~us-east-1::foundation-model/anthropic.claude-opus-5-5 us-east-1 +profile",
            "InvokeModel ~us-east-2::foundation-model/anthropic.claude-opus-5-5 us-east-2 +profile",
            "InvokeModel ~us-west-2::foundation-model/anthropic.claude-opus-5-5 us-west-2 +profile",
        ],
    );
}

#[test]
fn a_geographic_profile_is_authorised_once_where_it_is_called_and_in_every_destination() {
    check(
        &run("ConverseStream", "jp.anthropic.claude-opus-5-5", "ap-northeast-3"),
        &[
            "InvokeModelWithResponseStream ~ap-northeast-3:A:inference-profile/jp.anthropic.claude-opus-5-5 ap-northeast-3",
            "InvokeModelWithResponseStream ~ap-northeast-3::foundation-model/anthropic.claude-opus-5-5 ap-northeast-3 +profile",
            "InvokeModelWithResponseStream ~ap-northeast-1::foundation-model/anthropic.claude-opus-5-5 ap-northeast-1 +profile",
        ],
    );
    let way = first(&run("Converse", "us.anthropic.claude-opus-5-5", "us-east-1"));
    let profile = "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-opus-5-5";
    assert!(
        way.steps[1..]
            .iter()
            .all(|step| value(step, "bedrock:InferenceProfileArn").as_deref() == Some(profile))
    );
}

#[test]
fn a_global_profile_is_authorised_on_the_model_without_region() {
    let operation = run("InvokeModel", "global.anthropic.claude-opus-5-5", "eu-west-1");
    let profile = "InvokeModel ~eu-west-1:A:inference-profile/global.anthropic.claude-opus-5-5 eu-west-1";
    let model = "InvokeModel ~eu-west-1::foundation-model/anthropic.claude-opus-5-5 eu-west-1 +profile";
    check(
        &operation,
        &[profile, model, "InvokeModel ~::foundation-model/anthropic.claude-opus-5-5 unspecified +profile"],
    );
    check_under(
        &operation,
        OperationAssumption::GlobalRequestedRegion,
        "global",
        &[profile, model, "InvokeModel ~::foundation-model/anthropic.claude-opus-5-5 global +profile"],
    );
    let last = &first(&operation).steps[2];
    assert_eq!(
        last.request.resource().as_str(),
        "arn:aws:bedrock:::foundation-model/anthropic.claude-opus-5-5"
    );
}

#[test]
fn destinations_that_are_known_replace_the_bracket() {
    let mut operation = run("Converse", "us.amazon.nova-pro-v1:0", "us-east-1");
    let readings = |operation: &Operation| operation.ways().unwrap().len();
    let bracketed = readings(&operation);
    operation.facts.destinations = Some(vec!["us-east-1".to_owned(), "us-west-2".to_owned()]);
    assert_eq!(readings(&operation) * 2, bracketed, "the destinations are no longer a point to settle");
    check(
        &operation,
        &[
            "InvokeModel ~us-east-1:A:inference-profile/us.amazon.nova-pro-v1:0 us-east-1",
            "InvokeModel ~us-east-1::foundation-model/amazon.nova-pro-v1:0 us-east-1 +profile",
            "InvokeModel ~us-west-2::foundation-model/amazon.nova-pro-v1:0 us-west-2 +profile",
        ],
    );
}

#[test]
fn an_application_profile_puts_its_own_arn_on_the_models_behind_it() {
    let profile = own("application-inference-profile/a1b2c3d4e5f6");
    let head = "InvokeModel ~us-east-1:A:application-inference-profile/a1b2c3d4e5f6 us-east-1";
    let model = |region: &str| {
        format!("InvokeModel ~{region}::foundation-model/anthropic.claude-opus-5-5 {region} +profile")
    };
    let over_model = with_behind(run("Converse", &profile, "us-east-1"), &[OPUS]);
    check(&over_model, &[head, &model("us-east-1")]);
    let geographic = [head, &model("us-east-1"), &model("us-east-2"), &model("us-west-2")];
    check(
        &with_behind(run("Converse", &profile, "us-east-1"), &["us.anthropic.claude-opus-5-5"]),
        &geographic,
    );
    let arns = ["us-west-2", "us-east-1", "us-east-2"]
        .map(|region| format!("arn:aws:bedrock:{region}::foundation-model/{OPUS}"));
    let listed: Vec<&str> = arns.iter().map(String::as_str).collect();
    check(&with_behind(run("Converse", &profile, "us-east-1"), &listed), &geographic);
    let everywhere = "InvokeModel ~::foundation-model/anthropic.claude-opus-5-5 unspecified +profile";
    let global = with_behind(run("Converse", &profile, "us-east-1"), &["global.anthropic.claude-opus-5-5"]);
    check(&global, &[head, &model("us-east-1"), everywhere]);
    let way = first(&global);
    assert!(
        way.steps[1..].iter().all(|step| value(step, "bedrock:InferenceProfileArn") == Some(profile.clone()))
    );
}

#[test]
fn an_application_profile_of_which_nothing_is_known_leaves_a_gap() {
    let profile = own("application-inference-profile/a1b2c3d4e5f6");
    let way = first(&run("Converse", &profile, "us-east-1"));
    assert_eq!(way.steps.len(), 1);
    assert_eq!(way.gaps, [Gap::Behind { target: profile }]);
}

#[test]
fn a_router_is_authorised_with_what_stands_behind_it() {
    let router = own("prompt-router/r1");
    let behind = ["amazon.nova-lite-v1:0", "jp.anthropic.claude-opus-5-5"];
    let operation = with_behind(
        run("Converse", &router.replace("us-east-1", "ap-northeast-1"), "ap-northeast-1"),
        &behind,
    );
    let head = "InvokeModel ~ap-northeast-1:A:prompt-router/r1 ap-northeast-1";
    let nova = "InvokeModel ~ap-northeast-1::foundation-model/amazon.nova-lite-v1:0 ap-northeast-1";
    let profile =
        "InvokeModel ~ap-northeast-1:A:inference-profile/jp.anthropic.claude-opus-5-5 ap-northeast-1";
    let here =
        "InvokeModel ~ap-northeast-1::foundation-model/anthropic.claude-opus-5-5 ap-northeast-1 +profile";
    let there =
        "InvokeModel ~ap-northeast-3::foundation-model/anthropic.claude-opus-5-5 ap-northeast-3 +profile";
    check(&operation, &[head, nova, profile, here, there]);
    check_under(&operation, OperationAssumption::PromptRouterBehind, "models", &[head, nova, here, there]);
    check_under(&operation, OperationAssumption::PromptRouterBehind, "router-only", &[head]);
    let way = first(&operation);
    assert_eq!(value(&way.steps[0], "bedrock:PromptRouterArn"), None);
    assert!(way.steps[1..].iter().all(|step| value(step, "bedrock:PromptRouterArn").is_some()));
}

#[test]
fn models_of_the_account_are_authorised_on_their_own_arn() {
    for kind in ["provisioned-model", "imported-model", "custom-model-deployment"] {
        let operation = run("InvokeModel", &own(&format!("{kind}/a1b2c3d4e5f6")), "us-east-1");
        check(&operation, &[&format!("InvokeModel ~us-east-1:A:{kind}/a1b2c3d4e5f6 us-east-1")]);
    }
    let operation =
        with_behind(run("InvokeModel", &own("provisioned-model/a1b2c3d4e5f6"), "us-east-1"), &[OPUS]);
    check_under(
        &operation,
        OperationAssumption::BaseModelOfOwnModels,
        "authorised",
        &[
            "InvokeModel ~us-east-1:A:provisioned-model/a1b2c3d4e5f6 us-east-1",
            "InvokeModel ~us-east-1::foundation-model/anthropic.claude-opus-5-5 us-east-1",
        ],
    );
}

#[test]
fn a_marketplace_endpoint_goes_on_to_sagemaker_in_the_name_of_the_caller() {
    let endpoint = format!("arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/mine");
    let operation = run("Converse", &endpoint, "us-east-1");
    check(
        &operation,
        &[
            "InvokeModel ~us-east-1:A:marketplace/model-endpoint/all-access us-east-1",
            "forwarded sagemaker:InvokeEndpoint arn:aws:sagemaker:us-east-1:A:endpoint/mine us-east-1",
        ],
    );
    let way = first(&operation);
    assert_eq!(value(&way.steps[1], "aws:CalledViaLast").as_deref(), Some("bedrock.amazonaws.com"));
    assert_eq!(value(&way.steps[1], "aws:ViaAWSService").as_deref(), Some("true"));
    assert_eq!(value(&way.steps[0], "aws:CalledViaLast"), None);
    assert_eq!(value(&way.steps[0], "aws:ViaAWSService").as_deref(), Some("false"));
    let streamed = first(&run("ConverseStream", &endpoint, "us-east-1"));
    assert_eq!(streamed.steps[1].request.action().as_str(), "sagemaker:InvokeEndpointWithResponseStream");
    check(
        &call("sagemaker-runtime", "InvokeEndpoint", &endpoint, "us-east-1"),
        &["sagemaker:InvokeEndpoint arn:aws:sagemaker:us-east-1:A:endpoint/mine us-east-1"],
    );
}

#[test]
fn a_guardrail_is_authorised_besides_and_named_on_the_model() {
    let operation = with_guardrail(
        run("Converse", "amazon.nova-pro-v1:0", "us-east-1"),
        Guardrail::requested("gr1a2b3c4d5e", Some("3")),
    );
    check(
        &operation,
        &[
            "InvokeModel ~us-east-1::foundation-model/amazon.nova-pro-v1:0 us-east-1",
            "ApplyGuardrail ~us-east-1:A:guardrail/gr1a2b3c4d5e us-east-1",
        ],
    );
    let identifier = |operation: &Operation| value(&first(operation).steps[0], "bedrock:GuardrailIdentifier");
    assert_eq!(identifier(&operation), Some(own("guardrail/gr1a2b3c4d5e:3")));
    let draft = with_guardrail(
        run("Converse", "amazon.nova-pro-v1:0", "us-east-1"),
        Guardrail::requested("gr1a2b3c4d5e", Some("DRAFT")),
    );
    assert_eq!(identifier(&draft), Some(own("guardrail/gr1a2b3c4d5e")));
    let enforced = Guardrail {
        enforced: true,
        ..Guardrail::requested("arn:aws:bedrock:us-east-1:999988887777:guardrail/g1", Some("1"))
    };
    let operation = with_guardrail(run("Converse", "amazon.nova-pro-v1:0", "us-east-1"), enforced);
    assert_eq!(identifier(&operation), None, "an enforced guardrail does not set the key");
    let applied = &first(&operation).steps[1];
    assert_eq!(value(applied, "aws:ResourceAccount").as_deref(), Some("999988887777"));
}

#[test]
fn a_guardrail_that_reaches_other_regions_is_authorised_in_every_one() {
    let guardrail =
        Guardrail { profile: Some("us.guardrail.v1:0".to_owned()), ..Guardrail::requested("g1", Some("1")) };
    let operation = with_guardrail(run("Converse", "amazon.nova-pro-v1:0", "us-east-1"), guardrail);
    let head = [
        "InvokeModel ~us-east-1::foundation-model/amazon.nova-pro-v1:0 us-east-1",
        "ApplyGuardrail ~us-east-1:A:guardrail/g1 us-east-1",
        "ApplyGuardrail ~us-east-1:A:guardrail-profile/us.guardrail.v1:0 us-east-1",
    ];
    let there = [
        "ApplyGuardrail ~us-east-2:A:guardrail-profile/us.guardrail.v1:0 us-east-2",
        "ApplyGuardrail ~us-west-2:A:guardrail-profile/us.guardrail.v1:0 us-west-2",
    ];
    check(&operation, &[head.as_slice(), &there].concat());
    let here =
        there.map(|each| each.replace("0 us-east-2", "0 us-east-1").replace("0 us-west-2", "0 us-east-1"));
    let here: Vec<&str> = here.iter().map(String::as_str).collect();
    let assumption = OperationAssumption::GuardrailProfileRegion;
    check_under(&operation, assumption, "source", &[head.as_slice(), &here].concat());
}

#[test]
fn responses_on_the_runtime_are_authorised_on_the_project_as_well() {
    let operation = run("Responses", "openai.gpt-oss-120b-1:0", "us-east-1");
    let project = "InvokeModel ~us-east-1:A:project/default us-east-1";
    check(
        &operation,
        &[project, "InvokeModel ~us-east-1::foundation-model/openai.gpt-oss-120b-1:0 us-east-1"],
    );
    let way = first(&operation);
    let model = "arn:aws:bedrock:us-east-1::foundation-model/openai.gpt-oss-120b-1:0";
    assert_eq!(value(&way.steps[0], "bedrock:ModelArn").as_deref(), Some(model));
    assert_eq!(value(&way.steps[0], "bedrock:ProjectArn"), None);
    assert_eq!(value(&way.steps[1], "bedrock:ProjectArn"), Some(own("project/default")));
    assert_eq!(value(&way.steps[1], "bedrock:ModelArn"), None);
    let streamed = run("ResponsesStream", "openai.gpt-oss-120b-1:0", "us-east-1");
    let target =
        "InvokeModelWithResponseStream ~us-east-1::foundation-model/openai.gpt-oss-120b-1:0 us-east-1";
    check(&streamed, &[project, target]);
    check_under(
        &streamed,
        OperationAssumption::StreamedResponsesProject,
        "response-stream",
        &["InvokeModelWithResponseStream ~us-east-1:A:project/default us-east-1", target],
    );
}

#[test]
fn stored_responses_are_authorised_on_the_project() {
    for (api, action) in
        [("GetResponse", "GetInvoke"), ("CancelResponse", "CancelInvoke"), ("DeleteResponse", "DeleteInvoke")]
    {
        check(
            &run(api, "resp_1", "us-east-1"),
            &[&format!("{action} ~us-east-1:A:project/default us-east-1")],
        );
    }
}

#[test]
fn a_bidirectional_stream_is_one_of_three_actions() {
    let operation = run("InvokeModelWithBidirectionalStream", "amazon.nova-sonic-v1:0", "us-east-1");
    let model = "~us-east-1::foundation-model/amazon.nova-sonic-v1:0 us-east-1";
    check(&operation, &[&format!("InvokeModelWithBidirectionalStream {model}")]);
    let assumption = OperationAssumption::BidirectionalStreamAction;
    check_under(
        &operation,
        assumption,
        "response-stream",
        &[&format!("InvokeModelWithResponseStream {model}")],
    );
    check_under(&operation, assumption, "invoke-model", &[&format!("InvokeModel {model}")]);
}

#[test]
fn mantle_is_authorised_on_a_project_and_names_the_model_in_a_key() {
    for api in ["Responses", "ChatCompletions", "Messages", "Embeddings", "ResponsesStream"] {
        let mut operation = call("bedrock-mantle", api, "openai.gpt-oss-120b", "us-east-1");
        let project = "bedrock-mantle:CreateInference arn:aws:bedrock-mantle:us-east-1:A:project";
        check(&operation, &[&format!("{project}/default us-east-1")]);
        operation.options.project = Some("proj_1".to_owned());
        operation.options.service_tier = Some("flex".to_owned());
        check(&operation, &[&format!("{project}/proj_1 us-east-1")]);
        let step = &first(&operation).steps[0];
        assert_eq!(value(step, "bedrock-mantle:Model").as_deref(), Some("openai.gpt-oss-120b"));
        assert_eq!(value(step, "bedrock-mantle:ServiceTier").as_deref(), Some("flex"));
    }
    let count = call("bedrock-mantle", "CountTokens", "openai.gpt-oss-120b", "us-east-1");
    check(
        &count,
        &["bedrock-mantle:CountTokens arn:aws:bedrock-mantle:us-east-1:A:project/default us-east-1"],
    );
}

#[test]
fn web_search_goes_on_in_the_name_of_the_caller_and_does_not_fail_the_call() {
    let mut operation = call("bedrock-mantle", "Responses", "openai.gpt-oss-120b", "us-east-1");
    operation.options.web_tools = vec![AddOnKind::WebSearch, AddOnKind::ExternalWebAccess];
    check(
        &operation,
        &[
            "bedrock-mantle:CreateInference arn:aws:bedrock-mantle:us-east-1:A:project/default us-east-1",
            "forwarded bedrock-websearch:InvokeSearch arn:aws:bedrock-websearch:us-east-1:aws:tool/search us-east-1",
            "forwarded bedrock-websearch:ExternalWebAccess * us-east-1",
        ],
    );
    let optional: Vec<bool> = first(&operation).steps.iter().map(|step| step.optional).collect();
    assert_eq!(optional, [false, true, true]);
}

#[test]
fn claude_platform_is_authorised_on_the_workspace_and_batches_by_an_action_of_their_own() {
    for (api, action) in [("Messages", "CreateInference"), ("MessageBatches", "CreateBatchInference")] {
        let mut operation = call("aws-external-anthropic", api, "claude-opus-5-5", "us-east-1");
        assert_eq!(first(&operation).gaps, [Gap::Workspace]);
        operation.options.project = Some("wrkspc_1".to_owned());
        let expected = format!(
            "aws-external-anthropic:{action} arn:aws:aws-external-anthropic:us-east-1:A:workspace/wrkspc_1 us-east-1"
        );
        check(&operation, &[&expected]);
    }
}

#[test]
fn a_bearer_token_is_authorised_first_with_the_prefix_of_the_api() {
    let mut operation = run("Converse", "amazon.nova-pro-v1:0", "us-east-1");
    operation.options.bearer_token = Some(BearerToken::LongTerm);
    check(
        &operation,
        &[
            "CallWithBearerToken * us-east-1",
            "InvokeModel ~us-east-1::foundation-model/amazon.nova-pro-v1:0 us-east-1",
        ],
    );
    let step = &first(&operation).steps[0];
    assert_eq!(value(step, "bedrock:BearerTokenType").as_deref(), Some("LONG_TERM"));
    for (endpoint, api, target) in [
        ("bedrock-mantle", "Messages", "anthropic.claude-opus-5-5"),
        ("aws-external-anthropic", "Messages", "claude-opus-5-5"),
    ] {
        let mut operation = call(endpoint, api, target, "us-east-1");
        operation.options.bearer_token = Some(BearerToken::ShortTerm);
        operation.options.project = Some("p".to_owned());
        let step = &first(&operation).steps[0];
        assert_eq!(step.request.action().as_str(), format!("{endpoint}:CallWithBearerToken"));
        assert_eq!(value(step, &format!("{endpoint}:BearerTokenType")).as_deref(), Some("SHORT_TERM"));
    }
}

#[test]
fn a_batch_job_is_the_callers_and_what_it_runs_is_the_roles() {
    let operation = with_role(call(
        "bedrock",
        "CreateModelInvocationJob",
        "jp.anthropic.claude-opus-5-5",
        "ap-northeast-1",
    ));
    let callers = [
        "CreateModelInvocationJob ~ap-northeast-1:A:model-invocation-job/new000000000 ap-northeast-1",
        "CreateModelInvocationJob ~ap-northeast-1::foundation-model/anthropic.claude-opus-5-5 ap-northeast-1",
    ];
    let roles = [
        "role InvokeModel ~ap-northeast-1:A:inference-profile/jp.anthropic.claude-opus-5-5 ap-northeast-1",
        "role InvokeModel ~ap-northeast-1::foundation-model/anthropic.claude-opus-5-5 ap-northeast-1 +profile",
        "role InvokeModel ~ap-northeast-3::foundation-model/anthropic.claude-opus-5-5 ap-northeast-3 +profile",
        "iam:PassRole arn:aws:iam::A:role/service/feature ap-northeast-1",
    ];
    check(&operation, &[callers.as_slice(), &roles].concat());
    let more =
        "CreateModelInvocationJob ~ap-northeast-3::foundation-model/anthropic.claude-opus-5-5 ap-northeast-3";
    let assumption = OperationAssumption::BatchThroughProfile;
    check_under(&operation, assumption, "every-destination", &[callers.as_slice(), &[more], &roles].concat());
    let way = first(&operation);
    let pass = way.steps.last().unwrap();
    assert_eq!(value(pass, "iam:PassedToService").as_deref(), Some("bedrock.amazonaws.com"));
    assert!(
        first(&call("bedrock", "CreateModelInvocationJob", OPUS, "us-east-1"))
            .gaps
            .contains(&Gap::ServiceRole)
    );
}

#[test]
fn features_run_their_models_under_their_role() {
    let cases = [
        ("bedrock-agent-runtime", "InvokeAgent", "agent-alias/A1/B2"),
        ("bedrock-agent-runtime", "InvokeFlow", "flow/F1/alias/B2"),
        ("bedrock-agent-runtime", "Retrieve", "knowledge-base/K1"),
        ("bedrock-agent", "StartIngestionJob", "knowledge-base/K1"),
        ("bedrock-agent", "IngestKnowledgeBaseDocuments", "knowledge-base/K1"),
    ];
    for (endpoint, api, target) in cases {
        let operation =
            with_role(with_behind(call(endpoint, api, &own(target), "us-east-1"), &["amazon.nova-pro-v1:0"]));
        check(
            &operation,
            &[
                &format!("{api} ~us-east-1:A:{target} us-east-1"),
                "role InvokeModel ~us-east-1::foundation-model/amazon.nova-pro-v1:0 us-east-1",
            ],
        );
    }
    let harness = format!("arn:aws:bedrock-agentcore:us-east-1:{ACCOUNT}:harness/h-1");
    let operation =
        with_role(with_behind(call("bedrock-agentcore", "InvokeHarness", &harness, "us-east-1"), &[OPUS]));
    check(
        &operation,
        &[
            "bedrock-agentcore:InvokeHarness arn:aws:bedrock-agentcore:us-east-1:A:harness/h-1 us-east-1",
            "bedrock-agentcore:InvokeAgentRuntime arn:aws:bedrock-agentcore:us-east-1:A:harness/h-1 us-east-1",
            "role InvokeModelWithResponseStream ~us-east-1::foundation-model/anthropic.claude-opus-5-5 us-east-1",
        ],
    );
}

#[test]
fn a_feature_without_resources_is_authorised_on_everything() {
    let operation = with_role(with_behind(
        call("bedrock-agent-runtime", "RetrieveAndGenerate", "", "us-east-1"),
        &[OPUS],
    ));
    let model = "InvokeModel ~us-east-1::foundation-model/anthropic.claude-opus-5-5 us-east-1";
    check(&operation, &["RetrieveAndGenerate * us-east-1", &format!("role {model}")]);
    let assumption = OperationAssumption::ModelOfFeature;
    check_under(&operation, assumption, "by-caller", &["RetrieveAndGenerate * us-east-1", model]);
    check(
        &call("bedrock-agent-runtime", "Rerank", "cohere.rerank-v3-5:0", "us-east-1"),
        &["Rerank * us-east-1"],
    );
    check(
        &with_role(call("bedrock", "CreateModelImportJob", "", "us-east-1")),
        &["CreateModelImportJob * us-east-1", "iam:PassRole arn:aws:iam::A:role/service/feature us-east-1"],
    );
}

#[test]
fn a_prompt_is_rendered_and_then_its_model_is_run() {
    check(
        &with_behind(run("Converse", &own("prompt/ABCDE12345:2"), "us-east-1"), &["amazon.nova-pro-v1:0"]),
        &[
            "RenderPrompt ~us-east-1:A:prompt/ABCDE12345:2 us-east-1",
            "InvokeModel ~us-east-1::foundation-model/amazon.nova-pro-v1:0 us-east-1",
        ],
    );
}

#[test]
fn a_system_tool_has_no_region_in_its_arn() {
    let mut operation = run("Converse", "amazon.nova-pro-v1:0", "us-east-1");
    operation.options.system_tools = vec!["t1".to_owned()];
    check(
        &operation,
        &[
            "InvokeModel ~us-east-1::foundation-model/amazon.nova-pro-v1:0 us-east-1",
            "InvokeTool ~:A:system-tool/t1 us-east-1",
        ],
    );
}

#[test]
fn copying_a_profile_is_authorised_on_the_new_one_and_the_source() {
    let operation =
        call("bedrock", "CreateInferenceProfile", "jp.anthropic.claude-opus-5-5", "ap-northeast-1");
    let head = [
        "CreateInferenceProfile ~ap-northeast-1:A:application-inference-profile/new000000000 ap-northeast-1",
        "CreateInferenceProfile ~ap-northeast-1:A:inference-profile/jp.anthropic.claude-opus-5-5 ap-northeast-1",
    ];
    check(&operation, &head);
    let models = [
        "CreateInferenceProfile ~ap-northeast-1::foundation-model/anthropic.claude-opus-5-5 ap-northeast-1",
        "CreateInferenceProfile ~ap-northeast-3::foundation-model/anthropic.claude-opus-5-5 ap-northeast-3",
    ];
    let assumption = OperationAssumption::CopiedProfileModels;
    check_under(&operation, assumption, "models-too", &[head.as_slice(), &models].concat());
}

#[test]
fn swapping_a_model_is_authorised_on_the_swapped_one() {
    let operation = with_behind(
        call(
            "bedrock",
            "UpdateProvisionedModelThroughput",
            &own("provisioned-model/a1b2c3d4e5f6"),
            "us-east-1",
        ),
        &[OPUS],
    );
    check(
        &operation,
        &[
            "UpdateProvisionedModelThroughput ~us-east-1:A:provisioned-model/a1b2c3d4e5f6 us-east-1",
            "UpdateProvisionedModelThroughput ~us-east-1::foundation-model/anthropic.claude-opus-5-5 us-east-1",
        ],
    );
}

#[test]
fn a_credential_without_an_age_carries_no_age() {
    let user = format!("arn:aws:iam::{ACCOUNT}:user/bot");
    let mut operation = call("iam", "CreateServiceSpecificCredential", &user, "eu-west-1");
    check(&operation, &["iam:CreateServiceSpecificCredential arn:aws:iam::A:user/bot us-east-1"]);
    let age =
        |operation: &Operation| value(&first(operation).steps[0], "iam:ServiceSpecificCredentialAgeDays");
    assert_eq!(age(&operation), None);
    operation.options.credential_age_days = Some(30);
    assert_eq!(age(&operation).as_deref(), Some("30"));
}

#[test]
fn every_api_can_be_called_on_every_kind_it_takes() {
    for api in reference::apis() {
        for kind in &api.targets {
            let target = match kind {
                TargetKind::FoundationModel | TargetKind::MantleModel | TargetKind::ClaudeModel => {
                    OPUS.to_owned()
                }
                TargetKind::GeographicProfile => format!("us.{OPUS}"),
                TargetKind::GlobalProfile => format!("global.{OPUS}"),
                TargetKind::Nothing => String::new(),
                TargetKind::User => format!("arn:aws:iam::{ACCOUNT}:user/bot"),
                other => {
                    let shape = reference::target(*other).shape.as_deref().unwrap();
                    let arn = shape.replacen(":*", ":aws", 1);
                    let arn = arn.replacen(":*:*:", &format!(":us-east-1:{ACCOUNT}:"), 1).replace('*', "x1");
                    arn.replace("arn:x1", "arn:aws")
                }
            };
            let mut operation = with_role(call(&api.endpoint, &api.name, &target, "us-east-1"));
            operation.options.project = api.add_ons.contains(&AddOnKind::Project).then(|| "p".to_owned());
            let operation = with_behind(operation, &[OPUS]);
            let ways = operation.ways().unwrap_or_else(|error| panic!("{} {target}: {error}", api.name));
            assert_eq!(operation.resolve().unwrap().kind, *kind, "{target}");
            for way in ways {
                assert!(!way.steps.is_empty() && way.gaps.is_empty(), "{} {target} {:?}", api.name, way.gaps);
                let distinct: BTreeSet<String> = way.steps.iter().map(|step| format!("{step:?}")).collect();
                assert_eq!(distinct.len(), way.steps.len());
                let odd = way.steps.iter().find(|step| {
                    step.request.resource().as_str().contains(['$', '{', '*'])
                        && step.request.resource().as_str() != "*"
                });
                assert_eq!(odd, None);
            }
        }
    }
}

#[track_caller]
fn refused(operation: &Operation, message: &str) {
    let error = operation.ways().expect_err("it cannot be called");
    assert_eq!(error.to_string(), message);
}

#[test]
fn what_cannot_be_called_from_here_is_refused() {
    refused(&run("Converse", "opus", "us-east-1"), "`opus` is neither a model id, a profile id nor an ARN");
    refused(
        &run("Converse", "us-gov.openai.gpt-oss-120b-1:0", "us-east-1"),
        "`us-gov.openai.gpt-oss-120b-1:0` belongs to partition `aws-us-gov`, the call is made in `aws`",
    );
    refused(
        &run("Converse", "arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-pro-v1:0", "us-east-1"),
        "`arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-pro-v1:0` is in Region `us-west-2`, the call is made in `us-east-1`",
    );
    refused(
        &run("Converse", "us.anthropic.claude-opus-5-5", "eu-west-1"),
        "the inference profile `us.anthropic.claude-opus-5-5` is not offered in Region `eu-west-1`",
    );
    refused(
        &run("Converse", "sa.anthropic.claude-opus-5-5", "sa-east-1"),
        "`sa.anthropic.claude-opus-5-5` looks like an inference profile, but no geography `sa` is known",
    );
    refused(
        &run("Converse", "arn:aws:s3:us-east-1::bucket", "us-east-1"),
        "`arn:aws:s3:us-east-1::bucket` is nothing that a call to a model can name",
    );
    refused(
        &run("Responses", &own("application-inference-profile/a1b2c3d4e5f6"), "us-east-1"),
        "`bedrock-runtime:Responses` does not take an application profile, over a model or over a system profile",
    );
    let mut elsewhere = run("Converse", OPUS, "us-gov-west-1");
    elsewhere.place.partition = "aws".to_owned();
    refused(&elsewhere, "Region `us-gov-west-1` belongs to partition `aws-us-gov`, not to `aws`");
    let hint = run("Responses", &own("application-inference-profile/a1b2c3d4e5f6"), "us-east-1")
        .ways()
        .unwrap_err()
        .hint();
    assert!(hint.is_some_and(|hint| hint.starts_with("it takes a foundation model")));
}

#[test]
fn an_option_the_api_cannot_carry_is_refused() {
    let mantle = call("bedrock-mantle", "Messages", OPUS, "us-east-1");
    refused(
        &with_guardrail(mantle, Guardrail::requested("g1", None)),
        "`bedrock-mantle:Messages` does not take a guardrail, asked for or enforced",
    );
    let mut stream = run("InvokeModelWithBidirectionalStream", "amazon.nova-sonic-v1:0", "us-east-1");
    stream.options.bearer_token = Some(BearerToken::ShortTerm);
    refused(
        &stream,
        "`bedrock-runtime:InvokeModelWithBidirectionalStream` does not take a bearer token (API key) in place of a signature",
    );
}

#[test]
fn an_unlisted_id_is_resolved_by_its_shape_with_a_note() {
    let notes = |target: &str| run("Converse", target, "us-east-1").resolve().unwrap().notes;
    assert_eq!(notes("amazon.nova-pro-v1:0"), []);
    assert_eq!(
        notes("acme.brand-new-v1:0"),
        [TargetNote::UnlistedModel { id: "acme.brand-new-v1:0".to_owned() }]
    );
    assert_eq!(
        notes("us.acme.brand-new-v1:0"),
        [TargetNote::UnlistedModel { id: "acme.brand-new-v1:0".to_owned() }]
    );
    assert!(matches!(notes("openai.gpt-oss-120b")[..], [TargetNote::OtherEndpoint { .. }]));
    let other = "arn:aws:bedrock:us-west-2:999988887777:inference-profile/us.anthropic.claude-opus-5-5";
    let target = run("Converse", other, "us-east-1").resolve().unwrap();
    assert_eq!(target.arn, own("inference-profile/us.anthropic.claude-opus-5-5"));
    assert!(matches!(target.notes[..], [TargetNote::Rewritten { .. }]));
}

#[test]
fn every_assumption_is_described_with_the_readings_that_are_computed() {
    for assumption in Assumption::ALL {
        let row = reference::assumption(assumption.id()).unwrap_or_else(|| panic!("{assumption}"));
        let names: Vec<&str> = row.readings.iter().map(|reading| reading.name.as_str()).collect();
        assert_eq!((row.concern, names.as_slice()), (reference::Concern::Evaluation, assumption.readings()));
    }
    let described = |concern| {
        let rows = reference::assumptions().iter().filter(move |row| row.concern == concern);
        rows.map(|row| row.id.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(described(reference::Concern::Evaluation), Assumption::ALL.map(Assumption::id));
    assert_eq!(
        described(reference::Concern::Operation),
        OperationAssumption::ALL.map(OperationAssumption::id)
    );
    for assumption in OperationAssumption::ALL {
        assert_eq!(OperationAssumption::from_id(assumption.id()), Some(assumption));
        assert_eq!(assumption.row().id, assumption.id());
    }
}

#[test]
fn the_keys_that_are_always_there_are_there() {
    let mut operation = run("Converse", "us.anthropic.claude-opus-5-5", "us-east-1");
    operation.facts.organization =
        Some(Organization { id: "o-abc1234567".to_owned(), paths: vec!["o-abc1234567/r-ab12/".to_owned()] });
    operation.facts.resource_tags = vec![(
        own("inference-profile/us.anthropic.claude-opus-5-5"),
        vec![("team".to_owned(), "a".to_owned())],
    )];
    let way = first(&operation);
    for step in &way.steps {
        assert_eq!(value(step, "aws:SecureTransport").as_deref(), Some("true"));
        assert_eq!(value(step, "aws:ViaAWSService").as_deref(), Some("false"));
        assert_eq!(value(step, "aws:PrincipalOrgID").as_deref(), Some("o-abc1234567"));
        assert_eq!(value(step, "aws:ResourceAccount").as_deref(), Some(ACCOUNT));
        assert_eq!(value(step, "aws:ResourceTag/team"), None, "a system profile cannot be tagged");
    }
    assert_eq!(value(&way.steps[0], "aws:ResourceOrgID").as_deref(), Some("o-abc1234567"));
    assert_eq!(value(&way.steps[1], "aws:ResourceOrgID"), None, "the default on a foundation model");
    let accounts: BTreeSet<_> =
        operation.ways().unwrap().iter().map(|way| value(&way.steps[1], "aws:ResourceAccount")).collect();
    assert_eq!(accounts.len(), 3, "every reading of the account of a foundation model is filled in");
}

#[test]
fn a_value_of_the_caller_wins_and_a_key_of_another_service_is_left_out() {
    let mut operation = run("Converse", "amazon.nova-pro-v1:0", "us-east-1");
    operation.context.insert("aws:SecureTransport", vec!["false".to_owned()]).unwrap();
    operation.context.insert("aws:SourceIp", vec!["203.0.113.7".to_owned()]).unwrap();
    operation.context.insert("s3:prefix", vec!["x".to_owned()]).unwrap();
    operation.context.insert("bedrock:ModelArn", vec!["x".to_owned()]).unwrap();
    let step = &first(&operation).steps[0];
    assert_eq!(value(step, "aws:securetransport").as_deref(), Some("false"));
    assert_eq!(value(step, "aws:SourceIp").as_deref(), Some("203.0.113.7"));
    assert_eq!(value(step, "s3:prefix"), None);
    let count = run("CountTokens", "amazon.nova-pro-v1:0", "us-east-1");
    let count = Operation { context: operation.context.clone(), ..count };
    assert_eq!(value(&first(&count).steps[0], "bedrock:ModelArn"), None);
    let endpoint = format!("arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/mine");
    let market = Operation { context: operation.context, ..run("Converse", &endpoint, "us-east-1") };
    assert_eq!(
        value(&first(&market).steps[1], "aws:SourceIp"),
        None,
        "the service comes from its own address"
    );
}

#[test]
fn equal_authorisations_are_one() {
    let guardrail = own("guardrail/g1");
    let profile = Some("ca.guardrail.v1:0".to_owned());
    let destinations = Some(vec!["us-west-2".to_owned()]);
    let reaching = Guardrail { profile, destinations, ..Guardrail::requested(&guardrail, Some("1")) };
    check(
        &with_guardrail(run("ApplyGuardrail", &guardrail, "us-east-1"), reaching),
        &[
            "ApplyGuardrail ~us-east-1:A:guardrail/g1 us-east-1",
            "ApplyGuardrail ~us-west-2:A:guardrail-profile/ca.guardrail.v1:0 us-west-2",
        ],
    );
}

#[test]
fn destinations_are_the_regions_besides_the_source() {
    let reach = run("Converse", "us.amazon.nova-pro-v1:0", "us-west-2").resolve().unwrap().reach.unwrap();
    assert_eq!(reach.destinations, ["us-east-1", "us-east-2"]);
    assert!(reach.at_most && !reach.everywhere);
}

#[test]
fn the_model_key_of_a_project_names_the_model_or_the_profile() {
    let mut operation = run("Responses", "us.anthropic.claude-opus-5-5", "us-east-1");
    let key = |operation: &Operation| value(&first(operation).steps[0], "bedrock:ModelArn");
    let model = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-5-5";
    assert_eq!(key(&operation).as_deref(), Some(model));
    assert!(operation.fixed.settle(OperationAssumption::ModelArnThroughProfile, "target"));
    assert_eq!(key(&operation), Some(own("inference-profile/us.anthropic.claude-opus-5-5")));
}

#[test]
fn an_application_profile_that_lists_the_model_without_region_is_global() {
    let listed = format!("arn:aws:bedrock:us-east-1::foundation-model/{OPUS}");
    let global = format!("arn:aws:bedrock:::foundation-model/{OPUS}");
    let profile = own("application-inference-profile/a1b2c3d4e5f6");
    check(
        &with_behind(run("Converse", &profile, "us-east-1"), &[&listed, &global]),
        &[
            "InvokeModel ~us-east-1:A:application-inference-profile/a1b2c3d4e5f6 us-east-1",
            "InvokeModel ~us-east-1::foundation-model/anthropic.claude-opus-5-5 us-east-1 +profile",
            "InvokeModel ~::foundation-model/anthropic.claude-opus-5-5 unspecified +profile",
        ],
    );
}

// What comes of a call.

fn document(text: &str, policy_type: PolicyType) -> Arc<Policy> {
    Arc::new(policy::read(text.as_bytes(), policy_type).policy.expect("a document"))
}

/// Identity policies and SCPs of one level, each with these statements.
fn layers(identity: &str, scp: &str) -> Layers {
    let body = |statements: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    let policies = vec![document(&body(scp), PolicyType::ServiceControl)];
    Layers {
        identity: vec![document(&body(identity), PolicyType::Identity)],
        scp: vec![Level { target: "r-ab12".to_owned(), policies }],
        ..Layers::default()
    }
}

const ALL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

fn answer(operation: &Operation, layers: &Layers) -> OperationAnswer {
    let layers = OperationLayers { caller: layers, service_role: None, resources: &[] };
    authorize_operation(operation, layers).unwrap_or_else(|error| panic!("{error}"))
}

fn doubts(answer: &OperationAnswer) -> Vec<String> {
    match &answer.outcome {
        OperationOutcome::Unknown(doubts) => doubts.iter().map(ToString::to_string).collect(),
        OperationOutcome::Decided(_) | OperationOutcome::NeedsContext(_) => vec![],
    }
}

#[track_caller]
fn decided(operation: &Operation, layers: &Layers, decision: Decision) -> OperationAnswer {
    let answer = answer(operation, layers);
    assert_eq!(answer.outcome, OperationOutcome::Decided(decision), "{}", operation.target);
    answer
}

#[track_caller]
fn unknown(operation: &Operation, layers: &Layers, expected: &[&str]) {
    assert_eq!(doubts(&answer(operation, layers)), expected, "{}", operation.target);
}

fn deny(condition: &str) -> String {
    format!(
        r#"{ALL},{{"Effect":"Deny","Action":"bedrock:InvokeModel*","Resource":"*","Condition":{condition}}}"#
    )
}

#[test]
fn a_call_is_allowed_only_when_every_step_is() {
    let opus = run("Converse", "us.anthropic.claude-opus-5-5", "us-east-1");
    let allowed = decided(&opus, &layers(ALL, ALL), Decision::Allow);
    assert_eq!(allowed.steps().count(), 4);
    assert!(
        allowed
            .steps()
            .all(|step| step.answer.is_some_and(|answer| answer.decision() == Some(Decision::Allow)))
    );
    let here_only = r#"{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":["arn:aws:bedrock:us-east-1:*:inference-profile/*","arn:aws:bedrock:us-east-1::foundation-model/*"]}"#;
    decided(&opus, &layers(here_only, ALL), Decision::ImplicitDeny);
    let models_only = r#"{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":"arn:aws:bedrock:*::foundation-model/*"}"#;
    decided(&opus, &layers(models_only, ALL), Decision::ImplicitDeny);
    decided(
        &run("Converse", "amazon.nova-pro-v1:0", "us-east-1"),
        &layers(models_only, ALL),
        Decision::Allow,
    );
}

#[test]
fn one_denied_destination_ends_the_call() {
    let two = deny(r#"{"StringNotEquals":{"aws:RequestedRegion":["us-east-1","us-west-2"]}}"#);
    let answer = decided(
        &run("Converse", "us.anthropic.claude-opus-5-5", "us-east-1"),
        &layers(ALL, &two),
        Decision::ExplicitDeny,
    );
    let denied: Vec<&str> = answer
        .steps()
        .filter(|step| step.answer.is_some_and(|answer| answer.decision() == Some(Decision::ExplicitDeny)))
        .map(|step| step.step.region.as_str())
        .collect();
    assert_eq!(denied, ["us-east-2"]);
    decided(&run("Converse", "amazon.nova-pro-v1:0", "us-east-1"), &layers(ALL, &two), Decision::Allow);
}

#[test]
fn destinations_are_unknown_only_where_the_bracket_differs() {
    let nova = run("Converse", "us.amazon.nova-pro-v1:0", "us-east-1");
    decided(&nova, &layers(ALL, ALL), Decision::Allow);
    let not_ohio = deny(r#"{"StringEquals":{"aws:RequestedRegion":"us-east-2"}}"#);
    unknown(&nova, &layers(ALL, &not_ohio), &["profile-destinations"]);
    let not_virginia = deny(r#"{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}"#);
    decided(&nova, &layers(ALL, &not_virginia), Decision::ExplicitDeny);
    let mut known = nova.clone();
    known.facts.destinations = Some(vec!["us-east-1".to_owned(), "us-west-2".to_owned()]);
    decided(&known, &layers(ALL, &not_ohio), Decision::Allow);
    // A denial that is explicit only in some destinations is a denial all the same.
    let grants = r#"{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":"arn:aws:bedrock:*::foundation-model/*"}"#;
    decided(&nova, &layers(grants, &not_ohio), Decision::ImplicitDeny);
}

#[test]
fn a_global_profile_is_stopped_by_a_region_list_and_opened_by_unspecified() {
    let opus = run("Converse", "global.anthropic.claude-opus-5-5", "us-east-1");
    let list =
        |regions: &str| deny(&format!(r#"{{"StringNotEquals":{{"aws:RequestedRegion":[{regions}]}}}}"#));
    decided(&opus, &layers(ALL, &list(r#""us-east-1""#)), Decision::ExplicitDeny);
    let opened = layers(ALL, &list(r#""us-east-1","unspecified""#));
    unknown(&opus, &opened, &["global-requested-region"]);
    decided(&opus, &layers(ALL, &list(r#""us-east-1","unspecified","global""#)), Decision::Allow);
}

#[test]
fn a_point_that_nobody_asks_about_leaves_the_answer_decided_and_is_cited() {
    let nova = run("Converse", "amazon.nova-pro-v1:0", "us-east-1");
    let allowed = decided(&nova, &layers(ALL, ALL), Decision::Allow);
    let expected = [OperationAssumption::ResourceAccountOnModels, OperationAssumption::ServiceTierOmitted];
    assert_eq!(allowed.assumptions, expected);
    let own_account = r#"{"Effect":"Allow","Action":"bedrock:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}}}"#;
    unknown(&nova, &layers(own_account, ALL), &["resource-account-on-models"]);
    let agreeing = answer(&nova, &layers(own_account, ALL)).assumptions;
    assert_eq!(agreeing, [OperationAssumption::ServiceTierOmitted], "what decides is not among what agrees");
    let no_tier = deny(r#"{"Null":{"bedrock:ServiceTier":"true"}}"#);
    unknown(&nova, &layers(ALL, &no_tier), &["service-tier-omitted"]);
    let mut settled = nova.clone();
    assert!(settled.fixed.settle(OperationAssumption::ServiceTierOmitted, "absent"));
    decided(&settled, &layers(ALL, &no_tier), Decision::ExplicitDeny);
    let mut asked = nova;
    asked.options.service_tier = Some("flex".to_owned());
    decided(&asked, &layers(ALL, &no_tier), Decision::Allow);
}

#[test]
fn evidence_settles_that_reading_a_profile_is_not_needed() {
    let opus = run("Converse", "us.anthropic.claude-opus-5-5", "us-east-1");
    let runs = r#"{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":"*"}"#;
    decided(&opus, &layers(runs, ALL), Decision::Allow);
    let mut other = opus;
    assert!(other.fixed.settle(OperationAssumption::TargetReadAtRun, "needed"));
    decided(&other, &layers(runs, ALL), Decision::ImplicitDeny);
    assert!(!other.fixed.settle(OperationAssumption::TargetReadAtRun, "perhaps"));
}

#[test]
fn a_guardrail_condition_that_names_models_only_holds_on_a_profile() {
    let scp = r#"{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"bedrock:InvokeModel*","Resource":"arn:aws:bedrock:*::foundation-model/*","Condition":{"ArnNotLike":{"bedrock:GuardrailIdentifier":"arn:aws:bedrock:*:*:guardrail/g1*"}}}"#;
    let bare = run("Converse", "us.anthropic.claude-opus-5-5", "us-east-1");
    decided(&bare, &layers(ALL, scp), Decision::ExplicitDeny);
    let guarded = with_guardrail(bare, Guardrail::requested("g1", Some("1")));
    decided(&guarded, &layers(ALL, scp), Decision::Allow);
    let everywhere = scp.replace("arn:aws:bedrock:*::foundation-model/*", "*");
    unknown(&guarded, &layers(ALL, &everywhere), &["request-keys-off-models"]);
    let no_apply = r#"{"Effect":"Allow","Action":"bedrock:InvokeModel*","Resource":"*"}"#;
    decided(&guarded, &layers(no_apply, ALL), Decision::ImplicitDeny);
}

#[test]
fn a_denied_tool_leaves_the_call_standing() {
    let mut operation = call("bedrock-mantle", "Responses", "openai.gpt-oss-120b", "us-east-1");
    operation.options.web_tools = vec![AddOnKind::WebSearch];
    let inference = r#"{"Effect":"Allow","Action":"bedrock-mantle:*","Resource":"*"}"#;
    decided(&operation, &layers(inference, ALL), Decision::Allow);
    decided(
        &operation,
        &layers(r#"{"Effect":"Allow","Action":"bedrock-websearch:*","Resource":"*"}"#, ALL),
        Decision::ImplicitDeny,
    );
}

#[test]
fn what_is_not_known_keeps_a_call_open_unless_a_known_step_is_denied() {
    let profile = run("Converse", &own("application-inference-profile/a1b2c3d4e5f6"), "us-east-1");
    let gap = "it is not known which models stand behind `arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/a1b2c3d4e5f6`";
    unknown(&profile, &layers(ALL, ALL), &[gap]);
    let models = r#"{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":"arn:aws:bedrock:*::foundation-model/*"}"#;
    decided(&profile, &layers(models, ALL), Decision::ImplicitDeny);
    let batch = call("bedrock", "CreateModelInvocationJob", "amazon.nova-pro-v1:0", "us-east-1");
    unknown(&batch, &layers(ALL, ALL), &["the role the service acts with is not known"]);
    unknown(&with_role(batch.clone()), &layers(ALL, ALL), &["the role the service acts with is not known"]);
    let (caller, role) = (layers(ALL, ALL), layers(models, ALL));
    let both = OperationLayers { caller: &caller, service_role: Some(&role), resources: &[] };
    let answer = authorize_operation(&with_role(batch.clone()), both).unwrap();
    assert_eq!(answer.decision(), Some(Decision::Allow));
    let role = layers(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#, ALL);
    let both = OperationLayers { caller: &caller, service_role: Some(&role), resources: &[] };
    let answer = authorize_operation(&with_role(batch), both).unwrap();
    assert_eq!(answer.decision(), Some(Decision::ImplicitDeny), "the role of the job cannot run the model");
}

#[test]
fn a_policy_of_a_resource_is_asked_about_that_resource_only() {
    let foreign = "arn:aws:bedrock:us-east-1:999988887777:guardrail/g1";
    let operation = with_guardrail(
        run("Converse", "amazon.nova-pro-v1:0", "us-east-1"),
        Guardrail { enforced: true, ..Guardrail::requested(foreign, Some("1")) },
    );
    let caller = layers(ALL, ALL);
    decided(&operation, &caller, Decision::ImplicitDeny);
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"bedrock:ApplyGuardrail","Resource":"*"}]}"#;
    let resources = [(foreign.to_owned(), document(text, PolicyType::Resource))];
    let with_policy = OperationLayers { caller: &caller, service_role: None, resources: &resources };
    assert_eq!(authorize_operation(&operation, with_policy).unwrap().decision(), Some(Decision::Allow));
}

#[test]
fn a_partial_call_needs_what_its_author_left_out_and_knows_what_the_call_fixes() {
    let mut nova = run("Converse", "amazon.nova-pro-v1:0", "us-east-1");
    nova.completeness = Completeness::Partial;
    let mfa = r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#;
    let needs = answer(&nova, &layers(mfa, ALL)).outcome;
    assert_eq!(needs, OperationOutcome::NeedsContext(vec![Key::new("aws:MultiFactorAuthPresent")]));
    let profile_only = r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ArnLike":{"bedrock:InferenceProfileArn":"arn:aws:bedrock:*:*:*"}}}"#;
    decided(&nova, &layers(profile_only, ALL), Decision::ImplicitDeny);
}

#[test]
fn a_bidirectional_stream_is_known_to_be_denied_only_when_every_action_is() {
    let sonic = run("InvokeModelWithBidirectionalStream", "amazon.nova-sonic-v1:0", "us-east-1");
    decided(&sonic, &layers(ALL, &deny("{}")), Decision::ExplicitDeny);
    let listed = r#"{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":["bedrock:InvokeModel","bedrock:InvokeModelWithResponseStream"],"Resource":"*"}"#;
    unknown(&sonic, &layers(ALL, listed), &["bidirectional-stream-action"]);
}

#[test]
fn an_endpoint_policy_filters_the_callers_own_requests_only() {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"bedrock:*","Resource":"*"}]}"#;
    let endpoint_policy = |text: &str| Layers {
        vpc_endpoint: vec![document(text, PolicyType::VpcEndpoint)],
        ..layers(ALL, ALL)
    };
    let market =
        run("Converse", &format!("arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/mine"), "us-east-1");
    decided(&market, &endpoint_policy(text), Decision::Allow);
    let closed = text.replace("bedrock:*", "sagemaker:*");
    decided(&market, &endpoint_policy(&closed), Decision::ImplicitDeny);
}

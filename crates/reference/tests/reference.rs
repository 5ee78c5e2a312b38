//! What the reference promises: every record is readable and found, and what is known about models is as documented.
//!
//! Reads the data files beside the API to compare what both know. Follows the Service Authorization Reference, the
//! Amazon Bedrock User Guide, the IAM User Guide and the AWS Organizations User Guide.

use std::collections::BTreeSet;

use reference::*;

/// File, text, leading columns that identify a record, number of records.
const FILES: [(&str, &str, usize, usize); 9] = [
    ("actions.tsv", include_str!("../data/actions.tsv"), 2, 22_091),
    ("condition_keys.tsv", include_str!("../data/condition_keys.tsv"), 2, 2_578),
    ("global_keys.tsv", include_str!("../data/global_keys.tsv"), 1, 60),
    ("managed_policies.tsv", include_str!("../data/managed_policies.tsv"), 1, 1_582),
    ("models.tsv", include_str!("../data/models.tsv"), 2, 208),
    ("profiles.tsv", include_str!("../data/profiles.tsv"), 1, 203),
    ("regions.tsv", include_str!("../data/regions.tsv"), 1, 48),
    ("resource_types.tsv", include_str!("../data/resource_types.tsv"), 2, 2_334),
    ("services.tsv", include_str!("../data/services.tsv"), 1, 456),
];

#[test]
fn every_file_is_sorted_and_unique_and_as_large_as_it_was() {
    for (name, text, key_columns, count) in FILES {
        let key = |line: &str| {
            line.split('\t').take(key_columns).collect::<Vec<_>>().join("\t").to_ascii_lowercase()
        };
        let keys: Vec<String> = text.lines().map(key).collect();
        assert!(text.ends_with('\n'), "{name} does not end with a line feed");
        assert!(!text.contains('\r'), "{name} holds a carriage return");
        assert_eq!(keys.len(), count, "{name}");
        for pair in keys.windows(2) {
            assert!(pair[0] < pair[1], "{name}: {:?} before {:?}", pair[0], pair[1]);
        }
    }
}

#[test]
fn the_api_reaches_every_record() {
    let lines = |name: &str| FILES.iter().find(|file| file.0 == name).map(|file| file.1.lines().count());
    let of_services = |count: &dyn Fn(&'static str) -> usize| services().map(|each| count(each.prefix)).sum();
    let actions: usize = of_services(&|prefix| actions(prefix).count());
    let types: usize = of_services(&|prefix| resource_types(prefix).count());
    let keys: usize = of_services(&|prefix| condition_keys(prefix).count());
    assert_eq!(Some(services().count()), lines("services.tsv"));
    assert_eq!(Some(actions), lines("actions.tsv"));
    assert_eq!(Some(types), lines("resource_types.tsv"));
    assert_eq!(Some(keys), lines("condition_keys.tsv"));
    assert_eq!(Some(global_keys().count()), lines("global_keys.tsv"));
    assert_eq!(Some(models().count()), lines("models.tsv"));
    assert_eq!(Some(profiles().count()), lines("profiles.tsv"));
    assert_eq!(Some(regions().count()), lines("regions.tsv"));
    assert_eq!(Some(managed_policies().count()), lines("managed_policies.tsv"));
}

#[test]
fn every_action_is_found_by_its_name_in_any_case() {
    for service in services() {
        for known in actions(service.prefix) {
            assert_eq!(known.service, service.prefix);
            assert_eq!(action(known.service, known.name), Some(known));
        }
    }
    assert_eq!(action("BEDROCK", "invokemodel"), action("bedrock", "InvokeModel"));
}

#[track_caller]
fn check_action(service: &str, name: &str, exists: bool) {
    assert_eq!(action(service, name).is_some(), exists, "{service}:{name}");
}

#[test]
fn the_first_and_the_last_action_are_found_and_their_neighbours_are_not() {
    check_action("a2c", "GetContainerizationJobDetails", true);
    check_action("a2c", "GetContainerizationJobDetail", false);
    check_action("a2c", "GetContainerizationJobDetailss", false);
    check_action("xray", "UpdateTraceSegmentDestination", true);
    check_action("xray", "UpdateTraceSegmentDestinations", false);
    check_action("zzz", "Get", false);
    check_action("", "", false);
}

#[test]
fn actions_people_write_that_do_not_exist_are_absent() {
    check_action("bedrock", "Converse", false);
    check_action("bedrock", "ConverseStream", false);
    check_action("bedrock", "UpdateModel", false);
    check_action("bedrock", "StartAsyncInvoke", false);
    check_action("bedrock", "RetrieveAndGenerateStream", false);
    check_action("bedrock", "RetrieveStream", false);
    check_action("bedrock", "InvokeModelWithBidirectionalStream", false);
    check_action("bedrock-mantle", "ListTagsForResources", false);
    check_action("sagemaker", "InvokeInferenceRouter", false);
    check_action("bedrock", "PutFoundationModelEntitlement", true);
    assert_eq!(condition_key("bedrock", "bedrock:ModelId"), None);
}

#[test]
fn invoke_model_takes_the_documented_resource_types_and_keys() {
    let types = |name: &str| -> Vec<&str> {
        action("bedrock", name)
            .into_iter()
            .flat_map(|each| each.resource_types())
            .map(|each| each.name)
            .collect()
    };
    let keys = |name: &str| -> Vec<&str> {
        action("bedrock", name).into_iter().flat_map(|each| each.condition_keys.iter()).collect()
    };
    assert_eq!(
        types("InvokeModel"),
        [
            "application-inference-profile",
            "async-invoke",
            "bedrock-marketplace-model-endpoint",
            "custom-model-deployment",
            "default-prompt-router",
            "foundation-model",
            "imported-model",
            "inference-profile",
            "project",
            "prompt-router",
            "provisioned-model",
            "system-tool",
        ]
    );
    assert_eq!(
        keys("InvokeModel"),
        [
            "aws:RequestTag/${TagKey}",
            "aws:TagKeys",
            "bedrock:GuardrailIdentifier",
            "bedrock:InferenceProfileArn",
            "bedrock:ModelArn",
            "bedrock:ProjectArn",
            "bedrock:PromptRouterArn",
            "bedrock:ServiceTier",
        ]
    );
    let without: Vec<_> =
        types("InvokeModel").into_iter().filter(|name| !["async-invoke", "project"].contains(name)).collect();
    assert_eq!(types("InvokeModelWithResponseStream"), without);
    assert_eq!(
        keys("InvokeModelWithResponseStream"),
        [
            "bedrock:GuardrailIdentifier",
            "bedrock:InferenceProfileArn",
            "bedrock:PromptRouterArn",
            "bedrock:ServiceTier",
        ]
    );
}

#[test]
fn an_action_keeps_required_marks_and_the_keys_of_a_type() {
    let invoke = action("bedrock", "InvokeModel").expect("it exists");
    assert!(invoke.resource("Foundation-Model").expect("it takes one").required);
    assert_eq!(invoke.resource("custom-model"), None);
    let optional = action("s3", "PutObject").and_then(|each| each.resource("object")).expect("it takes one");
    assert!(!optional.required);
    let connect = action("vpc-lattice-svcs", "Connect").and_then(|each| each.resource("TCP Service"));
    assert!(connect.expect("it takes one").condition_keys.contains("aws:ResourceTag/${TagKey}"));
}

/// Turns red when a newer package has them: then the documentation of the field is to be corrected.
#[test]
fn the_package_has_no_dependent_actions_for_any_action() {
    for service in services() {
        for each in actions(service.prefix) {
            assert!(each.dependent_actions.is_empty(), "{}:{}", each.service, each.name);
            assert!(each.resource_types().all(|each| each.dependent_actions.is_empty()), "{}", each.name);
        }
    }
}

#[test]
fn running_a_model_is_a_read_and_a_tagging_action_is_a_write() {
    let levels = |service, name| -> Vec<AccessLevel> {
        action(service, name).into_iter().flat_map(|each| each.access.iter()).collect()
    };
    assert_eq!(levels("bedrock", "InvokeModel"), [AccessLevel::Read]);
    assert_eq!(levels("bedrock", "RetrieveAndGenerate"), [AccessLevel::Write]);
    assert_eq!(levels("iam", "AttachRolePolicy"), [AccessLevel::PermissionsManagement, AccessLevel::Write]);
    assert_eq!(levels("bedrock", "TagResource"), [AccessLevel::Tagging, AccessLevel::Write]);
    assert!(!action("bedrock", "InvokeModel").expect("it exists").access.writes());
    for service in services() {
        for each in actions(service.prefix) {
            assert!(each.access.iter().count() > 0, "{}:{}", each.service, each.name);
        }
    }
}

#[test]
fn every_name_an_action_mentions_is_known() {
    for service in services() {
        for each in actions(service.prefix) {
            let mut keys: Vec<&str> = each.condition_keys.iter().collect();
            for accepted in each.resource_types() {
                let known = resource_type(each.service, accepted.name);
                assert!(known.is_some(), "{}:{} {}", each.service, each.name, accepted.name);
                keys.extend(accepted.condition_keys.iter());
                keys.extend(known.into_iter().flat_map(|known| known.condition_keys.iter()));
            }
            for key in keys {
                assert!(
                    condition_key(each.service, key).or(global_key(key)).is_some(),
                    "{}:{} {key}",
                    each.service,
                    each.name
                );
            }
        }
    }
}

#[track_caller]
fn check_key(found: Option<ConditionKey>, name: &str, value_type: KeyType, multi_valued: bool) {
    assert_eq!(
        found.map(|key| (key.name, key.value_type, key.multi_valued)),
        Some((name, value_type, multi_valued))
    );
}

#[test]
fn keys_are_found_in_any_case_and_with_their_parts_filled_in() {
    check_key(
        condition_key("bedrock", "BEDROCK:inferenceprofilearn"),
        "bedrock:InferenceProfileArn",
        KeyType::Arn,
        false,
    );
    check_key(
        condition_key("bedrock", "aws:requesttag/Team"),
        "aws:RequestTag/${TagKey}",
        KeyType::String,
        false,
    );
    check_key(
        condition_key("bedrock-mantle", "bedrock-mantle:Files"),
        "bedrock-mantle:Files",
        KeyType::String,
        true,
    );
    check_key(
        condition_key("s3", "s3:ExistingObjectTag/team"),
        "s3:ExistingObjectTag/<key>",
        KeyType::String,
        false,
    );
    check_key(global_key("aws:PrincipalTag/team"), "aws:PrincipalTag/${TagKey}", KeyType::String, false);
    check_key(global_key("AWS:TAGKEYS"), "aws:TagKeys", KeyType::String, true);
    check_key(key_anywhere("saml:aud"), "saml:aud", KeyType::String, false);
    check_key(key_anywhere("bedrock:bearerTokenType"), "bedrock:BearerTokenType", KeyType::String, false);
    assert_eq!(condition_key("bedrock", "bedrock-mantle:Model"), None);
    assert_eq!(condition_key("no-such-service", "aws:TagKeys"), None);
    assert_eq!(global_key("aws:PrincipalTag/"), None);
    assert_eq!(global_key("bedrock:ModelArn"), None);
    assert_eq!(key_anywhere("bedrock:ModelId"), None);
}

#[test]
fn documented_global_keys_are_known_with_the_number_of_their_values() {
    let single = [
        "aws:CalledViaAWSMCP",
        "aws:CalledViaFirst",
        "aws:CalledViaLast",
        "aws:CurrentTime",
        "aws:EpochTime",
        "aws:FederatedProvider",
        "aws:IsMcpServiceAction",
        "aws:MultiFactorAuthAge",
        "aws:MultiFactorAuthPresent",
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalIsAWSService",
        "aws:PrincipalOrgID",
        "aws:PrincipalServiceName",
        "aws:PrincipalTag/x",
        "aws:RequestTag/x",
        "aws:RequestedRegion",
        "aws:ResourceAccount",
        "aws:ResourceOrgID",
        "aws:ResourceTag/x",
        "aws:SecureTransport",
        "aws:SignInSessionArn",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceIdentity",
        "aws:SourceIp",
        "aws:SourceOrgID",
        "aws:SourceVpc",
        "aws:SourceVpce",
        "aws:TokenIssueTime",
        "aws:UserAgent",
        "aws:ViaAWSMCPService",
        "aws:ViaAWSService",
        "aws:VpcSourceIp",
        "aws:VpceAccount",
        "aws:VpceOrgID",
        "aws:userid",
        "aws:username",
        "identitystore:UserId",
    ];
    let many = [
        "aws:CalledVia",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalServiceNamesList",
        "aws:ResourceOrgPaths",
        "aws:SourceOrgPaths",
        "aws:TagKeys",
        "aws:VpceOrgPaths",
    ];
    for (names, multi_valued) in [(&single[..], false), (&many[..], true)] {
        for name in names {
            assert_eq!(global_key(name).map(|key| key.multi_valued), Some(multi_valued), "{name}");
        }
    }
}

#[track_caller]
fn check_carries(service: &str, name: &str, key: &str, expected: bool) {
    assert_eq!(action_carries(service, name, key), expected, "{service}:{name} {key}");
}

#[test]
fn an_action_carries_global_keys_and_the_service_keys_listed_for_it() {
    check_carries("bedrock", "InvokeModel", "bedrock:modelarn", true);
    check_carries("bedrock", "InvokeModelWithResponseStream", "bedrock:ModelArn", false);
    check_carries("bedrock", "CreateModelInvocationJob", "bedrock:InferenceProfileArn", false);
    check_carries("bedrock", "CreateModelInvocationJob", "bedrock:GuardrailIdentifier", false);
    check_carries("bedrock", "CreateModelInvocationJob", "aws:RequestTag/team", true);
    check_carries("bedrock", "RetrieveAndGenerate", "aws:PrincipalOrgID", true);
    check_carries("bedrock-mantle", "CreateInference", "bedrock-mantle:Model", true);
    check_carries("bedrock-mantle", "ListModels", "bedrock-mantle:Model", false);
    check_carries("sagemaker", "CreateEndpointConfig", "sagemaker:ModelArn", true);
    check_carries("sagemaker", "UpdateEndpoint", "sagemaker:ModelArn", false);
    check_carries("apigateway", "GET", "apigateway:Resource/AuthorizerType", true);
    check_carries("no-such", "Action", "aws:PrincipalArn", true);
    check_carries("no-such", "Action", "bedrock:ModelArn", false);
}

#[test]
fn resource_control_policies_do_not_reach_model_services() {
    for prefix in ["s3", "sts", "kms", "ecr", "secretsmanager", "logs", "STS"] {
        assert!(supports_rcp(prefix), "{prefix}");
    }
    for prefix in [
        "bedrock",
        "bedrock-mantle",
        "bedrock-agentcore",
        "sagemaker",
        "aws-external-anthropic",
        "iam",
        "organizations",
        "no-such-service",
    ] {
        assert!(!supports_rcp(prefix), "{prefix}");
    }
}

#[test]
fn a_template_is_its_pieces_and_every_example_may_stand_in_it() {
    for service in services() {
        for resource in resource_types(service.prefix) {
            let mut count = 0;
            for template in resource.templates() {
                count += 1;
                let mut text = String::new();
                for piece in template.pieces() {
                    match piece {
                        Piece::Literal(literal) => text.push_str(literal),
                        Piece::Placeholder { name, ids } => {
                            text.push_str(&format!("${{{name}}}"));
                            assert!(ids.admits(&ids.example), "{} {name}", template.text);
                        }
                    }
                }
                assert_eq!(text, template.text);
                assert!(text.starts_with("arn:"), "{text}");
            }
            assert!(count > 0, "{} {}", resource.service, resource.name);
        }
    }
    assert_eq!(resource_type("lex", "bot alias").map(|each| each.templates().count()), Some(2));
}

#[track_caller]
fn check_id(service: &str, resource: &str, placeholder: &str, id: &str, admitted: bool) {
    let template =
        resource_type(service, resource).and_then(|each| each.templates().next()).expect("it exists");
    let shape = template.pieces().find_map(|piece| match piece {
        Piece::Placeholder { name, ids } if name == placeholder => Some(ids),
        Piece::Placeholder { .. } | Piece::Literal(_) => None,
    });
    let shape = shape.expect("the template has the placeholder");
    assert_eq!(shape.admits(id), admitted, "{resource} {placeholder} {id:?}");
}

#[test]
fn ids_of_models_have_the_documented_shape() {
    check_id("bedrock", "foundation-model", "ResourceId", "anthropic.claude-v2:1:200k", true);
    check_id("bedrock", "foundation-model", "ResourceId", "Anthropic.claude", false);
    check_id("bedrock", "foundation-model", "ResourceId", "a/b", false);
    check_id("bedrock", "foundation-model", "Region", "", true);
    check_id("bedrock", "imported-model", "ResourceId", "a1b2c3d4e5f6", true);
    check_id("bedrock", "imported-model", "ResourceId", "a1b2c3d4e5f", false);
    check_id("bedrock", "imported-model", "ResourceId", "a1b2c3d4e5f6g", false);
    check_id("bedrock", "imported-model", "ResourceId", "A1b2c3d4e5f6", false);
    check_id("bedrock", "model-invocation-job", "JobIdentifier", "a1b2c3d4e5f6", true);
    check_id("bedrock", "custom-model", "ResourceId", "amazon.nova-lite-v1:0/a1b2c3d4e5f6", true);
    check_id("bedrock", "inference-profile", "ResourceId", "us.anthropic.claude-opus-5-5", true);
    check_id("bedrock", "guardrail", "GuardrailId", "gr1", true);
    check_id("bedrock", "guardrail", "GuardrailId", "gr-1", false);
    check_id("bedrock", "guardrail", "Account", "111122223333", true);
    check_id("bedrock", "guardrail", "Account", "11112222333", false);
    check_id("sagemaker", "hub", "Account", "aws", true);
    check_id("sagemaker", "hub-content", "HubContentName", "model/1.0.0", true);
    check_id("s3", "object", "ObjectName", "Ordner/Ü b.txt", true);
    check_id("s3", "object", "ObjectName", "", true);
}

#[test]
fn only_placeholders_without_a_row_of_their_own_have_the_default() {
    let shape = |service, resource, wanted: &str| {
        let template =
            resource_type(service, resource).and_then(|each: ResourceType| each.templates().next())?;
        template.pieces().find_map(|piece| match piece {
            Piece::Placeholder { name, ids } => (name == wanted).then_some(ids),
            Piece::Literal(_) => None,
        })
    };
    assert_eq!(shape("s3", "object", "ObjectName").map(|ids| ids.specific), Some(false));
    assert_eq!(shape("bedrock", "foundation-model", "ResourceId").map(|ids| ids.specific), Some(true));
    assert_eq!(shape("bedrock", "foundation-model", "Region").map(|ids| ids.specific), Some(true));
}

#[test]
fn ids_of_models_are_ids_and_nothing_else_of_the_price_list() {
    for model in models() {
        let plain =
            model.id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b':' | b'-'));
        assert!(plain, "{}", model.id);
        assert_eq!(split_profile_id(model.id), None, "{}", model.id);
        match model.endpoint {
            Endpoint::Runtime | Endpoint::Mantle => {
                assert!(model.id.starts_with(&format!("{}.", model.provider)), "{}", model.id);
            }
            Endpoint::ClaudePlatform => assert_eq!(model.provider, "anthropic"),
        }
        assert_eq!(model_at(model.endpoint, model.id), Some(model));
        if let ModelRegions::AtLeast(names) = model.regions {
            for name in names.iter() {
                assert!(region(name).is_some(), "{} {name}", model.id);
            }
        }
    }
    for text in ["1024-x-1024", "anthropic.claude-haiku-4-5@20251001", "guardrails", "*"] {
        assert_eq!(model(text), None, "{text}");
    }
}

#[test]
fn models_with_difficult_ids_are_in_the_catalogue() {
    let provider = |id| model(id).map(|model| model.provider);
    assert_eq!(provider("anthropic.claude-opus-5-5"), Some("anthropic"));
    assert_eq!(provider("deepseek.v3.2"), Some("deepseek"));
    assert_eq!(provider("moonshotai.kimi-k2.5"), Some("moonshotai"));
    assert_eq!(provider("mistral.mistral-7b-instruct-v0:2"), Some("mistral"));
    assert_eq!(provider("openai.gpt-oss-120b-1:0"), Some("openai"));
    assert_eq!(provider("openai.gpt-oss-120b"), Some("openai"));
    assert_eq!(provider("claude-opus-5-5"), Some("anthropic"));
    assert_eq!(provider("anthropic.claude-opus-5-50"), None);
    assert_eq!(provider("Anthropic.claude-opus-5-5"), None);
    assert_eq!(model_at(Endpoint::Runtime, "openai.gpt-oss-120b"), None);
    assert_eq!(model("anthropic.claude-opus-5-5").map(|model| model.endpoint), Some(Endpoint::Runtime));
    let mantle = model_at(Endpoint::Mantle, "anthropic.claude-opus-5-5").expect("it is listed");
    assert_eq!(mantle.endpoint, Endpoint::Mantle);
    let runtime = model("anthropic.claude-opus-5-5").expect("it is listed");
    assert_eq!(runtime.price_in, Price::MicroUsdPerMillionTokens(4_000_000));
    assert_eq!(runtime.price_out, Price::MicroUsdPerMillionTokens(20_000_000));
    assert_eq!(model("amazon.rerank-v1:0").map(|model| model.price_in), Some(Price::Unknown));
    assert_eq!(model("xai.grok-4.7").map(|model| model.listing), Some(Listing::ThroughProfiles));
}

#[test]
fn a_model_still_runs_on_its_last_day() {
    let known = model("anthropic.claude-opus-4-1-20250805-v1:0").expect("it is listed");
    let on = "2027-01-08";
    assert_eq!(known.lifecycle("2026-11-21"), Lifecycle::Ending { on });
    assert_eq!(known.lifecycle("2027-01-08"), Lifecycle::Ending { on });
    assert_eq!(known.lifecycle("2027-01-09"), Lifecycle::Ended { on });
    let open = model("anthropic.claude-opus-5-5").expect("it is listed");
    assert_eq!(open.lifecycle("2099-01-01"), Lifecycle::NoEndKnown);
}

#[test]
fn every_profile_names_a_geography_and_a_model_of_the_catalogue() {
    for each in profiles() {
        assert_eq!(profile(each.id), Some(each));
        assert_eq!(each.id, format!("{}.{}", each.geography, each.model_id));
        assert!(each.geography().is_some(), "{}", each.id);
        assert!(each.model().is_some(), "{}", each.id);
    }
    assert_eq!(profile("us.anthropic.claude-opus-5-50"), None);
}

#[test]
fn the_prefix_of_a_profile_ends_at_its_first_dot() {
    let split = |id| split_profile_id(id).map(|(geography, model)| (geography.prefix.as_str(), model));
    assert_eq!(split("us-gov.openai.gpt-oss-120b-1:0"), Some(("us-gov", "openai.gpt-oss-120b-1:0")));
    assert_eq!(split("us.deepseek.v3.2"), Some(("us", "deepseek.v3.2")));
    assert_eq!(split("deepseek.v3.2"), None);
    assert_eq!(split("us.claude"), None);
    assert_eq!(split("uk.guardrail.v1:0"), None);
}

#[track_caller]
fn check_known(profile: &str, sources: &[&str], destinations_of_each: &[&'static str]) {
    for source in sources {
        assert_eq!(
            destinations(profile, source),
            Destinations::Known(destinations_of_each.to_vec()),
            "{profile} from {source}"
        );
    }
}

#[test]
fn opus_5_5_goes_where_its_model_card_says() {
    let us = "us.anthropic.claude-opus-5-5";
    check_known(us, &["us-east-1", "us-east-2", "us-west-2"], &["us-east-1", "us-east-2", "us-west-2"]);
    check_known(us, &["us-west-1"], &["us-east-1", "us-east-2", "us-west-1", "us-west-2"]);
    check_known(us, &["ca-central-1"], &["ca-central-1", "us-east-1", "us-east-2", "us-west-2"]);
    check_known(us, &["ca-west-1"], &["ca-west-1", "us-east-1", "us-east-2", "us-west-2"]);
    let eu = "eu.anthropic.claude-opus-5-5";
    let six = ["eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"];
    check_known(eu, &six, &six);
    for itself in ["eu-central-2", "eu-west-2"] {
        let mut seven = six.to_vec();
        seven.push(itself);
        seven.sort_unstable();
        check_known(eu, &[itself], &seven);
    }
    let au = ["ap-southeast-2", "ap-southeast-4"];
    check_known("au.anthropic.claude-opus-5-5", &au, &au);
    let jp = ["ap-northeast-1", "ap-northeast-3"];
    check_known("jp.anthropic.claude-opus-5-5", &jp, &jp);
    assert_eq!(destinations(us, "eu-central-1"), Destinations::NotASource);
    assert_eq!(destinations(eu, "il-central-1"), Destinations::NotASource);
}

#[test]
fn without_a_model_card_the_geography_brackets_the_destinations() {
    let us = |source| destinations("us.amazon.nova-pro-v1:0", source);
    let three = vec!["us-east-1", "us-east-2", "us-west-2"];
    assert_eq!(us("us-east-1"), Destinations::Bracket { at_most: three });
    assert_eq!(
        us("ca-central-1"),
        Destinations::Bracket { at_most: vec!["ca-central-1", "us-east-1", "us-east-2", "us-west-2"] }
    );
    assert_eq!(us("eu-central-1"), Destinations::Unknown);
    assert_eq!(destinations("amazon.nova-pro-v1:0", "us-east-1"), Destinations::Unknown);
    let Destinations::Everywhere { known } = destinations("global.anthropic.claude-opus-5-5", "us-east-1")
    else {
        panic!("a global profile goes everywhere");
    };
    assert!(known.contains(&"sa-east-1") && !known.contains(&"us-gov-west-1"), "{known:?}");
    assert_eq!(destinations("global.anthropic.claude-opus-5-5", "us-gov-west-1"), Destinations::Unknown);
}

#[test]
fn known_destinations_stay_within_the_geography_and_its_partition() {
    for geography in geographies() {
        let at_most = geography.at_most();
        assert!(!at_most.is_empty(), "{}", geography.prefix);
        assert!(at_most.windows(2).all(|pair| pair[0] < pair[1]), "{at_most:?}");
        for name in &at_most {
            assert_eq!(partition_of_region(name), Some(geography.partition.as_str()), "{name}");
        }
    }
    for each in profiles() {
        let at_most = each.geography().map(Geography::at_most).unwrap_or_default();
        for source in regions() {
            let reached = match destinations(each.id, source.name) {
                Destinations::Known(known) | Destinations::Everywhere { known } => known,
                Destinations::Bracket { at_most } => at_most,
                Destinations::NotASource | Destinations::Unknown => continue,
            };
            assert!(reached.contains(&source.name), "{} from {}", each.id, source.name);
            assert!(reached.iter().all(|name| at_most.contains(name)), "{} from {}", each.id, source.name);
        }
    }
}

#[test]
fn a_region_knows_its_partition() {
    assert_eq!(partition_of_region("us-east-1"), Some("aws"));
    assert_eq!(partition_of_region("us-gov-west-1"), Some("aws-us-gov"));
    assert_eq!(partition_of_region("cn-north-1"), Some("aws-cn"));
    assert_eq!(partition_of_region("eusc-de-east-1"), Some("aws-eusc"));
    assert_eq!(partition_of_region("aws-global"), None);
    assert_eq!(partition_of_region("us-east"), None);
    assert!(partitions().contains(&"aws-us-gov"));
}

#[test]
fn every_managed_policy_is_valid_json_and_found_in_every_partition() {
    for policy in managed_policies() {
        let document: serde_json::Value = serde_json::from_str(policy.document)
            .unwrap_or_else(|error| panic!("{}: {error}", policy.path_and_name));
        assert!(
            document["Statement"].is_array() || document["Statement"].is_object(),
            "{}",
            policy.path_and_name
        );
        assert_eq!(policy.document_chars, policy.document.chars().count(), "{}", policy.path_and_name);
        assert!(policy.version_id.starts_with('v'), "{}", policy.path_and_name);
        for partition in ["aws", "aws-us-gov"] {
            assert_eq!(managed_policy(&policy.arn(partition)), Some(policy));
        }
    }
    let with_path = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess";
    assert_eq!(managed_policy(with_path).map(ManagedPolicy::name), Some("ViewOnlyAccess"));
    for arn in [
        "arn:aws:iam::aws:policy/ViewOnlyAccess",
        "arn:aws:iam::aws:policy/administratoraccess",
        "arn:aws:iam::111122223333:policy/AdministratorAccess",
        "arn:awsome:iam::aws:policy/AdministratorAccess",
        "AdministratorAccess",
        "",
    ] {
        assert_eq!(managed_policy(arn), None, "{arn}");
    }
}

#[test]
fn quotas_have_the_documented_values() {
    let limit = |id| quota(id).map(|quota| (quota.limit, quota.counting));
    assert_eq!(limit("scp-characters-api"), Some((10_240, Counting::Characters)));
    assert_eq!(limit("scp-characters-console"), Some((10_240, Counting::CharactersWithoutWhiteSpace)));
    assert_eq!(limit("rcp-characters-api"), Some((5_120, Counting::Characters)));
    assert_eq!(limit("managed-policy-characters"), Some((6_144, Counting::CharactersWithoutWhiteSpace)));
    assert_eq!(limit("role-inline-characters"), Some((10_240, Counting::SumOfCharactersWithoutWhiteSpace)));
    assert_eq!(limit("session-policy-characters"), Some((2_048, Counting::Characters)));
    assert_eq!(quota("scp-per-node").map(|quota| (quota.limit, quota.least)), Some((10, Some(1))));
    assert_eq!(quota("rcp-per-node").map(|quota| (quota.limit, quota.least)), Some((5, Some(1))));
    assert_eq!(quota("trust-policy-characters").and_then(|quota| quota.adjustable_to), Some(8_192));
    assert_eq!(quota("bedrock-policy-characters").map(|quota| quota.basis), Some(Basis::Inferred));
    assert_eq!(quota("no-such-quota"), None);
    let ids: BTreeSet<&str> = quotas().iter().map(|quota| quota.id.as_str()).collect();
    assert_eq!(ids.len(), quotas().len());
    for quota in quotas() {
        assert!(quota.least.is_none_or(|least| least <= quota.limit), "{}", quota.id);
        assert!(quota.adjustable_to.is_none_or(|most| most > quota.limit), "{}", quota.id);
        assert!(!quota.source.is_empty() && !quota.what.is_empty(), "{}", quota.id);
    }
}

#[test]
fn every_layer_has_a_sentence_and_only_rcps_never_deny_implicitly() {
    let layers = [
        DenialLayer::ServiceControlPolicy,
        DenialLayer::ResourceControlPolicy,
        DenialLayer::VpcEndpointPolicy,
        DenialLayer::PermissionsBoundary,
        DenialLayer::SessionPolicy,
        DenialLayer::ResourceBasedPolicy,
        DenialLayer::IdentityBasedPolicy,
        DenialLayer::RoleTrustPolicy,
    ];
    for layer in layers {
        let explicit = denial_sentence(layer, true).expect("every layer can deny explicitly");
        assert!(explicit.text.starts_with("with an explicit deny in "), "{layer:?}");
        let implicit = denial_sentence(layer, false);
        assert_eq!(implicit.is_none(), layer == DenialLayer::ResourceControlPolicy, "{layer:?}");
        if let Some(sentence) = implicit {
            assert!(
                sentence.text.starts_with("because no ")
                    && sentence.text.contains(" allows the {action} action")
            );
            assert!(!sentence.policy_arn, "{layer:?}");
        }
    }
    assert_eq!(denial_sentences().len(), 15);
}

#[track_caller]
fn check_form(service: &str, action: &str, on_resource: Appears, policy_arn: Appears) {
    let form = denial_form(service, action);
    assert_eq!((form.on_resource, form.policy_arn), (on_resource, policy_arn), "{service}:{action}");
}

#[test]
fn a_denial_is_printed_as_the_service_was_seen_to_print_it() {
    check_form("bedrock", "InvokeModel", Appears::Yes, Appears::Yes);
    check_form("bedrock", "CallWithBearerToken", Appears::Yes, Appears::No);
    check_form("bedrock-mantle", "CreateInference", Appears::Yes, Appears::No);
    check_form("sagemaker", "CallWithBearerToken", Appears::Yes, Appears::No);
    check_form("s3", "ListAllMyBuckets", Appears::No, Appears::No);
    check_form("s3", "GetObject", Appears::Yes, Appears::Unknown);
    check_form("bedrock", "CreateGuardrail", Appears::Yes, Appears::Unknown);
}

#[test]
fn refusals_name_existing_writes_and_leave_out_what_customers_may_do() {
    for refusal in refusals() {
        for name in refusal.actions.iter().chain(&refusal.not_refused) {
            let known = name.split_once(':').and_then(|(service, action_name)| action(service, action_name));
            assert!(known.is_some_and(|known| known.access.writes()), "{name}");
        }
        assert!(refusal.not_refused.iter().all(|name| !refusal.actions.contains(name)), "{}", refusal.id);
        assert!(refusal.resource.starts_with("arn:*:"), "{}", refusal.id);
    }
    let refuses = |id: &str, action: &str| {
        refusals().iter().any(|refusal| refusal.id == id && refusal.actions.iter().any(|each| each == action))
    };
    assert!(refuses("aws-managed-policy", "iam:CreatePolicyVersion"));
    assert!(refuses("service-linked-role", "iam:AttachRolePolicy"));
    assert!(!refuses("service-linked-role", "iam:DeleteServiceLinkedRole"));
    assert!(!refuses("service-linked-role", "iam:UpdateRoleDescription"));
    assert!(refuses("aws-reserved-role", "iam:UpdateRoleDescription"));
    assert!(refuses("kms-aws-managed-alias", "kms:DeleteAlias"));
}

#[test]
fn every_generated_file_has_the_digest_and_the_package_it_claims() {
    assert_eq!(files().len(), FILES.len());
    for ((name, text, _, count), file) in FILES.iter().zip(files()) {
        assert_eq!(file.name, *name);
        assert_eq!(file.records, *count, "{name}");
        assert_eq!(file.sha256, digest::sha256_hex(text.as_bytes()), "{name}");
        assert!(packages().iter().any(|package| package.name == file.package), "{name}");
    }
    for package in packages() {
        assert!(sources().contains(&format!("version = \"{}\"", package.version)), "{}", package.name);
        assert!(["Apache-2.0", "MIT"].contains(&package.licence.as_str()), "{}", package.name);
    }
    assert_eq!(content_hash().len(), 64);
    assert_eq!(content_hash(), content_hash());
}

/// The hash covers the tables kept by hand as well; a file beside them that it misses would go unnoticed.
#[test]
fn the_content_hash_covers_every_table_the_crate_reads() {
    let mut lines: Vec<String> = FILES
        .iter()
        .map(|file| (file.0, file.1))
        .chain([
            ("assumptions.toml", include_str!("../data/assumptions.toml")),
            ("compliance.toml", include_str!("../data/compliance.toml")),
            ("conflicts.toml", include_str!("../data/conflicts.toml")),
            ("denials.toml", include_str!("../data/denials.toml")),
            ("destinations.toml", include_str!("../data/destinations.toml")),
            ("doors.toml", include_str!("../data/doors.toml")),
            ("duties.tsv", include_str!("../data/duties.tsv")),
            ("events.toml", include_str!("../data/events.toml")),
            ("fictional.toml", include_str!("../data/fictional.toml")),
            ("geographies.toml", include_str!("../data/geographies.toml")),
            ("guardrails.toml", include_str!("../data/guardrails.toml")),
            ("ids.toml", include_str!("../data/ids.toml")),
            ("operations.toml", include_str!("../data/operations.toml")),
            ("quotas.toml", include_str!("../data/quotas.toml")),
            ("refusals.toml", include_str!("../data/refusals.toml")),
            ("steps.toml", include_str!("../data/steps.toml")),
        ])
        .map(|(name, text)| format!("{name} {}\n", digest::sha256_hex(text.as_bytes())))
        .collect();
    lines.sort_unstable();
    assert_eq!(content_hash(), digest::sha256_hex(lines.concat().as_bytes()));
}

/// What ids never are, no listed model is, and no model of one's own that is made from one.
#[test]
fn ids_of_listed_models_are_ids() {
    let shape = |kind: &str| {
        let found = resource_type("bedrock", kind).unwrap();
        let pieces: Vec<_> = found.templates().next().unwrap().pieces().collect();
        let named = pieces.iter().find_map(|piece| match piece {
            Piece::Placeholder { name: "ResourceId", ids } => Some(*ids),
            Piece::Placeholder { .. } | Piece::Literal(_) => None,
        });
        named.unwrap()
    };
    let (offered, own) = (shape("foundation-model"), shape("custom-model"));
    let mut count = 0;
    for model in models().filter(|model| model.endpoint == Endpoint::Runtime) {
        count += 1;
        assert!(offered.admits(model.id), "{}", model.id);
        let custom = format!("{}/a1b2c3d4e5f6", model.id);
        assert!(own.admits(&custom), "{custom}");
    }
    assert!(count > 50, "{count} models");
    assert!(own.admits("imported/a1b2c3d4e5f6"));
}

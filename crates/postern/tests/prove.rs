//! Properties, of policies that are printed elsewhere and of whole organisations.
//!
//! The holes of the printed policies are those that AWS's pages show in them; each is found with the command that walks
//! through it. Fences that were made to leak are refuted, each with a request that the evaluator allows.

#[path = "common/acme.rs"]
mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::acme_with;
use iam::answer::{Decision, Outcome};
use iam::authorize;
use postern::prove::property::{Property, parse};
use postern::prove::{self, Proof, Status, built_in, command};

fn values(given: &[(&str, &str)]) -> BTreeMap<String, Vec<String>> {
    given
        .iter()
        .map(|(name, list)| ((*name).to_owned(), list.split(',').map(str::to_owned).collect()))
        .collect()
}

/// A built-in property by its id, or one that is written out.
fn property(text: &str, given: &[(&str, &str)]) -> Property {
    if text.contains('\n') {
        return parse("test", text, &values(given)).unwrap_or_else(|wrong| panic!("{text}\n{wrong:?}"));
    }
    let all = built_in::all(&values(given)).unwrap();
    all.into_iter().find(|one| one.id == text).unwrap_or_else(|| panic!("no property {text}"))
}

fn printed(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/printed").join(file)
}

/// What becomes of a property under a printed service control policy.
fn of_scp(file: &str, text: &str, given: &[(&str, &str)]) -> (Status, String) {
    let (scps, _) = prove::documents(&[printed(file)], &[]).unwrap();
    let property = [property(text, given)];
    told(&prove::prove_documents(&scps, &[], &property, 1)[0])
}

fn of_identity(file: &str, text: &str, given: &[(&str, &str)]) -> (Status, String) {
    let (_, identities) = prove::documents(&[], &[printed(file)]).unwrap();
    let property = [property(text, given)];
    told(&prove::prove_documents(&[], &identities, &property, 1)[0])
}

/// The status, and the commands of the counterexamples or what is refused; each is asked again of the evaluator.
fn told(proof: &Proof<'_>) -> (Status, String) {
    let mut text: String = proof.unknown.keys().cloned().collect();
    for one in &proof.refuted {
        let outcome = authorize(&one.request, &one.layers).outcome;
        assert_eq!(outcome == Outcome::Decided(Decision::Allow), !one.is_refused, "{:?}", one.request);
        let line = match one.is_refused {
            true => format!("{} on {}", one.request.action(), one.request.resource().as_str()),
            false => command(&one.request),
        };
        text.push_str(&line);
        text.push('\n');
    }
    (proof.status, text)
}

#[track_caller]
fn refuted((status, told): (Status, String), with: &str) {
    assert_eq!(status, Status::Refuted, "{told}{with}");
    assert!(told.contains(with), "`{with}` is not in {told}");
}

#[track_caller]
fn holds((status, told): (Status, String)) {
    assert_eq!(status, Status::Holds, "{told}");
}

fn may(action: &str, what: &str) -> String {
    format!("id: x\ntitle: x\nmay: [{action}]\nwhat: [\"{what}\"]\n")
}

fn may_never(action: &str, rest: &str) -> String {
    format!("id: x\ntitle: x\nmay never: [\"{action}\"]\n{rest}\n")
}

const APPROVED: [(&str, &str); 1] = [(
    "approved-models",
    "arn:aws:bedrock:*::foundation-model/anthropic.claude-3-5-sonnet*,arn:aws:bedrock:*::foundation-model/amazon.titan*",
)];

#[test]
fn the_printed_list_of_foundation_models_breaks_profiles_and_leaves_doors() {
    let file = "framework-1-foundation-models.json";
    holds(of_scp(file, "approved-models", &APPROVED));
    // All that an account owns is denied too.
    for what in [
        "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-3-5-sonnet-20240620-v1:0",
        "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl",
        "arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abcdefghijkl",
    ] {
        refuted(of_scp(file, &may("bedrock:InvokeModel", what), &[]), what);
    }
    refuted(of_scp(file, "every-action-of-a-door", &APPROVED), "aws ");
    refuted(of_scp(file, "claude-platform-closed", &[]), "aws-external-anthropic");
    refuted(of_scp(file, "agentcore-doors-closed", &[]), "bedrock-agentcore");
    refuted(of_scp(file, "approved-mantle-models", &[("approved-mantle-models", "x")]), "bedrock-mantle");
    refuted(
        of_scp(file, &may_never("sagemaker:InvokeEndpoint", ""), &[]),
        "aws sagemaker-runtime invoke-endpoint",
    );
}

#[test]
fn a_tag_that_is_absent_passes_the_printed_control_of_marketplace_models() {
    let file = "framework-2-marketplace.json";
    let (scps, _) = prove::documents(&[printed(file)], &[]).unwrap();
    let property = [property(
        "marketplace-models",
        &[("approved-hub-content", "arn:aws:sagemaker:*:aws:hub-content/SageMakerPublicHub/Model/meta*")],
    )];
    let proof = &prove::prove_documents(&scps, &[], &property, 1)[0];
    assert_eq!(proof.status, Status::Refuted);
    let tags = proof.refuted[0].request.context().iter().any(|(name, _)| name.contains("Tag"));
    assert!(!tags, "no tag is needed: {:?}", proof.refuted[0].request);
    refuted(
        of_scp(file, &may_never("bedrock:RegisterMarketplaceModelEndpoint", ""), &[]),
        "register-marketplace-model-endpoint",
    );
}

#[test]
fn the_printed_block_of_the_public_hub_is_of_one_region_and_takes_other_buckets() {
    let file = "framework-3-jumpstart.json";
    let in_region = "where: { StringEquals: { \"aws:RequestedRegion\": us-east-1 } }";
    let hub = "what: [\"arn:aws:sagemaker:*:aws:hub/SageMakerPublicHub\"]";
    holds(of_scp(file, &may_never("sagemaker:DescribeHub", &format!("{hub}\n{in_region}")), &[]));
    refuted(of_scp(file, "public-hub-closed", &[]), "SageMakerPublicHub");
    refuted(of_scp(file, &may("s3:ListBucket", "arn:aws:s3:::your-bucket"), &[]), "your-bucket");
    refuted(of_scp(file, &may("s3:GetObject", "arn:aws:s3:::other-bucket/x"), &[]), "other-bucket");
    refuted(of_scp(file, &may_never("sagemaker:CreateModel", ""), &[]), "aws sagemaker create-model");
}

#[test]
fn the_printed_locks_on_bringing_models_in_close_one_door_each() {
    refuted(of_scp("framework-4-import.json", "no-imports", &[]), "aws bedrock create-");
    refuted(of_scp("framework-5-customization.json", "no-imports", &[]), "aws bedrock create-");
    refuted(of_scp("framework-4-import.json", "derived-models", &[]), "aws bedrock-runtime invoke-model");
    holds(of_scp("framework-4-import.json", &may_never("bedrock:CreateModelImportJob", ""), &[]));
    for action in
        ["bedrock:CreateCustomModel", "bedrock:CreateModelCopyJob", "bedrock-mantle:CreateCustomizedModel"]
    {
        refuted(of_scp("framework-4-import.json", &may_never(action, ""), &[]), "aws bedrock");
    }
}

#[test]
fn the_printed_region_list_breaks_profiles_and_leaves_other_services() {
    let file = "organizations-3-regions.json";
    holds(of_scp(file, "region-residency", &[("approved-regions", "us-east-1,us-west-2")]));
    let model = "foundation-model/anthropic.claude-opus-5-5";
    // A destination of every us. profile, and the global one.
    refuted(
        of_scp(file, &may("bedrock:InvokeModel", &format!("arn:aws:bedrock:us-east-2::{model}")), &[]),
        "us-east-2",
    );
    refuted(of_scp(file, &may("bedrock:InvokeModel", &format!("arn:aws:bedrock:::{model}")), &[]), model);
    let elsewhere = "where: { StringEquals: { \"aws:RequestedRegion\": eu-central-1 } }";
    for action in [
        "bedrock-agentcore:InvokeHarness",
        "aws-external-anthropic:CreateInference",
        "sagemaker:InvokeEndpoint",
        "bedrock-websearch:InvokeSearch",
    ] {
        refuted(of_scp(file, &may_never(action, elsewhere), &[]), "eu-central-1");
    }
}

#[test]
fn the_printed_lists_of_families_leave_other_ways_to_the_family() {
    let file = "organizations-6-model-family.json";
    let deepseek = "what: [\"arn:aws:bedrock:*::foundation-model/deepseek*\"]";
    holds(of_scp(file, &may_never("bedrock:InvokeModel*", deepseek), &[]));
    for door in ["derived-models", "agentcore-doors-closed"] {
        refuted(of_scp(file, door, &[]), "aws bedrock");
    }
    refuted(of_scp(file, &may_never("sagemaker:InvokeEndpoint", ""), &[]), "invoke-endpoint");
    refuted(of_scp(file, &may_never("bedrock-mantle:CreateCustomizedModel", ""), &[]), "bedrock-mantle");
    // An Allow beside the one that allows everything changes nothing.
    let claude = [("approved-models", "arn:aws:bedrock:*::foundation-model/anthropic.claude*")];
    refuted(
        of_scp("organizations-7-allow-list-scp.json", "approved-models", &claude),
        "aws bedrock create-model-invocation-job",
    );
}

#[test]
fn the_printed_locks_on_keys_leave_services_and_ways() {
    refuted(of_scp("organizations-8-api-keys.json", "no-long-term-keys", &[]), "call-with-bearer-token");
    for service in ["aws-external-anthropic", "sagemaker"] {
        let key = format!("where: {{ StringEquals: {{ {service}:BearerTokenType: LONG_TERM }} }}");
        let action = format!("{service}:CallWithBearerToken");
        refuted(of_scp("organizations-8-api-keys.json", &may_never(&action, &key), &[]), service);
    }
    refuted(of_scp("organizations-9-credentials.json", "no-model-keys", &[]), "service-specific-credential");
    holds(of_scp(
        "organizations-9-credentials.json",
        &may_never("iam:CreateServiceSpecificCredential", ""),
        &[],
    ));
    holds(of_scp("organizations-1-mcp.json", "mcp-changes-nothing", &[]));
    let siblings = may_never("agentaccess-mcp:*", "");
    refuted(of_scp("organizations-4-agentcore.json", &siblings, &[]), "agentaccess-mcp");
    holds(of_scp("organizations-4-agentcore.json", "agentcore-doors-closed", &[]));
}

#[test]
fn the_printed_roles_grant_more_and_less_than_they_say() {
    // A condition on a key that there is not is never met.
    let sonnet = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-sonnet-20240229-v1:0";
    refuted(of_identity("lesson-1-scoped-invoke.json", &may("bedrock:InvokeModel", sonnet), &[]), sonnet);
    // The action takes no knowledge base.
    refuted(
        of_identity("lesson-1-scoped-invoke.json", &may("bedrock:RetrieveAndGenerate", "*"), &[]),
        "RetrieveAndGenerate",
    );
    // The exact ARN is not that of another Region or of a profile.
    let profile = "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-opus-5-5";
    refuted(of_identity("lesson-2-exact-model.json", &may("bedrock:InvokeModel", profile), &[]), profile);
    // Three Regions of a model, and a call from a fourth.
    let fourth = "arn:aws:bedrock:us-west-1::foundation-model/anthropic.claude-3-5-haiku-20241022-v1:0";
    refuted(of_identity("unified-studio-3-models.json", &may("bedrock:InvokeModel", fourth), &[]), fourth);
    let file = "unified-studio-4-provisioning.json";
    // A profile of one project can be tagged over to another one.
    let other = "where:\n  StringEquals: { \"aws:ResourceTag/AmazonDataZoneProject\": mine, \"aws:RequestTag/AmazonDataZoneProject\": theirs }";
    refuted(of_identity(file, &may_never("bedrock:TagResource", other), &[]), "tag-resource");
    let tags = "where: { \"ForAnyValue:StringEquals\": { \"aws:TagKeys\": another } }";
    refuted(of_identity(file, &may_never("bedrock:TagResource", tags), &[]), "tag-resource");
    let elsewhere = "where: { StringEquals: { \"aws:RequestedRegion\": eu-west-3 } }";
    refuted(of_identity(file, &may_never("bedrock:CreateInferenceProfile", elsewhere), &[]), "eu-west-3");
}

#[test]
fn an_action_that_aws_has_not_is_told() {
    let text = may_never("bedrock:UpdateModel", "");
    let Err(wrong) = parse("test", &text, &BTreeMap::new()) else { panic!("there is no such action") };
    assert!(wrong[0].to_string().contains("bedrock:UpdateModel"), "{wrong:?}");
    let text = "id: x\ntitle: x\nmay: [s3:GetObject]\nmay never: [s3:PutObject]\n";
    assert!(parse("test", text, &BTreeMap::new()).is_err());
    let text = "id: x\ntitle: x\nmay never: [s3:GetObject]\nwhat: <nothing>\n";
    assert!(parse("test", text, &BTreeMap::new()).is_err());
}

#[test]
fn a_property_that_speaks_of_nothing_is_vacuous() {
    let (status, _) = of_scp(
        "organizations-9-credentials.json",
        &may_never(
            "s3:GetObject",
            "what: [\"arn:aws:s3:::aaa/b\"]\nunless: [{ what: [\"arn:aws:s3:::aaa/*\"] }]",
        ),
        &[],
    );
    assert_eq!(status, Status::Vacuous);
}

fn acme() -> iam::estate::Estate {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme");
    postern::snapshot::open(&folder).unwrap()
}

#[test]
fn what_holds_in_an_organisation_and_what_does_not() {
    let estate = acme();
    let nova = "arn:aws:bedrock:*::foundation-model/amazon.nova-*";
    let properties = [
        property("approved-models", &[("approved-models", nova)]),
        property("web-search-closed", &[]),
        property("no-lock-out", &[("emergency", "role/acme/break-glass/*")]),
        property("bedrock-service-roles", &[("own-accounts", "111122223333")]),
    ];
    let proofs = prove::prove(&estate, &properties, true, 2);
    for proof in &proofs {
        let (_, told) = told(proof);
        assert_ne!(proof.status, Status::NotAsked, "{}", proof.property.id);
        assert!(proof.status != Status::Refuted || !told.is_empty());
    }
    // Accounts in which an SCP closes the door to whoever comes.
    assert!(proofs[1].by_ceiling > 0 && proofs[1].status == Status::Refuted);
    // The same answers from one thread.
    let again = prove::prove(&estate, &properties, true, 1);
    let told_again: Vec<String> = again.iter().map(|proof| told(proof).1).collect();
    assert_eq!(proofs.iter().map(|proof| told(proof).1).collect::<Vec<_>>(), told_again);
}

/// After each change of a policy of the organisation, and back: what is kept and what is asked again say together what
/// asking everything says.
#[test]
fn after_a_change_only_what_it_may_have_changed_is_asked_and_all_is_as_if_it_had_been() {
    let nova = "arn:aws:bedrock:*::foundation-model/amazon.nova-*";
    let properties = [
        property("approved-models", &[("approved-models", nova)]),
        property("web-search-closed", &[]),
        property("no-long-term-keys", &[]),
        property("organisation-perimeter", &[]),
    ];
    let first = acme().organizations()[0].clone();
    let mut changing = prove::Changing::new(acme(), &properties);
    let mut fresh = acme();
    let all = |proofs: &[prove::Proof<'_>]| {
        proofs.iter().map(told).map(|one| format!("{one:?}")).collect::<Vec<_>>()
    };
    let mut seen = std::collections::BTreeSet::new();
    for at in 0..first.policies.len() {
        let mut organization = first.clone();
        if let Some(iam::estate::Known::Known(document)) = &mut organization.policies[at].document {
            let mut statements = document.policy.statements.clone().into_vec();
            statements.pop();
            let statements = statements.into();
            document.policy = std::sync::Arc::new(iam::Policy { statements, ..(*document.policy).clone() });
        }
        for organization in [organization, first.clone()] {
            changing.replace_organization(organization.clone());
            fresh.replace_organization(organization);
            let whole = prove::prove(&fresh, &properties, true, 2);
            assert_eq!(all(&changing.prove(true, 2)), all(&whole), "policy {at}");
            seen.insert(all(&whole));
        }
    }
    assert!(seen.len() > 3, "{} different answers", seen.len());
}

/// A statement made weaker, in one way each: an action less, something more exempt, a resource less, gone.
fn weakened(statement: &serde_json::Value) -> Vec<serde_json::Value> {
    use serde_json::{Value, json};
    let mut all = Vec::new();
    let list =
        |value: &Value| -> Vec<Value> { value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]) };
    for (name, is_negated) in
        [("Action", false), ("NotAction", true), ("Resource", false), ("NotResource", true)]
    {
        let Some(values) = statement.get(name).map(list) else { continue };
        if is_negated {
            let more = if name == "NotAction" {
                "bedrock:Invoke*"
            } else {
                "arn:aws:bedrock:*::foundation-model/a*"
            };
            let mut one = statement.clone();
            one[name] = json!(values.iter().cloned().chain([json!(more)]).collect::<Vec<_>>());
            all.push(one);
        } else if values.len() > 1 {
            for at in 0..values.len() {
                let mut fewer = values.clone();
                fewer.remove(at);
                let mut one = statement.clone();
                one[name] = json!(fewer);
                all.push(one);
            }
        }
    }
    for (operator, keys) in statement.get("Condition").and_then(Value::as_object).into_iter().flatten() {
        if !operator.contains("Not") {
            continue;
        }
        for (key, values) in keys.as_object().into_iter().flatten() {
            let more = if operator.starts_with("Arn") {
                json!("arn:aws:iam::*:role/mallory")
            } else {
                json!("mallory")
            };
            let mut one = statement.clone();
            one["Condition"][operator][key] =
                json!(list(values).into_iter().chain([more]).collect::<Vec<_>>());
            all.push(one);
        }
    }
    all
}

/// Every way in which a statement of the fence of the example organisation can be made weaker lets something through,
/// and it is found; one of twelve in the ordinary run.
#[test]
fn a_fence_made_weaker_is_told_with_a_request() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let charter = std::fs::read_to_string(folder.join("acme-charter.yaml")).unwrap();
    let day = postern::plan::day("2026-11-26");
    let plan = postern::plan::plan("charter", &charter, &acme(), day.as_ref()).unwrap();
    let long = std::env::var("POSTERN_CASES").is_ok();
    let written = std::env::temp_dir().join(format!("postern-prove-{}", std::process::id()));
    std::fs::create_dir_all(&written).unwrap();
    let read = |name: &str, text: &str| {
        let path = written.join(name);
        std::fs::write(&path, text).unwrap();
        prove::documents(&[path], &[]).unwrap().0
    };
    let (mut told, mut same) = (0, Vec::new());
    let mut number = 0;
    for named in &plan.documents {
        let before = read("before.json", &named.text);
        let whole: serde_json::Value = serde_json::from_str(&named.text).unwrap();
        let statements = whole["Statement"].as_array().unwrap();
        for (at, statement) in statements.iter().enumerate() {
            let mut ways: Vec<Option<serde_json::Value>> =
                weakened(statement).into_iter().map(Some).collect();
            ways.push(None);
            for way in ways {
                number += 1;
                if !long && number % 12 != 0 {
                    continue;
                }
                let mut weaker = statements.clone();
                match &way {
                    Some(way) => weaker[at] = way.clone(),
                    None => drop(weaker.remove(at)),
                }
                if weaker.is_empty() {
                    continue;
                }
                let text = serde_json::json!({ "Version": "2012-10-17", "Statement": weaker }).to_string();
                let diff = postern::diff::documents(&before, &read("after.json", &text), true, 2);
                assert!(diff.unknown.is_empty() || !diff.possible.is_empty(), "{:?} {way:?}", diff.unknown);
                assert!(diff.impossible.is_empty(), "{way:?}");
                if diff.possible.is_empty() {
                    same.push(format!("{} {way:?}", named.name));
                } else {
                    told += 1;
                }
            }
        }
    }
    std::fs::remove_dir_all(&written).unwrap();
    println!("{number} ways, {told} told, {} the same", same.len());
    assert!(
        told >= if long { 50 } else { 10 } && same.len() * 15 <= told,
        "{told} told; the same: {same:#?}"
    );
}

fn of_estate(estate: &iam::estate::Estate, text: &str, given: &[(&str, &str)]) -> (Status, String) {
    let property = [property(text, given)];
    told(&prove::prove(estate, &property, true, 2)[0])
}

fn never_at(action: &str, what: &str, at: &str, rest: &str) -> String {
    format!("id: x\ntitle: x\nmay never: [\"{action}\"]\nwhat: [\"{what}\"]\nat: [\"{at}\"]\n{rest}\n")
}

#[test]
fn what_is_there_lets_in_whom_its_own_policy_lets_in() {
    let estate = acme();
    // Administrators may assume any role, and this one trusts a service only.
    let role =
        |name: &str, at: &str| never_at("sts:AssumeRole", &format!("arn:aws:iam::{at}:role/{name}"), at, "");
    holds(of_estate(&estate, &role("ml-engineer", "333333333333"), &[]));
    refuted(of_estate(&estate, &role("builder", "210987654321"), &[]), "assume-role");
    // Whoever the bucket's Deny does not spare is out, whatever their own policies say.
    let spared = "unless: [{ who: [role/service-role/BedrockImport, role/service-role/BedrockCustomization, role/acme/ml-platform/*] }]";
    let weights =
        |rest: &str| never_at("s3:GetObject", "arn:aws:s3:::acme-model-weights/*", "333333333333", rest);
    let (status, told) = of_estate(&estate, &weights(spared), &[]);
    assert_ne!(status, Status::Refuted, "{told}");
    refuted(of_estate(&estate, &weights(""), &[]), "acme-model-weights");
    // One key is open to all who come through S3, the other is not.
    let key = |id: &str| {
        let arn = format!("arn:aws:kms:us-east-1:333333333333:key/{id}");
        format!("{}\nwho: outsiders", never_at("kms:GenerateDataKey", &arn, "333333333333", ""))
    };
    refuted(of_estate(&estate, &key("22222222-2222-2222-2222-222222222222"), &[]), "generate-data-key");
    holds(of_estate(&estate, &key("11111111-1111-1111-1111-111111111111"), &[]));
    // A resource control policy keeps outsiders from decrypting with it.
    let decrypt = key("22222222-2222-2222-2222-222222222222").replace("GenerateDataKey", "Decrypt");
    holds(of_estate(&estate, &decrypt, &[]));
}

#[test]
fn what_was_not_read_is_unknown() {
    let never =
        format!("{}\nwho: outsiders", never_at("s3:GetObject", "arn:aws:s3:::*/*", "222222222222", ""));
    holds(of_estate(&acme(), &never, &[]));
    for file in [
        "222222222222/global/s3api.ListBuckets.json",
        "222222222222/global/s3api.GetBucketPolicy/acme-model-logs.json",
    ] {
        let estate = acme_with("unread", &[(file, None)]);
        let (status, told) = of_estate(&estate, &never, &[]);
        assert_eq!(status, Status::Unknown, "{file}: {told}");
    }
}

#[test]
fn a_policy_that_names_a_session_or_a_stranger_is_found() {
    let with = |principal: serde_json::Value| {
        acme_with(
            "named",
            &[(
                "222222222222/global/s3api.GetBucketPolicy/acme-model-logs.json",
                Some(&move |mut file: serde_json::Value| {
                    let mut policy: serde_json::Value =
                        serde_json::from_str(file["Policy"].as_str().unwrap()).unwrap();
                    policy["Statement"] = serde_json::json!([{ "Effect": "Allow", "Principal": principal,
                        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-model-logs/*" }]);
                    file["Policy"] = policy.to_string().into();
                    file
                }),
            )],
        )
    };
    let insiders = never_at("s3:GetObject", "arn:aws:s3:::acme-model-logs/*", "222222222222", "");
    let detection = format!("{insiders}\nwho: [role/detection]");
    holds(of_estate(&with(serde_json::json!({ "Service": "logging.s3.amazonaws.com" })), &detection, &[]));
    let session = with(serde_json::json!({ "AWS": "arn:aws:sts::222222222222:assumed-role/detection/run" }));
    refuted(of_estate(&session, &detection, &[]), "acme-model-logs");
    // RCPs keep strangers out of buckets; the policy alone would not.
    let outsiders = format!("{insiders}\nwho: outsiders");
    let stranger = with(serde_json::json!({ "AWS": "987654321098" }));
    holds(of_estate(&stranger, &outsiders, &[]));
}

/// A request that a role's trust lets in only with something that the first request that is found does not say.
#[test]
fn a_trust_policy_that_asks_for_a_key_is_met() {
    let with = |condition: serde_json::Value| {
        acme_with(
            "trusted",
            &[(
                "210987654321/global/iam.GetAccountAuthorizationDetails.json",
                Some(&move |mut file: serde_json::Value| {
                    let roles = file["RoleDetailList"].as_array_mut().unwrap();
                    let builder = roles.iter_mut().find(|role| role["RoleName"] == "builder").unwrap();
                    builder["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] = condition.clone();
                    file
                }),
            )],
        )
    };
    let never = never_at("sts:AssumeRole", "arn:aws:iam::210987654321:role/builder", "210987654321", "");
    let external = serde_json::json!({ "StringEquals": { "sts:ExternalId": "team-7" } });
    refuted(of_estate(&with(external), &never, &[]), "team-7");
    let nobody =
        serde_json::json!({ "StringEquals": { "aws:PrincipalArn": "arn:aws:iam::210987654321:role/none" } });
    holds(of_estate(&with(nobody), &never, &[]));
}

/// The last names of those whom steps lead from and to, for each counterexample that takes steps.
fn ways(estate: &iam::estate::Estate, text: &str) -> Vec<Vec<(String, String)>> {
    let property = [property(text, &[])];
    let proof = &prove::prove(estate, &property, true, 2)[0];
    let name = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
    let refuted = proof.refuted.iter().filter(|one| !one.steps.is_empty());
    refuted.map(|one| one.steps.iter().map(|step| (name(&step.from), name(&step.to))).collect()).collect()
}

const INVOKES_BY_STEPS: &str = "id: x\ntitle: x\n\
    who: [\"arn:aws:iam::555555555555:role/deployer\", role/acme/pipeline]\n\
    may never: [\"bedrock:InvokeModel*\"]\nby steps: true\n";

fn steps(steps: &[(&str, &str)]) -> Vec<(String, String)> {
    steps.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
}

/// Acme with another text in one account.
fn acme_where(name: &str, old: &str, new: &str) -> iam::estate::Estate {
    let file = "555555555555/global/iam.GetAccountAuthorizationDetails.json";
    let change = |file: serde_json::Value| {
        let text = file.to_string();
        assert!(text.contains(old), "{old}");
        serde_json::from_str(&text.replace(old, new)).unwrap()
    };
    acme_with(name, &[(file, Some(&change))])
}

#[test]
fn whom_steps_lead_to_counts() {
    let deployer = INVOKES_BY_STEPS.replace(", role/acme/pipeline", "");
    let pipeline = INVOKES_BY_STEPS.replace("\"arn:aws:iam::555555555555:role/deployer\", ", "");
    let passes = ("deployer", "app-checkout");
    assert_eq!(ways(&acme(), &deployer), [steps(&[passes])]);
    assert!(ways(&acme(), &pipeline).contains(&steps(&[("pipeline", "deployer"), passes])));
    // Of those whom steps lead to the same the nearest is shown.
    let all = ways(&acme(), INVOKES_BY_STEPS);
    assert!(all.contains(&steps(&[passes])) && !all.contains(&steps(&[("pipeline", "deployer"), passes])));
    holds(of_estate(&acme(), &INVOKES_BY_STEPS.replace("by steps: true", ""), &[]));
    // The right to pass roles is all there is to it.
    let narrowed = acme_where("narrowed", "iam:PassRole", "iam:GetRole");
    assert_eq!(ways(&narrowed, &deployer), Vec::<Vec<_>>::new());
}

#[test]
fn both_duties_count_across_steps() {
    let file = "id: x\ntitle: x\nwho: [role/acme/pipeline]\nmay never: [\"bedrock:InvokeModel*\"]\n\
        and: { may never: [organizations:DetachPolicy] }\n";
    let (status, told) = of_estate(&acme(), file, &[]);
    assert_ne!(status, Status::Refuted, "{told}");
    let all = ways(&acme(), &format!("{file}by steps: true\n"));
    assert!(all[0].contains(&("pipeline".to_owned(), "org-deployer".to_owned())), "{all:?}");
    assert!(all[0].contains(&("pipeline".to_owned(), "deployer".to_owned())), "{all:?}");
}

#[test]
fn a_step_that_hangs_on_a_key_is_taken_with_the_key() {
    let principal = "\"Principal\":{\"AWS\":\"arn:aws:iam::444455556666:role/acme/pipeline\"}";
    let with = |name: &str, condition: &str| {
        acme_where(name, principal, &format!("{principal},\"Condition\":{{{condition}}}"))
    };
    let pipeline = "id: x\ntitle: x\nwho: [role/acme/pipeline]\nmay never: [\"bedrock:InvokeModel*\"]\n\
        what: [\"arn:aws:bedrock:*:555555555555:application-inference-profile/*\"]\nby steps: true\n";
    let from = "\"IpAddress\":{\"aws:SourceIp\":\"203.0.113.0/24\"}";
    assert!(!ways(&with("from", from), pipeline).is_empty());
    let nowhere = format!("{from},\"NotIpAddress\":{{\"aws:SourceIp\":\"203.0.0.0/8\"}}");
    let estate = with("nowhere", &nowhere);
    assert_eq!(ways(&estate, pipeline), Vec::<Vec<_>>::new());
    let open = "act for somebody else";
    let (_, told) = of_estate(&estate, pipeline, &[]);
    assert!(!told.contains(open), "{told}");
    // Of other steps it is not worked out.
    let passes = "\"Action\":\"iam:PassRole\"";
    let estate = acme_where("passing", passes, &format!("{passes},\"Condition\":{{{from}}}"));
    assert_eq!(ways(&estate, pipeline), Vec::<Vec<_>>::new());
    let (status, told) = of_estate(&estate, pipeline, &[]);
    assert!(status == Status::Unknown && told.contains(open), "{told}");
}

#[test]
fn steps_are_counted_for_whom_a_property_applies_to_and_lead_to_others() {
    let what = "what: [\"arn:aws:bedrock:*:555555555555:application-inference-profile/*\"]\nby steps: true\n";
    let property = |who: &str, unless: &str| {
        format!(
            "id: x\ntitle: x\nwho: [{who}]\nmay never: [\"bedrock:InvokeModel*\"]\nunless: [{{ who: [{unless}] }}]\n{what}"
        )
    };
    assert!(!ways(&acme(), &property("role/deployer", "role/none")).is_empty());
    assert!(!ways(&acme(), &property("role/*", "role/app-checkout")).is_empty());
    // Exempt, or told itself.
    assert_eq!(ways(&acme(), &property("role/deployer", "role/deployer")), Vec::<Vec<_>>::new());
    assert_eq!(
        ways(&acme(), &property("role/deployer, role/app-checkout", "role/none")),
        Vec::<Vec<_>>::new()
    );
}

#[test]
fn steps_are_of_people_in_the_organisation_and_of_a_snapshot() {
    for wrong in ["may: [bedrock:InvokeModel]", "who: outsiders\nmay never: [bedrock:InvokeModel]"] {
        let text = format!("id: x\ntitle: x\n{wrong}\nby steps: true\n");
        let Err(complaints) =
            postern::prove::property::parse("x.yaml", &text, &std::collections::BTreeMap::new())
        else {
            panic!("{wrong}")
        };
        assert!(complaints[0].to_string().contains("by steps"), "{complaints:?}");
    }
    let property =
        [property(&INVOKES_BY_STEPS.replace("bedrock:InvokeModel*", "bedrock:DeleteGuardrail"), &[])];
    let proof = &prove::prove_documents(&[], &[], &property, 1)[0];
    assert!(proof.unknown.keys().any(|why| why.contains("snapshot")));
}

//! The flaws that are known in printed policies are found, at their line, with what to write instead.
//!
//! `data/printed` holds the policies as articles print them; the flaws are those that AWS's pages show in them. What an
//! article only says in prose is not here.

use std::path::{Path, PathBuf};

use postern::check::finding::{Audience, Confidence, Finding};
use postern::check::{Checked, Options, check, files, report};

fn options() -> Options {
    Options {
        kind: None,
        rules: Vec::new(),
        audience: Audience::Auditor,
        confidence: Confidence::Low,
        day: "2026-11-21".to_owned(),
    }
}

fn checked(path: &Path) -> Checked {
    let given = files::read(&[PathBuf::from(path)]).unwrap();
    check(given.into_iter().map(|one| one.source).collect(), &options())
}

fn printed(file: &str) -> Checked {
    checked(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/printed").join(file))
}

fn line(checked: &Checked, finding: &Finding) -> usize {
    checked.sources[finding.source].place(finding.start).line
}

/// A rule finds something at this line, says this, and says what to write instead.
#[track_caller]
fn finds(file: &str, rule: &str, at: usize, says: &[&str], instead: &str) {
    let checked = printed(file);
    let all: Vec<String> = checked
        .findings
        .iter()
        .map(|one| format!("{}:{} {} → {}", one.rule.id, line(&checked, one), one.message, advice(one)))
        .collect();
    let found = checked.findings.iter().find(|one| one.rule.id == rule && line(&checked, one) == at);
    let Some(found) = found else { panic!("{file}: no {rule} at line {at} in\n{}", all.join("\n")) };
    for word in says {
        assert!(found.message.contains(word), "{file}: `{word}` is not in: {}", found.message);
    }
    assert!(advice(found).contains(instead), "{file}: `{instead}` is not in: {}", advice(found));
}

fn advice(finding: &Finding) -> &str {
    if finding.instead.is_empty() { finding.rule.instead } else { &finding.instead }
}

#[test]
fn the_allow_list_of_foundation_models_breaks_profiles_batch_and_the_rest_and_leaves_doors() {
    let file = "framework-1-foundation-models.json";
    let forms = ["geographic", "application", "routers", "provisioned", "batch", "Responses"];
    finds(file, "allow-list-breaks-calls", 8, &forms, "arn:aws:bedrock:*:????????????:*");
    let doors = ["`mantle`", "`claude-platform`", "`sagemaker-endpoints`", "`agentcore-harness`", "`import`"];
    finds(file, "leaves-doors-open", 8, &doors, "bedrock-mantle:Model");
    finds(file, "deny-may-leave-bidirectional-streams", 4, &[], "bedrock:InvokeModel*");
    finds(file, "retired-model", 9, &["legacy"], "name the model that came after it");
}

#[test]
fn the_marketplace_tag_marks_one_way_of_several() {
    let ways = [
        "RegisterMarketplaceModelEndpoint",
        "CreateModel",
        "UpdateEndpoint",
        "CreateInferenceComponent",
        "does not name",
    ];
    finds(
        "framework-2-marketplace.json",
        "catalogue-deny-is-no-model-deny",
        11,
        &ways,
        "sagemaker:CreateModel",
    );
}

#[test]
fn the_block_of_jumpstart_denies_buckets_and_leaves_regions_and_models() {
    let file = "framework-3-jumpstart.json";
    finds(file, "denies-everything-else", 7, &["s3:*"], "`Resource`");
    finds(file, "bucket-denied-with-objects-exempt", 10, &["your-bucket"], "arn:aws:s3:::your-bucket");
    finds(file, "exempt-in-one-region", 8, &["us-east-1"], "jumpstart-cache-prod-*/*.ipynb");
    finds(file, "closed-in-one-region", 17, &["us-east-1"], "arn:aws:sagemaker:*:aws:hub/SageMakerPublicHub");
    finds(file, "closed-in-one-region", 18, &["us-east-1"], "arn:aws:sagemaker:*:aws:hub-content/");
    finds(
        file,
        "catalogue-deny-is-no-model-deny",
        17,
        &["sagemaker:CreateModel"],
        "model-endpoint/all-access",
    );
}

#[test]
fn the_block_of_imports_is_one_of_four() {
    let others = ["CreateCustomModel", "CreateModelCopyJob", "bedrock-mantle:CreateCustomizedModel"];
    finds("framework-4-import.json", "bring-in-half-closed", 3, &others, "CreateCustomModelDeployment");
}

#[test]
fn an_action_that_does_not_exist_and_models_that_cannot_be_shared() {
    finds(
        "governing-access-1-duties.json",
        "unknown-action",
        8,
        &["bedrock:UpdateModel", "provisioned"],
        "authorised as",
    );
    finds(
        "governing-access-2-sharing.json",
        "resource-takes-no-policy",
        8,
        &["foundation-model"],
        "run the model itself",
    );
}

#[test]
fn the_consumption_role_of_unified_studio() {
    let null = "unified-studio-2-domain-profiles.json";
    finds(
        null,
        "null-true-means-absent",
        18,
        &["no `aws:ResourceTag/AmazonDataZoneProject` at all"],
        "\"false\"",
    );
    let models = "unified-studio-3-models.json";
    finds(models, "model-grant-misses-regions", 11, &["us-west-1", "ca-central-1"], "`*` for the Region");
    finds(models, "retired-model", 12, &["legacy"], "came after it");
}

#[test]
fn the_provisioning_role_of_unified_studio() {
    let file = "unified-studio-4-provisioning.json";
    finds(file, "copies-any-profile", 64, &["any other"], "inference-profile/*.MODEL");
    finds(file, "tag-may-be-changed", 24, &["AmazonDataZoneProject"], "aws:PrincipalTag/KEY");
    finds(file, "any-other-tag-too", 18, &["any other"], "ForAllValues:StringEquals");
}

#[test]
fn the_policies_for_organisations() {
    finds(
        "organizations-1-mcp.json",
        "mcp-deny-is-partial",
        11,
        &["without an MCP server"],
        "whoever acts with it",
    );
    let guardrail = "organizations-2-bedrock-policy.json";
    finds(guardrail, "bedrock-policy-obsolete-field", 9, &["input_tags"], "leave it out");
    finds(guardrail, "bedrock-policy-other-modes", 17, &["embedding"], "Compare");
    finds(
        guardrail,
        "enforced-guardrail-reach",
        2,
        &["`mantle`", "bedrock:ApplyGuardrail"],
        "Close the other doors",
    );
    finds(guardrail, "guardrail-can-be-switched-off-below", 6, &["us-east-1"], "@@none");
    let regions = "organizations-3-regions.json";
    finds(regions, "region-deny-breaks-profiles", 13, &["us-east-2", "unspecified"], "add `us-east-2`");
    let elsewhere = ["`claude-platform`", "`sagemaker-endpoints`", "`agentcore-runtime`"];
    finds(regions, "region-limit-leaves-doors-open", 6, &elsewhere, "`NotAction`");
    finds(
        "organizations-4-agentcore.json",
        "closes-one-service",
        7,
        &["agent-registry", "agentaccess-mcp"],
        "agent-registry:*",
    );
    finds(
        "organizations-5-agentcore-exempt.json",
        "closes-one-service",
        7,
        &["agent-registry"],
        "agentaccess-mcp:*",
    );
    let family = "organizations-6-model-family.json";
    let reached = [
        "`imported-models`",
        "`marketplace-endpoints`",
        "`sagemaker-hubs`",
        "`agentcore-harness`",
        "`mantle-customization`",
    ];
    finds(family, "leaves-doors-open", 7, &reached, "close");
    finds(family, "deny-passes-by-resourceless-actions", 6, &["bedrock:*"], "\"Resource\": \"*\"");
    let list = "organizations-7-allow-list-scp.json";
    finds(
        list,
        "leaves-doors-open",
        7,
        &["`mantle`", "`marketplace-endpoints`", "`imported-models`"],
        "bedrock-mantle:Model",
    );
    finds(list, "scp-narrow-allow", 4, &["FullAWSAccess"], "detach");
    let keys = ["aws-external-anthropic:CallWithBearerToken", "sagemaker:CallWithBearerToken"];
    finds(
        "organizations-8-api-keys.json",
        "bearer-deny-misses-prefixes",
        6,
        &keys,
        "sagemaker:CallWithBearerToken",
    );
    let credentials = "organizations-9-credentials.json";
    finds(
        credentials,
        "credential-deny-misses-reset",
        7,
        &["Reset", "Update"],
        "iam:ResetServiceSpecificCredential",
    );
    finds(
        credentials,
        "credential-deny-hits-other-services",
        7,
        &["CodeCommit"],
        "iam:ServiceSpecificCredentialServiceName",
    );
}

#[test]
fn the_advice_of_the_lesson() {
    let scoped = "lesson-1-scoped-invoke.json";
    finds(
        scoped,
        "unknown-condition-key",
        9,
        &["bedrock:ModelId", "allows nothing"],
        "a model is a resource",
    );
    finds(scoped, "action-fits-no-resource", 14, &["RetrieveAndGenerate"], "\"Resource\": \"*\"");
    finds(
        "lesson-2-exact-model.json",
        "allow-list-breaks-calls",
        7,
        &["geographic", "global"],
        "inference-profile/",
    );
}

#[test]
fn what_is_right_in_the_printed_policies_is_left_alone() {
    let trust = printed("unified-studio-1-trust.json");
    let rules: Vec<&str> = trust.findings.iter().map(|one| one.rule.id).collect();
    assert_eq!(rules, ["placeholder"]);
}

/// Every report says the same findings.
#[test]
fn reports_agree_on_what_was_found() {
    let checked = checked(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/printed"));
    let count = checked.findings.len();
    assert!(count > 30, "{count}");
    let json: serde_json::Value = serde_json::from_str(&report::json(&checked)).unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), count);
    let sarif: serde_json::Value = serde_json::from_str(&report::sarif(&checked)).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), count);
    let text = report::text(&checked);
    assert_eq!(text.matches("-->").count(), count);
    // Messages hold no line ends, so a finding is a line.
    assert_eq!(report::csv(&checked).matches("\r\n").count(), count + 1);
}

//! The example organisation loads, and what is not known of it is what its README says.
//!
//! Does not judge its policies. Follows `examples/acme/README.md` and `docs/snapshot.md`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use iam::estate::{Estate, Known, NodeKind, ResourceKind};
use observe::{Depth, open};

fn acme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme")
}

fn estate() -> Estate {
    open(&acme(), Depth::Everything).expect("the example is a snapshot")
}

fn known<T>(part: &Known<T>) -> &T {
    match part {
        Known::Known(value) => value,
        Known::Unknown(why) => panic!("{why}"),
    }
}

#[test]
fn nothing_is_missing_but_what_the_readme_names() {
    let estate = estate();
    let missing: Vec<String> = estate.missing().iter().map(ToString::to_string).collect();
    assert_eq!(
        missing,
        [
            "345678901234/us-east-1: `bedrock list-provisioned-model-throughputs` was answered, and the file is not \
             there (accounts/345678901234/us-east-1/bedrock.ListProvisionedModelThroughputs.json)",
            "888888888888/us-east-1: `bedrock-agent list-agents` was denied (`AccessDeniedException`)",
            "888888888888/us-east-1: `bedrock-agent list-flows` was denied (`AccessDeniedException`)",
        ]
    );
}

#[test]
fn it_is_as_large_as_the_readme_says() {
    let estate = estate();
    let [organization] = estate.organizations() else { panic!("one organisation") };
    assert_eq!(organization.id.as_ref(), "o-acmeexample");
    assert_eq!(organization.nodes().iter().filter(|node| node.kind == NodeKind::Unit).count(), 5);
    assert_eq!(estate.accounts().len(), 12);
    assert_eq!(estate.accounts().iter().map(|account| known(&account.roles).len()).sum::<usize>(), 85);
    assert_eq!(estate.accounts().iter().map(|account| known(&account.users).len()).sum::<usize>(), 8);
}

#[track_caller]
fn check(estate: &Estate, arn: &str, kind: ResourceKind) {
    let found = estate.resource(arn).map(|(_, resource)| resource.kind);
    assert_eq!(found, Some(kind), "{arn}");
}

#[test]
fn models_stand_behind_the_doors_that_the_readme_names() {
    let estate = estate();
    check(&estate, "arn:aws:bedrock:us-east-1:111122223333:guardrail/acmebaseline", ResourceKind::Guardrail);
    check(
        &estate,
        "arn:aws:bedrock:us-east-1:333333333333:imported-model/acmetriage01",
        ResourceKind::ImportedModel,
    );
    check(
        &estate,
        "arn:aws:bedrock:us-east-1:333333333333:provisioned-model/acmecapacity",
        ResourceKind::ProvisionedModel,
    );
    check(
        &estate,
        "arn:aws:bedrock:us-east-1:333333333333:custom-model-deployment/acmesupportd",
        ResourceKind::CustomModelDeployment,
    );
    check(
        &estate,
        "arn:aws:bedrock:us-east-1:555555555555:application-inference-profile/acmecheckout",
        ResourceKind::ApplicationInferenceProfile,
    );
    check(
        &estate,
        "arn:aws:bedrock:us-east-1:666666666666:agent-alias/SEARCHAGT1/LIVEALIAS1",
        ResourceKind::AgentAlias,
    );
    check(
        &estate,
        "arn:aws:bedrock:us-east-1:666666666666:flow/TRIAGEFLOW/alias/LIVEALIAS2",
        ResourceKind::FlowAlias,
    );
    check(
        &estate,
        "arn:aws:bedrock:us-east-1:666666666666:knowledge-base/DOCSKB0001",
        ResourceKind::KnowledgeBase,
    );
    check(&estate, "arn:aws:sagemaker:us-east-1:123456789012:endpoint/ranker", ResourceKind::Endpoint);
    check(
        &estate,
        "arn:aws:bedrock-agentcore:us-east-1:999999999999:gateway/vendor-open-abcdef1234",
        ResourceKind::Gateway,
    );
    check(
        &estate,
        "arn:aws:bedrock-agentcore:us-east-1:999999999999:harness/writer-AbCdEf5678",
        ResourceKind::Harness,
    );
    check(&estate, "arn:aws:s3:::acme-weights-scratch/any/object", ResourceKind::Bucket);
    check(
        &estate,
        "arn:aws:kms:us-east-1:333333333333:key/11111111-1111-1111-1111-111111111111",
        ResourceKind::Key,
    );
}

#[test]
fn every_file_is_an_answer_that_its_manifest_names() {
    for account in fs::read_dir(acme().join("accounts")).expect("the example has accounts") {
        let account = account.expect("a folder").path();
        let manifest =
            fs::read_to_string(account.join("manifest.json")).expect("every account has a manifest");
        let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("the manifest is JSON");
        let named: BTreeSet<String> = manifest["calls"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|call| call["status"] == "ok")
            .map(|call| {
                let items = call["items"].as_array().into_iter().flatten().filter_map(|item| item.as_str());
                let parts = items.map(file_name).fold(String::new(), |path, item| path + "/" + &item);
                format!("{}/{}{parts}.json", text(&call["region"]), text(&call["call"]))
            })
            .filter(|name| {
                !name.ends_with("us-east-1/bedrock.ListProvisionedModelThroughputs.json")
                    || !is_acquired(&account)
            })
            .collect();
        let mut there = BTreeSet::new();
        walk(&account, "", &mut there);
        there.remove("manifest.json");
        assert_eq!(there, named, "{}", account.display());
    }
}

/// An item as `docs/snapshot.md` writes it in the name of a file.
fn file_name(item: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+=,@".contains(&byte);
    item.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// The account whose manifest names an answer that is not there.
fn is_acquired(account: &Path) -> bool {
    account.ends_with("345678901234")
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().expect("a call has a Region and a name")
}

fn walk(folder: &Path, below: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("names are text");
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        match entry.path().is_dir() {
            true => walk(&entry.path(), &path, found),
            false => drop(found.insert(path)),
        }
    }
}

//! A made-up newer package: what of it is told, and with which reason.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::{Files, iam_data};
use super::*;

/// Writes a package of these services: prefix, actions, resource types, condition keys.
fn package(name: &str, services: &[(&str, Value, Value, Value)]) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("made-up-package-{}-{name}", std::process::id()));
    let data = folder.join("package/data");
    let write = |path: &Path, value: &Value| {
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder can be made");
        fs::write(path, value.to_string()).expect("the file can be written");
    };
    let names: Vec<&str> = services.iter().map(|each| each.0).collect();
    write(&data.join("services.json"), &json!(names));
    write(&data.join("rcpSupportedServices.json"), &json!([]));
    write(
        &data.join("serviceNames.json"),
        &names.iter().map(|each| ((*each).to_owned(), json!(format!("Amazon {each}")))).collect(),
    );
    for (service, actions, types, keys) in services {
        write(&data.join(format!("actions/{service}.json")), actions);
        write(&data.join(format!("resourceTypes/{service}.json")), types);
        write(&data.join(format!("conditionKeys/{service}.json")), keys);
    }
    let script = folder.join("package/dist/cjs/globalConditionKeys.js");
    fs::create_dir_all(script.parent().expect("a file has a folder")).expect("the folder can be made");
    fs::write(script, "key: 'aws:PrincipalArn',\ntype: 'ARN',\n").expect("the file can be written");
    folder
}

fn an_action(name: &str, description: &str, types: &[&str], keys: &[&str]) -> Value {
    let types: Vec<Value> = types.iter().map(|name| json!({"name": name, "required": true})).collect();
    json!({
        "name": name, "description": description, "accessLevel": "Read", "resourceTypes": types, "conditionKeys": keys,
    })
}

fn generated(folder: &Path) -> (Files, Descriptions) {
    let mut files = Files::new();
    iam_data::generate(folder, &mut files).expect("the package can be read");
    let descriptions = iam_data::descriptions(folder).expect("the package can be read");
    fs::remove_dir_all(folder).expect("the folder can be removed");
    (files, descriptions)
}

#[test]
fn a_newer_package_is_searched_for_doors_that_nobody_knows() {
    let older = package(
        "older",
        &[
            (
                "bedrock",
                json!({
                    "a": an_action("InvokeModel", "", &["foundation-model"], &["bedrock:GuardrailIdentifier"]),
                    "b": an_action("CreateModelCopyJob", "", &["custom-model"], &[]),
                    "c": an_action("Rerank", "", &[], &[]),
                }),
                json!({}),
                json!({}),
            ),
            ("ec2", json!({"a": an_action("RunInstances", "", &[], &[])}), json!({}), json!({})),
        ],
    );
    let newer = package(
        "newer",
        &[
            (
                "bedrock",
                json!({
                    "a": an_action(
                        "InvokeModel", "", &["foundation-model", "imported-model", "model-garden"], &["bedrock:Mood"],
                    ),
                    "b": an_action("CreateModelCopyJob", "", &["custom-model", "shelf"], &[]),
                    "d": an_action("SingSong", "Grants permission to sing", &[], &[]),
                }),
                json!({"a": {"key": "model-garden", "arn": "arn:${Partition}:bedrock:::garden", "conditionKeys": []}}),
                json!({
                    "a": {"key": "bedrock:Mood", "type": "String"},
                    "b": {"key": "aws:ResourceTag/${TagKey}", "type": "String"},
                }),
            ),
            ("bedrock-websearch", json!({"a": an_action("Crawl", "", &[], &[])}), json!({}), json!({})),
            ("chatterbox", json!({"a": an_action("Talk", "", &[], &[])}), json!({}), json!({})),
            (
                "ec2",
                json!({
                    "a": an_action("RunInstances", "", &["gpu"], &[]),
                    "b": an_action("AskAssistant", "", &[], &[]),
                    "c": an_action("AskOracle", "Grants permission to ask a foundation model", &[], &[]),
                    "d": an_action("RunRemodelling", "Grants permission to run faster", &[], &[]),
                }),
                json!({}),
                json!({}),
            ),
        ],
    );
    let (before, _) = generated(&older);
    let (after, descriptions) = generated(&newer);
    assert_eq!(
        suspects(&before, &after, &descriptions),
        [
            "action bedrock-websearch:Crawl: `bedrock-websearch` has doors; no door takes it; denied by web-search \
             (`bedrock-websearch:*`)",
            "action bedrock:CreateModelCopyJob now takes the resource type shelf: taken by copy",
            "action bedrock:InvokeModel no longer takes the condition key bedrock:GuardrailIdentifier: used by runtime",
            "action bedrock:InvokeModel now takes the condition key bedrock:Mood: used by no door",
            "action bedrock:InvokeModel now takes the resource type imported-model: taken by imported-models",
            "action bedrock:InvokeModel now takes the resource type model-garden: taken by no door",
            "action bedrock:Rerank is gone: taken by rerank",
            "action bedrock:SingSong: `bedrock` has doors; no door takes it; denied by no door",
            "action ec2:AskAssistant: its name speaks of `assistant`; no door takes it; denied by no door",
            "action ec2:AskOracle: its description speaks of `foundation`; no door takes it; denied by no door",
            "condition key bedrock:Mood: `bedrock` has doors; used by no door",
            "resource type bedrock model-garden: `bedrock` has doors; taken by no door",
            "service chatterbox: its prefix speaks of `chatterbox`; no door takes its actions",
        ]
    );
}

#[test]
fn equal_packages_hold_no_suspects() {
    let same = Files::from([("actions.tsv", "bedrock\tInvokeModel\tRead\t\t\t\n".to_owned())]);
    assert_eq!(suspects(&same, &same, &Descriptions::new()), [""; 0]);
}

#[test]
fn words_are_those_of_camel_and_kebab_case() {
    assert_eq!(words("InvokeModel"), ["invoke", "model"]);
    assert_eq!(words("CallMCPTool of model-hub"), ["call", "mcptool", "of", "model", "hub"]);
    assert_eq!(words(""), [""; 0]);
}

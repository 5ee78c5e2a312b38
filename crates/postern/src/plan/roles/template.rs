//! Roles as a CloudFormation template, the same in every account: it fills in the account itself.

use charter::model::Role;
use charter::role::{ACCOUNT, RoleDocuments};
use serde_json::{Map, Value, json};

use crate::plan::script::{DESCRIPTION, pretty};

/// Most characters of a template that is handed in with the call.
///
/// Source: CloudFormation User Guide, "CloudFormation quotas": 51,200 bytes.
pub const BYTES_MAX: usize = 51_200;

/// Adds a role with its policies.
pub fn add(resources: &mut Map<String, Value>, role: &Role, documents: &RoleDocuments) {
    let id = id(&role.name);
    let policy = |name: String, text: &str| {
        json!({
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": { "ManagedPolicyName": name, "Description": DESCRIPTION, "PolicyDocument": filled(text) },
        })
    };
    let mut policies = Vec::new();
    for (number, text) in documents.policies.iter().enumerate() {
        let number = number + 1;
        let policy_id = format!("{id}Policy{number}");
        resources.insert(policy_id.clone(), policy(format!("{}-{number}", role.name), text));
        policies.push(json!({ "Ref": policy_id }));
    }
    let mut properties = json!({
        "RoleName": role.name,
        "Description": DESCRIPTION,
        "AssumeRolePolicyDocument": filled(&documents.trust),
        "ManagedPolicyArns": policies,
    });
    if let Some(boundary) = &documents.boundary {
        let boundary_id = format!("{id}Boundary");
        resources.insert(boundary_id.clone(), policy(format!("{}-boundary", role.name), boundary));
        properties["PermissionsBoundary"] = json!({ "Ref": boundary_id });
    }
    resources.insert(id, json!({ "Type": "AWS::IAM::Role", "Properties": properties }));
}

/// A template with these resources; without blanks where it would be too long with them.
pub fn text(resources: Map<String, Value>) -> String {
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": DESCRIPTION,
        "Resources": resources,
    });
    let laid_out = pretty(&template);
    if laid_out.len() <= BYTES_MAX { laid_out } else { format!("{template}\n") }
}

/// The id of a resource: letters and digits only, and another for every name.
fn id(name: &str) -> String {
    let mut id = String::from("Role");
    for each in name.chars() {
        match each.is_ascii_alphanumeric() {
            true => id.push(each),
            false => id.push_str(&format!("x{:02x}", u32::from(each))),
        }
    }
    id
}

/// A policy in which CloudFormation fills in the account, and leaves what IAM fills in.
fn filled(text: &str) -> Value {
    fn fill(value: &mut Value) {
        match value {
            Value::String(text) if text.contains(ACCOUNT) => {
                let text = text.replace("${", "${!").replace(&ACCOUNT.replace("${", "${!"), ACCOUNT);
                *value = json!({ "Fn::Sub": text });
            }
            Value::Array(values) => values.iter_mut().for_each(fill),
            Value::Object(members) => members.values_mut().for_each(fill),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut policy = serde_json::from_str(text).unwrap_or_default();
    fill(&mut policy);
    policy
}

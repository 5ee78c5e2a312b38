//! The plan that `terraform show -json` prints: policies as the resources would have them once applied.
//!
//! Both `planned_values` and `resource_changes` are read, each resource once; what is to be deleted is not. A policy
//! that is known only after apply is unknown here. Follows Terraform, "JSON Output Format", and the AWS provider's
//! attribute names.

use iam::PolicyType;
use iam::json::{Node, Value};

use super::{Around, Attachment, Collector, Credential, Unknown};
use crate::check::document::Kind;

/// Where the resources of the AWS provider carry policies: type, attribute, kind.
const POLICIES: &[(&str, &str, PolicyType)] = &[
    ("aws_iam_group_policy", "policy", PolicyType::Identity),
    ("aws_iam_policy", "policy", PolicyType::Identity),
    ("aws_iam_role", "assume_role_policy", PolicyType::Trust),
    ("aws_iam_role_policy", "policy", PolicyType::Identity),
    ("aws_iam_user_policy", "policy", PolicyType::Identity),
    ("aws_ssoadmin_permission_set_inline_policy", "inline_policy", PolicyType::Identity),
    ("aws_vpc_endpoint", "policy", PolicyType::VpcEndpoint),
    ("aws_vpc_endpoint_policy", "policy", PolicyType::VpcEndpoint),
];

/// Attributes that hold a policy in whatever other resource of the provider they stand; it is one of a resource.
const RESOURCE_POLICY: &[&str] =
    &["access_policies", "access_policy", "key_policy", "policy", "policy_document", "resource_policy"];

/// Attributes that attach managed policies by ARN.
const ATTACHMENTS: &[&str] = &["managed_policy_arn", "managed_policy_arns", "policy_arn"];

/// Whether this is a plan, or a state in the same format.
pub(super) fn is_plan(node: &Node) -> bool {
    node.get("format_version").is_some()
        && ["planned_values", "resource_changes", "values"].iter().any(|name| node.get(name).is_some())
}

/// Every policy in the plan.
pub(super) fn collect(plan: &Node, collector: &mut Collector<'_>) {
    let mut seen = Vec::new();
    for name in ["planned_values", "values"] {
        if let Some(root) = plan.get(name).and_then(|values| values.get("root_module")) {
            module(root, collector, &mut seen);
        }
    }
    for change in plan.get("resource_changes").and_then(Node::as_list).unwrap_or_default() {
        let Some(inner) = change.get("change") else { continue };
        let actions = inner.get("actions").and_then(Node::as_list).unwrap_or_default();
        let deletes = actions.len() == 1 && actions[0].as_text() == Some("delete");
        if deletes {
            continue;
        }
        let address = text(change, "address").unwrap_or_default();
        if let Some(unknown) = inner.get("after_unknown") {
            self::unknown(change, address, unknown, collector);
        }
        if !seen.iter().any(|known| known == address)
            && let Some(after) = inner.get("after")
        {
            resource(change, address, after, collector);
        }
    }
}

fn module(node: &Node, collector: &mut Collector<'_>, seen: &mut Vec<String>) {
    for each in node.get("resources").and_then(Node::as_list).unwrap_or_default() {
        let address = text(each, "address").unwrap_or_default();
        let is_managed = text(each, "mode").is_none_or(|mode| mode == "managed");
        if let Some(values) = each.get("values").filter(|_| is_managed) {
            seen.push(address.to_owned());
            resource(each, address, values, collector);
        }
    }
    for child in node.get("child_modules").and_then(Node::as_list).unwrap_or_default() {
        module(child, collector, seen);
    }
}

fn resource(node: &Node, address: &str, values: &Node, collector: &mut Collector<'_>) {
    let Some(resource_type) = text(node, "type").filter(|name| name.starts_with("aws_")) else { return };
    let around = Around { name: Some(address.to_owned()), kind: None };
    let policy = |policy_type| around.kind(Kind::Policy(policy_type));
    if resource_type == "aws_organizations_policy" {
        let stated = text(values, "type").unwrap_or("SERVICE_CONTROL_POLICY");
        if let (Some(kind), Some(content)) = (Kind::of_organizations(stated), values.get("content")) {
            collector.text(content, &around.kind(kind), true);
        }
        return;
    }
    if resource_type == "aws_iam_service_specific_credential"
        && let Some(service) = values.get("service_name")
        && let Some(name) = service.as_text()
    {
        let (name, at) = (name.to_owned(), service.start..service.end);
        collector.content.credentials.push(Credential { service: name, name: address.to_owned(), at });
    }
    for member in values.as_object().unwrap_or_default() {
        let listed =
            POLICIES.iter().find(|(own, attribute, _)| *own == resource_type && *attribute == member.name);
        match listed {
            Some((_, _, policy_type)) => collector.text(&member.node, &policy(*policy_type), true),
            None if member.name == "inline_policy" => {
                for inline in member.node.as_list().unwrap_or_default() {
                    if let Some(document) = inline.get("policy") {
                        let name = format!("{address} {}", text(inline, "name").unwrap_or("inline_policy"));
                        let around = policy(PolicyType::Identity).named(Some(&name));
                        collector.text(document, &around, true);
                    }
                }
            }
            None if RESOURCE_POLICY.contains(&member.name.as_str()) => {
                collector.text(&member.node, &policy(PolicyType::Resource), false);
            }
            None if ATTACHMENTS.contains(&member.name.as_str()) => {
                let values = member.node.as_list().unwrap_or(std::slice::from_ref(&member.node));
                for value in values {
                    if let Some(arn) = value.as_text() {
                        let (arn, at) = (arn.to_owned(), value.start..value.end);
                        let to = address.to_owned();
                        collector.content.attachments.push(Attachment { arn, to, at });
                    }
                }
            }
            None => {}
        }
    }
}

/// Policies that are known only after apply.
fn unknown(node: &Node, address: &str, unknown: &Node, collector: &mut Collector<'_>) {
    let Some(resource_type) = text(node, "type") else { return };
    let holds_policy = |name: &str| {
        POLICIES.iter().any(|(own, attribute, _)| *own == resource_type && *attribute == name)
            || (resource_type == "aws_organizations_policy" && name == "content")
            || RESOURCE_POLICY.contains(&name)
    };
    for member in unknown.as_object().unwrap_or_default() {
        if member.node.value == Value::Bool(true)
            && resource_type.starts_with("aws_")
            && holds_policy(&member.name)
        {
            collector.content.unknowns.push(Unknown {
                what: format!("{address}.{}", member.name),
                reason: "it is known only after apply".into(),
                at: member.start,
            });
        }
    }
}

fn text<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    node.get(name).and_then(Node::as_text)
}

//! Templates of CloudFormation, in JSON and YAML: policies with functions in them.
//!
//! A function keeps its place. What it gives is computed only where the template says it (`Fn::Sub` and `Fn::Join`
//! over known parts, the partition, the account's form); everything else is a part that is not known. Of `Fn::If`
//! both branches are read. Follows CloudFormation User Guide, "Intrinsic function reference" and "Pseudo parameters
//! reference", and the resource types' property names.

use iam::PolicyType;
use iam::json::{Member, Node, Value};

use super::{Around, Attachment, Collector, Credential, is_policy};
use crate::check::document::Kind;
use crate::check::finding::Exactness;
use crate::check::hole::MARK;

/// Where resource types carry policies: type, property, kind.
const POLICIES: &[(&str, &str, PolicyType)] = &[
    ("AWS::EC2::VPCEndpoint", "PolicyDocument", PolicyType::VpcEndpoint),
    ("AWS::IAM::Group", "PolicyDocument", PolicyType::Identity),
    ("AWS::IAM::GroupPolicy", "PolicyDocument", PolicyType::Identity),
    ("AWS::IAM::ManagedPolicy", "PolicyDocument", PolicyType::Identity),
    ("AWS::IAM::Policy", "PolicyDocument", PolicyType::Identity),
    ("AWS::IAM::Role", "AssumeRolePolicyDocument", PolicyType::Trust),
    ("AWS::IAM::Role", "PolicyDocument", PolicyType::Identity),
    ("AWS::IAM::RolePolicy", "PolicyDocument", PolicyType::Identity),
    ("AWS::IAM::User", "PolicyDocument", PolicyType::Identity),
    ("AWS::IAM::UserPolicy", "PolicyDocument", PolicyType::Identity),
    ("AWS::SSO::PermissionSet", "InlinePolicy", PolicyType::Identity),
    ("AWS::Serverless::Function", "AssumeRolePolicyDocument", PolicyType::Trust),
    ("AWS::Serverless::Function", "Policies", PolicyType::Identity),
];

/// Properties that attach managed policies by ARN.
const ATTACHMENTS: &[&str] = &["ManagedPolicies", "ManagedPolicyArns"];

/// Deepest nesting of properties that is searched for policies.
const DEPTH_MAX: usize = 8;

/// Whether this is a template: it says so, or all of its resources have types of AWS.
pub(super) fn is_template(node: &Node) -> bool {
    let of_aws = |member: &Member| {
        member.node.get("Type").and_then(Node::as_text).is_some_and(|name| name.contains("::"))
    };
    node.get("Resources").and_then(Node::as_object).is_some_and(|resources| {
        node.get("AWSTemplateFormatVersion").is_some()
            || (!resources.is_empty() && resources.iter().all(of_aws))
    })
}

/// Every policy in the template.
pub(super) fn collect(template: &Node, collector: &mut Collector<'_>) {
    for resource in template.get("Resources").and_then(Node::as_object).unwrap_or_default() {
        let Some(resource_type) = resource.node.get("Type").and_then(Node::as_text) else { continue };
        let Some(properties) = resource.node.get("Properties") else { continue };
        let around = Around { name: Some(resource.name.clone()), kind: None };
        if resource_type == "AWS::Organizations::Policy" {
            organizations_policy(properties, &around, collector);
        } else {
            self::properties(resource_type, properties, &around, collector, 0);
        }
    }
}

fn organizations_policy(properties: &Node, around: &Around, collector: &mut Collector<'_>) {
    let stated = properties.get("Type").and_then(Node::as_text).and_then(Kind::of_organizations);
    let (Some(kind), Some(content)) = (stated, properties.get("Content")) else { return };
    property(content, &around.kind(kind), collector);
}

fn properties(
    resource_type: &str,
    node: &Node,
    around: &Around,
    collector: &mut Collector<'_>,
    depth: usize,
) {
    if depth > DEPTH_MAX {
        return;
    }
    if let Some(nodes) = node.as_list() {
        nodes.iter().for_each(|node| properties(resource_type, node, around, collector, depth + 1));
    }
    let own_name = node.get("PolicyName").and_then(Node::as_text).filter(|_| depth > 0);
    let inner = own_name.map(|own| format!("{} {own}", around.name.as_deref().unwrap_or_default()));
    let around = &around.named(inner.as_deref());
    for member in node.as_object().unwrap_or_default() {
        let listed =
            POLICIES.iter().find(|(own, property, _)| *own == resource_type && *property == member.name);
        if let Some((_, _, policy_type)) = listed {
            property(&member.node, &around.kind(Kind::Policy(*policy_type)), collector);
        } else if ATTACHMENTS.contains(&member.name.as_str()) {
            attachments(&member.node, around, collector);
        } else if resource_type == "AWS::IAM::ServiceSpecificCredential" && member.name == "ServiceName" {
            if let Some(service) = member.node.as_text() {
                let name = around.name.clone().unwrap_or_default();
                let at = member.node.start..member.node.end;
                collector.content.credentials.push(Credential { service: service.to_owned(), name, at });
            }
        } else if is_policy(&member.node)
            || member.node.as_text().is_some_and(|text| text.contains("\"Statement\""))
        {
            property(&member.node, &around.kind(Kind::Policy(PolicyType::Resource)), collector);
        } else {
            properties(resource_type, &member.node, around, collector, depth + 1);
        }
    }
}

/// A policy as the value of a property: an object, a list of statements, or a string.
fn property(node: &Node, around: &Around, collector: &mut Collector<'_>) {
    let resolved = resolve(node);
    match &resolved.value {
        Value::Text(text) if text.contains(MARK) && !text.trim_start().starts_with('{') => {}
        Value::Text(_) => collector.text(&resolved, around, true),
        Value::Object(_) if is_policy(&resolved) || resolved.get("bedrock").is_some() => {
            collector.document(&resolved, around, Exactness::Exact, Some(iam::print::minified(&resolved)));
        }
        Value::Object(_) => {}
        Value::List(nodes) => nodes.iter().for_each(|node| property(node, around, collector)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn attachments(node: &Node, around: &Around, collector: &mut Collector<'_>) {
    let resolved = resolve(node);
    for value in resolved.as_list().unwrap_or_default() {
        if let Some(arn) = value.as_text().filter(|arn| !arn.contains(MARK)) {
            let to = around.name.clone().unwrap_or_default();
            let at = value.start..value.end;
            collector.content.attachments.push(Attachment { arn: arn.to_owned(), to, at });
        }
    }
}

/// The value with its functions computed as far as the template says what they give.
fn resolve(node: &Node) -> Node {
    if let Some(value) = function(node) {
        return Node { value, start: node.start, end: node.end };
    }
    let value = match &node.value {
        Value::List(nodes) => {
            let mut resolved: Vec<Node> = Vec::new();
            for node in nodes {
                match branches(node) {
                    // Which branch counts is not known; a statement of either may stand.
                    Some(branches) => resolved.extend(branches.into_iter().map(resolve)),
                    None => resolved.push(resolve(node)),
                }
            }
            Value::List(resolved)
        }
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|member| !is_no_value(&member.node))
                .map(|member| Member { node: resolve(&member.node), ..member.clone() })
                .collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => node.value.clone(),
    };
    Node { value, start: node.start, end: node.end }
}

/// The branches of an `Fn::If` that are objects, such as statements.
fn branches(node: &Node) -> Option<Vec<&Node>> {
    let all = node.get("Fn::If")?.as_list()?;
    let branches: Vec<&Node> = all.iter().skip(1).filter(|node| !is_no_value(node)).collect();
    branches.iter().all(|node| node.get("Effect").is_some()).then_some(branches)
}

fn is_no_value(node: &Node) -> bool {
    node.get("Ref").and_then(Node::as_text) == Some("AWS::NoValue")
}

/// What a function gives; none if the node is no function.
fn function(node: &Node) -> Option<Value> {
    let [member] = node.as_object()? else { return None };
    let argument = &member.node;
    let text = match member.name.as_str() {
        "Ref" => pseudo(argument.as_text()?),
        "Fn::Sub" => match &argument.value {
            Value::Text(text) => substituted(text, &[]),
            Value::List(items) => {
                let own = items.get(1).and_then(Node::as_object).unwrap_or_default();
                substituted(items.first()?.as_text()?, own)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => MARK.to_string(),
        },
        "Fn::Join" => joined(argument).unwrap_or_else(|| MARK.to_string()),
        name if name.starts_with("Fn::") => MARK.to_string(),
        _ => return None,
    };
    Some(Value::Text(text))
}

/// The value of a pseudo parameter as far as it is known; the account stands for whichever is deployed to.
fn pseudo(name: &str) -> String {
    match name {
        "AWS::Partition" => "aws".to_owned(),
        "AWS::AccountId" => "111122223333".to_owned(),
        "AWS::URLSuffix" => "amazonaws.com".to_owned(),
        _ => MARK.to_string(),
    }
}

/// A text of `Fn::Sub`. `${!literal}` stays `${literal}`, which is how templates write policy variables.
fn substituted(text: &str, own: &[Member]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, after)) = from.split_once('}') else {
            out.push_str("${");
            rest = from;
            continue;
        };
        match name.strip_prefix('!') {
            Some(literal) => out.push_str(&format!("${{{literal}}}")),
            None => {
                let known = own.iter().find(|member| member.name == name.trim());
                let known = known.map(|member| resolve(&member.node));
                out.push_str(known.as_ref().and_then(Node::as_text).unwrap_or(&pseudo(name.trim())));
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn joined(argument: &Node) -> Option<String> {
    let [separator, parts] = argument.as_list()? else { return None };
    let parts: Vec<Node> = parts.as_list()?.iter().map(resolve).collect();
    let texts: Option<Vec<&str>> = parts.iter().map(Node::as_text).collect();
    Some(texts?.join(separator.as_text()?))
}

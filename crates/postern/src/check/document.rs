//! A policy as it was found in a file: its tree with places in that file, its kind, and what is not known of it.
//!
//! Where nobody says of which kind a policy is, its shape does, and the guess is told with its reason. Does not
//! judge.

use std::fmt;
use std::ops::Range;

use iam::json::{Node, Value};
use iam::policy::PolicyType;

use super::finding::Exactness;

/// What kind of document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One in the policy language of IAM.
    Policy(PolicyType),
    /// A Bedrock policy of AWS Organizations.
    Bedrock,
}

impl Kind {
    /// Every kind with the name it has on the command line and in output.
    pub const ALL: [(&'static str, Self); 9] = [
        ("scp", Self::Policy(PolicyType::ServiceControl)),
        ("rcp", Self::Policy(PolicyType::ResourceControl)),
        ("identity", Self::Policy(PolicyType::Identity)),
        ("resource", Self::Policy(PolicyType::Resource)),
        ("trust", Self::Policy(PolicyType::Trust)),
        ("boundary", Self::Policy(PolicyType::PermissionsBoundary)),
        ("session", Self::Policy(PolicyType::Session)),
        ("vpc_endpoint", Self::Policy(PolicyType::VpcEndpoint)),
        ("bedrock", Self::Bedrock),
    ];

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(own, _)| *own == name).map(|(_, kind)| kind)
    }

    /// The kind that AWS Organizations calls so, as in `SERVICE_CONTROL_POLICY`.
    pub fn of_organizations(name: &str) -> Option<Self> {
        match name {
            "SERVICE_CONTROL_POLICY" => Some(Self::Policy(PolicyType::ServiceControl)),
            "RESOURCE_CONTROL_POLICY" => Some(Self::Policy(PolicyType::ResourceControl)),
            "BEDROCK_POLICY" => Some(Self::Bedrock),
            _ => None,
        }
    }

    /// Its name on the command line and in output.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Its words with their article.
    pub fn with_article(self) -> String {
        let article = if self.is(PolicyType::Identity) { "an" } else { "a" };
        format!("{article} {self}")
    }

    /// Whether it is a policy of this type.
    pub fn is(self, policy_type: PolicyType) -> bool {
        self == Self::Policy(policy_type)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(policy_type) => policy_type.fmt(f),
            Self::Bedrock => f.write_str("Bedrock policy"),
        }
    }
}

/// How the kind of a document is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The user says so.
    Given,
    /// The file says so, by what stands around the document.
    Stated,
    /// It is guessed, for this reason.
    Guessed(&'static str),
}

/// One document that is checked.
#[derive(Clone, Debug)]
pub struct Document {
    /// Number of the source it stands in.
    pub source: usize,
    /// What it is called there, where the source holds more than the document.
    pub name: Option<String>,
    pub kind: Kind,
    pub basis: Basis,
    /// Its tree; offsets are those of the source.
    pub node: Node,
    pub exactness: Exactness,
    /// Places of values that are not known, wholly or in part.
    pub holes: Vec<Range<usize>>,
    /// Those of them that hold a word which somebody is to replace.
    pub placeholders: Vec<Range<usize>>,
    /// The text that AWS would be handed, where that is known.
    pub text: Option<String>,
    /// What was added so that it could be read.
    pub completed: Option<&'static str>,
}

impl Document {
    /// Whether it is `RCPFullAWSAccess`, which AWS attaches itself and would take from nobody else: RCPs of customers
    /// have no `Allow`.
    ///
    /// Source: Organizations User Guide, "RCP syntax" and "Resource control policies (RCPs)", RCPFullAWSAccess.
    pub fn is_aws_own_rcp(&self) -> bool {
        let is = |statement: &Node, element: &str, value: &str| {
            statement.get(element).and_then(Node::as_text) == Some(value)
        };
        self.kind.is(PolicyType::ResourceControl)
            && matches!(statements(&self.node), [one] if is(one, "Effect", "Allow")
            && is_everyone(one) && is(one, "Action", "*") && is(one, "Resource", "*")
            && one.as_object().is_some_and(|members| members.iter().all(|member| {
                matches!(member.name.as_str(), "Sid" | "Effect" | "Principal" | "Action" | "Resource")
            })))
    }
}

/// The kind that a document's shape suggests, with the reason; `path` may hint at it.
pub fn guess(node: &Node, path: &str) -> (Kind, &'static str) {
    if node.get("bedrock").is_some() {
        return (Kind::Bedrock, "it has the key `bedrock`");
    }
    let policy = |policy_type, reason| (Kind::Policy(policy_type), reason);
    let statements = statements(node);
    let has = |statement: &Node, name: &str| statement.get(name).is_some();
    let names_principals = statements.iter().any(|one| has(one, "Principal") || has(one, "NotPrincipal"));
    let denies = |statement: &Node| statement.get("Effect").and_then(Node::as_text) == Some("Deny");
    let all_deny = !statements.is_empty() && statements.iter().all(denies);
    let path = path.to_ascii_lowercase();
    let called = |words: &[&str]| words.iter().any(|word| path.contains(word));
    if names_principals {
        if all_deny && statements.iter().all(|one| is_everyone(one) && is_everything(one.get("Resource"))) {
            return policy(PolicyType::ResourceControl, "it only denies, to everyone, on every resource");
        }
        if statements.iter().all(|one| only_sts(one) && !has(one, "Resource") && !has(one, "NotResource")) {
            return policy(PolicyType::Trust, "it names principals and actions of `sts`, and no resource");
        }
        if called(&["endpoint", "vpce"]) {
            return policy(PolicyType::VpcEndpoint, "it names principals, and its path an endpoint");
        }
        return policy(PolicyType::Resource, "it names principals");
    }
    if called(&["scp", "service-control", "service_control"]) {
        return policy(PolicyType::ServiceControl, "its path says so, and it names no principal");
    }
    if called(&["boundary", "boundaries"]) {
        return policy(PolicyType::PermissionsBoundary, "its path says so, and it names no principal");
    }
    if called(&["session"]) {
        return policy(PolicyType::Session, "its path says so, and it names no principal");
    }
    if all_deny {
        return policy(PolicyType::ServiceControl, "it only denies, and names no principal");
    }
    policy(PolicyType::Identity, "it allows, and names no principal")
}

/// The statements of a policy document.
pub fn statements(node: &Node) -> &[Node] {
    match node.get("Statement") {
        None => &[],
        Some(Node { value: Value::List(nodes), .. }) => nodes,
        Some(one) => std::slice::from_ref(one),
    }
}

fn is_everyone(statement: &Node) -> bool {
    match statement.get("Principal") {
        Some(node) => node.as_text() == Some("*") || node.get("AWS").and_then(Node::as_text) == Some("*"),
        None => false,
    }
}

fn is_everything(element: Option<&Node>) -> bool {
    element.is_some_and(|node| {
        let items = node.as_list().unwrap_or(std::slice::from_ref(node));
        items.iter().any(|item| item.as_text() == Some("*"))
    })
}

fn only_sts(statement: &Node) -> bool {
    let Some(action) = statement.get("Action") else { return false };
    let items = action.as_list().unwrap_or(std::slice::from_ref(action));
    let of_sts = |item: &Node| {
        item.as_text()
            .is_some_and(|text| text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sts:")))
    };
    !items.is_empty() && items.iter().all(of_sts)
}

#[cfg(test)]
mod tests {
    //! What a shape suggests.

    use super::{Kind, guess};

    #[track_caller]
    fn check(statements: &str, path: &str, expected: &str) {
        let text = format!(r#"{{"Statement":[{statements}]}}"#);
        let node = iam::json::parse(text.as_bytes()).unwrap();
        assert_eq!(guess(&node, path).0.name(), expected, "{text} in {path}");
    }

    const DENY: &str = r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#;
    const ALLOW: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;

    #[test]
    fn a_document_that_only_denies_is_taken_for_a_service_control_policy() {
        check(DENY, "x.json", "scp");
        check(&format!("{DENY},{ALLOW}"), "x.json", "identity");
        check(ALLOW, "x.json", "identity");
    }

    #[test]
    fn a_path_may_say_what_a_shape_leaves_open() {
        check(ALLOW, "policies/scp/x.json", "scp");
        check(ALLOW, "boundary.json", "boundary");
        check(ALLOW, "session-policy.json", "session");
    }

    #[test]
    fn principals_tell_resource_trust_and_resource_control_policies_apart() {
        let principal = |effect: &str, action: &str, principal: &str, rest: &str| {
            format!(r#"{{"Effect":"{effect}","Action":"{action}","Principal":{principal}{rest}}}"#)
        };
        let service = r#"{"Service":"bedrock.amazonaws.com"}"#;
        check(&principal("Allow", "sts:AssumeRole", service, ""), "x.json", "trust");
        check(
            &principal("Allow", "s3:GetObject", "\"*\"", r#","Resource":"arn:aws:s3:::b/*""#),
            "x.json",
            "resource",
        );
        check(&principal("Deny", "s3:*", "\"*\"", r#","Resource":"arn:aws:s3:::b/*""#), "x.json", "resource");
        check(&principal("Deny", "s3:*", "\"*\"", r#","Resource":"*""#), "x.json", "rcp");
        check(&principal("Allow", "*", "\"*\"", r#","Resource":"*""#), "vpce.json", "vpc_endpoint");
    }

    #[test]
    fn kinds_are_found_by_the_names_they_have() {
        for (name, kind) in Kind::ALL {
            assert_eq!(Kind::named(name), Some(kind));
            assert_eq!(kind.name(), name);
        }
        let node = iam::json::parse(br#"{"bedrock":{}}"#).unwrap();
        assert_eq!(guess(&node, "x").0, Kind::Bedrock);
    }
}

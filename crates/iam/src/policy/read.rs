//! From JSON to statements.
//!
//! Every check here is one that IAM or Organizations makes when a policy is written; each says so by its
//! [`ProblemKind`]. Nothing is looked up: whether an action or a key exists is [`crate::lint`]'s business.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Effect, Policy, PolicyType, Problem, ProblemKind, Severity, Statement, Version};
use crate::action::ActionElement;
use crate::condition::{Comparison, Condition, Decimal, Instant, Network, Operator};
use crate::json::{self, Member, Node, Value};
use crate::principal::{PrincipalElement, PrincipalValue};
use crate::resource::{ResourceElement, ResourcePattern};

/// Longest document that is read, in bytes: eight times what any AWS API takes.
pub const DOCUMENT_BYTES_MAX: usize = 1024 * 1024;

/// What reading a document gives.
#[derive(Clone, Debug)]
pub struct Read {
    /// The statements, unless the document has no meaning at all.
    pub policy: Option<Policy>,
    /// Everything that is wrong with it, in the order of the text.
    pub problems: Vec<Problem>,
}

/// Reads a document from its text.
pub fn read(bytes: &[u8], policy_type: PolicyType) -> Read {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        let kind = ProblemKind::TooLong { bytes: bytes.len(), bytes_max: DOCUMENT_BYTES_MAX };
        return Read { policy: None, problems: vec![Problem { kind, start: 0, end: 0 }] };
    }
    match json::parse(bytes) {
        Ok(node) => {
            let mut read = from_node(&node, policy_type);
            read.problems.extend(forbidden_characters(&String::from_utf8_lossy(bytes)));
            read.problems.sort_by_key(|problem| problem.start);
            read
        }
        Err(error) => {
            let (start, end) = (error.offset, error.offset);
            let problems = vec![Problem { kind: ProblemKind::Json(error.kind), start, end }];
            Read { policy: None, problems }
        }
    }
}

/// Reads a document that stands inside a larger JSON text.
pub fn from_node(node: &Node, policy_type: PolicyType) -> Read {
    from_node_sharing(node, policy_type, &ActionLists::default())
}

/// The same; lists of actions that were met before are held once.
pub fn from_node_sharing(node: &Node, policy_type: PolicyType, actions: &ActionLists) -> Read {
    let mut reader = Reader { policy_type, problems: Vec::new(), with_variables: false, actions };
    let policy = reader.policy(node);
    let mut problems = reader.problems;
    problems.sort_by_key(|problem| problem.start);
    let unreadable = problems.iter().any(|problem| problem.kind.severity() == Severity::Unreadable);
    Read { policy: if unreadable { None } else { policy }, problems }
}

/// The lists of actions of the documents that were read so far, each held once however many statements have it.
#[derive(Debug, Default)]
pub struct ActionLists {
    known: Mutex<HashMap<ActionTexts, Arc<ActionElement>>>,
}

/// Whether the element is negated, and its texts.
type ActionTexts = (bool, Box<[String]>);

impl ActionLists {
    fn element(&self, texts: Vec<String>, negated: bool) -> Arc<ActionElement> {
        // A thread that panicked left the table as it was between two insertions.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let element = known.entry((negated, texts.into()));
        let new = |(negated, texts): &ActionTexts| {
            Arc::new(ActionElement::new(texts.iter().map(String::as_str), *negated))
        };
        element.or_insert_with_key(new).clone()
    }
}

struct Reader<'a> {
    policy_type: PolicyType,
    problems: Vec<Problem>,
    with_variables: bool,
    actions: &'a ActionLists,
}

impl Reader<'_> {
    fn report(&mut self, kind: ProblemKind, node: &Node) {
        self.problems.push(Problem { kind, start: node.start, end: node.end });
    }

    fn wrong_type(&mut self, element: &str, expected: &'static str, node: &Node) {
        self.report(
            ProblemKind::WrongType { element: element.to_owned(), expected, found: node.kind() },
            node,
        );
    }

    fn policy(&mut self, node: &Node) -> Option<Policy> {
        let Some(members) = node.as_object() else {
            self.wrong_type("policy document", "an object", node);
            return None;
        };
        self.known_only(members, &["Version", "Id", "Statement"], "`Version`, `Id` and `Statement`");
        let version = self.version(node);
        self.with_variables = version == Version::V2012;
        let id = node.get("Id").and_then(|id| self.text("Id", id));
        let statements = match node.get("Statement") {
            None => {
                self.report(ProblemKind::MissingStatement, node);
                return None;
            }
            Some(Node { value: Value::List(nodes), start, end }) => {
                if nodes.is_empty() {
                    let (start, end) = (*start, *end);
                    self.problems.push(Problem {
                        kind: ProblemKind::EmptyList { element: "Statement" },
                        start,
                        end,
                    });
                }
                nodes.iter().filter_map(|node| self.statement(node)).collect()
            }
            Some(one) => self.statement(one).into_iter().collect::<Vec<_>>(),
        };
        self.unique_sids(node);
        Some(Policy { version, id, statements: statements.into() })
    }

    fn version(&mut self, document: &Node) -> Version {
        let required = matches!(self.policy_type, PolicyType::ServiceControl | PolicyType::ResourceControl);
        match document.get("Version") {
            None => {
                if required {
                    self.report(ProblemKind::MissingVersion { policy_type: self.policy_type }, document);
                }
                Version::V2008
            }
            Some(node) => match self.text("Version", node).as_deref() {
                Some("2012-10-17") => Version::V2012,
                Some("2008-10-17") => {
                    if required {
                        self.report(ProblemKind::Version { text: "2008-10-17".to_owned() }, node);
                    }
                    Version::V2008
                }
                Some(other) => {
                    self.report(ProblemKind::Version { text: other.to_owned() }, node);
                    Version::V2008
                }
                None => Version::V2008,
            },
        }
    }

    fn statement(&mut self, node: &Node) -> Option<Statement> {
        let Some(members) = node.as_object() else {
            self.wrong_type("Statement", "an object or a list of objects", node);
            return None;
        };
        const KNOWN: &[&str] = &[
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ];
        self.known_only(
            members,
            KNOWN,
            "`Sid`, `Effect`, `Principal`, `NotPrincipal`, `Action`, `NotAction`, `Resource`, `NotResource` and `Condition`",
        );
        let sid = node.get("Sid").and_then(|sid| self.sid(sid));
        let effect = self.effect(node);
        let principal = self.principal(node);
        let action = self.action(node);
        let resource = self.resource(node);
        let conditions = node.get("Condition").map(|node| self.conditions(node)).unwrap_or_default();
        if self.policy_type == PolicyType::ResourceControl {
            self.resource_control(node);
        }
        Some(Statement { sid, effect: effect?, principal, action, resource, conditions, start: node.start })
    }

    fn sid(&mut self, node: &Node) -> Option<String> {
        let sid = self.text("Sid", node)?;
        // Only identity-based policies are held to letters and digits; other services take more.
        let strict = matches!(self.policy_type, PolicyType::Identity | PolicyType::PermissionsBoundary);
        if strict && !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            self.report(ProblemKind::Sid { text: sid.clone() }, node);
        }
        Some(sid)
    }

    fn unique_sids(&mut self, document: &Node) {
        let Some(nodes) = document.get("Statement").and_then(Node::as_list) else { return };
        let mut seen = std::collections::HashSet::new();
        for node in nodes.iter().filter_map(|statement| statement.get("Sid")) {
            if let Some(sid) = node.as_text()
                && !sid.is_empty()
                && !seen.insert(sid)
            {
                self.report(ProblemKind::DuplicateSid { text: sid.to_owned() }, node);
            }
        }
    }

    fn effect(&mut self, statement: &Node) -> Option<Result<Effect, String>> {
        let Some(node) = statement.get("Effect") else {
            self.report(ProblemKind::MissingEffect, statement);
            return None;
        };
        let text = self.text("Effect", node)?;
        match text.as_str() {
            "Allow" => Some(Ok(Effect::Allow)),
            "Deny" => Some(Ok(Effect::Deny)),
            other => {
                self.report(ProblemKind::Effect { text: other.to_owned() }, node);
                Some(match other.to_ascii_lowercase().as_str() {
                    "allow" => Ok(Effect::Allow),
                    "deny" => Ok(Effect::Deny),
                    _ => Err(text),
                })
            }
        }
    }

    fn action(&mut self, statement: &Node) -> Arc<ActionElement> {
        let (node, negated) = self.either(statement, "Action", "NotAction");
        let Some(node) = node else {
            self.report(ProblemKind::MissingAction, statement);
            return self.actions.element(Vec::new(), false);
        };
        let name = if negated { "NotAction" } else { "Action" };
        let texts = self.texts(name, node);
        for (text, node) in &texts {
            self.action_form(text, node);
        }
        self.actions.element(texts.into_iter().map(|(text, _)| text).collect(), negated)
    }

    fn action_form(&mut self, text: &str, node: &Node) {
        let is_everything = text == "*";
        let problem = match text.split_once(':') {
            None if is_everything => None,
            None => Some(ProblemKind::ActionWithoutPrefix { text: text.to_owned() }),
            Some((_, name)) if name.contains(':') => {
                Some(ProblemKind::ActionColons { text: text.to_owned() })
            }
            Some((prefix, _)) => {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
                let valid = prefix == "*" || (!prefix.is_empty() && prefix.bytes().all(plain));
                (!valid).then(|| ProblemKind::ActionPrefix { text: text.to_owned() })
            }
        };
        if let Some(problem) = problem {
            self.report(problem, node);
        } else if self.policy_type == PolicyType::Trust && !is_everything {
            let is_sts = text.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("sts:"));
            if !is_sts {
                self.report(ProblemKind::TrustAction { text: text.to_owned() }, node);
            }
        }
    }

    fn resource(&mut self, statement: &Node) -> Option<ResourceElement> {
        let (node, negated) = self.either(statement, "Resource", "NotResource");
        let Some(node) = node else {
            if !self.policy_type.implies_resource() {
                self.report(ProblemKind::MissingResource, statement);
            }
            return None;
        };
        let name = if negated { "NotResource" } else { "Resource" };
        if self.policy_type == PolicyType::Trust {
            let policy_type = self.policy_type;
            self.report(ProblemKind::ProhibitedElement { element: name, policy_type }, node);
        }
        let texts = self.texts(name, node);
        for (text, node) in &texts {
            self.resource_form(text, node);
        }
        let pattern = |(text, _): &(String, &Node)| ResourcePattern::new(text, self.with_variables);
        Some(ResourceElement::new(texts.iter().map(pattern).collect(), negated))
    }

    fn resource_form(&mut self, text: &str, node: &Node) {
        if text == "*" {
            return;
        }
        let mut parts = text.split(':');
        let is_arn = matches!(parts.next(), Some("arn" | "*")) && parts.next().is_some();
        match parts.next() {
            _ if !is_arn => self.report(ProblemKind::ResourceForm { text: text.to_owned() }, node),
            None => self.report(ProblemKind::ResourceService { text: text.to_owned() }, node),
            Some(service) if service.contains(['*', '?']) && text.split(':').count() > 3 => {
                self.report(ProblemKind::ResourceService { text: text.to_owned() }, node);
            }
            Some(_) => {}
        }
    }

    fn principal(&mut self, statement: &Node) -> Option<PrincipalElement> {
        let (node, negated) = self.either(statement, "Principal", "NotPrincipal");
        let name = if negated { "NotPrincipal" } else { "Principal" };
        let policy_type = self.policy_type;
        let Some(node) = node else {
            if policy_type.names_principals() {
                self.report(ProblemKind::MissingPrincipal { policy_type }, statement);
            }
            return None;
        };
        if !policy_type.names_principals() {
            self.report(ProblemKind::ProhibitedElement { element: name, policy_type }, node);
        }
        let mut values = Vec::new();
        match &node.value {
            Value::Text(text) if text == "*" => values.push(PrincipalValue::Everyone),
            Value::Text(text) => {
                self.report(
                    ProblemKind::WrongType {
                        element: name.to_owned(),
                        expected: "`\"*\"` or an object",
                        found: "another string",
                    },
                    node,
                );
                values.push(PrincipalValue::aws(text));
            }
            Value::Object(members) => {
                for member in members {
                    self.principal_values(member, &mut values);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) => {
                self.wrong_type(name, "`\"*\"` or an object", node);
            }
        }
        Some(PrincipalElement::new(values, negated))
    }

    fn principal_values(&mut self, member: &Member, values: &mut Vec<PrincipalValue>) {
        let of_kind: fn(&str) -> PrincipalValue = match member.name.as_str() {
            "AWS" => PrincipalValue::aws,
            "Service" => |text| PrincipalValue::Service(text.to_owned()),
            "Federated" => |text| match text {
                "*" => PrincipalValue::Everyone,
                other => PrincipalValue::Federated(other.to_owned()),
            },
            "CanonicalUser" => |text| PrincipalValue::CanonicalUser(text.to_owned()),
            other => {
                self.problems.push(Problem {
                    kind: ProblemKind::PrincipalKind { text: other.to_owned() },
                    start: member.start,
                    end: member.node.end,
                });
                return;
            }
        };
        for (text, node) in self.texts("Principal", &member.node) {
            let wild = text.contains(['*', '?']);
            if wild && (text != "*" || member.name == "Service") {
                self.report(ProblemKind::PrincipalWildcard { text: text.clone() }, node);
            }
            values.push(of_kind(&text));
        }
    }

    fn conditions(&mut self, node: &Node) -> Vec<Condition> {
        let Some(operators) = node.as_object() else {
            self.wrong_type("Condition", "an object", node);
            return Vec::new();
        };
        let mut conditions = Vec::new();
        for operator in operators {
            if Operator::parse(&operator.name).is_none() {
                let (start, end) = (operator.start, operator.node.end);
                self.problems.push(Problem {
                    kind: ProblemKind::Operator { text: operator.name.clone() },
                    start,
                    end,
                });
            }
            let Some(keys) = operator.node.as_object() else {
                self.wrong_type(&operator.name, "an object", &operator.node);
                continue;
            };
            for key in keys {
                let values = self.condition_values(&operator.name, &key.name, &key.node);
                let texts = values.iter().map(String::as_str);
                conditions.push(Condition::new(&operator.name, &key.name, texts, self.with_variables));
            }
        }
        conditions
    }

    /// The values of one key; IAM takes booleans and numbers for their texts.
    fn condition_values(&mut self, operator: &str, key: &str, node: &Node) -> Vec<String> {
        let nodes = match &node.value {
            Value::List(nodes) => nodes.as_slice(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Object(_) => {
                std::slice::from_ref(node)
            }
        };
        let mut texts = Vec::new();
        for node in nodes {
            let text = match &node.value {
                Value::Text(text) | Value::Number(text) => text.clone(),
                Value::Bool(value) => value.to_string(),
                Value::Null | Value::List(_) | Value::Object(_) => {
                    self.wrong_type(key, "a string or a list of strings", node);
                    continue;
                }
            };
            if let Some(operator_read) = Operator::parse(operator)
                && !is_readable(operator_read.comparison, &text, self.with_variables)
            {
                let kind = ProblemKind::ConditionValue { operator: operator.to_owned(), text: text.clone() };
                self.report(kind, node);
            }
            texts.push(text);
        }
        texts
    }

    /// What is allowed in an RCP only as written here.
    fn resource_control(&mut self, statement: &Node) {
        let policy_type = self.policy_type;
        for element in ["NotAction", "NotPrincipal"] {
            if let Some(node) = statement.get(element) {
                self.report(ProblemKind::ProhibitedElement { element, policy_type }, node);
            }
        }
        let effect = statement.get("Effect");
        let denies = effect.and_then(Node::as_text).is_some_and(|effect| effect == "Deny");
        if !denies && let Some(node) = effect {
            self.report(ProblemKind::ResourceControlEffect, node);
        }
        if let Some(node) = statement.get("Action") {
            let nodes = node.as_list().unwrap_or(std::slice::from_ref(node));
            if let Some(node) = nodes.iter().find(|node| node.as_text() == Some("*")) {
                self.report(ProblemKind::ResourceControlAction, node);
            }
        }
        if let Some(node) = statement.get("Principal")
            && node.as_text() != Some("*")
        {
            self.report(ProblemKind::ResourceControlPrincipal, node);
        }
    }

    /// One of two elements that exclude each other, and whether it is the second.
    fn either<'a>(
        &mut self,
        statement: &'a Node,
        first: &'static str,
        second: &'static str,
    ) -> (Option<&'a Node>, bool) {
        match (statement.get(first), statement.get(second)) {
            (Some(_), Some(node)) => {
                self.report(ProblemKind::Both { first, second }, node);
                (statement.get(first), false)
            }
            (Some(node), None) => (Some(node), false),
            (None, Some(node)) => (Some(node), true),
            (None, None) => (None, false),
        }
    }

    /// The strings of an element that takes one or a list.
    fn texts<'a>(&mut self, element: &'static str, node: &'a Node) -> Vec<(String, &'a Node)> {
        let nodes = match &node.value {
            Value::List(nodes) => {
                if nodes.is_empty() {
                    self.report(ProblemKind::EmptyList { element }, node);
                }
                nodes.as_slice()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Object(_) => {
                std::slice::from_ref(node)
            }
        };
        let mut texts = Vec::new();
        for node in nodes {
            match node.as_text() {
                Some(text) => texts.push((text.to_owned(), node)),
                None => self.wrong_type(element, "a string or a list of strings", node),
            }
        }
        texts
    }

    fn text(&mut self, element: &'static str, node: &Node) -> Option<String> {
        let text = node.as_text().map(str::to_owned);
        if text.is_none() {
            self.wrong_type(element, "a string", node);
        }
        text
    }

    fn known_only(&mut self, members: &[Member], known: &[&str], listed: &'static str) {
        for member in members.iter().filter(|member| !known.contains(&member.name.as_str())) {
            self.problems.push(Problem {
                kind: ProblemKind::UnknownElement { name: member.name.clone(), known: listed },
                start: member.start,
                end: member.node.end,
            });
        }
    }
}

/// Whether an operator can read a policy value.
fn is_readable(comparison: Comparison, text: &str, with_variables: bool) -> bool {
    match comparison {
        Comparison::StringEquals
        | Comparison::StringEqualsIgnoreCase
        | Comparison::StringLike
        | Comparison::Arn
        | Comparison::Binary => true,
        Comparison::Number(_) => Decimal::parse(text).is_some(),
        Comparison::Date(_) => Instant::parse(text).is_some(),
        Comparison::Bool | Comparison::Null => {
            let is_boolean = text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false");
            is_boolean || (comparison == Comparison::Bool && with_variables && text.contains("${"))
        }
        Comparison::Ip => Network::parse(text).is_some(),
    }
}

/// Characters that IAM's API does not take (`policyDocumentType`, aws-facts §4.5).
fn forbidden_characters(text: &str) -> Option<Problem> {
    let allowed = |character: char| {
        matches!(character, '\t' | '\n' | '\r') || matches!(u32::from(character), 0x20..=0xFF)
    };
    let (start, character) = text.char_indices().find(|(_, character)| !allowed(*character))?;
    let end = start + character.len_utf8();
    Some(Problem { kind: ProblemKind::Character { character }, start, end })
}

#[cfg(test)]
mod tests;

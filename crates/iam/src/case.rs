//! One case of the machine interface: a request and its layers, as JSON.
//!
//! The shape is fixed, since other tools write it. Unknown fields inside `request` and `layers` are errors,
//! because a misspelt layer that is passed over gives a wrong answer; beside them any field may stand as a
//! note. Everything wrong is reported at once. Answers are written elsewhere.

use std::fmt;
use std::sync::Arc;

use crate::action::Action;
use crate::arn::{AccountId, Arn};
use crate::context::Context;
use crate::json::{self, JsonError, Node, Value};
use crate::layers::{Layer, Layers, Level, ResourceSide, StatementRef};
use crate::policy::{self, Policy, PolicyType, Problem, Severity};
use crate::principal::Principal;
use crate::request::{Completeness, Note, Request, RequestParts};

/// One case, ready to be answered.
#[derive(Clone, Debug)]
pub struct Case {
    pub request: Request,
    pub layers: Layers,
    /// Names given to documents, by where the document stands.
    names: Vec<((Layer, u16, u32), String)>,
    /// What IAM would refuse in a document, and what the request's author may not have meant.
    pub warnings: Vec<Warning>,
}

/// Something to know about a case that was answered all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// IAM would refuse this document.
    Document {
        layer: Layer,
        policy: u32,
        problem: Problem,
    },
    Request(Note),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document { layer, policy, problem } => {
                write!(f, "AWS would refuse policy {policy} of layer `{layer}`: {}", problem.kind)
            }
            Self::Request(note) => note.fmt(f),
        }
    }
}

/// One thing that makes a case unanswerable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseError {
    pub kind: CaseErrorKind,
    /// In bytes from the start of the case.
    pub offset: usize,
}

/// What it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseErrorKind {
    Json(JsonError),
    Missing {
        field: &'static str,
    },
    WrongType {
        field: String,
        expected: &'static str,
        found: &'static str,
    },
    UnknownField {
        field: String,
        inside: &'static str,
    },
    /// A value that its type refuses, in that type's words.
    Value {
        field: &'static str,
        reason: String,
    },
    Document {
        field: &'static str,
        problem: Problem,
    },
    ResourceAndTrust,
}

impl fmt::Display for CaseErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::Missing { field } => write!(f, "`{field}` is missing"),
            Self::WrongType { field, expected, found } => {
                write!(f, "`{field}` takes {expected}, found {found}")
            }
            Self::UnknownField { field, inside } => write!(f, "`{inside}` has no field `{field}`"),
            Self::Value { field, reason } => write!(f, "`{field}`: {reason}"),
            Self::Document { field, problem } => write!(f, "policy in `{field}`: {}", problem.kind),
            Self::ResourceAndTrust => f.write_str(
                "a request meets one policy of the resource: give `resource` or `trust`, not both",
            ),
        }
    }
}

/// Reads one case.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(bytes: &[u8]) -> Result<Case, Vec<CaseError>> {
    match json::parse(bytes) {
        Ok(node) => from_node(&node),
        Err(error) => {
            let offset = error.offset;
            Err(vec![CaseError { kind: CaseErrorKind::Json(error), offset }])
        }
    }
}

/// Reads one case that was parsed already.
///
/// # Errors
/// Everything that is wrong with it.
pub fn from_node(node: &Node) -> Result<Case, Vec<CaseError>> {
    let mut reader = Reader::default();
    let request = reader.member(node, "request").and_then(|request| reader.request(request));
    let layers = reader.member(node, "layers").map(|layers| reader.layers(layers));
    match (request, layers) {
        (Some(request), Some(layers)) if reader.errors.is_empty() => {
            let mut warnings = reader.warnings;
            warnings.extend(request.notes().iter().cloned().map(Warning::Request));
            Ok(Case { request, layers, names: reader.names, warnings })
        }
        _ => {
            reader.errors.sort_by_key(|error| error.offset);
            Err(reader.errors)
        }
    }
}

impl Case {
    /// The name given to the document in which a statement stands.
    pub fn name(&self, at: StatementRef) -> Option<&str> {
        let place = (at.layer, at.level, at.policy);
        self.names.iter().find(|(named, _)| *named == place).map(|(_, name)| name.as_str())
    }
}

#[derive(Default)]
struct Reader {
    errors: Vec<CaseError>,
    warnings: Vec<Warning>,
    names: Vec<((Layer, u16, u32), String)>,
}

impl Reader {
    fn error(&mut self, kind: CaseErrorKind, node: &Node) {
        self.errors.push(CaseError { kind, offset: node.start });
    }

    fn wrong_type(&mut self, field: &str, expected: &'static str, node: &Node) {
        let kind = CaseErrorKind::WrongType { field: field.to_owned(), expected, found: node.kind() };
        self.error(kind, node);
    }

    fn member<'a>(&mut self, node: &'a Node, field: &'static str) -> Option<&'a Node> {
        if node.as_object().is_none() {
            if field == "request" {
                self.wrong_type("case", "an object", node);
            }
            return None;
        }
        let found = node.get(field);
        if found.is_none() {
            self.error(CaseErrorKind::Missing { field }, node);
        }
        found
    }

    fn known_only(&mut self, node: &Node, inside: &'static str, known: &[&str]) -> bool {
        let Some(members) = node.as_object() else {
            self.wrong_type(inside, "an object", node);
            return false;
        };
        for member in members.iter().filter(|member| !known.contains(&member.name.as_str())) {
            let kind = CaseErrorKind::UnknownField { field: member.name.clone(), inside };
            self.errors.push(CaseError { kind, offset: member.start });
        }
        true
    }

    fn request(&mut self, node: &Node) -> Option<Request> {
        const KNOWN: &[&str] = &[
            "principal",
            "role_arn",
            "user_arn",
            "action",
            "resource",
            "resource_account",
            "context",
            "context_complete",
        ];
        if !self.known_only(node, "request", KNOWN) {
            return None;
        }
        let principal = self.principal(node);
        let action = self.member(node, "action").and_then(|node| {
            let text = self.text("action", node)?;
            self.value("action", node, Action::parse(text))
        });
        let resource = self.member(node, "resource").and_then(|node| {
            let text = self.text("resource", node)?;
            if text == "*" {
                return Some(text.to_owned());
            }
            self.value("resource", node, Arn::parse(text)).map(|_| text.to_owned())
        });
        let resource_account = given(node, "resource_account").and_then(|node| {
            let text = self.text("resource_account", node)?;
            self.value("resource_account", node, AccountId::new(text))
        });
        let context = self.context(node);
        let completeness = match given(node, "context_complete").map(|node| (node, &node.value)) {
            None | Some((_, Value::Bool(true))) => Completeness::Complete,
            Some((_, Value::Bool(false))) => Completeness::Partial,
            Some((node, _)) => {
                self.wrong_type("context_complete", "true or false", node);
                Completeness::Complete
            }
        };
        let (principal, action, resource) = (principal?, action?, resource?);
        Some(Request::new(RequestParts {
            principal,
            action,
            resource,
            resource_account,
            context,
            completeness,
        }))
    }

    fn principal(&mut self, request: &Node) -> Option<Principal> {
        let node = self.member(request, "principal")?;
        let mut principal = match &node.value {
            Value::Text(text) => self.value("principal", node, Principal::parse(text))?,
            Value::Object(_) => self.principal_object(node)?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) => {
                self.wrong_type("principal", "an ARN or an object", node);
                return None;
            }
        };
        if let Some(node) = given(request, "role_arn") {
            let role = self.text("role_arn", node)?;
            principal = self.value("role_arn", node, principal.with_role(role))?;
        }
        if let Some(node) = given(request, "user_arn") {
            let user = self.text("user_arn", node)?;
            principal = self.value("user_arn", node, principal.with_user(user))?;
        }
        Some(principal)
    }

    fn principal_object(&mut self, node: &Node) -> Option<Principal> {
        self.known_only(node, "principal", &["type", "name", "provider"]);
        let kind = self.member(node, "type").and_then(|node| self.text("type", node))?;
        match kind {
            "anonymous" => Some(Principal::Anonymous),
            "service" => {
                let name = self.member(node, "name").and_then(|node| self.text("name", node))?;
                Some(Principal::Service { name: name.to_owned() })
            }
            "federated" => {
                let provider = self.member(node, "provider").and_then(|node| self.text("provider", node))?;
                Some(Principal::Federated { provider: provider.to_owned() })
            }
            other => {
                let reason = format!("`{other}` is none of `anonymous`, `service` and `federated`");
                self.error(CaseErrorKind::Value { field: "principal", reason }, node);
                None
            }
        }
    }

    fn context(&mut self, request: &Node) -> Context {
        let mut context = Context::new();
        let Some(node) = given(request, "context") else { return context };
        let Some(members) = node.as_object() else {
            self.wrong_type("context", "an object", node);
            return context;
        };
        for member in members {
            let nodes = match &member.node.value {
                Value::List(nodes) => nodes.as_slice(),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Object(_) => {
                    std::slice::from_ref(&member.node)
                }
            };
            let values = nodes.iter().filter_map(|node| self.context_value(&member.name, node)).collect();
            if let Err(error) = context.insert(&member.name, values) {
                let kind = CaseErrorKind::Value { field: "context", reason: error.to_string() };
                self.errors.push(CaseError { kind, offset: member.start });
            }
        }
        context
    }

    fn context_value(&mut self, key: &str, node: &Node) -> Option<String> {
        match &node.value {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Null | Value::List(_) | Value::Object(_) => {
                self.wrong_type(key, "a string, number, boolean, or a list of them", node);
                None
            }
        }
    }

    fn layers(&mut self, node: &Node) -> Layers {
        const KNOWN: &[&str] = &[
            "identity",
            "boundary",
            "session",
            "scp",
            "resource",
            "trust",
            "rcp",
            "vpc_endpoint",
            "management_account",
        ];
        if !self.known_only(node, "layers", KNOWN) {
            return Layers::default();
        }
        let management_account = match given(node, "management_account").map(|node| (node, &node.value)) {
            None => false,
            Some((_, Value::Bool(value))) => *value,
            Some((node, _)) => {
                self.wrong_type("management_account", "true or false", node);
                false
            }
        };
        if let (Some(_), Some(trust)) = (given(node, "resource"), given(node, "trust")) {
            self.error(CaseErrorKind::ResourceAndTrust, trust);
        }
        let resource = if let Some(document) = given(node, "trust") {
            self.document("trust", document, PolicyType::Trust, Layer::Trust, 0, 0).map(ResourceSide::Trust)
        } else if let Some(document) = given(node, "resource") {
            self.document("resource", document, PolicyType::Resource, Layer::Resource, 0, 0)
                .map(ResourceSide::Resource)
        } else {
            None
        };
        Layers {
            identity: self.documents(node, "identity", PolicyType::Identity, Layer::Identity, 0),
            boundary: self.documents(node, "boundary", PolicyType::PermissionsBoundary, Layer::Boundary, 0),
            session: self.documents(node, "session", PolicyType::Session, Layer::Session, 0),
            vpc_endpoint: self.documents(
                node,
                "vpc_endpoint",
                PolicyType::VpcEndpoint,
                Layer::VpcEndpoint,
                0,
            ),
            scp: self.levels(node, "scp", PolicyType::ServiceControl, Layer::Scp),
            rcp: self.levels(node, "rcp", PolicyType::ResourceControl, Layer::Rcp),
            resource: resource.unwrap_or_default(),
            management_account,
        }
    }

    fn levels(
        &mut self,
        layers: &Node,
        field: &'static str,
        policy_type: PolicyType,
        layer: Layer,
    ) -> Vec<Level> {
        let Some(node) = given(layers, field) else { return Vec::new() };
        let Some(nodes) = node.as_list() else {
            self.wrong_type(field, "a list of levels", node);
            return Vec::new();
        };
        let mut levels = Vec::new();
        for (number, node) in nodes.iter().enumerate() {
            if !self.known_only(node, field, &["target", "policies"]) {
                continue;
            }
            let target = self.member(node, "target").and_then(|node| self.text("target", node));
            if node.get("policies").is_none() {
                self.error(CaseErrorKind::Missing { field: "policies" }, node);
            }
            let policies = self.documents(node, "policies", policy_type, layer, number as u16);
            levels.push(Level { target: target.unwrap_or_default().to_owned(), policies });
        }
        levels
    }

    fn documents(
        &mut self,
        parent: &Node,
        field: &'static str,
        policy_type: PolicyType,
        layer: Layer,
        level: u16,
    ) -> Vec<Arc<Policy>> {
        let Some(node) = given(parent, field) else { return Vec::new() };
        let Some(nodes) = node.as_list() else {
            self.wrong_type(field, "a list of policies", node);
            return Vec::new();
        };
        let read = |(number, node): (usize, &Node)| {
            self.document(field, node, policy_type, layer, level, number as u32)
        };
        nodes.iter().enumerate().filter_map(read).collect()
    }

    /// A document, bare or as `{"name": …, "policy": …}`.
    fn document(
        &mut self,
        field: &'static str,
        node: &Node,
        policy_type: PolicyType,
        layer: Layer,
        level: u16,
        policy: u32,
    ) -> Option<Arc<Policy>> {
        let body = match node.get("policy") {
            Some(body) => {
                self.known_only(node, field, &["name", "policy"]);
                if let Some(name) = given(node, "name").and_then(|name| self.text("name", name)) {
                    self.names.push(((layer, level, policy), name.to_owned()));
                }
                body
            }
            None => node,
        };
        let read = policy::from_node(body, policy_type);
        for problem in read.problems {
            if problem.kind.severity() == Severity::Unreadable {
                let offset = problem.start;
                self.errors.push(CaseError { kind: CaseErrorKind::Document { field, problem }, offset });
            } else {
                self.warnings.push(Warning::Document { layer, policy, problem });
            }
        }
        read.policy.map(Arc::new)
    }

    fn text<'a>(&mut self, field: &'static str, node: &'a Node) -> Option<&'a str> {
        let text = node.as_text();
        if text.is_none() {
            self.wrong_type(field, "a string", node);
        }
        text
    }

    fn value<T, E: fmt::Display>(
        &mut self,
        field: &'static str,
        node: &Node,
        read: Result<T, E>,
    ) -> Option<T> {
        read.map_err(|error| self.error(CaseErrorKind::Value { field, reason: error.to_string() }, node)).ok()
    }
}

/// A member that is there and not null.
fn given<'a>(node: &'a Node, field: &str) -> Option<&'a Node> {
    node.get(field).filter(|node| node.value != Value::Null)
}

#[cfg(test)]
mod tests;

//! A document as the checks see it: elements with their places, and the actions that a statement reaches.
//!
//! Reads the same tree as [`crate::policy::from_node`] and keeps what that drops, the places of values. What is
//! not of the expected kind is passed over, since reading the policy reports it.

use std::sync::OnceLock;

use super::Span;
use crate::condition::Operator;
use crate::glob::Glob;
use crate::json::{Member, Node, Value};
use crate::policy::{Effect, PolicyType};

/// One policy document.
pub struct Document<'a> {
    /// The whole document.
    pub node: &'a Node,
    /// What kind of policy it is.
    pub policy_type: PolicyType,
    /// Whether `Version` says that `${…}` are variables.
    pub with_variables: bool,
    /// Its statements, without those that have no meaning.
    pub statements: Vec<Statement<'a>>,
}

/// One statement.
pub struct Statement<'a> {
    /// The whole statement.
    pub node: &'a Node,
    /// What it does when it matches.
    pub effect: Effect,
    /// Whether `${…}` are variables in it.
    pub with_variables: bool,
    /// `Action` or `NotAction`.
    pub action: Option<Element<'a>>,
    /// `Resource` or `NotResource`.
    pub resource: Option<Element<'a>>,
    /// The whole element, and whether it is `NotPrincipal`.
    pub principal: Option<(&'a Node, bool)>,
    /// The `Condition` element.
    pub condition: Option<&'a Node>,
    /// Each operator on each key.
    pub conditions: Vec<Condition<'a>>,
    reach: OnceLock<Reach>,
}

/// `Action` or `Resource`, or its `Not` form.
pub struct Element<'a> {
    /// The value or the list of values.
    pub node: &'a Node,
    /// Whether it is the `Not` form.
    pub negated: bool,
    /// Its values that are strings.
    pub values: Vec<Text<'a>>,
}

/// A string and its place.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// The string.
    pub text: &'a str,
    /// Where it stands.
    pub node: &'a Node,
}

/// One operator on one key.
pub struct Condition<'a> {
    /// The operator as it is written.
    pub operator_name: &'a str,
    /// None where IAM has no such operator.
    pub operator: Option<Operator>,
    /// Where its name stands.
    pub operator_span: Span,
    /// The key as it is written.
    pub key: &'a str,
    /// Where its name stands.
    pub key_span: Span,
    /// The key's value, a list or not.
    pub node: &'a Node,
    /// Booleans and numbers as their texts.
    pub values: Vec<(String, &'a Node)>,
}

/// The actions that a statement concerns.
pub enum Reach {
    /// All, or all but a few.
    Everything,
    /// Those that the reference knows, by service and name.
    Actions(Vec<reference::Action>),
}

impl<'a> Document<'a> {
    /// The document in a tree; none where that is no object.
    pub fn new(node: &'a Node, policy_type: PolicyType) -> Option<Self> {
        node.as_object()?;
        let with_variables = node.get("Version").and_then(Node::as_text) == Some("2012-10-17");
        let nodes = match node.get("Statement") {
            None => &[],
            Some(Node { value: Value::List(nodes), .. }) => nodes.as_slice(),
            Some(one) => std::slice::from_ref(one),
        };
        let statements =
            nodes.iter().filter_map(|node| Statement::new(node, with_variables)).collect::<Vec<_>>();
        Some(Self { node, policy_type, with_variables, statements })
    }
}

impl<'a> Statement<'a> {
    fn new(node: &'a Node, with_variables: bool) -> Option<Self> {
        node.as_object()?;
        let effect = match node.get("Effect").and_then(Node::as_text)?.to_ascii_lowercase().as_str() {
            "allow" => Effect::Allow,
            "deny" => Effect::Deny,
            _ => return None,
        };
        let principal = match (node.get("Principal"), node.get("NotPrincipal")) {
            (Some(node), _) => Some((node, false)),
            (None, Some(node)) => Some((node, true)),
            (None, None) => None,
        };
        let condition = node.get("Condition");
        Some(Self {
            node,
            effect,
            with_variables,
            action: Element::new(node, "Action", "NotAction"),
            resource: Element::new(node, "Resource", "NotResource"),
            principal,
            condition,
            conditions: condition.map(conditions).unwrap_or_default(),
            reach: OnceLock::new(),
        })
    }

    /// The actions it concerns; none where it names none that is known.
    pub fn reach(&self) -> &Reach {
        self.reach.get_or_init(|| match &self.action {
            None => Reach::Actions(Vec::new()),
            Some(element) if element.negated => Reach::Everything,
            Some(element) => {
                let mut actions = Vec::new();
                for value in &element.values {
                    match matched(value.text) {
                        Reach::Everything => return Reach::Everything,
                        Reach::Actions(more) => actions.extend(more),
                    }
                }
                actions.sort_by_key(|action| (action.service, action.name));
                actions.dedup();
                Reach::Actions(actions)
            }
        })
    }

    /// Whether it concerns this action.
    pub fn names(&self, action: &str) -> bool {
        let Ok(action) = crate::action::Action::parse(action) else { return false };
        self.action.as_ref().is_some_and(|element| {
            let texts = element.values.iter().map(|value| value.text);
            crate::action::ActionElement::new(texts, element.negated).matches(&action)
        })
    }

    /// Its conditions on a key, letters compared without case.
    pub fn conditions_on<'b>(&'b self, key: &'b str) -> impl Iterator<Item = &'b Condition<'a>> {
        self.conditions.iter().filter(move |condition| condition.key.eq_ignore_ascii_case(key))
    }
}

impl<'a> Element<'a> {
    fn new(statement: &'a Node, plain: &str, negated: &str) -> Option<Self> {
        let (node, negated) = match (statement.get(plain), statement.get(negated)) {
            (Some(node), _) => (node, false),
            (None, Some(node)) => (node, true),
            (None, None) => return None,
        };
        let values =
            items(node).iter().filter_map(|node| Some(Text { text: node.as_text()?, node })).collect();
        Some(Self { node, negated, values })
    }

    /// Whether a value is stars alone.
    pub fn has_everything(&self) -> bool {
        self.values.iter().any(|value| is_everything(value.text))
    }
}

impl Condition<'_> {
    /// Whether the condition holds for a request that does not carry the key, whatever its values.
    ///
    /// Source: IAM User Guide, "IAM JSON policy elements: Condition operators" (aws-facts §4.3).
    pub fn holds_when_absent(&self) -> Option<bool> {
        use crate::condition::{Comparison, Quantifier};
        let operator = self.operator?;
        Some(match (operator.comparison, operator.quantifier) {
            (Comparison::Null, _) => self.values.iter().any(|(text, _)| text.eq_ignore_ascii_case("true")),
            (_, Quantifier::All) => true,
            (_, Quantifier::Any) => operator.if_exists,
            (_, Quantifier::One) => operator.negated || operator.if_exists,
        })
    }
}

/// Stars alone.
pub fn is_everything(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'*')
}

/// The items of a list, or the one value that stands for it.
pub fn items(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(nodes) => nodes,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Object(_) => {
            std::slice::from_ref(node)
        }
    }
}

/// The known actions that an action pattern matches.
pub fn matched(pattern: &str) -> Reach {
    let Some((prefix, name)) = pattern.split_once(':') else {
        return if is_everything(pattern) { Reach::Everything } else { Reach::Actions(Vec::new()) };
    };
    if is_everything(prefix) && is_everything(name) {
        return Reach::Everything;
    }
    let name = name.to_lowercase();
    let of_service = |service: &str| -> Vec<reference::Action> {
        if !name.contains(['*', '?']) {
            return reference::action(service, &name).into_iter().collect();
        }
        let glob = Glob::new(&name);
        reference::actions(service).filter(|action| glob.matches(&action.name.to_lowercase())).collect()
    };
    if !prefix.contains(['*', '?']) {
        return Reach::Actions(of_service(prefix));
    }
    let glob = Glob::new(&prefix.to_lowercase());
    let services = reference::services().filter(|service| glob.matches(service.prefix));
    Reach::Actions(services.flat_map(|service| of_service(service.prefix)).collect())
}

/// An action as policies spell it.
pub fn spelled(action: &reference::Action) -> String {
    format!("{}:{}", action.service, action.name)
}

fn conditions(node: &Node) -> Vec<Condition<'_>> {
    let mut conditions = Vec::new();
    for operator in node.as_object().unwrap_or_default() {
        for key in operator.node.as_object().unwrap_or_default() {
            conditions.push(Condition {
                operator_name: &operator.name,
                operator: Operator::parse(&operator.name),
                operator_span: name_span(operator),
                key: &key.name,
                key_span: name_span(key),
                node: &key.node,
                values: items(&key.node).iter().filter_map(|node| Some((value(node)?, node))).collect(),
            });
        }
    }
    conditions
}

fn value(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) | Value::Number(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::List(_) | Value::Object(_) => None,
    }
}

/// The place of a member's name with its quotes; of the whole member where the name may hold escapes.
pub fn name_span(member: &Member) -> Span {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    let end = member.start + member.name.len() + 2;
    if member.name.bytes().all(plain) && end <= member.node.start {
        Span { start: member.start, end }
    } else {
        Span { start: member.start, end: member.node.end }
    }
}

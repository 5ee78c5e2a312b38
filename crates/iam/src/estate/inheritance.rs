//! The effective policy of a declarative type, such as Bedrock policies: what those from the root down to a node make
//! together.
//!
//! Follows Organizations User Guide, "Understanding management policy inheritance" and "Inheritance operators"
//! (aws-facts §3.2): values are assigned, appended to and removed from on the way down, and a policy may say which of
//! these the ones below it may do. What a policy may not do is passed over in silence, as AWS does. Two things are not
//! to be known and make a value unknown where they matter: in which order policies were attached to one node, and
//! whether a lock above a value that exists already holds for it too. Lists are sets here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::known::{Known, Missing, Reason};
use super::organization::{Node, Organization, OrganizationPolicy, OrganizationPolicyKind};
use crate::json::{self, Member};

/// What a place in an effective policy says, by the names that lead there.
pub type Values = BTreeMap<Path, Result<Value, Doubt>>;

/// The names of members from the top of a policy down to a value.
pub type Path = Vec<Box<str>>;

/// A value of an effective policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text, or a number or truth value as it is written.
    One(Box<str>),
    List(BTreeSet<Box<str>>),
}

/// Why a value of an effective policy is not to be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Policies of one node say different things, and the one that was attached first wins.
    Order { node: Arc<str> },
    /// A policy changes what exists already under a name that one above locks without locking the value itself.
    LockAbove { node: Arc<str> },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order { node } => write!(
                f,
                "policies attached to `{node}` contradict each other, and which was attached first no call tells"
            ),
            Self::LockAbove { node } => write!(
                f,
                "a policy attached to `{node}` changes what is locked above it and not itself, and whether that \
                 holds AWS does not say"
            ),
        }
    }
}

/// The operators that change a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Assign,
    Append,
    Remove,
}

/// Which operators policies below may use at a place.
#[derive(Clone, Copy)]
struct Allowed {
    assign: bool,
    append: bool,
    remove: bool,
}

impl Allowed {
    const ALL: Self = Self { assign: true, append: true, remove: true };

    /// The value of `@@operators_allowed_for_child_policies`.
    fn read(node: &json::Node) -> Self {
        let named: Vec<&str> = match node.as_list() {
            Some(list) => list.iter().filter_map(json::Node::as_text).collect(),
            None => node.as_text().into_iter().collect(),
        };
        let allows = |operator: &str| named.contains(&"@@all") || named.contains(&operator);
        Self { assign: allows("@@assign"), append: allows("@@append"), remove: allows("@@remove") }
    }

    fn and(self, other: Self) -> Self {
        Self {
            assign: self.assign && other.assign,
            append: self.append && other.append,
            remove: self.remove && other.remove,
        }
    }

    fn has(self, operator: Operator) -> bool {
        match operator {
            Operator::Assign => self.assign,
            Operator::Append => self.append,
            Operator::Remove => self.remove,
        }
    }
}

/// What one policy does at one place.
type Changes = Vec<(Operator, Value)>;

/// What one policy says.
#[derive(Default)]
struct Policy {
    changes: BTreeMap<Path, Changes>,
    locks: BTreeMap<Path, Allowed>,
}

impl Policy {
    fn read(root: &json::Node) -> Self {
        let mut policy = Self::default();
        policy.add(root, &mut Vec::new());
        policy
    }

    fn add(&mut self, node: &json::Node, path: &mut Path) {
        for Member { name, node, .. } in node.as_object().unwrap_or_default() {
            let operator = match name.as_str() {
                "@@assign" => Operator::Assign,
                "@@append" => Operator::Append,
                "@@remove" => Operator::Remove,
                "@@operators_allowed_for_child_policies" => {
                    self.locks.insert(path.clone(), Allowed::read(node));
                    continue;
                }
                _ => {
                    path.push(name.as_str().into());
                    self.add(node, path);
                    path.pop();
                    continue;
                }
            };
            if let Some(value) = value(node) {
                self.changes.entry(path.clone()).or_default().push((operator, value));
            }
        }
    }
}

fn value(node: &json::Node) -> Option<Value> {
    let one = |node: &json::Node| match &node.value {
        json::Value::Text(text) | json::Value::Number(text) => Some(text.as_str().into()),
        json::Value::Bool(truth) => Some(truth.to_string().into()),
        json::Value::Null | json::Value::List(_) | json::Value::Object(_) => None,
    };
    match node.as_list() {
        Some(list) => Some(Value::List(list.iter().filter_map(one).collect())),
        None => one(node).map(Value::One),
    }
}

/// What is in force on the way down.
#[derive(Default)]
struct State {
    values: Values,
    locks: BTreeMap<Path, Allowed>,
}

impl State {
    /// Whether an operator may be used at a place: whatever a lock above a value means, and if it means the least.
    fn allows(&self, path: &Path, operator: Operator) -> (bool, bool) {
        let lock = |path: &[Box<str>]| self.locks.get(path).copied().unwrap_or(Allowed::ALL).has(operator);
        let surely = (0..=path.len()).all(|end| lock(&path[..end]));
        // A lock above surely forbids what is new.
        (surely, if self.values.contains_key(path) { lock(path) } else { surely })
    }

    /// Goes on to a node below.
    fn descend(&mut self, node: &Arc<str>, policies: &[Policy]) {
        let paths: BTreeSet<&Path> = policies.iter().flat_map(|policy| policy.changes.keys()).collect();
        let mut changed: Vec<(Path, Option<Result<Value, Doubt>>)> = Vec::new();
        for path in paths {
            let by_policy = |at_most: bool| -> Vec<Changes> {
                let allowed = |changes: &&Changes| -> Changes {
                    let is_allowed = |operator: Operator| {
                        let (surely, perhaps) = self.allows(path, operator);
                        if at_most { perhaps } else { surely }
                    };
                    changes.iter().filter(|(operator, _)| is_allowed(*operator)).cloned().collect()
                };
                policies.iter().filter_map(|policy| policy.changes.get(path).as_ref().map(allowed)).collect()
            };
            let before = self.values.get(path);
            let surely = merged(before, &by_policy(false), node);
            let perhaps = merged(before, &by_policy(true), node);
            let doubt = || Some(Err(Doubt::LockAbove { node: node.clone() }));
            changed.push((path.clone(), if surely == perhaps { surely } else { doubt() }));
        }
        for (path, value) in changed {
            match value {
                Some(value) => self.values.insert(path, value),
                None => self.values.remove(&path),
            };
        }
        for (path, allowed) in policies.iter().flat_map(|policy| &policy.locks) {
            let lock = self.locks.entry(path.clone()).or_insert(Allowed::ALL);
            *lock = lock.and(*allowed);
        }
    }
}

/// What comes of a value by what the policies of one node do, whichever of them was attached first.
fn merged(
    before: Option<&Result<Value, Doubt>>,
    policies: &[Changes],
    node: &Arc<str>,
) -> Option<Result<Value, Doubt>> {
    let assigned: Vec<&Value> =
        changes(policies, Operator::Assign).filter(|value| !matches!(value, Value::List(_))).collect();
    let lists = |operator: Operator| {
        changes(policies, operator).filter_map(|value| match value {
            Value::List(list) => Some(list),
            Value::One(_) => None,
        })
    };
    let of_lists: Vec<&BTreeSet<Box<str>>> = lists(Operator::Assign).collect();
    let appended: BTreeSet<Box<str>> = lists(Operator::Append).flatten().cloned().collect();
    let removed: BTreeSet<Box<str>> = lists(Operator::Remove).flatten().cloned().collect();
    let order = || Some(Err(Doubt::Order { node: node.clone() }));
    let same = assigned.windows(2).all(|pair| pair[0] == pair[1])
        && of_lists.windows(2).all(|pair| pair[0] == pair[1])
        && (assigned.is_empty() || of_lists.is_empty());
    if !same {
        return order();
    }
    if let Some(value) = assigned.first() {
        return Some(Ok((*value).clone()));
    }
    let base = match (of_lists.first(), before) {
        (Some(list), _) => (*list).clone(),
        (None, Some(Ok(Value::List(list)))) => list.clone(),
        // Only lists are appended to and removed from.
        (None, Some(other)) => return Some(other.clone()),
        (None, None) if lists(Operator::Append).next().is_none() => return None,
        (None, None) => BTreeSet::new(),
    };
    let all: BTreeSet<Box<str>> = base.union(&appended).cloned().collect();
    let all: BTreeSet<Box<str>> = all.difference(&removed).cloned().collect();
    // Which of them comes last matters where one takes away what another adds, or assigns a list that others change.
    let may_be_assigned_last = of_lists.first().is_some_and(|list| **list != all);
    if !appended.is_disjoint(&removed) || may_be_assigned_last {
        return order();
    }
    Some(Ok(Value::List(all)))
}

fn changes(policies: &[Changes], operator: Operator) -> impl Iterator<Item = &Value> {
    policies.iter().flatten().filter(move |(own, _)| *own == operator).map(|(_, value)| value)
}

impl Organization {
    /// What the policies of a declarative type make together at a node; nothing where the type is not enabled.
    pub fn effective(&self, node: &Node, kind: &OrganizationPolicyKind) -> Known<Values> {
        match &self.enabled {
            Known::Known(enabled) if !enabled.contains(kind) => return Known::Known(Values::new()),
            Known::Known(_) => {}
            Known::Unknown(why) => return Known::Unknown(why.clone()),
        }
        let chain = match self.chain(node) {
            Known::Known(chain) => chain,
            Known::Unknown(why) => return Known::Unknown(why),
        };
        let mut state = State::default();
        for node in chain {
            let policies = self.attached(node, kind).and_then(|attached| {
                attached.into_iter().map(|policy| self.read(policy)).collect::<Result<Vec<_>, _>>().into()
            });
            match policies {
                Known::Known(policies) => state.descend(&node.id, &policies),
                Known::Unknown(why) => return Known::Unknown(why),
            }
        }
        Known::Known(state.values)
    }

    fn read(&self, policy: &OrganizationPolicy) -> Result<Policy, Arc<Missing>> {
        let text = policy.text.as_ref().result()?;
        let root = json::parse(text.as_bytes()).map_err(|problem| {
            let never =
                Missing::never_asked(Some(&self.management_account), None, "organizations describe-policy");
            let reason = Reason::Shape { problem: problem.to_string() };
            Arc::new(Missing { item: Some(policy.id.clone()), reason, ..never })
        })?;
        Ok(Policy::read(&root))
    }
}

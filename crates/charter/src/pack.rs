//! Statements into as few documents as fit.
//!
//! What is sent through the API is stored as it is and counts whole, so that nothing is written with a blank. A statement
//! too long for one document is split where that is exact; a node that needs more documents than it has room for hands
//! statements to the node above, limited to where they are meant. What still does not fit is an error that says what
//! takes how much. Nothing is dropped and nothing is widened. Follows Organizations User Guide, "Quotas and service
//! limits" (aws-facts §2.1).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use iam::estate::{Known, Node, NodeKind, Organization};
use iam::policy::Effect;

use crate::compile::{AreaFence, Resources, Statement};
use crate::gate::Origins;

/// Around the statements of a document.
const HEAD: &str = r#"{"Version":"2012-10-17","Statement":["#;
const TAIL: &str = "]}";

/// How much room there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Most characters of a document.
    pub characters_max: usize,
    /// Documents that can still be attached, by node; none elsewhere.
    pub documents_max: BTreeMap<Arc<str>, usize>,
}

/// A service control policy to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Where its statements are meant for, in words.
    pub title: String,
    pub statements: Vec<Statement>,
    /// The nodes it is attached to, sorted.
    pub nodes: Vec<Arc<str>>,
}

/// A node that has not enough room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overflow {
    pub node: Arc<str>,
    pub name: String,
    pub needed: usize,
    pub documents_max: usize,
    /// Lines of the charter with the characters their statements take, the most first.
    pub costs: Vec<(Origins, usize)>,
}

impl Document {
    /// The document as it is sent.
    pub fn text(&self) -> String {
        text(&self.statements)
    }
}

/// Puts what every area needs into documents.
///
/// # Errors
/// The nodes without enough room, all at once.
pub fn pack(
    fences: &[AreaFence],
    organization: &Organization,
    room: &Room,
) -> Result<Vec<Document>, Vec<Overflow>> {
    let mut overflows = Vec::new();
    let mut by_node: BTreeMap<Arc<str>, (String, Vec<Statement>)> = BTreeMap::new();
    for fence in fences.iter().filter(|fence| !fence.statements.is_empty()) {
        let split = fence.statements.iter().flat_map(|each| split(each, characters_for_one(room))).collect();
        by_node.insert(fence.node.clone(), (fence.name.clone(), split));
    }
    // Children hand to their parents, so that the deepest come first.
    let nodes: Vec<&Node> = organization.nodes().iter().rev().collect();
    for node in nodes {
        let Some((name, statements)) = by_node.get(&node.id).cloned() else { continue };
        let documents_max = room.documents_max.get(&node.id).copied().unwrap_or_default();
        let bins = fill(statements.clone(), room.characters_max);
        if bins.len() <= documents_max && bins.iter().all(|bin| length(bin) <= room.characters_max) {
            continue;
        }
        let above = match &node.parent {
            Known::Known(Some(parent)) => organization.node(parent),
            Known::Known(None) | Known::Unknown(_) => None,
        };
        let handed = above.and_then(|_| hand_up(node, statements.clone(), documents_max, room));
        match (above, handed) {
            (Some(above), Some((stay, go))) => {
                by_node.insert(node.id.clone(), (name.clone(), stay));
                let entry = by_node.entry(above.id.clone());
                let (_, statements) = entry.or_insert_with(|| (format!("above {name}"), Vec::new()));
                statements.extend(go);
            }
            (_, _) => overflows.push(overflow(node, name, &statements, bins.len(), documents_max)),
        }
    }
    if !overflows.is_empty() {
        overflows.sort_by(|a, b| a.node.cmp(&b.node));
        return Err(overflows);
    }
    Ok(documents(organization, by_node, room))
}

/// Documents, in the order of the organisation's nodes; the same text is one document.
fn documents(
    organization: &Organization,
    mut by_node: BTreeMap<Arc<str>, (String, Vec<Statement>)>,
    room: &Room,
) -> Vec<Document> {
    let mut documents: Vec<Document> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for node in organization.nodes() {
        let Some((title, statements)) = by_node.remove(&node.id) else { continue };
        for bin in fill(statements, room.characters_max) {
            let document = Document { title: title.clone(), statements: bin, nodes: vec![node.id.clone()] };
            match seen.get(&document.text()) {
                Some(known) => {
                    documents[*known].nodes.push(node.id.clone());
                    documents[*known].nodes.sort();
                }
                None => {
                    seen.insert(document.text(), documents.len());
                    documents.push(document);
                }
            }
        }
    }
    documents
}

/// Policies with these statements, each of at most so many characters; statements that are longer are divided where that
/// is exact, and else stand in a document that is too long.
pub(crate) fn texts(statements: &[Statement], characters_max: usize) -> Vec<String> {
    let one = characters_max.saturating_sub(HEAD.len() + TAIL.len());
    let parts = statements.iter().flat_map(|each| split(each, one)).collect();
    fill(parts, characters_max).iter().map(|bin| text(bin)).collect()
}

/// A policy with these statements.
pub(crate) fn text(statements: &[Statement]) -> String {
    let statements: Vec<String> = statements.iter().map(Statement::text).collect();
    format!("{HEAD}{}{TAIL}", statements.join(","))
}

/// Most characters of a statement that stands alone in a document.
fn characters_for_one(room: &Room) -> usize {
    room.characters_max.saturating_sub(HEAD.len() + TAIL.len())
}

/// What CloudFormation puts the account in place of.
///
/// Source: CloudFormation User Guide, "Pseudo parameters reference".
pub const ACCOUNT: &str = "${AWS::AccountId}";

/// Characters of a policy, in which the account has twelve where CloudFormation fills it in.
pub fn characters(text: &str) -> usize {
    text.chars().count() - text.matches(ACCOUNT).count() * (ACCOUNT.len() - 12)
}

fn length(statements: &[Statement]) -> usize {
    let own: usize = statements.iter().map(|each| characters(&each.text()) + 1).sum();
    HEAD.len() + TAIL.len() + own.saturating_sub(1)
}

/// Statements into documents: the longest first, each where it leaves least room (best fit decreasing).
fn fill(statements: Vec<Statement>, characters_max: usize) -> Vec<Vec<Statement>> {
    let frame = HEAD.len() + TAIL.len();
    let mut sized: Vec<(usize, usize, Statement)> = statements
        .into_iter()
        .enumerate()
        .map(|(number, each)| (characters(&each.text()), number, each))
        .collect();
    sized.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut bins: Vec<(usize, Vec<(usize, Statement)>)> = Vec::new();
    for (size, number, statement) in sized {
        let fits = |used: usize| used + 1 + size <= characters_max;
        match bins.iter_mut().filter(|(used, _)| fits(*used)).max_by_key(|(used, _)| *used) {
            Some((used, bin)) => {
                *used += 1 + size;
                bin.push((number, statement));
            }
            None => bins.push((frame + size, vec![(number, statement)])),
        }
    }
    // Within and between documents the order of the statements.
    let mut bins: Vec<Vec<(usize, Statement)>> = bins.into_iter().map(|(_, bin)| bin).collect();
    for bin in &mut bins {
        bin.sort_by_key(|(number, _)| *number);
    }
    bins.sort_by_key(|bin| bin[0].0);
    bins.into_iter().map(|bin| bin.into_iter().map(|(_, statement)| statement).collect()).collect()
}

/// What stays at a node and what goes to the node above, which limits it to where it is meant.
fn hand_up(
    node: &Node,
    statements: Vec<Statement>,
    documents_max: usize,
    room: &Room,
) -> Option<(Vec<Statement>, Vec<Statement>)> {
    let mut stay = statements;
    let mut go = Vec::new();
    while fill(stay.clone(), room.characters_max).len() > documents_max {
        let longest = (0..stay.len()).max_by_key(|at| characters(&stay[*at].text()))?;
        let statement = limited(stay.remove(longest), node)?;
        if characters(&statement.text()) > characters_for_one(room) {
            return None;
        }
        go.push(statement);
    }
    stay.iter().all(|each| characters(&each.text()) <= characters_for_one(room)).then_some((stay, go))
}

/// The statement for principals below a node only.
fn limited(mut statement: Statement, node: &Node) -> Option<Statement> {
    let (operator, key, value) = match &node.kind {
        NodeKind::Account(_) => ("StringEquals", "aws:PrincipalAccount", node.id.to_string()),
        NodeKind::Root | NodeKind::Unit => match &node.path {
            Known::Known(path) => ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", format!("{path}*")),
            Known::Unknown(_) => return None,
        },
    };
    let by_key = statement.conditions.entry(operator.to_owned()).or_default();
    // A statement that is limited already came from below, and that says more.
    by_key.entry(key.to_owned()).or_insert_with(|| [value].into());
    Some(statement)
}

fn overflow(
    node: &Node,
    name: String,
    statements: &[Statement],
    needed: usize,
    documents_max: usize,
) -> Overflow {
    let mut costs: BTreeMap<Origins, usize> = BTreeMap::new();
    for statement in statements {
        *costs.entry(statement.origins.clone()).or_default() += characters(&statement.text());
    }
    let mut costs: Vec<(Origins, usize)> = costs.into_iter().collect();
    costs.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Overflow { node: node.id.clone(), name, needed, documents_max, costs }
}

/// The same in several statements, each short enough, where that is exact.
fn split(statement: &Statement, characters_max: usize) -> Vec<Statement> {
    if characters(&statement.text()) <= characters_max {
        return vec![statement.clone()];
    }
    // A statement about several actions is one about each.
    let by_action = halves(&statement.actions)
        .map(|(first, second)| [first, second].map(|part| Statement { actions: part, ..statement.clone() }));
    let by_resource = match &statement.resources {
        Resources::In(all) => halves(all).map(|(first, second)| {
            [first, second].map(|part| Statement { resources: Resources::In(part), ..statement.clone() })
        }),
        // Of two that allow, each would allow what the other leaves out.
        Resources::NotIn(_) if statement.effect == Effect::Allow => None,
        Resources::NotIn(all) => by_provider(all).map(|(first, second)| {
            [first, second].map(|part| Statement { resources: Resources::NotIn(part), ..statement.clone() })
        }),
        Resources::Own => None,
    };
    // What has more to say is divided.
    let lists = |list: &BTreeSet<String>| list.iter().map(|text| characters(text)).sum::<usize>();
    let resources = match &statement.resources {
        Resources::In(resources) | Resources::NotIn(resources) => lists(resources),
        Resources::Own => 0,
    };
    let parts = match lists(&statement.actions) > resources {
        true => by_action.or(by_resource),
        false => by_resource.or(by_action),
    };
    match parts {
        Some(parts) if parts.iter().all(|part| characters(&part.text()) < characters(&statement.text())) => {
            parts.iter().flat_map(|part| split(part, characters_max)).collect()
        }
        Some(_) | None => vec![statement.clone()],
    }
}

fn halves(all: &BTreeSet<String>) -> Option<(BTreeSet<String>, BTreeSet<String>)> {
    let list: Vec<&String> = all.iter().collect();
    (list.len() > 1).then(|| {
        let (first, second) = list.split_at(list.len() / 2);
        (
            first.iter().map(|each| (*each).clone()).collect(),
            second.iter().map(|each| (*each).clone()).collect(),
        )
    })
}

/// A list of what is spared, as two that together spare the same: each names the models of some providers, and all
/// that the other providers have. A model is of one provider, so that one of the two lists decides about it.
fn by_provider(all: &BTreeSet<String>) -> Option<(BTreeSet<String>, BTreeSet<String>)> {
    // Patterns of one provider stay together, in whichever Regions they are: apart, each would be spared by the
    // other's mask.
    let mut groups: BTreeMap<&str, BTreeSet<&String>> = BTreeMap::new();
    let mut others: BTreeSet<String> = BTreeSet::new();
    for text in all {
        match provider(text) {
            Some((_, provider)) => {
                groups.entry(provider).or_default().insert(text);
            }
            None => {
                others.insert(text.clone());
            }
        }
    }
    let length = |texts: &BTreeSet<&String>| texts.iter().map(|text| text.len()).sum::<usize>();
    let total: usize = groups.values().map(length).sum();
    let (mut first, mut second) = (others.clone(), others);
    let mut used = 0;
    let mut sides = [0, 0];
    for texts in groups.values() {
        let (own, other, side) =
            if used * 2 < total { (&mut first, &mut second, 0) } else { (&mut second, &mut first, 1) };
        used += length(texts);
        sides[side] += 1;
        own.extend(texts.iter().map(|text| (*text).clone()));
        let masks = texts.iter().filter_map(|text| provider(text));
        other.extend(masks.map(|(head, provider)| format!("{head}::foundation-model/{provider}.*")));
    }
    sides.iter().all(|side| *side > 0).then_some((first, second))
}

/// What stands before the models of a pattern of models, and the one provider that it is about.
fn provider(text: &str) -> Option<(&str, &str)> {
    let (head, id) = text.split_once("::foundation-model/")?;
    let (provider, _) = id.split_once('.')?;
    (!provider.contains(['*', '?'])).then_some((head, provider))
}

//! An organisation in the store of iam-collect: `metadata`, `structure`, `ous` and `accounts`, and a folder for each type
//! of policy (`scps`, `rcps`, …) with one folder for each policy.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use iam::arn::{AccountId, Arn};
use iam::estate::{
    Known, Missing, Node, NodeKind, Organization, OrganizationPolicy, OrganizationPolicyKind, Reason,
};
use iam::json;
use iam::policy::PolicyType;

use super::{Content, Reader, Thing, entries, folders, get, text};

/// What is known of a node besides its policies.
#[derive(Default)]
struct Place {
    parent: Option<Arc<str>>,
    name: Option<Arc<str>>,
    arn: Option<Arc<str>>,
    attached: BTreeMap<OrganizationPolicyKind, Vec<Arc<str>>>,
}

/// Reads one organisation.
///
/// # Errors
/// Why nothing of it can be used.
pub(super) fn read(
    reader: &Reader<'_>,
    id: &str,
    folder: &Path,
    missing: &mut Vec<Arc<Missing>>,
) -> Result<Organization, Arc<Missing>> {
    let thing = Thing { arn: id.to_owned(), files: reader.files(folder) };
    let shape = |problem: String| {
        let what = Missing::never_asked(None, None, "an organisation of iam-collect");
        let file = Some(reader.file(folder));
        Arc::new(Missing { item: Some(id.into()), file, reason: Reason::Shape { problem }, ..what })
    };
    let file = |name: &str| thing.get(name).map(|found| found.map(|(_, node)| node)).result();
    let metadata = file("metadata")?.ok_or_else(|| shape("`metadata.json` is missing".to_owned()))?;
    let management = management(metadata)
        .ok_or_else(|| shape("`metadata.json` does not name the management account".to_owned()))?;
    let mut places: BTreeMap<Arc<str>, Place> = BTreeMap::new();
    for name in ["ous", "accounts"] {
        for (id, node) in file(name)?.map(identified).unwrap_or_default() {
            let place = places.entry(id).or_default();
            place.parent = text(node, &["parent", "parentid", "ou", "ouid"]).map(Arc::from);
            place.name = text(node, &["name"]).map(Arc::from);
            place.arn = text(node, &["arn"]).map(Arc::from);
            for member in node.as_object().unwrap_or_default() {
                let Some(kind) = kind(&member.name) else { continue };
                let ids = entries(&member.node).into_iter().filter_map(|policy| {
                    policy.as_text().or_else(|| text(policy, &["id", "arn", "policyid"])).map(last_part)
                });
                place.attached.insert(kind, ids.collect());
            }
        }
    }
    if let Some(structure) = file("structure")? {
        grow(structure, None, &mut places);
    }
    let mut policies = Vec::new();
    for (name, path) in folders(folder) {
        let Some(kind) = kind(&name) else { continue };
        for (id, path) in folders(&path) {
            let policy = Thing { arn: id.clone(), files: reader.files(&path) };
            policies.push(self::policy(reader, &kind, &id, &policy, missing));
        }
    }
    // Where only the folder tells a policy's id, its case is lost.
    for ids in places.values_mut().flat_map(|place| place.attached.values_mut()).flatten() {
        let same = |policy: &&OrganizationPolicy| policy.id.eq_ignore_ascii_case(ids);
        if let Some(policy) = policies.iter().find(same) {
            *ids = policy.id.clone();
        }
    }
    let kinds: BTreeSet<OrganizationPolicyKind> = match get(metadata, &["features", "policytypes"]) {
        Some(features) => enabled(features),
        None => places.values().flat_map(|place| place.attached.keys().cloned()).collect(),
    };
    let nodes = places
        .into_iter()
        .map(|(id, place)| node(&management, id, place, &kinds, &shape))
        .collect::<Result<Vec<_>, _>>()?;
    let never = Missing::never_asked(Some(&management), None, "organizations describe-resource-policy");
    let enabled = Known::Known(kinds.into_iter().collect());
    Organization::new(id.into(), management, enabled, nodes, policies, Known::Unknown(Arc::new(never)))
        .map_err(|problem| shape(problem.to_string()))
}

fn management(metadata: &json::Node) -> Option<AccountId> {
    let direct =
        text(metadata, &["rootaccountid", "managementaccountid", "masteraccountid", "managementaccount"]);
    if let Some(id) = direct.and_then(|id| AccountId::new(id).ok()) {
        return Some(id);
    }
    let arn = text(metadata, &["rootaccountarn", "managementaccountarn", "masteraccountarn", "arn"])?;
    Arn::parse(arn).ok()?.account_id()
}

/// Nodes by id: of an object its names, of a list the ids in its items.
fn identified(node: &json::Node) -> Vec<(Arc<str>, &json::Node)> {
    let of_object = node.as_object().unwrap_or_default().iter();
    let of_list = node.as_list().unwrap_or_default().iter();
    of_object
        .map(|member| (member.name.as_str().into(), &member.node))
        .chain(of_list.filter_map(|item| Some((text(item, &["id"])?.into(), item))))
        .collect()
}

/// Parents that the tree tells and nothing else did: names and ids in it are nodes, whatever stands between them.
fn grow(node: &json::Node, parent: Option<&Arc<str>>, places: &mut BTreeMap<Arc<str>, Place>) {
    let mut place = |id: &str| -> Option<Arc<str>> {
        let is_node = id.starts_with("r-") || id.starts_with("ou-") || AccountId::new(id).is_ok();
        let id: Arc<str> = id.into();
        is_node.then(|| {
            let place = places.entry(id.clone()).or_default();
            place.parent = place.parent.take().or_else(|| parent.cloned());
            id
        })
    };
    if let Some(id) = node.as_text() {
        place(id);
        return;
    }
    let own = text(node, &["id"]).and_then(&mut place);
    let parent = own.as_ref().or(parent);
    for item in node.as_list().unwrap_or_default() {
        grow(item, parent, places);
    }
    for member in node.as_object().unwrap_or_default() {
        if member.name.eq_ignore_ascii_case("id") || kind(&member.name).is_some() {
            continue;
        }
        let named = {
            let is_node = member.name.starts_with("r-") || member.name.starts_with("ou-");
            is_node.then(|| Arc::<str>::from(member.name.as_str()))
        };
        if let Some(id) = &named {
            let place = places.entry(id.clone()).or_default();
            place.parent = place.parent.take().or_else(|| parent.cloned());
        }
        grow(&member.node, named.as_ref().or(parent), places);
    }
}

/// The type of policy that a name means: `scps`, `rcps`, or an API name.
fn kind(name: &str) -> Option<OrganizationPolicyKind> {
    match name.to_lowercase().as_str() {
        "scp" | "scps" | "service_control_policy" => Some(OrganizationPolicyKind::ServiceControl),
        "rcp" | "rcps" | "resource_control_policy" => Some(OrganizationPolicyKind::ResourceControl),
        "bedrock" | "bedrock-policies" | "bedrock_policy" => Some(OrganizationPolicyKind::Bedrock),
        _ => None,
    }
}

/// The types that are said to be enabled.
fn enabled(features: &json::Node) -> BTreeSet<OrganizationPolicyKind> {
    let is_on = |node: &json::Node| match &node.value {
        json::Value::Bool(value) => *value,
        json::Value::Text(text) => text.eq_ignore_ascii_case("enabled"),
        json::Value::Object(_) => {
            text(node, &["status"]).is_some_and(|text| text.eq_ignore_ascii_case("enabled"))
        }
        json::Value::Null | json::Value::Number(_) | json::Value::List(_) => false,
    };
    let of_object = features.as_object().unwrap_or_default().iter();
    let of_object = of_object.filter(|member| is_on(&member.node)).filter_map(|member| kind(&member.name));
    let of_list = features.as_list().unwrap_or_default().iter().filter_map(|item| {
        item.as_text().or_else(|| text(item, &["type"]).filter(|_| is_on(item))).and_then(kind)
    });
    of_object.chain(of_list).collect()
}

fn last_part(text: &str) -> Arc<str> {
    text.rsplit('/').next().unwrap_or_default().into()
}

fn policy(
    reader: &Reader<'_>,
    kind: &OrganizationPolicyKind,
    id: &str,
    thing: &Thing,
    missing: &mut Vec<Arc<Missing>>,
) -> OrganizationPolicy {
    let metadata = thing.files.get("metadata").and_then(|content| content.parsed.as_ref().ok());
    let field = |names: &[&str]| metadata.and_then(|node| text(node, names)).map(Arc::from);
    let policy_type = match kind {
        OrganizationPolicyKind::ServiceControl => Some(PolicyType::ServiceControl),
        OrganizationPolicyKind::ResourceControl => Some(PolicyType::ResourceControl),
        OrganizationPolicyKind::Bedrock | OrganizationPolicyKind::Other(_) => None,
    };
    let lacks = || {
        let missing = Missing::never_asked(None, None, "the text of a policy of the organisation");
        Arc::new(Missing { item: Some(id.into()), reason: Reason::NoText, ..missing })
    };
    let document = policy_type.map(|policy_type| {
        reader.document(thing, "policy", policy_type).and_then(|document| match document {
            Some(document) => Known::Known(document),
            None => Known::Unknown(lacks()),
        })
    });
    missing.extend(document.iter().filter_map(Known::missing).cloned());
    let content = thing.files.get("policy").filter(|content| content.parsed.is_ok());
    let text = |content: &Content| Arc::from(String::from_utf8_lossy(&content.bytes).as_ref());
    // The folders are in lower case; the id keeps its case in the metadata.
    let of_arn = || field(&["arn"]).map(|arn: Arc<str>| last_part(&arn));
    let id: Arc<str> = field(&["id"]).or_else(of_arn).unwrap_or_else(|| id.into());
    OrganizationPolicy {
        arn: field(&["arn"]).unwrap_or_else(|| id.clone()),
        name: field(&["name"]).unwrap_or_else(|| id.clone()),
        kind: kind.clone(),
        aws_managed: metadata
            .and_then(|node| get(node, &["awsmanaged"]))
            .is_some_and(|node| node.value == json::Value::Bool(true)),
        text: content.map(text).map_or_else(|| Known::Unknown(lacks()), Known::Known),
        document,
        id,
    }
}

fn node(
    management: &AccountId,
    id: Arc<str>,
    place: Place,
    kinds: &BTreeSet<OrganizationPolicyKind>,
    shape: &impl Fn(String) -> Arc<Missing>,
) -> Result<Node, Arc<Missing>> {
    let kind = if id.starts_with("r-") {
        NodeKind::Root
    } else if id.starts_with("ou-") {
        NodeKind::Unit
    } else {
        NodeKind::Account(AccountId::new(&id).map_err(|error| shape(error.to_string()))?)
    };
    let parent = match (&kind, place.parent) {
        (NodeKind::Root, _) => Known::Known(None),
        (NodeKind::Unit | NodeKind::Account(_), Some(parent)) => Known::Known(Some(parent)),
        (NodeKind::Unit | NodeKind::Account(_), None) => {
            Known::Unknown(shape(format!("nothing says where `{id}` stands")))
        }
    };
    let mut attached: BTreeMap<_, _> =
        place.attached.into_iter().map(|(kind, ids)| (kind, Known::Known(ids))).collect();
    for kind in kinds {
        let unknown = || Known::Unknown(shape(format!("nothing says which {kind} is attached to `{id}`")));
        attached.entry(kind.clone()).or_insert_with(unknown);
    }
    let arn = place.arn.unwrap_or_else(|| format!("arn:aws:organizations::{management}:{id}").into());
    Ok(Node {
        arn,
        name: place.name,
        path: parent.as_ref().map(|_| "".into()),
        kind,
        parent,
        state: None,
        attached,
        id,
    })
}

//! The resources of an account in one Region, as its folder tells.
//!
//! Which answers hold resources, and what of them becomes a fact, is data (`data/resources.toml`); here rows are
//! followed. Whether a list is complete is kept beside what it holds. Follows the API references of the services,
//! row by row.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use iam::arn::Arn;
use iam::estate::{
    Document, Fact, FactKind, Known, Missing, PublicAccessBlock, Reason, Resource, ResourceKind, Tag,
};
use iam::json::Node;
use iam::policy::PolicyType;
use serde::Deserialize;

use crate::calls::{self, Call, From, Parameter};
use crate::documents::{Documents, Raw};
use crate::folder::{Folder, Tree};
use crate::select::{self, fill, member, scalars};

const TABLE: &str = include_str!("../data/resources.toml");

/// How answers become resources of one kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    kind: Name<ResourceKind>,
    list: String,
    #[serde(default)]
    items: Option<String>,
    #[serde(default)]
    optional: bool,
    arn: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    foreign: bool,
    #[serde(default)]
    untaggable: bool,
    #[serde(default)]
    detail: Option<Detail>,
    #[serde(default)]
    draft: Option<Detail>,
    #[serde(default)]
    facts: Vec<(Name<FactKind>, String)>,
    #[serde(default)]
    listed: Vec<(Name<FactKind>, String)>,
    #[serde(default)]
    policy: Option<Side>,
    #[serde(default)]
    tags: Option<Side>,
    #[serde(default)]
    public_access_block: Option<Side>,
}

/// The call with more about each resource.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Detail {
    call: String,
    items: Vec<String>,
    #[serde(default)]
    at: Option<String>,
    #[serde(default)]
    has: Option<String>,
}

/// A call with something that belongs to a resource; without a call it stands in the list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Side {
    #[serde(default)]
    call: Option<String>,
    #[serde(default)]
    item: String,
    at: String,
    #[serde(default)]
    optional: bool,
}

/// A kind by its name.
#[derive(Clone, Copy, Debug)]
struct Name<T>(T);

impl<'de> Deserialize<'de> for Name<ResourceKind> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let kind = ResourceKind::from_name(&name);
        kind.map(Self).ok_or_else(|| serde::de::Error::custom(format!("`{name}` is no kind of resource")))
    }
}

impl<'de> Deserialize<'de> for Name<FactKind> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let kind = FactKind::from_name(&name);
        kind.map(Self).ok_or_else(|| serde::de::Error::custom(format!("`{name}` is no kind of fact")))
    }
}

#[derive(Deserialize)]
struct Table {
    resource: Vec<Row>,
}

static ROWS: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(TABLE).expect("the table of resources that is built in can be read"));

/// The rows whose list is asked for with this scope.
pub(crate) fn rows(scope: calls::Scope) -> impl Iterator<Item = &'static Row> {
    ROWS.resource.iter().filter(move |row| row.call().scope == scope)
}

impl Row {
    /// The kind of resource.
    pub(crate) fn kind(&self) -> ResourceKind {
        self.kind.0
    }

    /// The call that lists them.
    fn call(&self) -> &'static Call {
        let name = self.list.split('/').next().unwrap_or_default();
        calls::call(name).expect("every list of the table of resources is in the table of calls")
    }
}

/// An answer; known to be none where AWS said so.
type Answer = Known<Option<Rc<Tree>>>;

/// One Region of an account, with the answers that were looked at.
pub(crate) struct Inventory<'a> {
    pub folder: &'a Folder<'a>,
    pub region: &'a str,
    pub partition: &'a str,
    pub documents: &'a Documents,
    trees: RefCell<HashMap<(String, Vec<String>), Answer>>,
    missing: RefCell<Vec<Arc<Missing>>>,
}

/// Values that a call is made for, and why there may be more.
type Values = (Vec<String>, Option<Arc<Missing>>);

impl<'a> Inventory<'a> {
    pub(crate) fn new(
        folder: &'a Folder<'a>,
        region: &'a str,
        partition: &'a str,
        documents: &'a Documents,
    ) -> Self {
        let (trees, missing) = (RefCell::default(), RefCell::default());
        Self { folder, region, partition, documents, trees, missing }
    }

    /// Everything that could not be learned so far.
    pub(crate) fn into_missing(self) -> Vec<Arc<Missing>> {
        self.missing.into_inner()
    }

    /// Remembers that something could not be learned; what was never asked, only by its call.
    pub(crate) fn note(&self, why: &Arc<Missing>) {
        let noted = match (&why.reason, &why.item) {
            (Reason::NeverAsked, Some(_)) => Arc::new(Missing { item: None, ..why.as_ref().clone() }),
            _ => why.clone(),
        };
        self.missing.borrow_mut().push(noted);
    }

    /// The answer to a call.
    pub(crate) fn tree(&self, call: &str, items: &[&str]) -> Answer {
        let key = (call.to_owned(), items.iter().map(|item| (*item).to_owned()).collect());
        if let Some(known) = self.trees.borrow().get(&key) {
            return known.clone();
        }
        let tree = self.folder.tree(self.region, call, items).map(|tree| tree.map(Rc::new));
        if let Known::Unknown(why) = &tree {
            self.note(why);
        }
        self.trees.borrow_mut().insert(key, tree.clone());
        tree
    }

    /// The items that a call is made for, and why there may be more.
    pub(crate) fn items(&self, call: &Call) -> (Vec<Vec<String>>, Option<Arc<Missing>>) {
        let mut all = vec![Vec::new()];
        let mut gap = None;
        for parameter in &call.each {
            let mut longer = Vec::new();
            for before in all {
                let (values, missing) = self.values(parameter, &before);
                gap = gap.or(missing);
                longer.extend(values.into_iter().map(|value| [before.clone(), vec![value]].concat()));
            }
            all = longer;
        }
        (all, gap)
    }

    fn values(&self, parameter: &Parameter, before: &[String]) -> Values {
        let mut values = parameter.values.clone();
        let mut gap = None;
        for From(from, path) in &parameter.from {
            let (call, item) =
                from.split_once('/').map_or((from.as_str(), None), |(call, item)| (call, Some(item)));
            let Some(row) = calls::call(call) else { continue };
            let asked: Vec<Vec<String>> = match item {
                Some(item) => vec![vec![item.to_owned()]],
                None if !before.is_empty() && !row.each.is_empty() => vec![before.to_vec()],
                None => {
                    let (asked, missing) = self.items(row);
                    gap = gap.or(missing);
                    asked
                }
            };
            for items in asked {
                let items: Vec<&str> = items.iter().map(String::as_str).collect();
                match self.tree(call, &items) {
                    Known::Known(Some(tree)) => match lacks(call, &tree.root) {
                        None => values.extend(select::texts(&tree.root, path)),
                        Some(reason) => {
                            let why = self.folder.missing(self.region, call, &items, reason);
                            gap = gap.or(Some(Arc::new(why)));
                        }
                    },
                    Known::Known(None) => {}
                    Known::Unknown(why) => gap = gap.or(Some(why)),
                }
            }
        }
        values.sort();
        values.dedup();
        values.retain(|value| !parameter.skip.contains(value));
        (values, gap)
    }

    /// The resources of one kind, and whether these are all.
    pub(crate) fn resources(&self, row: &Row) -> (Vec<Resource>, Known<()>) {
        let (call, item) =
            row.list.split_once('/').map_or((row.list.as_str(), None), |(call, item)| (call, Some(item)));
        let (lists, mut gap) = match item {
            Some(item) => (vec![vec![item.to_owned()]], None),
            None => self.items(row.call()),
        };
        let mut found = Vec::new();
        for items in lists {
            let item_refs: Vec<&str> = items.iter().map(String::as_str).collect();
            let tree = match self.tree(call, &item_refs) {
                Known::Known(Some(tree)) => tree,
                Known::Known(None) => continue,
                Known::Unknown(why) => {
                    gap = gap.or(Some(why));
                    continue;
                }
            };
            let unusable = |reason| Arc::new(self.folder.missing(self.region, call, &item_refs, reason));
            match entries(row, &tree.root) {
                Ok(entries) => {
                    for entry in entries {
                        let read = Reading { inventory: self, row, items: &items, entry };
                        match read.resource() {
                            Ok(resource) => found.push(resource),
                            Err(reason) => {
                                let why = unusable(reason);
                                self.note(&why);
                                gap = gap.or(Some(why));
                            }
                        }
                    }
                }
                Err(reason) => {
                    let why = unusable(reason);
                    self.note(&why);
                    gap = gap.or(Some(why));
                }
            }
        }
        (found, gap.map_or(Known::Known(()), Known::Unknown))
    }
}

/// What an answer lacks that it always has, so that there may be more items than it names.
fn lacks(call: &str, root: &Node) -> Option<Reason> {
    let is_list = |row: &&Row| row.list.split('/').next() == Some(call);
    if let Some(row) = ROWS.resource.iter().find(is_list) {
        return entries(row, root).err();
    }
    let details = ROWS.resource.iter().flat_map(|row| row.detail.iter().chain(&row.draft));
    let detail = details.into_iter().find(|detail| detail.call == call)?;
    let name = detail.at.as_ref().or(detail.has.as_ref())?;
    let reason = || Reason::Shape { problem: format!("`{name}` is missing") };
    member(root, name).is_none().then(reason)
}

/// The entries of a list, or the answer itself where it is about one thing.
fn entries<'t>(row: &Row, root: &'t Node) -> Result<Vec<&'t Node>, Reason> {
    let Some(name) = &row.items else { return Ok(vec![root]) };
    match member(root, name) {
        Some(list) => match list.as_list() {
            Some(list) => Ok(list.iter().collect()),
            None => Err(Reason::Shape { problem: format!("`{name}` is {}", list.kind()) }),
        },
        None if row.optional => Ok(Vec::new()),
        None => Err(Reason::Shape { problem: format!("`{name}` is missing") }),
    }
}

/// One entry of a list on its way to become a resource.
struct Reading<'r> {
    inventory: &'r Inventory<'r>,
    row: &'r Row,
    items: &'r [String],
    entry: &'r Node,
}

impl Reading<'_> {
    fn resource(&self) -> Result<Resource, Reason> {
        let row = self.row;
        let lacks = || Reason::Shape { problem: format!("an entry without `{}`", row.arn) };
        let arn = if row.arn.contains('{') {
            self.fill(&row.arn)
        } else {
            select::text(self.entry, &row.arn).map(str::to_owned)
        };
        let arn = arn.ok_or_else(lacks)?;
        let parts =
            Arn::parse(&arn).map_err(|_| Reason::Shape { problem: format!("`{arn}` is not an ARN") })?;
        let own = self.inventory.folder.account.as_str();
        if !row.foreign && !parts.account.is_empty() && parts.account != own {
            return Err(Reason::Foreign { found: format!("`{arn}`") });
        }
        let text = |name: &Option<String>| name.as_ref().and_then(|name| select::shared(self.entry, name));
        Ok(Resource {
            kind: row.kind(),
            region: self.inventory.region.into(),
            name: text(&row.name),
            status: text(&row.status),
            tags: self.tags(&arn),
            policy: self.policy(&arn),
            public_access_block: match &row.public_access_block {
                Some(side) => self.public_access_block(side),
                None => Known::Known(None),
            },
            facts: self.facts(&arn),
            arn: arn.into(),
        })
    }

    fn fill(&self, template: &str) -> Option<String> {
        fill(template, |name| match name {
            "partition" => Some(self.inventory.partition.to_owned()),
            "account" => Some(self.inventory.folder.account.as_str().to_owned()),
            "region" => Some(self.inventory.region.to_owned()),
            "1" => self.items.first().cloned(),
            path => scalars(self.entry, path).into_iter().next(),
        })
    }

    /// The answer to a call about this resource, and what its item was.
    fn side(&self, call: &str, template: &str) -> Answer {
        match self.fill(template) {
            Some(item) => self.inventory.tree(call, &[&item]),
            None => self.lacks(template),
        }
    }

    fn lacks<T>(&self, template: &str) -> Known<T> {
        let reason = Reason::Shape { problem: format!("an entry without `{template}`") };
        let items: Vec<&str> = self.items.iter().map(String::as_str).collect();
        let list = self.row.list.split('/').next().unwrap_or_default();
        Known::Unknown(Arc::new(self.inventory.folder.missing(self.inventory.region, list, &items, reason)))
    }

    fn facts(&self, arn: &str) -> Known<Arc<[Fact]>> {
        let row = self.row;
        let mut facts = self.facts_of(&row.listed, self.entry);
        let Some(detail) = &row.detail else {
            facts.extend(self.facts_of(&row.facts, self.entry));
            return Known::Known(sorted(facts));
        };
        let last = detail.items.last().and_then(|template| self.fill(template));
        let detail = match (&row.draft, last.as_deref()) {
            (Some(draft), Some("DRAFT")) => draft,
            (_, _) => detail,
        };
        let Some(items) = detail.items.iter().map(|item| self.fill(item)).collect::<Option<Vec<_>>>() else {
            return self.lacks(&detail.items.join(" "));
        };
        let items: Vec<&str> = items.iter().map(String::as_str).collect();
        let folder = self.inventory.folder;
        let unknown = |reason| {
            let why = Arc::new(folder.missing(self.inventory.region, &detail.call, &items, reason));
            self.inventory.note(&why);
            Known::Unknown(why)
        };
        match self.inventory.tree(&detail.call, &items) {
            Known::Known(Some(tree)) => {
                let name = detail.at.as_ref().or(detail.has.as_ref()).map_or("", String::as_str);
                let Some(found) = member(&tree.root, name) else {
                    return unknown(Reason::Shape { problem: format!("`{name}` is missing") });
                };
                let about = if detail.at.is_some() { found } else { &tree.root };
                if let Some(found) = of_another(detail, &items, arn, about) {
                    return unknown(Reason::Foreign { found });
                }
                facts.extend(self.facts_of(&row.facts, about));
                Known::Known(sorted(facts))
            }
            Known::Known(None) => unknown(Reason::Shape { problem: "it is said not to exist".to_owned() }),
            Known::Unknown(why) => Known::Unknown(why),
        }
    }

    fn facts_of(&self, rows: &[(Name<FactKind>, String)], node: &Node) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (Name(kind), path) in rows {
            let values = match path.strip_prefix('=') {
                Some(template) => {
                    let in_node = |name: &str| scalars(node, name).into_iter().next();
                    // A template speaks of the detail first, then of the list.
                    fill(template, |name| in_node(name).or_else(|| self.fill(&format!("{{{name}}}"))))
                        .into_iter()
                        .collect()
                }
                None => scalars(node, path),
            };
            facts.extend(values.into_iter().map(|value| Fact { kind: *kind, value: value.into() }));
        }
        facts
    }

    fn policy(&self, arn: &str) -> Known<Option<Document>> {
        let Some(side) = &self.row.policy else {
            if ResourceKind::takes_policy(arn) == Some(false) {
                return Known::Known(None);
            }
            let folder = self.inventory.folder;
            let missing = Missing::never_asked(
                Some(&folder.account),
                Some(self.inventory.region),
                "resource-based policy",
            );
            return Known::Unknown(Arc::new(Missing { item: Some(arn.into()), ..missing }));
        };
        let call = side.call.as_deref().unwrap_or_default();
        self.side(call, &side.item).and_then(|tree| {
            let Some(tree) = tree else { return Known::Known(None) };
            let item = self.fill(&side.item).unwrap_or_default();
            let missing =
                |reason| self.inventory.folder.missing(self.inventory.region, call, &[&item], reason);
            let shape = |problem| Known::Unknown(Arc::new(missing(Reason::Shape { problem })));
            if let Some(other) = select::text(&tree.root, "ARN").filter(|other| *other != arn) {
                let why = Arc::new(missing(Reason::Foreign { found: format!("`{other}`") }));
                self.inventory.note(&why);
                return Known::Unknown(why);
            }
            let read = match member(&tree.root, &side.at) {
                None if side.optional => return Known::Known(None),
                None => shape(format!("`{}` is missing", side.at)),
                Some(node) if side.optional && node.as_text().is_some_and(str::is_empty) => {
                    return Known::Known(None);
                }
                Some(node) => match Raw::of(node) {
                    Some(raw) => {
                        let why = || missing(Reason::NoText);
                        let documents = self.inventory.documents;
                        documents.read(&tree.file, &tree.bytes, &raw, PolicyType::Resource, why)
                    }
                    None => shape(format!("`{}` is {}", side.at, node.kind())),
                },
            };
            if let Known::Unknown(why) = &read {
                self.inventory.note(why);
            }
            read.map(Some)
        })
    }

    fn tags(&self, arn: &str) -> Known<Arc<[Tag]>> {
        if self.row.untaggable {
            return Known::Known(Arc::new([]));
        }
        let Some(side) = &self.row.tags else {
            let folder = self.inventory.folder;
            let missing = Missing::never_asked(Some(&folder.account), Some(self.inventory.region), "tags");
            return Known::Unknown(Arc::new(Missing { item: Some(arn.into()), ..missing }));
        };
        match &side.call {
            Some(call) => self.side(call, &side.item).map(|tree| match tree {
                Some(tree) => tags(member(&tree.root, &side.at)),
                None => Arc::new([]) as Arc<[Tag]>,
            }),
            None => Known::Known(tags(member(self.entry, &side.at))),
        }
    }

    fn public_access_block(&self, side: &Side) -> Known<Option<PublicAccessBlock>> {
        let call = side.call.as_deref().unwrap_or_default();
        self.side(call, &side.item).and_then(|tree| match tree {
            Some(tree) => match member(&tree.root, &side.at) {
                Some(node) => Known::Known(Some(public_access_block(node))),
                None => self.lacks(&side.at),
            },
            None => Known::Known(None),
        })
    }
}

/// What an answer is about, where it says that and it is not what was asked for: its own id or ARN is another one.
fn of_another(detail: &Detail, items: &[&str], arn: &str, about: &Node) -> Option<String> {
    let differs = |name: &str, expected: &[&str]| {
        let found = select::text(about, name)?;
        (!expected.contains(&found)).then(|| format!("`{found}`"))
    };
    let by_name = || {
        detail.items.iter().zip(items).find_map(|(template, item)| {
            let name = template.strip_prefix('{')?.strip_suffix('}')?;
            match name {
                "1" => differs("agentId", &[item]).or_else(|| differs("id", &[item])),
                name if name.contains(['{', '[', '.']) => None,
                name => differs(name, &[item]),
            }
        })
    };
    let all: Vec<&str> = items.iter().copied().chain([arn]).collect();
    detail.has.as_ref().and_then(|name| differs(name, &all)).or_else(by_name)
}

fn sorted(mut facts: Vec<Fact>) -> Arc<[Fact]> {
    facts.sort();
    facts.dedup();
    facts.into()
}

/// Tags as a list of objects or as an object.
pub(crate) fn tags(node: Option<&Node>) -> Arc<[Tag]> {
    let Some(node) = node else { return Arc::new([]) };
    let text = |tag: &Node, names: [&str; 2]| names.iter().find_map(|name| select::shared(tag, name));
    let of_list = node.as_list().unwrap_or_default().iter().filter_map(|tag| {
        Some(Tag {
            key: text(tag, ["Key", "key"])?,
            value: text(tag, ["Value", "value"]).unwrap_or_default(),
        })
    });
    let of_object = node.as_object().unwrap_or_default().iter().filter_map(|member| {
        Some(Tag { key: member.name.as_str().into(), value: member.node.as_text()?.into() })
    });
    let mut tags: Vec<Tag> = of_list.chain(of_object).collect();
    tags.sort();
    tags.into()
}

/// The four settings; one that AWS leaves out is off.
pub(crate) fn public_access_block(node: &Node) -> PublicAccessBlock {
    let is_on = |name: &str| select::flag(node, name) == Some(true);
    PublicAccessBlock {
        block_public_acls: is_on("BlockPublicAcls"),
        ignore_public_acls: is_on("IgnorePublicAcls"),
        block_public_policy: is_on("BlockPublicPolicy"),
        restrict_public_buckets: is_on("RestrictPublicBuckets"),
    }
}

#[cfg(test)]
mod tests {
    //! The table of resources fits the table of calls.

    use super::*;

    #[test]
    fn every_call_of_a_row_is_one_that_is_made() {
        for row in &ROWS.resource {
            let details = row.detail.iter().chain(&row.draft);
            for detail in details {
                let call = calls::call(&detail.call).unwrap_or_else(|| panic!("{}", detail.call));
                assert_eq!(call.each.len(), detail.items.len(), "{}", detail.call);
                assert_eq!(call.scope, row.call().scope, "{}", detail.call);
                assert!(detail.at.is_some() != detail.has.is_some(), "{}", detail.call);
            }
            let sides = row.policy.iter().chain(&row.tags).chain(&row.public_access_block);
            for call in sides.filter_map(|side| side.call.as_ref()) {
                let found = calls::call(call).unwrap_or_else(|| panic!("{call}"));
                assert_eq!((found.each.len(), found.scope), (1, row.call().scope), "{call}");
            }
        }
    }

    #[test]
    fn a_kind_that_takes_policies_is_asked_for_them() {
        for row in &ROWS.resource {
            let asked = row.policy.is_some();
            let sample =
                if row.arn.contains('{') { fill(&row.arn, |name| Some(name.to_owned())) } else { None };
            if let Some(arn) = sample {
                assert_eq!(ResourceKind::takes_policy(&arn), Some(asked), "{arn}");
            }
        }
    }
}

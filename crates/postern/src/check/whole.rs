//! A whole data set, for rules that one document does not tell enough: who is there, and where what is found stands.
//!
//! Asks the evaluator and decides nothing. What is missing from the data set makes an answer unknown.

use std::ops::Range;

use iam::action::Action;
use iam::arn::AccountId;
use iam::context::Context;
use iam::estate::{
    Account, Estate, Identity, Known, KnownLayers, Node, NodeKind, Organization, OrganizationPolicy,
    OrganizationPolicyKind, Resource,
};
use iam::json;
use iam::principal::Principal;
use iam::request::Completeness;
use iam::{Decision, Outcome};

use super::document::Document;
use super::finding::{Exactness, Finding};
use super::read::Unknown;
use super::rule::Rule;
use super::source::Source;

/// A data set with the texts that it was read from.
pub struct Whole<'a> {
    pub estate: &'a Estate,
    /// The folder, as the sources name it.
    root: &'a str,
    sources: &'a [Source],
    documents: &'a [Document],
}

/// Where something stands.
#[derive(Clone, Debug)]
pub struct Place {
    source: usize,
    at: Range<usize>,
    name: Option<String>,
    exactness: Exactness,
}

/// What a rule says of a data set.
#[derive(Debug)]
pub struct Told {
    rule: &'static Rule,
    pub findings: Vec<Finding>,
    /// What cannot be said, with the number of the source.
    pub unknowns: Vec<(usize, Unknown)>,
}

/// How somebody stands to an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    May,
    /// Only where these condition keys say so.
    MayIf(Vec<String>),
    MayNot,
    /// For these reasons.
    Unknown(Vec<String>),
}

/// A user or a role that somebody can act as.
#[derive(Clone, Debug)]
pub struct Person<'a> {
    pub identity: &'a Identity,
    pub principal: Principal,
}

/// An entry of an answer of AWS.
#[derive(Clone, Debug)]
pub struct Entry {
    pub node: json::Node,
    pub place: Place,
}

impl Told {
    /// Nothing yet.
    pub fn new(rule: &'static Rule) -> Self {
        Self { rule, findings: Vec::new(), unknowns: Vec::new() }
    }

    /// Adds a finding, with what the rule says of all of its findings; the finding may be changed.
    pub fn add(&mut self, place: &Place, message: impl Into<String>) -> &mut Finding {
        self.findings.push(Finding {
            rule: self.rule,
            severity: self.rule.severity,
            confidence: self.rule.confidence,
            message: message.into(),
            instead: String::new(),
            source: place.source,
            start: place.at.start,
            end: place.at.end,
            document: place.name.clone(),
            exactness: place.exactness,
        });
        self.findings.last_mut().expect("one was just pushed")
    }

    /// Says that something is not known, and why.
    pub fn unknown(&mut self, place: &Place, what: impl Into<String>, reason: impl Into<String>) {
        let unknown = Unknown { what: what.into(), reason: reason.into().into(), at: place.at.start };
        self.unknowns.push((place.source, unknown));
    }
}

impl<'a> Whole<'a> {
    /// A data set in a folder, with every source and document that was read.
    pub fn new(estate: &'a Estate, root: &'a str, sources: &'a [Source], documents: &'a [Document]) -> Self {
        Self { estate, root, sources, documents }
    }

    /// The sources of the data set, with the path of each in it.
    fn own_sources(&self) -> impl Iterator<Item = (usize, &'a Source, &'a str)> {
        let root = self.root.trim_end_matches('/');
        self.sources.iter().enumerate().filter_map(move |(number, source)| {
            let path = source.path.strip_prefix(root)?.strip_prefix(['/', '\\'])?;
            Some((number, source, path))
        })
    }

    /// The text of a policy of an organisation.
    pub fn document(&self, policy: &OrganizationPolicy) -> Option<&'a Document> {
        let end = format!("/organizations.DescribePolicy/{}.json", policy.id);
        let (number, ..) = self.own_sources().find(|(_, _, path)| path.ends_with(&end))?;
        self.documents.iter().find(|document| document.source == number)
    }

    /// The entries of the answers to a call in an account and Region that have this text in a member.
    pub fn entries(&self, account: &AccountId, region: &str, call: &str, text: &str) -> Vec<Entry> {
        let folder = format!("accounts/{account}/{region}/{call}");
        let of_call = |path: &str| {
            path.strip_prefix(&folder).is_some_and(|rest| rest.starts_with('/') || rest == ".json")
        };
        let mut entries = Vec::new();
        for (number, source, _) in self.own_sources().filter(|(_, _, path)| of_call(path)) {
            let Ok(tree) = json::parse(source.text.as_bytes()) else { continue };
            let mut found = Vec::new();
            holding(&tree, text, &mut found);
            entries.extend(found.into_iter().map(|(node, at)| Entry {
                node: node.clone(),
                place: Place { source: number, at, name: None, exactness: Exactness::Exact },
            }));
        }
        entries
    }

    /// The entry of a resource in the answer that lists it, found by its ARN or the last part of it.
    pub fn entry(&self, account: &AccountId, resource: &Resource, call: &str) -> Option<Entry> {
        let id = resource.arn.rsplit('/').next().unwrap_or_default();
        [resource.arn.as_ref(), id]
            .into_iter()
            .find_map(|text| self.entries(account, &resource.region, call, text).into_iter().next())
    }

    /// The accounts under a node and at it, which policies attached to it govern: the management account is none.
    pub fn governed(&self, organization: &Organization, node: &Node) -> Vec<&'a Account> {
        let below = |account: &&Account| match self.estate.organization_of(account) {
            Known::Known(Some((own, at))) => {
                own.id == organization.id
                    && account.id != organization.management_account
                    && matches!(own.chain(at), Known::Known(chain) if chain.iter().any(|one| one.id == node.id))
            }
            Known::Known(None) | Known::Unknown(_) => false,
        };
        self.estate.accounts().iter().filter(below).collect()
    }

    /// The users and roles of an account that somebody can act as; service-linked roles are nobody's.
    pub fn people(&self, account: &'a Account) -> Vec<Person<'a>> {
        let users = match &account.users {
            Known::Known(users) => users.as_slice(),
            Known::Unknown(_) => &[],
        };
        let roles = match &account.roles {
            Known::Known(roles) => roles.as_slice(),
            Known::Unknown(_) => &[],
        };
        let identities =
            users.iter().map(|user| &user.identity).chain(roles.iter().map(|role| &role.identity));
        identities
            .filter(|identity| !identity.arn.contains(":role/aws-service-role/"))
            .filter_map(|identity| {
                let principal = Principal::parse(&identity.arn).ok()?;
                Some(Person { identity, principal })
            })
            .collect()
    }

    /// Why not everybody of an account is known.
    pub fn unread(account: &Account) -> Option<String> {
        account.users.missing().or(account.roles.missing()).map(ToString::to_string)
    }

    /// How a principal stands to an action, by everything that applies to it.
    ///
    /// May means that a request exists which AWS allows: one without the keys that are open is tried first.
    pub fn stands(
        &self,
        principal: &Principal,
        action: &str,
        target: (&str, Option<&AccountId>),
        given: &Context,
    ) -> Stands {
        let action = Action::parse(action).expect("rules ask for actions that can be read");
        let mut given = given.clone();
        if matches!(action.service(), "iam" | "organizations") {
            // Their endpoint in the partition of the public Regions stands there.
            given.derive("aws:RequestedRegion", "us-east-1");
        }
        match self.answered(principal, &action, target, &given, Completeness::Complete) {
            Stands::May => Stands::May,
            Stands::MayIf(_) | Stands::MayNot | Stands::Unknown(_) => {
                self.answered(principal, &action, target, &given, Completeness::Partial)
            }
        }
    }

    fn answered(
        &self,
        principal: &Principal,
        action: &Action,
        (arn, owner): (&str, Option<&AccountId>),
        given: &Context,
        completeness: Completeness,
    ) -> Stands {
        let target = self.estate.target(arn, owner);
        let request = self.estate.request(principal, action, &target, given, completeness);
        let layers = match action.service() {
            // What AWS Organizations takes has no policies of its own; the delegation policy is for other accounts.
            "organizations" => self
                .estate
                .principal_side(principal)
                .zip(self.estate.resource_side("*"))
                .map(|(principal, nothing)| KnownLayers::new(principal, nothing)),
            _ => self.estate.layers(&request, &target),
        };
        let Some(layers) = layers else { return Stands::MayNot };
        let (request, answer) = self.estate.answer(request, layers.at_most());
        if answer.is_refused() {
            return Stands::MayNot;
        }
        let mut missing: Vec<String> = layers.missing_for(&request).map(|(_, why)| why.to_string()).collect();
        missing.sort();
        missing.dedup();
        match answer.outcome {
            Outcome::Decided(Decision::ExplicitDeny | Decision::ImplicitDeny) => Stands::MayNot,
            Outcome::Decided(Decision::Allow) | Outcome::NeedsContext(_) if !missing.is_empty() => {
                Stands::Unknown(missing)
            }
            Outcome::Decided(Decision::Allow) => Stands::May,
            Outcome::NeedsContext(keys) => {
                Stands::MayIf(keys.iter().map(|key| key.as_str().to_owned()).collect())
            }
            Outcome::Unknown(doubts) => Stands::Unknown(doubts.iter().map(ToString::to_string).collect()),
        }
    }
}

impl Stands {
    /// Both: the weaker of the two.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::MayNot, _) | (_, Self::MayNot) => Self::MayNot,
            (Self::Unknown(why), _) | (_, Self::Unknown(why)) => Self::Unknown(why),
            (Self::MayIf(mut keys), Self::MayIf(more)) => {
                keys.extend(more);
                keys.sort();
                keys.dedup();
                Self::MayIf(keys)
            }
            (Self::MayIf(keys), Self::May) | (Self::May, Self::MayIf(keys)) => Self::MayIf(keys),
            (Self::May, Self::May) => Self::May,
        }
    }

    /// Either: the stronger of the two.
    pub fn or(self, other: Self) -> Self {
        let rank = |stands: &Self| match stands {
            Self::May => 0,
            Self::MayIf(_) => 1,
            Self::Unknown(_) => 2,
            Self::MayNot => 3,
        };
        if rank(&other) < rank(&self) { other } else { self }
    }
}

impl Document {
    /// The place of something in the document.
    pub fn place(&self, at: Range<usize>) -> Place {
        Place { source: self.source, at, name: self.name.clone(), exactness: self.exactness }
    }
}

impl Person<'_> {
    /// `role/NAME` or `user/NAME`, with the path, in backticks.
    pub fn name(&self) -> String {
        let arn = &self.identity.arn;
        format!("`{}`", arn.splitn(6, ':').nth(5).unwrap_or(arn))
    }
}

/// An account by its name and id.
pub fn account_name(account: &Account) -> String {
    match &account.name {
        Some(name) => format!("{name} ({})", account.id),
        None => account.id.to_string(),
    }
}

/// A node by its name and id.
pub fn node_name(node: &Node) -> String {
    match (&node.kind, &node.name) {
        (NodeKind::Root, _) => "the root".to_owned(),
        (NodeKind::Unit | NodeKind::Account(_), Some(name)) => format!("{name} ({})", node.id),
        (NodeKind::Unit | NodeKind::Account(_), None) => node.id.to_string(),
    }
}

/// Names in a row, the first few of them.
pub fn in_words(names: &[String]) -> String {
    const NAMED_MAX: usize = 4;
    match names {
        [] => "nobody".to_owned(),
        [one] => one.clone(),
        names if names.len() <= NAMED_MAX => {
            let (last, others) = names.split_last().expect("there are several");
            format!("{} and {last}", others.join(", "))
        }
        names => {
            format!("{} and {} others", names[..NAMED_MAX - 1].join(", "), names.len() - (NAMED_MAX - 1))
        }
    }
}

/// The policies of a type at a node with their places, where the type is enabled.
///
/// # Errors
/// Why it is not known what is attached.
pub fn attached<'o>(
    organization: &'o Organization,
    node: &Node,
    kind: &OrganizationPolicyKind,
) -> Result<Vec<&'o OrganizationPolicy>, String> {
    match &organization.enabled {
        Known::Known(enabled) if !enabled.contains(kind) => return Ok(Vec::new()),
        Known::Known(_) => {}
        Known::Unknown(why) => return Err(why.to_string()),
    }
    organization.attached(node, kind).result().map_err(|why| why.to_string())
}

/// The innermost objects with this text in a member, each with the place of that text.
fn holding<'n>(node: &'n json::Node, text: &str, found: &mut Vec<(&'n json::Node, Range<usize>)>) {
    for item in node.as_list().unwrap_or_default() {
        holding(item, text, found);
    }
    for member in node.as_object().unwrap_or_default() {
        if member.node.as_text() == Some(text) {
            found.push((node, member.node.start..member.node.end));
            return;
        }
    }
    for member in node.as_object().unwrap_or_default() {
        holding(&member.node, text, found);
    }
}

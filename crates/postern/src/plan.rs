//! `plan`: what to change in an organisation so that it holds a charter, and what that changes for whom.
//!
//! The documents are compared with those that an earlier plan made, which their names tell; policies of others are
//! left as they are, counted and named where they deny at the same doors. New documents are attached before old ones
//! are detached, so that nothing is open in between. What changes for whom is worked out by asking everybody at every
//! door before and after. The promises are checked over classes of requests that no statement tells apart
//! ([`promise`]), and said to be checked, not proved.
//!
//! Deliberately absent: a clock, files and AWS. Follows aws-facts §2.1, §2.2.

pub mod buckets;
pub mod budgets;
pub mod effect;
pub mod guardrails;
pub mod init;
pub mod promise;
pub mod proof;
pub mod roles;
pub mod script;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use charter::compile::AreaFence;
use charter::format::{FormatError, format};
use charter::model::Rule;
use charter::pack::{Document, Overflow, Room};
use charter::watch::{Watch, watch};
use charter::{Day, Diagnostic, Level, Model, syntax};
use iam::estate::{
    Document as Stored, Estate, Known, Node, NodeKind, Organization, OrganizationPolicy,
    OrganizationPolicyKind, Origin,
};
use iam::json::Place;
use iam::policy::{Effect, Policy, PolicyType, read};
use reference::digest::sha256_hex;

use self::buckets::Buckets;
use self::budgets::Spending;
use self::guardrails::{Enforced, InForce, Sharing, Unguarded};
use self::roles::Stack;
use crate::input::Complaint;

/// Documents of a fence have names that begin so.
pub const NAME: &str = "postern-";

/// A charter on an organisation, with what has to be done.
#[derive(Debug)]
pub struct Plan {
    pub model: Model,
    pub fences: Vec<AreaFence>,
    pub documents: Vec<Named>,
    /// What it enforces beside them.
    pub enforced: Enforced,
    /// Whether that will be in force; none where the charter enforces no guardrail.
    pub in_force: Option<InForce>,
    /// What holds buckets.
    pub buckets: Buckets,
    /// What areas should cost.
    pub spending: Vec<Spending>,
    /// Guardrails that a script makes.
    pub made: Vec<guardrails::Made>,
    /// Roles that areas make in their accounts.
    pub roles: Vec<Stack>,
    /// What is to be logged and told; none where the charter does not say that it is watched.
    pub watch: Option<Watch>,
    pub steps: Vec<Step>,
    pub budget: Vec<Budget>,
    pub notes: Vec<Note>,
    /// Doors that stay open, whole or in part, by area.
    pub open_doors: Vec<OpenDoor>,
    /// By area under a guardrail, the doors that are open to somebody and on which it does not surely act.
    pub without_guardrail: Vec<Unguarded>,
    /// What is doubtful about the charter.
    pub warnings: Vec<Complaint>,
    /// SHA-256 of the charter's text.
    pub charter_hash: String,
    /// SHA-256 over the policies and nodes of the organisation that the plan starts from.
    pub organization_hash: String,
}

/// A document with its name.
#[derive(Clone, Debug)]
pub struct Named {
    pub name: String,
    pub text: String,
    pub policy: Arc<Policy>,
    pub document: Document,
    /// Whether the organisation has it already.
    pub is_there: bool,
    /// The lines of the charter it comes from, by statement.
    pub lines: Vec<Vec<usize>>,
}

/// One call of AWS Organizations, or of Amazon Bedrock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Writes the policy of a guardrail.
    Share {
        guardrail: String,
    },
    Create {
        kind: OrganizationPolicyKind,
        name: String,
    },
    Attach {
        kind: OrganizationPolicyKind,
        name: String,
        node: Arc<str>,
        node_name: String,
    },
    Detach {
        name: String,
        id: Arc<str>,
        node: Arc<str>,
        node_name: String,
    },
    Delete {
        name: String,
        id: Arc<str>,
    },
}

/// What a node has room for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    pub node: Arc<str>,
    pub name: String,
    /// Policies of others that are attached.
    pub foreign: usize,
    /// Documents of the fence.
    pub own: usize,
    pub documents_max: usize,
    /// Characters of each document of the fence.
    pub characters: Vec<usize>,
    pub characters_max: usize,
    /// How many policies are attached at most while the change is made.
    pub during: usize,
}

/// Something to know before the plan is carried out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// A policy of somebody else denies at the doors too.
    Overlap { policy: Arc<str>, name: Arc<str>, node: Arc<str> },
    /// More is attached while the change is made than AWS takes; some of the old has to go first.
    Gap { node: Arc<str>, name: String, during: usize, documents_max: usize },
    /// Policies of the kind are not switched on.
    NotEnabled { kind: OrganizationPolicyKind },
    /// The policy of a guardrail is somebody else's, or not known, and stays as it is.
    NotShared { guardrail: String, why: String },
    /// Policies below could change what a Bedrock policy says, because an area below says something else.
    Unlocked { name: String, area: String },
    /// A document of an earlier plan was changed by hand.
    Edited { policy: Arc<str>, name: Arc<str> },
}

/// A door that an area leaves open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDoor {
    pub area: String,
    pub door: &'static str,
    /// Whether the charter governs it at all.
    pub managed: bool,
    /// Whether a policy could tell models apart there.
    pub by_model: bool,
}

/// The organisation of an estate, for which a charter holds.
fn organization<'a>(origin: &str, estate: &'a Estate) -> Result<&'a Organization, Vec<Complaint>> {
    match estate.organizations() {
        [one] => Ok(one),
        [] => {
            let complaint = Complaint::new(origin, "there is no organisation that it could hold for");
            Err(vec![
                complaint.hint("a snapshot with the calls of AWS Organizations is needed: docs/snapshot.md"),
            ])
        }
        several => {
            let ids: Vec<&str> = several.iter().map(|each| each.id.as_ref()).collect();
            let message = format!("the data set has several organisations: {}", ids.join(", "));
            Err(vec![Complaint::new(origin, message).hint("a charter holds for one")])
        }
    }
}

/// An account with the ids from the root down to it, and its path.
pub struct Reached<'a> {
    pub account: &'a str,
    pub chain: Vec<&'a str>,
    pub path: &'a str,
}

/// Accounts by what they have alike and their path, with the ids from the root down to the first.
pub type Places<'a, A> = BTreeMap<(A, &'a str), (Vec<&'a str>, Vec<&'a str>)>;

/// The accounts that service control policies reach, and of how many it is not known where they stand.
///
/// The management account is beyond them.
pub fn reached(organization: &Organization) -> (Vec<Reached<'_>>, usize) {
    let (mut reached, mut unknown) = (Vec::new(), 0);
    for node in organization.nodes() {
        let NodeKind::Account(id) = &node.kind else { continue };
        if *id == organization.management_account {
            continue;
        }
        match (organization.chain(node), &node.path) {
            (Known::Known(chain), Known::Known(path)) => {
                let chain = chain.iter().map(|each| each.id.as_ref()).collect();
                reached.push(Reached { account: node.id.as_ref(), chain, path });
            }
            (_, _) => unknown += 1,
        }
    }
    (reached, unknown)
}

/// A charter on the organisation of an estate, with warnings.
///
/// # Errors
/// Everything that is wrong, with its place.
pub fn model(
    origin: &str,
    text: &str,
    estate: &Estate,
    today: Option<&Day>,
) -> Result<(Model, Vec<Diagnostic>), Vec<Complaint>> {
    let told =
        |found: Vec<Diagnostic>| found.iter().map(|each| complaint(origin, text, each)).collect::<Vec<_>>();
    let organization = organization(origin, estate)?;
    let syntax = syntax::read(text).map_err(told)?;
    Model::new(&syntax, organization, today).map_err(told)
}

/// Makes the plan of a charter for the organisation of an estate.
///
/// `origin` is what the charter is called in messages, `today` the day for which days are judged.
///
/// # Errors
/// Everything that is wrong, with its place.
pub fn plan(origin: &str, text: &str, estate: &Estate, today: Option<&Day>) -> Result<Plan, Vec<Complaint>> {
    let told =
        |found: Vec<Diagnostic>| found.iter().map(|each| complaint(origin, text, each)).collect::<Vec<_>>();
    let (model, warnings) = model(origin, text, estate, today)?;
    let organization = organization(origin, estate)?;
    let fences = charter::compile(&model).map_err(told)?;
    let kind = OrganizationPolicyKind::ServiceControl;
    let unknown = |missing: String| {
        let hint = "a plan has to know what is attached: make the snapshot with this call";
        vec![Complaint::new(origin, format!("not known: {missing}")).hint(hint)]
    };
    let there = Attachments::read(organization, &kind).map_err(unknown)?;
    let limit = |id: &str, otherwise: usize| {
        reference::quota(id).and_then(|quota| usize::try_from(quota.limit).ok()).unwrap_or(otherwise)
    };
    let (characters_max, documents_max) = (limit("scp-characters-api", 10_240), limit("scp-per-node", 10));
    // One place stays free, so that something can be denied at once.
    let room = Room {
        characters_max,
        documents_max: organization
            .nodes()
            .iter()
            .map(|node| (node.id.clone(), documents_max.saturating_sub(there.foreign_at(&node.id) + 1)))
            .collect(),
    };
    let packed = charter::pack(&fences, organization, &room).map_err(|overflows| {
        overflows.iter().map(|each| overflown(origin, text, each)).collect::<Vec<_>>()
    })?;
    let documents: Vec<Named> = packed.into_iter().map(|document| named(document, text, &there)).collect();
    let (enforced, in_force, declared) = match declared(organization, &model) {
        None => (Enforced::default(), None, Attachments::default()),
        Some(declared) => {
            let declared = declared.map_err(unknown)?;
            let enforced = guardrails::enforced(origin, text, &model, estate, organization, &declared)?;
            (enforced, model.has_guardrails().then(InForce::default), declared)
        }
    };
    let roles = roles::stacks(origin, text, &model, organization)?;
    let (buckets, controlled) = match controlled(organization, &model) {
        None => (Buckets::default(), Attachments::default()),
        Some(controlled) => {
            let controlled = controlled.map_err(unknown)?;
            (buckets::buckets(origin, text, &model, &controlled)?, controlled)
        }
    };
    let resources = (&buckets, &controlled);
    let steps = steps(organization, &documents, &there, (&enforced, &declared), resources);
    let budget = budget(organization, &documents, &there, documents_max, characters_max);
    let mut notes = notes(organization, &there, &kind);
    notes.extend(notes_on_guardrails(organization, &model, &enforced));
    if !buckets.policies.is_empty() {
        notes.extend(not_enabled(organization, OrganizationPolicyKind::ResourceControl));
    }
    notes.extend(budget.iter().filter(|each| each.during > each.documents_max).map(|each| Note::Gap {
        node: each.node.clone(),
        name: each.name.clone(),
        during: each.during,
        documents_max: each.documents_max,
    }));
    notes.sort();
    let spending = budgets::budgets(&model, organization);
    let made = guardrails::made(&model);
    let mut plan = Plan {
        open_doors: open_doors(&model),
        without_guardrail: guardrails::doors_without(&model),
        watch: model.watch.is_some().then(|| watch(&model)),
        model,
        fences,
        documents,
        enforced,
        in_force,
        buckets,
        spending,
        made,
        roles,
        steps,
        budget,
        notes,
        warnings: warnings.iter().map(|each| complaint(origin, text, each)).collect(),
        charter_hash: sha256_hex(text.as_bytes()),
        organization_hash: hash(organization),
    };
    if plan.in_force.is_some() {
        plan.in_force = Some(guardrails::in_force(&plan.model, &plan.organization_after(organization)));
    }
    Ok(plan)
}

/// What is attached of Bedrock policies; none where neither the charter nor an earlier one says anything of guardrails.
fn declared(organization: &Organization, model: &Model) -> Option<Result<Attachments, String>> {
    let kind = OrganizationPolicyKind::Bedrock;
    let had = organization.policies.iter().any(|policy| policy.kind == kind && is_ours(&policy.name));
    (had || model.has_guardrails()).then(|| Attachments::read(organization, &kind))
}

/// What is attached of resource control policies; none where neither the charter nor an earlier one holds buckets.
fn controlled(organization: &Organization, model: &Model) -> Option<Result<Attachments, String>> {
    let kind = OrganizationPolicyKind::ResourceControl;
    let had = organization.policies.iter().any(|policy| policy.kind == kind && is_ours(&policy.name));
    let has = model.areas.iter().any(|area| !area.buckets.is_empty());
    (had || has).then(|| Attachments::read(organization, &kind))
}

/// Whether policies of a kind would have no effect yet.
fn not_enabled(organization: &Organization, kind: OrganizationPolicyKind) -> Option<Note> {
    match &organization.enabled {
        Known::Known(enabled) if !enabled.contains(&kind) => Some(Note::NotEnabled { kind }),
        Known::Known(_) | Known::Unknown(_) => None,
    }
}

fn notes_on_guardrails(organization: &Organization, model: &Model, enforced: &Enforced) -> Vec<Note> {
    let mut notes = Vec::new();
    if model.has_guardrails() {
        notes.extend(not_enabled(organization, OrganizationPolicyKind::Bedrock));
    }
    for shared in &enforced.shared {
        let why = match &shared.state {
            Sharing::Done | Sharing::Written => continue,
            Sharing::Foreign => "it has a policy already, which may leave accounts out".to_owned(),
            Sharing::Unknown(why) => why.clone(),
        };
        notes.push(Note::NotShared { guardrail: shared.guardrail.clone(), why });
    }
    for declared in enforced.policies.iter().filter(|declared| !declared.policy.is_locked) {
        let (name, area) = (declared.name.clone(), declared.policy.title.clone());
        notes.push(Note::Unlocked { name, area });
    }
    notes
}

impl Plan {
    /// Whether it cannot be carried out as it is: something of others has to change first.
    pub fn is_held_up(&self) -> bool {
        self.notes.iter().any(|note| matches!(note, Note::Gap { .. } | Note::NotEnabled { .. }))
    }

    /// Whether nothing has to be done.
    pub fn is_done(&self) -> bool {
        self.steps.is_empty()
    }

    /// The organisation as it is when the plan has been carried out.
    pub fn organization_after(&self, organization: &Organization) -> Organization {
        let dropped: BTreeSet<Arc<str>> = ours(organization).map(|policy| policy.id.clone()).collect();
        let added = self.documents.iter().map(|document| {
            let stored = document.stored(organization, &self.model.partition);
            (stored, document.document.nodes.clone())
        });
        let declared = self.enforced.policies.iter().map(|declared| {
            let stored = declared.stored(organization, &self.model.partition);
            (stored, vec![declared.policy.node.clone()])
        });
        let controlled = self.buckets.policies.iter().map(|controlled| {
            let stored = controlled.stored(organization, &self.model.partition);
            (stored, vec![controlled.policy.node.clone()])
        });
        organization.clone().with_policies(added.chain(declared).chain(controlled).collect(), &dropped)
    }

    /// What the plan puts in place and takes away; none if it is not known what one of these says.
    pub fn changed(&self, organization: &Organization) -> Option<Changed> {
        let is_moved = |name: &str| {
            self.steps.iter().any(|step| match step {
                Step::Share { .. } => false,
                Step::Create { name: own, .. }
                | Step::Attach { name: own, .. }
                | Step::Detach { name: own, .. }
                | Step::Delete { name: own, .. } => own == name,
            })
        };
        let declared = || self.enforced.policies.iter().any(|declared| is_moved(&declared.name));
        let of_guardrails = ours(organization)
            .any(|policy| policy.kind == OrganizationPolicyKind::Bedrock && is_moved(&policy.name));
        let going = ours(organization)
            .filter(|policy| policy.kind == OrganizationPolicyKind::ServiceControl && is_moved(&policy.name));
        let going = going.map(|policy| match &policy.document {
            Some(Known::Known(document)) => Some(document.policy.clone()),
            Some(Known::Unknown(_)) | None => None,
        });
        let coming = self.documents.iter().filter(|document| is_moved(&document.name));
        let came = coming.map(|document| document.policy.clone()).collect();
        let guardrails = of_guardrails || declared();
        Some(Changed { came, went: going.collect::<Option<_>>()?, guardrails })
    }
}

/// Policies that are put in place, and those that are taken away.
#[derive(Clone, Debug)]
pub struct Changed {
    pub came: Vec<Arc<Policy>>,
    pub went: Vec<Arc<Policy>>,
    /// Whether other guardrails are enforced than before.
    pub guardrails: bool,
}

/// The policies that earlier plans made.
fn ours(organization: &Organization) -> impl Iterator<Item = &OrganizationPolicy> {
    let is_one = |policy: &&OrganizationPolicy| {
        is_ours(&policy.name)
            && matches!(
                policy.kind,
                OrganizationPolicyKind::ServiceControl
                    | OrganizationPolicyKind::ResourceControl
                    | OrganizationPolicyKind::Bedrock
            )
    };
    organization.policies.iter().filter(is_one)
}

impl Named {
    /// The document as a policy of the organisation.
    fn stored(&self, organization: &Organization, partition: &str) -> OrganizationPolicy {
        let id: Arc<str> = format!("p-{}", self.name).into();
        let origin = Origin::File { file: format!("{}.json", self.name).into(), offset: 0, quoted: false };
        OrganizationPolicy {
            arn: format!(
                "arn:{partition}:organizations::{}:policy/{}/service_control_policy/{id}",
                organization.management_account, organization.id
            )
            .into(),
            id,
            name: self.name.as_str().into(),
            kind: OrganizationPolicyKind::ServiceControl,
            aws_managed: false,
            text: Known::Known(self.text.as_str().into()),
            document: Some(Known::Known(Stored { policy: self.policy.clone(), origin })),
        }
    }
}

/// Whether an earlier plan gave a policy its name.
fn is_ours(name: &str) -> bool {
    let suffix = name.strip_prefix(NAME).and_then(|rest| rest.rsplit_once('-'));
    suffix.is_some_and(|(_, hash)| hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What is attached where of policies of one kind, by node.
#[derive(Default)]
pub struct Attachments {
    by_node: BTreeMap<Arc<str>, Vec<IdAndName>>,
    /// Documents of earlier plans: id and text by name.
    ours: BTreeMap<Arc<str>, IdAndText>,
}

type IdAndName = (Arc<str>, Arc<str>);
type IdAndText = (Arc<str>, Known<Arc<str>>);

impl Attachments {
    fn read(organization: &Organization, kind: &OrganizationPolicyKind) -> Result<Self, String> {
        let mut by_node = BTreeMap::new();
        for node in organization.nodes() {
            match organization.attached(node, kind) {
                Known::Known(policies) => {
                    let named = policies.iter().map(|policy| (policy.id.clone(), policy.name.clone()));
                    by_node.insert(node.id.clone(), named.collect());
                }
                Known::Unknown(why) => return Err(format!("what is attached to {}: {why}", node.id)),
            }
        }
        let ours =
            organization.policies.iter().filter(|policy| policy.kind == *kind && is_ours(&policy.name));
        let ours = ours.map(|policy| (policy.name.clone(), (policy.id.clone(), policy.text.clone())));
        Ok(Self { by_node, ours: ours.collect() })
    }

    fn at(&self, node: &str) -> &[IdAndName] {
        self.by_node.get(node).map(Vec::as_slice).unwrap_or_default()
    }

    fn foreign_at(&self, node: &str) -> usize {
        self.at(node).iter().filter(|(_, name)| !is_ours(name)).count()
    }

    /// Whether a document of an earlier plan has this name and says this.
    fn has(&self, name: &str, text: &str) -> bool {
        self.ours.get(name).is_some_and(|(_, known)| match known {
            Known::Known(known) => known.as_ref() == text,
            Known::Unknown(_) => false,
        })
    }

    fn is_attached(&self, name: &str, node: &str) -> bool {
        self.at(node).iter().any(|(_, known)| known.as_ref() == name)
    }
}

/// Gives a document the name that tells what is in it: equal documents have equal names.
fn named(document: Document, charter: &str, there: &Attachments) -> Named {
    let text = document.text();
    let hash = sha256_hex(text.as_bytes());
    let name = format!("{NAME}{}-{}", slug(&document.title), &hash[..8]);
    let is_there = there.has(&name, &text);
    let line = |(start, _): &(usize, usize)| Place::of(charter, *start).line;
    let lines = document.statements.iter().map(|statement| {
        let lines: BTreeSet<usize> =
            statement.origins.iter().filter(|(start, end)| end > start).map(line).collect();
        lines.into_iter().collect()
    });
    let policy = read(text.as_bytes(), PolicyType::ServiceControl).policy;
    let policy = Arc::new(policy.expect("what the compiler writes is a policy"));
    Named { name, text, policy, lines: lines.collect(), document, is_there }
}

/// What an area is called, in the name of what there is one of for it; areas whose names are told apart by signs only are
/// told apart by their nodes.
fn name_of(area: &str, node: &str) -> String {
    format!("{}-{}", slug(area), &sha256_hex(node.as_bytes())[..8])
}

/// What an area is called, in the name of a document.
fn slug(title: &str) -> String {
    let lower = |each: char| if each.is_ascii_alphanumeric() { each.to_ascii_lowercase() } else { '-' };
    let slug: String = title.chars().map(lower).collect();
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "root".to_owned() } else { slug.chars().take(64).collect() }
}

/// A document that is to be in place.
struct Placed<'a> {
    name: &'a str,
    is_there: bool,
    nodes: &'a [Arc<str>],
}

/// First guardrails let themselves be applied, then all that denies or enforces is attached, then what an earlier plan left
/// is taken away.
fn steps(
    organization: &Organization,
    documents: &[Named],
    there: &Attachments,
    (enforced, declared): (&Enforced, &Attachments),
    (buckets, controlled): (&Buckets, &Attachments),
) -> Vec<Step> {
    let of_fence = documents.iter().map(|document| Placed {
        name: &document.name,
        is_there: document.is_there,
        nodes: &document.document.nodes,
    });
    let of_guardrails = enforced.policies.iter().map(|declared| Placed {
        name: &declared.name,
        is_there: declared.is_there,
        nodes: std::slice::from_ref(&declared.policy.node),
    });
    let (fence_in, fence_out) =
        moved(organization, OrganizationPolicyKind::ServiceControl, &of_fence.collect::<Vec<_>>(), there);
    let (guardrails_in, guardrails_out) =
        moved(organization, OrganizationPolicyKind::Bedrock, &of_guardrails.collect::<Vec<_>>(), declared);
    let of_buckets = buckets.policies.iter().map(|controlled| Placed {
        name: &controlled.name,
        is_there: controlled.is_there,
        nodes: std::slice::from_ref(&controlled.policy.node),
    });
    let (buckets_in, buckets_out) = moved(
        organization,
        OrganizationPolicyKind::ResourceControl,
        &of_buckets.collect::<Vec<_>>(),
        controlled,
    );
    let shared = enforced.shared.iter().filter(|shared| shared.state == Sharing::Written);
    let shared = shared.map(|shared| Step::Share { guardrail: shared.guardrail.clone() });
    let coming = shared.chain(fence_in).chain(buckets_in).chain(guardrails_in);
    coming.chain(fence_out).chain(buckets_out).chain(guardrails_out).collect()
}

/// What puts documents of one kind in place, and what takes away those that are no longer meant.
fn moved(
    organization: &Organization,
    kind: OrganizationPolicyKind,
    documents: &[Placed<'_>],
    there: &Attachments,
) -> (Vec<Step>, Vec<Step>) {
    let name_of = |id: &str| node_name(organization, id);
    let (mut coming, mut going) = (Vec::new(), Vec::new());
    for document in documents.iter().filter(|document| !document.is_there) {
        coming.push(Step::Create { kind: kind.clone(), name: document.name.to_owned() });
    }
    for document in documents {
        for node in document.nodes {
            if !(document.is_there && there.is_attached(document.name, node)) {
                let (name, node_name) = (document.name.to_owned(), name_of(node));
                coming.push(Step::Attach { kind: kind.clone(), name, node: node.clone(), node_name });
            }
        }
    }
    let keeps = |name: &str, node: &str| {
        let is_same = |at: &Arc<str>| at.as_ref() == node;
        documents.iter().any(|each| each.is_there && each.name == name && each.nodes.iter().any(is_same))
    };
    for node in organization.nodes() {
        for (id, name) in
            there.at(&node.id).iter().filter(|(_, name)| is_ours(name) && !keeps(name, &node.id))
        {
            going.push(Step::Detach {
                name: name.to_string(),
                id: id.clone(),
                node: node.id.clone(),
                node_name: name_of(&node.id),
            });
        }
    }
    for (name, (id, _)) in &there.ours {
        if !documents.iter().any(|document| document.is_there && document.name == name.as_ref()) {
            going.push(Step::Delete { name: name.to_string(), id: id.clone() });
        }
    }
    (coming, going)
}

/// What a node is called: the path of its names, or its id.
pub fn node_name(organization: &Organization, id: &str) -> String {
    let Some(node) = organization.node(id) else { return id.to_owned() };
    match organization.chain(node) {
        Known::Known(chain) => {
            let names: Vec<&str> =
                chain.iter().skip(1).map(|each| each.name.as_deref().unwrap_or(&each.id)).collect();
            format!("/{}", names.join("/"))
        }
        Known::Unknown(_) => id.to_owned(),
    }
}

fn budget(
    organization: &Organization,
    documents: &[Named],
    there: &Attachments,
    documents_max: usize,
    characters_max: usize,
) -> Vec<Budget> {
    let of_node = |node: &Node| {
        let own: Vec<&Named> =
            documents.iter().filter(|each| each.document.nodes.contains(&node.id)).collect();
        let old = there.at(&node.id).iter().filter(|(_, name)| is_ours(name));
        let gone =
            old.filter(|(_, name)| !own.iter().any(|each| each.is_there && each.name == name.as_ref()));
        let foreign = there.foreign_at(&node.id);
        let during = foreign + own.len() + gone.count();
        (!own.is_empty() || during > foreign).then(|| Budget {
            node: node.id.clone(),
            name: node_name(organization, &node.id),
            foreign,
            own: own.len(),
            documents_max,
            characters: own.iter().map(|each| each.text.chars().count()).collect(),
            characters_max,
            during,
        })
    };
    organization.nodes().iter().filter_map(of_node).collect()
}

fn notes(organization: &Organization, there: &Attachments, kind: &OrganizationPolicyKind) -> Vec<Note> {
    let mut notes = Vec::new();
    if let Known::Known(enabled) = &organization.enabled
        && !enabled.contains(kind)
    {
        notes.push(Note::NotEnabled { kind: kind.clone() });
    }
    for policy in organization.policies.iter().filter(|policy| policy.kind == *kind) {
        if is_ours(&policy.name) {
            let hash = policy.name.rsplit('-').next().unwrap_or_default();
            if let Known::Known(text) = &policy.text
                && !sha256_hex(text.as_bytes()).starts_with(hash)
            {
                notes.push(Note::Edited { policy: policy.id.clone(), name: policy.name.clone() });
            }
            continue;
        }
        let Some(Known::Known(document)) = &policy.document else { continue };
        let denies = document.policy.statements.iter().any(|statement| {
            statement.effect == Ok(Effect::Deny)
                && reference::doors().iter().flat_map(|door| &door.actions).any(|action| {
                    let name = format!("{}:{}", action.service, action.name);
                    iam::Action::parse(&name).is_ok_and(|action| statement.action.matches(&action))
                })
        });
        if denies {
            for node in organization.nodes() {
                if there.at(&node.id).iter().any(|(id, _)| *id == policy.id) {
                    notes.push(Note::Overlap {
                        policy: policy.id.clone(),
                        name: policy.name.clone(),
                        node: node_name(organization, &node.id).into(),
                    });
                }
            }
        }
    }
    notes
}

/// Doors that the charter leaves open to somebody, and could not close model by model.
fn open_doors(model: &Model) -> Vec<OpenDoor> {
    let mut open = Vec::new();
    for area in &model.areas {
        for door in reference::doors() {
            let by_model = charter::model::takes_models(door);
            let state = match area.rules.get(door.id.as_str()) {
                Some(Rule::Unmanaged) => Some(false),
                Some(Rule::Managed { permits, .. })
                    if permits.iter().any(|permit| permit.models.is_none()) =>
                {
                    (!by_model || permits.iter().any(|permit| permit.callers.is_none())).then_some(true)
                }
                Some(Rule::Managed { .. }) | None => None,
            };
            if let Some(managed) = state {
                open.push(OpenDoor { area: area.name.clone(), door: &door.id, managed, by_model });
            }
        }
    }
    open
}

/// SHA-256 over what the plan depends on of the organisation: nodes, parents, policies and where they are attached.
fn hash(organization: &Organization) -> String {
    let mut text = format!("{}\n", organization.id);
    for node in organization.nodes() {
        let parent = match &node.parent {
            Known::Known(parent) => parent.as_deref().unwrap_or_default().to_owned(),
            Known::Unknown(why) => why.to_string(),
        };
        let kind = match &node.kind {
            NodeKind::Root => "root",
            NodeKind::Unit => "unit",
            NodeKind::Account(_) => "account",
        };
        text.push_str(&format!("{kind} {} below {parent}\n", node.id));
        for (kind, ids) in &node.attached {
            let ids = match ids {
                Known::Known(ids) => ids.join(" "),
                Known::Unknown(why) => why.to_string(),
            };
            text.push_str(&format!("  {kind}: {ids}\n"));
        }
    }
    for policy in &organization.policies {
        let content = match &policy.text {
            Known::Known(text) => sha256_hex(text.as_bytes()),
            Known::Unknown(why) => why.to_string(),
        };
        text.push_str(&format!("{} {} {content}\n", policy.id, policy.name));
    }
    sha256_hex(text.as_bytes())
}

/// The day that `YYYY-MM-DD` names.
pub fn day(text: &str) -> Option<Day> {
    Day::parse(text)
}

/// A diagnostic of a charter, with its line.
pub fn complaint(origin: &str, text: &str, found: &Diagnostic) -> Complaint {
    let mut message = found.message.clone();
    if found.level == Level::Warning {
        message = format!("warning: {message}");
    }
    if let Some((at, what)) = &found.also {
        let place = Place::of(text, at.start);
        message.push_str(&format!(" ({what}: line {})", place.line));
    }
    let complaint = Complaint::at(origin, text, found.at.start, message).underlined(text, found.at.end);
    match &found.hint {
        Some(hint) => complaint.hint(hint.clone()),
        None => complaint,
    }
}

/// A charter as all are laid out.
///
/// # Errors
/// It is no YAML, or laying it out would change more than white space.
pub fn laid_out(origin: &str, text: &str) -> Result<String, Complaint> {
    format(text).map_err(|error| match error {
        FormatError::Read(error) => Complaint::at(origin, text, error.offset, error.message),
        changed @ FormatError::Changed { .. } => Complaint::new(origin, changed.to_string()),
    })
}

fn overflown(origin: &str, text: &str, overflow: &Overflow) -> Complaint {
    let message = format!(
        "`{}` needs {} documents, and {} can be attached there besides those of others and one that stays free",
        overflow.name, overflow.needed, overflow.documents_max
    );
    let costs: Vec<String> = overflow
        .costs
        .iter()
        .take(3)
        .map(|(origins, characters)| {
            let lines: BTreeSet<usize> =
                origins.iter().map(|(start, _)| Place::of(text, *start).line).collect();
            let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
            format!("{characters} characters for lines {}", lines.join(", "))
        })
        .collect();
    let hint = format!(
        "the most costs: {}; use patterns, or give rows the same Regions and callers",
        costs.join("; ")
    );
    Complaint::new(origin, message).hint(hint)
}

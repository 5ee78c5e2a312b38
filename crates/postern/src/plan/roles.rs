//! The roles of a charter, as they are made in the accounts of an area, and what of that the fence refuses to them.
//!
//! A role is one resource of a template for each area, which CloudFormation makes in every account below it, later ones
//! too. What a role is given and the fence denies is asked of the prover in every place: somebody will miss it.

pub mod template;

use std::collections::BTreeSet;
use std::sync::Arc;

use charter::meaning::SOURCE_IDENTITY;
use charter::model::Role;
use charter::role::{ACCOUNT, RoleDocuments, RoleRoom, documents};
use charter::{Area, Model};
use iam::context::Context;
use iam::estate::{Estate, Known, NodeKind, Organization};
use iam::json::Place;
use iam::layers::{Layers, Level};
use iam::policy::{Policy, PolicyType, read};
use iam::principal::Principal;
use prover::change::changes;
use prover::domain::Kinds;
use prover::who::Who;
use serde_json::{Map, Value, json};

use super::promise::{Broken, Fence, broken};
use super::proof::{UNREAD, there_can_be, told_apart};
use super::{NAME, Places, Plan, Reached, name_of, reached};
use crate::input::Complaint;
use crate::parallel;

/// The roles that one area makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// What it is called by CloudFormation.
    pub name: String,
    /// What the charter calls the area, and the id of its node.
    pub area: String,
    pub node: Arc<str>,
    /// The unit above, where the area is an account.
    pub above: Option<Arc<str>>,
    pub roles: Vec<Made>,
    /// The template that makes them in an account.
    pub template: String,
}

/// A role of an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    pub name: String,
    /// Its policies, in an account that stands for all.
    pub documents: RoleDocuments,
    /// Where the charter describes it.
    pub line: usize,
}

/// What a role is given and the fence refuses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// One request of each class, by role and area.
    pub requests: BTreeSet<(String, String, Broken)>,
    /// Whether more is refused is not known.
    pub unknown: BTreeSet<String>,
    /// Places in which it was asked.
    pub places: usize,
}

/// The roles of every area that makes some.
///
/// # Errors
/// Policies that are longer than IAM takes.
pub fn stacks(
    origin: &str,
    text: &str,
    model: &Model,
    organization: &Organization,
) -> Result<Vec<Stack>, Vec<Complaint>> {
    let (mut stacks, mut wrong) = (Vec::new(), Vec::new());
    let room = RoleRoom::aws();
    for area in model.areas.iter().filter(|area| !area.roles.is_empty()) {
        let (mut roles, mut resources) = (Vec::new(), Map::new());
        for role in area.roles.iter().filter_map(|name| model.role(name)) {
            let made = documents(model, area, role, ACCOUNT);
            for long in made.too_long(&room) {
                let message = format!(
                    "`{}` would have {} {}, and IAM takes {}",
                    role.name, long.has, long.what, long.at_most
                );
                let hint = "use patterns of ids, fewer Regions, or a role for each model";
                wrong.push(Complaint::at(origin, text, role.origin.start, message).hint(hint));
            }
            template::add(&mut resources, role, &made);
            let line = Place::of(text, role.origin.start).line;
            roles.push(Made { name: role.name.clone(), documents: made, line });
        }
        let above = organization.node(&area.node).and_then(|node| match (&node.kind, &node.parent) {
            (NodeKind::Account(_), Known::Known(parent)) => parent.clone(),
            (_, _) => None,
        });
        stacks.push(Stack {
            name: format!("{NAME}roles-{}", name_of(&area.name, &area.node)),
            area: area.name.clone(),
            node: area.node.clone(),
            above,
            roles,
            template: template::text(resources),
        });
    }
    if wrong.is_empty() { Ok(stacks) } else { Err(wrong) }
}

/// Areas with the roles they make.
fn placed(model: &Model) -> impl Iterator<Item = (&Area, &Role)> {
    model
        .areas
        .iter()
        .flat_map(move |area| area.roles.iter().filter_map(move |name| Some((area, model.role(name)?))))
}

/// What roles are given and the fence of the plan denies them, at a time such as `2026-11-26T12:00:00Z`.
pub fn refused(plan: &Plan, estate: &Estate, now: &str, threads: usize) -> Refused {
    let mut found = Refused::default();
    let Some(organization) = estate.organizations().first() else { return found };
    let (reached, nowhere) = reached(organization);
    if nowhere > 0 && !plan.roles.is_empty() {
        found.unknown.insert(format!("where {nowhere} accounts stand in the organisation"));
    }
    let fence = Fence::new(&plan.documents);
    // Accounts below one area and in one unit are alike, but for those that the fence names.
    let mut places: Places<'_, Option<Arc<str>>> = Places::new();
    for Reached { account, chain, path } in reached {
        let nearest = plan.model.area(&chain).map(|area| area.node.clone());
        places.entry((nearest, path)).or_insert_with(|| (Vec::new(), chain)).0.push(account);
    }
    let mut work = Vec::new();
    for (area, role) in placed(&plan.model) {
        for ((_, path), (accounts, chain)) in &places {
            if chain.contains(&area.node.as_ref()) {
                let layers = [fence.layers(chain), Layers::default()];
                let told_apart = told_apart(&layers, accounts);
                work.extend(told_apart.into_iter().map(|account| (area, role, account, chain, *path)));
            }
        }
    }
    thread_local! {
        static KINDS: Kinds = Kinds::default();
    }
    found.places = work.len();
    let partition = &plan.model.partition;
    let asked = parallel::map(&work, threads, |(area, role, account, chain, path)| {
        let given = given(&documents(&plan.model, area, role, account));
        let who = Principal::parse(&format!("arn:{partition}:iam::{account}:role/{}", role.name));
        let (Some(given), Some(meant), Ok(who)) = (given, meant(role, partition), who) else {
            return (Vec::new(), BTreeSet::from([UNREAD.to_owned()]));
        };
        let given = Layers { scp: vec![meant, there_can_be(partition)], ..given };
        let mut fenced = given.clone();
        fenced.scp.extend(fence.layers(chain).scp);
        let mut context = Context::new();
        context.replace("aws:CurrentTime", vec![now.to_owned()]);
        context.replace("aws:PrincipalOrgID", vec![organization.id.to_string()]);
        context.replace("aws:PrincipalOrgPaths", vec![(*path).to_owned()]);
        let missing = KINDS.with(|kinds| changes(&given, &fenced, &Who::This(who), &context, kinds));
        let requests = missing.classes.iter().map(|class| broken(&class.example));
        let requests: Vec<_> =
            requests.map(|broken| (role.name.clone(), area.name.clone(), broken)).collect();
        (requests, missing.unknown)
    });
    for (requests, unknown) in asked {
        found.requests.extend(requests);
        found.unknown.extend(unknown);
    }
    found
}

/// The requests that a role is meant for: not those on models of doubtful ids, which every fence refuses and no list has
/// (docs/charter.md); not those that AWS's MCP servers make, which have a door of their own; not applying guardrails, which
/// needs their policies too; and by sessions that say what the role's trust policy demands. None where that cannot be said.
fn meant(role: &Role, partition: &str) -> Option<Level> {
    let deny = |action: &str, resource: String, condition: Value| {
        json!({
            "Effect": "Deny", "Action": action, "Resource": resource, "Condition": condition,
        })
    };
    let everything = || "*".to_owned();
    let mut statements = vec![
        json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }),
        deny("*", format!("arn:{partition}:bedrock:*::foundation-model/*:????????????:*"), json!({})),
        deny("*", everything(), json!({ "Bool": { "aws:ViaAWSMCPService": "true" } })),
        deny("bedrock:ApplyGuardrail", everything(), json!({})),
    ];
    let source = role.trust.iter().map(|trust| &trust.source_identity).find(|source| !source.is_empty());
    if let Some(source) = source {
        statements.push(deny("*", everything(), json!({ "StringNotLike": { SOURCE_IDENTITY: source } })));
    }
    let document = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let read = read(document.as_bytes(), PolicyType::Identity);
    let policy = read.policy.filter(|_| read.problems.is_empty())?;
    Some(Level { target: "what the role is meant for".to_owned(), policies: vec![Arc::new(policy)] })
}

/// What a role is given; none where its policies cannot be read.
pub fn given(documents: &RoleDocuments) -> Option<Layers> {
    let policy = |text: &String, kind| {
        let read = read(text.as_bytes(), kind);
        read.policy.filter(|_| read.problems.is_empty()).map(Arc::new)
    };
    let identity: Option<Vec<Arc<Policy>>> =
        documents.policies.iter().map(|text| policy(text, PolicyType::Identity)).collect();
    let boundary: Option<Vec<Arc<Policy>>> =
        documents.boundary.iter().map(|text| policy(text, PolicyType::PermissionsBoundary)).collect();
    Some(Layers { identity: identity?, boundary: boundary?, ..Layers::default() })
}

//! What a data set adds to a question: the keys it knows, the policies that apply, and what stands behind a target.
//!
//! Follows what `iam::estate` says of itself; what users give wins over what a data set says.

use std::sync::Arc;

use iam::action::Action;
use iam::arn::Arn;
use iam::estate::{Estate, FactKind, Known, KnownLayers, Missing, Resource, ResourceKind, ResourcePolicy};
use iam::layers::Layer;
use iam::operation::{Operation, ServiceRole, destinations_of};
use iam::principal::Principal;
use iam::request::Request;

use super::completeness;
use crate::enforced::{self, Enforced};
use crate::input::Complaint;
use crate::policies::Policies;
use crate::stack::{Data, Extent, Subject};

/// How far what a feature uses is followed: a flow, its agent's alias, the agent, a prompt.
const USES_MAX: usize = 4;

/// One authorisation with the policies that apply.
///
/// # Errors
/// What the data set does not have.
pub(super) fn authorization(
    data: &Data,
    subject: &Subject,
    action: &Action,
    resource: &str,
    notes: &mut Vec<String>,
) -> Result<(Request, Policies), Vec<Complaint>> {
    let estate = &data.estate;
    let target = estate.target(resource, subject.resource_account.as_ref());
    if target.side().is_none() && action.service() == "sts" && data.extent == Extent::Everything {
        return Err(vec![Complaint::new("--resource", format!("the data set knows no `{resource}`"))]);
    }
    let request =
        estate.request(&subject.principal, action, &target, &subject.context, completeness(subject));
    let known = estate.layers(&request, &target).ok_or_else(|| unknown_principal(&subject.principal))?;
    if target.ignores_allows(&request) {
        notes.push(format!(
            "the policy of `{resource}` is public, and RestrictPublicBuckets is on: what it allows to others does not count"
        ));
    }
    if target.account().is_none() && Arn::parse(resource).is_ok_and(|arn| arn.service == "s3") {
        notes.push(format!(
            "which account holds `{resource}` is not known and it is taken for the principal's; say it with --resource-account"
        ));
    }
    let mut policies = Policies::known(known, &data.places);
    if data.extent == Extent::OwnPolicies {
        policies.without(&[Layer::Scp, Layer::Rcp, Layer::Resource]);
        if matches!(target.side().map(|side| &side.policy), Some(ResourcePolicy::Trust(Known::Unknown(_)))) {
            policies.without(&[Layer::Trust]);
        }
    }
    policies.add(&subject.policies);
    Ok((request, policies))
}

/// The policies of a principal for what carries none of its own.
///
/// # Errors
/// When the data set does not have the principal.
pub(super) fn own_policies(data: &Data, principal: &Principal) -> Result<Policies, Vec<Complaint>> {
    let known = principal_layers(&data.estate, principal).ok_or_else(|| unknown_principal(principal))?;
    let mut policies = Policies::known(known, &data.places);
    if data.extent == Extent::OwnPolicies {
        policies.without(&[Layer::Scp]);
    }
    Ok(policies)
}

fn unknown_principal(principal: &Principal) -> Vec<Complaint> {
    vec![Complaint::new("principal", format!("the data set knows no `{principal}`"))]
}

fn principal_layers(estate: &Estate, principal: &Principal) -> Option<KnownLayers> {
    Some(KnownLayers::new(estate.principal_side(principal)?, estate.resource_side("*")?))
}

/// Adds to a call what a data set knows of its caller and target; gives back what is missing for that.
pub(super) fn complete(data: &Data, operation: &mut Operation) -> Vec<Arc<Missing>> {
    let estate = &data.estate;
    operation.context.fill(&estate.principal_context(&operation.caller).0);
    if data.extent == Extent::OwnPolicies {
        return Vec::new();
    }
    let mut missing = Vec::new();
    let Some(account) = estate.account(&operation.place.account) else { return missing };
    operation.facts.organization = enforced::organization(estate, account);
    let Ok(target) = operation.resolve() else { return missing };
    if let Some((_, resource)) = estate.resource(&target.arn) {
        target_facts(estate, operation, resource, &mut missing);
    }
    let enforced = Enforced::new(estate, &estate.enforcement(account), operation, &target);
    operation.options.guardrails.extend(enforced.guardrails);
    operation.facts.owners = enforced::owners(estate, operation);
    missing.extend(enforced.missing);
    missing
}

fn target_facts(
    estate: &Estate,
    operation: &mut Operation,
    resource: &Resource,
    missing: &mut Vec<Arc<Missing>>,
) {
    if let Known::Unknown(why) = &resource.facts {
        missing.push(why.clone());
    }
    operation.facts.resource_tags.extend(tags(resource));
    if resource.kind == ResourceKind::InferenceProfile {
        // What is listed behind a system profile are the Regions it may use, not further targets.
        operation.facts.destinations = listed_destinations(resource);
    } else if operation.facts.behind.is_none() {
        let behind = behind(estate, resource, USES_MAX);
        operation.facts.behind = (!behind.is_empty()).then_some(behind);
    }
    let role = first(resource, FactKind::ServiceRole).and_then(|arn| Principal::parse(arn).ok());
    if let (Some(principal), None) = (role, &operation.options.service_role) {
        let (context, _) = estate.principal_context(&principal);
        operation.options.service_role = Some(ServiceRole { principal, context });
    }
}

/// The tags of a resource by its ARN, where they are known.
pub(crate) fn tags(resource: &Resource) -> Option<(String, Vec<(String, String)>)> {
    let Known::Known(tags) = &resource.tags else { return None };
    let tags = tags.iter().map(|tag| (tag.key.to_string(), tag.value.to_string()));
    Some((resource.arn.to_string(), tags.collect()))
}

/// Where a system profile takes a call made where it is listed, as far as that is known.
pub(crate) fn listed_destinations(profile: &Resource) -> Option<Vec<String>> {
    match profile.facts(FactKind::Model) {
        Known::Known(models) => destinations_of(models.into_iter().map(AsRef::as_ref)),
        Known::Unknown(_) => None,
    }
}

fn first(resource: &Resource, kind: FactKind) -> Option<&str> {
    match resource.facts(kind) {
        Known::Known(values) => values.into_iter().next().map(AsRef::as_ref),
        Known::Unknown(_) => None,
    }
}

/// The models that a resource runs: its own, otherwise the one it was made from, otherwise those of what it uses.
fn behind(estate: &Estate, resource: &Resource, depth: usize) -> Vec<String> {
    let facts = |kind: FactKind| -> Vec<String> {
        match resource.facts(kind) {
            Known::Known(values) => values.into_iter().map(|value| value.as_ref().to_owned()).collect(),
            Known::Unknown(_) => Vec::new(),
        }
    };
    let mut models = facts(FactKind::Model);
    if models.is_empty() {
        models = facts(FactKind::BaseModel);
    }
    if models.is_empty() && depth > 0 {
        let used = facts(FactKind::Uses);
        let used = used.iter().filter_map(|arn| estate.resource(arn));
        models = used.flat_map(|(_, used)| behind(estate, used, depth - 1)).collect();
    }
    models.sort();
    models.dedup();
    models
}

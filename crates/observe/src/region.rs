//! What a Region says of itself besides its resources: enforced guardrails, logging, sharing, trails.
//!
//! Also the names of KMS keys, which a list of their own gives. Follows the Amazon Bedrock, AWS RAM, AWS CloudTrail and
//! AWS KMS API references.

use std::collections::BTreeMap;
use std::sync::Arc;

use iam::estate::{
    EnforcedGuardrail, Fact, FactKind, InvocationLogging, Known, Reason, Region, Resource, ResourceKind,
    Share, Trail,
};
use iam::json::Node;

use crate::inventory::Inventory;
use crate::select::{self, flag, member, scalars, shared, text};

/// Fills in everything but the lists of resources.
pub(crate) fn settings(inventory: &Inventory<'_>, region: &mut Region) {
    region.enforced_guardrails = enforced_guardrails(inventory);
    region.invocation_logging = invocation_logging(inventory);
    region.use_case_form =
        inventory.tree("bedrock.GetUseCaseForModelAccess", &[]).map(|answer| answer.is_some());
    region.data_retention = one(inventory, "bedrock.GetAccountDataRetention", |root| shared(root, "mode"));
    region.shares = shares(inventory);
    region.trails = trails(inventory);
}

/// What one answer says; unknown where it lacks that, or where there should be an answer and is none.
fn one<T>(inventory: &Inventory<'_>, call: &str, read: impl FnOnce(&Node) -> Option<T>) -> Known<T> {
    of_item(inventory, call, &[], read)
}

fn of_item<T>(
    inventory: &Inventory<'_>,
    call: &str,
    items: &[&str],
    read: impl FnOnce(&Node) -> Option<T>,
) -> Known<T> {
    inventory.tree(call, items).and_then(|tree| match tree.and_then(|tree| read(&tree.root)) {
        Some(value) => Known::Known(value),
        None => {
            let problem = "a member that it always has is missing".to_owned();
            let why = inventory.folder.missing(inventory.region, call, items, Reason::Shape { problem });
            let why = Arc::new(why);
            inventory.note(&why);
            Known::Unknown(why)
        }
    })
}

fn enforced_guardrails(inventory: &Inventory<'_>) -> Known<Vec<EnforcedGuardrail>> {
    let models = |config: &Node, path: &str| -> Vec<Arc<str>> {
        scalars(config, path).into_iter().map(Arc::from).collect()
    };
    let guardrail = |config: &Node| {
        Some(EnforcedGuardrail {
            config_id: shared(config, "configId"),
            arn: shared(config, "guardrailArn").or_else(|| shared(config, "guardrailId"))?,
            version: shared(config, "guardrailVersion"),
            owner: shared(config, "owner"),
            included_models: member(config, "modelEnforcement")
                .map(|_| models(config, "modelEnforcement.includedModels[]")),
            excluded_models: models(config, "modelEnforcement.excludedModels[]"),
        })
    };
    one(inventory, "bedrock.ListEnforcedGuardrailsConfiguration", |root| {
        member(root, "guardrailsConfig")?.as_list()?.iter().map(guardrail).collect()
    })
}

fn invocation_logging(inventory: &Inventory<'_>) -> Known<Option<InvocationLogging>> {
    inventory.tree("bedrock.GetModelInvocationLoggingConfiguration", &[]).map(|tree| {
        let tree = tree?;
        let config = member(&tree.root, "loggingConfig")?;
        let first = |path: &str| scalars(config, path).into_iter().next().map(Arc::from);
        Some(InvocationLogging {
            log_group: first("cloudWatchConfig.logGroupName"),
            bucket: first("s3Config.bucketName"),
            text: flag(config, "textDataDeliveryEnabled"),
        })
    })
}

/// Shares are told by two calls: what each holds, and with whom; a share joins them.
fn shares(inventory: &Inventory<'_>) -> Known<Vec<Share>> {
    const CALL: &str = "ram.GetResourceShareAssociations";
    let associations = |kind: &str| {
        of_item(inventory, CALL, &[kind], |root| {
            let list = member(root, "resourceShareAssociations")?.as_list()?;
            let association = |node: &Node| {
                let entity = shared(node, "associatedEntity")?;
                Some((shared(node, "resourceShareArn")?, entity, flag(node, "external") == Some(true)))
            };
            let is_in_force =
                |node: &&Node| !matches!(text(node, "status"), Some("DISASSOCIATED" | "FAILED"));
            list.iter().filter(is_in_force).map(association).collect::<Option<Vec<_>>>()
        })
    };
    associations("RESOURCE").and_then(|resources| {
        associations("PRINCIPAL").map(|principals| {
            let mut with: BTreeMap<Arc<str>, Vec<(Arc<str>, bool)>> = BTreeMap::new();
            for (share, principal, external) in principals {
                with.entry(share).or_default().push((principal, external));
            }
            let mut shares: Vec<Share> = resources
                .into_iter()
                .flat_map(|(share, resource, _)| {
                    let with = with.get(&share).cloned().unwrap_or_default();
                    with.into_iter().map(move |(principal, external)| Share {
                        resource: resource.clone(),
                        principal,
                        external,
                    })
                })
                .collect();
            shares.sort();
            shares.dedup();
            shares
        })
    })
}

fn trails(inventory: &Inventory<'_>) -> Known<Vec<Trail>> {
    let trail = |node: &Node| {
        let arn = shared(node, "TrailARN")?;
        Some(Trail {
            every_region: flag(node, "IsMultiRegionTrail") == Some(true),
            whole_organization: flag(node, "IsOrganizationTrail") == Some(true),
            logging: of_item(inventory, "cloudtrail.GetTrailStatus", &[&arn], |root| flag(root, "IsLogging")),
            data_events: inventory
                .tree("cloudtrail.GetEventSelectors", &[&arn])
                .map(|tree| tree.map(|tree| data_events(&tree.root)).unwrap_or_default()),
            arn,
        })
    };
    one(inventory, "cloudtrail.DescribeTrails", |root| {
        member(root, "trailList")?.as_list()?.iter().map(trail).collect()
    })
}

/// The types of data events that a trail's selectors name.
fn data_events(root: &Node) -> Vec<Arc<str>> {
    let mut types = scalars(root, "EventSelectors[].DataResources[].Type");
    for field in select::select(root, "AdvancedEventSelectors[].FieldSelectors[]") {
        if text(field, "Field") == Some("resources.type") {
            types.extend(scalars(field, "Equals[]"));
        }
    }
    types.sort();
    types.dedup();
    types.into_iter().map(Arc::from).collect()
}

/// Adds to each KMS key its aliases and who manages it, which only its aliases tell.
pub(crate) fn name_keys(inventory: &Inventory<'_>, resources: &mut [Resource]) {
    let is_key = |resource: &&mut Resource| resource.kind == ResourceKind::Key;
    if !resources.iter().any(|resource| resource.kind == ResourceKind::Key) {
        return;
    }
    let aliases = one(inventory, "kms.ListAliases", |root| {
        let alias = |node: &Node| Some((shared(node, "TargetKeyId"), shared(node, "AliasName")?));
        member(root, "Aliases")?.as_list()?.iter().map(alias).collect::<Option<Vec<_>>>()
    });
    for key in resources.iter_mut().filter(is_key) {
        key.facts = aliases.as_ref().map(|aliases| {
            let own = aliases.iter().filter(|(target, _)| target.is_some() && *target == key.name);
            let mut facts: Vec<Fact> =
                own.map(|(_, name)| Fact { kind: FactKind::Alias, value: name.clone() }).collect();
            let is_aws = facts.iter().any(|fact| fact.value.starts_with("alias/aws/"));
            let manager = if is_aws { "AWS" } else { "CUSTOMER" };
            facts.push(Fact { kind: FactKind::Manager, value: manager.into() });
            facts.sort();
            facts.into()
        });
    }
}

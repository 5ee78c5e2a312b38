//! One account, from its folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use iam::arn::AccountId;
use iam::estate::{
    AccessKey, Account, CredentialStatus, Known, Missing, Organization, Reason, Region, Resource,
    ServiceCredential,
};
use iam::json::Node;

use crate::Depth;
use crate::calls::Scope;
use crate::details::{self, Source};
use crate::documents::Documents;
use crate::folder::{Folder, GLOBAL};
use crate::inventory::{self, Inventory};
use crate::organization::{self, Own};
use crate::region;
use crate::select::{flag, member, shared};

/// What one folder tells.
pub(crate) struct Told {
    pub account: Account,
    /// What it says of the organisation it is in.
    pub own: Known<Option<Own>>,
    /// The organisation whose tree stands in the folder.
    pub organization: Option<Result<Organization, Arc<Missing>>>,
    pub missing: Vec<Arc<Missing>>,
}

/// Reads a folder.
pub(crate) fn read(path: &Path, id: AccountId, documents: &Documents, depth: Depth) -> Told {
    let mut folder = Folder::open(path, id);
    let mut missing = std::mem::take(&mut folder.missing);
    let own = organization::own(&folder);
    let organization =
        organization::is_told(&folder).then(|| organization::read(&folder, &own, documents, &mut missing));
    if let Some(Err(why)) = &organization {
        missing.push(why.clone());
    }
    let mut account = Account::unread(folder.account, partition(&own, &folder));
    principals(&folder, documents, &mut account, &mut missing);
    credentials(&folder, &mut account, &mut missing);
    match depth {
        Depth::Everything => resources(&folder, documents, &mut account, &mut missing),
        Depth::Principals => leave_unread(&folder, &mut account),
    }
    Told { account, own, organization, missing }
}

/// The partition, as the account's organisation or its Regions tell; IAM's ARNs tell it better, later.
fn partition(own: &Known<Option<Own>>, folder: &Folder<'_>) -> Arc<str> {
    match own {
        Known::Known(Some(own)) => own.partition.clone(),
        Known::Known(None) | Known::Unknown(_) => {
            let of_region = |region: &String| reference::partition_of_region(region);
            folder.regions.iter().find_map(of_region).unwrap_or("aws").into()
        }
    }
}

fn principals(
    folder: &Folder<'_>,
    documents: &Documents,
    account: &mut Account,
    missing: &mut Vec<Arc<Missing>>,
) {
    const CALL: &str = "iam.GetAccountAuthorizationDetails";
    let read = folder.answer(GLOBAL, CALL, &[]).result().and_then(|answer| match answer {
        Some(answer) => {
            let source = Source { account: Some(folder.account), file: answer.file };
            details::read(&source, &answer.bytes, documents)
        }
        None => {
            let problem = "it is said not to exist".to_owned();
            Err(Arc::new(folder.missing(GLOBAL, CALL, &[], Reason::Shape { problem })))
        }
    });
    match read {
        Ok(details) => {
            missing.extend(details.missing.iter().cloned());
            details.fill(account);
        }
        Err(why) => {
            missing.push(why.clone());
            account.users = Known::Unknown(why.clone());
            account.groups = Known::Unknown(why.clone());
            account.roles = Known::Unknown(why.clone());
            account.policies = Known::Unknown(why);
        }
    }
}

/// Access keys and service-specific credentials of users, and web identity tokens.
fn credentials(folder: &Folder<'_>, account: &mut Account, missing: &mut Vec<Arc<Missing>>) {
    const SERVICE: &str = "iam.ListServiceSpecificCredentials";
    const KEYS: &str = "iam.ListAccessKeys";
    const OUTBOUND: &str = "iam.GetOutboundWebIdentityFederationInfo";
    let note = |why: &Arc<Missing>, missing: &mut Vec<Arc<Missing>>| {
        missing.push(match why.reason {
            Reason::NeverAsked => Arc::new(Missing { item: None, ..why.as_ref().clone() }),
            _ => why.clone(),
        });
    };
    account.outbound_web_identity =
        list(folder, OUTBOUND, &[], |root| root.map_or(Some(false), |root| flag(root, "JwtVendingEnabled")));
    account.outbound_web_identity.missing().iter().for_each(|why| note(why, missing));
    let Known::Known(users) = &mut account.users else { return };
    let by_user = list(folder, SERVICE, &[], |root| service_credentials(root?));
    by_user.missing().iter().for_each(|why| note(why, missing));
    for user in users {
        user.service_credentials = by_user
            .as_ref()
            .map(|by_user| by_user.get(user.identity.name()).cloned().unwrap_or_default().into());
        user.access_keys = list(folder, KEYS, &[user.identity.name()], |root| access_keys(root?));
        user.access_keys.missing().iter().for_each(|why| note(why, missing));
    }
}

/// What one answer says; `None` of `read` is an answer of another shape.
fn list<T>(
    folder: &Folder<'_>,
    call: &str,
    items: &[&str],
    read: impl FnOnce(Option<&Node>) -> Option<T>,
) -> Known<T> {
    folder.tree(GLOBAL, call, items).and_then(|tree| match read(tree.as_ref().map(|tree| &tree.root)) {
        Some(value) => Known::Known(value),
        None => {
            let problem = "a member that it always has is missing".to_owned();
            Known::Unknown(Arc::new(folder.missing(GLOBAL, call, items, Reason::Shape { problem })))
        }
    })
}

fn status(node: &Node) -> Option<CredentialStatus> {
    match shared(node, "Status")?.as_ref() {
        "Active" => Some(CredentialStatus::Active),
        "Inactive" => Some(CredentialStatus::Inactive),
        "Expired" => Some(CredentialStatus::Expired),
        _ => None,
    }
}

fn service_credentials(root: &Node) -> Option<BTreeMap<String, Vec<ServiceCredential>>> {
    let mut by_user: BTreeMap<String, Vec<ServiceCredential>> = BTreeMap::new();
    for node in member(root, "ServiceSpecificCredentials")?.as_list()? {
        let credential = ServiceCredential {
            id: shared(node, "ServiceSpecificCredentialId")?,
            service: shared(node, "ServiceName")?,
            status: status(node)?,
            created: shared(node, "CreateDate"),
            expires: shared(node, "ExpirationDate"),
        };
        let user = shared(node, "UserName")?;
        by_user.entry(user.as_ref().to_owned()).or_default().push(credential);
    }
    Some(by_user)
}

fn access_keys(root: &Node) -> Option<Arc<[AccessKey]>> {
    let key = |node: &Node| {
        let id = shared(node, "AccessKeyId")?;
        Some(AccessKey { id, status: status(node)?, created: shared(node, "CreateDate") })
    };
    member(root, "AccessKeyMetadata")?.as_list()?.iter().map(key).collect()
}

fn resources(
    folder: &Folder<'_>,
    documents: &Documents,
    account: &mut Account,
    missing: &mut Vec<Arc<Missing>>,
) {
    let partition = account.partition.clone();
    let global = Inventory::new(folder, GLOBAL, &partition, documents);
    account.public_access_block =
        global.tree("s3control.GetPublicAccessBlock", &[]).and_then(|tree| match tree {
            Some(tree) => match member(&tree.root, "PublicAccessBlockConfiguration") {
                Some(node) => Known::Known(Some(inventory::public_access_block(node))),
                None => {
                    let problem = "`PublicAccessBlockConfiguration` is missing".to_owned();
                    let reason = Reason::Shape { problem };
                    let why = folder.missing(GLOBAL, "s3control.GetPublicAccessBlock", &[], reason);
                    let why = Arc::new(why);
                    global.note(&why);
                    Known::Unknown(why)
                }
            },
            None => Known::Known(None),
        });
    let mut region = Region::unread(&folder.account, GLOBAL);
    lists(&global, Scope::Account, &mut region, &mut account.resources);
    account.regions.insert(GLOBAL.into(), region);
    missing.extend(global.into_missing());
    for name in &folder.regions {
        let inventory = Inventory::new(folder, name, &partition, documents);
        let mut region = Region::unread(&folder.account, name);
        lists(&inventory, Scope::Region, &mut region, &mut account.resources);
        region::settings(&inventory, &mut region);
        account.regions.insert(name.as_str().into(), region);
        missing.extend(inventory.into_missing());
    }
}

/// The resources of every kind that is asked for with a scope.
fn lists(inventory: &Inventory<'_>, scope: Scope, region: &mut Region, resources: &mut Vec<Resource>) {
    let mut found = Vec::new();
    for row in inventory::rows(scope) {
        let (of_kind, listed) = inventory.resources(row);
        found.extend(of_kind);
        // A kind may have several lists: prompt routers are custom or default.
        let before = region.listed.remove(&row.kind()).unwrap_or(Known::Known(()));
        region.listed.insert(row.kind(), before.and_then(|()| listed));
    }
    region::name_keys(inventory, &mut found);
    resources.extend(found);
}

/// Says of everything that this depth does not reach that it was not read.
fn leave_unread(folder: &Folder<'_>, account: &mut Account) {
    let unread = |region: &str, what: &str| {
        let missing = Missing::never_asked(Some(&folder.account), Some(region), what);
        Arc::new(Missing { reason: Reason::NotRead, ..missing })
    };
    account.public_access_block = Known::Unknown(unread(GLOBAL, "s3control get-public-access-block"));
    let regions = folder.regions.iter().map(|name| (name.as_str(), Scope::Region));
    for (name, scope) in regions.chain([(GLOBAL, Scope::Account)]) {
        let why = unread(name, "resources");
        let listed = inventory::rows(scope).map(|row| (row.kind(), Known::Unknown(why.clone())));
        let region = Region {
            listed: listed.collect(),
            enforced_guardrails: Known::Unknown(why.clone()),
            invocation_logging: Known::Unknown(why.clone()),
            use_case_form: Known::Unknown(why.clone()),
            data_retention: Known::Unknown(why.clone()),
            shares: Known::Unknown(why.clone()),
            trails: Known::Unknown(why.clone()),
        };
        account.regions.insert(name.into(), region);
    }
}

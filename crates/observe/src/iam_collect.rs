//! The file store of iam-collect, as an estate.
//!
//! Its layout is `aws/PARTITION/accounts/ACCOUNT/SERVICE/…`, one folder for each resource with small files of JSON
//! (`metadata`, `trust-policy`, `inline-policies`, `managed-policies`, `policy`, `tags`, …), and
//! `aws/PARTITION/organizations/o-…` with the tree and the policies. What a resource is is taken from the ARN in its
//! metadata rather than from names of folders, and spellings of members are matched without regard to case. The
//! program writes no file where there is nothing, so a missing file says that there is nothing; an account that no
//! organisation lists counts as one that is in none.

mod organization;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use iam::arn::{AccountId, Arn};
use iam::estate::{
    Account, Attached, Document, Estate, Group, Identity, Known, Membership, Missing, PublicAccessBlock,
    Reason, Region, Resource, ResourceKind, Role, User, Via,
};
use iam::json::{Node, Value};
use iam::policy::PolicyType;

use crate::OpenError;
use crate::documents::{Documents, Raw};
use crate::folder::{self, GLOBAL};
use crate::inventory::tags;
use crate::parallel;

/// Deepest folder that is looked into.
const DEPTH_MAX: usize = 16;

/// The folders of the partitions in a store; `None` when a path is no such store.
pub(crate) fn store(path: &Path) -> Option<Vec<PathBuf>> {
    let below =
        |folder: &Path| -> Vec<PathBuf> { folders(folder).into_iter().map(|(_, path)| path).collect() };
    let candidates = [vec![path.to_owned()], below(&path.join("aws")), below(path)]
        .into_iter()
        .flatten()
        .filter(|folder| is_partition(folder));
    let mut found: Vec<PathBuf> = candidates.collect();
    found.sort();
    found.dedup();
    (!found.is_empty()).then_some(found)
}

/// Whether the accounts of a folder hold folders of services, which a snapshot's do not.
fn is_partition(folder: &Path) -> bool {
    const SERVICES: [&str; 6] = ["iam", "kms", "lambda", "s3", "sns", "sqs"];
    let accounts = folders(&folder.join("accounts"));
    accounts.iter().any(|(_, path)| SERVICES.iter().any(|service| path.join(service).is_dir()))
}

/// The folders in a folder, by name; none where it cannot be read.
fn folders(path: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut folders: Vec<_> = entries
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .filter(|(_, path)| path.is_dir())
        .collect();
    folders.sort();
    folders
}

/// Reads a store.
///
/// # Errors
/// [`OpenError`] when it is none.
pub(crate) fn estate(path: &Path) -> Result<Estate, OpenError> {
    let Some(partitions) = store(path) else { return Err(OpenError::NoDataSet { path: path.to_owned() }) };
    let documents = Documents::default();
    let mut organizations = Vec::new();
    let mut accounts = Vec::new();
    let mut missing = Vec::new();
    for partition in partitions {
        let reader = Reader { root: path, documents: &documents };
        let name: Arc<str> = match partition.file_name() {
            Some(name) if partition != path => name.to_string_lossy().into_owned().into(),
            Some(_) | None => "aws".into(),
        };
        for (id, folder) in folders(&partition.join("organizations")) {
            match organization::read(&reader, &id, &folder, &mut missing) {
                Ok(organization) => organizations.push(organization),
                Err(why) => missing.push(why),
            }
        }
        let folders = folders(&partition.join("accounts"));
        let of_aws = match folders.iter().find(|(name, _)| name == "aws") {
            Some((_, folder)) => reader.managed_policies(&reader.things(folder, &mut missing)),
            None => HashMap::new(),
        };
        let own: Vec<(AccountId, PathBuf)> = folders
            .into_iter()
            .filter_map(|(name, path)| Some((AccountId::new(&name).ok()?, path)))
            .collect();
        let read = |(id, folder): &(AccountId, PathBuf)| reader.account(id, &name, folder, &of_aws);
        for (account, unknown) in parallel::map(&own, read) {
            accounts.push(account);
            missing.extend(unknown);
        }
    }
    Ok(Estate::new(organizations, accounts, missing))
}

struct Reader<'a> {
    root: &'a Path,
    documents: &'a Documents,
}

/// The files of one folder, by name without extension.
struct Thing {
    arn: String,
    files: BTreeMap<String, Content>,
}

/// One file.
struct Content {
    file: Arc<str>,
    bytes: Vec<u8>,
    parsed: Result<Node, Reason>,
}

/// A file that is there and can be used, or why it cannot.
type Used<'t> = Known<Option<(&'t Content, &'t Node)>>;

impl Thing {
    fn get(&self, name: &str) -> Used<'_> {
        match self.files.get(name) {
            None => Known::Known(None),
            Some(content) => match &content.parsed {
                Ok(node) => Known::Known(Some((content, node))),
                Err(reason) => Known::Unknown(Arc::new(content.missing(&self.arn, reason.clone()))),
            },
        }
    }
}

impl Content {
    fn missing(&self, what: &str, reason: Reason) -> Missing {
        let account = Arn::parse(what).ok().and_then(|arn| arn.account_id());
        Missing {
            account,
            region: None,
            what: "a file of iam-collect".into(),
            item: Some(what.into()),
            file: Some(self.file.clone()),
            reason,
        }
    }
}

impl Reader<'_> {
    fn file(&self, path: &Path) -> Arc<str> {
        let inside = path.strip_prefix(self.root).unwrap_or(path);
        let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
        parts.join("/").into()
    }

    /// A file of JSON; `None` where there is none.
    fn content(&self, path: &Path) -> Option<Content> {
        let file = self.file(path);
        match folder::read(path) {
            Ok(Some(bytes)) => {
                let parsed = iam::json::parse(&bytes)
                    .map_err(|error| folder::damaged(&bytes, error.offset, error.to_string()));
                Some(Content { file, bytes, parsed })
            }
            Ok(None) => None,
            Err(reason) => Some(Content { file, bytes: Vec::new(), parsed: Err(reason) }),
        }
    }

    /// The files of a folder, by name without extension.
    fn files(&self, folder: &Path) -> BTreeMap<String, Content> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let json = entries
            .map(|entry| entry.path())
            .filter(|path| path.is_file() && path.extension().is_some_and(|extension| extension == "json"));
        json.filter_map(|path| {
            let name = path.file_stem()?.to_string_lossy().to_lowercase();
            Some((name, self.content(&path)?))
        })
        .collect()
    }

    /// Everything with an ARN below a folder.
    fn things(&self, folder: &Path, missing: &mut Vec<Arc<Missing>>) -> Vec<Thing> {
        let mut things = Vec::new();
        let mut waiting: Vec<(PathBuf, usize)> =
            folders(folder).into_iter().map(|(_, path)| (path, 1)).collect();
        while let Some((path, depth)) = waiting.pop() {
            if depth < DEPTH_MAX {
                waiting.extend(folders(&path).into_iter().map(|(_, path)| (path, depth + 1)));
            }
            let files = self.files(&path);
            if files.is_empty() {
                continue;
            }
            let metadata = files.get("metadata").and_then(|content| content.parsed.as_ref().ok());
            let arn = metadata.and_then(|node| text(node, &["arn"]));
            match arn.map(str::to_owned).or_else(|| bucket(folder, &path)) {
                Some(arn) => things.push(Thing { arn, files }),
                None => missing.push(Arc::new(Missing {
                    account: folder.file_name().and_then(|name| AccountId::new(&name.to_string_lossy()).ok()),
                    region: None,
                    what: "a folder of iam-collect".into(),
                    item: None,
                    file: Some(self.file(&path)),
                    reason: Reason::Shape { problem: "its metadata names no ARN".to_owned() },
                })),
            }
        }
        things.sort_by(|a, b| a.arn.cmp(&b.arn));
        things
    }

    /// A document that stands in a file by itself or as its member `policy`.
    fn document(&self, thing: &Thing, name: &str, policy_type: PolicyType) -> Known<Option<Document>> {
        thing.get(name).and_then(|found| match found {
            Some((content, node)) => {
                let inner = get(node, &["statement"]).map_or_else(
                    || get(node, &["policy", "policydocument", "document", "content"]).unwrap_or(node),
                    |_| node,
                );
                self.read(content, inner, policy_type, &thing.arn).map(Some)
            }
            None => Known::Known(None),
        })
    }

    fn read(&self, content: &Content, node: &Node, policy_type: PolicyType, item: &str) -> Known<Document> {
        match Raw::of(node) {
            Some(raw) => {
                let missing = || content.missing(item, Reason::NoText);
                self.documents.read(&content.file, &content.bytes, &raw, policy_type, missing)
            }
            None => {
                let problem = format!("{} instead of a policy document", node.kind());
                Known::Unknown(Arc::new(content.missing(item, Reason::Shape { problem })))
            }
        }
    }

    /// The managed policies among things, by ARN.
    fn managed_policies(&self, things: &[Thing]) -> HashMap<Arc<str>, Attached> {
        let policies = things.iter().filter(|thing| is_of(&thing.arn, "policy/"));
        policies
            .map(|thing| {
                let arn: Arc<str> = thing.arn.as_str().into();
                let lacks = || Missing::never_asked(None, None, "the text of a managed policy");
                let unknown = || Missing { item: Some(arn.clone()), reason: Reason::NoText, ..lacks() };
                let document = ["current-policy", "policy"]
                    .iter()
                    .find(|name| thing.files.contains_key(**name))
                    .map_or(Known::Known(None), |name| self.document(thing, name, PolicyType::Identity))
                    .and_then(|document| match document {
                        Some(document) => Known::Known(document),
                        None => Known::Unknown(Arc::new(unknown())),
                    });
                let name = arn.rsplit('/').next().unwrap_or_default().into();
                (arn.clone(), Attached { name, arn: Some(arn), via: Via::Own, document })
            })
            .collect()
    }

    fn account(
        &self,
        id: &AccountId,
        partition: &Arc<str>,
        folder: &Path,
        of_aws: &HashMap<Arc<str>, Attached>,
    ) -> (Account, Vec<Arc<Missing>>) {
        let mut missing = Vec::new();
        let things = self.things(folder, &mut missing);
        let own_files = self.files(folder);
        let mut account = Account::unread(*id, partition.clone());
        account.membership = Known::Known(Membership::StandAlone);
        account.public_access_block = public_access_block(&own_files, id.as_str());
        let mut managed = of_aws.clone();
        let own = self.managed_policies(&things);
        let mut policies: Vec<Attached> = own.values().cloned().collect();
        policies.sort_by(|a, b| a.arn.cmp(&b.arn));
        managed.extend(own);
        let of = |prefix: &'static str| things.iter().filter(move |thing| is_of(&thing.arn, prefix));
        let groups: Vec<Group> = of("group/")
            .map(|thing| Group {
                arn: thing.arn.as_str().into(),
                name: thing.arn.rsplit('/').next().unwrap_or_default().into(),
                policies: self.policies(thing, &managed).map(Arc::from),
            })
            .collect();
        let users: Vec<User> = of("user/").map(|thing| self.user(thing, &managed, &groups)).collect();
        let roles: Vec<Role> = of("role/").map(|thing| self.role(thing, &managed)).collect();
        let unknown = |identity: &Identity| -> Vec<Arc<Missing>> {
            let mut unknown: Vec<_> = identity.tags.missing().into_iter().cloned().collect();
            match &identity.policies {
                Known::Known(list) => unknown.extend(list.iter().filter_map(Attached::missing).cloned()),
                Known::Unknown(why) => unknown.push(why.clone()),
            }
            unknown.extend(identity.boundary.missing().cloned());
            unknown
        };
        missing.extend(users.iter().flat_map(|user| unknown(&user.identity)));
        missing.extend(roles.iter().flat_map(|role| unknown(&role.identity)));
        missing.extend(roles.iter().filter_map(|role| role.trust.missing()).cloned());
        let is_principal = |thing: &&Thing| {
            ["user/", "role/", "group/", "policy/"].iter().any(|prefix| is_of(&thing.arn, prefix))
        };
        account.resources =
            things.iter().filter(|thing| !is_principal(thing)).map(|thing| self.resource(thing)).collect();
        missing.extend(account.resources.iter().filter_map(|resource| resource.policy.missing()).cloned());
        for resource in &account.resources {
            let unread = || Region::unread(id, &resource.region);
            account.regions.entry(resource.region.clone()).or_insert_with(unread);
        }
        account.users = Known::Known(users);
        account.groups = Known::Known(groups);
        account.roles = Known::Known(roles);
        account.policies = Known::Known(policies);
        (account, missing)
    }

    /// The policies of a principal's or group's own, inline and managed.
    fn policies(&self, thing: &Thing, managed: &HashMap<Arc<str>, Attached>) -> Known<Vec<Attached>> {
        let inline = thing.get("inline-policies").map(|found| {
            let entries = found.map(|(content, node)| (content, entries(node)));
            let (content, entries) =
                entries.map_or((None, Vec::new()), |(content, list)| (Some(content), list));
            let policy = |node: &&Node| {
                let content = content?;
                let name = text(node, &["policyname", "name"]).unwrap_or("inline policy");
                let document = get(node, &["policydocument", "document", "policy"]).unwrap_or(node);
                Some(Attached {
                    name: name.into(),
                    arn: None,
                    via: Via::Own,
                    document: self.read(content, document, PolicyType::Identity, &thing.arn),
                })
            };
            entries.iter().filter_map(policy).collect::<Vec<_>>()
        });
        inline.and_then(|mut policies| {
            thing.get("managed-policies").map(|found| {
                let entries = found.map(|(_, node)| entries(node)).unwrap_or_default();
                for node in entries {
                    let arn = node.as_text().or_else(|| text(node, &["policyarn", "arn"]));
                    policies.extend(arn.map(|arn| self.managed(arn, managed)));
                }
                policies
            })
        })
    }

    fn managed(&self, arn: &str, managed: &HashMap<Arc<str>, Attached>) -> Attached {
        if let Some(attached) = managed.get(arn) {
            return attached.clone();
        }
        let document = match self.documents.aws_managed(arn, PolicyType::Identity) {
            Some(document) => Known::Known(document),
            None => {
                let account = Arn::parse(arn).ok().and_then(|arn| arn.account_id());
                let missing = Missing::never_asked(account.as_ref(), None, "the text of a managed policy");
                let missing = Missing { item: Some(arn.into()), reason: Reason::NoText, ..missing };
                Known::Unknown(Arc::new(missing))
            }
        };
        let name = arn.rsplit('/').next().unwrap_or_default().into();
        Attached { name, arn: Some(arn.into()), via: Via::Own, document }
    }

    fn identity(&self, thing: &Thing, managed: &HashMap<Arc<str>, Attached>) -> Identity {
        let metadata = thing.files.get("metadata").and_then(|content| content.parsed.as_ref().ok());
        let field = |names: &[&str]| metadata.and_then(|node| text(node, names)).map(Arc::from);
        let in_file = |name: &str| {
            thing.get(name).map(|found| {
                let node = found.map(|(_, node)| node);
                node.and_then(|node| {
                    node.as_text().or_else(|| text(node, &["permissionsboundaryarn", "arn", "policyarn"]))
                })
            })
        };
        let in_metadata = metadata
            .and_then(|node| get(node, &["permissionboundary", "permissionsboundary"]))
            .and_then(|node| node.as_text().or_else(|| text(node, &["permissionsboundaryarn", "arn"])));
        let boundary = in_file("permission-boundary")
            .and_then(|one| in_file("permissions-boundary").map(|other| one.or(other)))
            .map(|arn| arn.or(in_metadata).map(|arn| self.managed(arn, managed)));
        Identity {
            arn: thing.arn.as_str().into(),
            unique_id: field(&["id", "userid", "roleid"]),
            tags: thing.get("tags").map(|found| tags(found.map(|(_, node)| node))),
            policies: self.policies(thing, managed).map(Arc::from),
            boundary,
            created: field(&["created", "createdate"]),
        }
    }

    fn user(&self, thing: &Thing, managed: &HashMap<Arc<str>, Attached>, groups: &[Group]) -> User {
        let mut identity = self.identity(thing, managed);
        let named = thing.get("groups").map(|found| {
            let entries = found.map(|(_, node)| entries(node)).unwrap_or_default();
            let short = |name: &str| Arc::from(name.rsplit('/').next().unwrap_or_default());
            let named = entries.into_iter().filter_map(|node| {
                node.as_text().or_else(|| text(node, &["groupname", "name", "arn"])).map(short)
            });
            named.collect::<Vec<Arc<str>>>()
        });
        identity.policies = identity.policies.and_then(|own| {
            named.as_ref().and_then(|named| {
                let mut all = own.to_vec();
                for name in named {
                    let via = Via::Group(name.clone());
                    match groups.iter().find(|group| group.name == *name).map(|group| &group.policies) {
                        Some(Known::Known(policies)) => {
                            all.extend(
                                policies.iter().map(|each| Attached { via: via.clone(), ..each.clone() }),
                            );
                        }
                        Some(Known::Unknown(why)) => return Known::Unknown(why.clone()),
                        None => {
                            let missing = Missing::never_asked(None, None, "the policies of a group");
                            let missing = Missing { item: Some(name.clone()), ..missing };
                            return Known::Unknown(Arc::new(missing));
                        }
                    }
                }
                Known::Known(all.into())
            })
        });
        let account = Arn::parse(&thing.arn).ok().and_then(|arn| arn.account_id());
        let never = |what: &str| Arc::new(Missing::never_asked(account.as_ref(), Some(GLOBAL), what));
        User {
            identity,
            groups: match named {
                Known::Known(groups) => groups,
                // Its policies say why.
                Known::Unknown(_) => Vec::new(),
            },
            access_keys: Known::Unknown(never("iam list-access-keys")),
            service_credentials: Known::Unknown(never("iam list-service-specific-credentials")),
        }
    }

    fn role(&self, thing: &Thing, managed: &HashMap<Arc<str>, Attached>) -> Role {
        let trust = self.document(thing, "trust-policy", PolicyType::Trust).and_then(|trust| match trust {
            Some(trust) => Known::Known(trust),
            None => {
                let missing = Missing::never_asked(None, None, "the trust policy");
                let missing = Missing { item: Some(thing.arn.as_str().into()), ..missing };
                Known::Unknown(Arc::new(missing))
            }
        });
        Role {
            identity: self.identity(thing, managed),
            trust,
            session_s_max: None,
            instance_profiles: Vec::new(),
            last_used: None,
        }
    }

    fn resource(&self, thing: &Thing) -> Resource {
        let region = Arn::parse(&thing.arn).map_or("", |arn| arn.region);
        let metadata = thing.files.get("metadata").and_then(|content| content.parsed.as_ref().ok());
        let account = Arn::parse(&thing.arn).ok().and_then(|arn| arn.account_id());
        let own = |name: &&String| {
            let others = ["trust-policy", "current-policy", "endpoint-policy"];
            name.ends_with("policy") && !others.contains(&name.as_str())
        };
        let policy = match thing.files.keys().find(own) {
            Some(name) => self.document(thing, name, PolicyType::Resource),
            None => Known::Known(None),
        };
        Resource {
            kind: ResourceKind::of(&thing.arn),
            region: if region.is_empty() { GLOBAL.into() } else { region.into() },
            name: metadata.and_then(|node| text(node, &["name"])).map(Arc::from),
            status: None,
            tags: thing.get("tags").map(|found| tags(found.map(|(_, node)| node))),
            policy,
            public_access_block: public_access_block(&thing.files, &thing.arn),
            facts: Known::Unknown(Arc::new(Missing::never_asked(
                account.as_ref(),
                (!region.is_empty()).then_some(region),
                "what stands behind resources",
            ))),
            arn: thing.arn.as_str().into(),
        }
    }
}

/// The block in whichever file holds one.
fn public_access_block(files: &BTreeMap<String, Content>, of: &str) -> Known<Option<PublicAccessBlock>> {
    let is_it = |name: &&String| name.contains("bpa") || name.contains("public-access");
    let Some(content) = files.keys().find(is_it).and_then(|name| files.get(name)) else {
        return Known::Known(None);
    };
    match &content.parsed {
        Ok(node) => {
            let is_on = |name: &str| get(node, &[name]).is_some_and(|node| node.value == Value::Bool(true));
            Known::Known(Some(PublicAccessBlock {
                block_public_acls: is_on("blockpublicacls"),
                ignore_public_acls: is_on("ignorepublicacls"),
                block_public_policy: is_on("blockpublicpolicy"),
                restrict_public_buckets: is_on("restrictpublicbuckets"),
            }))
        }
        Err(reason) => Known::Unknown(Arc::new(content.missing(of, reason.clone()))),
    }
}

/// A bucket has a folder without an ARN of its own where it has no metadata: its name is that of the folder.
fn bucket(account: &Path, path: &Path) -> Option<String> {
    let inside = path.strip_prefix(account).ok()?;
    let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
    match parts.as_slice() {
        [service, name] if service == "s3" => Some(format!("arn:aws:s3:::{name}")),
        [_, ..] | [] => None,
    }
}

/// Whether an ARN is that of an IAM user, role, group or policy.
fn is_of(arn: &str, prefix: &str) -> bool {
    Arn::parse(arn).is_ok_and(|arn| arn.service == "iam" && arn.resource.starts_with(prefix))
}

/// The member of one of these names, written in lower case, whatever its own case.
fn get<'n>(node: &'n Node, names: &[&str]) -> Option<&'n Node> {
    let members = node.as_object()?;
    let named = |name: &&str| members.iter().find(|member| member.name.eq_ignore_ascii_case(name));
    let found = names.iter().find_map(named).map(|member| &member.node);
    found.filter(|node| node.value != Value::Null)
}

fn text<'n>(node: &'n Node, names: &[&str]) -> Option<&'n str> {
    get(node, names).and_then(Node::as_text)
}

/// The items of a list, or the values of an object.
fn entries(node: &Node) -> Vec<&Node> {
    match (node.as_list(), node.as_object()) {
        (Some(list), _) => list.iter().collect(),
        (None, Some(members)) => members.iter().map(|member| &member.node).collect(),
        (None, None) => Vec::new(),
    }
}

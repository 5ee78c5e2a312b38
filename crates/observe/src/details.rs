//! The users, groups, roles and policies of an account, from `iam get-account-authorization-details`.
//!
//! The file is read as it streams by, since an organisation has hundreds of thousands of roles: no tree of it is built,
//! and a document whose text was met before is not parsed again. Documents may be objects, as the AWS CLI and
//! boto3 decode them, or URL-encoded strings, as IAM hands them out. A member that AWS leaves out when it is empty
//! (tags, boundary, inline policies) is empty; a whole list that is not there is unknown.
//!
//! Follows IAM API Reference, GetAccountAuthorizationDetails.

mod stream;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use iam::arn::{AccountId, Arn};
use iam::estate::{
    Account, Attached, Document, Group, Identity, Known, Missing, Reason, Role, Tag, User, Via,
};
use iam::policy::PolicyType;

use crate::documents::Documents;
use stream::{Fault, Field, Stream};

/// The file that is read, and whose it should be.
pub(crate) struct Source {
    /// The account it should belong to; whatever account it belongs to where none is given.
    pub account: Option<AccountId>,
    pub file: Arc<str>,
}

impl Source {
    fn missing(&self, item: Option<&str>, reason: Reason) -> Missing {
        Missing {
            account: self.account,
            region: Some(crate::folder::GLOBAL.into()),
            what: "iam get-account-authorization-details".into(),
            item: item.map(Arc::from),
            file: Some(self.file.clone()),
            reason,
        }
    }

    fn unknown<T>(&self, item: Option<&str>, reason: Reason) -> Known<T> {
        Known::Unknown(Arc::new(self.missing(item, reason)))
    }

    /// A list that is always there.
    fn list<T>(&self, list: Option<T>, name: &str) -> Known<T> {
        let lacks = || self.unknown(None, Reason::Shape { problem: format!("`{name}` is missing") });
        list.map_or_else(lacks, Known::Known)
    }
}

/// What a file tells.
pub(crate) struct Details {
    /// The account of its ARNs; none where it holds nobody.
    pub account: Option<AccountId>,
    pub partition: Option<Arc<str>>,
    pub users: Known<Vec<User>>,
    pub groups: Known<Vec<Group>>,
    pub roles: Known<Vec<Role>>,
    pub policies: Known<Vec<Attached>>,
    /// Everything in it that could not be learned.
    pub missing: Vec<Arc<Missing>>,
}

impl Details {
    /// Every list and document that is not known.
    fn unknown(&self) -> Vec<Arc<Missing>> {
        let mut unknown = Vec::new();
        let of_identity = |identity: &Identity, unknown: &mut Vec<Arc<Missing>>| {
            if let Known::Known(policies) = &identity.policies {
                unknown.extend(policies.iter().filter_map(Attached::missing).cloned());
            }
            if let Known::Known(Some(boundary)) = &identity.boundary {
                unknown.extend(boundary.missing().cloned());
            }
        };
        match &self.users {
            Known::Known(users) => users.iter().for_each(|user| of_identity(&user.identity, &mut unknown)),
            Known::Unknown(why) => unknown.push(why.clone()),
        }
        match &self.roles {
            Known::Known(roles) => roles.iter().for_each(|role| {
                of_identity(&role.identity, &mut unknown);
                unknown.extend(role.trust.missing().cloned());
            }),
            Known::Unknown(why) => unknown.push(why.clone()),
        }
        unknown.extend(self.groups.missing().cloned());
        match &self.policies {
            Known::Known(policies) => unknown.extend(policies.iter().filter_map(Attached::missing).cloned()),
            Known::Unknown(why) => unknown.push(why.clone()),
        }
        unknown
    }

    /// Puts everything into an account.
    pub(crate) fn fill(self, account: &mut Account) {
        account.users = self.users;
        account.groups = self.groups;
        account.roles = self.roles;
        account.policies = self.policies;
        if let Some(partition) = self.partition {
            account.partition = partition;
        }
    }
}

/// Reads a file.
///
/// # Errors
/// Why none of it can be used.
pub(crate) fn read(source: &Source, bytes: &[u8], documents: &Documents) -> Result<Details, Arc<Missing>> {
    let mut reader = Reader { source, bytes, documents, texts: HashSet::new(), found: None };
    reader.details().map_err(|fault| Arc::new(source.missing(None, fault.reason(bytes))))
}

struct Reader<'a> {
    source: &'a Source,
    bytes: &'a [u8],
    documents: &'a Documents,
    /// Texts that many principals share: names of policies and groups, tags, dates.
    texts: HashSet<Arc<str>>,
    /// Partition and account of the ARNs so far.
    found: Option<(Arc<str>, AccountId)>,
}

/// A user, group or role as it stands in the file; attached policies are named only.
#[derive(Default)]
struct Entity {
    arn: Option<Arc<str>>,
    name: Option<Arc<str>>,
    unique_id: Option<Arc<str>>,
    created: Option<Arc<str>>,
    tags: Vec<Tag>,
    inline: Vec<Attached>,
    /// Name and ARN.
    managed: Vec<(Arc<str>, Arc<str>)>,
    boundary: Option<Arc<str>>,
    groups: Vec<Arc<str>>,
    trust: Option<Known<Document>>,
    session_s_max: Option<u32>,
    instance_profiles: Vec<Arc<str>>,
    last_used: Option<Arc<str>>,
}

impl Reader<'_> {
    fn details(&mut self) -> Result<Details, Fault> {
        let mut users = None;
        let mut groups = None;
        let mut roles = None;
        let mut policies = None;
        let mut is_one_page = false;
        let mut stream = Stream::new(self.bytes)?;
        stream.object(|stream, field| {
            match field {
                Field::UserDetailList => users = self.entities(stream)?,
                Field::GroupDetailList => groups = self.entities(stream)?,
                Field::RoleDetailList => roles = self.entities(stream)?,
                Field::Policies => policies = self.managed_policies(stream)?,
                Field::IsTruncated => is_one_page |= stream.flag()? == Some(true),
                Field::Marker | Field::NextToken => is_one_page |= stream.text()?.is_some(),
                _ => stream.skip()?,
            }
            Ok(())
        })?;
        stream.finish()?;
        if is_one_page {
            return Err(Fault::OnePage);
        }
        let mut known: HashMap<Arc<str>, Attached> = HashMap::new();
        for attached in policies.iter().flatten() {
            known.extend(attached.arn.clone().map(|arn| (arn, attached.clone())));
        }
        let groups_by_name: HashMap<Arc<str>, Vec<Attached>> = groups
            .iter()
            .flatten()
            .filter_map(|group| Some((group.name.clone()?, self.policies_of(group, &mut known))))
            .collect();
        let users = users.map(|users: Vec<Entity>| {
            users.into_iter().map(|user| self.user(user, &groups_by_name, &mut known)).collect()
        });
        let groups = groups.map(|groups: Vec<Entity>| {
            groups.into_iter().map(|group| self.group(group, &mut known)).collect()
        });
        let roles = roles
            .map(|roles: Vec<Entity>| roles.into_iter().map(|role| self.role(role, &mut known)).collect());
        let policies = policies
            .map(|policies: Vec<Attached>| policies.into_iter().filter(is_customers).collect::<Vec<_>>());
        let mut details = Details {
            users: self.source.list(users, "UserDetailList"),
            groups: self.source.list(groups, "GroupDetailList"),
            roles: self.source.list(roles, "RoleDetailList"),
            policies: self.source.list(policies, "Policies"),
            partition: self.found.as_ref().map(|(partition, _)| partition.clone()),
            account: self.found.as_ref().map(|(_, account)| *account),
            missing: Vec::new(),
        };
        details.missing = details.unknown();
        Ok(details)
    }

    fn shared(&mut self, text: String) -> Arc<str> {
        if let Some(known) = self.texts.get(text.as_str()) {
            return known.clone();
        }
        let text: Arc<str> = text.into();
        self.texts.insert(text.clone());
        text
    }

    fn shared_text(&mut self, stream: &mut Stream) -> Result<Option<Arc<str>>, Fault> {
        Ok(stream.text()?.map(|text| self.shared(text)))
    }

    /// The users, groups or roles of a list, by ARN; `None` for null.
    fn entities(&mut self, stream: &mut Stream) -> Result<Option<Vec<Entity>>, Fault> {
        let mut entities = Vec::new();
        let is_there = stream.list(|stream| {
            let mut entity = Entity::default();
            stream.object(|stream, field| self.member(&mut entity, stream, field))?;
            let arn = entity.arn.as_ref().ok_or(Fault::Lacks("Arn"))?;
            if entity.name.is_none() {
                return Err(Fault::Lacks("UserName`, `GroupName` or `RoleName"));
            }
            self.check_account(arn)?;
            entities.push(entity);
            Ok(())
        })?;
        entities.sort_by(|a, b| a.arn.cmp(&b.arn));
        if let Some(pair) = entities.windows(2).find(|pair| pair[0].arn == pair[1].arn) {
            return Err(Fault::Twice(pair[0].arn.as_deref().unwrap_or_default().to_owned()));
        }
        Ok(is_there.then_some(entities))
    }

    /// Everything in the file belongs to one account, and that to the one it should.
    fn check_account(&mut self, arn: &str) -> Result<(), Fault> {
        let foreign = || Fault::Foreign(arn.to_owned());
        let parts = Arn::parse(arn).map_err(|_| Fault::NotAnArn(arn.to_owned()))?;
        let own = parts.account_id().ok_or_else(foreign)?;
        if self.source.account.as_ref().is_some_and(|expected| *expected != own) {
            return Err(foreign());
        }
        match &self.found {
            Some((partition, account)) if *account != own || partition.as_ref() != parts.partition => {
                Err(foreign())
            }
            Some(_) => Ok(()),
            None => {
                self.found = Some((parts.partition.into(), own));
                Ok(())
            }
        }
    }

    fn member(&mut self, entity: &mut Entity, stream: &mut Stream, field: Field) -> Result<(), Fault> {
        match field {
            Field::Arn => entity.arn = stream.text()?.map(Arc::from),
            Field::UserName | Field::GroupName | Field::RoleName => {
                entity.name = stream.text()?.map(Arc::from);
            }
            Field::UserId | Field::GroupId | Field::RoleId => {
                entity.unique_id = stream.text()?.map(Arc::from)
            }
            Field::CreateDate => entity.created = self.shared_text(stream)?,
            Field::Tags => {
                stream.list(|stream| {
                    let (mut key, mut value) = (None, None);
                    stream.object(|stream, field| {
                        match field {
                            Field::Key => key = self.shared_text(stream)?,
                            Field::Value => value = self.shared_text(stream)?,
                            _ => stream.skip()?,
                        }
                        Ok(())
                    })?;
                    let key = key.ok_or(Fault::Lacks("Key"))?;
                    entity.tags.push(Tag { key, value: value.ok_or(Fault::Lacks("Value"))? });
                    Ok(())
                })?;
            }
            Field::UserPolicyList | Field::GroupPolicyList | Field::RolePolicyList => {
                stream.list(|stream| {
                    let (mut name, mut document) = (None, None);
                    stream.object(|stream, field| {
                        match field {
                            Field::PolicyName => name = self.shared_text(stream)?,
                            Field::PolicyDocument => document = stream.document()?,
                            _ => stream.skip()?,
                        }
                        Ok(())
                    })?;
                    let name = name.ok_or(Fault::Lacks("PolicyName"))?;
                    let document = self.document(document, PolicyType::Identity, &name);
                    entity.inline.push(Attached { name, arn: None, via: Via::Own, document });
                    Ok(())
                })?;
            }
            Field::AttachedManagedPolicies => {
                stream.list(|stream| {
                    let (mut name, mut arn) = (None, None);
                    stream.object(|stream, field| {
                        match field {
                            Field::PolicyName => name = self.shared_text(stream)?,
                            Field::PolicyArn => arn = self.shared_text(stream)?,
                            _ => stream.skip()?,
                        }
                        Ok(())
                    })?;
                    let arn = arn.ok_or(Fault::Lacks("PolicyArn"))?;
                    entity.managed.push((name.unwrap_or_else(|| arn.clone()), arn));
                    Ok(())
                })?;
            }
            Field::PermissionsBoundary => {
                let mut arn = None;
                let is_there = stream.object(|stream, field| {
                    match field {
                        Field::PermissionsBoundaryArn => arn = self.shared_text(stream)?,
                        _ => stream.skip()?,
                    }
                    Ok(())
                })?;
                if is_there {
                    entity.boundary = Some(arn.ok_or(Fault::Lacks("PermissionsBoundaryArn"))?);
                }
            }
            Field::GroupList => {
                stream.list(|stream| {
                    entity.groups.extend(self.shared_text(stream)?);
                    Ok(())
                })?;
            }
            Field::AssumeRolePolicyDocument => {
                let document = stream.document()?;
                entity.trust = Some(self.document(document, PolicyType::Trust, "trust policy"));
            }
            Field::MaxSessionDuration => entity.session_s_max = stream.number()?,
            Field::InstanceProfileList => {
                stream.list(|stream| {
                    stream.object(|stream, field| {
                        match field {
                            Field::Arn => entity.instance_profiles.extend(stream.text()?.map(Arc::from)),
                            _ => stream.skip()?,
                        }
                        Ok(())
                    })?;
                    Ok(())
                })?;
            }
            Field::RoleLastUsed => {
                stream.object(|stream, field| {
                    match field {
                        Field::LastUsedDate => entity.last_used = self.shared_text(stream)?,
                        _ => stream.skip()?,
                    }
                    Ok(())
                })?;
            }
            _ => stream.skip()?,
        }
        Ok(())
    }

    /// Managed policies with the documents of their default versions, by ARN.
    fn managed_policies(&mut self, stream: &mut Stream) -> Result<Option<Vec<Attached>>, Fault> {
        let mut policies = Vec::new();
        let is_there = stream.list(|stream| {
            let (mut name, mut arn, mut document) = (None, None, None);
            stream.object(|stream, field| {
                match field {
                    Field::PolicyName => name = stream.text()?,
                    Field::Arn => arn = self.shared_text(stream)?,
                    Field::PolicyVersionList => {
                        stream.list(|stream| {
                            let (mut is_default, mut own) = (false, None);
                            stream.object(|stream, field| {
                                match field {
                                    Field::IsDefaultVersion => is_default = stream.flag()? == Some(true),
                                    Field::Document => own = stream.document()?,
                                    _ => stream.skip()?,
                                }
                                Ok(())
                            })?;
                            if is_default {
                                document = own;
                            }
                            Ok(())
                        })?;
                    }
                    _ => stream.skip()?,
                }
                Ok(())
            })?;
            let arn = arn.ok_or(Fault::Lacks("Arn"))?;
            let document = self.document(document, PolicyType::Identity, &arn);
            let name = name.map_or_else(|| arn.clone(), Arc::from);
            policies.push(Attached { name, arn: Some(arn), via: Via::Own, document });
            Ok(())
        })?;
        policies.sort_by(|a, b| a.arn.cmp(&b.arn));
        Ok(is_there.then_some(policies))
    }

    fn document(
        &self,
        raw: Option<crate::documents::Raw>,
        policy_type: PolicyType,
        item: &str,
    ) -> Known<Document> {
        let Some(raw) = raw else {
            let problem = "the document is missing".to_owned();
            return self.source.unknown(Some(item), Reason::Shape { problem });
        };
        let missing = || self.source.missing(Some(item), Reason::NeverAsked);
        self.documents.read(&self.source.file, self.bytes, &raw, policy_type, missing)
    }

    /// The managed policy of this ARN: of the file, or of the reference.
    fn managed(&self, name: &Arc<str>, arn: &Arc<str>, known: &mut HashMap<Arc<str>, Attached>) -> Attached {
        let of_reference = || {
            let document = match self.documents.aws_managed(arn, PolicyType::Identity) {
                Some(document) => Known::Known(document),
                None => self.source.unknown(Some(arn), Reason::NoText),
            };
            Attached { name: name.clone(), arn: Some(arn.clone()), via: Via::Own, document }
        };
        known.entry(arn.clone()).or_insert_with(of_reference).clone()
    }

    fn policies_of(&self, entity: &Entity, known: &mut HashMap<Arc<str>, Attached>) -> Vec<Attached> {
        let mut policies = entity.inline.clone();
        policies.extend(entity.managed.iter().map(|(name, arn)| self.managed(name, arn, known)));
        policies
    }

    fn identity(
        &self,
        entity: &Entity,
        policies: Vec<Attached>,
        known: &mut HashMap<Arc<str>, Attached>,
    ) -> Identity {
        let boundary = entity.boundary.as_ref().map(|arn| {
            let name = arn.rsplit('/').next().unwrap_or_default().into();
            self.managed(&name, arn, known)
        });
        Identity {
            arn: entity.arn.clone().unwrap_or_default(),
            unique_id: entity.unique_id.clone(),
            tags: Known::Known(entity.tags.as_slice().into()),
            policies: Known::Known(policies.into()),
            boundary: Known::Known(boundary),
            created: entity.created.clone(),
        }
    }

    fn user(
        &self,
        entity: Entity,
        groups: &HashMap<Arc<str>, Vec<Attached>>,
        known: &mut HashMap<Arc<str>, Attached>,
    ) -> User {
        let mut policies = self.policies_of(&entity, known);
        for name in &entity.groups {
            let via = Via::Group(name.clone());
            match groups.get(name) {
                Some(own) => {
                    policies.extend(own.iter().map(|each| Attached { via: via.clone(), ..each.clone() }));
                }
                None => {
                    let problem = "the group is not among `GroupDetailList`".to_owned();
                    let document = self.source.unknown(Some(name), Reason::Shape { problem });
                    policies.push(Attached {
                        name: "policies of the group".into(),
                        arn: None,
                        via,
                        document,
                    });
                }
            }
        }
        let never = |what: &str| {
            let account = self.found.as_ref().map(|(_, account)| account);
            let missing = Missing::never_asked(account, Some(crate::folder::GLOBAL), what);
            Arc::new(Missing { item: entity.name.clone(), ..missing })
        };
        User {
            access_keys: Known::Unknown(never("iam list-access-keys")),
            service_credentials: Known::Unknown(never("iam list-service-specific-credentials")),
            identity: self.identity(&entity, policies, known),
            groups: entity.groups,
        }
    }

    fn group(&self, entity: Entity, known: &mut HashMap<Arc<str>, Attached>) -> Group {
        Group {
            policies: Known::Known(self.policies_of(&entity, known).into()),
            arn: entity.arn.unwrap_or_default(),
            name: entity.name.unwrap_or_default(),
        }
    }

    fn role(&self, entity: Entity, known: &mut HashMap<Arc<str>, Attached>) -> Role {
        let policies = self.policies_of(&entity, known);
        let problem = || "`AssumeRolePolicyDocument` is missing".to_owned();
        Role {
            identity: self.identity(&entity, policies, known),
            trust: entity.trust.unwrap_or_else(|| {
                self.source.unknown(entity.arn.as_deref(), Reason::Shape { problem: problem() })
            }),
            session_s_max: entity.session_s_max,
            instance_profiles: entity.instance_profiles,
            last_used: entity.last_used,
        }
    }
}

/// Whether a managed policy is the customer's own.
fn is_customers(attached: &Attached) -> bool {
    attached.arn.as_deref().and_then(|arn| Arn::parse(arn).ok()).is_some_and(|arn| arn.account != "aws")
}

#[cfg(test)]
mod tests;

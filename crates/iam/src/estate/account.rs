//! An account: who is in it, what is in it, and what was asked of it.
//!
//! Principals follow IAM's GetAccountAuthorizationDetails. Whether a kind of resource was listed in a Region is kept
//! beside the resources: where it was not, that none is here says nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::known::{Known, Missing, Reason};
use super::policies::{Attached, Document};
use super::resource::{PublicAccessBlock, Resource, ResourceKind};
use crate::arn::AccountId;

/// One account.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: AccountId,
    /// `aws`, `aws-us-gov`, …
    pub partition: Arc<str>,
    pub name: Option<Arc<str>>,
    pub membership: Known<Membership>,
    /// By ARN, as are groups, roles and policies.
    pub users: Known<Vec<User>>,
    pub groups: Known<Vec<Group>>,
    pub roles: Known<Vec<Role>>,
    /// The customer managed policies, attached or not.
    pub policies: Known<Vec<Attached>>,
    /// Of S3, for the whole account.
    pub public_access_block: Known<Option<PublicAccessBlock>>,
    /// Whether principals can get web identity tokens for services outside AWS; without them Claude Platform on AWS
    /// has no such credential (aws-facts §1.8).
    pub outbound_web_identity: Known<bool>,
    /// By ARN.
    pub resources: Vec<Resource>,
    /// By name; `global` holds what services without Regions answer.
    pub regions: BTreeMap<Arc<str>, Region>,
}

/// Where an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// In no organisation.
    StandAlone,
    /// Numbers of the organisation in the estate and of the node in the organisation.
    Member { organization: usize, node: usize },
}

/// What was asked in one Region of an account.
#[derive(Clone, Debug)]
pub struct Region {
    /// Whether the resources of a kind are all here; a kind without an entry was never asked about.
    pub listed: BTreeMap<ResourceKind, Known<()>>,
    /// The account's own enforced guardrails.
    pub enforced_guardrails: Known<Vec<EnforcedGuardrail>>,
    /// Where prompts and answers are logged; none where they are not.
    pub invocation_logging: Known<Option<InvocationLogging>>,
    /// Whether the first-time-use form of Anthropic was sent.
    pub use_case_form: Known<bool>,
    /// The mode in which prompts are kept, as AWS spells it: `default`, `none`, `aws_review`, `provider_data_share`.
    pub data_retention: Known<Arc<str>>,
    /// What the account shares with others through AWS RAM.
    pub shares: Known<Vec<Share>>,
    /// The trails whose home is here.
    pub trails: Known<Vec<Trail>>,
}

/// A resource that is shared through AWS RAM.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share {
    /// ARN of what is shared.
    pub resource: Arc<str>,
    /// Account id, or ARN of an organisation, unit, role or user, or a service.
    pub principal: Arc<str>,
    /// Whether the principal is outside the organisation.
    pub external: bool,
}

/// A trail of AWS CloudTrail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    pub arn: Arc<str>,
    pub every_region: bool,
    pub whole_organization: bool,
    pub logging: Known<bool>,
    /// Types of the data events it keeps, such as `AWS::Bedrock::Model`, sorted.
    pub data_events: Known<Vec<Arc<str>>>,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    pub key: Arc<str>,
    pub value: Arc<str>,
}

/// What a user and a role have in common.
#[derive(Clone, Debug)]
pub struct Identity {
    pub arn: Arc<str>,
    /// `AIDA…` or `AROA…`.
    pub unique_id: Option<Arc<str>>,
    pub tags: Known<Arc<[Tag]>>,
    /// Identity-based policies: its own and those of its groups, inline and managed.
    pub policies: Known<Arc<[Attached]>>,
    pub boundary: Known<Option<Attached>>,
    /// When it was made, as AWS writes it.
    pub created: Option<Arc<str>>,
}

impl Identity {
    /// Its name: the last part of the ARN.
    pub fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }
}

/// An IAM user.
#[derive(Clone, Debug)]
pub struct User {
    pub identity: Identity,
    /// Names of its groups.
    pub groups: Vec<Arc<str>>,
    pub access_keys: Known<Arc<[AccessKey]>>,
    /// Among them the long-term API keys of Amazon Bedrock.
    pub service_credentials: Known<Arc<[ServiceCredential]>>,
}

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    pub arn: Arc<str>,
    pub name: Arc<str>,
    pub policies: Known<Arc<[Attached]>>,
}

/// A role.
#[derive(Clone, Debug)]
pub struct Role {
    pub identity: Identity,
    pub trust: Known<Document>,
    /// Longest session, in seconds; the account's authorization details do not say it.
    pub session_s_max: Option<u32>,
    /// ARNs of the instance profiles that hold it.
    pub instance_profiles: Vec<Arc<str>>,
    /// When it was last used, as AWS writes it; none where AWS says of no use or says nothing.
    pub last_used: Option<Arc<str>>,
}

/// Whether a credential works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CredentialStatus {
    Active,
    Inactive,
    Expired,
}

/// An access key of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    pub id: Arc<str>,
    pub status: CredentialStatus,
    pub created: Option<Arc<str>>,
}

/// A service-specific credential of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceCredential {
    pub id: Arc<str>,
    /// `bedrock.amazonaws.com` for a long-term API key of Amazon Bedrock.
    pub service: Arc<str>,
    pub status: CredentialStatus,
    pub created: Option<Arc<str>>,
    /// None means that it never expires.
    pub expires: Option<Arc<str>>,
}

/// A guardrail that an account enforces on every call in a Region.
///
/// Source: Amazon Bedrock API, `ListEnforcedGuardrailsConfiguration` (aws-facts §3.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnforcedGuardrail {
    pub config_id: Option<Arc<str>>,
    pub arn: Arc<str>,
    pub version: Option<Arc<str>>,
    /// `ACCOUNT` for the account's own; none for one that a Bedrock policy enforces.
    pub owner: Option<Arc<str>>,
    /// Ids of models; none given means all.
    pub included_models: Option<Vec<Arc<str>>>,
    pub excluded_models: Vec<Arc<str>>,
}

/// Where calls of models are logged.
///
/// Source: Amazon Bedrock API, `GetModelInvocationLoggingConfiguration`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvocationLogging {
    pub log_group: Option<Arc<str>>,
    pub bucket: Option<Arc<str>>,
    /// Whether the text of prompts and answers is logged; `None` where AWS does not say.
    pub text: Option<bool>,
}

impl Account {
    /// An account of which nothing is known beyond that it exists.
    pub fn unread(id: AccountId, partition: Arc<str>) -> Self {
        let never = |what: &str| Arc::new(Missing::never_asked(Some(&id), None, what));
        let details = never("iam get-account-authorization-details");
        Self {
            partition,
            name: None,
            membership: Known::Unknown(never("organizations describe-organization")),
            users: Known::Unknown(details.clone()),
            groups: Known::Unknown(details.clone()),
            roles: Known::Unknown(details.clone()),
            policies: Known::Unknown(details),
            public_access_block: Known::Unknown(never("s3control get-public-access-block")),
            outbound_web_identity: Known::Unknown(never("iam get-outbound-web-identity-federation-info")),
            resources: Vec::new(),
            regions: BTreeMap::new(),
            id,
        }
    }

    /// The user of this ARN; `None` where the list is known and has none.
    pub fn user(&self, arn: &str) -> Known<Option<&User>> {
        self.users.as_ref().map(|users| {
            let found = users.binary_search_by(|user| user.identity.arn.as_ref().cmp(arn));
            found.ok().map(|at| &users[at])
        })
    }

    /// The role of this ARN; `None` where the list is known and has none.
    pub fn role(&self, arn: &str) -> Known<Option<&Role>> {
        self.roles.as_ref().map(|roles| {
            let found = roles.binary_search_by(|role| role.identity.arn.as_ref().cmp(arn));
            found.ok().map(|at| &roles[at])
        })
    }

    /// The role of this name, whatever its path; role names are unique in an account.
    pub fn role_named(&self, name: &str) -> Known<Option<&Role>> {
        self.roles.as_ref().map(|roles| roles.iter().find(|role| role.identity.name() == name))
    }

    /// The resource of this ARN, if it is known.
    pub fn resource(&self, arn: &str) -> Option<&Resource> {
        let start = self.resources.partition_point(|resource| resource.arn.as_ref() < arn);
        let same = || self.resources[start..].iter().take_while(|resource| resource.arn.as_ref() == arn);
        // An endpoint of Bedrock Marketplace stands here twice, once as the SageMaker endpoint that its ARN names.
        let kind = ResourceKind::of(arn);
        same().find(|resource| resource.kind == kind).or_else(|| same().next())
    }

    /// Whether all resources of a kind in a Region are among [`Self::resources`].
    pub fn listed(&self, kind: ResourceKind, region: &str) -> Known<()> {
        match self.regions.get(region).and_then(|region| region.listed.get(&kind)) {
            Some(listed) => listed.clone(),
            None => {
                let what = format!("list of {kind}");
                Known::Unknown(Arc::new(Missing::never_asked(Some(&self.id), Some(region), &what)))
            }
        }
    }

    /// The resources of a kind in a Region, where all of them are known.
    pub fn resources_of(&self, kind: ResourceKind, region: &str) -> Known<Vec<&Resource>> {
        self.listed(kind, region).map(|()| {
            self.resources.iter().filter(|each| each.kind == kind && each.region.as_ref() == region).collect()
        })
    }
}

impl Region {
    /// A Region in which nothing was asked.
    pub fn unread(account: &AccountId, region: &str) -> Self {
        let never = |what: &str| Arc::new(Missing::never_asked(Some(account), Some(region), what));
        Self {
            listed: BTreeMap::new(),
            enforced_guardrails: Known::Unknown(never("bedrock list-enforced-guardrails-configuration")),
            invocation_logging: Known::Unknown(never("bedrock get-model-invocation-logging-configuration")),
            use_case_form: Known::Unknown(never("bedrock get-use-case-for-model-access")),
            data_retention: Known::Unknown(never("bedrock get-account-data-retention")),
            shares: Known::Unknown(never("ram get-resource-share-associations")),
            trails: Known::Unknown(never("cloudtrail describe-trails")),
        }
    }
}

impl Missing {
    /// Something that no source says was ever asked.
    pub fn never_asked(account: Option<&AccountId>, region: Option<&str>, what: &str) -> Self {
        Self {
            account: account.cloned(),
            region: region.map(Arc::from),
            what: what.into(),
            item: None,
            file: None,
            reason: Reason::NeverAsked,
        }
    }
}

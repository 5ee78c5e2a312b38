//! Who may do this: one or more actions, on one resource or on every known one, asked of everybody.
//!
//! Everybody is every user and role of every account of a data set, and whom the policy of the resource names besides:
//! AWS services, federated providers, sessions, everyone, and principals of accounts that the data set does not have.
//! Of these it is not known what their own accounts allow, so that they are told apart. Each is asked as `can` asks;
//! paths through other roles and services are not followed here.
//!
//! Keys of the request that nobody gives stay open; requests are taken to be signed and sent by the principal itself, over
//! TLS. Not looked at: lists of access control of S3, grants of KMS, session and VPC endpoint policies.

mod machine;
mod outside;
mod standing;
mod topic;

use std::collections::BTreeMap;
use std::sync::Arc;

use iam::arn::AccountId;
use iam::context::{Context, Key};
use iam::estate::{Estate, Known, Missing};
use iam::layers::Layer;
use iam::principal::Principal;

use crate::input::Complaint;
use crate::policies::Shown;
use crate::snapshot::AS_FAR_AS_IAM_DECIDES;
use crate::stack::{ContextValue, Data};

pub use machine::{csv, json};
pub use topic::Topic;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Actions; `*` and `?` stand for all that exist and take the resource.
    pub actions: Vec<String>,
    /// ARN, or a pattern of ARNs; none for every known resource that the actions take.
    pub resource: Option<String>,
    /// The account that holds the resource, where neither its ARN nor the data set says; without a resource, the account
    /// whose resources are meant.
    pub resource_account: Option<String>,
    pub context: BTreeMap<String, ContextValue>,
}

/// Everything that was asked, answered.
#[derive(Clone, Debug)]
pub struct Found {
    pub topics: Vec<Answered>,
    /// Accounts whose users or roles are not known.
    pub unread: Vec<Arc<Missing>>,
    pub notes: Vec<String>,
}

/// One action on one resource, answered.
#[derive(Clone, Debug)]
pub struct Answered {
    pub action: String,
    pub resource: String,
    pub resource_account: Option<AccountId>,
    /// Those who are not denied, by name.
    pub entries: Vec<Entry>,
    /// How many of the data set are denied, by what.
    pub denied: BTreeMap<Denial, usize>,
    /// Whether the root user of the resource's account may; none where no account is known.
    pub root_user: Option<Standing>,
    /// Principals that the policy of the resource names and their accounts do not have.
    pub gone: Vec<String>,
    /// Why it is not known whom the resource lets in from outside.
    pub unread_policy: Option<Arc<Missing>>,
    pub notes: Vec<String>,
}

/// Somebody who is not denied.
#[derive(Clone, Debug)]
pub struct Entry {
    pub caller: Caller,
    pub standing: Standing,
    /// A resource for which it holds, where it does not hold for all of a pattern.
    pub example: Option<String>,
    pub how: How,
    /// The statements that allow it.
    pub by: Vec<Shown>,
}

/// Somebody who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A principal of the data set, or one that needs no account: a service, a provider, anonymous.
    Known(Principal),
    /// A principal of an account that the data set does not have.
    Outside(Principal),
    /// Somebody of an account whose principals are not known, as far as its own policies let.
    SomeoneOf(AccountId),
    /// Somebody of any account, as far as its own policies let.
    Anyone,
    /// Whoever owns a canonical user id; S3 knows the account.
    CanonicalUser(String),
}

/// How somebody stands to what was asked.
#[derive(Clone, Debug)]
pub enum Standing {
    Allowed,
    /// The request decides.
    AllowedIf(If),
    /// Something that plays a part is missing, or AWS's behaviour is unsettled.
    Unknown {
        missing: Vec<Arc<Missing>>,
        doubts: Vec<String>,
        keys: Vec<Key>,
    },
    Denied(Denial),
}

/// What decides about a request.
#[derive(Clone, Debug, Default)]
pub struct If {
    pub keys: Vec<Key>,
    /// The open conditions of the statements that could decide.
    pub conditions: Vec<Condition>,
    /// Sessions of the role that the policy of the resource names.
    pub sessions: Vec<String>,
}

/// A condition of a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    pub statement: Shown,
    pub allows: bool,
    pub operator: String,
    pub key: String,
    pub values: Vec<String>,
}

/// What denies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Denial {
    pub explicit: bool,
    /// Those with a matching Deny; otherwise those that would have to allow.
    pub by: Vec<Layer>,
}

/// Which policies it takes to allow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The principal's own alone.
    Identity,
    /// That of the resource alone.
    Resource,
    /// Both together.
    Both,
    /// Either by itself.
    Either,
}

impl How {
    /// Its name for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Resource => "resource",
            Self::Both => "both",
            Self::Either => "either",
        }
    }
}

impl Caller {
    /// How it is shown: an ARN, a name, an account id.
    pub fn name(&self) -> String {
        match self {
            Self::Known(principal) | Self::Outside(principal) => principal.to_string(),
            Self::SomeoneOf(account) => account.to_string(),
            Self::Anyone => "*".to_owned(),
            Self::CanonicalUser(id) => id.clone(),
        }
    }

    /// What it is, for machines.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Known(principal) | Self::Outside(principal) => match principal {
                Principal::User { .. } => "user",
                Principal::Role { .. } => "role",
                Principal::RoleSession { .. } => "session",
                Principal::FederatedUser { .. } => "federated_user",
                Principal::Root { .. } => "root",
                Principal::Anonymous => "anonymous",
                Principal::Service { .. } => "service",
                Principal::Federated { .. } => "federated",
            },
            Self::SomeoneOf(_) => "account",
            Self::Anyone => "everyone",
            Self::CanonicalUser(_) => "canonical_user",
        }
    }

    /// Whether what its own account allows is not known.
    pub fn is_outside(&self) -> bool {
        match self {
            Self::Known(_) => false,
            Self::Outside(_) | Self::SomeoneOf(_) | Self::Anyone | Self::CanonicalUser(_) => true,
        }
    }
}

impl Standing {
    /// From the most to the least.
    fn rank(&self) -> u8 {
        match self {
            Self::Allowed => 0,
            Self::AllowedIf(_) => 1,
            Self::Unknown { .. } => 2,
            Self::Denied(_) => 3,
        }
    }

    /// Its name for machines.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::AllowedIf(_) => "allowed_if",
            Self::Unknown { .. } => "unknown",
            Self::Denied(_) => "denied",
        }
    }
}

/// Asks everybody.
///
/// # Errors
/// What is wrong with the question.
pub fn who(data: &Data, ask: &Ask) -> Result<Found, Vec<Complaint>> {
    let given = context(&ask.context)?;
    let mut notes = Vec::new();
    if data.estate.is_iam_only() {
        notes.push(AS_FAR_AS_IAM_DECIDES.to_owned());
    }
    let topics = topic::topics(&data.estate, ask, &mut notes)?;
    let people = people(&data.estate);
    let topics = topics.iter().map(|topic| answer(data, &people, &given, topic)).collect();
    let lists =
        data.estate.accounts().iter().flat_map(|account| [account.users.missing(), account.roles.missing()]);
    let mut unread: Vec<_> = lists.flatten().cloned().collect();
    unread.sort();
    unread.dedup();
    Ok(Found { topics, unread, notes })
}

fn answer(data: &Data, people: &[Principal], given: &Context, topic: &Topic) -> Answered {
    let mut entries = Vec::new();
    let mut denied = BTreeMap::new();
    for principal in people.iter().filter(|principal| topic.concerns(principal)) {
        let Some(found) = standing::of(data, principal, given, topic, &[]) else { continue };
        match &found.standing {
            Standing::Denied(denial) => *denied.entry(denial.clone()).or_insert(0) += 1,
            Standing::Allowed | Standing::AllowedIf(_) | Standing::Unknown { .. } => {
                entries.push(found.entry(data, topic, Caller::Known(principal.clone())));
            }
        }
    }
    let outsiders = outside::outsiders(&data.estate, topic);
    for outsider in &outsiders.callers {
        entries.extend(outside::entry(data, given, topic, outsider));
    }
    entries.sort_by_cached_key(|entry| (entry.caller.is_outside(), entry.caller.name()));
    let root_user = topic.target.account().and_then(|account| {
        let arn = format!("arn:{}:iam::{account}:root", topic.partition());
        let root = Principal::parse(&arn).ok()?;
        standing::of(data, &root, given, topic, &[]).map(|found| found.standing)
    });
    Answered {
        action: topic.name.clone(),
        resource: topic.target.arn().to_owned(),
        resource_account: topic.target.account().cloned(),
        entries,
        denied,
        root_user,
        gone: outsiders.gone,
        unread_policy: outsiders.unread,
        notes: topic.notes.clone(),
    }
}

/// Every user and role, by account, users first.
fn people(estate: &Estate) -> Vec<Principal> {
    let mut people = Vec::new();
    for account in estate.accounts() {
        if let Known::Known(users) = &account.users {
            people.extend(users.iter().filter_map(|user| Principal::parse(&user.identity.arn).ok()));
        }
        if let Known::Known(roles) = &account.roles {
            people.extend(roles.iter().filter_map(|role| Principal::parse(&role.identity.arn).ok()));
        }
    }
    people
}

fn context(given: &BTreeMap<String, ContextValue>) -> Result<Context, Vec<Complaint>> {
    let mut context = Context::new();
    let mut complaints = Vec::new();
    for (key, value) in given {
        if let Err(error) = context.insert(key, value.texts()) {
            complaints.push(Complaint::new("--context", error.to_string()));
        }
    }
    if complaints.is_empty() { Ok(context) } else { Err(complaints) }
}

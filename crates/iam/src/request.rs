//! One authorisation that AWS makes: who, what, on which resource, in which context.
//!
//! A complete request is all AWS sees: keys that are not in it are absent. A partial request leaves the other
//! keys open, except those that it cannot carry: `aws:username` for everyone but IAM users and other keys that
//! the kind of principal fixes, and keys of a service that the Service Authorization Reference lists neither for the action nor for its resource types
//! (aws-facts §1.1).
//!
//! The keys that the principal fixes are derived here (aws-facts §4.4); a value that the caller gives wins.
//! An action that takes no resources is authorised on `*`, whatever the caller names (aws-facts §4.2).

use std::fmt;

use reference::Refusal;

use crate::action::Action;
use crate::arn::{AccountId, Arn};
use crate::context::{Context, Key, Values};
use crate::glob::Glob;
use crate::layers::Layer;
use crate::principal::{Principal, ServiceLinked};
use crate::resource::{Resource, ResourceSet};

/// One authorisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    principal: Principal,
    action: Action,
    resource: Resource,
    resource_account: Option<AccountId>,
    context: Context,
    completeness: Completeness,
    /// Keys that would follow from the principal if it were known.
    left_open: Vec<Key>,
    is_same_account: bool,
    service_linked: ServiceLinked,
    own_policy: OwnPolicy,
    refusal: Option<&'static Refusal>,
    notes: Vec<Note>,
}

/// Keys that follow from the kind of principal: where they are not derived, there are none.
const FIXED_BY_PRINCIPAL: &[&str] = &[
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:principaltype",
    "aws:username",
];

/// Whether a request says all there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Keys that are not given are absent.
    Complete,
    /// Keys that are not given are unknown.
    Partial,
}

/// Something about the request that its author may not have meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The action takes no resources, and the request named one.
    NoResourceTypes { action: String, named: String },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoResourceTypes { action, named } => write!(
                f,
                "`{action}` takes no resources; AWS authorises it on `*`, and so does this answer, not on `{named}`"
            ),
        }
    }
}

/// What a request is made of.
#[derive(Clone, Debug)]
pub struct RequestParts {
    pub principal: Principal,
    pub action: Action,
    pub resource: String,
    /// The account that owns the resource; taken from the ARN where it names one.
    pub resource_account: Option<AccountId>,
    pub context: Context,
    pub completeness: Completeness,
}

impl Request {
    /// Derives what the principal fixes and settles what is asked.
    pub fn new(parts: RequestParts) -> Self {
        let RequestParts { principal, action, resource, resource_account, mut context, completeness } = parts;
        principal.derive_keys(&mut context);
        let mut notes = Vec::new();
        let takes_none = action.listed().is_some_and(|listed| !listed.takes_resources);
        let resource = if resource != "*" && takes_none {
            notes.push(Note::NoResourceTypes { action: action.to_string(), named: resource });
            "*".to_owned()
        } else {
            resource
        };
        let owner = || Arn::parse(&resource).ok().and_then(|arn| arn.account_id());
        let resource_account = resource_account.or_else(owner).or_else(|| principal.account().cloned());
        let refusal = match &principal {
            Principal::Service { .. } => None,
            _ => refusal(&action, &resource),
        };
        let own_policy = own_policy(&action, &resource);
        let is_same_account =
            principal.account().is_some() && principal.account() == resource_account.as_ref();
        let resource = Resource::new(&resource);
        Self {
            is_same_account,
            service_linked: principal.service_linked(),
            own_policy,
            principal,
            action,
            resource,
            resource_account,
            context,
            completeness,
            left_open: Vec::new(),
            refusal,
            notes,
        }
    }

    /// Who asks.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// What for.
    pub fn action(&self) -> &Action {
        &self.action
    }

    /// On what.
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// The account that owns the resource; the principal's where nothing names one, as for foundation models.
    pub fn resource_account(&self) -> Option<&AccountId> {
        self.resource_account.as_ref()
    }

    /// Keys given and derived.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Whether it says all there is.
    pub fn completeness(&self) -> Completeness {
        self.completeness
    }

    pub(crate) fn service_linked(&self) -> ServiceLinked {
        self.service_linked
    }

    pub(crate) fn own_policy(&self) -> OwnPolicy {
        self.own_policy
    }

    /// Whether resource control policies see it (aws-facts §2.3).
    pub fn reaches_rcp(&self) -> bool {
        self.action.reaches_rcp()
    }

    /// Why AWS refuses it to every customer, whatever the policies say.
    pub fn refusal(&self) -> Option<&'static Refusal> {
        self.refusal
    }

    /// Whether the policy of the resource itself has to allow, be it only by its account.
    pub fn must_be_allowed_by_resource(&self) -> bool {
        self.own_policy.must_allow
    }

    /// What its author may not have meant.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Whether principal and resource belong to one account.
    pub fn is_same_account(&self) -> bool {
        self.is_same_account
    }

    /// What it says about a key.
    pub fn values(&self, key: &Key) -> Values<'_> {
        match self.context.get(key) {
            Some(values) if values.is_empty() => Values::Absent,
            Some(values) => Values::Present(values),
            None => match self.completeness {
                Completeness::Complete => Values::Absent,
                Completeness::Partial if self.cannot_carry(key) => Values::Absent,
                Completeness::Partial => Values::Unknown,
            },
        }
    }

    /// The same request with one key set to these values; an empty list makes it absent.
    #[must_use]
    pub fn with_key(&self, name: &str, values: Vec<String>) -> Self {
        let mut changed = self.clone();
        changed.context.replace(name, values);
        changed
    }

    /// The same request of which these keys are not known, although the principal would fix them: it stands for
    /// others of whom no more is known.
    #[must_use]
    pub fn leaving_open(mut self, names: &[&str]) -> Self {
        for name in names {
            let key = Key::new(name);
            self.context.forget(&key);
            self.left_open.push(key);
        }
        self
    }

    /// The same request on any resource of a set: what is settled then is settled for each of them, otherwise
    /// [`Doubt::Resource`](crate::Doubt::Resource) says that it depends. Nothing changes for actions without resources.
    #[must_use]
    pub fn on_any(mut self, set: ResourceSet) -> Self {
        if !self.resource.is_none() {
            self.resource = Resource::any_of(set);
        }
        self
    }

    fn cannot_carry(&self, key: &Key) -> bool {
        if self.left_open.contains(key) {
            return false;
        }
        let key = key.as_str();
        if FIXED_BY_PRINCIPAL.contains(&key) {
            return true;
        }
        let (service, name) = (self.action.service(), self.action.name());
        let is_service_key = key.split(':').next() == Some(service);
        is_service_key && self.action.listed().is_some() && !reference::action_carries(service, name, key)
    }
}

/// What the resource's own policy has to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnPolicy {
    /// It must allow, even within one account.
    pub must_allow: bool,
    /// The layer it would be.
    pub layer: Layer,
}

/// A role that is assumed and a KMS key are the resources whose own policy must allow.
///
/// Source: IAM User Guide, "Policy evaluation for requests within a single account": "IAM role trust policies
/// and KMS key policies are exceptions"; KMS Developer Guide, "Key policies".
fn own_policy(action: &Action, resource: &str) -> OwnPolicy {
    let arn = Arn::parse(resource).ok();
    let is = |service: &str, kind: &str| {
        arn.is_some_and(|arn| arn.service == service && arn.resource.starts_with(kind))
    };
    match action.service() {
        "sts" if is("iam", "role/") => OwnPolicy { must_allow: true, layer: Layer::Trust },
        "kms" if is("kms", "key/") => OwnPolicy { must_allow: true, layer: Layer::Resource },
        _ => OwnPolicy { must_allow: false, layer: Layer::Resource },
    }
}

/// The row of the reference that refuses this write to every customer.
fn refusal(action: &Action, resource: &str) -> Option<&'static Refusal> {
    if !matches!(action.service(), "iam" | "kms") {
        return None;
    }
    reference::refusals().iter().find(|row| {
        row.actions.iter().any(|refused| refused.eq_ignore_ascii_case(action.as_str()))
            && Glob::new(&row.resource).matches(resource)
    })
}

#[cfg(test)]
mod tests {
    //! Whose the resource is.

    use super::*;

    const HERE: &str = "111122223333";
    const THERE: &str = "444455556666";

    #[track_caller]
    fn check(resource: &str, given: Option<&str>, expected: &str) {
        let request = Request::new(RequestParts {
            principal: Principal::parse("arn:aws:iam::111122223333:role/app").unwrap(),
            action: Action::parse("bedrock:InvokeModel").unwrap(),
            resource: resource.to_owned(),
            resource_account: given.map(|id| AccountId::new(id).unwrap()),
            context: Context::new(),
            completeness: Completeness::Complete,
        });
        assert_eq!(request.resource_account().map(AccountId::as_str), Some(expected), "{resource} {given:?}");
        assert_eq!(request.is_same_account(), expected == HERE, "{resource} {given:?}");
    }

    #[test]
    fn a_resource_belongs_to_the_account_given_or_named_and_else_to_the_principals() {
        let profile = "arn:aws:bedrock:us-east-1:444455556666:inference-profile/us.x";
        let model = "arn:aws:bedrock:us-east-1::foundation-model/x";
        check(profile, None, THERE);
        check(profile, Some(HERE), HERE);
        check(model, None, HERE);
        check(model, Some(THERE), THERE);
        check("*", None, HERE);
    }
}

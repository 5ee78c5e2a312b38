//! A stack: who asks, and the policies that apply to them, layer by layer.
//!
//! It comes from flags, from a small YAML file, or from a data set: a whole one, or the dump that `aws iam
//! get-account-authorization-details` prints, of which the principal's own policies and trust policies are taken;
//! all may be mixed. Paths in a stack file are relative to it. Without a data set nothing is assumed to be attached:
//! an SCP level that is meant to have `FullAWSAccess` says so.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use iam::arn::AccountId;
use iam::context::Context;
use iam::estate::{Estate, Known, PrincipalSide};
use iam::layers::{Layer, Level};
use iam::policy::PolicyType;
use iam::principal::Principal;
use serde::Deserialize;

use crate::input::{self, Complaint};
use crate::place::Places;
use crate::policies::Policies;

/// Longest stack file, in bytes.
const STACK_BYTES_MAX: u64 = 1024 * 1024;

/// A stack as a user writes it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// ARN of the user, role or session that asks; `anonymous`, or a service such as `ec2.amazonaws.com`.
    pub principal: Option<String>,
    /// For a session: its role with the path.
    pub role_arn: Option<String>,
    /// For a federated-user session: the user who asked for it.
    pub user_arn: Option<String>,
    /// File of `aws iam get-account-authorization-details`, from which identity policies, boundary, tags and
    /// trust policies are taken.
    pub dump: Option<String>,
    /// A data set, from which all that applies is taken.
    pub snapshot: Option<String>,
    #[serde(default)]
    pub identity: Vec<String>,
    #[serde(default)]
    pub boundary: Vec<String>,
    #[serde(default)]
    pub session: Vec<String>,
    #[serde(default)]
    pub vpc_endpoint: Vec<String>,
    pub resource: Option<String>,
    pub trust: Option<String>,
    /// From the root down to the account.
    #[serde(default)]
    pub organization: Vec<Node>,
    #[serde(default)]
    pub management_account: bool,
    pub resource_account: Option<String>,
    /// Condition keys of every request.
    #[serde(default)]
    pub context: BTreeMap<String, ContextValue>,
    /// Whether keys that are not given are absent; otherwise they are open.
    pub context_complete: Option<bool>,
}

/// One node of the organisation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    pub target: String,
    #[serde(default)]
    pub scp: Option<Vec<String>>,
    #[serde(default)]
    pub rcp: Option<Vec<String>>,
}

/// The value or values of a condition key.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum ContextValue {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    Several(Vec<ContextValue>),
}

impl ContextValue {
    pub(crate) fn texts(&self) -> Vec<String> {
        match self {
            Self::Bool(value) => vec![value.to_string()],
            Self::Integer(value) => vec![value.to_string()],
            Self::Float(value) => vec![value.to_string()],
            Self::Text(text) => vec![text.clone()],
            Self::Several(values) => values.iter().flat_map(Self::texts).collect(),
        }
    }
}

/// A stack that has been read: everything a question needs.
#[derive(Clone, Debug)]
pub struct Subject {
    pub principal: Principal,
    /// The policies that were given.
    pub policies: Policies,
    pub context: Context,
    pub resource_account: Option<AccountId>,
    /// `None` leaves it to the verb.
    pub context_complete: Option<bool>,
    /// The data set, if there is one.
    pub data: Option<Data>,
}

/// A data set that has been read.
#[derive(Clone, Debug)]
pub struct Data {
    pub estate: Estate,
    pub places: Places,
    /// Whether all that applies is taken from it, or a principal's own policies and trust policies only.
    pub extent: Extent,
}

/// How much of a data set applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    Everything,
    OwnPolicies,
}

impl Data {
    /// Reads a data set.
    ///
    /// # Errors
    /// A complaint when it is none.
    pub fn read(path: &Path, extent: Extent) -> Result<Self, Complaint> {
        let complain =
            |error: observe::OpenError| Complaint::new(path.display().to_string(), error.to_string());
        let estate = observe::open(path, observe::Depth::Everything).map_err(complain)?;
        let estate = match extent {
            Extent::Everything => crate::snapshot::far_enough(path, estate),
            Extent::OwnPolicies => estate,
        };
        Ok(Self { estate, places: Places::new(path), extent })
    }
}

impl Stack {
    /// Reads a stack file.
    ///
    /// # Errors
    /// A complaint with the place in the file.
    pub fn read(path: &Path) -> Result<Self, Complaint> {
        let bytes = input::read_file(path, STACK_BYTES_MAX)?;
        let origin = path.display().to_string();
        let text = String::from_utf8(bytes)
            .map_err(|_| Complaint::new(&origin, "is not valid UTF-8").hint("save the file as UTF-8"))?;
        serde_saphyr::from_str(&text).map_err(|error| {
            // Its first line is the message; the excerpt below it is drawn by the complaint itself.
            let whole = error.to_string();
            let first = whole.lines().next().unwrap_or_default();
            let message = first.strip_prefix("error: ").unwrap_or(first);
            let message = message.split_once(": ").map_or(message, |(_, message)| message);
            match error.location() {
                Some(location) => {
                    let line_start: usize =
                        text.split_inclusive('\n').take(location.line() as usize - 1).map(str::len).sum();
                    let line = text[line_start..].lines().next().unwrap_or_default();
                    let column: usize =
                        line.chars().take(location.column() as usize - 1).map(char::len_utf8).sum();
                    Complaint::at(&origin, &text, line_start + column, message)
                }
                None => Complaint::new(&origin, message),
            }
        })
    }

    /// Reads every document it names.
    ///
    /// # Errors
    /// Everything that is wrong, in every document.
    pub fn load(&self, relative_to: Option<&Path>) -> Result<Subject, Vec<Complaint>> {
        let mut loader = Loader { relative_to, complaints: Vec::new(), policies: Policies::default() };
        let data = loader.data(self);
        let principal = loader.principal(self);
        loader.layer(&self.boundary, PolicyType::PermissionsBoundary, Layer::Boundary, 0);
        loader.layer(&self.session, PolicyType::Session, Layer::Session, 0);
        loader.layer(&self.vpc_endpoint, PolicyType::VpcEndpoint, Layer::VpcEndpoint, 0);
        loader.layer(&self.identity, PolicyType::Identity, Layer::Identity, 0);
        loader.policies.layers.management_account = self.management_account;
        for node in &self.organization {
            let level = || Level { target: node.target.clone(), policies: Vec::new() };
            if let Some(given) = &node.scp {
                loader.policies.layers.scp.push(level());
                let number = loader.policies.layers.scp.len() as u16 - 1;
                loader.layer(given, PolicyType::ServiceControl, Layer::Scp, number);
            }
            if let Some(given) = &node.rcp {
                loader.policies.layers.rcp.push(level());
                let number = loader.policies.layers.rcp.len() as u16 - 1;
                loader.layer(given, PolicyType::ResourceControl, Layer::Rcp, number);
            }
        }
        match (&self.trust, &self.resource) {
            (Some(_), Some(_)) => {
                let complaint = Complaint::new("trust", "a request meets one policy of the resource");
                loader.complaints.push(complaint.hint("give `resource` or `trust`, not both"));
            }
            (Some(given), None) => {
                loader.layer(std::slice::from_ref(given), PolicyType::Trust, Layer::Trust, 0);
            }
            (None, Some(given)) => {
                loader.layer(std::slice::from_ref(given), PolicyType::Resource, Layer::Resource, 0);
            }
            (None, None) => {}
        }
        let context = loader.context(&self.context);
        if let (Some(data), Some(principal)) = (&data, &principal) {
            loader.check_identity(data, principal);
        }
        let resource_account = self.resource_account.as_deref().and_then(|text| {
            let read = AccountId::new(text);
            read.map_err(|error| {
                loader.complaints.push(Complaint::new("resource_account", error.to_string()))
            })
            .ok()
        });
        match principal {
            Some(principal) if loader.complaints.is_empty() => Ok(Subject {
                principal,
                policies: loader.policies,
                context,
                resource_account,
                context_complete: self.context_complete,
                data,
            }),
            Some(_) | None => Err(loader.complaints),
        }
    }
}

struct Loader<'a> {
    relative_to: Option<&'a Path>,
    complaints: Vec<Complaint>,
    policies: Policies,
}

impl Loader<'_> {
    fn principal(&mut self, stack: &Stack) -> Option<Principal> {
        let Some(text) = &stack.principal else {
            let complaint = Complaint::new("principal", "nobody is named who asks");
            self.complaints.push(complaint.hint("give the ARN of a user, role or session"));
            return None;
        };
        let read = match text.as_str() {
            "anonymous" => Ok(Principal::Anonymous),
            service if !service.starts_with("arn:") && service.ends_with(".amazonaws.com") => {
                Ok(Principal::Service { name: service.to_owned() })
            }
            arn => Principal::parse(arn),
        };
        let read = match &stack.role_arn {
            Some(role) => read.and_then(|principal| principal.with_role(role)),
            None => read,
        };
        let read = match &stack.user_arn {
            Some(user) => read.and_then(|principal| principal.with_user(user)),
            None => read,
        };
        read.map_err(|error| self.complaints.push(Complaint::new("principal", error.to_string()))).ok()
    }

    fn data(&mut self, stack: &Stack) -> Option<Data> {
        let (given, extent) = match (&stack.snapshot, &stack.dump) {
            (Some(_), Some(_)) => {
                let complaint = Complaint::new("dump", "a question is about one data set");
                self.complaints.push(complaint.hint("give `snapshot` or `dump`, not both"));
                return None;
            }
            (Some(path), None) => (path, Extent::Everything),
            (None, Some(path)) => (path, Extent::OwnPolicies),
            (None, None) => return None,
        };
        let path = self.relative_to.map_or_else(|| PathBuf::from(given), |base| base.join(given));
        Data::read(&path, extent).map_err(|complaint| self.complaints.push(complaint)).ok()
    }

    fn layer(&mut self, given: &[String], policy_type: PolicyType, layer: Layer, level: u16) {
        for text in given {
            match input::document(text, self.relative_to, policy_type) {
                Ok(document) => self.policies.attach(layer, level, document),
                Err(complaints) => self.complaints.extend(complaints),
            }
        }
    }

    /// Complains of a principal that the data set does not have; of a dump also where it lacks a policy, since nothing
    /// else is taken from it.
    fn check_identity(&mut self, data: &Data, principal: &Principal) {
        let Some(side) = data.estate.principal_side(principal) else {
            let complaint = Complaint::new("principal", format!("the data set knows no `{principal}`"));
            return self.complaints.push(complaint);
        };
        if data.extent == Extent::OwnPolicies {
            let PrincipalSide { identity, boundary, .. } = &side;
            let mut missing: Vec<_> = identity.missing().into_iter().chain(boundary.missing()).collect();
            if let Known::Known(policies) = identity {
                missing.extend(policies.iter().filter_map(|policy| policy.missing()));
            }
            if let Known::Known(Some(boundary)) = boundary {
                missing.extend(boundary.missing());
            }
            missing.sort();
            missing.dedup();
            self.complaints.extend(missing.into_iter().map(|why| Complaint::new("dump", why.to_string())));
        }
    }

    fn context(&mut self, given: &BTreeMap<String, ContextValue>) -> Context {
        let mut context = Context::new();
        for (key, value) in given {
            if let Err(error) = context.insert(key, value.texts()) {
                self.complaints.push(Complaint::new("context", error.to_string()));
            }
        }
        context
    }
}

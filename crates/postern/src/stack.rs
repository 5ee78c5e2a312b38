//! A stack: who asks, and the policies that apply to them, layer by layer.
//!
//! It comes from flags, from a small YAML file, or from the dump that `aws iam
//! get-account-authorization-details` prints; all three may be mixed. Paths in a stack file are relative to
//! it. Nothing is assumed to be attached: an SCP level that is meant to have `FullAWSAccess` says so.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use iam::arn::AccountId;
use iam::context::Context;
use iam::layers::{Layer, Layers, Level, ResourceSide, StatementRef};
use iam::policy::PolicyType;
use iam::principal::Principal;
use serde::Deserialize;

use crate::dump::Dump;
use crate::input::{self, Complaint, Document};

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
    fn texts(&self) -> Vec<String> {
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
    pub layers: Layers,
    pub context: Context,
    pub resource_account: Option<AccountId>,
    /// `None` leaves it to the verb.
    pub context_complete: Option<bool>,
    /// The account dump, if there is one.
    pub dump: Option<Dump>,
    documents: BTreeMap<(Layer, u16, u32), Document>,
}

impl Subject {
    /// The document in which a statement stands.
    pub fn document(&self, at: StatementRef) -> Option<&Document> {
        self.documents.get(&(at.layer, at.level, at.policy))
    }

    /// Every document with where it stands, in order.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.documents.values()
    }

    /// Adds a document to a layer, for SCPs and RCPs at a level that exists.
    pub fn attach(&mut self, layer: Layer, level: u16, document: Document) {
        let policy = document.policy.clone();
        let levels = usize::from(level);
        let policies = match layer {
            Layer::Identity => &mut self.layers.identity,
            Layer::Boundary => &mut self.layers.boundary,
            Layer::Session => &mut self.layers.session,
            Layer::VpcEndpoint => &mut self.layers.vpc_endpoint,
            Layer::Scp => &mut self.layers.scp[levels].policies,
            Layer::Rcp => &mut self.layers.rcp[levels].policies,
            Layer::Resource | Layer::Trust => return self.set_resource_policy(layer, document),
        };
        policies.push(policy);
        self.documents.insert((layer, level, policies.len() as u32 - 1), document);
    }

    /// Gives the resource a policy of its own.
    pub fn set_resource_policy(&mut self, layer: Layer, document: Document) {
        let policy = document.policy.clone();
        self.layers.resource =
            if layer == Layer::Trust { ResourceSide::Trust(policy) } else { ResourceSide::Resource(policy) };
        self.documents.insert((layer, 0, 0), document);
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
        let mut loader = Loader { relative_to, complaints: Vec::new(), documents: BTreeMap::new() };
        let dump = loader.dump(self.dump.as_deref());
        let principal = loader.principal(self);
        let mut layers = Layers {
            boundary: loader.layer(&self.boundary, PolicyType::PermissionsBoundary, Layer::Boundary, 0),
            session: loader.layer(&self.session, PolicyType::Session, Layer::Session, 0),
            vpc_endpoint: loader.layer(&self.vpc_endpoint, PolicyType::VpcEndpoint, Layer::VpcEndpoint, 0),
            identity: loader.layer(&self.identity, PolicyType::Identity, Layer::Identity, 0),
            management_account: self.management_account,
            ..Layers::default()
        };
        for (layer, of) in [(Layer::Scp, true), (Layer::Rcp, false)] {
            let policy_type = if of { PolicyType::ServiceControl } else { PolicyType::ResourceControl };
            let mut levels = Vec::new();
            for node in &self.organization {
                let Some(given) = (if of { &node.scp } else { &node.rcp }) else { continue };
                let level = levels.len() as u16;
                let policies = loader.layer(given, policy_type, layer, level);
                levels.push(Level { target: node.target.clone(), policies });
            }
            if of { layers.scp = levels } else { layers.rcp = levels }
        }
        let trust = self.trust.as_ref().map(|given| (given, PolicyType::Trust, Layer::Trust));
        let resource = self.resource.as_ref().map(|given| (given, PolicyType::Resource, Layer::Resource));
        if trust.is_some() && resource.is_some() {
            let complaint = Complaint::new("trust", "a request meets one policy of the resource");
            loader.complaints.push(complaint.hint("give `resource` or `trust`, not both"));
        } else if let Some((given, policy_type, layer)) = trust.or(resource) {
            let policies = loader.layer(std::slice::from_ref(given), policy_type, layer, 0);
            if let Some(policy) = policies.into_iter().next() {
                layers.resource = if layer == Layer::Trust {
                    ResourceSide::Trust(policy)
                } else {
                    ResourceSide::Resource(policy)
                };
            }
        }
        let mut context = loader.context(&self.context);
        if let (Some(dump), Some(principal)) = (&dump, &principal) {
            loader.add_identity(dump, principal, &mut layers, &mut context);
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
                layers,
                context,
                resource_account,
                context_complete: self.context_complete,
                dump,
                documents: loader.documents,
            }),
            Some(_) | None => Err(loader.complaints),
        }
    }
}

struct Loader<'a> {
    relative_to: Option<&'a Path>,
    complaints: Vec<Complaint>,
    documents: BTreeMap<(Layer, u16, u32), Document>,
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

    fn dump(&mut self, given: Option<&str>) -> Option<Dump> {
        let given = given?;
        let path = self.relative_to.map_or_else(|| PathBuf::from(given), |base| base.join(given));
        Dump::read(&path).map_err(|complaints| self.complaints.extend(complaints)).ok()
    }

    fn layer(
        &mut self,
        given: &[String],
        policy_type: PolicyType,
        layer: Layer,
        level: u16,
    ) -> Vec<std::sync::Arc<iam::Policy>> {
        let mut policies = Vec::new();
        for text in given {
            match input::document(text, self.relative_to, policy_type) {
                Ok(document) => {
                    policies.push(document.policy.clone());
                    self.documents.insert((layer, level, policies.len() as u32 - 1), document);
                }
                Err(complaints) => self.complaints.extend(complaints),
            }
        }
        policies
    }

    /// Adds what the dump knows of the principal to what was given.
    fn add_identity(
        &mut self,
        dump: &Dump,
        principal: &Principal,
        layers: &mut Layers,
        context: &mut Context,
    ) {
        let found = match dump.identity(principal) {
            Ok(found) => found,
            Err(complaints) => {
                self.complaints.extend(complaints);
                return;
            }
        };
        for document in found.policies {
            layers.identity.push(document.policy.clone());
            self.documents.insert((Layer::Identity, 0, layers.identity.len() as u32 - 1), document);
        }
        if let Some(document) = found.boundary {
            layers.boundary.push(document.policy.clone());
            self.documents.insert((Layer::Boundary, 0, layers.boundary.len() as u32 - 1), document);
        }
        for (tag, value) in found.tags {
            context.derive(&format!("aws:PrincipalTag/{tag}"), &value);
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

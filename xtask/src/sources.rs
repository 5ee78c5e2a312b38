//! `cargo xtask sources`: controls that articles print as service control policies, said in a charter.
//!
//! `xtask/sources.toml` has each control with its charter and requests. The page shows what is written for it and how the
//! printed policy and the charter answer; a test holds both to what the file says.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use iam::action::Action;
use iam::answer::{Decision, Outcome};
use iam::arn::AccountId;
use iam::context::Context;
use iam::estate::{Estate, Known, Node, NodeKind, Organization, OrganizationPolicyKind};
use iam::glob::Glob;
use iam::layers::{Layers, Level, ResourceSide};
use iam::operation::{Operation, OperationLayers, OperationOutcome, Place, ServiceRole, authorize_operation};
use iam::policy::{Policy, PolicyType, read};
use iam::principal::Principal;
use iam::{Completeness, Request, RequestParts, authorize};
use postern::plan::Plan;
use serde::Deserialize;

use crate::tidy;

/// The account in which requests are made.
const ACCOUNT: &str = "222222222222";

/// Another one of the organisation.
const OTHER_ACCOUNT: &str = "333333333333";

const MANAGEMENT: &str = "111122223333";

const ROOT: &str = "r-bare";

/// What whoever asks carries of the place.
const PLACE: [(&str, &str); 2] =
    [("aws:PrincipalOrgID", "o-bare"), ("aws:PrincipalOrgPaths", "o-bare/r-bare/")];

/// The day for which days are judged.
const DAY: &str = "2026-11-26";

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    pub control: Vec<Control>,
    pub later: Vec<Later>,
}

/// A control.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    pub id: String,
    pub title: String,
    /// The article and the place in it.
    pub source: String,
    /// Files of the policies as they are printed; none where the article prints none.
    #[serde(default)]
    pub printed: Vec<String>,
    /// Whether the article prints none of them and they do what its text says.
    #[serde(default)]
    pub rebuilt: bool,
    /// What they are: service control policies if nothing is said.
    #[serde(default)]
    pub kind: Kind,
    /// The role of the charter that they are of, where they are of one.
    pub role: Option<String>,
    /// Whether they take the place of FullAWSAccess.
    #[serde(default)]
    pub instead: bool,
    pub charter: String,
    /// Where the printed policy is wrong or has aged.
    pub wrong: Vec<String>,
    pub request: Vec<Asked>,
    /// What is written beside policies.
    #[serde(default)]
    pub beside: Vec<Beside>,
    /// Charters that are in error.
    #[serde(default)]
    pub error: Vec<Spoiled>,
}

/// A file of the plan's folder, by what its name begins and ends with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// `*` stands for anything.
    pub file: String,
    /// What stands in it.
    pub holds: Vec<String>,
}

/// The charter with something else in the place of something.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spoiled {
    pub says: String,
    pub replace: String,
    pub by: String,
    /// What the error says.
    pub message: String,
}

/// What printed policies are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    #[default]
    ServiceControl,
    /// What a role may do.
    Identity,
    /// Who may take a role.
    Trust,
}

/// A request with what is expected.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub says: String,
    /// Who asks: `role/ops`, a whole ARN, `service/bedrock.amazonaws.com` or `provider/` with an ARN; `role/app` if nobody is
    /// named.
    pub by: Option<String>,
    /// Whether whoever asks was given everything besides.
    #[serde(default)]
    pub given_all: bool,
    /// The account in which it is asked; the ordinary one if none is named.
    pub account: Option<String>,
    /// A call, as `endpoint:Name`.
    pub api: Option<String>,
    pub model: Option<String>,
    /// What stands behind the target.
    pub behind: Option<String>,
    /// One authorisation.
    pub action: Option<String>,
    pub resource: Option<String>,
    pub region: Option<String>,
    #[serde(default)]
    pub context: BTreeMap<String, String>,
    /// What each answers; nothing where there is no printed policy.
    pub charter: String,
    #[serde(default = "nothing")]
    pub printed: String,
}

fn nothing() -> String {
    NOTHING.to_owned()
}

/// What stands for the answer of a policy that is not printed.
const NOTHING: &str = "–";

/// What no charter says yet.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Later {
    pub what: String,
    pub lacks: String,
}

/// Reads the file.
///
/// # Errors
/// When it is not there or not of this shape.
pub fn sources() -> Result<Sources, String> {
    let path = tidy::root().join("xtask/sources.toml");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// A control with the documents that are written for it.
pub struct Compiled<'c> {
    pub control: &'c Control,
    /// The text of each document.
    pub documents: Vec<String>,
    plan: Plan,
    /// The files of the plan's folder.
    folder: Vec<(String, String)>,
    printed: Vec<Arc<Policy>>,
    everything: Arc<Policy>,
}

impl<'c> Compiled<'c> {
    /// Plans the charter of a control for a bare organisation, and reads the printed policy.
    ///
    /// # Errors
    /// When the charter cannot be planned or the policy is none.
    pub fn new(control: &'c Control) -> Result<Self, String> {
        let plan = plan(control, &control.charter).map_err(|wrong| format!("{}: {wrong}", control.id))?;
        let everything =
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let printed = control.printed.iter().map(|file| {
            let path = tidy::root().join("crates/postern/tests/data/printed").join(file);
            let text =
                std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            policy(&whole(&text.replace("[account-id]", ACCOUNT))?, control.kind.of_policy())
        });
        let made = plan.roles.iter().flat_map(|stack| &stack.roles);
        let made = control.role.as_ref().map(|name| (name, made.into_iter().find(|role| role.name == *name)));
        let documents = match (control.kind, made) {
            (_, Some((name, None))) => return Err(format!("{}: there is no role `{name}`", control.id)),
            (Kind::Trust, Some((_, Some(role)))) => vec![role.documents.trust.clone()],
            (Kind::Identity, Some((_, Some(role)))) => {
                role.documents.policies.iter().chain(&role.documents.boundary).cloned().collect()
            }
            (Kind::Trust | Kind::Identity, None) => return Err(format!("{}: `role` is missing", control.id)),
            (Kind::ServiceControl, _) => {
                let buckets = plan.buckets.policies.iter().map(|controlled| controlled.policy.text.clone());
                let guardrails = plan.enforced.policies.iter().map(|declared| declared.policy.text.clone());
                let fence = plan.documents.iter().map(|document| document.text.clone());
                fence.chain(buckets).chain(guardrails).collect()
            }
        };
        Ok(Self {
            control,
            documents,
            folder: postern::plan::script::folder(&plan),
            plan,
            printed: printed.collect::<Result<_, String>>()?,
            everything: policy(everything, PolicyType::ServiceControl)?,
        })
    }

    /// What the charter and the printed policy answer: `allowed`, `denied`, or what is not known.
    ///
    /// # Errors
    /// When the request cannot be asked.
    pub fn answers(&self, asked: &Asked) -> Result<(String, String), String> {
        let account = asked.account.as_deref().unwrap_or(ACCOUNT);
        let mut both = vec![self.of_charter(account)?];
        both.extend((!self.control.printed.is_empty()).then(|| self.of_printed()));
        let answers = both.into_iter().map(|mut layers| {
            if asked.given_all {
                layers.identity.push(self.everything.clone());
            }
            answer(asked, account, &layers)
        });
        let mut answers = answers.collect::<Result<Vec<String>, String>>()?.into_iter();
        Ok((answers.next().unwrap_or_default(), answers.next().unwrap_or_else(nothing)))
    }

    /// What of its file is there of what should stand beside policies: the first line that is not.
    pub fn lacks(&self, beside: &Beside) -> Option<String> {
        let glob = Glob::new(&beside.file);
        let files: Vec<&String> =
            self.folder.iter().filter(|(name, _)| glob.matches(name)).map(|(_, text)| text).collect();
        let holds = |line: &&String| files.iter().any(|text| text.contains(line.as_str()));
        let lacking = beside.holds.iter().find(|line| !holds(line));
        lacking.map(|line| format!("{} of {} lacks: {line}", self.control.id, beside.file))
    }

    /// What the planning of a spoiled charter says, where it is not what is expected.
    pub fn unspoiled(&self, spoiled: &Spoiled) -> Option<String> {
        let text = self.control.charter.replace(&spoiled.replace, &spoiled.by);
        match plan(self.control, &text) {
            Err(wrong) if wrong.contains(&spoiled.message) && text != self.control.charter => None,
            Err(wrong) => Some(format!("{}: {}: {wrong}", self.control.id, spoiled.says)),
            Ok(_) => Some(format!("{}: {}: no error", self.control.id, spoiled.says)),
        }
    }

    fn of_charter(&self, account: &str) -> Result<Layers, String> {
        let level = |policies: Vec<(&[Arc<str>], Arc<Policy>)>| -> Vec<Level> {
            [ROOT, account]
                .map(|target| {
                    let own = policies.iter().filter(|(nodes, _)| nodes.iter().any(|node| &**node == target));
                    let own = own.map(|(_, policy)| policy.clone());
                    let policies = std::iter::once(self.everything.clone()).chain(own).collect();
                    Level { target: target.to_owned(), policies }
                })
                .into()
        };
        let fence = self.plan.documents.iter();
        let scp = level(fence.map(|each| (each.document.nodes.as_slice(), each.policy.clone())).collect());
        let mut rcp = Vec::new();
        for controlled in &self.plan.buckets.policies {
            let text = &controlled.policy.text;
            rcp.push((
                std::slice::from_ref(&controlled.policy.node),
                policy(text, PolicyType::ResourceControl)?,
            ));
        }
        let rcp = if rcp.is_empty() { Vec::new() } else { level(rcp) };
        let plain = Layers { identity: vec![self.everything.clone()], scp, rcp, ..Layers::default() };
        if self.control.kind == Kind::ServiceControl {
            return Ok(plain);
        }
        let name = self.control.role.as_deref().unwrap_or_default();
        let model = &self.plan.model;
        let area = model.areas.iter().find(|area| area.roles.iter().any(|role| role == name));
        let (Some(area), Some(role)) = (area, model.role(name)) else {
            return Err(format!("{}: no area makes `{name}`", self.control.id));
        };
        let own = charter::role::documents(model, area, role, account);
        match self.control.kind {
            Kind::Trust => {
                let trust = policy(&own.trust, PolicyType::Trust)?;
                Ok(Layers { resource: ResourceSide::Trust(trust), ..plain })
            }
            _ => {
                let given = postern::plan::roles::given(&own)
                    .ok_or_else(|| format!("{}: the policies of the role cannot be read", self.control.id))?;
                Ok(Layers { scp: plain.scp, ..given })
            }
        }
    }

    fn of_printed(&self) -> Layers {
        let everything = || vec![self.everything.clone()];
        let level = |own: &[Arc<Policy>], with: Vec<Arc<Policy>>| {
            vec![Level {
                target: ROOT.to_owned(),
                policies: with.into_iter().chain(own.iter().cloned()).collect(),
            }]
        };
        let printed = self.printed.as_slice();
        match self.control.kind {
            Kind::ServiceControl => {
                let with = if self.control.instead { Vec::new() } else { everything() };
                Layers { identity: everything(), scp: level(printed, with), ..Layers::default() }
            }
            Kind::Identity => {
                Layers { identity: printed.to_vec(), scp: level(&[], everything()), ..Layers::default() }
            }
            Kind::Trust => Layers {
                identity: everything(),
                resource: printed.first().cloned().map_or(ResourceSide::None, ResourceSide::Trust),
                ..Layers::default()
            },
        }
    }
}

fn plan(control: &Control, text: &str) -> Result<Plan, String> {
    let day = postern::plan::day(DAY);
    postern::plan::plan(&control.id, text, &bare()?, day.as_ref())
        .map_err(|wrong| wrong.iter().map(ToString::to_string).collect::<Vec<String>>().join("\n"))
}

/// A statement alone, as some articles print it, as a policy.
fn whole(text: &str) -> Result<String, String> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Ok(match value.get("Statement") {
        Some(_) => text.to_owned(),
        None => serde_json::json!({ "Version": "2012-10-17", "Statement": [value] }).to_string(),
    })
}

impl Kind {
    fn of_policy(self) -> PolicyType {
        match self {
            Self::ServiceControl => PolicyType::ServiceControl,
            Self::Identity => PolicyType::Identity,
            Self::Trust => PolicyType::Trust,
        }
    }
}

fn policy(text: &str, kind: PolicyType) -> Result<Arc<Policy>, String> {
    let read = read(text.as_bytes(), kind);
    read.policy.map(Arc::new).ok_or_else(|| format!("{:?}", read.problems))
}

fn answer(asked: &Asked, account: &str, layers: &Layers) -> Result<String, String> {
    let of = |name: &str| match (name.strip_prefix("service/"), name.strip_prefix("provider/")) {
        (Some(service), _) => Ok(Principal::Service { name: service.to_owned() }),
        (_, Some(provider)) => Ok(Principal::Federated { provider: provider.to_owned() }),
        (None, None) => {
            let arn = match name.starts_with("arn:") {
                true => name.to_owned(),
                false => format!("arn:aws:iam::{account}:{name}"),
            };
            Principal::parse(&arn).map_err(|error| error.to_string())
        }
    };
    let caller = of(asked.by.as_deref().unwrap_or("role/app"))?;
    let region = asked.region.as_deref().unwrap_or("us-east-1");
    match (&asked.api, &asked.action) {
        (Some(api), None) => {
            let (endpoint, name) = api.split_once(':').unwrap_or_default();
            let api = reference::api(endpoint, name).ok_or_else(|| format!("there is no API `{api}`"))?;
            let account = AccountId::new(account).map_err(|error| error.to_string())?;
            let place = Place { partition: "aws".to_owned(), region: region.to_owned(), account };
            let mut operation =
                Operation::new(api, asked.model.as_deref().unwrap_or_default(), place, caller);
            let given = asked.context.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            for (key, value) in PLACE.into_iter().chain(given) {
                operation.context.insert(key, vec![value.to_owned()]).map_err(|error| error.to_string())?;
            }
            operation.facts.behind = asked.behind.iter().map(|behind| vec![behind.clone()]).next();
            operation.options.service_role =
                Some(ServiceRole { principal: of("role/batch")?, context: Context::new() });
            let layers = OperationLayers { caller: layers, service_role: Some(layers), resources: &[] };
            let outcome = authorize_operation(&operation, layers).map_err(|error| error.to_string())?.outcome;
            Ok(match outcome {
                OperationOutcome::Decided(decision) => word(decision),
                other => format!("{other:?}"),
            })
        }
        (None, Some(action)) => {
            let mut context = Context::new();
            let keys = [("aws:RequestedRegion", region), ("aws:CurrentTime", "2026-11-26T12:00:00Z")];
            let given = asked.context.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            let own = keys.into_iter().filter(|(key, _)| !asked.context.contains_key(*key));
            for (key, value) in PLACE.into_iter().chain(own).chain(given) {
                context.insert(key, vec![value.to_owned()]).map_err(|error| error.to_string())?;
            }
            let request = Request::new(RequestParts {
                principal: caller,
                action: Action::parse(action).map_err(|error| error.to_string())?,
                resource: asked.resource.clone().unwrap_or_else(|| "*".to_owned()),
                resource_account: ["sts:", "s3:"]
                    .iter()
                    .any(|service| action.starts_with(service))
                    .then(|| AccountId::new(account).ok())
                    .flatten(),
                context,
                completeness: Completeness::Complete,
            });
            Ok(match authorize(&request, layers).outcome {
                Outcome::Decided(decision) => word(decision),
                other => format!("{other:?}"),
            })
        }
        (_, _) => Err(format!("`{}` has to be a call or an authorisation", asked.says)),
    }
}

fn word(decision: Decision) -> String {
    match decision {
        Decision::Allow => "allowed",
        Decision::ExplicitDeny | Decision::ImplicitDeny => "denied",
    }
    .to_owned()
}

/// An organisation of a root, its management account and two more.
fn bare() -> Result<Estate, String> {
    let kinds = [
        OrganizationPolicyKind::ServiceControl,
        OrganizationPolicyKind::ResourceControl,
        OrganizationPolicyKind::Bedrock,
    ];
    let node = |id: &str, parent: Option<&str>, node: NodeKind| {
        let arn = format!("arn:aws:organizations::111122223333:root/o-bare/{id}");
        Node::new(&arn, node, parent, kinds.iter().map(|kind| (kind.clone(), Vec::new())).collect())
    };
    let id = |text: &str| AccountId::new(text).map_err(|error| error.to_string());
    let account = |text: &str| Ok::<Node, String>(node(text, Some(ROOT), NodeKind::Account(id(text)?)));
    let nodes = vec![
        node(ROOT, None, NodeKind::Root),
        account(MANAGEMENT)?,
        account(ACCOUNT)?,
        account(OTHER_ACCOUNT)?,
    ];
    let organization = Organization::new(
        "o-bare".into(),
        id(MANAGEMENT)?,
        Known::Known(kinds.to_vec()),
        nodes,
        Vec::new(),
        Known::Known(None),
    );
    let organization = organization.map_err(|error| error.to_string())?;
    Ok(Estate::new(vec![organization], Vec::new(), Vec::new()))
}

/// The page.
///
/// # Errors
/// When a charter or a policy cannot be read, or a request cannot be asked.
pub fn page(sources: &Sources) -> Result<String, String> {
    let mut out = String::from(
        "# Controls of articles, said in a charter\n\nWritten by `cargo xtask sources` from `xtask/sources.toml`; a test \
         evaluates every request under the charter and under the policy as it is printed\n\
         (`crates/postern/tests/data/printed`). Where an article prints none the column \
         is empty, or holds what its text says\nin the terms of IAM. What cannot be said stands at the end.\n\n| control | from |\n|---|---|\n",
    );
    for control in &sources.control {
        let _ = writeln!(out, "| [{}](#{}) | {} |", control.title, control.id, control.source);
    }
    for control in &sources.control {
        let compiled = Compiled::new(control)?;
        let _ = writeln!(
            out,
            "\n<a id=\"{}\"></a>\n## {}\n\nFrom: {}.",
            control.id, control.title, control.source
        );
        let _ = writeln!(out, "\n```yaml\n{}\n```\n\nWhat is written:\n\n```json", control.charter.trim());
        for document in &compiled.documents {
            for line in statements(document)? {
                let _ = writeln!(out, "{line}");
            }
        }
        out.push_str("```\n");
        for Beside { file, holds } in &control.beside {
            let _ = writeln!(out, "\nand in `{file}`, among others:\n\n```text");
            for line in holds {
                let _ = writeln!(out, "{line}");
            }
            out.push_str("```\n");
        }
        if !control.request.is_empty() {
            let printed = if control.rebuilt { "as its text says" } else { "printed" };
            let _ = writeln!(out, "\n| request | {printed} | charter |\n|---|---|---|");
        }
        for asked in &control.request {
            let (charter, printed) = compiled.answers(asked)?;
            let by = asked.by.iter().map(|by| format!(", `{by}`")).next().unwrap_or_default();
            let _ = writeln!(out, "| {}{by} | {printed} | {charter} |", asked.says);
        }
        out.push('\n');
        for Spoiled { says, message, .. } in &control.error {
            let _ = writeln!(out, "- {says} the charter is in error: {message}.");
        }
        for wrong in &control.wrong {
            let _ = writeln!(out, "- {wrong}");
        }
    }
    out.push_str("\n## Not said by a charter yet\n\n| control | what it takes |\n|---|---|\n");
    for later in &sources.later {
        let _ = writeln!(out, "| {} | {} |", later.what, later.lacks);
    }
    Ok(out)
}

/// The statements of a document, one a line.
fn statements(document: &str) -> Result<Vec<String>, String> {
    let value: serde_json::Value = serde_json::from_str(document).map_err(|error| error.to_string())?;
    let statements = value["Statement"].as_array().cloned().unwrap_or_else(|| vec![value]);
    Ok(statements.iter().map(ToString::to_string).collect())
}

/// Runs the task with the arguments after its name.
pub fn run(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("`sources` takes no options".to_owned());
    }
    let path = tidy::root().join("docs/sources.md");
    std::fs::write(&path, page(&sources()?)?).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("docs/sources.md");
    Ok(())
}

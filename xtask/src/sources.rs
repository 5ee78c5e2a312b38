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
use iam::layers::{Layers, Level, ResourceSide};
use iam::operation::{Operation, OperationLayers, OperationOutcome, Place, ServiceRole, authorize_operation};
use iam::policy::{Policy, PolicyType, read};
use iam::principal::Principal;
use iam::{Completeness, Request, RequestParts, authorize};
use serde::Deserialize;

use crate::tidy;

/// The account in which requests are made.
const ACCOUNT: &str = "222222222222";

/// The account that stands for all in what a plan shows of roles.
const MANAGEMENT: &str = "111122223333";

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
    /// Who asks, such as `role/ops` or `service/bedrock.amazonaws.com`; `role/app` if nobody is named.
    pub by: Option<String>,
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
    charter: Layers,
    /// None where the article prints none.
    printed: Option<Layers>,
}

impl<'c> Compiled<'c> {
    /// Plans the charter of a control for a bare organisation, and reads the printed policy.
    ///
    /// # Errors
    /// When the charter cannot be planned or the policy is none.
    pub fn new(control: &'c Control) -> Result<Self, String> {
        let day = postern::plan::day(DAY);
        let plan = postern::plan::plan(&control.id, &control.charter, &bare()?, day.as_ref())
            .map_err(|wrong| format!("{}: {wrong:#?}", control.id))?;
        let everything =
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let everything = policy(everything, Kind::ServiceControl)?;
        let printed = control.printed.iter().map(|file| {
            let path = tidy::root().join("crates/postern/tests/data/printed").join(file);
            let text =
                std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            policy(&whole(&text.replace("[account-id]", ACCOUNT))?, control.kind)
        });
        let printed: Vec<Arc<Policy>> = printed.collect::<Result<_, String>>()?;
        let level = |own: Vec<Arc<Policy>>| {
            let policies = std::iter::once(everything.clone()).chain(own).collect();
            vec![Level { target: "r-bare".to_owned(), policies }]
        };
        let fence: Vec<Arc<Policy>> = plan.documents.iter().map(|document| document.policy.clone()).collect();
        let role = control.role.as_ref().map(|name| {
            let found = plan.roles.iter().flat_map(|stack| &stack.roles).find(|role| role.name == *name);
            found.ok_or_else(|| format!("{}: there is no role `{name}`", control.id))
        });
        let role = role.transpose()?;
        let (charter, printed) = match (control.kind, role) {
            (Kind::ServiceControl, _) => {
                let printed = match control.instead {
                    true => vec![Level { target: "r-bare".to_owned(), policies: printed }],
                    false => level(printed),
                };
                let layers = |scp| Layers { identity: vec![everything.clone()], scp, ..Layers::default() };
                (layers(level(fence)), layers(printed))
            }
            (_, None) => return Err(format!("{}: `role` is missing", control.id)),
            (Kind::Identity, Some(role)) => {
                let given = postern::plan::roles::given(&role.documents)
                    .ok_or_else(|| format!("{}: the policies of the role cannot be read", control.id))?;
                let printed = Layers { identity: printed, scp: level(Vec::new()), ..Layers::default() };
                (Layers { scp: level(fence), ..given }, printed)
            }
            (Kind::Trust, Some(role)) => {
                let own = policy(&role.documents.trust.replace(MANAGEMENT, ACCOUNT), Kind::Trust)?;
                let layers = |trust: Arc<Policy>| Layers {
                    identity: vec![everything.clone()],
                    resource: ResourceSide::Trust(trust),
                    ..Layers::default()
                };
                let printed = printed.into_iter().next().unwrap_or_else(|| own.clone());
                (layers(own), layers(printed))
            }
        };
        let documents = match role {
            None => plan.documents.iter().map(|document| document.text.clone()).collect(),
            Some(role) => match control.kind {
                Kind::Trust => vec![role.documents.trust.clone()],
                _ => role.documents.policies.iter().chain(&role.documents.boundary).cloned().collect(),
            },
        };
        let printed = (!control.printed.is_empty()).then_some(printed);
        Ok(Self { control, documents, charter, printed })
    }

    /// What the charter and the printed policy answer: `allowed`, `denied`, or what is not known.
    ///
    /// # Errors
    /// When the request cannot be asked.
    pub fn answers(&self, asked: &Asked) -> Result<(String, String), String> {
        let printed = self.printed.as_ref().map(|printed| answer(asked, printed)).transpose()?;
        Ok((answer(asked, &self.charter)?, printed.unwrap_or_else(nothing)))
    }
}

/// A statement alone, as some articles print it, as a policy.
fn whole(text: &str) -> Result<String, String> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Ok(match value.get("Statement") {
        Some(_) => text.to_owned(),
        None => serde_json::json!({ "Version": "2012-10-17", "Statement": [value] }).to_string(),
    })
}

fn policy(text: &str, kind: Kind) -> Result<Arc<Policy>, String> {
    let kind = match kind {
        Kind::ServiceControl => PolicyType::ServiceControl,
        Kind::Identity => PolicyType::Identity,
        Kind::Trust => PolicyType::Trust,
    };
    let read = read(text.as_bytes(), kind);
    read.policy.map(Arc::new).ok_or_else(|| format!("{:?}", read.problems))
}

fn answer(asked: &Asked, layers: &Layers) -> Result<String, String> {
    let role = |name: &str| match name.split_once("service/") {
        Some((_, service)) => Ok(Principal::Service { name: service.to_owned() }),
        None => {
            Principal::parse(&format!("arn:aws:iam::{ACCOUNT}:{name}")).map_err(|error| error.to_string())
        }
    };
    let caller = role(asked.by.as_deref().unwrap_or("role/app"))?;
    let region = asked.region.as_deref().unwrap_or("us-east-1");
    match (&asked.api, &asked.action) {
        (Some(api), None) => {
            let (endpoint, name) = api.split_once(':').unwrap_or_default();
            let api = reference::api(endpoint, name).ok_or_else(|| format!("there is no API `{api}`"))?;
            let account = AccountId::new(ACCOUNT).map_err(|error| error.to_string())?;
            let place = Place { partition: "aws".to_owned(), region: region.to_owned(), account };
            let mut operation =
                Operation::new(api, asked.model.as_deref().unwrap_or_default(), place, caller);
            for (key, value) in &asked.context {
                operation.context.insert(key, vec![value.clone()]).map_err(|error| error.to_string())?;
            }
            operation.facts.behind = asked.behind.iter().map(|behind| vec![behind.clone()]).next();
            operation.options.service_role =
                Some(ServiceRole { principal: role("role/batch")?, context: Context::new() });
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
            for (key, value) in keys.into_iter().chain(given) {
                context.insert(key, vec![value.to_owned()]).map_err(|error| error.to_string())?;
            }
            let request = Request::new(RequestParts {
                principal: caller,
                action: Action::parse(action).map_err(|error| error.to_string())?,
                resource: asked.resource.clone().unwrap_or_else(|| "*".to_owned()),
                resource_account: action.starts_with("sts:").then(|| AccountId::new(ACCOUNT).ok()).flatten(),
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

/// An organisation of a root, its management account and one more.
fn bare() -> Result<Estate, String> {
    let kind = OrganizationPolicyKind::ServiceControl;
    let node = |id: &str, parent: Option<&str>, node: NodeKind| {
        let arn = format!("arn:aws:organizations::111122223333:root/o-bare/{id}");
        Node::new(&arn, node, parent, [(kind.clone(), Vec::new())].into())
    };
    let id = |text: &str| AccountId::new(text).map_err(|error| error.to_string());
    let account = |text: &str| Ok::<Node, String>(node(text, Some("r-bare"), NodeKind::Account(id(text)?)));
    let nodes = vec![node("r-bare", None, NodeKind::Root), account("111122223333")?, account(ACCOUNT)?];
    let organization = Organization::new(
        "o-bare".into(),
        id("111122223333")?,
        Known::Known(vec![kind.clone()]),
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
         (`crates/postern/tests/data/printed`). Guardrails on every call \
         (Enforcing AI Governance Across AWS Organizations, Bedrock policies) are said in a charter too\n\
         ([how](charter.md#guardrails)), beside the printed policy in `crates/charter/tests/guardrails.rs`; what cannot \
         be said stands at the end.\n\n| control | from |\n|---|---|\n",
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
        let _ = writeln!(out, "```\n\n| request | printed | charter |\n|---|---|---|");
        for asked in &control.request {
            let (charter, printed) = compiled.answers(asked)?;
            let by = asked.by.iter().map(|by| format!(", `{by}`")).next().unwrap_or_default();
            let _ = writeln!(out, "| {}{by} | {printed} | {charter} |", asked.says);
        }
        out.push('\n');
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
    let statements = value["Statement"].as_array().cloned().unwrap_or_default();
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

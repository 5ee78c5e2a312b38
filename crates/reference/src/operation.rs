//! The APIs that run, bring in, deploy or share a model, and the authorisations AWS makes for each.
//!
//! Rows, not decisions: `iam` reads them and builds the requests. Kept by hand from the user guides, the API models
//! and the Service Authorization Reference; what no page settles points to its assumption. Data access that follows
//! a call (buckets, keys, logs) is not listed.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::hand_kept::parse;

/// One API as clients call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// Its name, e.g. `Converse`; unique within the endpoint. `ResponsesStream` is Responses with `stream: true`.
    pub name: String,
    /// The endpoint, e.g. `bedrock-runtime` or `bedrock-mantle`.
    pub endpoint: String,
    /// The action it is authorised as, e.g. `bedrock:InvokeModel`.
    pub action: String,
    /// Whether the answer comes as a stream.
    pub streaming: bool,
    /// Whether the action is missing from the Service Authorization Reference.
    pub unlisted: bool,
    /// What it may name.
    pub targets: Vec<TargetKind>,
    /// Keys that its authorisations on the target carry, besides those of the target's own rows.
    pub keys: Vec<String>,
    /// Options it takes.
    pub add_ons: Vec<AddOnKind>,
    /// The service principal that is handed a role, for APIs that pass one.
    pub passes_role_to: Option<String>,
    /// Whose action runs what.
    pub runs: Vec<Run>,
    /// Authorisations of its own.
    pub steps: Vec<StepRow>,
    /// Where it comes from.
    pub source: String,
}

/// What an API may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// Nothing that an authorisation sees.
    Nothing,
    FoundationModel,
    GeographicProfile,
    GlobalProfile,
    ApplicationProfile,
    PromptRouter,
    DefaultPromptRouter,
    ProvisionedModel,
    ImportedModel,
    CustomModel,
    CustomModelDeployment,
    SagemakerEndpoint,
    Prompt,
    PromptVersion,
    /// A model by its id at `bedrock-mantle`.
    MantleModel,
    /// A model by its id at Claude Platform on AWS.
    ClaudeModel,
    CustomizedModel,
    AgentAlias,
    Flow,
    FlowAlias,
    KnowledgeBase,
    DataAutomationProfile,
    DataAutomationProject,
    Blueprint,
    Guardrail,
    Harness,
    User,
}

/// What may be named, and what running it takes.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetRow {
    /// Which kind this is.
    pub kind: TargetKind,
    /// What it is, in words, with its article.
    pub title: String,
    /// The pattern of its ARNs, where it has any.
    pub shape: Option<String>,
    /// The authorisations that running it takes.
    #[serde(default, rename = "step")]
    pub steps: Vec<StepRow>,
    /// What stands behind it and is run as well.
    #[serde(default)]
    pub behind: Vec<Behind>,
    /// Where it comes from.
    pub source: String,
}

/// An option of a call, or what the call has to bring along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddOnKind {
    /// A bearer token in place of a signature.
    BearerToken,
    /// A guardrail, asked for or enforced.
    Guardrail,
    /// The profile of a guardrail that reaches other Regions.
    GuardrailProfile,
    /// A role handed to the service.
    PassRole,
    /// A project or workspace.
    Project,
    SystemTool,
    WebSearch,
    WebFetch,
    ExternalWebAccess,
}

/// What an option adds.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddOnRow {
    /// Which option.
    pub kind: AddOnKind,
    /// What it is, in words, with its article.
    pub title: String,
    /// The authorisations it adds.
    #[serde(default, rename = "step")]
    pub steps: Vec<StepRow>,
    /// Where it comes from.
    pub source: String,
}

/// One authorisation, or one for each destination.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRow {
    /// Who is authorised.
    #[serde(default)]
    pub by: By,
    /// The action; that of the run where none stands here.
    pub action: Option<String>,
    /// The action when the API streams, where it is another.
    pub action_streaming: Option<String>,
    /// The resource type, as the Service Authorization Reference calls it; none for `*`.
    pub resource: Option<String>,
    /// The template of the ARN; none for `*`.
    pub arn: Option<String>,
    /// Where it is authorised.
    #[serde(default)]
    pub region: StepRegion,
    /// Keys it carries when they have a value.
    #[serde(default)]
    pub keys: Vec<String>,
    /// The kinds of target it is for; none means all.
    #[serde(default, rename = "for")]
    pub targets: Vec<TargetKind>,
    /// The readings under which it is made.
    pub under: Option<Under>,
    /// Whether the call goes on when it is denied.
    #[serde(default)]
    pub optional: bool,
    /// Whether the Service Authorization Reference does not list this resource for this action.
    #[serde(default)]
    pub unlisted: bool,
}

/// Who is authorised in a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Whoever calls the API.
    #[default]
    Caller,
    /// The caller, through a service that goes on in its name (a forward access session).
    Forwarded,
    /// The role that a feature acts with.
    ServiceRole,
}

/// Where a step is authorised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepRegion {
    /// In the Region that is called.
    #[default]
    Source,
    /// In every destination of the profile, once each.
    Destination,
    /// On the Region-less foundation model of a global profile.
    Unspecified,
    /// Where global services are: `us-east-1`.
    GlobalService,
    /// Where passing a role is authorised; an assumption.
    PassRole,
    /// In every destination of the guardrail, once each.
    GuardrailDestination,
}

/// What an API runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// What is run.
    pub of: RunOf,
    /// Who runs it.
    #[serde(default)]
    pub by: By,
    /// The action; that of the API where none stands here.
    pub action: Option<String>,
    /// The readings under which it is run.
    pub under: Option<Under>,
}

/// What is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunOf {
    /// What the client named.
    Target,
    /// The models of the feature, which the client or the feature's owner chose.
    Behind,
    /// The same models, but only their own ARNs: nothing is run.
    BehindItself,
}

/// What stands behind a target and is run with it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behind {
    /// How much of it.
    pub what: BehindWhat,
    /// The readings under which it is.
    pub under: Option<Under>,
}

/// How much of what stands behind a target is authorised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BehindWhat {
    /// Models and the profiles they are reached through.
    Everything,
    /// Foundation models only.
    Models,
}

/// Readings of an assumption that a row is limited to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Under {
    /// Id of the assumption.
    pub assumption: String,
    /// Names of its readings.
    pub readings: Vec<String>,
}

/// Where the value of a condition key comes from.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRow {
    /// The key.
    pub name: String,
    /// What its value is.
    pub value: KeyValue,
    /// Where it comes from.
    pub source: String,
}

/// What the value of a condition key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyValue {
    /// `SHORT_TERM` or `LONG_TERM`.
    BearerTokenType,
    /// The service that goes on in the caller's name.
    CalledVia,
    /// Days until a credential expires.
    CredentialAge,
    /// The service a credential is for.
    CredentialService,
    /// The guardrail of the request, with its version unless that is the draft.
    Guardrail,
    /// The ARN of the model.
    ModelArn,
    /// The model as the client named it.
    ModelId,
    /// The service that gets a role.
    PassedToService,
    /// The ARN of the profile the client named.
    ProfileArn,
    ProjectArn,
    /// The ARN of the prompt router the client named.
    RouterArn,
    ServiceTier,
    /// The ARN of the target.
    Target,
}

/// Where a guardrail profile takes a call made in one Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardrailDestinations {
    /// Exactly these Regions, sorted.
    Known(&'static [String]),
    /// Some of these Regions, sorted.
    AtMost(&'static [String]),
    /// The published table has no row for the profile in this Region.
    Unlisted,
}

/// The API of this name at this endpoint; both are compared exactly.
pub fn api(endpoint: &str, name: &str) -> Option<&'static Api> {
    apis().iter().find(|each| each.endpoint == endpoint && each.name == name)
}

/// All APIs, by endpoint and name.
pub fn apis() -> &'static [Api] {
    &table().apis
}

/// What running a target of this kind takes.
///
/// # Panics
/// When the table lacks a kind: a bug of ours that a test over every kind finds.
pub fn target(kind: TargetKind) -> &'static TargetRow {
    targets().iter().find(|each| each.kind == kind).expect("the operation table has every kind of target")
}

/// Everything that may be named.
pub fn targets() -> &'static [TargetRow] {
    &table().targets
}

/// What an option adds.
///
/// # Panics
/// When the table lacks a kind: a bug of ours that a test over every kind finds.
pub fn add_on(kind: AddOnKind) -> &'static AddOnRow {
    add_ons().iter().find(|each| each.kind == kind).expect("the operation table has every option")
}

/// Everything that options add.
pub fn add_ons() -> &'static [AddOnRow] {
    &table().add_ons
}

/// Where the value of this key comes from, for keys that operations set.
pub fn key_row(name: &str) -> Option<&'static KeyRow> {
    key_rows().iter().find(|each| each.name == name)
}

/// All keys that operations set.
pub fn key_rows() -> &'static [KeyRow] {
    &table().keys
}

/// Where the guardrail profile of this geography takes a call made in `source`: `us` for `us.guardrail.v1:0`.
///
/// Source: Amazon Bedrock User Guide, "Supported Regions for cross-Region guardrails".
pub fn guardrail_destinations(geography: &str, source: &str) -> GuardrailDestinations {
    let routes = &table().guardrail_routes;
    let route =
        routes.iter().find(|each| each.profile == geography && each.sources.iter().any(|one| one == source));
    match route {
        Some(route) if route.known => GuardrailDestinations::Known(&route.destinations),
        Some(route) => GuardrailDestinations::AtMost(&route.destinations),
        None => GuardrailDestinations::Unlisted,
    }
}

/// The geographies whose guardrail profiles are called in a Region.
pub fn guardrail_geographies(source: &str) -> impl Iterator<Item = &'static str> {
    let routes = table().guardrail_routes.iter();
    let here = routes.filter(move |each| each.sources.iter().any(|one| one == source));
    here.map(|each| each.profile.as_str())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationFile {
    api: Vec<ApiRow>,
    target: Vec<TargetRow>,
    add_on: Vec<AddOnRow>,
    key: Vec<KeyRow>,
    guardrail_route: Vec<GuardrailRoute>,
}

/// APIs that are authorised alike.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiRow {
    names: Vec<String>,
    endpoint: String,
    action: String,
    #[serde(default)]
    streaming: bool,
    #[serde(default)]
    unlisted: bool,
    targets: Vec<TargetKind>,
    #[serde(default)]
    keys: Vec<String>,
    #[serde(default)]
    add_ons: Vec<AddOnKind>,
    passes_role_to: Option<String>,
    #[serde(default, rename = "run")]
    runs: Vec<Run>,
    #[serde(default, rename = "step")]
    steps: Vec<StepRow>,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GuardrailRoute {
    profile: String,
    #[serde(default = "published")]
    known: bool,
    sources: Vec<String>,
    destinations: Vec<String>,
    #[serde(rename = "source")]
    _source: String,
}

fn published() -> bool {
    true
}

struct OperationTable {
    apis: Vec<Api>,
    targets: Vec<TargetRow>,
    add_ons: Vec<AddOnRow>,
    keys: Vec<KeyRow>,
    guardrail_routes: Vec<GuardrailRoute>,
}

fn table() -> &'static OperationTable {
    static TABLE: OnceLock<OperationTable> = OnceLock::new();
    TABLE.get_or_init(|| {
        let file: OperationFile = parse("operations.toml", include_str!("../data/operations.toml"));
        let mut apis: Vec<Api> = file.api.into_iter().flat_map(each_name).collect();
        apis.sort_unstable_by(|a, b| (&a.endpoint, &a.name).cmp(&(&b.endpoint, &b.name)));
        OperationTable {
            apis,
            targets: file.target,
            add_ons: file.add_on,
            keys: file.key,
            guardrail_routes: file.guardrail_route,
        }
    })
}

fn each_name(row: ApiRow) -> impl Iterator<Item = Api> {
    row.names.into_iter().map(move |name| Api {
        name,
        endpoint: row.endpoint.clone(),
        action: row.action.clone(),
        streaming: row.streaming,
        unlisted: row.unlisted,
        targets: row.targets.clone(),
        keys: row.keys.clone(),
        add_ons: row.add_ons.clone(),
        passes_role_to: row.passes_role_to.clone(),
        runs: row.runs.clone(),
        steps: row.steps.clone(),
        source: row.source.clone(),
    })
}

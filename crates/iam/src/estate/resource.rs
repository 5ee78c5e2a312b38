//! Resources: what they are, who may use them by their own policy, and what they lead to.
//!
//! What AWS says of a resource is kept as [`Fact`]s: a kind and a value, so that a service's new feature is a row and
//! not a type. Follows the Amazon Bedrock, SageMaker AI and AgentCore API references; which types take a
//! resource-based policy is aws-facts §1.11 and IAM User Guide, "AWS services that work with IAM"; that a SageMaker
//! endpoint does is Amazon SageMaker API Reference, PutEndpointPolicy.

use std::fmt;
use std::sync::Arc;

use super::account::Tag;
use super::known::Known;
use super::policies::Document;
use crate::arn::Arn;

/// Something that a policy can name.
#[derive(Clone, Debug)]
pub struct Resource {
    pub arn: Arc<str>,
    pub kind: ResourceKind,
    /// `global` for services without Regions.
    pub region: Arc<str>,
    pub name: Option<Arc<str>>,
    /// As AWS spells it: `ACTIVE`, `InService`, `READY` and so on.
    pub status: Option<Arc<str>>,
    pub tags: Known<Arc<[Tag]>>,
    /// Its own policy; known to be none for a type that takes none.
    pub policy: Known<Option<Document>>,
    /// Of a bucket: its own public access block. Known to be none for everything else.
    pub public_access_block: Known<Option<PublicAccessBlock>>,
    /// What it is made of and leads to, sorted.
    pub facts: Known<Arc<[Fact]>>,
}

/// One thing that is known of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    pub kind: FactKind,
    pub value: Arc<str>,
}

/// What a fact says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactKind {
    /// ARN of the role the service acts with.
    ServiceRole,
    /// Id or ARN of a model, profile or router that it runs; the ARNs of a profile name its Regions.
    Model,
    /// ARN of the model it was made from.
    BaseModel,
    /// ARN or id of a guardrail that it applies, with the version after a colon where one is given.
    Guardrail,
    /// Id of the guardrail profile through which a guardrail reaches other Regions.
    GuardrailProfile,
    /// Number of the version that is current.
    Version,
    /// Version that an alias routes to.
    RoutesTo,
    /// ARN or id of an agent, alias, flow, prompt, knowledge base, runtime, gateway … that it uses.
    Uses,
    /// ARN of a function that it calls.
    Function,
    /// Address outside AWS that it calls.
    ExternalEndpoint,
    /// ARN of a secret or credential provider that it reads.
    Credential,
    /// Bucket or object that it reads or writes.
    Storage,
    /// ARN of the KMS key that encrypts it.
    EncryptionKey,
    /// Image that it runs.
    Image,
    /// Hub content or model package that it was deployed from.
    Source,
    /// Who manages it: `AWS` or `CUSTOMER`, `SYSTEM_DEFINED` or `APPLICATION`.
    Manager,
    /// How it knows its callers: `AWS_IAM`, `CUSTOM_JWT`, `NONE`.
    Authorizer,
    /// Whether it has the network of its own VPC: `VPC`, `PUBLIC`, `ISOLATED`.
    Network,
    /// A type of the service's own, such as `INFERENCE` of a gateway target.
    Type,
    /// An alias, such as a KMS key's.
    Alias,
}

impl FactKind {
    /// Every kind.
    pub const ALL: [Self; 20] = [
        Self::ServiceRole,
        Self::Model,
        Self::BaseModel,
        Self::Guardrail,
        Self::GuardrailProfile,
        Self::Version,
        Self::RoutesTo,
        Self::Uses,
        Self::Function,
        Self::ExternalEndpoint,
        Self::Credential,
        Self::Storage,
        Self::EncryptionKey,
        Self::Image,
        Self::Source,
        Self::Manager,
        Self::Authorizer,
        Self::Network,
        Self::Type,
        Self::Alias,
    ];

    /// Its name in data and for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServiceRole => "ServiceRole",
            Self::Model => "Model",
            Self::BaseModel => "BaseModel",
            Self::Guardrail => "Guardrail",
            Self::GuardrailProfile => "GuardrailProfile",
            Self::Version => "Version",
            Self::RoutesTo => "RoutesTo",
            Self::Uses => "Uses",
            Self::Function => "Function",
            Self::ExternalEndpoint => "ExternalEndpoint",
            Self::Credential => "Credential",
            Self::Storage => "Storage",
            Self::EncryptionKey => "EncryptionKey",
            Self::Image => "Image",
            Self::Source => "Source",
            Self::Manager => "Manager",
            Self::Authorizer => "Authorizer",
            Self::Network => "Network",
            Self::Type => "Type",
            Self::Alias => "Alias",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Whether S3 ignores what policies and ACLs give to everybody.
///
/// Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublicAccessBlock {
    pub block_public_acls: bool,
    pub ignore_public_acls: bool,
    pub block_public_policy: bool,
    pub restrict_public_buckets: bool,
}

/// The kinds of resource that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ResourceKind {
    Bucket,
    Key,
    Secret,
    Guardrail,
    GuardrailProfile,
    InferenceProfile,
    ApplicationInferenceProfile,
    CustomModel,
    ImportedModel,
    ProvisionedModel,
    CustomModelDeployment,
    MarketplaceEndpoint,
    PromptRouter,
    Prompt,
    Agent,
    AgentAlias,
    Flow,
    FlowAlias,
    KnowledgeBase,
    Project,
    MantleProject,
    Workspace,
    Endpoint,
    EndpointConfig,
    Model,
    InferenceComponent,
    Hub,
    HubContent,
    Runtime,
    RuntimeEndpoint,
    Gateway,
    GatewayTarget,
    Harness,
    Memory,
    CredentialProvider,
    Other,
}

/// One kind: its name in data and for machines, its words for people, the service and first part of its ARNs, and
/// whether it takes a policy of its own.
struct Row {
    kind: ResourceKind,
    name: &'static str,
    words: &'static str,
    service: &'static str,
    prefix: &'static str,
    /// `None` where that is not known.
    takes_policy: Option<bool>,
}

const fn row(
    kind: ResourceKind,
    name: &'static str,
    words: &'static str,
    service: &'static str,
    prefix: &'static str,
    takes_policy: Option<bool>,
) -> Row {
    Row { kind, name, words, service, prefix, takes_policy }
}

/// In the order of [`ResourceKind`]; of two prefixes that match an ARN the longer one names its kind.
const ROWS: [Row; 36] = [
    row(ResourceKind::Bucket, "Bucket", "S3 bucket", "s3", "", Some(true)),
    row(ResourceKind::Key, "Key", "KMS key", "kms", "key/", Some(true)),
    row(ResourceKind::Secret, "Secret", "secret", "secretsmanager", "secret:", Some(true)),
    row(ResourceKind::Guardrail, "Guardrail", "guardrail", "bedrock", "guardrail/", Some(true)),
    row(
        ResourceKind::GuardrailProfile,
        "GuardrailProfile",
        "guardrail profile",
        "bedrock",
        "guardrail-profile/",
        Some(true),
    ),
    row(
        ResourceKind::InferenceProfile,
        "InferenceProfile",
        "system inference profile",
        "bedrock",
        "inference-profile/",
        Some(false),
    ),
    row(
        ResourceKind::ApplicationInferenceProfile,
        "ApplicationInferenceProfile",
        "application inference profile",
        "bedrock",
        "application-inference-profile/",
        Some(false),
    ),
    row(ResourceKind::CustomModel, "CustomModel", "custom model", "bedrock", "custom-model/", Some(true)),
    row(
        ResourceKind::ImportedModel,
        "ImportedModel",
        "imported model",
        "bedrock",
        "imported-model/",
        Some(false),
    ),
    row(
        ResourceKind::ProvisionedModel,
        "ProvisionedModel",
        "provisioned throughput",
        "bedrock",
        "provisioned-model/",
        Some(false),
    ),
    row(
        ResourceKind::CustomModelDeployment,
        "CustomModelDeployment",
        "custom model deployment",
        "bedrock",
        "custom-model-deployment/",
        Some(false),
    ),
    row(
        ResourceKind::MarketplaceEndpoint,
        "MarketplaceEndpoint",
        "marketplace model endpoint",
        "bedrock",
        "marketplace/model-endpoint/",
        Some(false),
    ),
    row(
        ResourceKind::PromptRouter,
        "PromptRouter",
        "prompt router",
        "bedrock",
        "prompt-router/",
        Some(false),
    ),
    row(ResourceKind::Prompt, "Prompt", "prompt", "bedrock", "prompt/", Some(false)),
    row(ResourceKind::Agent, "Agent", "agent", "bedrock", "agent/", Some(false)),
    row(ResourceKind::AgentAlias, "AgentAlias", "agent alias", "bedrock", "agent-alias/", Some(false)),
    row(ResourceKind::Flow, "Flow", "flow", "bedrock", "flow/", Some(false)),
    row(ResourceKind::FlowAlias, "FlowAlias", "flow alias", "bedrock", "flow/", Some(false)),
    row(
        ResourceKind::KnowledgeBase,
        "KnowledgeBase",
        "knowledge base",
        "bedrock",
        "knowledge-base/",
        Some(true),
    ),
    row(ResourceKind::Project, "Project", "project", "bedrock", "project/", Some(false)),
    row(
        ResourceKind::MantleProject,
        "MantleProject",
        "mantle project",
        "bedrock-mantle",
        "project/",
        Some(false),
    ),
    row(
        ResourceKind::Workspace,
        "Workspace",
        "workspace of Claude Platform",
        "aws-external-anthropic",
        "workspace/",
        Some(false),
    ),
    row(ResourceKind::Endpoint, "Endpoint", "SageMaker endpoint", "sagemaker", "endpoint/", Some(true)),
    row(
        ResourceKind::EndpointConfig,
        "EndpointConfig",
        "SageMaker endpoint configuration",
        "sagemaker",
        "endpoint-config/",
        Some(false),
    ),
    row(ResourceKind::Model, "Model", "SageMaker model", "sagemaker", "model/", Some(false)),
    row(
        ResourceKind::InferenceComponent,
        "InferenceComponent",
        "SageMaker inference component",
        "sagemaker",
        "inference-component/",
        Some(false),
    ),
    row(ResourceKind::Hub, "Hub", "SageMaker hub", "sagemaker", "hub/", None),
    row(ResourceKind::HubContent, "HubContent", "SageMaker hub content", "sagemaker", "hub-content/", None),
    row(ResourceKind::Runtime, "Runtime", "AgentCore runtime", "bedrock-agentcore", "runtime/", Some(true)),
    row(
        ResourceKind::RuntimeEndpoint,
        "RuntimeEndpoint",
        "AgentCore runtime endpoint",
        "bedrock-agentcore",
        "runtime/",
        Some(true),
    ),
    row(ResourceKind::Gateway, "Gateway", "AgentCore gateway", "bedrock-agentcore", "gateway/", Some(true)),
    row(
        ResourceKind::GatewayTarget,
        "GatewayTarget",
        "AgentCore gateway target",
        "bedrock-agentcore",
        "gateway/",
        Some(false),
    ),
    row(ResourceKind::Harness, "Harness", "AgentCore harness", "bedrock-agentcore", "harness/", Some(false)),
    row(ResourceKind::Memory, "Memory", "AgentCore memory", "bedrock-agentcore", "memory/", Some(false)),
    row(
        ResourceKind::CredentialProvider,
        "CredentialProvider",
        "AgentCore credential provider",
        "bedrock-agentcore",
        "token-vault/",
        Some(false),
    ),
    row(ResourceKind::Other, "Other", "resource", "", "", None),
];

/// Services of ARNs some of whose other types take a policy; which ones is not known here. Those of all other services
/// take none.
///
/// Source: IAM User Guide, "AWS services that work with IAM", and the actions of the Service Authorization Reference that
/// set resource-based policies.
const WITH_POLICIES: [&str; 85] = [
    "acm-pca",
    "agent-registry",
    "aiops",
    "apigateway",
    "appsync",
    "aps",
    "arc-region-switch",
    "aws-marketplace",
    "backup",
    "billing",
    "cleanrooms-ml",
    "cloudhsm",
    "cloudtrail",
    "codeartifact",
    "codebuild",
    "codeguru-profiler",
    "comprehend",
    "dsql",
    "dynamodb",
    "ecr",
    "ecr-public",
    "elasticfilesystem",
    "entityresolution",
    "es",
    "events",
    "execute-api",
    "fsx",
    "glacier",
    "glue",
    "imagebuilder",
    "kafka",
    "kinesis",
    "kms",
    "lambda",
    "lex",
    "logs",
    "lookoutequipment",
    "mediapackagev2",
    "mediastore",
    "mpa",
    "network-firewall",
    "networkmanager",
    "oam",
    "odb",
    "omics",
    "organizations",
    "osis",
    "payment-cryptography",
    "qbusiness",
    "ram",
    "redshift",
    "redshift-serverless",
    "refactor-spaces",
    "rekognition",
    "resource-explorer-2",
    "resource-groups",
    "route53-recovery-control-config",
    "route53resolver",
    "rum",
    "s3",
    "s3-object-lambda",
    "s3-outposts",
    "s3express",
    "s3files",
    "s3tables",
    "s3vectors",
    "sagemaker",
    "schemas",
    "secretsmanager",
    "serverlessrepo",
    "servicecatalog",
    "servicediscovery",
    "ses",
    "signer",
    "sms-voice",
    "sns",
    "sqs",
    "ssm",
    "ssm-contacts",
    "ssm-incidents",
    "vpc-lattice",
    "waf",
    "waf-regional",
    "wafv2",
    "xray",
];

impl ResourceKind {
    /// The kind of resource that an ARN names, as far as the ARN says.
    pub fn of(arn: &str) -> Self {
        let Ok(arn) = Arn::parse(arn) else { return Self::Other };
        let second = |word: &str| arn.resource.split('/').nth(2) == Some(word);
        let matching = |row: &&Row| arn.service == row.service && arn.resource.starts_with(row.prefix);
        let found = ROWS.iter().find(matching).map_or(Self::Other, |row| row.kind);
        match found {
            Self::Flow if second("alias") => Self::FlowAlias,
            Self::Runtime if second("runtime-endpoint") => Self::RuntimeEndpoint,
            Self::Gateway if second("target") => Self::GatewayTarget,
            other => other,
        }
    }

    /// Its name in data and for machines.
    pub fn name(self) -> &'static str {
        ROWS[self as usize].name
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.name == name).map(|row| row.kind)
    }

    /// Whether what an ARN names can carry a policy of its own; `None` where its kind does not say.
    pub fn takes_policy(arn: &str) -> Option<bool> {
        match Self::of(arn) {
            Self::Other => {
                let service = Arn::parse(arn).ok()?.service;
                let is_known = reference::service(service).is_some();
                (is_known && !WITH_POLICIES.contains(&service)).then_some(false)
            }
            kind => ROWS[kind as usize].takes_policy,
        }
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ROWS[*self as usize].words)
    }
}

impl Resource {
    /// The values of one kind of fact.
    pub fn facts(&self, kind: FactKind) -> Known<Vec<&Arc<str>>> {
        let values = |facts: &Arc<[Fact]>| -> Vec<usize> {
            (0..facts.len()).filter(|at| facts[*at].kind == kind).collect()
        };
        self.facts.as_ref().map(|facts| values(facts).into_iter().map(|at| &facts[at].value).collect())
    }
}

//! What AWS would answer under one policy alone: everything else allows.
//!
//! A policy that only limits (an SCP, a boundary) stands beside identities that may do everything; an SCP without an
//! Allow stands beside FullAWSAccess, one with an Allow replaces it. An identity-based policy stands alone, unless it
//! only denies. The requests are partial: what a request would carry besides decides where it has to, and then the
//! answer is open and no rule speaks. Decides nothing itself: asks `iam`.

use std::sync::{Arc, OnceLock};

use iam::action::Action;
use iam::answer::{Answer, Decision};
use iam::arn::AccountId;
use iam::authorize;
use iam::context::Context;
use iam::layers::{Layer, Layers, Level, StatementRef};
use iam::operation::{
    Fixed, Operation, OperationAnswer, OperationAssumption, OperationLayers, OperationOutcome, Place,
    ServiceRole, StepAnswer, authorize_operation,
};
use iam::policy::{self, Effect, Policy, PolicyType};
use iam::principal::Principal;
use iam::request::{Completeness, Request, RequestParts};

/// The account in which everybody asks.
pub const ACCOUNT: &str = "111122223333";

/// Who asks: a role that nobody exempts by its name.
const CALLER: &str = "arn:aws:iam::111122223333:role/somebody";

/// The role that a service acts with.
const SERVICE_ROLE: &str = "arn:aws:iam::111122223333:role/service-role/something";

/// One policy, and everything else allowing.
pub struct Alone {
    caller: Layers,
    service_role: Layers,
    layer: Layer,
    partition: &'static str,
    /// Unsettled points that cannot matter to this policy.
    fixed: Fixed,
}

/// Unsettled points that matter only to a policy that compares one of these keys, by how the keys begin or end.
const ABOUT_KEYS: [(OperationAssumption, &[&str]); 9] = [
    (OperationAssumption::CredentialAgeOmitted, &["agedays"]),
    (OperationAssumption::GlobalRequestedRegion, &["aws:requestedregion"]),
    (OperationAssumption::GuardrailProfileRegion, &["aws:requestedregion"]),
    (OperationAssumption::ModelArnThroughProfile, &["bedrock:modelarn"]),
    (OperationAssumption::PassRoleRegion, &["aws:requestedregion"]),
    (OperationAssumption::RequestKeysOffModels, &["guardrailidentifier", "projectarn", "servicetier"]),
    (OperationAssumption::ResourceAccountOnModels, &["aws:resourceaccount"]),
    (OperationAssumption::ResourceOrganizationOnModels, &["aws:resourceorg"]),
    (OperationAssumption::ServiceTierOmitted, &["servicetier"]),
];

/// What a call comes to, as far as a rule speaks of it.
#[derive(Clone, Debug)]
pub enum Verdict {
    Allowed,
    /// Denied: by which requests.
    Denied(Vec<DeniedStep>),
    /// What is not known decides.
    Open,
}

/// A request of a call that is denied.
#[derive(Clone, Debug)]
pub struct DeniedStep {
    pub action: String,
    pub resource: String,
    pub region: String,
    pub answer: Answer,
}

impl Alone {
    /// None for policies that are attached to a resource: they say nothing without it.
    ///
    /// `text` is the policy as it is written; what it does not speak of is not asked about under several readings.
    pub fn new(
        policy: &Arc<Policy>,
        policy_type: PolicyType,
        partition: &'static str,
        text: &str,
    ) -> Option<Self> {
        let allows = policy.statements.iter().any(|statement| statement.effect == Ok(Effect::Allow));
        let own = || {
            if allows { vec![Arc::clone(policy)] } else { vec![Arc::clone(policy), everything()] }
        };
        let level = |policies| vec![Level { target: "here".to_owned(), policies }];
        let mut caller = Layers { identity: vec![everything()], ..Layers::default() };
        let mut service_role = caller.clone();
        let layer = match policy_type {
            PolicyType::ServiceControl => {
                caller.scp = level(own());
                service_role.scp = level(own());
                Layer::Scp
            }
            PolicyType::Identity => {
                caller.identity = own();
                Layer::Identity
            }
            PolicyType::PermissionsBoundary => {
                caller.boundary = own();
                Layer::Boundary
            }
            PolicyType::Session => {
                caller.session = own();
                Layer::Session
            }
            PolicyType::Resource
            | PolicyType::Trust
            | PolicyType::ResourceControl
            | PolicyType::VpcEndpoint => {
                return None;
            }
        };
        let text = text.to_ascii_lowercase();
        let mut fixed = Fixed::by_evidence();
        for (assumption, keys) in ABOUT_KEYS {
            if !keys.iter().any(|key| text.contains(key)) {
                fixed.settle(assumption, &assumption.row().default_reading().name);
            }
        }
        Some(Self { caller, service_role, layer, partition, fixed })
    }

    /// The answer to one request; keys that are not given are open.
    pub fn ask(&self, action: &str, resource: &str, keys: &[(&str, &str)]) -> Option<Answer> {
        let mut context = Context::new();
        for (key, value) in keys {
            let values = if value.is_empty() { Vec::new() } else { vec![(*value).to_owned()] };
            context.replace(key, values);
        }
        let request = Request::new(RequestParts {
            principal: principal(CALLER, self.partition),
            action: Action::parse(action).ok()?,
            resource: resource.to_owned(),
            resource_account: None,
            context,
            completeness: Completeness::Partial,
        });
        Some(authorize(&request, &self.caller))
    }

    /// Whether one request is allowed; none where that is open.
    pub fn allows(&self, action: &str, resource: &str, keys: &[(&str, &str)]) -> Option<bool> {
        let decision = self.ask(action, resource, keys)?.decision()?;
        Some(decision == Decision::Allow)
    }

    /// Whether a foundation model may be run in a Region, by its own name and with nothing besides; none where that
    /// is open.
    pub fn runs_directly(&self, model: &str, region: &str) -> Option<bool> {
        let resource = format!("arn:{}:bedrock:{region}::foundation-model/{model}", self.partition);
        let keys = [
            ("aws:RequestedRegion", region),
            ("bedrock:GuardrailIdentifier", ""),
            ("bedrock:InferenceProfileArn", ""),
            ("bedrock:PromptRouterArn", ""),
        ];
        self.allows("bedrock:InvokeModel", &resource, &keys)
    }

    /// What a call of a client comes to; none where it cannot be made.
    pub fn call(&self, call: &Call<'_>) -> Option<Verdict> {
        let place = Place {
            partition: self.partition.to_owned(),
            region: call.region.to_owned(),
            account: AccountId::new(ACCOUNT).ok()?,
        };
        let mut operation = Operation::new(call.api, &call.target, place, principal(CALLER, self.partition));
        operation.completeness = Completeness::Partial;
        operation.fixed = self.fixed.clone();
        operation.facts.behind = call.behind.clone();
        operation.options.project =
            (call.api.endpoint == "aws-external-anthropic").then(|| WORKSPACE.to_owned());
        operation.options.service_role =
            Some(ServiceRole { principal: principal(SERVICE_ROLE, self.partition), context: Context::new() });
        let layers =
            OperationLayers { caller: &self.caller, service_role: Some(&self.service_role), resources: &[] };
        Some(verdict(&authorize_operation(&operation, layers).ok()?))
    }

    /// The number of the statement of this policy that a reference names.
    pub fn own_statement(&self, at: &StatementRef) -> Option<usize> {
        (at.layer == self.layer && at.policy == 0).then_some(at.statement as usize)
    }
}

/// A call of a client.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    pub api: &'static reference::Api,
    pub target: String,
    pub region: &'a str,
    /// What stands behind the target, where the target does not say.
    pub behind: Option<Vec<String>>,
}

/// A workspace of Claude Platform, which has no default.
const WORKSPACE: &str = "wrkspc_abcdefghijkl";

fn verdict(answer: &OperationAnswer) -> Verdict {
    match &answer.outcome {
        OperationOutcome::Decided(Decision::Allow) => Verdict::Allowed,
        OperationOutcome::Decided(Decision::ExplicitDeny | Decision::ImplicitDeny) => {
            // Under whichever reading it is denied; those of the default reading first.
            let denied = |step: StepAnswer<'_>| {
                let answer = step.answer?;
                let is_denied = answer.decision().is_some_and(|decision| decision != Decision::Allow);
                (is_denied && !step.step.optional).then(|| DeniedStep {
                    action: step.step.request.action().to_string(),
                    resource: step.step.request.resource().as_str().to_owned(),
                    region: step.step.region.clone(),
                    answer: answer.clone(),
                })
            };
            Verdict::Denied(answer.steps().filter_map(denied).collect())
        }
        OperationOutcome::NeedsContext(_) | OperationOutcome::Unknown(_) => Verdict::Open,
    }
}

fn principal(arn: &str, partition: &str) -> Principal {
    Principal::parse(&arn.replacen(":aws:", &format!(":{partition}:"), 1)).expect("the ARN of a role")
}

/// A policy that allows everything, as FullAWSAccess and AdministratorAccess do.
fn everything() -> Arc<Policy> {
    static POLICY: OnceLock<Arc<Policy>> = OnceLock::new();
    let text = br#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let read = || Arc::new(policy::read(text, PolicyType::Identity).policy.expect("it is a policy"));
    Arc::clone(POLICY.get_or_init(read))
}

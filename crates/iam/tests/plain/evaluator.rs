//! A second, slow and obvious evaluator of AWS policies, to compare the real one with.
//!
//! It shares no code with the evaluator it is compared with, prepares nothing and remembers nothing: every rule reads
//! like the sentence of the page it comes from. It answers complete requests only; a partial request is tested by
//! answering every way of completing it. It does not explain its answers beyond the names of the layers.
//! Follows IAM User Guide, "Policy evaluation logic" with its sub-pages "How AWS enforcement code logic evaluates
//! requests to allow or deny access" and "Cross-account policy evaluation logic", and AWS Organizations User Guide,
//! "SCP evaluation" and "Resource control policies (RCPs)".

#![allow(dead_code, reason = "each test that includes this module uses a part of it")]

pub mod action;
pub mod condition;
pub mod context;
pub mod glob;
pub mod principal;
pub mod readings;
pub mod resource;
pub mod truth;
pub mod variable;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use context::Context;
use principal::{Principal, Row};
use readings::Choices;
pub use readings::{ASSUMPTIONS, Readings};
use truth::Truth;

/// What AWS would answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    Allowed,
    ExplicitDeny,
    ImplicitDeny,
    /// Something without a documented meaning decides; the reason is for people.
    Unsupported(String),
}

/// The decision, and the layers that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub decision: Decision,
    /// Names of layers as in the input. With an explicit deny every layer with a matching Deny; with an implicit deny
    /// every layer that had to allow and did not, and none when AWS refuses whatever the policies say.
    pub denied_by: BTreeSet<String>,
}

/// What there is to know about services, given from outside.
#[derive(Clone, Copy)]
pub struct Lookups<'a> {
    /// Whether the action, written as in the request, is known and has no resource types.
    pub resource_less: &'a dyn Fn(&str) -> bool,
    /// Whether RCPs apply to the service with this prefix, in lower case.
    pub rcp_supported: &'a dyn Fn(&str) -> bool,
}

/// A type of policy, named as in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    Identity,
    Boundary,
    Session,
    Scp,
    Resource,
    Trust,
    Rcp,
    VpcEndpoint,
}

impl Layer {
    pub const ALL: [Layer; 8] = [
        Layer::Identity,
        Layer::Boundary,
        Layer::Session,
        Layer::Scp,
        Layer::Resource,
        Layer::Trust,
        Layer::Rcp,
        Layer::VpcEndpoint,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Layer::Identity => "identity",
            Layer::Boundary => "boundary",
            Layer::Session => "session",
            Layer::Scp => "scp",
            Layer::Resource => "resource",
            Layer::Trust => "trust",
            Layer::Rcp => "rcp",
            Layer::VpcEndpoint => "vpc_endpoint",
        }
    }
}

/// What a statement does when it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Allow,
    Deny,
}

/// Decides one complete request under one reading of every assumption.
///
/// A statement whose match is not known is taken once in the caller's favour and once against; only when that changes
/// the decision is the case unsupported.
pub fn evaluate(case: &Value, readings: &Readings, lookups: Lookups) -> Verdict {
    evaluate_noting(case, &Choices::new(readings), lookups)
}

/// The assumptions whose readings differ somewhere in the evaluation of the case, the decision aside.
pub fn assumptions_asked(case: &Value, lookups: Lookups) -> BTreeSet<&'static str> {
    let readings = Readings::new();
    let choices = Choices::new(&readings);
    evaluate_noting(case, &choices, lookups);
    choices.asked()
}

/// Decides under every combination of readings that can matter. Each decision comes with the first combination that
/// led to it; a reading that is not named there makes no difference to it.
pub fn evaluate_all_readings(case: &Value, lookups: Lookups) -> BTreeMap<Decision, Readings> {
    let mut found = BTreeMap::new();
    let mut open = vec![Readings::new()];
    while let Some(readings) = open.pop() {
        let choices = Choices::new(&readings);
        let verdict = evaluate_noting(case, &choices, lookups);
        let undecided = choices.asked().into_iter().find(|id| !readings.contains_key(*id));
        match ASSUMPTIONS.iter().find(|(id, _)| Some(*id) == undecided) {
            Some((id, names)) => {
                for name in *names {
                    let mut chosen = readings.clone();
                    chosen.insert(id.to_string(), name.to_string());
                    open.push(chosen);
                }
            }
            None => {
                found.entry(verdict.decision).or_insert(readings);
            }
        }
    }
    found
}

fn evaluate_noting(case: &Value, choices: &Choices, lookups: Lookups) -> Verdict {
    let unsupported =
        |reason: String| Verdict { decision: Decision::Unsupported(reason), denied_by: BTreeSet::new() };
    let principal = match Principal::read(&case["request"]) {
        Ok(principal) => principal,
        Err(reason) => return unsupported(reason),
    };
    let evaluation = match Evaluation::read(case, &principal, choices, lookups) {
        Ok(evaluation) => evaluation,
        Err(reason) => return unsupported(reason),
    };
    let against = evaluation.verdict(Doubt::AgainstTheCaller);
    let favourable = evaluation.verdict(Doubt::ForTheCaller);
    if against.decision == favourable.decision {
        return favourable;
    }
    unsupported(evaluation.first_doubt())
}

/// What matters about a case beside its decision: who asks, from where, and what the resource policy says of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    pub principal: Principal,
    pub service_linked_role: bool,
    pub standing: Standing,
    /// The most generous row through which the resource or trust policy allows the request.
    pub row: Option<Row>,
}

/// Whether the account of the principal owns the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    SameAccount,
    CrossAccount,
    /// Anonymous callers, services and identity providers.
    Accountless,
}

/// Describes a case under the default readings.
///
/// # Errors
/// What makes the case malformed.
pub fn situation(case: &Value, lookups: Lookups) -> Result<Situation, String> {
    let readings = Readings::new();
    let choices = Choices::new(&readings);
    let principal = Principal::read(&case["request"])?;
    let evaluation = Evaluation::read(case, &principal, &choices, lookups)?;
    Ok(Situation {
        service_linked_role: principal.is_service_linked_role(&choices),
        standing: evaluation.standing(),
        row: most_generous(evaluation.resource_side_allows(Doubt::ForTheCaller)),
        principal: principal.clone(),
    })
}

/// How to take a statement whose match is not known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// Its Deny counts, its Allow does not.
    AgainstTheCaller,
    /// Its Allow counts, its Deny does not.
    ForTheCaller,
}

impl Doubt {
    fn settle(self, truth: &Truth, effect: Effect) -> bool {
        match truth {
            Truth::True => true,
            Truth::False => false,
            Truth::Unsupported(_) => match effect {
                Effect::Allow => self == Doubt::ForTheCaller,
                Effect::Deny => self == Doubt::AgainstTheCaller,
            },
        }
    }
}

/// One case, read.
struct Evaluation<'a> {
    principal: &'a Principal,
    context: Context<'a>,
    choices: &'a Choices<'a>,
    lookups: Lookups<'a>,
    action: String,
    resource: String,
    resource_account: Option<String>,
    layers: &'a Value,
    management_account: bool,
    /// Every statement of every layer, with whether it matches.
    judgements: Vec<Judgement>,
}

/// What one statement says about the request.
struct Judgement {
    layer: Layer,
    /// The place of its level in the layer; 0 where there are no levels.
    level: usize,
    effect: Effect,
    matches: Truth,
    /// Through which rows its Principal means the caller.
    rows: BTreeSet<Row>,
}

impl<'a> Evaluation<'a> {
    fn read(
        case: &'a Value,
        principal: &'a Principal,
        choices: &'a Choices<'a>,
        lookups: Lookups<'a>,
    ) -> Result<Evaluation<'a>, String> {
        let request = &case["request"];
        let text = |name: &str| request[name].as_str().map(str::to_string);
        let action = text("action").ok_or("the request has no action")?;
        let named = text("resource").ok_or("the request has no resource")?;
        // Service Authorization Reference: an action without resource types is authorised on `*`.
        let resource = if (lookups.resource_less)(&action) { "*".to_string() } else { named };
        let mut evaluation = Evaluation {
            principal,
            context: Context::read(&request["context"], principal, choices)?,
            choices,
            lookups,
            action,
            resource,
            resource_account: text("resource_account"),
            layers: &case["layers"],
            management_account: case["layers"]["management_account"] == true,
            judgements: vec![],
        };
        evaluation.judgements = evaluation.judge_every_statement();
        Ok(evaluation)
    }

    fn judge_every_statement(&self) -> Vec<Judgement> {
        let mut judgements = Vec::new();
        for layer in Layer::ALL {
            for (level, documents) in self.levels(layer).into_iter().enumerate() {
                for document in documents {
                    for statement in list(&document["Statement"]) {
                        judgements.extend(self.judge(layer, level, document, statement));
                    }
                }
            }
        }
        judgements
    }

    /// IAM User Guide, "IAM JSON policy elements reference": a statement applies when its Principal, Action, Resource
    /// and Condition all match. One whose Effect is neither word might be either.
    fn judge(&self, layer: Layer, level: usize, document: &Value, statement: &Value) -> Vec<Judgement> {
        // "IAM JSON policy elements: Version": variables need 2012-10-17.
        let variables = document["Version"] == "2012-10-17";
        let has_boundary = self.is_set(Layer::Boundary) && self.has_principal_policies();
        let (context, choices) = (&self.context, self.choices);
        let judgement = |effect: Effect, has_effect: Truth| {
            let meant =
                principal::meant(statement, layer, effect, has_boundary, self.principal, context, choices);
            let matches = Truth::all(vec![
                has_effect,
                meant.truth,
                action::covered(statement, &self.action),
                resource::covered(statement, layer, &self.resource, variables, context, choices),
                condition::holds(statement, variables, context, choices),
            ]);
            Judgement { layer, level, effect, matches, rows: meant.rows }
        };
        match statement["Effect"].as_str() {
            Some("Allow") => vec![judgement(Effect::Allow, Truth::True)],
            Some("Deny") => vec![judgement(Effect::Deny, Truth::True)],
            Some(_) | None => {
                let doubt = Truth::Unsupported(format!("the Effect {}", statement["Effect"]));
                vec![judgement(Effect::Allow, doubt.clone()), judgement(Effect::Deny, doubt)]
            }
        }
    }

    /// "How AWS enforcement code logic evaluates requests to allow or deny access", the flow chart from the top.
    fn verdict(&self, doubt: Doubt) -> Verdict {
        let denying = self.layers_that_deny(doubt);
        if !denying.is_empty() {
            return Verdict { decision: Decision::ExplicitDeny, denied_by: names(denying) };
        }
        let by_a_service = matches!(self.principal, Principal::Service { .. });
        if !by_a_service && refused_whatever_the_policies_say(&self.action, &self.resource) {
            return Verdict { decision: Decision::ImplicitDeny, denied_by: BTreeSet::new() };
        }
        let mut lacking: BTreeSet<Layer> = BTreeSet::new();
        if self.scp_applies() && !self.every_scp_level_allows(doubt) {
            lacking.insert(Layer::Scp);
        }
        if self.is_set(Layer::VpcEndpoint) && !self.allows(Layer::VpcEndpoint, doubt) {
            lacking.insert(Layer::VpcEndpoint);
        }
        lacking.extend(match self.standing() {
            Standing::SameAccount => self.lacking_in_same_account(doubt),
            Standing::CrossAccount => self.lacking_across_accounts(doubt),
            Standing::Accountless => self.lacking_on_resource_side(doubt),
        });
        let decision = if lacking.is_empty() { Decision::Allowed } else { Decision::ImplicitDeny };
        Verdict { decision, denied_by: names(lacking) }
    }

    /// Same page, step "Deny evaluation": one matching Deny in any policy that applies is final.
    fn layers_that_deny(&self, doubt: Doubt) -> BTreeSet<Layer> {
        let denies = self.matching(Effect::Deny, doubt).into_iter();
        denies.map(|judgement| judgement.layer).filter(|layer| self.layer_applies(*layer)).collect()
    }

    fn layer_applies(&self, layer: Layer) -> bool {
        match layer {
            Layer::Identity | Layer::Boundary => self.has_principal_policies(),
            // A root session taken with AssumeRoot has the session policy it was taken with.
            Layer::Session => self.principal.account().is_some(),
            Layer::Scp => self.scp_applies(),
            Layer::Rcp => self.rcp_applies(),
            Layer::Resource | Layer::Trust | Layer::VpcEndpoint => true,
        }
    }

    /// IAM User Guide, "AWS account root user": policies cannot be attached to the root user. Anonymous callers,
    /// services and identity providers are no IAM identities either.
    fn has_principal_policies(&self) -> bool {
        match self.principal {
            Principal::User { .. }
            | Principal::Role { .. }
            | Principal::RoleSession { .. }
            | Principal::FederatedUser { .. } => true,
            Principal::Root { .. }
            | Principal::Anonymous
            | Principal::Service { .. }
            | Principal::Federated { .. } => false,
        }
    }

    /// AWS Organizations User Guide, "Service control policies (SCPs)", section "Tasks and entities not restricted by
    /// SCPs": the management account and service-linked roles. SCPs do restrict the root user of a member account.
    fn scp_applies(&self) -> bool {
        self.principal.account().is_some()
            && self.is_set(Layer::Scp)
            && !self.management_account
            && !self.principal.is_service_linked_role(self.choices)
    }

    /// AWS Organizations User Guide, "SCP evaluation": an Allow is needed at every level from the root to the account;
    /// within one level any attached policy gives it.
    fn every_scp_level_allows(&self, doubt: Doubt) -> bool {
        let allows = self.matching(Effect::Allow, doubt);
        (0..self.levels(Layer::Scp).len())
            .all(|level| allows.iter().any(|allow| allow.layer == Layer::Scp && allow.level == level))
    }

    /// AWS Organizations User Guide, "Resource control policies (RCPs)", sections "List of AWS services that support
    /// RCPs" and "Resources and entities not restricted by RCPs". Only their Deny statements count, because
    /// RCPFullAWSAccess is attached everywhere.
    fn rcp_applies(&self) -> bool {
        let service = service_of(&self.action);
        let of_management_account = self.management_account && self.standing() == Standing::SameAccount;
        (self.lookups.rcp_supported)(&service)
            && self.action.to_lowercase() != "kms:retiregrant"
            && !of_management_account
            && !self.principal.is_service_linked_role(self.choices)
    }

    /// "Cross-account policy evaluation logic": whether the principal is in the account that owns the resource. A
    /// resource whose ARN names no account, such as a foundation model, counts as the principal's own.
    fn standing(&self) -> Standing {
        let Some(account) = self.principal.account() else {
            return Standing::Accountless;
        };
        let in_arn = self.resource.split(':').nth(4).filter(|part| principal::is_account_id(part));
        let owner = match (&self.resource_account, in_arn) {
            (Some(owner), _) => owner.clone(),
            (None, Some(owner)) => owner.to_string(),
            (None, None) => account.clone(),
        };
        if owner == account { Standing::SameAccount } else { Standing::CrossAccount }
    }

    /// "How AWS enforcement code logic evaluates requests", steps "Resource-based policies" to "Session policies": what
    /// the resource-based policy names decides which other policies must allow too. The most generous row counts.
    fn lacking_in_same_account(&self, doubt: Doubt) -> BTreeSet<Layer> {
        let rows = self.resource_side_allows(doubt);
        let Some(row) = most_generous(rows) else {
            let mut lacking = self.lacking_of(Needs::EVERYTHING, doubt);
            // Same step: role trust policies and KMS key policies must allow themselves.
            if self.resource_policy_is_required() {
                lacking.insert(self.resource_layer());
            }
            return lacking;
        };
        self.lacking_of(needs(row), doubt)
    }

    /// "Cross-account policy evaluation logic": both the account of the principal and the account of the resource must
    /// allow.
    fn lacking_across_accounts(&self, doubt: Doubt) -> BTreeSet<Layer> {
        let mut lacking = self.lacking_of(Needs::EVERYTHING, doubt);
        lacking.extend(self.lacking_on_resource_side(doubt));
        lacking
    }

    fn lacking_on_resource_side(&self, doubt: Doubt) -> BTreeSet<Layer> {
        if self.resource_side_allows(doubt).is_empty() {
            return BTreeSet::from([self.resource_layer()]);
        }
        BTreeSet::new()
    }

    /// Which of the needed policies of the principal do not allow. A boundary or session policy that is not set does
    /// not limit; an identity-based policy that is not there grants nothing; the root user needs none of them.
    fn lacking_of(&self, needs: Needs, doubt: Doubt) -> BTreeSet<Layer> {
        let mut lacking = BTreeSet::new();
        if self.principal.account().is_none() {
            return lacking;
        }
        if matches!(self.principal, Principal::Root { .. }) {
            if needs.session && self.is_set(Layer::Session) && !self.allows(Layer::Session, doubt) {
                lacking.insert(Layer::Session);
            }
            return lacking;
        }
        if needs.identity && !self.allows(Layer::Identity, doubt) {
            lacking.insert(Layer::Identity);
        }
        for (needed, layer) in [(needs.boundary, Layer::Boundary), (needs.session, Layer::Session)] {
            if needed && (self.is_set(layer) || self.session_is_required(layer)) && !self.allows(layer, doubt)
            {
                lacking.insert(layer);
            }
        }
        lacking
    }

    /// AWS STS API Reference, `GetFederationToken`, parameter `Policy`: without a session policy the federated-user
    /// session has no permissions.
    fn session_is_required(&self, layer: Layer) -> bool {
        layer == Layer::Session && matches!(self.principal, Principal::FederatedUser { .. })
    }

    /// Step "Resource-based policies": IAM role trust policies and KMS key policies must explicitly allow.
    fn resource_policy_is_required(&self) -> bool {
        match service_of(&self.action).as_str() {
            "sts" => self.is_role(),
            "kms" => arn_matches("arn:*:kms:*:*:key/*", &self.resource),
            _ => false,
        }
    }

    fn is_role(&self) -> bool {
        arn_matches("arn:*:iam::*:role/*", &self.resource)
    }

    /// The layer that carries the policy of the requested resource.
    fn resource_layer(&self) -> Layer {
        if service_of(&self.action) == "sts" && self.is_role() { Layer::Trust } else { Layer::Resource }
    }

    /// The rows of every matching Allow in the policy of the resource.
    fn resource_side_allows(&self, doubt: Doubt) -> BTreeSet<Row> {
        let allows = self.matching(Effect::Allow, doubt).into_iter();
        let of_resource = allows.filter(|allow| matches!(allow.layer, Layer::Resource | Layer::Trust));
        of_resource.flat_map(|allow| allow.rows.clone()).collect()
    }

    fn allows(&self, layer: Layer, doubt: Doubt) -> bool {
        self.matching(Effect::Allow, doubt).iter().any(|allow| allow.layer == layer)
    }

    fn matching(&self, effect: Effect, doubt: Doubt) -> Vec<&Judgement> {
        let with_effect = self.judgements.iter().filter(|judgement| judgement.effect == effect);
        with_effect.filter(|judgement| doubt.settle(&judgement.matches, effect)).collect()
    }

    /// The documents of each level of a layer; all of them in one where a layer has no levels.
    fn levels(&self, layer: Layer) -> Vec<Vec<&'a Value>> {
        let given = list(&self.layers[layer.name()]);
        let documents = |values: Vec<&'a Value>| values.into_iter().map(policy_of).collect();
        match layer {
            Layer::Scp | Layer::Rcp => {
                given.into_iter().map(|level| documents(list(&level["policies"]))).collect()
            }
            Layer::Identity
            | Layer::Boundary
            | Layer::Session
            | Layer::Resource
            | Layer::Trust
            | Layer::VpcEndpoint => vec![documents(given)],
        }
    }

    fn is_set(&self, layer: Layer) -> bool {
        !list(&self.layers[layer.name()]).is_empty()
    }

    /// The first statement whose match is not known, for people.
    fn first_doubt(&self) -> String {
        for judgement in &self.judgements {
            if let Truth::Unsupported(reason) = &judgement.matches {
                return format!("{}: {reason}", judgement.layer.name());
            }
        }
        "nothing in doubt".to_string()
    }
}

/// Which of the principal's own policies a row still needs; the fewer, the more generous, and in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Needs {
    pub identity: bool,
    pub boundary: bool,
    pub session: bool,
}

impl Needs {
    const EVERYTHING: Needs = Needs { identity: true, boundary: true, session: true };
    const LIMITS: Needs = Needs { identity: false, boundary: true, session: true };
    const NOTHING: Needs = Needs { identity: false, boundary: false, session: false };
}

/// "How AWS enforcement code logic evaluates requests", step "Resource-based policies": the table of principal types
/// with its columns for implicit denies in permissions boundaries and session policies.
pub fn needs(row: Row) -> Needs {
    match row {
        Row::Account => Needs::EVERYTHING,
        Row::Role | Row::UserOfFederatedUser => Needs::LIMITS,
        Row::RoleSession | Row::User | Row::FederatedUser | Row::ServiceOrProvider | Row::Everyone => {
            Needs::NOTHING
        }
    }
}

/// The row that needs the fewest other policies.
fn most_generous(rows: BTreeSet<Row>) -> Option<Row> {
    rows.into_iter().min_by_key(|row| needs(*row))
}

/// What customers cannot change, whoever allows it. IAM User Guide, "Managed policies and inline policies" (AWS
/// managed policies) and "Service-linked roles"; IAM Identity Center User Guide, "Permission sets" (the roles it
/// makes under `aws-reserved/`); AWS KMS Developer Guide, "Aliases" (the prefix `alias/aws/` is reserved).
///
/// The operations are those whose page in the IAM API Reference lists UnmodifiableEntity, and the ones that change
/// what a policy says. Handing a role on (`PassRole`) changes nothing about it.
fn refused_whatever_the_policies_say(action: &str, resource: &str) -> bool {
    let action = action.to_lowercase();
    let (service, name) = action.split_once(':').unwrap_or((&action, ""));
    let policy_writes = [
        "createpolicyversion",
        "deletepolicy",
        "deletepolicyversion",
        "setdefaultpolicyversion",
        "tagpolicy",
        "untagpolicy",
    ];
    let role_writes = [
        "addroletoinstanceprofile",
        "attachrolepolicy",
        "createrole",
        "deleterole",
        "deleterolepermissionsboundary",
        "deleterolepolicy",
        "detachrolepolicy",
        "putrolepermissionsboundary",
        "putrolepolicy",
        "removerolefrominstanceprofile",
        "updateassumerolepolicy",
    ];
    let reserved_role_writes = ["tagrole", "untagrole", "updaterole", "updateroledescription"];
    match service {
        "iam" => {
            let of_reserved = role_writes.contains(&name) || reserved_role_writes.contains(&name);
            (policy_writes.contains(&name) && arn_matches("arn:*:iam::aws:policy/*", resource))
                || (of_reserved && arn_matches("arn:*:iam::*:role/aws-reserved/*", resource))
                || (role_writes.contains(&name)
                    && arn_matches("arn:*:iam::*:role/aws-service-role/*", resource))
        }
        "kms" => {
            let writes_aliases = ["createalias", "updatealias", "deletealias"].contains(&name);
            writes_aliases && arn_matches("arn:*:kms:*:*:alias/aws/*", resource)
        }
        _ => false,
    }
}

/// Whether the resource is of the kind described by a pattern of this file, part by part.
fn arn_matches(pattern: &str, resource: &str) -> bool {
    let (pattern, resource) = (pattern.splitn(6, ':'), resource.splitn(6, ':'));
    pattern.clone().count() == resource.clone().count()
        && pattern.zip(resource).all(|(pattern, part)| glob::matches(&glob::pieces(pattern), part))
}

/// The service prefix of an action, in lower case.
fn service_of(action: &str) -> String {
    action.split(':').next().unwrap_or("").to_lowercase()
}

/// A document may stand in an envelope with its name.
fn policy_of(document: &Value) -> &Value {
    document.get("policy").unwrap_or(document)
}

/// One value or a list of them; `null` and absent are the empty list.
fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => vec![],
        Value::Array(members) => members.iter().collect(),
        one => vec![one],
    }
}

fn names(layers: BTreeSet<Layer>) -> BTreeSet<String> {
    layers.into_iter().map(|layer| layer.name().to_string()).collect()
}

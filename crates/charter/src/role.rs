//! The policies of roles: who may take each, what it may do, and what it may never do whatever is added later.
//!
//! A role is made in an account, so that its trust policy can name it. What it may do is held to its models, in the Regions
//! that they really reach, through profiles of its account; a bundle of duties has a boundary besides that leaves out the
//! duties that should not be in the same hand. The fence holds for roles as for everybody else: what is written here gives,
//! and takes nothing from it.
//!
//! Follows aws-facts §1.6, §4.5, §7; Amazon Bedrock User Guide, "Create a service role"; DataZone User Guide,
//! AmazonDataZoneBedrockModelManagementRole and AmazonDataZoneBedrockFMConsumptionRole.

use std::collections::{BTreeMap, BTreeSet};

use iam::policy::Effect;
use reference::DutyKind;

use crate::actions::gathered;
use crate::compile::{Principals, Resources, Statement};
use crate::model::{Area, Guardrail, Model, Models, NOWHERE, Purpose, Role, Stored, Takers, Trust, reach};
pub use crate::pack::{ACCOUNT, characters};
use crate::pack::{text, texts};
use crate::passage::{
    ANY_ACCOUNT, FOUNDATION_MODEL, MANTLE_MODEL, PROJECT_MODEL, TellsModels, door_of_type, type_pattern,
};
use crate::syntax::{JobWord, ScopeWord};

/// Services whose actions a bundle holds where it says nothing else.
pub const BEDROCK: [&str; 2] = ["bedrock", "bedrock-mantle"];

/// The policies of a role in one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDocuments {
    pub trust: String,
    /// What it may do; more than one where one would be too long.
    pub policies: Vec<String>,
    /// What it may do at most.
    pub boundary: Option<String>,
    /// For sessions that are for one of several models: a session policy for each, by the model's name. Some may be longer
    /// than AWS takes, and can then not be used.
    pub sessions: BTreeMap<String, String>,
}

/// The most characters of each policy, and of policies how many; quotas of IAM (aws-facts §4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleRoom {
    pub trust_max: usize,
    pub managed_max: usize,
    pub policies_max: usize,
    pub session_max: usize,
}

impl RoleRoom {
    /// What AWS takes without asking it for more.
    pub fn aws() -> Self {
        let limit = |id: &str| {
            let quota = reference::quota(id).and_then(|quota| usize::try_from(quota.limit).ok());
            quota.unwrap_or_default()
        };
        Self {
            trust_max: limit("trust-policy-characters"),
            managed_max: limit("managed-policy-characters"),
            policies_max: limit("role-managed-policies"),
            session_max: limit("session-policy-characters"),
        }
    }
}

/// A policy, or the list of policies, that is longer than AWS takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLong {
    pub what: &'static str,
    pub has: usize,
    pub at_most: usize,
}

impl RoleDocuments {
    /// What AWS would not take. A session policy also has a packed size, of which only AWS knows.
    pub fn too_long(&self, room: &RoleRoom) -> Vec<TooLong> {
        let long = |what, has: usize, at_most| (has > at_most).then_some(TooLong { what, has, at_most });
        let longest = self.policies.iter().map(|text| characters(text)).max().unwrap_or_default();
        [
            long("characters of its trust policy", characters(&self.trust), room.trust_max),
            long("characters of one policy", longest, room.managed_max),
            long("policies", self.policies.len(), room.policies_max),
            long(
                "characters of its boundary",
                self.boundary.as_ref().map(|text| characters(text)).unwrap_or_default(),
                room.managed_max,
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Model {
    /// A role by its name.
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == name)
    }
}

/// The policies of a role that an area makes in an account. `account` is its id, or [`ACCOUNT`].
pub fn documents(model: &Model, area: &Area, role: &Role, account: &str) -> RoleDocuments {
    let writer = Writer { model, role, called: called(role), account };
    let mut statements = writer.statements(&role.models);
    statements.extend(writer.guardrails(area));
    let room = RoleRoom::aws();
    let sessions = match role.models.len() {
        // A session for the only model is the role.
        0 | 1 => BTreeMap::new(),
        _ if matches!(role.purpose, Purpose::Duties(_)) => {
            // One text for the sessions of every account.
            let anywhere = Writer { model, role, called: called(role), account: ANY_ACCOUNT };
            let session = |(name, models): (&String, &Models)| {
                let only = [(name.clone(), models.clone())].into();
                let mut statements = anywhere.statements(&only);
                statements.extend(anywhere.guardrails(area));
                (name.clone(), text(&statements))
            };
            role.models.iter().map(session).collect()
        }
        _ => BTreeMap::new(),
    };
    RoleDocuments {
        trust: text(&writer.trust()),
        policies: texts(&statements, room.managed_max),
        boundary: writer.boundary().map(|statements| text(&statements)),
        sessions,
    }
}

/// Where it calls, for ARNs.
fn called(role: &Role) -> BTreeSet<String> {
    match role.called.is_empty() {
        true => ["*".to_owned()].into(),
        false => role.called.clone(),
    }
}

struct Writer<'m> {
    model: &'m Model,
    role: &'m Role,
    called: BTreeSet<String>,
    account: &'m str,
}

/// Actions that run a model at the runtime.
///
/// Source: Service Authorization Reference, Amazon Bedrock.
const INVOKE: [&str; 2] = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"];

/// Tags that Unified Studio gives to profiles begin so.
///
/// Source: AWS managed policies SageMakerStudioProjectUserRolePolicy and AmazonDataZoneBedrockModelManagementPolicy.
const STUDIO_TAGS: [&str; 2] = ["AmazonBedrock*", "AmazonDataZone*"];

impl Writer<'_> {
    fn partition(&self) -> &str {
        &self.model.partition
    }

    fn allow<'a>(
        &self,
        actions: impl IntoIterator<Item = &'a str>,
        resources: impl IntoIterator<Item = String>,
    ) -> Statement {
        let actions = actions.into_iter().map(str::to_owned).collect();
        Statement::new(Effect::Allow, actions, resources.into_iter().collect(), &self.role.origin)
    }

    /// What the role may do, for some of its models.
    fn statements(&self, models: &BTreeMap<String, Models>) -> Vec<Statement> {
        let ids: BTreeSet<String> = models.values().flat_map(|each| each.runtime.iter().cloned()).collect();
        match &self.role.purpose {
            Purpose::Consumption => self.consumption(&ids),
            Purpose::Provisioning => self.provisioning(&ids),
            Purpose::Job(job) => {
                let runs = match job {
                    JobWord::Batch => self.runs(&ids, &INVOKE[..1]),
                    JobWord::Import | JobWord::Customization => Vec::new(),
                };
                runs.into_iter().chain(self.stored()).collect()
            }
            Purpose::Duties(duties) => self.duties(duties, models, &ids),
        }
    }

    /// Foundation models in some Regions.
    fn models(&self, regions: &BTreeSet<String>, ids: &BTreeSet<String>) -> Vec<String> {
        let partition = self.partition();
        let arn = |region: &str, id: &str| format!("arn:{partition}:bedrock:{region}::foundation-model/{id}");
        regions.iter().flat_map(|region| ids.iter().map(move |id| arn(region, id))).collect()
    }

    /// Things of the account in the Regions that are called.
    fn things(&self, account: &str, kind: &str) -> Vec<String> {
        let partition = self.partition();
        let arn = |region: &String| format!("arn:{partition}:bedrock:{region}:{account}:{kind}");
        self.called.iter().map(arn).collect()
    }

    /// The profiles of AWS that lead to models, as far as the scope lets them.
    fn system_profiles(&self, ids: &BTreeSet<String>) -> Vec<String> {
        if self.role.scope == ScopeWord::InRegion {
            return Vec::new();
        }
        let partition = self.partition();
        let is_meant = |geography: &&reference::Geography| {
            let starts = |region: &String| geography.at_most().contains(&region.as_str());
            geography.partition == partition
                && match geography.everywhere {
                    true => self.role.scope == ScopeWord::Global,
                    false => self.role.called.iter().any(starts),
                }
        };
        let geographies = reference::geographies().iter().filter(is_meant);
        let kinds = geographies.flat_map(|geography| {
            ids.iter().map(move |id| format!("inference-profile/{}.{id}", geography.prefix))
        });
        kinds.flat_map(|kind| self.things("*", &kind)).collect()
    }

    /// The Regions besides those that are called in which a model may run, with the Region-less one.
    fn elsewhere(&self, ids: &BTreeSet<String>) -> BTreeSet<String> {
        let models = Models { runtime: ids.clone(), mantle: BTreeSet::new() };
        let mut reached = reach::reached(&models, &self.role.called, self.role.scope);
        let is_global = NOWHERE.iter().filter(|each| reached.remove(**each)).count() > 0;
        if is_global {
            reached.insert(String::new());
        }
        &reached - &self.role.called
    }

    /// Models in the called Regions, and behind profiles of those where these lead.
    fn runs(&self, ids: &BTreeSet<String>, actions: &[&str]) -> Vec<Statement> {
        let mut direct = self.models(&self.called, ids);
        direct.extend(self.things("*", "application-inference-profile/*"));
        direct.extend(self.system_profiles(ids));
        let mut statements = vec![self.allow(actions.iter().copied(), direct)];
        let elsewhere = self.elsewhere(ids);
        if !elsewhere.is_empty() {
            let behind = self.things("*", "*");
            statements.push(self.allow(actions.iter().copied(), self.models(&elsewhere, ids)).when(
                "ArnLike",
                "bedrock:InferenceProfileArn",
                behind,
            ));
        }
        statements
    }

    /// The playground of a domain: its profiles that belong to no project, and the models behind profiles of the account.
    fn consumption(&self, ids: &BTreeSet<String>) -> Vec<Statement> {
        let profiles = self.things("*", "application-inference-profile/*");
        let behind = self.things("${aws:PrincipalAccount}", "application-inference-profile/*");
        let mut regions = self.elsewhere(ids);
        regions.extend(self.called.iter().cloned());
        vec![
            own(self.allow(INVOKE, profiles))
                .when("StringEquals", "aws:ResourceTag/AmazonDataZoneDomain", [self.domain()])
                // Holds where the tag is absent.
                .when("Null", "aws:ResourceTag/AmazonDataZoneProject", ["true".to_owned()]),
            self.allow(INVOKE, self.models(&regions, ids)).when(
                "ArnLike",
                "bedrock:InferenceProfileArn",
                behind,
            ),
        ]
    }

    fn domain(&self) -> String {
        self.role.domain.clone().unwrap_or_else(|| "${datazone:domainId}".to_owned())
    }

    /// Profiles for projects, of the models only. Whose a profile is cannot be changed.
    fn provisioning(&self, ids: &BTreeSet<String>) -> Vec<Statement> {
        let profiles = || self.things("*", "application-inference-profile/*");
        let tagged = |statement: Statement| {
            own(statement).when("ForAllValues:StringLike", "aws:TagKeys", STUDIO_TAGS.map(str::to_owned))
        };
        let project = "AmazonDataZoneProject";
        let mut creates = tagged(self.allow(["bedrock:CreateInferenceProfile"], profiles())).when(
            "Null",
            &format!("aws:RequestTag/{project}"),
            ["false".to_owned()],
        );
        let same = |name: &str| format!("${{aws:ResourceTag/{name}}}");
        // Where tags come with a new profile, they count as its own.
        let tags = tagged(self.allow(["bedrock:TagResource"], profiles()))
            .when("StringEquals", &format!("aws:RequestTag/{project}"), [same(project)])
            .when(
                "StringEqualsIfExists",
                "aws:RequestTag/AmazonDataZoneDomain",
                [same("AmazonDataZoneDomain")],
            );
        let mut deletes = own(self.allow(["bedrock:DeleteInferenceProfile"], profiles())).when(
            "Null",
            &format!("aws:ResourceTag/{project}"),
            ["false".to_owned()],
        );
        if let Some(domain) = &self.role.domain {
            let domain = || [domain.clone()];
            creates = creates.when("StringEquals", "aws:RequestTag/AmazonDataZoneDomain", domain());
            deletes = deletes.when("StringEquals", "aws:ResourceTag/AmazonDataZoneDomain", domain());
        }
        let mut regions = self.elsewhere(ids);
        regions.extend(self.called.iter().cloned());
        let mut models = self.models(&regions, ids);
        models.extend(self.system_profiles(ids));
        vec![creates, tags, deletes, self.allow(["bedrock:CreateInferenceProfile"], models)]
    }

    /// What a job reads and writes.
    fn stored(&self) -> Vec<Statement> {
        let partition = self.partition();
        let mut by_account: BTreeMap<&Option<String>, (Vec<&Stored>, Vec<&Stored>)> = BTreeMap::new();
        for stored in &self.role.read {
            by_account.entry(&stored.account).or_default().0.push(stored);
        }
        for stored in &self.role.write {
            by_account.entry(&stored.account).or_default().1.push(stored);
        }
        let bucket = |stored: &&Stored| format!("arn:{partition}:s3:::{}", stored.bucket);
        let objects = |stored: &&Stored| format!("arn:{partition}:s3:::{}/{}", stored.bucket, stored.keys);
        let mut statements = Vec::new();
        for (account, (read, write)) in by_account {
            let owner = || [account.clone().unwrap_or_else(|| "${aws:PrincipalAccount}".to_owned())];
            let of_owner =
                |statement: Statement| statement.when("StringEquals", "aws:ResourceAccount", owner());
            let listed = read.iter().chain(&write).map(bucket);
            statements.push(of_owner(self.allow(["s3:ListBucket"], listed)));
            if !read.is_empty() {
                statements.push(of_owner(self.allow(["s3:GetObject"], read.iter().map(objects))));
            }
            if !write.is_empty() {
                statements.push(of_owner(self.allow(["s3:PutObject"], write.iter().map(objects))));
            }
        }
        statements
    }

    fn duties(
        &self,
        duties: &BTreeSet<DutyKind>,
        models: &BTreeMap<String, Models>,
        ids: &BTreeSet<String>,
    ) -> Vec<Statement> {
        let mut statements = Vec::new();
        let others: BTreeSet<String> = reference::duties()
            .filter(|duty| self.role.services.contains(duty.service))
            .filter(|duty| duty.kind != DutyKind::Invoke && duties.contains(&duty.kind))
            .map(|duty| format!("{}:{}", duty.service, duty.action))
            .collect();
        if !others.is_empty() {
            let gathered = gathered(&others, &|_, _| false);
            let all = self.allow(gathered.iter().map(String::as_str), ["*".to_owned()]);
            statements.push(match self.role.called.is_empty() {
                true => all,
                false => all.when("StringEquals", "aws:RequestedRegion", self.role.called.iter().cloned()),
            });
        }
        if duties.contains(&DutyKind::Invoke) {
            statements.extend(self.invocations(models, ids));
        }
        if !self.role.passes.is_empty() {
            let partition = self.partition();
            let roles = self.role.passes.iter().map(|name| format!("arn:{partition}:iam::*:role/{name}"));
            statements.push(own(self.allow(["iam:PassRole"], roles)).when(
                "StringEquals",
                "iam:PassedToService",
                ["bedrock.amazonaws.com".to_owned()],
            ));
        }
        statements
    }

    /// Models through doors.
    fn invocations(&self, models: &BTreeMap<String, Models>, ids: &BTreeSet<String>) -> Vec<Statement> {
        let mut statements = Vec::new();
        let mut by_model: BTreeSet<String> = BTreeSet::new();
        let mut by_key: BTreeSet<String> = BTreeSet::new();
        let mut on: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for passage in self.role.passages() {
            let action = passage.name();
            let known = reference::action(passage.service, passage.action);
            let takes: Vec<&str> =
                known.into_iter().flat_map(|known| known.resource_types().map(|each| each.name)).collect();
            let named: Vec<&str> = passage.on.iter().map(String::as_str).collect();
            let kinds = if named.is_empty() { takes } else { named };
            match passage.tells_models {
                TellsModels::ByResource => {
                    // What is of another door goes through that door.
                    let own = kinds
                        .into_iter()
                        .filter(|kind| *kind != FOUNDATION_MODEL && door_of_type(kind).is_none())
                        .flat_map(|kind| self.of_type(passage.service, kind));
                    on.entry(action.clone()).or_default().extend(own);
                    by_model.insert(action);
                }
                TellsModels::ByKey(MANTLE_MODEL) => {
                    by_key.insert(action);
                }
                TellsModels::ByKey(_) => {
                    let arns: Vec<String> = [FOUNDATION_MODEL, "inference-profile"]
                        .into_iter()
                        .flat_map(|kind| ids.iter().map(move |id| (kind, id)))
                        .map(|(kind, id)| match kind {
                            FOUNDATION_MODEL => {
                                format!("arn:{}:bedrock:*::foundation-model/{id}", self.partition())
                            }
                            _ => format!("arn:{}:bedrock:*:*:inference-profile/*.{id}", self.partition()),
                        })
                        .collect();
                    let projects = kinds.into_iter().flat_map(|kind| self.of_type(passage.service, kind));
                    let statement = self.allow([action.as_str()], projects);
                    statements.push(statement.when("ArnLike", PROJECT_MODEL, arns));
                }
                TellsModels::Not => {
                    let things = kinds.into_iter().flat_map(|kind| self.of_type(passage.service, kind));
                    let things: BTreeSet<String> = things.collect();
                    match things.is_empty() {
                        true => {
                            let statement = self.allow([action.as_str()], ["*".to_owned()]);
                            let regions = self.role.called.iter().cloned();
                            statements.push(statement.when("StringEquals", "aws:RequestedRegion", regions));
                        }
                        false => on.entry(action).or_default().extend(things),
                    }
                }
            }
        }
        if !by_model.is_empty() {
            let actions: Vec<&str> = by_model.iter().map(String::as_str).collect();
            statements.extend(self.runs(ids, &actions));
        }
        if !by_key.is_empty() {
            let mantle = models.values().flat_map(|each| each.mantle.iter().cloned());
            let projects = self.of_type("bedrock-mantle", "project");
            let statement = self.allow(by_key.iter().map(String::as_str), projects);
            statements.push(statement.when("StringLike", MANTLE_MODEL, mantle));
        }
        // Actions on the same things, in one statement.
        let mut by_things: BTreeMap<BTreeSet<String>, BTreeSet<String>> = BTreeMap::new();
        for (action, things) in on.into_iter().filter(|(_, things)| !things.is_empty()) {
            by_things.entry(things).or_default().insert(action);
        }
        for (things, actions) in by_things {
            statements.push(self.allow(actions.iter().map(String::as_str), things));
        }
        statements
    }

    /// Things of a type in the Regions that are called.
    fn of_type(&self, service: &str, kind: &str) -> Vec<String> {
        let Some(pattern) = type_pattern(service, kind, self.partition()) else { return Vec::new() };
        let Some(parts) = iam::arn::split(&pattern) else { return Vec::new() };
        match parts[3] {
            "*" => {
                let [arn, partition, service, _, account, rest] = parts;
                let account = if account == ANY_ACCOUNT { self.account } else { account };
                let within = |region: &String| [arn, partition, service, region, account, rest].join(":");
                self.called.iter().map(within).collect()
            }
            _ => vec![pattern],
        }
    }

    /// Whoever runs models under a guardrail has to be let apply it.
    fn guardrails(&self, area: &Area) -> Option<Statement> {
        if !self.role.runs_models() {
            return None;
        }
        let chain =
            std::iter::successors(Some(area), |area| area.above.map(|above| &self.model.areas[above]));
        let enforced: Vec<&Guardrail> = chain.filter_map(|area| area.guardrail.as_ref()).collect();
        let called = |region: &str| self.role.called.is_empty() || self.role.called.contains(region);
        let versions = enforced.iter().flat_map(|each| &each.versions).filter(|(region, _)| called(region));
        let mut arns: BTreeSet<String> =
            versions.filter_map(|(_, version)| Some(version.rsplit_once(':')?.0.to_owned())).collect();
        let defined =
            self.model.guardrails.iter().filter(|each| enforced.iter().any(|of| of.name == each.name));
        arns.extend(defined.flat_map(|each| each.profiles(self.partition(), &self.model.management_account)));
        (!arns.is_empty()).then(|| self.allow(["bedrock:ApplyGuardrail"], arns))
    }

    /// Everything but the duties that should not be in one hand with those of the bundle.
    fn boundary(&self) -> Option<Vec<Statement>> {
        let Purpose::Duties(duties) = &self.role.purpose else { return None };
        let apart = kept_apart(duties);
        let denied: BTreeSet<String> = reference::duties()
            .filter(|duty| apart.contains(&duty.kind))
            .map(|duty| format!("{}:{}", duty.service, duty.action))
            .collect();
        let statements = |denied: BTreeSet<String>| {
            let everything = || ["*".to_owned()].into();
            let denies = Statement::new(Effect::Deny, denied, everything(), &self.role.origin);
            let some = (!denies.actions.is_empty()).then_some(denies);
            std::iter::once(self.allow(["*"], everything())).chain(some).collect::<Vec<Statement>>()
        };
        let exact = statements(gathered(&denied, &|_, _| false));
        if characters(&text(&exact)) <= RoleRoom::aws().managed_max {
            return Some(exact);
        }
        // There is one boundary, which cannot be divided: what is classified and no duty of the bundle may be left out too.
        let others = |service: &str, name: &str| {
            reference::duty(service, name).is_some_and(|duty| !duties.contains(&duty.kind))
        };
        Some(statements(gathered(&denied, &others)))
    }

    fn trust(&self) -> Vec<Statement> {
        let account = self.account;
        let partition = self.partition();
        let service = |name: &str, actions: &[&str]| self.trusts(actions, "Service", [name.to_owned()]);
        let of_account =
            |statement: Statement| statement.when("StringEquals", "aws:SourceAccount", [account.to_owned()]);
        let job = |kind: &str| {
            let arns = self
                .called
                .iter()
                .map(|region| format!("arn:{partition}:bedrock:{region}:{account}:{kind}/*"));
            of_account(service("bedrock.amazonaws.com", &["sts:AssumeRole"])).when(
                "ArnLike",
                "aws:SourceArn",
                arns,
            )
        };
        match (&self.role.purpose, &self.role.trust) {
            (Purpose::Consumption | Purpose::Provisioning, _) => {
                vec![of_account(service("datazone.amazonaws.com", &["sts:AssumeRole", "sts:SetContext"]))]
            }
            (Purpose::Job(JobWord::Import), _) => vec![job("model-import-job")],
            (Purpose::Job(JobWord::Customization), _) => vec![job("model-customization-job")],
            (Purpose::Job(JobWord::Batch), _) => vec![job("model-invocation-job")],
            (Purpose::Duties(_), Some(trust)) => self.takers(trust),
            (Purpose::Duties(_), None) => Vec::new(),
        }
    }

    fn trusts(
        &self,
        actions: &[&str],
        kind: &'static str,
        names: impl IntoIterator<Item = String>,
    ) -> Statement {
        Statement {
            principals: Some(Principals::These(kind, names.into_iter().collect())),
            resources: Resources::Own,
            ..self.allow(actions.iter().copied(), [])
        }
    }

    /// Sessions of people and workloads. What a session says of itself is demanded where the session is made, and whoever
    /// says it needs an action of its own.
    fn takers(&self, trust: &Trust) -> Vec<Statement> {
        let account = self.account;
        let partition = self.partition();
        let (kind, names, assume) = match &trust.from {
            Takers::Saml(name) => {
                let provider = format!("arn:{partition}:iam::{account}:saml-provider/{name}");
                ("Federated", vec![provider], "sts:AssumeRoleWithSAML")
            }
            Takers::Oidc { host, .. } => {
                let provider = format!("arn:{partition}:iam::{account}:oidc-provider/{host}");
                ("Federated", vec![provider], "sts:AssumeRoleWithWebIdentity")
            }
            Takers::Accounts { accounts, .. } => {
                let root = |account: &String| format!("arn:{partition}:iam::{account}:root");
                ("AWS", accounts.iter().map(root).collect(), "sts:AssumeRole")
            }
            Takers::Service(service) => ("Service", vec![service.clone()], "sts:AssumeRole"),
        };
        let by = |actions: &[&str]| {
            let statement = self.trusts(actions, kind, names.clone());
            match &trust.from {
                Takers::Accounts { callers, .. } if !callers.is_empty() => {
                    statement.when("ArnLike", "aws:PrincipalArn", callers.iter().cloned())
                }
                _ => statement,
            }
        };
        let mut assumes = by(&[assume]);
        match &trust.from {
            Takers::Saml(_) => {
                // Source: IAM User Guide, "Enabling SAML 2.0 federated principals to access the AWS Management Console".
                let sign_in = match partition {
                    "aws-us-gov" => "https://signin.amazonaws-us-gov.com/saml",
                    "aws-cn" => "https://signin.amazonaws.cn/saml",
                    _ => "https://signin.aws.amazon.com/saml",
                };
                assumes = assumes.when("StringEquals", "SAML:aud", [sign_in.to_owned()]);
            }
            Takers::Oidc { host, audience, subjects } => {
                assumes = assumes.when("StringEquals", &format!("{host}:aud"), [audience.clone()]).when(
                    "StringLike",
                    &format!("{host}:sub"),
                    subjects.iter().cloned(),
                );
            }
            Takers::Accounts { .. } | Takers::Service(_) => {}
        }
        let mut statements = Vec::new();
        if !trust.source_identity.is_empty() {
            let identity = || trust.source_identity.iter().cloned();
            assumes = assumes.when("StringLike", "sts:SourceIdentity", identity());
            statements.push(by(&["sts:SetSourceIdentity"]).when(
                "StringLike",
                "sts:SourceIdentity",
                identity(),
            ));
        }
        if !trust.tags.is_empty() {
            let tagged = |mut statement: Statement| {
                for (name, values) in &trust.tags {
                    let key = format!("aws:RequestTag/{name}");
                    statement = statement.when("StringLike", &key, values.iter().cloned());
                }
                statement.when("ForAllValues:StringEquals", "aws:TagKeys", trust.tags.keys().cloned())
            };
            assumes = tagged(assumes);
            statements.push(tagged(by(&["sts:TagSession"])));
        }
        statements.insert(0, assumes);
        statements
    }
}

/// The same, for things of the caller's account.
fn own(statement: Statement) -> Statement {
    statement.when("StringEquals", "aws:ResourceAccount", ["${aws:PrincipalAccount}".to_owned()])
}

/// Duties that should not be in one hand with some.
pub fn kept_apart(duties: &BTreeSet<DutyKind>) -> BTreeSet<DutyKind> {
    let conflicts = reference::conflicts().iter();
    conflicts.flat_map(|conflict| duties.iter().filter_map(|duty| conflict.other(*duty))).collect()
}

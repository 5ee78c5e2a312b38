//! The rows of the operation table, filled in for one call under one choice of readings.
//!
//! Every row becomes a request with the keys that AWS always supplies: `aws:RequestedRegion`, `aws:ViaAWSService`,
//! `aws:SecureTransport`, who owns an account's resource, the organisation where it is known. A key of a service that
//! the Service Authorization Reference does not list for the action is left out, also when the caller gave it
//! (aws-facts §1.1, §4.4). Keys whose values nobody knows beforehand (time, user agent) are the caller's to give.

use std::collections::HashMap;
use std::sync::OnceLock;

use reference::{
    AddOnKind, BehindWhat, By, GuardrailDestinations, KeyRow, KeyValue, RunOf, StepRegion, StepRow,
    TargetKind, Under,
};

use crate::action::Action;
use crate::arn::Arn;
use crate::context::{Context, Key};
use crate::operation::assumption::{OperationAssumption, OperationLedger, OperationReadings};
use crate::operation::target::Target;
use crate::operation::{Gap, Guardrail, Operation, Step, Way, Why};
use crate::request::{Request, RequestParts};

/// Stands for the id of something the call creates: a policy cannot know it beforehand.
const NEW_ID: &str = "new000000000";
/// Stands for an account of AWS that no policy of a customer names.
const ACCOUNT_OF_AWS: &str = "000000000000";
/// Stands for an organisation of AWS that no policy of a customer names.
const ORGANIZATION_OF_AWS: &str = "o-0000000000";
/// Days of the longest age a credential may have (IAM API, CreateServiceSpecificCredential).
const CREDENTIAL_AGE_DAYS_MAX: u32 = 36_600;
/// A run has a service tier even where the API's row does not name the key.
const TIER: &str = "bedrock:ServiceTier";
/// Keys of the network a call came from; a service that goes on in its name comes from another.
const NETWORK_KEYS: [&str; 4] = ["aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"];

/// One fan-out under way.
pub(super) struct FanOut<'a> {
    operation: &'a Operation,
    target: &'a Target,
    behind: Option<&'a [Target]>,
    ledger: OperationLedger,
    steps: Vec<Step>,
    gaps: Vec<Gap>,
}

/// Through what a model is reached.
#[derive(Clone, Copy, Default)]
struct Via<'a> {
    profile: Option<&'a str>,
    router: Option<&'a str>,
}

/// One row about to be filled in.
#[derive(Clone, Copy)]
struct Filling<'a> {
    row: &'a StepRow,
    why: &'a Why,
    by: By,
    action: &'a str,
    target: &'a Target,
    via: Via<'a>,
    /// Keys besides those of the row.
    keys: &'a [String],
    guardrail: Option<&'a Guardrail>,
    tool: &'a str,
}

impl<'a> FanOut<'a> {
    /// The steps of the call under these readings, and the points they leaned on.
    pub(super) fn of(
        operation: &'a Operation,
        target: &'a Target,
        behind: Option<&'a [Target]>,
        readings: OperationReadings,
    ) -> (Way, Vec<OperationAssumption>) {
        let ledger = OperationLedger::new(readings);
        let mut fan_out = Self { operation, target, behind, ledger, steps: Vec::new(), gaps: Vec::new() };
        fan_out.call();
        let Self { ledger, steps, mut gaps, .. } = fan_out;
        gaps.sort_unstable();
        gaps.dedup();
        (Way { readings, steps, gaps }, ledger.into_touched())
    }

    fn call(&mut self) {
        let operation = self.operation;
        let api = operation.api;
        if operation.options.bearer_token.is_some() {
            self.add_on(AddOnKind::BearerToken, By::Caller, None, "");
        }
        let why = Why { title: format!("{} at {}", api.name, api.endpoint), source: &api.source };
        for row in &api.steps {
            if row.targets.is_empty() || row.targets.contains(&self.target.kind) {
                self.step(Filling::of(row, &why, row.by, &api.action, self.target));
            }
        }
        for run in &api.runs {
            if !self.holds(run.under.as_ref()) {
                continue;
            }
            let action = run.action.as_deref().unwrap_or(&api.action);
            match run.of {
                RunOf::Target => {
                    self.run(self.target, action, run.by, Via::default(), BehindWhat::Everything)
                }
                RunOf::Behind => {
                    self.run_behind(self.target, action, run.by, Via::default(), BehindWhat::Everything)
                }
                RunOf::BehindItself => self.name_behind(action, &why),
            }
        }
        if api.add_ons.contains(&AddOnKind::PassRole) {
            match &operation.options.service_role {
                Some(_) => self.add_on(AddOnKind::PassRole, By::Caller, None, ""),
                None => self.gaps.push(Gap::ServiceRole),
            }
        }
        if api.add_ons.contains(&AddOnKind::Guardrail) {
            self.guardrails(By::Caller, |_| true);
        }
        for tool in &operation.options.system_tools {
            self.add_on(AddOnKind::SystemTool, By::Caller, None, tool);
        }
        for tool in &operation.options.web_tools {
            self.add_on(*tool, By::Forwarded, None, "");
        }
    }

    /// Everything that running `target` takes.
    fn run(&mut self, target: &Target, action: &str, by: By, via: Via<'_>, what: BehindWhat) {
        if by == By::ServiceRole {
            if self.operation.options.service_role.is_none() {
                self.gaps.push(Gap::ServiceRole);
                return;
            }
            let enforced = self.operation.options.guardrails.iter().any(|each| each.enforced);
            if enforced && self.is(OperationAssumption::EnforcedGuardrailOnServiceRoles, "bound") {
                self.guardrails(By::ServiceRole, |guardrail| guardrail.enforced);
            }
        }
        let row = reference::target(target.kind);
        let why = Why { title: row.title.clone(), source: &row.source };
        let mut keys = if by == By::Caller { self.operation.api.keys.clone() } else { Vec::new() };
        if !keys.iter().any(|key| key == TIER) {
            keys.push(TIER.to_owned());
        }
        let via = Via { profile: target.is_profile().then_some(target.arn.as_str()).or(via.profile), ..via };
        for step in &row.steps {
            let is_model = step.resource.as_deref() == Some("foundation-model");
            if what == BehindWhat::Models && !is_model {
                continue;
            }
            let by = if by == By::Caller { step.by } else { by };
            self.step(Filling { via, keys: &keys, ..Filling::of(step, &why, by, action, target) });
        }
        for behind in &row.behind {
            if self.holds(behind.under.as_ref()) {
                let router = is_router(target.kind).then_some(target.arn.as_str());
                self.run_behind(target, action, by, Via { router, ..via }, behind.what);
            }
        }
    }

    fn run_behind(&mut self, target: &Target, action: &str, by: By, via: Via<'_>, what: BehindWhat) {
        match self.behind {
            Some(behind) => behind.iter().for_each(|each| self.run(each, action, by, via, what)),
            None => self.gaps.push(Gap::Behind { target: name(target, self.operation) }),
        }
    }

    /// The ARNs of what stands behind, without running it.
    fn name_behind(&mut self, action: &str, why: &Why) {
        let Some(behind) = self.behind else {
            return self.gaps.push(Gap::Behind { target: name(self.target, self.operation) });
        };
        for each in behind {
            let rows = &reference::target(each.kind).steps;
            if let Some(row) =
                rows.iter().find(|row| row.action.is_none() && row.region == StepRegion::Source)
            {
                self.step(Filling::of(row, why, By::Caller, action, each));
            }
        }
    }

    fn guardrails(&mut self, by: By, applies: impl Fn(&Guardrail) -> bool) {
        let operation = self.operation;
        for guardrail in operation.options.guardrails.iter().filter(|each| applies(each)) {
            self.add_on(AddOnKind::Guardrail, by, Some(guardrail), "");
            if guardrail.profile.is_some() {
                self.add_on(AddOnKind::GuardrailProfile, by, Some(guardrail), "");
            }
        }
    }

    fn add_on(&mut self, kind: AddOnKind, by: By, guardrail: Option<&Guardrail>, tool: &str) {
        let row = reference::add_on(kind);
        let why = Why { title: row.title.clone(), source: &row.source };
        for step in &row.steps {
            let action = step.action.as_deref().unwrap_or(&self.operation.api.action);
            if kind == AddOnKind::BearerToken && prefix(action) != prefix(&self.operation.api.action) {
                continue;
            }
            self.step(Filling { guardrail, tool, ..Filling::of(step, &why, by, action, self.target) });
        }
    }

    /// One row, once for each Region it is authorised in.
    fn step(&mut self, filling: Filling<'_>) {
        let row = filling.row;
        if !self.holds(row.under.as_ref()) {
            return;
        }
        if needs_model(row) && filling.target.model.is_none() {
            return self.gaps.push(Gap::Behind { target: filling.target.arn.clone() });
        }
        if self.lacks_workspace(row) {
            return self.gaps.push(Gap::Workspace);
        }
        let source = self.operation.place.region.clone();
        match row.region {
            StepRegion::Source => self.push(filling, &source, &source),
            StepRegion::Destination => {
                for region in self.destinations(filling.target) {
                    self.push(filling, &region, &region);
                }
            }
            StepRegion::Unspecified => {
                if filling.target.reach.as_ref().is_some_and(|reach| reach.everywhere) {
                    let requested = self.ledger.reading(OperationAssumption::GlobalRequestedRegion);
                    self.push(filling, "", requested);
                }
            }
            StepRegion::GlobalService => self.push(filling, &source, "us-east-1"),
            StepRegion::PassRole => {
                let requested =
                    self.reading_of_region(OperationAssumption::PassRoleRegion, "source", "us-east-1");
                self.push(filling, &source, &requested);
            }
            StepRegion::GuardrailDestination => {
                let Some(guardrail) = filling.guardrail else { return };
                for region in self.guardrail_destinations(guardrail) {
                    let assumption = OperationAssumption::GuardrailProfileRegion;
                    let requested = self.reading_of_region(assumption, "source", &region);
                    self.push(filling, &region, &requested);
                }
            }
        }
    }

    /// A project has a default, a workspace of Claude Platform has none.
    fn lacks_workspace(&self, row: &StepRow) -> bool {
        row.resource.as_deref() == Some("workspace") && self.operation.options.project.is_none()
    }

    /// The source under the reading of that name, else `other`; nothing to read when they are the same.
    fn reading_of_region(&mut self, assumption: OperationAssumption, source: &str, other: &str) -> String {
        let here = self.operation.place.region.as_str();
        if here == other || self.is(assumption, source) { here.to_owned() } else { other.to_owned() }
    }

    fn destinations(&mut self, target: &Target) -> Vec<String> {
        let Some(reach) = &target.reach else { return Vec::new() };
        if reach.at_most && self.is(OperationAssumption::ProfileDestinations, "fewest") {
            return Vec::new();
        }
        reach.destinations.clone()
    }

    fn guardrail_destinations(&mut self, guardrail: &Guardrail) -> Vec<String> {
        if let Some(given) = &guardrail.destinations {
            return given.clone();
        }
        let source = self.operation.place.region.clone();
        let profile = guardrail.profile.as_deref().unwrap_or_default();
        let geography = profile.split('.').next().unwrap_or_default();
        let at_most = match reference::guardrail_destinations(geography, &source) {
            GuardrailDestinations::Known(regions) => return regions.to_vec(),
            GuardrailDestinations::AtMost(regions) => regions.to_vec(),
            GuardrailDestinations::Unlisted => {
                let known = reference::geography(geography).map(|known| known.at_most()).unwrap_or_default();
                let mut regions: Vec<String> = known.into_iter().map(str::to_owned).collect();
                regions.push(source.clone());
                regions.sort_unstable();
                regions.dedup();
                regions
            }
        };
        if self.is(OperationAssumption::GuardrailDestinations, "fewest") { vec![source] } else { at_most }
    }

    /// Adds one authorisation, unless it is there already. `region` stands in the ARN, `requested` in the key.
    fn push(&mut self, filling: Filling<'_>, region: &str, requested: &str) {
        let row = filling.row;
        let streaming = self.operation.api.streaming;
        let own_action = row.action_streaming.as_deref().filter(|_| streaming).or(row.action.as_deref());
        let action = own_action.unwrap_or(filling.action);
        let Ok(action) = Action::parse(action) else { return };
        let resource = match &row.arn {
            Some(template) => self.fill(template, &filling, region),
            None => "*".to_owned(),
        };
        let operation = self.operation;
        let (principal, extra) = match (filling.by, &operation.options.service_role) {
            (By::ServiceRole, Some(role)) => (role.principal.clone(), &role.context),
            (By::ServiceRole, None) => return self.gaps.push(Gap::ServiceRole),
            (By::Caller | By::Forwarded, _) => (operation.caller.clone(), &operation.context),
        };
        let carried = Carried::by(&action);
        let mut context = given(extra, &action, filling.by);
        self.row_keys(&filling, own_action.is_some(), carried, &mut context);
        self.call_keys(&filling, &resource, requested, &mut context);
        self.tag_keys(&filling, &resource, &action, carried, &mut context);
        absent_keys(carried, filling.by, &mut context);
        let request = Request::new(RequestParts {
            principal,
            action,
            resource,
            resource_account: None,
            context,
            completeness: operation.completeness,
        });
        let step = Step {
            by: filling.by,
            request,
            region: requested.to_owned(),
            why: filling.why.clone(),
            optional: row.optional,
        };
        let same = |other: &Step| other.by == step.by && other.request == step.request;
        if !self.steps.iter().any(same) {
            self.steps.push(step);
        }
    }

    /// The keys of the row and of the API, as far as the action carries them and they have a value.
    fn row_keys(
        &mut self,
        filling: &Filling<'_>,
        has_own_action: bool,
        carried: &Carried,
        context: &mut Context,
    ) {
        let on_wrapper =
            wraps_models(filling.target.kind) && filling.row.resource.as_deref() != Some("foundation-model");
        let of_request = if has_own_action { &[] } else { filling.keys };
        for row in &carried.keys {
            let is_of_row = filling.row.keys.contains(&row.name);
            if !is_of_row && !of_request.contains(&row.name) {
                continue;
            }
            let Some(value) = self.value(row, filling) else { continue };
            if !is_of_row && on_wrapper && self.is(OperationAssumption::RequestKeysOffModels, "models-only") {
                continue;
            }
            context.derive(&row.name, &value);
        }
    }

    /// The keys that AWS supplies with every request, and those of the owner.
    fn call_keys(&mut self, filling: &Filling<'_>, resource: &str, requested: &str, context: &mut Context) {
        context.derive("aws:RequestedRegion", requested);
        context.derive("aws:SecureTransport", "true");
        context.derive("aws:ViaAWSService", if filling.by == By::Forwarded { "true" } else { "false" });
        if let Some(organization) = &self.operation.facts.organization {
            context.derive("aws:PrincipalOrgID", &organization.id);
            derive_all(context, "aws:PrincipalOrgPaths", &organization.paths);
        }
        self.owner_keys(resource, context);
    }

    /// Tags that the request sets and that the resource has.
    fn tag_keys(
        &self,
        filling: &Filling<'_>,
        resource: &str,
        action: &Action,
        carried: &Carried,
        context: &mut Context,
    ) {
        if carried.request_tags {
            let tags = &self.operation.options.request_tags;
            for (name, value) in tags {
                context.derive(&format!("aws:RequestTag/{name}"), value);
            }
            let names: Vec<String> = tags.iter().map(|(name, _)| name.clone()).collect();
            derive_all(context, "aws:TagKeys", &names);
        }
        let Some((_, tags)) = self.operation.facts.resource_tags.iter().find(|(arn, _)| arn == resource)
        else {
            return;
        };
        let takes_tags = filling.row.resource.as_deref().is_some_and(|kind| {
            reference::resource_type(action.service(), kind).is_some_and(|known| {
                known.condition_keys.iter().any(|key| key.starts_with("aws:ResourceTag/"))
            })
        });
        for (name, value) in tags.iter().filter(|_| takes_tags) {
            context.derive(&format!("aws:ResourceTag/{name}"), value);
        }
    }

    /// Who owns the resource: its account, or for a foundation model what the readings say.
    fn owner_keys(&mut self, resource: &str, context: &mut Context) {
        let Ok(arn) = Arn::parse(resource) else { return };
        let organization = self.operation.facts.organization.as_ref();
        if arn.service == "bedrock" && arn.resource.starts_with("foundation-model/") {
            let account = self.operation.place.account.as_str().to_owned();
            match self.ledger.reading(OperationAssumption::ResourceAccountOnModels) {
                "caller" => context.derive("aws:ResourceAccount", &account),
                "aws" => context.derive("aws:ResourceAccount", ACCOUNT_OF_AWS),
                _absent => derive_all(context, "aws:ResourceAccount", &[]),
            }
            let Some(organization) = organization else { return };
            match self.ledger.reading(OperationAssumption::ResourceOrganizationOnModels) {
                "caller" => {
                    context.derive("aws:ResourceOrgID", &organization.id);
                    derive_all(context, "aws:ResourceOrgPaths", &organization.paths);
                }
                "aws" => context.derive("aws:ResourceOrgID", ORGANIZATION_OF_AWS),
                _absent => {
                    derive_all(context, "aws:ResourceOrgID", &[]);
                    derive_all(context, "aws:ResourceOrgPaths", &[]);
                }
            }
            return;
        }
        let Some(owner) = arn.account_id() else { return };
        context.derive("aws:ResourceAccount", owner.as_str());
        let organization = match owner == self.operation.place.account {
            true => organization,
            false => {
                let mut owners = self.operation.facts.owners.iter();
                owners.find(|(account, _)| *account == owner).map(|(_, organization)| organization)
            }
        };
        if let Some(organization) = organization {
            context.derive("aws:ResourceOrgID", &organization.id);
            derive_all(context, "aws:ResourceOrgPaths", &organization.paths);
        }
    }

    /// The value of a key that the table names; none leaves it absent.
    fn value(&mut self, row: &KeyRow, filling: &Filling<'_>) -> Option<String> {
        let options = &self.operation.options;
        match row.value {
            KeyValue::BearerTokenType => options.bearer_token.map(|token| token.as_str().to_owned()),
            KeyValue::CalledVia | KeyValue::CredentialService => Some("bedrock.amazonaws.com".to_owned()),
            KeyValue::CredentialAge => match options.credential_age_days {
                Some(days) => Some(days.to_string()),
                None => self
                    .is(OperationAssumption::CredentialAgeOmitted, "largest")
                    .then(|| CREDENTIAL_AGE_DAYS_MAX.to_string()),
            },
            KeyValue::Guardrail => {
                let requested = options.guardrails.iter().find(|each| !each.enforced)?;
                let arn = self.guardrail_arn(requested);
                Some(match requested.version.as_deref() {
                    None | Some("DRAFT") => arn,
                    Some(version) => format!("{arn}:{version}"),
                })
            }
            KeyValue::ModelArn => {
                let through_profile = filling.target.is_profile();
                if through_profile && self.is(OperationAssumption::ModelArnThroughProfile, "target") {
                    return Some(filling.target.arn.clone());
                }
                let template = "arn:${Partition}:bedrock:${SourceRegion}::foundation-model/${Model}";
                filling.target.model.as_ref().map(|_| self.fill(template, filling, ""))
            }
            KeyValue::ModelId => filling.target.model.clone(),
            KeyValue::PassedToService => self.operation.api.passes_role_to.clone(),
            KeyValue::ProfileArn => filling.via.profile.map(str::to_owned),
            KeyValue::ProjectArn => {
                let service = prefix(&row.name);
                let template = format!(
                    "arn:${{Partition}}:{service}:${{SourceRegion}}:${{Account}}:project/${{Project}}"
                );
                Some(self.fill(&template, filling, ""))
            }
            KeyValue::RouterArn => filling.via.router.map(str::to_owned),
            KeyValue::ServiceTier => {
                let given = options.service_tier.clone().filter(|_| filling.by != By::ServiceRole);
                given.or_else(|| {
                    self.is(OperationAssumption::ServiceTierOmitted, "default").then(|| "default".to_owned())
                })
            }
            KeyValue::Target => Some(filling.target.arn.clone()),
        }
    }

    fn guardrail_arn(&self, guardrail: &Guardrail) -> String {
        let place = &self.operation.place;
        if guardrail.identifier.starts_with("arn:") {
            return guardrail.identifier.clone();
        }
        format!(
            "arn:{}:bedrock:{}:{}:guardrail/{}",
            place.partition, place.region, place.account, guardrail.identifier
        )
    }

    fn fill(&self, template: &str, filling: &Filling<'_>, region: &str) -> String {
        let place = &self.operation.place;
        let options = &self.operation.options;
        let guardrail = filling.guardrail.map(|each| self.guardrail_arn(each)).unwrap_or_default();
        let owner = guardrail.split(':').nth(4).unwrap_or_default();
        let guardrail_profile =
            filling.guardrail.and_then(|each| each.profile.as_deref()).unwrap_or_default();
        let role =
            options.service_role.as_ref().and_then(|role| role.principal.role_arn()).unwrap_or_default();
        let values = [
            ("Account", place.account.as_str()),
            ("Guardrail", &guardrail),
            ("GuardrailOwner", owner),
            ("GuardrailProfile", guardrail_profile.rsplit('/').next().unwrap_or_default()),
            ("Model", filling.target.model.as_deref().unwrap_or_default()),
            ("New", NEW_ID),
            ("Partition", &place.partition),
            ("Profile", filling.target.profile.as_deref().unwrap_or_default()),
            ("Project", options.project.as_deref().unwrap_or("default")),
            ("Region", region),
            ("ServiceRole", &role),
            ("SourceRegion", &place.region),
            ("Target", &filling.target.arn),
            ("Tool", filling.tool),
        ];
        let mut text = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("${") {
            let (placeholder, tail) = after.split_once('}').unwrap_or((after, ""));
            let value = values.iter().find(|(name, _)| *name == placeholder).map_or("", |(_, value)| *value);
            text.push_str(before);
            text.push_str(value);
            rest = tail;
        }
        text + rest
    }

    fn holds(&mut self, under: Option<&Under>) -> bool {
        let Some(under) = under else { return true };
        let Some(assumption) = OperationAssumption::from_id(&under.assumption) else { return false };
        let reading = self.ledger.reading(assumption);
        under.readings.iter().any(|name| name == reading)
    }

    fn is(&mut self, assumption: OperationAssumption, reading: &str) -> bool {
        debug_assert!(assumption.reading(reading).is_some(), "{assumption} has the reading {reading}");
        self.ledger.reading(assumption) == reading
    }
}

impl<'a> Filling<'a> {
    fn of(row: &'a StepRow, why: &'a Why, by: By, action: &'a str, target: &'a Target) -> Self {
        Self { row, why, by, action, target, via: Via::default(), keys: &[], guardrail: None, tool: "" }
    }
}

/// Which keys of the table an action carries.
#[derive(Debug)]
struct Carried {
    keys: Vec<&'static KeyRow>,
    /// Whether it carries tags of the request.
    request_tags: bool,
}

impl Carried {
    /// Looked up once for every action: the fan-out asks for each step under each reading.
    fn by(action: &Action) -> &'static Self {
        static NOTHING: Carried = Carried { keys: Vec::new(), request_tags: false };
        static ALL: OnceLock<HashMap<String, Carried>> = OnceLock::new();
        let all = ALL.get_or_init(|| {
            let actions = actions_of_the_table();
            actions.into_iter().map(|action| (action.as_str().to_owned(), Self::look_up(&action))).collect()
        });
        all.get(action.as_str()).unwrap_or(&NOTHING)
    }

    fn look_up(action: &Action) -> Self {
        let keys = reference::key_rows().iter();
        Self {
            keys: keys.filter(|row| concerns(action, &row.name) && carries(action, &row.name)).collect(),
            request_tags: carries(action, "aws:TagKeys"),
        }
    }
}

/// Whether the key is global or one of the action's own service.
fn concerns(action: &Action, key: &str) -> bool {
    prefix(key) == action.service() || prefix(key) == "aws"
}

/// Every action that some row names.
fn actions_of_the_table() -> Vec<Action> {
    let apis = reference::apis();
    let of_apis = apis.iter().map(|api| &api.action);
    let of_runs = apis.iter().flat_map(|api| &api.runs).filter_map(|run| run.action.as_ref());
    let of_targets = reference::targets().iter().flat_map(|row| &row.steps);
    let of_add_ons = reference::add_ons().iter().flat_map(|row| &row.steps);
    let steps = apis.iter().flat_map(|api| &api.steps).chain(of_targets).chain(of_add_ons);
    let of_steps = steps.flat_map(|row| [&row.action, &row.action_streaming]).flatten();
    of_apis.chain(of_runs).chain(of_steps).filter_map(|text| Action::parse(text).ok()).collect()
}

/// Says of the keys the table sets, and that have no value here, that they are absent: a partial request would leave
/// them open.
fn absent_keys(carried: &Carried, by: By, context: &mut Context) {
    for row in &carried.keys {
        // Through which services a forwarded call came is known only where a row says so.
        if row.value != KeyValue::CalledVia || by == By::Caller {
            derive_all(context, &row.name, &[]);
        }
    }
}

/// The caller's keys that a request for this action can carry.
fn given(extra: &Context, action: &Action, by: By) -> Context {
    let mut context = Context::new();
    for (name, values) in extra.iter() {
        let is_network = by == By::Forwarded && NETWORK_KEYS.contains(&Key::new(name).as_str());
        if !is_network && carries(action, name) {
            context.replace(name, values.to_vec());
        }
    }
    context
}

/// Whether a request for the action carries the key; an action that is not listed may carry any.
fn carries(action: &Action, key: &str) -> bool {
    let is_global =
        prefix(key).eq_ignore_ascii_case("aws") && !Key::new(key).as_str().starts_with("aws:requesttag/");
    let (service, name) = (action.service(), action.name());
    let is_tag = Key::new(key).as_str() == "aws:tagkeys";
    is_global && !is_tag || reference::action(service, name).is_none_or(|known| known.lists_key(key))
}

/// Sets a key to these values unless something is said of it already; no values say that it is absent.
fn derive_all(context: &mut Context, name: &str, values: &[String]) {
    if context.get(&Key::new(name)).is_none() {
        context.replace(name, values.to_vec());
    }
}

/// Whether a row names a model that the target may not have.
fn needs_model(row: &StepRow) -> bool {
    row.arn.as_deref().is_some_and(|arn| arn.contains("${Model}"))
}

/// Whether foundation models stand behind this kind that carry the keys of the request themselves.
fn wraps_models(kind: TargetKind) -> bool {
    matches!(
        kind,
        TargetKind::GeographicProfile
            | TargetKind::GlobalProfile
            | TargetKind::ApplicationProfile
            | TargetKind::PromptRouter
            | TargetKind::DefaultPromptRouter
    )
}

fn is_router(kind: TargetKind) -> bool {
    matches!(kind, TargetKind::PromptRouter | TargetKind::DefaultPromptRouter)
}

/// How a target is called in a gap: its ARN, or for a feature without one the API.
fn name(target: &Target, operation: &Operation) -> String {
    if target.kind == TargetKind::Nothing { operation.api.name.clone() } else { target.arn.clone() }
}

fn prefix(text: &str) -> &str {
    text.split(':').next().unwrap_or(text)
}

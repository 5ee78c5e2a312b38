//! What a charter wants of a request.
//!
//! Looks at what is asked, by whom, where and when, and at no policy: this is what the compiled documents are compared
//! with. A request that goes through no managed door is not governed, whatever policies say of it. A call that AWS
//! authorises several times is refused if one of its requests is.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use iam::condition::Instant;
use iam::context::Key;
use iam::glob::Glob;
use iam::request::Request;

use crate::model::{Area, KeyRule, Model, NOWHERE, Origin, Permit, Rule};
use crate::passage::{
    FOUNDATION_MODEL, PROJECT_MODEL, Passage, TellsModels, door_of_type, doors_of_service, is_invoke,
    passages_of, types_of,
};
use crate::syntax::ScopeWord;

/// What the charter wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It says nothing about such requests.
    NotGoverned,
    /// It approves, if policies do.
    Admitted,
    /// It refuses, whatever policies say.
    Refused(Refusal),
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Id of the door, prefix of the service that is off, or `fence`.
    pub by: String,
    /// The line of the charter.
    pub origin: Origin,
}

/// Actions that change which policies an organisation has, and where they are attached, and which guardrails an account enforces
/// for itself.
///
/// Source: Service Authorization Reference, AWS Organizations, Amazon Bedrock (aws-facts §3.4).
pub const FENCE_ACTIONS: [&str; 12] = [
    "bedrock:DeleteEnforcedGuardrailConfiguration",
    "bedrock:PutEnforcedGuardrailConfiguration",
    "organizations:AttachPolicy",
    "organizations:CreatePolicy",
    "organizations:DeletePolicy",
    "organizations:DeleteResourcePolicy",
    "organizations:DetachPolicy",
    "organizations:DisablePolicyType",
    "organizations:EnablePolicyType",
    "organizations:LeaveOrganization",
    "organizations:PutResourcePolicy",
    "organizations:UpdatePolicy",
];

/// The services whose long-term credentials are API keys for models.
///
/// Source: Amazon Bedrock User Guide, "Generate API keys" (aws-facts §1.13).
pub const KEY_SERVICES: [&str; 1] = ["bedrock.amazonaws.com"];

/// The key that says who stands behind a session, and stays through later roles.
pub const SOURCE_IDENTITY: &str = "aws:SourceIdentity";

/// The key that says whether an action of AWS RAM lets somebody outside the organisation in, and whether the action may
/// do so where it is absent. Policies of resources carry nothing of the kind.
///
/// Source: Service Authorization Reference, AWS Resource Access Manager; AWS RAM API Reference, `CreateResourceShare`: what is
/// not said allows external principals.
pub(crate) fn outside_key(passage: &Passage) -> Option<(&'static str, bool)> {
    match (passage.service, passage.action) {
        ("ram", "CreateResourceShare") => Some(("ram:RequestedAllowsExternalPrincipals", true)),
        ("ram", "UpdateResourceShare") => Some(("ram:RequestedAllowsExternalPrincipals", false)),
        ("ram", "AssociateResourceShare") => Some(("ram:AllowsExternalPrincipals", false)),
        (_, _) => None,
    }
}

/// An id that a mask of twelve question marks for the account cannot surely tell from a thing of an account: the first
/// suffix has twelve characters and another follows. No listed id is so; where models are governed they are refused.
pub const LIKE_AN_ACCOUNT: &str = "*:????????????:*";

/// What the charter wants of a request by a principal of a place, given by the ids from the root down to the account.
///
/// The management account is beyond every service control policy, so that no charter governs it; callers leave it out.
pub fn meaning(model: &Model, chain: &[&str], request: &Request) -> Verdict {
    let Some(area) = model.area(chain) else { return Verdict::NotGoverned };
    let asked = Asked::new(request);
    let mut verdict = Verdict::NotGoverned;
    let mut above = Some(area);
    while let Some(each) = above {
        note(&mut verdict, off(each, &asked));
        note(&mut verdict, fence(each, &asked));
        above = each.above.map(|above| &model.areas[above]);
    }
    note(&mut verdict, retention(model, area, &asked));
    note(&mut verdict, mcp(area, &asked));
    note(&mut verdict, identity(model, area, &asked));
    note(&mut verdict, like_an_account(area, &asked));
    for door in asked.doors() {
        let Some(Rule::Managed { permits, closes_listing, origin }) = area.rules.get(door) else { continue };
        if let Some(admits) = asked.passes(area, door, permits, *closes_listing) {
            let refusal = Refusal { by: door.to_owned(), origin: origin.clone() };
            note(&mut verdict, Some(if admits { Verdict::Admitted } else { Verdict::Refused(refusal) }));
        }
    }
    verdict
}

/// A refusal stays; what is admitted was governed.
fn note(verdict: &mut Verdict, found: Option<Verdict>) {
    match (&verdict, found) {
        (Verdict::NotGoverned, Some(found)) => *verdict = found,
        (Verdict::Admitted, Some(found @ Verdict::Refused(_))) => *verdict = found,
        (Verdict::Admitted | Verdict::Refused(_), _) | (Verdict::NotGoverned, None) => {}
    }
}

fn limited(by: &str, said: &(BTreeSet<String>, Origin), admits: bool) -> Verdict {
    match admits {
        true => Verdict::Admitted,
        false => Verdict::Refused(Refusal { by: by.to_owned(), origin: said.1.clone() }),
    }
}

fn off(area: &Area, asked: &Asked<'_>) -> Option<Verdict> {
    let said = area.off.get(asked.service)?;
    if !said.on.is_empty() && !is_one(asked.resource, &said.on) {
        return None;
    }
    let admits = is_one(asked.principal, &said.callers) || is_one(asked.resource, &said.resources);
    Some(match admits {
        true => Verdict::Admitted,
        false => Verdict::Refused(Refusal { by: asked.service.to_owned(), origin: said.origin.clone() }),
    })
}

fn fence(area: &Area, asked: &Asked<'_>) -> Option<Verdict> {
    let said = area.keepers.as_ref()?;
    let is_about =
        FENCE_ACTIONS.iter().any(|each| each.split_once(':') == Some((asked.service, asked.action)));
    is_about.then(|| limited("fence", said, is_one(asked.principal, &said.0)))
}

fn retention(model: &Model, area: &Area, asked: &Asked<'_>) -> Option<Verdict> {
    if !asked.through.iter().any(|each| each.door.id == "data-retention") {
        return None;
    }
    let mut nearest = Some(area);
    let said = loop {
        let each = nearest?;
        match &each.retention {
            Some(said) => break said,
            None => nearest = each.above.map(|above| &model.areas[above]),
        }
    };
    let mode = asked.key(&format!("{}:DataRetentionMode", asked.service))?;
    Some(limited("data-retention", said, said.0.contains(&mode)))
}

/// A model whose id a pattern for things of an account may match is run by nobody where any such thing is governed.
fn like_an_account(area: &Area, asked: &Asked<'_>) -> Option<Verdict> {
    let invokes = asked.service == "bedrock" && is_invoke(asked.request.action().name());
    let id = asked.model().filter(|id| invokes && Glob::new(LIKE_AN_ACCOUNT).matches(id));
    id?;
    let doors = passages_of("bedrock", "InvokeModel").iter().map(|each| each.door.id.as_str());
    doors.filter_map(|door| area.rules.get_key_value(door)).find_map(|(door, rule)| match rule {
        Rule::Managed { origin, .. } => {
            Some(Verdict::Refused(Refusal { by: (*door).to_owned(), origin: origin.clone() }))
        }
        Rule::Unmanaged => None,
    })
}

/// What AWS's own MCP servers do for somebody.
fn mcp(area: &Area, asked: &Asked<'_>) -> Option<Verdict> {
    let Some(Rule::Managed { permits, origin, .. }) = area.rules.get("mcp") else { return None };
    if asked.key("aws:ViaAWSMCPService").as_deref() != Some("true") {
        return None;
    }
    let admits = permits.iter().any(|permit| asked.is_by(permit) && asked.is_in_time(permit));
    let refusal = Refusal { by: "mcp".to_owned(), origin: origin.clone() };
    Some(if admits { Verdict::Admitted } else { Verdict::Refused(refusal) })
}

/// Who stands behind whoever runs a model.
fn identity(model: &Model, area: &Area, asked: &Asked<'_>) -> Option<Verdict> {
    let identity = model.identity(area)?;
    let runs = reference::duty(asked.service, asked.action).is_some_and(reference::Duty::runs_a_model);
    if !runs && !asked.is_invoke() {
        return None;
    }
    let is_known = asked.key(SOURCE_IDENTITY).is_some_and(|source| is_one(&source, &identity.source));
    Some(match is_known || is_one(asked.principal, &identity.callers) {
        true => Verdict::Admitted,
        false => Verdict::Refused(Refusal { by: "identity".to_owned(), origin: identity.origin.clone() }),
    })
}

/// One request in the words of a charter.
struct Asked<'a> {
    request: &'a Request,
    service: &'static str,
    action: &'static str,
    principal: &'a str,
    region: Option<&'a str>,
    /// The inference profile that leads to a model.
    profile: Option<&'a str>,
    now: Option<Instant>,
    resource: &'a str,
    /// What the resource is.
    types: Vec<&'static str>,
    through: &'static [&'static Passage],
}

impl<'a> Asked<'a> {
    fn new(request: &'a Request) -> Self {
        let action = request.action();
        let through = passages_of(action.service(), action.name());
        let known = through.first().map(|each| (each.service, each.action));
        let known = known.or_else(|| {
            reference::action(action.service(), action.name()).map(|each| (each.service, each.name))
        });
        let service = known.map(|(service, _)| service);
        let service = service.or_else(|| reference::service(action.service()).map(|each| each.prefix));
        static KEYS: LazyLock<[Key; 4]> = LazyLock::new(|| {
            ["aws:PrincipalArn", "aws:RequestedRegion", "bedrock:InferenceProfileArn", "aws:CurrentTime"]
                .map(Key::new)
        });
        let [principal, region, profile, now] =
            KEYS.each_ref().map(|key| request.context().get(key).and_then(|values| values.iter().next()));
        let resource = request.resource().as_str();
        Self {
            request,
            service: service.unwrap_or_default(),
            action: known.map_or("", |(_, action)| action),
            principal: principal.unwrap_or_default(),
            region,
            profile,
            now: now.and_then(Instant::parse),
            types: types_of(service.unwrap_or_default(), resource),
            resource,
            through,
        }
    }

    fn key(&self, name: &str) -> Option<String> {
        let values = self.request.context().get(&Key::new(name))?;
        values.iter().next().map(str::to_owned)
    }

    /// Whether a model is run at the runtime.
    fn is_invoke(&self) -> bool {
        self.service == "bedrock" && is_invoke(self.request.action().name())
    }

    /// The doors through which the request may go, sorted.
    fn doors(&self) -> Vec<&'static str> {
        if self.is_invoke() {
            return vec![self.door_of_target()];
        }
        let through = self.through.iter().map(|each| each.door.id.as_str());
        let mut doors: Vec<&str> = through.chain(doors_of_service(self.service).iter().copied()).collect();
        doors.sort_unstable();
        doors.dedup();
        doors
    }

    /// Whether the request is admitted at a door; none where it does not go through it.
    fn passes(&self, area: &Area, door: &str, permits: &[Permit], whole_prefix: bool) -> Option<bool> {
        if self.is_invoke() {
            return Some(self.invokes(permits));
        }
        let through = |each: &&&Passage| {
            each.door.id == door
                && (each.on.is_empty() || each.on.iter().any(|kind| self.types.contains(&kind.as_str())))
        };
        if let Some(passage) = self.through.iter().find(through) {
            return self.goes(area, passage, permits);
        }
        (whole_prefix && doors_of_service(self.service).contains(&door))
            .then(|| permits.iter().any(|permit| self.is_by(permit) && self.is_in_time(permit)))
    }

    /// The kind of target other than a foundation model, and the door to such.
    fn thing(&self) -> Option<(&'static str, &'static str)> {
        self.types.iter().find_map(|kind| Some((*kind, door_of_type(kind)?.id.as_str())))
    }

    /// Where a model is run at the runtime: the kind of target says which door that is.
    fn door_of_target(&self) -> &'static str {
        match self.thing() {
            Some((_, door)) if !self.types.contains(&FOUNDATION_MODEL) => door,
            Some(_) | None => "runtime",
        }
    }

    /// Whether a model may be run at the door of the target.
    fn invokes(&self, permits: &[Permit]) -> bool {
        if self.types.contains(&FOUNDATION_MODEL) {
            return permits.iter().any(|permit| self.runs(permit));
        }
        match self.thing() {
            // Nothing that exists today; what is not listed is not run.
            None => false,
            Some(("inference-profile" | "application-inference-profile", _)) => !permits.is_empty(),
            Some(("project", _)) => {
                permits.iter().any(|permit| self.responds(permit) && self.is_from(permit))
            }
            Some(_) => permits.iter().any(|permit| self.is_on(permit) && self.is_from(permit)),
        }
    }

    /// A foundation model, directly or behind a profile.
    fn runs(&self, permit: &Permit) -> bool {
        let system = self.profile.is_some_and(|arn| {
            iam::arn::split(arn).is_some_and(|parts| parts[5].starts_with("inference-profile/"))
        });
        self.is_model(permit)
            && self.is_by(permit)
            && self.is_in_time(permit)
            && self.is_called_in(permit)
            && self.is_run_in(permit)
            && !(permit.scope == ScopeWord::InRegion && system)
    }

    /// The project of a Responses call.
    fn responds(&self, permit: &Permit) -> bool {
        let Some(models) = &permit.models else { return true };
        let Some(named) = self.key(PROJECT_MODEL) else { return false };
        let Some(parts) = iam::arn::split(&named) else { return false };
        let id = parts[5].split_once('/').map_or("", |(_, id)| id);
        let id = match parts[5].starts_with("inference-profile/") {
            true => id.split_once('.').map_or("", |(_, model)| model),
            false => id,
        };
        is_one(id, &models.runtime)
    }

    /// Any action but running at the runtime.
    fn goes(&self, area: &Area, passage: &Passage, permits: &[Permit]) -> Option<bool> {
        match passage.tells_models {
            TellsModels::ByResource if self.types.contains(&FOUNDATION_MODEL) => {
                Some(permits.iter().any(|permit| {
                    self.is_model(permit)
                        && self.is_by(permit)
                        && self.is_in_time(permit)
                        && self.is_run_in(permit)
                }))
            }
            TellsModels::ByResource => {
                let may = permits
                    .iter()
                    .any(|permit| self.is_by(permit) && self.is_in_time(permit) && self.is_run_in(permit));
                let thing = self.types.iter().find_map(|kind| door_of_type(kind));
                let takes = match thing.filter(|door| door.id != passage.door.id) {
                    None => self.is_taken_by(passage),
                    Some(door) => match area.rules.get(door.id.as_str()) {
                        Some(Rule::Managed { permits, .. }) if door.id == "runtime" => !permits.is_empty(),
                        Some(Rule::Managed { permits, .. }) => {
                            permits.iter().any(|permit| self.is_on(permit) && self.is_from(permit))
                        }
                        Some(Rule::Unmanaged) | None => true,
                    },
                };
                Some(may && takes)
            }
            TellsModels::ByKey(key) => Some(permits.iter().any(|permit| {
                let model = match &permit.models {
                    None => true,
                    Some(models) => self.key(key).is_some_and(|id| is_one(&id, &models.mantle)),
                };
                model && self.is_from(permit)
            })),
            TellsModels::Not => self.plain(passage, permits),
        }
    }

    fn plain(&self, passage: &Passage, permits: &[Permit]) -> Option<bool> {
        if passage.door.id == "bearer-keys" && passage.service == "iam" {
            let name = self.key("iam:ServiceSpecificCredentialServiceName")?;
            if !KEY_SERVICES.contains(&name.as_str()) {
                return None;
            }
        }
        let may = |permit: &Permit| {
            self.is_on(permit)
                && self.is_from(permit)
                && self.keys_fit(passage, permit)
                && (!permit.inside || self.stays_inside(passage))
        };
        Some(permits.iter().any(may))
    }

    /// Whether nothing is shared with anybody outside the organisation.
    fn stays_inside(&self, passage: &Passage) -> bool {
        let Some((key, is_needed)) = outside_key(passage) else { return true };
        match self.key(key) {
            Some(value) => !value.eq_ignore_ascii_case("true"),
            None => !is_needed,
        }
    }

    /// Whether the kind of API key is one that the permit admits.
    fn keys_fit(&self, passage: &Passage, permit: &Permit) -> bool {
        if passage.door.id != "bearer-keys" {
            return true;
        }
        let makes = passage.service == "iam";
        match permit.keys {
            KeyRule::Any => true,
            KeyRule::ShortTerm => {
                let kind = self.key(&format!("{}:BearerTokenType", passage.service));
                !makes && kind.as_deref() == Some("SHORT_TERM")
            }
            KeyRule::MaxAgeDays(days) => match (makes, passage.action) {
                (false, _) => true,
                (true, "CreateServiceSpecificCredential") => self
                    .key("iam:ServiceSpecificCredentialAgeDays")
                    .and_then(|age| age.parse::<u32>().ok())
                    .is_some_and(|age| age <= days),
                (true, _) => false,
            },
        }
    }

    fn is_model(&self, permit: &Permit) -> bool {
        let Some(id) = self.model() else { return false };
        let named = permit.models.as_ref().is_none_or(|models| is_one(id, &models.runtime));
        named && !Glob::new(LIKE_AN_ACCOUNT).matches(id)
    }

    /// The id of the foundation model that is the resource.
    fn model(&self) -> Option<&str> {
        iam::arn::split(self.resource)?[5].strip_prefix("foundation-model/")
    }

    fn is_on(&self, permit: &Permit) -> bool {
        permit.resources.as_ref().is_none_or(|patterns| is_one(self.resource, patterns))
    }

    fn is_by(&self, permit: &Permit) -> bool {
        permit.callers.as_ref().is_none_or(|callers| is_one(self.principal, callers))
    }

    fn is_in_time(&self, permit: &Permit) -> bool {
        let Some(ends) = &permit.ends else { return true };
        self.now.is_none_or(|now| now < ends.instant())
    }

    /// Whether the call is made where it may be; behind a profile, the profile says where that is.
    fn is_called_in(&self, permit: &Permit) -> bool {
        let Some(regions) = &permit.regions else { return true };
        let here = self.region.is_some_and(|region| regions.called.contains(region));
        let profile = self.profile.and_then(iam::arn::split);
        here || profile.is_some_and(|parts| regions.called.contains(parts[3]))
    }

    /// Whether the model runs where it may.
    fn is_run_in(&self, permit: &Permit) -> bool {
        match &permit.regions {
            Some(regions) => self.region.is_some_and(|region| regions.reached.contains(region)),
            None => permit.scope == ScopeWord::Global || !NOWHERE.contains(&self.region.unwrap_or_default()),
        }
    }

    /// By whom, when and from where, for what is authorised in the called Region only.
    fn is_from(&self, permit: &Permit) -> bool {
        let here = permit
            .regions
            .as_ref()
            .is_none_or(|regions| self.region.is_some_and(|region| regions.called.contains(region)));
        self.is_by(permit) && self.is_in_time(permit) && here
    }

    /// Whether the action takes such a thing for itself, as a job or a profile that it makes.
    fn is_taken_by(&self, passage: &Passage) -> bool {
        reference::action(passage.service, passage.action)
            .is_some_and(|known| known.resource_types().any(|each| self.types.contains(&each.name)))
    }
}

fn is_one(text: &str, patterns: &BTreeSet<String>) -> bool {
    patterns.iter().any(|pattern| matches(pattern, text))
}

/// Whether a pattern matches; what most are, an exact text or one with a star at its end, needs no reading.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.find(['*', '?']) {
        None => pattern == text,
        Some(at) if at + 1 == pattern.len() && pattern.ends_with('*') => text.starts_with(&pattern[..at]),
        Some(_) => Glob::new(pattern).matches(text),
    }
}

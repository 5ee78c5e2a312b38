//! Roles that are made in the accounts of areas: what each is for, and whether its lines fit together.
//!
//! A role is for one thing: Unified Studio, a job that Amazon Bedrock does, or duties. Duties that should not be in one hand
//! are no role ([`reference::conflicts`]). What is written for one says `crate::role`.

use std::collections::{BTreeMap, BTreeSet};

use iam::arn::AccountId;
use iam::lint::nearest::nearest;
use reference::{Door, DutyKind};

use super::check::Checker;
use super::{Area, Lower, Models, Named, Origin};
use crate::diagnostic::Diagnostic;
use crate::passage::{Passage, passages};
use crate::role::BEDROCK;
use crate::syntax::{At, JobWord, PurposeEntry, RoleEntry, ScopeWord, StudioWord, TrustEntry, TrustFrom};

/// A role of the charter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    pub name: String,
    pub purpose: Purpose,
    /// The models it is for, by the names of the charter.
    pub models: BTreeMap<String, Models>,
    /// Doors through which it runs them.
    pub through: BTreeSet<&'static str>,
    pub scope: ScopeWord,
    /// Where it calls; anywhere if there are none.
    pub called: BTreeSet<String>,
    /// The domain of Unified Studio, where it is for one.
    pub domain: Option<String>,
    /// Services whose actions a bundle holds.
    pub services: BTreeSet<String>,
    pub read: BTreeSet<Stored>,
    pub write: BTreeSet<Stored>,
    /// Names of roles that it may hand to Amazon Bedrock.
    pub passes: BTreeSet<String>,
    pub trust: Option<Trust>,
    pub origin: Origin,
}

/// What a role is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    Consumption,
    Provisioning,
    Job(JobWord),
    Duties(BTreeSet<DutyKind>),
}

/// Objects of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stored {
    /// The account that owns it; that of the role if none is given.
    pub account: Option<String>,
    pub bucket: String,
    /// A pattern of keys.
    pub keys: String,
}

/// Who may take a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    pub from: Takers,
    /// Patterns of the source identity that a session has to have.
    pub source_identity: BTreeSet<String>,
    /// Session tags with the values they may have.
    pub tags: BTreeMap<String, BTreeSet<String>>,
}

/// Where sessions come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Takers {
    Saml(String),
    Oidc { host: String, audience: String, subjects: BTreeSet<String> },
    Accounts { accounts: BTreeSet<String>, callers: BTreeSet<String> },
    Service(String),
}

/// Duties whose actions run models.
const INVOKE: &str = "invoke";

/// Source: IAM API Reference, `CreateRole`: `RoleName`.
const NAME_MAX: usize = 64;

impl Checker<'_> {
    pub(super) fn roles(&mut self) {
        let syntax = self.syntax;
        for role in &syntax.roles {
            self.role(role);
        }
        let named = || syntax.areas.iter().flat_map(|area| &area.roles);
        for name in named() {
            self.known_role(name);
        }
        for role in &syntax.roles {
            if !named().any(|name| name.value == role.name.value) {
                let message = format!("`{}` is made nowhere", role.name.value);
                self.warn(&role.name.at, message, "name it under `roles` of an area, or take it out");
            }
        }
    }

    fn known_role(&mut self, name: &At<String>) -> Option<&RoleEntry> {
        let syntax = self.syntax;
        let found = syntax.roles.iter().find(|role| role.name.value == name.value);
        if found.is_none() {
            let names = syntax.roles.iter().map(|role| role.name.value.as_str());
            let hint = match nearest(&name.value, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "describe it under `roles`".to_owned(),
            };
            self.error(&name.at, format!("there is no role `{}`", name.value), Some(hint));
        }
        found
    }

    fn role(&mut self, role: &RoleEntry) {
        let is_letter = |each: char| each.is_ascii_alphanumeric() || "_+=,.@-".contains(each);
        let name = &role.name;
        if name.value.is_empty() || !name.value.chars().all(is_letter) {
            let hint = "letters, digits and _+=,.@- as IAM takes them".to_owned();
            self.error(&name.at, format!("no role can be called `{}`", name.value), Some(hint));
        }
        for name in names(role).iter().filter(|name| name.chars().count() > NAME_MAX) {
            let message = format!("`{name}` has {} characters", name.chars().count());
            let hint = format!("names of roles have at most {NAME_MAX}");
            self.error(&role.name.at, message, Some(hint));
        }
        role.regions.iter().for_each(|region| self.region(region));
        for model in &role.models {
            self.model_of_role(role, model);
        }
        for bucket in role.read.iter().chain(&role.write) {
            if stored(&bucket.value).is_none() {
                let hint = "BUCKET, BUCKET/PREFIX/* or ACCOUNT:BUCKET/PREFIX/*".to_owned();
                self.error(&bucket.at, format!("`{}` names no bucket", bucket.value), Some(hint));
            }
        }
        let Some(purpose) = &role.purpose else { return };
        let runs = match purpose {
            PurposeEntry::Studio(_) => true,
            PurposeEntry::Job(job) => job.value == JobWord::Batch,
            PurposeEntry::Duties(duties) => {
                self.duties(&duties.value);
                duties.value.iter().any(|duty| duty.value == INVOKE)
            }
        };
        self.fields(role, purpose, runs);
        role.through.iter().for_each(|door| self.through_for_role(door));
        for service in &role.services {
            if !reference::duties().any(|duty| duty.service == service.value) {
                let names = reference::duties().map(|duty| duty.service);
                let hint = nearest(&service.value, names).map(|near| format!("did you mean `{near}`?"));
                let message = format!("no action of `{}` is classified", service.value);
                self.error(&service.at, message, hint);
            }
        }
        for passed in &role.passes {
            if let Some(known) = self.known_role(passed)
                && !matches!(known.purpose, Some(PurposeEntry::Job(_)) | None)
            {
                let hint = "roles with a `job` are".to_owned();
                let message = format!("`{}` is not handed to Amazon Bedrock", passed.value);
                self.error(&passed.at, message, Some(hint));
            }
        }
        if let Some(trust) = &role.trust {
            self.trust(trust);
        }
    }

    /// Which fields go with what a role is for.
    fn fields(&mut self, role: &RoleEntry, purpose: &PurposeEntry, runs: bool) {
        let is_bundle = matches!(purpose, PurposeEntry::Duties(_));
        let is_job = matches!(purpose, PurposeEntry::Job(_));
        let is_studio = matches!(purpose, PurposeEntry::Studio(_));
        let first = |list: &[At<String>]| list.first().map(|each| each.at.clone());
        let at = purpose.at().clone();
        let writes = is_job && !matches!(purpose, PurposeEntry::Job(job) if job.value == JobWord::Import);
        let is_consumption =
            matches!(purpose, PurposeEntry::Studio(word) if word.value == StudioWord::Consumption);
        let needs = [
            (runs && role.models.is_empty(), "models", "the names of the models it runs"),
            (runs && role.regions.is_empty(), "regions", "where it calls"),
            (
                runs && is_bundle && role.through.is_empty(),
                "through",
                "the doors through which it runs models",
            ),
            (is_job && role.read.is_empty(), "read", "the buckets from which the job reads"),
            (writes && role.write.is_empty(), "write", "the buckets to which the job writes"),
            (is_bundle && role.trust.is_none(), "trust", "who may take it"),
        ];
        for (lacks, field, what) in needs {
            if lacks {
                let message = format!("`{}` has no `{field}`", role.name.value);
                self.error(&at, message, Some(format!("{field}: {what}")));
            }
        }
        let strange = [
            (!runs, "models", first(&role.models)),
            (!(runs && is_bundle), "through", first(&role.through)),
            (!runs, "scope", role.scope.as_ref().map(|scope| scope.at.clone())),
            (!is_studio, "domain", role.domain.as_ref().map(|domain| domain.at.clone())),
            (!is_consumption, "each", role.each_model.then(|| role.name.at.clone())),
            (!is_bundle, "services", first(&role.services)),
            (!is_job, "read", first(&role.read)),
            (!writes, "write", first(&role.write)),
            (!is_bundle, "passes", first(&role.passes)),
            (!is_bundle, "trust", role.trust.as_ref().map(|trust| trust.at.clone())),
        ];
        for (is_strange, field, at) in strange {
            if let Some(at) = at.filter(|_| is_strange) {
                let message =
                    format!("`{}` is for something to which `{field}` does not belong", role.name.value);
                self.error(&at, message, Some(format!("leave `{field}` out")));
            }
        }
    }

    fn model_of_role(&mut self, role: &RoleEntry, name: &At<String>) {
        let syntax = self.syntax;
        let Some(model) = syntax.models.iter().find(|each| each.name.value == name.value) else {
            let names = syntax.models.iter().map(|each| each.name.value.as_str());
            let hint = match nearest(&name.value, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "describe it under `models`".to_owned(),
            };
            return self.error(&name.at, format!("there is no model `{}`", name.value), Some(hint));
        };
        let only_on_mantle =
            !role.through.is_empty() && role.through.iter().all(|door| door.value.starts_with("mantle"));
        if model.runtime.is_empty() && !only_on_mantle {
            self.found.push(
                Diagnostic::error(name.at.clone(), format!("`{}` has no ids at the runtime", name.value))
                    .also(model.name.at.clone(), "it has no `runtime`"),
            );
        }
    }

    fn duties(&mut self, duties: &[At<String>]) {
        let mut known: Vec<(DutyKind, &At<String>)> = Vec::new();
        for duty in duties {
            match DutyKind::named(&duty.value) {
                Some(kind) => known.push((kind, duty)),
                None => {
                    let names = || DutyKind::ALL.into_iter().map(DutyKind::name);
                    let hint = match nearest(&duty.value, names()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => names().collect::<Vec<_>>().join(", "),
                    };
                    self.error(&duty.at, format!("there is no duty `{}`", duty.value), Some(hint));
                }
            }
        }
        for conflict in reference::conflicts() {
            let [one, other] = conflict.duties.map(|duty| known.iter().find(|(kind, _)| *kind == duty));
            if let (Some((_, one)), Some((_, other))) = (one, other) {
                let message = format!("`{}` and `{}` in one hand: {}", one.value, other.value, conflict.why);
                let found = Diagnostic::error(other.at.clone(), message);
                self.found.push(
                    found.also(one.at.clone(), "the other duty").hint("make two roles, for different people"),
                );
            }
        }
    }

    fn through_for_role(&mut self, name: &At<String>) {
        let Some(door) = self.door(name) else { return };
        if !invoking(door).any(|_| true) {
            let message = format!("no action of the duty `{INVOKE}` goes through `{}`", door.id);
            self.error(&name.at, message, Some("name the duty that does, without `through`".to_owned()));
        }
    }

    fn trust(&mut self, trust: &TrustEntry) {
        match &trust.from {
            Some(TrustFrom::Accounts { accounts, callers }) => {
                for account in accounts.iter().filter(|each| AccountId::new(&each.value).is_err()) {
                    let hint = Some("its twelve digits, in quotes".to_owned());
                    self.error(&account.at, format!("`{}` is no account", account.value), hint);
                }
                callers.iter().for_each(|caller| self.caller(caller));
            }
            Some(TrustFrom::Service(service)) => {
                if !service.value.contains(".amazonaws.") || service.value.contains('*') {
                    let hint = Some("for example lambda.amazonaws.com".to_owned());
                    self.error(&service.at, format!("`{}` is no service principal", service.value), hint);
                }
                for at in trust.source_identity.iter().chain(trust.tags.iter().map(|(name, _)| name)) {
                    let hint = Some("leave it out".to_owned());
                    self.error(&at.at, "a service says nothing of itself in its sessions".to_owned(), hint);
                }
            }
            Some(TrustFrom::Oidc { host, subjects, .. }) => {
                if host.value.contains("://") || host.value.contains('*') {
                    let hint =
                        Some("the host and path alone: token.actions.githubusercontent.com".to_owned());
                    self.error(&host.at, format!("`{}` names no provider", host.value), hint);
                }
                for subject in subjects.iter().filter(|each| each.value == "*") {
                    let hint = Some("name the repositories, groups or applications".to_owned());
                    self.error(
                        &subject.at,
                        "whoever the provider knows would take the role".to_owned(),
                        hint,
                    );
                }
            }
            Some(TrustFrom::Saml(_)) | None => {}
        }
    }
}

/// The passages of a door whose actions are of the duty of running models.
pub(crate) fn invoking(door: &Door) -> impl Iterator<Item = &'static Passage> {
    passages().iter().filter(move |passage| {
        passage.door.id == door.id
            && reference::duty(passage.service, passage.action)
                .is_some_and(|duty| duty.kind == DutyKind::Invoke)
    })
}

/// What the roles of an entry are called.
fn names(role: &RoleEntry) -> Vec<String> {
    match role.each_model {
        true => role.models.iter().map(|model| format!("{}-{}", role.name.value, model.value)).collect(),
        false => vec![role.name.value.clone()],
    }
}

/// `BUCKET`, `BUCKET/KEYS`, or either of another account before a colon.
fn stored(text: &str) -> Option<Stored> {
    let (account, rest) = match text.split_once(':') {
        Some((account, rest)) => (Some(AccountId::new(account).ok()?.to_string()), rest),
        None => (None, text),
    };
    let (bucket, keys) = rest.split_once('/').unwrap_or((rest, "*"));
    // Source: Amazon S3 User Guide, "General purpose bucket naming rules".
    let fits = |each: char| each.is_ascii_lowercase() || each.is_ascii_digit() || ".-".contains(each);
    let keys = if keys.is_empty() { "*" } else { keys };
    (3..=63).contains(&bucket.len()).then_some(())?;
    bucket.chars().all(fits).then(|| Stored { account, bucket: bucket.to_owned(), keys: keys.to_owned() })
}

impl Lower<'_> {
    pub(super) fn roles(&mut self) -> Vec<Role> {
        let mut roles: Vec<Role> = Vec::new();
        for entry in &self.syntax.roles {
            let Some(purpose) = entry.purpose.as_ref().map(purpose) else { continue };
            let all: BTreeMap<String, Models> = entry
                .models
                .iter()
                .filter_map(|name| {
                    let known = self.syntax.models.iter().find(|each| each.name.value == name.value)?;
                    let texts = |list: &[At<String>]| list.iter().map(|id| id.value.clone()).collect();
                    let models = Models { runtime: texts(&known.runtime), mantle: texts(&known.mantle) };
                    Some((name.value.clone(), models))
                })
                .collect();
            let texts = |list: &[At<String>]| list.iter().map(|each| each.value.clone()).collect();
            let services: BTreeSet<String> = match entry.services.is_empty() {
                true => BEDROCK.map(str::to_owned).into(),
                false => texts(&entry.services),
            };
            let role = Role {
                name: entry.name.value.clone(),
                purpose,
                models: all.clone(),
                through: entry
                    .through
                    .iter()
                    .filter_map(|door| reference::door(&door.value).map(|door| door.id.as_str()))
                    .collect(),
                scope: entry.scope.as_ref().map_or(ScopeWord::InRegion, |scope| scope.value),
                called: texts(&entry.regions),
                domain: entry.domain.as_ref().map(|domain| domain.value.clone()),
                services,
                read: entry.read.iter().filter_map(|each| stored(&each.value)).collect(),
                write: entry.write.iter().filter_map(|each| stored(&each.value)).collect(),
                passes: texts(&entry.passes),
                trust: entry.trust.as_ref().and_then(|trust| self.trust(trust)),
                origin: entry.name.at.clone(),
            };
            match entry.each_model {
                false => roles.push(role),
                true => roles.extend(all.into_iter().map(|(model, models)| Role {
                    name: format!("{}-{model}", entry.name.value),
                    models: [(model, models)].into(),
                    ..role.clone()
                })),
            }
        }
        for (number, role) in roles.iter().enumerate() {
            if let Some(earlier) = roles[..number].iter().find(|other| other.name == role.name) {
                let message = format!("two roles would be called `{}`", role.name);
                let found = Diagnostic::error(role.origin.clone(), message);
                self.found.push(found.also(earlier.origin.clone(), "the other one"));
            }
        }
        roles
    }

    fn trust(&mut self, entry: &TrustEntry) -> Option<Trust> {
        let texts = |list: &[At<String>]| list.iter().map(|each| each.value.clone()).collect::<BTreeSet<_>>();
        let from = match entry.from.as_ref()? {
            TrustFrom::Saml(name) => Takers::Saml(name.value.clone()),
            TrustFrom::Oidc { host, audience, subjects } => Takers::Oidc {
                host: host.value.clone(),
                audience: audience.value.clone(),
                subjects: texts(subjects),
            },
            TrustFrom::Service(service) => Takers::Service(service.value.clone()),
            TrustFrom::Accounts { accounts, callers } => {
                for account in accounts.iter().filter(|each| self.organization.node(&each.value).is_none()) {
                    let message = format!("`{}` is outside the organisation", account.value);
                    self.found.push(
                        Diagnostic::warning(account.at.clone(), message)
                            .hint("no policy of the organisation binds who asks from there"),
                    );
                }
                let callers = self.callers(callers).unwrap_or_default();
                Takers::Accounts { accounts: texts(accounts), callers }
            }
        };
        let tags = entry.tags.iter().map(|(name, values)| (name.value.clone(), texts(values))).collect();
        Some(Trust { from, source_identity: texts(&entry.source_identity), tags })
    }

    /// The roles of an area, by their names.
    pub(super) fn placed(&self, names: &[At<String>]) -> Vec<String> {
        let entries = names
            .iter()
            .filter_map(|name| self.syntax.roles.iter().find(|role| role.name.value == name.value));
        entries.flat_map(self::names).collect()
    }

    /// A role that an area above makes already cannot be made again.
    pub(super) fn made_once(&mut self, areas: &[Area], named: &[Named<'_>]) {
        for (number, area) in areas.iter().enumerate() {
            let above = std::iter::successors(areas[number].above, |at| areas[*at].above);
            let above: Vec<&Area> = above.map(|at| &areas[at]).collect();
            let Some((_, entry, _)) = named.iter().find(|(node, _, _)| node.id == area.node) else {
                continue;
            };
            for name in &entry.roles {
                if above.iter().any(|other| {
                    named.iter().any(|(node, entry, _)| {
                        node.id == other.node && entry.roles.iter().any(|each| each.value == name.value)
                    })
                }) {
                    let message = format!("an area above makes `{}` here already", name.value);
                    self.found.push(Diagnostic::error(name.at.clone(), message).hint("leave it out"));
                }
            }
        }
    }
}

fn purpose(entry: &PurposeEntry) -> Purpose {
    match entry {
        PurposeEntry::Studio(word) => match word.value {
            StudioWord::Consumption => Purpose::Consumption,
            StudioWord::Provisioning => Purpose::Provisioning,
        },
        PurposeEntry::Job(job) => Purpose::Job(job.value),
        PurposeEntry::Duties(duties) => {
            Purpose::Duties(duties.value.iter().filter_map(|duty| DutyKind::named(&duty.value)).collect())
        }
    }
}

impl Role {
    /// Whether it runs models.
    pub fn runs_models(&self) -> bool {
        match &self.purpose {
            Purpose::Consumption | Purpose::Job(JobWord::Batch) => true,
            Purpose::Provisioning | Purpose::Job(_) => false,
            Purpose::Duties(duties) => duties.contains(&DutyKind::Invoke),
        }
    }

    /// The passages it runs models through.
    pub(crate) fn passages(&self) -> impl Iterator<Item = &'static Passage> {
        let doors = self.through.iter().filter_map(|door| reference::door(door));
        doors.flat_map(invoking)
    }
}

//! What a client asks of a model, as the authorisations AWS makes for it.
//!
//! One call is several requests: a profile is authorised on itself, on the model where it is called and in every
//! Region it may run, a bearer token before all, a guardrail besides. Which rows apply is data of the reference
//! (`operations.toml`); here they are filled in ([`Operation::ways`]) and answered together
//! ([`authorize_operation`]): every one has to be allowed. What AWS's pages do not settle is filled in under every
//! reading, as the evaluator does.
//!
//! Deliberately absent: who may make calls at all, what an organisation wants, data a call touches besides models
//! (buckets, keys, logs). Follows aws-facts §1.3, §1.6, §1.7, §1.13, §3.5, §3.6 and §4.4.

mod answer;
mod assumption;
mod fan_out;
mod target;
#[cfg(test)]
mod tests;

use std::fmt;

use reference::{AddOnKind, Api, By, TargetKind};

pub use answer::{
    OperationAnswer, OperationDoubt, OperationLayers, OperationOutcome, StepAnswer, WayAnswer, WayOutcome,
    authorize_operation,
};
pub use assumption::{Fixed, OperationAssumption, OperationReadings};
pub use target::{Place, Reach, Target, TargetError, TargetNote, destinations_of};

use crate::arn::AccountId;
use crate::context::Context;
use crate::principal::Principal;
use crate::request::{Completeness, Request};
use fan_out::FanOut;
use target::Known;

/// Most ways a call is filled in; beyond it nothing is computed.
const WAYS_MAX: usize = 4_096;

/// What a client asks.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The API it calls.
    pub api: &'static Api,
    /// What it names, as it names it: a model id, a profile id, an ARN.
    pub target: String,
    /// Where it calls, and in which account.
    pub place: Place,
    /// Who calls.
    pub caller: Principal,
    /// What the call says besides.
    pub options: Options,
    /// What is known about the things it names.
    pub facts: Facts,
    /// Keys of the caller's requests that do not follow from the call (address, MFA, tags of the principal); they
    /// win over derived ones in every step.
    pub context: Context,
    /// Whether keys that are not given are absent or unknown.
    pub completeness: Completeness,
    /// Unsettled points that somebody settled.
    pub fixed: Fixed,
}

/// What a call says besides its target.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The guardrail of the request and enforced ones.
    pub guardrails: Vec<Guardrail>,
    /// `priority`, `default`, `flex` or `reserved`.
    pub service_tier: Option<String>,
    pub bearer_token: Option<BearerToken>,
    /// Id of the project, `default` where none is named; or of the workspace, which has no default.
    pub project: Option<String>,
    /// Ids of tools that Bedrock runs on the server.
    pub system_tools: Vec<String>,
    /// Web tools the model may call: [`AddOnKind::WebSearch`], `WebFetch`, `ExternalWebAccess`.
    pub web_tools: Vec<AddOnKind>,
    /// Days until a new credential expires; never where none is given.
    pub credential_age_days: Option<u32>,
    /// Tags put on what the call creates.
    pub request_tags: Vec<(String, String)>,
    /// The role a feature acts with, or that is handed to it.
    pub service_role: Option<ServiceRole>,
}

/// A guardrail that a call meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guardrail {
    /// Its id, or its ARN where another account owns it.
    pub identifier: String,
    /// Its version; none or `DRAFT` for the draft.
    pub version: Option<String>,
    /// Whether it is enforced by a policy rather than asked for.
    pub enforced: bool,
    /// Id of its guardrail profile when it reaches other Regions, e.g. `us.guardrail.v1:0`.
    pub profile: Option<String>,
    /// The Regions that profile reaches, where they are known.
    pub destinations: Option<Vec<String>>,
}

impl Guardrail {
    /// The guardrail of a request.
    pub fn requested(identifier: &str, version: Option<&str>) -> Self {
        Self {
            identifier: identifier.to_owned(),
            version: version.map(str::to_owned),
            enforced: false,
            profile: None,
            destinations: None,
        }
    }
}

/// The kind of an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BearerToken {
    /// Signed by a session, at most 12 hours.
    ShortTerm,
    /// A service-specific credential of an IAM user.
    LongTerm,
}

impl BearerToken {
    /// The value of the `BearerTokenType` keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ShortTerm => "SHORT_TERM",
            Self::LongTerm => "LONG_TERM",
        }
    }
}

/// The role a feature acts with.
#[derive(Clone, Debug)]
pub struct ServiceRole {
    /// The role.
    pub principal: Principal,
    /// Keys of its requests that do not follow from the call, such as its tags.
    pub context: Context,
}

/// What is known about the things a call names.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// What stands behind the target, as ids or ARNs: what an application profile covers (GetInferenceProfile), the
    /// models of a router, prompt, agent, flow or knowledge base, the base of provisioned throughput.
    pub behind: Option<Vec<String>>,
    /// Where the named system profile takes a call made here (GetInferenceProfile).
    pub destinations: Option<Vec<String>>,
    /// Tags by ARN of the resource that carries them.
    pub resource_tags: Vec<(String, Vec<(String, String)>)>,
    /// The organisation of the account, where it is in one.
    pub organization: Option<Organization>,
    /// Those of other accounts that own what the call takes, such as an enforced guardrail.
    pub owners: Vec<(AccountId, Organization)>,
}

/// The organisation of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// `o-…`.
    pub id: String,
    /// The path of the account, `o-…/r-…/ou-…/`.
    pub paths: Vec<String>,
}

/// One choice of readings, and the authorisations AWS makes under it.
#[derive(Clone, Debug)]
pub struct Way {
    /// The readings in force.
    pub readings: OperationReadings,
    /// Every authorisation, in the order of the table; no two are equal.
    pub steps: Vec<Step>,
    /// What would add steps if it were known.
    pub gaps: Vec<Gap>,
}

/// One authorisation of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Who is authorised.
    pub by: By,
    /// What AWS asks the policies.
    pub request: Request,
    /// The value of `aws:RequestedRegion` as it follows from the call.
    pub region: String,
    /// The row it comes from.
    pub why: Why,
    /// Whether the call goes on when it is denied.
    pub optional: bool,
}

/// The row of the reference that makes a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// What the row is about.
    pub title: String,
    /// Where it comes from.
    pub source: &'static str,
}

/// Something that is not known and would add steps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// What stands behind this.
    Behind { target: String },
    /// The role the feature acts with.
    ServiceRole,
    /// The workspace of Claude Platform that the call is made in.
    Workspace,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Behind { target } => write!(f, "it is not known which models stand behind `{target}`"),
            Self::ServiceRole => f.write_str("the role the service acts with is not known"),
            Self::Workspace => f.write_str("the workspace that is called is not known"),
        }
    }
}

/// Why a call cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperationError {
    /// What it names cannot be called from here.
    Target(TargetError),
    /// The API does not take what it names.
    NotTaken { api: String, kind: TargetKind },
    /// The API does not take this option.
    Option { api: String, option: AddOnKind },
    /// The Region is not in the partition of the call.
    Partition { region: String, found: String, expected: String },
    /// More combinations of readings than are computed.
    TooManyWays { assumptions: Vec<OperationAssumption> },
}

impl fmt::Display for OperationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(error) => error.fmt(f),
            Self::NotTaken { api, kind } => {
                write!(f, "`{api}` does not take {}", reference::target(*kind).title)
            }
            Self::Option { api, option } => {
                write!(f, "`{api}` does not take {}", reference::add_on(*option).title)
            }
            Self::Partition { region, found, expected } => {
                write!(f, "Region `{region}` belongs to partition `{found}`, not to `{expected}`")
            }
            Self::TooManyWays { assumptions } => {
                let ids: Vec<_> = assumptions.iter().map(|each| each.id()).collect();
                write!(f, "too many combinations of unsettled points: {}", ids.join(", "))
            }
        }
    }
}

impl std::error::Error for OperationError {}

impl From<TargetError> for OperationError {
    fn from(error: TargetError) -> Self {
        Self::Target(error)
    }
}

impl OperationError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Target(error) => error.hint(),
            Self::NotTaken { api, .. } => {
                let takes = |each: &&Api| format!("{}:{}", each.endpoint, each.name) == *api;
                let titles: Vec<_> = reference::apis()
                    .iter()
                    .find(takes)
                    .map(|each| {
                        each.targets.iter().map(|kind| reference::target(*kind).title.as_str()).collect()
                    })
                    .unwrap_or_default();
                Some(format!("it takes {}", titles.join("; ")))
            }
            Self::Option { .. } | Self::Partition { .. } => None,
            Self::TooManyWays { .. } => Some("settle some of them".to_owned()),
        }
    }
}

impl Operation {
    /// A call with nothing said or known besides; a complete one.
    pub fn new(api: &'static Api, target: &str, place: Place, caller: Principal) -> Self {
        Self {
            api,
            target: target.to_owned(),
            place,
            caller,
            options: Options::default(),
            facts: Facts::default(),
            context: Context::new(),
            completeness: Completeness::Complete,
            fixed: Fixed::by_evidence(),
        }
    }

    /// What the call names.
    ///
    /// # Errors
    /// [`OperationError`] when that cannot be called from here or not by this API.
    pub fn resolve(&self) -> Result<Target, OperationError> {
        if let Some(found) = reference::partition_of_region(&self.place.region)
            && found != self.place.partition
        {
            return Err(OperationError::Partition {
                region: self.place.region.clone(),
                found: found.to_owned(),
                expected: self.place.partition.clone(),
            });
        }
        let known =
            Known { behind: self.facts.behind.as_deref(), destinations: self.facts.destinations.as_deref() };
        let target = self.place.resolve(&self.target, &self.api.targets, known)?;
        if !self.api.targets.contains(&target.kind) {
            return Err(OperationError::NotTaken { api: self.api_name(), kind: target.kind });
        }
        Ok(target)
    }

    /// The authorisations AWS makes, under every combination of the readings that matter; the defaults first.
    ///
    /// # Errors
    /// [`OperationError`] when the call cannot be made like this.
    pub fn ways(&self) -> Result<Vec<Way>, OperationError> {
        self.check_options()?;
        let target = self.resolve()?;
        let behind = self.behind(&target)?;
        let mut involved: Vec<OperationAssumption> = Vec::new();
        loop {
            let combinations = self.combinations(&involved);
            if combinations.len() > WAYS_MAX {
                return Err(OperationError::TooManyWays { assumptions: involved });
            }
            let mut ways = Vec::with_capacity(combinations.len());
            let mut met = involved.clone();
            for readings in combinations {
                let (way, touched) = FanOut::of(self, &target, behind.as_deref(), readings);
                ways.push(way);
                met.extend(touched.into_iter().filter(|each| !self.fixed.contains(*each)));
            }
            met.sort_unstable();
            met.dedup();
            if met == involved {
                return Ok(ways);
            }
            involved = met;
        }
    }

    fn combinations(&self, involved: &[OperationAssumption]) -> Vec<OperationReadings> {
        involved.iter().fold(vec![self.fixed.readings()], |combinations, assumption| {
            let readings = assumption.row().readings.len() as u8;
            (0..readings)
                .flat_map(|reading| combinations.iter().map(move |before| before.with(*assumption, reading)))
                .take(WAYS_MAX + 1)
                .collect()
        })
    }

    /// What stands behind the target, where that is known and the target does not cover it itself.
    fn behind(&self, target: &Target) -> Result<Option<Vec<Target>>, OperationError> {
        if target.is_profile() {
            return Ok(None);
        }
        let Some(behind) = &self.facts.behind else { return Ok(None) };
        let resolved = |text: &String| self.place.resolve(text, &[], Known::default());
        Ok(Some(behind.iter().map(resolved).collect::<Result<_, _>>()?))
    }

    fn check_options(&self) -> Result<(), OperationError> {
        let options = &self.options;
        let asked = [
            (AddOnKind::BearerToken, options.bearer_token.is_some()),
            (AddOnKind::Guardrail, options.guardrails.iter().any(|each| !each.enforced)),
            (AddOnKind::Project, options.project.is_some()),
            (AddOnKind::SystemTool, !options.system_tools.is_empty()),
        ];
        let web = options.web_tools.iter().map(|tool| (*tool, true));
        for (option, is_asked) in asked.into_iter().chain(web) {
            if is_asked && !self.api.add_ons.contains(&option) {
                return Err(OperationError::Option { api: self.api_name(), option });
            }
        }
        Ok(())
    }

    fn api_name(&self) -> String {
        format!("{}:{}", self.api.endpoint, self.api.name)
    }
}

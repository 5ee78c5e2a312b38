//! Unsettled points about what a call asks: which action, which resource, which value of a key.
//!
//! What each id means, its readings and its source stand in the reference. A fan-out runs under one
//! [`OperationReadings`] and notes which points it leaned on, as an evaluation does with its own
//! ([`crate::assumption`]).

use std::fmt;
use std::sync::OnceLock;

/// An unsettled point about the authorisations of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum OperationAssumption {
    AsyncInvokeResource,
    BaseModelOfOwnModels,
    BatchThroughProfile,
    BidirectionalStreamAction,
    CopiedProfileModels,
    CredentialAgeOmitted,
    EnforcedGuardrailOnServiceRoles,
    GlobalRequestedRegion,
    GuardrailDestinations,
    GuardrailProfileRegion,
    ModelArnThroughProfile,
    ModelOfFeature,
    PassRoleRegion,
    ProfileDestinations,
    PromptRouterBehind,
    RequestKeysOffModels,
    ResourceAccountOnModels,
    ResourceOrganizationOnModels,
    ServiceTierOmitted,
    StreamedResponsesProject,
    TargetReadAtRun,
    WebSearchResource,
}

impl OperationAssumption {
    /// Every point, by id.
    pub const ALL: [Self; 22] = [
        Self::AsyncInvokeResource,
        Self::BaseModelOfOwnModels,
        Self::BatchThroughProfile,
        Self::BidirectionalStreamAction,
        Self::CopiedProfileModels,
        Self::CredentialAgeOmitted,
        Self::EnforcedGuardrailOnServiceRoles,
        Self::GlobalRequestedRegion,
        Self::GuardrailDestinations,
        Self::GuardrailProfileRegion,
        Self::ModelArnThroughProfile,
        Self::ModelOfFeature,
        Self::PassRoleRegion,
        Self::ProfileDestinations,
        Self::PromptRouterBehind,
        Self::RequestKeysOffModels,
        Self::ResourceAccountOnModels,
        Self::ResourceOrganizationOnModels,
        Self::ServiceTierOmitted,
        Self::StreamedResponsesProject,
        Self::TargetReadAtRun,
        Self::WebSearchResource,
    ];

    /// The id under which the reference describes it.
    pub fn id(self) -> &'static str {
        match self {
            Self::AsyncInvokeResource => "async-invoke-resource",
            Self::BaseModelOfOwnModels => "base-model-of-own-models",
            Self::BatchThroughProfile => "batch-through-profile",
            Self::BidirectionalStreamAction => "bidirectional-stream-action",
            Self::CopiedProfileModels => "copied-profile-models",
            Self::CredentialAgeOmitted => "credential-age-omitted",
            Self::EnforcedGuardrailOnServiceRoles => "enforced-guardrail-on-service-roles",
            Self::GlobalRequestedRegion => "global-requested-region",
            Self::GuardrailDestinations => "guardrail-destinations",
            Self::GuardrailProfileRegion => "guardrail-profile-region",
            Self::ModelArnThroughProfile => "model-arn-through-profile",
            Self::ModelOfFeature => "model-of-feature",
            Self::PassRoleRegion => "pass-role-region",
            Self::ProfileDestinations => "profile-destinations",
            Self::PromptRouterBehind => "prompt-router-behind",
            Self::RequestKeysOffModels => "request-keys-off-models",
            Self::ResourceAccountOnModels => "resource-account-on-models",
            Self::ResourceOrganizationOnModels => "resource-organization-on-models",
            Self::ServiceTierOmitted => "service-tier-omitted",
            Self::StreamedResponsesProject => "streamed-responses-project",
            Self::TargetReadAtRun => "target-read-at-run",
            Self::WebSearchResource => "web-search-resource",
        }
    }

    /// The point of this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.id() == id)
    }

    /// Its row in the reference.
    ///
    /// # Panics
    /// When the reference lacks the row: a bug of ours that a test over every point finds.
    pub fn row(self) -> &'static reference::Assumption {
        static ROWS: OnceLock<[&reference::Assumption; OperationAssumption::ALL.len()]> = OnceLock::new();
        let rows = ROWS.get_or_init(|| {
            Self::ALL.map(|each| {
                reference::assumption(each.id()).expect("the reference describes every assumption")
            })
        });
        rows[self as usize]
    }

    /// The number of the reading of this name.
    pub fn reading(self, name: &str) -> Option<u8> {
        self.row().readings.iter().position(|reading| reading.name == name).map(|at| at as u8)
    }

    /// The reading that evidence decides, where there is one.
    fn settled(self) -> Option<u8> {
        self.row().settled.as_ref().and_then(|settled| self.reading(&settled.reading))
    }
}

impl fmt::Display for OperationAssumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// One reading for every point; the first is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct OperationReadings([u8; OperationAssumption::ALL.len()]);

impl OperationReadings {
    /// The number of the reading in force, as an index into the readings of the reference.
    pub fn of(&self, assumption: OperationAssumption) -> u8 {
        self.0[assumption as usize]
    }

    /// The name of the reading in force.
    pub fn name_of(&self, assumption: OperationAssumption) -> &'static str {
        let row = assumption.row();
        row.readings.get(usize::from(self.of(assumption))).unwrap_or(row.default_reading()).name.as_str()
    }

    /// The same readings with one changed.
    #[must_use]
    pub fn with(mut self, assumption: OperationAssumption, reading: u8) -> Self {
        self.0[assumption as usize] = reading;
        self
    }
}

/// Points that somebody settled, with the reading they settled on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fixed(Vec<(OperationAssumption, u8)>);

impl Fixed {
    /// What evidence settles already.
    pub fn by_evidence() -> Self {
        let settled = |each: OperationAssumption| each.settled().map(|reading| (each, reading));
        Self(OperationAssumption::ALL.into_iter().filter_map(settled).collect())
    }

    /// Settles a point on the reading of this name, whatever was settled before; `false` when it has no such
    /// reading.
    pub fn settle(&mut self, assumption: OperationAssumption, reading: &str) -> bool {
        let Some(reading) = assumption.reading(reading) else { return false };
        self.0.retain(|(other, _)| *other != assumption);
        self.0.push((assumption, reading));
        true
    }

    pub(super) fn contains(&self, assumption: OperationAssumption) -> bool {
        self.0.iter().any(|(fixed, _)| *fixed == assumption)
    }

    pub(super) fn readings(&self) -> OperationReadings {
        self.0.iter().fold(OperationReadings::default(), |all, (fixed, reading)| all.with(*fixed, *reading))
    }
}

/// The readings in force and the points that were leaned on.
pub(super) struct OperationLedger {
    readings: OperationReadings,
    touched: Vec<OperationAssumption>,
}

impl OperationLedger {
    pub(super) fn new(readings: OperationReadings) -> Self {
        Self { readings, touched: Vec::new() }
    }

    /// The name of the reading in force; notes that it matters.
    pub(super) fn reading(&mut self, assumption: OperationAssumption) -> &'static str {
        if !self.touched.contains(&assumption) {
            self.touched.push(assumption);
        }
        self.readings.name_of(assumption)
    }

    /// The points that were leaned on, by id.
    pub(super) fn into_touched(mut self) -> Vec<OperationAssumption> {
        self.touched.sort_unstable();
        self.touched
    }
}

//! What an action means for models: who should hold it, and whether it opens a door.
//!
//! Does not group actions into doors ([`doors`](crate::doors)) and ignores access levels, which mislead: AWS calls
//! running a model a read. Kept by hand; classified by reading the Service Authorization Reference with the user guides.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::table::{columns, compare};

/// One classified action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// Service prefix, e.g. `bedrock`.
    pub service: &'static str,
    /// Name as AWS spells it, e.g. `InvokeModel`.
    pub action: &'static str,
    /// The kind of work it belongs to.
    pub kind: DutyKind,
    /// What the action opens; none where it opens nothing.
    pub opens: Vec<Opens>,
    /// Why, as a clause without full stop.
    pub reason: &'static str,
}

/// The kind of work an action belongs to; a person or role should hold few of them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DutyKind {
    /// Building agents, flows, prompts and the like on models.
    AppBuild,
    /// Reading configuration and evidence, no content.
    AuditRead,
    /// Connecting data to models.
    DataAdmin,
    /// Judging models.
    Evaluation,
    /// Writing guardrails and what enforces them.
    GuardrailAdmin,
    /// Applying guardrails.
    GuardrailUse,
    /// Using models.
    Invoke,
    /// Making, changing and destroying credentials and keys.
    KeyAdmin,
    /// Writing what is logged.
    LogAdmin,
    /// Bringing in, deploying and removing models.
    ModelAdmin,
    /// Accepting licences and opening access.
    Onboarding,
    /// Writing policies and what policies compare.
    PolicyAdmin,
    /// Reading and writing the content of conversations.
    RuntimeData,
    /// Issuing sessions.
    SessionIssue,
    /// Committing spend.
    SpendAdmin,
}

/// What an action, or a door, does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Opens {
    /// Runs a model.
    Run,
    /// Makes a model available that was not.
    BringIn,
    /// Puts a model behind something that callers use, or changes which one stands there.
    Deploy,
    /// Opens models or their guards to other principals or accounts.
    Share,
    /// Mints, revives or accepts a credential.
    Credential,
    /// Lets a model, or whoever drives it, use a tool.
    Tool,
    /// Lets content leave, or stay longer.
    Egress,
}

impl Duty {
    /// Whether the action runs a model.
    pub fn runs_a_model(&self) -> bool {
        self.opens.contains(&Opens::Run)
    }

    /// Whether a model can be called after the action that could not before, whatever stands behind it.
    pub fn brings_a_model_in(&self) -> bool {
        self.opens.contains(&Opens::BringIn) || self.opens.contains(&Opens::Deploy)
    }
}

impl DutyKind {
    /// The name in the table, e.g. `model-admin`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AppBuild => "app-build",
            Self::AuditRead => "audit-read",
            Self::DataAdmin => "data-admin",
            Self::Evaluation => "evaluation",
            Self::GuardrailAdmin => "guardrail-admin",
            Self::GuardrailUse => "guardrail-use",
            Self::Invoke => "invoke",
            Self::KeyAdmin => "key-admin",
            Self::LogAdmin => "log-admin",
            Self::ModelAdmin => "model-admin",
            Self::Onboarding => "onboarding",
            Self::PolicyAdmin => "policy-admin",
            Self::RuntimeData => "runtime-data",
            Self::SessionIssue => "session-issue",
            Self::SpendAdmin => "spend-admin",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }

    /// All kinds, by name.
    pub const ALL: [Self; 15] = [
        Self::AppBuild,
        Self::AuditRead,
        Self::DataAdmin,
        Self::Evaluation,
        Self::GuardrailAdmin,
        Self::GuardrailUse,
        Self::Invoke,
        Self::KeyAdmin,
        Self::LogAdmin,
        Self::ModelAdmin,
        Self::Onboarding,
        Self::PolicyAdmin,
        Self::RuntimeData,
        Self::SessionIssue,
        Self::SpendAdmin,
    ];
}

impl Opens {
    /// The name in the tables, e.g. `bring-in`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::BringIn => "bring-in",
            Self::Deploy => "deploy",
            Self::Share => "share",
            Self::Credential => "credential",
            Self::Tool => "tool",
            Self::Egress => "egress",
        }
    }

    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 7] =
        [Self::Run, Self::BringIn, Self::Deploy, Self::Share, Self::Credential, Self::Tool, Self::Egress];
}

/// What this action means for models, letters compared without case; none where it is not classified, which does not
/// mean that it opens nothing.
pub fn duty(service: &str, action: &str) -> Option<&'static Duty> {
    let rows = table();
    let at = rows.binary_search_by(|row| compare(row.line, &[service, action])).ok()?;
    Some(&rows[at].duty)
}

/// All classified actions, by service and name.
pub fn duties() -> impl Iterator<Item = &'static Duty> + Clone {
    table().iter().map(|row| &row.duty)
}

struct Row {
    line: &'static str,
    duty: Duty,
}

fn table() -> &'static [Row] {
    static TABLE: OnceLock<Vec<Row>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let lines = include_str!("../data/duties.tsv").lines();
        lines.filter(|line| !line.starts_with('#')).map(|line| Row { line, duty: read(line) }).collect()
    })
}

fn read(line: &'static str) -> Duty {
    let [service, action, kind, opens, reason] = columns(line);
    let kind = DutyKind::named(kind);
    let opens = opens.split(',').filter(|name| !name.is_empty()).map(|name| {
        let known = Opens::ALL.into_iter().find(|each| each.name() == name);
        known.unwrap_or_else(|| panic!("an embedded line opens {name:?}"))
    });
    Duty {
        service,
        action,
        kind: kind.unwrap_or_else(|| panic!("an embedded line has an unknown duty: {line:?}")),
        opens: opens.collect(),
        reason,
    }
}

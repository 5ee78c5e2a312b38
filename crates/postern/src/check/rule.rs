//! What a rule is, and all of them.
//!
//! A rule with its own code has a file of its own under `rule/`; a rule whose finding `iam::lint` makes stands
//! under `lint/` and only says what the finding means. Both have a page, made from what stands here.

/// The files of a made-up organisation with one member account, for examples: `organization!("more files", …)`.
macro_rules! organization {
    ($($more:literal),* $(,)?) => {
        concat!(
            r#"{
  "accounts/111111111111/global/organizations.DescribeOrganization.json": { "Organization": { "Id": "o-example123", "Arn": "arn:aws:organizations::111111111111:organization/o-example123", "MasterAccountId": "111111111111" } },
  "accounts/111111111111/global/organizations.ListRoots.json": { "Roots": [{ "Id": "r-ab12", "Arn": "arn:aws:organizations::111111111111:root/o-example123/r-ab12", "Name": "Root", "PolicyTypes": [{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }, { "Type": "BEDROCK_POLICY", "Status": "ENABLED" }] }] },
  "accounts/111111111111/global/organizations.ListOrganizationalUnitsForParent/r-ab12.json": { "OrganizationalUnits": [] },
  "accounts/111111111111/global/organizations.ListAccountsForParent/r-ab12.json": { "Accounts": [{ "Id": "111111111111", "Arn": "arn:aws:organizations::111111111111:account/o-example123/111111111111", "Name": "management" }, { "Id": "222222222222", "Arn": "arn:aws:organizations::111111111111:account/o-example123/222222222222", "Name": "member" }] }"#,
            $(",\n", $more,)*
            "\n}"
        )
    };
}

mod allow_list_breaks_calls;
mod allow_list_without_effect;
mod allow_without_key;
mod bedrock_policy;
mod caller_chooses_key;
mod catalogue_deny;
pub mod charter;
mod closed_in_one_region;
mod closes_one_service;
mod confused_deputy;
mod contradicting_values;
mod credential_blanket;
mod denies_everything_else;
mod exemption_by_name;
mod guardrail_identifier;
mod guardrail_out_of_reach;
mod guardrail_removal;
mod guardrail_sharing;
mod half_closed;
mod idle_statement;
mod invoke_and_administer;
mod leaves_doors_open;
mod long_term_keys;
mod managed_policy_runs_models;
mod mantle_half_inverted;
mod mcp_deny_is_partial;
mod model_names;
mod over_quota;
mod owner_conditions;
mod placeholder;
mod principal_arn;
mod profile_grants;
mod rcp_stops_services;
mod read_level;
mod refused;
mod region_deny_breaks_profiles;
mod service_wildcard;
mod swaps_model;
mod target_moved;
mod trust_of_strangers;
mod unreadable;
mod unspecified_region;

use std::ops::Range;

use iam::PolicyType;

use super::document::{Document, Kind};
use super::finding::{Audience, Confidence, Exactness, Finding, Severity};
use super::read::{Attachment, Credential};
use super::view::View;
use super::whole::{Told, Whole};

/// One thing that is looked for.
#[derive(Debug)]
pub struct Rule {
    /// Its name in output, on the command line and of its page.
    pub id: &'static str,
    /// What it finds, as a clause without full stop.
    pub title: &'static str,
    /// How bad its findings are at most.
    pub severity: Severity,
    /// How sure its findings are at most.
    pub confidence: Confidence,
    pub audience: Audience,
    /// Why it matters, in whole sentences.
    pub why: &'static str,
    /// What to write instead, in whole sentences.
    pub instead: &'static str,
    /// The pages that say so, by name.
    pub sources: &'static [&'static str],
    /// A document in which it finds something.
    pub bad: Example,
    /// Its nearest neighbour in which it does not.
    pub good: Example,
    /// How it looks.
    pub look: Look,
}

/// A document or a data set that shows a rule.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    pub of: ExampleOf,
    pub text: &'static str,
}

/// What an example is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExampleOf {
    /// One document of this kind.
    Document(Kind),
    /// A charter.
    Charter,
    /// A snapshot: an object with a member for each file, named by its path.
    Snapshot,
}

impl std::fmt::Display for ExampleOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Document(kind) => kind.fmt(f),
            Self::Charter => f.write_str("charter"),
            Self::Snapshot => f.write_str("snapshot"),
        }
    }
}

impl Example {
    /// An SCP.
    pub const fn scp(text: &'static str) -> Self {
        Self { of: ExampleOf::Document(Kind::Policy(PolicyType::ServiceControl)), text }
    }

    /// An RCP.
    pub const fn rcp(text: &'static str) -> Self {
        Self { of: ExampleOf::Document(Kind::Policy(PolicyType::ResourceControl)), text }
    }

    /// An identity-based policy.
    pub const fn identity(text: &'static str) -> Self {
        Self { of: ExampleOf::Document(Kind::Policy(PolicyType::Identity)), text }
    }

    /// A resource-based policy.
    pub const fn resource(text: &'static str) -> Self {
        Self { of: ExampleOf::Document(Kind::Policy(PolicyType::Resource)), text }
    }

    /// A Bedrock policy.
    pub const fn bedrock(text: &'static str) -> Self {
        Self { of: ExampleOf::Document(Kind::Bedrock), text }
    }

    /// A charter.
    pub const fn charter(text: &'static str) -> Self {
        Self { of: ExampleOf::Charter, text }
    }

    /// A snapshot.
    pub const fn snapshot(text: &'static str) -> Self {
        Self { of: ExampleOf::Snapshot, text }
    }

    /// A role's trust policy.
    pub const fn trust(text: &'static str) -> Self {
        Self { of: ExampleOf::Document(Kind::Policy(PolicyType::Trust)), text }
    }
}

/// Rules with code of their own.
const OWN: &[&Rule] = &[
    &allow_list_breaks_calls::RULE,
    &allow_list_without_effect::RULE,
    &allow_without_key::RULE,
    &bedrock_policy::FORM,
    &bedrock_policy::OBSOLETE,
    &bedrock_policy::BELOW,
    &bedrock_policy::OTHERS,
    &bedrock_policy::REACH,
    &bedrock_policy::SELECTIVE,
    &caller_chooses_key::RULE,
    &catalogue_deny::RULE,
    &charter::WRONG,
    &charter::DOUBTFUL,
    &closed_in_one_region::CLOSED,
    &closed_in_one_region::EXEMPT,
    &closes_one_service::RULE,
    &confused_deputy::RULE,
    &contradicting_values::RULE,
    &credential_blanket::RULE,
    &denies_everything_else::EVERYTHING,
    &denies_everything_else::BUCKET,
    &exemption_by_name::RULE,
    &guardrail_identifier::RULE,
    &guardrail_out_of_reach::RULE,
    &guardrail_removal::ACCOUNT,
    &guardrail_removal::ORGANIZATION,
    &guardrail_sharing::NONE,
    &guardrail_sharing::GUARDRAIL,
    &half_closed::BEARER,
    &half_closed::BRING_IN,
    &half_closed::CREDENTIAL,
    &half_closed::OTHER,
    &idle_statement::RULE,
    &invoke_and_administer::RULE,
    &leaves_doors_open::MODELS,
    &leaves_doors_open::REGIONS,
    &long_term_keys::GRANT,
    &long_term_keys::KEY,
    &managed_policy_runs_models::RULE,
    &mantle_half_inverted::RULE,
    &mcp_deny_is_partial::RULE,
    &model_names::UNKNOWN,
    &model_names::OTHER_ENDPOINT,
    &model_names::RETIRED,
    &over_quota::RULE,
    &owner_conditions::RULE,
    &placeholder::RULE,
    &principal_arn::RULE,
    &profile_grants::REGIONS,
    &profile_grants::COPIES,
    &profile_grants::RETAG,
    &profile_grants::EXTRA_TAGS,
    &rcp_stops_services::RULE,
    &read_level::RULE,
    &refused::RULE,
    &region_deny_breaks_profiles::RULE,
    &service_wildcard::RULE,
    &swaps_model::RULE,
    &target_moved::RULE,
    &trust_of_strangers::ACCOUNT,
    &trust_of_strangers::FEDERATION,
    &unreadable::RULE,
    &unspecified_region::RULE,
];

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub enum Look {
    /// At one policy in the language of IAM.
    Policy(fn(&View<'_>, &mut Found)),
    /// At one Bedrock policy of AWS Organizations.
    Bedrock(fn(&Document, &mut Found)),
    /// At one document, whatever its kind.
    Document(fn(&Document, &mut Found)),
    /// At a managed policy that is attached to somebody.
    Attachment(fn(&Attachment, &mut Found)),
    /// At a credential for one service.
    Credential(fn(&Credential, &mut Found)),
    /// At what `iam::lint` finds in one policy, under these codes.
    Lint(&'static [&'static str]),
    /// At a whole data set.
    Estate(fn(&Whole<'_>, &mut Told)),
    /// At what is said of a charter at this level.
    Charter(::charter::Level),
    /// At what AWS refuses when a document is written.
    Refused,
    /// At texts that are neither JSON nor YAML.
    Unreadable,
}

/// Where a rule puts what it finds in one document.
#[derive(Debug)]
pub struct Found {
    rule: &'static Rule,
    source: usize,
    document: Option<String>,
    exactness: Exactness,
    findings: Vec<Finding>,
}

impl Found {
    /// Nothing yet.
    pub fn new(rule: &'static Rule, source: usize, document: Option<&str>, exactness: Exactness) -> Self {
        Self { rule, source, document: document.map(str::to_owned), exactness, findings: Vec::new() }
    }

    /// Adds a finding at a place, with what the rule says of all of its findings; the finding may be changed.
    pub fn add(&mut self, at: Range<usize>, message: impl Into<String>) -> &mut Finding {
        self.findings.push(Finding {
            rule: self.rule,
            severity: self.rule.severity,
            confidence: self.rule.confidence,
            message: message.into(),
            instead: String::new(),
            source: self.source,
            start: at.start,
            end: at.end,
            document: self.document.clone(),
            exactness: self.exactness,
        });
        self.findings.last_mut().expect("one was just pushed")
    }

    /// Everything that was added.
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}

impl Finding {
    /// Says what to write instead here.
    pub fn instead(&mut self, instead: impl Into<String>) -> &mut Self {
        self.instead = instead.into();
        self
    }

    /// Says how bad this one is.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// Says how sure this one is.
    pub fn confidence(&mut self, confidence: Confidence) -> &mut Self {
        self.confidence = confidence;
        self
    }
}

/// Every rule, by id.
pub fn rules() -> impl Iterator<Item = &'static Rule> + Clone {
    static SORTED: std::sync::OnceLock<Vec<&'static Rule>> = std::sync::OnceLock::new();
    let sorted = SORTED.get_or_init(|| {
        let mut all: Vec<&'static Rule> = super::lint::RULES.iter().flat_map(|group| group.iter()).collect();
        all.extend(OWN.iter().copied());
        all.sort_unstable_by_key(|rule| rule.id);
        all
    });
    sorted.iter().copied()
}

/// The rule of this id, or of this code of IAM Access Analyzer.
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id == id || rule.lint_codes().contains(&id))
}

impl Rule {
    /// The codes under which `iam::lint` makes its findings; none for rules with code of their own.
    pub fn lint_codes(&self) -> &'static [&'static str] {
        match self.look {
            Look::Lint(codes) => codes,
            Look::Policy(_)
            | Look::Bedrock(_)
            | Look::Document(_)
            | Look::Attachment(_)
            | Look::Credential(_)
            | Look::Estate(_)
            | Look::Refused
            | Look::Charter(_)
            | Look::Unreadable => &[],
        }
    }

    /// Its page, from the folder of the pages.
    pub fn page(&self) -> String {
        format!("{}.md", self.id)
    }
}

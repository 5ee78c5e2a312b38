//! The sentences AWS prints when it denies.
//!
//! Does not choose the layer to name and builds no sentence. Kept by hand from the IAM User Guide, "Troubleshoot
//! access denied error messages"; services alter the text, which has its own table.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::hand_kept::{Basis, parse};

/// A layer a denial can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DenialLayer {
    /// A service control policy.
    ServiceControlPolicy,
    /// A resource control policy.
    ResourceControlPolicy,
    /// A VPC endpoint policy.
    VpcEndpointPolicy,
    /// A permissions boundary.
    PermissionsBoundary,
    /// A session policy.
    SessionPolicy,
    /// A resource-based policy.
    ResourceBasedPolicy,
    /// An identity-based policy.
    IdentityBasedPolicy,
    /// The trust policy of a role.
    RoleTrustPolicy,
}

/// The end of the sentence for one layer and one kind of denial.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenialSentence {
    /// The layer it names.
    pub layer: DenialLayer,
    /// Whether a statement denies, rather than none allowing.
    pub explicit: bool,
    /// The text; `{action}` stands for the action.
    pub text: String,
    /// Whether AWS may append `: ` and the ARN of the policy.
    pub policy_arn: bool,
    /// How well it is known.
    pub basis: Basis,
    /// Where it comes from.
    pub source: String,
}

/// How one service prints a denial.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenialForm {
    /// Service prefix; `*` for all that have no row of their own.
    pub service: String,
    /// Actions the row is about; `*` for all that have no row of their own.
    pub actions: Vec<String>,
    /// Whether ` on resource: ` and the ARN stand in the sentence.
    pub on_resource: Appears,
    /// Whether the ARN of the denying policy ends the sentence.
    pub policy_arn: Appears,
    /// How well it is known.
    pub basis: Basis,
    /// Where it comes from.
    pub source: String,
}

/// Whether a part of the sentence appears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Appears {
    /// It was seen, or AWS documents it.
    Yes,
    /// It was seen missing.
    No,
    /// No source says.
    Unknown,
}

/// The end of the sentence for a denial by `layer`; nothing where AWS has no such form.
pub fn denial_sentence(layer: DenialLayer, explicit: bool) -> Option<&'static DenialSentence> {
    denial_sentences().iter().find(|each| each.layer == layer && each.explicit == explicit)
}

/// All ends of sentences.
pub fn denial_sentences() -> &'static [DenialSentence] {
    &table().sentence
}

/// How the service prints a denial of `action`: the row of the action, else of the service, else the default.
pub fn denial_form(service: &str, action: &str) -> &'static DenialForm {
    let named = |form: &DenialForm| form.actions.iter().any(|each| each.eq_ignore_ascii_case(action));
    let general = |form: &DenialForm| form.actions.iter().any(|each| each == "*");
    let own = |form: &DenialForm| form.service.eq_ignore_ascii_case(service);
    let rows = denial_forms();
    rows.iter()
        .find(|form| own(form) && named(form))
        .or_else(|| rows.iter().find(|form| form.service == "*" && named(form)))
        .or_else(|| rows.iter().find(|form| own(form) && general(form)))
        .or_else(|| rows.iter().find(|form| form.service == "*" && general(form)))
        .expect("the denial table has a default row")
}

/// All rows, the default last.
pub fn denial_forms() -> &'static [DenialForm] {
    &table().form
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DenialTable {
    sentence: Vec<DenialSentence>,
    form: Vec<DenialForm>,
}

fn table() -> &'static DenialTable {
    static TABLE: OnceLock<DenialTable> = OnceLock::new();
    TABLE.get_or_init(|| parse("denials.toml", include_str!("../data/denials.toml")))
}

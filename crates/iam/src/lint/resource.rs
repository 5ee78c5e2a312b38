//! Resources that fit no action of their statement, and actions that fit no resource.
//!
//! Compares patterns with the ARN templates of the reference, leniently: see [`super::template`]. `NotResource`
//! is left alone, since what it does not exempt may be meant.

use std::collections::BTreeSet;

use super::statement::{Element, Reach, Statement, Text, is_everything, matched, spelled};
use super::template::fits;
use super::{Description, Findings, Level, listed};
use crate::glob::Glob;
use crate::policy::Effect;

enum ResourceFinding {
    /// No action of the statement takes a resource with such an ARN. Source: Service Authorization Reference,
    /// resource types of the actions.
    FitsNoAction { text: String, without_account: bool, effect: Effect },
    /// The action takes no resources and the statement names ARNs only. Source: Service Authorization
    /// Reference, on actions without resource types: specify `*` (aws-facts §10, 54).
    ActionTakesNone { text: String, effect: Effect },
    /// None of the resources is one that the action takes. Source: as [`Self::FitsNoAction`].
    ActionFitsNone { text: String, effect: Effect, takes: Vec<String> },
    /// A Deny with a wildcard in the action takes in actions that it cannot touch. Source: as
    /// [`Self::ActionTakesNone`].
    DenyPassesBy { text: String, without: Vec<String> },
    /// An account that is not twelve digits. Source: Access Analyzer policy check reference,
    /// INVALID_ARN_ACCOUNT.
    Account { account: String },
    /// Another value covers it. Source: Access Analyzer policy check reference, REDUNDANT_RESOURCE.
    Redundant { text: String, by: String },
}

/// Whether an action takes some resource that a pattern matches; a pattern without wildcards is an ARN.
pub fn takes(action: reference::Action, pattern: &str) -> bool {
    any_fits(pattern, false, &resource_types([&action].into_iter()))
}

pub(super) fn check(statement: &Statement, findings: &mut Findings) {
    let Some(element) = &statement.resource else { return };
    for (number, value) in element.values.iter().enumerate() {
        if let Some(account) = malformed_account(value.text) {
            let account = account.to_owned();
            findings.add(value.node, ResourceFinding::Account { account }.describe());
        }
        if let Some(by) = covered(value, number, &element.values) {
            let (text, by) = (value.text.to_owned(), by.to_owned());
            findings.add(value.node, ResourceFinding::Redundant { text, by }.describe());
        }
    }
    if !element.negated && !element.has_everything() && !element.values.is_empty() {
        check_fit(statement, element, findings);
    }
}

fn check_fit(statement: &Statement, element: &Element, findings: &mut Findings) {
    let Reach::Actions(actions) = statement.reach() else { return };
    let types = resource_types(actions.iter());
    for value in &element.values {
        // Without known actions there is nothing to compare with.
        if actions.is_empty() || any_fits(value.text, statement.with_variables, &types) {
            continue;
        }
        let (text, effect) = (value.text.to_owned(), statement.effect);
        let without_account = without_account(&text)
            .is_some_and(|shorter| any_fits(&shorter, statement.with_variables, &types));
        findings.add(value.node, ResourceFinding::FitsNoAction { text, without_account, effect }.describe());
    }
    for value in statement.action.iter().flat_map(|action| &action.values) {
        let Reach::Actions(actions) = matched(value.text) else { continue };
        if let Some(finding) = misfit(value, &actions, statement, element) {
            findings.add(value.node, finding.describe());
        }
    }
}

/// What is wrong between the actions of one value and the resources of the statement.
fn misfit(
    value: &Text,
    actions: &[reference::Action],
    statement: &Statement,
    element: &Element,
) -> Option<ResourceFinding> {
    let (text, effect) = (value.text.to_owned(), statement.effect);
    let (taking, without): (Vec<_>, Vec<_>) = actions.iter().partition(|action| action.takes_resources());
    if taking.is_empty() {
        return (!without.is_empty()).then_some(ResourceFinding::ActionTakesNone { text, effect });
    }
    let types = resource_types(taking.iter().copied());
    if !element.values.iter().any(|one| any_fits(one.text, statement.with_variables, &types)) {
        let takes = types.iter().map(|(_, name)| (*name).to_owned()).collect();
        return Some(ResourceFinding::ActionFitsNone { text, effect, takes });
    }
    let passes_by = effect == Effect::Deny && !without.is_empty();
    passes_by
        .then(|| ResourceFinding::DenyPassesBy { text, without: without.into_iter().map(spelled).collect() })
}

/// The resource types that the actions take, by service and name.
fn resource_types<'a>(
    actions: impl Iterator<Item = &'a reference::Action>,
) -> BTreeSet<(&'static str, &'static str)> {
    actions
        .flat_map(|action| action.resource_types().map(|resource| (action.service, resource.name)))
        .collect()
}

/// Whether the pattern may match a resource of one of the types; one whose ARN is not known may be any.
fn any_fits(pattern: &str, with_variables: bool, types: &BTreeSet<(&str, &str)>) -> bool {
    types.iter().any(|(service, name)| match reference::resource_type(service, name) {
        Some(known) => known.templates().any(|template| fits(pattern, with_variables, template)),
        None => true,
    })
}

fn malformed_account(text: &str) -> Option<&str> {
    let account = text.split(':').nth(4)?;
    let digits = !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
    (digits && account.len() != 12).then_some(account)
}

/// The ARN with an empty account, when it names one.
fn without_account(text: &str) -> Option<String> {
    let [scheme, partition, service, region, account, resource] = crate::arn::split(text)?;
    (!account.is_empty()).then(|| format!("{scheme}:{partition}:{service}:{region}::{resource}"))
}

/// Another value of the list that covers this one under every reading of `*`: stars alone, or the same text up
/// to a `*` at the very end.
fn covered<'a>(value: &Text, number: usize, values: &[Text<'a>]) -> Option<&'a str> {
    values.iter().enumerate().find_map(|(other, by)| {
        let same = by.text == value.text;
        let pattern = by.text.strip_suffix('*').unwrap_or(by.text);
        let simple = !pattern.contains(['*', '?', '$']) && pattern.split(':').count() >= 6;
        let covers = is_everything(by.text) || (simple && Glob::new(by.text).matches(value.text));
        let covers = if same { other < number } else { other != number && covers };
        covers.then_some(by.text)
    })
}

impl ResourceFinding {
    fn describe(&self) -> Description {
        let never = |effect: &Effect| match effect {
            Effect::Allow => "never allows",
            Effect::Deny => "never denies",
        };
        let level = |effect: &Effect| match effect {
            Effect::Allow => Level::Warning,
            Effect::Deny => Level::SecurityWarning,
        };
        match self {
            Self::FitsNoAction { text, without_account, effect } => Description {
                code: "resource-fits-no-action",
                level: level(effect),
                message: format!("no action of this statement takes a resource like `{text}`"),
                hint: without_account
                    .then(|| "leave the account empty: these resources belong to no account".to_owned()),
            },
            Self::ActionTakesNone { text, effect } => Description {
                code: "action-takes-no-resource",
                level: level(effect),
                message: format!(
                    "`{text}` is authorised on `*` only, so this statement {} it",
                    never(effect)
                ),
                hint: Some("put it into a statement with \"Resource\": \"*\"".to_owned()),
            },
            Self::ActionFitsNone { text, effect, takes } => Description {
                code: "action-fits-no-resource",
                level: level(effect),
                message: format!(
                    "`{text}` takes {}, and no resource of this statement is one, so it {} it",
                    listed(takes),
                    never(effect)
                ),
                hint: None,
            },
            Self::DenyPassesBy { text, without } => Description {
                code: "deny-passes-by-resourceless-actions",
                level: Level::Suggestion,
                message: format!(
                    "`{text}` takes in {}, authorised on `*` only, which this statement never denies",
                    listed(without)
                ),
                hint: Some("deny them in a statement with \"Resource\": \"*\" if that is meant".to_owned()),
            },
            Self::Account { account } => Description {
                code: "INVALID_ARN_ACCOUNT",
                level: Level::Error,
                message: format!("`{account}` is not a 12-digit account id"),
                hint: None,
            },
            Self::Redundant { text, by } => Description {
                code: "REDUNDANT_RESOURCE",
                level: Level::Suggestion,
                message: if text == by {
                    format!("`{text}` is listed twice")
                } else {
                    format!("`{text}` is covered by `{by}` in the same list")
                },
                hint: Some("take it out".to_owned()),
            },
        }
    }
}

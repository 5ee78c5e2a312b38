//! Guardrails that areas enforce: where they are, and where calls would run without one.
//!
//! Follows Amazon Bedrock User Guide, "Guardrail enforcements", and Organizations User Guide, "Amazon Bedrock policies"
//! (aws-facts §3): the guardrail is of the management account, in the very Region, in a numbered version.

use std::collections::{BTreeMap, BTreeSet};

use iam::glob::Glob;

use super::{Area, Definition, Lower, Origin, Rule};
use crate::diagnostic::Diagnostic;
use crate::syntax::{EnforcedEntry, Guarding};

/// A guardrail under which calls run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guardrail {
    pub name: String,
    /// ARN and number, by Region.
    pub versions: BTreeMap<String, String>,
    /// Ids of models that run without it.
    pub except: BTreeSet<String>,
    pub system: Guarding,
    pub messages: Guarding,
    pub origin: Origin,
}

impl Lower<'_> {
    pub(super) fn guardrail(&mut self, enforced: &EnforcedEntry) -> Option<Guardrail> {
        let entry =
            self.syntax.guardrails.iter().find(|known| known.name.value == enforced.guardrail.value)?;
        let management = self.organization.management_account;
        let mut versions = BTreeMap::new();
        for (region, version) in &entry.existing {
            let text = &version.value;
            let number = iam::arn::split(text).and_then(|[_, partition, service, of, account, rest]| {
                let (id, number) = rest.strip_prefix("guardrail/")?.split_once(':')?;
                let fits = partition == self.partition && service == "bedrock" && !id.is_empty();
                (fits && !id.contains('/')).then_some((of, account, number))
            });
            let wrong = match number {
                None => Some((
                    "this is no version of a guardrail".to_owned(),
                    "arn:aws:bedrock:REGION:ACCOUNT:guardrail/ID:1",
                )),
                Some((of, _, _)) if of != region.value => Some((
                    format!("the guardrail is in {of}, and is named for {}", region.value),
                    "Bedrock policies enforce in a Region what is in that Region",
                )),
                Some((_, account, _)) if account != management.as_str() => Some((
                    format!("the guardrail is of {account}"),
                    "Bedrock policies take guardrails of the management account",
                )),
                Some((_, _, number)) if !is_version(number) => Some((
                    format!("`{number}` is no version that can be enforced"),
                    "a number; DRAFT changes under those who call",
                )),
                Some(_) => None,
            };
            match wrong {
                Some((message, hint)) => {
                    self.found.push(Diagnostic::error(version.at.clone(), message).hint(hint));
                }
                None => drop(versions.insert(region.value.clone(), text.clone())),
            }
        }
        Some(Guardrail {
            name: entry.name.value.clone(),
            versions,
            except: enforced.except.iter().map(|id| id.value.clone()).collect(),
            system: enforced.system,
            messages: enforced.messages,
            origin: enforced.at.clone(),
        })
    }

    /// Says where a charter lets models run in a Region in which no guardrail is enforced, although one is elsewhere.
    ///
    /// Where one is yet to be made it is told, and no error: making it comes first.
    pub(super) fn guarded(&mut self, areas: &[Area], definitions: &[Definition]) {
        for definition in definitions {
            let pending: Vec<&str> = definition.pending().collect();
            let is_enforced = |area: &Area| {
                area.guardrail.as_ref().is_some_and(|guardrail| guardrail.name == definition.name)
            };
            if !pending.is_empty() && areas.iter().any(is_enforced) {
                let message = format!(
                    "`{}` has no version in {} yet, and nothing enforces it there",
                    definition.name,
                    pending.join(", ")
                );
                let hint = "run guardrails.sh of the plan, and put the lines that it prints under `existing`";
                self.found.push(Diagnostic::warning(definition.origin.clone(), message).hint(hint));
            }
        }
        for (number, area) in areas.iter().enumerate() {
            let above = std::iter::successors(Some(number), |at| areas[*at].above);
            let enforced: Vec<&Guardrail> = above.filter_map(|at| areas[at].guardrail.as_ref()).collect();
            let Some(nearest) = enforced.first() else { continue };
            let permits = match area.rules.get("runtime") {
                Some(Rule::Managed { permits, .. }) if permits.is_empty() => continue,
                Some(Rule::Managed { permits, .. }) => permits.as_slice(),
                Some(Rule::Unmanaged) | None => &[],
            };
            let named = |guardrail: &&Guardrail| {
                definitions.iter().find(|definition| definition.name == guardrail.name)
            };
            let defined: Vec<&Definition> = enforced.iter().filter_map(named).collect();
            self.appliable(area, &enforced, &defined);
            let has = |region: &str| {
                enforced.iter().any(|each| each.versions.contains_key(region))
                    || defined.iter().any(|each| each.regions.contains(region))
            };
            for permit in permits {
                let (at, message) = match &permit.regions {
                    None => (
                        permit.origin.clone(),
                        "models run in any Region, and under a guardrail only where it has a version"
                            .to_owned(),
                    ),
                    Some(regions) => {
                        let bare: Vec<&str> =
                            regions.called.iter().map(String::as_str).filter(|region| !has(region)).collect();
                        if bare.is_empty() {
                            continue;
                        }
                        (
                            permit.origin.clone(),
                            format!("models run without a guardrail in {}", bare.join(", ")),
                        )
                    }
                };
                // An exception, or a door that is open whatever the model, is meant to be wide.
                let found = match &permit.models {
                    Some(_) => Diagnostic::error(at, message),
                    None => Diagnostic::warning(at, message),
                };
                self.found.push(
                    found
                        .also(nearest.origin.clone(), "a guardrail is enforced here")
                        .hint("add a version for each Region, or name the Regions of the row"),
                );
            }
        }
    }

    /// Whoever runs a model under an enforced guardrail has to be let apply it, at the door of guardrails too.
    fn appliable(&mut self, area: &Area, enforced: &[&Guardrail], defined: &[&Definition]) {
        let Some(Rule::Managed { permits, origin, .. }) = area.rules.get("guardrails") else { return };
        let arns = enforced.iter().flat_map(|each| each.versions.values());
        let mut arns: BTreeSet<String> =
            arns.filter_map(|version| version.rsplit_once(':')).map(|(arn, _)| arn.to_owned()).collect();
        let management = self.organization.management_account;
        arns.extend(defined.iter().flat_map(|each| each.profiles(&self.partition, &management)));
        let admits = |arn: &str| {
            permits.iter().any(|permit| {
                permit.callers.is_none()
                    && permit.ends.is_none()
                    && permit.regions.as_ref().is_none_or(|regions| {
                        arn.split(':').nth(3).is_some_and(|region| regions.called.contains(region))
                    })
                    && permit
                        .resources
                        .as_ref()
                        .is_none_or(|patterns| patterns.iter().any(|pattern| Glob::new(pattern).matches(arn)))
            })
        };
        if let Some(arn) = arns.into_iter().find(|arn| !admits(arn)) {
            let message = format!("`{}` enforces {arn}, and not everybody may apply it there", area.name);
            self.found.push(
                Diagnostic::error(origin.clone(), message)
                    .also(enforced[0].origin.clone(), "the guardrail is enforced here")
                    .hint("`guardrails: open`, or with `resources`: calls of models need bedrock:ApplyGuardrail"),
            );
        }
    }
}

/// Source: Amazon Bedrock API, `GuardrailNumericalVersion`: a number of up to eight digits that begins with no zero.
fn is_version(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0')
}

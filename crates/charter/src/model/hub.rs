//! Private hubs of SageMaker JumpStart: which models they hold, and who sees them.
//!
//! A hub is in one account and is shared with parts of the organisation. It closes nothing: that nothing else is deployed is
//! said of the door `sagemaker-hubs`, which has to let the hub through where it is shared. Follows SageMaker AI Developer
//! Guide, "Private curated hubs" (aws-facts §1.9).

use std::collections::BTreeSet;
use std::sync::Arc;

use iam::arn::AccountId;
use iam::glob::Glob;

use super::check::Checker;
use super::{Area, Lower, Origin, Rule};
use crate::diagnostic::Diagnostic;
use crate::syntax::HubEntry;

/// A private hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    pub name: String,
    pub account: String,
    pub regions: BTreeSet<String>,
    /// Names of models in the public hub.
    pub models: BTreeSet<String>,
    /// ARNs of the nodes it is shared with.
    pub shared: Vec<Arc<str>>,
    pub origin: Origin,
}

impl Hub {
    /// Its ARN in a Region.
    pub fn arn(&self, partition: &str, region: &str) -> String {
        format!("arn:{partition}:sagemaker:{region}:{}:hub/{}", self.account, self.name)
    }

    /// A model of the public hub in a Region.
    ///
    /// Source: SageMaker API Reference, `CreateHubContentReference`.
    pub fn public(&self, partition: &str, region: &str, model: &str) -> String {
        format!("arn:{partition}:sagemaker:{region}:aws:hub-content/SageMakerPublicHub/Model/{model}")
    }

    /// A model of it in a Region, as what deploys it names it.
    fn content(&self, partition: &str, region: &str, model: &str) -> String {
        let account = &self.account;
        format!(
            "arn:{partition}:sagemaker:{region}:{account}:hub-content/{}/ModelReference/{model}/1.0.0",
            self.name
        )
    }
}

impl Checker<'_> {
    pub(super) fn hubs(&mut self) {
        let syntax = self.syntax;
        // Source: SageMaker API Reference, `CreateHub`: HubName; `HubContentName`.
        let fits = |text: &str| {
            (1..=63).contains(&text.len())
                && text.chars().all(|each| each.is_ascii_alphanumeric() || each == '-')
                && !text.starts_with('-')
        };
        for hub in &syntax.hubs {
            for name in std::iter::once(&hub.name).chain(&hub.models) {
                if !fits(&name.value) {
                    let hint = Some("letters, digits and hyphens, at most 63".to_owned());
                    self.error(&name.at, format!("no hub or model of one is called `{}`", name.value), hint);
                }
            }
            hub.regions.iter().for_each(|region| self.region(region));
            if let Some(account) = hub.account.as_ref().filter(|each| AccountId::new(&each.value).is_err()) {
                let hint = Some("its twelve digits, in quotes".to_owned());
                self.error(&account.at, format!("`{}` is no account", account.value), hint);
            }
        }
    }
}

impl Lower<'_> {
    pub(super) fn hubs(&mut self, areas: &[Area]) -> Vec<Hub> {
        let syntax = self.syntax;
        syntax.hubs.iter().filter_map(|entry| self.hub(entry, areas)).collect()
    }

    fn hub(&mut self, entry: &HubEntry, areas: &[Area]) -> Option<Hub> {
        let account = entry.account.as_ref()?;
        if self.organization.node(&account.value).is_none() {
            let message = format!("`{}` is outside the organisation", account.value);
            let hint = "hubs are shared within the organisation";
            self.found.push(Diagnostic::error(account.at.clone(), message).hint(hint));
        }
        let mut hub = Hub {
            name: entry.name.value.clone(),
            account: account.value.clone(),
            regions: entry.regions.iter().map(|region| region.value.clone()).collect(),
            models: entry.models.iter().map(|model| model.value.clone()).collect(),
            shared: Vec::new(),
            origin: entry.name.at.clone(),
        };
        for at in &entry.share {
            let Some(node) = self.node(at) else { continue };
            hub.shared.push(node.arn.clone());
            let nearest = std::iter::successors(Some(node), |node| match &node.parent {
                iam::estate::Known::Known(Some(parent)) => self.organization.node(parent),
                _ => None,
            })
            .find_map(|node| areas.iter().find(|area| area.node == node.id));
            match nearest.and_then(|area| area.rules.get("sagemaker-hubs")) {
                Some(Rule::Managed { permits, origin, .. }) => {
                    let admits = |arn: &str| {
                        permits.iter().any(|permit| {
                            permit.resources.as_ref().is_none_or(|patterns| {
                                patterns.iter().any(|pattern| Glob::new(pattern).matches(arn))
                            })
                        })
                    };
                    let arns = hub.regions.iter().flat_map(|region| {
                        let models =
                            hub.models.iter().map(|model| hub.content(&self.partition, region, model));
                        models.chain([hub.arn(&self.partition, region)])
                    });
                    if let Some(arn) = arns.into_iter().find(|arn| !admits(arn)) {
                        let message =
                            format!("`{}` is shared with `{}`, where it is refused", hub.name, at.value);
                        let hint =
                            format!("name it under `resources` of `sagemaker-hubs`; {arn} is not admitted");
                        self.found.push(
                            Diagnostic::error(at.at.clone(), message)
                                .also(origin.clone(), "what the door admits")
                                .hint(hint),
                        );
                    }
                }
                Some(Rule::Unmanaged) | None => {
                    let message =
                        format!("the public hub stays open to `{}` beside `{}`", at.value, hub.name);
                    let region = hub.regions.first().map_or("REGION", String::as_str);
                    let arn = hub.arn(&self.partition, region);
                    let hint = format!(
                        "sagemaker-hubs: {{ resources: [\"{arn}\", \"{}/*\"] }} closes it",
                        arn.replace(":hub/", ":hub-content/")
                    );
                    self.found.push(Diagnostic::warning(at.at.clone(), message).hint(hint));
                }
            }
        }
        Some(hub)
    }
}

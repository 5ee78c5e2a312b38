//! Limits on Regions that deny a destination of a cross-Region profile.
//!
//! Asks the evaluator: where a policy lets a model run in the source Region of a geography, the profile of that
//! geography is called there. Only profiles whose destinations are published are asked for, one for each geography.

use std::collections::BTreeMap;

use iam::lint::statement::Condition;

use crate::check::alone::{Alone, Call, DeniedStep, Verdict};
use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::models;
use crate::check::models::and;
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::View;

pub const RULE: Rule = Rule {
    id: "region-deny-breaks-profiles",
    title: "a limit on Regions that denies a destination of a cross-Region inference profile",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "A call through a profile is authorised in every Region the profile may run in, each time with that Region \
          in `aws:RequestedRegion`. One denied destination fails the whole call, however many others are open; most \
          current models run through a profile only.",
    instead: "List every destination of the profiles that are approved, or leave the actions that run models out of \
              this statement and limit them by `bedrock:InferenceProfileArn` in one of their own.",
    sources: &[
        "Amazon Bedrock User Guide, \"Geographic cross-Region inference\", on service control policies",
        "Amazon Bedrock User Guide, model cards, source and destination Regions",
    ],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "*",
      "Condition": { "StringNotEquals": { "aws:RequestedRegion": ["us-east-1", "us-west-2"] } }
    }
  ]
}"#,
    ),
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "*",
      "Condition": { "StringNotEquals": { "aws:RequestedRegion": ["us-east-1", "us-east-2", "us-west-2"] } }
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

fn look(view: &View<'_>, found: &mut Found) {
    let limits_regions = view
        .outline
        .statements
        .iter()
        .any(|statement| statement.conditions_on("aws:RequestedRegion").next().is_some());
    let Some(alone) = view.alone().filter(|_| limits_regions && view.limits()) else { return };
    let mut broken: BTreeMap<(usize, usize), Broken> = BTreeMap::new();
    for profile in profiles() {
        for source in sources(profile) {
            let Some(steps) = denied(alone, profile, source) else { continue };
            for step in &steps {
                if let Some(condition) = condition(view, step) {
                    let at = (condition.node.start, condition.node.end);
                    broken.entry(at).or_default().add(profile, source, &step.region);
                }
            }
        }
    }
    for ((start, end), broken) in broken {
        let mut places: Vec<String> =
            broken.by_profile.iter().map(|(profile, one)| one.words(profile)).collect();
        if denies_global(alone) {
            places.push("global profiles are denied too, as their requests carry `unspecified`".to_owned());
        }
        let destinations = broken.destinations();
        found.add(start..end, places.join("; ")).instead(format!(
            "add {}, or take the profiles of that geography out of use",
            and(&destinations.iter().map(|region| format!("`{region}`")).collect::<Vec<_>>())
        ));
    }
}

/// What the limit breaks, by profile.
#[derive(Default)]
struct Broken {
    by_profile: BTreeMap<&'static str, OfProfile>,
}

#[derive(Default)]
struct OfProfile {
    sources: Vec<String>,
    destinations: Vec<String>,
}

impl Broken {
    fn add(&mut self, profile: &'static str, source: &str, destination: &str) {
        let one = self.by_profile.entry(profile).or_default();
        for (list, region) in [(&mut one.sources, source), (&mut one.destinations, destination)] {
            if !list.iter().any(|known| known == region) {
                list.push(region.to_owned());
                list.sort_unstable();
            }
        }
    }

    fn destinations(&self) -> Vec<String> {
        let mut all: Vec<String> =
            self.by_profile.values().flat_map(|one| one.destinations.iter().cloned()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl OfProfile {
    fn words(&self, profile: &str) -> String {
        let geography = profile.split_once('.').map_or(profile, |(prefix, _)| prefix);
        format!(
            "calls of `{geography}.` profiles made in {} are denied, because {} denied and may be where they run \
             (as `{profile}` does)",
            and(&self.sources),
            match self.destinations.as_slice() {
                [only] => format!("{only} is"),
                several => format!("{} are", and(several)),
            }
        )
    }
}

/// One profile of each geography whose destinations are published.
fn profiles() -> Vec<&'static str> {
    let mut chosen: Vec<(&str, &str)> = Vec::new();
    for profile in models::profiles().iter().copied() {
        let Some(geography) = profile.geography() else { continue };
        let first = geography.regions.first();
        let is_published = first.is_some_and(|source| {
            matches!(reference::destinations(profile.id, source), reference::Destinations::Known(_))
        });
        if is_published && !chosen.iter().any(|(known, _)| *known == profile.geography) {
            chosen.push((profile.geography, profile.id));
        }
    }
    chosen.into_iter().map(|(_, profile)| profile).collect()
}

fn sources(profile: &str) -> Vec<&'static str> {
    let geography = reference::split_profile_id(profile).map(|(geography, _)| geography);
    geography.map(|geography| geography.at_most()).unwrap_or_default()
}

/// The denied destinations of a profile called in a Region in which the model itself is open.
fn denied(alone: &Alone, profile: &'static str, source: &'static str) -> Option<Vec<DeniedStep>> {
    let converse = reference::api("bedrock-runtime", "Converse")?;
    let (_, model) = reference::split_profile_id(profile)?;
    let call = |target: &str| Call { api: converse, target: target.to_owned(), region: source, behind: None };
    if alone.runs_directly(model, source) != Some(true) {
        return None;
    }
    let Verdict::Denied(mut steps) = alone.call(&call(profile))? else { return None };
    steps.retain(|step| step.region != source && step.resource.contains("::foundation-model/"));
    Some(steps)
}

/// Whether a global profile is denied where the model itself is open.
fn denies_global(alone: &Alone) -> bool {
    let Some(converse) = reference::api("bedrock-runtime", "Converse") else { return false };
    let call = |target: &str, region| Call { api: converse, target: target.to_owned(), region, behind: None };
    let profile = "global.anthropic.claude-opus-5-5";
    let Some((_, model)) = reference::split_profile_id(profile) else { return false };
    let is_open = |region: &&'static str| alone.runs_directly(model, region) == Some(true);
    let source = sources(profile).into_iter().find(is_open);
    source.is_some_and(|region| matches!(alone.call(&call(profile, region)), Some(Verdict::Denied(_))))
}

/// The limit on Regions in a statement that denies this.
fn condition<'v, 'a>(view: &'v View<'a>, step: &DeniedStep) -> Option<&'v Condition<'a>> {
    let denying = step.answer.determining.iter().filter_map(|at| view.statement(at));
    let mut limits = denying.flat_map(|statement| {
        statement.conditions.iter().filter(|one| one.key.eq_ignore_ascii_case("aws:RequestedRegion"))
    });
    limits.next()
}

//! The guardrails with which a call is tried where it is closed without one, because a policy may demand one.
//!
//! Those that the policies name, those that exist and that their patterns match, and one that each pattern describes: whoever
//! may not make it cannot use it, and then it is denied. Follows Amazon Bedrock User Guide, "Set up permissions to use
//! guardrails": the key holds the ARN of a draft, or ARN:VERSION, so that AWS's own examples end in a star.

use std::collections::BTreeSet;

use iam::context::Key;
use iam::estate::{FactKind, Known, Resource, ResourceKind};
use iam::glob::Glob;
use iam::layers::Layer;

use super::Reach;
use super::person::Person;

/// The key that names the guardrail of a call.
pub(super) const GUARDRAIL: &str = "bedrock:GuardrailIdentifier";

/// Most guardrails that are tried for one caller in one Region.
const GUARDRAILS_MAX: usize = 32;

/// Guardrails to try.
pub(super) struct Guardrails {
    /// ARNs, with the version after a colon.
    pub to_try: Vec<String>,
    /// Whether others could make no difference.
    pub are_all: bool,
}

impl Reach<'_> {
    /// Those that may make a difference to a person in a Region.
    pub(super) fn guardrails(&self, person: &Person<'_>, region: &str) -> Guardrails {
        let key = Key::new(GUARDRAIL);
        let all = person.layers().at_most();
        let policies = Layer::ALL.into_iter().flat_map(|layer| all.levels(layer)).flatten();
        let conditions =
            policies.flat_map(|policy| policy.statements.iter()).flat_map(|each| &each.conditions);
        let values = conditions.filter(|each| *each.key() == key).flat_map(|each| each.values());
        let values: BTreeSet<&str> = values.map(String::as_str).collect();
        if values.is_empty() {
            return Guardrails { to_try: Vec::new(), are_all: true };
        }
        let has_variables = values.iter().any(|value| value.contains("${"));
        // `Null` asks for any.
        let patterns = values.iter().filter(|value| !value.contains("${"));
        let patterns: BTreeSet<&str> =
            patterns.map(|value| if matches!(*value, "true" | "false") { "*" } else { *value }).collect();
        let globs: Vec<Glob> = patterns.iter().map(|pattern| Glob::new(pattern)).collect();
        let own = &self.estate.accounts()[person.account];
        let others = self.estate.accounts().iter().filter(|each| each.id != own.id);
        let existing = std::iter::once(own).chain(others).flat_map(|account| &account.resources);
        let existing = existing
            .filter(|each| each.kind == ResourceKind::Guardrail && each.region.as_ref() == region)
            .flat_map(identifiers);
        let described =
            patterns.iter().filter_map(|pattern| described(pattern, &own.partition, region, own.id.as_str()));
        let mut to_try: Vec<String> = Vec::new();
        for arn in existing.chain(described) {
            let is_new = !to_try.contains(&arn);
            if is_new && globs.iter().any(|glob| glob.matches(&arn)) {
                to_try.push(arn);
            }
        }
        let are_all = to_try.len() <= GUARDRAILS_MAX && !has_variables;
        to_try.truncate(GUARDRAILS_MAX);
        Guardrails { to_try, are_all }
    }
}

/// What the key may hold for a guardrail: its draft, and each version that is known of.
fn identifiers(guardrail: &Resource) -> Vec<String> {
    let versions: BTreeSet<&str> = match guardrail.facts(FactKind::Version) {
        Known::Known(versions) => versions.into_iter().map(AsRef::as_ref).collect(),
        Known::Unknown(_) => BTreeSet::new(),
    };
    let numbers = versions.into_iter().filter(|version| version.bytes().all(|byte| byte.is_ascii_digit()));
    let mut all = vec![guardrail.arn.to_string()];
    all.extend(numbers.chain(["1"]).map(|version| format!("{}:{version}", guardrail.arn)));
    all
}

/// A guardrail of the Region that a pattern means; of any account that it leaves open, one's own.
fn described(pattern: &str, partition: &str, region: &str, account: &str) -> Option<String> {
    let is_any = pattern.bytes().all(|byte| byte == b'*');
    if is_any {
        return Some(format!("arn:{partition}:bedrock:{region}:{account}:guardrail/abcdefghijkl"));
    }
    let parts = iam::arn::split(pattern)?;
    let filled = |part: &str, own: &str| match part.contains(['*', '?']) {
        true => Glob::new(part).matches(own).then(|| own.to_owned()),
        false => Some(part.to_owned()),
    };
    let (own_region, own_account) = (filled(parts[3], region)?, filled(parts[4], account)?);
    let resource = parts[5].replace(['*', '?'], "1");
    (own_region == region).then(|| format!("arn:{partition}:bedrock:{region}:{own_account}:{resource}"))
}

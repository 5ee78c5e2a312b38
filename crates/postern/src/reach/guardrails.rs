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

/// A guardrail of the Region that a pattern may mean; of any account that it leaves open, one's own.
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
    let own_account = filled(parts[4], account)?;
    let resource = parts[5].replace(['*', '?'], "1");
    Some(format!("arn:{partition}:bedrock:{region}:{own_account}:{resource}"))
}

#[cfg(test)]
mod tests {
    //! Which guardrails are tried under which policies.

    use std::path::Path;
    use std::sync::Arc;

    use iam::estate::{Document, Estate, OrganizationPolicy, OrganizationPolicyKind, Origin};
    use iam::policy::{PolicyType, read};

    use super::*;

    const BASELINE: &str = "arn:aws:bedrock:us-east-1:111122223333:guardrail/acmebaseline";

    /// What is tried in us-east-1 for somebody of the example organisation, were there a policy with such conditions
    /// at its root.
    fn tried(conditions: &str) -> Guardrails {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme");
        let mut estate: Estate = crate::snapshot::open(&example).expect("it can be read");
        let organization = estate.organizations()[0].clone();
        let root = organization.nodes()[0].id.clone();
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"bedrock:InvokeModel*","Resource":"*",
            "Condition":{{{conditions}}}}}}}"#
        );
        let policy = read(text.as_bytes(), PolicyType::ServiceControl).policy.expect("it is a policy");
        let origin = Origin::File { file: "guardrail.json".into(), offset: 0, quoted: false };
        let scp = OrganizationPolicy {
            id: "p-guardrail".into(),
            arn: "arn:aws:organizations::111122223333:policy/o-acme/service_control_policy/p-guardrail"
                .into(),
            name: "guardrail".into(),
            kind: OrganizationPolicyKind::ServiceControl,
            aws_managed: false,
            text: iam::estate::Known::Known(text.as_str().into()),
            document: Some(iam::estate::Known::Known(Document { policy: Arc::new(policy), origin })),
        };
        estate.replace_organization(organization.with_policies(vec![(scp, vec![root])], &Default::default()));
        let reach = Reach::new(&estate);
        let person = reach
            .people
            .iter()
            .find(|person| person.principal.to_string().ends_with("555555555555:role/app-legacy"));
        reach.guardrails(person.expect("it is there"), "us-east-1")
    }

    fn like(patterns: &[&str]) -> Guardrails {
        let patterns: Vec<String> = patterns.iter().map(|pattern| format!("\"{pattern}\"")).collect();
        tried(&format!(r#""StringNotLike":{{"bedrock:GuardrailIdentifier":[{}]}}"#, patterns.join(",")))
    }

    #[test]
    fn those_that_exist_and_those_that_patterns_describe_are_tried() {
        let none = tried(r#""Bool":{"aws:SecureTransport":"false"}"#);
        assert_eq!((none.to_try.len(), none.are_all), (0, true));

        let version = like(&[&format!("{BASELINE}:*")]);
        assert!(version.are_all && version.to_try.contains(&format!("{BASELINE}:1")), "{:?}", version.to_try);
        assert!(!version.to_try.contains(&BASELINE.to_owned()), "a draft has no version");

        let numbered = like(&["arn:aws:bedrock:*:*:guardrail/acme*:*"]);
        assert!(
            numbered.to_try.contains(&format!("{BASELINE}:1")),
            "lists do not tell the versions there are"
        );

        let described = like(&["arn:aws:bedrock:*:444455556666:guardrail/nobodyhasit:7"]);
        assert_eq!(described.to_try, ["arn:aws:bedrock:us-east-1:444455556666:guardrail/nobodyhasit:7"]);
        let elsewhere = like(&["arn:aws:bedrock:eu-west-1:444455556666:guardrail/nobodyhasit:7"]);
        assert_eq!((elsewhere.to_try.len(), elsewhere.are_all), (0, true), "another Region has it");

        let any = tried(r#""Null":{"bedrock:GuardrailIdentifier":"true"}"#);
        assert!(any.are_all && any.to_try.contains(&BASELINE.to_owned()), "{:?}", any.to_try);
        assert!(any.to_try.iter().any(|arn| arn.contains(":555555555555:")), "one of its own");
    }

    #[test]
    fn where_not_all_can_be_tried_it_is_said() {
        let variable =
            like(&["arn:aws:bedrock:*:${aws:PrincipalAccount}:guardrail/*", &format!("{BASELINE}*")]);
        assert!(!variable.are_all && !variable.to_try.is_empty());
        let many: Vec<String> =
            (0..40).map(|number| format!("arn:aws:bedrock:*:*:guardrail/number{number}:1")).collect();
        let many = like(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((many.to_try.len(), many.are_all), (GUARDRAILS_MAX, false));
    }
}

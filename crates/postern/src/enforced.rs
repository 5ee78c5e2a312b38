//! The enforced guardrails that a call meets, whether or not it asks for one.
//!
//! Which stand where is [`iam::estate::Enforcement`]; here is which calls run under them: those that run a model through
//! `bedrock-runtime`, and those whose feature runs one with a service role. Not the other endpoints. Follows Amazon
//! Bedrock User Guide, "Guardrail enforcements" (aws-facts §3.3).

use std::sync::Arc;

use iam::arn::{AccountId, Arn};
use iam::estate::{Account, EnforcedGuardrail, Enforcement, Estate, FactKind, Known, KnownLayers, Missing};
use iam::layers::Layer;
use iam::operation::{Guardrail, Operation, Organization, Target};
use iam::policy::Policy;
use reference::{AddOnKind, Api, By, TargetKind};

/// What a call meets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Enforced {
    pub guardrails: Vec<Guardrail>,
    /// Their own policies, by ARN.
    pub policies: Vec<(String, Arc<Policy>)>,
    /// What is not known of either.
    pub missing: Vec<Arc<Missing>>,
}

impl Enforced {
    /// Those of a call on this target.
    pub fn new(estate: &Estate, enforcement: &Enforcement, operation: &Operation, target: &Target) -> Self {
        let mut enforced = Self::default();
        // What an account or an organisation enforces is no matter of IAM.
        if !runs_under_guardrails(operation.api) || estate.is_iam_only() {
            return enforced;
        }
        let mut met: Vec<&EnforcedGuardrail> = Vec::new();
        for model in models(operation, target) {
            let (guardrails, missing) = enforcement.of(&operation.place.region, model);
            met.extend(guardrails);
            enforced.missing.extend(missing);
        }
        for guardrail in met {
            enforced.add(estate, guardrail);
        }
        enforced.missing.sort();
        enforced.missing.dedup();
        enforced
    }

    fn add(&mut self, estate: &Estate, guardrail: &EnforcedGuardrail) {
        let arn = guardrail.arn.as_ref();
        let profile = match estate.resource(arn).map(|(_, own)| own.facts(FactKind::GuardrailProfile)) {
            Some(Known::Known(profiles)) => profiles.first().map(|profile| profile.as_ref().to_owned()),
            Some(Known::Unknown(why)) => {
                self.missing.push(why);
                None
            }
            // Whether it reaches other Regions is not known; nothing is asked on what may not be there.
            None => None,
        };
        let met = Guardrail {
            identifier: arn.to_owned(),
            version: guardrail.version.as_deref().map(str::to_owned),
            enforced: true,
            profile,
            destinations: None,
        };
        if self.guardrails.contains(&met) {
            return;
        }
        self.guardrails.push(met);
        let (policy, missing) = policy_of(estate, arn);
        self.policies.extend(policy.map(|policy| (arn.to_owned(), policy)));
        self.missing.extend(missing);
    }
}

/// The resource-based policy of what an ARN names, with what is not known of it.
pub(crate) fn policy_of(estate: &Estate, arn: &str) -> (Option<Arc<Policy>>, Vec<Arc<Missing>>) {
    let nobody = estate.principal_side(&iam::Principal::Anonymous);
    let Some((nobody, own)) = nobody.zip(estate.resource_side(arn)) else { return (None, Vec::new()) };
    let known = KnownLayers::new(nobody, own);
    let policy = match known.at_most().resource.policy() {
        Some((Layer::Resource, policy)) => Some(policy.clone()),
        Some(_) | None => None,
    };
    let unread = known.missing().iter().filter(|(layer, _)| *layer == Layer::Resource);
    (policy, unread.map(|(_, why)| why.clone()).collect())
}

/// The organisation of an account, as far as it is known.
pub(crate) fn organization(estate: &Estate, account: &Account) -> Option<Organization> {
    let Known::Known(Some((organization, node))) = estate.organization_of(account) else { return None };
    let Known::Known(path) = &node.path else { return None };
    Some(Organization { id: organization.id.to_string(), paths: vec![path.to_string()] })
}

/// The organisations of other accounts whose guardrails a call meets.
pub(crate) fn owners(estate: &Estate, operation: &Operation) -> Vec<(AccountId, Organization)> {
    let arns = operation.options.guardrails.iter().map(|guardrail| guardrail.identifier.as_str());
    let owners = arns.filter_map(|arn| Arn::parse(arn).ok()?.account_id());
    let known = owners.filter_map(|id| Some((id, organization(estate, estate.account(&id)?)?)));
    known.collect()
}

/// Whether calls of an API run models where guardrails are enforced.
fn runs_under_guardrails(api: &Api) -> bool {
    let takes_one = api.add_ons.contains(&AddOnKind::Guardrail);
    let is_of_bedrock = api.action.starts_with("bedrock:");
    is_of_bedrock && api.runs.iter().any(|run| takes_one || run.by == By::ServiceRole)
}

/// The models that a call runs, as the lists of an enforced guardrail name them; `None` for one without an id of its own.
fn models<'a>(operation: &'a Operation, target: &'a Target) -> Vec<Option<&'a str>> {
    if target.model.is_some() {
        return vec![target.model.as_deref()];
    }
    let is_custom = matches!(
        target.kind,
        TargetKind::CustomModel | TargetKind::CustomModelDeployment | TargetKind::ImportedModel
    );
    let id = |text: &'a String| match Arn::parse(text) {
        Ok(arn) => arn.resource.strip_prefix("foundation-model/"),
        Err(_) => Some(reference::split_profile_id(text).map_or(text.as_str(), |(_, model)| model)),
    };
    let mut models: Vec<Option<&str>> = match &operation.facts.behind {
        Some(behind) if !is_custom => behind.iter().map(id).collect(),
        Some(_) | None => Vec::new(),
    };
    models.sort_unstable();
    models.dedup();
    if models.is_empty() { vec![None] } else { models }
}

#[cfg(test)]
mod tests {
    //! Which calls run under guardrails, and as which models.

    use iam::operation::Place;
    use iam::principal::Principal;

    use super::*;

    fn operation(api: &'static Api, target: &str, behind: &[&str]) -> Operation {
        let place = Place {
            partition: "aws".to_owned(),
            region: "us-east-1".to_owned(),
            account: AccountId::new("111122223333").expect("an account"),
        };
        let caller = Principal::parse("arn:aws:iam::111122223333:role/app").expect("a role");
        let mut operation = Operation::new(api, target, place, caller);
        let behind: Vec<String> = behind.iter().map(|id| (*id).to_owned()).collect();
        operation.facts.behind = (!behind.is_empty()).then_some(behind);
        operation
    }

    fn api(endpoint: &str, name: &str) -> &'static Api {
        reference::api(endpoint, name).expect("it is listed")
    }

    #[test]
    fn what_runs_models_at_bedrock_runs_under_guardrails() {
        for (endpoint, name, expected) in [
            ("bedrock-runtime", "InvokeModel", true),
            ("bedrock-runtime", "Converse", true),
            // The service role calls the model.
            ("bedrock", "CreateModelInvocationJob", true),
            ("bedrock-runtime", "CountTokens", false),
            ("bedrock-mantle", "Responses", false),
        ] {
            assert_eq!(runs_under_guardrails(api(endpoint, name)), expected, "{name}");
        }
    }

    #[test]
    fn lists_of_models_name_foundation_models_and_no_others() {
        let converse = api("bedrock-runtime", "Converse");
        let own = |kind: &str| format!("arn:aws:bedrock:us-east-1:111122223333:{kind}/abcdefghijkl");
        let nova = "amazon.nova-lite-v1:0";
        let behind = format!("arn:aws:bedrock:us-east-1::foundation-model/{nova}");
        let check = |target: &str, behind: &[&str], expected: &[Option<&str>]| {
            let operation = operation(converse, target, behind);
            let target = operation.resolve().expect("it can be called");
            assert_eq!(models(&operation, &target), expected, "{}", operation.target);
        };
        check(nova, &[], &[Some(nova)]);
        check(&format!("us.{nova}"), &[], &[Some(nova)]);
        check(&own("application-inference-profile"), &[&behind], &[Some(nova)]);
        check(&own("application-inference-profile"), &[&format!("us.{nova}"), nova], &[Some(nova)]);
        // Trained from a model, and not that model.
        check(&own("custom-model-deployment"), &[nova], &[None]);
        check(&own("imported-model"), &[], &[None]);
    }
}

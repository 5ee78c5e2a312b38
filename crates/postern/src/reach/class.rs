//! People of one account to whom every question about doors has the same answer.
//!
//! The same policies apply to them, and each condition of these comes out the same for both, the keys that a person fixes
//! included. Whom a policy can tell from others in another way (variables, an RCP that names principals, an
//! unsettled point that a condition leans on) is a class of its own, and so is everybody of an account in which things
//! behind doors have policies of their own.

use std::collections::HashMap;
use std::sync::Arc;

use iam::action::Action;
use iam::estate::{Estate, KnownLayers, LayersKey, ResourceSide};
use iam::layers::Layer;
use iam::policy::Policy;
use iam::principal::PrincipalValue;
use iam::request::{Completeness, Request, RequestParts};
use iam::truth::{Ledger, Truth};

use super::person::{Person, fixed};

/// Equal for people of one class.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Signature {
    /// No Allow names any action that is asked about.
    Far,
    Of {
        layers: LayersKey,
        is_service_linked: bool,
        conditions: Vec<u8>,
    },
}

/// Policies that were looked at: whether all they tell people by is conditions.
#[derive(Default)]
pub(super) struct Looks {
    known: HashMap<*const Policy, bool>,
}

impl Looks {
    /// What a person has in common with others of its account; none for a class of its own.
    pub(super) fn signature(
        &mut self,
        estate: &Estate,
        person: &Person<'_>,
        things: &ResourceSide,
    ) -> Option<Signature> {
        let action = Action::parse("sts:GetCallerIdentity").ok()?;
        let request = Request::new(RequestParts {
            principal: person.principal.clone(),
            action,
            resource: "*".to_owned(),
            resource_account: None,
            context: fixed(estate, &person.principal),
            completeness: Completeness::Partial,
        });
        // Not the person's own, which are kept once they are looked at.
        let layers = KnownLayers::new(person.side.clone(), things.clone());
        let all = layers.at_most();
        let mut ledger = Ledger::default();
        let mut conditions = Vec::new();
        for policy in Layer::ALL.into_iter().flat_map(|layer| all.levels(layer)).flatten() {
            if !*self.known.entry(Arc::as_ptr(policy)).or_insert_with(|| is_plain(policy)) {
                return None;
            }
            for condition in policy.statements.iter().flat_map(|statement| &statement.conditions) {
                conditions.push(match condition.matches(&request, &mut ledger) {
                    Truth::False => 0,
                    Truth::Open => 1,
                    Truth::True => 2,
                });
            }
        }
        let is_service_linked = person.short().starts_with("role/aws-service-role/");
        ledger.touched().is_empty().then(|| Signature::Of {
            layers: person.side.key(),
            is_service_linked,
            conditions,
        })
    }
}

/// Whether a policy tells principals apart by conditions without variables only.
fn is_plain(policy: &Policy) -> bool {
    policy.statements.iter().all(|statement| {
        let names_all = statement.principal.as_ref().is_none_or(|element| {
            !element.is_negated() && matches!(element.values(), [PrincipalValue::Everyone])
        });
        let patterns = statement.resource.iter().flat_map(|element| element.patterns());
        names_all
            && patterns.into_iter().all(|pattern| !pattern.as_str().contains("${"))
            && statement.conditions.iter().all(|condition| !condition.has_variables())
    })
}

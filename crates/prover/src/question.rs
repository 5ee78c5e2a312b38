//! Whether layers of policies allow any request of some.
//!
//! The requests that are meant are those that a policy allows: its Allows say which, its Denies which not. So whatever a
//! policy can say of a request, a question can.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use iam::answer::{Decision, Outcome};
use iam::arn::AccountId;
use iam::authorize;
use iam::context::Context;
use iam::layers::{Layer, Layers, ResourceSide};
use iam::policy::{Effect, Policy, PolicyType, read};
use iam::principal::{PrincipalElement, PrincipalValue};
use iam::request::Request;

use crate::case::{Actions, cases};
use crate::search::{Confirmed, Verdict};
use crate::space::{Kinds, On, Space, SpaceParts, Who};

/// Requests that are meant.
pub struct Meant {
    pub policy: Arc<Policy>,
    /// The actions of its Allows.
    pub actions: Actions,
    /// Layers in which nothing but the policy limits anybody; of roles and of other resources.
    alone: [Layers; 2],
}

impl Meant {
    pub fn new(policy: Arc<Policy>) -> Self {
        let actions = Actions::of(&policy, |statement| statement.effect == Ok(Effect::Allow));
        // The policy of an endpoint is asked about everybody.
        let mut statements = policy.statements.clone().into_vec();
        for statement in &mut statements {
            statement.principal = Some(PrincipalElement::new(vec![PrincipalValue::Everyone], false));
        }
        let of_all = Arc::new(Policy { statements: statements.into(), ..(*policy).clone() });
        let alone = [ResourceSide::Trust, ResourceSide::Resource].map(|side| Layers {
            identity: vec![everything()],
            resource: side(everything()),
            vpc_endpoint: vec![of_all.clone()],
            ..Layers::default()
        });
        Self { policy, actions, alone }
    }

    /// Whether a request is meant; none where that is not settled.
    pub fn includes(&self, request: &Request) -> Option<bool> {
        decides(request, &self.alone[usize::from(request.action().service() != "sts")])
    }
}

/// Who asks, and what limits them.
pub struct Question<'a> {
    pub meant: &'a Meant,
    pub layers: &'a Layers,
    pub who: Who,
    /// Keys that all of their requests carry so.
    pub given: &'a Context,
    /// The one resource that is asked about; none for all there can be.
    pub resource: Option<&'a str>,
    pub resource_account: Option<AccountId>,
}

impl Question<'_> {
    /// A request that is meant and that the layers allow.
    pub fn find(&self, kinds: &Kinds) -> Verdict {
        self.search(kinds, true)
    }

    /// A request that is meant, and that the layers do not allow.
    pub fn find_denied(&self, kinds: &Kinds) -> Verdict {
        self.search(kinds, false)
    }

    fn search(&self, kinds: &Kinds, is_allowed: bool) -> Verdict {
        let mut policies: Vec<&Policy> = vec![&self.meant.policy];
        for layer in Layer::ALL {
            policies.extend(self.layers.levels(layer).flatten().map(AsRef::as_ref));
        }
        let mut unknown = BTreeSet::new();
        let seen = Cell::new(0);
        for case in cases(&policies, &self.meant.actions) {
            let kind = case.kind.map(|name| kinds.get(case.action.service(), name));
            let on = match (self.resource, &kind) {
                (Some(resource), Some(_)) => On::This(resource),
                (None, Some(kind)) => On::Kind(kind),
                (_, None) => On::Nothing,
            };
            let mut space = Space::new(SpaceParts {
                action: &case.action,
                on,
                who: self.who.clone(),
                resource_account: self.resource_account,
                given: self.given.clone(),
                is_tied: true,
            });
            let meant = space.allowed_by(&self.meant.policy);
            let allowed = space.allowed(self.layers);
            let allowed = if is_allowed { allowed } else { space.formulas.not(allowed) };
            let formula = space.formulas.all([meant, allowed]);
            let found = space.find(formula, &|request| {
                seen.set(seen.get() + 1);
                match (self.meant.includes(request), decides(request, self.layers)) {
                    (Some(true), Some(allowed)) if allowed == is_allowed => Confirmed::Yes,
                    (Some(_), Some(_)) => Confirmed::No,
                    (_, _) => Confirmed::Open,
                }
            });
            match found {
                Verdict::Never => {}
                Verdict::Unknown(why) => unknown.extend(why),
                found @ Verdict::Request(_) => return found,
            }
        }
        if unknown.is_empty() { Verdict::Never } else { Verdict::Unknown(unknown) }
    }
}

/// A policy that allows everybody everything.
pub fn everything() -> Arc<Policy> {
    static EVERYTHING: LazyLock<Arc<Policy>> = LazyLock::new(|| {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#;
        Arc::new(read(text.as_bytes(), PolicyType::Resource).policy.expect("the text is a policy"))
    });
    EVERYTHING.clone()
}

fn decides(request: &Request, layers: &Layers) -> Option<bool> {
    match authorize(request, layers).outcome {
        Outcome::Decided(decision) => Some(decision == Decision::Allow),
        Outcome::NeedsContext(_) | Outcome::Unknown(_) => None,
    }
}

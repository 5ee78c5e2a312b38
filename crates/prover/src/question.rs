//! Whether layers of policies allow any request of some.
//!
//! The requests that are meant are those that a policy allows: its Allows say which, its Denies which not. So whatever a
//! policy can say of a request, a question can.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use iam::answer::{Decision, Outcome};
use iam::arn::AccountId;
use iam::authorize;
use iam::context::Context;
use iam::layers::{Layer, Layers, ResourceSide};
use iam::policy::{Effect, Policy, PolicyType, Statement, read};
use iam::principal::{PrincipalElement, PrincipalValue};
use iam::request::Request;

use crate::case::{ACCOUNT, Actions, cases};
use crate::domain::{Domain, Kinds};
use crate::formula::Formula;
use crate::language::{ANY, Pattern};
use crate::resource::{Reading, pattern};
use crate::search::{Verdict, confirmed, under_readings};
use crate::space::{Space, SpaceParts};
use crate::who::{Shape, Who};
use rustc_hash::{FxHashMap, FxHashSet};

/// Requests that are meant.
pub struct Meant {
    pub policy: Arc<Policy>,
    /// The actions of its Allows, on the types of resources that these name.
    pub actions: Actions,
    /// The actions of its Allows, whatever they are on.
    pub named: Actions,
    /// Layers in which nothing but the policy limits anybody; of roles and of other resources.
    alone: Box<[Layers; 2]>,
}

impl Meant {
    pub fn new(policy: Arc<Policy>) -> Self {
        let is_allow = |statement: &Statement| statement.effect == Ok(Effect::Allow);
        let kinds = Kinds::default();
        let seen = RefCell::new(FxHashMap::<(&str, &str, u32), bool>::default());
        let named = Actions::of(&policy, is_allow);
        let actions = named.clone().only(|action, kind| {
            let Some(name) = kind else { return true };
            policy.statements.about(action).any(|(number, statement)| {
                is_allow(statement)
                    && statement.action.matches(action)
                    && *seen
                        .borrow_mut()
                        .entry((action.service(), name, number))
                        .or_insert_with(|| may_be_on(statement, &kinds, action.service(), name))
            })
        });
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
        Self { policy, actions, named, alone: Box::new(alone) }
    }

    /// Whether a request is meant; none where that is not settled.
    pub fn includes(&self, request: &Request) -> Option<bool> {
        match authorize(request, self.alone(request)).outcome {
            Outcome::Decided(decision) => Some(decision == Decision::Allow),
            Outcome::NeedsContext(_) | Outcome::Unknown(_) => None,
        }
    }

    fn alone(&self, request: &Request) -> &Layers {
        &self.alone[usize::from(request.action().service() != "sts")]
    }
}

impl Meant {
    /// The types of resources on which requests may be meant and that an account may have, with an ARN of each.
    pub fn own_types(&self, partition: &str, account: &str, kinds: &Kinds) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let who = Who::Any {
            shape: Shape::Role,
            account: AccountId::new(account).ok(),
            partition: partition.into(),
        };
        let mut seen: FxHashSet<(&str, &str, Vec<u32>)> = FxHashSet::default();
        for (action, name) in self.actions.on_types() {
            // Actions on which the same statements are mean the same.
            let about = self.policy.statements.about(action);
            let about = about.filter(|(_, statement)| statement.action.matches(action));
            if !seen.insert((action.service(), name, about.map(|(number, _)| number).collect())) {
                continue;
            }
            for domain in kinds.get(action.service(), name).domains(partition, account).iter() {
                let parts = SpaceParts {
                    action,
                    on: Some(domain.clone()),
                    who: who.clone(),
                    resource_account: None,
                    given: Context::new(),
                    is_tied: true,
                    reading: Reading::Free,
                };
                let mut space = Space::new(parts, &kinds.memo);
                let own = space.of_account(account);
                let meant = space.allowed_by(&self.policy);
                if space.formulas.all([own, meant]) != Formula::FALSE {
                    let example = space.example().resource().as_str().to_owned();
                    if !found.iter().any(|(_, known)| *known == example) {
                        found.push((action.service(), example));
                    }
                }
            }
        }
        found
    }
}

/// Whether a statement is about some resource of a type, under some reading.
fn may_be_on(statement: &Statement, kinds: &Kinds, service: &str, name: &'static str) -> bool {
    let Some(element) = &statement.resource else { return true };
    let kind = kinds.get(service, name);
    let is_on = |text: &str| {
        let pattern = pattern(text, Reading::Free);
        text.contains("${")
            || reference::partitions().into_iter().any(|partition| {
                kind.domains(partition, ACCOUNT).iter().any(|domain| domain.has(&pattern, &kinds.memo))
            })
    };
    element.is_negated() || element.patterns().iter().any(|one| is_on(one.as_str()))
}

/// Whose things are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Any,
    /// Those of the account of who asks, those of AWS, and those whose ARNs name no account.
    Own,
    /// Those of other accounts.
    Others,
}

/// Who asks, and what limits them.
#[derive(Clone)]
pub struct Question<'a> {
    pub meant: &'a Meant,
    pub layers: &'a Layers,
    pub who: Who,
    /// Keys that all of their requests carry so.
    pub given: &'a Context,
    /// The one resource that is asked about, with what a bucket holds; none for all there can be.
    pub resource: Option<&'a str>,
    /// Whose things are meant.
    pub whose: Whose,
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
        for case in cases(&policies, &self.meant.actions) {
            let kind = case.kind.map(|name| kinds.get(case.action.service(), name));
            let account = self.who.account();
            let domains: Vec<Option<Rc<Domain>>> = match &kind {
                // An action without resources is not on the one that is asked about.
                None if self.resource.is_some() => continue,
                None => vec![None],
                Some(kind) => {
                    kind.domains(&self.who.partition(), account).iter().cloned().map(Some).collect()
                }
            };
            for on in domains {
                let parts = SpaceParts {
                    action: &case.action,
                    on,
                    who: self.who.clone(),
                    resource_account: self.resource_account,
                    given: self.given.clone(),
                    is_tied: true,
                    reading: Reading::Segments,
                };
                let confirm = |request: &Request| {
                    confirmed(request, [(self.meant.alone(request), true), (self.layers, is_allowed)])
                };
                match under_readings(&parts, &kinds.memo, |space| self.formula(space, is_allowed), &confirm) {
                    Verdict::Never => {}
                    Verdict::Unknown(why) => unknown.extend(why),
                    found @ Verdict::Request(_) => return found,
                }
            }
        }
        if unknown.is_empty() { Verdict::Never } else { Verdict::Unknown(unknown) }
    }
}

impl Question<'_> {
    /// That a request is meant, and allowed or not.
    fn formula<'s>(&'s self, space: &mut Space<'s>, is_allowed: bool) -> Formula {
        // What is not meant anyway need not be asked of policies.
        let mut all = Vec::new();
        if let Some(resource) = self.resource {
            all.push(space.covered_by(in_and_under(resource)));
        }
        if self.whose != Whose::Any {
            let own = space.of_account(self.who.account());
            all.push(if self.whose == Whose::Own { own } else { space.formulas.not(own) });
        }
        if !all.contains(&Formula::FALSE) {
            all.push(space.allowed_by(&self.meant.policy));
        }
        if all.contains(&Formula::FALSE) {
            return Formula::FALSE;
        }
        let allowed = space.allowed(self.layers);
        all.push(if is_allowed { allowed } else { space.formulas.not(allowed) });
        space.formulas.all(all)
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

/// A resource, and what is in it where it is a bucket.
fn in_and_under(arn: &str) -> Vec<Pattern> {
    let mut found = vec![Pattern::exact(arn)];
    if arn.split(':').nth(2) == Some("s3") && arn.contains(":::") && !arn.contains('/') {
        let mut under = Pattern::exact(arn);
        under.push_glob("/*", ANY);
        found.push(under);
    }
    found
}

//! A user or role with the policies that apply to it, and the actions that its own policies name at all.
//!
//! Most people are far from any door: a glance at which actions their Allows name spares asking.

use std::collections::HashMap;
use std::sync::Arc;

use iam::context::Context;
use iam::estate::{Estate, Identity, Known, KnownLayers, PrincipalSide, ResourcePolicy, ResourceSide, Role};
use iam::policy::{Effect, Policy};
use iam::principal::Principal;

use super::ask::Asks;

/// A user or role.
pub struct Person<'a> {
    /// Number of its account in the estate.
    pub account: usize,
    pub identity: &'a Identity,
    pub kind: PersonKind<'a>,
    pub principal: Principal,
    pub side: PrincipalSide,
    /// For requests on things of its own account that carry no policy of their own.
    pub layers: KnownLayers,
    /// What is fixed about its requests.
    pub context: Context,
    /// The actions that its Allows name, by number of [`Asks`].
    pub(super) named: Bits,
}

/// What a person is.
#[derive(Clone, Copy)]
pub enum PersonKind<'a> {
    User,
    Role(&'a Role),
}

/// A set of small numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bits(Box<[u64]>);

impl Bits {
    fn new(size: usize) -> Self {
        Self(vec![0; size.div_ceil(64)].into())
    }

    fn insert(&mut self, number: usize) {
        self.0[number / 64] |= 1 << (number % 64);
    }

    fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own |= other);
    }

    pub fn contains(&self, number: usize) -> bool {
        self.0[number / 64] & (1 << (number % 64)) != 0
    }
}

impl Person<'_> {
    /// The last part of its ARN.
    pub fn name(&self) -> &str {
        self.identity.name()
    }

    /// `role/path/name` or `user/path/name`.
    pub fn short(&self) -> &str {
        self.identity.arn.splitn(6, ':').nth(5).unwrap_or_default()
    }
}

/// Everybody, by account.
pub(super) fn everybody<'a>(estate: &'a Estate, asks: &Asks) -> Vec<Person<'a>> {
    let mut glances = Glances { asks, known: HashMap::new() };
    let mut people = Vec::new();
    for (number, account) in estate.accounts().iter().enumerate() {
        let side = own_things(estate, &account.partition, account.id.as_str());
        let users = match &account.users {
            Known::Known(users) => users.as_slice(),
            Known::Unknown(_) => &[],
        };
        let roles = match &account.roles {
            Known::Known(roles) => roles.as_slice(),
            Known::Unknown(_) => &[],
        };
        let users = users.iter().map(|user| (&user.identity, PersonKind::User));
        let roles = roles.iter().map(|role| (&role.identity, PersonKind::Role(role)));
        for (identity, kind) in users.chain(roles) {
            people.extend(person(estate, number, identity, kind, &side, &mut glances));
        }
    }
    people
}

fn person<'a>(
    estate: &'a Estate,
    account: usize,
    identity: &'a Identity,
    kind: PersonKind<'a>,
    things: &ResourceSide,
    glances: &mut Glances<'_>,
) -> Option<Person<'a>> {
    let principal = Principal::parse(&identity.arn).ok()?;
    let side = estate.principal_side(&principal)?;
    let layers = KnownLayers::new(side.clone(), things.clone());
    let (mut context, _) = estate.principal_context(&principal);
    context.derive("aws:SecureTransport", "true");
    context.derive("aws:ViaAWSService", "false");
    // Whoever asks directly comes through no other service and no MCP server.
    for key in ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:ViaAWSMCPService"] {
        context.replace(key, Vec::new());
    }
    let mut named = Bits::new(glances.asks.actions.len());
    for policy in &layers.at_most().identity {
        named.add(&glances.of(policy));
    }
    Some(Person { account, identity, kind, principal, side, layers, context, named })
}

/// The resource side of things that carry no policy of their own.
fn own_things(estate: &Estate, partition: &str, account: &str) -> ResourceSide {
    let without_policy = format!("arn:{partition}:bedrock:us-east-1:{account}:provisioned-model/any");
    let nothing = || ResourceSide {
        policy: ResourcePolicy::Resource(Known::Known(None)),
        rcp: Known::Known(Arc::new([])),
    };
    estate.resource_side(&without_policy).unwrap_or_else(nothing)
}

/// The actions that policies name, by policy: the same text is looked at once.
struct Glances<'a> {
    asks: &'a Asks,
    known: HashMap<*const Policy, Arc<Bits>>,
}

impl Glances<'_> {
    fn of(&mut self, policy: &Arc<Policy>) -> Arc<Bits> {
        let asks = self.asks;
        let entry = self.known.entry(Arc::as_ptr(policy));
        entry.or_insert_with(|| Arc::new(glance(policy, asks))).clone()
    }
}

fn glance(policy: &Policy, asks: &Asks) -> Bits {
    let mut bits = Bits::new(asks.actions.len());
    for statement in policy.statements.iter().filter(|statement| statement.effect != Ok(Effect::Deny)) {
        for (number, action) in asks.actions.iter().enumerate() {
            if statement.action.matches(action) {
                bits.insert(number);
            }
        }
    }
    bits
}

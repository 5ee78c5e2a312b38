//! A user or role with the policies that apply to it, and the actions that its own policies name at all.
//!
//! Most people are far from any door: a glance at which actions their Allows name spares asking.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use iam::context::Context;
use iam::estate::{Estate, Identity, Known, KnownLayers, PrincipalSide, ResourcePolicy, ResourceSide, Role};
use iam::policy::{Effect, Policy};
use iam::principal::Principal;

use super::ask::Asks;
use super::class::{Looks, Signature};

/// A user or role.
pub struct Person<'a> {
    /// Number of its account in the estate.
    pub account: usize,
    pub identity: &'a Identity,
    pub kind: PersonKind<'a>,
    pub principal: Principal,
    pub side: PrincipalSide,
    /// For requests on things of its own account that carry no policy of their own.
    pub layers: Late<'a, KnownLayers>,
    /// What is fixed about its requests.
    pub context: Late<'a, Context>,
    /// The actions that its Allows name, by number of [`Asks`].
    pub(super) named: Arc<Bits>,
    /// Number of the first person to whom every door stands alike.
    pub(super) class: usize,
}

/// Something that is made when it is first looked at, since most people are never asked about.
pub type Late<'a, T> = LazyLock<T, Box<dyn FnOnce() -> T + Send + Sync + 'a>>;

/// What a person is.
#[derive(Clone, Copy)]
pub enum PersonKind<'a> {
    User,
    Role(&'a Role),
}

/// A set of small numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Bits(Box<[u64]>);

impl Bits {
    fn new(size: usize) -> Self {
        Self(vec![0; size.div_ceil(64)].into())
    }

    fn insert(&mut self, number: usize) {
        self.0[number / 64] |= 1 << (number % 64);
    }

    fn fill(&mut self, size: usize) {
        (0..size).for_each(|number| self.insert(number));
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
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
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let numbers: Vec<usize> = (0..estate.accounts().len()).collect();
    let shares: Vec<Vec<Person<'a>>> = std::thread::scope(|scope| {
        let of_share = |share: &[usize]| {
            let mut glances = Glances { asks, known: HashMap::new(), sets: HashMap::new() };
            let mut looks = Looks::default();
            let mut people = Vec::new();
            for number in share {
                of_account(estate, *number, &mut glances, &mut looks, &mut people);
            }
            people
        };
        let share = numbers.len().div_ceil(threads).max(1);
        let workers: Vec<_> =
            numbers.chunks(share).map(|share| scope.spawn(move || of_share(share))).collect();
        let joined = workers.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.map(|people| people.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let mut all: Vec<Person<'a>> = Vec::with_capacity(shares.iter().map(Vec::len).sum());
    for mut share in shares {
        let before = all.len();
        share.iter_mut().for_each(|person| person.class += before);
        all.append(&mut share);
    }
    all
}

fn of_account<'a>(
    estate: &'a Estate,
    number: usize,
    glances: &mut Glances<'_>,
    looks: &mut Looks,
    people: &mut Vec<Person<'a>>,
) {
    let account = &estate.accounts()[number];
    let things = Arc::new(own_things(estate, &account.partition, account.id.as_str()));
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
    let have_policies = glances.asks.have_policies(account);
    let mut classes: HashMap<Signature, usize> = HashMap::new();
    for (identity, kind) in users.chain(roles) {
        let Some(mut person) = person(estate, number, identity, kind, &things, glances) else { continue };
        let own = people.len();
        let signature = if have_policies {
            None
        } else if person.named.is_empty() {
            Some(Signature::Far)
        } else {
            looks.signature(estate, &person, &things)
        };
        person.class = signature.map_or(own, |signature| *classes.entry(signature).or_insert(own));
        people.push(person);
    }
}

fn person<'a>(
    estate: &'a Estate,
    account: usize,
    identity: &'a Identity,
    kind: PersonKind<'a>,
    things: &Arc<ResourceSide>,
    glances: &mut Glances<'_>,
) -> Option<Person<'a>> {
    let principal = Principal::parse(&identity.arn).ok()?;
    let side = estate.principal_side(&principal)?;
    let named = glances.of_side(&side);
    let (own_side, things) = (side.clone(), things.clone());
    let layers: Box<dyn FnOnce() -> KnownLayers + Send + Sync> =
        Box::new(move || KnownLayers::new(own_side, ResourceSide::clone(&things)));
    let own = || Principal::parse(&identity.arn);
    let context: Box<dyn FnOnce() -> Context + Send + Sync> =
        Box::new(move || own().map_or_else(|_| Context::new(), |own| fixed(estate, &own)));
    let (layers, context) = (LazyLock::new(layers), LazyLock::new(context));
    Some(Person { account, identity, kind, principal, side, layers, context, named, class: 0 })
}

/// What is the same in every request of a principal.
pub(super) fn fixed(estate: &Estate, principal: &Principal) -> Context {
    let (mut context, _) = estate.principal_context(principal);
    context.derive("aws:SecureTransport", "true");
    context.derive("aws:ViaAWSService", "false");
    // Whoever asks directly comes through no other service and no MCP server.
    for key in ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:ViaAWSMCPService"] {
        context.replace(key, Vec::new());
    }
    context
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
    /// Of lists of policies: there are few different ones.
    sets: HashMap<Bits, Arc<Bits>>,
}

impl Glances<'_> {
    /// Of all identity-based policies; everything where one of them is not known, since it may name anything.
    fn of_side(&mut self, side: &PrincipalSide) -> Arc<Bits> {
        let mut named = Bits::new(self.asks.actions.len());
        match &side.identity {
            Known::Known(policies) => policies.iter().for_each(|attached| match attached.policy() {
                Known::Known(policy) => named.add(&self.of(policy)),
                Known::Unknown(_) => named.fill(self.asks.actions.len()),
            }),
            Known::Unknown(_) => named.fill(self.asks.actions.len()),
        }
        self.sets.entry(named.clone()).or_insert_with(|| Arc::new(named)).clone()
    }

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

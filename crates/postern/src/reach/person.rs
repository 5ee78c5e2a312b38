//! A user or role with the policies that apply to it, and the actions that its own policies name at all.
//!
//! Most people are far from any door: a glance at which actions their Allows name spares asking.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use iam::context::Context;
use iam::estate::{
    Estate, Identity, Known, KnownLayers, LayersKey, PolicyLevel, PrincipalSide, ResourcePolicy,
    ResourceSide, Role,
};
use iam::principal::Principal;

use super::ask::{Asks, WithPolicies};
use super::bits::Bits;
use super::class::{self, Looks, Signature, Texts};
use super::region::Regions;
use super::standing::own_resource;
use crate::parallel;

/// A user or role.
pub struct Person<'a> {
    /// Number of its account in the estate.
    pub account: usize,
    pub identity: &'a Identity,
    pub kind: PersonKind<'a>,
    pub principal: Principal,
    estate: &'a Estate,
    around: Arc<Around>,
    /// Made when it is first looked at, since most people are never asked about.
    asked: OnceLock<Box<Asked>>,
    /// The actions that its Allows name, by number of [`Asks`].
    pub(super) named: Arc<Bits>,
    /// Number of the first person of the account to whom every door stands alike, for the same reasons.
    pub(super) class: usize,
    /// Number of the class of those to whom every door is equally open.
    pub(super) alike: usize,
}

/// What a person is.
#[derive(Clone, Copy)]
pub enum PersonKind<'a> {
    User,
    Role(&'a Role),
}

/// What all people of an account share.
struct Around {
    scp: Known<Arc<[PolicyLevel]>>,
    management_account: bool,
    things: ResourceSide,
}

struct Asked {
    layers: KnownLayers,
    context: Context,
    /// The same for a signed request, which carries no token, and for one on a thing of the account's own.
    signed: Context,
    signed_on_own: Context,
    regions: OnceLock<Regions>,
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

    /// Where it was found.
    pub(super) fn estate(&self) -> &Estate {
        self.estate
    }

    /// The policies on its side.
    pub fn side(&self) -> PrincipalSide {
        side(self.identity, &self.around)
    }

    /// For requests on things of its own account that carry no policy of their own.
    pub fn layers(&self) -> &KnownLayers {
        &self.asked().layers
    }

    /// What is fixed about its requests.
    pub fn context(&self) -> &Context {
        &self.asked().context
    }

    /// What is fixed about its signed requests, on a thing of its own account or on another.
    pub(super) fn signed(&self, on_own: bool) -> &Context {
        if on_own { &self.asked().signed_on_own } else { &self.asked().signed }
    }

    /// The Regions in which it is asked: those of its account, and others for those that its policies tell apart.
    pub(super) fn regions(&self) -> &[String] {
        &self.told_apart().to_try
    }

    /// The Regions as its policies tell them apart.
    pub(super) fn told_apart(&self) -> &Regions {
        self.asked().regions.get_or_init(|| {
            let account = &self.estate.accounts()[self.account];
            let known: Vec<&str> =
                account.regions.keys().map(AsRef::as_ref).filter(|each| *each != "global").collect();
            Regions::new(&account.partition, &known, self.layers().at_most())
        })
    }

    fn asked(&self) -> &Asked {
        self.asked.get_or_init(|| {
            let layers = KnownLayers::new(self.side(), self.around.things.clone());
            let context = fixed(self.estate, &self.principal);
            let mut signed = context.clone();
            for key in TOKEN_KEYS {
                signed.replace(key, Vec::new());
            }
            let mut signed_on_own = signed.clone();
            if let Some(account) = self.principal.account() {
                own_resource(&mut signed_on_own, account.as_str());
            }
            Box::new(Asked { layers, context, signed, signed_on_own, regions: OnceLock::new() })
        })
    }
}

fn side(identity: &Identity, around: &Around) -> PrincipalSide {
    PrincipalSide {
        identity: identity.policies.clone(),
        boundary: identity.boundary.clone(),
        scp: around.scp.clone(),
        management_account: around.management_account,
    }
}

/// The keys that say which kind of token a request carries, of every service that takes tokens.
const TOKEN_KEYS: [&str; 4] = [
    "aws-external-anthropic:BearerTokenType",
    "bedrock-mantle:BearerTokenType",
    "bedrock:BearerTokenType",
    "sagemaker:BearerTokenType",
];

/// Everybody, and the classes of those to whom every door is equally open.
pub(super) struct Everybody<'a> {
    /// By account.
    pub people: Vec<Person<'a>>,
    /// The first person of each class.
    pub classes: Vec<usize>,
}

/// Some of the people, with what makes each class of them.
#[derive(Default)]
struct Share<'a> {
    people: Vec<Person<'a>>,
    /// None for a class of one.
    classes: Vec<Option<Signature>>,
    numbers: HashMap<Signature, usize>,
}

impl Share<'_> {
    fn class(&mut self, signature: Option<Signature>) -> usize {
        let next = self.classes.len();
        let Some(signature) = signature else {
            self.classes.push(None);
            return next;
        };
        if let Some(known) = self.numbers.get(&signature) {
            return *known;
        }
        self.classes.push(Some(signature.clone()));
        self.numbers.insert(signature, next);
        next
    }
}

/// Everybody, by account.
pub(super) fn everybody<'a>(estate: &'a Estate, asks: &Asks, with_policies: &WithPolicies) -> Everybody<'a> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let numbers: Vec<usize> = (0..estate.accounts().len()).collect();
    let texts = Texts::default();
    let of_share = |share: &&[usize]| {
        let mut looks = Looks::new(asks, &asks.everything, &texts, with_policies);
        let mut found = Share::default();
        for number in *share {
            of_account(estate, *number, asks, &mut looks, &mut found);
        }
        found
    };
    let shares: Vec<&[usize]> = numbers.chunks(numbers.len().div_ceil(threads).max(1)).collect();
    let shares: Vec<Share<'a>> = parallel::map(&shares, threads, of_share);
    let mut all: Vec<Person<'a>> = Vec::with_capacity(shares.iter().map(|share| share.people.len()).sum());
    let mut classes: Vec<usize> = Vec::new();
    let mut known: HashMap<Signature, usize> = HashMap::new();
    for share in shares {
        let before = all.len();
        // The number in the estate of each class of the share, once the first of it is met.
        let mut numbers: Vec<Option<usize>> = vec![None; share.classes.len()];
        for mut person in share.people {
            person.class += before;
            let of_class = numbers[person.alike].unwrap_or_else(|| {
                let next = classes.len();
                let number = match &share.classes[person.alike] {
                    Some(signature) => *known.entry(signature.clone()).or_insert(next),
                    None => next,
                };
                if number == next {
                    classes.push(all.len());
                }
                number
            });
            numbers[person.alike] = Some(of_class);
            person.alike = of_class;
            all.push(person);
        }
    }
    Everybody { people: all, classes }
}

fn of_account<'a>(
    estate: &'a Estate,
    number: usize,
    asks: &Asks,
    looks: &mut Looks<'_>,
    share: &mut Share<'a>,
) {
    let account = &estate.accounts()[number];
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
    let id = account.id.as_str();
    let root = Principal::parse(&format!("arn:{}:iam::{id}:root", account.partition));
    let Some(of_root) = root.ok().and_then(|root| estate.principal_side(&root)) else { return };
    let things = own_things(estate, &account.partition, id);
    let common = looks.common(estate, account, &of_root, &things);
    let around = |side: &PrincipalSide| {
        let PrincipalSide { scp, management_account, .. } = side;
        Arc::new(Around { scp: scp.clone(), management_account: *management_account, things: things.clone() })
    };
    let of_account = around(&of_root);
    let mut classes: HashMap<(LayersKey, usize), usize> = HashMap::new();
    let mut first_far: Option<usize> = None;
    for (identity, kind) in users.chain(roles) {
        let Ok(principal) = Principal::parse(&identity.arn) else { continue };
        let is_here = principal.account() == Some(&account.id);
        let around = if is_here {
            of_account.clone()
        } else {
            match estate.principal_side(&principal) {
                Some(side) => around(&side),
                None => continue,
            }
        };
        let side = side(identity, &around);
        let named = looks.named(&side, id);
        let own = share.people.len();
        let mut person = Person {
            account: number,
            identity,
            kind,
            principal,
            estate,
            around,
            asked: OnceLock::new(),
            named,
            class: own,
            alike: 0,
        };
        let is_far = common.may_be_far() && person.named.none_below(asks.actions.len());
        let signature = if is_far {
            person.class = *first_far.get_or_insert(own);
            Some(class::far())
        } else if is_here && !looks.with_policies.are_met_elsewhere(&person.named, account.id) {
            looks.signature(estate, &common, &person, &side)
        } else {
            None
        };
        let is_alone = signature.is_none();
        person.alike = share.class(signature);
        if !is_far && !is_alone {
            person.class = *classes.entry((side.key(), person.alike)).or_insert(own);
        }
        share.people.push(person);
    }
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
pub(super) fn own_things(estate: &Estate, partition: &str, account: &str) -> ResourceSide {
    let without_policy = format!("arn:{partition}:bedrock:us-east-1:{account}:provisioned-model/any");
    let nothing = || ResourceSide {
        policy: ResourcePolicy::Resource(Known::Known(None)),
        rcp: Known::Known(Arc::new([])),
    };
    estate.resource_side(&without_policy).unwrap_or_else(nothing)
}

//! What properties are proved of: accounts with what limits everybody in them, and the people.
//!
//! A property is first asked of an account as a whole: of anybody whom its users, roles and root user may ever be, with
//! every right that an identity can have. What holds then holds for people who are not there yet. Only where it does not
//! are the people asked who are there.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use iam::condition::Condition;
use iam::context::{Context, Key};
use iam::estate::{Account, Estate, Known, KnownLayers, Missing, PolicyLevel, Resource, ResourcePolicy};
use iam::layers::{Layer, Layers, ResourceSide};
use iam::policy::{Effect, Policy};
use iam::principal::Principal;
use iam::request::{Request, RequestParts};
use iam::truth::Ledger;
use prover::question::{Meant, everything};

/// Accounts and people.
pub struct Ground<'a> {
    pub estate: &'a Estate,
    pub accounts: Vec<Place<'a>>,
    /// The ids of all accounts that are known.
    pub ids: BTreeSet<&'a str>,
}

/// An account.
pub struct Place<'a> {
    pub account: &'a Account,
    /// The names of the nodes above it, as `/workloads/prod`; empty outside of an organisation.
    pub path: String,
    pub is_management: bool,
    /// What limits everybody, where everything else allows.
    pub ceiling: Layers,
    pub ceiling_missing: Vec<Arc<Missing>>,
    /// The resource control policies of what it has.
    pub rcp: Vec<iam::layers::Level>,
    pub rcp_missing: Vec<Arc<Missing>>,
    /// Keys that everybody's requests carry.
    pub given: Context,
    /// Equal for accounts to which the same service control policies apply and that these do not tell apart.
    pub class: usize,
    /// The policies of the organisation that apply to it and to what it has.
    pub above: Above,
}

/// The policies of an organisation that apply to an account, each by its address, level by level; and the account itself
/// where they tell accounts apart.
pub type Above = Arc<[usize]>;

/// What is the same for all people to whom the same policies apply.
pub struct Standing {
    pub layers: Layers,
    pub missing: Vec<Arc<Missing>>,
    /// For each set of requests of each property whether a policy of theirs allows anything on its actions.
    pub may: Vec<Vec<bool>>,
    /// Conditions on keys that follow from who asks.
    of_who: Vec<Condition>,
    keys: BTreeSet<Key>,
    /// Whether policies may say something else of everybody.
    is_told_apart: bool,
}

impl Standing {
    /// Of a root user, to whom nothing applies but what is above the account.
    pub fn of_root(place: &Place<'_>) -> Self {
        Self {
            layers: place.ceiling.clone(),
            missing: place.ceiling_missing.clone(),
            may: Vec::new(),
            of_who: Vec::new(),
            keys: BTreeSet::new(),
            is_told_apart: false,
        }
    }

    /// Equal for people of whom these policies say the same.
    pub fn signature(&self, principal: &Principal, given: &Context) -> Vec<u8> {
        if self.is_told_apart {
            return principal.to_string().into_bytes();
        }
        let request = Request::new(RequestParts {
            principal: principal.clone(),
            action: any_action(),
            resource: "*".to_owned(),
            resource_account: None,
            context: given.clone(),
            completeness: iam::Completeness::Partial,
        });
        let says = |condition: &Condition| condition.matches(&request, &mut Ledger::default()) as u8;
        // Users and roles differ in keys that no condition may name.
        let kind = u8::from(matches!(principal, Principal::User { .. }));
        std::iter::once(kind).chain(self.of_who.iter().map(says)).collect()
    }
}

/// Whether a key follows from who asks.
fn is_of_who(key: &str) -> bool {
    key.starts_with("aws:principal") || matches!(key, "aws:username" | "aws:userid")
}

impl Place<'_> {
    /// The same account.
    pub fn again(&self) -> Self {
        Self {
            account: self.account,
            path: self.path.clone(),
            is_management: self.is_management,
            ceiling: self.ceiling.clone(),
            ceiling_missing: self.ceiling_missing.clone(),
            rcp: self.rcp.clone(),
            rcp_missing: self.rcp_missing.clone(),
            given: self.given.clone(),
            class: self.class,
            above: self.above.clone(),
        }
    }

    /// What is not known of the policies above it.
    pub fn missing(&self) -> Vec<Arc<Missing>> {
        self.ceiling_missing.iter().chain(&self.rcp_missing).cloned().collect()
    }
}

impl<'a> Ground<'a> {
    pub fn new(estate: &'a Estate) -> Self {
        let mut classes: HashMap<Vec<usize>, usize> = HashMap::new();
        let mut tells: HashMap<usize, bool> = HashMap::new();
        let accounts = estate
            .accounts()
            .iter()
            .enumerate()
            .map(|(number, account)| {
                let root = Principal::parse(&format!("arn:{}:iam::{}:root", account.partition, account.id))
                    .unwrap_or(Principal::Anonymous);
                let (layers, missing) = known(estate, &root);
                let ceiling = Layers {
                    identity: vec![everything()],
                    resource: ResourceSide::Resource(everything()),
                    ..layers
                };
                let given = estate.principal_context(&root).0;
                let mut key: Vec<usize> = vec![usize::from(ceiling.management_account)];
                let mut is_told_apart = false;
                for level in &ceiling.scp {
                    key.push(1);
                    for policy in &level.policies {
                        let pointer = Arc::as_ptr(policy) as usize;
                        key.push(pointer);
                        is_told_apart |=
                            *tells.entry(pointer).or_insert_with(|| tells_accounts_apart(policy));
                    }
                }
                key.extend(missing.iter().map(|(_, why)| Arc::as_ptr(why) as usize));
                if is_told_apart {
                    key.extend([2, number]);
                }
                let next = classes.len();
                let class = *classes.entry(key.clone()).or_insert(next);
                let (path, is_management) = place(estate, account);
                let (rcp, rcp_missing) = controls(estate, account);
                for level in &rcp {
                    key.push(3);
                    key.extend(level.policies.iter().map(|policy| Arc::as_ptr(policy) as usize));
                }
                key.extend(rcp_missing.iter().map(|why| Arc::as_ptr(why) as usize));
                Place {
                    account,
                    path,
                    is_management,
                    ceiling,
                    ceiling_missing: missing.into_iter().map(|(_, why)| why).collect(),
                    rcp,
                    rcp_missing,
                    given,
                    class,
                    above: key.into(),
                }
            })
            .collect();
        let ids = estate.accounts().iter().map(|account| account.id.as_str()).collect();
        Self { estate, accounts, ids }
    }

    /// The users and roles of an account, service-linked roles aside; an error is what is missing of their lists.
    pub fn people(&self, place: &Place<'a>) -> (Vec<Principal>, Vec<Arc<Missing>>) {
        let mut found = Vec::new();
        let mut missing = Vec::new();
        match &place.account.users {
            Known::Known(users) => found.extend(users.iter().map(|user| user.identity.arn.clone())),
            Known::Unknown(why) => missing.push(why.clone()),
        }
        match &place.account.roles {
            Known::Known(roles) => found.extend(roles.iter().map(|role| role.identity.arn.clone())),
            Known::Unknown(why) => missing.push(why.clone()),
        }
        let found = found
            .iter()
            .filter(|arn| !arn.contains(":role/aws-service-role/"))
            .filter_map(|arn| Principal::parse(arn).ok())
            .collect();
        (found, missing)
    }

    /// The same, where things leave it to the account to say who may use them.
    pub fn delegated(&self, place: &Place<'a>, layers: &Layers) -> Layers {
        let resource = ResourceSide::Resource(super::everything_of(place.account.id.as_str()));
        Layers { resource, ..layers.clone() }
    }

    /// What is the same for all to whom the same policies apply; none for a principal that is not there.
    pub fn standing(
        &self,
        place: &Place<'a>,
        principal: &Principal,
        meant: &[Vec<&Meant>],
    ) -> Option<Standing> {
        let (layers, missing) = known(self.estate, principal);
        let allows = |meant: &Meant| {
            layers.identity.iter().any(|policy| {
                meant.actions.iter().any(|action| {
                    let mut about = policy.statements.about(action);
                    about.any(|(_, statement)| {
                        statement.effect != Ok(Effect::Deny) && statement.action.matches(action)
                    })
                })
            })
        };
        let may = meant.iter().map(|all| all.iter().map(|meant| allows(meant)).collect()).collect();
        let mut of_who: Vec<Condition> = Vec::new();
        let mut keys = BTreeSet::new();
        let mut is_told_apart = false;
        let own = Layer::ALL.into_iter().flat_map(|layer| layers.levels(layer)).flatten();
        for policy in own.chain(meant.iter().flatten().map(|meant| &meant.policy)) {
            for statement in policy.statements.iter() {
                let on = statement.resource.iter().flat_map(|element| element.patterns());
                is_told_apart |= on.into_iter().any(|pattern| pattern.as_str().contains("${"));
                for condition in &statement.conditions {
                    keys.insert(condition.key().clone());
                    is_told_apart |= condition.has_variables();
                    if is_of_who(condition.key().as_str()) && !of_who.contains(condition) {
                        of_who.push(condition.clone());
                    }
                }
            }
        }
        let layers = self.delegated(place, &layers);
        Some(Standing {
            layers,
            missing: missing.into_iter().map(|(_, why)| why).collect(),
            may,
            of_who,
            keys,
            is_told_apart,
        })
    }

    /// The keys that somebody's requests carry, as far as they matter to the policies.
    pub fn given(&self, principal: &Principal, standing: &Standing) -> Context {
        let mut given = self.estate.principal_context(principal).0;
        let target = self.estate.target("*", None);
        let partial = iam::Completeness::Partial;
        let asked = self.estate.request(principal, &any_action(), &target, &given, partial);
        for key in &standing.keys {
            if given.get(key).is_none()
                && let Some(values) = self.estate.value_for_caller(key, &asked, &standing.layers)
            {
                given.replace(key.as_str(), values);
            }
        }
        given
    }

    /// The things of an account that carry a policy, roles with whom they trust among them.
    pub fn things(&self, place: &Place<'a>) -> Vec<(&'a str, Arc<Policy>)> {
        let mut found: Vec<(&str, Arc<Policy>)> = Vec::new();
        for Resource { arn, policy, .. } in place.account.resources.iter() {
            if let Known::Known(Some(document)) = policy {
                found.push((arn, document.policy.clone()));
            }
        }
        if let Known::Known(roles) = &place.account.roles {
            for role in roles.iter() {
                if let Known::Known(trust) = &role.trust {
                    found.push((&role.identity.arn, trust.policy.clone()));
                }
            }
        }
        found
    }

    /// The things of an account of which it is not known what policy they carry, and why.
    pub fn things_unread(&self, place: &Place<'a>) -> Vec<(&'a str, Arc<Missing>)> {
        let mut found: Vec<(&str, Arc<Missing>)> = Vec::new();
        for Resource { arn, policy, .. } in place.account.resources.iter() {
            if let Known::Unknown(why) = policy {
                found.push((arn, why.clone()));
            }
        }
        if let Known::Known(roles) = &place.account.roles {
            for role in roles.iter() {
                if let Known::Unknown(why) = &role.trust {
                    found.push((&role.identity.arn, why.clone()));
                }
            }
        }
        found
    }

    /// What limits requests for a thing beside its own policy: resource control policies.
    pub fn around(&self, arn: &str) -> Layers {
        let target = self.estate.target(arn, None);
        let nobody = Principal::Anonymous;
        match (self.estate.principal_side(&nobody), target.side()) {
            (Some(own), Some(side)) => {
                let side = iam::estate::ResourceSide {
                    policy: ResourcePolicy::Resource(Known::Known(None)),
                    rcp: side.rcp.clone(),
                };
                KnownLayers::new(own, side).at_most().clone()
            }
            (_, _) => Layers::default(),
        }
    }

    /// The names of the policies at each level above an account.
    pub fn names(&self, place: &Place<'a>) -> Vec<Vec<String>> {
        let root = format!("arn:{}:iam::{}:root", place.account.partition, place.account.id);
        let side = Principal::parse(&root).ok().and_then(|root| self.estate.principal_side(&root));
        let Some(Known::Known(levels)) = side.map(|side| side.scp) else { return Vec::new() };
        let of = |level: &PolicyLevel| match &level.policies {
            Known::Known(policies) => policies.iter().map(|policy| policy.name.to_string()).collect(),
            Known::Unknown(_) => Vec::new(),
        };
        levels.iter().map(of).collect()
    }
}

/// The layers of somebody who asks for something of their own that has no policy.
fn known(estate: &Estate, principal: &Principal) -> (Layers, Vec<(Layer, Arc<Missing>)>) {
    let target = estate.target("*", principal.account());
    match (estate.principal_side(principal), target.side()) {
        (Some(own), Some(side)) => {
            let known = KnownLayers::new(own, side.clone());
            (known.at_most().clone(), known.missing().to_vec())
        }
        (_, _) => (Layers::default(), Vec::new()),
    }
}

fn any_action() -> iam::Action {
    iam::Action::parse("bedrock:InvokeModel").expect("a constant action can be read")
}

/// The resource control policies of what an account has.
fn controls(estate: &Estate, account: &Account) -> (Vec<iam::layers::Level>, Vec<Arc<Missing>>) {
    let example = format!("arn:{}:sqs:us-east-1:{}:any", account.partition, account.id);
    let (Some(own), Some(side)) =
        (estate.principal_side(&Principal::Anonymous), estate.resource_side(&example))
    else {
        return (Vec::new(), Vec::new());
    };
    let known = KnownLayers::new(own, side);
    let missing = known.missing().iter().filter(|(layer, _)| *layer == Layer::Rcp);
    let missing: Vec<Arc<Missing>> = missing.map(|(_, why)| why.clone()).collect();
    (known.at_most().rcp.clone(), missing)
}

/// Whether a policy may say different things in different accounts.
pub fn tells_accounts_apart(policy: &Policy) -> bool {
    let has_account = |text: &str| {
        let mut digits = 0;
        text.bytes().any(|byte| {
            digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
            digits >= 12
        }) || text.contains("${")
            || account_patterns(text).next().is_some()
    };
    policy.statements.iter().any(|statement| {
        let on = statement.resource.iter().flat_map(|element| element.patterns());
        on.into_iter().any(|pattern| has_account(pattern.as_str()))
            || statement.conditions.iter().any(|condition| {
                let key = condition.key().as_str();
                key.contains("account")
                    || key.contains("orgpaths")
                    || condition.values().iter().any(|text| has_account(text))
            })
    })
}

/// The parts of a text that may be some accounts and not others: digits with wildcards, where an ARN has its account, or
/// anywhere where wildcards stand for what comes before.
pub fn account_patterns(text: &str) -> impl Iterator<Item = &str> {
    let is_free = text.split(':').next().is_some_and(|first| first.contains(['*', '?']));
    let is_one = move |(at, part): &(usize, &str)| {
        (*at == 4 || is_free)
            && part.bytes().any(|byte| byte.is_ascii_digit())
            && part.contains(['*', '?'])
            && part.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'*' | b'?'))
    };
    text.split(':').enumerate().filter(is_one).map(|(_, part)| part)
}

/// Where an account stands in its organisation, and whether it is the one that manages it.
fn place(estate: &Estate, account: &Account) -> (String, bool) {
    let Known::Known(Some((organization, node))) = estate.organization_of(account) else {
        return (String::new(), false);
    };
    let path = match organization.chain(node) {
        Known::Known(chain) => {
            let names = chain.iter().skip(1).filter(|each| each.id != node.id);
            let names: Vec<&str> = names.filter_map(|node| node.name.as_deref()).collect();
            format!("/{}", names.join("/"))
        }
        Known::Unknown(_) => String::new(),
    };
    (path, organization.management_account == account.id)
}

//! The requests there can be, in cases: an action with one type of resource, by one kind of principal. What statements
//! cannot tell apart is one case.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use iam::action::{Action, ActionPattern};
use iam::policy::{Policy, Statement};
use iam::principal::{Principal, PrincipalElement, PrincipalValue};
use reference::Characters;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::language::{ANY, Found, Pattern, Token, find};

/// A kind of request.
#[derive(Clone, Debug)]
pub struct Case {
    pub action: Cow<'static, Action>,
    /// The resource type; none for an action that takes no resources.
    pub kind: Option<&'static str>,
}

/// Whether there are actions beside those that the reference lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Universe {
    /// What AWS has, as far as the reference knows.
    #[default]
    Catalogue,
    /// Also actions that AWS may add, on whatever.
    Open,
}

/// The type of resources of which nothing is known but their service.
pub const ANY_KIND: &str = "*";

/// An action that the reference lists.
pub(crate) struct Listed {
    action: Action,
    known: reference::Action,
    /// Whether resource control policies see it.
    reaches_rcp: bool,
    kinds: Vec<ListedKind>,
}

/// A type that an action is on.
#[derive(Clone)]
struct ListedKind {
    name: &'static str,
    /// The services that its ARNs name; none where one leaves that open.
    services: Option<Vec<String>>,
    shape: Shape,
}

/// What a type's ARNs name: a Region, an account, and whether the policy of such a thing has to allow for itself.
type Shape = (bool, bool, Option<&'static str>);

/// Every action that the reference lists.
static ACTIONS: LazyLock<Vec<Listed>> = LazyLock::new(|| {
    let all = reference::services().flat_map(|service| reference::actions(service.prefix));
    let mut known_kinds: FxHashMap<(&str, &str), ListedKind> = FxHashMap::default();
    all.filter_map(|known| {
        let action = Action::parse(&format!("{}:{}", known.service, known.name)).ok()?;
        let mut kinds = Vec::new();
        for kind in known.resource_types() {
            let one = known_kinds.entry((known.service, kind.name)).or_insert_with(|| ListedKind {
                name: kind.name,
                services: services_of(known.service, kind.name),
                shape: shape(known.service, kind.name),
            });
            kinds.push(one.clone());
        }
        Some(Listed { action, known, reaches_rcp: reference::supports_rcp(known.service), kinds })
    })
    .collect()
});

/// The services that the ARNs of a type name.
fn services_of(service: &str, kind: &str) -> Option<Vec<String>> {
    let templates = reference::resource_type(service, kind)?.templates();
    templates
        .map(|template| {
            let mut text = String::new();
            for piece in template.pieces() {
                match piece {
                    reference::Piece::Literal(literal) => text.push_str(literal),
                    reference::Piece::Placeholder { .. } => text.push('*'),
                }
            }
            let named = text.split(':').nth(2).filter(|part| !part.contains('*'));
            named.map(str::to_ascii_lowercase)
        })
        .collect()
}

/// A pattern of `Resource`, with the service that it names.
struct Named {
    is_everything: bool,
    service: Option<String>,
}

impl Named {
    fn new(text: &str) -> Self {
        let is_plain = |part: &&str| !part.contains(['*', '?', '$']);
        let mut parts = text.split(':');
        let begins = parts.next().filter(is_plain).and(parts.next()).filter(is_plain).is_some();
        let service = parts.next().filter(is_plain).filter(|_| begins);
        Self {
            is_everything: text.bytes().all(|byte| byte == b'*'),
            service: service.map(str::to_ascii_lowercase),
        }
    }

    fn sight(&self, services: Option<&[String]>) -> Sight {
        match (&self.service, services) {
            _ if self.is_everything => Sight::All,
            // Both name their service, and it is not the same.
            (Some(named), Some(services)) if !services.contains(named) => Sight::None,
            _ => Sight::Some,
        }
    }
}

/// How much of a resource type a pattern covers, at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Sight {
    All,
    None,
    Some,
}

/// Actions of the reference, and on which types of resources they are meant.
#[derive(Clone)]
pub struct Actions(Vec<(&'static Listed, Vec<Option<&'static str>>)>);

impl Actions {
    /// Those on which a policy has a statement for which `is_meant` is true.
    pub fn of(policy: &Policy, is_meant: impl Fn(&Statement) -> bool) -> Self {
        Self::that(|listed| {
            let mut about = policy.statements.about(&listed.action);
            about.any(|(_, statement)| is_meant(statement) && statement.action.matches(&listed.action))
        })
    }

    /// Those on which one of some policies has a statement, and that resource control policies see.
    pub fn seen_by_rcp(policies: &[&Policy]) -> Self {
        Self::that(|listed| {
            listed.reaches_rcp
                && policies.iter().any(|policy| {
                    let mut about = policy.statements.about(&listed.action);
                    about.any(|(_, statement)| statement.action.matches(&listed.action))
                })
        })
    }

    /// All.
    pub fn all() -> Self {
        Self::that(|_| true)
    }

    fn that(is_one: impl Fn(&Listed) -> bool) -> Self {
        let all = ACTIONS.iter().filter(|listed| is_one(listed));
        Self(
            all.map(|listed| {
                let mut kinds: Vec<Option<&'static str>> =
                    listed.kinds.iter().map(|kind| Some(kind.name)).collect();
                if kinds.is_empty() {
                    kinds.push(None);
                }
                (listed, kinds)
            })
            .collect(),
        )
    }

    /// Only on the types that are meant.
    #[must_use]
    pub fn only(mut self, is_meant: impl Fn(&'static Action, Option<&'static str>) -> bool) -> Self {
        for (listed, kinds) in &mut self.0 {
            kinds.retain(|kind| is_meant(&listed.action, *kind));
        }
        self.0.retain(|(_, kinds)| !kinds.is_empty());
        self
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each with each type that it is on.
    pub fn on_types(&self) -> impl Iterator<Item = (&'static Action, &'static str)> {
        let on = |(listed, kinds): &(&'static Listed, Vec<Option<&'static str>>)| {
            let action = &listed.action;
            kinds.iter().flatten().map(move |kind| (action, *kind)).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(on)
    }

    pub fn iter(&self) -> impl Iterator<Item = &'static Action> {
        self.0.iter().map(|(listed, _)| &listed.action)
    }
}

/// The cases that some policies tell apart among actions.
pub fn cases(policies: &[&Policy], among: &Actions) -> Vec<Case> {
    cases_with(policies, among).into_iter().map(|(case, _)| case).collect()
}

/// The same, each with all actions that are in it.
pub fn cases_with(policies: &[&Policy], among: &Actions) -> Vec<(Case, Vec<&'static Action>)> {
    // The statements on each action, and all of them.
    let mut numbers: Vec<Vec<(u32, u32)>> = Vec::with_capacity(among.0.len());
    let mut met: BTreeSet<(u32, u32)> = BTreeSet::new();
    for (listed, _) in &among.0 {
        let mut own = Vec::new();
        for (policy, document) in policies.iter().enumerate() {
            let about = document.statements.about(&listed.action);
            let about = about.filter(|(_, statement)| statement.action.matches(&listed.action));
            own.extend(about.map(|(number, _)| (policy as u32, number)));
        }
        met.extend(&own);
        numbers.push(own);
    }
    let statements: Vec<&Statement> = met
        .iter()
        .filter_map(|(policy, number)| policies[*policy as usize].statements.get(*number as usize))
        .collect();
    let keys: BTreeSet<&str> = statements
        .iter()
        .flat_map(|statement| &statement.conditions)
        .map(|condition| condition.key_name())
        // Whatever is global is carried by all.
        .filter(|key| reference::global_key(key).is_none())
        .collect();
    let elements = statements.iter().filter_map(|statement| statement.resource.as_ref());
    let patterns: BTreeSet<&str> =
        elements.flat_map(|element| element.patterns()).map(|each| each.as_str()).collect();
    let patterns: Vec<Named> = patterns.into_iter().map(Named::new).collect();
    let mut sights: FxHashMap<Option<&[String]>, Arc<[Sight]>> = FxHashMap::default();
    let mut seen = FxHashMap::default();
    let mut cases: Vec<(Case, Vec<&'static Action>)> = Vec::new();
    for ((Listed { action, known, reaches_rcp, kinds }, meant), numbers) in among.0.iter().zip(&numbers) {
        let carried: Vec<bool> = keys.iter().map(|key| known.lists_key(key)).collect();
        let nothing = kinds.is_empty().then_some(None);
        let on = kinds.iter().map(Some).chain(nothing);
        for of in on.filter(|of| meant.contains(&of.map(|kind| kind.name))) {
            let (kind, shape) = (of.map(|kind| kind.name), of.map(|kind| kind.shape));
            let services: Option<&[String]> = of.map_or(Some(&[]), |kind| kind.services.as_deref());
            let sights = sights
                .entry(services)
                .or_insert_with(|| patterns.iter().map(|named| named.sight(services)).collect());
            // Types of which no pattern names any are alike.
            let own = (kind.is_some() && sights.contains(&Sight::Some)).then_some((known.service, kind));
            // What the rule itself tells apart: who sees it, what AWS refuses, whose policy has to allow.
            let by_rule = (*reaches_rcp, shape, refused(action));
            let key = (numbers, carried.clone(), by_rule, sights.clone(), own);
            match seen.get(&key) {
                Some(at) => {
                    let (_, actions): &mut (Case, Vec<&'static Action>) = &mut cases[*at];
                    actions.push(action);
                }
                None => {
                    seen.insert(key, cases.len());
                    cases.push((Case { action: Cow::Borrowed(action), kind }, vec![action]));
                }
            }
        }
    }
    cases
}

fn shape(service: &str, kind: &str) -> Shape {
    let templates = || reference::resource_type(service, kind).into_iter().flat_map(|kind| kind.templates());
    let names = |wanted: &str| {
        templates().all(|template| {
            template
                .pieces()
                .any(|piece| matches!(piece, reference::Piece::Placeholder { name, .. } if name == wanted))
        })
    };
    // Keys and roles are told apart from all else.
    let own = [("kms", "kms"), ("sts", "sts")].into_iter().find(|(of, _)| *of == service).map(|(_, own)| own);
    (names("Region"), names("Account"), own)
}

/// The refusals of AWS that an action meets.
fn refused(action: &Action) -> Vec<&'static str> {
    if !matches!(action.service(), "iam" | "kms") {
        return Vec::new();
    }
    let meets = |row: &&reference::Refusal| {
        row.actions.iter().any(|refused| refused.eq_ignore_ascii_case(action.as_str()))
    };
    reference::refusals().iter().filter(meets).map(|row| row.id.as_str()).collect()
}

/// Actions that AWS may add, by which patterns of actions they match: none where there are too many kinds to look at.
///
/// Of the services that the policies name, and of one that they do not.
pub fn actions_to_come(policies: &[&Policy]) -> Option<Vec<Case>> {
    let mut by_service: BTreeMap<String, BTreeSet<String>> =
        BTreeMap::from([(NO_SERVICE.to_owned(), BTreeSet::new())]);
    let patterns = policies
        .iter()
        .flat_map(|policy| policy.statements.iter())
        .flat_map(|statement| statement.action.patterns());
    for pattern in patterns {
        let ActionPattern::Named { service, name } = pattern else { continue };
        let (service, name) = (service.as_exact()?, name.spelled());
        if !name.contains(['*', '?']) && reference::action(service, &name).is_some() {
            continue;
        }
        let of = by_service.entry(service.to_ascii_lowercase()).or_default();
        if name.bytes().any(|byte| byte != b'*') {
            of.insert(name);
        }
    }
    let mut cases = Vec::new();
    for (service, patterns) in &by_service {
        // One name for each way to match some of them and not the others.
        let mut ways: Vec<(Vec<Pattern>, Vec<Pattern>)> = vec![(vec![letters()], Vec::new())];
        for text in patterns {
            let pattern = folded(text);
            let mut more = Vec::new();
            for (all, none) in ways {
                let (mut with, mut without) = ((all.clone(), none.clone()), (all, none));
                with.0.push(pattern.clone());
                without.1.push(pattern.clone());
                more.extend([with, without].into_iter().filter(|(all, none)| name_of(all, none).is_some()));
            }
            ways = more;
            if ways.len() > WAYS_MAX {
                return None;
            }
        }
        let names = ways.iter().filter_map(|(all, none)| name_of(all, none));
        let actions = names.filter_map(|name| Action::parse(&format!("{service}:{name}")).ok());
        for action in actions.filter(|action| !action.is_listed()) {
            let kinds = [Some(ANY_KIND), None];
            cases.extend(kinds.map(|kind| Case { action: Cow::Owned(action.clone()), kind }));
        }
    }
    Some(cases)
}

/// The service of actions of which no policy names the service.
const NO_SERVICE: &str = "unnamed";

/// Most ways to match patterns of actions of one service.
const WAYS_MAX: usize = 256;

/// What a name of an action is made of; what is in no listed name comes first.
fn letters() -> Pattern {
    let of = Characters {
        ascii: {
            let mut bits = 0_u128;
            let mut letter = b'a';
            while letter <= b'z' {
                bits |= 1 << letter | 1 << letter.to_ascii_uppercase();
                letter += 1;
            }
            bits
        },
        beyond_ascii: false,
    };
    Pattern { tokens: vec![Token::One(of), Token::Run(of)] }
}

fn folded(text: &str) -> Pattern {
    let token = |letter: char| match letter {
        '*' => Token::Run(ANY),
        '?' => Token::One(ANY),
        other => Token::in_either_case(other),
    };
    Pattern { tokens: text.chars().map(token).collect() }
}

/// A name that matches all of some patterns and none of others, made long so that it is none that is listed.
fn name_of(all: &[Pattern], none: &[Pattern]) -> Option<String> {
    let each: Vec<Vec<Pattern>> = all.iter().map(|pattern| vec![pattern.clone()]).collect();
    let unlisted = Pattern {
        tokens: [vec![Token::Run(ANY)], "Zz".chars().map(Token::Is).collect(), vec![Token::Run(ANY)]]
            .concat(),
    };
    let first: Vec<Vec<Pattern>> = each.iter().cloned().chain([vec![unlisted]]).collect();
    [first, each].iter().find_map(|each| match find(each, none) {
        Found::Text(name) => Some(name),
        Found::Nothing | Found::TooMuch => None,
    })
}

/// The account of what is asked about and of principals that no policy names.
pub const ACCOUNT: &str = "111122223333";

/// Those whom some policies name, and one of each kind whom they do not.
pub fn principals(policies: &[&Policy]) -> Vec<Principal> {
    let elements: Vec<_> = policies
        .iter()
        .flat_map(|policy| policy.statements.iter())
        .filter_map(|statement| statement.principal.as_ref())
        .collect();
    let mut texts = vec![format!("arn:aws:iam::{ACCOUNT}:role/any")];
    let mut found = Vec::new();
    for value in elements.iter().flat_map(|element| element.values()) {
        match value {
            PrincipalValue::Everyone => found.push(Principal::Anonymous),
            PrincipalValue::Account(account) => texts
                .extend([format!("arn:aws:iam::{account}:role/any"), format!("arn:aws:iam::{account}:root")]),
            PrincipalValue::Arn(arn) => texts.push(arn.clone()),
            PrincipalValue::Service(name) => found.push(Principal::Service { name: name.clone() }),
            PrincipalValue::Federated(provider) => {
                found.push(Principal::Federated { provider: provider.clone() });
            }
            PrincipalValue::UniqueId(_) | PrincipalValue::CanonicalUser(_) => {}
        }
    }
    let names_all = |element: &&PrincipalElement| {
        element.is_negated() || element.values().contains(&PrincipalValue::Everyone)
    };
    if elements.iter().any(names_all) {
        found.extend([
            Principal::Anonymous,
            Principal::Service { name: "any.amazonaws.com".to_owned() },
            Principal::Federated { provider: "any.example.com".to_owned() },
        ]);
    }
    let mut all: Vec<Principal> = texts.iter().filter_map(|text| Principal::parse(text).ok()).collect();
    all.extend(found);
    let mut seen = FxHashSet::default();
    all.retain(|principal| seen.insert(principal.to_string()));
    all
}

//! The requests there can be, in cases: an action with one type of resource, by one kind of principal. What statements
//! cannot tell apart is one case.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use iam::action::Action;
use iam::policy::Policy;
use iam::principal::{Principal, PrincipalValue};

/// A kind of request.
#[derive(Clone, Debug)]
pub struct Case {
    pub action: &'static Action,
    /// The resource type; none for an action that takes no resources.
    pub kind: Option<&'static str>,
}

/// An action that the reference lists.
struct Listed {
    action: Action,
    known: reference::Action,
    /// Whether resource control policies see it.
    reaches_rcp: bool,
    /// The types it is on, each with the services that its ARNs name; none where one leaves that open.
    kinds: Vec<(&'static str, Option<Vec<String>>)>,
}

/// Every action that the reference lists.
static ACTIONS: LazyLock<Vec<Listed>> = LazyLock::new(|| {
    let all = reference::services().flat_map(|service| reference::actions(service.prefix));
    let mut services: HashMap<(&str, &str), Option<Vec<String>>> = HashMap::new();
    all.filter_map(|known| {
        let action = Action::parse(&format!("{}:{}", known.service, known.name)).ok()?;
        let mut kinds = Vec::new();
        for kind in known.resource_types() {
            let of = services.entry((known.service, kind.name));
            kinds.push((kind.name, of.or_insert_with(|| services_of(known.service, kind.name)).clone()));
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

/// The cases in which a statement of the first policy applies; of policies beside one that allows everything, also
/// those in which one of the second does.
pub fn cases(first: &Policy, second: &Policy, everything_is_allowed: bool) -> Vec<Case> {
    let statements = || [first, second].into_iter().flat_map(|policy| policy.statements.iter());
    let conditions = statements().flat_map(|statement| &statement.conditions);
    let keys: BTreeSet<&str> = conditions.map(|condition| condition.key_name()).collect();
    // Whatever is global is carried by all.
    let keys: Vec<&str> = keys.into_iter().filter(|key| reference::global_key(key).is_none()).collect();
    let elements = statements().filter_map(|statement| statement.resource.as_ref());
    let patterns: BTreeSet<&str> =
        elements.flat_map(|element| element.patterns()).map(|each| each.as_str()).collect();
    let patterns: Vec<Named> = patterns.into_iter().map(Named::new).collect();
    let mut seen = HashSet::new();
    let mut cases = Vec::new();
    for Listed { action, known, reaches_rcp, kinds } in ACTIONS.iter() {
        let of = |policy: &Policy| -> Vec<u32> {
            let about = policy.statements.about(action);
            about
                .filter(|(_, statement)| statement.action.matches(action))
                .map(|(number, _)| number)
                .collect()
        };
        let numbers = of(first);
        let second = of(second);
        if numbers.is_empty() && (second.is_empty() || !everything_is_allowed) {
            continue;
        }
        let carried: Vec<bool> = keys.iter().map(|key| known.lists_key(key)).collect();
        let nothing: [(Option<&str>, Option<&[String]>); 1] = [(None, Some(&[]))];
        let on = kinds.iter().map(|(kind, services)| (Some(*kind), services.as_deref()));
        for (kind, services) in on.chain(nothing.into_iter().filter(|_| kinds.is_empty())) {
            let sights: Vec<Sight> = patterns.iter().map(|named| named.sight(services)).collect();
            // Types of which no pattern names any are alike.
            let own = (kind.is_some() && sights.contains(&Sight::Some)).then_some((known.service, kind));
            if seen.insert((
                numbers.clone(),
                second.clone(),
                carried.clone(),
                (*reaches_rcp, kind.is_some()),
                sights,
                own,
            )) {
                cases.push(Case { action, kind });
            }
        }
    }
    cases
}

/// The account of what is asked about and of principals that no policy names.
pub const ACCOUNT: &str = "111122223333";

/// Those who may ask: one of each kind that the policies tell apart.
pub fn principals(first: &Policy, second: &Policy) -> Vec<Principal> {
    let values: Vec<&PrincipalValue> = [first, second]
        .iter()
        .flat_map(|policy| policy.statements.iter())
        .filter_map(|statement| statement.principal.as_ref())
        .flat_map(|element| element.values())
        .collect();
    let mut texts = vec![format!("arn:aws:iam::{ACCOUNT}:role/any")];
    let mut found = Vec::new();
    for value in &values {
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
    // Those whom conditions describe: where they are not all there can be, nothing is said to be equal for them.
    let conditions = [first, second]
        .into_iter()
        .flat_map(|policy| policy.statements.iter())
        .flat_map(|statement| &statement.conditions);
    for condition in conditions {
        let values = condition.values().iter();
        match condition.key().as_str() {
            "aws:principalaccount" => texts.extend(values.map(|id| format!("arn:aws:iam::{id}:role/any"))),
            "aws:principalarn" => texts.extend(values.filter_map(|arn| {
                let parts = iam::arn::split(arn)?;
                let account = if parts[4].contains(['*', '?']) { ACCOUNT } else { parts[4] };
                let name = parts[5].replace('*', "x").replace('?', "1");
                Some(format!("arn:aws:{}::{account}:{name}", parts[2]))
            })),
            "aws:principaltype" | "aws:username" => texts.push(format!("arn:aws:iam::{ACCOUNT}:user/any")),
            _ => {}
        }
    }
    let mut all: Vec<Principal> = texts.iter().filter_map(|text| Principal::parse(text).ok()).collect();
    all.extend(found);
    let mut seen = HashSet::new();
    all.retain(|principal| seen.insert(principal.to_string()));
    all
}

//! The questions whose answers say whether a door is open: one action on one kind of resource each.
//!
//! Which actions go through which door is data of the reference. Kinds of resource are the ARN templates of the Service
//! Authorization Reference; an action that it does not list is asked on everything of its service.

use std::collections::{BTreeMap, BTreeSet};

use iam::action::Action;
use iam::arn::AccountId;
use iam::context::Key;
use iam::estate::{Account, Estate, Known, Resource, ResourceKind};
use iam::glob::Glob;
use iam::resource::ResourceSet;
use reference::{Door, DoorAction, Template};

use super::bits::Bits;
use super::class;
use super::guardrails::GUARDRAIL;
use super::model::{APIS, Form};

/// One action, asked on the resources of some types.
#[derive(Clone, Debug)]
pub struct Ask {
    pub action: Action,
    /// The number of the action among all that are asked about.
    pub number: usize,
    templates: Vec<Template>,
    on: On,
}

/// What an action is asked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    /// It takes no resources.
    Nothing,
    Templates,
    /// Its types are not known.
    Anything,
}

/// A door's questions.
#[derive(Clone, Debug)]
pub struct DoorAsks {
    pub door: &'static Door,
    pub asks: Vec<Ask>,
    pub lists: Vec<Ask>,
}

/// Every door's questions, with the actions numbered.
pub(super) struct Asks {
    pub doors: Vec<DoorAsks>,
    /// The actions by number.
    pub actions: Vec<Action>,
    /// All that is asked.
    pub everything: Scope,
    /// What is asked when a model is called.
    pub calls: Scope,
    /// All that is asked on, whatever the account.
    patterns: Vec<Glob>,
    /// Whether account ids stand between colons in all of it.
    ids_stand_alone: bool,
}

/// Actions that are asked, and the keys whose values are then looked for in policies.
pub(super) struct Scope {
    pub actions: Vec<Action>,
    /// Numbers of the actions, by service.
    pub by_service: Vec<Vec<usize>>,
    chosen: Chosen,
}

/// Keys of which whoever asks chooses what they say.
enum Chosen {
    /// Those of these services.
    OfServices(BTreeSet<String>),
    Only(Key),
}

impl Scope {
    fn new(actions: Vec<Action>, chosen: Chosen) -> Self {
        let mut by_service: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, action) in actions.iter().enumerate() {
            by_service.entry(action.service()).or_default().push(number);
        }
        let by_service = by_service.into_values().collect();
        Self { actions, by_service, chosen }
    }

    /// Whether whoever asks chooses what a key says.
    pub fn is_chosen(&self, key: &Key) -> bool {
        match &self.chosen {
            Chosen::OfServices(services) => {
                key.as_str().split(':').next().is_some_and(|service| services.contains(service))
            }
            Chosen::Only(only) => key == only,
        }
    }
}

/// The questions of all doors, in their order.
pub fn door_asks() -> Vec<DoorAsks> {
    Asks::new().doors
}

impl Asks {
    pub fn new() -> Self {
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        let mut actions = Vec::new();
        let mut number = |action: &Action| {
            let next = numbers.len();
            *numbers.entry(action.as_str().to_ascii_lowercase()).or_insert_with(|| {
                actions.push(action.clone());
                next
            })
        };
        let mut doors = Vec::new();
        for door in reference::doors() {
            let mut ask = |service: &str, name: &str, on: &[String]| {
                let action = Action::parse(&format!("{service}:{name}")).ok()?;
                let number = number(&action);
                Some(Ask::new(action, number, on))
            };
            // What an action takes that no page lists is taken from its neighbours.
            let all: Vec<String> = door.actions.iter().flat_map(|each| each.on.iter().cloned()).collect();
            let is_listed = |each: &DoorAction| reference::action(&each.service, &each.name).is_some();
            let on = |each: &DoorAction| {
                let on = if each.on.is_empty() && !is_listed(each) { &all } else { &each.on };
                on.iter().filter(|kind| !door.besides.contains(kind)).cloned().collect::<Vec<_>>()
            };
            let asks =
                door.actions.iter().filter_map(|each| ask(&each.service, &each.name, &on(each))).collect();
            let listed = door.list_actions.iter().filter_map(|name| name.split_once(':'));
            let lists = listed.filter_map(|(service, name)| ask(service, name, &[])).collect();
            doors.push(DoorAsks { door, asks, lists });
        }
        for step in reference::reach_steps() {
            for name in step.actions.iter().map(String::as_str).chain(["iam:PassRole"]) {
                if let Ok(action) = Action::parse(name) {
                    number(&action);
                }
            }
        }
        let mut universe = actions.clone();
        universe.extend(
            actions_of_calls().into_iter().filter(|each| {
                !actions.iter().any(|known| known.as_str().eq_ignore_ascii_case(each.as_str()))
            }),
        );
        let services = universe.iter().map(|action| action.service().to_owned()).collect();
        let everything = Scope::new(universe, Chosen::OfServices(services));
        let calls = Scope::new(actions_of_calls(), Chosen::Only(Key::new(GUARDRAIL)));
        let sets = |account: &str| {
            let asks = doors.iter().flat_map(|door: &DoorAsks| door.asks.iter().chain(&door.lists));
            let mut patterns: Vec<String> =
                asks.flat_map(|ask| ask.sets("*", account)).map(|set| set.pattern()).collect();
            patterns.sort_unstable();
            patterns.dedup();
            patterns
        };
        const SOME_ACCOUNT: &str = "210987654321";
        let ids_stand_alone = sets(SOME_ACCOUNT).iter().all(|set| class::is_whole_in(set, SOME_ACCOUNT));
        let patterns = sets("*").iter().map(|pattern| Glob::new(pattern)).collect();
        Self { doors, actions, everything, calls, patterns, ids_stand_alone }
    }

    /// Whether an account id is compared as a whole in what is asked; not one that may stand there for another reason.
    pub fn ids_stand_alone(&self, account: &str) -> bool {
        let mut digits = account.bytes();
        let first = digits.next();
        self.ids_stand_alone && !digits.all(|digit| Some(digit) == first)
    }

    /// Whether an account has anything that is asked on by name, or through which a model can be run.
    pub fn has_things(&self, account: &Account) -> bool {
        let is_asked = |arn: &str| self.patterns.iter().any(|pattern| pattern.matches(arn));
        account.resources.iter().any(|each| Form::can_name(each.kind) || is_asked(&each.arn))
    }

    /// The things of all accounts that have policies of their own, known or not, and that an action of a door takes.
    pub fn with_policies(&self, estate: &Estate) -> WithPolicies {
        let mut found = WithPolicies { things: Vec::new(), of_action: vec![Vec::new(); self.actions.len()] };
        for account in estate.accounts() {
            let mut things = account.resources.iter().filter(|each| has_policy(each)).peekable();
            if things.peek().is_none() {
                continue;
            }
            let asks = self.doors.iter().flat_map(|door| door.asks.iter().chain(&door.lists));
            let takes: Vec<(usize, Vec<Glob>)> = asks
                .filter(|ask| ask.kinds_are_known())
                .map(|ask| {
                    let sets = ask.sets(&account.partition, account.id.as_str());
                    (ask.number, sets.iter().map(|set| Glob::new(&set.pattern())).collect())
                })
                .collect();
            for thing in things {
                let of_it = takes.iter().filter(|(_, sets)| sets.iter().any(|set| set.matches(&thing.arn)));
                let actions: BTreeSet<usize> = of_it.map(|(action, _)| *action).collect();
                for action in &actions {
                    found.of_action[*action].push(found.things.len());
                }
                if !actions.is_empty() {
                    found.things.push(WithPolicy { account: account.id, arn: thing.arn.to_string() });
                }
            }
        }
        found
    }

    /// The number of an action that is asked about.
    pub fn number(&self, action: &str) -> Option<usize> {
        self.actions.iter().position(|each| each.as_str().eq_ignore_ascii_case(action))
    }

    /// An action on all it takes.
    pub fn ask(&self, action: &str) -> Option<Ask> {
        let number = self.number(action)?;
        Some(Ask::new(self.actions[number].clone(), number, &[]))
    }
}

impl Ask {
    fn new(action: Action, number: usize, on: &[String]) -> Self {
        let known = reference::action(action.service(), action.name());
        let named: Vec<&str> = match (on, known) {
            ([], Some(known)) => known.resource_types().map(|each| each.name).collect(),
            (on, _) => on.iter().map(String::as_str).collect(),
        };
        let templates: Vec<Template> = named
            .iter()
            .filter_map(|name| reference::resource_type(action.service(), name))
            .flat_map(|each| each.templates())
            .collect();
        let on = match (templates.is_empty(), known) {
            (false, _) => On::Templates,
            (true, Some(_)) => On::Nothing,
            (true, None) => On::Anything,
        };
        Self { action, number, templates, on }
    }

    /// The sets of resources it is asked on, in an account; none for an action without resources.
    pub fn sets(&self, partition: &str, account: &str) -> Vec<ResourceSet> {
        let filled = |name: &str| match name {
            "Partition" => Some(partition),
            "Account" => Some(account),
            _ => None,
        };
        match self.on {
            On::Nothing => Vec::new(),
            On::Templates => {
                self.templates.iter().map(|each| ResourceSet::of_template(*each, filled)).collect()
            }
            On::Anything => {
                let service = self.action.service();
                vec![ResourceSet::of_pattern(&format!("arn:{partition}:{service}:*:{account}:*"))]
            }
        }
    }

    /// Whether it takes resources.
    pub fn takes_resources(&self) -> bool {
        self.on != On::Nothing
    }

    /// Whether the kinds of resource it takes are known.
    pub fn kinds_are_known(&self) -> bool {
        self.on == On::Templates
    }
}

/// Things behind doors whose own policies, known or not, may let somebody in.
pub(super) struct WithPolicies {
    things: Vec<WithPolicy>,
    /// By the number of an action, the things that it takes.
    of_action: Vec<Vec<usize>>,
}

pub(super) struct WithPolicy {
    /// The account that has it.
    pub account: AccountId,
    pub arn: String,
}

impl WithPolicies {
    /// Those that an action takes.
    pub fn of_action(&self, action: usize) -> impl Iterator<Item = &WithPolicy> {
        self.of_action[action].iter().map(|thing| &self.things[*thing])
    }

    /// Whether an account has any.
    pub fn are_in(&self, account: AccountId) -> bool {
        self.things.iter().any(|thing| thing.account == account)
    }

    /// Whether an action among these takes one of another account.
    pub fn are_met_elsewhere(&self, named: &Bits, account: AccountId) -> bool {
        let mut actions = (0..self.of_action.len()).filter(|action| named.contains(*action));
        actions.any(|action| self.of_action(action).any(|thing| thing.account != account))
    }
}

/// Whether it has a policy, or may have one that nobody read.
fn has_policy(resource: &Resource) -> bool {
    !matches!(resource.policy, Known::Known(None))
}

/// Every action that the calls of models take.
fn actions_of_calls() -> Vec<Action> {
    let apis = || APIS.iter().filter_map(|(endpoint, name)| reference::api(endpoint, name));
    let of_apis = apis().map(|api| &api.action);
    let of_runs = apis().flat_map(|api| &api.runs).filter_map(|run| run.action.as_ref());
    let of_targets = reference::targets().iter().flat_map(|row| &row.steps);
    let of_add_ons = reference::add_ons().iter().flat_map(|row| &row.steps);
    let steps = apis().flat_map(|api| &api.steps).chain(of_targets).chain(of_add_ons);
    let of_steps = steps.flat_map(|row| [&row.action, &row.action_streaming]).flatten();
    let mut names: Vec<&String> = of_apis.chain(of_runs).chain(of_steps).collect();
    names.sort_by_key(|name| name.to_ascii_lowercase());
    names.dedup_by(|one, other| one.eq_ignore_ascii_case(other));
    names.into_iter().filter_map(|name| Action::parse(name).ok()).collect()
}

/// The kinds of resource of a door that can carry policies of their own.
pub(super) fn kinds_with_policies(door: &Door) -> Vec<ResourceKind> {
    let mut kinds = Vec::new();
    for action in &door.actions {
        let ask = match Action::parse(&format!("{}:{}", action.service, action.name)) {
            Ok(parsed) => Ask::new(parsed, 0, &action.on),
            Err(_) => continue,
        };
        for set in ask.sets("aws", "111122223333") {
            let example = set.pattern();
            let kind = ResourceKind::of(&example);
            if kind != ResourceKind::Other && ResourceKind::takes_policy(&example) == Some(true) {
                kinds.push(kind);
            }
        }
    }
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

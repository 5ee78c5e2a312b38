//! The questions whose answers say whether a door is open: one action on one kind of resource each.
//!
//! Which actions go through which door is data of the reference. Kinds of resource are the ARN templates of the Service
//! Authorization Reference; an action that it does not list is asked on everything of its service.

use std::collections::BTreeMap;

use iam::action::Action;
use iam::estate::{Account, Known, Resource, ResourceKind};
use iam::glob::Glob;
use iam::resource::ResourceSet;
use reference::{Door, DoorAction, Template};

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
                if each.on.is_empty() && !is_listed(each) { all.clone() } else { each.on.clone() }
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
        Self { doors, actions }
    }

    /// Whether things of an account that an action of a door takes have policies of their own, which may tell people
    /// apart.
    pub fn have_policies(&self, account: &Account) -> bool {
        let with_policy = |each: &&Resource| matches!(each.policy, Known::Known(Some(_)));
        let mut things = account.resources.iter().filter(with_policy).peekable();
        if things.peek().is_none() {
            return false;
        }
        let asks = self.doors.iter().flat_map(|door| door.asks.iter().chain(&door.lists));
        let sets = asks.flat_map(|ask| ask.sets(&account.partition, account.id.as_str()));
        let mut patterns: Vec<String> = sets.map(|set| set.pattern()).collect();
        patterns.sort_unstable();
        patterns.dedup();
        let patterns: Vec<Glob> = patterns.iter().map(|pattern| Glob::new(pattern)).collect();
        things.any(|each| patterns.iter().any(|pattern| pattern.matches(&each.arn)))
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

//! Who reaches which door: directly, and by acting with the rights of others.
//!
//! For every user and role of an estate each door is open, open only in some context, unknown, or closed. Open means
//! that a request exists which AWS allows; where the example is a concrete resource it is kept as witness. Closed
//! means that no request through the door is allowed whatever the resource and the open context keys, or, for
//! foundation models and system profiles, that none is for any of the catalogue. What lies between is unknown and says
//! why. Steps ([`steps`]) lead from a principal to others whose rights it comes to have.
//!
//! The one evaluator decides ([`iam::authorize()`]); here are only the questions. Deliberately absent: requests in the
//! name of service-linked roles and of AWS services, which nobody here controls, and sessions narrowed by session
//! policies.

mod ask;
mod authorised;
mod bits;
mod class;
mod guardrails;
mod model;
mod person;
mod region;
mod standing;
mod steps;

pub use ask::{Ask, DoorAsks, door_asks};
pub use model::{Form, ModelLevels};
pub use person::{Person, PersonKind};
pub use standing::{Level, Standing, Why};
pub use steps::{Path, Step};

use std::sync::Arc;

use iam::estate::{Estate, Known, Missing};
use reference::Door;

use crate::parallel;
use ask::{Asks, WithPolicies};

/// Everybody of an estate with what they can do themselves.
pub struct Reach<'a> {
    pub estate: &'a Estate,
    /// By account, within it users before roles, by ARN.
    pub people: Vec<Person<'a>>,
    /// The first person of each class of those to whom every door is equally open.
    classes: Vec<usize>,
    asks: Asks,
    with_policies: WithPolicies,
}

impl<'a> Reach<'a> {
    /// Reads who there is; nothing is decided yet.
    pub fn new(estate: &'a Estate) -> Self {
        let asks = Asks::new();
        let with_policies = asks.with_policies(estate);
        let person::Everybody { people, classes } = person::everybody(estate, &asks, &with_policies);
        Self { estate, people, classes, asks, with_policies }
    }

    /// The people of one account, as a range of numbers of [`Self::people`].
    pub fn of_account(&self, account: usize) -> std::ops::Range<usize> {
        let start = self.people.partition_point(|person| person.account < account);
        let end = self.people.partition_point(|person| person.account <= account);
        start..end
    }

    /// The number of a person in [`Self::people`].
    pub fn number(&self, person: &Person<'_>) -> Option<usize> {
        let of_account = self.of_account(person.account);
        let start = of_account.start;
        let at = self.people[of_account].iter().position(|each| std::ptr::eq(each, person))?;
        Some(start + at)
    }

    /// The first of those of its account to whom every door stands as it does to this person, for the same reasons; its
    /// own number if there is no other.
    pub fn alike(&self, number: usize) -> usize {
        self.people[number].class
    }

    /// What is so of the first of each class of people to whom everything is equally open, worked out on `threads`
    /// threads; [`Self::class`] says whose is whose.
    pub fn of_classes<T: Send>(&self, threads: usize, of: impl Fn(&Person<'_>) -> T + Sync) -> Vec<T> {
        parallel::map(&self.classes, threads, |first| of(&self.people[*first]))
    }

    /// The number of the class of a person: to all of it everything is equally open.
    pub fn class(&self, person: &Person<'_>) -> usize {
        person.alike
    }

    /// How a door stands to a person by what it may do itself.
    pub fn own(&self, person: &Person<'_>, door: &DoorAsks) -> Standing {
        standing::of_door(self, person, door)
    }

    /// How open it is to a person to list what is behind a door.
    pub fn lists(&self, person: &Person<'_>, door: &DoorAsks) -> Level {
        standing::lists(self, person, door)
    }

    /// What could open a door in an account although no one's own policies do: resource-based policies of the door's
    /// things that were not read.
    pub fn unread(&self, account: usize, door: &Door) -> Option<Arc<Missing>> {
        let account = &self.estate.accounts()[account];
        if let Some(missing) = account.users.missing().or(account.roles.missing()) {
            return Some(missing.clone());
        }
        ask::kinds_with_policies(door).into_iter().find_map(|kind| {
            let unlisted = account.regions.values().find_map(|region| match region.listed.get(&kind) {
                Some(Known::Unknown(missing)) => Some(missing.clone()),
                Some(Known::Known(())) | None => None,
            });
            let unread = || {
                account
                    .resources
                    .iter()
                    .filter(|each| each.kind == kind)
                    .find_map(|each| each.policy.missing())
            };
            unlisted.or_else(|| unread().cloned())
        })
    }
}

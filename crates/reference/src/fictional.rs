//! Names that people write in policies and that AWS does not have, or that decide nothing.
//!
//! Does not guess at spelling mistakes, and lists only what is seen in print. Kept by hand; what the Service
//! Authorization Reference does not list is absent from it, and each row says where else to look.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::hand_kept::{Basis, parse};

/// An action that stands in policies and that no request is for.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FictionalAction {
    /// As it is written, `prefix:Name`.
    pub action: String,
    /// Why it decides nothing.
    pub kind: FictionalKind,
    /// Actions, or patterns of them, that a policy names in its place; possibly none.
    pub instead: Vec<String>,
    /// What is so, as a clause without full stop.
    pub note: String,
    /// How well it is known.
    pub basis: Basis,
    /// Where it comes from.
    pub source: String,
}

/// Why a name decides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FictionalKind {
    /// An API operation that is authorised as another action.
    Operation,
    /// A slip of a published page.
    Misprint,
    /// Nothing of that name exists.
    Invented,
    /// AWS does not say which action authorises the operation of that name.
    Unsettled,
    /// Listed now or earlier, but statements that name it decide nothing.
    WithoutEffect,
}

/// A service prefix that stands in policies and that no action has.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FictionalPrefix {
    /// As it is written.
    pub prefix: String,
    /// The prefix that a policy names in its place, where there is one.
    pub instead: Option<String>,
    /// What is so, as a clause without full stop.
    pub note: String,
    /// Where it comes from.
    pub source: String,
}

/// A condition key that stands in policies and that no request carries.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FictionalKey {
    /// As it is written.
    pub key: String,
    /// Keys that may be meant.
    pub instead: Vec<String>,
    /// What is so, as a clause without full stop.
    pub note: String,
    /// Where it comes from.
    pub source: String,
}

/// The row of this action, letters compared without case.
pub fn fictional_action(action: &str) -> Option<&'static FictionalAction> {
    fictional_actions().iter().find(|row| row.action.eq_ignore_ascii_case(action))
}

/// All actions that decide nothing, in the order of the table.
pub fn fictional_actions() -> &'static [FictionalAction] {
    &table().action
}

/// The row of this service prefix, letters compared without case.
pub fn fictional_prefix(prefix: &str) -> Option<&'static FictionalPrefix> {
    fictional_prefixes().iter().find(|row| row.prefix.eq_ignore_ascii_case(prefix))
}

/// All prefixes that no action has, in the order of the table.
pub fn fictional_prefixes() -> &'static [FictionalPrefix] {
    &table().prefix
}

/// The row of this condition key, letters compared without case.
pub fn fictional_key(key: &str) -> Option<&'static FictionalKey> {
    fictional_keys().iter().find(|row| row.key.eq_ignore_ascii_case(key))
}

/// All keys that no request carries, in the order of the table.
pub fn fictional_keys() -> &'static [FictionalKey] {
    &table().key
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FictionalTable {
    action: Vec<FictionalAction>,
    prefix: Vec<FictionalPrefix>,
    key: Vec<FictionalKey>,
}

fn table() -> &'static FictionalTable {
    static TABLE: OnceLock<FictionalTable> = OnceLock::new();
    TABLE.get_or_init(|| parse("fictional.toml", include_str!("../data/fictional.toml")))
}

#[cfg(test)]
mod tests {
    //! Rows stay true to the tables beside them: a name that AWS adds turns its row red.

    use super::*;
    use crate::{action, actions, key_anywhere, service};

    fn split(action: &str) -> (&str, &str) {
        action.split_once(':').expect("rows are `prefix:Name`")
    }

    #[test]
    fn fictional_actions_are_not_listed_and_those_without_effect_may_be() {
        for row in fictional_actions() {
            let (prefix, name) = split(&row.action);
            let listed = action(prefix, name).is_some();
            assert!(!listed || row.kind == FictionalKind::WithoutEffect, "{} is listed", row.action);
        }
        assert!(fictional_action("BEDROCK:converse").is_some());
        assert!(fictional_action("bedrock:InvokeModel").is_none());
    }

    #[test]
    fn what_to_write_instead_is_listed() {
        for row in fictional_actions() {
            for instead in &row.instead {
                let (prefix, name) = split(instead);
                let found = match name.strip_suffix('*') {
                    Some(start) => actions(prefix).any(|each| each.name.starts_with(start)),
                    None => action(prefix, name).is_some(),
                };
                assert!(found, "{} for {}", instead, row.action);
            }
        }
        for row in fictional_prefixes() {
            assert!(service(&row.prefix).is_none(), "{} is listed", row.prefix);
            assert!(
                row.instead.as_deref().is_none_or(|instead| service(instead).is_some()),
                "{}",
                row.prefix
            );
        }
        for row in fictional_keys() {
            assert!(key_anywhere(&row.key).is_none(), "{} is listed", row.key);
            assert!(row.instead.iter().all(|key| key_anywhere(key).is_some()), "{}", row.key);
        }
    }

    #[test]
    fn names_are_unique_and_notes_are_clauses() {
        let mut names: Vec<String> = fictional_actions()
            .iter()
            .map(|row| (&row.action, &row.note))
            .chain(fictional_prefixes().iter().map(|row| (&row.prefix, &row.note)))
            .chain(fictional_keys().iter().map(|row| (&row.key, &row.note)))
            .map(|(name, note)| {
                assert!(!note.ends_with('.') && !note.is_empty(), "{name}");
                name.to_lowercase()
            })
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}

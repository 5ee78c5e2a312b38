//! Models as policies name them: patterns of ARNs and ids, and what they stand for.
//!
//! The catalogue may lack a model, so a pattern that matches none stands for a model of that name that nobody has
//! listed. Does not judge.

use std::sync::OnceLock;

use iam::glob::Glob;
use iam::lint::statement::{Element, Statement};
use reference::{Endpoint, Model, Profile};

/// Every model of the catalogue, read once.
pub fn all() -> &'static [Model] {
    static ALL: OnceLock<Vec<Model>> = OnceLock::new();
    ALL.get_or_init(|| reference::models().collect())
}

/// Every system profile of the catalogue, read once.
pub fn profiles() -> &'static [Profile] {
    static ALL: OnceLock<Vec<Profile>> = OnceLock::new();
    ALL.get_or_init(|| reference::profiles().collect())
}

/// What a pattern says about foundation models, when it is one of theirs: the part behind `foundation-model/`.
pub fn foundation_model(pattern: &str) -> Option<&str> {
    let rest = iam::arn::split(pattern)?;
    let [scheme, _, service, _, account, resource] = rest;
    let is_bedrock = scheme == "arn" && matches!(service, "bedrock" | "*");
    let without_account = account.is_empty() || account == "*";
    (is_bedrock && without_account).then(|| resource.strip_prefix("foundation-model/")).flatten()
}

/// The models of an endpoint whose id a pattern matches.
pub fn matching(endpoint: Endpoint, pattern: &str) -> Vec<Model> {
    let glob = Glob::new(pattern);
    all().iter().copied().filter(|model| model.endpoint == endpoint && glob.matches(model.id)).collect()
}

/// An id that the pattern matches, where the catalogue has none: its wildcards filled in.
pub fn imagined(pattern: &str) -> String {
    let filled = pattern.replace('*', "x").replace('?', "0");
    if filled.contains('.') { filled } else { format!("{filled}.x") }
}

/// The patterns of foundation models in an element.
pub fn patterns<'a>(element: &'a Element<'a>) -> impl Iterator<Item = &'a str> {
    element.values.iter().filter_map(|value| foundation_model(value.text))
}

/// Foundation models that a policy names: of each of its patterns a few that differ in how they are run, and one that
/// nobody has listed where the catalogue has none.
pub fn named(statements: &[Statement<'_>]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for pattern in statements.iter().filter_map(|statement| statement.resource.as_ref()).flat_map(patterns) {
        if pattern.contains('$') {
            continue;
        }
        let models = matching(Endpoint::Runtime, pattern);
        if models.is_empty() {
            ids.push(imagined(pattern));
            continue;
        }
        let of = |model: &Model, wanted: bool| {
            profiles()
                .iter()
                .any(|profile| profile.model_id == model.id && (profile.geography == "global") == wanted)
        };
        let kinds: [&dyn Fn(&Model) -> bool; 3] =
            [&|model| of(model, true), &|model| of(model, false), &|model| {
                !of(model, true) && !of(model, false)
            }];
        // The last of a kind is mostly the newest.
        ids.extend(
            kinds
                .iter()
                .filter_map(|kind| models.iter().rev().find(|model| kind(model)))
                .map(|model| model.id.to_owned()),
        );
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// One current model of each maker, and those that a policy names.
pub fn of_every_maker(statements: &[Statement<'_>]) -> Vec<String> {
    let mut ids = named(statements);
    let mut makers: Vec<&str> = Vec::new();
    let current =
        |model: &&Model| model.endpoint == Endpoint::Runtime && model.mode == "chat" && model.ends.is_none();
    for model in all().iter().rev().filter(current) {
        if !makers.contains(&model.provider) {
            makers.push(model.provider);
            ids.push(model.id.to_owned());
        }
    }
    ids
}

/// Names in a message: the first few, and how many more there are.
pub fn listed(names: &[String], shown_max: usize) -> String {
    let shown: Vec<String> = names.iter().take(shown_max).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(shown_max) {
        0 => and(&shown),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Words in a row: `a`, `a and b`, `a, b and c`.
pub fn and(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    //! What patterns stand for.

    use super::{and, foundation_model, imagined, listed};

    #[test]
    fn foundation_models_have_no_account() {
        assert_eq!(foundation_model("arn:aws:bedrock:*::foundation-model/a.b*"), Some("a.b*"));
        assert_eq!(foundation_model("arn:*:bedrock:*:*:foundation-model/*"), Some("*"));
        assert_eq!(foundation_model("arn:aws:bedrock:*:111122223333:foundation-model/a.b"), None);
        assert_eq!(foundation_model("arn:aws:bedrock:*:*:inference-profile/a.b"), None);
        assert_eq!(foundation_model("*"), None);
    }

    #[test]
    fn a_pattern_without_models_stands_for_one_of_its_name() {
        assert_eq!(imagined("acme.private-*"), "acme.private-x");
        assert_eq!(imagined("unknown.*"), "unknown.x");
        assert_eq!(imagined("acme"), "acme.x");
    }

    #[test]
    fn lists_are_read_aloud() {
        let names = |count: usize| (1..=count).map(|each| format!("m{each}")).collect::<Vec<_>>();
        assert_eq!(listed(&names(1), 2), "`m1`");
        assert_eq!(listed(&names(2), 2), "`m1` and `m2`");
        assert_eq!(listed(&names(4), 2), "`m1`, `m2` and 2 more");
        assert_eq!(and(&names(3)), "m1, m2 and m3");
    }
}

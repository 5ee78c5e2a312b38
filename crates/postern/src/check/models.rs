//! Models as policies name them: patterns of ARNs and ids, and what they stand for.
//!
//! The catalogue may lack a model, so a pattern that matches none stands for a model of that name that nobody has
//! listed. Does not judge.

use iam::glob::Glob;
use iam::lint::statement::{Element, Statement};
use reference::{Endpoint, Model};

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
    reference::models().filter(|model| model.endpoint == endpoint && glob.matches(model.id)).collect()
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

/// Every foundation model a policy is asked about: the catalogue's, and those it names that the catalogue lacks.
pub fn asked_about<'a>(statements: &[Statement<'a>]) -> Vec<String> {
    let mut ids: Vec<String> = reference::models()
        .filter(|model| model.endpoint == Endpoint::Runtime)
        .map(|model| model.id.to_owned())
        .collect();
    for statement in statements {
        for pattern in statement.resource.iter().flat_map(patterns) {
            if !pattern.contains('$') && matching(Endpoint::Runtime, pattern).is_empty() {
                ids.push(imagined(pattern));
            }
        }
    }
    ids.sort_unstable();
    ids.dedup();
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

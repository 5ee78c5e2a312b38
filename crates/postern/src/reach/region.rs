//! The Regions in which something is asked of a person.
//!
//! Those that the account is known to use come first. Of all others of the partition there is one for each way in which
//! the policies can tell Regions apart: two Regions that every part of every pattern and value matches alike are answered
//! alike. Does not say where a model is offered: a price list that names Regions may leave some out.

use std::collections::HashSet;

use iam::glob::Glob;
use iam::layers::{Layer, Layers};

/// Regions that are tried before others like them.
const FIRST: [&str; 5] = ["us-east-1", "us-west-2", "eu-central-1", "eu-west-1", "ap-northeast-1"];

/// The Regions to try, `known` first.
pub(super) fn to_try(partition: &str, known: &[&str], layers: &Layers) -> Vec<String> {
    let all: Vec<&str> =
        reference::regions().filter(|each| each.partition == partition).map(|each| each.name).collect();
    let mut found: Vec<String> = known.iter().map(|region| (*region).to_owned()).collect();
    let first = FIRST.into_iter().filter(|region| all.contains(region));
    let others = all.iter().copied().filter(|region| !FIRST.contains(region));
    let tokens = tokens(layers, &all);
    let mut seen: HashSet<Vec<bool>> = HashSet::new();
    for region in first.chain(others) {
        let looks = tokens.as_ref().map(|tokens| tokens.iter().map(|token| token.matches(region)).collect());
        if looks.is_none_or(|looks| seen.insert(looks)) && !known.contains(&region) {
            found.push(region.to_owned());
        }
    }
    found
}

/// What in the policies tells Regions apart; none where a variable may tell any.
fn tokens(layers: &Layers, regions: &[&str]) -> Option<Vec<Glob>> {
    let policies = Layer::ALL.into_iter().flat_map(|layer| layers.levels(layer)).flatten();
    let mut texts: HashSet<&str> = HashSet::new();
    for statement in policies.flat_map(|policy| policy.statements.iter()) {
        let patterns = statement.resource.iter().flat_map(|element| element.patterns());
        texts.extend(patterns.map(|pattern| pattern.as_str()));
        texts.extend(statement.conditions.iter().flat_map(|each| each.values()).map(AsRef::<str>::as_ref));
    }
    let mut tokens: HashSet<String> = HashSet::new();
    for text in texts {
        if text.contains("${") && !text.contains("${*}") && !text.contains("${?}") {
            return None;
        }
        for part in text.to_ascii_lowercase().split(':') {
            tokens.insert(part.to_owned());
            // A star may run on past the Region: each piece beside it may be the end or the beginning of one.
            let pieces: Vec<&str> = part.split('*').collect();
            if let [start, middle @ .., end] = pieces.as_slice() {
                tokens.insert(format!("{start}*"));
                tokens.insert(format!("*{end}"));
                tokens.extend(middle.iter().map(|piece| format!("*{piece}*")));
            }
        }
    }
    let globs = tokens.iter().map(|token| Glob::new(token));
    let tells = |glob: &Glob| {
        let matched = regions.iter().filter(|region| glob.matches(region)).count();
        matched > 0 && matched < regions.len()
    };
    let mut found: Vec<(String, Glob)> = globs
        .zip(&tokens)
        .filter(|(glob, _)| tells(glob))
        .map(|(glob, token)| (token.clone(), glob))
        .collect();
    found.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    Some(found.into_iter().map(|(_, glob)| glob).collect())
}

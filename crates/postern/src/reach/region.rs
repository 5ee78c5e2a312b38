//! The Regions in which something is asked of a person.
//!
//! Those that the account is known to use come first. Of all others of the partition there is one for each way in which
//! the policies can tell Regions apart: two Regions that every part of every pattern and value matches alike are answered
//! alike. Does not say where a model is offered: a price list that names Regions may leave some out.

use std::collections::{HashMap, HashSet};

use iam::glob::Glob;
use iam::layers::{Layer, Layers};

/// Regions that are tried before others like them.
const FIRST: [&str; 5] = ["us-east-1", "us-west-2", "eu-central-1", "eu-west-1", "ap-northeast-1"];

/// The Regions of a partition as the policies of a person tell them apart.
pub(super) struct Regions {
    /// Those to try, the known ones first.
    pub to_try: Vec<String>,
    /// By Region the number of those like it; each known one is like no other.
    alike: HashMap<String, usize>,
}

impl Regions {
    pub fn new(partition: &str, known: &[&str], layers: &Layers) -> Self {
        let all: Vec<&str> =
            reference::regions().filter(|each| each.partition == partition).map(|each| each.name).collect();
        let mut found = Self { to_try: Vec::new(), alike: HashMap::new() };
        for region in known {
            found.alike.insert((*region).to_owned(), found.to_try.len());
            found.to_try.push((*region).to_owned());
        }
        let first = FIRST.into_iter().filter(|region| all.contains(region));
        let others = all.iter().copied().filter(|region| !FIRST.contains(region));
        let tokens = tokens(layers, &all);
        let mut seen: HashMap<Vec<bool>, usize> = HashMap::new();
        for region in first.chain(others).filter(|region| !known.contains(region)) {
            let next = found.to_try.len();
            let number = match &tokens {
                Some(tokens) => {
                    let looks = tokens.iter().map(|token| token.matches(region)).collect();
                    *seen.entry(looks).or_insert(next)
                }
                None => next,
            };
            if number == next {
                found.to_try.push(region.to_owned());
            }
            found.alike.insert(region.to_owned(), number);
        }
        found
    }

    /// The number of those like a Region; one that the partition is not known to have is like no other.
    pub fn number(&self, region: &str) -> usize {
        self.alike.get(region).copied().unwrap_or(usize::MAX)
    }
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

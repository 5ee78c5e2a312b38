//! Lists of actions in few characters, since policies may be only so long.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use iam::glob::Glob;

/// Actions that run a model, by what they are for, as patterns.
pub(crate) fn running() -> &'static BTreeSet<String> {
    static RUNNING: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let runs = reference::duties().filter(|duty| duty.runs_a_model());
        let mut all =
            gathered(&runs.map(|duty| format!("{}:{}", duty.service, duty.action)).collect(), &|_, _| false);
        // The action behind bidirectional streams is not documented; every reading begins so.
        all.retain(|action| !action.starts_with("bedrock:InvokeModel"));
        all.insert("bedrock:InvokeModel*".to_owned());
        all
    });
    &RUNNING
}

/// The same actions in fewer characters: patterns of words that match nothing else that AWS has but what `may` be among
/// them, those first that save most.
pub(crate) fn gathered(actions: &BTreeSet<String>, may: &dyn Fn(&str, &str) -> bool) -> BTreeSet<String> {
    let mut by_service: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (service, name) in actions.iter().filter_map(|action| action.split_once(':')) {
        by_service.entry(service).or_default().insert(name);
    }
    let mut gathered = BTreeSet::new();
    for (service, meant) in by_service {
        // Letters are compared without case, in action patterns.
        let matches = |glob: &Glob, name: &str| glob.matches(&name.to_ascii_lowercase());
        let fits = |glob: &Glob| {
            let mut matched = reference::actions(service).filter(|action| matches(glob, action.name));
            matched.all(|action| meant.contains(action.name) || may(service, action.name))
        };
        let patterns: BTreeSet<String> = meant.iter().flat_map(|name| patterns(name)).collect();
        let patterns: Vec<(Glob, String)> = patterns
            .into_iter()
            .map(|pattern| (Glob::new(&pattern.to_ascii_lowercase()), pattern))
            .filter(|(glob, _)| fits(glob))
            .collect();
        let mut left = meant.clone();
        loop {
            let saved = |(glob, pattern): &&(Glob, String)| {
                let covered = left.iter().filter(|name| matches(glob, name));
                covered
                    .map(|name| name.len() + service.len() + 4)
                    .sum::<usize>()
                    .saturating_sub(pattern.len() + service.len() + 4)
            };
            let Some(best) = patterns.iter().max_by_key(saved).filter(|best| saved(best) > 0) else { break };
            gathered.insert(format!("{service}:{}", best.1));
            left.retain(|name| !matches(&best.0, name));
        }
        gathered.extend(left.iter().map(|name| format!("{service}:{name}")));
    }
    gathered
}

/// The words of a name, some of them in a row, with `*` for those before and behind.
fn patterns(name: &str) -> Vec<String> {
    let inner =
        name.char_indices().skip(1).filter(|(_, letter)| letter.is_ascii_uppercase()).map(|(at, _)| at);
    let ends: Vec<usize> = std::iter::once(0).chain(inner).chain([name.len()]).collect();
    let mut patterns = Vec::new();
    for (number, start) in ends.iter().enumerate() {
        for end in &ends[number + 1..] {
            let (before, behind) =
                (if *start > 0 { "*" } else { "" }, if *end < name.len() { "*" } else { "" });
            let words = &name[*start..*end];
            patterns.extend([
                format!("{before}{words}{behind}"),
                format!("{before}{words}*"),
                format!("*{words}{behind}"),
            ]);
        }
    }
    patterns
}

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
        let others: Vec<String> = reference::actions(service)
            .filter(|action| !meant.contains(action.name) && !may(service, action.name))
            .map(|action| action.name.to_ascii_lowercase())
            .collect();
        let mut left: BTreeMap<String, &str> =
            meant.iter().map(|name| (name.to_ascii_lowercase(), *name)).collect();
        let patterns: BTreeSet<String> = meant.iter().flat_map(|name| patterns(name)).collect();
        let mut patterns: Vec<(String, Vec<String>)> = patterns
            .into_iter()
            .filter_map(|pattern| {
                let glob = Glob::new(&pattern.to_ascii_lowercase());
                let fits = !others.iter().any(|name| glob.matches(name));
                fits.then(|| (pattern, left.keys().filter(|name| glob.matches(name)).cloned().collect()))
            })
            .collect();
        loop {
            let saved = |(pattern, covered): &&(String, Vec<String>)| {
                let covered: usize = covered.iter().map(|name| name.len() + service.len() + 4).sum();
                covered.saturating_sub(pattern.len() + service.len() + 4)
            };
            let Some(best) = patterns.iter().max_by_key(saved).filter(|best| saved(best) > 0) else { break };
            gathered.insert(format!("{service}:{}", best.0));
            best.1.iter().for_each(|name| _ = left.remove(name));
            patterns.iter_mut().for_each(|(_, covered)| covered.retain(|name| left.contains_key(name)));
        }
        gathered.extend(left.into_values().map(|name| format!("{service}:{name}")));
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

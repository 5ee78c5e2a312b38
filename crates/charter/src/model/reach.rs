//! In which Regions a model may run when it is called in some.
//!
//! Destinations of a profile depend on the profile and on where it is called. Where no model card says them, all Regions
//! of the geography are taken: an approved call is never cut off, and the plan shows the Regions.

use std::collections::BTreeSet;

use iam::glob::Glob;
use reference::Destinations;

use super::{Models, NOWHERE};
use crate::syntax::ScopeWord;

/// The values of `aws:RequestedRegion` with which models are authorised when they are called in `called`.
pub fn reached(models: &Models, called: &BTreeSet<String>, scope: ScopeWord) -> BTreeSet<String> {
    let mut reached = called.clone();
    if scope == ScopeWord::InRegion {
        return reached;
    }
    let globs: Vec<Glob> = models.runtime.iter().map(|pattern| Glob::new(pattern)).collect();
    for geography in reference::geographies().iter().filter(|each| !each.everywhere) {
        let listed: Vec<reference::Profile> = reference::profiles()
            .filter(|each| each.geography == geography.prefix)
            .filter(|each| globs.iter().any(|glob| glob.matches(each.model_id)))
            .collect();
        for source in called {
            let known = listed.iter().map(|profile| reference::destinations(profile.id, source));
            // A model that no list has may be offered in the geography tomorrow.
            let unlisted = format!("{}.unlisted.model", geography.prefix);
            let whole = has_unlisted(models).then(|| reference::destinations(&unlisted, source));
            for destinations in known.chain(whole) {
                match destinations {
                    Destinations::Known(regions) | Destinations::Bracket { at_most: regions } => {
                        reached.extend(regions.into_iter().map(str::to_owned));
                    }
                    Destinations::Everywhere { .. } | Destinations::NotASource | Destinations::Unknown => {}
                }
            }
        }
    }
    if scope == ScopeWord::Global {
        reached.extend(NOWHERE.map(str::to_owned));
    }
    reached
}

/// Whether a pattern stands for more than the models that are listed.
fn has_unlisted(models: &Models) -> bool {
    models.runtime.iter().any(|pattern| pattern.contains(['*', '?']) || reference::model(pattern).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, called: &[&str], scope: ScopeWord, expected: &[&str]) {
        let models = Models { runtime: [pattern.to_owned()].into(), mantle: BTreeSet::new() };
        let called = called.iter().map(|each| (*each).to_owned()).collect();
        let found = reached(&models, &called, scope);
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_a_call_may_reach_follows_from_scope_and_source() {
        let opus = "anthropic.claude-opus-5-5";
        check(opus, &["us-east-1"], ScopeWord::InRegion, &["us-east-1"]);
        check(opus, &["us-east-1"], ScopeWord::Geo, &["us-east-1", "us-east-2", "us-west-2"]);
        check(opus, &["us-west-1"], ScopeWord::Geo, &["us-east-1", "us-east-2", "us-west-1", "us-west-2"]);
        check(
            opus,
            &["us-east-1"],
            ScopeWord::Global,
            &["global", "unspecified", "us-east-1", "us-east-2", "us-west-2"],
        );
    }
}

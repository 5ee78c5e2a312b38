//! The lists of properties that a charter has.

use std::collections::{BTreeMap, BTreeSet};

use crate::input::Complaint;

/// The lists of properties that a charter has: approved models and Regions, who is exempt, who keeps the fence.
///
/// # Errors
/// What is wrong with the charter.
pub fn lists_of_charter(origin: &str, text: &str) -> Result<BTreeMap<String, Vec<String>>, Vec<Complaint>> {
    let syntax = charter::syntax::read(text).map_err(|wrong| {
        let complaint = |one: &charter::Diagnostic| {
            let at = Complaint::at(origin, text, one.at.start, one.message.clone());
            match &one.hint {
                Some(hint) => at.hint(hint.clone()),
                None => at,
            }
        };
        wrong.iter().map(complaint).collect::<Vec<_>>()
    })?;
    let values = |all: &[charter::syntax::At<String>]| -> Vec<String> {
        all.iter().map(|one| one.value.clone()).collect()
    };
    let mut lists: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for model in &syntax.models {
        if model.runtime.is_empty() && model.mantle.is_empty() {
            let at = Complaint::at(
                origin,
                text,
                model.name.at.start,
                format!("which models `{}` stands for is not a list of ids", model.name.value),
            );
            wrong.push(at.hint("give the list itself: --set approved-models=…"));
        }
        let arn = |id: &String| format!("arn:aws:bedrock:*::foundation-model/{id}");
        lists.entry("approved-models").or_default().extend(values(&model.runtime).iter().map(arn));
        lists.entry("approved-mantle-models").or_default().extend(values(&model.mantle));
    }
    for exception in &syntax.exceptions {
        lists.entry("exempt").or_default().extend(values(&exception.who));
    }
    if let Some(fence) = &syntax.fence {
        lists.entry("organisation-admins").or_default().extend(values(&fence.keepers));
    }
    if wrong.is_empty() {
        Ok(lists.into_iter().map(|(name, list)| (name.to_owned(), list.into_iter().collect())).collect())
    } else {
        Err(wrong)
    }
}

//! What is known of models beyond the price list: which are legacy, and which run through profiles only.
//!
//! Kept by hand from the user guide, and far from complete: that a model has no note says nothing.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::hand_kept::parse;

/// Something that is known of a model, or of several whose ids begin alike.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelNote {
    /// An id at the runtime, or how ids begin, with `*` at the end.
    pub models: String,
    /// AWS calls it legacy.
    #[serde(default)]
    pub legacy: bool,
    /// It has no in-Region use at the runtime.
    #[serde(default)]
    pub only_profiles: bool,
    /// Where it comes from.
    pub source: String,
}

/// The notes on the model of this id at the runtime.
pub fn model_notes(id: &str) -> impl Iterator<Item = &'static ModelNote> + '_ {
    notes().iter().filter(move |note| match note.models.strip_suffix('*') {
        Some(start) => id.starts_with(start),
        None => note.models == id,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoteTable {
    note: Vec<ModelNote>,
}

fn notes() -> &'static [ModelNote] {
    static NOTES: OnceLock<Vec<ModelNote>> = OnceLock::new();
    NOTES.get_or_init(|| {
        let table: NoteTable = parse("model_notes.toml", include_str!("../data/model_notes.toml"));
        table.note
    })
}

#[cfg(test)]
mod tests {
    //! Rows stay true to the catalogue.

    use super::{model_notes, notes};
    use crate::{Endpoint, models};

    #[test]
    fn every_note_is_about_a_model_that_is_listed_and_says_something() {
        for note in notes() {
            let is_noted = |id: &str| model_notes(id).any(|each| each == note);
            assert!(
                models().any(|model| model.endpoint == Endpoint::Runtime && is_noted(model.id)),
                "{}",
                note.models
            );
            assert!(note.legacy || note.only_profiles, "{}", note.models);
        }
    }

    #[test]
    fn a_beginning_is_no_more_than_that() {
        assert!(model_notes("anthropic.claude-3-5-sonnet-20241022-v2:0").any(|note| note.legacy));
        assert!(model_notes("anthropic.claude-opus-5-5").any(|note| note.only_profiles));
        assert_eq!(model_notes("anthropic.claude-opus-5").count(), 0);
    }
}

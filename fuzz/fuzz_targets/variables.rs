//! Texts with policy variables are taken apart as the plain evaluator of the tests takes them apart.
//!
//! Without variables a text is only itself; with them it is unset exactly when a key without default is absent.

#![no_main]

#[path = "../../crates/iam/tests/plain/evaluator.rs"]
mod plain;

use iam::context::{Key, Values};
use iam::variable::{Piece, Template};
use libfuzzer_sys::fuzz_target;
use plain::variable::{Part, parts};

fuzz_target!(|text: &str| {
    let without = Template::parse(text, false);
    assert!(!without.has_variables());
    assert_eq!(without.text(|_| Values::Absent), Ok(text.to_owned()));

    let template = Template::parse(text, true);
    let ours: Vec<Part> = joined(template.pieces().iter().map(|piece| match piece {
        Piece::Text(text) => Part::Written(text.clone()),
        Piece::Literal(character) => Part::Literal(*character),
        Piece::Variable { key, default } => variable(key.as_str(), default.clone()),
    }));
    let theirs = joined(parts(text, true).into_iter().map(|part| match part {
        Part::Written(_) | Part::Literal(_) => part,
        Part::Variable { key, default, .. } => variable(&key, default),
    }));
    assert_eq!(ours, theirs, "{text:?}");

    let without_values = template.resolve(|_| Values::Absent);
    let needs = |part: &Part| matches!(part, Part::Variable { default: None, .. });
    assert_eq!(without_values.is_err(), ours.iter().any(needs), "{text:?}");
    let values = ["a*b".to_owned()];
    let with_values = template.text(|_| Values::Present(&values));
    assert!(with_values.is_ok(), "{text:?} stays unset: {with_values:?}");
});

fn variable(key: &str, default: Option<String>) -> Part {
    Part::Variable { key: Key::new(key).as_str().to_owned(), default, written: String::new() }
}

/// Neighbouring texts as one, empty ones left out.
fn joined(parts: impl Iterator<Item = Part>) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    for part in parts {
        match (all.last_mut(), &part) {
            (_, Part::Written(text)) if text.is_empty() => {}
            (Some(Part::Written(before)), Part::Written(text)) => before.push_str(text),
            _ => all.push(part),
        }
    }
    all
}

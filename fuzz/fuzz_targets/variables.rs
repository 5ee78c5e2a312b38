//! Texts with policy variables are taken apart as the plain evaluator of the tests takes them apart.
//!
//! Compared where IAM User Guide, "IAM policy elements: Variables and tags", gives the form: `${key}`,
//! `${key, 'default'}`, `${*}`, `${?}`, `${$}`, and other text without `${`. Where it gives none, as for a brace that
//! never closes, there is nothing to compare; then nothing may panic, and what holds by itself is asked.

#![no_main]

#[path = "../../crates/iam/tests/plain/evaluator.rs"]
mod plain;

use iam::context::{Key, ValueList, Values};
use iam::variable::{Piece, Template};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use plain::variable::{Part, parts};

const NAMES: [&str; 4] = ["aws:username", "AWS:PrincipalTag/Team", "s3:prefix", "aws:PrincipalTag/a b"];
const DEFAULTS: [&str; 4] = ["", "x", "a*b?", "a, b:$ c"];
const CHARACTERS: [char; 12] = ['a', 'é', '*', '?', ':', '/', ' ', ',', '\'', '}', '{', '$'];

#[derive(Arbitrary, Debug)]
enum Token {
    Text(u8),
    Name(u8),
    NameWithDefault(u8, u8),
    Escape(u8),
}

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    tokens: Vec<Token>,
    any: &'a str,
}

fuzz_target!(|input: Input<'_>| {
    holds_together(input.any);
    let text: String = input.tokens.iter().map(written).collect();
    holds_together(&text);
    let is_text = |token: &&Token| matches!(token, Token::Text(_));
    let variables = input.tokens.len() - input.tokens.iter().filter(is_text).count();
    if text.matches("${").count() == variables {
        let theirs = parts(&text, true).into_iter().map(|part| match part {
            Part::Written(_) | Part::Literal(_) => part,
            Part::Variable { key, default, .. } => variable(&key, default),
        });
        assert_eq!(ours(&text), joined(theirs), "{text:?}");
    }
});

/// What is so whatever counts as a variable.
fn holds_together(text: &str) {
    let without = Template::parse(text, false);
    assert!(!without.has_variables());
    assert_eq!(without.text(|_| Values::Absent), Ok(text.to_owned()));

    let template = Template::parse(text, true);
    let needs = |part: &Part| matches!(part, Part::Variable { default: None, .. });
    let without_values = template.resolve(|_| Values::Absent);
    assert_eq!(without_values.is_err(), ours(text).iter().any(needs), "{text:?}");
    let with_values = template.text(|_| Values::Present(ValueList::One("a*b")));
    assert!(with_values.is_ok(), "{text:?} stays unset: {with_values:?}");
    if !text.contains("${") {
        assert_eq!(with_values, Ok(text.to_owned()));
    }
}

fn ours(text: &str) -> Vec<Part> {
    joined(Template::parse(text, true).pieces().iter().map(|piece| match piece {
        Piece::Text(text) => Part::Written(text.clone()),
        Piece::Literal(character) => Part::Literal(*character),
        Piece::Variable { key, default } => variable(key.as_str(), default.clone()),
    }))
}

fn written(token: &Token) -> String {
    let one_of = |list: &[&'static str], number: u8| list[usize::from(number) % list.len()];
    match *token {
        Token::Text(number) => CHARACTERS[usize::from(number) % CHARACTERS.len()].to_string(),
        Token::Name(name) => format!("${{{}}}", one_of(&NAMES, name)),
        Token::NameWithDefault(name, default) => {
            format!("${{{}, '{}'}}", one_of(&NAMES, name), one_of(&DEFAULTS, default))
        }
        Token::Escape(number) => one_of(&["${*}", "${?}", "${$}"], number).to_owned(),
    }
}

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

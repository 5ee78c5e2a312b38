//! Policy variables: `${key}`, `${key, 'text'}`, and the three literal characters `${*}`, `${?}`, `${$}`.
//!
//! It does not decide where a variable may stand; `resource.rs` and `condition.rs` do.
//! Follows IAM User Guide, "IAM policy elements: Variables and tags".

use super::context::Context;
use super::glob::{self, Piece};

/// One part of a text that may hold variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text as written; `*` and `?` keep whatever meaning they have where it stands.
    Written(String),
    /// `${*}`, `${?}` or `${$}`: that character and nothing more.
    Literal(char),
    /// `${key}` or `${key, 'default'}`, with the text as it was written.
    Variable { key: String, default: Option<String>, written: String },
}

/// Splits a text into its parts. Without Version 2012-10-17 there are no variables, and `${` that begins none is text.
///
/// "IAM JSON policy elements: Version": without `2012-10-17`, variables are treated as literal strings.
pub fn parts(text: &str, variables: bool) -> Vec<Part> {
    let mut found = Vec::new();
    let mut written = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let (true, Some((part, after))) = (variables, variable_at_start(rest)) {
            found.push(Part::Written(std::mem::take(&mut written)));
            found.push(part);
            rest = after;
        } else {
            written.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    found.push(Part::Written(written));
    found
}

/// "Variables and tags": the key, then optionally a comma, a space and the default between single quotes.
fn variable_at_start(text: &str) -> Option<(Part, &str)> {
    let inside = text.strip_prefix("${")?;
    for character in ['*', '?', '$'] {
        if let Some(after) = inside.strip_prefix(character).and_then(|rest| rest.strip_prefix('}')) {
            return Some((Part::Literal(character), after));
        }
    }
    let key_length = inside.find(['{', '}', ',', '\'', '$', '*', '?'])?;
    let (key, after_key) = inside.split_at(key_length);
    if key.is_empty() {
        return None;
    }
    let (default, after) = match after_key.strip_prefix('}') {
        Some(after) => (None, after),
        None => {
            let quoted = after_key.strip_prefix(", '")?;
            let (default, after_default) = quoted.split_once('\'')?;
            (Some(default.to_string()), after_default.strip_prefix('}')?)
        }
    };
    let written = text[..text.len() - after.len()].to_string();
    Some((Part::Variable { key: key.to_string(), default, written }, after))
}

/// The text a variable stands for, or nothing when its key is unset and there is no default.
///
/// "Variables and tags": a key with several values cannot be a variable, so it counts as unset.
pub fn value(key: &str, default: Option<&str>, context: &Context) -> Option<String> {
    match context.values(key).as_slice() {
        [single] => Some(single.clone()),
        _ => default.map(str::to_string),
    }
}

/// The text with every variable replaced; nothing when one is unset. Stars and question marks are plain characters.
pub fn plain_text(text: &str, variables: bool, context: &Context) -> Option<String> {
    let mut replaced = String::new();
    for part in parts(text, variables) {
        match part {
            Part::Written(text) => replaced.push_str(&text),
            Part::Literal(character) => replaced.push(character),
            Part::Variable { key, default, .. } => {
                replaced.push_str(&value(&key, default.as_deref(), context)?)
            }
        }
    }
    Some(replaced)
}

/// The pattern with every variable replaced; nothing when one is unset. Stars and question marks that came from a
/// variable's value, or from `${*}` and `${?}`, are plain characters; written ones are wildcards.
pub fn pattern(text: &str, variables: bool, context: &Context) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    for part in parts(text, variables) {
        match part {
            Part::Written(text) => pieces.extend(glob::pieces(&text)),
            Part::Literal(character) => pieces.push(Piece::Char(character)),
            Part::Variable { key, default, .. } => {
                pieces.extend(value(&key, default.as_deref(), context)?.chars().map(Piece::Char));
            }
        }
    }
    Some(pieces)
}

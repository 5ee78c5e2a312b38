//! Texts with policy variables: `${key}`, `${key, 'default'}`, and the literals `${*}`, `${?}`, `${$}`.
//!
//! Follows IAM User Guide, "IAM policy elements: Variables and tags". A variable stands for the one value
//! of its key; a key that is absent or has several values leaves the variable unset (aws-facts §4.3). What
//! an unset variable does to the pattern around it is the caller's business.

use smallvec::SmallVec;

use crate::context::{Key, Values};

/// A piece of text between or around variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text in which `*` and `?` are wildcards where the operator has any.
    Text(String),
    /// A character that is never a wildcard: `${*}`, `${?}`, `${$}`.
    Literal(char),
    /// The value of a key.
    Variable { key: Key, default: Option<String> },
}

/// A text as a policy spells it, taken apart once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

/// What a variable needs and the request does not settle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unset {
    /// The key is known to be absent, or has several values.
    Absent,
    /// The request is partial and says nothing about the key.
    Unknown(Key),
}

impl Template {
    /// Takes `text` apart. Without variables (policy version 2008-10-17) all of it is plain text.
    pub fn parse(text: &str, with_variables: bool) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while with_variables && let Some(start) = rest.find("${") {
            let Some((piece, length)) = variable(&rest[start..]) else {
                // Not a variable: keep the two characters and go on behind them.
                push_text(&mut pieces, &rest[..start + 2]);
                rest = &rest[start + 2..];
                continue;
            };
            push_text(&mut pieces, &rest[..start]);
            pieces.push(piece);
            rest = &rest[start + length..];
        }
        push_text(&mut pieces, rest);
        Self { pieces }
    }

    /// The pieces in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether any part depends on the request.
    pub fn has_variables(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Variable { .. }))
    }

    /// The text's pieces for one request: what is a wildcard, what is the policy's own text, what is a value.
    ///
    /// # Errors
    /// [`Unset`] for the first variable without a value.
    pub fn resolve<'a>(
        &'a self,
        lookup: impl Fn(&Key) -> Values<'a>,
    ) -> Result<SmallVec<[Resolved<'a>; 4]>, Unset> {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => Ok(Resolved::Pattern(text)),
                Piece::Literal(character) => Ok(Resolved::Plain(literal(*character))),
                Piece::Variable { key, default } => {
                    value(key, default.as_deref(), &lookup).map(Resolved::Plain)
                }
            })
            .collect()
    }

    /// The text this is for one request, wildcards being plain characters.
    ///
    /// # Errors
    /// [`Unset`] for the first variable without a value.
    pub fn text<'a>(&'a self, lookup: impl Fn(&Key) -> Values<'a>) -> Result<String, Unset> {
        Ok(self
            .resolve(lookup)?
            .into_iter()
            .map(|(Resolved::Pattern(text) | Resolved::Plain(text))| text)
            .collect())
    }
}

/// A piece of a template once the request has filled in the variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved<'a> {
    /// The policy's text; `*` and `?` are wildcards where the operator has any.
    Pattern(&'a str),
    /// A value or an escaped character; every character stands for itself.
    Plain(&'a str),
}

fn literal(character: char) -> &'static str {
    match character {
        '*' => "*",
        '?' => "?",
        _ => "$",
    }
}

/// The value that stands for a variable.
///
/// # Errors
/// [`Unset`] when the key gives none and there is no default.
pub fn value<'a>(
    key: &Key,
    default: Option<&'a str>,
    lookup: impl Fn(&Key) -> Values<'a>,
) -> Result<&'a str, Unset> {
    let only = match lookup(key) {
        Values::Present(values) => values.only(),
        Values::Absent => None,
        Values::Unknown => return Err(Unset::Unknown(key.clone())),
    };
    only.or(default).ok_or(Unset::Absent)
}

/// The variable at the start of `text` (which begins `${`) and its length in bytes.
fn variable(text: &str) -> Option<(Piece, usize)> {
    let (inside, length) = match text.find('}') {
        Some(end) => (&text[2..end], end + 1),
        None => return None,
    };
    let piece = match inside {
        "*" => Piece::Literal('*'),
        "?" => Piece::Literal('?'),
        "$" => Piece::Literal('$'),
        _ => match inside.split_once(',') {
            None => Piece::Variable { key: key(inside)?, default: None },
            Some((name, default)) => {
                let default = default.trim_start().strip_prefix('\'')?.strip_suffix('\'')?;
                Piece::Variable { key: key(name)?, default: Some(default.to_owned()) }
            }
        },
    };
    Some((piece, length))
}

/// A name that can be a condition key; blanks around it are not part of it.
fn key(name: &str) -> Option<Key> {
    let name = name.trim();
    let plausible = name.contains(':') && !name.contains(['$', '{', '\'']);
    plausible.then(|| Key::new(name))
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(last)) => last.push_str(text),
        _ if text.is_empty() => {}
        Some(Piece::Literal(_) | Piece::Variable { .. }) | None => pieces.push(Piece::Text(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    //! What a variable spells.

    use super::*;
    use crate::context::{Context, ValueList};

    fn lookup<'a>(key: &Key) -> Values<'a> {
        static TWO: std::sync::LazyLock<Context> = std::sync::LazyLock::new(|| {
            let mut context = Context::new();
            context.insert("aws:TagKeys", vec!["a".to_owned(), "b".to_owned()]).unwrap();
            context
        });
        match key.as_str() {
            "aws:principaltag/team" => Values::Present(ValueList::One("re*d")),
            "aws:tagkeys" => Values::Present(TWO.get(key).unwrap()),
            "aws:empty" => Values::Present(ValueList::One("")),
            "aws:hidden" => Values::Unknown,
            _ => Values::Absent,
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Result<&str, Unset>) {
        let template = Template::parse(text, true);
        assert_eq!(template.text(lookup), expected.map(str::to_owned), "{text:?}");
    }

    #[test]
    fn variables_take_the_one_value_of_their_key() {
        check("a/${aws:PrincipalTag/Team}/b", Ok("a/re*d/b"));
        check("${ aws:principaltag/TEAM }", Ok("re*d"));
        check("${aws:empty}x", Ok("x"));
        check("${aws:TagKeys}", Err(Unset::Absent));
        check("${aws:absent}", Err(Unset::Absent));
        check("${aws:hidden, 'x'}", Err(Unset::Unknown(Key::new("aws:hidden"))));
    }

    #[test]
    fn defaults_stand_in_for_what_is_unset() {
        check("${aws:absent, 'none'}", Ok("none"));
        check("${aws:absent,''}", Ok(""));
        check("${aws:PrincipalTag/team, 'none'}", Ok("re*d"));
    }

    #[test]
    fn what_is_not_a_variable_is_text() {
        check("${*}${?}${$}", Ok("*?$"));
        check("${", Ok("${"));
        check("a${b", Ok("a${b"));
        check("${nocolon}", Ok("${nocolon}"));
        check("${aws:x, none}", Ok("${aws:x, none}"));
        let template = Template::parse("${aws:username}", false);
        assert_eq!(template.text(lookup), Ok("${aws:username}".to_owned()));
    }

    #[test]
    fn wildcards_of_a_value_are_plain_characters() {
        let template = Template::parse("*/${aws:PrincipalTag/team}${*}", true);
        let pieces = [Resolved::Pattern("*/"), Resolved::Plain("re*d"), Resolved::Plain("*")];
        assert_eq!(template.resolve(lookup), Ok(SmallVec::from_slice(pieces.as_slice())));
    }
}

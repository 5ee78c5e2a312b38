//! The one matcher for `*` and `?`.
//!
//! `*` is any run of characters, the empty run included; `?` is exactly one character. There are no
//! character classes and no escapes in the text form; a literal `*` or `?` gets into a pattern only
//! through [`GlobBuilder::literal`] (that is how `${*}` and the values of policy variables arrive).
//! Follows IAM User Guide, "IAM JSON policy elements: Resource" and "… Condition operators".
//!
//! It knows nothing of ARNs, colons or letter case: callers split and fold before they ask.

use smallvec::SmallVec;

/// Stands for `*`; no UTF-8 text contains this byte.
const ANY_RUN: u8 = 0xFF;
/// Stands for `?`; no UTF-8 text contains this byte.
const ANY_ONE: u8 = 0xFE;
/// Stands for a `*` that must not run across a colon; no UTF-8 text contains this byte.
const ANY_RUN_WITHIN: u8 = 0xFD;
/// Stands for a `?` that must not be a colon; no UTF-8 text contains this byte.
const ANY_ONE_WITHIN: u8 = 0xFC;

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    tokens: SmallVec<[u8; 48]>,
    shape: Shape,
}

/// Shapes that need no search; nearly every pattern people write has one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Stars alone, at least one.
    Everything,
    /// No wildcard.
    Exact,
    /// Literal text, then one or more stars.
    Prefix { literal: usize },
    /// Anything else.
    Search,
}

impl Glob {
    /// The pattern that `text` spells.
    pub fn new(text: &str) -> Self {
        let mut builder = GlobBuilder::default();
        builder.pattern(text);
        builder.build()
    }

    /// Whether the pattern covers the whole of `text`.
    pub fn matches(&self, text: &str) -> bool {
        let text = text.as_bytes();
        match self.shape {
            Shape::Everything => true,
            Shape::Exact => *self.tokens == *text,
            Shape::Prefix { literal } => text.len() >= literal && text[..literal] == self.tokens[..literal],
            Shape::Search => search(&self.tokens, text),
        }
    }

    /// Whether the pattern is stars alone, and so matches every text.
    pub fn is_everything(&self) -> bool {
        self.shape == Shape::Everything
    }

    /// The text it matches, when it can match only one.
    pub fn as_exact(&self) -> Option<&str> {
        match self.shape {
            Shape::Exact => std::str::from_utf8(&self.tokens).ok(),
            Shape::Everything | Shape::Prefix { .. } | Shape::Search => None,
        }
    }
}

/// Puts a pattern together from text with wildcards and text to be taken literally.
#[derive(Clone, Debug, Default)]
pub struct GlobBuilder {
    tokens: SmallVec<[u8; 48]>,
}

impl GlobBuilder {
    /// Adds text in which `*` and `?` are wildcards.
    pub fn pattern(&mut self, text: &str) {
        self.push(text, ANY_RUN, ANY_ONE);
    }

    /// Adds text whose wildcards stay within one colon-separated segment.
    pub fn pattern_within_segment(&mut self, text: &str) {
        self.push(text, ANY_RUN_WITHIN, ANY_ONE_WITHIN);
    }

    /// Adds text as it stands.
    pub fn literal(&mut self, text: &str) {
        self.tokens.extend_from_slice(text.as_bytes());
    }

    /// The finished pattern.
    pub fn build(self) -> Glob {
        let shape = shape(&self.tokens);
        Glob { tokens: self.tokens, shape }
    }

    fn push(&mut self, text: &str, run: u8, one: u8) {
        self.tokens.extend(text.bytes().map(|byte| match byte {
            b'*' => run,
            b'?' => one,
            other => other,
        }));
    }
}

fn shape(tokens: &[u8]) -> Shape {
    let is_wild = |&token: &u8| matches!(token, ANY_RUN | ANY_ONE | ANY_RUN_WITHIN | ANY_ONE_WITHIN);
    match tokens.iter().position(is_wild) {
        None => Shape::Exact,
        Some(first) if tokens[first..].iter().all(|&token| token == ANY_RUN) => {
            if first == 0 {
                Shape::Everything
            } else {
                Shape::Prefix { literal: first }
            }
        }
        Some(_) => Shape::Search,
    }
}

/// Backtracking to the last star only: enough while every star is free, since a later star can always
/// take what an earlier one would. Stars bound to a segment need the full search below.
fn search(tokens: &[u8], text: &[u8]) -> bool {
    if tokens.iter().any(|&token| token == ANY_RUN_WITHIN) {
        return search_bounded(tokens, text);
    }
    let (mut token, mut at) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        let step = match tokens.get(token) {
            Some(&ANY_RUN) => {
                retry = Some((token + 1, at));
                token += 1;
                continue;
            }
            Some(&ANY_ONE) => char_len(text[at]),
            Some(&ANY_ONE_WITHIN) if text[at] != b':' => char_len(text[at]),
            Some(&ANY_ONE_WITHIN) => 0,
            Some(&literal) if literal == text[at] => 1,
            Some(_) | None => 0,
        };
        if step > 0 {
            token += 1;
            at += step;
        } else if let Some((after_star, taken)) = retry {
            at = taken + char_len(text[taken]);
            retry = Some((after_star, at));
            token = after_star;
        } else {
            return false;
        }
    }
    tokens[token..].iter().all(|&token| token == ANY_RUN)
}

/// Set-of-positions simulation: linear in text × pattern, whatever the pattern.
fn search_bounded(tokens: &[u8], text: &[u8]) -> bool {
    let mut live = vec![false; tokens.len() + 1];
    live[0] = true;
    pass_stars(tokens, &mut live);
    let mut at = 0;
    while at < text.len() {
        let step = char_len(text[at]);
        let mut next = vec![false; tokens.len() + 1];
        for (position, _) in live.iter().enumerate().filter(|(_, is_live)| **is_live) {
            match tokens.get(position) {
                None => {}
                Some(&ANY_RUN) => next[position] = true,
                Some(&ANY_RUN_WITHIN) => next[position] |= text[at] != b':',
                Some(&ANY_ONE) => next[position + 1] = true,
                Some(&ANY_ONE_WITHIN) => next[position + 1] |= text[at] != b':',
                Some(_) if tokens[position..].starts_with(&text[at..at + step]) => {
                    next[position + step] = true;
                }
                Some(_) => {}
            }
        }
        pass_stars(tokens, &mut next);
        live = next;
        at += step;
    }
    live[tokens.len()]
}

/// A star may also match nothing.
fn pass_stars(tokens: &[u8], live: &mut [bool]) {
    for position in 0..tokens.len() {
        if live[position] && matches!(tokens[position], ANY_RUN | ANY_RUN_WITHIN) {
            live[position + 1] = true;
        }
    }
}

/// Length in bytes of the character that starts with `first`.
fn char_len(first: u8) -> usize {
    match first {
        0x00..=0xBF => 1,
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xFF => 4,
    }
}

#[cfg(test)]
mod tests;

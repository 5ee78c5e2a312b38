//! The one matcher for `*` and `?`.
//!
//! `*` is any run of characters, the empty run included; `?` is exactly one character. There are no
//! character classes and no escapes in the text form; a literal `*` or `?` gets into a pattern only
//! through [`GlobBuilder::literal`] (that is how `${*}` and the values of policy variables arrive).
//! Follows IAM User Guide, "IAM JSON policy elements: Resource" and "… Condition operators".
//!
//! It knows nothing of ARNs, colons or letter case: callers split and fold before they ask.

use smallvec::SmallVec;

use crate::variable::Resolved;

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

/// Shapes by how much searching they need; nearly every pattern people write needs little.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Shape {
    /// Stars alone, at least one.
    Everything,
    /// No wildcard.
    Exact,
    /// Literal text, then one or more stars.
    Prefix { literal: usize },
    /// Chunks between free stars, as ranges of tokens: the first begins the text, the last ends it.
    Chunks(SmallVec<[Chunk; 4]>),
    /// Some star is bound to a segment.
    Bounded,
}

/// A run of tokens without stars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Chunk {
    start: u32,
    end: u32,
    /// Whether it is literal text throughout.
    is_plain: bool,
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
        match &self.shape {
            Shape::Everything => true,
            Shape::Exact => *self.tokens == *text,
            Shape::Prefix { literal } => {
                text.len() >= *literal && text[..*literal] == self.tokens[..*literal]
            }
            Shape::Chunks(chunks) => search(&self.tokens, chunks, text),
            Shape::Bounded => search_bounded(&self.tokens, text),
        }
    }

    /// Whether the pattern is stars alone, and so matches every text.
    pub fn is_everything(&self) -> bool {
        self.shape == Shape::Everything
    }

    /// The pattern as a policy spells it.
    pub fn spelled(&self) -> String {
        let letters = self.tokens.iter().map(|token| match *token {
            ANY_RUN | ANY_RUN_WITHIN => b'*',
            ANY_ONE | ANY_ONE_WITHIN => b'?',
            letter => letter,
        });
        String::from_utf8_lossy(&letters.collect::<Vec<u8>>()).into_owned()
    }

    /// The text it matches, when it can match only one.
    pub fn as_exact(&self) -> Option<&str> {
        match self.shape {
            Shape::Exact => std::str::from_utf8(&self.tokens).ok(),
            Shape::Everything | Shape::Prefix { .. } | Shape::Chunks(_) | Shape::Bounded => None,
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

    /// Adds the pieces of a template.
    pub fn pieces(&mut self, pieces: &[Resolved<'_>]) {
        for piece in pieces {
            match piece {
                Resolved::Pattern(text) => self.pattern(text),
                Resolved::Plain(text) => self.literal(text),
            }
        }
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
    if tokens.contains(&ANY_RUN_WITHIN) {
        return Shape::Bounded;
    }
    match tokens.iter().position(is_wild) {
        None => Shape::Exact,
        Some(first) if tokens[first..].iter().all(|&token| token == ANY_RUN) => {
            if first == 0 {
                Shape::Everything
            } else {
                Shape::Prefix { literal: first }
            }
        }
        Some(_) => Shape::Chunks(chunks(tokens, is_wild)),
    }
}

fn chunks(tokens: &[u8], is_wild: impl Fn(&u8) -> bool) -> SmallVec<[Chunk; 4]> {
    let mut start = 0;
    let of_run = |run: &[u8]| {
        let chunk = Chunk { start, end: start + run.len() as u32, is_plain: !run.iter().any(&is_wild) };
        start = chunk.end + 1;
        chunk
    };
    tokens.split(|&token| token == ANY_RUN).map(of_run).collect()
}

/// Leftmost places for the chunks in order: since every star is free, a later place never helps.
fn search(tokens: &[u8], chunks: &[Chunk], text: &[u8]) -> bool {
    let of = |chunk: &Chunk| &tokens[chunk.start as usize..chunk.end as usize];
    let [first, between @ .., last] = chunks else {
        return chunks.first().is_some_and(|only| match_at(of(only), text) == Some(text.len()));
    };
    let (Some(mut from), Some(to)) = (match_at(of(first), text), match_end(of(last), text)) else {
        return false;
    };
    for chunk in between {
        let Some(room) = text.get(from..to) else { return false };
        let found = if chunk.is_plain {
            memchr::memmem::find(room, of(chunk)).map(|at| at + of(chunk).len())
        } else {
            find(of(chunk), room)
        };
        match found {
            Some(length) => from += length,
            None => return false,
        }
    }
    from <= to
}

/// How much of the text a chunk covers when it begins where the text does.
fn match_at(chunk: &[u8], text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for &token in chunk {
        let &byte = text.get(at)?;
        at += match token {
            ANY_ONE => char_len(byte),
            ANY_ONE_WITHIN if byte != b':' => char_len(byte),
            literal if literal == byte => 1,
            _ => return None,
        };
    }
    Some(at)
}

/// Where a chunk begins when it ends where the text does.
fn match_end(chunk: &[u8], text: &[u8]) -> Option<usize> {
    let mut rest = text;
    for &token in chunk.iter().rev() {
        let (&byte, before) = rest.split_last()?;
        rest = match token {
            ANY_ONE | ANY_ONE_WITHIN => {
                let start = text[..rest.len()].iter().rposition(|&byte| byte & 0xC0 != 0x80)?;
                if token == ANY_ONE_WITHIN && text[start] == b':' {
                    return None;
                }
                &text[..start]
            }
            literal if literal == byte => before,
            _ => return None,
        };
    }
    Some(rest.len())
}

/// The end of the leftmost place of a chunk that has `?`.
fn find(chunk: &[u8], text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at <= text.len() {
        if let Some(length) = match_at(chunk, &text[at..]) {
            return Some(at + length);
        }
        at += text.get(at).map_or(1, |&byte| char_len(byte));
        // A chunk that begins with a literal can begin only where that stands.
        if chunk[0] < ANY_ONE_WITHIN {
            at += memchr::memchr(chunk[0], text.get(at..)?)?;
        }
    }
    None
}

/// Set-of-positions simulation: linear in text × pattern, whatever the pattern.
fn search_bounded(tokens: &[u8], text: &[u8]) -> bool {
    let mut live: SmallVec<[bool; 96]> = SmallVec::from_elem(false, tokens.len() + 1);
    let mut next = live.clone();
    live[0] = true;
    pass_stars(tokens, &mut live);
    let mut at = 0;
    while at < text.len() {
        let step = char_len(text[at]);
        next.fill(false);
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
        std::mem::swap(&mut live, &mut next);
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

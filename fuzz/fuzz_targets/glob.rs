//! The matcher and the plain recursive one of the tests agree on every pattern and text.
//!
//! Patterns and texts are short and of few characters, so that they meet and the recursion ends.

#![no_main]

#[path = "../../crates/iam/tests/plain/evaluator.rs"]
mod plain;

use iam::glob::{Glob, GlobBuilder};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use plain::glob::{Piece, matches, pieces};

/// What a pattern or a text is made of; the third and fourth begin with the same byte.
const CHARACTERS: [char; 8] = ['a', 'b', 'é', 'è', ':', '*', '?', '\u{1F511}'];

const PIECES_MAX: usize = 14;
const CHARACTERS_MAX: usize = 18;
/// The plain matcher tries every way to part the text among the stars.
const STARS_MAX: usize = 5;

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Part {
    Literal(u8),
    Star,
    One,
    StarWithin,
    OneWithin,
}

#[derive(Arbitrary, Debug)]
struct Input {
    pattern: Vec<Part>,
    text: Vec<u8>,
    written: Vec<u8>,
}

fuzz_target!(|input: Input| {
    let text = characters(&input.text, CHARACTERS_MAX);
    let mut builder = GlobBuilder::default();
    let mut plainly = Vec::new();
    let mut stars = 0;
    for part in input.pattern.iter().take(PIECES_MAX) {
        stars += usize::from(matches!(part, Part::Star | Part::StarWithin));
        if stars > STARS_MAX {
            break;
        }
        match part {
            Part::Literal(number) => {
                let one = character(*number);
                builder.literal(one.encode_utf8(&mut [0; 4]));
                plainly.push(Piece::Char(one));
            }
            Part::Star => {
                builder.pattern("*");
                plainly.push(Piece::AnyRun);
            }
            Part::One => {
                builder.pattern("?");
                plainly.push(Piece::AnyOne);
            }
            Part::StarWithin => {
                builder.pattern_within_segment("*");
                plainly.push(Piece::AnyRunButColon);
            }
            Part::OneWithin => {
                builder.pattern_within_segment("?");
                plainly.push(Piece::AnyOneButColon);
            }
        }
    }
    let glob = builder.build();
    assert_eq!(glob.matches(&text), matches(&plainly, &text), "{plainly:?} against {text:?}");
    if let Some(exact) = glob.as_exact() {
        assert_eq!(glob.matches(&text), exact == text);
    }
    let written = characters(&input.written, PIECES_MAX);
    if written.matches('*').count() > STARS_MAX {
        return;
    }
    let expected = matches(&pieces(&written), &text);
    assert_eq!(Glob::new(&written).matches(&text), expected, "{written:?} against {text:?}");
});

fn characters(numbers: &[u8], most: usize) -> String {
    numbers.iter().take(most).map(|number| character(*number)).collect()
}

fn character(number: u8) -> char {
    CHARACTERS[usize::from(number) % CHARACTERS.len()]
}

//! The search over patterns beside a library that takes derivatives of regular expressions.
//!
//! Longer patterns and more letters than all short texts can cover. `POSTERN_CASES` sets how many searches are compared;
//! the long run has 100,000.

#[path = "common/dice.rs"]
mod dice;

use aws_smt_strings::regular_expressions::{ReManager, RegLan};
use dice::Dice;
use prover::language::{ANY, Found, NO_COLON, Pattern, Token, find};
use reference::Characters;

const SPELLED: [&str; 22] = [
    "*",
    "a*",
    "*a",
    "*a*b*",
    "arn:*:x",
    "arn:aws:s3:::*",
    "arn:aws:s3:::a*/b?",
    "a?*",
    "*?*?",
    "???",
    "*aab*",
    "*aba*",
    "*bab",
    "aab*",
    "*:*",
    "?:*a",
    "anthropic.*",
    "anthropic.claude-*",
    "*claude*",
    "*sonnet*",
    "anthropic.claude-?-sonnet*",
    "us.anthropic.*",
];

const SEVERAL: Characters =
    Characters { ascii: (1 << b'a') | (1 << b'/') | (1 << b':'), beyond_ascii: false };

/// A pattern: one of the spelled, two of them in a row, or one of whose letters the case does not count.
fn pattern(dice: &mut Dice) -> Pattern {
    let wild = [ANY, ANY, NO_COLON, SEVERAL][dice.roll(4)];
    let mut pattern = Pattern::glob(SPELLED[dice.roll(SPELLED.len())], wild);
    match dice.roll(8) {
        0 => pattern.push_glob(SPELLED[dice.roll(SPELLED.len())], wild),
        1 => {
            for token in &mut pattern.tokens {
                if let Token::Is(letter) = *token {
                    *token = Token::Either(letter);
                }
            }
        }
        2 => {
            let at = dice.roll(pattern.tokens.len() + 1);
            pattern.tokens.insert(at, Token::One(SEVERAL));
        }
        _ => {}
    }
    pattern
}

/// A text near what the patterns spell.
fn text(dice: &mut Dice) -> &'static str {
    const TEXTS: [&str; 24] = [
        "",
        "a",
        "b",
        "ab",
        "aa",
        "aab",
        "aba",
        "bab",
        "aaba",
        "abab",
        "a:b",
        ":",
        "a:a",
        "arn:aws:s3:::a/b",
        "arn:b:x",
        "arn:aws:s3:::ab/bb",
        "anthropic.claude-1-sonnet",
        "anthropic.claude-1-sonnet-2",
        "us.anthropic.x",
        "claude",
        "anthropic.",
        "sonnet",
        "xaabaxbab",
        "A",
    ];
    TEXTS[dice.roll(TEXTS.len())]
}

fn one_of(manager: &mut ReManager, of: Characters) -> RegLan {
    let mut ranges: Vec<RegLan> = Vec::new();
    let mut start = 0_u32;
    while start < 128 {
        let end = (start..128).find(|code| of.ascii >> code & 1 == 0).unwrap_or(128);
        if start < end {
            ranges.push(manager.range(start, end - 1));
        }
        start = end + 1;
    }
    if of.beyond_ascii {
        ranges.push(manager.range(128, 0x2_FFFF));
    }
    manager.union_list(ranges)
}

fn expression(manager: &mut ReManager, pattern: &Pattern) -> RegLan {
    let mut parts = Vec::new();
    for token in &pattern.tokens {
        let part = match *token {
            Token::Is(letter) => manager.char(letter as u32),
            Token::Either(letter) => {
                let cases = [letter.to_ascii_lowercase(), letter.to_ascii_uppercase()]
                    .map(|each| manager.char(each as u32));
                manager.union_list(cases)
            }
            Token::One(of) => one_of(manager, of),
            Token::Run(of) => {
                let one = one_of(manager, of);
                manager.star(one)
            }
        };
        parts.push(part);
    }
    manager.concat_list(parts)
}

#[test]
fn a_search_and_derivatives_say_the_same() {
    let cases: usize =
        std::env::var("POSTERN_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(5_000);
    let mut dice = Dice(11);
    let (mut texts, mut empty) = (0_usize, 0_usize);
    for case in 0..cases {
        let mut each: Vec<Vec<Pattern>> = (0..1 + dice.roll(3))
            .map(|_| (0..1 + dice.roll(2)).map(|_| pattern(&mut dice)).collect())
            .collect();
        // Now and then many texts, of which each is tried.
        if dice.roll(4) == 0 {
            let texts = |dice: &mut Dice| (0..20).map(|_| Pattern::exact(text(dice))).collect();
            each.push(texts(&mut dice));
        }
        let none: Vec<Pattern> = (0..dice.roll(4)).map(|_| pattern(&mut dice)).collect();
        let manager = &mut ReManager::new();
        let mut whole = manager.full();
        for list in &each {
            let any: Vec<RegLan> = list.iter().map(|pattern| expression(manager, pattern)).collect();
            let any = manager.union_list(any);
            whole = manager.inter(whole, any);
        }
        for pattern in &none {
            let other = expression(manager, pattern);
            whole = manager.diff(whole, other);
        }
        match find(&each, &none) {
            Found::Text(text) => {
                texts += 1;
                assert!(
                    manager.str_in_re(&text.as_str().into(), whole),
                    "{case}: {text} for {each:?} without {none:?}"
                );
                let other = manager.get_string(whole).map(|found| found.len());
                assert!(
                    other.is_some_and(|length| length >= text.chars().count()),
                    "{case}: {text} is not the shortest"
                );
            }
            Found::Nothing => {
                empty += 1;
                let missed = manager.get_string(whole).map(|text| text.to_unicode_string());
                assert_eq!(missed, None, "{case}: {each:?} without {none:?}");
            }
            Found::TooMuch => panic!("{case}: too much for {each:?} without {none:?}"),
        }
    }
    assert!(texts * 5 > cases && empty * 5 > cases, "{texts} texts, {empty} without one");
}

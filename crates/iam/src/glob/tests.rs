//! What `*` and `?` promise.

use super::{Glob, GlobBuilder};
use proptest::prelude::*;

#[track_caller]
fn check(pattern: &str, text: &str, expected: bool) {
    assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern:?} against {text:?}");
}

#[test]
fn star_is_any_run_and_the_empty_run() {
    check("claude-*", "claude-3", true);
    check("claude-*", "claude-", true);
    check("claude-*", "claude", false);
    check("*sonnet*", "anthropic.claude-sonnet-5", true);
    check("*sonnet*", "anthropic.claude-opus-5", false);
    check("a*b*c", "abbc", true);
    check("a*b*c", "acb", false);
    check("*", "", true);
    check("**", "anything", true);
}

#[test]
fn question_mark_is_exactly_one_character() {
    check("claude-?", "claude-3", true);
    check("claude-?", "claude-", false);
    check("claude-?", "claude-35", false);
    check("?", "é", true);
    check("??", "é", false);
    check("*?", "é", true);
    check("*??", "aé", true);
    check("?*é", "éé", true);
}

#[test]
fn everything_else_stands_for_itself() {
    check("[a-z]", "b", false);
    check("[a-z]", "[a-z]", true);
    check(r"a\*", r"a\b", true);
    check("", "", true);
    check("", "a", false);
    check("A", "a", false);
}

#[test]
fn literal_wildcards_are_plain_characters() {
    let mut builder = GlobBuilder::default();
    builder.literal("a*");
    builder.pattern("?");
    let glob = builder.build();
    assert!(glob.matches("a*x"));
    assert!(!glob.matches("abx"));
}

#[test]
fn bounded_wildcards_stop_at_a_colon() {
    let mut builder = GlobBuilder::default();
    builder.pattern_within_segment("a*:?");
    builder.pattern("*");
    let glob = builder.build();
    for (text, expected) in
        [("ab:c", true), ("a:c:d", true), ("a:b:c", true), ("ab::c", false), ("ab:", false), ("a::", false)]
    {
        assert_eq!(glob.matches(text), expected, "{text:?}");
    }
}

fn may_take(text: &[char], within: bool) -> bool {
    text.first().is_some_and(|first| !within || *first != ':')
}

/// The definition itself, by recursion on characters; `within` bounds both wildcards to a segment.
fn plainly(pattern: &[char], text: &[char], within: bool) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => {
            plainly(rest, text, within) || (may_take(text, within) && plainly(pattern, &text[1..], within))
        }
        Some(('?', rest)) => may_take(text, within) && plainly(rest, &text[1..], within),
        Some((literal, rest)) => text.first() == Some(literal) && plainly(rest, &text[1..], within),
    }
}

proptest! {
    #[test]
    fn agrees_with_the_definition(pattern in "[ab:é*?]{0,8}", text in "[ab:é]{0,9}", within: bool) {
        let mut builder = GlobBuilder::default();
        if within { builder.pattern_within_segment(&pattern) } else { builder.pattern(&pattern) }
        let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
        prop_assert_eq!(builder.build().matches(&text), plainly(&p, &t, within));
    }
}

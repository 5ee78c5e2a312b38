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
    check("*?b", "aéb", true);
    check("*a?b", "aéb", true);
    check("*é?", "é日", true);
    check("*a??", "a日", false);
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

#[test]
fn a_question_mark_between_stars_stands_wherever_the_rest_does() {
    check("*?b*", "aab", true);
    check("*?b*", "b", false);
    check("*b?*", "ab", false);
    check("*b?*", "abb", true);
    check("*b?c*", "babxc", true);
    check("*é?b*", "ébéab", true);
    check("*?é*", "abé", true);
    check("*a?*b", "aab", true);
    check("*a?*b", "ab", false);
}

/// Free text around text whose wildcards stay within a segment.
#[track_caller]
fn check_between(before: &str, within: &str, after: &str, text: &str, expected: bool) {
    let mut builder = GlobBuilder::default();
    builder.pattern(before);
    builder.pattern_within_segment(within);
    builder.pattern(after);
    assert_eq!(builder.build().matches(text), expected, "{before:?} {within:?} {after:?} against {text:?}");
}

#[test]
fn a_bounded_question_mark_among_free_stars_is_no_colon() {
    check_between("", "?", "*", "a:b", true);
    check_between("", "?", "*", ":b", false);
    check_between("*", "?", "", "b:a", true);
    check_between("*", "?", "", "b:", false);
    check_between("*", "?b", "*", "a:bab", true);
    check_between("*", "?b", "*", "a:b:b", false);
    check_between("", "?", "", ":", false);
    check_between("*", "*:?", "", "a:b", true);
    check_between("*", "*:?", "", "a::", false);
    check_between("?", "*", "", ":b", true);
    check_between("?", "*", "", "a:b", false);
    check_between("?", "*", "", "", false);
}

#[test]
fn a_pattern_says_whether_it_covers_everything_or_one_text() {
    let about = |pattern: &str| {
        let glob = Glob::new(pattern);
        (glob.is_everything(), glob.as_exact().map(str::to_owned))
    };
    assert_eq!(about("**"), (true, None));
    assert_eq!(about("a*"), (false, None));
    assert_eq!(about("?"), (false, None));
    assert_eq!(about("a:b"), (false, Some("a:b".to_owned())));
    assert_eq!(about(""), (false, Some(String::new())));
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

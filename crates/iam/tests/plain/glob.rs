//! Matching `*` and `?`, by plain recursion over characters.
//!
//! It knows nothing of ARNs, variables or case rules; those decide which pieces a pattern has.
//! Follows IAM User Guide, "IAM JSON policy elements: Resource" (a `*` is any run of characters, a `?` is exactly one)
//! and "IAM JSON policy elements: Condition operators" (the same for StringLike and ArnLike).

/// One piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Exactly this character.
    Char(char),
    /// This character in upper or lower case.
    CharAnyCase(char),
    /// `?`: exactly one character.
    AnyOne,
    /// `?` that stays inside its part of an ARN: one character that is not a colon.
    AnyOneButColon,
    /// `*`: any run of characters, the empty run included.
    AnyRun,
    /// `*` that stays inside its part of an ARN: any run without a colon.
    AnyRunButColon,
}

/// The pieces of a text in which only `*` and `?` are special.
pub fn pieces(text: &str) -> Vec<Piece> {
    let piece = |character: char| match character {
        '*' => Piece::AnyRun,
        '?' => Piece::AnyOne,
        other => Piece::Char(other),
    };
    text.chars().map(piece).collect()
}

/// Whether the whole text is an instance of the whole pattern.
pub fn matches(pattern: &[Piece], text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    matches_rest(pattern, &characters)
}

fn matches_rest(pattern: &[Piece], text: &[char]) -> bool {
    let Some((piece, pattern_rest)) = pattern.split_first() else {
        return text.is_empty();
    };
    let one = |fits: bool| fits && matches_rest(pattern_rest, &text[1..]);
    match piece {
        Piece::Char(wanted) => one(text.first() == Some(wanted)),
        Piece::CharAnyCase(wanted) => one(text.first().is_some_and(|found| same_but_case(*found, *wanted))),
        Piece::AnyOne => one(!text.is_empty()),
        Piece::AnyOneButColon => one(text.first().is_some_and(|found| *found != ':')),
        Piece::AnyRun => (0..=text.len()).any(|taken| matches_rest(pattern_rest, &text[taken..])),
        Piece::AnyRunButColon => (0..=text.len())
            .take_while(|taken| !text[..*taken].contains(&':'))
            .any(|taken| matches_rest(pattern_rest, &text[taken..])),
    }
}

fn same_but_case(one: char, other: char) -> bool {
    one.to_lowercase().eq(other.to_lowercase())
}

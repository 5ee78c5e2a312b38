//! What a request may be on: the ARNs of a resource type, and the patterns of `Resource` under one reading.

use iam::variable::{Piece as VariablePiece, Template as VariableTemplate};
use reference::{Piece, Template};

use crate::language::{ANY, NO_COLON, Pattern, Token};

/// Which characters a wildcard of an ARN pattern stands for; the readings of `star-across-colons`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reading {
    /// None across a colon before the fifth; parts that the pattern lacks are `*`.
    Segments,
    /// A `*` that ends a part runs across colons, other wildcards do not.
    Documented,
    /// All run across colons.
    Free,
}

impl Reading {
    pub const ALL: [Self; 3] = [Self::Segments, Self::Documented, Self::Free];
}

/// All ARNs of a type, in whatever partition.
pub fn of_template(template: Template) -> Vec<Pattern> {
    let mut all = vec![Pattern::default()];
    for piece in template.pieces() {
        let additions = additions(piece, true);
        all = joined(&all, &additions);
    }
    all
}

/// What may stand for a piece of a template: with everything filled in, or all there can be.
pub fn additions(piece: Piece, is_all: bool) -> Vec<Vec<Token>> {
    match piece {
        Piece::Literal(text) => vec![text.chars().map(Token::Is).collect()],
        Piece::Placeholder { ids, .. } => {
            let least = if is_all { ids.length_min } else { ids.length_min.max(1) };
            let mut filled = vec![Token::One(ids.characters); least];
            if ids.length_max != Some(least) {
                filled.push(Token::Run(ids.characters));
            }
            let literals = ids.literals.iter().filter(|_| is_all);
            let literals = literals.map(|text| text.chars().map(Token::Is).collect());
            std::iter::once(filled).chain(literals).collect()
        }
    }
}

/// Each of some patterns with each of some additions behind it.
pub fn joined(patterns: &[Pattern], additions: &[Vec<Token>]) -> Vec<Pattern> {
    let with = |known: &Pattern, more: &Vec<Token>| Pattern {
        tokens: [known.tokens.clone(), more.clone()].concat(),
    };
    patterns.iter().flat_map(|known| additions.iter().map(|more| with(known, more))).collect()
}

/// One character of a pattern as a policy spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Spelled {
    /// Stands for itself, or for some where it is `*` or `?`.
    Text(char),
    /// Stands for itself: from the value of a variable, or escaped.
    Plain(char),
}

/// The letters of a text without variables; none where it has some.
pub fn letters(template: &VariableTemplate) -> Option<Vec<Spelled>> {
    let mut letters = Vec::new();
    for piece in template.pieces() {
        match piece {
            VariablePiece::Text(text) => letters.extend(text.chars().map(Spelled::Text)),
            VariablePiece::Literal(letter) => letters.push(Spelled::Plain(*letter)),
            VariablePiece::Variable { .. } => return None,
        }
    }
    Some(letters)
}

/// A pattern of `Resource` without variables, under a reading.
pub fn pattern(text: &str, reading: Reading) -> Pattern {
    let spelled: Vec<Spelled> = text.chars().map(Spelled::Text).collect();
    of_spelled(&spelled, reading)
}

/// The same, of which some characters stand for themselves.
pub fn of_spelled(spelled: &[Spelled], reading: Reading) -> Pattern {
    let mut pattern = Pattern::default();
    let mut colons = 0;
    for (at, each) in spelled.iter().enumerate() {
        let wild = match reading {
            Reading::Free => ANY,
            Reading::Segments if colons < 5 => NO_COLON,
            Reading::Segments => ANY,
            // A `*` that ends a part.
            Reading::Documented if *each == Spelled::Text('*') => match spelled.get(at + 1) {
                None | Some(Spelled::Text(':')) => ANY,
                Some(_) => NO_COLON,
            },
            Reading::Documented => NO_COLON,
        };
        pattern.tokens.push(match each {
            Spelled::Text('*') => Token::Run(wild),
            Spelled::Text('?') => Token::One(wild),
            Spelled::Text(letter) | Spelled::Plain(letter) => Token::Is(*letter),
        });
        colons += usize::from(*each == Spelled::Text(':'));
    }
    if reading == Reading::Segments {
        for part in colons..5 {
            pattern.push_glob(":*", if part == 4 { ANY } else { NO_COLON });
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    //! What the readings make of a pattern, and which ARNs there are.

    use super::*;
    use crate::language::{Found, find};

    fn text(each: Vec<Pattern>, more: &str, reading: Reading) -> Option<String> {
        match find(&[each, vec![pattern(more, reading)]], &[]) {
            Found::Text(text) => Some(text),
            Found::Nothing | Found::TooMuch => None,
        }
    }

    #[test]
    fn readings_differ_where_a_star_may_run_across_a_colon() {
        let exact = |text: &str| vec![Pattern::exact(text)];
        let model = "arn:aws:bedrock:us-east-1::foundation-model/a.b-v1:0";
        for reading in Reading::ALL {
            assert!(
                text(exact(model), "arn:aws:bedrock:*::foundation-model/a.*", reading).is_some(),
                "{reading:?}"
            );
        }
        // A star that stands for parts.
        let short = |reading| text(exact(model), "arn:aws:bedrock:*/a.b-v1:0", reading).is_some();
        assert_eq!(Reading::ALL.map(short), [false, false, true]);
        let ends = |reading| text(exact(model), "arn:aws:bedrock:*", reading).is_some();
        assert_eq!(Reading::ALL.map(ends), [true, true, true]);
    }

    #[test]
    fn arns_of_a_type_are_all_there_can_be() {
        let template =
            reference::resource_type("sagemaker", "hub-content").unwrap().templates().next().unwrap();
        let of_aws = text(of_template(template), "arn:aws:sagemaker:*:aws:hub-content/*", Reading::Segments);
        assert!(of_aws.is_some());
        assert_eq!(text(of_template(template), "arn:aws:s3:::*", Reading::Free), None);
    }
}

//! Whether a resource pattern can match any ARN of a resource type.
//!
//! Both sides hold gaps: wildcards and variables of the pattern, placeholders of the ARN template. Wherever it is
//! unsettled what a gap may hold the answer is yes, so a no is certain as far as the reference is right: a `*`
//! runs across colons, and letter case counts only where a placeholder is known to hold other letters.

use reference::{IdShape, Piece as TemplatePiece, Template};

use crate::variable::{self, Piece};

/// One character or gap.
#[derive(Clone, Copy, Debug)]
enum Token {
    Character(char),
    /// Any one character.
    One,
    /// Any run of the characters that it admits.
    Run(Run),
}

#[derive(Clone, Copy, Debug)]
enum Run {
    Anything,
    /// No character of this text.
    Without(&'static str),
    /// Characters of ids of this shape.
    Ids(&'static IdShape),
}

impl Run {
    fn admits(self, character: char) -> bool {
        match self {
            Self::Anything => true,
            Self::Without(excluded) => !excluded.contains(character),
            Self::Ids(shape) => shape.characters.contains(character),
        }
    }
}

/// Whether some ARN of the template may match the pattern.
pub(super) fn fits(pattern: &str, with_variables: bool, template: Template) -> bool {
    // A variable has a colon of its own.
    if !pattern.contains('$')
        && let (Some(wanted), Some(service)) = (pattern.split(':').nth(2), template.text.split(':').nth(2))
        && !wanted.contains(['*', '?'])
        && !service.contains('$')
        && !wanted.eq_ignore_ascii_case(service)
    {
        // The service is spelled out on both sides, which is quicker to compare than the whole.
        return pattern.split(':').take(2).any(|part| part.contains('*'));
    }
    meet(&of_pattern(pattern, with_variables), &of_template(template))
}

fn of_pattern(pattern: &str, with_variables: bool) -> Vec<Token> {
    let template = variable::Template::parse(pattern, with_variables);
    let mut tokens = Vec::new();
    for piece in template.pieces() {
        match piece {
            Piece::Text(text) => tokens.extend(text.chars().map(|character| match character {
                '*' => Token::Run(Run::Anything),
                '?' => Token::One,
                other => Token::Character(other),
            })),
            Piece::Literal(character) => tokens.push(Token::Character(*character)),
            Piece::Variable { .. } => tokens.push(Token::Run(Run::Anything)),
        }
    }
    tokens
}

fn of_template(template: Template) -> Vec<Token> {
    let mut tokens = Vec::new();
    for piece in template.pieces() {
        match piece {
            TemplatePiece::Literal(text) => tokens.extend(text.chars().map(|character| match character {
                '*' => Token::Run(Run::Anything),
                other => Token::Character(other),
            })),
            TemplatePiece::Placeholder { name: "Partition" | "Region" | "Account", .. } => {
                tokens.push(Token::Run(Run::Without(":")));
            }
            // Amazon S3 User Guide, "General purpose bucket naming rules".
            TemplatePiece::Placeholder { name: "BucketName", .. } => {
                tokens.push(Token::Run(Run::Without("/")));
            }
            TemplatePiece::Placeholder { ids, .. } if ids.specific && ids.literals.is_empty() => {
                tokens.push(Token::Run(Run::Ids(ids)));
            }
            TemplatePiece::Placeholder { .. } => tokens.push(Token::Run(Run::Anything)),
        }
    }
    tokens
}

/// Whether some text matches both.
fn meet(a: &[Token], b: &[Token]) -> bool {
    let width = b.len() + 1;
    let mut live = vec![false; (a.len() + 1) * width];
    live[0] = true;
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            if !live[i * width + j] {
                continue;
            }
            let (left, right) = (a.get(i), b.get(j));
            if matches!(left, Some(Token::Run(_))) {
                live[(i + 1) * width + j] = true;
            }
            if matches!(right, Some(Token::Run(_))) {
                live[i * width + j + 1] = true;
            }
            let (Some(left), Some(right)) = (left, right) else { continue };
            match (left, right) {
                (Token::Character(x), Token::Character(y)) => {
                    live[(i + 1) * width + j + 1] |= x.eq_ignore_ascii_case(y);
                }
                (Token::Character(_) | Token::One, Token::One) | (Token::One, Token::Character(_)) => {
                    live[(i + 1) * width + j + 1] = true;
                }
                (Token::Character(character), Token::Run(run)) => {
                    live[(i + 1) * width + j] |= run.admits(*character);
                }
                (Token::Run(run), Token::Character(character)) => {
                    live[i * width + j + 1] |= run.admits(*character);
                }
                // Both runs take the same characters and stay where they are; a gap of one is always filled.
                (Token::One, Token::Run(_)) => live[(i + 1) * width + j] = true,
                (Token::Run(_), Token::One) => live[i * width + j + 1] = true,
                (Token::Run(_), Token::Run(_)) => {}
            }
        }
    }
    live[a.len() * width + b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, service: &str, resource_type: &str, expected: bool) {
        let known = reference::resource_type(service, resource_type).unwrap();
        let found = known.templates().any(|template| fits(pattern, true, template));
        assert_eq!(found, expected, "{pattern} on {service} {resource_type}");
    }

    #[test]
    fn gaps_on_both_sides_are_filled_alike() {
        check("arn:aws:bedrock:us-east-1::foundation-model/anthropic.*", "bedrock", "foundation-model", true);
        check("arn:aws:bedrock:*::foundation-model/*:0", "bedrock", "foundation-model", true);
        check("arn:aws:bedrock:::foundation-model/x.y", "bedrock", "foundation-model", true);
        check("arn:aws:bedrock:*", "bedrock", "foundation-model", true);
        check("arn:aws:bedrock:*:*:*-model/*", "bedrock", "foundation-model", true);
        check("*", "bedrock", "foundation-model", true);
        check("arn:${aws:x}:bedrock:*::foundation-model/a", "bedrock", "foundation-model", true);
    }

    #[test]
    fn a_fixed_text_that_differs_settles_it() {
        check(
            "arn:aws:bedrock:us-east-1:111122223333:foundation-model/x",
            "bedrock",
            "foundation-model",
            false,
        );
        check("arn:aws:bedrock:*::foundation-model/*", "bedrock", "inference-profile", false);
        check("arn:aws:bedrock:*:????????????:*", "bedrock", "inference-profile", true);
        check("arn:aws:bedrock:*::foundation-model/Anthropic*", "bedrock", "foundation-model", false);
        check("arn:aws:s3:::b", "bedrock", "foundation-model", false);
        check("arn:aws:*:*:*:*", "bedrock", "inference-profile", true);
    }

    /// An id may hold twelve characters between two colons, as far as its letters go.
    #[test]
    fn a_star_runs_across_colons() {
        check("arn:aws:bedrock:*:????????????:*", "bedrock", "foundation-model", true);
    }

    #[test]
    fn a_bucket_name_holds_no_slash() {
        check("arn:aws:s3:::b/*", "s3", "bucket", false);
        check("arn:aws:s3:::b*", "s3", "bucket", true);
        check("arn:aws:s3:::b", "s3", "object", false);
        check("arn:aws:s3:::b/*", "s3", "object", true);
    }
}

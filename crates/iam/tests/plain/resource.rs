//! Whether a statement's Resource or NotResource covers the requested resource.
//!
//! It does not know which resources exist, nor which actions take one. Follows IAM User Guide, "IAM JSON policy
//! elements: Resource", "IAM JSON policy elements: NotResource" and "IAM policy elements: Variables and tags".

use serde_json::Value;

use super::Layer;
use super::context::{Context, scalars};
use super::glob::{self, Piece};
use super::readings::Choices;
use super::truth::Truth;
use super::variable::{self, Part};

/// "IAM JSON policy elements: Resource": a statement has either Resource or NotResource. In a resource-based policy
/// both may be missing, and the statement is about the resource the policy is attached to.
pub fn covered(
    statement: &Value,
    layer: Layer,
    resource: &str,
    variables: bool,
    context: &Context,
    choices: &Choices,
) -> Truth {
    let matches_some = |values: &Value| {
        scalars(values).map(|patterns| {
            patterns.iter().any(|pattern| matches(pattern, resource, variables, context, choices))
        })
    };
    match (statement.get("Resource"), statement.get("NotResource")) {
        (Some(values), None) => match matches_some(values) {
            Some(found) => Truth::of(found),
            None => Truth::Unsupported(format!("the Resource {values}")),
        },
        (None, Some(values)) => match matches_some(values) {
            Some(found) => Truth::of(!found),
            None => Truth::Unsupported(format!("the NotResource {values}")),
        },
        (Some(_), Some(_)) => {
            Truth::Unsupported("a statement with both Resource and NotResource".to_string())
        }
        (None, None) => match layer {
            Layer::Resource | Layer::Trust => Truth::True,
            Layer::Identity
            | Layer::Boundary
            | Layer::Session
            | Layer::Scp
            | Layer::Rcp
            | Layer::VpcEndpoint => Truth::False,
        },
    }
}

/// How the parts of an ARN before the last are compared: the readings of two assumptions.
#[derive(Clone, Copy)]
struct Reading {
    star: Star,
    fold_prefix: bool,
}

/// How far a wildcard runs: the readings of `star-across-colons`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Star {
    /// To the end of its part of the ARN; the sixth part has no inner borders, and missing parts are `*`.
    Segments,
    /// A `*` that ends a colon-separated segment runs on, other wildcards stop at a colon.
    Documented,
    /// As far as it likes.
    Free,
}

/// Whether one value of Resource or NotResource matches, under the readings that count.
pub fn matches(pattern: &str, resource: &str, variables: bool, context: &Context, choices: &Choices) -> bool {
    let literal = pieces(pattern, false, variables, context);
    let substituted = pieces(pattern, true, variables, context);
    let matches = |pieces: &Option<Vec<Piece>>| {
        // An unset variable: the pattern matches nothing ("Variables and tags").
        pieces.as_ref().is_some_and(|pieces| pieces_match(pieces, resource, choices))
    };
    if literal == substituted {
        return matches(&literal);
    }
    choices.choose("variable-before-fifth-colon", matches(&literal), matches(&substituted))
}

fn pieces_match(pieces: &[Piece], resource: &str, choices: &Choices) -> bool {
    let under = |fold_prefix: bool| {
        let stars = [Star::Segments, Star::Documented, Star::Free];
        let each = |star: Star| pieces_match_under(Reading { star, fold_prefix }, pieces, resource);
        choices.choose_among("star-across-colons", stars.into_iter().map(each).collect())
    };
    choices.choose("arn-prefix-case", under(false), under(true))
}

fn pieces_match_under(reading: Reading, pieces: &[Piece], resource: &str) -> bool {
    if *pieces == [Piece::AnyRun] {
        return true;
    }
    // An action without resource types is authorised on `*`, which only a Resource of `*` covers (Service
    // Authorization Reference, "How to read the actions, resources and condition keys tables").
    if resource == "*" {
        return !pieces.is_empty() && pieces.iter().all(|piece| *piece == Piece::AnyRun);
    }
    let pattern_parts: Vec<Vec<Piece>> = six_parts(pieces)
        .into_iter()
        .enumerate()
        .map(|(index, part)| as_part(reading, index, part))
        .collect();
    let resource_parts: Vec<&str> = resource.splitn(6, ':').collect();
    if resource_parts.len() < 6 {
        return glob::matches(&pattern_parts.join(&Piece::Char(':')), resource);
    }
    if reading.star != Star::Segments {
        // "IAM JSON policy elements: Resource", section "Using wildcard characters in resource ARNs": a `*` that is
        // the last character of a segment can match beyond the colon, so there is one pattern over the whole text.
        return glob::matches(&pattern_parts.join(&Piece::Char(':')), resource);
    }
    let mut pattern_parts = pattern_parts;
    pattern_parts.resize(6, vec![Piece::AnyRun]);
    pattern_parts.iter().zip(resource_parts).all(|(part, text)| glob::matches(part, text))
}

/// The pattern's pieces, or nothing when a variable is unset. "Variables and tags": variables can be used in the
/// Resource element after the fifth colon; before it they are text, or are replaced all the same.
fn pieces(
    pattern: &str,
    substitute_in_prefix: bool,
    variables: bool,
    context: &Context,
) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut colons = 0;
    for part in variable::parts(pattern, variables) {
        match part {
            Part::Written(text) => {
                colons += text.matches(':').count();
                pieces.extend(glob::pieces(&text));
            }
            Part::Literal(character) => pieces.push(Piece::Char(character)),
            Part::Variable { written, .. } if colons < 5 && !substitute_in_prefix => {
                pieces.extend(written.chars().map(Piece::Char));
            }
            Part::Variable { key, default, .. } => {
                let value = variable::value(&key, default.as_deref(), context)?;
                pieces.extend(value.chars().map(Piece::Char));
            }
        }
    }
    Some(pieces)
}

/// The parts between the first five colons; the sixth takes the rest.
pub fn six_parts(pieces: &[Piece]) -> Vec<Vec<Piece>> {
    let mut parts = vec![vec![]];
    for piece in pieces {
        if *piece == Piece::Char(':') && parts.len() < 6 {
            parts.push(vec![]);
        } else if let Some(last) = parts.last_mut() {
            last.push(piece.clone());
        }
    }
    parts
}

/// The pieces of part number `index` (from 0: arn, partition, service, region, account, resource) under the reading.
fn as_part(reading: Reading, index: usize, part: Vec<Piece>) -> Vec<Piece> {
    let ends_segment = |position: usize| matches!(part.get(position + 1), None | Some(Piece::Char(':')));
    let within = |position: usize| match reading.star {
        Star::Segments => index < 5,
        Star::Documented => !ends_segment(position),
        Star::Free => false,
    };
    let mut pieces = Vec::new();
    for (position, piece) in part.iter().enumerate() {
        pieces.push(match piece {
            Piece::AnyRun | Piece::AnyRunButColon if within(position) => Piece::AnyRunButColon,
            Piece::AnyRun | Piece::AnyRunButColon => Piece::AnyRun,
            Piece::AnyOne | Piece::AnyOneButColon => match reading.star {
                Star::Segments if index < 5 => Piece::AnyOneButColon,
                Star::Documented => Piece::AnyOneButColon,
                Star::Segments | Star::Free => Piece::AnyOne,
            },
            // The word `arn` itself is neither partition, service, region nor account.
            Piece::Char(character) if reading.fold_prefix && (1..5).contains(&index) => {
                Piece::CharAnyCase(*character)
            }
            Piece::Char(character) => Piece::Char(*character),
            Piece::CharAnyCase(character) => Piece::CharAnyCase(*character),
        });
    }
    pieces
}

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
    star_may_cross_colons: bool,
    fold_prefix: bool,
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
    let under = |star_may_cross_colons: bool, fold_prefix: bool| {
        pieces_match_under(Reading { star_may_cross_colons, fold_prefix }, pieces, resource)
    };
    let exact = choices.choose("star-across-colons", under(false, false), under(true, false));
    let folded = choices.choose("star-across-colons", under(false, true), under(true, true));
    choices.choose("arn-prefix-case", exact, folded)
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
    let mut pattern_parts = six_parts(pieces);
    while pattern_parts.len() < 6 {
        pattern_parts.push(vec![Piece::AnyRun]);
    }
    let pattern_parts: Vec<Vec<Piece>> =
        pattern_parts.into_iter().enumerate().map(|(index, part)| as_part(reading, index, part)).collect();
    if reading.star_may_cross_colons {
        // "IAM JSON policy elements: Resource", section "Using wildcard characters in resource ARNs": a `*` that is
        // the last character of a segment can match beyond the colon, so there is one pattern over the whole text.
        let whole = pattern_parts.join(&Piece::Char(':'));
        return glob::matches(&whole, resource);
    }
    let resource_parts: Vec<&str> = resource.splitn(6, ':').collect();
    resource_parts.len() == 6
        && pattern_parts.iter().zip(resource_parts).all(|(part, text)| glob::matches(part, text))
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
    if index == 5 {
        return part;
    }
    let last = part.len().saturating_sub(1);
    let mut pieces = Vec::new();
    for (position, piece) in part.into_iter().enumerate() {
        pieces.push(match piece {
            Piece::AnyRun if reading.star_may_cross_colons && position == last => Piece::AnyRun,
            Piece::AnyRun | Piece::AnyRunButColon => Piece::AnyRunButColon,
            Piece::AnyOne | Piece::AnyOneButColon => Piece::AnyOneButColon,
            // The word `arn` itself is neither partition, service, region nor account.
            Piece::Char(character) if reading.fold_prefix && index > 0 => Piece::CharAnyCase(character),
            Piece::Char(character) => Piece::Char(character),
            Piece::CharAnyCase(character) => Piece::CharAnyCase(character),
        });
    }
    pieces
}

//! The resource of a request, and the patterns of `Resource` and `NotResource`.
//!
//! Follows IAM User Guide, "IAM JSON policy elements: Resource": wildcards inside the colon-separated
//! segments, a `*` that ends a segment may run across colons, comparison with regard to case. How far a `*`
//! runs is unsettled in practice, so a pattern for which it matters is matched under each reading of
//! `star-across-colons`; so is letter case in the parts before the fifth colon (`arn-prefix-case`).
//!
//! An unset variable makes its pattern match nothing, in `NotResource` too (aws-facts §4.3). Whether a
//! resource type fits an action is not asked here.

mod set;

use smallvec::SmallVec;

pub use set::ResourceSet;

use crate::arn;
use crate::assumption::Assumption;
use crate::glob::{Glob, GlobBuilder};
use crate::request::Request;
use crate::truth::{Ledger, Truth};
use crate::variable::{Piece, Resolved, Template, Unset};

/// The resource that a request names: an ARN, or `*` where an action has no resource types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    text: String,
    /// The set it stands for, when it is open which resource is meant.
    set: Option<Box<ResourceSet>>,
    /// Where the first five colons stand, when there are as many.
    colons: Option<[u32; 5]>,
    /// There are more colons behind the fifth.
    has_more_colons: bool,
    prefix_has_upper: bool,
}

impl Resource {
    /// Takes the text as it stands.
    pub fn new(text: &str) -> Self {
        let prefix_has_upper =
            arn::split(text).is_some_and(|parts| parts[1..5].iter().any(|part| has_upper(part)));
        let mut found = text.bytes().enumerate().filter(|(_, byte)| *byte == b':').map(|(at, _)| at as u32);
        let five = [(); 5].map(|()| found.next());
        let colons = five.iter().all(Option::is_some).then(|| five.map(Option::unwrap_or_default));
        let has_more_colons = found.next().is_some();
        Self { text: text.to_owned(), set: None, colons, has_more_colons, prefix_has_upper }
    }

    /// Any resource of a set: which one is open.
    pub fn any_of(set: ResourceSet) -> Self {
        let pattern = set.pattern();
        Self { set: Some(Box::new(set)), ..Self::new(&pattern) }
    }

    /// One of the six parts of the ARN.
    fn part(&self, colons: &[u32; 5], number: usize) -> &str {
        let start = if number == 0 { 0 } else { colons[number - 1] as usize + 1 };
        let end = colons.get(number).map_or(self.text.len(), |&end| end as usize);
        &self.text[start..end]
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the request is for no resource in particular.
    pub fn is_none(&self) -> bool {
        self.text == "*" && self.set.is_none()
    }
}

/// `Resource` or `NotResource` with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceElement {
    patterns: Vec<ResourcePattern>,
    negated: bool,
    /// One of the values is stars alone.
    has_everything: bool,
}

impl ResourceElement {
    /// `Resource`, or with `negated` `NotResource`.
    pub fn new(patterns: Vec<ResourcePattern>, negated: bool) -> Self {
        let has_everything = patterns.iter().any(|pattern| pattern.form == Form::Everything);
        Self { patterns, negated, has_everything }
    }

    /// The same element with one more value.
    #[must_use]
    pub fn with(&self, pattern: ResourcePattern) -> Self {
        let patterns = self.patterns.iter().cloned().chain([pattern]).collect();
        Self::new(patterns, self.negated)
    }

    /// Whether it concerns every resource: the common `*`.
    #[inline]
    pub fn covers_everything(&self) -> bool {
        self.has_everything && !self.negated
    }

    /// Whether a statement with this element concerns the request's resource.
    pub fn matches(&self, request: &Request, ledger: &mut Ledger) -> Truth {
        if self.has_everything {
            return (!self.negated).into();
        }
        let mut any = Truth::False;
        for pattern in &self.patterns {
            any = any.or(pattern.matches(request, ledger));
            if any.is_true() {
                break;
            }
        }
        if self.negated { any.not() } else { any }
    }

    /// Whether this is `NotResource`.
    pub fn is_negated(&self) -> bool {
        self.negated
    }

    /// Its values.
    pub fn patterns(&self) -> &[ResourcePattern] {
        &self.patterns
    }
}

/// One value of `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourcePattern {
    text: String,
    template: Template,
    prefix_has_upper: bool,
    form: Form,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// Stars alone.
    Everything,
    /// All readings are one.
    Plain(Glob),
    /// Readings may differ.
    Bracketed(Box<Bracket>),
    /// Variables: the pattern exists only for a request.
    Variables {
        /// One of them stands before the fifth colon.
        in_prefix: bool,
        /// All readings are one, whatever the values.
        readings_agree: bool,
        /// What every value leaves: the text around the variables, each of which may be anything.
        around: Glob,
    },
}

impl ResourcePattern {
    /// The pattern that `text` spells; `${…}` are variables in policies of version 2012-10-17.
    pub fn new(text: &str, with_variables: bool) -> Self {
        let template = Template::parse(text, with_variables);
        let form = if !text.is_empty() && text.bytes().all(|byte| byte == b'*') {
            Form::Everything
        } else if template.has_variables() {
            Form::Variables {
                in_prefix: variable_before_fifth_colon(&template),
                readings_agree: readings_agree(&with_any_values(&template)),
                around: around(&template),
            }
        } else {
            let tokens = tokens(&without_variables(&template));
            if readings_agree(&tokens) {
                Form::Plain(Bracket::free(&tokens))
            } else {
                Form::Bracketed(Box::new(Bracket::new(&tokens)))
            }
        };
        let prefix_has_upper = has_upper(&text.splitn(6, ':').skip(1).take(4).collect::<String>());
        Self { text: text.to_owned(), template, prefix_has_upper, form }
    }

    /// As the policy spells it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a letter before its fifth colon is large; whether case counts there is unsettled.
    pub fn prefix_has_upper(&self) -> bool {
        self.prefix_has_upper
    }

    /// Its text, taken apart.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// Whether it covers the request's resource.
    pub fn matches(&self, request: &Request, ledger: &mut Ledger) -> Truth {
        let resource = request.resource();
        if let Some(set) = &resource.set {
            return match self.covers(set) {
                Truth::Open => ledger.needs_resource(),
                settled => settled,
            };
        }
        let case_matters = self.prefix_has_upper || resource.prefix_has_upper;
        match &self.form {
            Form::Everything => Truth::True,
            _ if resource.is_none() => Truth::False,
            Form::Plain(glob) if !case_matters => glob.matches(&resource.text).into(),
            Form::Bracketed(bracket) if !case_matters => bracket.matches(resource, ledger),
            Form::Plain(_) | Form::Bracketed(_) => {
                either_case(&tokens(&without_variables(&self.template)), &resource.text, ledger)
            }
            Form::Variables { around, .. } if !case_matters && !around.matches(&resource.text) => {
                Truth::False
            }
            Form::Variables { in_prefix, readings_agree, .. } => {
                let is_plain = *readings_agree && !in_prefix && !case_matters;
                let substituted = self.substituted(is_plain, request, ledger);
                if *in_prefix {
                    ledger.choose(Assumption::VariableBeforeFifthColon, &[Truth::False, substituted])
                } else {
                    substituted
                }
            }
        }
    }

    /// Whether it covers all resources of a set, none, or that depends: on the resource, or on a reading.
    fn covers(&self, set: &ResourceSet) -> Truth {
        match &self.form {
            Form::Everything => Truth::True,
            Form::Plain(_) | Form::Bracketed(_) => set.within(&tokens(&without_variables(&self.template))),
            Form::Variables { .. } => set.within(&around_tokens(&self.template)).and(Truth::Open),
        }
    }

    fn substituted(&self, is_plain: bool, request: &Request, ledger: &mut Ledger) -> Truth {
        let resource = request.resource().as_str();
        match self.template.resolve(|key| request.values(key)) {
            Ok(pieces) if is_plain => {
                let mut builder = GlobBuilder::default();
                builder.pieces(&pieces);
                builder.build().matches(resource).into()
            }
            Ok(pieces) => either_case(&tokens(&pieces), resource, ledger),
            Err(Unset::Absent) => Truth::False,
            Err(Unset::Unknown(key)) => ledger.needs(&key),
        }
    }
}

/// The pattern with each variable taken for `*`, as wide as under any reading: wildcards run across colons, and
/// where parts of the ARN are missing anything may follow.
fn around(template: &Template) -> Glob {
    let mut builder = GlobBuilder::default();
    let mut colons = 0;
    for piece in template.pieces() {
        match piece {
            Piece::Text(text) => {
                colons += text.matches(':').count();
                builder.pattern(text);
            }
            Piece::Literal(character) => builder.literal(character.encode_utf8(&mut [0; 4])),
            Piece::Variable { .. } => builder.pattern("*"),
        }
    }
    if colons < 5 {
        builder.pattern("*");
    }
    builder.build()
}

/// One pattern under each reading of `star-across-colons`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bracket {
    /// What `segments` matches, `documented` matches too.
    documented_is_wider: bool,
    /// The pattern spells all five colons of an ARN.
    has_six_parts: bool,
    /// Six parts, each matched for itself; the sixth takes the rest with its colons.
    segments: Vec<Glob>,
    /// A `*` that ends a colon-separated segment runs across colons, other wildcards do not.
    documented: Glob,
    /// Every wildcard runs across colons.
    free: Glob,
}

impl Bracket {
    fn new(tokens: &[Token]) -> Self {
        Self {
            has_six_parts: fifth_colon(tokens).is_some(),
            documented_is_wider: fifth_colon(tokens)
                .is_some_and(|fifth| stars_end_segments(&tokens[fifth..])),
            segments: Self::segments(tokens),
            documented: Self::documented(tokens),
            free: Self::free(tokens),
        }
    }

    fn matches(&self, resource: &Resource, ledger: &mut Ledger) -> Truth {
        let Some(colons) = &resource.colons else { return self.free.matches(&resource.text).into() };
        let in_segments =
            (0..6).rev().all(|number| self.segments[number].matches(resource.part(colons, number)));
        if in_segments && self.documented_is_wider {
            return Truth::True;
        }
        if !in_segments && self.has_six_parts && !self.may_begin_later(resource, colons) {
            return Truth::False;
        }
        let free = self.free.matches(&resource.text);
        if !in_segments && !free {
            return Truth::False;
        }
        let documented = self.documented.matches(&resource.text);
        ledger.choose(Assumption::StarAcrossColons, &[in_segments.into(), documented.into(), free.into()])
    }

    /// Whether the sixth part of the pattern fits behind some later colon of the text. A wildcard that runs
    /// across a colon puts the pattern's fifth colon there, so without such a place all readings agree.
    fn may_begin_later(&self, resource: &Resource, colons: &[u32; 5]) -> bool {
        if !resource.has_more_colons {
            return false;
        }
        let sixth = resource.part(colons, 5);
        memchr::memchr_iter(b':', sixth.as_bytes()).any(|colon| self.segments[5].matches(&sixth[colon + 1..]))
    }

    fn segments(tokens: &[Token]) -> Vec<Glob> {
        let mut parts: Vec<Vec<Token>> = vec![Vec::new()];
        for &token in tokens {
            if token == Token::Text(':') && parts.len() < 6 {
                parts.push(Vec::new());
            } else if let Some(part) = parts.last_mut() {
                part.push(token);
            }
        }
        parts.resize(6, vec![Token::Star]);
        parts.iter().map(|part| Self::free(part)).collect()
    }

    fn documented(tokens: &[Token]) -> Glob {
        let mut builder = GlobBuilder::default();
        for (at, token) in tokens.iter().enumerate() {
            let ends_segment = matches!(tokens.get(at + 1), None | Some(Token::Text(':')));
            match token {
                Token::Star if ends_segment => builder.pattern("*"),
                Token::Star => builder.pattern_within_segment("*"),
                Token::One => builder.pattern_within_segment("?"),
                Token::Text(character) | Token::Value(character) => {
                    builder.literal(character.encode_utf8(&mut [0; 4]));
                }
            }
        }
        builder.build()
    }

    fn free(tokens: &[Token]) -> Glob {
        let mut builder = GlobBuilder::default();
        for token in tokens {
            match token {
                Token::Star => builder.pattern("*"),
                Token::One => builder.pattern("?"),
                Token::Text(character) | Token::Value(character) => {
                    builder.literal(character.encode_utf8(&mut [0; 4]));
                }
            }
        }
        builder.build()
    }
}

/// One character of a pattern. Only the policy's own colons part it into segments, not those of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Star,
    One,
    Text(char),
    Value(char),
}

fn tokens(pieces: &[Resolved<'_>]) -> Vec<Token> {
    let of_piece = |piece: &Resolved<'_>| -> Vec<Token> {
        match piece {
            Resolved::Pattern(text) => text
                .chars()
                .map(|character| match character {
                    '*' => Token::Star,
                    '?' => Token::One,
                    other => Token::Text(other),
                })
                .collect(),
            Resolved::Plain(text) => text.chars().map(Token::Value).collect(),
        }
    };
    pieces.iter().flat_map(of_piece).collect()
}

fn without_variables(template: &Template) -> SmallVec<[Resolved<'_>; 4]> {
    template.resolve(|_| crate::context::Values::Absent).unwrap_or_default()
}

/// The tokens with some character for each value: those of a value are neither wildcards nor part the pattern.
fn with_any_values(template: &Template) -> Vec<Token> {
    let of_piece = |piece: &Piece| match piece {
        Piece::Text(text) => tokens(&[Resolved::Pattern(text)]),
        Piece::Literal(character) => vec![Token::Value(*character)],
        Piece::Variable { .. } => vec![Token::Value('a')],
    };
    template.pieces().iter().flat_map(of_piece).collect()
}

/// The tokens with each variable taken for `*`.
fn around_tokens(template: &Template) -> Vec<Token> {
    let of_piece = |piece: &Piece| match piece {
        Piece::Text(text) => tokens(&[Resolved::Pattern(text)]),
        Piece::Literal(character) => vec![Token::Value(*character)],
        Piece::Variable { .. } => vec![Token::Star],
    };
    template.pieces().iter().flat_map(of_piece).collect()
}

/// Whether no text can tell the readings of `*` apart: no wildcard before the fifth colon and, behind it,
/// only stars that end a segment.
fn readings_agree(tokens: &[Token]) -> bool {
    let Some(fifth) = fifth_colon(tokens) else { return false };
    let (prefix, rest) = tokens.split_at(fifth);
    !prefix.iter().any(|token| matches!(token, Token::Star | Token::One)) && stars_end_segments(rest)
}

fn fifth_colon(tokens: &[Token]) -> Option<usize> {
    let colons = tokens.iter().enumerate().filter(|(_, token)| **token == Token::Text(':'));
    colons.map(|(at, _)| at).nth(4)
}

/// Whether the only wildcards are stars before a colon or the end.
fn stars_end_segments(tokens: &[Token]) -> bool {
    tokens.iter().enumerate().all(|(at, token)| match token {
        Token::Star => matches!(tokens.get(at + 1), None | Some(Token::Text(':'))),
        Token::One => false,
        Token::Text(_) | Token::Value(_) => true,
    })
}

/// The match under the readings of `arn-prefix-case`, and within each under those of `star-across-colons`.
fn either_case(tokens: &[Token], resource: &str, ledger: &mut Ledger) -> Truth {
    let folded: Vec<_> = fold_prefix(tokens);
    let folded_resource = match arn::split(resource) {
        Some(parts) => {
            let (scheme, rest) = (parts[0], parts[5]);
            let between = &resource[scheme.len()..resource.len() - rest.len()];
            format!("{scheme}{}{rest}", between.to_ascii_lowercase())
        }
        None => resource.to_owned(),
    };
    if folded == tokens && folded_resource == resource {
        if readings_agree(tokens) {
            return Bracket::free(tokens).matches(resource).into();
        }
        return Bracket::new(tokens).matches(&Resource::new(resource), ledger);
    }
    let exact = Bracket::new(tokens).matches(&Resource::new(resource), ledger);
    let folded = Bracket::new(&folded).matches(&Resource::new(&folded_resource), ledger);
    ledger.choose(Assumption::ArnPrefixCase, &[exact, folded])
}

fn fold_prefix(tokens: &[Token]) -> Vec<Token> {
    let mut colons = 0;
    tokens
        .iter()
        .map(|&token| {
            colons += usize::from(token == Token::Text(':'));
            match token {
                Token::Text(character) if (1..5).contains(&colons) => {
                    Token::Text(character.to_ascii_lowercase())
                }
                Token::Value(character) if (1..5).contains(&colons) => {
                    Token::Value(character.to_ascii_lowercase())
                }
                Token::Star | Token::One | Token::Text(_) | Token::Value(_) => token,
            }
        })
        .collect()
}

fn variable_before_fifth_colon(template: &Template) -> bool {
    let mut colons = 0;
    template.pieces().iter().any(|piece| {
        match piece {
            Piece::Text(text) => colons += text.matches(':').count(),
            Piece::Literal(_) => {}
            Piece::Variable { .. } => return colons < 5,
        }
        false
    })
}

fn has_upper(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests;

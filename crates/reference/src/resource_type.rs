//! Resource types, their ARN templates, and which texts may stand in a template.
//!
//! Does not match ARNs. Types and templates follow the Service Authorization Reference. What an id may look like is
//! kept by hand for the types that concern models, mostly from the patterns of the Amazon Bedrock API; for every
//! other placeholder a stated default admits anything, so that nothing possible is ruled out.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::hand_kept::parse;
use crate::names::Names;
use crate::table::{Table, columns};

static RESOURCE_TYPES: Table = Table::new(include_str!("../data/resource_types.tsv"));

/// One resource type of one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// Service prefix of the actions that take it; the ARN may name another service.
    pub service: &'static str,
    /// Name, e.g. `foundation-model`.
    pub name: &'static str,
    /// Condition keys listed for the type itself.
    pub condition_keys: Names,
    templates: Names,
}

impl ResourceType {
    /// Its ARN templates, one or two.
    pub fn templates(self) -> impl Iterator<Item = Template> + Clone {
        self.templates.iter().map(move |text| Template { text, service: self.service, resource: self.name })
    }
}

/// One ARN template, such as `arn:${Partition}:bedrock:${Region}::foundation-model/${ResourceId}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// The template as printed.
    pub text: &'static str,
    service: &'static str,
    resource: &'static str,
}

/// A part of a template.
#[derive(Clone, Copy, Debug)]
pub enum Piece {
    /// Stands as it is.
    Literal(&'static str),
    /// Is filled with an id.
    Placeholder {
        /// Name of the placeholder, e.g. `ResourceId`.
        name: &'static str,
        /// Which texts may stand there.
        ids: &'static IdShape,
    },
}

impl Template {
    /// The template from left to right.
    pub fn pieces(self) -> impl Iterator<Item = Piece> {
        let mut rest = self.text;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            if let Some(inner) = rest.strip_prefix("${")
                && let Some(close) = inner.find('}')
            {
                let name = &inner[..close];
                rest = &inner[close + 1..];
                let ids = id_shape(self.service, self.resource, name);
                return Some(Piece::Placeholder { name, ids });
            }
            let end = rest[1..].find("${").map_or(rest.len(), |at| at + 1);
            let (literal, tail) = rest.split_at(end);
            rest = tail;
            Some(Piece::Literal(literal))
        })
    }
}

/// Which texts may stand in a placeholder: one of `literals`, or `length_min..=length_max` characters of `characters`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdShape {
    /// The characters an id is made of.
    pub characters: Characters,
    /// Fewest characters.
    pub length_min: usize,
    /// Most characters, where a limit is known.
    pub length_max: Option<usize>,
    /// Globs that no id matches; `*` is all that is wild in them.
    pub never: Vec<String>,
    /// Other texts that may stand there.
    pub literals: Vec<String>,
    /// An id as AWS writes it, for examples and counterexamples.
    pub example: String,
    /// Whether this is what the placeholder holds, or the default that admits anything.
    pub specific: bool,
    /// Where it comes from.
    pub source: String,
}

impl IdShape {
    /// Whether `text` may stand in the placeholder.
    pub fn admits(&self, text: &str) -> bool {
        if self.literals.iter().any(|literal| literal == text) {
            return true;
        }
        let length = text.chars().count();
        length >= self.length_min
            && self.length_max.is_none_or(|most| length <= most)
            && text.chars().all(|each| self.characters.contains(each))
            && !self.never.iter().any(|glob| matches(glob, text))
    }
}

/// Whether a glob, in which only `*` is wild, matches a text.
fn matches(glob: &str, text: &str) -> bool {
    match glob.split_once('*') {
        None => glob == text,
        Some((front, rest)) => text.strip_prefix(front).is_some_and(|left| {
            left.char_indices().any(|(at, _)| matches(rest, &left[at..])) || matches(rest, "")
        }),
    }
}

/// A set of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Characters {
    /// Bit `n` says whether ASCII character `n` belongs.
    pub ascii: u128,
    /// Whether every character beyond ASCII belongs.
    pub beyond_ascii: bool,
}

impl Characters {
    /// Whether the character belongs.
    pub fn contains(self, each: char) -> bool {
        if each.is_ascii() { self.ascii >> (each as u32) & 1 == 1 } else { self.beyond_ascii }
    }

    /// Reads `any`, or single characters and ranges such as `a-z0-9.:-`; a hyphen at either end is itself.
    fn parse(text: &str) -> Self {
        if text == "any" {
            return Self { ascii: !0 >> 33 << 32, beyond_ascii: true };
        }
        let bytes = text.as_bytes();
        let mut ascii = 0_u128;
        let mut at = 0;
        while at < bytes.len() {
            let range = bytes.get(at + 1) == Some(&b'-') && at + 2 < bytes.len();
            let last = if range { bytes[at + 2] } else { bytes[at] };
            for each in bytes[at]..=last {
                ascii |= 1 << (each & 127);
            }
            at += if range { 3 } else { 1 };
        }
        Self { ascii, beyond_ascii: false }
    }
}

/// The resource type of this service, letters compared without case.
pub fn resource_type(service: &str, name: &str) -> Option<ResourceType> {
    RESOURCE_TYPES.find(&[service, name]).map(read)
}

/// All resource types of one service, by name; none for an unknown prefix.
pub fn resource_types(service: &str) -> impl Iterator<Item = ResourceType> + Clone {
    crate::service::service(service)
        .into_iter()
        .flat_map(|known| RESOURCE_TYPES.lines_under(known.prefix).iter().copied().map(read))
}

fn read(line: &'static str) -> ResourceType {
    let [service, name, templates, keys] = columns(line);
    ResourceType { service, name, condition_keys: Names::new(keys), templates: Names::new(templates) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdTable {
    id: Vec<IdRow>,
}

/// One row: `*` as service or resource stands for all of them, an empty placeholder for every one not named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdRow {
    service: String,
    resources: Vec<String>,
    placeholders: Vec<String>,
    characters: String,
    length_min: usize,
    length_max: Option<usize>,
    #[serde(default)]
    never: Vec<String>,
    #[serde(default)]
    literals: Vec<String>,
    example: String,
    source: String,
}

struct IdEntry {
    row: IdRow,
    shape: IdShape,
}

/// The most specific row: named resource before `*`, named placeholder before any.
fn id_shape(service: &str, resource: &str, placeholder: &str) -> &'static IdShape {
    let named = |list: &[String], name: &str| list.iter().any(|each| each == name);
    let rank = |entry: &IdEntry| {
        let row = &entry.row;
        let of_service = row.service == service;
        let of_resource = of_service && named(&row.resources, resource);
        let of_placeholder = named(&row.placeholders, placeholder);
        let fits = (of_service || row.service == "*")
            && (of_resource || named(&row.resources, "*"))
            && (of_placeholder || named(&row.placeholders, "*"));
        // A Region or an account is what it is everywhere, unless a row about the resource says otherwise.
        fits.then_some((of_resource && of_placeholder, of_placeholder, of_resource, of_service))
    };
    let mut best = None;
    for entry in id_entries() {
        if let Some(found) = rank(entry)
            && best.as_ref().is_none_or(|(highest, _)| found > *highest)
        {
            best = Some((found, entry));
        }
    }
    let (_, entry) = best.expect("the id table has a row for everything");
    &entry.shape
}

fn id_entries() -> &'static [IdEntry] {
    static ENTRIES: OnceLock<Vec<IdEntry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let table: IdTable = parse("ids.toml", include_str!("../data/ids.toml"));
        table
            .id
            .into_iter()
            .map(|row| IdEntry {
                shape: IdShape {
                    characters: Characters::parse(&row.characters),
                    length_min: row.length_min,
                    length_max: row.length_max,
                    never: row.never.clone(),
                    literals: row.literals.clone(),
                    example: row.example.clone(),
                    specific: !row.placeholders.iter().any(|each| each == "*"),
                    source: row.source.clone(),
                },
                row,
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(class: &str, member: char, expected: bool) {
        assert_eq!(Characters::parse(class).contains(member), expected, "{class} {member:?}");
    }

    #[test]
    fn an_id_matches_none_of_the_globs() {
        let ids = id_shape("bedrock", "foundation-model", "ResourceId");
        assert!(ids.admits("anthropic.claude-v1:0:200k") && ids.admits("amazon.nova-pro-v1:0"));
        assert!(!ids.admits("a::b") && !ids.admits("a:b:c:d") && !ids.admits("amazon.nova:"));
        let ids = id_shape("bedrock", "custom-model", "ResourceId");
        assert!(ids.admits("amazon.nova-lite-v1:0:300k/a1b2c3d4e5f6") && ids.admits("imported/a1b2c3d4e5f6"));
        assert!(!ids.admits("imported/a1b2:c3d4e5f6") && !ids.admits("a/b/a1b2c3d4e5f6789"));
    }

    #[test]
    fn a_class_is_ranges_and_single_characters() {
        check("a-z0-9", 'a', true);
        check("a-z0-9", 'z', true);
        check("a-z0-9", '-', false);
        check("a-z0-9", 'A', false);
        check("a-z.:-", '-', true);
        check("a-z.:-", '.', true);
        check("a-z.:-", 'é', false);
        check("any", 'é', true);
        check("any", ' ', true);
        check("any", '~', true);
        check("any", '\u{1f}', false);
        check("any", '\u{7f}', false);
    }
}

//! Where the reference comes from, and a digest that names its exact content.
//!
//! `sources.toml` is the one place where package versions are pinned. It is written by `cargo xtask reference`.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::digest::sha256_hex;
use crate::hand_kept::parse;

static SOURCES: &str = include_str!("../data/sources.toml");

/// The hand-kept files that the content hash covers directly, by name.
static HAND_KEPT: [(&str, &str); 16] = [
    ("assumptions.toml", include_str!("../data/assumptions.toml")),
    ("compliance.toml", include_str!("../data/compliance.toml")),
    ("conflicts.toml", include_str!("../data/conflicts.toml")),
    ("denials.toml", include_str!("../data/denials.toml")),
    ("destinations.toml", include_str!("../data/destinations.toml")),
    ("doors.toml", include_str!("../data/doors.toml")),
    ("duties.tsv", include_str!("../data/duties.tsv")),
    ("events.toml", include_str!("../data/events.toml")),
    ("fictional.toml", include_str!("../data/fictional.toml")),
    ("geographies.toml", include_str!("../data/geographies.toml")),
    ("guardrails.toml", include_str!("../data/guardrails.toml")),
    ("ids.toml", include_str!("../data/ids.toml")),
    ("operations.toml", include_str!("../data/operations.toml")),
    ("quotas.toml", include_str!("../data/quotas.toml")),
    ("refusals.toml", include_str!("../data/refusals.toml")),
    ("steps.toml", include_str!("../data/steps.toml")),
];

/// A registry package the reference is generated from.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// The client that fetches it: `npm` or `pip`.
    pub client: String,
    /// The version the data was generated from.
    pub version: String,
    /// The day of its data, `YYYY-MM-DD`, or `unknown` where the package does not say.
    pub date: String,
    /// Its licence, as an SPDX identifier.
    pub licence: String,
    /// What is taken from it.
    pub provides: String,
}

/// A generated data file.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    /// Its name.
    pub name: String,
    /// The package it is generated from.
    pub package: String,
    /// Number of records.
    pub records: usize,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: String,
}

/// The packages, by name.
pub fn packages() -> &'static [Package] {
    &table().package
}

/// The generated files, by name.
pub fn files() -> &'static [DataFile] {
    &table().file
}

/// Packages and files as the text that is committed, for a proof to cite.
pub fn sources() -> &'static str {
    SOURCES
}

/// SHA-256 over the digests of all data files, generated and hand-kept: equal data, equal hash.
pub fn content_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        let mut lines: Vec<String> = files()
            .iter()
            .map(|file| format!("{} {}\n", file.name, file.sha256))
            .chain(HAND_KEPT.iter().map(|(name, text)| format!("{name} {}\n", sha256_hex(text.as_bytes()))))
            .collect();
        lines.sort_unstable();
        sha256_hex(lines.concat().as_bytes())
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceTable {
    package: Vec<Package>,
    #[serde(default)]
    file: Vec<DataFile>,
}

fn table() -> &'static SourceTable {
    static TABLE: OnceLock<SourceTable> = OnceLock::new();
    TABLE.get_or_init(|| parse("sources.toml", SOURCES))
}

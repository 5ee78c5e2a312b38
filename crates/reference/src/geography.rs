//! The geographies of cross-Region inference: which Regions a profile of each may reach at most.
//!
//! Does not say where one profile goes; that depends on model and source, see `profile`. Kept by hand from the Amazon
//! Bedrock User Guide and its model cards.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::hand_kept::{Basis, parse};
use crate::region::regions;

/// One geography.
#[derive(Debug, PartialEq, Eq)]
pub struct Geography {
    /// Prefix of its profile ids without the dot, e.g. `us` or `global`.
    pub prefix: String,
    /// What it covers, in words.
    pub name: String,
    /// Its partition.
    pub partition: String,
    /// Whether it reaches every Region of the partition.
    pub everywhere: bool,
    /// Regions a profile of it may reach from anywhere in it, sorted.
    pub regions: Vec<String>,
    /// Regions a call may start in and that add themselves, and only themselves, to the destinations; sorted.
    pub adds_itself: Vec<String>,
    /// How well this is known.
    pub basis: Basis,
    /// Where it comes from.
    pub source: String,
}

impl Geography {
    /// Every Region a profile of this geography may reach, whatever the source; sorted.
    pub fn at_most(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.regions.iter().chain(&self.adds_itself).map(String::as_str).collect();
        all.sort_unstable();
        all
    }
}

/// All geographies, by prefix.
pub fn geographies() -> &'static [Geography] {
    static GEOGRAPHIES: OnceLock<Vec<Geography>> = OnceLock::new();
    GEOGRAPHIES.get_or_init(|| {
        let table: GeographyTable = parse("geographies.toml", include_str!("../data/geographies.toml"));
        let mut all: Vec<_> = table.geography.into_iter().map(complete).collect();
        all.sort_unstable_by(|a, b| a.prefix.cmp(&b.prefix));
        all
    })
}

/// The geography of this prefix, without the dot.
pub fn geography(prefix: &str) -> Option<&'static Geography> {
    geographies().iter().find(|each| each.prefix == prefix)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GeographyTable {
    geography: Vec<GeographyRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GeographyRow {
    prefix: String,
    name: String,
    partition: String,
    #[serde(default)]
    everywhere: bool,
    #[serde(default)]
    regions: Vec<String>,
    #[serde(default)]
    adds_itself: Vec<String>,
    basis: Basis,
    source: String,
}

fn complete(row: GeographyRow) -> Geography {
    let mut listed = row.regions;
    if row.everywhere {
        listed = regions()
            .filter(|region| region.partition == row.partition)
            .map(|region| region.name.to_owned())
            .collect();
    }
    listed.sort_unstable();
    let mut adds_itself = row.adds_itself;
    adds_itself.sort_unstable();
    Geography {
        prefix: row.prefix,
        name: row.name,
        partition: row.partition,
        everywhere: row.everywhere,
        regions: listed,
        adds_itself,
        basis: row.basis,
        source: row.source,
    }
}

//! AWS Regions and the partition each belongs to.
//!
//! Does not say which service or model is in which Region. Follows the partition data of the AWS SDK for Python, which
//! may name Regions before they open.

use crate::table::{Table, columns};

static REGIONS: Table = Table::new(include_str!("../data/regions.tsv"));

/// One Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its code, e.g. `eu-central-1`.
    pub name: &'static str,
    /// Its partition, e.g. `aws` or `aws-us-gov`.
    pub partition: &'static str,
    /// What AWS calls it, e.g. `Europe (Frankfurt)`.
    pub description: &'static str,
}

/// The Region of this code.
pub fn region(name: &str) -> Option<Region> {
    REGIONS.find(&[name]).map(read)
}

/// All Regions of all partitions, by code.
pub fn regions() -> impl Iterator<Item = Region> + Clone {
    REGIONS.lines().iter().copied().map(read)
}

/// The partition of a Region; nothing when the Region is not known.
pub fn partition_of_region(name: &str) -> Option<&'static str> {
    region(name).map(|region| region.partition)
}

/// All partitions, sorted.
pub fn partitions() -> Vec<&'static str> {
    let mut names: Vec<_> = regions().map(|region| region.partition).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn read(line: &'static str) -> Region {
    let [name, partition, description] = columns(line);
    Region { name, partition, description }
}

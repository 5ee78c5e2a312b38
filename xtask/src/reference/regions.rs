//! `regions.tsv`: Regions and partitions, from the partition data of botocore.
//!
//! Leaves out the pseudo-Regions named `…-global`.

use std::collections::BTreeSet;
use std::path::Path;

use super::Files;

/// Writes the file and returns the codes of all Regions.
pub fn generate(folder: &Path, files: &mut Files) -> Result<BTreeSet<String>, String> {
    let partitions = super::read_json(&folder.join("botocore/data/partitions.json"))?;
    let mut names = BTreeSet::new();
    let mut lines = Vec::new();
    for partition in partitions["partitions"].as_array().into_iter().flatten() {
        let id = partition["id"].as_str().ok_or("a partition has no id")?;
        for (name, region) in partition["regions"].as_object().into_iter().flatten() {
            if name.ends_with("-global") {
                continue;
            }
            names.insert(name.clone());
            lines.push(format!("{name}\t{id}\t{}", region["description"].as_str().unwrap_or("")));
        }
    }
    files.insert("regions.tsv", super::sorted(lines)?);
    Ok(names)
}

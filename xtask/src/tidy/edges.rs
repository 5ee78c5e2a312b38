//! Which crate may use which.
//!
//! The table is the one in ARCHITECTURE.md. It binds every edge between crates of this workspace, those of tests
//! included; crates from outside are weighed when they are added, not here. `xtask` may use everything and nothing
//! may use it.

use std::path::Path;

use serde_json::Value;

use super::{Violation, at};

/// A crate, and the crates of this workspace that it may use.
const MAY_USE: [(&str, &[&str]); 11] = [
    ("reference", &[]),
    ("iam", &["reference"]),
    ("charter", &["iam", "reference"]),
    ("prover", &["iam", "reference"]),
    ("observe", &["iam", "reference"]),
    ("grants", &["iam", "reference"]),
    ("sandbox", &["iam", "reference"]),
    ("postern", &["charter", "grants", "iam", "observe", "prover", "reference"]),
    ("console", &["postern", "sandbox"]),
    ("cli", &["console", "postern", "sandbox"]),
    (
        "xtask",
        &[
            "charter",
            "cli",
            "console",
            "grants",
            "iam",
            "observe",
            "postern",
            "prover",
            "reference",
            "sandbox",
        ],
    ),
];

/// One crate of the workspace.
pub struct Package {
    pub name: String,
    /// Its manifest, from the root of the workspace.
    pub manifest: String,
    /// The crates of the workspace that it uses, with the line of the manifest that says so.
    pub uses: Vec<(String, usize)>,
}

/// The crates that `cargo metadata` tells of.
pub fn packages(metadata: &Value, root: &Path) -> Result<Vec<Package>, String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut packages = Vec::new();
    for package in list(&metadata["packages"]) {
        let manifest = text(&package["manifest_path"]);
        let content = std::fs::read_to_string(&manifest).map_err(|error| format!("{manifest}: {error}"))?;
        let inside = list(&package["dependencies"]).into_iter().filter(|each| each["path"].is_string());
        let uses = inside.map(|each| text(&each["name"])).map(|name| {
            let line = line_of(&content, &name);
            (name, line)
        });
        let short = Path::new(&manifest).strip_prefix(root).map(|path| path.display().to_string());
        packages.push(Package {
            name: text(&package["name"]),
            manifest: short.unwrap_or(manifest),
            uses: uses.collect(),
        });
    }
    Ok(packages)
}

/// Every crate without a row, and every edge that its row does not give.
pub fn check(packages: &[Package]) -> Vec<Violation> {
    let mut found = Vec::new();
    for package in packages {
        let row = MAY_USE.iter().find(|(name, _)| *name == package.name);
        let Some((name, allowed)) = row else {
            let message = format!("crate `{}` has no row in the table of edges", package.name);
            found.push(at(&package.manifest, 1, message));
            continue;
        };
        for (used, line) in package.uses.iter().filter(|(used, _)| !allowed.contains(&used.as_str())) {
            found.push(at(&package.manifest, *line, format!("`{name}` may not use `{used}`")));
        }
    }
    found
}

/// The line on which a manifest names a dependency.
fn line_of(manifest: &str, dependency: &str) -> usize {
    let names =
        |line: &str| line.strip_prefix(dependency).is_some_and(|rest| rest.starts_with(['.', ' ', '=']));
    manifest.lines().position(names).map_or(1, |before| before + 1)
}

#[cfg(test)]
mod tests {
    //! Which edges stand.

    use super::{Package, check, line_of};

    #[track_caller]
    fn edge(name: &str, used: &str, expected: &[&str]) {
        let uses = vec![(used.to_owned(), 7)];
        let package = Package { name: name.to_owned(), manifest: "x/Cargo.toml".to_owned(), uses };
        let found: Vec<_> = check(&[package]).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn dependencies_point_down_only() {
        edge("iam", "reference", &[]);
        edge("reference", "iam", &["x/Cargo.toml:7: `reference` may not use `iam`"]);
        edge("cli", "postern", &[]);
        edge("cli", "iam", &["x/Cargo.toml:7: `cli` may not use `iam`"]);
    }

    #[test]
    fn neighbours_do_not_use_one_another() {
        edge("charter", "prover", &["x/Cargo.toml:7: `charter` may not use `prover`"]);
        edge("sandbox", "observe", &["x/Cargo.toml:7: `sandbox` may not use `observe`"]);
        edge("postern", "sandbox", &["x/Cargo.toml:7: `postern` may not use `sandbox`"]);
        edge("console", "cli", &["x/Cargo.toml:7: `console` may not use `cli`"]);
    }

    #[test]
    fn a_new_crate_needs_a_row() {
        edge("extra", "iam", &["x/Cargo.toml:1: crate `extra` has no row in the table of edges"]);
    }

    #[test]
    fn the_place_is_the_line_that_names_the_dependency() {
        let manifest = "[dependencies]\niam-data = \"1\"\niam.workspace = true\n";
        assert_eq!(line_of(manifest, "iam"), 3);
    }
}

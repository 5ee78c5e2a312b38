//! `cargo xtask tidy`: the rules of this workspace that no compiler checks.
//!
//! Which crate may use which, what every source file begins with, names that say nothing, unfinished code, reasons
//! of dependencies, names of registries and machines, and that deciding code stays pure. Nothing is repaired;
//! every violation is printed with its place. Formatting and lints are left to `cargo fmt` and `cargo clippy`.
//!
//! Everything in the tree counts that `.gitignore` does not leave out, committed or not.

mod edges;
mod manifest;
mod pure;
mod text;
mod tree;

use std::fmt;
use std::path::Path;
use std::process::Command;

/// One rule broken at one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// From the root of the workspace.
    pub path: String,
    /// Counted from one.
    pub line: usize,
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Runs the task with the arguments after its name.
pub fn run(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("`tidy` takes no options".to_owned());
    }
    let found = violations(root())?;
    for violation in &found {
        println!("{violation}");
    }
    match found.len() {
        0 => Ok(()),
        1 => Err("1 violation".to_owned()),
        count => Err(format!("{count} violations")),
    }
}

/// The folder of the workspace.
pub fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// Everything that breaks a rule, sorted by place.
///
/// # Errors
/// A file that cannot be read, or a `cargo metadata` that fails.
pub fn violations(root: &Path) -> Result<Vec<Violation>, String> {
    let mut found = Vec::new();
    for path in tree::files(root)? {
        let bytes = std::fs::read(root.join(&path)).map_err(|error| format!("{path}: {error}"))?;
        // What is not text holds no rule that could be read in it.
        let Ok(content) = String::from_utf8(bytes) else { continue };
        found.extend(text::check(&path, &content));
        found.extend(pure::check(&path, &content));
        if path == "Cargo.toml" {
            found.extend(manifest::check(&path, &content));
        }
    }
    found.extend(edges::check(&edges::packages(&metadata(root)?, root)?));
    found.sort();
    found.dedup();
    Ok(found)
}

fn metadata(root: &Path) -> Result<serde_json::Value, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))
}

/// A violation at a line.
fn at(path: &str, line: usize, message: impl Into<String>) -> Violation {
    Violation { path: path.to_owned(), line, message: message.into() }
}

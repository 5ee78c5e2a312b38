//! The manifest of the workspace: every dependency says why it is there.
//!
//! The reason is a comment on the line above. The workspace's own crates need none: their manifests describe them.

use super::{Violation, at};

/// Dependencies without a reason.
pub fn check(path: &str, content: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut inside = false;
    let mut reason_above = false;
    for (number, line) in content.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') && line.ends_with(']') && !line.contains('=') {
            inside = line == "[workspace.dependencies]";
        } else if inside && !reason_above && !line.contains("path =") {
            // A dependency over several lines goes on with lines that name nothing.
            let name = line.split_once('=').map(|(name, _)| name.trim());
            if let Some(name) = name.filter(|name| !name.is_empty() && !name.starts_with('#')) {
                found.push(at(
                    path,
                    number + 1,
                    format!("dependency `{name}` has no reason in a comment above it"),
                ));
            }
        }
        reason_above = line.strip_prefix('#').is_some_and(|reason| !reason.trim().is_empty());
    }
    found
}

#[cfg(test)]
mod tests {
    //! Which dependencies have a reason.

    use super::check;

    #[track_caller]
    fn dependencies(lines: &str, expected: &[&str]) {
        let content = format!("[workspace.dependencies]\n{lines}\n[profile.release]\nlto = \"thin\"\n");
        let found: Vec<_> = check("Cargo.toml", &content).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_reason_stands_directly_above() {
        dependencies("# Reads JSON.\njiter = \"0.18\"", &[]);
        let missing = "dependency `jiter` has no reason in a comment above it";
        dependencies("jiter = \"0.18\"", &[&format!("Cargo.toml:2: {missing}")]);
        dependencies("# Reads JSON.\n\njiter = \"0.18\"", &[&format!("Cargo.toml:4: {missing}")]);
        dependencies("#\njiter = \"0.18\"", &[&format!("Cargo.toml:3: {missing}")]);
    }

    #[test]
    fn one_reason_is_for_one_dependency() {
        let missing = "Cargo.toml:4: dependency `serde` has no reason in a comment above it";
        dependencies("# Writes JSON.\nserde_json = \"1\"\nserde = \"1\"", &[missing]);
    }

    #[test]
    fn crates_of_the_workspace_need_none() {
        dependencies("iam = { path = \"crates/iam\" }", &[]);
    }
}

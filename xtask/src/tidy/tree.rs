//! The files of the tree, without what `.gitignore` leaves out.
//!
//! Understands the forms that the file uses: a name, or a path from the root, of folders or files, with `*`.

use std::fs;
use std::path::Path;

use iam::glob::Glob;

/// Paths from the root, with `/` between the parts, sorted.
pub fn files(root: &Path) -> Result<Vec<String>, String> {
    let ignored = Ignored::parse(&fs::read_to_string(root.join(".gitignore")).unwrap_or_default());
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    while let Some(folder) = open.pop() {
        let place = root.join(&folder);
        let complain = |error: std::io::Error| format!("{}: {error}", place.display());
        for entry in fs::read_dir(&place).map_err(complain)? {
            let entry = entry.map_err(complain)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if ignored.covers(&path) {
                continue;
            }
            let kind = entry.file_type().map_err(complain)?;
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The lines of a `.gitignore`.
struct Ignored(Vec<(Glob, Anchor)>);

/// What a line is compared with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Anchor {
    /// The name, in whatever folder.
    Name,
    /// The path from the root.
    Path,
}

impl Ignored {
    fn parse(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let own = lines.chain([".git"]).map(|line| {
            let body = line.trim_end_matches('/');
            let anchor = if body.contains('/') { Anchor::Path } else { Anchor::Name };
            (Glob::new(body.trim_start_matches('/')), anchor)
        });
        Self(own.collect())
    }

    fn covers(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.0.iter().any(|(glob, anchor)| match anchor {
            Anchor::Name => glob.matches(name),
            Anchor::Path => glob.matches(path),
        })
    }
}

#[cfg(test)]
mod tests {
    //! Which paths are left out.

    use super::Ignored;

    #[track_caller]
    fn check(path: &str, expected: bool) {
        let ignored = Ignored::parse("target/\n# a note\n\nfuzz/corpus/\nmutants.out*/\n");
        assert_eq!(ignored.covers(path), expected, "{path}");
    }

    #[test]
    fn names_count_in_every_folder_and_paths_from_the_root() {
        check("target", true);
        check("fuzz/target", true);
        check("target-of-this", false);
        check("fuzz/corpus", true);
        check("corpus", false);
        check("deep/fuzz/corpus", false);
        check("mutants.out.old", true);
        check(".git", true);
        check(".github", false);
    }
}

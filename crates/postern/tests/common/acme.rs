//! The example organisation with other files.

use std::path::Path;

pub type Changed<'a> = &'a dyn Fn(serde_json::Value) -> serde_json::Value;

/// The example organisation with files changed: those that are none are taken away.
pub fn acme_with(name: &str, changes: &[(&str, Option<Changed<'_>>)]) -> iam::estate::Estate {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
            let to = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &to)
            } else {
                drop(std::fs::copy(entry.path(), to))
            }
        }
    }
    let folder = std::env::temp_dir().join(format!("postern-{name}-{}", std::process::id()));
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme"), &folder);
    for (file, change) in changes {
        let path = folder.join("accounts").join(file);
        match change {
            None => std::fs::remove_file(&path).unwrap_or_else(|_| std::fs::remove_dir_all(&path).unwrap()),
            Some(change) => {
                let before = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
                std::fs::write(&path, change(before).to_string()).unwrap();
            }
        }
    }
    let estate = postern::snapshot::open(&folder).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    estate
}

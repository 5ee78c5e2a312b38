//! Rules that one file keeps or breaks by itself, whatever stands in the others.

use super::{Violation, at};

/// Names that say nothing of what a file holds, and the file that Rust no longer needs.
const EMPTY_NAMES: [&str; 6] = ["common.rs", "helpers.rs", "misc.rs", "mod.rs", "types.rs", "utils.rs"];

/// Macros of unfinished code, without their exclamation mark.
const UNFINISHED: [&str; 3] = ["dbg", "todo", "unimplemented"];

/// Hosts of package registries, parted before the last dot so that this file does not name them.
const REGISTRIES: [(&str, &str); 8] = [
    ("crates", "io"),
    ("npmjs", "com"),
    ("npmjs", "org"),
    ("proxy.golang", "org"),
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("registry.yarnpkg", "com"),
    ("rubygems", "org"),
];

/// Folders at the root of the machines on which people and programs work.
const MACHINE_FOLDERS: [&str; 3] = ["home", "root", "work"];

/// Most lines of the page that shows the whole.
const ARCHITECTURE_LINES_MAX: usize = 400;

/// What is wrong with a file.
pub fn check(path: &str, content: &str) -> Vec<Violation> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut found = Vec::new();
    if name.ends_with(".rs") {
        if !content.starts_with("//!") {
            found.push(at(path, 1, "does not begin with `//!`: say what the file is for"));
        }
        if EMPTY_NAMES.contains(&name) {
            found.push(at(path, 1, format!("`{name}` does not say what the file holds")));
        }
    }
    let lines = content.lines().count();
    if path == "ARCHITECTURE.md" && lines > ARCHITECTURE_LINES_MAX {
        found.push(at(path, lines, format!("has {lines} lines, {ARCHITECTURE_LINES_MAX} are the most")));
    }
    for (number, line) in content.lines().enumerate() {
        let mut complain = |message: String| found.push(at(path, number + 1, message));
        if name.ends_with(".rs") {
            UNFINISHED
                .iter()
                .filter(|macro_name| has_macro(line, macro_name))
                .for_each(|macro_name| complain(format!("`{macro_name}!` is unfinished code")));
        }
        // Cargo writes where each crate comes from into its lock file.
        if name != "Cargo.lock"
            && let Some(host) = registry(line)
        {
            complain(format!("names the package registry `{host}`"));
        }
        if let Some(folder) = machine_path(line) {
            complain(format!("names the path `/{folder}` of one machine"));
        }
    }
    found
}

fn has_macro(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        !before.is_some_and(is_word) && line[start + name.len()..].starts_with('!')
    })
}

fn registry(line: &str) -> Option<String> {
    let hosts = REGISTRIES.iter().map(|(name, domain)| format!("{name}.{domain}"));
    hosts.into_iter().find(|host| {
        line.match_indices(host.as_str()).any(|(start, _)| {
            let before = line[..start].chars().next_back();
            let after = line[start + host.len()..].chars().next();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
    })
}

/// The folder, when a path from the root of a machine stands in the line. What follows other text, as in
/// `bucket/home/`, is part of something longer.
fn machine_path(line: &str) -> Option<&'static str> {
    MACHINE_FOLDERS.into_iter().find(|folder| {
        line.match_indices(&format!("/{folder}")).any(|(start, found)| {
            let before = line[..start].chars().next_back();
            let after = line[start + found.len()..].chars().next();
            !before.is_some_and(|before| is_word(before) || "./*})>~$:".contains(before))
                && !after.is_some_and(is_word)
        })
    })
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-')
}

#[cfg(test)]
mod tests {
    //! Each rule fires, and its nearest neighbour does not. What must not stand in this file is put together.

    use super::check;

    #[track_caller]
    fn file(path: &str, content: &str, expected: &[&str]) {
        let found: Vec<_> = check(path, content).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{content:?}");
    }

    #[test]
    fn source_files_say_what_they_are_for() {
        file("a/b.rs", "//! For this.\n", &[]);
        file("a/b.rs", "// For this.\n", &["a/b.rs:1: does not begin with `//!`: say what the file is for"]);
        file(
            "a/b.rs",
            "\n//! For this.\n",
            &["a/b.rs:1: does not begin with `//!`: say what the file is for"],
        );
        file("a/b.md", "For this.\n", &[]);
    }

    #[test]
    fn names_of_files_say_what_they_hold() {
        file("a/utils.rs", "//! x", &["a/utils.rs:1: `utils.rs` does not say what the file holds"]);
        file("a/mod.rs", "//! x", &["a/mod.rs:1: `mod.rs` does not say what the file holds"]);
        file("a/resource_types.rs", "//! x", &[]);
        file("a/types.md", "x", &[]);
    }

    #[test]
    fn code_is_finished() {
        let with = |name: &str| format!("//! x\nfn f() {{ {name}!() }}\n");
        for name in ["dbg", "todo", "unimplemented"] {
            file("a.rs", &with(name), &[&format!("a.rs:2: `{name}!` is unfinished code")]);
        }
        file("a.rs", &with("my_dbg"), &[]);
        file("a.rs", "//! x\nlet todo = 1;\n", &[]);
        file("a.md", &with("todo"), &[]);
    }

    #[test]
    fn registries_are_reached_by_their_clients_and_not_named() {
        let host = ["registry.npmjs", "org"].join(".");
        let message = format!("names the package registry `{}`", ["npmjs", "org"].join("."));
        file("a.sh", &format!("curl https://{host}/x"), &[&format!("a.sh:1: {message}")]);
        file("a.sh", &format!("my{host}anisation"), &[]);
        file("Cargo.lock", &format!("source = \"{host}\""), &[]);
        file("package-lock.json", &host, &[&format!("package-lock.json:1: {message}")]);
    }

    #[test]
    fn paths_of_one_machine_are_not_named() {
        for folder in ["home", "root", "work"] {
            let message = format!("a.md:2: names the path `/{folder}` of one machine");
            file("a.md", &format!("x\ncd /{folder}/x"), &[&message]);
            file("a.md", &format!("x\nin `/{folder}`"), &[&message]);
            file("a.md", &format!("x\nat: /{folder}loads"), &[]);
            file("a.md", &format!("x\narn:aws:s3:::bucket/{folder}/x"), &[]);
        }
        file("a.md", "arn:aws:iam::111122223333:root", &[]);
    }

    #[test]
    fn the_page_that_shows_the_whole_stays_short() {
        file("ARCHITECTURE.md", &"x\n".repeat(400), &[]);
        let message = "ARCHITECTURE.md:401: has 401 lines, 400 are the most";
        file("ARCHITECTURE.md", &"x\n".repeat(401), &[message]);
        file("docs/ARCHITECTURE.md", &"x\n".repeat(401), &[]);
    }
}

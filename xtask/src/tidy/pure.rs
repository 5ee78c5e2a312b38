//! Deciding crates reach nothing outside: no files, network, environment, clock, processes or randomness.
//!
//! A scan of the source, not of what a dependency may do inside. Types of the same modules that only hold values
//! are free: addresses and durations.

use super::{Violation, at};

/// The crates that decide.
const DECIDING: [&str; 4] = ["charter", "iam", "prover", "reference"];

/// Modules of the standard library that reach outside.
const OUTSIDE: [&str; 5] = ["env", "fs", "net", "process", "time"];

/// What stands in those modules and only holds a value.
const VALUES: [&str; 5] =
    ["net::AddrParseError", "net::IpAddr", "net::Ipv4Addr", "net::Ipv6Addr", "time::Duration"];

/// Names that reach outside by whatever path they come.
const OUTSIDE_NAMES: [&str; 3] = ["Instant::now", "SystemTime", "rand::"];

/// What a source file of a deciding crate reaches for.
pub fn check(path: &str, content: &str) -> Vec<Violation> {
    let mut parts = path.split('/');
    let is_deciding = parts.next() == Some("crates")
        && parts.next().is_some_and(|name| DECIDING.contains(&name))
        && parts.next() == Some("src");
    if !is_deciding || !path.ends_with(".rs") {
        return Vec::new();
    }
    // Blank out comments, keeping the lines.
    let code: Vec<&str> =
        content.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line }).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    let mut complain = |offset: usize, what: &str| {
        let line = code[..offset].matches('\n').count() + 1;
        found.push(at(path, line, format!("deciding code reaches outside through `{what}`")));
    };
    for (offset, _) in words(&code, "std::") {
        for item in items(&code[offset + "std::".len()..]) {
            let is_value =
                VALUES.iter().any(|value| item == *value || item.starts_with(&format!("{value}::")));
            let module = item.split("::").next().unwrap_or_default();
            if OUTSIDE.contains(&module) && !is_value {
                complain(offset, &format!("std::{module}"));
            }
        }
    }
    for name in OUTSIDE_NAMES {
        words(&code, name).for_each(|(offset, _)| complain(offset, name.trim_end_matches(':')));
    }
    found
}

/// Where `word` stands and does not end a longer word.
fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    code.match_indices(word).filter(|(start, _)| {
        let before = code[..*start].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || before == '_')
    })
}

/// The paths that begin here: one, or with braces all that stand between them.
fn items(code: &str) -> Vec<String> {
    let is_path = |character: char| character.is_alphanumeric() || matches!(character, '_' | ':');
    let path: String = code.chars().take_while(|character| is_path(*character)).collect();
    let Some(group) = code[path.len()..].strip_prefix('{') else { return vec![path] };
    let mut depth = 1;
    let mut starts = vec![0];
    let mut end = group.len();
    for (offset, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => starts.push(offset + 1),
            _ => {}
        }
        if depth == 0 {
            end = offset;
            break;
        }
    }
    let inside =
        starts.iter().filter(|start| **start < end).flat_map(|start| items(group[*start..end].trim_start()));
    inside.filter(|item| !item.is_empty()).map(|item| format!("{path}{item}")).collect()
}

#[cfg(test)]
mod tests {
    //! What deciding code may not reach for.

    use super::check;

    #[track_caller]
    fn reaches(line: &str, expected: &[&str]) {
        let content = format!("//! Says std::fs in words.\n{line}\n");
        let found: Vec<_> =
            check("crates/iam/src/a/b.rs", &content).into_iter().map(|one| (one.line, one.message)).collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|what| (2, format!("deciding code reaches outside through `{what}`")))
            .collect();
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn modules_that_reach_outside() {
        reaches("use std::fs;", &["std::fs"]);
        reaches("let x = std::env::var(\"X\");", &["std::env"]);
        reaches("use std::time::SystemTime;", &["std::time", "SystemTime"]);
        reaches("use std::net::TcpStream;", &["std::net"]);
        reaches("std::process::exit(0)", &["std::process"]);
        reaches("use std::fmt;", &[]);
        reaches("use my_std::fs;", &[]);
        reaches("// std::fs", &[]);
    }

    #[test]
    fn groups_are_looked_into() {
        reaches("use std::{fmt, fs::File, io};", &["std::fs"]);
        reaches("use std::{collections::{BTreeMap, BTreeSet}, env};", &["std::env"]);
        reaches("use std::net::{IpAddr, TcpStream};", &["std::net"]);
        reaches("use std::{fmt, collections::{BTreeMap, HashMap}};", &[]);
    }

    #[test]
    fn values_and_own_types_are_free() {
        reaches("use std::net::IpAddr;", &[]);
        reaches("use std::net::{IpAddr, Ipv4Addr};", &[]);
        reaches("use std::time::Duration;", &[]);
        reaches("let instant = Instant::parse(text);", &[]);
        reaches("let instant = Instant::now();", &["Instant::now"]);
        reaches("let x: u8 = rand::random();", &["rand"]);
        reaches("let x = operand::new();", &[]);
    }

    #[test]
    fn only_deciding_code_is_bound() {
        let content = "//! x\nuse std::fs;\n";
        for (path, expected) in [
            ("crates/reference/src/a.rs", 1),
            ("crates/charter/src/a.rs", 1),
            ("crates/prover/src/a.rs", 1),
            ("crates/iam/tests/a.rs", 0),
            ("crates/cli/src/a.rs", 0),
            ("xtask/src/a.rs", 0),
        ] {
            assert_eq!(check(path, content).len(), expected, "{path}");
        }
    }
}

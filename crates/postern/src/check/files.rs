//! From paths to texts: files as they are given, folders walked down, standard input.
//!
//! A folder gives its files in the order of their names; hidden folders and those of package managers are passed
//! over. Does not look into the texts, except to leave out what in a folder is neither JSON nor YAML.

use std::path::{Path, PathBuf};

use super::source::Source;
use crate::input::{self, Complaint};

/// Longest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Endings of files that are read from a folder.
const ENDINGS: [&str; 5] = ["json", "jsonl", "ndjson", "yaml", "yml"];

/// Folders in which nobody keeps policies of their own.
const PASSED_OVER: [&str; 2] = ["node_modules", "target"];

/// A text, and whether somebody asked for it by name.
#[derive(Clone, Debug)]
pub struct Given {
    pub source: Source,
    pub by_name: bool,
}

/// Every text that the paths stand for, in order, each once.
///
/// # Errors
/// Every path that cannot be read.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Given>, Vec<Complaint>> {
    let mut given = Vec::new();
    let mut complaints = Vec::new();
    for path in paths {
        if path == Path::new("-") {
            match standard_input() {
                Ok(source) => given.push(Given { source, by_name: true }),
                Err(complaint) => complaints.push(complaint),
            }
        } else if path.is_dir() {
            let mut files = Vec::new();
            walk(path, &mut files, &mut complaints);
            for file in files {
                one(&file, false, &mut given, &mut complaints);
            }
        } else {
            one(path, true, &mut given, &mut complaints);
        }
    }
    if complaints.is_empty() { Ok(given) } else { Err(complaints) }
}

fn one(path: &Path, by_name: bool, given: &mut Vec<Given>, complaints: &mut Vec<Complaint>) {
    let name = path.display().to_string();
    if given.iter().any(|known| known.source.path == name) {
        return;
    }
    match input::read_file(path, FILE_BYTES_MAX) {
        Ok(bytes) => given.push(Given { source: Source::of_bytes(name, bytes), by_name }),
        Err(complaint) => complaints.push(complaint),
    }
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>, complaints: &mut Vec<Complaint>) {
    let mut entries: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) => entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect(),
        Err(error) => {
            let message = format!("cannot be read: {error}");
            complaints.push(Complaint::new(folder.display().to_string(), message));
            return;
        }
    };
    entries.sort();
    for path in entries {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // A link to a folder may lead back to where it stands.
        if path.is_dir() && !path.is_symlink() {
            if !name.starts_with('.') && !PASSED_OVER.contains(&name) {
                walk(&path, files, complaints);
            }
        } else if path
            .extension()
            .and_then(|ending| ending.to_str())
            .is_some_and(|ending| ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending)))
        {
            files.push(path);
        }
    }
}

fn standard_input() -> Result<Source, Complaint> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| Complaint::new("standard input", format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        let message = format!("is longer than {FILE_BYTES_MAX} bytes, the most that is read");
        return Err(Complaint::new("standard input", message));
    }
    Ok(Source::of_bytes("-", bytes))
}

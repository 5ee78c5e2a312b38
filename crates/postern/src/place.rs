//! The lines of a data set in which its documents stand.
//!
//! An estate keeps where in a file a document begins, not the file; a file is read again when one of its lines is asked
//! for. Deliberately absent: what the documents say.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use iam::estate::{Document, Origin};
use iam::json::Place;

use crate::input;

/// Longest file whose lines are counted, in bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Finds places in the files of a data set.
#[derive(Clone, Debug)]
pub struct Places {
    /// None where the files are named by paths of their own.
    root: Option<PathBuf>,
    read: Rc<RefCell<HashMap<String, Option<Lines>>>>,
}

/// A file and where its lines begin, in bytes.
#[derive(Debug)]
struct Lines {
    text: String,
    starts: Vec<usize>,
}

impl Places {
    /// Those of the data set at a path.
    pub fn new(data_set: &Path) -> Self {
        Self { root: data_set.is_dir().then(|| data_set.to_owned()), read: Rc::default() }
    }

    /// Where a statement begins: `file:line:column`; the file alone where it cannot be read any more.
    pub fn statement(&self, document: &Document, statement: usize) -> String {
        let start = document.policy.statements.get(statement).map_or(0, |statement| statement.start);
        match &document.origin {
            Origin::File { file, offset, quoted } => {
                let path = match &self.root {
                    Some(root) => root.join(file.as_ref()).display().to_string(),
                    None => file.as_ref().to_owned(),
                };
                // Within a string the text is escaped; the string is as near as a line can be told.
                let offset = *offset as usize + if *quoted { 0 } else { start };
                self.in_file(&path, offset)
            }
            Origin::Reference { arn } => match reference::managed_policy(arn) {
                Some(known) => format!("{arn}:{}", Place::of(known.document, start)),
                None => arn.as_ref().to_owned(),
            },
            Origin::Aws => "attached by AWS".to_owned(),
        }
    }

    fn in_file(&self, path: &str, offset: usize) -> String {
        let mut read = self.read.borrow_mut();
        let lines = read.entry(path.to_owned()).or_insert_with(|| Lines::read(Path::new(path)));
        match lines.as_ref().and_then(|lines| lines.place(offset)) {
            Some((line, column)) => format!("{path}:{line}:{column}"),
            None => path.to_owned(),
        }
    }
}

impl Lines {
    fn read(path: &Path) -> Option<Self> {
        let bytes = input::read_file(path, FILE_BYTES_MAX).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let starts = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1));
        Some(Self { starts: starts.collect(), text })
    }

    /// Line and column, counted from one, in characters.
    fn place(&self, offset: usize) -> Option<(usize, usize)> {
        let line = self.starts.partition_point(|start| *start <= offset);
        let before = self.text.get(*self.starts.get(line.checked_sub(1)?)?..offset)?;
        Some((line, before.chars().count() + 1))
    }
}

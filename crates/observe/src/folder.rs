//! One account's folder of a snapshot: its manifest, and the answers to calls.
//!
//! A call has an answer, or AWS said that there is none, or it is unknown for a reason. The manifest says what became of
//! a call; a file without an entry is read, and neither means that it was never asked. What an answer means is
//! the business of whoever asks for it. Follows `docs/snapshot.md`.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;
use std::sync::Arc;

use iam::arn::AccountId;
use iam::estate::{Known, Missing, Reason};
use iam::json::{self, Node, Place, Value};
use serde::Deserialize;

use crate::calls;
use crate::names;

/// The version of the format.
pub(crate) const VERSION: u32 = 1;

/// The name of the folder for services without Regions.
pub(crate) const GLOBAL: &str = "global";

/// Longest file that is read, in bytes.
pub(crate) const FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// An account's folder.
pub(crate) struct Folder<'a> {
    path: &'a Path,
    pub account: AccountId,
    /// By Region, call and items.
    entries: HashMap<(String, String, Vec<String>), Entry>,
    /// The Regions with a folder or an entry, `global` not among them.
    pub regions: BTreeSet<String>,
    /// What is wrong with the folder itself.
    pub missing: Vec<Arc<Missing>>,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Ok,
    Absent,
    Denied(String),
    Failed(String),
}

/// The file with an answer.
pub(crate) struct Answer {
    /// From the root of the snapshot.
    pub file: Arc<str>,
    pub bytes: Vec<u8>,
}

/// A manifest as it stands in its file; what is for people only is left out.
#[derive(Deserialize)]
struct Manifest {
    snapshot: u32,
    account: String,
    calls: Vec<ManifestCall>,
}

#[derive(Deserialize)]
struct ManifestCall {
    region: String,
    call: String,
    #[serde(default)]
    items: Vec<String>,
    status: Status,
    #[serde(default)]
    code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Absent,
    Denied,
    Failed,
}

impl<'a> Folder<'a> {
    /// Opens a folder: reads its manifest and sees which Regions it has.
    pub(crate) fn open(path: &'a Path, account: AccountId) -> Self {
        let mut folder =
            Self { path, account, entries: HashMap::new(), regions: BTreeSet::new(), missing: Vec::new() };
        match folder.manifest() {
            Ok(Some(manifest)) => {
                for call in manifest.calls {
                    let code = || call.code.clone().unwrap_or_else(|| "no error code".to_owned());
                    let entry = match call.status {
                        Status::Ok => Entry::Ok,
                        Status::Absent => Entry::Absent,
                        Status::Denied => Entry::Denied(code()),
                        Status::Failed => Entry::Failed(code()),
                    };
                    folder.regions.insert(call.region.clone());
                    folder.entries.insert((call.region, call.call, call.items), entry);
                }
            }
            Ok(None) => {}
            Err(reason) => folder.note("manifest.json", reason),
        }
        match std::fs::read_dir(path) {
            Ok(entries) => {
                let folders = entries.flatten().filter(|entry| entry.path().is_dir());
                let names = folders.filter_map(|entry| entry.file_name().into_string().ok());
                folder.regions.extend(names.filter(|name| is_region(name)));
            }
            Err(error) => folder.note("", Reason::FileUnreadable { problem: error.to_string() }),
        }
        folder.regions.remove(GLOBAL);
        folder
    }

    fn note(&mut self, file: &str, reason: Reason) {
        let missing = Missing {
            account: Some(self.account),
            region: None,
            what: "the manifest".into(),
            item: None,
            file: Some(self.file(file)),
            reason,
        };
        self.missing.push(Arc::new(missing));
    }

    /// A path in the folder as the snapshot names it.
    fn file(&self, inside: &str) -> Arc<str> {
        format!("accounts/{}/{inside}", self.account).into()
    }

    fn manifest(&self) -> Result<Option<Manifest>, Reason> {
        let Some(bytes) = read(&self.path.join("manifest.json"))? else { return Ok(None) };
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Reason::Shape { problem: error.to_string() },
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => Reason::Damaged {
                line: error.line(),
                column: error.column(),
                problem: "not valid JSON".to_owned(),
            },
        })?;
        if manifest.snapshot != VERSION {
            let problem = format!("version {} of the format, {VERSION} is known", manifest.snapshot);
            return Err(Reason::Shape { problem });
        }
        if manifest.account != self.account.as_str() {
            return Err(Reason::Foreign { found: format!("account `{}`", manifest.account) });
        }
        if let Some(call) = manifest.calls.iter().find(|call| !is_region(&call.region)) {
            return Err(Reason::Shape { problem: format!("`{}` is no Region", call.region) });
        }
        Ok(Some(manifest))
    }

    /// What is missing when the answer to a call is, with its reason.
    pub(crate) fn missing(&self, region: &str, call: &str, items: &[&str], reason: Reason) -> Missing {
        let file = match reason {
            Reason::NeverAsked
            | Reason::NotRead
            | Reason::Denied { .. }
            | Reason::Failed { .. }
            | Reason::Unsettled { .. } => None,
            Reason::FileAbsent
            | Reason::FileUnreadable { .. }
            | Reason::Damaged { .. }
            | Reason::Shape { .. }
            | Reason::OnePage
            | Reason::Foreign { .. }
            | Reason::NoText
            | Reason::NoMeaning { .. } => Some(self.call_file(region, call, items)),
        };
        Missing {
            account: Some(self.account),
            region: Some(region.into()),
            what: calls::command(call).into(),
            item: (!items.is_empty()).then(|| items.join(" ").into()),
            file,
            reason,
        }
    }

    fn call_file(&self, region: &str, call: &str, items: &[&str]) -> Arc<str> {
        let path = names::of_call(call, items);
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        self.file(&format!("{region}/{}", parts.join("/")))
    }

    /// Whether the folder says anything of a call.
    pub(crate) fn mentions(&self, region: &str, call: &str, items: &[&str]) -> bool {
        self.entry(region, call, items).is_some()
            || self.path.join(region).join(names::of_call(call, items)).is_file()
    }

    fn entry(&self, region: &str, call: &str, items: &[&str]) -> Option<&Entry> {
        if self.entries.is_empty() {
            return None;
        }
        let items = items.iter().map(|item| (*item).to_owned()).collect();
        self.entries.get(&(region.to_owned(), call.to_owned(), items))
    }

    /// The answer to a call; known to be none where AWS said that there is none.
    pub(crate) fn answer(&self, region: &str, call: &str, items: &[&str]) -> Known<Option<Answer>> {
        let unknown = |reason| Known::Unknown(Arc::new(self.missing(region, call, items, reason)));
        let entry = self.entry(region, call, items);
        match entry {
            Some(Entry::Absent) => return Known::Known(None),
            Some(Entry::Denied(code)) => return unknown(Reason::Denied { code: code.clone() }),
            Some(Entry::Failed(code)) => return unknown(Reason::Failed { code: code.clone() }),
            Some(Entry::Ok) | None => {}
        }
        match read(&self.path.join(region).join(names::of_call(call, items))) {
            Ok(Some(bytes)) => {
                Known::Known(Some(Answer { file: self.call_file(region, call, items), bytes }))
            }
            Ok(None) if entry.is_some() => unknown(Reason::FileAbsent),
            Ok(None) => unknown(Reason::NeverAsked),
            Err(reason) => unknown(reason),
        }
    }

    /// The answer to a call as a tree: one whole object, all pages in one.
    pub(crate) fn tree(&self, region: &str, call: &str, items: &[&str]) -> Known<Option<Tree>> {
        self.answer(region, call, items).and_then(|answer| {
            let Some(answer) = answer else { return Known::Known(None) };
            match parse(&answer.bytes) {
                Ok(root) => Known::Known(Some(Tree { file: answer.file, bytes: answer.bytes, root })),
                Err(reason) => Known::Unknown(Arc::new(self.missing(region, call, items, reason))),
            }
        })
    }
}

/// An answer that was parsed.
pub(crate) struct Tree {
    /// From the root of the snapshot.
    pub file: Arc<str>,
    pub bytes: Vec<u8>,
    pub root: Node,
}

/// Whether a name can be that of a Region, or `global`; it is used as the name of a folder.
fn is_region(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Reads a file; `None` where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Reason> {
    let unreadable = |problem: String| Reason::FileUnreadable { problem };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(unreadable(error.to_string())),
    };
    let bytes_guess = file.metadata().map_or(0, |metadata| metadata.len().min(FILE_BYTES_MAX));
    let mut bytes = Vec::with_capacity(bytes_guess as usize);
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(unreadable(format!("longer than {FILE_BYTES_MAX} bytes")));
    }
    Ok(Some(bytes))
}

/// The object in a file that is one whole answer.
pub(crate) fn parse(bytes: &[u8]) -> Result<Node, Reason> {
    let root = json::parse(bytes).map_err(|error| damaged(bytes, error.offset, error.to_string()))?;
    if root.as_object().is_none() {
        return Err(Reason::Shape { problem: format!("{} instead of an object", root.kind()) });
    }
    if is_one_page(&root) { Err(Reason::OnePage) } else { Ok(root) }
}

pub(crate) fn damaged(bytes: &[u8], offset: usize, problem: String) -> Reason {
    let place = Place::of(&String::from_utf8_lossy(bytes), offset);
    Reason::Damaged { line: place.line, column: place.column, problem }
}

/// Whether AWS says in its answer that there is more.
fn is_one_page(root: &Node) -> bool {
    let is_set = |name: &str| root.get(name).and_then(Node::as_text).is_some_and(|token| !token.is_empty());
    let is_true = |name: &str| root.get(name).is_some_and(|node| node.value == Value::Bool(true));
    let tokens = ["NextToken", "nextToken", "Marker", "NextMarker", "ContinuationToken"];
    tokens.into_iter().any(is_set) || ["IsTruncated", "Truncated"].into_iter().any(is_true)
}

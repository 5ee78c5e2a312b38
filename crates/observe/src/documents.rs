//! Policy documents, each text parsed once, whatever file it stands in.
//!
//! Texts are told apart by length and 128 bits of two hashes, so that none has to be kept; documents of one text are one
//! `Arc`, which lets stacks of policies be compared by pointers. Follows the shapes in which AWS hands out
//! documents: IAM's URL-encoded, decoded by the AWS CLI and boto3; the other services' as strings.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use iam::estate::{Document, Known, Missing, Origin, Reason};
use iam::json::{self, Node, Place, Value};
use iam::policy::{self, ActionLists, Policy, PolicyType};

/// Number of parts of the table, so that threads seldom wait for each other.
const SHARDS: usize = 16;

/// The documents that were read so far.
#[derive(Default)]
pub(crate) struct Documents {
    shards: [Mutex<HashMap<Text, Parsed>>; SHARDS],
    actions: ActionLists,
}

/// What stands for a text and the type it was read as.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Text {
    bytes: usize,
    hashes: [u64; 2],
    policy_type: PolicyType,
}

/// A policy, or the first thing that takes its meaning away, with its offset.
type Parsed = Result<Arc<Policy>, (usize, Arc<str>)>;

/// A document where it stands in a file, not yet parsed.
#[derive(Clone, Debug)]
pub(crate) enum Raw {
    /// An object: where it begins and ends.
    Object { start: usize, end: usize },
    /// A string: where it begins, and what it says, decoded.
    Quoted { start: usize, text: String },
}

impl Raw {
    /// The document in a part of a file; `None` for anything but an object or a string.
    pub(crate) fn of(node: &Node) -> Option<Self> {
        match &node.value {
            Value::Object(_) => Some(Self::Object { start: node.start, end: node.end }),
            Value::Text(text) => Some(Self::Quoted { start: node.start, text: decoded(text) }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) => None,
        }
    }
}

impl Documents {
    /// The document at a place of a file; `missing` says what is missing if it has no meaning.
    pub(crate) fn read(
        &self,
        file: &Arc<str>,
        bytes: &[u8],
        raw: &Raw,
        policy_type: PolicyType,
        missing: impl FnOnce() -> Missing,
    ) -> Known<Document> {
        let (start, quoted, text) = match raw {
            Raw::Object { start, end } => (*start, false, &bytes[*start..*end]),
            Raw::Quoted { start, text } => (*start, true, text.as_bytes()),
        };
        match self.parse(text, policy_type) {
            Ok(policy) => {
                // Files are at most one gigabyte long.
                let offset = u32::try_from(start).unwrap_or(u32::MAX);
                Known::Known(Document { policy, origin: Origin::File { file: file.clone(), offset, quoted } })
            }
            Err((at, problem)) => {
                let place = match raw {
                    Raw::Object { start, .. } => Place::of(&String::from_utf8_lossy(bytes), start + at),
                    Raw::Quoted { text, .. } => Place::of(text, at),
                };
                let problem = problem.as_ref().to_owned();
                let reason = Reason::NoMeaning { line: place.line, column: place.column, problem };
                Known::Unknown(Arc::new(Missing { reason, ..missing() }))
            }
        }
    }

    /// The AWS managed policy of this ARN, if the reference has it.
    pub(crate) fn aws_managed(&self, arn: &str, policy_type: PolicyType) -> Option<Document> {
        let text = reference::managed_policy(arn)?.document;
        let policy = self.parse(text.as_bytes(), policy_type).ok()?;
        Some(Document { policy, origin: Origin::Reference { arn: arn.into() } })
    }

    /// A document that AWS attaches by itself and whose text is always the same.
    pub(crate) fn of_aws(&self, text: &str, policy_type: PolicyType) -> Option<Document> {
        let policy = self.parse(text.as_bytes(), policy_type).ok()?;
        Some(Document { policy, origin: Origin::Aws })
    }

    fn parse(&self, text: &[u8], policy_type: PolicyType) -> Parsed {
        let hash = |seed: u64| {
            let mut hasher = DefaultHasher::new();
            hasher.write_u64(seed);
            hasher.write(text);
            hasher.finish()
        };
        let key = Text { bytes: text.len(), hashes: [hash(0), hash(1)], policy_type };
        let shard = &self.shards[key.hashes[0] as usize % SHARDS];
        // A thread that panicked left the table as it was between two insertions.
        if let Some(known) = shard.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let parsed = parse(text, policy_type, &self.actions);
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.entry(key).or_insert(parsed).clone()
    }
}

fn parse(text: &[u8], policy_type: PolicyType, actions: &ActionLists) -> Parsed {
    if text.len() > policy::DOCUMENT_BYTES_MAX {
        return Err((0, format!("longer than {} bytes", policy::DOCUMENT_BYTES_MAX).into()));
    }
    let node = json::parse(text).map_err(|error| (error.offset, error.to_string().into()))?;
    let read = policy::from_node_sharing(&node, policy_type, actions);
    match (read.policy, read.problems.first()) {
        (Some(policy), _) => Ok(Arc::new(policy)),
        (None, Some(problem)) => Err((problem.start, problem.kind.to_string().into())),
        (None, None) => Err((0, "no statements".into())),
    }
}

/// A document that IAM handed out URL-encoded, or the text as it is.
pub(crate) fn decoded(text: &str) -> String {
    if !text.starts_with('%') {
        return text.to_owned();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let hex = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let mut ahead = bytes.clone();
        match (byte, hex(ahead.next()), hex(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                bytes = ahead;
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    //! Texts that are the same are one policy, and only those.

    use super::*;

    fn read(documents: &Documents, text: &str, policy_type: PolicyType) -> Known<Document> {
        let raw = Raw::Object { start: 0, end: text.len() };
        let missing = || Missing::never_asked(None, None, "a document");
        documents.read(&"f.json".into(), text.as_bytes(), &raw, policy_type, missing)
    }

    fn policy(document: Known<Document>) -> Arc<Policy> {
        match document {
            Known::Known(document) => document.policy,
            Known::Unknown(why) => panic!("{why}"),
        }
    }

    #[test]
    fn one_text_is_one_policy() {
        let documents = Documents::default();
        let text =
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
        let other = text.replace("Allow", "Deny");
        let first = policy(read(&documents, text, PolicyType::Identity));
        assert!(Arc::ptr_eq(&first, &policy(read(&documents, text, PolicyType::Identity))));
        assert!(!Arc::ptr_eq(&first, &policy(read(&documents, &other, PolicyType::Identity))));
        assert!(!Arc::ptr_eq(&first, &policy(read(&documents, text, PolicyType::Session))));
    }

    #[test]
    fn a_document_without_meaning_says_where() {
        let documents = Documents::default();
        let known = read(&documents, "{\n  \"Statement\": 1\n}", PolicyType::Identity);
        let why = known.missing().expect("a number is no statement").to_string();
        assert!(why.contains("(2:16: "), "{why}");
    }

    #[test]
    fn documents_may_be_url_encoded() {
        assert_eq!(decoded("%7B%22a%22%3A%20%22%C3%A9%22%7D"), r#"{"a": "é"}"#);
        assert_eq!(decoded(r#"{"a":"50%25"}"#), r#"{"a":"50%25"}"#);
        assert_eq!(decoded("%7B%"), "{%");
    }
}

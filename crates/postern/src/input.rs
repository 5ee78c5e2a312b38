//! Policy documents from files, in the shapes in which people have them.
//!
//! A bare policy; a bare statement or list of statements, completed with a version; and what the AWS CLI
//! prints: `iam get-policy-version`, `get-role-policy`, `get-role`, `organizations describe-policy`,
//! `s3api get-bucket-policy`, `kms get-key-policy`. An AWS managed policy may be named by its ARN and the SCP
//! `FullAWSAccess` by its name. Which policies apply to whom is not asked here.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use iam::json::{self, Member, Node, Place, Value};
use iam::policy::{self, Policy, PolicyType, Problem, ProblemKind, Severity};

/// One policy with where it came from.
#[derive(Clone, Debug)]
pub struct Document {
    /// File, ARN or name.
    pub origin: String,
    /// Its own name, where the file holds several.
    pub name: Option<String>,
    pub policy: Arc<Policy>,
    /// What AWS would refuse in it.
    pub problems: Vec<Problem>,
    /// What was added so that it could be read.
    pub completed: Option<&'static str>,
    text: Arc<str>,
}

impl Document {
    /// Where a statement begins: `file:line:column`.
    pub fn place(&self, statement: usize) -> String {
        match self.policy.statements.get(statement) {
            Some(statement) => format!("{}:{}", self.origin, Place::of(&self.text, statement.start)),
            None => self.origin.clone(),
        }
    }

    /// The problems with their places, as complaints that do not stop anything.
    pub fn warnings(&self) -> Vec<Complaint> {
        self.problems.iter().map(|problem| Complaint::of_problem(&self.origin, &self.text, problem)).collect()
    }
}

/// Something wrong with what a user gave, with its place and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// File, flag or field.
    pub origin: String,
    pub place: Option<Place>,
    /// The line of text it is about, for showing.
    pub line: Option<Box<str>>,
    /// How many characters of it are meant, for underlining.
    pub width: usize,
    pub message: String,
    pub hint: Option<String>,
}

impl Complaint {
    /// One without a place.
    pub fn new(origin: impl Into<String>, message: impl Into<String>) -> Self {
        Self { origin: origin.into(), place: None, line: None, width: 1, message: message.into(), hint: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// One about a byte offset of a text.
    pub fn at(origin: &str, text: &str, offset: usize, message: impl Into<String>) -> Self {
        let place = Place::of(text, offset);
        let line = text.lines().nth(place.line - 1).map(Box::from);
        Self { place: Some(place), line, ..Self::new(origin, message) }
    }

    /// The same, about all that stands before a byte offset, as far as it is on the line.
    #[must_use]
    pub fn underlined(mut self, text: &str, end: usize) -> Self {
        if let (Some(place), Some(line)) = (self.place, &self.line) {
            let end = Place::of(text, end);
            let last = if end.line == place.line { end.column } else { line.trim_end().chars().count() + 1 };
            self.width = last.saturating_sub(place.column).max(1);
        }
        self
    }

    fn of_problem(origin: &str, text: &str, problem: &Problem) -> Self {
        let complaint = Self::at(origin, text, problem.start, problem.kind.to_string());
        Self { hint: problem.kind.hint().map(str::to_owned), ..complaint }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)?;
        if let Some(place) = self.place {
            write!(f, ":{place}")?;
        }
        write!(f, ": {}", self.message)?;
        if let (Some(place), Some(line)) = (self.place, &self.line) {
            // Long lines are shown around the place only.
            let from = place.column.saturating_sub(60);
            let shown: String = line.chars().skip(from).take(100).collect();
            let caret = " ".repeat((place.column - 1).saturating_sub(from));
            let meant = "^".repeat(self.width.min(100));
            write!(f, "\n    {}\n    {caret}{meant}", shown.trim_end())?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

/// Reads a file of at most `bytes_max` bytes.
///
/// # Errors
/// A complaint that names the file.
pub fn read_file(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Complaint> {
    use std::io::Read as _;
    let origin = path.display().to_string();
    let complain = |error: std::io::Error| Complaint::new(&origin, format!("cannot be read: {error}"));
    let file = std::fs::File::open(path).map_err(complain)?;
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(complain)?;
    if bytes.len() as u64 > bytes_max {
        return Err(Complaint::new(
            &origin,
            format!("is longer than {bytes_max} bytes, the most that is read"),
        ));
    }
    Ok(bytes)
}

/// The policy that a file, an ARN of an AWS managed policy, or the name `FullAWSAccess` stands for.
///
/// # Errors
/// Everything that makes it unreadable.
pub fn document(
    given: &str,
    relative_to: Option<&Path>,
    policy_type: PolicyType,
) -> Result<Document, Vec<Complaint>> {
    if given == "FullAWSAccess" {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        return from_text(given, text.as_bytes(), policy_type);
    }
    if given.starts_with("arn:") {
        return managed(given, policy_type);
    }
    let path = relative_to.map_or_else(|| PathBuf::from(given), |base| base.join(given));
    let bytes =
        read_file(&path, policy::DOCUMENT_BYTES_MAX as u64 * 4).map_err(|complaint| vec![complaint])?;
    from_text(&path.display().to_string(), &bytes, policy_type)
}

/// The text of an AWS managed policy.
///
/// # Errors
/// A complaint when the reference has none of that ARN.
pub fn managed(arn: &str, policy_type: PolicyType) -> Result<Document, Vec<Complaint>> {
    match reference::managed_policy(arn) {
        Some(known) => from_text(arn, known.document.as_bytes(), policy_type),
        None => Err(vec![
            Complaint::new(arn, "is not an AWS managed policy that the reference knows")
                .hint("give the file of a customer managed policy instead of its ARN"),
        ]),
    }
}

/// The policy in a text, whatever of the known shapes it has.
///
/// # Errors
/// Everything that makes it unreadable.
pub fn from_text(origin: &str, bytes: &[u8], policy_type: PolicyType) -> Result<Document, Vec<Complaint>> {
    let text = String::from_utf8_lossy(bytes);
    let node = json::parse(bytes).map_err(|error| {
        let problem = Problem { kind: ProblemKind::Json(error.kind), start: error.offset, end: error.offset };
        vec![Complaint::of_problem(origin, &text, &problem)]
    })?;
    from_node(origin, &text, &node, policy_type)
}

/// The policy in a part of a text.
///
/// # Errors
/// Everything that makes it unreadable.
pub fn from_node(
    origin: &str,
    text: &str,
    node: &Node,
    policy_type: PolicyType,
) -> Result<Document, Vec<Complaint>> {
    let found = unwrap(node);
    if let Some(inner) = found.as_text() {
        // A document inside a JSON string, percent-encoded as IAM's API sends it or not.
        return from_text(origin, percent_decoded(inner).as_bytes(), policy_type);
    }
    let (complete, completed) = completed(found);
    let read = policy::from_node(complete.as_ref().unwrap_or(found), policy_type);
    let (unreadable, problems): (Vec<_>, Vec<_>) =
        read.problems.into_iter().partition(|problem| problem.kind.severity() == Severity::Unreadable);
    match read.policy {
        Some(policy) if unreadable.is_empty() => Ok(Document {
            origin: origin.to_owned(),
            name: None,
            policy: Arc::new(policy),
            problems,
            completed,
            text: text.into(),
        }),
        Some(_) | None => {
            Err(unreadable.iter().map(|problem| Complaint::of_problem(origin, text, problem)).collect())
        }
    }
}

/// Takes off what AWS CLI commands put around a document.
fn unwrap(node: &Node) -> &Node {
    const AROUND: &[&str] = &[
        "PolicyVersion",
        "Document",
        "PolicyDocument",
        "Role",
        "AssumeRolePolicyDocument",
        "Policy",
        "Content",
    ];
    let mut inner = node;
    while let Some(next) = AROUND.iter().find_map(|name| inner.get(name)) {
        inner = next;
    }
    inner
}

/// A policy made of a bare statement or list of statements.
fn completed(node: &Node) -> (Option<Node>, Option<&'static str>) {
    let is_statement = |node: &Node| node.get("Effect").is_some() && node.get("Statement").is_none();
    let are_statements =
        node.as_list().is_some_and(|nodes| !nodes.is_empty() && nodes.iter().all(is_statement));
    if !is_statement(node) && !are_statements {
        return (None, None);
    }
    let (start, end) = (node.start, node.end);
    let member = |name: &str, node: Node| Member { name: name.to_owned(), start, node };
    let version = Node { value: Value::Text("2012-10-17".to_owned()), start, end };
    let members = vec![member("Version", version), member("Statement", node.clone())];
    let note = "a bare statement was read as a policy of version 2012-10-17";
    (Some(Node { value: Value::Object(members), start, end }), Some(note))
}

fn percent_decoded(text: &str) -> String {
    if !text.starts_with('%') {
        return text.to_owned();
    }
    let mut out = Vec::new();
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

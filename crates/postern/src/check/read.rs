//! From a file to the documents in it, in the shapes in which people have them.
//!
//! A bare policy, statements as articles print them, `{"name", "policy"}`, what the AWS CLI prints, account dumps,
//! many of these in one file; plans of Terraform ([`terraform`]) and templates of CloudFormation
//! ([`cloudformation`]); JSON or YAML. A file is only looked at: what is in it is judged elsewhere. What cannot be
//! known from the file, such as a policy that Terraform computes when it applies, is told as unknown.

mod cloudformation;
mod terraform;

use std::borrow::Cow;
use std::ops::Range;

use charter::yaml;
use iam::json::{self, Member, Node, Value};
use iam::policy::DOCUMENT_BYTES_MAX;

use super::document::{self, Basis, Document, Kind};
use super::embedded::Embedded;
use super::finding::Exactness;
use super::hole;
use super::source::Source;

/// What is in a file.
#[derive(Clone, Debug, Default)]
pub struct Content {
    pub documents: Vec<Document>,
    /// Managed policies that are attached to somebody.
    pub attachments: Vec<Attachment>,
    /// Long-term credentials that are made for one service.
    pub credentials: Vec<Credential>,
    /// Whether it is a charter.
    pub is_charter: bool,
    /// What is in the file and cannot be read from it.
    pub unknowns: Vec<Unknown>,
    /// What is not JSON or YAML, inside or all of it.
    pub errors: Vec<SyntaxError>,
}

/// A managed policy, attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    pub arn: String,
    /// To whom, as the file calls it.
    pub to: String,
    pub at: Range<usize>,
}

/// A service-specific credential of an IAM user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The service, such as `bedrock.amazonaws.com`.
    pub service: String,
    /// What the file calls it.
    pub name: String,
    pub at: Range<usize>,
}

/// Something that cannot be checked, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    pub what: String,
    pub reason: Cow<'static, str>,
    pub at: usize,
}

/// Why a text, or a text in a text, cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// In bytes of the source.
    pub offset: usize,
    pub message: String,
}

/// Everything in one source.
pub fn read(source: &Source, number: usize, given: Option<Kind>) -> Content {
    let mut collector = Collector { source, number, given, content: Content::default() };
    match trees(source) {
        _ if source.goes_on => collector.content.errors.push(SyntaxError {
            offset: source.text.len(),
            message: "the text is not valid UTF-8".to_owned(),
        }),
        Ok(trees) => trees.iter().for_each(|tree| collector.file(tree)),
        Err(error) => collector.content.errors.push(error),
    }
    let content = &mut collector.content;
    content.documents.sort_by_key(|document| document.node.start);
    content.attachments.sort_by_key(|attachment| attachment.at.start);
    collector.content
}

/// The trees of a file: one of JSON, or as many as a stream of YAML or a file of JSON lines has.
fn trees(source: &Source) -> Result<Vec<Node>, SyntaxError> {
    let text: &str = &source.text;
    let path = source.path.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
    if ends(&[".yaml", ".yml"]) || (!ends(&[".json"]) && !text.trim_start().starts_with(['{', '['])) {
        return yaml::parse(text)
            .map_err(|error| SyntaxError { offset: error.offset, message: error.message });
    }
    let refused = |error: json::JsonError, offset: usize| SyntaxError {
        offset: error.offset + offset,
        message: error.to_string(),
    };
    if ends(&[".jsonl", ".ndjson"]) {
        let mut trees = Vec::new();
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            if !line.trim().is_empty() {
                let mut node = json::parse(line.as_bytes()).map_err(|error| refused(error, offset))?;
                shift(&mut node, offset);
                trees.push(node);
            }
            offset += line.len();
        }
        return Ok(trees);
    }
    let start = text.len() - text.trim_start_matches('\u{FEFF}').len();
    let mut node = json::parse(&text.as_bytes()[start..]).map_err(|error| refused(error, start))?;
    if start > 0 {
        shift(&mut node, start);
    }
    Ok(vec![node])
}

fn shift(node: &mut Node, by: usize) {
    node.start += by;
    node.end += by;
    match &mut node.value {
        Value::List(nodes) => nodes.iter_mut().for_each(|node| shift(node, by)),
        Value::Object(members) => {
            for member in members {
                member.start += by;
                shift(&mut member.node, by);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

/// Whether a tree is a charter: it says of which version, and something of areas or models.
fn is_charter(tree: &Node) -> bool {
    let says_version = tree.get("charter").is_some_and(|version| version.as_text().is_some());
    says_version && ["areas", "models", "except", "fence"].iter().any(|name| tree.get(name).is_some())
}

/// What is known of a document from where it stands.
#[derive(Clone, Debug, Default)]
struct Around {
    name: Option<String>,
    kind: Option<Kind>,
}

impl Around {
    fn kind(&self, kind: Kind) -> Self {
        Self { kind: Some(kind), name: self.name.clone() }
    }

    fn named(&self, name: Option<&str>) -> Self {
        Self { name: name.map(str::to_owned).or_else(|| self.name.clone()), kind: self.kind }
    }
}

struct Collector<'a> {
    source: &'a Source,
    number: usize,
    given: Option<Kind>,
    content: Content,
}

impl Collector<'_> {
    /// One tree of the file.
    fn file(&mut self, tree: &Node) {
        if is_charter(tree) {
            self.content.is_charter = true;
        } else if terraform::is_plan(tree) {
            terraform::collect(tree, self);
        } else if cloudformation::is_template(tree) {
            cloudformation::collect(tree, self);
        } else {
            self.any(tree, &Around::default(), 0);
        }
    }

    /// Whatever documents are in a part of a file.
    fn any(&mut self, node: &Node, around: &Around, depth: usize) {
        const DEPTH_MAX: usize = 12;
        if depth > DEPTH_MAX {
            return;
        }
        if is_policy(node) || is_bedrock(node) {
            return self.document(node, around, Exactness::Exact, None);
        }
        if is_statement(node)
            || node.as_list().is_some_and(|all| !all.is_empty() && all.iter().all(is_statement))
        {
            return self.bare_statements(node, around);
        }
        match &node.value {
            Value::List(nodes) => nodes.iter().for_each(|node| self.any(node, around, depth + 1)),
            Value::Object(members) => self.object(node, members, around, depth),
            Value::Text(_) => self.text(node, around, false),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn object(&mut self, node: &Node, members: &[Member], around: &Around, depth: usize) {
        let text = |name: &str| node.get(name).and_then(Node::as_text);
        let own = ["PolicyName", "RoleName", "UserName", "GroupName", "Name", "name", "Arn", "id", "Id"];
        let around = &around.named(own.into_iter().find_map(text));
        // `aws organizations describe-policy`.
        let summary = node.get("PolicySummary");
        let stated =
            summary.and_then(|summary| summary.get("Type")).or_else(|| node.get("Type").or(node.get("type")));
        let stated = stated.and_then(Node::as_text);
        let around = &match stated.and_then(|name| Kind::of_organizations(name).or_else(|| Kind::named(name)))
        {
            Some(kind) => around.kind(kind),
            None => around.clone(),
        };
        // A dump counts who uses a policy as what.
        let count = |name: &str| match node.get(name).map(|node| &node.value) {
            Some(Value::Number(text)) => text.parse::<u64>().ok(),
            _ => None,
        };
        let is_boundary = count("PermissionsBoundaryUsageCount").is_some_and(|uses| uses > 0)
            && count("AttachmentCount") == Some(0);
        let around = &match is_boundary {
            true => around.kind(Kind::Policy(iam::PolicyType::PermissionsBoundary)),
            false => around.clone(),
        };
        let around = &around.named(summary.and_then(|summary| summary.get("Name")).and_then(Node::as_text));
        // Versions of a managed policy that are not in force, and what AWS wrote, are nobody's to mend.
        let is_old = node.get("IsDefaultVersion").is_some_and(|node| node.value == Value::Bool(false));
        let aws_managed = summary.and_then(|summary| summary.get("AwsManaged"));
        let is_of_aws = text("Arn").is_some_and(|arn| arn.contains(":iam::aws:policy/"))
            || aws_managed.is_some_and(|node| node.value == Value::Bool(true));
        if is_old || is_of_aws {
            return;
        }
        if let Some(arn) = text("PolicyArn").or_else(|| text("PermissionsBoundaryArn"))
            && let Some(at) = node.get("PolicyArn").or_else(|| node.get("PermissionsBoundaryArn"))
            && node.get("PolicyArn").is_some()
        {
            let to = around.name.clone().unwrap_or_default();
            self.content.attachments.push(Attachment { arn: arn.to_owned(), to, at: at.start..at.end });
        }
        if let (Some(service), Some(at), Some(_)) =
            (text("ServiceName"), node.get("ServiceName"), node.get("ServiceSpecificCredentialId"))
        {
            let name = around.name.clone().unwrap_or_default();
            let credential = Credential { service: service.to_owned(), name, at: at.start..at.end };
            self.content.credentials.push(credential);
        }
        for member in members {
            let around = match (member.name.as_str(), around.kind) {
                ("AssumeRolePolicyDocument", _) => around.kind(Kind::Policy(iam::PolicyType::Trust)),
                ("PolicyDocument" | "Document" | "PolicyVersion" | "PolicyVersionList", None) => {
                    around.kind(Kind::Policy(iam::PolicyType::Identity))
                }
                _ => around.clone(),
            };
            // The inline policies and the attachments of a role belong to it by its name.
            self.any(&member.node, &around, depth + 1);
        }
    }

    /// A string that may hold a document; `expected` says that it should.
    fn text(&mut self, node: &Node, around: &Around, expected: bool) {
        let Some(text) = node.as_text() else { return };
        let begins = text.trim_start();
        let looks_like = |text: &str| text.contains("Statement") || text.contains("guardrail_inference");
        if !(begins.starts_with('{') || begins.starts_with("%7B")) || !(expected || looks_like(text)) {
            return;
        }
        let embedded = self.embedded(node, text).percent_decoded();
        match json::parse(embedded.text.as_bytes()) {
            Ok(mut tree) => {
                embedded.relocate(&mut tree);
                let exactness = if embedded.exact { Exactness::Exact } else { Exactness::Document };
                if is_policy(&tree) || is_bedrock(&tree) {
                    self.document(&tree, around, exactness, Some(embedded.text));
                }
            }
            Err(error) => self
                .content
                .errors
                .push(SyntaxError { offset: embedded.place(error.offset), message: error.to_string() }),
        }
    }

    fn embedded(&self, node: &Node, text: &str) -> Embedded {
        let raw = &self.source.text[node.start..node.end];
        if raw.starts_with('"') {
            let embedded = Embedded::of_json(text, raw, node.start);
            if embedded.exact {
                return embedded;
            }
        }
        Embedded::of_yaml(text, raw, node.start)
    }

    /// Statements without a policy around them, as articles print them.
    fn bare_statements(&mut self, node: &Node, around: &Around) {
        let (start, end) = (node.start, node.end);
        let member = |name: &str, node: Node| Member { name: name.to_owned(), start, node };
        let version = Node { value: Value::Text("2012-10-17".to_owned()), start, end };
        let members = vec![member("Version", version), member("Statement", node.clone())];
        let policy = Node { value: Value::Object(members), start, end };
        let before = self.content.documents.len();
        self.document(&policy, around, Exactness::Exact, None);
        for document in &mut self.content.documents[before..] {
            document.completed = Some("a bare statement is read as a policy of version 2012-10-17");
            document.text = None;
        }
    }

    /// One document; `text` is what AWS would be handed, where that is not the part of the source.
    fn document(&mut self, node: &Node, around: &Around, exactness: Exactness, text: Option<String>) {
        let bytes = node.end.saturating_sub(node.start);
        if bytes > DOCUMENT_BYTES_MAX {
            let message = format!(
                "a document of {bytes} bytes; the longest that is read has {DOCUMENT_BYTES_MAX}, many times what AWS takes"
            );
            self.content.errors.push(SyntaxError { offset: node.start, message });
            return;
        }
        let mut tree = node.clone();
        let mut holes = Vec::new();
        hole::marked(&tree, &mut holes);
        let mut placeholders = Vec::new();
        hole::mark_placeholders(&mut tree, &mut placeholders);
        holes.extend(placeholders.iter().cloned());
        let (kind, basis) = match (self.given, around.kind) {
            (Some(kind), _) => (kind, Basis::Given),
            (None, Some(kind)) => (kind, Basis::Stated),
            (None, None) => {
                let (kind, reason) = document::guess(&tree, &self.source.path);
                (kind, Basis::Guessed(reason))
            }
        };
        let is_json = self.source.text[node.start..].starts_with('{');
        let text = text.or_else(|| {
            is_json.then(|| self.source.text.get(node.start..node.end).map(str::to_owned)).flatten()
        });
        self.content.documents.push(Document {
            source: self.number,
            name: around.name.clone(),
            kind,
            basis,
            node: tree,
            exactness,
            text: text.filter(|_| holes.is_empty()),
            holes,
            placeholders,
            completed: None,
        });
    }
}

fn is_policy(node: &Node) -> bool {
    node.get("Statement").is_some_and(|statement| match &statement.value {
        Value::List(nodes) => nodes.iter().all(|node| node.as_object().is_some()),
        Value::Object(_) => true,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => false,
    })
}

fn is_bedrock(node: &Node) -> bool {
    node.get("bedrock").is_some_and(|bedrock| bedrock.get("guardrail_inference").is_some())
}

fn is_statement(node: &Node) -> bool {
    node.get("Effect").is_some() && (node.get("Action").is_some() || node.get("NotAction").is_some())
}

#[cfg(test)]
mod tests;

//! JSON with a place for every value.
//!
//! Reads exactly one JSON text (RFC 8259) into a tree that keeps byte offsets. Duplicate names are errors,
//! since readers differ on which one counts; so are comments, depth beyond [`DEPTH_MAX`] and bytes that
//! are not UTF-8. Numbers keep their spelling. What the values mean is the caller's business.

use std::fmt;

use jiter::{Jiter, JsonErrorType, Peek};

/// Deepest nesting of lists and objects that is read; a policy needs six.
pub const DEPTH_MAX: usize = 64;

/// A place in a text, counted from one; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

impl Place {
    /// The place of a byte offset; behind the end of the text it is the end.
    pub fn of(text: &str, offset: usize) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.bytes().filter(|&byte| byte == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A value and where it begins and ends, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub value: Value,
    pub start: usize,
    pub end: usize,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    /// As spelled.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<Member>),
}

/// One name of an object, with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub name: String,
    /// Where the name begins, in bytes.
    pub start: usize,
    pub node: Node,
}

/// Why a text is not JSON that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    pub kind: JsonErrorKind,
    /// In bytes.
    pub offset: usize,
}

/// What is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonErrorKind {
    /// Not valid UTF-8.
    Utf8,
    /// Not valid JSON; the reader's own words.
    Syntax { reason: String },
    /// `//`, `/* */` or `#`.
    Comment,
    /// A name stands twice in one object.
    Duplicate { name: String },
    /// More than [`DEPTH_MAX`] levels.
    Depth,
}

impl fmt::Display for JsonErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf8 => f.write_str("the text is not valid UTF-8"),
            Self::Syntax { reason } => write!(f, "not valid JSON: {reason}"),
            Self::Comment => f.write_str("JSON has no comments, and IAM accepts none"),
            Self::Duplicate { name } => write!(f, "`{name}` is given twice in one object"),
            Self::Depth => write!(f, "nested deeper than {DEPTH_MAX} levels"),
        }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for JsonError {}

/// Reads one JSON text.
///
/// # Errors
/// [`JsonError`] for the first thing, in order, that is wrong.
pub fn parse(bytes: &[u8]) -> Result<Node, JsonError> {
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(JsonError { kind: JsonErrorKind::Utf8, offset: error.valid_up_to() });
    }
    let mut reader = Reader { jiter: Jiter::new(bytes), bytes };
    let peek = reader.jiter.peek().map_err(|error| reader.error(&error))?;
    let node = reader.node(peek, 0)?;
    reader.jiter.finish().map_err(|error| reader.error(&error))?;
    Ok(node)
}

struct Reader<'a> {
    jiter: Jiter<'a>,
    bytes: &'a [u8],
}

impl Reader<'_> {
    /// The value that begins where the reader stands.
    fn node(&mut self, peek: Peek, depth: usize) -> Result<Node, JsonError> {
        let start = self.jiter.current_index();
        if depth >= DEPTH_MAX && matches!(peek, Peek::Array | Peek::Object) {
            return Err(JsonError { kind: JsonErrorKind::Depth, offset: start });
        }
        let value = match peek {
            Peek::Null => {
                self.jiter.known_null().map(|()| Value::Null).map_err(|error| self.error(&error))?
            }
            Peek::True | Peek::False => {
                self.jiter.known_bool(peek).map(Value::Bool).map_err(|error| self.error(&error))?
            }
            Peek::String => {
                let text = self.jiter.known_str().map(str::to_owned);
                Value::Text(text.map_err(|error| self.error(&error))?)
            }
            Peek::Array => self.list(depth)?,
            Peek::Object => self.object(depth)?,
            _ => {
                self.jiter.known_skip(peek).map_err(|error| self.error(&error))?;
                let end = self.jiter.current_index();
                Value::Number(String::from_utf8_lossy(&self.bytes[start..end]).into_owned())
            }
        };
        Ok(Node { value, start, end: self.jiter.current_index() })
    }

    fn list(&mut self, depth: usize) -> Result<Value, JsonError> {
        let mut nodes = Vec::new();
        let mut next = self.jiter.known_array().map_err(|error| self.error(&error))?;
        while let Some(peek) = next {
            nodes.push(self.node(peek, depth + 1)?);
            next = self.jiter.array_step().map_err(|error| self.error(&error))?;
        }
        Ok(Value::List(nodes))
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        let mut members: Vec<Member> = Vec::new();
        let mut next = self.jiter.known_object().map(|name| name.map(str::to_owned));
        while let Some(name) = next.map_err(|error| self.error(&error))? {
            let start = self.name_start();
            let peek = self.jiter.peek().map_err(|error| self.error(&error))?;
            let node = self.node(peek, depth + 1)?;
            members.push(Member { name, start, node });
            next = self.jiter.next_key().map(|name| name.map(str::to_owned));
        }
        match duplicate(&members) {
            Some(member) => Err(JsonError {
                kind: JsonErrorKind::Duplicate { name: member.name.clone() },
                offset: member.start,
            }),
            None => Ok(Value::Object(members)),
        }
    }

    /// Where the name just read begins: the quote that opens it, before the colon the reader stands behind.
    fn name_start(&self) -> usize {
        let before = &self.bytes[..self.jiter.current_index()];
        let Some(colon) = before.iter().rposition(|&byte| byte == b':') else { return before.len() };
        let Some(close) = before[..colon].iter().rposition(|&byte| byte == b'"') else { return colon };
        let mut open = close;
        while let Some(quote) = before[..open].iter().rposition(|&byte| byte == b'"') {
            open = quote;
            let escapes = before[..quote].iter().rev().take_while(|&&byte| byte == b'\\').count();
            if escapes % 2 == 0 {
                break;
            }
        }
        open
    }

    fn error(&self, error: &jiter::JiterError) -> JsonError {
        let mut offset = error.index.min(self.bytes.len());
        let kind = match &error.error_type {
            jiter::JiterErrorType::JsonError(JsonErrorType::RecursionLimitExceeded) => JsonErrorKind::Depth,
            other => {
                let rest = &self.bytes[offset..];
                let skipped = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                let comment =
                    |at: &[u8]| at.starts_with(b"//") || at.starts_with(b"/*") || at.starts_with(b"#");
                if comment(&rest[skipped..]) {
                    offset += skipped;
                    JsonErrorKind::Comment
                } else {
                    JsonErrorKind::Syntax { reason: other.to_string() }
                }
            }
        };
        JsonError { kind, offset }
    }
}

/// The first member whose name stands in the object before it.
fn duplicate(members: &[Member]) -> Option<&Member> {
    let mut sorted: Vec<&Member> = members.iter().collect();
    sorted.sort_by(|a, b| (&a.name, a.start).cmp(&(&b.name, b.start)));
    let twice = sorted.windows(2).filter(|pair| pair[0].name == pair[1].name).map(|pair| pair[1]);
    twice.min_by_key(|member| member.start)
}

impl Node {
    /// What kind of value it is, in words for a message.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Object(_) => "an object",
        }
    }

    /// Its text, when it is a string.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_) => None,
        }
    }

    /// Its members, when it is an object.
    pub fn as_object(&self) -> Option<&[Member]> {
        match &self.value {
            Value::Object(members) => Some(members),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => None,
        }
    }

    /// Its items, when it is a list.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(nodes) => Some(nodes),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Object(_) => None,
        }
    }

    /// The member of this name, when it is an object that has one.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.as_object()?.iter().find(|member| member.name == name).map(|member| &member.node)
    }
}

#[cfg(test)]
mod tests {
    //! What is read, and how refusals point at their place.

    use super::*;

    #[track_caller]
    fn refused(text: &[u8], message: &str, at: (usize, usize)) {
        let error = parse(text).unwrap_err();
        let place = Place::of(&String::from_utf8_lossy(text), error.offset);
        assert_eq!((error.to_string().as_str(), (place.line, place.column)), (message, at));
    }

    #[test]
    fn values_know_where_they_stand() {
        let text =
            r#"{ "a\":" : [1, "x:\"", {"b": null}], "c": -1.50, "d": 123456789012345678901234567890 }"#;
        let node = parse(text.as_bytes()).unwrap();
        let members = node.as_object().unwrap();
        assert_eq!(&text[members[0].start..members[0].start + 6], r#""a\":""#);
        assert_eq!(&text[members[1].start..members[1].start + 3], r#""c""#);
        assert_eq!(members[1].node.value, Value::Number("-1.50".to_owned()));
        assert_eq!(members[2].node.value, Value::Number("123456789012345678901234567890".to_owned()));
        let list = node.get("a\":").unwrap().as_list().unwrap();
        assert_eq!(&text[list[1].start..list[1].end], r#""x:\"""#);
        assert_eq!(&text[list[2].start..list[2].end], r#"{"b": null}"#);
    }

    #[test]
    fn refusals_say_what_and_where() {
        refused(b"{\n  \"a\": 1,\n  \"a\": 2\n}", "`a` is given twice in one object", (3, 3));
        refused(b"[1, // no\n2]", "JSON has no comments, and IAM accepts none", (1, 5));
        refused(b"\"\xff\"", "the text is not valid UTF-8", (1, 2));
        refused(&[b'['; 70], "nested deeper than 64 levels", (1, 65));
        assert!(matches!(parse(b"{\"a\": [1,").unwrap_err().kind, JsonErrorKind::Syntax { .. }));
        assert!(matches!(parse(b"{} {}").unwrap_err().kind, JsonErrorKind::Syntax { .. }));
        assert!(matches!(parse(b"").unwrap_err().kind, JsonErrorKind::Syntax { .. }));
        assert!(matches!(parse(b"NaN").unwrap_err().kind, JsonErrorKind::Syntax { .. }));
    }

    #[test]
    fn places_count_characters() {
        assert_eq!(Place::of("é\n\u{1F600}x", 7), Place { line: 2, column: 2 });
    }
}

//! YAML as the tree that JSON gives, with the place of every value.
//!
//! Every scalar is text, as IAM takes booleans and numbers for their texts. A short tag of CloudFormation, such as
//! `!Sub x`, becomes the object it stands for, `{"Fn::Sub": "x"}`. Anchors and aliases are followed; merge keys are
//! not. What the values mean is the caller's business.

use std::collections::HashMap;

use iam::json::{Member, Node, Value};
use serde_saphyr::granit_parser::{Event, Parser, ScanError, Span, Tag, options};

/// Why a text is not YAML that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// In bytes.
    pub offset: usize,
    pub message: String,
}

/// Deepest nesting that is read.
const DEPTH_MAX: usize = 64;

/// Most values that one file is read into, aliases included.
const NODES_MAX: usize = 1_000_000;

/// Every document of a stream.
///
/// # Errors
/// The first thing that is not YAML, or is too much of it.
pub fn parse(text: &str) -> Result<Vec<Node>, YamlError> {
    let mut reader = Reader {
        events: Parser::new_from_str_with_options(text, options! { emit_comments: false }),
        anchors: HashMap::new(),
        nodes: 0,
        last: 0,
    };
    let mut documents = Vec::new();
    while let Some((event, span)) = reader.next()? {
        match event {
            Event::DocumentStart(..) => reader.anchors.clear(),
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            event => documents.push(reader.node(event, &span, 0)?),
        }
    }
    Ok(documents)
}

/// The comments of a text, from what follows the `#`, in their order.
///
/// # Errors
/// The first thing that is not YAML.
pub fn comments(text: &str) -> Result<Vec<String>, YamlError> {
    let mut comments = Vec::new();
    let mut last = 0;
    for event in Parser::new_from_str_with_options(text, options! { emit_comments: true }) {
        match event {
            Ok((Event::Comment(text, _), _)) => comments.push(text.trim().to_owned()),
            Ok((_, span)) => last = span.end.byte_offset().unwrap_or(last),
            Err(error) => return Err(refused(&error, last)),
        }
    }
    Ok(comments)
}

fn refused(error: &ScanError, last: usize) -> YamlError {
    YamlError {
        offset: error.marker().byte_offset().unwrap_or(last),
        message: format!("not valid YAML: {}", error.info()),
    }
}

struct Reader<'a> {
    events: Parser<'a, serde_saphyr::granit_parser::StrInput<'a>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    /// Where the last event ended.
    last: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, YamlError> {
        match self.events.next() {
            None => Ok(None),
            Some(Ok((event, span))) => {
                self.last = span.end.byte_offset().unwrap_or(self.last);
                Ok(Some((event, span)))
            }
            Some(Err(error)) => Err(refused(&error, self.last)),
        }
    }

    fn node(&mut self, event: Event<'a>, span: &Span, depth: usize) -> Result<Node, YamlError> {
        let start = span.start.byte_offset().unwrap_or(self.last);
        let end = span.end.byte_offset().unwrap_or(start);
        let refuse = |message: String| YamlError { offset: start, message };
        self.nodes += 1;
        if depth > DEPTH_MAX || self.nodes > NODES_MAX {
            return Err(refuse(format!("deeper than {DEPTH_MAX} levels or more than {NODES_MAX} values")));
        }
        let (anchor, tag, mut node) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_plain = style == serde_saphyr::granit_parser::ScalarStyle::Plain;
                let is_null = is_plain && tag.is_none() && matches!(&*text, "" | "~" | "null");
                let value = if is_null { Value::Null } else { Value::Text(text.into_owned()) };
                (anchor, tag, Node { value, start, end })
            }
            Event::SequenceStart(_, anchor, tag) => {
                let (nodes, end) = self.sequence(depth)?;
                (anchor, tag, Node { value: Value::List(nodes), start, end })
            }
            Event::MappingStart(_, anchor, tag) => {
                let (members, end) = self.mapping(depth)?;
                (anchor, tag, Node { value: Value::Object(members), start, end })
            }
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                let node = known.ok_or_else(|| refuse("an alias stands inside what it names".to_owned()))?;
                self.nodes += count(&node);
                return Ok(node);
            }
            other => return Err(refuse(format!("unexpected {other:?}"))),
        };
        if let Some(name) = tag.as_deref().and_then(short_name) {
            let inner = std::mem::replace(&mut node.value, Value::Null);
            node.value = function(&name, Node { value: inner, start, end: node.end });
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn sequence(&mut self, depth: usize) -> Result<(Vec<Node>, usize), YamlError> {
        let mut nodes: Vec<Node> = Vec::new();
        while let Some((event, span)) = self.next()? {
            if matches!(event, Event::SequenceEnd) {
                // A block has no end of its own: it ends where its last value does.
                let end = nodes.last().map_or(self.last, |node| node.end);
                return Ok((
                    nodes,
                    end.max(span.end.byte_offset().filter(|_| !span_is_empty(&span)).unwrap_or(0)),
                ));
            }
            nodes.push(self.node(event, &span, depth + 1)?);
        }
        Ok((nodes, self.last))
    }

    fn mapping(&mut self, depth: usize) -> Result<(Vec<Member>, usize), YamlError> {
        let mut members: Vec<Member> = Vec::new();
        while let Some((event, span)) = self.next()? {
            let start = span.start.byte_offset().unwrap_or(self.last);
            let name = match event {
                Event::MappingEnd => {
                    let end = members.last().map_or(self.last, |member| member.node.end);
                    let own = span.end.byte_offset().filter(|_| !span_is_empty(&span)).unwrap_or(0);
                    return Ok((members, end.max(own)));
                }
                Event::Scalar(text, ..) => text.into_owned(),
                _ => {
                    let message = "a key is not a plain word".to_owned();
                    return Err(YamlError { offset: start, message });
                }
            };
            if members.iter().any(|member| member.name == name) {
                let message = format!("`{name}` is given twice in one mapping");
                return Err(YamlError { offset: start, message });
            }
            let Some((event, span)) = self.next()? else { break };
            let node = self.node(event, &span, depth + 1)?;
            members.push(Member { name, start, node });
        }
        Ok((members, self.last))
    }
}

fn span_is_empty(span: &Span) -> bool {
    span.start.byte_offset() == span.end.byte_offset()
}

fn count(node: &Node) -> usize {
    match &node.value {
        Value::List(nodes) => 1 + nodes.iter().map(count).sum::<usize>(),
        Value::Object(members) => 1 + members.iter().map(|member| count(&member.node)).sum::<usize>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => 1,
    }
}

/// The name of a tag of CloudFormation; tags of YAML itself have none.
fn short_name(tag: &Tag) -> Option<String> {
    (!tag.is_yaml_core_schema() && tag.handle() == "!").then(|| tag.suffix().to_owned())
}

/// What a short tag stands for. Source: CloudFormation User Guide, "Intrinsic function reference".
fn function(name: &str, argument: Node) -> Value {
    let (start, end) = (argument.start, argument.end);
    let name = match name {
        "Ref" | "Condition" => name.to_owned(),
        other => format!("Fn::{other}"),
    };
    let _ = end;
    Value::Object(vec![Member { name, start, node: argument }])
}

#[cfg(test)]
mod tests {
    //! What is read, and where it stands.

    use super::parse;
    use iam::json::Node;

    fn one(text: &str) -> Node {
        let mut documents = parse(text).unwrap();
        assert_eq!(documents.len(), 1);
        documents.remove(0)
    }

    #[track_caller]
    fn stands(text: &str, path: &[&str], expected: &str) {
        let root = one(text);
        let node = path.iter().fold(&root, |node, name| match name.parse::<usize>() {
            Ok(index) => &node.as_list().unwrap()[index],
            Err(_) => node.get(name).unwrap(),
        });
        assert_eq!(&text[node.start..node.end], expected);
    }

    #[test]
    fn values_stand_where_they_are_written() {
        let text = "a:\n  b: x # no\n  c:\n    - 'y'\n    - [1, z]\né: \"q\"\n";
        stands(text, &["a", "b"], "x");
        stands(text, &["a", "c", "0"], "'y'");
        stands(text, &["a", "c", "1"], "[1, z]");
        stands(text, &["é"], "\"q\"");
        stands(text, &["a", "c"], "- 'y'\n    - [1, z]");
    }

    #[test]
    fn a_date_and_a_boolean_are_their_texts() {
        let root = one("Version: 2012-10-17\nBool: true\nNone:\n");
        assert_eq!(root.get("Version").unwrap().as_text(), Some("2012-10-17"));
        assert_eq!(root.get("Bool").unwrap().as_text(), Some("true"));
        assert_eq!(root.get("None").unwrap().kind(), "null");
    }

    #[test]
    fn short_tags_are_functions() {
        let root = one("a: !Sub 'x${y}'\nb: !Join ['', [q, !Ref R]]\n");
        assert_eq!(root.get("a").unwrap().get("Fn::Sub").unwrap().as_text(), Some("x${y}"));
        let list = root.get("b").unwrap().get("Fn::Join").unwrap().as_list().unwrap();
        assert_eq!(list[1].as_list().unwrap()[1].get("Ref").unwrap().as_text(), Some("R"));
    }

    #[test]
    fn aliases_are_followed_and_a_bomb_is_not() {
        let root = one("a: &x {k: v}\nb: *x\n");
        assert_eq!(root.get("b").unwrap().get("k").unwrap().as_text(), Some("v"));
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..8 {
            let below = format!("*a{}", level - 1);
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![below; 10].join(",")));
        }
        assert!(parse(&bomb).unwrap_err().message.contains("values"));
    }

    #[test]
    fn refusals_say_where() {
        let error = parse("a: 1\nb: [\n").unwrap_err();
        assert!(error.message.starts_with("not valid YAML"), "{}", error.message);
        let error = parse("a: 1\na: 2\n").unwrap_err();
        assert_eq!((error.message.as_str(), error.offset), ("`a` is given twice in one mapping", 5));
    }

    #[test]
    fn several_documents_are_several_trees() {
        assert_eq!(parse("a: 1\n---\nb: 2\n").unwrap().len(), 2);
    }
}

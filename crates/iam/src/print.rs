//! Policy documents as text, in one form.
//!
//! The elements of a document and of a statement stand in the order of the IAM User Guide, whatever order they
//! were read in; all else, such as values, operators and keys, keeps its order, numbers their spelling, and
//! strings are escaped no more than JSON asks (RFC 8259, section 7). Parsing what is printed gives the same
//! policy, and printing that gives the same text.
//!
//! Does not judge: whatever is JSON can be printed. Follows IAM User Guide, "IAM JSON policy element reference".

use crate::json::{Member, Node, Value};

/// The document on one line without white space, which is how to hand it in where every character counts.
pub fn minified(document: &Node) -> String {
    print(document, Layout::Minified)
}

/// The document for people: one value a line, two spaces a level, no line end after the last.
pub fn pretty(document: &Node) -> String {
    print(document, Layout::Pretty)
}

fn print(document: &Node, layout: Layout) -> String {
    let mut printer = Printer { text: String::new(), layout, depth: 0 };
    printer.node(document, Place::Document);
    printer.text
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Minified,
    Pretty,
}

/// Where in a document a node stands, as far as that orders its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Document,
    /// A statement, or the list of statements.
    Statement,
    Inside,
}

impl Place {
    /// The names that stand first, in order.
    fn elements(self) -> &'static [&'static str] {
        match self {
            Self::Document => &["Version", "Id", "Statement"],
            Self::Statement => &[
                "Sid",
                "Effect",
                "Principal",
                "NotPrincipal",
                "Action",
                "NotAction",
                "Resource",
                "NotResource",
                "Condition",
            ],
            Self::Inside => &[],
        }
    }

    fn below(self, name: &str) -> Self {
        match self {
            Self::Document if name == "Statement" => Self::Statement,
            Self::Document | Self::Statement | Self::Inside => Self::Inside,
        }
    }

    /// Where the items of a list stand: those of the list of statements are statements.
    fn items(self) -> Self {
        match self {
            Self::Statement => Self::Statement,
            Self::Document | Self::Inside => Self::Inside,
        }
    }
}

struct Printer {
    text: String,
    layout: Layout,
    depth: usize,
}

impl Printer {
    fn node(&mut self, node: &Node, place: Place) {
        match &node.value {
            Value::Null => self.text.push_str("null"),
            Value::Bool(true) => self.text.push_str("true"),
            Value::Bool(false) => self.text.push_str("false"),
            Value::Number(spelling) => self.text.push_str(spelling),
            Value::Text(text) => self.string(text),
            Value::List(nodes) => self.enclosed('[', ']', nodes, |printer, node| {
                printer.node(node, place.items());
            }),
            Value::Object(members) => {
                let elements = place.elements();
                let rank = |member: &&Member| {
                    elements.iter().position(|name| *name == member.name).unwrap_or(elements.len())
                };
                let mut ordered: Vec<&Member> = members.iter().collect();
                ordered.sort_by_key(rank);
                self.enclosed('{', '}', &ordered, |printer, member| {
                    printer.string(&member.name);
                    printer.text.push_str(match printer.layout {
                        Layout::Minified => ":",
                        Layout::Pretty => ": ",
                    });
                    printer.node(&member.node, place.below(&member.name));
                });
            }
        }
    }

    fn enclosed<T>(&mut self, open: char, close: char, items: &[T], print: impl Fn(&mut Self, &T)) {
        self.text.push(open);
        self.depth += 1;
        for (number, item) in items.iter().enumerate() {
            if number > 0 {
                self.text.push(',');
            }
            self.line_end();
            print(self, item);
        }
        self.depth -= 1;
        if !items.is_empty() {
            self.line_end();
        }
        self.text.push(close);
    }

    fn line_end(&mut self) {
        match self.layout {
            Layout::Minified => {}
            Layout::Pretty => {
                self.text.push('\n');
                self.text.extend(std::iter::repeat_n("  ", self.depth));
            }
        }
    }

    fn string(&mut self, text: &str) {
        self.text.push('"');
        for character in text.chars() {
            match character {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                '\u{0}'..='\u{1F}' => {
                    self.text.push_str(&format!("\\u{:04x}", u32::from(character)));
                }
                other => self.text.push(other),
            }
        }
        self.text.push('"');
    }
}

#[cfg(test)]
mod tests;

//! Parts of a policy that are not known where it is read: references of a template, and words like
//! `<account-id>` that somebody is to replace.
//!
//! A part that is not known is never taken for wrong. Where it stands in an action or a resource the document is
//! read twice, once as if the part matched everything and once as if it matched nothing else, and only what holds
//! both times is told. Where it stands in the value of a condition it becomes a policy variable that no request
//! sets, so that the evaluator itself answers that it does not know.

use std::ops::Range;

use iam::json::{Node, Value};

/// Stands in a text for a part that is not known. From the private use area, so that no policy has it.
pub const MARK: char = '\u{E000}';

/// The variable that stands for a part that is not known.
const VARIABLE: &str = "${postern:unknown}";

/// How parts of actions and resources that are not known are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// As if they matched everything.
    Wide,
    /// As if they matched nothing that anybody else names.
    Narrow,
}

/// Puts marks in place of words that somebody is to replace, and notes where.
pub fn mark_placeholders(node: &mut Node, found: &mut Vec<Range<usize>>) {
    let (start, end) = (node.start, node.end);
    match &mut node.value {
        Value::Text(text) => {
            let marked = without_placeholders(text);
            if let Some(marked) = marked {
                *text = marked;
                found.push(start..end);
            }
        }
        Value::List(nodes) => nodes.iter_mut().for_each(|node| mark_placeholders(node, found)),
        Value::Object(members) => {
            members.iter_mut().for_each(|member| mark_placeholders(&mut member.node, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text with marks in place of `<word>`, `[word]` and `{word}`; none if it has none of these.
fn without_placeholders(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    let mut any = false;
    while let Some(at) = rest.find(['<', '[', '{']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let is_variable = before.ends_with('$') || out.ends_with('$');
        let close = match from.as_bytes()[0] {
            b'<' => '>',
            b'[' => ']',
            _ => '}',
        };
        let inside = from[1..].split_once(close).map(|(inside, _)| inside);
        match inside.filter(|inside| !is_variable && is_word(inside)) {
            Some(inside) => {
                out.push(MARK);
                any = true;
                rest = &from[inside.len() + 2..];
            }
            None => {
                out.push_str(&from[..1]);
                rest = &from[1..];
            }
        }
    }
    out.push_str(rest);
    any.then_some(out)
}

/// Words as people write them for others to replace: a letter, then letters, digits and separators.
fn is_word(inside: &str) -> bool {
    inside.starts_with(|first: char| first.is_ascii_alphabetic())
        && inside.chars().all(|each| each.is_ascii_alphanumeric() || matches!(each, '-' | '_' | ' ' | '.'))
}

/// Places of texts that hold a mark.
pub fn marked(node: &Node, found: &mut Vec<Range<usize>>) {
    match &node.value {
        Value::Text(text) if text.contains(MARK) => found.push(node.start..node.end),
        Value::List(nodes) => nodes.iter().for_each(|node| marked(node, found)),
        Value::Object(members) => members.iter().for_each(|member| marked(&member.node, found)),
        Value::Text(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The document without marks, under one reading.
pub fn read_as(document: &Node, reading: Reading) -> Node {
    let mut read = document.clone();
    fill(&mut read, reading, false);
    read
}

fn fill(node: &mut Node, reading: Reading, in_condition: bool) {
    match &mut node.value {
        Value::Text(text) if text.contains(MARK) => {
            let with = match (in_condition, reading) {
                (true, _) => VARIABLE,
                (false, Reading::Wide) => "*",
                (false, Reading::Narrow) => "unknown",
            };
            *text = text.replace(MARK, with);
        }
        Value::List(nodes) => nodes.iter_mut().for_each(|node| fill(node, reading, in_condition)),
        Value::Object(members) => {
            for member in members {
                let in_condition = in_condition || member.name == "Condition";
                fill(&mut member.node, reading, in_condition);
            }
        }
        Value::Text(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    //! What is taken for a word that somebody is to replace, and what is not.

    use super::{Reading, mark_placeholders, read_as, without_placeholders};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let marked = without_placeholders(text).unwrap_or_else(|| text.to_owned());
        assert_eq!(marked.replace(super::MARK, "●"), expected, "{text}");
    }

    #[test]
    fn words_in_brackets_are_to_be_replaced() {
        check("arn:aws:bedrock:*:[account-id]:project/<name>", "arn:aws:bedrock:*:●:project/●");
        check("inference-profile/{example-prefix}", "inference-profile/●");
    }

    #[test]
    fn variables_and_other_brackets_stay() {
        check("${aws:PrincipalAccount}", "${aws:PrincipalAccount}");
        check("${Account}", "${Account}");
        check("a[0-9]", "a[0-9]");
        check("<", "<");
        check("{}", "{}");
    }

    #[test]
    fn conditions_become_unknown_and_resources_are_read_both_ways() {
        let text = r#"{"Resource":"arn:<part>","Condition":{"StringEquals":{"a:b":"<c>"}}}"#;
        let mut node = iam::json::parse(text.as_bytes()).unwrap();
        let mut found = Vec::new();
        mark_placeholders(&mut node, &mut found);
        assert_eq!(found.len(), 2);
        let print = |reading| iam::print::minified(&read_as(&node, reading));
        assert!(print(Reading::Wide).contains(r#""arn:*""#));
        assert!(print(Reading::Narrow).contains(r#""arn:unknown""#));
        assert!(print(Reading::Wide).contains("${postern:unknown}"));
    }
}

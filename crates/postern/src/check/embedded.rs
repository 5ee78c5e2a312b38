//! A document that stands inside a string of another one, with the place of each of its bytes there.
//!
//! AWS CLI, Terraform and templates carry policies as strings: with JSON escapes, percent-encoded, or as an indented
//! block of YAML. Does not parse what is inside.

use iam::json::Node;

/// A text taken out of a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embedded {
    pub text: String,
    /// For each byte of the text, and for its end, where it stands in the source.
    at: Vec<usize>,
    /// Whether `at` says more than where the string begins.
    pub exact: bool,
}

impl Embedded {
    /// The text of a JSON string; `raw` is the string with its quotes, `start` its place.
    pub fn of_json(text: &str, raw: &str, start: usize) -> Self {
        let mut at = Vec::with_capacity(text.len() + 1);
        let mut rest = raw.char_indices().skip(1).peekable();
        for character in text.chars() {
            let Some((offset, first)) = rest.next() else { return Self::somewhere(text, start) };
            if first == '\\' {
                let escape = rest.next().map(|(_, escape)| escape);
                // A character beyond the basic plane is two escapes.
                let more = match escape {
                    Some('u') if character.len_utf16() == 2 => 10,
                    Some('u') => 4,
                    Some(_) => 0,
                    None => return Self::somewhere(text, start),
                };
                for _ in 0..more {
                    rest.next();
                }
            } else if first != character {
                return Self::somewhere(text, start);
            }
            at.extend(std::iter::repeat_n(start + offset, character.len_utf8()));
        }
        at.push(rest.peek().map_or(start + raw.len(), |(offset, _)| start + offset));
        Self { text: text.to_owned(), at, exact: true }
    }

    /// The text of a YAML scalar; `raw` is the scalar as it is written, `start` its place.
    ///
    /// Followed where every line stands there as it is, only indented, as in a literal block or a plain scalar.
    pub fn of_yaml(text: &str, raw: &str, start: usize) -> Self {
        let mut at = Vec::with_capacity(text.len() + 1);
        let mut from = 0;
        for line in text.split_inclusive('\n') {
            let wanted = line.trim_end_matches('\n');
            let found = raw[from..].find(wanted.trim_start()).map(|found| from + found);
            let indent = wanted.len() - wanted.trim_start().len();
            let Some(found) = found.filter(|found| {
                // Only white space may be passed over, besides what introduces the scalar.
                at.is_empty() || raw[from..*found].trim().is_empty()
            }) else {
                return Self::somewhere(text, start);
            };
            let begin = found.saturating_sub(indent);
            at.extend((0..line.len()).map(|offset| start + begin + offset));
            from = found + wanted.trim_start().len();
        }
        at.push(start + from);
        Self { text: text.to_owned(), at, exact: true }
    }

    /// The same text without percent-encoding, as IAM's API sends documents.
    #[must_use]
    pub fn percent_decoded(self) -> Self {
        if !self.text.starts_with('%') {
            return self;
        }
        let bytes = self.text.as_bytes();
        let hex = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
        let (mut out, mut at, mut index) = (Vec::new(), Vec::new(), 0);
        while index < bytes.len() {
            at.push(self.at[index]);
            match (bytes[index], hex(bytes.get(index + 1)), hex(bytes.get(index + 2))) {
                (b'%', Some(high), Some(low)) => {
                    out.push((high * 16 + low) as u8);
                    index += 3;
                }
                (byte, _, _) => {
                    out.push(byte);
                    index += 1;
                }
            }
        }
        at.push(self.at[bytes.len()]);
        match String::from_utf8(out) {
            Ok(text) => Self { text, at, exact: self.exact },
            Err(_) => self,
        }
    }

    /// The place in the source of an offset in the text.
    pub fn place(&self, offset: usize) -> usize {
        self.at[offset.min(self.at.len() - 1)]
    }

    /// Gives a tree of the text the places of the source.
    pub fn relocate(&self, node: &mut Node) {
        use iam::json::Value;
        (node.start, node.end) = (self.place(node.start), self.place(node.end));
        match &mut node.value {
            Value::List(nodes) => nodes.iter_mut().for_each(|node| self.relocate(node)),
            Value::Object(members) => {
                for member in members {
                    member.start = self.place(member.start);
                    self.relocate(&mut member.node);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
        }
    }

    /// The text, of which only is known where its string begins.
    fn somewhere(text: &str, start: usize) -> Self {
        Self { text: text.to_owned(), at: vec![start; text.len() + 1], exact: false }
    }
}

#[cfg(test)]
mod tests {
    //! Each byte stands where it was written.

    use super::Embedded;

    #[track_caller]
    fn json(raw: &str, wanted: &str, expected: &str) {
        let source = format!("  {raw} ");
        let node = iam::json::parse(source.trim().as_bytes()).unwrap();
        let embedded = Embedded::of_json(node.as_text().unwrap(), raw, 2).percent_decoded();
        assert!(embedded.exact);
        let begin = embedded.text.find(wanted).unwrap();
        let (start, end) = (embedded.place(begin), embedded.place(begin + wanted.len()));
        assert_eq!(&source[start..end], expected);
    }

    #[test]
    fn escapes_of_json_are_followed() {
        json(r#""{\"Effect\": \"Deny\"}""#, "\"Deny\"", r#"\"Deny\""#);
        json(r#""a\u0022b\nc""#, "b\nc", r"b\nc");
        json(r#""a\ud83d\ude00c""#, "c", "c");
        json(r#""é\\x""#, "\\x", r"\\x");
    }

    #[test]
    fn percent_encoding_is_followed() {
        json(r#""%7B%22a%22%7D""#, "\"a\"", "%22a%22");
    }

    #[track_caller]
    fn yaml(raw: &str, text: &str, wanted: &str, expected: Option<&str>) {
        let embedded = Embedded::of_yaml(text, raw, 0);
        let begin = text.find(wanted).unwrap();
        let found = embedded.exact.then(|| &raw[embedded.place(begin)..embedded.place(begin + wanted.len())]);
        assert_eq!(found, expected);
    }

    #[test]
    fn an_indented_block_is_followed_and_a_folded_one_is_not() {
        yaml("|\n  {\n    \"a\": 1\n  }\n", "{\n  \"a\": 1\n}\n", "\"a\"", Some("\"a\""));
        yaml("'{\"a\": 1}'", "{\"a\": 1}", "\"a\"", Some("\"a\""));
        yaml("\"{\\\"a\\\": 1}\"", "{\"a\": 1}", "\"a\"", None);
    }
}

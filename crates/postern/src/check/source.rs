//! A text that was checked, and the places in it.
//!
//! Knows nothing of what the text says. Places count lines and characters from one, as editors do.

use std::sync::Arc;

use iam::json::Place;

/// One file, or part of an environment that stands for one.
#[derive(Clone, Debug)]
pub struct Source {
    /// As it is shown.
    pub path: String,
    /// All of it.
    pub text: Arc<str>,
    /// Where each line begins, in bytes.
    lines: Vec<usize>,
    /// It goes on behind the text with bytes that are none.
    pub goes_on: bool,
}

impl Source {
    /// A text under the name it is shown by.
    pub fn new(path: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { path: path.into(), lines: std::iter::once(0).chain(starts).collect(), text, goes_on: false }
    }

    /// What bytes say, as far as they are text.
    pub fn of_bytes(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::new(path, text),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
                Self { goes_on: true, ..Self::new(path, text) }
            }
        }
    }

    /// The place of a byte offset; behind the end of the text it is the end.
    pub fn place(&self, offset: usize) -> Place {
        let offset = self.boundary(offset);
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[line - 1];
        Place { line, column: self.text[start..offset].chars().count() + 1 }
    }

    /// The text of a line counted from one, without its end.
    pub fn line(&self, number: usize) -> &str {
        let Some(start) = number.checked_sub(1).and_then(|index| self.lines.get(index)) else { return "" };
        let end = self.lines.get(number).map_or(self.text.len(), |next| next - 1);
        self.text[*start..end].trim_end_matches('\r')
    }

    /// The nearest offset at or before this one at which a character begins.
    fn boundary(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        (0..=offset).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    //! Lines and columns as editors count them.

    use super::Source;

    #[track_caller]
    fn check(text: &str, offset: usize, expected: (usize, usize), line: &str) {
        let source = Source::new("x", text);
        let place = source.place(offset);
        assert_eq!((place.line, place.column), expected, "{text:?} at {offset}");
        assert_eq!(source.line(place.line), line);
    }

    #[test]
    fn places_count_lines_and_characters_from_one() {
        check("", 0, (1, 1), "");
        check("a\nbc", 2, (2, 1), "bc");
        check("a\nbc", 3, (2, 2), "bc");
        check("a\r\nbc\r\n", 4, (2, 2), "bc");
        check("é\nx", 3, (2, 1), "x");
    }

    #[test]
    fn an_offset_that_is_no_place_is_the_nearest_before() {
        check("é", 1, (1, 1), "é");
        check("ab", 99, (1, 3), "ab");
        check("a\n", 99, (2, 1), "");
    }
}

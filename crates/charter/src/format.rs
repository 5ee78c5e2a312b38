//! A charter laid out as every charter is: the same values and comments in the same order, other white space.
//!
//! What is written is read again, and it is refused to change a value, to lose a comment or to write something that
//! would be laid out differently the next time. Nothing is sorted: the order in which people tell things is theirs.

use std::fmt;

use iam::json::{Node, Value};
use pretty_yaml::config::{FormatOptions, LanguageOptions, LayoutOptions};

use crate::yaml::{self, YamlError};

/// Longest line before a list or a mapping is broken into lines, in characters.
const WIDTH: usize = 120;

/// Why a text is not laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// It is no YAML.
    Read(YamlError),
    /// It is YAML, and what would be written is not the same; a fault of the formatter.
    Changed { what: &'static str },
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => f.write_str(&error.message),
            Self::Changed { what } => {
                write!(f, "laying this file out would change {what}, so it is left as it is")
            }
        }
    }
}

impl std::error::Error for FormatError {}

/// The text as every charter is laid out.
///
/// # Errors
/// It is no YAML, or it is written so that laying it out would change more than white space.
pub fn format(text: &str) -> Result<String, FormatError> {
    let values = yaml::parse(text).map_err(FormatError::Read)?;
    let comments = yaml::comments(text).map_err(FormatError::Read)?;
    let once = laid_out(text)?;
    let changed = |what: &'static str| FormatError::Changed { what };
    let again = yaml::parse(&once).map_err(|_| changed("what it says"))?;
    let is_same = values.len() == again.len() && values.iter().zip(&again).all(|(a, b)| says_the_same(a, b));
    if !is_same {
        return Err(changed("what it says"));
    }
    if yaml::comments(&once).map_err(|_| changed("its comments"))? != comments {
        return Err(changed("its comments"));
    }
    if laid_out(&once)? != once {
        return Err(changed("each time it is laid out"));
    }
    Ok(once)
}

fn laid_out(text: &str) -> Result<String, FormatError> {
    let options = FormatOptions {
        layout: LayoutOptions { print_width: WIDTH, ..LayoutOptions::default() },
        language: LanguageOptions {
            format_comments: true,
            trailing_comma: false,
            // Nothing in a charter is left out by a word in a comment.
            ignore_comment_directive: String::new(),
            ..LanguageOptions::default()
        },
    };
    // The parser of the formatter subtracts below nothing on some texts of several documents, and then stops the program.
    let formatted = std::panic::catch_unwind(|| pretty_yaml::format_text(text, &options));
    match formatted {
        Ok(Ok(formatted)) => Ok(formatted),
        Ok(Err(_)) | Err(_) => {
            Err(FormatError::Changed { what: "something, as it cannot be read closely enough" })
        }
    }
}

/// Whether two trees have the same values, wherever they stand.
fn says_the_same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| says_the_same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let same = |(a, b): (&iam::json::Member, &iam::json::Member)| {
                a.name == b.name && says_the_same(&a.node, &b.node)
            };
            a.len() == b.len() && a.iter().zip(b).all(same)
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    //! What it makes of texts, and what it never does.

    use proptest::prelude::*;

    use super::format;
    use crate::yaml;

    const UNTIDY: &str = "\
# Ours.
charter:   1


models:
    claude: {runtime: [ 'anthropic.claude-opus-5-5' ,\"x\"], owner: me }   #why
areas:
- at:  /
  # What is open.
  doors:
     others:   unmanaged";

    #[test]
    fn a_charter_is_laid_out_with_its_comments() {
        let expected = "\
# Ours.
charter: 1

models:
  claude: { runtime: [\"anthropic.claude-opus-5-5\", \"x\"], owner: me } # why
areas:
  - at: /
    # What is open.
    doors:
      others: unmanaged
";
        assert_eq!(format(UNTIDY).unwrap(), expected);
    }

    #[test]
    fn anchors_long_texts_and_windows_lines_stay() {
        let text = "a: &x [1, 2]\r\nb: *x\r\nwhy: >\r\n  long\r\n  text\r\nkeep: |\r\n  a\r\n   b\r\n";
        let formatted = format(text).unwrap();
        assert!(formatted.contains("&x") && formatted.contains("*x"), "{formatted}");
        assert_eq!(yaml::parse(&formatted).unwrap()[0].get("why").unwrap().as_text(), Some("long text\n"));
    }

    #[test]
    fn what_is_no_yaml_is_refused_with_its_place() {
        let text = "a: 1\nb: [\n";
        assert_eq!(format(text).unwrap_err().to_string(), yaml::parse(text).unwrap_err().message);
    }

    /// Pieces of YAML that are put together in any order, good and bad.
    fn piece() -> impl Strategy<Value = String> {
        let fixed = [
            "charter: 1\n",
            "models:\n",
            "  claude:\n",
            "    runtime: [a, 'b', \"c\"]\n",
            "- at: /\n",
            "  - x\n",
            "# note\n",
            "   # far\n",
            "\n",
            "key: {a: 1, b: [x,y]} # end\n",
            "? a\n: b\n",
            "t: |\n  x\n   y\n",
            "f: >-\n  x\n\n  y\n",
            "q: \"a\\tb\"\n",
            "s: 'it''s'\n",
            "&a ",
            "*a",
            "---\n",
            "...\n",
            "!Sub ",
            ": ",
            ", ",
            "[",
            "]",
            "{",
            "}",
            "é",
            "~",
        ];
        prop_oneof![proptest::sample::select(fixed.to_vec()).prop_map(str::to_owned), "[ -~\n]{0,6}"]
    }

    #[test]
    fn what_stops_the_formatter_is_an_error() {
        let found = format("---\n  - x\n---\n");
        assert!(!matches!(found, Err(super::FormatError::Read(_))), "{found:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn laying_out_changes_nothing_and_only_once(pieces in prop::collection::vec(piece(), 0..12)) {
            let text = pieces.concat();
            if let Ok(formatted) = format(&text) {
                prop_assert_eq!(format(&formatted), Ok(formatted.clone()));
                prop_assert_eq!(yaml::comments(&formatted).unwrap(), yaml::comments(&text).unwrap());
            }
        }
    }
}

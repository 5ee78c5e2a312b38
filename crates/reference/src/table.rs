//! Sorted tables of tab-separated lines inside the program.
//!
//! Copies no text. The first use of a table notes where its lines begin, which takes less than a millisecond for the
//! largest; a look-up halves the list of lines. The order is that of the leading columns with ASCII letters in lower
//! case; a tab sorts before every character a column may hold, so the order of the lines is the order of the columns.

use std::cmp::Ordering;
use std::sync::OnceLock;

/// One embedded table. Every line ends with a line feed and holds the same number of columns.
#[derive(Debug)]
pub(crate) struct Table {
    text: &'static str,
    lines: OnceLock<Vec<&'static str>>,
}

impl Table {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text, lines: OnceLock::new() }
    }

    /// All lines, in order.
    pub(crate) fn lines(&'static self) -> &'static [&'static str] {
        self.lines.get_or_init(|| self.text.lines().collect())
    }

    /// The line whose leading columns are `key`, letters compared without case.
    pub(crate) fn find(&'static self, key: &[&str]) -> Option<&'static str> {
        self.position(key).map(|at| self.lines()[at])
    }

    /// The number of the line whose leading columns are `key`, letters compared without case.
    pub(crate) fn position(&'static self, key: &[&str]) -> Option<usize> {
        self.lines().binary_search_by(|line| compare(line, key)).ok()
    }

    /// All lines whose first column is `key`, in order.
    pub(crate) fn lines_under(&'static self, key: &str) -> &'static [&'static str] {
        let lines = self.lines();
        let first = lines.partition_point(|line| compare(line, &[key]) == Ordering::Less);
        let end = lines.partition_point(|line| compare(line, &[key]) != Ordering::Greater);
        &lines[first..end]
    }
}

/// Order of a line's leading columns relative to `key`, ASCII letters in lower case.
pub(crate) fn compare(line: &str, key: &[&str]) -> Ordering {
    let mut line = line.bytes();
    for (number, wanted) in key.iter().enumerate() {
        let mut wanted = wanted.bytes();
        loop {
            // A column ends with a tab or the line.
            let found = line.next().filter(|byte| *byte != b'\t').map(|byte| byte.to_ascii_lowercase());
            match (found, wanted.next().map(|byte| byte.to_ascii_lowercase())) {
                (None, None) => break,
                (None, Some(_)) => return Ordering::Less,
                (Some(_), None) => return Ordering::Greater,
                (Some(found), Some(wanted)) if found != wanted => return found.cmp(&wanted),
                (Some(_), Some(_)) => {}
            }
        }
        if number + 1 < key.len() && line.len() == 0 {
            return Ordering::Less;
        }
    }
    Ordering::Equal
}

/// The columns of one embedded line.
///
/// # Panics
/// When an embedded line has another number of columns: a bug of the generator, which a test over every line finds.
pub(crate) fn columns<const N: usize>(line: &'static str) -> [&'static str; N] {
    let mut found = line.splitn(N, '\t');
    let columns = [(); N].map(|()| found.next().expect("an embedded line lacks a column"));
    // Only in tests: the last column of a managed policy is a long text.
    debug_assert!(!columns[N - 1].contains('\t'), "an embedded line has a column too many");
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    static TABLE: Table = Table::new("a\tx\t1\na\tY\t2\na-b\tx\t3\nb\tz\t4\n");

    #[track_caller]
    fn check(key: &[&str], expected: Option<&str>) {
        assert_eq!(TABLE.find(key), expected, "{key:?}");
    }

    #[test]
    fn every_line_is_found_by_its_key_without_case() {
        check(&["a", "x"], Some("a\tx\t1"));
        check(&["A", "y"], Some("a\tY\t2"));
        check(&["a-b", "X"], Some("a-b\tx\t3"));
        check(&["b", "z"], Some("b\tz\t4"));
    }

    #[test]
    fn neighbours_of_a_key_are_not_found() {
        check(&["", "x"], None);
        check(&["a", "w"], None);
        check(&["a", "z"], None);
        check(&["a-", "x"], None);
        check(&["b", "zz"], None);
        check(&["c", "z"], None);
    }

    #[test]
    fn lines_under_a_key_leave_out_keys_that_only_begin_alike() {
        assert_eq!(TABLE.lines_under("a"), ["a\tx\t1", "a\tY\t2"]);
        assert_eq!(TABLE.lines_under("aa").len(), 0);
    }

    #[test]
    fn an_empty_table_holds_nothing() {
        static EMPTY: Table = Table::new("");
        assert_eq!(EMPTY.find(&["a"]), None);
    }
}

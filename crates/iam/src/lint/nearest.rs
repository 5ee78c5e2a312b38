//! The name that was probably meant.
//!
//! Counts the letters to add, drop, change or swap; it knows nothing of meanings.

/// The name nearest to `text`, letters compared without case, when it is near enough to be a slip of the pen.
pub fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let text = text.to_ascii_lowercase();
    let slips_max = (text.len() / 4).clamp(1, 3);
    names
        .filter(|name| name.len().abs_diff(text.len()) <= slips_max)
        .map(|name| (slips(text.as_bytes(), name.to_ascii_lowercase().as_bytes()), name))
        .filter(|(slips, _)| *slips <= slips_max)
        .min()
        .map(|(_, name)| name)
}

/// Fewest letters to add, drop, change or swap with their neighbour (optimal string alignment).
fn slips(a: &[u8], b: &[u8]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let changed = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = changed.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let names = ["InvokeModel", "InvokeFlow", "ListModels", "s3", "Get"];
        assert_eq!(nearest(text, names.into_iter()), expected, "{text}");
    }

    #[test]
    fn slips_of_the_pen_are_found_and_other_words_are_not() {
        check("invokemodle", Some("InvokeModel"));
        check("InvokeModels", Some("InvokeModel"));
        check("InvkeModel", Some("InvokeModel"));
        check("Converse", None);
        check("sq", Some("s3"));
        check("Put", None);
        check("", None);
    }
}

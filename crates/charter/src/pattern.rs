//! What two patterns of `*` and `?` have in common.
//!
//! Whether one text matches a pattern is the business of [`iam::glob`]; here patterns are compared with each other:
//! whether some text matches both, and whether one covers all that the other matches.

/// Whether some text matches both patterns.
pub fn overlap(a: &str, b: &str) -> bool {
    if begin_apart(a, b) {
        return false;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // `reached[j]`: what is left of `a` from the current place and of `b` from `j` have a text in common.
    let mut reached = vec![false; b.len() + 1];
    for i in (0..=a.len()).rev() {
        let below = reached.clone();
        for j in (0..=b.len()).rev() {
            let (left, right) = (a.get(i), b.get(j));
            reached[j] = match (left, right) {
                (None, None) => true,
                (Some('*'), None) => below[j],
                (None, Some('*')) => reached[j + 1],
                (Some('*'), Some('*')) => below[j] || reached[j + 1],
                (Some('*'), Some(_)) => below[j] || reached[j + 1],
                (Some(_), Some('*')) => reached[j + 1] || below[j],
                (Some(x), Some(y)) => (x == y || *x == '?' || *y == '?') && below[j + 1],
                (None, Some(_)) | (Some(_), None) => false,
            };
        }
    }
    reached[0]
}

/// Whether every text that matches `narrow` surely matches `wide`; never wrongly yes, sometimes wrongly no.
pub fn covers(wide: &str, narrow: &str) -> bool {
    if begin_apart(wide, narrow) {
        return false;
    }
    let (wide, narrow): (Vec<char>, Vec<char>) = (wide.chars().collect(), narrow.chars().collect());
    let mut reached = vec![false; narrow.len() + 1];
    for i in (0..=wide.len()).rev() {
        let below = reached.clone();
        for j in (0..=narrow.len()).rev() {
            reached[j] = match (wide.get(i), narrow.get(j)) {
                (None, None) => true,
                (Some('*'), None) => below[j],
                (Some('*'), Some(_)) => below[j] || reached[j + 1],
                (Some('?'), Some(y)) => *y != '*' && below[j + 1],
                (Some(x), Some(y)) => x == y && *y != '?' && below[j + 1],
                (None, Some(_)) | (Some(_), None) => false,
            };
        }
    }
    reached[0]
}

/// Whether the texts before the first wildcards differ, which settles most comparisons.
fn begin_apart(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let wild = |byte: &u8| matches!(byte, b'*' | b'?');
    let differ = a.iter().zip(b).take_while(|(x, y)| !wild(x) && !wild(y)).any(|(x, y)| x != y);
    let exact = !a.iter().any(wild) && !b.iter().any(wild);
    differ || (exact && a != b)
}

#[cfg(test)]
mod tests {
    //! Against every short text over a small alphabet.

    use iam::glob::Glob;

    use super::{covers, overlap};

    fn words(alphabet: &[char], length_max: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..length_max {
            last = last
                .iter()
                .flat_map(|word| alphabet.iter().map(move |letter| format!("{word}{letter}")))
                .collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    #[test]
    fn patterns_compare_as_the_sets_of_their_texts() {
        let patterns = words(&['a', 'b', '*', '?'], 4);
        let texts = words(&['a', 'b', 'c'], 5);
        let matched: Vec<Vec<bool>> = patterns
            .iter()
            .map(|pattern| {
                let glob = Glob::new(pattern);
                texts.iter().map(|text| glob.matches(text)).collect()
            })
            .collect();
        for (i, a) in patterns.iter().enumerate() {
            for (j, b) in patterns.iter().enumerate() {
                // A text both match is never longer than both patterns together, most are much shorter.
                let both = matched[i].iter().zip(&matched[j]).any(|(x, y)| *x && *y);
                if both {
                    assert!(overlap(a, b), "{a} {b}");
                }
                if a.len() + b.len() <= 5 {
                    assert_eq!(overlap(a, b), both, "{a} {b}");
                }
                let all = matched[j].iter().zip(&matched[i]).all(|(narrow, wide)| !narrow || *wide);
                assert!(!covers(a, b) || all, "{a} {b}");
            }
        }
        assert!(covers("x.a*", "x.ab*") && covers("x.a*", "x.a?") && !covers("x.a?", "x.a*"));
        assert!(covers("*", "?*") && covers("a*c", "a*b*c") && !covers("ab", "a?"));
    }
}

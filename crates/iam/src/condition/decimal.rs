//! Decimal numbers of any length, compared exactly.
//!
//! Numeric condition operators take integers and decimals as text (IAM User Guide, "Numeric condition
//! operators"). There are no exponents, no infinities and no rounding.

use std::cmp::Ordering;

/// A decimal number in normal form, as it stands in some text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal<'a> {
    negative: bool,
    /// Without leading zeros.
    whole: &'a str,
    /// Without trailing zeros.
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    /// Reads `-12`, `0.5`, `+3.`, `.5`; blanks around it are ignored.
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let (negative, digits) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        let is_zero = whole.is_empty() && fraction.is_empty();
        Some(Self { negative: negative && !is_zero, whole, fraction })
    }

    /// What its absolute value is compared by.
    fn size(&self) -> (usize, &'a str, &'a str) {
        (self.whole.len(), self.whole, self.fraction)
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.size().cmp(&other.size()),
            (true, true) => other.size().cmp(&self.size()),
        }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    //! How numbers compare.

    use super::*;

    #[track_caller]
    fn check(left: &str, right: &str, expected: Ordering) {
        let (l, r) = (Decimal::parse(left).unwrap(), Decimal::parse(right).unwrap());
        assert_eq!(l.cmp(&r), expected, "{left} to {right}");
        assert_eq!(l.partial_cmp(&r), Some(expected), "{left} to {right}");
        assert_eq!(r.cmp(&l), expected.reverse(), "{right} to {left}");
    }

    #[test]
    fn numbers_compare_by_value() {
        check("30", "30.0", Ordering::Equal);
        check("007", "7", Ordering::Equal);
        check("-0", "0", Ordering::Equal);
        check("9", "10", Ordering::Less);
        check("0.5", "0.25", Ordering::Greater);
        check(".5", "0.50", Ordering::Equal);
        check("+3.", "3", Ordering::Equal);
        check("-2", "-1", Ordering::Less);
        check("-2", "1", Ordering::Less);
        check("9007199254740993", "9007199254740992", Ordering::Greater);
    }

    #[test]
    fn other_texts_are_not_numbers() {
        for text in ["", "-", ".", "1e3", "0x10", "1,000", "NaN", "1.2.3", "--1", "١"] {
            assert_eq!(Decimal::parse(text), None, "{text:?}");
        }
    }
}

//! Days, as a charter writes them.
//!
//! A day begins at midnight UTC. No clock is read: today is told.

use std::fmt;

use iam::condition::Instant;

/// A day of the calendar.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(String);

impl Day {
    /// The day that `YYYY-MM-DD` names.
    pub fn parse(text: &str) -> Option<Self> {
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        (shape && Instant::parse(text).is_some()).then(|| Self(text.to_owned()))
    }

    /// Its beginning as a condition writes it.
    pub fn midnight(&self) -> String {
        format!("{}T00:00:00Z", self.0)
    }

    /// Its beginning.
    pub fn instant(&self) -> Instant {
        Instant::parse(&self.0).expect("a day was parsed when it was made")
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Day;

    #[track_caller]
    fn check(text: &str, expected: bool) {
        assert_eq!(Day::parse(text).is_some(), expected, "{text}");
    }

    #[test]
    fn days_are_of_the_calendar() {
        check("2027-01-31", true);
        check("2028-02-29", true);
        check("2027-02-29", false);
        check("2027-1-31", false);
        check("2027-13-01", false);
        check("2027-01-31T00:00:00Z", false);
        check("20270131", false);
        check("", false);
    }

    #[test]
    fn days_are_in_order() {
        assert!(Day::parse("2026-12-31") < Day::parse("2027-01-01"));
    }
}

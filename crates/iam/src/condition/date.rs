//! Points in time as date condition operators read them.
//!
//! ISO 8601 in the W3C profile, or seconds since 1970 (IAM User Guide, "Date condition operators"). Four
//! digits alone are a year. A time without a zone is taken as UTC. No clock is read here.

/// A point in time, exact to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant {
    seconds: i64,
    nanoseconds: u32,
}

impl Instant {
    /// Reads `2026`, `2026-11`, `2026-11-22`, `2026-11-22T01:45[:51[.5]][Z|+01:00|+0100]` or epoch seconds.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() != 4 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self { seconds: text.parse().ok()?, nanoseconds: 0 });
        }
        let (date, time) = match text.split_once(['T', 't']) {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let mut parts = date.split('-');
        let year = number(parts.next()?, 4)?;
        let month = parts.next().map_or(Some(1), |part| number(part, 2))?;
        let day = parts.next().map_or(Some(1), |part| number(part, 2))?;
        let is_day = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        if parts.next().is_some() || !is_day || (time.is_some() && date.len() != 10) {
            return None;
        }
        let midnight = days_since_1970(year, month, day) * 86_400;
        let Some(time) = time else { return Some(Self { seconds: midnight, nanoseconds: 0 }) };
        let (clock, offset) = zone(time)?;
        let (seconds, nanoseconds) = time_of_day(clock)?;
        Some(Self { seconds: midnight + seconds - offset, nanoseconds })
    }
}

impl Instant {
    /// Whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.seconds
    }
}

/// Splits `hh:mm:ss` from its zone; the zone in seconds east of UTC.
fn zone(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(sign) = time.find(['+', '-']) else { return Some((time, 0)) };
    let (clock, zone) = time.split_at(sign);
    let digits: String = zone[1..].split(':').collect();
    if digits.len() != 4 {
        return None;
    }
    let (hours, minutes) = (number(&digits[..2], 2)?, number(&digits[2..], 2)?);
    let offset = (hours * 60 + minutes) * 60;
    (hours < 24 && minutes < 60).then_some((clock, if zone.starts_with('-') { -offset } else { offset }))
}

/// Seconds and nanoseconds since midnight.
fn time_of_day(clock: &str) -> Option<(i64, u32)> {
    let mut parts = clock.split(':');
    let hour = number(parts.next()?, 2)?;
    let minute = number(parts.next()?, 2)?;
    let (second, fraction) = match parts.next() {
        Some(second) => second.split_once('.').map_or((second, "0"), |(second, fraction)| (second, fraction)),
        None => ("00", "0"),
    };
    let second = number(second, 2)?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    if fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let nanoseconds = number(fraction, fraction.len())? * 10_i64.pow(9 - fraction.len() as u32);
    Some(((hour * 60 + minute) * 60 + second, nanoseconds as u32))
}

/// Exactly `digits` ASCII digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    if text.len() != digits {
        return None;
    }
    text.bytes()
        .try_fold(0, |so_far, byte| byte.is_ascii_digit().then(|| so_far * 10 + i64::from(byte - b'0')))
}

fn days_in(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1 January 1970 in the proleptic Gregorian calendar, years counted from March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days_before_year = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days_before_month = (153 * month + 2) / 5;
    days_before_year + days_before_month + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    //! What counts as a date, with another library's calendar as witness.

    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn same(left: &str, right: &str) {
        assert_eq!(Instant::parse(left).unwrap(), Instant::parse(right).unwrap(), "{left} and {right}");
    }

    #[test]
    fn every_form_names_the_same_instant() {
        same("2026", "2026-01-01T00:00:00Z");
        same("2026-11", "2026-11-01");
        same("2026-11-22", "2026-11-22T00:00Z");
        same("2026-11-22T01:45:51+01:00", "2026-11-22T00:45:51Z");
        same("2026-11-22T01:45:51-0130", "2026-11-22T03:15:51Z");
        same("2026-11-22T01:45:51", "2026-11-22T01:45:51.000z");
        same("1970-01-01T00:00:10Z", "10");
        same("1795311951", "2026-11-22T01:45:51Z");
    }

    #[test]
    fn fractions_order_instants() {
        assert!(Instant::parse("2026-01-01T00:00:00.5Z") > Instant::parse("2026-01-01T00:00:00.25Z"));
        assert!(Instant::parse("1969-12-31T23:59:59Z") < Instant::parse("0"));
    }

    #[test]
    fn other_texts_are_not_dates() {
        for text in [
            "",
            "tomorrow",
            "2026-13-01",
            "2026-02-29",
            "2026-1-1",
            "2026-11-22T24:00Z",
            "2026-11-22T01:60Z",
            "2026-11T01:00Z",
            "2026-11-22T",
            "2026-11-22T01:00+1",
            "2026-11-22T01:00+24:00",
            "2026-11-22T01:00+23:60",
            "2026-11-22T01:00:00.Z",
            "2026-11-22T01:00:00.+5Z",
            "2026-11-22T01:00:00.0000000001Z",
            "-5",
            "2026-11-22 01:00",
        ] {
            assert_eq!(Instant::parse(text), None, "{text:?}");
        }
    }

    #[track_caller]
    fn last_day(month: &str, day: u32) {
        assert!(Instant::parse(&format!("{month}-{day}")).is_some(), "{month} has {day} days");
        assert_eq!(Instant::parse(&format!("{month}-{}", day + 1)), None, "{month} has only {day} days");
    }

    #[test]
    fn a_month_ends_with_its_last_day() {
        for month in ["01", "03", "05", "07", "08", "10", "12"] {
            last_day(&format!("2026-{month}"), 31);
        }
        for month in ["04", "06", "09", "11"] {
            last_day(&format!("2026-{month}"), 30);
        }
        last_day("2026-02", 28);
        last_day("2028-02", 29);
        last_day("1900-02", 28);
        last_day("2000-02", 29);
    }

    proptest! {
        #[test]
        fn agrees_with_another_calendar(seconds in -62_000_000_000_i64..250_000_000_000, nanoseconds in 0..1_000_000_000_i32) {
            let there = jiff::Timestamp::new(seconds, if seconds < 0 { 0 } else { nanoseconds }).unwrap();
            let here = Instant::parse(&there.to_string()).unwrap();
            prop_assert_eq!(here.seconds, there.as_second());
            prop_assert_eq!(i64::from(here.nanoseconds), i64::from(there.subsec_nanosecond()));
        }
    }
}

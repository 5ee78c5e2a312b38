//! Whether a statement's Condition holds.
//!
//! It does not know which keys a service supports. Follows IAM User Guide, "IAM JSON policy elements: Condition
//! operators", "Single-valued vs. multivalued context keys" and "Conditions with multiple context keys or values".

use std::cmp::Ordering;
use std::net::IpAddr;

use serde_json::Value;

use super::context::{Context, scalars};
use super::glob::{self, Piece};
use super::readings::Choices;
use super::resource::six_parts;
use super::truth::Truth;
use super::variable;

/// "Conditions with multiple context keys or values": every operator and every key in it must hold.
pub fn holds(statement: &Value, variables: bool, context: &Context, choices: &Choices) -> Truth {
    let Some(condition) = statement.get("Condition") else {
        return Truth::True;
    };
    let Some(operators) = condition.as_object() else {
        return Truth::Unsupported(format!("the Condition {condition}"));
    };
    let mut entries = Vec::new();
    for (operator, keys) in operators {
        let Some(keys) = keys.as_object() else {
            return Truth::Unsupported(format!("the Condition {condition}"));
        };
        for (key, values) in keys {
            entries.push(entry(operator, key, values, variables, context, choices));
        }
    }
    Truth::all(entries)
}

/// One operator with one key and its values.
pub fn entry(
    operator: &str,
    key: &str,
    values: &Value,
    variables: bool,
    context: &Context,
    choices: &Choices,
) -> Truth {
    let Some(operator) = Operator::read(operator) else {
        return Truth::Unsupported(format!("the operator `{operator}`"));
    };
    let Some(values) = scalars(values) else {
        return Truth::Unsupported(format!("the values of `{key}`"));
    };
    let found = context.values(key);
    let (set, if_exists, test, negated) = match operator {
        Operator::Null => return Truth::of(null(&values, &found)),
        Operator::Test { set, if_exists, test, negated } => (set, if_exists, test, negated),
    };
    let satisfies =
        |value: &String| one_satisfies(test, negated, value, &values, variables, context, choices);
    Truth::of(match set {
        None => single_valued(&found, if_exists, negated, satisfies, choices),
        Some(Set::ForAllValues) => for_all_values(&found, satisfies, choices),
        Some(Set::ForAnyValue) => for_any_value(&found, if_exists, satisfies, choices),
    })
}

/// "Condition operators", section "Condition operator to check existence of condition keys": true means the key is
/// absent, false that it is present with a value.
fn null(values: &[String], found: &[String]) -> bool {
    let absent = found.is_empty();
    values.iter().any(|value| is_bool(value) == Some(absent))
}

/// "Condition operators": a missing key fails a positive operator and satisfies a negated one; section "…IfExists":
/// it satisfies the operator.
fn single_valued(
    found: &[String],
    if_exists: bool,
    negated: bool,
    satisfies: impl Fn(&String) -> bool,
    choices: &Choices,
) -> bool {
    match found {
        [] => if_exists || negated,
        [single] => satisfies(single),
        several => {
            let any = if negated { several.iter().all(&satisfies) } else { several.iter().any(&satisfies) };
            choices.choose("several-values", any, false)
        }
    }
}

/// "Single-valued vs. multivalued context keys", ForAllValues: every value of the request satisfies the operator; also
/// true when the key is missing or resolves to a null data set, such as an empty string.
fn for_all_values(found: &[String], satisfies: impl Fn(&String) -> bool, choices: &Choices) -> bool {
    let every = found.iter().all(satisfies);
    if found == [""] {
        return choices.choose("empty-string", every, true);
    }
    every
}

/// "Single-valued vs. multivalued context keys", ForAnyValue: some value of the request satisfies the operator; false
/// when the key is missing.
fn for_any_value(
    found: &[String],
    if_exists: bool,
    satisfies: impl Fn(&String) -> bool,
    choices: &Choices,
) -> bool {
    if found.is_empty() && if_exists {
        return choices.choose("for-any-value-if-exists", true, false);
    }
    found.iter().any(satisfies)
}

/// "Conditions with multiple context keys or values": the values of a positive operator are alternatives (OR), those
/// of a negated one are all excluded (NOR).
fn one_satisfies(
    test: Test,
    negated: bool,
    found: &str,
    values: &[String],
    variables: bool,
    context: &Context,
    choices: &Choices,
) -> bool {
    let outcomes: Vec<Outcome> =
        values.iter().map(|value| compare(test, found, value, variables, context, choices)).collect();
    let some_matches = outcomes.contains(&Outcome::Matches);
    if !negated {
        return some_matches;
    }
    let some_malformed = outcomes.contains(&Outcome::Malformed);
    choices.choose("malformed-negated", !some_matches, !some_matches && !some_malformed)
}

/// An operator as written, with its set qualifier and its suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Null,
    Test { set: Option<Set>, if_exists: bool, test: Test, negated: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    ForAllValues,
    ForAnyValue,
}

/// What is compared; a negated operator is the denial of one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Numeric(Order),
    Date(Order),
    Bool,
    BinaryEquals,
    IpAddress,
    Arn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Equals,
    LessThan,
    LessThanEquals,
    GreaterThan,
    GreaterThanEquals,
}

impl Operator {
    /// "Condition operators": every operator but Null takes the suffix IfExists; "Single-valued vs. multivalued
    /// context keys": the prefixes. Names are compared without regard to case.
    fn read(name: &str) -> Option<Operator> {
        let name = name.to_lowercase();
        if name == "null" {
            return Some(Operator::Null);
        }
        let (set, name) = if let Some(rest) = name.strip_prefix("forallvalues:") {
            (Some(Set::ForAllValues), rest)
        } else if let Some(rest) = name.strip_prefix("foranyvalue:") {
            (Some(Set::ForAnyValue), rest)
        } else {
            (None, name.as_str())
        };
        let (name, if_exists) = match name.strip_suffix("ifexists") {
            Some(rest) => (rest, true),
            None => (name, false),
        };
        let (test, negated) = match name {
            "stringequals" => (Test::StringEquals, false),
            "stringnotequals" => (Test::StringEquals, true),
            "stringequalsignorecase" => (Test::StringEqualsIgnoreCase, false),
            "stringnotequalsignorecase" => (Test::StringEqualsIgnoreCase, true),
            "stringlike" => (Test::StringLike, false),
            "stringnotlike" => (Test::StringLike, true),
            "numericequals" => (Test::Numeric(Order::Equals), false),
            "numericnotequals" => (Test::Numeric(Order::Equals), true),
            "numericlessthan" => (Test::Numeric(Order::LessThan), false),
            "numericlessthanequals" => (Test::Numeric(Order::LessThanEquals), false),
            "numericgreaterthan" => (Test::Numeric(Order::GreaterThan), false),
            "numericgreaterthanequals" => (Test::Numeric(Order::GreaterThanEquals), false),
            "dateequals" => (Test::Date(Order::Equals), false),
            "datenotequals" => (Test::Date(Order::Equals), true),
            "datelessthan" => (Test::Date(Order::LessThan), false),
            "datelessthanequals" => (Test::Date(Order::LessThanEquals), false),
            "dategreaterthan" => (Test::Date(Order::GreaterThan), false),
            "dategreaterthanequals" => (Test::Date(Order::GreaterThanEquals), false),
            "bool" => (Test::Bool, false),
            "binaryequals" => (Test::BinaryEquals, false),
            "ipaddress" => (Test::IpAddress, false),
            "notipaddress" => (Test::IpAddress, true),
            "arnequals" | "arnlike" => (Test::Arn, false),
            "arnnotequals" | "arnnotlike" => (Test::Arn, true),
            _ => return None,
        };
        Some(Operator::Test { set, if_exists, test, negated })
    }
}

/// What comparing one value of the request with one value of the policy gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Matches,
    Differs,
    /// One of the two is no number, date or address.
    Malformed,
}

impl Outcome {
    fn of(matches: bool) -> Outcome {
        if matches { Outcome::Matches } else { Outcome::Differs }
    }

    fn of_parsed(matches: Option<bool>) -> Outcome {
        matches.map_or(Outcome::Malformed, Outcome::of)
    }
}

/// "Condition operators", one section per family. An unset variable makes the value match nothing.
fn compare(
    test: Test,
    found: &str,
    value: &str,
    variables: bool,
    context: &Context,
    choices: &Choices,
) -> Outcome {
    let text = || variable::plain_text(value, variables, context);
    let pattern = || variable::pattern(value, variables, context);
    match test {
        Test::StringEquals => Outcome::of(text().is_some_and(|text| text == found)),
        Test::StringEqualsIgnoreCase => {
            Outcome::of(text().is_some_and(|text| text.to_lowercase() == found.to_lowercase()))
        }
        Test::StringLike => Outcome::of(pattern().is_some_and(|pattern| glob::matches(&pattern, found))),
        Test::Arn => Outcome::of(pattern().is_some_and(|pattern| arn_matches(&pattern, found, choices))),
        Test::Bool => {
            let literal = bool_matches(found, Some(value));
            let substituted = bool_matches(found, text().as_deref());
            Outcome::of(choices.choose("bool-variables", literal, substituted))
        }
        Test::BinaryEquals => Outcome::of(found == value),
        Test::IpAddress => Outcome::of_parsed(address_within(found, value)),
        Test::Numeric(order) => Outcome::of_parsed(
            Decimal::read(found).zip(Decimal::read(value)).map(|(one, other)| one.is(order, &other)),
        ),
        Test::Date(order) => Outcome::of_parsed(
            Instant::read(found).zip(Instant::read(value)).map(|(one, other)| one.is(order, &other)),
        ),
    }
}

/// Section "Amazon Resource Name (ARN) condition operators": each of the six colon-delimited components is checked
/// separately and each can include wildcards.
fn arn_matches(pattern: &[Piece], found: &str, choices: &Choices) -> bool {
    let parts = six_parts(pattern);
    if parts.len() < 6 {
        let ends_in_star = parts.last().is_some_and(|last| last.last() == Some(&Piece::AnyRun));
        return choices.choose("short-arn-pattern", false, ends_in_star && glob::matches(pattern, found));
    }
    let found: Vec<&str> = found.splitn(6, ':').collect();
    found.len() == 6 && parts.iter().zip(found).all(|(part, text)| glob::matches(part, text))
}

/// Section "Boolean condition operators".
fn bool_matches(found: &str, value: Option<&str>) -> bool {
    match (is_bool(found), value.and_then(is_bool)) {
        (Some(found), Some(value)) => found == value,
        (_, _) => false,
    }
}

fn is_bool(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Section "IP address condition operators": a range in CIDR form, or one address. The two versions never match each
/// other.
fn address_within(found: &str, range: &str) -> Option<bool> {
    let found: IpAddr = found.parse().ok()?;
    let (network, length) = match range.split_once('/') {
        Some((network, length)) => (network, Some(length)),
        None => (range, None),
    };
    let network: IpAddr = network.parse().ok()?;
    let bits_max = bits(network).len();
    let length = match length {
        Some(text) => whole_number(text)?,
        None => bits_max,
    };
    if length > bits_max {
        return None;
    }
    let (found, network) = (bits(found), bits(network));
    Some(found.len() == network.len() && found[..length] == network[..length])
}

/// The bits of an address from the left: 32 or 128 of them.
fn bits(address: IpAddr) -> Vec<bool> {
    let bytes = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    bytes.iter().flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1 == 1)).collect()
}

fn whole_number(text: &str) -> Option<usize> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Section "Numeric condition operators": an integer or decimal number, compared exactly.
struct Decimal {
    negative: bool,
    /// Without leading zeros.
    whole: String,
    /// Without trailing zeros.
    fraction: String,
}

impl Decimal {
    fn read(text: &str) -> Option<Decimal> {
        let (minus, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0').to_string();
        let fraction = fraction.trim_end_matches('0').to_string();
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Decimal { negative: minus && !zero, whole, fraction })
    }

    fn is(&self, order: Order, other: &Decimal) -> bool {
        let size = |one: &Decimal| (one.whole.len(), one.whole.clone(), one.fraction.clone());
        let found = match (self.negative, other.negative) {
            (false, false) => size(self).cmp(&size(other)),
            (true, true) => size(other).cmp(&size(self)),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        };
        in_order(order, found)
    }
}

/// Section "Date condition operators": one of the W3C forms of ISO 8601, or seconds since 1970.
struct Instant {
    seconds: i128,
    /// The digits after the decimal point, without trailing zeros.
    fraction: String,
}

impl Instant {
    fn read(text: &str) -> Option<Instant> {
        let only_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // Four digits are a year; any other run of digits is a count of seconds.
        if only_digits && text.len() != 4 {
            return Some(Instant { seconds: text.parse().ok()?, fraction: String::new() });
        }
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let fields: Vec<&str> = date.split('-').collect();
        let (year, month, day) = match (fields.as_slice(), time) {
            ([year], None) => (digits(year, 4)?, 1, 1),
            ([year, month], None) => (digits(year, 4)?, digits(month, 2)?, 1),
            ([year, month, day], _) => (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?),
            (_, _) => return None,
        };
        if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        let midnight = days_since_1970(year, month, day) * 86_400;
        match time {
            None => Some(Instant { seconds: midnight, fraction: String::new() }),
            Some(time) => {
                let (seconds, fraction) = time_of_day(time)?;
                Some(Instant { seconds: midnight + seconds, fraction })
            }
        }
    }

    fn is(&self, order: Order, other: &Instant) -> bool {
        in_order(order, (self.seconds, &self.fraction).cmp(&(other.seconds, &other.fraction)))
    }
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.s`, then the zone: seconds after midnight UTC, and the digits of the fraction.
fn time_of_day(text: &str) -> Option<(i128, String)> {
    let zone_start = text.find(['Z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(zone_start);
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let fields: Vec<&str> = clock.split(':').collect();
    let (hour, minute, second) = match (fields.as_slice(), fraction) {
        ([hour, minute], None) => (digits(hour, 2)?, digits(minute, 2)?, 0),
        ([hour, minute, second], _) => (digits(hour, 2)?, digits(minute, 2)?, digits(second, 2)?),
        (_, _) => return None,
    };
    let fraction = fraction.unwrap_or("0");
    digits(fraction, fraction.len().max(1))?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = hour * 3_600 + minute * 60 + second - zone_offset_s(zone)?;
    Some((seconds, fraction.trim_end_matches('0').to_string()))
}

/// Seconds by which the zone is ahead of UTC; no zone means UTC.
fn zone_offset_s(zone: &str) -> Option<i128> {
    if zone.is_empty() || zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = match zone.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('+')?),
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some(fields) => fields,
        None => rest.split_at_checked(2)?,
    };
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    Some(sign * (hours * 3_600 + minutes * 60))
}

/// Exactly `length` decimal digits.
fn digits(text: &str, length: usize) -> Option<i128> {
    if text.len() != length || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn is_leap(year: i128) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i128, month: i128) -> i128 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Counted one year and one month at a time.
fn days_since_1970(year: i128, month: i128, day: i128) -> i128 {
    let days_in_year = |year: i128| if is_leap(year) { 366 } else { 365 };
    let years: i128 = if year >= 1970 {
        (1970..year).map(days_in_year).sum()
    } else {
        -(year..1970).map(days_in_year).sum::<i128>()
    };
    let months: i128 = (1..month).map(|month| days_in_month(year, month)).sum();
    years + months + day - 1
}

fn in_order(order: Order, found: Ordering) -> bool {
    match order {
        Order::Equals => found == Ordering::Equal,
        Order::LessThan => found == Ordering::Less,
        Order::LessThanEquals => found != Ordering::Greater,
        Order::GreaterThan => found == Ordering::Greater,
        Order::GreaterThanEquals => found != Ordering::Less,
    }
}

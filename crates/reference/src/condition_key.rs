//! Condition keys: their type, whether they hold many values, how AWS spells them.
//!
//! Does not compare values. Service keys follow the Service Authorization Reference; global keys follow the IAM User
//! Guide, "AWS global condition context keys".

use std::sync::LazyLock;

use crate::table::{Table, columns};

static KEYS: Table = Table::new(include_str!("../data/condition_keys.tsv"));
static GLOBAL: Table = Table::new(include_str!("../data/global_keys.tsv"));

/// One condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionKey {
    /// The key as AWS spells it; a part chosen by the caller reads `${…}`, or `<…>` in Amazon S3.
    pub name: &'static str,
    /// Type of a value.
    pub value_type: KeyType,
    /// Whether a request may hold many values of it, so that a set operator is needed.
    pub multi_valued: bool,
}

/// Type of one value of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// Text.
    String,
    /// An ARN.
    Arn,
    /// `true` or `false`.
    Bool,
    /// A decimal number.
    Numeric,
    /// A date and time.
    Date,
    /// An IPv4 or IPv6 address.
    IpAddress,
}

/// The key as listed for one service, letters compared without case; `aws:RequestTag/team` finds the template.
pub fn condition_key(service: &str, key: &str) -> Option<ConditionKey> {
    if let Some(line) = KEYS.find(&[service, key]) {
        return Some(read(line));
    }
    let known = crate::service::service(service)?;
    best_instance(KEYS.lines_under(known.prefix), 1, key).map(read)
}

/// All keys listed for one service, global keys included where it lists them.
pub fn condition_keys(service: &str) -> impl Iterator<Item = ConditionKey> + Clone {
    crate::service::service(service)
        .into_iter()
        .flat_map(|known| KEYS.lines_under(known.prefix).iter().copied().map(read))
}

/// The global key of this name, letters compared without case; `aws:PrincipalTag/team` finds the template.
pub fn global_key(key: &str) -> Option<ConditionKey> {
    GLOBAL.find(&[key]).or_else(|| best_instance(GLOBAL.lines(), 0, key)).map(read_global)
}

/// The place of a global key among all of them: a number that no other key has. Letters are compared without case; a key
/// that fills in a template has none.
pub fn global_key_number(key: &str) -> Option<u32> {
    /// By how long they are: few are equally long.
    static BY_LENGTH: LazyLock<Vec<Vec<(String, u32)>>> = LazyLock::new(|| {
        let names = GLOBAL.lines().iter().map(|line| read_global(line).name.to_ascii_lowercase());
        let mut by_length: Vec<Vec<(String, u32)>> = Vec::new();
        for (name, number) in names.zip(0..) {
            if by_length.len() <= name.len() {
                by_length.resize(name.len() + 1, Vec::new());
            }
            by_length[name.len()].push((name, number));
        }
        by_length
    });
    let candidates = BY_LENGTH.get(key.len())?;
    let found = candidates.iter().find(|(name, _)| name == key);
    // Keys are nearly always asked for in lower case.
    let found = found.or_else(|| candidates.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)));
    found.map(|(_, number)| *number)
}

/// All global keys.
pub fn global_keys() -> impl Iterator<Item = ConditionKey> + Clone {
    GLOBAL.lines().iter().copied().map(read_global)
}

/// The key wherever it is known: as a global key, with the service its prefix names, or with any other service (the
/// keys of identity providers, such as `saml:aud`, are listed with `sts`).
pub fn key_anywhere(key: &str) -> Option<ConditionKey> {
    if let Some(known) = global_key(key) {
        return Some(known);
    }
    let prefix = key.split(':').next().unwrap_or(key);
    if crate::service::service(prefix).is_some()
        && let Some(known) = condition_key(prefix, key)
    {
        return Some(known);
    }
    best_instance(KEYS.lines(), 1, key).map(read)
}

/// Whether `key` is `name`, or `name` with its caller-chosen parts filled in; letters compared without case.
pub(crate) fn is_instance(name: &str, key: &str) -> bool {
    name.eq_ignore_ascii_case(key) || matched_literal(name, key).is_some()
}

/// The line whose name, in the given column, is `key` or the most specific template that `key` fills in.
fn best_instance(lines: &[&'static str], column: usize, key: &str) -> Option<&'static str> {
    let mut best: Option<(usize, &'static str)> = None;
    for line in lines {
        let name = line.split('\t').nth(column).unwrap_or("");
        if name.eq_ignore_ascii_case(key) {
            return Some(line);
        }
        if let Some(length) = matched_literal(name, key)
            && best.is_none_or(|(longest, _)| length > longest)
        {
            best = Some((length, line));
        }
    }
    best.map(|(_, line)| line)
}

/// Length of the fixed text of a template that `key` fills in, or nothing when it does not.
fn matched_literal(template: &str, key: &str) -> Option<usize> {
    let open = matched_head(template.as_bytes(), key.as_bytes())?;
    let closing = if template[open..].starts_with('<') { '>' } else { '}' };
    let close = open + template[open..].find(closing)? + 1;
    let (tail, rest) = (&template[close..], &key[open..]);
    if !tail.contains(['$', '<']) {
        let kept = rest.len().checked_sub(tail.len())?;
        let fits = kept > 0 && rest.is_char_boundary(kept) && rest[kept..].eq_ignore_ascii_case(tail);
        return fits.then_some(open + tail.len());
    }
    (1..rest.len())
        .filter(|&at| rest.is_char_boundary(at))
        .find_map(|at| matched_literal(tail, &rest[at..]))
        .map(|length| length + open)
}

/// Where the first caller-chosen part of a template begins, when `key` has the fixed text before it.
fn matched_head(template: &[u8], key: &[u8]) -> Option<usize> {
    for (at, byte) in template.iter().enumerate() {
        if *byte == b'<' || template[at..].starts_with(b"${") {
            return Some(at);
        }
        if !key.get(at).is_some_and(|other| other.eq_ignore_ascii_case(byte)) {
            return None;
        }
    }
    None
}

fn read(line: &'static str) -> ConditionKey {
    let [_service, name, value_type] = columns(line);
    typed(name, value_type)
}

fn read_global(line: &'static str) -> ConditionKey {
    let [name, value_type] = columns(line);
    typed(name, value_type)
}

fn typed(name: &'static str, text: &'static str) -> ConditionKey {
    let single = text.strip_prefix("ArrayOf").unwrap_or(text);
    let value_type = match single {
        "String" => KeyType::String,
        "ARN" => KeyType::Arn,
        "Bool" => KeyType::Bool,
        "Numeric" => KeyType::Numeric,
        "Date" => KeyType::Date,
        "IPAddress" => KeyType::IpAddress,
        other => panic!("an embedded line has the key type {other:?}"),
    };
    ConditionKey { name, value_type, multi_valued: single.len() != text.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(template: &str, key: &str, expected: bool) {
        assert_eq!(is_instance(template, key), expected, "{template} {key}");
    }

    #[test]
    fn a_template_is_filled_by_one_or_more_characters() {
        check("aws:RequestTag/${TagKey}", "aws:requesttag/Team", true);
        check("aws:RequestTag/${TagKey}", "aws:RequestTag/a/b", true);
        check("aws:RequestTag/${TagKey}", "aws:RequestTag/", false);
        check("aws:RequestTag/${TagKey}", "aws:RequestTags/x", false);
        check("s3:ExistingObjectTag/<key>", "s3:existingobjecttag/team", true);
        check("c:a/${i}.b", "c:a/x.b", true);
        check("c:a/${i}.b", "c:a/.b", false);
        check("c:a/${i}.b", "c:a/x.c", false);
        check("agent.${D}.dev:${k}", "agent.acme.dev:sub", true);
        check("agent.${D}.dev:${k}", "agent.acme.dev:", false);
        check("aws:TagKeys", "AWS:tagkeys", true);
        check("aws:TagKeys", "aws:TagKey", false);
    }
}

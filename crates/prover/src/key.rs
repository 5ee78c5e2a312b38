//! What a request may say of one key so that these conditions hold and those do not.
//!
//! Values are looked for, and every answer is asked of the conditions themselves. Texts are found by a search that misses
//! none; numbers, dates and addresses are taken from beside the values that the conditions name, where one of every kind
//! that they tell apart stands. Conditions with variables are not for here.

use std::cell::Cell;

use iam::condition::{Comparison, Condition, Network, Quantifier};
use iam::context::Key;
use iam::request::Request;
use iam::truth::{Ledger, Truth};
use reference::KeyType;

use crate::language::{ANY, Found, Pattern, find};
use crate::resource::{self, Reading, Spelled};

/// A condition, and whether it shall hold.
pub type Wanted<'a> = (&'a Condition, bool);

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The values of the key; none where it is absent.
    Says(Option<Vec<String>>),
    /// Nothing that a request may say.
    Nothing,
    /// Why it is not known.
    Unknown(String),
}

/// What is known of a key.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Whether a request may carry it.
    pub may_be_there: bool,
    pub must_be_there: bool,
    pub multi_valued: bool,
    pub value_type: Option<KeyType>,
}

/// What a request may say of a key. Where the conditions could hold together under one reading of an unsettled point
/// only, that is not known.
pub fn settle(base: &Request, key: &Key, wanted: &[Wanted<'_>], known: Known) -> Settled {
    let of_key = OfKey { base, key, known, is_in_doubt: Cell::new(false) };
    if !known.must_be_there && of_key.all_hold(wanted, None) {
        return Settled::Says(None);
    }
    let found = match known.may_be_there {
        true => of_key.present(wanted),
        false => Settled::Nothing,
    };
    match found {
        Settled::Nothing if of_key.is_in_doubt.get() => {
            Settled::Unknown(format!("the readings of an unsettled point differ for `{}`", key.as_str()))
        }
        found => found,
    }
}

struct OfKey<'a> {
    base: &'a Request,
    key: &'a Key,
    known: Known,
    /// Whether something was met that may be what is wanted, under some reading.
    is_in_doubt: Cell<bool>,
}

impl OfKey<'_> {
    /// One value or several.
    fn present(&self, wanted: &[Wanted<'_>]) -> Settled {
        let single = self.value(wanted);
        match single {
            Settled::Says(_) => return single,
            Settled::Nothing | Settled::Unknown(_) => {}
        }
        match self.values(wanted) {
            Settled::Nothing => single,
            other => other,
        }
    }

    /// Whether a condition holds of a request that says this of the key; none where the evaluator does not know, or
    /// where it depends on a reading.
    fn holds(&self, condition: &Condition, values: Option<&[String]>) -> Option<bool> {
        let values = values.map(<[String]>::to_vec).unwrap_or_default();
        let request = self.base.with_key(self.key.as_str(), values);
        let mut ledger = Ledger::default();
        match condition.matches(&request, &mut ledger) {
            Truth::True if ledger.touched().is_empty() => Some(true),
            Truth::False if ledger.touched().is_empty() => Some(false),
            Truth::True | Truth::False | Truth::Open => None,
        }
    }

    fn all_hold(&self, wanted: &[Wanted<'_>], values: Option<&[String]>) -> bool {
        let mut is_sure = true;
        for (condition, is) in wanted {
            match self.holds(condition, values) {
                Some(holds) if holds == *is => {}
                Some(_) => return false,
                None => is_sure = false,
            }
        }
        if !is_sure {
            self.is_in_doubt.set(true);
        }
        is_sure
    }

    /// One value.
    fn value(&self, wanted: &[Wanted<'_>]) -> Settled {
        let one = |text: &String| std::slice::from_ref(text).to_vec();
        let fits = |text: &String| self.all_hold(wanted, Some(std::slice::from_ref(text)));
        let mut candidates = self.candidates(wanted);
        let of_text = |(condition, _): &&Wanted<'_>| comparison(condition).is_some_and(is_text);
        let texts: Vec<&Wanted<'_>> = wanted.iter().filter(of_text).collect();
        let is_known = |condition: &Condition| comparison(condition).is_some();
        if !wanted.iter().all(|(condition, _)| is_known(condition)) {
            return Settled::Unknown(format!("`{}` has an operator that IAM has not", self.key.as_str()));
        }
        let others = wanted.iter().any(|(condition, _)| {
            comparison(condition).is_some_and(|each| !is_text(each) && each != Comparison::Null)
        });
        // A value of a type that has few, or one beside those that are named.
        if others || self.known.value_type == Some(KeyType::Bool) {
            candidates.extend(texts.iter().flat_map(|(condition, _)| condition.values().to_vec()));
            return match candidates.iter().find(|text| fits(text)) {
                Some(text) => Settled::Says(Some(one(text))),
                None if others && !texts.is_empty() => Settled::Unknown(format!(
                    "`{}` is compared as text and as something else",
                    self.key.as_str()
                )),
                None => Settled::Nothing,
            };
        }
        let (mut each, mut none): (Vec<Vec<Pattern>>, Vec<Pattern>) = (vec![Vec::new()], Vec::new());
        for (condition, is) in &texts {
            let negated = condition.operator().is_ok_and(|operator| operator.negated);
            let patterns = patterns(condition);
            match *is != negated {
                true => each.push(patterns),
                false => none.extend(patterns),
            }
        }
        let mut found = Found::Nothing;
        for shape in self.shapes() {
            each[0] = shape;
            found = find(&each, &none);
            if matches!(found, Found::Text(_)) {
                break;
            }
        }
        match found {
            Found::Text(text) if fits(&text) => Settled::Says(Some(vec![text])),
            // Null alone may be what does not hold.
            Found::Text(text) => match wanted
                .iter()
                .filter(|(condition, _)| comparison(condition) == Some(Comparison::Null))
                .any(|(condition, is)| self.holds(condition, Some(std::slice::from_ref(&text))) != Some(*is))
            {
                true => Settled::Nothing,
                false => Settled::Unknown(format!(
                    "the evaluator takes `{text}` for another value of `{}`",
                    self.key.as_str()
                )),
            },
            Found::Nothing => {
                // What set operators make of a value that is empty is unsettled.
                fits(&String::new());
                Settled::Nothing
            }
            Found::TooMuch => {
                Settled::Unknown(format!("the patterns of `{}` are too many to search", self.key.as_str()))
            }
        }
    }

    /// Several values, which conditions with set operators take one by one: what all shall meet, and for each of the
    /// others one that meets it.
    fn values(&self, wanted: &[Wanted<'_>]) -> Settled {
        let quantifier =
            |condition: &Condition| condition.operator().map(|operator| operator.quantifier).ok();
        let is_null = |condition: &Condition| comparison(condition) == Some(Comparison::Null);
        let of_sets = wanted.iter().all(|(condition, _)| {
            is_null(condition) || matches!(quantifier(condition), Some(Quantifier::All | Quantifier::Any))
        });
        if !self.known.multi_valued {
            return Settled::Nothing;
        }
        if !of_sets {
            // What an operator makes of several values without a set operator is unsettled.
            self.is_in_doubt.set(true);
            return Settled::Nothing;
        }
        let is_for_all = |(condition, is): &Wanted<'_>| {
            is_null(condition)
                || matches!(
                    (quantifier(condition), is),
                    (Some(Quantifier::All), true) | (Some(Quantifier::Any), false)
                )
        };
        let for_all: Vec<Wanted<'_>> = wanted.iter().copied().filter(is_for_all).collect();
        let mut values: Vec<String> = Vec::new();
        for one in wanted.iter().filter(|each| !is_for_all(each)) {
            let alone: Vec<Wanted<'_>> = for_all.iter().copied().chain([*one]).collect();
            match self.value(&alone) {
                Settled::Says(found) => values.extend(found.into_iter().flatten()),
                other => return other,
            }
        }
        values.sort();
        values.dedup();
        match self.all_hold(wanted, Some(&values)) {
            true => Settled::Says(Some(values)),
            false => {
                Settled::Unknown(format!("the evaluator takes values of `{}` otherwise", self.key.as_str()))
            }
        }
    }

    /// What every value of the key looks like; what is liked best comes first, and all there can be last.
    fn shapes(&self) -> Vec<Vec<Pattern>> {
        match self.known.value_type {
            Some(KeyType::Arn) => vec![vec![Pattern::glob("arn:?*:?*:*:*:?*", ANY)]],
            // A tag may have no value.
            _ => vec![vec![Pattern::glob("?*", ANY)], vec![Pattern::glob("*", ANY)]],
        }
    }

    /// Values beside which nothing else is told apart by numbers, dates, addresses and truth values.
    fn candidates(&self, wanted: &[Wanted<'_>]) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let of = |is: fn(Comparison) -> bool| {
            wanted
                .iter()
                .filter(move |(condition, _)| comparison(condition).is_some_and(is))
                .flat_map(|(condition, _)| condition.values())
        };
        let mut numbers: Vec<f64> = of(|each| matches!(each, Comparison::Number(_)))
            .filter_map(|text| text.trim().parse().ok())
            .collect();
        numbers.sort_by(f64::total_cmp);
        found.extend(of(|each| matches!(each, Comparison::Number(_))).cloned());
        found.extend(numbers.windows(2).map(|pair| f64::midpoint(pair[0], pair[1]).to_string()));
        found.extend(numbers.first().map(|least| (least - 1.0).to_string()));
        found.extend(numbers.last().map(|most| (most + 1.0).to_string()));
        for text in of(|each| matches!(each, Comparison::Date(_))) {
            found.push(text.clone());
            found.extend(
                text.strip_suffix('Z')
                    .filter(|text| text.contains('T') && !text.contains('.'))
                    .map(|text| format!("{text}.5Z")),
            );
            if let Some(instant) = iam::condition::Instant::parse(text) {
                found.extend([-1, 1].map(|beside| (instant.seconds() + beside).to_string()));
            }
        }
        for network in of(|each| each == Comparison::Ip).filter_map(|text| Network::parse(text)) {
            found.extend(around(network));
        }
        if of(|each| each == Comparison::Ip).next().is_some() {
            found.extend(["198.51.100.7", "2001:db8::7"].map(str::to_owned));
        }
        if self.known.value_type == Some(KeyType::Bool)
            || of(|each| each == Comparison::Bool).next().is_some()
        {
            found.extend(["true", "false"].map(str::to_owned));
        }
        found.extend(of(|each| each == Comparison::Binary).cloned());
        if of(|each| each == Comparison::Binary).next().is_some() {
            found.push("eA==".to_owned());
        }
        found
    }
}

/// The first address of a network, and those just outside of it.
fn around(network: Network) -> Vec<String> {
    let bits = network.prefix_bits();
    match network.address() {
        std::net::IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            let (first, last) = (address.to_bits() & mask, address.to_bits() | !mask);
            let all = [Some(first), Some(last), first.checked_sub(1), last.checked_add(1)];
            all.into_iter().flatten().map(|bits| std::net::Ipv4Addr::from_bits(bits).to_string()).collect()
        }
        std::net::IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            let (first, last) = (address.to_bits() & mask, address.to_bits() | !mask);
            let all = [Some(first), Some(last), first.checked_sub(1), last.checked_add(1)];
            all.into_iter().flatten().map(|bits| std::net::Ipv6Addr::from_bits(bits).to_string()).collect()
        }
    }
}

fn comparison(condition: &Condition) -> Option<Comparison> {
    condition.operator().ok().map(|operator| operator.comparison)
}

fn is_text(comparison: Comparison) -> bool {
    matches!(
        comparison,
        Comparison::StringEquals
            | Comparison::StringEqualsIgnoreCase
            | Comparison::StringLike
            | Comparison::Arn
    )
}

/// The values of a condition without variables, as patterns of texts; its negation aside.
pub fn patterns(condition: &Condition) -> Vec<Pattern> {
    let read = |template: iam::variable::Template| {
        let letters: Vec<Spelled> = resource::letters(&template)?;
        let plain = || -> String {
            let letter = |each: &Spelled| match each {
                Spelled::Text(letter) | Spelled::Plain(letter) => *letter,
            };
            letters.iter().map(letter).collect()
        };
        match comparison(condition)? {
            Comparison::StringEquals => Some(Pattern::exact(&plain())),
            Comparison::StringEqualsIgnoreCase => Some(Pattern::folded(&plain())),
            Comparison::StringLike => Some(resource::of_spelled(&letters, Reading::Free)),
            // Each part is a pattern for itself; a short one is whole only where it ends in a star.
            Comparison::Arn => {
                match letters.iter().filter(|each| matches!(each, Spelled::Text(':'))).count() < 5 {
                    true => (letters.last() == Some(&Spelled::Text('*')))
                        .then(|| resource::of_spelled(&letters, Reading::Free)),
                    false => Some(resource::of_spelled(&letters, Reading::Segments)),
                }
            }
            Comparison::Number(_)
            | Comparison::Date(_)
            | Comparison::Bool
            | Comparison::Binary
            | Comparison::Ip
            | Comparison::Null => None,
        }
    };
    condition.templates().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    //! Values in corners, each asked of the conditions too.

    use iam::context::Context;
    use iam::request::{Completeness, RequestParts};
    use iam::{Action, Principal};

    use super::*;

    fn said(key: &str, multi_valued: bool, wanted: &[(&str, &[&str], bool)]) -> Settled {
        let base = Request::new(RequestParts {
            principal: Principal::parse("arn:aws:iam::111122223333:role/any").unwrap(),
            action: Action::parse("s3:GetObject").unwrap(),
            resource: "arn:aws:s3:::example-bucket/x".to_owned(),
            resource_account: None,
            context: Context::new(),
            completeness: Completeness::Complete,
        });
        let conditions: Vec<(Condition, bool)> = wanted
            .iter()
            .map(|(operator, values, is)| (Condition::new(operator, key, values.iter().copied(), true), *is))
            .collect();
        let wanted: Vec<Wanted<'_>> = conditions.iter().map(|(condition, is)| (condition, *is)).collect();
        let known = Known { may_be_there: true, must_be_there: false, multi_valued, value_type: None };
        settle(&base, &Key::new(key), &wanted, known)
    }

    fn says(values: &[&str]) -> Settled {
        Settled::Says(Some(values.iter().map(|each| (*each).to_owned()).collect()))
    }

    #[test]
    fn texts_in_another_case_and_texts_that_nobody_names() {
        let team = "aws:PrincipalTag/team";
        assert_eq!(
            said(team, false, &[("StringEqualsIgnoreCase", &["X"], true), ("StringEquals", &["X"], false)]),
            says(&["x"])
        );
        let both = [
            ("StringLike", &["a*"][..], true),
            ("StringEquals", &["a", "ab"], false),
            ("Null", &["false"], true),
        ];
        assert!(
            matches!(said(team, false, &both), Settled::Says(Some(values)) if values[0].starts_with('a'))
        );
        let never = [("StringLike", &["a*"][..], true), ("StringNotLike", &["?*"], true)];
        assert_eq!(said(team, false, &never), Settled::Nothing);
        let bare = [("StringNotLike", &["?*"][..], true), ("Null", &["false"], true)];
        assert_eq!(said(team, false, &bare), says(&[""]));
        // Absent, a negated operator holds.
        assert_eq!(said(team, false, &[("StringNotEquals", &["a"], true)]), Settled::Says(None));
        assert_eq!(
            said(team, false, &[("StringEqualsIfExists", &["a"], true), ("Null", &["true"], true)]),
            Settled::Says(None)
        );
    }

    #[test]
    fn numbers_dates_and_addresses_beside_those_that_are_named() {
        let keys = "s3:max-keys";
        assert_eq!(said(keys, false, &[("NumericGreaterThan", &["10"], true)]), says(&["11"]));
        assert_eq!(
            said(keys, false, &[("NumericGreaterThan", &["5"], true), ("NumericLessThan", &["6"], true)]),
            says(&["5.5"])
        );
        assert_eq!(
            said(keys, false, &[("NumericLessThan", &["5"], true), ("NumericGreaterThan", &["5"], true)]),
            Settled::Nothing
        );
        let now = "aws:CurrentTime";
        let later = said(now, false, &[("DateGreaterThan", &["2026-01-01T00:00:00Z"], true)]);
        assert!(matches!(later, Settled::Says(Some(_))));
        let within = [
            ("DateGreaterThan", &["2026-01-01T00:00:00Z"][..], true),
            ("DateLessThan", &["2026-01-01T00:00:01Z"], true),
        ];
        assert_eq!(said(now, false, &within), says(&["2026-01-01T00:00:00.5Z"]));
        let ip = "aws:SourceIp";
        let between = [
            ("IpAddress", &["10.0.0.0/8"][..], true),
            ("NotIpAddress", &["10.0.0.0/16", "10.255.0.0/16"], true),
        ];
        assert!(
            matches!(said(ip, false, &between), Settled::Says(Some(_))),
            "{:?}",
            said(ip, false, &between)
        );
        let all = [
            ("IpAddress", &["10.0.0.0/8"][..], true),
            ("NotIpAddress", &["10.0.0.0/9", "10.128.0.0/9"], true),
        ];
        assert_eq!(said(ip, false, &all), Settled::Nothing);
    }

    #[test]
    fn several_values_where_a_key_may_have_them() {
        let via = "aws:CalledVia";
        let both =
            [("ForAnyValue:StringEquals", &["p"][..], true), ("ForAnyValue:StringEquals", &["q"], true)];
        assert_eq!(said(via, true, &both), says(&["p", "q"]));
        assert_eq!(said(via, false, &both), Settled::Nothing);
        let neither = [
            ("ForAnyValue:StringLike", &["p*"][..], false),
            ("ForAllValues:StringLike", &["q*"], false),
            ("ForAnyValue:StringLike", &["q*"], true),
        ];
        // What no value may be holds for those too that others ask for.
        let unnamed = [
            ("ForAnyValue:StringEquals", &["x"][..], false),
            ("ForAllValues:StringEquals", &["q"], false),
            ("ForAnyValue:StringEquals", &["q"], true),
        ];
        assert!(matches!(said(via, true, &unnamed), Settled::Says(Some(values)) if values.len() == 2));
        let Settled::Says(Some(values)) = said(via, true, &neither) else { panic!("there are such values") };
        assert!(values.len() == 2 && values.iter().all(|value| !value.starts_with('p')), "{values:?}");
    }
}

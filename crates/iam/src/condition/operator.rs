//! The names of condition operators.
//!
//! Follows IAM User Guide, "IAM JSON policy elements: Condition operators". Names are read without regard to
//! case; that a policy spells one unusually is for the checks of a document to say.

use std::cmp::Ordering;

use super::{Decimal, Instant, Network};
use crate::truth::Truth;

/// An operator with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    pub comparison: Comparison,
    /// `…Not…`: no value of the policy may match.
    pub negated: bool,
    /// `…IfExists`: true when the key is absent.
    pub if_exists: bool,
    pub quantifier: Quantifier,
}

/// What is compared, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Number(Order),
    Date(Order),
    Bool,
    Binary,
    Ip,
    /// `ArnEquals` and `ArnLike` are the same.
    Arn,
    Null,
}

/// Which orders of the request's value to the policy's satisfy a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// How several values of one key are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// No set operator: for keys with one value.
    One,
    /// `ForAllValues:`.
    All,
    /// `ForAnyValue:`.
    Any,
}

impl Operator {
    /// The operator of this name, or `None` when IAM has none such.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let (quantifier, name) = if let Some(rest) = name.strip_prefix("forallvalues:") {
            (Quantifier::All, rest)
        } else if let Some(rest) = name.strip_prefix("foranyvalue:") {
            (Quantifier::Any, rest)
        } else {
            (Quantifier::One, name.as_str())
        };
        let (name, if_exists) = match name.strip_suffix("ifexists") {
            Some(rest) => (rest, true),
            None => (name, false),
        };
        let (comparison, negated) = comparison(name)?;
        let bare = quantifier == Quantifier::One && !if_exists;
        (comparison != Comparison::Null || bare).then_some(Self {
            comparison,
            negated,
            if_exists,
            quantifier,
        })
    }
}

fn comparison(name: &str) -> Option<(Comparison, bool)> {
    Some(match name {
        "stringequals" => (Comparison::StringEquals, false),
        "stringnotequals" => (Comparison::StringEquals, true),
        "stringequalsignorecase" => (Comparison::StringEqualsIgnoreCase, false),
        "stringnotequalsignorecase" => (Comparison::StringEqualsIgnoreCase, true),
        "stringlike" => (Comparison::StringLike, false),
        "stringnotlike" => (Comparison::StringLike, true),
        "bool" => (Comparison::Bool, false),
        "binaryequals" => (Comparison::Binary, false),
        "ipaddress" => (Comparison::Ip, false),
        "notipaddress" => (Comparison::Ip, true),
        "arnequals" | "arnlike" => (Comparison::Arn, false),
        "arnnotequals" | "arnnotlike" => (Comparison::Arn, true),
        "null" => (Comparison::Null, false),
        _ => {
            let (family, order): (fn(Order) -> Comparison, _) = match name.strip_prefix("numeric") {
                Some(order) => (Comparison::Number, order),
                None => (Comparison::Date, name.strip_prefix("date")?),
            };
            match order {
                "equals" => (family(Order::Equal), false),
                "notequals" => (family(Order::Equal), true),
                "lessthan" => (family(Order::Less), false),
                "lessthanequals" => (family(Order::LessOrEqual), false),
                "greaterthan" => (family(Order::Greater), false),
                "greaterthanequals" => (family(Order::GreaterOrEqual), false),
                _ => return None,
            }
        }
    })
}

impl Comparison {
    /// Whether a request's value is of the kind that is compared.
    pub fn reads(self, value: &str) -> bool {
        match self {
            Self::Number(_) => Decimal::parse(value).is_some(),
            Self::Date(_) => Instant::parse(value).is_some(),
            Self::Ip => Network::is_address(value),
            Self::StringEquals
            | Self::StringEqualsIgnoreCase
            | Self::StringLike
            | Self::Bool
            | Self::Binary
            | Self::Arn
            | Self::Null => true,
        }
    }

    /// Whether a number or date that stands so to the policy's satisfies it; malformed ones never do.
    pub(super) fn orders(self, found: Option<Ordering>) -> Truth {
        let Some(found) = found else { return Truth::False };
        let holds = match self {
            Self::Number(order) | Self::Date(order) => match order {
                Order::Equal => found.is_eq(),
                Order::Less => found.is_lt(),
                Order::LessOrEqual => found.is_le(),
                Order::Greater => found.is_gt(),
                Order::GreaterOrEqual => found.is_ge(),
            },
            Self::StringEquals
            | Self::StringEqualsIgnoreCase
            | Self::StringLike
            | Self::Bool
            | Self::Binary
            | Self::Ip
            | Self::Arn
            | Self::Null => false,
        };
        holds.into()
    }
}

#[cfg(test)]
mod tests {
    //! Which names are operators.

    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<(Comparison, bool, bool, Quantifier)>) {
        let found = Operator::parse(name).map(|o| (o.comparison, o.negated, o.if_exists, o.quantifier));
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn modifiers_are_taken_off_in_order() {
        let one = Quantifier::One;
        check("StringEquals", Some((Comparison::StringEquals, false, false, one)));
        check("stringnotlikeifexists", Some((Comparison::StringLike, true, true, one)));
        check("ForAllValues:StringLike", Some((Comparison::StringLike, false, false, Quantifier::All)));
        check("ForAnyValue:ArnNotLikeIfExists", Some((Comparison::Arn, true, true, Quantifier::Any)));
        check("NumericLessThanEquals", Some((Comparison::Number(Order::LessOrEqual), false, false, one)));
        check("DateGreaterThan", Some((Comparison::Date(Order::Greater), false, false, one)));
        check("DateNotEquals", Some((Comparison::Date(Order::Equal), true, false, one)));
    }

    #[test]
    fn other_names_are_none() {
        for name in [
            "StringMatches",
            "NullIfExists",
            "ForAllValues:Null",
            "ForAnyValues:StringEquals",
            "",
            "IfExists",
            "NumericLike",
        ] {
            check(name, None);
        }
    }
}

//! Conditions: operators over the keys of the request.
//!
//! Operators and keys of a statement are conjoined, the values of one key are alternatives, and negated
//! operators deny all their values at once (IAM User Guide, "IAM JSON policy elements: Condition operators"
//! and "Conditions with multiple context keys or values"; the table of missing keys is aws-facts §4.3).
//!
//! Whether a key exists for an action is not asked here: an absent key behaves as absent.

mod date;
mod decimal;
mod network;
mod operator;

pub use date::Instant;
pub use decimal::Decimal;
pub use network::Network;
pub use operator::{Comparison, Operator, Order, Quantifier};

use crate::arn;
use crate::assumption::Assumption;
use crate::context::{Key, ValueList, Values};
use crate::glob::{Glob, GlobBuilder};
use crate::request::Request;
use crate::truth::{Ledger, Truth, Unsupported};
use crate::variable::{Resolved, Template, Unset};

/// One operator on one key, with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// None where IAM has no operator of the name.
    operator: Option<Operator>,
    key: Key,
    values: Vec<Expected>,
    is_aws_service_key: bool,
    spelled: Box<Spelled>,
}

/// A condition as the policy spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Spelled {
    operator: String,
    key: String,
    values: Vec<String>,
    with_variables: bool,
}

/// One value of a policy, read as its operator reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Expected {
    /// Literal text without variables.
    Text(String),
    /// Text in lower case.
    Folded(String),
    Pattern(Glob),
    /// The six parts of an ARN pattern, each a pattern for itself.
    ArnPattern(Box<[Glob; 6]>),
    /// An ARN pattern of fewer than six parts; the whole of it where it ends in a star.
    ShortArn(Option<Glob>),
    /// Text, pattern or ARN with variables: exists only for a request.
    Template(Template),
    /// Text that is a number.
    Number(String),
    Date(Instant),
    Bool(bool),
    /// A Boolean spelled with a variable.
    BoolTemplate(Template),
    Network(Network),
    /// Not what the operator reads.
    Malformed,
}

impl Condition {
    /// The condition that a policy spells; `values` are the texts of its JSON values.
    pub fn new<'a>(
        operator: &str,
        key: &str,
        values: impl IntoIterator<Item = &'a str>,
        with_variables: bool,
    ) -> Self {
        let spelled = Spelled {
            operator: operator.to_owned(),
            key: key.to_owned(),
            values: values.into_iter().map(str::to_owned).collect(),
            with_variables,
        };
        let operator = Operator::parse(operator);
        let read = |text: &String| match &operator {
            Some(operator) => Expected::read(operator.comparison, text, with_variables),
            None => Expected::Text(text.clone()),
        };
        let values = spelled.values.iter().map(read).collect();
        let key = Key::new(key);
        let is_aws_service_key = key.as_str() == "aws:principalisawsservice";
        Self { operator, key, values, is_aws_service_key, spelled: Box::new(spelled) }
    }

    /// The key, as the policy spells it.
    pub fn key_name(&self) -> &str {
        &self.spelled.key
    }

    /// The key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The operator; an error is the name of one that IAM does not have.
    pub fn operator(&self) -> Result<Operator, &str> {
        self.operator.ok_or(&self.spelled.operator)
    }

    /// The operator, as the policy spells it.
    pub fn operator_name(&self) -> &str {
        &self.spelled.operator
    }

    /// The texts of its values, as the policy spells them.
    pub fn values(&self) -> &[String] {
        &self.spelled.values
    }

    /// Its values, taken apart.
    pub fn templates(&self) -> impl Iterator<Item = Template> {
        self.spelled.values.iter().map(|text| Template::parse(text, self.spelled.with_variables))
    }

    /// The same condition with another operator and other values.
    #[must_use]
    pub fn with<'a>(&self, operator: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(operator, &self.spelled.key, values, self.spelled.with_variables)
    }

    /// Whether a value holds variables, so that what it says depends on the request.
    pub fn has_variables(&self) -> bool {
        self.values.iter().any(|each| matches!(each, Expected::Template(_) | Expected::BoolTemplate(_)))
    }

    /// Values that satisfy the comparison itself, negation aside, where the policy spells them out: its texts
    /// without wildcards or variables, numbers and dates excepted.
    pub fn examples(&self) -> Vec<String> {
        let example = |expected: &Expected| match expected {
            Expected::Text(text) | Expected::Folded(text) => Some(text.clone()),
            Expected::Pattern(glob) => glob.as_exact().map(str::to_owned),
            Expected::ArnPattern(parts) => {
                let parts: Option<Vec<&str>> = parts.iter().map(Glob::as_exact).collect();
                parts.map(|parts| parts.join(":"))
            }
            Expected::Bool(value) => Some(value.to_string()),
            Expected::ShortArn(_)
            | Expected::Template(_)
            | Expected::Number(_)
            | Expected::Date(_)
            | Expected::BoolTemplate(_)
            | Expected::Network(_)
            | Expected::Malformed => None,
        };
        self.values.iter().filter_map(example).collect()
    }

    /// Whether the request meets it.
    pub fn matches(&self, request: &Request, ledger: &mut Ledger) -> Truth {
        let Some(operator) = &self.operator else {
            return ledger.unsupported(Unsupported::Operator { name: self.spelled.operator.clone() });
        };
        let values = request.values(&self.key);
        if self.is_aws_service_key && values == Values::Absent && request.principal().account().is_some() {
            let absent = self.holds(operator, Values::Absent, request, ledger);
            let said_false = self.holds(operator, Values::Present(ValueList::One("false")), request, ledger);
            return ledger.choose(Assumption::PrincipalIsAwsService, &[absent, said_false]);
        }
        self.holds(operator, values, request, ledger)
    }

    fn holds(
        &self,
        operator: &Operator,
        values: Values<'_>,
        request: &Request,
        ledger: &mut Ledger,
    ) -> Truth {
        if operator.comparison == Comparison::Null {
            return self.null(values, ledger);
        }
        match values {
            Values::Present(values) => self.compare(operator, values, request, ledger),
            Values::Absent => absent(operator, ledger),
            Values::Unknown if self.matches_no_value(operator, request) => Truth::False,
            Values::Unknown => ledger.needs(&self.key),
        }
    }

    /// Whether the condition cannot hold whatever the key says: it asks for values, and each is a variable that the
    /// request does not carry.
    fn matches_no_value(&self, operator: &Operator, request: &Request) -> bool {
        let asks_for_a_value =
            !operator.negated && !operator.if_exists && operator.quantifier != Quantifier::All;
        let is_unset = |expected: &Expected| {
            matches!(expected, Expected::Template(template)
                if matches!(template.resolve(|key| request.values(key)), Err(Unset::Absent)))
        };
        asks_for_a_value && self.values.iter().all(is_unset)
    }

    /// `Null`: "true" asks that the key be absent, "false" that it be there.
    fn null(&self, values: Values<'_>, ledger: &mut Ledger) -> Truth {
        let asks = |wanted: bool| self.values.contains(&Expected::Bool(wanted));
        match (asks(true), asks(false)) {
            (true, true) => Truth::True,
            (false, false) => Truth::False,
            (wants_absent, _) => match values {
                Values::Present(_) => (!wants_absent).into(),
                Values::Absent => wants_absent.into(),
                Values::Unknown => ledger.needs(&self.key),
            },
        }
    }

    fn compare(
        &self,
        operator: &Operator,
        values: ValueList<'_>,
        request: &Request,
        ledger: &mut Ledger,
    ) -> Truth {
        let each = |value: &str, ledger: &mut Ledger| self.accepts(operator, value, request, ledger);
        match operator.quantifier {
            Quantifier::All => {
                let all = values.iter().fold(Truth::True, |all, value| all.and(each(value, ledger)));
                if values.only() == Some("") {
                    return ledger.choose(Assumption::EmptyString, &[all, Truth::True]);
                }
                all
            }
            Quantifier::Any => values.iter().fold(Truth::False, |any, value| any.or(each(value, ledger))),
            Quantifier::One => match values.only() {
                Some(only) => each(only, ledger),
                None => {
                    // Positive: some value matches. Negated: none does.
                    let any = if operator.negated {
                        values.iter().fold(Truth::True, |all, value| all.and(each(value, ledger)))
                    } else {
                        values.iter().fold(Truth::False, |any, value| any.or(each(value, ledger)))
                    };
                    ledger.choose(Assumption::SeveralValues, &[any, Truth::False])
                }
            },
        }
    }

    /// Whether one value of the request meets the operator: some policy value matches, or for a negated
    /// operator none does.
    fn accepts(&self, operator: &Operator, value: &str, request: &Request, ledger: &mut Ledger) -> Truth {
        let mut any = Truth::False;
        for expected in &self.values {
            any = any.or(expected.matches(operator.comparison, value, request, ledger));
            if any.is_true() {
                break;
            }
        }
        match (operator.negated, any) {
            (false, any) => any,
            (true, Truth::False) if self.is_malformed_for(operator, value) => {
                ledger.choose(Assumption::MalformedNegated, &[Truth::True, Truth::False])
            }
            (true, any) => any.not(),
        }
    }

    /// Whether either side of a comparison is not of the kind that the operator compares; a policy without values
    /// compares nothing.
    fn is_malformed_for(&self, operator: &Operator, value: &str) -> bool {
        let reads = operator.comparison.reads(value);
        self.values.iter().any(|expected| !reads || *expected == Expected::Malformed)
    }
}

/// What an operator says of a key that the request does not carry.
fn absent(operator: &Operator, ledger: &mut Ledger) -> Truth {
    match operator.quantifier {
        Quantifier::Any if operator.if_exists => {
            ledger.choose(Assumption::ForAnyValueIfExists, &[Truth::True, Truth::False])
        }
        Quantifier::Any => Truth::False,
        Quantifier::All => Truth::True,
        Quantifier::One => (operator.if_exists || operator.negated).into(),
    }
}

impl Expected {
    fn read(comparison: Comparison, text: &str, with_variables: bool) -> Self {
        let template = Template::parse(text, with_variables);
        let or_malformed = |read: Option<Self>| read.unwrap_or(Self::Malformed);
        match comparison {
            Comparison::StringEquals
            | Comparison::StringEqualsIgnoreCase
            | Comparison::StringLike
            | Comparison::Arn => {
                if template.has_variables() {
                    return Self::Template(template);
                }
                let pieces = template.resolve(|_| Values::Absent).unwrap_or_default();
                Self::resolved(comparison, &pieces)
            }
            Comparison::Binary => Self::Text(text.to_owned()),
            Comparison::Number(_) => {
                or_malformed(Decimal::parse(text).map(|_| Self::Number(text.to_owned())))
            }
            Comparison::Date(_) => or_malformed(Instant::parse(text).map(Self::Date)),
            Comparison::Bool if template.has_variables() => Self::BoolTemplate(template),
            Comparison::Bool | Comparison::Null => or_malformed(boolean(text).map(Self::Bool)),
            Comparison::Ip => or_malformed(Network::parse(text).map(Self::Network)),
        }
    }

    /// A text, pattern or ARN once variables are filled in.
    fn resolved(comparison: Comparison, pieces: &[Resolved<'_>]) -> Self {
        let whole = || -> String {
            pieces.iter().map(|(Resolved::Pattern(text) | Resolved::Plain(text))| *text).collect()
        };
        match comparison {
            Comparison::StringEqualsIgnoreCase => Self::Folded(whole().to_lowercase()),
            Comparison::StringLike => Self::Pattern(glob(pieces)),
            Comparison::Arn => match arn_parts(pieces) {
                Some(parts) => Self::ArnPattern(parts),
                None => Self::ShortArn(ends_in_star(pieces).then(|| glob(pieces))),
            },
            Comparison::StringEquals
            | Comparison::Binary
            | Comparison::Number(_)
            | Comparison::Date(_)
            | Comparison::Bool
            | Comparison::Null
            | Comparison::Ip => Self::Text(whole()),
        }
    }

    fn matches(&self, comparison: Comparison, value: &str, request: &Request, ledger: &mut Ledger) -> Truth {
        match self {
            Self::Text(text) => (text == value).into(),
            Self::Folded(text) => (*text == value.to_lowercase()).into(),
            Self::Pattern(glob) => glob.matches(value).into(),
            Self::ArnPattern(parts) => arn::split(value)
                .is_some_and(|found| parts.iter().zip(found).all(|(glob, part)| glob.matches(part)))
                .into(),
            Self::ShortArn(Some(glob)) if glob.matches(value) => {
                ledger.choose(Assumption::ShortArnPattern, &[Truth::False, Truth::True])
            }
            Self::ShortArn(_) | Self::Malformed => Truth::False,
            Self::Template(template) => match template.resolve(|key| request.values(key)) {
                Ok(pieces) => Self::resolved(comparison, &pieces).matches(comparison, value, request, ledger),
                Err(Unset::Absent) => Truth::False,
                Err(Unset::Unknown(key)) => ledger.needs(&key),
            },
            Self::Number(expected) => {
                let (found, expected) = (Decimal::parse(value), Decimal::parse(expected));
                comparison.orders(found.zip(expected).map(|(found, expected)| found.cmp(&expected)))
            }
            Self::Date(expected) => comparison.orders(Instant::parse(value).map(|found| found.cmp(expected))),
            Self::Bool(expected) => (boolean(value) == Some(*expected)).into(),
            Self::BoolTemplate(template) => {
                let substituted = match template.text(|key| request.values(key)) {
                    Ok(text) => (boolean(&text).is_some() && boolean(&text) == boolean(value)).into(),
                    Err(Unset::Absent) => Truth::False,
                    Err(Unset::Unknown(key)) => ledger.needs(&key),
                };
                ledger.choose(Assumption::BoolVariables, &[Truth::False, substituted])
            }
            Self::Network(network) => network.contains(value).into(),
        }
    }
}

fn glob(pieces: &[Resolved<'_>]) -> Glob {
    let mut builder = GlobBuilder::default();
    builder.pieces(pieces);
    builder.build()
}

/// Whether the policy's own text ends in `*`; the star of a value is no wildcard.
fn ends_in_star(pieces: &[Resolved<'_>]) -> bool {
    matches!(pieces.last(), Some(Resolved::Pattern(text)) if text.ends_with('*'))
}

/// The six parts of an ARN pattern; the colons of a value part it as the policy's own do.
fn arn_parts(pieces: &[Resolved<'_>]) -> Option<Box<[Glob; 6]>> {
    let mut parts = vec![GlobBuilder::default()];
    for piece in pieces {
        let (Resolved::Pattern(mut rest) | Resolved::Plain(mut rest)) = *piece;
        let add = |part: &mut GlobBuilder, text: &str| match piece {
            Resolved::Pattern(_) => part.pattern(text),
            Resolved::Plain(_) => part.literal(text),
        };
        while parts.len() < 6
            && let Some((before, after)) = rest.split_once(':')
        {
            add(parts.last_mut()?, before);
            parts.push(GlobBuilder::default());
            rest = after;
        }
        add(parts.last_mut()?, rest);
    }
    let parts: Vec<Glob> = parts.into_iter().map(GlobBuilder::build).collect();
    parts.try_into().ok().map(Box::new)
}

/// `true` or `false` in any case.
fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

//! Operators that do not fit their key, their values or each other.
//!
//! Follows IAM User Guide, "IAM JSON policy elements: Condition operators" and "Single-valued vs. multivalued
//! context keys". Whether the key exists is [`super::key`]'s business.

use reference::{ConditionKey, KeyType};

use super::statement::{Condition, Statement, name_span};
use super::{Description, Findings, Level, Span};
use crate::condition::{Comparison, Quantifier};
use crate::json::Node;
use crate::policy::Effect;
use crate::variable::{Piece, Template};

enum OperatorFinding {
    /// The operator reads other values than the key has. Source: Access Analyzer policy check reference,
    /// TYPE_MISMATCH; there always an error, here a warning where texts can still be equal.
    TypeMismatch { key: String, operator: String, key_type: KeyType, by_text: bool },
    /// `*` or `?` where it stands for itself. Source: Access Analyzer policy check reference,
    /// WILDCARD_WITHOUT_LIKE_OPERATOR.
    LiteralWildcard { text: String, operator: String, like: &'static str },
    /// `ForAllValues` on a key with one value, in an Allow. Source: Access Analyzer policy check reference,
    /// FORALLVALUES_WITH_SINGLE_VALUED_KEY.
    ForAllOnSingleValue { key: String },
    /// A set operator on a key with one value, where it widens nothing. Source: IAM User Guide, "Single-valued
    /// vs. multivalued context keys".
    SetOnSingleValue { key: String, operator: String },
    /// A key that may have several values without set operator. Source: Access Analyzer policy check
    /// reference, MISSING_QUALIFIER.
    MissingQualifier { key: String },
    /// `ForAllValues` in an Allow, which an absent key passes. Source: IAM User Guide, "IAM JSON policy elements:
    /// Condition operators", ForAllValues (aws-facts §10, 45).
    ForAllWithoutNull { key: String },
    /// `IfExists` behind a negated operator. Source: IAM User Guide, "IAM JSON policy elements: Condition
    /// operators", …IfExists (aws-facts §10, 43).
    IfExistsOnNegated { operator: String, plain: String },
    /// Both `true` and `false`. Source: Access Analyzer policy check reference,
    /// INVALID_CONDITION_MULTIPLE_BOOLEAN.
    BothBooleans { key: String, operator: String },
    /// The key shall be absent, and another condition needs it. Source: IAM User Guide, "IAM JSON policy
    /// elements: Condition operators", Null.
    NullContradicts { key: String },
    /// The key shall be there, which another condition asks anyway. Source: as [`Self::NullContradicts`].
    NullSaysNothing { key: String, other: String },
    /// An Allow of what has no tag, often read as a tag with the value `true`. Source: as
    /// [`Self::NullContradicts`] (aws-facts §10, 46).
    NullMeansAbsent { key: String },
    /// `Null` on a key that every request carries. Source: IAM User Guide, "AWS global condition context keys",
    /// availability of each key (aws-facts §4.4).
    NullOnPresentKey { key: String, holds: bool },
    /// `Condition`, or an operator in it, with nothing in it. Source: Access Analyzer policy check reference,
    /// EMPTY_OBJECT_CONDITION.
    EmptyObject { operator: Option<String> },
    /// A key without values. Source: Access Analyzer policy check reference, EMPTY_ARRAY_CONDITION; there a
    /// suggestion, here a warning because the condition never or always holds.
    EmptyValues { key: String, holds: bool },
    /// A Deny without MFA that long-term access keys pass, since they carry no such key. Source: IAM User
    /// Guide, "AWS global condition context keys", aws:MultiFactorAuthPresent (aws-facts §10, 47).
    DenyWithoutMfa,
    /// An Allow with MFA that long-term access keys pass. Source: as [`Self::DenyWithoutMfa`].
    AllowWithMfaIfExists,
}

pub(super) fn check(statement: &Statement, findings: &mut Findings) {
    if let Some(node) = statement.condition {
        check_emptiness(node, findings);
    }
    for condition in &statement.conditions {
        check_values(statement, condition, findings);
        check_null(statement, condition, findings);
        check_mfa(statement, condition, findings);
        if let Some(known) = reference::key_anywhere(condition.key) {
            check_type(condition, known, findings);
            check_quantifier(statement, condition, known, findings);
        }
    }
}

fn check_emptiness(node: &Node, findings: &mut Findings) {
    let Some(operators) = node.as_object() else { return };
    if operators.is_empty() {
        findings.add(node, OperatorFinding::EmptyObject { operator: None }.describe());
    }
    for operator in operators {
        if operator.node.as_object().is_some_and(<[_]>::is_empty) {
            let named = Some(operator.name.clone());
            let span = Span { start: operator.start, end: operator.node.end };
            findings.add(span, OperatorFinding::EmptyObject { operator: named }.describe());
        }
        for key in operator.node.as_object().unwrap_or_default() {
            if key.node.as_list().is_some_and(<[_]>::is_empty) {
                let negated = crate::condition::Operator::parse(&operator.name)
                    .is_some_and(|operator| operator.negated);
                let finding = OperatorFinding::EmptyValues { key: key.name.clone(), holds: negated };
                let span = Span { start: name_span(key).start, end: key.node.end };
                findings.add(span, finding.describe());
            }
        }
    }
}

fn check_values(statement: &Statement, condition: &Condition, findings: &mut Findings) {
    let Some(operator) = condition.operator else { return };
    if operator.negated && operator.if_exists && operator.quantifier == Quantifier::One {
        let plain = condition.operator_name[..condition.operator_name.len() - "IfExists".len()].to_owned();
        let operator = condition.operator_name.to_owned();
        findings
            .add(condition.operator_span, OperatorFinding::IfExistsOnNegated { operator, plain }.describe());
    }
    let like = match (operator.comparison, operator.negated) {
        (Comparison::StringEquals | Comparison::StringEqualsIgnoreCase, false) => "StringLike",
        (Comparison::StringEquals | Comparison::StringEqualsIgnoreCase, true) => "StringNotLike",
        (
            Comparison::StringLike
            | Comparison::Number(_)
            | Comparison::Date(_)
            | Comparison::Bool
            | Comparison::Binary
            | Comparison::Ip
            | Comparison::Arn
            | Comparison::Null,
            _,
        ) => return,
    };
    for (text, node) in &condition.values {
        let template = Template::parse(text, statement.with_variables);
        let is_wild = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains(['*', '?']));
        if template.pieces().iter().any(is_wild) {
            let operator = condition.operator_name.to_owned();
            let finding = OperatorFinding::LiteralWildcard { text: text.clone(), operator, like };
            findings.add(*node, finding.describe());
        }
    }
}

fn check_type(condition: &Condition, known: ConditionKey, findings: &mut Findings) {
    let Some(operator) = condition.operator else { return };
    let fits = match (operator.comparison, known.value_type) {
        (Comparison::Null, _) => Fit::Fits,
        (
            Comparison::StringEquals | Comparison::StringEqualsIgnoreCase | Comparison::StringLike,
            KeyType::String | KeyType::Arn,
        ) => Fit::Fits,
        (
            Comparison::StringEquals | Comparison::StringEqualsIgnoreCase | Comparison::StringLike,
            KeyType::Bool | KeyType::Numeric | KeyType::Date | KeyType::IpAddress,
        ) => Fit::ByText,
        (Comparison::Arn, KeyType::Arn) => Fit::Fits,
        // Keys typed as text hold ARNs here and there.
        (Comparison::Arn, KeyType::String)
            if condition.values.iter().all(|(text, _)| crate::arn::split(text).is_some()) =>
        {
            Fit::Fits
        }
        (Comparison::Arn, KeyType::String) => Fit::ByText,
        (Comparison::Bool, KeyType::Bool)
        | (Comparison::Number(_), KeyType::Numeric)
        | (Comparison::Date(_), KeyType::Date)
        | (Comparison::Ip, KeyType::IpAddress) => Fit::Fits,
        // Epoch seconds are a number and a date.
        (Comparison::Number(_), KeyType::Date) if known.name.eq_ignore_ascii_case("aws:EpochTime") => {
            Fit::Fits
        }
        (Comparison::Bool | Comparison::Number(_) | Comparison::Binary, KeyType::String) => Fit::ByText,
        (
            Comparison::Binary
            | Comparison::Arn
            | Comparison::Bool
            | Comparison::Number(_)
            | Comparison::Date(_)
            | Comparison::Ip,
            KeyType::String
            | KeyType::Arn
            | KeyType::Bool
            | KeyType::Numeric
            | KeyType::Date
            | KeyType::IpAddress,
        ) => Fit::Never,
    };
    if fits != Fit::Fits {
        let finding = OperatorFinding::TypeMismatch {
            key: condition.key.to_owned(),
            operator: condition.operator_name.to_owned(),
            key_type: known.value_type,
            by_text: fits == Fit::ByText,
        };
        findings.add(condition.key_span, finding.describe());
    }
}

/// How an operator gets on with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Fits,
    /// Values can be equal as texts.
    ByText,
    Never,
}

fn check_quantifier(
    statement: &Statement,
    condition: &Condition,
    known: ConditionKey,
    findings: &mut Findings,
) {
    let Some(operator) = condition.operator else { return };
    let key = condition.key.to_owned();
    let finding = match (operator.quantifier, known.multi_valued, statement.effect) {
        (Quantifier::One, true, _) if operator.comparison != Comparison::Null => {
            OperatorFinding::MissingQualifier { key }
        }
        (Quantifier::All, false, Effect::Allow) if !must_be_present(statement, condition) => {
            OperatorFinding::ForAllOnSingleValue { key }
        }
        (Quantifier::All | Quantifier::Any, false, _) => {
            OperatorFinding::SetOnSingleValue { key, operator: condition.operator_name.to_owned() }
        }
        (Quantifier::All, true, Effect::Allow) if !must_be_present(statement, condition) => {
            OperatorFinding::ForAllWithoutNull { key }
        }
        (Quantifier::One, _, _) | (Quantifier::All | Quantifier::Any, true, _) => return,
    };
    findings.add(condition.key_span, finding.describe());
}

/// Whether another condition of the statement fails where the key is absent.
fn must_be_present(statement: &Statement, condition: &Condition) -> bool {
    statement.conditions_on(condition.key).any(|other| other.holds_when_absent() == Some(false))
}

fn check_null(statement: &Statement, condition: &Condition, findings: &mut Findings) {
    let Some(operator) = condition.operator else { return };
    let says = |wanted: &str| condition.values.iter().any(|(text, _)| text.eq_ignore_ascii_case(wanted));
    let key = || condition.key.to_owned();
    if matches!(operator.comparison, Comparison::Null | Comparison::Bool) && says("true") && says("false") {
        let operator = condition.operator_name.to_owned();
        findings.add(condition.node, OperatorFinding::BothBooleans { key: key(), operator }.describe());
        return;
    }
    if operator.comparison != Comparison::Null {
        return;
    }
    let others = || {
        statement
            .conditions_on(condition.key)
            .filter(|other| other.operator.is_some_and(|operator| operator.comparison != Comparison::Null))
    };
    let needs = |other: &&Condition| other.holds_when_absent() == Some(false);
    let is_always_present = ALWAYS_PRESENT.iter().any(|known| known.eq_ignore_ascii_case(condition.key));
    let finding = if is_always_present {
        OperatorFinding::NullOnPresentKey { key: key(), holds: says("false") }
    } else if says("true") && others().any(|other| needs(&other)) {
        OperatorFinding::NullContradicts { key: key() }
    } else if says("true") && statement.effect == Effect::Allow && is_tag(condition.key) {
        OperatorFinding::NullMeansAbsent { key: key() }
    } else if says("false")
        && let Some(other) = others().find(needs)
    {
        OperatorFinding::NullSaysNothing { key: key(), other: other.operator_name.to_owned() }
    } else {
        return;
    };
    findings.add(condition.key_span, finding.describe());
}

/// Keys that every request carries (aws-facts §4.4).
const ALWAYS_PRESENT: [&str; 5] =
    ["aws:CurrentTime", "aws:EpochTime", "aws:RequestedRegion", "aws:SecureTransport", "aws:ViaAWSService"];

fn is_tag(key: &str) -> bool {
    ["aws:RequestTag/", "aws:ResourceTag/", "aws:PrincipalTag/"]
        .iter()
        .any(|start| key.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
}

fn check_mfa(statement: &Statement, condition: &Condition, findings: &mut Findings) {
    let Some(operator) = condition.operator else { return };
    if operator.comparison != Comparison::Bool
        || !condition.key.eq_ignore_ascii_case("aws:MultiFactorAuthPresent")
    {
        return;
    }
    let says = |wanted: &str| condition.values.iter().any(|(text, _)| text.eq_ignore_ascii_case(wanted));
    let finding = match (statement.effect, operator.if_exists) {
        (Effect::Deny, false) if says("false") => OperatorFinding::DenyWithoutMfa,
        (Effect::Allow, true) if says("true") => OperatorFinding::AllowWithMfaIfExists,
        (Effect::Allow | Effect::Deny, _) => return,
    };
    findings.add(condition.operator_span, finding.describe());
}

impl OperatorFinding {
    fn describe(&self) -> Description {
        match self {
            Self::TypeMismatch { key, operator, key_type, by_text } => Description {
                code: "TYPE_MISMATCH",
                level: if *by_text { Level::Warning } else { Level::Error },
                message: format!(
                    "`{operator}` does not fit `{key}`, whose values are {}{}",
                    values(*key_type),
                    if *by_text { "" } else { "; they can never compare" }
                ),
                hint: Some(format!("use {}", operators(*key_type))),
            },
            Self::LiteralWildcard { text, operator, like } => Description {
                code: "WILDCARD_WITHOUT_LIKE_OPERATOR",
                level: Level::Warning,
                message: format!("`{operator}` takes the wildcard in `{text}` for a plain character"),
                hint: Some(format!("use `{like}` for wildcards, or write `${{*}}` for the character")),
            },
            Self::ForAllOnSingleValue { key } => Description {
                code: "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
                level: Level::SecurityWarning,
                message: format!(
                    "`{key}` has one value at most, and `ForAllValues` allows requests that do not carry it"
                ),
                hint: Some("take `ForAllValues:` out".to_owned()),
            },
            Self::SetOnSingleValue { key, operator } => Description {
                code: "set-operator-on-single-valued-key",
                level: Level::Suggestion,
                message: format!("`{key}` has one value at most, and `{operator}` is for keys with several"),
                hint: Some("take the set operator out".to_owned()),
            },
            Self::MissingQualifier { key } => Description {
                code: "MISSING_QUALIFIER",
                level: Level::Error,
                message: format!("`{key}` may have several values, and the operator compares one"),
                hint: Some("put `ForAnyValue:` or `ForAllValues:` in front of the operator".to_owned()),
            },
            Self::ForAllWithoutNull { key } => Description {
                code: "for-all-values-without-null",
                level: Level::SecurityWarning,
                message: format!("`ForAllValues` allows requests that do not carry `{key}`"),
                hint: Some(format!("add \"Null\": {{\"{key}\": \"false\"}}")),
            },
            Self::IfExistsOnNegated { operator, plain } => Description {
                code: "if-exists-changes-nothing",
                level: Level::Suggestion,
                message: format!(
                    "`{operator}` is the same as `{plain}`: a negated operator holds where the key is absent"
                ),
                hint: Some(format!(
                    "write `{plain}`, and \"Null\": \"false\" for the key if requests without it are not meant"
                )),
            },
            Self::BothBooleans { key, operator } => Description {
                code: "INVALID_CONDITION_MULTIPLE_BOOLEAN",
                level: Level::Error,
                message: format!("`{operator}` on `{key}` takes `true` or `false`, not both"),
                hint: None,
            },
            Self::NullContradicts { key } => Description {
                code: "null-contradicts",
                level: Level::Error,
                message: format!(
                    "this asks that `{key}` be absent and another condition needs its value, so the statement never matches"
                ),
                hint: Some("\"Null\": \"true\" means that the key is absent, \"false\" that it is there".to_owned()),
            },
            Self::NullSaysNothing { key, other } => Description {
                code: "null-says-nothing",
                level: Level::Suggestion,
                message: format!("`{other}` on `{key}` fails where the key is absent; `Null` adds nothing"),
                hint: Some("take it out".to_owned()),
            },
            Self::NullMeansAbsent { key } => Description {
                code: "null-true-means-absent",
                level: Level::Suggestion,
                message: format!("this allows only where there is no `{key}` at all"),
                hint: Some("\"Null\": \"false\" asks that the tag be there".to_owned()),
            },
            Self::NullOnPresentKey { key, holds } => Description {
                code: "null-on-present-key",
                level: Level::Warning,
                message: format!(
                    "every request carries `{key}`, so this {} holds",
                    if *holds { "always" } else { "never" }
                ),
                hint: None,
            },
            Self::EmptyObject { operator: None } => Description {
                code: "EMPTY_OBJECT_CONDITION",
                level: Level::Suggestion,
                message: "`Condition` is empty, so the statement has no condition".to_owned(),
                hint: Some("take it out, or add the condition that is meant".to_owned()),
            },
            Self::EmptyObject { operator: Some(operator) } => Description {
                code: "EMPTY_OBJECT_CONDITION",
                level: Level::Suggestion,
                message: format!("`{operator}` names no key, so it asks nothing"),
                hint: Some("take it out, or add the key that is meant".to_owned()),
            },
            Self::EmptyValues { key, holds } => Description {
                code: "EMPTY_ARRAY_CONDITION",
                level: Level::Warning,
                message: format!(
                    "`{key}` is compared with no value, which {} holds",
                    if *holds { "always" } else { "never" }
                ),
                hint: None,
            },
            Self::DenyWithoutMfa => Description {
                code: "mfa-deny-passes-by-long-term-keys",
                level: Level::SecurityWarning,
                message: "requests with long-term access keys carry no `aws:MultiFactorAuthPresent`, so this Deny passes them by"
                    .to_owned(),
                hint: Some("use `BoolIfExists`".to_owned()),
            },
            Self::AllowWithMfaIfExists => Description {
                code: "mfa-allow-admits-long-term-keys",
                level: Level::SecurityWarning,
                message: "requests with long-term access keys carry no `aws:MultiFactorAuthPresent`, so this Allow admits them"
                    .to_owned(),
                hint: Some("use `Bool`".to_owned()),
            },
        }
    }
}

fn values(key_type: KeyType) -> &'static str {
    match key_type {
        KeyType::String => "texts",
        KeyType::Arn => "ARNs",
        KeyType::Bool => "`true` and `false`",
        KeyType::Numeric => "numbers",
        KeyType::Date => "dates",
        KeyType::IpAddress => "IP addresses",
    }
}

fn operators(key_type: KeyType) -> &'static str {
    match key_type {
        KeyType::String => "`StringEquals`, `StringLike` or their negations",
        KeyType::Arn => "`ArnLike` or `ArnNotLike`",
        KeyType::Bool => "`Bool`",
        KeyType::Numeric => "an operator that begins with `Numeric`",
        KeyType::Date => "an operator that begins with `Date`",
        KeyType::IpAddress => "`IpAddress` or `NotIpAddress`",
    }
}

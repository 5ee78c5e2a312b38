//! Conditions of one statement on one key that no value meets.
//!
//! Compares values of text operators only; values with variables are left alone.

use iam::condition::{Comparison, Quantifier};
use iam::glob::Glob;
use iam::lint::statement::Condition;

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::View;

pub const RULE: Rule = Rule {
    id: "contradicting-values",
    title: "two conditions on one key that no value meets",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "Conditions of a statement have to hold together. Two lists of values for one key that have nothing in common \
          leave the statement without any request that it matches.",
    instead: "Put the values into one list if either is meant, or the conditions into two statements.",
    sources: &["IAM User Guide, \"Conditions with multiple context keys or values\""],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "*",
      "Condition": {
        "StringEquals": { "aws:RequestedRegion": "us-east-1" },
        "StringLike": { "aws:RequestedRegion": "eu-*" }
      }
    }
  ]
}"#,
    ),
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:*",
      "Resource": "*",
      "Condition": {
        "StringNotEquals": { "aws:RequestedRegion": "eu-west-1" },
        "StringLike": { "aws:RequestedRegion": "eu-*" }
      }
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

fn look(view: &View<'_>, found: &mut Found) {
    for statement in &view.outline.statements {
        for (number, one) in statement.conditions.iter().enumerate() {
            let Some(values) = exact_values(one) else { continue };
            let others = statement.conditions.iter().enumerate().filter(|(other, _)| *other != number);
            let same_key =
                others.map(|(_, other)| other).filter(|other| other.key.eq_ignore_ascii_case(one.key));
            let excludes_all = |other: &&Condition<'_>| {
                is_text(other) && values.iter().all(|value| holds(other, value) == Some(false))
            };
            if let Some(other) = same_key.into_iter().find(excludes_all) {
                let at = one.key_span.start..one.key_span.end;
                let message = format!(
                    "no value of `{}` meets both `{}` and `{}`, so the statement never matches",
                    one.key, one.operator_name, other.operator_name
                );
                found.add(at, message);
                break;
            }
        }
    }
}

/// The values of a condition that holds for these alone.
fn exact_values<'c>(condition: &'c Condition<'_>) -> Option<Vec<&'c str>> {
    let operator = condition.operator?;
    let is_exact = operator.comparison == Comparison::StringEquals
        && !operator.negated
        && !operator.if_exists
        && operator.quantifier == Quantifier::One;
    let values: Vec<&str> = condition.values.iter().map(|(text, _)| text.as_str()).collect();
    (is_exact && !values.is_empty() && values.iter().all(|value| !value.contains('$'))).then_some(values)
}

fn is_text(condition: &Condition<'_>) -> bool {
    condition.operator.is_some_and(|operator| {
        let text = matches!(operator.comparison, Comparison::StringEquals | Comparison::StringLike);
        text && operator.quantifier == Quantifier::One
    })
}

/// Whether a condition on texts holds for a value; none where a variable decides.
fn holds(condition: &Condition<'_>, value: &str) -> Option<bool> {
    let operator = condition.operator?;
    if condition.values.iter().any(|(text, _)| text.contains('$')) {
        return None;
    }
    let matches = condition.values.iter().any(|(text, _)| match operator.comparison {
        Comparison::StringLike => Glob::new(text).matches(value),
        _ => text == value,
    });
    Some(matches != operator.negated)
}

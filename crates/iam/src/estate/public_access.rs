//! Which bucket policies Amazon S3 takes for public.
//!
//! With RestrictPublicBuckets on, at the bucket or its account, a bucket with such a policy is open to AWS services and to
//! its own account only, whatever the policy gives to others. Lists of access control (ACLs) are not looked at.
//!
//! Follows Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", "The meaning of “public”": a
//! policy is public unless every statement that allows does so for fixed values only, without wildcard or variable,
//! of a principal or of one of the keys below.

use crate::condition::{Comparison, Condition, Network, Quantifier};
use crate::policy::{Effect, Policy, Statement};
use crate::principal::PrincipalValue;

/// Keys that keep a statement from being public, in lower case; those of principals first.
const LIMITING_KEYS: [&str; 16] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
];

/// Broader ranges than these are public: bits of an IPv4 and of an IPv6 prefix.
const NETWORK_BITS_MIN: (u32, u32) = (8, 32);

/// Whether S3 takes a bucket policy for public: one statement suffices.
pub(super) fn is_public(policy: &Policy) -> bool {
    policy.statements.iter().any(|statement| statement.effect == Ok(Effect::Allow) && opens(statement))
}

/// The policy as those see it to whom S3 does not let it open: its Allows name nobody, its statements keep their places.
pub(super) fn without_allows(policy: &Policy) -> Policy {
    let mut policy = policy.clone();
    let mut statements = policy.statements.into_vec();
    for statement in statements.iter_mut().filter(|statement| statement.effect == Ok(Effect::Allow)) {
        statement.principal = None;
    }
    policy.statements = statements.into();
    policy
}

fn opens(statement: &Statement) -> bool {
    let Some(principal) = &statement.principal else { return false };
    let names_everyone = principal.is_negated() || principal.values().contains(&PrincipalValue::Everyone);
    names_everyone && !statement.conditions.iter().any(limits)
}

/// Whether a condition holds for fixed values only.
fn limits(condition: &Condition) -> bool {
    let Ok(operator) = condition.operator() else { return false };
    let must_be_there = !operator.if_exists && operator.quantifier != Quantifier::All;
    if operator.negated || !must_be_there || !LIMITING_KEYS.contains(&condition.key().as_str()) {
        return false;
    }
    let values = condition.values();
    match operator.comparison {
        Comparison::Ip => values.iter().all(|value| {
            let (v4, v6) = NETWORK_BITS_MIN;
            let is_narrow =
                |network: Network| network.prefix_bits() >= if network.address().is_ipv4() { v4 } else { v6 };
            Network::parse(value).is_some_and(is_narrow)
        }),
        Comparison::StringEquals
        | Comparison::StringEqualsIgnoreCase
        | Comparison::StringLike
        | Comparison::Arn => values.iter().all(|value| is_fixed(condition.key().as_str(), value)),
        Comparison::Bool => values.iter().all(|value| value.eq_ignore_ascii_case("true")),
        Comparison::Number(_) | Comparison::Date(_) | Comparison::Binary | Comparison::Null => false,
    }
}

fn is_fixed(key: &str, value: &str) -> bool {
    let is_open = |text: &str| text.contains(['*', '?']) || text.contains("${");
    match key {
        // The name of the access point may be anything, its account may not.
        "s3:dataaccesspointarn" => {
            crate::arn::split(value).is_some_and(|parts| !parts[4].is_empty() && !is_open(parts[4]))
        }
        // Any session of one role.
        "aws:userid" => !is_open(value.strip_suffix(":*").unwrap_or(value)),
        _ => !is_open(value),
    }
}

#[cfg(test)]
mod tests {
    //! What makes a bucket policy public.

    use super::*;
    use crate::policy::{PolicyType, read};

    #[track_caller]
    fn check(principal: &str, condition: &str, expected: bool) {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:GetObject",
                "Resource":"arn:aws:s3:::b/*",{principal},"Condition":{{{condition}}}}}]}}"#
        );
        let policy = read(text.as_bytes(), PolicyType::Resource).policy.expect("the case is a policy");
        assert_eq!(is_public(&policy), expected, "{principal} {condition}");
        assert!(!is_public(&without_allows(&policy)), "{principal} {condition}");
    }

    #[test]
    fn naming_everyone_is_public_and_naming_somebody_is_not() {
        check(r#""Principal":"*""#, "", true);
        check(r#""Principal":{"AWS":["111122223333","*"]}"#, "", true);
        check(r#""NotPrincipal":{"AWS":"111122223333"}"#, "", true);
        check(r#""Principal":{"AWS":"111122223333"}"#, "", false);
        check(r#""Principal":{"Service":"cloudtrail.amazonaws.com"}"#, "", false);
    }

    #[test]
    fn fixed_values_of_the_keys_that_s3_lists_close_it() {
        let everyone = r#""Principal":"*""#;
        check(everyone, r#""StringEquals":{"aws:PrincipalOrgID":"o-1"}"#, false);
        check(everyone, r#""StringEquals":{"aws:principalorgid":["o-1","o-2"]}"#, false);
        check(everyone, r#""StringLike":{"aws:PrincipalOrgID":"o-*"}"#, true);
        check(everyone, r#""StringEquals":{"aws:PrincipalOrgID":["o-1","${aws:PrincipalTag/org}"]}"#, true);
        check(everyone, r#""StringNotEquals":{"aws:PrincipalOrgID":"o-1"}"#, true);
        check(everyone, r#""StringEqualsIfExists":{"aws:PrincipalOrgID":"o-1"}"#, true);
        check(everyone, r#""ForAllValues:StringEquals":{"aws:PrincipalOrgPaths":"o-1/r-1/"}"#, true);
        check(everyone, r#""ForAnyValue:StringEquals":{"aws:PrincipalOrgPaths":"o-1/r-1/"}"#, false);
        check(everyone, r#""StringEquals":{"aws:PrincipalTag/team":"red"}"#, true);
        check(everyone, r#""StringEquals":{"aws:SourceVpce":"vpce-1"}"#, false);
        check(everyone, r#""ArnLike":{"aws:SourceArn":"arn:aws:sns:*:111122223333:t"}"#, true);
        check(everyone, r#""StringLike":{"aws:userid":"AROAEXAMPLE:*"}"#, false);
        check(everyone, r#""StringLike":{"aws:userid":"AROA*"}"#, true);
        check(
            everyone,
            r#""ArnLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-east-1:111122223333:accesspoint/*"}"#,
            false,
        );
        check(
            everyone,
            r#""ArnLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-east-1:*:accesspoint/x"}"#,
            true,
        );
        check(everyone, r#""Bool":{"aws:SecureTransport":"true"}"#, true);
        check(everyone, r#""Null":{"aws:PrincipalArn":"false"}"#, true);
    }

    #[test]
    fn ranges_of_addresses_may_not_be_too_broad() {
        let everyone = r#""Principal":"*""#;
        check(everyone, r#""IpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#, false);
        check(everyone, r#""IpAddress":{"aws:SourceIp":"12.0.0.0/8"}"#, false);
        check(everyone, r#""IpAddress":{"aws:SourceIp":["203.0.113.0/24","12.0.0.0/7"]}"#, true);
        check(everyone, r#""IpAddress":{"aws:SourceIp":"2001:db8::/32"}"#, false);
        check(everyone, r#""IpAddress":{"aws:SourceIp":"2001:db8::/31"}"#, true);
        check(everyone, r#""NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#, true);
    }
}

//! How large AWS takes a policy to be.
//!
//! A quota counts characters in one of three ways: as sent, without the white space between JSON elements, or
//! "without white space". Limits come from the reference; where a page leaves open what is counted, the
//! answer has a least and a most:
//!
//! - The console of AWS Organizations takes out white space "between JSON elements and outside of quotation
//!   marks" and does not count it; through API, CLI and infrastructure as code an SCP or RCP is stored as sent
//!   and all of it counts (Organizations User Guide, "Quotas and service limits").
//! - IAM counts customer managed policies and inline policies without white space, and does not say whether
//!   that spares white space inside strings (IAM User Guide, "IAM and AWS STS quotas").
//! - The same page gives the quota of trust policies beside those and does not say that white space counts.
//! - A session policy counts as plain text, together with the ARNs of managed session policies; a limit on the
//!   packed form comes on top, which only AWS can measure (AWS STS API Reference, AssumeRole).
//! - No page says whether a character beyond ASCII counts once or by its bytes in UTF-8.
//!
//! Does not count policies per entity and sums up nothing: callers add the documents that share a quota. There
//! are no rows for resource-based and VPC endpoint policies, whose quotas are those of each service.

use reference::{Basis, Counting, Quota};

use crate::policy::PolicyType;

/// How a policy is handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submission {
    /// Through the API, the AWS CLI, an SDK or infrastructure as code.
    Api,
    /// Through the console.
    Console,
}

/// The size of one document under one quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The quota it counts against.
    pub quota: &'static Quota,
    pub characters: Characters,
    /// Most characters that the quota admits.
    pub limit: u64,
    pub counted_how: CountedHow,
}

/// A number of characters, or two where AWS does not say what counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Characters {
    pub least: u64,
    /// The same as `least` where the count is settled.
    pub most: u64,
}

/// What counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountedHow {
    /// Every character as sent.
    AsSent,
    /// All but the white space between JSON elements.
    BetweenElementsNot,
    /// All but white space: `least` spares it inside strings too, `most` only between JSON elements.
    WhiteSpaceNot,
    /// Not said: `least` spares all white space, `most` none.
    Unsettled,
}

/// Whether a document keeps to a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    Fits,
    Exceeds,
    /// It depends on what AWS counts.
    Unknown,
}

impl Size {
    /// Whether the document, alone, keeps to the quota.
    pub fn fit(&self) -> Fit {
        if self.characters.most <= self.limit {
            Fit::Fits
        } else if self.characters.least > self.limit {
            Fit::Exceeds
        } else {
            Fit::Unknown
        }
    }
}

/// The size of a document under each quota that may apply to it: several for an identity-based policy, which
/// may be managed or inline; none where the quota is the affair of a service.
pub fn measure(text: &str, policy_type: PolicyType, submission: Submission) -> Vec<Size> {
    quota_ids(policy_type, submission)
        .iter()
        .filter_map(|id| reference::quota(id))
        .map(|quota| {
            let counted_how = counted_how(policy_type, submission, quota);
            Size { quota, characters: count(text, counted_how), limit: quota.limit, counted_how }
        })
        .collect()
}

fn quota_ids(policy_type: PolicyType, submission: Submission) -> &'static [&'static str] {
    match (policy_type, submission) {
        (PolicyType::Identity, _) => &[
            "managed-policy-characters",
            "user-inline-characters",
            "group-inline-characters",
            "role-inline-characters",
        ],
        (PolicyType::PermissionsBoundary, _) => &["managed-policy-characters"],
        (PolicyType::Trust, _) => &["trust-policy-characters"],
        // There is no console for session policies.
        (PolicyType::Session, _) => &["session-policy-characters"],
        (PolicyType::ServiceControl, Submission::Api) => &["scp-characters-api"],
        (PolicyType::ServiceControl, Submission::Console) => &["scp-characters-console"],
        (PolicyType::ResourceControl, Submission::Api) => &["rcp-characters-api"],
        (PolicyType::ResourceControl, Submission::Console) => &["rcp-characters-console"],
        (PolicyType::Resource | PolicyType::VpcEndpoint, _) => &[],
    }
}

fn counted_how(policy_type: PolicyType, submission: Submission, quota: &Quota) -> CountedHow {
    let by_organizations = matches!(policy_type, PolicyType::ServiceControl | PolicyType::ResourceControl);
    match (quota.basis, quota.counting) {
        (Basis::Inferred, _) => CountedHow::Unsettled,
        (Basis::Documented, _) if by_organizations && submission == Submission::Console => {
            CountedHow::BetweenElementsNot
        }
        (Basis::Documented, Counting::Characters) => CountedHow::AsSent,
        (
            Basis::Documented,
            Counting::CharactersWithoutWhiteSpace | Counting::SumOfCharactersWithoutWhiteSpace,
        ) => CountedHow::WhiteSpaceNot,
        // No quota of a document counts these; as sent is the most that could count.
        (Basis::Documented, Counting::Items | Counting::Seconds) => CountedHow::AsSent,
    }
}

fn count(text: &str, counted_how: CountedHow) -> Characters {
    let tally = Tally::of(text);
    let all = tally.elements + tally.between + tally.inside;
    let (least, most) = match counted_how {
        CountedHow::AsSent => (all, all),
        CountedHow::BetweenElementsNot => (all - tally.between, all - tally.between),
        CountedHow::WhiteSpaceNot => (tally.elements, all - tally.between),
        CountedHow::Unsettled => (tally.elements, all),
    };
    Characters { least, most: most + tally.beyond_ascii_bytes }
}

/// Characters of a text by where they stand.
#[derive(Debug, Default)]
struct Tally {
    /// Characters that are not white space.
    elements: u64,
    /// White space between JSON elements.
    between: u64,
    /// White space inside strings.
    inside: u64,
    /// Bytes that characters beyond ASCII take in UTF-8, each beyond its first.
    beyond_ascii_bytes: u64,
}

impl Tally {
    fn of(text: &str) -> Self {
        let mut tally = Self::default();
        let mut in_string = false;
        let mut escaped = false;
        for character in text.chars() {
            tally.beyond_ascii_bytes += character.len_utf8() as u64 - 1;
            match character {
                ' ' | '\t' | '\n' | '\r' if in_string => tally.inside += 1,
                ' ' | '\t' | '\n' | '\r' => tally.between += 1,
                _ => tally.elements += 1,
            }
            if character == '"' && !escaped {
                in_string = !in_string;
            }
            escaped = in_string && character == '\\' && !escaped;
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    //! What counts, for each policy type and each way of handing it in.

    use super::*;

    /// 28 characters: 24 that are not white space, 3 blanks and a line end between elements, none inside.
    const PLAIN: &str = "{ \"Version\": \"2012-10-17\" }\n";

    #[track_caller]
    fn check(
        text: &str,
        policy_type: PolicyType,
        submission: Submission,
        expected: &[(&str, u64, u64, u64, CountedHow)],
    ) {
        let found: Vec<_> = measure(text, policy_type, submission)
            .iter()
            .map(|size| {
                let Characters { least, most } = size.characters;
                (size.quota.id.as_str(), least, most, size.limit, size.counted_how)
            })
            .collect();
        assert_eq!(found, expected, "{policy_type} {submission:?} {text:?}");
    }

    #[test]
    fn organizations_counts_as_sent_except_in_the_console() {
        use CountedHow::{AsSent, BetweenElementsNot};
        use PolicyType::{ResourceControl, ServiceControl};
        let text = "{ \"Sid\": \"a b\" }";
        check(text, ServiceControl, Submission::Api, &[("scp-characters-api", 16, 16, 10_240, AsSent)]);
        check(
            text,
            ServiceControl,
            Submission::Console,
            &[("scp-characters-console", 13, 13, 10_240, BetweenElementsNot)],
        );
        check(text, ResourceControl, Submission::Api, &[("rcp-characters-api", 16, 16, 5_120, AsSent)]);
        check(
            text,
            ResourceControl,
            Submission::Console,
            &[("rcp-characters-console", 13, 13, 5_120, BetweenElementsNot)],
        );
    }

    #[test]
    fn iam_does_not_count_white_space_and_leaves_strings_open() {
        use CountedHow::WhiteSpaceNot;
        let text = "{ \"Sid\": \"a b\" }";
        check(
            text,
            PolicyType::Identity,
            Submission::Api,
            &[
                ("managed-policy-characters", 12, 13, 6_144, WhiteSpaceNot),
                ("user-inline-characters", 12, 13, 2_048, WhiteSpaceNot),
                ("group-inline-characters", 12, 13, 5_120, WhiteSpaceNot),
                ("role-inline-characters", 12, 13, 10_240, WhiteSpaceNot),
            ],
        );
        for submission in [Submission::Api, Submission::Console] {
            check(
                PLAIN,
                PolicyType::PermissionsBoundary,
                submission,
                &[("managed-policy-characters", 24, 24, 6_144, WhiteSpaceNot)],
            );
        }
    }

    #[test]
    fn trust_policies_are_unsettled_and_session_policies_plain_text() {
        use CountedHow::{AsSent, Unsettled};
        check(
            PLAIN,
            PolicyType::Trust,
            Submission::Api,
            &[("trust-policy-characters", 24, 28, 2_048, Unsettled)],
        );
        check(
            PLAIN,
            PolicyType::Session,
            Submission::Api,
            &[("session-policy-characters", 28, 28, 2_048, AsSent)],
        );
    }

    #[test]
    fn services_keep_their_own_quotas_for_what_is_attached_to_resources() {
        check(PLAIN, PolicyType::Resource, Submission::Api, &[]);
        check(PLAIN, PolicyType::VpcEndpoint, Submission::Api, &[]);
    }

    #[test]
    fn strings_end_at_a_quote_that_is_not_escaped() {
        let between = |text: &str| {
            let tally = Tally::of(text);
            (tally.between, tally.inside)
        };
        assert_eq!(between(r#""a b" "#), (1, 1));
        assert_eq!(between(r#""a\" b" "#), (1, 1));
        assert_eq!(between(r#""a\\" " " "#), (2, 1));
        assert_eq!(between(r#""a\\\" b" "#), (1, 1));
        assert_eq!(between("\"\\n\t\""), (0, 1));
        assert_eq!(between("\u{A0}"), (0, 0), "only what JSON takes for white space is white space");
    }

    #[test]
    fn characters_beyond_ascii_count_once_or_by_their_bytes() {
        let size = measure("\"é€\"", PolicyType::ServiceControl, Submission::Api);
        assert_eq!(size[0].characters, Characters { least: 4, most: 7 });
    }

    #[test]
    fn what_is_at_the_limit_fits_and_one_more_does_not() {
        let document = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
        let fit = |text: &str, policy_type| measure(text, policy_type, Submission::Api)[0].fit();
        assert_eq!(fit(&document(10_240), PolicyType::ServiceControl), Fit::Fits);
        assert_eq!(fit(&document(10_241), PolicyType::ServiceControl), Fit::Exceeds);
        assert_eq!(fit(&document(5_121), PolicyType::ResourceControl), Fit::Exceeds);
        assert_eq!(fit(&(document(2_048) + " "), PolicyType::Trust), Fit::Unknown);
        assert_eq!(fit(&(document(2_049) + " "), PolicyType::Trust), Fit::Exceeds);
        assert_eq!(fit(&(document(6_144) + " "), PolicyType::PermissionsBoundary), Fit::Fits);
    }
}

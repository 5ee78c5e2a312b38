//! Policies that are longer than AWS takes. What counts is `iam::size`'s business.
//!
//! Identity-based policies have several quotas, by where they are put; one that fits the largest is not reported.

use iam::size::{self, Fit, Size, Submission};

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::View;

pub const RULE: Rule = Rule {
    id: "over-quota",
    title: "a policy that is longer than AWS takes",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "AWS refuses it. An SCP may have 10,240 characters since 2026 and an RCP 5,120; the console does not count \
          white space between elements, everything else hands the text in as it is and counts all of it. IAM does \
          not count white space.",
    instead: "Hand it in without white space, gather actions under wildcards, or split it into several policies.",
    sources: &[
        "Organizations User Guide, \"Quotas and service limits for AWS Organizations\"",
        "IAM User Guide, \"IAM and AWS STS quotas\"",
    ],
    bad: Example::rcp(BAD),
    good: Example::rcp(GOOD),
    look: Look::Policy(look),
};

fn look(view: &View<'_>, found: &mut Found) {
    let Some(text) = &view.document.text else { return };
    let sizes = size::measure(text, view.policy_type, Submission::Api);
    // The quota that leaves most room: who puts the policy where is not known.
    let Some(roomiest) = sizes.iter().max_by_key(|size| size.limit) else { return };
    let at = view.document.node.start..view.document.node.start + 1;
    let minified = iam::print::minified(&view.document.node);
    let small = size::measure(&minified, view.policy_type, Submission::Api);
    let fits_minified = small.iter().any(|small| small.limit == roomiest.limit && small.fit() == Fit::Fits);
    match roomiest.fit() {
        Fit::Fits => {}
        Fit::Exceeds => {
            let instead = if fits_minified {
                format!(
                    "hand it in without white space: {} characters are left then",
                    minified.chars().count()
                )
            } else {
                "split it, or gather actions under wildcards".to_owned()
            };
            found
                .add(at, format!("{}, and the quota is {}", counted(roomiest), roomiest.limit))
                .instead(instead);
        }
        Fit::Unknown => {
            let message = format!(
                "{}, and the quota is {}; which of the characters AWS counts is not documented",
                counted(roomiest),
                roomiest.limit
            );
            found.add(at, message).confidence(Confidence::Low).instead("hand it in without white space");
        }
    }
}

fn counted(size: &Size) -> String {
    let characters = size.characters;
    if characters.least == characters.most {
        format!("it counts {} characters", characters.least)
    } else {
        format!("it counts {} to {} characters", characters.least, characters.most)
    }
}

/// 180 characters.
const GOOD: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::model-weights/*" }
  ]
}"#;

/// 512 blanks.
macro_rules! blanks {
    () => {
        concat!(
            "                                                                ",
            "                                                                ",
            "                                                                ",
            "                                                                ",
            "                                                                ",
            "                                                                ",
            "                                                                ",
            "                                                                ",
        )
    };
}

/// The same policy, indented by a generator that means well.
const BAD: &str = concat!(
    r#"{
  "Version": "2012-10-17",
  "Statement": [
"#,
    blanks!(),
    blanks!(),
    blanks!(),
    blanks!(),
    blanks!(),
    blanks!(),
    blanks!(),
    blanks!(),
    blanks!(),
    blanks!(),
    r#"{ "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::model-weights/*" }
  ]
}"#
);

//! Published service control policies: what is found in them, one by one, each read and found true.
//!
//! The environment variable `POSTERN_SAMPLES` names a folder that has `aws-scp-examples`, the AWS samples
//! repository "service-control-policy-examples" as of April 2026; without it the test says so and passes.

use std::path::Path;

use postern::check::finding::{Audience, Confidence};
use postern::check::{Options, check, files};

/// File, rule and line of everything that is found besides words to be replaced.
///
/// Of each it was asked whether an AWS page says otherwise. `action-fits-no-resource`: the Service Authorization
/// Reference lists no resource type for CreateStackSet and CreateEventSourceMapping, and the statements name ARNs.
/// `unknown-action`: both names are in no list of AWS any more. `unreadable`: the file asks for its comment to be
/// removed.
const FOUND: [(&str, &str, usize); 19] = [
    ("Deny-permission-sets-for-AWS-IAM-Identity-Center.json", "deny-passes-by-resourceless-actions", 6),
    ("Deny-modifications-to-specific-AWS-CloudFormation-resources.json", "action-fits-no-resource", 10),
    ("Deny-modifications-to-specific-Amazon-Lambda-functions.json", "action-fits-no-resource", 8),
    (
        "Deny-unwanted-cancellation-or-changes-to-AWS-Marketplace-product-subscription.json",
        "unknown-action",
        9,
    ),
    (
        "Deny-unwanted-cancellation-or-changes-to-AWS-Marketplace-product-subscription.json",
        "unknown-action",
        13,
    ),
    ("…region-with-Bedrock-CRIS.json", "deny-may-leave-bidirectional-streams", 71),
    ("…region-with-Bedrock-CRIS.json", "key-carried-by-some", 84),
    ("deny-creating-any-service-specific-credentials.json", "credential-deny-hits-other-services", 7),
    ("deny-creating-any-service-specific-credentials.json", "credential-deny-misses-reset", 7),
    ("deny-service-specific-credential-by-type.json", "unreadable", 15),
    ("Deny-Bedrock-api-keys-longer-than-30-days.json", "never-expiring-keys-pass", 13),
    ("Deny-Bedrock-api-keys.json", "credential-deny-misses-reset", 6),
    ("Deny-Bedrock-api-keys.json", "bearer-deny-misses-prefixes", 16),
    ("Deny-Bedrock-long-term-api-keys.json", "bearer-deny-misses-prefixes", 6),
    ("Deny-Bedrock-model-invocation-except-approved-models.json", "deny-may-leave-bidirectional-streams", 8),
    ("Deny-Bedrock-model-invocation-except-approved-models.json", "action-without-effect", 10),
    ("Deny-Bedrock-model-invocation-except-approved-models.json", "allow-list-breaks-calls", 12),
    ("Deny-Bedrock-model-invocation-except-approved-models.json", "mantle-half-inverted", 20),
    // Two statements that say the same.
    ("deny-creating-any-service-specific-credentials.json", "idle-statement", 10),
];

#[test]
fn nothing_is_found_in_published_policies_that_is_not_so() {
    let Some(folder) = std::env::var_os("POSTERN_SAMPLES") else {
        eprintln!("POSTERN_SAMPLES is not set; published service control policies were not checked");
        return;
    };
    let given = files::read(&[Path::new(&folder).join("aws-scp-examples")]).unwrap();
    assert_eq!(given.len(), 57);
    let options = Options {
        kind: None,
        rules: Vec::new(),
        audience: Audience::Auditor,
        confidence: Confidence::Low,
        day: "2026-11-21".to_owned(),
    };
    let checked = check(given.into_iter().map(|one| one.source).collect(), &options);
    let mut found: Vec<(String, &str, usize)> = Vec::new();
    for finding in checked.findings.iter().filter(|finding| finding.rule.id != "placeholder") {
        let source = &checked.sources[finding.source];
        let name = source.path.rsplit('/').next().unwrap_or_default();
        let short =
            name.find("region-with-Bedrock-CRIS").map_or(name.to_owned(), |at| format!("…{}", &name[at..]));
        found.push((short, finding.rule.id, source.place(finding.start).line));
    }
    let mut expected: Vec<(String, &str, usize)> =
        FOUND.iter().map(|(file, rule, line)| ((*file).to_owned(), *rule, *line)).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

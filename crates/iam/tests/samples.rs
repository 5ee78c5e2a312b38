//! Published service control policies, read as people find them.
//!
//! The environment variable `POSTERN_SAMPLES` names a folder that has `aws-scp-examples`, the AWS samples
//! repository "service-control-policy-examples" as of April 2026; without it the test says so and passes.

use std::path::{Path, PathBuf};

use iam::json::{self, Place};
use iam::policy::{self, PolicyType, Severity};
use iam::{lint, print};

/// Files whose problems are known: end of the name, code, message, line and column.
const KNOWN: [(&str, &str, &str, (usize, usize)); 2] = [
    (
        "Deny-use-of-IAM-user-credentials-from-unexpected-networks.json",
        "condition-value",
        "`<my-corporate-cidr>` is not a value that `NotIpAddressIfExists` can compare",
        (30, 25),
    ),
    (
        "deny-service-specific-credential-by-type.json",
        "json",
        "JSON has no comments, and IAM accepts none",
        (15, 13),
    ),
];

/// Findings that must be there: end of the file's name, code.
const FOUND: [(&str, &str); 5] = [
    ("Deny-Bedrock-model-invocation-except-approved-models.json", "allow-list-forgets-profiles"),
    ("Deny-Bedrock-api-keys-longer-than-30-days.json", "never-expiring-keys-pass"),
    ("Deny-use-of-IAM-user-credentials-from-unexpected-networks.json", "if-exists-changes-nothing"),
    ("Deny-access-to-AWS-based-on-the-requested-AWS-region-with-Bedrock-CRIS.json", "key-carried-by-some"),
    ("Deny-users-from-disabling-Amazon-GuardDuty-or-modifying-its-configuration.json", "not-a-variable"),
];

#[test]
fn published_service_control_policies_are_read_printed_and_checked() {
    let Some(folder) = std::env::var_os("POSTERN_SAMPLES") else {
        eprintln!("POSTERN_SAMPLES is not set; published service control policies were not read");
        return;
    };
    let mut files = Vec::new();
    collect(&Path::new(&folder).join("aws-scp-examples"), &mut files);
    assert_eq!(files.len(), 57);
    let mut problems = Vec::new();
    for file in &files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(file).unwrap();
        let read = policy::read(text.as_bytes(), PolicyType::ServiceControl);
        for problem in &read.problems {
            let place = Place::of(&text, problem.start);
            problems.push((
                name.clone(),
                problem.kind.code(),
                problem.kind.to_string(),
                (place.line, place.column),
            ));
        }
        if read.policy.is_none() {
            let text = without_comments(&text);
            let again = policy::read(text.as_bytes(), PolicyType::ServiceControl);
            assert!(again.policy.is_some(), "{name}: {:?}", again.problems);
            check_text(&name, &text);
        } else {
            check_text(&name, &text);
        }
    }
    let known: Vec<_> =
        KNOWN.map(|(name, code, message, at)| (name.to_owned(), code, message.to_owned(), at)).to_vec();
    assert_eq!(problems, known);
}

/// Printing gives the same policy, and what is known to be wrong is found.
fn check_text(name: &str, text: &str) {
    let node = json::parse(text.as_bytes()).unwrap();
    let again = json::parse(print::minified(&node).as_bytes()).unwrap();
    assert_eq!(without_places(&again), without_places(&node), "{name}");
    let findings = lint::lint(&node, PolicyType::ServiceControl);
    for (_, code) in FOUND.iter().filter(|(file, _)| *file == name) {
        assert!(findings.iter().any(|finding| finding.code == *code), "{name}: {code} in {findings:?}");
    }
}

fn without_places(node: &json::Node) -> policy::Policy {
    let read = policy::from_node(node, PolicyType::ServiceControl);
    assert!(read.problems.iter().all(|problem| problem.kind.severity() == Severity::Refused));
    let mut policy = read.policy.unwrap();
    let mut statements = policy.statements.into_vec();
    statements.iter_mut().for_each(|statement| statement.start = 0);
    policy.statements = statements.into();
    policy
}

/// The text without what stands behind `//` on a line.
fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split(" //").next().unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
}

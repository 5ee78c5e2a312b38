//! `postern snapshot commands --policy`: what the script needs, as an identity-based policy.
//!
//! The actions are those of the table of calls, by name and without wildcards. None of them changes anything.

use observe::calls::calls;
use serde_json::json;

/// The policy; with the role that the script assumes in other accounts, where it does.
///
/// The role itself needs the first statement only.
pub fn policy(role: Option<&str>, partition: &str) -> String {
    let mut actions: Vec<&str> = calls().iter().map(|call| call.permission.as_str()).collect();
    actions.sort_unstable();
    actions.dedup();
    let mut statements = vec![json!({"Sid": "Read", "Effect": "Allow", "Action": actions, "Resource": "*"})];
    if let Some(role) = role {
        statements.push(json!({
            "Sid": "Assume", "Effect": "Allow", "Action": "sts:AssumeRole",
            "Resource": format!("arn:{partition}:iam::*:role/{role}"),
        }));
    }
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    let mut text = serde_json::to_string_pretty(&policy).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    //! AWS takes the policy, and it allows what the calls need and nothing that changes anything.

    use iam::policy::{self, PolicyType};

    use super::*;

    #[test]
    fn aws_takes_the_policy() {
        let text = policy(Some("audit/reader"), "aws");
        let read = policy::read(text.as_bytes(), PolicyType::Identity);
        assert_eq!(read.problems, []);
        assert_eq!(read.policy.map(|policy| policy.statements.len()), Some(2));
        let chars = text.chars().filter(|letter| !letter.is_whitespace()).count();
        assert!(chars <= 6_144, "{chars} characters are no managed policy");
    }

    #[test]
    fn it_changes_nothing() {
        for call in calls() {
            let (service, action) = call.permission.split_once(':').expect("SERVICE:ACTION");
            let Some(known) = reference::action(service, action) else { continue };
            for level in [reference::AccessLevel::Write, reference::AccessLevel::PermissionsManagement] {
                assert!(!known.access.contains(level), "{}", call.permission);
            }
        }
    }
}

//! Statements that allow, or fail to deny, more than they seem to.
//!
//! Follows IAM User Guide, "IAM JSON policy elements: NotAction", "… NotResource", "… NotPrincipal" and "Grant a
//! user permissions to pass a role to an AWS service".

use super::statement::{Document, Statement, is_everything};
use super::{Description, Findings, Level};
use crate::policy::{Effect, PolicyType};

enum BreadthFinding {
    /// Allows what is not listed, new services included. Source: IAM User Guide, "IAM JSON policy elements:
    /// NotAction", NotAction with Allow.
    AllowNotAction { ceiling: bool },
    /// Allows on all resources but these. Source: IAM User Guide, "IAM JSON policy elements: NotResource",
    /// NotResource with Allow.
    AllowNotResource { ceiling: bool },
    /// Allows everyone but these, anonymous callers included. Source: Access Analyzer policy check reference,
    /// ALLOW_WITH_NOT_PRINCIPAL.
    AllowNotPrincipal,
    /// Exempts only who is listed with account, role and session. Source: IAM User Guide, "AWS JSON policy
    /// elements: NotPrincipal", NotPrincipal with Deny.
    DenyNotPrincipal,
    /// Any role may be passed. Source: Access Analyzer policy check reference, PASS_ROLE_WITH_STAR_IN_RESOURCE.
    PassAnyRole,
    /// Any role may be passed, by a wildcard that takes PassRole in. Source: Access Analyzer policy check
    /// reference, PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE.
    PassAnyRoleByWildcard { text: String },
}

pub(super) fn check(document: &Document, statement: &Statement, findings: &mut Findings) {
    // These allow nothing by themselves: what they let through, something else must allow.
    let ceiling = match document.policy_type {
        PolicyType::PermissionsBoundary
        | PolicyType::Session
        | PolicyType::ServiceControl
        | PolicyType::ResourceControl
        | PolicyType::VpcEndpoint => true,
        PolicyType::Identity | PolicyType::Resource | PolicyType::Trust => false,
    };
    match statement.effect {
        Effect::Allow => {
            if let Some(action) = statement.action.as_ref().filter(|action| action.negated) {
                findings.add(action.node, BreadthFinding::AllowNotAction { ceiling }.describe());
            }
            if let Some(resource) = statement.resource.as_ref().filter(|resource| resource.negated) {
                findings.add(resource.node, BreadthFinding::AllowNotResource { ceiling }.describe());
            }
            if let Some((node, true)) = statement.principal {
                findings.add(node, BreadthFinding::AllowNotPrincipal.describe());
            }
            if !ceiling {
                check_pass_role(statement, findings);
            }
        }
        Effect::Deny => {
            if let Some((node, true)) = statement.principal {
                findings.add(node, BreadthFinding::DenyNotPrincipal.describe());
            }
        }
    }
}

fn check_pass_role(statement: &Statement, findings: &mut Findings) {
    let any_resource =
        statement.resource.as_ref().is_some_and(|resource| !resource.negated && resource.has_everything());
    let limited = statement.conditions_on("iam:PassedToService").next().is_some()
        || statement.conditions_on("iam:AssociatedResourceArn").next().is_some();
    let Some(action) = statement.action.as_ref().filter(|action| !action.negated) else { return };
    if !any_resource || limited {
        return;
    }
    let pass_role = crate::action::Action::parse("iam:PassRole").expect("this is an action");
    for value in &action.values {
        if !crate::action::ActionPattern::new(value.text).matches(&pass_role) {
            continue;
        }
        let finding = if value.text.contains(['*', '?']) || is_everything(value.text) {
            BreadthFinding::PassAnyRoleByWildcard { text: value.text.to_owned() }
        } else {
            BreadthFinding::PassAnyRole
        };
        findings.add(value.node, finding.describe());
    }
}

impl BreadthFinding {
    fn describe(&self) -> Description {
        let level = |ceiling: &bool| if *ceiling { Level::Suggestion } else { Level::SecurityWarning };
        match self {
            Self::AllowNotAction { ceiling } => Description {
                code: "allow-with-not-action",
                level: level(ceiling),
                message: "Allow with `NotAction` allows every action that is not listed, of all services, new ones included"
                    .to_owned(),
                hint: Some("list what is allowed in `Action`, or deny what is not".to_owned()),
            },
            Self::AllowNotResource { ceiling } => Description {
                code: "allow-with-not-resource",
                level: level(ceiling),
                message: "Allow with `NotResource` allows the actions on every resource that is not listed, new ones included"
                    .to_owned(),
                hint: Some("list what is allowed in `Resource`, or deny what is not".to_owned()),
            },
            Self::AllowNotPrincipal => Description {
                code: "ALLOW_WITH_NOT_PRINCIPAL",
                level: Level::SecurityWarning,
                message: "Allow with `NotPrincipal` allows everyone who is not listed, callers without credentials included"
                    .to_owned(),
                hint: Some("list who is allowed in `Principal`".to_owned()),
            },
            Self::DenyNotPrincipal => Description {
                code: "deny-with-not-principal",
                level: Level::Warning,
                message: "Deny with `NotPrincipal` spares a role only if its account, the role and the session are listed, and nobody who has a permissions boundary"
                    .to_owned(),
                hint: Some(
                    "write \"Principal\": \"*\" and compare `aws:PrincipalArn` with `ArnNotLike` in a condition"
                        .to_owned(),
                ),
            },
            Self::PassAnyRole => Description {
                code: "PASS_ROLE_WITH_STAR_IN_RESOURCE",
                level: Level::SecurityWarning,
                message: "`iam:PassRole` on `*` lets the caller pass any role of the account, to any service"
                    .to_owned(),
                hint: Some("name the roles, or compare `iam:PassedToService`".to_owned()),
            },
            Self::PassAnyRoleByWildcard { text } => Description {
                code: "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
                level: Level::SecurityWarning,
                message: format!(
                    "`{text}` takes in `iam:PassRole`, which on `*` lets the caller pass any role of the account"
                ),
                hint: Some("name the actions, or the roles".to_owned()),
            },
        }
    }
}

//! What SCPs and RCPs do not reach.
//!
//! Follows AWS Organizations User Guide, "Service control policies (SCPs)", "SCP evaluation" and "Resource
//! control policies (RCPs)" (aws-facts §2.2, §2.3).

use super::statement::{Document, Reach, Statement, matched};
use super::{Description, Findings, Level, listed};
use crate::condition::Comparison;
use crate::policy::{Effect, PolicyType};

enum OrganizationFinding {
    /// An RCP names an action of a service that RCPs do not reach. Source: Organizations User Guide, "Resource
    /// control policies (RCPs)", services that support RCPs.
    RcpOutOfReach { text: String },
    /// An RCP names `*:…`, and most services are out of reach. Source: as [`Self::RcpOutOfReach`].
    RcpReachesSome { text: String, unreached: Vec<String> },
    /// An Allow that is narrower than everything. Source: Organizations User Guide, "SCP evaluation": within a
    /// level the SCPs unite, over levels they intersect.
    NarrowAllow,
    /// A Deny about service-linked roles. Source: Organizations User Guide, "Service control policies (SCPs)",
    /// tasks and entities not restricted by SCPs; "Resource control policies (RCPs)", likewise.
    ServiceLinkedRole { policy_type: PolicyType },
}

pub(super) fn check(document: &Document, statement: &Statement, findings: &mut Findings) {
    let policy_type = document.policy_type;
    match policy_type {
        PolicyType::ServiceControl => check_narrow_allow(statement, findings),
        PolicyType::ResourceControl => check_reach(statement, findings),
        PolicyType::Identity
        | PolicyType::Resource
        | PolicyType::Trust
        | PolicyType::PermissionsBoundary
        | PolicyType::Session
        | PolicyType::VpcEndpoint => return,
    }
    for condition in statement.conditions_on("aws:PrincipalArn") {
        let Some(operator) = condition.operator else { continue };
        if operator.negated || operator.comparison == Comparison::Null || statement.effect == Effect::Allow {
            continue;
        }
        for (text, node) in &condition.values {
            if text.contains(":role/aws-service-role/") {
                findings.add(*node, OrganizationFinding::ServiceLinkedRole { policy_type }.describe());
            }
        }
    }
}

fn check_narrow_allow(statement: &Statement, findings: &mut Findings) {
    if statement.effect != Effect::Allow {
        return;
    }
    let everything = |element: Option<&super::statement::Element>| {
        element.is_some_and(|element| !element.negated && element.has_everything())
    };
    let wide = everything(statement.action.as_ref())
        && everything(statement.resource.as_ref())
        && statement.conditions.is_empty();
    if !wide {
        findings.add(statement.node, OrganizationFinding::NarrowAllow.describe());
    }
}

fn check_reach(statement: &Statement, findings: &mut Findings) {
    for value in statement.action.iter().flat_map(|action| &action.values) {
        let Reach::Actions(actions) = matched(value.text) else { continue };
        let mut services: Vec<&str> = actions.iter().map(|action| action.service).collect();
        services.dedup();
        let unreached: Vec<String> = services
            .iter()
            .filter(|service| !reference::supports_rcp(service))
            .map(|service| (*service).to_owned())
            .collect();
        let text = value.text.to_owned();
        if unreached.is_empty() {
            continue;
        }
        let finding = if unreached.len() == services.len() {
            OrganizationFinding::RcpOutOfReach { text }
        } else {
            OrganizationFinding::RcpReachesSome { text, unreached }
        };
        findings.add(value.node, finding.describe());
    }
}

impl OrganizationFinding {
    fn describe(&self) -> Description {
        match self {
            Self::RcpOutOfReach { text } => Description {
                code: "rcp-service-out-of-reach",
                level: Level::SecurityWarning,
                message: format!("resource control policies do not reach the service of `{text}`; this denies nothing"),
                hint: Some("deny it to the principals, in a service control policy".to_owned()),
            },
            Self::RcpReachesSome { text, unreached } => Description {
                code: "rcp-service-out-of-reach",
                level: Level::Warning,
                message: format!(
                    "`{text}` takes in actions of {}, which resource control policies do not reach",
                    listed(unreached)
                ),
                hint: None,
            },
            Self::NarrowAllow => Description {
                code: "scp-narrow-allow",
                level: Level::Suggestion,
                message: "this Allow limits nothing while another policy at the same root, OU or account allows more, as FullAWSAccess does"
                    .to_owned(),
                hint: Some("detach FullAWSAccess there, or write a Deny".to_owned()),
            },
            Self::ServiceLinkedRole { policy_type } => Description {
                code: "service-linked-role-out-of-reach",
                level: Level::Warning,
                message: format!("a {policy_type} does not reach service-linked roles; this denies nothing"),
                hint: None,
            },
        }
    }
}

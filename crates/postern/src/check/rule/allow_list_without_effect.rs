//! SCPs that mean to allow a list and stand beside one that allows everything.
//!
//! Needs the organisation: which policies stand at the same node. Follows Organizations User Guide, "SCP evaluation".

use std::collections::BTreeMap;

use iam::estate::{Node, Organization, OrganizationPolicy, OrganizationPolicyKind};
use iam::lint::statement::{self, Statement};
use iam::policy::{Effect, PolicyType};

use crate::check::document::Document;
use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Look, Rule};
use crate::check::view::place;
use crate::check::whole::{Told, Whole, attached, in_words, node_name};

pub const RULE: Rule = Rule {
    id: "allow-list-without-effect",
    title: "an SCP with a list of what is allowed, beside one that allows everything",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "The SCPs of one node are put together: what one of them allows is allowed there. A list beside \
          `FullAWSAccess`, or beside any other policy that allows everything, adds nothing and limits nothing. Only a \
          Deny takes something away from `FullAWSAccess`.",
    instead: "Detach `FullAWSAccess` where the list stands, after a look at what else is used there, or write the list \
              as a Deny with `NotResource`.",
    sources: &["Organizations User Guide, \"SCP evaluation\", how SCPs work with Allow"],
    bad: Example::snapshot(organization!(
        r#"  "accounts/111111111111/global/organizations.ListPolicies/SERVICE_CONTROL_POLICY.json": { "Policies": [{ "Id": "p-FullAWSAccess", "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true }, { "Id": "p-models0001", "Arn": "arn:aws:organizations::111111111111:policy/o-example123/service_control_policy/p-models0001", "Name": "models", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": false }] }"#,
        r#"  "accounts/111111111111/global/organizations.DescribePolicy/p-FullAWSAccess.json": { "Policy": { "PolicySummary": { "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true }, "Content": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}" } }"#,
        r#"  "accounts/111111111111/global/organizations.DescribePolicy/p-models0001.json": { "Policy": { "PolicySummary": { "Name": "models", "Type": "SERVICE_CONTROL_POLICY" }, "Content": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"bedrock:*\",\"Resource\":\"arn:aws:bedrock:*::foundation-model/amazon.nova-*\"}]}" } }"#,
        r#"  "accounts/111111111111/global/organizations.ListTargetsForPolicy/p-FullAWSAccess.json": { "Targets": [{ "TargetId": "r-ab12", "Type": "ROOT" }, { "TargetId": "222222222222", "Type": "ACCOUNT" }] }"#,
        r#"  "accounts/111111111111/global/organizations.ListTargetsForPolicy/p-models0001.json": { "Targets": [{ "TargetId": "222222222222", "Type": "ACCOUNT" }] }"#,
    )),
    good: Example::snapshot(organization!(
        r#"  "accounts/111111111111/global/organizations.ListPolicies/SERVICE_CONTROL_POLICY.json": { "Policies": [{ "Id": "p-FullAWSAccess", "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true }, { "Id": "p-models0001", "Arn": "arn:aws:organizations::111111111111:policy/o-example123/service_control_policy/p-models0001", "Name": "models", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": false }] }"#,
        r#"  "accounts/111111111111/global/organizations.DescribePolicy/p-FullAWSAccess.json": { "Policy": { "PolicySummary": { "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true }, "Content": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}" } }"#,
        r#"  "accounts/111111111111/global/organizations.DescribePolicy/p-models0001.json": { "Policy": { "PolicySummary": { "Name": "models", "Type": "SERVICE_CONTROL_POLICY" }, "Content": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"bedrock:*\",\"Resource\":\"arn:aws:bedrock:*::foundation-model/amazon.nova-*\"}]}" } }"#,
        r#"  "accounts/111111111111/global/organizations.ListTargetsForPolicy/p-FullAWSAccess.json": { "Targets": [{ "TargetId": "r-ab12", "Type": "ROOT" }] }"#,
        r#"  "accounts/111111111111/global/organizations.ListTargetsForPolicy/p-models0001.json": { "Targets": [{ "TargetId": "222222222222", "Type": "ACCOUNT" }] }"#,
    )),
    look: Look::Estate(look),
};

fn look(whole: &Whole<'_>, told: &mut Told) {
    for organization in whole.estate.organizations() {
        let mut beside: BTreeMap<&str, (&OrganizationPolicy, Vec<Beside<'_>>)> = BTreeMap::new();
        for node in organization.nodes() {
            // Where it is not known what stands at a node, nothing is said of it; the data set's own gaps are told.
            let Ok(policies) = attached(organization, node, &OrganizationPolicyKind::ServiceControl) else {
                continue;
            };
            let Some(wide) = policies.iter().find(|policy| allows_everything(whole, policy)) else {
                continue;
            };
            for policy in policies.iter().filter(|policy| policy.id != wide.id) {
                let entry = beside.entry(&policy.id).or_insert((policy, Vec::new()));
                entry.1.push(Beside { node, wide });
            }
        }
        for (policy, places) in beside.values() {
            tell(whole, told, organization, policy, places);
        }
    }
}

/// A node at which a policy stands beside one that allows everything.
struct Beside<'a> {
    node: &'a Node,
    wide: &'a OrganizationPolicy,
}

fn tell(
    whole: &Whole<'_>,
    told: &mut Told,
    organization: &Organization,
    policy: &OrganizationPolicy,
    places: &[Beside<'_>],
) {
    let Some(document) = whole.document(policy) else { return };
    let statements = statements(document);
    if statements.iter().any(is_everything) {
        return;
    }
    let Some(allow) = statements.iter().find(|statement| statement.effect == Effect::Allow) else { return };
    let nodes: Vec<String> = places.iter().map(|place| node_name(place.node)).collect();
    let wide = &places[0].wide.name;
    let elsewhere = organization
        .nodes()
        .iter()
        .filter(|node| !places.iter().any(|place| place.node.id == node.id))
        .filter(|node| {
            attached(organization, node, &OrganizationPolicyKind::ServiceControl)
                .is_ok_and(|policies| policies.iter().any(|one| one.id == policy.id))
        })
        .count();
    let but = if elsewhere == 0 { "" } else { "; it has one at the other nodes where it is attached" };
    let denies = statements.iter().any(|statement| statement.effect == Effect::Deny);
    let what = if denies { "its Allow" } else { "it" };
    let message = format!(
        "{what} has no effect at {}, where `{wide}` allows everything beside it{but}",
        in_words(&nodes)
    );
    let found = told.add(&document.place(place(allow.node)), message);
    if denies {
        found.severity(Severity::Low);
    }
}

fn statements(document: &Document) -> Vec<Statement<'_>> {
    statement::Document::new(&document.node, PolicyType::ServiceControl)
        .map_or_else(Vec::new, |outline| outline.statements)
}

/// Whether a statement allows every action on every resource in every context.
fn is_everything(statement: &Statement<'_>) -> bool {
    let whole = |element: &Option<statement::Element<'_>>| {
        element.as_ref().is_some_and(|element| !element.negated && element.has_everything())
    };
    statement.effect == Effect::Allow
        && statement.condition.is_none()
        && whole(&statement.action)
        && whole(&statement.resource)
}

/// Whether a policy allows everything: AWS's own does.
fn allows_everything(whole: &Whole<'_>, policy: &OrganizationPolicy) -> bool {
    let is_aws_own = policy.aws_managed && policy.id.as_ref() == "p-FullAWSAccess";
    is_aws_own
        || whole.document(policy).is_some_and(|document| statements(document).iter().any(is_everything))
}

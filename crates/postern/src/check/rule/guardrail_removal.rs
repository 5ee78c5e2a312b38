//! Enforced guardrails that somebody can take away: those of an account, and those of the organisation.
//!
//! Needs to know who is there; who may is asked of the evaluator under everything that applies to them.

use iam::arn::AccountId;
use iam::context::Context;
use iam::estate::{Known, OrganizationPolicyKind};

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Look, Rule};
use crate::check::view::place;
use crate::check::whole::{Place, Stands, Told, Whole, account_name, in_words};

pub const ACCOUNT: Rule = Rule {
    id: "enforced-guardrail-can-be-removed",
    title: "a guardrail that an account enforces and that principals in it may replace or remove",
    severity: Severity::Medium,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "What the account enforces lasts as long as nobody calls `bedrock:DeleteEnforcedGuardrailConfiguration`, or \
          puts another guardrail in its place. Both actions take no resource and carry no condition key of their own: \
          whoever has them has them for every guardrail.",
    instead: "Deny both actions in an SCP to everybody but the role that sets guardrails, or enforce the guardrail by a \
              Bedrock policy of the organisation.",
    sources: &[
        "Amazon Bedrock User Guide, \"Guardrail enforcements\", account-level enforcement",
        "Service Authorization Reference, bedrock:PutEnforcedGuardrailConfiguration and \
         bedrock:DeleteEnforcedGuardrailConfiguration",
    ],
    bad: Example::snapshot(
        r#"{
  "accounts/222222222222/global/organizations.DescribeOrganization.json": {},
  "accounts/222222222222/manifest.json": { "snapshot": 1, "account": "222222222222", "calls": [{ "region": "global", "call": "organizations.DescribeOrganization", "status": "absent", "code": "AWSOrganizationsNotInUseException" }] },
  "accounts/222222222222/global/iam.GetAccountAuthorizationDetails.json": { "UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [{ "RoleName": "app", "RoleId": "AROAAPP", "Arn": "arn:aws:iam::222222222222:role/app", "Path": "/", "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [] }, "AttachedManagedPolicies": [], "RolePolicyList": [{ "PolicyName": "models", "PolicyDocument": { "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "bedrock:*", "Resource": "*" }] } }] }] },
  "accounts/222222222222/us-east-1/bedrock.ListEnforcedGuardrailsConfiguration.json": { "guardrailsConfig": [{ "configId": "config1", "guardrailArn": "arn:aws:bedrock:us-east-1:222222222222:guardrail/abcdefghijkl", "guardrailVersion": "1", "owner": "ACCOUNT" }] }
}"#,
    ),
    good: Example::snapshot(
        r#"{
  "accounts/222222222222/global/organizations.DescribeOrganization.json": {},
  "accounts/222222222222/manifest.json": { "snapshot": 1, "account": "222222222222", "calls": [{ "region": "global", "call": "organizations.DescribeOrganization", "status": "absent", "code": "AWSOrganizationsNotInUseException" }] },
  "accounts/222222222222/global/iam.GetAccountAuthorizationDetails.json": { "UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [{ "RoleName": "app", "RoleId": "AROAAPP", "Arn": "arn:aws:iam::222222222222:role/app", "Path": "/", "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [] }, "AttachedManagedPolicies": [], "RolePolicyList": [{ "PolicyName": "models", "PolicyDocument": { "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "bedrock:InvokeModel*", "Resource": "*" }] } }] }] },
  "accounts/222222222222/us-east-1/bedrock.ListEnforcedGuardrailsConfiguration.json": { "guardrailsConfig": [{ "configId": "config1", "guardrailArn": "arn:aws:bedrock:us-east-1:222222222222:guardrail/abcdefghijkl", "guardrailVersion": "1", "owner": "ACCOUNT" }] }
}"#,
    ),
    look: Look::Estate(look_at_accounts),
};

pub const ORGANIZATION: Rule = Rule {
    id: "bedrock-policy-can-be-removed",
    title: "who may change, detach or delete a Bedrock policy of the organisation",
    severity: Severity::Info,
    confidence: Confidence::High,
    audience: Audience::Auditor,
    why: "A guardrail of the organisation is as lasting as the policy that enforces it. Principals of the management \
          account with rights in AWS Organizations can take it away, and no SCP holds them.",
    instead: "Keep these rights with few roles, keep workloads out of the management account, and have changes of \
              policies reported.",
    sources: &[
        "Organizations User Guide, \"Amazon Bedrock policies\"",
        "Service Authorization Reference, organizations:UpdatePolicy, DetachPolicy, DeletePolicy, DisablePolicyType",
    ],
    bad: Example::snapshot(organization!(
        r#"  "accounts/111111111111/global/organizations.ListPolicies/BEDROCK_POLICY.json": { "Policies": [{ "Id": "p-guardrail1", "Arn": "arn:aws:organizations::111111111111:policy/o-example123/bedrock_policy/p-guardrail1", "Name": "guardrail", "Type": "BEDROCK_POLICY", "AwsManaged": false }] }"#,
        r#"  "accounts/111111111111/global/organizations.DescribePolicy/p-guardrail1.json": { "Policy": { "PolicySummary": { "Name": "guardrail", "Type": "BEDROCK_POLICY" }, "Content": "{\"bedrock\":{\"guardrail_inference\":{\"us-east-1\":{\"config_1\":{\"identifier\":{\"@@assign\":\"arn:aws:bedrock:us-east-1:111111111111:guardrail/abcdefghijkl:1\"}}}}}}" } }"#,
        r#"  "accounts/111111111111/global/organizations.ListTargetsForPolicy/p-guardrail1.json": { "Targets": [{ "TargetId": "r-ab12", "Type": "ROOT" }] }"#,
        r#"  "accounts/111111111111/global/iam.GetAccountAuthorizationDetails.json": { "UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [{ "RoleName": "billing", "RoleId": "AROABILLING", "Arn": "arn:aws:iam::111111111111:role/billing", "Path": "/", "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [] }, "AttachedManagedPolicies": [], "RolePolicyList": [{ "PolicyName": "all", "PolicyDocument": { "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "organizations:*", "Resource": "*" }] } }] }] }"#,
    )),
    good: Example::snapshot(organization!(
        r#"  "accounts/111111111111/global/organizations.ListPolicies/BEDROCK_POLICY.json": { "Policies": [{ "Id": "p-guardrail1", "Arn": "arn:aws:organizations::111111111111:policy/o-example123/bedrock_policy/p-guardrail1", "Name": "guardrail", "Type": "BEDROCK_POLICY", "AwsManaged": false }] }"#,
        r#"  "accounts/111111111111/global/organizations.DescribePolicy/p-guardrail1.json": { "Policy": { "PolicySummary": { "Name": "guardrail", "Type": "BEDROCK_POLICY" }, "Content": "{\"bedrock\":{\"guardrail_inference\":{\"us-east-1\":{\"config_1\":{\"identifier\":{\"@@assign\":\"arn:aws:bedrock:us-east-1:111111111111:guardrail/abcdefghijkl:1\"}}}}}}" } }"#,
        r#"  "accounts/111111111111/global/organizations.ListTargetsForPolicy/p-guardrail1.json": { "Targets": [{ "TargetId": "r-ab12", "Type": "ROOT" }] }"#,
        r#"  "accounts/111111111111/global/iam.GetAccountAuthorizationDetails.json": { "UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [{ "RoleName": "billing", "RoleId": "AROABILLING", "Arn": "arn:aws:iam::111111111111:role/billing", "Path": "/", "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [] }, "AttachedManagedPolicies": [], "RolePolicyList": [{ "PolicyName": "all", "PolicyDocument": { "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "organizations:Describe*", "Resource": "*" }] } }] }] }"#,
    )),
    look: Look::Estate(look_at_organizations),
};

/// The call whose answer lists what an account enforces.
const LIST: &str = "bedrock.ListEnforcedGuardrailsConfiguration";

fn look_at_accounts(whole: &Whole<'_>, told: &mut Told) {
    for account in whole.estate.accounts() {
        for (region, known) in &account.regions {
            let Known::Known(enforced) = &known.enforced_guardrails else { continue };
            // What the organisation enforces is listed too, and the account cannot remove it.
            let own =
                enforced.iter().filter(|one| one.owner.as_deref().is_none_or(|owner| owner == "ACCOUNT"));
            for guardrail in own {
                let entries = whole.entries(&account.id, region, LIST, &guardrail.arn);
                let Some(entry) = entries.first() else { continue };
                let actions = [
                    "bedrock:PutEnforcedGuardrailConfiguration",
                    "bedrock:DeleteEnforcedGuardrailConfiguration",
                ];
                let mut given = Context::new();
                given.derive("aws:RequestedRegion", region);
                if let Some(why) = Whole::unread(account) {
                    told.unknown(&entry.place, "who may remove this guardrail", why);
                }
                let who = Who::ask(whole, &account.id, &actions, "*", &given);
                let what = format!("what {} enforces in {region}", account_name(account));
                who.tell(told, &entry.place, &what);
            }
        }
    }
}

fn look_at_organizations(whole: &Whole<'_>, told: &mut Told) {
    let bedrock = OrganizationPolicyKind::new("BEDROCK_POLICY");
    for organization in whole.estate.organizations() {
        let management = &organization.management_account;
        for policy in organization.policies.iter().filter(|policy| policy.kind == bedrock) {
            let Some(document) = whole.document(policy) else { continue };
            let Some(node) = document.node.get("bedrock") else { continue };
            let at = document.place(place(node));
            match whole.estate.account(management).map(Whole::unread) {
                Some(None) => {}
                Some(Some(why)) => told.unknown(&at, "who may remove this policy", why),
                None => continue,
            }
            let actions =
                ["organizations:DeletePolicy", "organizations:DetachPolicy", "organizations:UpdatePolicy"];
            let who = Who::ask(whole, management, &actions, &policy.arn, &Context::new());
            who.tell(told, &at, &format!("the policy `{}`", policy.name));
        }
    }
}

/// Who may do one of several things in an account.
struct Who {
    may: Vec<String>,
    may_if: Vec<String>,
    unknown: Vec<String>,
}

impl Who {
    fn ask(whole: &Whole<'_>, account: &AccountId, actions: &[&str], arn: &str, given: &Context) -> Self {
        let mut who = Self { may: Vec::new(), may_if: Vec::new(), unknown: Vec::new() };
        let Some(known) = whole.estate.account(account) else { return who };
        for person in whole.people(known) {
            let ask = |action: &&str| whole.stands(&person.principal, action, (arn, Some(account)), given);
            match actions.iter().map(ask).fold(Stands::MayNot, Stands::or) {
                Stands::May => who.may.push(person.name()),
                Stands::MayIf(_) => who.may_if.push(person.name()),
                Stands::Unknown(why) => who.unknown.extend(why),
                Stands::MayNot => {}
            }
        }
        who.unknown.sort();
        who.unknown.dedup();
        who
    }

    fn tell(&self, told: &mut Told, at: &Place, what: &str) {
        if !self.may.is_empty() {
            told.add(at, format!("{} may replace or remove {what}", in_words(&self.may)));
        }
        if !self.may_if.is_empty() {
            let message = format!("{} may replace or remove {what} in some context", in_words(&self.may_if));
            told.add(at, message).confidence(Confidence::Low);
        }
        if let Some(why) = self.unknown.first() {
            told.unknown(at, format!("whether more may remove {what}"), why.clone());
        }
    }
}

//! Guardrails that a Bedrock policy enforces and that those below may not apply: all of their calls fail.
//!
//! Needs the data set: the policy of the guardrail, and who runs models in the accounts below. Both are asked of the
//! evaluator. Follows Amazon Bedrock User Guide, "Guardrail enforcements".

use iam::context::Context;
use iam::estate::{Account, Known, OrganizationPolicyKind};
use iam::principal::Principal;

use crate::check::document::Document;
use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Look, Rule};
use crate::check::view::place;
use crate::check::whole::{Person, Stands, Told, Whole, account_name, attached, in_words};

pub const RULE: Rule = Rule {
    id: "guardrail-out-of-reach",
    title: "a guardrail that a Bedrock policy enforces on accounts that may not apply it",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "Every call of a model under an enforced guardrail needs `bedrock:ApplyGuardrail` on it, and the guardrail \
          stands in another account: its own policy must let the caller in, and the caller's policies must allow the \
          action. Where either is missing the calls are not unguarded, they fail.",
    instead: "Let the organisation in by the guardrail's policy, with `aws:PrincipalOrgID`, and grant \
              `bedrock:ApplyGuardrail` on the guardrail to whoever runs models.",
    sources: &[
        "Amazon Bedrock User Guide, \"Guardrail enforcements\", \"Using resource-based policies for guardrails\"",
        "Organizations User Guide, \"Amazon Bedrock policies\"",
    ],
    bad: Example::snapshot(organization!(
        r#"  "accounts/111111111111/global/organizations.ListPolicies/BEDROCK_POLICY.json": { "Policies": [{ "Id": "p-guardrail1", "Arn": "arn:aws:organizations::111111111111:policy/o-example123/bedrock_policy/p-guardrail1", "Name": "guardrail", "Type": "BEDROCK_POLICY", "AwsManaged": false }] }"#,
        r#"  "accounts/111111111111/global/organizations.ListPolicies/SERVICE_CONTROL_POLICY.json": { "Policies": [{ "Id": "p-FullAWSAccess", "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true }] }"#,
        r#"  "accounts/111111111111/global/organizations.DescribePolicy/p-FullAWSAccess.json": { "Policy": { "PolicySummary": { "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true }, "Content": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}" } }"#,
        r#"  "accounts/111111111111/global/organizations.ListTargetsForPolicy/p-FullAWSAccess.json": { "Targets": [{ "TargetId": "r-ab12", "Type": "ROOT" }, { "TargetId": "222222222222", "Type": "ACCOUNT" }] }"#,
        r#"  "accounts/111111111111/global/organizations.DescribePolicy/p-guardrail1.json": { "Policy": { "PolicySummary": { "Name": "guardrail", "Type": "BEDROCK_POLICY" }, "Content": "{\"bedrock\":{\"guardrail_inference\":{\"us-east-1\":{\"config_1\":{\"identifier\":{\"@@assign\":\"arn:aws:bedrock:us-east-1:111111111111:guardrail/abcdefghijkl:1\"}}}}}}" } }"#,
        r#"  "accounts/111111111111/global/organizations.ListTargetsForPolicy/p-guardrail1.json": { "Targets": [{ "TargetId": "r-ab12", "Type": "ROOT" }] }"#,
        r#"  "accounts/111111111111/us-east-1/bedrock.ListGuardrails.json": { "guardrails": [{ "id": "abcdefghijkl", "arn": "arn:aws:bedrock:us-east-1:111111111111:guardrail/abcdefghijkl", "status": "READY", "name": "baseline", "version": "1" }] }"#,
        r#"  "accounts/111111111111/us-east-1/bedrock.GetResourcePolicy/arn%3Aaws%3Abedrock%3Aus-east-1%3A111111111111%3Aguardrail%2Fabcdefghijkl.json": { "resourcePolicy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::333333333333:root\"},\"Action\":\"bedrock:ApplyGuardrail\",\"Resource\":\"arn:aws:bedrock:us-east-1:111111111111:guardrail/abcdefghijkl\"}]}" }"#,
    )),
    good: Example::snapshot(organization!(
        r#"  "accounts/111111111111/global/organizations.ListPolicies/BEDROCK_POLICY.json": { "Policies": [{ "Id": "p-guardrail1", "Arn": "arn:aws:organizations::111111111111:policy/o-example123/bedrock_policy/p-guardrail1", "Name": "guardrail", "Type": "BEDROCK_POLICY", "AwsManaged": false }] }"#,
        r#"  "accounts/111111111111/global/organizations.ListPolicies/SERVICE_CONTROL_POLICY.json": { "Policies": [{ "Id": "p-FullAWSAccess", "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true }] }"#,
        r#"  "accounts/111111111111/global/organizations.DescribePolicy/p-FullAWSAccess.json": { "Policy": { "PolicySummary": { "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true }, "Content": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}" } }"#,
        r#"  "accounts/111111111111/global/organizations.ListTargetsForPolicy/p-FullAWSAccess.json": { "Targets": [{ "TargetId": "r-ab12", "Type": "ROOT" }, { "TargetId": "222222222222", "Type": "ACCOUNT" }] }"#,
        r#"  "accounts/111111111111/global/organizations.DescribePolicy/p-guardrail1.json": { "Policy": { "PolicySummary": { "Name": "guardrail", "Type": "BEDROCK_POLICY" }, "Content": "{\"bedrock\":{\"guardrail_inference\":{\"us-east-1\":{\"config_1\":{\"identifier\":{\"@@assign\":\"arn:aws:bedrock:us-east-1:111111111111:guardrail/abcdefghijkl:1\"}}}}}}" } }"#,
        r#"  "accounts/111111111111/global/organizations.ListTargetsForPolicy/p-guardrail1.json": { "Targets": [{ "TargetId": "r-ab12", "Type": "ROOT" }] }"#,
        r#"  "accounts/111111111111/us-east-1/bedrock.ListGuardrails.json": { "guardrails": [{ "id": "abcdefghijkl", "arn": "arn:aws:bedrock:us-east-1:111111111111:guardrail/abcdefghijkl", "status": "READY", "name": "baseline", "version": "1" }] }"#,
        r#"  "accounts/111111111111/us-east-1/bedrock.GetResourcePolicy/arn%3Aaws%3Abedrock%3Aus-east-1%3A111111111111%3Aguardrail%2Fabcdefghijkl.json": { "resourcePolicy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"bedrock:ApplyGuardrail\",\"Resource\":\"arn:aws:bedrock:us-east-1:111111111111:guardrail/abcdefghijkl\",\"Condition\":{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-example123\"}}}]}" }"#,
    )),
    look: Look::Estate(look),
};

/// The action that applies a guardrail.
const APPLY: &str = "bedrock:ApplyGuardrail";

fn look(whole: &Whole<'_>, told: &mut Told) {
    let bedrock = OrganizationPolicyKind::new("BEDROCK_POLICY");
    for organization in whole.estate.organizations() {
        for node in organization.nodes() {
            let Ok(policies) = attached(organization, node, &bedrock) else { continue };
            for policy in policies {
                let Some(document) = whole.document(policy) else { continue };
                let accounts = whole.governed(organization, node);
                for guardrail in guardrails(document) {
                    let accounts = enforced_in(whole, told, document, &guardrail, &accounts);
                    accounts_outside(whole, told, document, &guardrail, &accounts);
                    callers_without(whole, told, document, &guardrail, &accounts);
                }
            }
        }
    }
}

/// A guardrail that a document enforces.
struct Guardrail<'a> {
    /// Without its version.
    arn: String,
    region: &'a str,
    node: &'a iam::json::Node,
}

/// The guardrails that a document names by whole ARNs; of others another rule speaks.
fn guardrails(document: &Document) -> Vec<Guardrail<'_>> {
    super::bedrock_policy::identifiers(document)
        .into_iter()
        .filter_map(|(region, node)| {
            let text = node.as_text()?;
            let (arn, _) = text.rsplit_once(':').filter(|(arn, _)| arn.contains(":guardrail/"))?;
            Some(Guardrail { arn: arn.to_owned(), region, node })
        })
        .collect()
}

/// The accounts in which it is in force: policies below may assign another one, or none.
fn enforced_in<'a>(
    whole: &Whole<'a>,
    told: &mut Told,
    document: &Document,
    guardrail: &Guardrail<'_>,
    accounts: &[&'a Account],
) -> Vec<&'a Account> {
    let at = document.place(place(guardrail.node));
    let mut enforced = Vec::new();
    for account in accounts {
        match whole.estate.enforcement(account).by_organization(guardrail.region) {
            Known::Known(Some(found)) if *found.arn == *guardrail.arn => enforced.push(*account),
            Known::Known(_) => {}
            Known::Unknown(why) => {
                let what = format!("whether `{}` is in force in {}", guardrail.arn, account_name(account));
                told.unknown(&at, what, why.to_string());
            }
        }
    }
    enforced
}

/// Accounts that the guardrail's own policy does not let in: whatever their principals are allowed, calls fail.
fn accounts_outside(
    whole: &Whole<'_>,
    told: &mut Told,
    document: &Document,
    guardrail: &Guardrail<'_>,
    accounts: &[&Account],
) {
    let at = document.place(place(guardrail.node));
    let mut outside = Vec::new();
    for account in accounts {
        // The root user is limited by nothing in its account: what it may not, nobody there may.
        let Ok(root) = Principal::parse(&format!("arn:{}:iam::{}:root", account.partition, account.id))
        else {
            continue;
        };
        match whole.stands(&root, APPLY, (&guardrail.arn, None), &Context::new()) {
            // Where no model can be called, nothing fails.
            Stands::MayNot if !calls_models(whole, &root, guardrail.region) => {}
            Stands::MayNot => outside.push(account_name(account)),
            Stands::Unknown(why) => {
                let what = format!("whether {} may apply `{}`", account_name(account), guardrail.arn);
                told.unknown(&at, what, why.first().cloned().unwrap_or_default());
            }
            Stands::May | Stands::MayIf(_) => {}
        }
    }
    if !outside.is_empty() {
        let message = format!(
            "nobody in {} may apply this guardrail, and every call of a model there in {} fails",
            in_words(&outside),
            guardrail.region
        );
        told.add(&at, message);
    }
}

/// Roles and users that run models and may not apply the guardrail, in accounts that are let in.
fn callers_without(
    whole: &Whole<'_>,
    told: &mut Told,
    document: &Document,
    guardrail: &Guardrail<'_>,
    accounts: &[&Account],
) {
    let at = document.place(place(guardrail.node));
    let mut without = Vec::new();
    for account in accounts {
        let Some(account) = whole.estate.account(&account.id) else { continue };
        let Ok(root) = Principal::parse(&format!("arn:{}:iam::{}:root", account.partition, account.id))
        else {
            continue;
        };
        let given = Context::new();
        if whole.stands(&root, APPLY, (&guardrail.arn, None), &given) == Stands::MayNot {
            continue;
        }
        let names: Vec<String> = whole
            .people(account)
            .iter()
            .filter(|person| runs_models(whole, &person.principal, guardrail.region))
            .filter(|person| {
                whole.stands(&person.principal, APPLY, (&guardrail.arn, None), &given) == Stands::MayNot
            })
            .map(Person::name)
            .collect();
        if !names.is_empty() {
            without.push(format!("{} in {}", in_words(&names), account_name(account)));
        }
    }
    if !without.is_empty() {
        const TOLD_MAX: usize = 8;
        let more = match without.len().saturating_sub(TOLD_MAX) {
            0 => String::new(),
            more => format!("; and so in {more} more accounts"),
        };
        let message = format!(
            "these run models in {} and may not apply this guardrail, so their calls fail: {}{more}",
            guardrail.region,
            without[..without.len().min(TOLD_MAX)].join("; ")
        );
        told.add(&at, message).severity(Severity::Medium).confidence(Confidence::Medium);
    }
}

/// Models of several makers, one of which people can mostly call where they can call any.
const MODELS: [&str; 4] = [
    "amazon.nova-lite-v1:0",
    "amazon.nova-pro-v1:0",
    "anthropic.claude-opus-5-5",
    "anthropic.claude-sonnet-5-5",
];

/// How somebody stands to running models in a Region, one by one.
fn runs<'w>(
    whole: &'w Whole<'_>,
    principal: &'w Principal,
    region: &'w str,
) -> impl Iterator<Item = Stands> + 'w {
    MODELS.iter().map(move |model| {
        let arn = format!("arn:aws:bedrock:{region}::foundation-model/{model}");
        whole.stands(principal, "bedrock:InvokeModel", (&arn, None), &Context::new())
    })
}

/// Whether somebody may run a model in a Region.
fn runs_models(whole: &Whole<'_>, principal: &Principal, region: &str) -> bool {
    runs(whole, principal, region).any(|stands| stands == Stands::May)
}

/// Whether it is not ruled out that somebody runs a model in a Region.
fn calls_models(whole: &Whole<'_>, principal: &Principal, region: &str) -> bool {
    runs(whole, principal, region).any(|stands| stands != Stands::MayNot)
}

//! Exemptions from a Deny into which somebody else can name or tag themselves.
//!
//! Needs the accounts below: who may create a role of the exempt name, change the trust of one that is there, or give
//! themselves the exempt tag, is asked of the evaluator under everything that applies to them.

use std::sync::Arc;

use iam::condition::Comparison;
use iam::context::Context;
use iam::estate::{Account, Known, Node, Organization, OrganizationPolicyKind};
use iam::glob::Glob;
use iam::lint::statement::{self, Condition};
use iam::policy::{Effect, PolicyType};

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Look, Rule};
use crate::check::whole::{Person, Place, Stands, Told, Whole, account_name, attached, in_words};

pub const RULE: Rule = Rule {
    id: "exemption-anyone-can-take",
    title: "an exemption from a Deny that somebody else can name or tag themselves into",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "A Deny that spares principals by the name of their role, or by a tag, is as strong as the hold on that name or \
          tag. Whoever may create a role that the pattern matches and write its policies, change the trust policy of \
          one that is there, or tag themselves, takes the exemption.",
    instead: "Spare roles under a path of their own in the accounts that need them, and deny `iam:CreateRole`, \
              `iam:UpdateAssumeRolePolicy`, `iam:PutRolePolicy`, `iam:AttachRolePolicy`, `iam:TagRole`, `iam:TagUser` \
              and `sts:TagSession` for them to everybody else.",
    sources: &[
        "IAM User Guide, \"AWS global condition context keys\", aws:PrincipalArn and aws:PrincipalTag",
        "Service Authorization Reference, iam:CreateRole, iam:TagRole, sts:TagSession",
    ],
    bad: Example::snapshot(organization!(
        r#"  "accounts/111111111111/global/organizations.ListPolicies/SERVICE_CONTROL_POLICY.json": { "Policies": [{ "Id": "p-FullAWSAccess", "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true }, { "Id": "p-imports001", "Arn": "arn:aws:organizations::111111111111:policy/o-example123/service_control_policy/p-imports001", "Name": "imports", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": false }] }"#,
        r#"  "accounts/111111111111/global/organizations.DescribePolicy/p-FullAWSAccess.json": { "Policy": { "PolicySummary": { "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true }, "Content": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}" } }"#,
        r#"  "accounts/111111111111/global/organizations.DescribePolicy/p-imports001.json": { "Policy": { "PolicySummary": { "Name": "imports", "Type": "SERVICE_CONTROL_POLICY" }, "Content": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"bedrock:CreateModelImportJob\",\"Resource\":\"*\",\"Condition\":{\"ArnNotLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::*:role/ml-*\"}}}]}" } }"#,
        r#"  "accounts/111111111111/global/organizations.ListTargetsForPolicy/p-FullAWSAccess.json": { "Targets": [{ "TargetId": "r-ab12", "Type": "ROOT" }, { "TargetId": "222222222222", "Type": "ACCOUNT" }] }"#,
        r#"  "accounts/111111111111/global/organizations.ListTargetsForPolicy/p-imports001.json": { "Targets": [{ "TargetId": "r-ab12", "Type": "ROOT" }] }"#,
        r#"  "accounts/222222222222/global/iam.GetAccountAuthorizationDetails.json": { "UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [{ "RoleName": "deployer", "RoleId": "AROADEPLOYER", "Arn": "arn:aws:iam::222222222222:role/deployer", "Path": "/", "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [] }, "AttachedManagedPolicies": [], "RolePolicyList": [{ "PolicyName": "deploy", "PolicyDocument": { "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": ["iam:CreateRole", "iam:PutRolePolicy"], "Resource": "arn:aws:iam::222222222222:role/*" }] } }] }] }"#,
    )),
    good: Example::snapshot(organization!(
        r#"  "accounts/111111111111/global/organizations.ListPolicies/SERVICE_CONTROL_POLICY.json": { "Policies": [{ "Id": "p-FullAWSAccess", "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true }, { "Id": "p-imports001", "Arn": "arn:aws:organizations::111111111111:policy/o-example123/service_control_policy/p-imports001", "Name": "imports", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": false }] }"#,
        r#"  "accounts/111111111111/global/organizations.DescribePolicy/p-FullAWSAccess.json": { "Policy": { "PolicySummary": { "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true }, "Content": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}" } }"#,
        r#"  "accounts/111111111111/global/organizations.DescribePolicy/p-imports001.json": { "Policy": { "PolicySummary": { "Name": "imports", "Type": "SERVICE_CONTROL_POLICY" }, "Content": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"bedrock:CreateModelImportJob\",\"Resource\":\"*\",\"Condition\":{\"ArnNotLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::*:role/platform/*\"}}},{\"Effect\":\"Deny\",\"Action\":\"iam:CreateRole\",\"Resource\":\"arn:aws:iam::*:role/platform/*\"}]}" } }"#,
        r#"  "accounts/111111111111/global/organizations.ListTargetsForPolicy/p-FullAWSAccess.json": { "Targets": [{ "TargetId": "r-ab12", "Type": "ROOT" }, { "TargetId": "222222222222", "Type": "ACCOUNT" }] }"#,
        r#"  "accounts/111111111111/global/organizations.ListTargetsForPolicy/p-imports001.json": { "Targets": [{ "TargetId": "r-ab12", "Type": "ROOT" }] }"#,
        r#"  "accounts/222222222222/global/iam.GetAccountAuthorizationDetails.json": { "UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [{ "RoleName": "deployer", "RoleId": "AROADEPLOYER", "Arn": "arn:aws:iam::222222222222:role/deployer", "Path": "/", "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [] }, "AttachedManagedPolicies": [], "RolePolicyList": [{ "PolicyName": "deploy", "PolicyDocument": { "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": ["iam:CreateRole", "iam:PutRolePolicy"], "Resource": "arn:aws:iam::222222222222:role/*" }] } }] }] }"#,
    )),
    look: Look::Estate(look),
};

fn look(whole: &Whole<'_>, told: &mut Told) {
    for organization in whole.estate.organizations() {
        for policy in &organization.policies {
            if policy.kind != OrganizationPolicyKind::ServiceControl {
                continue;
            }
            let Some(document) = whole.document(policy) else { continue };
            let accounts = governed(whole, organization, &policy.id);
            let Some(outline) = statement::Document::new(&document.node, PolicyType::ServiceControl) else {
                continue;
            };
            for denying in outline.statements.iter().filter(|statement| statement.effect == Effect::Deny) {
                for condition in &denying.conditions {
                    let exemption = Exemption::of(condition);
                    if !exemption.is_empty() {
                        let at = document.place(condition.node.start..condition.node.end);
                        tell(whole, told, &accounts, &exemption, &at);
                    }
                }
            }
        }
    }
}

/// The accounts that a policy governs, wherever it is attached.
fn governed<'a>(whole: &Whole<'a>, organization: &Organization, policy: &str) -> Vec<&'a Account> {
    let stands_at = |node: &&Node| {
        attached(organization, node, &OrganizationPolicyKind::ServiceControl)
            .is_ok_and(|policies| policies.iter().any(|one| one.id.as_ref() == policy))
    };
    let mut accounts: Vec<&Account> = organization
        .nodes()
        .iter()
        .filter(stands_at)
        .flat_map(|node| whole.governed(organization, node))
        .collect();
    accounts.sort_by_key(|a| a.id);
    accounts.dedup_by(|a, b| a.id == b.id);
    accounts
}

/// Whom a condition of a Deny spares.
enum Exemption {
    /// Principals whose ARN matches one of these.
    Arns(Vec<String>),
    /// Principals with this tag; any value where none is named.
    Tag { key: String, values: Vec<String> },
    /// Sessions of any role with one of these names.
    Sessions(Vec<String>),
}

impl Exemption {
    fn of(condition: &Condition<'_>) -> Self {
        let nobody = Self::Arns(Vec::new());
        let Some(operator) = condition.operator else { return nobody };
        let values: Vec<String> = condition.values.iter().map(|(text, _)| text.clone()).collect();
        let key = condition.key.to_ascii_lowercase();
        match key.split_once('/') {
            None if key == "aws:principalarn" && operator.negated => Self::Arns(values),
            None if key == "aws:userid" && operator.negated => {
                // `ID:NAME`; an id of its own is that of one role, which nobody else can have.
                let of_any_role = |value: &String| {
                    let (id, name) = value.split_once(':')?;
                    statement::is_everything(id).then(|| name.to_owned())
                };
                Self::Sessions(values.iter().filter_map(of_any_role).collect())
            }
            Some(("aws:principaltag", _)) => {
                let key = condition.key.split_once('/').map_or("", |(_, tag)| tag).to_owned();
                if operator.comparison == Comparison::Null {
                    // The Deny holds where the tag is absent.
                    let absent = values.iter().any(|value| value.eq_ignore_ascii_case("true"));
                    return if absent { Self::Tag { key, values: vec!["*".to_owned()] } } else { nobody };
                }
                if operator.negated { Self::Tag { key, values } } else { nobody }
            }
            None | Some(_) => nobody,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Arns(values) | Self::Tag { values, .. } | Self::Sessions(values) => values.is_empty(),
        }
    }

    /// Whether it spares somebody already.
    fn spares(&self, person: &Person<'_>, account: &Account) -> bool {
        match self {
            Self::Arns(patterns) => patterns
                .iter()
                .any(|pattern| Glob::new(&filled(pattern, account)).matches(&person.identity.arn)),
            Self::Tag { key, values } => match &person.identity.tags {
                Known::Known(tags) => tags.iter().any(|tag| {
                    tag.key.eq_ignore_ascii_case(key)
                        && values.iter().any(|value| Glob::new(value).matches(&tag.value))
                }),
                Known::Unknown(_) => false,
            },
            // Nobody has a session before they make one.
            Self::Sessions(_) => false,
        }
    }
}

/// A pattern in which the account stands for the variables that every principal of it fills in alike.
fn filled(pattern: &str, account: &Account) -> String {
    let mut text = pattern.to_owned();
    for variable in ["${aws:PrincipalAccount}", "${aws:ResourceAccount}"] {
        text = text.replace(variable, account.id.as_str());
    }
    text
}

/// How somebody comes to be spared.
struct Way {
    /// What they do, as a clause behind `may`.
    does: String,
    who: Vec<String>,
    /// Keys of a request on which it hangs, where nobody may without them.
    keys: Vec<String>,
}

fn tell(whole: &Whole<'_>, told: &mut Told, accounts: &[&Account], exemption: &Exemption, at: &Place) {
    let mut certain: Vec<String> = Vec::new();
    let mut uncertain: Vec<String> = Vec::new();
    for account in accounts {
        if let Some(why) = Whole::unread(account) {
            told.unknown(at, format!("who in {} can take this exemption", account_name(account)), why);
            continue;
        }
        for way in ways(whole, told, account, exemption, at) {
            let text = format!("in {} {} may {}", account_name(account), in_words(&way.who), way.does);
            if way.keys.is_empty() {
                certain.push(text);
            } else {
                uncertain.push(format!("{text}, as far as {} lets them", way.keys.join(", ")));
            }
        }
    }
    let sure = !certain.is_empty();
    let all = [certain, uncertain].concat();
    if all.is_empty() {
        return;
    }
    const TOLD_MAX: usize = 3;
    let more = match all.len().saturating_sub(TOLD_MAX) {
        0 => String::new(),
        more => format!("; and so in {more} more ways"),
    };
    let shown = &all[..all.len().min(TOLD_MAX)];
    let found = told.add(at, format!("others can take this exemption: {}{more}", shown.join("; ")));
    if !sure {
        found.confidence(Confidence::Low);
    }
}

/// The ways in one account.
fn ways(
    whole: &Whole<'_>,
    told: &mut Told,
    account: &Account,
    exemption: &Exemption,
    at: &Place,
) -> Vec<Way> {
    let Some(account) = whole.estate.account(&account.id) else { return Vec::new() };
    let people = whole.people(account);
    let others: Vec<&Person<'_>> =
        people.iter().filter(|person| !exemption.spares(person, account)).collect();
    let mut ways = Vec::new();
    let mut unknown: Vec<String> = Vec::new();
    let mut add = |does: String, asked: Vec<(String, Stands)>| {
        let of = |wanted: fn(&Stands) -> bool| -> Vec<String> {
            asked.iter().filter(|(_, stands)| wanted(stands)).map(|(who, _)| who.clone()).collect()
        };
        let (may, may_if) =
            (of(|stands| *stands == Stands::May), of(|stands| matches!(stands, Stands::MayIf(_))));
        let mut keys: Vec<String> = Vec::new();
        for (_, stands) in &asked {
            match stands {
                Stands::MayIf(more) => keys.extend(more.iter().map(|key| format!("`{key}`"))),
                Stands::Unknown(why) => unknown.extend(why.iter().cloned()),
                Stands::May | Stands::MayNot => {}
            }
        }
        keys.sort();
        keys.dedup();
        if !may.is_empty() {
            ways.push(Way { does, who: may, keys: Vec::new() });
        } else if !may_if.is_empty() {
            ways.push(Way { does, who: may_if, keys });
        }
    };
    match exemption {
        Exemption::Arns(patterns) => {
            for pattern in patterns {
                let Some(name) = Name::of(pattern, account) else { continue };
                let ask = |person: &&Person<'_>| (person.name(), name.stands(whole, person));
                add(name.does(), others.iter().map(ask).collect());
            }
        }
        Exemption::Tag { key, values } => {
            for value in values {
                let value = example(value);
                let mut given = Context::new();
                given.derive(&format!("aws:RequestTag/{key}"), &value);
                given.derive("aws:TagKeys", key);
                let tags = |person: &&Person<'_>| {
                    let action =
                        if person.identity.arn.contains(":user/") { "iam:TagUser" } else { "iam:TagRole" };
                    let own = (person.identity.arn.as_ref(), Some(&account.id));
                    (person.name(), whole.stands(&person.principal, action, own, &given))
                };
                add(
                    format!("give themselves the tag `{key}` = `{value}`"),
                    others.iter().map(tags).collect(),
                );
                for role in tagged_by_callers(account) {
                    let session = |person: &&Person<'_>| {
                        let to = (role.as_ref(), Some(&account.id));
                        let assumes = whole.stands(&person.principal, "sts:AssumeRole", to, &given);
                        (
                            person.name(),
                            assumes.and(whole.stands(&person.principal, "sts:TagSession", to, &given)),
                        )
                    };
                    add(
                        format!("assume `{}` with the session tag `{key}` = `{value}`", short(&role)),
                        others.iter().filter(|person| person.identity.arn != role).map(session).collect(),
                    );
                }
            }
        }
        Exemption::Sessions(names) => {
            for name in names {
                let name = example(name);
                let mut given = Context::new();
                given.derive("sts:RoleSessionName", &name);
                for role in roles(account) {
                    let assumes = |person: &&Person<'_>| {
                        let to = (role.as_ref(), Some(&account.id));
                        (person.name(), whole.stands(&person.principal, "sts:AssumeRole", to, &given))
                    };
                    add(
                        format!("assume `{}` with the session name `{name}`", short(&role)),
                        others.iter().filter(|person| person.identity.arn != role).map(assumes).collect(),
                    );
                }
            }
        }
    }
    unknown.sort();
    unknown.dedup();
    if let Some(why) = unknown.first() {
        let what = format!("whether more in {} can take this exemption", account_name(account));
        told.unknown(at, what, why.clone());
    }
    ways
}

/// The roles of an account that somebody can act as.
fn roles(account: &Account) -> Vec<Arc<str>> {
    let Known::Known(roles) = &account.roles else { return Vec::new() };
    let arns = roles.iter().map(|role| role.identity.arn.clone());
    arns.filter(|arn| !arn.contains(":role/aws-service-role/")).collect()
}

/// The part of an ARN behind the account.
fn short(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or(arn)
}

/// The roles of an account whose trust policies let somebody set session tags.
fn tagged_by_callers(account: &Account) -> Vec<Arc<str>> {
    let Known::Known(roles) = &account.roles else { return Vec::new() };
    let tag_session = iam::Action::parse("sts:TagSession").expect("a constant action can be read");
    let lets =
        |role: &&iam::estate::Role| match &role.trust {
            Known::Known(trust) => trust.policy.statements.iter().any(|statement| {
                statement.effect != Ok(Effect::Deny) && statement.action.matches(&tag_session)
            }),
            Known::Unknown(_) => false,
        };
    roles.iter().filter(lets).map(|role| role.identity.arn.clone()).collect()
}

/// An ARN of a role or user that a pattern of names matches in an account.
struct Name {
    arn: String,
    is_user: bool,
    /// Whether the account has it.
    exists: bool,
}

impl Name {
    fn of(pattern: &str, account: &Account) -> Option<Self> {
        let text = filled(pattern, account);
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [_, _, _, _, own, rest] = parts.as_slice() else {
            // Stars alone: everybody is spared, and nobody has to do anything for it.
            return None;
        };
        if !Glob::new(own).matches(account.id.as_str()) || rest.contains("${") {
            return None;
        }
        // What AWS alone can make.
        if rest.starts_with("role/aws-reserved/") || rest.starts_with("role/aws-service-role/") {
            return None;
        }
        let is_user = rest.starts_with("user/");
        if !is_user && !rest.starts_with("role/") {
            return None;
        }
        let arn = format!("arn:{}:iam::{}:{}", account.partition, account.id, example(rest));
        let exists = match is_user {
            true => matches!(account.user(&arn), Known::Known(Some(_))),
            false => matches!(account.role(&arn), Known::Known(Some(_))),
        };
        Some(Self { arn, is_user, exists })
    }

    /// What somebody does to have it, as a clause behind `may`.
    fn does(&self) -> String {
        let name = self.arn.splitn(6, ':').nth(5).unwrap_or_default();
        match (self.is_user, self.exists) {
            (true, true) => format!("make access keys for `{name}`"),
            (true, false) => format!("create `{name}`"),
            (false, true) => format!("change the trust policy of `{name}`"),
            (false, false) => format!("create `{name}` and write its policies"),
        }
    }

    fn stands(&self, whole: &Whole<'_>, person: &Person<'_>) -> Stands {
        let ask = |action: &str| whole.stands(&person.principal, action, (&self.arn, None), &Context::new());
        match (self.is_user, self.exists) {
            (true, true) => ask("iam:CreateAccessKey"),
            (true, false) => ask("iam:CreateUser").and(ask("iam:CreateAccessKey")),
            (false, true) => ask("iam:UpdateAssumeRolePolicy"),
            (false, false) => {
                ask("iam:CreateRole").and(ask("iam:PutRolePolicy").or(ask("iam:AttachRolePolicy")))
            }
        }
    }
}

/// A text that a pattern matches.
fn example(pattern: &str) -> String {
    pattern.replace(['*', '?'], "x")
}

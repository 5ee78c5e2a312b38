//! Rules that need a whole data set, over the example organisation: they find its mistakes and pass their neighbours.

use std::path::{Path, PathBuf};

use postern::check::finding::{Audience, Confidence, Severity};
use postern::check::rule::rule;
use postern::check::{Checked, DataSet, Options, check_all, files};
use postern::snapshot;

fn acme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme")
}

fn checked(folder: &Path, id: &str) -> Checked {
    let options = Options {
        kind: None,
        rules: vec![rule(id).unwrap_or_else(|| panic!("there is no rule {id}"))],
        audience: Audience::Auditor,
        confidence: Confidence::Low,
        day: "2026-11-21".to_owned(),
    };
    let estate = snapshot::open(folder).expect("the example is a snapshot");
    let given = files::read(&[folder.to_owned()]).expect("its files can be read");
    let sources = given.into_iter().map(|one| one.source).collect();
    check_all(sources, &[DataSet { path: folder.display().to_string(), estate }], &options)
}

/// A finding: the path of its file, the text it stands at, its severity and confidence, its message.
type Told<'a> = (&'a str, &'a str, Severity, Confidence, &'a str);

fn found(checked: &Checked) -> Vec<Told<'_>> {
    let mut all = Vec::new();
    for finding in &checked.findings {
        let source = &checked.sources[finding.source];
        let text = &source.text[finding.start..finding.end];
        all.push((
            source.path.as_str(),
            text,
            finding.severity,
            finding.confidence,
            finding.message.as_str(),
        ));
    }
    all
}

/// A rule finds this in these files, in this order, and nothing else.
#[track_caller]
fn check(id: &str, expected: &[(&str, Severity, Confidence, &[&str])]) -> Checked {
    let checked = checked(&acme(), id);
    let all = found(&checked);
    assert_eq!(all.len(), expected.len(), "{all:#?}");
    for ((path, _, severity, confidence, message), (file, as_bad, as_sure, says)) in all.iter().zip(expected)
    {
        assert!(path.ends_with(file), "{path} instead of {file}");
        assert_eq!((severity, confidence), (as_bad, as_sure), "{message}");
        for word in *says {
            assert!(message.contains(word), "`{word}` is not in: {message}");
        }
    }
    checked
}

use Confidence::{High as Sure, Medium as Likely};
use Severity::{High, Info, Medium};

#[test]
fn a_list_beside_full_access_has_no_effect() {
    // `models-allow-list` stands at payments-prod without FullAWSAccess, and is passed.
    let says: &[&str] = &["at sandbox (ou-acme-sandbox01)", "`FullAWSAccess`"];
    check("allow-list-without-effect", &[("p-modelsallowfirsttry.json", High, Sure, says)]);
}

#[test]
fn an_exemption_by_name_is_as_strong_as_the_hold_on_the_name() {
    // `imports` and `guard-the-guards` spare roles under a path that nobody else may create roles in.
    let administrator = "AWSReservedSSO_AdministratorAccess_5f2c8e01d4b7a963` may create `role/ml-x`";
    let says: &[&str] = &["in shop-dev (888888888888)", "in search-dev (999999999999)", administrator];
    let checked = check("exemption-anyone-can-take", &[("p-importsfirsttry.json", High, Sure, says)]);
    assert!(found(&checked)[0].1.contains("role/ml-*"), "{:?}", found(&checked));
}

#[test]
fn a_guardrail_of_the_account_that_its_roles_may_remove() {
    // What search-prod enforces is kept by `guard-the-guards`.
    let file = "111122223333/eu-central-1/bedrock.ListEnforcedGuardrailsConfiguration.json";
    let says: &[&str] = &["`role/acme/break-glass/responder` may replace or remove", "acme-management"];
    check("enforced-guardrail-can-be-removed", &[(file, Medium, Sure, says)]);
}

#[test]
fn who_may_take_a_bedrock_policy_away_is_told_to_auditors() {
    let who: &[&str] =
        &["`role/acme/break-glass/responder` and `role/acme/org-deployer` may replace or remove"];
    let files = ["baseline", "europe", "europeexception", "sandbox", "west"];
    let files: Vec<String> = files.iter().map(|name| format!("p-guardrail{name}.json")).collect();
    let expected: Vec<_> = files.iter().map(|file| (file.as_str(), Info, Sure, who)).collect();
    check("bedrock-policy-can-be-removed", &expected);
}

#[test]
fn a_guardrail_that_its_members_may_not_apply() {
    // `guardrail-west` and `guardrail-baseline` let the whole organisation in; shop-dev calls no model in Europe.
    let callers: &[&str] = &["`role/app-legacy`, `role/app-recommender` and", "in shop-prod (555555555555)"];
    let batch: &[&str] = &["`role/app-legacy` and `role/service-role/bedrock-batch-old` in shop-prod"];
    let nobody: &[&str] =
        &["nobody in sandbox-one (210987654321) and acquired-co (345678901234)", "us-west-2"];
    check(
        "guardrail-out-of-reach",
        &[
            ("p-guardrailbaseline.json", Medium, Likely, callers),
            ("p-guardraileurope.json", Medium, Likely, batch),
            ("p-guardrailsandbox.json", High, Sure, nobody),
        ],
    );
}

/// The accounts of the sandbox get another guardrail by policies of their own, or one of the same node as the first.
#[test]
fn a_guardrail_is_out_of_reach_only_where_it_is_in_force() {
    let policies = "accounts/111122223333/global";
    let sandbox = format!("{policies}/organizations.DescribePolicy/p-guardrailsandbox.json");
    let targets = format!("{policies}/organizations.ListTargetsForPolicy/p-guardrailwest.json");
    let folder = std::env::temp_dir().join(format!("postern-in-force-{}", std::process::id()));
    copy(&acme(), &folder);
    let locked = std::fs::read_to_string(folder.join(&sandbox)).unwrap();
    std::fs::write(folder.join(&sandbox), locked.replace("[\\\"@@none\\\"]", "[\\\"@@all\\\"]")).unwrap();
    let attach = |ids: &[&str]| {
        let targets_of = |id: &&str| match id.starts_with("ou-") {
            true => format!(r#"{{ "TargetId": "{id}", "Type": "ORGANIZATIONAL_UNIT" }}"#),
            false => format!(r#"{{ "TargetId": "{id}", "Type": "ACCOUNT" }}"#),
        };
        let all: Vec<String> = ids.iter().map(targets_of).collect();
        std::fs::write(folder.join(&targets), format!(r#"{{ "Targets": [{}] }}"#, all.join(","))).unwrap();
        let checked = checked(&folder, "guardrail-out-of-reach");
        let is_told = found(&checked).iter().any(|(file, ..)| file.ends_with("p-guardrailsandbox.json"));
        (is_told, checked.unknowns.len())
    };
    let west = "ou-acme-platform1";
    let (told, unknown_before) = attach(&[west]);
    assert!(told);
    assert_eq!(attach(&[west, "210987654321", "345678901234"]), (false, unknown_before));
    let (told, unknown) = attach(&[west, "ou-acme-sandbox01"]);
    assert!(!told && unknown > unknown_before, "{unknown} are unknown");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_an_alias_says_and_what_it_leads_to() {
    // The aliases `stable` say the same and lead there.
    let capacity: &[&str] = &["`capacity`", "is being changed to"];
    let agent: &[&str] = &["agent alias `live`", "Approved with Claude Opus 5.5", "leads to `deepseek.v3.2`"];
    let flow: &[&str] = &["tag `approved-model` of the flow alias `live`", "leads to `deepseek.v3.2`"];
    let checked = check(
        "target-moved",
        &[
            ("ListProvisionedModelThroughputs.json", Medium, Sure, capacity),
            ("ListAgentAliases/SEARCHAGT1.json", Medium, Likely, agent),
            ("ListFlowAliases/TRIAGEFLOW.json", Medium, Likely, flow),
        ],
    );
    assert_eq!(found(&checked)[1].1, "\"LIVEALIAS1\"");
}

#[test]
fn what_is_missing_is_unknown_and_not_fine() {
    let folder = std::env::temp_dir().join(format!("postern-estate-rules-{}", std::process::id()));
    let details = "888888888888/global/iam.GetAccountAuthorizationDetails.json";
    copy(&acme().join("accounts"), &folder.join("accounts"));
    std::fs::remove_file(folder.join("accounts").join(details)).unwrap();
    let checked = checked(&folder, "exemption-anyone-can-take");
    std::fs::remove_dir_all(&folder).unwrap();
    let messages: Vec<&str> = found(&checked).iter().map(|one| one.4).collect();
    assert!(matches!(messages.as_slice(), [one] if !one.contains("shop-dev")), "{messages:?}");
    let unknown = checked.unknowns.iter().find(|(_, unknown)| unknown.what.contains("shop-dev"));
    let (_, unknown) = unknown.expect("shop-dev is unknown");
    assert!(unknown.reason.contains("iam get-account-authorization-details"), "{}", unknown.reason);
}

/// What the rule about exemptions says of its bad example after these texts in it are replaced.
#[track_caller]
fn exemption(replaced: &[(&str, &str)], expected: Option<&str>) {
    let rule = rule("exemption-anyone-can-take").unwrap();
    let mut text = rule.bad.text.to_owned();
    for (from, to) in replaced {
        assert!(text.contains(from), "{from} is not in the example");
        text = text.replace(from, to);
    }
    let name = format!("postern-exemption-{}-{}", std::process::id(), expected.map_or(0, str::len));
    let folder = std::env::temp_dir().join(name);
    let files: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    for (path, answer) in &files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, answer.to_string()).unwrap();
    }
    let checked = checked(&folder, rule.id);
    std::fs::remove_dir_all(&folder).unwrap();
    let messages: Vec<&str> = checked.findings.iter().map(|finding| finding.message.as_str()).collect();
    match expected {
        Some(says) => assert!(matches!(messages.as_slice(), [one] if one.contains(says)), "{messages:?}"),
        None => assert_eq!(messages, Vec::<&str>::new()),
    }
}

/// The exemption in the example, by the name of a role.
const BY_NAME: &str = r#"\"ArnNotLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::*:role/ml-*\"}"#;

/// What the role in the example may do.
const RIGHTS: &str = r#"["iam:CreateRole", "iam:PutRolePolicy"]"#;

#[test]
fn an_exemption_by_tag_is_taken_by_who_may_tag_themselves() {
    let by_tag = r#"\"StringNotEquals\":{\"aws:PrincipalTag/team\":\"ml\"}"#;
    let tags = "`role/deployer` may give themselves the tag `team` = `ml`";
    exemption(&[(BY_NAME, by_tag), (RIGHTS, r#""iam:TagRole""#)], Some(tags));
    exemption(&[(BY_NAME, by_tag)], None);
    let absent = r#"\"Null\":{\"aws:PrincipalTag/team\":\"true\"}"#;
    exemption(
        &[(BY_NAME, absent), (RIGHTS, r#""iam:TagRole""#)],
        Some("give themselves the tag `team` = `x`"),
    );
}

#[test]
fn an_exemption_by_session_name_is_taken_by_who_may_assume_a_role() {
    let by_session = r#"\"StringNotLike\":{\"aws:userid\":\"*:release\"}"#;
    let second = r#""RoleDetailList": [{ "RoleName": "app", "RoleId": "AROAAPP", "Arn": "arn:aws:iam::222222222222:role/app", "Path": "/", "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::222222222222:role/deployer" }, "Action": "sts:AssumeRole" }] }, "AttachedManagedPolicies": [], "RolePolicyList": [] }, "#;
    let list = r#""RoleDetailList": ["#;
    let says = "`role/deployer` may assume `role/app` with the session name `release`";
    exemption(&[(BY_NAME, by_session), (list, second)], Some(says));
    exemption(&[(BY_NAME, by_session)], None);
    // The id of one role is nobody else's.
    let of_one = r#"\"StringNotLike\":{\"aws:userid\":\"AROAEXAMPLE:*\"}"#;
    exemption(&[(BY_NAME, of_one), (list, second)], None);
}

#[test]
fn right_to_create_alone_is_no_way_to_an_exemption() {
    exemption(&[(RIGHTS, r#""iam:CreateRole""#)], None);
    let named = "arn:aws:iam::*:role/deployer";
    exemption(&[("arn:aws:iam::*:role/ml-*", named), (RIGHTS, r#""iam:UpdateAssumeRolePolicy""#)], None);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
}

//! What holds buckets beside a plain reading of who may: resource control policies whatever the bucket's own policy says,
//! and the bucket's own across accounts.

#[path = "common/organization.rs"]
mod common;

use std::sync::Arc;

use charter::bucket::{own_policies, policies};
use common::model;
use iam::action::Action;
use iam::answer::{Decision, Outcome};
use iam::arn::AccountId;
use iam::context::Context;
use iam::glob::Glob;
use iam::layers::{Layers, Level, ResourceSide};
use iam::policy::{Policy, PolicyType, read};
use iam::principal::Principal;
use iam::{Completeness, Request, RequestParts, authorize};
use proptest::prelude::*;
use proptest::sample::subsequence;

const OWNER: &str = "555555555555";

const CHARTER: &str = "\
charter: 1
areas:
  - at: /
    doors: { others: unmanaged }
  - at: /research
    buckets:
      - { names: ['acme-weights', 'acme-sets-*'], readers: [role/importer], writers: [role/ml/trainer] }
      - { names: ['frozen'], readers: ['arn:aws:iam::555555555555:role/audit'] }
";

fn parsed(text: &str, kind: PolicyType) -> Arc<Policy> {
    let read = read(text.as_bytes(), kind);
    assert_eq!(read.problems, [], "{text}");
    Arc::new(read.policy.unwrap())
}

fn everything() -> Arc<Policy> {
    parsed(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        PolicyType::Identity,
    )
}

/// Policies that let everybody do everything, of the bucket too.
fn open_bucket() -> Arc<Policy> {
    parsed(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#,
        PolicyType::Resource,
    )
}

fn allowed(layers: &Layers, by: &str, action: &str, resource: &str) -> bool {
    let mut context = Context::new();
    let mut put = |key: &str, value: &str| context.insert(key, vec![value.to_owned()]).unwrap();
    put("aws:ResourceAccount", OWNER);
    let service = by.ends_with(".amazonaws.com");
    put("aws:PrincipalIsAWSService", if service { "true" } else { "false" });
    let principal = match service {
        true => Principal::Service { name: by.to_owned() },
        false => Principal::parse(by).unwrap(),
    };
    if principal.account().is_some_and(|account| account.as_str() != "999999999999") {
        put("aws:PrincipalOrgID", "o-abc1234567");
    }
    let request = Request::new(RequestParts {
        principal,
        action: Action::parse(action).unwrap(),
        resource: resource.to_owned(),
        resource_account: AccountId::new(OWNER).ok(),
        context,
        completeness: Completeness::Complete,
    });
    match authorize(&request, layers).outcome {
        Outcome::Decided(decision) => decision == Decision::Allow,
        other => panic!("{action} on {resource} by {by}: {other:?}"),
    }
}

const PEOPLE: [&str; 9] = [
    "arn:aws:iam::555555555555:role/importer",
    "arn:aws:iam::222222222222:role/importer",
    "arn:aws:iam::999999999999:role/importer",
    "arn:aws:iam::555555555555:role/ml/trainer",
    "arn:aws:iam::555555555555:role/audit",
    "arn:aws:iam::222222222222:role/audit",
    "arn:aws:iam::555555555555:user/ann",
    "arn:aws:iam::555555555555:root",
    "cloudtrail.amazonaws.com",
];
const ACTIONS: [(&str, bool); 7] = [
    ("s3:GetObject", false),
    ("s3:GetObjectVersion", false),
    ("s3:ListBucket", false),
    ("s3:PutObject", true),
    ("s3:DeleteObject", true),
    ("s3:DeleteObjectVersion", true),
    ("s3:ReplicateObject", true),
];
const BUCKETS: [&str; 5] = ["acme-weights", "acme-sets-7", "acme-weights-old", "frozen", "reports"];

/// Whether the charter lets somebody read or write in a bucket.
fn may(by: &str, writes: bool, bucket: &str) -> bool {
    let is_trained = bucket == "acme-weights" || bucket.starts_with("acme-sets-");
    match (by, is_trained, bucket) {
        ("cloudtrail.amazonaws.com", _, _) => true,
        (_, true, _) if by.ends_with(":role/ml/trainer") => true,
        (_, true, _) => by.ends_with(":role/importer") && !writes,
        (_, _, "frozen") => by == "arn:aws:iam::555555555555:role/audit" && !writes,
        (_, _, _) => true,
    }
}

fn on(action: &str, bucket: &str) -> String {
    match action {
        "s3:ListBucket" => format!("arn:aws:s3:::{bucket}"),
        _ => format!("arn:aws:s3:::{bucket}/set/a.bin"),
    }
}

#[test]
fn readers_read_and_writers_write_and_nobody_else_whatever_the_bucket_says() {
    let model = model(CHARTER).unwrap();
    // As long as AWS takes, and so short that there are several.
    for (characters_max, several) in [(5_120, false), (700, true)] {
        let written = policies(&model, characters_max);
        assert_eq!(written.len() > 1, several);
        assert!(written.iter().all(|policy| policy.text.len() <= characters_max));
        assert!(written.iter().all(|policy| policy.node.as_ref() == "ou-ab12-research"));
        let rcp = written.iter().map(|policy| parsed(&policy.text, PolicyType::ResourceControl));
        let rcp = std::iter::once(everything_for_all()).chain(rcp).collect();
        let layers = Layers {
            identity: vec![everything()],
            resource: ResourceSide::Resource(open_bucket()),
            rcp: vec![Level { target: "ou-ab12-research".to_owned(), policies: rcp }],
            ..Layers::default()
        };
        for by in PEOPLE {
            for (action, writes) in ACTIONS {
                for bucket in BUCKETS {
                    let found = allowed(&layers, by, action, &on(action, bucket));
                    assert_eq!(found, may(by, writes, bucket), "{by} {action} {bucket}");
                }
            }
        }
    }
}

/// What is attached everywhere.
fn everything_for_all() -> Arc<Policy> {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#;
    parsed(text, PolicyType::Resource)
}

#[test]
fn the_policy_of_a_bucket_lets_readers_of_other_accounts_in_and_nobody_of_its_own() {
    let model = model(CHARTER).unwrap();
    let own = own_policies(&model);
    // Of patterns of names there is none.
    assert_eq!(own.iter().map(|(bucket, _)| bucket.as_str()).collect::<Vec<_>>(), ["acme-weights", "frozen"]);
    let policy = parsed(&own[0].1, PolicyType::Resource);
    // Whoever is of the bucket's account and has no policy gets nothing from the bucket's.
    let bare = Layers { resource: ResourceSide::Resource(policy.clone()), ..Layers::default() };
    let full = Layers { identity: vec![everything()], ..bare.clone() };
    for by in PEOPLE.into_iter().filter(|by| !by.ends_with(":root") && !by.ends_with(".com")) {
        for (action, writes) in ACTIONS {
            let resource = on(action, "acme-weights");
            assert!(!allowed(&bare, by, action, &resource), "{by} {action}");
            let is_own = by.contains("::555555555555:");
            let lets_in = ["s3:GetObject", "s3:ListBucket", "s3:PutObject"].contains(&action);
            let expected = may(by, writes, "acme-weights") && (is_own || lets_in && !by.contains("::9"));
            assert_eq!(allowed(&full, by, action, &resource), expected, "{by} {action}");
        }
    }
}

/// A row: area, names, readers, writers.
type Row = (usize, Vec<&'static str>, Vec<&'static str>, Vec<&'static str>);

/// Areas with what is above the bucket's account.
const AREAS: [(&str, bool); 4] =
    [("/", true), ("/research", true), ("\"555555555555\"", true), ("/workloads", false)];

fn row() -> impl Strategy<Value = Row> {
    let callers = || vec!["role/importer", "role/ml/*", "arn:aws:iam::555555555555:role/audit", "user/ann"];
    (
        0..AREAS.len(),
        subsequence(vec!["acme-weights", "acme-*", "acme-sets-?", "frozen", "*"], 1..3),
        subsequence(callers(), 1..3),
        subsequence(callers(), 0..3),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Whatever rows say, everyone of them holds below its area and nowhere else, packed or divided.
    #[test]
    fn every_row_of_random_charters_holds_in_and_below_its_area(
        rows in prop::collection::vec(row(), 1..5),
        characters_max in prop::sample::select(vec![700_usize, 5_120]),
    ) {
        let quoted = |texts: &[&str]| {
            texts.iter().map(|text| format!("'{text}'")).collect::<Vec<_>>().join(", ")
        };
        let mut text = String::from("charter: 1\nareas:\n");
        for (number, (area, _)) in AREAS.iter().enumerate() {
            text.push_str(&format!("  - at: {area}\n    doors: {{ others: unmanaged }}\n"));
            let own: Vec<&Row> = rows.iter().filter(|row| row.0 == number).collect();
            if !own.is_empty() {
                text.push_str("    buckets:\n");
            }
            for (_, names, readers, writers) in own {
                let writers = match writers.is_empty() {
                    true => String::new(),
                    false => format!(", writers: [{}]", quoted(writers)),
                };
                text.push_str(&format!(
                    "      - {{ names: [{}], readers: [{}]{writers} }}\n", quoted(names), quoted(readers)
                ));
            }
        }
        let model = model(&text).unwrap_or_else(|wrong| panic!("{wrong:?}\n{text}"));
        let above = ["r-ab12", "ou-ab12-research", OWNER];
        let written = policies(&model, characters_max);
        let level = |node: &&str| {
            let own = written.iter().filter(|policy| policy.node.as_ref() == *node);
            let own = own.map(|policy| parsed(&policy.text, PolicyType::ResourceControl));
            Level {
                target: (*node).to_owned(),
                policies: std::iter::once(everything_for_all()).chain(own).collect(),
            }
        };
        let layers = Layers {
            identity: vec![everything()],
            resource: ResourceSide::Resource(open_bucket()),
            rcp: above.iter().map(level).collect(),
            ..Layers::default()
        };
        let spelled = charter::spelled::bucket_levels(&model, &above);
        let by_levels = common::by_levels(&spelled);
        for by in PEOPLE {
            for (action, writes) in ACTIONS {
                for bucket in BUCKETS {
                    let is_one = |callers: &[&str]| callers.iter().any(|caller| {
                        let pattern = match caller.starts_with("arn:") {
                            true => (*caller).to_owned(),
                            false => format!("arn:aws:iam::*:{caller}"),
                        };
                        Glob::new(&pattern).matches(by)
                    });
                    let expected = by.ends_with(".amazonaws.com") || rows.iter().all(|(area, names, readers, writers)| {
                        !AREAS[*area].1
                            || !names.iter().any(|name| Glob::new(name).matches(bucket))
                            || is_one(writers)
                            || !writes && is_one(readers)
                    });
                    let resource = on(action, bucket);
                    prop_assert_eq!(
                        allowed(&layers, by, action, &resource), expected, "{} {} {}\n{}", by, action, bucket, text
                    );
                    if !by.ends_with(".amazonaws.com") && by.contains(OWNER) {
                        prop_assert_eq!(
                            allowed(&by_levels, by, action, &resource), expected, "spelled: {} {} {}\n{}", by, action, bucket, text
                        );
                    }
                }
            }
        }
    }
}

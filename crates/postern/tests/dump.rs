//! An account dump that somebody made with one command: what each user may, as far as IAM decides.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use iam::estate::Estate;
use postern::doors::{map, through, who_runs};
use postern::reach::{Level, Reach, door_asks};
use postern::{render, snapshot};
use serde_json::{Value, json};

const ACCOUNT: &str = "123456789012";

/// Users by name, with the statements of one policy and of a boundary each.
fn dump(name: &str, users: &[(&str, Value, Option<Value>)]) -> Estate {
    let document = |statements: &Value| json!({ "Version": "2012-10-17", "Statement": statements });
    let boundary = |user: &str| format!("arn:aws:iam::{ACCOUNT}:policy/{user}-boundary");
    let details: Vec<Value> = users
        .iter()
        .map(|(user, statements, limit)| {
            let mut detail = json!({
                "Path": "/", "UserName": user, "UserId": format!("AIDA{user}"), "Arn": format!("arn:aws:iam::{ACCOUNT}:user/{user}"),
                "GroupList": [], "AttachedManagedPolicies": [],
                "UserPolicyList": [{ "PolicyName": "own", "PolicyDocument": document(statements) }],
            });
            if limit.is_some() {
                detail["PermissionsBoundary"] = json!({
                    "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary(user),
                });
            }
            detail
        })
        .collect();
    let policies: Vec<Value> = users
        .iter()
        .filter_map(|(user, _, limit)| {
            let limit = limit.as_ref()?;
            Some(json!({
                "PolicyName": format!("{user}-boundary"), "PolicyId": format!("ANPA{user}"), "Arn": boundary(user),
                "DefaultVersionId": "v1", "AttachmentCount": 0, "IsAttachable": true, "Path": "/",
                "PolicyVersionList": [{ "VersionId": "v1", "IsDefaultVersion": true, "Document": document(limit) }],
            }))
        })
        .collect();
    let all = json!({ "UserDetailList": details, "GroupDetailList": [], "RoleDetailList": [], "Policies": policies });
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("dump-{name}.json"));
    fs::write(&path, all.to_string()).unwrap();
    snapshot::open(&path).unwrap()
}

fn allow(action: &str, resource: &str) -> Value {
    json!({ "Effect": "Allow", "Action": action, "Resource": resource })
}

/// How a door stands to everybody to whom it is not closed.
fn at_door(estate: &Estate, door: &str) -> BTreeMap<String, Level> {
    let reach = Reach::new(estate);
    let asks = door_asks();
    let asks = asks.iter().find(|each| each.door.id == door).unwrap();
    let found = through(&reach, &reach.steps(), asks);
    found.iter().map(|one| (reach.people[one.person].name().to_owned(), one.level())).collect()
}

fn at_model(estate: &Estate, model: &str) -> BTreeMap<String, Level> {
    let reach = Reach::new(estate);
    let found = who_runs(&reach, &reach.steps(), model);
    found.iter().map(|one| (reach.people[one.person].name().to_owned(), one.level())).collect()
}

#[test]
fn a_dump_is_answered_as_far_as_iam_decides_and_says_so() {
    let estate = dump("plain", &[("admin", json!([allow("*", "*")]), None), ("none", json!([]), None)]);
    let doors = at_door(&estate, "claude-platform");
    assert_eq!(doors, BTreeMap::from([("admin".to_owned(), Level::Open)]));
    let reach = Reach::new(&estate);
    let text = render::doors::map(&map(&reach, 1));
    assert!(text.contains("as far as IAM decides"), "{text}");
    let json: Value = serde_json::from_str(&render::doors::map_json(&map(&reach, 1))).unwrap();
    assert!(json["unknowns"][0]["missing"].as_str().unwrap().contains("as far as IAM decides"));
}

/// A call is tried where policies let it be made, not in one Region that is as good as any.
#[test]
fn a_model_that_may_be_run_in_one_region_is_found_there() {
    let model = "amazon.titan-embed-text-v2:0";
    let in_region = |region: &str| format!("arn:aws:bedrock:{region}::foundation-model/{model}");
    let only = |operator: &str, effect: &str, region: &str| {
        json!({
            "Effect": effect, "Action": "bedrock:*", "Resource": "*",
            "Condition": { operator: { "aws:RequestedRegion": region } },
        })
    };
    let estate = dump(
        "regions",
        &[
            ("by-resource", json!([allow("bedrock:InvokeModel", &in_region("eu-central-1"))]), None),
            ("by-allow", json!([only("StringEquals", "Allow", "ap-northeast-1")]), None),
            ("by-deny", json!([allow("bedrock:*", "*"), only("StringNotEquals", "Deny", "eu-west-3")]), None),
            (
                "other-model",
                json!([allow("bedrock:InvokeModel", "arn:aws:bedrock:*::foundation-model/x.y")]),
                None,
            ),
        ],
    );
    let found = at_model(&estate, model);
    for user in ["by-resource", "by-allow", "by-deny"] {
        assert_eq!(found.get(user), Some(&Level::Open), "{found:?}");
    }
    assert_eq!(found.get("other-model"), None, "{found:?}");
    let runtime = at_door(&estate, "runtime");
    assert_eq!(runtime.get("by-deny"), Some(&Level::Open), "{runtime:?}");
}

/// No catalogue has the model: only the policy that spares it names it.
#[test]
fn a_model_that_only_a_deny_or_a_boundary_names_is_tried() {
    let model = "arn:aws:bedrock:*::foundation-model/anthropic.claude-3-haiku*";
    let spared = json!({ "Effect": "Deny", "Action": "bedrock:InvokeModel*", "NotResource": model });
    let estate = dump(
        "named",
        &[
            ("spared", json!([allow("bedrock:*", "*"), spared]), None),
            ("bounded", json!([allow("bedrock:*", "*")]), Some(json!([allow("bedrock:InvokeModel", model)]))),
            (
                "shut",
                json!([allow("bedrock:*", "*"), { "Effect": "Deny", "Action": "bedrock:InvokeModel*", "Resource": "*" }]),
                None,
            ),
        ],
    );
    let found = at_door(&estate, "runtime");
    for user in ["spared", "bounded"] {
        let level = found.get(user);
        assert!(matches!(level, Some(Level::Open | Level::Unknown)), "{user}: {found:?}");
    }
    assert_eq!(found.get("shut"), None, "{found:?}");
}

#[test]
fn a_profile_alone_runs_nothing() {
    let system = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-5-5";
    let own = "arn:aws:bedrock:*:123456789012:application-inference-profile/*";
    let model = "arn:aws:bedrock:*::foundation-model/anthropic.claude-opus-5-5";
    let estate = dump(
        "profiles",
        &[
            ("system-only", json!([allow("bedrock:InvokeModel", system)]), None),
            ("own-only", json!([allow("bedrock:InvokeModel", own)]), None),
            (
                "both",
                json!([allow("bedrock:InvokeModel", system), allow("bedrock:InvokeModel", model)]),
                None,
            ),
        ],
    );
    let found = at_door(&estate, "runtime");
    assert_eq!(found, BTreeMap::from([("both".to_owned(), Level::Open)]));
}

#[test]
fn an_administrator_runs_a_model_of_claude_platform_whatever_the_workspace() {
    let estate = dump("claude", &[("admin", json!([allow("*", "*")]), None)]);
    assert_eq!(at_model(&estate, "claude-opus-5-5").get("admin"), Some(&Level::Open));
}

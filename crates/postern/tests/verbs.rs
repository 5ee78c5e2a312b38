//! What the verbs promise, on policies and dumps in the shapes in which people have them.

use iam::answer::{Decision, Outcome};
use iam::policy::PolicyType;
use postern::changes::Change;
use postern::input;
use postern::oracle;
use postern::question::{self, Call, Question, Verdict};
use postern::stack::{Node, Stack, Subject};

const ANN: &str = "arn:aws:iam::111122223333:user/ann";

fn examples() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/first-allow-list")
}

fn subject_of(file: &str) -> Subject {
    let path = examples().join(file);
    Stack::read(&path).unwrap().load(path.parent()).unwrap()
}

fn call(model: &str) -> Question {
    Question::Call(Call {
        api: "Converse".to_owned(),
        model: model.to_owned(),
        region: "us-east-1".to_owned(),
        guardrail: None,
        behind: None,
    })
}

#[test]
fn the_sample_denies_an_approved_model_through_its_profile_and_the_rewritten_list_does_not() {
    let question = call("us.anthropic.claude-opus-5-5");
    let subject = subject_of("stack.yaml");
    let answered = question::answer(&subject, &question).unwrap();
    assert_eq!(answered.outcome, Outcome::Decided(Decision::ExplicitDeny));
    let denied: Vec<&str> = answered
        .steps
        .iter()
        .filter(|step| step.answer.decision() != Some(Decision::Allow))
        .map(|step| step.request.resource().as_str())
        .collect();
    let profile = "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-opus-5-5";
    assert_eq!(denied, [profile]);
    let text = postern::render::why(&answered);
    assert!(text.contains("as-the-sample-writes-it.json:4:5"), "{text}");
    let subject = subject_of("stack-that-holds.yaml");
    assert_eq!(question::answer(&subject, &question).unwrap().verdict(), Verdict::Yes);
}

#[test]
fn the_changes_that_are_offered_are_those_that_turn_the_answer_alone() {
    let subject = subject_of("stack.yaml");
    let answered = question::answer(&subject, &call("us.anthropic.claude-opus-5-5")).unwrap();
    let [Change::Remove(removed), Change::Exempt { at, pattern }] = answered.changes.as_slice() else {
        panic!("{:?}", answered.changes);
    };
    assert_eq!(removed, at);
    assert_eq!(pattern, "arn:aws:bedrock:*:111122223333:inference-profile/us.anthropic.claude-opus-5-5");
}

#[test]
fn what_lacks_one_allow_is_told_which() {
    let stack = Stack {
        principal: Some(ANN.to_owned()),
        organization: vec![Node {
            target: "r-1".to_owned(),
            scp: Some(vec!["FullAWSAccess".to_owned()]),
            rcp: None,
        }],
        ..Stack::default()
    };
    let subject = stack.load(None).unwrap();
    let question = Question::Authorization {
        action: "s3:GetObject".to_owned(),
        resource: "arn:aws:s3:::b/k".to_owned(),
    };
    let answered = question::answer(&subject, &question).unwrap();
    assert_eq!(answered.verdict(), Verdict::No);
    let words: Vec<String> = answered.changes.iter().map(ToString::to_string).collect();
    assert_eq!(words, ["allow s3:GetObject on arn:aws:s3:::b/k in identity"]);
}

#[test]
fn two_layers_that_lack_an_allow_leave_no_single_change() {
    let stack = Stack {
        principal: Some(ANN.to_owned()),
        organization: vec![Node { target: "r-1".to_owned(), scp: Some(Vec::new()), rcp: None }],
        ..Stack::default()
    };
    let subject = stack.load(None).unwrap();
    let question = Question::Authorization {
        action: "s3:GetObject".to_owned(),
        resource: "arn:aws:s3:::b/k".to_owned(),
    };
    let answered = question::answer(&subject, &question).unwrap();
    assert_eq!(answered.changes, []);
    assert!(postern::render::why(&answered).contains("each stand against it"));
}

#[test]
fn a_missing_key_is_named_and_never_taken_for_absent() {
    let folder = tempdir("missing-key");
    let policy = folder.join("mfa.json");
    std::fs::write(
        &policy,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*",
            "Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}}"#,
    )
    .unwrap();
    let stack = |complete: Option<bool>| Stack {
        principal: Some(ANN.to_owned()),
        identity: vec![policy.display().to_string()],
        context_complete: complete,
        ..Stack::default()
    };
    let question = Question::Authorization {
        action: "s3:GetObject".to_owned(),
        resource: "arn:aws:s3:::b/k".to_owned(),
    };
    let open = stack(None).load(None).unwrap();
    let answered = question::answer(&open, &question).unwrap();
    assert_eq!(answered.verdict(), Verdict::Open);
    assert!(postern::render::why(&answered).contains("aws:MultiFactorAuthPresent"));
    let closed = stack(Some(true)).load(None).unwrap();
    let answered = question::answer(&closed, &question).unwrap();
    assert_eq!(answered.verdict(), Verdict::No);
    let words: Vec<String> = answered.changes.iter().map(ToString::to_string).collect();
    assert!(
        words.contains(&"make the request with `aws:MultiFactorAuthPresent` = `true`".to_owned()),
        "{words:?}"
    );
}

#[test]
fn policies_are_read_in_every_shape_the_aws_cli_prints() {
    let policy =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let quoted = serde_json::Value::String(policy.to_owned()).to_string();
    let encoded = policy.replace('"', "%22").replace('{', "%7B").replace('}', "%7D");
    for (shape, text, completed) in [
        ("a policy", policy.to_owned(), false),
        (
            "get-policy-version",
            format!(r#"{{"PolicyVersion":{{"Document":{policy},"VersionId":"v1"}}}}"#),
            false,
        ),
        ("get-role-policy", format!(r#"{{"RoleName":"r","PolicyDocument":{policy}}}"#), false),
        ("describe-policy", format!(r#"{{"Policy":{{"PolicySummary":{{}},"Content":{quoted}}}}}"#), false),
        ("get-bucket-policy", format!(r#"{{"Policy":{quoted}}}"#), false),
        ("the API itself", format!(r#"{{"PolicyDocument":"{encoded}"}}"#), false),
        ("a bare statement", r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#.to_owned(), true),
        ("bare statements", r#"[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]"#.to_owned(), true),
    ] {
        let document = input::from_text(shape, text.as_bytes(), PolicyType::Identity)
            .unwrap_or_else(|complaints| panic!("{shape}: {complaints:?}"));
        assert_eq!(document.policy.statements.len(), 1, "{shape}");
        assert_eq!(document.completed.is_some(), completed, "{shape}");
    }
}

#[track_caller]
fn complains(text: &str, expected: &str) {
    let complaints = input::from_text("p.json", text.as_bytes(), PolicyType::Identity).unwrap_err();
    let words: Vec<String> = complaints.iter().map(ToString::to_string).collect();
    assert_eq!(words.join("\n"), expected);
}

#[test]
fn complaints_point_at_the_place_and_say_what_to_do() {
    complains(
        "{\n  \"Statement\": {\"Effect\": \"Allow\", \"Effect\": \"Deny\"}\n}",
        "p.json:2:36: `Effect` is given twice in one object\n      \"Statement\": {\"Effect\": \"Allow\", \
         \"Effect\": \"Deny\"}\n                                       ^\n  hint: put the values of both into one list",
    );
    complains(
        r#"{"Statement": {"Efect": "Allow", "Action": 1}}"#,
        &format!(
            "p.json:1:15: a statement needs an `Effect`\n    {{\"Statement\": {{\"Efect\": \"Allow\", \"Action\": 1}}}}\n                  \
         ^\np.json:1:16: the policy language has no element `Efect` here; it has `Sid`, `Effect`, `Principal`, \
         `NotPrincipal`, `Action`, `NotAction`, `Resource`, `NotResource` and `Condition`\n    \
         {{\"Statement\": {{\"Efect\": \"Allow\", \"Action\": 1}}}}\n                   ^\np.json:1:44: `Action` takes a string \
         or a list of strings, found a number\n    {{\"Statement\": {{\"Efect\": \"Allow\", \"Action\": 1}}}}\n{}^",
            " ".repeat(47)
        ),
    );
}

const DUMP: &str = r#"{
  "UserDetailList": [{"Arn": "arn:aws:iam::111122223333:user/ann", "UserName": "ann", "GroupList": ["readers"]}],
  "GroupDetailList": [{"Arn": "arn:aws:iam::111122223333:group/readers", "GroupName": "readers",
    "AttachedManagedPolicies": [
    {"PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}]}],
  "RoleDetailList": [
    {"Arn": "arn:aws:iam::111122223333:role/app/worker", "RoleName": "worker",
     "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
       {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/ann"}, "Action": "sts:AssumeRole"}]},
     "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
       {"Effect": "Allow", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}}}]}}],
     "AttachedManagedPolicies": [], "Tags": [{"Key": "team", "Value": "red"}],
     "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/limit"}},
    {"Arn": "arn:aws:iam::111122223333:role/lost", "RoleName": "lost",
     "AttachedManagedPolicies": [{"PolicyArn": "arn:aws:iam::111122223333:policy/gone"}]}],
  "Policies": [{"Arn": "arn:aws:iam::111122223333:policy/limit", "PolicyVersionList": [
    {"IsDefaultVersion": false, "Document": {"Version": "2012-10-17", "Statement": []}},
    {"IsDefaultVersion": true, "Document": {"Version": "2012-10-17", "Statement": [
      {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}}]}]
}"#;

fn from_dump(principal: &str) -> Result<Subject, Vec<input::Complaint>> {
    let folder = tempdir("dump");
    let file = folder.join("account.json");
    std::fs::write(&file, DUMP).unwrap();
    let stack = Stack {
        principal: Some(principal.to_owned()),
        dump: Some(file.display().to_string()),
        context_complete: Some(true),
        ..Stack::default()
    };
    stack.load(None)
}

#[track_caller]
fn from_dump_may(principal: &str, action: &str, resource: &str, expected: Verdict) {
    let subject = from_dump(principal).unwrap();
    let question = Question::Authorization { action: action.to_owned(), resource: resource.to_owned() };
    let answered = question::answer(&subject, &question).unwrap();
    assert_eq!(answered.verdict(), expected, "{principal} {action} {resource}");
}

#[test]
fn a_dump_gives_groups_boundary_tags_and_trust() {
    let worker = "arn:aws:sts::111122223333:assumed-role/worker/s";
    from_dump_may(ANN, "s3:GetObject", "arn:aws:s3:::b/k", Verdict::Yes);
    from_dump_may(ANN, "s3:PutObject", "arn:aws:s3:::b/k", Verdict::No);
    from_dump_may(worker, "s3:GetObject", "arn:aws:s3:::b/k", Verdict::Yes);
    from_dump_may(worker, "s3:PutObject", "arn:aws:s3:::b/k", Verdict::No);
    from_dump_may(ANN, "sts:AssumeRole", "arn:aws:iam::111122223333:role/app/worker", Verdict::Yes);
    from_dump_may(worker, "sts:AssumeRole", "arn:aws:iam::111122223333:role/app/worker", Verdict::No);
}

#[test]
fn a_policy_that_is_nowhere_stops_the_answer() {
    let complaints = from_dump("arn:aws:iam::111122223333:role/lost").unwrap_err();
    assert!(complaints[0].message.contains("arn:aws:iam::111122223333:policy/gone"), "{complaints:?}");
    let complaints = from_dump("arn:aws:iam::111122223333:role/nobody").unwrap_err();
    assert!(complaints[0].message.contains("knows no"), "{complaints:?}");
}

#[test]
fn the_demo_finds_the_sample_wrong_and_the_rewritten_list_right() {
    let told: serde_json::Value = serde_json::from_str(&postern::demo::json().unwrap()).unwrap();
    let calls = told["result"]["calls"].as_array().unwrap();
    let says = |call: &serde_json::Value, list: &str| call[list]["decision"] == "allowed";
    let wrong: Vec<_> =
        calls.iter().filter(|call| says(call, "as_the_sample_writes_it") != call["approved"]).collect();
    assert_eq!((calls.len(), wrong.len()), (10, 6));
    assert!(calls.iter().all(|call| says(call, "as_it_holds") == call["approved"]));
}

const ORACLE_CASES: &str = r#"{"id":"a","request":{"principal":"arn:aws:iam::111122223333:user/ann","action":"s3:GetObject","resource":"arn:aws:s3:::b/it's"},"layers":{"identity":[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}],"scp":[{"target":"r","policies":[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}]}]}}
{"id":"b","request":{"principal":"arn:aws:iam::111122223333:user/ann","action":"s3:GetObject","resource":"arn:aws:s3:::b/k","context":{"aws:TagKeys":["x","y"]}},"layers":{"identity":[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:TagKeys":"x"}}}]}]}}
{"id":"c","request":{"principal":{"type":"anonymous"},"action":"s3:GetObject","resource":"arn:aws:s3:::b/k"},"layers":{}}"#;

#[test]
fn the_oracle_asks_what_the_simulator_can_answer_and_names_the_rest() {
    let script = oracle::script(ORACLE_CASES);
    assert_eq!(script.asked, 2);
    assert_eq!(script.skipped.len(), 1);
    assert!(script.skipped[0].1.contains("users and roles"), "{:?}", script.skipped);
    assert!(script.text.contains(r"b/it'\''s"), "quotes are escaped: {}", script.text);
    assert!(script.text.contains("OrderedOrganizationPolicyInputList"));
    assert!(script.text.contains(r#""ContextKeyType":"stringList""#));
}

#[test]
fn the_oracle_tells_equal_different_and_settled_apart() {
    let answers = r#"{"id":"a","answer":{"EvaluationResults":[{"EvalDecision":"implicitDeny","ResourceSpecificResults":[{"EvalResourceDecision":"allowed"}]}]}}
{"id":"b","answer":{"EvaluationResults":[{"EvalDecision":"implicitDeny"}]}}
{"id":"z","answer":null}"#;
    let comparison = oracle::compare(ORACLE_CASES, answers);
    assert_eq!(comparison.equal, 1);
    assert!(!comparison.differs());
    assert_eq!(comparison.settled[0].readings, [("several-values".to_owned(), vec!["no-match".to_owned()])]);
    assert_eq!(comparison.unreadable.len(), 1);
    let otherwise = oracle::compare(ORACLE_CASES, &answers.replace("\"allowed\"", "\"explicitDeny\""));
    assert_eq!(otherwise.different.len(), 1);
}

/// A folder of this test's own.
fn tempdir(name: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("{name}-{:?}", std::thread::current().id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

//! What AWS's pages say about single cases, checked against the plain evaluator.
//!
//! Every case names its page. Nothing here depends on the evaluator the plain one is compared with.

use serde_json::{Value, json};

use super::plain::{Decision, Lookups, Readings, evaluate, evaluate_all_readings};

const ACCOUNT: &str = "111122223333";
const USER: &str = "arn:aws:iam::111122223333:user/ann";
const ROLE: &str = "arn:aws:iam::111122223333:role/analyst";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/analyst/s1";
const FEDERATED_USER: &str = "arn:aws:sts::111122223333:federated-user/ann";
const ROOT: &str = "arn:aws:iam::111122223333:root";
const STRANGER: &str = "arn:aws:iam::444455556666:role/stranger";
const SERVICE_LINKED: &str =
    "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX";
const MODEL: &str = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2:1:200k";
const OBJECT: &str = "arn:aws:s3:::bucket/ann/file";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/k1";
const TARGET: &str = "arn:aws:iam::111122223333:role/target";

const TABLE: &str = "How AWS enforcement code logic evaluates requests to allow or deny access";
const CROSS: &str = "Cross-account policy evaluation logic";
const OPERATORS: &str = "IAM JSON policy elements: Condition operators";
const MULTIVALUED: &str = "Single-valued vs. multivalued context keys";
const VALUES: &str = "Conditions with multiple context keys or values";
const VARIABLES: &str = "IAM policy elements: Variables and tags";
const RESOURCE: &str = "IAM JSON policy elements: Resource";
const ACTION: &str = "IAM JSON policy elements: Action";
const PRINCIPAL: &str = "AWS JSON policy elements: Principal";
const NOT_PRINCIPAL: &str = "AWS JSON policy elements: NotPrincipal";
const SCP: &str = "SCP evaluation";
const RCP: &str = "Resource control policies (RCPs)";
const KEYS: &str = "AWS global condition context keys";

/// The actions of these tests that have no resource types.
pub fn resource_less(action: &str) -> bool {
    ["bedrock:createmodelimportjob", "sts:getcalleridentity", "bedrock:retrieveandgenerate"]
        .contains(&action.to_lowercase().as_str())
}

/// The services of these tests to which RCPs apply. AWS Organizations User Guide, "Resource control policies (RCPs)".
pub fn rcp_supported(service: &str) -> bool {
    ["s3", "kms", "sts", "sqs", "secretsmanager"].contains(&service)
}

pub fn lookups() -> Lookups<'static> {
    Lookups { resource_less: &resource_less, rcp_supported: &rcp_supported }
}

#[track_caller]
fn check_under(readings: &Readings, page: &str, expected: &str, case: &Value) {
    let verdict = evaluate(case, readings, lookups());
    let mut found = match &verdict.decision {
        Decision::Allowed => "allowed".to_string(),
        Decision::ExplicitDeny => "explicit_deny".to_string(),
        Decision::ImplicitDeny => "implicit_deny".to_string(),
        Decision::Unsupported(_) => "unsupported".to_string(),
    };
    for layer in &verdict.denied_by {
        found = format!("{found} {layer}");
    }
    assert_eq!(found, expected, "{page}: {case} {verdict:?}");
}

#[track_caller]
fn check(page: &str, expected: &str, case: Value) {
    check_under(&Readings::new(), page, expected, &case);
}

/// The default reading, then the second one.
#[track_caller]
fn check_readings(page: &str, id: &str, second: &str, expected: [&str; 2], case: Value) {
    check_under(&Readings::new(), page, expected[0], &case);
    let readings = Readings::from([(id.to_string(), second.to_string())]);
    check_under(&readings, page, expected[1], &case);
    let decisions = evaluate_all_readings(&case, lookups()).len();
    let differ = expected[0].split(' ').next() != expected[1].split(' ').next();
    assert_eq!(decisions, if differ { 2 } else { 1 }, "{page}: {case}");
}

fn case(principal: impl Into<Value>, action: &str, resource: &str, context: Value, layers: Value) -> Value {
    json!({"request": {"principal": principal.into(), "action": action, "resource": resource, "context": context},
        "layers": layers})
}

/// A document of one statement that allows what `parts` says, and everything it does not speak about.
fn allow(parts: Value) -> Value {
    document("Allow", parts)
}

fn deny(parts: Value) -> Value {
    document("Deny", parts)
}

fn document(effect: &str, parts: Value) -> Value {
    let mut statement = json!({"Effect": effect});
    for (name, value) in parts.as_object().into_iter().flatten() {
        statement[name.as_str()] = value.clone();
    }
    for (name, opposite) in [("Action", "NotAction"), ("Resource", "NotResource")] {
        if statement.get(name).is_none() && statement.get(opposite).is_none() {
            statement[name] = json!("*");
        }
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn all() -> Value {
    allow(json!({}))
}

fn nothing() -> Value {
    allow(json!({"Action": "none:None"}))
}

fn to(principal: &str) -> Value {
    allow(json!({"Principal": {"AWS": principal}}))
}

/// A user whose identity policy allows everything under the condition.
fn condition(context: Value, condition: Value) -> Value {
    case(USER, "s3:GetObject", OBJECT, context, json!({"identity": [allow(json!({"Condition": condition}))]}))
}

/// The condition of one operator and the key `k`.
fn operator(name: &str, values: Value) -> Value {
    json!({name: {"k": values}})
}

#[test]
fn without_policies_everything_is_denied_except_to_root() {
    check(TABLE, "implicit_deny identity", case(USER, "s3:GetObject", OBJECT, json!({}), json!({})));
    check(TABLE, "allowed", case(ROOT, "s3:GetObject", OBJECT, json!({}), json!({})));
    check(TABLE, "allowed", case(USER, "s3:GetObject", OBJECT, json!({}), json!({"identity": [all()]})));
}

#[test]
fn an_explicit_deny_in_any_layer_wins() {
    for layer in ["identity", "boundary", "session", "vpc_endpoint"] {
        let mut layers = json!({"identity": [all()]});
        let denies = json!([allow(json!({"Principal": "*"})), deny(json!({"Principal": "*"}))]);
        layers[layer] = denies.clone();
        if layer == "identity" {
            layers[layer] = json!([all(), deny(json!({}))]);
        }
        let expected = format!("explicit_deny {layer}");
        check(TABLE, &expected, case(ROLE, "s3:GetObject", OBJECT, json!({}), layers));
    }
    let layers = json!({"identity": [all()], "resource": deny(json!({"Principal": {"AWS": USER}}))});
    check(TABLE, "explicit_deny resource", case(USER, "s3:GetObject", OBJECT, json!({}), layers));
    let layers = json!({"scp": [{"target": "r", "policies": [deny(json!({}))]}], "resource": deny(json!({"Principal": "*"}))});
    check(TABLE, "explicit_deny resource scp", case(ROOT, "s3:GetObject", OBJECT, json!({}), layers));
}

#[test]
fn boundaries_and_session_policies_limit_but_do_not_grant() {
    let page = "Permissions boundaries for IAM entities";
    let with = |layers: Value| case(ROLE, "s3:GetObject", OBJECT, json!({}), layers);
    check(page, "allowed", with(json!({"identity": [all()], "boundary": [all()], "session": [all()]})));
    check(page, "implicit_deny boundary", with(json!({"identity": [all()], "boundary": [nothing()]})));
    check(page, "implicit_deny identity", with(json!({"boundary": [all()]})));
    check(
        "Session policies",
        "implicit_deny session",
        with(json!({"identity": [all()], "session": [nothing()]})),
    );
    check(page, "allowed", with(json!({"identity": [all()], "boundary": [], "session": []})));
}

/// The table of the page: expected with the boundary silent, with the session policy silent, and with no identity
/// policy.
#[track_caller]
fn check_row(principal: &str, user_arn: Option<&str>, named: &str, expected: [&str; 3]) {
    let everything =
        json!({"identity": [all()], "boundary": [all()], "session": [all()], "resource": to(named)});
    let silent = [("boundary", json!([nothing()])), ("session", json!([nothing()])), ("identity", json!([]))];
    for ((layer, documents), expected) in silent.into_iter().zip(expected) {
        let mut layers = everything.clone();
        layers[layer] = documents;
        let mut case = case(principal, "s3:GetObject", OBJECT, json!({}), layers);
        if let Some(user_arn) = user_arn {
            case["request"]["user_arn"] = json!(user_arn);
        }
        check(TABLE, expected, case);
    }
}

#[test]
fn what_a_resource_policy_names_decides_what_else_is_needed() {
    let (boundary, session, identity) =
        ("implicit_deny boundary", "implicit_deny session", "implicit_deny identity");
    let ok = "allowed";
    check_row(ROLE, None, ACCOUNT, [boundary, session, identity]);
    check_row(ROLE, None, ROOT, [boundary, session, identity]);
    check_row(SESSION, None, ROLE, [boundary, session, ok]);
    check_row(ROLE, None, ROLE, [boundary, session, ok]);
    check_row(SESSION, None, SESSION, [ok, ok, ok]);
    check_row(USER, None, USER, [ok, ok, ok]);
    check_row(FEDERATED_USER, Some(USER), USER, [boundary, session, ok]);
    check_row(FEDERATED_USER, None, USER, [boundary, session, identity]);
    check_row(FEDERATED_USER, None, FEDERATED_USER, [ok, ok, ok]);
    for principal in [USER, ROLE, SESSION, FEDERATED_USER] {
        check_row(principal, None, "*", [ok, ok, ok]);
    }
    check_row(USER, None, "arn:aws:iam::111122223333:user/bob", [boundary, session, identity]);
}

#[test]
fn the_most_generous_matching_row_counts() {
    let resource = allow(json!({"Principal": {"AWS": [ACCOUNT, SESSION]}}));
    let layers = json!({"boundary": [nothing()], "resource": resource});
    check(TABLE, "allowed", case(SESSION, "s3:GetObject", OBJECT, json!({}), layers));
}

#[test]
fn trust_and_key_policies_must_allow_themselves() {
    let assume = |layers: Value| case(USER, "sts:AssumeRole", TARGET, json!({}), layers);
    check(TABLE, "implicit_deny trust", assume(json!({"identity": [all()]})));
    check(TABLE, "allowed", assume(json!({"identity": [all()], "trust": to(ACCOUNT)})));
    check(TABLE, "implicit_deny identity", assume(json!({"trust": to(ROOT)})));
    check(TABLE, "allowed", assume(json!({"trust": to(USER)})));
    let page = "AWS KMS Developer Guide, Key policies in AWS KMS";
    let decrypt = |principal: &str, layers: Value| case(principal, "kms:Decrypt", KEY, json!({}), layers);
    check(page, "implicit_deny resource", decrypt(ROLE, json!({"identity": [all()]})));
    check(page, "implicit_deny resource", decrypt(ROOT, json!({})));
    check(page, "allowed", decrypt(ROLE, json!({"identity": [all()], "resource": to(ROOT)})));
    check(page, "implicit_deny identity", decrypt(ROLE, json!({"resource": to(ROOT)})));
    check(page, "allowed", decrypt(ROLE, json!({"resource": to(ROLE)})));
}

#[test]
fn across_accounts_both_sides_must_allow() {
    let key = |layers: Value| case(STRANGER, "kms:Decrypt", KEY, json!({}), layers);
    check(CROSS, "implicit_deny identity resource", key(json!({})));
    check(CROSS, "implicit_deny identity", key(json!({"resource": to(STRANGER)})));
    check(CROSS, "implicit_deny resource", key(json!({"identity": [all()]})));
    check(CROSS, "allowed", key(json!({"identity": [all()], "resource": to("444455556666")})));
    let limited = json!({"identity": [all()], "boundary": [nothing()], "resource": to("*")});
    check(CROSS, "implicit_deny boundary", key(limited));
    let mut object = case(STRANGER, "s3:GetObject", OBJECT, json!({}), json!({"identity": [all()]}));
    check(CROSS, "allowed", object.clone());
    object["request"]["resource_account"] = json!(ACCOUNT);
    check(CROSS, "implicit_deny resource", object);
}

#[test]
fn a_foundation_model_counts_as_the_callers_own() {
    let page = "Amazon Bedrock User Guide, Identity-based policy examples";
    let layers = json!({"identity": [allow(json!({"Action": "bedrock:InvokeModel",
        "Resource": "arn:aws:bedrock:*::foundation-model/anthropic.*"}))]});
    check(page, "allowed", case(STRANGER, "bedrock:InvokeModel", MODEL, json!({}), layers));
}

fn levels(levels: &[Value]) -> Value {
    let level = |(index, policies): (usize, &Value)| json!({"target": format!("level-{index}"), "policies": policies});
    Value::Array(levels.iter().enumerate().map(level).collect())
}

#[test]
fn every_scp_level_must_allow_and_any_may_deny() {
    let under = |principal: &str, scp: Value| {
        case(principal, "s3:GetObject", OBJECT, json!({}), json!({"identity": [all()], "scp": scp}))
    };
    check(SCP, "allowed", under(USER, levels(&[json!([all()]), json!([nothing(), all()])])));
    check(SCP, "implicit_deny scp", under(USER, levels(&[json!([all()]), json!([nothing()])])));
    check(SCP, "implicit_deny scp", under(USER, levels(&[json!([all()]), json!([])])));
    check(SCP, "explicit_deny scp", under(USER, levels(&[json!([all(), deny(json!({}))]), json!([all()])])));
    check(SCP, "implicit_deny scp", under(ROOT, levels(&[json!([nothing()])])));
    check(SCP, "allowed", under(SERVICE_LINKED, levels(&[json!([deny(json!({}))])])));
    check(SCP, "allowed", under(USER, json!([])));
    let mut managed = under(USER, levels(&[json!([deny(json!({}))])]));
    managed["layers"]["management_account"] = json!(true);
    check(SCP, "allowed", managed);
    let scp = levels(&[json!([nothing()])]);
    let layers =
        json!({"scp": scp, "resource": allow(json!({"Principal": {"Service": "logs.amazonaws.com"}}))});
    let service = json!({"type": "service", "name": "logs.amazonaws.com"});
    check(SCP, "allowed", case(service, "s3:PutObject", OBJECT, json!({}), layers));
    // A resource policy that names the caller directly does not lift the SCP.
    let layers = json!({"scp": levels(&[json!([nothing()])]), "resource": to(USER)});
    check(SCP, "implicit_deny scp", case(USER, "s3:GetObject", OBJECT, json!({}), layers));
}

#[test]
fn rcps_deny_on_resources_of_supported_services() {
    let rcp = levels(&[json!([deny(json!({"Principal": "*"}))])]);
    let under = |principal: &str, action: &str, resource: &str| {
        case(
            principal,
            action,
            resource,
            json!({}),
            json!({"identity": [all()], "resource": to("*"), "rcp": rcp}),
        )
    };
    check(RCP, "explicit_deny rcp", under(USER, "s3:GetObject", OBJECT));
    check(RCP, "explicit_deny rcp", under(ROOT, "s3:GetObject", OBJECT));
    check(RCP, "explicit_deny rcp", under(STRANGER, "kms:Decrypt", KEY));
    check(RCP, "allowed", under(STRANGER, "kms:RetireGrant", KEY));
    check(RCP, "allowed", under(USER, "bedrock:InvokeModel", MODEL));
    check(RCP, "allowed", under(SERVICE_LINKED, "s3:GetObject", OBJECT));
    let mut managed = under(USER, "s3:GetObject", OBJECT);
    managed["layers"]["management_account"] = json!(true);
    check(RCP, "allowed", managed);
    // RCPFullAWSAccess is implied: a level that says nothing denies nothing.
    let layers = json!({"identity": [all()], "rcp": levels(&[json!([]), json!([nothing()])])});
    check(RCP, "allowed", case(USER, "s3:GetObject", OBJECT, json!({}), layers));
}

#[test]
fn a_vpc_endpoint_policy_filters_and_never_grants() {
    let page = "AWS PrivateLink Guide, Control access to VPC endpoints using endpoint policies";
    let through = |policy: Value| {
        case(USER, "s3:GetObject", OBJECT, json!({}), json!({"identity": [all()], "vpc_endpoint": [policy]}))
    };
    check(page, "allowed", through(to("*")));
    check(page, "implicit_deny vpc_endpoint", through(to(STRANGER)));
    check(page, "implicit_deny vpc_endpoint", through(all()));
    let layers = json!({"vpc_endpoint": [to("*")]});
    check(page, "implicit_deny identity", case(USER, "s3:GetObject", OBJECT, json!({}), layers));
}

#[test]
fn callers_without_an_account_need_the_resource_policy() {
    let anonymous = json!({"type": "anonymous"});
    let get = |principal: &Value, policy: Value| {
        case(principal.clone(), "s3:GetObject", OBJECT, json!({}), json!({"resource": policy}))
    };
    check(PRINCIPAL, "allowed", get(&anonymous, to("*")));
    check(PRINCIPAL, "allowed", get(&anonymous, allow(json!({"Principal": "*"}))));
    check(PRINCIPAL, "implicit_deny resource", get(&anonymous, to(ACCOUNT)));
    let service = json!({"type": "service", "name": "cloudtrail.amazonaws.com"});
    let named = |name: &str| allow(json!({"Principal": {"Service": [name]}}));
    check(PRINCIPAL, "allowed", get(&service, named("cloudtrail.amazonaws.com")));
    check(PRINCIPAL, "implicit_deny resource", get(&service, named("cloudtrail.us-east-1.amazonaws.com")));
    check(PRINCIPAL, "implicit_deny resource", get(&service, named("*")));
    let provider = json!({"type": "federated", "provider": "accounts.google.com"});
    let trust = |name: &str| json!({"trust": allow(json!({"Principal": {"Federated": name}}))});
    let login =
        |name: &str| case(provider.clone(), "sts:AssumeRoleWithWebIdentity", TARGET, json!({}), trust(name));
    check(PRINCIPAL, "allowed", login("accounts.google.com"));
    check(PRINCIPAL, "implicit_deny trust", login("www.amazon.com"));
}

#[test]
fn principals_are_named_whole_and_in_their_own_case() {
    let get = |policy: Value, context: Value| {
        let mut case =
            case(STRANGER, "s3:GetObject", OBJECT, context, json!({"identity": [all()], "resource": policy}));
        case["request"]["resource_account"] = json!(ACCOUNT);
        case
    };
    check(PRINCIPAL, "implicit_deny resource", get(to("arn:aws:iam::444455556666:role/*"), json!({})));
    check(PRINCIPAL, "implicit_deny resource", get(to("arn:aws:iam::444455556666:role/Stranger"), json!({})));
    check(PRINCIPAL, "implicit_deny resource", get(all(), json!({})));
    let page = "IAM identifiers";
    check(page, "allowed", get(to("AROAEXAMPLE"), json!({"aws:userid": "AROAEXAMPLE:s1"})));
    check(page, "implicit_deny resource", get(to("AROAEXAMPLE"), json!({})));
    let canonical = allow(json!({"Principal": {"CanonicalUser": "79a5"}}));
    check(PRINCIPAL, "unsupported", get(canonical, json!({})));
    let both = allow(json!({"Principal": {"CanonicalUser": "79a5", "AWS": STRANGER}}));
    check(PRINCIPAL, "allowed", get(both, json!({})));
}

#[test]
fn not_principal_exempts_the_listed() {
    let get = |principal: &str, listed: Value, extra: Value| {
        let mut layers =
            json!({"identity": [all()], "resource": deny(json!({"NotPrincipal": {"AWS": listed}}))});
        for (layer, documents) in extra.as_object().into_iter().flatten() {
            layers[layer.as_str()] = documents.clone();
        }
        case(principal, "s3:GetObject", OBJECT, json!({}), layers)
    };
    let (ok, no) = ("allowed", "explicit_deny resource");
    let id = "not-principal";
    check(NOT_PRINCIPAL, no, get(USER, json!([STRANGER]), json!({})));
    check_readings(NOT_PRINCIPAL, id, "all", [ok, no], get(USER, json!([USER]), json!({})));
    check(NOT_PRINCIPAL, ok, get(USER, json!([USER, ROOT]), json!({})));
    check(NOT_PRINCIPAL, ok, get(SESSION, json!([SESSION, ROLE, ACCOUNT]), json!({})));
    check_readings(NOT_PRINCIPAL, id, "all", [ok, no], get(SESSION, json!([ROLE, ACCOUNT]), json!({})));
    check(NOT_PRINCIPAL, no, get(USER, json!([ACCOUNT]), json!({})));
    check(NOT_PRINCIPAL, no, get(USER, json!([USER, ROOT]), json!({"boundary": [all()]})));
    let everyone_but = json!({"resource": allow(json!({"NotPrincipal": {"AWS": STRANGER}}))});
    let case = case(USER, "s3:GetObject", OBJECT, json!({}), everyone_but);
    check_readings(NOT_PRINCIPAL, "not-principal-allow", "account", [ok, "implicit_deny identity"], case);
}

#[test]
fn action_names_ignore_case_and_take_wildcards() {
    let with = |parts: Value| {
        case(USER, "bedrock:InvokeModel", MODEL, json!({}), json!({"identity": [allow(parts)]}))
    };
    let (ok, no) = ("allowed", "implicit_deny identity");
    for action in
        ["BEDROCK:invokemodel", "bedrock:Invoke*", "bedrock:*Model", "bedrock:InvokeMode?", "*", "**", "b*:*"]
    {
        check(ACTION, ok, with(json!({"Action": action})));
    }
    for action in
        ["bedrock:Invoke", "bedrock:InvokeModel?", "bedrock*", "InvokeModel", "bedrock-*:InvokeModel"]
    {
        check(ACTION, no, with(json!({"Action": action})));
    }
    let page = "IAM JSON policy elements: NotAction";
    check(page, ok, with(json!({"NotAction": "iam:*"})));
    check(page, no, with(json!({"NotAction": ["iam:*", "bedrock:*"]})));
    check(page, "unsupported", with(json!({"Action": "*", "NotAction": "iam:*"})));
}

#[test]
fn resource_wildcards_stay_inside_their_part_or_cross_it() {
    let with = |pattern: &str, resource: &str| {
        let layers = json!({"identity": [allow(json!({"Resource": pattern}))]});
        case(USER, "bedrock:GetFoundationModel", resource, json!({}), layers)
    };
    let (ok, no) = ("allowed", "implicit_deny identity");
    for pattern in [
        "*",
        MODEL,
        "arn:aws:bedrock:*::foundation-model/anthropic.*",
        "arn:aws:bedrock:*",
        "arn:*:*:*:*:*200?",
    ] {
        check(RESOURCE, ok, with(pattern, MODEL));
    }
    for pattern in [
        "arn:aws:bedrock:us-east-?::foundation-model/Anthropic*",
        "arn:aws:s3:*",
        "arn:aws:bedrock:us-east-1:*",
    ] {
        let expected = if pattern.ends_with("1:*") { ok } else { no };
        check(RESOURCE, expected, with(pattern, MODEL));
    }
    // The mask of twelve question marks, and an id whose own colons fill it.
    let mask = "arn:aws:bedrock:*:????????????:*";
    let odd = "arn:aws:bedrock:us-east-1::foundation-model/m:111122223333:x";
    check(RESOURCE, no, with(mask, MODEL));
    check_readings(RESOURCE, "star-across-colons", "documented", [no, ok], with(mask, odd));
    check(RESOURCE, no, with("arn:aws:bedrock:us-*t-1:????????????:*", odd));
    let upper = "arn:aws:bedrock:US-EAST-1::foundation-model/*";
    check_readings(RESOURCE, "arn-prefix-case", "folded", [no, ok], with(upper, MODEL));
    let page = "IAM JSON policy elements: NotResource";
    let not = |pattern: &str| {
        case(
            USER,
            "s3:GetObject",
            OBJECT,
            json!({}),
            json!({"identity": [allow(json!({"NotResource": [pattern]}))]}),
        )
    };
    check(page, no, not("arn:aws:s3:::bucket/*"));
    check(page, ok, not("arn:aws:s3:::bucket"));
}

#[test]
fn actions_without_resource_types_need_a_star() {
    let page =
        "Service Authorization Reference, How to read the actions, resources and condition keys tables";
    let import = |parts: Value| {
        case(USER, "bedrock:CreateModelImportJob", MODEL, json!({}), json!({"identity": [allow(parts)]}))
    };
    check(page, "allowed", import(json!({"Resource": "*"})));
    check(page, "allowed", import(json!({"Resource": "**"})));
    check(page, "implicit_deny identity", import(json!({"Resource": [MODEL, "arn:aws:bedrock:*:*:*", "?"]})));
    check(page, "allowed", import(json!({"NotResource": MODEL})));
    let layers = json!({"identity": [all(), deny(json!({"Action": "bedrock:*", "Resource": "arn:aws:bedrock:*::foundation-model/*"}))]});
    check(page, "allowed", case(USER, "bedrock:CreateModelImportJob", "*", json!({}), layers));
}

#[test]
fn a_resource_policy_may_leave_its_resource_out() {
    let policy = |effect: &str| json!({"Version": "2012-10-17", "Statement": {"Effect": effect, "Principal": "*", "Action": "*"}});
    let layers = json!({"resource": policy("Allow")});
    check(RESOURCE, "allowed", case(USER, "s3:GetObject", OBJECT, json!({}), layers));
    let layers = json!({"identity": [policy("Allow")]});
    check(RESOURCE, "implicit_deny identity", case(USER, "s3:GetObject", OBJECT, json!({}), layers));
}

#[test]
fn variables_stand_for_values_of_the_request() {
    let home = |effect: &str, element: &str, value: &str, version: &str, principal: &str| {
        let mut policy = document(effect, json!({element: value}));
        policy["Version"] = json!(version);
        let context = json!({"aws:PrincipalTag/home": "an*", "aws:TagKeys": ["a", "b"]});
        case(principal, "s3:GetObject", OBJECT, context, json!({"identity": [policy, all()]}))
    };
    let new = "2012-10-17";
    let deny =
        |value: &str, version: &str, principal: &str| home("Deny", "Resource", value, version, principal);
    let (ok, no) = ("allowed", "explicit_deny identity");
    check(VARIABLES, no, deny("arn:aws:s3:::bucket/${aws:username}/*", new, USER));
    check(VARIABLES, no, deny("arn:aws:s3:::bucket/${AWS:UserName}/*", new, USER));
    check(VARIABLES, ok, deny("arn:aws:s3:::bucket/${aws:username}/*", "2008-10-17", USER));
    check(VARIABLES, ok, deny("arn:aws:s3:::bucket/${aws:username}/*", new, ROLE));
    check(VARIABLES, no, deny("arn:aws:s3:::bucket/${aws:username, 'ann'}/*", new, ROLE));
    check(VARIABLES, ok, deny("arn:aws:s3:::bucket/${aws:PrincipalTag/home}/*", new, USER));
    check(VARIABLES, ok, deny("arn:aws:s3:::bucket/${*}", new, USER));
    check(VARIABLES, no, deny("arn:aws:s3:::bucket/${aws:TagKeys, 'ann'}/*", new, USER));
    check(VARIABLES, ok, deny("arn:aws:s3:::bucket/${aws:username", new, USER));
    let exempt = |value: &str, principal: &str| home("Deny", "NotResource", value, new, principal);
    check(VARIABLES, ok, exempt("arn:aws:s3:::bucket/${aws:username}/*", USER));
    check(VARIABLES, no, exempt("arn:aws:s3:::bucket/${aws:username}/*", ROLE));
    let own = allow(json!({"Resource": "arn:aws:iam::${aws:PrincipalAccount}:role/target"}));
    let own = case(USER, "iam:GetRole", TARGET, json!({}), json!({"identity": [own]}));
    check_readings(
        VARIABLES,
        "variable-before-fifth-colon",
        "substituted",
        ["implicit_deny identity", ok],
        own,
    );
}

/// Expected when the key is absent, when it is `["x"]`, and when it is `[]`.
#[track_caller]
fn check_presence(name: &str, values: Value, absent: bool, present: bool) {
    let decision = |holds: bool| if holds { "allowed" } else { "implicit_deny identity" };
    check(OPERATORS, decision(absent), condition(json!({}), operator(name, values.clone())));
    check(OPERATORS, decision(absent), condition(json!({"k": []}), operator(name, values.clone())));
    check(OPERATORS, decision(present), condition(json!({"K": "x"}), operator(name, values)));
}

#[test]
fn a_missing_key_fails_positive_operators_and_satisfies_negated_ones() {
    check_presence("StringEquals", json!("x"), false, true);
    check_presence("StringEqualsIfExists", json!("x"), true, true);
    check_presence("StringEqualsIfExists", json!("y"), true, false);
    check_presence("StringNotEquals", json!("x"), true, false);
    check_presence("StringNotEqualsIfExists", json!("x"), true, false);
    check_presence("stringnotlike", json!(["a*", "b*"]), true, true);
    check_presence("Null", json!("true"), true, false);
    check_presence("Null", json!(false), false, true);
    check_presence("ForAllValues:StringEquals", json!("y"), true, false);
    check_presence("ForAnyValue:StringEquals", json!("x"), false, true);
    check_presence("ForAnyValue:StringNotEquals", json!("y"), false, true);
    check_presence("NumericLessThan", json!("5"), false, false);
    check_presence("NotIpAddress", json!("10.0.0.0/8"), true, true);
    check_presence("ArnNotLike", json!("arn:aws:s3:::*"), true, true);
    let case = condition(json!({}), operator("ForAnyValue:StringLikeIfExists", json!("x")));
    let expected = ["allowed", "implicit_deny identity"];
    check_readings(OPERATORS, "for-any-value-if-exists", "false", expected, case);
}

#[test]
fn set_operators_quantify_over_the_values_of_the_request() {
    let with = |name: &str, found: Value| condition(json!({"k": found}), operator(name, json!(["a", "b"])));
    let (ok, no) = ("allowed", "implicit_deny identity");
    check(MULTIVALUED, ok, with("ForAllValues:StringEquals", json!(["a", "b"])));
    check(MULTIVALUED, no, with("ForAllValues:StringEquals", json!(["a", "c"])));
    check(MULTIVALUED, ok, with("ForAnyValue:StringEquals", json!(["a", "c"])));
    check(MULTIVALUED, no, with("ForAnyValue:StringEquals", json!(["c", "d"])));
    check(MULTIVALUED, ok, with("ForAllValues:StringNotEquals", json!(["c", "d"])));
    check(MULTIVALUED, no, with("ForAllValues:StringNotEquals", json!(["a", "d"])));
    check(MULTIVALUED, ok, with("ForAnyValue:StringNotEquals", json!(["a", "d"])));
    check(MULTIVALUED, no, with("ForAnyValue:StringNotEquals", json!(["a", "b"])));
    let several = "several-values";
    check_readings(MULTIVALUED, several, "no-match", [ok, no], with("StringEquals", json!(["a", "c"])));
    check_readings(MULTIVALUED, several, "no-match", [ok, no], with("StringNotEquals", json!(["c", "d"])));
    check_readings(
        MULTIVALUED,
        "empty-string",
        "missing",
        [no, ok],
        with("ForAllValues:StringEquals", json!([""])),
    );
}

#[test]
fn values_are_alternatives_and_operators_and_keys_are_not() {
    let context = json!({"k": "a", "l": "b"});
    let (ok, no) = ("allowed", "implicit_deny identity");
    check(VALUES, ok, condition(context.clone(), json!({"StringEquals": {"k": ["x", "a"], "l": "b"}})));
    check(VALUES, no, condition(context.clone(), json!({"StringEquals": {"k": ["x", "a"], "l": "c"}})));
    check(
        VALUES,
        no,
        condition(context.clone(), json!({"StringEquals": {"k": "a"}, "StringLike": {"l": "c*"}})),
    );
    check(VALUES, no, condition(context, json!({"StringNotEquals": {"k": ["x", "a"]}})));
}

/// One value in the request, one in the policy.
#[track_caller]
fn check_operator(name: &str, found: Value, value: Value, holds: bool) {
    let expected = if holds { "allowed" } else { "implicit_deny identity" };
    check(OPERATORS, expected, condition(json!({"k": found}), operator(name, value)));
}

#[test]
fn string_operators_compare_text() {
    check_operator("StringEquals", json!("Ann"), json!("ann"), false);
    check_operator("StringEquals", json!("ann"), json!("a*"), false);
    check_operator("StringEqualsIgnoreCase", json!("ÄNN"), json!("änn"), true);
    check_operator("StringNotEqualsIgnoreCase", json!("ANN"), json!("ann"), false);
    check_operator("StringLike", json!("ann"), json!("a?n*"), true);
    check_operator("StringLike", json!("Ann"), json!("a*"), false);
    check_operator("StringLike", json!("a*"), json!("a${*}"), true);
    check_operator("StringLike", json!("ann"), json!("a${*}"), false);
    check_operator("StringEquals", json!("a*"), json!("a${*}"), true);
    check_operator("StringEquals", json!("ann"), json!("${aws:username}"), true);
    check_operator("StringNotEquals", json!("ann"), json!("${aws:PrincipalTag/none}"), true);
    check_operator("StringEquals", json!("red"), json!("${aws:PrincipalTag/none, 'red'}"), true);
    check_operator("BinaryEquals", json!("QUJD"), json!("qujd"), false);
    check_operator("BinaryEquals", json!("QUJD"), json!("QUJD"), true);
    check_operator("Bool", json!("True"), json!(true), true);
    check_operator("Bool", json!("yes"), json!("yes"), false);
}

#[test]
fn number_and_date_operators_compare_amounts() {
    check_operator("NumericEquals", json!("5.0"), json!(5), true);
    check_operator("NumericLessThan", json!("-10"), json!("-9"), true);
    check_operator("NumericGreaterThanEquals", json!("10"), json!("9"), true);
    check_operator("NumericEquals", json!("five"), json!("five"), false);
    check_operator("DateEquals", json!("2026-01-01T00:00:00Z"), json!("1767225600"), true);
    check_operator("DateEquals", json!("2026"), json!("2025-12-31T23:00-01:00"), true);
    check_operator("DateLessThan", json!("2024-02-29T23:59:59.9Z"), json!("2024-03"), true);
    check_operator("DateGreaterThan", json!("2026-02-30"), json!("2020"), false);
    check_operator("DateNotEquals", json!("2026-01-01"), json!("2026-01-01T01:00+0100"), false);
    let case = condition(json!({"k": "five"}), operator("NumericNotEquals", json!("5")));
    check_readings(OPERATORS, "malformed-negated", "false", ["allowed", "implicit_deny identity"], case);
}

#[test]
fn address_operators_compare_ranges_of_one_version() {
    check_operator("IpAddress", json!("203.0.113.9"), json!("203.0.113.0/24"), true);
    check_operator("IpAddress", json!("203.0.114.9"), json!("203.0.113.0/24"), false);
    check_operator("IpAddress", json!("203.0.113.9"), json!("203.0.113.9"), true);
    check_operator("IpAddress", json!("2001:db8::1"), json!("2001:DB8::/32"), true);
    check_operator("IpAddress", json!("10.0.0.1"), json!("::/0"), false);
    check_operator("NotIpAddress", json!("10.0.0.1"), json!("::/0"), true);
    check_operator("IpAddress", json!("10.0.0.1"), json!("10.0.0.0/33"), false);
}

#[test]
fn arn_operators_compare_six_parts() {
    let topic = json!("arn:aws:sns:us-east-1:111122223333:a:b");
    for name in ["ArnEquals", "ArnLike"] {
        check_operator(name, topic.clone(), json!("arn:aws:sns:*:111122223333:a*"), true);
        check_operator(name, topic.clone(), json!("arn:aws:sns:*:a:b"), false);
        check_operator(name, topic.clone(), json!("ARN:aws:sns:*:*:*"), false);
        let case = condition(json!({"k": topic.clone()}), operator(name, json!("arn:aws:sns:*")));
        check_readings(
            OPERATORS,
            "short-arn-pattern",
            "wildcard",
            ["implicit_deny identity", "allowed"],
            case,
        );
    }
    check_operator("ArnNotLike", topic, json!("arn:aws:sqs:*:*:*"), true);
    let mine = json!("arn:aws:iam::111122223333:user/ann");
    check_operator(
        "ArnEquals",
        mine,
        json!("arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}"),
        true,
    );
}

#[test]
fn unknown_operators_are_never_read_as_false() {
    let unknown = json!({"StringSounds": {"k": "a"}});
    check(OPERATORS, "unsupported", condition(json!({}), unknown.clone()));
    let layers = json!({"identity": [all(), allow(json!({"Condition": unknown.clone()}))]});
    check(OPERATORS, "allowed", case(USER, "s3:GetObject", OBJECT, json!({}), layers));
    let layers = json!({"identity": [all(), deny(json!({"Condition": unknown, "Action": "iam:*"}))]});
    check(OPERATORS, "allowed", case(USER, "s3:GetObject", OBJECT, json!({}), layers));
    check(OPERATORS, "unsupported", condition(json!({}), operator("NullIfExists", json!("true"))));
}

#[test]
fn the_principal_fixes_its_own_keys() {
    let with = |principal: &str, key: &str, value: &str| {
        let layers = json!({"identity": [allow(json!({"Condition": {"StringEquals": {key: value}}}))]});
        case(principal, "s3:GetObject", OBJECT, json!({}), layers)
    };
    check(KEYS, "allowed", with(SESSION, "aws:PrincipalArn", ROLE));
    check(KEYS, "implicit_deny identity", with(SESSION, "aws:PrincipalArn", SESSION));
    let mut pathed = with(SESSION, "aws:PrincipalArn", "arn:aws:iam::111122223333:role/team/analyst");
    pathed["request"]["role_arn"] = json!("arn:aws:iam::111122223333:role/team/analyst");
    check(KEYS, "allowed", pathed);
    check(KEYS, "allowed", with(USER, "aws:username", "ann"));
    check(KEYS, "implicit_deny identity", with(ROLE, "aws:username", "analyst"));
    let mut federated = with(FEDERATED_USER, "aws:userid", "111122223333:ann");
    federated["layers"]["session"] = json!([all()]);
    check(KEYS, "allowed", federated);
    check(KEYS, "allowed", with(ROLE, "aws:PrincipalType", "AssumedRole"));
    let mut supplied = with(USER, "aws:PrincipalArn", "arn:aws:iam::111122223333:user/other");
    supplied["request"]["context"] = json!({"AWS:principalarn": "arn:aws:iam::111122223333:user/other"});
    check(KEYS, "allowed", supplied);
    let signed = with(USER, "aws:PrincipalIsAWSService", "false");
    check_readings(KEYS, "principal-is-aws-service", "false", ["implicit_deny identity", "allowed"], signed);
}

#[test]
fn nobody_changes_what_belongs_to_aws() {
    let write = |action: &str, resource: &str| {
        case(USER, action, resource, json!({}), json!({"identity": [all()], "resource": to("*")}))
    };
    let managed = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let sso = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_a";
    let (ok, no) = ("allowed", "implicit_deny");
    let page = "Managed policies and inline policies";
    check(page, no, write("iam:DeletePolicy", managed));
    check(page, ok, write("iam:GetPolicy", managed));
    check(page, ok, write("iam:DeletePolicy", "arn:aws:iam::111122223333:policy/ReadOnlyAccess"));
    check("IAM Identity Center User Guide, Permission sets", no, write("iam:UpdateRole", sso));
    let page = "Service-linked roles";
    check(page, no, write("iam:AttachRolePolicy", SERVICE_LINKED));
    check(page, ok, write("iam:UpdateRoleDescription", SERVICE_LINKED));
    check(page, ok, write("iam:DeleteServiceLinkedRole", SERVICE_LINKED));
    let page = "AWS KMS Developer Guide, Aliases";
    check(page, no, write("kms:DeleteAlias", "arn:aws:kms:us-east-1:111122223333:alias/aws/s3"));
    check(page, ok, write("kms:DeleteAlias", "arn:aws:kms:us-east-1:111122223333:alias/mine"));
}

#[test]
fn a_session_with_a_service_linked_name_is_taken_for_one() {
    let session = "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForX/s1";
    let layers = json!({"identity": [all()], "scp": levels(&[json!([nothing()])])});
    let case = case(session, "s3:GetObject", OBJECT, json!({}), layers);
    check_readings(SCP, "service-linked-role-name", "ordinary", ["allowed", "implicit_deny scp"], case);
}

#[test]
fn a_variable_in_a_bool_value_is_text_or_is_replaced() {
    let page = VARIABLES;
    let context = json!({"k": "true", "aws:SecureTransport": "true"});
    let case = condition(context, json!({"Bool": {"k": "${aws:SecureTransport}"}}));
    check_readings(page, "bool-variables", "substituted", ["implicit_deny identity", "allowed"], case);
}

//! Cases of the machine interface, taken from bytes.
//!
//! A small world, so that what a policy names is often what the request carries; now and then a text of its own.
//! What comes out need not be a case: the reader refuses some, and the target passes those over.

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use serde_json::{Map, Value, json};

const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];

const ACTIONS: [&str; 10] = [
    "bedrock:InvokeModel",
    "Bedrock:invokemodelwithresponsestream",
    "bedrock:ListFoundationModels",
    "s3:GetObject",
    "sts:AssumeRole",
    "sts:GetCallerIdentity",
    "kms:Decrypt",
    "kms:RetireGrant",
    "iam:PutRolePolicy",
    "unheard:Of",
];

const ACTION_PATTERNS: [&str; 10] =
    ["*", "**", "bedrock:*", "BEDROCK:Invoke*", "s3:Get?bject", "*:*", "sts:*", "kms:*", "iam:*", "nothing"];

const RESOURCES: [&str; 11] = [
    "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2:1:200k",
    "arn:aws:bedrock:::foundation-model/m:111122223333:x",
    "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.m",
    "arn:aws:s3:::bucket/ann/file",
    "arn:AWS:s3:::bucket/red",
    "arn:aws:iam::111122223333:role/target",
    "arn:aws:iam::444455556666:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
    "arn:aws:iam::aws:policy/AdministratorAccess",
    "arn:aws:kms:us-east-1:111122223333:key/k1",
    "arn:aws:kms:us-east-1:444455556666:alias/aws/s3",
    "*",
];

const RESOURCE_PATTERNS: [&str; 15] = [
    "*",
    "**",
    "arn:*",
    "arn:aws:*",
    "arn:aws:bedrock:*::foundation-model/*",
    "arn:aws:bedrock:*:foundation-model/*",
    "arn:aws:bedrock:?????????::foundation-model/anthropic.*",
    "arn:aws:bedrock:::foundation-model/*:*:x",
    "arn:aws:s3:::bucket/*",
    "arn:aws:s3:::bucket/${aws:username}/*",
    "arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'red'}",
    "arn:aws:s3:::${aws:PrincipalTag/team}",
    "arn:aws:${aws:PrincipalTag/team}:::bucket/red",
    "arn:aws:iam::${aws:PrincipalAccount}:role/*",
    "arn:aws:s3:::bucket/${*}${?}${$}",
];

const KEYS: [&str; 14] = [
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:PrincipalTag/team",
    "AWS:principaltag/TEAM",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalType",
    "aws:username",
    "aws:userid",
    "aws:TagKeys",
    "aws:SourceIp",
    "aws:CurrentTime",
    "aws:MultiFactorAuthPresent",
    "aws:SourceArn",
    "s3:max-keys",
];

const VALUES: [&str; 30] = [
    "",
    "red",
    "RED",
    "re*",
    "r?d",
    "*",
    "ann",
    "a*n",
    "${aws:username}",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/team, 'red'}",
    "${*}",
    "true",
    "False",
    "1",
    "01.0",
    "-2e3",
    "10",
    "10.0.0.1",
    "10.0.0.0/8",
    "2001:db8::/32",
    "2026-11-22",
    "2026-11-22T10:00:00+02:00",
    "1763805600",
    "2026",
    "111122223333",
    "arn:aws:iam::111122223333:role/analyst",
    "arn:aws:iam::*:role/*",
    "arn:aws:s3:::bucket",
    "arn:aws:*",
];

const OPERATORS: [&str; 25] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThanEquals",
    "DateGreaterThan",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
    "stringequals",
    "StringMatches",
];

const PRINCIPALS: [&str; 11] = [
    "*",
    "111122223333",
    "444455556666",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::111122223333:user/ann",
    "arn:aws:iam::111122223333:role/analyst",
    "arn:aws:iam::111122223333:role/team/analyst",
    "arn:aws:sts::111122223333:assumed-role/analyst/s1",
    "arn:aws:sts::111122223333:federated-user/ann",
    "AIDAEXAMPLEANN",
    "AROAEXAMPLEANALYST",
];

const SERVICE: &str = "bedrock.amazonaws.com";
const PROVIDER: &str = "accounts.google.com";

/// Characters of texts that no list holds. Without `{`, so that what begins like a variable is one.
const CHARACTERS: [char; 15] = ['a', 'b', 'é', 'A', '*', '?', ':', '/', '$', '}', ',', ' ', '\'', '1', '.'];

/// The case that the bytes stand for.
pub fn from_bytes(bytes: &mut Unstructured<'_>) -> Result<Value> {
    let request = request(bytes)?;
    let text = |field: &str| request[field].as_str().unwrap_or_default();
    // A role has no policy but its trust policy, and only who assumes it meets that.
    let side = if text("action") == "sts:AssumeRole" && text("resource").contains(":role/") {
        "trust"
    } else {
        "resource"
    };
    let layers = layers(bytes, side)?;
    Ok(json!({ "request": request, "layers": layers }))
}

fn request(bytes: &mut Unstructured<'_>) -> Result<Value> {
    let mut request = principal(bytes)?;
    request["action"] = json!(bytes.choose(&ACTIONS)?);
    request["resource"] = json!(bytes.choose(&RESOURCES)?);
    if bytes.ratio(1, 2)? {
        request["resource_account"] = json!(bytes.choose(&ACCOUNTS)?);
    }
    let mut context = Map::new();
    for _ in 0..bytes.int_in_range(0..=4)? {
        let key = (*bytes.choose(&KEYS)?).to_owned();
        let values = values(bytes)?;
        // The two evaluators differ on whether an empty list stands against a value that the principal fixes.
        if values != json!([]) {
            context.insert(key, values);
        }
    }
    request["context"] = Value::Object(context);
    Ok(request)
}

fn principal(bytes: &mut Unstructured<'_>) -> Result<Value> {
    let account = bytes.choose(&ACCOUNTS)?;
    let iam = |what: &str| format!("arn:aws:iam::{account}:{what}");
    let sts = |what: &str| format!("arn:aws:sts::{account}:{what}");
    let linked = "aws-service-role/bedrock.amazonaws.com/AWSServiceRoleForBedrock";
    Ok(match bytes.int_in_range(0..=12)? {
        0 => json!({ "principal": iam("user/ann") }),
        1 => json!({ "principal": iam("role/analyst") }),
        2 => json!({ "principal": iam("role/team/analyst") }),
        3 => json!({ "principal": sts("assumed-role/analyst/s1") }),
        4 => json!({ "principal": sts("assumed-role/analyst/s1"), "role_arn": iam("role/team/analyst") }),
        5 => json!({ "principal": sts("federated-user/ann") }),
        6 => json!({ "principal": sts("federated-user/ann"), "user_arn": iam("user/ann") }),
        7 => json!({ "principal": iam("root") }),
        8 => json!({ "principal": { "type": "anonymous" } }),
        9 => json!({ "principal": { "type": "service", "name": SERVICE } }),
        10 => json!({ "principal": { "type": "federated", "provider": PROVIDER } }),
        11 => json!({ "principal": iam(&format!("role/{linked}")) }),
        _ => json!({ "principal": sts("assumed-role/AWSServiceRoleForBedrock/s1") }),
    })
}

fn layers(bytes: &mut Unstructured<'_>, side: &str) -> Result<Value> {
    let mut layers = Map::new();
    for layer in ["identity", "boundary", "session", "vpc_endpoint"] {
        if layer == "identity" || bytes.ratio(1, 4)? {
            layers.insert(layer.to_owned(), documents(bytes, layer, 2)?);
        }
    }
    for layer in ["scp", "rcp"] {
        if bytes.ratio(1, 3)? {
            let mut levels = Vec::new();
            for number in 0..bytes.int_in_range(1..=2)? {
                let policies = documents(bytes, layer, 2)?;
                levels.push(json!({ "target": format!("level-{number}"), "policies": policies }));
            }
            layers.insert(layer.to_owned(), Value::Array(levels));
        }
    }
    if bytes.ratio(1, 2)? {
        layers.insert(side.to_owned(), document(bytes, side)?);
    }
    if bytes.ratio(1, 8)? {
        layers.insert("management_account".to_owned(), json!(true));
    }
    Ok(Value::Object(layers))
}

fn documents(bytes: &mut Unstructured<'_>, layer: &str, most: usize) -> Result<Value> {
    let count = bytes.int_in_range(0..=most)?;
    (0..count).map(|_| document(bytes, layer)).collect()
}

fn document(bytes: &mut Unstructured<'_>, layer: &str) -> Result<Value> {
    let count = bytes.int_in_range(1..=2)?;
    let statements: Result<Vec<Value>> = (0..count).map(|_| statement(bytes, layer)).collect();
    let version = if bytes.ratio(1, 6)? { "2008-10-17" } else { "2012-10-17" };
    Ok(json!({ "Version": version, "Statement": statements? }))
}

fn statement(bytes: &mut Unstructured<'_>, layer: &str) -> Result<Value> {
    let mut statement = Map::new();
    let mut put = |name: &str, value: Value| statement.insert(name.to_owned(), value);
    put("Effect", json!(if bytes.ratio(1, 3)? { "Deny" } else { "Allow" }));
    let negation = |bytes: &mut Unstructured<'_>, name: &str| -> Result<String> {
        Ok(if bytes.ratio(1, 6)? { format!("Not{name}") } else { name.to_owned() })
    };
    put(&negation(bytes, "Action")?, some_of(bytes, &ACTION_PATTERNS, &ACTIONS)?);
    if !matches!(layer, "resource" | "trust") || bytes.ratio(1, 2)? {
        put(&negation(bytes, "Resource")?, some_of(bytes, &RESOURCE_PATTERNS, &RESOURCES)?);
    }
    if matches!(layer, "resource" | "trust" | "rcp" | "vpc_endpoint") && !bytes.ratio(1, 10)? {
        put(&negation(bytes, "Principal")?, principals(bytes)?);
    }
    if bytes.ratio(1, 2)? {
        put("Condition", conditions(bytes)?);
    }
    Ok(Value::Object(statement))
}

/// One or two texts from the lists, seldom one of its own.
fn some_of(bytes: &mut Unstructured<'_>, patterns: &[&str], exact: &[&str]) -> Result<Value> {
    let mut texts = Vec::new();
    for _ in 0..bytes.int_in_range(1..=2)? {
        texts.push(match bytes.int_in_range(0..=7)? {
            0 => json!(text(bytes)?),
            1 | 2 => json!(bytes.choose(exact)?),
            _ => json!(bytes.choose(patterns)?),
        });
    }
    Ok(if texts.len() == 1 { texts.remove(0) } else { Value::Array(texts) })
}

fn principals(bytes: &mut Unstructured<'_>) -> Result<Value> {
    Ok(match bytes.int_in_range(0..=5)? {
        0 => json!("*"),
        1 => json!({ "Service": SERVICE }),
        2 => json!({ "Federated": PROVIDER }),
        3 => json!({ "AWS": [bytes.choose(&PRINCIPALS)?, bytes.choose(&PRINCIPALS)?] }),
        _ => json!({ "AWS": bytes.choose(&PRINCIPALS)? }),
    })
}

fn conditions(bytes: &mut Unstructured<'_>) -> Result<Value> {
    let mut conditions = Map::new();
    for _ in 0..bytes.int_in_range(1..=2)? {
        let operator = bytes.choose(&OPERATORS)?;
        let set = match bytes.int_in_range(0..=5)? {
            0 => "ForAllValues:",
            1 => "ForAnyValue:",
            _ => "",
        };
        let if_exists = if bytes.ratio(1, 4)? { "IfExists" } else { "" };
        let key = (*bytes.choose(&KEYS)?).to_owned();
        let mut entry = Map::new();
        entry.insert(key, values(bytes)?);
        conditions.insert(format!("{set}{operator}{if_exists}"), Value::Object(entry));
    }
    Ok(Value::Object(conditions))
}

/// One value, or a list of none to three.
fn values(bytes: &mut Unstructured<'_>) -> Result<Value> {
    if bytes.ratio(2, 3)? {
        return Ok(json!(value(bytes)?));
    }
    let count = bytes.int_in_range(0..=3)?;
    (0..count).map(|_| value(bytes).map(Value::String)).collect()
}

fn value(bytes: &mut Unstructured<'_>) -> Result<String> {
    if bytes.ratio(1, 6)? { text(bytes) } else { Ok((*bytes.choose(&VALUES)?).to_owned()) }
}

fn text(bytes: &mut Unstructured<'_>) -> Result<String> {
    let count = bytes.int_in_range(0..=8)?;
    (0..count).map(|_| bytes.choose(&CHARACTERS).copied()).collect()
}

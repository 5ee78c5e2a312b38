//! What is asked: more than ten thousand distinct requests under one set of 56 statements.
//!
//! The documents stand in `bench/layers.json`. The requests are every combination of what is asked for, a name, a
//! Region, a team and whether a second factor was used. Only what the peer also has is used: no resource policies,
//! no partial requests, no point on which AWS's behaviour is unsettled.

use std::collections::BTreeSet;

use iam::case;
use iam::{Layers, Request};
use serde_json::{Value, json};

const LAYERS: &str = include_str!("../../bench/layers.json");

/// An action and its resource, with `{name}`, `{region}` and `{team}` to be filled in.
const ASKED: [(&str, &str); 32] = [
    ("bedrock:InvokeModel", "arn:aws:bedrock:{region}::foundation-model/anthropic.claude-{name}"),
    ("bedrock:InvokeModel", "arn:aws:bedrock:{region}::foundation-model/amazon.nova-{name}-v1:0"),
    ("bedrock:InvokeModel", "arn:aws:bedrock:{region}:111122223333:inference-profile/us.{name}"),
    ("bedrock:InvokeModelWithResponseStream", "arn:aws:bedrock:{region}::foundation-model/meta.{name}"),
    ("bedrock:ListFoundationModels", "*"),
    ("bedrock:GetCustomModel", "arn:aws:bedrock:{region}:111122223333:custom-model/{name}"),
    ("bedrock:DeleteCustomModel", "arn:aws:bedrock:{region}:111122223333:custom-model/{name}"),
    ("bedrock:ApplyGuardrail", "arn:aws:bedrock:{region}:111122223333:guardrail/base{name}"),
    ("sagemaker:InvokeEndpoint", "arn:aws:sagemaker:{region}:111122223333:endpoint/orders-{name}"),
    ("sagemaker:InvokeEndpoint", "arn:aws:sagemaker:{region}:111122223333:endpoint/{name}"),
    ("s3:GetObject", "arn:aws:s3:::orders-data/{name}"),
    ("s3:GetObject", "arn:aws:s3:::orders-data/secret/{name}"),
    ("s3:PutObject", "arn:aws:s3:::orders-data/{team}/{name}"),
    ("s3:PutObject", "arn:aws:s3:::orders-data/others/{name}"),
    ("s3:DeleteBucket", "arn:aws:s3:::{name}"),
    ("dynamodb:GetItem", "arn:aws:dynamodb:{region}:111122223333:table/orders"),
    ("dynamodb:PutItem", "arn:aws:dynamodb:{region}:111122223333:table/{name}"),
    ("kms:DescribeKey", "arn:aws:kms:{region}:111122223333:key/{name}"),
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:{region}:111122223333:secret:orders/{name}"),
    ("ssm:GetParameter", "arn:aws:ssm:{region}:111122223333:parameter/orders/{name}"),
    ("ec2:DescribeInstances", "*"),
    ("ec2:StartInstances", "arn:aws:ec2:{region}:111122223333:instance/{name}"),
    ("ec2:TerminateInstances", "arn:aws:ec2:{region}:111122223333:instance/{name}"),
    ("lambda:InvokeFunction", "arn:aws:lambda:{region}:111122223333:function:orders-{name}"),
    ("logs:PutLogEvents", "arn:aws:logs:{region}:111122223333:log-group:orders:log-stream:{name}"),
    ("sqs:SendMessage", "arn:aws:sqs:{region}:111122223333:orders-{name}"),
    ("sns:Publish", "arn:aws:sns:{region}:111122223333:orders-{name}"),
    ("ecr:BatchGetImage", "arn:aws:ecr:{region}:111122223333:repository/orders/{name}"),
    ("iam:PassRole", "arn:aws:iam::111122223333:role/orders-{name}"),
    ("iam:CreateUser", "arn:aws:iam::111122223333:user/{name}"),
    ("cloudtrail:StopLogging", "arn:aws:cloudtrail:{region}:111122223333:trail/{name}"),
    ("organizations:LeaveOrganization", "*"),
];

const NAMES: [&str; 12] = [
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "inlet", "jetty", "knoll",
    "ledge",
];
const REGIONS: [&str; 4] = ["us-east-1", "us-west-2", "eu-central-1", "ap-south-1"];
const TEAMS: [Option<&str>; 4] = [Some("orders"), Some("platform"), Some("guests"), None];
const ACCOUNT: &str = "111122223333";

/// The requests in every form that is measured.
pub struct Workload {
    /// As the machine interface has them.
    pub documents: Value,
    pub asked: Vec<Value>,
    /// Compiled.
    pub layers: Layers,
    pub requests: Vec<Request>,
    /// How many statements there are.
    pub statements: usize,
    layers_text: String,
    small_tail: String,
}

impl Workload {
    /// Makes and compiles everything.
    pub fn new() -> Result<Self, String> {
        let documents: Value =
            serde_json::from_str(LAYERS).map_err(|error| format!("layers.json: {error}"))?;
        let asked = asked();
        let distinct: BTreeSet<String> = asked.iter().map(Value::to_string).collect();
        if distinct.len() != asked.len() {
            return Err("some requests are the same".to_owned());
        }
        let mut requests = Vec::with_capacity(asked.len());
        let mut layers = Layers::default();
        for (number, request) in asked.iter().enumerate() {
            let body = if number == 0 { &documents } else { &json!({}) };
            let text = json!({ "request": request, "layers": body }).to_string();
            let case = case::parse(text.as_bytes())
                .map_err(|errors| format!("request {number}: {}", errors[0].kind))?;
            if number == 0 {
                if let Some(warning) = case.warnings.first() {
                    return Err(format!("layers.json: {warning}"));
                }
                layers = case.layers;
            }
            requests.push(case.request);
        }
        // Side by side in memory, not strewn among what reading them left behind.
        let requests = requests.to_vec();
        let levels = layers.scp.iter().flat_map(|level| &level.policies);
        let statements = layers.identity.iter().chain(levels).map(|policy| policy.statements.len()).sum();
        let layers_text = documents.to_string();
        let small_tail = small_tail(&documents, &asked[0]);
        Ok(Self { documents, asked, layers, requests, statements, layers_text, small_tail })
    }

    /// Appends a case with all its documents, and a line end.
    pub fn write_case(&self, number: usize, line: &mut Vec<u8>) {
        let request = &self.asked[number];
        line.extend_from_slice(
            format!("{{\"id\":{number},\"request\":{request},\"layers\":{}}}\n", self.layers_text).as_bytes(),
        );
    }

    /// Appends a case of one small policy and one SCP, and a line end.
    pub fn write_small_case(&self, number: usize, line: &mut Vec<u8>) {
        line.extend_from_slice(format!("{{\"id\":{number},{}\n", self.small_tail).as_bytes());
    }
}

fn asked() -> Vec<Value> {
    let mut asked = Vec::new();
    for (action, resource) in ASKED {
        for (number, name) in NAMES.iter().enumerate() {
            for region in REGIONS {
                for team in TEAMS {
                    for second_factor in [true, false] {
                        let resource = resource
                            .replace("{name}", name)
                            .replace("{region}", region)
                            .replace("{team}", team.unwrap_or("nobody"));
                        let context = context(action, number, region, team, second_factor);
                        asked.push(json!({
                            "principal": format!("arn:aws:iam::{ACCOUNT}:role/orders-app"),
                            "action": action,
                            "resource": resource,
                            "resource_account": ACCOUNT,
                            "context": context,
                        }));
                    }
                }
            }
        }
    }
    asked
}

fn context(action: &str, number: usize, region: &str, team: Option<&str>, second_factor: bool) -> Value {
    let network = if number.is_multiple_of(2) { "10.0.0" } else { "203.0.113" };
    let mut context = json!({
        "aws:CurrentTime": "2026-11-22T10:00:00Z",
        "aws:MultiFactorAuthPresent": second_factor.to_string(),
        "aws:PrincipalAccount": ACCOUNT,
        "aws:PrincipalArn": format!("arn:aws:iam::{ACCOUNT}:role/orders-app"),
        "aws:PrincipalOrgID": "o-a1b2c3d4e5",
        "aws:PrincipalOrgPaths": ["o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/ou-ab12-22222222/ou-ab12-33333333/"],
        "aws:RequestedRegion": region,
        "aws:SecureTransport": (number % 5 != 4).to_string(),
        "aws:SourceIp": format!("{network}.{}", number + 1),
    });
    if second_factor {
        context["aws:MultiFactorAuthAge"] = json!((number * 600).to_string());
    }
    if let Some(team) = team {
        context["aws:PrincipalTag/team"] = json!(team);
    }
    match number % 3 {
        0 => context["aws:SourceVpce"] = json!("vpce-0aaaaaaaaaaaaaaaa"),
        1 => context["aws:SourceVpce"] = json!("vpce-0cccccccccccccccc"),
        _ => {}
    }
    match action.split(':').next() {
        Some("s3") => context["s3:TlsVersion"] = json!(if number < 9 { "1.3" } else { "1.1" }),
        Some("ec2") if action != "ec2:DescribeInstances" => {
            context["aws:ResourceTag/team"] = json!(if number < 6 { "orders-eu" } else { "guests" });
        }
        _ => {}
    }
    if action.ends_with("CustomModel") {
        context["aws:ResourceTag/team"] = json!(if number < 6 { "orders" } else { "guests" });
    }
    if action == "iam:PassRole" {
        let service = if number < 6 { "lambda.amazonaws.com" } else { "ec2.amazonaws.com" };
        context["iam:PassedToService"] = json!(service);
    }
    context
}

/// A case without its id: the first policy's first statement and the root's SCPs.
fn small_tail(documents: &Value, request: &Value) -> String {
    let mut policy = documents["identity"][0]["policy"].clone();
    policy["Statement"] = json!([policy["Statement"][0]]);
    let layers = json!({ "identity": [policy], "scp": [documents["scp"][0]] });
    format!("\"request\":{request},\"layers\":{layers}}}")
}

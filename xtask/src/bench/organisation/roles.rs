//! The roles of one account: most far from any model, some with AWS managed policies, some with ARNs of their account.

use serde_json::{Value, json};

use super::{MANAGEMENT, REGION, SINCE, Size, id as account_id};

/// What a role is for; how often of a thousand.
const MIX: [(Kind, u64); 13] = [
    (Kind::Worker, 330),
    (Kind::Store, 250),
    (Kind::Reader, 120),
    (Kind::Instance, 90),
    (Kind::Managed("arn:aws:iam::aws:policy/ReadOnlyAccess"), 40),
    (Kind::Caller, 50),
    (Kind::Batch, 20),
    (Kind::Developer, 40),
    (Kind::Managed("arn:aws:iam::aws:policy/AmazonBedrockFullAccess"), 10),
    (Kind::Managed("arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"), 10),
    (Kind::Managed("arn:aws:iam::aws:policy/PowerUserAccess"), 10),
    (Kind::Managed("arn:aws:iam::aws:policy/AdministratorAccess"), 10),
    (Kind::Deployer, 20),
];

#[derive(Clone, Copy)]
enum Kind {
    /// A function with a table and a queue of its own.
    Worker,
    /// A container task with a bucket and a key.
    Store,
    /// Reads logs and parameters through a customer managed policy.
    Reader,
    /// An instance with two AWS managed policies.
    Instance,
    /// Whoever assumes it has one AWS managed policy.
    Managed(&'static str),
    /// A function that calls one model through a profile of the account.
    Caller,
    /// The service role of batch jobs.
    Batch,
    /// Much is allowed, within a boundary.
    Developer,
    /// Hands roles to services; assumed from the role before it and from the management account.
    Deployer,
}

/// What `aws iam get-account-authorization-details` would print.
pub fn details(account: usize, size: Size) -> Value {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (account as u64) << 20);
    let id = account_id(account);
    let roles: Vec<Value> = (0..size.roles)
        .map(|number| match number {
            0 => platform(&id, "guardian"),
            1 => platform(&id, "importer"),
            _ => role(&id, account, number, &mut dice),
        })
        .collect();
    json!({
        "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles,
        "Policies": [policy(&id, "read-logs", read_logs(&id)), policy(&id, "developers", boundary())],
    })
}

/// A role that SCPs exempt, assumed from the management account.
fn platform(id: &str, name: &str) -> Value {
    let management = trusting(json!({ "AWS": format!("arn:aws:iam::{}:root", account_id(MANAGEMENT)) }));
    one(id, "/platform/", name, management, &[], Some("bedrock:*"))
}

fn role(id: &str, account: usize, number: usize, dice: &mut Dice) -> Value {
    let mut roll = dice.below(1_000);
    let kind = MIX.iter().find(|(_, weight)| {
        let here = roll < *weight;
        roll = roll.saturating_sub(*weight);
        here
    });
    let name = format!("app-{number}-{}", dice.word());
    let service = |name: &str| trusting(json!({ "Service": name }));
    let function = service("lambda.amazonaws.com");
    const BASIC: &str = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    match kind.map_or(Kind::Worker, |(kind, _)| *kind) {
        Kind::Worker => with_inline(one(id, "/", &name, function, &[BASIC], None), worker(id, &name)),
        Kind::Store => with_inline(
            one(id, "/service/", &name, service("ecs-tasks.amazonaws.com"), &[], None),
            store(id, &name, dice),
        ),
        Kind::Reader => {
            let own = format!("arn:aws:iam::{id}:policy/read-logs");
            one(id, "/", &name, function, &[&own, BASIC], None)
        }
        Kind::Instance => {
            let both = [
                "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
                "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy",
            ];
            one(id, "/", &name, service("ec2.amazonaws.com"), &both, None)
        }
        Kind::Managed(arn) => {
            let people = trusting(json!({ "AWS": format!("arn:aws:iam::{id}:root") }));
            one(id, "/people/", &name, people, &[arn], None)
        }
        Kind::Caller => with_inline(one(id, "/", &name, function, &[BASIC], None), caller(id, dice)),
        Kind::Batch => {
            let mut trust = service("bedrock.amazonaws.com");
            trust["Statement"][0]["Condition"] = json!({ "StringEquals": { "aws:SourceAccount": id } });
            with_inline(one(id, "/service-role/", &name, trust, &[], None), batch(id, &name))
        }
        Kind::Developer => {
            let mut role = one(
                id,
                "/people/",
                &name,
                trusting(json!({ "AWS": format!("arn:aws:iam::{id}:root") })),
                &[],
                Some("bedrock:*"),
            );
            let arn = format!("arn:aws:iam::{id}:policy/developers");
            role["PermissionsBoundary"] =
                json!({ "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn });
            role
        }
        Kind::Deployer => {
            let others = [
                format!("arn:aws:iam::{}:root", account_id(MANAGEMENT)),
                format!("arn:aws:iam::{}:root", account_id(account.saturating_sub(1))),
            ];
            with_inline(one(id, "/", &name, trusting(json!({ "AWS": others })), &[], None), deployer(id))
        }
    }
}

fn one(id: &str, path: &str, name: &str, trust: Value, attached: &[&str], all_of: Option<&str>) -> Value {
    let attached: Vec<Value> = attached
        .iter()
        .map(|arn| json!({ "PolicyName": arn.rsplit('/').next(), "PolicyArn": arn }))
        .collect();
    let inline: Vec<Value> = all_of
        .iter()
        .map(|action| json!({ "PolicyName": "all", "PolicyDocument": document(json!([{ "Effect": "Allow", "Action": action, "Resource": "*" }])) }))
        .collect();
    json!({
        "Path": path, "RoleName": name, "RoleId": format!("AROA{:0>17}", name.to_uppercase().replace('-', "")),
        "Arn": format!("arn:aws:iam::{id}:role{path}{name}"), "CreateDate": SINCE, "AssumeRolePolicyDocument": trust,
        "InstanceProfileList": [], "RolePolicyList": inline, "AttachedManagedPolicies": attached, "Tags": [],
        "RoleLastUsed": { "LastUsedDate": "2026-11-12T08:00:00+00:00", "Region": REGION },
    })
}

fn with_inline(mut role: Value, statements: Value) -> Value {
    role["RolePolicyList"] = json!([{ "PolicyName": "own", "PolicyDocument": document(statements) }]);
    role
}

fn document(statements: Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn trusting(principal: Value) -> Value {
    document(json!([{ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" }]))
}

fn policy(id: &str, name: &str, statements: Value) -> Value {
    json!({
        "PolicyName": name, "PolicyId": format!("ANPA{:0>17}", name.to_uppercase().replace('-', "")), "Path": "/",
        "Arn": format!("arn:aws:iam::{id}:policy/{name}"), "DefaultVersionId": "v1", "AttachmentCount": 1,
        "PermissionsBoundaryUsageCount": 0, "IsAttachable": true, "CreateDate": SINCE, "UpdateDate": SINCE,
        "PolicyVersionList": [{ "Document": document(statements), "VersionId": "v1", "IsDefaultVersion": true, "CreateDate": SINCE }],
    })
}

fn allow(actions: &[&str], resources: &[String]) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
}

fn worker(id: &str, name: &str) -> Value {
    json!([
        allow(
            &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
            &[
                format!("arn:aws:dynamodb:{REGION}:{id}:table/{name}"),
                format!("arn:aws:dynamodb:{REGION}:{id}:table/{name}/index/*")
            ],
        ),
        allow(
            &["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"],
            &[format!("arn:aws:sqs:{REGION}:{id}:{name}"), format!("arn:aws:sqs:{REGION}:{id}:{name}-dead")],
        ),
        allow(
            &["secretsmanager:GetSecretValue"],
            &[format!("arn:aws:secretsmanager:{REGION}:{id}:secret:{name}-*")]
        ),
    ])
}

fn store(id: &str, name: &str, dice: &mut Dice) -> Value {
    let key = format!("arn:aws:kms:{REGION}:{id}:key/{:08x}-0000-4000-8000-{id}", dice.below(1 << 32));
    json!([
        allow(&["s3:ListBucket", "s3:GetBucketLocation"], &[format!("arn:aws:s3:::{name}-{id}")]),
        allow(&["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], &[format!("arn:aws:s3:::{name}-{id}/*")]),
        allow(&["kms:Decrypt", "kms:GenerateDataKey"], &[key]),
        {
            "Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*",
            "Condition": { "StringEquals": { "cloudwatch:namespace": name } },
        },
    ])
}

fn caller(id: &str, dice: &mut Dice) -> Value {
    const MODELS: [&str; 4] = [
        "anthropic.claude-sonnet-5-5",
        "anthropic.claude-opus-5-5",
        "amazon.nova-pro-v1:0",
        "amazon.nova-2-lite-v1:0",
    ];
    let model = MODELS[dice.below(MODELS.len() as u64) as usize];
    let profile = format!("arn:aws:bedrock:{REGION}:{id}:inference-profile/us.{model}");
    let invoke = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"];
    let regions = ["us-east-1", "us-east-2", "us-west-2"];
    let behind: Vec<String> =
        regions.iter().map(|region| format!("arn:aws:bedrock:{region}::foundation-model/{model}")).collect();
    let mut models = allow(&invoke, &behind);
    if dice.below(2) == 0 {
        models["Condition"] = json!({ "StringEquals": { "bedrock:InferenceProfileArn": profile } });
    }
    json!([allow(&invoke, &[profile]), models])
}

fn batch(id: &str, name: &str) -> Value {
    json!([
        allow(
            &["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
            &[format!("arn:aws:s3:::{name}-{id}"), format!("arn:aws:s3:::{name}-{id}/*")]
        ),
        allow(
            &["bedrock:InvokeModel"],
            &[format!("arn:aws:bedrock:{REGION}::foundation-model/amazon.nova-2-lite-v1:0")]
        ),
    ])
}

fn deployer(id: &str) -> Value {
    json!([
        allow(&["cloudformation:*", "lambda:*", "s3:*"], &["*".to_owned()]),
        allow(
            &["iam:PassRole"],
            &[format!("arn:aws:iam::{id}:role/service-role/*"), format!("arn:aws:iam::{id}:role/service/*")]
        ),
        allow(&["sts:AssumeRole"], &[format!("arn:aws:iam::{id}:role/app-1*")]),
        allow(
            &["bedrock:CreateAgent", "bedrock:CreateModelInvocationJob"],
            &[format!("arn:aws:bedrock:*:{id}:*")]
        ),
    ])
}

fn read_logs(id: &str) -> Value {
    json!([
        allow(&["logs:Get*", "logs:Describe*", "logs:FilterLogEvents"], &[format!("arn:aws:logs:*:{id}:*")]),
        allow(&["ssm:GetParameter", "ssm:GetParametersByPath"], &[format!("arn:aws:ssm:*:{id}:parameter/*")]),
    ])
}

fn boundary() -> Value {
    json!([
        { "Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*" },
        { "Effect": "Deny", "Action": "bedrock:Create*", "Resource": "*" },
    ])
}

/// Numbers that look random and are not: splitmix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % end
    }

    fn word(&mut self) -> &'static str {
        const WORDS: [&str; 12] = [
            "billing",
            "catalogue",
            "checkout",
            "claims",
            "delivery",
            "identity",
            "ledger",
            "orders",
            "pricing",
            "returns",
            "search",
            "stock",
        ];
        WORDS[self.below(WORDS.len() as u64) as usize]
    }
}

//! The small closed world of the generated cases: few accounts, principals, actions, resources, keys and values, so
//! that what one policy names is often what another request carries.
//!
//! It builds no policies. Names follow IAM User Guide, "IAM identifiers", and Service Authorization Reference.

use serde_json::{Value, json};

use super::random::Random;

pub const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];

/// What kind of caller makes the request, as far as rules tell kinds apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    User,
    Role,
    /// A role session whose request gives the ARN of the role.
    SessionOfRole,
    /// A role session whose request gives nothing else.
    Session,
    ServiceLinkedRole,
    ServiceLinkedSession,
    /// Known as service-linked by the name of its role only.
    ServiceLinkedByName,
    /// A federated-user session whose request gives the ARN of its user.
    FederatedUserOfUser,
    FederatedUser,
    Root,
    Anonymous,
    Service,
    Federated,
}

impl Kind {
    pub const ALL: [Kind; 13] = [
        Kind::User,
        Kind::Role,
        Kind::SessionOfRole,
        Kind::Session,
        Kind::ServiceLinkedRole,
        Kind::ServiceLinkedSession,
        Kind::ServiceLinkedByName,
        Kind::FederatedUserOfUser,
        Kind::FederatedUser,
        Kind::Root,
        Kind::Anonymous,
        Kind::Service,
        Kind::Federated,
    ];

    pub fn has_account(self) -> bool {
        match self {
            Kind::User
            | Kind::Role
            | Kind::SessionOfRole
            | Kind::Session
            | Kind::ServiceLinkedRole
            | Kind::ServiceLinkedSession
            | Kind::ServiceLinkedByName
            | Kind::FederatedUserOfUser
            | Kind::FederatedUser
            | Kind::Root => true,
            Kind::Anonymous | Kind::Service | Kind::Federated => false,
        }
    }

    pub fn is_service_linked(self) -> bool {
        matches!(self, Kind::ServiceLinkedRole | Kind::ServiceLinkedSession | Kind::ServiceLinkedByName)
    }

    /// The request fields that make a caller of this kind.
    pub fn request(self, account: &str, random: &mut Random) -> Value {
        let iam = |what: &str| format!("arn:aws:iam::{account}:{what}");
        let sts = |what: &str| format!("arn:aws:sts::{account}:{what}");
        let path = random.one_of(&["", "team/"]);
        let linked = "aws-service-role/bedrock.amazonaws.com/AWSServiceRoleForBedrock";
        match self {
            Kind::User => json!({"principal": iam(&format!("user/{path}ann"))}),
            Kind::Role => json!({"principal": iam(&format!("role/{path}analyst"))}),
            Kind::SessionOfRole => {
                json!({"principal": sts("assumed-role/analyst/s1"), "role_arn": iam(&format!("role/{path}analyst"))})
            }
            Kind::Session => json!({"principal": sts("assumed-role/analyst/s1")}),
            Kind::ServiceLinkedRole => json!({"principal": iam(&format!("role/{linked}"))}),
            Kind::ServiceLinkedSession => {
                json!({"principal": sts("assumed-role/AWSServiceRoleForBedrock/s1"),
                "role_arn": iam(&format!("role/{linked}"))})
            }
            Kind::ServiceLinkedByName => {
                json!({"principal": sts("assumed-role/AWSServiceRoleForBedrock/s1")})
            }
            Kind::FederatedUserOfUser => {
                json!({"principal": sts("federated-user/ann"), "user_arn": iam("user/ann")})
            }
            Kind::FederatedUser => json!({"principal": sts("federated-user/ann")}),
            Kind::Root => json!({"principal": iam("root")}),
            Kind::Anonymous => json!({"principal": {"type": "anonymous"}}),
            Kind::Service => json!({"principal": {"type": "service", "name": SERVICE}}),
            Kind::Federated => json!({"principal": {"type": "federated", "provider": PROVIDER}}),
        }
    }

    /// A value of aws:userid such a caller may bring; some callers' ids follow from the request.
    pub fn user_id(self) -> Option<&'static str> {
        match self {
            Kind::User => Some("AIDAEXAMPLEANN"),
            Kind::Role | Kind::SessionOfRole | Kind::Session => Some("AROAEXAMPLEANALYST:s1"),
            Kind::ServiceLinkedRole
            | Kind::ServiceLinkedSession
            | Kind::ServiceLinkedByName
            | Kind::FederatedUserOfUser
            | Kind::FederatedUser
            | Kind::Root
            | Kind::Anonymous
            | Kind::Service
            | Kind::Federated => None,
        }
    }
}

pub const SERVICE: &str = "bedrock.amazonaws.com";
pub const PROVIDER: &str = "accounts.google.com";

/// An action with a resource it is asked for; `{A}` is the account that owns the resource.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    pub action: &'static str,
    pub resource: &'static str,
    /// How often it is taken, relative to the others.
    pub weight: usize,
}

const fn scene(action: &'static str, resource: &'static str, weight: usize) -> Scene {
    Scene { action, resource, weight }
}

/// What is asked for. Ids hold colons, and one of them twelve characters between two colons.
pub const SCENES: [Scene; 27] = [
    scene("bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2:1:200k", 4),
    scene("bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/m:111122223333:x", 3),
    scene(
        "bedrock:InvokeModelWithResponseStream",
        "arn:aws:bedrock:::foundation-model/amazon.nova-lite-v1:0",
        2,
    ),
    scene(
        "bedrock:InvokeModel",
        "arn:aws:bedrock:us-east-1:{A}:inference-profile/us.amazon.nova-lite-v1:0",
        6,
    ),
    scene("bedrock:createmodelimportjob", "*", 2),
    scene("bedrock:CreateModelImportJob", "arn:aws:bedrock:us-east-1:{A}:imported-model/ann", 2),
    scene("sts:GetCallerIdentity", "*", 1),
    scene("sts:AssumeRole", "arn:aws:iam::{A}:role/team/target", 8),
    scene("STS:TagSession", "arn:aws:iam::{A}:role/ann", 3),
    scene("sts:AssumeRoleWithWebIdentity", "arn:aws:iam::{A}:role/ann", 4),
    scene("kms:Decrypt", "arn:aws:kms:us-east-1:{A}:key/ann", 8),
    scene("kms:RetireGrant", "arn:aws:kms:us-east-1:{A}:key/ann", 2),
    scene("kms:DeleteAlias", "arn:aws:kms:us-east-1:{A}:alias/aws/s3", 1),
    scene("kms:DeleteAlias", "arn:aws:kms:us-east-1:{A}:alias/ann", 1),
    scene("s3:GetObject", "arn:aws:s3:::bucket/ann/file:1", 8),
    scene("S3:PutObject", "arn:aws:s3:::bucket/*", 2),
    scene("iam:GetPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess", 1),
    scene("iam:DeletePolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess", 1),
    scene("iam:DeletePolicy", "arn:aws:iam::{A}:policy/ann", 1),
    scene("iam:UpdateRole", "arn:aws:iam::{A}:role/team/ann", 1),
    scene("iam:UpdateRole", "arn:aws:iam::{A}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_ann", 1),
    scene("iam:GetRole", "arn:aws:iam::{A}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_ann", 1),
    scene("iam:UpdateRole", "arn:aws:iam::{A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", 1),
    scene(
        "iam:UpdateRoleDescription",
        "arn:aws:iam::{A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
        1,
    ),
    scene(
        "iam:DeleteServiceLinkedRole",
        "arn:aws:iam::{A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
        1,
    ),
    scene("iam:GetRole", "arn:aws:iam::{A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", 1),
    scene("sqs:SendMessage", "arn:aws:sqs:us-east-1:{A}:ann", 3),
];

/// Operators that compare the same sort of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Text,
    Number,
    Date,
    Bool,
    Binary,
    Address,
    Arn,
}

/// Every operator but Null, with what it compares and whether it is negated.
pub const OPERATORS: [(&str, Family, bool); 26] = [
    ("StringEquals", Family::Text, false),
    ("StringNotEquals", Family::Text, true),
    ("StringEqualsIgnoreCase", Family::Text, false),
    ("StringNotEqualsIgnoreCase", Family::Text, true),
    ("StringLike", Family::Text, false),
    ("StringNotLike", Family::Text, true),
    ("NumericEquals", Family::Number, false),
    ("NumericNotEquals", Family::Number, true),
    ("NumericLessThan", Family::Number, false),
    ("NumericLessThanEquals", Family::Number, false),
    ("NumericGreaterThan", Family::Number, false),
    ("NumericGreaterThanEquals", Family::Number, false),
    ("DateEquals", Family::Date, false),
    ("DateNotEquals", Family::Date, true),
    ("DateLessThan", Family::Date, false),
    ("DateLessThanEquals", Family::Date, false),
    ("DateGreaterThan", Family::Date, false),
    ("DateGreaterThanEquals", Family::Date, false),
    ("Bool", Family::Bool, false),
    ("BinaryEquals", Family::Binary, false),
    ("IpAddress", Family::Address, false),
    ("NotIpAddress", Family::Address, true),
    ("ArnEquals", Family::Arn, false),
    ("ArnLike", Family::Arn, false),
    ("ArnNotEquals", Family::Arn, true),
    ("ArnNotLike", Family::Arn, true),
];

impl Family {
    pub const ALL: [Family; 7] = [
        Family::Text,
        Family::Number,
        Family::Date,
        Family::Bool,
        Family::Binary,
        Family::Address,
        Family::Arn,
    ];

    /// The keys whose values are of this sort; a request may carry or lack each of them.
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Family::Text => &["aws:RequestedRegion", "aws:PrincipalTag/team", "aws:TagKeys"],
            Family::Number => &["s3:max-keys", "aws:MultiFactorAuthAge"],
            Family::Date => &["aws:CurrentTime", "aws:TokenIssueTime"],
            Family::Bool => &["aws:SecureTransport", "aws:ViaAWSService"],
            Family::Binary => &["example:Digest"],
            Family::Address => &["aws:SourceIp", "aws:VpcSourceIp"],
            Family::Arn => &["aws:SourceArn", "lambda:SourceFunctionArn"],
        }
    }

    /// The values a request may carry.
    pub fn found(self) -> Vec<Value> {
        let values = match self {
            Family::Text => {
                json!([
                    "ann",
                    "Ann",
                    "bob",
                    "\u{e4}nn",
                    "\u{c4}NN",
                    "",
                    "a*",
                    "${aws:username}",
                    "111122223333",
                    "${x}"
                ])
            }
            Family::Number => json!(["5", 5, "5.0", "10", 9.5, "-1", "-1.50", "0", "five", ""]),
            Family::Date => json!([
                "2026-01-01T00:00:00Z",
                "2025-12-31T23:00:00-01:00",
                "2026-01-01T01:00+0100",
                "1767225600",
                "2026",
                "2026-01",
                "2026-01-01",
                "2026-01-01T00:00:00.5Z",
                "2024-02-29",
                "2025-12-31T23:59:59Z",
                "2026-02-30",
                "1767225601",
                "yesterday"
            ]),
            Family::Bool => json!(["true", "True", true, "false", "FALSE", false, "yes"]),
            Family::Binary => json!(["QUJD", "qujd", "QUJE"]),
            Family::Address => json!([
                "10.0.0.1",
                "10.0.0.2",
                "192.168.1.7",
                "2001:db8::1",
                "2001:DB8:0::1",
                "::ffff:10.0.0.1",
                "10.0.0.300",
                "ann"
            ]),
            Family::Arn => json!([
                "arn:aws:s3:::bucket/ann",
                "arn:aws:s3:::Bucket/ann",
                "arn:aws:sns:us-east-1:111122223333:a:b",
                "arn:aws:iam::111122223333:role/analyst",
                "arn:aws:iam::111122223333:user/ann",
                "arn:aws:s3",
                "ann"
            ]),
        };
        values.as_array().cloned().unwrap_or_default()
    }

    /// The values a policy may write.
    pub fn written(self) -> Vec<Value> {
        let values = match self {
            Family::Text => json!([
                "ann",
                "ANN",
                "Ann",
                "a*",
                "*",
                "?nn",
                "\u{e4}nn",
                "\u{c4}nn",
                "",
                "bob",
                "b?b*",
                "a?",
                "${aws:username}",
                "${AWS:UserName}",
                "${aws:username, 'bob'}",
                "${aws:PrincipalTag/none}",
                "${aws:PrincipalTag/none, 'ann'}",
                "a${*}",
                "${?}nn",
                "${$}{aws:username}",
                "${aws:CalledVia}",
                "${aws:CalledVia, 'ann'}",
                "${aws:PrincipalAccount}",
                "${aws:username",
                "${}",
                "*${aws:username}*",
                "${aws:PrincipalTag/home}"
            ]),
            Family::Number => json!(["5", 5, "05.00", "10", "9.5", 9.5, "-1", "-1.5", "0", "-0.0", "five"]),
            Family::Date => json!([
                "2026-01-01T00:00:00Z",
                "2026-01-01T00:00Z",
                "2026-01-01T00:00:00",
                "1767225600",
                "2026",
                "2026-01-01",
                "2025-12-31T23:00-01:00",
                "2024-03",
                "2024-02-29T12:00:00Z",
                "2026-01-01T00:00:00.50Z",
                "2026-13",
                "tomorrow"
            ]),
            Family::Bool => {
                json!([
                    "true",
                    "TRUE",
                    true,
                    "false",
                    "False",
                    false,
                    "yes",
                    "${aws:PrincipalTag/flag}",
                    "${aws:ViaAWSService}"
                ])
            }
            Family::Binary => json!(["QUJD", "qujd", "QUJE"]),
            Family::Address => json!([
                "10.0.0.0/8",
                "10.0.0.1",
                "10.0.0.1/32",
                "10.0.0.0/31",
                "192.168.1.0/24",
                "192.168.1.9/25",
                "0.0.0.0/0",
                "2001:db8::/32",
                "2001:DB8::1",
                "::/0",
                "::ffff:0:0/96",
                "10.0.0.0/33",
                "ann"
            ]),
            Family::Arn => json!([
                "arn:aws:s3:::bucket/ann",
                "arn:aws:s3:::bucket/*",
                "arn:aws:s3:::b*",
                "arn:*:*:*:*:*",
                "arn:aws:s3:*",
                "*",
                "arn:aws:sns:*:111122223333:a:?",
                "arn:aws:sns:us-east-?:*:*b",
                "arn:aws:iam::111122223333:role/*",
                "arn:aws:s3",
                "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}",
                "${aws:PrincipalArn}",
                "arn:aws:s3:::bucket/${aws:PrincipalTag/none}",
                "arn:aws:s3:::bucket/${aws:username, 'ann'}",
                "arn:aws:s3:::bucket/${aws:CalledVia}",
                "arn:aws:s3:::bucket/${aws:PrincipalTag/home}",
                "arn:aws:s3:::bucket/ann?"
            ]),
        };
        values.as_array().cloned().unwrap_or_default()
    }
}

/// The values a request may carry under a key, for keys that policies of this world mention.
pub fn values_of(key: &str) -> Vec<Value> {
    for family in Family::ALL {
        if family.keys().iter().any(|known| known.eq_ignore_ascii_case(key)) {
            return family.found();
        }
    }
    let values = match key.to_lowercase().as_str() {
        "aws:userid" => json!(["AIDAEXAMPLEANN", "AROAEXAMPLEANALYST:s1", "other"]),
        "aws:principaltag/flag" => json!(["true", "false"]),
        "aws:principaltag/home" => json!(["ann", "a*"]),
        _ => json!(["ann", "bob"]),
    };
    values.as_array().cloned().unwrap_or_default()
}

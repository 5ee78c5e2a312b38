//! A made-up organisation of any size, written as a snapshot: the same seed gives the same bytes.
//!
//! Its accounts hang three levels below the root. SCPs stand at the root, at the units and at some accounts, with
//! exemptions by `aws:PrincipalArn` and a deny of Regions. Most roles have no rights to any model ([`roles`]). The shape is
//! that of `docs/snapshot.md`; only one Region is asked, of which the inventories are empty.

mod roles;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// The management account, which is one of the accounts.
pub const MANAGEMENT: usize = 0;
const ORGANIZATION: &str = "o-generated1";
const AT: &str = "2026-11-16T07:30:00Z";
const SINCE: &str = "2026-03-02T09:00:00+00:00";
const REGION: &str = "us-east-1";

/// Units below the root, and units below each of these.
const UNITS: usize = 5;
const UNITS_BELOW: usize = 4;

/// Calls whose answers hold an empty list of this name.
const EMPTY: [(&str, &str); 12] = [
    ("bedrock-agent.ListAgents", "agentSummaries"),
    ("bedrock-agent.ListFlows", "flowSummaries"),
    ("bedrock-agent.ListKnowledgeBases", "knowledgeBaseSummaries"),
    ("bedrock-agentcore-control.ListAgentRuntimes", "agentRuntimes"),
    ("bedrock-agentcore-control.ListGateways", "items"),
    ("bedrock-agentcore-control.ListHarnesses", "harnesses"),
    ("bedrock.ListCustomModelDeployments", "modelDeploymentSummaries"),
    ("bedrock.ListCustomModels", "modelSummaries"),
    ("bedrock.ListGuardrails", "guardrails"),
    ("bedrock.ListImportedModels", "modelSummaries"),
    ("bedrock.ListProvisionedModelThroughputs", "provisionedModelSummaries"),
    ("sagemaker.ListEndpoints", "Endpoints"),
];

/// How large the organisation is.
#[derive(Clone, Copy)]
pub struct Size {
    pub accounts: usize,
    /// In each account.
    pub roles: usize,
}

/// What was written.
pub struct Written {
    pub bytes: u64,
    pub files: usize,
}

/// Writes the organisation into an empty folder, made for it.
pub fn write(folder: &Path, size: Size) -> Result<Written, String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let mut written = Written { bytes: 0, files: 0 };
    for account in 0..size.accounts {
        let mut files = Files {
            folder: folder.join("accounts").join(id(account)),
            calls: Vec::new(),
            written: &mut written,
        };
        let details = roles::details(account, size);
        files.write("global", "iam.GetAccountAuthorizationDetails", None, &details)?;
        files.write("global", "organizations.DescribeOrganization", None, &organization())?;
        for (call, list) in EMPTY {
            files.write(REGION, call, None, &json!({ list: [] }))?;
        }
        for kind in ["APPLICATION", "SYSTEM_DEFINED"] {
            let none = json!({ "inferenceProfileSummaries": [] });
            files.write(REGION, "bedrock.ListInferenceProfiles", Some(kind), &none)?;
        }
        if account == MANAGEMENT {
            tree(&mut files, size)?;
        }
        let manifest = json!({
            "snapshot": 1, "account": id(account), "made_by": "cargo xtask bench", "calls": files.calls,
        });
        files.file("manifest.json", &manifest)?;
    }
    Ok(written)
}

/// The number of an account as AWS writes it.
pub fn id(account: usize) -> String {
    // Apart from each other, so that no two look alike.
    format!("{:012}", 100_000_000_003_u64 + account as u64 * 789_000_017)
}

/// The files of one account, and what its manifest says of them.
struct Files<'a> {
    folder: std::path::PathBuf,
    calls: Vec<Value>,
    written: &'a mut Written,
}

impl Files<'_> {
    fn write(&mut self, region: &str, call: &str, item: Option<&str>, answer: &Value) -> Result<(), String> {
        let mut entry = json!({ "region": region, "call": call, "status": "ok", "at": AT });
        let path = match item {
            Some(item) => {
                entry["items"] = json!([item]);
                format!("{region}/{call}/{item}.json")
            }
            None => format!("{region}/{call}.json"),
        };
        self.calls.push(entry);
        self.file(&path, answer)
    }

    fn file(&mut self, path: &str, value: &Value) -> Result<(), String> {
        let path = self.folder.join(path);
        let text = value.to_string();
        let complain = |error: std::io::Error| format!("{}: {error}", path.display());
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(complain)?;
        fs::write(&path, &text).map_err(complain)?;
        self.written.bytes += text.len() as u64;
        self.written.files += 1;
        Ok(())
    }
}

fn organization() -> Value {
    let management = id(MANAGEMENT);
    json!({ "Organization": {
        "Id": ORGANIZATION, "FeatureSet": "ALL", "MasterAccountId": management,
        "Arn": format!("arn:aws:organizations::{management}:organization/{ORGANIZATION}"),
        "MasterAccountArn": format!("arn:aws:organizations::{management}:account/{ORGANIZATION}/{management}"),
        "MasterAccountEmail": "aws@generated.example", "AvailablePolicyTypes": [],
    }})
}

fn unit(number: usize) -> String {
    format!("ou-gene-{number:08}")
}

/// Never the id of a unit below the root, which would be no tree.
fn unit_below(unit: usize, number: usize) -> String {
    format!("ou-gene-{:04}{number:04}", unit + 1)
}

/// The organisation as its management account tells it.
fn tree(files: &mut Files<'_>, size: Size) -> Result<(), String> {
    let mut write =
        |call: &str, item: Option<&str>, answer: Value| files.write("global", call, item, &answer);
    let management = id(MANAGEMENT);
    let types = ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"];
    let enabled = types.map(|kind| json!({ "Type": kind, "Status": "ENABLED" }));
    write(
        "organizations.ListRoots",
        None,
        json!({ "Roots": [{
            "Id": "r-gene", "Name": "Root", "PolicyTypes": enabled,
            "Arn": format!("arn:aws:organizations::{management}:root/{ORGANIZATION}/r-gene"),
        }]}),
    )?;
    let account = |number: usize| {
        json!({
            "Id": id(number), "Name": format!("account-{number}"), "State": "ACTIVE", "Status": "ACTIVE",
            "Arn": format!("arn:aws:organizations::{management}:account/{ORGANIZATION}/{}", id(number)),
            "Email": format!("account-{number}@generated.example"), "JoinedMethod": "CREATED", "JoinedTimestamp": SINCE,
        })
    };
    let all: Vec<Value> = (0..size.accounts).map(account).collect();
    write("organizations.ListAccounts", None, json!({ "Accounts": all }))?;
    let units_of = |ids: Vec<String>| {
        let one = |id: &String| {
            let arn = format!("arn:aws:organizations::{management}:ou/{ORGANIZATION}/{id}");
            json!({ "Id": id, "Arn": arn, "Name": format!("unit {id}") })
        };
        json!({ "OrganizationalUnits": ids.iter().map(one).collect::<Vec<_>>() })
    };
    const UNITS_OF: &str = "organizations.ListOrganizationalUnitsForParent";
    const ACCOUNTS_OF: &str = "organizations.ListAccountsForParent";
    write(UNITS_OF, Some("r-gene"), units_of((0..UNITS).map(unit).collect()))?;
    write(ACCOUNTS_OF, Some("r-gene"), json!({ "Accounts": [account(MANAGEMENT)] }))?;
    for above in 0..UNITS {
        let below: Vec<String> = (0..UNITS_BELOW).map(|below| unit_below(above, below)).collect();
        write(UNITS_OF, Some(&unit(above)), units_of(below))?;
        write(ACCOUNTS_OF, Some(&unit(above)), json!({ "Accounts": [] }))?;
        for below in 0..UNITS_BELOW {
            let place = above * UNITS_BELOW + below;
            let within = (1..size.accounts).filter(|number| number % (UNITS * UNITS_BELOW) == place);
            let within: Vec<Value> = within.map(account).collect();
            write(UNITS_OF, Some(&unit_below(above, below)), units_of(Vec::new()))?;
            write(ACCOUNTS_OF, Some(&unit_below(above, below)), json!({ "Accounts": within }))?;
        }
    }
    policies(&mut write, size)
}

/// An SCP: its name, its statement, and the ids of the nodes it is attached to.
type Scp = (&'static str, Value, Vec<String>);

fn scps(size: Size) -> Vec<Scp> {
    let units: Vec<String> = (0..UNITS).map(unit).collect();
    let below = |number: usize| (0..UNITS).map(move |above| unit_below(above, number));
    let accounts = (1..size.accounts).map(id);
    let every_node = std::iter::once("r-gene".to_owned())
        .chain(units.iter().cloned())
        .chain((0..UNITS_BELOW).flat_map(below))
        .chain((0..size.accounts).map(id));
    let except = |role: &str| json!({ "ArnNotLike": { "aws:PrincipalArn": [role] } });
    let deny = |sid: &str, actions: &[&str], resource: Value, condition: Value| {
        let mut statement = json!({ "Sid": sid, "Effect": "Deny", "Action": actions, "Resource": resource });
        if !condition.is_null() {
            statement["Condition"] = condition;
        }
        statement
    };
    vec![
        (
            "p-FullAWSAccess",
            json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }),
            every_node.collect(),
        ),
        (
            "p-guards",
            deny(
                "GuardTheGuards",
                &[
                    "bedrock:*Guardrail*",
                    "bedrock:*ModelInvocationLogging*",
                    "cloudtrail:StopLogging",
                    "iam:CreateServiceSpecificCredential",
                ],
                json!("*"),
                except("arn:aws:iam::*:role/platform/guardian"),
            ),
            vec!["r-gene".to_owned()],
        ),
        (
            "p-imports",
            deny(
                "Imports",
                &[
                    "bedrock:CreateModelImportJob",
                    "bedrock:CreateCustomModel*",
                    "bedrock:CreateProvisionedModelThroughput",
                ],
                json!("*"),
                except("arn:aws:iam::*:role/platform/importer"),
            ),
            vec!["r-gene".to_owned()],
        ),
        (
            "p-regions",
            json!({
                "Sid": "Regions", "Effect": "Deny",
                "NotAction": ["iam:*", "organizations:*", "route53:*", "cloudfront:*", "support:*", "sts:*"],
                "Resource": "*",
                "Condition": {
                    "StringNotEquals": { "aws:RequestedRegion": ["us-east-1", "us-east-2", "us-west-2", "eu-central-1"] },
                    "ArnNotLike": { "aws:PrincipalArn": ["arn:aws:iam::*:role/platform/*"] },
                },
            }),
            units[..UNITS - 1].to_vec(),
        ),
        (
            "p-models",
            json!({
                "Sid": "ApprovedModels", "Effect": "Deny",
                "Action": ["bedrock:InvokeModel*", "bedrock:CreateModelInvocationJob"],
                "NotResource": [
                    "arn:aws:bedrock:*::foundation-model/anthropic.*", "arn:aws:bedrock:*::foundation-model/amazon.nova-*",
                    "arn:aws:bedrock:*:????????????:*",
                ],
            }),
            below(0).chain(below(1)).collect(),
        ),
        (
            "p-mantle",
            deny("NoMantle", &["bedrock-mantle:*", "aws-external-anthropic:*"], json!("*"), Value::Null),
            below(1).chain(below(2)).collect(),
        ),
        (
            "p-sagemaker",
            deny(
                "NoHub",
                &["sagemaker:CreateModel", "sagemaker:CreateEndpoint*", "sagemaker:CreateHub*"],
                json!("*"),
                except("arn:aws:iam::*:role/app-1*"),
            ),
            accounts.step_by(9).collect(),
        ),
    ]
}

fn policies(
    write: &mut impl FnMut(&str, Option<&str>, Value) -> Result<(), String>,
    size: Size,
) -> Result<(), String> {
    let management = id(MANAGEMENT);
    let summary = |name: &str, kind: &str| {
        let aws = name.ends_with("FullAWSAccess");
        let owner = if aws { "aws".to_owned() } else { format!("{management}:policy/{ORGANIZATION}") };
        let arn = match aws {
            true => format!("arn:aws:organizations::{owner}:policy/{}/{name}", kind.to_lowercase()),
            false => format!("arn:aws:organizations::{owner}/{}/{name}", kind.to_lowercase()),
        };
        json!({ "Id": name, "Arn": arn, "Name": &name[2..], "Type": kind, "AwsManaged": aws })
    };
    let scps = scps(size);
    const SCP: &str = "SERVICE_CONTROL_POLICY";
    const RCP: &str = "RESOURCE_CONTROL_POLICY";
    let listed: Vec<Value> = scps.iter().map(|(name, ..)| summary(name, SCP)).collect();
    write("organizations.ListPolicies", Some(SCP), json!({ "Policies": listed }))?;
    let listed = [summary("p-RCPFullAWSAccess", RCP)];
    write("organizations.ListPolicies", Some(RCP), json!({ "Policies": listed }))?;
    let every_node = scps[0].2.clone();
    let open = json!({ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" });
    let with_kind = scps.into_iter().map(|(name, statement, targets)| (name, SCP, statement, targets));
    for (name, kind, statement, targets) in with_kind.chain([("p-RCPFullAWSAccess", RCP, open, every_node)]) {
        let content = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
        let policy = json!({ "Policy": { "PolicySummary": summary(name, kind), "Content": content } });
        write("organizations.DescribePolicy", Some(name), policy)?;
        let target = |id: &String| {
            let kind = match id.split_once('-').map(|(start, _)| start) {
                Some("r") => "ROOT",
                Some(_) => "ORGANIZATIONAL_UNIT",
                None => "ACCOUNT",
            };
            json!({ "TargetId": id, "Arn": format!("arn:aws:organizations::{management}:node/{id}"), "Name": id, "Type": kind })
        };
        let targets: Vec<Value> = targets.iter().map(target).collect();
        write("organizations.ListTargetsForPolicy", Some(name), json!({ "Targets": targets }))?;
    }
    Ok(())
}

//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// What would AWS answer about access to an AI model, and why
#[derive(Debug, Parser)]
#[command(name = "postern", version, arg_required_else_help = true, max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    Demo(DemoArguments),
    /// May this identity do this: yes, no, or what is missing to say
    Can(AskArguments),
    /// Why: the chain from the call to the statement that decides, and what alone would turn it
    Why(AskArguments),
    Who(WhoArguments),
    Eval(EvalArguments),
    Oracle(OracleArguments),
    Completions(CompletionsArguments),
}

/// A short story on made-up policies: an allow-list against every form in which a client can ask for a model
#[derive(Debug, Args)]
pub struct DemoArguments {
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Whether text or JSON is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

const ASK_EXAMPLES: &str = "\
Examples:
  May this role call a model through a geographic profile, under this SCP?
    postern why --principal arn:aws:iam::111122223333:role/app \\
      --model us.anthropic.claude-opus-5-5 --region us-east-1 \\
      --identity app.json --scp FullAWSAccess,approved-models.json

  One authorisation, with what the request carries:
    postern can --principal arn:aws:iam::111122223333:user/ann \\
      --action s3:GetObject --resource arn:aws:s3:::bucket/key \\
      --identity ann.json --context aws:MultiFactorAuthPresent=true

  Everything about a role from a dump of its account:
    aws iam get-account-authorization-details > account.json
    postern why --dump account.json --principal arn:aws:iam::111122223333:role/app \\
      --model amazon.nova-pro-v1:0 --region us-east-1

  All of it in one file:
    postern why --stack stack.yaml --model amazon.nova-pro-v1:0 --region eu-west-1

Exit codes: 0 allowed, 1 denied, 2 bad input, 4 needs context or unknown.";

/// What `can` and `why` are asked
#[derive(Debug, Args)]
#[command(after_help = ASK_EXAMPLES)]
pub struct AskArguments {
    /// Who asks: ARN of a user, role, session or root user
    #[arg(long, value_name = "ARN")]
    pub principal: Option<String>,

    /// Model as a client names it: id, profile, or the ARN of anything that runs a model
    #[arg(long, value_name = "ID", conflicts_with_all = ["action", "resource"])]
    pub model: Option<String>,
    /// API through which the model is called
    #[arg(long, value_name = "API", default_value = "Converse", requires = "model")]
    pub via: String,
    /// Region in which the call is made
    #[arg(long, value_name = "REGION", requires = "model")]
    pub region: Option<String>,
    /// Guardrail of the call, as its ARN, with the version after a colon
    #[arg(long, value_name = "ARN", requires = "model")]
    pub guardrail: Option<String>,

    /// What an application profile or a router stands for: a model or profile; repeat for more
    #[arg(long, value_name = "ID", requires = "model")]
    pub behind: Vec<String>,

    /// One action instead of a model
    #[arg(long, value_name = "ACTION", requires = "resource")]
    pub action: Option<String>,
    /// Resource of the action; `*` where it takes none
    #[arg(long, value_name = "ARN", requires = "action")]
    pub resource: Option<String>,

    /// Stack file (YAML) with principal and layers
    #[arg(long, value_name = "FILE")]
    pub stack: Option<PathBuf>,
    /// Data set from which all that applies is taken: a snapshot, a store of iam-collect, or an account's details
    #[arg(long, value_name = "PATH", conflicts_with = "dump")]
    pub snapshot: Option<String>,
    /// Dump of the account, from `aws iam get-account-authorization-details`: the principal's own policies only
    #[arg(long, value_name = "FILE")]
    pub dump: Option<String>,
    /// Identity-based policy: a file, or the ARN of an AWS managed policy; repeat for more
    #[arg(long, value_name = "POLICY")]
    pub identity: Vec<String>,
    /// Permissions boundary
    #[arg(long, value_name = "POLICY")]
    pub boundary: Vec<String>,
    /// Session policy
    #[arg(long, value_name = "POLICY")]
    pub session: Vec<String>,
    /// SCPs of one node, as [TARGET=]FILE,FILE…; `FullAWSAccess` is AWS's own; repeat from the root down
    #[arg(long, value_name = "POLICIES")]
    pub scp: Vec<String>,
    /// RCPs of one node, as [TARGET=]FILE,FILE…; full access is implied; repeat from the root down
    #[arg(long, value_name = "POLICIES")]
    pub rcp: Vec<String>,
    /// Policy of the resource
    #[arg(long, value_name = "FILE", conflicts_with = "trust")]
    pub resource_policy: Option<String>,
    /// Trust policy of the role that is assumed
    #[arg(long, value_name = "FILE")]
    pub trust: Option<String>,
    /// Policy of the VPC endpoint the call comes through
    #[arg(long, value_name = "FILE")]
    pub vpc_endpoint: Vec<String>,
    /// The principal's account is the organisation's management account
    #[arg(long)]
    pub management_account: bool,
    /// Account that owns the resource, where its ARN does not say
    #[arg(long, value_name = "ACCOUNT")]
    pub resource_account: Option<String>,

    /// Condition key of the request, as KEY=VALUE[,VALUE…]; KEY= says that it is absent; repeat for more
    #[arg(long, value_name = "KEY=VALUE")]
    pub context: Vec<String>,
    /// Keys that are not given are absent, rather than open
    #[arg(long)]
    pub complete: bool,

    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

const WHO_EXAMPLES: &str = "\
Examples:
  postern who --snapshot examples/acme --action s3:GetObject --resource 'arn:aws:s3:::acme-model-weights/*'
  postern who --snapshot examples/acme --action 'kms:*' --resource arn:aws:kms:us-east-1:333333333333:key/KEY
  postern who --snapshot examples/acme --action iam:CreateServiceSpecificCredential --format csv

Exit codes: 0 answered, 2 bad input.";

/// Who may do this: every user and role of a data set, and whom the resource's own policy lets in
#[derive(Debug, Args)]
#[command(after_help = WHO_EXAMPLES)]
pub struct WhoArguments {
    /// Data set: a snapshot, a store of iam-collect, or an account's details
    #[arg(long, value_name = "PATH")]
    pub snapshot: PathBuf,
    /// Action; `*` and `?` stand for all that take the resource; repeat for more
    #[arg(long, value_name = "ACTION", required = true)]
    pub action: Vec<String>,
    /// Resource: an ARN, or a pattern of ARNs; without it every known resource that the actions take
    #[arg(long, value_name = "ARN")]
    pub resource: Option<String>,
    /// Account that holds the resource, where its ARN does not say; without a resource, the account that is meant
    #[arg(long, value_name = "ACCOUNT")]
    pub resource_account: Option<String>,
    /// Condition key of every request, as KEY=VALUE[,VALUE…]; KEY= says that it is absent; repeat for more
    #[arg(long, value_name = "KEY=VALUE")]
    pub context: Vec<String>,
    #[arg(long, value_enum, default_value_t = WhoFormat::Text)]
    pub format: WhoFormat,
}

/// How the answers to `who` are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WhoFormat {
    Text,
    Json,
    Csv,
}

const EVAL_EXAMPLES: &str = "\
One case a line:
  {\"id\":\"c1\",\"request\":{\"principal\":\"arn:aws:iam::111122223333:role/app\",\"action\":\"bedrock:InvokeModel\",
   \"resource\":\"arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0\",\"context\":{}},
   \"layers\":{\"identity\":[{\"Version\":\"2012-10-17\",\"Statement\":[…]}],\"scp\":[{\"target\":\"r-ab12\",\"policies\":[…]}]}}
One answer a line:
  {\"id\":\"c1\",\"decision\":\"explicit_deny\",\"denied_by\":[\"scp\"],\"determining\":[…],…}

Examples:
  postern eval cases.jsonl
  postern eval - < cases.jsonl | jq -r .decision | sort | uniq -c";

/// Answer cases in JSON Lines, one answer a line, in constant memory
#[derive(Debug, Args)]
#[command(after_help = EVAL_EXAMPLES)]
pub struct EvalArguments {
    /// File of cases, one a line; `-` is standard input
    #[arg(default_value = "-")]
    pub file: PathBuf,
}

const ORACLE_EXAMPLES: &str = "\
Examples:
  postern oracle script cases.jsonl > ask-aws.sh     # read it, then run it with your own credentials
  sh ask-aws.sh > answers.jsonl
  postern oracle compare cases.jsonl answers.jsonl

The script only calls `aws iam simulate-custom-policy`, which changes nothing. It cannot ask about resource control
policies, VPC endpoint policies or session policies; such cases are left out and named.";

/// Ask AWS's own simulator the same cases, and compare
#[derive(Debug, Args)]
#[command(after_help = ORACLE_EXAMPLES)]
pub struct OracleArguments {
    #[command(subcommand)]
    pub step: OracleStep,
}

#[derive(Debug, Subcommand)]
pub enum OracleStep {
    /// Write a shell script of AWS CLI calls for these cases
    Script {
        /// File of cases, as `eval` reads them
        cases: PathBuf,
    },
    /// Compare what the script printed with our own answers
    Compare {
        /// The cases the script was written for
        cases: PathBuf,
        /// What the script printed
        answers: PathBuf,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

/// Print shell completions
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    #[arg(value_enum)]
    pub shell: Shell,
}

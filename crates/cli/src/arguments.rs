//! The command line.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use postern::check::document::Kind;

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
    Doors(DoorsArguments),
    /// May this identity do this: yes, no, or what is missing to say
    Can(AskArguments),
    /// Why: the chain from the call to the statement that decides, and what alone would turn it
    Why(AskArguments),
    Plan(PlanArguments),
    Prove(ProveArguments),
    Diff(DiffArguments),
    Init(InitArguments),
    Fmt(LayoutArguments),
    Check(CheckArguments),
    Who(WhoArguments),
    Snapshot(SnapshotArguments),
    Eval(EvalArguments),
    Compare(CompareArguments),
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

const PLAN_EXAMPLES: &str = "\
Examples:
  postern plan --charter examples/acme-charter.yaml --snapshot examples/acme
  postern plan --charter charter.yaml --snapshot snapshot --prove          # promises over every possible request
  postern plan --charter charter.yaml --snapshot snapshot --out fence      # documents and apply.sh
  postern plan --charter charter.yaml --snapshot snapshot --format markdown
  postern plan --charter charter.yaml --snapshot snapshot --format terraform > fence.tf.json

Exit codes: 0 all promises hold, 1 one is broken, 2 the charter or snapshot cannot be used, 4 one is not known.";

/// The service control policies that hold a charter: what to create and attach, and what changes for whom
#[derive(Debug, Args)]
#[command(after_help = PLAN_EXAMPLES)]
pub struct PlanArguments {
    /// The charter, a YAML file
    #[arg(long, value_name = "FILE")]
    pub charter: PathBuf,
    /// Snapshot of the organisation
    #[arg(long, value_name = "FOLDER")]
    pub snapshot: PathBuf,
    /// The day for which ends and reviews are judged, today if none is given
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<String>,
    /// Prove the promises over every possible request, beside checking them
    #[arg(long)]
    pub prove: bool,
    /// Write the documents and the script that attaches them into this folder
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Save the plan with the hashes of what it was made from
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub format: PlanFormat,
}

const PROVE_EXAMPLES: &str = "\
Examples:
  postern prove --snapshot examples/acme --set approved-models='arn:aws:bedrock:*::foundation-model/amazon.nova-*'
  postern prove --snapshot examples/acme --charter examples/acme-charter.yaml      # lists taken from the charter
  postern prove --snapshot examples/acme --only guardrail-tamper,logging-tamper
  postern prove --scp fence.json --only approved-models --set approved-models=…     # policies from files
  postern prove --snapshot examples/acme --property my-property.yaml
  postern prove --list

A property of your own:
  id: no-long-term-keys
  title: No long-term keys
  who: [user/*]                     # default everybody; or outsiders, or service:NAME
  at: [/workloads]                  # accounts and places; default all
  may never: [iam:CreateServiceSpecificCredential]      # or `may:`, for what somebody must be able to do
  what: [arn:aws:iam::*:user/*]     # resources; default all
  where: { StringEquals: { iam:ServiceSpecificCredentialServiceName: bedrock.amazonaws.com } }
  unless: [{ who: [role/break-glass] }]

Exit codes: 0 all hold, 1 one is refuted, 2 the input cannot be used, 4 one is not known.";

/// Properties over every possible request, each proved, or refuted with a request and the command that makes it
#[derive(Debug, Args)]
#[command(after_help = PROVE_EXAMPLES)]
pub struct ProveArguments {
    /// Snapshot of the organisation
    #[arg(long, value_name = "FOLDER", required_unless_present_any = ["scp", "identity", "list"])]
    pub snapshot: Option<PathBuf>,
    /// Service control policies from files, beside FullAWSAccess, instead of a snapshot
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "snapshot")]
    pub scp: Vec<PathBuf>,
    /// Identity-based policies from files, instead of a snapshot
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "snapshot")]
    pub identity: Vec<PathBuf>,
    /// A property from a file, beside or with --only instead of those that are built in
    #[arg(long, value_name = "FILE")]
    pub property: Vec<PathBuf>,
    /// Only these properties, by id
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub only: Vec<String>,
    /// A list that properties ask for: NAME=VALUE,VALUE
    #[arg(long, value_name = "NAME=VALUES")]
    pub set: Vec<String>,
    /// Take the lists that a charter has from it
    #[arg(long, value_name = "FILE")]
    pub charter: Option<PathBuf>,
    /// Look at every account, also after enough was found in others
    #[arg(long)]
    pub all: bool,
    /// Show the properties and the lists they ask for
    #[arg(long)]
    pub list: bool,
    #[arg(long, value_enum, default_value_t = ProveFormat::Text)]
    pub format: ProveFormat,
}

const DIFF_EXAMPLES: &str = "\
Examples:
  postern diff snapshot-monday snapshot-tuesday
  postern diff before.json after.json --fail-on widened             # service control policies, beside FullAWSAccess
  postern diff main/policies branch/policies --policies identity    # all JSON files of two folders
  postern diff main/charter.yaml branch/charter.yaml --snapshot snapshot --fail-on widened      # what charters want

Exit codes: 0 fine, 1 what --fail-on names was found, 2 the input cannot be used, 4 something is not known.";

/// What became possible and what no longer is, from one snapshot, set of policies or charter to another
#[derive(Debug, Args)]
#[command(after_help = DIFF_EXAMPLES)]
pub struct DiffArguments {
    /// Snapshot, policy, folder of policies, or charter
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// The same, later
    #[arg(value_name = "AFTER")]
    pub after: PathBuf,
    /// Read both as policies of this kind
    #[arg(long, value_enum)]
    pub policies: Option<Policies>,
    /// Read both as charters, for the organisation of this snapshot
    #[arg(long, value_name = "FOLDER", conflicts_with = "policies")]
    pub snapshot: Option<PathBuf>,
    /// End with 1 where something was found: for pull requests
    #[arg(long, value_enum)]
    pub fail_on: Option<FailOn>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// What policies are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Policies {
    Scp,
    Identity,
}

/// What makes a difference a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Something became possible.
    Widened,
    /// Something is no longer possible.
    Narrowed,
    Any,
}

/// How proofs are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProveFormat {
    Text,
    Json,
    Sarif,
}

const INIT_EXAMPLES: &str = "\
Examples:
  postern init examples/acme > charter.yaml
  postern plan --charter charter.yaml --snapshot examples/acme

Read the charter and take out what nobody should have.";

/// A first charter from a snapshot: what is open now, so that planned as it is it takes nothing from anybody
#[derive(Debug, Args)]
#[command(after_help = INIT_EXAMPLES)]
pub struct InitArguments {
    /// Snapshot of the organisation
    #[arg(value_name = "SNAPSHOT")]
    pub snapshot: PathBuf,
}

const LAYOUT_EXAMPLES: &str = "\
Examples:
  postern fmt charter.yaml
  postern fmt --check charters/*.yaml
  postern fmt - < charter.yaml

Exit codes: 0 fine, 1 with --check where a charter would change, 2 one cannot be read and none is changed.";

/// Lays charters out as all are: the same values, comments and order, other white space
#[derive(Debug, Args)]
#[command(after_help = LAYOUT_EXAMPLES)]
pub struct LayoutArguments {
    /// Charters; `-` reads from standard input and writes to standard output
    #[arg(value_name = "CHARTER", required = true)]
    pub charters: Vec<PathBuf>,

    /// Change nothing, and tell which would change
    #[arg(long)]
    pub check: bool,
}

/// How a plan is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    Text,
    Json,
    /// A comment for a pull request
    Markdown,
    /// Terraform in its JSON syntax
    Terraform,
    /// A CloudFormation template
    Cloudformation,
    /// Calls of the AWS CLI
    Script,
}

const DOORS_EXAMPLES: &str = "\
Examples:
  postern doors examples/acme
  postern doors examples/acme --door bearer-keys
  postern doors examples/acme --model anthropic.claude-opus-5-5
  postern doors examples/acme --models
  postern doors account.json                # of aws iam get-account-authorization-details
  postern doors snapshot --format csv

How to make a snapshot: docs/snapshot.md.";

/// Every door to a model × every account: open, list-only, closed, unknown; with --door, to whom and by what
#[derive(Debug, Args)]
#[command(after_help = DOORS_EXAMPLES)]
pub struct DoorsArguments {
    /// Snapshot folder, output of `aws iam get-account-authorization-details`, or store of iam-collect
    pub snapshot: PathBuf,
    /// One door: everybody to whom it is not closed, by which statement or path
    #[arg(long, value_name = "ID")]
    pub door: Option<String>,
    /// One model: everybody who may run it, in whatever form, by which statement or path
    #[arg(long, value_name = "ID", conflicts_with = "door")]
    pub model: Option<String>,
    /// Every model of the catalogue: how many of each account may run it themselves
    #[arg(long, conflicts_with_all = ["door", "model", "account"])]
    pub models: bool,
    /// Only this account; with --door or --model
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    #[arg(long, value_enum, default_value_t = Table::Text)]
    pub format: Table,
}

/// How rows are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Table {
    Text,
    Json,
    Csv,
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

const CHECK_EXAMPLES: &str = "\
Reads policies in JSON or YAML, statements, what the AWS CLI prints, account dumps, plans of Terraform
(`terraform show -json`) and templates of CloudFormation. Folders are walked down.

Examples:
  postern check policies/
  aws organizations describe-policy --policy-id p-0123456789 | postern check -
  terraform show -json plan.out > plan.json && postern check plan.json
  postern check --format sarif policies/ > postern.sarif

Exit codes: 0 nothing found, 1 findings, 2 bad input.";

/// What is wrong with policies: names that do not exist, lists that break or leave something open, quotas
#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct CheckArguments {
    /// Files and folders; `-` is standard input
    #[arg(required_unless_present = "list_rules", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t = Report::Text)]
    pub format: Report,
    /// Of which kind every policy is; otherwise the file or its shape says so
    #[arg(long = "type", value_name = "TYPE", value_parser = PossibleValuesParser::new(kinds()))]
    pub kind: Option<String>,
    /// Only this rule, by its id or its code of IAM Access Analyzer; repeat for more
    #[arg(long, value_name = "ID")]
    pub rule: Vec<String>,
    /// For whom findings are told: an auditor also wants to know what may be as it is meant, a pedant what could be said better
    #[arg(long = "for", value_enum, default_value_t = Reader::Author)]
    pub reader: Reader,
    /// How sure findings are at least
    #[arg(long, value_enum, default_value_t = Sureness::Low)]
    pub confidence: Sureness,
    /// Day on which it is checked, as models end on days; today if not given
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<String>,
    /// List the rules and end
    #[arg(long)]
    pub list_rules: bool,
}

/// The forms in which findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Report {
    Text,
    Json,
    Sarif,
    Csv,
}

/// For whom findings are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Reader {
    Author,
    Auditor,
    Pedant,
}

/// How sure findings are at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sureness {
    Low,
    Medium,
    High,
}

fn kinds() -> Vec<&'static str> {
    Kind::ALL.iter().map(|(name, _)| *name).collect()
}

const WHO_EXAMPLES: &str = "\
Examples:
  postern who --snapshot examples/acme --model anthropic.claude-opus-5-5
  postern who --snapshot examples/acme --door claude-platform
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
    #[arg(long, value_name = "ACTION", required_unless_present_any = ["model", "door"], conflicts_with_all = ["model", "door"])]
    pub action: Vec<String>,
    /// A model instead: who may run it in whatever form, themselves or by acting with the rights of others
    #[arg(long, value_name = "ID", conflicts_with = "door")]
    pub model: Option<String>,
    /// A door instead: who gets through it, themselves or by acting with the rights of others
    #[arg(long, value_name = "ID")]
    pub door: Option<String>,
    /// Resource: an ARN, or a pattern of ARNs; without it every known resource that the actions take
    #[arg(long, value_name = "ARN")]
    pub resource: Option<String>,
    /// Account that holds the resource, where its ARN does not say; without a resource, the account that is meant
    #[arg(long, value_name = "ACCOUNT")]
    pub resource_account: Option<String>,
    /// Condition key of every request, as KEY=VALUE[,VALUE…]; KEY= says that it is absent; repeat for more
    #[arg(long, value_name = "KEY=VALUE")]
    pub context: Vec<String>,
    #[arg(long, value_enum, default_value_t = Table::Text)]
    pub format: Table,
}

/// Make a snapshot of an account or an organisation
#[derive(Debug, Args)]
pub struct SnapshotArguments {
    #[command(subcommand)]
    pub step: SnapshotStep,
}

#[derive(Debug, Subcommand)]
pub enum SnapshotStep {
    Commands(CommandsArguments),
}

const COMMANDS_EXAMPLES: &str = "\
Examples:
  One account, and the organisation if it is the management account or a delegated administrator:
    postern snapshot commands --region us-east-1 --region eu-west-1 > collect.sh   # read it, then
    bash collect.sh my-snapshot

  Every account of the organisation, by a role that each of them has:
    postern snapshot commands --region us-east-1 --role audit/reader > collect.sh

  The read-only policy it needs:
    postern snapshot commands --policy --role audit/reader

The script calls the AWS CLI with your credentials and changes nothing. What it writes: docs/snapshot.md.";

/// Write a script of AWS CLI calls that makes a snapshot, or the policy it needs
#[derive(Debug, Args)]
#[command(after_help = COMMANDS_EXAMPLES)]
pub struct CommandsArguments {
    /// Region that is read; repeat for more
    #[arg(long, value_name = "REGION", required_unless_present = "policy")]
    pub region: Vec<String>,
    /// Role that is assumed in the other accounts of the organisation, by its name, with its path; without it only
    /// the caller's own account is read
    #[arg(long, value_name = "NAME")]
    pub role: Option<String>,
    /// Account in which the role is assumed; repeat for more; all of the organisation if not given
    #[arg(long, value_name = "ACCOUNT", requires = "role")]
    pub account: Vec<String>,
    /// The identity-based policy that the calls need, instead of the script
    #[arg(long)]
    pub policy: bool,
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

const COMPARE_EXAMPLES: &str = "\
Examples:
  postern compare pairs.jsonl
  echo '{\"id\":1,\"type\":\"scp\",\"reference\":DOC,\"candidate\":DOC}' | postern compare

The verdicts are empty, nonempty with a request, or unknown with a reason.";

/// What one policy allows and another does not, over every request; pairs in JSON Lines, one verdict a line
#[derive(Debug, Args)]
#[command(after_help = COMPARE_EXAMPLES)]
pub struct CompareArguments {
    /// File of pairs, one a line; `-` is standard input
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

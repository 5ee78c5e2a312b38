//! What the README of the example organisation says of its mistakes and of their neighbours is so.
//!
//! One line a request, the mistake first and its neighbour after it, in the order of `examples/acme/README.md`.
//! Answered by `authorize` under the policies that apply; which policies those are is thereby tested as well.

use std::path::Path;

use iam::estate::{Estate, KnownLayers};
use iam::{Action, Completeness, Decision, Outcome, Principal, Request, RequestParts};
use observe::{Depth, open};

use Decision::{Allow, ExplicitDeny, ImplicitDeny};

const CHECKOUT: &str = "arn:aws:bedrock:us-east-1:555555555555:application-inference-profile/acmecheckout";
const OPUS: &str = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-5-5";
const NOVA: &str = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0";
const DEEPSEEK: &str = "arn:aws:bedrock:us-east-1::foundation-model/deepseek.v3.2";
const SONNET_OHIO: &str = "arn:aws:bedrock:us-east-2::foundation-model/anthropic.claude-sonnet-5-5";
const SONNET_IRELAND: &str = "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-sonnet-5-5";
const TITAN_FRANKFURT: &str = "arn:aws:bedrock:eu-central-1::foundation-model/amazon.titan-embed-text-v2:0";
const CAPACITY: &str = "arn:aws:bedrock:us-east-1:333333333333:provisioned-model/acmecapacity";
const ADMIN: &str = "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_AdministratorAccess_5f2c8e01d4b7a963";
const RUN: &str = "bedrock:InvokeModel";
const BATCH: &str = "bedrock:CreateModelInvocationJob";
const IMPORT: &str = "bedrock:CreateModelImportJob";
const MANTLE: &str = "bedrock-mantle:CreateInference";

/// The accounts, by what the lines below call them.
const ACCOUNTS: [(&str, &str); 12] = [
    ("management", "111122223333"),
    ("security", "222222222222"),
    ("ml-platform", "333333333333"),
    ("shared-services", "444455556666"),
    ("shop-prod", "555555555555"),
    ("search-prod", "666666666666"),
    ("payments-prod", "777788889999"),
    ("shop-dev", "888888888888"),
    ("search-dev", "999999999999"),
    ("data-science", "123456789012"),
    ("sandbox-one", "210987654321"),
    ("acquired-co", "345678901234"),
];

struct Acme(Estate);

impl Acme {
    fn open() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme");
        Self(open(&path, Depth::Everything).expect("the example is a snapshot"))
    }

    /// `who` is `account role/name` or `account user/name`, `-` nobody, or a service. In `resource` and in values of
    /// `context`, `{account}` is the account of `who`.
    #[track_caller]
    fn check(&self, who: &str, action: &str, resource: &str, context: &[(&str, &str)], expected: Decision) {
        let (principal, account) = principal(who);
        let in_account = |text: &str| text.replace("{account}", account);
        let resource = in_account(resource);
        let mut keys = self.0.principal_context(&principal).0;
        for (key, value) in context {
            keys.replace(key, vec![in_account(value)]);
        }
        let parts: Vec<&str> = resource.split(':').collect();
        if !context.iter().any(|(key, _)| *key == "aws:RequestedRegion") {
            let region = parts.get(3).filter(|region| !region.is_empty()).copied().unwrap_or("us-east-1");
            keys.replace("aws:RequestedRegion", vec![region.to_owned()]);
        }
        if parts.get(4).is_some_and(|account| !account.is_empty()) {
            keys.replace("aws:ResourceOrgID", vec!["o-acmeexample".to_owned()]);
        }
        let request = Request::new(RequestParts {
            action: Action::parse(action).expect("an action"),
            resource_account: self.0.owner(&resource),
            context: keys,
            completeness: Completeness::Complete,
            principal: principal.clone(),
            resource: resource.clone(),
        });
        let layers = KnownLayers::new(
            self.0.principal_side(&principal).unwrap_or_else(|| panic!("there is no {who}")),
            self.0.resource_side(&resource).expect("the resource may be there"),
        );
        let answer = iam::authorize(&request, layers.at_most());
        assert_eq!(answer.outcome, Outcome::Decided(expected), "{who}: {action} on {resource} {context:?}");
    }
}

fn principal(who: &str) -> (Principal, &'static str) {
    match who.split_once(' ') {
        Some((account, name)) => {
            let found = ACCOUNTS.iter().find(|each| each.0 == account);
            let id = found.unwrap_or_else(|| panic!("there is no account {account}")).1;
            (Principal::parse(&format!("arn:aws:iam::{id}:{name}")).expect("an ARN"), id)
        }
        None if who == "-" => (Principal::Anonymous, ""),
        None => (Principal::Service { name: who.to_owned() }, ""),
    }
}

fn admin(account: &str) -> String {
    format!("{account} {ADMIN}")
}

#[test]
fn allow_lists() {
    let acme = Acme::open();
    let profile = "arn:aws:bedrock:us-east-1:{account}:inference-profile/us.anthropic.claude-sonnet-5-5";
    acme.check("shared-services role/ci-first-try", RUN, profile, &[], ExplicitDeny);
    acme.check("shop-prod role/app-checkout", RUN, CHECKOUT, &[], Allow);
    acme.check(
        "shop-prod role/app-checkout",
        RUN,
        SONNET_OHIO,
        &[("bedrock:InferenceProfileArn", CHECKOUT)],
        Allow,
    );
    acme.check(&admin("shop-prod"), RUN, DEEPSEEK, &[], ExplicitDeny);
    acme.check(&admin("shop-prod"), RUN, OPUS, &[], Allow);

    let project = "arn:aws:bedrock-mantle:us-east-1:{account}:project/default";
    let workspace = "arn:aws:aws-external-anthropic:us-east-1:{account}:workspace/wrkspc_1";
    let imported = "arn:aws:bedrock:us-east-1:{account}:imported-model/acmetriage01";
    let hosted = "arn:aws:sagemaker:us-east-1:{account}:model/any";
    for (account, expected) in [("shop-dev", Allow), ("shop-prod", ExplicitDeny)] {
        let who = admin(account);
        acme.check(&who, MANTLE, project, &[("bedrock-mantle:Model", "deepseek.v3.1")], expected);
        acme.check(&who, "aws-external-anthropic:CreateInference", workspace, &[], expected);
        acme.check(&who, RUN, imported, &[], expected);
        acme.check(&who, "sagemaker:CreateModel", hosted, &[], expected);
    }

    acme.check(&admin("sandbox-one"), RUN, DEEPSEEK, &[], Allow);
    let frankfurt = "arn:aws:bedrock:eu-central-1::foundation-model/deepseek.v3.2";
    acme.check(&admin("payments-prod"), RUN, frankfurt, &[], ExplicitDeny);
    let europe = "arn:aws:bedrock:eu-central-1:{account}:inference-profile/eu.anthropic.claude-sonnet-5-5";
    acme.check("payments-prod role/app-fraud", RUN, europe, &[], Allow);
    acme.check(
        "payments-prod role/app-fraud",
        RUN,
        SONNET_IRELAND,
        &[("bedrock:InferenceProfileArn", europe)],
        Allow,
    );
}

#[test]
fn keys_of_mantle() {
    let acme = Acme::open();
    let project = "arn:aws:bedrock-mantle:us-east-1:{account}:project/default";
    let gpt = [("bedrock-mantle:Model", "openai.gpt-oss-120b")];
    acme.check(&admin("data-science"), MANTLE, project, &gpt, ExplicitDeny);
    acme.check(&admin("shop-prod"), MANTLE, project, &gpt, Allow);
    acme.check("acquired-co user/root-admin", "bedrock-mantle:ListModels", project, &[], ExplicitDeny);
    acme.check(&admin("shop-prod"), "bedrock-mantle:ListModels", project, &[], Allow);
}

#[test]
fn regions_imports_and_perimeters() {
    let acme = Acme::open();
    let behind = "arn:aws:bedrock:us-east-1:{account}:inference-profile/us.anthropic.claude-sonnet-5-5";
    acme.check("shop-dev user/dora", RUN, behind, &[], Allow);
    acme.check(
        "shop-dev user/dora",
        RUN,
        SONNET_OHIO,
        &[("bedrock:InferenceProfileArn", behind)],
        ExplicitDeny,
    );

    acme.check(&admin("shop-dev"), IMPORT, "*", &[], ExplicitDeny);
    acme.check("shop-dev role/dev-inventory", IMPORT, "*", &[], ExplicitDeny);
    acme.check("ml-platform role/acme/ml-platform/importer", IMPORT, "*", &[], Allow);
    acme.check("ml-platform role/ml-engineer", IMPORT, "*", &[], ExplicitDeny);
    let importer = "arn:aws:iam::{account}:role/acme/ml-platform/importer";
    acme.check(&admin("ml-platform"), "iam:UpdateAssumeRolePolicy", importer, &[], ExplicitDeny);

    acme.check(&admin("data-science"), RUN, NOVA, &[], ExplicitDeny);
    acme.check(&admin("search-prod"), RUN, NOVA, &[], Allow);
    acme.check(&admin("sandbox-one"), "bedrock:CreateFoundationModelAgreement", "*", &[], Allow);
    let by_server = [("aws:ViaAWSMCPService", "true")];
    acme.check(&admin("sandbox-one"), RUN, NOVA, &by_server, Allow);
    acme.check(&admin("shop-prod"), RUN, NOVA, &by_server, ExplicitDeny);
}

#[test]
fn api_keys() {
    let acme = Acme::open();
    let key = "sandbox-one user/BedrockAPIKey-x7k2";
    let call = |prefix: &str| format!("{prefix}:CallWithBearerToken");
    let long = |prefix: &str| format!("{prefix}:BearerTokenType");
    acme.check(key, &call("bedrock"), "*", &[(&long("bedrock"), "LONG_TERM")], ExplicitDeny);
    acme.check(key, &call("bedrock-mantle"), "*", &[(&long("bedrock-mantle"), "LONG_TERM")], Allow);
    for prefix in ["aws-external-anthropic", "bedrock", "bedrock-mantle", "sagemaker"] {
        let kind = [(long(prefix), "LONG_TERM")];
        let kind = [(kind[0].0.as_str(), kind[0].1)];
        let closed = if prefix == "bedrock" { ExplicitDeny } else { Allow };
        acme.check(&admin("sandbox-one"), &call(prefix), "*", &kind, closed);
        acme.check(&admin("shop-dev"), &call(prefix), "*", &kind, ExplicitDeny);
    }

    let make = "iam:CreateServiceSpecificCredential";
    let user = "arn:aws:iam::{account}:user/any";
    let endless = [("iam:ServiceSpecificCredentialServiceName", "bedrock.amazonaws.com")];
    let short = [endless[0], ("iam:ServiceSpecificCredentialAgeDays", "30")];
    let long = [endless[0], ("iam:ServiceSpecificCredentialAgeDays", "31")];
    for (account, without_end) in [("sandbox-one", Allow), ("ml-platform", ExplicitDeny)] {
        acme.check(&admin(account), make, user, &endless, without_end);
        acme.check(&admin(account), make, user, &short, Allow);
        acme.check(&admin(account), make, user, &long, ExplicitDeny);
    }
}

#[test]
fn names_conditions_and_statements_of_principals() {
    let acme = Acme::open();
    for name in ["dev-assistant", "dev-notebook"] {
        acme.check(&format!("shop-dev role/{name}-first-try"), RUN, NOVA, &[], ImplicitDeny);
        acme.check(&format!("shop-dev role/{name}"), RUN, NOVA, &[], Allow);
    }
    for name in ["app-ledger-first-try", "app-ledger"] {
        let expected = if name == "app-ledger" { Allow } else { ImplicitDeny };
        acme.check(&format!("payments-prod role/{name}"), BATCH, TITAN_FRANKFURT, &[], expected);
    }
    let profile = "bedrock:CreateInferenceProfile";
    acme.check("search-dev role/dev-tags-first-try", profile, NOVA, &[], Allow);
    acme.check("search-dev role/dev-tags", profile, NOVA, &[], ImplicitDeny);
    acme.check("search-dev role/dev-tags", profile, NOVA, &[("aws:TagKeys", "team")], Allow);
    let with_team = "arn:aws:bedrock:us-east-1:{account}:application-inference-profile/acmeteamone";
    let without = "arn:aws:bedrock:us-east-1:{account}:application-inference-profile/acmeteamnone";
    let team = [("aws:ResourceTag/team", "search")];
    acme.check("search-dev role/dev-teams-first-try", RUN, with_team, &team, ImplicitDeny);
    acme.check("search-dev role/dev-teams-first-try", RUN, without, &[], Allow);
    acme.check("search-dev role/dev-teams", RUN, with_team, &team, Allow);
    acme.check("search-dev role/dev-teams", RUN, without, &[], ImplicitDeny);
    acme.check(
        "search-dev user/anna",
        "s3:GetObject",
        "arn:aws:s3:::acme-prompts-dev/anna/1",
        &[],
        ImplicitDeny,
    );
    acme.check("search-dev user/ben", "s3:GetObject", "arn:aws:s3:::acme-prompts-dev/ben/1", &[], Allow);
    acme.check(
        "search-dev user/ben",
        "s3:GetObject",
        "arn:aws:s3:::acme-prompts-dev/anna/1",
        &[],
        ImplicitDeny,
    );
    acme.check("search-dev role/dev-models", RUN, NOVA, &[], Allow);
    acme.check("search-dev role/dev-patterns", RUN, NOVA, &[], Allow);
}

#[test]
fn rights_of_principals() {
    let acme = Acme::open();
    let opus = "arn:aws:bedrock:us-east-1:{account}:inference-profile/us.anthropic.claude-opus-5-5";
    acme.check("shop-prod role/app-recommender", RUN, OPUS, &[], Allow);
    acme.check("shop-prod role/app-recommender", RUN, opus, &[], ImplicitDeny);
    acme.check("ml-platform role/ml-engineer", "bedrock:PutResourcePolicy", CAPACITY, &[], Allow);
    acme.check(
        "ml-platform role/ml-engineer-narrow",
        "bedrock:PutResourcePolicy",
        CAPACITY,
        &[],
        ImplicitDeny,
    );
    acme.check("shared-services role/reporting", "bedrock:Rerank", "*", &[], Allow);
    acme.check("shared-services role/reporting-narrow", "bedrock:Rerank", "*", &[], ImplicitDeny);
    acme.check("security role/acme/auditor", "bedrock:ListFoundationModels", "*", &[], Allow);
    acme.check("security role/acme/auditor", RUN, NOVA, &[], ImplicitDeny);
    acme.check("shop-prod role/app-legacy", RUN, OPUS, &[], Allow);
    acme.check("shop-prod role/app-web", RUN, OPUS, &[], ImplicitDeny);

    let guardrail = "arn:aws:bedrock:us-east-1:{account}:guardrail/searchguard1";
    let change = "bedrock:UpdateGuardrail";
    for (name, runs, changes) in [
        ("search-operator", Allow, Allow),
        ("search-caller", Allow, ImplicitDeny),
        ("search-guardrails", ImplicitDeny, Allow),
    ] {
        acme.check(&format!("search-prod role/{name}"), RUN, opus, &[], runs);
        acme.check(&format!("search-prod role/{name}"), change, guardrail, &[], changes);
    }
    let swap = "bedrock:UpdateProvisionedModelThroughput";
    for (name, runs, swaps) in [
        ("capacity-user", Allow, Allow),
        ("capacity-caller", Allow, ImplicitDeny),
        ("capacity-admin", ImplicitDeny, Allow),
    ] {
        acme.check(&format!("ml-platform role/{name}"), RUN, CAPACITY, &[], runs);
        acme.check(&format!("ml-platform role/{name}"), swap, CAPACITY, &[], swaps);
    }

    let lambda = [("iam:PassedToService", "lambda.amazonaws.com")];
    let any = "arn:aws:iam::{account}:role/service-role/AmazonBedrockExecutionRoleForAgents_search";
    acme.check(
        "shop-prod role/deployer",
        "iam:PassRole",
        "arn:aws:iam::{account}:role/app-web",
        &lambda,
        Allow,
    );
    acme.check("search-prod role/deployer", "iam:PassRole", any, &lambda, ImplicitDeny);
    let bedrock = [("iam:PassedToService", "bedrock.amazonaws.com")];
    acme.check("search-prod role/deployer", "iam:PassRole", any, &bedrock, Allow);
    acme.check("shop-prod role/app-nightly", BATCH, OPUS, &[], ImplicitDeny);
    acme.check("shop-prod role/service-role/bedrock-batch", RUN, OPUS, &[], Allow);
    acme.check("management role/analytics-app", RUN, DEEPSEEK, &[], Allow);
}

#[test]
fn trust() {
    let acme = Acme::open();
    let assume = "sts:AssumeRole";
    let old = "arn:aws:iam::555555555555:role/service-role/bedrock-batch-old";
    let new = "arn:aws:iam::555555555555:role/service-role/bedrock-batch";
    let stranger = [("aws:SourceAccount", "987654321098")];
    acme.check("bedrock.amazonaws.com", assume, old, &stranger, Allow);
    acme.check("bedrock.amazonaws.com", assume, new, &stranger, ImplicitDeny);
    let own = [
        ("aws:SourceAccount", "555555555555"),
        ("aws:SourceArn", "arn:aws:bedrock:us-east-1:555555555555:model-invocation-job/1"),
    ];
    acme.check("bedrock.amazonaws.com", assume, new, &own, Allow);
    let pipeline = "shared-services role/acme/pipeline";
    for deployer in ["arn:aws:iam::555555555555:role/deployer", "arn:aws:iam::666666666666:role/deployer"] {
        acme.check(pipeline, assume, deployer, &[], Allow);
        acme.check("shared-services role/reporting", assume, deployer, &[], ImplicitDeny);
    }
}

#[test]
fn buckets_and_keys() {
    let acme = Acme::open();
    let (read, tls) = ("s3:GetObject", [("aws:SecureTransport", "true")]);
    acme.check(&admin("shop-prod"), read, "arn:aws:s3:::acme-weights-scratch/1", &tls, Allow);
    acme.check("-", read, "arn:aws:s3:::acme-weights-scratch/1", &tls, ExplicitDeny);
    acme.check(&admin("shop-prod"), read, "arn:aws:s3:::acme-model-weights/1", &tls, ExplicitDeny);
    acme.check(&admin("ml-platform"), read, "arn:aws:s3:::acme-model-weights/1", &tls, ExplicitDeny);
    acme.check(
        "ml-platform role/service-role/BedrockImport",
        read,
        "arn:aws:s3:::acme-model-weights/1",
        &tls,
        Allow,
    );
    let key = |id: &str| format!("arn:aws:kms:us-east-1:333333333333:key/{id}");
    let through_s3 = [("kms:ViaService", "s3.us-east-1.amazonaws.com"), ("kms:CallerAccount", "{account}")];
    let scratch = key("22222222-2222-2222-2222-222222222222");
    let weights = key("11111111-1111-1111-1111-111111111111");
    acme.check(&admin("shop-prod"), "kms:Decrypt", &scratch, &through_s3, Allow);
    acme.check(&admin("shop-prod"), "kms:Decrypt", &weights, &through_s3, ImplicitDeny);
}

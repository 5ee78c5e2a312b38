//! A small snapshot: an organisation with one unit and one member account, and an account that stands alone.

use std::fs;
use std::path::{Path, PathBuf};

use iam::estate::Estate;
use observe::{Depth, Snapshot};

pub const MANAGEMENT: &str = "111111111111";
pub const MEMBER: &str = "222222222222";
pub const STAND_ALONE: &str = "333333333333";

/// The snapshot in a folder of its own.
pub struct Small {
    path: PathBuf,
}

/// What `organizations describe-organization` says.
pub fn organization(id: &str, management: &str) -> String {
    format!(
        r#"{{"Organization":{{"Id":"{id}","Arn":"arn:aws:organizations::{management}:organization/{id}","FeatureSet":"ALL","MasterAccountId":"{management}"}}}}"#
    )
}

const DESCRIBED: &str = r#"{"Organization":{"Id":"o-small12345","Arn":"arn:aws:organizations::111111111111:organization/o-small12345","MasterAccountId":"111111111111"}}"#;

const ROLE: &str = r#"{"UserDetailList":[],"GroupDetailList":[],"RoleDetailList":[{"Path":"/","RoleName":"app","RoleId":"AROAAPP","Arn":"arn:aws:iam::ACCOUNT:role/app","AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]},"RolePolicyList":[{"PolicyName":"models","PolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"bedrock:*","Resource":"*"}]}}],"AttachedManagedPolicies":[]}],"Policies":[]}"#;

const MEMBER_DETAILS: &str = r#"{"UserDetailList":[{"UserName":"eve","UserId":"AIDAEVE","Arn":"arn:aws:iam::222222222222:user/eve","UserPolicyList":[{"PolicyName":"own","PolicyDocument":"%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D"}],"GroupList":["team"],"AttachedManagedPolicies":[],"Tags":[{"Key":"team","Value":"a"}]}],"GroupDetailList":[{"GroupName":"team","GroupId":"AGPATEAM","Arn":"arn:aws:iam::222222222222:group/team","GroupPolicyList":[],"AttachedManagedPolicies":[{"PolicyName":"IAMUserChangePassword","PolicyArn":"arn:aws:iam::aws:policy/IAMUserChangePassword"}]}],"RoleDetailList":[{"Path":"/","RoleName":"app","RoleId":"AROAAPP","Arn":"arn:aws:iam::222222222222:role/app","AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]},"RolePolicyList":[{"PolicyName":"models","PolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"bedrock:*","Resource":"*"}]}}],"AttachedManagedPolicies":[],"PermissionsBoundary":{"PermissionsBoundaryType":"Policy","PermissionsBoundaryArn":"arn:aws:iam::222222222222:policy/edge"}}],"Policies":[{"PolicyName":"edge","Arn":"arn:aws:iam::222222222222:policy/edge","PolicyVersionList":[{"Document":{"Version":"2012-10-17","Statement":[]},"VersionId":"v1","IsDefaultVersion":false},{"Document":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]},"VersionId":"v2","IsDefaultVersion":true}]}]}"#;

macro_rules! at {
    ($account:literal, $rest:literal) => {
        concat!("accounts/", $account, "/", $rest, ".json")
    };
}

/// Every file but the manifests.
pub fn files() -> &'static [(&'static str, &'static str)] {
    &[
        (at!("111111111111", "global/organizations.DescribeOrganization"), DESCRIBED),
        (
            at!("111111111111", "global/organizations.ListRoots"),
            r#"{"Roots":[{"Id":"r-ab12","Arn":"arn:aws:organizations::111111111111:root/o-small12345/r-ab12","Name":"Root","PolicyTypes":[{"Type":"SERVICE_CONTROL_POLICY","Status":"ENABLED"}]}]}"#,
        ),
        (
            at!("111111111111", "global/organizations.ListAccounts"),
            r#"{"Accounts":[{"Id":"111111111111","Arn":"arn:aws:organizations::111111111111:account/o-small12345/111111111111","Name":"mgmt"},{"Id":"222222222222","Arn":"arn:aws:organizations::111111111111:account/o-small12345/222222222222","Name":"models"}]}"#,
        ),
        (
            at!("111111111111", "global/organizations.ListOrganizationalUnitsForParent/r-ab12"),
            r#"{"OrganizationalUnits":[{"Id":"ou-ab12-models11","Arn":"arn:aws:organizations::111111111111:ou/o-small12345/ou-ab12-models11","Name":"models"}]}"#,
        ),
        (
            at!("111111111111", "global/organizations.ListOrganizationalUnitsForParent/ou-ab12-models11"),
            r#"{"OrganizationalUnits":[]}"#,
        ),
        (
            at!("111111111111", "global/organizations.ListAccountsForParent/r-ab12"),
            r#"{"Accounts":[{"Id":"111111111111","Arn":"arn:aws:organizations::111111111111:account/o-small12345/111111111111","Name":"mgmt"}]}"#,
        ),
        (
            at!("111111111111", "global/organizations.ListAccountsForParent/ou-ab12-models11"),
            r#"{"Accounts":[{"Id":"222222222222","Arn":"arn:aws:organizations::111111111111:account/o-small12345/222222222222","Name":"models"}]}"#,
        ),
        (
            at!("111111111111", "global/organizations.ListPolicies/SERVICE_CONTROL_POLICY"),
            r#"{"Policies":[{"Id":"p-FullAWSAccess","Arn":"arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess","Name":"FullAWSAccess","Type":"SERVICE_CONTROL_POLICY","AwsManaged":true},{"Id":"p-deny00001","Arn":"arn:aws:organizations::111111111111:policy/o-small12345/service_control_policy/p-deny00001","Name":"no models","Type":"SERVICE_CONTROL_POLICY","AwsManaged":false},{"Id":"p-more000001","Arn":"arn:aws:organizations::111111111111:policy/o-small12345/service_control_policy/p-more000001","Name":"more","Type":"SERVICE_CONTROL_POLICY","AwsManaged":false}]}"#,
        ),
        (
            at!("111111111111", "global/organizations.ListPolicies/BEDROCK_POLICY"),
            r#"{"Policies":[{"Id":"p-guard00001","Arn":"arn:aws:organizations::111111111111:policy/o-small12345/bedrock_policy/p-guard00001","Name":"guard","Type":"BEDROCK_POLICY","AwsManaged":false}]}"#,
        ),
        (
            at!("111111111111", "global/organizations.ListPolicies/RESOURCE_CONTROL_POLICY"),
            r#"{"Policies":[{"Id":"p-RCPFullAWSAccess","Arn":"arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess","Name":"RCPFullAWSAccess","Type":"RESOURCE_CONTROL_POLICY","AwsManaged":true}]}"#,
        ),
        (
            at!("111111111111", "global/organizations.ListTargetsForPolicy/p-RCPFullAWSAccess"),
            r#"{"Targets":[{"TargetId":"r-ab12","Type":"ROOT"}]}"#,
        ),
        (
            at!("111111111111", "global/organizations.DescribePolicy/p-FullAWSAccess"),
            r#"{"Policy":{"Content":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"}}"#,
        ),
        (
            at!("111111111111", "global/organizations.DescribePolicy/p-deny00001"),
            r#"{"Policy":{"Content":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"bedrock:InvokeModel\",\"Resource\":\"*\"}]}"}}"#,
        ),
        (
            at!("111111111111", "global/organizations.DescribePolicy/p-more000001"),
            r#"{"Policy":{"Content":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}"}}"#,
        ),
        (
            at!("111111111111", "global/organizations.DescribePolicy/p-guard00001"),
            r#"{"Policy":{"Content":"{\"bedrock\":{}}"}}"#,
        ),
        (
            at!("111111111111", "global/organizations.ListTargetsForPolicy/p-FullAWSAccess"),
            r#"{"Targets":[{"TargetId":"r-ab12","Type":"ROOT"},{"TargetId":"ou-ab12-models11","Type":"ORGANIZATIONAL_UNIT"},{"TargetId":"111111111111","Type":"ACCOUNT"},{"TargetId":"222222222222","Type":"ACCOUNT"}]}"#,
        ),
        (
            at!("111111111111", "global/organizations.ListTargetsForPolicy/p-deny00001"),
            r#"{"Targets":[{"TargetId":"ou-ab12-models11","Type":"ORGANIZATIONAL_UNIT"}]}"#,
        ),
        (
            at!("111111111111", "global/organizations.ListTargetsForPolicy/p-more000001"),
            r#"{"Targets":[{"TargetId":"ou-ab12-models11","Type":"ORGANIZATIONAL_UNIT"}]}"#,
        ),
        (
            at!("111111111111", "global/organizations.ListTargetsForPolicy/p-guard00001"),
            r#"{"Targets":[{"TargetId":"ou-ab12-models11","Type":"ORGANIZATIONAL_UNIT"}]}"#,
        ),
        (at!("111111111111", "global/iam.GetAccountAuthorizationDetails"), "DETAILS"),
        (at!("222222222222", "global/organizations.DescribeOrganization"), DESCRIBED),
        (at!("222222222222", "global/iam.GetAccountAuthorizationDetails"), MEMBER_DETAILS),
        (
            at!("222222222222", "global/iam.ListServiceSpecificCredentials"),
            r#"{"ServiceSpecificCredentials":[{"UserName":"eve","Status":"Active","ServiceName":"bedrock.amazonaws.com","CreateDate":"2026-01-01T00:00:00+00:00","ServiceSpecificCredentialId":"ACCA1"}],"IsTruncated":false}"#,
        ),
        (
            at!("222222222222", "global/iam.ListAccessKeys/eve"),
            r#"{"AccessKeyMetadata":[{"UserName":"eve","AccessKeyId":"AKIA1","Status":"Active","CreateDate":"2026-01-01T00:00:00+00:00"}]}"#,
        ),
        (
            at!("222222222222", "global/s3control.GetPublicAccessBlock"),
            r#"{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":true}}"#,
        ),
        (at!("222222222222", "global/s3api.ListBuckets"), r#"{"Buckets":[{"Name":"small-weights"}]}"#),
        (
            at!("222222222222", "global/s3api.GetPublicAccessBlock/small-weights"),
            r#"{"PublicAccessBlockConfiguration":{"RestrictPublicBuckets":true}}"#,
        ),
        (
            at!("222222222222", "us-east-1/bedrock.ListGuardrails"),
            r#"{"guardrails":[{"id":"gr1","arn":"arn:aws:bedrock:us-east-1:222222222222:guardrail/gr1","status":"READY","name":"base","version":"DRAFT"}]}"#,
        ),
        (
            at!(
                "222222222222",
                "us-east-1/bedrock.GetGuardrail/arn%3Aaws%3Abedrock%3Aus-east-1%3A222222222222%3Aguardrail%2Fgr1"
            ),
            r#"{"guardrailArn":"arn:aws:bedrock:us-east-1:222222222222:guardrail/gr1","kmsKeyArn":"arn:aws:kms:us-east-1:222222222222:key/k1"}"#,
        ),
        (
            at!(
                "222222222222",
                "us-east-1/bedrock.GetResourcePolicy/arn%3Aaws%3Abedrock%3Aus-east-1%3A222222222222%3Aguardrail%2Fgr1"
            ),
            r#"{"resourcePolicy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"bedrock:ApplyGuardrail\",\"Resource\":\"*\"}]}"}"#,
        ),
        (
            at!(
                "222222222222",
                "us-east-1/bedrock.ListTagsForResource/arn%3Aaws%3Abedrock%3Aus-east-1%3A222222222222%3Aguardrail%2Fgr1"
            ),
            r#"{"tags":[{"key":"team","value":"a"}]}"#,
        ),
        (
            at!("222222222222", "us-east-1/bedrock.ListEnforcedGuardrailsConfiguration"),
            r#"{"guardrailsConfig":[]}"#,
        ),
        (
            at!("222222222222", "us-east-1/bedrock.GetModelInvocationLoggingConfiguration"),
            r#"{"loggingConfig":{"s3Config":{"bucketName":"logs"},"textDataDeliveryEnabled":true}}"#,
        ),
        (
            at!("222222222222", "us-east-1/bedrock-agent.ListAgents"),
            r#"{"agentSummaries":[{"agentId":"AGENT00001","agentName":"helper","agentStatus":"PREPARED"}]}"#,
        ),
        (
            at!("222222222222", "us-east-1/bedrock-agent.GetAgent/AGENT00001"),
            r#"{"agent":{"agentId":"AGENT00001","agentArn":"arn:aws:bedrock:us-east-1:222222222222:agent/AGENT00001","foundationModel":"x.y","agentResourceRoleArn":"arn:aws:iam::222222222222:role/draft"}}"#,
        ),
        (
            at!("222222222222", "us-east-1/bedrock-agent.ListAgentAliases/AGENT00001"),
            r#"{"agentAliasSummaries":[{"agentAliasId":"ALIAS00001","agentAliasName":"live","routingConfiguration":[{"agentVersion":"3"}],"agentAliasStatus":"PREPARED"}]}"#,
        ),
        (
            at!("222222222222", "us-east-1/bedrock-agent.GetAgentVersion/AGENT00001/3"),
            r#"{"agentVersion":{"agentId":"AGENT00001","foundationModel":"x.y","agentResourceRoleArn":"arn:aws:iam::222222222222:role/agent"}}"#,
        ),
        (
            at!("222222222222", "us-east-1/ram.GetResourceShareAssociations/RESOURCE"),
            r#"{"resourceShareAssociations":[{"resourceShareArn":"arn:aws:ram:us-east-1:222222222222:resource-share/s1","associatedEntity":"arn:aws:bedrock:us-east-1:222222222222:custom-model/x/m1","status":"ASSOCIATED","external":false}]}"#,
        ),
        (
            at!("222222222222", "us-east-1/ram.GetResourceShareAssociations/PRINCIPAL"),
            r#"{"resourceShareAssociations":[{"resourceShareArn":"arn:aws:ram:us-east-1:222222222222:resource-share/s1","associatedEntity":"333333333333","status":"ASSOCIATED","external":true}]}"#,
        ),
        (at!("333333333333", "global/iam.GetAccountAuthorizationDetails"), "DETAILS"),
    ]
}

const MANIFESTS: [(&str, &str); 2] = [
    (
        "accounts/222222222222/manifest.json",
        r#"{"snapshot":1,"account":"222222222222","calls":[{"region":"global","call":"s3api.GetBucketPolicy","items":["small-weights"],"status":"absent","code":"NoSuchBucketPolicy"},{"region":"us-east-1","call":"bedrock-agent.ListKnowledgeBases","status":"denied","code":"AccessDeniedException"}]}"#,
    ),
    (
        "accounts/333333333333/manifest.json",
        r#"{"snapshot":1,"account":"333333333333","calls":[{"region":"global","call":"organizations.DescribeOrganization","status":"absent","code":"AWSOrganizationsNotInUseException"}]}"#,
    ),
];

impl Small {
    /// Writes the snapshot to a folder of this name.
    pub fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("small").join(name);
        let _ = fs::remove_dir_all(&path);
        let small = Self { path };
        for (path, content) in files().iter().chain(&MANIFESTS) {
            small.write(path, content);
        }
        small
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn estate(&self, depth: Depth) -> Estate {
        Snapshot::open(&self.path).unwrap().estate(depth)
    }

    pub fn write(&self, path: &str, content: &str) {
        let content = if content == "DETAILS" { details(path) } else { content.to_owned() };
        self.write_bytes(path, content.as_bytes());
    }

    pub fn write_bytes(&self, path: &str, content: &[u8]) {
        let path = self.path.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.path.join(path)).unwrap()
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.path.join(path)).unwrap();
    }

    pub fn copy(&self, from: &str, to: &str) {
        fs::copy(self.path.join(from), self.path.join(to)).unwrap();
    }

    /// Adds to the manifest of an account that a call was answered.
    pub fn say_ok(&self, account: &str, region: &str, call: &str) {
        let path = format!("accounts/{account}/manifest.json");
        let manifest = fs::read_to_string(self.path.join(&path)).unwrap();
        let entry = format!(r#""calls":[{{"region":"{region}","call":"{call}","status":"ok"}},"#);
        self.write(&path, &manifest.replace(r#""calls":["#, &entry));
    }
}

/// The details of an account that has one role.
fn details(path: &str) -> String {
    let account = path.split('/').nth(1).unwrap();
    ROLE.replace("ACCOUNT", account)
}

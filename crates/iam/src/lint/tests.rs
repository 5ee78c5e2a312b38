//! What is found, where, and in which words; and the neighbours in which nothing is found.

use super::lint;
use crate::json;
use crate::policy::PolicyType;

/// Every finding of a document, in order: code, underlined text, message.
#[track_caller]
fn check_document(policy_type: PolicyType, document: &str, expected: &[(&str, &str, &str)]) {
    let node = json::parse(document.as_bytes()).unwrap();
    let findings = lint(&node, policy_type);
    let found: Vec<(&str, &str, &str)> = findings
        .iter()
        .map(|finding| (finding.code, &document[finding.start..finding.end], finding.message.as_str()))
        .collect();
    assert_eq!(found, expected, "{document}");
}

/// The findings of one statement in a document of version 2012-10-17.
#[track_caller]
fn check(policy_type: PolicyType, statement: &str, expected: &[(&str, &str, &str)]) {
    let document = format!(r#"{{"Version":"2012-10-17","Statement":[{{{statement}}}]}}"#);
    check_document(policy_type, &document, expected);
}

/// The statement of an identity-based policy in which there is one finding.
#[track_caller]
fn one(statement: &str, code: &str, underlined: &str, message: &str) {
    check(PolicyType::Identity, statement, &[(code, underlined, message)]);
}

/// The statement of an identity-based policy in which there is none.
#[track_caller]
fn none(statement: &str) {
    check(PolicyType::Identity, statement, &[]);
}

/// The hint of the one finding.
#[track_caller]
fn hint(statement: &str, expected: Option<&str>) {
    let document = format!(r#"{{"Version":"2012-10-17","Statement":[{{{statement}}}]}}"#);
    let node = json::parse(document.as_bytes()).unwrap();
    let findings = lint(&node, PolicyType::Identity);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].hint.as_deref(), expected, "{statement}");
}

fn allow(action: &str) -> String {
    format!(r#""Effect":"Allow","Action":{action},"Resource":"*""#)
}

fn deny(action: &str) -> String {
    format!(r#""Effect":"Deny","Action":{action},"Resource":"*""#)
}

fn with(statement: String, condition: &str) -> String {
    format!(r#"{statement},"Condition":{condition}"#)
}

mod actions {
    use super::*;

    #[test]
    fn a_service_that_is_not_listed_is_an_error() {
        one(
            &allow(r#""bedrok:InvokeModel""#),
            "INVALID_SERVICE_IN_ACTION",
            r#""bedrok:InvokeModel""#,
            "the Service Authorization Reference lists no service with the prefix `bedrok`",
        );
        one(
            &allow(r#""bedrock-runtime:*""#),
            "INVALID_SERVICE_IN_ACTION",
            r#""bedrock-runtime:*""#,
            "no service has the prefix `bedrock-runtime`: `bedrock-runtime` names an endpoint; its operations are authorised under `bedrock`",
        );
        hint(&allow(r#""bedrok:InvokeModel""#), Some("write `bedrock:…` if that is meant"));
        none(&allow(r#""BEDROCK:InvokeModel""#));
        none(&allow(r#""bedrock*:InvokeModel""#));
    }

    #[test]
    fn an_action_that_is_not_listed_is_an_error() {
        one(
            &allow(r#"["bedrock:InvokeModel","bedrock:InvokeModle"]"#),
            "INVALID_ACTION",
            r#""bedrock:InvokeModle""#,
            "the Service Authorization Reference lists no action `bedrock:InvokeModle` of `bedrock`",
        );
        one(
            &allow(r#""bedrock:Invent*""#),
            "INVALID_ACTION",
            r#""bedrock:Invent*""#,
            "`bedrock:Invent*` matches no action that the Service Authorization Reference lists",
        );
        hint(&allow(r#""bedrock:InvokeModle""#), Some("did you mean `bedrock:InvokeModel`?"));
        hint(&allow(r#""bedrock:Ponder""#), None);
        none(&allow(r#""bedrock:invokemodel""#));
        none(&allow(r#""bedrock:Inv*Model""#));
    }

    #[test]
    fn names_of_operations_say_what_to_write_instead() {
        one(
            &allow(r#""bedrock:Converse""#),
            "INVALID_ACTION",
            r#""bedrock:Converse""#,
            "no request is for the action `bedrock:Converse`: Converse is authorised as InvokeModel",
        );
        hint(&allow(r#""bedrock:Converse""#), Some("write `bedrock:InvokeModel`"));
        hint(&allow(r#""bedrock:Converse*""#), Some("write `bedrock:InvokeModel`"));
        hint(&allow(r#""s3:CopyObject""#), Some("write `s3:GetObject` and `s3:PutObject`"));
        hint(
            &allow(r#""bedrock-mantle:ListTagsForResources""#),
            Some("write `bedrock-mantle:ListTagsForResource`"),
        );
    }

    #[test]
    fn what_is_unsettled_or_without_effect_is_a_warning() {
        one(
            &allow(r#""bedrock:InvokeModelWithBidirectionalStream""#),
            "unsettled-action",
            r#""bedrock:InvokeModelWithBidirectionalStream""#,
            "whether any request is for the action `bedrock:InvokeModelWithBidirectionalStream` is not known: AWS lists no such action and does not say which one authorises bidirectional streams",
        );
        one(
            &deny(r#""bedrock:PutFoundationModelEntitlement""#),
            "action-without-effect",
            r#""bedrock:PutFoundationModelEntitlement""#,
            "`bedrock:PutFoundationModelEntitlement` decides nothing: statements that name it do not restrict models",
        );
        one(
            &deny(r#""aws-mcp:*""#),
            "action-without-effect",
            r#""aws-mcp:*""#,
            "`aws-mcp:*` decides nothing: statements about `aws-mcp` decide nothing any more; requests that come through an AWS-managed MCP server are told by the keys `aws:ViaAWSMCPService` and `aws:CalledViaAWSMCP`",
        );
    }

    #[test]
    fn a_value_that_another_covers_is_redundant() {
        one(
            &allow(r#"["s3:Get*","s3:GetObject"]"#),
            "REDUNDANT_ACTION",
            r#""s3:GetObject""#,
            "`s3:GetObject` is covered by `s3:Get*` in the same list",
        );
        one(
            &allow(r#"["s3:GetObject","S3:getobject"]"#),
            "REDUNDANT_ACTION",
            r#""S3:getobject""#,
            "`S3:getobject` is listed twice",
        );
        one(
            &allow(r#"["s3:Get*","s3:GetObject*"]"#),
            "REDUNDANT_ACTION",
            r#""s3:GetObject*""#,
            "`s3:GetObject*` is covered by `s3:Get*` in the same list",
        );
    }

    #[test]
    fn a_question_mark_does_not_cover_a_star() {
        one(
            &allow(r#"["s3:GetObjec?","s3:GetObjec*"]"#),
            "REDUNDANT_ACTION",
            r#""s3:GetObjec?""#,
            "`s3:GetObjec?` is covered by `s3:GetObjec*` in the same list",
        );
    }
}

mod keys {
    use super::*;

    #[test]
    fn a_key_that_is_not_listed_is_an_error() {
        one(
            &with(deny(r#""bedrock:InvokeModel""#), r#"{"StringEquals":{"bedrock:ModelId":"x"}}"#),
            "INVALID_SERVICE_CONDITION_KEY",
            r#""bedrock:ModelId""#,
            "the Service Authorization Reference lists no condition key `bedrock:ModelId` of `bedrock`: in `bedrock` a model is a resource, not a key: name its ARN in `Resource` or `NotResource`; `bedrock-mantle:Model` compares the model in `bedrock-mantle`",
        );
        one(
            &with(deny(r#""bedrock:InvokeModel""#), r#"{"StringEquals":{"aws:PrincipalOrgId1":"x"}}"#),
            "INVALID_GLOBAL_CONDITION_KEY",
            r#""aws:PrincipalOrgId1""#,
            "the IAM User Guide lists no global condition key `aws:PrincipalOrgId1`",
        );
        one(
            &with(deny(r#""bedrock:InvokeModel""#), r#"{"StringEquals":{"Region":"x"}}"#),
            "unknown-condition-key",
            r#""Region""#,
            "`Region` is neither a global condition key nor one of a service",
        );
        hint(
            &with(deny(r#""bedrock:InvokeModel""#), r#"{"ArnLike":{"aws:InferenceProfileArn":"*"}}"#),
            Some("did you mean `bedrock:InferenceProfileArn`?"),
        );
        none(&with(deny(r#""s3:GetObject""#), r#"{"StringEquals":{"AWS:principalorgid":"o-a"}}"#));
    }

    #[test]
    fn keys_of_identity_providers_and_tags_are_taken_as_they_stand() {
        let trust = r#""Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/idp.example.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"idp.example.com/a:sub":"x"}}"#;
        check(PolicyType::Trust, trust, &[]);
        none(&with(
            allow(r#""secretsmanager:GetSecretValue""#),
            r#"{"StringEquals":{"secretsmanager:ResourceTag/team":"x"}}"#,
        ));
        none(&with(allow(r#""s3:GetObject""#), r#"{"StringEquals":{"s3:ExistingObjectTag/team":"x"}}"#));
    }

    #[test]
    fn a_key_that_no_action_carries_makes_the_statement_empty_or_unconditional() {
        one(
            &with(
                deny(r#""bedrock-mantle:ListTagsForResource""#),
                r#"{"StringEquals":{"bedrock-mantle:Model":"x"}}"#,
            ),
            "key-not-carried",
            r#""bedrock-mantle:Model""#,
            "requests for the actions of this statement never carry `bedrock-mantle:Model`, so the condition never holds and the statement never denies",
        );
        one(
            &with(deny(r#""bedrock:InvokeModel""#), r#"{"StringNotEquals":{"bedrock-mantle:Model":"x"}}"#),
            "key-not-carried",
            r#""bedrock-mantle:Model""#,
            "requests for the actions of this statement never carry `bedrock-mantle:Model`, so the condition always holds and the statement denies as if it were not there",
        );
        none(&with(
            deny(r#""bedrock-mantle:CreateInference""#),
            r#"{"StringEquals":{"bedrock-mantle:Model":"x"}}"#,
        ));
    }

    #[test]
    fn a_negated_deny_denies_every_action_without_the_key() {
        one(
            &with(
                deny(r#"["bedrock-mantle:CreateInference","bedrock-mantle:ListTagsForResource"]"#),
                r#"{"StringNotLike":{"bedrock-mantle:Model":"x*"}}"#,
            ),
            "key-carried-by-some",
            r#""bedrock-mantle:Model""#,
            "the condition holds where `bedrock-mantle:Model` is absent, so the statement denies every request for `bedrock-mantle:ListTagsForResource`, which never carry it",
        );
        one(
            &with(deny(r#""*""#), r#"{"StringNotEquals":{"bedrock-mantle:Model":"x"}}"#),
            "key-carried-by-some",
            r#""bedrock-mantle:Model""#,
            "the condition holds where `bedrock-mantle:Model` is absent, so the statement denies every action that does not carry it, of all services",
        );
        none(&with(deny(r#""*""#), r#"{"StringEquals":{"bedrock-mantle:Model":"x"}}"#));
    }

    #[test]
    fn actions_named_one_by_one_need_the_key_and_those_of_a_wildcard_do_not() {
        let condition = r#"{"ArnLike":{"bedrock:GuardrailIdentifier":"arn:aws:bedrock:*:*:guardrail/a"}}"#;
        one(
            &with(allow(r#"["bedrock:InvokeModel","bedrock:ListFoundationModels"]"#), condition),
            "key-carried-by-some",
            r#""bedrock:GuardrailIdentifier""#,
            "requests for `bedrock:ListFoundationModels` never carry `bedrock:GuardrailIdentifier`, so this statement never allows them",
        );
        none(&with(allow(r#""bedrock:*""#), condition));
    }

    #[test]
    fn tags_are_compared_only_where_they_are_listed() {
        one(
            &with(
                allow(r#""bedrock:ListFoundationModels""#),
                r#"{"StringEquals":{"aws:RequestTag/team":"x"}}"#,
            ),
            "tag-key-not-listed",
            r#""aws:RequestTag/team""#,
            "the Service Authorization Reference lists `aws:RequestTag/team` for no action of this statement; it may be absent from every request",
        );
        none(&with(allow(r#""bedrock:CreateGuardrail""#), r#"{"StringEquals":{"aws:RequestTag/team":"x"}}"#));
    }
}

mod operators {
    use super::*;

    #[test]
    fn operators_fit_the_type_of_the_key() {
        one(
            &with(deny(r#""s3:GetObject""#), r#"{"StringEquals":{"aws:SecureTransport":"false"}}"#),
            "TYPE_MISMATCH",
            r#""aws:SecureTransport""#,
            "`StringEquals` does not fit `aws:SecureTransport`, whose values are `true` and `false`",
        );
        one(
            &with(deny(r#""s3:GetObject""#), r#"{"IpAddress":{"aws:PrincipalArn":"10.0.0.0/8"}}"#),
            "TYPE_MISMATCH",
            r#""aws:PrincipalArn""#,
            "`IpAddress` does not fit `aws:PrincipalArn`, whose values are ARNs; they can never compare",
        );
        hint(
            &with(deny(r#""s3:GetObject""#), r#"{"StringEquals":{"aws:SourceIp":"10.0.0.1"}}"#),
            Some("use `IpAddress` or `NotIpAddress`"),
        );
        none(&with(deny(r#""s3:GetObject""#), r#"{"Bool":{"aws:SecureTransport":"false"}}"#));
        none(&with(
            deny(r#""s3:GetObject""#),
            r#"{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}}"#,
        ));
        none(&with(deny(r#""s3:GetObject""#), r#"{"NumericLessThan":{"aws:EpochTime":"1"}}"#));
        none(&with(deny(r#""s3:GetObject""#), r#"{"ArnLike":{"aws:SourceVpcArn":"arn:aws:ec2:*:*:vpc/a"}}"#));
        one(
            &with(deny(r#""s3:GetObject""#), r#"{"ArnLike":{"aws:SourceVpc":"vpc-*"}}"#),
            "TYPE_MISMATCH",
            r#""aws:SourceVpc""#,
            "`ArnLike` does not fit `aws:SourceVpc`, whose values are texts",
        );
    }

    #[test]
    fn a_wildcard_needs_an_operator_that_has_any() {
        one(
            &with(
                deny(r#""s3:GetObject""#),
                r#"{"StringNotEquals":{"aws:PrincipalArn":["arn:aws:iam::111122223333:role/a","arn:aws:iam::*:role/b"]}}"#,
            ),
            "WILDCARD_WITHOUT_LIKE_OPERATOR",
            r#""arn:aws:iam::*:role/b""#,
            "`StringNotEquals` takes the wildcard in `arn:aws:iam::*:role/b` for a plain character",
        );
        hint(
            &with(deny(r#""s3:GetObject""#), r#"{"StringNotEquals":{"aws:PrincipalArn":"*"}}"#),
            Some("use `StringNotLike` for wildcards, or write `${*}` for the character"),
        );
        none(&with(deny(r#""s3:GetObject""#), r#"{"StringNotEquals":{"aws:username":"a${*}"}}"#));
        none(&with(
            deny(r#""s3:GetObject""#),
            r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::*:role/b"}}"#,
        ));
    }

    #[test]
    fn set_operators_belong_to_keys_with_several_values() {
        one(
            &with(
                allow(r#""s3:GetObject""#),
                r#"{"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-a"}}"#,
            ),
            "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
            r#""aws:PrincipalOrgID""#,
            "`aws:PrincipalOrgID` has one value at most, and `ForAllValues` allows requests that do not carry it",
        );
        one(
            &with(deny(r#""s3:GetObject""#), r#"{"ForAnyValue:StringEquals":{"aws:PrincipalOrgID":"o-a"}}"#),
            "set-operator-on-single-valued-key",
            r#""aws:PrincipalOrgID""#,
            "`aws:PrincipalOrgID` has one value at most, and `ForAnyValue:StringEquals` is for keys with several",
        );
        one(
            &with(deny(r#""s3:GetObject""#), r#"{"StringLike":{"aws:PrincipalOrgPaths":"o-a/*"}}"#),
            "MISSING_QUALIFIER",
            r#""aws:PrincipalOrgPaths""#,
            "`aws:PrincipalOrgPaths` may have several values, and the operator compares one",
        );
        none(&with(
            deny(r#""s3:GetObject""#),
            r#"{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a/*"}}"#,
        ));
        none(&with(deny(r#""s3:GetObject""#), r#"{"Null":{"aws:PrincipalOrgPaths":"true"}}"#));
    }

    #[test]
    fn for_all_values_in_an_allow_needs_the_key_to_be_there() {
        let tags = r#""bedrock:CreateGuardrail""#;
        one(
            &with(allow(tags), r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}"#),
            "for-all-values-without-null",
            r#""aws:TagKeys""#,
            "`ForAllValues` allows requests that do not carry `aws:TagKeys`",
        );
        none(&with(
            allow(tags),
            r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]},"Null":{"aws:TagKeys":"false"}}"#,
        ));
        none(&with(deny(tags), r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}"#));
    }

    #[test]
    fn if_exists_changes_nothing_behind_a_negated_operator() {
        one(
            &with(deny(r#""s3:GetObject""#), r#"{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-a"}}"#),
            "if-exists-changes-nothing",
            r#""StringNotEqualsIfExists""#,
            "`StringNotEqualsIfExists` is the same as `StringNotEquals`: a negated operator holds where the key is absent",
        );
        none(&with(deny(r#""s3:GetObject""#), r#"{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a"}}"#));
        none(&with(deny(r#""s3:GetObject""#), r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-a"}}"#));
    }

    #[test]
    fn null_asks_whether_the_key_is_there() {
        let both = r#"{"Null":{"aws:SourceVpce":["true","false"]}}"#;
        one(
            &with(deny(r#""s3:GetObject""#), both),
            "INVALID_CONDITION_MULTIPLE_BOOLEAN",
            r#"["true","false"]"#,
            "`Null` on `aws:SourceVpce` takes `true` or `false`, not both",
        );
        one(
            &with(
                deny(r#""s3:GetObject""#),
                r#"{"Null":{"aws:SourceVpce":"true"},"StringEquals":{"aws:sourcevpce":"vpce-1"}}"#,
            ),
            "null-contradicts",
            r#""aws:SourceVpce""#,
            "this asks that `aws:SourceVpce` be absent and another condition needs its value, so the statement never matches",
        );
        one(
            &with(
                deny(r#""s3:GetObject""#),
                r#"{"Null":{"aws:SourceVpce":"false"},"StringEquals":{"aws:SourceVpce":"vpce-1"}}"#,
            ),
            "null-says-nothing",
            r#""aws:SourceVpce""#,
            "`StringEquals` on `aws:SourceVpce` fails where the key is absent; `Null` adds nothing",
        );
        one(
            &with(allow(r#""s3:GetObject""#), r#"{"Null":{"aws:PrincipalTag/team":"true"}}"#),
            "null-true-means-absent",
            r#""aws:PrincipalTag/team""#,
            "this allows only where there is no `aws:PrincipalTag/team` at all",
        );
        one(
            &with(deny(r#""s3:GetObject""#), r#"{"Null":{"aws:SecureTransport":"true"}}"#),
            "null-on-present-key",
            r#""aws:SecureTransport""#,
            "every request carries `aws:SecureTransport`, so this never holds",
        );
        none(&with(
            deny(r#""s3:GetObject""#),
            r#"{"Null":{"aws:SourceVpce":"false"},"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}"#,
        ));
        none(&with(deny(r#""s3:GetObject""#), r#"{"Null":{"aws:PrincipalTag/team":"true"}}"#));
    }

    #[test]
    fn an_empty_condition_is_none() {
        one(
            &with(deny(r#""s3:GetObject""#), "{}"),
            "EMPTY_OBJECT_CONDITION",
            "{}",
            "`Condition` is empty, so the statement has no condition",
        );
        one(
            &with(deny(r#""s3:GetObject""#), r#"{"Bool":{}}"#),
            "EMPTY_OBJECT_CONDITION",
            r#""Bool":{}"#,
            "`Bool` names no key, so it asks nothing",
        );
        one(
            &with(deny(r#""s3:GetObject""#), r#"{"StringEquals":{"aws:PrincipalOrgID":[]}}"#),
            "EMPTY_ARRAY_CONDITION",
            r#""aws:PrincipalOrgID":[]"#,
            "`aws:PrincipalOrgID` is compared with no value, which never holds",
        );
    }

    #[test]
    fn long_term_keys_carry_no_mfa() {
        let mfa = |operator: &str, value: &str| {
            format!(r#"{{"{operator}":{{"aws:MultiFactorAuthPresent":"{value}"}}}}"#)
        };
        one(
            &with(deny(r#""s3:GetObject""#), &mfa("Bool", "false")),
            "mfa-deny-passes-by-long-term-keys",
            r#""Bool""#,
            "requests with long-term access keys carry no `aws:MultiFactorAuthPresent`, so this Deny passes them by",
        );
        one(
            &with(allow(r#""s3:GetObject""#), &mfa("BoolIfExists", "true")),
            "mfa-allow-admits-long-term-keys",
            r#""BoolIfExists""#,
            "requests with long-term access keys carry no `aws:MultiFactorAuthPresent`, so this Allow admits them",
        );
        none(&with(deny(r#""s3:GetObject""#), &mfa("BoolIfExists", "false")));
        none(&with(allow(r#""s3:GetObject""#), &mfa("Bool", "true")));
    }
}

mod resources {
    use super::*;

    fn on(effect: &str, action: &str, resource: &str) -> String {
        format!(r#""Effect":"{effect}","Action":{action},"Resource":{resource}"#)
    }

    #[test]
    fn a_resource_fits_an_action_of_its_statement() {
        check(
            PolicyType::Identity,
            &on("Allow", r#""s3:GetObject""#, r#"["arn:aws:s3:::b/*","arn:aws:s3:::c"]"#),
            &[(
                "resource-fits-no-action",
                r#""arn:aws:s3:::c""#,
                "no action of this statement takes a resource like `arn:aws:s3:::c`",
            )],
        );
        check(
            PolicyType::Identity,
            &on("Allow", r#""s3:ListBucket""#, r#""arn:aws:s3:::b/*""#),
            &[
                (
                    "action-fits-no-resource",
                    r#""s3:ListBucket""#,
                    "`s3:ListBucket` takes `accesspoint`, `bucket`, and no resource of this statement is one, so it never allows it",
                ),
                (
                    "resource-fits-no-action",
                    r#""arn:aws:s3:::b/*""#,
                    "no action of this statement takes a resource like `arn:aws:s3:::b/*`",
                ),
            ],
        );
        none(&on("Allow", r#"["s3:GetObject","s3:ListBucket"]"#, r#"["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#));
        none(&on("Allow", r#""s3:*""#, r#""arn:aws:s3:::b""#));
    }

    #[test]
    fn a_foundation_model_has_no_account() {
        let resource =
            r#""arn:aws:bedrock:us-east-1:111122223333:foundation-model/anthropic.claude-opus-5-5""#;
        let statement = on("Allow", r#""bedrock:GetFoundationModel""#, resource);
        let document = format!(r#"{{"Version":"2012-10-17","Statement":[{{{statement}}}]}}"#);
        let findings = lint(&json::parse(document.as_bytes()).unwrap(), PolicyType::Identity);
        let hints: Vec<_> = findings.iter().map(|finding| (finding.code, finding.hint.as_deref())).collect();
        assert_eq!(
            hints,
            [
                ("action-fits-no-resource", None),
                (
                    "resource-fits-no-action",
                    Some("leave the account empty: these resources belong to no account")
                ),
            ]
        );
        none(&on("Allow", r#""bedrock:GetFoundationModel""#, &resource.replace("111122223333", "")));
    }

    #[test]
    fn an_action_without_resources_needs_a_star() {
        let models = r#""arn:aws:bedrock:*::foundation-model/*""#;
        check(
            PolicyType::Identity,
            &on("Deny", r#"["bedrock:CreateFoundationModelAgreement","bedrock:GetFoundationModel"]"#, models),
            &[(
                "action-takes-no-resource",
                r#""bedrock:CreateFoundationModelAgreement""#,
                "`bedrock:CreateFoundationModelAgreement` is authorised on `*` only, so this statement never denies it",
            )],
        );
        none(&on("Deny", r#""bedrock:CreateFoundationModelAgreement""#, r#""*""#));
        none(&on("Deny", r#""bedrock:CreateFoundationModelAgreement""#, r#""**""#));
        none(
            &on("Deny", r#""bedrock:CreateFoundationModelAgreement""#, models)
                .replace("\"Resource\"", "\"NotResource\""),
        );
    }

    #[test]
    fn a_wildcard_deny_on_resources_passes_by_actions_without() {
        one(
            &on("Deny", r#""bedrock:*FoundationModel*""#, r#""arn:aws:bedrock:*::foundation-model/*""#),
            "deny-passes-by-resourceless-actions",
            r#""bedrock:*FoundationModel*""#,
            "`bedrock:*FoundationModel*` takes in `bedrock:CreateFoundationModelAgreement`, `bedrock:DeleteFoundationModelAgreement`, `bedrock:GetFoundationModelAvailability` and 3 more, authorised on `*` only, which this statement never denies",
        );
        none(&on("Allow", r#""bedrock:*FoundationModel*""#, r#""arn:aws:bedrock:*::foundation-model/*""#));
    }

    #[test]
    fn accounts_have_twelve_digits() {
        one(
            &on("Allow", r#""sqs:SendMessage""#, r#""arn:aws:sqs:us-east-1:12345:q""#),
            "INVALID_ARN_ACCOUNT",
            r#""arn:aws:sqs:us-east-1:12345:q""#,
            "`12345` is not a 12-digit account id",
        );
        none(&on("Allow", r#""sqs:SendMessage""#, r#""arn:aws:sqs:us-east-1:1*:q""#));
    }

    #[test]
    fn a_resource_that_another_covers_is_redundant() {
        one(
            &on("Allow", r#""s3:GetObject""#, r#"["arn:aws:s3:::b/x","arn:aws:s3:::b/*"]"#),
            "REDUNDANT_RESOURCE",
            r#""arn:aws:s3:::b/x""#,
            "`arn:aws:s3:::b/x` is covered by `arn:aws:s3:::b/*` in the same list",
        );
        one(
            &on("Allow", r#""s3:GetObject""#, r#"["*","arn:aws:s3:::b/*"]"#),
            "REDUNDANT_RESOURCE",
            r#""arn:aws:s3:::b/*""#,
            "`arn:aws:s3:::b/*` is covered by `*` in the same list",
        );
        none(&on("Allow", r#""s3:GetObject""#, r#"["arn:aws:s3:::b/x","arn:aws:s3:::b/y*"]"#));
        none(&on("Allow", r#""s3:GetObject""#, r#"["arn:aws:s3:::B/x","arn:aws:s3:::b/*"]"#));
    }
}

mod variables {
    use super::*;

    fn home(resource: &str) -> String {
        format!(r#""Effect":"Allow","Action":"s3:GetObject","Resource":"{resource}""#)
    }

    #[test]
    fn without_version_a_variable_is_plain_text() {
        let statement = home("arn:aws:s3:::b/${aws:username}");
        check_document(
            PolicyType::Identity,
            &format!(r#"{{"Version":"2008-10-17","Statement":{{{statement}}}}}"#),
            &[(
                "VARIABLE_UNSUPPORTED_IN_VERSION",
                r#""arn:aws:s3:::b/${aws:username}""#,
                "`arn:aws:s3:::b/${aws:username}` is plain text in this version of the policy language, `${` and all",
            )],
        );
        none(&statement);
    }

    #[test]
    fn variables_stand_behind_the_fifth_colon() {
        one(
            &home("arn:aws:s3:${aws:RequestedRegion}::b/x"),
            "variable-before-fifth-colon",
            r#""arn:aws:s3:${aws:RequestedRegion}::b/x""#,
            "`arn:aws:s3:${aws:RequestedRegion}::b/x` has a variable before the fifth colon, where none is taken",
        );
        none(&home("arn:aws:s3:::${aws:RequestedRegion}/x"));
    }

    #[test]
    fn variables_stand_in_resources_texts_and_arns_only() {
        check(
            PolicyType::Identity,
            &allow(r#""s3:${aws:username}""#),
            &[(
                "VARIABLE_UNSUPPORTED_IN_ELEMENT",
                r#""s3:${aws:username}""#,
                "`Action` takes no variables; `${` is plain text here",
            )],
        );
        let on = |condition: &str| with(deny(r#""s3:GetObject""#), condition);
        one(
            &on(r#"{"NumericEquals":{"aws:MultiFactorAuthAge":"${aws:EpochTime}"}}"#),
            "variable-in-operator",
            r#""${aws:EpochTime}""#,
            "values of `NumericEquals` take no variables",
        );
        one(
            &on(r#"{"IpAddress":{"aws:SourceIp":"${aws:VpcSourceIp}"}}"#),
            "variable-in-operator",
            r#""${aws:VpcSourceIp}""#,
            "values of `IpAddress` take no variables",
        );
        one(
            &on(r#"{"Bool":{"aws:SecureTransport":"${aws:ViaAWSService}"}}"#),
            "variable-in-boolean",
            r#""${aws:ViaAWSService}""#,
            "whether values of `Bool` take variables is not settled",
        );
        none(&on(r#"{"StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}}"#));
        none(&on(r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::${aws:ResourceAccount}:role/x"}}"#));
    }

    #[test]
    fn what_looks_like_a_variable_is_one() {
        one(
            &home("arn:aws:s3:::b/${aws:username"),
            "MISSING_BRACE_IN_VARIABLE",
            r#""arn:aws:s3:::b/${aws:username""#,
            "`${aws:username` has no closing brace and is plain text",
        );
        one(
            &home("arn:aws:s3:::b/${}"),
            "EMPTY_VARIABLE",
            r#""arn:aws:s3:::b/${}""#,
            "`${}` names no key and is plain text",
        );
        one(
            &home("arn:aws:s3:::b/${username}"),
            "not-a-variable",
            r#""arn:aws:s3:::b/${username}""#,
            "`${username}` is not a variable and is plain text",
        );
        one(
            &home("arn:aws:s3:::b/${aws:TagKeys}"),
            "multi-valued-variable",
            r#""arn:aws:s3:::b/${aws:TagKeys}""#,
            "`aws:TagKeys` may have several values and cannot be a variable",
        );
        one(
            &home("arn:aws:s3:::b/${aws:user}"),
            "unknown-variable",
            r#""arn:aws:s3:::b/${aws:user}""#,
            "the IAM User Guide lists no global condition key `aws:user`, so the variable is never set",
        );
        none(&home("arn:aws:s3:::b/${*}${?}${$}"));
        none(&home("arn:aws:s3:::b/${aws:username, 'nobody'}"));
        none(&home("arn:aws:s3:::b/${transfer:UserName}"));
    }

    #[test]
    fn an_unset_variable_opens_a_deny() {
        let denied = home("arn:aws:s3:::b/${aws:PrincipalTag/team}").replace("Allow", "Deny");
        one(
            &denied,
            "unset-variable-opens-deny",
            r#""arn:aws:s3:::b/${aws:PrincipalTag/team}""#,
            "where a request carries no `aws:principaltag/team`, this Deny has no such resource",
        );
        none(&denied.replace("team}", "team, 'x'}"));
        none(&denied.replace("\"Resource\"", "\"NotResource\""));
    }
}

mod breadth {
    use super::*;

    #[test]
    fn allow_with_an_exception_list_allows_the_rest_of_the_world() {
        let statement = r#""Effect":"Allow","NotAction":"iam:*","Resource":"*""#;
        one(
            statement,
            "allow-with-not-action",
            r#""iam:*""#,
            "Allow with `NotAction` allows every action that is not listed, of all services, new ones included",
        );
        one(
            r#""Effect":"Allow","Action":"s3:GetObject","NotResource":["arn:aws:s3:::b/*"]"#,
            "allow-with-not-resource",
            r#"["arn:aws:s3:::b/*"]"#,
            "Allow with `NotResource` allows the actions on every resource that is not listed, new ones included",
        );
        none(&statement.replace("Allow", "Deny"));
    }

    #[test]
    fn exceptions_from_a_ceiling_are_suggestions() {
        let document =
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}}"#;
        let levels = |policy_type| {
            let findings = lint(&json::parse(document.as_bytes()).unwrap(), policy_type);
            findings.iter().map(|finding| finding.level).collect::<Vec<_>>()
        };
        assert_eq!(levels(PolicyType::Identity), [super::super::Level::SecurityWarning]);
        assert_eq!(levels(PolicyType::PermissionsBoundary), [super::super::Level::Suggestion]);
    }

    #[test]
    fn not_principal_names_who_is_spared() {
        let statement = r#""Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"*""#;
        check(
            PolicyType::Resource,
            statement,
            &[(
                "ALLOW_WITH_NOT_PRINCIPAL",
                r#"{"AWS":"111122223333"}"#,
                "Allow with `NotPrincipal` allows everyone who is not listed, callers without credentials included",
            )],
        );
        check(
            PolicyType::Resource,
            &statement.replace("Allow", "Deny"),
            &[(
                "deny-with-not-principal",
                r#"{"AWS":"111122223333"}"#,
                "Deny with `NotPrincipal` spares a role only if its account, the role and the session are listed, and nobody who has a permissions boundary",
            )],
        );
        check(PolicyType::Resource, &statement.replace("NotPrincipal", "Principal"), &[]);
    }

    #[test]
    fn roles_to_pass_are_named() {
        one(
            &allow(r#"["iam:PassRole","s3:GetObject"]"#),
            "PASS_ROLE_WITH_STAR_IN_RESOURCE",
            r#""iam:PassRole""#,
            "`iam:PassRole` on `*` lets the caller pass any role of the account, to any service",
        );
        one(
            &allow(r#""iam:*""#),
            "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
            r#""iam:*""#,
            "`iam:*` takes in `iam:PassRole`, which on `*` lets the caller pass any role of the account",
        );
        none(&with(
            allow(r#""iam:PassRole""#),
            r#"{"StringEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}}"#,
        ));
        none(r#""Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/x""#);
        none(&deny(r#""iam:PassRole""#));
    }
}

mod documents {
    use super::*;

    #[test]
    fn a_version_is_written() {
        let document = r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;
        let finding = (
            "MISSING_VERSION",
            document,
            "without `Version` the policy is one of 2008-10-17, which has no variables",
        );
        check_document(PolicyType::Identity, document, &[finding]);
        check_document(PolicyType::ServiceControl, &document.replace("Allow", "Deny"), &[]);
    }

    #[test]
    fn a_statement_is_written_once() {
        let first =
            r#"{"Sid":"a","Effect":"Deny","Action":["s3:GetObject","s3:PutObject"],"Resource":["*"]}"#;
        let second = r#"{"Sid":"b","Resource":"*","Action":["s3:PutObject","s3:GetObject"],"Effect":"Deny"}"#;
        check_document(
            PolicyType::Identity,
            &format!(r#"{{"Version":"2012-10-17","Statement":[{first},{second}]}}"#),
            &[("REDUNDANT_STATEMENT", second, "this statement says the same as statement 1")],
        );
        let other = second.replace("s3:PutObject", "s3:DeleteObject");
        check_document(
            PolicyType::Identity,
            &format!(r#"{{"Version":"2012-10-17","Statement":[{first},{other}]}}"#),
            &[],
        );
    }

    #[test]
    fn what_is_no_policy_gives_no_findings() {
        for document in [
            "[]",
            "{}",
            "1",
            r#"{"Statement":[]}"#,
            r#"{"Statement":[1,{"Effect":2}]}"#,
            r#"{"Statement":{"Effect":"Allow","Action":{},"Resource":3,"Condition":[]},"Version":"2012-10-17"}"#,
        ] {
            check_document(PolicyType::Identity, document, &[]);
        }
    }
}

mod bedrock {
    use super::*;

    fn allow_list(resources: &str) -> String {
        format!(r#""Effect":"Deny","Action":"bedrock:InvokeModel*","NotResource":[{resources}]"#)
    }

    #[test]
    fn an_allow_list_exempts_profiles_too() {
        let models = r#""arn:aws:bedrock:*::foundation-model/anthropic.*""#;
        check(
            PolicyType::ServiceControl,
            &allow_list(models),
            &[(
                "allow-list-forgets-profiles",
                r#"["arn:aws:bedrock:*::foundation-model/anthropic.*"]"#,
                "this allow-list exempts foundation models only and denies `application-inference-profile`, `async-invoke`, `bedrock-marketplace-model-endpoint` and 8 more; most current models run through an inference profile only",
            )],
        );
        check(
            PolicyType::ServiceControl,
            &allow_list(&format!(r#"{models},"arn:aws:bedrock:*:????????????:*""#)),
            &[],
        );
        check(
            PolicyType::ServiceControl,
            &allow_list(&format!(r#"{models},"arn:aws:bedrock:*:*:inference-profile/*""#)),
            &[],
        );
        check(
            PolicyType::ServiceControl,
            &allow_list(models).replace("InvokeModel*", "GetFoundationModel"),
            &[],
        );
    }

    #[test]
    fn a_profile_needs_the_models_behind_it() {
        let allowed = |resources: &str| {
            format!(r#""Effect":"Allow","Action":"bedrock:InvokeModel","Resource":[{resources}]"#)
        };
        let profile =
            r#""arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-opus-5-5""#;
        one(
            &allowed(profile),
            "profile-without-model",
            profile,
            "running this profile also needs the foundation model in every Region it may run in, which this policy does not allow",
        );
        none(&allowed(&format!(
            r#"{profile},"arn:aws:bedrock:*::foundation-model/anthropic.claude-opus-5-5""#
        )));
        none(&allowed(r#""arn:aws:bedrock:*::foundation-model/anthropic.claude-opus-5-5""#));
    }

    #[test]
    fn a_deny_by_name_may_leave_bidirectional_streams() {
        one(
            &deny(r#"["bedrock:InvokeModel","bedrock:InvokeModelWithResponseStream"]"#),
            "deny-may-leave-bidirectional-streams",
            r#""bedrock:InvokeModel""#,
            "AWS does not say which action authorises InvokeModelWithBidirectionalStream; this Deny may leave it open",
        );
        none(&deny(r#""bedrock:InvokeModel*""#));
        none(&allow(r#"["bedrock:InvokeModel","bedrock:InvokeModelWithResponseStream"]"#));
    }

    #[test]
    fn keys_that_never_expire_carry_no_age() {
        let create = deny(r#""iam:CreateServiceSpecificCredential""#);
        let too_old =
            with(create.clone(), r#"{"NumericGreaterThan":{"iam:ServiceSpecificCredentialAgeDays":"30"}}"#);
        let ageless = with(create, r#"{"Null":{"iam:ServiceSpecificCredentialAgeDays":"true"}}"#);
        one(
            &too_old,
            "never-expiring-keys-pass",
            r#""iam:ServiceSpecificCredentialAgeDays""#,
            "a credential that never expires carries no `iam:ServiceSpecificCredentialAgeDays`, so this Deny passes it by",
        );
        check_document(
            PolicyType::Identity,
            &format!(r#"{{"Version":"2012-10-17","Statement":[{{{too_old}}},{{{ageless}}}]}}"#),
            &[],
        );
    }
}

mod organizations {
    use super::*;

    fn rcp(action: &str) -> String {
        format!(r#""Effect":"Deny","Principal":"*","Action":{action},"Resource":"*""#)
    }

    #[test]
    fn resource_control_policies_reach_some_services() {
        check(
            PolicyType::ResourceControl,
            &rcp(r#"["s3:GetObject","bedrock:InvokeModel"]"#),
            &[(
                "rcp-service-out-of-reach",
                r#""bedrock:InvokeModel""#,
                "resource control policies do not reach the service of `bedrock:InvokeModel`; this denies nothing",
            )],
        );
        check(
            PolicyType::ResourceControl,
            &rcp(r#""s3*:GetObject""#),
            &[(
                "rcp-service-out-of-reach",
                r#""s3*:GetObject""#,
                "`s3*:GetObject` takes in actions of `s3-object-lambda`, `s3-outposts`, which resource control policies do not reach",
            )],
        );
        check(PolicyType::ResourceControl, &rcp(r#""s3:*""#), &[]);
        check(PolicyType::ServiceControl, &deny(r#""bedrock:InvokeModel*""#), &[]);
    }

    #[test]
    fn a_narrow_allow_limits_nothing_beside_full_access() {
        let narrow = allow(r#""s3:*""#);
        let document = format!(r#"{{"Version":"2012-10-17","Statement":[{{{narrow}}}]}}"#);
        check_document(
            PolicyType::ServiceControl,
            &document,
            &[(
                "scp-narrow-allow",
                &format!("{{{narrow}}}"),
                "this Allow limits nothing while another policy at the same root, OU or account allows more, as FullAWSAccess does",
            )],
        );
        check(PolicyType::ServiceControl, &allow(r#""*""#), &[]);
        check(PolicyType::Identity, &narrow, &[]);
    }

    #[test]
    fn service_linked_roles_are_out_of_reach() {
        let principal = r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/aws-service-role/*"}}"#;
        check(
            PolicyType::ServiceControl,
            &with(deny(r#""s3:GetObject""#), principal),
            &[(
                "service-linked-role-out-of-reach",
                r#""arn:aws:iam::*:role/aws-service-role/*""#,
                "a service control policy does not reach service-linked roles; this denies nothing",
            )],
        );
        check(
            PolicyType::ServiceControl,
            &with(deny(r#""s3:GetObject""#), &principal.replace("ArnLike", "ArnNotLike")),
            &[],
        );
        check(PolicyType::Identity, &with(deny(r#""s3:GetObject""#), principal), &[]);
    }
}

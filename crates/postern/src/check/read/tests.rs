//! Documents are found in the shapes in which people have them, with their kinds, names and places.

use iam::json::Node;

use super::{Content, DOCUMENT_BYTES_MAX, read};
use crate::check::document::{Document, statements};
use crate::check::finding::Exactness;
use crate::check::hole::MARK;
use crate::check::source::Source;

const POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;

fn content(name: &str, text: &str) -> Content {
    read(&Source::new(name, text), 0, None)
}

/// Kind and name of every document.
#[track_caller]
fn finds(name: &str, text: &str, expected: &[(&str, &str)]) {
    let content = content(name, text);
    assert!(content.errors.is_empty(), "{:?}", content.errors);
    let found: Vec<(&str, &str)> = content
        .documents
        .iter()
        .map(|document| (document.kind.name(), document.name.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(found, expected, "{text}");
}

/// The first action of the first statement, and where it stands in the source.
fn action(document: &Document) -> &Node {
    let action = statements(&document.node)[0].get("Action").unwrap();
    action.as_list().map_or(action, |list| &list[0])
}

/// Where the first action stands, as it is written there.
#[track_caller]
fn stands(name: &str, text: &str, expected: &str) {
    let content = content(name, text);
    let document = &content.documents[0];
    let node = action(document);
    assert_eq!(&text[node.start..node.end], expected);
    assert_eq!(document.exactness, Exactness::Exact);
}

fn escaped(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

#[test]
fn a_policy_a_statement_and_a_list_of_statements() {
    finds("x.json", POLICY, &[("identity", "")]);
    let statement = r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#;
    finds("x.json", statement, &[("scp", "")]);
    finds("x.json", &format!("[{statement},{statement}]"), &[("scp", "")]);
    let content = content("x.json", statement);
    assert_eq!(
        content.documents[0].completed,
        Some("a bare statement is read as a policy of version 2012-10-17")
    );
    stands("x.json", statement, r#""s3:*""#);
}

#[test]
fn many_policies_in_one_file() {
    finds(
        "x.json",
        &format!("[{POLICY},{{\"name\":\"b\",\"policy\":{POLICY}}}]"),
        &[("identity", ""), ("identity", "b")],
    );
    finds(
        "x.jsonl",
        &format!("{POLICY}\n\n{{\"name\":\"b\",\"type\":\"boundary\",\"policy\":{POLICY}}}\n"),
        &[("identity", ""), ("boundary", "b")],
    );
    finds(
        "x.yaml",
        "Statement:\n  - {Effect: Allow, Action: 's3:*', Resource: '*'}\n---\nbedrock:\n  guardrail_inference: {}\n",
        &[("identity", ""), ("bedrock", "")],
    );
}

#[test]
fn what_the_aws_cli_prints() {
    let described = format!(
        r#"{{"Policy":{{"PolicySummary":{{"Name":"fence","Type":"SERVICE_CONTROL_POLICY","AwsManaged":false}},"Content":{}}}}}"#,
        escaped(POLICY)
    );
    finds("x.json", &described, &[("scp", "fence")]);
    stands("x.json", &described, r#"\"s3:GetObject\""#);
    let managed = described.replace("\"AwsManaged\":false", "\"AwsManaged\":true");
    finds("x.json", &managed, &[]);
    let role = format!(r#"{{"Role":{{"RoleName":"app","AssumeRolePolicyDocument":{POLICY}}}}}"#);
    finds("x.json", &role, &[("trust", "app")]);
    let inline = format!(r#"{{"RoleName":"app","PolicyName":"models","PolicyDocument":{POLICY}}}"#);
    finds("x.json", &inline, &[("identity", "models")]);
    let version =
        format!(r#"{{"PolicyVersion":{{"Document":{POLICY},"VersionId":"v1","IsDefaultVersion":true}}}}"#);
    finds("x.json", &version, &[("identity", "")]);
    finds("x.json", &version.replace("true", "false"), &[]);
    let encoded = r#"{"PolicyName":"p","PolicyDocument":"%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Deny%22%2C%22Action%22%3A%22s3%3A%2A%22%7D%5D%7D"}"#;
    finds("x.json", encoded, &[("identity", "p")]);
}

#[test]
fn an_account_dump_gives_what_is_in_force_and_what_is_attached() {
    let dump = format!(
        r#"{{"UserDetailList":[],"RoleDetailList":[{{"RoleName":"app","AssumeRolePolicyDocument":{POLICY},
        "RolePolicyList":[{{"PolicyName":"own","PolicyDocument":{POLICY}}}],
        "AttachedManagedPolicies":[{{"PolicyName":"P","PolicyArn":"arn:aws:iam::aws:policy/PowerUserAccess"}}]}}],
        "Policies":[
          {{"PolicyName":"mine","Arn":"arn:aws:iam::111122223333:policy/mine","AttachmentCount":1,"PermissionsBoundaryUsageCount":0,
            "PolicyVersionList":[{{"Document":{POLICY},"IsDefaultVersion":false}},{{"Document":{POLICY},"IsDefaultVersion":true}}]}},
          {{"PolicyName":"edge","Arn":"arn:aws:iam::111122223333:policy/edge","AttachmentCount":0,"PermissionsBoundaryUsageCount":3,
            "PolicyVersionList":[{{"Document":{POLICY},"IsDefaultVersion":true}}]}},
          {{"PolicyName":"theirs","Arn":"arn:aws:iam::aws:policy/theirs",
            "PolicyVersionList":[{{"Document":{POLICY},"IsDefaultVersion":true}}]}}]}}"#
    );
    finds(
        "x.json",
        &dump,
        &[("trust", "app"), ("identity", "own"), ("identity", "mine"), ("boundary", "edge")],
    );
    let attachments = content("x.json", &dump).attachments;
    assert_eq!(attachments.len(), 1);
    assert_eq!(attachments[0].arn, "arn:aws:iam::aws:policy/PowerUserAccess");
}

#[test]
fn a_plan_of_terraform_gives_each_resource_once_and_tells_what_is_not_known_yet() {
    let text = escaped(POLICY);
    let plan = format!(
        r#"{{"format_version":"1.2","planned_values":{{"root_module":{{"resources":[
          {{"address":"aws_organizations_policy.fence","mode":"managed","type":"aws_organizations_policy","values":{{"content":{text},"type":"SERVICE_CONTROL_POLICY"}}}},
          {{"address":"aws_iam_role.app","mode":"managed","type":"aws_iam_role","values":{{"assume_role_policy":{text},
             "inline_policy":[{{"name":"own","policy":{text}}}],"managed_policy_arns":["arn:aws:iam::aws:policy/PowerUserAccess"]}}}}],
          "child_modules":[{{"resources":[{{"address":"module.a.aws_kms_key.k","mode":"managed","type":"aws_kms_key","values":{{"policy":{text}}}}}]}}]}}}},
        "resource_changes":[
          {{"address":"aws_iam_role.app","type":"aws_iam_role","change":{{"actions":["create"],"after":{{"assume_role_policy":{text}}},"after_unknown":{{}}}}}},
          {{"address":"aws_s3_bucket_policy.b","type":"aws_s3_bucket_policy","change":{{"actions":["update"],"after":{{"policy":{text}}},"after_unknown":{{}}}}}},
          {{"address":"aws_iam_policy.late","type":"aws_iam_policy","change":{{"actions":["create"],"after":{{}},"after_unknown":{{"policy":true}}}}}},
          {{"address":"aws_iam_policy.gone","type":"aws_iam_policy","change":{{"actions":["delete"],"after":{{"policy":{text}}},"after_unknown":{{}}}}}}]}}"#
    );
    finds(
        "plan.json",
        &plan,
        &[
            ("scp", "aws_organizations_policy.fence"),
            ("trust", "aws_iam_role.app"),
            ("identity", "aws_iam_role.app own"),
            ("resource", "module.a.aws_kms_key.k"),
            ("resource", "aws_s3_bucket_policy.b"),
        ],
    );
    let content = content("plan.json", &plan);
    assert_eq!(content.unknowns.len(), 1);
    assert_eq!(content.unknowns[0].what, "aws_iam_policy.late.policy");
    assert_eq!(content.attachments[0].to, "aws_iam_role.app");
    stands("plan.json", &plan, r#"\"s3:GetObject\""#);
}

const TEMPLATE: &str = "\
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns:
        - !Sub arn:${AWS::Partition}:iam::aws:policy/PowerUserAccess
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: { Service: bedrock.amazonaws.com }
            Action: sts:AssumeRole
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Effect: Allow
                Action: bedrock:InvokeModel
                Resource:
                  - !Sub arn:${AWS::Partition}:bedrock:*:${AWS::AccountId}:inference-profile/${Name}
                  - !GetAtt Key.Arn
              - !If [Narrow, { Effect: Deny, Action: 's3:*', Resource: '*' }, !Ref AWS::NoValue]
  Fence:
    Type: AWS::Organizations::Policy
    Properties:
      Type: SERVICE_CONTROL_POLICY
      Content:
        Version: '2012-10-17'
        Statement: { Effect: Deny, Action: 'bedrock:*', Resource: '*' }
";

#[test]
fn a_template_of_cloudformation_gives_policies_with_unknown_parts() {
    finds("t.yaml", TEMPLATE, &[("trust", "Role"), ("identity", "Role own"), ("scp", "Fence")]);
    let content = content("t.yaml", TEMPLATE);
    let own = &content.documents[1];
    let resources = statements(&own.node)[0].get("Resource").unwrap().as_list().unwrap();
    let profile = resources[0].as_text().unwrap();
    assert_eq!(profile, format!("arn:aws:bedrock:*:111122223333:inference-profile/{MARK}"));
    assert_eq!(resources[1].as_text().unwrap(), MARK.to_string());
    assert_eq!(own.holes.len(), 2);
    assert!(own.placeholders.is_empty());
    assert_eq!(statements(&own.node).len(), 2, "a statement of either branch may stand");
    assert_eq!(content.attachments[0].arn, "arn:aws:iam::aws:policy/PowerUserAccess");
    stands("t.yaml", TEMPLATE, "sts:AssumeRole");
}

#[test]
fn the_same_template_in_json_is_the_same() {
    let text = format!(
        r#"{{"Resources":{{"P":{{"Type":"AWS::S3::BucketPolicy","Properties":{{"Bucket":"b","PolicyDocument":{{"Statement":[{{
        "Effect":"Deny","Principal":"*","Action":"s3:*","Resource":{{"Fn::Join":["",["arn:aws:s3:::",{{"Ref":"B"}},"/*"]]}}}}]}}}}}},
        "Q":{{"Type":"AWS::IAM::ManagedPolicy","Properties":{{"PolicyDocument":{{"Fn::Sub":{}}}}}}}}}}}"#,
        escaped(POLICY)
    );
    finds("t.json", &text, &[("resource", "P"), ("identity", "Q")]);
    let content = content("t.json", &text);
    let resource = statements(&content.documents[0].node)[0].get("Resource").unwrap();
    assert_eq!(resource.as_text().unwrap(), format!("arn:aws:s3:::{MARK}/*"));
}

#[test]
fn what_is_no_policy_gives_nothing_and_what_cannot_be_read_says_where() {
    finds("x.json", r#"{"a":[1,{"b":"c"}]}"#, &[]);
    finds("x.yaml", "a: [1, 2]\n", &[]);
    let content = content("x.json", "{\n  \"Statement\": [ // no\n  ]\n}");
    assert_eq!(content.errors[0].message, "JSON has no comments, and IAM accepts none");
    let inside =
        r#"{"Policy":{"PolicySummary":{"Type":"SERVICE_CONTROL_POLICY"},"Content":"{\"Statement\": [,]}"}}"#;
    let error = &super::read(&Source::new("x.json", inside), 0, None).errors[0];
    assert_eq!(&inside[error.offset..=error.offset], ",");
}

#[test]
fn folded_yaml_is_told_by_where_it_begins() {
    let text = "name: a\ntype: scp\npolicy: >-\n  {\"Statement\": [{\"Effect\": \"Deny\",\n  \"Action\": \"s3:*\", \"Resource\": \"*\"}]}\n";
    let content = content("x.yaml", text);
    assert_eq!(content.documents.len(), 1);
    assert_eq!(content.documents[0].kind.name(), "scp");
    let block = text.replace(">-", "|");
    stands("x.yaml", &block, "\"s3:*\"");
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_place() {
    let source = Source::of_bytes("x.json", b"{\"Statement\":\n [\xff]}".to_vec());
    let content = super::read(&source, 0, None);
    assert!(content.documents.is_empty());
    assert_eq!(content.errors[0].message, "the text is not valid UTF-8");
    let place = source.place(content.errors[0].offset);
    assert_eq!((place.line, place.column), (2, 3));
}

#[test]
fn a_document_that_is_too_long_is_told_and_not_read() {
    let statement = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#;
    let of = |statements: usize| format!(r#"{{"Statement":[{}]}}"#, vec![statement; statements].join(","));
    let fits = DOCUMENT_BYTES_MAX / (statement.len() + 1);
    assert_eq!(content("x.json", &of(fits - 1)).documents.len(), 1);
    let too_long = content("x.json", &of(fits + 1));
    assert!(too_long.documents.is_empty());
    assert!(too_long.errors[0].message.starts_with("a document of 104"), "{}", too_long.errors[0].message);
}

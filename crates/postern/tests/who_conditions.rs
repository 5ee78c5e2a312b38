//! Who may under conditions: those whom some request lets in, and nobody else.

use std::fs;
use std::path::{Path, PathBuf};

use postern::stack::{Data, Extent};
use postern::who::{self, Ask};

const BUCKET: &str = "arn:aws:s3:::open";

/// A store of iam-collect with one account: a bucket, and roles that may read it, read other things, or nothing.
fn store(name: &str, bucket_policy: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&root);
    let account = root.join("aws/aws/accounts/111122223333");
    let write = |path: String, text: &str| {
        let file = account.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    write("s3/open/metadata.json".into(), &format!(r#"{{"arn":"{BUCKET}","name":"open"}}"#));
    write("s3/open/policy.json".into(), bucket_policy);
    for (role, statement) in [
        ("reader", r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#),
        ("other", r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*"}"#),
        (
            "nobody",
            r#"{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}"#,
        ),
    ] {
        let arn = format!("arn:aws:iam::111122223333:role/{role}");
        write(format!("iam/role/{role}/metadata.json"), &format!(r#"{{"arn":"{arn}","name":"{role}"}}"#));
        let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
        write(format!("iam/role/{role}/trust-policy.json"), trust);
        let policy = format!(
            r#"[{{"PolicyName":"own","PolicyDocument":{{"Version":"2012-10-17","Statement":{statement}}}}}]"#
        );
        write(format!("iam/role/{role}/inline-policies.json"), &policy);
    }
    root
}

/// Who may read, by role: `name:standing`, denied ones left out.
#[track_caller]
fn check(name: &str, statement: &str, expected: &[&str]) {
    let document = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
    let data = Data::read(&store(name, &document), Extent::Everything)
        .unwrap_or_else(|complaints| panic!("{complaints:?}"));
    let ask = Ask {
        actions: vec!["s3:GetObject".to_owned()],
        resource: Some(format!("{BUCKET}/a")),
        ..Ask::default()
    };
    let found = who::who(&data, &ask).unwrap_or_else(|complaints| panic!("{complaints:?}"));
    let entries = found.topics.iter().flat_map(|topic| &topic.entries);
    let shown: Vec<String> = entries
        .map(|entry| {
            let name = entry.caller.name();
            format!("{}:{}", name.rsplit('/').next().unwrap_or_default(), entry.standing.name())
        })
        .collect();
    assert_eq!(shown, expected, "{statement}");
}

#[test]
fn a_deny_with_an_open_condition_lets_nobody_in_whom_nothing_allows() {
    check(
        "who-vpce",
        r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}}"#,
        &["reader:allowed_if"],
    );
}

#[test]
fn an_allow_with_an_open_condition_lets_in_under_it() {
    check(
        "who-ip",
        r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}"#,
        &["reader:allowed"],
    );
    check(
        "who-ip-role",
        r#"{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:role/other","arn:aws:iam::111122223333:role/nobody"]},"Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}"#,
        &["nobody:allowed_if", "other:allowed_if", "reader:allowed"],
    );
}

#[test]
fn a_deny_without_condition_shuts_out_whatever_allows() {
    check("who-deny", r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}"#, &[]);
}

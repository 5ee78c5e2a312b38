//! The program as a shell sees it: what it prints where, and how it ends.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

fn postern(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_postern"))
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn ends(arguments: &[&str], code: i32) -> String {
    let output = postern(arguments, b"");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
    format!("{out}{err}")
}

const STACK: &str = "examples/first-allow-list/stack.yaml";
const HOLDS: &str = "examples/first-allow-list/stack-that-holds.yaml";
const MODEL: [&str; 4] = ["--model", "us.anthropic.claude-opus-5-5", "--region", "us-east-1"];

#[test]
fn exit_codes_tell_yes_no_open_and_bad_input_apart() {
    ends(&[&["can", "--stack", HOLDS][..], &MODEL].concat(), 0);
    ends(&[&["why", "--stack", STACK][..], &MODEL].concat(), 1);
    let ann = "arn:aws:iam::111122223333:user/ann";
    let limited = "arn:aws:iam::aws:policy/AmazonBedrockMarketplaceAccess";
    let asked = [
        "--action",
        "sagemaker:DeleteEndpoint",
        "--resource",
        "arn:aws:sagemaker:us-east-1:111122223333:endpoint/e",
    ];
    let open = [&["can", "--principal", ann, "--identity", limited][..], &asked].concat();
    assert!(ends(&open, 4).contains("What decides"));
    assert!(
        ends(&["can", "--principal", "ann", "--action", "s3:Get*", "--resource", "*"], 2).contains("error")
    );
    assert!(
        ends(&["why", "--stack", "no-such.yaml", "--action", "a:b", "--resource", "*"], 2)
            .contains("no-such.yaml")
    );
    assert!(ends(&["can", "--principal", ann], 2).contains("nothing is asked for"));
}

#[test]
fn a_pipe_gets_no_colours() {
    let text = ends(&["demo"], 0);
    assert!(text.contains("What to try next") && !text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn json_comes_in_the_envelope() {
    let text = ends(&[&["why", "--stack", STACK, "--format", "json"][..], &MODEL].concat(), 1);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&value["verb"], &value["version"]), (&"why".into(), &1.into()));
    assert_eq!(value["result"]["decision"], "explicit_deny");
    assert_eq!(value["result"]["steps"].as_array().unwrap().len(), 4);
}

#[test]
fn eval_answers_every_line_and_goes_on_after_a_bad_one() {
    let mut input = b"{\"id\":1,\"request\":{}}\n\n{\"id\": \"trunc\n\xff\xfe\n".to_vec();
    input.extend([b'['; 100]);
    input.extend(b"\n{\"id\":\"dup\",\"id\":2}\n{\"id\":\"deep\",\"layers\":{\"scpp\":[]},\"request\":7}\n");
    let output = postern(&["eval"], &input);
    let text = String::from_utf8(output.stdout).unwrap();
    let decisions: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(decisions.len(), 6, "{text}");
    assert!(decisions.iter().all(|one| one["decision"] == "error" && !one["reasons"][0].is_null()), "{text}");
    assert!(text.contains("`layers` has no field `scpp`"), "{text}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(ends(&["completions", shell], 0).contains("postern"));
    }
}

#[test]
fn a_snapshot_is_made_by_a_script_that_can_be_read() {
    let script = ends(&["snapshot", "commands", "--region", "us-east-1", "--region", "eu-west-1"], 0);
    assert!(script.starts_with("#!/usr/bin/env bash\n") && script.contains("regions=(us-east-1 eu-west-1)"));
    let policy = ends(&["snapshot", "commands", "--policy"], 0);
    assert!(policy.contains("\"iam:GetAccountAuthorizationDetails\"") && !policy.contains("sts:AssumeRole"));
    let with_role = ends(&["snapshot", "commands", "--policy", "--role", "audit/reader"], 0);
    assert!(with_role.contains("arn:aws:iam::*:role/audit/reader"));
    assert!(ends(&["snapshot", "commands"], 2).contains("--region"));
    assert!(ends(&["snapshot", "commands", "--region", "$(x)"], 2).contains("is not the name of a Region"));
    assert!(ends(&["snapshot", "commands", "--region", "us-east-1", "--account", "1"], 2).contains("--role"));
    let unknown = ends(&["snapshot", "commands", "--region", "us-moon-1"], 0);
    assert!(unknown.contains("note: `us-moon-1` is no Region that is known here"));
}

#[test]
fn check_asks_a_snapshot_as_a_whole() {
    let rule = ["check", "examples/acme", "--rule", "allow-list-without-effect"];
    assert!(ends(&rule, 1).contains("it has no effect at sandbox"));
}

/// Every command that the README shows ends as it says there.
#[test]
fn the_commands_of_the_readme_do_what_they_say() {
    let folder = std::env::temp_dir().join(format!("postern-fence-{}", std::process::id()));
    for (command, code) in [
        ("doors examples/acme", 0),
        ("who --snapshot examples/acme --door claude-platform", 0),
        ("who --snapshot examples/acme --model anthropic.claude-opus-5-5", 0),
        ("snapshot commands --region us-east-1 --region eu-west-1", 0),
        ("snapshot commands --policy", 0),
        ("plan --charter examples/acme-charter.yaml --snapshot examples/acme --as-of 2026-11-26", 0),
        (
            &format!(
                "plan --charter examples/acme-charter.yaml --snapshot examples/acme --as-of 2026-11-26 --out {}",
                folder.display()
            ),
            0,
        ),
        ("init examples/acme", 0),
        ("check examples/first-allow-list examples/acme", 1),
        (
            "why --stack examples/first-allow-list/stack.yaml --model us.anthropic.claude-opus-5-5 --region us-east-1",
            1,
        ),
        (
            "why --snapshot examples/acme --principal arn:aws:iam::555555555555:role/app-checkout --model us.anthropic.claude-sonnet-5-5 --region us-east-1",
            4,
        ),
        (
            "why --principal arn:aws:iam::111122223333:user/ann --identity arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess --scp FullAWSAccess,examples/first-allow-list/as-it-holds.json --model amazon.nova-pro-v1:0 --region us-east-1",
            1,
        ),
        (
            "can --principal arn:aws:iam::111122223333:user/ann --action s3:GetObject --resource arn:aws:s3:::bucket/key --identity arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
            0,
        ),
        ("eval corpus/scp.jsonl", 0),
    ] {
        ends(&command.split(' ').collect::<Vec<_>>(), code);
    }
    assert!(folder.join("apply.sh").is_file());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_is_named_and_not_there_is_bad_input_or_said() {
    let told = |command: &str, code: i32, expected: &str| {
        let text = ends(&command.split(' ').collect::<Vec<_>>(), code);
        assert!(text.contains(expected), "{command}: {text}");
    };
    told("doors examples/acme --door runtime --account 123456789999", 2, "no account `123456789999`");
    told("doors examples/acme --account 555555555555", 2, "--door or --model");
    told("doors examples/acme --model anthropic.claude-opus-5-6", 0, "did you mean");
    told("check examples/first-allow-list --as-of 2026-13-01", 2, "is not a day");
    told("plan --charter no.yaml --snapshot examples/acme", 2, "no.yaml");
    let ann = "can --principal arn:aws:iam::111122223333:user/ann --identity arn:aws:iam::aws:policy/AdministratorAccess --resource *";
    told(&format!("{ann} --action bedrock:InvokeModle"), 0, "did you mean `bedrock:InvokeModel`");
    told(&format!("{ann} --action bedrock:Converse"), 0, "knows no action `bedrock:Converse`");
    let empty = std::env::temp_dir().join(format!("postern-empty-{}", std::process::id()));
    std::fs::create_dir_all(&empty).unwrap();
    told(&format!("check {}", empty.display()), 2, "nothing to check");
    std::fs::remove_dir(&empty).unwrap();
}

#[test]
fn what_is_not_known_is_never_shown_as_allowed_or_denied() {
    let stranger = "arn:aws:iam::123123123123:role/x";
    let model = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0";
    let asked = ["--action", "bedrock:InvokeModel", "--resource", model, "--snapshot", "examples/acme"];
    let text = ends(&[&["why", "--principal", stranger][..], &asked].concat(), 4);
    assert!(text.contains("? bedrock:InvokeModel") && text.contains("is not known"), "{text}");
    assert!(!text.contains("statement 0") && !text.contains("✓ "), "{text}");
    // Every key has a policy; of one that its account does not list nobody can say what it says.
    let key = "arn:aws:kms:us-east-1:555555555555:key/11111111-2222-3333-4444-555555555555";
    let text = ends(&["who", "--action", "kms:Decrypt", "--resource", key, "--snapshot", "examples/acme"], 0);
    assert!(text.contains("lists no such key"), "{text}");
}

#[test]
fn a_charter_is_checked_and_the_demo_shows_what_it_closes() {
    ends(&["check", "examples/acme-charter.yaml"], 0);
    // The demo never shows a door that more people pass after the fence than before.
    let text = ends(&["demo"], 0);
    let table = text.split("One list in, a fence out").nth(1).unwrap();
    let rows = table.lines().filter(|line| line.contains(" in ")).filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [_, before, "in", _, after, "in", _] => {
                Some((before.parse::<u32>().ok()?, after.parse::<u32>().ok()?))
            }
            _ => None,
        }
    });
    let rows: Vec<(u32, u32)> = rows.collect();
    assert!(rows.len() > 10 && rows.iter().all(|(before, after)| after < before), "{rows:?}");
}

#[test]
fn charters_are_laid_out_all_or_none() {
    let folder = std::env::temp_dir().join(format!("postern-fmt-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let untidy = "charter:   1 # ours\nareas: []\n";
    let (one, broken) = (file("one.yaml", untidy), file("broken.yaml", "a: [\n"));
    let text = ends(&["fmt", &one, &broken], 2);
    assert!(text.contains("broken.yaml:1:4: not valid YAML"), "{text}");
    assert_eq!(std::fs::read_to_string(&one).unwrap(), untidy, "nothing is changed where one is broken");
    assert!(ends(&["fmt", "--check", &one], 1).contains("one.yaml"));
    ends(&["fmt", &one], 0);
    assert_eq!(std::fs::read_to_string(&one).unwrap(), "charter: 1 # ours\nareas: []\n");
    assert_eq!(ends(&["fmt", "--check", &one, "examples/acme-charter.yaml"], 0), "");
    let piped = postern(&["fmt", "-"], untidy.as_bytes());
    assert_eq!(String::from_utf8_lossy(&piped.stdout), "charter: 1 # ours\nareas: []\n");
    std::fs::remove_dir_all(&folder).unwrap();
}

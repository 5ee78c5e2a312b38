//! The scripts of a plan's folder, run by bash: every one is read without a fault, and the one that makes guardrails does what it
//! says with a stand-in for the AWS CLI that remembers what was made. Does not call AWS.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use postern::plan::{day, plan, script};

/// Answers as the AWS CLI would, and keeps what is made as files in `STATE`.
const STAND_IN: &str = r##"#!/usr/bin/env bash
set -euo pipefail
call="$1 $2" region=none; args=("$@")
of() { local at; for ((at = 0; at < ${#args[@]}; at++)); do [[ ${args[at]} == "$1" ]] && echo "${args[at + 1]}" && return; done; true; }
region=$(of --region); query=$(of --query); id=$(of --guardrail-identifier); arn=$(of --resource-arn)
draft=$STATE/draft-$region; versions=$STATE/versions-$region
said() { sed -n 's/.*"description": "\(.*\)",/\1/p' "${1#file://}"; }
note() { echo "$call $region" >>"$STATE/log"; }
case $call in
  "bedrock list-guardrails")
    if [[ -z $id ]]; then
      [[ -e $draft ]] && echo "\"arn:aws:bedrock:$region:111122223333:guardrail/made\"" || echo null
    else
      found=$(grep -nFx "$(cat "$draft")" "$versions" 2>/dev/null | tail -1 | cut -d: -f1 || true)
      [[ $query == *"description=='$(cat "$draft")'"* && -n $found ]] && echo "\"$found\"" || echo null
    fi ;;
  "bedrock get-guardrail") [[ $query == status ]] && echo READY || echo "\"$(cat "$draft")\"" ;;
  "bedrock create-guardrail" | "bedrock update-guardrail")
    note; said "$(of --cli-input-json)" >"$draft"
    echo "arn:aws:bedrock:$region:111122223333:guardrail/made" ;;
  "bedrock create-guardrail-version") note; of --description >>"$versions"; wc -l <"$versions" | tr -d ' ' ;;
  "bedrock get-resource-policy")
    file=$STATE/policy-${arn//[:\/]/_}
    [[ -e $file ]] || { echo "An error occurred (ResourceNotFoundException)" >&2; exit 254; }
    cat "$file" ;;
  "bedrock put-resource-policy")
    [[ $REFUSES == "$region" ]] && echo "An error occurred (AccessDeniedException)" >&2 && exit 254
    note; of --resource-policy >"$STATE/policy-${arn//[:\/]/_}" ;;
  *) echo "no answer to: $*" >&2; exit 1 ;;
esac
"##;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("postern-scripts-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("state")).unwrap();
        Self(path)
    }

    /// Writes the folder of a plan.
    fn fill(&self, charter: &str) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme");
        let estate = postern::snapshot::open(&root).unwrap();
        let plan = plan("charter.yaml", charter, &estate, day("2026-11-26").as_ref())
            .unwrap_or_else(|wrong| panic!("{}", wrong[0]));
        for (name, text) in script::folder(&plan) {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    /// What `guardrails.sh` prints, and what the stand-in did.
    fn run(&self) -> (String, Vec<String>) {
        let (printed, did, _) = self.run_where("none");
        (printed, did)
    }

    /// The same where a Region refuses policies, and what is complained of.
    fn run_where(&self, refuses: &str) -> (String, Vec<String>, String) {
        let path = format!("{}:{}", self.0.display(), std::env::var("PATH").unwrap());
        let log = self.0.join("state/log");
        let _ = fs::remove_file(&log);
        let done = Command::new("bash")
            .arg(self.0.join("guardrails.sh"))
            .env("PATH", path)
            .env("STATE", self.0.join("state"))
            .env("REFUSES", refuses)
            .output()
            .unwrap();
        let complained = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{complained}");
        let did = fs::read_to_string(log).unwrap_or_default();
        let printed = String::from_utf8(done.stdout).unwrap();
        (printed, did.lines().map(str::to_owned).collect(), complained)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn charter(baseline: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme-charter.yaml");
    let text = fs::read_to_string(path).unwrap();
    let (head, rest) = text.split_once("  baseline:\n").unwrap();
    let (_, tail) = rest.split_once("roles:\n").unwrap();
    format!("{head}  baseline: {baseline}\nroles:\n{tail}")
}

#[test]
fn every_script_can_be_read() {
    let folder = Folder::new("read");
    folder.fill(&charter("{ regions: [us-east-1, us-west-2, eu-central-1], prompt-attack: medium }"));
    let scripts = ["apply.sh", "budgets.sh", "guardrails.sh", "hubs.sh", "roles.sh", "watch.sh"];
    for name in scripts {
        let read = Command::new("bash").arg("-n").arg(folder.0.join(name)).output().unwrap();
        assert!(read.status.success(), "{name}: {}", String::from_utf8_lossy(&read.stderr));
    }
}

#[test]
fn guardrails_are_made_once_and_again_where_they_change() {
    let folder = Folder::new("guardrails");
    let stand_in = folder.0.join("aws");
    fs::write(&stand_in, STAND_IN).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&stand_in, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let first = "{ regions: [us-east-1, us-west-2, eu-central-1], prompt-attack: medium, words: [kestrel] }";
    folder.fill(&charter(first));
    let lines = |version: u8| -> String {
        let of = |region: &&str| {
            format!("      {region}: \"arn:aws:bedrock:{region}:111122223333:guardrail/made:{version}\"\n")
        };
        let regions = ["eu-central-1", "us-east-1", "us-west-2"];
        format!("  baseline:\n    existing:\n{}", regions.iter().map(of).collect::<String>())
    };
    let (printed, did) = folder.run();
    assert_eq!(printed, lines(1));
    // Made, given a version and shared, in three Regions.
    assert_eq!(did.len(), 9, "{did:#?}");
    let policy = folder.0.join("state/policy-arn_aws_bedrock_us-east-1_111122223333_guardrail_made");
    let policy: serde_json::Value = serde_json::from_str(&fs::read_to_string(policy).unwrap()).unwrap();
    let statement = &policy["Statement"][0];
    assert_eq!(statement["Resource"], "arn:aws:bedrock:us-east-1:111122223333:guardrail/made");
    assert_eq!(statement["Condition"]["StringEquals"]["aws:PrincipalOrgID"], "o-acmeexample");
    // What is there is left alone, and what is printed is a charter's.
    assert_eq!(folder.run(), (lines(1), Vec::new()));
    // A change is a new version, and a profile is shared wherever it leads.
    folder.fill(&charter(&first.replace("medium", "high")));
    let (printed, did) = folder.run();
    assert_eq!(printed, lines(2));
    assert_eq!(did.len(), 6, "{did:#?}");
    let american = "{ regions: [us-east-1, us-west-2], profile: us, prompt-attack: high }";
    folder.fill(&charter(american).replace(", eu-central-1", ""));
    let (_, did) = folder.run();
    let shared: Vec<&String> = did.iter().filter(|call| call.contains("put-resource-policy")).collect();
    assert_eq!(
        shared,
        ["us-east-1", "us-east-2", "us-west-2"]
            .map(|region| format!("bedrock put-resource-policy {region}"))
            .each_ref()
    );
    // A Region that refuses a profile is told, and the others have theirs.
    for region in ["us-east-2", "us-west-2"] {
        let name =
            format!("policy-arn_aws_bedrock_{region}_111122223333_guardrail-profile_us.guardrail.v1_0");
        fs::remove_file(folder.0.join("state").join(name)).unwrap();
    }
    let (_, did, complained) = folder.run_where("us-east-2");
    assert_eq!(did, ["bedrock put-resource-policy us-west-2"]);
    assert!(complained.contains("not shared: arn:aws:bedrock:us-east-2:"), "{complained}");
}

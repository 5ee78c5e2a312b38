//! The script that makes guardrails and lets the organisation apply them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use charter::guardrail::sharing;
use serde_json::Value;

use super::{FOUND, pretty, quoted};
use crate::plan::Plan;
use crate::plan::guardrails::Made;

/// What stands for the ARN in the policies that the script fills in.
const ARN: &str = "GUARDRAIL";

/// The script with the files that it reads.
pub fn files(plan: &Plan) -> Vec<(String, String)> {
    if plan.made.is_empty() {
        return Vec::new();
    }
    let organization = &plan.model.organization;
    let profile = format!(":guardrail-profile/{ARN}");
    // Profiles are only applied: their policy is another one, with the whole ARN filled in.
    let of_profile = sharing(&profile, organization).replace(&profile, ARN);
    let request = |made: &Made| (format!("guardrails/{}.request.json", made.name), pretty(&made.request));
    let mut files: Vec<(String, String)> = plan.made.iter().map(request).collect();
    files.push(("guardrails/share.policy.json".to_owned(), sharing(ARN, organization)));
    files.push(("guardrails/share-profile.policy.json".to_owned(), of_profile));
    files.push(("guardrails.sh".to_owned(), script(plan)));
    files
}

fn script(plan: &Plan) -> String {
    let mut text = String::from(
        r#"#!/usr/bin/env bash
# Makes guardrails, a version of each, and lets the organisation apply them: run it beside its folder, with credentials of the
# management account. What it prints belongs under `existing` of the guardrail in the charter; a plan enforces what stands
# there and nothing before. It can be run again: what has not changed gets no new version. A policy that a guardrail or a
# profile has already is left alone.
set -euo pipefail
cd "$(dirname "$0")"

"#,
    );
    text.push_str(FOUND);
    text.push_str(
        r##"
# share ARN FILE
share() {
  local region known text
  IFS=: read -r _ _ _ region _ <<<"$1"
  if known=$(found aws bedrock get-resource-policy --region "$region" --resource-arn "$1" \
    --query resourcePolicy 2>&1) && [[ -n $known ]]; then
    echo "# $1 has a policy, which is left alone: see whether it lets the organisation in" >&2
  elif [[ -z $known || $known == *NotFound* ]]; then
    text=$(<"guardrails/$2.policy.json")
    aws bedrock put-resource-policy --region "$region" --resource-arn "$1" \
      --resource-policy "${text//GUARDRAIL/$1}" >/dev/null
  else
    echo "$known" >&2
    return 1
  fi
}

# guardrail FILE NAME DESCRIPTION REGION
guardrail() {
  local file=file://guardrails/$1.request.json name=$2 description=$3 region=$4 arn version known described
  local -a of_region=(--region "$region")
  arn=$(found aws bedrock list-guardrails "${of_region[@]}" --query "guardrails[?name=='$name'] | [0].arn")
  if [[ -z $arn ]]; then
    arn=$(aws bedrock create-guardrail "${of_region[@]}" --cli-input-json "$file" --query guardrailArn --output text)
  else
    known=$(settled "$arn" "$region")
    described=$(found aws bedrock get-guardrail "${of_region[@]}" --guardrail-identifier "$arn" --query description)
    if [[ $known != READY || $described != "$description" ]]; then
      aws bedrock update-guardrail "${of_region[@]}" --guardrail-identifier "$arn" --cli-input-json "$file" >/dev/null
    fi
  fi
  known=$(settled "$arn" "$region")
  if [[ $known != READY ]]; then
    echo "$arn is $known" >&2
    return 1
  fi
  version=$(found aws bedrock list-guardrails "${of_region[@]}" --guardrail-identifier "$arn" \
    --query "guardrails[?version!='DRAFT' && description=='$description'] | [-1].version")
  if [[ -z $version ]]; then
    version=$(aws bedrock create-guardrail-version "${of_region[@]}" --guardrail-identifier "$arn" \
      --description "$description" --query version --output text)
  fi
  share "$arn" share
  echo "      $region: \"$arn:$version\""
}

# settled ARN REGION: what it is when it is no longer being made or changed.
settled() {
  local status
  for _ in {1..60}; do
    status=$(aws bedrock get-guardrail --region "$2" --guardrail-identifier "$1" --query status --output text) || return
    [[ $status == *ING ]] || break
    sleep 2
  done
  echo "$status"
}

"##,
    );
    for made in &plan.made {
        let Made { name, called, regions, request, .. } = made;
        if !regions.is_empty() {
            let _ = writeln!(text, "echo {}", quoted(&format!("  {name}:\n    existing:")));
        }
        let description = request["description"].as_str().unwrap_or_default();
        for (region, _) in regions {
            let _ = writeln!(text, "guardrail {name} {called} {} {region}", quoted(description));
        }
    }
    // Last, and each for itself: not every Region to which a profile may lead need be enabled.
    let profiles: BTreeSet<&String> = plan.made.iter().flat_map(|made| &made.profiles).collect();
    for profile in profiles {
        let _ = writeln!(text, "share {profile} share-profile || echo 'not shared: {profile}' >&2");
    }
    text
}

/// For machines.
pub fn json(plan: &Plan) -> Vec<Value> {
    let each = plan.made.iter().map(|made| {
        let regions = made
            .regions
            .iter()
            .map(|(region, version)| serde_json::json!({ "region": region, "version": version }));
        serde_json::json!({
            "name": made.name,
            "called": made.called,
            "request": made.request,
            "regions": regions.collect::<Vec<Value>>(),
            "profiles": made.profiles,
        })
    });
    each.collect()
}

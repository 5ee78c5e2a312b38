//! A plan in the forms in which it is carried out: AWS CLI, Terraform, CloudFormation; and the file that it is saved to.
//!
//! All carry the same documents, character by character where the tool sends them as they are. Same plan, same bytes.

pub mod guardrails;

use std::fmt::Write as _;
use std::sync::Arc;

use charter::role::{RoleRoom, characters};
use charter::watch::Watch;
use iam::estate::OrganizationPolicyKind;
use serde_json::{Map, Value, json};

use super::guardrails::Sharing;
use super::roles::Stack;
use super::roles::template::BYTES_MAX;
use super::{Plan, Step};

/// What every document says of itself.
pub const DESCRIPTION: &str = "Written by postern from a charter; change the charter, not this";

/// What scripts find things with: as text the AWS CLI asks a query once for every page, as JSON once for all.
const FOUND: &str = r#"# found COMMAND...: what a query finds; nothing if it finds none.
found() {
  local answer
  answer=$("$@" --output json) || return
  answer=${answer//\"/}
  [[ $answer == null ]] || echo "$answer"
}
"#;

/// The documents by file name, and the script that attaches them, to be run beside them.
pub fn folder(plan: &Plan) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = plan
        .documents
        .iter()
        .map(|document| (format!("documents/{}.json", document.name), document.text.clone()))
        .collect();
    let policies = plan.enforced.policies.iter();
    files.extend(policies.map(|each| (format!("documents/{}.json", each.name), each.policy.text.clone())));
    let controlled = plan.buckets.policies.iter();
    files.extend(controlled.map(|each| (format!("documents/{}.json", each.name), each.policy.text.clone())));
    let own = plan.buckets.own.iter();
    files.extend(own.map(|(bucket, text)| (format!("buckets/{bucket}.json"), text.clone())));
    let shared = plan.enforced.shared.iter().filter(|shared| shared.state == Sharing::Written);
    files.extend(shared.map(|each| (sharing_file(&each.guardrail), each.text.clone())));
    files.extend(guardrails::files(plan));
    if let Some(watch) = &plan.watch {
        files.push(("watch/event-selectors.json".to_owned(), watch.selectors.clone()));
        let rules = watch.rules.iter();
        files.extend(rules.map(|rule| (format!("watch/{}.json", rule.name), rule.pattern.clone())));
        files.push(("watch.sh".to_owned(), watching(plan, watch)));
    }
    for stack in &plan.roles {
        files.push((template_file(stack), stack.template.clone()));
        for role in &stack.roles {
            let session = |(model, text): (&String, &String)| {
                (format!("roles/sessions/{}-{model}.json", role.name), text.clone())
            };
            let fits = |(_, text): &(&String, &String)| characters(text) <= RoleRoom::aws().session_max;
            files.extend(role.documents.sessions.iter().filter(fits).map(session));
        }
    }
    if !plan.roles.is_empty() {
        files.push(("roles.sh".to_owned(), roles(plan)));
    }
    if !plan.model.hubs.is_empty() {
        files.push(("hubs.sh".to_owned(), hubs(plan)));
    }
    for spending in &plan.spending {
        files.push((format!("budgets/{}.json", spending.name), pretty(&spending.budget)));
        files
            .push((format!("budgets/{}.notifications.json", spending.name), pretty(&spending.notifications)));
    }
    if !plan.spending.is_empty() {
        files.push(("budgets.sh".to_owned(), budgets(plan)));
    }
    files.push(("apply.sh".to_owned(), shell(plan)));
    files
}

/// Calls of the AWS CLI in an order in which nothing is open in between. It can be run again where it stopped.
pub fn shell(plan: &Plan) -> String {
    let mut text = String::from(
        r#"#!/usr/bin/env bash
# Puts the documents of this folder in place: run it beside them, with credentials of the management account or of a
# delegated administrator for policies. Made for one state of the organisation; look at the plan before running it.
set -euo pipefail
cd "$(dirname "$0")"

"#,
    );
    text.push_str(FOUND);
    text.push_str(
        r#"
# policy TYPE NAME: its id; it is made if there is none.
policy() {
  local id
  id=$(found aws organizations list-policies --filter "$1" --query "Policies[?Name=='$2'].Id | [0]") || return
  if [[ -z $id ]]; then
    id=$(aws organizations create-policy --type "$1" --name "$2" \
      --description "$description" --content "file://documents/$2.json" \
      --query Policy.PolicySummary.Id --output text)
  fi
  echo "$id"
}

# attach TYPE NAME NODE
attach() {
  local id attached
  id=$(policy "$1" "$2")
  attached=$(found aws organizations list-policies-for-target --target-id "$3" --filter "$1" \
    --query "length(Policies[?Id=='$id'])")
  if [[ $attached == 0 ]]; then
    aws organizations attach-policy --policy-id "$id" --target-id "$3"
  fi
  echo "attached $2 to $3"
}

"#,
    );
    let _ = writeln!(text, "description={}\n", quoted(DESCRIPTION));
    for step in &plan.steps {
        let _ = match step {
            Step::Share { guardrail } => writeln!(
                text,
                "aws bedrock put-resource-policy --region {} --resource-arn {guardrail} \\\n  --resource-policy file://{}",
                guardrail.split(':').nth(3).unwrap_or_default(),
                sharing_file(guardrail)
            ),
            Step::Create { kind, name } => writeln!(text, "policy {kind} {name} >/dev/null"),
            Step::Attach { kind, name, node, node_name } => {
                writeln!(text, "attach {kind} {name} {node}  # {node_name}")
            }
            Step::Detach { name, id, node, node_name } => writeln!(
                text,
                "aws organizations detach-policy --policy-id {id} --target-id {node}  # {name} from {node_name}"
            ),
            Step::Delete { name, id } => {
                writeln!(text, "aws organizations delete-policy --policy-id {id}  # {name}")
            }
        };
    }
    if !plan.buckets.own.is_empty() {
        text.push_str(
            "\n# The policies of buckets are replaced as a whole; look at what is there before, with credentials of their \
             accounts:\n",
        );
        for (bucket, _) in &plan.buckets.own {
            let _ = writeln!(
                text,
                "# aws s3api get-bucket-policy --bucket {bucket}\n\
                 # aws s3api put-bucket-policy --bucket {bucket} --policy file://buckets/{bucket}.json"
            );
        }
    }
    text
}

/// Calls of the AWS CLI that have events logged and told: the selectors of a trail, which are replaced and so are only
/// printed, and the rules of one account and Region.
fn watching(plan: &Plan, watch: &Watch) -> String {
    let mut text = String::from(
        r#"#!/usr/bin/env bash
# Makes the rules that tell of closed doors and of changed limits, in one account and Region: run it beside the documents
# where events arrive, with credentials of that account. What a trail selects is replaced as a whole; look at what it
# selects now before running the command at the end.
set -euo pipefail
cd "$(dirname "$0")"

"#,
    );
    let (trail, target) = plan.model.watch.clone().unwrap_or_default();
    for rule in &watch.rules {
        let _ = writeln!(text, "# {}", rule.title);
        let _ = writeln!(
            text,
            "aws events put-rule --name {0} --state {1} \\\n  --event-pattern file://watch/{0}.json",
            rule.name, rule.state
        );
        if let Some(target) = &target {
            let _ = writeln!(
                text,
                "aws events put-targets --rule {} --targets {}",
                rule.name,
                quoted(&format!("Id=postern,Arn={target}"))
            );
        }
    }
    let _ = writeln!(
        text,
        "\n# aws cloudtrail get-event-selectors --trail-name {trail}\n\
         # aws cloudtrail put-event-selectors --trail-name {trail} \\\n\
         #   --advanced-event-selectors file://watch/event-selectors.json",
        trail = quoted(&trail)
    );
    text
}

/// Calls of the AWS CLI that make the roles of each area in every account below it, by a stack set of CloudFormation.
fn roles(plan: &Plan) -> String {
    let mut text = String::from(
        r#"#!/usr/bin/env bash
# Makes the roles of each area in all its accounts, later ones too: run it beside the templates, with credentials of the
# management account, or with --call-as DELEGATED_ADMIN in CALL_AS of a delegated administrator. Stack sets need trusted
# access of CloudFormation to the organisation, and make nothing in the management account.
set -euo pipefail
cd "$(dirname "$0")"

# stack_set NAME FILE TARGETS REGION
stack_set() {
  # shellcheck disable=SC2086 # CALL_AS is two words
  if aws cloudformation describe-stack-set --stack-set-name "$1" ${CALL_AS:-} >/dev/null 2>&1; then
    aws cloudformation update-stack-set --stack-set-name "$1" ${CALL_AS:-} \
      --template-body "file://$2" --capabilities CAPABILITY_NAMED_IAM
  else
    aws cloudformation create-stack-set --stack-set-name "$1" ${CALL_AS:-} \
      --template-body "file://$2" --capabilities CAPABILITY_NAMED_IAM \
      --permission-model SERVICE_MANAGED \
      --auto-deployment Enabled=true,RetainStacksOnAccountRemoval=false
    aws cloudformation create-stack-instances --stack-set-name "$1" ${CALL_AS:-} \
      --deployment-targets "$3" --regions "$4"
  fi
}

"#,
    );
    // IAM is the same in all Regions; one is enough.
    let region = match plan.model.partition.as_str() {
        "aws-us-gov" => "us-gov-west-1",
        "aws-cn" => "cn-north-1",
        _ => "us-east-1",
    };
    for stack in &plan.roles {
        let targets = match &stack.above {
            None => format!("OrganizationalUnitIds={}", stack.node),
            Some(above) => {
                format!(
                    "OrganizationalUnitIds={above},Accounts={},AccountFilterType=INTERSECTION",
                    stack.node
                )
            }
        };
        if stack.template.len() > BYTES_MAX {
            let _ = writeln!(
                text,
                "# {} is longer than a call takes: put it in a bucket and hand in --template-url instead",
                template_file(stack)
            );
        }
        let _ = writeln!(
            text,
            "stack_set {} {} {} {region}  # {}",
            stack.name,
            template_file(stack),
            quoted(&targets),
            stack.area
        );
    }
    text
}

/// Calls of the AWS CLI that make private hubs with their models and share them with parts of the organisation.
fn hubs(plan: &Plan) -> String {
    let mut text = String::from(
        r#"#!/usr/bin/env bash
# Makes private hubs of SageMaker JumpStart and shares them: run it with credentials of the account that each is in. Sharing
# within the organisation has to be enabled in AWS RAM (aws ram enable-sharing-with-aws-organization, by the management
# account). Models that are in a hub and not in the charter are left there.
set -euo pipefail

"#,
    );
    text.push_str(FOUND);
    text.push_str(
        r#"
# hub REGION NAME
hub() {
  aws sagemaker describe-hub --region "$1" --hub-name "$2" >/dev/null 2>&1 \
    || aws sagemaker create-hub --region "$1" --hub-name "$2" --hub-description "$description"
}

# model REGION HUB PUBLIC-ARN
model() {
  aws sagemaker describe-hub-content --region "$1" --hub-name "$2" --hub-content-type ModelReference \
    --hub-content-name "${3##*/}" >/dev/null 2>&1 \
    || aws sagemaker create-hub-content-reference --region "$1" --hub-name "$2" \
      --sage-maker-public-hub-content-arn "$3"
}

# share REGION NAME ARN PRINCIPAL...
share() {
  local region=$1 name=$2 arn=$3 known
  shift 3
  known=$(found aws ram get-resource-shares --region "$region" --resource-owner SELF --name "$name" \
    --query "resourceShares[?status=='ACTIVE'].resourceShareArn | [0]")
  if [[ -z $known ]]; then
    aws ram create-resource-share --region "$region" --name "$name" --no-allow-external-principals \
      --resource-arns "$arn" --principals "$@"
  else
    aws ram associate-resource-share --region "$region" --resource-share-arn "$known" --principals "$@"
  fi
}

"#,
    );
    let _ = writeln!(text, "description={}\n", quoted(DESCRIPTION));
    let partition = &plan.model.partition;
    for hub in &plan.model.hubs {
        let _ = writeln!(text, "# {} in {}", hub.name, hub.account);
        for region in &hub.regions {
            let _ = writeln!(text, "hub {region} {}", hub.name);
            for model in &hub.models {
                let _ =
                    writeln!(text, "model {region} {} {}", hub.name, hub.public(partition, region, model));
            }
            if !hub.shared.is_empty() {
                let principals: Vec<&str> = hub.shared.iter().map(AsRef::as_ref).collect();
                let _ = writeln!(
                    text,
                    "share {region} {}hub-{} {} \\\n  {}",
                    super::NAME,
                    hub.name,
                    hub.arn(partition, region),
                    principals.join(" \\\n  ")
                );
            }
        }
    }
    text
}

/// Calls of the AWS CLI that make budgets.
fn budgets(plan: &Plan) -> String {
    let mut text = String::from(
        r#"#!/usr/bin/env bash
# Makes the budgets: run it beside them, with credentials of the management account. A budget tells and stops nothing, and
# counts the accounts that were below its area when this was written.
set -euo pipefail
cd "$(dirname "$0")"
account=$(aws sts get-caller-identity --query Account --output text)

# budget NAME
budget() {
  if aws budgets describe-budget --account-id "$account" --budget-name "$1" >/dev/null 2>&1; then
    aws budgets update-budget --account-id "$account" --new-budget "file://budgets/$1.json"
  else
    aws budgets create-budget --account-id "$account" --budget "file://budgets/$1.json" \
      --notifications-with-subscribers "file://budgets/$1.notifications.json"
  fi
}

"#,
    );
    for spending in &plan.spending {
        let _ = writeln!(text, "budget {}  # {}", spending.name, spending.area);
    }
    text
}

fn template_file(stack: &Stack) -> String {
    format!("roles/{}.template.json", stack.name)
}

/// Where the policy of a guardrail stands in a folder.
fn sharing_file(guardrail: &str) -> String {
    let [region, id] = [3, 5].map(|part| guardrail.split(':').nth(part).unwrap_or_default());
    format!("guardrails/{region}-{}.json", id.rsplit('/').next().unwrap_or_default())
}

/// A policy of the organisation with where it is attached.
struct Attached<'a> {
    kind: OrganizationPolicyKind,
    name: &'a str,
    text: &'a str,
    nodes: &'a [Arc<str>],
}

fn all(plan: &Plan) -> impl Iterator<Item = Attached<'_>> {
    let of_fence = plan.documents.iter().map(|document| Attached {
        kind: OrganizationPolicyKind::ServiceControl,
        name: &document.name,
        text: &document.text,
        nodes: &document.document.nodes,
    });
    let of_buckets = plan.buckets.policies.iter().map(|controlled| Attached {
        kind: OrganizationPolicyKind::ResourceControl,
        name: &controlled.name,
        text: &controlled.policy.text,
        nodes: std::slice::from_ref(&controlled.policy.node),
    });
    of_fence.chain(of_buckets).chain(plan.enforced.policies.iter().map(|declared| Attached {
        kind: OrganizationPolicyKind::Bedrock,
        name: &declared.name,
        text: &declared.policy.text,
        nodes: std::slice::from_ref(&declared.policy.node),
    }))
}

/// A text that a shell takes as it is.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Terraform in its JSON syntax. Terraform finds its own order and takes away what is no longer there.
pub fn terraform(plan: &Plan) -> String {
    let (mut policies, mut attachments) = (Map::new(), Map::new());
    for document in all(plan) {
        let key = document.name.replace('-', "_");
        policies.insert(
            key.clone(),
            json!({
                "name": document.name,
                "description": DESCRIPTION,
                "type": document.kind.as_str(),
                "content": document.text.replace("${", "$${").replace("%{", "%%{"),
            }),
        );
        for node in document.nodes {
            attachments.insert(
                format!("{key}_{}", node.replace('-', "_")),
                json!({
                    "policy_id": format!("${{aws_organizations_policy.{key}.id}}"),
                    "target_id": node.as_ref(),
                }),
            );
        }
    }
    pretty(&json!({
        "resource": {
            "aws_organizations_policy": policies,
            "aws_organizations_policy_attachment": attachments,
        }
    }))
}

/// A CloudFormation template for the management account, or a delegated administrator for policies.
pub fn cloudformation(plan: &Plan) -> String {
    let mut resources = Map::new();
    for document in all(plan) {
        let id: String = document
            .name
            .split('-')
            .map(|part| {
                let mut letters = part.chars();
                letters
                    .next()
                    .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
                    .unwrap_or_default()
            })
            .collect();
        let content: Value = serde_json::from_str(document.text).unwrap_or_default();
        resources.insert(
            id,
            json!({
                "Type": "AWS::Organizations::Policy",
                "Properties": {
                    "Name": document.name,
                    "Description": DESCRIPTION,
                    "Type": document.kind.as_str(),
                    "Content": content,
                    "TargetIds": document.nodes.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
                }
            }),
        );
    }
    pretty(&json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": DESCRIPTION,
        "Resources": resources,
    }))
}

/// The plan with the hashes of what it was made from, so that it can be carried out later or refused.
pub fn saved(plan: &Plan) -> String {
    pretty(&json!({
        "postern": env!("CARGO_PKG_VERSION"),
        "charter": plan.charter_hash,
        "organization": plan.organization_hash,
        "reference": reference::content_hash(),
        "documents": all(plan).map(|document| json!({
            "type": document.kind.as_str(),
            "name": document.name,
            "content": document.text,
            "targets": document.nodes.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
        })).collect::<Vec<Value>>(),
        "roles": plan.roles.iter().map(|stack| json!({
            "stack_set": stack.name, "target": stack.node.as_ref(), "template": stack.template,
        })).collect::<Vec<Value>>(),
        "steps": plan.steps.iter().map(step).collect::<Vec<Value>>(),
    }))
}

/// One step for machines.
pub fn step(step: &Step) -> Value {
    match step {
        Step::Share { guardrail } => json!({ "do": "share", "guardrail": guardrail }),
        Step::Create { kind, name } => json!({ "do": "create", "type": kind.as_str(), "policy": name }),
        Step::Attach { kind, name, node, node_name } => json!({
            "do": "attach", "type": kind.as_str(), "policy": name, "target": node.as_ref(), "target_name": node_name,
        }),
        Step::Detach { name, id, node, node_name } => json!({
            "do": "detach", "policy": name, "id": id.as_ref(), "target": node.as_ref(), "target_name": node_name,
        }),
        Step::Delete { name, id } => json!({ "do": "delete", "policy": name, "id": id.as_ref() }),
    }
}

pub fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

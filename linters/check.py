"""Looks at what `postern plan` writes for the example with other people's linters.

cfn-lint reads the CloudFormation template, parliament every policy of IAM's language. No registry offers a linter for Terraform's JSON
syntax; its shape is compared with what the provider documents for aws_organizations_policy and its attachment.

parliament's data is older than the actions that plans are about. What it says for that reason is counted and not held
against a policy; everything else is a failure.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import parliament

ROOT = Path(__file__).resolve().parent.parent
DAY = "2026-11-26"

# Prefixes, actions and condition keys that parliament does not know yet.
STALE = {"UNKNOWN_PREFIX", "UNKNOWN_ACTION", "UNKNOWN_CONDITION_FOR_ACTION"}
# It wants twelve digits where a policy may have wildcards.
MASK = "Account expected to be of form like 123456789012"


def planned(postern, form):
    """What the plan of the example looks like in a form."""
    command = [postern, "plan", "--charter", ROOT / "examples/acme-charter.yaml"]
    command += ["--snapshot", ROOT / "examples/acme", "--as-of", DAY, "--format", form]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=120)
    return done.stdout.decode()


def cloudformation(postern):
    """Problems that cfn-lint finds."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.json"
        template.write_text(planned(postern, "cloudformation"))
        command = [Path(sys.executable).with_name("cfn-lint"), "--format", "parseable", template]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        print(f"cfn-lint: exit code {done.returncode}")
        return done.stdout.decode().splitlines() if done.returncode else []


def terraform(postern):
    """Problems with the shape, and the policies."""
    resources = json.loads(planned(postern, "terraform"))["resource"]
    policies = resources["aws_organizations_policy"]
    attachments = resources["aws_organizations_policy_attachment"]
    problems = []
    for name, policy in policies.items():
        if set(policy) - {"name", "content", "type", "description", "tags", "skip_destroy", "lifecycle"}:
            problems.append(f"{name}: {sorted(policy)}")
        if policy["type"] not in {"SERVICE_CONTROL_POLICY", "BEDROCK_POLICY"}:
            problems.append(f"{name}: {policy['type']}")
    for name, attachment in attachments.items():
        known = {f"${{aws_organizations_policy.{policy}.id}}" for policy in policies}
        if attachment["policy_id"] not in known or not attachment["target_id"]:
            problems.append(f"{name}: {attachment}")
    attached = {attachment["policy_id"] for attachment in attachments.values()}
    problems += [f"{name} is attached nowhere" for name in policies if f"${{aws_organizations_policy.{name}.id}}" not in attached]
    print(f"Terraform: {len(policies)} policies, {len(attachments)} attachments")
    # Bedrock policies are in a language of their own, which no linter reads.
    of_iam = {name: policy["content"] for name, policy in policies.items() if policy["type"] == "SERVICE_CONTROL_POLICY"}
    declared = {name: policy["content"] for name, policy in policies.items() if name not in of_iam}
    problems += [f"{name}: {text}" for name, text in declared.items() if set(json.loads(text)) != {"bedrock"}]
    return problems, of_iam


def policies(texts):
    """Problems that parliament finds and that are none of its data."""
    stale, problems = Counter(), []
    for name, text in texts.items():
        for finding in parliament.analyze_policy_string(text).findings:
            if finding.issue in STALE or (finding.issue == "INVALID_ARN" and MASK in str(finding.detail)):
                stale[finding.issue] += 1
            else:
                problems.append(f"{name}: {finding.issue}: {finding.detail}")
    told = ", ".join(f"{issue} {count}" for issue, count in sorted(stale.items()))
    print(f"parliament: {len(texts)} policies; not held against them: {told or 'nothing'}")
    return problems


def main():
    postern = sys.argv[1]
    problems = cloudformation(postern)
    shape, texts = terraform(postern)
    problems += shape + policies(texts)
    # Linters that find nothing in anything would say the same.
    if not policies({"wrong": '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:GetObject"}]}'}):
        problems.append("parliament finds nothing in a policy without resources")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

"""Looks at what `postern plan` writes for the example with other people's linters.

cfn-lint reads the CloudFormation templates, parliament every policy of IAM's language. No registry offers a linter for Terraform's JSON
syntax; its shape is compared with what the provider documents for aws_organizations_policy and its attachment.

parliament's data is older than the actions that plans are about, and it takes each type of thing that an action may be
on for one that it has to be on. What it says for these reasons is counted and not held against a policy; everything else
is a failure.
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
IAM_LANGUAGE = {"SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"}

# Prefixes, actions and condition keys that parliament does not know yet.
STALE = {"UNKNOWN_PREFIX", "UNKNOWN_ACTION", "UNKNOWN_CONDITION_FOR_ACTION"}
# It wants all types of things that an action may be on, where IAM wants one.
ALTERNATIVES = "RESOURCE_MISMATCH"
# It wants twelve digits where a policy may have wildcards.
MASK = "Account expected to be of form like 123456789012"


def planned(postern, *how):
    """What the plan of the example looks like in a form."""
    command = [postern, "plan", "--charter", ROOT / "examples/acme-charter.yaml"]
    command += ["--snapshot", ROOT / "examples/acme", "--as-of", DAY, *how]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=120)
    return done.stdout.decode()


def folder(postern):
    """Problems that cfn-lint finds in the fence and in the templates of roles, and the policies of roles and of buckets."""
    with tempfile.TemporaryDirectory() as name:
        planned(postern, "--out", name)
        (fence := Path(name) / "fence.template.json").write_text(planned(postern, "--format", "cloudformation"))
        roles = sorted(Path(name).glob("roles/*.template.json"))
        command = [Path(sys.executable).with_name("cfn-lint"), "--format", "parseable", fence, *roles]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        print(f"cfn-lint: {1 + len(roles)} templates, exit code {done.returncode}")
        problems = done.stdout.decode().splitlines() if done.returncode else []
        texts = {}
        for template in roles:
            for logical, resource in json.loads(template.read_text())["Resources"].items():
                document = resource["Properties"].get("PolicyDocument")
                if document:
                    texts[f"{template.name} {logical}"] = filled_in(document)
        for kind in ("buckets", "roles/sessions"):
            for policy in sorted(Path(name).glob(f"{kind}/*.json")):
                texts[policy.name] = policy.read_text()
        if not roles or not texts:
            problems.append("the plan writes no roles")
        return problems, texts


def filled_in(document):
    """A policy of a template, as it is in one account."""
    def fill(value):
        if set(value) != {"Fn::Sub"}:
            return value
        return value["Fn::Sub"].replace("${AWS::AccountId}", "123456789012").replace("${!", "${")

    return json.dumps(json.loads(json.dumps(document), object_hook=fill))


def terraform(postern):
    """Problems with the shape, and the policies."""
    resources = json.loads(planned(postern, "--format", "terraform"))["resource"]
    policies = resources["aws_organizations_policy"]
    attachments = resources["aws_organizations_policy_attachment"]
    problems = []
    for name, policy in policies.items():
        if set(policy) - {"name", "content", "type", "description", "tags", "skip_destroy", "lifecycle"}:
            problems.append(f"{name}: {sorted(policy)}")
        if policy["type"] not in IAM_LANGUAGE | {"BEDROCK_POLICY"}:
            problems.append(f"{name}: {policy['type']}")
    for name, attachment in attachments.items():
        known = {f"${{aws_organizations_policy.{policy}.id}}" for policy in policies}
        if attachment["policy_id"] not in known or not attachment["target_id"]:
            problems.append(f"{name}: {attachment}")
    attached = {attachment["policy_id"] for attachment in attachments.values()}
    problems += [f"{name} is attached nowhere" for name in policies if f"${{aws_organizations_policy.{name}.id}}" not in attached]
    print(f"Terraform: {len(policies)} policies, {len(attachments)} attachments")
    # Bedrock policies are in a language of their own, which no linter reads.
    of_iam = {name: policy["content"] for name, policy in policies.items() if policy["type"] in IAM_LANGUAGE}
    declared = {name: policy["content"] for name, policy in policies.items() if name not in of_iam}
    problems += [f"{name}: {text}" for name, text in declared.items() if set(json.loads(text)) != {"bedrock"}]
    return problems, of_iam


def policies(texts):
    """Problems that parliament finds and that are none of its data."""
    stale, problems = Counter(), []
    for name, text in texts.items():
        for finding in parliament.analyze_policy_string(text).findings:
            if finding.issue in STALE | {ALTERNATIVES} or (finding.issue == "INVALID_ARN" and MASK in str(finding.detail)):
                stale[finding.issue] += 1
            else:
                problems.append(f"{name}: {finding.issue}: {finding.detail}")
    told = ", ".join(f"{issue} {count}" for issue, count in sorted(stale.items()))
    print(f"parliament: {len(texts)} policies; not held against them: {told or 'nothing'}")
    return problems


def main():
    postern = sys.argv[1]
    problems, texts = folder(postern)
    shape, fence = terraform(postern)
    problems += shape + policies(texts | fence)
    # Linters that find nothing in anything would say the same.
    if not policies({"wrong": '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:GetObject"}]}'}):
        problems.append("parliament finds nothing in a policy without resources")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

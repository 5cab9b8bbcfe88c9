"""`python -m local.changes ENV`: shows what a deployment would change, before it does.

It compares the template of the deployed stack with template.yaml. samconfig.toml names the stack, the region
and the profile for the environment ENV. If the update would lose something, or AWS would refuse it, the exit
code is 1. It is 3 if AWS does not answer. New code and the values of parameters are not compared, and a
resource counts even if its condition does not hold: the change set of `sam deploy` shows what happens.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.exceptions import ClientError
from samtranslator.yaml_helper import yaml_parse

from local.empty import FAILED, SAMCONFIG, Environment, explained_refusals, read_environment
from local.places import ROOT
from local.problem import LocalProblem
from local.translate import translate
from local.upgrade_faults import resources_by_name, upgrade_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_CODE = {"Code", "Content"}  # they name the file that `sam deploy` uploads
_LAYER = re.compile(r'"(\w+Layer)[0-9a-f]{10}"')  # SAM appends the hash of its content to the name of a layer


class LosingUpdate(Exception):
    """An update that would lose something, or that AWS would refuse. The text has a line for each fault."""


def describe_changes(environment: Environment, template: Path) -> Iterator[str]:
    """Compares the deployed stack of an environment with a template. Yields one line for each change.

    Raises:
        LosingUpdate: The update must not be made as it is.
    """
    session = boto3.Session(region_name=environment.region, profile_name=environment.profile)
    client = session.client("cloudformation")
    stack = f"{environment.stack} in {session.region_name}"
    try:
        description = client.describe_stacks(StackName=environment.stack)["Stacks"][0]
        answer = client.get_template(StackName=environment.stack, TemplateStage="Processed")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":  # CloudFormation's code for a missing stack
            raise
        yield f"There is no stack {stack} yet: everything is new"
        return
    parameters = {item["ParameterKey"]: item["ParameterValue"] for item in description.get("Parameters", [])}
    old = _to_template(answer["TemplateBody"])
    new = translate(template, parameters).template
    if not old.get("Resources"):  # its first deployment has not begun, or was removed
        yield f"The stack {stack} has no resources yet: everything is new"
        return
    yield from _compare(stack, old, new)
    if faults := list(upgrade_faults(old, new)):
        raise LosingUpdate("\n".join(faults))


def _to_template(body: object) -> Mapping[str, Any]:
    """Returns a template. boto3 parses a template in JSON, and no other. An empty text has no resources."""
    return cast("Mapping[str, Any]", (yaml_parse(body) or {}) if isinstance(body, str) else body)


def _compare(stack: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before, after = resources_by_name(old), resources_by_name(new)
    added = [(name, after[name]) for name in sorted(after.keys() - before.keys())]
    removed = [(name, before[name]) for name in sorted(before.keys() - after.keys())]
    changed = [
        (name, after[name])
        for name in sorted(before.keys() & after.keys())
        if _without_code(before[name]) != _without_code(after[name])
    ]
    yield f"{stack}: {len(added)} resources are added, {len(changed)} change, {len(removed)} are removed"
    for mark, resources in (("+", added), ("~", changed), ("-", removed)):
        for name, resource in resources:
            yield f"  {mark} {name}  {resource['Type']}"
    for name in sorted(new["Parameters"].keys() - old.get("Parameters", {}).keys()):
        yield f"  + parameter {name}: {new['Parameters'][name].get('Description', '')}"


def _without_code(resource: Mapping[str, Any]) -> str:
    """Returns what a resource is, as text. CloudFormation may return a number or a truth value as text."""
    properties = {name: value for name, value in resource.get("Properties", {}).items() if name not in _CODE}
    text = json.dumps(_to_plain({**resource, "Properties": properties}), sort_keys=True)
    return _LAYER.sub(r'"\1"', text)


def _to_plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _to_plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_to_plain(item) for item in value]
    return str(value).lower() if isinstance(value, bool | int | float) else value


def main(name: str) -> int:
    """Prints the changes of an environment. Returns the exit code."""
    try:
        with explained_refusals():
            for line in describe_changes(read_environment(name, SAMCONFIG), ROOT / "template.yaml"):
                print(line)
    except LocalProblem as problem:
        print(f"{problem.summary}\n  Remedy: {problem.remedy}", file=sys.stderr)
        return FAILED
    except LosingUpdate as fault:
        print(f"\nThis update would lose something, or AWS would refuse it:\n{fault}", file=sys.stderr)
        print(
            f"Nothing was deployed. If you want just this: .tools/sam/bin/sam deploy --config-env {name}",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

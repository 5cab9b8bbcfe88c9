"""The adapted template on the emulator: code, stack, and what the emulator leaves out of it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.problem import LocalProblem
from local.translate import CODE_BUCKET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.aws import Clients

STACK = "heed"
DEPLOY_SECONDS = 60
_TEMPLATE = "template.json"


@dataclass(frozen=True)
class Deployed:
    """A stack that stands: its outputs, and the physical name of every resource."""

    outputs: dict[str, str]
    names: dict[str, str]


def deploy(
    clients: Clients,
    template: Mapping[str, Any],
    code: Mapping[str, bytes],
    parameters: Mapping[str, str],
) -> Deployed:
    """Deploy and return when it stands; LocalProblem with the emulator's reasons if it does not."""
    clients.s3.create_bucket(Bucket=CODE_BUCKET)
    for name, archive in code.items():
        clients.s3.put_object(Bucket=CODE_BUCKET, Key=f"{name}.zip", Body=archive)
    # By its address: CloudFormation takes 51,200 bytes of a template as it is, and this one is larger.
    clients.s3.put_object(Bucket=CODE_BUCKET, Key=_TEMPLATE, Body=json.dumps(template).encode())
    clients.cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=f"https://s3.amazonaws.com/{CODE_BUCKET}/{_TEMPLATE}",
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    outputs = _outputs(clients)
    resources = clients.cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    names = {each["LogicalResourceId"]: each.get("PhysicalResourceId", "") for each in resources}
    _expire(clients, template, names)
    # As an operator does once: the emulator refuses, as SES does, a sender whom nobody verified.
    clients.sesv2.create_email_identity(EmailIdentity=parameters["MailFrom"])
    return Deployed(outputs, names)


def _outputs(clients: Clients) -> dict[str, str]:
    end = time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < end:
        stack = clients.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}
        if not stack["StackStatus"].endswith("CREATE_IN_PROGRESS"):
            break
        time.sleep(0.1)
    events = clients.cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    reasons = [
        f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason', 'no reason given')}"
        for each in events
        if each["ResourceStatus"].endswith("FAILED")
    ]
    raise LocalProblem(
        "the emulator refused the template:\n  " + "\n  ".join(reasons),
        "if the template is right, add an adaptation with its reason to local/adapt.py",
    )


def _expire(clients: Clients, template: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Switch expiry on: the emulator reads no TimeToLiveSpecification from a template."""
    for name, resource in template["Resources"].items():
        wanted = resource.get("Properties", {}).get("TimeToLiveSpecification")
        if resource["Type"] == "AWS::DynamoDB::Table" and wanted:
            clients.dynamodb.update_time_to_live(TableName=names[name], TimeToLiveSpecification=wanted)

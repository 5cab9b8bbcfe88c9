"""Deploys the adapted template to the emulator: code, stack, and settings that the emulator ignores."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.problem import LocalProblem
from local.translated import CODE_BUCKET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.aws import Clients

STACK = "heed"
DEPLOY_SECONDS = 60
_TEMPLATE = "template.json"


@dataclass(frozen=True)
class Deployed:
    """A deployed stack: its outputs, and the physical name of each resource by logical id."""

    outputs: dict[str, str]
    names: dict[str, str]


def deploy(
    clients: Clients,
    template: Mapping[str, Any],
    code: Mapping[str, bytes],
    parameters: Mapping[str, str],
) -> Deployed:
    """Deploys the template and waits until it is complete.

    Args:
        clients: Clients of the emulator.
        template: The adapted CloudFormation template.
        code: The zips of the functions by logical id.
        parameters: Values for the parameters of the template.

    Raises:
        LocalProblem: The emulator refused the template. The text has its reasons.
    """
    clients.s3.create_bucket(Bucket=CODE_BUCKET)
    for name, archive in code.items():
        clients.s3.put_object(Bucket=CODE_BUCKET, Key=f"{name}.zip", Body=archive)
    # By URL, because CloudFormation accepts at most 51,200 bytes of template text, and this one is larger.
    clients.s3.put_object(Bucket=CODE_BUCKET, Key=_TEMPLATE, Body=json.dumps(template).encode())
    clients.cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=f"https://s3.amazonaws.com/{CODE_BUCKET}/{_TEMPLATE}",
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    outputs = _wait_for_outputs(clients)
    resources = clients.cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    names = {item["LogicalResourceId"]: item.get("PhysicalResourceId", "") for item in resources}
    _enable_expiry(clients, template, names)
    # An operator does this once. Like SES, the emulator refuses a sender that is not verified.
    clients.sesv2.create_email_identity(EmailIdentity=parameters["MailFrom"])
    return Deployed(outputs, names)


def read_webhook_secret(clients: Clients, outputs: Mapping[str, str]) -> str:
    """Returns the secret that signs webhooks, or "" if the stack has none."""
    arn = outputs.get("WebhookSecretArn")
    return clients.secretsmanager.get_secret_value(SecretId=arn)["SecretString"] if arn else ""


def _wait_for_outputs(clients: Clients) -> dict[str, str]:
    end = time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < end:
        stack = clients.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", ())}
        if not stack["StackStatus"].endswith("CREATE_IN_PROGRESS"):
            break
        time.sleep(0.1)
    events = clients.cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    reasons = [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in events
        if event["ResourceStatus"].endswith("FAILED")
    ]
    raise LocalProblem(
        "the emulator refused the template:\n  " + "\n  ".join(reasons),
        "if the template is right, add an adaptation with its reason to local/adapt.py",
    )


def _enable_expiry(clients: Clients, template: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Enables expiry of items, because the emulator ignores TimeToLiveSpecification in a template."""
    for name, resource in template["Resources"].items():
        expiry = resource.get("Properties", {}).get("TimeToLiveSpecification")
        if resource["Type"] == "AWS::DynamoDB::Table" and expiry:
            clients.dynamodb.update_time_to_live(TableName=names[name], TimeToLiveSpecification=expiry)

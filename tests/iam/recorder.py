"""`pytest --calls=FOLDER`: records every AWS call that a handler makes in a test, as IAM would see it.

Each line is JSON: the function, the operation, the action, the resource and the condition keys. A resource
has the form `$VARIABLE`, by the function's setting that names it, followed by an index or an object, because
its name in a test differs from its name in a stack. Ids and numbers in it, and in the values of conditions,
are 0: calls that differ only in them are the same to a policy, and few others are left to evaluate.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from email import message_from_bytes
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest

from tests.iam import dynamodb_keys
from tests.support.deployment import parts
from tests.support.template import variables

AwsRequest = Mapping[str, Any]
Context = dict[str, str | list[str]]
RecordedAction = tuple[str, str, Context]
"""An action, its resource, and the condition keys."""
_REGION, _ACCOUNT = "us-east-1", "123456789012"
_S3_ACTIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "HeadObject": "GetObject",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjectsV2": "ListBucket",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
"""The actions of the operations whose action has another name."""
_RESOURCE_MEMBERS = (
    *("TableName", "KeyId", "Bucket", "QueueUrl", "ConfigurationSetName", "stateMachineArn"),
    *("SecretId", "Name"),
)
"""The members of requests that name a resource. `Name` is that of a parameter of Systems Manager."""
_ID = re.compile(r"[0-9a-f]{16,}|[2-7a-z]{26}|[0-9]+")
_WITH_IDS = ("dynamodb:LeadingKeys", "s3:prefix", "ses:Recipients")
"""The condition keys whose values contain ids."""
_S3_KEYS = {"IfNoneMatch": "s3:if-none-match", "Prefix": "s3:prefix", "VersionId": "s3:versionid"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds one option, for the workers of xdist too."""
    parser.addoption("--calls", metavar="FOLDER", help="the folder for the calls of the handlers")


class Recorder:
    """Writes each call once, into a file of this process."""

    def __init__(self, folder: str) -> None:
        self._file = Path(folder, f"{os.getpid()}.jsonl")
        self._seen: set[str] = set()

    def __call__(self, function: str, service: str, operation: str, request: Mapping[str, Any]) -> None:
        """Writes a call."""
        for action, resource, context in _recorded_actions(function, service, operation, request):
            applicable = {key: value for key, value in context.items() if value}
            applicable |= {key: _without_ids(applicable[key]) for key in _WITH_IDS if key in applicable}
            setting, slash, key = resource.partition("/")
            if setting.startswith("$"):
                resource = f"{setting}{slash}{_ID.sub('0', key)}"
            call = {"function": function, "operation": f"{service}:{operation}", "action": action}
            line = json.dumps({**call, "resource": resource, "context": applicable})
            if line not in self._seen:
                self._seen.add(line)
                self._file.parent.mkdir(parents=True, exist_ok=True)
                with self._file.open("a") as out:
                    out.write(f"{line}\n")


def _without_ids(value: str | list[str]) -> str | list[str]:
    if isinstance(value, str):
        return _ID.sub("0", value)
    return sorted({_ID.sub("0", each) for each in value})


def recorded(folder: str) -> list[dict[str, Any]]:
    """Returns every recorded call, once."""
    files = Path(folder).glob("*.jsonl")
    lines = {line for file in files for line in file.read_text().splitlines()}
    return [json.loads(line) for line in sorted(lines)]


def _recorded_actions(
    function: str, service: str, operation: str, request: Mapping[str, Any]
) -> Iterable[RecordedAction]:
    for write in request.get("TransactItems", ()):
        ((kind, part),) = write.items()  # IAM checks each write of a transaction like the same one alone
        yield from _recorded_actions(function, service, f"{kind}Item", part)
    names = {name: _setting_reference(function, value) for name, value in _resource_names(request)}
    yield from {
        "cloudwatch": _cloudwatch_actions,
        "dynamodb": _dynamodb_actions,
        "events": _events_actions,
        "kms": _kms_actions,
        "s3": _s3_actions,
        "secretsmanager": _secret_actions,
        "sesv2": _ses_actions,
        "sqs": _sqs_actions,
        "ssm": _parameter_actions,
        "stepfunctions": _stepfunctions_actions,
    }[service](operation, request, names)


def _resource_names(request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yields the parts of a request that name a resource."""
    for name in _RESOURCE_MEMBERS:
        if name in request:
            yield name, request[name]
    for table in request.get("RequestItems", ()):
        yield table, table
    for entry in request.get("Entries", ()):
        if "EventBusName" in entry:
            yield entry["EventBusName"], entry["EventBusName"]


def _setting_reference(function: str, value: str) -> str:
    """Returns the function's setting with this value; a function has no other way to name a resource."""
    settings = parts().config.environ
    names = [name for name in variables(function) if settings.get(name) == value]
    assert len(names) == 1, f"{function} asks for {value}, which {names or 'none'} of its settings names"
    return f"${names[0]}"


def _dynamodb_actions(
    operation: str, request: AwsRequest, names: Mapping[str, str]
) -> Iterator[RecordedAction]:
    index = f"/index/{request['IndexName']}" if "IndexName" in request else ""
    for table in names.values():
        yield f"dynamodb:{operation}", f"{table}{index}", dynamodb_keys.derive_condition_keys(request)


def _cloudwatch_actions(operation: str, _: AwsRequest, __: Mapping[str, str]) -> Iterator[RecordedAction]:
    yield f"cloudwatch:{operation}", "*", {}


def _stepfunctions_actions(
    operation: str, _: AwsRequest, names: Mapping[str, str]
) -> Iterator[RecordedAction]:
    yield f"states:{operation}", names["stateMachineArn"], {}


def _kms_actions(operation: str, request: AwsRequest, names: Mapping[str, str]) -> Iterator[RecordedAction]:
    pairs = request.get("EncryptionContext", {}).items()
    yield f"kms:{operation}", names["KeyId"], {f"kms:EncryptionContext:{k}": v for k, v in pairs}


def _secret_actions(operation: str, _: AwsRequest, names: Mapping[str, str]) -> Iterator[RecordedAction]:
    yield f"secretsmanager:{operation}", names["SecretId"], {}


def _parameter_actions(operation: str, _: AwsRequest, names: Mapping[str, str]) -> Iterator[RecordedAction]:
    yield f"ssm:{operation}", names["Name"], {}


def _sqs_actions(operation: str, _: AwsRequest, names: Mapping[str, str]) -> Iterator[RecordedAction]:
    yield f"sqs:{operation}", names["QueueUrl"], {}


def _events_actions(operation: str, _: AwsRequest, names: Mapping[str, str]) -> Iterator[RecordedAction]:
    for bus in names.values():
        yield f"events:{operation}", bus, {}


def _s3_actions(operation: str, request: AwsRequest, names: Mapping[str, str]) -> Iterator[RecordedAction]:
    action = _S3_ACTIONS.get(operation, operation)
    if "VersionId" in request:
        action += "Version"
    keys = [request["Key"]] if "Key" in request else []
    keys += [deleted["Key"] for deleted in request.get("Delete", {}).get("Objects", ())]
    context: Context = {iam: request[name] for name, iam in _S3_KEYS.items() if name in request}
    for key in [f"/{key}" for key in keys] or [""]:
        yield f"s3:{action}", f"{names['Bucket']}{key}", context
    if "CopySource" in request:
        yield "s3:GetObject", f"{names['Bucket']}/{request['CopySource']['Key']}", {}


def _ses_actions(operation: str, request: AwsRequest, names: Mapping[str, str]) -> Iterator[RecordedAction]:
    if operation != "SendEmail":
        yield f"ses:{operation}", "*", {}
        return
    # Heed sends raw mail, so IAM also checks the action for raw mail.
    mail = message_from_bytes(request["Content"]["Raw"]["Data"])
    sender = parseaddr(mail["From"])[1]
    context: Context = {
        "ses:FromAddress": sender,
        "ses:Recipients": request["Destination"]["ToAddresses"],
    }
    identity = f"arn:aws:ses:{_REGION}:{_ACCOUNT}:identity/{sender}"
    for action in ("ses:SendEmail", "ses:SendRawEmail"):
        for resource in (identity, *names.values()):
            yield action, resource, context

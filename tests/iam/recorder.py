"""`pytest --calls=FOLDER`: records every AWS call that a handler makes in a test, as IAM would see it.

Each line is JSON: the function, the operation, the action, the resource and the condition keys. A resource
has the form `$VARIABLE`, by the function's setting that names it, followed by an index or an object, because
its name in a test differs from its name in a stack.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from email import message_from_bytes
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest

from tests.iam import dynamodb_keys
from tests.support.deployment import parts
from tests.support.template import variables

Context = dict[str, str | list[str]]
RecordedAction = tuple[str, str, Context]
"""An action, what it is about, and the keys of its conditions."""
_REGION, _ACCOUNT = "us-east-1", "123456789012"
_S3_KEYS = {"IfNoneMatch": "s3:if-none-match", "Prefix": "s3:prefix", "VersionId": "s3:versionid"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds one option, for the workers of xdist too."""
    parser.addoption("--calls", metavar="FOLDER", help="where each handler's calls go")


class Recorder:
    """Writes each call once, into a file of this process."""

    def __init__(self, folder: str) -> None:
        self._file = Path(folder, f"{os.getpid()}.jsonl")
        self._seen: set[str] = set()

    def __call__(self, function: str, service: str, operation: str, request: Mapping[str, Any]) -> None:
        """Writes a call."""
        for action, resource, context in _recorded_actions(function, service, operation, request):
            kept = {key: value for key, value in context.items() if value}
            call = {"function": function, "operation": f"{service}:{operation}", "action": action}
            line = json.dumps({**call, "resource": resource, "context": kept})
            if line not in self._seen:
                self._seen.add(line)
                self._file.parent.mkdir(parents=True, exist_ok=True)
                with self._file.open("a") as out:
                    out.write(f"{line}\n")


def recorded(folder: str) -> list[dict[str, Any]]:
    """Returns every recorded call, once."""
    files = Path(folder).glob("*.jsonl")
    lines = {line for file in files for line in file.read_text().splitlines()}
    return [json.loads(line) for line in sorted(lines)]


def _recorded_actions(
    function: str, service: str, operation: str, request: Mapping[str, Any]
) -> Iterable[RecordedAction]:
    named = {name: _setting(function, value) for name, value in _named(request)}
    return {
        "dynamodb": _of_dynamodb,
        "events": _of_events,
        "kms": _of_kms,
        "s3": _of_s3,
        "sesv2": _of_ses,
        "sqs": _of_sqs,
    }[service](operation, request, named)


def _named(request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yields the parts of a request that name a resource."""
    for name in ("TableName", "KeyId", "Bucket", "QueueUrl", "ConfigurationSetName"):
        if name in request:
            yield name, request[name]
    for table in request.get("RequestItems", ()):
        yield table, table
    for entry in request.get("Entries", ()):
        if "EventBusName" in entry:
            yield entry["EventBusName"], entry["EventBusName"]


def _setting(function: str, value: str) -> str:
    """Returns the function's setting with this value; a function has no other way to name a resource."""
    settings = parts().config.environ
    found = [name for name in variables(function) if settings.get(name) == value]
    assert len(found) == 1, f"{function} asks for {value}, which {found or 'none'} of its settings names"
    return f"${found[0]}"


def _of_dynamodb(
    operation: str, request: Mapping[str, Any], named: Mapping[str, str]
) -> Iterator[RecordedAction]:
    index = f"/index/{request['IndexName']}" if "IndexName" in request else ""
    for table in named.values():
        yield f"dynamodb:{operation}", f"{table}{index}", dynamodb_keys.condition_keys(request)


def _of_kms(operation: str, request: Mapping[str, Any], named: Mapping[str, str]) -> Iterator[RecordedAction]:
    pairs = request.get("EncryptionContext", {}).items()
    yield f"kms:{operation}", named["KeyId"], {f"kms:EncryptionContext:{k}": v for k, v in pairs}


def _of_sqs(operation: str, _: Mapping[str, Any], named: Mapping[str, str]) -> Iterator[RecordedAction]:
    yield f"sqs:{operation}", named["QueueUrl"], {}


def _of_events(operation: str, _: Mapping[str, Any], named: Mapping[str, str]) -> Iterator[RecordedAction]:
    for bus in named.values():
        yield f"events:{operation}", bus, {}


def _of_s3(operation: str, request: Mapping[str, Any], named: Mapping[str, str]) -> Iterator[RecordedAction]:
    action = "ListBucketVersions" if operation == "ListObjectVersions" else operation
    if "VersionId" in request:
        action += "Version"
    key = f"/{request['Key']}" if "Key" in request else ""
    context: Context = {iam: request[name] for name, iam in _S3_KEYS.items() if name in request}
    yield f"s3:{action}", f"{named['Bucket']}{key}", context


def _of_ses(operation: str, request: Mapping[str, Any], named: Mapping[str, str]) -> Iterator[RecordedAction]:
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
        for resource in (identity, *named.values()):
            yield action, resource, context

"""Injects faults between botocore and moto: retries, parsers and errors are botocore's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from moto.core.models import botocore_stubber
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.sqs.models import sqs_backends

from heed.adapters.aws import CLIENT_CONFIG
from tests.simulation.nemesis import FAULT_KINDS, FaultKind, Killed, Nemesis
from tests.support.template import table_definition

_ACCOUNT, _REGION = "123456789012", "us-east-1"
_URL = "https://aws"
_RAISED = {
    FAULT_KINDS["time-out after"]: ReadTimeoutError,
    FAULT_KINDS["time-out before"]: ConnectTimeoutError,
    FAULT_KINDS["reset"]: ConnectionClosedError,
    FAULT_KINDS["no network"]: EndpointConnectionError,
}
JOB_KEYS = ("job#", "job-files#", "bulk-writer", "disclosure#", "numbers#", "seen#")
"""How the keys of all items begin that the work on jobs stores in the table Control."""
KEYS = ("IDENTITY_KEY", "LINKS_KEY", "CONFIRMATION_KEY")
QUEUES = {
    "opt-out retry": "OPT_OUT_RETRY_QUEUE_URL",
    "dead letters": "FEEDBACK_DLQ_URL",
    "dead mails": "MAILBOX_DLQ_URL",
    "ses_list": "SES_LIST_QUEUE_URL",
    "subscribe": "CONFIRMATION_REQUESTS_QUEUE_URL",
    "waiting": "WAITING_QUEUE_URL",
    "confirmed": "CONFIRMED_OPT_INS_QUEUE_URL",
}
"""What the product sends to, by the name of the setting."""


class _Body:
    """The raw response that botocore parses."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._content


def _answer(status: int, content: bytes) -> AWSResponse:
    headers = {"x-amzn-RequestId": "made-up", "Content-Type": "application/x-amz-json-1.0"}
    return AWSResponse(_URL, status, headers, _Body(content))  # type: ignore[arg-type]


class FaultyClients:
    """Clients of moto with faults on their requests, and access for the observer without faults."""

    def __init__(self, nemesis: Nemesis) -> None:
        self._nemesis = nemesis
        self.clients: dict[str, Any] = {}

    def build(self) -> dict[str, str]:
        """Creates tables, keys and queues, and returns the environment that names them."""
        for service in ("dynamodb", "kms", "sqs"):
            made: Any = boto3.client(service, config=CLIENT_CONFIG)
            made.meta.events.register_first("before-send", self._hook)
            made.meta.events.register_last("before-send", _enable_moto_again)
            self.clients[service] = made
        for logical in ("Preferences", "Control"):
            self.clients["dynamodb"].create_table(TableName=logical, **table_definition(f"{logical}Table"))
        keys = {
            name: self.clients["kms"].create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")[
                "KeyMetadata"
            ]["KeyId"]
            for name in KEYS
        }
        snapshot_key = self.clients["kms"].create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        keys["SNAPSHOT_KEYS"] = snapshot_key["KeyMetadata"]["Arn"]
        queues = {
            name: self.clients["sqs"].create_queue(QueueName=name)["QueueUrl"] for name in QUEUES.values()
        }
        return {**keys, **queues}

    def raw(self) -> dict[str, dict[str, Any]]:
        table = dynamodb_backends[_ACCOUNT][_REGION].tables["Preferences"]
        items: Any = table.items
        return {key.value: item.to_json()["Attributes"] for key, item in items.items()}

    def put(self, key: str, item: dict[str, Any] | None) -> None:
        table = dynamodb_backends[_ACCOUNT][_REGION].tables["Preferences"]
        if item is None:
            table.items.pop(DynamoType({"S": key}), None)
        else:
            table.put_item({"id": {"S": key}, **item}, overwrite=True)

    def forget_jobs(self) -> None:
        items: Any = dynamodb_backends[_ACCOUNT][_REGION].tables["Control"].items
        for key in [key for key in items if key.value.startswith(JOB_KEYS)]:
            del items[key]

    def take(self, queue: str) -> list[str]:
        held = sqs_backends[_ACCOUNT][_REGION].queues[QUEUES[queue]]
        bodies = [str(message.body) for message in held.messages]
        held._messages.clear()
        held.deleted_messages.clear()
        return bodies

    def _hook(self, event_name: str, request: Any, **_: Any) -> AWSResponse | None:
        service = event_name.split(".")[1]
        if service == "dynamodb" and request.body:
            self._check_read_is_consistent(event_name, json.loads(request.body))
        kind = self._nemesis.next_fault(service)
        if kind is None:
            return None
        answer = _faulty(kind, event_name, request)
        # botocore calls every handler of the event, so moto must not do the work again
        botocore_stubber.enabled = False
        return answer

    def _check_read_is_consistent(self, event_name: str, request: dict[str, Any]) -> None:
        """Counts a GetItem or BatchGetItem. Fails if it is not strongly consistent."""
        if event_name.endswith("GetItem") and self._nemesis.invocations:
            wanted = list(request.get("RequestItems", {"": request}).values())
            self._nemesis.fault_counts[31] += 1
            if not all(read.get("ConsistentRead") for read in wanted):
                raise AssertionError("an eventually consistent read")


def _enable_moto_again(**_: Any) -> None:
    """Runs when moto was skipped."""
    botocore_stubber.enabled = True


def _faulty(kind: FaultKind, event_name: str, request: Any) -> AWSResponse:
    whole = botocore_stubber(event_name, request) if kind.commits else None
    if kind.row == 12:
        raise Killed
    if kind in _RAISED:
        raise _RAISED[kind](endpoint_url=_URL, error=ConnectionError("made up"))
    if whole is not None:
        return _answer(whole.status_code, whole.content[: len(whole.content) // 2] or b"{")
    body = {"__type": f"com.amazonaws#{kind.code}", "message": "made up"}
    return _answer(kind.status, json.dumps(body).encode())

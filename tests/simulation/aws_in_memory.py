"""AWS in memory, a hundred times faster than moto: the requests that Heed makes, and botocore's retries.

The same faults are injected as with moto, and test_aws_in_memory.py compares the two.
"""

from __future__ import annotations

import hmac
import itertools
from collections.abc import Callable
from hashlib import md5
from typing import Any

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from tests.simulation.dynamodb_expressions import Item, holds, updated
from tests.simulation.nemesis import FAULT_KINDS, FaultKind, Killed, Nemesis
from tests.support.snapshots import sign_digest

ATTEMPTS = 3  # as botocore is configured by heed.adapters.aws
_NOWHERE = "https://aws"


class ConditionalCheckFailedException(ClientError):
    """The exception as botocore's client has it."""


class _Exceptions:
    ConditionalCheckFailedException = ConditionalCheckFailedException


class InMemoryClient:
    """Base of the clients: `operation` does the work of the service, and the nemesis injects faults."""

    exceptions = _Exceptions

    def __init__(self, service: str, nemesis: Nemesis) -> None:
        self._service = service
        self._nemesis = nemesis

    def _send(
        self,
        operation: Callable[[], dict[str, Any]],
        *,
        models: tuple[FaultKind, ...] = (),
        attempts: int = ATTEMPTS,
    ) -> dict[str, Any]:
        """Runs the operation under faults. It declares the faults in `models` as retryable."""
        for attempt in itertools.count(1):
            kind = self._nemesis.next_fault(self._service)
            if kind is None:
                return operation()
            try:
                return _faulty(kind, operation)
            except ConditionalCheckFailedException:
                raise
            except (ClientError, *_SILENT):
                if not (kind.is_retried or kind in models) or attempt == attempts:
                    raise
        raise AssertionError("not reached")


_OF_WRITES = (FAULT_KINDS["replica"],)
_SILENT = (ConnectTimeoutError, ReadTimeoutError, ConnectionClosedError, EndpointConnectionError)
_ERRORS = {
    FAULT_KINDS["time-out after"]: ReadTimeoutError,
    FAULT_KINDS["time-out before"]: ConnectTimeoutError,
    FAULT_KINDS["reset"]: ConnectionClosedError,
    FAULT_KINDS["no network"]: EndpointConnectionError,
}


def _faulty(kind: FaultKind, operation: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    refused = False
    if kind.commits:
        try:
            operation()
        except ClientError:
            refused = True
    if kind.row == 12:
        raise Killed
    if kind in _ERRORS:
        raise _ERRORS[kind](endpoint_url=_NOWHERE)
    if kind.code or refused:
        error = {"Error": {"Code": kind.code or "400", "Message": "made up"}}
        raise ClientError(error, "made up")  # type: ignore[arg-type]
    return {}  # cut on the way: botocore returns an answer without content


class Dynamo(InMemoryClient):
    """Tables of items by key. An eventually consistent read returns the state before the last write."""

    def __init__(self, nemesis: Nemesis) -> None:
        super().__init__("dynamodb", nemesis)
        self.tables: dict[str, dict[str, Item]] = {}
        self._before: dict[tuple[str, str], Item | None] = {}

    def forget(self) -> None:
        """Forgets the state before the last write."""
        self._before.clear()

    def get_item(self, **request: Any) -> dict[str, Any]:
        table, key = request["TableName"], _key(request["Key"])

        def operation() -> dict[str, Any]:
            item = self._read(table, key, consistent=request.get("ConsistentRead", False))
            return _answer(request) if item is None else {**_answer(request), "Item": item}

        return self._send(operation)

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        ((table, wanted),) = request["RequestItems"].items()

        def operation() -> dict[str, Any]:
            consistent = wanted.get("ConsistentRead", False)
            keys = [_key(key) for key in wanted["Keys"]]
            found = [self._read(table, key, consistent=consistent) for key in keys]
            items = [item for item in found if item is not None]
            return {"Responses": {table: items}, "UnprocessedKeys": {}}

        return self._send(operation)

    def put_item(self, **request: Any) -> dict[str, Any]:
        def operation() -> dict[str, Any]:
            table, key = request["TableName"], _key(request["Item"])
            old = self._old(request, key)
            self._write(table, key, dict(request["Item"]))
            return _write_answer(request, old, request["Item"])

        return self._send(operation, models=_OF_WRITES)

    def delete_item(self, **request: Any) -> dict[str, Any]:
        def operation() -> dict[str, Any]:
            old = self._old(request, _key(request["Key"]))
            self.tables[request["TableName"]].pop(_key(request["Key"]), None)
            return _write_answer(request, old, None)

        return self._send(operation, models=_OF_WRITES)

    def update_item(self, **request: Any) -> dict[str, Any]:
        def operation() -> dict[str, Any]:
            table, key = request["TableName"], _key(request["Key"])
            old = self._old(request, key)
            new = updated(old or dict(request["Key"]), request)
            self._write(table, key, new)
            return _write_answer(request, old, new)

        return self._send(operation, models=_OF_WRITES)

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        """Makes all writes or, if a condition does not hold, none."""

        def operation() -> dict[str, Any]:
            made: list[tuple[str, str, Item]] = []
            reasons: list[dict[str, str]] = []
            for item in request["TransactItems"]:
                ((kind, write),) = item.items()
                key = write["Item"] if kind == "Put" else write["Key"]
                try:
                    old = self._old(write, _key(key))
                except ConditionalCheckFailedException:
                    reasons.append({"Code": "ConditionalCheckFailed"})
                    continue
                reasons.append({"Code": "None"})
                new = dict(write["Item"]) if kind == "Put" else updated(old or dict(key), write)
                made.append((write["TableName"], _key(key), new))
            if len(made) < len(reasons):
                error: Any = {
                    "Error": {"Code": "TransactionCanceledException"},
                    "CancellationReasons": reasons,
                }
                raise ClientError(error, "a transaction")
            for place in made:
                self._write(*place)
            return _answer(request)

        return self._send(operation)

    def query(self, **request: Any) -> dict[str, Any]:
        """Returns the items of a list of jobs on one page. Every index has the newest state."""

        def operation() -> dict[str, Any]:
            items = self.tables.setdefault(request["TableName"], {}).values()
            listed = [item for item in items if "list" in item and "place" in item]
            found = [item for item in listed if holds(request["KeyConditionExpression"], item, request)]
            found.sort(key=lambda item: str(item["place"]["S"]), reverse=not request["ScanIndexForward"])
            return {"Items": found, "Count": len(found)}

        return self._send(operation)

    def scan(self, **request: Any) -> dict[str, Any]:
        """Returns a segment on one page. moto divides the items in the same way."""

        def operation() -> dict[str, Any]:
            items = self.tables.setdefault(request["TableName"], {}).items()
            total = request["TotalSegments"]
            found = [item for key, item in items if _hash_byte(key) % total == request["Segment"]]
            return {"Items": found, "Count": len(found)}

        return self._send(operation)

    def _old(self, request: dict[str, Any], key: str) -> Item | None:
        """Returns the item that a write finds, if the item meets the condition of the write."""
        old = self.tables.setdefault(request["TableName"], {}).get(key)
        if holds(request.get("ConditionExpression", "attribute_not_exists(no)"), old or {}, request):
            return old
        error: dict[str, Any] = {"Error": {"Code": "ConditionalCheckFailedException"}}
        if old is not None and request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
            error["Item"] = old
        raise ConditionalCheckFailedException(error, "a write")  # type: ignore[arg-type]

    def _read(self, table: str, key: str, *, consistent: bool) -> Item | None:
        if (table, key) in self._before:
            self._nemesis.fault_counts[31] += 1
            if not consistent:
                return self._before[table, key]
        return self.tables.setdefault(table, {}).get(key)

    def _write(self, table: str, key: str, item: Item) -> None:
        self._before[table, key] = self.tables.setdefault(table, {}).get(key)
        self.tables[table][key] = item


class Kms(InMemoryClient):
    """MACs from fixed public bytes, and signatures by a key that everybody knows."""

    def __init__(self, nemesis: Nemesis) -> None:
        super().__init__("kms", nemesis)

    def generate_mac(self, **request: Any) -> dict[str, Any]:
        key = request["KeyId"].encode()
        return self._send(lambda: {"Mac": hmac.digest(key, request["Message"], "sha256")})

    def sign(self, **request: Any) -> dict[str, Any]:
        return self._send(lambda: {"Signature": sign_digest(request["Message"])})


class Sqs(InMemoryClient):
    """Queues of message bodies, by URL."""

    def __init__(self, nemesis: Nemesis) -> None:
        super().__init__("sqs", nemesis)
        self.queues: dict[str, list[str]] = {}

    def send_message(self, **request: Any) -> dict[str, Any]:
        def operation() -> dict[str, Any]:
            self.queues.setdefault(request["QueueUrl"], []).append(request["MessageBody"])
            return {"MessageId": "made-up"}

        return self._send(operation)

    def get_queue_attributes(self, **request: Any) -> dict[str, Any]:
        def operation() -> dict[str, Any]:
            numbers = dict.fromkeys(request["AttributeNames"], "0")
            visible = str(len(self.queues.get(request["QueueUrl"], [])))
            return {"Attributes": {**numbers, "ApproximateNumberOfMessages": visible}}

        return self._send(operation)


class Ses(InMemoryClient):
    """Accepts mails that nobody reads."""

    def __init__(self, nemesis: Nemesis) -> None:
        super().__init__("sesv2", nemesis)

    def send_email(self, **_: Any) -> dict[str, Any]:
        return self._send(lambda: {"MessageId": "made-up"}, attempts=1)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    return {"ConsumedCapacity": {}} if "ReturnConsumedCapacity" in request else {}


def _write_answer(request: dict[str, Any], old: Item | None, new: Item | None) -> dict[str, Any]:
    """The answer to a write. UPDATED_NEW contains more than AWS returns; readers use one attribute of it."""
    returns = request.get("ReturnValues", "NONE")
    item = old if returns == "ALL_OLD" else new if returns.endswith("_NEW") else None
    return _answer(request) if item is None else {**_answer(request), "Attributes": item}


def _hash_byte(key: str) -> int:
    return md5(key.encode(), usedforsecurity=False).digest()[0]


def _key(key: dict[str, Any]) -> str:
    return str((key.get("id") or key["pk"])["S"])

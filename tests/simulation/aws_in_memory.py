"""AWS in memory, a hundred times faster than moto: the requests that Heed makes, and botocore's retries.

The same faults are injected as with moto, and test_aws_in_memory.py compares the two.
"""

from __future__ import annotations

import hmac
import itertools
from collections.abc import Callable
from typing import Any

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from tests.simulation.dynamodb_expressions import Item, holds, updated
from tests.simulation.nemesis import KINDS, Killed, Kind, Nemesis

ATTEMPTS = 3  # as botocore is configured by heed.adapters.aws
_NOWHERE = "https://aws"


class ConditionalCheckFailedException(ClientError):
    """The exception as botocore's client has it."""


class _Exceptions:
    ConditionalCheckFailedException = ConditionalCheckFailedException


class _Client:
    """Base of the clients: `work` does the service's work, and the nemesis injects faults."""

    exceptions = _Exceptions

    def __init__(self, service: str, nemesis: Nemesis) -> None:
        self._service = service
        self._nemesis = nemesis

    def _send(self, work: Callable[[], dict[str, Any]], *, models: tuple[Kind, ...] = ()) -> dict[str, Any]:
        """Does the work under faults; `models` are the codes that the operation declares as retryable."""
        for attempt in itertools.count(1):
            kind = self._nemesis.strike(self._service)
            if kind is None:
                return work()
            try:
                return _faulty(kind, work)
            except ConditionalCheckFailedException:
                raise
            except (ClientError, *_SILENT):
                if not (kind.retried or kind in models) or attempt == ATTEMPTS:
                    raise
        raise AssertionError("not reached")


_OF_WRITES = (KINDS["replica"],)
_SILENT = (ConnectTimeoutError, ReadTimeoutError, ConnectionClosedError, EndpointConnectionError)
_ERRORS = {
    KINDS["time-out after"]: ReadTimeoutError,
    KINDS["time-out before"]: ConnectTimeoutError,
    KINDS["reset"]: ConnectionClosedError,
    KINDS["no network"]: EndpointConnectionError,
}


def _faulty(kind: Kind, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    refused = False
    if kind.commits:
        try:
            work()
        except ClientError:
            refused = True
    if kind.number == 12:
        raise Killed
    if kind in _ERRORS:
        raise _ERRORS[kind](endpoint_url=_NOWHERE)
    if kind.code or refused:
        error = {"Error": {"Code": kind.code or "400", "Message": "made up"}}
        raise ClientError(error, "made up")  # type: ignore[arg-type]
    return {}  # cut on the way: botocore returns an answer without content


class Dynamo(_Client):
    """Tables of items by key. An eventually consistent read returns the state before the last write."""

    def __init__(self, nemesis: Nemesis) -> None:
        super().__init__("dynamodb", nemesis)
        self.tables: dict[str, dict[str, Item]] = {}
        self._before: dict[tuple[str, str], Item | None] = {}

    def forget(self) -> None:
        """Forgets the state before the last write."""
        self._before.clear()

    def get_item(self, **asked: Any) -> dict[str, Any]:
        table, key = asked["TableName"], _key(asked["Key"])

        def work() -> dict[str, Any]:
            item = self._read(table, key, consistent=asked.get("ConsistentRead", False))
            return _answer(asked) if item is None else {**_answer(asked), "Item": item}

        return self._send(work)

    def batch_get_item(self, **asked: Any) -> dict[str, Any]:
        ((table, wanted),) = asked["RequestItems"].items()

        def work() -> dict[str, Any]:
            consistent = wanted.get("ConsistentRead", False)
            keys = [_key(key) for key in wanted["Keys"]]
            found = [self._read(table, key, consistent=consistent) for key in keys]
            items = [item for item in found if item is not None]
            return {"Responses": {table: items}, "UnprocessedKeys": {}}

        return self._send(work)

    def put_item(self, **asked: Any) -> dict[str, Any]:
        def work() -> dict[str, Any]:
            table, key = asked["TableName"], _key(asked["Item"])
            old = self._old(asked, key)
            self._write(table, key, dict(asked["Item"]))
            return _written(asked, old, asked["Item"])

        return self._send(work, models=_OF_WRITES)

    def delete_item(self, **asked: Any) -> dict[str, Any]:
        def work() -> dict[str, Any]:
            old = self._old(asked, _key(asked["Key"]))
            self.tables[asked["TableName"]].pop(_key(asked["Key"]), None)
            return _written(asked, old, None)

        return self._send(work, models=_OF_WRITES)

    def update_item(self, **asked: Any) -> dict[str, Any]:
        def work() -> dict[str, Any]:
            table, key = asked["TableName"], _key(asked["Key"])
            old = self._old(asked, key)
            new = updated(old or dict(asked["Key"]), asked)
            self._write(table, key, new)
            return _written(asked, old, new)

        return self._send(work, models=_OF_WRITES)

    def _old(self, asked: dict[str, Any], key: str) -> Item | None:
        """Returns the item that a write finds, if the item meets the condition of the write."""
        old = self.tables.setdefault(asked["TableName"], {}).get(key)
        if holds(asked.get("ConditionExpression", "attribute_not_exists(no)"), old or {}, asked):
            return old
        error: dict[str, Any] = {"Error": {"Code": "ConditionalCheckFailedException"}}
        if old is not None and asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
            error["Item"] = old
        raise ConditionalCheckFailedException(error, "a write")  # type: ignore[arg-type]

    def _read(self, table: str, key: str, *, consistent: bool) -> Item | None:
        if (table, key) in self._before:
            self._nemesis.tally[31] += 1
            if not consistent:
                return self._before[table, key]
        return self.tables.setdefault(table, {}).get(key)

    def _write(self, table: str, key: str, item: Item) -> None:
        self._before[table, key] = self.tables.setdefault(table, {}).get(key)
        self.tables[table][key] = item


class Kms(_Client):
    """MACs from fixed public bytes."""

    def __init__(self, nemesis: Nemesis) -> None:
        super().__init__("kms", nemesis)

    def generate_mac(self, **asked: Any) -> dict[str, Any]:
        key = asked["KeyId"].encode()
        return self._send(lambda: {"Mac": hmac.digest(key, asked["Message"], "sha256")})


class Sqs(_Client):
    """Queues of message bodies, by URL."""

    def __init__(self, nemesis: Nemesis) -> None:
        super().__init__("sqs", nemesis)
        self.queues: dict[str, list[str]] = {}

    def send_message(self, **asked: Any) -> dict[str, Any]:
        def work() -> dict[str, Any]:
            self.queues.setdefault(asked["QueueUrl"], []).append(asked["MessageBody"])
            return {"MessageId": "made-up"}

        return self._send(work)

    def get_queue_attributes(self, **asked: Any) -> dict[str, Any]:
        def work() -> dict[str, Any]:
            numbers = dict.fromkeys(asked["AttributeNames"], "0")
            visible = str(len(self.queues.get(asked["QueueUrl"], [])))
            return {"Attributes": {**numbers, "ApproximateNumberOfMessages": visible}}

        return self._send(work)


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    return {"ConsumedCapacity": {}} if "ReturnConsumedCapacity" in asked else {}


def _written(asked: dict[str, Any], old: Item | None, new: Item | None) -> dict[str, Any]:
    """The answer to a write. UPDATED_NEW contains more than AWS returns; readers use one attribute of it."""
    returns = asked.get("ReturnValues", "NONE")
    item = old if returns == "ALL_OLD" else new if returns.endswith("_NEW") else None
    return _answer(asked) if item is None else {**_answer(asked), "Attributes": item}


def _key(key: dict[str, Any]) -> str:
    return str((key.get("id") or key["pk"])["S"])

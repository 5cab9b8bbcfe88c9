"""Events of the stream of the table `Preferences`, as Lambda receives them, built from the items."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from tests.support.aws_calls import outside_handlers

STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/Preferences/stream/2026-03-05T00:00:00.000"
EXPIRY_IDENTITY = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def stream_record(
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    at: int,
    *,
    number: int = 1,
    expired: bool = False,
) -> dict[str, Any]:
    """Returns the stream record of one write.

    Args:
        old: The item before the write, or None.
        new: The item after the write, or None.
        at: Time of the write, milliseconds.
        number: Sequence number.
        expired: Whether DynamoDB deleted the item at the end of its time to live.
    """
    item: Mapping[str, Any] = new or old or {}
    name = "INSERT" if not old else "MODIFY" if new else "REMOVE"
    body: dict[str, Any] = {
        "ApproximateCreationDateTime": at // 1000,
        "Keys": {"id": item["id"]},
        "SequenceNumber": str(100000000000000000000 + number),
        "SizeBytes": 512,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    body |= {key: _plain(image) for key, image in (("OldImage", old), ("NewImage", new)) if image}
    stream_record = {
        "eventID": hashlib.md5(f"{item['id']} {number}".encode()).hexdigest(),  # noqa: S324
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": body,
        "eventSourceARN": STREAM,
    }
    return stream_record | ({"userIdentity": EXPIRY_IDENTITY} if expired else {})


def stream_event(records: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Returns the event of a batch of records."""
    return {"Records": list(records)}


def _plain(value: Any) -> Any:
    """Encodes bytes at any depth in base64, as JSON needs it."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value


class StreamRecorder:
    """Watches a table of moto and creates one stream record for each write that changed an item."""

    def __init__(self, client: Any, table: str, at: int) -> None:
        self._client = client
        self._table = table
        self.at = at
        self.records: list[dict[str, Any]] = []
        self._number = 0  # of the newest record, also after a test removed the records
        self._items: dict[str, dict[str, Any]] = {}
        client.meta.events.register("after-call.dynamodb", self._after)
        self.record_changes()

    def record_changes(self, *, expired: bool = False) -> None:
        """Creates the records of all changes since the last call."""
        with outside_handlers():
            items = self._client.scan(TableName=self._table)["Items"]
        current = {item["id"]["S"]: item for item in items}
        for name in sorted({*self._items, *current}):
            old, new = self._items.get(name), current.get(name)
            if old != new:
                self._number += 1
                self.records.append(stream_record(old, new, self.at, number=self._number, expired=expired))
        self._items = current

    def _after(self, model: Any, **_: Any) -> None:
        if model.name in ("UpdateItem", "PutItem", "DeleteItem"):
            self.record_changes()

"""The stream of the table `Preferences`: events as Lambda gets them, made from the table's own items."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from tests.support.aws_calls import by_somebody_else

STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/Preferences/stream/2026-03-05T00:00:00.000"
OF_TIME = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def record(
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    at: int,
    *,
    number: int = 1,
    expired: bool = False,
) -> dict[str, Any]:
    """The record of one write, from the item before and after it; bytes in base64, as in JSON."""
    item: Mapping[str, Any] = new or old or {}
    name = "INSERT" if not old else "MODIFY" if new else "REMOVE"
    told: dict[str, Any] = {
        "ApproximateCreationDateTime": at // 1000,
        "Keys": {"id": item["id"]},
        "SequenceNumber": str(100000000000000000000 + number),
        "SizeBytes": 512,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    told |= {key: _plain(image) for key, image in (("OldImage", old), ("NewImage", new)) if image}
    made = {
        "eventID": hashlib.md5(f"{item['id']} {number}".encode()).hexdigest(),  # noqa: S324
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": told,
        "eventSourceARN": STREAM,
    }
    return made | ({"userIdentity": OF_TIME} if expired else {})


def event(records: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A batch."""
    return {"Records": list(records)}


def _plain(value: Any) -> Any:
    """Bytes at any depth as JSON has them, in base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value


class Recorder:
    """Watches a table of moto, and tells its stream: one record a write that changed something."""

    def __init__(self, client: Any, table: str, at: int) -> None:
        self._client = client
        self._table = table
        self.at = at
        self.records: list[dict[str, Any]] = []
        self._seen: dict[str, dict[str, Any]] = {}
        client.meta.events.register("after-call.dynamodb", self._after)
        self.look()

    def look(self, *, expired: bool = False) -> None:
        """Take note of what changed since the last look."""
        with by_somebody_else():
            items = self._client.scan(TableName=self._table)["Items"]
        found = {item["id"]["S"]: item for item in items}
        for name in sorted({*self._seen, *found}):
            old, new = self._seen.get(name), found.get(name)
            if old != new:
                number = len(self.records) + 1
                self.records.append(record(old, new, self.at, number=number, expired=expired))
        self._seen = found

    def _after(self, model: Any, **_: Any) -> None:
        if model.name in ("UpdateItem", "PutItem", "DeleteItem"):
            self.look()

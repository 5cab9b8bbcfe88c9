"""Read units, counted from what a table answered: moto's own ConsumedCapacity is not to be trusted.

The rules are DynamoDB's: what was read is added up by request, rounded up to 4 kB, and costs one unit where
the reading was consistent, half of one where it was not. A request that finds nothing costs as much as one
block.
"""

from __future__ import annotations

import json
import math
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

_BLOCK = 4096
_ENTRY = 100  # bytes that each entry of an index costs beside its attributes


@dataclass
class Read:
    """What was read: units by operation and table or index, and the keys that items were asked for by."""

    units: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    requests: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    keys: set[str] = field(default_factory=set)
    items: int = 0

    @property
    def all(self) -> float:
        """Units in all."""
        return sum(self.units.values())


@contextmanager
def counted(client: Any) -> Iterator[Read]:
    """What this client reads while the block runs. A Scan, or anything else that reads, is an error."""
    read = Read()
    asked = threading.local()  # a client is shared by threads, a call begins and ends in one

    def before(params: dict[str, Any], **_: object) -> None:
        asked.request = json.loads(params["body"])

    def after(parsed: Mapping[str, Any], model: Any, **_: object) -> None:
        request = asked.request
        if model.name in ("UpdateItem", "PutItem", "DeleteItem"):
            return
        assert model.name in ("GetItem", "Query"), model.name
        index = request.get("IndexName")
        where = f"{model.name} {request['TableName']}{'.' + index if index else ''}"
        found = parsed["Items"] if model.name == "Query" else [parsed.get("Item", {})]
        size = sum(_size(item) + (_ENTRY if index else 0) for item in found)
        blocks = max(1, math.ceil(size / _BLOCK))
        read.units[where] += blocks if request.get("ConsistentRead") else blocks / 2
        read.requests[where] += 1
        read.items += len(found)
        if model.name == "GetItem":
            read.keys.update(value["S"] for value in request["Key"].values())

    events = client.meta.events
    events.register("before-call.dynamodb", before, unique_id="asked")
    events.register("after-call.dynamodb", after, unique_id="read")
    try:
        yield read
    finally:
        events.unregister("before-call.dynamodb", unique_id="asked")
        events.unregister("after-call.dynamodb", unique_id="read")


def _size(item: Mapping[str, Mapping[str, Any]]) -> int:
    return sum(len(name.encode()) + _of(value) for name, value in item.items())


def _of(value: Mapping[str, Any]) -> int:
    """Bytes of a value, rounded up where DynamoDB does not say how exactly."""
    ((kind, held),) = value.items()
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _of(one) for name, one in held.items())
    if kind == "L":
        return 3 + sum(1 + _of(one) for one in held)
    if kind in ("SS", "NS", "BS"):
        return 3 + sum(len(one) for one in held)
    if kind in ("BOOL", "NULL"):
        return 1
    return len(held.encode() if isinstance(held, str) else held)

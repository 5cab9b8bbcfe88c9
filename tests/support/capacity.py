"""Counts read units from the responses of a table, because moto's ConsumedCapacity is not reliable.

The rules are those of DynamoDB. The items of one request are added up and rounded up to 4 kB. Each 4 kB cost
one unit if the read is strongly consistent, and half a unit otherwise. A request that finds no item costs as
much as 4 kB.
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

from tests.support.clients import calling

_BLOCK_BYTES = 4096
_INDEX_ENTRY_BYTES = 100  # cost of each index entry in addition to its attributes


@dataclass
class ReadUsage:
    """The reads of a client.

    Attributes:
        units: Read units by operation and table or index.
        requests: Number of requests by operation and table or index.
        keys: Keys of the items that GetItem read.
        items: Number of items.
    """

    units: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    requests: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    keys: set[str] = field(default_factory=set)
    items: int = 0

    @property
    def total(self) -> float:
        """The total of read units."""
        return sum(self.units.values())


@contextmanager
def count_reads(client: Any) -> Iterator[ReadUsage]:
    """Counts the reads of a client while the block runs. Only GetItem and Query may read."""
    read = ReadUsage()
    current = threading.local()  # threads share a client, but each call runs in one thread

    def before(params: dict[str, Any], **_: object) -> None:
        current.request = json.loads(params["body"])

    def after(parsed: Mapping[str, Any], model: Any, **_: object) -> None:
        request = current.request
        if model.name in ("UpdateItem", "PutItem", "DeleteItem"):
            return
        assert model.name in ("GetItem", "Query"), model.name
        index = request.get("IndexName")
        source = f"{model.name} {request['TableName']}{'.' + index if index else ''}"
        items = parsed["Items"] if model.name == "Query" else [parsed.get("Item", {})]
        size = sum(_item_size(item) + (_INDEX_ENTRY_BYTES if index else 0) for item in items)
        blocks = max(1, math.ceil(size / _BLOCK_BYTES))
        read.units[source] += blocks if request.get("ConsistentRead") else blocks / 2
        read.requests[source] += 1
        read.items += len(items)
        if model.name == "GetItem":
            read.keys.update(value["S"] for value in request["Key"].values())

    with (
        calling(before, [client], "before-call.dynamodb"),
        calling(after, [client], "after-call.dynamodb"),
    ):
        yield read


def _item_size(item: Mapping[str, Mapping[str, Any]]) -> int:
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    """Returns the bytes of a value, rounded up where DynamoDB's documentation is not exact."""
    ((kind, content),) = value.items()
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _value_size(member) for name, member in content.items())
    if kind == "L":
        return 3 + sum(1 + _value_size(member) for member in content)
    if kind in ("SS", "NS", "BS"):
        return 3 + sum(len(member) for member in content)
    if kind in ("BOOL", "NULL"):
        return 1
    return len(content.encode() if isinstance(content, str) else content)

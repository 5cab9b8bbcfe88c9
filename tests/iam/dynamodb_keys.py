"""The keys that a policy can put a condition on, as AWS makes them of a request to DynamoDB."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_WORDS = {"SET", "ADD", "REMOVE", "DELETE", "AND", "OR", "NOT", "IN", "BETWEEN"}
_NAME = re.compile(r"(?<![\w.:#])(#\w+|[A-Za-z_]\w*)(?!\w)(\s*\()?")
_EXPRESSIONS = (
    "UpdateExpression",
    "ConditionExpression",
    "KeyConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
)
# The first attribute of the keys of Control, Ledger and Preferences; an order of a purge has a subject.
_PARTITIONS = ("pk", "subject", "id")


def condition_keys(request: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """The condition keys of a request; one of which it says nothing is empty."""
    return {
        "dynamodb:LeadingKeys": sorted(set(_leading(request))),
        "dynamodb:Attributes": sorted(set(_attributes(request))),
        "dynamodb:ReturnValues": request.get("ReturnValues", ""),
        "dynamodb:Select": request.get("Select", ""),
    }


def _items(request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The keys and items that a request names."""
    yield from (request[part] for part in ("Key", "Item") if isinstance(request.get(part), Mapping))
    for asked in request.get("RequestItems", {}).values():
        yield from asked["Keys"]


def _leading(request: Mapping[str, Any]) -> Iterator[str]:
    for item in _items(request):
        name = next(name for name in _PARTITIONS if name in item)
        yield item[name]["S"]
    if asked := request.get("KeyConditionExpression"):
        value = re.findall(r":\w+", asked)[0]
        yield request["ExpressionAttributeValues"][value]["S"]


def _attributes(request: Mapping[str, Any]) -> Iterator[str]:
    for item in _items(request):
        yield from item
    aliases = request.get("ExpressionAttributeNames", {})
    for part in _EXPRESSIONS:
        for name, is_function in _NAME.findall(request.get(part, "")):
            if not is_function and name not in _WORDS:
                yield aliases.get(name, name)

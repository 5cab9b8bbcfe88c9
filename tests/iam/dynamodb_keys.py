"""The condition keys that AWS derives from a DynamoDB request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_KEYWORDS = {"SET", "ADD", "REMOVE", "DELETE", "AND", "OR", "NOT", "IN", "BETWEEN"}
_NAME_PATTERN = re.compile(r"(?<![\w.:#])(#\w+|[A-Za-z_]\w*)(?!\w)(\s*\()?")
_EXPRESSIONS = (
    "UpdateExpression",
    "ConditionExpression",
    "KeyConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
)
# The partition keys of Control, Ledger and Preferences; a purge order in Control also has a subject.
_PARTITIONS = ("pk", "subject", "id")


def derive_condition_keys(request: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Returns the condition keys of a request; a key that does not apply is empty."""
    return {
        "dynamodb:LeadingKeys": sorted(set(_leading_keys(request))),
        "dynamodb:Attributes": sorted(set(_attribute_names(request))),
        "dynamodb:ReturnValues": request.get("ReturnValues", ""),
        "dynamodb:Select": request.get("Select", ""),
    }


def _items(request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yields the keys and items that a request names."""
    yield from (request[part] for part in ("Key", "Item") if isinstance(request.get(part), Mapping))
    for table_keys in request.get("RequestItems", {}).values():
        yield from table_keys["Keys"]


def _leading_keys(request: Mapping[str, Any]) -> Iterator[str]:
    for item in _items(request):
        name = next(name for name in _PARTITIONS if name in item)
        yield item[name]["S"]
    if condition := request.get("KeyConditionExpression"):
        value = re.findall(r":\w+", condition)[0]
        yield request["ExpressionAttributeValues"][value]["S"]


def _attribute_names(request: Mapping[str, Any]) -> Iterator[str]:
    for item in _items(request):
        yield from item
    aliases = request.get("ExpressionAttributeNames", {})
    for part in _EXPRESSIONS:
        for name, is_function in _NAME_PATTERN.findall(request.get(part, "")):
            if not is_function and name not in _KEYWORDS:
                yield aliases.get(name, name)

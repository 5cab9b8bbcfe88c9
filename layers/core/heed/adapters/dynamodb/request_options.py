"""The options of requests to DynamoDB, and their names in AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

from heed.codec.attributes import Item

_AWS_NAMES = {
    "condition": "ConditionExpression",
    "names": "ExpressionAttributeNames",
    "values": "ExpressionAttributeValues",
    "returns": "ReturnValues",
    "returns_if_refused": "ReturnValuesOnConditionCheckFailure",
    "index": "IndexName",
    "filter": "FilterExpression",
    "projection": "ProjectionExpression",
    "select": "Select",
    "consistent": "ConsistentRead",
    "page_size": "Limit",
    "ascending": "ScanIndexForward",
    "after": "ExclusiveStartKey",
    "segment": "Segment",
    "segments": "TotalSegments",
}


class WriteOptions(TypedDict, total=False):
    """The options of a write.

    Attributes:
        condition: Condition expression. The write takes effect only if it holds.
        names: Attribute names for the placeholders `#…`.
        values: Attribute values for the placeholders `:…`.
        returns: Which attributes the write returns.
        returns_if_refused: `ALL_OLD` makes ConditionFailed contain the current item.
    """

    condition: str
    names: Mapping[str, str]
    values: Mapping[str, Any]
    returns: Literal["ALL_OLD", "ALL_NEW", "UPDATED_NEW"]
    returns_if_refused: Literal["ALL_OLD"]


class ReadOptions(TypedDict, total=False):
    """The options of a query or a scan.

    Attributes:
        index: Name of the index to read instead of the table.
        filter: Filter expression. An item that does not match is read but not returned.
        projection: Projection expression: the attributes to return.
        select: `SPECIFIC_ATTRIBUTES` says again that there is a projection, so that a role can demand it.
        names: Attribute names for the placeholders `#…`.
        values: Attribute values for the placeholders `:…`.
        consistent: Whether the read is strongly consistent.
        page_size: The most items that one request reads.
        ascending: Whether a query returns the items in ascending order of the sort key, which is the default.
        after: Key of the last item of the page before; empty for the first page.
        segment: The number of the segment that a scan reads, from 0 on.
        segments: The number of segments into which DynamoDB divides the items for that.
    """

    index: str
    filter: str
    projection: str
    select: Literal["SPECIFIC_ATTRIBUTES"]
    names: Mapping[str, str]
    values: Mapping[str, Any]
    consistent: bool
    page_size: int
    ascending: bool
    after: Item
    segment: int
    segments: int


def to_aws_names(options: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the options with their AWS names. It omits empty maps, since DynamoDB rejects them.

    An empty condition stays, and DynamoDB rejects it. Otherwise the write would have no condition.
    """
    return {_AWS_NAMES[name]: value for name, value in options.items() if value != {}}

"""A table of DynamoDB, and the only module that calls the DynamoDB client.

What every adapter needs stands here once: what a failure means and what a refused condition means, pages,
the keys that a batch leaves unread, and whether an answer is whole. To botocore, an answer that was cut on
its way looks like one without content, which is what DynamoDB says of an item that is not there. A request
for one item therefore asks for the capacity that it consumed: only a whole answer names it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from botocore.exceptions import BotoCoreError, ClientError

from heed.adapters.aws import error_code, required_member, to_store_unavailable
from heed.codec.attributes import Item
from heed.domain.errors import StoreUnavailable

if TYPE_CHECKING:
    from typing import Unpack

    from mypy_boto3_dynamodb import DynamoDBClient

MAX_BATCH_KEYS = 100
"""The most keys that `Table.get_many` takes."""
TABLE_NOT_FOUND = "ResourceNotFoundException"
"""The reason that a StoreUnavailable names where there is no table of this name."""
_ATTEMPTS = 8  # at the keys that a batch leaves unread

_AWS_NAMES = {
    "condition": "ConditionExpression",
    "names": "ExpressionAttributeNames",
    "values": "ExpressionAttributeValues",
    "returns": "ReturnValues",
    "returns_if_refused": "ReturnValuesOnConditionCheckFailure",
    "index": "IndexName",
    "filter": "FilterExpression",
    "projection": "ProjectionExpression",
    "consistent": "ConsistentRead",
    "page_size": "Limit",
}


class WriteOptions(TypedDict, total=False):
    """The options of a write.

    Attributes:
        condition: under which it is done.
        names, values: what the placeholders `#…` and `:…` stand for.
        returns: which attributes the write returns.
        returns_if_refused: `ALL_OLD`, for a refusal to carry the item as it stands.
    """

    condition: str
    names: Mapping[str, str]
    values: Mapping[str, Any]
    returns: Literal["ALL_OLD", "ALL_NEW", "UPDATED_NEW"]
    returns_if_refused: Literal["ALL_OLD"]


class ReadOptions(TypedDict, total=False):
    """The options of a query or a scan.

    Attributes:
        index: the index to read instead of the table.
        filter: the condition for an item to be returned once it was read.
        projection: the attributes to return.
        names, values: what the placeholders `#…` and `:…` stand for.
        consistent: whether the reading sees every earlier write.
        page_size: the most items that one request reads.
    """

    index: str
    filter: str
    projection: str
    names: Mapping[str, str]
    values: Mapping[str, Any]
    consistent: bool
    page_size: int


class ConditionFailed(StoreUnavailable):
    """The condition of a write did not hold.

    A caller that does not expect this knows as little about its write as after any other failure.

    Attributes:
        current: the item as it stands, if the write asked for it; empty where there is none.
    """

    def __init__(self, current: Item) -> None:
        super().__init__("the condition did not hold")
        self.current = current


class DynamoDBTable:
    """One table.

    Every method raises StoreUnavailable where DynamoDB did not answer, or where its answer cannot be read.
    A write raises Refused where its condition does not hold, but for `try_put` and `try_update`.

    Args:
        client: of DynamoDB.
        name: of the table.
        pause: waits so many seconds, before it asks again for keys that were left unread.
    """

    def __init__(
        self, client: DynamoDBClient, name: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._name = name
        self._pause = pause

    def get(self, key: Item, *, consistent: bool = True) -> Item | None:
        """Return the item of a key, or None where there is none."""
        answer = self._ask_for_one(self._client.get_item, Key=key, ConsistentRead=consistent)
        item: Item | None = answer.get("Item")
        return item

    def get_many(self, keys: Sequence[Item]) -> Iterator[Item]:
        """Return the items of at most `BATCH` keys, read consistently and in no order."""
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._pause(0.02 * 2**attempt)
            wanted = {self._name: {"Keys": keys, "ConsistentRead": True}}
            answer = _ask(self._client.batch_get_item, RequestItems=wanted)
            yield from required_member(answer, "Responses").get(self._name, ())
            unread = answer.get("UnprocessedKeys", {}).get(self._name)
            if not unread:
                return
            keys = unread["Keys"]
        raise StoreUnavailable("keys left unread")

    def put(self, item: Item, **options: Unpack[WriteOptions]) -> None:
        """Write a whole item."""
        self._ask_for_one(self._client.put_item, Item=item, **_in_aws_names(options))

    def update(self, key: Item, expression: str, **options: Unpack[WriteOptions]) -> Item:
        """Change an item, or make it; return the attributes that `returns` asks for."""
        request = {"Key": key, "UpdateExpression": expression, **_in_aws_names(options)}
        return _attributes(self._ask_for_one(self._client.update_item, **request))

    def try_put(self, item: Item, **options: Unpack[WriteOptions]) -> bool:
        """Write a whole item if the condition holds; return whether it did."""
        try:
            self.put(item, **options)
        except ConditionFailed:
            return False
        return True

    def try_update(self, key: Item, expression: str, **options: Unpack[WriteOptions]) -> bool:
        """Change an item if the condition holds; return whether it did."""
        try:
            self.update(key, expression, **options)
        except ConditionFailed:
            return False
        return True

    def delete(self, key: Item, **options: Unpack[WriteOptions]) -> Item:
        """Delete an item, if there is one; return the attributes that `returns` asks for."""
        request = {"Key": key, **_in_aws_names(options)}
        return _attributes(self._ask_for_one(self._client.delete_item, **request))

    def query(self, key_condition: str, **options: Unpack[ReadOptions]) -> Iterator[Item]:
        """Return every item whose key meets a condition; each page is read when it is needed."""
        request = {"KeyConditionExpression": key_condition, **_in_aws_names(options)}
        return self._pages(self._client.query, request)

    def scan(self, **options: Unpack[ReadOptions]) -> Iterator[Item]:
        """Return every item; each page is read when it is needed."""
        return self._pages(self._client.scan, _in_aws_names(options))

    def scan_page(self, after: Item | None, size: int) -> tuple[Sequence[Item], Item | None]:
        """Return at most `size` items behind a key, and the key behind which others follow, if any do."""
        start = {"ExclusiveStartKey": after} if after else {}
        return self._page(self._client.scan, {"Limit": size, **start})

    def _pages(self, call: _Call, request: dict[str, Any]) -> Iterator[Item]:
        while True:
            items, last = self._page(call, request)
            yield from items
            if not last:
                return
            request["ExclusiveStartKey"] = last

    def _page(self, call: _Call, request: Mapping[str, Any]) -> tuple[Sequence[Item], Item | None]:
        answer = _ask(call, TableName=self._name, **request)
        return required_member(answer, "Items"), answer.get("LastEvaluatedKey")

    def _ask_for_one(self, call: _Call, **request: object) -> dict[str, Any]:
        """Send a request for one item, whose answer may be whole and yet without content."""
        answer = _ask(call, TableName=self._name, ReturnConsumedCapacity="TOTAL", **request)
        required_member(answer, "ConsumedCapacity")
        return answer


_Call = Callable[..., Any]


def _ask(call: _Call, **request: object) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = call(**request)
    except ClientError as error:
        raise _meaning(error) from error
    except BotoCoreError as error:
        raise to_store_unavailable(error) from error
    return answer


def _attributes(answer: Mapping[str, Any]) -> Item:
    attributes: Item = answer.get("Attributes", {})
    return attributes


def _meaning(error: ClientError) -> StoreUnavailable:
    response: Mapping[str, Any] = error.response
    if error_code(error) == "ConditionalCheckFailedException":
        return ConditionFailed(response.get("Item", {}))
    return to_store_unavailable(error)


def _in_aws_names(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as AWS calls them, without maps that are empty: DynamoDB refuses those.

    An empty condition goes on to DynamoDB, which refuses it: it must not become a write without one.
    """
    return {_AWS_NAMES[name]: value for name, value in options.items() if value != {}}

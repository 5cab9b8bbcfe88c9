"""A DynamoDB table. No other module calls the DynamoDB client.

This module handles errors, failed conditions, pages, the unprocessed keys of a batch, and truncated responses
for all adapters. botocore parses a truncated response as an empty one, and DynamoDB answers with an empty
response when an item does not exist. A request for one item therefore asks for the consumed capacity. Only a
complete response contains it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from heed.adapters.aws import FAILURES, error_code, required_member, to_store_unavailable
from heed.adapters.dynamodb.request_options import ReadOptions, WriteOptions, to_aws_names
from heed.codec.attributes import Item
from heed.domain.errors import StoreUnavailable, UnreadableRecord
from heed.use_cases.ports.preferences import UNREADABLE, UnreadableItem

if TYPE_CHECKING:
    from typing import Unpack

    from mypy_boto3_dynamodb import DynamoDBClient

_T = TypeVar("_T")
MAX_BATCH_KEYS = 100
"""The most keys for one call of `DynamoDBTable.get_many`."""
TABLE_NOT_FOUND = "ResourceNotFoundException"
"""The message of StoreUnavailable when the table does not exist."""
_MAX_BATCH_REQUESTS = 8  # requests for the keys of one batch
_MAX_TRANSACTIONS = 6  # attempts of one transaction, if others interfere


class ConditionFailed(StoreUnavailable):
    """The condition of a write did not hold.

    It is a StoreUnavailable: a caller that does not expect it cannot know whether an earlier attempt of its
    write took effect.

    Attributes:
        current: The current item, if the write requested it. It is empty if there is no item.
    """

    def __init__(self, current: Item) -> None:
        super().__init__("the condition did not hold")
        self.current = current


class TransactionRefused(StoreUnavailable):
    """The conditions of some writes of a transaction did not hold, so it wrote nothing.

    Attributes:
        refused: The places of these writes, from 0 on.
    """

    def __init__(self, refused: frozenset[int]) -> None:
        super().__init__("a condition of a transaction did not hold")
        self.refused = refused


class DynamoDBTable:
    """One table.

    Each method raises StoreUnavailable if DynamoDB does not answer or its response is incomplete. A write
    raises ConditionFailed if its condition does not hold. `try_put` and `try_update` return False then, and
    `try_update_number` returns None.

    Args:
        client: DynamoDB client.
        name: Name of the table.
        pause: Waits for a number of seconds before a retry of unprocessed keys.
    """

    def __init__(
        self, client: DynamoDBClient, name: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._name = name
        self._pause = pause

    def get(self, key: Item, *, consistent: bool = True) -> Item | None:
        """Returns the item with a key, or None."""
        response = self._call_for_item(self._client.get_item, Key=key, ConsistentRead=consistent)
        item: Item | None = response.get("Item")
        return item

    def get_many(self, keys: Sequence[Item]) -> Iterator[Item]:
        """Returns the items with the given keys, at most MAX_BATCH_KEYS.

        The reads are strongly consistent. The items have no order.
        """
        for attempt in range(_MAX_BATCH_REQUESTS):
            if attempt:
                self._pause(0.02 * 2**attempt)
            request = {self._name: {"Keys": keys, "ConsistentRead": True}}
            response = _call(self._client.batch_get_item, RequestItems=request)
            yield from required_member(response, "Responses").get(self._name, ())
            unprocessed = response.get("UnprocessedKeys", {}).get(self._name)
            if not unprocessed:
                return
            keys = unprocessed["Keys"]
        raise StoreUnavailable("keys left unprocessed")

    def count_items(self) -> int:
        """Returns the number of items. DynamoDB counts them about every six hours."""
        table = required_member(_call(self._client.describe_table, TableName=self._name), "Table")
        count: int = table["ItemCount"]
        return count

    def put(self, item: Item, **options: Unpack[WriteOptions]) -> None:
        """Writes a whole item."""
        self._call_for_item(self._client.put_item, Item=item, **to_aws_names(options))

    def update(self, key: Item, expression: str, **options: Unpack[WriteOptions]) -> Item:
        """Updates or creates an item, and returns the attributes that `returns` requests."""
        request = {"Key": key, "UpdateExpression": expression, **to_aws_names(options)}
        return _attributes(self._call_for_item(self._client.update_item, **request))

    def try_put(self, item: Item, **options: Unpack[WriteOptions]) -> bool:
        """Writes a whole item if the condition holds, and returns whether it held."""
        try:
            self.put(item, **options)
        except ConditionFailed:
            return False
        return True

    def put_or_read(self, item: Item, **options: Unpack[WriteOptions]) -> Item | None:
        """Writes a whole item if the condition holds. Otherwise it returns the current item."""
        options["returns_if_refused"] = "ALL_OLD"
        try:
            self.put(item, **options)
        except ConditionFailed as failure:
            return failure.current
        return None

    def try_update(self, key: Item, expression: str, **options: Unpack[WriteOptions]) -> bool:
        """Updates an item if the condition holds, and returns whether it held."""
        try:
            self.update(key, expression, **options)
        except ConditionFailed:
            return False
        return True

    def try_update_number(
        self, key: Item, expression: str, condition: str, values: Mapping[str, int], name: str
    ) -> int | None:
        """Updates an item if the condition holds, and returns its new number `name`, otherwise None."""
        try:
            changed = self.update(
                key,
                expression,
                condition=condition,
                values={value: {"N": str(number)} for value, number in values.items()},
                returns="UPDATED_NEW",
            )
        except ConditionFailed:
            return None
        return int(changed[name]["N"])

    def delete(self, key: Item, **options: Unpack[WriteOptions]) -> Item:
        """Deletes an item, if it exists, and returns the attributes that `returns` requests."""
        request = {"Key": key, **to_aws_names(options)}
        return _attributes(self._call_for_item(self._client.delete_item, **request))

    def transact(self, writes: Sequence[Item]) -> None:
        """Makes all writes or none. Another transaction on one of the items delays it.

        Args:
            writes: The writes in the format of DynamoDB, `{"Put": {…}}`, without the name of the table.

        Raises:
            TransactionRefused: The condition of a write did not hold.
            StoreUnavailable: It is unknown whether the writes took effect.
        """
        items = [
            {kind: {**write, "TableName": self._name} for kind, write in item.items()} for item in writes
        ]
        for attempt in range(_MAX_TRANSACTIONS):
            if attempt:
                self._pause(0.02 * 2**attempt)
            try:
                response = _call(
                    self._client.transact_write_items, TransactItems=items, ReturnConsumedCapacity="TOTAL"
                )
            except _TransactionConflict:
                continue
            required_member(response, "ConsumedCapacity")
            return
        raise StoreUnavailable("other transactions interfered")

    def query(self, key_condition: str, **options: Unpack[ReadOptions]) -> Iterator[Item]:
        """Returns all items whose key matches a condition. Each page is read when it is needed."""
        request = {"KeyConditionExpression": key_condition, **to_aws_names(options)}
        return self._read_pages(self._client.query, request)

    def scan(self, **options: Unpack[ReadOptions]) -> Iterator[Item]:
        """Returns all items. Each page is read when it is needed."""
        return self._read_pages(self._client.scan, to_aws_names(options))

    def scan_page(self, **options: Unpack[ReadOptions]) -> tuple[Sequence[Item], Item | None]:
        """Reads one page of all items, or of a segment.

        Returns:
            The items, and the key of the last one. The key is None if no page follows.
        """
        return self._read_page(self._client.scan, to_aws_names(options))

    def _read_pages(self, method: _Method, request: dict[str, Any]) -> Iterator[Item]:
        while True:
            items, last_key = self._read_page(method, request)
            yield from items
            if not last_key:
                return
            request["ExclusiveStartKey"] = last_key

    def _read_page(self, method: _Method, request: Mapping[str, Any]) -> tuple[Sequence[Item], Item | None]:
        response = _call(method, TableName=self._name, **request)
        return required_member(response, "Items"), response.get("LastEvaluatedKey")

    def _call_for_item(self, method: _Method, **request: object) -> dict[str, Any]:
        """Sends a request for one item. It checks that the response is complete, even if it has no item."""
        response = _call(method, TableName=self._name, ReturnConsumedCapacity="TOTAL", **request)
        required_member(response, "ConsumedCapacity")
        return response


class TableAdapter:
    """Implements ports with one table.

    Args:
        client: DynamoDB client.
        table: Name of the table.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = DynamoDBTable(client, table)


def decode_or_unreadable(decode: Callable[[Item], _T], item: Item) -> _T | UnreadableItem:
    """Returns the decoded item, or UNREADABLE if the item is not valid."""
    try:
        return decode(item)
    except UnreadableRecord:
        return UNREADABLE


_Method = Callable[..., Any]


def _call(method: _Method, **request: object) -> dict[str, Any]:
    try:
        response: dict[str, Any] = method(**request)
    except FAILURES as error:
        if isinstance(error, ClientError):
            refusal: Mapping[str, Any] = error.response
            if error_code(error) == "ConditionalCheckFailedException":
                raise ConditionFailed(refusal.get("Item", {})) from error
            if error_code(error) == "TransactionCanceledException":
                raise _to_cancellation(refusal.get("CancellationReasons", [])) from error
        raise to_store_unavailable(error) from error
    return response


class _TransactionConflict(StoreUnavailable):
    """Another transaction, or a write, changes one of the items now."""


def _to_cancellation(reasons: Sequence[Mapping[str, Any]]) -> StoreUnavailable:
    """Returns the error of a transaction that was cancelled for these reasons, one for each write."""
    codes = [str(reason.get("Code")) for reason in reasons]
    if refused := frozenset(n for n, code in enumerate(codes) if code == "ConditionalCheckFailed"):
        return TransactionRefused(refused)
    if "TransactionConflict" in codes:
        return _TransactionConflict("TransactionConflict")
    return StoreUnavailable(next((code for code in codes if code != "None"), "TransactionCanceled"))


def _attributes(response: Mapping[str, Any]) -> Item:
    attributes: Item = response.get("Attributes", {})
    return attributes

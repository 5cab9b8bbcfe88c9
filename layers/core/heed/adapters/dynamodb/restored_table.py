"""Reads a restored copy of the table `Preferences`, and puts items back into the live table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from heed.adapters.dynamodb.feed_index import format_feed_position
from heed.adapters.dynamodb.table import TABLE_NOT_FOUND, DynamoDBTable
from heed.codec.attributes import Item, read_number, read_recipient, strict_reader
from heed.codec.due_work import decode_due_work
from heed.codec.record import decode_record
from heed.domain.errors import NotFound, StoreUnavailable, UnreadableRecord
from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import Record
from heed.override import override
from heed.use_cases.ports.restored_table import RestoredItem, RestoredTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class RestoredPreferencesTable(RestoredTable):
    """Implements the port RestoredTable with DynamoDB.

    Args:
        client: DynamoDB client.
        copy: Name of the restored table.
        live: Name of the live table.
    """

    def __init__(self, client: DynamoDBClient, copy: str, live: str) -> None:
        self._copy = DynamoDBTable(client, copy)
        self._live = DynamoDBTable(client, live)

    @override
    def all_items(self) -> Iterator[RestoredItem]:
        """Returns all items of the copy. It also raises NotFound if the restored table does not exist."""
        try:
            yield from map(_to_restored_item, self._copy.scan(consistent=True))
        except StoreUnavailable as error:
            if str(error) == TABLE_NOT_FOUND:
                raise NotFound("no table of that name") from error
            raise

    @override
    def put_back(self, copy: RestoredItem, now: Millis) -> bool:
        """Puts an item back, with its salt and its revision, so that its ledger entries continue."""
        item = {**copy.item, "chg_at": {"S": format_feed_position(now, copy.recipient)}}
        return self._live.try_put(item, condition="attribute_not_exists(id)")


def _to_restored_item(item: Any) -> RestoredItem:  # noqa: ANN401 - an item in DynamoDB's own form
    """Converts an item. An unreadable item raises an error later, when its record is needed.

    So one unreadable item does not stop the iteration.
    """
    try:
        recipient, purges, ends = _read_outline(item)
    except UnreadableRecord:
        return RestoredItem("", _raise_unreadable, (), None, item)
    return RestoredItem(recipient, partial(decode_record, item), purges, ends, item)


@strict_reader
def _read_outline(item: Item) -> tuple[str, tuple[str, ...], Millis | None]:
    """Returns the recipient id, the purge ids and the time when the item expires (milliseconds)."""
    ends = Millis(read_number(item, "expires") * 1000) if "expires" in item else None
    return read_recipient(item), decode_due_work(item).purges, ends


def _raise_unreadable() -> Record:
    raise UnreadableRecord("the copy of an item")

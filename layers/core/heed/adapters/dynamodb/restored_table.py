"""A restored copy of the table `Preferences`, read in full, beside the live table."""

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
from heed.domain.preferences.record import Record
from heed.override import override
from heed.use_cases.ports.privacy import RestoredItem, RestoredTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class RestoredPreferencesTable(RestoredTable):
    """Serves the port Copies from DynamoDB.

    Args:
        client: of DynamoDB.
        copy, live: names of the two tables.
    """

    def __init__(self, client: DynamoDBClient, copy: str, live: str) -> None:
        self._copy = DynamoDBTable(client, copy)
        self._live = DynamoDBTable(client, live)

    @override
    def all(self) -> Iterator[RestoredItem]:
        """It also raises NotFound, where there is no table of that name."""
        try:
            yield from map(_copy_of, self._copy.scan(consistent=True))
        except StoreUnavailable as error:
            if str(error) == TABLE_NOT_FOUND:
                raise NotFound("no table of that name") from error
            raise

    @override
    def put_back(self, copy: RestoredItem, now: int) -> bool:
        """The salt and the counter come back too, so that the ledger goes on."""
        item = {**copy.whole, "chg_at": {"S": format_feed_position(now, copy.recipient)}}
        return self._live.try_put(item, condition="attribute_not_exists(id)")


def _copy_of(item: Any) -> RestoredItem:  # noqa: ANN401 - an item, as DynamoDB gives it
    """One that cannot be read says so when it is asked what it says, and ends no walk over the others."""
    try:
        whose, purges, ends = _outline(item)
    except UnreadableRecord:
        return RestoredItem("", _unreadable, (), None, item)
    return RestoredItem(whose, partial(decode_record, item), purges, ends, item)


@strict_reader
def _outline(item: Item) -> tuple[str, tuple[str, ...], int | None]:
    """Whose it is, its purges, and when its time is over, milliseconds."""
    ends = read_number(item, "expires") * 1000 if "expires" in item else None
    return read_recipient(item), decode_due_work(item).purges, ends


def _unreadable() -> Record:
    raise UnreadableRecord("the copy of an item")

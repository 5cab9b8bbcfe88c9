"""A restored copy of the table `Preferences`, read in full, beside the live table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from heed.adapters.dynamodb.feed_index import feed_position
from heed.adapters.dynamodb.table import NO_SUCH_TABLE, Table
from heed.codec.attributes import Item, number, of_our_form, recipient
from heed.codec.due_work import work_of
from heed.codec.record import to_record
from heed.domain.errors import NotFound, StoreUnavailable, UnreadableRecord
from heed.domain.preferences.record import Record
from heed.override import override
from heed.use_cases.ports.privacy import Copies, Copy

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class CopiesTable(Copies):
    """Serves the port Copies from DynamoDB.

    Args:
        client: of DynamoDB.
        copy, live: names of the two tables.
    """

    def __init__(self, client: DynamoDBClient, copy: str, live: str) -> None:
        self._copy = Table(client, copy)
        self._live = Table(client, live)

    @override
    def all(self) -> Iterator[Copy]:
        """It also raises NotFound, where there is no table of that name."""
        try:
            yield from map(_copy_of, self._copy.scan(consistent=True))
        except StoreUnavailable as error:
            if str(error) == NO_SUCH_TABLE:
                raise NotFound("no table of that name") from error
            raise

    @override
    def put_back(self, copy: Copy, now: int) -> bool:
        """The salt and the counter come back too, so that the ledger goes on."""
        item = {**copy.whole, "chg_at": {"S": feed_position(now, copy.recipient)}}
        return self._live.try_put(item, condition="attribute_not_exists(id)")


def _copy_of(item: Any) -> Copy:  # noqa: ANN401 - an item, as DynamoDB gives it
    """One that cannot be read says so when it is asked what it says, and ends no walk over the others."""
    try:
        whose, purges, ends = _outline(item)
    except UnreadableRecord:
        return Copy("", _unreadable, (), None, item)
    return Copy(whose, partial(to_record, item), purges, ends, item)


@of_our_form
def _outline(item: Item) -> tuple[str, tuple[str, ...], int | None]:
    """Whose it is, its purges, and when its time is over, milliseconds."""
    ends = number(item, "expires") * 1000 if "expires" in item else None
    return recipient(item), work_of(item).purges, ends


def _unreadable() -> Record:
    raise UnreadableRecord("the copy of an item")

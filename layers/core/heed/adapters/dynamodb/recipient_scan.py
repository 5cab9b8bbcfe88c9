"""Everybody on record, page by page, and the place where a walk over them stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heed.adapters.dynamodb.feed_index import parse_feed_position
from heed.adapters.dynamodb.table import DynamoDBTable
from heed.codec.attributes import Item, read_recipient, read_text, strict_reader
from heed.codec.record import decode_late_changes, decode_record
from heed.domain.errors import UnreadableRecord
from heed.override import override
from heed.use_cases.ports.ledger import RecipientPage, RecipientScan, StoredRecipient, WalkPosition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PLACE = {"pk": {"S": "reconcile"}}  # in the table `Control`


class RecipientScanTable(RecipientScan):
    """Serves the port People from the table `Preferences`, in as many walks as it takes."""

    def __init__(self, client: DynamoDBClient, preferences: str, control: str) -> None:
        self._preferences = DynamoDBTable(client, preferences)
        self._control = DynamoDBTable(client, control)

    @override
    def page(self, after: str | None, limit: int) -> RecipientPage:
        """The scan is eventually consistent, for half the read units: the next walk sees what it missed."""
        items, last = self._preferences.scan_page({"id": {"S": after}} if after else None, limit)
        found = [held for item in items if (held := _held(item)) is not None]
        return RecipientPage(found, len(items) - len(found), last["id"]["S"] if last else None)

    @override
    def checkpoint(self) -> WalkPosition:
        """An item that nobody can read counts as none: the walk begins at the beginning."""
        item = self._control.get(_PLACE, consistent=False)
        try:
            return _to_place(item or {})
        except UnreadableRecord:
            return WalkPosition(None)

    @override
    def save_checkpoint(self, place: WalkPosition) -> None:
        item: dict[str, Any] = dict(_PLACE)
        item |= {name: {"S": who} for name, who in place._asdict().items() if who}
        self._control.put(item)


@strict_reader
def _to_place(item: Item) -> WalkPosition:
    return WalkPosition(*(read_text(item, name) if name in item else None for name in WalkPosition._fields))


def _held(item: Item) -> StoredRecipient | None:
    """Nothing of an item that is not of our form: that there is one is all that can be told of it."""
    try:
        return _read(item)
    except UnreadableRecord:
        return None


@strict_reader
def _read(item: Item) -> StoredRecipient:
    changed_at, whose = parse_feed_position(read_text(item, "chg_at"))
    if whose != read_recipient(item):
        raise ValueError("a place of somebody else")
    return StoredRecipient(whose, decode_record(item), decode_late_changes(item), changed_at)

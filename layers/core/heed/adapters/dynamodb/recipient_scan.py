"""Everybody on record, page by page, and the place where a walk over them stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heed.adapters.dynamodb.attributes import Item, of_our_form, recipient, text
from heed.adapters.dynamodb.feed_index import feed_place
from heed.adapters.dynamodb.record_codec import late_of, to_record
from heed.adapters.dynamodb.table import Table
from heed.domain.errors import UnreadableRecord
from heed.override import override
from heed.use_cases.ports.ledger import Held, Page, People, Place

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PLACE = {"pk": {"S": "reconcile"}}  # in the table `Control`


class PeopleScan(People):
    """Serves the port People from the table `Preferences`, in as many walks as it takes."""

    def __init__(self, client: DynamoDBClient, preferences: str, control: str) -> None:
        self._preferences = Table(client, preferences)
        self._control = Table(client, control)

    @override
    def page(self, after: str | None, limit: int) -> Page:
        """The scan is eventually consistent, for half the read units: the next walk sees what it missed."""
        items, last = self._preferences.scan_page({"id": {"S": after}} if after else None, limit)
        found = [held for item in items if (held := _held(item)) is not None]
        return Page(found, len(items) - len(found), last["id"]["S"] if last else None)

    @override
    def place(self) -> Place:
        """An item that nobody can read counts as none: the walk begins at the beginning."""
        item = self._control.get(_PLACE, consistent=False)
        try:
            return _to_place(item or {})
        except UnreadableRecord:
            return Place(None)

    @override
    def remember(self, place: Place) -> None:
        item: dict[str, Any] = dict(_PLACE)
        item |= {name: {"S": who} for name, who in place._asdict().items() if who}
        self._control.put(item)


@of_our_form
def _to_place(item: Item) -> Place:
    return Place(*(text(item, name) if name in item else None for name in Place._fields))


def _held(item: Item) -> Held | None:
    """Nothing of an item that is not of our form: that there is one is all that can be told of it."""
    try:
        return _read(item)
    except UnreadableRecord:
        return None


@of_our_form
def _read(item: Item) -> Held:
    changed_at, whose = feed_place(text(item, "chg_at"))
    if whose != recipient(item):
        raise ValueError("a place of somebody else")
    return Held(whose, to_record(item), late_of(item), changed_at)

"""Everybody on record, page by page, and the place where a walk over them stopped."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from heed.actions.ports_ledger import Held
from heed.adapters.attributes import Item, of_our_form, recipient, text
from heed.adapters.aws import FAILURES, unavailable, whole
from heed.adapters.items import late_of, to_record
from heed.adapters.preferences_table import feed_place
from heed.domain.errors import UnreadableRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PLACE = {"pk": {"S": "reconcile"}}  # in the table `Control`


class Page(NamedTuple):
    """Some of those on record.

    Attributes:
        held: what is on record of them.
        unreadable: how many more there were whose items nobody can read.
        last: the place of the next page; None: there is none.
    """

    held: list[Held]
    unreadable: int
    last: str | None


class PeopleScan:
    """The table `Preferences` from one end to the other, in as many walks as it takes."""

    def __init__(self, client: DynamoDBClient, preferences: str, control: str) -> None:
        self._client = client
        self._preferences = preferences
        self._control = control

    def page(self, after: str | None, limit: int) -> Page:
        """At most `limit` of them behind a place.

        Not consistent: what changed a moment ago is none of a walk's business.
        """
        start: dict[str, Any] = {"ExclusiveStartKey": {"id": {"S": after}}} if after else {}
        try:
            answer = self._client.scan(TableName=self._preferences, Limit=limit, **start)
        except FAILURES as error:
            raise unavailable(error) from error
        last = answer.get("LastEvaluatedKey")
        items = whole(answer, "Items")
        found = [held for item in items if (held := _held(item)) is not None]
        return Page(found, len(items) - len(found), last["id"]["S"] if last else None)

    def place(self) -> str | None:
        """Where the last walk stopped, or None: at the end, or never."""
        try:
            answer = self._client.get_item(TableName=self._control, Key=_PLACE)
        except FAILURES as error:
            raise unavailable(error) from error
        return _place(answer.get("Item", {}))

    def remember(self, after: str | None) -> None:
        """Remember where this walk stopped."""
        item: dict[str, Any] = {**_PLACE, **({"after": {"S": after}} if after else {})}
        try:
            self._client.put_item(TableName=self._control, Item=item)
        except FAILURES as error:
            raise unavailable(error) from error


def _place(item: Item) -> str | None:
    """Where to go on; at the beginning, if nobody can read where."""
    with suppress(UnreadableRecord):
        return _after(item)
    return None


@of_our_form
def _after(item: Item) -> str | None:
    return text(item, "after") if "after" in item else None


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

"""Everybody on record, page by page, and the place where a walk over them stopped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from heed.actions.ports_ledger import Held
from heed.adapters.aws import FAILURES, unavailable, whole
from heed.adapters.items import late_of, to_record
from heed.domain.errors import UnreadableRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PLACE = {"pk": {"S": "reconcile"}}  # in the table `Control`
_MILLISECONDS = 15  # digits of `chg_at` that are a time


class PeopleScan:
    """The table `Preferences` from one end to the other, in as many walks as it takes."""

    def __init__(self, client: DynamoDBClient, preferences: str, control: str) -> None:
        self._client = client
        self._preferences = preferences
        self._control = control

    def page(self, after: str | None, limit: int) -> tuple[list[Held], str | None]:
        """At most `limit` of them behind a place, and the place of the next page; None: there is none.

        Not consistent: what changed a moment ago is none of a walk's business.
        """
        start: dict[str, Any] = {"ExclusiveStartKey": {"id": {"S": after}}} if after else {}
        try:
            answer = self._client.scan(TableName=self._preferences, Limit=limit, **start)
        except FAILURES as error:
            raise unavailable(error) from error
        last = answer.get("LastEvaluatedKey")
        found = [held for item in whole(answer, "Items") if (held := _held(item)) is not None]
        return found, last["id"]["S"] if last else None

    def place(self) -> str | None:
        """Where the last walk stopped, or None: at the end, or never."""
        try:
            answer = self._client.get_item(TableName=self._control, Key=_PLACE)
        except FAILURES as error:
            raise unavailable(error) from error
        item = answer.get("Item", {})
        return item["after"]["S"] if "after" in item else None

    def remember(self, after: str | None) -> None:
        """Remember where this walk stopped."""
        item: dict[str, Any] = {**_PLACE, **({"after": {"S": after}} if after else {})}
        try:
            self._client.put_item(TableName=self._control, Item=item)
        except FAILURES as error:
            raise unavailable(error) from error


def _held(item: Mapping[str, Any]) -> Held | None:
    """Nothing of an item that is not of our form: a check tells of it, and nothing can be mended."""
    try:
        changed_at = int(item["chg_at"]["S"][:_MILLISECONDS])
        return Held(item["id"]["S"], to_record(item), late_of(item), changed_at)
    except (UnreadableRecord, KeyError, ValueError):
        return None

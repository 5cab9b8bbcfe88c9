"""Walks over SES's suppression list, in the table `Control`.

    ses-list       ended: number of the last walk that ended; place: where the next one goes on, sealed;
                   removed: it has removed something; until: somebody walks until then, or has died;
                   asked: another walk is asked for when this one ends
    purge#<id>     walk: number of the walk that has to end before the purge can be done

A walk compares the list with everybody on whom a purge is due when it begins. So a purge that was marked
then is proved by the end of that walk, and one that was marked by none, or came later, is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from heed.adapters.dynamodb.purges import PURGE_PREFIX
from heed.adapters.dynamodb.table import ConditionFailed, DynamoDBTable
from heed.codec.attributes import MAX_COUNT, Item, read_number, strict_reader
from heed.domain.errors import UnreadableRecord
from heed.domain.privacy.purge import SES_LIST_STORE, PurgeState
from heed.override import override
from heed.use_cases.ports.ses_list import SesListWalks, SesListWalkState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SES_LIST_KEY = "ses-list"
SES_LIST_LEASE = 120_000  # milliseconds; longer than the function runs (a test compares)
_UNTIL = {"#until": "until"}  # a reserved word


class SesListWalksTable(SesListWalks):
    """Serves the port ListWalks from DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = DynamoDBTable(client, table)

    @override
    def ended(self) -> int:
        item = self._table.get(_key(SES_LIST_KEY), consistent=False)
        return _state(item or {}).ended

    @override
    def take(self, now: int) -> SesListWalkState | None:
        if state := self._take(now):
            return state
        self._table.update(_key(SES_LIST_KEY), "SET asked = :yes", values={":yes": {"BOOL": True}})
        return self._take(now)  # the other may have ended before it could see that it was asked

    @override
    def leave(self, place: bytes, *, has_removed: bool) -> None:
        self._table.update(
            _key(SES_LIST_KEY),
            "SET place = :place, removed = :removed REMOVE #until",
            names=_UNTIL,
            values={":place": {"B": place}, ":removed": {"BOOL": has_removed}},
        )

    @override
    def give_up(self) -> bool:
        return self._free("")

    @override
    def end(self, number: int) -> bool:
        return self._free("SET ended = :number ", {":number": {"N": str(number)}})

    def _free(self, said: str, values: Mapping[str, Any] | None = None) -> bool:
        """Nobody walks any more; whether somebody has asked, which is heard by this."""
        before = self._table.update(
            _key(SES_LIST_KEY),
            f"{said}REMOVE place, removed, #until, asked",
            names=_UNTIL,
            values=values or {},
            returns="ALL_OLD",
        )
        return "asked" in before

    @override
    def await_walk(self, purge_id: str, number: int) -> bool:
        """A later number is one of walks whose count was lost, and begins again."""
        return self._of_purge(
            purge_id,
            "SET walk = :walk",
            {":walk": {"N": str(number)}},
            " AND (attribute_not_exists(walk) OR walk >= :walk)",
        )

    @override
    def await_number(self, purge_id: str, number: int) -> None:
        self._of_purge(purge_id, "SET walk = :walk", {":walk": {"N": str(number)}})

    @override
    def count(self, purge_id: str) -> None:
        self._of_purge(
            purge_id,
            "SET stores.#ses = if_not_exists(stores.#ses, :none) + :one",
            {":none": {"N": "0"}, ":one": {"N": "1"}},
            names={"#ses": SES_LIST_STORE},
        )

    def _take(self, now: int) -> SesListWalkState | None:
        try:
            before = self._table.update(
                _key(SES_LIST_KEY),
                "SET #until = :until",
                condition="attribute_not_exists(#until) OR #until < :now",
                names=_UNTIL,
                values={":until": {"N": str(now + SES_LIST_LEASE)}, ":now": {"N": str(now)}},
                returns="ALL_OLD",
            )
        except ConditionFailed:
            return None
        return _state(before)

    def _of_purge(
        self,
        purge_id: str,
        update: str,
        values: Mapping[str, Any],
        condition: str = "",
        names: Mapping[str, str] | None = None,
    ) -> bool:
        """Update a purge that is there and not done; whether it was made."""
        return self._table.try_update(
            _key(PURGE_PREFIX + purge_id),
            update,
            condition=f"attribute_exists(pk) AND #state <> :done{condition}",
            names={"#state": "state", **(names or {})},
            values={":done": {"S": PurgeState.DONE.value}, **values},
        )


def _key(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}}


def _state(item: Item) -> SesListWalkState:
    """What the row says; of what nobody can read, as if it had never been said.

    Who still holds the walk has died in it, and may have removed something.
    """
    ended, place = 0, None
    with suppress(UnreadableRecord):
        ended = _ended(item)
    with suppress(UnreadableRecord):
        place = _place(item)
    has_removed = "until" in item or item.get("removed") != {"BOOL": False}
    return SesListWalkState(ended, place, has_removed)


@strict_reader
def _ended(item: Item) -> int:
    return read_number(item, "ended", MAX_COUNT) if "ended" in item else 0


@strict_reader
def _place(item: Item) -> bytes | None:
    return bytes(item["place"]["B"]) if "place" in item else None

"""Walks over the SES list, in the table `Control`. A walk reads the whole list, in several runs.

    `ses-list`     `last_finished`: number of the last walk that finished
                   `walk_position`: encrypted position in the list where the next run continues
                   `removed`: whether the walk has removed an address
                   `until`: end of the lease of the current run, milliseconds
                   `next_requested`: whether another walk must follow this one
    `purge#<id>`   `walk`: number of the walk that must end before the purge can end

A walk compares the list with every recipient for whom a purge is due when the walk begins. The end of the
walk therefore proves that the list has no address of these recipients. It proves this only for the purges
that waited for the walk when it began.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from heed.adapters.dynamodb.purges import PURGE_PREFIX
from heed.adapters.dynamodb.table import ConditionFailed, TableAdapter
from heed.codec.attributes import MAX_COUNT, Item, read_number, strict_reader
from heed.domain.errors import UnreadableRecord
from heed.domain.milliseconds import Millis
from heed.domain.privacy.purge import SES_LIST_STORE, PurgeState
from heed.override import override
from heed.use_cases.ports.ses_list import SesListWalks, SesListWalkState

SES_LIST_KEY = "ses-list"
SES_LIST_LEASE = 120_000  # milliseconds; longer than the time-out of the function (a test compares them)
_UNTIL_NAME = {"#until": "until"}  # `until` is a reserved word of DynamoDB


class SesListWalksTable(TableAdapter, SesListWalks):
    """Implements the port SesListWalks with DynamoDB."""

    @override
    def last_finished(self) -> int:
        item = self._table.get(_key(SES_LIST_KEY), consistent=False)
        return _decode_state(item or {}).last_finished

    @override
    def claim(self, now: Millis) -> SesListWalkState | None:
        if state := self._try_claim(now):
            return state
        self._table.update(_key(SES_LIST_KEY), "SET next_requested = :yes", values={":yes": {"BOOL": True}})
        return self._try_claim(now)  # the current walk may have ended before the request was stored

    @override
    def release(self, position: bytes, *, has_removed: bool) -> None:
        self._table.update(
            _key(SES_LIST_KEY),
            "SET walk_position = :position, removed = :removed REMOVE #until",
            names=_UNTIL_NAME,
            values={":position": {"B": position}, ":removed": {"BOOL": has_removed}},
        )

    @override
    def cancel(self) -> bool:
        return self._end_walk("")

    @override
    def finish(self, number: int) -> bool:
        return self._end_walk("SET last_finished = :number ", {":number": {"N": str(number)}})

    def _end_walk(self, set_clause: str, values: Mapping[str, Any] | None = None) -> bool:
        """Ends the walk and its lease. Returns whether another walk was requested, and clears the request."""
        before = self._table.update(
            _key(SES_LIST_KEY),
            f"{set_clause}REMOVE walk_position, removed, #until, next_requested",
            names=_UNTIL_NAME,
            values=values or {},
            returns="ALL_OLD",
        )
        return "next_requested" in before

    @override
    def require_walk(self, purge_id: str, number: int) -> bool:
        """Makes a purge require a walk.

        The purge has a later number only if the item `ses-list` was lost and the numbers started again. The
        new number then replaces it.
        """
        return self._update_purge(
            purge_id,
            "SET walk = :walk",
            {":walk": {"N": str(number)}},
            " AND (attribute_not_exists(walk) OR walk >= :walk)",
        )

    @override
    def replace_required_walk(self, purge_id: str, number: int) -> None:
        self._update_purge(purge_id, "SET walk = :walk", {":walk": {"N": str(number)}})

    @override
    def count_removal(self, purge_id: str) -> None:
        self._update_purge(
            purge_id,
            "SET stores.#ses = if_not_exists(stores.#ses, :none) + :one",
            {":none": {"N": "0"}, ":one": {"N": "1"}},
            names={"#ses": SES_LIST_STORE},
        )

    def _try_claim(self, now: Millis) -> SesListWalkState | None:
        try:
            before = self._table.update(
                _key(SES_LIST_KEY),
                "SET #until = :until",
                condition="attribute_not_exists(#until) OR #until < :now",
                names=_UNTIL_NAME,
                values={":until": {"N": str(now + SES_LIST_LEASE)}, ":now": {"N": str(now)}},
                returns="ALL_OLD",
            )
        except ConditionFailed:
            return None
        return _decode_state(before)

    def _update_purge(
        self,
        purge_id: str,
        update: str,
        values: Mapping[str, Any],
        condition: str = "",
        names: Mapping[str, str] | None = None,
    ) -> bool:
        """Updates a purge if it exists and is not done. Returns whether it was updated."""
        return self._table.try_update(
            _key(PURGE_PREFIX + purge_id),
            update,
            condition=f"attribute_exists(pk) AND #state <> :done{condition}",
            names={"#state": "state", **(names or {})},
            values={":done": {"S": PurgeState.DONE.value}, **values},
        )


def _key(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}}


def _decode_state(item: Item) -> SesListWalkState:
    """Returns the state of the walks. An unreadable attribute counts as missing.

    If the item still has a lease, the run that held it crashed and may have removed an address.
    """
    last_finished, position = 0, None
    with suppress(UnreadableRecord):
        last_finished = _read_last_finished(item)
    with suppress(UnreadableRecord):
        position = _read_position(item)
    has_removed = "until" in item or item.get("removed") != {"BOOL": False}
    return SesListWalkState(last_finished, position, has_removed)


@strict_reader
def _read_last_finished(item: Item) -> int:
    return read_number(item, "last_finished", MAX_COUNT) if "last_finished" in item else 0


@strict_reader
def _read_position(item: Item) -> bytes | None:
    return bytes(item["walk_position"]["B"]) if "walk_position" in item else None

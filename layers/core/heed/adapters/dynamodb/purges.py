"""Purges, in the table `Control`. The item of a purge is first its order and finally its certificate.

A sparse index lists them in order of the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from heed.adapters.dynamodb.table import ConditionFailed, TableAdapter
from heed.codec.attributes import (
    MAX_COUNT,
    Item,
    read_number,
    read_optional_instant,
    read_text,
    strict_reader,
)
from heed.domain.errors import UnreadableRecord
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.domain.privacy.erasure import ErasureCause
from heed.domain.privacy.purge import Purge, PurgeState, UnreadablePurge, merge_counts
from heed.domain.privacy.retention import CERTIFICATE_DAYS, PURGE_ORDER_DAYS
from heed.override import override
from heed.use_cases.ports.privacy import Purges
from heed.use_cases.ports.purge_list import PurgeList, PurgePosition

PURGE_PREFIX = "purge#"
_INDEX = "Lists"
_LIST, _PLACE = "list", "place"  # the keys of the index
_PURGES = {"S": "purges"}  # all purges are in one list
_AFTER_ALL = "~"  # sorts behind each place


class PurgesTable(TableAdapter, Purges, PurgeList):
    """Implements the ports Purges and PurgeList with DynamoDB."""

    @override
    def order(self, purge: Purge, now: Millis) -> None:
        self._table.try_put(
            {**_to_item(purge), "expires": _in_days(now, PURGE_ORDER_DAYS)},
            condition="attribute_not_exists(#state) OR #state = :due",
            names={"#state": "state"},
            values={":due": {"S": PurgeState.DUE.value}},
        )

    @override
    def order_after_hold(self, purge: Purge) -> None:
        self._table.try_put(_to_item(purge), condition="attribute_not_exists(pk)")

    @override
    def delete_order(self, purge_id: str) -> None:
        self._table.delete(_key(purge_id))

    @override
    def start(self, purge_id: str, cause: ErasureCause, requested_at: Millis) -> Purge:
        """Starts a purge and returns it, in one request."""
        try:
            item = self._table.update(
                _key(purge_id),
                "SET #state = :running, cause = if_not_exists(cause, :cause), "
                "requested_at = if_not_exists(requested_at, :at), #list = :purges, "
                "#place = if_not_exists(#place, :place), stores = if_not_exists(stores, :none), "
                "expires = :expires",
                condition="attribute_not_exists(#state) OR #state <> :done",
                names={"#state": "state", "#list": _LIST, "#place": _PLACE},
                values={
                    ":purges": _PURGES,
                    ":place": {"S": _place(requested_at, purge_id)},
                    ":running": {"S": PurgeState.RUNNING.value},
                    ":done": {"S": PurgeState.DONE.value},
                    ":cause": {"S": cause.value},
                    ":at": {"N": str(requested_at)},
                    ":none": {"M": {}},
                    ":expires": _in_days(requested_at, CERTIFICATE_DAYS),
                },
                returns="ALL_NEW",
                returns_if_refused="ALL_OLD",
            )
        except ConditionFailed as failure:
            item = failure.current
        return _to_purge(item)

    @override
    def save_counts(self, purge: Purge, stores: Mapping[str, int]) -> None:
        """Merges the counts of this run into those of concurrent runs. The larger count stays."""
        merged = merge_counts(purge.stores, stores)
        if merged == purge.stores:
            return
        try:
            self._table.update(
                _key(purge.id),
                "SET stores = :both",
                condition="stores = :before",
                values={":both": _encode_counts(merged), ":before": _encode_counts(purge.stores)},
                returns_if_refused="ALL_OLD",
            )
        except ConditionFailed as failure:
            if failure.current:  # another run wrote meanwhile; there are only a few runs at a time
                self.save_counts(_to_purge(failure.current), stores)

    @override
    def finish(self, purge: Purge, stores: Mapping[str, int], now: Millis) -> None:
        """Completes the purge. The same write removes the subject."""
        try:
            self._table.update(
                _key(purge.id),
                "SET #state = :done, completed_at = :now, stores = :stores, "
                "expires = :expires REMOVE subject, walk",
                condition="#state = :running",
                names={"#state": "state"},
                values={
                    ":running": {"S": PurgeState.RUNNING.value},
                    ":done": {"S": PurgeState.DONE.value},
                    ":now": {"N": str(now)},
                    ":stores": _encode_counts(merge_counts(purge.stores, stores)),
                    ":expires": _in_days(now, CERTIFICATE_DAYS),
                },
                returns_if_refused="ALL_OLD",
            )
        except ConditionFailed as failure:
            if failure.current:
                self.save_counts(_to_purge(failure.current), stores)

    @override
    def find(self, purge_id: str) -> Purge | None:
        item = self._table.get(_key(purge_id))
        return _to_purge(item) if item else None

    @override
    def latest(self, before: PurgePosition | None, limit: int) -> list[Purge | UnreadablePurge]:
        items = self._table.query(
            "#list = :purges AND #place < :before",
            index=_INDEX,
            names={"#list": _LIST, "#place": _PLACE},
            values={":purges": _PURGES, ":before": {"S": _place(*before) if before else _AFTER_ALL}},
            ascending=False,
            page_size=limit,
        )
        return [_to_purge_or_unreadable(item) for item in islice(items, limit)]


def _key(purge_id: str) -> dict[str, Any]:
    return {"pk": {"S": PURGE_PREFIX + purge_id}}


def _place(requested_at: Millis, purge_id: str) -> str:
    """Returns the place of a purge in the list, as a text that sorts by the request and the id."""
    return f"{requested_at:015d}#{purge_id}"


def _to_purge_or_unreadable(item: Item) -> Purge | UnreadablePurge:
    try:
        return _to_purge(item)
    except UnreadableRecord:
        return UnreadablePurge(item["pk"]["S"].removeprefix(PURGE_PREFIX))


def _encode_counts(stores: Mapping[str, int]) -> dict[str, Any]:
    return {"M": {name: {"N": str(count)} for name, count in stores.items()}}


def _in_days(at: Millis, days: int) -> dict[str, str]:
    """Returns the time at which DynamoDB deletes an item (time to live), in seconds."""
    return {"N": str((at + days * DAY_MS) // 1000)}


def _to_item(purge: Purge) -> dict[str, Any]:
    item: dict[str, Any] = {
        **_key(purge.id),
        "state": {"S": purge.state.value},
        "cause": {"S": purge.cause.value},
        "requested_at": {"N": str(purge.requested_at)},
        "stores": _encode_counts(purge.stores),
        _LIST: _PURGES,
        _PLACE: {"S": _place(purge.requested_at, purge.id)},
    }
    return item | ({"subject": {"S": purge.subject}} if purge.subject else {})


@strict_reader
def _to_purge(item: Item) -> Purge:
    stores = item["stores"]["M"]
    return Purge(
        id=read_text(item, "pk").removeprefix(PURGE_PREFIX),
        cause=ErasureCause(read_text(item, "cause")),
        state=PurgeState(read_text(item, "state")),
        requested_at=Millis(read_number(item, "requested_at")),
        completed_at=read_optional_instant(item, "completed_at"),
        stores={name: read_number(stores, name, MAX_COUNT) for name in stores},
        subject=read_text(item, "subject") if "subject" in item else "",
        walk=read_number(item, "walk", MAX_COUNT) if "walk" in item else None,
    )

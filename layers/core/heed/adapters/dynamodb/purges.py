"""Purges, in the table `Control`: one item each, a work order first, a certificate at last."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from heed.adapters.dynamodb.attributes import (
    COUNT_END,
    Item,
    instant_or_none,
    number,
    of_our_form,
    text,
)
from heed.adapters.dynamodb.table import Refused, Table
from heed.domain.preferences.register import DAY
from heed.domain.privacy.erasure import Cause
from heed.domain.privacy.purge import Purge, State, most
from heed.domain.privacy.retention import CERTIFICATE_DAYS, ORDER_DAYS
from heed.override import override
from heed.use_cases.ports.privacy import Purges

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "purge#"


class PurgesTable(Purges):
    """Serves the port Purges from DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = Table(client, table)

    @override
    def order(self, purge: Purge, now: int) -> None:
        with suppress(Refused):
            self._table.put(
                {**_to_item(purge), "expires": _in_days(now, ORDER_DAYS)},
                condition="attribute_not_exists(#state) OR #state = :due",
                names={"#state": "state"},
                values={":due": {"S": State.DUE.value}},
            )

    @override
    def promise(self, purge: Purge) -> None:
        with suppress(Refused):
            self._table.put(_to_item(purge), condition="attribute_not_exists(pk)")

    @override
    def drop(self, purge_id: str) -> None:
        self._table.delete(_key(purge_id))

    @override
    def begin(self, purge_id: str, cause: Cause, requested_at: int) -> Purge:
        """One request writes and reads."""
        try:
            item = self._table.update(
                _key(purge_id),
                "SET #state = :running, cause = if_not_exists(cause, :cause), "
                "requested_at = if_not_exists(requested_at, :at), "
                "stores = if_not_exists(stores, :none), expires = :expires",
                condition="attribute_not_exists(#state) OR #state <> :done",
                names={"#state": "state"},
                values={
                    ":running": {"S": State.RUNNING.value},
                    ":done": {"S": State.DONE.value},
                    ":cause": {"S": cause.value},
                    ":at": {"N": str(requested_at)},
                    ":none": {"M": {}},
                    ":expires": _in_days(requested_at, CERTIFICATE_DAYS),
                },
                returns="ALL_NEW",
                returns_if_refused="ALL_OLD",
            )
        except Refused as refused:
            item = refused.current
        return _to_purge(item)

    @override
    def note(self, purge: Purge, stores: Mapping[str, int]) -> None:
        """Another run may do so at the same time: the certificate keeps the larger count of each store."""
        self._add(purge, stores)

    @override
    def finish(self, purge: Purge, stores: Mapping[str, int], now: int) -> None:
        """The same write removes the subject's name."""
        try:
            self._table.update(
                _key(purge.id),
                "SET #state = :done, completed_at = :now, stores = :stores, "
                "expires = :expires REMOVE subject, walk",
                condition="#state = :running",
                names={"#state": "state"},
                values={
                    ":running": {"S": State.RUNNING.value},
                    ":done": {"S": State.DONE.value},
                    ":now": {"N": str(now)},
                    ":stores": _counts(most(purge.stores, stores)),
                    ":expires": _in_days(now, CERTIFICATE_DAYS),
                },
                returns_if_refused="ALL_OLD",
            )
        except Refused as refused:
            if refused.current:
                self._add(_to_purge(refused.current), stores)

    def _add(self, current: Purge, stores: Mapping[str, int]) -> None:
        """Add what this run has found to what others have: the certificate has both."""
        both = most(current.stores, stores)
        if both == current.stores:
            return
        try:
            self._table.update(
                _key(current.id),
                "SET stores = :both",
                condition="stores = :before",
                values={":both": _counts(both), ":before": _counts(current.stores)},
                returns_if_refused="ALL_OLD",
            )
        except Refused as refused:
            if refused.current:  # a third run wrote; there are never many
                self._add(_to_purge(refused.current), stores)

    @override
    def find(self, purge_id: str) -> Purge | None:
        item = self._table.get(_key(purge_id))
        return _to_purge(item) if item else None


def _key(purge_id: str) -> dict[str, Any]:
    return {"pk": {"S": PREFIX + purge_id}}


def _counts(stores: Mapping[str, int]) -> dict[str, Any]:
    return {"M": {name: {"N": str(n)} for name, n in stores.items()}}


def _in_days(at: int, days: int) -> dict[str, str]:
    """When the table forgets an item: seconds, as its time to live has them."""
    return {"N": str((at + days * DAY) // 1000)}


def _to_item(purge: Purge) -> dict[str, Any]:
    item: dict[str, Any] = {
        **_key(purge.id),
        "state": {"S": purge.state.value},
        "cause": {"S": purge.cause.value},
        "requested_at": {"N": str(purge.requested_at)},
        "stores": _counts(purge.stores),
    }
    return item | ({"subject": {"S": purge.subject}} if purge.subject else {})


@of_our_form
def _to_purge(item: Item) -> Purge:
    stores = item["stores"]["M"]
    return Purge(
        id=text(item, "pk").removeprefix(PREFIX),
        cause=Cause(text(item, "cause")),
        state=State(text(item, "state")),
        requested_at=number(item, "requested_at"),
        completed_at=instant_or_none(item, "completed_at"),
        stores={name: number(stores, name, COUNT_END) for name in stores},
        subject=text(item, "subject") if "subject" in item else "",
        walk=number(item, "walk", COUNT_END) if "walk" in item else None,
    )

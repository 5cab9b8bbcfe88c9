"""New epochs, and the work that they leave, in the table `Preferences`.

The index `Due` holds only items on which work is due, in the order of when: a purge (the item, and the
index with it, then also has `purge`, the ids), or days of soft bounces that are older than any decision
looks back.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from heed.adapters.dynamodb.feed_index import SHARDS, feed_position, shard
from heed.adapters.dynamodb.table import Refused, Table
from heed.codec.attributes import Item
from heed.codec.due_work import work_of
from heed.codec.record import SPARED, to_record, to_value
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change
from heed.domain.privacy.erasure import Epoch
from heed.domain.privacy.purge import DueWork, is_id
from heed.domain.privacy.retention import soft_days_over, soft_due
from heed.override import override
from heed.use_cases.ports.privacy import Due, Epochs, Standing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_INDEX = "Due"


class EpochsTable(Epochs):
    """Serves the port Epochs from DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = Table(client, table)

    @override
    def read(self, recipient: str) -> Standing:
        return _standing(self._table.get(_key(recipient)))

    @override
    def begin(self, recipient: str, epoch: Epoch, before: Record, now: int) -> Standing | None:
        """A first attempt that did commit is known by the purge in the evidence."""
        condition, values = _as_read(before)
        try:
            self._table.put(
                to_item(recipient, epoch, now),
                condition=condition,
                values=values,
                returns_if_refused="ALL_OLD",
            )
        except Refused as refused:
            return _standing(refused.current)
        return None

    @override
    def keep(self, recipient: str, change: Change, before: Record, now: int) -> Standing | None:
        """Nothing else that is said in the item is touched, and it gets no end."""
        condition, values = _as_read(before)
        try:
            self._table.update(
                _key(recipient),
                "SET #register = :entry, salt = if_not_exists(salt, :salt), "
                f"chg_at = :now, chg_shard = :shard ADD n :one REMOVE {SPARED}",
                condition=condition,
                names={"#register": change.register.code},
                values={
                    ":entry": to_value(change.entry),
                    ":salt": {"B": secrets.token_bytes(16)},
                    ":now": {"S": feed_position(now, recipient)},
                    ":shard": {"S": shard(recipient)},
                    ":one": {"N": "1"},
                    **values,
                },
                returns_if_refused="ALL_OLD",
            )
        except Refused as refused:
            return _standing(refused.current)
        return None

    @override
    def due(self, now: int) -> Iterator[Due]:
        for place in range(SHARDS):
            for item in self._table.query(
                "due_shard = :shard AND due <= :now",
                values={":shard": {"S": str(place)}, ":now": {"N": str(now)}},
                index=_INDEX,
            ):
                # The index holds any number up to now, also one that we would never write.
                since = max(0, int(Decimal(item["due"]["N"])))
                yield Due(item["id"]["S"], since, _purges(item))

    @override
    def work(self, recipient: str) -> DueWork | None:
        """Eventually consistent, for half a read unit: so is the index that led here."""
        item = self._table.get(_key(recipient), consistent=False)
        return work_of(item) if item and "due" in item else None

    @override
    def settle(self, recipient: str, purges: tuple[str, ...]) -> None:
        """Days of soft bounces that came meanwhile are due at their own time."""
        done = {":purge": {"S": " ".join(purges)}}
        is_done = self._update(
            recipient,
            "REMOVE due, due_shard, purge",
            "purge = :purge AND attribute_not_exists(soft)",
            done,
        )
        if not is_done and (left := self.work(recipient)) and left.soft:
            due = {":due": {"N": str(soft_due(min(left.soft)))}}
            self._update(recipient, "SET due = :due REMOVE purge", "purge = :purge", done | due)

    @override
    def prune(self, recipient: str, soft: frozenset[int], now: int) -> None:
        """The counter stays: no decision, past or to come, is changed by it."""
        over = soft_days_over(soft, now)
        expression, values = "REMOVE due, due_shard", {":soft": _days(soft)}
        if left := soft - over:
            expression, values[":due"] = "SET due = :due", {"N": str(soft_due(min(left)))}
        if over:
            expression, values[":over"] = f"{expression} DELETE soft :over", _days(over)
        is_as_read = "soft = :soft AND attribute_not_exists(purge)"
        self._update(recipient, expression, is_as_read, values)

    def _update(
        self, recipient: str, expression: str, condition: str, values: dict[str, Any]
    ) -> bool:
        """Return whether the write was made; refused, it was made before, or the work has changed."""
        return self._table.try_update(
            _key(recipient), expression, condition=condition, values=values
        )


def _purges(item: Item) -> tuple[str, ...] | None:
    """The purges that the index has of an item; whatever else stands there is none of ours, and due."""
    return tuple(filter(is_id, item["purge"].get("S", "").split())) if "purge" in item else None


def _key(recipient: str) -> Item:
    return {"id": {"S": recipient}}


def _as_read(before: Record) -> tuple[str, dict[str, Any]]:
    """The condition that the item is the one that was read, and the values in it."""
    return ("n = :n", {":n": {"N": str(before.n)}}) if before.n else ("attribute_not_exists(n)", {})


def _standing(item: Item | None) -> Standing:
    return Standing(to_record(item), work_of(item).purges if item else ())


def _days(days: frozenset[int]) -> dict[str, Any]:
    return {"NS": [str(day) for day in sorted(days)]}


def to_item(recipient: str, epoch: Epoch, now: int) -> Item:
    """The whole item that an epoch begins with: no salt, and nothing of what was before."""
    record = epoch.record
    item: dict[str, Any] = {
        "id": {"S": recipient},
        "n": {"N": str(record.n)},
        "f": {"N": str(record.floor)},
        "chg_at": {"S": feed_position(now, recipient)},
        "chg_shard": {"S": shard(recipient)},
        **{register.code: to_value(entry) for register, entry in record.registers.items()},
    }
    if epoch.purges:
        item |= {
            "purge": {"S": " ".join(epoch.purges)},
            "due": {"N": str(now)},
            "due_shard": {"S": shard(recipient)},
        }
    if epoch.ends is not None:
        item["expires"] = {"N": str(epoch.ends // 1000)}
    return item

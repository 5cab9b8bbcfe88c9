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

from heed.adapters.dynamodb.feed_index import FEED_SHARDS, feed_shard, format_feed_position
from heed.adapters.dynamodb.table import ConditionFailed, DynamoDBTable
from heed.codec.attributes import Item
from heed.codec.due_work import decode_due_work
from heed.codec.record import SPARED, decode_record, encode_entry
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change
from heed.domain.privacy.erasure import Erasure
from heed.domain.privacy.purge import DueWork, is_purge_id
from heed.domain.privacy.retention import expired_soft_bounce_days, soft_bounce_expiry
from heed.override import override
from heed.use_cases.ports.privacy import DueRecipient, Erasures, RecordWithPurges

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_INDEX = "Due"


class ErasuresTable(Erasures):
    """Serves the port Epochs from DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = DynamoDBTable(client, table)

    @override
    def read(self, recipient: str) -> RecordWithPurges:
        return _standing(self._table.get(_key(recipient)))

    @override
    def begin(self, recipient: str, epoch: Erasure, before: Record, now: int) -> RecordWithPurges | None:
        """A first attempt that did commit is known by the purge in the evidence."""
        condition, values = _as_read(before)
        try:
            self._table.put(
                to_erased_item(recipient, epoch, now),
                condition=condition,
                values=values,
                returns_if_refused="ALL_OLD",
            )
        except ConditionFailed as refused:
            return _standing(refused.current)
        return None

    @override
    def keep(self, recipient: str, change: Change, before: Record, now: int) -> RecordWithPurges | None:
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
                    ":entry": encode_entry(change.entry),
                    ":salt": {"B": secrets.token_bytes(16)},
                    ":now": {"S": format_feed_position(now, recipient)},
                    ":shard": {"S": feed_shard(recipient)},
                    ":one": {"N": "1"},
                    **values,
                },
                returns_if_refused="ALL_OLD",
            )
        except ConditionFailed as refused:
            return _standing(refused.current)
        return None

    @override
    def due(self, now: int) -> Iterator[DueRecipient]:
        for place in range(FEED_SHARDS):
            for item in self._table.query(
                "due_shard = :shard AND due <= :now",
                values={":shard": {"S": str(place)}, ":now": {"N": str(now)}},
                index=_INDEX,
            ):
                # The index holds any number up to now, also one that we would never write.
                since = max(0, int(Decimal(item["due"]["N"])))
                yield DueRecipient(item["id"]["S"], since, _purges(item))

    @override
    def work(self, recipient: str) -> DueWork | None:
        """Eventually consistent, for half a read unit: so is the index that led here."""
        item = self._table.get(_key(recipient), consistent=False)
        return decode_due_work(item) if item and "due" in item else None

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
            due = {":due": {"N": str(soft_bounce_expiry(min(left.soft)))}}
            self._update(recipient, "SET due = :due REMOVE purge", "purge = :purge", done | due)

    @override
    def prune(self, recipient: str, soft: frozenset[int], now: int) -> None:
        """The counter stays: no decision, past or to come, is changed by it."""
        over = expired_soft_bounce_days(soft, now)
        expression, values = "REMOVE due, due_shard", {":soft": _days(soft)}
        if left := soft - over:
            expression, values[":due"] = "SET due = :due", {"N": str(soft_bounce_expiry(min(left)))}
        if over:
            expression, values[":over"] = f"{expression} DELETE soft :over", _days(over)
        is_as_read = "soft = :soft AND attribute_not_exists(purge)"
        self._update(recipient, expression, is_as_read, values)

    def _update(self, recipient: str, expression: str, condition: str, values: dict[str, Any]) -> bool:
        """Return whether the write was made; refused, it was made before, or the work has changed."""
        return self._table.try_update(_key(recipient), expression, condition=condition, values=values)


def _purges(item: Item) -> tuple[str, ...] | None:
    """The purges that the index has of an item; whatever else stands there is none of ours, and due."""
    return tuple(filter(is_purge_id, item["purge"].get("S", "").split())) if "purge" in item else None


def _key(recipient: str) -> Item:
    return {"id": {"S": recipient}}


def _as_read(before: Record) -> tuple[str, dict[str, Any]]:
    """The condition that the item is the one that was read, and the values in it."""
    return (
        ("n = :n", {":n": {"N": str(before.revision)}})
        if before.revision
        else ("attribute_not_exists(n)", {})
    )


def _standing(item: Item | None) -> RecordWithPurges:
    return RecordWithPurges(decode_record(item), decode_due_work(item).purges if item else ())


def _days(days: frozenset[int]) -> dict[str, Any]:
    return {"NS": [str(day) for day in sorted(days)]}


def to_erased_item(recipient: str, epoch: Erasure, now: int) -> Item:
    """The whole item that an epoch begins with: no salt, and nothing of what was before."""
    record = epoch.record
    item: dict[str, Any] = {
        "id": {"S": recipient},
        "n": {"N": str(record.revision)},
        "f": {"N": str(record.erased_at)},
        "chg_at": {"S": format_feed_position(now, recipient)},
        "chg_shard": {"S": feed_shard(recipient)},
        **{register.code: encode_entry(entry) for register, entry in record.registers.items()},
    }
    if epoch.purges:
        item |= {
            "purge": {"S": " ".join(epoch.purges)},
            "due": {"N": str(now)},
            "due_shard": {"S": feed_shard(recipient)},
        }
    if epoch.ends is not None:
        item["expires"] = {"N": str(epoch.ends // 1000)}
    return item

"""Erasures and the work that follows from them, in the table `Preferences`.

The index `Due` contains only items with due work, sorted by the time when it is due. The work is a purge, or
the removal of soft-bounce days on which no decision depends any more. For a purge, the item and the index
also have the attribute `purge`, with the purge ids.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from heed.adapters.dynamodb.feed_index import FEED_SHARDS, feed_shard, format_feed_position
from heed.adapters.dynamodb.table import ConditionFailed, TableAdapter
from heed.codec.attributes import Item
from heed.codec.due_work import decode_due_work
from heed.codec.record import OMITTED_AFTER_ATTRIBUTE, decode_record, encode_entry
from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change
from heed.domain.privacy.erasure import Erasure
from heed.domain.privacy.purge import DueWork, is_purge_id
from heed.domain.privacy.retention import expired_soft_bounce_days, soft_bounce_expiry
from heed.override import override
from heed.use_cases.ports.privacy import DueRecipient, Erasures, RecordWithPurges

_INDEX = "Due"


class ErasuresTable(TableAdapter, Erasures):
    """Implements the port Erasures with DynamoDB."""

    @override
    def read(self, recipient: str) -> RecordWithPurges:
        return _decode_with_purges(self._table.get(_key(recipient)))

    @override
    def replace_record(
        self, recipient: str, erasure: Erasure, before: Record, now: Millis
    ) -> RecordWithPurges | None:
        """Replaces the item. The caller recognises its earlier attempt by the purge id in the evidence."""
        condition, values = _unchanged_condition(before)
        item = to_erased_item(recipient, erasure, now)
        current = self._table.put_or_read(item, condition=condition, values=values)
        return None if current is None else _decode_with_purges(current)

    @override
    def set_register(
        self, recipient: str, change: Change, before: Record, now: Millis
    ) -> RecordWithPurges | None:
        """Sets one register. The other registers stay unchanged, and the item does not expire."""
        condition, values = _unchanged_condition(before)
        try:
            self._table.update(
                _key(recipient),
                "SET #register = :entry, salt = if_not_exists(salt, :salt), "
                f"chg_at = :now, chg_shard = :shard ADD n :one REMOVE {OMITTED_AFTER_ATTRIBUTE}",
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
        except ConditionFailed as failure:
            return _decode_with_purges(failure.current)
        return None

    @override
    def due_recipients(self, now: Millis) -> Iterator[DueRecipient]:
        for shard in range(FEED_SHARDS):
            for item in self._table.query(
                "due_shard = :shard AND due <= :now",
                values={":shard": {"S": str(shard)}, ":now": {"N": str(now)}},
                index=_INDEX,
            ):
                # An altered item may have a number that Heed never writes, such as a fraction.
                since = Millis(max(0, int(Decimal(item["due"]["N"]))))
                yield DueRecipient(item["id"]["S"], since, _purge_ids(item))

    @override
    def due_work(self, recipient: str) -> DueWork | None:
        """Reads the due work, eventually consistent as the index is. The read costs half a read unit."""
        item = self._table.get(_key(recipient), consistent=False)
        return decode_due_work(item) if item and "due" in item else None

    @override
    def finish_purges(self, recipient: str, purges: tuple[str, ...]) -> None:
        """Removes the purges. If the item has newer soft-bounce days, those become due at their own time."""
        purge_value = {":purge": {"S": " ".join(purges)}}
        is_done = self._update(
            recipient,
            "REMOVE due, due_shard, purge",
            "purge = :purge AND attribute_not_exists(soft)",
            purge_value,
        )
        if not is_done and (remaining := self.due_work(recipient)) and remaining.soft_bounce_days:
            due = {":due": {"N": str(soft_bounce_expiry(min(remaining.soft_bounce_days)))}}
            self._update(recipient, "SET due = :due REMOVE purge", "purge = :purge", purge_value | due)

    @override
    def prune_soft_bounces(self, recipient: str, soft: frozenset[int], now: Millis) -> None:
        """Removes expired soft-bounce days. The revision stays, since no decision changes."""
        expired = expired_soft_bounce_days(soft, now)
        expression, values = "REMOVE due, due_shard", {":soft": _encode_days(soft)}
        if remaining := soft - expired:
            expression, values[":due"] = "SET due = :due", {"N": str(soft_bounce_expiry(min(remaining)))}
        if expired:
            expression, values[":over"] = f"{expression} DELETE soft :over", _encode_days(expired)
        condition = "soft = :soft AND attribute_not_exists(purge)"
        self._update(recipient, expression, condition, values)

    def _update(self, recipient: str, expression: str, condition: str, values: dict[str, Any]) -> bool:
        """Updates the item and returns whether the condition held.

        If it did not hold, an earlier attempt succeeded or the due work changed.
        """
        return self._table.try_update(_key(recipient), expression, condition=condition, values=values)


def _purge_ids(item: Item) -> tuple[str, ...] | None:
    """Returns the purge ids of an item of the index, or None if no purge is due. It ignores invalid ids."""
    return tuple(filter(is_purge_id, item["purge"].get("S", "").split())) if "purge" in item else None


def _key(recipient: str) -> Item:
    return {"id": {"S": recipient}}


def _unchanged_condition(before: Record) -> tuple[str, dict[str, Any]]:
    """Returns the condition that the item has not changed since it was read, and its values."""
    return (
        ("n = :n", {":n": {"N": str(before.revision)}})
        if before.revision
        else ("attribute_not_exists(n)", {})
    )


def _decode_with_purges(item: Item | None) -> RecordWithPurges:
    return RecordWithPurges(decode_record(item), decode_due_work(item).purges if item else ())


def _encode_days(days: frozenset[int]) -> dict[str, Any]:
    return {"NS": [str(day) for day in sorted(days)]}


def to_erased_item(recipient: str, erasure: Erasure, now: Millis) -> Item:
    """Returns the whole item that an erasure writes. It has no salt and nothing from before the erasure."""
    record = erasure.record
    item: dict[str, Any] = {
        "id": {"S": recipient},
        "n": {"N": str(record.revision)},
        "f": {"N": str(record.erased_at)},
        "chg_at": {"S": format_feed_position(now, recipient)},
        "chg_shard": {"S": feed_shard(recipient)},
        **{register.code: encode_entry(entry) for register, entry in record.registers.items()},
    }
    if erasure.purges:
        item |= {
            "purge": {"S": " ".join(erasure.purges)},
            "due": {"N": str(now)},
            "due_shard": {"S": feed_shard(recipient)},
        }
    if erasure.expires_at is not None:
        item["expires"] = {"N": str(erasure.expires_at // 1000)}
    return item

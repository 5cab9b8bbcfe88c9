"""The records of all recipients, in the table `Preferences`.

Each recipient has one item. One change is one conditional UpdateItem. Its condition is the write rule.
DynamoDB returns the previous item (`ALL_OLD`), even if the condition fails. That item, merged with the
change, is the new record, so no second read is needed. A failed condition is not an error: an earlier attempt
may have committed although its response was lost.

A late change does not change a register, but the ledger must record it. It is added to the set `late` of the
item by a second request, and the ledger's function reads it there (docs/decisions/0020-late-changes.md).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from heed.adapters.dynamodb.feed_index import feed_shard, format_feed_position
from heed.adapters.dynamodb.late_changes import split_late_changes
from heed.adapters.dynamodb.link_tally import TallyUpdate, assumed_tally_update, tally_update
from heed.adapters.dynamodb.table import MAX_BATCH_KEYS, ConditionFailed, DynamoDBTable, decode_or_unreadable
from heed.codec.attributes import Item
from heed.codec.record import SALT_SIZE, decode_record, encode_entry, encode_late_change
from heed.domain.errors import StoreUnavailable, WriteConflict
from heed.domain.links.entry_mode import LINK_SOURCES, choose_entry_mode, is_limit_reached
from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes, superseded_changes
from heed.domain.preferences.register import MINOR, SOFT_BOUNCE, Change
from heed.domain.privacy.retention import soft_bounce_expiry
from heed.override import override
from heed.use_cases.ports.preferences import (
    LateChanges,
    PeopleCount,
    Preferences,
    UnreadableItem,
    WriteResult,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MAX_THREADS = 4  # more threads are not faster: parsing needs the interpreter lock
_MAX_WRITES = 24  # attempts at one write, so that a busy writer cannot block the others
_MAX_PAUSE = 0.1  # seconds between two attempts; all pauses of a write together take less than two seconds

_IS_AFTER_ERASURE = "(attribute_not_exists(f) OR f < :t) AND attribute_not_exists(#minor)"
_IS_NEWER = "(attribute_not_exists(#r) OR #r.t < :t OR (#r.t = :t AND #r.ev < :ev))"


class PreferencesTable(Preferences, LateChanges, PeopleCount):
    """Implements the ports Preferences, LateChanges and PeopleCount with DynamoDB."""

    def __init__(
        self, client: DynamoDBClient, table: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._table = DynamoDBTable(client, table, pause)
        self._pause = pause

    @override
    def read(self, recipient: str) -> Record:
        return decode_record(self._table.get(_key(recipient)))

    @override
    def read_many(self, recipients: Iterable[str]) -> Mapping[str, Record | UnreadableItem]:
        ids = list(dict.fromkeys(recipients))
        batches = [ids[start : start + MAX_BATCH_KEYS] for start in range(0, len(ids), MAX_BATCH_KEYS)]
        records: dict[str, Record | UnreadableItem] = dict.fromkeys(ids, EMPTY_RECORD)
        if len(batches) == 1:
            records.update(self._read_batch(batches[0]))
        else:
            with ThreadPoolExecutor(_MAX_THREADS) as pool:
                for part in pool.map(lambda batch: list(self._read_batch(batch)), batches):
                    records.update(part)
        return records

    @override
    def apply(self, recipient: str, changes: Sequence[Change], now: Millis) -> WriteResult:
        if len(changes) == 1:
            return self._apply_change(recipient, changes[0], now)
        return self.update(recipient, lambda _: changes, now)

    @override
    def update(
        self,
        recipient: str,
        decide: Callable[[Record], Sequence[Change]],
        now: Millis,
        current: Record | None = None,
    ) -> WriteResult:
        before = self.read(recipient) if current is None else current
        for _ in self._attempts():
            changes = decide(before)
            after = merge_changes(before, changes)
            late = superseded_changes(after, changes)
            if after == before:
                self._store_late_changes(recipient, before, late, now)
                return WriteResult(before, before)
            accepted = [change for change in changes if before.accepts(change)]
            mode = choose_entry_mode(before.tally, before.registers, accepted, now)
            tally = tally_update(mode, before, len(accepted), now)
            update = _build_update(before, after, recipient, now, tally)
            condition = "attribute_not_exists(n)"
            if before.revision:
                condition, update.values[":n"] = "n = :n", {"N": str(before.revision)}
            try:
                self._write(recipient, update, condition)
            except ConditionFailed as failure:
                before = decode_record(failure.current)
                continue
            salt = before.salt or update.values[":salt"]["B"]
            after = replace(after, revision=before.revision + 1, salt=salt)
            self._store_late_changes(recipient, after, late, now)
            return WriteResult(before, after)
        raise WriteConflict("the record changed under every attempt")

    def _apply_change(self, recipient: str, change: Change, now: Millis) -> WriteResult:
        """Writes one change, usually in one request and without a read.

        A second request is needed when the person's links have reached their limit for today. The first
        request cannot know that.
        """
        is_by_link = change.entry.source in LINK_SOURCES
        tally = assumed_tally_update(now) if is_by_link else TallyUpdate(condition="")
        for _ in self._attempts():
            try:
                old = self._write(recipient, *_build_single_update(change, recipient, now, tally))
            except ConditionFailed as failure:
                if not failure.current:
                    raise StoreUnavailable("the response does not contain the current item") from failure
                before = decode_record(failure.current)
            else:
                before = decode_record(old)
                return WriteResult(
                    before, replace(merge_changes(before, [change]), revision=before.revision + 1)
                )
            if not before.accepts(change):
                self._store_late_changes(recipient, before, superseded_changes(before, [change]), now)
                return WriteResult(before, before)
            mode = choose_entry_mode(before.tally, before.registers, [change], now)
            tally = tally_update(mode, before, 1, now)
        raise WriteConflict("the record changed under every attempt")

    @override
    def count_people(self) -> int:
        return self._table.count_items()

    @override
    def delete_entered(self, recipient: str, entered: Iterable[Change]) -> None:
        # The condition fails if no late change waits, or if the record does not exist any more.
        # The update returns no attributes, because the caller's role cannot read the record.
        self._table.try_update(
            _key(recipient),
            "DELETE late :late",
            # If `late` had another type, the update would fail on every retry.
            condition="attribute_type(late, :set)",
            values={":late": {"SS": sorted(map(encode_late_change, entered))}, ":set": {"S": "SS"}},
        )

    def _store_late_changes(
        self, recipient: str, record: Record, late: Sequence[Change], now: Millis
    ) -> None:
        """Stores late changes in the item, where the ledger's function finds them.

        If the record was erased meanwhile, the salt differs and the late changes are dropped. Late changes by
        link are also dropped when the person's links have reached their limit for today.

        Raises:
            StoreUnavailable: Too many late changes wait already. The item must not grow further.
        """
        if is_limit_reached(record.tally, now):
            late = [change for change in late if change.entry.source not in LINK_SOURCES]
        if not record.salt:
            return
        for encoded, max_waiting in split_late_changes(map(encode_late_change, late)):
            values: dict[str, Any] = {
                ":late": {"SS": encoded},
                ":salt": {"B": record.salt},
                ":room": {"N": str(max_waiting)},
            }
            has_room = "attribute_not_exists(late) OR size(late) <= :room"
            try:
                self._write(
                    recipient,
                    _Update("ADD late :late", {}, values),
                    f"salt = :salt AND ({has_room})",
                )
            except ConditionFailed as failure:
                current = failure.current
                is_same_person = current.get("salt") == values[":salt"]
                waiting = current.get("late", {}).get("SS", ())
                if is_same_person and not {*encoded} <= {*waiting}:
                    raise StoreUnavailable("too many late changes wait for the ledger") from None

    def _attempts(self) -> Iterator[None]:
        """Yields once for each attempt at a write. It waits a random time before the third and later ones."""
        for attempt in range(_MAX_WRITES):
            if attempt > 1:
                self._pause(min(_MAX_PAUSE, 0.005 * 2**attempt) * secrets.randbelow(1_000) / 1_000)
            yield

    def _write(self, recipient: str, update: _Update, condition: str) -> Item:
        """Writes under a condition and returns the previous item. ConditionFailed contains it as well."""
        return self._table.update(
            _key(recipient),
            update.expression,
            condition=condition,
            names=update.names,
            values=update.values,
            returns="ALL_OLD",
            returns_if_refused="ALL_OLD",
        )

    def _read_batch(self, ids: list[str]) -> Iterator[tuple[str, Record | UnreadableItem]]:
        for item in self._table.get_many(list(map(_key, ids))):
            yield item["id"]["S"], decode_or_unreadable(decode_record, item)


class _Update(NamedTuple):
    """An update expression, and the names and values for its placeholders."""

    expression: str
    names: dict[str, str]
    values: dict[str, Any]


def _key(recipient: str) -> Item:
    return {"id": {"S": recipient}}


def _build_single_update(
    change: Change, recipient: str, now: Millis, tally: TallyUpdate
) -> tuple[_Update, str]:
    """Returns the update that writes one change, and its condition, which is the write rule."""
    update = _build_update(EMPTY_RECORD, merge_changes(EMPTY_RECORD, [change]), recipient, now, tally)
    values = update.values
    values[":t"] = {"N": str(change.entry.at)}
    update.names["#minor"] = MINOR.code
    if change.register == SOFT_BOUNCE:
        values[":day"] = {"N": str(change.entry.day)}
        condition = "NOT contains(soft, :day)"
    else:
        values[":ev"] = {"S": change.entry.tie_breaker}
        condition = _IS_NEWER
    if tally.condition:
        values |= tally.condition_values
        condition = f"{condition} AND {tally.condition}"
    return update, f"{condition} AND {_IS_AFTER_ERASURE}"


def _build_update(before: Record, after: Record, recipient: str, now: Millis, tally: TallyUpdate) -> _Update:
    """Returns the update that turns one record into the other and moves the recipient in the feed."""
    changed = [register for register, entry in after.registers.items() if before.get(register) != entry]
    days = after.soft_bounce_days - before.soft_bounce_days
    sets = ["salt = if_not_exists(salt, :salt)", "chg_at = :now", *tally.sets]
    names: dict[str, str] = {}
    values: dict[str, Any] = {
        ":salt": {"B": secrets.token_bytes(SALT_SIZE)},
        ":now": {"S": format_feed_position(now, recipient)},
        ":one": {"N": "1"},
        **tally.values,
    }
    if days or any(register.may_suppress for register in changed):
        sets.append("chg_shard = :shard")
        values[":shard"] = {"S": feed_shard(recipient)}
    for index, register in enumerate(changed):
        # A condition names the first register as #r. The names are short: an expression may have 4 KB.
        alias, value = f"#{index:x}" if index else "#r", f":{index:x}"
        names[alias] = register.code
        values[value] = encode_entry(after.registers[register])
        sets.append(f"{alias}={value}")
    adds = ["n :one", *tally.adds]
    if days:
        # `due` makes the sweep prune the days as soon as no decision depends on them.
        sets.append("due = if_not_exists(due, :due), due_shard = :shard")
        values[":due"] = {"N": str(soft_bounce_expiry(min(days)))}
        values[":days"] = {"NS": [str(day) for day in sorted(days)]}
        adds.append("soft :days")
    removes = f" REMOVE {','.join(tally.removes)}" if tally.removes else ""
    return _Update(f"SET {','.join(sets)} ADD {','.join(adds)}{removes}", names, values)

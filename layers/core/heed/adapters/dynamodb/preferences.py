"""The registers of every recipient, in the table `Preferences`.

One item a recipient. One change is one conditional UpdateItem: the condition is the write rule, and
what the table answers (`ALL_OLD`, also when the condition fails) merged with the change is the record
after it, so that no second read is needed. A failed condition is no error: it may be our own first
attempt that did commit before its answer was lost.

A wish that came late changes no register, and yet belongs in the ledger. It is put into the set `late` of
the item, from where the ledger's function takes it: with the write that it came with, or, where that
changes nothing, with one more (docs/decisions/0020-late-changes.md).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from heed.adapters.dynamodb.feed_index import feed_shard, format_feed_position
from heed.adapters.dynamodb.late_changes import split_late_changes
from heed.adapters.dynamodb.link_tally import TallyUpdate, assumed_tally_update, tally_update
from heed.adapters.dynamodb.table import MAX_BATCH_KEYS, ConditionFailed, DynamoDBTable
from heed.codec.attributes import Item
from heed.codec.record import SALT_SIZE, decode_record, encode_entry, encode_late_change
from heed.domain.errors import StoreUnavailable, UnreadableRecord, WriteConflict
from heed.domain.links.entry_rate import LINK_SOURCES, entry_rate, is_limit_reached
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes, superseded_changes
from heed.domain.preferences.register import MINOR, SOFT_BOUNCE, Change
from heed.domain.privacy.retention import soft_bounce_expiry
from heed.override import override
from heed.use_cases.ports.preferences import (
    UNREADABLE,
    LateChanges,
    Preferences,
    UnreadableItem,
    WriteResult,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PARALLEL = 4  # more threads gain nothing: parsing holds the interpreter
_TRIES = 24  # at a write: who writes without end keeps nobody else out
_LONGEST_PAUSE = 0.1  # seconds between two of them; all pauses together are under two

_EPOCH = "(attribute_not_exists(f) OR f < :t) AND attribute_not_exists(#minor)"
_GREATER = "(attribute_not_exists(#r) OR #r.t < :t OR (#r.t = :t AND #r.ev < :ev))"


class PreferencesTable(Preferences, LateChanges):
    """Serves the port Preferences from DynamoDB."""

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
        found: dict[str, Record | UnreadableItem] = dict.fromkeys(ids, EMPTY_RECORD)
        if len(batches) == 1:
            found.update(self._batch(batches[0]))
        else:
            with ThreadPoolExecutor(_PARALLEL) as pool:
                for part in pool.map(lambda batch: list(self._batch(batch)), batches):
                    found.update(part)
        return found

    @override
    def apply(self, recipient: str, changes: Sequence[Change], now: int) -> WriteResult:
        if len(changes) == 1:
            return self._apply_one(recipient, changes[0], now)
        return self.update(recipient, lambda _: changes, now)

    @override
    def update(self, recipient: str, decide: Callable[[Record], Sequence[Change]], now: int) -> WriteResult:
        before = self.read(recipient)
        for _ in self._tries():
            changes = decide(before)
            after = merge_changes(before, changes)
            late = superseded_changes(after, changes)
            if after == before:
                self._note_late(recipient, before, late, now)
                return WriteResult(before, before)
            written = [change for change in changes if before.accepts(change)]
            told = entry_rate(before.tally, before.registers, written, now)
            tally = tally_update(told, before, len(written), now)
            update = _update(before, after, recipient, now, tally)
            condition = "attribute_not_exists(n)"
            if before.revision:
                condition, update.values[":n"] = "n = :n", {"N": str(before.revision)}
            try:
                self._write(recipient, update, condition)
            except ConditionFailed as refused:
                before = decode_record(refused.current)
                continue
            salt = before.salt or update.values[":salt"]["B"]
            after = replace(after, revision=before.revision + 1, salt=salt)
            self._note_late(recipient, after, late, now)
            return WriteResult(before, after)
        raise WriteConflict("the record changed under every attempt")

    def _apply_one(self, recipient: str, change: Change, now: int) -> WriteResult:
        """As a rule one request: another where a person's links are over for today, which it cannot know."""
        by_link = change.entry.source in LINK_SOURCES
        tally = assumed_tally_update(now) if by_link else TallyUpdate(condition="")
        for _ in self._tries():
            try:
                old = self._write(recipient, *_one(change, recipient, now, tally))
            except ConditionFailed as refused:
                if not refused.current:
                    raise StoreUnavailable("refused without the item as it stands") from refused
                before = decode_record(refused.current)
            else:
                before = decode_record(old)
                return WriteResult(
                    before, replace(merge_changes(before, [change]), revision=before.revision + 1)
                )
            if not before.accepts(change):
                self._note_late(recipient, before, superseded_changes(before, [change]), now)
                return WriteResult(before, before)
            told = entry_rate(before.tally, before.registers, [change], now)
            tally = tally_update(told, before, 1, now)
        raise WriteConflict("the record changed under every attempt")

    @override
    def settle(self, recipient: str, entered: Iterable[Change]) -> None:
        with suppress(ConditionFailed):  # none waits, or there is no record any more
            # Nothing of the record is asked back: whoever settles may read no more of it.
            self._table.update(
                _key(recipient),
                "DELETE late :late",
                # Where somebody put something else there, taking from it would fail for ever.
                condition="attribute_type(late, :set)",
                values={":late": _waiting(entered), ":set": {"S": "SS"}},
            )

    def _note_late(self, recipient: str, record: Record, late: Sequence[Change], now: int) -> None:
        """Put wishes that lost where the ledger's function finds them; after an erasure it is nobody's.

        Repeats by link that nobody is told of any more today wait for nobody.

        Raises:
            StoreUnavailable: so many wait for the ledger already that the item must not grow.
        """
        if is_limit_reached(record.tally, now):
            late = [change for change in late if change.entry.source not in LINK_SOURCES]
        if not record.salt:
            return
        for wishes, room in split_late_changes(map(encode_late_change, late)):
            values: dict[str, Any] = {
                ":late": {"SS": wishes},
                ":salt": {"B": record.salt},
                ":room": {"N": str(room)},
            }
            has_room = "attribute_not_exists(late) OR size(late) <= :room"
            try:
                self._write(
                    recipient,
                    _Update("ADD late :late", {}, values),
                    f"salt = :salt AND ({has_room})",
                )
            except ConditionFailed as refused:
                current = refused.current
                is_same_person = current.get("salt") == values[":salt"]
                waiting = current.get("late", {}).get("SS", ())
                if is_same_person and not {*wishes} <= {*waiting}:
                    raise StoreUnavailable("too many late wishes wait for the ledger") from None

    def _tries(self) -> Iterator[None]:
        """One for each try at a write; from the third on after a pause that no two writers share."""
        for n in range(_TRIES):
            if n > 1:
                self._pause(min(_LONGEST_PAUSE, 0.005 * 2**n) * secrets.randbelow(1_000) / 1_000)
            yield

    def _write(self, recipient: str, update: _Update, condition: str) -> Item:
        """Write under a condition; return the item as it was, which a refusal carries too."""
        return self._table.update(
            _key(recipient),
            update.expression,
            condition=condition,
            names=update.names,
            values=update.values,
            returns="ALL_OLD",
            returns_if_refused="ALL_OLD",
        )

    def _batch(self, ids: list[str]) -> Iterator[tuple[str, Record | UnreadableItem]]:
        for item in self._table.get_many(list(map(_key, ids))):
            yield item["id"]["S"], _readable(item)


class _Update(NamedTuple):
    """The expression of an update, and what its placeholders stand for."""

    expression: str
    names: dict[str, str]
    values: dict[str, Any]


def _key(recipient: str) -> Item:
    return {"id": {"S": recipient}}


def _readable(item: Item) -> Record | UnreadableItem:
    try:
        return decode_record(item)
    except UnreadableRecord:
        return UNREADABLE


def _waiting(late: Iterable[Change]) -> dict[str, Any]:
    return {"SS": sorted(map(encode_late_change, late))}


def _one(change: Change, recipient: str, now: int, tally: TallyUpdate) -> tuple[_Update, str]:
    """The update that writes one change, and its condition, which is the write rule."""
    update = _update(EMPTY_RECORD, merge_changes(EMPTY_RECORD, [change]), recipient, now, tally)
    values = update.values
    values[":t"] = {"N": str(change.entry.at)}
    update.names["#minor"] = MINOR.code
    if change.register == SOFT_BOUNCE:
        values[":day"] = {"N": str(change.entry.day)}
        fits = "NOT contains(soft, :day)"
    else:
        values[":ev"] = {"S": change.entry.tie}
        fits = _GREATER
    if tally.condition:
        values |= tally.condition_values
        fits = f"{fits} AND {tally.condition}"
    return update, f"{fits} AND {_EPOCH}"


def _update(before: Record, after: Record, recipient: str, now: int, tally: TallyUpdate) -> _Update:
    """The update that turns one record into the other, and marks the change."""
    written = [one for one, entry in after.registers.items() if before.get(one) != entry]
    days = after.soft_bounce_days - before.soft_bounce_days
    sets = ["salt = if_not_exists(salt, :salt)", "chg_at = :now", *tally.sets]
    names: dict[str, str] = {}
    values: dict[str, Any] = {
        ":salt": {"B": secrets.token_bytes(SALT_SIZE)},
        ":now": {"S": format_feed_position(now, recipient)},
        ":one": {"N": "1"},
        **tally.values,
    }
    if days or any(register.may_stop for register in written):
        sets.append("chg_shard = :shard")
        values[":shard"] = {"S": feed_shard(recipient)}
    for place, register in enumerate(written):
        # The first is #r, which a condition names; all are short, since an expression has 4 KB at most.
        alias, value = f"#{place:x}" if place else "#r", f":{place:x}"
        names[alias] = register.code
        values[value] = encode_entry(after.registers[register])
        sets.append(f"{alias}={value}")
    adds = ["n :one", *tally.adds]
    if days:
        # Days that no decision looks at any more are pruned by the sweep, which looks at what is due alone.
        sets.append("due = if_not_exists(due, :due), due_shard = :shard")
        values[":due"] = {"N": str(soft_bounce_expiry(min(days)))}
        values[":days"] = {"NS": [str(day) for day in sorted(days)]}
        adds.append("soft :days")
    removes = f" REMOVE {','.join(tally.removes)}" if tally.removes else ""
    return _Update(f"SET {','.join(sets)} ADD {','.join(adds)}{removes}", names, values)

"""The register of disclosures, in the table `Control`. Each entry is an item. One more item marks the end.

An entry is stored only if its number is free. So one of several concurrent writers succeeds. Each other
writer receives the entry with that number and tries the next number. The end marker may lag behind: the
search for the end begins there.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from heed.adapters.dynamodb.table import MAX_BATCH_KEYS, TableAdapter
from heed.codec.attributes import MAX_COUNT, Item, read_number, read_text, strict_reader
from heed.domain.errors import UnreadableRecord, WriteConflict
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.domain.privacy.disclosure import (
    FIRST_PREVIOUS_HASH,
    DisclosureDetails,
    DisclosureEntry,
    DisclosurePage,
    DisclosurePurpose,
    RegisterEnd,
)
from heed.domain.privacy.retention import DISCLOSURE_DAYS
from heed.override import override
from heed.use_cases.ports.privacy import Disclosures

DISCLOSURE_PREFIX = "disclosure#"
_END = {"pk": {"S": f"{DISCLOSURE_PREFIX}end"}}
_MAX_APPENDS = 100  # entries of other writers that one append may meet
_MAX_LAG = 10  # entries after the end marker that a reader looks for


class DisclosuresTable(TableAdapter, Disclosures):
    """Implements the port Disclosures with DynamoDB."""

    _own_entry: RegisterEnd | None = None  # the last one that this object appended

    @override
    def append(self, disclosing: DisclosureDetails) -> DisclosureEntry:
        """Appends an entry. It skips an unreadable entry, and a reader of the register reports the gap.

        It tries the number after its own last entry first. If another writer has used that one, it reads the
        end marker.
        """
        if self._own_entry is not None:
            entry = DisclosureEntry(
                self._own_entry.number + 1, self._own_entry.hash, self._own_entry.at, disclosing
            )
            if self._put(entry) is None:
                return self._finish(entry)
        number, before, before_at = self._last_entry()
        for _ in range(_MAX_APPENDS):
            entry = DisclosureEntry(number + 1, before, before_at, disclosing)
            item = self._put(entry)
            if item is None:
                return self._finish(entry)
            number += 1
            with suppress(UnreadableRecord):
                existing = _to_entry(item)
                before, before_at = existing.hash, existing.details.at
        raise WriteConflict("other writers appended before every attempt")

    @override
    def latest(self, before: int | None, limit: int) -> DisclosurePage:
        end = self._read_end()
        # The end marker lags behind if a writer crashed before it could move the marker.
        last = (end.number if end else 0) + _MAX_LAG if before is None else before - 1
        lag = _MAX_LAG if before is None else 0
        numbers = range(last, max(last - limit - lag, 0), -1)
        entries = [
            entry
            for start in range(0, len(numbers), MAX_BATCH_KEYS)
            for entry in self._read_batch(numbers[start : start + MAX_BATCH_KEYS])
        ]
        page = sorted(entries, key=lambda entry: -entry.number)[:limit]
        # A missing entry does not end the register. After a short page, the next page begins below all
        # numbers of this one.
        lowest = page[-1].number if len(page) == limit else numbers[-1] if numbers else 1
        return DisclosurePage(page, end, lowest if lowest > 1 else None)

    def _last_entry(self) -> RegisterEnd:
        """Returns the number, hash and time of the entry at the end marker."""
        return self._read_end() or RegisterEnd(0, FIRST_PREVIOUS_HASH, Millis(0))

    def _read_end(self) -> RegisterEnd | None:
        item = self._table.get(_END)
        return _to_end(item) if item else None

    def _put(self, entry: DisclosureEntry) -> Item | None:
        """Writes an entry, or returns the item that already has its number.

        That item may come from an earlier attempt of this call whose response was lost. The disclosure is
        then recorded twice. That is better than not at all.
        """
        return self._table.put_or_read(_to_item(entry), condition="attribute_not_exists(pk)")

    def _finish(self, entry: DisclosureEntry) -> DisclosureEntry:
        self._move_end(entry)
        self._own_entry = RegisterEnd(entry.number, entry.hash, entry.details.at)
        return entry

    def _move_end(self, entry: DisclosureEntry) -> None:
        """Moves the end marker forward. It never moves back."""
        self._table.try_update(
            _END,
            "SET #number = :number, #hash = :hash, #at = :at",
            condition="attribute_not_exists(#number) OR #number < :number",
            names={"#number": "number", "#hash": "hash", "#at": "at"},
            values={
                ":number": {"N": str(entry.number)},
                ":hash": {"S": entry.hash},
                ":at": {"N": str(entry.details.at)},
            },
        )

    def _read_batch(self, numbers: range) -> list[DisclosureEntry]:
        entries: list[DisclosureEntry] = []
        for item in self._table.get_many(list(map(_key, numbers))):
            with suppress(UnreadableRecord):
                entries.append(_to_entry(item))
        return entries


def _key(number: int) -> dict[str, Any]:
    return {"pk": {"S": f"{DISCLOSURE_PREFIX}{number:012d}"}}


def _to_item(entry: DisclosureEntry) -> dict[str, Any]:
    details = entry.details
    return {
        **_key(entry.number),
        "number": {"N": str(entry.number)},
        "before": {"S": entry.previous_hash},
        "before_at": {"N": str(entry.previous_at)},
        "hash": {"S": entry.hash},
        "at": {"N": str(details.at)},
        "what": {"S": details.what},
        "purpose": {"S": details.purpose.value},
        "people": {"N": str(details.people)},
        "key": {"S": details.key},
        "expires": {"N": str((details.at + DISCLOSURE_DAYS * DAY_MS) // 1000)},
    }


@strict_reader
def _to_end(item: Item) -> RegisterEnd:
    return RegisterEnd(
        read_number(item, "number", MAX_COUNT), read_text(item, "hash"), Millis(read_number(item, "at"))
    )


@strict_reader
def _to_entry(item: Item) -> DisclosureEntry:
    entry = DisclosureEntry(
        number=read_number(item, "number", MAX_COUNT),
        previous_hash=read_text(item, "before"),
        previous_at=Millis(read_number(item, "before_at")),
        details=DisclosureDetails(
            at=Millis(read_number(item, "at")),
            what=read_text(item, "what"),
            purpose=DisclosurePurpose(read_text(item, "purpose")),
            people=read_number(item, "people", MAX_COUNT),
            key=read_text(item, "key"),
        ),
    )
    if item["pk"] != _key(entry.number)["pk"]:
        raise ValueError("the key and the number differ")
    return entry

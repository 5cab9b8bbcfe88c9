"""The register of disclosures, in the table `Control`: one item an entry, and one that says where it ends.

An entry is put where none is yet, which decides between all that append at once: who loses is given the
entry that won, and goes on behind it. The item that says where the end is may therefore lag: it is where
the search for the end begins.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from heed.adapters.dynamodb.table import MAX_BATCH_KEYS, ConditionFailed, DynamoDBTable
from heed.codec.attributes import MAX_COUNT, Item, read_number, read_text, strict_reader
from heed.domain.errors import UnreadableRecord, WriteConflict
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

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DISCLOSURE_PREFIX = "disclosure#"
_END = {"pk": {"S": f"{DISCLOSURE_PREFIX}end"}}
_ATTEMPTS = 100  # others that may append while one does
_BEYOND = 10  # entries that may stand behind the end that is marked


class DisclosuresTable(Disclosures):
    """Serves the port Disclosures from DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = DynamoDBTable(client, table)

    @override
    def append(self, disclosing: DisclosureDetails) -> DisclosureEntry:
        """An entry that somebody made unreadable is passed over: who reads names the gap."""
        number, before, before_at = self._place()
        for _ in range(_ATTEMPTS):
            entry = DisclosureEntry(number + 1, before, before_at, disclosing)
            item = self._put(entry)
            if item is None:
                self._move_end(entry)
                return entry
            number += 1
            with suppress(UnreadableRecord):
                there = _to_entry(item)
                before, before_at = there.hash, there.details.at
        raise WriteConflict("others appended before every attempt")

    @override
    def latest(self, before: int | None, limit: int) -> DisclosurePage:
        end = self._end()
        # The end may lag behind those who were stopped before they could move it.
        last = (end.number if end else 0) + _BEYOND if before is None else before - 1
        beyond = _BEYOND if before is None else 0
        numbers = range(last, max(last - limit - beyond, 0), -1)
        found = [
            entry
            for start in range(0, len(numbers), MAX_BATCH_KEYS)
            for entry in self._batch(numbers[start : start + MAX_BATCH_KEYS])
        ]
        page = sorted(found, key=lambda entry: -entry.number)[:limit]
        # A page that is short goes on below all that was looked for: what is missing ends no register.
        lowest = page[-1].number if len(page) == limit else numbers[-1] if numbers else 1
        return DisclosurePage(page, end, lowest if lowest > 1 else None)

    def _place(self) -> RegisterEnd:
        """Number, hash and time of the entry at the end."""
        return self._end() or RegisterEnd(0, FIRST_PREVIOUS_HASH, 0)

    def _end(self) -> RegisterEnd | None:
        item = self._table.get(_END)
        return _to_end(item) if item else None

    def _put(self, entry: DisclosureEntry) -> Item | None:
        """The item that is there already, if one is.

        It may be our own, whose answer was lost: then it is on record twice, which is better than never.
        """
        try:
            self._table.put(
                _to_item(entry),
                condition="attribute_not_exists(pk)",
                returns_if_refused="ALL_OLD",
            )
        except ConditionFailed as refused:
            return refused.current
        return None

    def _move_end(self, entry: DisclosureEntry) -> None:
        """The end is never moved back; another that is further has the say."""
        with suppress(ConditionFailed):
            self._table.update(
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

    def _batch(self, numbers: range) -> list[DisclosureEntry]:
        found: list[DisclosureEntry] = []
        for item in self._table.get_many(list(map(_key, numbers))):
            with suppress(UnreadableRecord):
                found.append(_to_entry(item))
        return found


def _key(number: int) -> dict[str, Any]:
    return {"pk": {"S": f"{DISCLOSURE_PREFIX}{number:012d}"}}


def _to_item(entry: DisclosureEntry) -> dict[str, Any]:
    of = entry.details
    return {
        **_key(entry.number),
        "number": {"N": str(entry.number)},
        "before": {"S": entry.before},
        "before_at": {"N": str(entry.before_at)},
        "hash": {"S": entry.hash},
        "at": {"N": str(of.at)},
        "what": {"S": of.what},
        "purpose": {"S": of.purpose.value},
        "people": {"N": str(of.people)},
        "key": {"S": of.key},
        "expires": {"N": str((of.at + DISCLOSURE_DAYS * DAY_MS) // 1000)},
    }


@strict_reader
def _to_end(item: Item) -> RegisterEnd:
    return RegisterEnd(
        read_number(item, "number", MAX_COUNT), read_text(item, "hash"), read_number(item, "at")
    )


@strict_reader
def _to_entry(item: Item) -> DisclosureEntry:
    entry = DisclosureEntry(
        number=read_number(item, "number", MAX_COUNT),
        before=read_text(item, "before"),
        before_at=read_number(item, "before_at"),
        details=DisclosureDetails(
            at=read_number(item, "at"),
            what=read_text(item, "what"),
            purpose=DisclosurePurpose(read_text(item, "purpose")),
            people=read_number(item, "people", MAX_COUNT),
            key=read_text(item, "key"),
        ),
    )
    if item["pk"] != _key(entry.number)["pk"]:
        raise ValueError("not what its number says")
    return entry

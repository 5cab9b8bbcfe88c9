"""The ledger entries, in the table `Ledger`. Each entry is one item, and usually costs one write unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from heed.adapters.dynamodb.table import TableAdapter, decode_or_unreadable
from heed.codec.attributes import MAX_COUNT, Item, read_number, read_text, strict_reader
from heed.domain.errors import MalformedMessage, UnreadableRecord
from heed.domain.ledger.entry import ERASED_REGISTER, LedgerEntry
from heed.domain.preferences.register import MAX_SCOPES
from heed.domain.rfc3339 import END_OF_TIME
from heed.override import override
from heed.use_cases.ports.ledger import Ledger, StoredEntry
from heed.use_cases.ports.preferences import UnreadableItem
from heed.use_cases.ports.privacy import ClosedChains, PurgedPerson, PurgeTarget

_NUMBER_LIMITS = {
    **dict.fromkeys(("seq", "first_seq"), MAX_COUNT),
    **dict.fromkeys(("at", "recorded_at", "until"), END_OF_TIME),
    "scope": MAX_SCOPES,
}
"""The attributes that are numbers, each with its exclusive upper limit."""
_EVIDENCE = "evidence"
# The attributes that are not personal data. Some are reserved words of DynamoDB.
_ENTRY_ATTRIBUTES = (
    "subject",
    "id",
    "seq",
    "scope",
    "register",
    "at",
    "recorded_at",
    "source",
    "policy_version",
    "commitment",
    "outcome",
    "until",
    "first_seq",
)


class LedgerTable(TableAdapter, Ledger, ClosedChains, PurgeTarget):
    """Implements the ports Ledger, ClosedChains and PurgeTarget with DynamoDB."""

    @override
    def enter(self, entry: LedgerEntry, evidence: str) -> LedgerEntry:
        """Writes an entry. A retry finds the entry of its first attempt, since the id is the same."""
        item = _to_item(entry)
        if evidence:
            item[_EVIDENCE] = {"S": evidence}
        current = self._table.put_or_read(item, condition="attribute_not_exists(id)")
        return entry if current is None else _to_entry(current)

    @override
    def entries_of(self, subject: str) -> Iterator[StoredEntry]:
        return (StoredEntry(_to_entry(item), _read_evidence(item)) for item in self._query(subject))

    @override
    def erase_evidence(self, subject: str) -> int:
        entries = 0
        for entries, item in enumerate(self._query(subject), 1):  # noqa: B007 - the last index is the count
            if _EVIDENCE in item:
                self._table.update(
                    {"subject": item["subject"], "id": item["id"]},
                    f"REMOVE {_EVIDENCE}",
                    condition="attribute_exists(id)",
                )
        return entries

    @override
    def clear(self, person: PurgedPerson) -> int:
        """Removes the evidence. The entries stay, but they do not identify the person any more.

        It returns the number of entries, because that number is the same after each retry of the purge.
        """
        return self.erase_evidence(person.subject) if person.subject else 0

    @override
    def is_closed(self, subject: str) -> bool:
        last_entries = self._table.query(
            "subject = :subject",
            filter="#register = :register",
            names={"#register": "register"},
            values={":subject": {"S": subject}, ":register": {"S": ERASED_REGISTER}},
            consistent=True,
        )
        return next(last_entries, None) is not None

    @override
    def all_entries(self) -> Iterator[LedgerEntry | UnreadableItem]:
        names = {f"#{name}": name for name in _ENTRY_ATTRIBUTES}
        items = self._table.scan(projection=", ".join(names), names=names, select="SPECIFIC_ATTRIBUTES")
        return (decode_or_unreadable(_to_entry, item) for item in items)

    def _query(self, subject: str) -> Iterator[Item]:
        return self._table.query("subject = :subject", values={":subject": {"S": subject}}, consistent=True)


def _to_item(entry: LedgerEntry) -> dict[str, Any]:
    return {
        name: {"N": str(value)} if name in _NUMBER_LIMITS else {"S": value}
        for name, value in entry.to_document().items()
        if value is not None
    }


@strict_reader
def _read_evidence(item: Item) -> str | None:
    return read_text(item, _EVIDENCE) if _EVIDENCE in item else None


@strict_reader
def _to_entry(item: Item) -> LedgerEntry:
    document: dict[str, Any] = {
        name: read_number(item, name, _NUMBER_LIMITS[name])
        if name in _NUMBER_LIMITS
        else read_text(item, name)
        for name in _ENTRY_ATTRIBUTES
        if name in item
    }
    try:
        return LedgerEntry.from_document({"until": None, **document})
    except MalformedMessage as error:
        raise UnreadableRecord(str(error)) from None

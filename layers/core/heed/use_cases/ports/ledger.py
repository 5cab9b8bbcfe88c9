"""The ports of the use cases of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from heed.domain.jobs.import_event import ImportEvent
from heed.domain.ledger.entry import LedgerEntry
from heed.domain.ledger.events import PreferenceEvent
from heed.domain.ledger.seal import Seal
from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change
from heed.use_cases.ports.preferences import LateChanges, UnreadableItem


class StoredRecords(LateChanges, Protocol):
    """Gives the ledger the record of each recipient, to compare it with the entries."""

    def read(self, recipient: str) -> Record:
        """Returns the current record, by a consistent read.

        Raises:
            StoreUnavailable: The store did not answer.
            UnreadableRecord: The stored item is not a valid record.
        """
        ...


class StoredRecipient(NamedTuple):
    """A recipient and their record.

    Attributes:
        recipient: recipient id.
        record: the record.
        late_changes: late changes that the ledger does not have yet.
        changed_at: time of the last write, milliseconds.
    """

    recipient: str
    record: Record
    late_changes: frozenset[Change]
    changed_at: Millis


class WalkCheckpoint(NamedTuple):
    """The position at which a walk of all recipients stopped.

    Attributes:
        after: recipient id of the last recipient that was processed; None: the next walk starts from the
            beginning.
        failed: recipient id of the next recipient, if the walk failed there.
    """

    after: str | None
    failed: str | None = None


class RecipientPage(NamedTuple):
    """A page of recipients.

    Attributes:
        recipients: the recipients whose items are readable.
        unreadable: how many other items of this page are not readable.
        next_after: recipient id after which the next page begins; None: this is the last page.
    """

    recipients: list[StoredRecipient]
    unreadable: int
    next_after: str | None


class RecipientPages(Protocol):
    """Reads all recipients, page by page, and saves the position between runs."""

    def page(self, after: str | None, limit: int) -> RecipientPage:
        """Returns at most `limit` recipients after a recipient id. It may miss very recent changes.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def load_checkpoint(self) -> WalkCheckpoint:
        """Returns the position at which the last walk stopped.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def save_checkpoint(self, position: WalkCheckpoint) -> None:
        """Saves the position at which a walk stopped.

        Raises:
            StoreUnavailable: It is unknown whether the position was saved.
        """
        ...


class StoredEntry(NamedTuple):
    """An entry of the ledger and its evidence, which is None after it was erased."""

    entry: LedgerEntry
    evidence: str | None


class Ledger(Protocol):
    """Stores the proof of each change: ledger entries, and the evidence of each until an erasure.

    Entries are stored by subject and entry id.
    """

    def enter(self, entry: LedgerEntry, evidence: str) -> LedgerEntry:
        """Adds an entry, unless the ledger has an entry of the same id. Returns the entry in the ledger.

        Raises:
            StoreUnavailable: It is unknown whether the entry is in the ledger.
        """
        ...

    def entries_of(self, subject: str) -> Iterator[StoredEntry]:
        """Yields each entry of a subject, in no particular order. It reads only as far as it is consumed.

        Raises:
            StoreUnavailable: The store did not answer.
            UnreadableRecord: An item is not a valid entry.
        """
        ...

    def erase_evidence(self, subject: str) -> int:
        """Deletes the evidence of all entries of a subject. A second call changes nothing.

        Returns:
            The number of the subject's entries.

        Raises:
            StoreUnavailable: Some evidence may be left.
        """
        ...

    def all_entries(self) -> Iterator[LedgerEntry | UnreadableItem]:
        """Yields every entry, in no particular order, and UNREADABLE for each item that is not readable.

        Raises:
            StoreUnavailable: Not all entries could be read.
        """
        ...


class Alteration(StrEnum):
    """How an object in the storage of hashes and seals differs from the objects that Heed writes."""

    REWRITTEN = "rewritten"  # the object has a second version
    DELETED = "deleted"  # the object has a delete marker
    MISNAMED = "misnamed"  # the name is not the hash of the content
    MALFORMED = "malformed"  # Heed writes no object with such a name or such a length


class AlteredObject(NamedTuple):
    """An object that somebody altered. Readers use its first version.

    Attributes:
        name: name of the object.
        alteration: how it was altered.
    """

    name: str
    alteration: Alteration


class StoredLeaves(NamedTuple):
    """The hashes that are stored for a day.

    Attributes:
        leaves: the hashes, without those of objects that are misnamed or malformed.
        altered: the objects that somebody altered.
    """

    leaves: set[bytes]
    altered: list[AlteredObject]


class Seals(Protocol):
    """Makes every later change to the ledger detectable, by one seal per day over the hashes of its entries.

    Hashes and seals are not personal data.

    Heed writes each object once. If an object has a second version all the same, readers use the first one.
    Days are counted from 1970-01-01, UTC.
    """

    def add_leaves(self, day: int, leaves: Iterable[bytes]) -> None:
        """Stores hashes of entries that were recorded on a day.

        Raises:
            StoreUnavailable: It is unknown whether the hashes were stored.
        """
        ...

    def stored_leaves(self, day: int) -> StoredLeaves:
        """Returns the hashes that are stored for a day.

        Raises:
            StoreUnavailable: The storage did not answer.
        """
        ...

    def first_day(self) -> int | None:
        """Returns the first day that has hashes, or None. Objects with unknown names are ignored.

        Raises:
            StoreUnavailable: The storage did not answer.
        """
        ...

    def seals(self) -> list[Seal]:
        """Returns all seals, the oldest first. An object whose name is not that of a seal is ignored.

        Raises:
            StoreUnavailable: The storage did not answer.
            UnreadableRecord: An object with the name of a seal is unreadable, or holds a different seal.
        """
        ...

    def sealed_leaves(self, day: int) -> Iterator[bytes]:
        """Yields the leaves under the seal of a day, in order.

        If the object has a wrong length, only its complete hashes are returned.

        Raises:
            StoreUnavailable: The storage did not answer.
            UnreadableRecord: The leaves do not exist.
        """
        ...

    def altered_objects(self) -> list[AlteredObject]:
        """Returns all altered and all foreign objects among the seals and the leaves under seals.

        Raises:
            StoreUnavailable: The storage did not answer.
        """
        ...

    def freeze_leaves(self, day: int, leaves: Sequence[bytes]) -> list[bytes]:
        """Stores the leaves that the seal of a day will cover, unless such leaves are stored already.

        An interrupted attempt may have stored fewer leaves. They remain, and the next seal covers the others.

        Returns:
            The leaves that are stored.

        Raises:
            StoreUnavailable: It is unknown whether the leaves were stored.
        """
        ...

    def add_seal(self, seal: Seal) -> None:
        """Stores a seal over the leaves that are stored for its day. A second call changes nothing.

        Raises:
            StoreUnavailable: It is unknown whether the seal was stored.
            UnreadableRecord: A different seal of that day is stored.
        """
        ...


class Sorter(Protocol):
    """Sorts the records of an export, which can exceed the memory. Raises SortFailed on a full disk."""

    def add(self, record: bytes) -> None:
        """Adds a record."""
        ...

    def __iter__(self) -> Iterator[bytes]:
        """Yields all records, in order."""
        ...

    def close(self) -> None:
        """Deletes what the sorter stored."""
        ...


class EventPublisher(Protocol):
    """Publishes changes of preferences, and imports, so that your other systems can react to them."""

    def publish(self, events: Sequence[PreferenceEvent | ImportEvent], at: Millis) -> None:
        """Publishes events, each at least once.

        Args:
            events: the events to publish.
            at: the time of the events, milliseconds.

        Raises:
            BusUnavailable: It is unknown whether all events were published.
        """
        ...

"""What the use cases of the ledger need from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from heed.domain.ledger.entry import LedgerEntry
from heed.domain.ledger.events import PreferenceEvent
from heed.domain.ledger.seal import Seal
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change
from heed.use_cases.ports.preferences import LateChanges, UnreadableItem


class StoredRecords(LateChanges, Protocol):
    """What is on record of each recipient."""

    def read(self, recipient: str) -> Record:
        """What is on record now, read consistently.

        Raises:
            StoreUnavailable, UnreadableRecord: it cannot be told.
        """
        ...


class StoredRecipient(NamedTuple):
    """A recipient on record.

    Attributes:
        recipient: recipient id.
        record: what is on record.
        late: wishes that came late and wait to be entered.
        changed_at: when it was last written, milliseconds.
    """

    recipient: str
    record: Record
    late: frozenset[Change]
    changed_at: int


class WalkPosition(NamedTuple):
    """Where a walk over everybody stopped.

    Attributes:
        after: recipient id of the last who was looked at; None: the next walk begins anew.
        failed: recipient id of the next, if the walk failed there.
    """

    after: str | None
    failed: str | None = None


class RecipientPage(NamedTuple):
    """Some of those on record.

    Attributes:
        held: what is on record of them.
        unreadable: how many more there were whose items nobody can read.
        last: the place of the next page; None: there is none.
    """

    recipients: list[StoredRecipient]
    unreadable: int
    last: str | None


class RecipientScan(Protocol):
    """Everybody on record, page by page."""

    def page(self, after: str | None, limit: int) -> RecipientPage:
        """At most `limit` of them behind a place. What changed a moment ago may be missing from it.

        Raises:
            StoreUnavailable: they cannot be told.
        """
        ...

    def checkpoint(self) -> WalkPosition:
        """Where the last walk stopped; raises StoreUnavailable."""
        ...

    def save_checkpoint(self, place: WalkPosition) -> None:
        """Remember where a walk stopped; raises StoreUnavailable."""
        ...


class StoredEntry(NamedTuple):
    """An entry of the ledger, and the evidence beside it; None where it was erased."""

    entry: LedgerEntry
    evidence: str | None


class Ledger(Protocol):
    """The entries, by subject and name."""

    def enter(self, entry: LedgerEntry, evidence: str) -> LedgerEntry:
        """Enter it, unless an entry of its name is there; the entry that is there then.

        Raises:
            StoreUnavailable: it is not known to be entered.
        """
        ...

    def entries_of(self, subject: str) -> Iterator[StoredEntry]:
        """Every entry of a subject, in no order, as they are read: whoever wants no more than some stops.

        Raises:
            StoreUnavailable, UnreadableRecord: they cannot be told.
        """
        ...

    def erase(self, subject: str) -> int:
        """Remove the evidence beside a subject's entries; how many entries there are.

        Doing it again changes nothing.

        Raises:
            StoreUnavailable: some may be left.
        """
        ...

    def all(self) -> Iterator[LedgerEntry | UnreadableItem]:
        """Every entry there is, in no order; UNREADABLE for one that nobody can read any more.

        Raises:
            StoreUnavailable: not all can be told.
        """
        ...


class Alteration(StrEnum):
    """In what way an object of the storage of hashes and seals is not as Heed wrote it."""

    REWRITTEN = "rewritten"  # there is a second version of it
    DELETED = "deleted"  # a mark of deletion stands over it
    MISNAMED = "misnamed"  # its name is not the hash of its content
    MALFORMED = "malformed"  # Heed writes no object of such a name, or of such a length


class AlteredObject(NamedTuple):
    """An object that somebody altered. Readers keep to its first version.

    Attributes:
        name: of the object.
        how: what was done to it.
    """

    name: str
    how: Alteration


class LeafHashes(NamedTuple):
    """The hashes that were kept for a day.

    Attributes:
        leaves: the hashes, without those of objects that are misnamed or malformed.
        altered: objects that are not as they were written.
    """

    leaves: set[bytes]
    altered: list[AlteredObject]


class Seals(Protocol):
    """The hashes of entries by day, and the seals over them. Nothing in it is about a person.

    Everything is written once. Where there is a second version all the same, the first one is read.
    """

    def add(self, day: int, leaves: Iterable[bytes]) -> None:
        """Keep hashes of entries that were recorded on a day (from the epoch, UTC).

        Raises:
            StoreUnavailable: they are not known to be kept.
        """
        ...

    def hashes(self, day: int) -> LeafHashes:
        """What was kept for a day; raises StoreUnavailable."""
        ...

    def first_day(self) -> int | None:
        """The first day that has hashes, or None; raises StoreUnavailable.

        Names that are not of our form are passed over.
        """
        ...

    def seals(self) -> list[Seal]:
        """Every seal, the oldest first. What has no name of a seal is none, and is passed over.

        Raises:
            StoreUnavailable: they cannot be read.
            UnreadableRecord: what has the name of a seal cannot be read, or is another.
        """
        ...

    def sealed(self, day: int) -> Iterator[bytes]:
        """The leaves under a day's seal, in their order; of a wrong length, the whole hashes in it.

        Raises:
            StoreUnavailable: they cannot be read.
            UnreadableRecord: they are not there.
        """
        ...

    def altered(self) -> list[AlteredObject]:
        """Seals, and leaves under seals, that are not as they were written, and what lies among them.

        Raises:
            StoreUnavailable: they cannot be told.
        """
        ...

    def gather(self, day: int, leaves: Sequence[bytes]) -> list[bytes]:
        """Keep the leaves that a day's seal is to be over; those that are kept, which may be others.

        An attempt that was cut short may have kept fewer: they stand, and the rest is under the next seal.

        Raises:
            StoreUnavailable: they are not known to be kept.
        """
        ...

    def seal(self, seal: Seal) -> None:
        """Keep a seal over the leaves that were gathered, for good. Doing it again changes nothing.

        Raises:
            StoreUnavailable: it is not known to be kept.
            UnreadableRecord: another seal of that day is kept.
        """
        ...


class Sorter(Protocol):
    """Brings records of bytes into order, however many they are."""

    def add(self, record: bytes) -> None:
        """Take one."""
        ...

    def __iter__(self) -> Iterator[bytes]:
        """All of them, in order."""
        ...


class EventPublisher(Protocol):
    """Where other systems hear of changes."""

    def publish(self, announcements: Sequence[PreferenceEvent], at: int) -> None:
        """Publish events that happened at a time (milliseconds), each at least once.

        Raises:
            BusUnavailable: some may not be published.
        """
        ...

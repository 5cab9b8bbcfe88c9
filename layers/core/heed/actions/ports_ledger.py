"""What the ledger's actions need from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from heed.domain.announcement import Announcement
from heed.domain.ledger_entry import LedgerEntry
from heed.domain.record import Record
from heed.domain.register import Change
from heed.domain.seal import Seal


class LateWishes(Protocol):
    """Wishes that came late: they wait at their recipient's record until the ledger has them."""

    def settle(self, recipient: str, entered: Iterable[Change]) -> None:
        """Those are in the ledger. Doing it again changes nothing.

        Raises:
            StoreUnavailable: it is not known to be written.
        """
        ...


class Records(LateWishes, Protocol):
    """What is on record of each recipient."""

    def read(self, recipient: str) -> Record:
        """What is on record now, read consistently.

        Raises:
            StoreUnavailable, UnreadableRecord: it cannot be told.
        """
        ...


class Held(NamedTuple):
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


class Kept(NamedTuple):
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

    def of(self, subject: str) -> list[Kept]:
        """Every entry of a subject, the oldest number first.

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

    def all(self) -> Iterator[LedgerEntry]:
        """Every entry there is, in no order.

        Raises:
            StoreUnavailable, UnreadableRecord: not all can be told.
        """
        ...


class Seals(Protocol):
    """The hashes of entries by day, and the seals over them. Nothing in it is about a person."""

    def add(self, day: int, leaves: Iterable[bytes]) -> None:
        """Keep hashes of entries that were recorded on a day (from the epoch, UTC).

        Raises:
            StoreUnavailable: they are not known to be kept.
        """
        ...

    def leaves(self, day: int) -> set[bytes]:
        """The hashes that were kept for a day; raises StoreUnavailable."""
        ...

    def first_day(self) -> int | None:
        """The first day that has hashes, or None; raises StoreUnavailable."""
        ...

    def seals(self) -> list[Seal]:
        """Every seal, the oldest first; raises StoreUnavailable or UnreadableRecord."""
        ...

    def sealed(self, day: int) -> Iterator[bytes]:
        """The leaves under a day's seal, in their order; raises StoreUnavailable."""
        ...

    def seal(self, seal: Seal, leaves: Sequence[bytes]) -> None:
        """Keep a seal and the leaves under it, for good; raises StoreUnavailable."""
        ...


class Bus(Protocol):
    """Where other systems hear of changes."""

    def publish(self, announcements: Sequence[Announcement], at: int) -> None:
        """Publish events that happened at a time (milliseconds), each at least once.

        Raises:
            BusUnavailable: some may not be published.
        """
        ...

"""What the privacy officer's work needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change
from heed.domain.privacy.disclosure import DisclosureDetails, DisclosureEntry, DisclosurePage
from heed.domain.privacy.erasure import Erasure, ErasureCause
from heed.domain.privacy.lift import Signature
from heed.domain.privacy.purge import DueWork, Purge


class DueRecipient(NamedTuple):
    """A recipient on whose record work is due.

    Attributes:
        recipient: recipient id.
        since: since when, milliseconds.
        purges: ids of purges, as of a moment ago; None where only days of soft bounces are to be pruned.
    """

    recipient: str
    since: int
    purges: tuple[str, ...] | None


class RecordWithPurges(NamedTuple):
    """What is on record of a recipient, and the purges that are still due on it."""

    record: Record
    purges: tuple[str, ...]


class RestoredItem(NamedTuple):
    """An item of a restored copy of the table.

    Attributes:
        recipient: recipient id.
        record: gives what it says; raises UnreadableRecord.
        purges: those that were due on it.
        ends: when it is forgotten, milliseconds, or None.
        whole: the item itself, attribute by attribute as its store has it.
    """

    recipient: str
    record: Callable[[], Record]
    purges: tuple[str, ...]
    ends: int | None
    whole: Mapping[str, Any]


class RestoredTable(Protocol):
    """A restored copy of the table, beside the live one."""

    def all(self) -> Iterator[RestoredItem]:
        """Every item of the copy.

        Raises:
            StoreUnavailable: not all could be read.
        """
        ...

    def put_back(self, copy: RestoredItem, now: int) -> bool:
        """Put an item back, unless the live table has one of its id; whether it did.

        It is as it was, and stands in the feed of changes as of now: whoever reads the feed may have
        lost it with the table.

        Raises:
            StoreUnavailable: it is not known to be written.
        """
        ...


class Erasures(Protocol):
    """New epochs of recipients, and the work that they leave."""

    def read(self, recipient: str) -> RecordWithPurges:
        """What is on record now, read consistently.

        Raises:
            UnreadableRecord: what is stored is not of our form.
            StoreUnavailable: it could not be read.
        """
        ...

    def begin(self, recipient: str, epoch: Erasure, before: Record, now: int) -> RecordWithPurges | None:
        """Replace all that is on record, if that is still what was read; else what stands now.

        Raises:
            UnreadableRecord: what stands now is not of our form.
            StoreUnavailable: it is not known to be written.
        """
        ...

    def keep(self, recipient: str, change: Change, before: Record, now: int) -> RecordWithPurges | None:
        """Set one register beside what is on record, if that is still what was read; else what stands now.

        Raises:
            UnreadableRecord: what stands now is not of our form.
            StoreUnavailable: it is not known to be written.
        """
        ...

    def due(self, now: int) -> Iterator[DueRecipient]:
        """On whom work is due; costs what is due. May lag, and may name one whose work is done.

        Raises:
            StoreUnavailable: not all could be read.
        """
        ...

    def work(self, recipient: str) -> DueWork | None:
        """What is due on a recipient, if anything.

        Raises:
            UnreadableRecord: what is stored is not of our form.
            StoreUnavailable: it could not be read.
        """
        ...

    def settle(self, recipient: str, purges: tuple[str, ...]) -> None:
        """Those purges, if they still are what is due, are done. Doing it again changes nothing.

        Raises:
            StoreUnavailable: it is not known to be written.
        """
        ...

    def prune(self, recipient: str, soft: frozenset[int], now: int) -> None:
        """Forget those of the days that no decision looks at any more; the others make work later.

        Raises:
            StoreUnavailable: it is not known to be written.
        """
        ...


class Purges(Protocol):
    """The records of purges: work orders at first, certificates at last."""

    def order(self, purge: Purge, now: int) -> None:
        """Keep an order, before its epoch begins; one that was taken up stays as it is.

        Raises:
            StoreUnavailable: it is not known to be kept.
        """
        ...

    def promise(self, purge: Purge) -> None:
        """Keep what is ordered when a hold is lifted, without an end; one that is there stays as it is.

        Raises:
            StoreUnavailable: it is not known to be kept.
        """
        ...

    def drop(self, purge_id: str) -> None:
        """An order whose epoch never began; raises StoreUnavailable."""
        ...

    def begin(self, purge_id: str, cause: ErasureCause, requested_at: int) -> Purge:
        """Take an order up, also one that was taken up before; one that is done stays done.

        An order that was forgotten meanwhile is made again from what is known.

        Raises:
            StoreUnavailable: it is not known to be written.
        """
        ...

    def note(self, purge: Purge, stores: Mapping[str, int]) -> None:
        """Keep what was found so far, while the purge goes on; raises StoreUnavailable."""
        ...

    def finish(self, purge: Purge, stores: Mapping[str, int], now: int) -> None:
        """Every store is clear. Doing it again keeps the first time; raises StoreUnavailable."""
        ...

    def find(self, purge_id: str) -> Purge | None:
        """The purge of that id; raises StoreUnavailable."""
        ...


class MinorReportCounts(Protocol):
    """How many minors each key has reported in a day."""

    def take(self, key: str, now: int) -> bool:
        """Count a report; whether it is one of those that the key may make in a day.

        Raises:
            StoreUnavailable: it is not known to be counted.
        """
        ...


class PurgeSubject(NamedTuple):
    """Whose traces a purge clears.

    Attributes:
        recipient: recipient id.
        subject: the person's name in the ledger, hex, or "".
        floor: when the epoch began, milliseconds: what came after it is none of the purge's business;
            None: everything is.
    """

    recipient: str
    subject: str
    floor: int | None = None


class PurgeTarget(Protocol):
    """A store that may hold something about a person, besides the preferences."""

    def clear(self, person: PurgeSubject) -> int:
        """Remove it; how much there was. Doing it again removes nothing more.

        Raises:
            StoreUnavailable: some may be left.
        """
        ...


class ClosedChains(Protocol):
    """Which subjects' chains in the ledger have ended."""

    def is_closed(self, subject: str) -> bool:
        """Whether a subject's last entry is there, read consistently: none with evidence follows.

        Raises:
            StoreUnavailable: it cannot be told.
        """
        ...


class LiftRequests(PurgeTarget, Protocol):
    """Lifts of a minor that one owner has signed and another has not yet."""

    def sign(self, recipient: str, signature: Signature) -> Signature | None:
        """Keep a signature for a day; that of another owner, if one is kept, instead.

        Raises:
            StoreUnavailable: it is not known to be kept.
        """
        ...


class Disclosures(Protocol):
    """The register of disclosures: a chain that only grows."""

    def append(self, disclosing: DisclosureDetails) -> DisclosureEntry:
        """Add an entry behind the last, whoever else adds one now.

        Raises:
            StoreUnavailable, Contended: it is not known to be added.
        """
        ...

    def latest(self, before: int | None, limit: int) -> DisclosurePage:
        """At most `limit` entries with a smaller number, the newest first; raises StoreUnavailable."""
        ...

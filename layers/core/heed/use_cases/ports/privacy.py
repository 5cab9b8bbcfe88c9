"""The ports of the privacy use cases: erasure, purge, lift and disclosure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change
from heed.domain.privacy.disclosure import DisclosureDetails, DisclosureEntry, DisclosurePage
from heed.domain.privacy.erasure import Erasure, ErasureCause
from heed.domain.privacy.lift import Signature
from heed.domain.privacy.purge import DueWork, Purge


class DueRecipient(NamedTuple):
    """A recipient for whom work is due.

    Attributes:
        recipient: recipient id.
        due_since: since when the work is due, milliseconds.
        purges: ids of the due purges, by an eventually consistent read; None: only soft-bounce days are due.
    """

    recipient: str
    due_since: Millis
    purges: tuple[str, ...] | None


class RecordWithPurges(NamedTuple):
    """A record, and the ids of the purges that are still due for its recipient."""

    record: Record
    purges: tuple[str, ...]


class Erasures(Protocol):
    """Erases records, and tracks the work that follows an erasure."""

    def read(self, recipient: str) -> RecordWithPurges:
        """Returns the current record and the due purges, by a consistent read.

        Raises:
            UnreadableRecord: The stored item is not a valid record.
            StoreUnavailable: The store did not answer.
        """
        ...

    def replace_record(
        self, recipient: str, erasure: Erasure, before: Record, now: Millis
    ) -> RecordWithPurges | None:
        """Replaces the whole record, if the stored record is still `before`.

        Returns:
            None if the record was replaced; otherwise the record that is stored now.

        Raises:
            UnreadableRecord: The stored item is not a valid record.
            StoreUnavailable: It is unknown whether the record was replaced.
        """
        ...

    def set_register(
        self, recipient: str, change: Change, before: Record, now: Millis
    ) -> RecordWithPurges | None:
        """Sets one register and preserves all others, if the stored record is still `before`.

        Returns:
            None if the register was set; otherwise the record that is stored now.

        Raises:
            UnreadableRecord: The stored item is not a valid record.
            StoreUnavailable: It is unknown whether the register was set.
        """
        ...

    def due_recipients(self, now: Millis) -> Iterator[DueRecipient]:
        """Yields the recipients for whom work is due.

        The cost depends only on the amount of due work. Reads are eventually consistent.

        Raises:
            StoreUnavailable: Not all recipients could be read.
        """
        ...

    def due_work(self, recipient: str) -> DueWork | None:
        """Returns the work that is due for a recipient, or None.

        Raises:
            UnreadableRecord: The stored item is not a valid record.
            StoreUnavailable: The store did not answer.
        """
        ...

    def finish_purges(self, recipient: str, purges: tuple[str, ...]) -> None:
        """Records that these purges are done, if they are still the due ones. A second call changes nothing.

        Raises:
            StoreUnavailable: It is unknown whether the fact was recorded.
        """
        ...

    def prune_soft_bounces(self, recipient: str, soft: frozenset[int], now: Millis) -> None:
        """Deletes the soft-bounce days that no decision uses any more.

        It does nothing if `soft` is not the stored set of days, or if a purge is due.

        Raises:
            StoreUnavailable: It is unknown whether the days were deleted.
        """
        ...


class Purges(Protocol):
    """Proves that a purge deleted the data of a person, by an order first and a certificate at the end."""

    def order(self, purge: Purge, now: Millis) -> None:
        """Stores a purge order, before the erasure. An order whose purge has started stays unchanged.

        Raises:
            StoreUnavailable: It is unknown whether the order was stored.
        """
        ...

    def order_after_hold(self, purge: Purge) -> None:
        """Stores an order that does not expire, for a purge after a hold. An existing order stays unchanged.

        Raises:
            StoreUnavailable: It is unknown whether the order was stored.
        """
        ...

    def delete_order(self, purge_id: str) -> None:
        """Deletes an order whose erasure did not happen.

        Raises:
            StoreUnavailable: It is unknown whether the order was deleted.
        """
        ...

    def start(self, purge_id: str, cause: ErasureCause, requested_at: Millis) -> Purge:
        """Marks a purge as started. A purge that is started or done stays as it is.

        If the order has expired meanwhile, it is created again from the arguments.

        Raises:
            StoreUnavailable: It is unknown whether the purge was marked.
        """
        ...

    def save_counts(self, purge: Purge, stores: Mapping[str, int]) -> None:
        """Saves how much was deleted from each store so far, while the purge goes on.

        Raises:
            StoreUnavailable: It is unknown whether the counts were saved.
        """
        ...

    def finish(self, purge: Purge, stores: Mapping[str, int], now: Millis) -> None:
        """Certifies that every store is clear. A second call does not change the time.

        Raises:
            StoreUnavailable: It is unknown whether the certificate was stored.
        """
        ...

    def find(self, purge_id: str) -> Purge | None:
        """Returns the purge with this id, or None.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...


class PurgedPerson(NamedTuple):
    """The person whose data a purge deletes.

    Attributes:
        recipient: recipient id.
        subject: subject of the person in the ledger, hex, or "".
        erased_at: time of the erasure, milliseconds. The purge leaves newer data. None: it deletes all data.
    """

    recipient: str
    subject: str
    erased_at: Millis | None = None


class PurgeTarget(Protocol):
    """Deletes the data of a person from one store, other than the table of preferences."""

    def clear(self, person: PurgedPerson) -> int:
        """Deletes the data of a person. Returns the number of deleted items. A second call deletes nothing.

        Raises:
            StoreUnavailable: Some data may be left.
        """
        ...


class ClosedChains(Protocol):
    """Knows for which subjects the ledger is complete, so that their purge can end."""

    def is_closed(self, subject: str) -> bool:
        """Returns whether the last entry of a subject is in the ledger, by a consistent read.

        After the last entry the ledger stores no evidence of this subject.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...


class WaitingLift(NamedTuple):
    """A lift of a report that waits for its second signature.

    Attributes:
        recipient: recipient id.
        first: the first signature.
    """

    recipient: str
    first: Signature


class LiftRequests(PurgeTarget, Protocol):
    """Ensures that two owners sign each lift of a report. It stores the first signature.

    Signatures of API keys and of people at the desk are apart: neither is the second of the other.
    """

    def sign(self, recipient: str, signature: Signature) -> Signature | None:
        """Stores a signature for one day, unless a signature of another owner is stored. Returns the latter.

        Raises:
            StoreUnavailable: It is unknown whether the signature was stored.
        """
        ...

    def find_from_desk(self, recipient: str, now: Millis) -> Signature | None:
        """Returns the signature of a person at the desk that waits for a second one, or None.

        Raises:
            StoreUnavailable: The store did not answer.
            UnreadableRecord: The stored signature is not readable.
        """
        ...

    def waiting(self, now: Millis) -> Iterator[WaitingLift]:
        """Yields the lifts that wait for a second signature, the oldest first. It lags behind by a moment.

        Raises:
            StoreUnavailable: Not all lifts could be read.
        """
        ...


class Disclosures(Protocol):
    """Records disclosures of personal data in a hash chain, so that nobody can change them unnoticed."""

    def append(self, disclosing: DisclosureDetails) -> DisclosureEntry:
        """Adds an entry at the end, also under concurrency.

        Raises:
            StoreUnavailable, WriteConflict: It is unknown whether the entry was added.
        """
        ...

    def latest(self, before: int | None, limit: int) -> DisclosurePage:
        """Returns at most `limit` entries with a number below `before`, the newest first.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

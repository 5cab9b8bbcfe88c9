"""The ports that several use cases share: preferences, the feed of changes, and queues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The record before and after a write."""

    before: Record
    after: Record


class UnreadableItem:
    """Takes the place of a stored item that is not a valid record. It never permits a mail."""


UNREADABLE = UnreadableItem()


class Preferences(Protocol):
    """Reads and changes the record of each recipient, from which Heed decides whether mail may be sent."""

    def read(self, recipient: str) -> Record:
        """Returns the current record, by a consistent read. It is empty for an unknown recipient.

        Raises:
            UnreadableRecord: The stored item is not a valid record.
            StoreUnavailable: The store did not answer.
        """
        ...

    def read_many(self, recipients: Iterable[str]) -> Mapping[str, Record | UnreadableItem]:
        """Returns the current records by recipient id, by consistent reads. It reads duplicates once.

        Raises:
            StoreUnavailable: Not all records could be read.
        """
        ...

    def apply(self, recipient: str, changes: Sequence[Change], now: Millis) -> WriteResult:
        """Writes the changes that the write rule accepts, durably.

        One change takes one request to the store. Several changes are one transaction. Any order of changes,
        and any retry, leads to the same record.

        Raises:
            UnreadableRecord: The stored item is not a valid record.
            StoreUnavailable: It is unknown whether the changes were stored.
            WriteConflict: Other writers changed the record during each attempt.
        """
        ...

    def update(
        self,
        recipient: str,
        decide: Callable[[Record], Sequence[Change]],
        now: Millis,
        current: Record | None = None,
    ) -> WriteResult:
        """Writes the changes that `decide` returns for the current record.

        The write succeeds only if the record is still the one that `decide` got. Otherwise `decide` is called
        again with the newer record.

        Args:
            recipient: the recipient.
            decide: returns the changes.
            now: milliseconds.
            current: the record, if the caller has just read it. None: it is read first.

        Raises:
            UnreadableRecord, StoreUnavailable, WriteConflict: See `apply`.
        """
        ...


class LateChanges(Protocol):
    """Deletes late changes after the ledger has them.

    Until then they wait at the record of their recipient.
    """

    def delete_entered(self, recipient: str, entered: Iterable[Change]) -> None:
        """Deletes late changes that are now in the ledger. A second call changes nothing.

        Raises:
            StoreUnavailable: It is unknown whether the changes were deleted.
        """
        ...


class PeopleCount(Protocol):
    """Counts the people on record."""

    def count_people(self) -> int:
        """Returns the number of people on record, as it was some hours ago.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...


class FeedPosition(NamedTuple):
    """The position of a recipient in the feed of changes. Positions sort by time, then by recipient id.

    Attributes:
        changed_at: time of the latest change, milliseconds.
        recipient: recipient id. "" sorts before all recipients of the same time.
    """

    changed_at: Millis
    recipient: str


class ChangeFeed(Protocol):
    """Lists changed recipients, so that other systems can update their copies of the suppressions.

    The feed has all recipients who ever had a suppression, in the order of their latest change.
    """

    def changes_after(self, after: FeedPosition, until: Millis, limit: int) -> list[FeedPosition]:
        """Returns the next recipients, in order. Recent changes may be missing.

        Args:
            after: the position before the first one to return.
            until: time of the last change to return, milliseconds.
            limit: the most positions to return. A shorter list is the end of the feed.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...


class MessageQueue(Protocol):
    """Stores work durably that Heed does later.

    The queue keeps a message until a consumer has processed it.
    """

    def send(self, body: str) -> None:
        """Stores a message durably.

        Raises:
            QueueUnavailable: The message was not stored.
        """
        ...


class DeadLetterQueue(Protocol):
    """Keeps the messages that Heed cannot process, so that a person looks at them."""

    def send(self, body: str, reason: str) -> None:
        """Stores a message unchanged, with the reason why it failed.

        Raises:
            QueueUnavailable: The message was not stored.
        """
        ...

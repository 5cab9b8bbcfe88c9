"""What the use cases need from outside, as small as the need is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The record before and after a write."""

    before: Record
    after: Record


class UnreadableItem:
    """Stands for a stored record that is not of our form: never a yes."""


UNREADABLE = UnreadableItem()


class Preferences(Protocol):
    """The registers of every recipient."""

    def read(self, recipient: str) -> Record:
        """The record of now, read consistently; empty for nobody on record.

        Raises:
            UnreadableRecord: what is stored is not of our form.
            StoreUnavailable: it could not be read.
        """
        ...

    def read_many(self, recipients: Iterable[str]) -> Mapping[str, Record | UnreadableItem]:
        """The same for many, by id; duplicates are asked for once.

        Raises:
            StoreUnavailable: not all could be read.
        """
        ...

    def apply(self, recipient: str, changes: Sequence[Change], now: int) -> WriteResult:
        """Write what the write rule takes, durably, and say what is on record then.

        One change is one request; several are written together or not at all. Repeating it, in any
        order with others, leaves the same record.

        Raises:
            UnreadableRecord: what is stored is not of our form.
            StoreUnavailable: it is not known to be written.
            Contended: others changed the record under every attempt.
        """
        ...

    def update(self, recipient: str, decide: Callable[[Record], Sequence[Change]], now: int) -> WriteResult:
        """The same, with the changes that `decide` makes of the very record that is written over.

        `decide` is asked again whenever another write came first.

        Raises:
            UnreadableRecord, StoreUnavailable, Contended: see `apply`.
        """
        ...


class LateChanges(Protocol):
    """Wishes that came late: they wait at their recipient's record until the ledger has them."""

    def settle(self, recipient: str, entered: Iterable[Change]) -> None:
        """Those are in the ledger. Doing it again changes nothing.

        Raises:
            StoreUnavailable: it is not known to be written.
        """
        ...


class FeedPosition(NamedTuple):
    """Where a recipient stands in the feed of changes; ordered by time, then by recipient.

    Attributes:
        at: when it was last changed, milliseconds.
        recipient: recipient id; "" comes before every one of that instant.
    """

    at: int
    recipient: str


class ChangeFeed(Protocol):
    """Who was ever stopped, in the order of the latest change."""

    def changes_after(self, after: FeedPosition, until: int, limit: int) -> list[FeedPosition]:
        """At most `limit` recipients in order, behind one position and changed at `until` at the latest.

        May lag behind what is written. Fewer than `limit` means that there are no more.

        Raises:
            StoreUnavailable: it could not be read.
        """
        ...


class MessageQueue(Protocol):
    """A queue that keeps a message until it is handled."""

    def send(self, body: str) -> None:
        """Keep a message durably.

        Raises:
            QueueUnavailable: it was not kept.
        """
        ...


class DeadLetterQueue(Protocol):
    """The queue of messages that a person has to look at."""

    def send(self, body: str, reason: str) -> None:
        """Keep a message as it came, and why it is there.

        Raises:
            QueueUnavailable: it was not kept.
        """
        ...

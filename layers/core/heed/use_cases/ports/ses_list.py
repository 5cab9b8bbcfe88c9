"""What is needed of the mail service's own list of addresses, and of the walks over it."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class SesListPage(NamedTuple):
    """A part of the mail service's list.

    Attributes:
        addresses: as the list has them, in whatever spelling.
        place: where the next part begins, in the mail service's own words; None: there is none.
    """

    addresses: list[str]
    place: str | None


class SesSuppressionList(Protocol):
    """The mail service's own list of addresses that it drops mail to. It keeps their case."""

    def remove(self, spelling: str) -> bool:
        """Take an address off the list in exactly this spelling; whether it was on it.

        Raises:
            SuppressionRefused: it takes no such address in this call, and never will.
            SuppressionUnavailable: it is not known to be done.
        """
        ...

    def page(self, place: str | None) -> SesListPage:
        """The part of the list at a place; None: the first.

        Raises:
            InvalidPlace: the place is not known any more.
            SuppressionUnavailable: the list could not be read.
        """
        ...


class SesListWalkState(NamedTuple):
    """Where the walk over the mail service's list of addresses is.

    Attributes:
        ended: number of the last walk that ended; 0: none has.
        place: where the walk of the next number goes on, encrypted; None: it has not begun.
        has_removed: whether it has taken an address off the list on its way, or may have.
    """

    ended: int
    place: bytes | None
    has_removed: bool


class SesListWalks(Protocol):
    """Walks over the mail service's list, one at a time, numbered; and which of them a purge waits for."""

    def ended(self) -> int:
        """The number of the last walk that ended; may lag, which is never too high.

        Raises:
            StoreUnavailable: it is not known.
        """
        ...

    def take(self, now: int) -> SesListWalkState | None:
        """Become the one who walks, for a while; None: somebody else does, and is asked to look again.

        Raises:
            StoreUnavailable: it is not known to be so.
        """
        ...

    def leave(self, place: bytes, *, has_removed: bool) -> None:
        """Let another go on from there.

        Raises:
            StoreUnavailable: it is not known to be kept.
        """
        ...

    def give_up(self) -> bool:
        """Leave the walk to begin again; whether somebody has asked for one meanwhile.

        Raises:
            StoreUnavailable: it is not known to be kept.
        """
        ...

    def end(self, number: int) -> bool:
        """The walk of that number came to the end; whether somebody has asked for another meanwhile.

        Raises:
            StoreUnavailable: it is not known to be kept.
        """
        ...

    def await_walk(self, purge_id: str, number: int) -> bool:
        """Have a purge wait for the walk of that number, which is to begin; whether it does.

        It does not where an earlier walk has proved it, where there is no such purge, or it is done.

        Raises:
            StoreUnavailable: it is not known to be kept.
        """
        ...

    def await_number(self, purge_id: str, number: int) -> None:
        """Have a purge wait for the walk of that number, whichever it waited for.

        Raises:
            StoreUnavailable: it is not known to be kept.
        """
        ...

    def count(self, purge_id: str) -> None:
        """An address of the purge's person was taken off the list; raises StoreUnavailable."""
        ...

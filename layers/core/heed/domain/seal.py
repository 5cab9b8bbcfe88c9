"""The seal of a day: one hash that stands for every entry of the ledger up to then.

The tree of a day has a head leaf, which names the day, the number of entries and the root before, and
then the leaves of the entries in the order of their hashes. So a root stands for its day and for all the
days before it, and one proof (RFC 6962) serves both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heed.domain import merkle, times
from heed.domain.errors import InvalidTime, Malformed
from heed.domain.ledger_entry import canonical
from heed.domain.register import DAY

NO_ROOT = ""
"""The root before the first seal."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal.

    Attributes:
        day: the day that it seals, from the epoch, UTC.
        count: how many entries are under it. Those that were handled too late for the seal of their own
            day are under the next one.
        previous: the root of the day before, hex; "" for the first.
        root: hex.
    """

    day: int
    count: int
    previous: str
    root: str

    def document(self) -> dict[str, Any]:
        """As it is stored and exported."""
        return {**head(self.day, self.count, self.previous), "root": self.root}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Seal:
        """The seal of a document.

        Raises:
            Malformed: it is none.
        """
        try:
            day = times.parse(document["day"]).first // DAY
            seal = cls(day, document["count"], document["previous"], document["root"])
        except (InvalidTime, KeyError, TypeError) as error:
            raise Malformed(f"not a seal: {type(error).__name__}") from error
        if seal.document() != document:
            raise Malformed("not a seal: other members")
        return seal


def head(day: int, count: int, previous: str) -> dict[str, Any]:
    """What the first leaf of a day's tree says."""
    return {"day": times.write_day(day), "count": count, "previous": previous}


def head_leaf(day: int, count: int, previous: str) -> bytes:
    """The hash of that leaf."""
    return merkle.leaf(canonical(head(day, count, previous)))


def root_of(day: int, count: int, previous: str, leaves: Iterable[bytes]) -> str:
    """The root of a day; the leaves in the order of their bytes."""

    def every() -> Iterator[bytes]:
        yield head_leaf(day, count, previous)
        yield from leaves

    return merkle.root(every()).hex()


def seal(day: int, previous: str, leaves: Sequence[bytes]) -> Seal:
    """The seal of a day over leaves in the order of their bytes."""
    return Seal(day, len(leaves), previous, root_of(day, len(leaves), previous, leaves))

"""The seal of a day: one hash that stands for every entry of the ledger up to then.

The tree of a day has a head leaf, which names the day, the number of entries and the root before, and
then the leaves of the entries in the order of their hashes. So a root stands for its day and for all the
days before it, and one proof (RFC 6962) serves both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heed.domain import rfc3339
from heed.domain.errors import InvalidTime, MalformedMessage
from heed.domain.ledger import merkle
from heed.domain.ledger.entry import canonical_json
from heed.domain.preferences.register import DAY_MS
from heed.domain.values import is_hash, is_number_below, is_text

FIRST_PREVIOUS_ROOT = ""
"""The root before the first seal."""

LATE_DAYS = 2
"""Days that an entry may be older than the day of its seal: the table's stream keeps a write for one, and
what is repaired is recorded anew. A seal over anything older is not one that Heed made."""


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

    def to_document(self) -> dict[str, Any]:
        """As it is stored and exported."""
        return {**first_leaf(self.day, self.count, self.previous), "root": self.root}

    @classmethod
    def from_document(cls, document: object) -> Seal:
        """The seal of a document.

        Raises:
            Malformed: it is none.
        """
        if not isinstance(document, dict) or document.keys() != _FORMS.keys():
            raise MalformedMessage("not a seal: other members")
        for member, fits in _FORMS.items():
            if not fits(document[member]):
                raise MalformedMessage(f"not a seal: {member}")
        day = rfc3339.parse_time(document["day"]).first // DAY_MS
        return cls(day, document["count"], document["previous"], document["root"])


def _is_day(value: object) -> bool:
    """A date, and in the one way of writing it."""
    try:
        return is_text(value) and rfc3339.format_day(rfc3339.parse_time(value).first // DAY_MS) == value
    except InvalidTime:
        return False


_FORMS: Mapping[str, Callable[[object], bool]] = {
    "day": _is_day,
    "count": is_number_below(2**63),
    "previous": lambda value: value == FIRST_PREVIOUS_ROOT or is_hash(value),
    "root": is_hash,
}
"""The members of a seal's document, and what each may be."""


def first_leaf(day: int, count: int, previous: str) -> dict[str, Any]:
    """What the first leaf of a day's tree says."""
    return {"day": rfc3339.format_day(day), "count": count, "previous": previous}


def first_leaf_hash(day: int, count: int, previous: str) -> bytes:
    """The hash of that leaf."""
    return merkle.leaf_hash(canonical_json(first_leaf(day, count, previous)))


def root_of_day(day: int, count: int, previous: str, leaves: Iterable[bytes]) -> str:
    """The root of a day; the leaves in the order of their bytes."""

    def every() -> Iterator[bytes]:
        yield first_leaf_hash(day, count, previous)
        yield from leaves

    return merkle.root_hash(every()).hex()


def make_seal(day: int, previous: str, leaves: Sequence[bytes]) -> Seal:
    """The seal of a day over leaves in the order of their bytes."""
    return Seal(day, len(leaves), previous, root_of_day(day, len(leaves), previous, leaves))

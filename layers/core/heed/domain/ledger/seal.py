"""The seal of a day: one hash over all entries of the ledger up to that day.

The tree of a day has a head leaf, which contains the day, the number of entries and the previous root. The
leaves of the entries follow, sorted by their hashes. So a root covers its day and all days before it, and
the same kind of proof (RFC 6962) serves both.
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
"""The previous root of the first seal."""

LATE_DAYS = 2
"""The number of days by which an entry may be older than its seal.

The stream of the table keeps a write for one day. A repaired entry is recorded with a new time. Heed makes
no seal over an older entry.
"""


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal.

    Attributes:
        day: the sealed day in UTC, as a number of days since the Unix epoch.
        count: the number of entries under the seal. An entry that was too late for the seal of its own day is
            under the next seal.
        previous: the root of the day before, hex; "" for the first seal.
        root: the root of the day, hex.
    """

    day: int
    count: int
    previous: str
    root: str

    def to_document(self) -> dict[str, Any]:
        """Returns the seal as it is stored and exported."""
        return {**head_leaf(self.day, self.count, self.previous), "root": self.root}

    @classmethod
    def from_document(cls, document: object) -> Seal:
        """Returns the seal of a document.

        Raises:
            MalformedMessage: the document is not a seal.
        """
        if not isinstance(document, dict) or document.keys() != _MEMBER_CHECKS.keys():
            raise MalformedMessage("not a seal: other members")
        for member, is_valid in _MEMBER_CHECKS.items():
            if not is_valid(document[member]):
                raise MalformedMessage(f"not a seal: {member}")
        day = rfc3339.parse_time(document["day"]).first // DAY_MS
        return cls(day, document["count"], document["previous"], document["root"])


def _is_day(value: object) -> bool:
    """Whether the value is a date in its canonical spelling."""
    try:
        return is_text(value) and rfc3339.format_day(rfc3339.parse_time(value).first // DAY_MS) == value
    except InvalidTime:
        return False


_MEMBER_CHECKS: Mapping[str, Callable[[object], bool]] = {
    "day": _is_day,
    "count": is_number_below(2**63),
    "previous": lambda value: value == FIRST_PREVIOUS_ROOT or is_hash(value),
    "root": is_hash,
}
"""The members of a seal's document and their checks."""


def head_leaf(day: int, count: int, previous: str) -> dict[str, Any]:
    """Returns the content of the head leaf of a day's tree."""
    return {"day": rfc3339.format_day(day), "count": count, "previous": previous}


def head_leaf_hash(day: int, count: int, previous: str) -> bytes:
    """Returns the hash of the head leaf."""
    return merkle.leaf_hash(canonical_json(head_leaf(day, count, previous)))


def root_of_day(day: int, count: int, previous: str, leaves: Iterable[bytes]) -> str:
    """Returns the root of a day. The leaves are sorted by their bytes."""

    def all_leaves() -> Iterator[bytes]:
        yield head_leaf_hash(day, count, previous)
        yield from leaves

    return merkle.root_hash(all_leaves()).hex()


def make_seal(day: int, previous: str, leaves: Sequence[bytes]) -> Seal:
    """Returns the seal of a day. The leaves are sorted by their bytes."""
    return Seal(day, len(leaves), previous, root_of_day(day, len(leaves), previous, leaves))

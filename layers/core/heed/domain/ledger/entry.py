"""Entries of the ledger: what happened to a register, named by its content, and whose it is known to none.

An entry's `id` is the hash of what was said: whoever enters the same fact again, at whatever time, enters
nothing. When and under which number it was recorded is no part of the name, but of the `leaf`, the hash
that a seal holds. `subject` and `commitment` are keyed with the recipient's salt: with the salt, everybody
can check them; without it, nobody can link them to anyone.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from heed.domain import rfc3339
from heed.domain.errors import MalformedMessage
from heed.domain.ledger import merkle
from heed.domain.preferences.register import ScopeNumber
from heed.domain.values import is_hash, is_number_below, is_text

LEDGER_SOURCE = "ledger"
"""The source of what nobody said: entries that the ledger makes about itself."""

FLOOR_REGISTER = "floor"  # an epoch begins here: what was before belongs to another subject, or to none
ERASED_REGISTER = "erased"  # the subject's last entry: its salt is gone
LOST_REGISTER = "lost"  # a number whose change is known to have been, and of which nothing else is known


CLOCK_TOLERANCE = 60_000  # milliseconds that the clocks of the request and of the table may differ by


class EntryOutcome(StrEnum):
    """What became of what was said."""

    APPLIED = "applied"
    SUPERSEDED = "superseded"  # it came late: something newer of its kind was on record already


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An entry.

    Attributes:
        subject: HMAC-SHA256 of the recipient id under the salt, hex.
        seq: the item's change counter after the change. Several registers changed by one write share it.
        scope: number of the scope; 0 for all marketing and for what concerns the whole address.
        register: what was said: the value of a `RegisterKind`, or FLOOR, ERASED, LOST.
        at: when it happened, milliseconds.
        recorded_at: when the table took it, milliseconds, exact to the second (see `recorded`).
        source: by which way it came: a Source, or LEDGER.
        policy_version: of the privacy policy then, or "".
        commitment: HMAC-SHA256 of the evidence under the salt, hex.
        outcome: whether it was applied.
        until: of a pause, when it ends, milliseconds; otherwise None.
        first_seq: where it stands for several numbers, as repeats by link have them
            (heed.domain.links.entry_rate), the first of them, and `seq` is the last; otherwise None.
    """

    subject: str
    seq: int
    scope: ScopeNumber
    register: str
    at: int
    recorded_at: int
    source: str
    policy_version: str
    commitment: str
    outcome: EntryOutcome = EntryOutcome.APPLIED
    until: int | None = None
    first_seq: int | None = None

    @property
    def first(self) -> int:
        """The first number that it stands for."""
        return self.seq if self.first_seq is None else self.first_seq

    @property
    def id(self) -> str:
        """Its name: the hash of what was said. The register LOST says its number, for want of more."""
        said: dict[str, Any] = {
            "subject": self.subject,
            "scope": self.scope,
            "register": self.register,
            "at": self.at,
            "source": self.source,
            "policy_version": self.policy_version,
            "commitment": self.commitment,
            "until": self.until,
        }
        if self.register == LOST_REGISTER:
            said["seq"] = self.seq
        return sha256(canonical_json(said)).hexdigest()

    @property
    def leaf(self) -> bytes:
        """What a seal holds of it: the hash of all of it."""
        return merkle.leaf_hash(canonical_json(self.to_document()))

    @property
    def chain(self) -> tuple[int, int, str]:
        """Its place among the entries of its subject: by number, then by time, then by name."""
        return self.seq, self.at, self.id

    def to_document(self) -> dict[str, Any]:
        """All of it, as it is stored and exported; never the evidence."""
        made = {**asdict(self), "id": self.id, "outcome": self.outcome.value}
        if self.first_seq is None:
            del made["first_seq"]
        return made

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> LedgerEntry:
        """The entry of a document.

        Raises:
            Malformed: it has other members, one is not of its type or beyond its range, or its name is
                not the hash of its content.
        """
        if document.keys() - {"first_seq"} != _FORMS.keys():
            raise MalformedMessage("not an entry: other members")
        for member, fits in _FORMS.items():
            if not fits(document[member]):
                raise MalformedMessage(f"not an entry: {member}")
        if "first_seq" in document and not _is_earlier(document["first_seq"], document["seq"]):
            raise MalformedMessage("not an entry: first_seq")
        parts = {**document, "outcome": EntryOutcome(document["outcome"])}
        name = parts.pop("id")
        entry = cls(**parts)
        if entry.id != name:
            raise MalformedMessage("its id is not the hash of its content")
        return entry


_OUTCOMES = frozenset(outcome.value for outcome in EntryOutcome)
_is_count, _is_time = (
    is_number_below(2**63),
    is_number_below(rfc3339.END_OF_TIME),
)  # eight bytes, as they are sorted; four digits of a year


def _is_earlier(first: object, last: int) -> bool:
    """Whether it is a number from 1 to the one that ends a row of them."""
    return _is_count(first) and first in range(1, last + 1)


_FORMS: Mapping[str, Callable[[object], bool]] = {
    "id": is_text,  # compared with the content
    "subject": is_hash,
    "seq": _is_count,
    "scope": _is_count,
    "register": is_text,
    "at": _is_time,
    "recorded_at": _is_time,
    "source": is_text,
    "policy_version": is_text,
    "commitment": is_hash,
    "outcome": lambda value: is_text(value) and value in _OUTCOMES,
    "until": lambda value: value is None or _is_time(value),
}
"""The members of an entry's document, and what each may be. Numbers are not booleans, nor 1.0."""


# Made once: json.dumps would make an encoder at every call, for a million entries.
_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def canonical_json(document: Mapping[str, Any]) -> bytes:
    """The one way of writing a document: JSON in ASCII, sorted, without spaces."""
    return _ENCODE(document).encode()


def ledger_subject(salt: bytes, recipient: str) -> str:
    """Under which name the ledger knows a recipient while the salt is there."""
    return keyed_hash(salt, recipient)


def keyed_hash(salt: bytes, text: str) -> str:
    """HMAC-SHA256 under a salt, hex."""
    return hmac.digest(salt, text.encode(), "sha256").hex()


def time_recorded(at: int, taken: int) -> int:
    """When something that happened `at` counts as on record, if the table took it at `taken`.

    The table's stream tells whole seconds, rounded down, and by another clock than the request's:
    nothing is on record before it happened. A time of happening that no such difference explains is
    left as it is, beside a time of recording that is the table's.
    """
    return at if taken < at < taken + CLOCK_TOLERANCE else taken

"""A ledger entry records one change of a register. It does not reveal the person.

The `id` of an entry is a hash of the facts in it. If the same fact arrives again, at any time, it has the
same id and makes no second entry. The time and the revision of the record are not part of the id. They are
part of the `leaf`, the hash that a seal contains. `subject` and `commitment` are hashes with the recipient's
salt as the key. With the salt, everybody can verify them. Without it, they cannot be linked to a person.
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
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import ScopeNumber
from heed.domain.values import is_hash, is_number_below, is_text

LEDGER_SOURCE = "ledger"
"""The source of entries that the ledger makes about itself, not about an event."""

FLOOR_REGISTER = "floor"  # the first entry after an erasure: earlier entries have another subject, or none
ERASED_REGISTER = "erased"  # the last entry of a subject: its salt is deleted
LOST_REGISTER = "lost"  # a change with this revision existed, but its content is not known

CLOCK_TOLERANCE = 60_000  # milliseconds by which the clocks of the request and of the table may differ


class EntryOutcome(StrEnum):
    """The outcome of a change."""

    APPLIED = "applied"
    SUPERSEDED = "superseded"  # it was late: its register already held a newer entry


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A ledger entry.

    Attributes:
        subject: HMAC-SHA256 of the recipient id, keyed with the salt, hex.
        seq: the revision of the record after the change. Several registers changed by one write share
            it. Only this contract says `seq`. All other code says revision.
        scope: the scope number; 0 for all marketing and for facts about the whole address.
        register: the value of a `RegisterKind`, or FLOOR_REGISTER, ERASED_REGISTER or LOST_REGISTER.
        at: the time of the event, milliseconds.
        recorded_at: the time of the write, milliseconds, exact to the second (see `time_recorded`).
        source: the value of a Source, or LEDGER_SOURCE.
        policy_version: the version of the privacy policy at that time, or "".
        commitment: HMAC-SHA256 of the evidence, keyed with the salt, hex.
        outcome: whether the change was applied.
        until: the end of a pause, milliseconds; otherwise None.
        first_seq: the first of several revisions, if the entry records all of them, as it does for repeated
            changes by links (heed.domain.links.entry_mode). `seq` is then the last one. Otherwise None.
    """

    subject: str
    seq: int
    scope: ScopeNumber
    register: str
    at: Millis
    recorded_at: Millis
    source: str
    policy_version: str
    commitment: str
    outcome: EntryOutcome = EntryOutcome.APPLIED
    until: Millis | None = None
    first_seq: int | None = None

    @property
    def first_revision(self) -> int:
        """The first revision that the entry records."""
        return self.seq if self.first_seq is None else self.first_seq

    @property
    def id(self) -> str:
        """The hash of the facts in the entry.

        An entry of LOST_REGISTER also includes the revision, because it has no other facts.
        """
        facts: dict[str, Any] = {
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
            facts["seq"] = self.seq
        return sha256(canonical_json(facts)).hexdigest()

    @property
    def leaf(self) -> bytes:
        """The hash of the whole entry. A seal contains it."""
        return merkle.leaf_hash(canonical_json(self.to_document()))

    @property
    def sort_key(self) -> tuple[int, int, str]:
        """The sort key of the entries of a subject: by revision, then by time, then by id."""
        return self.seq, self.at, self.id

    def to_document(self) -> dict[str, Any]:
        """Returns the whole entry as it is stored and exported. It never contains the evidence."""
        document = {**asdict(self), "id": self.id, "outcome": self.outcome.value}
        if self.first_seq is None:
            del document["first_seq"]
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> LedgerEntry:
        """Returns the entry of a document.

        Raises:
            MalformedMessage: the document has other members, a member has the wrong type or range, or the id
                is not the hash of the content.
        """
        if document.keys() - {"first_seq"} != _MEMBER_CHECKS.keys():
            raise MalformedMessage("not an entry: other members")
        for member, is_valid in _MEMBER_CHECKS.items():
            if not is_valid(document[member]):
                raise MalformedMessage(f"not an entry: {member}")
        if "first_seq" in document and not _is_range_start(document["first_seq"], document["seq"]):
            raise MalformedMessage("not an entry: first_seq")
        parts = {**document, "outcome": EntryOutcome(document["outcome"])}
        entry_id = parts.pop("id")
        entry = cls(**parts)
        if entry.id != entry_id:
            raise MalformedMessage("the id is not the hash of the content")
        return entry


_OUTCOMES = frozenset(outcome.value for outcome in EntryOutcome)
_is_count, _is_time = (
    is_number_below(2**63),
    is_number_below(rfc3339.END_OF_TIME),
)  # a count is stored in eight bytes for sorting; a year has four digits


def _is_range_start(first: object, last: int) -> bool:
    """Whether `first` is a number from 1 to `last`, the end of a range of revisions."""
    return _is_count(first) and first in range(1, last + 1)


_MEMBER_CHECKS: Mapping[str, Callable[[object], bool]] = {
    "id": is_text,  # from_document compares it with the content
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
"""The members of an entry's document and their checks. Booleans and 1.0 are not numbers."""


# Created once, because json.dumps would create an encoder for each of a million entries.
_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def canonical_json(document: Mapping[str, Any]) -> bytes:
    """Returns the canonical form of a document: JSON in ASCII, with sorted keys and without spaces."""
    return _ENCODE(document).encode()


def ledger_subject(salt: bytes, recipient: str) -> str:
    """Returns the name of a recipient in the ledger. It depends on the recipient's salt."""
    return keyed_hash(salt, recipient)


def keyed_hash(salt: bytes, text: str) -> str:
    """Returns HMAC-SHA256 with the salt as the key, in hex."""
    return hmac.digest(salt, text.encode(), "sha256").hex()


def time_recorded(at: Millis, stored_at: Millis) -> Millis:
    """Returns the time at which an event counts as recorded, milliseconds.

    The stream of the table reports whole seconds, rounded down, from another clock than the request's. No
    event is recorded before it happened. So if the event is later than the write by less than
    CLOCK_TOLERANCE, the result is the time of the event. Otherwise the result is the time of the write.

    Args:
        at: the time of the event, milliseconds.
        stored_at: the time of the write according to the table, milliseconds.
    """
    return at if stored_at < at < stored_at + CLOCK_TOLERANCE else stored_at

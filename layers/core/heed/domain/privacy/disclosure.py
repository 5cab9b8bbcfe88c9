"""For what anything about people may leave Heed (the closed list of the privacy policy, P8), and on record.

The register of disclosures is a chain: each entry has the hash of the one before, so that none can be
altered, left out or put in between without every later hash being wrong. An entry ends with its time; each
says when the one before it was made, so that one that ended is told from one that somebody took away.
Nothing personal is in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from heed.domain.errors import PurposeRefused
from heed.domain.preferences.register import DAY_MS
from heed.domain.privacy.retention import DISCLOSURE_DAYS

FIRST_PREVIOUS_HASH = "0" * 64  # what stands for the hash before the first entry


class DisclosurePurpose(StrEnum):
    """A purpose that permits a disclosure."""

    SENDING = "sending"
    BUSINESS_TRANSFER = "business-transfer"
    AFFILIATE = "affiliate"
    LEGAL = "legal"
    SAFETY = "safety"
    DATA_SUBJECT = "data-subject"


@dataclass(frozen=True, slots=True)
class DisclosureDetails:
    """What is being given out.

    Attributes:
        at: when it was asked for, milliseconds.
        what: lookup, suppressions or proof.
        purpose: for what.
        people: of how many people something is given.
        key: id of the API key that asked; `aws` for who asked by rights of the account.
    """

    at: int
    what: str
    purpose: DisclosurePurpose
    people: int
    key: str


@dataclass(frozen=True, slots=True)
class DisclosureEntry:
    """An entry of the register.

    Attributes:
        number: 1, 2, 3 …
        before: hash of the entry before, hex.
        before_at: when the entry before was made, milliseconds; 0 of the first.
        of: what was given out.
    """

    number: int
    before: str
    before_at: int
    details: DisclosureDetails

    @property
    def hash(self) -> str:
        """SHA-256 of all of it, hex."""
        told = {
            "number": self.number,
            "before": self.before,
            "before_at": self.before_at,
            **asdict(self.details),
        }
        text = json.dumps(told, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class RegisterEnd(NamedTuple):
    """Where the register ends, as is marked beside it: number, hash and time of the entry there."""

    number: int
    hash: str
    at: int


class DisclosurePage(NamedTuple):
    """A page of the register.

    Attributes:
        entries: what is there, the newest first; without those that nobody can read.
        end: where the register ends, as is marked beside it; None: no end was marked yet.
        rest: the number before which the next page begins; None at the beginning of the register.
    """

    entries: list[DisclosureEntry]
    end: RegisterEnd | None
    rest: int | None


def is_next_entry(entry: DisclosureEntry, before: DisclosureEntry) -> bool:
    """Whether an entry stands right behind another in the chain."""
    return (entry.number, entry.before, entry.before_at) == (
        before.number + 1,
        before.hash,
        before.details.at,
    )


def is_previous_expired(entry: DisclosureEntry, now: int) -> bool:
    """Whether the time of the entry before it, and of all that are older, is over."""
    return entry.number == 1 or entry.before_at + DISCLOSURE_DAYS * DAY_MS <= now


def first_broken_entry(
    given: Sequence[tuple[DisclosureEntry, str]], end: RegisterEnd | None, now: int
) -> int | None:
    """The number of the newest entry that is not what its hash says, or behind which one is missing.

    `given` are all entries that a reader was given, each with the hash that was told of it, the newest
    first, and `end` the end that is marked, which stands alone once the time of its entry is over; None: the
    register is whole.
    """
    for entry, told in given:
        if entry.hash != told:
            return entry.number
    is_due = end is not None and end.at + DISCLOSURE_DAYS * DAY_MS > now
    if end and is_due and end[:2] not in ((entry.number, told) for entry, told in given):
        return end.number
    if given and not end:
        return given[0][0].number
    for (entry, _), (before, _) in pairwise(given):
        if not (is_next_entry(entry, before) or _has_gap(entry, before, now)):
            return entry.number
    if given and not _begins(given[-1][0], now):
        return given[-1][0].number
    return None


def _has_gap(entry: DisclosureEntry, before: DisclosureEntry, now: int) -> bool:
    """Whether those between two entries are gone because their time was over."""
    return entry.number > before.number + 1 and is_previous_expired(entry, now)


def _begins(entry: DisclosureEntry, now: int) -> bool:
    if entry.number == 1:
        return (entry.before, entry.before_at) == (FIRST_PREVIOUS_HASH, 0)
    return is_previous_expired(entry, now)


def permitted_purpose(purpose: str) -> DisclosurePurpose:
    """The purpose of that name.

    Raises:
        PurposeRefused: it is none of the list.
    """
    try:
        return DisclosurePurpose(purpose)
    except ValueError:
        raise PurposeRefused("not on the list") from None

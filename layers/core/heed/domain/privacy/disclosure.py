"""The permitted purposes of disclosures (the closed list of the privacy policy), and their register.

The register of disclosures is a hash chain: each entry contains the hash of the entry before it. If an entry
is altered, removed or inserted, all later hashes are wrong. Entries expire. So each entry also contains the
time of the entry before it, to distinguish an expired entry from a removed one. The register contains no
personal data.
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
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.domain.privacy.retention import DISCLOSURE_DAYS

FIRST_PREVIOUS_HASH = "0" * 64  # the previous hash of the first entry


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
    """The facts about a disclosure.

    Attributes:
        at: the time of the request, milliseconds.
        what: lookup, suppressions, proof, case, link, or the kind of a job.
        purpose: the purpose of the disclosure.
        people: the number of people whose data is disclosed.
        key: the id of the API key of the request; `aws` if AWS permissions allowed the request.
    """

    at: Millis
    what: str
    purpose: DisclosurePurpose
    people: int
    key: str


@dataclass(frozen=True, slots=True)
class DisclosureEntry:
    """An entry of the register.

    Attributes:
        number: 1, 2, 3 …
        previous_hash: the hash of the previous entry, hex.
        previous_at: the time of the previous entry, milliseconds; 0 in the first entry.
        details: the facts about the disclosure.
    """

    number: int
    previous_hash: str
    previous_at: Millis
    details: DisclosureDetails

    @property
    def hash(self) -> str:
        """SHA-256 of the whole entry, hex."""
        content = {
            "number": self.number,
            "before": self.previous_hash,
            "before_at": self.previous_at,
            **asdict(self.details),
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class RegisterEnd(NamedTuple):
    """The marked end of the register: number, hash and time of the newest entry. It is stored separately."""

    number: int
    hash: str
    at: Millis


class DisclosurePage(NamedTuple):
    """A page of the register.

    Attributes:
        entries: the readable entries, the newest first.
        end: the marked end of the register, or None if none is marked yet.
        next_before: the next page contains the entries before this number; None at the start of the register.
    """

    entries: list[DisclosureEntry]
    end: RegisterEnd | None
    next_before: int | None


def is_next_entry(entry: DisclosureEntry, before: DisclosureEntry) -> bool:
    """Whether an entry directly follows another one in the chain."""
    return (entry.number, entry.previous_hash, entry.previous_at) == (
        before.number + 1,
        before.hash,
        before.details.at,
    )


def is_previous_expired(entry: DisclosureEntry, now: Millis) -> bool:
    """Whether the previous entry, and so each older one, is expired. `now` is in milliseconds."""
    return entry.number == 1 or entry.previous_at + DISCLOSURE_DAYS * DAY_MS <= now


def first_broken_entry(
    entries: Sequence[tuple[DisclosureEntry, str]],
    end: RegisterEnd | None,
    now: Millis,
    *,
    is_part: bool = False,
) -> int | None:
    """Returns the number of the newest faulty entry, or None if the register is complete.

    An entry is faulty if its hash is wrong, or if the entry before it is missing.

    Args:
        entries: all entries that a reader received, each with the hash that the register reports for it, the
            newest first.
        end: the marked end of the register. Once its entry expires, the mark may exist without it.
        now: milliseconds.
        is_part: whether the register has older entries that the reader did not ask for.
    """
    for entry, reported in entries:
        if entry.hash != reported:
            return entry.number
    is_end_current = end is not None and end.at + DISCLOSURE_DAYS * DAY_MS > now
    if end and is_end_current and end[:2] not in ((entry.number, reported) for entry, reported in entries):
        return end.number
    if entries and not end:
        return entries[0][0].number
    for (entry, _), (before, _) in pairwise(entries):
        if not (is_next_entry(entry, before) or _is_expired_gap(entry, before, now)):
            return entry.number
    if entries and not is_part and not _is_valid_start(entries[-1][0], now):
        return entries[-1][0].number
    return None


def _is_expired_gap(entry: DisclosureEntry, before: DisclosureEntry, now: Millis) -> bool:
    """Whether all entries between two entries are missing because they expired."""
    return entry.number > before.number + 1 and is_previous_expired(entry, now)


def _is_valid_start(entry: DisclosureEntry, now: Millis) -> bool:
    if entry.number == 1:
        return (entry.previous_hash, entry.previous_at) == (FIRST_PREVIOUS_HASH, 0)
    return is_previous_expired(entry, now)


def parse_purpose(purpose: str) -> DisclosurePurpose:
    """Returns the purpose with this name.

    Raises:
        PurposeRefused: the purpose is not in the list.
    """
    try:
        return DisclosurePurpose(purpose)
    except ValueError:
        raise PurposeRefused("not on the list") from None

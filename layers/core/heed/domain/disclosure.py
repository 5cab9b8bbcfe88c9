"""For what anything about people may leave Heed (the closed list of the privacy policy, P8), and on record.

The register of disclosures is a chain: each entry has the hash of the one before, so that none can be
altered, left out or put in between without every later hash being wrong. Nothing personal is in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import pairwise

from heed.domain.errors import PurposeRefused

BEGINNING = "0" * 64  # what stands for the hash before the first entry


class Disclosure(StrEnum):
    """A purpose that permits a disclosure."""

    SENDING = "sending"
    BUSINESS_TRANSFER = "business-transfer"
    AFFILIATE = "affiliate"
    LEGAL = "legal"
    SAFETY = "safety"
    DATA_SUBJECT = "data-subject"


@dataclass(frozen=True, slots=True)
class Disclosing:
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
    purpose: Disclosure
    people: int
    key: str


@dataclass(frozen=True, slots=True)
class Disclosed:
    """An entry of the register.

    Attributes:
        number: 1, 2, 3 …
        before: hash of the entry before, hex.
        of: what was given out.
    """

    number: int
    before: str
    of: Disclosing

    @property
    def hash(self) -> str:
        """SHA-256 of all of it, hex."""
        told = {"number": self.number, "before": self.before, **asdict(self.of)}
        text = json.dumps(told, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def follows(entry: Disclosed, before: Disclosed) -> bool:
    """Whether an entry stands right behind another in the chain."""
    return entry.number == before.number + 1 and entry.before == before.hash


def broken(given: Sequence[tuple[Disclosed, str]]) -> int | None:
    """The number of an entry that is not what its hash says, or is not right behind the next older one.

    `given` are entries as a reader was given them, each with the hash that was told of it, the newest
    first; None: the chain is whole, as far as it was given.
    """
    for entry, told in given:
        if entry.hash != told:
            return entry.number
    for (entry, _), (before, _) in pairwise(given):
        if not follows(entry, before):
            return entry.number
    if given and given[-1][0].number == 1 and given[-1][0].before != BEGINNING:
        return 1
    return None


def permitted(purpose: str) -> Disclosure:
    """The purpose of that name.

    Raises:
        PurposeRefused: it is none of the list.
    """
    try:
        return Disclosure(purpose)
    except ValueError:
        raise PurposeRefused("not on the list") from None

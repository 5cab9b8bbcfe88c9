"""Registers: every fact is a maximum.

A register holds the greatest entry it was ever given, so that any order, repetition and delay of the
same events leaves the same record. Nothing is overwritten by its opposite: an *in* never erases the
memory of an *out*.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

DAY = 86_400_000  # milliseconds

ALL = 0  # the scope of all marketing, `*`
SCOPES = 1 << 16  # numbers of scopes: as many as two bytes of a link can say

COMPLAINT = "x:complaint"
UNDELIVERABLE = "x:undeliverable"
HOLD = "x:hold"
MINOR = "x:minor"
LIFT_UNDELIVERABLE = "l:undeliverable"
LIFT_HOLD = "l:hold"
ACKNOWLEDGED = "a:policy"  # the latest version of the privacy policy that the person acknowledged
SOFT = "soft"  # no register but a set of days on which a soft bounce happened


class Source(StrEnum):
    """By which way a fact arrived: a closed enumeration."""

    ONE_CLICK = "one-click"
    LINK = "link"
    PREFERENCE_CENTRE = "preference-centre"
    MAILTO = "mailto"
    MAILBOX = "mailbox"
    PHONE = "phone"
    LETTER = "letter"
    AGENT = "agent"
    API = "api"
    IMPORT = "import"
    COMPLAINT = "complaint"
    BOUNCE = "bounce"
    SIGNAL = "signal"
    CONFIRMATION = "confirmation"
    AGE_REPORT = "age-report"
    RETENTION = "retention"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a register holds.

    Attributes:
        at: when it happened, milliseconds since the epoch; never when it was handled.
        source: by which way it arrived.
        evidence: what proves it, canonical text without an address (heed.domain.evidence).
        policy: version of the privacy policy it was given under, or "".
        until: of a pause, when it ends, milliseconds; otherwise None.
    """

    at: int
    source: Source
    evidence: str
    policy: str = ""
    until: int | None = None

    @property
    def tie(self) -> str:
        """What decides between entries of the same instant: compared as UTF-8 bytes, as the table does.

        All that an entry says is in it, so that of two that differ one is always the greater.
        """
        policy = f" {self.policy}" if self.policy else ""
        end = "" if self.until is None else f" {self.until:015d}"
        return f"{self.source} {self.evidence}{policy}{end}"

    @property
    def rank(self) -> tuple[int, bytes]:
        """The order of the write rule: the later one, then the greater bytes."""
        return self.at, self.tie.encode()

    @property
    def day(self) -> int:
        """The day it happened, counted from the epoch, UTC."""
        return self.at // DAY


@dataclass(frozen=True, slots=True)
class Change:
    """One entry for one register (or for the set of soft-bounce days)."""

    register: str
    entry: Entry


def out(scope: int) -> str:
    """The register of the latest *out* at a scope."""
    return f"o:{scope}"


def in_(scope: int) -> str:
    """The register of the latest *in* at a scope."""
    return f"i:{scope}"


def pause(scope: int) -> str:
    """The register of the latest pause at a scope."""
    return f"p:{scope}"


def yes(scope: int) -> str:
    """The register of the latest confirmed yes (double opt-in) at a scope."""
    return f"k:{scope}"


_KNOWN = {
    COMPLAINT,
    UNDELIVERABLE,
    HOLD,
    MINOR,
    LIFT_UNDELIVERABLE,
    LIFT_HOLD,
    ACKNOWLEDGED,
}


@lru_cache(maxsize=4096)
def is_register(name: str) -> bool:
    """Whether a name is one of a register."""
    return name in _KNOWN or (name[:2] in ("o:", "i:", "p:", "k:") and is_scope(name[2:]))


def is_scope(text: str) -> bool:
    """Whether a text is the number of a scope, in the one way that it is written; links have two bytes."""
    written = len(text) <= 5 and text.isascii() and text.isdecimal()
    return written and str(int(text)) == text and int(text) < SCOPES


_WORDS = {
    "o": "out",
    "i": "in",
    "p": "pause",
    "k": "confirmed",
    COMPLAINT: "complaint",
    UNDELIVERABLE: "undeliverable",
    HOLD: "hold",
    MINOR: "minor",
    LIFT_UNDELIVERABLE: "undeliverable-lifted",
    LIFT_HOLD: "hold-lifted",
    ACKNOWLEDGED: "policy-acknowledged",
    SOFT: "soft-bounce",
}


def word(register: str) -> str:
    """What a register is called where people read: `out` for `o:2`."""
    return _WORDS.get(register) or _WORDS[register[:1]]


def scope_of(register: str) -> int:
    """The number of its scope; 0 for what concerns the whole address."""
    return int(register[2:]) if is_choice(register) else ALL


def is_choice(register: str) -> bool:
    """Whether a register holds a person's wish about a scope: an out, an in, a pause, a confirmed yes."""
    return register[:2] in ("o:", "i:", "p:", "k:")

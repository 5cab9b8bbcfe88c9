"""Registers: every fact is a maximum.

A register holds the greatest entry it was ever given, so that any order, repetition and delay of the
same events leaves the same record. Nothing is overwritten by its opposite: an *in* never erases the
memory of an *out*.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256

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
        evidence: what proves it, canonical text without an address (heed.domain.preferences.evidence).
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

    @property
    def digest(self) -> str:
        """32 hex digits that name this entry exactly, its end aside: an Undo takes it back by that name."""
        said = f"{self.at} {self.source} {self.evidence} {self.policy}"
        return sha256(said.encode()).hexdigest()[:32]

    @property
    def undo(self) -> Entry:
        """The entry of the register `u:` that takes this one back: the same at every delivery."""
        return undoing(self.at, self.digest)


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


def undoable(scope: int) -> str:
    """The register of the latest stop at a scope by a browser's press for which an Undo was offered."""
    return f"c:{scope}"


def undone(scope: int) -> str:
    """The register of the latest such press that was taken back."""
    return f"u:{scope}"


def undoing(at: int, digest: str) -> Entry:
    """The entry of the register `u:` that takes back the press of an instant with this digest."""
    return Entry(at, Source.PREFERENCE_CENTRE, f'{{"undone":"{digest}"}}')


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
    return name in _KNOWN or (is_choice(name) and is_scope(name[2:]))


def is_scope(text: str) -> bool:
    """Whether a text is the number of a scope, in the one way that it is written; links have two bytes."""
    written = len(text) <= 5 and text.isascii() and text.isdecimal()
    return written and str(int(text)) == text and int(text) < SCOPES


def may_end(register: str) -> bool | None:
    """Whether an entry of a register has an end: True, False, or None where it may or may not."""
    return None if register.startswith("c:") else register.startswith("p:")


_WORDS = {
    "o": "out",
    "i": "in",
    "p": "pause",
    "k": "confirmed",
    "u": "undone",
    COMPLAINT: "complaint",
    UNDELIVERABLE: "undeliverable",
    HOLD: "hold",
    MINOR: "minor",
    LIFT_UNDELIVERABLE: "undeliverable-lifted",
    LIFT_HOLD: "hold-lifted",
    ACKNOWLEDGED: "policy-acknowledged",
    SOFT: "soft-bounce",
}


def word(change: Change) -> str:
    """What an entry of a register is called where people read: `out` for one of `o:2`.

    A stop for which an Undo was offered is called as every other is: `out`, or `pause` where it ends.
    """
    kind = change.register[:1]
    if kind == "c":
        kind = "o" if change.entry.until is None else "p"
    return _WORDS.get(change.register) or _WORDS[kind]


def scope_of(register: str) -> int:
    """The number of its scope; 0 for what concerns the whole address."""
    return int(register[2:]) if is_choice(register) else ALL


def is_choice(register: str) -> bool:
    """Whether a register holds a person's wish about a scope, an Undo of one included."""
    return register[:2] in ("o:", "i:", "p:", "k:", "c:", "u:")

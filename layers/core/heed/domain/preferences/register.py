"""Registers: every fact is a maximum.

A register holds the greatest entry it was ever given, so that any order, repetition and delay of the
same events leaves the same record. Nothing is overwritten by its opposite: an *in* never erases the
memory of an *out*.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from hashlib import sha256
from typing import NamedTuple, NewType, assert_never

DAY_MS = 86_400_000  # milliseconds

ScopeNumber = NewType("ScopeNumber", int)
"""The number of a scope: stable for ever, in records, links and tokens (see the catalogue)."""

ALL_SCOPES = ScopeNumber(0)  # the scope of all marketing, `*`
MAX_SCOPES = 1 << 16  # numbers of scopes: as many as two bytes of a link can say


class ChoiceKind(StrEnum):
    """What a person may choose at a scope. The value of every kind is the ledger's word for it."""

    OUT = "out"
    IN = "in"
    PAUSE = "pause"
    CONFIRMED = "confirmed"  # a yes by double opt-in
    UNDOABLE = "undoable"  # a stop by a browser's press that can be taken back (see Change.kind)
    UNDONE = "undone"  # such a press that was taken back


class StopKind(StrEnum):
    """What stops every mail to the address; each has a row in `heed.domain.preferences.reasons`."""

    MINOR = "minor"
    HOLD = "hold"
    UNDELIVERABLE = "undeliverable"


class LiftKind(StrEnum):
    """What lifts a stop of the address: the stop of the same name."""

    HOLD = "hold-lifted"
    UNDELIVERABLE = "undeliverable-lifted"

    @property
    def stop(self) -> StopKind:
        """The stop that it lifts."""
        return StopKind[self.name]


class OtherKind(StrEnum):
    """What else is on record of an address."""

    COMPLAINT = "complaint"  # stops marketing until a confirmed yes
    ACKNOWLEDGED = "policy-acknowledged"  # the latest version of the privacy policy that was read
    SOFT_BOUNCE = "soft-bounce"  # not a register but a set of days


RegisterKind = ChoiceKind | StopKind | LiftKind | OtherKind


class Register(NamedTuple):
    """The name of a register.

    Attributes:
        kind: what it holds the latest of.
        scope: number of the scope; ALL for what concerns the whole address.
    """

    kind: RegisterKind
    scope: ScopeNumber = ALL_SCOPES

    @property
    def is_choice(self) -> bool:
        """Whether it holds a person's choice about a scope, an Undo of one included."""
        return isinstance(self.kind, ChoiceKind)

    @property
    def may_stop(self) -> bool:
        """Whether an entry of it may stop mail: the recipient then belongs into the feed of changes."""
        match kind := self.kind:
            case ChoiceKind.OUT | ChoiceKind.PAUSE | ChoiceKind.UNDOABLE:
                return True
            case StopKind() | OtherKind.COMPLAINT | OtherKind.SOFT_BOUNCE:
                return True
            case ChoiceKind.IN | ChoiceKind.CONFIRMED | ChoiceKind.UNDONE:
                return False
            case LiftKind() | OtherKind.ACKNOWLEDGED:
                return False
            case _:
                assert_never(kind)

    @property
    def may_end(self) -> bool | None:
        """Whether its entries have an end: True, False, or None where they may or may not."""
        return _MAY_END.get(self.kind, False)

    @property
    def code(self) -> str:
        """The text that stands for it, for ever, in the table and in the id of an event: `o:2`, `x:hold`."""
        return _code(self)


_LETTERS = {
    ChoiceKind.OUT: "o",
    ChoiceKind.IN: "i",
    ChoiceKind.PAUSE: "p",
    ChoiceKind.CONFIRMED: "k",
    ChoiceKind.UNDOABLE: "c",
    ChoiceKind.UNDONE: "u",
}


@lru_cache(maxsize=4096)
def _code(register: Register) -> str:
    match kind := register.kind:
        case ChoiceKind():
            return f"{_LETTERS[kind]}:{register.scope}"
        case StopKind() | OtherKind.COMPLAINT:
            return f"x:{kind}"
        case LiftKind():
            return f"l:{kind.stop}"
        case OtherKind.ACKNOWLEDGED:
            return "a:policy"
        case OtherKind.SOFT_BOUNCE:
            return "soft"
        case _:
            assert_never(kind)


_MAY_END: dict[RegisterKind, bool | None] = {ChoiceKind.PAUSE: True, ChoiceKind.UNDOABLE: None}
KINDS = (*ChoiceKind, *StopKind, *LiftKind, *OtherKind)

COMPLAINT = Register(OtherKind.COMPLAINT)
UNDELIVERABLE = Register(StopKind.UNDELIVERABLE)
HOLD = Register(StopKind.HOLD)
MINOR = Register(StopKind.MINOR)
LIFT_UNDELIVERABLE = Register(LiftKind.UNDELIVERABLE)
LIFT_HOLD = Register(LiftKind.HOLD)
ACKNOWLEDGED = Register(OtherKind.ACKNOWLEDGED)
SOFT_BOUNCE = Register(OtherKind.SOFT_BOUNCE)


def _at_scope(kind: ChoiceKind) -> Callable[[ScopeNumber], Register]:
    """The registers of a kind by scope; those in use are made once, since every decision names many."""
    return lru_cache(maxsize=4096)(partial(Register, kind))


opted_out = _at_scope(ChoiceKind.OUT)
"""The register of the latest *out* at a scope."""

opted_in = _at_scope(ChoiceKind.IN)
"""The register of the latest *in* at a scope."""

paused = _at_scope(ChoiceKind.PAUSE)
"""The register of the latest pause at a scope."""

confirmed = _at_scope(ChoiceKind.CONFIRMED)
"""The register of the latest confirmed yes (double opt-in) at a scope."""

undoable = _at_scope(ChoiceKind.UNDOABLE)
"""The register of the latest stop at a scope by a browser's press for which an Undo was offered."""

undone = _at_scope(ChoiceKind.UNDONE)
"""The register of the latest such press that was taken back."""


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

    @classmethod
    def reportable(cls) -> tuple[Source, ...]:
        """By which ways an agent may say that it came; no caller may claim another."""
        return cls.PHONE, cls.LETTER, cls.MAILBOX, cls.AGENT, cls.API


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
        return self.at // DAY_MS

    @property
    def digest(self) -> str:
        """32 hex digits that name this entry exactly, its end aside: an Undo takes it back by that name."""
        said = f"{self.at} {self.source} {self.evidence} {self.policy}"
        return sha256(said.encode()).hexdigest()[:32]

    @property
    def undo(self) -> Entry:
        """The entry that takes this one back: the same at every delivery."""
        return undo_entry(self.at, self.digest)


@dataclass(frozen=True, slots=True)
class Change:
    """One entry for one register (or for the set of soft-bounce days)."""

    register: Register
    entry: Entry

    @property
    def kind(self) -> RegisterKind:
        """What it says; a stop for which an Undo was offered is an *out*, or a pause if it ends."""
        if self.register.kind is ChoiceKind.UNDOABLE:
            return ChoiceKind.OUT if self.entry.until is None else ChoiceKind.PAUSE
        return self.register.kind


def undo_entry(at: int, digest: str) -> Entry:
    """The entry that takes back the press of an instant with this digest."""
    return Entry(at, Source.PREFERENCE_CENTRE, f'{{"undone":"{digest}"}}')


def sort_by_code(held: tuple[Register, Entry]) -> str:
    """The order in which the registers of one write are told of."""
    return held[0].code

"""The data model: a record is a set of registers, and a register keeps the greatest entry it ever received.

An entry is greater if it is later. A tie-breaker decides between entries of the same instant. So the same
events make the same record, in any order, with any repetition and any delay. An entry never overwrites
its opposite, because each kind has a register of its own: an opt-in (`IN`) does not delete the opt-out
(`OUT`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from hashlib import sha256
from typing import NamedTuple, NewType, assert_never

from heed.domain.milliseconds import Millis
from heed.domain.preferences.kinds import (
    IMPORT_KINDS,
    STOP_KINDS,
    ChoiceKind,
    ImportKind,
    LiftKind,
    OtherKind,
    RegisterKind,
    SuppressionKind,
    TakenBackKind,
)

DAY_MS = 86_400_000  # milliseconds

ScopeNumber = NewType("ScopeNumber", int)
"""The number of a scope. It never changes; records, links and tokens contain it (see the catalogue)."""

ALL_SCOPES = ScopeNumber(0)  # the scope of all marketing, `*`
MAX_SCOPES = 1 << 16  # the limit of scope numbers: a link has two bytes for each


class Register(NamedTuple):
    """The key of a register: the kind of fact that it holds, and for which scope.

    Attributes:
        kind: the kind of fact. The register holds the latest one.
        scope: the number of the scope; ALL_SCOPES for facts about the whole address.
    """

    kind: RegisterKind
    scope: ScopeNumber = ALL_SCOPES

    @property
    def is_choice(self) -> bool:
        """Whether the register holds a person's choice about a scope, or takes one back."""
        return isinstance(self.kind, ChoiceKind) or self.kind in (ImportKind.OUT, TakenBackKind.OUT)

    @property
    def may_suppress(self) -> bool:
        """Whether an entry of this register may suppress mail.

        If it may, the recipient belongs in the feed of changed suppressions.
        """
        match kind := self.kind:
            case ChoiceKind.OUT | ChoiceKind.PAUSE | ChoiceKind.UNDOABLE:
                return True
            case SuppressionKind() | OtherKind.COMPLAINT | OtherKind.SOFT_BOUNCE | ImportKind():
                return True
            case ChoiceKind.IN | ChoiceKind.CONFIRMED | ChoiceKind.UNDONE | TakenBackKind():
                return False
            case LiftKind() | OtherKind.ACKNOWLEDGED:
                return False
            case _:
                assert_never(kind)

    @property
    def may_end(self) -> bool | None:
        """Whether the entries have an end (`until`): True, False, or None if both are possible."""
        return _MAY_END.get(self.kind, False)

    @property
    def code(self) -> str:
        """The name of the register in the table and in ids of events: `o:2`, `x:hold`. It never changes."""
        return _code(self)


_SCOPED_LETTERS = {
    ChoiceKind.OUT: "o",
    ChoiceKind.IN: "i",
    ChoiceKind.PAUSE: "p",
    ChoiceKind.CONFIRMED: "k",
    ChoiceKind.UNDOABLE: "c",
    ChoiceKind.UNDONE: "u",
    ImportKind.OUT: "m",
    TakenBackKind.OUT: "v",
}


@lru_cache(maxsize=4096)
def _code(register: Register) -> str:
    match kind := register.kind:
        case ChoiceKind() | ImportKind.OUT | TakenBackKind.OUT:
            return f"{_SCOPED_LETTERS[kind]}:{register.scope}"
        case SuppressionKind() | OtherKind.COMPLAINT:
            return f"x:{kind}"
        case LiftKind():
            return f"l:{kind.suppression}"
        case ImportKind():
            return f"m:{STOP_KINDS[kind]}"
        case TakenBackKind():
            return f"v:{STOP_KINDS[ImportKind[kind.name]]}"
        case OtherKind.ACKNOWLEDGED:
            return "a:policy"
        case OtherKind.SOFT_BOUNCE:
            return "soft"
        case _:
            assert_never(kind)


_MAY_END: dict[RegisterKind, bool | None] = {ChoiceKind.PAUSE: True, ChoiceKind.UNDOABLE: None}

COMPLAINT = Register(OtherKind.COMPLAINT)
UNDELIVERABLE = Register(SuppressionKind.UNDELIVERABLE)
HOLD = Register(SuppressionKind.HOLD)
MINOR = Register(SuppressionKind.MINOR)
LIFT_UNDELIVERABLE = Register(LiftKind.UNDELIVERABLE)
LIFT_HOLD = Register(LiftKind.HOLD)
ACKNOWLEDGED = Register(OtherKind.ACKNOWLEDGED)
SOFT_BOUNCE = Register(OtherKind.SOFT_BOUNCE)  # the register of a `Change`; a record has `soft_bounce_days`


def _at_scope(kind: ChoiceKind) -> Callable[[ScopeNumber], Register]:
    """Returns a function from a scope to the register of this kind.

    The function caches the registers, because each decision uses many of them.
    """
    return lru_cache(maxsize=4096)(partial(Register, kind))


opt_out_register = _at_scope(ChoiceKind.OUT)
"""The register of the latest opt-out at a scope."""

opt_in_register = _at_scope(ChoiceKind.IN)
"""The register of the latest opt-in at a scope."""

pause_register = _at_scope(ChoiceKind.PAUSE)
"""The register of the latest pause at a scope."""

confirmed_register = _at_scope(ChoiceKind.CONFIRMED)
"""The register of the latest confirmed opt-in (double opt-in) at a scope."""

undoable_register = _at_scope(ChoiceKind.UNDOABLE)
"""The register of the latest press in a browser, or entry at the desk, that can be taken back."""

undone_register = _at_scope(ChoiceKind.UNDONE)
"""The register of the latest such press or entry that was taken back."""


@lru_cache(maxsize=4096)
def import_register(stop: Register) -> Register:
    """Returns the register of the latest import of a stop. An import can record the kinds of IMPORT_KINDS."""
    return Register(IMPORT_KINDS[stop.kind], stop.scope)


@lru_cache(maxsize=4096)
def taken_back_register(stop: Register) -> Register:
    """Returns the register of the latest import of a stop that was taken back."""
    return Register(TakenBackKind[IMPORT_KINDS[stop.kind].name], stop.scope)


class Source(StrEnum):
    """The way in which a fact arrived. The list is closed."""

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
        """The sources that an agent may name in a report. A report with any other source is refused."""
        return cls.PHONE, cls.LETTER, cls.MAILBOX, cls.AGENT, cls.API


@dataclass(frozen=True, slots=True)
class Entry:
    """The content of a register.

    Attributes:
        at: the time of the event, milliseconds since the Unix epoch; never the time of its processing.
        source: the way in which the event arrived.
        evidence: proof of the event, canonical text without an address (heed.domain.preferences.evidence).
        policy: the version of the privacy policy at that time, or "".
        until: the end of a pause, milliseconds; otherwise None.
    """

    at: Millis
    source: Source
    evidence: str
    policy: str = ""
    until: Millis | None = None

    @property
    def tie_breaker(self) -> str:
        """The tie-breaker between entries of the same instant, compared as UTF-8 bytes, as the table does.

        It contains all parts of an entry except `at`. So one of two different entries is always the greater.
        """
        policy = f" {self.policy}" if self.policy else ""
        end = "" if self.until is None else f" {self.until:015d}"
        return f"{self.source} {self.evidence}{policy}{end}"

    @property
    def rank(self) -> tuple[int, bytes]:
        """The order of the write rule: the later entry is greater, then the one with the greater bytes."""
        return self.at, self.tie_breaker.encode()

    @property
    def day(self) -> int:
        """The day of the event in UTC, as a number of days since the Unix epoch."""
        return self.at // DAY_MS

    @property
    def digest(self) -> str:
        """32 hex digits that identify this entry. An Undo names the entry by its digest.

        The end of a pause is not part of the digest.
        """
        text = f"{self.at} {self.source} {self.evidence} {self.policy}"
        return sha256(text.encode()).hexdigest()[:32]

    @property
    def undo(self) -> Entry:
        """The entry that takes this one back. It is the same at every delivery."""
        return undo_entry(self.at, self.digest)

    def undoes(self, press: Entry) -> bool:
        """Whether this entry takes back a press. It names its time and its digest."""
        return self.at == press.at and f'"undone":"{press.digest}"' in self.evidence

    def takes_back(self, entry: Entry) -> bool:
        """Whether this entry takes back an entry of an import. It names its time and its digest."""
        return self.at == entry.at and f'"taken_back":"{entry.digest}"' in self.evidence


@dataclass(frozen=True, slots=True)
class Change:
    """One entry for one register, or for the set of soft-bounce days."""

    register: Register
    entry: Entry

    @property
    def recorded_kind(self) -> RegisterKind:
        """The kind of the change. That of an undoable press, or of an import, is the kind of its stop."""
        kind = self.register.kind
        if kind is ChoiceKind.UNDOABLE:
            return ChoiceKind.OUT if self.entry.until is None else ChoiceKind.PAUSE
        return STOP_KINDS[kind] if isinstance(kind, ImportKind) else kind


def undo_entry(at: Millis, digest: str) -> Entry:
    """Returns the entry that takes back the press with this time (milliseconds) and digest."""
    return Entry(at, Source.PREFERENCE_CENTRE, f'{{"undone":"{digest}"}}')


def change_sort_key(item: tuple[Register, Entry]) -> str:
    """Returns the sort key that orders the registers of one write in the ledger and in events."""
    return item[0].code

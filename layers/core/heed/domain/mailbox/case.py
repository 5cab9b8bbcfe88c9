"""A case: a mail about which a person has to decide. It has a kind, a due date and, later, one decision.

A case names the recipient by id only, and no address. The mail itself is stored elsewhere. A decided case
names nobody: the evidence of the change names the case.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import ALL_SCOPES, DAY_MS, ScopeNumber

_ID = re.compile(r"[0-9a-f]{32}")
MAX_OPEN_CASES = 10_000
"""With so many open cases, only a request of an authenticated sender becomes one more."""
MAX_OPEN_REQUESTS = 20_000
"""With so many open cases, no mail becomes one more."""
CASE_PAUSE_MS = 14 * DAY_MS
"""The length of the pause that protects a reported child until somebody decides, milliseconds."""
DUE_SOON_MS = DAY_MS
"""An alarm fires this long before a case is due, milliseconds."""
_OPT_OUT_BUSINESS_DAYS = 2
_CHILD_REPORT_DAYS = 7
_LEGAL_DAYS = 30  # GDPR: a month. UK DUAA: 30 days to acknowledge a complaint. The CCPA permits 45 days.
_SATURDAY = 5


class CaseKind(StrEnum):
    """What the sender of the mail probably requests."""

    OPT_OUT_DOUBTFUL = "opt-out-doubtful"
    OPT_IN = "opt-in"
    CHILD_REPORT = "child-report"
    ERASURE = "erasure"
    ACCESS = "access"
    COMPLAINT = "complaint"  # to the company; a complaint about spam is feedback
    OTHER = "other"


class CaseDecision(StrEnum):
    """What a person decides."""

    OPT_OUT = "opt-out"
    CONFIRMATION = "confirmation"  # sends the mail of the double opt-in
    MINOR = "minor"
    ERASE = "erase"
    NONE = "none"
    FORWARDED = "forwarded"  # somebody else handles it

    @property
    def is_about_recipient(self) -> bool:
        """Whether the decision changes something about the recipient of the case."""
        match self:
            case self.OPT_OUT | self.CONFIRMATION | self.MINOR | self.ERASE:
                return True
            case self.NONE | self.FORWARDED:
                return False
            case _:
                assert_never(self)

    @property
    def has_scope(self) -> bool:
        """Whether the decision applies to a scope."""
        return self in (CaseDecision.OPT_OUT, CaseDecision.CONFIRMATION)

    @property
    def erases(self) -> bool:
        """Whether the decision erases the person, which nobody can undo."""
        return self in (CaseDecision.MINOR, CaseDecision.ERASE)


class CaseState(StrEnum):
    """The progress of a case."""

    OPEN = "open"
    DECIDING = "deciding"  # the decision is stored, and perhaps not carried out
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision, and who made it.

    Attributes:
        decision: the decision.
        scope: number of the scope, for an opt-out or a confirmation.
        reason: the reason, without addresses.
        key: the id of the API key, or the key of the person at the desk; `purge` if an erasure closed the
            case.
        at: the time of the decision, milliseconds.
        agent: the name of the person at the desk, or "".
    """

    decision: CaseDecision
    scope: ScopeNumber
    reason: str
    key: str
    at: Millis
    agent: str = ""

    def is_same_as(self, other: Ruling) -> bool:
        """Whether another ruling decides the same. Its reason, key and time may differ."""
        return (self.decision, self.scope) == (other.decision, other.scope)


CLOSED_BY_PURGE = "purge"
"""The key of a ruling that an erasure makes."""


def ruling_of_purge(at: Millis) -> Ruling:
    """Returns the ruling that closes a case of an erased person."""
    return Ruling(CaseDecision.NONE, ALL_SCOPES, "the person was erased", CLOSED_BY_PURGE, at)


@dataclass(frozen=True, slots=True)
class Case:
    """A case.

    Attributes:
        id: 32 hex digits (`case_id`). The stored mail has the same name.
        kind: the kind.
        recipient: recipient id of the person whom the request is about; "" if nobody knows, and after the
            decision.
        received_at: the time at which the mail arrived, milliseconds.
        due_at: the time until which somebody has to decide, milliseconds.
        state: the progress.
        ruling: the decision; None while the case is open.
        names_other: whether the mail names another address than that of the person.
    """

    id: str
    kind: CaseKind
    recipient: str
    received_at: Millis
    due_at: Millis
    state: CaseState = CaseState.OPEN
    ruling: Ruling | None = None
    names_other: bool = False

    @property
    def pauses_mail(self) -> bool:
        """Whether all marketing to the person pauses until somebody decides: it is the report of a child."""
        is_open = self.state is not CaseState.DECIDED
        return self.kind is CaseKind.CHILD_REPORT and is_open and bool(self.recipient)


@dataclass(frozen=True, slots=True)
class UnreadableCase:
    """Takes the place of a stored case that is not readable.

    Attributes:
        id: the id of the case.
    """

    id: str


def case_id(kind: CaseKind, message_id: str, recipient: str) -> str:
    """Returns the id of a case of a mail. It is the same at each delivery of the mail."""
    return hashlib.sha256(f"case {kind} {message_id} {recipient}".encode()).hexdigest()[:32]


def is_case_id(text: str) -> bool:
    """Whether a text has the format of the id of a case."""
    return _ID.fullmatch(text) is not None


def new_case(
    kind: CaseKind,
    message_id: str,
    recipient: str,
    received_at: Millis,
    others: Iterable[CaseKind] = (),
    *,
    names_other: bool = False,
) -> Case:
    """Returns an open case.

    Args:
        kind: the kind.
        message_id: the id that SES gave the mail.
        recipient: recipient id, or "" if nobody knows whom the mail is about.
        received_at: the time at which the mail arrived, milliseconds.
        others: the kinds of the other requests in the mail. The case is due with the first of all.
        names_other: whether the mail names another address than that of the person.
    """
    due_at = min(_due_at(each, received_at) for each in (kind, *others))
    id_ = case_id(kind, message_id, recipient)
    return Case(id_, kind, recipient, received_at, due_at, names_other=names_other)


def suggested_decisions(case: Case) -> list[CaseDecision]:
    """Returns the decisions that fit the kind, the most probable first."""
    possible = possible_decisions(case)
    return [decision for decision in _decisions_of(case.kind) if decision in possible]


def possible_decisions(case: Case) -> list[CaseDecision]:
    """Returns the decisions that do not need a person, and the others if the case names one."""
    return [decision for decision in CaseDecision if case.recipient or not decision.is_about_recipient]


def _decisions_of(kind: CaseKind) -> tuple[CaseDecision, ...]:
    none, forwarded = CaseDecision.NONE, CaseDecision.FORWARDED
    match kind:
        case CaseKind.OPT_OUT_DOUBTFUL:
            return CaseDecision.OPT_OUT, none
        case CaseKind.OPT_IN:
            return CaseDecision.CONFIRMATION, none
        case CaseKind.CHILD_REPORT:
            return CaseDecision.MINOR, CaseDecision.OPT_OUT, none
        case CaseKind.ERASURE:
            return CaseDecision.ERASE, CaseDecision.OPT_OUT, none
        case CaseKind.ACCESS | CaseKind.OTHER:
            return forwarded, none
        case CaseKind.COMPLAINT:
            return forwarded, CaseDecision.OPT_OUT, none
        case _:
            assert_never(kind)


def _due_at(kind: CaseKind, received_at: Millis) -> Millis:
    match kind:
        case CaseKind.OPT_OUT_DOUBTFUL:
            return _add_business_days(received_at, _OPT_OUT_BUSINESS_DAYS)
        case CaseKind.CHILD_REPORT:
            days = _CHILD_REPORT_DAYS
        case CaseKind.OPT_IN | CaseKind.ERASURE | CaseKind.ACCESS | CaseKind.COMPLAINT | CaseKind.OTHER:
            days = _LEGAL_DAYS
        case _:
            assert_never(kind)
    return Millis(received_at + days * DAY_MS)


def _add_business_days(at: Millis, days: int) -> Millis:
    """Returns the same time of day some business days later: Monday to Friday in UTC, without holidays.

    A mail that arrives on a weekend counts as received when Monday begins.
    """
    day, time_of_day = divmod(at, DAY_MS)
    if _weekday(day) >= _SATURDAY:
        day, time_of_day = day + 7 - _weekday(day), 0
    for _ in range(days):
        day += 1
        while _weekday(day) >= _SATURDAY:
            day += 1
    return Millis(day * DAY_MS + time_of_day)


def _weekday(day: int) -> int:
    """Returns the weekday of a day since the Unix epoch. Monday is 0. The first day was a Thursday."""
    return (day + 3) % 7

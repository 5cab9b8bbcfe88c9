"""The views of the pages about cases."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from heed.domain.mailbox.case import CaseDecision, CaseKind, CaseState
from heed.domain.milliseconds import Millis
from heed.entrypoints.http.desk.views import DeskView


class CaseProblem(StrEnum):
    """Why a decision was not carried out."""

    NONE = "none"
    REASON = "reason"  # the reason is missing
    SURE = "sure"  # the checkbox of a decision that nobody can undo is not checked
    DECIDED = "decided"  # somebody else made another decision
    HELD = "held"  # a legal hold preserves the record
    NOT_POSSIBLE = "not-possible"  # the case lacks what the confirmation mail needs


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case in a list. It names nobody."""

    id: str
    kind: CaseKind
    state: CaseState
    received_at: Millis
    due_at: Millis
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesView(DeskView):
    """`GET /desk/cases`: the cases that are not decided."""

    cases: tuple[CaseRow, ...]
    unreadable: bool  # there are cases that cannot be read
    next_page: str  # the cursor of the next page; "": this is the last page


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentRow:
    """A file in a mail."""

    name: str  # "": the sender gave it none
    size: str  # with its unit


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMail:
    """The mail of a case, as plain text. All of it is the sender's own."""

    senders: tuple[str, ...]
    subject: str
    text: str
    cut: bool  # the page leaves out the end of the text
    attachments: tuple[AttachmentRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRuling:
    """A decision that was made."""

    decision: CaseDecision
    scope: str  # the name of the brand or the topic; "": all marketing, or the decision has no scope
    scope_value: str  # the scope as the form sends it
    reason: str
    by: str  # the name of the person, or the id of the API key
    at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeOption:
    """A scope that the form offers."""

    value: str
    name: str
    selected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView(DeskView):
    """`GET /desk/cases/{id}`: a case, with its mail until it is decided."""

    case: CaseRow
    person: str  # the id of the recipient whom the case is about; "": nobody knows, or it is decided
    names_other: bool
    mail: ShownMail | None
    ruling: ShownRuling | None
    suggested: tuple[CaseDecision, ...]
    others: tuple[CaseDecision, ...]
    scopes: tuple[ScopeOption, ...]  # empty: no decision has a scope
    may_erase: bool  # a decision erases the person
    signs_in_first: bool  # such a decision needs a new sign-in
    reason: str
    problem: CaseProblem


CASE_VIEWS: dict[str, type[DeskView]] = {"cases": CasesView, "case": CaseView}

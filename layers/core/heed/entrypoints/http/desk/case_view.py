"""Makes the views of a case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from heed.domain.mailbox.case import (
    Case,
    CaseDecision,
    CaseState,
    Ruling,
    possible_decisions,
    suggested_decisions,
)
from heed.domain.mailbox.inbound_mail import InboundMail
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue, TopicKind
from heed.domain.preferences.register import ALL_SCOPES
from heed.entrypoints.http.api.cases import MAX_CASE_TEXT
from heed.entrypoints.http.desk.case_views import (
    AttachmentRow,
    CaseProblem,
    CaseRow,
    CaseView,
    ScopeOption,
    ShownMail,
    ShownRuling,
)
from heed.entrypoints.http.desk.plain_text import show_controls
from heed.entrypoints.http.desk.titles import scope_title

if TYPE_CHECKING:
    from heed.entrypoints.http.desk.visit import DeskRequest
    from heed.use_cases.cases.show_case import CaseWithMail

_MAX_HEADER = 998  # characters of a subject, a sender or the name of a file; no line of a mail is longer
_KILOBYTE = 1_000


def case_row(case: Case, now: Millis) -> CaseRow:
    """Returns a case as a list shows it. `now` is in milliseconds."""
    return CaseRow(
        id=case.id,
        kind=case.kind,
        state=case.state,
        received_at=case.received_at,
        due_at=case.due_at,
        overdue=case.state is not CaseState.DECIDED and case.due_at < now,
    )


def case_view(call: DeskRequest, shown: CaseWithMail, catalogue: Catalogue, problem: CaseProblem) -> CaseView:
    """Returns the view of a case. After a mistake or a new sign-in, the form has what the person entered."""
    case, mail = shown
    is_form = case.ruling is None
    possible = possible_decisions(case) if is_form else []
    suggested = suggested_decisions(case) if is_form else []
    sent = call.kept_form if problem is CaseProblem.NONE else call.form
    chosen = sent.first("scope") if sent else ""
    pending = [case.ruling.decision] if case.ruling and case.state is CaseState.DECIDING else []
    may_erase = any(decision.erases for decision in (*possible, *pending))
    return CaseView(
        frame=call.frame,
        case=case_row(case, call.at),
        person=case.recipient,
        names_other=case.names_other,
        mail=_shown_mail(mail) if mail else None,
        ruling=_shown_ruling(case.ruling, catalogue, call.language) if case.ruling else None,
        suggested=tuple(suggested),
        others=tuple(decision for decision in possible if decision not in suggested),
        scopes=tuple(_scope_options(catalogue, call.language, chosen)) if _has_scope(possible) else (),
        may_erase=may_erase,
        signs_in_first=may_erase and not call.session.is_sign_in_recent(call.at),
        reason=sent.first("reason") if sent else "",
        problem=problem,
    )


def _has_scope(decisions: list[CaseDecision]) -> bool:
    return any(decision.has_scope for decision in decisions)


def _shown_mail(mail: InboundMail) -> ShownMail:
    return ShownMail(
        senders=tuple(_shown_header(sender) for sender in mail.senders if sender),
        subject=_shown_header(mail.subject),
        text=show_controls(mail.text[:MAX_CASE_TEXT]),
        cut=len(mail.text) > MAX_CASE_TEXT,
        attachments=tuple(
            AttachmentRow(name=_shown_header(file.name), size=_size_text(file.size))
            for file in mail.attachments
        ),
    )


def _shown_header(text: str) -> str:
    return show_controls(text[:_MAX_HEADER])


def _size_text(size: int) -> str:
    """Returns a size with its unit. Languages do not agree on the decimal sign, so it has no fraction."""
    return f"{size} B" if size < _KILOBYTE else f"{round(size / _KILOBYTE)} kB"


def _shown_ruling(ruling: Ruling, catalogue: Catalogue, language: str) -> ShownRuling:
    is_part = ruling.scope != ALL_SCOPES
    return ShownRuling(
        decision=ruling.decision,
        scope=scope_title(ruling.scope, catalogue, language),
        scope_value=catalogue.scope_name(ruling.scope) if is_part else "",
        reason=ruling.reason,
        by=ruling.agent or ruling.key,
        at=ruling.at,
    )


def _scope_options(catalogue: Catalogue, language: str, chosen: str) -> Iterator[ScopeOption]:
    """Yields the brands, if there are several, and the topics that a person can choose."""
    brands = [brand.number for brand in catalogue.brands.values()] if len(catalogue.brands) > 1 else []
    topics = [
        topic.number
        for topic in catalogue.topics.values()
        if topic.kind is not TopicKind.SERVICE and not topic.retired
    ]
    for number in (*brands, *topics):
        value = catalogue.scope_name(number)
        name = scope_title(number, catalogue, language)
        yield ScopeOption(value=value, name=name, selected=value == chosen)

"""The kinds, due dates and decisions of cases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from heed.domain import rfc3339
from heed.domain.mailbox.case import (
    Case,
    CaseDecision,
    CaseKind,
    CaseState,
    case_id,
    new_case,
    suggested_decisions,
)
from heed.domain.milliseconds import Millis

WHO = "3zvsuytgjqa66cdh7rajwddfky"


def _case(kind: CaseKind, received: str = "2026-03-05T09:12:44Z", recipient: str = WHO) -> Case:
    return new_case(kind, "message 1", recipient, Millis(rfc3339.parse_time(received).first))


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-02T09:00:00Z", "2026-03-04T09:00:00.000Z"),  # Monday
        ("2026-03-05T09:00:00Z", "2026-03-09T09:00:00.000Z"),  # Thursday
        ("2026-03-06T23:59:59Z", "2026-03-10T23:59:59.000Z"),  # Friday
        ("2026-03-07T00:00:00Z", "2026-03-11T00:00:00.000Z"),  # Saturday counts as Monday
        ("2026-03-08T12:00:00Z", "2026-03-11T00:00:00.000Z"),  # so does Sunday
    ],
)
def test_a_doubtful_opt_out_is_due_after_two_business_days(received: str, due: str) -> None:
    assert rfc3339.format_time(_case(CaseKind.OPT_OUT_DOUBTFUL, received).due_at) == due


@pytest.mark.parametrize("kind", CaseKind)
def test_no_case_is_due_after_thirty_days_and_a_report_of_a_child_after_seven(kind: CaseKind) -> None:
    case = _case(kind)
    days = (case.due_at - case.received_at) / 86_400_000
    assert days == {CaseKind.OPT_OUT_DOUBTFUL: 4, CaseKind.CHILD_REPORT: 7}.get(kind, 30)


@pytest.mark.parametrize("kind", CaseKind)
def test_each_kind_suggests_decisions_and_always_doing_nothing(kind: CaseKind) -> None:
    suggested = suggested_decisions(_case(kind))
    assert suggested[-1] is CaseDecision.NONE
    assert len(set(suggested)) == len(suggested) >= 2


@pytest.mark.parametrize("kind", CaseKind)
def test_a_case_about_nobody_suggests_nothing_about_a_person(kind: CaseKind) -> None:
    suggested = suggested_decisions(_case(kind, recipient=""))
    assert suggested
    assert not any(decision.is_about_recipient for decision in suggested)


@pytest.mark.parametrize("kind", CaseKind)
def test_only_the_open_report_about_a_known_child_pauses_mail(kind: CaseKind) -> None:
    assert _case(kind).pauses_mail is (kind is CaseKind.CHILD_REPORT)
    assert not _case(kind, recipient="").pauses_mail
    assert not replace(_case(kind), state=CaseState.DECIDED).pauses_mail


def test_a_mail_has_one_case_of_a_kind_for_each_person_and_its_id_names_nobody() -> None:
    ids = {_case(kind).id for kind in CaseKind}
    assert ids == {case_id(kind, "message 1", WHO) for kind in CaseKind} and len(ids) == len(CaseKind)
    assert case_id(CaseKind.OTHER, "message 1", "") not in ids
    assert WHO not in case_id(CaseKind.OTHER, "message 1", WHO)

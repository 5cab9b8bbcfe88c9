from __future__ import annotations

from datetime import UTC, datetime

import pytest

from heed.domain.mailbox.case_due import case_due_at
from heed.domain.mailbox.mail_action import CaseKind
from heed.domain.milliseconds import Millis


def at(text: str) -> Millis:
    return Millis(int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000))


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-02 09:12", "2026-03-04 09:12"),  # Monday
        ("2026-03-05 09:12", "2026-03-09 09:12"),  # Thursday
        ("2026-03-06 23:59", "2026-03-10 23:59"),  # Friday
        ("2026-03-07 00:00", "2026-03-10 00:00"),  # Saturday
        ("2026-03-08 12:00", "2026-03-10 12:00"),  # Sunday
    ],
)
def test_a_doubtful_opt_out_is_due_in_two_business_days(received: str, due: str) -> None:
    assert case_due_at([CaseKind.OPT_OUT_DOUBTFUL], at(received)) == at(due)


def test_a_child_has_a_week_and_nothing_has_more_than_thirty_days() -> None:
    monday = at("2026-03-02 09:12")
    assert case_due_at([CaseKind.CHILD_REPORT], monday) == at("2026-03-09 09:12")
    assert {case_due_at([kind], monday) for kind in CaseKind} == {
        at("2026-03-04 09:12"),
        at("2026-03-09 09:12"),
        at("2026-04-01 09:12"),
    }


def test_a_case_of_several_kinds_is_due_at_the_earliest_time() -> None:
    kinds = [CaseKind.ERASURE, CaseKind.OPT_OUT_DOUBTFUL]
    assert case_due_at(kinds, at("2026-03-02 09:12")) == at("2026-03-04 09:12")

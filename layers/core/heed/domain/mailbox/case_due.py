"""When a case is due: the time in which the strictest law wants its requests answered, with some reserve."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from heed.domain.mailbox.mail_action import CaseKind
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS

_OPT_OUT_DAYS = 2  # business days
_CHILD_DAYS = 7
_OTHER_DAYS = 30  # no mail of a case is kept longer
_SATURDAY = 5


def case_due_at(kinds: Iterable[CaseKind], received_at: Millis) -> Millis:
    """Returns when a person must have decided about a mail, milliseconds: the earliest time of its kinds."""
    return min(_due_at(kind, received_at) for kind in kinds)


def _due_at(kind: CaseKind, received_at: Millis) -> Millis:
    match kind:
        case CaseKind.OPT_OUT_DOUBTFUL:
            return _add_business_days(received_at, _OPT_OUT_DAYS)
        case CaseKind.CHILD_REPORT:
            return Millis(received_at + _CHILD_DAYS * DAY_MS)
        case CaseKind.ERASURE | CaseKind.ACCESS | CaseKind.OPT_IN | CaseKind.COMPLAINT | CaseKind.OTHER:
            return Millis(received_at + _OTHER_DAYS * DAY_MS)
        case _:
            assert_never(kind)


def _add_business_days(at: Millis, days: int) -> Millis:
    """Adds days from Monday to Friday, in UTC. Holidays differ by country, so they count."""
    while days:
        at = Millis(at + DAY_MS)
        days -= _weekday(at) < _SATURDAY
    return at


def _weekday(at: Millis) -> int:
    """Returns the day of the week; Monday is 0. 1 January 1970 was a Thursday."""
    return (at // DAY_MS + 3) % 7

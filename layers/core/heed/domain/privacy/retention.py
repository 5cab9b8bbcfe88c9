"""Retention periods in days, as far as the code decides them.

If a law gives the period, a comment names it. All other periods are as short as their use permits.
docs/reference/retention.md lists each kind of record. A test compares that list with these numbers and with
template.yaml.
"""

from __future__ import annotations

from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import SOFT_BOUNCE_WINDOW
from heed.domain.preferences.register import DAY_MS

PURGE_ORDER_DAYS = 14  # for an ordered purge whose erasure never happened
CERTIFICATE_DAYS = 731  # records of requests: 24 months (11 CCR 7101)
DISCLOSURE_DAYS = 731
DECIDED_CASE_DAYS = CERTIFICATE_DAYS  # a case records a request, too
COUNT_DAYS = 2  # for daily counters
NUMBER_DAYS = 731  # so that a year can be compared with the one before
SEEN_DAYS = 15  # an event waits in the queue for 14 days at most, and a day before it
CAMPAIGN_DAYS = 90  # after a key named the campaign
TAKE_BACK_DAYS = 30  # an import can be taken back for so long
JOB_DAYS = TAKE_BACK_DAYS + 1  # after the end of a job
JOB_FILES_DAYS = 2  # at most: the files of a job are deleted a day after its end
SOFT_BOUNCE_RETENTION_DAYS = (
    2 * SOFT_BOUNCE_WINDOW
)  # a window that contains a day may end up to 30 days later


def soft_bounce_expiry(day: int) -> Millis:
    """Returns the time at which a soft-bounce day is deleted, milliseconds.

    From then on, no decision uses it.
    """
    return Millis((day + SOFT_BOUNCE_RETENTION_DAYS) * DAY_MS)


def expired_soft_bounce_days(days: frozenset[int], now: Millis) -> frozenset[int]:
    """Returns the days that must be deleted by `now` (milliseconds)."""
    return frozenset(day for day in days if soft_bounce_expiry(day) <= now)

"""How long records are kept, in days, as far as the code decides it (P10).

Times that a law gives are named with it; the others are as short as the use permits. docs/operations.md
lists every kind of record; a test holds that list to these numbers and to template.yaml.
"""

from __future__ import annotations

from heed.domain.preferences.decision import SOFT_BOUNCE_WINDOW
from heed.domain.preferences.register import DAY_MS

PURGE_ORDER_DAYS = 14  # of a purge that was ordered, and whose epoch never began
CERTIFICATE_DAYS = 731  # records of requests: 24 months (11 CCR 7101)
DISCLOSURE_DAYS = 731
COUNT_DAYS = 2  # of what is counted by the day
SOFT_BOUNCE_DAYS = 2 * SOFT_BOUNCE_WINDOW  # a day may stand in a window that ends a window's length later


def soft_bounce_expiry(day: int) -> int:
    """When a day of soft bounces is to be forgotten, milliseconds: no decision looks at it from then on."""
    return (day + SOFT_BOUNCE_DAYS) * DAY_MS


def expired_soft_bounce_days(days: frozenset[int], now: int) -> frozenset[int]:
    """Those of the days that are to be forgotten by now."""
    return frozenset(day for day in days if soft_bounce_expiry(day) <= now)

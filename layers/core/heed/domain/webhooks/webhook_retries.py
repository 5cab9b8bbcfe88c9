"""When a webhook that was not delivered is tried again, and when it is given up."""

from __future__ import annotations

from typing import NamedTuple

from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS

_FIRST_DELAY = 15  # seconds
_LONGEST_DELAY = 3_600  # seconds
_OVERDUE_MS = 3_600_000
_GIVEN_UP_MS = DAY_MS


class WebhookAttempt(NamedTuple):
    """An attempt to deliver a webhook.

    Attributes:
        number: the number of the attempt, 1 being the first.
        queued_at: when the event entered the queue, milliseconds.
        at: when the attempt began, milliseconds.
    """

    number: int
    queued_at: Millis
    at: Millis

    @property
    def seconds_to_next(self) -> int:
        """How long the next attempt waits, in seconds: twice as long each time, and at most an hour."""
        return min(_FIRST_DELAY << self.number - 1, _LONGEST_DELAY)

    @property
    def is_overdue(self) -> bool:
        """Whether the event has waited for an hour."""
        return self.at - self.queued_at >= _OVERDUE_MS

    @property
    def is_last(self) -> bool:
        """Whether the event has waited for a day, so that no other attempt follows."""
        return self.at - self.queued_at >= _GIVEN_UP_MS

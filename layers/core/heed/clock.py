"""The current time as the domain expects it. The domain itself reads no clock."""

from __future__ import annotations

import time

from heed.domain.milliseconds import Millis


def now() -> Millis:
    """Returns the current instant."""
    return Millis(time.time_ns() // 1_000_000)

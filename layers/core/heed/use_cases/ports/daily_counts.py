"""The port of counts with a daily cap."""

from __future__ import annotations

from typing import Protocol

from heed.domain.milliseconds import Millis


class DailyCounts(Protocol):
    """Limits how often something happens per day (UTC), for each name."""

    def count(self, name: str, now: Millis) -> bool:
        """Counts once. Returns whether the name is within its daily limit.

        Args:
            name: who or what is limited, without an address.
            now: milliseconds.

        Raises:
            StoreUnavailable: It is unknown whether it was counted.
        """
        ...

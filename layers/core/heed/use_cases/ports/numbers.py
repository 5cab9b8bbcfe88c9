"""The ports of the numbers: the counts, and the names of campaigns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from heed.domain.milliseconds import Millis
from heed.domain.numbers.numbers import ColumnCounts, CountedKey, DayCount, DayKey, NumberGrouping


class Numbers(Protocol):
    """Counts of changes. Each thing that is counted has an id, so that a repetition counts once."""

    def count(self, id_: str, day: int, counted: Mapping[CountedKey, ColumnCounts], now: Millis) -> bool:
        """Counts something once, in all its rows or in none. Returns whether it was new.

        A day counts MAX_KEYS_A_DAY topics and campaigns by name, and all others as OTHER_KEY.

        Args:
            id_: the id of what is counted.
            day: the day on which it is counted, a number of days since the Unix epoch.
            counted: the rows, at most one of each grouping, and what is added to each.
            now: milliseconds.

        Raises:
            StoreUnavailable: It is unknown whether it was counted.
        """
        ...

    def find_keys(self, grouping: NumberGrouping, days: Iterable[int]) -> Sequence[DayKey]:
        """Returns the keys that have counts on these days, in no order.

        Raises:
            StoreUnavailable, UnreadableRecord: The keys could not be read.
        """
        ...

    def read(self, grouping: NumberGrouping, keys: Iterable[DayKey]) -> Iterable[DayCount]:
        """Returns the counts of these keys, in no order, by consistent reads.

        Raises:
            StoreUnavailable, UnreadableRecord: The counts could not be read.
        """
        ...


class CampaignNames(Protocol):
    """The campaigns that API keys named. Only they are counted by name, because anybody can edit a link."""

    def add(self, campaign: str, now: Millis) -> bool:
        """Remembers a campaign. Returns whether it is remembered: each day has room for a number of names.

        Raises:
            StoreUnavailable: It is unknown whether it is remembered.
        """
        ...

    def is_known(self, campaign: str, now: Millis) -> bool:
        """Returns whether a key named the campaign in the last CAMPAIGN_DAYS.

        Raises:
            StoreUnavailable, UnreadableRecord: It is unknown.
        """
        ...

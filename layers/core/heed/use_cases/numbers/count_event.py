"""Counts an event of the bus: in the rows of its topic, its source and its campaign."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from heed.domain.milliseconds import Millis
from heed.domain.numbers.counted_event import CountedEvent
from heed.domain.numbers.numbers import OTHER_KEY, CountedKey, NumberGrouping
from heed.domain.preferences.register import DAY_MS
from heed.domain.privacy.retention import NUMBER_DAYS
from heed.use_cases.ports.numbers import CampaignNames, Numbers


class CountOutcome(Enum):
    """What became of an event."""

    COUNTED = auto()
    DUPLICATE = auto()  # it was counted before
    TOO_OLD = auto()  # the numbers of its day are not kept any more


@dataclass(frozen=True, slots=True)
class CountEvent:
    """Counts an event once, however often it is delivered."""

    numbers: Numbers
    campaigns: CampaignNames

    def __call__(self, event: CountedEvent, now: Millis) -> CountOutcome:
        """Counts an event.

        An event that represents several changes by one link counts once: it does not say what the others
        were, and one link must not fill a chart.

        Args:
            event: the event.
            now: milliseconds.

        Raises:
            StoreUnavailable, UnreadableRecord: It is unknown whether the event was counted.
        """
        if event.day < now // DAY_MS - NUMBER_DAYS:
            return CountOutcome.TOO_OLD
        keys = [
            CountedKey(NumberGrouping.TOPIC, event.topic),
            CountedKey(NumberGrouping.SOURCE, event.source.value),
        ]
        if event.campaign:
            is_known = self.campaigns.is_known(event.campaign, now)
            keys.append(CountedKey(NumberGrouping.CAMPAIGN, event.campaign if is_known else OTHER_KEY))
        is_new = self.numbers.count(event.id, event.day, {key: {event.column: 1} for key in keys}, now)
        return CountOutcome.COUNTED if is_new else CountOutcome.DUPLICATE

"""Parts that count changes, and list the counts."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.shared import SharedParts, queue_at

if TYPE_CHECKING:
    from heed.adapters.dynamodb.numbers import CampaignsTable, NumbersTable
    from heed.use_cases.numbers.count_event import CountEvent


class NumberParts(SharedParts):
    """Parts of the numbers."""

    @cached_property
    def numbers(self) -> NumbersTable:
        """The counts of changes."""
        from heed.adapters.dynamodb.numbers import NumbersTable

        return NumbersTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def campaigns(self) -> CampaignsTable:
        """The campaigns that API keys named."""
        from heed.adapters.dynamodb.daily_counts import CountPrefix, DailyCountsTable
        from heed.adapters.dynamodb.numbers import CampaignsTable
        from heed.domain.numbers.numbers import MAX_KEYS_A_DAY

        table = self.client("dynamodb"), self.config.control_table
        return CampaignsTable(*table, DailyCountsTable(*table, CountPrefix.CAMPAIGNS, MAX_KEYS_A_DAY))

    @cached_property
    def count_event(self) -> CountEvent:
        """Counts an event of the bus."""
        from heed.use_cases.numbers.count_event import CountEvent

        return CountEvent(self.numbers, self.campaigns)

    numbers_dead_letters = queue_at(lambda config: config.numbers_dlq_url)
    """The dead-letter queue for events that cannot be parsed."""

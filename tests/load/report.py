"""Finds where a campaign loses the first opt-out, what prevents it, and how much room there is.

Each search is a bisection over runs of the simulation with one seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from tests.load.assumptions import AwsQuotas, Campaign
from tests.load.campaign import SURGE_AT, CampaignResult, run_campaign
from tests.load.limits import StackLimits

QUOTAS = (10, 1_000, 10_000)
"""Concurrent executions: of a new account, of the default, of a large one."""

ROOMS = ((10, 0), (1_000, 0), (1_000, 300), (10_000, 0))
"""The accounts whose room is searched: concurrent executions, and those reserved for links."""

LEFT = 50
"""Executions that busy neighbors leave."""

HOUR = 3_600

RATES = [*range(1, 100), *range(100, 1_000, 10), *range(1_000, 10_000, 100)]
SURGES = range(0, 8_000, 50)


@dataclass(frozen=True)
class Room:
    """How far something may grow, and what refuses the first opt-out beyond it."""

    most: int
    refused_by: str


class LoadReport:
    """The rows of the two tables of docs/operations.md."""

    def __init__(self, limits: StackLimits, seed: int) -> None:
        self._limits, self._seed = limits, seed

    def losses(self) -> Iterator[tuple[str, ...]]:
        """Returns a row for each account: where it loses the first opt-out, by what, and what prevents it."""
        for quota in QUOTAS:
            yield self._loss(quota, Campaign())
            if quota > LEFT:
                yield self._loss(quota, Campaign(left=LEFT))

    def room(self) -> Iterator[tuple[str, ...]]:
        """Returns a row for each account: the fastest sending, the largest surge, and what ends them."""
        for quota, reserved in ROOMS:
            rate = _room(RATES, partial(self.run_rate, quota, reserved))
            surge = _room(SURGES, partial(self.run_surge, quota, reserved, rate.most))
            name = f"{quota:,}" if _imports(quota) else f"{quota:,}, without an import"
            name += f", `ReservedForOptOuts={reserved}`" if reserved else ""
            yield name, f"{rate.most:,}", rate.refused_by, f"{surge.most:,}", surge.refused_by

    def _loss(self, quota: int, campaign: Campaign) -> tuple[str, ...]:
        first = self.run(quota, campaign).first
        start = f"{quota:,}", f"{min(quota, campaign.left):,}"
        if first is None:
            return *start, "none", "", ""
        return *start, f"after {first.at:,.0f} s", first.by, self._prevention(quota, campaign)

    def _prevention(self, quota: int, campaign: Campaign) -> str:
        if campaign.left < quota:
            return f"`ReservedForOptOuts={self.least_reservation(quota, campaign)}`"
        slow = _room(RATES, partial(self.run_rate, quota, 0)).most
        return f"a quota of 1,000; or at most {slow:,} mails per second, and no import meanwhile"

    def least_reservation(self, quota: int, campaign: Campaign) -> int:
        """Returns the least reservation, in tens, with which nothing is refused."""

        def is_enough(reserved: int) -> bool:
            return self.run(quota, campaign, reserved).first is None

        tens = range(10, QUOTAS[1] - AwsQuotas().unreserved + 1, 10)
        return tens[_first_that(lambda n: is_enough(tens[n]), len(tens))]

    def run_rate(self, quota: int, reserved: int, rate: int) -> CampaignResult:
        """Runs an hour of a campaign with this many mails per second."""
        campaign = Campaign(mails=rate * HOUR, mails_per_second=rate)
        return self.run(quota, campaign, reserved, importing=_imports(quota))

    def run_surge(self, quota: int, reserved: int, rate: int, surge: int) -> CampaignResult:
        """Runs the start of the campaign, slower if the account needs that, with a surge of one-clicks.

        The surge is the only one: Gmail sends each one-click at once. An earlier one would have left
        environments behind.
        """
        rate = min(rate, Campaign().mails_per_second)
        campaign = Campaign(mails=rate * SURGE_AT, mails_per_second=rate, surge=surge, gmail_pause=1)
        return self.run(quota, campaign, reserved, importing=_imports(quota))

    def run(
        self,
        quota: int,
        campaign: Campaign,
        reserved: int = 0,
        *,
        importing: bool = True,
    ) -> CampaignResult:
        """Runs a campaign."""
        limits = replace(self._limits, reserved=reserved) if reserved else self._limits
        quotas = AwsQuotas(concurrency=quota)
        return run_campaign(limits, quotas, campaign, self._seed, importing=importing)


def _imports(quota: int) -> bool:
    """Returns whether an import runs beside the campaign. A new account has no room for one."""
    return quota > QUOTAS[0]


def _room(sizes: Sequence[int], run: Callable[[int], CampaignResult]) -> Room:
    at = _first_that(lambda n: run(sizes[n]).first is not None, len(sizes))
    beyond = run(sizes[at]).first
    assert beyond is not None and at > 0
    return Room(sizes[at - 1], beyond.by)


def _first_that(is_so: Callable[[int], bool], count: int) -> int:
    """Returns the first number that has a property, which all greater ones have too."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if is_so(middle):
            high = middle
        else:
            low = middle + 1
    return low

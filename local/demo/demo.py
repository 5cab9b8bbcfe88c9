"""Six months of a company and its readers, on a stack whose clock begins in the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from heed import clock
from heed.domain.api_key import KeyScope
from local.demo.agenda import DAY, HOUR, WEEK, Agenda
from local.demo.doors import KeyHolder, Reader
from local.demo.files import PlatformFiles
from local.demo.marketing import Marketing
from local.demo.office import Office
from local.demo.people import invent_people
from local.problem import LocalProblem
from local.stack_clock import StackClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from heed.adapters.dynamodb.api_keys import ApiKeys
    from local.stack_client import LocalStackClient

MIN_PEOPLE = 20
"""So many people have something happen to them that happens to nobody twice, such as an erasure."""
MIN_WEEKS = 5
"""The case that is nearly due has waited for a month."""
_SEED = 2026
_KEYS = {
    "platform": (
        "Marketing",
        (KeyScope.CHECK, KeyScope.LINKS, KeyScope.READ, KeyScope.IMPORT, KeyScope.EXPORT),
    ),
    "call centre": ("Customer service", (KeyScope.READ, KeyScope.WRITE)),
    "privacy office": ("Privacy office", (KeyScope.PRIVACY, KeyScope.READ, KeyScope.CHECK)),
}
"""The owner and the scopes of each key, by its name."""


class Demo:
    """What happens on a stack before it is handed over. Nothing is stored except through the doors."""

    def __init__(self, people: int, weeks: int) -> None:
        """Creates a demo of some invented people and some weeks, which end today.

        Raises:
            LocalProblem: The people or the weeks are too few.
        """
        if people < MIN_PEOPLE or weeks < MIN_WEEKS:
            raise LocalProblem(
                f"a demo has at least {MIN_PEOPLE} people and {MIN_WEEKS} weeks",
                "choose more:\n    make demo PEOPLE=20 WEEKS=5",
            )
        self._people = invent_people(people)
        self._weeks = weeks
        self._end = clock.now() // HOUR * HOUR - HOUR
        self._start = self._end // DAY * DAY - weeks * WEEK

    def begin(self, clock_file: Path) -> None:
        """Sets the clock of the stack to the beginning, for this process and for those that start later."""
        self._clock = StackClock(clock_file)
        self._clock.set(self._start)

    def play(self, url: str, client: LocalStackClient, keys: ApiKeys) -> None:
        """Lets everything happen, and sets the clock to the real time. It prints a line for each month."""
        print(f"Playing {self._weeks} weeks of {len(self._people)} invented people …", flush=True)
        agenda = Agenda(self._clock, client.has_unfinished_work)
        platform, call_centre, privacy_office = (
            KeyHolder.with_new_key(url, keys, name, owner, scopes) for name, (owner, scopes) in _KEYS.items()
        )
        marketing = Marketing(
            client, platform, Reader(client, url), agenda, self._people, _make_random("marketing")
        )
        office = Office(client, call_centre, privacy_office, agenda, self._people, _make_random("office"))
        files = PlatformFiles(platform, privacy_office, agenda)
        files.plan(self._start, self._weeks, marketing.list_old_opt_outs(), self._people)
        marketing.plan(self._start, self._weeks)
        office.plan(self._start, self._end)
        for week in range(1, self._weeks + 1):
            agenda.add(self._start + week * WEEK + 2 * HOUR, client.run_schedules)
        for month, end_of_month in _list_months(self._start, self._end):
            agenda.run(end_of_month)
            counts = marketing.counts + office.counts
            words = ", ".join(f"{what} {number:,}" for what, number in sorted(counts.items()))
            print(f"  {month}  {words}" if words else f"  {month}", flush=True)
            marketing.counts.clear()
            office.counts.clear()
        self._clock.set_to_real_time()
        client.run_schedules()
        agenda.finish_work()


def _list_months(start: int, end: int) -> Iterator[tuple[str, int]]:
    """Yields each month, such as "2026-06", with its end or that of the demo."""
    first = datetime.fromtimestamp(start / 1000, UTC)
    month = datetime(first.year, first.month, 1, tzinfo=UTC)
    while month.timestamp() * 1000 < end:
        next_month = (month + timedelta(days=31)).replace(day=1)
        yield f"{month:%Y-%m}", min(int(next_month.timestamp() * 1000), end)
        month = next_month


def _make_random(what: str) -> Random:
    return Random(f"{_SEED} {what}")  # noqa: S311 - the same things happen in each demo

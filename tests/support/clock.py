"""A clock that stands elsewhere for a whole run: `pytest --at 2028-02-29T12:00 --zone Asia/Kolkata`.

All that this process asks for the time is told so, and time goes on from there. A process that a
test starts has the zone, but the real time: a library preloaded into it would break Python's own
sleep. The clock stands while the tests are collected and goes from the first of them on, so that a
change of the day falls into the tests, not before them.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

_CLOCK = pytest.StashKey[time_machine.Traveller]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Two options, for the workers of xdist too."""
    group = parser.getgroup("clock")
    group.addoption("--at", metavar="TIME", help="where the clock stands, 2028-02-29T12:00")
    group.addoption("--zone", metavar="ZONE", default="UTC", help="of that time, and of the run")


def pytest_configure(config: pytest.Config) -> None:
    """Before any module of a test is imported."""
    if config.option.at:
        config.stash[_CLOCK] = time_machine.travel(_start(config), tick=False).start()
        if time.localtime().tm_gmtoff != _offset(_start(config)):
            raise pytest.UsageError(f"this machine does not know the zone {config.option.zone}")


def pytest_collection_finish(session: pytest.Session) -> None:
    """From here on it goes."""
    if clock := session.config.stash.get(_CLOCK, None):
        clock.move_to(_start(session.config), tick=True)


def _start(config: pytest.Config) -> datetime:
    return datetime.fromisoformat(config.option.at).replace(tzinfo=ZoneInfo(config.option.zone))


def _offset(moment: datetime) -> float:
    return (moment.replace(tzinfo=UTC) - moment).total_seconds()

"""Sets another time for a whole test run: `pytest --at 2028-02-29T12:00 --zone Asia/Kolkata`.

This process gets that time, and time passes from there. A process that a test starts gets the zone but the
real time, because a library that is preloaded into it would break Python's own sleep. The clock does not move
while the tests are collected. It starts with the first test, so that a change of the day happens during the
tests and not before them.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

_CLOCK = pytest.StashKey[time_machine.Traveller]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds two options. The workers of xdist get them as well."""
    group = parser.getgroup("clock")
    group.addoption("--at", metavar="TIME", help="start time of the clock, such as 2028-02-29T12:00")
    group.addoption("--zone", metavar="ZONE", default="UTC", help="time zone of that time and of the run")


def pytest_configure(config: pytest.Config) -> None:
    """Sets the clock before any test module is imported."""
    if config.option.at:
        config.stash[_CLOCK] = time_machine.travel(_start(config), tick=False).start()
        if time.localtime().tm_gmtoff != _offset(_start(config)):
            raise pytest.UsageError(f"this machine does not know the zone {config.option.zone}")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Starts the clock."""
    if clock := session.config.stash.get(_CLOCK, None):
        clock.move_to(_start(session.config), tick=True)


def _start(config: pytest.Config) -> datetime:
    return datetime.fromisoformat(config.option.at).replace(tzinfo=ZoneInfo(config.option.zone))


def _offset(moment: datetime) -> float:
    return (moment.replace(tzinfo=UTC) - moment).total_seconds()

"""Fixtures for the tests of the functions."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from heed.entrypoints.observability import logger
from tests.iam.recorder import Recorder
from tests.support.aws_calls import Watcher, watch_calls
from tests.support.deployment import World, deployed
from tests.support.issuer import Issuer, running_issuer, use_issuer

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000  # milliseconds


class Clock:
    """The clock of the functions, which the tests set. It is in milliseconds."""

    def __init__(self, now: int) -> None:
        self.now = now

    def time_ns(self) -> int:
        return self.now * 1_000_000


@pytest.fixture(scope="session")
def recorders(pytestconfig: pytest.Config) -> list[Watcher]:
    """Returns the recorder of the handlers' AWS calls, if this run records them."""
    folder = pytestconfig.getoption("calls")
    return [Recorder(folder)] if folder else []


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, recorders: list[Watcher]) -> Iterator[World]:
    """Deploys Heed in this process."""
    with deployed(monkeypatch) as deployment:
        watch_calls(monkeypatch, _check_omitted_after, *recorders)
        yield deployment


def _check_omitted_after(function: str, _service: str, _operation: str, request: Mapping[str, Any]) -> None:
    """Checks that each write with a new revision sets or removes `omitted_after`, in every function.

    Otherwise the ledger would take the write for one of the link changes that share an entry.
    """
    expression = request.get("UpdateExpression", "")
    if request.get("TableName") == "Preferences" and re.search(r"\bn :one\b", expression):
        assert re.search(r"\bomitted_after\b", expression), f"{function}: {request}"


@pytest.fixture(scope="session")
def _issuer_server() -> Iterator[Issuer]:
    """One server per session, because it takes longer than a test."""
    with running_issuer() as server:
        yield server


@pytest.fixture
def issuer(_issuer_server: Issuer, world: World) -> Issuer:
    """Returns an issuer that does what is right, at which people sign in to the desk."""
    _issuer_server.__init__(_issuer_server.url)  # type: ignore[misc]
    use_issuer(_issuer_server)
    return _issuer_server


@pytest.fixture
def clock(world: World, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Returns a clock at one hour after midnight, so that the next hours are on the same day."""
    world.context.milliseconds_left = 60_000
    clock_stub = Clock((time.time_ns() // 1_000_000 // DAY) * DAY + HOUR)
    monkeypatch.setattr("heed.clock.time", clock_stub)
    return clock_stub


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Records all log lines of the functions."""
    stream = io.StringIO()
    for handler in logger.handlers:
        monkeypatch.setattr(handler, "stream", stream)
    return stream

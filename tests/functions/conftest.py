"""What tests of functions share."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from heed.entrypoints.observability import logger
from tests.iam.recorder import Recorder
from tests.support.aws_calls import Watcher, watch
from tests.support.deployment import World, deployed


@pytest.fixture(scope="session")
def recorders(pytestconfig: pytest.Config) -> list[Watcher]:
    """Who writes down what the handlers call, if this run is to."""
    folder = pytestconfig.getoption("calls")
    return [Recorder(folder)] if folder else []


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, recorders: list[Watcher]) -> Iterator[World]:
    """Heed as deployed, in this process."""
    with deployed(monkeypatch) as made:
        watch(monkeypatch, _says_whether_the_ledger_is_told, *recorders)
        yield made


def _says_whether_the_ledger_is_told(
    function: str, _service: str, _operation: str, request: Mapping[str, Any]
) -> None:
    """A write that gives a record its next number sets `spared` or removes it, whoever makes it.

    One that leaves it as it is would be taken for a repeat by link while such are spared.
    """
    said = request.get("UpdateExpression", "")
    if request.get("TableName") == "Preferences" and re.search(r"\bn :one\b", said):
        assert re.search(r"\bspared\b", said), f"{function}: {request}"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """All that the functions log, as it is written."""
    stream = io.StringIO()
    for handler in logger.handlers:
        monkeypatch.setattr(handler, "stream", stream)
    return stream

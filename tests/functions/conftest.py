"""What tests of functions share."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from heed.edge.observability import logger
from tests import permits
from tests.world import World, deployed


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Heed as deployed, in this process."""
    with deployed(monkeypatch) as made:
        permits.enforced(monkeypatch)
        yield made


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """All that the functions log, as it is written."""
    stream = io.StringIO()
    for handler in logger.handlers:
        monkeypatch.setattr(handler, "stream", stream)
    return stream

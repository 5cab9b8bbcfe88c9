"""A deployed Heed in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.deployment import World, deployed


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with deployed(monkeypatch) as made:
        yield made

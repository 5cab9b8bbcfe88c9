"""Provides one local stack for all system tests of a session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.system.running import Running, free_ports


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Returns the content of the `stack.json` of the stack: `api`, `aws`, `region`, `api_key`, `outputs`."""
    running = Running(tmp_path_factory.mktemp("stack"), *free_ports(2))
    try:
        yield running.wait_until_ready()
    finally:
        running.stop()

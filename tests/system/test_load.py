"""One-clicks while the local stack is flooded, as `make load` measures them."""

from __future__ import annotations

from typing import Any

import pytest

from local.ready import StackAnnouncement
from tests.load.flood import FloodedStack, press_links, running_flood
from tests.system.running import PATIENCE

pytestmark = pytest.mark.system


def test_each_one_click_in_a_flood_is_on_record(stack: dict[str, Any]) -> None:
    """An import would write what test_imports.py counts on the same stack."""
    flooded = FloodedStack(StackAnnouncement(**stack))
    floods = {
        "checks": flooded.check,
        "bounces": flooded.report_bounce,
        "forms": flooded.ask_for_confirmation,
    }
    links = flooded.links(5)
    with running_flood(floods, 5) as done:
        presses = press_links(flooded, links, PATIENCE)
    assert list(presses.accepted) == [link["address"] for link in links]
    assert flooded.stopped(presses.accepted) == 5
    assert set(done) == set(floods)

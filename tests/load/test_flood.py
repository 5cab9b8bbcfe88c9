"""`make load`: it measures this machine only, and ends."""

from __future__ import annotations

import httpx
import pytest

from local.ready import StackAnnouncement
from tests.load.flood import FloodedStack, Presses, percentile, running_flood
from tests.system.running import wait_until


@pytest.mark.parametrize("host", ["https://preferences.example.com", "http://10.0.0.1:8000"])
def test_the_load_is_for_this_machine_only(host: str) -> None:
    elsewhere = StackAnnouncement(host, host, "us-east-1", "key", {}, {})
    with pytest.raises(ValueError, match="this machine"):
        FloodedStack(elsewhere)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert [percentile(values, share) for share in (0.5, 0.99, 1)] == [50, 99, 100]
    assert percentile([7.0], 0.99) == 7


def test_a_row_says_how_many_one_clicks_are_on_record() -> None:
    row = Presses([10.0, 20.0, 30.0], ["ada@example.com", "joan@example.com"]).row("alone", 1)
    assert row.split() == ["alone", "3", "20", "30", "2", "1"]


def test_a_flood_ends_after_its_number_of_requests_and_counts_refusals() -> None:
    def refuse() -> None:
        raise httpx.ReadTimeout("")

    with running_flood({"checks": lambda: None, "forms": refuse}, most=3) as done:
        wait_until(lambda: done.total() == 6)
    assert done == {"checks": 3, "refused or timed out": 3}


def test_a_fault_in_a_flood_is_not_hidden() -> None:
    def crash() -> None:
        raise KeyError("upload")

    with pytest.raises(KeyError), running_flood({"imports": crash}, most=3):
        pass

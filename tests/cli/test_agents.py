"""`heed change` and `heed lookup` with the real function `agents`."""

from __future__ import annotations

from pathlib import Path

import pytest

from heed.domain.preferences.register import HOLD, Change, Entry, Source
from tests.cli.conftest import Heed
from tests.support.deployment import NOW, World

READER = "reader@example.com"


def test_an_opt_out_by_phone_stops_mail_and_records_agent_and_reference(heed: Heed, local: Path) -> None:
    result = heed(
        *("change", READER, "--scope", "*", "--out", "--source", "phone"),
        *("--occurred-at", "2026-03-05T10:12:44+01:00", "--reference", "call 17", "--agent", "Kim"),
    )
    assert (result.code, result.err) == (0, "")
    facts = dict(line.split("  ", 1) for line in result.out.splitlines())
    assert facts["outcome"].strip() == "applied"
    assert "offers=no" in facts["sendable"]

    assert heed("check", READER, "--topic", "news").code == 1
    (register,) = heed("lookup", READER, "--json").json["registers"]
    assert (register["scope"], register["at"]) == ("*", "2026-03-05T09:12:44.000Z")
    assert register["evidence"]["reference"] == "call 17"
    assert register["evidence"]["agent"] == "Kim"


def test_a_later_opt_in_by_letter_allows_mail_again(heed: Heed, local: Path) -> None:
    way = ("--source", "letter", "--reference", "file 4")
    heed("change", READER, "--scope", "offers", "--out", *way, "--occurred-at", "2026-03-05")

    result = heed("change", READER, "--scope", "offers", "--in", *way, "--occurred-at", "2026-03-07")

    assert (result.code, heed("check", READER, "--topic", "offers").code) == (0, 0)


def test_a_superseded_change_ends_with_code_1(heed: Heed, local: Path) -> None:
    way = ("--source", "letter", "--reference", "file 4")
    heed("change", READER, "--scope", "offers", "--out", *way, "--occurred-at", "2026-03-05")

    result = heed(
        *("change", READER, "--scope", "offers", "--in", *way),
        *("--occurred-at", "2026-03-01", "--json"),
    )

    assert (result.code, result.json["results"][0]["outcome"]) == (1, "superseded")


def test_a_refused_change_names_the_reason(heed: Heed, local: Path, world: World) -> None:
    world.apply_changes(READER, Change(HOLD, Entry(NOW, Source.AGENT, "{}")))

    result = heed(
        *("change", READER, "--scope", "offers", "--in"), *("--source", "phone", "--reference", "1")
    )

    assert result.code == 1
    assert "outcome     refused" in result.out
    assert "blocked by  hold" in result.out


def test_a_pause_has_an_end(heed: Heed, local: Path) -> None:
    result = heed(
        *("change", READER, "--scope", "meridian", "--pause-until", "2999-01-01"),
        *("--source", "agent"),
    )

    (check_result,) = heed("check", READER, "--topic", "offers", "--json").json["results"]
    assert (result.code, check_result["reason"]) == (0, "paused")
    assert check_result["until"] == "2999-01-02T12:00:00.000Z"


@pytest.mark.parametrize("when", ["2999-01-01", "2999-01-01T10:00:00+01:00"])
def test_a_future_time_counts_as_now_and_the_command_says_so(heed: Heed, local: Path, when: str) -> None:
    change = ("change", READER, "--scope", "offers", "--out", "--source", "phone", "--json")
    result = heed(*change, "--occurred-at", when)
    assert result.json["results"][0]["outcome"] == "applied"
    assert result.err == f"{when} is in the future: it counts as now.\n"
    assert heed(*change, "--occurred-at", "2026-03-05").err == ""


def test_an_opt_in_without_a_reference_is_a_fault_with_a_pointer(heed: Heed, local: Path) -> None:
    result = heed("change", READER, "--scope", "offers", "--in", "--source", "phone")

    assert (result.code, result.err.splitlines()[1]) == (2, "  /reference: is required")


@pytest.mark.parametrize(
    "wrong",
    [
        ("--out", "--in"),
        ("--out", "--pause-until", "2999-01-01"),
        (),
    ],
)
def test_a_change_takes_exactly_one_of_out_in_and_pause(
    heed: Heed, local: Path, wrong: tuple[str, ...]
) -> None:
    assert heed("change", READER, "--scope", "*", "--source", "phone", *wrong).code == 2


def test_a_source_that_agents_may_not_use_is_wrong_usage(heed: Heed, local: Path) -> None:
    assert heed("change", READER, "--scope", "*", "--out", "--source", "one-click").code == 2


def test_a_lookup_shows_decisions_and_the_record(heed: Heed, local: Path) -> None:
    heed("change", READER, "--scope", "offers", "--out", "--source", "phone", "--agent", "Kim")

    result = heed("lookup", READER, "--purpose", "legal")

    assert result.code == 0
    assert "What may be sent now" in result.out
    assert "agent=Kim" in result.out
    assert READER not in result.out


def test_a_lookup_without_a_record_ends_with_code_1(heed: Heed, local: Path, world: World) -> None:
    result = heed("lookup", world.recipient(READER))

    assert (result.code, "Nothing is on record." in result.out) == (1, True)


def test_a_lookup_of_an_invalid_address_is_a_fault(heed: Heed, local: Path) -> None:
    result = heed("lookup", "nobody")

    assert (result.code, result.err.splitlines()[1].split(":")[0]) == (2, "  /address")

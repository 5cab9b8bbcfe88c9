"""`heed change` and `heed lookup`, against the real function `agents`."""

from __future__ import annotations

from pathlib import Path

import pytest

from heed.domain.preferences.register import HOLD, Change, Entry, Source
from tests.cli.conftest import Heed
from tests.support.deployment import NOW, World

READER = "reader@example.com"


def test_an_opt_out_by_phone_stops_and_is_on_record_with_who_and_where(heed: Heed, local: Path) -> None:
    ended = heed(
        *("change", READER, "--scope", "*", "--out", "--source", "phone"),
        *("--occurred-at", "2026-03-05T10:12:44+01:00", "--reference", "call 17", "--agent", "Kim"),
    )
    assert (ended.code, ended.err) == (0, "")
    facts = dict(line.split("  ", 1) for line in ended.out.splitlines())
    assert facts["outcome"].strip() == "applied"
    assert "offers=no" in facts["sendable"]

    assert heed("check", READER, "--topic", "news").code == 1
    (register,) = heed("lookup", READER, "--json").json["registers"]
    assert (register["scope"], register["at"]) == ("*", "2026-03-05T09:12:44.000Z")
    assert register["evidence"]["reference"] == "call 17"
    assert register["evidence"]["agent"] == "Kim"


def test_a_yes_by_letter_after_it_lets_mail_go_again(heed: Heed, local: Path) -> None:
    way = ("--source", "letter", "--reference", "file 4")
    heed("change", READER, "--scope", "offers", "--out", *way, "--occurred-at", "2026-03-05")

    ended = heed("change", READER, "--scope", "offers", "--in", *way, "--occurred-at", "2026-03-07")

    assert (ended.code, heed("check", READER, "--topic", "offers").code) == (0, 0)


def test_what_something_newer_stands_against_is_a_no(heed: Heed, local: Path) -> None:
    way = ("--source", "letter", "--reference", "file 4")
    heed("change", READER, "--scope", "offers", "--out", *way, "--occurred-at", "2026-03-05")

    ended = heed(
        *("change", READER, "--scope", "offers", "--in", *way),
        *("--occurred-at", "2026-03-01", "--json"),
    )

    assert (ended.code, ended.json["results"][0]["outcome"]) == (1, "superseded")


def test_what_is_refused_says_why(heed: Heed, local: Path, world: World) -> None:
    world.put(READER, Change(HOLD, Entry(NOW, Source.AGENT, "{}")))

    ended = heed(*("change", READER, "--scope", "offers", "--in"), *("--source", "phone", "--reference", "1"))

    assert ended.code == 1
    assert "outcome     refused" in ended.out
    assert "blocked by  hold" in ended.out


def test_a_pause_has_an_end(heed: Heed, local: Path) -> None:
    ended = heed(
        *("change", READER, "--scope", "meridian", "--pause-until", "2999-01-01"),
        *("--source", "agent"),
    )

    (result,) = heed("check", READER, "--topic", "offers", "--json").json["results"]
    assert (ended.code, result["reason"]) == (0, "paused")
    assert result["until"] == "2999-01-02T12:00:00.000Z"


@pytest.mark.parametrize("when", ["2999-01-01", "2999-01-01T10:00:00+01:00"])
def test_a_time_to_come_that_is_taken_as_now_is_said_to_be(heed: Heed, local: Path, when: str) -> None:
    change = ("change", READER, "--scope", "offers", "--out", "--source", "phone", "--json")
    ended = heed(*change, "--occurred-at", when)
    assert ended.json["results"][0]["outcome"] == "applied"
    assert ended.err == f"{when} is yet to come: it counts as of now.\n"
    assert heed(*change, "--occurred-at", "2026-03-05").err == ""


def test_a_yes_without_a_reference_is_a_fault_with_its_pointer(heed: Heed, local: Path) -> None:
    ended = heed("change", READER, "--scope", "offers", "--in", "--source", "phone")

    assert (ended.code, ended.err.splitlines()[1]) == (2, "  /reference: is required")


@pytest.mark.parametrize(
    "wrong",
    [
        ("--out", "--in"),
        ("--out", "--pause-until", "2999-01-01"),
        (),
    ],
)
def test_a_change_is_one_of_out_in_and_pause(heed: Heed, local: Path, wrong: tuple[str, ...]) -> None:
    assert heed("change", READER, "--scope", "*", "--source", "phone", *wrong).code == 2


def test_a_source_that_no_agent_may_claim_is_refused_here(heed: Heed, local: Path) -> None:
    assert heed("change", READER, "--scope", "*", "--out", "--source", "one-click").code == 2


def test_a_lookup_shows_decisions_and_what_is_on_record(heed: Heed, local: Path) -> None:
    heed("change", READER, "--scope", "offers", "--out", "--source", "phone", "--agent", "Kim")

    ended = heed("lookup", READER, "--purpose", "legal")

    assert ended.code == 0
    assert "What may be sent now" in ended.out
    assert "agent=Kim" in ended.out
    assert READER not in ended.out


def test_nobody_on_record_is_a_no(heed: Heed, local: Path, world: World) -> None:
    ended = heed("lookup", world.recipient(READER))

    assert (ended.code, "Nothing is on record." in ended.out) == (1, True)


def test_a_lookup_of_what_is_no_address_is_a_fault(heed: Heed, local: Path) -> None:
    ended = heed("lookup", "nobody")

    assert (ended.code, ended.err.splitlines()[1].split(":")[0]) == (2, "  /address")

"""`heed purge` and `heed disclosed`: what was cleared, and what was given out, against the real functions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import time_machine

from heed.adapters.dynamodb.disclosures import DISCLOSURE_PREFIX
from heed.domain.errors import StoreUnavailable
from heed.domain.privacy.disclosure import DisclosureDetails, DisclosurePurpose
from heed.entrypoints.cli import disclosed
from tests.cli.conftest import Heed
from tests.cli.served import Served
from tests.support.deployment import NOW, World, parts
from tests.support.openapi import document, validator

READER = "reader@example.com"
ON_FILE = ("--source", "phone", "--reference", "call 17")


@pytest.fixture(autouse=True)
def _long_enough(world: World) -> None:
    world.context.left = 300_000


def _schema(name: str) -> Any:
    return validator(document()["components"]["schemas"][name])


def _facts(text: str) -> dict[str, str]:
    return {name: value.strip() for name, value in (line.split("  ", 1) for line in text.splitlines())}


def test_a_report_says_what_is_stopped_and_how_to_see_what_was_cleared(heed: Heed, local: Path) -> None:
    minor = _facts(heed("minor", READER, *ON_FILE).out)
    assert minor["stopped"] == "everything, service mail too"
    assert minor["certificate"] == f"heed purge {minor['purge']} shows what was cleared"
    assert _facts(heed("erase", "b@example.com", *ON_FILE).out)["stopped"] == "all marketing"


def test_a_certificate_is_no_until_all_is_cleared_and_then_yes(heed: Heed, local: Path) -> None:
    purge = heed("minor", READER, *ON_FILE, "--json").json["purge"]

    due = heed("purge", purge, "--json")
    swept = heed("purge", "--now")
    done = heed("purge", purge)

    assert (due.code, due.json["state"], due.json["completed_at"]) == (1, "due", None)
    _schema("Purge").validate(due.json)
    assert (swept.code, _facts(swept.out)["purged"], _facts(swept.out)["left"]) == (0, "1", "0")
    told = _facts(done.out)
    assert (done.code, told["state"], told["rules"]) == (0, "done", "minor/1")
    assert "ses-suppression-list=0" in told["stores"] and told["unlinkable from"] != "-"
    assert READER not in done.out + due.out + swept.out


def test_what_a_sweep_leaves_is_a_no(heed: Heed, local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise StoreUnavailable("kept so by the test")

    with time_machine.travel(NOW / 1_000, tick=False) as clock:
        heed("erase", READER, *ON_FILE)
        clock.shift(90)
        with monkeypatch.context() as patch:
            patch.setattr(parts().lift_requests, "clear", fail)
            left = heed("purge", "--now", "--json")
        done = heed("purge", "--now", "--json")

    assert left.code == 1
    assert left.json == {"found": 1, "purged": 0, "left": 1, "oldest_due_seconds": 90}
    assert done.code == 0
    assert done.json == {"found": 1, "purged": 1, "left": 0, "oldest_due_seconds": 90}


@pytest.mark.parametrize("text", ["0" * 32, "reader", "../v1/check", "%2e%2e"])
def test_a_purge_that_is_not_there_is_named_by_its_remedy(heed: Heed, local: Path, text: str) -> None:
    ended = heed("purge", text)

    assert (ended.code, ended.out) == (3, "")
    assert "Not found (404): see the id" in ended.err


@pytest.mark.parametrize("wrong", [(), ("0" * 32, "--now")])
def test_a_purge_is_asked_for_by_its_id_or_all_are_done_now(
    heed: Heed, local: Path, wrong: tuple[str, ...]
) -> None:
    assert heed("purge", *wrong).code == 2


def test_an_erasure_that_a_hold_keeps_waiting_names_what_to_do(heed: Heed, local: Path) -> None:
    heed("hold", READER, *ON_FILE, "--reason", "asked for")

    ended = heed("erase", READER, *ON_FILE)

    assert (ended.code, ended.out) == (3, "")
    assert "(409): lift it first (heed lift --register hold)" in ended.err


def test_a_register_without_an_entry_says_so(heed: Heed, local: Path) -> None:
    ended = heed("disclosed")

    assert (ended.code, ended.out) == (0, "Nothing was disclosed.\n")
    assert heed("disclosed", "--json").json == {"disclosures": [], "cursor": None, "end": None}


def test_a_register_whose_entries_all_ended_is_whole(heed: Heed, local: Path, server: Served) -> None:
    heed("lookup", READER)
    told = heed("disclosed", "--json").json
    told["disclosures"] = []
    for at, code in (("2020-01-01T00:00:00.000Z", 0), (told["end"]["at"], 1)):
        told["end"]["at"] = at
        server.instead.append((200, {}, json.dumps(told).encode()))
        ended = heed("disclosed")
        assert ended.code == code
        assert ended.out.startswith("Broken at number 1" if code else "Nothing was disclosed with")


def test_every_lookup_is_told_with_its_purpose_and_nobody_is_named(
    heed: Heed, local: Path, world: World
) -> None:
    heed("lookup", READER)
    heed("lookup", READER, "--purpose", "legal")

    ended, machine = heed("disclosed"), heed("disclosed", "--json")

    head, newest, oldest, _, whole = ended.out.splitlines()
    assert head.split() == ["NUMBER", "AT", "WHAT", "PURPOSE", "PEOPLE", "KEY"]
    assert newest.split()[0::2][:3] == ["2", "lookup", "1"] and "legal" in newest
    assert "data-subject" in oldest
    assert (ended.code, whole) == (0, "Whole from number 1 to number 2.")
    _schema("Disclosures").validate(machine.json)
    for text in (ended.out, machine.out):
        assert READER not in text and world.recipient(READER) not in text


def _people(entries: list[dict[str, Any]]) -> None:
    entries[1]["people"] = 7


def _left_out(entries: list[dict[str, Any]]) -> None:
    del entries[1]


def _first(entries: list[dict[str, Any]]) -> None:
    entries[2]["before"] = "f" * 64


def _made_up(entries: list[dict[str, Any]]) -> None:
    entries[1]["hash"] = entries[0]["before"] = "f" * 64


@pytest.mark.parametrize(("alter", "number"), [(_people, 2), (_left_out, 3), (_first, 1), (_made_up, 3)])
def test_an_entry_that_was_altered_or_left_out_is_named(
    heed: Heed,
    local: Path,
    server: Served,
    alter: Callable[[list[dict[str, Any]]], None],
    number: int,
) -> None:
    for _ in range(3):
        heed("lookup", READER)
    told = heed("disclosed", "--json").json
    alter(told["disclosures"])
    server.instead.append((200, {}, json.dumps(told).encode()))

    ended = heed("disclosed")

    assert ended.code == 1
    assert f"Broken at number {number}:" in ended.out


@pytest.mark.threat(
    "W13",
    "An entry of the register of disclosures is altered behind the first pages, or a whole page is removed.",
    "`heed disclosed` goes on below a page that is short or empty until the number 1, and names the gap.",
)
@time_machine.travel(NOW / 1_000, tick=False)
def test_the_register_is_read_to_its_beginning_whatever_is_missing(
    heed: Heed, local: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disclosed, "_PAGE", 5)
    table = boto3.client("dynamodb")
    for _ in range(31):
        parts().disclosures.append(DisclosureDetails(NOW, "lookup", DisclosurePurpose.LEGAL, 1, "k"))
    assert "Whole from number 1 to number 31." in heed("disclosed").out

    def key(number: int) -> dict[str, Any]:
        return {"pk": {"S": f"{DISCLOSURE_PREFIX}{number:012d}"}}

    table.update_item(
        TableName=world.control,
        Key=key(2),
        UpdateExpression="SET purpose = :p",
        ExpressionAttributeValues={":p": {"S": "no purpose there is"}},
    )
    ended = heed("disclosed", "--json")
    assert ended.code == 1 and len(ended.json["disclosures"]) == 30
    assert "Broken at number 3:" in heed("disclosed").out
    for number in range(4, 21):
        table.delete_item(TableName=world.control, Key=key(number))
    assert "Broken at number 21:" in heed("disclosed").out
    table.delete_item(TableName=world.control, Key=key(31))
    assert "Broken at number 31:" in heed("disclosed").out


def test_an_entry_that_nobody_can_read_does_not_keep_the_next_from_the_register(
    heed: Heed, local: Path, world: World
) -> None:
    heed("lookup", READER)
    junk = {"pk": {"S": f"{DISCLOSURE_PREFIX}{2:012d}"}, "number": {"S": "two"}}
    boto3.client("dynamodb").put_item(TableName=world.control, Item=junk)

    assert heed("lookup", READER).code == 1  # nothing is on record, which is an answer

    assert [one["number"] for one in heed("disclosed", "--json").json["disclosures"]] == [3, 1]
    assert "Broken at number 3:" in heed("disclosed").out

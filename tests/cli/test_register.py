"""`heed purge` and `heed disclosed` with the real functions."""

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
from tests.cli.server import ApiServer
from tests.support.deployment import NOW, World, parts
from tests.support.openapi import document, validator

READER = "reader@example.com"
ON_FILE = ("--source", "phone", "--reference", "call 17")


@pytest.fixture(autouse=True)
def _long_timeout(world: World) -> None:
    world.context.milliseconds_left = 300_000


def _schema(name: str) -> Any:
    return validator(document()["components"]["schemas"][name])


def _facts(text: str) -> dict[str, str]:
    return {name: value.strip() for name, value in (line.split("  ", 1) for line in text.splitlines())}


def test_a_report_says_what_is_stopped_and_how_to_see_the_certificate(heed: Heed, local: Path) -> None:
    minor = _facts(heed("minor", READER, *ON_FILE).out)
    assert minor["stopped"] == "everything, service mail too"
    assert minor["certificate"] == f"heed purge {minor['purge']} shows what was cleared"
    assert _facts(heed("erase", "b@example.com", *ON_FILE).out)["stopped"] == "all marketing"


def test_a_certificate_ends_with_code_1_until_the_purge_is_done(heed: Heed, local: Path) -> None:
    purge = heed("minor", READER, *ON_FILE, "--json").json["purge"]

    due = heed("purge", purge, "--json")
    swept = heed("purge", "--now")
    done = heed("purge", purge)

    assert (due.code, due.json["state"], due.json["completed_at"]) == (1, "due", None)
    _schema("Purge").validate(due.json)
    assert (swept.code, _facts(swept.out)["purged"], _facts(swept.out)["left"]) == (0, "1", "0")
    answer = _facts(done.out)
    assert (done.code, answer["state"], answer["rules"]) == (0, "done", "minor/1")
    assert "ses-suppression-list=0" in answer["stores"] and answer["unlinkable from"] != "-"
    assert READER not in done.out + due.out + swept.out


def test_a_sweep_that_leaves_purges_ends_with_code_1(
    heed: Heed, local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise StoreUnavailable("by the test")

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
def test_an_unknown_purge_is_reported_with_a_remedy(heed: Heed, local: Path, text: str) -> None:
    result = heed("purge", text)

    assert (result.code, result.out) == (3, "")
    assert "Not found (404): check the id" in result.err


@pytest.mark.parametrize("wrong", [(), ("0" * 32, "--now")])
def test_purge_takes_either_an_id_or_now(heed: Heed, local: Path, wrong: tuple[str, ...]) -> None:
    assert heed("purge", *wrong).code == 2


def test_an_erasure_during_a_hold_names_the_remedy(heed: Heed, local: Path) -> None:
    heed("hold", READER, *ON_FILE, "--reason", "asked for")

    result = heed("erase", READER, *ON_FILE)

    assert (result.code, result.out) == (3, "")
    assert "(409): a privacy officer must lift the hold first (heed lift --suppression hold)" in result.err


def test_an_empty_register_is_reported(heed: Heed, local: Path) -> None:
    result = heed("disclosed")

    assert (result.code, result.out) == (0, "Nothing was disclosed.\n")
    assert heed("disclosed", "--json").json == {"disclosures": [], "cursor": None, "end": None}


def test_a_register_whose_entries_all_expired_is_complete(heed: Heed, local: Path, server: ApiServer) -> None:
    heed("lookup", READER)
    answer = heed("disclosed", "--json").json
    answer["disclosures"] = []
    for at, code in (("2020-01-01T00:00:00.000Z", 0), (answer["end"]["at"], 1)):
        answer["end"]["at"] = at
        server.canned_answers.append((200, {}, json.dumps(answer).encode()))
        result = heed("disclosed")
        assert result.code == code
        assert result.out.startswith("Broken at number 1" if code else "Nothing was disclosed with")


def test_each_lookup_is_listed_with_its_purpose_and_without_a_name(
    heed: Heed, local: Path, world: World
) -> None:
    heed("lookup", READER)
    heed("lookup", READER, "--purpose", "legal")

    result, machine = heed("disclosed"), heed("disclosed", "--json")

    header, newest, oldest, _, conclusion = result.out.splitlines()
    assert header.split() == ["NUMBER", "AT", "WHAT", "PURPOSE", "PEOPLE", "KEY"]
    assert newest.split()[0::2][:3] == ["2", "lookup", "1"] and "legal" in newest
    assert "data-subject" in oldest
    assert (result.code, conclusion) == (0, "Complete from number 1 to number 2.")
    _schema("Disclosures").validate(machine.json)
    for text in (result.out, machine.out):
        assert READER not in text and world.recipient(READER) not in text


def _alter_people(entries: list[dict[str, Any]]) -> None:
    entries[1]["people"] = 7


def _remove_entry(entries: list[dict[str, Any]]) -> None:
    del entries[1]


def _alter_first_hash(entries: list[dict[str, Any]]) -> None:
    entries[2]["before"] = "f" * 64


def _forge_hash(entries: list[dict[str, Any]]) -> None:
    entries[1]["hash"] = entries[0]["before"] = "f" * 64


@pytest.mark.parametrize(
    ("alter", "number"), [(_alter_people, 2), (_remove_entry, 3), (_alter_first_hash, 1), (_forge_hash, 3)]
)
def test_an_altered_or_missing_entry_is_reported(
    heed: Heed,
    local: Path,
    server: ApiServer,
    alter: Callable[[list[dict[str, Any]]], None],
    number: int,
) -> None:
    for _ in range(3):
        heed("lookup", READER)
    answer = heed("disclosed", "--json").json
    alter(answer["disclosures"])
    server.canned_answers.append((200, {}, json.dumps(answer).encode()))

    result = heed("disclosed")

    assert result.code == 1
    assert f"Broken at number {number}:" in result.out


@pytest.mark.threat(
    "W13",
    "Somebody alters an old entry of the register of disclosures, or removes a whole page.",
    "`heed disclosed` reads on after a short or empty page until number 1, and reports the gap.",
)
@time_machine.travel(NOW / 1_000, tick=False)
def test_the_register_is_read_to_its_first_entry_past_gaps(
    heed: Heed, local: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disclosed, "_PAGE_SIZE", 5)
    table = boto3.client("dynamodb")
    for _ in range(31):
        parts().disclosures.append(DisclosureDetails(NOW, "lookup", DisclosurePurpose.LEGAL, 1, "k"))
    assert "Complete from number 1 to number 31." in heed("disclosed").out

    def key(number: int) -> dict[str, Any]:
        return {"pk": {"S": f"{DISCLOSURE_PREFIX}{number:012d}"}}

    table.update_item(
        TableName=world.control,
        Key=key(2),
        UpdateExpression="SET purpose = :p",
        ExpressionAttributeValues={":p": {"S": "no purpose there is"}},
    )
    result = heed("disclosed", "--json")
    assert result.code == 1 and len(result.json["disclosures"]) == 30
    assert "Broken at number 3:" in heed("disclosed").out
    for number in range(4, 21):
        table.delete_item(TableName=world.control, Key=key(number))
    assert "Broken at number 21:" in heed("disclosed").out
    table.delete_item(TableName=world.control, Key=key(31))
    assert "Broken at number 31:" in heed("disclosed").out


def test_an_unreadable_entry_does_not_block_the_next_disclosure(
    heed: Heed, local: Path, world: World
) -> None:
    heed("lookup", READER)
    junk = {"pk": {"S": f"{DISCLOSURE_PREFIX}{2:012d}"}, "number": {"S": "two"}}
    boto3.client("dynamodb").put_item(TableName=world.control, Item=junk)

    assert heed("lookup", READER).code == 1  # the answer is that nothing is on record

    assert [entry["number"] for entry in heed("disclosed", "--json").json["disclosures"]] == [3, 1]
    assert "Broken at number 3:" in heed("disclosed").out

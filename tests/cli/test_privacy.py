"""`heed minor`, `erase`, `hold`, `lift`, `restore replay`, against the real function `agents`."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from heed.domain.preferences.register import Change, Entry, Source
from tests.cli.conftest import Heed
from tests.support.deployment import NOW, World
from tests.support.registers import out
from tests.support.template import table_definition

READER = "reader@example.com"
ON_FILE = ("--source", "phone", "--reference", "call 17")
WHY = ("--reason", "a mistake", "--reference", "call 18")


def test_a_minor_is_stopped_and_the_purge_is_named(heed: Heed, local: Path) -> None:
    ended = heed("minor", READER, *ON_FILE, "--json")
    assert (ended.code, ended.err) == (0, "")
    assert len(ended.json["purge"]) == 32
    assert heed("check", READER, "--topic", "service").code == 1
    # One key alone does not lift it.
    first = heed("lift", READER, "--register", "minor", *WHY)
    assert (first.code, "waiting" in first.out) == (1, True)


def test_a_hold_is_put_an_erasure_waits_and_the_lift_is_the_inverse(heed: Heed, local: Path) -> None:
    assert heed("hold", READER, *ON_FILE, "--reason", "asked for").code == 0
    refused = heed("erase", READER, *ON_FILE)
    assert refused.code == 3
    assert "hold" in refused.err and READER not in refused.err
    assert heed("lift", READER, "--register", "hold", *WHY).code == 0
    assert heed("erase", READER, *ON_FILE).code == 0


@pytest.mark.parametrize("command", ["minor", "erase", "hold", "lift"])
def test_what_must_be_on_file_must_be_said(heed: Heed, local: Path, command: str) -> None:
    assert heed(command, READER).code == 2


def test_a_restored_table_is_merged_and_an_absent_one_is_named(heed: Heed, stack: str, world: World) -> None:
    world.put(READER, Change(out(0), Entry(NOW, Source.PHONE, "{}")))
    client = boto3.client("dynamodb")
    client.create_table(TableName="Copy", **table_definition("PreferencesTable"))
    (item,) = world.items()
    client.put_item(TableName="Copy", Item=item)
    client.delete_item(TableName=world.table, Key={"id": item["id"]})

    ended = heed("restore", "replay", "--from", "Copy", "--stack", stack, "--json")

    assert (ended.code, ended.json["back"]) == (0, 1)
    (back,) = world.items()
    assert {**back, "chg_at": item["chg_at"]} == item, "all of it, and new in the feed of changes"
    assert back["chg_at"]["S"] > item["chg_at"]["S"]
    assert heed("restore", "replay", "--from", "Nowhere", "--stack", stack).code == 3

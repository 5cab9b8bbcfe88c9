"""`heed minor`, `erase`, `hold`, `lift` and `restore replay` with the real function `agents`."""

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


def test_a_report_of_a_minor_stops_mail_and_returns_the_purge(heed: Heed, local: Path) -> None:
    result = heed("minor", READER, *ON_FILE, "--json")
    assert (result.code, result.err) == (0, "")
    assert len(result.json["purge"]) == 32
    assert heed("check", READER, "--topic", "service").code == 1
    # One key alone does not lift it.
    first = heed("lift", READER, "--suppression", "minor", *WHY)
    assert (first.code, "waiting" in first.out) == (1, True)


def test_an_erasure_is_refused_until_the_hold_is_lifted(heed: Heed, local: Path) -> None:
    assert heed("hold", READER, *ON_FILE, "--reason", "asked for").code == 0
    refused = heed("erase", READER, *ON_FILE)
    assert refused.code == 3
    assert "hold" in refused.err and READER not in refused.err
    assert heed("lift", READER, "--suppression", "hold", *WHY).code == 0
    assert heed("erase", READER, *ON_FILE).code == 0


@pytest.mark.parametrize("command", ["minor", "erase", "hold", "lift"])
def test_reason_and_reference_are_required(heed: Heed, local: Path, command: str) -> None:
    assert heed(command, READER).code == 2


def test_a_restored_table_is_merged_and_a_missing_one_is_reported(
    heed: Heed, stack: str, world: World
) -> None:
    world.apply_changes(READER, Change(out(0), Entry(NOW, Source.PHONE, "{}")))
    client = boto3.client("dynamodb")
    client.create_table(TableName="Copy", **table_definition("PreferencesTable"))
    (item,) = world.items()
    client.put_item(TableName="Copy", Item=item)
    client.delete_item(TableName=world.table, Key={"id": item["id"]})

    result = heed("restore", "replay", "--from", "Copy", "--stack", stack, "--json")

    assert (result.code, result.json["restored"]) == (0, 1)
    (restored,) = world.items()
    assert {**restored, "chg_at": item["chg_at"]} == item, "the whole item, as a new item of the feed"
    assert restored["chg_at"]["S"] > item["chg_at"]["S"]
    assert heed("restore", "replay", "--from", "Nowhere", "--stack", stack).code == 3

"""The recorded calls of a handler, which `make iam` checks against the IAM policies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from functions.unsubscribe import app
from tests.iam.recorder import Recorder, recorded
from tests.support.aws_calls import outside_handlers, watch_calls
from tests.support.deployment import World, client, http_event, parts


def _press(world: World, address: str = "reader@example.com") -> None:
    token = world.token(address)
    event = http_event("POST", f"/u/{token}", form={"List-Unsubscribe": "One-Click"})
    event["pathParameters"] = {"token": token}
    assert app.handler(event, world.context)["statusCode"] == 200


def test_each_call_is_recorded_once_with_the_setting_of_its_resource(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    watch_calls(monkeypatch, Recorder(str(tmp_path)))
    _press(world)
    _press(world)
    (update,) = (call for call in recorded(str(tmp_path)) if "Update" in call["action"])
    assert update["function"] == "UnsubscribeFunction"
    assert update["resource"] == "$PREFERENCES_TABLE"
    assert update["context"]["dynamodb:LeadingKeys"] == ["0"]
    assert {"id", "n", "o:2"} <= {*update["context"]["dynamodb:Attributes"]}


def test_calls_that_differ_only_in_an_id_are_recorded_once(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    watch_calls(monkeypatch, Recorder(str(tmp_path)))
    for number in range(3):
        _press(world, f"reader{number}@example.com")
    (update,) = (call for call in recorded(str(tmp_path)) if "Update" in call["action"])
    assert update["context"]["dynamodb:LeadingKeys"] == ["0"]


@pytest.mark.parametrize(
    ("key", "without_ids"),
    [
        ("entries/2026/03/05/12-ab.json", "entries/0/0/0/0-ab.json"),
        (f"hashes/{'0f' * 32}", "hashes/0"),
        (f"{'a7' * 13}/upload", "0/upload"),
    ],
)
def test_the_key_of_an_object_is_recorded_without_ids(
    world: World, tmp_path: Path, key: str, without_ids: str
) -> None:
    bucket = parts().config.environ["LEDGER_BUCKET"]
    Recorder(str(tmp_path))("LedgerFunction", "s3", "GetObject", {"Bucket": bucket, "Key": key})
    (call,) = recorded(str(tmp_path))
    assert call["resource"] == f"$LEDGER_BUCKET/{without_ids}"


def test_calls_of_others_during_a_handler_are_not_recorded(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def scan(**_: Any) -> None:
        with outside_handlers():
            client("dynamodb").scan(TableName=world.table)

    parts().client("dynamodb").meta.events.register("before-call.dynamodb.UpdateItem", scan)
    watch_calls(monkeypatch, Recorder(str(tmp_path)))
    _press(world)
    actions = {call["action"] for call in recorded(str(tmp_path))}
    assert "dynamodb:UpdateItem" in actions and "dynamodb:Scan" not in actions


def test_a_function_cannot_call_a_resource_without_a_setting(world: World, tmp_path: Path) -> None:
    request = {"TableName": world.control, "Key": {"pk": {"S": "key#1"}}}
    Recorder(str(tmp_path))("AgentsFunction", "dynamodb", "GetItem", request)
    with pytest.raises(AssertionError, match="SealFunction asks for Control"):
        Recorder(str(tmp_path))("SealFunction", "dynamodb", "GetItem", request)

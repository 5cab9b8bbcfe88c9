"""The calls of a handler, as `make iam` puts them to the evaluator of IAM's policies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from functions.unsubscribe import app
from tests.iam.recorder import Recorder, recorded
from tests.support.aws_calls import by_somebody_else, watch
from tests.support.deployment import World, client, http, parts


def _press(world: World) -> None:
    token = world.token("reader@example.com")
    event = http("POST", f"/u/{token}", form={"List-Unsubscribe": "One-Click"})
    event["pathParameters"] = {"token": token}
    assert app.handler(event, world.context)["statusCode"] == 200


def test_each_call_is_written_once_by_the_setting_that_names_the_resource(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    watch(monkeypatch, Recorder(str(tmp_path)))
    _press(world)
    _press(world)
    (update,) = (one for one in recorded(str(tmp_path)) if "Update" in one["action"])
    assert update["function"] == "UnsubscribeFunction"
    assert update["resource"] == "$PREFERENCES_TABLE"
    assert update["context"]["dynamodb:LeadingKeys"] == [world.recipient("reader@example.com")]
    assert {"id", "n", "o:2"} <= {*update["context"]["dynamodb:Attributes"]}


def test_what_somebody_else_does_in_the_middle_of_a_handler_is_no_call_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def look(**_: Any) -> None:
        with by_somebody_else():
            client("dynamodb").scan(TableName=world.table)

    parts().client("dynamodb").meta.events.register("before-call.dynamodb.UpdateItem", look)
    watch(monkeypatch, Recorder(str(tmp_path)))
    _press(world)
    actions = {one["action"] for one in recorded(str(tmp_path))}
    assert "dynamodb:UpdateItem" in actions and "dynamodb:Scan" not in actions


def test_a_function_cannot_ask_for_what_no_setting_of_it_names(world: World, tmp_path: Path) -> None:
    request = {"TableName": world.control, "Key": {"pk": {"S": "key#1"}}}
    Recorder(str(tmp_path))("AgentsFunction", "dynamodb", "GetItem", request)
    with pytest.raises(AssertionError, match="SealFunction asks for Control"):
        Recorder(str(tmp_path))("SealFunction", "dynamodb", "GetItem", request)

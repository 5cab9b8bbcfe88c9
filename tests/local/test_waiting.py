"""A mail that waits is told of in the terminal, once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from functions.send_confirmation import app
from local.adapt import PARAMETERS
from local.waiting import _SAID, Waiting
from tests.support.template import template


@pytest.mark.threat(
    "A1",
    "A developer's confirmation mail is held back by a cap and nothing says so.",
    "The local stack's caps are far away, and its terminal says whenever a mail waits or is not sent.",
)
@pytest.mark.parametrize("message", _SAID)
def test_what_the_functions_log_of_a_mail_that_is_not_sent_is_said_once(tmp_path: Path, message: str) -> None:
    said: list[str] = []
    log = tmp_path / "emulator.log"
    log.write_text("2026-11-27 INFO [ministack] Ready\n{not JSON\n{}\n")
    waiting = Waiting(log, said.append)
    waiting.look()
    assert said == []
    line = json.dumps({"level": "WARNING", "message": message})
    with log.open("a") as more:
        more.write(line[:10])
    waiting.look()
    assert said == [], "half a line"
    with log.open("a") as more:
        more.write(line[10:] + "\n")
    waiting.look()
    waiting.look()
    assert said == [_SAID[message]]


@pytest.mark.parametrize("message", _SAID)
def test_the_words_are_those_that_the_function_logs(message: str) -> None:
    assert f'"{message}"' in Path(app.__file__).read_text()


def test_the_caps_of_the_local_stack_stop_no_developer() -> None:
    for name in ("ConfirmationsPerNetwork", "ConfirmationsPerDay"):
        assert int(PARAMETERS[name]) >= 100 * template()["Parameters"][name]["Default"]

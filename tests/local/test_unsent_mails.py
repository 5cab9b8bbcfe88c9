"""The terminal of the local stack reports each unsent mail once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from functions.send_confirmation import app
from local.adapt import PARAMETERS
from local.unsent_mails import _EXPLANATIONS, UnsentMailReporter
from tests.support.template import template


@pytest.mark.threat(
    "A1",
    "A cap holds back a developer's confirmation mail, and nothing reports it.",
    "The caps of the local stack are high, and its terminal reports each mail that waits or is not sent.",
)
@pytest.mark.parametrize("message", _EXPLANATIONS)
def test_the_log_line_of_an_unsent_mail_is_reported_once(tmp_path: Path, message: str) -> None:
    texts: list[str] = []
    log = tmp_path / "emulator.log"
    log.write_text("2026-11-27 INFO [ministack] Ready\n{not JSON\n{}\n")
    reporter = UnsentMailReporter(log, texts.append)
    reporter.report()
    assert texts == []
    line = json.dumps({"level": "WARNING", "message": message})
    with log.open("a") as file:
        file.write(line[:10])
    reporter.report()
    assert texts == [], "the line is not complete"
    with log.open("a") as file:
        file.write(line[10:] + "\n")
    reporter.report()
    reporter.report()
    assert texts == [_EXPLANATIONS[message]]


@pytest.mark.parametrize("message", _EXPLANATIONS)
def test_the_function_logs_these_messages(message: str) -> None:
    assert f'"{message}"' in Path(app.__file__).read_text()


def test_the_caps_of_the_local_stack_are_high() -> None:
    for name in ("ConfirmationsPerNetwork", "KeyMailsPerDay", "ConfirmationsPerDay"):
        assert int(PARAMETERS[name]) >= 100 * template()["Parameters"][name]["Default"]

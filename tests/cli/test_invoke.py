"""`heed invoke`, against Lambda's own interface before the real handlers."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Heed
from tests.support.deployment import ROOT, World

EVENT = ROOT / "events" / "feedback-sqs-raw-bounce.json"


def test_an_event_reaches_the_function_and_its_answer_is_printed(
    heed: Heed, local: Path, world: World
) -> None:
    ended = heed("invoke", "feedback", str(EVENT))

    assert (ended.code, ended.err) == (0, "")
    assert ended.json == {"batchItemFailures": []}
    assert len(world.items()) == 1


def test_an_event_may_come_from_standard_input(heed: Heed, local: Path, world: World) -> None:
    ended = heed("invoke", "feedback", "-", "--json", stdin=EVENT.read_bytes())

    assert ended.out == '{"batchItemFailures": []}\n'


def test_a_function_that_raises_is_a_failure(heed: Heed, local: Path) -> None:
    ended = heed("invoke", "platform", "-", stdin="{}")

    assert ended.code == 3
    assert "errorType" in ended.json
    assert ended.err == "heed: the function raised: its log says where\n"


def test_an_unknown_function_is_answered_with_those_there_are(heed: Heed, local: Path) -> None:
    ended = heed("invoke", "nonsense", str(EVENT))

    assert ended.code == 2
    assert "agents, feedback, platform" in ended.err


def test_a_deployed_stacks_functions_have_the_names_of_the_local_one(heed: Heed, stack: str) -> None:
    ended = heed("invoke", "nonsense", str(EVENT), "--stack", stack)

    assert (ended.code, "opt-out-retry" in ended.err) == (2, True)


def test_an_event_that_is_not_there_or_no_json_is_wrong_usage(
    heed: Heed, local: Path, tmp_path: Path
) -> None:
    assert heed("invoke", "feedback", str(tmp_path / "none.json")).code == 2
    assert heed("invoke", "feedback", "-", stdin="{").code == 2

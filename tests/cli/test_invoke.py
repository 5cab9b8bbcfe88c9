"""`heed invoke` through Lambda's API, with the real handlers."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Heed
from tests.support.deployment import ROOT, World

EVENT = ROOT / "events" / "feedback-sqs-raw-bounce.json"


def test_an_event_reaches_the_function_and_its_answer_is_printed(
    heed: Heed, local: Path, world: World
) -> None:
    result = heed("invoke", "feedback", str(EVENT))

    assert (result.code, result.err) == (0, "")
    assert result.json == {"batchItemFailures": []}
    assert len(world.items()) == 1


def test_an_event_may_come_from_standard_input(heed: Heed, local: Path, world: World) -> None:
    result = heed("invoke", "feedback", "-", "--json", stdin=EVENT.read_bytes())

    assert result.out == '{"batchItemFailures": []}\n'


def test_a_function_that_raises_an_error_is_a_failure(heed: Heed, local: Path) -> None:
    result = heed("invoke", "platform", "-", stdin="{}")

    assert result.code == 3
    assert "errorType" in result.json
    assert result.err == "heed: the function raised an error: see the log of the function\n"


def test_an_unknown_function_is_answered_with_the_known_ones(heed: Heed, local: Path) -> None:
    result = heed("invoke", "nonsense", str(EVENT))

    assert result.code == 2
    assert "agents, feedback, platform" in result.err


def test_functions_of_a_deployed_stack_have_the_same_short_names(heed: Heed, stack: str) -> None:
    result = heed("invoke", "nonsense", str(EVENT), "--stack", stack)

    assert (result.code, "opt-out-retry" in result.err) == (2, True)


def test_a_missing_or_malformed_event_is_wrong_usage(heed: Heed, local: Path, tmp_path: Path) -> None:
    assert heed("invoke", "feedback", str(tmp_path / "none.json")).code == 2
    assert heed("invoke", "feedback", "-", stdin="{").code == 2

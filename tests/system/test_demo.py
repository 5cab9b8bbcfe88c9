"""`make demo`: after some weeks of invented people, nothing that an officer looks at is empty."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.demo.people import invent_people
from tests.system.running import PATIENCE, Running, free_ports

pytestmark = pytest.mark.system

PEOPLE, WEEKS = 20, 5


class DemoStack:
    """A stack after its demo: what the command and the API say about it."""

    def __init__(self, stack: dict[str, Any], folder: Path) -> None:
        self._stack = stack
        self._folder = folder
        (folder / ".local").mkdir(exist_ok=True)
        (folder / ".local" / "stack.json").write_text(json.dumps(stack))

    def heed(self, *arguments: str) -> Any:
        """Returns what the command prints. Its exit code may tell of an opt-out that took too long."""
        process = subprocess.run(
            [Path(sys.executable).with_name("heed"), *arguments, "--json"],
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert process.returncode in (0, 1), process.stderr
        return json.loads(process.stdout)

    def post(self, path: str, body: object) -> Any:
        key = {"authorization": f"Bearer {self._stack['api_key']}"}
        answer = httpx.post(f"{self._stack['api']}{path}", json=body, headers=key, timeout=PATIENCE)
        return answer.raise_for_status().json()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoStack]:
    folder = tmp_path_factory.mktemp("demo")
    options = ["--demo", "--people", str(PEOPLE), "--weeks", str(WEEKS)]
    running = Running(folder / "stack", *free_ports(2), demo=options)
    try:
        yield DemoStack(running.wait_until_ready(), folder)
    finally:
        running.stop()


def days_ago(days: int) -> str:
    """Returns a time as the API writes it."""
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def test_the_ledger_is_whole_and_each_past_day_is_sealed(demo: DemoStack) -> None:
    verified = demo.heed("ledger", "verify")

    assert verified["whole"], verified
    assert verified["entries"] >= PEOPLE
    assert verified["days_sealed"] >= 7 * WEEKS - 1


def test_people_stopped_mail_in_many_ways_and_each_law_has_its_figures(demo: DemoStack) -> None:
    deadlines = demo.heed("report", "deadlines")

    assert {"one-click", "phone", "letter", "mailbox"} <= set(deadlines["sources"])
    assert deadlines["unreadable"] == 0


def test_cases_wait_and_one_of_them_is_overdue(demo: DemoStack) -> None:
    cases = demo.heed("case", "list")["cases"]

    assert {case["kind"] for case in cases} == {
        *("access", "child-report", "complaint", "erasure", "opt-out-doubtful", "other")
    }
    overdue, *later = [case["due_at"] for case in cases]
    assert overdue < days_ago(0) < later[0]
    assert later[0] < days_ago(-1)


def test_disclosures_go_back_to_the_first_week(demo: DemoStack) -> None:
    disclosures = demo.heed("disclosed")["disclosures"]

    assert {"lookup", "suppressions", "case", "import", "scrub"} == {each["what"] for each in disclosures}
    assert disclosures[-1]["at"] < days_ago(7 * (WEEKS - 1))


def test_checks_have_answers_of_each_kind(demo: DemoStack) -> None:
    addresses = [person.address for person in invent_people(PEOPLE)]
    results = demo.post("/v1/check", {"topic": "offers", "addresses": addresses})["results"]

    assert {"ok", "unsubscribed", "topic_unsubscribed"} <= {result["reason"] for result in results}


def test_the_stack_goes_on_in_the_present(demo: DemoStack) -> None:
    change = {"address": "later@example.com", "scope": "*", "state": "out", "source": "phone"}
    demo.post("/v1/changes", change)

    found = demo.post("/v1/recipients/lookup", {"address": "later@example.com"})

    (register,) = found["registers"]
    assert abs(datetime.fromisoformat(register["at"]).timestamp() - time.time()) < PATIENCE

"""A snapshot on the local stack: the emulator runs the state machine and signs, and the command verifies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from heed.snapshot.reader import Snapshot
from tests.system.conftest import Heed
from tests.system.running import PATIENCE

pytestmark = pytest.mark.system

Stack = dict[str, Any]
ADDRESSES = [f"snapshot.{number}@example.com" for number in range(300)]


def call(stack: Stack, path: str, body: object) -> Any:
    key = {"authorization": f"Bearer {stack['api_key']}"}
    answer = httpx.post(f"{stack['api']}{path}", json=body, headers=key, timeout=PATIENCE)
    return answer.raise_for_status().json()


def test_a_snapshot_of_the_local_stack_answers_as_its_check_does(
    stack: Stack, heed: Heed, tmp_path: Path
) -> None:
    scopes = ("*", "offers", "news")
    changes = [
        {"address": address, "scope": scopes[number % 3], "state": "out", "source": "phone"}
        for number, address in enumerate(ADDRESSES[:200])
    ]
    for start in range(0, len(changes), 100):
        call(stack, "/v1/changes", {"changes": changes[start : start + 100]})

    made = heed("snapshot", "--purpose", "sending", "-o", "today.heedsnap")

    assert made.returncode == 0, made.stderr
    snapshot = Snapshot.open(tmp_path / "today.heedsnap", f"{stack['api']}/.well-known/heed-keys.json")
    for topic in ("offers", "news"):
        checked = call(stack, "/v1/check", {"topic": topic, "addresses": ADDRESSES})["results"]
        answers = [snapshot.may_send(result["recipient"], topic) for result in checked]
        assert answers == ["yes" if result["sendable"] else "no" for result in checked]

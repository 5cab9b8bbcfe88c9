"""A snapshot on the local stack: the emulator runs the state machine and signs, and the readers verify."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from heed.snapshot.reader import Snapshot
from tests.support.javascript import install_client, run_module
from tests.system.conftest import Heed
from tests.system.running import PATIENCE

pytestmark = pytest.mark.system

Stack = dict[str, Any]
ADDRESSES = [f"snapshot.{number}@example.com" for number in range(300)]
_READ = """
import { readFileSync } from "node:fs";
import { Snapshot } from "heed-client";

const { keys, requested } = JSON.parse(readFileSync(0, "utf8"));
const snapshot = await Snapshot.open(readFileSync("today.heedsnap"), keys);
console.log(JSON.stringify(requested.map(([recipient, topic]) => snapshot.maySend(recipient, topic))));
"""


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
    keys = f"{stack['api']}/.well-known/heed-keys.json"
    snapshot = Snapshot.open(tmp_path / "today.heedsnap", keys)
    requested, expected = [], []
    for topic in ("offers", "news"):
        for result in call(stack, "/v1/check", {"topic": topic, "addresses": ADDRESSES})["results"]:
            requested.append((result["recipient"], topic))
            expected.append("yes" if result["sendable"] else "no")

    assert [snapshot.may_send(*each) for each in requested] == expected
    install_client(tmp_path)
    read = run_module(_READ, folder=tmp_path, content=json.dumps({"keys": keys, "requested": requested}))
    assert json.loads(read) == expected

"""docs/leaving.md: what Heed knows becomes a file for the next system."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Heed
from tests.cli.server import ApiServer

PROGRAM = Path(__file__).parents[2] / "docs" / "examples" / "leave.py"
WHO = ("--source", "phone", "--reference", "call 7")


def leave(server: ApiServer, key: str, ids: str) -> list[dict[str, str]]:
    """Returns the rows that the example prints."""
    done = subprocess.run(
        [sys.executable, PROGRAM, server.url, ids],
        env={**os.environ, "HEED_API_KEY": key},  # noqa: TID251 - of a process that the test starts
        capture_output=True,
        text=True,
        check=True,
    )
    return list(csv.DictReader(done.stdout.splitlines()))


@pytest.mark.usefixtures("local")
def test_the_example_prints_each_active_suppression_with_the_address(
    heed: Heed, server: ApiServer, api_key: str, tmp_path: Path
) -> None:
    for address, scope, choice in (
        ("joan@example.com", "*", "--out"),
        ("lee@example.com", "offers", "--out"),
        ("kim@example.com", "offers", "--out"),
        ("ari@example.com", "offers", "--out"),
        ("ari@example.com", "offers", "--in"),
    ):
        assert heed("change", address, "--scope", scope, choice, *WHO).code == 0
    printed = heed("ids", "--json", stdin="Joan@Example.com\nlee@example.com\nnobody\nmax@example.com\n")
    ids = tmp_path / "ids.jsonl"
    ids.write_text(printed.out)

    rows = leave(server, api_key, str(ids))

    known = [(row["address"], row["reason"], row["scope"]) for row in rows if row["address"]]
    assert sorted(known) == [
        ("Joan@Example.com", "unsubscribed", "*"),
        ("lee@example.com", "topic_unsubscribed", "offers"),
    ]
    (unknown,) = (row for row in rows if not row["address"])
    assert (len(unknown["recipient"]), unknown["scope"], unknown["source"]) == (26, "offers", "phone")


def test_an_entry_of_a_later_page_replaces_an_earlier_one(
    server: ApiServer, api_key: str, tmp_path: Path
) -> None:
    (tmp_path / "ids.jsonl").write_text("")
    page = {"cursor": "first/page", "end": False, "suppressions": [entry("a"), entry("b")]}
    last = {"cursor": "last", "end": True, "suppressions": [entry("a", state="lifted")]}
    server.canned_answers += [(200, {}, json.dumps(each).encode()) for each in (page, last)]

    rows = leave(server, api_key, str(tmp_path / "ids.jsonl"))

    assert [row["recipient"] for row in rows] == ["b" * 26]
    assert rows[0]["except"] == "offers news"
    assert [path.partition("?")[2] for _, path, _ in server.requests] == [
        "limit=1000",
        "limit=1000&cursor=first%2Fpage",
    ]


def entry(letter: str, state: str = "standing") -> dict[str, object]:
    kept = {"reason": "paused", "scope": "meridian", "except": ["offers", "news"], "state": state}
    return {"recipient": letter * 26, "since": None, "source": "link", "until": None, **kept}

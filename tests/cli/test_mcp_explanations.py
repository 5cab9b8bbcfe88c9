"""The texts with which `heed mcp` explains words are those of the documents."""

from __future__ import annotations

import json

from heed.entrypoints.cli.mcp.explanations import find_explanations, suggest_words
from tests.explanations import FILE, make_explanations
from tests.support.deployment import ROOT


def test_the_texts_are_those_of_the_documents() -> None:
    assert FILE.read_text("utf-8") == make_explanations(), "run: python -m tests.explanations"


def test_every_error_alarm_and_term_of_the_documents_is_found_by_its_name() -> None:
    rows = json.loads(FILE.read_text("utf-8"))
    alarms = (ROOT / "docs" / "reference" / "alarms.md").read_text("utf-8").count("\n### Alarm: ")
    assert sum(row["kind"] == "alarm" for row in rows) == alarms
    assert {row["kind"] for row in rows} == {"error", "job-error", "alarm", "term"}
    for row in rows:
        for name in row["name"].split(", "):
            assert any(tuple(row.values()) == tuple(found) for found in find_explanations(name)), name
        assert row["text"] and "](" not in row["text"]


def test_a_word_with_several_meanings_has_all_of_them() -> None:
    assert {found.kind for found in find_explanations("hold")} == {"reason", "term"}
    assert len([found for found in find_explanations("snapshot") if found.kind == "term"]) == 2


def test_words_that_are_near_are_suggested() -> None:
    assert suggest_words("no consnet")[0] == "no_consent"
    assert "ledger age" in suggest_words("ledger")
    assert suggest_words("") == []
    assert suggest_words("xyzzyx") == []

"""`heed retention`: the retention table of the code, for people, for programs and as a document."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from heed.domain.privacy.retention import CERTIFICATE_DAYS
from heed.entrypoints.cli.retention_rules import DEFAULT_MINOR_DAYS, RETENTION_RULES
from tests.cli.conftest import Heed

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "retention.md"


def test_the_document_has_the_table_of_the_page_and_the_version(heed: Heed) -> None:
    shown = heed("retention", "--markdown")
    title, *lines = shown.out.splitlines()
    assert (shown.code, shown.err) == (0, "")
    assert title.startswith("# ") and f"Heed {version('heed')} keeps" in shown.out
    table = [line for line in lines if line.startswith("|")]
    assert table == [line for line in PAGE.read_text().splitlines() if line.startswith("|")]


def test_the_document_has_the_period_of_the_stack_for_minors(heed: Heed) -> None:
    text = heed("retention", "--markdown", "--minor-days", "3653").out
    assert text.count("3,653 days") == 2
    assert f"{DEFAULT_MINOR_DAYS:,}" not in text


def test_a_person_sees_a_table(heed: Heed) -> None:
    header, *rows = heed("retention").out.splitlines()
    assert header.split() == ["RECORD", "STORE", "PURPOSE", "HOW", "LONG", "WHAT", "ENDS", "IT"]
    assert len(rows) == len(RETENTION_RULES)


def test_a_program_gets_the_days_as_numbers(heed: Heed) -> None:
    rules = {rule["record"]: rule for rule in json.loads(heed("retention", "--json").out)["retention"]}
    assert rules["Certificate of a purge"]["days"] == CERTIFICATE_DAYS
    assert rules["Choices and suppressions"] == {
        "record": "Choices and suppressions",
        "store": "PreferencesTable",
        "purpose": "to honour them: an opt-out has no end (15 USC 7704)",
        "days": None,
        "end": "never",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--markdown", "--json"), "exclude each other"),
        (("--minor-days", "44"), "45"),
        (("--stack", "heed"), "asks no stack"),
    ],
)
def test_wrong_usage_is_refused(heed: Heed, arguments: tuple[str, ...], message: str) -> None:
    refused = heed("retention", *arguments)
    assert (refused.code, refused.out) == (2, "")
    assert message in refused.err

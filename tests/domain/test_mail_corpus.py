"""The labelled mails of tests/data/mails have valid labels, and their two parts are not alike."""

from __future__ import annotations

import email
import email.policy
import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

MAILS = Path(__file__).parents[1] / "data" / "mails"
INTENTS = {
    "opt-out", "opt-in", "child-report", "erasure", "access", "complaint", "question", "auto-reply", "other",
}  # fmt: skip
TOPICS = {None, "offers", "news", "events", "research"}
KINDS = {"bounce", "delay", "complaint-report", "not-spam-report", "read-receipt", "auto-reply"}
PARTS = {"dev": 381, "held-out": 80}
ALIKE = 0.6
"""The smallest share of common groups of five characters of two mails that are too much alike."""


def load(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (MAILS / name).read_text("utf-8").splitlines()]


def groups_of_five(mail: dict[str, Any]) -> set[str]:
    text = " ".join(f"{mail['subject']} {mail['text']}".lower().split())
    return {text[start : start + 5] for start in range(max(len(text) - 4, 1))}


@pytest.mark.parametrize(("part", "size"), PARTS.items())
def test_a_part_has_the_same_number_of_mails_in_each_language(part: str, size: int) -> None:
    count = Counter(mail["language"] for mail in load(f"corpus-{part}.jsonl"))
    assert count == dict.fromkeys(("en", "de", "fr", "es", "ja"), size)


def test_the_held_out_part_has_at_least_200_opt_outs_without_doubt() -> None:
    mails = load("corpus-held-out.jsonl")
    assert sum(mail["intent"] == "opt-out" and not mail["doubtful"] for mail in mails) >= 200


def test_each_mail_has_its_own_id_and_known_labels() -> None:
    mails = [mail for part in PARTS for mail in load(f"corpus-{part}.jsonl")]
    assert len({mail["id"] for mail in mails}) == len(mails)
    assert [mail["id"] for mail in mails if not mail["subject"] + mail["text"]] == []
    assert {mail["intent"] for mail in mails} == INTENTS
    assert {mail.get("topic") for mail in mails} == TOPICS
    assert [mail["id"] for mail in mails if "topic" in mail and mail["intent"] != "opt-out"] == []
    assert {type(mail["doubtful"]) for mail in mails} == {bool}


def test_no_mail_of_the_held_out_part_is_like_a_mail_that_the_rules_were_tuned_with() -> None:
    known = [(mail, groups_of_five(mail)) for mail in load("corpus-dev.jsonl")]
    new = [(mail, groups_of_five(mail)) for mail in load("corpus-held-out.jsonl")]
    alike = [
        (mail["id"], other["id"])
        for (mail, groups), (other, others) in itertools.product(new, known)
        if mail["language"] == other["language"] and len(groups & others) > ALIKE * len(groups | others)
    ]
    assert alike == []


def test_each_automatic_mail_is_in_the_index_and_can_be_parsed() -> None:
    index = load("automatic/index.jsonl")
    files = sorted((MAILS / "automatic").glob("*.eml"))
    assert {line["file"] for line in index} == {file.name for file in files}
    assert len(files) >= 60
    assert {line["kind"] for line in index} == KINDS
    for file in files:
        mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        assert [part.defects for part in mail.walk() if part.defects] == [], file.name

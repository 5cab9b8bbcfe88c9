"""The hints of a link: which texts are refs, and how they become evidence."""

from __future__ import annotations

import pytest

from heed.domain.links.link_hints import parse_ref
from heed.domain.preferences.evidence import make_evidence, ref_of_evidence
from tests.vectors import tokens


@pytest.mark.parametrize(
    "text",
    [
        "4711",
        "x",
        "_-.",
        "customer.4711_A-b",
        "0b6c4c5e-8d39-4ad5-9a45-62f7a3d51c0e",
        "6651f0a2c9e77b0012ab34cd",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "1" * 39,
    ],
)
def test_an_id_of_a_platform_is_a_ref_and_stays_as_it_is_in_evidence(text: str) -> None:
    assert parse_ref(text) == text
    assert ref_of_evidence(make_evidence(ref=parse_ref(text), key=1)) == text


@pytest.mark.parametrize(
    "text", ["", "a b", "joan@example.com", "joan%40example.com", "é", "a/b", "a\n", "x" * 65, '"', "<b>"]
)
def test_any_other_text_is_no_ref(text: str) -> None:
    assert parse_ref(text) == ""


@pytest.mark.parametrize("vector", tokens.accepted, ids=lambda v: f"{v['purpose']}-{v['scope']}")
def test_a_token_is_no_ref(vector: dict[str, str]) -> None:
    assert parse_ref(vector["token"]) == parse_ref(vector["token"][:50]) == ""


def test_an_api_key_is_no_ref() -> None:
    assert parse_ref("heed_" + "aB3_" * 12) == ""


def test_evidence_without_a_ref_has_none_and_free_text_cannot_imitate_it() -> None:
    assert make_evidence(key=1) == '{"key":1}'
    assert ref_of_evidence(make_evidence(note='","ref":"forged"')) == ""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.evidence import MAX_TEXT, evidence, scrub
from tests.vectors import addresses, tokens

TEXTS = st.text(max_size=300)


@pytest.mark.parametrize("vector", addresses.accepted, ids=lambda vector: vector["why"])
def test_no_address_stays_in_a_text(vector: dict[str, str]) -> None:
    for text in (
        vector["input"],
        f"caller {vector['input']}, by phone",
        f"({vector['normalised']})",
    ):
        kept = scrub(text)
        assert vector["normalised"] not in kept
        assert "@" not in kept


@pytest.mark.parametrize(
    "text",
    [
        "john.smith @ example.com",
        "john.smith@ example.com",
        "john.smith\n@\texample.com",
        "john.smith%40example.com",
        "john.smith＠example.com",
        "<john.smith@example.com>;john.smith@example.com",
        "mailto:john.smith@example.com?subject=x",
    ],
)
def test_an_address_written_loosely_goes_too(text: str) -> None:
    kept = scrub(f"note {text} end")
    assert "john.smith" not in kept
    assert "example.com" not in kept


@pytest.mark.parametrize("vector", tokens.accepted, ids=lambda v: f"{v['purpose']}-{v['scope']}")
def test_no_token_stays_in_a_text(vector: dict[str, str]) -> None:
    token = vector["token"]
    kept = scrub(f"https://example.com/u/{token} or u+{token}@example.com")
    assert token[:20] not in kept


@pytest.mark.parametrize("length", range(MAX_TEXT - 40, MAX_TEXT + 40, 7))
@pytest.mark.parametrize("before", ["x ", "a@b.example "])
def test_cutting_never_leaves_half_an_address(length: int, before: str) -> None:
    text = (before * 200)[:length] + "john.smith@example.com" + " y" * 5000
    assert "john.s" not in scrub(text)
    for start in range(900, 1100, 3):
        assert "john.s" not in scrub(
            (before * 600)[:start] + " john.smith@example.com" + " y" * 5000
        )


@given(TEXTS)
def test_a_text_is_short_has_no_at_sign_and_can_be_stored(text: str) -> None:
    kept = scrub(text)
    assert len(kept) <= MAX_TEXT
    assert not re.search("[@＠]", kept)
    kept.encode()


def test_half_a_character_can_be_stored_all_the_same() -> None:
    evidence(reference="\ud800 by phone").encode()


@pytest.mark.parametrize(
    "unit", ["a", "a ", "@", "a@", "a@ ", "%", "%4", " ", "\n", "＠", "-_", "a" * 49 + " "]
)
def test_a_megabyte_of_malice_returns_at_once(unit: str) -> None:
    assert len(scrub(unit * (1_000_000 // len(unit)))) <= MAX_TEXT


def test_the_same_event_gives_the_same_text() -> None:
    assert evidence(b="x", a=1, c=None) == evidence(a=1, b="x") == '{"a":1,"b":"x"}'


@given(
    st.dictionaries(
        st.from_regex("[a-z]{1,8}", fullmatch=True), st.one_of(TEXTS, st.integers(), st.none())
    )
)
def test_evidence_is_json_that_says_what_is_known(parts: dict[str, str | int | None]) -> None:
    said = json.loads(evidence(**parts))
    assert said.keys() == {name for name, part in parts.items() if part is not None}

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.preferences.evidence import MAX_EVIDENCE_TEXT, make_evidence, scrub_text
from tests.vectors import addresses, tokens

TEXTS = st.text(max_size=300)


@pytest.mark.parametrize("vector", addresses.accepted, ids=lambda vector: vector["why"])
def test_scrubbing_removes_an_address(vector: dict[str, str]) -> None:
    for text in (
        vector["input"],
        f"caller {vector['input']}, by phone",
        f"({vector['normalised']})",
    ):
        scrubbed = scrub_text(text)
        assert vector["normalised"] not in scrubbed
        assert "@" not in scrubbed


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
        "john.smith\ufe6bexample.com",
        "john.smith&#64;example.com",
        "john.smith&#x40;example.com",
        "john.smith&#0064example.com",
        "john.smith&amp;#64;example.com",
        "john.smith&commat;example.com",
        "john.smith=40example.com",
        "john.smith%2540example.com",
        "john.smith\\u0040example.com",
        "john.smith\\x40example.com",
        "john.smith\\u{40}example.com",
        "john.smith(at)example.com",
        "john.smith (at) example.com",
        "john.smith [ AT ] example.com",
        "john.smith{at}example.com",
        "john.smith<at>example.com",
        "john.smith<@>example.com",
        "john.smith<@example.com>",
        "john.smith(@)example.com",
        "john.smith [\uff20] example.com",
    ],
)
def test_scrubbing_removes_an_address_in_a_loose_spelling(text: str) -> None:
    scrubbed = scrub_text(f"note {text} end")
    assert "john.smith" not in scrubbed
    assert "example.com" not in scrubbed


@pytest.mark.parametrize("vector", tokens.accepted, ids=lambda v: f"{v['purpose']}-{v['scope']}")
def test_scrubbing_removes_a_token(vector: dict[str, str]) -> None:
    token = vector["token"]
    scrubbed = scrub_text(f"https://example.com/u/{token} or u+{token}@example.com")
    assert token[:20] not in scrubbed


@pytest.mark.threat(
    "W17",
    "A note contains an address, a link's token or an API key in an unusual spelling.",
    "All spellings of an @, API keys and split tokens are recognised by their format and removed.",
)
@pytest.mark.parametrize("between", [" ", "\n", "=\r\n", "\n> ", "\u00ad", "\u200b", "  "], ids=ascii)
@pytest.mark.parametrize("at", [4, 9, 20, 30, 40])
def test_scrubbing_removes_api_keys_and_split_tokens(between: str, at: int) -> None:
    key = "heed_Ab3" + "dE5-g_7h" * 5
    for secret in (
        key,
        *(vector["token"] for vector in tokens.accepted if len(vector["token"]) == 54),
    ):
        assert secret not in scrub_text(f"note {secret}, sent")
        scrubbed = scrub_text(f"note {secret[:at]}{between}{secret[at:]}, sent")
        assert max(map(len, re.split(r"[^A-Za-z0-9_-]", scrubbed))) < 20
        assert scrubbed.startswith("note ")
        assert scrubbed.endswith(", sent")


@pytest.mark.parametrize(
    "text",
    [
        "called at 10.30, again at 11.45; wants no mail any more from any of our brands, please confirm",
        "case 2026-0815-77, scan 0042 of 0099, room 5=40",
        "Internationalisation and unsubscription were misunderstood throughout the correspondence",
    ],
)
def test_a_note_without_an_address_stays_as_it_is(text: str) -> None:
    assert scrub_text(text) == text


@pytest.mark.parametrize("length", range(MAX_EVIDENCE_TEXT - 40, MAX_EVIDENCE_TEXT + 40, 7))
@pytest.mark.parametrize("before", ["x ", "a@b.example "])
def test_a_cut_text_never_ends_with_part_of_an_address(length: int, before: str) -> None:
    text = (before * 200)[:length] + "john.smith@example.com" + " y" * 5000
    assert "john.s" not in scrub_text(text)
    for start in range(900, 1100, 3):
        assert "john.s" not in scrub_text((before * 600)[:start] + " john.smith@example.com" + " y" * 5000)


@given(TEXTS)
def test_a_scrubbed_text_is_short_has_no_at_sign_and_can_be_stored(text: str) -> None:
    scrubbed = scrub_text(text)
    assert len(scrubbed) <= MAX_EVIDENCE_TEXT
    assert not re.search("[@＠﹫]", scrubbed)
    scrubbed.encode()


def test_a_text_with_a_lone_surrogate_can_be_stored() -> None:
    make_evidence(reference="\ud800 by phone").encode()


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "a",
            "a ",
            "@",
            "a@",
            "a@ ",
            "%",
            "%4",
            " ",
            "\n",
            "＠",
            "-_",
            "a" * 49 + " ",
            "(at ",
            "&amp;",
        ),
        *("%25", "\\u{0", "aB3dE6 ", "=40a", "_", "a_ ", "A" * 40, "<(@)>"),
    ],
)
def test_a_hostile_megabyte_is_scrubbed_quickly(unit: str) -> None:
    assert len(scrub_text(unit * (1_000_000 // len(unit)))) <= MAX_EVIDENCE_TEXT


def test_the_same_event_gives_the_same_text() -> None:
    assert make_evidence(b="x", a=1, c=None) == make_evidence(a=1, b="x") == '{"a":1,"b":"x"}'


@given(
    st.dictionaries(st.from_regex("[a-z]{1,8}", fullmatch=True), st.one_of(TEXTS, st.integers(), st.none()))
)
def test_evidence_is_json_with_the_known_parts(parts: dict[str, str | int | None]) -> None:
    document = json.loads(make_evidence(**parts))
    assert document.keys() == {name for name, part in parts.items() if part is not None}

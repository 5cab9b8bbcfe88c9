from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import InvalidRecipient
from heed.domain.recipients import recipient as recipients
from heed.domain.recipients.recipient import (
    parse_recipient,
    recipient_from_bytes,
    recipient_id,
    recipient_to_bytes,
    snapshot_key,
)
from tests.support.strategies import recipients as raw_recipients
from tests.vectors import addresses

KEY = bytes.fromhex(addresses.identity_key)


@pytest.mark.parametrize("vector", addresses.accepted, ids=lambda vector: vector["why"])
def test_the_published_vectors_are_correct(vector: dict[str, str]) -> None:
    assert recipient_id(KEY, vector["normalised"]) == vector["recipient"]
    assert recipient_to_bytes(vector["recipient"]).hex() == vector["hex"]


@pytest.mark.parametrize("vector", addresses.accepted[:3], ids=lambda vector: vector["why"])
def test_an_id_is_read_as_base32_or_hex_in_any_case(vector: dict[str, str]) -> None:
    for text in (vector["recipient"], vector["hex"]):
        assert parse_recipient(text) == parse_recipient(text.upper()) == vector["recipient"]


@given(raw_recipients)
def test_bytes_and_text_of_an_id_convert_into_each_other(raw: bytes) -> None:
    text = recipient_from_bytes(raw)
    assert len(text) == 26
    assert recipient_to_bytes(text) == raw
    assert parse_recipient(text) == parse_recipient(raw.hex()) == text


@given(raw_recipients)
def test_a_snapshot_knows_an_id_by_its_first_8_bytes(raw: bytes) -> None:
    assert snapshot_key(recipient_from_bytes(raw)) == int.from_bytes(raw[:8], "big")


@pytest.mark.parametrize("text", ["", "a" * 25, "a" * 27, "A" * 26, "1" * 26, "a" * 25 + "\n", "00" * 16])
def test_a_snapshot_has_no_key_for_another_text(text: str) -> None:
    with pytest.raises(InvalidRecipient):
        snapshot_key(text)


def test_a_different_key_makes_different_ids() -> None:
    assert recipient_id(KEY, "a@example.com") != recipient_id(KEY[::-1], "a@example.com")


@given(raw_recipients, st.sampled_from("bcdefghijkmn234567"))
def test_an_id_whose_unused_bits_are_not_zero_is_refused(raw: bytes, last: str) -> None:
    text = recipient_from_bytes(raw)
    if last not in "aeimquy4":
        with pytest.raises(InvalidRecipient):
            parse_recipient(text[:-1] + last)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a" * 25,
        "a" * 27,
        "a" * 31,
        "f" * 33,
        "1" * 26,
        "g" * 32,
        "a" * 25 + " ",
        " " + "a" * 26,
        "a" * 26 + "\n",
        "f" * 32 + "\n",
        "\u212a" + "a" * 25,  # a Kelvin sign, whose lower case is a k
        "\u0661" * 32,  # Arabic digits
        "é" * 26,
        "\ud800" * 26,
        "someone@example.com",
    ],
    ids=ascii,
)
def test_a_text_that_is_not_an_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecipient):
        parse_recipient(text)


@pytest.mark.parametrize("text", ["", "aa", "a" * 24, "a" * 32, "!" * 26, "é" * 26])
def test_a_text_that_does_not_decode_to_16_bytes_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecipient):
        recipients.recipient_to_bytes(text)

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brand_compiler.catalogue import MAX_TOPICS
from heed.domain.errors import InvalidToken
from heed.domain.links.link_token import LinkToken, TokenPurpose
from heed.domain.links.link_token import mint_link_token as mint_link
from heed.domain.links.link_token import verify_link_token as verify_link
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import (
    CONFIRMATION_LIFETIME,
    MAX_CONFIRMATION_LENGTH,
    ConfirmationToken,
    Intent,
    hours_waited,
    mint_confirmation_token,
    verify_confirmation_token,
)
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients.recipient import recipient_from_bytes
from tests.support.registers import scope_numbers
from tests.support.strategies import recipients

KEY, OTHER = b"k" * 32, b"o" * 32
MINUTE = 60 * 1000
HOUR = Millis(60 * MINUTE)


def _token(
    who: bytes, intent: Intent, scopes: list[int], at: Millis, encrypted_address: bytes, delay: Millis
) -> ConfirmationToken:
    recipient, hours = recipient_from_bytes(who), hours_waited(Millis(0), delay)
    return ConfirmationToken(
        recipient, intent, scope_numbers(*scopes), at, encrypted_address, delay_hours=hours
    )


confirmations = st.builds(
    _token,
    recipients,
    st.sampled_from(Intent),
    st.lists(st.integers(0, 65535), max_size=40),
    st.integers(0, 2**48),
    st.binary(max_size=420),
    st.integers(0, 9 * 24 * 60 * 60 * 1000),
)


def keys(key_id: int) -> bytes:
    if key_id != 1:
        raise InvalidToken("unknown key")
    return KEY


@given(confirmations)
def test_a_minted_token_verifies_with_the_same_content(token: ConfirmationToken) -> None:
    assert verify_confirmation_token(mint_confirmation_token(token, KEY), keys) == token


@pytest.mark.parametrize("intent", Intent)
@pytest.mark.parametrize("count", [0, 255, 256, 257, MAX_TOPICS])
def test_a_token_fits_all_topics_that_a_brand_may_have(count: int, intent: Intent) -> None:
    token = ConfirmationToken(
        recipient="a" * 26,
        intent=intent,
        scopes=scope_numbers(*range(count)),
        resume=scope_numbers(*range(count + 101)),  # all marketing, 100 brands, each topic
        requested_at=Millis(1),
        encrypted_address=b"s" * 420,
    )

    assert verify_confirmation_token(mint_confirmation_token(token, KEY), keys) == token
    assert len(mint_confirmation_token(token, KEY)) < MAX_CONFIRMATION_LENGTH - 200


@given(st.integers(0, 2**48), st.integers(0, 9 * 24 * HOUR - 1))
def test_a_link_is_valid_for_48_hours_from_its_mail_after_any_wait(requested_at: Millis, waited: int) -> None:
    token = ConfirmationToken(
        "a" * 26,
        Intent.IN,
        scope_numbers(2),
        requested_at,
        delay_hours=hours_waited(requested_at, Millis(requested_at + waited)),
    )
    verified = verify_confirmation_token(mint_confirmation_token(token, KEY), keys)
    sent_at = requested_at + waited
    assert not verified.is_expired(
        Millis(max(sent_at + CONFIRMATION_LIFETIME - MINUTE, requested_at + CONFIRMATION_LIFETIME - 1))
    )
    assert verified.delay_hours == 0 or not verified.is_expired(Millis(sent_at + CONFIRMATION_LIFETIME))
    longer = HOUR if waited < 49 * HOUR else 12 * HOUR
    assert verified.is_expired(Millis(sent_at + CONFIRMATION_LIFETIME + longer))


def test_a_link_whose_mail_did_not_wait_is_valid_for_exactly_48_hours() -> None:
    token = ConfirmationToken(
        "a" * 26,
        Intent.OUT,
        scope_numbers(2),
        Millis(5),
        delay_hours=hours_waited(Millis(5), Millis(5 + MINUTE - 1)),
    )
    assert (
        token.delay_hours == 0
        and token.is_expired(Millis(5 + CONFIRMATION_LIFETIME))
        and not token.is_expired(Millis(4 + CONFIRMATION_LIFETIME))
    )


@pytest.mark.parametrize(
    ("waited", "hours"),
    [
        (-HOUR, 0),  # a clock that is behind
        (MINUTE - 1, 0),
        (MINUTE, 1),
        (HOUR, 2),
        (48 * HOUR - 1, 48),
        (48 * HOUR, 49),
        (49 * HOUR, 60),
        (72 * HOUR, 84),
        (8 * 24 * HOUR, 204),
        (90 * 24 * HOUR, 216),
    ],
)
def test_the_hours_that_a_mail_waited_are_rounded_up_to_at_most_nine_days(waited: int, hours: int) -> None:
    assert hours_waited(HOUR, Millis(HOUR + waited)) == hours


@given(confirmations)
def test_a_token_is_one_path_segment_and_fits_into_a_url(token: ConfirmationToken) -> None:
    text = mint_confirmation_token(token, KEY)
    assert text.replace("-", "").replace("_", "").isalnum() and text.isascii()
    assert 54 < len(text) < 1_000


@given(confirmations, st.data())
def test_a_token_with_a_changed_byte_is_invalid(token: ConfirmationToken, data: st.DataObject) -> None:
    text = mint_confirmation_token(token, KEY)
    raw = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidToken):
        verify_confirmation_token(base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), keys)


@given(confirmations, st.data())
def test_a_token_with_a_changed_added_or_missing_character_is_invalid(
    token: ConfirmationToken, data: st.DataObject
) -> None:
    text = mint_confirmation_token(token, KEY)
    position = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("AZaz09-_=+/ \u212a\n").filter(lambda c: c != text[position]))
    for mangled in (
        text[:position] + other + text[position + 1 :],
        text[:position] + other + text[position:],
        text[:position] + text[position + 1 :],
        text[:position],
    ):
        with pytest.raises(InvalidToken):
            verify_confirmation_token(mangled, keys)


@given(confirmations, confirmations, st.data())
def test_a_splice_of_two_tokens_is_invalid(
    token: ConfirmationToken, other: ConfirmationToken, data: st.DataObject
) -> None:
    first, second = mint_confirmation_token(token, KEY), mint_confirmation_token(other, KEY)
    position = data.draw(st.integers(1, min(len(first), len(second)) - 1))
    spliced = first[:position] + second[position:]
    if spliced not in (first, second):
        with pytest.raises(InvalidToken):
            verify_confirmation_token(spliced, keys)


@given(confirmations)
def test_a_token_signed_with_another_key_is_invalid(token: ConfirmationToken) -> None:
    with pytest.raises(InvalidToken):
        verify_confirmation_token(mint_confirmation_token(token, OTHER), keys)


@given(confirmations)
def test_a_token_of_another_purpose_is_invalid_even_with_the_same_key(token: ConfirmationToken) -> None:
    link_token = LinkToken(token.recipient, ScopeNumber(0), Millis(60_000), 1)
    for purpose in TokenPurpose:
        with pytest.raises(InvalidToken):
            verify_confirmation_token(mint_link(link_token, purpose, KEY), keys)
        with pytest.raises(InvalidToken):
            verify_link(mint_confirmation_token(token, KEY), purpose, lambda *_: KEY)


@pytest.mark.parametrize(
    "text", ["", "A", "AA", "é" * 60, "\u212a" * 60, "A" * 54, "A" * MAX_CONFIRMATION_LENGTH * 2]
)
def test_a_text_that_is_not_a_token_is_refused(text: str) -> None:
    with pytest.raises(InvalidToken):
        verify_confirmation_token(text, keys)


def test_a_token_expires_after_48_hours() -> None:
    token = ConfirmationToken("a" * 26, Intent.IN, scope_numbers(2), Millis(1_000))
    assert not token.is_expired(Millis(1_000 + CONFIRMATION_LIFETIME - 1))
    assert token.is_expired(Millis(1_000 + CONFIRMATION_LIFETIME))
    assert CONFIRMATION_LIFETIME == 48 * 3_600_000

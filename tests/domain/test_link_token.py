from __future__ import annotations

import base64
import hmac
import string
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import InvalidToken
from heed.domain.links.link_token import LinkToken, TokenPurpose, mint_link_token, verify_link_token
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients.recipient import recipient_from_bytes
from tests.support.full import examples
from tests.support.strategies import recipients
from tests.vectors import tokens

URL = (TokenPurpose.UNSUBSCRIBE, TokenPurpose.PREFERENCES)
MINUTE = 60_000
PAYLOAD = 24  # bytes

link_tokens = st.builds(
    LinkToken,
    recipient=recipients.map(recipient_from_bytes),
    scope=st.integers(0, 65_535),
    issued=st.integers(0, 2**32 - 1).map(lambda minute: minute * MINUTE),
    key_id=st.integers(1, 255),
)


def key(purpose: TokenPurpose, key_id: int) -> bytes:
    label = f"{purpose.name.lower()}/{key_id}".encode()
    return hmac.digest(bytes.fromhex(tokens.links_key), label, "sha256")


def same_key(purpose: TokenPurpose, key_id: int) -> bytes:
    """Returns the same key for all purposes and ids: the worst possible deployment."""
    return bytes(32)


def minted(
    token: LinkToken, purpose: TokenPurpose, key_for: Callable[[TokenPurpose, int], bytes] = key
) -> str:
    return mint_link_token(token, purpose, key_for(purpose, token.key_id))


def verifies(text: str, purpose: TokenPurpose, key_for: Callable[[TokenPurpose, int], bytes] = key) -> bool:
    try:
        verify_link_token(text, purpose, key_for)
    except InvalidToken:
        return False
    return True


def raw(text: str, purpose: TokenPurpose) -> bytes:
    if purpose is TokenPurpose.MAILTO:
        return base64.b32decode(text.upper() + "======")
    return base64.urlsafe_b64decode(text + "==")


def text_of(data: bytes, purpose: TokenPurpose) -> str:
    if purpose is TokenPurpose.MAILTO:
        return base64.b32encode(data).rstrip(b"=").decode().lower()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


SAMPLE = LinkToken(
    recipient_from_bytes(bytes(range(100, 116))), ScopeNumber(2), Millis(29_545_032 * MINUTE), 1
)
OTHER = LinkToken(recipient_from_bytes(bytes(range(16))), ScopeNumber(7), Millis(29_000_000 * MINUTE), 2)


@pytest.mark.parametrize("vector", tokens.accepted, ids=lambda v: f"{v['purpose']}-{v['scope']}")
def test_the_published_vectors_are_correct(vector: dict[str, Any]) -> None:
    purpose = TokenPurpose[vector["purpose"].upper()]
    token = LinkToken(vector["recipient"], vector["scope"], vector["issued"], vector["key_id"])
    assert key(purpose, token.key_id).hex() == vector["key"]
    assert raw(vector["token"], purpose)[:PAYLOAD].hex() == vector["payload"]
    assert minted(token, purpose) == vector["token"]
    assert verify_link_token(vector["token"], purpose, key) == token


@pytest.mark.parametrize("vector", tokens.rejected, ids=lambda v: f"{v['purpose']}: {v['why']}")
def test_the_published_invalid_vectors_are_refused(vector: dict[str, str]) -> None:
    assert not verifies(vector["token"], TokenPurpose[vector["purpose"].upper()])


@given(link_tokens, st.sampled_from(TokenPurpose))
def test_a_minted_token_verifies_with_the_same_content(token: LinkToken, purpose: TokenPurpose) -> None:
    assert verify_link_token(minted(token, purpose), purpose, key) == token


@given(link_tokens, st.integers(0, MINUTE - 1))
def test_the_time_of_issue_is_precise_to_the_minute(token: LinkToken, rest: int) -> None:
    later = LinkToken(token.recipient, token.scope, Millis(token.issued + rest), token.key_id)
    assert minted(later, TokenPurpose.UNSUBSCRIBE) == minted(token, TokenPurpose.UNSUBSCRIBE)


@given(link_tokens)
def test_each_form_has_its_length_and_a_safe_alphabet(token: LinkToken) -> None:
    for purpose in URL:
        text = minted(token, purpose)
        assert len(text) == 54
        assert set(text) <= set(string.ascii_letters + string.digits + "-_")
    mail = minted(token, TokenPurpose.MAILTO)
    assert len(mail) == 58
    assert len(f"u+{mail}".encode()) <= 64  # the maximum octets of a local part
    assert set(mail) <= set(string.ascii_lowercase + "234567")


@given(link_tokens)
def test_only_a_mail_token_verifies_in_any_case(token: LinkToken) -> None:
    mail = minted(token, TokenPurpose.MAILTO)
    assert verify_link_token(mail.upper(), TokenPurpose.MAILTO, key) == token
    assert verify_link_token(mail.title(), TokenPurpose.MAILTO, key) == token
    url = minted(token, TokenPurpose.UNSUBSCRIBE)
    for folded in (url.upper(), url.lower(), url.swapcase()):
        assert folded == url or not verifies(folded, TokenPurpose.UNSUBSCRIBE)


@pytest.mark.threat(
    "T1",
    "Somebody forges or alters a link.",
    "Each link has a tag of 128 bits, made with a key in KMS, and only one encoding is valid.",
)
@pytest.mark.parametrize("purpose", TokenPurpose)
@pytest.mark.parametrize("token", [SAMPLE, OTHER])
def test_a_token_with_a_flipped_bit_is_invalid(token: LinkToken, purpose: TokenPurpose) -> None:
    good = raw(minted(token, purpose), purpose)
    for bit in range(len(good) * 8):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        assert not verifies(text_of(bytes(bad), purpose), purpose)


@pytest.mark.parametrize("purpose", TokenPurpose)
def test_a_token_with_a_changed_byte_is_invalid(purpose: TokenPurpose) -> None:
    good = raw(minted(SAMPLE, purpose), purpose)
    for position in range(len(good)):
        for value in set(range(256)) - {good[position]}:
            bad = good[:position] + bytes([value]) + good[position + 1 :]
            assert not verifies(text_of(bad, purpose), purpose)


@pytest.mark.parametrize("purpose", TokenPurpose)
def test_a_token_with_a_changed_character_is_invalid(purpose: TokenPurpose) -> None:
    good = minted(SAMPLE, purpose)
    for position, character in enumerate(good):
        free = {character, character.upper()} if purpose is TokenPurpose.MAILTO else {character}
        for other in set(string.printable + "é\u212a\u017f\x00\uff21") - free:
            assert not verifies(good[:position] + other + good[position + 1 :], purpose)


@pytest.mark.parametrize("purpose", TokenPurpose)
def test_a_truncated_or_extended_token_is_invalid(purpose: TokenPurpose) -> None:
    good = minted(SAMPLE, purpose)
    for length in range(len(good)):
        assert not verifies(good[:length], purpose)
        assert not verifies(good[len(good) - length :], purpose)
    whole = raw(good, purpose)
    for size in range(len(whole)):
        assert not verifies(text_of(whole[:size], purpose), purpose)
    for more in ("A", "a", "=", "==", "======", "\n", " ", "%3D", good):
        assert not verifies(good + more, purpose)
        assert not verifies(more + good, purpose)


@given(link_tokens, st.sampled_from(URL))
def test_only_the_canonical_spelling_of_a_url_token_is_valid(token: LinkToken, purpose: TokenPurpose) -> None:
    good = minted(token, purpose)
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    same_bytes = [c for c in alphabet if alphabet.index(c) >> 4 == alphabet.index(good[-1]) >> 4]
    spellings = [good[:-1] + c for c in same_bytes if c != good[-1]]
    spellings += [good[:20] + noise + good[20:] for noise in ("\n", " ", "!", "=", "\x00")]
    # These have the right length, because a lenient decoder drops unknown characters.
    spellings += [good[:20] + noise + good[21:] for noise in ("\n", "!", ".", "~")]
    spellings += [good.replace("-", "+").replace("_", "/")] if set(good) & set("-_") else []
    assert not any(verifies(spelling, purpose) for spelling in spellings)


@given(link_tokens)
def test_the_spare_bits_of_a_mail_token_are_checked(token: LinkToken) -> None:
    good = minted(token, TokenPurpose.MAILTO)
    alphabet = string.ascii_lowercase + "234567"
    for other in set(alphabet) - {good[-1]}:
        assert not verifies(good[:-1] + other, TokenPurpose.MAILTO)


@pytest.mark.threat(
    "T2",
    "Somebody uses a link of one purpose for another.",
    "Each purpose has its own key, and the tag covers the number of the purpose.",
)
@pytest.mark.parametrize("key_for", [key, same_key], ids=["keys of their own", "one key for all"])
def test_a_token_of_another_purpose_is_invalid(
    key_for: Callable[[TokenPurpose, int], bytes],
) -> None:
    for minted_purpose in TokenPurpose:
        good = raw(minted(SAMPLE, minted_purpose, key_for), minted_purpose)
        for requested_purpose in TokenPurpose:
            fits = minted_purpose is requested_purpose
            for form in TokenPurpose:
                text = text_of(good, form)
                assert verifies(text, requested_purpose, key_for) == (
                    fits and text == text_of(good, minted_purpose)
                )


def test_a_url_token_cut_to_the_size_of_a_mail_token_is_invalid() -> None:
    for purpose in URL:
        cut = raw(minted(SAMPLE, purpose, same_key), purpose)[: PAYLOAD + 12]
        assert not verifies(text_of(cut, TokenPurpose.MAILTO), TokenPurpose.MAILTO, same_key)
        head = bytes([0x10 | TokenPurpose.MAILTO]) + cut[1:]
        assert not verifies(text_of(head, TokenPurpose.MAILTO), TokenPurpose.MAILTO, same_key)


def _splices(first: bytes, second: bytes) -> Iterator[bytes]:
    fields = [(0, 1), (1, 2), (2, 18), (18, 20), (20, 24), (24, len(first))]
    for start, end in fields:
        yield first[:start] + second[start:end] + first[end:]
    for cut in range(1, len(first)):
        yield first[:cut] + second[cut:]


@given(link_tokens, link_tokens, st.sampled_from(TokenPurpose))
@examples(50)
def test_a_splice_of_two_tokens_is_invalid(token: LinkToken, other: LinkToken, purpose: TokenPurpose) -> None:
    first, second = (raw(minted(part, purpose), purpose) for part in (token, other))
    for spliced in _splices(first, second):
        fits = verifies(text_of(spliced, purpose), purpose)
        assert fits == (spliced in (first, second))


@pytest.mark.parametrize("purpose", TokenPurpose)
def test_no_key_is_requested_for_a_wrong_purpose_or_version(purpose: TokenPurpose) -> None:
    def never(purpose: TokenPurpose, key_id: int) -> bytes:
        raise AssertionError("derived a key for a token that cannot be valid")

    good = raw(minted(SAMPLE, purpose), purpose)
    for head in set(range(256)) - {good[0]}:
        assert not verifies(text_of(bytes([head]) + good[1:], purpose), purpose, never)
    for text in ("", "x", "A" * 53, "A" * 55, "é" * 54, "a" * 57, "a" * 59, "1" * 58):
        assert not verifies(text, purpose, never)


def test_the_key_id_selects_the_key_so_old_tokens_stay_valid() -> None:
    requests: list[tuple[TokenPurpose, int]] = []

    def known(purpose: TokenPurpose, key_id: int) -> bytes:
        requests.append((purpose, key_id))
        if key_id > 2:
            raise InvalidToken("unknown key")
        return key(purpose, key_id)

    assert verifies(minted(SAMPLE, TokenPurpose.UNSUBSCRIBE), TokenPurpose.UNSUBSCRIBE, known)
    assert verifies(minted(OTHER, TokenPurpose.UNSUBSCRIBE), TokenPurpose.UNSUBSCRIBE, known)
    third = LinkToken(SAMPLE.recipient, ScopeNumber(2), Millis(0), 3)
    assert not verifies(minted(third, TokenPurpose.UNSUBSCRIBE), TokenPurpose.UNSUBSCRIBE, known)
    assert requests == [(TokenPurpose.UNSUBSCRIBE, key_id) for key_id in (1, 2, 3)]


@given(st.one_of(st.text(max_size=80), st.text(min_size=54, max_size=58)))
def test_no_text_crashes_the_verification(text: str) -> None:
    for purpose in TokenPurpose:
        assert not verifies(text, purpose)


@pytest.mark.parametrize("hostile", ["A" * 1_000_000, "=" * 1_000_000, "\ud800" * 54, "\x00" * 58])
def test_a_hostile_megabyte_is_refused(hostile: str) -> None:
    assert not any(verifies(hostile, purpose) for purpose in TokenPurpose)


def test_an_error_does_not_contain_the_token() -> None:
    good = minted(SAMPLE, TokenPurpose.UNSUBSCRIBE)
    with pytest.raises(InvalidToken) as caught:
        verify_link_token(good[:-1] + ("A" if good[-1] != "A" else "Q"), TokenPurpose.UNSUBSCRIBE, key)
    assert good[:10] not in str(caught.value)

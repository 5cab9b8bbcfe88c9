"""What the desk keeps in cookies."""

from __future__ import annotations

import hmac
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.adapters.cookie_encryption import JweCookieEncryption
from heed.domain.milliseconds import Millis

CONTENT = {"address": "joan@example.com", "numbers": [1, 2], "text": "日本語 \ud800"}
ENDS = Millis(1_000)


def derive_with(secret: bytes) -> Callable[[str], bytes]:
    return lambda label: hmac.digest(secret, label.encode(), "sha256")


OURS = JweCookieEncryption(derive_with(b"ours"))
TEXT = OURS.encrypt("form", CONTENT, ENDS)


def test_the_content_comes_back_until_its_end() -> None:
    assert OURS.decrypt("form", TEXT, Millis(ENDS - 1)) == CONTENT
    assert OURS.decrypt("form", TEXT, ENDS) is None


def test_a_cookie_shows_none_of_its_content_and_is_never_the_same_twice() -> None:
    assert "joan" not in TEXT and "@" not in TEXT
    assert OURS.encrypt("form", CONTENT, ENDS) != TEXT


def test_a_cookie_of_another_use_or_deployment_is_not_read() -> None:
    assert OURS.decrypt("login", TEXT, Millis(0)) is None
    assert JweCookieEncryption(derive_with(b"theirs")).decrypt("form", TEXT, Millis(0)) is None


@pytest.mark.parametrize(
    "header",
    [
        "eyJhbGciOiJub25lIn0",  # {"alg":"none"}
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiemlwIjoiREVGIn0",  # with "zip": "DEF"
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiY3JpdCI6MX0",  # with "crit": 1
    ],
)
def test_a_cookie_with_another_header_is_not_read(header: str) -> None:
    assert OURS.decrypt("form", header + TEXT[TEXT.index(".") :], Millis(0)) is None


@given(
    st.text()
    | st.builds(TEXT.__add__, st.text(min_size=1))
    | st.builds(lambda end: TEXT[:end], st.integers(0, len(TEXT) - 1))
)
def test_any_other_text_is_not_read(text: str) -> None:
    assert OURS.decrypt("form", text, Millis(0)) is None


def test_no_cookie_has_the_key_of_the_hash_of_a_persons_subject() -> None:
    labels: list[str] = []

    def derive(label: str) -> bytes:
        labels.append(label)
        return bytes(32)

    JweCookieEncryption(derive).encrypt("person", {}, ENDS)
    assert labels == ["desk/cookie/person/1"]  # that of the hash is desk/person/1

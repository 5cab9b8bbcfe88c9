"""Which URLs may be requested where another party chooses them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.adapters.http_urls import is_permitted_url, split_url


@pytest.mark.parametrize(
    ("url", "loopback", "permitted"),
    [
        ("https://issuer.example/a?b", False, True),
        ("http://issuer.example", True, False),
        ("http://127.0.0.1:4566/x", True, True),
        ("http://localhost", True, True),
        ("http://[::1]:8/", True, True),
        ("http://127.0.0.1:9001/2018-06-01/runtime", False, False),
        ("https://127.0.0.1/", False, False),
        ("https://localhost/", False, False),
        ("https://issuer.example@evil.example/", False, False),
        ("https://", False, False),
        ("https://issuer.example/\r\nSet-Cookie: desk=x", False, False),
        ("https://issuer.example/ x", False, False),
        ("https://issuer.exämple/", False, False),
        ("https://a_b.example.:8443/", False, True),
        ("https://[2001:db8::1]/", False, True),
        ("https://[fe80::1%lo]/", False, False),
        ("https://[v1.a]/", False, False),
        ("https://.issuer.example/", False, False),
        ("https://issuer..example/", False, False),
        ("https://%00.example/", False, False),
        ("https://*.example/", False, False),
        (f"https://{'a' * 64}.example/", False, False),
        (f"https://{'a.' * 130}example/", False, False),
    ],
)
def test_a_url_needs_https_or_this_machine(url: str, loopback: bool, permitted: bool) -> None:
    assert is_permitted_url(url, loopback=loopback) is permitted


@given(st.text() | st.none() | st.integers() | st.builds("https://".__add__, st.text()))
def test_any_text_is_judged_without_a_crash(text: object) -> None:
    assert is_permitted_url(text, loopback=False) in (True, False)


@given(st.text("ab.-_%[]:*0", min_size=1, max_size=80))
def test_a_host_that_python_cannot_look_up_is_permitted_nowhere(host: str) -> None:
    """Where a name has an empty or a long label, the look-up raises an error that is no OSError."""
    parts = split_url(f"https://{host}/")
    if parts is not None:
        assert parts.hostname is not None
        parts.hostname.encode("idna")

"""Where a request came from, behind proxies and not: nobody says of themselves where they are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.entrypoints.http.networks import network_of, parse_network
from tests.support.deployment import http
from tests.support.growth import LINEAR, growth

PROXIES = tuple(map(parse_network, ("10.0.0.0/8", "2001:db8:ffff::/48")))
PEER, INNER = "10.1.2.3", "10.9.9.9"


def event(source: str, forwarded: str | None = None) -> dict[str, Any]:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return http("POST", "/subscribe", source_ip=source, headers=headers)


def of(source: str, forwarded: str | None = None) -> str:
    return network_of(event(source, forwarded), PROXIES)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("::ffff:192.0.2.1", "192.0.2.0/24"),
        ("", ""),
        ("no address", ""),
        ("fe80::1%eth0", ""),
    ],
)
def test_without_a_proxy_it_is_that_of_who_spoke_to_us(source: str, found: str) -> None:
    assert of(source) == found
    assert network_of(event(source, "198.51.100.7"), ()) == found


@pytest.mark.threat(
    "W21",
    "A sender writes another X-Forwarded-For into each request, so that no cap by network ever holds it.",
    "The header is read from its right end, as far as trusted proxies wrote it, and else ignored.",
)
@pytest.mark.parametrize(
    ("source", "forwarded", "found"),
    [
        # Nobody trusted spoke: whatever the header says is the sender's own word.
        ("203.0.113.9", "198.51.100.7", "203.0.113.0/24"),
        ("203.0.113.9", "10.1.2.3", "203.0.113.0/24"),
        ("203.0.113.9", "198.51.100.7, 203.0.113.9", "203.0.113.0/24"),
        # A trusted proxy spoke: whom it heard stands at the right, what the sender wrote further left.
        (PEER, "198.51.100.7", "198.51.100.0/24"),
        (PEER, "1.1.1.1, 198.51.100.7", "198.51.100.0/24"),
        (PEER, "1.1.1.1,10.0.0.1, 198.51.100.7", "198.51.100.0/24"),
        # API Gateway adds its own peer.
        (PEER, f"1.1.1.1, 198.51.100.7, {PEER}", "198.51.100.0/24"),
        # One proxy behind another.
        (PEER, f"1.1.1.1, 198.51.100.7, {INNER}, {PEER}", "198.51.100.0/24"),
        # All are ours: it comes from inside.
        (PEER, f"{INNER}, {PEER}", "10.9.9.0/24"),
        (PEER, None, "10.1.2.0/24"),
        (PEER, "", "10.1.2.0/24"),
    ],
)
def test_it_is_the_rightmost_address_that_is_no_trusted_proxy(
    source: str, forwarded: str | None, found: str
) -> None:
    assert of(source, forwarded) == found


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("198.51.100.7:4711", "198.51.100.0/24"),
        ("[2001:db8:1::2]:4711", "2001:db8:1::/48"),
        ("[2001:db8:1::2]", "2001:db8:1::/48"),
        ("2001:db8:1::2", "2001:db8:1::/48"),
        ("::ffff:198.51.100.7", "198.51.100.0/24"),
        (" \t198.51.100.7 ", "198.51.100.0/24"),
    ],
)
def test_an_address_is_read_in_each_form_that_proxies_write(written: str, found: str) -> None:
    assert of(PEER, written) == found
    assert of("2001:db8:ffff::1", written) == found


@pytest.mark.parametrize(
    "written",
    [
        "unknown",
        "_hidden",
        "198.51.100",
        "198.51.100.7.9",
        "1e3",
        "::1%eth0",
        '"198.51.100.7"',
        "٣.1.1.1",
    ],
)
def test_what_cannot_be_read_stands_for_the_proxy_and_not_for_whatever_is_left_of_it(
    written: str,
) -> None:
    assert of(PEER, f"1.1.1.1, {written}") == "10.1.2.0/24"
    assert of(PEER, f"1.1.1.1, {written}, {INNER}") == "10.9.9.0/24"


@given(st.text(max_size=60), st.sampled_from([PEER, "203.0.113.9", "2001:db8:ffff::1"]))
def test_whatever_the_header_says_a_network_comes_of_it(written: str, source: str) -> None:
    assert "/" in of(source, written)
    assert of("203.0.113.9", written) == "203.0.113.0/24"


@given(st.text("0123456789.,: abcdef[]", max_size=80))
def test_what_a_sender_writes_never_changes_what_the_proxy_added(written: str) -> None:
    assert of(PEER, f"{written}, 198.51.100.7, {PEER}") == "198.51.100.0/24"


@pytest.mark.threat(
    "W21",
    "An endless X-Forwarded-For keeps a function busy.",
    "The rightmost hops are read alone, at a cost that grows with the header's length, tested as growth.",
)
def test_a_long_header_costs_no_more_than_its_length() -> None:
    def make(n: int) -> dict[str, Any]:
        return event(PEER, f"{INNER}," * n)

    assert growth(make, lambda long: network_of(long, PROXIES), 2_000) <= LINEAR


def test_a_network_of_the_setting_that_cannot_be_read_is_no_network() -> None:
    assert str(parse_network(" 10.1.2.3/8")) == "10.0.0.0/8"
    with pytest.raises(ValueError, match="does not appear"):
        parse_network("everybody")

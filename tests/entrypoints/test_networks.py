"""The network of a client, with and without proxies. A client cannot choose its own network."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.entrypoints.http.networks import find_network, parse_network
from tests.support.deployment import http_event
from tests.support.growth import LINEAR, measure_growth

PROXIES = tuple(map(parse_network, ("10.0.0.0/8", "2001:db8:ffff::/48")))
PEER, INNER = "10.1.2.3", "10.9.9.9"


def event(source: str, forwarded: str | None = None) -> dict[str, Any]:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return http_event("POST", "/subscribe", source_ip=source, headers=headers)


def network_behind_proxies(source: str, forwarded: str | None = None) -> str:
    return find_network(event(source, forwarded), PROXIES)


@pytest.mark.parametrize(
    ("source", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("::ffff:192.0.2.1", "192.0.2.0/24"),
        ("", ""),
        ("no address", ""),
        ("fe80::1%eth0", ""),
    ],
)
def test_without_a_proxy_the_network_is_that_of_the_peer(source: str, network: str) -> None:
    assert network_behind_proxies(source) == network
    assert find_network(event(source, "198.51.100.7"), ()) == network


@pytest.mark.threat(
    "W21",
    "A client sends a different X-Forwarded-For with each request to avoid the caps per network.",
    "The header is read from its right end and only as far as trusted proxies added to it.",
)
@pytest.mark.parametrize(
    ("source", "forwarded", "network"),
    [
        # The peer is not trusted, so the header is ignored.
        ("203.0.113.9", "198.51.100.7", "203.0.113.0/24"),
        ("203.0.113.9", "10.1.2.3", "203.0.113.0/24"),
        ("203.0.113.9", "198.51.100.7, 203.0.113.9", "203.0.113.0/24"),
        # The peer is a trusted proxy. It appended its own peer on the right; the rest comes from the client.
        (PEER, "198.51.100.7", "198.51.100.0/24"),
        (PEER, "1.1.1.1, 198.51.100.7", "198.51.100.0/24"),
        (PEER, "1.1.1.1,10.0.0.1, 198.51.100.7", "198.51.100.0/24"),
        # API Gateway adds its own peer.
        (PEER, f"1.1.1.1, 198.51.100.7, {PEER}", "198.51.100.0/24"),
        # One proxy behind another.
        (PEER, f"1.1.1.1, 198.51.100.7, {INNER}, {PEER}", "198.51.100.0/24"),
        # All addresses are trusted, so the request comes from inside.
        (PEER, f"{INNER}, {PEER}", "10.9.9.0/24"),
        (PEER, None, "10.1.2.0/24"),
        (PEER, "", "10.1.2.0/24"),
    ],
)
def test_the_network_is_that_of_the_rightmost_address_that_is_not_a_trusted_proxy(
    source: str, forwarded: str | None, network: str
) -> None:
    assert network_behind_proxies(source, forwarded) == network


@pytest.mark.parametrize(
    ("forwarded", "network"),
    [
        ("198.51.100.7:4711", "198.51.100.0/24"),
        ("[2001:db8:1::2]:4711", "2001:db8:1::/48"),
        ("[2001:db8:1::2]", "2001:db8:1::/48"),
        ("2001:db8:1::2", "2001:db8:1::/48"),
        ("::ffff:198.51.100.7", "198.51.100.0/24"),
        (" \t198.51.100.7 ", "198.51.100.0/24"),
    ],
)
def test_an_address_is_parsed_in_each_form_that_proxies_send(forwarded: str, network: str) -> None:
    assert network_behind_proxies(PEER, forwarded) == network
    assert network_behind_proxies("2001:db8:ffff::1", forwarded) == network


@pytest.mark.parametrize(
    "forwarded",
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
def test_an_invalid_address_ends_the_search_at_the_last_proxy(
    forwarded: str,
) -> None:
    assert network_behind_proxies(PEER, f"1.1.1.1, {forwarded}") == "10.1.2.0/24"
    assert network_behind_proxies(PEER, f"1.1.1.1, {forwarded}, {INNER}") == "10.9.9.0/24"


@given(st.text(max_size=60), st.sampled_from([PEER, "203.0.113.9", "2001:db8:ffff::1"]))
def test_any_header_results_in_a_network(forwarded: str, source: str) -> None:
    assert "/" in network_behind_proxies(source, forwarded)
    assert network_behind_proxies("203.0.113.9", forwarded) == "203.0.113.0/24"


@given(st.text("0123456789.,: abcdef[]", max_size=80))
def test_a_client_cannot_change_the_address_that_the_proxy_appends(forwarded: str) -> None:
    assert network_behind_proxies(PEER, f"{forwarded}, 198.51.100.7, {PEER}") == "198.51.100.0/24"


@pytest.mark.threat(
    "W21",
    "A very long X-Forwarded-For keeps a function busy.",
    "Only the rightmost hops are read. A test checks that the cost is linear in the length of the header.",
)
def test_the_cost_of_a_long_header_is_linear() -> None:
    def make(n: int) -> dict[str, Any]:
        return event(PEER, f"{INNER}," * n)

    assert measure_growth(make, lambda long: find_network(long, PROXIES), 2_000) <= LINEAR


def test_an_invalid_network_of_the_setting_raises_an_error() -> None:
    assert str(parse_network(" 10.1.2.3/8")) == "10.0.0.0/8"
    with pytest.raises(ValueError, match="does not appear"):
        parse_network("everybody")

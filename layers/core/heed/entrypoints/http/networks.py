"""The network that a request came from, for the caps on mail; behind a proxy what the proxy says of it.

`X-Forwarded-For` is written by whoever sends it. Each proxy adds to its right end whom it heard the request
from, so that it is read from there, and only as far as those are trusted who wrote it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

from heed.entrypoints.http import request

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_MOST_HOPS = 20  # a longer chain is nobody's real one
_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")


def parse_network(text: str) -> Network:
    """A network as a setting names it; one that cannot be read is a fault of the deployment, and crashes."""
    return ipaddress.ip_network(text.strip(), strict=False)


def network_of(event: Mapping[str, Any], trusted: Iterable[Network]) -> str:
    """The network, no closer than /24 or /48; "" if it cannot be told.

    It is that of who spoke to us; where that is a trusted proxy, of whom the proxy heard, and so on. What
    cannot be read ends the chain: then the last proxy that was read stands for all behind it.
    """
    here = _address(event["requestContext"]["http"].get("sourceIp", ""))
    if here is None:
        return ""
    proxies = tuple(trusted)
    for hop in _hops(event, here) if proxies else ():
        if not any(here in proxy for proxy in proxies):
            break
        before = _address(hop)
        if before is None:
            break
        here = before
    return str(ipaddress.ip_network((here, 24 if here.version == 4 else 48), strict=False))


def _hops(event: Mapping[str, Any], source: Address) -> list[str]:
    """Who is said to have handed the request on, the nearest first; API Gateway adds its own peer."""
    hops = request.read_header(event, "x-forwarded-for").rsplit(",", _MOST_HOPS)[::-1]
    return hops[1:] if _address(hops[0]) == source else hops


def _address(text: str) -> Address | None:
    """An address, also in brackets or with a port; None if it is none."""
    text = text.strip()
    if found := _PORT.fullmatch(text):
        text = found[1] or found[2]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id:
            return None
        return address.ipv4_mapped or address
    return address

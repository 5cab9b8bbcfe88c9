"""Finds the network of a client, for the caps on mail.

Behind a proxy it comes from `X-Forwarded-For`, which any client can set. Each proxy appends the address of
its peer. So the header is read from its right end, and only as far as the proxies are trusted.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

from heed.entrypoints.http import request

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_MAX_HOPS = 20  # a longer chain is not a real one
_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")


def parse_network(text: str) -> Network:
    """Parses a network of a setting.

    Raises:
        ValueError: The setting is not valid. This is an error of the deployment.
    """
    return ipaddress.ip_network(text.strip(), strict=False)


def find_network(event: Mapping[str, Any], trusted: Iterable[Network]) -> str:
    """Returns the client's network as /24 (IPv4) or /48 (IPv6), or "" if it is not known.

    The search begins with the peer of API Gateway. While the address is a trusted proxy, it continues with
    the peer of that proxy. It ends at an address that cannot be parsed. The network is then that of the
    last proxy.
    """
    address = _parse_address(event["requestContext"]["http"].get("sourceIp", ""))
    if address is None:
        return ""
    proxies = tuple(trusted)
    for hop in _list_hops(event, address) if proxies else ():
        if not any(address in proxy for proxy in proxies):
            break
        previous = _parse_address(hop)
        if previous is None:
            break
        address = previous
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


def _list_hops(event: Mapping[str, Any], source: Address) -> list[str]:
    """Returns the claimed hops, the nearest first, without the peer that API Gateway itself adds."""
    hops = request.read_header(event, "x-forwarded-for").rsplit(",", _MAX_HOPS)[::-1]
    return hops[1:] if _parse_address(hops[0]) == source else hops


def _parse_address(text: str) -> Address | None:
    """Parses an address, also in brackets or with a port. Returns None if it is not an address."""
    text = text.strip()
    if match := _PORT.fullmatch(text):
        text = match[1] or match[2]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id:
            return None
        return address.ipv4_mapped or address
    return address

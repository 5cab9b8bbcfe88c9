"""The endpoint of the company, over HTTPS. No answer can lead a function to an address inside AWS.

The host is resolved here, and the connection goes to the address that was checked. A function answers on its
own loopback, and a subnet of the company has private addresses. Redirects are not followed.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from heed.adapters.deadline_socket import DeadlineSocket, connect_to_first, seconds_until
from heed.adapters.http_urls import is_permitted_url
from heed.domain.urls import is_loopback
from heed.domain.webhooks.webhook_errors import WebhookNotDelivered
from heed.override import override
from heed.use_cases.ports.webhooks import WebhookEndpoint

_SECONDS = 10.0
"""For all but the lookup of the name, which only the time-out of the function ends."""
_MAX_ANSWER = 4_096  # bytes that are read, so that the endpoint sees no broken connection
_HEADERS = {"Content-Type": "application/json", "User-Agent": "Heed-Webhook", "Connection": "close"}
_NAT64 = IPv6Network("64:ff9b::/96")  # its last 32 bits are an IPv4 address
_UNICAST = IPv6Network("2000::/3")  # everything else of IPv6 is reserved, local, or has another meaning
_DOCUMENTATION = IPv6Network("3fff::/20")  # Python takes it for public
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # then the last 32 bits are an IPv4 address, in any network


class WebhookHttpEndpoint(WebhookEndpoint):
    """Implements the port WebhookEndpoint.

    Args:
        url: The URL: https, or on this machine http, too.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    @override
    def post(self, body: bytes, headers: Mapping[str, str]) -> None:
        if not is_permitted_url(self._url, loopback=True):
            raise WebhookNotDelivered("the URL is neither https nor on this machine")
        try:
            status = _post(self._url, body, {**_HEADERS, **headers}, time.monotonic() + _SECONDS)
        except (OSError, HTTPException, ValueError) as error:
            raise WebhookNotDelivered(type(error).__name__) from None  # the cause may contain the URL
        if not 200 <= status < 300:
            raise WebhookNotDelivered(f"status {status}")


def is_public_address(text: str) -> bool:
    """Returns whether an IP address is one of the public internet, also inside an address of IPv6."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        embedded = _embedded_address(address)
        if embedded is None and not _is_public_ipv6(address):
            return False
        address = embedded or address
    return address.is_global and not address.is_multicast


def _is_public_ipv6(address: IPv6Address) -> bool:
    is_isatap = int(address) >> 32 & 0xFFFF_FFFF in _ISATAP
    return address in _UNICAST and address not in _DOCUMENTATION and not is_isatap


def _embedded_address(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _post(url: str, body: bytes, headers: Mapping[str, str], end: float) -> int:
    """Sends a request and returns the status of the answer."""
    parts = urlsplit(url)
    with closing(_connect(parts, end, on_this_machine=is_loopback(url))) as connected:
        connection = HTTPConnection(str(parts.hostname))
        connection.sock = connected
        path = f"{parts.path or '/'}?{parts.query}".removesuffix("?")
        connection.request("POST", path, body, {"Host": parts.netloc, **headers})
        response = connection.getresponse()
        with suppress(OSError, HTTPException):  # the status decides, not the rest of the answer
            response.read(_MAX_ANSWER)
        return response.status


def _connect(parts: SplitResult, end: float, *, on_this_machine: bool) -> DeadlineSocket:
    """Connects to the first address of the host that is permitted and answers.

    Raises:
        WebhookNotDelivered: The host has no permitted address.
        OSError: No address answered, or its certificate is not valid for the host.
    """
    host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
    found = dict.fromkeys(
        str(place[0]) for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    permitted = [
        address
        for address in found
        if (ip_address(address).is_loopback if on_this_machine else is_public_address(address))
    ]
    if not permitted:
        raise WebhookNotDelivered("the host has no public address")
    connected = connect_to_first(permitted, port, end)
    if parts.scheme == "https":
        connected.settimeout(seconds_until(end))
        connected = ssl.create_default_context().wrap_socket(connected, server_hostname=host)
    return DeadlineSocket(connected, end)

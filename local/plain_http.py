"""Makes HTTP clients for stacks on this machine."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def make_client(
    base_url: str = "", headers: Mapping[str, str] | None = None, *, timeout: float = 30
) -> httpx.Client:
    """Returns a client that uses no proxy, and trusts no certificate: the URLs of a stack are not https.

    Reading the usual certificates takes longer than a request.
    """
    return httpx.Client(
        base_url=base_url, headers=headers, timeout=timeout, trust_env=False, verify=_NO_CERTIFICATES
    )

"""The URLs that Heed may request, where another party chooses them."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import IPv6Address
from urllib.parse import SplitResult, urlsplit

from heed.domain.urls import LOOPBACK_HOSTS

_MAX_NAME, _MAX_LABEL = 253, 63  # characters, RFC 1035 §2.3.4
_WITHOUT_SIGNS = str.maketrans("", "", "-_")


def split_url(url: str) -> SplitResult | None:
    """Returns the parts of a URL with a host, or None if a request for it could not be sent as it is."""
    # Python's parser ignores line breaks, which a header must not contain.
    if not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    has_brackets = "[" in parts.netloc
    return parts if port != 0 and has_brackets == (":" in host) and _is_host(host) else None


def _is_host(text: str) -> bool:
    """Returns whether a text can be looked up: a name of the DNS, or an IP address."""
    if ":" in text:
        with suppress(ValueError):
            return IPv6Address(text).scope_id is None
        return False
    labels = text.removesuffix(".").split(".")
    return len(text) <= _MAX_NAME and all(
        len(label) <= _MAX_LABEL and label.translate(_WITHOUT_SIGNS).isalnum() for label in labels
    )


def is_permitted_url(url: object, *, loopback: bool) -> bool:
    """Returns whether a URL may be requested: https, or http on this machine if `loopback` permits it.

    A function answers on its own loopback, so another party must not name it.
    """
    parts = split_url(url) if isinstance(url, str) else None
    if parts is None or parts.username is not None:
        return False
    if parts.hostname in LOOPBACK_HOSTS:
        return loopback and parts.scheme in ("http", "https")
    return parts.scheme == "https"

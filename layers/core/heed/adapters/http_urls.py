"""The URLs that Heed may request, where another party chooses them."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from heed.domain.urls import LOOPBACK_HOSTS


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
    return parts if parts.hostname and port != 0 else None


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

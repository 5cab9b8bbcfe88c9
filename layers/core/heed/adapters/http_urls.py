"""The URLs that Heed may request, where another party chooses them."""

from __future__ import annotations

from urllib.parse import urlsplit

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def is_on_this_machine(url: str) -> bool:
    """Returns whether the host of a URL is this machine."""
    return urlsplit(url).hostname in _LOOPBACK


def is_permitted_url(url: object, *, loopback: bool) -> bool:
    """Returns whether a URL may be requested: https, or http on this machine if `loopback` permits it.

    A function answers on its own loopback, so another party must not name it.
    """
    # Python's parser ignores line breaks, which a header must not contain.
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None or port == 0:
        return False
    if is_on_this_machine(url):
        return loopback and parts.scheme in ("http", "https")
    return parts.scheme == "https"

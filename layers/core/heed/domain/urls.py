"""URLs to which a secret may be sent: https, or on this machine."""

from __future__ import annotations

from urllib.parse import urlsplit

LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")


def is_loopback(url: str) -> bool:
    """Returns whether the host of a URL is this machine."""
    return urlsplit(url).hostname in LOOPBACK_HOSTS


def is_private_connection(url: str) -> bool:
    """Returns whether nobody on the way can read a request to a URL: https, or on this machine.

    Raises:
        ValueError: the text is no URL.
    """
    scheme = urlsplit(url).scheme
    return scheme == "https" or (scheme == "http" and is_loopback(url))

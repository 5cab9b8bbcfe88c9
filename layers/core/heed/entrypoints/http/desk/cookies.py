"""The cookies of the desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from heed.entrypoints.http import request
from heed.use_cases.desk.sign_in import SIGN_IN_LIMIT

_MAX_VALUE = 4_096  # characters; browsers store no more


def session_cookie_name(*, is_loopback: bool) -> str:
    """Returns the name of the cookie of a session.

    With the prefix, a browser accepts the cookie only with `Secure`, for all paths, and from the host itself
    (RFC 6265bis §4.1.3.2). The local stack has no TLS.
    """
    return "desk" if is_loopback else "__Host-desk"


def session_cookie(value: str, *, is_loopback: bool) -> Cookie:
    """Returns the cookie of a session. It ends with the browser; an empty value deletes it."""
    return Cookie(
        name=session_cookie_name(is_loopback=is_loopback),
        value=value,
        path="/",
        secure=not is_loopback,
        http_only=True,
        same_site=SameSite.LAX_MODE,
        max_age=None if value else 0,
    )


def login_cookie_name(*, is_loopback: bool) -> str:
    """Returns the name of the cookie of a sign-in that has begun."""
    return "desk-login" if is_loopback else "__Host-desk-login"


def login_cookie(value: str, *, is_loopback: bool) -> Cookie:
    """Returns the cookie of a sign-in that has begun; an empty value deletes it."""
    return Cookie(
        name=login_cookie_name(is_loopback=is_loopback),
        value=value,
        path="/",
        secure=not is_loopback,
        http_only=True,
        same_site=SameSite.LAX_MODE,
        max_age=SIGN_IN_LIMIT // 1000 if value else 0,
    )


def read_cookie(event: Mapping[str, Any], name: str) -> str:
    """Returns the value of a cookie; "" if it is absent or longer than browsers permit."""
    pairs = event.get("cookies") or request.read_header(event, "cookie").split(";")
    for pair in pairs:
        key, _, value = str(pair).strip().partition("=")
        if key == name:
            return value if len(value) <= _MAX_VALUE else ""
    return ""

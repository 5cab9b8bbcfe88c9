"""The cookies of the desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from heed.entrypoints.http import request
from heed.use_cases.desk.sign_in import SIGN_IN_LIMIT

_MAX_VALUE = 4_096  # characters; browsers store no more


def desk_cookie_name(use: str, *, is_loopback: bool) -> str:
    """Returns the name of a cookie. `use` says what it is for; "" is the session.

    With the prefix, a browser accepts the cookie only with `Secure`, for all paths, and from the host itself
    (RFC 6265bis §4.1.3.2). The local stack has no TLS.
    """
    name = f"desk-{use}" if use else "desk"
    return name if is_loopback else f"__Host-{name}"


def desk_cookie(use: str, value: str, *, is_loopback: bool, seconds: int | None = None) -> Cookie:
    """Returns a cookie for no script and no other site. An empty value deletes it.

    Without `seconds` it ends with the browser.
    """
    return Cookie(
        name=desk_cookie_name(use, is_loopback=is_loopback),
        value=value,
        path="/",
        secure=not is_loopback,
        http_only=True,
        same_site=SameSite.LAX_MODE,
        max_age=seconds if value else 0,
    )


def session_cookie_name(*, is_loopback: bool) -> str:
    """Returns the name of the cookie of a session."""
    return desk_cookie_name("", is_loopback=is_loopback)


def session_cookie(value: str, *, is_loopback: bool) -> Cookie:
    """Returns the cookie of a session; an empty value deletes it."""
    return desk_cookie("", value, is_loopback=is_loopback)


def login_cookie_name(*, is_loopback: bool) -> str:
    """Returns the name of the cookie of a sign-in that has begun."""
    return desk_cookie_name("login", is_loopback=is_loopback)


def login_cookie(value: str, *, is_loopback: bool) -> Cookie:
    """Returns the cookie of a sign-in that has begun; an empty value deletes it."""
    return desk_cookie("login", value, is_loopback=is_loopback, seconds=SIGN_IN_LIMIT // 1000)


def read_cookie(event: Mapping[str, Any], name: str) -> str:
    """Returns the value of a cookie; "" if it is absent or longer than browsers permit."""
    pairs = event.get("cookies") or request.read_header(event, "cookie").split(";")
    for pair in pairs:
        key, _, value = str(pair).strip().partition("=")
        if key == name:
            return value if len(value) <= _MAX_VALUE else ""
    return ""

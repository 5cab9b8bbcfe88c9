"""Answers only requests whose `Host` is a name of this machine.

A web page in a browser on this machine can have its own host name resolved to 127.0.0.1 (DNS rebinding).
Without this check it could read mails and change records like the stack's own page. But its requests still
have its name in `Host`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
_MISDIRECTED = 421


class Loopback:
    """Passes on a request whose only `Host` names this machine, and else answers 421 (RFC 9110 §15.5.20)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        hosts = Headers(scope=scope).getlist("host")
        if len(hosts) == 1 and _LOOPBACK.fullmatch(hosts[0]):
            await self._app(scope, receive, send)
            return
        refusal = PlainTextResponse("Misdirected: use 127.0.0.1 or localhost.\n", _MISDIRECTED)
        await refusal(scope, receive, send)

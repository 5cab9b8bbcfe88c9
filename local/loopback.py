"""Only who asks for this machine by its own name is answered.

A web page in a browser here may have its own name resolved to 127.0.0.1 (DNS rebinding) and would
then read mails and write records as if it were the stack's own page. Its requests still carry its
name in `Host`.
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
    """Passes a request on if its one `Host` is a name of this machine; else 421 (RFC 9110 §15.5.20)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        hosts = Headers(scope=scope).getlist("host")
        if len(hosts) == 1 and _LOOPBACK.fullmatch(hosts[0]):
            await self._app(scope, receive, send)
            return
        refusal = PlainTextResponse("Misdirected: ask for 127.0.0.1 or localhost.\n", _MISDIRECTED)
        await refusal(scope, receive, send)

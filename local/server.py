"""The front's web server, on a thread of its own so that the main one can wait for signals."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import uvicorn

from local.problem import LocalProblem

if TYPE_CHECKING:
    import socket

    from starlette.applications import Starlette

START_SECONDS = 10
FINISH_SECONDS = 2  # for what is being answered
# A function that is still at work then holds a thread, which no server can end; the emulator's end does.
STOP_SECONDS = 3


class Server:
    """Serves an application on a socket that is already bound."""

    def __init__(self, app: Starlette, bound: socket.socket) -> None:
        # No access log: a path holds a token.
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=FINISH_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [bound]}, daemon=True)

    def start(self) -> None:
        """Return when it serves."""
        self._thread.start()
        end = time.monotonic() + START_SECONDS
        while not self._server.started:
            if time.monotonic() > end or not self._thread.is_alive():
                raise LocalProblem("the HTTP front did not start", "its words stand above")
            time.sleep(0.02)

    def stop(self) -> None:
        """Finish what is being answered, for some seconds, and end."""
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS)

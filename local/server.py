"""The web server of the HTTP front. It has its own thread, so that the main thread can wait for signals."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import uvicorn

from local.problem import LocalProblem

if TYPE_CHECKING:
    import socket

    from starlette.applications import Starlette

_START_SECONDS = 10
_FINISH_SECONDS = 2  # for requests in progress
# A function that still runs then occupies a thread, which the server cannot end. It ends with the emulator.
_STOP_SECONDS = 3


class Server:
    """Serves an application on a bound socket."""

    def __init__(self, app: Starlette, bound: socket.socket) -> None:
        # There is no access log, because paths contain tokens.
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=_FINISH_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [bound]}, daemon=True)

    def start(self) -> None:
        """Starts the server and returns when it accepts requests."""
        self._thread.start()
        end = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if time.monotonic() > end or not self._thread.is_alive():
                raise LocalProblem("the HTTP front did not start", "see its messages above")
            time.sleep(0.02)

    def stop(self) -> None:
        """Waits some seconds for requests in progress, and stops the server."""
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)

"""Captures the output of functions while a simulated program runs."""

from __future__ import annotations

import io
import logging
from contextlib import redirect_stdout

from heed.entrypoints.observability import logger

_CLOSED = io.StringIO()
_CLOSED.close()


class CapturedOutput:
    """Sends the output of a function nowhere, or to a closed stream."""

    def __init__(self, *, mute: bool) -> None:
        self._stream = _CLOSED if mute else io.StringIO()
        self._redirected = redirect_stdout(self._stream)

    def __enter__(self) -> None:
        self._kept = [
            (handler, handler.stream)
            for handler in logger.handlers
            if isinstance(handler, logging.StreamHandler)
        ]
        for handler, _ in self._kept:
            handler.stream = self._stream
        self._redirected.__enter__()

    def __exit__(self, *_: object) -> None:
        self._redirected.__exit__(None, None, None)
        for handler, stream in self._kept:
            handler.stream = stream

"""The log of the server, on standard error. It has no value of a request, because clients save it."""

from __future__ import annotations

import logging
import traceback

from heed.override import override


class _ValuelessFormatter(logging.Formatter):
    """Writes the text of a record without its values, and each exception by its class and its place."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        parts = [f"heed mcp: {record.name}: {record.msg}"]
        while error is not None:
            frames = traceback.extract_tb(error.__traceback__)
            place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
            parts.append(f"{type(error).__name__}{place}")
            error = error.__cause__
        return "; ".join(parts)


def configure_logs() -> None:
    """Replaces the log of the SDK, which would quote the texts of exceptions."""
    handler = logging.StreamHandler()
    handler.setFormatter(_ValuelessFormatter())
    logging.basicConfig(level=logging.ERROR, handlers=[handler], force=True)

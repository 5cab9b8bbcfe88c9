"""Reports in the terminal why a confirmation mail was not sent. Otherwise a developer would not know."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_EXPLANATIONS = {
    "a confirmation mail waits for room": (
        "A confirmation mail waits. Either a limit is reached: ConfirmationsPerNetwork, KeyMailsPerDay or "
        "ConfirmationsPerDay (local/adapt.py). Or the mailbox already got a mail within ten minutes or "
        "three mails today. Dots, and text after a +, do not make another mailbox. Heed tries again every "
        "five minutes."
    ),
    "an earlier confirmation mail has the same effect": (
        "A confirmation mail was not sent. The same address made the same request before and got the "
        "mail. Its link still works."
    ),
}
"""Explanations for the terminal of `make run`, by the message of the functions' log line."""


class UnsentMailReporter:
    """Reports mails that were not sent, from the log of the functions."""

    def __init__(self, log: Path, print_text: Callable[[str], None]) -> None:
        self._log = log
        self._print = print_text
        self._offset = 0

    def report(self) -> None:
        """Reports the mails since the last call."""
        with self._log.open("rb") as log:
            log.seek(self._offset)
            lines = log.readlines()
        for line in lines:
            if not line.endswith(b"\n"):  # the line is not complete yet
                return
            self._offset += len(line)
            if explanation := _EXPLANATIONS.get(_parse_message(line)):
                self._print(explanation)


def _parse_message(line: bytes) -> str:
    """Returns the message of a function's log line, or "" for any other line."""
    if not line.startswith(b'{"'):
        return ""
    try:
        return str(json.loads(line).get("message", ""))
    except ValueError:
        return ""

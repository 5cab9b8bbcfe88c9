"""Says when a confirmation mail is not sent: where nobody looks, a mail that does not come is a riddle."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SAID = {
    "a confirmation mail waits for room": (
        "A confirmation mail waits: its network or the day has had what ConfirmationsPerNetwork or "
        "ConfirmationsPerDay permit (local/adapt.py), or that mailbox was sent one less than ten minutes "
        "ago, or three today. What follows a + and dots make no other mailbox. It is looked after every "
        "five minutes."
    ),
    "a mailbox has had its confirmation mails": (
        "A confirmation mail was not sent: the same address asked for the same before, and has had the "
        "mail for it, whose link works."
    ),
}
"""Messages of the functions' log lines, and what the terminal of `make run` says of them."""


class Waiting:
    """What the functions have logged since the last look, as far as a developer would wonder about it."""

    def __init__(self, log: Path, say: Callable[[str], None]) -> None:
        self._log = log
        self._say = say
        self._read = 0

    def look(self) -> None:
        """Say what is new."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            lines = log.readlines()
        for line in lines:
            if not line.endswith(b"\n"):  # still being written
                return
            self._read += len(line)
            if words := _SAID.get(_message(line)):
                self._say(words)


def _message(line: bytes) -> str:
    """What a function's log line says; "" of all that is none."""
    if not line.startswith(b'{"'):
        return ""
    try:
        return str(json.loads(line).get("message", ""))
    except ValueError:
        return ""

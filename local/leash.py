"""Run the emulator, and end it with whoever started it.

Runs on the emulator's own Python, so it imports nothing of Heed. The stack holds the other end of
standard input: when that closes, be it by a stop or because the stack was killed, the whole process
group goes, the emulator and its Lambda workers. Hence no way of ending a stack leaves a process.
"""

from __future__ import annotations

import importlib
import os
import runpy
import signal
import sys
import threading
from pathlib import Path


def _end_with_the_stack() -> None:
    sys.stdin.buffer.read()
    os.killpg(os.getpgid(0), signal.SIGKILL)


def _with_a_suppression_list() -> None:
    """The emulator as it is, but for the one list of SES that it lacks."""
    added = runpy.run_path(str(Path(__file__).with_name("suppression_list.py")))
    ses = importlib.import_module("ministack.services.ses_v2")
    ses.handle_request = added["answering"](ses.handle_request)  # type: ignore[attr-defined]


if __name__ == "__main__":
    _with_a_suppression_list()
    threading.Thread(target=_end_with_the_stack, daemon=True).start()
    runpy.run_module("ministack", run_name="__main__")

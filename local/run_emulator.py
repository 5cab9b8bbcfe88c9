"""Runs the emulator, and kills it when the local stack ends.

The emulator's own Python runs this, so it cannot import Heed. The local stack keeps the other end of standard
input open. When it closes, because the stack was stopped or killed, this kills the whole process group: the
emulator and its Lambda workers. So no process is left, no matter how the stack ends.

The argument is the file of the clock, if the stack has one (`stack_clock.py`).
"""

from __future__ import annotations

import importlib
import os
import runpy
import signal
import sys
import threading
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


def _kill_group_when_the_stack_ends() -> None:
    sys.stdin.buffer.read()
    os.killpg(os.getpgid(0), signal.SIGKILL)


def _extend_ses() -> None:
    """Adds what the emulator does not have: the suppression list of SES, an outbox, and unfinished work."""
    ses = importlib.import_module("ministack.services.ses_v2")
    for name in ("suppression_list", "outbox", "unfinished_work"):
        module = runpy.run_path(str(_HERE / f"{name}.py"))
        ses.handle_request = module[f"with_{name}"](ses.handle_request)  # type: ignore[attr-defined]


def _use_clock(file: str) -> None:
    """Makes the emulator and each worker of a function use the clock of the stack."""
    clock = f"runpy.run_path({str(_HERE / 'stack_clock.py')!r})['StackClock'](pathlib.Path({file!r}))"
    start = f"import pathlib, runpy\n{clock}"
    runtime = importlib.import_module("ministack.core.lambda_runtime")
    worker = runtime._PYTHON_WORKER_SCRIPT  # noqa: SLF001
    runtime._PYTHON_WORKER_SCRIPT = f"{start}.shorten_pauses()\n{worker}"  # type: ignore[attr-defined]  # noqa: SLF001
    exec(start, {})  # noqa: S102


def _extend_cognito() -> None:
    """Makes the user pools issuers on this machine."""
    cognito: Any = importlib.import_module("ministack.services.cognito")
    user_pool = runpy.run_path(str(_HERE / "user_pool.py"))
    base = f"http://{os.environ['MINISTACK_HOST']}:{os.environ['GATEWAY_PORT']}"  # noqa: TID251
    cognito._signed_jwt = user_pool["with_local_issuer"](base, cognito._signed_jwt)  # noqa: SLF001
    cognito.well_known_openid_configuration = user_pool["with_local_document"](
        base, cognito.well_known_openid_configuration
    )


if __name__ == "__main__":
    if sys.argv[1:]:
        _use_clock(sys.argv.pop())  # the emulator has options of its own
    _extend_ses()
    _extend_cognito()
    threading.Thread(target=_kill_group_when_the_stack_ends, daemon=True).start()
    runpy.run_module("ministack", run_name="__main__")

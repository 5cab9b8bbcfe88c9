"""Runs the emulator, and kills it when the local stack ends.

The emulator's own Python runs this, so it cannot import Heed. The local stack keeps the other end of standard
input open. When it closes, because the stack was stopped or killed, this kills the whole process group: the
emulator and its Lambda workers. So no process is left, no matter how the stack ends.
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


def _kill_group_when_the_stack_ends() -> None:
    sys.stdin.buffer.read()
    os.killpg(os.getpgid(0), signal.SIGKILL)


def _extend_ses() -> None:
    """Adds the suppression list of SES and an outbox, which the emulator does not have."""
    ses = importlib.import_module("ministack.services.ses_v2")
    for name in ("suppression_list", "outbox"):
        module = runpy.run_path(str(Path(__file__).with_name(f"{name}.py")))
        ses.handle_request = module[f"with_{name}"](ses.handle_request)  # type: ignore[attr-defined]


def _extend_cognito() -> None:
    """Makes the user pools issuers on this machine."""
    cognito: Any = importlib.import_module("ministack.services.cognito")
    user_pool = runpy.run_path(str(Path(__file__).with_name("user_pool.py")))
    base = f"http://{os.environ['MINISTACK_HOST']}:{os.environ['GATEWAY_PORT']}"  # noqa: TID251
    cognito._signed_jwt = user_pool["with_local_issuer"](base, cognito._signed_jwt)  # noqa: SLF001
    cognito.well_known_openid_configuration = user_pool["with_local_document"](
        base, cognito.well_known_openid_configuration
    )


if __name__ == "__main__":
    _extend_ses()
    _extend_cognito()
    threading.Thread(target=_kill_group_when_the_stack_ends, daemon=True).start()
    runpy.run_module("ministack", run_name="__main__")

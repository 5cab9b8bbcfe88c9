"""`python -m local`: the local stack in the foreground, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from local import preflight
from local.places import ROOT, Places
from local.problem import LocalProblem

if TYPE_CHECKING:
    from types import FrameType

STOPPED, FAILED = 0, 3


def main() -> int:
    """Run a stack; the exit code."""
    places = _places()
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _stop)
    try:
        preflight.check_files(places.root)
        _run(places)
    except LocalProblem as problem:
        print(f"\nCannot run: {problem.what}\n  Remedy: {problem.remedy}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("Stopped.")
    return STOPPED


def _run(places: Places) -> None:
    from local.stack import LocalStack  # after the checks: it imports what they are about

    with LocalStack(places) as stack:
        try:
            stack.start()
            while stack.alive():
                time.sleep(0.5)
                stack.look()
        finally:
            for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(each, signal.SIG_IGN)  # what is being ended is ended whole
    raise LocalProblem("the AWS emulator ended by itself", f"see {places.emulator_log}")


def _stop(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _places() -> Places:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="of the HTTP API")
    parser.add_argument("--aws-port", type=int, default=4566, help="of the emulated AWS")
    parser.add_argument("--home", type=Path, default=ROOT / ".local", help="where stacks live")
    asked = parser.parse_args()
    return Places(ROOT, asked.home, asked.port, asked.aws_port)


if __name__ == "__main__":
    sys.exit(main())

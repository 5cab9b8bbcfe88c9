"""`python -m local`: runs the local stack in the foreground until Ctrl-C or SIGTERM."""

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
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Runs a stack and returns the exit code."""
    args = _parse_arguments()
    places = Places(ROOT, args.home, args.port, args.aws_port, brand=args.brand, webhook_url=args.webhook_url)
    for signal_number in _STOP_SIGNALS:
        signal.signal(signal_number, _stop)
    try:
        preflight.check_files(places.root)
        preflight.check_webhook_url(places.webhook_url)
        _run(places, args)
    except LocalProblem as problem:
        print(f"\nCannot run: {problem.summary}\n  Remedy: {problem.remedy}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("Stopped.")
    return STOPPED


def _run(places: Places, args: argparse.Namespace) -> None:
    from local.stack import LocalStack  # after the checks: it imports what they check

    demo = None
    if args.demo:
        from local.demo.demo import Demo

        demo = Demo(args.people, args.weeks)
    with LocalStack(places, demo) as stack:
        try:
            stack.start()
            while stack.is_running():
                time.sleep(0.5)
                stack.report_unsent_mails()
        finally:
            for signal_number in _STOP_SIGNALS:
                signal.signal(signal_number, signal.SIG_IGN)  # a second signal must not interrupt the cleanup
    raise LocalProblem("the AWS emulator ended unexpectedly", f"see {places.emulator_log}")


def _stop(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="port of the HTTP API")
    parser.add_argument("--aws-port", type=int, default=4566, help="port of the emulated AWS")
    parser.add_argument("--home", type=Path, default=ROOT / ".local", help="the folder of all local stacks")
    parser.add_argument("--brand", type=Path, help="the folder of a brand; the sample without it")
    parser.add_argument("--webhook-url", default="", help="the URL that receives webhooks; none without it")
    parser.add_argument("--demo", action="store_true", help="begin with the past of invented people")
    parser.add_argument("--people", type=int, default=300, help="the number of invented people")
    parser.add_argument("--weeks", type=int, default=26, help="the weeks of the demo")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

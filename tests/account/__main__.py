"""`python -m tests.account`: what only a real account can say of Heed, held against what is expected.

For whoever deploys Heed first: `make deploy`, `make account`, `make destroy`, `make account ARGS=--gone`.

It prints one line a check, and refuses a stack of production. It costs less than a dollar (an estimate: the
keys' and alarms' share of a month, and a handful of mails). What it makes it takes away again: its API key is
revoked at the end. What it enters stays until the trial is destroyed: stops of made-up people, and what the
tester said.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from heed.adapters.stack import AwsAccess
from heed.domain.errors import HeedError
from local.empty import read_environment
from local.places import ROOT
from tests.account import api, creation, deployed, gone, links, mail, silence, target
from tests.account.checking import Check, Skipped, Word, run
from tests.account.target import Target, Wishes

CHECKS: tuple[Check, ...] = (
    *deployed.CHECKS,
    *api.CHECKS,
    *links.CHECKS,
    *api.LEDGER,
    *mail.CHECKS,
    *deployed.LAST,
    *silence.CHECKS,
    *creation.CHECKS,
)
PASSED, FAILED, NOT_RUN = 0, 1, 3


def main() -> int:
    """Run the checks; 0: none failed, 1: one did, 3: they could not be run."""
    args = _arguments()
    if args.env:
        args.stack = use_samconfig(args.env)
    wishes = Wishes(args.topic, args.tester, args.silence, args.break_a_creation)
    with ExitStack() as end:
        try:
            stack = _target(args, wishes, end)
            if not args.gone:
                deployed.must_be_a_trial(stack)
        except (HeedError, Skipped) as reason:
            print(f"Cannot run: {reason}", file=sys.stderr)
            print("  See the stack's name, AWS_PROFILE and AWS_DEFAULT_REGION.", file=sys.stderr)
            return NOT_RUN
        return _told(gone.CHECKS if args.gone else CHECKS, stack)


def use_samconfig(name: str) -> str:
    """Returns the name of the stack, and sets its region and profile for this process and its children."""
    environment = read_environment(name, ROOT / "samconfig.toml")
    settings = {"AWS_DEFAULT_REGION": environment.region, "AWS_PROFILE": environment.profile}
    os.environ.update({k: v for k, v in settings.items() if v})  # noqa: TID251 - AWS's own names
    return environment.stack


def _target(args: argparse.Namespace, wishes: Wishes, end: ExitStack) -> Target:
    if args.local:
        return target.local(args.local, wishes, end)
    if args.gone:
        return Target(args.stack, {}, AwsAccess(), False, lambda _: "", wishes, end)
    return target.deployed(args.stack, wishes, end)


def _told(checks: tuple[Check, ...], stack: Target) -> int:
    words = []
    for result in run(checks, stack):
        print(result, flush=True)
        words.append(result.word)
    counts = ", ".join(f"{words.count(word)} {word}" for word in Word)
    print(f"\n{counts}.")
    return FAILED if Word.FAILED in words else PASSED


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.account", description=__doc__.partition("\n\n")[0])
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--stack", metavar="NAME", help="a trial in the account of this shell")
    which.add_argument("--env", metavar="ENV", help="the trial that samconfig.toml names so")
    which.add_argument("--local", type=Path, metavar="STACK.JSON", help="as make run announces it")
    parser.add_argument("--topic", default="offers", help="one that may be sent to anybody")
    parser.add_argument("--tester", default="", metavar="ADDRESS", help="whose mail you read")
    parser.add_argument("--silence", action="store_true", help="stop the nightly seal for a day")
    parser.add_argument(
        "--break-a-creation",
        action="store_true",
        help="make a production stack that fails, mend it, and remove it: half an hour",
    )
    parser.add_argument("--gone", action="store_true", help="after make destroy: is anything left?")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.account`: checks a deployed trial for what only a real AWS account can show.

The order is `make deploy`, `make account`, `make destroy`, `make account ARGS=--gone`.

It prints one line per check and refuses a production stack. It costs less than a dollar: an estimate for a
part of the monthly price of keys and alarms, and for a few mails. At the end it revokes its API key. Its
records stay until the trial is destroyed: opt-outs of invented people, and the choices of the tester.
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
from tests.account.checking import Check, Outcome, Skipped, run_checks
from tests.account.target import Options, Target

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
    """Runs the checks. Returns 0 if none failed, 1 if one failed, 3 if they could not run."""
    args = _parse_arguments()
    if args.env:
        args.stack = use_samconfig(args.env)
    options = Options(args.topic, args.tester, args.silence, args.break_a_creation)
    with ExitStack() as cleanup:
        try:
            stack = _find_target(args, options, cleanup)
            if not args.gone:
                deployed.must_be_a_trial(stack)
        except (HeedError, Skipped) as reason:
            print(f"Cannot run: {reason}", file=sys.stderr)
            print("  Check the name of the stack, AWS_PROFILE and AWS_DEFAULT_REGION.", file=sys.stderr)
            return NOT_RUN
        return _print_results(gone.CHECKS if args.gone else CHECKS, stack)


def use_samconfig(name: str) -> str:
    """Returns the name of the stack, and sets its region and profile for this process and its children."""
    environment = read_environment(name, ROOT / "samconfig.toml")
    settings = {"AWS_DEFAULT_REGION": environment.region, "AWS_PROFILE": environment.profile}
    os.environ.update({name: value for name, value in settings.items() if value})  # noqa: TID251 - AWS's own names
    return environment.stack


def _find_target(args: argparse.Namespace, options: Options, cleanup: ExitStack) -> Target:
    if args.local:
        return target.connect_local(args.local, options, cleanup)
    if args.gone:
        return Target(args.stack, {}, AwsAccess(), False, lambda _: "", options, cleanup)
    return target.connect_deployed(args.stack, options, cleanup)


def _print_results(checks: tuple[Check, ...], stack: Target) -> int:
    outcomes = []
    for result in run_checks(checks, stack):
        print(result, flush=True)
        outcomes.append(result.outcome)
    counts = ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in Outcome)
    print(f"\n{counts}.")
    return FAILED if Outcome.FAILED in outcomes else PASSED


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.account", description=__doc__.partition("\n\n")[0])
    stack = parser.add_mutually_exclusive_group(required=True)
    stack.add_argument("--stack", metavar="NAME", help="a trial in the AWS account of this shell")
    stack.add_argument("--env", metavar="ENV", help="an environment of samconfig.toml")
    stack.add_argument("--local", type=Path, metavar="STACK.JSON", help="the announcement of make run")
    parser.add_argument("--topic", default="offers", help="a topic that may be sent without an opt-in")
    parser.add_argument("--tester", default="", metavar="ADDRESS", help="an address whose mail you can read")
    parser.add_argument("--silence", action="store_true", help="stop the nightly seal for a day")
    parser.add_argument(
        "--break-a-creation",
        action="store_true",
        help="create a production stack that fails, repair it and remove it (30 minutes)",
    )
    parser.add_argument("--gone", action="store_true", help="after make destroy: check that nothing is left")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""Runs many programs (see runner.py) and prints a table.

Run it as `python -m tests.simulation.soak`. With --first N --programs 1 it runs one seed.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time

from tests.conftest import made_up_credentials
from tests.simulation.fault_table import INJECTED, ROWS, Coverage
from tests.simulation.nemesis import ATTACKS
from tests.simulation.runner import Outcome, run_on_all_cores, run_programs

PROMISES = {
    "I1": "an acknowledged opt-out is on record, from then on",
    "I2": "a register never goes back, whatever arrives late",
    "I3": "no check after the acknowledgement permits mail",
    "I4": "a check gives the answer of the model; doubt is no",
    "I5": "a second delivery changes nothing; a GET records a browser's privacy signal only",
    "I6": "each fact on record has a request behind it",
    "I8": "mail is permitted only if no opt-out or suppression is newer than the opt-in",
    "I9": "an erasure keeps its time and the opt-outs, and nothing older returns",
    "I11": "every message was processed or dead-lettered; none vanished",
    "I14": "without faults every queue is empty within three rounds",
    "I15": "a holder of links and keys opts nobody in; only the Undo of the same press does, "
    "while no other suppression is active",
    "I16": "an import makes nothing sendable; its taking back lifts all that it alone stopped, and no more",
    "I17": "a snapshot has each stop that was stored before its as_of",
}
"""The promises of docs/evidence.md. I7 (complaints and minors stay) is part of I2 and I3."""


def main() -> int:
    """Runs, and prints what was injected and checked; 1 if a promise broke or a fault is missing."""
    args = _arguments()
    made_up_credentials()
    started_at = time.monotonic()
    if args.programs == 1:
        outcome = run_programs(args.layer or "pure", [args.first], args.length)
    else:
        outcome = Outcome()
        for layer in [args.layer] if args.layer else ["pure", "moto"]:
            count = args.programs if layer == "pure" else args.programs // 100
            outcome.add(run_on_all_cores(layer, args.first, count, args.length))
    duration_seconds = time.monotonic() - started_at
    sys.stdout.writelines(f"{line}\n" for line in _table(outcome, args, duration_seconds))
    not_injected = [number for number in INJECTED if not outcome.fault_counts[number]]
    if not_injected and args.programs > 1:
        outcome.broken_promises.append(f"never injected: {not_injected}")
    not_tried = [attack for attack in ATTACKS if not outcome.attack_counts[attack]]
    if not_tried and args.programs > 1:
        outcome.broken_promises.append(f"never tried: {not_tried}")
    sys.stderr.writelines(f"{line}\n" for line in outcome.broken_promises)
    return bool(outcome.broken_promises)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layer", choices=["pure", "moto"], help="run only this layer")
    parser.add_argument("--first", type=int, default=int(time.time()) * 1_000, help="first seed")
    parser.add_argument("--programs", type=int, default=60_000, help="number in memory; on moto a hundredth")
    parser.add_argument("--length", type=int, default=30, help="steps of a program")
    return parser.parse_args()


def _table(outcome: Outcome, args: argparse.Namespace, duration_seconds: float) -> list[str]:
    last = args.first + args.programs - 1
    return [
        f"Programs: {outcome.program_count:,}; steps: {outcome.event_count:,}; "
        f"seeds {args.first} to {last}, length {args.length}; "
        f"broken promises: {len(outcome.broken_promises)}.",
        f"Python {platform.python_version()}, {duration_seconds / 60:.0f} minutes.",
        "",
        "| invariant | what must hold | times checked |",
        "|---|---|---|",
        *(f"| {name} | {PROMISES[name]} | {outcome.check_counts[name]:,} |" for name in PROMISES),
        "",
        "| what the attacker tries | times |",
        "|---|---|",
        *(f"| {attack} | {outcome.attack_counts[attack]:,} |" for attack in ATTACKS),
        "",
        "| no. | fault | injected | where |",
        "|---|---|---|---|",
        *(
            f"| {row.number} | {row.fault} | {_format_count(row.coverage, outcome.fault_counts[row.number])} "
            f"| {row.where} |"
            for row in ROWS
        ),
    ]


def _format_count(coverage: Coverage, times: int) -> str:
    return {Coverage.PROGRAMS: f"{times:,}", Coverage.TEST: "by test", Coverage.NONE: "no"}[coverage]


if __name__ == "__main__":
    raise SystemExit(main())

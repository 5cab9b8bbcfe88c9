"""`python -m tests.load` prints where a simulated campaign loses the first opt-out, and what prevents it.

It reads the limits of template.yaml, prints the tables of docs/operations.md, and then what it assumes. It
takes a few minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from tests.load.assumptions import assumptions
from tests.load.limits import read_limits
from tests.load.report import LoadReport
from tests.support.template import template

LOSSES = (
    "account",
    "executions that other functions leave",
    "first opt-out refused",
    "by",
    "what prevents it",
)
ROOM = ("account", "mails per second", "beyond it refuses", "one-clicks in a second", "beyond it refuses")
ASSUMED = ("figure", "meaning", "source")


def markdown(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Returns a table of Markdown."""
    lines = [heading, tuple("---" for _ in heading), *rows]
    return "\n".join(
        f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |") for cells in lines
    )


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="decides everything that is drawn")
    report = LoadReport(read_limits(template()), parser.parse_args().seed)
    for heading, rows in ((LOSSES, report.losses()), (ROOM, report.room()), (ASSUMED, assumptions())):
        print(markdown(heading, rows), end="\n\n", flush=True)


if __name__ == "__main__":
    main()

"""`python -m tests.load` prints where a simulated campaign loses the first opt-out, and what prevents it.

It reads the limits of template.yaml, prints the tables of docs/operations.md, and then what it assumes. It
takes a few minutes.
"""

from __future__ import annotations

import argparse

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
ROOM = (
    "account",
    "mails per second",
    "beyond it refuses",
    "one-clicks in a second",
    "beyond it refuses",
)
ASSUMED = ("figure", "meaning", "source")


def row(cells: tuple[str, ...]) -> str:
    """Returns a row of a table of Markdown."""
    return f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in cells)}|"


def heading(cells: tuple[str, ...]) -> str:
    """Returns the first two lines of such a table."""
    return f"{row(cells)}\n|{'---|' * len(cells)}"


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="decides everything that is drawn")
    report = LoadReport(read_limits(template()), parser.parse_args().seed)
    for names, rows in ((LOSSES, report.losses()), (ROOM, report.room()), (ASSUMED, assumptions())):
        print(heading(names), flush=True)
        for cells in rows:
            print(row(cells), flush=True)
        print()


if __name__ == "__main__":
    main()

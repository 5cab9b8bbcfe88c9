"""CSV for people who open it in a spreadsheet: no cell of it is run as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO

from heed.domain.imports.columns import guard_formula


def guarded_csv_line(cells: Iterable[str]) -> str:
    """Returns a line. A cell that a spreadsheet would run as a formula has a quote before it."""
    line = StringIO()
    csv.writer(line, lineterminator="\n").writerow([guard_formula(cell) for cell in cells])
    return line.getvalue()

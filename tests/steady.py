"""`python -m tests.steady` runs the unit tests on three other days, and on a busy machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

# The process ends with its parent, even if the parent is killed.
_BUSY_SCRIPT = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): sum(range(100_000))"


class Day(NamedTuple):
    """The conditions of a run: the time of its clock, its time zone, and the number of busy processes."""

    at: str
    zone: str
    busy: int = 0


def days(today: datetime) -> list[Day]:
    """Returns the conditions of the three runs.

    The first runs on a rare day, and its UTC date changes during the run. The second runs at the end of a
    year. The third runs in the far future.
    """
    far_future = today.replace(year=today.year + 10, day=min(today.day, 28))
    return [
        Day("2028-02-29T05:29:30", "Asia/Kolkata", busy=4),
        Day("2027-12-31T23:59:50", "America/St_Johns"),
        Day(f"{far_future:%Y-%m-%dT%H:%M:%S}", "UTC"),
    ]


@contextmanager
def busy(number: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Runs this number of busy processes until the block ends."""
    command = [sys.executable, "-c", _BUSY_SCRIPT, str(os.getpid())]
    processes = [subprocess.Popen(command) for _ in range(number)]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def main() -> int:
    """Runs the tests under each of the conditions. Returns 1 if any run failed, or 0."""
    failures = []
    for day in days(datetime.now(UTC)):
        sys.stdout.write(f"\n{day.at} {day.zone}, beside {day.busy} busy processes\n")
        sys.stdout.flush()
        arguments = [
            "-q",
            "-n",
            "auto",
            "--dist",
            "worksteal",
            "-m",
            "not system",
            "--at",
            day.at,
            "--zone",
            day.zone,
        ]
        with busy(day.busy):
            if subprocess.call([sys.executable, "-m", "pytest", *arguments, *sys.argv[1:]]):
                failures.append(day)
    return bool(failures)


if __name__ == "__main__":
    raise SystemExit(main())

"""`python -m tests.steady` runs the unit tests on three other days, and on a busy machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

# ends with its parent, even if the parent is killed
_WORK = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): sum(range(100_000))"


class Day(NamedTuple):
    """The time of the clock, its zone, and the number of busy processes."""

    at: str
    zone: str
    busy: int = 0


def days(today: datetime) -> list[Day]:
    """A rare day whose UTC date changes during the run; the end of a year; a day in the far future."""
    later = today.replace(year=today.year + 10, day=min(today.day, 28))
    return [
        Day("2028-02-29T05:29:30", "Asia/Kolkata", busy=4),
        Day("2027-12-31T23:59:50", "America/St_Johns"),
        Day(f"{later:%Y-%m-%dT%H:%M:%S}", "UTC"),
    ]


@contextmanager
def busy(number: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Runs that many endless processes while the block runs."""
    command = [sys.executable, "-c", _WORK, str(os.getpid())]
    started = [subprocess.Popen(command) for _ in range(number)]
    try:
        yield started
    finally:
        for each in started:
            each.kill()
            each.wait()


def main() -> int:
    """Runs the tests on each day; 1 if any failed."""
    failed = []
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
                failed.append(day)
    return bool(failed)


if __name__ == "__main__":
    raise SystemExit(main())

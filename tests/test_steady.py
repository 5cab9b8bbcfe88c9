"""The runs on other days: their clock, and the busy processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.steady import busy, days
from tests.system.running import ROOT, wait_until

_SEEN = """
import subprocess, sys, time
from datetime import UTC, datetime

COLLECTED = datetime.now(UTC)

def test_now():
    assert COLLECTED == datetime(2001, 2, 3, 23, 59, 59, 500_000, UTC)
    assert time.localtime().tm_gmtoff == 19_800
    while datetime.now(UTC) < datetime(2001, 2, 4, tzinfo=UTC):
        pass
    ask = "import time; print(time.time(), time.localtime().tm_gmtoff)"
    real, offset = subprocess.check_output([sys.executable, "-c", ask], text=True).split()
    assert float(real) > time.time() + 10**8 and offset == "19800"
"""


@pytest.mark.system
@pytest.mark.parametrize("how", [[], ["-p", "xdist", "-n", "1"]], ids=["alone", "a worker"])
def test_a_run_has_its_clock_and_zone_and_its_child_processes_have_the_zone_only(
    tmp_path: Path, how: Sequence[str]
) -> None:
    (tmp_path / "test_seen.py").write_text(_SEEN)
    clock = [
        "-p",
        "tests.support.clock",
        "--at",
        "2001-02-04T05:29:59.500",
        "--zone",
        "Asia/Kolkata",
    ]

    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *how, *clock, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "-c /dev/null"},  # noqa: TID251
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_days_are_rare_or_far_on_each_day() -> None:
    leap, end, later = days(datetime(2028, 2, 29, 13, 14, 15, tzinfo=UTC))

    assert (leap.at[:10], leap.zone, leap.busy) == ("2028-02-29", "Asia/Kolkata", 4)
    assert (end.at[5:], end.zone) == ("12-31T23:59:50", "America/St_Johns")
    assert (later.at, later.zone) == ("2038-02-28T13:14:15", "UTC")


def test_the_busy_processes_end_with_the_block() -> None:
    with busy(2) as started:
        assert [each.poll() for each in started] == [None, None]
    assert [each.returncode for each in started] == [-signal.SIGKILL] * 2


def test_the_busy_processes_end_with_a_run_that_is_killed() -> None:
    killed = (
        "import os, signal\nfrom tests.steady import busy\n"
        "with busy(1) as [one]:\n    print(one.pid, flush=True)\n    os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", killed], cwd=ROOT, capture_output=True, check=False)

    assert ended.returncode == -signal.SIGKILL
    wait_until(lambda: _is_over(ended.stdout.decode().strip()))


def _is_over(process: str) -> bool:
    try:
        return not Path("/proc", process, "cmdline").read_bytes()
    except OSError:
        return True

"""The clock of a stack that does not run in real time. It changes a process, so each test has its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAST = 1_700_000_000_000  # 2023-11-14, milliseconds
START = f"""
import json, sys, time
from datetime import datetime, UTC
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from local.stack_clock import StackClock
clock = StackClock(Path(sys.argv[1]))
"""
SHOW = "print(json.dumps([time.time(), time.time_ns() / 1e9, datetime.now(UTC).timestamp()]))\n"


def run(file: Path, program: str) -> Any:
    """Runs a program in a process that uses the clock. Returns what it prints."""
    process = subprocess.run(
        [sys.executable, "-c", START + program, file], capture_output=True, text=True, check=True
    )
    return json.loads(process.stdout)


def real_time() -> float:
    """Returns the time of a process that no clock changes. The tests themselves may run on another day."""
    command = [sys.executable, "-c", "import time; print(time.time())"]
    return float(subprocess.run(command, capture_output=True, check=True).stdout)


def test_every_function_that_tells_the_time_uses_the_clock(tmp_path: Path) -> None:
    times = run(tmp_path / "clock", f"clock.set({PAST})\n{SHOW}")
    assert all(0 <= seconds - PAST / 1000 < 60 for seconds in times)


def test_processes_of_one_file_have_the_same_time(tmp_path: Path) -> None:
    program = (
        "import subprocess\n"
        f"clock.set({PAST})\n"
        "other = subprocess.run([sys.executable, '-c', sys.argv[2], sys.argv[1]], capture_output=True)\n"
        "print(other.stdout.decode())\n"
    )
    command: list[str | Path] = [sys.executable, "-c", START + program, tmp_path / "clock", START + SHOW]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert all(0 <= seconds - PAST / 1000 < 60 for seconds in json.loads(printed))


def test_the_clock_goes_on_and_can_return_to_the_real_time(tmp_path: Path) -> None:
    before, after, real = run(
        tmp_path / "clock",
        f"clock.set({PAST})\nfirst = time.time_ns()\ntime.sleep(0.01)\nsecond = time.time_ns()\n"
        "clock.set_to_real_time()\nprint(json.dumps([first, second, time.time()]))",
    )
    assert after - before >= 10_000_000
    assert abs(real - real_time()) < 600


def test_a_new_clock_has_the_real_time(tmp_path: Path) -> None:
    assert all(abs(seconds - real_time()) < 600 for seconds in run(tmp_path / "clock", SHOW))


def test_pauses_are_short_in_the_past_and_have_their_length_in_real_time(tmp_path: Path) -> None:
    pause = "start = time.monotonic(); time.sleep({}); pauses.append(time.monotonic() - start)\n"
    program = (
        f"clock.shorten_pauses(); pauses = []; clock.set({PAST})\n{pause.format(3_600)}"
        f"clock.set_to_real_time()\n{pause.format(0.05)}print(json.dumps(pauses))"
    )
    in_the_past, in_real_time = run(tmp_path / "clock", program)
    assert in_the_past < 3_600
    assert in_real_time >= 0.05

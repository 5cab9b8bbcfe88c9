"""The Makefiles on other machines than ours."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_make_that_is_too_old_says_so_at_once() -> None:
    """That of macOS, 3.81, gives each line of a recipe to a shell of its own, which fails in the middle."""
    old = subprocess.run(
        ["make", ".FEATURES=", "help"],  # noqa: S607 - the make of this machine
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert old.returncode == 2
    assert "GNU make 4" in old.stderr


def test_what_is_built_is_measured_by_options_that_every_du_has() -> None:
    """Those of POSIX: BSD's knows no long ones."""
    calls = re.findall(r"\bdu (\S+)", (ROOT / "layers" / "core" / "Makefile").read_text())
    assert calls == ["-sk"]

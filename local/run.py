"""Running another program, whose failure is told in its own words."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from local.problem import LocalProblem

if TYPE_CHECKING:
    from pathlib import Path


def run(*command: str | Path, **environment: str) -> None:
    """Run to the end, silently; `environment` is added to this process's own."""
    settings = [f"{name}={value}" for name, value in environment.items()]
    done = subprocess.run(["/usr/bin/env", *settings, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        words = (done.stderr or done.stdout).strip()
        raise LocalProblem(
            f"this failed: {' '.join(map(str, command))}\n{words}", "mend what it names, and again"
        )

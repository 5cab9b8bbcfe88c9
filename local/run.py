"""Runs another program. A failure contains the program's own output."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from local.problem import LocalProblem

if TYPE_CHECKING:
    from pathlib import Path


def run_program(*command: str | Path, **environment: str) -> None:
    """Runs a program to its end without showing its output.

    Args:
        command: The program and its arguments.
        environment: Environment variables in addition to those of this process.

    Raises:
        LocalProblem: The exit code of the program is not 0.
    """
    settings = [f"{name}={value}" for name, value in environment.items()]
    done = subprocess.run(["/usr/bin/env", *settings, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        output = (done.stderr or done.stdout).strip()
        raise LocalProblem(
            f"this command failed: {' '.join(map(str, command))}\n{output}",
            "correct what it reports and try again",
        )

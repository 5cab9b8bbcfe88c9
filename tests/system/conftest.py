"""Provides one local stack for all system tests of a session, and the installed command for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.running import Running, free_ports

INSTALLED = Path(sys.executable).with_name("heed")
Heed = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Returns the content of the `stack.json` of the stack: `api`, `aws`, `region`, `api_key`, `outputs`."""
    running = Running(tmp_path_factory.mktemp("stack"), *free_ports(2))
    try:
        yield running.wait_until_ready()
    finally:
        running.stop()


@pytest.fixture
def heed(stack: dict[str, Any], tmp_path: Path) -> Heed:
    """Runs the command in a folder with the ready file of the stack, without any AWS settings."""
    ready_file = tmp_path / ".local" / "stack.json"
    ready_file.parent.mkdir()
    ready_file.write_text(json.dumps(stack))
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}  # noqa: TID251 - of this machine

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [INSTALLED, *arguments],
            cwd=tmp_path,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    return run

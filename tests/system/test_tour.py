"""The commands of the tour in README.md print the output that it shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.running import ROOT, Running, free_ports

pytestmark = pytest.mark.system

# Texts that differ between stacks or days, with their lengths.
_VARYING = (
    (r"127\.0\.0\.1:\d+", "HOST"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "TIME"),
    (r"/[up]/[\w-]{54}", "LINK"),
    (r"u\+[a-z2-7]{58}@", "MAILBOX"),
    (r"heed-recipient=[a-z2-7]{26}", "TAG"),
    (r"^(recipient +)[a-z2-7]{26}$", r"\1ID"),
    (r"issued=\d{13}", "ISSUED"),
    (r"key=[0-9a-f]{16}", "KEY"),
    (r"\b[0-9a-f]{32}\b", "JOB"),
    (r",[a-z2-7]{26},", ",ID,"),
)
_API = "http://127.0.0.1:8000"  # of `make run`
_END = "--- end of a command ---"


def _steps() -> Iterator[tuple[str, str]]:
    """Yields each command and its expected output."""
    for block in re.findall(
        r"^```console\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    ):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = step.partition("\n")
            yield command, printed


def _mask_varying(text: str) -> str:
    for pattern, name in _VARYING:
        text = re.sub(pattern, name, text, flags=re.MULTILINE)
    return text


@pytest.fixture
def new_stack(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A stack with nobody on record. A first import needs a second owner for that reason."""
    running = Running(tmp_path / "stack", *free_ports(2))
    try:
        yield running.wait_until_ready()
    finally:
        running.stop()


def test_the_tour_prints_the_output_in_the_readme(new_stack: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / ".local"
    folder.mkdir()
    (folder / "stack.json").write_text(json.dumps(new_stack))
    for name in ("docs", "events"):
        (tmp_path / name).symlink_to(ROOT / name)
    commands, expected = zip(*_steps(), strict=True)
    installed = Path(sys.executable).parent
    path = os.environ["PATH"]  # noqa: TID251 - of this machine

    process = subprocess.run(
        ["/bin/bash"],
        input="".join(f"{command}\necho '{_END}'\n" for command in commands).replace(_API, new_stack["api"]),
        env={"PATH": f"{installed}:{path}", "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    printed = process.stdout.split(f"{_END}\n")
    assert process.stderr == ""
    for command, actual, readme in zip(commands, printed, expected, strict=False):
        assert (command, _mask_varying(actual)) == (command, _mask_varying(readme))
    assert printed[len(commands) :] == [""]

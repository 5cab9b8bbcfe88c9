"""Ctrl-C while a job works, with the command as a real process: the job goes on."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Heed
from tests.cli.server import ApiServer
from tests.cli.terminal import INSTALLED

pytestmark = pytest.mark.system  # each command is a process of its own

VALID = b"email,created\njoan@example.com,1772671262\n"
INVALID = b"email,created\nlee@example.com,soon\n"


def _read_until(terminal: int, words: str) -> str:
    screen = ""
    while words not in screen:
        screen += os.read(terminal, 65_536).decode()
    return screen


@pytest.mark.parametrize("command", [("import", "old.csv", "--reference", "old platform")])
def test_an_interrupted_command_leaves_the_job_running_and_says_how_to_come_back(
    heed: Heed, local: Path, server: ApiServer, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "old.csv").write_bytes(INVALID)
    server.works_on_jobs = False
    ours, theirs = pty.openpty()
    environ = {"PATH": os.defpath, "HOME": str(tmp_path), "TERM": "xterm", "LANG": "C.UTF-8"}
    with subprocess.Popen(
        [INSTALLED, *command], cwd=tmp_path, env=environ, stdout=theirs, stderr=theirs
    ) as process:
        screen = _read_until(ours, "0 rows")
        process.send_signal(signal.SIGINT)
        screen += _read_until(ours, "heed: interrupted")
    os.close(theirs)
    os.close(ours)

    assert process.returncode == 3
    found = re.search(r"The job goes on without this command: heed (jobs watch [0-9a-f]{32})\r\n", screen)
    assert found
    server.works_on_jobs = True
    server.work()
    watched = heed(*found[1].split())
    assert (watched.code, "previewed" in watched.out) == (1, True), "a row is invalid"
    saved = heed("jobs", "save", found[1].split()[-1])
    assert (saved.code, saved.out) == (0, "Saved rejects.csv\n")
    assert (tmp_path / "rejects.csv").read_text().startswith("line,why,email,created\n")
    assert heed("jobs", "save", found[1].split()[-1]).code == 2

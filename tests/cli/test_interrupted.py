"""Ctrl-C while a job works, with the command as a real process: the job goes on."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Heed
from tests.cli.server import ApiServer
from tests.cli.terminal import INSTALLED

pytestmark = pytest.mark.system  # each command is a process of its own

IMPORT = ("import", "old.csv", "--reference", "old platform")
INVALID = b"email,created\nlee@example.com,soon\n"


def _read_until(terminal: int, words: str) -> str:
    screen = ""
    while words not in screen:
        screen += os.read(terminal, 65_536).decode()
    return screen


def _accept_interrupts() -> None:
    """Undoes what a shell does to a command in the background, such as these tests: it ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _interrupt(folder: Path, words: str) -> tuple[int, str]:
    """Runs an import at a terminal, and presses Ctrl-C when the progress has these words."""
    ours, theirs = pty.openpty()
    environ = {"PATH": os.defpath, "HOME": str(folder), "TERM": "xterm", "LANG": "C.UTF-8"}
    with subprocess.Popen(
        [INSTALLED, *IMPORT],
        cwd=folder,
        env=environ,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=_accept_interrupts,
    ) as process:
        screen = _read_until(ours, words)
        process.send_signal(signal.SIGINT)
        screen += _read_until(ours, "heed: interrupted")
    os.close(theirs)
    os.close(ours)
    return process.returncode, screen


def test_an_interrupted_command_leaves_the_job_running_and_says_how_to_come_back(
    heed: Heed, local: Path, server: ApiServer, tmp_path: Path
) -> None:
    (tmp_path / "old.csv").write_bytes(INVALID)
    server.works_on_jobs = False

    code, screen = _interrupt(tmp_path, "0 rows")

    found = re.search(r"The job goes on without this command: heed (jobs watch ([0-9a-f]{32}))\r\n", screen)
    assert code == 3 and found
    server.works_on_jobs = True
    server.work()
    watched = heed(*found[1].split())
    assert (watched.code, "previewed" in watched.out) == (1, True), "a row is invalid"
    saved = heed("jobs", "save", found[2])
    assert (saved.code, saved.out) == (0, "Saved rejects.csv\n")
    assert (tmp_path / "rejects.csv").read_text().startswith("line,why,email,created\n")
    assert heed("jobs", "save", found[2]).code == 2, "the file exists"


def test_an_interrupted_upload_promises_no_job(local: Path, server: ApiServer, tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_bytes(INVALID)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/upload"
        created = {"job": "0" * 32, "upload": {"url": url, "headers": {"If-None-Match": "*"}}}
        server.canned_answers = [(202, {}, json.dumps(created).encode())]

        code, screen = _interrupt(tmp_path, " bytes")

    assert (code, "The job goes on" in screen) == (3, False)

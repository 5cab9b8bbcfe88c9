"""Runs the installed command at a pseudo-terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

INSTALLED = Path(sys.executable).with_name("heed")


class TerminalResult(NamedTuple):
    """What a command printed.

    Attributes:
        code: The exit code.
        screen: What arrived at the terminal, with the sequences for colours.
        piped: What arrived in the pipe of standard output, if there is one.
    """

    code: int
    screen: str
    piped: str

    @property
    def text(self) -> str:
        """The lines of the screen without colours. A line that was replaced counts as well."""
        return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", self.screen).replace("\r", "\n")


def run_at_terminal(
    *arguments: str,
    folder: Path,
    stdin: bytes | None = None,
    is_piped: bool = False,
    environ: Mapping[str, str] = MappingProxyType({}),
) -> TerminalResult:
    """Runs the command with standard error, and unless it is piped standard output, at a terminal."""
    ours, theirs = pty.openpty()
    environment = {"PATH": os.defpath, "HOME": str(folder), "TERM": "xterm-256color", "COLUMNS": "80"}
    with subprocess.Popen(
        [INSTALLED, *arguments],
        cwd=folder,
        env={**environment, "LANG": "C.UTF-8", **environ},
        stdin=theirs if stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE if is_piped else theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        if process.stdin is not None:
            process.stdin.write(stdin or b"")
            process.stdin.close()
        screen = _read_to_end(ours)
        piped = process.stdout.read() if process.stdout is not None else b""
    os.close(ours)
    return TerminalResult(process.returncode, screen.decode().replace("\r\n", "\n"), piped.decode())


def _read_to_end(terminal: int) -> bytes:
    content = b""
    while True:
        try:
            part = os.read(terminal, 65_536)
        except OSError:  # Linux reports the end of a terminal in this way
            return content
        if not part:
            return content
        content += part

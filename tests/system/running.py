"""A local stack as a person starts it: a process with an output, ports and a folder of its own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 600  # seconds after which something hangs; however busy the machine, all of it is faster

Found = TypeVar("Found")


def soon(look: Callable[[], Found | None]) -> Found:
    """What is found, as soon as there is something."""
    end = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
    return found


def free_ports(count: int) -> list[int]:
    """That many different ports of loopback that nobody listens on now."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Running:
    """A stack that was started; `home` is the folder that holds its ready file and its state."""

    def __init__(self, home: Path, port: int, aws_port: int) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self._output = home / "output.txt"
        ports = ["--port", str(port), "--aws-port", str(aws_port)]
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "local", *ports, "--home", str(home)],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """What it has printed."""
        return self._output.read_text()

    def ready(self) -> dict[str, Any]:
        """Wait until it is ready; what its ready file says."""
        self.printed("Ready")
        stack: dict[str, Any] = json.loads((self.home / "stack.json").read_text())
        return stack

    def printed(self, words: str) -> None:
        """Wait until it has printed these words."""

        def is_printed() -> bool:
            seen = words in self.output
            assert seen or self.process.poll() is None, self.output
            return seen

        soon(is_printed)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send it this signal and wait for its end; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(PATIENCE)

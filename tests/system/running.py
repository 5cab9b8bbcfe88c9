"""A local stack as a person starts it: a process with an output, ports and a folder of its own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180  # the first one installs the emulator
STOP_SECONDS = 15  # a second or two, also under load; the rest is for a busy machine


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
        file = self.home / "stack.json"
        end = time.monotonic() + START_SECONDS
        while not file.exists():
            assert self.process.poll() is None, self.output
            assert time.monotonic() < end, self.output
            time.sleep(0.05)
        stack: dict[str, Any] = json.loads(file.read_text())
        return stack

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send it this signal and wait for its end; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(STOP_SECONDS)

"""Starts a local stack like a person does: a process with its own output, ports and folder."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from local.emulator import Emulator
from local.install import install
from local.places import Places

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 600  # seconds; longer than any step takes, also on a busy machine

T = TypeVar("T")


def wait_until(look: Callable[[], T | None]) -> T:
    """Calls a function until it returns a true value. Returns that value."""
    end = time.monotonic() + PATIENCE
    pauses = _pauses()
    while not (value := look()):
        assert time.monotonic() < end, "timeout"
        time.sleep(next(pauses))
    return value


def wait_until_none_is_left(count: Callable[[], int]) -> None:
    """Calls a function until it returns 0. Each time that its number falls, the patience begins anew.

    So a busy machine may take as long as it needs, as long as something is done.
    """
    least, end = sys.maxsize, time.monotonic()
    pauses = _pauses()
    while left := count():
        if left < least:
            least, end = left, time.monotonic() + PATIENCE
        assert time.monotonic() < end, f"no progress: {left} left"
        time.sleep(next(pauses))


def _pauses() -> Iterator[float]:
    """Yields longer and longer pauses, because each look takes CPU from what it waits for."""
    pause = 0.05
    while True:
        yield pause
        pause = min(1.2 * pause, 0.5)


def free_ports(count: int) -> list[int]:
    """Returns a number of different free ports on the loopback interface."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@contextmanager
def running_emulator(home: Path) -> Iterator[str]:
    """Runs an emulator of AWS without a stack. The block gets its URL."""
    places = Places(ROOT, home, *free_ports(2))
    install(places)  # needed once in a clone that has not run a local stack
    process = Emulator(places)
    try:
        process.start()
        yield places.aws
    finally:
        process.stop()


class Running:
    """A running stack. `home` is the folder of its files, `brand` that of an adopter's brand."""

    def __init__(
        self,
        home: Path,
        port: int,
        aws_port: int,
        *,
        brand: Path | None = None,
        webhook_url: str = "",
        demo: Sequence[str] = (),
    ) -> None:
        """Starts it, with these options of its demo."""
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self._output = home / "output.txt"
        ports = ["--port", str(port), "--aws-port", str(aws_port)]
        options = ["--brand", str(brand)] if brand else []
        options += ["--webhook-url", webhook_url] if webhook_url else []
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "local", *ports, "--home", str(home), *options, *demo],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """The output of the stack so far."""
        return self._output.read_text()

    def wait_until_ready(self) -> dict[str, Any]:
        """Waits until the stack is ready. Returns the content of its ready file."""
        self.wait_for_output("Ready")
        stack: dict[str, Any] = json.loads((self.home / "stack.json").read_text())
        return stack

    def wait_for_output(self, words: str) -> None:
        """Waits until the stack has printed these words."""

        def is_printed() -> bool:
            is_in_output = words in self.output
            assert is_in_output or self.process.poll() is None, self.output
            return is_in_output

        wait_until(is_printed)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Sends a signal to the stack, and waits until it ends. Returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(PATIENCE)

"""Starts and stops the AWS emulator with all its processes."""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from local.places import REGION
from local.plain_http import make_client
from local.problem import LocalProblem

if TYPE_CHECKING:
    from local.places import Places

_START_SECONDS = 30
_STOP_SECONDS = 10


class Emulator:
    """An emulator that listens on loopback only. Its state is deleted when it stops.

    Args:
        places: The paths and addresses of the stack.
        has_clock: Whether it and the functions use the clock of the stack instead of the real time.
    """

    def __init__(self, places: Places, *, has_clock: bool = False) -> None:
        self._places = places
        self._clock_files = [places.clock_file] if has_clock else []
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the emulator and returns when it answers.

        Raises:
            LocalProblem: It did not answer in time.
        """
        state = self._places.folder / "state"
        temporary = self._places.folder / "tmp"
        for folder in (state, temporary):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        with self._places.emulator_log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    self._places.emulator_venv / "bin" / "python",
                    Path(__file__).with_name("run_emulator.py"),
                    *self._clock_files,
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=_make_environment(self._places.aws_port, state, temporary),
                start_new_session=True,  # the stack handles Ctrl-C and kills the process group
            )
        self._wait()

    def is_running(self) -> bool:
        """Returns whether the emulator still runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stops the emulator and its workers. It is safe to call if the emulator never started."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        self._process.wait(_STOP_SECONDS)
        self._process = None
        for folder in ("state", "tmp"):
            shutil.rmtree(self._places.folder / folder, ignore_errors=True)

    def _wait(self) -> None:
        end = time.monotonic() + _START_SECONDS
        with make_client(self._places.aws, timeout=2) as client:
            while time.monotonic() < end and self.is_running():
                with suppress(httpx.TransportError):
                    if client.get("/_ministack/ready").is_success:
                        return
                time.sleep(0.05)
        raise LocalProblem("the AWS emulator did not start", f"see the log {self._places.emulator_log}")


def _make_environment(port: int, state: Path, temporary: Path) -> dict[str, str]:
    """Returns all environment variables of the emulator and its functions.

    They inherit nothing from this process. Otherwise a proxy, a certificate bundle or an AWS profile of the
    developer would reach the functions, and the functions could reach a real account.
    """
    return {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",  # in the URLs that it returns, such as those of queues
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "STATE_DIR": str(state),
        "TMPDIR": str(temporary),
        "HOME": str(temporary),
        "PATH": "/usr/bin:/bin",
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONUNBUFFERED": "1",
    }

"""Where the local stack keeps its things: one folder a port, so that stacks do not meet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REGION = "us-east-1"
ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Places:
    """The paths and addresses of one stack.

    `root` is the project, `home` the folder that holds every local stack, `port` the front's and
    `aws_port` the emulator's.
    """

    root: Path
    home: Path
    port: int
    aws_port: int

    @property
    def api(self) -> str:
        """The base address of the HTTP API, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def aws(self) -> str:
        """The address of the emulated AWS."""
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def folder(self) -> Path:
        """This stack's own folder."""
        return self.home / str(self.port)

    @property
    def build(self) -> Path:
        """The built functions and layers."""
        return self.folder / "build"

    @property
    def emulator_log(self) -> Path:
        """What the emulator prints."""
        return self.folder / "emulator.log"

    @property
    def ready_file(self) -> Path:
        """Where this stack is announced."""
        return self.folder / "stack.json"

    @property
    def latest_file(self) -> Path:
        """Where the latest of the stacks that run is announced: what clients read."""
        return self.home / "stack.json"

    @property
    def emulator_venv(self) -> Path:
        """The emulator's venv, shared by all stacks."""
        return self.root / ".tools" / "emulator"

    @property
    def wheels(self) -> Path:
        """What the core layer needs, kept so that building it needs no network."""
        return self.root / ".tools" / "wheels"

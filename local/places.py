"""The paths and addresses of a local stack. Each stack has a folder with the name of its port."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REGION = "us-east-1"
ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Places:
    """The paths and addresses of one stack.

    Attributes:
        root: The folder of the project.
        home: The folder of all local stacks.
        port: The port of the HTTP front.
        aws_port: The port of the emulator.
    """

    root: Path
    home: Path
    port: int
    aws_port: int

    @property
    def api(self) -> str:
        """The base URL of the HTTP API, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def aws(self) -> str:
        """The base URL of the emulated AWS."""
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def folder(self) -> Path:
        """The folder of this stack."""
        return self.home / str(self.port)

    @property
    def build(self) -> Path:
        """The built functions and layers."""
        return self.folder / "build"

    @property
    def emulator_log(self) -> Path:
        """The file with the emulator's output."""
        return self.folder / "emulator.log"

    @property
    def ready_file(self) -> Path:
        """The file that announces this stack."""
        return self.folder / "stack.json"

    @property
    def latest_file(self) -> Path:
        """The file that announces the newest running stack. Clients read it."""
        return self.home / "stack.json"

    @property
    def emulator_venv(self) -> Path:
        """The venv of the emulator. All stacks share it."""
        return self.root / ".tools" / "emulator"

    @property
    def wheels(self) -> Path:
        """The packages of the core layer, so that its build needs no network."""
        return self.root / ".tools" / "wheels"

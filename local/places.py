"""The paths and addresses of a local stack. Each stack has a folder with the name of its port."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REGION = "us-east-1"
ACCOUNT = "000000000000"


class Places:
    """The paths and addresses of one stack.

    Args:
        root: The folder of the project.
        home: The folder of all local stacks.
        port: The port of the HTTP front.
        aws_port: The port of the emulator.
        brand: The folder of an adopter's brand, or None for the sample.
        webhook_url: The URL that receives webhooks, or "".

    Attributes:
        api: The base URL of the HTTP API, without a trailing slash.
        aws: The base URL of the emulated AWS.
        folder: The folder of this stack.
        brand_folders: The folders of the brand: the project's and, over it, the adopter's.
        brands: The brands that were compiled while this stack ran.
        emulator_log: The file with the emulator's output.
        clock_file: The clock of a stack that does not run in real time.
        ready_file: The file that announces this stack.
        latest_file: The file that announces the newest running stack. Clients read it.
        emulator_venv: The venv of the emulator. All stacks share it.
        wheels: The packages of the layers, so that their build needs no network.
        kept_translation: The newest translation of the template.
        kept_builds: The builds of functions and layers. All stacks share them.
        kept_brands: The builds of the sample, or those of other brands.
    """

    def __init__(
        self,
        root: Path,
        home: Path,
        port: int,
        aws_port: int,
        *,
        brand: Path | None = None,
        webhook_url: str = "",
    ) -> None:
        self.root = root
        self.home = home
        self.port = port
        self.aws_port = aws_port
        self.api = f"http://127.0.0.1:{port}"
        self.aws = f"http://127.0.0.1:{aws_port}"
        self.brand = brand
        self.webhook_url = webhook_url
        self.brand_folders = (root / "layers" / "brand", *([brand] if brand else []))
        self.folder = home / str(port)
        self.brands = self.folder / "brands"
        self.emulator_log = self.folder / "emulator.log"
        self.clock_file = self.folder / "clock"
        self.ready_file = self.folder / "stack.json"
        self.latest_file = home / "stack.json"
        self.emulator_venv = root / ".tools" / "emulator"
        self.wheels = root / ".tools" / "wheels"
        self.kept_translation = root / ".tools" / "translated"
        self.kept_builds = root / ".tools" / "builds"
        self.kept_brands = root / ".tools" / ("brand" if brand else "sample")

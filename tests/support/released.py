"""The baseline of upgrades: the translated template of the latest release."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RELEASED = ROOT / "tests" / "architecture" / "released"


def version() -> str:
    """Returns the current version of the core."""
    project = tomllib.loads((ROOT / "layers/core/pyproject.toml").read_text())
    return str(project["project"]["version"])


def released_template() -> dict[str, Any]:
    """Returns the translated template of the latest release. A release is compared with the one before."""
    newest = max(RELEASED.glob("*.json"), key=lambda path: [int(n) for n in path.stem.split(".")])
    template: dict[str, Any] = json.loads(newest.read_text())
    return template

"""A deployment whose brand differs from the sample brand in its catalogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from heed import wiring
from tests.world import brand


def deploy_catalogue(
    folder: Path, monkeypatch: pytest.MonkeyPatch, data: dict[str, Any] | None = None, **other: Any
) -> None:
    """Have the functions read the sample brand's pages with this catalogue, or with parts of it other."""
    for page in brand().iterdir():
        (folder / page.name).symlink_to(page)
    catalogue = folder / "catalogue.json"
    sample = json.loads(catalogue.read_text())
    catalogue.unlink()
    catalogue.write_text(json.dumps({**(data or sample), **other}))
    monkeypatch.setenv("BRAND_DIR", str(folder))
    wiring.reset()

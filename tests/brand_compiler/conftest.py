"""The brand of this repository, and a copy of it that tests may change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "layers" / "brand"


@pytest.fixture
def source() -> Path:
    return SOURCE


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SOURCE, tmp_path / "brand"))

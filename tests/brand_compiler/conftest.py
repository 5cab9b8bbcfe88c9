"""The brand of this repository, and a copy of it that tests may change."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from brand_compiler.catalogue import read_catalogue
from brand_compiler.fault import Faults

SOURCE = Path(__file__).parents[2] / "layers" / "brand"


@pytest.fixture
def source() -> Path:
    return SOURCE


@pytest.fixture
def data(source: Path) -> dict[str, Any]:
    """The catalogue of this repository."""
    faults = Faults()
    _, data, _ = read_catalogue([source], faults)
    assert faults.is_empty
    return data


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SOURCE, tmp_path / "brand"))

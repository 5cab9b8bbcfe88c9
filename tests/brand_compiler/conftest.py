"""The brand of this repository, and a copy of it that tests may change."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from brand_compiler.catalogue import read_catalogue
from brand_compiler.fault import Faults
from tests.support.brands import SAMPLE, copy_brand


@pytest.fixture(scope="session")
def source() -> Path:
    return SAMPLE


@pytest.fixture(scope="session")
def data(source: Path) -> dict[str, Any]:
    """The catalogue of this repository."""
    faults = Faults()
    _, data, _ = read_catalogue([source], faults)
    assert faults.is_empty
    return data


@pytest.fixture
def whole_copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "brand"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy in two languages, which is built in a third of the time."""
    return copy_brand(tmp_path / "brand", ["de", "en"])

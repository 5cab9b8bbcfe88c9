"""Which of these tests a quick run leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out the generated requests with `--quick`: every worker generates them to collect tests."""
    is_slow = collection_path.name == "test_openapi_fuzz.py"
    return True if is_slow and config.getoption("quick") else None

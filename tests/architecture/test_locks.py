"""Lock files pin dependencies by hash, without the URL of a registry."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = [
    *ROOT.glob("requirements/*.txt"),
    ROOT / "layers" / "core" / "requirements.txt",
    *ROOT.glob("tests/*/package-lock.json"),
]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_a_lock_file_has_hashes_and_no_url(lock: Path) -> None:
    text = lock.read_text()
    assert "--hash=sha256:" in text or '"integrity": "sha512-' in text
    assert "://" not in text and "resolved" not in text

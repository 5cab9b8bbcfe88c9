"""Lock files pin dependencies by hash, without the URL of a registry."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = [
    *ROOT.glob("requirements/*.txt"),
    *ROOT.glob("layers/*/requirements.txt"),
    *ROOT.glob("tests/*/package-lock.json"),
]


@pytest.mark.threat(
    "T23",
    "Somebody replaces a dependency in a package registry, or sends an installation to another registry.",
    "Every lock file has the hash of each package, and no URL. Only what has the hash is installed.",
)
@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_a_lock_file_has_a_hash_of_each_package_and_no_url(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text and "resolved" not in text
    if lock.suffix == ".json":
        packages = [package for name, package in json.loads(text)["packages"].items() if name]
        assert packages and all(package["integrity"].startswith("sha512-") for package in packages)
    else:
        requirements = re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]
        assert requirements and all("--hash=sha256:" in requirement for requirement in requirements)

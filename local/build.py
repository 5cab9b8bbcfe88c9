"""Builds the functions and layers with the Makefiles that `sam build` uses.

That takes most of a start. So the newest build is kept, and a stack gets a copy of it until a source changes.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import sys
import zipfile
from typing import TYPE_CHECKING

from local.install import VERSION_FILE, lock_tools
from local.run import run_program

if TYPE_CHECKING:
    from pathlib import Path

    from local.places import Places
    from local.translate import Code, Translated


def build(places: Places, translated: Translated) -> dict[str, bytes]:
    """Returns the zip of each function and layer by logical id. The unpacked files stay in `places.build`."""
    shutil.rmtree(places.build, ignore_errors=True)
    version = _hash_sources(places, translated)
    version_file = places.kept_build / VERSION_FILE
    with lock_tools(places):
        if not version_file.exists() or version_file.read_text() != version:
            shutil.rmtree(places.kept_build, ignore_errors=True)
            for name, code in translated.code.items():
                target = places.kept_build / name
                target.mkdir(parents=True)
                _build_one(places, name, code, target)
            _compile(places)
            version_file.write_text(version)
        shutil.copytree(places.kept_build, places.build)
    return {name: _zip_folder(places.build / name) for name in translated.code}


def _hash_sources(places: Places, translated: Translated) -> str:
    """Returns a hash of all that a build depends on: each file, the names, and the packages that build it."""
    content = hashlib.sha256(f"{sys.version} {sorted(translated.code)}".encode())
    installed = [folder / VERSION_FILE for folder in (places.emulator_venv, places.wheels)]
    for file in (places.root / "requirements" / "dev.txt", *installed):
        content.update(file.read_bytes())
    for folder in (places.root / "layers", places.root / "functions", *places.brand_folders[1:]):
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.parent.name != "__pycache__":
                content.update(f"\n{file.relative_to(folder)}\n".encode() + file.read_bytes())
    return content.hexdigest()


def _build_one(places: Places, name: str, code: Code, target: Path) -> None:
    python = places.root / ".venv" / "bin" / "python"
    run_program(
        "make",
        "--directory",
        code.works_in,
        "--file",
        code.makefile,
        f"build-{name}",
        f"ARTIFACTS_DIR={target}",
        f"PYTHON={python}",
        f"BRAND={places.brand or ''}",
        "LAMBDA_WHEELS=",  # use the wheels of this machine
        f"LAMBDA_PYTHON={places.emulator_venv / 'bin' / 'python'}",
        PIP_NO_INDEX="1",  # so a start needs no network after the installation
        PIP_FIND_LINKS=str(places.wheels),
    )


def _compile(places: Places) -> None:
    """Compiles all modules once. Otherwise each Lambda worker would compile them at its cold start."""
    python = places.emulator_venv / "bin" / "python"
    options = ("-q", "-j", "0", "--invalidation-mode", "unchecked-hash")
    run_program(python, "-m", "compileall", *options, places.kept_build)


def _zip_folder(folder: Path) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                target.write(path, path.relative_to(folder))
    return archive.getvalue()

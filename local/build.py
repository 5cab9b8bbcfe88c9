"""Builds the functions and layers with the Makefiles that `sam build` uses."""

from __future__ import annotations

import io
import shutil
import zipfile
from typing import TYPE_CHECKING

from local.run import run_program

if TYPE_CHECKING:
    from pathlib import Path

    from local.places import Places
    from local.translate import Code, Translated


def build(places: Places, translated: Translated) -> dict[str, bytes]:
    """Returns the zip of each function and layer by logical id. The unpacked files stay in `places.build`."""
    shutil.rmtree(places.build, ignore_errors=True)
    for name, code in translated.code.items():
        target = places.build / name
        target.mkdir(parents=True)
        _build_one(places, name, code, target)
    _compile(places)
    return {name: _zip_folder(places.build / name) for name in translated.code}


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
    run_program(python, "-m", "compileall", *options, places.build)


def _zip_folder(folder: Path) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                target.write(path, path.relative_to(folder))
    return archive.getvalue()

"""The functions and layers as Lambda would unpack them, by the Makefiles that `sam build` uses."""

from __future__ import annotations

import io
import shutil
import zipfile
from typing import TYPE_CHECKING

from local.run import run

if TYPE_CHECKING:
    from pathlib import Path

    from local.places import Places
    from local.translate import Code, Translated


def build(places: Places, translated: Translated) -> dict[str, bytes]:
    """The zip of each function and layer, by logical id; the unpacked ones stay in `places.build`."""
    shutil.rmtree(places.build, ignore_errors=True)
    for name, code in translated.code.items():
        target = places.build / name
        target.mkdir(parents=True)
        _make(places, name, code, target)
    _compile(places)
    return {name: _zipped(places.build / name) for name in translated.code}


def _make(places: Places, name: str, code: Code, target: Path) -> None:
    python = places.root / ".venv" / "bin" / "python"
    run(
        "make",
        "--directory",
        code.works_in,
        "--file",
        code.makefile,
        f"build-{name}",
        f"ARTIFACTS_DIR={target}",
        f"PYTHON={python}",
        "LAMBDA_WHEELS=",  # this machine's own
        f"LAMBDA_PYTHON={places.emulator_venv / 'bin' / 'python'}",
        PIP_NO_INDEX="1",  # once installed, no start needs a network
        PIP_FIND_LINKS=str(places.wheels),
    )


def _compile(places: Places) -> None:
    """Compile all once: each Lambda worker unpacks anew, and would compile at its every cold start."""
    python = places.emulator_venv / "bin" / "python"
    how = ("-q", "-j", "0", "--invalidation-mode", "unchecked-hash")
    run(python, "-m", "compileall", *how, places.build)


def _zipped(folder: Path) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                target.write(path, path.relative_to(folder))
    return archive.getvalue()

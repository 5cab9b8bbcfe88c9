"""Builds the functions and layers with the Makefiles that `sam build` uses.

That takes most of a start. So a build is kept until a source changes, and stacks share it. A build of other
sources is removed when no stack uses it any more.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import shutil
import sys
import zipfile
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from local.install import VERSION_FILE, lock_tools
from local.run import run_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.places import Places
    from local.translated import Code, Translated

_COMPLETE = "complete"
"""The file that the folder of a complete build has."""


@contextmanager
def build(places: Places, translated: Translated) -> Iterator[Path]:
    """Yields the folder of a build, which has a folder for each function and layer by logical id.

    No other stack removes it before the block ends.
    """
    folder = places.kept_builds / _hash_sources(places, translated)
    with ExitStack() as users:
        with lock_tools(places):
            if not (folder / _COMPLETE).exists():
                shutil.rmtree(folder, ignore_errors=True)
                for name, code in translated.code.items():
                    target = folder / name
                    target.mkdir(parents=True)
                    _build_one(places, name, code, target)
                _compile(places, folder)
                (folder / _COMPLETE).touch()
            users.enter_context(_locked(folder, fcntl.LOCK_SH))
            _remove_unused(places.kept_builds)
        yield folder


def zip_functions(translated: Translated, folder: Path) -> dict[str, bytes]:
    """Returns the zip of each function in the folder of a build, by logical id."""
    return {name: _zip_folder(folder / name) for name, code in translated.code.items() if not code.is_layer}


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    """Locks a folder. The lock ends with this process, also if it is killed."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def _remove_unused(builds: Path) -> None:
    for folder in builds.iterdir():
        with suppress(BlockingIOError), _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):  # a stack uses it
            shutil.rmtree(folder)


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


def _compile(places: Places, folder: Path) -> None:
    """Compiles all modules once. Otherwise each Lambda worker would compile them at its cold start."""
    python = places.emulator_venv / "bin" / "python"
    options = ("-q", "-j", "0", "--invalidation-mode", "unchecked-hash")
    run_program(python, "-m", "compileall", *options, folder)


def _zip_folder(folder: Path) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                target.write(path, path.relative_to(folder))
    return archive.getvalue()

"""Builds the functions and layers with the Makefiles that `sam build` uses.

That takes most of a start. So a build is kept until a source changes, and stacks share it. A build of other
sources is removed when no stack uses it any more. The brand changes most often, and its layer takes little.
So it is built by itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import shutil
import sys
import zipfile
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local.install import VERSION_FILE, lock_tools
from local.run import run_program

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from local.places import Places
    from local.translated import Code, Translated

    File = tuple[str, Path]

BRAND_LAYER = "BrandLayer"
_COMPLETE, _LOCK = "complete", "lock"
"""The file that the folder of a complete build has, and the file that the stacks which use it lock."""


@dataclass(frozen=True)
class Built:
    """The folders of a build.

    Attributes:
        code: Has a folder for each function, and for each layer except the brand, by logical id.
        brand: The compiled brand.
    """

    code: Path
    brand: Path


@contextmanager
def build(places: Places, translated: Translated) -> Iterator[Built]:
    """Yields a build. No other stack removes it before the block ends."""
    code = {name: each for name, each in translated.code.items() if name != BRAND_LAYER}
    brand = {BRAND_LAYER: translated.code[BRAND_LAYER]}
    layers, functions = places.root / "layers", places.root / "functions"
    sample, *adopted = places.brand_folders
    code_files = [*_list_files(functions), *_list_files(layers, without=sample)]
    brand_files = [*_list_files(layers), *(file for folder in adopted for file in _list_files(folder))]
    with (
        _kept(places, places.kept_builds, code, code_files) as code_folder,
        _kept(places, places.kept_brands, brand, brand_files) as brand_folder,
    ):
        yield Built(code_folder, brand_folder / BRAND_LAYER / "brand")


def zip_functions(translated: Translated, built: Built) -> dict[str, bytes]:
    """Returns the zip of each function of a build, by logical id."""
    return {
        name: _zip_folder(built.code / name) for name, code in translated.code.items() if not code.is_layer
    }


@contextmanager
def _kept(places: Places, builds: Path, code: Mapping[str, Code], sources: Iterable[File]) -> Iterator[Path]:
    """Yields the folder in `builds` of what is built from these sources."""
    folder = builds / _hash_sources(places, code, sources)
    with ExitStack() as users:
        with lock_tools(places):
            if not (folder / _COMPLETE).exists():
                shutil.rmtree(folder, ignore_errors=True)
                for name, each in code.items():
                    target = folder / name
                    target.mkdir(parents=True)
                    _build_one(places, name, each, target)
                _compile(places, folder)
                (folder / _COMPLETE).touch()
            users.enter_context(_locked(folder, fcntl.LOCK_SH))
            _remove_unused(builds)
        yield folder


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    """Locks a folder. The lock ends with this process, also if it is killed."""
    with (folder / _LOCK).open("w") as lock:  # NFS has no exclusive lock of what is open for reading
        fcntl.flock(lock, how)
        yield


def _remove_unused(builds: Path) -> None:
    for folder in builds.iterdir():
        with suppress(BlockingIOError), _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):  # a stack uses it
            (folder / _COMPLETE).unlink(missing_ok=True)  # first: what is left by a kill is not complete
            shutil.rmtree(folder)


def _list_files(folder: Path, without: Path | None = None) -> Iterator[File]:
    """Yields each file below a folder, except those below another one, with its name in the folder."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.parent.name != "__pycache__" and without not in file.parents:
            yield str(file.relative_to(folder)), file


def _hash_sources(places: Places, code: Mapping[str, Code], sources: Iterable[File]) -> str:
    """Returns a hash of all that a build depends on: its files, commands, and the packages that build it."""
    content = hashlib.sha256(f"{sys.version} {sorted(code.items())}".encode())
    installed = [folder / VERSION_FILE for folder in (places.emulator_venv, places.wheels)]
    for file in (Path(__file__), places.root / "requirements" / "dev.txt", *installed):
        content.update(file.read_bytes())
    for name, file in sources:
        content.update(f"\n{name}\n".encode() + file.read_bytes())
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

"""Installs the emulator and the wheels of the layers once, from locked requirements, into .tools."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from local.problem import LocalProblem
from local.run import run_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from local.places import Places


VERSION_FILE = "made-from.sha256"
"""The file in a folder of .tools that names its version: a hash of what it was made from."""


@contextmanager
def lock_tools(places: Places) -> Iterator[None]:
    """Lets one stack at a time change .tools, since two may start at once."""
    tools = places.root / ".tools"
    tools.mkdir(exist_ok=True)
    with (tools / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(places: Places) -> None:
    """Updates the emulator's venv and the layers' wheels to the locked versions."""
    with lock_tools(places):
        _install_once(
            "the AWS emulator",
            places.emulator_venv,
            [places.root / "requirements" / "emulator.txt"],
            lambda target, locks: _install_emulator(places, target, *locks),
        )
        _install_once(
            "the packages of the layers",
            places.wheels,
            [places.root / "layers" / layer / "requirements.txt" for layer in ("core", "desk")],
            lambda target, locks: _download_wheels(places, target, locks),
        )


def _install_once(
    name: str, target: Path, locks: Sequence[Path], install_to: Callable[[Path, Sequence[Path]], None]
) -> None:
    """Installs to `target`, unless it was installed from the same locks with the same Python."""
    content = b"".join(locked.read_bytes() for locked in locks)
    version = hashlib.sha256(content + sys.version.encode()).hexdigest()
    version_file = target / VERSION_FILE
    if version_file.exists() and version_file.read_text() == version:
        return
    print(f"Installing {name} into .tools (once) …", flush=True)
    shutil.rmtree(target, ignore_errors=True)
    try:
        install_to(target, locks)
    except LocalProblem as problem:
        remedy = "the first run needs a network or a filled package cache; then make run again"
        raise LocalProblem(problem.summary, remedy) from problem
    version_file.write_text(version)


def _install_emulator(places: Places, target: Path, locked: Path) -> None:
    uv = places.root / ".venv" / "bin" / "uv"
    run_program(uv, "venv", "--quiet", "--python", sys.executable, target)
    python = target / "bin" / "python"
    run_program(uv, "pip", "sync", "--require-hashes", "--compile-bytecode", "--python", python, locked)


def _download_wheels(places: Places, target: Path, locks: Sequence[Path]) -> None:
    """Downloads wheels for this machine and its Python, because the emulator runs the functions here."""
    pip = (places.root / ".venv" / "bin" / "python", "-m", "pip", "download", "--no-deps")
    options = ("--require-hashes", "--only-binary=:all:")
    for locked in locks:
        run_program(*pip, *options, "--dest", target, "--requirement", locked)

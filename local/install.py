"""What is installed once, from locked requirements, into .tools."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import sys
from typing import TYPE_CHECKING

from local.problem import LocalProblem
from local.run import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.places import Places


def install(places: Places) -> None:
    """Bring the emulator's venv and the core layer's wheels to what the locks say."""
    tools = places.root / ".tools"
    tools.mkdir(exist_ok=True)
    with (tools / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two stacks may start at once
        _once(
            "the AWS emulator",
            places.emulator_venv,
            places.root / "requirements" / "emulator.txt",
            lambda target, locked: _emulator(places, target, locked),
        )
        _once(
            "what the core layer needs",
            places.wheels,
            places.root / "layers" / "core" / "requirements.txt",
            lambda target, locked: _wheels(places, target, locked),
        )


def _once(what: str, target: Path, locked: Path, work: Callable[[Path, Path], None]) -> None:
    """Make `target` anew unless it was made from this lock by this Python."""
    wanted = hashlib.sha256(locked.read_bytes() + sys.version.encode()).hexdigest()
    stamp = target / "made-from.sha256"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Installing {what} into .tools (once) …", flush=True)
    shutil.rmtree(target, ignore_errors=True)
    try:
        work(target, locked)
    except LocalProblem as problem:
        remedy = "the first run needs a network or a warm package cache; then make run again"
        raise LocalProblem(problem.what, remedy) from problem
    stamp.write_text(wanted)


def _emulator(places: Places, target: Path, locked: Path) -> None:
    uv = places.root / ".venv" / "bin" / "uv"
    run(uv, "venv", "--quiet", "--python", sys.executable, target)
    python = target / "bin" / "python"
    run(uv, "pip", "sync", "--require-hashes", "--compile-bytecode", "--python", python, locked)


def _wheels(places: Places, target: Path, locked: Path) -> None:
    """For this machine and its Python: the emulator runs the functions here."""
    pip = (places.root / ".venv" / "bin" / "python", "-m", "pip", "download", "--no-deps")
    options = ("--require-hashes", "--only-binary=:all:")
    run(*pip, *options, "--dest", target, "--requirement", locked)

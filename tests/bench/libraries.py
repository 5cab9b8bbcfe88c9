"""What the libraries that Heed does without would cost, beside its own code: size and import.

Run: .venv/bin/python tests/bench/libraries.py. It installs the libraries into a temporary folder, so it
needs a package index. Each import is a fresh interpreter, they take turns, and the least of each counts.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

CORE = Path(__file__).parents[2] / "layers" / "core"
ROUNDS = 15
LIBRARIES = {  # the module to import, by requirement
    "email-validator==2.4.0": "email_validator",
    "PyJWT==2.15.1": "jwt",
    "itsdangerous==2.2.0": "itsdangerous",
    "pymerkle==7.0.0": "pymerkle",
    "python-multipart==0.0.34": "python_multipart",
    "Werkzeug==3.1.9": "werkzeug.formparser",
}
OURS = (
    "heed.domain.recipients.address",
    "heed.domain.links.link_token",
    "heed.domain.ledger.merkle",
    "heed.entrypoints.http.forms",
)
# Python brings these modules, and each handler has imported them before.
SCRIPT = """
import base64, dataclasses, datetime, hashlib, hmac, json, logging, re, struct, typing, urllib.parse
import sys, time
sys.path[:0] = sys.argv[2:]
start = time.perf_counter()
__import__(sys.argv[1])
print(time.perf_counter() - start)
"""


def _import_seconds(module: str, folder: Path) -> float:
    command = [sys.executable, "-I", "-S", "-c", SCRIPT, module, str(folder), str(CORE)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _install(requirement: str, folder: Path) -> Path:
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "pip", "install", "--quiet", "--target", str(folder), requirement]
    subprocess.run(command, check=True, env={**os.environ, "UV_LINK_MODE": "copy"})  # noqa: TID251
    return folder


def _kilobytes(files: list[Path]) -> float:
    return sum(file.stat().st_size for file in files) / 1000


def main() -> None:
    """Prints kilobytes of source and milliseconds of import."""
    with TemporaryDirectory() as folder:
        cases: dict[str, tuple[str, Path, list[Path]]] = {}
        for requirement, module in LIBRARIES.items():
            target = _install(requirement, Path(folder, module))
            code = [file for file in target.rglob("*") if file.suffix in (".py", ".so")]
            cases[requirement] = (module, target, code)
        for module in OURS:
            cases[module] = (module, CORE, [CORE.joinpath(*module.split(".")).with_suffix(".py")])
        for module, path, _ in cases.values():
            _import_seconds(module, path)  # compiles the bytecode
        rounds = [[_import_seconds(m, path) for m, path, _ in cases.values()] for _ in range(ROUNDS)]
        print(f"{'':34}{'kB':>8}{'ms':>8}")
        for (name, (_, _, files)), seconds in zip(cases.items(), zip(*rounds, strict=True), strict=True):
            print(f"{name:34}{_kilobytes(files):>8,.0f}{1000 * min(seconds):>8.1f}")


if __name__ == "__main__":
    main()

"""The compiled sample brand, which the tests of all processes share."""

from __future__ import annotations

import functools
import hashlib
import shutil
import sys
import tempfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from brand_compiler.build import compile_command as build_brand

ROOT = Path(__file__).parents[2]


@functools.cache
def brand() -> Path:
    """Returns the directory of the sample brand. It is compiled again if one of its sources changes."""
    compiled = ROOT / "build" / "sample_brand"
    folder = compiled / _hash_sources()
    if not folder.exists():
        compiled.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=compiled) as own:
            assert build_brand([str(ROOT / "layers" / "brand"), f"{own}/brand"]) == 0
            for old in set(compiled.glob("?" * len(folder.name))) - {folder}:
                shutil.rmtree(old, ignore_errors=True)
            with suppress(OSError):  # another process has compiled it meanwhile
                Path(own, "brand").rename(folder)
    return folder


def _hash_sources() -> str:
    """Returns a hash of all that a compiled brand depends on: its sources, the compiler and its libraries."""
    layers = ROOT / "layers"
    files = [*layers.glob("brand/**/*.*"), *layers.glob("core/**/*.py"), ROOT / "requirements" / "dev.txt"]
    content = hashlib.sha256(f"{sys.version} {version('jinja2')}".encode())
    for file in sorted(files):
        content.update(f"\n{file.relative_to(ROOT)}\n".encode() + file.read_bytes())
    return content.hexdigest()

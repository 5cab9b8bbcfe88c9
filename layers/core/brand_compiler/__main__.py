"""Checks a brand, locks its new numbers, and writes each page for a browser (`make brand`).

If the second folder does not exist, it starts it with the files that each brand has of its own.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from brand_compiler.build import compile_command
from brand_compiler.lock import lock_new_numbers
from brand_compiler.preview import catalogue, write_preview
from brand_compiler.sources import CATALOGUE

OWN_FILES = (CATALOGUE, "colours.css", "logo.svg")
_OWN = ("name", "domain")
_NOT_LOCKED = "no number is locked while the brand has the name or the domain of the sample"


def brand_command(arguments: list[str]) -> int:
    """Starts a brand, or checks, locks and shows it. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m brand_compiler", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, help="the project's brand, and the folder of yours")
    parser.add_argument("--preview", type=Path, required=True, help="the folder for the pages")
    options = parser.parse_args(arguments)
    folders: list[Path] = options.folders
    if len(folders) > 1 and not folders[-1].exists():
        (folders[-1] / "locales").mkdir(parents=True)
        for name in OWN_FILES:
            shutil.copyfile(folders[0] / name, folders[-1] / name)
        sys.stdout.write(f"{folders[-1]} is a copy of the sample. Make it yours, then run this again.\n")
        return 0
    with tempfile.TemporaryDirectory() as compiled:
        code = compile_command([*map(str, folders), compiled], may_add=True)
        if code == 0:
            brand = catalogue(Path(compiled))
            if len(folders) > 1 and _has_name_of_sample(brand, folders[0]):
                sys.stdout.write(f"{folders[-1] / CATALOGUE}: {_NOT_LOCKED}\n")
            else:
                lock_new_numbers(folders[-1], brand)
            sys.stdout.write(f"No mistakes. Open {write_preview(Path(compiled), options.preview)}\n")
    return code


def _has_name_of_sample(brand: Mapping[str, Any], sample: Path) -> bool:
    """Whether a brand still has the name or the domain of the sample. A locked name stays for ever."""
    samples = tomllib.loads((sample / CATALOGUE).read_text(encoding="utf-8"))["brands"]
    return any(own[key] == of_sample[key] for own in brand["brands"] for of_sample in samples for key in _OWN)


if __name__ == "__main__":
    sys.exit(brand_command(sys.argv[1:]))

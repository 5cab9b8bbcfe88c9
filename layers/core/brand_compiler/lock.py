"""`catalogue.lock`: what each number has meant since it was first used.

    python -m brand_compiler.lock layers/brand      adds the numbers that are new

Records and links hold numbers for years, so a line of the lock never changes: the build refuses a
catalogue in which a locked number is gone or means something else. A topic that is no longer sent
stays in the catalogue with `retired = true`, which changes no line.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brand_compiler.catalogue import read_catalogue
from brand_compiler.fault import BrandFault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from brand_compiler.document import Document

LOCK_FILE = "catalogue.lock"
_HEAD = "# Written by brand_compiler.lock: number, kind, name, default. Lines are added, never changed.\n"


def meanings(data: Mapping[str, Any]) -> dict[int, str]:
    """What each number of a catalogue means; a default is part of it, since it stands for consent."""
    brands = {brand["number"]: brand["name"] for brand in data["brands"]}
    found = {number: f"brand {name}" for number, name in brands.items()}
    for topic in data["topics"]:
        path = f"{brands[topic['brand']]}/{topic['name']}" if topic["brand"] else topic["name"]
        found[topic["number"]] = f"{topic['kind']} {path} {topic['default']}"
    return dict(sorted(found.items()))


def check_lock(document: Document, data: Mapping[str, Any]) -> None:
    """Holds a catalogue to the lock beside it.

    Raises:
        Fault: a number is not in the lock, is gone, or means something else than it did.
    """
    file = document.file.with_name(LOCK_FILE)
    now, locked = meanings(data), _read(file)
    for number, (line, meaning) in locked.items():
        if number not in now:
            message = f"number {number} ({meaning}) is gone from {document.file.name}; retire it there"
            raise BrandFault(file, line, message)
        if now[number] != meaning:
            message = f"number {number} is locked as `{meaning}`, not `{now[number]}`"
            raise document.fault(message, *_where(data, number))
    for number in now:
        if number not in locked:
            message = f"number {number} is new: run python -m brand_compiler.lock {document.file.parent}"
            raise document.fault(message, *_where(data, number))


def add_to_lock(file: Path, data: Mapping[str, Any]) -> None:
    """Writes the lock with the new numbers added; what is locked stays as it is."""
    locked = {number: meaning for number, (_, meaning) in _read(file).items()}
    lines = sorted({**meanings(data), **locked}.items())
    file.write_text(_HEAD + "".join(f"{n} {m}\n" for n, m in lines), encoding="utf-8")


def _read(file: Path) -> dict[int, tuple[int, str]]:
    """Line and meaning of each locked number; nothing where there is no lock yet."""
    if not file.exists():
        return {}
    found: dict[int, tuple[int, str]] = {}
    for line, text in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if text and not text.startswith("#"):
            number, _, meaning = text.partition(" ")
            found[int(number)] = (line, meaning)
    return found


def _where(data: Mapping[str, Any], number: int) -> tuple[str, int, str]:
    for table in ("brands", "topics"):
        for index, item in enumerate(data[table]):
            if item["number"] == number:
                return (table, index, "number")
    raise AssertionError(number)


def lock_command(arguments: list[str]) -> int:
    """Adds the new numbers of the brand in a folder, and gives the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("python -m brand_compiler.lock SOURCE\n")
        return 2
    folder = Path(arguments[0])
    try:
        add_to_lock(folder / LOCK_FILE, read_catalogue(folder)[1])
    except BrandFault as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(lock_command(sys.argv[1:]))

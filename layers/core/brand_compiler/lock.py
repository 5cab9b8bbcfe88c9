"""`catalogue.lock`: the meaning of each number since its first use.

    python -m brand_compiler.lock layers/brand      adds the new numbers

Records and links contain numbers for years. So a line of the lock never changes. The build refuses a
catalogue in which a locked number is missing or has another meaning. A topic that is no longer sent stays in
the catalogue with `retired = true`; this changes no line.
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
_HEADER = "# Written by brand_compiler.lock: number, kind, name, default. Lines are added, never changed.\n"


def number_meanings(data: Mapping[str, Any]) -> dict[int, str]:
    """Returns the meaning of each number of a catalogue.

    The meaning includes the default, because the default decides whether a topic needs consent.
    """
    brands = {brand["number"]: brand["name"] for brand in data["brands"]}
    meanings = {number: f"brand {name}" for number, name in brands.items()}
    for topic in data["topics"]:
        path = f"{brands[topic['brand']]}/{topic['name']}" if topic["brand"] else topic["name"]
        meanings[topic["number"]] = f"{topic['kind']} {path} {topic['default']}"
    return dict(sorted(meanings.items()))


def check_lock(document: Document, data: Mapping[str, Any]) -> None:
    """Compares a catalogue with the lock in the same folder.

    Raises:
        BrandFault: A number is not locked, is missing, or has another meaning than before.
    """
    file = document.file.with_name(LOCK_FILE)
    current, locked = number_meanings(data), _read_lock(file)
    for number, (line, meaning) in locked.items():
        if number not in current:
            message = f"number {number} ({meaning}) is missing in {document.file.name}; restore and retire it"
            raise BrandFault(file, line, message)
        if current[number] != meaning:
            message = f"number {number} is locked as `{meaning}`, not `{current[number]}`"
            raise document.fault(message, *_find_key(data, number))
    for number in current:
        if number not in locked:
            message = f"number {number} is new: run python -m brand_compiler.lock {document.file.parent}"
            raise document.fault(message, *_find_key(data, number))


def add_to_lock(file: Path, data: Mapping[str, Any]) -> None:
    """Adds the new numbers to the lock. Locked numbers do not change."""
    locked = {number: meaning for number, (_, meaning) in _read_lock(file).items()}
    lines = sorted({**number_meanings(data), **locked}.items())
    file.write_text(_HEADER + "".join(f"{number} {meaning}\n" for number, meaning in lines), encoding="utf-8")


def _read_lock(file: Path) -> dict[int, tuple[int, str]]:
    """Returns the line and the meaning of each locked number, or nothing if there is no lock yet."""
    if not file.exists():
        return {}
    locked: dict[int, tuple[int, str]] = {}
    for line, text in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if text and not text.startswith("#"):
            number, _, meaning = text.partition(" ")
            locked[int(number)] = (line, meaning)
    return locked


def _find_key(data: Mapping[str, Any], number: int) -> tuple[str, int, str]:
    for table in ("brands", "topics"):
        for index, item in enumerate(data[table]):
            if item["number"] == number:
                return (table, index, "number")
    raise AssertionError(number)


def lock_command(arguments: list[str]) -> int:
    """Adds the new numbers of the brand in a folder to its lock and returns the exit code."""
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

"""`catalogue.lock`: the meaning of each number since its first use. `make brand` adds the new numbers.

Records and links contain numbers for years. So a line of the lock never changes. The build refuses a
catalogue in which a locked number is missing or has another meaning. A topic that is no longer sent stays in
the catalogue with `retired = true`; this changes no line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from brand_compiler.fault import BrandFault, Faults
from brand_compiler.sources import LOCK_FILE, read_source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from brand_compiler.document import Document

_HEADER = "# Written by `make brand`: number, kind, name, default. Lines are added, never changed.\n"


def describe_numbers(data: Mapping[str, Any]) -> dict[int, str]:
    """Returns the meaning of each number of a catalogue.

    The meaning includes the default, because the default decides whether a topic needs consent.
    """
    brands = {brand["number"]: brand["name"] for brand in data["brands"]}
    meanings = {number: f"brand {name}" for number, name in brands.items()}
    for topic in data["topics"]:
        path = f"{brands[topic['brand']]}/{topic['name']}" if topic["brand"] else topic["name"]
        meanings[topic["number"]] = f"{topic['kind']} {path} {topic['default']}"
    return dict(sorted(meanings.items()))


def check_lock(document: Document, data: Mapping[str, Any], faults: Faults, *, may_add: bool) -> None:
    """Compares a catalogue with the lock in the same folder.

    It adds a fault for each number that is missing or has another meaning than before and, unless `may_add`,
    for each that is not locked.
    """
    file = document.file.with_name(LOCK_FILE)
    current, locked = describe_numbers(data), _read_lock(file, faults)
    for number, (line, meaning) in locked.items():
        if number not in current:
            message = f"number {number} ({meaning}) is missing in {document.file.name}; restore and retire it"
            faults.add(file, line, message)
        elif current[number] != meaning:
            message = f"number {number} is locked as `{meaning}`, not `{current[number]}`"
            document.add_fault(message, *_find_key(data, number))
    for number in current:
        if number not in locked and not may_add:
            message = f"number {number} is new: run make brand"
            document.add_fault(message, *_find_key(data, number))


def _read_lock(file: Path, faults: Faults) -> dict[int, tuple[int, str]]:
    """Returns the line and the meaning of each locked number, or nothing if there is no lock yet.

    Raises:
        BrandFault: A line has no number, so the lock cannot be compared.
    """
    if not file.exists():
        return {}
    locked: dict[int, tuple[int, str]] = {}
    for line, text in enumerate((read_source(file, faults) or "").splitlines(), start=1):
        if text and not text.startswith("#"):
            number, _, meaning = text.partition(" ")
            if not number.isdigit():
                raise BrandFault(f"{file}:{line}: this line is damaged; restore it")
            locked[int(number)] = (line, meaning)
    return locked


def _find_key(data: Mapping[str, Any], number: int) -> tuple[str, int, str]:
    for table in ("brands", "topics"):
        for index, item in enumerate(data[table]):
            if item["number"] == number:
                return (table, index, "number")
    raise AssertionError(number)


def lock_new_numbers(folder: Path, data: Mapping[str, Any]) -> None:
    """Adds the new numbers of a catalogue, which agrees with the lock, to the lock in its folder."""
    file = folder / LOCK_FILE
    locked = {number: meaning for number, (_, meaning) in _read_lock(file, Faults()).items()}
    lines = sorted({**describe_numbers(data), **locked}.items())
    content = "".join(f"{number} {meaning}\n" for number, meaning in lines)
    file.write_text(_HEADER + content, encoding="utf-8")

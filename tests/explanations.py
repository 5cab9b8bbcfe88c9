"""Generates the texts that `heed mcp` explains words with: `python -m tests.explanations` writes them.

An installed package has no documents. So it has these texts of them, and a test compares both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILE = ROOT / "layers" / "core" / "heed" / "entrypoints" / "cli" / "mcp" / "explanations.json"

_ALARM = re.compile(r"^### Alarm: (.+)\n\n((?:(?!#{2,3} ).*\n)*)", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def make_explanations() -> str:
    """Returns the content of the file."""
    return json.dumps([*_errors(), *_alarms(), *_terms()], ensure_ascii=False, indent=1) + "\n"


def _errors() -> Iterator[dict[str, str]]:
    page = _read("docs/reference/errors.md")
    of_the_api, of_jobs, _ = re.split(r"^## .*\n", page, flags=re.MULTILINE)
    for name, status, text in _rows(of_the_api, 3):
        yield _row("error", name, f"Status {status}. {text}")
    for name, text in _rows(of_jobs, 2):
        yield _row("job-error", name, text)


def _alarms() -> Iterator[dict[str, str]]:
    for name, text in _ALARM.findall(_read("docs/reference/alarms.md")):
        yield _row("alarm", name, text.strip())


def _terms() -> Iterator[dict[str, str]]:
    for name, text in _rows(_read("docs/glossary.md"), 2):
        yield _row("term", name, text)


def _rows(page: str, columns: int) -> Iterator[list[str]]:
    """Yields the cells of all tables with so many columns, without their heads."""
    for line in re.findall(r"^\|(?!-).*\|$", page, flags=re.MULTILINE):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == columns and cells[0] not in ("name", "type", "term", "word", "status"):
            yield cells


def _row(kind: str, name: str, text: str) -> dict[str, str]:
    return {"kind": kind, "name": _plain(name).replace("`", ""), "text": _plain(text)}


def _plain(text: str) -> str:
    """Returns a text without the targets of its links, which an installed package does not have."""
    return _LINK.sub(r"\1", text)


def _read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


if __name__ == "__main__":
    FILE.write_text(make_explanations(), encoding="utf-8")

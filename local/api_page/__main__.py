"""Writes the pages of `docs/api`: `python -m local.api_page`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from local.api_page.contract import ROOT, Contract
from local.api_page.render import Home, render_index, render_page

_FOLDER = "docs/api"


def make_pages() -> Iterator[tuple[Path, str]]:
    """Yields each page of `docs/api` with its text."""
    contract = Contract()
    yield (
        ROOT / _FOLDER / "index.html",
        render_page(contract, Home("../README.md", "Documents of Heed"), _FOLDER),
    )
    yield ROOT / _FOLDER / "README.md", render_index(contract)


if __name__ == "__main__":
    for path, text in make_pages():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

"""The code in the documents, which tests run."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def code_blocks(page: str, language: str) -> list[str]:
    """Returns the blocks of a page in a language. `page` is a path below docs/."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def code_block(page: str, language: str, words: str) -> str:
    """Returns the only block of a page in a language that has these words."""
    (block,) = (block for block in code_blocks(page, language) if words in block)
    return block

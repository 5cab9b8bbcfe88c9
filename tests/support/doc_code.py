"""The code in the documents, which tests run."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).parents[2] / "docs"


def code_blocks(page: str, language: str) -> list[str]:
    """Returns the blocks of a page in a language. `page` is a path below docs/."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def code_block(page: str, language: str, words: str) -> str:
    """Returns the only block of a page in a language that has these words."""
    (block,) = (block for block in code_blocks(page, language) if words in block)
    return block


def load_example(name: str) -> ModuleType:
    """Returns a module of docs/examples."""
    spec = importlib.util.spec_from_file_location(name, DOCS / "examples" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # data classes look their module up
    spec.loader.exec_module(module)
    return module

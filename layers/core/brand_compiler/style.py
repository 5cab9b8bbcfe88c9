"""Reads the style sheet that each page includes, and its hash for the Content-Security-Policy."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from brand_compiler.fault import Faults

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_EXTERNAL = re.compile(r"@import|url\(|image-set\(|</style", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_SPACE_AROUND_SIGNS = re.compile(r"\s*([{};,])\s*")


def read_style(file: Path, faults: Faults) -> str:
    """Returns the style sheet without comments and unnecessary space.

    It adds a fault if the file is missing or loads an external resource. The pages never do that.
    """
    if not file.is_file():
        faults.add(file, 1, "there is no style sheet")
        return ""
    source = file.read_text(encoding="utf-8")
    for external in _EXTERNAL.finditer(source):
        line = source.count("\n", 0, external.start()) + 1
        faults.add(file, line, f"`{external[0]}`: the pages load nothing external")
    return _SPACE_AROUND_SIGNS.sub(r"\1", _SPACE.sub(" ", _COMMENT.sub("", source))).strip()


def hash_style(style: str) -> str:
    """Returns the SHA-256 of the text between the style tags in base64, as the policy needs it."""
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

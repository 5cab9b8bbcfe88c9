"""Reads the style sheet that each page includes, and its hash for the Content-Security-Policy."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

from brand_compiler.fault import BrandFault

if TYPE_CHECKING:
    from pathlib import Path

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_EXTERNAL = re.compile(r"@import|url\(|image-set\(|</style", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_SPACE_AROUND_SIGNS = re.compile(r"\s*([{};,])\s*")


def read_style(file: Path) -> str:
    """Returns the style sheet without comments and unnecessary space.

    Raises:
        BrandFault: The file is missing, or it loads an external resource. The pages never do that.
    """
    if not file.is_file():
        raise BrandFault(file, 1, "there is no style sheet")
    source = file.read_text(encoding="utf-8")
    if external := _EXTERNAL.search(source):
        line = source.count("\n", 0, external.start()) + 1
        raise BrandFault(file, line, f"`{external[0]}`: the pages load nothing external")
    return _SPACE_AROUND_SIGNS.sub(r"\1", _SPACE.sub(" ", _COMMENT.sub("", source))).strip()


def hash_style(style: str) -> str:
    """Returns the SHA-256 of the text between the style tags in base64, as the policy needs it."""
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
